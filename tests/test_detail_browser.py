"""Detail on demand in a real browser: a closer look shows more, up to what the file holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit.render import page
from plotkit.stats import Detail

np = pytest.importorskip("numpy")
vl_convert = pytest.importorskip("vl_convert")
pytestmark = pytest.mark.browser

BEYOND = "No finer rows in this file; points may be missing here."
LEVELS = 4
ROWS = 400_000


# -- charts with finer rows than they show -------------------------------------------------------


def reduced(x: Any, y: Any, columns: int = 640, levels: int = LEVELS) -> tuple[Any, Any]:
    """Rows of a small M4 of each level, and the level from which on each of them is drawn."""
    first = np.full(len(x), levels)
    for level in reversed(range(levels)):
        places = (x - x[0]) / (x[-1] - x[0]) * (columns << level)
        column = np.minimum(places.astype(int), (columns << level) - 1)
        start = np.flatnonzero(np.diff(column, prepend=-1))
        end = np.append(start[1:], len(x)) - 1
        order = np.lexsort((y, column))
        first[np.concatenate([start, end, order[start], order[end]])] = level
    rows = np.flatnonzero(first < levels)
    return rows, first[rows]


def rows_of(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def live(chart: pk.Chart, detail: Detail) -> page.Live:
    """The chart with the rows of a detail in place of its own."""
    made = chart.live()
    spec = {**made.spec, "data": {"values": rows_of(detail.at(0))}}
    return made._replace(spec=spec, detail=detail)


def walk(seed: int = 0, start: float = 0.0, step: float = 1.0) -> tuple[Any, Any]:
    noise = np.random.default_rng(seed).normal(size=ROWS)
    return start + step * np.arange(ROWS), np.cumsum(noise)


def line(x: Any, y: Any, names: tuple[str, ...] = (), **options: Any) -> page.Live:
    """A line chart, with a line for each name if there are any, all of the same shape."""
    levels = options.pop("levels", LEVELS)
    rows, first = reduced(x, y, options.pop("columns", 640), levels)
    columns: dict[str, list[Any]] = {"x": [], "y": [], "color": []}
    for place, name in enumerate(names or ("",)):
        columns["x"] += x[rows].tolist()
        columns["y"] += (y[rows] + 300 * place).tolist()
        columns["color"] += [name] * len(rows)
    color = "color" if names else None
    if color is None:
        del columns["color"]
    few = {"x": [x[0], x[-1]] * len(names or " "), "y": [1.0, 2.0] * len(names or " ")}
    few["color"] = [name for name in names or " " for _ in range(2)]
    if options.pop("times", False):
        few["x"] = [np.datetime64(int(value), "ms") for value in few["x"]]
    chart = pk.line(few, "x", "y", color=color, title="A walk", **options)
    detail = Detail(columns, first.tolist() * len(names or " "), None, levels, False)
    return live(chart, detail)


def points(*, whole: bool = True) -> tuple[page.Live, Any, Any]:
    """A scatter whose levels thin the points out; the last level is all of them."""
    make = np.random.default_rng(3)
    x, y = make.normal(size=(2, 6000))
    first = np.full(len(x), 3)
    for level in reversed(range(3)):
        cells = np.floor(np.stack([x, y]) * (8 << level))
        first[np.unique(cells, axis=1, return_index=True)[1]] = level
    first[[x.argmin(), x.argmax(), y.argmin(), y.argmax()]] = 0
    kind = np.where(make.random(len(x)) < 0.5, "a", "b").tolist()
    columns = {"x": x.tolist(), "y": y.tolist(), "category": kind}
    detail = Detail(columns, first.tolist(), None, 4, whole)
    table = {"x": [-1.0, 1.0], "y": [-1.0, 1.0], "kind": ["a", "b"]}
    chart = pk.scatter(table, "x", "y", color="kind", title="A cloud")
    return live(chart, detail), x, y


# -- looking at them -----------------------------------------------------------------------------


class Look:
    """A page that is open in the browser."""

    def __init__(self, tab: Any, path: Path, charts: int) -> None:
        self.tab, self.own = tab, path.as_uri()
        self.errors: list[str] = []
        self.requests: list[str] = []
        tab.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        tab.on("pageerror", lambda e: self.errors.append(str(e)))
        tab.on("request", lambda r: self.requests.append(r.url))
        tab.goto(self.own)
        drawn = "document.querySelectorAll('.pk-picture svg.marks').length"
        self.until(lambda: self.js(drawn) == charts)
        self.tab.wait_for_timeout(150)

    def js(self, code: str) -> Any:
        return self.tab.evaluate(code)

    def until(self, true: Callable[[], bool]) -> None:
        for _ in range(200):
            if true():
                return
            self.tab.wait_for_timeout(50)
        raise AssertionError("never true")

    def settled(self) -> None:
        self.tab.wait_for_timeout(120)
        before = None
        while before != (before := self.js("document.querySelector('main').innerHTML.length")):
            self.tab.wait_for_timeout(120)

    def xs(self, chart: int = 0, mark: str = "line") -> list[float]:
        """Where the drawn rows are along x, of the first mark of a kind."""
        found: list[float] = self.js(
            f"""(() => {{
              const root = document.querySelectorAll('.pk-chart')[{chart}];
              const node = root.querySelector('.mark-{mark}.role-mark > *');
              return node.__data__.mark.items.map(item => +item.datum.x); }})()"""
        )
        return found

    def rows(self, chart: int = 0, mark: str = "line") -> int:
        return len(self.xs(chart, mark))

    def paths(self) -> list[str]:
        code = "[...document.querySelectorAll('.role-mark path')].map(p => p.outerHTML)"
        found: list[str] = self.js(code)
        return found

    def ticks(self) -> list[list[str]]:
        """The labels of each axis in turn, in the order of the alphabet."""
        axes = """[...document.querySelectorAll('.role-axis-label')]
            .map(axis => [...axis.querySelectorAll('text')].map(t => t.textContent))"""
        found: list[list[str]] = self.js(axes)
        return [sorted(labels) for labels in found]

    def plot(self, chart: int = 0) -> tuple[float, float, float, float]:
        box = self.tab.locator(".pk-chart").nth(chart).locator("svg .background").first
        found = box.bounding_box()
        return found["x"], found["y"], found["width"], found["height"]

    def hover(self, fx: float, fy: float, chart: int = 0) -> None:
        x, y, width, height = self.plot(chart)
        self.tab.mouse.move(x + fx * width, y + fy * height)

    def zoom(self, times: float, fx: float = 0.5, fy: float = 0.5, chart: int = 0) -> None:
        """Come so many times closer by the wheel."""
        self.hover(fx, fy, chart)
        for _ in range(steps := max(1, round(abs(math.log2(times))))):
            self.tab.mouse.wheel(0, -math.log(times) / math.log(1.001) / steps)
            self.tab.wait_for_timeout(30)
        self.settled()

    def limit(self, chart: int = 0) -> str:
        return str(self.tab.locator(".pk-chart").nth(chart).locator(".pk-limit").text_content())

    def reset(self, chart: int = 0) -> None:
        self.tab.locator(".pk-chart").nth(chart).locator(".pk-reset").click()
        self.settled()

    def harmless(self) -> None:
        assert self.errors == []
        assert self.js("window.PWNED") is None
        assert self.requests == [self.own]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bundle")
    return page.bundle(vl_convert.javascript_bundle, folder, vl_convert.__version__)


FRAME = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{style}
body {{ margin: 24px; background: var(--pk-paper) }}</style></head>
<body><main>{places}</main>{scripts}</body></html>"""


