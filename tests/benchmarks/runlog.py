"""The run log against its peers: python tests/benchmarks/runlog.py [--quick] [--write] [PART].

What `log` costs a script for a row of five scalars, in turn with other run logs that write to this
machine alone; what the rows take on the disk; and how a million rows of 20 metrics open as a
chart. Peers that are not installed are left out, and named.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import harness
from harness import Bench, Times

LIBRARIES = ("numpy",)
# What a peer is called here -> the modules it needs, and how the table names it.
PEERS = {
    "tensorboard": (
        ("tensorboard", "torch"),
        "TensorBoard: `SummaryWriter.add_scalar`, five times",
    ),
    "trackio": (("trackio",), "trackio: `log`"),
    "wandb": (("wandb",), 'W&B: `log`, `mode="offline"`'),
    "mlflow": (("mlflow",), "MLflow: `log_metrics`, file store"),
}
HEAD = ["what", "plotkit", "peer", "which", "ratio", "of fastest", "target", ""]
NUMBERS = (1, 2, 4, 5, 6)
MICROSECONDS = 30.0
MEGABYTES = 250.0
SECONDS = 2.0
MILLION = 1_000_000
ROWS = {"0": 1000, "1": 300}  # by milliseconds of other work between two rows

Rows = list[list[str]]


class Logged(NamedTuple):
    """What one library took: seconds a row, round by round, and bytes a row in the end."""

    times: Times
    size: float


def installed() -> dict[str, str]:
    """The peers that are here, by name."""
    found = {}
    for name, (modules, told) in PEERS.items():
        if all(find_spec(module) for module in modules):
            found[name] = told
        else:
            print(f"left out, not installed: {' and '.join(modules)}", file=sys.stderr)
    return found


def microseconds(seconds: float) -> str:
    """Seconds as the table shows those of one row."""
    return f"{seconds * 1e6:,.1f} µs" if seconds < 1e-4 else f"{seconds * 1e6:,.0f} µs"


def logging(bench: Bench) -> Rows:
    """Rows of five scalars: what the script waits for, and what they take on the disk."""
    peers = installed()
    made: Rows = []
    for pause, what in (
        ("0", "a row of five scalars, one after the other"),
        ("1", "a row of five scalars, beside a millisecond of other work"),
    ):
        found = _logged(bench, pause, ["plotkit", *peers])
        ours = found["plotkit"]
        within = harness.met(ours.times.median * 1e6 <= MICROSECONDS)
        aim = f"≤ {MICROSECONDS:g} µs"
        made.append([what, microseconds(ours.times.median), "", "", "", "", aim, within])
        for peer, told in peers.items():
            theirs = found[peer]
            medians, fastest = harness.ratios(ours.times, theirs.times)
            shown = [microseconds(one.times.median) for one in (ours, theirs)]
            made.append([what, *shown, told, f"{medians:.3f}", f"{fastest:.3f}", "", ""])
        if pause == "0":
            made += _sizes(ours, {told: found[peer] for peer, told in peers.items()})
    return made


def _logged(bench: Bench, pause: str, libraries: list[str]) -> Mapping[str, Logged]:
    count = ROWS[pause]
    seconds: dict[str, list[float]] = {name: [] for name in libraries}
    sizes = {}
    rounds = bench.rounds(12) + 1
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(
                bench.serve("runlog_log", str(bench.folder / f"{name}-{pause}"), name)
            )
            for name in libraries
        }
        for number in range(rounds):
            for name, server in servers.items():
                said = server.ask("log", count, pause)["said"]
                if number:  # the first round loads what is loaded late
                    seconds[name].append(said / count)
        for name, server in servers.items():
            sizes[name] = server.ask("finish")["said"] / (count * rounds)
    return {name: Logged(Times(seconds[name]), sizes[name]) for name in libraries}


def _sizes(ours: Logged, theirs: Mapping[str, Logged]) -> Rows:
    return [
        [
            "bytes of a row of five scalars",
            f"{ours.size:,.0f}",
            f"{found.size:,.0f}",
            told,
            f"{ours.size / found.size:.3f}",
            "",
            "",
            "",
        ]
        for told, found in theirs.items()
    ]


def million(bench: Bench) -> Rows:
    """A million rows of 20 metrics: on the disk, and as a chart in a PNG from a fresh process."""
    folder = bench.folder / "million"
    with bench.serve("runlog_million", str(folder)) as server:
        said = server.ask(MILLION, limit=900)["said"]
    run = folder / "bench" / "million"
    size = sum(file.stat().st_size for file in run.rglob("*") if file.is_file())
    _as_parquet(folder)
    times: dict[str, list[float]] = {"run": [], "parquet": []}
    out = bench.folder / "million.png"
    for number in range(bench.rounds(8) + 1):
        for what, found in times.items():
            seconds = bench.run(bench.command("runlog_open", str(folder), str(out), what))
            if number:
                found.append(seconds)
    ours, theirs = Times(times["run"]), Times(times["parquet"])
    medians, fastest = harness.ratios(ours, theirs)
    what = "1,000,000 rows of 20 metrics"
    chart = f"{what}: one of them as a chart in a PNG, fresh process"
    shown = [harness.shown(found.median) for found in (ours, theirs)]
    met = harness.met

    def alone(name: str, value: str, aim: str = "", word: str = "") -> list[str]:
        return [name, value, "", "", "", "", aim, word]

    most = said["most"] / 1e6
    return [
        alone(f"{what}: seconds to record", harness.shown(said["seconds"])),
        alone(f"{what}: on the disk", f"{size / 1e6:.0f} MB"),
        alone(
            f"{what}: most on the disk, while recording",
            f"{most:.0f} MB",
            f"≤ {MEGABYTES:g} MB",
            met(most <= MEGABYTES),
        ),
        alone(chart, shown[0], f"≤ {SECONDS:g} s", met(ours.median <= SECONDS)),
        [
            chart,
            *shown,
            "plotkit, such a line from Parquet",
            f"{medians:.2f}",
            f"{fastest:.2f}",
            "",
            "",
        ],
    ]


def _as_parquet(folder: Path) -> None:
    """The same number of rows, and the same kind of noise."""
    import duckdb

    rows = f"SELECT i AS _step, random() AS metric7 FROM range({MILLION}) AS numbers (i)"
    duckdb.sql(f"COPY ({rows}) TO '{folder / 'million.parquet'}' (FORMAT parquet)")


PARTS = {part.__name__: part for part in (logging, million)}


def main() -> None:
    """Run all parts, or those named."""
    asked = harness.asked(str(__doc__), list(PARTS), quick="a quarter of the rounds")
    rows: Rows = []
    with tempfile.TemporaryDirectory(prefix="plotkit-benchmarks-") as folder:
        bench = Bench(Path(folder), asked.quick)
        for name in asked.parts or PARTS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            rows += PARTS[name](bench)
    print(harness.as_text([HEAD, *rows]))
    libraries = (*LIBRARIES, *installed())
    print(harness.facts(libraries))
    if asked.write:
        table = harness.as_markdown([HEAD, *rows], numbers=NUMBERS)
        harness.put("runlog", "runlog.py", f"{table}\n\n{harness.facts(libraries)}.")


if __name__ == "__main__":
    main()
