"""Files as frames: CSV, TSV, JSON lines, Parquet and Arrow, through DuckDB."""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from plotkit import errors

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
_COMPRESSED = (".gz", ".zst")


def open_table(path: str | Path) -> Any:
    """A DuckDB relation (for Arrow files a pyarrow table) over a file, not read yet.

    `path` "-" is standard input, kept in a temporary file while the process lives, so that it may
    be larger than memory. Raises `TableError` where the file is missing, unreadable or no table.
    """
    if not isinstance(path, (str, Path)) or "\0" in str(path):
        raise errors.OptionError.from_option("path", path, "the path of a file")
    if str(path) == "-":
        return _open(_spooled(sys.stdin.buffer), "standard input")
    file = Path(path)
    if file.is_dir():
        raise errors.TableError.from_file(str(path), "it is a folder.")
    if not file.exists():
        raise errors.TableError.from_file(str(path), "there is no such file.")
    if not file.is_file():  # a pipe, such as /dev/stdin or <(command): it can be read only once
        with file.open("rb") as opened:
            return _open(_spooled(opened), str(path))
    return _open(file, str(path))


def _open(file: Path, said: str) -> Any:
    if not file.stat().st_size:
        raise errors.TableError.from_file(said, "it is empty.")
    kind = _kind(file)
    if kind == "arrow":
        return _open_arrow(file, said)
    import duckdb

    name = str(file)
    try:
        connection = duckdb.connect()  # one of its own: nothing of the caller's is visible to it
        if kind == "parquet":
            return connection.read_parquet(name)
        if kind == "json":
            return connection.read_json(name, format="auto")
        return _open_csv(connection, name, kind)
    except duckdb.Error as reason:
        raise errors.TableError.from_file(said, _first_line(reason)) from reason


def _open_csv(connection: Any, name: str, kind: str) -> Any:
    """A text table by the header that it has: DuckDB would guess another where rows are ragged."""
    if name.lower().endswith(_COMPRESSED):
        return connection.read_csv(name)
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
        return connection.read_csv(name, sep=sep)  # perhaps no header at all
    try:
        return connection.read_csv(name, sep=sep, header=True)
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
        shutil.copyfileobj(stream, spool)
    atexit.register(Path(spool.name).unlink, missing_ok=True)
    return Path(spool.name)


def _first_line(reason: BaseException) -> str:
    """The line of an error that says what is wrong, without the advice that follows."""
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    told = [line for line in lines[1:] if line.startswith(("Original Line", "Expected Number"))]
    return "; ".join([*lines[:1], *told]) if lines else type(reason).__name__
