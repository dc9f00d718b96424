"""Histograms: true counts of all rows, in NumPy's bins.

Rows out: `x0`, `x1` (a bin's edges), `count` and, where it is mapped, `group`. Bins without
rows are kept, so that a picture shows the gaps.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import errors, notes
from plotkit.stats import Picture, Result, _counting, _groups
from plotkit.table import LazyColumns

if TYPE_CHECKING:
    import narwhals as nw

    from plotkit.column import Column
    from plotkit.table import Columns

Array = np.ndarray[Any, Any]

MAX_BINS = 512
_BESIDE_ONE_BIN = 120  # px
_NARROW = 4  # px: bins this narrow have no gaps between them
_AXIS = 60  # px beside the bins: the counts' axis
_LARGEST = float(np.finfo(np.float64).max)
_SMALL = 2.0**-600  # a power of two, so that multiplying by it rounds nothing
RULES = ("auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt")


def compute(data: Columns | LazyColumns, options: Mapping[str, object], picture: Picture) -> Result:
    """Counts of `value`, for each `group` where it is mapped; or ready bins `x0`, `x1`, `count`.

    Option `bins` (default "auto"): a rule of NumPy's by name, a number of bins, or a list of
    rising edges. Edges are those of `numpy.histogram_bin_edges`, the same for all groups; a bin
    holds its left edge, the last one also its right edge. At most 512 bins are drawn, which a
    note says. Raises `DataError`, `OptionError`.
    """
    roles = data_roles(data)
    if {"x0", "x1", "count"} <= set(roles):
        return _ready(data)
    if "value" not in roles:
        held = data.names if isinstance(data, LazyColumns) else {r: c.name for r, c in data.items()}
        raise errors.OptionError.from_missing_role(
            "value", "the number that is counted", "plotkit/histogram", list(held.values())
        )
    bins = _checked_bins(options.get("bins"))
    said: list[str] = []
    if isinstance(data, LazyColumns):
        edges, counts = _count_lazy(data, bins, said)
    else:
        edges, counts = _count_columns(data, bins, said)
    lows, highs = edges[:-1].tolist(), edges[1:].tolist()
    columns: dict[str, list[Any]] = {"x0": [], "x1": [], "count": [], "group": []}
    for group, found in counts.items():
        columns["x0"] += lows
        columns["x1"] += highs
        columns["count"] += found.tolist()
        columns["group"] += [group] * len(found)
    grouped = None not in counts
    if not grouped:
        del columns["group"]
    narrow = len(lows) * _NARROW > picture.width - _AXIS
    switches = {"grouped": grouped, "fine": narrow and not grouped}
    # A single bar from edge to edge looks like a background.
    scales = {"x0": {"padding": _BESIDE_ONE_BIN}} if len(lows) == 1 else {}
    return Result(_not_all_zero(columns, data), said, switches=switches, scales=scales)


def _not_all_zero(
    columns: dict[str, list[Any]], data: Columns | LazyColumns
) -> dict[str, list[Any]]:
    """The columns, where there is anything to see. Raises `DataError`."""
    if not any(columns["count"]):
        names = (
            data.names if isinstance(data, LazyColumns) else {r: c.name for r, c in data.items()}
        )
        column = names.get("value") or names.get("count")
        raise errors.DataError.from_sentence(
            None, column, "all counts are 0, so there is nothing to draw."
        )
    return columns


def from_numpy(np_histogram: object) -> dict[str, list[Any]]:
    """Columns x0, x1 and count of what `numpy.histogram` returns: (counts, edges).

    Counts may be densities. Raises `OptionError` where lengths do not fit, edges do not rise, or
    a count is negative or not finite.

    >>> from_numpy(([2, 1], [0, 1, 2]))
    {'x0': [0.0, 1.0], 'x1': [1.0, 2.0], 'count': [2, 1]}
    """
    name = "np_histogram"
    if not isinstance(np_histogram, (tuple, list)) or len(np_histogram) != 2:
        raise errors.OptionError.from_option(name, np_histogram, "the pair (counts, edges)")
    try:
        counts: Array = np.asarray(np_histogram[0])
        edges: Array = np.asarray(np_histogram[1], dtype=np.float64)
    except (TypeError, ValueError):
        counts = edges = np.empty((0, 0))
    if counts.dtype.kind not in "biuf" or counts.ndim != 1 or edges.ndim != 1:
        raise errors.OptionError.from_option(name, np_histogram, "counts and edges as flat numbers")
    if len(edges) != len(counts) + 1:
        raise errors.OptionError.from_option(
            name,
            f"{len(counts)} counts, {len(edges)} edges",
            "one edge more than counts",
        )
    if not len(counts) or len(counts) > MAX_BINS:
        raise errors.OptionError.from_option(name, f"{len(counts)} counts", f"1 to {MAX_BINS} bins")
    _check_edges(name, edges)
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        bad = int(np.flatnonzero(~(np.isfinite(counts) & (counts >= 0)))[0])
        raise errors.OptionError.from_option(
            name, counts[bad].item(), f"counts from 0 up (this is count {bad})"
        )
    return {"x0": edges[:-1].tolist(), "x1": edges[1:].tolist(), "count": counts.tolist()}


def data_roles(data: Columns | LazyColumns) -> Sequence[str]:
    """The mapped roles."""
    return list(data.names) if isinstance(data, LazyColumns) else list(data)


def _ready(data: Columns | LazyColumns) -> Result:
    held = data.collect() if isinstance(data, LazyColumns) else data
    columns = {role: list(held[role].as_list()) for role in ("x0", "x1", "count")}
    if "group" in held:
        columns["group"] = list(held["group"].as_text())
    return Result(_not_all_zero(columns, data))


# --- the option ----------------------------------------------------------------------------------

Bins = str | int | Array


def _checked_bins(given: object) -> Bins:
    expected = f"a rule ({', '.join(RULES)}), a number of bins from 1 up, or a list of rising edges"
    if given is None:
        return "auto"
    if isinstance(given, str):
        if given in RULES:
            return given
        if given.strip().isdecimal() and int(given) > 0:
            return int(given)
        raise errors.OptionError.from_option("bins", given, expected)
    if isinstance(given, bool):
        raise errors.OptionError.from_option("bins", given, expected)
    if isinstance(given, (int, float, np.number)):
        number = float(given)
        if not number.is_integer() or number < 1:
            raise errors.OptionError.from_option("bins", given, expected)
        return int(given)
    try:
        edges = np.asarray(list(given), dtype=np.float64)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise errors.OptionError.from_option("bins", given, expected) from None
    if edges.ndim != 1 or not 2 <= len(edges) <= MAX_BINS + 1:
        raise errors.OptionError.from_option(
            "bins", f"{edges.size} edges", f"2 to {MAX_BINS + 1} edges in a flat list"
        )
    _check_edges("bins", edges)
    return edges


def _check_edges(name: str, edges: Array) -> None:
    if not np.isfinite(edges).all():
        bad = float(edges[~np.isfinite(edges)][0])
        raise errors.OptionError.from_option(name, bad, "finite edges")
    falls = np.flatnonzero(edges[1:] <= edges[:-1])
    if len(falls):
        pair = [float(edges[falls[0]]), float(edges[falls[0] + 1])]
        raise errors.OptionError.from_option(name, pair, "edges that rise")


# --- edges ---------------------------------------------------------------------------------------


class _Facts:
    """What the edges depend on: the number of values, their ends, and whether they are whole."""

    __slots__ = ("column", "count", "high", "low", "whole")

    def __init__(self, column: str, count: int, low: float, high: float, whole: bool) -> None:
        self.column = column
        self.count = count
        self.low = low + 0.0  # never -0.0
        self.high = high + 0.0
        self.whole = whole

    @property
    def huge(self) -> bool:
        """Whether squares of the values, or their range, overflow."""
        return max(abs(self.low), abs(self.high)) > 1e150

    def small(self) -> _Facts:
        """The same of values multiplied by `_SMALL`."""
        return _Facts(self.column, self.count, self.low * _SMALL, self.high * _SMALL, False)


def _even_edges(low: float, high: float, bins: int) -> Array:
    """`bins` equal bins, as NumPy lays them, and sound where NumPy's would coincide."""
    if low == high:
        half = max(0.5, abs(low) * 2.0**-50)  # NumPy's 0.5 vanishes beside 1e300
        low, high = max(low - half, -_LARGEST), min(high + half, _LARGEST)
    if max(abs(low), abs(high)) > 1e307:  # the width overflows
        edges = _even_edges(low / 16, high / 16, bins) * 16
        edges[0], edges[-1] = low, high
        return edges
    edges = np.linspace(low, high, bins + 1)
    while bins > 1 and not (edges[1:] > edges[:-1]).all():  # neighbouring doubles: fewer bins
        bins //= 2
        edges = np.linspace(low, high, bins + 1)
    return edges


