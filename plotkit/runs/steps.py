"""Which step each call of `log` goes to.

| call                        | what happens                                                      |
|-----------------------------|-------------------------------------------------------------------|
| `log(d)`                    | joins the row that is gathered, writes it, and moves on one step  |
| `log(d, commit=False)`      | joins the row that is gathered                                    |
| `log(d, step=n)`, n equal   | the same                                                          |
| `log(d, step=n)`, n larger  | what was gathered is written; d is gathered at n                  |
| `log(d, step=n)`, n written last | d joins that row, if nothing was gathered after it           |
| `log(d, step=n)`, n smaller | dropped with a warning and a count; in strict mode an error       |
| `log(d, step=n, commit=True)` | as without commit, then the row is written; moves on one step   |
| `finish()`                  | what was gathered is written                                      |

An empty dict moves as any other, and writes no row by itself. In one row later values win; in
strict mode two different values of one name and step are an error.
"""

from __future__ import annotations

import operator
from typing import Any

from plotkit import errors

LAST = (1 << 63) - 1


def checked(step: object) -> int:
    """A step as a whole number; raises `RunError` for what is none.

    >>> checked(3)
    3
    >>> checked(1.5)
    Traceback (most recent call last):
        ...
    plotkit.errors.RunError: step=1.5 (float): it is no whole number...
    """
    if type(step) is int:
        found = step
    elif isinstance(step, bool) or type(step).__name__ in ("bool_", "bool"):
        raise errors.RunError.from_step(step, "it is a bool")
    else:
        try:
            found = operator.index(step)  # type: ignore[arg-type]  # NumPy's ints, tensors
        except Exception:
            raise errors.RunError.from_step(step, "it is no whole number") from None
    if found < 0:
        raise errors.RunError.from_step(step, "it is negative")
    if found > LAST:
        raise errors.RunError.from_step(step, "it is too large")
    return found


class Steps:
    """Where the row stands that is gathered.

    Attributes:
        at: the step of the row that is gathered, or of the next one.
        row: what is gathered.
        written: what the last row holds that was written.
        written_at: its step; None where there is none.
    """

    __slots__ = ("at", "row", "written", "written_at")

    def __init__(self, last: int | None = None, written: dict[str, Any] | None = None) -> None:
        self.at = 0 if last is None else last + 1
        self.row: dict[str, Any] = {}
        self.written = written or {}
        self.written_at = last

    def amends(self, step: int) -> bool:
        """Whether values of this step join the last written row."""
        return step == self.written_at and not self.row

    def amended(self, given: dict[str, Any]) -> None:
        """The last written row got more."""
        self.written = {**self.written, **given}

    def settle(self) -> None:
        """The gathered row was written, if it is one; the next one begins."""
        if self.row:
            self.written, self.row = self.row, {}
            self.written_at = self.at
        self.at += 1
