"""Presets as W&B writes them: they load, are valid, and draw what they draw there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from wandb_cases import CASES, PRESETS, content, marks

import plotkit as pk
from plotkit import errors, schema, wandb_form
from plotkit.preset import Preset
from plotkit.render import svg, worker
from plotkit.theme import dress

NAMES = ("adam", "lion", "sgd")
EVIL = "'] + alert(1) + ['"


def vega_lite(**parts: Any) -> dict[str, Any]:
    """A small W&B-form spec."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"name": "wandb"},
        "mark": "point",
        "encoding": {
            "x": {"field": "${field:x}", "type": "quantitative"},
            "y": {"field": "${field:y}", "type": "quantitative"},
        },
        **parts,
    }


def drawn(spec: dict[str, Any], **more: Any) -> pk.Chart:
    """A small spec over a small table."""
    table = {"a": [1, 2, 3], "b": [3, 1, 2], "c": ["u", "v", "u"]}
    preset = Preset(spec)  # the tests' own: what is trusted is tested elsewhere
    return pk.plot_table(preset, table, {"x": "a", "y": "b", **more.pop("fields", {})}, **more)


@pytest.mark.parametrize("name", PRESETS)
class TestEveryPreset:
    def test_it_loads_as_a_valid_preset_of_ours(self, name: str) -> None:
        loaded = wandb_form.load(content(name), name).content
        assert wandb_form.is_wandb_form(content(name))
        assert not wandb_form.is_wandb_form(loaded)
        assert "${" not in json.dumps(loaded)
        meta = {**loaded["usermeta"]["plotkit"], "id": "carey/x"}
        assert schema.meta_faults(meta) == []
        assert schema.spec_faults({k: v for k, v in loaded.items() if k != "usermeta"}) == []

    def test_it_draws_the_marks_of_its_rows(self, name: str) -> None:
        columns = CASES[name].columns(NAMES)
        chart = pk.plot_table(Preset(content(name)), columns, {role: role for role in columns})
        assert marks(chart) == CASES[name].marks
        assert chart.notes == ()
        assert "undefined" not in chart.to_svg()
        assert chart.to_png(theme="dark").startswith(b"\x89PNG")
        assert chart.to_html().startswith("<!DOCTYPE html>")

    def test_its_sample_draws(self, name: str) -> None:
        preset = Preset(content(name))
        draw = worker.vega_to_svg if preset.vega else worker.vegalite_to_svg
        picture = draw(json.dumps(dress(preset.spec, "light")), preset=name)
        assert sum(svg.count_marks(picture).values()) > 3
        assert svg.inspect(picture, preset=name) is not None

    def test_columns_are_only_names(self, name: str) -> None:
        columns = CASES[name].columns(NAMES)
        named = {f"{EVIL}{number}": values for number, values in enumerate(columns.values())}
        fields = dict(zip(columns, named, strict=True))
        chart = pk.plot_table(Preset(content(name)), named, fields)
        assert marks(chart) == CASES[name].marks
        read = ("calculate", "filter", "test", "expr", "signal")
        for key, text in re.findall(r'"(\w+)": ("(?:[^"\\]|\\.)*")', json.dumps(chart.spec)):
            assert key not in read or "alert" not in text


# --- templates -----------------------------------------------------------------------------------


def test_what_the_caller_gives_is_never_scanned_again() -> None:
    spec = vega_lite(title="${string:title} of ${field:y}")
    table = {"${string:title}": [1, 2], "b": [1, 2]}
    chart = pk.plot_table(spec, table, {"x": "b", "y": "${string:title}"}, {"title": "${field:x}"})
    assert chart.to_dict()["title"]["text"] == "${field:x} of ${string:title}"
    assert chart.strings == {"title": "${field:x}"}


def test_defaults_of_strings_and_columns() -> None:
    spec = vega_lite(title="${string:title:Loss: all}")
    spec["encoding"]["color"] = {"field": "${field:series:c}", "type": "nominal"}
    preset = Preset(spec)
    assert preset.strings["title"].default == "Loss: all"
    assert preset.roles["series"].column == "c"
    assert "c" in drawn(spec).to_svg()
    assert "color" in drawn(spec).spec["encoding"]
    assert "color" not in drawn(spec, fields={"series": None}).spec["encoding"]


