"""Rows for a closer look in a page: small, exact, within their limit, and safe."""

from __future__ import annotations

import base64
import copy
import json
import math
import struct
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plotkit as pk
from plotkit import settings
from plotkit.render import detail as finer
from plotkit.render import page
from plotkit.stats import Detail

CONFIGS: dict[str, dict[str, object]] = {"light": {}, "dark": {}}
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def places(part: str | Sequence[int]) -> list[int]:
    return [DIGITS.index(c) for c in part] if isinstance(part, str) else list(part)


def unpacked(column: Any) -> list[Any]:
    """What detail.js makes of a column."""
    if isinstance(column, list):
        return column
    if "runs" in column:
        pairs = zip(column["runs"][::2], column["runs"][1::2], strict=True)
        return [column["of"][place] for place, count in pairs for _ in range(count)]
    if "of" in column:
        return [column["of"][place] for place in places(column["at"])]
    if "steps" in column:
        total, found = 0, []
        for step in column["steps"]:
            total += 0 if step is None else step * column["by"]
            found.append(None if step is None else total)
        return found
    ((name, text),) = column.items()
    raw = base64.b64decode(text)
    kind, width = {"f32": ("f", 4), "f64": ("d", 8)}[name]
    numbers = struct.unpack(f"<{len(raw) // width}{kind}", raw)
    return [None if math.isnan(number) else number for number in numbers]


def one(values: list[Any]) -> Any:
    """A column as it is carried."""
    detail = Detail({"x": values}, [0] * len(values), None, 1, True)
    return json.loads(json.dumps(finer.carried(detail, 10**9)["columns"]["x"]))


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(2**53), 2**53)


@given(
    st.one_of(
        st.lists(st.none() | FLOATS),
        st.lists(st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False)),
        st.lists(st.none() | WHOLE),
        st.lists(WHOLE.map(float)),
        st.lists(st.integers() | FLOATS),
        st.lists(st.none() | st.text()),
        st.lists(st.none() | st.booleans()),
        st.lists(st.sampled_from(["a", "b", None]), min_size=50),
        st.lists(st.sampled_from([True, 1, 1.5, "1", None, 0, False])),
        st.lists(st.lists(st.integers())),
    )
)
def test_every_value_comes_back(values: list[Any]) -> None:
    found = unpacked(one(values))
    assert found == values
    told = [isinstance(value, bool) for value in values]
    assert [isinstance(value, bool) for value in found] == told


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([1, 2, 3], list),
        (list(range(10_000, 20_000)), {"steps", "by"}),
        ([1.7e12 + 60_000.0 * i for i in range(500)], {"steps", "by"}),
        ([None if i % 9 == 4 else 3 * i for i in range(5000)], {"steps", "by"}),
        ([math.sin(i) for i in range(500)], {"f64"}),
        ([struct.unpack("f", struct.pack("f", math.sin(i)))[0] for i in range(500)], {"f32"}),
        ([round(math.sin(i * i), 2) for i in range(1, 30)], list),
        (["one"] * 300 + ["two"] * 300, {"of", "runs"}),
        (["one", "two"] * 300, {"of", "at"}),
        ([[0.5, 0.25, None][i * i % 3] for i in range(500)], {"of", "at"}),
        ([None] * 40 + [True] + [None] * 50, {"of", "runs"}),
    ],
)
def test_the_shortest_form_is_taken(values: list[Any], form: Any) -> None:
    found = one(values)
    assert (type(found) is form) if isinstance(form, type) else set(found) == form
    assert unpacked(found) == values


def test_whole_numbers_have_no_fraction() -> None:
    assert json.dumps(one([4.0, 0.5])) == "[4, 0.5]"


# -- levels and their limit ----------------------------------------------------------------------


def nested(rows: int = 4096, levels: int = 5, *, whole: bool = False) -> Detail:
    """A line with noise; each further level has twice as many rows."""
    xs = list(range(rows))
    ys = [math.sin(i * i) * 1.1 for i in xs]
    first = [levels - 1 - min(levels - 1, (i & -i).bit_length() - 1 if i else 9) for i in xs]
    return Detail({"x": xs, "y": ys}, first, None, levels, whole)


