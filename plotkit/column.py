"""One typed column of a table: number, text, bool or time.

A column keeps what it was given (a list, an array, a narwhals series) and converts only when a
chart asks, so columns that are not drawn cost nothing. Missing values (None, NaN, NaT, NA, masked)
are None in lists and NaN in arrays, whatever they were.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Any

from plotkit import errors, facts
from plotkit.facts import Facts

if TYPE_CHECKING:
    import narwhals as nw
    import numpy as np

    from plotkit.coded import Coded

KINDS = ("number", "text", "bool", "time")

_EPOCH = dt.datetime(1970, 1, 1)
_EPOCH_UTC = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_AXIS_END = 10**308
_SHORT = 10_000  # rows up to which plain Python is as fast as NumPy with its import
_FIRST_TIME, _LAST_TIME = -62_135_596_800_000, 253_402_300_800_000  # ms: the years 1 to 9999


class Column:
    """A named, typed column in memory.

    `kind` is one of "number", "text", "bool", "time". `zone` says what a time column holds:
    "date" (no time of day), "naive" (no time zone), or the time zone's name. `categories` is the
    declared order of a categorical, else None.

    It holds a list, an array, a narwhals series or (text) codes. Long columns answer what charts
    ask of them (`facts`, `coded`) from these, and never as a list.
    """

    __slots__ = (
        "_array",
        "_coded",
        "_compact",
        "_facts",
        "_json",
        "_list",
        "_series",
        "categories",
        "kind",
        "name",
        "zone",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        *,
        values: list[Any] | None = None,
        array: np.ndarray[Any, Any] | None = None,
        series: nw.Series[Any] | None = None,
        categories: tuple[str, ...] | None = None,
        zone: str | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.categories = categories
        self.zone = zone
        self._list = values
        self._array = array
        self._series = series
        self._coded: Coded | None = None
        self._compact = False  # whether its codes are in order of first appearance
        self._facts: Facts | None = None
        self._json: list[Any] | None = None

    @classmethod
    def from_codes(
        cls,
        name: str,
        labels: list[str],
        codes: np.ndarray[Any, Any],
        categories: tuple[str, ...] | None = None,
    ) -> Column:
        """A text column of each row's position in a list of labels, -1 where it has none.

        >>> import numpy as np
        >>> Column.from_codes("run", ["a", "b"], np.array([1, 0, -1])).as_list()
        ['b', 'a', None]
        """
        from plotkit.coded import Coded

        made = cls(name, "text", categories=categories)
        made._coded = Coded(labels, codes)
        return made

    def __repr__(self) -> str:
        return f"Column({self.name!r}, {self.kind}, {len(self)} values)"

    def __len__(self) -> int:
        for held in (self._list, self._array, self._series):
            if held is not None:
                return len(held)
        return len(self._coded.codes) if self._coded is not None else 0

    # --- all values ----------------------------------------------------------------------------

    def as_list(self) -> list[Any]:
        """Plain Python values, None where missing; times as `datetime` or `date`."""
        if self._list is None:
            if self._series is not None:
                try:
                    self._list = _plain_list(self._series.to_list(), self.kind, self.name)
                except (ValueError, OverflowError):
                    raise errors.DataError.from_sentence(None, self.name, _YEARS) from None
            elif self._array is not None:
                self._list = _list_of_array(self.name, self._array, self.kind, self.zone)
            else:
                self._list = self._decoded()
        return self._list

    def as_array(self) -> np.ndarray[Any, Any]:
        """A NumPy array.

        Numbers and bools are float64 with NaN where missing, times float64 milliseconds since
        1970 (wall clock for naive times and dates, UTC for zoned ones), text an object array of
        str and None. It may be the caller's own memory: do not write into it.
        """
        import numpy as np  # heavy: only columns that go through a statistic pay for it

        if self.kind == "text":
            made = np.empty(len(self), dtype=object)
            made[:] = self.as_list()
            return made
        if self._array is not None:
            return _float_array(self._array)
        if self._series is not None:
            found = self._native()
            if found.dtype != object:
                return _float_array(found)
        values = self.as_list()
        if self.kind == "time":
            values = [None if v is None else epoch_ms(v) for v in values]
        return np.array(values, dtype=np.float64)  # None becomes NaN

    def as_json(self) -> list[Any]:
        """Values as the renderer takes them: times as milliseconds, infinity as None."""
        if self._json is None:
            values = self.as_list()
            if self.kind == "time":
                values = [None if v is None else epoch_ms(v) for v in values]
            elif self.kind == "number":
                values = [v if v is None or -math.inf < v < math.inf else None for v in values]
            self._json = values
        return self._json

    def as_text(self) -> list[str | None]:
        """Values as category labels; integers exact at any size.

        >>> Column("n", "number", values=[9007199254740993, 0.5, 2.0, None]).as_text()
        ['9007199254740993', '0.5', '2', None]
        """
        values = self.as_list()
        if self.kind == "text":
            return values
        if self.kind == "time":
            return _time_labels(values)
        as_label: Callable[[Any], str] = _bool_label if self.kind == "bool" else number_label
        return [None if v is None else as_label(v) for v in values]

    def value(self, row: int) -> Any:
        """The plain Python value of one row."""
        return self.take([row]).as_list()[0]

    def take(self, rows: Any) -> Column:
        """The column at some rows only: positions, a slice, or a NumPy array of bools."""
        made = Column(self.name, self.kind, categories=self.categories, zone=self.zone)
        if self.kind == "text" and self._coded is not None:
            made._coded = self._coded._replace(codes=self._coded.codes[rows])
        elif self._list is not None:
            made._list = _taken(self._list, rows)
        elif self._array is not None:
            made._array = self._array[rows]
        else:
            assert self._series is not None
            if _is_mask(rows):
                rows = rows.nonzero()[0]
            made._series = self._series[rows]
        return made

    def to_text(self) -> Column:
        """The column as categories."""
        if self.kind == "text":
            return self
        if self._is_short():
            held = list(self.as_text())
            return Column(self.name, "text", values=held, categories=self.categories)
        made = Column(self.name, "text", categories=self.categories)
        made._coded, made._compact = self.coded(), True
        return made

    def _is_short(self) -> bool:
        """Whether its values go one by one faster than NumPy is imported."""
        return len(self) <= _SHORT

    # --- what is true of all values ------------------------------------------------------------

    def facts(self) -> Facts:
        """The extent of a column and what is odd in it, found in one pass over the values.

        Nothing is kept of the values: no mask, no copy, no list. Of text only the missing values
        are counted.

        Raises `DataError` for times outside the years 1 to 9999.

        >>> Column("n", "number", values=[2, None, 0.5]).facts()
        Facts(low=0.5, high=2, missing=1, infinite=0, tiny=False, whole=False)
        """
        if self._facts is None:
            self._facts = self._found_facts()
            low, high = self._facts.low or 0, self._facts.high or 0
            if self.kind == "time" and (low < _FIRST_TIME or high >= _LAST_TIME):
                self.as_list()  # it raises an error that names the row
        return self._facts

    def _found_facts(self) -> Facts:
        if self.kind == "text":
            return Facts(None, None, self._missing_texts())
        if self._list is not None and self._is_short():
            found = facts.of_values(self.as_json() if self.kind == "time" else self._list)
            return found if self.kind == "number" else found._replace(whole=False)
        if self._list is not None:
            found = facts.of_arrays([self.as_array()])
            return found if self.kind == "number" else found._replace(whole=False)
        if self._array is not None:
            return facts.of_arrays(*_known_of_array(self._array))
        assert self._series is not None
        return facts.of_arrays(*_known_of_series(self._series))

    def _missing_texts(self) -> int:
        if self._coded is not None:
            return int((self._coded.codes < 0).sum())
        if self._list is not None:
            return self._list.count(None)
        return int(self._series.null_count()) if self._series is not None else 0

    def is_whole(self) -> bool:
        """Whether it is a number column of nothing but whole numbers."""
        return self.kind == "number" and self.facts().whole

    def first_index(self, matches: Callable[[Any], bool]) -> int | None:
        """The first row whose value matches, or None.

        The values go through Python: of a long column ask `facts` whether there is such a row.
        """
        for start in range(0, len(self), _SHORT):
            part = self if self._is_short() else self.take(slice(start, start + _SHORT))
            for row, value in enumerate(part.as_list()):
                if matches(value):
                    return start + row
        return None

    def first_not_positive(self) -> int | None:
        """The first row of a number that a log scale cannot show, or None.

        >>> Column("n", "number", values=[2, None, 0]).first_not_positive()
        2
        """
        found = self.facts()
        if not found.infinite and (found.low is None or found.low > 0):
            return None
        return self.first_index(lambda value: value is not None and value <= 0)

    def missing_rows(self, *, keep_infinite: bool = False) -> Sequence[int]:
        """The rows without a value, infinity counting as none unless it is kept."""
        found = self.facts()
        if not found.missing and (keep_infinite or not found.infinite):
            return []
        if self._list is not None and self._is_short():
            ends = () if keep_infinite or self.kind != "number" else (math.inf, -math.inf)
            return [row for row, v in enumerate(self._list) if v is None or v in ends]
        import numpy as np

        return np.flatnonzero(self._missing_mask(keep_infinite))  # type: ignore[return-value]

    def _missing_mask(self, keep_infinite: bool) -> np.ndarray[Any, Any]:
        import numpy as np

        if self.kind == "text":
            return self.coded().codes < 0
        array = self.as_array()
        if keep_infinite or self.kind == "time":
            return np.asarray(np.isnan(array))
        return np.asarray(~np.isfinite(array))

    def rows_beyond(self, limit: int) -> Sequence[int]:
        """The rows of integers too large for a double to tell from their neighbours."""
        low, high = self.facts()[:2]
        if low is None or high is None or (-limit <= low and high <= limit):
            return []
        if self._list is not None:
            values = enumerate(self._list)
            return [row for row, v in values if type(v) is int and not -limit <= v <= limit]
        import numpy as np

        array, missing = self._filled()
        if array.dtype.kind not in "iu":
            return []
        found = (array > limit) | (array < -limit) & (array.dtype.kind == "i")
        return np.flatnonzero(found if missing is None else found & ~missing)  # type: ignore[return-value]

    def rows_tiny(self) -> Sequence[int]:
        """The rows of numbers that are not 0 but closer to it than an axis can show."""
        limit = facts.SMALLEST
        if not self.facts().tiny:
            return []
        if self._list is not None:
            return [row for row, v in enumerate(self._list) if v and -limit < v < limit]
        import numpy as np

        size = np.abs(self.as_array())
        return np.flatnonzero((size < limit) & (size > 0))  # type: ignore[return-value]

    def with_zeros(self, rows: Sequence[int]) -> Column:
        """The number column with 0 in some rows."""
        if self._list is not None:
            values = list(self._list)
            for row in rows:
                values[row] = 0.0
            return Column(self.name, self.kind, values=values)
        array = self.as_array().copy()
        array[rows] = 0.0
        return Column(self.name, self.kind, array=array)

    # --- categories ----------------------------------------------------------------------------

    def coded(self) -> Coded:
        """The labels (see `as_text`) in order of first appearance, and each row's position.

        Returns `Coded(labels, codes)`: the codes are int32, -1 where a row has no value, and
        each label has at least one row.

        >>> labels, codes = Column("run", "text", values=["b", None, "a", "b"]).coded()
        >>> labels, codes.tolist()
        (['b', 'a'], [0, -1, 1, 0])
        """
        from plotkit import coded

        if self._coded is None:
            self._coded = self._found_codes()
            self._compact = self.kind != "text" or self._series is None
        if not self._compact:
            self._coded, self._compact = coded.compacted(self._coded), True
        return self._coded

    def _found_codes(self) -> Coded:
        from plotkit import coded

        if self.kind == "text" and self._series is not None:
            library = type(self._series.to_native()).__module__.partition(".")[0]
            if library == "pandas":
                return coded.of_pandas(self._series.to_native(), _label)
            if library == "polars":
                return coded.of_polars(self._series.to_native())
            if library == "pyarrow":
                return coded.of_arrow(self._series.to_native(), _label)
        if self.kind == "text" and self._array is not None:
            return coded.of_strings(self._array)
        if self._list is not None or self.kind == "text":
            values = self.as_list()
            if self.kind == "time":
                return coded.of_texts(_time_labels(values))
            return coded.of_hashed(values, _bool_label if self.kind == "bool" else _label)
        return self._found_number_codes()

    def _found_number_codes(self) -> Coded:
        """Codes of numbers, bools and times in arrays and series."""
        import numpy as np

        from plotkit import coded

        array, missing = self._filled()
        found, ends = self.facts(), None
        if self.kind == "time":
            missing, array = np.isnat(array), array.view(np.int64)
        elif array.dtype.kind == "b":
            array, ends = array.view(np.uint8), (0, 1)
        elif found.whole and not found.infinite:
            ends = (int(found.low or 0), int(found.high or 0))
        codes, firsts = coded.of_numbers(array, missing, ends)
        values = self.take(firsts).as_list()
        if self.kind == "time":
            many = len(codes) - found.missing > 1
            labels = [str(label) for label in _time_labels(values, many=many)]
        else:
            labels = list(map(_bool_label if self.kind == "bool" else number_label, values))
        return coded.merged(labels, codes)

    def distinct(self) -> list[str | None]:
        """The different labels of a text column, with None where a value is missing."""
        if self._list is not None and self._is_short():
            return list(dict.fromkeys(self._list))
        labels = self.coded().labels
        return [*labels, None] if self.facts().missing else [*labels]

    def rows_of(self, labels: Iterable[str | None]) -> Sequence[int]:
        """The rows of a text column that have one of these labels."""
        wanted = set(labels)
        if self._list is not None and self._is_short():
            return [row for row, value in enumerate(self._list) if value in wanted]
        import numpy as np

        found = self.coded()
        chosen = np.array([*(label in wanted for label in found.labels), None in wanted])
        return np.flatnonzero(chosen[found.codes])  # type: ignore[return-value]

    def relabelled(
        self, labels: Mapping[str | None, str], categories: tuple[str, ...] | None
    ) -> Column:
        """A text column with other labels (old -> new), and the order declared for them."""
        if self._list is not None and self._is_short():
            made: list[Any] = [labels.get(value, value) for value in self._list]
            return Column(self.name, "text", values=made, categories=categories)
        import numpy as np

        found = self.coded()
        new = [labels.get(label, label) for label in found.labels]
        codes = found.codes
        if None in labels:
            codes = np.where(codes < 0, np.int32(len(new)), codes)
            new.append(labels[None])
        return Column.from_codes(self.name, new, codes, categories)

    def _decoded(self) -> list[Any]:
        import numpy as np

        assert self._coded is not None
        labels = np.array([*self._coded.labels, None], dtype=object)
        values: list[Any] = labels[self._coded.codes].tolist()
        return values

    # --- arrays of series ----------------------------------------------------------------------

    def _native(self) -> np.ndarray[Any, Any]:
        """A series as its library gives it to NumPy; objects where NumPy has no such type."""
        assert self._series is not None
        return _array_of_series(self._series, self.kind)

    def _filled(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
        """The array with anything where a value is missing, and where that is.

        Integers stay integers, of a series with missing values too. NaN and NaT stay as well.
        """
        import numpy as np

        if self._array is not None:
            if isinstance(self._array, np.ma.MaskedArray):
                if self.kind == "time":
                    return self._array.filled(np.datetime64("NaT")), None
                return self._array.data, np.ma.getmaskarray(self._array)
            return self._array, None
        assert self._series is not None
        if self.kind == "time" or not self._series.null_count():
            return self._native(), None
        filled = self._series.fill_null(False if self.kind == "bool" else 0)
        return _array_of_series(filled, self.kind), self._series.is_null().to_numpy()


def _is_mask(rows: Any) -> bool:
    dtype = getattr(rows, "dtype", None)
    return dtype is not None and bool(dtype.kind == "b")


def _taken(values: list[Any], rows: Any) -> list[Any]:
    if isinstance(rows, slice):
        return values[rows]
    if _is_mask(rows):
        return list(compress(values, rows))
    return [values[row] for row in rows]


def _array_of_series(series: nw.Series[Any], kind: str) -> np.ndarray[Any, Any]:
    """A series as an array, by way of Arrow where its library would build Python objects."""
    import numpy as np

    found: np.ndarray[Any, Any] = series.to_numpy()
    if found.dtype != object or kind == "text":
        return found
    if kind == "time":
        return series.to_arrow().to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
    import narwhals as nw

    found = series.cast(nw.Float64).to_numpy()
    return np.asarray(found, dtype=np.float64)


def _known_of_array(array: np.ndarray[Any, Any]) -> tuple[list[np.ndarray[Any, Any]], int]:
    """The values of an array without masked ones, and how many these are."""
    import numpy as np

    if isinstance(array, np.ma.MaskedArray):
        known = array.compressed()
        return [known], len(array) - len(known)
    return [array], 0


def _known_of_series(series: nw.Series[Any]) -> tuple[list[np.ndarray[Any, Any]], int]:
    """The values of a series in its own pieces, without nulls, and how many these are."""
    native: Any = series.to_native()
    library = type(native).__module__.partition(".")[0]
    kind = kind_of_dtype(series.dtype) or "number"
    if library == "pandas" and type(native.dtype).__module__.startswith("numpy"):
        return [_array_of_series(series, kind)], 0  # NaN and NaT are found as they come by
    gone = int(series.null_count())
    known: Any = (series.drop_nulls() if gone else series).to_native()
    if library == "polars":
        return [chunk.to_numpy() for chunk in known.get_chunks()], gone
    if library == "pyarrow":
        return [chunk.to_numpy(zero_copy_only=False) for chunk in known.chunks], gone
    import narwhals as nw

    return [_array_of_series(nw.from_native(known, series_only=True), kind)], gone


def _float_array(found: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    if isinstance(found, np.ma.MaskedArray):
        if found.dtype.kind == "M":
            return _float_array(found.filled(np.datetime64("NaT")))
        floats: Any = found.astype(np.float64)
        filled: np.ndarray[Any, Any] = floats.filled(np.nan)
        return filled
    if found.dtype.kind == "M":
        return facts.milliseconds(found)
    return found.astype(np.float64, copy=False)


def _list_of_array(
    name: str, array: np.ndarray[Any, Any], kind: str, zone: str | None
) -> list[Any]:
    import numpy as np

    if array.dtype.kind == "M":
        plain = array.astype("datetime64[D]" if zone == "date" else "datetime64[us]")
        values: list[Any] = plain.tolist()  # a masked array gives None, NaT gives None
        for row, value in enumerate(values):
            if isinstance(value, int):  # NumPy's way to say that Python has no such time
                raise errors.DataError.from_value_type(name, row, array[row], _YEARS)
        if zone not in ("date", "naive"):
            values = [None if v is None else v.replace(tzinfo=dt.UTC) for v in values]
        return values
    values = array.tolist()
    if array.dtype.kind == "f" or isinstance(array, np.ma.MaskedArray):
        return [None if v is None or v != v else v for v in values]
    return _plain_list(values, kind, "") if array.dtype == object else values


def epoch_ms(value: dt.date) -> float:
    """Milliseconds since 1970-01-01, of the wall clock for naive times, of UTC for zoned ones.

    >>> epoch_ms(dt.date(1970, 1, 2))
    86400000
    """
    if not isinstance(value, dt.datetime):
        return (value.toordinal() - 719163) * 86_400_000
    since = value - (_EPOCH if value.tzinfo is None else _EPOCH_UTC)
    exact = since / _MILLISECOND
    return int(exact) if exact.is_integer() else exact


def number_label(value: float) -> str:
    """A number as a category's label: integers without a point, others as Python prints them."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return str(value)


