"""What the rows of a run make of its summary: last values, or what `define_metric` asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from plotkit.runs import definitions
from plotkit.runs.definitions import Aggregate, Definitions

Read = Callable[[str], list[tuple[int, Any]]]
"""Gives the steps and values of a name in all rows that were written."""


class Totals:
    """The summary of a run that is recorded.

    Args:
        values: what it holds already.
        said: what was said by `define_metric`.
        read: gives what was logged before.
        last_step: gives the step of the last row that was written, None where there is none.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        said: Definitions,
        read: Read,
        last_step: Callable[[], int | None],
    ) -> None:
        self.values = dict(values)
        self._said = said
        self._read = read
        self._last_step = last_step
        self._plain: set[str] = set()  # names of which the last value is all that is wanted
        self._aggregates: dict[str, Aggregate] = {}
        self._before: dict[str, Aggregate] = {}  # without the last row, which may go on
        self._by_hand: set[str] = set()  # set by hand, and not logged since
        self._xs: dict[str, Any] = {}  # the last values of what is an x of others

    def set(self, pairs: Mapping[str, Any]) -> None:
        """Set by hand."""
        self.values.update(pairs)
        self._by_hand.update(pairs)

    def forget(self, names: Iterable[str]) -> None:
        """Take away by hand."""
        for name in names:
            self.values.pop(name, None)
            self._by_hand.discard(name)

    def logged(self, names: Mapping[str, Any]) -> None:
        """These are logged: what was set by hand before does not count any more."""
        if self._by_hand:
            self._by_hand.difference_update(names)
            for name in names:
                if name in self._aggregates:
                    self._by_hand.difference_update(_derived(name))

    def filled(self, row: dict[str, Any], beside: Collection[str] = ()) -> dict[str, Any]:
        """The row, with the last value of each metric's x where the row does not have it.

        `beside` are the names that the row has already, where it goes on.
        """
        if not self._said.xs:
            return row
        made = dict(row)
        for name in row:
            x = self._said.x_of(name)
            if x is None or x in made or x in beside:
                continue
            if self._last_x(x) is not None:
                made[x] = self._xs[x]
        self._xs.update({x: made[x] for x in self._said.xs if x in made})
        return made

    def added(self, row: Mapping[str, Any], joins: bool = False) -> Mapping[str, Any]:
        """What a row changes in the summary; `joins` if it goes on with the row before."""
        changed = row if row.keys() <= self._plain else self._summed(row, joins)
        if self._by_hand:
            changed = {name: v for name, v in changed.items() if name not in self._by_hand}
        self.values.update(changed)
        return changed

    def defined(self, known: Iterable[str]) -> tuple[list[str], dict[str, Any]]:
        """Something was said of these logged names: what goes from the summary, and what comes."""
        self._plain.clear()
        self._aggregates.clear()
        self._before.clear()
        self._xs.clear()
        gone, come = [], {}
        for name in known:
            said = self._said.of(name)
            if said.summary is None:
                continue
            self._take_up(name)
            ready = definitions.told(name, said, self._aggregates[name])
            come.update({n: v for n, v in ready.items() if n not in self._by_hand})
            gone += [
                old
                for old in (name, *_derived(name))
                if old in self.values and old not in ready and old not in self._by_hand
            ]
        for name in gone:
            del self.values[name]
        self.values.update(come)
        return gone, come

    # --- inside --------------------------------------------------------------------------------

    def _summed(self, row: Mapping[str, Any], joins: bool) -> dict[str, Any]:
        changed: dict[str, Any] = {}
        before = self._before if joins else {}
        self._before = {}
        for name, value in row.items():
            said = self._said.of(name)
            if said.summary is None:
                self._plain.add(name)
                changed[name] = value
                continue
            if name not in self._aggregates:
                self._before = before
                self._take_up(name)
                before = self._before if joins else {}
            start = before.get(name, self._aggregates[name])
            self._before[name] = start
            self._aggregates[name] = start.added(value)
            changed.update(definitions.told(name, said, self._aggregates[name]))
        self._before = {**before, **self._before}
        return changed

    def _take_up(self, name: str) -> None:
        """Count what was logged of a name before."""
        found = self._read(name)
        # The last value may be of an earlier row than the one that may go on.
        of_last = found.pop()[1:] if found and found[-1][0] == self._last_step() else ()
        aggregate = definitions.aggregated(value for _, value in found)
        self._before[name] = aggregate
        for value in of_last:
            aggregate = aggregate.added(value)
        self._aggregates[name] = aggregate

    def _last_x(self, x: str) -> Any:
        if x not in self._xs:
            found = self._read(x)
            self._xs[x] = found[-1][1] if found else None
        return self._xs[x]


def _derived(name: str) -> list[str]:
    return [f"{name}.{word}" for word in definitions.SUMMARIES]
