"""The Python peer: what a data scientist writes today for an experiment grid over a table of patients.

    python peer_grid.py CSV TARGET --tracking sqlite:///x.db|http://127.0.0.1:5055|none --out result.json
                        [--seed 7] [--jobs 2] [--families lr,rf,...] [--drop patient_id] [--split split.json]
                        [--register NAME] [--budget SECONDS_PER_TRIAL]

Stratified 70/20/10 split (train/validation/test, seeded), preparation variants, model families, about 40 trials, every
trial logged to MLflow (params, metrics, learning curve, confusion matrix, model), winner by validation macro F1
re-scored on test and registered. Wall time is split in imports / prepare / fit / score / log / register.
"""
import argparse, json, os, sys, tempfile, time, warnings
T0 = time.perf_counter()
p = argparse.ArgumentParser()
p.add_argument("csv"); p.add_argument("target")
p.add_argument("--tracking", default="none"); p.add_argument("--out", default="result.json")
p.add_argument("--seed", type=int, default=7); p.add_argument("--jobs", type=int, default=2)
p.add_argument("--families", default="lr,lsvm,svm,rf,hgb,xgb,lgb,mlp,tabt,vote")
p.add_argument("--size", default="auto"); p.add_argument("--drop", default="")
p.add_argument("--register", default=""); p.add_argument("--experiment", default="peer"); p.add_argument("--partial", default="", help="append each finished trial here (JSON lines)")
p.add_argument("--rfcap", type=int, default=0, help="max_leaf_nodes-like cap on RF depth, 0 none")
p.add_argument("--model-log", default="sklearn", choices=["sklearn", "artifact", "none"])
p.add_argument("--svmcap", type=int, default=6000, help="rows an RBF SVM is trained on at most")
p.add_argument("--tabtcap", type=int, default=8000)
p.add_argument("--split", default="", help="the row numbers of the split are written here (JSON)")
p.add_argument("--parallel", default="trials", choices=["trials", "models"],
               help="trials: joblib n_jobs over trials, 1 thread each; models: one trial at a time, n_jobs threads")
a = p.parse_args()
NT = 1 if a.parallel == "trials" else a.jobs
os.environ["PYTHONWARNINGS"] = "ignore"
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[v] = str(NT)
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, joblib
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (accuracy_score, confusion_matrix, f1_score, log_loss, recall_score, roc_auc_score,
                             balanced_accuracy_score)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
import xgboost as xgb, lightgbm as lgb
fam = a.families.split(",")
if a.tracking != "none":
    import mlflow, mlflow.sklearn
T_IMPORT = time.perf_counter() - T0; CPU = {"imports": time.process_time()}


def split(y, seed):
    """70/20/10, stratified class by class; a class of 1 or 2 goes to train first, then test."""
    rng = np.random.default_rng(seed)
    tr, va, te = [], [], []
    for c in np.unique(y):
        i = rng.permutation(np.flatnonzero(y == c)); n = len(i)
        nte = max(1, round(.1 * n)) if n >= 3 else (1 if n == 2 else 0)
        nva = max(1, round(.2 * n)) if n >= 4 else (1 if n == 3 else 0)
        te += list(i[:nte]); va += list(i[nte:nte + nva]); tr += list(i[nte + nva:])
    return [np.array(rng.permutation(x), dtype=int) for x in (tr, va, te)]


def load():
    df = pd.read_csv(a.csv)
    for d in [x for x in a.drop.split(",") if x]:
        df = df.drop(columns=d)
    df = df.dropna(subset=[a.target])
    ys = df.pop(a.target).astype(str)
    classes, y = np.unique(ys, return_inverse=True)
    cat = [c for c in df.columns if not pd.api.types.is_numeric_dtype(df[c])]
    num = [c for c in df.columns if c not in cat]
    for c in cat:
        df[c] = df[c].astype(object).map(lambda v: None if pd.isna(v) else str(v)).astype(object).where(df[c].notna(), None)
    return df, y, list(classes), num, cat


