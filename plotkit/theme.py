"""Themes, and dressing a spec in one: its config, its size, its titles in lines that fit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from plotkit import errors
from plotkit.resources import builtin_presets
from plotkit.text import as_title, wrap
from plotkit.text import width as text_width

NAMES = ("light", "dark")
_PX_PER_UNIT = {"px": 1.0, "in": 96.0, "cm": 96.0 / 2.54, "mm": 96.0 / 25.4, "pt": 96.0 / 72.0}
_TITLE_LINES, _SUBTITLE_LINES = 3, 2
# px that stand around the plot or the legend: axis labels, titles, padding
_AROUND_SQUARE_X, _AROUND_SQUARE_Y, _AROUND_LEGEND, _ROW_NAMES = 81, 141, 80, 60
_AROUND_ROWS = 56.0  # px of the figure that no legend above the plot has
_SMALLEST_PLOT = 60.0
_ROOM_FOR_LEGEND = 300.0  # px of a square plot with a legend in its corner
_ROOM_BESIDE = 600.0  # px of a figure whose legend stands beside the plot
_ENTRY, _BETWEEN = 38.0, 18.0  # px of an entry of a legend without its label, and between two
_LABEL_SIZE, _CHARACTER = 11.5, 6.1  # px of a label's text, and of a character, about
# What a legend beside a plot has that one above it has not.
_BESIDE = ("orient", "direction", "titleOrient", "titleAnchor", "offset")
# The param that tells a legend how wide it may be; it belongs to the layout, not to the caller.
LEGEND_ROOM = "legend_room"


@cache
def _builtin(name: str) -> str:
    return (builtin_presets() / "themes" / f"{name}.json").read_text("utf-8")


def config(theme: str | Mapping[str, Any]) -> dict[str, Any]:
    """The Vega-Lite config of a theme: "light", "dark", or the caller's own laid over "light"."""
    if isinstance(theme, Mapping):
        own = theme.get("config", theme)
        if not isinstance(own, Mapping):
            raise errors.OptionError.from_option("theme", own, "a Vega-Lite config")
        check(theme)
        return _merged(config("light"), own)
    if theme not in NAMES:
        raise errors.OptionError.from_option("theme", theme, "'light', 'dark' or a config dict")
    found: dict[str, Any] = json.loads(_builtin(theme))["config"]
    return found


def check(theme: object) -> None:
    """Raise `OptionError` for what is no theme."""
    if not isinstance(theme, Mapping):
        if not isinstance(theme, str) or theme not in NAMES:
            expected = "'light', 'dark' or a config dict"
            raise errors.OptionError.from_option("theme", theme, expected)
        return
    try:
        plain = json.loads(json.dumps(theme, allow_nan=False)) == dict(theme)
    except (TypeError, ValueError, RecursionError):
        plain = False
    own = theme.get("config", theme)
    if not plain or not isinstance(own, Mapping):
        expected = "a Vega-Lite config: names, numbers, texts, lists"
        raise errors.OptionError.from_option("theme", theme, expected)
    _check_fonts(own)


def _check_fonts(own: Mapping[str, Any]) -> None:
    """Font names of letters, digits and little else: others end the engine."""
    for key, value in own.items():
        if isinstance(value, Mapping):
            _check_fonts(value)
        elif key.lower().endswith("font") and not (
            isinstance(value, str) and re.fullmatch(r"[\w ,.'-]*", value)
        ):
            expected = "font names of letters, digits, blanks and , . ' -"
            raise errors.OptionError.from_option(f"theme {key}", value, expected)


def pixels(length: float | str, name: str) -> float:
    """A length in CSS pixels (96 an inch): a number, or text such as "8cm", "3in", "640px".

    >>> pixels("1in", "width")
    96.0
    """
    found: float | None = None
    if isinstance(length, str):
        text = length.strip()
        for unit, factor in _PX_PER_UNIT.items():
            if text.endswith(unit):
                try:
                    found = float(text[: -len(unit)]) * factor
                except ValueError:
                    found = None
    elif isinstance(length, (int, float)) and not isinstance(length, bool):
        found = float(length)
    if found is None or not 16 <= found <= 20_000:
        expected = "a length of 16 to 20,000 px: a number of px, or text such as '8cm', '3in'"
        raise errors.OptionError.from_option(name, length, expected)
    return found


