"""The HTML page in a real browser: it draws, it answers, and nothing hostile runs or leaves."""

from __future__ import annotations

import copy
import io
import math
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import plotkit
from plotkit.render import page

pytestmark = pytest.mark.browser
vl_convert = pytest.importorskip("vl_convert")
FAMILY = "Inter, 'Helvetica Neue', Arial, sans-serif"


def config(paper: str, ink: str, palette: list[str]) -> dict[str, Any]:
    return {
        "background": paper,
        "font": FAMILY,
        "padding": 16,
        "title": {"color": ink, "fontSize": 17, "anchor": "start", "subtitleColor": ink},
        "legend": {"orient": "top", "title": None, "labelColor": ink},
        "range": {"category": palette},
    }


CONFIGS = {
    "light": config("#ffffff", "#16191d", ["#0b67c2", "#e4572e", "#1b998b", "#8f5bd0"]),
    "dark": config("#14171a", "#e8ebee", ["#5aa9f5", "#ff8562", "#3ec6b4", "#b892f0"]),
}
SERIES = {
    "name": "series",
    "select": {"type": "point", "fields": ["color"], "toggle": "true"},
    "bind": "legend",
}
ZOOM = {"name": "zoom", "select": "interval", "bind": "scales"}


def field(name: str, title: str, kind: str = "quantitative", **more: Any) -> dict[str, Any]:
    return {"field": name, "type": kind, "title": title, **more}


def chart(mark: Any, encoding: dict[str, Any], rows: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 640,
        "height": 400,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": rows},
        "mark": mark,
        "encoding": encoding,
        **more,
    }


def line(names: tuple[str, ...] = ("one", "two", "three"), **more: Any) -> dict[str, Any]:
    rows = [
        {"x": i * 10, "y": round(math.sin(i / 8 + j) + j, 3), "color": name}
        for j, name in enumerate(names)
        for i in range(50)
    ]
    return chart(
        {"type": "line", "aria": False},
        {
            "x": field("x", "Step"),
            "y": field("y", "Loss"),
            "color": field("color", "Run", "nominal", sort=None),
            "opacity": {"condition": {"param": "series", "value": 1}, "value": 0.15},
            "tooltip": [
                field("x", "Step", format=","),
                field("y", "Loss", format=".3f"),
                field("color", "Run", "nominal"),
            ],
        },
        rows,
        params=[SERIES],
        **more,
    )


def scatter(**more: Any) -> dict[str, Any]:
    rows = [{"x": i % 7, "y": i * i % 11, "color": "ab"[i % 2]} for i in range(60)]
    return chart(
        {"type": "point", "filled": True, "clip": True, "aria": False},
        {
            "x": field("x", "Width"),
            "y": field("y", "Height"),
            "color": field("color", "Kind", "nominal", sort=None),
            "tooltip": [
                field("x", "Width"),
                field("y", "Height"),
                field("color", "Kind", "nominal"),
            ],
        },
        rows,
        params=[ZOOM],
        **more,
    )


def bar(labels: list[str] | None = None, title: str = "Label", **more: Any) -> dict[str, Any]:
    labels = ["a", "b", "c"] if labels is None else labels
    return chart(
        {"type": "bar", "aria": False},
        {
            "x": field("label", title, "nominal", sort=None),
            "y": field("value", "Value", stack=None),
            "tooltip": [field("label", title, "nominal"), field("value", "Value")],
        },
        [{"label": label, "value": 3 + i} for i, label in enumerate(labels)],
        **more,
    )


class Listener(ThreadingHTTPServer):
    """A server that must never hear anything."""

    heard: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_error(404)

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = Listener(("127.0.0.1", 0), Handler)
    server.heard = heard
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bundle")
    return page.bundle(vl_convert.javascript_bundle, folder, vl_convert.__version__)


