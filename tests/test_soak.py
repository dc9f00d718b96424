"""5,000 charts in one program: it takes no more memory at the end than it took early on."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import plotkit as pk
from plotkit import settings
from plotkit.exporting import export
from plotkit.render import worker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

CHARTS = 5000
EARLY = 500  # charts after which the memory must stay as it is
SPREAD = 500  # charts that one median is of: an engine's life and more
# What the medians may differ by, whichever is more. Engines start small and grow until they are
# replaced; this program keeps the paths of all files, 1 kB each.
MEGABYTES = 12
SHARE = 0.08


def chart(number: int) -> pk.Chart:
    kind, title = number % 5, f"chart {number}"
    values = [(i * 37 + number * 11) % 101 / 10 for i in range(40)]
    rows = {"step": list(range(40)), "loss": values, "run": ["a", "b"] * 20}
    if kind == 0:
        return pk.line(rows, "step", "loss", title=title)
    if kind == 1:
        return pk.line(rows, "step", "loss", stroke="run", title=title)
    if kind == 2:
        return pk.scatter(rows, "step", "loss", title=title)
    if kind == 3:
        return pk.histogram(rows, "loss", title=title)
    names = [f"{number}-{i}" for i in range(5)]
    return pk.bar({"model": names, "score": values[:5]}, "model", "score", title=title)


def resident(pid: int) -> float:
    """Resident megabytes of a process; 0 if it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def engines() -> list[int]:
    running = (found._process for found in list(worker._workers))
    return [found._pid for found in running if isinstance(found, worker._Process)]


def test_memory_is_flat(tmp_path: Path) -> None:
    settings.workers = 2
    samples: list[tuple[float, float]] = []  # of this process, and of all engines

    def charts() -> Iterator[Callable[[], pk.Chart]]:
        for number in range(CHARTS):
            samples.append((resident(os.getpid()), sum(map(resident, engines()))))
            yield lambda number=number: chart(number)  # type: ignore[misc]

    result = export(charts(), tmp_path / "out", scale=0.5)
    assert len(result.paths) == CHARTS
    assert all(path.stat().st_size > 1000 for path in result.paths)

    def median(of: int, first: int) -> float:
        return statistics.median(pair[of] for pair in samples[first : first + SPREAD])

    print()
    for first in range(0, CHARTS, SPREAD):
        print(f"{first:5}: {median(0, first):6.1f} MB, engines {median(1, first):6.1f} MB")
    for of, name in ((0, "this process"), (1, "the engines")):
        early, late = median(of, EARLY), median(of, CHARTS - SPREAD)
        allowed = max(MEGABYTES, SHARE * early)
        assert late - early < allowed, f"{name}: {early:.0f} MB, at the end {late:.0f} MB"
    worker.shutdown()
