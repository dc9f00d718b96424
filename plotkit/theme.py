"""Themes, and dressing a spec in one: its config, its size, its titles in lines that fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from plotkit import errors
from plotkit.resources import builtin_presets
from plotkit.text import as_title, wrap

NAMES = ("light", "dark")
_PX_PER_UNIT = {"px": 1.0, "in": 96.0, "cm": 96.0 / 2.54, "mm": 96.0 / 25.4, "pt": 96.0 / 72.0}
_TITLE_LINES, _SUBTITLE_LINES = 3, 2


@cache
def _builtin(name: str) -> str:
    return (builtin_presets() / "themes" / f"{name}.json").read_text("utf-8")


def config(theme: str | Mapping[str, Any]) -> dict[str, Any]:
    """The Vega-Lite config of a theme: "light", "dark", or a config of the caller's own."""
    if isinstance(theme, Mapping):
        return dict(theme.get("config", theme))
    if theme not in NAMES:
        raise errors.OptionError.from_option("theme", theme, "'light', 'dark' or a config dict")
    found: dict[str, Any] = json.loads(_builtin(theme))["config"]
    return found


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
    dressed = dict(spec)
    for name, size in (("width", width), ("height", height)):
        if size is not None:
            dressed[name] = _whole(size)
    if width is not None or height is not None:
        dressed["autosize"] = {"type": "fit", "contains": "padding"}
    themed = config(theme)
    dressed["config"] = _merged(themed, spec.get("config", {}))
    title = spec.get("title")
    if isinstance(title, Mapping):
        dressed["title"] = _wrapped(title, themed.get("title", {}), _figure_width(dressed))
    return dressed


def _whole(size: float) -> float:
    return int(size) if float(size).is_integer() else size


def _figure_width(spec: Mapping[str, Any]) -> float:
    width = spec.get("width")
    return float(width) if isinstance(width, (int, float)) else 480.0


def _wrapped(title: Mapping[str, Any], style: Mapping[str, Any], width: float) -> dict[str, Any]:
    wrapped = dict(title)
    room = max(width - 32, 80)  # what the figure's padding leaves
    for key, prefix, lines, weight in (
        ("text", "", _TITLE_LINES, 600),
        ("subtitle", "subtitle", _SUBTITLE_LINES, 400),
    ):
        text = title.get(key)
        if not isinstance(text, str):
            continue
        size = style.get("subtitleFontSize" if prefix else "fontSize", 13)
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