@pytest.fixture
def look(browser: Any, bundle: str, tmp_path: Path) -> Iterator[Callable[..., Look]]:
    """Opens a file, or a page of some charts, in a window of its own."""
    contexts: list[Any] = []

    def document(*lives: page.Live) -> Path:
        scripts, texts = page.scripts(lives, bundle=bundle)
        path = tmp_path / f"{len(contexts)}.html"
        written = FRAME.format(
            policy=page.policy(texts),
            style=page.style(lives[0].configs),
            places="".join(page.mount(one, number) for number, one in enumerate(lives)),
            scripts=scripts,
        )
        path.write_bytes(written.encode())
        return path

    def run(*given: Any, width: int = 900, height: int = 700, **window: Any) -> Look:
        path = given[0] if isinstance(given[0], Path) else document(*given)
        context = browser.new_context(viewport={"width": width, "height": height}, **window)
        contexts.append(context)
        return Look(context.new_page(), path, len(given))

    yield run
    for context in contexts:
        context.close()


# -- lines ---------------------------------------------------------------------------------------


def test_a_closer_look_shows_more_until_the_limit_is_said(look: Any) -> None:
    x, y = walk()
    made = line(x, y)
    opened = look(made)
    assert opened.rows() == len(made.detail.at(0)["x"])
    before, ticks = opened.paths(), opened.ticks()
    for level in range(1, LEVELS):
        opened.zoom(1.9, 0.3, 0.5)
        low, high = ends(opened)
        seen = [value for value in opened.xs() if low <= value <= high]
        wanted = made.detail.at(level)["x"]
        assert seen == [value for value in wanted if low <= value <= high]
        assert opened.limit() == ""
    opened.zoom(4, 0.3, 0.5)
    assert opened.limit() == BEYOND
    assert not opened.tab.locator(".pk-hint").is_visible()
    assert opened.rows() < 12_000  # what is not looked at is as it was
    opened.zoom(1 / 4, 0.3, 0.5)
    assert opened.limit() == ""
    assert opened.tab.locator(".pk-hint").is_visible()
    opened.reset()
    assert opened.paths() == before and opened.ticks() == ticks
    opened.harmless()