def rows_of(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def read(made: Mapping[str, Any]) -> Detail:
    return Detail(
        {name: unpacked(column) for name, column in made["columns"].items()},
        places(made["first"]),
        None if made["last"] is None else places(made["last"]),
        made["levels"],
        made["whole"],
    )


def test_levels_are_dropped_until_the_limit_holds() -> None:
    detail = nested()
    before = copy.deepcopy(detail)
    sizes = []
    for limit in (10**6, 30_000, 15_000, 8000, 10, 0):
        made = finer.carried(detail, limit)
        found = read(made)
        for level in range(made["levels"]):
            assert found.at(level) == detail.at(level)
        assert finer.size(made) <= limit or made["levels"] == 1
        sizes.append(made["levels"])
    assert sizes[0] == 5 and sizes[-1] == 1
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) > 3
    assert detail == before


def test_only_the_last_level_is_the_whole() -> None:
    detail = nested(whole=True)
    assert finer.carried(detail, 10**6)["whole"] is True
    assert finer.carried(detail, 10_000)["whole"] is False
    assert finer.carried(detail, 10**6, zooms=False)["levels"] == 1


def test_rows_that_give_way_to_finer_ones() -> None:
    detail = Detail({"x": [1, 1, 2, 3]}, [0, 1, 2, 0], [0, 1, 2, 2], 3, True)
    found = read(finer.carried(detail, 1000))
    assert [found.at(level) for level in range(3)] == [detail.at(level) for level in range(3)]
    fewer = finer.carried(detail._replace(first=[0, 1, 2, 0], last=[2, 2, 2, 2]), 1000)
    assert fewer["last"] is None


def test_a_finer_picture_keeps_its_level() -> None:
    made = finer.carried(nested(), 0, base=2)
    assert (made["base"], made["levels"]) == (2, 3)


# -- in a page -----------------------------------------------------------------------------------

ZOOM = {"name": "zoom", "select": "interval", "bind": "scales"}


def spec_of(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "data": {"values": rows},
        "mark": {"type": "line", "aria": False},
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
        },
        "params": [ZOOM],
        **more,
    }


