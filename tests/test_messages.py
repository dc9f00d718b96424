"""Whole messages, reached through the public calls, one row each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit import errors, locales, settings
from plotkit import fonts as own_fonts
from plotkit.render import fonts

TABLE = pk.Table({"step": [0, 1, 2], "loss": [1.9, 1.1, 0.7], "run": ["a", "b", "a"]})


def line(data: Any, **more: Any) -> Callable[[], object]:
    return lambda: pk.line(data, "x", "y", **more)


def strict(texts: list[str]) -> object:
    settings.missing_glyphs = "error"
    return fonts.check(texts)


def spec(**changes: Any) -> dict[str, Any]:
    """A small valid spec, changed."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [{"x": 1, "y": 2}]},
        "mark": "bar",
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
        },
        **changes,
    }


MESSAGES: list[tuple[type[Exception], Callable[[], object], str]] = [
    # tables
    (
        errors.TableError,
        lambda: pk.Table([[1, 2], [3]], ["a", "b"]),
        "row 1 has 1 value, but the table has 2 columns: 'a', 'b'.",
    ),
    (
        errors.TableError,
        lambda: pk.Table([[1, 2]], ["a", "a"]),
        "column names must differ: 'a' stands twice. Rename one of them.",
    ),
    (
        errors.TableError,
        lambda: pk.Table([[1, 2]]),
        "rows of 2 values need names: Table(data=rows, columns=[...]) with 2 names, or rows as "
        "dicts.",
    ),
    (
        errors.TableError,
        lambda: pk.Table([{"a": 1}, {"b": 1}]),
        "row 1 has the unknown key 'b' and lacks 'a'; the columns are 'a'. Give every row the "
        "same keys (None for a missing value), or name them: columns=[...].",
    ),
    (
        errors.TableError,
        lambda: pk.Table({"a": [1, 2], "b": [1]}),
        "column 'b' has 1 values, but the table has 2 rows; every column must have one value for "
        "each row.",
    ),
    (
        errors.TableError,
        lambda: pk.Table(42),
        "cannot read a table from builtins.int. Accepted: rows (lists, tuples, dicts), a dict of "
        "columns, NumPy arrays, pandas, Polars, PyArrow, DuckDB, PySpark, Ibis, and anything with "
        "__arrow_c_stream__.",
    ),
    (
        errors.TableError,
        lambda: pk.Table(columns=["a", "b"]).add_data(1),
        "row 0 has 1 value, but the table has 2 columns: 'a', 'b'.",
    ),
    (
        errors.TableError,
        lambda: pk.Table({"a": [1]}).add_column("b", [1, 2]),
        "column 'b' has 2 values, but the table has 1 rows; every column must have one value for "
        "each row.",
    ),
    (
        errors.TableError,
        lambda: pk.Table.read("nowhere.csv"),
        "cannot read 'nowhere.csv': there is no such file.",
    ),
    (
        errors.DataError,
        lambda: pk.Table({"a": [1, "x"]}).column("a"),
        "column 'a' mixes kinds: row 0 is 1 (int), row 1 is 'x' (str). Convert the column to one "
        "kind, for example [str(v) for v in values].",
    ),
    (
        errors.DataError,
        lambda: pk.Table({"a": ["1", "x"]}, types={"a": "number"}),
        "column 'a', row 1: found 'x'; expected a number.",
    ),
    (
        errors.OptionError,
        lambda: pk.Table({"a": [1]}, types={"a": "date"}),
        "types['a']='date': expected one of number, text, bool, time, time[s], time[ms].",
    ),
    # mappings
    (
        errors.PresetError,
        lambda: pk.plot_table("plotkit/lines", TABLE, {}),
        "no preset 'plotkit/lines'. Did you mean 'plotkit/line'? Looked in: store {home} "
        "(PLOTKIT_HOME), builtin {presets} (built-in, read-only). Known: "
        "'plotkit/area_under_curve', 'plotkit/bar', 'plotkit/confusion_matrix', "
        "'plotkit/histogram', 'plotkit/histogram_series', 'plotkit/line', 'plotkit/line_series', "
        "'plotkit/pr_curve', 'plotkit/roc_curve', 'plotkit/scatter', 'plotkit/smoothed_line'.",
    ),
    (
        errors.PresetError,
        lambda: pk.plot_table("../../etc/passwd", TABLE, {}),
        "cannot read the preset '../../etc/passwd': No such file or directory.",
    ),
    (
        errors.OptionError,
        lambda: pk.plot_table("plotkit/line", TABLE, {"x": "step", "y": "loss", "colour": "run"}),
        "plotkit/line has no role 'colour'. Did you mean 'color'? Its roles: 'x', 'y', 'color', "
        "'stroke', 'error_low', 'error_high'.",
    ),
    (
        errors.OptionError,
        lambda: pk.plot_table("plotkit/line", TABLE, {"x": "step"}),
        "'plotkit/line' needs the role 'y' (Height of the line; a missing value breaks the "
        "line.); map a column to it: fields={'y': 'step'}. The table has: 'step', 'loss', 'run'.",
    ),
    (
        errors.ColumnNotFoundError,
        lambda: pk.line(TABLE, "step", "lost"),
        "no column 'lost' for role 'y'. Did you mean 'loss'? The table has: 'step', 'loss', 'run'.",
    ),
    (
        errors.OptionError,
        lambda: pk.plot_table(
            "plotkit/bar", TABLE, {"label": "run", "value": "loss"}, {"titel": "x"}
        ),
        "plotkit/bar has no string 'titel'. Did you mean 'title'? Its strings: 'title', "
        "'subtitle', 'x-axis-title', 'y-axis-title', 'legend-title'.",
    ),
    (
        errors.OptionError,
        lambda: pk.plot_table(
            "plotkit/bar", TABLE, {"label": "run", "value": "loss"}, params={"sorted": 1}
        ),
        "plotkit/bar has no param 'sorted'. Did you mean 'sort'? Its params: 'aggregate', 'sort'.",
    ),
    (
        errors.OptionError,
        lambda: pk.plot_table(
            "plotkit/bar", TABLE, {"label": "run", "value": "loss"}, params={"sort": 1}
        ),
        "sort=1: expected text.",
    ),
    # values
    (
        errors.DataError,
        line({"x": [], "y": []}),
        "the table has 0 rows, so 'plotkit/line' has nothing to draw.",
    ),
    (
        errors.DataError,
        line({"x": [1, 2], "y": [None, float("nan")]}),
        "role 'y', column 'y': no values; all 2 rows are missing (None, NaN or infinite).",
    ),
    (
        errors.DataError,
        lambda: pk.scatter({"x": [1, None], "y": [None, 1]}, "x", "y"),
        "none of the 2 rows has a value in all of the columns 'x', 'y', so nothing can be drawn.",
    ),
    (
        errors.DataError,
        line({"x": [1, 2], "y": ["1,000", "2"]}),
        "role 'y', column 'y', row 0: found '1,000'; the column is text, but the role takes "
        "number. If the text holds numbers, convert it, for example Table(..., types={'y': "
        "'number'}).",
    ),
    (
        errors.DataError,
        line({"x": [1, 2, 3], "y": [1, 0, 5]}, y_scale="log"),
        "role 'y', column 'y', row 1: found 0; a log scale takes only numbers above 0. Drop such "
        "rows, or leave the scale linear.",
    ),
    (
        errors.OptionError,
        line({"x": [1, 2, 3], "y": [1, 2, 5]}, y_scale="logarithmic"),
        "y_scale='logarithmic': expected 'linear' or 'log'.",
    ),
    (
        errors.DataError,
        lambda: pk.line_series([0, 1], [[1, 2], [1]], keys=["train", "test"]),
        "lengths differ: 'x of test' has 2, 'y of test' has 1. They must be equal.",
    ),
    (
        errors.DataError,
        lambda: pk.plot_table(
            spec(
                encoding={
                    **spec()["encoding"],
                    "y": {"field": "y", "type": "quantitative", "scale": {"type": "log"}},
                }
            ),
            {"x": [1], "y": [1]},
            {"x": "x", "y": "y"},
        ),
        "'dict' draws bars from 0, and a log scale has no 0: a bar's length would mean nothing. "
        "Use plotkit/scatter or plotkit/line with a log scale, or a linear scale.",
    ),
    # presets
    (
        errors.PresetError,
        lambda: pk.plot_table(spec(mark="barr"), {"x": [1]}, {"x": "x"}),
        "preset 'dict' is not valid Vega-Lite:\n  /mark: found 'barr'. Did you mean 'bar'? "
        "Allowed: 'arc', 'area', 'bar', 'image', 'line', 'point', 'rect', 'rule', 'text', 'tick', "
        "'trail', 'circle', and 2 more",
    ),
    (
        errors.PresetError,
        lambda: pk.Preset({"usermeta": {"plotkit": {"roles": {"x": {"types": ["float"]}}}}}),
        "preset 'dict' cannot be used:\n  /usermeta/plotkit/roles/x/types/0: found 'float'. "
        "Allowed: 'number', 'text', 'bool', 'time'",
    ),
    # sizes and formats
    (
        errors.OptionError,
        lambda: locales.localised({}, "jp-JP"),
        "no locale 'jp-JP'. Did you mean 'ja-JP'? A locale is a language, or a language and a "
        "country: 'de', 'en-GB', 'ja-JP'.",
    ),
    (
        errors.OptionError,
        lambda: pk.line(TABLE, "step", "loss").to_png(size="nature-singel"),
        "no size 'nature-singel'. Did you mean 'nature-single'? Known: "
        + ", ".join(map(repr, pk.sizes.NAMES))
        + ". Any other: width=, height=, such as width='8cm'.",
    ),
    (
        errors.OptionError,
        lambda: pk.line(TABLE, "step", "loss").to_jpeg(background="transparent"),
        "JPEG has no transparency: leave out background='transparent', name a colour such as "
        "background='white', or save as PNG, WebP, SVG or PDF.",
    ),
    # fonts
    (
        errors.FontError,
        lambda: own_fonts.register("nowhere"),
        "cannot take fonts from 'nowhere': there is no such folder.",
    ),
    (
        errors.MissingGlyphsError,
        lambda: strict(["a\U0010fffd"]),
        "no font here draws U+10FFFD (private use). Add a font that has them: "
        "plotkit.fonts.register(folder).",
    ),
    # files
    (
        errors.SaveError,
        lambda: pk.line(TABLE, "step", "loss").save("loss.gif"),
        "cannot tell the format of 'loss.gif' from its ending. Endings: .png, .svg, .pdf, .jpg, "
        ".jpeg, .webp, .html, .json.",
    ),
    (
        errors.SaveError,
        lambda: pk.line(TABLE, "step", "loss").save("nowhere/loss.png"),
        "cannot write 'nowhere/loss.png': the folder 'nowhere' does not exist. Make it first "
        "(mkdir -p), plotkit makes no folders unasked.",
    ),
    (
        errors.OptionError,
        lambda: pk.line(TABLE, "step", "loss").to_png(width="wide"),
        "width='wide': expected a length of 16 to 20,000 px: a number of px, or text such as "
        "'8cm', '3in'.",
    ),
    (
        errors.OptionError,
        lambda: pk.line(TABLE, "step", "loss").to_svg(theme="drak"),
        "theme='drak': expected 'light', 'dark' or a config dict.",
    ),
    # many charts
    (
        errors.ExportError,
        lambda: pk.export({"a": 7, "b": pk.line(TABLE, "step", "loss")}, "out", "json"),  # type: ignore[dict-item]
        "1 of 2 charts failed; the others are in 'out':\n"
        "  'a': charts=7: expected a chart, or a function without arguments that returns one.",
    ),
    (
        errors.ExportError,
        lambda: pk.export([lambda: 1 / 0], "out"),  # type: ignore[list-item, return-value]
        "1 of 1 charts failed:\n  'charts[0]': division by zero",
    ),
]