def test_a_title_without_default_is_the_column() -> None:
    spec = vega_lite()
    spec["encoding"]["x"]["axis"] = {"title": "${string:x-axis-title}"}
    spec["encoding"]["y"]["title"] = "in ${string:unit:%}"
    assert drawn(spec).strings == {"x-axis-title": "a", "unit": "%"}
    chart = drawn(spec, string_fields={"x-axis-title": "Step", "unit": "s"})
    assert chart.spec["encoding"]["x"]["axis"]["title"] == "Step"
    assert chart.spec["encoding"]["y"]["title"] == "in s"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("datum['${field:y}'] > 1", "datum.y > 1"),
        ("datum.${field:Actual class} + 1", "datum['Actual class'] + 1"),
        ("'${string:mode}' === 'full'", "string_mode === 'full'"),
        ("'at ${string:mode}!' == datum.t", "'at ' + string_mode + '!' == datum.t"),
        ("datum.k === '${field:y}'", "datum.k === column_y"),
        ("'${field:x}${string:s}'", "'' + column_x + string_s"),
        ("{'${field:y}': datum['${field:y}']}", "{'y': datum.y}"),
        ("datum.n > ${string:n:3}", "datum.n > (isNaN(+string_n) ? string_n : +string_n)"),
        ("datum['${field:y}_mean']", "datum.y_mean"),
    ],
)  # fmt: skip
def test_expressions(written: str, read: str) -> None:
    loaded = wandb_form.load(vega_lite(transform=[{"calculate": written, "as": "made"}]))
    assert loaded.content["transform"][0]["calculate"] == read