class Opened:
    """A page open in the browser, with what it tried to do."""

    def __init__(self, tab: Any, path: Path) -> None:
        self.tab = tab
        self.requests: list[str] = []
        self.errors: list[str] = []
        tab.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        tab.on("request", lambda r: self.requests.append(r.url))
        tab.on("requestfailed", self._forget_stopped)
        tab.on("pageerror", lambda e: self.errors.append(str(e)))
        tab.on("popup", lambda p: self.requests.append(f"popup {p.url}"))
        tab.goto(path.as_uri())
        self.own = path.as_uri()

    def _forget_stopped(self, request: Any) -> None:
        # What the page's policy stopped is reported as a request that failed by it.
        if "csp" in (request.failure or ""):
            self.requests.remove(request.url)

    def ready(self, charts: int = 1) -> Opened:
        self.until(f"document.querySelectorAll('.pk-picture svg.marks').length >= {charts}")
        self.tab.wait_for_timeout(150)
        return self

    def until(self, code: str) -> None:
        """Wait for what is true soon; the driver's own way of waiting would need eval."""
        for _ in range(160):
            if self.js(code):
                return
            self.tab.wait_for_timeout(50)
        raise AssertionError(f"never true: {code}")

    def js(self, code: str) -> Any:
        return self.tab.evaluate(code)

    def box(self, selector: str = ".pk-drawing svg") -> dict[str, float]:
        found: dict[str, float] = self.tab.locator(selector).first.bounding_box()
        return found

    def hover(self, fx: float, fy: float) -> None:
        box = self.box()
        self.tab.mouse.move(box["x"] + box["width"] * fx, box["y"] + box["height"] * fy)

    def card(self) -> list[list[str]]:
        rows: list[list[str]] = self.js(
            "[...document.querySelectorAll('.pk-card:not([hidden]) tr')]"
            ".map(r => [...r.children].map(c => c.textContent))"
        )
        return rows

    def marks(self, kind: str) -> int:
        return int(self.js(f"document.querySelectorAll('.mark-{kind}.role-mark > *').length"))

    def harmless(self) -> None:
        assert self.js("window.PWNED") is None
        assert [url for url in self.requests if url != self.own] == []
        assert self.tab.url == self.own


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a document in a window of its own."""
    contexts: list[Any] = []

    def run(
        document: str,
        *,
        size: tuple[int, int] = (1280, 800),
        scheme: str = "light",
        touch: bool = False,
        **window: Any,
    ) -> Opened:
        path = tmp_path / f"{len(contexts)}.html"
        path.write_bytes(document.encode())
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, has_touch=touch,
            timezone_id="America/Los_Angeles", **window,
        )  # fmt: skip
        contexts.append(context)
        return Opened(context.new_page(), path)

    yield run
    for context in contexts:
        context.close()


WINDOW = {"size", "scheme", "touch", "java_script_enabled", "device_scale_factor"}


@pytest.fixture
def show(visit: Callable[..., Opened], bundle: str) -> Callable[..., Opened]:
    """Opens the page of one chart."""

    def run(spec: dict[str, Any], **options: Any) -> Opened:
        window = {name: options.pop(name) for name in WINDOW & set(options)}
        arguments: dict[str, Any] = {
            "configs": CONFIGS, "theme": None, "title": "Title", "notes": [], "fonts_css": "",
            **options,
        }  # fmt: skip
        return visit(page.html(spec, bundle=bundle, **arguments), **window)

    return run


# -- it draws and answers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "kind", "count"), [(line(), "line", 3), (scatter(), "symbol", 60), (bar(), "rect", 3)]
)
def test_draws_without_any_request(show: Any, spec: Any, kind: str, count: int) -> None:
    opened = show(spec).ready()
    assert opened.js("document.querySelector('.pk-message').hidden")
    assert opened.errors == []
    selector = "path" if kind == "rect" else "*"
    drawn = opened.js(f"document.querySelectorAll('.mark-{kind}.role-mark > {selector}').length")
    assert drawn == count
    assert opened.box()["width"] == 640
    opened.harmless()


@pytest.mark.parametrize("width", [320, 390, 700])
@pytest.mark.parametrize("spec", [line(), scatter(), bar(["a long label"] * 1 + ["b", "c"])])
def test_narrow_screens_clip_nothing(show: Any, spec: Any, width: int) -> None:
    words = "A title that is much too long to stand in one line of a telephone"
    opened = show({**spec, "title": {"text": words, "subtitle": words}}, size=(width, 700)).ready()
    assert opened.js("document.documentElement.scrollWidth") == width
    assert opened.js(
        """[...document.querySelectorAll('.pk-drawing svg text')].every(t => {
             const a = t.getBoundingClientRect();
             const b = document.querySelector('.pk-drawing svg').getBoundingClientRect();
             return a.width === 0 || (a.left >= b.left - 1 && a.right <= b.right + 1
               && a.top >= b.top - 1 && a.bottom <= b.bottom + 1); })"""
    )
    lines = "document.querySelectorAll('.role-title-text tspan').length"
    assert (opened.js(lines) > 1) == (width < 640)


def test_rotating_a_phone_lays_out_anew(show: Any) -> None:
    opened = show(line(), size=(390, 800)).ready()
    assert opened.box()["width"] == 366
    opened.tab.set_viewport_size({"width": 844, "height": 390})
    opened.tab.wait_for_timeout(400)
    assert opened.box()["width"] == 640


def test_wide_compositions_shrink_as_a_whole(show: Any) -> None:
    spec = {"data": {"values": [{"x": 1}]}, "hconcat": [{"mark": "bar", "width": 400}] * 2}
    opened = show(spec, size=(600, 700)).ready()
    assert opened.js("document.documentElement.scrollWidth") == 600
    assert opened.box()["width"] <= 552


def test_a_square_plot_shrinks_and_its_text_does_not(show: Any) -> None:
    spec = {**scatter(), "width": 400, "height": 400, "autosize": {"type": "pad"}}
    opened = show({**spec, "title": "A title of several words"}, size=(320, 700)).ready()
    assert opened.js("document.documentElement.scrollWidth") == 320
    assert opened.box()["width"] <= 296
    plot = opened.box(".pk-drawing .background")
    assert plot["width"] == pytest.approx(plot["height"], abs=2)
    assert plot["width"] > 180
    scale = "s.getBoundingClientRect().width / s.viewBox.baseVal.width"
    assert opened.js(f"(s => {scale})(document.querySelector('.pk-drawing svg'))") > 0.95


def test_crosshair_lists_every_line_and_stays_inside(show: Any) -> None:
    opened = show(line()).ready()
    assert opened.card() == []
    opened.hover(0.6, 0.5)
    rows = opened.card()
    assert rows[0][0] == "Step"
    assert sorted(row[0] for row in rows[1:]) == ["one", "three", "two"]
    assert len(opened.js("[...document.querySelectorAll('.pk-overlay circle')].map(c => 1)")) == 3
    assert opened.js("document.querySelectorAll('.pk-overlay line').length") == 1
    step = int(rows[0][1].replace(",", "")) // 10
    expected = {
        n: f"{math.sin(step / 8 + j) + j:.3f}" for j, n in enumerate(("one", "two", "three"))
    }
    assert {row[0]: row[1].replace("−", "-") for row in rows[1:]} == expected
    for fx, fy in ((0.98, 0.9), (0.1, 0.2), (0.98, 0.2)):
        opened.hover(fx, fy)
        if opened.card():
            box = opened.box(".pk-card")
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 1280
    opened.tab.mouse.move(2, 2)
    assert opened.card() == []


def test_card_of_a_bar(show: Any) -> None:
    opened = show(bar()).ready()
    opened.tab.locator(".mark-rect.role-mark path").nth(1).hover()
    assert opened.card() == [["Label", "b"], ["Value", "4"]]


def test_keyboard_walks_the_points_and_speaks(show: Any) -> None:
    opened = show(line()).ready()
    opened.tab.keyboard.press("Tab")
    opened.tab.keyboard.press("ArrowRight")
    opened.tab.keyboard.press("ArrowRight")
    assert opened.card()[0] == ["Step", "10"]
    assert opened.js("document.querySelector('.pk-spoken').textContent").startswith("Step: 10, ")
    opened.tab.keyboard.press("End")
    assert opened.card()[0] == ["Step", "490"]
    opened.tab.keyboard.press("Escape")
    assert opened.card() == []


def test_touch_shows_the_card_and_does_not_pan(show: Any) -> None:
    opened = show(scatter(), touch=True).ready()
    box = opened.tab.locator(".mark-symbol.role-mark path").first.bounding_box()
    opened.tab.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert [row[0] for row in opened.card()] == ["Width", "Height", "Kind"]


def test_dates_are_read_in_utc(show: Any) -> None:
    day = 1_704_067_200_000  # 2024-01-01T00:00Z
    spec = line(("a",))
    spec["data"]["values"] = [{"x": day + i * 86_400_000, "y": i, "color": "a"} for i in range(9)]
    when = {"type": "temporal", "scale": {"type": "utc"}}
    spec["encoding"]["x"].update(when)
    spec["encoding"]["tooltip"][0] = field("x", "Day", "temporal", format="%Y-%m-%d")
    opened = show(spec).ready()
    opened.tab.keyboard.press("Tab")
    opened.tab.keyboard.press("Home")
    assert opened.card()[0] == ["Day", "2024-01-01"]


def opacities(opened: Opened) -> list[str]:
    found: list[str] = opened.js(
        "[...document.querySelectorAll('.mark-line.role-mark > path')]"
        ".map(p => getComputedStyle(p).opacity)"
    )
    return found


def test_legend_highlights_on_hover_and_toggles_on_click(show: Any) -> None:
    opened = show(line()).ready()
    labels = opened.tab.locator(".role-legend-label text")
    labels.nth(1).hover()
    opened.tab.wait_for_timeout(250)
    assert opacities(opened) == ["0.14", "1", "0.14"]
    opened.tab.mouse.move(5, 5)
    opened.tab.wait_for_timeout(250)
    assert opacities(opened) == ["1", "1", "1"]
    labels.nth(0).click()
    labels.nth(2).click()
    opened.tab.mouse.move(5, 5)
    opened.tab.wait_for_timeout(250)
    assert opacities(opened) == ["1", "0.15", "1"]
    opened.hover(0.6, 0.5)
    assert sorted(row[0] for row in opened.card()[1:]) == ["one", "three"]
    labels.nth(0).click()
    labels.nth(2).click()
    opened.tab.mouse.move(5, 5)
    opened.tab.wait_for_timeout(250)
    assert opacities(opened) == ["1", "1", "1"]


def ticks(opened: Opened) -> list[str]:
    found: list[str] = opened.js(
        "[...document.querySelectorAll('.role-axis-label text')].map(t => t.textContent)"
    )
    return sorted(found)


def test_zoom_and_reset(show: Any) -> None:
    opened = show(scatter()).ready()
    before = ticks(opened)
    assert opened.js("getComputedStyle(document.querySelector('.pk-reset')).visibility") == "hidden"
    opened.hover(0.5, 0.5)
    opened.tab.mouse.wheel(0, -400)
    opened.tab.wait_for_timeout(300)
    assert ticks(opened) != before
    opened.tab.locator(".pk-reset").click()
    opened.tab.wait_for_timeout(300)
    assert ticks(opened) == before
    assert opened.js("getComputedStyle(document.querySelector('.pk-reset')).visibility") == "hidden"


def test_choices_outlive_a_change_of_theme(show: Any) -> None:
    size = {"name": "size", "value": 40, "bind": {"input": "range", "min": 10, "max": 90}}
    spec = scatter()
    spec["params"] = [ZOOM, size]
    opened = show(spec).ready()
    opened.hover(0.5, 0.5)
    opened.tab.mouse.wheel(0, -400)
    opened.tab.locator(".pk-inputs input").fill("70")
    opened.tab.wait_for_timeout(300)
    zoomed = ticks(opened)
    opened.tab.emulate_media(color_scheme="dark")
    opened.tab.wait_for_timeout(500)
    assert opened.js(DRAWN) == "rgb(20, 23, 26)"
    assert ticks(opened) == zoomed
    assert opened.tab.locator(".pk-inputs input").input_value() == "70"


def test_inputs_drive_the_chart(show: Any) -> None:
    spec = scatter()
    spec["mark"]["size"] = {"expr": "size"}
    spec["mark"]["opacity"] = {"expr": "faint ? 0.5 : 1"}
    spec["params"] = [
        {"name": "size", "value": 50, "bind": {"input": "range", "min": 10, "max": 200}},
        {"name": "faint", "value": False, "bind": {"input": "checkbox", "name": "Faint"}},
        {"name": "s", "value": "a", "bind": {"input": "select", "options": ["a", "b"]}},
        {"name": "r", "value": "a", "bind": {"input": "radio", "options": ["a", "b"]}},
        {"name": "n", "value": 3, "bind": {"input": "number"}},
        {"name": "t", "value": "x", "bind": {"input": "text"}},
    ]
    opened = show(spec).ready()
    path = "document.querySelector('.mark-symbol.role-mark path')"
    before = opened.js(f"{path}.getAttribute('d')")
    opened.tab.locator(".pk-inputs input[type=range]").fill("180")
    opened.tab.locator(".pk-inputs input[type=checkbox]").check()
    opened.tab.wait_for_timeout(200)
    assert opened.js(f"{path}.getAttribute('d')") != before
    assert opened.js(f"getComputedStyle({path}).opacity") == "0.5"
    assert opened.js("document.querySelectorAll('.pk-inputs select, .pk-inputs input').length") == 7


# -- themes and paper ---------------------------------------------------------------------------

PAPER = "getComputedStyle(document.body).backgroundColor"
DRAWN = "document.querySelector('.pk-drawing svg').style.backgroundColor"
COLOURS = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_follows_the_reader(show: Any, scheme: str) -> None:
    opened = show(line(), scheme=scheme).ready()
    assert opened.js(PAPER) == COLOURS[scheme]
    other = "dark" if scheme == "light" else "light"
    opened.tab.emulate_media(color_scheme=other)
    opened.tab.wait_for_timeout(400)
    assert opened.js(PAPER) == COLOURS[other]
    assert opened.js(DRAWN) == COLOURS[other]


def test_a_fixed_theme_stays(show: Any) -> None:
    opened = show(line(), theme="dark", scheme="light").ready()
    assert opened.js(PAPER) == "rgb(20, 23, 26)"
    assert opened.js(DRAWN) == COLOURS["dark"]


@pytest.mark.parametrize("theme", [None, "dark"])
def test_paper_is_light(show: Any, theme: str | None) -> None:
    opened = show(line(), theme=theme, scheme="dark").ready()
    opened.tab.emulate_media(media="print")
    opened.tab.wait_for_timeout(500)
    assert opened.js(PAPER) == "rgb(255, 255, 255)"
    assert opened.js(DRAWN) == COLOURS["light"]
    opened.tab.emulate_media(media="screen")
    opened.tab.wait_for_timeout(500)
    assert opened.js(DRAWN) == COLOURS["dark"]


# -- failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    [
        {"mark": "point", "encoding": {"x": {"field": "x", "timeUnit": 3}}, "data": 7},
        chart("point", {"x": {"field": "x"}}, [], params=[{"name": "a", "expr": "1 +"}]),
        chart({"type": "point", "x": {"expr": "nope(1)"}}, {}, [{"a": 1}]),
        {"nonsense": 1},
    ],
)
def test_a_failure_is_a_sentence(show: Any, spec: Any) -> None:
    opened = show(spec)
    opened.tab.wait_for_selector(".pk-message:not([hidden])", timeout=10_000)
    words = opened.tab.locator(".pk-message").text_content()
    assert words.startswith("This chart could not be drawn: ")
    assert len(words) < 400
    opened.harmless()


# -- hostile text and presets -------------------------------------------------------------------

TEXTS = {
    "nul": "a\x00b", "bel": "\x07", "vt": "a\x0bb", "del": "a\x7fb", "fffe": "a\ufffeb",
    "script": "</script><script>window.PWNED=1</script>", "comment": "<!--<script>",
    "img": "<img src=x onerror=window.PWNED=1>",
    "style": "</style><script>window.PWNED=1</script>",
    "title": "</title><script>window.PWNED=1</script>",
    "attribute": "' onmouseover='window.PWNED=1", "entity": "&lt;&amp;&#60;&quot;",
    "ls": "a\u2028b", "lf": "a\nb", "tab": "a\tb", "nu": "\\nu", "backslash": "\\",
    "unicode escape": "\\u0000", "template": "{{7*7}}{%x%}", "quote": '"', "apostrophe": "it's",
    "constructor": "constructor", "toString": "toString",
    "valueOf": "valueOf", "image": "image", "true": "true", "empty": "", "nbsp": "\xa0",
    "rli": "\u2067abc", "hebrew": "\u05e9\u05dc\u05d5\u05dd", "zalgo": "a" + "\u0301" * 50,
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467", "bom": "\ufeffx", "private": "\ue000",
    "url": "javascript:window.PWNED=1", "markdown": "[x](javascript:window.PWNED=1)",
    "dots": "a.b[0]['c']", "long": "word " * 100,
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_hostile_text_is_shown(show: Any, text: str) -> None:
    spec = bar([text, "other"], title=text)
    spec["title"] = {"text": text[:500], "subtitle": text[:500]}
    opened = show(spec, title=text, notes=[text, "Second."]).ready()
    opened.tab.locator("details summary").click()
    bars = opened.tab.locator(".mark-rect.role-mark path")
    assert bars.count() == 2
    bars.nth(0).hover()
    assert opened.js("document.querySelector('.pk-message').hidden")
    name, value = opened.card()[0] if text else ("", opened.card()[0][0])
    shown = text if len(text) <= 400 else text[:399] + "…"
    assert value == shown.replace("\r", "\n")
    assert name == text
    assert opened.errors == []
    opened.harmless()


def hostile_specs(url: str) -> dict[str, dict[str, Any]]:
    js = "javascript:window.PWNED=1"
    base = scatter()
    found: dict[str, dict[str, Any]] = {}

    def case(name: str, **more: Any) -> dict[str, Any]:
        found[name] = {**copy.deepcopy(base), **more}
        return found[name]

    def binding(name: str, **bind: Any) -> None:
        case(f"bind {name}", params=[{"name": "p", "value": "v", "bind": bind}])

    case(
        "embed options",
        usermeta={
            "embedOptions": {
                "actions": True,
                "defaultStyle": "<img src=x onerror=window.PWNED=1>",
                "loader": {},
                "ast": False,
                "editorUrl": url,
                "patch": url,
                "config": url,
                "tooltip": True,
            }
        },
    )
    case(
        "config",
        config={
            "constructor": {"prototype": {"x": 1}},
            "background": f"url({url}/c)",
            "style": {"cell": {"cursor": f"url({url}/d), auto"}},
        },
    )
    for word in ("onfocus", "onmouseover", "onanimationstart"):
        binding(
            word, input="text", autofocus="", style="animation:x 1s", **{word: "window.PWNED=1"}
        )
    binding("image", input="image", src=f"{url}/src", onerror="window.PWNED=1")
    binding("element", input="text", element="body", formaction=js)
    binding("option", input="select", options=["<img src=x onerror=window.PWNED=1>"])
    binding("radio", input="radio", options=["'><img src=x onerror=window.PWNED=1>"])
    case("data url", data={"url": f"{url}/data.json"})
    case("file", data={"url": "FILE:///etc/passwd", "format": {"type": "csv"}})
    case("background", background=f"url({url}/bg)")
    image = case(
        "image marks", mark={"type": "image", "width": 50, "height": 50, "url": f"{url}/image.png"}
    )
    image["encoding"]["tooltip"] = {"value": f"<img src={url}/t>"}
    svg = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='window.PWNED=1'/>"
    case("image svg", mark={"type": "image", "width": 50, "height": 50, "url": svg})
    case(
        "paint",
        mark={
            "type": "point",
            "size": 900,
            "fill": f"url({url}/f#a)",
            "stroke": f"url({url}/s)",
            "cursor": f"url({url}/cursor), auto",
        },
    )
    case(
        "font",
        mark={"type": "text", "text": "x", "size": 60, "font": f"x; background: url({url}/font)"},
    )
    for name, link in (("script", js), ("web", f"{url}/link"), ("case", " JaVaScRiPt:PWNED=1")):
        case(f"href {name}", mark={"type": "point", "filled": True, "size": 900, "href": link})
    case(
        "image column",
        data={
            "values": [
                {"x": 1, "y": 1, "color": "a", "image": f"{url}/i.png' onerror='window.PWNED=1"}
            ]
        },
        mark={"type": "point", "filled": True, "size": 9000, "tooltip": {"content": "data"}},
    )
    del found["image column"]["encoding"]["tooltip"]
    gadgets = [
        "event.view.open",
        "{toString: event.view.alert} + ''",
        "event.target.ownerDocument",
        f"{{toString: event.view.open, a: '{url}'}} + ''",
        "event.view.document.location",
        "event.dataflow.constructor",
        "[1]['constructor']['constructor']",
        "vlSelectionTuples({map: event.view.eval}, {})",
        "replace('window.PWNED=1', regexp('.*'), event.view.eval)",
        "event.view['e' + 'val']",
        "join({join: event.view.eval}, 'window.PWNED=1')",
        "event.item.datum['__proto__']['polluted']",
    ]
    for i, gadget in enumerate(gadgets):
        case(
            f"gadget {i}",
            params=[
                {
                    "name": "g",
                    "value": 0,
                    "on": [
                        {"events": "click", "update": gadget},
                        {"events": "pointermove", "update": gadget},
                    ],
                }
            ],
        )
    return found


@pytest.mark.parametrize("name", hostile_specs("http://x"))
def test_hostile_presets(show: Any, listener: Listener, name: str) -> None:
    spec = hostile_specs(listener.url)[name]
    opened = show(spec)
    if name in {"gadget 1", "gadget 3", "gadget 6"}:  # refused when they are read
        opened.tab.wait_for_selector(".pk-message:not([hidden])")
        opened.harmless()
        return
    opened.ready()
    opened.hover(0.5, 0.5)
    first = opened.tab.locator(".role-mark > *").first
    if first.count():
        first.hover(force=True)
        first.click(force=True)
    for node in opened.tab.locator(".pk-inputs input, .pk-inputs select").all():
        node.focus()
    opened.tab.wait_for_timeout(150)
    drawn = opened.js("document.querySelectorAll('.role-mark > *').length")
    expected = 1 if name == "image column" else 0 if name in {"data url", "file"} else 60
    assert drawn == expected
    if expected == 0:
        assert "data outside this file" in opened.tab.locator(".pk-message").text_content()
    assert opened.js("Object.prototype.x") is None
    attributes = opened.js(
        "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.name))"
        ".filter(n => n.startsWith('on'))"
    )
    assert attributes == []
    opened.harmless()
    assert listener.heard == []


def test_hostile_configs(show: Any, listener: Listener) -> None:
    bad = {
        **CONFIGS["light"],
        "constructor": {"prototype": {"x": 1}},
        "__proto__": {"polluted": 1},
        "background": f"url({listener.url}/bg)",
        "font": f"x; background: url({listener.url}/font)",
    }
    opened = show(scatter(), configs={"light": bad, "dark": bad}).ready()
    assert opened.marks("symbol") == 60
    assert opened.js("({}).polluted") is None
    opened.harmless()
    assert listener.heard == []


@pytest.mark.parametrize("link", ["web", "javascript"])
def test_links_only_when_allowed_and_only_to_the_web(
    show: Any, listener: Listener, link: str
) -> None:
    spec = scatter()
    target = f"{listener.url}/link" if link == "web" else "javascript:window.PWNED=1"
    spec["mark"] = {"type": "point", "filled": True, "size": 900, "href": target}
    opened = show(spec, allow_links=True).ready()
    mark = opened.tab.locator(".role-mark > *").first
    if link == "web":
        with opened.tab.context.expect_page() as fresh:
            mark.click(force=True)
        fresh.value.wait_for_load_state()
        assert fresh.value.evaluate("window.opener") is None
        listener.heard.clear()
    else:
        mark.click(force=True)
        opened.tab.wait_for_timeout(300)
        assert len(opened.tab.context.pages) == 1
    assert opened.js("window.PWNED") is None
    assert opened.tab.url == opened.own


# -- many charts in one page ----------------------------------------------------------------------

FRAME = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Many</title>
<style>{style}</style>
<style>body{{margin:0 auto;max-width:720px;padding:0 16px;background:var(--pk-paper)}}</style>
</head><body>{body}{scripts}</body></html>"""


