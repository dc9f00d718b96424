"""Every error plotkit raises, one tree, the wording in one place.

A caller passes facts (the role, the column, the row, the value, what exists); the constructor
owns the sentence. Rows are counted from 0, as Python counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike


def shown(value: object, limit: int = 60) -> str:
    """The value as it is named in a message: its repr, cut in the middle when long."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    # A lone surrogate can be in any str, and a message must survive any output encoding.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if len(text) <= limit:
        return text
    half = limit // 2 - 1
    return f"{text[:half]}…{text[-half:]}"


def listed(names: Iterable[object], limit: int = 12) -> str:
    """Names in quotes, separated by commas, the rest counted."""
    all_names = list(names)
    parts = [shown(name, 40) for name in all_names[:limit]]
    if len(all_names) > limit:
        parts.append(f"and {len(all_names) - limit} more")
    return ", ".join(parts) if parts else "none"


def nearest(asked: object, available: Iterable[object]) -> str:
    """' Did you mean 'x'?' for the nearest of the available names, or the empty string.

    >>> nearest("plotkit/roc", ["plotkit/bar", "plotkit/roc_curve"])
    " Did you mean 'plotkit/roc_curve'?"
    """
    import difflib  # only ever needed on the way to an error

    names = [str(name) for name in available]
    wanted = str(asked).casefold().strip()
    lowered = {name.casefold(): name for name in reversed(names)}
    tails = {low.rpartition("/")[2]: name for low, name in lowered.items()}
    tail = wanted.rpartition("/")[2]
    # A part of a name that was typed whole says more than letters in common.
    held = [
        low for low in tails if len(tail) > 1 and (tail in low or (len(low) > 2 and low in tail))
    ]
    if held:
        return f" Did you mean {shown(tails[min(held, key=len)])}?"
    for asked_for, known, cutoff in (
        (tail, tails, 0.6),
        (wanted, lowered, 0.6),
        (tail, tails, 0.5),
    ):
        found = difflib.get_close_matches(asked_for, list(known), n=1, cutoff=cutoff)
        if found:
            return f" Did you mean {shown(known[found[0]])}?"
    short = [low for low in lowered if wanted and len(low) <= 3 and low.startswith(wanted[:1])]
    return f" Did you mean {shown(lowered[short[0]])}?" if short else ""


def _place(role: str | None, column: str | None, row: int | None) -> str:
    parts = []
    if role is not None:
        parts.append(f"role {shown(role)}")
    if column is not None:
        parts.append(f"column {shown(column)}")
    if row is not None:
        parts.append(f"row {row}")
    return ", ".join(parts)


def _all(roots: Sequence[str]) -> str:
    return "; ".join(roots)


class PlotkitError(Exception):
    """The base of all errors that plotkit raises on purpose."""


class TableError(PlotkitError, ValueError):
    """The data cannot become a table."""

    @classmethod
    def from_row_length(cls, row: int, found: int, columns: Sequence[str]) -> TableError:
        """A row holds more or fewer values than there are columns."""
        return cls(
            f"row {row} has {found} value{'' if found == 1 else 's'}, but the table has "
            f"{len(columns)} column{'' if len(columns) == 1 else 's'}: {listed(columns)}."
        )

    @classmethod
    def from_column_length(cls, column: str, found: int, expected: int) -> TableError:
        """A column is longer or shorter than the table."""
        return cls(
            f"column {shown(column)} has {found} values, but the table has {expected} rows; "
            "every column must have one value for each row."
        )

    @classmethod
    def from_duplicate_columns(cls, names: Sequence[str]) -> TableError:
        """Two columns carry one name."""
        return cls(f"column names must differ: {listed(names)} stands twice. Rename one of them.")

    @classmethod
    def from_column_name(cls, position: int, name: object, why: str) -> TableError:
        """A column's name is not usable."""
        return cls(f"the name of column {position} is {shown(name)}: {why}")

    @classmethod
    def from_record_keys(
        cls, row: int, extra: Sequence[str], missing: Sequence[str], columns: Sequence[str]
    ) -> TableError:
        """A dict row has other keys than the first row."""
        what = []
        if extra:
            what.append(f"has the unknown key{'' if len(extra) == 1 else 's'} {listed(extra)}")
        if missing:
            what.append(f"lacks {listed(missing)}")
        return cls(
            f"row {row} {' and '.join(what)}; the columns are {listed(columns)}. "
            "Give every row the same keys (None for a missing value), or name them: columns=[...]."
        )

    @classmethod
    def from_row_kind(cls, row: int, value: object) -> TableError:
        """A row is neither a sequence nor a dict."""
        return cls(
            f"row {row} is {shown(value)} ({type(value).__name__}); a row is a list, a tuple or "
            "a dict. For a single column write Table({'name': values})."
        )

    @classmethod
    def from_unknown_source(cls, value: object) -> TableError:
        """The data is of a type that neither plotkit nor narwhals knows."""
        if isinstance(value, (str, PathLike)):
            return cls(
                f"{shown(value)} is no table; for a file write Table.read({shown(str(value))})."
            )
        return cls(
            f"cannot read a table from {type(value).__module__}.{type(value).__qualname__}. "
            "Accepted: rows (lists, tuples, dicts), a dict of columns, NumPy arrays, pandas, "
            "Polars, PyArrow, DuckDB, PySpark, Ibis, and anything with __arrow_c_stream__."
        )

    @classmethod
    def from_missing_columns(cls, width: int) -> TableError:
        """Rows without names for their values."""
        return cls(
            f"rows of {width} values need names: Table(data=rows, columns=[...]) with {width} "
            "names, or rows as dicts."
        )

    @classmethod
    def from_dimensions(cls, column: str, dimensions: int) -> TableError:
        """A column is an array of more than one dimension."""
        return cls(
            f"column {shown(column)} is {dimensions}-dimensional; a column is one value for each "
            f"row. Split it into columns, for example {{'{column}_0': array[:, 0], ...}}."
        )

    @classmethod
    def from_unordered(cls, column: str, kind: str) -> TableError:
        """A column comes from a set, whose order means nothing."""
        return cls(
            f"column {shown(column)} is a {kind}, which has no order; pass a list, for example "
            "sorted(values)."
        )

    @classmethod
    def from_raising_iterator(cls, column: str, row: int, reason: Exception) -> TableError:
        """Reading a column's values raised."""
        return cls(
            f"reading column {shown(column)} failed at row {row}: {type(reason).__name__}: {reason}"
        )

    @classmethod
    def from_frozen_frame(cls, verb: str, kind: str) -> TableError:
        """Adding to a table whose frame lives elsewhere and is not evaluated."""
        return cls(
            f"{verb} needs the rows in memory, but this table is a lazy {kind} frame; collect it "
            "first, or add there."
        )

    @classmethod
    def from_both_sources(cls) -> TableError:
        """Both data and dataframe were given."""
        return cls("give either data= or dataframe=, not both.")

    @classmethod
    def from_engine(cls, engine: str, message: str) -> TableError:
        """The engine of a lazy frame or a file stopped; its lines that say where and on what."""
        lines = [line.strip() for line in message.splitlines() if line.strip()]
        told = [line for line in lines[1:] if line.startswith(("Original Line", "Error when"))]
        said = "; ".join([*lines[:1], *told]) or "no reason given"
        return cls(f"{engine} cannot read the data: {said}.")

    @classmethod
    def from_file(cls, path: str, reason: str) -> TableError:
        """A file cannot be read as a table."""
        return cls(f"cannot read {shown(path, 200)}: {reason}")


