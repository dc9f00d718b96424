"""`plotkit serve` in a real browser: pages that keep up with a run while it trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_runs_serving import Server

import plotkit as pk

pytestmark = pytest.mark.browser
pytest.importorskip("uvicorn")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.close()


@pytest.fixture
def visit(browser: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Opens a path of the server; nobody else may be asked, and nothing complained about."""
    opened: list[tuple[Any, list[str]]] = []

    def visit(path: str, width: int = 1280, gone: bool = False, **context: Any) -> Any:
        made = browser.new_context(viewport={"width": width, "height": 900}, **context)
        page, said = made.new_page(), []
        excused = "ERR_CONNECTION_REFUSED" if gone else "nothing is"
        page.on(
            "console",
            lambda m: said.append(m.text) if m.type == "error" and excused not in m.text else None,
        )
        page.on("pageerror", lambda error: said.append(str(error)))
        own = f"http://127.0.0.1:{server.port}/"
        page.on(
            "request",
            lambda r: None if r.url.startswith((own, "data:", "blob:")) else said.append(r.url),
        )
        opened.append((made, said))
        page.goto(f"{own}{path}?token={server.token}")
        assert "token" not in page.url
        return page

    yield visit
    for context, said in opened:
        assert said == []
        context.close()


def log(run: pk.Run, steps: range) -> None:
    rng = np.random.default_rng(0)
    for step in steps:
        run.log({"loss": 1 / (step + 1), "noise": float(rng.normal())})


def until(page: Any, condition: str, *given: Any, seconds: float = 30) -> None:
    """Wait for a condition; the page's policy lets nothing be evaluated inside it."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition, *given):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(100)


def picture(page: Any) -> str:
    shown: str = page.locator("figure.served img").first.evaluate("img => img.currentSrc")
    return shown


def test_a_page_keeps_up_with_its_run(visit: Any, tmp_path: Path) -> None:
    run = pk.init(project="live", id="now", dir=tmp_path)
    try:
        log(run, range(10))
        run.log({"shots": pk.Image(np.zeros((8, 8), dtype=np.uint8))})
        run.log({"shots": pk.Image(np.full((8, 8), 90, dtype=np.uint8))})
        page = visit("live/now/")
        until(page, "document.querySelectorAll('figure.served img').length >= 1")
        until(page, "document.querySelector('figure.served img').naturalWidth > 100")
        page.wait_for_selector(".served-state[data-live=yes]")
        assert "Live" in page.locator(".served-state").inner_text()
        before = picture(page)

        # The reader looks at an earlier step while the run goes on.
        slider = page.locator(".pk-media input[type=range]").first
        slider.focus()
        page.keyboard.press("ArrowLeft")
        assert "Step 10" in page.locator(".pk-media").first.inner_text()
        run.log({"shots": pk.Image(np.full((8, 8), 200, dtype=np.uint8)), "fresh": 1.0})
        log(run, range(13, 20))
        run.log({"fresh": 2.0})
        until(page, "document.querySelector('main').innerText.includes('fresh')")
        until(page, "old => document.querySelector('figure.served img').currentSrc !== old", before)
        assert "Step 10" in page.locator(".pk-media").first.inner_text()
    finally:
        run.finish()
    page.wait_for_selector(".served-state[data-live=no]", timeout=30_000)
    until(page, "document.querySelector('header').innerText.includes('Finished')")


def test_runs_are_ticked_and_compared(visit: Any, tmp_path: Path) -> None:
    for number in range(2):
        with pk.init(project="p", id=f"r{number}", dir=tmp_path, config={"lr": number}) as run:
            log(run, range(20))
    page = visit("")
    for box in page.locator("input[name=run]").all():
        box.check()
    page.wait_for_timeout(5000)  # the list is renewed; what is ticked stays
    assert page.locator("input[name=run]:checked").count() == 2
    page.get_by_role("button", name="Compare").click()
    until(page, "document.querySelector('figure.served img')?.naturalWidth > 100")
    assert "2 runs of p" in page.locator("h1").inner_text()
    page.get_by_role("link", name="All runs").click()
    page.wait_for_selector(".served-list")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_in_both_themes(visit: Any, tmp_path: Path, scheme: str, width: int) -> None:
    with pk.init(project="p", id="r", name="A name " * 12, dir=tmp_path) as run:
        log(run, range(30))
        run.log({"weights": pk.Histogram(np.arange(100.0))})
    for path in ("", "p/r/"):
        page = visit(path, width, color_scheme=scheme)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
    until(page, "document.querySelector('figure.served img').naturalWidth > 100")
    assert f"theme={scheme}" in picture(page)


def test_a_chart_opens_with_tooltips(visit: Any, tmp_path: Path) -> None:
    with pk.init(project="p", id="r", dir=tmp_path) as run:
        log(run, range(30))
    page = visit("p/r/")
    with page.context.expect_page() as opened:
        page.locator("figure.served a").first.click()
    opened.value.wait_for_selector(".pk-chart svg, svg.marks")
    assert opened.value.url.endswith("figure/0.html")


def test_the_end_of_the_server_is_said(visit: Any, server: Server, tmp_path: Path) -> None:
    run = pk.init(project="p", id="r", dir=tmp_path)
    log(run, range(3))
    page = visit("p/r/", gone=True)
    page.wait_for_selector(".served-state[data-live=yes]")
    server.process.terminate()
    until(page, "document.querySelector('.served-state').innerText.includes('has ended')")
    run.finish()
    page.goto("about:blank")
