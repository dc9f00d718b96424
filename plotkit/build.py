"""From a preset, a table and a mapping to a finished spec: the pipeline, one step after another.

    table + fields  ->  bind  ->  statistic  ->  fill  ->  Built

Nothing here knows what kind of chart it makes; that is the preset's business. Neither the table
nor the preset is changed.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import bind, errors, fill, notes, progress, settings, stats
from plotkit.column import Column
from plotkit.errors import CannotEvaluateError
from plotkit.preset import Preset
from plotkit.table import Columns, LazyColumns, Table

if TYPE_CHECKING:
    from plotkit.prepared import Rows

_LEAST = 2  # rows, of which a limit of one's own must leave room for
_UTC = " (UTC)"


class Built(NamedTuple):
    """A finished spec without theme, its notes, the strings in it, and the marks it must show.

    `detail` holds finer rows for a closer look or a larger picture; see `at`. Where `rows` are
    held, the spec has none: they go through its transforms before it is drawn (`prepared.py`).
    """

    spec: dict[str, Any]
    notes: tuple[str, ...]
    strings: dict[str, str]
    marks: int
    detail: stats.Detail | None = None
    rows: Rows | None = None

    def at(self, level: int) -> Built:
        """The same with the rows of a finer level."""
        if self.detail is None or level == 0:
            return self
        spec = dict(self.spec)
        if "datasets" in spec:
            spec["datasets"] = dict(spec["datasets"])
        rows = fill.set_rows(spec, self.detail.at(level))
        return self._replace(spec=spec, marks=fill.expected_marks(spec, rows))


def build(
    preset: Preset,
    table: Table,
    fields: Mapping[str, str | None],
    strings: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    reduce: bool | int = True,
) -> Built:
    """Build a chart's spec.

    `reduce` False draws every row, a number at most so many.

    Raises a `PlotkitError` of the fitting kind for whatever does not fit together, before
    anything is drawn.
    """
    reduce = _checked_reduce(reduce)
    asked = (preset, table, fields, strings or {}, params or {})
    bar = progress.shown(f"{preset.id}: reading the rows", show=False if _is_spark(table) else None)
    with progress.listening(), bar as work:
        try:
            return _build(*asked, reduce, work)
        except CannotEvaluateError as reason:
            return _build(*asked, False, work, f"{reason}")


def _build(
    preset: Preset,
    table: Table,
    fields: Mapping[str, str | None],
    strings: Mapping[str, str],
    params: Mapping[str, Any],
    reduce: bool | int,
    work: progress.Work,
    refused: str = "",
) -> Built:
    """One try; `refused` says why VegaFusion did not take the preset in the one before."""
    # What the caller asked for, against what the preset offers: misspelt names end here.
    chosen = bind.mapping(preset, table, fill.with_default_columns(preset, table.columns, fields))
    options, vega_params = fill.options(preset, params)
    _check_strings(preset, strings)

    # The columns of those roles, typed; rows that cannot be drawn are out, and counted.
    columns, said = bind.bind(preset, table, chosen)

    # All rows in, the rows that the picture shows out.
    spec = preset.spec
    work.label = f"{preset.id}: preparing the picture"
    if preset.statistic is None:
        result, rows = _own_rows(preset, columns, reduce, refused, said)
    else:
        result, rows = _statistic(preset, columns, options, picture(spec, reduce)), None
    if rows is None and len(next(iter(result.columns.values()), [])) > settings.max_rows:
        count = len(next(iter(result.columns.values())))
        raise errors.DataError.from_all_rows(count, settings.max_rows)

    result = result._replace(columns=fill.with_constants(preset, result.columns))

    # The spec: what was not mapped goes, what the data decides comes, then texts and rows.
    titles = _titles(columns)
    texts = _texts(preset, titles, result.strings, strings)
    fill.set_texts(spec, preset, texts, titles)
    absent = {*preset.roles, *preset.outputs} - set(result.columns)
    fill.remove_unmapped(spec, absent)
    fill.set_switches(spec, preset, result.switches)
    fill.set_types(spec, _kinds(preset, columns))
    fill.set_scales(spec, result.scales)
    if isinstance(columns, dict):
        fill.check_scales(spec, preset, columns)
    fill.check_panels(spec, preset, result.columns)
    fill.set_titles(spec, {**titles, **result.titles})
    fill.set_strings(spec, preset, texts)
    fill.set_vega_params(spec, vega_params)
    said += result.notes
    fill.remove_sample(spec)
    spec = fill.clean_texts(spec, said)
    drawn = fill.clean_columns(result.columns, said)
    said += _missing_glyphs([*fill.texts(spec), *fill.texts_of_columns(drawn)])
    fill.set_no_limits(spec, drawn)
    shown = fill.read_strings(spec, preset, texts)
    if rows is not None:
        return _evaluated(spec, preset, shown, rows, said)
    drawn_rows = fill.set_rows(spec, drawn)
    marks = fill.expected_marks(spec, drawn_rows)
    detail = _cleaned_detail(preset, result.detail)
    return Built(spec, tuple(dict.fromkeys(said)), shown, marks, detail)


def _is_spark(table: Table) -> bool:
    """Whether rows come from Spark, which shows its own progress on the same terminal."""
    frame: Any = table._frame if table.is_lazy else None
    return frame is not None and type(frame.to_native()).__module__.startswith("pyspark")


def _checked_reduce(given: bool | int) -> bool | int:
    if isinstance(given, bool):
        return given
    with suppress(TypeError):  # what is no whole number has no index
        count = operator.index(given)
        if count >= _LEAST:
            return count
    expected = f"True, False, or the most rows to draw, from {_LEAST} up"
    raise errors.OptionError.from_option("reduce", given, expected)


def _cleaned_detail(preset: Preset, detail: stats.Detail | None) -> stats.Detail | None:
    """Finer rows, as the engine can take them; what is said of them was said of the picture's."""
    if detail is None:
        return None
    columns = fill.clean_columns(fill.with_constants(preset, detail.columns), [])
    return detail._replace(columns=columns)


