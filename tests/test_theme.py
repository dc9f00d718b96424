"""Dressing a spec, whatever its parts are; titles keep to their room."""

from __future__ import annotations

import json
from typing import Any

import pytest

import plotkit as pk
from plotkit import theme

TITLE = {"text": "A title of a few words " * 9}
SPEC: dict[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "title": TITLE,
    "data": {"values": [{"a": "p", "b": 1}, {"a": "q", "b": 2}]},
    "mark": "bar",
    "encoding": {
        "x": {"field": "a", "type": "nominal"},
        "y": {"field": "b", "type": "quantitative"},
    },
}
TABLE = {"a": ["p", "q"], "b": [1, 2]}
ODD: list[Any] = [
    None, True, 5, -1.5, 10**400, 1e308, "pad", "", [], [None], [5], {}, {"step": "x"},
    {"step": None}, {"step": 10**400}, {"field": {"repeat": "row"}}, {"field": []},
]  # fmt: skip
PLACES = ("autosize", "config", "data", "encoding", "height", "params", "title", "width")


@pytest.mark.parametrize("place", [*PLACES, "encoding/x", "data/values", "title/frame"])
@pytest.mark.parametrize("width", [None, 250.0])
def test_parts_of_any_kind(place: str, width: float | None) -> None:
    """What a switch puts into a spec is for the engine to judge, which gets it as it is."""
    for odd in ODD:
        for shape in ({}, {"width": {"step": 40}}, {"width": 200, "autosize": {"type": "pad"}}):
            spec = json.loads(json.dumps({**SPEC, **shape}))
            holder = spec
            *path, last = place.split("/")
            for key in path:
                holder = holder[key]
            holder[last] = odd
            made = theme.dress(spec, "light", width)
            assert made["config"]["title"]
            if place not in ("title", "width"):
                assert isinstance(made["title"]["text"], list)


@pytest.mark.parametrize("size", ["x", None, {"expr": "12"}, 0, -5, 1e308, [], True])
def test_titles_of_any_size(size: object) -> None:
    for key in ("fontSize", "subtitleFontSize"):
        made = theme.dress(SPEC, {"title": {key: size}})
        assert made["title"]["text"]
    assert theme.dress(SPEC, {"title": size if isinstance(size, str) else "x"})["title"]["text"]


def test_autosize_may_be_a_word() -> None:
    chart = pk.plot_table({**SPEC, "autosize": "pad", "width": 200}, TABLE, {"a": "a", "b": "b"})
    assert chart.keeps_shape
    assert chart.to_svg(width=300).startswith("<svg")


def test_what_a_switch_brings_may_be_of_any_kind() -> None:
    content = pk.presets.get("plotkit/confusion_matrix").content
    meta = content["usermeta"]["plotkit"]
    meta["id"] = "me/odd"
    step = {"op": "add", "path": "/width", "value": {"step": "wide"}}
    for switch in meta["switches"].values():
        switch["on"].append(step)
        switch["off"].append(step)
    table = {"Actual": ["a", "b"], "Predicted": ["a", "a"]}
    chart = pk.plot_table(content, table, {name: name for name in table})
    assert chart.to_svg().startswith("<svg")
