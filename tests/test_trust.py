"""The allow-list: one hostile preset a rule, each refused in the whole sentence; good ones pass.

`cases/trust.json` holds the hostile presets, each with what is told about it untrusted, and once
its user accepted it.
"""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest

from plotkit import errors, places, schema, settings, trust

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases" / "trust.json").read_text("utf-8"))
BUILTINS = sorted((HERE.parent / "presets").glob("*.json"))
ZOOM = "wheel![event.ctrlKey||event.metaKey]"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_hostile_presets_are_refused(case: dict[str, Any]) -> None:
    before = copy.deepcopy(case["content"])
    assert [str(f) for f in trust.findings(case["content"])] == case["untrusted"]
    assert [str(f) for f in trust.findings(case["content"], accepted=True)] == case["accepted"]
    assert case["untrusted"]
    assert case["content"] == before


def test_there_is_a_case_for_each_rule() -> None:
    assert len(CASES) > 200
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if "no preset names a file" in str(c["untrusted"])],
    ids=lambda case: case["name"],
)
def test_no_preset_reads_files_or_addresses(case: dict[str, Any]) -> None:
    assert case["accepted"]


# --- presets that are fine -----------------------------------------------------------------------

X = {"field": "a", "type": "quantitative"}
Y = {"field": "b", "type": "nominal"}
GOOD: dict[str, dict[str, Any]] = {
    "bars": {"mark": "bar", "encoding": {"x": X, "y": {**Y, "sort": "-x"}}},
    "heat map with text": {
        "encoding": {"x": Y, "y": Y, "color": {"aggregate": "mean", "field": "a"}},
        "layer": [
            {"mark": "rect"},
            {
                "mark": {"type": "text", "fontSize": 11, "font": "Inter, 'Helvetica Neue'"},
                "encoding": {
                    "text": {"aggregate": "mean", "field": "a", "format": ".2f"},
                    "color": {
                        "condition": {"test": "datum['mean_a'] > 3", "value": "white"},
                        "value": "black",
                    },
                },
            },
        ],
    },
    "hover over a line": {
        "params": [
            {"name": "pick", "select": {"type": "point", "nearest": True, "fields": ["a"]}},
            {"name": "zoom", "select": {"type": "interval", "zoom": True}, "bind": "scales"},
            {"name": "some", "select": "point", "value": [{"kind": "a", "date": "2020-01-01"}]},
            {"name": "part", "select": "interval", "value": {"x": [{"year": 1}, {"year": 2}]}},
        ],
        "mark": {"type": "line", "point": {"size": 40}, "tooltip": {"content": "data"}},
        "encoding": {
            "x": X,
            "opacity": {"condition": {"param": "pick", "empty": False, "value": 1}, "value": 0.3},
        },
    },
    "controls": {
        "params": [
            {"name": "w", "value": 2, "bind": {"input": "range", "min": 1, "max": 9, "step": 1}},
            {"name": "c", "value": "red", "bind": {"input": "select", "options": ["red", None]}},
            {"name": "r", "value": 1, "bind": {"input": "radio", "options": [1], "labels": ["a"]}},
            {"name": "o", "value": True, "bind": {"input": "checkbox", "debounce": 9}},
            {"name": "n", "value": 1, "bind": {"input": "number", "placeholder": "n"}},
            {"name": "t", "value": "", "bind": {"input": "text", "placeholder": "search"}},
            {"name": "both", "expr": "w * 2 + (o ? 1 : 0)"},
        ],
        "mark": {"type": "line", "strokeWidth": {"expr": "both"}, "color": {"expr": "c"}},
        "encoding": {"x": X},
    },
    "small multiples": {
        "facet": {"row": {**Y, "header": {"labelAngle": 0, "title": None}}},
        "columns": 2,
        "spacing": {"row": 10, "column": 20},
        "spec": {"width": 100, "height": 80, "mark": "point", "encoding": {"x": X}},
        "resolve": {"scale": {"y": "independent"}},
    },
    "repeated": {
        "repeat": {"row": ["a", "b"], "column": ["c", "d"]},
        "spec": {
            "mark": "point",
            "encoding": {"x": {"field": {"repeat": "column"}, "type": "quantitative"}},
        },
    },
    "side by side": {
        "hconcat": [
            {"mark": "bar", "encoding": {"x": X}},
            {"mark": "arc", "encoding": {"theta": X}},
        ]
    },
    "transforms": {
        "transform": [
            {"filter": {"and": [{"field": "a", "range": [0, 5]}, "datum.a !== null"]}},
            {"filter": {"field": "t", "gte": {"year": 2020, "month": "jan", "date": 1}}},
            {"calculate": "log(datum.a) / LN10", "as": "l"},
            {"aggregate": [{"op": "mean", "field": "a", "as": "m"}], "groupby": ["b"]},
            {"joinaggregate": [{"op": "count", "as": "n"}]},
            {"window": [{"op": "rank", "as": "r"}], "sort": [{"field": "a"}]},
            {"fold": ["a", "c"], "as": ["key", "value"]},
            {"flatten": ["list"]},
            {"bin": {"maxbins": 30, "extent": [0, 10], "step": 0.5}, "field": "a", "as": "bin"},
            {"timeUnit": "yearmonth", "field": "t", "as": "month"},
            {"timeUnit": {"unit": "hours", "step": 2, "utc": True}, "field": "t", "as": "hour"},
            {"density": "a", "steps": 200, "extent": [0, 10], "groupby": ["b"]},
            {"regression": "a", "on": "c", "method": "poly", "order": 3, "params": False},
            {"loess": "a", "on": "c", "bandwidth": 0.5},
            {"quantile": "a", "probs": [0.1, 0.5, 0.9]},
            {"quantile": "a", "step": 0.01},
            {"impute": "a", "key": "c", "keyvals": {"start": 0, "stop": 100}, "value": 0},
            {"pivot": "b", "value": "a", "groupby": ["c"], "limit": 10},
            {"stack": "a", "groupby": ["b"], "offset": "normalize", "as": ["y0", "y1"]},
            {"lookup": "b", "from": {"data": {"values": [{"b": 1, "n": 2}]}, "key": "b",
                                      "fields": ["n"]}, "default": "?"},
            {"sample": 100},
        ],
        "mark": "point",
        "encoding": {"x": X},
    },
    "box plot": {"mark": {"type": "boxplot", "extent": "min-max"}, "encoding": {"x": X, "y": Y}},
    "error bars": {
        "layer": [
            {"mark": {"type": "errorbar", "ticks": True}, "encoding": {"yError": {"field": "c"}}},
            {"mark": {"type": "errorband", "borders": {"opacity": 0.3}}, "encoding": {"y": X}},
        ]
    },
    "axes and legends": {
        "title": {"text": ["a", "b"], "subtitle": "c", "anchor": "start", "offset": 10},
        "mark": {"type": "area", "line": True, "color": {
            "gradient": "linear", "x1": 1, "y1": 1, "x2": 1, "y2": 0,
            "stops": [{"offset": 0, "color": "white"}, {"offset": 1, "color": "green"}]}},
        "encoding": {
            "x": {**X, "scale": {"type": "log", "domain": [1, 100], "nice": 5},
                  "axis": {"tickCount": 5, "values": [1, 10, 100], "grid": False, "format": "~s",
                           "labelExpr": "datum.label + '%'", "titleFont": "Georgia",
                           "gridDash": {"condition": {"test": "datum.value == 0", "value": []},
                                        "value": [2, 2]}}},
            "y": {"field": "t", "type": "temporal",
                  "axis": {"format": "%b %Y", "tickCount": {"interval": "month", "step": 3}}},
            "color": {**Y, "scale": {"scheme": {"name": "viridis", "count": 9, "extent": [0, 1]}},
                      "legend": {"orient": "bottom", "columns": 2, "symbolType": "M-1,0L4,0"}},
            "tooltip": [{"field": "a", "title": "A", "format": ".1f"}],
            "order": {"field": "a", "sort": "descending"},
        },
        "config": {"view": {"stroke": None}, "axis": {"domain": False},
                   "style": {"cell": {"fill": "#eee"}}, "range": {"category": ["red", "blue"]}},
    },
    "sequence": {
        "data": {"sequence": {"start": 0, "stop": 12.7, "step": 0.1, "as": "x"}},
        "transform": [{"calculate": "sin(datum.x)", "as": "y"}],
        "mark": "line",
        "encoding": {"x": {"field": "x", "type": "quantitative"}},
    },
    "globe": {
        "data": {"graticule": {"step": [15, 15]}},
        "projection": {"type": "orthographic", "rotate": [0, -30, 0]},
        "mark": {"type": "geoshape", "fill": None, "stroke": "grey"},
    },
    "named data": {
        "datasets": {"one": [{"a": 1}], "two": [1, 2, 3]},
        "data": {"name": "one", "format": {"type": "json", "parse": {"t": "date:'%Y'"}}},
        "mark": "tick",
        "encoding": {"x": X},
    },
    "a dumbbell": {
        "data": {"values": "a,b\n1,2", "format": {"type": "csv"}},
        "layer": [
            {"mark": {"type": "rule", "size": 2}, "encoding": {"x": X, "x2": {"field": "c"}}},
            {"mark": {"type": "point", "filled": True}, "encoding": {"x": X, "shape": Y}},
        ],
    },
    "steps": {"width": {"step": 30}, "height": 300,
              "autosize": {"type": "fit", "contains": "padding"},
              "padding": {"left": 5, "top": 5}, "mark": "bar", "encoding": {"x": Y, "y": X}},
    "strings and switches": {
        "title": {"text": ""},
        "params": [{"name": "mode", "value": "full"}],
        "mark": "bar",
        "encoding": {"x": X},
        "usermeta": {"plotkit": {
            "format": 1, "id": "a/b", "roles": {"a": {"types": ["number"]}},
            "strings": {"title": {"default": "A (b)", "at": ["/title/text"]},
                        "mode": {"default": "full", "at": ["/params/0/value"]}},
            "texts": {"/encoding/x/title": ["of ", {"role": "a"}]},
            "switches": {"log": {"on": [
                {"op": "add", "path": "/encoding/x/scale", "value": {"type": "log"}},
                {"op": "move", "from": "/encoding/x", "path": "/encoding/y"},
                {"op": "remove", "path": "/title"}]}},
        }},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good_presets_pass(name: str) -> None:
    content = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **GOOD[name]}
    if "data" not in content:
        content["data"] = {"values": [{"a": 1, "b": "x", "c": 2, "t": "2020-01-01"}]}
    spec = {key: value for key, value in content.items() if key != "usermeta"}
    schema.check(spec, name)  # what is tested here is Vega-Lite
    assert [str(f) for f in trust.findings(content)] == []
    assert trust.is_plain(content)
    assert trust.findings(content, accepted=True) == []


@pytest.mark.parametrize("path", BUILTINS, ids=[path.stem for path in BUILTINS])
def test_builtin_presets_would_pass_but_for_how_they_zoom(path: Path) -> None:
    content = trust.loads(path.read_bytes(), path.stem)
    told = {(finding.path.rpartition("/")[2], finding.found) for finding in trust.findings(content)}
    assert told <= {("zoom", repr(ZOOM))}
    assert trust.findings(content, accepted=True) == []


def test_an_accepted_preset_computes_links_and_may_be_of_vega() -> None:
    content = {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "width": 200,
        "signals": [
            {"name": "s", "value": 1, "on": [{"events": "@cell:click", "update": "datum.v"}]},
            {"name": "d", "value": "2020-01-01", "bind": {"input": "date", "name": "Day"}},
        ],
        "data": [{"name": "t", "values": [{"v": 1, "url": "x", "href": "y"}]}],
        "marks": [
            {
                "type": "rect",
                "encode": {"update": {"href": {"value": "https://example.org/a?b=c"}}},
            },
            {
                "type": "image",
                "encode": {"enter": {"url": {"value": "data:image/png;base64,AAAA"}}},
            },
        ],
    }
    assert [str(f) for f in trust.findings(content, accepted=True)] == []
    assert [str(f) for f in trust.findings(content)] == [
        "/$schema: found 'https://vega.github.io/schema/vega/v6.json'; only Vega-Lite is let in, "
        "not Vega."
    ]


VEGA: dict[str, dict[str, Any]] = {
    "/data/0/url": {"data": [{"name": "t", "url": "/etc/passwd"}]},
    "/data/0/transform/0": {
        "data": [{"transform": [{"type": "sequence", "start": 0, "stop": 1e9}]}]
    },
    "/marks/0/encode/enter/url": {
        "marks": [{"type": "image", "encode": {"enter": {"url": {"signal": "'FI'+'LE:///x'"}}}}]
    },
    "/marks/0/encode/enter/fill/value": {
        "marks": [{"encode": {"enter": {"fill": {"value": "url(http://evil.example)"}}}}]
    },
    "/marks/0/encode/enter/font": {
        "marks": [{"encode": {"enter": {"font": {"value": "a<b"}}}}]
    },
    "/marks/0/encode/enter/href/value": {
        "marks": [{"encode": {"enter": {"href": {"value": "java\nscript:alert(1)"}}}}]
    },
    "/signals/0/bind/onfocus": {
        "signals": [{"name": "a", "bind": {"input": "text", "onfocus": "alert(1)"}}]
    },
    "/signals/0/bind/element": {
        "signals": [{"name": "a", "bind": {"element": "#a", "event": "input"}}]
    },
    "/usermeta/embedOptions": {"usermeta": {"embedOptions": {"actions": True}}},
    "/axes/0/tickCount": {"axes": [{"scale": "x", "tickCount": 10**9}]},
    "/width": {"width": 1e8},
}  # fmt: skip


@pytest.mark.parametrize("path", VEGA)
def test_what_not_even_an_accepted_preset_of_vega_may(path: str) -> None:
    assert path in [f.path for f in trust.findings({"marks": [], **VEGA[path]}, accepted=True)]


# --- sizes ---------------------------------------------------------------------------------------


def nested(levels: int) -> dict[str, Any]:
    node: Any = "a"
    for _ in range(levels - 3):
        node = [node]
    return {"data": {"values": node}, "mark": "bar"}


def test_nesting() -> None:
    assert trust.findings(nested(31)) == []
    for levels in (32, 200_000):
        assert [str(f) for f in trust.findings(nested(levels))] == [
            f"/data/values{'/0' * 28}: found level 31; objects and lists nest at most 30 levels."
        ]


def test_size() -> None:
    content: dict[str, Any] = {"data": {"values": ["é" * 99_900]}, "mark": "bar"}
    assert trust.findings(content) == []
    content["data"]["values"] *= 2
    assert [str(f) for f in trust.findings(content)] == [
        "/: found 399,640 bytes; a preset has at most 200,000."
    ]


def test_limits_are_settings() -> None:
    content = {"data": {"sequence": {"start": 0, "stop": 50}}, "mark": "bar", "width": 900}
    assert trust.findings(content) == []
    settings.preset_generated = 10
    assert [f.path for f in trust.findings(content)] == ["/data/sequence"]
    del settings.preset_generated
    settings.preset_pixels = 1000
    assert [f.rule for f in trust.findings(content)] == [
        "a picture has at most 1,000 at double density"
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "/: found None; a preset is a JSON object."),
        ([], "/: found []; a preset is a JSON object."),
        ({1: 2}, "/1: found 1; keys are text."),
        ({"width": float("nan")}, "/width: found nan; numbers are finite."),
        (
            {"width": 10**400},
            "/width: found a number of more than 300 digits; numbers are finite.",
        ),
        ({"width": b"1"}, "/width: found b'1'; values are those of JSON."),
        ({"width": {1}}, "/width: found {1}; values are those of JSON."),
        ({"width": (1, 2)}, "/width: found (1, 2); values are those of JSON."),
    ],
    ids=repr,
)
def test_what_is_no_json(content: Any, told: str) -> None:
    assert str(trust.findings(content)[0]) == told


