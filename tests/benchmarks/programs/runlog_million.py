"""A million rows of 20 metrics into a run: FOLDER. A request is a number of rows.

It says the seconds until all of them are on the disk, and the most bytes that lay in the folder.
"""

import random
import sys
import time
from pathlib import Path

from serving import made, serve

import plotkit as pk

folder = Path(sys.argv[1])
names = [f"metric{at}" for at in range(20)]


def noise():
    rng = random.Random(6)
    return [[rng.random() for _ in names] for _ in range(997)]


values = made(noise)


def lying():
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def work(count):
    run = pk.init(project="bench", id="million", dir=folder)
    most, start = 0, time.perf_counter()
    for step in range(int(count)):
        row = dict(zip(names, values[step % 997], strict=True))
        row["metric0"] = step / 7
        pk.log(row)
        if step % 20_000 == 0:
            most = max(most, lying())
    pk.finish()
    return {"seconds": time.perf_counter() - start, "most": max(most, lying()), "run": run.id}


serve(work)
