"""Reports in a real browser: nothing is asked for, nothing runs, everything fits and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit.report import plan

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent
SHOWN = (
    "[...document.querySelectorAll('.canvas')].filter(c => c.offsetHeight).map(c => c.className)"
)
HOSTILE = (
    "</script><script>window.hurt=1</script><img src=x onerror='window.hurt=1'>"
    "<!-- <svg onload=window.hurt=1> javascript:window.hurt=1"
)


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a file; at the end nothing may have been complained about, asked for, or run."""
    opened: list[tuple[Any, list[str]]] = []

    def visit(path: Path, width: int = 1280, **context: Any) -> Any:
        made = browser.new_context(viewport={"width": width, "height": 900}, **context)
        page, said = made.new_page(), []
        page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        neighbours = path.parent.as_uri()
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((neighbours, "data:", "about:"))
                else said.append(request.url)
            ),
        )
        opened.append((made, said))
        page.goto(path.as_uri())
        return page

    yield visit
    for context, said in opened:
        assert [page.evaluate("window.hurt") for page in context.pages] == [None]
        assert said == []
        context.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The gallery's report in every form that a browser opens."""
    folder = tmp_path_factory.mktemp("reports")
    report = plan.load(ROOT / "gallery" / "digits" / "report.toml").report
    return {
        "static": report.save(folder / "static.html"),
        "live": report.save(folder / "live.html", interactive=True),
        "folder": report.save(folder / "folder", formats=("svg",)) / "index.html",
    }


def wait_for_charts(page: Any) -> None:
    """Scroll through, so that every live chart is drawn."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for at in range(0, height, 500):
        page.evaluate(f"window.scrollTo(0, {at})")
        page.wait_for_timeout(60)
    page.wait_for_timeout(300)


@pytest.mark.parametrize("kind", ["static", "live", "folder"])
@pytest.mark.parametrize("width", [320, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits(
    reports: dict[str, Path], visit: Any, kind: str, width: int, scheme: str
) -> None:
    page = visit(reports[kind], width, color_scheme=scheme)
    if kind == "live":
        wait_for_charts(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 26)")
    # One picture of each chart is to be seen, in the reader's own theme.
    seen = page.evaluate(
        """() => [...document.querySelectorAll('figure[id^=figure]')].map(figure =>
            [...figure.querySelectorAll('svg, img')].filter(one =>
                one.getBoundingClientRect().width > 100 && !one.matches('.pk-overlay')).length)"""
    )
    assert seen == [1] * 6, seen


def test_contents_lead_to_their_sections(reports: dict[str, Path], visit: Any) -> None:
    page = visit(reports["static"])
    page.click("nav >> text=How sure it is")
    assert (
        abs(page.evaluate("document.getElementById('how-sure-it-is').getBoundingClientRect().top"))
        < 60
    )


def test_paper_is_light_and_whole(reports: dict[str, Path], visit: Any) -> None:
    page = visit(reports["static"], color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    shown = page.evaluate(SHOWN)
    assert shown == ["canvas light"] * 6
    assert page.pdf().startswith(b"%PDF")


def test_the_theme_changes_with_the_reader(reports: dict[str, Path], visit: Any) -> None:
    page = visit(reports["static"], color_scheme="light")
    page.emulate_media(color_scheme="dark")
    shown = page.evaluate(SHOWN)
    assert shown == ["canvas dark"] * 6


def test_a_reader_without_javascript_sees_every_chart(
    reports: dict[str, Path], browser: Any
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["live"].as_uri())
    boxes = [one.bounding_box() for one in page.query_selector_all(".canvas.light > svg")]
    assert len(boxes) == 6 and all(box and box["width"] > 200 for box in boxes)
    context.close()


def test_live_charts_answer(reports: dict[str, Path], visit: Any) -> None:
    page = visit(reports["live"], 1280, color_scheme="light")
    wait_for_charts(page)
    figure = page.query_selector("#figure-5 .live")
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    card = page.query_selector(".pk-card")
    for share in range(95, 5, -2):  # along the bars, close to their feet
        page.mouse.move(box["x"] + box["width"] * share / 100, box["y"] + box["height"] * 0.7)
        page.wait_for_timeout(20)
        if card.is_visible():
            break
    assert "count" in card.inner_text()


def test_hostile_text(tmp_path: Path, visit: Any) -> None:
    table = pk.Table({"x": [0, 1], HOSTILE: [1, 2], "kind": [HOSTILE, "b"]})

    def fails() -> pk.Chart:
        raise ValueError(HOSTILE)

    report = pk.Report(HOSTILE, HOSTILE).add(
        f"## {HOSTILE}\n\n{HOSTILE}\n\n[click](javascript:window.hurt=1)",
        pk.figure(
            pk.scatter(table, "x", HOSTILE, color="kind", title=HOSTILE),
            caption=HOSTILE,
            alt=HOSTILE,
        ),
        fails,
        table,
    )
    for target in ("static.html", "live.html"):
        page = visit(report.save(tmp_path / target, interactive=target == "live.html"))
        wait_for_charts(page)
        assert page.inner_text("h1") == " ".join(HOSTILE.split())
    visit(report.save(tmp_path / "out") / "index.html")
