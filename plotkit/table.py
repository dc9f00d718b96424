"""The table: named, typed columns over whatever frame the caller has.

The frame stays what it was. Rows and lists are kept as Python lists, arrays as arrays, frames as
narwhals wraps them; a lazy frame (DuckDB, Polars lazy, PySpark, Ibis) is not evaluated until a
chart asks for the few columns that it draws.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import column as columns_of
from plotkit import errors, progress
from plotkit.column import Column
from plotkit.text import is_blank_name, replaced

if TYPE_CHECKING:
    import narwhals as nw
    import numpy as np
    import pandas as pd

Columns = dict[str, Column]

_PARQUET_SCANS = {"PARQUET_SCAN", "READ_PARQUET"}  # what DuckDB's plans call it


class LazyColumns(NamedTuple):
    """The mapped columns of a lazy frame, renamed to their roles.

    `names` gives each role's column as the user named it, `kinds` its kind, `zones` what a time
    column holds ("date", "naive" or the zone), `as_text` the roles whose values are categories,
    `clean` what is done to each role's column once its rows are there. `rows` is how many rows
    there are, and `extents` the lowest and the highest finite value of roles that are numbers or
    times (in milliseconds since 1970, as `Column.as_array` gives them), where they are known.
    """

    frame: nw.LazyFrame[Any]
    names: dict[str, str]
    kinds: dict[str, str]
    zones: dict[str, str | None]
    as_text: tuple[str, ...] = ()
    clean: Callable[[str, Column], Column] | None = None
    rows: int | None = None
    extents: Mapping[str, tuple[float, float]] = MappingProxyType({})

    def collect(self, frame: nw.LazyFrame[Any] | None = None) -> Columns:
        """The given narwhals lazy frame (default: all rows), in memory."""
        found = _collect(self.frame if frame is None else frame, self.names)
        for role in self.as_text:
            if role in found:
                found[role] = found[role].to_text()
        if self.clean is not None:
            found = {role: self.clean(role, column) for role, column in found.items()}
        return found

    def renamed(self, names: Mapping[str, str]) -> LazyColumns:
        """The same columns under other role names (old -> new)."""
        import narwhals as nw

        new = {role: names.get(role, role) for role in self.names}
        return LazyColumns(
            self.frame.select(*(nw.col(role).alias(name) for role, name in new.items())),
            {new[role]: name for role, name in self.names.items()},
            {new[role]: kind for role, kind in self.kinds.items()},
            {new[role]: zone for role, zone in self.zones.items()},
            tuple(new[role] for role in self.as_text),
            None if self.clean is None else self._cleaning_by(new),
            self.rows,
            {new[role]: extent for role, extent in self.extents.items()},
        )

    def _cleaning_by(self, new: Mapping[str, str]) -> Callable[[str, Column], Column]:
        old = {name: role for role, name in new.items()}
        clean = self.clean
        assert clean is not None
        return lambda name, column: clean(old.get(name, name), column)


class Table:
    """Rows and columns to draw.

    Args:
        data: rows (lists, tuples or dicts), a dict of columns, a 2-D or structured NumPy array,
            or any frame that narwhals takes: pandas, Polars (eager, lazy), PyArrow, DuckDB,
            PySpark, Ibis, anything with `__arrow_c_stream__`.
        columns: the names, where the data has none of its own; for a frame, the columns to keep.
        dataframe: a frame, under W&B's name for it.
        types: kinds to convert columns to: "number", "text", "bool", "time" (ISO text),
            "time[s]", "time[ms]" (numbers since 1970).

    Raises:
        TableError: rows of unequal length, duplicate or unusable names, unknown data.

    >>> table = Table(data=[[0, 1.9], [1, 1.1]], columns=["step", "loss"])
    >>> table
    Table(2 rows: step number, loss number)
    >>> table.get_column("loss")
    [1.9, 1.1]
    """

    def __init__(
        self,
        data: object = None,
        columns: Sequence[str] | None = None,
        *,
        dataframe: object = None,
        types: Mapping[str, str] | None = None,
    ) -> None:
        if data is not None and dataframe is not None:
            raise errors.TableError.from_both_sources()
        source = data if dataframe is None else dataframe
        self._frame: nw.DataFrame[Any] | nw.LazyFrame[Any] | None = None
        self._inside: dict[str, str] = {}  # name -> what the frame calls it
        self._held: dict[str, Any] = {}  # name -> a list or a 1-D array
        self._typed: dict[str, Column] = {}
        self._cast = False  # whether `types` converted a column
        self._length: int | None = None
        if columns is not None:
            columns = _checked_names(columns)
        self._take(source, columns)
        if types:
            self._convert(types)

    def _take(self, source: object, columns: Sequence[str] | None) -> None:
        """Find out what the data is, and keep it."""
        if source is None:
            self._held = {name: [] for name in columns or ()}
        elif isinstance(source, Table):
            self._frame, self._inside = source._frame, dict(source._inside)
            self._held = dict(source._held)
            self._typed, self._length = dict(source._typed), source._length
            self._cast = source._cast
        elif isinstance(source, Mapping):
            self._held = _from_mapping(source, columns)
        elif _is_numpy(source):
            self._held = _from_numpy(source, columns)
        elif isinstance(source, (list, tuple)) or (
            isinstance(source, Iterator) and not hasattr(source, "__arrow_c_stream__")
        ):
            self._held = _from_rows(list(source), columns)
        else:
            self._frame, self._inside = _from_frame(source, columns)

    def _convert(self, types: Mapping[str, str]) -> None:
        """Convert columns to the kinds asked for; a lazy frame's rows are collected for it."""
        if not isinstance(types, Mapping):
            raise errors.OptionError.from_option("types", types, "a dict of column -> kind")
        for name in types:
            self._require(name)
        typed = self._all_columns() if self.is_lazy else dict(self._typed)
        for name, wanted in types.items():
            typed[name] = columns_of.cast(typed.get(name) or self.column(name), wanted)
        if self.is_lazy:
            self._replace({name: found.as_list() for name, found in typed.items()})
        self._typed, self._cast = typed, True

    @classmethod
    def from_columns(cls, columns: Iterable[Column]) -> Table:
        """A table of columns that have their type already, kept as they are."""
        made = cls()
        made._typed = {column.name: column for column in columns}
        made._held = dict(made._typed)
        return made

    @classmethod
    def read(
        cls, path: str | Path | Sequence[str | Path], *, types: Mapping[str, str] | None = None
    ) -> Table:
        """A table of a CSV, TSV, JSON lines, Parquet or Arrow file, or "-" for standard input.

        Many Parquet files are one table: a folder of them, a pattern such as "runs/*.parquet", or
        a list of paths. Folders named "key=value" on the way give a column of that name.

        Files are read through DuckDB as far as a chart needs them, and only the columns that it
        maps, so data larger than memory is no special case. Arrow files need pyarrow. `types`
        converts columns, as in `Table`.
        """
        from plotkit.files import open_table  # DuckDB is heavy, and only files need it

        with progress.listening():
            return cls(open_table(path), types=types)

    # --- what is in it -------------------------------------------------------------------------

    @property
    def columns(self) -> list[str]:
        """The column names, in order."""
        return list(self._held if self._frame is None else self._inside)

    @property
    def is_lazy(self) -> bool:
        """Whether the rows live in an engine that has not been asked for them yet."""
        import_done = "narwhals" in sys.modules  # a table of lists must not import it
        return import_done and self._frame is not None and _is_lazy(self._frame)

    def __len__(self) -> int:
        if self._length is None:
            if self._frame is None:
                self._length = len(next(iter(self._held.values()), []))
            elif self.is_lazy:
                self._length = _lazy_length(self._frame)  # type: ignore[arg-type]
            else:
                self._length = len(self._frame)  # type: ignore[arg-type]
        return self._length

    def column(self, name: str) -> Column:
        """The typed column of that name; of a lazy frame, its rows are collected."""
        self._require(name)
        if name not in self._typed:
            if self._frame is None:
                values = self._held[name]
                make = columns_of.from_array if _is_numpy(values) else columns_of.from_values
                self._typed[name] = make(name, values)
            elif self.is_lazy:
                inside = self._inside[name]
                return _collect(self._frame.select(inside), {inside: name})[inside]  # type: ignore[arg-type]
            else:
                self._typed[name] = columns_of.from_series(name, self._frame[name])
        return self._typed[name]

    def select(self, mapping: Mapping[str, str]) -> Columns | LazyColumns:
        """The columns that play the given roles (role -> column name), renamed to the roles."""
        for role, name in mapping.items():
            self._require(name, role)
            position = self.columns.index(name)
            if is_blank_name(name):
                why = "it shows nothing, so no axis could be titled with it. Rename the column."
                raise errors.TableError.from_column_name(position, name, why)
            if replaced(name):
                why = "it holds control characters. Rename the column."
                raise errors.TableError.from_column_name(position, name, why)
        if not self.is_lazy:
            return {role: self.column(name) for role, name in mapping.items()}
        return self._select_lazily(mapping)

    def _select_lazily(self, mapping: Mapping[str, str]) -> Columns | LazyColumns:
        import narwhals as nw

        assert isinstance(self._frame, nw.LazyFrame)
        schema = self._frame.collect_schema()
        inside = {role: self._inside[name] for role, name in mapping.items()}
        kinds = {role: columns_of.kind_of_dtype(schema[name]) for role, name in inside.items()}
        if any(kind is None for kind in kinds.values()):
            # Nested and unknown types: their values say what is wrong with them.
            return {role: self.column(name) for role, name in mapping.items()}
        frame = self._frame.select(*(nw.col(name).alias(role) for role, name in inside.items()))
        zones = {role: columns_of.zone_of_dtype(schema[name]) for role, name in inside.items()}
        known = {role: kind for role, kind in kinds.items() if kind is not None}
        return LazyColumns(frame, dict(mapping), known, zones)

    def _require(self, name: object, role: str | None = None) -> None:
        if not isinstance(name, str) or name not in self.columns:
            raise errors.ColumnNotFoundError.from_name(name, self.columns, role)

    def get_column(self, name: str, convert_to: str | None = None) -> Any:
        """A column's values: a list of plain Python values, or with "numpy" an array."""
        if convert_to not in (None, "numpy"):
            raise errors.OptionError.from_option("convert_to", convert_to, "None or 'numpy'")
        found = self.column(name)
        return found.as_array() if convert_to == "numpy" else list(found.as_list())

    def given(self) -> tuple[Any, dict[str, str]]:
        """What it holds, with types, NaN and missing values as given, and what it calls columns.

        That is the frame of another library, or a dict of columns, each a list, an array or a
        `Column`; and a dict of each column's name -> its name in there. It is the table's own: do
        not change it.
        """
        if self._frame is not None and not self._cast:
            return self._frame.to_native(), dict(self._inside)
        names = {name: name for name in self.columns}
        return (self._all_columns() if self._cast else dict(self._held)), names

    @property
    def data(self) -> list[list[Any]]:
        """All rows, as lists of plain Python values."""
        return [list(row) for row in self]

    def head(self, rows: int) -> Columns:
        """The first rows of every column; of a lazy frame no more are read than these."""
        if self._frame is not None and self.is_lazy:
            names = {inside: name for name, inside in self._inside.items()}
            found = _collect(self._frame.head(rows), names)  # type: ignore[arg-type]
            return {names[inside]: column for inside, column in found.items()}
        if self._frame is not None:
            first: Any = self._frame.head(rows)
            return {
                name: columns_of.from_series(name, first[inside])
                for name, inside in self._inside.items()
            }
        if self._typed.keys() >= self._held.keys():
            return {name: self._typed[name].take(slice(rows)) for name in self._held}
        return Table({name: values[:rows] for name, values in self._held.items()})._all_columns()

    def __iter__(self) -> Iterator[list[Any]]:
        values = [found.as_list() for found in self._all_columns().values()]
        return (list(row) for row in zip(*values, strict=True))

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Pairs of a row's number, from 0, and its values."""
        return enumerate(iter(self))

    def _all_columns(self) -> Columns:
        if self.is_lazy:
            names = {inside: name for name, inside in self._inside.items()}
            found = _collect(self._frame, names)  # type: ignore[arg-type]
            return {names[inside]: column for inside, column in found.items()}
        return {name: self.column(name) for name in self.columns}

    def to_pandas(self) -> pd.DataFrame:
        """A pandas frame of all rows."""
        import pandas as pd

        if self._frame is not None and not self._typed and not self.is_lazy:
            return self._frame.to_pandas()  # type: ignore[union-attr]
        found = self._all_columns()
        return pd.DataFrame({name: column.as_list() for name, column in found.items()})

    # --- adding to it --------------------------------------------------------------------------

    def add_data(self, *row: object) -> None:
        """Add one row, its values in the order of the columns."""
        names = self.columns
        if len(row) != len(names):
            raise errors.TableError.from_row_length(len(self), len(row), names)
        held = self._in_lists("add_data")
        for name, value in zip(names, row, strict=True):
            held[name].append(value)
        self._replace(held)

    def add_column(self, name: str, data: Iterable[object]) -> None:
        """Add a column; it must be as long as the table, unless that has no column yet."""
        if name in self.columns:
            raise errors.TableError.from_duplicate_columns([name])
        _checked_names([*self.columns, name])
        values = _listed_column(name, data)
        if self.columns and len(values) != len(self):
            raise errors.TableError.from_column_length(name, len(values), len(self))
        held = self._in_lists("add_column")
        held[name] = values
        self._replace(held)

    def _in_lists(self, verb: str) -> dict[str, Any]:
        """The columns as lists that are this table's own: what the caller gave never changes."""
        if self.is_lazy:
            raise errors.TableError.from_frozen_frame(verb, _library(self._frame))
        if getattr(self, "_own", False):
            return self._held
        self._own = True
        if self._frame is None and not self._typed:
            return {
                name: list(values) if isinstance(values, list) else values.tolist()
                for name, values in self._held.items()
            }
        return {name: list(found.as_list()) for name, found in self._all_columns().items()}

    def _replace(self, held: dict[str, Any]) -> None:
        self._frame, self._inside, self._held, self._length = None, {}, held, None
        self._typed, self._cast = {}, False

    # --- how it shows itself -------------------------------------------------------------------

    def __repr__(self) -> str:
        if self.is_lazy:
            names = ", ".join(self.columns)
            return f"Table(lazy {_library(self._frame)} frame: {names})"
        rows = f"{len(self):,} row{'' if len(self) == 1 else 's'}"
        return f"Table({rows}: {', '.join(self._described())})"

    def _described(self) -> list[str]:
        described = []
        for name in self.columns:
            try:
                kind = self.column(name).kind if len(self) else "empty"
            except errors.PlotkitError:
                kind = "mixed"
            described.append(f"{name} {kind}")
        return described

    def _repr_html_(self) -> str:
        import html

        names = self.columns
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = ""
        for row, _ in zip(self._shown_rows(), range(10), strict=False):
            cells = "".join(f"<td>{html.escape(str(v))}</td>" for v in row)
            body += f"<tr>{cells}</tr>"
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>{html.escape(repr(self))}</p>"
        )

    def _shown_rows(self) -> Iterator[list[Any]]:
        """Rows to show; none of a lazy frame, or where a column cannot be read."""
        try:
            return iter(self) if not self.is_lazy else iter(())
        except errors.PlotkitError:
            return iter(())


