"""Charts of many rows against peers: python tests/benchmarks/scale.py [--quick] [--write] [PART].

Each row is a ratio of programs that ran in turn, in processes that had drawn before, with the most
memory that they held; what they do stands in `programs/scale_*.py`. Finished parts are kept in a
folder beside the temporary files, so that a run that was stopped goes on where it was; a change of
plotkit, of these programs or of a library starts anew. The folder is removed at the end.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import harness
from harness import ENGINE, HERE, PIXELS, Bench, GaveUp, Times, shown

ROOT = HERE.parent.parent
LIBRARIES = (
    ENGINE,
    "numpy",
    "duckdb",
    "tsdownsample",
    "matplotlib",
    "datashader",
    "boost-histogram",
    "polars",
    "scikit-learn",
    "altair",
    "plotly",
    "kaleido",
    "seaborn",
    "lets-plot",
    "plotnine",
)
HEAD = ["what", "plotkit", "memory", "peer", "memory", "which", "ratio", "of fastest", "target", ""]
NUMBERS = (1, 2, 3, 4, 6, 7, 8)
MILLION = 1_000_000
KINDS = {
    "line": "line, in memory",
    "parquet": "line, Parquet",
    "scatter": "scatter",
    "histogram": "histogram",
}

Found = Times | str  # a text says why there are no times
Rows = list[list[str]]


class Part(NamedTuple):
    """What a part of the benchmark found."""

    rows: Rows
    growth: list[dict[str, Any]] = []  # noqa: RUF012 - never written to


class Asked(NamedTuple):
    """A request to a program: which of the programs, and the words."""

    program: str
    words: tuple[object, ...] = ()


def memory(found: Times) -> str:
    """Bytes as the table shows them."""
    return f"{found.peak / 2**30:.2f} GiB"


def compared(
    what: str, ours: Found, peer: str, theirs: Found, target: float | None = None
) -> list[str]:
    """A row: our time to a peer's. `target` is the most that the ratio of the medians may be."""
    cells = [what]
    for found in (ours, theirs):
        cells += [found, ""] if isinstance(found, str) else [shown(found.median), memory(found)]
    aim = "" if target is None else f"≤ {target:.3g}"
    if isinstance(ours, str) or isinstance(theirs, str):
        missed = harness.met(False) if isinstance(ours, str) and target is not None else ""
        return [*cells, peer, "", "", aim, missed]
    medians, fastest = harness.ratios(ours, theirs)
    word = "" if target is None else harness.met(medians <= target)
    return [*cells, peer, f"{medians:.2f}", f"{fastest:.2f}", aim, word]


def over(what: str, ours: Found, peer: str, theirs: Found, target: float) -> list[str]:
    """A row: how many seconds ours is slower than another of ours."""
    row = compared(what, ours, peer, theirs)
    if isinstance(ours, str) or isinstance(theirs, str):
        return row
    more, fastest = ours.median - theirs.median, ours.fastest - theirs.fastest
    cells = [f"{more:+.2f} s", f"{fastest:+.2f} s", f"≤ {target:+g} s", harness.met(more <= target)]
    return [*row[:6], *cells]


def measure(what: str, ours: Found, value: str, target: str, reached: bool | None) -> list[str]:
    """A row that is no ratio: something else that was found, and what it should be."""
    cells = [ours, ""] if isinstance(ours, str) else [shown(ours.median), memory(ours)]
    word = "" if reached is None else harness.met(reached)
    return [what, *cells, "", "", "", value, "", target, word]


# --- running -------------------------------------------------------------------------------------


