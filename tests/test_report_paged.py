"""Reports on paper: everything on the page and legible, and nothing that is ordinary fails."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pypdf
import pytest

import plotkit as pk
from plotkit import errors, settings
from plotkit.report import blocks, draw, paged

WORD = "w" * 260
WIDE = {f"column_{at}": [at * 1.25, 2.5, 1000.0 * at] for at in range(30)}


class Made(NamedTuple):
    data: bytes
    notes: tuple[str, ...]

    @property
    def pdf(self) -> pypdf.PdfReader:
        return pypdf.PdfReader(io.BytesIO(self.data))

    @property
    def text(self) -> str:
        pages = (page.extract_text() for page in self.pdf.pages)
        return "\n".join(pages).replace("\u200b", "")


def made(
    *items: object,
    title: str = "Report",
    description: str = "",
    language: str = "en",
    theme: Any = "light",
) -> Made:
    setting = draw.Setting(title, description, language, {}, paged.drawing(theme))
    page = draw.page([blocks.block(item) for item in items], setting)
    return Made(*paged.pdf(page))


def line(title: str = "Loss") -> pk.Chart:
    return pk.line({"step": [0, 1, 2], "loss": [1.9, 1.1, 0.7]}, "step", "loss", title=title)


def bars(count: int = 120) -> pk.Chart:
    names = [f"category {at}" for at in range(count)]
    return pk.bar({"c": names, "v": list(range(count))}, "c", "v", title="Many")


class Word(NamedTuple):
    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    text: str


_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.S)
_WORD = re.compile(
    r'<word xMin="(-?[\d.]+)" yMin="(-?[\d.]+)" xMax="(-?[\d.]+)" yMax="(-?[\d.]+)">(.*?)</word>'
)


def placed(report: Made, folder: Path) -> list[Word]:
    """All words with their boxes, each of which lies on its page."""
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext: apt-get install poppler-utils")
    path = folder / "report.pdf"
    path.write_bytes(report.data)
    told = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, check=True)
    words = []
    for number, (width, height, inside) in enumerate(_PAGE.findall(told.stdout.decode())):
        for x0, y0, x1, y1, text in _WORD.findall(inside):
            word = Word(number, float(x0), float(y0), float(x1), float(y1), text)
            assert word.x0 > 36, word
            assert word.x1 < float(width) - 36, word
            assert word.y0 > 20, word
            assert word.y1 < float(height) - 20, word
            words.append(word)
    return words


def overprinted(words: list[Word]) -> Iterator[tuple[str, str]]:
    """Pairs of words of which one lies upon the other."""
    for at, one in enumerate(words):
        for other in words[at + 1 :]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            down = min(one.y1, other.y1) - max(one.y0, other.y0)
            # A line's box is higher than its letters, and what is slanted leans over.
            lower = 0.6 * min(one.y1 - one.y0, other.y1 - other.y0)
            if one.page == other.page and across > 1.5 and down > lower:
                yield one.text, other.text


# --- everything on the page ----------------------------------------------------------------------


def test_a_chart_that_is_higher_than_a_page_is_made_to_fit(tmp_path: Path) -> None:
    report = made("Before", pk.figure(bars(), "All of them."), "After", pk.row(line(), bars()))
    words = [word.text for word in placed(report, tmp_path)]
    assert words.count("119") == 2  # the last category of both
    # The caption stands on the page of its chart.
    page = next(page for page in report.pdf.pages if "category 119" in page.extract_text())
    assert "Figure 1" in page.extract_text()


@pytest.mark.parametrize("caption", ["", "words of a caption " * 300])
def test_a_chart_leaves_room_for_its_caption(tmp_path: Path, caption: str) -> None:
    words = placed(made(pk.figure(bars(), caption)), tmp_path)
    assert sum(word.text == "caption" for word in words) == 300 * bool(caption)


TABLES: dict[str, list[Any]] = {
    "many columns": [WIDE],
    "long cells": [{"name": ["best", "b" * 200], "what": ["long text " * 25, WORD], "n": [1, 2]}],
    "texts": [{f"c{at}": ["text", "other words"] for at in range(16)}],
    "huge": [{f"c{at}": [1] for at in range(300)}],
    "beside": [pk.row(*[pk.Table({"a": [1, 2], "b": ["abc def", WORD]}) for _ in range(12)])],
    "wide ones beside": [pk.row(*[pk.Table(WIDE) for _ in range(4)])],
    "markdown": [
        f"| a | b |\n|---|--:|\n| {WORD} | 1 |",
        "|" + "|".join(f"col{at}" for at in range(30)) + "|\n|" + "---|" * 30 + "\n|"
        + "|".join("**value** here" for _ in range(30)) + "|",
        "|a|b|\n|-|-|\n|" + "words of one cell " * 900 + "|x|",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_tables_fit(tmp_path: Path, name: str) -> None:
    report = made(*(pk.Table(i) if isinstance(i, dict) else i for i in TABLES[name]))
    assert list(overprinted(placed(report, tmp_path))) == []


def test_a_table_in_parts_repeats_its_first_column(tmp_path: Path) -> None:
    words = [word.text for word in placed(made(pk.Table(WIDE)), tmp_path)]
    assert [words.count(name) for name in WIDE][1:] == [1] * 29
    assert words.count("column_0") > 1
    few = {f"c{at}": [1, 2] for at in range(8)}
    words = [word.text for word in placed(made(pk.Table(few)), tmp_path)]
    assert [words.count(name) for name in few] == [1] * 8


def test_a_table_of_hundreds_of_columns_says_how_many_more_there_are() -> None:
    report = made(pk.Table({f"c{at}": [1] for at in range(300)}))
    assert "c119" in report.text
    assert "c120" not in report.text
    assert "… +180" in report.text


def test_words_without_end_are_broken_everywhere(tmp_path: Path) -> None:
    report = made(
        f"# {WORD}\n\n{WORD} text {WORD}\n\n- {WORD}\n  - {WORD}\n\n> {WORD}\n\n`{WORD}`",
        f"```\n{WORD}\n    return {'x + ' * 60}\n```\n\n**{WORD}** *{WORD}*\n\n## Two",
        pk.figure(line(), f"Caption {WORD}"),
        pk.row(*[f"Cell {at} {WORD}" for at in range(4)]),
        pk.row(*[pk.figure(line(), f"**{WORD}**") for at in range(3)]),
        pk.figure(lambda: pk.line({WORD: [1]}, "a", "b"), "failed"),
        title=f"{WORD} title " * 2,
        description=f"D {WORD}",
    )
    assert list(overprinted(placed(report, tmp_path))) == []
    # In words that are not too long there is nothing to be found but their letters.
    assert (
        "\u200b"
        not in made("An ordinary [link](https://example.org/path).").pdf.pages[0].extract_text()
    )


@pytest.mark.parametrize("count", [2, 4, 5, 12])
def test_rows_stand_in_lines_of_at_most_four(tmp_path: Path, count: int) -> None:
    report = made(pk.row(*[line(f"N{at}") for at in range(count)]))
    words = placed(report, tmp_path)
    assert list(overprinted(words)) == []
    labels = [word for word in words if word.text == "Figure"]
    assert len(labels) == count
    for page, y in {(word.page, round(word.y0)) for word in labels}:
        beside = [word for word in labels if (word.page, round(word.y0)) == (page, y)]
        assert len(beside) in ({count} if count <= 4 else {3, count % 3})


def test_captions_in_a_row_stand_at_one_height(tmp_path: Path) -> None:
    report = made(pk.row(line(), bars(30), pk.figure(line(), "caption " * 30)))
    labels = [word for word in placed(report, tmp_path) if word.text == "Figure"]
    assert len(labels) == 3
    assert len({(word.page, round(word.y0, 1)) for word in labels}) == 1


# --- nothing that is ordinary fails --------------------------------------------------------------

ORDINARY = {
    "a heading in a quote": "> # q",
    "a heading in a list": "- # one\n- ## two",
    "the same headings": "# Same\n\n# Same\n\n> # Same",
    "a heading named as a figure": "# Figure 1",
    "nothing in it": "#\n\n-\n\n>\n\n1.\n\n```\n```\n\n[](https://example.org)\n\n||\n|-|\n||",
    "no address": "[x](https://) [y](mailto:) [z](#)",
    "quotes in quotes": "> " * 60 + "deep",
    "lists in lists": "- " * 18 + "deep",
    "emphasis in emphasis": "*a **b " * 40 + "deep" + "** c*" * 40,
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_text_is_set(name: str) -> None:
    report = made(ORDINARY[name], line(), description=ORDINARY[name])
    assert "Figure 1" in report.text
    if "deep" in ORDINARY[name]:
        assert report.text.count("deep") == 2


def test_a_heading_of_the_description_is_none_of_the_contents() -> None:
    report = made("# One", "# Two", description="# D\n\n> ## E")
    assert [entry["/Title"] for entry in report.pdf.outline] == ["One", "Two"]


def test_a_table_without_columns_is_set() -> None:
    assert "Table 1" in made(pk.Table({})).text


def test_an_address_that_is_too_long_is_left_out() -> None:
    report = made("[the words](https://example.org/" + "a" * 9000 + ") [short](https://b.org/)")
    assert "the words" in report.text
    assert targets(report) == ["https://b.org/"]


@pytest.mark.parametrize(
    ("given", "told"), [("ja_JP", "ja"), ("pt-BR", "pt"), ("english", "en"), ("x", "en")]
)
def test_a_language_is_what_typst_takes(given: str, told: str) -> None:
    assert str(made("Text", language=given).pdf.trailer["/Root"]["/Lang"]).split("-")[0] == told


def targets(report: Made) -> list[str]:
    """Where links lead to: an address, or the number of a page."""
    found = []
    for page in report.pdf.pages:
        for annotation in page.get("/Annots", []):
            about = annotation.get_object()
            if "/A" in about and "/URI" in about["/A"]:
                found.append(str(about["/A"]["/URI"]))
            else:
                found.append("inside")
    return found


def test_figures_tables_and_headings_are_linked() -> None:
    text = "[a](#figure-1) [b](#table-1) [c](#über-uns) [d](#nowhere) [e](https://example.org/)"
    report = made(text, line(), pk.Table({"a": [1]}), "## Über uns")
    assert sorted(targets(report)) == ["https://example.org/", "inside", "inside", "inside"]


# --- fonts ---------------------------------------------------------------------------------------

SCRIPTS = {
    "日本語の損失": "NotoSansCJK",
    "한국어": "NotoSansCJK",
    "العربية": "NotoSansArabic",
    "हिन्दी": "NotoSansDevanagari",
    "🎉": "NotoColorEmoji",
}


def fonts_of(report: Made) -> set[str]:
    found: set[str] = set()
    for page in report.pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            about = font.get_object()
            # A font in colours is one of drawings, and names itself elsewhere.
            found.add(str(about.get("/BaseFont", about.get("/Name")))[1:].rpartition("+")[2])
    return found


@pytest.mark.parametrize("text", SCRIPTS)
def test_what_inter_lacks_is_set_in_a_face_that_suits(text: str) -> None:
    from plotkit.render import faces

    names = {name.replace(" ", "") for face in faces.installed() for name in face.names}
    if not any(name.startswith(SCRIPTS[text]) for name in names):
        pytest.skip(f"needs {SCRIPTS[text]}: apt-get install fonts-noto")
    report = made(f"Text {text} **{text}** *{text}*", title=text)
    assert report.notes == ()
    used = fonts_of(report)
    assert all(name.startswith(("Inter", SCRIPTS[text])) for name in used), used
    assert not any(re.search("Black|Thin|Light|Serif", name) for name in used), used


def test_characters_that_no_font_draws_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    box = "\ue000"
    for report in (
        made(f"Text {box}"),
        made(title=box),
        made(description=f"*{box}*"),
        made(pk.Table({"a": [box]})),
        made(pk.Table({box: [1]})),
        made(pk.figure(line(), f"`{box}`")),
    ):
        (note,) = report.notes
        assert "U+E000" in note
    assert made("Text", line(), pk.Table({"a": ["Grüße"]})).notes == ()
    monkeypatch.setattr(settings, "missing_glyphs", "error")
    with pytest.raises(errors.MissingGlyphsError, match=r"U\+E000"):
        made(f"Text {box}")


def test_text_from_right_to_left_begins_at_the_right(tmp_path: Path) -> None:
    words = placed(made("العربية", "- עברית", "Latin"), tmp_path)
    places = {word.text: word for word in words}
    right = [word for text, word in places.items() if not text.isascii() and text.isalpha()]
    assert len(right) == 2
    assert all(word.x0 > 400 for word in right)
    assert places["Latin"].x0 < 100


# --- looks ---------------------------------------------------------------------------------------


def fills(report: Made) -> str:
    """What is drawn on all pages, forms included."""
    parts = []
    for page in report.pdf.pages:
        parts.append(page.get_contents().get_data().decode("latin-1"))  # type: ignore[union-attr]
        for form in page["/Resources"].get("/XObject", {}).values():
            parts.append(form.get_object().get_data().decode("latin-1"))
    return "\n".join(parts)


def drawn(chart: pk.Chart, theme: Any = "light") -> str:
    (picture,) = paged.drawing(theme)(chart, {}).values()
    assert isinstance(picture, str)
    return picture


def test_a_chart_keeps_its_own_theme_and_paper_is_white() -> None:
    chart = line()
    chart.theme = {"background": "#ffeeaa"}
    assert "#ffeeaa" in drawn(chart)
    assert "#ffeeaa" in drawn(chart, "dark")
    assert re.search(r"\b1 0\.933\d* 0\.666\d* scn", fills(made(chart)))
    dark = line()
    dark.theme = "dark"
    assert drawn(dark) == drawn(line()) == drawn(line(), "dark")


def test_emphasis_is_slanted_and_stays_text() -> None:
    report = made("A *slanted passage* here.")
    assert "slanted" in report.text
    assert "passage" in report.text
    assert all(name.startswith("Inter") for name in fonts_of(report))


def test_equal_reports_are_equal_files() -> None:
    def again() -> bytes:
        return made("## 日本 *a*", pk.Table(WIDE), pk.row(line(), bars())).data

    assert again() == again()