@functools.cache
def _numpy_habits() -> tuple[bool, bool, bool]:
    """How the installed NumPy's "auto" differs between versions, by asking it.

    Whether the square-root rule bounds it from below where the quartiles meet, whether it does
    elsewhere, and whether integers get bins of 1 or more.
    """
    meeting = np.array([0.0] * 7 + [1.0])
    far = np.array([0.0, 1, 2, 3, 4, 5, 6, 1000])
    return (
        len(np.histogram_bin_edges(meeting, "auto")) > 5 + 1,
        len(np.histogram_bin_edges(far, "auto")) < 10,
        len(np.histogram_bin_edges(meeting.astype(np.int64), "auto")) == 1 + 1,
    )


def _rule_bins(facts: _Facts, width: float) -> int:
    """The number of bins that a width asks for."""
    if facts.low == facts.high or not width > 0:
        return 1
    if facts.whole and width < 1 and _numpy_habits()[2]:
        width = 1.0
    return max(math.ceil((facts.high - facts.low) / width), 1)


def _capped(asked: object, wanted: int, column: str, said: list[str]) -> int:
    if wanted <= MAX_BINS:
        return wanted
    said.append(notes.capped_bins(column, str(asked), wanted, MAX_BINS))
    return MAX_BINS


def _rule_width(rule: str, n: int, low: float, high: float, spread: _Spread) -> float:
    """The bin width of NumPy's rule of that name, from a few facts."""
    span = high - low
    if rule == "sqrt":
        return span / math.sqrt(n)
    sturges = span / (math.log2(n) + 1.0)
    if rule == "sturges":
        return sturges
    if rule == "rice":
        return float(span / (2.0 * n ** (1.0 / 3)))
    if rule == "scott":
        return float((24.0 * math.pi**0.5 / n) ** (1.0 / 3.0) * spread.deviation())
    if rule == "doane":
        skew = spread.skew()
        if n <= 2 or skew is None:
            return 0.0
        sigma = math.sqrt(6.0 * (n - 2) / ((n + 1.0) * (n + 3)))
        return span / (1.0 + math.log2(n) + math.log2(1.0 + abs(skew) / sigma))
    fd = float(2.0 * spread.quartiles() * n ** (-1.0 / 3.0))
    if rule == "fd":
        return fd
    bounded = _numpy_habits()[1 if fd else 0]  # "auto"
    if bounded:
        fd = max(fd, span / math.sqrt(n) / 2)
    return min(fd, sturges) if fd else sturges