def in_turn(
    bench: Bench,
    programs: Mapping[str, tuple[object, ...]],
    asked: Mapping[str, Asked],
    rounds: int = 7,
    seconds: float = 40,
    limit: float = 120,
) -> dict[str, Found]:
    """Ask running programs in turn, and drop the first round.

    Args:
        bench: where they run.
        programs: name -> the program and its arguments.
        asked: name of what is timed -> the request.
        rounds: the most rounds that count.
        seconds: after them no further round begins, once two have counted.
        limit: seconds after which one request is given up.
    """
    times: dict[str, list[float]] = {name: [] for name in asked}
    failed: dict[str, str] = {}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(bench.serve(*map(str, command)))
            for name, command in programs.items()
        }
        start = time.perf_counter()
        for number in range(bench.rounds(rounds) + 1):
            if number > 2 and time.perf_counter() - start > seconds:
                break
            for name, (program, words) in asked.items():
                if program in failed:
                    continue
                try:
                    found = servers[program].ask(*words, limit=limit)["seconds"]
                except GaveUp as error:
                    failed[program] = str(error)
                    continue
                # One that takes long has had its start by the first round's end, more or less.
                if number or found > seconds / 2:
                    times[name].append(found)
                if not number and found > seconds / 2:
                    failed[program] = ""
        peaks = {name: server.peak for name, server in servers.items()}
    return {
        name: Times(times[name], peaks[program]) if times[name] else failed[program]
        for name, (program, _) in asked.items()
    }


def fresh(
    bench: Bench, programs: Mapping[str, tuple[object, ...]], request: Mapping[str, Asked]
) -> dict[str, Found]:
    """Seconds from the start of a process to its first answer, without making the data."""
    times: dict[str, list[float]] = {name: [] for name in programs}
    peaks = dict.fromkeys(programs, 0)
    failed: dict[str, str] = {}
    for _ in range(bench.rounds(4)):
        for name, command in programs.items():
            with bench.serve(*map(str, command)) as server:
                try:
                    data = server.ask(*request[name].words, limit=60)["data_seconds"]
                except GaveUp as error:
                    failed[name] = str(error)
                    continue
                times[name].append(time.perf_counter() - server.started - data)
                peaks[name] = max(peaks[name], server.peak)
    return {
        name: failed[name] if name in failed else Times(times[name], peaks[name])
        for name in programs
    }


def once(bench: Bench, *command: object, words: tuple[object, ...] = (), limit: float = 60) -> Any:
    """What a program says to one request; raises `GaveUp`."""
    with bench.serve(*map(str, command)) as server:
        return server.ask(*words, limit=limit)["said"]


def picture(bench: Bench, name: str) -> Path:
    """Where a program writes its PNG."""
    return bench.folder / f"{name}.png"


def check_pixels(*files: Path) -> None:
    """All pictures are equally large."""
    for file in files:
        if file.exists() and harness.pixels(file) != PIXELS:
            raise ValueError(f"{file.name} has {harness.pixels(file)} pixels")


def sized(bench: Bench, full: int) -> int:
    """How many rows: a tenth for a quick run."""
    return full // 10 if bench.quick else full


def parquet_file(bench: Bench) -> Path:
    """The line's rows as a file, written once."""
    path = bench.folder / "line.parquet"
    if not path.exists():
        rows = sized(bench, 100 * MILLION)
        command = bench.command("scale_parquet_file", str(path), str(rows))
        subprocess.run(command, env=bench.environment, check=True)
    return path


# --- the parts -----------------------------------------------------------------------------------


def line(bench: Bench) -> Part:
    """Lines of 10 million points in memory."""
    rows = sized(bench, 10 * MILLION)
    files = {name: picture(bench, name) for name in ("plotkit", "matplotlib")}
    programs = {
        "plotkit": ("scale_line_plotkit", files["plotkit"]),
        "matplotlib": ("scale_line_matplotlib", files["matplotlib"], rows),
    }
    asked = {
        "small": Asked("plotkit", (1000,)),
        "plotkit": Asked("plotkit", (rows,)),
        "matplotlib": Asked("matplotlib", (100_000,)),
        "default": Asked("matplotlib", (0,)),
    }
    warm = in_turn(bench, programs, asked, rounds=9)
    cold = fresh(bench, programs, asked)
    check_pixels(*files.values())
    what = f"line PNG, {rows:,} points in memory"
    chunks = "Matplotlib, `agg.path.chunksize` 100,000"
    return Part(
        [
            compared(what, warm["plotkit"], chunks, warm["matplotlib"], 0.5),
            compared(what, warm["plotkit"], "Matplotlib as it comes", warm["default"], 0.5),
            over(what, warm["plotkit"], "plotkit, 1,000 points", warm["small"], 0.3),
            compared(f"{what}, fresh process", cold["plotkit"], chunks, cold["matplotlib"]),
        ]
    )


