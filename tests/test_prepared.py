"""Presets with transforms of their own over many rows: VegaFusion and the engine draw the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit import errors, prepared, settings
from plotkit.preset import Preset

np = pytest.importorskip("numpy")
pytest.importorskip("vegafusion")

N = 3000
WORDS = ["zeta", "mu", "alpha", "q", "beta"]


@pytest.fixture(autouse=True)
def _few_rows_are_many() -> None:
    settings.transform_rows = 1000


def columns() -> dict[str, Any]:
    rng = np.random.default_rng(7)
    start = np.datetime64("2023-02-27T21:00:00", "ms")
    return {
        "word": [WORDS[i] for i in rng.integers(0, 5, N)],
        "other": [["no", "yes"][i] for i in rng.integers(0, 2, N)],
        "value": rng.gamma(2.0, 3.0, N),
        "count": rng.integers(0, 40, N),
        "when": start + (rng.integers(0, 400 * 24 * 3600, N) * 1000).astype("timedelta64[ms]"),
        "flag": rng.random(N) > 0.4,
        "order": np.arange(N),
    }


FIELDS = {"w": "word", "o": "other", "v": "value", "n": "count", "t": "when", "f": "flag"}


def role(field: str, **more: Any) -> dict[str, Any]:
    kinds = {"v": "quantitative", "n": "quantitative", "t": "temporal", "i": "quantitative"}
    return {"field": field, "type": kinds.get(field, "nominal"), **more}


COUNT = {"aggregate": "count", "type": "quantitative"}
MEAN = role("v", aggregate="mean")


def view(mark: Any, *transform: Any, **encoding: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"data": {"values": []}, "mark": mark, "encoding": encoding}
    return {**made, "transform": list(transform)} if transform else made


VIEWS: dict[str, dict[str, Any]] = {
    "count": view("bar", x=role("w"), y=COUNT),
    "mean": view("bar", x=role("w"), y=MEAN),
    "sum": view("bar", x=role("w"), y=role("n", aggregate="sum")),
    "median": view("bar", x=role("w"), y=role("v", aggregate="median")),
    "q1": view("bar", x=role("w"), y=role("v", aggregate="q1")),
    "q3": view("bar", x=role("w"), y=role("v", aggregate="q3")),
    "stdev": view("bar", x=role("w"), y=role("v", aggregate="stdev")),
    "variancep": view("bar", x=role("w"), y=role("v", aggregate="variancep")),
    "distinct": view("bar", x=role("w"), y=role("n", aggregate="distinct")),
    "min, max": view(
        "bar", x=role("w"), y=role("v", aggregate="min"), y2={"field": "v", "aggregate": "max"}
    ),
    "error bars": view({"type": "errorbar", "extent": "stdev"}, x=role("w"), y=role("v")),
    "box": view({"type": "boxplot", "extent": "min-max"}, x=role("w"), y=role("v")),
    "sorted by count": view("bar", x=role("w", sort="-y"), y=COUNT),
    "sorted by another": view(
        "bar", x=role("w", sort={"field": "v", "op": "mean", "order": "descending"}), y=COUNT
    ),
    "bins": view("bar", x=role("v", bin=True), y=COUNT),
    "bins, steps": view("bar", x=role("v", bin={"step": 2.5}), y=COUNT, color=role("w")),
    "heat": view("rect", x=role("v", bin={"maxbins": 12}), y=role("n", bin=True), color=COUNT),
    "months": view("line", x=role("t", timeUnit="yearmonth"), y=MEAN),
    "days": view("line", x=role("t", timeUnit="yearmonthdate"), y=MEAN),
    "weekdays": view("bar", x=role("t", timeUnit="day"), y=COUNT),
    "hours": view("bar", x=role("t", timeUnit="hours"), y=COUNT),
    "utc hours": view("bar", x=role("t", timeUnit="utchours"), y=COUNT),
    "quarters": view("bar", x=role("t", timeUnit="utcyearquarter"), y=COUNT, color=role("o")),
    "weeks": view("line", x=role("t", timeUnit="yearweek"), y=COUNT),
    "stacks": view("bar", x=role("w"), y=COUNT, color=role("o")),
    "shares": view("bar", x=role("w"), y={**COUNT, "stack": "normalize"}, color=role("o")),
    "areas": view("area", x=role("t", timeUnit="yearmonth"), y=COUNT, color=role("w")),
    "filter": view("bar", {"filter": "datum.v > 5 && datum['o'] == 'yes'"}, x=role("w"), y=COUNT),
    "predicate": view(
        "bar", {"filter": {"field": "n", "range": [3, 12]}}, x=role("w"), y=COUNT
    ),
    "one of": view("bar", {"filter": {"field": "w", "oneOf": ["q", "mu"]}}, x=role("w"), y=COUNT),
    "calculate": view(
        "bar",
        {"calculate": "datum.v * 2 + sqrt(datum.n)", "as": "made"},
        x=role("w"),
        y={"field": "made", "aggregate": "mean", "type": "quantitative"},
    ),
    "words": view(
        "bar",
        {"calculate": "datum.w + ' / ' + datum.o", "as": "both"},
        x={"field": "both", "type": "nominal", "sort": None},
        y=COUNT,
    ),
    "text of numbers": view(
        "bar",
        {"calculate": "datum.w + datum.n", "as": "both"},
        {"filter": "datum.n < 3"},
        x={"field": "both", "type": "nominal", "sort": None},
        y=COUNT,
    ),
    "aggregate": view(
        "point",
        {
            "aggregate": [
                {"op": "mean", "field": "v", "as": "a"},
                {"op": "max", "field": "n", "as": "b"},
            ],
            "groupby": ["w", "o"],
        },
        x={"field": "a", "type": "quantitative"},
        y={"field": "b", "type": "quantitative"},
        color=role("w"),
    ),
    "joinaggregate": view(
        "bar",
        {"joinaggregate": [{"op": "mean", "field": "v", "as": "m"}], "groupby": ["w"]},
        {"filter": "datum.v > datum.m"},
        x=role("w"),
        y=COUNT,
    ),
    "window": view(
        "line",
        {"aggregate": [{"op": "sum", "field": "v", "as": "s"}], "groupby": ["n"]},
        {"window": [{"op": "sum", "field": "s", "as": "c"}], "sort": [{"field": "n"}]},
        x=role("n"),
        y={"field": "c", "type": "quantitative"},
    ),
    "rank": view(
        "bar",
        {
            "window": [{"op": "row_number", "as": "r"}],
            "sort": [{"field": "v", "order": "descending"}],
        },
        {"filter": "datum.r <= 8"},
        x={"field": "r", "type": "ordinal"},
        y=role("v"),
    ),
    "fold": view(
        "bar",
        {"fold": ["v", "n"], "as": ["key", "val"]},
        x={"field": "key", "type": "nominal", "sort": None},
        y={"field": "val", "aggregate": "mean", "type": "quantitative"},
    ),
    "pivot": view(
        "bar",
        {"pivot": "o", "value": "v", "groupby": ["w"], "op": "mean"},
        x=role("w"),
        y={"field": "yes", "type": "quantitative"},
    ),
    "impute": view(
        "line",
        {"timeUnit": "utcyearmonth", "field": "t", "as": "m"},
        {"aggregate": [{"op": "count", "as": "c"}], "groupby": ["m"]},
        {"impute": "c", "key": "m", "value": 0},
        x={"field": "m", "type": "temporal"},
        y={"field": "c", "type": "quantitative"},
    ),
    "density": view(
        "area",
        {"density": "v", "groupby": ["o"]},
        x={"field": "value", "type": "quantitative"},
        y={"field": "density", "type": "quantitative"},
        color=role("o"),
    ),
    "regression": view(
        "line",
        {"regression": "v", "on": "n"},
        x=role("n"),
        y=role("v"),
    ),
    "loess": view("line", {"loess": "v", "on": "n"}, x=role("n"), y=role("v")),
    "quantile": view(
        "line",
        {"quantile": "v", "step": 0.1},
        x={"field": "prob", "type": "quantitative"},
        y={"field": "value", "type": "quantitative"},
    ),
    "truth": view("bar", x=role("f"), y=COUNT),
    "facets": view("bar", x=role("w"), y=COUNT, column=role("o")),
    "facets of bins": view("bar", x=role("v", bin=True), y=COUNT, row=role("o")),
    "log": view("bar", x=role("w"), y=role("v", aggregate="max"), size=COUNT),
    "tooltips": view("bar", x=role("w"), y=COUNT, tooltip=[role("w"), COUNT]),
}  # fmt: skip
VIEWS["layers"] = {
    "data": {"values": []},
    "layer": [
        {"mark": "bar", "encoding": {"x": role("w"), "y": MEAN}},
        {"mark": "rule", "encoding": {"y": MEAN}},
    ],
}
VIEWS["beside"] = {
    "data": {"values": []},
    "hconcat": [VIEWS["count"] | {"width": 150}, VIEWS["bins"] | {"width": 150}],
}
for held in VIEWS["beside"]["hconcat"]:
    held.pop("data")
VIEWS["param"] = {
    **view("bar", {"filter": "datum.v > least"}, x=role("w"), y=COUNT),
    "params": [{"name": "least", "value": 4, "bind": {"input": "range", "min": 0, "max": 20}}],
}
# What VegaFusion leaves to the engine, as its documentation says.
LEFT = {"density": "kde", "regression": "regression", "loess": "loess", "quantile": "quantile"}


def draw(spec: Any, data: Any = None, fields: Any = None, **more: Any) -> pk.Chart:
    roles = pk.Table(columns() if data is None else data)
    named = {name: column for name, column in (fields or FIELDS).items() if name in mapped(spec)}
    return pk.plot_table(spec, roles, named, **more)


def mapped(spec: Any) -> set[str]:
    return set(Preset(spec).roles)


def rounded(svg: str) -> str:
    """An SVG with numbers of so many digits as a sum in another order keeps."""
    return re.sub(r"-?\d+\.\d+(?:e-?\d+)?", lambda found: f"{float(found[0]):.6g}", svg)


def declared(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec with all roles declared, as its transforms may read any."""
    text = json.dumps(spec)
    names = [name for name in FIELDS if re.search(rf"\b{name}\b", text.replace('"x"', ""))]
    meta = {"plotkit": {"id": "test/own", "roles": {name: {} for name in names}}}
    return {**spec, "usermeta": meta}