def table(num, cat):
    parts = []
    if num: parts.append(("num", Pipeline([("imp", SimpleImputer(strategy="median", add_indicator=True)), ("sc", StandardScaler())]), num))
    if cat: parts.append(("cat", Pipeline([("imp", SimpleImputer(strategy="constant", fill_value="missing", missing_values=None)),
                                           ("oh", OneHotEncoder(handle_unknown="ignore", sparse_output=False, min_frequency=2))]), cat))
    return ColumnTransformer(parts)


class TabTransformer(ClassifierMixin, BaseEstimator):
    """A small FT-transformer (feature tokenizer) with early stopping on the validation loss."""
    def __init__(self, dim=32, heads=4, layers=2, epochs=40, lr=1e-3, batch=256, patience=6, cap=20000, seed=7, threads=1):
        self.dim, self.heads, self.layers, self.epochs, self.lr, self.batch = dim, heads, layers, epochs, lr, batch
        self.patience, self.cap, self.seed, self.threads = patience, cap, seed, threads
    def fit(self, X, y, eval_set=None):
        import torch
        from torch import nn
        torch.set_num_threads(self.threads); torch.manual_seed(self.seed)
        self.classes_ = np.unique(y); k = len(self.classes_)
        if len(X) > self.cap:
            i = np.random.default_rng(self.seed).choice(len(X), self.cap, False); X, y = X[i], y[i]
        d = X.shape[1]; dim, heads, layers = self.dim, self.heads, self.layers
        class Net(nn.Module):
            def __init__(s):
                super().__init__()
                s.w = nn.Parameter(torch.randn(d, dim) * .05); s.b = nn.Parameter(torch.randn(d, dim) * .05)
                s.cls = nn.Parameter(torch.randn(1, 1, dim) * .05)
                s.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(dim, heads, dim * 2, .1, "gelu", batch_first=True, norm_first=True), layers, enable_nested_tensor=False)
                s.out = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, k))
            def forward(s, x):
                t = x[:, :, None] * s.w + s.b
                return s.out(s.enc(torch.cat([s.cls.expand(len(x), -1, -1), t], 1))[:, 0])
        net = self.net_ = Net(); opt = torch.optim.AdamW(net.parameters(), lr=self.lr, weight_decay=1e-4)
        X = torch.tensor(np.asarray(X, np.float32)); yy = torch.tensor(np.searchsorted(self.classes_, y))
        ev = None if eval_set is None else (torch.tensor(np.asarray(eval_set[0], np.float32)), torch.tensor(np.searchsorted(self.classes_, eval_set[1])))
        best, bad, self.curve_ = 1e9, 0, []
        for e in range(self.epochs):
            net.train(); perm = torch.randperm(len(X)); tot = 0.
            for s in range(0, len(X), self.batch):
                j = perm[s:s + self.batch]; loss = nn.functional.cross_entropy(net(X[j]), yy[j])
                opt.zero_grad(); loss.backward(); opt.step(); tot += float(loss.detach()) * len(j)
            vl = None
            if ev is not None:
                net.eval()
                with torch.no_grad(): vl = float(nn.functional.cross_entropy(self._logits(ev[0]), ev[1]))
            self.curve_.append((tot / len(X), vl))
            if vl is not None:
                if vl < best - 1e-4: best, bad, self.state_ = vl, 0, {n: t.clone() for n, t in net.state_dict().items()}
                else:
                    bad += 1
                    if bad >= self.patience: break
        if ev is not None: net.load_state_dict(self.state_)
        return self
    def _logits(self, X):
        import torch
        return torch.cat([self.net_(X[s:s + 1024]) for s in range(0, len(X), 1024)])
    def predict_proba(self, X):
        import torch
        self.net_.eval()
        with torch.no_grad(): return torch.softmax(self._logits(torch.tensor(np.asarray(X, np.float32))), 1).numpy()
    def predict(self, X): return self.classes_[self.predict_proba(X).argmax(1)]