class ColumnNotFoundError(PlotkitError, LookupError):
    """A column that the table does not have."""

    @classmethod
    def from_name(
        cls, asked: object, available: Sequence[str], role: str | None = None
    ) -> ColumnNotFoundError:
        """The asked name, the available ones and the nearest."""
        where = f" for role {shown(role)}" if role is not None else ""
        if not isinstance(asked, str):
            return cls(
                f"the column{where} is given as {shown(asked)} ({type(asked).__name__}); a column "
                f"is named by text. The table has: {listed(available)}."
            )
        return cls(
            f"no column {shown(asked)}{where}.{nearest(asked, available)} "
            f"The table has: {listed(available)}."
        )


class DataError(PlotkitError, ValueError):
    """Values that a chart cannot draw, or cannot draw rightly."""

    @classmethod
    def from_fact(
        cls,
        role: str | None,
        column: str | None,
        row: int | None,
        value: object,
        expected: str,
    ) -> DataError:
        """One bad value: where it stands, what it is, what was expected."""
        return cls(f"{_place(role, column, row)}: found {shown(value)}; expected {expected}.")

    @classmethod
    def from_sentence(cls, role: str | None, column: str | None, sentence: str) -> DataError:
        """A fault of a whole column."""
        return cls(f"{_place(role, column, None)}: {sentence}")

    @classmethod
    def from_mixed(
        cls, column: str, first: tuple[int, object], second: tuple[int, object]
    ) -> DataError:
        """A column holds values of two kinds; the first two rows that disagree."""
        return cls(
            f"column {shown(column)} mixes kinds: row {first[0]} is {shown(first[1])} "
            f"({type(first[1]).__name__}), row {second[0]} is {shown(second[1])} "
            f"({type(second[1]).__name__}). Convert the column to one kind, for example "
            f"[str(v) for v in values]."
        )

    @classmethod
    def from_mixed_zones(
        cls, column: str, first: tuple[int, object], second: tuple[int, object]
    ) -> DataError:
        """Naive and zoned times, or dates and times, in one column."""
        return cls(
            f"column {shown(column)} mixes times with and without a time zone, or dates and "
            f"times: row {first[0]} is {shown(first[1])}, row {second[0]} is {shown(second[1])}. "
            "Give all of them a time zone, or none."
        )

    @classmethod
    def from_value_type(cls, column: str, row: int, value: object, hint: str) -> DataError:
        """A value of a type that no chart draws."""
        return cls(
            f"column {shown(column)}, row {row}: found {shown(value)} "
            f"({type(value).__name__}); {hint}"
        )

    @classmethod
    def from_kind(
        cls,
        role: str,
        column: str,
        row: int | None,
        value: object,
        kind: str,
        wanted: Sequence[str],
    ) -> DataError:
        """A column of the wrong kind in a role; the first value shows it."""
        at = f", row {row}" if row is not None else ""
        if value is not None:
            at += f": found {shown(value)}"
        hint = ""
        if kind == "text" and "number" in wanted:
            hint = (
                " If the text holds numbers, convert it, for example "
                f"Table(..., types={{{shown(column)}: 'number'}})."
            )
        return cls(
            f"role {shown(role)}, column {shown(column)}{at}; the column is {kind}, but the role "
            f"takes {' or '.join(wanted)}.{hint}"
        )

    @classmethod
    def from_no_rows(cls, preset: str) -> DataError:
        """An empty table."""
        return cls(f"the table has 0 rows, so {shown(preset)} has nothing to draw.")

    @classmethod
    def from_no_values(cls, role: str, column: str, rows: int) -> DataError:
        """All values of a column are missing."""
        return cls(
            f"role {shown(role)}, column {shown(column)}: no values; all {rows} "
            f"row{'' if rows == 1 else 's'} are missing (None, NaN or infinite)."
        )

    @classmethod
    def from_no_complete_rows(cls, columns: Sequence[str], rows: int) -> DataError:
        """No row has all the values that a mark needs."""
        return cls(
            f"none of the {rows} rows has a value in all of the columns {listed(columns)}, so "
            "nothing can be drawn."
        )

    @classmethod
    def from_log_scale(cls, role: str, column: str, row: int | None, value: object) -> DataError:
        """Zero or a negative number on a logarithmic axis; rows of a lazy frame have no number."""
        return cls(
            f"{_place(role, column, row)}: found {shown(value)}; a log "
            "scale takes only numbers above 0. Drop such rows, or leave the scale linear."
        )

    @classmethod
    def from_log_bar(cls, preset: str) -> DataError:
        """Bars on a log scale: they start at zero, which a log scale does not have."""
        return cls(
            f"{shown(preset)} draws bars from 0, and a log scale has no 0: a bar's length would "
            "mean nothing. Use plotkit/scatter or plotkit/line with a log scale, or a linear scale."
        )

    @classmethod
    def from_missing_value(cls, role: str, column: str, row: int, value: object) -> DataError:
        """A missing value where the preset allows none."""
        return cls(
            f"role {shown(role)}, column {shown(column)}, row {row}: found {shown(value)}; this "
            "role takes no missing values. Drop such rows first."
        )

    @classmethod
    def from_too_many(cls, what: str, column: str | None, found: int, limit: int) -> DataError:
        """More rows, bars, panels than a picture can show."""
        where = f"column {shown(column)}: " if column is not None else ""
        return cls(
            f"{where}{found} {what}; a picture shows at most {limit}. Filter or aggregate first."
        )

    @classmethod
    def from_all_rows(cls, found: int, limit: int) -> DataError:
        """More rows than the drawing engine gets, where none may be left out."""
        return cls(
            f"{found:,} rows to draw; the drawing engine gets at most {limit:,}. Leave out "
            "reduce=False (--reduce no), filter or aggregate first, or raise the limit: "
            f"plotkit.settings.max_rows = {found} (PLOTKIT_MAX_ROWS={found})."
        )

    @classmethod
    def from_rows_sent(
        cls, preset: str, found: int, limit: int, transforms: bool, refused: str = ""
    ) -> DataError:
        """More rows than the drawing engine gets, of a preset that has no statistic."""
        remedy = (
            f"VegaFusion, which would evaluate its transforms, cannot ({refused}). Filter or "
            "aggregate first"
            if refused
            else "Leave out reduce=False, aggregate first"
            if transforms
            else "reduce= does not apply to its marks, which are one for each row. Filter or "
            "aggregate first, use a preset that reduces any number of rows (plotkit/line, "
            "plotkit/scatter, plotkit/histogram, plotkit/bar, plotkit/roc_curve, "
            "plotkit/pr_curve, plotkit/confusion_matrix, and forks of them)"
        )
        return cls(
            f"{shown(preset)} would send {found:,} rows to the drawing engine, which gets at most "
            f"{limit:,}. {remedy}, or raise the limit: plotkit.settings.max_rows = {found}."
        )

    @classmethod
    def from_evaluated(cls, preset: str) -> DataError:
        """A chart whose Vega-Lite spec has no rows, as VegaFusion evaluated it."""
        return cls(
            f"the rows of {shown(preset)} went through VegaFusion, so there is no Vega-Lite spec "
            "that holds them. Draw the chart with reduce=False for one."
        )

    @classmethod
    def from_rows_left(cls, preset: str, found: int, limit: int, left: Sequence[str]) -> DataError:
        """More rows than the drawing engine gets, also after the preset's transforms."""
        named = f": it cannot evaluate {listed(left)}" if left else ""
        return cls(
            f"after VegaFusion, the transforms of {shown(preset)} leave {found:,} rows for the "
            f"drawing engine, which gets at most {limit:,}{named}. Filter or aggregate first, or "
            f"raise the limit: plotkit.settings.max_rows = {found}."
        )

    @classmethod
    def from_lengths(cls, lengths: Sequence[tuple[str, int]]) -> DataError:
        """Sequences that must be of equal length."""
        said = ", ".join(f"{shown(name)} has {count}" for name, count in lengths)
        return cls(f"lengths differ: {said}. They must be equal.")