def parquet(bench: Bench) -> Part:
    """A line of 100 million rows in a file."""
    path, file = parquet_file(bench), picture(bench, "plotkit")
    programs = {
        "plotkit": ("scale_parquet_plotkit", path, file),
        "duckdb": ("scale_parquet_duckdb", path),
    }
    found = in_turn(bench, programs, {name: Asked(name) for name in programs}, rounds=5)
    check_pixels(file)
    what = f"line PNG, {sized(bench, 100 * MILLION):,} rows in Parquet"
    ours = found["plotkit"]
    few = None if isinstance(ours, str) else ours.peak < 2 * 2**30
    used = "" if isinstance(ours, str) else memory(ours)
    peer = "bare DuckDB: `SELECT min, max ... GROUP BY`"
    return Part(
        [
            compared(what, ours, peer, found["duckdb"], 1.5),
            measure(f"{what}: memory of all processes", ours, used, "< 2 GiB", few),
        ]
    )


def series(bench: Bench) -> Part:
    """10,000 lines of 1,000 steps."""
    lines, steps = sized(bench, 10_000), 1000
    file, theirs = picture(bench, "plotkit"), picture(bench, "matplotlib")
    programs = {
        "plotkit": ("scale_series_plotkit", file, lines, steps),
        "one": ("scale_line_matplotlib", theirs, lines * steps),
        "many": ("scale_series_matplotlib", theirs, lines, steps),
    }
    asked = {
        "line_series": Asked("plotkit", ("line_series",)),
        "line": Asked("plotkit", ("line",)),
        "one": Asked("one", (100_000,)),
        "many": Asked("many"),
    }
    found = in_turn(bench, programs, asked, rounds=4)
    check_pixels(file, theirs)
    what = f"{lines:,} series x {steps:,} steps"
    one = f"Matplotlib, one line of {lines * steps:,}"
    return Part(
        [
            compared(f"{what}, `line_series`", found["line_series"], one, found["one"], 4),
            compared(f"{what}, `line`, text column", found["line"], one, found["one"], 4),
            compared(what, found["line_series"], "Matplotlib, the same lines", found["many"]),
        ]
    )


def scatter(bench: Bench) -> Part:
    """Scatter plots of 10 million points."""
    rows = sized(bench, 10 * MILLION)
    names = ("plotkit", "matplotlib", "datashader")
    programs = {name: (f"scale_scatter_{name}", picture(bench, name), rows) for name in names}
    asked = {name: Asked(name) for name in names}
    warm, cold = in_turn(bench, programs, asked), fresh(bench, programs, asked)
    check_pixels(*(picture(bench, name) for name in names))
    what = f"scatter PNG, {rows:,} points"
    peers = {"matplotlib": 'Matplotlib, marker `","`', "datashader": "datashader, with axes"}
    targets = {"matplotlib": 0.3, "datashader": 3}
    return Part(
        [
            compared(what, warm["plotkit"], peer, warm[name], targets[name])
            for name, peer in peers.items()
        ]
        + [
            compared(f"{what}, fresh process", cold["plotkit"], peer, cold[name])
            for name, peer in peers.items()
        ]
    )


