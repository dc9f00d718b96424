"""What a preset from elsewhere may hold: an allow-list, walked place by place.

`findings` visits every object of a preset file knowing where it stands (`places.py` has the
names), and lets in only what is known there: no file or address, no link, no image, no event, no
expression beyond the pure grammar, nothing that makes rows or pixels without end. A preset that
its user has accepted is held to less: `findings(content, accepted=True)`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeGuard

from plotkit import errors, expression, settings
from plotkit.places import BINDINGS, MARKS, PLACES

# The fields in which statistics put images that they make.
_IMAGES = {
    "scatter": ("density_light", "density_dark"),
    "confusion_matrix": ("image_light", "image_dark"),
}
_MOST = 100  # findings that are told; a file made to hold more is not worth the time
_DENSITY = 2  # device pixels of a px, as PNG files are made where nothing else is asked for
_SIZE = 300.0  # px of a side that the spec leaves open
_STEPS = 20  # categories that a side given by its step is counted with
_DANGEROUS_KEYS = ("__proto__", "constructor", "prototype")
_FONT = re.compile(r"[\w ,.'-]*")
_FONT_STYLES = ("normal", "italic", "oblique", "bold", "bolder", "lighter")
_WORD = re.compile(r"[\w +-]*")
_TIME = re.compile(r"[\w :+-]*")
_TIME_PARTS = tuple(name for name, kind in PLACES["value"].items() if kind == "time_part")
_PARAM = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEMA = re.compile(r"https://vega\.github\.io/schema/vega-lite/v[3-9](?:\.\d+)*\.json")
_ADDRESS = re.compile(r"url\s*\(", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_LINK = re.compile(r"(?:https?://|mailto:)[^\x00-\x20\x7f]*", re.IGNORECASE)
_INTERVALS = ("minute", "hour", "day", "week", "month", "year")
# Where a switch keeps a channel while it exchanges two; Vega-Lite draws no channel of that name.
_SCRATCH = re.compile(r"_[a-z]+")
_INPUT = re.compile(r"[a-z-]{1,20}")
# A text of CSS may write any of its signs by its number.
_ESCAPED = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n\r\f]?|\r?\n|(.))")
# Texts that are compared or written, and never read as a colour or a style.
_WRITTEN = frozenset(("domain", "values", "equal", "oneOf", "description", "delimiter"))
_LISTED_KEYS = ("layer", "concat", "hconcat", "vconcat", "transform", "params")
_LISTED = frozenset(("spec", "transform", "param", "op_field", "channel", "sort", "title", "value"))
_TEXTS = frozenset(("mark", "aggregate", "sort", "time_unit", "title", "value"))
_NULLS = frozenset(
    (
        "aggregate", "axis", "channel", "data", "header", "impute", "legend", "mark", "scale",
        "sort", "time_unit", "title", "value",
    )
)  # fmt: skip
_SCALARS = frozenset(("sort", "value"))
_GROUPS = (
    "color", "detail", "fill", "key", "opacity", "fillOpacity", "shape", "size", "stroke",
    "strokeDash", "strokeOpacity", "strokeWidth", "order", "angle",
)  # fmt: skip
_REPEATS = 2  # transforms of one kind that make rows out of rows
_FINEST = 0.001  # the width of a bin where nothing says how far its bins reach
_BASES = (1.1, 1000.0)
_SCALE = 10_000  # px of a projection's globe
_PRECISION = 0.1  # px
_VEGA_KEYS = ("marks", "signals", "scales", "axes")

_NO_ADDRESS = "no preset names a file or an address; put the rows into it"
_NO_VEGA = "only Vega-Lite is let in, not Vega"
_UNKNOWN = "nothing of this name is known here"
_NO_EVENT = "events and streams of events are not let in"
# What people will ask about: names that are left out of the allow-list on purpose.
_WHY = {
    "url": _NO_ADDRESS,
    "href": "links are not let in",
    "on": _NO_EVENT,
    "events": _NO_EVENT,
    "signal": _NO_VEGA,
    "signals": _NO_VEGA,
    "update": _NO_VEGA,
    "encode": _NO_VEGA,
    "marks": _NO_VEGA,
    "element": "a control stands where plotkit puts it",
    "image": "marks that are images are not let in",
    "embedOptions": "a preset does not set how the page is made",
    "customFormatTypes": "formats are those of numbers and times",
    "locale": "numbers and times are written as plotkit writes them",
}


class Finding(NamedTuple):
    """One thing that a preset may not hold.

    Attributes:
        path: JSON Pointer to it.
        found: the value, as it is shown.
        rule: what is allowed instead.
        nearest: " Did you mean ...?", or nothing.
    """

    path: str
    found: str
    rule: str
    nearest: str = ""

    def __str__(self) -> str:
        return f"{self.path or '/'}: found {self.found}; {self.rule}.{self.nearest}"


def findings(content: object, *, accepted: bool = False) -> list[Finding]:
    """All that a preset from elsewhere holds and may not; with `accepted`, what none may hold.

    >>> [str(found) for found in findings({"data": {"url": "file:///etc/passwd"}, "mark": "bar"})]
    ["/data/url: found 'file:///etc/passwd'; no preset names a file or an address; ..."]
    >>> findings({"mark": "bar", "encoding": {"x": {"field": "a"}}})
    []
    """
    basic = _Basics()
    # Too deep, too large or no JSON at all: nothing else can be said of it in bounded time.
    if not basic.judge(content):
        return basic.found
    assert isinstance(content, Mapping)
    content = _with_plain_images(content)
    walk = _Accepted(content) if accepted else _Walk(content)
    with suppress(_EnoughError):
        walk.judge()
    return list(dict.fromkeys([*basic.found, *walk.found]))[:_MOST]


def findings_of_chart(spec: Mapping[str, Any], statistic: str | None) -> list[Finding]:
    """All that a finished chart's spec holds and none may; `statistic` is that of its preset.

    The images that plotkit's own statistics make stand in it as layers, and are let in.
    """
    fields, layers = _IMAGES.get(statistic or "", ()), spec.get("layer")
    if fields and isinstance(layers, list):
        spec = {**spec, "layer": [_plain_layer(layer, fields) for layer in layers]}
    return findings(spec, accepted=True)


def _with_plain_images(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content with a point in place of each image which plotkit's own statistic makes.

    A built-in preset puts such a layer in by a switch, and its forks keep that; what else the
    layer holds is judged as in any other. No other image is drawn, whatever a field holds (see
    `render.svg.inspect`).
    """
    usermeta = _mapping(content, "usermeta")
    meta = _mapping(usermeta, "plotkit")
    switches = _mapping(meta, "switches")
    fields = _IMAGES.get(str(_mapping(meta, "statistic").get("name")), ())
    if not switches or not fields:
        return content
    plain = {name: _with_plain_layers(switch, fields) for name, switch in switches.items()}
    return {**content, "usermeta": {**usermeta, "plotkit": {**meta, "switches": plain}}}