class _Spread:
    """Measures of spread, taken only when a rule asks."""

    def deviation(self) -> float:
        raise NotImplementedError

    def quartiles(self) -> float:
        raise NotImplementedError

    def skew(self) -> float | None:
        raise NotImplementedError


class _ArraySpread(_Spread):
    def __init__(self, values: Array) -> None:
        self.values = values

    def deviation(self) -> float:
        return float(np.std(self.values))

    def quartiles(self) -> float:
        low, high = _counting.quartiles(self.values)
        return high - low

    def skew(self) -> float | None:
        sigma = np.std(self.values)
        if not sigma > 0:
            return None
        return float(np.mean(((self.values - np.mean(self.values)) / sigma) ** 3))


class _LazySpread(_Spread):
    def __init__(self, data: LazyColumns) -> None:
        self.data = data

    def _take(self, expression: nw.Expr) -> float:
        frame = self.data.frame.select(expression.alias("found"))
        return float(self.data.collect(frame)["found"].as_array()[0])

    def deviation(self) -> float:
        return self._take(_value().std(ddof=0))

    def quartiles(self) -> float:
        made = {
            name: _value().quantile(share, interpolation="linear").alias(name)
            for name, share in (("low", 0.25), ("high", 0.75))
        }
        held = self.data.collect(self.data.frame.select(*made.values()))
        return float(held["high"].as_array()[0]) - float(held["low"].as_array()[0])

    def skew(self) -> float | None:
        sigma = self.deviation()
        if not sigma > 0:
            return None
        mean = self._take(_value().mean())
        return self._take((((_value() - mean) / sigma) ** 3).mean())