@pytest.mark.parametrize("name", VIEWS)
def test_the_same_as_the_engine_computes(name: str) -> None:
    spec = declared(VIEWS[name])
    fused, plain = draw(spec), draw(spec, reduce=False)
    assert plain.notes != fused.notes and "VegaFusion" in " ".join(fused.notes)
    if name in LEFT:
        assert LEFT[name] in " ".join(fused.notes)
    else:
        assert "by the preset's own transforms" in " ".join(fused.notes)
    for theme in ("light", "dark"):
        one, two = (found.to_svg(fonts=False, theme=theme) for found in (fused, plain))
        assert body(one) == body(two)


def body(svg: str) -> str:
    """The picture, without what the file says of itself."""
    svg = re.sub(r"<(title|desc|metadata)\b.*?</\1>", "", svg, flags=re.DOTALL)
    return rounded(svg)


# --- every kind of frame -------------------------------------------------------------------------


def test_the_same_from_every_frame(frame: Any) -> None:
    settings.transform_rows = 10
    from conftest import COLUMNS

    if isinstance(frame, list) and not isinstance(frame[0], dict):
        frame = pk.Table(frame, columns=list(COLUMNS))
    spec = view("bar", {"filter": "datum.v > 0.6"}, x=role("w"), y=MEAN, color=role("f"))
    fields = {"w": "run", "v": "loss", "f": "hit"}
    made = draw(declared(spec), frame, fields)
    assert "evaluated by VegaFusion" in " ".join(made.notes)
    plain = draw(declared(spec), COLUMNS, fields, reduce=False)
    assert body(made.to_svg(fonts=False)) == body(plain.to_svg(fonts=False))


