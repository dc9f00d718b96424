"""The fonts a picture is drawn with: the one it ships with, fallbacks, and what no font draws.

plotkit ships Inter in two weights (see fonts/README.md). What Inter lacks is drawn with a face
chosen here (see `scripts`), named to the engine run by run, and carried by documents as a subset.
A text in Latin, Greek or Cyrillic letters costs none of this.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from plotkit.render import faces as faces_of
from plotkit.render.faces import OWN_FOLDER, Face, folders

if TYPE_CHECKING:
    from pathlib import Path

    from plotkit.render.scripts import Chooser, Run, Shaped

__all__ = [
    "FAMILY",
    "check",
    "css",
    "embedded",
    "folders",
    "lost_without_colour",
    "missing_glyphs",
    "searchable",
    "with_fallbacks",
]

# The family name that the themes ask for first. The TTF files answer to "Inter" as well, but a
# machine may have an Inter of its own, which the engine prefers: other digits, other widths.
FAMILY: Final = "Inter Plotkit"

_STYLES: Final = {400: "Regular", 600: "SemiBold"}
# Names that the engine knows a font for without our knowing which.
_GENERIC: Final = ("serif", "sans-serif", "cursive", "fantasy", "monospace", "system-ui")
_REPLACEMENT: Final = "\ufffd"

_ATTRIBUTES: Final = r"(?:\s+[\w:-]+=\"[^\"]*\")*"
_TEXT: Final = re.compile(rf"<text\b({_ATTRIBUTES})\s*>(.*?)</text>", re.S)
_SHOWN: Final = re.compile(r"<text\b.*?</text>", re.S)
_LINE: Final = re.compile(rf"<tspan\b({_ATTRIBUTES})\s*>([^<]*)</tspan>")
_LINES: Final = re.compile(rf"(?:<tspan\b{_ATTRIBUTES}\s*>[^<]*</tspan>)+")
_ATTRIBUTE: Final = re.compile(r"\s([\w:-]+)=\"([^\"]*)\"")
_FAMILY_ATTRIBUTE: Final = re.compile(r"\sfont-family=\"([^\"]*)\"")


# --- characters that no font draws -----------------------------------------------------------


def missing_glyphs(texts: Iterable[str]) -> list[str]:
    """Return the characters that none of the fonts on this machine draws, as they first occur.

    Text in Latin, Greek and Cyrillic letters costs microseconds; for other text the installed
    fonts are looked at, and what they cover is kept in the user's cache folder. Where no
    installed font can be read nothing is reported.
    """
    texts = list(texts)
    outside = _outside(texts, "covered")
    if not outside:
        return []
    from plotkit.render.scripts import is_drawn

    wanted = [char for char in dict.fromkeys("".join(texts)) if ord(char) in outside]
    wanted = [char for char in wanted if is_drawn(char)]
    known = faces_of.installed() if wanted else ()
    if not known:
        return []
    missing = []
    for char in wanted:
        found = next((face for face in known if face.covers(ord(char))), None)
        if found is None:
            missing.append(char)
        else:
            faces_of.use(found)
    return missing


def check(texts: Iterable[str]) -> list[str]:
    """Return a note on the characters that no font draws; none where every one is drawn.

    Raises `MissingGlyphsError` instead where `settings.missing_glyphs` is "error".
    """
    missing = missing_glyphs(texts)
    if not missing:
        return []
    from plotkit import errors, notes, settings

    named, remedy = named_characters(missing), remedies(missing)
    if settings.missing_glyphs == "error":
        raise errors.MissingGlyphsError.from_characters(named, remedy)
    return [notes.missing_glyphs(named, remedy)]


def lost_without_colour(texts: Iterable[str]) -> list[str]:
    """Return a note on the characters that only colour fonts draw, which a PDF cannot use.

    `with_fallbacks(svg, colour=False)` shows each as U+FFFD. Raises as `check` does.
    """
    texts = list(texts)
    if not _outside(texts, "covered"):
        return []
    from plotkit.render.scripts import is_drawn

    known = faces_of.installed()
    lost = []
    for char in dict.fromkeys("".join(texts)):
        if ord(char) not in _shipped("covered") and is_drawn(char):
            able = [face for face in known if face.covers(ord(char))]
            if able and all(face.colour for face in able):
                lost.append(char)
    if not lost:
        return []
    from plotkit import errors, notes, settings

    named = named_characters(lost)
    if settings.missing_glyphs == "error":
        raise errors.MissingGlyphsError.from_colour(named)
    return [notes.colour_glyphs(named)]


def named_characters(characters: Sequence[str], limit: int = 20) -> str:
    """Return characters with their scripts, as messages name them.

    >>> named_characters("日本ก")
    '日本 (Han), ก (Thai)'
    """
    from plotkit.render.scripts import is_drawn, script_name

    by_script: dict[str, list[str]] = {}
    for char in characters[:limit]:
        # A terminal may lack them just as well, and a code can be looked up.
        drawable = is_drawn(char) and script_name(char) not in ("private use", "Unknown")
        by_script.setdefault(script_name(char), []).append(
            char if drawable else f"U+{ord(char):04X}"
        )
    parts = [
        f"{(' ' if any(len(char) > 1 for char in chars) else '').join(chars)} ({script})"
        for script, chars in by_script.items()
    ]
    if len(characters) > limit:
        parts.append(f"and {len(characters) - limit:,} more")
    return ", ".join(parts)


def remedies(characters: Iterable[str]) -> str:
    """Return what to install for characters that no font draws, as the end of a sentence."""
    from plotkit.render.scripts import CJK, EMOJI, SYMBOLS, group_of, script_name

    kinds = {group_of(char, CJK[-1]) for char in characters}
    advice = []
    if kinds & set(CJK):
        advice.append(
            "Noto Sans CJK (pip install noto-cjk-sans-otc, or the package fonts-noto-cjk)"
        )
    if EMOJI in kinds:
        advice.append("the package fonts-noto-color-emoji")
    nameless = ("private use", "Unknown")
    others = {group_of(c, CJK[-1]) for c in characters if script_name(c) not in nameless}
    others -= {*CJK, EMOJI}
    if others:
        package = "fonts-symbola" if others == {SYMBOLS} else "fonts-noto-core"
        advice.append(f"the package {package}")
    if not advice:
        return "Add a font that has them: plotkit.fonts.register(folder)."
    return f"Install {' and '.join(advice)}, or add a font: plotkit.fonts.register(folder)."


# --- what the engine is given ----------------------------------------------------------------


class _Line(NamedTuple):
    """One line of a text element: its characters, and what decides on how they are drawn."""

    text: str
    attributes: dict[str, str]  # its own, of a tspan
    inherited: dict[str, str]  # those of the text element

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, self.inherited.get(name, default))

    @property
    def weight(self) -> int:
        said = self.get("font-weight", "400")
        return {"normal": 400, "bold": 700, "bolder": 700, "lighter": 300}.get(said) or (
            int(said) if said.isdecimal() else 400
        )

    @property
    def slanted(self) -> bool:
        return self.get("font-style") in ("italic", "oblique")

    @property
    def size(self) -> float:
        found = re.match(r"[\d.]+", self.get("font-size", "11"))
        return float(found[0]) if found else 11.0


class _Fonts:
    """The fonts of one picture: what its texts ask for, and the faces for what that lacks."""

    def __init__(self, texts: Sequence[str], *, colour: bool) -> None:
        from plotkit.render.scripts import Chooser

        self._known = faces_of.installed()
        # Not the packaged ones, which join the user's folders once they are needed.
        mine = [folder for folder in folders() if folder not in faces_of.package_folders()]
        users = tuple(os.path.join(folder, "") for folder in mine)
        first = sum(face.path.startswith(users) for face in self._known)
        self.chooser: Chooser = Chooser(texts, self._known, colour=colour, first=first)
        self._in_colour = [face for face in self._known if face.colour]

    def own(self, line: _Line) -> tuple[str, Face | None]:
        """Return the name that the line's font is found by, and its face (None: Inter)."""
        for name in _families(line.get("font-family")):
            if name == FAMILY or name in _GENERIC:
                return name, None
            able = [face for face in self._known if name in face.names]
            if able:
                return name, min(
                    able,
                    key=lambda face: (
                        face.slanted != line.slanted,
                        abs(face.width - 5),
                        abs(face.weight - line.weight),
                    ),
                )
        return "", None

    def runs(self, line: _Line) -> list[Run]:
        from plotkit.render.scripts import runs

        face = self.own(line)[1]
        covered = _shipped("covered")

        def draws(char: str) -> bool:
            return ord(char) in covered if face is None else face.covers(ord(char))

        found = runs(line.text, draws, self.chooser, line.weight)
        for run in found:
            if run.face is not None:
                faces_of.use(run.face)
        return found

    def without_colour(self, run: Run) -> str:
        """Return the run's text with U+FFFD for what colour fonts alone can draw.

        The engine would take one of them by itself, and fail.
        """
        from plotkit.render.scripts import clusters

        covered = _shipped("covered")

        def is_lost(cluster: str) -> bool:
            codes = [ord(char) for char in cluster if ord(char) not in covered]
            return any(face.covers(code) for code in codes for face in self._in_colour)

        return "".join(_REPLACEMENT if is_lost(part) else part for part in clusters(run.text))