class OptionError(PlotkitError, ValueError):
    """An argument whose value is not one of those accepted."""

    @classmethod
    def from_option(cls, name: str, value: object, expected: str) -> OptionError:
        """The option, what was given, what is accepted."""
        return cls(f"{name}={shown(value)}: expected {expected}.")

    @classmethod
    def from_size(cls, asked: object, available: Sequence[str]) -> OptionError:
        """A size by a name that is none; the nearest, and what else says a size."""
        return cls(
            f"no size {shown(asked)}.{nearest(asked, available)} "
            f"Known: {listed(available, 99)}. Any other: width=, height=, such as width='8cm'."
        )

    @classmethod
    def from_transparent(cls, format: str) -> OptionError:
        """A transparent background in a format that has none."""
        return cls(
            f"{format} has no transparency: leave out background='transparent', name a colour "
            "such as background='white', or save as PNG, WebP, SVG or PDF."
        )

    @classmethod
    def from_locale(cls, asked: object, available: Sequence[str]) -> OptionError:
        """A language tag that is none; the nearest."""
        return cls(
            f"no locale {shown(asked)}.{nearest(asked, available)} A locale is a language, or a "
            "language and a country: 'de', 'en-GB', 'ja-JP'."
        )

    @classmethod
    def from_unknown(
        cls, what: str, asked: object, available: Sequence[str], where: str
    ) -> OptionError:
        """An unknown role, string, param or switch of a preset."""
        return cls(
            f"{where} has no {what} {shown(asked)}.{nearest(asked, available)} "
            f"Its {what}s: {listed(available)}."
        )

    @classmethod
    def from_unknown_field(
        cls, asked: str, own: Sequence[str], fields: Iterable[str]
    ) -> OptionError:
        """Runs are filtered or ordered by a name that there is not.

        `own` are the names that every run has, and `fields` those of its config and summary.
        """
        known = [*fields]
        same = [shown(name) for name in known if name.partition(".")[2] == asked]
        near = f" Did you mean {' or '.join(same)}?" if same else nearest(asked, [*own, *known])
        return cls(
            f"runs have no {shown(asked)} to filter or order by.{near} There: config.NAME, "
            f"summary.NAME, {', '.join(own)}."
        )

    @classmethod
    def from_project_file(cls, path: str, reason: str) -> OptionError:
        """A pyproject.toml that does not say where the presets are."""
        return cls(f"cannot tell the folder of presets from {shown(path, 200)}: {reason}.")

    @classmethod
    def from_report(cls, path: str, reason: str) -> OptionError:
        """A report's file that cannot be read as one."""
        return cls(f"{shown(path, 200)} is no report: {reason}.")

    @classmethod
    def from_missing_role(
        cls, role: str, description: str, preset: str, columns: Sequence[str]
    ) -> OptionError:
        """A required role that no column was mapped to."""
        told = f" ({description})" if description else ""
        guess = columns[0] if columns else "column"
        return cls(
            f"{shown(preset)} needs the role {shown(role)}{told}; map a column to it: "
            f"fields={{{shown(role)}: {shown(guess)}}}. The table has: {listed(columns)}."
        )


