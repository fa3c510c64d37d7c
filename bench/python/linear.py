"""scikit-learn's side of bench/linear.ts.

    python linear.py prepare CSV FOLDER          medians with indicators, standardised, one-hot: matrices of train and validation
    python linear.py fit MODEL FOLDER            trains one model on one thread, prints {"cpu": seconds, "f1": …, "loss": …}
"""
import json, os, sys, time, warnings

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
warnings.filterwarnings("ignore")
import numpy as np


def prepare(source, folder):
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    table = pd.read_csv(source).drop(columns="patient_id")
    classes, y = np.unique(table.pop("disease"), return_inverse=True)
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    columns = ColumnTransformer([("numbers", numbers, [c for c in table if c != "sex"]), ("sex", OneHotEncoder(sparse_output=False), ["sex"])])
    turn = np.arange(len(y)) % 10
    train, validation = turn < 7, (turn == 7) | (turn == 8)
    parts = {"train": (columns.fit_transform(table[train]), y[train]), "validation": (columns.transform(table[validation]), y[validation])}
    for name, (x, codes) in parts.items():
        x.astype(np.float32).tofile(os.path.join(folder, f"{name}.x"))
        codes.astype(np.int32).tofile(os.path.join(folder, f"{name}.y"))
    with open(os.path.join(folder, "shape.json"), "w") as file:
        json.dump({"cols": int(x.shape[1]), "classes": len(classes)}, file)


def fit(name, folder):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score, log_loss
    from sklearn.svm import SVC, LinearSVC

    with open(os.path.join(folder, "shape.json")) as file:
        shape = json.load(file)
    read = lambda part: (np.fromfile(os.path.join(folder, f"{part}.x"), np.float32).reshape(-1, shape["cols"]), np.fromfile(os.path.join(folder, f"{part}.y"), np.int32))
    (x, y), (xv, yv) = read("train"), read("validation")
    model = {
        "logistic": lambda: LogisticRegression(max_iter=1000),
        "linear-svm": lambda: CalibratedClassifierCV(LinearSVC(max_iter=3000, random_state=7), ensemble=False, cv=3),
        "rbf-svm": lambda: SVC(kernel="rbf", probability=True, random_state=7, cache_size=500),
    }[name]()
    cpu = time.process_time()
    model.fit(x, y)
    cpu = time.process_time() - cpu
    p = model.predict_proba(xv)
    print(json.dumps({"cpu": cpu, "f1": f1_score(yv, p.argmax(1), average="macro"), "loss": log_loss(yv, p, labels=range(shape["classes"]))}))


{"prepare": prepare, "fit": fit}[sys.argv[1]](*sys.argv[2:])