def with_fallbacks(svg: str, *, colour: bool) -> str:
    """Return the SVG with a font named for every character, as the engine is to get it.

    Args:
        svg: as the engine drew it, inspected.
        colour: whether colour fonts may be named; for PDF they may not, as the engine fails on
            them. A character that only such a font has is then shown as U+FFFD.

    Text that its own font draws stays as it is. Runs of other characters become `<tspan>`
    elements with a family and weight; the same picture on the same machine gives the same text.
    """
    if not _needs_fallbacks(svg):
        return svg
    lines = [line for _, found in _texts(svg) for line in found]
    fonts = _Fonts([line.text for line in lines], colour=colour)

    def element(match: re.Match[str]) -> str:
        found = _lines(match)
        if found is None:
            return match[0]
        attributes, y = match[1], 0.0
        if not fonts.own(found[0])[0]:
            # Otherwise the engine would take the first serif that it meets.
            attributes = _FAMILY_ATTRIBUTE.sub("", attributes) + f" font-family=\"'{FAMILY}'\""
            named = {"font-family": FAMILY}
            found = [line._replace(inherited={**line.inherited, **named}) for line in found]
        parts = []
        for line in found:
            y = _number(line.attributes.get("y"), y) + _number(line.attributes.get("dy"), 0)
            parts.append(_drawn(line, fonts, y, colour))
        if all(part is None for part in parts):
            inside = match[2]
        else:
            inside = "".join(
                _tspan(line.attributes, line.text) if part is None else part
                for line, part in zip(found, parts, strict=True)
            )
        return f"<text{attributes}>{inside}</text>"

    return _TEXT.sub(element, svg)


