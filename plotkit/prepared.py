"""Many rows of a preset with transforms of its own: reduced here, before they go to the engine.

A preset without a statistic lets Vega aggregate, bin and stack its rows, which then have to
travel to the engine as text, all of them. Where there are many, VegaFusion (the extra `scale`)
evaluates the transforms on the columns as they lie in memory, and the engine gets the few rows
that the marks are drawn from. Only columns that the spec names take part, with or without it.

VegaFusion reads files and addresses when a spec asks for them: a spec with any address in its
data is never handed to it.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import errors, fill, progress, settings, text
from plotkit.column import Column, from_values
from plotkit.errors import CannotEvaluateError
from plotkit.expression import Array, Binary, Call, Name, Node, parse, replaced, unparse
from plotkit.preset import Preset
from plotkit.render import worker
from plotkit.table import Columns, LazyColumns

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "plotkit_rows"  # of the data set, in Vega-Lite and in Vega
_URL = f"vegafusion+dataset://{NAME}"
_RESULTS, _RESULT_BYTES = 64, 256 << 20  # what VegaFusion keeps for the next picture
_CHUNK = 4_000_000  # rows; the text of so many has room in one Arrow array
_EXACT = 2.0**53
_WHOLE = 1e6  # products of three such numbers are still exact
_FEW = 5_000  # rows that controls may keep in a page
_runtimes: dict[int, Any] = {}  # process -> VegaFusion's threads and cache; a fork has none of them
_COMPUTES = ("aggregate", "timeUnit", "impute")
_COMPOSITES = ("boxplot", "errorbar", "errorband")
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?")
_FORMULAS = ("calculate", "filter", "test", "expr")
_OPERAND = re.compile(
    r"(?P<text>'[^'\\+]*'|\"[^\"\\+]*\")|datum\.(?P<plain>\w+)|datum\[['\"](?P<quoted>[^'\"\\+]*)['\"]\]"
)
# What may read columns without naming them: computed names, whole rows, escaped letters.
_DYNAMIC = re.compile(
    r"\bdatum\b(?!\s*(?:\.\s*\w|\[\s*(?:'[^'\\]*'|\"[^\"\\]*\")\s*\]))"
    r"|\b(?:data|field|pluck)\s*\(|\\[xu0-9]"
)


class Rows(NamedTuple):
    """The rows that the spec's transforms start from.

    Attributes:
        table: a column for each role that the spec names; times as milliseconds since 1970.
        texts: the different texts of each text role.
    """

    table: pa.Table
    texts: dict[str, list[Any]]


class Drawable(NamedTuple):
    """A Vega spec whose transforms are evaluated.

    Attributes:
        spec: the spec, with the rows that are left in it.
        rows: how many rows that are, in the largest data set.
        left: the transforms that the engine still has to evaluate.
        fixed: whether controls of the spec have no effect any more.
    """

    spec: dict[str, Any]
    rows: int
    left: tuple[str, ...]
    fixed: bool


# --- which columns, and whether ------------------------------------------------------------------


def used(spec: Mapping[str, Any], roles: Sequence[str]) -> list[str]:
    """The roles that the spec names anywhere but in its rows; all of them where it may read any.

    >>> used({"mark": "bar", "encoding": {"y": {"field": "b"}}}, ["a", "b"])
    ['b']
    >>> used({"mark": {"type": "bar", "tooltip": {"content": "data"}}}, ["a", "b"])
    ['a', 'b']
    """
    told = list(_texts(spec))
    if _reads_all(spec) or any(map(_DYNAMIC.search, told)):
        return list(roles)
    named = "\n".join(told).replace("\\", "")
    return [role for role in roles if _is_named(role.replace("\\", ""), named)]


def _is_named(role: str, told: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(role)}(?!\w)", told) is not None


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key not in ("values", "datasets", "usermeta") or (key == "values" and _flat(value)):
                yield from _texts(value)
    elif isinstance(node, list):
        for part in node:
            yield from _texts(part)


def _flat(values: Any) -> bool:
    """Whether `values` are those of an axis or a filter, and no rows."""
    return not (isinstance(values, list) and any(isinstance(v, Mapping) for v in values))


def _reads_all(node: Any) -> bool:
    """Whether a tooltip shows whole rows, or a field is named by something else than a text."""
    if isinstance(node, list):
        return any(map(_reads_all, node))
    if not isinstance(node, Mapping):
        return False
    if node.get("content") == "data" or isinstance(node.get("field"), (Mapping, list)):
        return True
    return any(_reads_all(value) for key, value in node.items() if key != "values")


def transforms(node: Any) -> bool:
    """Whether a spec, of Vega-Lite or Vega, makes other rows of those it gets.

    >>> transforms({"mark": "bar", "encoding": {"y": {"aggregate": "count"}}})
    True
    >>> transforms({"mark": "bar", "encoding": {"y": {"field": "y"}}})
    False
    """
    if isinstance(node, list):
        return any(map(transforms, node))
    if not isinstance(node, Mapping):
        return False
    if isinstance(node.get("transform"), list) and node["transform"]:
        return True
    mark = node.get("mark")
    if (mark.get("type") if isinstance(mark, Mapping) else mark) in _COMPOSITES:
        return True
    if any(node.get(key) for key in _COMPUTES) or node.get("bin") not in (None, False, "binned"):
        return True
    return any(
        transforms(value)
        for key, value in node.items()
        if key not in ("values", "datasets", "usermeta", "config")
    )


def suits(preset: Preset, mapped: Sequence[str]) -> bool:
    """Whether no column is coloured row by row by another one, which only the engine's rows are."""
    unmapped = [role for name, role in preset.roles.items() if name not in mapped]
    return not any(isinstance(role.value, Mapping) for role in unmapped)


