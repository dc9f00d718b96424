"""The characters that the glyphs of a PDF stand for, where a glyph is not a character."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from plotkit.render.scripts import Shaped

_PAIR = re.compile(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]*)>")


def told(pdf: bytes, runs: Sequence[Shaped]) -> bytes:
    """Return the PDF with the characters of each run that has clusters of several glyphs.

    They are noted as ActualText (ISO 32000-1, 14.9.4), which programs take in place of what the
    glyphs say. The glyphs that are one character by themselves say that one.

    Args:
        pdf: what the engine made: one page that shows glyph by glyph.
        runs: what it shows, in this order.

    A PDF that does not show just these glyphs comes back as it is.
    """
    if not any(_is_told(run) for run in runs):
        return pdf
    import pikepdf

    try:
        opened = pikepdf.open(io.BytesIO(pdf), attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PdfError:
        return pdf
    with opened:
        page = opened.pages[0]
        instructions: list[Any] = list(pikepdf.parse_content_stream(page))
        glyphs = _glyphs(instructions)
        if len(glyphs) != sum(count for run in runs for _, count in run.clusters):
            return pdf
        marked = pikepdf.unparse_content_stream(_marked(instructions, glyphs, runs))
        page.obj.Contents = pikepdf.Stream(opened, marked)
        meanings = _meanings(glyphs, runs)
        for name, font in page.obj.Resources.get("/Font", {}).items():
            _correct(font, {code: text for (held, code), text in meanings.items() if held == name})
        out = io.BytesIO()
        opened.save(out)
    return out.getvalue()


def _is_told(run: Shaped) -> bool:
    # From right to left, programs turn around what they read; it is left to them.
    return run.forward and any(count > 1 for _, count in run.clusters)


def _glyphs(instructions: Sequence[Any]) -> list[tuple[int, str, int]]:
    """Return for each glyph its instruction's number, its font and its code."""
    found = []
    font = ""
    for at, instruction in enumerate(instructions):
        operator = str(instruction.operator)
        if operator == "Tf":
            font = str(instruction.operands[0])
        elif operator == "Tj":
            found.append((at, font, int.from_bytes(bytes(instruction.operands[0]), "big")))
    return found


def _marked(
    instructions: Sequence[Any], glyphs: Sequence[tuple[int, str, int]], runs: Sequence[Shaped]
) -> list[Any]:
    """Return the instructions with marks around the runs that are told their characters."""
    from pikepdf import ContentStreamInstruction, Dictionary, Name, Operator, String

    before: dict[int, str] = {}
    after: set[int] = set()
    at = 0
    for run in runs:
        count = sum(count for _, count in run.clusters)
        if _is_told(run):
            # From the q before the first glyph's BT to the Q after the last one's ET.
            first = _next(instructions, glyphs[at][0], "q", -1)
            before[first] = "".join(text for text, _ in run.clusters)
            after.add(_next(instructions, glyphs[at + count - 1][0], "Q", 1))
        at += count
    made: list[Any] = []
    for number, instruction in enumerate(instructions):
        if number in before:
            held = Dictionary(ActualText=String(before[number]))
            made.append(ContentStreamInstruction([Name.Span, held], Operator("BDC")))
        made.append(instruction)
        if number in after:
            made.append(ContentStreamInstruction([], Operator("EMC")))
    return made


def _next(instructions: Sequence[Any], at: int, operator: str, step: int) -> int:
    while str(instructions[at].operator) != operator:
        at += step
    return at


def _meanings(
    glyphs: Sequence[tuple[int, str, int]], runs: Sequence[Shaped]
) -> dict[tuple[str, int], str]:
    """Return what the glyphs say that stand for one character each, by font and code."""
    found: dict[tuple[str, int], set[str]] = {}
    at = 0
    for run in runs:
        for text, count in run.clusters:
            if count == 1 and text:
                found.setdefault(glyphs[at][1:], set()).add(text)
            at += count
    return {key: texts.pop() for key, texts in found.items() if len(texts) == 1}


def _correct(font: Any, meanings: dict[int, str]) -> None:
    """Have the font's table of characters say what glyphs mean."""
    if not meanings or "/ToUnicode" not in font:
        return

    def pair(match: re.Match[bytes]) -> bytes:
        text = meanings.get(int(match[1], 16))
        if text is None:
            return match[0]
        return b"<%s> <%s>" % (match[1], text.encode("utf-16-be").hex().upper().encode())

    font.ToUnicode.write(_PAIR.sub(pair, font.ToUnicode.read_bytes()))
