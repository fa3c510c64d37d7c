"""The Python side of bench/neural.ts.

    python neural.py prepare CSV TARGET FOLDER SEED [DROPPED COLUMN]
    python neural.py fit FOLDER            # scikit-learn's MLPClassifier in three settings
    python neural.py step N                # torch: N training steps of the network 139-256-128-41

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


def step(count):
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    torch.manual_seed(0)
    block = lambda i, o: [torch.nn.Linear(i, o), torch.nn.BatchNorm1d(o), torch.nn.ReLU(), torch.nn.Dropout(0.2)]
    net = torch.nn.Sequential(*block(139, 256), *block(256, 128), torch.nn.Linear(128, 41))
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    x, y = torch.randn(4096, 139), torch.randint(0, 41, (4096,))

    def once():
        rows = torch.randint(0, 4096, (512,))
        adam.zero_grad()
        torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        adam.step()

    for _ in range(30):
        once()
    start = time.process_time()
    for _ in range(int(count)):
        once()
    return {"version": torch.__version__, "cpu": (time.process_time() - start) / int(count)}


print(json.dumps({"prepare": prepare, "fit": fit, "step": step}[sys.argv[1]](*sys.argv[2:])))
