"""What `define_metric` says of metrics: their x, and what of them stands in the summary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from plotkit import errors
from plotkit.runs import names

SUMMARIES = ("min", "max", "mean", "first", "last", "best", "copy", "none")
GOALS = ("minimize", "maximize")


class Definition(NamedTuple):
    """What was said of one metric, or of all that a glob matches; None where nothing was.

    Attributes:
        name: the metric's name, or a glob.
        step_metric: the metric that is its x.
        summary: what stands in the summary instead of the last value; `("none",)` for nothing.
        hidden: whether charts of it are left out of reports.
        goal: "minimize" or "maximize", for "best".
        step_sync: whether a row without its x takes over the last value of x; None is True.
    """

    name: str
    step_metric: str | None = None
    summary: tuple[str, ...] | None = None
    hidden: bool | None = None
    goal: str | None = None
    step_sync: bool | None = None

    def over(self, other: Definition) -> Definition:
        """The same, with the other's word where nothing is said."""
        said = {name: value for name, value in self._asdict().items() if value is not None}
        return other._replace(**said)

    def facts(self) -> dict[str, Any]:
        """As it is stored."""
        said = {k: v for k, v in self._asdict().items() if k != "name" and v is not None}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in said.items()}


class Definitions:
    """All that was said; a name itself counts more than a glob, and later globs more than earlier.

    >>> said = Definitions()
    >>> _ = said.define("val/*", step_metric="epoch")
    >>> _ = said.define("val/loss", summary="min, mean")
    >>> said.of("val/loss")[1:3]
    ('epoch', ('min', 'mean'))
    """

    def __init__(self, facts: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._said: dict[str, Definition] = {}
        self._found: dict[str, Definition] = {}  # answers that were given
        ordered = sorted((facts or {}).items(), key=lambda item: item[1].get("order", 0))
        for name, fact in ordered:
            summary = fact.get("summary")
            self._said[name] = Definition(
                name,
                fact.get("step_metric"),
                None if summary is None else tuple(summary),
                fact.get("hidden"),
                fact.get("goal"),
                fact.get("step_sync"),
            )

    def define(
        self,
        name: object,
        step_metric: object = None,
        summary: object = None,
        hidden: bool | None = None,
        goal: str | None = None,
        step_sync: bool | None = None,
        overwrite: bool = False,
    ) -> Definition:
        """Say something of a metric; what was said of the same name before stays otherwise."""
        if not isinstance(name, str) or not name:
            raise errors.OptionError.from_option("name", name, "a metric's name, or a glob")
        if step_metric is not None:
            step_metric = getattr(step_metric, "name", step_metric)  # W&B takes a metric as well
            if not isinstance(step_metric, str) or not step_metric or set("*?[") & set(step_metric):
                raise errors.OptionError.from_option("step_metric", step_metric, "a metric's name")
        if goal is not None and goal not in GOALS:
            raise errors.OptionError.from_option("goal", goal, "'minimize' or 'maximize'")
        made = Definition(name, step_metric, summaries(summary), hidden, goal, step_sync)
        old = self._said.pop(name, None)  # so that it is the last one said
        if old is not None and not overwrite:
            made = made.over(old)
        if "best" in (made.summary or ()) and made.goal is None:
            raise errors.OptionError.from_option(
                "summary", summary, "with 'best' also goal='minimize' or goal='maximize'"
            )
        self._said[name] = made
        self._found.clear()
        return made

    def of(self, name: str) -> Definition:
        """What holds for one name."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._merged(name)
        return found

    @property
    def xs(self) -> set[str]:
        """All names that are an x of others."""
        return {said.step_metric for said in self._said.values() if said.step_metric is not None}

    def x_of(self, name: str) -> str | None:
        """The x that a row with this name must have."""
        said = self.of(name)
        return None if said.step_sync is False else said.step_metric

    def _merged(self, name: str) -> Definition:
        wanted = names.folded(name)
        found = Definition(name)
        for said in reversed(self._said.values()):
            if names.folded(said.name) == wanted:
                found = found.over(said)
        for said in reversed(self._said.values()):
            if fnmatchcase(wanted, names.folded(said.name)):
                found = found.over(said)
        if found.step_metric is not None and names.folded(found.step_metric) == wanted:
            found = found._replace(step_metric=None)  # "*" matches the x as well
        return found

    def facts(self) -> dict[str, dict[str, Any]]:
        """As they are stored: what was said of each name or glob, with its place in the order."""
        return {
            name: {**said.facts(), "order": order}
            for order, (name, said) in enumerate(self._said.items())
        }


def summaries(given: object) -> tuple[str, ...] | None:
    """The words of `summary=`: one, several with commas, or a list of them."""
    if given is None:
        return None
    words = given.split(",") if isinstance(given, str) else given
    if not isinstance(words, Sequence):
        raise errors.OptionError.from_option("summary", given, f"some of {', '.join(SUMMARIES)}")
    found = tuple(dict.fromkeys(str(word).strip().lower() for word in words))
    for word in found:
        if word not in SUMMARIES:
            raise errors.OptionError.from_unknown("summary word", word, SUMMARIES, "define_metric")
    return found


class Aggregate(NamedTuple):
    """What is known of all values of a metric; NaN, None and what is no number count nothing in
    the minimum, the maximum and the mean.

    `total` and `rest` together are their sum: `rest` is what rounding took from `total`.
    """

    numbers: int = 0
    total: float = 0.0
    rest: float = 0.0
    low: float | None = None
    high: float | None = None
    first: Any = None
    last: Any = None

    def added(self, value: Any) -> Aggregate:
        """With one value more."""
        first = value if self.first is None else self.first
        if not isinstance(value, (int, float)) or (isinstance(value, float) and math.isnan(value)):
            return self._replace(first=first, last=value)
        total, rest = self._sum(value)
        return Aggregate(
            self.numbers + 1,
            total,
            rest,
            value if self.low is None or value < self.low else self.low,
            value if self.high is None or value > self.high else self.high,
            first,
            value,
        )

    def _sum(self, value: float) -> tuple[float, float]:
        """The sum with one number more, as Neumaier does it: a million rows round it no more."""
        try:
            number = float(value)
        except OverflowError:  # an integer beyond all floats
            number = math.inf if value > 0 else -math.inf
        total = self.total + number
        if not math.isfinite(total):
            return total, 0.0
        large, small = self.total, number
        if abs(small) > abs(large):
            large, small = small, large
        return total, self.rest + ((large - total) + small)

    def of(self, word: str, goal: str | None) -> Any:
        """The value of one word of `summary=`; None where there is none yet."""
        if word == "mean":
            return (self.total + self.rest) / self.numbers if self.numbers else None
        if word == "best":
            return self.low if goal == "minimize" else self.high
        return {"min": self.low, "max": self.high, "first": self.first, "last": self.last}[word]


def aggregated(values: Iterable[Any]) -> Aggregate:
    """All values at once."""
    found = Aggregate()
    for value in values:
        found = found.added(value)
    return found


def told(name: str, definition: Definition, aggregate: Aggregate) -> dict[str, Any]:
    """What stands in the summary of a metric with `summary=`: "loss.min" and so on."""
    made = {}
    for word in definition.summary or ():
        if word == "copy":
            made[name] = aggregate.last
        elif word != "none" and (value := aggregate.of(word, definition.goal)) is not None:
            made[f"{name}.{word}"] = value
    return made