def _times(zone: dt.tzinfo | None) -> list[dt.datetime]:
    first = dt.datetime(2024, 3, 30, 12, tzinfo=zone)
    return [first + dt.timedelta(hours=i) for i in range(60)]


@pytest.mark.parametrize("kind", ["list", "pandas", "polars", "polars lazy", "pyarrow", "duckdb"])
@pytest.mark.parametrize("zone", [None, dt.UTC, dt.timezone(dt.timedelta(hours=5))])
def test_times_of_every_frame(kind: str, zone: dt.tzinfo | None) -> None:
    settings.transform_rows = 10
    held = {"when": _times(zone), "day": [t.date() for t in _times(None)]}
    spec = declared(view("bar", x=role("t", timeUnit="monthdatehours"), y=COUNT))
    plain = draw(spec, held, {"t": "when"}, reduce=False)
    data: Any = held
    if kind == "pandas":
        data = pytest.importorskip("pandas").DataFrame(held)
    elif kind.startswith("polars"):
        frame = pytest.importorskip("polars").DataFrame(held)
        data = frame.lazy() if "lazy" in kind else frame
    elif kind == "pyarrow":
        data = pytest.importorskip("pyarrow").table(held)
    elif kind == "duckdb":
        data = pytest.importorskip("duckdb").from_arrow(pytest.importorskip("pyarrow").table(held))
    made = draw(spec, data, {"t": "when"})
    assert "evaluated by VegaFusion" in " ".join(made.notes)
    assert body(made.to_svg(fonts=False)) == body(plain.to_svg(fonts=False))
    days = declared(view("bar", x=role("t", timeUnit="utcdate"), y=COUNT))
    one, two = draw(days, data, {"t": "day"}), draw(days, held, {"t": "day"}, reduce=False)
    assert body(one.to_svg(fonts=False)) == body(two.to_svg(fonts=False))


