"""From a table and a mapping of roles to the columns that a statistic gets: checked and clean.

Everything said of single values (a wrong kind, a missing value, a control character) is said
here, where the user's row numbers are still known.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plotkit import errors, notes, text
from plotkit.column import Column
from plotkit.preset import Preset, Role
from plotkit.table import Columns, LazyColumns, Table

if TYPE_CHECKING:
    import narwhals as nw

MISSING_LABEL = "(missing)"
_LOOK_ALIKE_LIMIT = 1000  # more categories than this are not read one by one
_EXACT_INTEGER = 2**53
_SMALLEST = 1e-290  # below this, an axis cannot divide its range into ticks


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
    if len(table) == 0:
        raise errors.DataError.from_no_rows(preset.id)
    columns = table.select(chosen)
    roles = {name: preset.roles[name] for name in chosen}
    if isinstance(columns, LazyColumns):
        return _bind_lazy(columns, roles)
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
            raise errors.DataError.from_missing_value(
                name, column.name, first, column.as_list()[first]
            )
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
        kept = _kept(droppers, total)
        if len(kept) == 0:
            raise errors.DataError.from_no_complete_rows([c.name for c in columns.values()], total)
        bound = {name: column.take(kept) for name, column in bound.items()}
    return bound, said


def _kept(droppers: Sequence[Sequence[int]], total: int) -> Any:
    if "numpy" in sys.modules:
        import numpy as np  # it is there already, and large tables come through it

        keep = np.ones(total, dtype=bool)
        for rows in droppers:
            keep[np.asarray(rows)] = False
        return np.flatnonzero(keep)
    dropped = set().union(*droppers)
    return [row for row in range(total) if row not in dropped]


def _check_kind(role: Role, name: str, kind: str, column: Column) -> None:
    if kind in role.types:
        return
    row = column.first_index(lambda value: value is not None)
    if row is None:
        raise errors.DataError.from_no_values(role.name, name, len(column))
    value = column.as_list()[row]
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
    values: list[str | None] = column.as_list()
    distinct = set(values)
    known = [value for value in distinct if value is not None]
    labels = {v: label for v, label in text.labels(sorted(known)).items() if v != label}
    said = []
    if labels:
        odd = [(row, v) for row, v in enumerate(values) if v in labels]
        control = [row for row, v in odd if v and text.replaced(v)]
        empty = [row for row, v in odd if v is not None and text.is_blank_name(v)]
        if control:
            said.append(notes.cleaned(column.name, len(control), control[0] if numbered else None))
        if empty and any(v == "" for _, v in odd):
            first = empty[0] if numbered else None
            said.append(notes.empty_labels(column.name, len(empty), first, "(empty)"))
    if 1 < len(known) <= _LOOK_ALIKE_LIMIT:
        groups = text.look_alikes([v for v in dict.fromkeys(values) if v])
        if groups:
            said.append(notes.look_alikes(column.name, groups))
    if None in distinct and role.missing == "keep":
        labels = {**labels, None: MISSING_LABEL}  # type: ignore[dict-item]
    if not labels:
        return column, said
    made: list[Any] = [labels.get(v, v) for v in values]  # type: ignore[arg-type]
    categories = column.categories
    if categories is not None:
        categories = tuple(labels.get(c, c) for c in categories)
        if None in distinct and role.missing == "keep":
            categories = (*categories, MISSING_LABEL)
    return Column(column.name, "text", values=made, categories=categories), said


def _clean_numbers(column: Column) -> tuple[Column, list[str]]:
    big = column.rows_beyond(_EXACT_INTEGER)
    said = [notes.big_integers(column.name, len(big), int(big[0]))] if len(big) else []
    tiny = column.rows_within(_SMALLEST)
    if len(tiny):
        said.append(notes.denormals(column.name, len(tiny), int(tiny[0])))
        values = list(column.as_list())
        for row in tiny:
            values[row] = 0.0
        column = Column(column.name, "number", values=values)
    return column, said


# --- rows in an engine ---------------------------------------------------------------------------


def _bind_lazy(columns: LazyColumns, roles: Mapping[str, Role]) -> tuple[LazyColumns, list[str]]:
    """The same rules as expressions; rows of a lazy frame have no numbers to name."""
    import narwhals as nw

    for name, kind in columns.kinds.items():
        if kind not in roles[name].types:  # one value is fetched, to show it
            known = columns.frame.select(name).filter(~nw.col(name).is_null()).head(1)
            _check_kind(roles[name], columns.names[name], kind, columns.collect(known)[name])
    missing = {name: _is_missing(name, roles[name], columns) for name in columns.kinds}
    beyond = {name: _is_beyond(name, columns) for name in columns.kinds}
    counts = columns.collect(
        columns.frame.select(
            nw.len().alias("rows"),
            *(found.cast(nw.Int64).sum().alias(f"missing_{n}") for n, found in missing.items()),
            *(found.cast(nw.Int64).sum().alias(f"beyond_{n}") for n, found in beyond.items()),
        )
    )
    total = int(counts["rows"].as_list()[0])
    said, droppers = [], []
    for name, role in roles.items():
        count = int(counts[f"missing_{name}"].as_list()[0] or 0)
        column = columns.names[name]
        big = int(counts[f"beyond_{name}"].as_list()[0] or 0)
        if big and not role.as_text and not role.infinite:
            said.append(notes.big_integers(column, big, None))
        if count == 0:
            continue
        if count == total and role.missing != "keep":
            raise errors.DataError.from_no_values(name, column, total)
        if role.missing == "error":
            raise errors.DataError.from_sentence(
                name, column, f"{count} rows without a value; this role takes none. Drop them."
            )
        if role.missing == "keep" and role.as_text:
            said.append(notes.kept_missing(column, count, total, MISSING_LABEL))
        elif role.missing == "gap":
            said.append(notes.gaps(column, count, total, None))
        else:
            said.append(notes.dropped(column, count, total, None))
            droppers.append(name)
    frame = columns.frame
    if droppers:
        frame = frame.filter(*(~missing[name] for name in droppers))
        left = columns.collect(frame.select(nw.len().alias("rows")))
        if not left["rows"].as_list()[0]:
            raise errors.DataError.from_no_complete_rows(list(columns.names.values()), total)
    labels = tuple(
        name
        for name, role in roles.items()
        if role.as_text or (role.category and columns.kinds[name] == "time")
    )

    def clean(name: str, column: Column) -> Column:
        """Said as soon as the rows are there; `said` is read after the statistic."""
        if name not in roles or column.kind != "text":
            return column
        cleaned, more = _clean_text(roles[name], column, numbered=False)
        said.extend(note for note in more if note not in said)
        return cleaned

    return columns._replace(frame=frame, as_text=labels, clean=clean), said


def _is_beyond(name: str, columns: LazyColumns) -> nw.Expr:
    """Whether an integer is too large for a double to tell from its neighbours."""
    import narwhals as nw

    found = nw.col(name)
    if not columns.frame.collect_schema()[name].is_integer():
        return found.is_null() & ~found.is_null()
    beyond = (found > _EXACT_INTEGER) | (found < -_EXACT_INTEGER)
    return beyond.fill_null(False)


def _is_missing(name: str, role: Role, columns: LazyColumns) -> nw.Expr:
    import narwhals as nw

    found = nw.col(name)
    schema = columns.frame.collect_schema()
    missing = found.is_null()
    if schema[name].is_float():
        missing = missing | found.is_nan().fill_null(False)
        if not role.infinite:
            missing = missing | (found.abs() == float("inf")).fill_null(False)
    return missing