def dress(
    spec: Mapping[str, Any],
    theme: str | Mapping[str, Any],
    width: float | None = None,
    height: float | None = None,
) -> dict[str, Any]:
    """A copy of the spec with the theme's config, the figure's size in px, and wrapped titles.

    A config that the preset brings itself wins over the theme's.
    """
    dressed = {**spec, **_sized(spec, width, height)}
    if keeps_shape(spec) and _is_small(dressed.get("width")):
        dressed["encoding"] = _with_legends_above(_held(spec, "encoding"))
    elif LEGEND_ROOM in _params(spec) and _length(dressed.get("width"), 640.0) < _ROOM_BESIDE:
        dressed["encoding"] = _with_legends_in_rows(dressed)
    themed = config(theme)
    if "/schema/vega/" in str(spec.get("$schema", "")):
        themed = vega_config(themed)
    dressed["config"] = _merged(themed, _held(spec, "config"))
    title = spec.get("title")
    if isinstance(title, Mapping):
        dressed["title"] = _wrapped(title, _held(themed, "title"), _title_room(dressed))
    return dressed


def vega_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a Vega-Lite config means the same to Vega: colours, lines and fonts of the guides."""
    made = {k: config[k] for k in ("background", "padding") if k in config}
    for guide in ("title", "axis", "axisX", "axisY", "axisBand", "legend"):
        found = _held(config, guide)
        made[guide] = {k: v for k, v in found.items() if k != "layout" and k != "labelExpr"}
    ranges = _held(config, "range")
    made["range"] = {k: v for k, v in ranges.items() if isinstance(v, list)}
    text = _held(config, "text")
    found = {
        "font": config.get("font"),
        "fill": text.get("color"),
        "fontSize": text.get("fontSize"),
    }
    made["text"] = {k: v for k, v in found.items() if v is not None}
    if "font" in config:
        for name in ("guide-label", "guide-title", "group-title", "group-subtitle"):
            made.setdefault("style", {})[name] = {"font": config["font"]}
    return made


def is_stepped(spec: Mapping[str, Any]) -> bool:
    """Whether the figure's size follows from the number of its categories."""
    return any(isinstance(spec.get(side), Mapping) for side in ("width", "height"))


def keeps_shape(spec: Mapping[str, Any]) -> bool:
    """Whether a plot must not be stretched: one of cells, or a square one."""
    return is_stepped(spec) or _is_padded(spec)


def _is_padded(spec: Mapping[str, Any]) -> bool:
    """Whether the plot keeps its size, and the figure grows with what stands around it."""
    autosize = spec.get("autosize")
    return (autosize.get("type") if isinstance(autosize, Mapping) else autosize) == "pad"