def test_a_text_in_an_expression_is_a_value() -> None:
    shown = {"condition": {"test": "'${string:mode:off}' === 'it\\'s'", "value": 1}, "value": 0}
    spec = vega_lite()
    spec["encoding"]["opacity"] = shown
    spec["transform"] = [
        {"filter": "'${string:mode}' !== 'none' || datum.${field:x} < ${string:n}"}
    ]
    assert sum(marks(drawn(spec)).values()) == 3
    chart = drawn(spec, string_fields={"mode": "none", "n": "3"})
    assert sum(marks(chart).values()) == 2
    for text in ("' || alert(1) || '", "\\", "it's", "${field:x}"):
        chart = drawn(spec, string_fields={"mode": text})
        assert sum(marks(chart).values()) == 3
        assert ('opacity="0"' in chart.to_svg()) == (text != "it's")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            vega_lite(title="${words:title}"),
            "preset 'mine' at /title/text: found '${words:title}'; expected templates of the form "
            "${field:x} and ${string:x:default}.",
        ),
        (
            vega_lite(title="${field:a.b}"),
            "preset 'mine' at /title/text: found '${field:a.b}'; expected a name without . [ ] "
            "quotes and backslashes in it.",
        ),
        (
            vega_lite(transform=[{"filter": "datum[${field:x}"}]),
            "preset 'mine' at /transform/0/filter: found 'datum[${field:x}'; expected an "
            "expression (the expression 'datum[bound_0_' cannot be read: at character 14 found "
            "its end; expected ']'.).",
        ),
        (
            vega_lite(transform=[{"filter": "a${field:x} > 1"}]),
            "preset 'mine' at /transform/0/filter: found 'a${field:x} > 1'; expected templates "
            "inside quotes, or after datum.",
        ),
        (
            vega_lite(transform=[{"filter": "test(/${string:x}/, datum.a)"}]),
            "preset 'mine' at /transform/0/filter: found 'test(/${string:x}/, datum.a)'; expected "
            "no templates in a regular expression.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(spec: dict[str, Any], told: str) -> None:
    with pytest.raises(errors.PresetError) as raised:
        wandb_form.load(spec, "mine")
    assert str(raised.value) == told


# --- roles ---------------------------------------------------------------------------------------


def test_roles_are_inferred_from_their_uses() -> None:
    spec = vega_lite()
    spec["encoding"] |= {
        "color": {"field": "${field:c}", "type": "nominal"},
        "shape": {"field": "kind", "type": "nominal"},
        "size": {"field": "double", "type": "quantitative"},
    }
    spec["encoding"]["x"]["type"] = "temporal"
    spec["transform"] = [
        {"calculate": "2 * datum.${field:z}", "as": "double"},
        {"joinaggregate": [{"op": "mean", "field": "${field:m}", "as": "mean"}]},
    ]
    preset = Preset(spec)
    roles = {n: (r.types, r.required, r.category) for n, r in preset.roles.items()}
    every = ("number", "text", "bool", "time")
    assert roles == {
        "z": (every, True, False),
        "m": (("number",), True, False),
        "x": (("time",), True, False),
        "y": (("number",), True, False),
        "c": (every, False, True),
        "kind": (every, False, True),
    }
    assert preset.roles["kind"].column == "kind"
    assert wandb_form.load(spec).notes[0] == (
        "role 'x': a column of time, required (from /encoding/x)"
    )


def test_numbers_on_a_discrete_axis_stay_in_order() -> None:
    spec = vega_lite(mark="bar")
    spec["encoding"]["x"]["type"] = "ordinal"
    chart = pk.plot_table(spec, {"a": [10, 9, 2, 1], "b": [1, 2, 3, 4]}, {"x": "a", "y": "b"})
    labels = re.findall(r">(\d+)</text>", chart.to_svg())
    assert [label for label in labels if label in ("1", "2", "9", "10")][:4] == [
        "1",
        "2",
        "9",
        "10",
    ]


def runs(**more: Any) -> dict[str, Any]:
    spec = vega_lite(**more)
    spec["encoding"]["color"] = {
        "field": "name",
        "type": "nominal",
        "scale": {"range": {"field": "color"}},
    }
    return spec


def test_columns_of_the_run() -> None:
    rows = drawn(runs()).spec["data"]["values"]
    assert {row["name"] for row in rows} == {"run"}
    assert {row["color"] for row in rows} == {"#134e97"}
    rows = drawn(runs(), fields={"name": "c"}).spec["data"]["values"]
    assert [row["name"] for row in rows] == ["u", "v", "u"]
    assert rows[0]["color"] == rows[2]["color"] != rows[1]["color"]


@pytest.mark.parametrize("mapped", [False, True])
def test_runs_in_groups(mapped: bool) -> None:
    grouped = "'${field:groupKeys}' === '' || datum['${field:groupKeys}'] === ''"
    spec = runs(transform=[{"calculate": f"if({grouped}, datum.name, 'group')", "as": "who"}])
    spec["encoding"]["color"] = {"field": "who", "type": "nominal"}
    chart = drawn(spec, fields={"groupKeys": "c"} if mapped else {})
    assert (">group</text>" in chart.to_svg()) == mapped
    assert (">run</text>" in chart.to_svg()) != mapped


# --- versions, places of the rows ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("selection", "param"),
    [
        (
            {"pick": {"type": "single", "on": "mouseover", "nearest": True, "empty": "none"}},
            {"name": "pick", "select": {"type": "point", "on": "mouseover", "nearest": True,
                                        "toggle": False}},
        ),
        (
            {"pick": {"type": "multi", "fields": ["c"], "bind": "legend"}},
            {"name": "pick", "select": {"type": "point", "fields": ["c"]}, "bind": "legend"},
        ),
        (
            {"pick": {"type": "interval", "bind": "scales"}},
            {"name": "pick", "select": {"type": "interval"}, "bind": "scales"},
        ),
        (
            {"pick": {"type": "interval", "init": {"x": [0, 2]}}},
            {"name": "pick", "select": {"type": "interval"}, "value": {"x": [0, 2]}},
        ),
        (
            {"pick": {"type": "single", "fields": ["y"], "init": {"y": 2},
                      "bind": {"input": "range", "min": 0, "max": 5}}},
            {"name": "pick", "select": {"type": "point", "fields": ["y"], "toggle": False},
             "value": [{"y": 2}], "bind": {"input": "range", "min": 0, "max": 5}},
        ),
    ],
)  # fmt: skip
def test_selections_of_version_4(selection: dict[str, Any], param: dict[str, Any]) -> None:
    spec = vega_lite(selection=selection)
    spec["$schema"] = "https://vega.github.io/schema/vega-lite/v4.json"
    spec["encoding"]["color"] = {
        "condition": {"selection": "pick", "value": "red"},
        "value": "grey",
    }
    loaded = wandb_form.load(spec).content
    assert loaded["params"] == [param]
    empty = {"empty": False} if "empty" in selection["pick"] else {}
    assert loaded["encoding"]["color"]["condition"] == {"param": "pick", "value": "red", **empty}
    assert schema.spec_faults({k: v for k, v in loaded.items() if k != "usermeta"}) == []
    drawn(spec).to_svg()


