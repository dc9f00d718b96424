"""Savers killed at any moment: `python kill_cycles.py 2000 FOLDER [SEED]`.

In each cycle a process saves as fast as it can and is killed with SIGKILL. Then all that it had
an answer for must be there, whole; beyond that at most the one save it was at, whole too.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
from itertools import count

from saving import content, label_of, labels, left_aside, use

from plotkit import store


def saver(kind: str, cycle: int, answers: int) -> None:
    for n in count():
        store.save(content(f"{cycle}-{n}"), kind)  # type: ignore[arg-type]
        os.write(answers, f"{cycle}-{n}\n".encode())


def killed(kind: str, cycle: int, seconds: float) -> list[str]:
    """What a saver had answers for when it was killed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            saver(kind, cycle, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        if cycle % 4:  # every fourth may be killed in the save that makes the folders
            select.select([answers], [], [], 10)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), f"the saver ended by itself: {status}"
        return answers.read().decode().split()


def run(cycles: int, folder: str, seed: int) -> None:
    use(folder)
    chance = random.Random(seed)
    store.find("plotkit/line")  # all that is imported late is there before the forks
    stands = {"store": [], "project": []}  # type: dict[str, list[str]]
    unanswered = 0
    for cycle in range(cycles):
        kind = ("store", "project")[cycle % 2]
        if cycle % 50 == 49:  # a fresh start now and then
            use(os.path.join(folder, str(cycle)))
            stands = {"store": [], "project": []}
        answered = killed(kind, cycle, chance.uniform(0, 0.008))
        possible = [*answered, f"{cycle}-{len(answered)}"]  # the last one was not answered
        if kind == "project":
            now = labels(kind)
            before = [*stands[kind], *answered][-1:]
            assert now in (before, possible[-1:]), f"{now} after {answered}"
            unanswered += now != before
            stands[kind] = now
            continue
        there = labels(kind)
        wanted = [*stands[kind], *answered]
        assert there in (wanted, [*wanted, possible[-1]]), f"{there[-3:]} after {wanted[-3:]}"
        unanswered += there != wanted
        stands[kind] = there
    # The store still works, whatever was left aside.
    assert label_of(store.load(store.save(content("last"), "store"))) == "last"
    left = len(left_aside(folder))
    print(f"{cycles} cycles, {unanswered} saved without an answer, {left} left aside")


if __name__ == "__main__":
    arguments = [*sys.argv[1:], "1"]
    run(int(arguments[0]), arguments[1], int(arguments[2]))