def test_categories_that_vegafusion_does_not_take() -> None:
    pl = pytest.importorskip("polars")
    settings.transform_rows = 10
    held = pl.DataFrame({"word": ["b", "a", None, "b"] * 20})
    spec = declared(view("bar", x=role("w"), y=COUNT))
    plain = draw(spec, {"word": held["word"].to_list()}, {"w": "word"}, reduce=False)
    for kind in (pl.Categorical, pl.Enum(["a", "b"])):
        typed = held.with_columns(pl.col("word").cast(kind))
        for data in (typed, typed.lazy(), typed.to_pandas()):
            made = draw(spec, data, {"w": "word"})
            assert made.to_dict()["data"][1]["values"], data
            if kind is pl.Categorical:
                assert sorted(bars(made)) == sorted(bars(plain))


def bars(made: pk.Chart) -> list[str]:
    return re.findall(r'aria-label="([^"]*)"', made.to_svg(fonts=False)) or [made.describe()]


# --- texts and missing values --------------------------------------------------------------------


@pytest.mark.parametrize("lazy", [False, True])
def test_odd_texts_are_those_that_the_engine_gets(lazy: bool) -> None:
    settings.transform_rows = 10
    odd = ["a\x00b", "", "tab\there", "x" * 1500, "\U0001f600 wide", "plain", "constructor"]
    held = {"word": odd * 10, "value": [float(i % 7) for i in range(70)]}
    spec = declared(view("bar", x=role("w"), y=MEAN))
    data = pytest.importorskip("polars").DataFrame(held).lazy() if lazy else held
    made = draw(spec, data, {"w": "word", "v": "value"})
    plain = draw(spec, data, {"w": "word", "v": "value"}, reduce=False)
    assert body(made.to_svg(fonts=False)) == body(plain.to_svg(fonts=False))
    assert [n for n in plain.notes if "engine" not in n] == [
        n for n in made.notes if "engine" not in n
    ]


def gapped(spec: dict[str, Any], missing: str) -> dict[str, Any]:
    made = declared(spec)
    for entry in made["usermeta"]["plotkit"]["roles"].values():
        entry["missing"] = missing
    return made


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("missing", ["drop", "gap", "keep"])
@pytest.mark.parametrize("name", ["mean", "count", "bins, steps", "months", "sorted by another"])
def test_missing_values(name: str, missing: str, lazy: bool) -> None:
    held = {key: list(found) for key, found in columns().items()}
    for column in ("word", "value", "when"):
        held[column][5:2000:3] = [None] * len(held[column][5:2000:3])
    held["when"] = [None if t is None else t.item() for t in held["when"]]
    data = pytest.importorskip("polars").DataFrame(held).lazy() if lazy else held
    spec = gapped(VIEWS[name], missing)
    made, plain = draw(spec, data), draw(spec, data, reduce=False)
    assert "evaluated by VegaFusion" in " ".join(made.notes)
    assert body(made.to_svg(fonts=False)) == body(plain.to_svg(fonts=False))


def test_formulas_over_missing_values_are_left_to_the_engine() -> None:
    held = columns() | {"value": [None if i % 3 == 0 else i / 7 for i in range(N)]}
    spec = gapped(VIEWS["filter"], "gap")
    made = draw(spec, held)
    assert "misses values" in " ".join(made.notes)
    assert body(made.to_svg(fonts=False)) == body(
        draw(spec, held, reduce=False).to_svg(fonts=False)
    )