def ends(opened: Look) -> tuple[float, float]:
    """The visible part of the x axis, from the first and the last of its ticks."""
    found = sorted(float(text.replace(",", "")) for text in opened.ticks()[0])
    return found[0], found[-1]


def test_the_wheel_leaves_the_height_of_a_line_and_shift_does_not(look: Any) -> None:
    opened = look(line(*walk(1)))
    before = opened.ticks()
    opened.zoom(6, 0.3, 0.9)
    assert opened.ticks()[0] != before[0] and opened.ticks()[1] == before[1]
    opened.tab.keyboard.down("Shift")
    opened.zoom(6, 0.3, 0.9)
    opened.tab.keyboard.up("Shift")
    assert opened.ticks()[1] != before[1]
    opened.reset()
    assert opened.ticks() == before
    opened.tab.locator(".pk-picture").focus()
    opened.tab.keyboard.press("+")
    opened.settled()
    assert opened.ticks()[0] != before[0] and opened.ticks()[1] != before[1]
    opened.harmless()


def test_a_double_click_gives_the_picture_back(look: Any) -> None:
    opened = look(line(*walk(1)))
    before = opened.paths()
    opened.zoom(6, 0.7, 0.4)
    assert opened.paths() != before
    opened.hover(0.5, 0.5)
    opened.tab.mouse.dblclick(*middle(opened))
    opened.settled()
    assert opened.paths() == before


def middle(opened: Look) -> tuple[float, float]:
    x, y, width, height = opened.plot()
    return x + width / 2, y + height / 2


def test_an_extreme_that_hid_behind_another_comes_out(look: Any) -> None:
    x, y = np.arange(ROWS, dtype=float), np.zeros(ROWS)
    y[200_000], y[200_150] = 10.0, 9.0
    opened = look(line(x, y))
    assert 200_000 in opened.xs()
    assert 200_150 not in opened.xs()
    opened.zoom(7.5)
    assert {200_000, 200_150} <= set(opened.xs())


def test_moving_the_plot_shows_what_is_there(look: Any) -> None:
    made = line(*walk(2))
    opened = look(made)
    opened.zoom(7.5, 0.2)
    start = opened.xs()
    x, y, width, height = opened.plot()
    opened.tab.mouse.move(x + 0.9 * width, y + height / 2)
    opened.tab.mouse.down()
    opened.tab.mouse.move(x + 0.5 * width, y + height / 2, steps=4)
    opened.tab.mouse.move(x + 0.1 * width, y + height / 2, steps=4)
    opened.tab.mouse.up()
    opened.settled()
    assert opened.xs() != start
    low, high = ends(opened)
    wanted = [value for value in made.detail.at(3)["x"] if low <= value <= high]
    assert [value for value in opened.xs() if low <= value <= high] == wanted


def test_a_line_goes_on_beyond_what_is_seen(look: Any) -> None:
    # A gap that is wider than the window: the line crosses it between two rows that only finer
    # levels have.
    x = np.concatenate([np.arange(1001.0), [1000.25, 1039.75], np.arange(1040.0, 4000.0)])
    x.sort()
    y = x % 7
    y[1001:1003] = 3.0
    opened = look(line(x, y, columns=64))
    assert not {1000.25, 1039.75} & set(opened.xs())
    opened.zoom(280, 1020 / 3999, 0.5)
    low, high = ends(opened)
    assert 1000.25 < 2 * low - high < 2 * high - low < 1039.75  # also with what is beside it
    assert {1000.25, 1039.75} <= set(opened.xs())