def check_formulas(spec: Mapping[str, Any], rows: Rows) -> None:
    """Raise `CannotEvaluateError` where VegaFusion would compute something else than Vega.

    To Vega a missing value is 0 or "null" in a formula, and 2.0 + "x" is "2x".
    """
    types = {field.name: f"{field.type}" for field in rows.table.schema}
    missing = [name for name in types if rows.table.column(name).null_count]
    for told in _formulas(spec):
        for name in missing:
            if _is_named(name, told):
                raise CannotEvaluateError(f"a formula reads {name!r}, which misses values")
        if "+" in told and (
            re.search(r"['\"]", told)
            or any(kind == "string" and _is_named(name, told) for name, kind in types.items())
        ):
            _check_joined(told, types)


def _check_joined(told: str, types: Mapping[str, str]) -> None:
    """A text put together of texts and whole numbers only, from left to right."""
    parts = [part.strip() for part in told.split("+")]
    kinds = []
    for part in parts:
        found = _OPERAND.fullmatch(part)
        name = found and (found["plain"] or found["quoted"])
        kinds.append("string" if found and found["text"] else types.get(name or "", ""))
    if not set(kinds) <= {"string", "int64"} or "string" not in kinds[:2]:
        raise CannotEvaluateError(f"a formula makes a text of numbers: {errors.shown(told)}")


def _formulas(node: Any) -> Iterator[str]:
    """The expressions and conditions of a spec's transforms, as text."""
    if isinstance(node, list):
        for part in node:
            yield from _formulas(part)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key in _FORMULAS:
                yield value if isinstance(value, str) else json.dumps(value)
            elif key not in ("values", "datasets", "usermeta"):
                yield from _formulas(value)


def is_installed() -> bool:
    """Whether VegaFusion, and what it takes rows from, are there; without loading either."""
    import importlib.util

    return all(importlib.util.find_spec(name) is not None for name in ("vegafusion", "pyarrow"))


