"""What alt text is made from: a finished spec, its rows, and its axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from plotkit import words
from plotkit.preset import Preset, channels, rows_of

_AXIS_TITLE = 60  # characters

Row = Mapping[str, Any]


class Chart(NamedTuple):
    """A spec, its rows, and the channel definitions that say what their fields mean."""

    spec: Mapping[str, Any]
    rows: list[Row]
    preset: Preset
    voice: words.Voice
    encoding: Mapping[str, Mapping[str, Any]]
    total: int | None = None  # how many rows there are, where only some of them are held

    @classmethod
    def of(cls, spec: Mapping[str, Any], preset: Preset, voice: words.Voice) -> Chart:
        rows = [row for row in rows_of(spec) if isinstance(row, Mapping)]
        encoding: dict[str, Mapping[str, Any]] = {}
        for channel, definition in () if preset.vega else channels(spec):
            encoding.setdefault(channel, definition)
        return cls(spec, rows, preset, voice, encoding)

    def field(self, name: str) -> str:
        """The field of the rows that a statistic calls `name`."""
        return self.preset.inputs.get(name, name)

    def made(self, name: str) -> str:
        """The field that a statistic makes and calls `name`; that of a role is none without one."""
        return self.field(name) if self.preset.statistic else ""

    def values(self, field: str) -> list[Any]:
        return [row.get(field) for row in self.rows]

    def shows(self, channel: str, field: str) -> bool:
        """Whether a channel shows the values of a field as they are."""
        definition = self.encoding.get(channel, {})
        return definition.get("field") == field and is_plain(definition)

    def draws_rows(self) -> bool:
        """Whether the channels show the rows as they are, not something made of several."""
        own = self.encoding
        return all(_draws(c, own[c]) for c in own) and _draws_besides(self.spec, own)

    def image(self) -> Row | None:
        """The row of the image that shows the density of all points, where there is one."""
        part = self.made("part")
        return next((row for row in self.rows if row.get(part) == "density"), None)

    def axis(self, channel: str) -> Axis:
        """The axis of a channel; one of nothing where it does not show a field as it is."""
        definition = self.encoding.get(channel)
        if definition is None or not is_plain(definition):
            return Axis.of({}, (), self.voice)
        return Axis.of(definition, self.values(str(definition["field"])), self.voice)

    def title_of(self, channel: str) -> str:
        return title_of_channel(self.encoding.get(channel, {}), self.voice)


class Axis(NamedTuple):
    """The values along one axis, and how to say one of them."""

    kind: str  # "number", "time" or "text"
    title: str
    log: bool
    values: list[Any]  # those that are there, in the order of the rows
    voice: words.Voice
    extent: float  # by which numbers are rounded; 0 for each by its own size
    clock: bool  # times have a time of day
    seconds: bool
    thousandths: bool  # ... or lie within a second

    @classmethod
    def of(cls, definition: Mapping[str, Any], values: Iterable[Any], voice: words.Voice) -> Axis:
        declared = definition.get("type")
        held = list(values)
        numeric = set(map(type, held)) <= {int, float}
        if not numeric or not all(map(math.isfinite, held)):
            held = [value for value in held if is_there(value)]
            numeric = all(map(is_number, held))
        kind = "text"
        if numeric and declared in ("quantitative", "temporal"):
            kind = "time" if declared == "temporal" else "number"
        found = held if kind != "text" else []
        scale = definition.get("scale")
        log = kind == "number" and isinstance(scale, Mapping) and scale.get("type") == "log"
        extent = extent_of(found)
        # Where values differ many times over, each is seen by its own size.
        own = log and found and min(found) > 0 and max(found) / min(found) >= 10
        return cls(
            kind,
            title_of_channel(definition, voice),
            log,
            held,
            voice,
            0.0 if own else extent,
            clock=kind == "time" and any(value % 86_400_000 for value in found),
            seconds=kind == "time" and any(value % 60_000 for value in found),
            thousandths=kind == "time" and extent < 1000 and any(value % 1000 for value in found),
        )

    def say(self, value: Any) -> str:
        """One of its values."""
        if self.kind == "number":
            return self.voice.number(value, self.extent)
        if self.kind == "time":
            return self.voice.moment(
                value, clock=self.clock, seconds=self.seconds, thousandths=self.thousandths
            )
        return self.voice.name(value)

    def ends(self, low: Any, high: Any) -> dict[str, str]:
        """Two of its values, said as two where they are not the same."""
        said = {"low": self.say(low), "high": self.say(high)}
        if self.kind == "number" and low != high and said["low"] == said["high"]:
            between = extent_of((low, high))
            return {
                name: self.voice.number(end, between)
                for name, end in (("low", low), ("high", high))
            }
        return said

    def range(self) -> str:
        """From where to where it runs; empty without values."""
        if not self.values:
            return ""
        if self.kind == "text":
            places = list(dict.fromkeys(map(str, self.values)))
            first, last = self.say(places[0]), self.say(places[-1])
            return self.voice.say("range_names", len(places), first=first, last=last)
        low, high = min(self.values), max(self.values)
        if low == high:
            return self.voice.say("range_one", value=self.say(low))
        form = "range_time" if self.kind == "time" else "range_log" if self.log else "range"
        return self.voice.say(form, **self.ends(low, high))

    def sentence(self, name: str) -> str:
        """What it shows, as a part of a sentence; empty where there is nothing to say."""
        title, range_ = self.title, self.range()
        if title and range_:
            return self.voice.say("axis", axis=name, title=title, range=range_)
        if range_:
            return self.voice.say("axis_untitled", axis=name, range=range_)
        return self.voice.say("axis_bare", axis=name, title=title) if title else ""


def extent_of(values: Sequence[float]) -> float:
    """From the lowest to the highest; 0 without values, infinite beyond what a double holds."""
    if not values:
        return 0.0
    try:
        # Whole numbers may lie nearer to a float than floats do.
        return float(Fraction(max(values)) - Fraction(min(values)))
    except OverflowError:
        return math.inf


def is_number(value: Any) -> bool:
    """Whether a value is a number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_there(value: Any) -> bool:
    """Whether a value is one: neither None nor NaN nor infinite."""
    if value is None:
        return False
    return not isinstance(value, float) or math.isfinite(value)