@pytest.fixture
def show_all(visit: Callable[..., Opened], bundle: str) -> Callable[..., Opened]:
    """Opens a page of many charts, one below the other, or all inside what `around` writes."""

    def run(
        charts: list[Any],
        *,
        still: str = "",
        theme: str | None = None,
        around: str = "{}",
        **window: Any,
    ) -> Opened:
        lives = [
            chart if isinstance(chart, page.Live) else page.Live(chart, CONFIGS, f"Chart {i}")
            for i, chart in enumerate(charts)
        ]
        scripts, texts = page.scripts(lives, bundle=bundle)
        places = [page.mount(live, i, still=still) for i, live in enumerate(lives)]
        return visit(
            FRAME.format(
                policy=page.policy(texts),
                style=page.style(CONFIGS, theme=theme),
                body="".join(f"<section>{around.format(place)}</section>" for place in places),
                scripts=scripts,
            ),
            **window,
        )

    return run


def zoomable_line() -> dict[str, Any]:
    found = line()
    found["params"] = [ZOOM]
    del found["encoding"]["opacity"]
    return found


TRIO = [zoomable_line, line, bar]
ALL = (1280, 1700)  # a window that shows all three


class Place:
    """One of several charts in an open page."""

    def __init__(self, opened: Opened, number: int) -> None:
        self.opened = opened
        self.root = opened.tab.locator(".pk-chart").nth(number)

    def all(self, selector: str, value: str) -> list[Any]:
        found: list[Any] = self.root.locator(selector).evaluate_all(f"nodes => nodes.map({value})")
        return found

    def hover(self, fx: float, fy: float) -> None:
        box = self.root.locator(".pk-drawing svg").bounding_box()
        self.opened.tab.mouse.move(box["x"] + box["width"] * fx, box["y"] + box["height"] * fy)

    def ticks(self) -> list[str]:
        return sorted(self.all(".role-axis-label text", "n => n.textContent"))

    def opacities(self) -> list[str]:
        return self.all(".mark-line.role-mark > path", "n => getComputedStyle(n).opacity")

    def crosshair(self) -> int:
        return len(self.all(".pk-overlay > *", "n => 1"))

    def message(self) -> str:
        return str(self.root.locator(".pk-message").text_content())

    def background(self) -> str:
        return str(self.all(".pk-drawing svg", "n => n.style.backgroundColor")[0])


