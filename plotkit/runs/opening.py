"""Opening a run's file, for reading or for writing, whatever state it is in.

While a run is recorded its file is in SQLite's WAL mode: the newest rows lie in `run.db-wal` beside
it. Once the writer has closed it is one plain file again, that can be copied and read anywhere.

A copy without its `run.db-wal` must not be taken for the whole. So the file itself says that there
is more (`application_id`), and the first thing in `run.db-wal` is that there is not: whoever puts
the two together, SQLite's own shell too, makes that true.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from plotkit import durable, errors
from plotkit.runs import folders, migrating, packed

_MORE = 0x706B7277  # "pkrw": some of it is in the file beside it
_WHOLE = 0x706B7272  # "pkrr"
_MAGIC = b"SQLite format 3\0"
_PATIENCE = 10.0  # seconds that a connection waits for another one
_TORN = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ", "SQLITE_FORMAT")
_CLOSED_TO_US = ("SQLITE_CANTOPEN", "SQLITE_READONLY")


class Opened(NamedTuple):
    """A connection for reading, and what it reads where that is not the file itself.

    Attributes:
        connection: never in a transaction.
        live: whether it sees what is written after it was opened.
        aside: a folder to remove at the end.
    """

    connection: sqlite3.Connection
    live: bool
    aside: Path | None = None

    def close(self) -> None:
        """Let go of everything."""
        self.connection.close()
        if self.aside is not None:
            shutil.rmtree(self.aside, ignore_errors=True)


def stamp(path: Path) -> tuple[int, ...]:
    """Differs once the file was written, where its connection cannot tell."""
    found: list[int] = []
    for file in (path, _log_of(path)):
        with suppress(OSError):
            state = file.stat()
            found += [state.st_mtime_ns, state.st_size, state.st_ino]
    return tuple(found)


def create(path: Path, facts: Callable[[sqlite3.Connection], None]) -> None:
    """Make a run's file and its folders where there is none.

    It appears in one step, and holds from the beginning what `facts` writes into it.
    """
    durable.make_folders(str(path.parent / folders.MEDIA))
    if path.exists():
        return
    aside = path.with_name(f".{path.name}-{os.getpid()}-{time.monotonic_ns()}")
    try:
        with _closed(_connected(aside, "rwc")) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("BEGIN")
            migrating.schema(connection)
            facts(connection)
            connection.execute(f"PRAGMA application_id = {_WHOLE}")
            connection.execute("COMMIT")
        with suppress(FileExistsError):
            durable.create(str(path), aside.read_bytes(), str(path.parent))
    finally:
        with suppress(OSError):
            aside.unlink()


def for_writing(path: Path) -> sqlite3.Connection:
    """A connection that writes; a file of an older format is made new first.

    Raises `RunError`.
    """
    _look(path)
    with told(path, writing=True):
        connection = _connected(path, "rw")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")  # `merge` does it
            connection.execute("BEGIN IMMEDIATE")
            found = _format(path, connection)
            if found < migrating.FORMAT:
                migrating.migrate(connection, found)
            connection.execute("COMMIT")
            merge(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def close_writing(connection: sqlite3.Connection) -> None:
    """Close such a connection and make one plain file of the run, if nobody else has it open."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA busy_timeout = 100")
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    connection.close()


def merge(connection: sqlite3.Connection) -> None:
    """Put what is in the file beside it into a run's file, as far as readers let us."""
    connection.execute(f"PRAGMA application_id = {_MORE}")
    make_room(connection)
    connection.execute(f"PRAGMA application_id = {_WHOLE}")


def make_room(connection: sqlite3.Connection) -> None:
    """The same without a mark, for which a full disk has no room."""
    connection.execute("PRAGMA busy_timeout = 0")  # waiting for readers is not worth it
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE * 1000:.0f}")


def beside(path: Path) -> int:
    """Bytes in the file beside a run's file."""
    return _size(_log_of(path))


