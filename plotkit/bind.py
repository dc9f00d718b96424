"""From a table and a mapping of roles to the columns that a statistic gets: checked and clean.

Everything said of single values (a wrong kind, a missing value, a control character) is said
here, where the user's row numbers are still known.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import errors, notes, text
from plotkit.column import Column
from plotkit.preset import Preset, Role
from plotkit.table import Columns, LazyColumns, Table, is_bare_parquet

if TYPE_CHECKING:
    import narwhals as nw

MISSING_LABEL = "(missing)"
_LOOK_ALIKE_LIMIT = 1000  # more categories than this are not read one by one
_EXACT_INTEGER = 2**53


def mapping(preset: Preset, table: Table, fields: Mapping[str, Any]) -> dict[str, str]:
    """Role -> column, without unmapped roles.

    Raises `OptionError` for unknown roles and required ones without a column,
    `ColumnNotFoundError` for unknown columns.
    """
    if not isinstance(fields, Mapping):
        raise errors.OptionError.from_option("fields", fields, "a dict of role -> column name")
    for asked in fields:
        if asked not in preset.roles:
            raise errors.OptionError.from_unknown("role", asked, list(preset.roles), preset.id)
    made = {}
    for role in preset.roles.values():
        name = fields.get(role.name)
        if name is not None:
            if not isinstance(name, str) or name not in table.columns:
                raise errors.ColumnNotFoundError.from_name(name, table.columns, role.name)
            made[role.name] = name
        elif role.required:
            raise errors.OptionError.from_missing_role(
                role.name, role.description, preset.id, table.columns
            )
    return made


def bind(
    preset: Preset, table: Table, chosen: Mapping[str, str]
) -> tuple[Columns | LazyColumns, list[str]]:
    """The mapped columns, of the right kinds, without rows that cannot be drawn; and notes.

    Raises `DataError` for an empty table, wrong kinds, forbidden missing values, and columns
    without any value.
    """
    columns = table.select(chosen) if table.is_lazy or len(table) else {}
    roles = {name: preset.roles[name] for name in chosen}
    if isinstance(columns, LazyColumns):
        return _bind_lazy(columns, roles, preset.id)
    if not columns or len(table) == 0:
        raise errors.DataError.from_no_rows(preset.id)
    return _bind_columns(columns, roles)


# --- rows in memory ------------------------------------------------------------------------------


def _bind_columns(columns: Columns, roles: Mapping[str, Role]) -> tuple[Columns, list[str]]:
    said: list[str] = []
    for name, column in columns.items():
        _check_kind(roles[name], column.name, column.kind, column)
    total = len(next(iter(columns.values())))
    missing = {
        name: column.missing_rows(keep_infinite=roles[name].infinite)
        for name, column in columns.items()
    }
    droppers = []
    for name, rows in missing.items():
        if len(rows) == 0:
            continue
        role, column = roles[name], columns[name]
        if len(rows) == total and role.missing != "keep":
            raise errors.DataError.from_no_values(name, column.name, total)
        if role.missing == "error":
            first = int(rows[0])
            raise errors.DataError.from_missing_value(name, column.name, first, column.value(first))
        if role.missing == "keep" and (role.as_text or column.kind == "text"):
            said.append(notes.kept_missing(column.name, len(rows), total, MISSING_LABEL))
        elif role.missing == "gap":
            said.append(notes.gaps(column.name, len(rows), total, int(rows[0])))
        else:
            said.append(notes.dropped(column.name, len(rows), total, int(rows[0])))
            droppers.append(rows)
    bound = {}
    for name, column in columns.items():
        bound[name], more = _clean(roles[name], column)
        said += more
    if droppers:
        kept, count = _kept(droppers, total)
        if count == 0:
            raise errors.DataError.from_no_complete_rows([c.name for c in columns.values()], total)
        bound = {name: column.take(kept) for name, column in bound.items()}
    return bound, said


def _kept(droppers: Sequence[Sequence[int]], total: int) -> tuple[Any, int]:
    """The rows that stay, as positions or as an array of bools, and how many they are."""
    if "numpy" in sys.modules:
        import numpy as np  # it is there already, and large tables come through it

        keep = np.ones(total, dtype=bool)
        for rows in droppers:
            keep[np.asarray(rows)] = False
        return keep, int(np.count_nonzero(keep))
    dropped = set().union(*droppers)
    kept = [row for row in range(total) if row not in dropped]
    return kept, len(kept)


def _check_kind(role: Role, name: str, kind: str, column: Column) -> None:
    if kind in role.types:
        return
    row = column.first_index(lambda value: value is not None)
    if row is None:
        raise errors.DataError.from_no_values(role.name, name, len(column))
    value = column.value(row)
    raise errors.DataError.from_kind(role.name, name, row, value, kind, role.types)


def _clean(role: Role, column: Column) -> tuple[Column, list[str]]:
    """Values as the engine can take them, with a note for whatever had to change."""
    if role.as_text or (role.category and column.kind == "time"):
        column = column.to_text()
    if column.kind == "text":
        return _clean_text(role, column)
    if column.kind == "number" and not role.infinite:  # infinite values are ranked, not drawn
        return _clean_numbers(column)
    return column, []


def _clean_text(role: Role, column: Column, *, numbered: bool = True) -> tuple[Column, list[str]]:
    """Labels that can be drawn and told apart; `numbered` says that rows are the user's own."""
    distinct = column.distinct()
    known = [value for value in distinct if value is not None]
    cleaned = text.labels(sorted(known)).items()
    labels: dict[str | None, str] = {v: label for v, label in cleaned if v != label}
    said = []
    if labels:
        control = column.rows_of(v for v in labels if v and text.replaced(v))
        blank = [v for v in labels if v is not None and text.is_blank_name(v)]
        if len(control):
            first = int(control[0]) if numbered else None
            said.append(notes.cleaned(column.name, len(control), first))
        if "" in blank:
            empty = column.rows_of(blank)
            first = int(empty[0]) if numbered else None
            said.append(notes.empty_labels(column.name, len(empty), first, "(empty)"))
    if 1 < len(known) <= _LOOK_ALIKE_LIMIT:
        groups = text.look_alikes([v for v in known if v])
        if groups:
            said.append(notes.look_alikes(column.name, groups))
    keeps_missing = None in distinct and role.missing == "keep"
    if keeps_missing:
        labels[None] = MISSING_LABEL
    if not labels:
        return column, said
    categories = column.categories
    if categories is not None:
        categories = tuple(labels.get(c, c) for c in categories)
        if keeps_missing:
            categories = (*categories, MISSING_LABEL)
    return column.relabelled(labels, categories), said