class PresetError(PlotkitError, ValueError):
    """A preset that cannot be found or used."""

    @classmethod
    def from_unknown_id(
        cls, asked: object, available: Sequence[str], roots: Sequence[str]
    ) -> PresetError:
        """No preset of that id; the nearest, and where it was looked for."""
        return cls(
            f"no preset {shown(asked)}.{nearest(asked, available)} "
            f"Looked in: {', '.join(roots)}. Known: {listed(available)}."
        )

    @classmethod
    def from_bad_id(cls, asked: object, why: str) -> PresetError:
        """An id that cannot be one."""
        return cls(f"{ascii(asked)[:200]} is no preset id: {why}. Ids look like 'owner/name'.")

    @classmethod
    def from_unknown_version(
        cls, asked: object, available: Sequence[int], roots: Sequence[str]
    ) -> PresetError:
        """The preset is there, the version is not."""
        there = ", ".join(str(number) for number in available) or "none that is numbered"
        return cls(f"no preset {shown(asked)}; its versions: {there}. Looked in: {_all(roots)}.")

    @classmethod
    def from_reserved_owner(cls, asked: object, reserved: Sequence[str]) -> PresetError:
        """An id under which nobody saves."""
        return cls(
            f"{shown(asked)} cannot be saved: the owners {listed(reserved)} are reserved. Save "
            "under an owner of your own, such as your name."
        )

    @classmethod
    def from_damaged(cls, path: str, why: str) -> PresetError:
        """A version in the store that is not what was saved."""
        return cls(
            f"the stored preset {shown(path, 200)} is damaged: {why}. Other versions are not "
            "affected; take this one from a backup, or delete it."
        )

    @classmethod
    def from_outside(cls, path: str, root: str) -> PresetError:
        """A symbolic link leads out of a root."""
        return cls(
            f"{shown(path, 200)} leads out of {shown(root, 200)} through a symbolic link, which "
            "plotkit does not follow."
        )

    @classmethod
    def from_no_project(cls, roots: Sequence[str]) -> PresetError:
        """There is no folder beside the code, and no file to lock in."""
        return cls(
            "there is no project here: name its folder of presets with PLOTKIT_PRESETS, or in "
            f'pyproject.toml: [tool.plotkit] presets = "presets". Looked in: {_all(roots)}.'
        )

    @classmethod
    def from_delete(cls, id: str, why: str) -> PresetError:
        """A delete that takes something away from others."""
        return cls(f"{shown(id)} is not deleted: {why}. With force=True (--force) it is.")

    @classmethod
    def from_read_only(cls, id: str, verb: str, root: str) -> PresetError:
        """A built-in preset, which nobody changes."""
        return cls(f"{shown(id)} cannot be {verb}: it is built in ({root}). Fork it instead.")

    @classmethod
    def from_taken_id(cls, id: str, where: str) -> PresetError:
        """The new id of a preset is one that exists or existed."""
        return cls(f"{shown(id)} is taken: {where}. Choose another id.")

    @classmethod
    def from_unreadable(cls, path: str, reason: Exception) -> PresetError:
        """A preset's file that is not there, or not JSON."""
        said = reason.strerror if isinstance(reason, OSError) else str(reason)
        return cls(f"cannot read the preset {shown(path, 200)}: {said}.")

    @classmethod
    def from_duplicate_key(cls, where: str, key: str) -> PresetError:
        """One object of a JSON text holds a key twice; readers differ in which one they take."""
        return cls(
            f"cannot read the preset {shown(where, 200)}: the key {shown(key)} stands twice in one "
            "object. Keep one of them."
        )

    @classmethod
    def from_json_number(cls, where: str, text: str) -> PresetError:
        """A number that JSON does not have, or that is too large for one."""
        return cls(
            f"cannot read the preset {shown(where, 200)}: found the number {shown(text, 40)}; "
            "expected one that JSON can hold."
        )

    @classmethod
    def from_json_nesting(cls, where: str, limit: int) -> PresetError:
        """Objects and lists nest deeper than allowed."""
        return cls(
            f"cannot read the preset {shown(where, 200)}: its objects and lists nest deeper than "
            f"{limit} levels (plotkit.settings.preset_nesting)."
        )

    @classmethod
    def from_file(cls, where: str, path: str, found: object, expected: str) -> PresetError:
        """A fault inside a preset file, at a JSON path."""
        at = f" at {path}" if path else ""
        return cls(f"preset {shown(where, 120)}{at}: found {shown(found)}; expected {expected}.")

    @classmethod
    def from_schema(cls, where: str, faults: Sequence[str]) -> PresetError:
        """The spec is not valid Vega-Lite."""
        lines = "".join(f"\n  {fault}" for fault in faults)
        return cls(f"preset {shown(where, 120)} is not valid Vega-Lite:{lines}")

    @classmethod
    def from_faults(cls, where: str, faults: Sequence[str]) -> PresetError:
        """All that is wrong with a preset."""
        lines = "".join(f"\n  {fault}" for fault in faults)
        return cls(f"preset {shown(where, 120)} cannot be used:{lines}")

    @classmethod
    def from_malformed(cls, where: str, reason: str) -> PresetError:
        """A preset in W&B's form with parts that are not what they must be."""
        return cls(f"preset {shown(where, 120)} cannot be read, as its shape is odd: {reason}.")

    @classmethod
    def from_statistic(cls, where: str, statistic: str, missing: Sequence[str]) -> PresetError:
        """A statistic without a role for one of its inputs."""
        return cls(
            f"preset {shown(where, 120)}: its statistic {shown(statistic)} needs the input"
            f"{'' if len(missing) == 1 else 's'} {listed(missing)}; declare a role for it, or "
            "name it in statistic.inputs."
        )

    @classmethod
    def from_no_parent(cls, where: str, parent: str | None = None) -> PresetError:
        """A preset that is no fork, or whose parent is gone."""
        if parent is None:
            return cls(f"preset {shown(where, 120)} was not forked from another.")
        return cls(
            f"preset {shown(where, 120)} was forked from {shown(parent)}, which is not here in "
            "the version it was forked from."
        )

    @classmethod
    def from_collisions(cls, where: str, collisions: Sequence[str]) -> PresetError:
        """Changes of a fork and of its newer parent that exclude each other."""
        lines = "".join(f"\n  {collision}" for collision in collisions)
        return cls(
            f"preset {shown(where, 120)} cannot move onto its parent's newest version; both "
            f"changed:{lines}"
        )

    @classmethod
    def from_vega(cls, where: str) -> PresetError:
        """Altair was asked to take a spec of Vega."""
        return cls(
            f"{shown(where, 120)} is a Vega spec, and Altair takes Vega-Lite alone; use to_dict()."
        )


class PresetChangedError(PresetError):
    """A preset's file beside the code is not the one that was read."""

    @classmethod
    def from_digests(cls, path: str, expected: str, found: str | None) -> PresetChangedError:
        """The digest that was read, and the one that is there now; "" and None for no file."""
        now = f"it is now {found[:12]}" if found else "it is gone"
        was = f"it was {expected[:12]} when it was read" if expected else "it was not there before"
        return cls(
            f"{shown(path, 200)} has changed: {was}, {now}. Nothing was written; read it again "
            "(get), and make your changes on that."
        )


class LockError(PresetError):
    """A preset that is not the one its project's lock file pins."""

    @classmethod
    def from_difference(cls, id: str, path: str, locked: str, found: str, diff: str) -> LockError:
        """What is pinned, what is there, and the lines that differ."""
        return cls(
            f"{shown(id)} is no longer what {shown(path, 200)} pins: locked {locked}, found "
            f"{found}.\n{diff}\nWhere the change is wanted, lock anew: plotkit presets lock"
        )

    @classmethod
    def from_unreadable_lock(cls, path: str, reason: str) -> LockError:
        """A lock file that says nothing certain."""
        return cls(
            f"cannot read the lock file {shown(path, 200)}: {reason}. Restore it, or lock anew: "
            "plotkit presets lock"
        )


class TrustError(PresetError):
    """A preset from elsewhere holds what only an accepted one may."""

    @classmethod
    def from_findings(
        cls, where: str, findings: Sequence[object], accepted: bool = False, limit: int = 5
    ) -> TrustError:
        """Each finding in a line, and what its user can do about it."""
        lines = [f"\n  {finding}" for finding in findings[:limit]]
        if len(findings) > limit:
            lines.append(f"\n  and {len(findings) - limit} more")
        end = f"Where you know its author, accept it: plotkit presets trust {where}"
        if accepted:
            end = "No preset may hold this."
        elif where == "dict":
            end = (
                "If it is your own, save it, and draw with its id: "
                "plotkit.presets.from_spec(spec, 'me/name').save()"
            )
        kind = "preset" if accepted else "preset from elsewhere"
        return cls(f"the {kind} {shown(where, 120)} is not drawn:{''.join(lines)}\n{end}")


