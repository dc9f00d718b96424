"""Rows of five scalars to one of several run logs: FOLDER LIBRARY.

Requests: `log ROWS PAUSE` (milliseconds of other work between rows) says the seconds spent in the
library's own calls; `finish` says how many bytes lie in the folder then.
"""

import contextlib
import math
import os
import sys
import time
from pathlib import Path

from serving import serve

folder, library = Path(sys.argv[1]), sys.argv[2]
folder.mkdir(parents=True, exist_ok=True)
step = 0


def plotkit():
    import plotkit as pk

    pk.init(project="bench", dir=folder)
    return lambda row, step: pk.log(row), pk.finish


def tensorboard():
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(folder)

    def log(row, step):
        for name, value in row.items():
            writer.add_scalar(name, value, step)

    return log, writer.close


def trackio():
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio

    trackio.init(project="bench")
    return lambda row, step: trackio.log(row), trackio.finish


def wandb():
    os.environ["WANDB_MODE"] = "offline"
    import wandb

    run = wandb.init(project="bench", dir=folder)
    return lambda row, step: run.log(row), run.finish


def mlflow():
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    import mlflow

    mlflow.set_tracking_uri((folder / "mlruns").as_uri())
    mlflow.start_run()
    return lambda row, step: mlflow.log_metrics(row, step=step), mlflow.end_run


with contextlib.redirect_stdout(sys.stderr):  # what libraries print is no answer
    log_row, finish = globals()[library]()


def work(what, count="0", pause="0"):
    global step
    if what == "finish":
        finish()
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    spent, pause = 0.0, float(pause) / 1000
    for _ in range(int(count)):
        loss = math.exp(-step / 1000) + math.sin(step) / 50
        row = {
            "loss": loss,
            "acc": 1 - loss,
            "val/loss": loss * 1.1,
            "lr": 1e-3,
            "epoch": step // 100,
        }
        begun = time.perf_counter()
        log_row(row, step)
        spent += time.perf_counter() - begun
        step += 1
        if pause:
            time.sleep(pause)
    return spent


serve(work)