def rounds_of(n): return 200 if n <= 5000 else (100 if n <= 40000 else 60)


def grid(n, d):
    big = n > 5000; huge = n > 40000
    trees = 300 if not big else (200 if not huge else 100); rounds = rounds_of(n)
    g = []
    def add(family, prep, **kw): g.append({"family": family, "prep": prep, "params": kw})
    for prep in ("std", "pca", "lda", "kbest"):
        for C in ((0.1, 1.0, 10.0) if prep == "std" and not huge else (1.0,)):
            if not (huge and prep == "pca"): add("lr", prep, C=C)
    for C in ((0.05, 0.5) if not huge else (0.05,)): add("lsvm", "std", C=C)
    if not huge: add("lsvm", "lda", C=0.5); add("lsvm", "kbest", C=0.5)
    for C in ((1.0, 5.0) if not huge else (1.0,)): add("svm", "std", C=C)
    if not huge: add("svm", "pca", C=2.0); add("svm", "lda", C=2.0); add("svm", "kbest", C=2.0)
    if not huge: add("rf", "std", n_estimators=trees, max_features="sqrt", min_samples_leaf=1)
    add("rf", "std", n_estimators=trees, max_features="sqrt", min_samples_leaf=3)
    if not huge:
        add("rf", "std", n_estimators=trees, max_features=0.3 if not big else 0.15, min_samples_leaf=1)
        add("rf", "kbest", n_estimators=trees, max_features="sqrt", min_samples_leaf=1)
        add("rf", "lda", n_estimators=trees, max_features="sqrt", min_samples_leaf=3)
    for lr_, leaves in (((0.1, 31), (0.05, 15)) if not huge else ((0.1, 15),)): add("hgb", "std", learning_rate=lr_, max_leaf_nodes=leaves, max_iter=rounds)
    for lr_, dep in (((0.1, 6), (0.1, 3), (0.3, 4)) if not huge else ((0.2, 4),)): add("xgb", "std", learning_rate=lr_, max_depth=dep, n_estimators=rounds)
    if not huge: add("xgb", "kbest", learning_rate=0.1, max_depth=6, n_estimators=rounds)
    for lr_, leaves in (((0.1, 31), (0.1, 7), (0.05, 15)) if not huge else ((0.1, 15),)): add("lgb", "std", learning_rate=lr_, num_leaves=leaves, n_estimators=rounds)
    if not huge: add("lgb", "kbest", learning_rate=0.1, num_leaves=15, n_estimators=rounds)
    for h, al in (((64,), 1e-4), ((128, 64), 1e-3), ((128,), 1e-2)) if not huge else (((64,), 1e-3),): add("mlp", "std", hidden_layer_sizes=h, alpha=al)
    if not huge: add("mlp", "pca", hidden_layer_sizes=(64,), alpha=1e-3); add("mlp", "lda", hidden_layer_sizes=(64,), alpha=1e-3)
    if not big: add("tabt", "std", dim=32, layers=2)
    add("tabt", "kbest", dim=32, layers=2, epochs=40 if not big else 12)
    if not huge: add("vote", "std", members="lr+rf+xgb")
    add("vote", "std", members="lr+lgb+mlp")
    if huge: g.sort(key=lambda x: ["lr", "lgb", "xgb", "rf", "mlp", "hgb", "lsvm", "svm", "vote", "tabt"].index(x["family"]))
    return [x for x in g if x["family"] in fam]