def test_texts_made_of_fractions_are_left_to_the_engine() -> None:
    spec = declared(
        view(
            "bar",
            {"calculate": "'v' + datum.v", "as": "made"},
            {"filter": "datum.v > 15"},
            x={"field": "made", "type": "nominal"},
            y=COUNT,
        )
    )
    made = draw(spec)
    assert "makes a text of numbers" in " ".join(made.notes)
    settings.max_rows = 2000
    with pytest.raises(errors.DataError, match="makes a text of numbers"):
        draw(spec)


# --- notes, limits, switches ---------------------------------------------------------------------


def test_few_rows_go_as_they_are() -> None:
    settings.transform_rows = N
    made = draw(declared(VIEWS["count"]))
    assert made.notes == ()
    assert "encoding" in made.spec


def test_reduce_is_the_number_of_rows() -> None:
    settings.transform_rows = 20_000
    assert "VegaFusion" in " ".join(draw(declared(VIEWS["count"]), reduce=100).notes)
    assert draw(declared(VIEWS["count"]), reduce=5000).notes == ()


def test_the_note_says_how_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draw(declared(VIEWS["count"])).notes == (
        "3,000 rows became 5 by the preset's own transforms, evaluated by VegaFusion; "
        "reduce=False leaves that to the drawing engine.",
    )
    monkeypatch.setattr(prepared, "is_installed", lambda: False)
    (note,) = draw(declared(VIEWS["count"])).notes
    assert note.startswith("3,000 rows went to the drawing engine")
    assert "pip install 'plotkit[scale]'" in note


def test_without_vegafusion_too_many_rows_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepared, "is_installed", lambda: False)
    settings.max_rows = 2000
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'plotkit\[scale\]'"):
        draw(declared(VIEWS["count"]))


def test_plain_marks_are_told_and_limited() -> None:
    spec = declared(view("point", x=role("v"), y=role("n")))
    (note,) = draw(spec).notes
    assert note == "3,000 rows went to the drawing engine, as this preset has no statistic."
    settings.max_rows = 2000
    with pytest.raises(errors.DataError) as told:
        draw(spec)
    for word in ("settings.max_rows", "plotkit/scatter", "reduce= does not apply"):
        assert word in str(told.value)


def test_what_vegafusion_leaves_is_limited_too() -> None:
    settings.max_rows = 2000
    with pytest.raises(errors.DataError, match="regression"):
        draw(declared(VIEWS["regression"]))
    with pytest.raises(errors.DataError, match="reduce=False"):
        draw(declared(VIEWS["count"]), reduce=False)


def test_transforms_that_leave_many_rows() -> None:
    settings.max_rows = 2000
    spec = declared(view("point", {"calculate": "datum.v * 2", "as": "d"},
                         x={"field": "d", "type": "quantitative"}, y=role("n")))  # fmt: skip
    with pytest.raises(errors.DataError, match=r"leave 3,00\d rows"):
        draw(spec)


# --- columns -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        ({"encoding": {"x": {"field": "a"}}}, "a"),
        ({"encoding": {"tooltip": [{"field": "a"}, {"field": "b c"}]}}, "a|b c"),
        ({"transform": [{"calculate": "datum.a + datum['b c']", "as": "z"}]}, "a|b c"),
        ({"transform": [{"calculate": "datum[ 'a' + 'b' ]", "as": "z"}]}, "a|b c|d.e|f"),
        ({"transform": [{"filter": "keys(datum)"}]}, "a|b c|d.e|f"),
        ({"encoding": {"x": {"field": "d\\.e"}}}, "d.e"),
        ({"mark": {"type": "bar", "tooltip": {"content": "data"}}}, "a|b c|d.e|f"),
        ({"config": {"mark": {"tooltip": {"content": "data"}}}}, "a|b c|d.e|f"),
        ({"transform": [{"fold": ["a", "f"]}]}, "a|f"),
        ({"repeat": ["a"], "spec": {"encoding": {"x": {"field": {"repeat": "repeat"}}}}},
         "a|b c|d.e|f"),
        ({"transform": [{"calculate": "datum['\\x61']", "as": "z"}]}, "a|b c|d.e|f"),
        ({"params": [{"name": "p", "value": "f"}]}, "f"),
        ({"marks": [{"encode": {"update": {"tooltip": {"signal": "datum"}}}}]}, "a|b c|d.e|f"),
        ({"data": [{"name": "t", "transform": [{"type": "filter", "expr": "datum.f"}]}]}, "f"),
        ({"data": {"values": [{"a": 1, "f": 2}]}}, ""),
        ({"encoding": {"y": {"aggregate": "count"}}}, ""),
    ],
)  # fmt: skip
def test_only_named_columns_are_sent(part: dict[str, Any], sent: str) -> None:
    found = prepared.used({"mark": "bar", **part}, ["a", "b c", "d.e", "f"])
    assert "|".join(found) == sent


