"""The HTML page in a real browser: it draws, it answers, and nothing hostile runs or leaves.

Needs Chromium (``apt-get install chromium``, or CHROMIUM=/path) and the ``playwright`` package.
"""

from __future__ import annotations

import copy
import math
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plotkit.render import page

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="the playwright package is missing")
vl_convert = pytest.importorskip("vl_convert")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


class Opened:
    """A page open in the browser, with what it tried to do."""

    def __init__(self, tab: Any, path: Path) -> None:
        self.tab = tab
        self.requests: list[str] = []
        self.errors: list[str] = []
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

    def ready(self) -> Opened:
        self.tab.wait_for_selector("#chart svg.marks", timeout=8_000)
        self.tab.wait_for_timeout(150)
        return self

    def js(self, code: str) -> Any:
        return self.tab.evaluate(code)

    def box(self, selector: str = ".drawing svg") -> dict[str, float]:
        found: dict[str, float] = self.tab.locator(selector).first.bounding_box()
        return found

    def hover(self, fx: float, fy: float) -> None:
        box = self.box()
        self.tab.mouse.move(box["x"] + box["width"] * fx, box["y"] + box["height"] * fy)

    def card(self) -> list[list[str]]:
        rows: list[list[str]] = self.js(
            "[...document.querySelectorAll('#card:not([hidden]) tr')]"
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
def show(browser: Any, bundle: str, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    contexts: list[Any] = []

    def run(
        spec: dict[str, Any],
        *,
        size: tuple[int, int] = (1280, 800),
        scheme: str = "light",
        touch: bool = False,
        **options: Any,
    ) -> Opened:
        arguments: dict[str, Any] = {
            "configs": CONFIGS, "theme": None, "title": "Title", "notes": [], "fonts_css": "",
            **options,
        }  # fmt: skip
        path = tmp_path / f"{len(contexts)}.html"
        path.write_bytes(page.html(spec, bundle=bundle, **arguments).encode())
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, has_touch=touch,
            timezone_id="America/Los_Angeles",
        )  # fmt: skip
        contexts.append(context)
        return Opened(context.new_page(), path)

    yield run
    for context in contexts:
        context.close()


# -- it draws and answers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "kind", "count"), [(line(), "line", 3), (scatter(), "symbol", 60), (bar(), "rect", 3)]
)
def test_draws_without_any_request(show: Any, spec: Any, kind: str, count: int) -> None:
    opened = show(spec).ready()
    assert opened.js("document.querySelector('#message').hidden")
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
        """[...document.querySelectorAll('.drawing svg text')].every(t => {
             const a = t.getBoundingClientRect();
             const b = document.querySelector('.drawing svg').getBoundingClientRect();
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


def test_crosshair_lists_every_line_and_stays_inside(show: Any) -> None:
    opened = show(line()).ready()
    assert opened.card() == []
    opened.hover(0.6, 0.5)
    rows = opened.card()
    assert rows[0][0] == "Step"
    assert sorted(row[0] for row in rows[1:]) == ["one", "three", "two"]
    assert len(opened.js("[...document.querySelectorAll('#overlay circle')].map(c => 1)")) == 3
    assert opened.js("document.querySelectorAll('#overlay line').length") == 1
    step = int(rows[0][1].replace(",", "")) // 10
    expected = {
        n: f"{math.sin(step / 8 + j) + j:.3f}" for j, n in enumerate(("one", "two", "three"))
    }
    assert {row[0]: row[1].replace("−", "-") for row in rows[1:]} == expected
    for fx, fy in ((0.98, 0.9), (0.1, 0.2), (0.98, 0.2)):
        opened.hover(fx, fy)
        if opened.card():
            box = opened.box("#card")
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
    assert opened.js("document.querySelector('#spoken').textContent").startswith("Step: 10, ")
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
    assert opened.js("getComputedStyle(document.querySelector('#reset')).visibility") == "hidden"
    opened.hover(0.5, 0.5)
    opened.tab.mouse.wheel(0, -400)
    opened.tab.wait_for_timeout(300)
    assert ticks(opened) != before
    opened.tab.locator("#reset").click()
    opened.tab.wait_for_timeout(300)
    assert ticks(opened) == before
    assert opened.js("getComputedStyle(document.querySelector('#reset')).visibility") == "hidden"


def test_choices_outlive_a_change_of_theme(show: Any) -> None:
    size = {"name": "size", "value": 40, "bind": {"input": "range", "min": 10, "max": 90}}
    spec = scatter()
    spec["params"] = [ZOOM, size]
    opened = show(spec).ready()
    opened.hover(0.5, 0.5)
    opened.tab.mouse.wheel(0, -400)
    opened.tab.locator("#inputs input").fill("70")
    opened.tab.wait_for_timeout(300)
    zoomed = ticks(opened)
    opened.tab.emulate_media(color_scheme="dark")
    opened.tab.wait_for_timeout(500)
    assert opened.js(DRAWN) == "rgb(20, 23, 26)"
    assert ticks(opened) == zoomed
    assert opened.tab.locator("#inputs input").input_value() == "70"


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
    opened.tab.locator("#inputs input[type=range]").fill("180")
    opened.tab.locator("#inputs input[type=checkbox]").check()
    opened.tab.wait_for_timeout(200)
    assert opened.js(f"{path}.getAttribute('d')") != before
    assert opened.js(f"getComputedStyle({path}).opacity") == "0.5"
    assert opened.js("document.querySelectorAll('#inputs select, #inputs input').length") == 7


# -- themes and paper ---------------------------------------------------------------------------

PAPER = "getComputedStyle(document.body).backgroundColor"
DRAWN = "document.querySelector('.drawing svg').style.backgroundColor"
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
    opened.tab.wait_for_selector("#message:not([hidden])", timeout=10_000)
    words = opened.tab.locator("#message").text_content()
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
    assert opened.js("document.querySelector('#message').hidden")
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
        opened.tab.wait_for_selector("#message:not([hidden])")
        opened.harmless()
        return
    opened.ready()
    opened.hover(0.5, 0.5)
    first = opened.tab.locator(".role-mark > *").first
    if first.count():
        first.hover(force=True)
        first.click(force=True)
    for node in opened.tab.locator("#inputs input, #inputs select").all():
        node.focus()
    opened.tab.wait_for_timeout(150)
    drawn = opened.js("document.querySelectorAll('.role-mark > *').length")
    expected = 1 if name == "image column" else 0 if name in {"data url", "file"} else 60
    assert drawn == expected
    if expected == 0:
        assert "data outside this file" in opened.tab.locator("#message").text_content()
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