def build(f, kw, k, seed):
    kw = dict(kw)
    if f == "lr": return LogisticRegression(max_iter=1000, **kw)
    if f == "lsvm": return CalibratedClassifierCV(LinearSVC(max_iter=3000, random_state=seed, **kw), ensemble=False, cv=3)
    if f == "svm": return SVC(kernel="rbf", probability=True, random_state=seed, cache_size=500, **kw)
    if f == "rf": return RandomForestClassifier(n_jobs=NT, random_state=seed, **kw)
    if f == "hgb": return HistGradientBoostingClassifier(random_state=seed, early_stopping=False, **kw)
    if f == "xgb": return xgb.XGBClassifier(tree_method="hist", n_jobs=NT, random_state=seed, eval_metric="mlogloss" if k > 2 else "logloss",
                                            early_stopping_rounds=20, **kw)
    if f == "lgb": return lgb.LGBMClassifier(n_jobs=NT, random_state=seed, verbose=-1, **kw)
    if f == "mlp": return MLPClassifier(max_iter=100 if kw.pop("_n", 0) <= 5000 else 30, early_stopping=False, n_iter_no_change=8, tol=1e-3, random_state=seed, **kw)
    if f == "tabt": return TabTransformer(seed=seed, threads=NT, cap=a.tabtcap, **kw)
    raise KeyError(f)


def full(prob, have, k):
    out = np.zeros((len(prob), k)); out[:, have] = prob; return out


def scores(y, P, k):
    pred = P.argmax(1); P = np.clip(P, 1e-15, 1); P = P / P.sum(1, keepdims=True)
    m = {"accuracy": accuracy_score(y, pred), "recall_macro": recall_score(y, pred, average="macro", zero_division=0),
         "f1_macro": f1_score(y, pred, average="macro", zero_division=0), "mse": float(((P - np.eye(k)[y]) ** 2).mean()),
         "brier": float(((P - np.eye(k)[y]) ** 2).sum(1).mean()), "log_loss": log_loss(y, P, labels=list(range(k)))}
    try:
        if k == 2: m["roc_auc_ovr"] = roc_auc_score(y, P[:, 1])
        else:  # one class at a time over those present, as roc_auc_score refuses absent ones
            m["roc_auc_ovr"] = float(np.mean([roc_auc_score(y == c, P[:, c]) for c in np.unique(y) if 0 < (y == c).sum() < len(y)]))
    except ValueError: m["roc_auc_ovr"] = float("nan")
    return {n: float(v) for n, v in m.items()}, pred


class Fitted:
    """Estimator trained on labels 0..m-1 that are present in train; gives k columns."""
    def __init__(self, est, have, k): self.est, self.have, self.k = est, have, k
    def predict_proba(self, X): return full(self.est.predict_proba(X), self.have, self.k)


def fit_one(family, kw, Xtr, ytr, Xva, yva, k, seed):
    have = np.unique(ytr); enc = np.searchsorted(have, ytr); curve = {}
    ok = np.isin(yva, have); Xe, ye = Xva[ok], np.searchsorted(have, yva[ok])
    if family == "lsvm" and np.bincount(enc).min() < 3:   # CalibratedClassifierCV(cv=3) refuses: calibrate on validation instead
        from sklearn.frozen import FrozenEstimator
        base = LinearSVC(max_iter=3000, random_state=seed, **kw).fit(Xtr, enc)
        est = base; dec = base.decision_function
        def proba(X, b=base):
            z = b.decision_function(X); z = np.c_[-z, z] if z.ndim == 1 else z
            e = np.exp(z - z.max(1, keepdims=True)); return e / e.sum(1, keepdims=True)
        est = Soft(base)
        return Fitted(est, have, k), curve
    if family == "svm" and len(Xtr) > a.svmcap:
        i = np.random.default_rng(seed).choice(len(Xtr), a.svmcap, False); Xtr, enc = Xtr[i], enc[i]
        h2 = np.unique(enc); have = have[h2]; enc = np.searchsorted(h2, enc)
    if family == "svm" and np.bincount(enc).min() < 5:    # SVC(probability=True) needs no 5 per class, but is ill-defined: as is
        pass
    est = build(family, {**kw, "_n": len(Xtr)} if family == "mlp" else kw, k, seed)
    if family == "xgb":
        est.fit(Xtr, enc, eval_set=[(Xtr, enc), (Xe, ye)], verbose=False)
        r = est.evals_result(); key = list(r["validation_0"])[0]
        curve = {"train_loss": r["validation_0"][key], "valid_loss": r["validation_1"][key]}
    elif family == "lgb":
        rec = {}
        est.fit(Xtr, enc, eval_set=[(Xtr, enc), (Xe, ye)], eval_names=["train", "valid"], callbacks=[lgb.record_evaluation(rec), lgb.early_stopping(20, verbose=False)])
        key = list(rec["train"])[0]; curve = {"train_loss": rec["train"][key], "valid_loss": rec["valid"][key]}
    elif family == "mlp":
        est.fit(Xtr, enc); curve = {"train_loss": est.loss_curve_}
    elif family == "tabt":
        est.fit(Xtr, enc, eval_set=(Xe, ye)); curve = {"train_loss": [c[0] for c in est.curve_], "valid_loss": [c[1] for c in est.curve_]}
    elif family == "hgb":
        est.fit(Xtr, enc)
    else:
        est.fit(Xtr, enc)
    return Fitted(est, have, k), curve