def _with_plain_layers(switch: Any, fields: Sequence[str]) -> Any:
    if not isinstance(switch, Mapping) or not isinstance(switch.get("on"), list):
        return switch
    made = []
    for operation in switch["on"]:
        layers = operation.get("value") if isinstance(operation, Mapping) else None
        if isinstance(layers, list):
            operation = {**operation, "value": [_plain_layer(part, fields) for part in layers]}
        made.append(operation)
    return {**switch, "on": made}


def _plain_layer(layer: Any, fields: Sequence[str]) -> Any:
    if not isinstance(layer, Mapping):
        return layer
    mark, encoding = _mapping(layer, "mark"), _mapping(layer, "encoding")
    url = _mapping(encoding, "url")
    if (
        mark.get("type") != "image"
        or not set(url) <= {"field", "type"}
        or url.get("field") not in fields
    ):
        return layer
    plain = {key: value for key, value in mark.items() if not isinstance(value, bool)}
    rest = {channel: value for channel, value in encoding.items() if channel != "url"}
    return {**layer, "mark": {**plain, "type": "point"}, "encoding": rest}


def _mapping(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = node.get(key)
    return found if isinstance(found, Mapping) else {}


def is_plain(content: object) -> bool:
    """Whether a preset may be drawn without being accepted."""
    return not findings(content)


def is_walkable(content: object) -> bool:
    """Whether a content is small and flat enough to be looked at more closely."""
    return _Basics().judge(content)


# --- reading a text ------------------------------------------------------------------------------

_BRACKETS = re.compile(r'"(?:[^"\\]|\\[\s\S])*+"|[\[\]{}]')


def loads(text: str | bytes, where: str = "text") -> Any:
    """Read JSON as it is meant: no key twice, no NaN, nothing nested deeper than allowed.

    Raises:
        PresetError: it is none; it says what was found.

    >>> loads('{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    plotkit.errors.PresetError: cannot read the preset 'text': the key 'a' stands twice in one ...
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        _check_nesting(text, where)
        return json.loads(
            text,
            object_pairs_hook=lambda pairs: _without_duplicates(pairs, where),
            parse_constant=lambda name: _number(name, where),
            parse_float=lambda digits: _number(digits, where),
            parse_int=lambda digits: _whole(digits, where),
        )
    except ValueError as reason:
        if isinstance(reason, errors.PresetError):
            raise
        raise errors.PresetError.from_unreadable(where, reason) from reason


def _check_nesting(text: str, where: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        sign = match[0]
        if sign in "[{":
            depth += 1
            if depth > settings.preset_nesting:
                raise errors.PresetError.from_json_nesting(where, settings.preset_nesting)
        elif sign in "]}":
            depth -= 1


def _without_duplicates(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise errors.PresetError.from_duplicate_key(where, key)
            seen.add(key)
    return made


def _number(digits: str, where: str) -> float:
    number = float(digits) if digits[-1:].isdigit() else math.nan
    if not math.isfinite(number):
        raise errors.PresetError.from_json_number(where, digits)
    return number


def _whole(digits: str, where: str) -> int:
    # Longer ones are infinite to JavaScript, and take Python a time that grows with the square.
    if len(digits) > 300:
        raise errors.PresetError.from_json_number(where, digits)
    return int(digits)


# --- what holds for every value ------------------------------------------------------------------


def _below(path: str, key: object) -> str:
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _plain(value: object) -> TypeGuard[int | float]:
    """A number as JSON has it."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _addressed(text: str) -> bool:
    """Whether a text holds an address as CSS has it, escapes of CSS undone."""
    if "\\" in text:
        text = _ESCAPED.sub(_unescaped, text)
    return bool(_ADDRESS.search(text))


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        number = int(match[1], 16)
        return chr(number) if number < 0x110000 else ""
    return match[2] or ""


class _EnoughError(Exception):
    """So much was found that looking on tells nobody anything."""


class _Basics:
    """Size, nesting and keys, without knowing any place. Does not recurse."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def add(self, path: str, value: object, rule: str) -> None:
        self.found.append(Finding(path, errors.shown(value), rule))

    def judge(self, content: object) -> bool:
        """Whether the content can be walked at all."""
        if not isinstance(content, Mapping):
            self.add("", content, "a preset is a JSON object")
            return False
        waiting: list[tuple[Any, str, int]] = [(content, "", 1)]
        while waiting and len(self.found) < _MOST:
            node, path, depth = waiting.pop()
            entries = node.items() if isinstance(node, Mapping) else enumerate(node)
            if depth > settings.preset_nesting:
                limit = f"at most {settings.preset_nesting} levels"
                self.found = [Finding(path, f"level {depth}", f"objects and lists nest {limit}")]
                return False
            for key, value in entries:
                here = _below(path, key)
                if not self.known(node, key, value, here):
                    return False
                if isinstance(value, Mapping | list):
                    waiting.append((value, here, depth + 1))
        return self.sized(content)

    def known(self, node: object, key: object, value: object, path: str) -> bool:
        if isinstance(node, Mapping):
            if not isinstance(key, str):
                self.add(path, key, "keys are text")
                return False
            if key in _DANGEROUS_KEYS:
                self.add(path, key, "no key has this name")
        if isinstance(value, float) and not math.isfinite(value):
            self.add(path, value, "numbers are finite")
        elif isinstance(value, int) and abs(value) > 1e300:
            said = "a number of more than 300 digits"
            self.found.append(Finding(path, said, "numbers are finite"))
            return False
        elif value is not None and not isinstance(value, str | int | float | list | Mapping):
            self.add(path, value, "values are those of JSON")
            return False
        return True

    def sized(self, content: Mapping[str, Any]) -> bool:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > settings.preset_bytes:
            limit = f"a preset has at most {settings.preset_bytes:,}"
            self.found = [Finding("", f"{size:,} bytes", limit)]
            return False
        return True


# --- the walk ------------------------------------------------------------------------------------


class _Walk:
    """Visits every value of an untrusted preset at its place."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.found: list[Finding] = []
        self.params = set(_param_names(content))
        leaves = {name: getattr(self, f"_{name}") for name in _LEAVES}
        self.leaves: dict[str, Callable[[Any, str], None]] = leaves

    def judge(self) -> None:
        if is_vega(self.content):
            path = "/$schema" if "$schema" in self.content else ""
            self.add(path, self.content.get("$schema", "Vega"), _NO_VEGA)
            return
        self.pictures()
        self.visit(self.content, "spec", "")
        self.growth()

    def add(self, path: str, value: object, rule: str, nearest: str = "") -> None:
        self.found.append(Finding(path, errors.shown(value), rule, nearest))
        if len(self.found) >= _MOST:
            raise _EnoughError

    def visit(self, value: Any, kind: str, path: str) -> None:
        """Judge a value of a kind: a place or a leaf."""
        leaf = self.leaves.get(kind)
        if leaf is not None:
            leaf(value, path)
        elif isinstance(value, Mapping):
            names = PLACES[kind]
            for key, inner in value.items():
                here = _below(path, key)
                if key in names:
                    self.shaped(inner, names[key], key, here)
                    self.visit(inner, names[key], here)
                elif key in _WHY:
                    self.add(here, inner, _WHY[key])
                elif key not in _DANGEROUS_KEYS:
                    self.add(here, key, _UNKNOWN, _near(key, names))
        elif isinstance(value, list):
            if kind not in _LISTED:
                self.add(path, value, "an object stands here")
                return
            for index, inner in enumerate(value):
                if isinstance(inner, list) and kind not in _SCALARS:
                    self.add(f"{path}/{index}", inner, "no list stands in this list")
                else:
                    self.visit(inner, kind, f"{path}/{index}")
        elif isinstance(value, str):
            self.text_at(value, kind, path)
        elif value is None:
            if kind not in _NULLS:
                self.add(path, value, "an object stands here")
        elif kind not in _SCALARS and not (kind == "mark" and isinstance(value, bool)):
            self.add(path, value, "an object stands here")

    def text_at(self, value: str, kind: str, path: str) -> None:
        if kind not in _TEXTS:
            self.add(path, value, "an object stands here")
        elif _addressed(value):
            self.add(path, value, "no text names an address")
        elif kind == "value" and "\\" in value and not _is_written(path):
            self.add(path, value, "no colour and no style has a backslash")
        elif kind == "mark":
            self._mark_type(value, path)
        elif kind in ("aggregate", "sort", "time_unit"):
            self._word(value, path)

    def shaped(self, value: Any, kind: str, name: str, path: str) -> None:
        """A list where a list stands, and none where one object does."""
        if name in _LISTED_KEYS and kind in _LISTED and not isinstance(value, list):
            # Other scalars are told as what is no object.
            if isinstance(value, Mapping) or (value is None and kind in _NULLS):
                self.add(path, value, "a list stands here")
        elif name == "spec" and isinstance(value, list):
            self.add(path, value, "an object stands here")

    # Leaves: what is judged by more than its names.

    def _mark_type(self, value: Any, path: str) -> None:
        if value == "image":
            self.add(path, value, _WHY["image"])
        elif not isinstance(value, str) or value not in MARKS:
            self.add(path, value, "a mark is one of Vega-Lite's", _near(value, MARKS))

    def _schema(self, value: Any, path: str) -> None:
        if not isinstance(value, str) or not _SCHEMA.fullmatch(value):
            self.add(path, value, "a preset is of Vega-Lite's schema")

    def _text(self, value: Any, path: str) -> None:
        for at, inner in _items(value, path):
            if isinstance(inner, Mapping):
                self.visit(inner, "value", at)

    def _rows(self, value: Any, path: str) -> None:
        """Rows are never read as anything but rows; their keys were judged with all others."""

    def _datasets(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            self.add(path, value, "data sets are rows by their names")

    def _expression(self, value: Any, path: str) -> None:
        if isinstance(value, bool) or value is None:
            return
        if not isinstance(value, str):
            self.add(path, value, "an expression is a text")
            return
        try:
            node = expression.parse(value)
        except errors.ExpressionError as reason:
            self.add(path, value, str(reason).rstrip("."))
            return
        for problem in expression.check(node, self.params):
            self.add(path, value, problem)

    def _predicate(self, value: Any, path: str) -> None:
        if isinstance(value, str):
            self._expression(value, path)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._predicate(inner, f"{path}/{index}")
        elif isinstance(value, Mapping):
            self.visit_object(value, "predicate", path)
        elif value is not None and not isinstance(value, bool):
            self.add(path, value, "a condition is an expression or an object")

    def visit_object(self, value: Mapping[str, Any], place: str, path: str) -> None:
        """Judge the names of an object at a place that is a leaf of the same name."""
        for key, inner in value.items():
            names = PLACES[place]
            here = _below(path, key)
            if key in names:
                self.visit(inner, names[key], here)
            elif key in _WHY:
                self.add(here, inner, _WHY[key])
            elif key not in _DANGEROUS_KEYS:
                self.add(here, key, _UNKNOWN, _near(key, names))

    def _field(self, value: Any, path: str) -> None:
        for at, inner in _items(value, path):
            if isinstance(inner, Mapping):
                if set(inner) != {"repeat"} or not isinstance(inner["repeat"], str):
                    self.add(at, inner, "a field is a name, or what is repeated")
            elif isinstance(inner, str) and set(re.findall(r"\w+", inner)) & expression.INHERITED:
                self.add(at, inner, "a field is no name of the engine's own")

    def _word(self, value: Any, path: str) -> None:
        for at, inner in _items(value, path):
            if isinstance(inner, Mapping) or (
                isinstance(inner, str) and not _WORD.fullmatch(inner)
            ):
                self.add(at, inner, "a plain word stands here")

    def _time_part(self, value: Any, path: str) -> None:
        known = value is None or _plain(value) or isinstance(value, bool)
        if not known and not (isinstance(value, str) and value.isascii() and value.isalpha()):
            self.add(path, value, "a part of a time is a number or a name")

    def _init(self, value: Any, path: str) -> None:
        """What a param is at first: values, those of a selection by the names of its fields."""
        for at, inner in _items(value, path):
            for key, part in inner.items() if isinstance(inner, Mapping) else [("", inner)]:
                here = _below(at, key) if key else at
                if key == "expr":
                    self._expression(part, here)
                elif key == "signal":
                    self.add(here, part, _NO_VEGA)
                elif isinstance(part, Mapping | list):
                    self._init(part, here)
                elif isinstance(part, str) and key in _TIME_PARTS and not _TIME.fullmatch(part):
                    self.add(here, part, "a part of a time is a number or a name")
                elif isinstance(part, str) and _addressed(part):
                    self.add(here, part, "no text names an address")
                elif isinstance(part, str) and "\\" in part:
                    self.add(here, part, "no colour and no style has a backslash")

    def _param_name(self, value: Any, path: str) -> None:
        taken = {"datum", "event", "item", "group", "parent", *expression.SIGNALS}
        if (
            not isinstance(value, str)
            or not _PARAM.fullmatch(value)
            or value in {*expression.INHERITED, *expression.CONSTANTS, *taken}
        ):
            self.add(path, value, "a param's name is letters, digits and _, and none of Vega's own")

    def _font(self, value: Any, path: str) -> None:
        if isinstance(value, Mapping):
            self.add(path, value, "a font is named by text")
        elif isinstance(value, str) and not _FONT.fullmatch(value):
            self.add(path, value, "a font's name has letters, digits, blanks and , . ' - alone")

    def _font_style(self, value: Any, path: str) -> None:
        if isinstance(value, Mapping | list):
            self.visit(value, "value", path)
        elif isinstance(value, str) and value not in _FONT_STYLES:
            self.add(
                path, value, f"a font's style is a number or one of {errors.listed(_FONT_STYLES)}"
            )

    def _format(self, value: Any, path: str) -> None:
        if isinstance(value, Mapping | list):
            self.add(path, value, "a format is a text")
        elif isinstance(value, str) and not expression.is_short(value):
            self.add(path, value, "a format is short, with widths below 100")

    def _format_type(self, value: Any, path: str) -> None:
        if value not in ("number", "time", None):
            self.add(path, value, "a format's type is 'number' or 'time'")

    def _length(self, value: Any, path: str) -> None:
        if _plain(value) and abs(value) > settings.preset_length:
            self.add(path, value, f"a length has at most {settings.preset_length:,} px")
        elif not _plain(value):
            self.visit(value, "value", path)

    def _size(self, value: Any, path: str) -> None:
        if isinstance(value, str) and value != "container":
            self.add(path, value, "a side is a number of px, a step, or 'container'")
        else:
            self._length(value, path)

    def _power(self, value: Any, path: str) -> None:
        if not _plain(value) or not 0 <= value <= 20:
            self.add(path, value, "a polynomial has an order of at most 20")

    # Generators: what makes more than it is given.

    def most(self, path: str, value: object, count: float, what: str) -> None:
        if not 0 <= count <= settings.preset_generated:  # nan as well
            self.add(path, value, f"{what} are at most {settings.preset_generated:,}")

    def _count(self, value: Any, path: str) -> None:
        if _plain(value):
            self.most(path, value, value, "steps")
        elif isinstance(value, Mapping):
            self.bounded(value, path)
        else:
            self.visit(value, "value", path)

    def bounded(self, value: Mapping[str, Any], path: str) -> None:
        """An expression in place of a count, which says itself how large it can be."""
        self.visit(value, "value", path)
        for key in value:
            if key == "expr" and isinstance(value[key], str):
                try:
                    count = _bound(expression.parse(value[key]))
                except errors.ExpressionError:
                    continue
                rule = f"a count ends at {settings.preset_generated:,}: min(..., 100) or clamp"
                if count > settings.preset_generated:
                    self.add(_below(path, key), value[key], rule)
            elif key != "expr":
                self.add(_below(path, key), value[key], "a count is a number or an expression")

    def _tick_count(self, value: Any, path: str) -> None:
        if isinstance(value, str) and value not in _INTERVALS:
            self.interval(value, path)
        elif isinstance(value, Mapping) and "interval" in value:
            for key, inner in value.items():
                here = _below(path, key)
                if key == "interval" and inner not in _INTERVALS:
                    self.interval(inner, here)
                elif key == "step" and not (_plain(inner) and inner >= 1):
                    self.add(here, inner, "the step of an interval is a number from 1")
                elif key not in ("interval", "step"):
                    self.add(here, key, "an interval has a name and a step")
        else:
            self._count(value, path)

    def interval(self, value: object, path: str) -> None:
        self.add(path, value, f"the interval of ticks is one of {errors.listed(_INTERVALS)}")

    def _keyvals(self, value: Any, path: str) -> None:
        if isinstance(value, list):
            self.most(path, f"{len(value)} values", len(value), "values")
        else:
            self.span(value, path)

    def _steps(self, value: Any, path: str) -> None:
        if isinstance(value, Mapping) and "start" in value:
            self.span(value, path)
        elif isinstance(value, Mapping):
            self.add(path, value, "bins are a list, or start, stop and step")
        else:
            self._keyvals(value or [], path)

    def _sequence(self, value: Any, path: str) -> None:
        self.span(value, path)

    def span(self, value: Any, path: str) -> None:
        """{start, stop, step}: so many values."""
        if not isinstance(value, Mapping):
            self.add(path, value, "values are a list, or start, stop and step")
            return
        for key in set(value) - {"start", "stop", "step", "as"}:
            self.add(_below(path, key), key, "values have start, stop and step")
        start, stop, step = value.get("start", 0), value.get("stop"), value.get("step", 1)
        if not (_plain(start) and _plain(stop) and _plain(step)):
            self.add(path, value, "start, stop and step are numbers")
            return
        self.most(path, value, (stop - start) / step if step else math.inf, "values")

    def _share(self, value: Any, path: str) -> None:
        if not _plain(value) or not value > 0:
            self.add(path, value, "a step is a number above 0")
        else:
            self.most(path, value, 1 / value, "values")

    def _graticule(self, value: Any, path: str) -> None:
        if isinstance(value, bool):
            return
        names = {"extent", "extentMajor", "extentMinor"}
        steps = {"step", "stepMajor", "stepMinor", "precision"}
        for key, inner in value.items() if isinstance(value, Mapping) else [("", value)]:
            numbers = inner if isinstance(inner, list) else [inner]
            here = _below(path, key)
            if key in steps:
                # 1 degree apart they are 540 lines.
                if not all(_plain(number) and (number == 0 or number >= 1) for number in numbers):
                    self.add(here, inner, "lines of a globe stand at least 1 degree apart")
            elif key not in names:
                self.add(here, inner, "a globe's lines have steps and extents")
            elif not all(_plain(n) and abs(n) <= 360 for _, n in _items(inner, here)):
                self.add(here, inner, "a globe's lines lie within 360 degrees")

    def _bin(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            self.visit(value, "value", path)
            return
        self.visit_object(value, "bin", path)
        extent, base = value.get("extent"), value.get("base")
        known = isinstance(extent, list) and len(extent) == 2 and all(map(_plain, extent))
        for key in ("step", "steps"):
            for at, step in _items(value.get(key), _below(path, key)):
                if step is None:
                    continue
                if not (_plain(step) and step > 0):
                    self.add(at, step, "a step is a number above 0")
                elif known:
                    low, high = extent[0], extent[1]  # type: ignore[index]
                    self.most(at, step, abs(high - low) / step, "bins")
                elif step < _FINEST:
                    self.add(
                        at, step, f"a step is at least {_FINEST:g}, or its bins have an extent"
                    )
        if base is not None:
            self._log_base(base, _below(path, "base"))

    def _log_base(self, value: Any, path: str) -> None:
        if not _plain(value) or not _BASES[0] <= value <= _BASES[1]:
            self.add(path, value, f"a base is a number from {_BASES[0]:g} to {_BASES[1]:g}")

    def _zoom(self, value: Any, path: str) -> None:
        if value is not None and not (_plain(value) and 0 <= value <= _SCALE):
            self.add(path, value, f"a projection's scale is a number of at most {_SCALE:,}")

    def _precision(self, value: Any, path: str) -> None:
        if value is not None and not (_plain(value) and (value == 0 or value >= _PRECISION)):
            self.add(path, value, f"a projection's precision is 0, or a number from {_PRECISION:g}")

    def _parse(self, value: Any, path: str) -> None:
        for key, inner in value.items() if isinstance(value, Mapping) else [("", value)]:
            if isinstance(inner, Mapping | list):
                self.add(_below(path, key), inner, "a column is parsed as a type or a format")

    # Named by the user, not by Vega-Lite.

    def _styles(self, value: Any, path: str) -> None:
        for key, inner in value.items() if isinstance(value, Mapping) else ():
            self.visit(inner, "styled", _below(path, key))

    def _ranges(self, value: Any, path: str) -> None:
        for key, inner in value.items() if isinstance(value, Mapping) else ():
            self.visit(inner, "value", _below(path, key))

    def _repeat(self, value: Any, path: str) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if key not in ("row", "column", "layer"):
                    self.add(_below(path, key), key, "what is repeated are rows, columns, layers")
                self._field(inner, _below(path, key))
        else:
            self._field(value, path)

    # Selections and controls.

    def _select(self, value: Any, path: str) -> None:
        if isinstance(value, Mapping):
            self.visit_object(value, "select", path)
        elif value not in ("point", "interval"):
            self.add(path, value, "a selection is of points or of an interval")

    def _no_event(self, value: Any, path: str) -> None:
        if value is not None and not isinstance(value, bool):
            self.add(path, value, f"{_NO_EVENT}; it is true or false")

    def _bind(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            if value not in ("scales", "legend", None):
                self.add(path, value, "a param is bound to scales, to the legend, or to a control")
        elif "input" in value or "element" in value:
            self.control(value, path)
        elif set(value) <= {"legend", "scales"}:
            for key, inner in value.items():
                self.add(_below(path, key), inner, _NO_EVENT)
        else:  # a control for each field
            for key, inner in value.items():
                if isinstance(inner, Mapping):
                    self.control(inner, _below(path, key))
                else:
                    self.add(_below(path, key), inner, "a control is an object with an input")

    def control(self, value: Mapping[str, Any], path: str) -> None:
        kind = value.get("input")
        if not self.is_input(kind):
            rule = f"a control is one of {errors.listed(BINDINGS)}"
            self.add(_below(path, "input"), kind, rule, _near(kind, BINDINGS))
            return
        allowed = BINDINGS.get(str(kind), BINDINGS["number"])
        for key, inner in value.items():
            here = _below(path, key)
            if key not in allowed:
                rule = f"a control of kind {kind!r} has {errors.listed(allowed)}"
                self.add(here, key, _WHY.get(key, rule))
            elif isinstance(inner, Mapping) or (isinstance(inner, list) and not _flat(inner)):
                self.add(here, inner, "an attribute is a plain value")

    def is_input(self, kind: object) -> bool:
        return isinstance(kind, str) and kind in BINDINGS

    # Our own block.

    def _usermeta(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            self.add(path, value, "usermeta is an object")
            return
        for key, inner in value.items():
            if key != "plotkit":
                rule = _WHY.get(key, "usermeta holds what is plotkit's")
                self.add(_below(path, key), inner, rule)
        meta = value.get("plotkit")
        if isinstance(meta, Mapping):
            self.meta(meta, _below(path, "plotkit"))

    def meta(self, meta: Mapping[str, Any], path: str) -> None:
        """Texts go only where texts stand, and what a switch puts in is judged where it goes."""
        strings, texts, switches = (
            found if isinstance(found, Mapping) else {}
            for found in (meta.get(key) for key in ("strings", "texts", "switches"))
        )
        for name, entry in strings.items():
            here = f"{_below(path + '/strings', name)}"
            for at, pointer in _items(entry.get("at", []) if _is_map(entry) else [], f"{here}/at"):
                self.target(pointer, entry.get("default"), at)
        for pointer in texts:
            # Its parts may make up anything; the value of a param is only ever a value.
            if _kind_at(pointer) not in ("text", "init"):
                rule = "a text goes where a text or a plain value stands"
                if _kind_at(pointer) == "value":
                    rule = "a text that is put together goes where a text stands"
                self.add(_below(f"{path}/texts", pointer), pointer, rule)
        for name, entry in switches.items():
            for side, operations in entry.items() if _is_map(entry) else ():
                here = _below(_below(f"{path}/switches", name), side)
                for at, operation in _items(operations, here):
                    if isinstance(operation, Mapping):
                        self.operation(operation, at)

    def target(self, pointer: object, default: object, path: str) -> None:
        kind = _kind_at(pointer)
        if kind in ("text", "value", "init"):
            self.visit(default, kind, path)
        else:
            self.add(path, pointer, "a text goes where a text or a plain value stands")

    def operation(self, operation: Mapping[str, Any], path: str) -> None:
        """One step of a JSON Patch."""
        kind, pointer = operation.get("op"), operation.get("path")
        if kind in ("add", "replace"):
            place = _kind_at(pointer)
            if place is None or place == "usermeta":
                self.add(f"{path}/path", pointer, "a switch changes places that are known")
            else:
                value = operation.get("value")
                if place == "size" and isinstance(value, int | float):
                    self.area(f"{path}/value", value * value)
                name = str(pointer).rpartition("/")[2]
                self.shaped(value, place, name, f"{path}/value")
                if isinstance(value, list) and place in PLACES and _is_index(name):
                    self.add(f"{path}/value", value, "an object stands here")
                else:
                    self.visit(value, place, f"{path}/value")
        elif kind in ("move", "copy"):
            # What stands at a place of one kind was judged as what it is.
            place = _kind_at(operation.get("from"))
            if place is None or place != _kind_at(pointer):
                self.add(f"{path}/path", pointer, "a switch moves things to places of their kind")
        elif kind not in ("remove", "test"):
            self.add(f"{path}/op", kind, "a switch is made of the operations of a JSON Patch")

    # What transforms make out of rows, all of them together.

    def growth(self) -> None:
        """Rows are not multiplied without end, and neither are texts."""
        rows, texts, own, counts = 1.0, 1.0, 1.0, {"flatten": 0, "impute": 0}
        width = made = None
        for node, path in _objects(self.content):
            if isinstance(node.get("fold"), list):
                rows *= max(1, len(node["fold"]))
            for kind in counts:
                if node.get(kind) is None:
                    continue
                counts[kind] += 1
                if counts[kind] > _REPEATS:
                    self.add(_below(path, kind), node[kind], f"a preset has {_REPEATS} of these")
            if node.get("flatten") is not None:
                width = _widest(self.content) if width is None else width
                rows *= width
            if node.get("impute") is not None:
                self.ungrouped(node, path)
            if isinstance(node.get("calculate"), str):
                made = _made(self.content) if made is None else made
                terms, chained = _terms(node["calculate"], made)
                texts, own = (texts * terms, own) if chained else (texts, max(own, terms))
                if texts * own > settings.preset_generated:
                    limit = f"texts of calculates grow at most {settings.preset_generated:,} times"
                    self.add(_below(path, "calculate"), node["calculate"], limit)
                    texts = own = 1.0
        if rows > settings.preset_generated:
            limit = f"fold and flatten make at most {settings.preset_generated:,} rows of one"
            self.add("/transform", f"{rows:,.0f} rows of one", limit)

    def ungrouped(self, node: Mapping[str, Any], path: str) -> None:
        """Each group gets a row for each key, and both may be as many as there are rows."""
        here = _below(path, "impute")
        if isinstance(node["impute"], Mapping):
            encodings = (found.get("encoding") for found, _ in _objects(self.content))
            if any(isinstance(e, Mapping) and any(g in e for g in _GROUPS) for e in encodings):
                self.add(here, node["impute"], "values are imputed where nothing groups them")
        elif node.get("groupby"):
            self.add(_below(path, "groupby"), node["groupby"], "an impute has no groups")

    # The picture.

    def pictures(self) -> None:
        """How many pixels all parts of the picture have together."""
        config = self.content.get("config")
        view = config.get("view") if isinstance(config, Mapping) else None
        held = view if isinstance(view, Mapping) else {}
        default = tuple(
            max([_side(held.get(f"{kind}{side}"), _SIZE) for kind in ("continuous", "discrete")])
            for side in ("Width", "Height")
        )
        panels, square = _picture(self.content, (default[0], default[1]))
        pad = _padding(self.content.get("padding"))
        sides = [self.content.get(side) for side in ("width", "height")]
        said = " x ".join(errors.shown(side) for side in sides)
        self.area("", square + pad * pad, said)
        if panels > settings.max_panels:
            self.add("/repeat", f"{panels:g} panels", f"at most {settings.max_panels}")

    def area(self, path: str, square: float, said: str = "") -> None:
        pixels = square * _DENSITY**2
        if not pixels <= settings.preset_pixels:
            told = f"{pixels:,.0f} pixels" + (f" ({said})" if said else "")
            limit = f"a picture has at most {settings.preset_pixels:,} at double density"
            self.found.append(Finding(path, told, limit))


class _Accepted(_Walk):
    """What even a preset that its user accepted may not hold; it may be one of Vega's.

    It may compute and react to events. It reads no file and no address, links to nothing but
    pages and mail, and stays within the limits. Here names are judged wherever they stand.
    """

    def judge(self) -> None:
        self.pictures()
        waiting: list[tuple[Any, str]] = [(self.content, "")]
        while waiting:
            node, path = waiting.pop()
            if isinstance(node, Mapping):
                self.generator(node, path)
                self.placed(node, path)
            for key, value in node.items() if isinstance(node, Mapping) else enumerate(node):
                here = _below(path, key)
                if isinstance(key, str):
                    self.named(key, value, here, node)
                elif isinstance(value, str) and _addressed(value):
                    self.add(here, value, "no text names an address")
                if isinstance(value, Mapping | list) and key not in ("values", "datasets"):
                    waiting.append((value, here))

    def named(self, key: str, value: Any, path: str, node: Any) -> None:
        if key == "url":
            self.address(value, path)
        elif key == "href":
            self.link(value, path)
        elif key == "font" or key.endswith("Font"):
            self._font(value.get("value") if isinstance(value, Mapping) else value, path)
        elif key == "embedOptions" or key == "element":
            self.add(path, value, _WHY[key])
        elif key == "bind" and isinstance(value, Mapping):
            inner = (
                {path: value} if "input" in value else {_below(path, k): value[k] for k in value}
            )
            for here, control in inner.items():
                if isinstance(control, Mapping) and "input" in control:
                    self.control(control, here)
        elif key in ("tickCount", "steps", "minsteps", "maxsteps", "maxbins") and _plain(value):
            self.most(path, value, value, "steps")
        elif key == "keyvals" and isinstance(value, Mapping | list):
            self._keyvals(value, path)
        elif key == "sequence" and isinstance(value, Mapping):
            self.span(value, path)
        elif key == "graticule":
            self._graticule(value, path)
        elif isinstance(value, str) and _addressed(value):
            self.add(path, value, "no text names an address")
        elif (key.endswith(("Size", "Padding")) or key in ("width", "height")) and _plain(value):
            self._length(value, path)

    def placed(self, node: Mapping[str, Any], path: str) -> None:
        """What a switch or a string puts somewhere has the name of where it goes."""
        pointer, at = node.get("path"), node.get("at")
        if isinstance(pointer, str) and "op" in node:
            self.named(pointer.rpartition("/")[2], node.get("value"), f"{path}/value", node)
        for here, target in _items(at, f"{path}/at"):
            if isinstance(target, str) and target.rpartition("/")[2] in ("url", "href"):
                self.add(here, target, "a text is put in no address and no link")

    def generator(self, node: Mapping[str, Any], path: str) -> None:
        """Transforms of Vega are named by their type."""
        parts = {key: node[key] for key in ("start", "stop", "step") if key in node}
        if node.get("type") == "sequence" and all(map(_plain, parts.values())):
            self.span(parts, path)
        elif node.get("type") == "graticule":
            shape = {k: v for k, v in node.items() if k not in ("type", "signal")}
            self._graticule(shape, path)

    def is_input(self, kind: object) -> bool:
        return isinstance(kind, str) and bool(_INPUT.fullmatch(kind))

    def address(self, value: Any, path: str) -> None:
        literal = value.get("value") if isinstance(value, Mapping) else value
        if isinstance(value, Mapping) and value.get("field") in self._own_images():
            return  # made by the statistic, under whatever names a fork has given its roles
        if not isinstance(literal, str) or not _IMAGE.fullmatch(literal):
            self.add(path, value, f"{_NO_ADDRESS}, or let the caller allow it with allow=[...]")

    def _own_images(self) -> tuple[str, ...]:
        """The fields in which the preset's statistic puts images."""
        meta = _mapping(_mapping(self.content, "usermeta"), "plotkit")
        return _IMAGES.get(str(_mapping(meta, "statistic").get("name")), ())

    def link(self, value: Any, path: str) -> None:
        """Links that come from the rows are judged when the picture is drawn."""
        for at, inner in _items(value, path):
            if isinstance(inner, Mapping):
                if "value" in inner:
                    self.link(inner["value"], f"{at}/value")
            elif isinstance(inner, str) and not _LINK.fullmatch(inner):
                self.add(at, inner, "a link starts with http://, https:// or mailto:")


_LEAVES = (
    "mark_type", "schema", "text", "rows", "datasets", "expression", "predicate", "field",
    "word", "time_part", "init", "param_name", "font", "font_style", "format", "format_type",
    "length", "size", "power", "count", "tick_count", "keyvals", "steps", "sequence", "share",
    "graticule", "bin", "parse", "styles", "ranges", "repeat", "select", "no_event", "bind",
    "usermeta", "log_base", "zoom", "precision",
)  # fmt: skip


# --- small things --------------------------------------------------------------------------------


def is_vega(content: Mapping[str, Any]) -> bool:
    """Whether a spec is one of Vega itself."""
    schema = content.get("$schema")
    if isinstance(schema, str) and "/schema/vega/" in schema:
        return True
    return any(isinstance(content.get(key), list) for key in _VEGA_KEYS)


def _near(asked: object, names: Any) -> str:
    return errors.nearest(asked, names) if isinstance(asked, str) and len(asked) < 100 else ""


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def _flat(values: Sequence[object]) -> bool:
    return not any(isinstance(value, Mapping | list) for value in values)


def _items(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The items of a list with their paths, through lists inside it; any other value itself."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _items(inner, f"{path}/{index}")
    else:
        yield path, value


def _is_index(name: str) -> bool:
    return name.isdecimal() or name == "-"


def _is_written(path: str) -> bool:
    names = [name for name in path.split("/") if not name.isdecimal()]
    return names[-1] in _WRITTEN


def _objects(content: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every object of a preset that is no row, with its path."""
    waiting = [(content, "")]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, Mapping):
            yield node, path
        entries = node.items() if isinstance(node, Mapping) else enumerate(node)
        waiting += [
            (value, _below(path, key))
            for key, value in entries
            if isinstance(value, Mapping | list) and key not in ("values", "datasets")
        ]


def _expressions(content: Any) -> Iterator[expression.Node]:
    """What the calculates of a preset compute."""
    for node, _ in _objects(content):
        for key in ("calculate", "expr"):
            if isinstance(node.get(key), str):
                with suppress(errors.ExpressionError):
                    yield expression.parse(node[key])


def _widest(content: Any) -> int:
    """How many items a list can have that is flattened, as far as the preset makes it."""
    most = 1
    for node in _expressions(content):
        for inner in expression.walk(node):
            if isinstance(inner, expression.Array):
                most = max(most, len(inner.items))
            elif isinstance(inner, expression.Call) and inner.function == expression.Name("split"):
                most = max(most, settings.preset_generated)
    waiting: list[tuple[Any, Any]] = [(content, None)]
    while waiting:
        node, name = waiting.pop()
        entries = node.items() if isinstance(node, Mapping) else enumerate(node)
        waiting += [(value, key) for key, value in entries if isinstance(value, Mapping | list)]
        # Params, and cells of rows; the rows of a preset are objects themselves.
        if isinstance(node, list) and not (name == "values" and all(map(_is_map, node))):
            most = max(most, len(node))
    return most


def _made(content: Any) -> set[str]:
    """The fields that transforms make."""
    return {
        name
        for node, path in _objects(content)
        for _, name in _items(node.get("as"), path)
        if isinstance(name, str)
    }


def _terms(text: str, made: set[str]) -> tuple[float, bool]:
    """How often an expression puts texts together, and whether others were put together before."""
    try:
        node = expression.parse(text)
    except errors.ExpressionError:
        return 1.0, False
    names = expression.fields(node)
    dynamic = any(
        isinstance(inner, expression.Index) and not isinstance(inner.at, expression.Literal)
        for inner in expression.walk(node)
    )
    return max(1.0, _sum(node)), dynamic or bool(names & {*made, "key", "value"})


def _sum(node: expression.Node) -> float:
    match node:
        case expression.Literal() | expression.Regex():
            return 0.0
        case expression.Binary("+", left, right):
            return _sum(left) + _sum(right)
        case expression.Binary("||" | "&&", left, right):
            return max(_sum(left), _sum(right))
        case expression.Unary() | expression.Binary():
            return 1.0
        case expression.Conditional(_, then, other):
            return max(_sum(then), _sum(other))
        case expression.Member() | expression.Index() | expression.Name():
            return 1.0
        case expression.Call(expression.Name("join"), arguments):
            sums = [max(1.0, _sum(inner)) for inner in arguments]
            return math.prod(sums)
        case expression.Call(_, arguments):
            return math.fsum(map(_sum, arguments))
        case expression.Array(items):
            return float(max(len(items), math.fsum(map(_sum, items))))
        case expression.Object(_, values):
            return math.fsum(map(_sum, values))
    return 1.0


def _param_names(node: Any) -> Iterator[str]:
    """The params of a spec, wherever they are declared."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            params = found.get("params")
            for param in params if isinstance(params, list) else ():
                if isinstance(param, Mapping) and isinstance(param.get("name"), str):
                    yield param["name"]
            # A switch may put one in.
            value = found.get("value")
            if "/params/" in str(found.get("path")) and isinstance(value, Mapping):
                yield str(value.get("name"))
            waiting += [inner for key, inner in found.items() if key not in ("values", "datasets")]
        elif isinstance(found, list):
            waiting += found


def _kind_at(pointer: object) -> str | None:
    """The kind of value that stands at a JSON Pointer into a spec."""
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        return None
    kind = "spec"
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if token.isdecimal() or token == "-":
            continue
        if kind == "styles":
            kind = "styled"
        elif kind in ("ranges", "length", "text"):
            kind = "value"
        elif kind in PLACES and token in PLACES[kind]:
            kind = PLACES[kind][token]
        elif kind == "encoding" and _SCRATCH.fullmatch(token):
            kind = "channel"
        elif kind in ("size", "tick_count", "count") and token in PLACES["value"]:
            kind = PLACES["value"][token]
        else:
            return None
    return kind


def _side(value: object, default: float) -> float:
    """A side in px: what it says, or so many steps."""
    if isinstance(value, Mapping):
        step = value.get("step")
        return abs(float(step)) * _STEPS if _plain(step) else default
    return abs(float(value)) if _plain(value) else default


def _padding(value: object) -> float:
    if isinstance(value, Mapping):
        return sum(abs(float(side)) for side in value.values() if _plain(side))
    return 2 * abs(float(value)) if _plain(value) else 0.0


def _picture(node: Any, size: tuple[float, float]) -> tuple[float, float]:
    """How many panels a spec asks for at least, and their square px."""
    if not isinstance(node, Mapping):
        return 0.0, 0.0
    own = (_side(node.get("width"), size[0]), _side(node.get("height"), size[1]))
    count = 1.0
    repeat = node.get("repeat")
    for listed in repeat.values() if isinstance(repeat, Mapping) else [repeat]:
        count *= len(listed) if isinstance(listed, list) else 1
    parts = [
        _picture(part, size)
        for key in ("concat", "hconcat", "vconcat")
        for part in (node.get(key) if isinstance(node.get(key), list) else ())  # type: ignore[union-attr]
    ]
    if isinstance(node.get("spec"), Mapping):
        parts.append(_picture(node["spec"], own))
    if not parts:
        return count, own[0] * own[1] * count
    panels, square = (sum(part[at] for part in parts) for at in (0, 1))
    return panels * count, square * count


def _bound(node: expression.Node) -> float:
    """The largest number that an expression can be, as far as it shows; else infinity."""
    match node:
        case expression.Literal(value) if _plain(value):
            return float(value)
        case expression.Call(expression.Name("min"), arguments) if arguments:
            return min(map(_bound, arguments))
        case expression.Call(expression.Name("max"), arguments) if arguments:
            return max(map(_bound, arguments))
        case expression.Call(expression.Name("clamp"), (_, low, high)):
            return max(_bound(low), _bound(high))
        case expression.Call(expression.Name("ceil" | "floor" | "round"), (inner,)):
            return _bound(inner) + 1
    if isinstance(node, expression.Conditional):
        return max(_bound(node.then), _bound(node.other))
    return math.inf
