"""scikit-learn's side of bench/preparation.ts: fits and transforms a matrix file, prints {"first", "later", "columns", "sum"} as JSON.

    python preparation.py pca|pca-full|lda|power|knn|target FOLDER
"""
import json, os, sys, time
import numpy as np

name, folder = sys.argv[1:]
with open(os.path.join(folder, "shape.json")) as file:
    shape = json.load(file)
x = np.fromfile(os.path.join(folder, "holed.f64" if name in ("knn", "power") else "filled.f64")).reshape(-1, shape["cols"])
y = np.fromfile(os.path.join(folder, "y.i32"), np.int32)

if name.startswith("pca"):
    from sklearn.decomposition import PCA

    step = PCA(0.95, svd_solver="full" if name == "pca-full" else "auto")
elif name == "lda":
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    step = LinearDiscriminantAnalysis()
elif name == "power":
    from sklearn.preprocessing import PowerTransformer

    step = PowerTransformer()
elif name == "knn":
    from sklearn.impute import KNNImputer

    # As ours: values are taken from 2,000 of the rows.
    step = KNNImputer(n_neighbors=5)
    donors = np.random.default_rng(7).choice(len(x), 2000, replace=False)
else:
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import TargetEncoder

    step = TargetEncoder(cv=StratifiedKFold(5, shuffle=True, random_state=7))
    hospitals = (np.arange(len(y)) * 31 + y) % shape["hospitals"]
    x = np.array([f"h{h:04d}" for h in hospitals], dtype=object)[:, None]

spent = []
for _ in range(5):
    cpu = time.process_time()
    made = step.fit(x[donors]).transform(x) if name == "knn" else step.fit(x, y).transform(x) if name == "lda" else step.fit_transform(x, y)
    spent.append(time.process_time() - cpu)
print(json.dumps({"first": spent[0], "later": sum(spent[1:]) / len(spent[1:]), "columns": made.shape[1], "sum": float(np.nansum(np.abs(made)))}))
