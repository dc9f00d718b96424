"""Text on its way into a picture: cleaning, measuring, wrapping and shortening.

Everything that is drawn, from a title to a category's name, goes through `clean` once. The
rendering engine ends its process on some control characters and writes broken SVG on others;
text that came through `clean` is safe to draw and valid in XML, and says the same as before.

Widths are those of the fonts that plotkit ships, so a label can be wrapped or shortened before
the engine sees it. All functions take time proportional to the text, whatever is in it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from typing import Final

ELLIPSIS: Final = "…"
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

# More marks than this on one letter are noise ("zalgo"): they paint over the neighbouring lines.
_MARKS_KEPT: Final = 8
# Nested bidirectional controls beyond this depth have no honest use; each costs a closing one.
_BIDI_DEPTH: Final = 16
# A line longer than this is broken even if it takes no room (invisible characters).
_LINE_CHARACTERS: Final = 1000

_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)
)
# Control characters, characters that are none, halves of surrogate pairs. U+0085 is a line end
# and U+007F is harmless.
_FORBIDDEN: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x84\x86-\x9f\ud800-\udfff" + _NONCHARACTERS
_SPACES: Final = "\t\u2028\u2029"
_OPENERS: Final = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
_MARKS: Final = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_INVISIBLE: Final = (
    "\x00-\x20\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)

_SUSPECT = re.compile(f"[{_FORBIDDEN}{_SPACES}\r\x85\ufeff{_OPENERS}]|{_MARKS}{{9}}")
_REPLACED = re.compile(f"[{_FORBIDDEN}]")
_LINE_END = re.compile("\r\n|[\r\x85]")
_SPACE = re.compile(f"[{_SPACES}]")
_PILED = re.compile(f"({_MARKS}{{{_MARKS_KEPT}}}){_MARKS}+")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile(f"[{_INVISIBLE}]+")
_BLANKS = re.compile(r"\s+")
# What belongs to the character before it, so that no line may begin with it.
_CLINGS = re.compile(
    f"{_MARKS}|[\u200c\u200d\ufe00-\ufe0f\u202c\u2069\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


def clean(text: str) -> str:
    r"""Return the text as it may be drawn; text without anything odd comes back as it is.

    - Control characters, lone surrogates and code points that are no characters become U+FFFD
      (`replaced` counts them).
    - A tab and the Unicode line and paragraph separators become a space, every kind of line end
      becomes a line feed, a byte order mark goes.
    - Bidirectional controls left open are closed at the end of their line, so that they do not
      reorder the text beside it.
    - At most 8 combining marks stay on one letter.

    Cleaning twice is the same as cleaning once.

    >>> clean("loss\x1b[0m")
    'loss�[0m'
    >>> clean("a\tb\r\nc")
    'a b\nc'
    """
    if text.isascii() and text.isprintable():
        return text
    if _SUSPECT.search(text) is None:
        return text
    text = _LINE_END.sub("\n", text.replace("\ufeff", ""))
    text = _REPLACED.sub(REPLACEMENT, _SPACE.sub(" ", text))
    return _PILED.sub(r"\1", _closed(text))


def replaced(text: str) -> int:
    r"""Count the characters of a raw text that `clean` shows as U+FFFD.

    >>> replaced("a\x00b\ud800")
    2
    """
    if text.isascii() and text.isprintable():
        return 0
    return len(_REPLACED.findall(text))


def clean_label(text: str) -> str:
    """Return a category's value as its label: clean, and never invisible.

    The empty text is shown as "(empty)"; a value of nothing but spaces or other invisible
    characters keeps them and has "(blank)" after them.

    >>> clean_label("")
    '(empty)'
    >>> clean_label(" ")
    ' (blank)'
    """
    if not text:
        return "(empty)"
    shown = clean(text)
    if shown in _OBJECT_KEYS:  # stacks and scales take such a key for what they have already
        shown += "\N{WORD JOINER}"
    return f"{shown}(blank)" if _is_unseen(shown) else shown


def labels(values: Iterable[str]) -> dict[str, str]:
    r"""Return the label of each distinct value; no two values have the same label.

    Where cleaning makes two values equal, the later ones are numbered. A value that needs no
    cleaning always keeps its own text.

    >>> labels(["a", "b\x00", "b\x01", ""])
    {'a': 'a', 'b\x00': 'b�', 'b\x01': 'b� (2)', '': '(empty)'}
    """
    shown = {value: clean_label(value) for value in values}
    taken = {value for value, label in shown.items() if value == label}
    last: dict[str, int] = {}
    for value, label in shown.items():
        if value == label:
            continue
        unique = label
        while unique in taken:
            last[label] = last.get(label, 1) + 1
            unique = f"{label} ({last[label]})"
        taken.add(unique)
        shown[value] = unique
    return shown


def look_alikes(values: Iterable[str]) -> list[list[str]]:
    """Return the groups of distinct values that a reader cannot tell apart.

    These differ only in how an accented letter is composed, in spaces at the ends or doubled
    inside, or in characters that show nothing.

    >>> look_alikes(["x", "y", "x "])
    [['x', 'x ']]
    """
    groups: dict[str, list[str]] = {}
    for value in dict.fromkeys(values):
        groups.setdefault(_look(value), []).append(value)
    # Sorted, as the rows of a lazy frame come in any order.
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def is_blank_name(name: str) -> bool:
    r"""Say whether a column's name shows nothing: empty, spaces, zero-width characters.

    >>> is_blank_name(" \u200b"), is_blank_name("x")
    (True, False)
    """
    return _is_unseen(name)


# What every JavaScript object has: as a whole title such a name breaks Vega's dataflow, as does
# "if", which it takes for a function of its own.
_OBJECT_KEYS: Final = frozenset(
    [
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
        "__proto__",
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
    ]
)


def as_title(text: str) -> str:
    """Return a title that the engine does not take for a method of its objects.

    It looks the same: an invisible character is added to the few names concerned.

    >>> as_title("loss"), len(as_title("toString"))
    ('loss', 9)
    """
    return text + "\N{WORD JOINER}" if text in _OBJECT_KEYS or text == "if" else text


def width(text: str, size: float, weight: int = 400) -> float:
    """Return the width in px of text drawn at a font size in px; of lines, the widest.

    Weights of 550 and more are measured as semibold. Characters that the shipped fonts lack
    are estimated by their kind.

    >>> round(width("Training loss", 17, 600))
    106
    """
    table = _advances(weight)
    if "\n" in text:
        return max(width(line, size, weight) for line in text.split("\n"))
    return sum(map(table.__getitem__, text)) * size / table.units


def wrap(text: str, size: float, weight: int, max_width: float, max_lines: int) -> list[str]:
    """Return the text in at most `max_lines` lines, none wider than `max_width` px.

    Lines break at spaces and at the text's own line ends; a word that is wider than a line is
    broken, if possible after a hyphen, slash, underscore or the like. What does not fit is cut
    off and an ellipsis shown in its place. There is at least one character on each line, however
    narrow. An empty text has no lines.

    >>> wrap("validation loss after warm-up", 12, 400, 100, 3)
    ['validation loss', 'after warm-up']
    >>> wrap("validation loss after warm-up", 12, 400, 60, 2)
    ['validation', 'loss afte…']
    """
    table = _advances(weight)
    limit = int(max_width * table.units / size)
    lines: list[str] = []
    start = begin = 0
    while (start := _skip_blank(text, start)) < len(text):
        if len(lines) == max_lines:
            # Fill the last line, instead of ending it at the space where it was broken.
            last = text[begin : begin + _LINE_CHARACTERS].split("\n", 1)[0]
            lines[-1:] = [_with_ellipsis(last, table, limit)]
            break
        begin = start
        stop, start = _line(text, begin, table, limit)
        lines.append(text[begin:stop].rstrip())
    if any(_BIDI.search(line) for line in lines):
        return [_closed(line) for line in lines]
    return lines


def shorten_middle(text: str, max_width: float, size: float, weight: int = 400) -> str:
    """Return the text on one line not wider than `max_width` px, cut in the middle if need be.

    The middle is what labels can spare: paths and run names differ at their ends.

    >>> shorten_middle("experiments/2024/resnet50/run-17", 120, 11.5)
    'experime…50/run-17'
    """
    table = _advances(weight)
    limit = int(max_width * table.units / size)
    text = text.replace("\n", " ")
    if len(text) <= _LINE_CHARACTERS and sum(map(table.__getitem__, text)) <= limit:
        return text
    room = max(limit - table[ELLIPSIS], 0)
    head, used = 0, 0
    while head < min(len(text), _LINE_CHARACTERS // 2):
        used += table[text[head]]
        if used > room / 2:
            used -= table[text[head]]
            break
        head += 1
    head = _before_clinging(text, head)
    tail, room = len(text), room - used
    while tail > max(head, len(text) - _LINE_CHARACTERS // 2):
        room -= table[text[tail - 1]]
        if room < 0:
            break
        tail -= 1
    while tail < len(text) and _CLINGS.match(text, tail):
        tail += 1
    return _closed(text[:head].rstrip() + ELLIPSIS + text[tail:].lstrip())


def shorten(text: str, limit: int) -> str:
    """Return the first `limit` characters of a text, with an ellipsis as the last if it is longer.

    >>> shorten("word " * 3, 8)
    'word wo…'
    """
    if len(text) <= limit:
        return text
    cut = _closed(text[: _before_clinging(text, max(limit - 1, 0))].rstrip() + ELLIPSIS)
    while len(cut) > max(limit, 1):
        # Closing took more room than there was.
        cut = _BIDI.sub("", cut)
        cut = cut[: max(limit, 1) - 1].rstrip() + ELLIPSIS if len(cut) > limit else cut
    return cut


class _Advances(dict[str, int]):
    """Advance widths by character in font units; others are estimated when first asked for."""

    __slots__ = ("units",)
    units: int

    def __missing__(self, char: str) -> int:
        """Estimate the width of a character that the shipped fonts lack."""
        self[char] = advance = round(_estimate(char) * self.units)
        return advance


_tables: dict[int, _Advances] = {}


def _advances(weight: int) -> _Advances:
    """Return the widths of the nearest weight that is shipped, read when first needed."""
    nearest = 600 if weight >= 550 else 400
    if nearest not in _tables:
        path = os.path.join(os.path.dirname(__file__), "fonts", "metrics.json")
        with open(path, encoding="ascii") as file:
            metrics = json.load(file)
        for known in (400, 600):
            table = _Advances()
            table.units = metrics["units"]
            for first, widths in metrics[str(known)]:
                table.update(zip(map(chr, range(first, first + len(widths))), widths, strict=True))
            _tables[known] = table
    return _tables[nearest]


def _estimate(char: str) -> float:
    """Return the width in em of a character of unknown shape."""
    # Only needed for text outside the shipped fonts.
    import unicodedata

    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
        return 0.0
    if char >= "\U0001f000":
        return 1.25  # emoji
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    return 0.65


def _closed(text: str) -> str:
    """Close the bidirectional controls that are open at the end of each line."""
    if _BIDI.search(text) is None:
        return text
    return "\n".join(map(_closed_line, text.split("\n")))


def _closed_line(line: str) -> str:
    """Close the bidirectional controls of one line, and drop those nested too deep."""
    open_controls: list[str] = []
    kept: list[str] = []
    done = 0
    for match in _BIDI.finditer(line):
        control = match.group()
        if control in _OPENERS:
            if len(open_controls) == _BIDI_DEPTH:
                kept.append(line[done : match.start()])
                done = match.end()
                continue
            open_controls.append("\u2069" if control >= "\u2066" else "\u202c")
        elif control == "\u202c":
            if open_controls and open_controls[-1] == control:
                open_controls.pop()
        elif control in open_controls:
            # The end of an isolate ends what was opened inside it, too.
            while open_controls.pop() != control:
                pass
    kept.append(line[done:])
    return "".join(kept) + "".join(reversed(open_controls))


def _is_unseen(text: str) -> bool:
    """Say whether the text has no visible character."""
    return not text or text.isspace() or _UNSEEN.fullmatch(text) is not None


def _look(value: str) -> str:
    """Return what a reader sees of a value."""
    shown = clean_label(value)
    if not shown.isascii():
        # Only needed for text beyond ASCII.
        import unicodedata

        shown = unicodedata.normalize("NFC", _UNSEEN.sub(_seen, shown))
    return _BLANKS.sub(" ", shown).strip()


def _seen(match: re.Match[str]) -> str:
    """Return a space for invisible characters that take room, nothing for the others."""
    return " " if any(char.isspace() for char in match.group()) else ""


def _skip_blank(text: str, start: int) -> int:
    """Return where the next visible character begins."""
    match = _BLANKS.match(text, start)
    return match.end() if match else start


def _line(text: str, start: int, table: _Advances, limit: int) -> tuple[int, int]:
    """Return where the line that begins at `start` stops, and where the next one begins."""
    used, at, end = 0, start, len(text)
    space = middle = 0
    while at < end:
        char = text[at]
        if char == "\n":
            return at, at + 1
        if char == " ":
            space = at
        used += table[char]
        # A space that does not fit takes no room at the end of a line.
        if (used > limit and char != " ") or at - start >= _LINE_CHARACTERS:
            break
        at += 1
        if char in "-/_\\.,;:|" and at - start > 2:
            middle = at
    else:
        return end, end
    if space > start:
        return space, space + 1
    stop = middle if middle > start + (at - start) // 2 else _before_clinging(text, at)
    if stop <= start:
        stop = start + 1
        while stop < end and stop - start < _LINE_CHARACTERS and _CLINGS.match(text, stop):
            stop += 1
    return stop, stop


def _before_clinging(text: str, at: int) -> int:
    """Move a cut to the left until it does not part a character from its marks."""
    first = max(at - 2 * _MARKS_KEPT, 0)
    cut = at
    while cut > first and (
        _CLINGS.match(text, cut) is not None or text[cut - 1 : cut] == "\N{ZERO WIDTH JOINER}"
    ):
        cut -= 1
    # Nothing but marks: cut where it was asked for.
    return cut if cut > first or first == 0 else at


def _with_ellipsis(line: str, table: _Advances, limit: int) -> str:
    """Return the line ending in an ellipsis, cut so far that it fits."""
    room = limit - table[ELLIPSIS] - sum(map(table.__getitem__, line))
    at = len(line)
    while at > 0 and (room < 0 or line[at - 1] == " "):
        at -= 1
        room += table[line[at]]
    return line[: _before_clinging(line, at)].rstrip() + ELLIPSIS
