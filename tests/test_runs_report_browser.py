"""The report of a run in a real browser: everything fits, opens and answers, in both themes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plotkit as pk
from plotkit.runs.report import report

pytestmark = pytest.mark.browser

LONG = "a_setting_whose_name_goes_on_and_on_" * 3


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run with one of everything, as a live page and as one of pictures."""
    root = tmp_path_factory.mktemp("runs")
    config = {"lr": 0.1, LONG: "x" * 300, "layers": list(range(40))}
    with pk.init(project="p", name="digits", id="a", dir=root, config=config) as run:
        run.define_metric("val_loss", summary="min")
        for step in range(12):
            row: dict[str, Any] = {
                "loss": 1 / (step + 1), "val_loss": 2 / (step + 1), "lr": 0.1 ** (step + 1),
                f"net/{LONG}": float(step % 5), "epoch": step // 4, "weird": float(step) * 1e12,
            }  # fmt: skip
            if step % 4 == 3:
                row["weights"] = pk.Histogram(np.arange(step, step + 30.0))
                row["picture"] = [
                    pk.Image(np.full((8, 8), 60 * at, dtype="uint8"), caption=f"step {step}")
                    for at in range(3)
                ]
                row["curve"] = pk.bar({"k": ["a", "b"], "v": [step, 2]}, "k", "v", title="Curve")
                row["said"] = "a sentence that was generated " * 12
            run.log(row)
    made = report(run)
    folder = tmp_path_factory.mktemp("pages")
    found = {
        "live": made.save(folder / "live.html", interactive=True),
        "still": made.save(folder / "still.html"),
    }
    assert made.failures == ()
    return found


def opened(browser: Any, path: Path, width: int, scheme: str) -> tuple[Any, list[str]]:
    made = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, said = made.new_page(), []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda r: said.append(r.url) if r.url.startswith("http") else None)
    page.goto(path.as_uri())
    return page, said


def scroll(page: Any) -> None:
    """Scroll through, so that every live chart is drawn."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for at in range(0, height, 500):
        page.evaluate(f"window.scrollTo(0, {at})")
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)


@pytest.mark.parametrize("kind", ["live", "still"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_also_when_opened(
    browser: Any, pages: dict[str, Path], kind: str, width: int, scheme: str
) -> None:
    page, said = opened(browser, pages[kind], width, scheme)
    assert page.evaluate("document.querySelectorAll('details[open]').length") == 0
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    scroll(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # One picture of each chart is to be seen, and none lies over another.
    seen = page.evaluate(
        """() => [...document.querySelectorAll('figure[id^=figure]')].map(figure =>
            [...figure.querySelectorAll('svg, img')].filter(one =>
                one.getBoundingClientRect().width > 100 && !one.matches('.pk-overlay')).length)"""
    )
    assert seen
    assert set(seen) == {1}
    overlaps = page.evaluate(
        """() => {
            const all = [...document.querySelectorAll('figure')];
            const boxes = all.map(one => one.getBoundingClientRect());
            return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right - 1 &&
                b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
        }"""
    )
    assert not overlaps
    assert said == []
    page.context.close()


def test_the_summary_has_a_line_for_each_metric(browser: Any, pages: dict[str, Path]) -> None:
    page, said = opened(browser, pages["still"], 1280, "dark")
    lines = page.evaluate(
        """() => [...document.querySelectorAll('td.drawn svg')].map(svg => {
            const box = svg.getBoundingClientRect();
            return [box.width > 40 && box.height > 10, getComputedStyle(svg).color]; })"""
    )
    assert len(lines) == 6
    assert all(is_seen for is_seen, _ in lines)
    accent = page.evaluate(
        """() => { const e = document.createElement('i'); e.style.color = 'var(--pk-accent)';
            document.body.append(e); return getComputedStyle(e).color; }"""
    )
    assert {colour for _, colour in lines} == {accent}
    assert said == []
    page.context.close()


def test_a_fold_opens_by_key_and_its_charts_are_drawn(browser: Any, pages: dict[str, Path]) -> None:
    page, said = opened(browser, pages["live"], 1280, "light")
    fold = page.locator("details", has_text="Against epoch").first
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.evaluate("one => one.open")
    fold.locator(".pk-drawing svg").first.wait_for(timeout=10_000)
    assert said == []
    page.context.close()


def test_the_step_slider_shows_earlier_steps(browser: Any, pages: dict[str, Path]) -> None:
    page, said = opened(browser, pages["live"], 1280, "light")
    panel = page.locator(".pk-media", has_text="picture").first
    assert "step 11" in panel.inner_text()
    panel.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowLeft")
    panel.get_by_text("step 7", exact=False).first.wait_for(timeout=5000)
    assert said == []
    page.context.close()


def test_contents_lead_to_their_sections(browser: Any, pages: dict[str, Path]) -> None:
    page, said = opened(browser, pages["still"], 1280, "light")
    page.click("nav >> text=Histograms")
    top = page.evaluate("document.getElementById('histograms').getBoundingClientRect().top")
    assert abs(top) < 80
    assert said == []
    page.context.close()