class FetchError(PresetError):
    """Data or an image that a preset names by its address, and that is not to be had."""

    @classmethod
    def from_refused(cls, where: str, path: str, address: str, allow: Sequence[str]) -> FetchError:
        """An address under none of the prefixes that the caller allows."""
        return cls(
            f"preset {shown(where, 120)} at {path}: {shown(address, 200)} is under none of "
            f"allow={list(allow)!r}."
        )

    @classmethod
    def from_address(cls, where: str, path: str, address: str, reason: str) -> FetchError:
        """An address that cannot be read, or whose content cannot."""
        return cls(
            f"preset {shown(where, 120)} at {path}: {shown(address, 200)} cannot be used: {reason}."
        )


class ExpressionError(PlotkitError, ValueError):
    """A Vega expression that cannot be read."""

    @classmethod
    def from_position(cls, text: str, position: int, expected: str) -> ExpressionError:
        """The expression, the character where reading stopped, what was expected there."""
        rest = text[position : position + 20]
        found = shown(rest) if rest else "its end"
        return cls(
            f"the expression {shown(text, 80)} cannot be read: at character {position} found "
            f"{found}; expected {expected}."
        )


class SaveError(PlotkitError, OSError):
    """A file that cannot be written as asked."""

    @classmethod
    def from_suffix(cls, path: str, known: Sequence[str]) -> SaveError:
        """The file's ending names no format."""
        return cls(
            f"cannot tell the format of {shown(path, 200)} from its ending. "
            f"Endings: {', '.join(known)}."
        )

    @classmethod
    def from_missing_folder(cls, path: str, folder: str) -> SaveError:
        """The parent folder does not exist; plotkit makes none unasked."""
        return cls(
            f"cannot write {shown(path, 200)}: the folder {shown(folder, 200)} does not exist. "
            "Make it first (mkdir -p), plotkit makes no folders unasked."
        )

    @classmethod
    def from_preset(cls, id: str, verb: str, reason: OSError, roots: Sequence[str]) -> SaveError:
        """The operating system refused a change to the presets; what it said, and where."""
        said = reason.strerror or str(reason)
        at = f" at {shown(str(reason.filename), 200)}" if reason.filename else ""
        made = cls(f"{shown(id)} cannot be {verb}: {said}{at}. Roots: {_all(roots)}.")
        made.errno = reason.errno
        return made

    @classmethod
    def from_os(cls, path: str, reason: str) -> SaveError:
        """The operating system refused."""
        return cls(f"cannot write {shown(path, 200)}: {reason}")

    @classmethod
    def from_size(
        cls, path: str, size: int, limit: int, largest: Sequence[tuple[str, int]]
    ) -> SaveError:
        """A report larger than its limit, and what weighs most in it."""
        heavy = ", ".join(f"{name} ({bytes / 1e6:.1f} MB)" for name, bytes in largest)
        told = f" What weighs most: {heavy}." if heavy else ""
        return cls(
            f"{shown(path, 200)} would have {size / 1e6:.1f} MB, more than the limit of "
            f"{limit / 1e6:g} MB, and is not written.{told}"
        )


class ReportError(PlotkitError, RuntimeError):
    """A report that was written, with charts that could not be drawn."""

    @classmethod
    def from_failures(cls, path: str, failures: Sequence[tuple[str, str]]) -> ReportError:
        """Which failed, and why; the file is there."""
        told = " ".join(f"{name}: {error}" for name, error in failures[:5])
        more = f" And {len(failures) - 5} more." if len(failures) > 5 else ""
        return cls(
            f"{shown(path, 200)} is written, but not everything could be drawn. {told}{more}"
        )