class Soft:
    def __init__(self, base): self.base = base
    def predict_proba(self, X):
        z = self.base.decision_function(X); z = np.c_[-z, z] if z.ndim == 1 else z
        e = np.exp(z - z.max(1, keepdims=True)); return e / e.sum(1, keepdims=True)


class Vote:
    def __init__(self, ms): self.ms = ms
    def predict_proba(self, X): return np.mean([m.predict_proba(X) for m in self.ms], 0)


def trial0(t, D, k, seed, rounds):
    w0 = time.perf_counter(); c0 = time.process_time()
    Xtr, Xva, Xte = D["X"][t["prep"]]; ytr, yva, yte = D["y"]
    try:
        if t["family"] == "vote":
            kws = {"lr": {"C": 1.0}, "rf": {"n_estimators": 200, "max_features": "sqrt"}, "xgb": {"learning_rate": .1, "max_depth": 6, "n_estimators": rounds},
                   "lgb": {"learning_rate": .1, "num_leaves": 15, "n_estimators": rounds}, "mlp": {"hidden_layer_sizes": (64,), "alpha": 1e-3}}
            model = Vote([fit_one(f, kws[f], Xtr, ytr, Xva, yva, k, seed)[0] for f in t["params"]["members"].split("+")]); curve = {}
        else:
            model, curve = fit_one(t["family"], t["params"], Xtr, ytr, Xva, yva, k, seed)
    except Exception as e:
        return {**t, "error": f"{type(e).__name__}: {e}"[:300], "fit_s": time.perf_counter() - w0}
    w1 = time.perf_counter()
    Pva, Pte = model.predict_proba(Xva), model.predict_proba(Xte)
    va, pv = scores(yva, Pva, k); te, _ = scores(yte, Pte, k)
    return {**t, "valid": va, "test": te, "curve": curve, "cm": confusion_matrix(yva, pv, labels=range(k)).tolist(),
            "fit_s": w1 - w0, "score_s": time.perf_counter() - w1, "cpu_s": time.process_time() - c0, "model": model}


def trial(t, D, k, seed, rounds):
    r = trial0(t, D, k, seed, rounds)
    if a.partial:
        with open(a.partial, "a") as f: f.write(json.dumps({x: r[x] for x in r if x not in ("model", "cm", "curve")}, default=str) + "\n")
    return r


