"""Bars: one value for each label, or for each label and group.

Rows out: `label`, `value`, `group` where it is mapped, and `value_label` (the value as
text at a bar's end, where there are few bars, else None). Switches: `horizontal` (labels too long
to stand side by side), `tall` (so many lying bars that the picture grows) and `value_labels`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import errors, notes
from plotkit.stats import Result, _groups
from plotkit.table import LazyColumns

if TYPE_CHECKING:
    from plotkit.table import Columns

Array = np.ndarray[Any, Any]

AGGREGATES = ("mean", "sum", "median", "min", "max", "count")
SORTS = ("ascending", "descending", "label")
MAX_BARS = 2000  # the engine takes half a minute for 20,000, and nobody reads them
LABELLED_BARS = 12
_LABEL_ROOM = 0.12  # of the axis, under bars that hang down
_CHARACTER = 7.0  # px of a label's character, about
_LINE = 18  # px that a lying bar needs for its name
_AXIS = 60  # px beside the bars: the value axis with its labels


class _Bars(NamedTuple):
    """One entry a bar, in the order of first appearance."""

    labels: list[str]
    groups: list[str | None]
    values: list[Any]
    rows: list[int]  # how many rows each stands for


def compute(
    data: Columns | LazyColumns, options: Mapping[str, object], size: tuple[int, int]
) -> Result:
    """One bar for each `label` (and `group`, where it is mapped), of height `value`.

    Options: `aggregate` ("mean", "sum", "median", "min", "max" or "count"; default "mean") for
    labels that repeat, which a note says; `sort` (None, "ascending", "descending" by value, or
    "label"; default None). Unsorted bars stand in the declared order of a categorical, else in
    that of first appearance; a lazy frame whose rows have no order (PySpark, Ibis) gives sorted
    labels, which a note says. Raises `DataError`, `OptionError`.
    """
    aggregate = _one_of("aggregate", options.get("aggregate") or "mean", AGGREGATES)
    sort = options.get("sort")
    if sort not in (None, "", "none", "None"):
        sort = _one_of("sort", sort, SORTS)
    roles = list(data.names) if isinstance(data, LazyColumns) else list(data)
    names = _groups_names(data)
    if "value" not in roles and aggregate != "count":
        raise errors.OptionError.from_missing_role(
            "value", "the bars' lengths", "plotkit/bar", list(names.values())
        )
    said: list[str] = []
    if isinstance(data, LazyColumns):
        bars, label_order, group_order = _from_lazy(data, aggregate, said)
    else:
        bars, label_order, group_order = _from_columns(data, aggregate)
    if len(bars.labels) > MAX_BARS:
        raise errors.DataError.from_too_many("bars", names["label"], len(bars.labels), MAX_BARS)
    _check_finite(bars, names, aggregate)
    repeated = [count for count in bars.rows if count > 1]
    if repeated and aggregate != "count":
        said.append(
            notes.aggregated(
                names["label"], aggregate, sum(repeated), len(repeated), len(bars.rows)
            )
        )
    bars = _arranged(bars, label_order, group_order, sort if isinstance(sort, str) else None)
    grouped = "group" in roles
    labelled = not grouped and len(bars.labels) <= LABELLED_BARS
    columns: dict[str, list[Any]] = {
        "label": list(bars.labels),
        "value": list(bars.values),
        **({"group": list(bars.groups)} if grouped else {}),
        "value_label": value_labels(bars.values) if labelled else [None] * len(bars.labels),
    }
    lying = _needs_width(list(dict.fromkeys(bars.labels)), size)
    switches = {
        "horizontal": lying,
        "tall": lying and len(set(bars.labels)) * _LINE > size[1] - _AXIS,
        "value_labels": labelled,
    }
    scales = {}
    low, high = min(bars.values), max(bars.values)
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


def _groups_names(data: Columns | LazyColumns) -> dict[str, str]:
    if isinstance(data, LazyColumns):
        return dict(data.names)
    return {role: column.name for role, column in data.items()}


def _check_finite(bars: _Bars, names: Mapping[str, str], aggregate: str) -> None:
    for label, value in zip(bars.labels, bars.values, strict=True):
        if isinstance(value, float) and not math.isfinite(value):
            raise errors.DataError.from_sentence(
                "value",
                names.get("value"),
                f"the {aggregate} of label {errors.shown(label)} is beyond the largest number, "
                "1.8e308.",
            )


# --- one value a bar -----------------------------------------------------------------------------

Bound = tuple[_Bars, list[str], list[str]]  # bars, labels in order, groups in order


def _from_columns(data: Columns, aggregate: str) -> Bound:
    label_order, label_codes = _groups.factorize(data["label"])
    group_order: list[str] = []
    pairs = label_codes
    if "group" in data:
        group_order, group_codes = _groups.factorize(data["group"])
        pairs = label_codes * len(group_order) + group_codes
    kinds, first, position, counts = np.unique(
        pairs, return_index=True, return_inverse=True, return_counts=True
    )
    if len(kinds) > MAX_BARS:
        raise errors.DataError.from_too_many("bars", data["label"].name, len(kinds), MAX_BARS)
    rows: list[int] = counts.tolist()
    values: list[Any]
    if aggregate == "count":
        values = rows
    elif len(kinds) == len(pairs):  # nothing repeats: values as they are, integers exact
        held = data["value"].as_list()
        values = [held[i] for i in first.tolist()]
    else:
        values = _aggregated(data["value"].as_array(), position, counts, aggregate)
    width = max(len(group_order), 1)
    labels = [label_order[kind // width] for kind in kinds.tolist()]
    groups: list[str | None] = [
        group_order[kind % width] if group_order else None for kind in kinds.tolist()
    ]
    return _Bars(labels, groups, values, rows), label_order, group_order


def _aggregated(values: Array, position: Array, counts: Array, aggregate: str) -> list[Any]:
    """The aggregate of each bar's values."""
    order = np.argsort(position, kind="stable")
    held = values[order]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    if aggregate == "min":
        made = np.minimum.reduceat(held, starts)
    elif aggregate == "max":
        made = np.maximum.reduceat(held, starts)
    elif aggregate == "median":
        made = np.array([np.median(part) for part in np.split(held, starts[1:])])
    else:
        with np.errstate(over="ignore"):  # reported as an error of ours, with the label
            made = np.add.reduceat(held, starts)
        if aggregate == "mean":
            made = made / counts
    found: list[Any] = made.tolist()
    return found


