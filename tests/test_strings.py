"""Texts that charts get wrong elsewhere, in every place where text can go."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit.errors import PlotkitError

CASES = json.loads((Path(__file__).parent / "cases" / "strings.json").read_text("utf-8"))
INVISIBLE = "\N{WORD JOINER}\N{POP DIRECTIONAL ISOLATE}\N{POP DIRECTIONAL FORMATTING}"


def text_of(raw: Any) -> str:
    return raw["repeat"] * (raw["len"] // len(raw["repeat"])) if isinstance(raw, dict) else raw


def drawn(svg: str) -> str:
    """All drawn text, in order."""
    found = re.findall(r"<(?:text|tspan)[^>]*>([^<]*)(?=<)", svg)
    return "\n".join(html.unescape(part) for part in found)


def squeezed(text: str) -> str:
    """Text without spaces and what a reader cannot see: line breaks are the layout's business."""
    return "".join(c for c in text if not c.isspace() and c not in INVISIBLE)


def holds(svg: str, text: str, wanted: str) -> bool:
    """Whether the picture shows the text as wanted."""
    shown = squeezed(drawn(svg))
    if "U+FFFD" in wanted and "�" in shown:
        return True
    if wanted.startswith("shortened"):
        return "…" in shown and len(shown) < 2000
    if wanted == "(empty)":
        return "(empty)" in shown
    text = squeezed(text.replace("\N{ZERO WIDTH NO-BREAK SPACE}", ""))
    if text in shown:
        return True
    # cut in the middle or at the end, or beyond the eighth mark on one letter
    head = text[:6]
    return head in shown


@pytest.mark.parametrize(
    ("name", "raw", "wanted"), [(c[0], c[1], c[3]) for c in CASES], ids=[c[0] for c in CASES]
)
class TestEveryPlace:
    """Each text as a title, an axis title, a category, a series, a class."""

    def test_title_and_subtitle(self, name: str, raw: Any, wanted: str) -> None:
        text = text_of(raw)
        table = {"x": [1, 2], "y": [1, 2]}
        chart = pk.scatter(table, "x", "y", title=text, subtitle=text)
        if text.strip() and name != "empty":
            assert holds(chart.to_svg(), text, wanted)
        if "warning" in wanted and "U+FFFD" in wanted:
            assert any("U+FFFD" in note for note in chart.notes)
        assert chart.to_pdf().startswith(b"%PDF")
        page = chart.to_html()
        assert "<script>window.PWNED" not in page
        assert "onerror=window" not in re.sub(r"<script.*?</script>", "", page, flags=re.S).replace(
            "&lt;img src=x onerror=window", ""
        )

    def test_category(self, name: str, raw: Any, wanted: str) -> None:
        text = text_of(raw)
        chart = pk.bar({"label": [text, "other"], "value": [1, 2]}, "label", "value")
        svg = chart.to_svg()
        bars = re.search(r'<g class="mark-rect role-mark.*?</g>', svg)
        assert bars is not None
        assert bars[0].count("<path") == 2
        if text.strip() or name == "empty":
            assert holds(svg, text, wanted)

    def test_series(self, name: str, raw: Any, wanted: str) -> None:
        text = text_of(raw)
        chart = pk.line_series([0, 1], [[1, 2], [5, 6]], keys=[text, "other"])
        svg = chart.to_svg()
        assert len(re.findall(r'stroke-width="2', svg)) >= 2
        assert squeezed("other") in squeezed(drawn(svg))
        if text.strip() or name == "empty":
            assert holds(svg, text, wanted)

    def test_class(self, name: str, raw: Any, wanted: str) -> None:
        text = text_of(raw)
        chart = pk.confusion_matrix(y_true=[text, "other"], preds=[text, text])
        svg = chart.to_svg()
        cells = re.search(r'<g class="mark-rect role-mark.*?</g>', svg)
        assert cells is not None
        assert cells[0].count("<path") == 4

    def test_column_name(self, name: str, raw: Any, wanted: str) -> None:
        text = text_of(raw)
        try:
            chart = pk.scatter({text: [1, 2], "other": [1, 2]}, text, "other")
        except PlotkitError as error:
            # Names that show nothing, or that hold what no font draws, are refused by us.
            assert "column 0" in str(error)
            assert not text.strip() or "U+FFFD" in wanted or name == "nbsp"
            return
        assert holds(chart.to_svg(), text, wanted)


def test_true_and_the_word_true_are_kept_apart() -> None:
    with pytest.raises(PlotkitError, match="mixes kinds"):
        pk.bar({"a": [True, "true"], "b": [1, 2]}, "a", "b")