def _clean_numbers(column: Column) -> tuple[Column, list[str]]:
    big = column.rows_beyond(_EXACT_INTEGER)
    said = [notes.big_integers(column.name, len(big), int(big[0]))] if len(big) else []
    tiny = column.rows_tiny()
    if len(tiny):
        said.append(notes.denormals(column.name, len(tiny), int(tiny[0])))
        column = column.with_zeros(tiny)
    return column, said


# --- rows in an engine ---------------------------------------------------------------------------


def _bind_lazy(
    columns: LazyColumns, roles: Mapping[str, Role], preset: str
) -> tuple[LazyColumns, list[str]]:
    """The same rules as expressions; rows of a lazy frame have no numbers to name."""
    import narwhals as nw

    for name, kind in columns.kinds.items():
        if kind not in roles[name].types:  # one value is fetched, to show it
            known = columns.frame.select(name).filter(~nw.col(name).is_null()).head(1)
            shown = columns.collect(known)[name]
            if not len(shown) and not len(columns.collect(columns.frame.head(1))[name]):
                raise errors.DataError.from_no_rows(preset)
            _check_kind(roles[name], columns.names[name], kind, shown)
    found = _quick_counts(columns, roles) or _counts(columns, roles)
    total = found.rows
    if total == 0:
        raise errors.DataError.from_no_rows(preset)
    said, droppers = [], []
    for name, role in roles.items():
        count, column = found.missing[name], columns.names[name]
        if found.beyond[name] and not role.as_text and not role.infinite:
            said.append(notes.big_integers(column, found.beyond[name], None))
        if count == 0:
            continue
        if count == total and role.missing != "keep":
            raise errors.DataError.from_no_values(name, column, total)
        if role.missing == "error":
            raise errors.DataError.from_sentence(
                name, column, f"{count} rows without a value; this role takes none. Drop them."
            )
        if _drops(role, columns.kinds[name]):
            said.append(notes.dropped(column, count, total, None))
            droppers.append(name)
        elif role.missing == "gap":
            said.append(notes.gaps(column, count, total, None))
        else:
            said.append(notes.kept_missing(column, count, total, MISSING_LABEL))
    frame = columns.frame
    if droppers:
        frame = frame.filter(*(_is_known(name, roles[name], columns) for name in droppers))
        if not found.kept:
            raise errors.DataError.from_no_complete_rows(list(columns.names.values()), total)
    labels = tuple(name for name, role in roles.items() if _is_label(role, columns.kinds[name]))

    def clean(name: str, column: Column) -> Column:
        """Said as soon as the rows are there; `said` is read after the statistic."""
        if name not in roles or column.kind != "text":
            return column
        cleaned, more = _clean_text(roles[name], column, numbered=False)
        said.extend(note for note in more if note not in said)
        return cleaned

    bound = columns._replace(
        frame=frame, as_text=labels, clean=clean, rows=found.kept, extents=found.extents
    )
    return bound, said


