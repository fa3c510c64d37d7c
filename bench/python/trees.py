"""The Python packages' side of bench/trees.ts: trains on a matrix file, prints {"cpu": seconds, "loss": …} as JSON.

    python trees.py xgboost|lightgbm FOLDER THREADS ROUNDS
"""
import json, os, sys, time

engine, folder, threads, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
import numpy as np

with open(os.path.join(folder, "shape.json")) as file:
    shape = json.load(file)


def read(part):
    x = np.fromfile(os.path.join(folder, f"{part}.x"), np.float32).reshape(-1, shape["cols"])
    return x, np.fromfile(os.path.join(folder, f"{part}.y"), np.int32)


(x, y), (xv, yv) = read("train"), read("validation")
if engine == "xgboost":
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=rounds, learning_rate=0.2, max_depth=4, tree_method="hist", n_jobs=threads, random_state=7, eval_metric="mlogloss", early_stopping_rounds=20)
    options = {"verbose": False}
else:
    import lightgbm

    model = lightgbm.LGBMClassifier(n_estimators=rounds, learning_rate=0.1, num_leaves=15, n_jobs=threads, random_state=7, deterministic=True, force_row_wise=True, verbose=-1)
    options = {"callbacks": [lightgbm.early_stopping(20, verbose=False)]}
cpu = time.process_time()
model.fit(x, y, eval_set=[(x, y), (xv, yv)], **options)
cpu = time.process_time() - cpu
proba = model.predict_proba(xv)
loss = float(-np.mean(np.log(np.maximum(proba[np.arange(len(yv)), yv], 1e-15))))
print(json.dumps({"cpu": cpu, "loss": loss}))