class RunError(PlotkitError, ValueError):
    """Something about a run of the run log: no such run, a step that went back, a torn file."""

    @classmethod
    def from_torn_media(cls, file: str, what: str) -> RunError:
        """A file of a logged object is missing or torn; `what` is what it should be."""
        return cls(f"{shown(file)} of this run is not there, or is not {what} of plotkit's.")

    @classmethod
    def from_port(cls, port: int | None) -> RunError:
        """A port of this machine is taken."""
        return cls(
            f"port {port} of this machine is taken, or not ours to take. "
            "Leave --port out for a free one."
        )

    @classmethod
    def from_no_figure(cls) -> RunError:
        """Matplotlib's pyplot was logged, and no figure is open."""
        return cls(
            "matplotlib.pyplot has no open figure to log. Draw first, or log the figure itself: "
            'log({"chart": fig}).'
        )

    @classmethod
    def from_unknown_column(cls, path: str, asked: str, columns: Sequence[str]) -> RunError:
        """A table that is to become a run has no such column."""
        return cls(
            f"{shown(path)} has no column {shown(asked)}.{nearest(asked, columns)} "
            f"There: {listed(columns)}."
        )

    @classmethod
    def from_step_column(cls, path: str, column: str, row: int, found: str) -> RunError:
        """A step column holds something else than whole numbers; rows count from 0."""
        return cls(
            f"{shown(path)}: column {shown(column)} is to be the step, but row {row:,} holds "
            f"{shown(found)}. Steps are whole numbers."
        )

    @classmethod
    def from_nothing_to_import(cls, path: str, what: str) -> RunError:
        """There is nothing at a path that could be brought in."""
        return cls(f"{shown(path)}: {what}.")

    @classmethod
    def from_unknown(cls, asked: str, available: Sequence[str], root: str) -> RunError:
        """No run is called so; `available` are those that lie in the root."""
        if not available:
            return cls(
                f"no run {shown(asked)}: no runs lie in {shown(root)}. "
                "Another folder: --dir FOLDER, or PLOTKIT_DIR."
            )
        return cls(
            f"no run {shown(asked)} in {shown(root)}.{nearest(asked, available)} "
            f"There: {listed(available)}."
        )

    @classmethod
    def from_unknown_project(cls, asked: str, available: Sequence[str]) -> RunError:
        """No run belongs to a project of that name."""
        return cls(
            f"no project {shown(asked)}.{nearest(asked, available)} There: {listed(available)}."
        )

    @classmethod
    def from_project(cls, asked: str, project: str, count: int) -> RunError:
        """One run is needed, and a project is named."""
        return cls(
            f"{shown(asked)} is a project of {count:,} run{'' if count == 1 else 's'}; one run is "
            f"needed: {project}/latest, or one that 'plotkit runs list {project}' shows."
        )

    @classmethod
    def from_picture_of_nothing(cls, name: str, available: Sequence[str]) -> RunError:
        """A picture of runs that says no metric; `available` are those that it can show."""
        if not available:
            return cls(f"{name} has nothing to show: these runs have logged no numbers.")
        return cls(
            f"{name} is one chart, and nothing says which. Add -k {shown(available[0])}, or save a "
            f"report of all: -o {name.rpartition('.')[0] or name}.html. To draw: "
            f"{listed(available)}."
        )

    @classmethod
    def from_no_run(cls, folder: str) -> RunError:
        """A folder that is no run's own was to be deleted."""
        return cls(
            f"{shown(folder)} is no run's own folder (it has no run.db, or is a link): "
            "nothing was deleted."
        )

    @classmethod
    def from_running(cls, paths: Sequence[str]) -> RunError:
        """Runs that are still recorded were to be deleted."""
        return cls(
            f"{listed(paths)}: still running, so nothing was deleted. --force deletes them anyway."
        )

    @classmethod
    def from_not_asked(cls, paths: Sequence[str]) -> RunError:
        """Runs were to be deleted where nobody at a terminal can be asked."""
        return cls(f"{listed(paths)}: nothing was deleted, as nobody can be asked here. Add --yes.")

    @classmethod
    def from_ambiguous(cls, asked: str, found: Sequence[str]) -> RunError:
        """Several runs are called so."""
        return cls(f"{shown(asked)} is {len(found)} runs: {listed(found)}. Give one of these.")

    @classmethod
    def from_no_file(cls, path: str) -> RunError:
        """A folder that holds no run."""
        return cls(f"no run lies here: there is no {shown(path, 200)}.")

    @classmethod
    def from_torn(cls, path: str, detail: str) -> RunError:
        """A run's file that cannot be read, and why."""
        return cls(
            f"{shown(path, 200)} is damaged: {detail}. Put it back from a backup, or rescue what "
            f"can be read with SQLite's shell: sqlite3 run.db .recover | sqlite3 rescued.db. Other "
            "runs are not touched by it; to do without this one, delete its folder."
        )

    @classmethod
    def from_missing_log(cls, path: str) -> RunError:
        """The file beside a run's file that holds its newest rows is gone."""
        return cls(
            f"{shown(path, 200)} is missing: the run was copied or cut off without it, and its "
            "newest rows are in there. Put it back beside run.db, or, to go on with what run.db "
            "holds without them, make an empty file of that name."
        )

    @classmethod
    def from_newer_format(cls, path: str, found: int, known: int) -> RunError:
        """A run's file from a plotkit that is newer than this one."""
        return cls(
            f"{shown(path, 200)} is of format {found}, and this plotkit knows formats up to "
            f"{known}. A newer plotkit wrote it: pip install -U plotkit"
        )

    @classmethod
    def from_unreadable(cls, path: str, reason: str) -> RunError:
        """A run's file that the system does not let us read now."""
        return cls(f"{shown(path, 200)} cannot be read: {reason}.")

    @classmethod
    def from_unwritable(cls, path: str, reason: str) -> RunError:
        """A run's file that the system does not let us write now."""
        return cls(f"{shown(path, 200)} cannot be written: {reason}.")

    @classmethod
    def from_unwritten(cls, path: str, rows: int, files: int, reason: str) -> RunError:
        """Rows, facts and files still wait for the disk at the end, and why."""
        held = f"{rows:,} row{'' if rows == 1 else 's'}"
        held += f" and {files:,} media file{'' if files == 1 else 's'}" if files else ""
        held = held if rows or files else "the newest summary and settings"
        return cls(
            f"{held} not written to {shown(path, 200)}: {reason}. They wait in memory: make room, "
            "then call finish() again; they are lost when this process ends."
        )

    @classmethod
    def from_closed_writer(cls, path: str) -> RunError:
        """Something is recorded after the run has ended."""
        return cls(f"{shown(path, 200)} is closed: the run has finished. Begin another: pk.init()")

    @classmethod
    def from_fork(cls, path: str) -> RunError:
        """A child process uses the run that its parent records."""
        return cls(
            f"{shown(path, 200)} is recorded by the process that this one was forked from. "
            "Log there, or begin a run of its own in this process: pk.init()"
        )

    @classmethod
    def from_unknown_key(
        cls, asked: str, available: Sequence[str], run: str, what: str = "numbers"
    ) -> RunError:
        """A run, or runs, have logged nothing under a name; `available` is what there is to draw.

        `asked` may be a glob.
        """
        if not available:
            return cls(f"{run} has logged no {what} yet, so there is no {shown(asked)} to draw.")
        return cls(
            f"{run} has logged nothing as {shown(asked)}.{nearest(asked, available)} "
            f"Its {what}: {listed(available)}."
        )

    @classmethod
    def from_not_numbers(cls, key: str, kind: str, call: str) -> RunError:
        """A line was asked of a name under which something else was logged."""
        return cls(f"{shown(key)} holds {kind}, which no line can show. Write {call}.")

    @classmethod
    def from_not_histograms(cls, key: str, kind: str, call: str) -> RunError:
        """A heat map over time was asked of a name under which something else was logged."""
        return cls(f"{shown(key)} holds {kind}, no histograms. Write {call}.")

    @classmethod
    def from_empty_histograms(cls, key: str) -> RunError:
        """Histograms that all count nothing."""
        return cls(f"all histograms of {shown(key)} are empty, so there is nothing to draw.")

    @classmethod
    def from_bad_axis(cls, x: str, kind: str, axes: Sequence[str]) -> RunError:
        """An x axis of something else than numbers."""
        return cls(
            f"x={shown(x)} holds {kind}, and an axis is made of numbers. Of use as x: "
            f"{listed(axes)}."
        )

    @classmethod
    def from_apart(cls, key: str, x: str, axes: Sequence[str]) -> RunError:
        """A metric and its x were never logged with the same step."""
        return cls(
            f"{shown(key)} and x={shown(x)} were never logged with one step. Log them in one "
            f"call, log({{{x!r}: ..., {key!r}: ...}}), or take another x: {listed(axes)}."
        )

    @classmethod
    def from_never_together(cls, names: Sequence[str]) -> RunError:
        """Names of one chart that no step has all of."""
        return cls(
            f"{listed(names)} were never all logged with one step. Log them in one call of log()."
        )

    @classmethod
    def from_bad_group(cls, asked: object, available: Sequence[str]) -> RunError:
        """Runs cannot be grouped by this."""
        return cls(
            f"cannot group runs by {shown(asked)}.{nearest(asked, available)} "
            f"They can be grouped by: {listed(available)}."
        )

    @classmethod
    def from_no_runs(cls, what: str) -> RunError:
        """A chart of no runs at all."""
        return cls(f"no runs to draw {what} of. Api().runs() lists all that lie in the folder.")

    # --- recording: names, values, steps, runs -------------------------------------------------

    @classmethod
    def from_data_kind(cls, data: object) -> RunError:
        """Something else than a dict is logged."""
        return cls(
            f"log takes a dict of names and values, found {shown(data)} "
            f"({type(data).__name__}). Write log({{'loss': ...}})."
        )

    @classmethod
    def from_name_kind(cls, name: object, under: str = "") -> RunError:
        """A name that is no text."""
        inside = f" inside {shown(under.rstrip('.'))}" if under else ""
        return cls(
            f"the name {shown(name)}{inside} is {type(name).__name__}; names are text. "
            f"Write {shown(str(name))}."
        )

    @classmethod
    def from_blank_name(cls, name: str) -> RunError:
        """A name without anything to see in it."""
        return cls(f"a name is empty: {shown(name)}. Give the value a name, such as 'loss'.")

    @classmethod
    def from_half_character(cls, name: str) -> RunError:
        """A name with half of a surrogate pair in it."""
        return cls(f"the name {shown(name)} holds half a character, which no file can keep.")

    @classmethod
    def from_named_twice(cls, name: str) -> RunError:
        """A nested and a dotted name are the same one."""
        first, _, last = name.rpartition(".")
        return cls(
            f"{shown(name)} is named twice in one call: as {{{shown(name)}: ...}} and as "
            f"{{{shown(first)}: {{{shown(last)}: ...}}}}. Rename one of them."
        )

    @classmethod
    def from_deep(cls, name: str, limit: int) -> RunError:
        """Dicts nest without end."""
        return cls(f"dicts nest deeper than {limit} levels, below {shown(name)}.")

    @classmethod
    def from_own_name(cls, name: str) -> RunError:
        """A name that every row has by itself."""
        todo = (
            "Pass it as log(..., step=...)"
            if name == "_step"
            else "It is recorded with every row by itself"
        )
        return cls(
            f"the name {shown(name)} is taken. {todo}; another count or time of yours needs "
            f"another name, such as {shown('my' + name)}."
        )

    @classmethod
    def from_many_names(cls, found: int, limit: int) -> RunError:
        """One row of too many names."""
        return cls(
            f"one call of log has {found} names; {limit} is the most (plotkit.settings.row_names). "
            "Log a table: log({'weights': pk.Table(...)}), or a histogram of them."
        )

    @classmethod
    def from_value(
        cls, name: str, value: object, hint: str, *, is_one_of_a_call: bool = True
    ) -> RunError:
        """A value that cannot be recorded, and what can be."""
        kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
        return cls(
            f"{shown(name)}: cannot record {shown(value)} ({kind}): {hint}"
            + (" The other values of this call are recorded." if is_one_of_a_call else "")
        )

    @classmethod
    def from_step(cls, step: object, why: str) -> RunError:
        """A step that is no step."""
        return cls(
            f"step={shown(step)} ({type(step).__name__}): {why}; a step is a whole number from 0 "
            "to 9223372036854775807."
        )

    @classmethod
    def from_earlier_step(cls, step: int, at: int, names: Sequence[str]) -> RunError:
        """A step that is past, in strict mode."""
        return cls(
            f"step={step} is past: the run is at step {at}, and its steps only rise. "
            f"{listed(names)} not recorded. Log an x axis of your own beside it: "
            f"log({{'epoch': {step}, ...}})."
        )

    @classmethod
    def from_replaced(cls, name: str, step: int, old: object, new: object) -> RunError:
        """Two values of one name and step, in strict mode."""
        return cls(
            f"{shown(name)} has two values at step {step}: {shown(old)}, then {shown(new)}. "
            "Log each name once a step; without strict the later value wins."
        )

    @classmethod
    def from_config(cls, given: object) -> RunError:
        """Settings that cannot be read as settings."""
        return cls(
            f"config={shown(given)} ({type(given).__name__}): a config is a dict, an "
            "argparse.Namespace, absl's FLAGS, a dataclass, an object with attributes, or the path "
            "of a JSON or TOML file."
        )

    @classmethod
    def from_endless_config(cls) -> RunError:
        """Settings that hold themselves."""
        return cls("the config has no end: a dict or a list in it holds itself. Take that out.")

    @classmethod
    def from_config_file(cls, path: str, reason: str) -> RunError:
        """A file of settings that cannot be read."""
        return cls(f"cannot read a config from {shown(path, 200)}: {reason}.")

    @classmethod
    def from_ended(cls, path: str, folder: str) -> RunError:
        """Something is logged after the end of a run."""
        project, _, id = path.partition("/")
        return cls(
            f"the run {shown(path)} has ended ({shown(folder, 200)}). Go on with it: pk.init("
            f"project={shown(project)}, id={shown(id)}, resume='allow'), or begin another: "
            "pk.init()."
        )

    @classmethod
    def from_nothing_open(cls, what: str) -> RunError:
        """pk.config or pk.summary without a run."""
        return cls(f"pk.{what} belongs to a run, and none is open. Begin one: pk.init(...).")

    @classmethod
    def from_folder_name(cls, what: str, value: object, why: str, fine: str) -> RunError:
        """A project or an id that cannot name a folder."""
        return cls(f"{what}={shown(value)}: {why}. {what.capitalize()}s name folders: {fine}.")

    @classmethod
    def from_read_only_section(cls, folder: str, section: str) -> RunError:
        """What was recorded is not changed afterwards."""
        return cls(
            f"the {section} of {shown(folder, 200)} was recorded, and is not changed afterwards. "
            "Its summary can be: run.summary[...] = ..., then run.summary.update()."
        )

    @classmethod
    def from_existing(cls, path: str) -> RunError:
        """The id of a new run is that of an old one."""
        return cls(
            f"there is a run {shown(path)} already. Go on with it: resume='allow' (or 'must'); "
            "for a new run leave out id=."
        )

    @classmethod
    def from_nothing_to_resume(cls, path: str, known: Sequence[str]) -> RunError:
        """resume="must" where there is no such run."""
        return cls(
            f"resume='must', but there is no run {shown(path)}.{nearest(path, known)} "
            f"There: {listed(known)}."
        )

    @classmethod
    def from_recorded_elsewhere(cls, path: str, pid: object, host: object) -> RunError:
        """A run that another process is recording is not gone on with."""
        return cls(
            f"{shown(path)} is being recorded by process {pid} on {host}. Wait until it ends, or "
            "begin a run of its own: leave out id=."
        )


