"""Where the points of long lines come from: columns in memory, an engine's rows in batches, or an
engine that finds the extremes itself.

Files and relations of DuckDB, and lazy frames of Polars, are read in batches that go through the
same reduction as columns in memory, in the order of their rows: what is kept is equal to the last
tie. Other engines (PySpark, Ibis) group their rows themselves, wherever they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from plotkit import column as columns_of
from plotkit.column import Column
from plotkit.stats import _groups, _m4
from plotkit.stats._m4 import Array, Grid, Points, Share
from plotkit.table import Columns, LazyColumns

SPLITS = ("color", "stroke")
HEIGHTS = ("y", "error_low", "error_high")
_BATCH = 1 << 17  # rows of a batch: DuckDB's own row groups

Key = tuple[str | None, ...]


class Source:
    """Points of lines.

    Attributes:
        total: how many there are.
        extent: where x starts and ends.
        twice_split: whether colour and dash split them, each by a column of its own.
    """

    total: int
    extent: tuple[float, float]
    twice_split: bool

    def pieces(self, only: Sequence[int] | None = None) -> Iterator[Points]:
        """All points, or those of some lines, in the order of their rows."""
        raise NotImplementedError

    def columns(self, points: Points) -> Columns:
        """The rows of some points."""
        raise NotImplementedError

    def repeated(self) -> tuple[int, int]:
        """How many rows repeat an x of their line, and the first that does; (0, -1) if unknown."""
        return 0, -1

    def reduced(self, grid: Grid, most: int, only: Sequence[int] | None = None) -> Share:
        """All points, or those of some lines, as the finest grid shows them."""
        return _m4.reduced(_Pieces(self, only), grid, most)


class _Pieces:
    """A source's points, from the start each time that they are asked for."""

    def __init__(self, source: Source, only: Sequence[int] | None) -> None:
        self._source, self._only = source, only

    def __iter__(self) -> Iterator[Points]:
        return self._source.pieces(self._only)


class Memory(Source):
    """Columns in memory: nothing is copied but what is kept."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._x = columns["x"].as_array()
        self._values = [_finite(columns[role]) for role in HEIGHTS if role in columns]
        self._series = _codes(columns)
        self.twice_split = all(role in columns for role in SPLITS)
        facts = columns["x"].facts()
        self.total = len(self._x)
        self.extent = (float(facts.low or 0), float(facts.high or 0))

    def pieces(self, only: Sequence[int] | None = None) -> Iterator[Points]:
        if only is not None:
            assert self._series is not None
            rows = np.flatnonzero(among(self._series, only))
            yield Points(self._series[rows], self._x[rows], self._taken(rows), rows)
            return
        for start in range(0, self.total, _m4.PIECE):
            part = slice(start, start + _m4.PIECE)
            x = self._x[part]
            series = None if self._series is None else self._series[part]
            yield Points(series, x, self._taken(part), np.arange(start, start + len(x)))

    def _taken(self, part: Any) -> tuple[Array, ...]:
        return tuple(held[part] for held in self._values)

    def columns(self, points: Points) -> Columns:
        return {role: column.take(points.rows) for role, column in self._columns.items()}

    def repeated(self) -> tuple[int, int]:
        return _m4.repeated(self._series, self._x)

    def whole(self) -> Points:
        """All points at once."""
        return Points(self._series, self._x, tuple(self._values), np.arange(self.total))


def _finite(column: Column) -> Array:
    """Heights without infinity, which no axis shows."""
    found = column.as_array()
    return np.where(np.isfinite(found), found, np.nan) if column.facts().infinite else found


def _codes(columns: Columns) -> Array | None:
    """The line that each row is of; lines are numbered as they are drawn."""
    found = [_groups.factorize(columns[role]) for role in SPLITS if role in columns]
    if len(found) < 2:
        return found[0][1] if found else None
    (_, codes), (names, inner) = found
    pairs = codes * len(names) + inner
    order = _first_rows(pairs, int(pairs.max()) + 1)
    declared = order[:, 0] // len(names) if columns["color"].categories else np.zeros(len(order))
    order = order[np.lexsort((order[:, 1], declared))]
    place = np.zeros(int(pairs.max()) + 1, dtype=np.intp)
    place[order[:, 0]] = np.arange(len(order))
    lines: Array = place[pairs]
    return lines


def among(series: Array, only: Sequence[int]) -> Array:
    """Whether each line's number is one of those."""
    chosen = np.zeros(max(int(series.max(initial=0)), *only) + 1, dtype=bool)
    chosen[list(only)] = True
    found: Array = chosen[series]
    return found