def histogram(bench: Bench) -> Part:
    """Histograms of 100 million values."""
    rows = sized(bench, 100 * MILLION)
    peers = {"numpy": "NumPy", "polars": "Polars", "boost": "boost-histogram, all cores"}
    programs: dict[str, tuple[object, ...]] = {
        name: (f"scale_histogram_{name}", rows) for name in peers
    }
    file = picture(bench, "plotkit")
    programs["plotkit"] = ("scale_histogram_plotkit", rows, file)
    asked = {
        "plotkit": Asked("plotkit", ("chart",)),
        "picture": Asked("plotkit", ("picture",)),
        **{name: Asked(name, ("counts",)) for name in peers},
    }
    found = in_turn(bench, programs, asked, rounds=5)
    check_pixels(file)
    counts = {
        name: once(bench, *programs[name], words=("counts",)) for name in ("numpy", "plotkit")
    }
    if counts["numpy"] != counts["plotkit"]:
        raise ValueError("the counts are not NumPy's")
    timed = {name: times for name in peers if isinstance(times := found[name], Times)}
    best = min(timed, key=lambda name: timed[name].median)
    what = f"histogram, {rows:,} values"
    table = [
        compared(
            f"{what}, as a chart",
            found["plotkit"],
            f"{peer}, 100 bins",
            found[name],
            1.3 if name == best else None,
        )
        for name, peer in peers.items()
    ]
    table.append(
        compared(f"{what}, PNG", found["picture"], f"{peers[best]}, 100 bins", found[best])
    )
    return Part(table)


def curves(bench: Bench) -> Part:
    """ROC and precision-recall curves of 10 million scores."""
    rows = sized(bench, 10 * MILLION)
    programs = {name: (f"scale_curves_{name}", rows) for name in ("plotkit", "sklearn")}
    functions = ("roc_curve", "roc_auc_score", "precision_recall_curve", "average_precision_score")
    asked = {name: Asked("plotkit", (name,)) for name in ("roc", "pr")}
    asked |= {name: Asked("sklearn", (name,)) for name in functions}
    found = in_turn(bench, programs, asked, rounds=5, seconds=60)
    drawn = {name: once(bench, *programs["plotkit"], words=(name,)) for name in ("roc", "pr")}
    drawn["areas"] = once(bench, *programs["plotkit"], words=("areas",))
    file = bench.folder / "curves.json"
    file.write_text(json.dumps(drawn), "utf-8")
    if once(bench, *programs["sklearn"], words=("check", file), limit=120) != "equal":
        raise ValueError("the curves are not scikit-learn's")
    table = []
    for name, (curve, score) in {"roc": functions[:2], "pr": functions[2:]}.items():
        ours, theirs, area = found[name], found[curve], found[score]
        cheapest = "`roc_curve`, `auc`" if name == "roc" else f"`{curve}`, one sum for the area"
        what = f"{name.upper()}, {rows:,} scores, as a chart"
        table.append(compared(what, ours, f"scikit-learn: {cheapest}", theirs, 0.125))
        if isinstance(theirs, Times) and isinstance(area, Times):
            pairs = zip(theirs.seconds, area.seconds, strict=True)
            both = Times([sum(pair) for pair in pairs], theirs.peak)
            table.append(compared(what, ours, f"scikit-learn: `{curve}`, `{score}`", both, 0.125))
    return Part(table)


def confusion(bench: Bench) -> Part:
    """A confusion matrix of 100 million predictions."""
    rows = sized(bench, 100 * MILLION)
    programs = {name: (f"scale_confusion_{name}", rows) for name in ("plotkit", "numpy")}
    asked = {name: Asked(name, ("chart",)) for name in programs}
    found = in_turn(bench, programs, asked, rounds=5)
    counts = [once(bench, *command, words=("counts",)) for command in programs.values()]
    if counts[0] != counts[1]:
        raise ValueError("the counts are not NumPy's")
    what = f"confusion matrix, {rows:,} predictions, 100 classes, as a chart"
    return Part([compared(what, found["plotkit"], "`np.bincount`", found["numpy"], 2)])