@pytest.mark.parametrize("many", [True, False])
def test_unnamed_columns_stay_behind(many: bool) -> None:
    settings.transform_rows = 10 if many else 100_000
    spec = declared(VIEWS["count"])
    spec["usermeta"]["plotkit"]["roles"] |= {"v": {}, "unseen": {}}
    held = columns()
    made = pk.plot_table(spec, held, {"w": "word", "v": "value", "unseen": "order"})
    assert "unseen" not in made.to_json() and '"v"' not in made.to_json()


def test_rows_count_where_no_column_does() -> None:
    spec = {**view("bar", y=COUNT), "usermeta": {"plotkit": {"roles": {"w": {}}}}}
    made = pk.plot_table(spec, columns(), {"w": "word"})
    assert re.search(r'"__count\w*": 3000\b', made.to_json())


# --- every form ----------------------------------------------------------------------------------


def test_every_form_of_the_chart() -> None:
    made = draw(declared(VIEWS["stacks"]), string_fields={})
    assert made.to_png().startswith(b"\x89PNG")
    assert made.to_pdf().startswith(b"%PDF")
    page = made.to_html()
    payload = json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page)[1])  # type: ignore[index]
    (held,) = payload["charts"]
    assert set(held["specs"]) == {"light", "dark"} and held["specs"]["dark"] != held["spec"]
    assert "/vega/" in held["spec"]["$schema"] and len(page) < 3_000_000
    spec = json.loads(made.to_json())
    assert "/vega/" in spec["$schema"]
    with pytest.raises(errors.DataError, match="reduce=False"):
        made.to_altair()
    assert "3,000 rows" in made.describe() and "zeta" in made.describe("de")
    assert made.untitled().to_svg()


def test_equal_input_gives_equal_bytes() -> None:
    first, second = (draw(declared(VIEWS["stacks"])) for _ in range(2))
    assert first.to_png() == second.to_png()
    assert first.to_html() == second.to_html()


@pytest.mark.parametrize("name", ["months", "utc hours", "areas", "quarters"])
def test_times_are_those_of_utc_for_every_reader(name: str) -> None:
    """Text without a zone is local time to a browser."""
    found = draw(declared(VIEWS[name])).to_json()
    assert not re.search(r'"\d{4}-\d\d-\d\dT[\d:.]+"', found)
    if name in ("months", "areas"):  # the others are drawn from numbers
        assert re.search(r'"\d{4}-\d\d-\d\dT[\d:.]+Z"', found)


def test_sizes_and_locales() -> None:
    pytest.importorskip("babel")
    made, plain = draw(declared(VIEWS["months"])), draw(declared(VIEWS["months"]), reduce=False)
    for options in ({"width": 900}, {"size": "nature-single"}, {"locale": "de-DE"}):
        assert made.to_png(**options) == plain.to_png(**options)  # type: ignore[arg-type]


VEGA = {
    "$schema": "https://vega.github.io/schema/vega/v5.json",
    "width": 200,
    "height": 100,
    "data": [
        {"name": "wandb", "values": [{"w": "a", "v": 1}]},
        {
            "name": "sums",
            "source": "wandb",
            "transform": [
                {"type": "aggregate", "groupby": ["w"], "fields": ["v"], "ops": ["sum"],
                 "as": ["s"]}
            ],
        },
    ],
    "scales": [
        {"name": "x", "type": "band", "domain": {"data": "sums", "field": "w"}, "range": "width"},
        {"name": "y", "domain": {"data": "sums", "field": "s"}, "range": "height", "nice": True},
    ],
    "axes": [{"orient": "bottom", "scale": "x"}, {"orient": "left", "scale": "y"}],
    "marks": [
        {
            "type": "rect",
            "from": {"data": "sums"},
            "encode": {
                "update": {
                    "x": {"scale": "x", "field": "w"},
                    "width": {"scale": "x", "band": 1},
                    "y": {"scale": "y", "field": "s"},
                    "y2": {"scale": "y", "value": 0},
                }
            },
        }
    ],
}  # fmt: skip


