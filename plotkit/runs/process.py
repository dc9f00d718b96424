"""Whether the process that records a run still lives.

A process number says something only on its own machine, since its last start, and inside its
container; elsewhere the last sign of life decides.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

BEAT = 30.0  # seconds between two signs of life
SILENCE = 300.0  # seconds without one, after which a run elsewhere counts as crashed


def facts() -> dict[str, Any]:
    """What is written of this process."""
    pid = os.getpid()
    return {
        "pid": pid,
        "host": socket.gethostname(),
        "machine": machine(),
        "pid_started": started(pid),
        "seen": time.time(),
    }


@cache
def machine() -> str:
    """The machine, since it was started, and the part of it whose process numbers we see."""
    found = [socket.gethostname()]
    try:
        found.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
        found.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        pass  # no Linux
    return " ".join(found)


def started(pid: int) -> str | None:
    """When a process began, in a form that tells it from a later one of its number."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    state, *rest = told.rpartition(")")[2].split()
    return None if state in ("Z", "X") else rest[18]  # a zombie does nothing any more


def is_alive(meta: Mapping[str, Any]) -> bool:
    """Whether the process that `facts` were written of goes on."""
    pid = meta.get("pid")
    if meta.get("machine") == machine() and isinstance(pid, int) and _is_known_here():
        return started(pid) is not None and started(pid) == meta.get("pid_started")
    if meta.get("machine") == machine() and isinstance(pid, int) and sys.platform != "win32":
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            pass  # it is somebody else's
        return True
    seen = meta.get("seen", meta.get("created", 0.0))
    return time.time() - float(seen) < SILENCE


@cache
def _is_known_here() -> bool:
    return started(os.getpid()) is not None
