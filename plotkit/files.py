"""Files as frames: CSV, TSV, JSON lines, Parquet (also many at once) and Arrow, through DuckDB."""

from __future__ import annotations

import csv
import glob
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from plotkit import errors, progress

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
_PARQUET = (".parquet", ".pq")
_COMPRESSED = (".gz", ".zst")


def open_table(path: str | Path | Sequence[str | Path]) -> Any:
    """A DuckDB relation (for Arrow files a pyarrow table) over a file, not read yet.

    `path` "-" is standard input, kept in a temporary file while the process lives, so that it may
    be larger than memory. A folder, a pattern such as "runs/*.parquet" and a list of paths are
    one table of many Parquet files, in the order of their names; folders named "key=value" give
    a column of that name. Raises `TableError` where the file is missing, unreadable or no table.
    """
    if isinstance(path, (list, tuple)):
        return _open_parts(path)
    if not isinstance(path, (str, Path)) or "\0" in str(path):
        raise errors.OptionError.from_option("path", path, "the path of a file, or a list of them")
    if str(path) == "-":
        return _open(_spooled(sys.stdin.buffer), "standard input")
    file = Path(path)
    if file.is_dir() or (not file.exists() and _is_pattern(path)):
        return _open_many(_files_of(path), str(path))
    if not file.exists():
        raise errors.TableError.from_file(str(path), "there is no such file.")
    if not file.is_file():  # a pipe, such as /dev/stdin or <(command): it can be read only once
        with file.open("rb") as opened:
            return _open(_spooled(opened), str(path))
    return _open(file, str(path))


# --- many files ----------------------------------------------------------------------------------


def _open_parts(paths: Sequence[str | Path]) -> Any:
    """The files, folders and patterns of a list as one table."""
    if not paths:
        raise errors.OptionError.from_option("path", paths, "at least one path")
    for part in paths:
        if not isinstance(part, (str, Path)) or "\0" in str(part):
            raise errors.OptionError.from_option("path", part, "the path of a file")
    if len(paths) == 1:
        return open_table(paths[0])
    files = [file for part in paths for file in _files_of(part)]
    return _open_many(files, f"{paths[0]} and {len(paths) - 1} more")


def _is_pattern(path: str | Path) -> bool:
    return any(sign in str(path) for sign in "*?[")


def _files_of(path: str | Path) -> list[Path]:
    """The file itself, the files that a pattern matches, or the Parquet files of a folder."""
    file = Path(path)
    if file.is_dir():
        inside = (p for p in sorted(file.rglob("*")) if p.suffix.lower() in _PARQUET)
        found = [p for p in inside if p.is_file() and not _is_hidden(p.relative_to(file))]
        if not found:
            raise errors.TableError.from_file(str(path), "the folder holds no Parquet file.")
        return found
    if file.exists() or not _is_pattern(path):
        if not file.is_file():
            raise errors.TableError.from_file(str(path), "there is no such file.")
        return [file]
    matching = (Path(name) for name in sorted(glob.glob(str(path), recursive=True)))
    found = [p for p in matching if p.is_file()]
    if not found:
        raise errors.TableError.from_file(str(path), "no file matches this pattern.")
    return found


def _is_hidden(inside: Path) -> bool:
    """Whether it is a file of the writer's own, as Spark's of names that begin with _ or a dot."""
    return any(part.startswith((".", "_")) and "=" not in part for part in inside.parts)


def _open_many(files: Sequence[Path], said: str) -> Any:
    """One table of many Parquet files; of all others a file at a time is read."""
    if len(files) == 1 and not _keys(files[0]):
        return _open(files[0], str(files[0]))
    for file in files:
        if not file.stat().st_size:
            raise errors.TableError.from_file(str(file), "it is empty.")
        if _kind(file) != "parquet":
            why = "several files are one table only where all of them are Parquet files."
            raise errors.TableError.from_file(str(file), why)
    import duckdb

    keys = _keys(files[0])
    partitioned = bool(keys) and all(_keys(file) == keys for file in files)
    try:
        connection = duckdb.connect()
        progress.follow(connection)
        names = list(map(_escaped, files))
        return connection.read_parquet(names, hive_partitioning=partitioned)
    except duckdb.Error as reason:
        raise errors.TableError.from_file(said, _first_line(reason)) from reason


def _keys(file: Path) -> list[str]:
    """The names that folders such as "year=2024" on the way to a file give to their values."""
    return [part.partition("=")[0] for part in file.parts[:-1] if "=" in part]