def _label(value: object) -> str:
    """A category of another type than text as its label."""
    if isinstance(value, bool):
        return _bool_label(value)
    return number_label(value) if isinstance(value, (int, float)) else str(value)


def _bool_label(value: object) -> str:
    return "true" if value else "false"


def _time_labels(values: Iterable[dt.date | None], *, many: bool | None = None) -> list[str | None]:
    """Dates and times in the shortest form that tells all of them apart from other moments.

    `many` says whether they stand for more than one row, where each is given only once.
    """
    held = list(values)
    known = [v for v in held if v is not None]
    many = len(known) > 1 if many is None else many
    times = [v for v in known if isinstance(v, dt.datetime)]
    if any(v.second or v.microsecond for v in times):
        form = "%Y-%m-%d %H:%M:%S" + (".%f" if any(v.microsecond for v in times) else "")
    elif any(v.hour or v.minute for v in times):
        form = "%Y-%m-%d %H:%M"
    elif many and all(v.day == 1 for v in known):
        january = all(v.month == 1 for v in known)
        form = "%Y" if january else "%b %Y"
    else:
        form = "%Y-%m-%d"
    return [None if v is None else v.strftime(form) for v in held]


# --- what kind a list of Python values is --------------------------------------------------------

_NUMBER_TYPES = frozenset({int, float, type(None)})
_TEXT_TYPES = frozenset({str, type(None)})
_BOOL_TYPES = frozenset({bool, type(None)})
_DATE_TYPES = frozenset({dt.date, type(None)})