def _missing_glyphs(texts: Sequence[str]) -> list[str]:
    """A note on characters that would be drawn as empty boxes."""
    if all(map(str.isascii, texts)):
        return []
    from plotkit.render import fonts  # looks at fonts, which plain text need not

    return fonts.check(texts)


def _check_strings(preset: Preset, given: Mapping[str, str]) -> None:
    if not isinstance(given, Mapping):
        raise errors.OptionError.from_option("string_fields", given, "a dict of name -> text")
    for name, value in given.items():
        if name not in preset.strings:
            raise errors.OptionError.from_unknown("string", name, list(preset.strings), preset.id)
        if not isinstance(value, str):
            raise errors.OptionError.from_option(name, value, "text")


def _statistic(
    preset: Preset,
    columns: Columns | LazyColumns,
    options: Mapping[str, Any],
    picture: stats.Picture,
) -> stats.Result:
    """Run the preset's statistic under its own input names."""
    assert preset.statistic is not None
    role_of = preset.inputs  # the statistic's name -> the preset's role
    needed = stats.REQUIRED.get(preset.statistic, ())
    missing = [name for name in needed if role_of.get(name, name) not in _by_role(columns)]
    if missing:
        raise errors.PresetError.from_statistic(preset.id, preset.statistic, missing)
    name_of = {role: name for name, role in role_of.items()}
    result = stats.get(preset.statistic)(_renamed(columns, name_of), options, picture)
    renamed = {
        role_of.get(name, name): values
        for name, values in result.columns.items()
        if any(value is not None for value in values)  # a field without any value is not there
    }
    detail = result.detail
    if detail is not None:
        finer = {role_of.get(name, name): values for name, values in detail.columns.items()}
        detail = detail._replace(columns={n: v for n, v in finer.items() if n in renamed})
    return result._replace(columns=renamed, detail=detail)