def _drawn(line: _Line, fonts: _Fonts, y: float, colour: bool) -> str | None:
    """Return the line as spans of one font each; None where its own font draws all of it."""
    runs = _drawable(line, fonts, colour)
    own = fonts.own(line)[1]
    shaped = [_shaped(run.text, run.face or own, line.weight) for run in runs]
    if not any(found.uneven for found in shaped):
        if all(run.face is None for run in runs):
            text = "".join(run.text for run in runs)
            return None if text == line.text else _tspan(line.attributes, text)
        if len(runs) == 1:
            return _tspan({**line.attributes, **_font_of(runs[0])}, runs[0].text)
    # Each piece is placed for itself: the engine then shapes it for itself, too.
    anchor = {"middle": 0.5, "end": 1.0}.get(line.get("text-anchor"), 0.0)
    x = _number(line.get("x"), 0.0) - anchor * line.size * sum(found.width for found in shaped)
    kept = {k: v for k, v in line.attributes.items() if k not in ("x", "y", "dy", "text-anchor")}
    made = []
    for run, found in zip(runs, shaped, strict=True):
        for text, start in found.parts:
            place = {"x": _written(x + start * line.size), "y": _written(y)}
            named = {**place, "text-anchor": "start", **kept, **_font_of(run)}
            made.append(_tspan(named, text))
        x += found.width * line.size
    return "".join(made)