def from_values(name: str, values: Sequence[Any]) -> Column:
    """A column of Python values, typed by looking at all of them.

    Raises `DataError` for values of two kinds (with the first two rows that disagree), nested
    values, and types that no chart draws.

    >>> from_values("a", [1, None, 2.5])
    Column('a', number, 3 values)
    """
    types = set(map(type, values))
    if types <= _NUMBER_TYPES:
        held = list(values)
        if float in types:
            held = [None if v is None or v != v else v for v in held]
        _refuse_huge(name, held, types)
        return Column(name, "number", values=held)
    if types <= _TEXT_TYPES:
        return Column(name, "text", values=list(values))
    if types <= _BOOL_TYPES:
        return Column(name, "bool", values=list(values))
    if types <= _DATE_TYPES:
        return Column(name, "time", values=list(values), zone="date")
    return _classified(name, values)


def _classified(name: str, values: Sequence[Any]) -> Column:
    """The slow way, value by value, for NumPy scalars, decimals, paths, mixed types."""
    held: list[Any] = []
    first: tuple[int, Any] | None = None
    first_kind = "number"
    zone: str | None = None
    for row, value in enumerate(values):
        kind, plain = _one_value(name, row, value)
        held.append(plain)
        if kind is None:
            continue
        found_zone = zone_of(plain) if kind == "time" else None
        if first is None:
            first, first_kind, zone = (row, value), kind, found_zone
        elif kind != first_kind:
            raise errors.DataError.from_mixed(name, first, (row, value))
        elif found_zone != zone:
            if zone in ("date", "naive") or found_zone in ("date", "naive"):
                raise errors.DataError.from_mixed_zones(name, first, (row, value))
            zone = "UTC"
    if first_kind == "number":
        _refuse_huge(name, held, {int})
    return Column(name, first_kind, values=held, zone=zone)