# --- reading the kinds of data -------------------------------------------------------------------


def _is_numpy(value: object) -> bool:
    if "numpy" not in sys.modules:  # an array cannot exist where NumPy was never imported
        return False
    import numpy as np  # waits for a thread that is only just importing it

    return isinstance(value, np.ndarray)


def _checked_names(names: Iterable[object]) -> list[str]:
    checked: list[str] = []
    for position, name in enumerate(names):
        if not isinstance(name, str):
            why = (
                f"it is {type(name).__name__}, and column names are text. For a pandas frame: "
                "df.columns = [str(c) for c in df.columns]."
            )
            raise errors.TableError.from_column_name(position, name, why)
        checked.append(str(name))
    repeated = [name for position, name in enumerate(checked) if name in checked[:position]]
    if repeated:
        raise errors.TableError.from_duplicate_columns(repeated)
    return checked


def _listed_column(name: str, values: Any) -> Any:
    """A column's values as a list or 1-D array; iterators are read once, here."""
    if isinstance(values, list):
        return values
    if _is_numpy(values):
        if values.ndim != 1:
            raise errors.TableError.from_dimensions(name, values.ndim)
        return values
    if isinstance(values, (set, frozenset)):
        raise errors.TableError.from_unordered(name, type(values).__name__)
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise errors.DataError.from_fact(
            None, name, None, values, "a sequence with one value for each row"
        )
    shape = getattr(values, "shape", None)
    if shape is not None and len(shape) == 1 and hasattr(values, "__array__"):
        if hasattr(values, "dtype") and type(values).__module__.partition(".")[0] in (
            "torch",
            "jax",
            "jaxlib",
            "tensorflow",
        ):
            import numpy as np  # a tensor; its values come out as an array

            return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
    elif shape is not None and len(shape) > 1:
        raise errors.TableError.from_dimensions(name, len(shape))
    if hasattr(values, "__narwhals_series__") or hasattr(values, "to_pylist") or shape is not None:
        return _series_values(name, values)
    made: list[Any] = []
    try:
        made.extend(values)
    except errors.PlotkitError:
        raise
    except Exception as reason:
        raise errors.TableError.from_raising_iterator(name, len(made), reason) from reason
    return made