class _Counts(NamedTuple):
    """What is counted of a lazy frame: all rows, those that stay, and of each role its own."""

    rows: int
    kept: int
    missing: dict[str, int]
    beyond: dict[str, int]
    extents: dict[str, tuple[float, float]]


def _is_label(role: Role, kind: str) -> bool:
    return role.as_text or (role.category and kind == "time")


def _drops(role: Role, kind: str) -> bool:
    """Whether a row without this value is left out."""
    kept = role.missing == "keep" and (role.as_text or kind == "text")
    return not kept and role.missing not in ("gap", "error")


def _counts(columns: LazyColumns, roles: Mapping[str, Role]) -> _Counts:
    """All counts and extents in one pass over the rows."""
    import narwhals as nw

    known = {name: _is_known(name, roles[name], columns) for name in columns.kinds}
    dropping = [known[name] for name in known if _drops(roles[name], columns.kinds[name])]
    stays = nw.all_horizontal(*dropping, ignore_nulls=False) if dropping else None
    asked = [nw.len().alias("rows")]
    for name, is_known in known.items():
        asked.append(nw.when(is_known).then(1).count().alias(f"known_{name}"))
        beyond = _is_beyond(name, columns)
        if beyond is not None:
            asked.append(nw.when(beyond).then(1).count().alias(f"beyond_{name}"))
        if _has_extent(name, roles, columns):
            drawn = _is_finite(name, columns) if roles[name].infinite else is_known
            drawn = drawn if stays is None else drawn & stays
            held = nw.when(drawn).then(nw.col(name))
            asked += [held.min().alias(f"min_{name}"), held.max().alias(f"max_{name}")]
    if stays is not None:
        asked.append(nw.when(stays).then(1).count().alias("kept"))
    found = columns.collect(columns.frame.select(*asked))
    rows = _whole(found["rows"])
    return _Counts(
        rows,
        _whole(found["kept"]) if stays is not None else rows,
        {name: rows - _whole(found[f"known_{name}"]) for name in known},
        {name: _whole(found.get(f"beyond_{name}")) for name in known},
        _extents(found, columns),
    )