def zone_of(value: dt.date) -> str:
    """What a time is of: "date", "naive" or the time zone's name."""
    if not isinstance(value, dt.datetime):
        return "date"
    return "naive" if value.tzinfo is None else str(value.tzinfo)


def _is_missing(value: object) -> bool:
    if value is None:
        return True
    if type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    return isinstance(value, float) and value != value


_YEARS = "a time outside the years 1 to 9999; convert it to a number first."
_WORDS = {
    "timedelta": "a length of time; convert it to a number, for example of seconds: "
    "value.total_seconds().",
    "time": "a time of day without a date; combine it with a date, or use a number of hours.",
    "bytes": "bytes; decode them to text first.",
    "complex": "a complex number; draw its real, imaginary or absolute part.",
}


def _one_value(name: str, row: int, value: Any) -> tuple[str | None, Any]:
    """The kind (None where missing) and the plain Python value of one value."""
    if _is_missing(value):
        return None, None
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, (int, float)) and type(value).__module__ == "builtins":
        return "number", value
    kind = type(value).__name__
    if hasattr(value, "__members__") or any(c.__name__ == "Enum" for c in type(value).__mro__):
        raise errors.DataError.from_value_type(
            name, row, value, "an enum member; use its .name or its .value."
        )
    if isinstance(value, str):
        return "text", str(value)
    if isinstance(value, dt.datetime):
        plain = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
        return "time", plain
    if isinstance(value, dt.date):
        return "time", value
    if isinstance(value, os.PathLike):
        return "text", os.fspath(value)
    for bad in (dt.timedelta, dt.time, bytes, complex):
        if isinstance(value, bad):
            hint = _WORDS[bad.__name__]
            raise errors.DataError.from_value_type(name, row, value, hint)
    if kind in ("Interval", "Period"):  # pandas: categories by their printed form
        return "text", str(value)
    if kind in ("Decimal", "Fraction"):
        number = float(value)
        return (None, None) if number != number else ("number", _exact(value, number))
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return _numpy_scalar(name, row, value)  # NumPy scalars, 0-d arrays and tensors
    if isinstance(value, (list, tuple, dict, set, frozenset)) or hasattr(value, "shape"):
        raise errors.DataError.from_value_type(
            name,
            row,
            value,
            f"a {kind} inside a cell; a cell holds one value. Unnest the column first.",
        )
    raise errors.DataError.from_value_type(
        name, row, value, "expected a number, text, a bool, a date or a time."
    )