# --- counting in memory --------------------------------------------------------------------------


def _count_columns(
    data: Columns, bins: Bins, said: list[str]
) -> tuple[Array, dict[str | None, Array]]:
    column = data["value"]
    values = _numbers(column)
    found = column.facts()
    if found.low is None or found.high is None:
        raise errors.DataError.from_no_values("value", column.name, len(values))
    low, high = float(found.low), float(found.high)
    facts = _Facts(column.name, len(values), low, high, _is_whole(column))
    edges = _edges_of(values, facts, bins, said)
    inside = bool(edges[0] <= facts.low and facts.high <= edges[-1])
    names: list[str | None] = [None]
    groups = None
    if "group" in data:
        listed, groups = _groups.factorize(data["group"])
        names = [*listed]
    counts = _counting.binned(values, edges, groups, len(names), inside=inside)
    if not inside:
        _note_outside(facts, len(values) - int(counts.sum()), edges, said)
    return edges, dict(zip(names, counts, strict=True))


def _numbers(column: Column) -> Array:
    """The column's numbers as they are kept, where that is a plain array; else as doubles."""
    held = getattr(column, "_array", None)
    if type(held) is np.ndarray and held.dtype.kind in "iuf":
        return held
    return column.as_array()


def _is_whole(column: Column) -> bool:
    """Whether a column holds integers by its type: NumPy's rules then want bins of 1 or more."""
    kind = getattr(getattr(column, "_array", None), "dtype", None)
    if kind is not None:
        return kind.kind in "iub"
    series = getattr(column, "_series", None)
    if series is not None:
        return bool(series.dtype.is_integer())
    return column.kind == "number" and all(type(value) is int for value in column.as_list())


def _edges_of(values: Array, facts: _Facts, bins: Bins, said: list[str]) -> Array:
    if isinstance(bins, np.ndarray):
        return bins
    if isinstance(bins, int):
        return _even_edges(facts.low, facts.high, _capped(bins, bins, facts.column, said))
    if facts.low == facts.high:
        return _even_edges(facts.low, facts.high, 1)
    if facts.huge:  # squares would overflow: lay the edges small, exactly so
        edges = _edges_of(values * _SMALL, facts.small(), bins, said) / _SMALL
        edges[0], edges[-1] = facts.low, facts.high  # what is tiny beside them became 0
        return edges
    if bins != "stone":
        held = values.astype(np.float64, copy=False)
        width = _rule_width(bins, facts.count, facts.low, facts.high, _ArraySpread(held))
        wanted = _rule_bins(facts, width)
        return _even_edges(facts.low, facts.high, _capped(bins, wanted, facts.column, said))
    try:
        held = values.astype(np.int64) if facts.whole and _fits_int64(facts) else values
        with warnings.catch_warnings():
            # It warns where it is not sure; so is every rule.
            warnings.simplefilter("ignore", RuntimeWarning)
            edges = np.histogram_bin_edges(held, bins)
    except ValueError:  # the values are neighbouring doubles: no room for so many bins
        return _even_edges(facts.low, facts.high, 1)
    if len(edges) - 1 > MAX_BINS:
        return _even_edges(facts.low, facts.high, _capped(bins, len(edges) - 1, facts.column, said))
    return np.asarray(edges, dtype=np.float64)


def _fits_int64(facts: _Facts) -> bool:
    return facts.low > -(2.0**62) and facts.high < 2.0**62


def _note_outside(facts: _Facts, count: int, edges: Array, said: list[str]) -> None:
    if count == facts.count:
        raise errors.OptionError.from_option(
            "bins",
            [float(edges[0]), float(edges[-1])],
            f"edges around values of column {errors.shown(facts.column)}, which lie between "
            f"{facts.low:g} and {facts.high:g}",
        )
    if count:
        low, high = float(edges[0]), float(edges[-1])
        said.append(notes.outside_edges(facts.column, count, facts.count, low, high))


# --- counting where the data is ------------------------------------------------------------------


def _value() -> nw.Expr:
    import narwhals as nw  # heavy: only lazy frames come here

    return nw.col("value").cast(nw.Float64)