def _series_values(name: str, values: Any) -> Any:
    """A pandas, Polars or Arrow series inside a dict, by its values; the index plays no part."""
    found = _series_array(values)
    if found is not None:
        return found
    if hasattr(values, "to_pylist"):
        return values.to_pylist()
    if hasattr(values, "to_list"):
        return values.to_list()
    return list(values)


def _series_array(values: Any) -> Any:
    """A series of numbers or bools as an array; None where that would lose anything."""
    import narwhals as nw

    series = nw.from_native(values, allow_series=True, series_only=True, pass_through=True)
    if not isinstance(series, nw.Series):
        return None
    dtype = series.dtype
    if not (dtype.is_float() or dtype.is_integer() or dtype == nw.Boolean):
        return None
    if not dtype.is_float() and series.null_count():
        return None
    found = series.to_numpy()
    return found if found.dtype.kind in "iufb" else None


def _from_mapping(source: Mapping[Any, Any], columns: Sequence[str] | None) -> dict[str, Any]:
    names = _checked_names(source)
    held = {name: _listed_column(name, source[name]) for name in names}
    if columns is not None:
        for name in columns:
            if name not in held:
                raise errors.ColumnNotFoundError.from_name(name, names)
        held = {name: held[name] for name in columns}
    expected = len(next(iter(held.values()), []))
    for name, values in held.items():
        if len(values) != expected:
            raise errors.TableError.from_column_length(name, len(values), expected)
    return held