def _exact(value: Any, number: float) -> Any:
    """A decimal that is a whole number stays exact."""
    return int(value) if number.is_integer() and value == int(value) else number


def _numpy_scalar(name: str, row: int, value: Any) -> tuple[str | None, Any]:
    if type(value).__name__ == "datetime64":
        plain = value.astype("datetime64[us]").item()
        if plain is None:
            return None, None
        days = str(value.dtype) in ("datetime64[D]", "datetime64[M]", "datetime64[Y]")
        return "time", plain.date() if days else plain
    item = value.item()
    if type(item) is type(value):
        raise errors.DataError.from_value_type(
            name, row, value, "expected a number, text, a bool, a date or a time."
        )
    return _one_value(name, row, item)


def _refuse_huge(name: str, values: Sequence[Any], types: set[type]) -> None:
    """Python integers have no upper end; an axis does."""
    if int not in types:
        return
    for row, value in enumerate(values):
        if type(value) is int and not -_AXIS_END < value < _AXIS_END:
            raise errors.DataError.from_value_type(
                name, row, value, "too large for an axis, which ends at 1.8e308."
            )


def _plain_list(values: list[Any], kind: str, name: str) -> list[Any]:
    """A series' values as plain Python ones, None where missing."""
    types = set(map(type, values))
    if kind == "text" and not types <= _TEXT_TYPES:
        return [None if _is_missing(v) else _label(v) for v in values]
    if types <= _NUMBER_TYPES | _BOOL_TYPES | _TEXT_TYPES | _DATE_TYPES:
        return [None if v is None or v != v else v for v in values] if float in types else values
    return [_one_value(name, row, value)[1] for row, value in enumerate(values)]


