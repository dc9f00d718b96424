"""plotkit's speed, as ratios against its peers: python tests/benchmarks/run.py [--quick] [--write].

Times of one machine say little on another, so each row is a ratio of two programs that ran in
turn (A, B, A, B, ...) in the same minutes. What the programs do stands in `programs/`, one short
file each. `--write` puts the table into README.md, beside this file: there is one for each major
version of the engine, since they start at very different speeds. Large data: `scale.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import harness
from harness import ENGINE, PIXELS, PROGRAMS, Server, Times

LIBRARIES = (
    ENGINE,
    "altair",
    "matplotlib",
    "seaborn",
    "scikit-learn",
    "numpy",
    "pandas",
)
MILLIONS = 10

# Runs a program and fails if it imported a library, or started a process, that it must do without.
CHECKED = """
import runpy, sys
program, forbidden, processes, *sys.argv[1:] = sys.argv[1:]
started = []
sys.addaudithook(lambda event, _: event in ("os.posix_spawn", "os.fork", "subprocess.Popen")
                 and started.append(event))
runpy.run_path(program, run_name="__main__")
found = [name for name in forbidden.split(",") if name in sys.modules]
assert not found, f"imported: {found}"
assert processes == "processes" or not started, f"started: {started}"
"""


class Row(NamedTuple):
    """One line of the table: seconds of ours and of a peer, round by round."""

    what: str
    peer: str
    ours: Sequence[float]
    theirs: Sequence[float]
    target: float | None = None  # the most that ours / theirs may be

    def cells(self) -> list[str]:
        """The row as it is printed."""
        ours, theirs = Times(self.ours), Times(self.theirs)
        medians, fastest = harness.ratios(ours, theirs)
        aim, met = "", ""
        if self.target is not None:
            aim, met = f"≤ {self.target:g}", harness.met(medians <= self.target)
        seconds = [harness.shown(found.median) for found in (ours, theirs)]
        return [self.what, *seconds, self.peer, f"{medians:.2f}", f"{fastest:.2f}", aim, met]


HEAD = ["what", "plotkit", "peer", "which", "ratio", "of fastest", "target", ""]


class Bench(harness.Bench):
    """Runs programs in fresh processes."""

    def in_turn(self, commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
        """Seconds by name: every command once for the caches, then `rounds` times in turn."""
        times: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, command in commands.items():
                seconds = self.run(command)
                if number:
                    times[name].append(seconds)
        return times

    def drawn(
        self, programs: Mapping[str, Sequence[str]], rounds: int, suffix: str = ".png"
    ) -> dict[str, list[float]]:
        """As `in_turn` for commands that take a file to write; its size in pixels is checked."""
        files = {name: self.folder / f"{name}{suffix}" for name in programs}
        commands = {
            name: [str(files[name]) if part == "OUT" else part for part in command]
            for name, command in programs.items()
        }
        times = self.in_turn(commands, rounds)
        for name, file in files.items():
            found = harness.pixels(file)
            if suffix == ".png" and found != PIXELS:
                raise SystemExit(f"{name} drew {found[0]} x {found[1]} pixels")
        return times

    def check(self, program: str, suffix: str, forbidden: str, *, processes: bool) -> None:
        """Fail if a program imports what it must not, or starts a process where it must not."""
        allowed = "processes" if processes else "none"
        path, out = str(PROGRAMS / f"{program}.py"), str(self.folder / f"checked{suffix}")
        self.run([sys.executable, "-c", CHECKED, path, forbidden, allowed, out])


# --- the rows ------------------------------------------------------------------------------------


def importing(bench: Bench) -> list[Row]:
    """`import plotkit`, and all that a chart of lists imports."""
    python = [sys.executable, "-c"]
    times = bench.in_turn(
        {
            "plotkit": [*python, "import plotkit"],
            "plot": [*python, "import plotkit.plot"],
            "altair": [*python, "import altair"],
        },
        bench.rounds(15),
    )
    return [
        Row("`import plotkit`", "`import altair`", times["plotkit"], times["altair"], 0.2),
        Row("`import plotkit.plot`", "`import altair`", times["plot"], times["altair"]),
    ]


def first_png(bench: Bench) -> list[Row]:
    """A fresh process from rows to a PNG."""
    bench.check("line_plotkit", ".png", "pandas,altair,jsonschema", processes=True)
    names = ("plotkit", "engine", "matplotlib", "altair", "altair_values", "seaborn")
    commands = {name: bench.command(f"line_{name}", "OUT") for name in names}
    times = bench.drawn(commands, bench.rounds(15))
    what, ours = "fresh process, rows to PNG", times["plotkit"]
    floor = "the bare engine in place of plotkit"
    return [
        Row(what, "Matplotlib", ours, times["matplotlib"], 0.85),
        Row(what, "Altair, data frame", ours, times["altair"], 0.6),
        Row(what, "Altair, dicts", ours, times["altair_values"]),
        Row(what, "seaborn", ours, times["seaborn"], 0.4),
        Row(what, "the bare engine", ours, times["engine"]),
        Row(floor, "Matplotlib", times["engine"], times["matplotlib"]),
        Row(floor, "Altair, data frame", times["engine"], times["altair"]),
        Row(floor, "seaborn", times["engine"], times["seaborn"]),
    ]


def first_html(bench: Bench) -> list[Row]:
    """A fresh process from rows to an offline page."""
    commands = {
        "plotkit": bench.command("line_plotkit", "OUT"),
        "altair": bench.command("html_altair", "OUT"),
    }
    times = bench.drawn(commands, bench.rounds(5), ".html")
    bench.check("line_plotkit", ".html", "pandas,altair,jsonschema,vl_convert", processes=False)
    what = "fresh process, rows to HTML, no engine"
    return [Row(what, "Altair, `inline=True`", times["plotkit"], times["altair"])]


def warm(bench: Bench) -> list[Row]:
    """Charts in a process that has drawn before, against the engine in one that has."""
    spec, fonts = str(bench.folder / "warm.json"), str(_fonts())
    times: dict[tuple[str, str], list[float]] = {}
    with bench.serve("warm_plotkit", spec) as ours:
        ours.ask("png")  # now the spec is written
        with bench.serve("warm_engine", spec, fonts) as engine:
            servers: dict[str, Server] = {"plotkit": ours, "engine": engine}
            for number in range(bench.rounds(60) + 10):
                for form in ("png", "svg"):
                    for name, server in servers.items():
                        seconds = server.ask(form)["seconds"]
                        if number >= 10:
                            times.setdefault((name, form), []).append(seconds)
    return [
        Row(
            f"warm, rows to {form.upper()}",
            "the engine, finished spec",
            times["plotkit", form],
            times["engine", form],
            1.25 if form == "png" else None,
        )
        for form in ("png", "svg")
    ]


def _fonts() -> Path:
    import plotkit

    return Path(plotkit.__file__).parent / "fonts"


def ten_million(bench: Bench) -> list[Row]:
    """Exact curves of 10 million scores, areas compared to 1e-12."""
    rounds, count = bench.rounds(4), MILLIONS * 1_000_000
    command = bench.command("ten_million", str(rounds), str(count))
    done = subprocess.run(command, env=bench.environment, capture_output=True, check=True)
    times: dict[str, list[float]] = json.loads(done.stdout)

    def summed(*names: str) -> list[float]:
        return [sum(found) for found in zip(*(times[name] for name in names), strict=True)]

    roc, pr = f"ROC of {MILLIONS} million scores", f"PR of {MILLIONS} million scores"
    histogram = f"histogram of {MILLIONS} million values"
    return [
        Row(
            roc,
            "scikit-learn: `roc_curve`, `roc_auc_score`",
            times["roc plotkit"],
            summed("roc sklearn", "auc sklearn"),
            0.2,
        ),
        Row(roc, "`roc_curve` alone", times["roc plotkit"], times["roc sklearn"]),
        Row(
            pr,
            "scikit-learn: `precision_recall_curve`, `average_precision_score`",
            times["pr plotkit"],
            summed("pr sklearn", "ap sklearn"),
            0.2,
        ),
        Row(pr, "`precision_recall_curve` alone", times["pr plotkit"], times["pr sklearn"]),
        Row(
            histogram,
            'NumPy: `histogram(bins="auto")`',
            times["histogram plotkit"],
            times["histogram numpy"],
        ),
    ]


def million_points(bench: Bench) -> list[Row]:
    """A fresh process from arrays of a million points to a PNG."""
    names = ("plotkit", "matplotlib")
    commands = {name: bench.command(f"million_{name}", "OUT") for name in names}
    times = bench.drawn(commands, bench.rounds(5))
    what = "fresh process, 1,000,000 points to PNG"
    return [Row(what, "Matplotlib", times["plotkit"], times["matplotlib"])]


def command_line(bench: Bench) -> list[Row]:
    """`plotkit render` of a CSV file."""
    table = bench.folder / "results.csv"
    lines = [f"{i},{(i * 37 % 101) / 101 + i / 500}" for i in range(1000)]
    table.write_text("\n".join(["step,loss", *lines]) + "\n", "utf-8")
    mapped = ["-P", "plotkit/line", "-f", "x=step", "-f", "y=loss", "-s", "title=Training loss"]
    commands = {
        "plotkit": [sys.executable, "-m", "plotkit", "render", str(table), *mapped, "-o", "OUT"],
        "matplotlib": bench.command("csv_matplotlib", "OUT", str(table)),
    }
    times = bench.drawn(commands, bench.rounds(6))
    what = "`plotkit render results.csv`, 1,000 rows to PNG"
    return [Row(what, "pandas and Matplotlib", times["plotkit"], times["matplotlib"])]


def many(bench: Bench) -> list[Row]:
    """200 different charts to PNG files, from a fresh process."""
    count = min(harness.cores(), 2)
    arguments = {
        "pool": ("many_plotkit", str(count)),
        "one": ("many_plotkit", "1"),
        "matplotlib": ("many_matplotlib",),
        "constrained": ("many_matplotlib", "constrained"),
    }
    folders = {name: bench.folder / f"many-{name}" for name in arguments}
    times = bench.in_turn(
        {
            name: bench.command(program, str(folders[name]), *more)
            for name, (program, *more) in arguments.items()
        },
        bench.rounds(5),
    )
    for folder in folders.values():
        drawn = sorted(folder.iterdir())
        if len(drawn) != 200 or any(harness.pixels(file) != PIXELS for file in drawn):
            raise SystemExit(f"not all charts are in {folder.name}, or not in their size")
    what = f"200 different charts to PNG, {count} engines"
    return [
        Row(what, "plotkit, 1 engine", times["pool"], times["one"], round(1 / 1.7, 2)),
        Row(what, "Matplotlib", times["pool"], times["matplotlib"], 0.5),
        Row(what, 'Matplotlib, `layout="constrained"`', times["pool"], times["constrained"]),
    ]


PARTS = (importing, first_png, warm, first_html, ten_million, million_points, many, command_line)


# --- the table -----------------------------------------------------------------------------------


def write(rows: Sequence[Row]) -> None:
    """Put the table into README.md, in place of the one for the same major version."""
    table = harness.as_markdown([HEAD, *(row.cells() for row in rows)], numbers=(1, 2, 4, 5, 6))
    made = f"## With vl-convert {version(ENGINE)}\n\n{table}\n\n{harness.facts(LIBRARIES)}."
    major = version(ENGINE).partition(".")[0]
    harness.put(f"vl-convert {major}", "run.py", made)


def main() -> None:
    """Run all parts, or those named."""
    parts = {part.__name__: part for part in PARTS}
    asked = harness.asked(str(__doc__), list(parts), quick="a quarter of the rounds")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="plotkit-benchmarks-") as folder:
        bench = Bench(Path(folder), asked.quick)
        for name in asked.parts or parts:
            print(f"{name} ...", file=sys.stderr, flush=True)
            rows += parts[name](bench)
    print(harness.as_text([HEAD, *(row.cells() for row in rows)]))
    print(harness.facts(LIBRARIES))
    if asked.write:
        write(rows)


if __name__ == "__main__":
    main()