def test_a_file_full_of_faults_is_told_in_part_and_soon() -> None:
    content = {"mark": "bar", **{f"wrong{i}": i for i in range(9000)}}
    began = time.process_time()
    assert len(trust.findings(content)) == 100
    assert time.process_time() - began < 10


def test_a_large_preset_is_judged_soon() -> None:
    rows = [{"a": i, "b": "x"} for i in range(9000)]
    began = time.process_time()
    assert trust.findings({"data": {"values": rows}, "mark": "bar"}) == []
    assert time.process_time() - began < 5


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 1}', "the key 'a' stands twice in one object. Keep one of them."),
        (
            '[{"b": {"a": 1, "\\u0061": 2}}]',
            "the key 'a' stands twice in one object. Keep one of them.",
        ),
        ("[NaN]", "found the number 'NaN'; expected one that JSON can hold."),
        ("[-Infinity]", "found the number '-Infinity'; expected one that JSON can hold."),
        ("[1e999]", "found the number '1e999'; expected one that JSON can hold."),
        (
            "[" + "1" * 5000 + "]",
            "found the number '111111111111111111…111111111111111111'; expected "
            "one that JSON can hold.",
        ),
        (
            "[" * 31 + "]" * 31,
            "its objects and lists nest deeper than 30 levels (plotkit.settings.preset_nesting).",
        ),
        (
            "[" * 1_000_000,
            "its objects and lists nest deeper than 30 levels (plotkit.settings.preset_nesting).",
        ),
        (
            '{"a": ' * 100_000,
            "its objects and lists nest deeper than 30 levels (plotkit.settings.preset_nesting).",
        ),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."),
        ("[1,]", "Illegal trailing comma before end of array: line 1 column 3 (char 2)."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_texts_that_are_not_read(text: str, told: str) -> None:
    with pytest.raises(errors.PresetError) as caught:
        trust.loads(text, "a.json")
    said = str(caught.value).removeprefix("cannot read the preset 'a.json': ")
    # Python words its own faults anew from time to time.
    assert said == told or (text in ("{", "[1,]") and "line 1 column" in said)


def test_texts_that_are_read() -> None:
    assert trust.loads('\ufeff{"a": "[[[[{{{{\\"]"}'.encode()) == {"a": '[[[[{{{{"]'}
    assert trust.loads("[" * 30 + "1.5" + "]" * 30)
    assert trust.loads("[0, -1, 1e3, 2.5E-3, 12345678901234567890]")[4] == 12345678901234567890
    with pytest.raises(errors.PresetError, match="cannot read the preset 'text'"):
        trust.loads(b"\xff")


def test_the_error_tells_the_findings_and_what_to_do() -> None:
    content = {"mark": "image", "data": {"url": "x"}, **{f"k{i}": 1 for i in range(5)}}
    error = errors.TrustError.from_findings("carey/new_chart", trust.findings(content))
    assert str(error) == (
        "the preset from elsewhere 'carey/new_chart' is not drawn:\n"
        "  /mark: found 'image'; marks that are images are not let in.\n"
        "  /data/url: found 'x'; no preset names a file or an address; put the rows into it.\n"
        "  /k0: found 'k0'; nothing of this name is known here.\n"
        "  /k1: found 'k1'; nothing of this name is known here.\n"
        "  /k2: found 'k2'; nothing of this name is known here.\n"
        "  and 2 more\n"
        "Where you know its author, accept it: plotkit presets trust carey/new_chart"
    )


# --- the table -----------------------------------------------------------------------------------

LEFT_OUT = {
    "url", "href", "on", "image", "locale", "customFormatTypes", "element", "stream", "between",
    "markname", "merge", "consume", "throttle", "event",
}  # fmt: skip


def test_the_table_names_only_what_vega_lite_has() -> None:
    known: set[str] = set()
    validator: Any = schema._validator()
    for definition in validator.schema["definitions"].values():
        known |= set(definition.get("properties") or ())
    ours = {name for names in places.PLACES.values() for name in names}
    # The sides of a padding and of the legends' layout have no names of their own there.
    sides = {"left", "right", "top", "bottom", "margin", "top-left", "top-right"}
    assert ours - known <= sides | {"bottom-left", "bottom-right"}
    allowed = {"on"}  # a field, in a regression
    assert not ours & LEFT_OUT - allowed
    assert "on" not in places.PLACES["select"]


def test_every_kind_is_a_place_or_a_leaf() -> None:
    kinds = {kind for names in places.PLACES.values() for kind in names.values()}
    assert kinds <= {*places.PLACES, *trust._LEAVES}