def _escaped(file: Path | str) -> str:
    """A file's name, of which DuckDB takes no sign for a pattern's."""
    return re.sub(r"([*?\[])", r"[\1]", str(file))


# --- one file ------------------------------------------------------------------------------------


def _open(file: Path, said: str) -> Any:
    if not file.stat().st_size:
        raise errors.TableError.from_file(said, "it is empty.")
    kind = _kind(file)
    if kind == "arrow":
        return _open_arrow(file, said)
    import duckdb

    try:
        connection = duckdb.connect()  # one of its own: nothing of the caller's is visible to it
        progress.follow(connection)
        if kind == "parquet":
            return connection.read_parquet(_escaped(file))
        if kind == "json":
            return connection.read_json(_escaped(file), format="auto")
        return _open_csv(connection, str(file), kind)
    except duckdb.Error as reason:
        raise errors.TableError.from_file(said, _first_line(reason)) from reason


def _open_csv(connection: Any, name: str, kind: str) -> Any:
    """A text table by the header that it has: DuckDB would guess another where rows are ragged."""
    if name.lower().endswith(_COMPRESSED):
        return connection.read_csv(_escaped(name))
    with open(name, encoding="utf-8-sig", errors="replace", newline="") as opened:
        first = next((line for line in opened if line.strip()), "")
    if not first:
        raise errors.TableError.from_file(name, "it is empty.")
    sep = "\t" if kind == "tsv" else max(",;\t|", key=first.count)
    header = next(csv.reader([first], delimiter=sep))
    repeated = [column for i, column in enumerate(header) if column in header[:i]]
    if repeated and not all(map(_is_number, header)):
        raise errors.TableError.from_duplicate_columns(repeated)
    if any(map(_is_number, header)):
        return connection.read_csv(_escaped(name), sep=sep)  # perhaps no header at all
    try:
        return connection.read_csv(_escaped(name), sep=sep, header=True)
    except Exception:  # DuckDB's words do not say which row; we do where it can be found
        _check_lengths(name, sep, header)
        raise


def _check_lengths(name: str, sep: str, header: list[str]) -> None:
    """Raise `TableError` for the first row of more or fewer values than the header."""
    with open(name, encoding="utf-8-sig", errors="replace", newline="") as opened:
        rows = (row for row in csv.reader(opened, delimiter=sep) if row)
        next(rows, None)
        for number, row in enumerate(rows):
            if len(row) != len(header):
                raise errors.TableError.from_row_length(number, len(row), header)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return not text.strip()
    return True


def _kind(file: Path) -> str:
    """By the ending; by the first bytes where that says nothing."""
    endings = [s.lower() for s in file.suffixes if s.lower() not in _COMPRESSED]
    if endings and endings[-1] in _SUFFIXES:
        return _SUFFIXES[endings[-1]]
    with file.open("rb") as opened:
        head = opened.read(4096)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    if head.lstrip().startswith((b"{", b"[")):
        return "json"
    first = head.splitlines()[0] if head else b""
    return "tsv" if b"\t" in first and b"," not in first else "csv"


def _open_arrow(file: Path, said: str) -> Any:
    try:
        from pyarrow import ArrowInvalid, ipc, memory_map
    except ImportError:
        raise errors.MissingExtraError.from_library("pyarrow", "reading Arrow files") from None
    mapped = memory_map(str(file))
    try:
        return ipc.open_file(mapped).read_all()
    except ArrowInvalid:
        mapped.seek(0)
    try:
        return ipc.open_stream(mapped).read_all()
    except ArrowInvalid as reason:
        raise errors.TableError.from_file(said, _first_line(reason)) from reason


def _spooled(stream: BinaryIO) -> Path:
    """What a stream gives as a file of its own, removed when Python ends."""
    import atexit

    with tempfile.NamedTemporaryFile(prefix="plotkit-", delete=False) as spool:
        # First, as Ctrl-C may end the copying.
        atexit.register(Path(spool.name).unlink, missing_ok=True)
        with progress.shown("reading standard input"):
            shutil.copyfileobj(stream, spool)
    return Path(spool.name)


def _first_line(reason: BaseException) -> str:
    """The line of an error that says what is wrong, without the advice that follows."""
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    told = [line for line in lines[1:] if line.startswith(("Original Line", "Expected Number"))]
    return "; ".join([*lines[:1], *told]) if lines else type(reason).__name__