def places(opened: Opened, count: int = 3) -> list[Place]:
    return [Place(opened, number) for number in range(count)]


def test_each_chart_has_its_own_card_and_crosshair(show_all: Any) -> None:
    opened = show_all([make() for make in TRIO], size=ALL).ready(3)
    assert opened.js("document.querySelectorAll('.pk-card').length") == 1
    first, second, third = places(opened)
    first.hover(0.6, 0.5)
    assert opened.card()[0][0] == "Step"
    assert [p.crosshair() for p in (first, second, third)] == [4, 0, 0]
    second.hover(0.3, 0.5)
    assert [p.crosshair() for p in (first, second, third)] == [0, 4, 0]
    third.root.locator(".mark-rect.role-mark path").nth(1).hover()
    assert opened.card() == [["Label", "b"], ["Value", "4"]]
    assert [p.crosshair() for p in (first, second, third)] == [0, 0, 0]
    opened.tab.mouse.move(1, 1)
    assert opened.card() == []
    assert opened.errors == []
    opened.harmless()


def test_each_chart_has_its_own_zoom(show_all: Any) -> None:
    both = [zoomable_line(), zoomable_line(), scatter()]
    opened = show_all(both, size=ALL).ready(3)
    before = [p.ticks() for p in places(opened)]
    first, second, third = places(opened)
    buttons = ".pk-reset", "n => n.style.visibility"
    assert [p.all(*buttons) for p in places(opened)] == [["hidden"]] * 3
    second.hover(0.5, 0.5)
    opened.tab.mouse.wheel(0, -400)
    opened.tab.wait_for_timeout(300)
    assert second.ticks() != before[1]
    assert [first.ticks(), third.ticks()] == [before[0], before[2]]
    assert [p.all(*buttons) for p in places(opened)] == [["hidden"], ["visible"], ["hidden"]]
    zoomed = second.ticks()
    third.hover(0.5, 0.5)
    opened.tab.mouse.down()
    third.hover(0.3, 0.6)
    opened.tab.mouse.up()
    opened.tab.wait_for_timeout(200)
    assert third.ticks() != before[2]
    assert [first.ticks(), second.ticks()] == [before[0], zoomed]
    second.root.locator(".pk-reset").click()
    opened.tab.wait_for_timeout(300)
    assert [first.ticks(), second.ticks()] == before[:2]
    assert third.ticks() != before[2]
    assert opened.errors == []