def count(columns: Columns | LazyColumns) -> int:
    """How many rows there are."""
    if not isinstance(columns, LazyColumns):
        return len(next(iter(columns.values())))
    import narwhals as nw

    known = getattr(columns, "rows", None)
    if known is not None:
        return int(known)
    counted = columns.collect(columns.frame.select(nw.len().alias("rows")))
    return int(counted["rows"].as_list()[0])


# --- rows as Arrow -------------------------------------------------------------------------------


def rows_of(
    preset: Preset, columns: Columns | LazyColumns, roles: Sequence[str], said: list[str]
) -> Rows:
    """The columns of some roles as Arrow, their texts as the engine can take them."""
    import pyarrow as pa

    made: dict[str, Any] = {}
    if isinstance(columns, LazyColumns):
        made = _from_lazy(columns, roles)
        if not made:
            columns = columns.collect(columns.frame.select(*roles))
    if not isinstance(columns, LazyColumns):
        made = {role: _from_column(columns[role]) for role in roles}
    first = next(iter(made.values()))
    total = len(first.codes if isinstance(first, _Coded) else first)
    for name, role in preset.roles.items():
        if name not in made and isinstance(role.value, str):
            made[name] = _Coded([role.value], pa.repeat(pa.scalar(0, pa.int32()), total))
    names = {role: found.names for role, found in made.items() if isinstance(found, _Coded)}
    texts = fill.clean_columns(names, said)
    arrays = {
        role: found.decoded(texts[role]) if role in texts else found for role, found in made.items()
    }
    return Rows(pa.table(arrays), texts)