def _from_lazy(data: LazyColumns, aggregate: str, said: list[str]) -> Bound:
    """One row for each bar, aggregated where the data is."""
    import narwhals as nw  # heavy: only lazy frames come here

    keys = ["label", "group"] if "group" in data.names else ["label"]
    value = nw.col("value").cast(nw.Float64)
    made = {
        "mean": value.mean(),
        "sum": value.sum(),
        "median": value.median(),
        "min": value.min(),
        "max": value.max(),
        "count": nw.len(),
    }[aggregate]
    orders = [_groups.lazy_order(data, key, said)[0] for key in keys]
    frame = data.frame.group_by(*keys).agg(made.alias("value"), nw.len().alias("rows"))
    held = data.collect(frame)
    labels = [_groups.MISSING if v is None else v for v in held["label"].as_text()]
    groups: list[str | None] = [None] * len(labels)
    if len(keys) == 2:
        groups = [_groups.MISSING if v is None else v for v in held["group"].as_text()]
    rows = [int(count) for count in held["rows"].as_list()]
    bars = _Bars(labels, groups, held["value"].as_list(), rows)
    return bars, orders[0], orders[1] if len(keys) == 2 else []


# --- order ---------------------------------------------------------------------------------------


def _arranged(
    bars: _Bars, label_order: list[str], group_order: list[str], sort: str | None
) -> _Bars:
    """Bars label by label, groups in their order within each."""
    order = list(label_order)
    if sort == "label":
        order.sort(key=_groups.natural_key)
    elif sort is not None:
        totals = dict.fromkeys(order, 0.0)
        for label, value in zip(bars.labels, bars.values, strict=True):
            totals[label] += value
        order.sort(key=totals.__getitem__, reverse=sort == "descending")
    label_place = {name: i for i, name in enumerate(order)}
    group_place: dict[str | None, int] = {name: i for i, name in enumerate(group_order)}
    places = sorted(
        range(len(bars.labels)),
        key=lambda i: (label_place[bars.labels[i]], group_place.get(bars.groups[i], 0)),
    )
    return _Bars(
        [bars.labels[i] for i in places],
        [bars.groups[i] for i in places],
        [bars.values[i] for i in places],
        [bars.rows[i] for i in places],
    )


def _needs_width(labels: list[str], size: tuple[int, int]) -> bool:
    """Whether the longest label is wider than the place under its bar."""
    longest = max((len(label) for label in labels), default=0) * _CHARACTER
    return longest > (size[0] - _AXIS) / max(len(labels), 1)


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
