"""Saves in which one system call fails, or at which the process is killed: run by the tests.

`python faults.py FOLDER ROOT STATE BURN`: prints its pid and waits for a line, until strace is
attached and set to meddle with the BURN-th call of each kind in each process. Then it forks one
process after another. Each has a folder of its own for its roots, and makes BURN - n calls of one
kind that do nothing, so that the meddling meets the n-th call of that kind in its save. It prints
"folder kind n answer": saved, refused (with one of plotkit's errors), killed, or past, where n
lies beyond the save; then it goes on to the next kind.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from saving import content, use

from plotkit import errors, store

MOST = 250  # calls that a save makes at most
NONE = 9999  # a file descriptor that is not open
_libc = ctypes.CDLL(None, use_errno=True)


def _getdents() -> None:
    if _libc.getdents64(NONE, None, 0):
        raise OSError(ctypes.get_errno(), "")


# Every kind of call that a save makes (the tests hold this list against a trace), done so that it
# does nothing but fail.
KINDS: dict[str, Callable[[], object]] = {
    "newfstatat": lambda: os.lstat(""),
    "openat": lambda: os.open("", 0),
    "close": lambda: os.close(NONE),
    "fsync": lambda: os.fsync(NONE),
    "read": lambda: os.read(NONE, 1),
    "write": lambda: os.write(NONE, b"-"),
    "lseek": lambda: os.lseek(NONE, 0, 0),
    "ioctl": lambda: fcntl.ioctl(NONE, 0x5401),
    "getdents64": _getdents,
    "mkdir": lambda: os.mkdir(""),
    "link": lambda: os.link("", ""),
    "unlink": lambda: os.unlink(""),
    "rename": lambda: os.rename("", ""),
    "chmod": lambda: os.chmod("", 0),
    "flock": lambda: fcntl.flock(NONE, fcntl.LOCK_EX),
    "getrandom": lambda: os.getrandom(1, 1 << 20),  # a flag that does not exist
}
NATURAL = (errno.ENOENT, errno.EBADF, errno.EINVAL)
SAVED, REFUSED, PAST = 10, 11, 12
ANSWERS = {SAVED: "saved", REFUSED: "refused", PAST: "past", -signal.SIGKILL: "killed"}


def failing(call: Callable[[], object]) -> int | None:
    try:
        call()
    except OSError as reason:
        return reason.errno
    return None


def save(root: str, kind: str, n: int, burn: int, returned: mmap.mmap) -> int:
    kept = content("new")
    for _ in range(burn - n):
        failing(KINDS[kind])
    try:
        store.save(kept, root)  # type: ignore[arg-type]
        answer = SAVED
    except errors.PlotkitError:
        answer = REFUSED
    returned[0] = 1
    return answer if failing(KINDS[kind]) in NATURAL else PAST


def main(folder: str, root: str, state: str, burn: int) -> None:
    use(f"{folder}/0")
    with suppress(errors.SaveError):  # imports what is imported late
        raise errors.SaveError.from_preset("a/b", "saved", OSError(5, "warm"), [])
    for label in ("old-1", "old-2"):
        store.save(content(label), root)  # type: ignore[arg-type]
    for own in range(1, MOST + 1):
        if state == "again":
            shutil.copytree(f"{folder}/0", f"{folder}/{own}")
        else:
            os.mkdir(f"{folder}/{own}")
    returned = mmap.mmap(-1, 1)
    print(os.getpid(), flush=True)
    sys.stdin.readline()
    said = []
    own = 0
    for kind in KINDS:
        for n in range(1, MOST):
            own += 1
            returned[0] = 0
            pid = os.fork()
            if pid == 0:
                use(f"{folder}/{own}")
                os._exit(save(root, kind, n, burn, returned))
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            past = code == PAST or (returned[0] and code == -signal.SIGKILL)
            said.append(f"{own} {kind} {n} {'past' if past else ANSWERS.get(code, code)}")
            if past:
                break
    print("\n".join(said))


if __name__ == "__main__":
    _, folder, root, state, burn = sys.argv
    main(folder, root, state, int(burn))