def _own_rows(
    preset: Preset,
    columns: Columns | LazyColumns,
    reduce: bool | int,
    refused: str,
    said: list[str],
) -> tuple[stats.Result, Rows | None]:
    """The rows of a preset without a statistic: as they are, or held for VegaFusion.

    Columns that the spec does not name stay behind.
    """
    from plotkit import prepared  # no built-in preset comes here

    spec = preset.spec
    mapped = list(_by_role(columns))
    # The number of rows counts, also where no column does.
    roles = prepared.used(spec, mapped) or mapped[:1]
    total = prepared.count(columns)
    transforms = prepared.transforms(spec)
    reduces = transforms and reduce is not False and prepared.suits(preset, mapped)
    if reduces and total > (settings.transform_rows if reduce is True else reduce):
        if prepared.is_installed():
            rows = prepared.rows_of(preset, columns, roles, said)
            prepared.check_formulas(spec, rows)
            return stats.Result(prepared.samples(rows, spec)), rows
        if total > settings.max_rows:
            raise errors.MissingExtraError.from_rows(preset.id, total, settings.max_rows)
    if total > settings.max_rows:
        raise errors.DataError.from_rows_sent(
            preset.id, total, settings.max_rows, transforms, refused
        )
    if refused:
        said.append(notes.not_evaluated(refused, total))
    elif total > settings.transform_rows:
        said.append(notes.sent(total, reduces))
    if isinstance(columns, LazyColumns):
        held = columns.collect(columns.frame.select(*roles))
    else:
        held = {role: columns[role] for role in roles}
    return stats.Result({role: column.as_json() for role, column in held.items()}), None


def _evaluated(
    spec: dict[str, Any], preset: Preset, strings: dict[str, str], rows: Rows, said: list[str]
) -> Built:
    """A spec that takes its rows through VegaFusion, which is tried once to see what it leaves."""
    from plotkit import look, prepared

    prepared.place(spec)
    text = json.dumps(look.Look("light").dressed(spec, preset), ensure_ascii=False)
    found = prepared.evaluated(text, rows, preset)
    total = rows.table.num_rows
    if found.left:
        said.append(notes.left_to_engine(found.left, total, found.rows))
    else:
        said.append(notes.evaluated(total, found.rows))
    if found.fixed:
        said.append(notes.fixed_controls())
    return Built(spec, tuple(dict.fromkeys(said)), strings, 1, None, rows)


def _by_role(columns: Columns | LazyColumns) -> Mapping[str, Any]:
    """What is mapped, by role."""
    return columns.names if isinstance(columns, LazyColumns) else columns


def _renamed(columns: Columns | LazyColumns, names: Mapping[str, str]) -> Columns | LazyColumns:
    if not names:
        return columns
    if isinstance(columns, LazyColumns):
        return columns.renamed(names)
    return {names.get(role, role): column for role, column in columns.items()}


def picture(spec: Mapping[str, Any], reduce: bool | int = True) -> stats.Picture:
    """What rows are prepared for: the preset's own size, whatever one is asked for later."""
    own = stats.Picture()
    width, height = (
        int(found) if isinstance(found, (int, float)) else default
        for found, default in ((spec.get("width"), own.width), (spec.get("height"), own.height))
    )
    return stats.Picture(width, height, reduce)


def _kinds(preset: Preset, columns: Columns | LazyColumns) -> dict[str, tuple[str, bool]]:
    """Role -> (kind, whether its values are categories)."""
    kinds = (
        columns.kinds
        if isinstance(columns, LazyColumns)
        else {role: column.kind for role, column in columns.items()}
    )
    categories = {name for name, role in preset.roles.items() if role.as_text or role.category}
    return {role: (kind, role in categories) for role, kind in kinds.items()}


def _titles(columns: Columns | LazyColumns) -> dict[str, str]:
    """Role -> the column's name; zoned times say that they are drawn in UTC."""
    if isinstance(columns, LazyColumns):
        zones: Mapping[str, str | None] = columns.zones
        names: Mapping[str, str] = columns.names
    else:
        zones = {role: _zone(column) for role, column in columns.items()}
        names = {role: column.name for role, column in columns.items()}
    zoned = {role for role, zone in zones.items() if zone not in (None, "date", "naive")}
    return {role: name + (_UTC if role in zoned else "") for role, name in names.items()}


def _zone(column: Column) -> str | None:
    return column.zone if column.kind == "time" else None


def _texts(
    preset: Preset,
    titles: Mapping[str, str],
    computed: Mapping[str, str],
    given: Mapping[str, str],
) -> dict[str, str | None]:
    """Each string's text: the caller's, else the statistic's, else the preset's default."""
    texts: dict[str, str | None] = {}
    for name, string in preset.strings.items():
        named = titles.get(string.role) if string.role is not None else None
        default = string.default if string.default is not None else named
        texts[name] = given.get(name, computed.get(name, default))
    return texts