def _count_lazy(
    data: LazyColumns, bins: Bins, said: list[str]
) -> tuple[Array, dict[str | None, Array]]:
    import narwhals as nw

    count, low, high = _lazy_facts(data)
    if not count:
        raise errors.DataError.from_no_values("value", data.names["value"], 0)
    whole = data.frame.collect_schema()["value"].is_integer()
    facts = _Facts(data.names["value"], count, low, high, whole)
    if isinstance(bins, str) and (bins == "stone" or facts.huge):
        return _count_columns(data.collect(), bins, said)  # not from a few facts
    if isinstance(bins, str):
        width = 0.0
        if facts.low != facts.high:
            width = _rule_width(bins, count, facts.low, facts.high, _LazySpread(data))
        wanted = _capped(bins, _rule_bins(facts, width), facts.column, said)
        edges = _even_edges(facts.low, facts.high, wanted)
    else:
        edges = _edges_of(np.empty(0), facts, bins, said)
    keys = [nw.col("group")] if "group" in data.names else []
    position = _bin_of(_value(), edges)
    binned = data.frame.select(*keys, position.alias("bin"))
    by = ["group", "bin"] if keys else ["bin"]
    held = data.collect(binned.group_by(*by).agg(nw.len().alias("count")))
    places, found = (
        held["bin"].as_array().astype(np.int64),
        held["count"].as_array().astype(np.int64),
    )
    inside = (places >= 0) & (places < len(edges) - 1)
    _note_outside(facts, int(found[~inside].sum()), edges, said)
    if not keys:
        return edges, {None: _placed(places[inside], found[inside], len(edges) - 1)}
    order, _ = _groups.lazy_order(data, "group", said)
    counts: dict[str | None, Array] = {
        name: np.zeros(len(edges) - 1, dtype=np.int64) for name in order
    }
    for name, rows in _groups.split(held["group"]):
        rows = rows[inside[rows]]
        counts[name] = _placed(places[rows], found[rows], len(edges) - 1)
    return edges, counts


def _lazy_facts(data: LazyColumns) -> tuple[int, float, float]:
    """How many values there are, the lowest and the highest."""
    if data.rows is not None and "value" in data.extents:
        return data.rows, *data.extents["value"]
    value = _value()
    found = data.collect(
        data.frame.select(
            value.count().alias("count"), value.min().alias("low"), value.max().alias("high")
        )
    )
    count = int(found["count"].as_list()[0] or 0)
    if not count:
        return 0, math.nan, math.nan
    return count, float(found["low"].as_list()[0]), float(found["high"].as_list()[0])


def _placed(places: Array, found: Array, bins: int) -> Array:
    counts = np.zeros(bins, dtype=np.int64)
    np.add.at(counts, places, found)
    return counts


def _bin_of(value: nw.Expr, edges: Array) -> nw.Expr:
    """The bin of a value as an expression: -1 below all bins, their number above.

    Even edges are reckoned with the operations that laid them, so that a value on an edge falls
    where NumPy puts it; uneven ones are compared one by one.
    """
    import narwhals as nw

    bins = len(edges) - 1
    low, high = float(edges[0]), float(edges[-1])
    step = (high - low) / bins
    even = math.isfinite(step) and step > 1e-300
    if even:
        laid = np.arange(bins + 1) * step + low
        laid[-1] = high
        even = np.array_equal(laid, edges)
    if not even:
        place = _searched(value, edges, 0, bins)
    else:
        # Clipped first, as some engines' floor is an integer; doubles again, as integers times a
        # literal are decimals to others.
        near = ((value - low) / step).clip(0, bins - 1).floor().cast(nw.Float64)
        too_high = ((near > 0) & (value < near * step + low)).cast(nw.Float64)
        too_low = ((near < bins - 1) & (value >= (near + 1) * step + low)).cast(nw.Float64)
        place = (near - too_high + too_low).cast(nw.Int64)
    outside = nw.when(value < low).then(nw.lit(-1)).otherwise(place)
    return nw.when(value > high).then(nw.lit(bins)).otherwise(outside)


def _searched(value: nw.Expr, edges: Array, first: int, last: int) -> nw.Expr:
    """The bin among first ... last - 1, by halving: engines nest this deep, not 500 terms."""
    import narwhals as nw

    if last - first == 1:
        return nw.lit(first)
    middle = (first + last) // 2
    upper = nw.when(value >= float(edges[middle])).then(_searched(value, edges, middle, last))
    return upper.otherwise(_searched(value, edges, first, middle))