# --- columns of other libraries ------------------------------------------------------------------


def from_array(name: str, array: np.ndarray[Any, Any]) -> Column:
    """A column of a one-dimensional NumPy array, kept as it is."""
    import numpy as np

    if array.ndim == 0:
        array = array.reshape(1)
    if array.ndim != 1:
        raise errors.TableError.from_dimensions(name, array.ndim)
    kind = array.dtype.kind
    if kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)  # no axis holds more digits
    if kind in "iuf":
        return Column(name, "number", array=array)
    if kind == "b":
        return Column(name, "bool", array=array)
    if kind == "M":
        days = np.datetime_data(array.dtype)[0] in ("Y", "M", "W", "D")
        return Column(name, "time", array=array, zone="date" if days else "naive")
    if kind == "U" and not isinstance(array, np.ma.MaskedArray):
        return Column(name, "text", array=array)
    if kind == "T" and not isinstance(array, np.ma.MaskedArray):
        return Column(name, "text", values=array.tolist())
    if kind == "m":
        raise errors.DataError.from_value_type(name, 0, array[0], _WORDS["timedelta"])
    if kind == "c":
        raise errors.DataError.from_value_type(name, 0, array[0], _WORDS["complex"])
    return from_values(name, array.tolist())


def kind_of_dtype(dtype: Any) -> str | None:
    """The kind of a narwhals dtype; None where only the values can tell."""
    if dtype.is_numeric():
        return "number"
    word = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    return {
        "String": "text",
        "Categorical": "text",
        "Enum": "text",
        "Boolean": "bool",
        "Date": "time",
        "Datetime": "time",
    }.get(word)