def test_in_a_longer_page_the_wheel_scrolls_the_page(show_all: Any) -> None:
    opened = show_all([zoomable_line(), line(), bar()], size=(1280, 800)).ready(2)
    first = places(opened)[0]
    before = first.ticks()
    assert first.all(".pk-hint", "n => n.textContent") == [
        "Ctrl and scroll, or + - to zoom, drag to move"
    ]
    first.hover(0.5, 0.5)
    opened.tab.mouse.wheel(0, 120)
    opened.tab.wait_for_timeout(400)
    assert opened.js("scrollY") > 60
    assert first.ticks() == before
    opened.js("scrollTo(0, 0)")
    first.hover(0.5, 0.5)
    opened.tab.keyboard.down("Control")
    opened.tab.mouse.wheel(0, -400)
    opened.tab.keyboard.up("Control")
    opened.tab.wait_for_timeout(300)
    assert first.ticks() != before


def test_each_chart_has_its_own_legend(show_all: Any) -> None:
    opened = show_all([line(), line(), bar()], size=ALL).ready(3)
    first, second, _ = places(opened)
    second.root.locator(".role-legend-label text").nth(1).hover()
    opened.tab.wait_for_timeout(250)
    assert first.opacities() == ["1", "1", "1"]
    assert second.opacities() == ["0.14", "1", "0.14"]
    second.root.locator(".role-legend-label text").nth(0).click()
    first.root.locator(".role-legend-label text").nth(2).click()
    opened.tab.mouse.move(1, 1)
    opened.tab.wait_for_timeout(250)
    assert first.opacities() == ["0.15", "0.15", "1"]
    assert second.opacities() == ["1", "0.15", "0.15"]