def log_trial(r, exp_id, classes, parent=None):
    """One MLflow run: params, metrics, curve, confusion matrix, model, as the docs show."""
    import mlflow
    w = time.perf_counter()
    from mlflow.entities import Metric
    with mlflow.start_run(experiment_id=exp_id, run_name=f"{r['family']}-{r['prep']}") as run:
        mlflow.log_params({"family": r["family"], "prep": r["prep"], "seed": a.seed, **r["params"]})
        mlflow.set_tag("dataset", os.path.basename(a.csv))
        mlflow.log_metrics({**{f"valid_{n}": v for n, v in r["valid"].items() if v == v}, **{f"test_{n}": v for n, v in r["test"].items() if v == v}, "fit_s": r["fit_s"]})
        w1 = time.perf_counter()
        ts = int(time.time() * 1000)
        ms = [Metric(n, float(v), ts, i) for n, vs in r["curve"].items() for i, v in enumerate(vs) if v is not None]
        for s in range(0, len(ms), 1000): mlflow.MlflowClient().log_batch(run.info.run_id, metrics=ms[s:s + 1000])
        w2 = time.perf_counter()
        mlflow.log_dict({"classes": classes, "matrix": r["cm"]}, "confusion_matrix.json")
        w3 = time.perf_counter()
        if a.model_log == "sklearn":
            import mlflow.pyfunc
            mlflow.sklearn.log_model(r["model"].est if isinstance(r["model"], Fitted) and isinstance(r["model"].est, BaseEstimator) else r["model"], name="model",
                                     serialization_format="cloudpickle", pip_requirements=["scikit-learn"])
        elif a.model_log == "artifact":
            joblib.dump(r["model"], os.path.join(tempfile.gettempdir(), f"peer_{os.getpid()}.joblib")); mlflow.log_artifact(os.path.join(tempfile.gettempdir(), f"peer_{os.getpid()}.joblib"), "model")
        w4 = time.perf_counter()
    return run.info.run_id, {"meta": w1 - w, "curve": w2 - w1, "cm": w3 - w2, "model": w4 - w3, "total": time.perf_counter() - w}