def _drawable(line: _Line, fonts: _Fonts, colour: bool) -> list[Run]:
    """Return the line's runs, with U+FFFD for what the engine cannot draw."""
    runs = fonts.runs(line)
    if colour:
        return runs
    return [run if run.face else run._replace(text=fonts.without_colour(run)) for run in runs]


def _shaped(text: str, face: Face | None, weight: int) -> Shaped:
    """Return a text as its face (None: Inter) draws it."""
    from plotkit.render.scripts import shaped

    if face is not None:
        return shaped(face.path, face.number, text)
    return shaped(str(_own_file(weight)), 0, text)


def _own_file(weight: int) -> Path:
    """Return the file that the engine draws Inter with."""
    return OWN_FOLDER / f"Inter-{_STYLES[600 if weight >= 550 else 400]}.ttf"


def _font_of(run: Run) -> dict[str, str]:
    if run.face is None:
        return {}
    return {"font-family": f"'{run.face.family}'", "font-weight": str(run.face.weight)}


def _tspan(attributes: dict[str, str], text: str) -> str:
    from html import escape

    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    # The quotes of a family name may stand in an attribute as they are.
    return f"<tspan{written}>{escape(text, quote=False)}</tspan>".replace("&#x27;", "'")


def _written(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


def _number(text: str | None, default: float) -> float:
    found = re.fullmatch(r"-?[\d.]+(?:e-?\d+)?", text or "")
    return float(found[0]) if found else default


def _needs_fallbacks(svg: str) -> bool:
    """Whether a text may ask for another font than Inter, or for more than Inter has."""
    shown = "".join(_SHOWN.findall(svg))
    if _outside([shown], "covered") or "&#" in shown:
        return True
    asked = set(_FAMILY_ATTRIBUTE.findall(shown))
    return any(next(iter(_families(found)), "") != FAMILY for found in asked)


def _families(value: str) -> list[str]:
    """Return the names of a font-family list, without quotes."""
    names = [part.strip().strip("'\"").strip() for part in value.split(",")]
    return [name for name in names if name]


def _texts(svg: str) -> Iterator[tuple[re.Match[str], list[_Line]]]:
    for match in _TEXT.finditer(svg):
        yield match, _lines(match) or []


def _lines(match: re.Match[str]) -> list[_Line] | None:
    """Return the lines of a text element; None where it is not built as Vega builds them."""
    from html import unescape

    inherited = {name: unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
    inside = match[2]
    if "<" not in inside:
        return [_Line(unescape(inside), {}, inherited)]
    if not _LINES.fullmatch(inside):
        return None
    return [
        _Line(
            unescape(found[2]),
            {name: unescape(value) for name, value in _ATTRIBUTE.findall(found[1])},
            inherited,
        )
        for found in _LINE.finditer(inside)
    ]


def searchable(pdf: bytes, svg: str) -> bytes:
    """Return the engine's PDF with text that can be found and copied in every script.

    The engine notes the characters of a cluster (such as a Devanagari syllable) with one of its
    glyphs, and that glyph may stand in other clusters too. Here a run with such clusters is told
    its characters as a whole.

    Args:
        pdf: what the engine made of `with_fallbacks(svg, colour=False)`.
        svg: the same picture before that.
    """
    if svg.isascii():
        return pdf
    lines = [line for _, found in _texts(svg) for line in found]
    if not any(char >= "\u0590" for line in lines for char in line.text):
        return pdf  # a letter is a glyph
    from plotkit.render import actual

    fonts = _Fonts([line.text for line in lines], colour=False)
    return actual.told(
        pdf,
        [
            _shaped(run.text, run.face or fonts.own(line)[1], line.weight)
            for line in lines
            for run in _drawable(line, fonts, colour=False)
        ],
    )


# --- what documents carry --------------------------------------------------------------------


def embedded(svg: str) -> str:
    """Return the SVG with the glyphs that its text uses, so that it looks the same anywhere.

    They are subsets of Inter, of a font of the user's own, and of the fallbacks, as far as the
    fonts' makers allow it; a typical chart carries some kB. The same SVG gives the same bytes.
    """
    used = _used(svg)
    if not used:
        return svg
    end = re.search(r"<svg\b[^>]*>", svg)
    if end is None:
        return svg
    rules = "\n".join(filter(None, (_subset_rule(*key, chars) for key, chars in used)))
    return f"{svg[: end.end()]}<style>{rules}</style>{svg[end.end() :]}" if rules else svg


_Key = tuple[str, int, bool, Face | None, bool]


def _used(svg: str) -> list[tuple[_Key, str]]:
    """Return which characters each face draws: by family asked for, weight, slant and face."""
    lines = [line for _, found in _texts(svg) for line in found]
    used: dict[_Key, set[str]] = {}
    if not _needs_fallbacks(svg):
        for line in lines:
            used.setdefault((FAMILY, line.weight, line.slanted, None, False), set()).update(
                line.text
            )
    else:
        fonts = _Fonts([line.text for line in lines], colour=True)
        for line in lines:
            name, own = fonts.own(line)
            if name in _GENERIC:
                continue  # the reader's own
            first = next(iter(_families(line.get("font-family"))), FAMILY)
            asked = (name or first, line.weight, line.slanted)
            covered = _shipped("covered")
            for run in fonts.runs(line):
                mine = {c for c in run.text if (own.covers(ord(c)) if own else ord(c) in covered)}
                if run.face is own and own is not None:
                    mine = set(run.text)
                elif run.script == "emoji":  # a heart in colour is no heart in Inter
                    mine = {c for c in mine if c.isascii()}
                used.setdefault((*asked, own, False), set()).update(mine)
                if run.face is not None and run.face is not own:
                    more = {c for c in run.text if c not in mine}
                    used.setdefault((*asked, run.face, True), set()).update(more)
    made = [(key, "".join(sorted(chars))) for key, chars in used.items() if chars]
    # Of rules for one character the last one wins: the font that is asked for comes first, and
    # the others say which characters they are for.
    return sorted(made, key=lambda pair: (pair[0][4], pair[0][:3], *_place(pair[0][3]), pair[1]))


def _place(face: Face | None) -> tuple[str, int, int]:
    return (face.family, face.weight, face.number) if face else ("", 0, 0)


def _subset_rule(
    family: str, weight: int, slanted: bool, face: Face | None, ranged: bool, characters: str
) -> str:
    from plotkit.render import subsets

    if face is None:
        path, index = str(_own_file(weight)), 0
    elif face.embeddable:
        path, index = face.path, face.number
    else:
        return ""
    if ranged:
        made = subsets.shaped_from(characters)
        characters += "".join(char for char in made if ord(char) not in _shipped("covered"))
    codes = subsets.codes_of(characters)
    return subsets.rule(family, weight, path, index, codes, ranged=ranged, slanted=slanted)


def css(
    weights: Iterable[int] = (400, 600),
    texts: Iterable[str] | None = None,
    family: str = FAMILY,
    font: str = "",
) -> str:
    """Return @font-face rules that carry the fonts, for a page whose text may change.

    Of each weight (400 or 600) there is a small file for Western European text (14 kB) and one
    for the rest (56 kB); with `texts` the second is left out unless a text needs it, and what
    Inter lacks of their characters is added from the fallbacks. The same arguments give the
    same text on one machine. It has no characters that XML or HTML would have to escape.

    Args:
        weights: 400, 600 or both.
        texts: what is written; None for anything.
        family: the name that Inter is to go by.
        font: the theme's list of fonts; a registered font that it begins with is carried with
            the characters of ASCII and of the texts.
    """
    texts = None if texts is None else list(texts)
    parts = ["more", "latin"]
    if texts is not None and not _outside(texts, "latin") & _shipped("covered"):
        parts = ["latin"]
    # Of overlapping rules the last one wins, so the small file serves its range alone and a
    # reader loads the other for other characters.
    weights = sorted(set(weights))
    rules = [_rule(family, weight, part) for weight in weights for part in parts]
    if texts is not None and _outside(texts, "covered"):
        rules += _fallback_rules(weights, texts, family)
    if font and next(iter(_families(font)), "") != FAMILY:
        rules += _theme_rules(weights, texts or (), font)
    return "\n".join(rules)


def _theme_rules(weights: Iterable[int], texts: Sequence[str], font: str) -> list[str]:
    """Return rules for a theme's own font."""
    from plotkit.render.scripts import segments

    fonts = _Fonts(texts, colour=True)
    wanted = {*map(chr, range(0x20, 0x7F)), *"".join(segments(texts))}
    made = []
    for weight in weights:
        name, face = fonts.own(_Line("", {"font-family": font, "font-weight": str(weight)}, {}))
        if face is not None:
            shown = "".join(sorted(char for char in wanted if face.covers(ord(char))))
            made.append(_subset_rule(name, weight, False, face, False, shown))
    return [rule for rule in made if rule]


def _fallback_rules(weights: Iterable[int], texts: Sequence[str], family: str) -> list[str]:
    """Return rules for what Inter lacks of the texts' characters."""
    from plotkit.render.scripts import segments

    fonts = _Fonts(texts, colour=True)
    covered = _shipped("covered")
    used: dict[tuple[int, Face], set[str]] = {}
    for segment in segments(texts):
        for weight in weights:
            line = _Line(segment, {"font-family": FAMILY, "font-weight": str(weight)}, {})
            for run in fonts.runs(line):
                if run.face is not None:
                    chars = {char for char in run.text if ord(char) not in covered}
                    used.setdefault((weight, run.face), set()).update(chars)
    ordered = sorted(used.items(), key=lambda pair: (pair[0][0], _place(pair[0][1])))
    made = [
        _subset_rule(family, weight, False, face, True, "".join(sorted(chars)))
        for (weight, face), chars in ordered
    ]
    return [rule for rule in made if rule]


@functools.cache
def _rule(family: str, weight: int, part: str) -> str:
    """Return one @font-face rule."""
    data = (OWN_FOLDER / f"Inter-{_STYLES[weight]}-{part}.woff2").read_bytes()
    packed = base64.b64encode(data).decode("ascii")
    ranges = ""
    if part == "latin":
        listed = ",".join(
            f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}"
            for first, last in _metrics()["latin"]
        )
        ranges = f";unicode-range:{listed}"
    return (
        f"@font-face{{font-family:'{family}';font-style:normal;font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{packed}) format('woff2'){ranges}}}"
    )


# --- what Inter covers -----------------------------------------------------------------------


@functools.cache
def _metrics() -> dict[str, list[list[int]]]:
    """Return what is known of the shipped fonts."""
    found: dict[str, list[list[int]]] = json.loads((OWN_FOLDER / "metrics.json").read_bytes())
    return found


@functools.cache
def _shipped(key: str) -> frozenset[int]:
    """Return the code points of a range list of metrics.json."""
    return frozenset(code for first, last in _metrics()[key] for code in range(first, last + 1))


def _outside(texts: Iterable[str], key: str) -> set[int]:
    """Return the code points of the texts that are not in a range list of metrics.json."""
    found: set[int] = set()
    for text in texts:
        if not text.isascii():
            found.update(map(ord, set(text)))
    # Line ends between elements are no text.
    return {code for code in found - _shipped(key) if code >= 0x20} if found else found
