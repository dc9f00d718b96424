"""Bars: one value for each label, or for each label and group.

Rows out: `label`, `value`, `group` where it is mapped, `value_label` (the value as
text at a bar's end, where there are few bars, else None) and `rest` (True for the bar that stands
for all labels without one of their own, else None). Switches: `horizontal` (labels too long
to stand side by side), `tall` (so many lying bars that the picture grows) and `value_labels`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors, notes, settings
from plotkit.stats import Picture, Result, _counting, _groups
from plotkit.table import LazyColumns

if TYPE_CHECKING:
    import narwhals as nw

    from plotkit.column import Column
    from plotkit.table import Columns

Array = np.ndarray[Any, Any]

AGGREGATES = ("mean", "sum", "median", "min", "max", "count")
SORTS = ("ascending", "descending", "label")
MAX_BARS = 2000  # the engine takes half a minute for 20,000, and nobody reads them
KEPT = 40  # bars of labels of their own where there are too many, in all groups
_LEAST = 2  # labels that stay, however many groups there are
LABELLED_BARS = 12
_OWN = "own"  # labels as the engine holds them
_AT_ONCE = 5000  # bars that an engine hands over before it is asked for the largest only
_LABEL_ROOM = 0.12  # of the axis, under bars that hang down
_CHARACTER = 7.0  # px of a label's character, about
_LINE = 18  # px that a lying bar needs for its name
_AXIS = 60  # px beside the bars: the value axis with its labels


class _Bars(NamedTuple):
    """Bars as arrays: positions in the lists of labels and groups, values, rows behind each."""

    labels: Array
    groups: Array  # all 0 without groups
    values: Array
    rows: Array

    def at(self, chosen: Array) -> _Bars:
        return _Bars(*(part[chosen] for part in self))


class _Counted(NamedTuple):
    """All bars there could be, and how to learn more of the rows behind them."""

    bars: _Bars
    labels: list[str]  # in drawing order
    groups: list[str]  # empty without groups
    declared: bool  # whether the labels have an order of their own
    median_without: Callable[[Array], dict[int, float]]  # of rows whose label is not marked


class _Drawn(NamedTuple):
    """The bars that are drawn: those of labels, then those of the rest."""

    labels: list[str]
    groups: list[str | None]
    values: list[Any]
    rows: list[int]
    rest: int = 0  # so many at the end stand for the rest
    left: int = 0  # labels in the rest
    whole: bool = True  # whether a bar for each label could be drawn


def compute(data: Columns | LazyColumns, options: Mapping[str, object], picture: Picture) -> Result:
    """One bar for each `label` (and `group`, where it is mapped), of height `value`.

    Options: `aggregate` ("mean", "sum", "median", "min", "max" or "count"; default "mean") for
    labels that repeat, which a note says; `sort` (None, "ascending", "descending" by value, or
    "label"; default None). Unsorted bars stand in the declared order of a categorical, else in
    that of first appearance; a lazy frame whose rows have no order (PySpark, Ibis) gives sorted
    labels, which a note says.

    Of more than `settings.bar_labels` bars (labels times groups), the 40 whose values are the
    farthest from 0 stay (with groups as many labels as have 40 bars in all, two at least), from
    the largest down if unsorted and without a declared order; one last bar shows the aggregate of
    all rows of the other labels, which a note says. `picture.reduce` False keeps them all, up to
    2,000 bars; a number is the most bars drawn, the last one among them.
    Raises `DataError`, `OptionError`.
    """
    aggregate = _one_of("aggregate", options.get("aggregate") or "mean", AGGREGATES)
    sort = options.get("sort")
    if sort in ("", "none", "None"):
        sort = None
    if sort is not None:
        sort = _one_of("sort", sort, SORTS)
    names = _names(data)
    if "value" not in names and aggregate != "count":
        raise errors.OptionError.from_missing_role(
            "value", "the bars' lengths", "plotkit/bar", list(names.values())
        )
    said: list[str] = []
    if isinstance(data, LazyColumns):
        drawn = _from_lazy(data, aggregate, sort, picture.reduce, said)
    else:
        counted = _from_columns(data, aggregate)
        drawn = _reduced(counted, aggregate, sort, picture.reduce, names["label"])
    _check_finite(drawn, names, aggregate)
    repeated = [count for count in drawn.rows if count > 1]
    if repeated and aggregate != "count":
        said.append(
            notes.aggregated(
                names["label"], aggregate, sum(repeated), len(repeated), len(drawn.rows)
            )
        )
    if drawn.rest:
        kept = len(set(drawn.labels)) - 1
        rows = sum(drawn.rows[: -drawn.rest]), sum(drawn.rows[-drawn.rest :])
        told = notes.other_labels(names["label"], kept, drawn.left, rows, aggregate, drawn.whole)
        said.append(told)
    return _result(drawn, "group" in names, picture, said)


def _result(drawn: _Drawn, grouped: bool, picture: Picture, said: list[str]) -> Result:
    labelled = not grouped and len(drawn.labels) <= LABELLED_BARS
    named = len(drawn.labels) - drawn.rest
    columns: dict[str, list[Any]] = {
        "label": drawn.labels,
        "value": drawn.values,
        **({"group": list(drawn.groups)} if grouped else {}),
        "value_label": value_labels(drawn.values) if labelled else [None] * len(drawn.labels),
    }
    lying = _needs_width(list(dict.fromkeys(drawn.labels)), picture)
    switches = {
        "horizontal": lying,
        "tall": lying and len(set(drawn.labels)) * _LINE > picture.height - _AXIS,
        "value_labels": labelled,
    }
    if drawn.rest:
        columns["rest"] = [None] * named + [True] * drawn.rest
        switches["rest"] = True  # last: it moves the layers that the others change
    scales = {}
    low, high = min(drawn.values), max(drawn.values)
    if low == high == 0:  # an axis of one value would put zero in the middle
        scales["value"] = {"domainMax": 1}
    elif labelled and low < 0:  # room for the labels under the bars
        scales["value"] = {"domainMin": low - _LABEL_ROOM * (max(high, 0) - low)}
    return Result(columns, said, switches=switches, scales=scales)


def _one_of(name: str, given: object, accepted: tuple[str, ...]) -> str:
    if given not in accepted:
        expected = "one of " + ", ".join(accepted)
        raise errors.OptionError.from_option(name, given, expected)
    return str(given)


def _names(data: Columns | LazyColumns) -> dict[str, str]:
    if isinstance(data, LazyColumns):
        return dict(data.names)
    return {role: column.name for role, column in data.items()}


def _check_finite(drawn: _Drawn, names: Mapping[str, str], aggregate: str) -> None:
    for label, value in zip(drawn.labels, drawn.values, strict=True):
        if isinstance(value, float) and not math.isfinite(value):
            raise errors.DataError.from_sentence(
                "value",
                names.get("value"),
                f"the {aggregate} of label {errors.shown(label)} is beyond the largest number, "
                "1.8e308.",
            )


# --- one value a bar -----------------------------------------------------------------------------


def _from_columns(data: Columns, aggregate: str) -> _Counted:
    labels, label_codes = _groups.factorize(data["label"])
    groups: list[str] = []
    group_codes: Array | None = None
    codes = label_codes
    if "group" in data:
        groups, group_codes = _groups.factorize(data["group"])
        codes = label_codes * len(groups) + group_codes
    width = max(len(groups), 1)
    kinds, codes, rows = _counting.tallied(codes, len(labels) * width)
    if aggregate == "count":
        values = rows
    elif len(kinds) == len(codes):  # nothing repeats: values as they are, integers exact
        first = np.empty(len(kinds), dtype=np.intp)
        first[codes] = np.arange(len(codes))
        values = np.empty(len(kinds), dtype=object)
        values[:] = data["value"].take(first).as_list()
    else:
        values = _aggregated(data["value"].as_array(), codes, rows, aggregate)

    def median_without(kept: Array) -> dict[int, float]:
        left = np.flatnonzero(~kept[label_codes])
        held = data["value"].as_array()[left]
        of = np.zeros(len(left), dtype=np.intp) if group_codes is None else group_codes[left]
        found, of, counts = _counting.tallied(of, width)
        medians = _aggregated(held, of, counts, "median")
        return dict(zip(found.tolist(), medians.tolist(), strict=True))

    bars = _Bars(kinds // width, kinds % width, values, rows)
    return _Counted(bars, labels, groups, bool(data["label"].categories), median_without)


def _aggregated(values: Array, codes: Array, rows: Array, aggregate: str) -> Array:
    """The aggregate of each code's values; `rows` counts them, and each has one at least."""
    if aggregate == "median":
        order = _counting.grouped(values, codes, len(rows))
        starts = np.cumsum(rows) - rows
        low, high = values[order[starts + (rows - 1) // 2]], values[order[starts + rows // 2]]
        with np.errstate(over="ignore"):  # reported as an error of ours, with the label
            return np.asarray(np.where(rows % 2, low, (low + high) / 2))
    if aggregate in ("min", "max"):
        found = np.full(len(rows), np.inf if aggregate == "min" else -np.inf)
        (np.minimum if aggregate == "min" else np.maximum).at(found, codes, values)
        return found
    made = _counting.summed(values, codes, len(rows))
    return made / rows if aggregate == "mean" else made


def _from_lazy(
    data: LazyColumns, aggregate: str, sort: str | None, reduce: bool | int, said: list[str]
) -> _Drawn:
    """One row for each bar, aggregated where the data is; of very many only the largest."""
    import narwhals as nw  # heavy: only lazy frames come here

    keys = ["label", "group"] if "group" in data.names else ["label"]
    numbered = _groups.numbered(data.frame)
    frame = data.frame if numbered is None else numbered
    aggregates = [_expression(aggregate).alias("value"), nw.len().alias("rows")]
    firsts = [] if numbered is None else [nw.col(_groups.ROW).min()]
    grouped = frame.group_by(*keys).agg(*aggregates, *firsts)
    bars = grouped.with_columns(nw.col("label").alias(_OWN))
    held = data.collect(bars.head(_AT_ONCE + 1))
    of_labels: list[str] = []
    if len(held["rows"]) > _AT_ONCE:
        largest, left, whole = _largest(data, grouped, reduce)
        is_kept = nw.col("label").is_in(largest)
        held = data.collect(bars.filter(is_kept))
        # Groups that only the rest has have their places too.
        order = _groups.lazy_order(data, "group", said)[0] if len(keys) == 2 else []
        counted = _counted_lazy(data, held, aggregate, order, of_labels)
        rest = _collected(data, frame.filter(~is_kept), aggregates, counted.groups)
        drawn = _arranged(counted, counted.bars, sort, rest, left)._replace(whole=whole)
    else:
        order = _ordered(data, "group", held, said) if len(keys) == 2 else []
        counted = _counted_lazy(data, held, aggregate, order, of_labels)
        drawn = _reduced(counted, aggregate, sort, reduce, data.names["label"])
    if sort is not None or not drawn.rest:  # else they stand by value
        said += of_labels
    return drawn if aggregate not in ("sum", "mean") else _steady(drawn)


def _steady(drawn: _Drawn) -> _Drawn:
    """Sums in the digits that do not depend on the order in which an engine's threads add."""
    added = zip(drawn.values, drawn.rows, strict=True)
    return drawn._replace(
        values=[
            float(f"{value:.13g}") if isinstance(value, float) and rows > 1 else value
            for value, rows in added
        ]
    )


def _counted_lazy(
    data: LazyColumns, held: Columns, aggregate: str, groups: list[str], said: list[str]
) -> _Counted:
    """The bars that an engine gave."""
    import narwhals as nw

    labels = _ordered(data, "label", held, said)
    declared = bool(_groups.declared_order(data, "label") or held["label"].categories)
    codes = _codes_in(labels, held["label"])
    of = _codes_in(groups, held["group"]) if "group" in held else np.zeros_like(codes)

    def median_without(kept: Array) -> dict[int, float]:
        own = held[_OWN].as_list()
        named = [own[at] for at in np.flatnonzero(kept[codes]).tolist()]
        rows = data.frame.filter(~nw.col("label").is_in(list(dict.fromkeys(named))))
        aggregates = [_expression("median").alias("value"), nw.len().alias("rows")]
        found = _collected(data, rows, aggregates, groups)
        return dict(zip(found.groups.tolist(), found.values.tolist(), strict=True))

    # Sums of a label are taken group by group, so that no engine's order tells in the last digit.
    bars = _Bars(codes, of, *_measured(held)).at(np.lexsort((of, codes)))
    return _Counted(bars, labels, groups, declared, median_without)


def _collected(
    data: LazyColumns, frame: nw.LazyFrame[Any], aggregates: list[nw.Expr], groups: list[str]
) -> _Bars:
    """One bar for all rows of a frame, or one for each group."""
    if not groups:
        found = data.collect(frame.select(*aggregates))
        of = np.zeros(1, dtype=np.intp)
    else:
        found = data.collect(frame.group_by("group").agg(*aggregates))
        of = _codes_in(groups, found["group"])
    values, rows = _measured(found)
    return _Bars(np.zeros_like(of), of, values, rows)


def _measured(held: Columns) -> tuple[Array, Array]:
    """The values and the rows of bars; counts are whole numbers."""
    rows = held["rows"].as_array().astype(np.int64)
    whole = held["value"].kind == "number" and all(
        type(value) is int for value in held["value"].as_list()
    )
    values = held["value"].as_array()
    return (values.astype(np.int64) if whole else values), rows


def _largest(
    data: LazyColumns, grouped: nw.LazyFrame[Any], reduce: bool | int
) -> tuple[list[Any], int, bool]:
    """The labels of the largest bars as the engine holds them, how many others there are, and
    whether all could be drawn.
    """
    import narwhals as nw

    size = nw.col("value").cast(nw.Float64).abs()
    if "group" in data.names:
        labels = grouped.group_by("label").agg(size.sum().alias("size"), nw.len().alias("bars"))
        groups = data.frame.select(nw.col("group").n_unique().alias("groups"))
        width = int(data.collect(groups)["groups"].as_list()[0])
    else:
        labels = grouped.select("label", size.alias("size"), nw.lit(1).alias("bars"))
        width = 0
    of_all = data.collect(labels.select(nw.len().alias("labels"), nw.col("bars").sum()))
    count, bars = (int(of_all[name].as_list()[0]) for name in ("labels", "bars"))
    room = _room(count, width, bars, reduce, data.names["label"]) or count
    named = labels.select("size", nw.col("label").alias(_OWN))
    top = named.sort("size", _OWN, descending=[True, False]).head(room)
    own = data.collect(top.select(_OWN))[_OWN].as_list()
    return own, count - len(own), bars <= MAX_BARS


def _ordered(data: LazyColumns, role: str, held: Columns, said: list[str]) -> list[str]:
    """The names of a role in drawing order."""
    names = _texts(held[role])
    declared = _groups.declared_order(data, role) or held[role].categories
    if _groups.ROW in held:
        order = np.argsort(held[_groups.ROW].as_array(), kind="stable").tolist()
        return _groups.in_order(list(dict.fromkeys(names[at] for at in order)), declared)
    if not declared:
        said.append(notes.sorted_labels(data.names[role]))
    return _groups.in_order(sorted(set(names), key=_groups.natural_key), declared)


def _texts(column: Column) -> list[str]:
    return [_groups.MISSING if value is None else value for value in column.as_text()]


def _codes_in(names: list[str], column: Column) -> Array:
    place = {name: at for at, name in enumerate(names)}
    return np.array([place[text] for text in _texts(column)], dtype=np.intp)


def _expression(aggregate: str) -> nw.Expr:
    import narwhals as nw

    if aggregate == "count":
        return nw.len()
    made: nw.Expr = getattr(nw.col("value").cast(nw.Float64), aggregate)()
    return made


# --- which labels keep a bar ---------------------------------------------------------------------


def _room(labels: int, groups: int, bars: int, reduce: bool | int, column: str) -> int | None:
    """How many labels keep a bar of their own; None where all do.

    Raises `DataError` for more bars than are ever drawn, `OptionError` for a limit below them.
    """
    width = max(groups, 1)
    if reduce is True:
        most = min(KEPT, settings.bar_labels)
        room = min(max(most // width, min(_LEAST, most)), MAX_BARS // width - 1)
        if bars <= MAX_BARS and (labels * width <= settings.bar_labels or labels <= room + 1):
            return None  # one bar for a single label would be no fewer
        if room > 0:
            return room
    elif reduce is not False:
        if bars <= min(reduce, MAX_BARS):
            return None
        if reduce < 2 * width:
            expected = f"at least {2 * width}: one label and all others, in {width} groups"
            raise errors.OptionError.from_option("reduce", reduce, expected)
        return min(reduce, MAX_BARS) // width - 1
    if bars > MAX_BARS:
        raise errors.DataError.from_too_many("bars", column, bars, MAX_BARS)
    return None


def _reduced(
    counted: _Counted, aggregate: str, sort: str | None, reduce: bool | int, column: str
) -> _Drawn:
    """The bars to draw, in order; where there are too many, the largest and the rest."""
    bars = counted.bars
    room = _room(len(counted.labels), len(counted.groups), len(bars.rows), reduce, column)
    if room is None:
        return _arranged(counted, bars, sort)
    sizes = np.abs(bars.values.astype(np.float64))
    kept = _largest_of(np.bincount(bars.labels, weights=sizes), counted.labels, room)
    mine = kept[bars.labels]
    rest = _rest(bars.at(~mine), aggregate)
    if aggregate == "median":
        found = counted.median_without(kept)
        rest = rest._replace(values=np.array([found[of] for of in rest.groups.tolist()]))
    drawn = _arranged(counted, bars.at(mine), sort, rest, len(counted.labels) - room)
    return drawn._replace(whole=len(bars.rows) <= MAX_BARS)


def _largest_of(sizes: Array, labels: list[str], room: int) -> Array:
    """Which labels are the largest; of equal ones those that come first as text."""
    if room >= len(sizes):
        return np.ones(len(sizes), dtype=bool)
    cut = np.partition(sizes, len(sizes) - room)[len(sizes) - room]
    kept = sizes > cut
    ties = sorted(np.flatnonzero(sizes == cut).tolist(), key=labels.__getitem__)
    kept[ties[: room - int(kept.sum())]] = True
    return np.asarray(kept)


def _rest(bars: _Bars, aggregate: str) -> _Bars:
    """Bars made one in each group, as if aggregated from their rows."""
    groups, of, _ = _counting.tallied(bars.groups, int(bars.groups.max()) + 1)
    rows = np.zeros(len(groups), dtype=np.int64)
    np.add.at(rows, of, bars.rows)
    values = bars.values.astype(np.float64)
    if aggregate == "count":
        made: Array = rows
    elif aggregate == "mean":
        made = _aggregated(values * (bars.rows / rows[of]), of, rows, "sum")
    else:
        made = _aggregated(values, of, rows, "sum" if aggregate == "median" else aggregate)
    return _Bars(np.zeros_like(groups), groups, made, rows)


def _arranged(
    counted: _Counted, bars: _Bars, sort: str | None, rest: _Bars | None = None, left: int = 0
) -> _Drawn:
    """Bars label by label, groups in their order within each; those of the rest last."""
    names = counted.labels
    used = np.unique(bars.labels)
    if rest is not None and not counted.declared:
        sort = sort or "descending"  # the order of first appearance would tell nothing
    if sort == "label":
        used = np.array(sorted(used.tolist(), key=lambda at: _groups.natural_key(names[at])))
    elif sort is not None:
        totals = np.bincount(bars.labels, weights=bars.values.astype(np.float64))[used]
        used = used[np.argsort(totals if sort == "ascending" else -totals, kind="stable")]
    place = np.zeros(len(names), dtype=np.intp)
    place[used] = np.arange(len(used))
    held = bars.at(np.lexsort((bars.groups, place[bars.labels])))
    shown = [names[at] for at in held.labels.tolist()]
    groups, values, rows = held.groups.tolist(), held.values.tolist(), held.rows.tolist()
    if rest is not None:
        rest = rest.at(np.argsort(rest.groups))
        shown += [_name_of_rest(left, set(shown))] * len(rest.rows)
        groups += rest.groups.tolist()
        values += rest.values.tolist()
        rows += rest.rows.tolist()
    in_groups = [counted.groups[at] if counted.groups else None for at in groups]
    return _Drawn(shown, in_groups, values, rows, 0 if rest is None else len(rest.rows), left)


def _name_of_rest(left: int, taken: set[str]) -> str:
    """What stands beside the bar of the rest; no label is called so."""
    name = f"other ({left:,} label{'' if left == 1 else 's'})"
    while name in taken:
        name = f"all {name}"
    return name


def _needs_width(labels: list[str], picture: Picture) -> bool:
    """Whether the longest label is wider than the place under its bar."""
    longest = max((len(label) for label in labels), default=0) * _CHARACTER
    return longest > (picture.width - _AXIS) / max(len(labels), 1)


# --- values as text ------------------------------------------------------------------------------


_APART = 300  # as many times another value: too far for like decimals
_SUFFIXES = ((12, "T"), (9, "G"), (6, "M"), (3, "k"))
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def value_labels(values: list[Any]) -> list[str]:
    r"""Values as short text, in one style: three digits or so, with like decimals.

    Whole numbers below 100,000 keep all their digits, larger ones get SI suffixes.

    >>> value_labels([3, 12345, -7]) == ["3", "12,345", "\N{MINUS SIGN}7"]
    True
    >>> value_labels([3.0, 2.3, 2.71])
    ['3.00', '2.30', '2.71']
    >>> value_labels([76.1, 81.0, 9.83])
    ['76.1', '81.0', '9.8']
    >>> value_labels([1_500_000, 2_000_000, 20_000])
    ['1.5M', '2.0M', '20k']
    """
    numbers = [float(value) for value in values]
    top = max(map(abs, numbers), default=0.0)
    if top < 1e5 and all(map(float.is_integer, numbers)):
        return [_minus(f"{int(value):,}") for value in values]
    if top >= 1e15 or 0 < top < 1e-4:
        if top >= _APART * min(abs(value) for value in numbers if value):
            return [value_labels([value])[0] for value in numbers]
        return _with_power(numbers, math.floor(math.log10(top)))
    texts = [""] * len(numbers)
    parts: dict[str, list[tuple[int, float]]] = {}
    for place, value in enumerate(numbers):
        letter, part = _suffixed(value) if top >= 1e5 else ("", value)
        parts.setdefault(letter, []).append((place, part))
    for letter, held in parts.items():
        for (place, _), text in zip(held, _alike([part for _, part in held]), strict=True):
            texts[place] = text + letter
    return [_minus(text) for text in texts]


def _minus(text: str) -> str:
    """A true minus, and none before a zero."""
    if not text.strip("-0.,"):
        text = text.removeprefix("-")
    return text.replace("-", "\N{MINUS SIGN}")


def _suffixed(value: float) -> tuple[str, float]:
    """The SI letter that fits, and the value in that unit."""
    for exponent, letter in _SUFFIXES:
        # 999,500 reads 1M, not 1000k
        if abs(value) >= 0.9995 * 10**exponent:
            return letter, value / 10**exponent
    return "", value


def _with_power(values: list[float], exponent: int) -> list[str]:
    """Values as multiples of one power of ten."""
    # In two steps: 10 ** -324 is 0.
    half = exponent // 2
    parts = [value / 10.0**half / 10.0 ** (exponent - half) for value in values]
    power = f"×10{str(exponent).translate(_SUPERSCRIPTS)}"
    texts = map(_minus, _alike(parts))
    return [text + power if text != "0" else "0" for text in texts]


def _alike(values: list[float]) -> list[str]:
    """Values below 1e5 with as many decimals each, unless they are worlds apart.

    Three digits of the largest and two of the smallest are shown, and no more than there are.
    """
    sizes = [abs(value) for value in values if value]
    if not sizes:
        return ["0"] * len(values)
    there = max(_decimals_there(value) for value in values)
    wanted = max(2 - _place(max(sizes)), 1 - _place(min(sizes)), 0)
    if max(sizes) < _APART * min(sizes):
        return [f"{value:,.{min(there, wanted)}f}" if value else "0" for value in values]
    return [f"{value:,.{_decimals_there(value)}f}" for value in values]


def _place(size: float) -> int:
    """The power of ten of the first digit, once rounded to three."""
    return int(f"{size:.2e}".partition("e")[2])


def _decimals_there(value: float) -> int:
    """The decimals of three digits of the value, without needless zeros."""
    if not value:
        return 0
    digits, _, exponent = f"{value:.2e}".partition("e")
    return max(len(digits.partition(".")[2].rstrip("0")) - int(exponent), 0)
