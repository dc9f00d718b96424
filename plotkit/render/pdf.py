"""The last step of a PDF: the same chart gives the same bytes.

The engine keeps fonts and resources in hash tables whose order changes from run to run, so two
PDFs of one picture hold the same objects under other numbers and in another order. Here they are
numbered in the order in which they are reached from the root, with the entries of each
dictionary that lists resources sorted by name. Content streams are not touched.
"""

from __future__ import annotations

import re

_OBJECT = re.compile(rb"(\d+) 0 obj\r?\n")
_LENGTH = re.compile(rb"/Length (\d+)")
_TRAILER = re.compile(rb"trailer\s*<<(.*?)>>\s*startxref\s+\d+\s+%%EOF\s*$", re.DOTALL)
# A string is matched first so that nothing inside it is taken for a reference.
_REFERENCE = re.compile(rb"\((?:\\.|[^\\)])*\)|\b(\d+) 0 R\b", re.DOTALL)
_RESOURCES = re.compile(rb"<<\n((?: *(?:/\w+) \d+ 0 R\n)+)( *)>>")


def finish(pdf: bytes) -> bytes:
    """Return `pdf` with its objects in one order that depends only on what it shows.

    A file that is not built as the engine builds it comes back as it is.
    """
    try:
        return _ordered(pdf)
    except (ValueError, LookupError):
        return pdf


def _ordered(pdf: bytes) -> bytes:
    objects, rest = _objects(pdf)
    trailer = _TRAILER.search(pdf, rest)
    if trailer is None:
        raise ValueError
    numbers: dict[bytes, int] = {}
    queue: list[bytes] = []

    def number(match: re.Match[bytes]) -> bytes:
        old = match[1]
        if old is None:
            return match[0]
        if old not in numbers:
            numbers[old] = len(numbers) + 1
            queue.append(old)
        return b"%d 0 R" % numbers[old]

    root = _REFERENCE.sub(number, trailer[1])
    bodies = []
    for old in queue:  # grows while it is read
        words, stream = objects[old]
        bodies.append(_REFERENCE.sub(number, _RESOURCES.sub(_sorted, words)) + stream)
    if len(bodies) != len(objects):
        raise ValueError  # something that nothing leads to: not a file we know

    first = _OBJECT.search(pdf)
    if first is None:
        raise ValueError
    out = bytearray(pdf[: first.start()])
    offsets = []
    for index, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s" % (index, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(bodies) + 1)
    for offset in offsets:
        out += b"%010d 00000 n\r\n" % offset
    out += b"trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF" % (root, start)
    return bytes(out)


def _objects(pdf: bytes) -> tuple[dict[bytes, tuple[bytes, bytes]], int]:
    """Number -> (its words, its stream with all that follows), and where the objects end."""
    objects: dict[bytes, tuple[bytes, bytes]] = {}
    at = 0
    while (head := _OBJECT.search(pdf, at)) is not None:
        end = pdf.index(b"endobj", head.end())
        stream = pdf.find(b"\nstream\n", head.end(), end)
        if stream >= 0:
            length = _LENGTH.search(pdf, head.end(), stream)
            if length is None:
                raise ValueError
            # A stream can hold the word endobj: only its length says where it ends.
            end = pdf.index(b"endobj", stream + len(b"\nstream\n") + int(length[1]))
        words_end = stream if stream >= 0 else end
        at = pdf.index(b"\n", end) + 1
        objects[head[1]] = (
            pdf[head.end() : words_end],
            pdf[words_end:at].rstrip(b"\n") + b"\n\n",
        )
    return objects, at


def _sorted(match: re.Match[bytes]) -> bytes:
    lines = sorted(match[1].splitlines(keepends=True))
    return b"<<\n" + b"".join(lines) + match[2] + b">>"
