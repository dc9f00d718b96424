"""The plainest SVG of a picture: for LaTeX, Inkscape, PowerPoint and people.

Vega writes SVG for browsers. Other programs know less of it: no rgba(), no "transparent", no
style sheets; and they show everything that is there, also groups and outlines that draw nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# What only browsers use. Roles: `svg.labelled` says once for the whole what it shows.
_NOISE = re.compile(r"role|aria-[\w-]+|pointer-events|cursor")
_COLOURED = {"fill": "fill-opacity", "stroke": "stroke-opacity", "stop-color": "stop-opacity"}
_MEASURES = (
    *("transform", "d", "viewBox", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy"),
    *("width", "height"),
)
# How far the sides may differ from those of the view for the picture to count as not stretched.
_ROUNDED = 0.002
# A number that stands by itself, with more than three decimals.
_LONG = re.compile(r"(?:^|(?<=[\s,(A-Za-z]))-?\d+\.\d{4,}(?:e[-+]?\d+)?(?=[\s,)A-Za-z]|$)")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_DIGITS = re.compile(r"#(?:[0-9a-f]{4}|[0-9a-f]{8})")


def cleaned(svg: str) -> str:
    """The same picture in the plainest SVG.

    What draws nothing goes: backgrounds without a colour, empty paths, hidden elements, groups
    without a purpose. So do pointer events and what Vega says to screen readers. Colours become
    #rrggbb and an opacity, styles become attributes, numbers have at most three decimals. The
    marks and the names of their groups stay, invisible ones too.

    >>> cleaned('<svg><g><path class="background" d="M0,0h9"/><text fill="rgba(255,0,0,0.5)" '
    ...     'transform="translate(0,1.23456)" opacity="1">a</text></g></svg>')
    '<svg><text fill="#ff0000" transform="translate(0,1.235)" fill-opacity="0.5">a</text></svg>'
    """
    from xml.etree.ElementTree import TreeBuilder, tostring
    from xml.parsers import expat

    builder = TreeBuilder()
    # No namespaces: names stay as they are written, "xlink:href" too.
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.Parse(svg.encode(), True)
    root = builder.close()
    _simplify(root.attrib)
    root.attrib.pop("class", None)
    if not _is_stretched(root.attrib):
        root.attrib.pop("preserveAspectRatio", None)
    _tidy(root)
    if not any(name.startswith("xlink:") for found in root.iter() for name in found.attrib):
        root.attrib.pop("xmlns:xlink", None)
    if not len(root):
        root.text = "\n"  # so that it keeps both its tags
    return tostring(root, encoding="unicode")


def _is_stretched(root: dict[str, str]) -> bool:
    """Whether width and height have another ratio than what they show."""
    try:
        _, _, wide, high = (float(side) for side in root["viewBox"].split())
        ratio = float(root["width"]) / float(root["height"])
        return abs(ratio * high / wide - 1) > _ROUNDED
    except (LookupError, ValueError, ZeroDivisionError):
        return True


def _tidy(element: Element) -> None:
    """Clean all that an element holds."""
    kept: list[Element] = []
    for child in element:
        _simplify(child.attrib)
        if not _is_drawn(child):
            continue
        _tidy(child)
        if child.tag != "g" or (child.attrib and len(child)):
            kept.append(child)
        else:
            kept.extend(child)
    element[:] = kept


def _is_drawn(element: Element) -> bool:
    """Whether something of an element can be seen."""
    found = element.attrib
    if found.get("display") == "none":
        return False
    if element.tag == "path":
        if not found.get("d"):
            return False
        if found.get("class") in ("background", "foreground"):
            del found["class"]
            # It inherits no colour from the groups around it.
            return any(found.get(name, "none") != "none" for name in _COLOURED)
    return True


def _simplify(found: dict[str, str]) -> None:
    """Make the attributes of one element plain."""
    for part in found.pop("style", "").split(";"):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name == "mix-blend-mode":  # it has no attribute
            found["style"] = f"{name}:{value}"
        elif name:
            found[name] = value
    for name in [name for name in found if _NOISE.fullmatch(name)]:
        del found[name]
    for name, opacity in _COLOURED.items():
        if name in found:
            colour, share = _plain_colour(found[name])
            if share < 1:
                try:
                    found[opacity] = f"{share * _number(found.get(opacity, '1'), 1):.4g}"
                except ValueError:
                    continue  # such as "inherit": they cannot be put together
            found[name] = colour
    if found.get("opacity") == "1":
        del found["opacity"]
    if found.get("transform") == "translate(0,0)":
        del found["transform"]
    if "font-size" in found:
        found["font-size"] = found["font-size"].removesuffix("px")
    for name in _MEASURES:
        value = found.get(name, "")
        if len(value) > 5 and "matrix" not in value and "scale" not in value:
            found[name] = _LONG.sub(_shorter, value)


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.3f}".rstrip("0").rstrip(".")


def _plain_colour(colour: str) -> tuple[str, float]:
    """A colour as all programs know it, and its opacity; what is none of CSS's stays."""
    text = colour.strip().lower()
    if text == "transparent":
        return "none", 1.0
    function = _FUNCTION.fullmatch(text)
    if function is not None:
        made = _from_function(function[1], re.split(r"[\s,/]+", function[2].strip()))
        return made or (colour, 1.0)
    if _DIGITS.fullmatch(text):
        digits = text[1:] if len(text) == 9 else "".join(2 * digit for digit in text[1:])
        return f"#{digits[:6]}", int(digits[6:], 16) / 255
    return colour, 1.0


def _number(text: str, whole: float) -> float:
    """A number, or a percentage of the whole."""
    return float(text[:-1]) / 100 * whole if text.endswith("%") else float(text)


def _from_function(name: str, parts: list[str]) -> tuple[str, float] | None:
    """rgb(), rgba(), hsl() and hsla() as #rrggbb and an opacity; None where that fails."""
    try:
        opacity = _number(parts[3], 1) if len(parts) > 3 else 1.0
        if name == "rgb":
            channels = [_number(part, 255) for part in parts[:3]]
        else:
            from colorsys import hls_to_rgb

            hue, saturation, light = (_number(part.removesuffix("deg"), 1) for part in parts[:3])
            channels = [255 * channel for channel in hls_to_rgb(hue / 360 % 1, light, saturation)]
        red, green, blue = (min(max(round(channel), 0), 255) for channel in channels)
    except (ValueError, IndexError, OverflowError):
        return None
    return f"#{red:02x}{green:02x}{blue:02x}", min(max(opacity, 0.0), 1.0)
