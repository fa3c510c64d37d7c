"""Logs runs as the Python client does, one log_batch a run: URI RUNS PARAMS METRICS. Prints seconds."""

import sys
import time

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

uri, runs, params, metrics = sys.argv[1], *map(int, sys.argv[2:5])
client = MlflowClient(tracking_uri=uri)
experiment = client.get_experiment_by_name("bench") or client.get_experiment(client.create_experiment("bench"))


def log(count):
    for r in range(count):
        run = client.create_run(experiment.experiment_id, run_name=f"python {r}", start_time=r)
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("loss" if i % 2 else "val_loss", 1 / (i + 1), 1_700_000_000_000 + i * 20, i // 2) for i in range(metrics)],
            params=[Param(f"param_{i}", str(i)) for i in range(params)],
        )
        client.set_terminated(run.info.run_id)


log(2)  # connections and caches
begun = time.perf_counter()
log(runs)
print(time.perf_counter() - begun)
