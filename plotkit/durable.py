"""Files that are wholly there, on the disk, or not there at all.

A file is written aside in the folder it is meant for, synced, put in its place in one step, and
the folder is synced: whoever gets an answer has a file that outlives a power cut, whoever is
killed leaves the old state or the new file, and no reader ever sees a part. What killed writers
leave aside is invisible (its name starts with a dot) and swept away later.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ASIDE = ".tmp"
_BINARY = getattr(os, "O_BINARY", 0)
# What file systems without hard links answer (FAT, some network and FUSE mounts).
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
# What file systems that cannot lock a folder answer.
_NO_LOCKS = (errno.ENOLCK, errno.EBADF, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
# A writer that stopped for longer than this finds its file aside gone, and fails cleanly.
_STALE_SECONDS = 3600.0


def create(path: str, data: bytes, root: str, mode: int = 0o666) -> None:
    """Make a new file inside `root`, with the folders it needs.

    Raises `FileExistsError` where there is one already, which is left as it is, and any other
    `OSError` with the old state in place, or with the new file wholly there but not confirmed.
    """
    folder = os.path.dirname(path)
    make_folders(folder)
    aside = _written_aside(folder, data, mode)
    try:
        try:
            os.link(aside, path)
        except OSError as reason:
            if isinstance(reason, FileExistsError) or reason.errno not in _NO_LINKS:
                raise
            _rename_to_new(aside, path)
        settle(folder, root)
    finally:
        _remove(aside)


def replace(path: str, data: bytes, root: str) -> None:
    """Put a file inside `root` in the place of the one that is there, if any; keep its mode."""
    folder = os.path.dirname(path)
    make_folders(folder)
    mode = None
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(os.stat(path).st_mode)
    aside = _written_aside(folder, data, 0o666)
    try:
        if mode is not None:
            os.chmod(aside, mode)
        os.replace(aside, path)
        settle(folder, root)
    finally:
        _remove(aside)


def remove(path: str) -> None:
    """Take a file away for good."""
    os.unlink(path)
    _sync(os.path.dirname(path))


def move(old: str, new: str) -> None:
    """Give a file or folder another name, in one step; a folder must not exist at `new`."""
    make_folders(os.path.dirname(new))
    os.rename(old, new)
    _sync(os.path.dirname(new))
    _sync(os.path.dirname(old))


def make_folders(folder: str) -> None:
    """Make a folder and the parents it lacks, each one on the disk."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        if not stat.S_ISDIR(os.stat(folder).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None
        return
    except FileNotFoundError:
        parent = os.path.dirname(folder)
        if parent == folder:
            raise
        make_folders(parent)
        with suppress(FileExistsError):
            os.mkdir(folder)
    _sync(os.path.dirname(folder))


def settle(folder: str, root: str) -> None:
    """Confirm that a file's folder, its parents up to `root`, and `root` itself are on the disk.

    All of them every time, since whoever made one may have been killed before syncing it.
    """
    at, root = os.path.realpath(folder), os.path.realpath(root)
    while True:
        _sync(at)
        parent = os.path.dirname(at)
        if at in (root, parent):
            break
        at = parent
    with suppress(PermissionError):  # what holds the root may be closed to us
        _sync(parent)


def read(path: str) -> bytes:
    """A plain file's bytes. Never waits, as opening a pipe would, and follows no link."""
    flags = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    opened = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file", path)
        with open(opened, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(opened)


def inside(root: str, *parts: str) -> str | None:
    """The real path of something below `root`, or None where a symlink leads out of it."""
    top = os.path.realpath(root)
    real = os.path.realpath(os.path.join(top, *parts))
    return real if real == top or real.startswith(top.rstrip(os.sep) + os.sep) else None


@contextmanager
def held(folder: str) -> Iterator[None]:
    """One writer at a time in a folder; ends with the process, however that ends.

    Where the system cannot lock folders nothing is held.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
        except OSError as reason:
            if reason.errno not in _NO_LOCKS:
                raise
        yield
    finally:
        os.close(opened)


def sweep(folder: str) -> None:
    """Remove what killed writers left aside in a folder; whatever fails is left for later."""
    with suppress(OSError):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if name.startswith(".") and name.endswith(ASIDE):
                with suppress(OSError):
                    if time.time() - os.lstat(path).st_mtime > _STALE_SECONDS:
                        os.unlink(path)
            elif name.startswith(".") and name.endswith(".claim"):
                # Once the claimed file is there its claim says nothing more.
                with suppress(OSError):
                    os.lstat(os.path.join(folder, name[1 : -len(".claim")]))
                    os.unlink(path)


def _written_aside(folder: str, data: bytes, mode: int) -> str:
    aside = os.path.join(folder, f".{os.getpid()}-{os.urandom(8).hex()}{ASIDE}")
    opened = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    try:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(opened, left) :]
            os.fsync(opened)
        finally:
            os.close(opened)
    except BaseException:
        _remove(aside)
        raise
    return aside


def _rename_to_new(aside: str, path: str) -> None:
    """What an exclusive hard link does, without hard links.

    A rename replaces what is there, so the name is first claimed by a file that only one writer
    can make, and looked at again: from then on nobody else can bring the name into being. The
    claim of a killed writer stays, and its name is never used.
    """
    folder, name = os.path.split(path)
    claim = os.path.join(folder, f".{name}.claim")
    os.close(os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    try:
        try:
            os.lstat(path)
        except FileNotFoundError:
            os.rename(aside, path)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    finally:
        _remove(claim)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _sync(folder: str) -> None:
    if not hasattr(os, "O_DIRECTORY"):  # Windows syncs no folders
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    except OSError as reason:
        if reason.errno != errno.EINVAL:  # a file system that syncs no folders
            raise
    finally:
        os.close(opened)