def test_the_keyboard_goes_from_chart_to_chart(show_all: Any) -> None:
    described = [
        page.Live(make(), CONFIGS, f"Chart {i}", f"Words on chart {i}.")
        for i, make in enumerate(TRIO)
    ]
    opened = show_all(described, size=ALL).ready(3)
    keys = opened.tab.keyboard
    told = """(() => { const e = document.activeElement; return [e.getAttribute('aria-label'),
        document.getElementById(e.getAttribute('aria-describedby'))?.textContent]; })()"""
    keys.press("Tab")
    assert opened.js(told) == ["Chart 0", "Words on chart 0."]
    keys.press("End")
    assert opened.card()[0] == ["Step", "490"]
    keys.press("Tab")  # its reset button is hidden, so the next chart is next
    assert opened.js(told) == ["Chart 1", "Words on chart 1."]
    assert opened.card() == []
    keys.press("ArrowRight")  # from its own first point
    assert opened.card()[0] == ["Step", "0"]
    assert opened.js("document.querySelector('.pk-spoken').textContent").startswith("Step: 0, ")
    keys.press("Tab")
    assert opened.js(told) == ["Chart 2", "Words on chart 2."]
    keys.press("Home")
    assert opened.card() == [["Label", "a"], ["Value", "3"]]
    assert opened.js("document.querySelectorAll('.pk-spoken').length") == 1
    assert [p.crosshair() for p in places(opened)] == [0, 0, 0]


@pytest.mark.parametrize("name", ["script", "img", "template", "constructor", "ls", "nul", "url"])
def test_hostile_text_in_each_of_many(show_all: Any, name: str) -> None:
    text = TEXTS[name]
    hostile = line((text, "b", "c"))
    hostile["encoding"]["tooltip"][2]["title"] = text
    hostile["encoding"]["x"]["title"] = text
    lives = [
        page.Live({**spec, "title": {"text": text, "subtitle": text}}, CONFIGS, text, text)
        for spec in (hostile, scatter(), bar([text, "other"], title=text))
    ]
    opened = show_all(lives, size=(1280, 1800)).ready(3)
    assert [p.message() for p in places(opened)] == [""] * 3
    labels = opened.js("[...document.querySelectorAll('.pk-words')].map(n => n.textContent)")
    assert labels == [text.replace("\x00", "\ufffd")] * 3
    for place in places(opened):
        place.hover(0.6, 0.6)
    places(opened)[2].root.locator(".mark-rect.role-mark path").nth(0).hover()
    assert opened.card()[0] == [text, text]
    assert opened.errors == []
    opened.harmless()


def test_one_failure_stays_in_its_place(show_all: Any) -> None:
    broken = {"mark": "point", "encoding": {"x": {"field": "x", "timeUnit": 3}}, "data": 7}
    opened = show_all([line(), broken, bar()], still="<svg width='9' height='9'></svg>", size=ALL)
    opened.ready(2)
    first, second, third = places(opened)
    second.root.locator(".pk-message").wait_for(state="visible")
    assert second.message().startswith("This chart could not be drawn: ")
    assert second.root.locator(".pk-still svg").count() == 1
    assert [first.message(), third.message()] == ["", ""]
    first.hover(0.6, 0.5)
    assert opened.card()[0][0] == "Step"


def test_an_expression_that_fails_later_is_its_charts_own(show_all: Any) -> None:
    failing = scatter()
    on = [{"events": "click", "update": "length(1)"}]
    failing["params"] = [{"name": "g", "value": 0, "on": on}]
    opened = show_all([line(), failing, bar()], size=ALL).ready(3)
    places(opened)[1].hover(0.5, 0.5)
    opened.tab.mouse.down()
    opened.tab.mouse.up()
    opened.tab.wait_for_timeout(200)
    assert [bool(p.message()) for p in places(opened)] == [False, True, False]


def test_inputs_of_one_chart_do_not_touch_another(show_all: Any) -> None:
    def sized() -> dict[str, Any]:
        made = scatter()
        made["mark"]["size"] = {"expr": "size"}
        bind = {"input": "range", "min": 10, "max": 200}
        made["params"] = [{"name": "size", "value": 50, "bind": bind}]
        return made

    opened = show_all([sized(), sized()], size=ALL).ready(2)
    path = ".mark-symbol.role-mark path", "n => n.getAttribute('d')"
    before = [p.all(*path)[0] for p in places(opened, 2)]
    places(opened)[1].root.locator("input").fill("180")
    opened.tab.wait_for_timeout(200)
    after = [p.all(*path)[0] for p in places(opened, 2)]
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_all_follow_the_reader_also_when_it_changes(show_all: Any) -> None:
    fixed = page.Live(bar(), CONFIGS, "Always light", theme="light")
    opened = show_all([line(), scatter(), fixed], size=ALL).ready(3)
    assert [p.background() for p in places(opened)] == [COLOURS["light"]] * 3
    opened.tab.emulate_media(color_scheme="dark")
    opened.tab.wait_for_timeout(600)
    assert opened.js(PAPER) == COLOURS["dark"]
    dark, light = COLOURS["dark"], COLOURS["light"]
    assert [p.background() for p in places(opened)] == [dark, dark, light]
    opened.tab.emulate_media(color_scheme="light")
    opened.tab.wait_for_timeout(600)
    assert [p.background() for p in places(opened)] == [light] * 3


@pytest.mark.parametrize("width", [320, 1600])
def test_many_charts_never_scroll_sideways(show_all: Any, width: int) -> None:
    words = "A title that is much too long to stand in one line of a telephone"
    long = "a_word/without/any/blank/that/is/wider/than/a/telephone/is/in/this/size"
    cjk = "実験十二の学習損失と検証損失の推移をまとめた図であり電話の画面では一行に収まらない"
    charts = [
        {**make(), "title": {"text": text, "subtitle": text}}
        for make, text in zip(TRIO, (words, long, cjk), strict=True)
    ]
    opened = show_all(charts, size=(width, 2400)).ready(3)
    assert opened.js("document.documentElement.scrollWidth") == width
    room = min(width - 32, 640)
    widths = [p.all(".pk-drawing svg", "n => n.getBoundingClientRect().width")[0]
              for p in places(opened)]  # fmt: skip
    assert widths == [room] * 3
    assert opened.js(
        """[...document.querySelectorAll('.pk-drawing svg text')].every(t => {
             const a = t.getBoundingClientRect(), b = t.ownerSVGElement.getBoundingClientRect();
             return a.width === 0 || (a.left >= b.left - 1 && a.right <= b.right + 1); })"""
    )


def test_charts_side_by_side_share_the_width(show_all: Any) -> None:
    opened = show_all([line(), bar()], around="<div style='width:300px'>{}</div>", size=ALL)
    opened.ready(2)
    for place in places(opened, 2):
        assert place.all(".pk-drawing svg", "n => n.getBoundingClientRect().width") == [300]