class UnknownNameError(RunError, KeyError):
    """A name that the config or the summary of a run does not have."""

    __str__ = Exception.__str__  # KeyError's would put quotes around the sentence

    @classmethod
    def from_section(cls, section: str, name: str, known: Sequence[str]) -> UnknownNameError:
        """What was asked for, and what there is."""
        return cls(
            f"the {section} has no {shown(name)}.{nearest(name, known)} It has: {listed(known)}."
        )


class MissingGlyphsError(PlotkitError, ValueError):
    """Characters that no font draws, where `settings.missing_glyphs` is "error"."""

    @classmethod
    def from_characters(cls, named: str, remedy: str) -> MissingGlyphsError:
        """The characters with their scripts, and what to install."""
        return cls(f"no font here draws {named}. {remedy}")

    @classmethod
    def from_colour(cls, named: str) -> MissingGlyphsError:
        """Characters that only colour fonts draw, in a PDF."""
        return cls(
            f"a PDF cannot use colour fonts, and no other font here draws {named}. Install one "
            "that does, such as Symbola (the package fonts-symbola), or save a PNG or SVG."
        )


class FontError(PlotkitError, ValueError):
    """A folder of fonts that cannot be used."""

    @classmethod
    def from_folder(cls, folder: object, why: str) -> FontError:
        """The folder, and what is the matter with it."""
        return cls(f"cannot take fonts from {shown(folder, 200)}: {why}.")