def _first_rows(codes: Array, count: int) -> Array:
    """Each code that occurs, beside the first row that has it."""
    first = np.full(count, -1, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    there = np.flatnonzero(first >= 0)
    return np.column_stack([there, first[there]])


def counted(data: LazyColumns) -> int:
    """How many rows a lazy frame has."""
    import narwhals as nw

    return int(data.collect(data.frame.select(nw.len().alias("rows")))["rows"].as_list()[0])


class Lazy(Source):
    """What the sources of lazy frames share."""

    def __init__(self, data: LazyColumns) -> None:
        self._data = data
        self._schema = data.frame.collect_schema()
        self._splits = [role for role in SPLITS if role in data.names]
        self._heights = [role for role in HEIGHTS if role in data.names]
        self.twice_split = len(self._splits) == len(SPLITS)
        self.total = counted(data) if data.rows is None else data.rows


class _Batches(Lazy):
    """A lazy frame whose engine gives its rows in their order, batch after batch."""

    def __init__(self, data: LazyColumns) -> None:
        super().__init__(data)
        self._keys: list[Key] = []
        self._place: dict[Key, int] = {}
        self.extent = data.extents.get("x") or self._queried_extent()

    def _queried_extent(self) -> tuple[float, float]:
        import narwhals as nw

        x = nw.col("x")
        found = self._data.collect(self._data.frame.select(x.min().alias("x"), x.max().alias("y")))
        low, high = (columns_of.epoch_ms(v) if self._data.kinds["x"] == "time" else v
                     for v in (found["x"].as_list()[0], found["y"].as_list()[0]))  # fmt: skip
        return float(low), float(high)

    def columns(self, points: Points) -> Columns:
        made = {"x": self._numbers("x", points.x)}
        for role, heights in zip(self._heights, points.values, strict=True):
            made[role] = self._numbers(role, heights)
        for nth, role in enumerate(self._splits):
            assert points.series is not None
            labels = [self._keys[code][nth] for code in points.series.tolist()]
            declared = _groups.declared_order(self._data, role)
            column = Column(self._data.names[role], "text", values=labels, categories=declared)
            clean = self._data.clean
            made[role] = column if clean is None else clean(role, column)
        return made

    def _numbers(self, role: str, held: Array) -> Column:
        """Numbers or times of a role, as the engine has them."""
        name, kind = self._data.names[role], self._data.kinds[role]
        if kind == "time":
            times = np.round(held * 1000.0).astype(np.int64).astype("datetime64[us]")
            return Column(name, kind, array=times, zone=self._data.zones[role])
        values = held.tolist()
        if self._schema[role].is_integer():
            return Column(name, kind, values=[None if v != v else int(v) for v in values])
        return Column(name, kind, values=[None if v != v else v for v in values])

    def _batches(self) -> Iterator[dict[str, Any]]:
        """Arrays of x and heights, columns of splits, by role."""
        raise NotImplementedError

    def pieces(self, only: Sequence[int] | None = None) -> Iterator[Points]:
        start = 0
        for batch in self._batches():
            x = batch["x"]
            if not len(x):
                continue
            values = tuple(_without_infinity(batch[role]) for role in self._heights)
            points = Points(self._coded(batch), x, values, np.arange(start, start + len(x)))
            start += len(x)
            if only is not None:
                assert points.series is not None
                points = points.take(among(points.series, only))
            yield points

    def _coded(self, batch: dict[str, Any]) -> Array | None:
        """The line of each row; a line's number stays the same from batch to batch."""
        if not self._splits:
            return None
        found = [_with_missing(*batch[role].coded()) for role in self._splits]
        sizes = [len(labels) for labels, _ in found]
        codes = found[0][1]
        if len(found) == 2:
            codes = codes * sizes[1] + found[1][1]
        firsts = _first_rows(codes, int(np.prod(sizes)))
        place = np.zeros(int(np.prod(sizes)), dtype=np.intp)
        for code, _ in firsts[np.argsort(firsts[:, 1], kind="stable")].tolist():
            parts = (code,) if len(found) == 1 else divmod(code, sizes[1])
            key = tuple(labels[part] for (labels, _), part in zip(found, parts, strict=True))
            if key not in self._place:
                self._place[key] = len(self._keys)
                self._keys.append(key)
            place[code] = self._place[key]
        return place[codes]


def _with_missing(labels: Sequence[str], codes: Array) -> tuple[list[str | None], Array]:
    """The same, a missing label being one of its own at the end."""
    return [*labels, None], np.where(codes < 0, len(labels), codes)


def _without_infinity(held: Array) -> Array:
    """Heights as they are where all are finite, which a sum tells without a copy."""
    with np.errstate(all="ignore"):
        if np.isfinite(held.sum()):
            return held
    return np.where(np.isfinite(held), held, np.nan)


class DuckDB(_Batches):
    """A relation: DuckDB reads and converts on all cores, this process keeps the extremes."""

    def _batches(self) -> Iterator[dict[str, Any]]:
        asked = [f'{self._as_double(role)} as "{role}"' for role in ("x", *self._heights)]
        asked += [f'"{role}"' for role in self._splits]
        relation = self._data.frame.to_native().project(", ".join(asked))
        try:
            import pyarrow  # noqa: F401  # batches without a copy, where it is installed
        except ImportError:
            yield from self._through_pandas(relation)
            return
        name = "to_arrow_reader" if hasattr(relation, "to_arrow_reader") else "fetch_arrow_reader"
        import narwhals as nw

        for batch in getattr(relation, name)(_BATCH):
            made: dict[str, Any] = {}
            for role, held in zip(batch.schema.names, batch.columns, strict=True):
                if role in SPLITS:
                    series = nw.new_series(role, held, backend="pyarrow")
                    made[role] = columns_of.from_series(role, series)
                else:
                    made[role] = held.to_numpy(zero_copy_only=False)
            yield made

    def _through_pandas(self, relation: Any) -> Iterator[dict[str, Any]]:
        import narwhals as nw

        while len(frame := relation.fetch_df_chunk(_BATCH // 2048)):
            yield {
                role: columns_of.from_series(role, nw.from_native(frame[role], series_only=True))
                if role in SPLITS
                else frame[role].to_numpy()
                for role in frame.columns
            }

    def _as_double(self, role: str) -> str:
        if self._data.kinds[role] == "time":
            return f'epoch_us("{role}")::double / 1000'
        return f'"{role}"::double'


class Polars(_Batches):
    """A lazy frame of Polars, in batches."""

    def _batches(self) -> Iterator[dict[str, Any]]:
        import narwhals as nw
        import polars as pl

        asked = []
        for role in ("x", *self._heights):
            held = pl.col(role)
            if self._data.kinds[role] == "time":
                asked.append(held.cast(pl.Datetime("us")).to_physical().cast(pl.Float64) / 1000.0)
            else:
                asked.append(held.cast(pl.Float64))
        frame = self._data.frame.to_native().select(*asked, *self._splits)
        for batch in frame.collect_batches(maintain_order=True):
            yield {
                role: columns_of.from_series(role, nw.from_native(batch[role], series_only=True))
                if role in SPLITS
                else batch[role].to_numpy()
                for role in batch.columns
            }