def test_references_to_selections_of_version_4() -> None:
    both = {"and": ["pick", {"not": "brush"}]}
    spec = vega_lite(
        selection={"pick": {"type": "single", "empty": "none"}, "brush": {"type": "interval"}},
        transform=[{"filter": {"selection": both}}, {"filter": {"selection": "brush"}}],
    )
    spec["encoding"]["size"] = {"condition": {"selection": both, "value": 9}, "value": 4}
    spec["encoding"]["x"]["scale"] = {"domain": {"selection": "brush", "encoding": "x"}}
    loaded = wandb_form.load(spec).content
    composed = {"and": [{"param": "pick", "empty": False}, {"not": {"param": "brush"}}]}
    assert loaded["transform"] == [{"filter": composed}, {"filter": {"param": "brush"}}]
    assert loaded["encoding"]["size"]["condition"] == {"test": composed, "value": 9}
    assert loaded["encoding"]["x"]["scale"] == {"domain": {"param": "brush", "encoding": "x"}}


def test_a_spec_of_version_4_without_templates() -> None:
    spec = vega_lite(data={"values": [{"x": 1, "y": 2}]}, selection={"z": {"type": "interval"}})
    spec["$schema"] = "https://vega.github.io/schema/vega-lite/v4.json"
    for channel in ("x", "y"):
        spec["encoding"][channel]["field"] = channel
    assert sum(marks(drawn(spec)).values()) == 3


def test_rows_go_into_a_named_data_set() -> None:
    layer = {k: v for k, v in vega_lite().items() if k in ("data", "mark", "encoding")}
    spec = {"layer": [layer, {**layer, "mark": "line"}]}
    chart = drawn(spec)
    assert marks(chart) == {"layer_0_marks": 3, "layer_1_marks": 1}
    assert len(chart.spec["datasets"]["wandb"]) == 3


def test_names_of_folded_columns_are_shown() -> None:
    columns = CASES["events_fold"].columns(NAMES)
    names = {"group": "g", "crashes": "crash count", "retries": "retries", "timeouts": "'t'"}
    table = {names[role]: values for role, values in columns.items()}
    chart = pk.plot_table(content("events_fold"), table, names)
    assert ">crash count</text>" in chart.to_svg()
    assert ">crashes</text>" not in chart.to_svg()


def test_a_vega_spec_is_no_altair_chart() -> None:
    columns = CASES["confusion_matrix_vega"].columns(NAMES)
    chart = pk.plot_table(
        Preset(content("confusion_matrix_vega")), columns, {c: c for c in columns}
    )
    with pytest.raises(errors.PresetError, match="is a Vega spec"):
        chart.to_altair()


def test_ours_is_not_taken_for_theirs() -> None:
    loaded = wandb_form.load(vega_lite(title="${string:title}")).content
    loaded["title"]["text"] = "${field:x}"
    assert not wandb_form.is_wandb_form(loaded)
    assert Preset(loaded).spec["title"]["text"] == "${field:x}"