def main():
    cpu0 = os.times(); load0 = os.getloadavg()[0]
    t = time.perf_counter()
    df, y, classes, num, cat = load(); k = len(classes)
    tr, va, te = split(y, a.seed)
    if a.split:
        with open(a.split, "w") as f: json.dump({str(a.seed): {"validation": va.tolist(), "test": te.tolist()}}, f)
    T_LOAD = time.perf_counter() - t
    t = time.perf_counter()
    base = table(num, cat).fit(df.iloc[tr]); Z = [base.transform(df.iloc[i]).astype(np.float32) for i in (tr, va, te)]
    yy = [y[tr], y[va], y[te]]; D = {"X": {"std": Z}, "y": yy}; prep_t = {"std": time.perf_counter() - t}
    need = {g["prep"] for g in grid(len(tr), Z[0].shape[1])}
    def mi(X, yv): return mutual_info_classif(X, yv, random_state=a.seed, n_jobs=a.jobs)
    def mi_sub(X, yv):
        if len(X) > 5000:
            i = np.random.default_rng(a.seed).choice(len(X), 5000, False); X, yv = X[i], yv[i]
        return mi(X, yv)
    for name, tf in (("pca", PCA(.95, svd_solver="full", random_state=a.seed)), ("lda", LinearDiscriminantAnalysis(solver="svd")),
                     ("kbest", SelectKBest(mi_sub, k=min(40, max(2, Z[0].shape[1] // 2))))):
        if name not in need: continue
        w = time.perf_counter(); tf.fit(Z[0], yy[0]); D["X"][name] = [tf.transform(z).astype(np.float32) for z in Z]; prep_t[name] = time.perf_counter() - w
    T_PREP = time.perf_counter() - t; CPU["load_prepare"] = time.process_time() - CPU["imports"]
    G = grid(len(tr), Z[0].shape[1]); rounds = rounds_of(len(tr))
    t = time.perf_counter()
    if a.parallel == "trials" and a.jobs > 1:
        # longest first, so that two workers stay busy
        order = list(range(len(G))) if a.partial else sorted(range(len(G)), key=lambda i: -{"svm": 9, "tabt": 8, "hgb": 7, "vote": 6, "rf": 5, "xgb": 4, "lgb": 4, "mlp": 3, "lsvm": 2, "lr": 1}[G[i]["family"]])
        R = joblib.Parallel(n_jobs=a.jobs, batch_size=1)(joblib.delayed(trial)(G[i], D, k, a.seed, rounds) for i in order)
    else:
        R = []
        for g in G:
            R.append(trial(g, D, k, a.seed, rounds)); r = R[-1]
            print(f"{r['family']:5s} {r['prep']:5s} {r['fit_s']:7.1f}s " + (f"f1 {r['valid']['f1_macro']:.3f}" if 'valid' in r else r['error'][:80]), file=sys.stderr, flush=True)
    T_TRAIN = time.perf_counter() - t; CPU["train"] = sum(r.get("cpu_s", 0) for r in R); cpu1 = time.process_time()
    ok = [r for r in R if "error" not in r]; best = max(ok, key=lambda r: r["valid"]["f1_macro"])
    T_LOG = T_REG = T_SETUP = 0.; parts = {}
    if a.tracking != "none":
        t = time.perf_counter()
        mlflow.set_tracking_uri(a.tracking)
        e = mlflow.get_experiment_by_name(a.experiment); eid = e.experiment_id if e else mlflow.create_experiment(a.experiment)
        T_SETUP = time.perf_counter() - t
        t = time.perf_counter()
        for r in ok:
            r["run_id"], ps = log_trial(r, eid, classes)
            for n, v in ps.items(): parts[n] = parts.get(n, 0) + v
        T_LOG = time.perf_counter() - t
        t = time.perf_counter()
        name = a.register or "disease"
        mv = mlflow.register_model(f"runs:/{best['run_id']}/model", name) if a.model_log == "sklearn" else None
        if mv is not None: mlflow.MlflowClient().set_registered_model_alias(name, "candidate", mv.version)
        T_REG = time.perf_counter() - t
    CPU["log_register"] = time.process_time() - cpu1
    per = {}
    for r in ok:
        q = per.setdefault(r["family"], {"trials": 0, "fit_s": 0, "cpu_s": 0, "best": None}); q["trials"] += 1; q["fit_s"] += r["fit_s"]; q["cpu_s"] += r["cpu_s"]
        if q["best"] is None or r["valid"]["f1_macro"] > q["best"]["valid"]["f1_macro"]:
            q["best"] = {x: r[x] for x in ("prep", "params", "valid", "test", "fit_s")}
    c = os.times()
    res = {"csv": a.csv, "rows": len(df), "features_raw": df.shape[1], "features": int(Z[0].shape[1]), "classes": k, "n": [len(tr), len(va), len(te)], "seed": a.seed,
           "jobs": a.jobs, "parallel": a.parallel, "tracking": a.tracking, "trials": len(G), "failed": [{x: r[x] for x in ("family", "prep", "params", "error")} for r in R if "error" in r],
           "wall": {"imports": T_IMPORT, "load": T_LOAD, "prepare": T_PREP, "prepare_each": prep_t, "train": T_TRAIN, "mlflow_setup": T_SETUP, "log": T_LOG, "log_parts": parts, "register": T_REG, "total": time.perf_counter() - T0},
           "cpu": {**CPU, "self": c.user + c.system, "children": c.children_user + c.children_system}, "load_before": load0, "load_after": os.getloadavg()[0],
           "winner": {x: best[x] for x in ("family", "prep", "params", "valid", "test", "fit_s")}, "family": per,
           "all": [{x: r[x] for x in ("family", "prep", "params", "valid", "test", "fit_s", "cpu_s")} for r in ok]}
    json.dump(res, open(a.out, "w"), indent=1, default=str)
    w = res["wall"]; print(f"{os.path.basename(a.csv)} seed {a.seed}: {len(ok)} trials, winner {best['family']}/{best['prep']} valid F1 {best['valid']['f1_macro']:.3f} test F1 {best['test']['f1_macro']:.3f} acc {best['test']['accuracy']:.3f}; "
          f"wall {w['total']:.1f}s (import {w['imports']:.1f} prep {w['prepare']:.1f} train {w['train']:.1f} log {w['log']:.1f} reg {w['register']:.1f}) load {load0:.1f}")


if __name__ == "__main__":
    main()
