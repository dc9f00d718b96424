"""Names for files, made from texts that people wrote: safe on every file system, and all different.

Linux, macOS and Windows differ in which characters a name may hold, in which words they keep for
devices, in how long it may be, and in whether "Loss" and "loss" are two files. What is made here
is a name on all of them, and needs no quotes in a shell, in LaTeX or in a link.
"""

from __future__ import annotations

import unicodedata

from plotkit.ids import DEVICES

_LETTERS = 80
_BYTES = 180  # of the 255 that most file systems take: endings and temporary names are added
_KEPT = "-_."


def safe(text: str, fallback: str = "chart") -> str:
    """A name for a file without its ending; `fallback` where nothing of the text can stand in one.

    Letters, marks and digits of every script stay, and so do "-", "_" and "."; all else is "-".

    >>> safe("Loss, by step / run 3")
    'Loss-by-step-run-3'
    >>> safe("損失（検証）")
    '損失-検証'
    >>> safe("../../etc/passwd"), safe("NUL.txt"), safe("***")
    ('etc-passwd', 'chart-NUL.txt', 'chart')
    """
    composed = unicodedata.normalize("NFC", text)
    marked = "".join(char if _may_stand(char) else " " for char in composed)
    parts = [part.strip(_KEPT) for part in marked.split()]
    name = "-".join(part for part in parts if part)
    while ".." in name:
        name = name.replace("..", ".")
    name = _cut(name, _LETTERS, _BYTES) or fallback
    # COM with a superscript is a device too.
    first = unicodedata.normalize("NFKC", name.partition(".")[0]).casefold()
    return f"chart-{name}" if first in DEVICES else name


class Names:
    """Hands out names that stay different where case and the form of accents do not count.

    >>> names = Names()
    >>> [names.take(text) for text in ("Loss", "loss", "Loss", "loss-2")]
    ['Loss', 'loss-2', 'Loss-3', 'loss-2-2']
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}  # where to go on counting

    def take(self, text: str, fallback: str = "chart") -> str:
        """A safe name for `text` that was not handed out yet, with a number where it must be."""
        base = safe(text, fallback)
        name, key = base, _folded(base)
        number = self._counts.get(key, 1)
        while _folded(name) in self._taken:
            number += 1
            end = f"-{number}"
            name = _cut(base, _LETTERS - len(end), _BYTES - len(end)) + end
        self._counts[key] = number
        self._taken.add(_folded(name))
        return name


def _may_stand(char: str) -> bool:
    return char in _KEPT or unicodedata.category(char)[0] in "LMN"


def _cut(name: str, letters: int, size: int) -> str:
    """The start of a name, ending with a whole letter and its marks."""
    end = min(len(name), letters)
    while len(name[:end].encode()) > size:
        end -= 1
    if end < len(name):
        while end and unicodedata.category(name[end])[0] == "M":
            end -= 1
    return name[:end].strip(_KEPT)


def _folded(name: str) -> str:
    """What file systems compare that tell neither cases nor forms of a letter apart."""
    for _ in range(2):
        name = unicodedata.normalize("NFKC", name).casefold()
    return name