def test_far_charts_wait_until_the_reader_comes_near(show_all: Any) -> None:
    opened = show_all([line() for _ in range(12)], size=(1280, 600)).ready()
    opened.tab.wait_for_timeout(600)
    drawn = "[...document.querySelectorAll('.pk-chart')].map(r => !!r.querySelector('svg.marks'))"
    first = opened.js(drawn)
    assert first[0]
    assert not any(first[6:])
    height = opened.js("document.documentElement.scrollHeight")
    opened.js("scrollTo(0, document.documentElement.scrollHeight)")
    opened.until(f"{drawn}[11]")
    assert not all(opened.js(drawn))
    assert opened.js("document.documentElement.scrollHeight") <= height + 12 * 40
    opened.tab.locator(".pk-picture").nth(6).focus()
    opened.until(f"{drawn}[6]")


def test_the_page_is_painted_before_its_charts_are_drawn(visit: Any, bundle: str) -> None:
    # The engine's program is asked to note when it first draws, and when a whole frame of the page
    # is done: a timer that is set while a frame is made runs behind that frame.
    noting = (
        bundle
        + """
const whole = globalThis.plotkitEngine;
requestAnimationFrame(() => setTimeout(() => performance.mark("frame")));
globalThis.plotkitEngine = {embed(...a) { performance.mark("draws"); return whole.embed(...a); }};
"""
    )
    lives = [page.Live(line(), CONFIGS, str(i)) for i in range(3)]
    scripts, texts = page.scripts(lives, bundle=noting)
    body = "<h1>Words</h1>" + "".join(page.mount(live, i) for i, live in enumerate(lives))
    document = FRAME.format(
        policy=page.policy(texts), style=page.style(CONFIGS), body=body, scripts=scripts
    )
    opened = visit(document).ready(1)
    names = opened.js("performance.getEntriesByType('mark').map(mark => mark.name)")
    assert names[:2] == ["frame", "draws"]


def test_a_chart_that_is_not_shown_is_drawn_when_it_is(show_all: Any) -> None:
    around = "<details><summary>More</summary>{}</details>"
    opened = show_all([line(), bar()], around=around, size=ALL)
    opened.tab.wait_for_timeout(400)
    assert opened.js("document.querySelectorAll('svg.marks').length") == 0
    opened.tab.emulate_media(media="print")  # not on paper either
    opened.tab.emulate_media(media="screen")
    opened.tab.locator("summary").nth(1).click()
    opened.ready()
    assert opened.marks("rect") > 0
    assert [p.message() for p in places(opened, 2)] == ["", ""]


STILL = "<svg width='640' height='400' role='img'><rect width='9' height='9'/></svg>"


def test_a_still_picture_stands_until_the_live_one_does(show_all: Any) -> None:
    opened = show_all([line() for _ in range(8)], still=STILL, size=(1280, 600)).ready()
    opened.tab.wait_for_timeout(400)
    state = opened.js(
        "[...document.querySelectorAll('.pk-picture')]"
        ".map(n => [!!n.querySelector('.pk-still'), !!n.querySelector('svg.marks')])"
    )
    assert state[0] == [False, True]
    assert state[-1] == [True, False]
    assert opened.errors == []


def test_without_javascript_the_still_picture_or_a_sentence(show_all: Any, show: Any) -> None:
    off = {"java_script_enabled": False, "size": (320, 800)}
    opened = show_all([line(), bar()], still=STILL, **off)
    assert opened.tab.locator(".pk-still svg").count() == 2
    assert opened.tab.locator(".pk-still svg").first.bounding_box()["width"] == 288
    assert opened.tab.locator("noscript").count() == 0
    alone = show(line(), **off)
    assert "JavaScript" in alone.tab.locator(".pk-message:visible").inner_text()