@pytest.mark.parametrize(("kind", "call", "message"), MESSAGES, ids=[m[2][:50] for m in MESSAGES])
def test_message(
    kind: type[Exception],
    call: Callable[[], object],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLOTKIT_HOME", str(tmp_path))
    with pytest.raises(kind) as raised:
        call()
    root = Path(errors.__file__).parent.parent / "presets"
    message = message.replace("{presets}", str(root)).replace("{home}", str(tmp_path))
    assert str(raised.value) == message


def test_every_error_has_one_base() -> None:
    kinds = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert all(issubclass(kind, errors.PlotkitError) for kind in kinds)


NOTES: list[tuple[Callable[[], pk.Chart], list[str]]] = [
    (
        line({"x": [0, 1, 2], "y": [1, None, float("inf")]}),  # type: ignore[list-item]
        ["column 'y': 2 rows of 3 without a finite value drawn as a gap (first: row 1)."],
    ),
    (
        lambda: pk.scatter({"x": [0, None, 2], "y": [1, 2, 3]}, "x", "y"),
        ["column 'x': 1 row of 3 without a finite value left out (first: row 1)."],
    ),
    (
        lambda: pk.scatter({"x": [2**60, 1], "y": [1, 2]}, "x", "y"),
        [
            "column 'x': 1 row beyond 2^53 drawn at the nearest number that the axis can hold "
            "(first: row 0)."
        ],
    ),
    (
        line({"x": [0, 1, 1], "y": [1, 2, 3]}),  # type: ignore[list-item]
        [
            "column 'x': 1 row repeat an x of the same line, drawn as a vertical step "
            "(first: row 2)."
        ],
    ),
    (
        lambda: pk.line({"x": [0, 1], "y": [1, 2], "c": ["a", None]}, "x", "y", color="c"),
        ["column 'c': 1 row of 2 without a value shown as (missing)."],
    ),
    (
        lambda: pk.bar({"a": ["\x1b[1mx", "y"], "b": [1, 2]}, "a", "b"),
        ["column 'a': control characters in 1 row shown as U+FFFD (first: row 0)."],
    ),
    (
        lambda: pk.bar({"a": ["x", "y", "x"], "b": [1, 2, 3]}, "a", "b"),
        [
            "column 'a': 1 of 2 bars stand for more than one row (2 rows in all) and show their "
            "mean."
        ],
    ),
    (
        lambda: pk.scatter({"a": [1], "b": [1]}, "a", "b", title="\x00"),
        ["text '\\x00': control characters shown as U+FFFD."],
    ),
]


@pytest.mark.parametrize(("call", "notes"), NOTES, ids=[n[1][0][:50] for n in NOTES])
def test_notes(call: Callable[[], pk.Chart], notes: list[str]) -> None:
    assert list(call().notes) == notes
