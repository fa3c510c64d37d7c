"""The Python side of bench/neural.ts.

    python neural.py prepare CSV TARGET FOLDER SEED [DROPPED COLUMN]
    python neural.py fit FOLDER            # scikit-learn's MLPClassifier in three settings
    python neural.py step N NETWORK        # torch: N training steps of mlp (139-256-128-41), transformer-64[-trimmed] or -256

Each prints one line of JSON; cpu is in seconds of one thread.
"""
import json, os, sys, time, warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
warnings.filterwarnings("ignore")
import numpy as np

SETTINGS = [((64,), 1e-4), ((128, 64), 1e-3), ((128,), 1e-2)]


def prepare(csv, target, folder, seed, drop=None):
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    table = pd.read_csv(csv).dropna(subset=[target])
    if drop:
        table = table.drop(columns=drop)
    classes, y = np.unique(table.pop(target).astype(str), return_inverse=True)
    # 70/20/10, the last unused
    rest, _ = train_test_split(np.arange(len(y)), test_size=0.1, stratify=y, random_state=int(seed))
    train, validation = train_test_split(rest, test_size=2 / 9, stratify=y[rest], random_state=int(seed))
    texts = [c for c in table if not pd.api.types.is_numeric_dtype(table[c])]
    numbers = [c for c in table if c not in texts]
    for c in texts:
        table[c] = table[c].astype(object).where(table[c].notna(), "missing").astype(str)
    steps = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False, min_frequency=2), texts),
    ])
    parts = {"train": (train, steps.fit_transform(table.iloc[train])), "validation": (validation, steps.transform(table.iloc[validation]))}
    for name, (rows, x) in parts.items():
        np.asarray(x, np.float32).tofile(os.path.join(folder, f"{name}.x"))
        np.asarray(y[rows], np.int32).tofile(os.path.join(folder, f"{name}.y"))
    shape = {"cols": parts["train"][1].shape[1], "classes": len(classes)}
    with open(os.path.join(folder, "shape.json"), "w") as file:
        json.dump(shape, file)
    return shape


def fit(folder):
    from sklearn.metrics import f1_score, log_loss
    from sklearn.neural_network import MLPClassifier

    with open(os.path.join(folder, "shape.json")) as file:
        shape = json.load(file)
    read = lambda part: (np.fromfile(os.path.join(folder, f"{part}.x"), np.float32).reshape(-1, shape["cols"]), np.fromfile(os.path.join(folder, f"{part}.y"), np.int32))
    (x, y), (xv, yv) = read("train"), read("validation")
    out = []
    for layers, alpha in SETTINGS:
        model = MLPClassifier(layers, alpha=alpha, max_iter=100 if len(x) <= 5000 else 30, n_iter_no_change=8, tol=1e-3, random_state=7)
        start = time.process_time()
        model.fit(x, y)
        cpu = time.process_time() - start
        proba = model.predict_proba(xv)
        f1 = f1_score(yv, proba.argmax(1), average="macro", zero_division=0)
        loss = log_loss(yv, np.clip(proba, 1e-15, 1), labels=range(shape["classes"]))
        out.append({"name": f"{layers} alpha {alpha}", "cpu": cpu, "f1": f1, "loss": loss, "epochs": model.n_iter_})
    return out


def mlp(torch):
    block = lambda i, o: [torch.nn.Linear(i, o), torch.nn.BatchNorm1d(o), torch.nn.ReLU(), torch.nn.Dropout(0.2)]
    net = torch.nn.Sequential(*block(139, 256), *block(256, 128), torch.nn.Linear(128, 41))
    x, y = torch.randn(4096, 139), torch.randint(0, 41, (4096,))

    def loss():
        rows = torch.randint(0, 4096, (512,))
        return torch.nn.functional.cross_entropy(net(x[rows]), y[rows])

    return net, loss


def transformer(torch, batch, trimmed):
    """
    The tokens of src/families/transformer, padded to the longest of the batch, in torch's own TransformerEncoder; or trimmed:
    our network line by line, the last block for the first token only.
    """
    nn, F = torch.nn, torch.nn.functional
    dim, heads, layers, classes = 32, 4, 2, 41
    x = torch.cat([(torch.rand(4096, 132) < 0.085).float(), torch.rand(4096, 7) * 2 - 1], 1)
    y = torch.randint(0, classes, (4096,))
    present = torch.cat([torch.ones(4096, 1, dtype=bool), x[:, :132] > 0, torch.ones(4096, 7, dtype=bool)], 1)
    tokens = [row.nonzero().flatten() for row in present]  # 0 is the patient's own

    class Block(nn.Module):
        def __init__(self, last):
            super().__init__()
            self.last = last
            self.query, self.key_value = nn.Linear(dim, dim, bias=False), nn.Linear(dim, 2 * dim, bias=False)
            self.mix, self.down = nn.Linear(dim, dim, bias=False), nn.Linear(2 * dim, dim, bias=False)
            self.up, self.dropout = nn.Linear(dim, 2 * dim), nn.Dropout(0.2)

        def forward(self, x, mask):
            normal = F.layer_norm(x, (dim,))
            if self.last:
                x = x[:, :1]
            split = lambda v: v.unflatten(-1, (heads, -1)).transpose(1, 2)
            key, value = self.key_value(normal).chunk(2, -1)
            query = self.query(normal[:, :1] if self.last else normal)
            mixed = F.scaled_dot_product_attention(split(query), split(key), split(value), attn_mask=mask)
            x = x + self.mix(mixed.transpose(1, 2).flatten(2))
            return x + self.down(self.dropout(F.relu(self.up(F.layer_norm(x, (dim,))))))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.base, self.slope = nn.Embedding(140, dim), nn.Parameter(torch.randn(7, dim))
            own = lambda: nn.TransformerEncoderLayer(dim, heads, 2 * dim, 0.2, batch_first=True, norm_first=True)
            self.blocks = nn.ModuleList([Block(l == layers - 1) if trimmed else own() for l in range(layers)])
            self.head, self.wide = nn.Linear(dim, classes, bias=False), nn.Linear(139, classes)

        def forward(self, rows):
            chosen = nn.utils.rnn.pad_sequence([tokens[r] for r in rows.tolist()], True, -1)
            there = chosen >= 0
            chosen = chosen.clamp(min=0)
            number = (chosen - 133).clamp(min=0)
            value = torch.where(chosen >= 133, x[rows].gather(1, (chosen - 1).clamp(min=0)), 0.0)
            h = self.base(chosen) + value[..., None] * self.slope[number]
            for block in self.blocks:
                h = block(h, there[:, None, None, :]) if trimmed else block(h, src_key_padding_mask=~there)
            return self.head(F.layer_norm(h[:, 0], (dim,))) + self.wide(x[rows])

    net = Net()

    def loss():
        rows = torch.randint(0, 4096, (batch,))
        return F.cross_entropy(net(rows), y[rows])

    return net, loss


def step(count, network):
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net, loss = mlp(torch) if network == "mlp" else transformer(torch, int(network.split("-")[1]), "trimmed" in network)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)

    def once():
        adam.zero_grad()
        loss().backward()
        adam.step()

    for _ in range(30):
        once()
    start = time.process_time()
    for _ in range(int(count)):
        once()
    return {"version": torch.__version__, "cpu": (time.process_time() - start) / int(count)}


print(json.dumps({"prepare": prepare, "fit": fit, "step": step}[sys.argv[1]](*sys.argv[2:])))
