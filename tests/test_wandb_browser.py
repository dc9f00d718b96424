"""The pages of W&B-form presets in a real browser: they draw, and they answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wandb_cases import CASES, PRESETS, content

import plotkit as pk
from plotkit.preset import Preset

pytestmark = pytest.mark.browser


def opened(browser: Any, folder: Path, name: str) -> Any:
    columns = CASES[name].columns(("adam", "lion", "sgd"))
    chart = pk.plot_table(Preset(content(name)), columns, {role: role for role in columns})
    tab = browser.new_page(viewport={"width": 900, "height": 700})
    tab.goto(chart.save(folder / f"{name}.html").as_uri())
    tab.wait_for_selector(".pk-picture svg, .pk-message:not([hidden])")
    return tab


@pytest.mark.parametrize("name", PRESETS)
def test_every_page_draws(browser: Any, tmp_path: Path, name: str) -> None:
    tab = opened(browser, tmp_path, name)
    assert tab.inner_text(".pk-message") == ""
    assert tab.locator(".pk-picture svg .role-mark path").count() > 2


def test_a_control_of_a_vega_spec_is_live(browser: Any, tmp_path: Path) -> None:
    tab = opened(browser, tmp_path, "confusion_matrix_vega")
    assert "%" not in tab.inner_html(".pk-picture")
    tab.click(".pk-inputs input")
    tab.wait_for_function("document.querySelector('.pk-picture').innerHTML.includes('%')")


def test_the_point_nearest_to_the_pointer_tells_its_column(browser: Any, tmp_path: Path) -> None:
    tab = opened(browser, tmp_path, "line_hover")
    for step in range(3):
        tab.mouse.move(400 + step, 300)
        tab.wait_for_timeout(100)
    told = tab.inner_text(".pk-card")
    assert "series" in told
    assert any(name in told for name in ("adam", "lion", "sgd"))