def html(bench: Bench) -> Part:
    """Pages of 10 million points: how large, and whether a browser opens them."""
    rows = sized(bench, 10 * MILLION)
    peers = {"plotly": "Plotly", "altair": "Altair"}
    pages = {name: bench.folder / f"{name}.html" for name in ("plotkit", *peers)}
    programs: dict[str, tuple[object, ...]] = {
        name: (f"scale_line_{name}", pages[name], rows) for name in peers
    }
    programs["plotkit"] = ("scale_line_plotkit", pages["plotkit"])
    found: dict[str, Found] = {}
    for name, command in programs.items():
        words = (rows,) if name == "plotkit" else ()
        asked = {name: Asked(name, words)}
        # One time for the peers: they take long, and the page is what counts.
        rounds = 3 if name == "plotkit" else 1
        found |= in_turn(bench, {name: command}, asked, rounds, seconds=10, limit=60)
    what = f"HTML, line of {rows:,} points"
    size = pages["plotkit"].stat().st_size
    seen, works = opened(bench, pages["plotkit"], ".pk-picture svg.marks")
    table = [
        measure(f"{what}: bytes", found["plotkit"], in_bytes(size), "< 3 MB", size < 3e6),
        measure(f"{what}: in headless Chromium", "", seen, "opens and zooms", works),
    ]
    selectors = {"plotly": ".main-svg", "altair": ".vega-embed svg"}
    for name, peer in peers.items():
        row = compared(what, found["plotkit"], peer, found[name])
        if isinstance(found[name], Times):
            page = pages[name]
            size = page.stat().st_size
            row[5] += f": {in_bytes(size)}, {opened(bench, page, selectors[name])[0]}"
            page.unlink()
        table.append(row)
    return Part(table)


def in_bytes(size: int) -> str:
    """Bytes as the table shows them."""
    return f"{size / 1e6:.2f} MB" if size < 1e7 else f"{size / 1e6:,.0f} MB"


def opened(bench: Bench, page: Path, selector: str) -> tuple[str, bool | None]:
    """What a browser says of a page, and whether it opens and zooms; None without a browser."""
    try:
        found = once(bench, "scale_open_page", page, selector, limit=90)
    except GaveUp as error:
        if "playwright" in str(error) or "Executable" in str(error):
            return "not checked: no browser", None
        return "does not open", False
    said = " and zooms by the wheel" if found["zoomed"] else ""
    return f"opens in {shown(found['seconds'])}{said}", found["zoomed"]


def growth(bench: Bench) -> Part:
    """What charts of 10^4 to 10^8 rows cost."""
    path = parquet_file(bench)
    top = 7 if bench.quick else 8
    found = []
    for kind, what in KINDS.items():
        with bench.serve("scale_growth_plotkit", kind, str(path)) as server:
            server.ask(1000)  # now it has drawn before
            for rows in (10**power for power in range(4, top + 1)):
                said = server.ask(rows)["said"]
                found.append({"what": what, "rows": rows, **said})
    return Part([], found)


def others(bench: Bench) -> Part:
    """More libraries, at a number of points that they take."""
    rows = sized(bench, MILLION)
    names = {
        "seaborn": "seaborn, `estimator=None`",
        "plotnine": "plotnine",
        "plotly": "Plotly with kaleido",
        "altair": "Altair",
        "letsplot": "Lets-Plot",
    }
    what = f"line PNG, {rows:,} points in memory"
    table = []
    for name, peer in names.items():
        files = [picture(bench, found) for found in ("plotkit", name)]
        programs = {
            "plotkit": ("scale_line_plotkit", files[0]),
            name: (f"scale_line_{name}", files[1], rows),
        }
        asked = {"plotkit": Asked("plotkit", (rows,)), name: Asked(name)}
        found = in_turn(bench, programs, asked, rounds=5, seconds=10, limit=60)
        check_pixels(*files)
        table.append(compared(what, found["plotkit"], peer, found[name]))
    return Part(table)


PARTS = (line, parquet, series, scatter, histogram, curves, confusion, html, growth, others)


# --- the table and the plot ----------------------------------------------------------------------


def growth_table(points: list[dict[str, Any]]) -> Rows:
    """Seconds of the work on the data and of the drawing, by number of rows."""
    counts = sorted({point["rows"] for point in points})
    table = [["what", "", *(f"{count:,} rows" for count in counts)]]
    for what in KINDS.values():
        for phase, said in (("data", "reading and statistic"), ("drawing", "drawing")):
            own = {point["rows"]: point[phase] for point in points if point["what"] == what}
            table.append([what, said, *(shown(own[count]) for count in counts)])
    return table


