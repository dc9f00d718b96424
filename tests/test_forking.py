"""Forks and imports of what does not fit: errors with facts, nothing raw."""

from __future__ import annotations

from typing import Any

import pytest

from plotkit import importing, presets, validation
from plotkit.errors import OptionError, PresetError

ENCODED = {"mark": "point", "encoding": {"x": {"field": "a.b", "type": "quantitative"}}}


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (5, "patch=5: expected a JSON Merge Patch"),
        ("text", "patch='text': expected a JSON Merge Patch"),
        ([{"op": "add", "path": "", "value": 5}], "operations on the spec"),
        ([{"op": "move", "from": "/usermeta", "path": "/width"}], "operations on the spec"),
        ([{"op": "add", "path": 5, "value": 5}], "operations on the spec"),
        ([{"op": "add"}], "a JSON Patch that fits"),
        ([{"op": "add", "path": "/$schema/a/b", "value": 5}], "a JSON Patch that fits"),
        ({1: 2}, "patch=1: expected keys that are text"),
        ({"encoding": {1: 2}}, "patch at /encoding=1: expected keys that are text"),
        ({"width": object()}, "patch at /width=<object"),
        ({"width": float("nan")}, "patch at /width=nan: expected JSON"),
        ([{"op": "add", "path": "/width", "value": 10**400}], "patch at /0/value"),
        ({"title": "\ud800"}, "patch at /title"),
    ],
)
def test_patches_are_json_that_fits(patch: Any, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        presets.get("plotkit/line").fork("carey/x", patch=patch)
    assert said in str(caught.value)


def test_a_patch_without_end() -> None:
    patch: dict[str, Any] = {}
    patch["a"] = patch
    with pytest.raises(OptionError, match="at most 100 levels"):
        presets.get("plotkit/line").fork("carey/x", patch=patch)


@pytest.mark.parametrize("roles", [5, ["y"], "y"])
def test_roles_are_a_mapping(roles: Any) -> None:
    with pytest.raises(OptionError, match=r"roles=.*: expected old role name -> new role name"):
        presets.get("plotkit/line").fork("carey/x", roles=roles)


@pytest.mark.parametrize(
    "name",
    ["a.b", "a[0]", "a]", "it's", 'a"b', "a\\b", "a\nb", "a\0b", "\ud800", "toString", "if",
     "constructor", "__proto__", "hasOwnProperty", "valueOf", "prototype", "", "  ", "a+b",
     "a\u200bb", 5, [1]],
)  # fmt: skip
def test_role_names_that_cannot_work(name: Any) -> None:
    with pytest.raises(OptionError, match=r"roles\['y'\]=.*: expected a role name: letters"):
        presets.get("plotkit/line").fork("carey/x", roles={"y": name})


@pytest.mark.parametrize("name", ["größe", "身長", "my role-2", "2nd", "a_b", "datum", "length"])
def test_role_names_that_work(name: str) -> None:
    made = presets.get("plotkit/line").fork("carey/x", roles={"y": name})
    assert made.validate() == []
    assert validation.draw_sample(made.spec, made.id)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"data": {"values": [{"a.b": 1}, 5]}}, "/data/values/1"),
        ({"data": {"name": [1]}, "datasets": {}}, "/data/name"),
        ({"data": {"name": "n"}, "datasets": {"n": [5]}}, "/data/values/0"),
        ({"data": {"name": "n"}, "datasets": 5}, "/datasets"),
    ],
)
def test_data_that_is_none(more: dict[str, Any], path: str) -> None:
    with pytest.raises(PresetError, match=f"me/x' at {path}: found"):
        presets.from_spec({**ENCODED, **more}, "me/x")


def test_a_field_whose_plain_name_cannot_be_a_role() -> None:
    spec = {"mark": "point", "encoding": {"x": {"field": "[toString]"}}}
    assert list(presets.from_spec(spec, "me/x").roles) == ["toString_"]


def _layer(mark: str, name: str) -> dict[str, Any]:
    channel = {"field": "a", "type": "quantitative"}
    return {"mark": mark, "encoding": {"x": channel}, "data": {"name": name}}


def test_layers_with_data_of_their_own() -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "layer": [_layer("line", "one"), _layer("point", "same"), _layer("tick", "other")],
        "datasets": {"one": [{"a": 1}], "same": [{"a": 1}], "other": [{"a": 2}]},
    }
    made, said = importing.completed(spec, "me/x")
    assert made["data"] == {"values": [{"a": 1}]}
    assert [layer.get("data") for layer in made["layer"]] == [None, None, {"values": [{"a": 2}]}]
    assert said[0] == "/layer/2/data: its own rows stay as they are, whatever table is drawn."
    assert "datasets" not in made


def test_altair_layers_are_kept() -> None:
    alt = pytest.importorskip("altair")
    pd = pytest.importorskip("pandas")
    parts = [
        alt.Chart(pd.DataFrame({"x": [1, 2], "y": ys})).mark_line().encode(x="x", y="y")
        for ys in ([1, 2], [2, 3])
    ]
    saved = presets.from_altair(alt.layer(*parts), "me/layers")
    assert saved.validate() == []
    assert len(saved.spec["data"]["values"]) == 2