def samples(rows: Rows, spec: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What is looked at of the rows before they are drawn: texts, and values that make panels."""
    panels = any(f'"{key}"' in json.dumps(spec) for key in ("facet", "row", "column"))
    return {
        name: rows.texts[name]
        if name in rows.texts
        else (rows.table.column(name).unique().to_pylist() if panels else [])
        for name in rows.table.column_names
    }


def ends(rows: Rows) -> list[dict[str, Any]]:
    """Rows that hold every text, and the lowest and highest of all else: for a description."""
    import pyarrow.compute as pc

    columns = {}
    for name in rows.table.column_names:
        found = pc.min_max(rows.table.column(name)).as_py() if name not in rows.texts else {}
        columns[name] = rows.texts.get(name, list(found.values()))
    return [dict(zip(columns, row, strict=True)) for row in zip_longest(*columns.values())]


class _Coded(NamedTuple):
    """A text column: its different texts, and each row's position in them.

    Where the rows lie there as plain text already, that stands in place of the positions.
    """

    names: list[Any]
    codes: Any

    def decoded(self, names: list[Any]) -> Any:
        """The rows as plain text, as VegaFusion does not take categories of every kind."""
        import pyarrow as pa

        if not pa.types.is_integer(self.codes.type):
            if names == self.names:
                return self.codes
            place = {name: at for at, name in enumerate(self.names)}
            codes = self.codes.dictionary_encode().unify_dictionaries().combine_chunks()
            renamed = [names[place[name]] for name in codes.dictionary.to_pylist()]
            return _Coded(renamed, codes.indices).decoded(renamed)
        words = pa.array(names, pa.string())
        pieces = [  # one array has not room for all
            pa.DictionaryArray.from_arrays(self.codes.slice(at, _CHUNK), words).cast(pa.string())
            for at in range(0, max(len(self.codes), 1), _CHUNK)
        ]
        return pa.chunked_array(pieces, pa.string())


def _from_column(column: Column) -> Any:
    """A column in memory; text as codes and names."""
    import numpy as np
    import pyarrow as pa

    from plotkit.stats import _groups

    if column.kind == "text":
        names, codes = _groups.factorize(column)
        if _groups.MISSING in names:  # a label, or no value at all
            found = pa.array(column.as_list(), pa.string()).dictionary_encode()
            return _Coded(found.dictionary.to_pylist(), found.indices)
        return _Coded(names, pa.array(codes.astype(np.int32, copy=False)))
    return _numbers(column.as_array(), column.kind)


def _numbers(found: Any, kind: str) -> Any:
    """Numbers, times and bools; whole numbers as such, as they may become part of a text."""
    import numpy as np
    import pyarrow as pa

    known = np.isfinite(found)
    missing = None if known.all() else ~known
    if kind == "bool":
        return pa.array(found == 1, mask=missing)
    if kind == "time":  # far beyond the numbers that are multiplied
        return pa.array(found, mask=missing)
    held = found if missing is None else np.where(known, found, 0.0)
    if (np.abs(held) <= _WHOLE).all() and np.array_equal(np.floor(held), held):
        return pa.array(held.astype(np.int64), mask=missing)
    return pa.array(held, mask=missing)


def _from_lazy(columns: LazyColumns, roles: Sequence[str]) -> dict[str, Any]:
    """The columns of a lazy frame, collected as Arrow; nothing where texts need a closer look."""
    table = _collected(columns.frame.select(*roles))
    made = {}
    for role in roles:
        found = table.column(role)
        if columns.kinds[role] == "text" or role in columns.as_text:
            coded = _coded(columns, role, found)
            if coded is None:
                return {}
            made[role] = coded
        else:
            made[role] = _numbers(_floats(found, columns.kinds[role]), columns.kinds[role])
    return made


def _collected(frame: Any) -> Any:
    """A narwhals lazy frame as an Arrow table."""
    native = frame.to_native()
    engine = type(native).__module__.partition(".")[0].lstrip("_")
    try:
        with progress.listening():
            return frame.collect("pyarrow").to_native()
    except Exception as reason:
        raise errors.TableError.from_engine(engine, f"{reason}") from reason


def _floats(found: Any, kind: str) -> Any:
    """An Arrow array of numbers, bools or times as float64, with NaN where missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "time":
        found = found.cast(pa.timestamp("us", getattr(found.type, "tz", None))).cast(pa.int64())
        found = pc.divide(found.cast(pa.float64()), 1000.0)
    return pc.fill_null(found.cast(pa.float64(), safe=False), math.nan).to_numpy()


def _coded(columns: LazyColumns, role: str, found: Any) -> _Coded | None:
    """A text column of Arrow; None where labels change, which is told with counts of rows."""
    import pyarrow as pa

    if pa.types.is_large_string(found.type) or found.type == pa.string_view():
        found = found.cast(pa.string())
    if found.type == pa.string() and not found.null_count:
        values, codes = found.unique().to_pylist(), found
    else:
        coded = found
        if not pa.types.is_dictionary(found.type):
            coded = found.dictionary_encode()
        coded = coded.unify_dictionaries().combine_chunks()
        values, codes = coded.dictionary.to_pylist(), coded.indices.cast(pa.int32())
    small = from_values(columns.names[role], values)
    if role in columns.as_text:
        small = small.to_text()
    labels: list[Any] = list(small.as_list())
    if any(value != label for value, label in text.labels(sorted(labels)).items()):
        return None
    if found.null_count:
        labels = [*labels, None]
        codes = codes.fill_null(len(values))
    if columns.clean is not None:
        labels = columns.clean(role, Column(small.name, "text", values=labels)).as_list()
    return _Coded(labels, codes)


# --- evaluated -----------------------------------------------------------------------------------


def place(spec: dict[str, Any]) -> None:
    """Have a finished spec without rows take them from the data set `NAME`.

    Raises `CannotEvaluateError` where it names data of its own at an address.
    """
    _refuse_addresses(spec)
    held = fill.place_of_rows(spec)
    if held is None:
        spec["data"] = {"name": NAME}
    elif held[1] == "values":  # of Vega's own list
        entry = held[0]
        del entry["values"]
        entry["url"] = _URL
    else:
        held[0].pop(held[1])
        _rename_data(spec, held[1])


def _rename_data(node: Any, name: str) -> None:
    if isinstance(node, list):
        for part in node:
            _rename_data(part, name)
    elif isinstance(node, dict):
        data = node.get("data")
        if isinstance(data, dict) and data.get("name") == name and "values" not in data:
            node["data"] = {"name": NAME}
        for key, value in node.items():
            if key not in ("data", "datasets"):
                _rename_data(value, name)


def evaluated(spec_json: str, rows: Rows, preset: Preset) -> Drawable:
    """The finished spec, in its theme and size, as Vega with its transforms evaluated.

    Raises `CannotEvaluateError` where VegaFusion cannot take it, `DataError` where more rows are
    left than the engine gets, and `RenderError` as drawing does.
    """
    made: dict[str, Any] = json.loads(
        spec_json if preset.vega else worker.vegalite_to_vega(spec_json, preset=preset.id)
    )
    for entry in made.get("data", ()):
        if entry.get("name") == NAME:
            entry.pop("values", None)
            entry["url"] = _URL
    _refuse_addresses(made)
    _reword(made)
    controls = _has_controls(made)
    found, tables, left = _fused(made, rows, keeps_controls=controls)
    largest = _largest(tables)
    fixed = controls and (largest > _FEW or largest >= rows.table.num_rows)
    if fixed:
        found, tables, left = _fused(made, rows, keeps_controls=False)
        for signal in found.get("signals", ()):  # a control that does nothing is none
            signal.pop("bind", None)
    total = sum(table.num_rows for _, _, table in tables)
    if total > settings.max_rows:
        raise errors.DataError.from_rows_left(preset.id, total, settings.max_rows, left)
    found = _ordered(found)
    for name, scope, table in tables:
        entries = _group(found, scope)["data"]
        entry = next(entry for entry in entries if entry["name"] == name)
        entry["values"] = _as_rows(table)
        _zone_times(entry)
    return Drawable(found, _largest(tables), left, fixed)


def _ordered(node: Any) -> Any:
    """Keys in order: VegaFusion's are in another one each time."""
    if isinstance(node, list):
        return [_ordered(part) for part in node]
    if isinstance(node, Mapping):
        return {key: _ordered(node[key]) for key in sorted(node)}
    return node


def _largest(tables: Sequence[Any]) -> int:
    return max((table.num_rows for _, _, table in tables), default=0)


def _as_rows(table: Any) -> list[dict[str, Any]]:
    """An Arrow table as the engine takes rows: times in milliseconds, nothing that is no number."""
    import pyarrow as pa

    held = pa.table(table)
    columns = {name: _plain(held.column(name)) for name in held.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _zone_times(entry: Mapping[str, Any]) -> None:
    """Say that times are in UTC: VegaFusion writes them as text, which a browser takes as local."""
    for step in entry.get("transform", ()):
        name = step.get("as")
        if step.get("expr") == f"toDate(datum['{name}'])":
            for row in entry["values"]:
                if isinstance(row[name], str) and _LOCAL_TIME.fullmatch(row[name]):
                    row[name] += "Z"


def _plain(found: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_temporal(found.type):
        whole = found.cast(pa.timestamp("us", getattr(found.type, "tz", None))).cast(pa.int64())
        return [None if v is None else _number(v / 1000) for v in whole.to_pylist()]
    values = found.to_pylist()
    if pa.types.is_floating(found.type):
        return [None if v is None or not math.isfinite(v) else _number(v) for v in values]
    return list(values)


def _number(value: float) -> float:
    """As JavaScript writes it: whole numbers without a point."""
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _fused(
    spec: dict[str, Any], rows: Rows, *, keeps_controls: bool
) -> tuple[dict[str, Any], list[Any], tuple[str, ...]]:
    """What VegaFusion makes of a Vega spec: it, its data sets, and transforms that are left."""
    if os.getpid() not in _runtimes:
        # One of our own: the user's may be connected to a server.
        from vegafusion.runtime import VegaFusionRuntime

        _runtimes.clear()
        _runtimes[os.getpid()] = VegaFusionRuntime(_RESULTS, _RESULT_BYTES)
    runtime = _runtimes[os.getpid()]
    spec = _with_a_column(spec, rows)
    try:
        found, tables, warnings = progress.interruptible(
            lambda: runtime.pre_transform_extract(
                spec,
                local_tz="UTC",
                preserve_interactivity=keeps_controls,
                extract_threshold=0,
                inline_datasets={NAME: rows.table},
            )
        )
    except Exception as reason:
        raise CannotEvaluateError(_first_line(reason)) from reason
    # It also leaves steps on few rows, such as making dates of numbers: those are as they were.
    refused = any(warning["type"] == "Planner" for warning in warnings)
    return found, tables, tuple(dict.fromkeys(_left(found))) if refused else ()


def _with_a_column(spec: dict[str, Any], rows: Rows) -> dict[str, Any]:
    """The spec, reading at least one column: VegaFusion forgets rows of none, and counts 0."""
    from vegafusion.utils import get_inline_column_usage

    if get_inline_column_usage(spec).get(NAME) != []:
        return spec
    name = json.dumps(rows.table.column_names[0])
    kept = {"type": "filter", "expr": f"isValid(datum[{name}]) || !isValid(datum[{name}])"}
    data = [
        {**entry, "transform": [kept, *entry.get("transform", ())]}
        if entry.get("url") == _URL
        else entry
        for entry in spec["data"]
    ]
    return {**spec, "data": data}


def _first_line(reason: Exception) -> str:
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(reason).__name__


def _left(node: Any) -> Iterator[str]:
    """Names of the first transforms of data sets that are still there: the others wait for them."""
    if isinstance(node, list):
        for part in node:
            yield from _left(part)
    elif isinstance(node, Mapping):
        for entry in node.get("data", ()) if isinstance(node.get("data"), list) else ():
            yield from (str(step.get("type")) for step in entry.get("transform", ())[:1])
        yield from _left(node.get("marks"))


def _group(spec: dict[str, Any], scope: Sequence[int]) -> dict[str, Any]:
    """The spec, or the group of marks inside each other that a data set belongs to."""
    for at in scope:
        groups = [mark for mark in spec["marks"] if mark.get("type") == "group"]
        spec = groups[at]
    return spec


def _refuse_addresses(node: Any) -> None:
    """Raise `CannotEvaluateError` for data that VegaFusion would fetch: any but our rows."""
    if isinstance(node, list):
        for part in node:
            _refuse_addresses(part)
    elif isinstance(node, Mapping):
        # Also those of images, which it never reads: what has none is sure to have none.
        if node.get("url", _URL) != _URL:
            raise CannotEvaluateError("the preset names an address")
        for key, value in node.items():
            if key != "values":
                _refuse_addresses(value)


def _reword(node: Any) -> None:
    """Say what VegaFusion does not know in words that it knows: inrange(x, [a, b])."""
    if isinstance(node, list):
        for part in node:
            _reword(part)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "expr" and isinstance(value, str) and "inrange(" in value:
                with suppress(errors.ExpressionError):
                    node[key] = unparse(replaced(parse(value), _without_inrange))
            elif key != "values":
                _reword(value)


def _without_inrange(node: Node) -> Node:
    called = isinstance(node, Call) and node.function == Name("inrange")
    if isinstance(node, Call) and called and len(node.arguments) == 2:
        found, span = node.arguments
        if isinstance(span, Array) and len(span.items) == 2:
            low, high = span.items
            return Binary("&&", Binary(">=", found, low), Binary("<=", found, high))
    return node


def _has_controls(spec: Mapping[str, Any]) -> bool:
    signals = spec.get("signals")
    return any("bind" in s or "on" in s for s in signals or () if isinstance(s, Mapping))
