"""Savers that are killed, and savers whose system calls fail: nothing is lost, nothing is half."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

HELPERS = Path(__file__).parent / "crash"
sys.path.insert(0, str(HELPERS))

import faults  # noqa: E402
import saving  # noqa: E402

from plotkit import store  # noqa: E402

# Calls that no code of ours makes: memory, signals, and what makes and ends processes.
NOT_OURS = {
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "futex", "rt_sigaction",
    "rt_sigprocmask", "rt_sigreturn", "exit_group", "getpid", "execve",
}  # fmt: skip
BURN = 300
MEDDLING = ["signal=KILL", *(f"error={e}" for e in ("ENOSPC", "EIO", "EROFS", "EMFILE", "EPERM"))]


@pytest.fixture(autouse=True)
def _own_roots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLOTKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLOTKIT_PRESETS", str(tmp_path / "project"))


def test_what_200_killed_savers_had_answers_for_is_there(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HELPERS / "kill_cycles.py"), "200", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("200 cycles")


class Answer(NamedTuple):
    """What came of a save whose n-th call of a kind was meddled with."""

    folder: Path
    call: str
    n: int
    answer: str


needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed (apt-get install strace)"
)


@contextmanager
def _attached(pid: str, *options: str) -> Iterator[None]:
    strace = subprocess.Popen(
        ["strace", "-f", "-p", pid, *options], stderr=subprocess.PIPE, text=True
    )
    assert strace.stderr
    try:
        told = strace.stderr.readline()
        if "attached" not in told:
            pytest.skip(f"strace cannot attach here: {told.strip()}")
        yield
    finally:
        strace.communicate(timeout=60)


def _meddled(tmp_path: Path, root: str, state: str, *options: str) -> list[Answer]:
    with subprocess.Popen(
        [sys.executable, str(HELPERS / "faults.py"), str(tmp_path), root, state, str(BURN)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as target:
        assert target.stdin and target.stdout and target.stderr
        pid = target.stdout.readline().strip()
        assert pid, target.stderr.read()
        try:
            with _attached(pid, *options):
                said, failed = target.communicate("go\n", timeout=300)
        finally:
            target.kill()
    assert target.returncode == 0, failed
    lines = [line.split() for line in said.splitlines()]
    return [Answer(tmp_path / own, call, int(n), answer) for own, call, n, answer in lines]


@needs_strace
@pytest.mark.parametrize("root", ["store", "project"])
def test_the_meddled_calls_are_all_that_a_save_makes(tmp_path: Path, root: str) -> None:
    log = tmp_path / "log"
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import saving, os; saving.use(sys.argv[2])\n"
        "from plotkit import store; warm = store.save(saving.content('a'), sys.argv[3])\n"
        "os.access('BEGIN', 0); store.save(saving.content('b'), sys.argv[3]); os.access('END', 0)"
    )
    command = [sys.executable, "-c", script, str(HELPERS), str(tmp_path), root]
    subprocess.run(["strace", "-o", str(log), *command], check=True, timeout=60)
    traced = log.read_text().partition("BEGIN")[2].partition("END")[0]
    calls = set(re.findall(r"^(\w+)\(", traced, re.MULTILINE)) - NOT_OURS - {"access"}
    assert {"openat", "write", "fsync"} < calls
    assert calls <= {*faults.KINDS}


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("state", ["first", "again"])
@pytest.mark.parametrize("root", ["store", "project"])
@pytest.mark.parametrize("meddling", MEDDLING)
def test_meddling_with_every_call_of_a_save(
    tmp_path: Path, root: str, state: str, meddling: str
) -> None:
    """An answered save is there, whole; any other left the old state, or the new one, whole."""
    calls = ",".join(faults.KINDS)
    inject = f"inject={calls}:{meddling}:when={BURN}"
    answers = _meddled(
        tmp_path, root, state, "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject
    )
    counted = Counter(answer.answer for answer in answers)
    assert counted["past"] == len(faults.KINDS), "each kind was met from its first call to its last"
    assert set(counted) <= {"saved", "refused", "killed", "past"}
    assert counted["killed" if meddling == "signal=KILL" else "refused"] > 20
    old = ["old-1", "old-2"] if state == "again" else []
    new = [*old, "new"]
    if root == "project":
        old, new = old[-1:], new[-1:]
    for answer in answers:
        saving.use(str(answer.folder))
        there = saving.labels(root)
        done = answer.answer in ("saved", "past")
        assert there == new if done else there in (old, new), answer
        # Whatever was left, the next save goes through, and a later one sweeps.
        for aside in saving.left_aside(str(answer.folder)):
            os.utime(aside, (0, 0))
        store.save(saving.content("next"), root)  # type: ignore[arg-type]
        assert saving.labels(root)[-1] == "next"
        assert not saving.left_aside(str(answer.folder))