def _held(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """What a spec or a config holds under a name, where it is an object as it should be."""
    found = node.get(key)
    return found if isinstance(found, Mapping) else {}


def _is_small(width: Any) -> bool:
    return isinstance(width, (int, float)) and width < _ROOM_FOR_LEGEND


def _with_legends_above(encoding: Mapping[str, Any]) -> dict[str, Any]:
    """Channels whose legends stand above a plot, which has no room for them in a corner."""
    made = {}
    for channel, definition in encoding.items():
        legend = definition.get("legend") if isinstance(definition, Mapping) else None
        if isinstance(legend, Mapping) and "-" in str(legend.get("orient", "")):
            own = {k: v for k, v in legend.items() if k not in ("direction", "offset", "padding")}
            definition = {**definition, "legend": {**own, "orient": "top", "columns": 1}}
        made[channel] = definition
    return made


def _params(spec: Mapping[str, Any]) -> set[Any]:
    """The names of the spec's params."""
    params = spec.get("params")
    held = params if isinstance(params, list) else ()
    return {param.get("name") for param in held if isinstance(param, Mapping)}


def _with_legends_in_rows(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Channels whose legends stand in rows above a plot that is too narrow for one beside it.

    Of four names and more there are two in a row at least: long ones lose their middle, where that
    leaves them apart.
    """
    encoding = _held(spec, "encoding")
    legends = {
        channel: definition
        for channel, definition in encoding.items()
        if isinstance(definition, Mapping) and _is_laid_out(_held(definition, "legend"))
    }
    fields = {definition.get("field") for definition in legends.values()}
    room = (_length(spec.get("width"), 640.0) - _AROUND_ROWS + _BETWEEN) / max(len(fields), 1)
    made = dict(encoding)
    for channel, definition in legends.items():
        names = _values(spec, definition.get("field"))
        columns, most = _in_rows(names, room)
        own = dict(definition["legend"])
        if own.get("orient") == "right":
            own = {k: v for k, v in own.items() if k not in _BESIDE}
        own |= {"columns": columns, "labelLimit": most * 8, "labelExpr": _ends_expression(most)}
        made[channel] = {**definition, "legend": own}
    return made


def _is_laid_out(legend: Mapping[str, Any]) -> bool:
    """Whether it is ours to say how a legend's names stand."""
    return legend.get("orient") == "right" or LEGEND_ROOM in str(legend.get("columns"))


def _in_rows(names: set[str], room: float) -> tuple[int, int]:
    """How many names stand in a row of so many px, and the most characters of each."""
    longest = max((text_width(name, _LABEL_SIZE) for name in names), default=0.0)
    columns = int(room / (longest + _ENTRY + _BETWEEN))
    for least in (max(columns, 2 if len(names) > 3 else 1), 1):
        most = int((room / least - _BETWEEN - _ENTRY) / _CHARACTER)
        if least == columns:
            most = max(most, *map(len, names))
        if least == 1 or len({_ends(name, most) for name in names}) == len(names):
            break
    return least, most


def _values(spec: Mapping[str, Any], field: Any) -> set[str]:
    """The texts that the spec's rows hold in a field."""
    rows = _held(spec, "data").get("values")
    held = rows if isinstance(rows, list) else ()
    found = {row.get(field) for row in held if isinstance(row, Mapping)}
    return {value for value in found if isinstance(value, str)}


def _ends(name: str, most: int) -> str:
    """A name without its middle, as `_ends_expression` shows it."""
    half = most // 2
    return name if len(name) <= most else f"{name[:half]}\u2026{name[-half:]}"


def _ends_expression(most: int) -> str:
    """A label's text in Vega, of so many characters at most."""
    half, label = most // 2, "datum.label"
    return (
        f"length({label})<={most}?{label}:slice({label},0,{half})+'\u2026'+slice({label},-{half})"
    )


def _sized(spec: Mapping[str, Any], width: float | None, height: float | None) -> dict[str, Any]:
    """The properties of the spec that its size in px changes."""
    sized: dict[str, Any] = {}
    asked = {"width": width, "height": height}
    if width is not None and height is not None:
        sized = {**asked, "autosize": {"type": "fit", "contains": "padding"}}
    elif is_stepped(spec):
        pass  # the finished picture is scaled: its cells keep their shape
    elif keeps_shape(spec):
        # A square plot stays square: the side that is given decides on both.
        if width is not None:
            sized = dict.fromkeys(asked, max(width - _AROUND_SQUARE_X, _SMALLEST_PLOT))
        elif height is not None:
            sized = dict.fromkeys(asked, max(height - _AROUND_SQUARE_Y, _SMALLEST_PLOT))
    else:
        sized = {side: size for side, size in asked.items() if size is not None}
    sized = {k: _whole(v) if isinstance(v, float) else v for k, v in sized.items()}
    params = spec.get("params")
    if isinstance(sized.get("width"), (int, float)) and isinstance(params, list):
        room = sized["width"] - _AROUND_LEGEND
        sized["params"] = [
            {**param, "value": room}
            if isinstance(param, Mapping) and param.get("name") == LEGEND_ROOM
            else param
            for param in params
        ]
    return sized


def _whole(size: float) -> float:
    return int(size) if float(size).is_integer() else size


def _title_room(spec: Mapping[str, Any]) -> float:
    """The px that a line of the title may take, which starts at the plot's left edge."""
    width: Any = spec.get("width")
    if isinstance(width, Mapping):
        step, x = width.get("step"), _held(_held(spec, "encoding"), "x").get("field")
        rows = _held(spec, "data").get("values")
        held = rows if isinstance(rows, list) and isinstance(x, str) else ()
        cells = len({str(row.get(x)) for row in held if isinstance(row, Mapping)})
        return max(_length(step, 20.0) * cells + _ROW_NAMES, 300.0)
    room = _length(width, 480.0)
    if _is_padded(spec):
        return max(room, 120.0)
    at_edge = _held(spec, "title").get("frame") == "bounds"
    return max(room - (44 if at_edge else 100), 120.0)


def _length(value: object, default: float) -> float:
    """A number of px of a spec, as far as a picture is wide at all."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    return float(min(value, 1e6))


def _wrapped(title: Mapping[str, Any], style: Mapping[str, Any], room: float) -> dict[str, Any]:
    wrapped = dict(title)
    for key, prefix, lines, weight in (
        ("text", "", _TITLE_LINES, 600),
        ("subtitle", "subtitle", _SUBTITLE_LINES, 400),
    ):
        text = title.get(key)
        if not isinstance(text, str):
            continue
        size = max(_length(style.get("subtitleFontSize" if prefix else "fontSize"), 13.0), 1.0)
        made = [
            as_title(line)
            for part in text.split("\n")
            for line in wrap(part, size, weight, room, lines)
        ]
        wrapped[key] = made[0] if len(made) == 1 else made[:lines]
    return wrapped


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        held = merged.get(key)
        if isinstance(held, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(held, value)
        else:
            merged[key] = value
    return merged