def for_reading(path: Path) -> Opened:
    """A connection that changes nothing; raises `RunError`."""
    _look(path)
    with told(path):
        try:
            opened = Opened(_tried(_connected(path, "ro")), live=True)
        except sqlite3.OperationalError as reason:
            if not reason.sqlite_errorname.startswith(_CLOSED_TO_US):
                raise
            opened = _elsewhere(path)
        try:
            found = _format(path, opened.connection)
            if found == migrating.FORMAT:
                return opened
            memory = migrating.in_memory(opened.connection, found)
        except BaseException:
            opened.close()
            raise
        opened.close()
        return Opened(memory, live=False)


@contextmanager
def told(path: Path, *, writing: bool = False) -> Iterator[None]:
    """What SQLite says of a file, and bytes that are not as they were written, as `RunError`."""
    try:
        yield
    except errors.PlotkitError:
        raise
    except sqlite3.Error as reason:
        name = getattr(reason, "sqlite_errorname", "") or ""
        if name.startswith(_TORN) or "no such" in str(reason):
            raise errors.RunError.from_torn(str(path), str(reason)) from reason
        if writing:
            raise errors.RunError.from_unwritable(str(path), str(reason)) from reason
        raise errors.RunError.from_unreadable(str(path), str(reason)) from reason
    except (packed.TornError, json.JSONDecodeError, UnicodeDecodeError) as reason:
        raise errors.RunError.from_torn(str(path), str(reason)) from reason
    except OSError as reason:
        said = reason.strerror or str(reason)
        make = errors.RunError.from_unwritable if writing else errors.RunError.from_unreadable
        raise make(str(path), said) from reason


# --- inside --------------------------------------------------------------------------------------


def _connected(path: Path, mode: str, more: str = "") -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}{more}",
        uri=True,
        timeout=_PATIENCE,
        isolation_level=None,  # transactions begin where we say so
        check_same_thread=False,
    )


@contextmanager
def _closed(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    finally:
        connection.close()


def _tried(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A connection that has read something: opening alone proves nothing."""
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _elsewhere(path: Path) -> Opened:
    """Reading where SQLite may make no file: as it is, or a copy with what is beside it."""
    others = [file for file in (_log_of(path), _journal_of(path)) if _size(file)]
    if not others:
        return Opened(_tried(_connected(path, "ro", "&immutable=1")), live=False)
    aside = Path(tempfile.mkdtemp(prefix="plotkit-run-"))
    try:
        for file in (path, *others):
            shutil.copyfile(file, aside / file.name)
        return Opened(_tried(_connected(aside / path.name, "rw")), live=False, aside=aside)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _format(path: Path, connection: sqlite3.Connection) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > migrating.FORMAT:
        raise errors.RunError.from_newer_format(str(path), found, migrating.FORMAT)
    if found < 1:
        raise errors.RunError.from_torn(str(path), "it is a database, but not one of a run")
    return found


def _look(path: Path) -> None:
    """Is it there, is it a database, is what belongs to it there?"""
    head = _head(path)
    if head[:16] != _MAGIC or len(head) < 100:
        why = "it is empty" if not head else "it is no SQLite database"
        raise errors.RunError.from_torn(str(path), why)
    if _lacks_log(path, head):
        time.sleep(0.05)  # it may just have been closed
        if _lacks_log(path, _head(path)):
            raise errors.RunError.from_missing_log(str(_log_of(path)))


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(100)
    except (FileNotFoundError, NotADirectoryError):
        raise errors.RunError.from_no_file(str(path)) from None
    except OSError as reason:
        raise errors.RunError.from_unreadable(str(path), reason.strerror or "") from reason


def _lacks_log(path: Path, head: bytes) -> bool:
    more = head[18] == 2 and int.from_bytes(head[68:72], "big") == _MORE
    return more and not _log_of(path).exists()


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