def _from_numpy(source: Any, columns: Sequence[str] | None) -> dict[str, Any]:
    names = source.dtype.names
    if names is not None:  # a structured array: a view of each field
        return _from_mapping({name: source[name] for name in names}, columns)
    if source.ndim == 1:
        if columns is not None and len(columns) == 1:
            return {columns[0]: source}
        if source.dtype == object:
            return _from_rows(source.tolist(), columns)
        raise errors.TableError.from_missing_columns(1)
    if source.ndim != 2:
        raise errors.TableError.from_dimensions("data", source.ndim)
    if columns is None:
        raise errors.TableError.from_missing_columns(source.shape[1])
    if len(columns) != source.shape[1]:
        raise errors.TableError.from_row_length(0, source.shape[1], columns)
    return {name: source[:, i] for i, name in enumerate(columns)}


def _from_rows(rows: list[Any], columns: Sequence[str] | None) -> dict[str, Any]:
    if not rows:
        return {name: [] for name in columns or ()}
    if isinstance(rows[0], Mapping):
        return _from_records(rows, columns)
    if columns is None:
        first = rows[0]
        if isinstance(first, (str, bytes)) or not hasattr(first, "__len__"):
            raise errors.TableError.from_row_kind(0, first)
        raise errors.TableError.from_missing_columns(len(first))
    width = len(columns)
    for number, row in enumerate(rows):
        if isinstance(row, (str, bytes, Mapping)) or not hasattr(row, "__len__"):
            raise errors.TableError.from_row_kind(number, row)
        if len(row) != width:
            raise errors.TableError.from_row_length(number, len(row), columns)
    return {name: [row[i] for row in rows] for i, name in enumerate(columns)}