def draw(points: list[dict[str, Any]]) -> None:
    """The cost of growing numbers of rows, drawn with plotkit."""
    import plotkit as pk

    lines = {(point["what"], point["rows"]): point["data"] for point in points}
    for point in points:
        at = "drawing", point["rows"]
        lines[at] = max(point["drawing"], lines.get(at, 0))
    chart = pk.line(
        pk.Table([(*at, seconds) for at, seconds in lines.items()], ["part", "rows", "seconds"]),
        "rows",
        "seconds",
        color="part",
        x_scale="log",
        y_scale="log",
        title="What a chart costs as its rows grow",
        subtitle="Seconds of reading and statistic, by chart, and of the slowest drawing",
    )
    for theme in ("light", "dark"):
        chart.save(HERE / f"scale-{theme}.svg", theme=theme)


def write(rows: Rows, points: list[dict[str, Any]]) -> None:
    """Put table and plot into README.md."""
    draw(points)
    cost = growth_table(points)
    dark = '<source media="(prefers-color-scheme: dark)" srcset="scale-dark.svg">'
    made = [
        harness.as_markdown([HEAD, *rows], NUMBERS),
        f'<picture>{dark}<img src="scale-light.svg" alt="What a chart costs as its rows grow">'
        "</picture>",
        harness.as_markdown(cost, range(2, len(cost[0]))),
        f"{harness.facts(LIBRARIES)}.",
    ]
    harness.put("scale", "scale.py", "\n\n".join(made))


# --- parts that were finished before -------------------------------------------------------------


def state() -> str:
    """What the numbers depend on: the code, and the libraries."""
    digest = hashlib.sha256(harness.facts(LIBRARIES).encode())
    folders = [(ROOT / "plotkit", "*.py"), (ROOT / "presets", "*.json"), (HERE, "*.py")]
    for folder, pattern in folders:
        for path in sorted(folder.rglob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Kept:
    """The finished parts, in a file of the benchmark's folder."""

    def __init__(self, folder: Path) -> None:
        self._file, self._state = folder / "parts.json", state()
        self.parts: dict[str, Part] = {}
        if self._file.exists():
            said = json.loads(self._file.read_text("utf-8"))
            if said["state"] == self._state:
                self.parts = {name: Part(*part) for name, part in said["parts"].items()}

    def keep(self, name: str, part: Part) -> None:
        """Remember a part."""
        self.parts[name] = part
        text = json.dumps({"state": self._state, "parts": self.parts})
        begun = self._file.with_suffix(".begun")
        begun.write_text(text, "utf-8")
        begun.replace(self._file)


def run(names: list[str], bench: Bench, kept: Kept, anew: bool) -> list[str]:
    """Run parts, and return the names of those that failed."""
    parts: dict[str, Callable[[Bench], Part]] = {part.__name__: part for part in PARTS}
    failed = []
    for name in names:
        if name in kept.parts and not anew:
            print(f"{name}: kept", file=sys.stderr, flush=True)
            continue
        start = time.perf_counter()
        try:
            kept.keep(name, parts[name](bench))
            said = "done"
        except Exception as error:  # the other parts are still worth having
            said = f"failed: {error}"
            failed.append(name)
        spent = time.perf_counter() - start
        print(f"{name}: {said}, {spent:.0f} s", file=sys.stderr, flush=True)
    return failed


def main() -> None:
    """Run all parts, or those named."""
    names = [part.__name__ for part in PARTS]
    asked = harness.asked(str(__doc__), names, quick="a tenth of the rows, fewer rounds")
    mode = "quick" if asked.quick else "full"
    folder = Path(tempfile.gettempdir(), f"plotkit-scale-{mode}")
    folder.mkdir(exist_ok=True)
    kept = Kept(folder)
    chosen = asked.parts or names
    failed = run(chosen, Bench(folder, asked.quick), kept, anew=bool(asked.parts))
    found = [kept.parts[name] for name in names if name in kept.parts and name in chosen]
    rows = [row for part in found for row in part.rows]
    points = [point for part in found for point in part.growth]
    if rows:
        print(harness.as_text([HEAD, *rows]))
    if points:
        print(harness.as_text(growth_table(points)))
    print(harness.facts(LIBRARIES))
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}; the same command runs them again")
    if asked.write:
        write(rows, points)
    if not asked.parts:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
