"""Preset files of every older format still draw."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

import plotkit as pk
from plotkit import presets, upgrade

FORMATS = Path(__file__).parent / "formats"


@pytest.mark.parametrize("number", range(upgrade.CURRENT))
def test_each_older_format_has_a_file_that_draws(number: int) -> None:
    path = FORMATS / f"{number}.json"
    content = json.loads(path.read_text("utf-8"))
    before = copy.deepcopy(content)
    made = upgrade.to_current(content, str(path))
    assert content == before  # a pure function
    assert made["usermeta"]["plotkit"]["format"] == upgrade.CURRENT
    assert upgrade.to_current(made, str(path)) is made
    assert presets.validate(path) == []
    fields = {"step": "a", "loss": "b", "run": "c"}
    rows = {"a": [0, 1], "b": [1, 2], "c": ["p", "p"]}
    chart = pk.plot_table(str(path), rows, fields, {"title": "T"})
    assert chart.spec["title"] == "T"
    assert chart.to_svg().startswith("<svg")


def test_format_0_is_written_out() -> None:
    found = presets.get(FORMATS / "0.json")
    assert {name: role.types for name, role in found.roles.items()} == {
        "step": ("number",),
        "loss": ("number",),
        "run": ("text",),
    }
    assert found.strings["x-axis-title"].at == ("/encoding/x/title",)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            99,
            "preset 'dict' at /usermeta/plotkit/format: found 99; expected a format from 0 to 1; "
            "it was written by a newer plotkit.",
        ),
        (
            "1",
            "preset 'dict' at /usermeta/plotkit/format: found '1'; expected a format from 0 to 1.",
        ),
        (
            True,
            "preset 'dict' at /usermeta/plotkit/format: found True; expected a format from 0 to 1.",
        ),
    ],
)
def test_unknown_formats(found: object, message: str) -> None:
    with pytest.raises(pk.errors.PresetError) as raised:
        pk.Preset({"mark": "bar", "usermeta": {"plotkit": {"format": found, "roles": {}}}})
    assert str(raised.value) == message