def _from_records(rows: list[Any], columns: Sequence[str] | None) -> dict[str, Any]:
    names = list(columns) if columns is not None else _checked_names(rows[0])
    wanted = set(names)
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise errors.TableError.from_row_kind(number, row)
        if row.keys() == wanted:
            continue
        missing = [name for name in names if name not in row]
        extra = [] if columns is not None else [name for name in row if name not in wanted]
        if extra or missing:
            raise errors.TableError.from_record_keys(number, extra, missing, names)
    return {name: [row[name] for row in rows] for name in names}


# --- frames of other libraries, through narwhals -------------------------------------------------


def _from_frame(source: Any, columns: Sequence[str] | None) -> tuple[Any, dict[str, str]]:
    """The frame as narwhals wraps it, and what it calls each column."""
    import narwhals as nw

    if _library(source) == "pandas" and hasattr(source, "columns"):
        _checked_names(source.columns)
    try:
        frame = nw.from_native(source)
    except TypeError:
        frame = _from_series(source) or _from_capsule(source)
    if not isinstance(frame, (nw.DataFrame, nw.LazyFrame)):
        raise errors.TableError.from_unknown_source(source)
    with _told(_library(frame)):
        # narwhals keeps one of DuckDB's columns of equal name without a word.
        is_duckdb = _library(frame) == "duckdb"
        shown = frame.to_native().columns if is_duckdb else _frame_names(frame)
    names = _checked_names(shown)
    if columns is not None:
        for name in columns:
            if name not in names:
                raise errors.ColumnNotFoundError.from_name(name, names)
    frame, inside = _plainly_named(frame, names)
    inside = {name: inside[name] for name in (names if columns is None else columns)}
    return (frame if columns is None else frame.select(*inside.values())), inside