@pytest.mark.parametrize("kind", ["log", "time"])
def test_axes_are_divided_in_their_own_space(look: Any, kind: str) -> None:
    if kind == "log":
        x = 10.0 ** np.linspace(0, 6, ROWS)
        made = line(x, np.sin(np.log(x) * 40), x_scale="log")
        # The levels are those of the axis, whose columns are equally wide where it is drawn.
        rows, first = reduced(np.log(x), np.sin(np.log(x) * 40))
        columns = {"x": x[rows].tolist(), "y": np.sin(np.log(x) * 40)[rows].tolist()}
        made = live(
            pk.line({"x": [1.0, 1e6], "y": [-1.0, 1.0]}, "x", "y", x_scale="log"),
            Detail(columns, first.tolist(), None, LEVELS, False),
        )
    else:
        made = line(*walk(4, 1.7e12, 60_000.0), times=True)
    opened = look(made)
    counts = [opened.rows()]
    for _ in range(3):
        opened.zoom(1.9, 0.25)
        counts.append(opened.rows())
        assert opened.limit() == ""
    assert counts[0] < counts[1] and counts[0] < counts[3]
    opened.zoom(2.5, 0.25)
    assert opened.limit() == BEYOND
    opened.harmless()


def test_keys_zoom_and_reach_what_is_new(look: Any) -> None:
    x, y = np.arange(ROWS, dtype=float), np.sin(np.arange(ROWS) ** 1.5)
    y[5], y[-5] = 30.0, -30.0  # the rest stays in sight
    opened = look(line(x, y))
    before = opened.rows()
    opened.tab.keyboard.press("Tab")
    assert opened.js("document.activeElement.ariaKeyShortcuts") == "Plus - 0"
    for _ in range(3):
        opened.tab.keyboard.press("+")
        opened.settled()
    assert opened.rows() > before
    card = "[...document.querySelectorAll('.pk-card:not([hidden]) thead td')].map(c=>c.textContent)"
    assert opened.js(card) == []
    told = []
    for _ in range(3):
        opened.tab.keyboard.press("ArrowRight")
        told += opened.js(card)
    numbers = [float(text.replace(",", "")) for text in told]
    assert numbers == sorted(set(numbers)) and set(numbers) <= set(opened.xs())
    # Closer about that point, which the next arrow goes on from.
    opened.tab.keyboard.press("=")
    opened.settled()
    opened.tab.keyboard.press("ArrowRight")
    (text,) = opened.js(card)
    assert numbers[-1] <= float(text.replace(",", "")) <= numbers[-1] + 600
    opened.tab.keyboard.press("-")
    opened.tab.keyboard.press("0")
    opened.settled()
    assert opened.rows() == before
    opened.harmless()


def test_the_card_tells_rows_that_were_not_in_the_picture(look: Any) -> None:
    made = line(*walk(6))
    opened = look(made)
    opened.zoom(7.5, 0.4)
    opened.hover(0.43, 0.5)
    (text,) = opened.js("[...document.querySelectorAll('.pk-card thead td')].map(c=>c.textContent)")
    low, high = ends(opened)
    assert low < float(text.replace(",", "")) < high
    assert float(text.replace(",", "")) in set(made.detail.at(3)["x"])


def test_a_change_of_theme_keeps_the_closer_look(look: Any) -> None:
    opened = look(line(*walk(7), names=("one", "two")), color_scheme="light")
    opened.zoom(20, 0.6, 0.4)
    before, xs, paths = opened.ticks(), opened.xs(), len(opened.paths())
    assert opened.limit() == BEYOND
    opened.tab.emulate_media(color_scheme="dark")
    dark = "document.querySelector('.pk-drawing svg').style.backgroundColor"
    opened.until(lambda: opened.js(dark) not in ("rgb(255, 255, 255)", "white"))
    opened.settled()
    assert (opened.ticks(), opened.xs(), len(opened.paths())) == (before, xs, paths)
    assert opened.limit() == BEYOND
    opened.tab.emulate_media(media="print")
    opened.settled()
    assert opened.xs() == xs
    opened.tab.emulate_media(media="screen")
    opened.settled()
    opened.reset()
    assert opened.limit() == ""
    opened.harmless()


def test_a_larger_picture_begins_with_finer_rows(look: Any) -> None:
    made = line(*walk(13))
    rows = rows_of(made.detail.at(1))
    opened = look(made._replace(spec={**made.spec, "data": {"values": rows}}))
    before = opened.xs()
    assert before == made.detail.at(1)["x"]
    opened.zoom(1.9)
    low, high = ends(opened)
    wanted = [value for value in made.detail.at(2)["x"] if low <= value <= high]
    assert [value for value in opened.xs() if low <= value <= high] == wanted
    opened.zoom(1.9)
    assert opened.limit() == ""
    opened.zoom(1.9)
    assert opened.limit() == BEYOND
    opened.reset()
    assert opened.xs() == before