class Scripts(HTMLParser):
    """The texts of a page's scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script"
        if self._inside:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[-1] += data


def payload(markup: str) -> dict[str, Any]:
    reader = Scripts()
    reader.feed(markup)
    reader.close()
    found: dict[str, Any] = json.loads(reader.texts[0])
    return found


def charts(*lives: page.Live) -> list[dict[str, Any]]:
    markup, _ = page.scripts(lives, bundle="globalThis.plotkitEngine=null;")
    found: list[dict[str, Any]] = payload(markup)["charts"]
    return found


def live(detail: Detail | None, level: int = 0, **more: Any) -> page.Live:
    rows = rows_of((detail or nested()).at(level))
    return page.Live({**spec_of(rows), **more}, CONFIGS, detail=detail)


def test_the_pictures_rows_are_carried_once() -> None:
    detail = nested()
    (chart,) = charts(live(detail))
    assert chart["spec"]["data"] == {"values": [], "name": chart["detail"]["data"]}
    assert read(chart["detail"]).at(0) == detail.at(0)
    assert chart["detail"]["base"] == 0


def test_a_larger_picture_begins_at_its_own_level() -> None:
    (chart,) = charts(live(nested(), level=2))
    assert chart["detail"]["base"] == 2
    assert chart["spec"]["data"]["values"] == []


def test_rows_in_a_named_set_and_in_vega() -> None:
    detail = nested()
    rows = rows_of(detail.at(0))
    named = live(detail)._replace(
        spec=spec_of([], data={"name": "mine"}, datasets={"other": [{"x": 1}], "mine": rows})
    )
    (chart,) = charts(named)
    assert chart["detail"]["data"] == "mine"
    assert chart["spec"]["datasets"] == {"other": [{"x": 1}], "mine": []}
    vega = {"data": [{"name": "a", "values": [1]}, {"name": "b", "values": rows}], "marks": []}
    (chart,) = charts(live(detail)._replace(spec=vega))
    assert chart["detail"]["data"] == "b"
    assert chart["spec"]["data"] == [{"name": "a", "values": [1]}, {"name": "b", "values": []}]


def test_rows_that_are_of_no_level_stay_as_they_are() -> None:
    given = live(nested())._replace(spec=spec_of([{"x": 1, "y": 2}]))
    (chart,) = charts(given)
    assert "detail" not in chart
    assert chart["spec"]["data"] == {"values": [{"x": 1, "y": 2}]}


def test_without_a_zoom_there_is_nothing_finer() -> None:
    (chart,) = charts(live(nested(), params=[]))
    assert chart["detail"]["levels"] == 1
    layered = [{"mark": "line", "params": [ZOOM]}, {"mark": "point"}]
    (chart,) = charts(live(nested(), params=[], layer=layered))
    assert chart["detail"]["levels"] == 5


def test_pages_without_detail_carry_rows_as_before() -> None:
    rows = [{"x": 1, "y": 2.5, "name": "a"}, {"x": 2.0, "y": None, "name": "<b>"}]
    given = page.Live(spec_of(rows), CONFIGS)
    markup, _ = page.scripts([given], bundle="0;")
    assert (
        '"data":{"values":[{"x":1,"y":2.5,"name":"a"},'
        '{"x":2.0,"y":null,"name":"\\u003cb\\u003e"}]},' in markup
    )
    assert charts(given) == [
        {"spec": spec_of(rows), "configs": {"light": 0, "dark": 0}, "theme": None, "links": False}
    ]
    assert "pk-limit" not in page.mount(given, 0)
    small = pk.line({"x": [1, 2, 3], "y": [3, 1, 2]}, "x", "y").live()
    assert small.detail is None
    (chart,) = charts(small)
    assert "detail" not in chart
    assert len(chart["spec"]["data"]["values"]) == 3


@pytest.fixture
def limit() -> Any:
    yield lambda value: setattr(settings, "detail_bytes", value)
    del settings.detail_bytes


def test_the_limit_is_a_setting(limit: Any) -> None:
    assert charts(live(nested()))[0]["detail"]["levels"] == 5
    limit(15_000)
    made = charts(live(nested()))[0]["detail"]
    assert 1 < made["levels"] < 5
    assert len(json.dumps(made, separators=(",", ":"))) <= 15_100
    limit(0)
    assert charts(live(nested()))[0]["detail"]["levels"] == 1


def test_the_limit_is_that_of_the_page(limit: Any) -> None:
    limit(60_000)
    alone = charts(live(nested()))[0]["detail"]["levels"]
    three = [chart["detail"] for chart in charts(*[live(nested())] * 3)]
    assert alone == 5
    assert all(1 < made["levels"] < 5 for made in three)
    assert sum(map(finer.size, three)) <= 60_500
    # What one does not need, the others have.
    small = live(nested(64, 2))
    shared = charts(small, live(nested()), live(None))
    assert [chart.get("detail", {}).get("levels") for chart in shared] == [2, 5, None]


HOSTILE = [
    "</script><script>window.PWNED=1</script>",
    "<!--<script>",
    "{{payload}}",
    "a\u2028b\U0001f600",
    "__proto__",
    "&lt;",
]


def test_nothing_hostile_ends_its_script() -> None:
    columns = {"x": list(range(60)), "y": [0] * 60, "color": HOSTILE * 10}
    detail = Detail(columns, [0] * 30 + [1] * 30, None, 2, True)
    given = page.Live(spec_of(rows_of(detail.at(0))), CONFIGS, detail=detail)
    markup, _ = page.scripts([given], bundle="0;")
    assert markup.count("<script") == 3 and markup.count("</script") == 3
    data = markup.split("</script", 1)[0]
    assert "PWNED=1<" not in data and data.isascii()
    (chart,) = payload(markup)["charts"]
    assert read(chart["detail"]).columns == columns


def test_the_same_rows_give_the_same_bytes() -> None:
    first, second = (page.scripts([live(nested())], bundle="0;") for _ in range(2))
    assert first == second


def test_the_line_about_the_limit_is_spoken() -> None:
    markup = page.mount(live(nested()), 0)
    assert '<span class="pk-limit" role="status"></span>' in markup
    markup, _ = page.scripts([live(nested())], bundle="0;", words={"zoomed_beyond": "Weiter <b>"})
    assert payload(markup)["words"]["zoomed_beyond"] == "Weiter <b>"