def zone_of_dtype(dtype: Any) -> str | None:
    """The zone of a narwhals dtype of times, else None."""
    word = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if word == "Date":
        return "date"
    if word == "Datetime":
        return getattr(dtype, "time_zone", None) or "naive"
    return None


def from_series(name: str, series: nw.Series[Any]) -> Column:
    """A column of a narwhals series, kept as it is until it is drawn."""
    dtype = series.dtype
    kind = kind_of_dtype(dtype)
    word = type(dtype).__name__
    if word == "Duration" and len(series):
        raise errors.DataError.from_value_type(name, 0, series[0], _WORDS["timedelta"])
    if kind is None or word in ("Decimal", "Int128", "UInt128"):
        return from_values(name, series.to_list())
    categories = None
    if word in ("Categorical", "Enum"):
        categories = _declared(series, dtype)
    return Column(name, kind, series=series, categories=categories, zone=zone_of_dtype(dtype))


def _declared(series: nw.Series[Any], dtype: Any) -> tuple[str, ...] | None:
    """The order that a categorical declares; None where its library keeps none."""
    found = getattr(dtype, "categories", None)
    native: Any = series.to_native()
    if found is None and hasattr(native, "cat") and hasattr(native.cat, "categories"):
        found = native.cat.categories.tolist()  # pandas
    if found is None and hasattr(native, "combine_chunks"):
        whole = native.combine_chunks()  # pyarrow
        found = whole.dictionary.to_pylist() if hasattr(whole, "dictionary") else None
    return None if found is None else tuple(_label(c) for c in found)