def _quick_counts(columns: LazyColumns, roles: Mapping[str, Role]) -> _Counts | None:
    """The same of Parquet files without anything missing, for a tenth of the time; else None.

    DuckDB answers bare counts and extents from what the files say of themselves. They say nothing
    of NaN, but a sum does: it is finite only where all values are.
    """
    if not is_bare_parquet(columns.frame):
        return None
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in columns.kinds}
    asked = ["count(*) as rows"]
    for name, column in quoted.items():
        asked.append(f"count({column}) as {_aliased('known', column)}")
        if _has_extent(name, roles, columns):
            asked += [f"{end}({column}) as {_aliased(end, column)}" for end in ("min", "max")]
    found = _aggregated(columns, asked)
    rows = _whole(found["rows"])
    missing = {name: rows - _whole(found[f"known_{name}"]) for name in columns.kinds}
    if any(count and _drops(roles[name], columns.kinds[name]) for name, count in missing.items()):
        return None  # extents are those of the rows that stay
    schema = columns.frame.collect_schema()
    floats = [name for name in columns.kinds if schema[name].is_float()]
    if floats:
        sums = [f"sum({quoted[name]}) as {quoted[name]}" for name in floats]
        if not all(math.isfinite(s.as_array()[0]) for s in _aggregated(columns, sums).values()):
            return None
    extents = _extents(found, columns)
    whole = [extents[name] for name in extents if schema[name].is_integer()]
    if any(max(-low, high) >= _EXACT_INTEGER for low, high in whole):
        return None
    return _Counts(rows, rows, missing, dict.fromkeys(missing, 0), extents)


def _aliased(what: str, quoted: str) -> str:
    return f'"{what}_{quoted[1:]}'


def _aggregated(columns: LazyColumns, asked: Sequence[str]) -> Columns:
    """What DuckDB answers; in its own words, as a bare count(*) has none in narwhals."""
    import narwhals as nw

    native: Any = columns.frame.to_native()
    return columns.collect(nw.from_native(native.aggregate(", ".join(asked))))


def _has_extent(name: str, roles: Mapping[str, Role], columns: LazyColumns) -> bool:
    kind = columns.kinds[name]
    return kind in ("number", "time") and not _is_label(roles[name], kind)


def _extents(found: Columns, columns: LazyColumns) -> dict[str, tuple[float, float]]:
    made = {}
    for name in columns.kinds:
        if f"min_{name}" not in found:
            continue
        # Adding 0 makes 0 of the -0 that files may say for it.
        low, high = (float(found[f"{end}_{name}"].as_array()[0]) + 0.0 for end in ("min", "max"))
        if low <= high:
            made[name] = (low, high)
    return made


def _whole(counted: Column | None) -> int:
    return 0 if counted is None else int(counted.as_list()[0] or 0)


def _is_beyond(name: str, columns: LazyColumns) -> nw.Expr | None:
    """Whether an integer is too large for a double to tell from its neighbours."""
    import narwhals as nw

    dtype = columns.frame.collect_schema()[name]
    if dtype not in (nw.Int64, nw.UInt64, nw.Int128, nw.UInt128):
        return None
    found = nw.col(name)
    return (found > _EXACT_INTEGER) | (found < -_EXACT_INTEGER)


def _is_known(name: str, role: Role, columns: LazyColumns) -> nw.Expr:
    import narwhals as nw

    found = nw.col(name)
    if not columns.frame.collect_schema()[name].is_float():
        return ~found.is_null()
    if not role.infinite:
        return _is_finite(name, columns)
    return ~found.is_null() & ~found.is_nan().fill_null(False)


def _is_finite(name: str, columns: LazyColumns) -> nw.Expr:
    """Whether there is a finite value.

    NaN is asked for by its name: DuckDB takes `x < inf` for true where a file's own highest value
    is finite, and some writers leave NaN out of that.
    """
    import narwhals as nw

    found = nw.col(name)
    if not columns.frame.collect_schema()[name].is_float():
        return ~found.is_null()
    return (~found.is_nan() & (found.abs() != math.inf)).fill_null(False)