def title_of_channel(
    definition: Mapping[str, Any], voice: words.Voice, limit: int = _AXIS_TITLE
) -> str:
    """The title of a channel's axis or legend, or its field's name; empty where it has none."""
    found = definition.get("title", definition.get("field"))
    axis = definition.get("axis")
    if isinstance(axis, Mapping) and "title" in axis:
        found = axis["title"]
    return text_of(found, voice, limit)


def text_of(found: Any, voice: words.Voice, limit: int) -> str:
    """A text of the spec, which may be a list of lines."""
    lines = found if isinstance(found, list) else [found]
    return voice.name(" ".join(line for line in lines if isinstance(line, str)), limit)


def marks(node: Any) -> list[str]:
    """The types of all marks, in the order of the views."""
    if not isinstance(node, Mapping):
        return []
    mark = node.get("mark")
    made = [str(mark.get("type") if isinstance(mark, Mapping) else mark)] if mark else []
    for key in ("layer", "hconcat", "vconcat", "concat"):
        parts = node.get(key)
        for part in parts if isinstance(parts, list) else ():
            made += marks(part)
    return made + marks(node.get("spec"))


def axes(x: Axis, y: Axis) -> list[str]:
    """What both axes show, in one sentence."""
    first, second = x.sentence("x"), y.sentence("y")
    if first and second:
        return [x.voice.capital(x.voice.say("axes", first=first, second=second))]
    return [fragment(first or second, x.voice)] if first or second else []


def fragment(part: str, voice: words.Voice) -> str:
    """A part of a sentence as one."""
    return voice.capital(voice.say("axis_alone", axis=part))


def is_plain(definition: Mapping[str, Any]) -> bool:
    """Whether a channel shows the values of its field, not something made of them."""
    return not any(definition.get(key) for key in ("aggregate", "bin", "timeUnit", "impute"))


def _draws(channel: str, definition: Mapping[str, Any]) -> bool:
    """Whether a definition keeps the rows apart as they are; a tooltip may say them coarsely."""
    return not definition.get("aggregate") if channel == "tooltip" else is_plain(definition)


def _draws_besides(node: Any, known: Mapping[str, Any]) -> bool:
    """The same of the definitions of other channels; counting rows takes no field."""
    if not isinstance(node, Mapping):
        return True
    encoding = node.get("encoding")
    for channel, found in encoding.items() if isinstance(encoding, Mapping) else ():
        for definition in found if isinstance(found, list) else [found]:
            of_other = channel not in known and isinstance(definition, Mapping)
            if of_other and not _draws(channel, definition):
                return False
    return all(_draws_besides(part, known) for part in (*_layers(node), node.get("spec")))


def keeps_rows(spec: Mapping[str, Any]) -> bool:
    """Whether no transform stands between the rows and the picture."""
    parts = _layers(spec)
    return not spec.get("transform") and all(
        not part.get("transform") and keeps_rows(part) for part in parts
    )


def _layers(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    layers = node.get("layer")
    return [p for p in layers if isinstance(p, Mapping)] if isinstance(layers, list) else []
