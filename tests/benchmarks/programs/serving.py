"""A process that works on request: a line in, a line of JSON with its seconds out."""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")
_data_seconds = 0.0


def made(make: Callable[..., Made], *arguments: object) -> Made:
    """Data for the work; the seconds that it takes are told apart from the others."""
    global _data_seconds
    start = time.perf_counter()
    data = make(*arguments)
    _data_seconds += time.perf_counter() - start
    return data


def serve(work: Callable[..., object]) -> None:
    """Call `work` with the words of each line, and say how long it took and what it returned."""
    # What libraries print shall not stand between the answers.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            start = time.perf_counter()
            said = work(*line.split())
            seconds = time.perf_counter() - start
            answer = {"seconds": seconds, "said": said, "data_seconds": _data_seconds}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