def own(spec: dict[str, Any], *roles: str) -> Preset:
    """A preset that its user made or accepted, which may be one of Vega."""
    return Preset({**spec, "usermeta": {"plotkit": {"roles": {name: {} for name in roles}}}})


def test_presets_of_vega() -> None:
    fields = {"w": "word", "v": "value"}
    made = pk.plot_table(own(VEGA, "w", "v"), columns(), fields)
    plain = pk.plot_table(own(VEGA, "w", "v"), columns(), fields, reduce=False)
    assert "became 5" in made.notes[0]
    assert body(made.to_svg(fonts=False)) == body(plain.to_svg(fonts=False))
    assert "wandb" in made.to_html()


def test_presets_in_the_form_of_wandb() -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"name": "wandb"},
        "mark": "bar",
        "encoding": {
            "x": {"field": "${field:label}", "type": "nominal"},
            "y": {"field": "${field:value}", "aggregate": "mean", "type": "quantitative"},
        },
    }
    fields = {"label": "word", "value": "value"}
    made = pk.plot_table(spec, columns(), fields)
    plain = pk.plot_table(spec, columns(), fields, reduce=False)
    assert "became 5" in made.notes[0]
    assert body(made.to_svg(fonts=False)) == body(plain.to_svg(fonts=False))


def test_named_data_sets() -> None:
    spec = {
        **VIEWS["layers"],
        "data": {"name": "own"},
        "datasets": {"own": [{"w": "a", "v": 1}], "more": [{"v": 3}]},
    }
    more = {"data": {"name": "more"}, "mark": "rule", "encoding": {"y": role("v")}}
    spec["layer"] = [*spec["layer"], more]
    fields = {"w": "word", "v": "value"}
    made = pk.plot_table(own(spec, "w", "v"), columns(), fields)
    plain = pk.plot_table(own(spec, "w", "v"), columns(), fields, reduce=False)
    assert "became" in made.notes[0]
    assert body(made.to_svg(fonts=False)) == body(plain.to_svg(fonts=False))


# --- nothing is read -----------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret.csv"
    file.write_text("w,v\nhidden,1\n")
    return file


@pytest.mark.parametrize(
    "address",
    [
        "{path}",
        "file://{path}",
        "FILE://{path}",
        "http://127.0.0.1:9/secret.csv",
        "s3://bucket/secret.csv",
        "table://plotkit_rows",
        {"signal": "'file://{path}'"},
    ],
)
def test_no_file_and_no_address_is_read(
    address: Any, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(address).replace("{path}", str(secret))
    hidden = {"name": "hidden", "url": json.loads(text), "format": {"type": "csv"}}
    vega = {**VEGA, "data": [*VEGA["data"], hidden]}  # type: ignore[misc]
    lite = {
        "data": {"values": []},
        "layer": [
            {"mark": "bar", "encoding": {"x": role("w"), "y": COUNT}},
            {"data": {k: v for k, v in hidden.items() if k != "name"}, "mark": "text",
             "encoding": {"text": {"field": "w"}}},
        ],
    }  # fmt: skip
    handed: list[Any] = []
    monkeypatch.setattr(prepared, "_fused", lambda *given, **more: handed.append(given))
    for spec, roles in ((vega, ("w", "v")), (lite, ("w",))):
        fields = {"w": "word", "v": "value"}
        chosen = {name: fields[name] for name in roles}
        try:
            made = pk.plot_table(own(spec, *roles), columns(), chosen)
            told = made.to_svg(fonts=False)
        except errors.PlotkitError as refused:
            told = str(refused)
        assert "hidden,1" not in told and ">hidden<" not in told
    assert not handed  # not even asked


def test_untrusted_presets_with_an_address_end_earlier(secret: Path) -> None:
    spec = {**declared(VIEWS["count"]), "data": {"url": f"file://{secret}"}}
    with pytest.raises(errors.TrustError, match="address"):
        draw(spec)