class ExportError(PlotkitError, RuntimeError):
    """Some charts of many were not written.

    Attributes:
        result: what was written all the same, and what failed, as `plotkit.export` returns it.
    """

    result: object = None

    @classmethod
    def from_failures(
        cls, failures: Mapping[str, Exception], total: int, folder: str, result: object
    ) -> ExportError:
        """How many of how many, where the others are, and each failure with its reason."""
        lines = [
            f"  {shown(name)}: {str(reason) or type(reason).__name__}"
            for name, reason in list(failures.items())[:12]
        ]
        if len(failures) > len(lines):
            lines.append(f"  and {len(failures) - len(lines)} more")
        others = "" if len(failures) == total else f"; the others are in {shown(folder, 200)}"
        made = cls("\n".join([f"{len(failures):,} of {total:,} charts failed{others}:", *lines]))
        made.result = result
        return made


class CannotEvaluateError(PlotkitError):
    """VegaFusion does not take a spec or its rows; the message says why. It reaches nobody."""


class MissingExtraError(PlotkitError, ImportError):
    """A library that is not needed by everybody, and is not installed."""

    @classmethod
    def from_library(cls, library: str, purpose: str) -> MissingExtraError:
        """Which library, what for, and the line to type."""
        return cls(f"{purpose} needs {library}: pip install {library}")

    @classmethod
    def from_extra(cls, library: str, purpose: str, extra: str) -> MissingExtraError:
        """The same for a library that an extra of plotkit brings."""
        return cls(
            f"{purpose} needs {library}: pip install {library} "
            f"(plotkit's extra {extra!r} brings it)"
        )

    @classmethod
    def from_rows(cls, preset: str, found: int, limit: int) -> MissingExtraError:
        """Too many rows for the drawing engine, which VegaFusion would reduce."""
        return cls(
            f"{shown(preset)} transforms {found:,} rows, and the drawing engine gets at most "
            f"{limit:,} (plotkit.settings.max_rows). VegaFusion evaluates its transforms on any "
            "number of rows: pip install 'plotkit[scale]'"
        )


class RenderError(PlotkitError, RuntimeError):
    """Drawing failed after the chart was built."""

    @classmethod
    def from_stage(cls, stage: str, preset: str, detail: str) -> RenderError:
        """The preset, the stage, and the first line of the engine's words that means something."""
        return cls(f"{shown(preset)} failed while {stage}: {detail}")


class RenderTimeoutError(RenderError):
    """Drawing took longer than the limit."""

    @classmethod
    def from_limit(cls, preset: str, seconds: float) -> RenderTimeoutError:
        """The limit, and how to raise it."""
        return cls(
            f"{shown(preset)} was not drawn within {seconds:g} seconds. Draw fewer rows, or raise "
            "the limit: plotkit.settings.timeout = ... (seconds), or PLOTKIT_TIMEOUT."
        )


class RenderMemoryError(RenderError):
    """Drawing took more memory than the limit."""

    @classmethod
    def from_limit(cls, preset: str, megabytes: int) -> RenderMemoryError:
        """The limit, and how to raise it."""
        return cls(
            f"{shown(preset)} needs more than {megabytes} MB to draw. Draw fewer rows, or raise "
            "the limit: plotkit.settings.memory_mb = ..., or PLOTKIT_MEMORY_MB."
        )


class EngineCrashError(RenderError):
    """The engine's process ended while it drew."""

    @classmethod
    def from_exit(cls, preset: str, code: int, detail: str) -> EngineCrashError:
        """The exit code and the last words of the engine."""
        told = f": {detail}" if detail else ""
        return cls(
            f"the engine ended with code {code} while drawing {shown(preset)}{told}. The next "
            "chart starts a new engine."
        )


class UnsafeSvgError(RenderError):
    """The picture holds something that a chart does not."""

    @classmethod
    def from_finding(cls, preset: str, what: str) -> UnsafeSvgError:
        """What was found in the SVG."""
        return cls(f"{shown(preset)} drew something that plotkit does not let through: {what}.")


class EmptyPictureError(RenderError):
    """Fewer marks than the rows call for."""

    @classmethod
    def from_marks(cls, preset: str, expected: int, found: int, detail: str) -> EmptyPictureError:
        """How many marks were expected and found, and what is probably to blame."""
        told = f" {detail}" if detail else ""
        return cls(
            f"{shown(preset)} drew {found} of the {expected} mark"
            f"{'' if expected == 1 else 's'} that the rows call for.{told}"
        )


class MediaError(RunError):
    """An object that cannot be logged, or read back: an image, a video, a histogram, a table."""

    @classmethod
    def from_object(cls, kind: str, found: str, expected: str) -> MediaError:
        """What was given as an object of that kind, and what it takes."""
        return cls(f"{kind} got {found}; it takes {expected}.")

    @classmethod
    def from_file(cls, kind: str, path: str, reason: str) -> MediaError:
        """A file that cannot be read."""
        return cls(f"{kind}: {shown(path, 200)} cannot be read: {reason}.")

    @classmethod
    def from_address(cls, kind: str, address: str) -> MediaError:
        """An address of the web where a path belongs."""
        return cls(
            f"{kind} got the address {shown(address, 120)}; nothing is fetched from the web. "
            "Download the file, and give its path."
        )

    @classmethod
    def from_format(cls, kind: str, name: str, known: Sequence[str], hint: str = "") -> MediaError:
        """A file of a format that objects of that kind cannot have."""
        told = f" {hint}" if hint else ""
        return cls(
            f"{kind}: {shown(name, 200)} is of no format that it takes; these are "
            f"{', '.join(known)}.{nearest(name.rpartition('.')[2], known)}{told}"
        )

    @classmethod
    def from_content(cls, kind: str, name: str, format: str) -> MediaError:
        """A file that is not what its name says."""
        return cls(f"{kind}: {shown(name, 200)} holds no {format} data, though its name says so.")

    @classmethod
    def from_too_large(cls, kind: str, width: int, height: int, limit: int) -> MediaError:
        """A picture with more pixels than allowed."""
        return cls(
            f"{kind}: {width:,} x {height:,} pixels are more than {limit:,} "
            "(plotkit.settings.max_pixels). Make it smaller before it is logged."
        )

    @classmethod
    def from_overlay(cls, where: str, found: str, expected: str) -> MediaError:
        """A mask or a box of an image; `where` is such as "masks['truth']"."""
        return cls(f"Image, {where}: {found}; expected {expected}.")

    @classmethod
    def from_stored_file(cls, file: object, folder: str) -> MediaError:
        """A stored form that names something else than a file of its run."""
        return cls(
            f"{shown(file)} is no file of the run in {shown(folder, 200)}: those are called "
            "media/NAME, and nothing else is read."
        )

    @classmethod
    def from_stored(cls, kind: str, reason: Exception) -> MediaError:
        """A stored form without the shape that its kind has."""
        why = f"{type(reason).__name__}: {str(reason)[:200]}"
        return cls(f"{kind}: what the run holds of it is torn, or no {kind} of plotkit's ({why}).")