def test_charts_of_one_page_are_looked_at_on_their_own(look: Any) -> None:
    opened = look(line(*walk(8)), line(*walk(9)), height=1200)
    first, second = opened.rows(0), opened.rows(1)
    opened.zoom(40, chart=1)
    assert (opened.rows(0), opened.limit(0), opened.limit(1)) == (first, "", BEYOND)
    assert opened.rows(1) > second
    opened.zoom(3, chart=0)
    assert opened.limit(0) == ""
    opened.reset(1)
    assert opened.rows(1) == second and opened.rows(0) > first
    opened.harmless()


HOSTILE = ("<img src=x onerror=window.PWNED=1>", "</script><script>window.PWNED=1</script>")


def test_hostile_names_stay_text(look: Any) -> None:
    opened = look(line(*walk(10), names=(*HOSTILE, "__proto__", "constructor")))
    before = opened.rows()
    opened.zoom(5)
    assert opened.rows() > before
    opened.hover(0.5, 0.6)
    assert opened.js("document.querySelectorAll('img, .pk-card script').length") == 0
    opened.harmless()


def test_the_page_stays_within_its_size(bundle: str) -> None:
    made = line(*walk(11), levels=7)
    scripts, _ = page.scripts([made], bundle=bundle)
    assert len(scripts) < 3_000_000
    assert len(scripts) - len(bundle) < 2_000_000 + 80_000


# -- points --------------------------------------------------------------------------------------


def test_points_come_apart_in_both_directions(look: Any) -> None:
    made, x, y = points()
    opened = look(made)
    before, paths = opened.rows(mark="symbol"), opened.paths()
    assert before == len(made.detail.at(0)["x"])
    opened.zoom(7.9, 0.5, 0.5)
    found = opened.js(
        """[...document.querySelectorAll('.mark-symbol.role-mark > *')].map(n => n.__data__)
           .filter(i => i.x > 0 && i.x < i.mark.group.width && i.y > 0 && i.y < i.mark.group.height)
           .map(i => [i.datum.x, i.datum.y])"""
    )
    xs, ys = zip(*found, strict=True)
    inside = (x >= min(xs)) & (x <= max(xs)) & (y >= min(ys)) & (y <= max(ys))
    assert sorted(xs) == sorted(x[inside].tolist())
    opened.zoom(4)
    assert opened.limit() == ""  # every row is there
    opened.reset()
    assert opened.rows(mark="symbol") == before and opened.paths() == paths
    opened.harmless()


def test_points_say_where_the_file_ends(look: Any) -> None:
    opened = look(points(whole=False)[0])
    opened.zoom(7)
    assert opened.limit() == ""
    opened.zoom(2)
    assert opened.limit() == BEYOND


def test_a_chosen_series_stays_chosen(look: Any) -> None:
    made, *_ = points()
    opened = look(made)
    opened.tab.locator(".role-legend-symbol path").first.click()
    opened.settled()
    faint = """[...document.querySelectorAll('.mark-symbol.role-mark > *')]
        .filter(n => n.__data__.datum.category === 'b').map(n => n.__data__.opacity)"""
    before = set(opened.js(faint))
    opened.zoom(6)
    assert set(opened.js(faint)) == before
    opened.tab.emulate_media(color_scheme="dark")
    opened.settled()
    assert set(opened.js(faint)) == before