# --- types asked for by the caller ---------------------------------------------------------------

CASTS = ("number", "text", "bool", "time", "time[s]", "time[ms]")


def cast(column: Column, wanted: str) -> Column:
    """The column as another kind, every value or an error with its row.

    `wanted` is one of `CASTS`; whole numbers become times only when their unit is said.
    """
    if wanted not in CASTS:
        expected = "one of " + ", ".join(CASTS)
        raise errors.OptionError.from_option(f"types[{column.name!r}]", wanted, expected)
    if wanted == column.kind:
        return column
    if wanted == "text":
        return column.to_text()
    if wanted == "time" and column.kind == "number":
        raise errors.DataError.from_sentence(
            None,
            column.name,
            f"numbers become times only with a unit: types={{{column.name!r}: 'time[s]'}} for "
            "seconds since 1970, 'time[ms]' for milliseconds.",
        )
    convert, expected = _converter(wanted)
    made = []
    for row, value in enumerate(column.as_list()):
        try:
            made.append(None if value is None else convert(value))
        except (ValueError, TypeError, OverflowError, KeyError):
            raise errors.DataError.from_fact(None, column.name, row, value, expected) from None
    return from_values(column.name, made)


def _converter(wanted: str) -> tuple[Callable[[Any], Any], str]:
    if wanted == "number":
        return float, "a number"
    if wanted == "bool":
        words = {"true": True, "false": False, "1": True, "0": False}
        return lambda v: words[str(v).strip().casefold()], "true or false"
    if wanted == "time":
        return _parse_time, "a date or time in ISO form, such as 2024-01-31 or 2024-01-31T08:30"
    unit = 1.0 if wanted == "time[s]" else 1000.0
    return lambda v: _EPOCH_UTC + dt.timedelta(seconds=v / unit), f"a number for {wanted}"


def _parse_time(text: str) -> dt.date:
    return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