def _from_series(source: Any) -> Any:
    """A single series as a frame of one column, named "value" where it has no name."""
    import narwhals as nw

    found = nw.from_native(source, allow_series=True, series_only=True, pass_through=True)
    if not isinstance(found, nw.Series):
        return None
    name = found.name if isinstance(found.name, str) and found.name else "value"
    return found.alias(name).to_frame()


def _plainly_named(frame: Any, names: Sequence[str]) -> tuple[Any, dict[str, str]]:
    """The frame with names that its engine cannot take for a path, such as "a.b"."""
    import narwhals as nw

    plain = {name: f"column_{i}" for i, name in enumerate(names)}
    library, native = _library(frame), frame.to_native()
    if library == "duckdb":
        quoted = [f'"{name.replace(chr(34), chr(34) * 2)}" as {p}' for name, p in plain.items()]
        return nw.from_native(native.project(", ".join(quoted))), plain
    if library == "pyspark":
        return nw.from_native(native.toDF(*plain.values())), plain
    return frame, {name: name for name in names}


def _from_capsule(source: Any) -> Any:
    """Anything with the Arrow PyCapsule interface, through a library that is there already."""
    import importlib.util

    import narwhals as nw

    if not hasattr(source, "__arrow_c_stream__"):
        raise errors.TableError.from_unknown_source(source)
    for backend in ("pyarrow", "polars"):
        if backend in sys.modules or importlib.util.find_spec(backend) is not None:
            return nw.from_arrow(source, backend=backend)
    import duckdb  # a dependency of ours, and it reads the interface by itself

    return nw.from_native(duckdb.from_arrow(source))


def _library(source: Any) -> str:
    native = source.to_native() if hasattr(source, "to_native") else source
    return type(native).__module__.partition(".")[0].lstrip("_")


def _frame_names(frame: Any) -> Sequence[str]:
    names: Sequence[str] = frame.collect_schema().names() if _is_lazy(frame) else frame.columns
    return names


def _is_lazy(frame: Any) -> bool:
    import narwhals as nw

    return isinstance(frame, nw.LazyFrame)