def paper_of(opened: Opened, path: Path) -> list[Any]:
    """The pages that the browser prints, as pictures."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is missing")
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is missing")
    opened.tab.pdf(path=str(path), print_background=True)
    subprocess.run(["pdftoppm", "-r", "30", "-png", path, path.with_suffix("")], check=True)
    pages = sorted(path.parent.glob(f"{path.stem}-*.png"))
    return [image.open(found).convert("RGB") for found in pages]


def test_every_chart_is_printed_and_all_are_light(show_all: Any, tmp_path: Path) -> None:
    charts = [chart("bar", {}, [{"a": 1}], height=300, width=600) for _ in range(14)]
    for i, spec in enumerate(charts):
        spec["mark"] = {"type": "bar", "aria": False, "color": "#ff0000" if i % 2 else "#0000ff"}
    opened = show_all(charts, scheme="dark", size=(1280, 600)).ready()
    opened.tab.wait_for_timeout(300)
    assert opened.js("document.querySelectorAll('svg.marks').length") < 8
    pages = paper_of(opened, tmp_path / "paper.pdf")
    colours: Counter[tuple[int, int, int]] = Counter()
    for shown in pages:
        pixels = shown.width * shown.height
        inked = Counter({colour: count for count, colour in shown.getcolors(pixels)})
        assert inked[(20, 23, 26)] == 0  # nothing of the dark paper
        colours += inked
    one = colours[(255, 0, 0)] / 7
    assert one > 1_000  # px of one mark at 30 dpi
    assert abs(colours[(0, 0, 255)] - colours[(255, 0, 0)]) < 0.05 * colours[(255, 0, 0)]
    opened.tab.wait_for_timeout(800)
    backgrounds = opened.js(
        "[...document.querySelectorAll('.pk-drawing svg')].map(n => n.style.backgroundColor)"
    )
    assert backgrounds == [COLOURS["dark"]] * 14  # back on the screen


# -- the reader's language ------------------------------------------------------------------------


def located(decimal: str, thousands: str, month: str) -> dict[str, Any]:
    number = {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}
    days = [f"day {i}" for i in range(7)]
    months = [f"{month} {i}" for i in range(12)]
    time = {
        "dateTime": "%x", "date": "%d.%m.%Y", "time": "%H:%M", "periods": ["AM", "PM"],
        "days": days, "shortDays": days, "months": months, "shortMonths": months,
    }  # fmt: skip
    return {
        name: {**found, "locale": {"number": number, "time": time}}
        for name, found in CONFIGS.items()
    }


def test_numbers_and_times_stand_in_the_charts_own_locale(show_all: Any) -> None:
    def dated() -> dict[str, Any]:
        made = line(("a",))
        day = 1_704_067_200_000  # 2024-01-01T00:00Z
        made["data"]["values"] = [
            {"x": day + i * 30 * 86_400_000, "y": i * 1234.5, "color": "a"} for i in range(6)
        ]
        made["encoding"]["x"].update(
            type="temporal", scale={"type": "utc"}, axis={"format": "%B", "tickCount": "month"}
        )
        made["encoding"]["y"]["axis"] = {"format": ",.1f"}
        made["encoding"]["tooltip"] = [
            field("x", "Day", "temporal", format="%d %B"), field("y", "Loss", format=",.2f"),
        ]  # fmt: skip
        return made

    lives = [
        page.Live(dated(), located(",", ".", "Monat")),
        page.Live(dated(), CONFIGS),
        page.Live(dated(), located(";", "'", "mois")),
    ]
    opened = show_all(lives, size=ALL).ready(3)
    seen = [set(p.ticks()) for p in places(opened)]
    assert {"Monat 0", "2.000,0"} <= seen[0]
    assert {"January", "2,000.0"} <= seen[1]
    assert {"mois 0", "2'000;0"} <= seen[2]
    told = []
    for place in places(opened):
        place.root.locator(".pk-picture").focus()
        opened.tab.keyboard.press("Home")
        opened.tab.keyboard.press("ArrowRight")
        told.append(opened.card())
    assert told[0] == [["Day", "31 Monat 0"], ["Loss", "1.234,50"]]
    assert told[1] == [["Day", "31 January"], ["Loss", "1,234.50"]]
    assert told[2] == [["Day", "31 mois 0"], ["Loss", "1'234;50"]]


def test_the_page_speaks_the_words_it_is_given(show: Any) -> None:
    words = {"zoom_by_scroll": "Rollen {0} <b>", "reset_zoom": "Zurück <i>"}
    opened = show(scatter(), words=words, language="de").ready()
    assert opened.js("document.documentElement.lang") == "de"
    assert opened.tab.locator(".pk-hint").text_content() == "Rollen {0} <b>"
    assert opened.tab.locator(".pk-reset").text_content() == "Zurück <i>"


# -- the live chart and the file ------------------------------------------------------------------


def real_charts() -> dict[str, Callable[[], Any]]:
    def curves() -> Any:
        rows = [
            {"step": i, "loss": math.exp(-i / 60) + j * 0.2 + math.sin(i * (j + 1)) / 40, "run": r}
            for j, r in enumerate(("one", "two", "three"))
            for i in range(200)
        ]
        return plotkit.line(rows, x="step", y="loss", stroke="run", title="Training loss")

    def bars() -> Any:
        rows = [
            {"k": k, "n": n} for k, n in zip(("alpha", "beta", "gamma"), (3, 7, 2), strict=True)
        ]
        return plotkit.bar(rows, label="k", value="n", title="Counts")

    def points() -> Any:
        rows = [{"a": math.sin(i * 7), "b": math.cos(i * i)} for i in range(300)]
        return plotkit.scatter(rows, x="a", y="b", title="Points")

    truth = [i * i % 3 for i in range(300)]

    def matrix() -> Any:
        guess = [t if i % 5 else (t + 1) % 3 for i, t in enumerate(truth)]
        return plotkit.confusion_matrix(
            y_true=truth, preds=guess, class_names=["cat", "dog", "owl"], title="Confusion"
        )

    def roc() -> Any:
        scores = [0.5 + 0.3 * (t > 0) * math.sin(i) + 0.2 * math.cos(i * 3)
                  for i, t in enumerate(truth)]  # fmt: skip
        return plotkit.roc_curve(
            [int(t > 0) for t in truth], [[1 - s, s] for s in scores], labels=["no", "yes"]
        )

    return {"line": curves, "bar": bars, "scatter": points, "matrix": matrix, "roc": roc}


def blocks(picture: Any, shift: int, size: tuple[int, int]) -> Any:
    """The picture in means of 8 x 8 px: what another rasteriser does at edges is gone."""
    import numpy as np

    width, height = (side // 8 * 8 for side in size)
    shown = np.asarray(picture.crop((shift, 0, shift + width, height)), dtype=float)
    return shown.reshape(height // 8, 8, width // 8, 8, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", real_charts())
def test_the_live_chart_agrees_with_the_png(visit: Any, name: str, theme: str) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is missing")
    made = real_charts()[name]()
    opened = visit(made.to_html(theme=theme), device_scale_factor=2, size=(1280, 900)).ready()
    shot = opened.tab.locator(".pk-drawing svg").screenshot()
    live = image.open(io.BytesIO(shot)).convert("RGB")
    file = image.open(io.BytesIO(made.to_png(theme=theme, scale=2))).convert("RGB")
    # The two measure text alike but for fractions of a px, which may be rounded to another whole
    # px: the plot then stands 1 CSS px (2 px here) further to one side.
    assert live.height == file.height
    assert abs(live.width - file.width) <= 2
    extra = live.width - file.width
    size = min(live.width, file.width), live.height
    apart = abs(blocks(live, max(extra, 0), size) - blocks(file, max(-extra, 0), size))
    assert apart.mean() < 1.0  # of 255
    assert apart.max() < 40
    # Something is there to agree on.
    assert abs(blocks(live, 0, size) - blocks(live, 0, size)[0, 0]).max() > 60
    assert opened.errors == []
    opened.harmless()


# -- the interpreter ----------------------------------------------------------------------------

EXPRESSIONS = [
    ("1 + 2 * 3 % 4 - 6 / 3", 1), ("'a' + 1", "a1"), ("5 > 4 && 4 >= 4 || false", True),
    ("(7 & 3) | (1 << 4) ^ 2", 19), ("-8 >>> 28", 15), ("~5", -6), ("!0 ? 'y' : 'n'", "y"),
    ("if(1 == '1', 2, 3)", 2), ("1 === '1'", False), ("clamp(12, 0, 10)", 10),
    ("length([1,2,3])", 3), ("join(reverse(split('a,b,c', ',')), '')", "cba"),
    ("indexof('hello', 'l')", 2), ("lastindexof([1,2,1], 1)", 2), ("slice('hello', 1, 3)", "el"),
    ("upper(trim(' a '))", "A"), ("replace('a-b', '-', '+')", "a+b"), ("{a: {b: [4]}}.a.b[0]", 4),
    ("{a: 1}['a']", 1), ("test(regexp('^a', 'i'), 'Abc')", True), ("isValid(null)", False),
    ("utcyear(utc(2024, 1, 29))", 2024), ("utcmonth(datetime(0))", 0),
    ("format(1234.5, ',.1f')", "1,234.5"),
    ("utcFormat(0, '%Y-%m-%d')", "1970-01-01"), ("round(PI * 100)", 314), ("max(1, 3, 2)", 3),
    ("sort([3,1,2])[0]", 1), ("toString(5)", "5"), ("inrange(3, [1, 5])", True),
    ("datetime(2024, 0, 31) - datetime(2024, 0, 30)", 86_400_000), ("parseInt('12px')", 12),
    ("merge({a: 1}, {b: 2}).b", 2), ("span([2, 9])", 7), ("luminance('white')", 1),
]  # fmt: skip


def test_expressions_mean_what_they_mean_in_vega(show: Any) -> None:
    params = [
        {"name": f"e{i}", "expr": expression} for i, (expression, _) in enumerate(EXPRESSIONS)
    ]
    names = "[" + ",".join(param["name"] for param in params) + "]"
    spec = chart(
        {"type": "point", "filled": True, "size": 9000, "aria": False,
         "tooltip": {"expr": f"{{all: {names}}}"}},
        {}, [{"a": 1}], params=params,
    )  # fmt: skip
    opened = show(spec).ready()
    opened.tab.locator(".mark-symbol.role-mark path").first.hover()
    values = opened.js("document.querySelector('.mark-symbol.role-mark path').__data__.tooltip.all")
    assert dict(zip([e for e, _ in EXPRESSIONS], values, strict=True)) == dict(EXPRESSIONS)
    opened.harmless()
