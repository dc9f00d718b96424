"""Imports run strictly downward: each room may import only rooms named before it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "plotkit"

# The floors of the house, from the ground up; a room imports only from earlier lines.
FLOORS = [
    # 0
    "errors", "notes", "instead", "resources", "settings", "progress",
    # 1
    "durable", "written", "ids", "filenames", "text", "words", "trends", "facts", "coded",
    "column", "files", "table",
    "theme", "sizes", "locales", "look",
    # 2
    "expression", "layout", "upgrade", "places", "roots", "trust", "wandb_form", "preset", "schema",
    "stats", "stats._axes", "stats._groups", "stats._counting", "stats._shades",
    "stats._m4", "stats._m4_sources", "stats._m4_engine", "stats._m4_lines",
    "stats._ranking", "stats._curves",
    "stats._cells", "stats._density", "stats._points", "stats._crowd", "stats._crowded",
    "stats.bar", "stats.classes", "stats.confusion_matrix", "stats.predicted", "stats.histogram",
    "stats.line", "stats.area_under_curve", "stats.pr_curve", "stats.roc_curve", "stats.scatter",
    "forking", "importing",
    # 3
    "accepted", "beside", "versions", "lock", "fetching", "store",
    "render", "render.faces", "render.scripts", "render.subsets", "render.actual",
    "render.fonts",
    "render.metadata", "render.plain", "render.svg", "render.png",
    "render.images", "render.detail", "render.page", "render.pdf",
    "render.engine", "render.worker", "fonts",
    # 4
    "validation", "presets",
    "bind", "fill", "prepared", "build",
    # 5
    "alt", "alt.reading", "alt.general", "alt.points", "alt.lines", "alt.bars", "alt.histogram",
    "alt.curves", "alt.confusion",
    "describe", "notebook", "batch", "chart",
    # 6
    "exporting", "plot", "gallery",
    "report", "report.blocks", "report.cells", "report.markdown",
    "office", "report.draw", "report.marked", "report.web", "report.live", "report.paged",
    "report.folder", "report.compose", "report.plan",
    "runs", "runs.folders", "runs.media.base", "runs.media",
    "runs.media.reading", "runs.media.histogram", "runs.media.tensor", "runs.media.pixels",
    "runs.media.pictures", "runs.media.overlays", "runs.media.image", "runs.media.shapes",
    "runs.media.scenes", "runs.media.meshes", "runs.media.clouds", "runs.media.object3d",
    "runs.media.encoding", "runs.media.video", "runs.media.audio", "runs.media.hypertext",
    "runs.media.parquet", "runs.media.table",
    "runs.media.live", "runs.media.live.drawn", "runs.media.live.channels",
    "runs.media.live.spec", "runs.media.charts", "runs.media.live.matplotlib_place",
    "runs.media.live.matplotlib_lines", "runs.media.live.matplotlib_areas",
    "runs.media.live.matplotlib_axes", "runs.media.live.matplotlib_figure",
    "runs.media.live.plotly_axes", "runs.media.live.plotly_traces",
    "runs.media.live.plotly_bars", "runs.media.live.plotly_marks",
    "runs.media.live.plotly_figure", "runs.media.figures",
    "runs.planes", "runs.packed", "runs.blocks", "runs.columnar", "runs.migrating", "runs.opening",
    "runs.database", "runs.writing",
    "runs.wording", "runs.names", "runs.values", "runs.dotted", "runs.config", "runs.summary",
    "runs.definitions", "runs.totals", "runs.steps", "runs.remarks", "runs.process",
    "runs.reading", "runs.exported",
    "runs.smoothing", "runs.grouping", "runs.charts.drawing", "runs.charts.reading",
    "runs.charts.sparks", "runs.charts.lines", "runs.charts.heat", "runs.charts",
    "runs.panels.carrying", "runs.panels.items", "runs.panels.scene", "runs.panels.stills",
    "runs.panels.writing", "runs.panels",
    "runs.families", "runs.overview", "runs.comparing", "runs.copying", "runs.deleting",
    "runs.report.marking", "runs.report.choosing", "runs.report.metrics", "runs.report.tables",
    "runs.report.objects",
    "runs.report.compose", "runs.report",
    "runs.drawing",
    "runs.following", "runs.terminal", "runs.watching",
    "runs.record", "runs.brought", "runs.csv_files", "runs.event_files", "runs.bringing",
    "runs.recorded", "runs.details", "runs.run", "runs.current", "runs.finding",
    "runs.filtering", "runs.api", "runs.listing",
    "runs.serving.guard", "runs.serving.viewing", "runs.serving.app", "runs.serving",
    # 7
    "telling", "tabled", "cli_presets", "cli_runs", "cli_report", "cli", "__main__",
]  # fmt: skip
# It only re-exports, and lazily.
OUTSIDE = {"__init__"}
# The rooms hand statistics out by name; they are not one importing the other.
ALLOWED = {("stats", "stats.*")}


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts)
    return name.removesuffix(".__init__") if len(parts) > 1 else name


ROOMS = {room_of(path): path for path in sorted(ROOT.rglob("*.py")) if "_gallery" not in str(path)}


def imports_of(path: Path) -> set[str]:
    """All rooms that a file imports, inside functions too; not for type checkers only."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            names = {f"{module}.{alias.name}" for alias in node.names}
            known = {name for name in names if name.removeprefix("plotkit.") in ROOMS}
            found |= known or {module}
    return {n.removeprefix("plotkit.") for n in found if n.split(".")[0] == "plotkit"} - {"plotkit"}


def test_every_room_has_its_floor() -> None:
    assert set(ROOMS) - OUTSIDE == set(FLOORS)


@pytest.mark.parametrize("room", [name for name in ROOMS if name not in OUTSIDE])
def test_imports_run_downward(room: str) -> None:
    below = set(FLOORS[: FLOORS.index(room)])
    upward = imports_of(ROOMS[room]) - below - {room}
    assert not upward, f"{room} imports {sorted(upward)}, which stand above it or beside it"


def test_one_file_imports_the_engine() -> None:
    users = [name for name, path in ROOMS.items() if "import vl_convert" in path.read_text("utf-8")]
    assert users == ["render.engine"]


def test_the_public_names_are_those_in_all() -> None:
    import plotkit

    for name in plotkit.__all__:
        assert getattr(plotkit, name) is not None
    assert set(plotkit._HOMES) | set(plotkit._MODULES) == set(plotkit.__all__)