def is_bare_parquet(frame: nw.LazyFrame[Any]) -> bool:
    """Whether DuckDB reads the rows from Parquet files and does nothing more with them.

    Then it answers for all rows at once (how many, lowest, highest) without reading them.
    """
    native: Any = frame.to_native()
    if _library(native) != "duckdb":
        return False
    with _told("duckdb"):
        plan = native.explain()
    steps = set(re.findall(r"\u250c[^\n]*\n\u2502 *(\w+)", plan))
    return bool(steps & _PARQUET_SCANS) and steps <= {*_PARQUET_SCANS, "PROJECTION"}


def _lazy_length(frame: nw.LazyFrame[Any]) -> int:
    import narwhals as nw

    counting: Any = frame.select(nw.len().alias("n"))
    native: Any = frame.to_native()
    if _library(native) == "duckdb":  # it knows this of files without reading them
        counting = nw.from_native(native.aggregate("count(*) as n"))
    counted = _collect(counting, {"n": "n"})
    return int(counted["n"].as_list()[0])


def _collect(frame: nw.LazyFrame[Any], names: Mapping[str, str]) -> Columns:
    """Evaluate a lazy frame into columns, without importing a library of the caller's absence."""
    native = frame.to_native()
    library = _library(native)
    with _told(library):
        schema = frame.collect_schema()
    if library == "duckdb":
        return _collect_duckdb(native, schema, names)
    with _told(library):
        if library == "pyspark":
            return _collect_spark(native, names)
        if library == "polars":
            collected = frame.collect(**_streaming(native))
        else:
            collected = frame.collect("pyarrow" if "pyarrow" in sys.modules else "pandas")
    return {
        name: columns_of.from_series(names.get(name, name), collected[name])
        for name in collected.columns
    }


def _streaming(native: Any) -> dict[str, Any]:
    """How Polars, where it is new enough, goes through rows without holding all of them."""
    return {"engine": "streaming"} if "engine" in signature(native.collect).parameters else {}


def _collect_duckdb(relation: Any, schema: Any, names: Mapping[str, str]) -> Columns:
    """DuckDB gives NumPy arrays by itself: neither pandas nor pyarrow is needed."""
    import numpy  # noqa: F401 - here, as Ctrl-C while DuckDB imports it would leave half of it

    if any(_is_beyond_float(dtype) for dtype in schema.values()):
        return _collect_exactly(relation, schema, names)
    with _told("duckdb"):
        arrays: dict[str, np.ndarray[Any, Any]] = relation.fetchnumpy()
    made: Columns = {}
    for role, dtype in schema.items():
        name = names.get(role, role)
        kind, array = columns_of.kind_of_dtype(dtype), arrays[role]
        if kind is None or array.dtype == object or array.dtype.kind not in "iufbM":
            made[role] = columns_of.from_values(name, _unmasked(array))
        else:
            zone = columns_of.zone_of_dtype(dtype)
            made[role] = Column(name, kind, array=array, zone=zone)
    return made


def _is_beyond_float(dtype: Any) -> bool:
    word = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    return word in ("Decimal", "Int128", "UInt128")


def _collect_exactly(relation: Any, schema: Any, names: Mapping[str, str]) -> Columns:
    """As Python values: DuckDB's arrays would round decimals and huge integers."""
    with _told("duckdb"):
        rows = relation.fetchall()
    return {
        role: columns_of.from_values(names.get(role, role), [row[i] for row in rows])
        for i, role in enumerate(schema)
    }


@contextmanager
def _told(engine: str) -> Iterator[None]:
    """An engine's own errors as ours, with its words."""
    try:
        with progress.listening():
            yield
    except errors.PlotkitError:
        raise
    except Exception as reason:
        raise errors.TableError.from_engine(engine, f"{reason}") from reason


def _collect_spark(frame: Any, names: Mapping[str, str]) -> Columns:
    """Spark gives plain Python rows: it needs neither pandas nor pyarrow for them."""
    rows = frame.collect()
    return {
        role: columns_of.from_values(names.get(role, role), [row[i] for row in rows])
        for i, role in enumerate(frame.columns)
    }


def _unmasked(array: Any) -> list[Any]:
    if type(array).__name__ == "Categorical":  # an ENUM comes as a pandas categorical
        return [None if v != v else str(v) for v in array]
    values = array.tolist()  # a masked array gives None where masked
    return list(values)