@pytest.mark.parametrize("end", [None, 5.0])
def test_rows_that_span_all_or_stand_nowhere_follow_the_level(look: Any, end: Any) -> None:
    made, *_ = points()
    few = len(made.detail.first)
    start = None if end is None else -end
    columns = {
        "x": [*made.detail.columns["x"], start, start],
        "y": [*made.detail.columns["y"], start, start],
        "x2": [*[None] * few, end, end],
        "y2": [*[None] * few, end, end],
        "image": [*[None] * few, "coarse", "fine"],
    }
    first, last = [*made.detail.first, 0, 1], [*[3] * few, 0, 3]
    detail = Detail(columns, first, last, 4, True)
    away = {"filter": "isValid(datum.image)"}
    number = {"type": "quantitative"}
    spec = {
        "width": 500,
        "height": 300,
        "data": {"values": rows_of(detail.at(0))},
        "encoding": {"x": {"field": "x", **number}, "y": {"field": "y", **number}},
        "layer": [
            {
                "transform": [away],
                "mark": {"type": "rect", "opacity": 0},
                "encoding": {"x2": {"field": "x2"}, "y2": {"field": "y2"}},
            },
            {
                "transform": [away],
                "mark": "text",
                "encoding": {"text": {"field": "image"}, "x": {"value": 9}, "y": {"value": 9}},
            },
            {
                "mark": "point",
                "params": [{"name": "zoom", "select": "interval", "bind": "scales"}],
                "transform": [{"filter": "!isValid(datum.image)"}],
            },
        ],
    }
    opened = look(made._replace(spec=spec, detail=detail))
    words = "[...document.querySelectorAll('.mark-text.role-mark text')].map(t => t.textContent)"
    assert opened.js(words) == ["coarse"]
    for times in (3, 4):
        opened.zoom(times, 0.3, 0.3)
        assert opened.js(words) == ["fine"]
    opened.reset()
    assert opened.js(words) == ["coarse"]
    opened.harmless()


# -- as the functions make them ------------------------------------------------------------------

VERTICES = """[...document.querySelectorAll('.mark-line.role-mark')]
    .map(mark => mark.firstChild.__data__.mark.items.length).reduce((a, b) => a + b)"""
CARD = "[...document.querySelectorAll('.pk-card:not([hidden]) tr')].map(r => r.textContent)"


def test_a_line_of_ten_million_points(look: Any, tmp_path: Path) -> None:
    y = np.cumsum(np.random.default_rng(0).normal(size=10_000_000))
    chart = pk.line({"x": np.arange(len(y)), "y": y}, "x", "y")
    path = chart.save(tmp_path / "a.html")
    assert path.stat().st_size < 3_000_000
    opened = look(path)
    before, paths = opened.js(VERTICES), opened.paths()
    assert before < 12_000
    for fx in (0.2, 0.4, 0.401, 0.8):
        opened.hover(fx, 0.5)
        assert [text[0] for text in opened.js(CARD)] == ["x", "y"]
    opened.zoom(3, 0.3)
    assert opened.limit() == ""
    assert opened.js(VERTICES) > 1.5 * before
    opened.zoom(40, 0.3)
    assert opened.limit() == BEYOND
    opened.reset()
    assert opened.limit() == "" and opened.paths() == paths
    assert opened.errors == []


@pytest.mark.parametrize(("count", "whole"), [(50_000, True), (300_000, False)])
def test_a_crowded_scatter(look: Any, tmp_path: Path, count: int, whole: bool) -> None:
    x, y = np.random.default_rng(0).normal(size=(2, count))
    opened = look(pk.scatter({"x": x, "y": y}, "x", "y").save(tmp_path / "a.html"))
    paths = opened.paths()
    image = "[...document.querySelectorAll('.mark-image image')].map(i => i.getAttribute('href'))"
    before = opened.js(image)
    opened.zoom(1.9)
    assert opened.js(image) != before
    opened.zoom(12)
    assert opened.limit() == ("" if whole else BEYOND)
    seen = """[...document.querySelectorAll('.mark-symbol.role-mark > *')]
        .filter(n => n.__data__.x > 0 && n.__data__.x < 500 && getComputedStyle(n).fill !== 'none')
        .filter(n => n.__data__.y > 0 && n.__data__.y < 200).length"""
    assert (opened.js(seen) > 20) == whole
    opened.reset()
    assert opened.paths() == paths and opened.js(image) == before
    assert opened.errors == []


# -- how it looks --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [340, 390, 1280])
def test_the_line_about_the_limit_fits(look: Any, scheme: str, width: int) -> None:
    opened = look(line(*walk(12)), width=width, height=720, color_scheme=scheme)
    high = opened.js("document.querySelector('.pk-tools').getBoundingClientRect().height")
    opened.zoom(16)
    assert opened.limit() == BEYOND
    assert opened.js("document.documentElement.scrollWidth") <= width
    tools = "document.querySelector('.pk-tools').getBoundingClientRect().height"
    assert opened.js(tools) <= high + 20
    apart = """(() => {
      const box = name => document.querySelector(name).getBoundingClientRect();
      return box('.pk-limit').right <= box('.pk-reset').left; })()"""
    assert opened.js(apart)
    colours = "getComputedStyle(document.querySelector('.pk-limit')).color"
    assert opened.js(colours) == opened.js(
        "getComputedStyle(document.querySelector('.pk-hint')).color"
    )
