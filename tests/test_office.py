"""Word and PowerPoint files, read again by the libraries that write them and by LibreOffice."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from places_hostile import NAMES, TEXTS, hostile_table

import plotkit as pk
from plotkit import errors, office
from plotkit.text import clean

docx = pytest.importorskip("docx", reason="python-docx is missing")
pptx = pytest.importorskip("pptx", reason="python-pptx is missing")
EMU = 914_400  # an inch
TABLE: dict[str, list[Any]] = {
    "step": list(range(20)),
    "loss": [2 / (1 + i / 5) for i in range(20)],
}


def line(title: str = "Training loss") -> pk.Chart:
    return pk.line(TABLE, "step", "loss", title=title)


def bar() -> pk.Chart:
    """A chart with notes."""
    return pk.bar({"a": ["x", "y", None], "b": [1, 2, 3]}, "a", "b", title="Harvest")


def matrix() -> pk.Chart:
    return pk.confusion_matrix(y_true=list("abcab"), preds=list("abbab"), title="Letters")


def roc() -> pk.Chart:
    return pk.roc_curve([0, 1, 1, 0, 1], [0.2, 0.8, 0.4, 0.5, 0.9], title="ROC")


def pixels(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def drawing(shape: Any) -> tuple[str, str]:
    """The alternative text of a picture in a Word document, and the id of its part."""
    inline = shape._inline
    return inline.docPr.get("descr"), inline.graphic.graphicData.pic.blipFill.blip.embed


# --- Word ----------------------------------------------------------------------------------------


def test_word(tmp_path: Path) -> None:
    charts = [line(), matrix(), bar()]
    path = office.word(
        tmp_path / "report.docx",
        ["## Training", "First.\nStill first.\n\nSecond.", *charts],
        title="Experiment 12",
    )
    assert path == tmp_path / "report.docx"
    assert os.listdir(tmp_path) == ["report.docx"]
    made = docx.Document(path)
    told = [(held.style.name, held.text) for held in made.paragraphs if held.text]
    assert told[:4] == [
        ("Title", "Experiment 12"),
        ("Heading 2", "Training"),
        ("Normal", "First. Still first."),
        ("Normal", "Second."),
    ]
    assert [text for _, text in told[4:]] == list(charts[2].notes)
    assert len(made.inline_shapes) == 3
    section = made.sections[0]
    room = section.page_width - section.left_margin - section.right_margin
    for chart, shape in zip(charts, made.inline_shapes, strict=True):
        alt, rel = drawing(shape)
        png = made.part.related_parts[rel].blob
        assert alt == chart.describe()
        assert shape.width <= room
        wide, high = pixels(png)
        assert wide / (shape.width / EMU) == pytest.approx(300, abs=1), "300 dots an inch"
        assert wide / high == pytest.approx(shape.width / shape.height, rel=0.005)
    # A chart whose title is in the picture alone: it stands there, and in no heading.
    assert made.part.related_parts[drawing(made.inline_shapes[0])[1]].blob == line().to_png(dpi=270)


def test_word_within_a_template(tmp_path: Path) -> None:
    template = docx.Document()
    template.add_paragraph("Dear reader")
    template.sections[0].page_width = round(4 * EMU)
    template.core_properties.author = "Somebody"
    template.save(tmp_path / "letter.docx")
    office.word(tmp_path / "out.docx", line(), template=tmp_path / "letter.docx")
    made = docx.Document(tmp_path / "out.docx")
    assert made.paragraphs[0].text == "Dear reader"
    assert made.inline_shapes[0].width == pytest.approx(1.5 * EMU, abs=5000), "as wide as the text"
    assert made.core_properties.author == ""


def test_a_tall_chart_fits_on_its_page(tmp_path: Path) -> None:
    many = {"a": [f"bar {i}" for i in range(300)], "b": list(range(300))}
    chart = pk.bar(many, "a", "b")
    made = docx.Document(office.word(tmp_path / "a.docx", [chart, matrix()]))
    section = made.sections[0]
    room = section.page_height - section.top_margin - section.bottom_margin
    tall, natural = made.inline_shapes
    assert 0.85 * room < tall.height < 0.91 * room
    png = made.part.related_parts[drawing(tall)[1]].blob
    wide, _ = pixels(png)
    assert wide / (tall.width / EMU) == pytest.approx(300, abs=2), "300 dots an inch"
    by_design = pixels(chart.to_png(scale=0.5))
    assert tall.width / tall.height == pytest.approx(by_design[0] / by_design[1], rel=0.02)
    assert natural.width > 2.5 * EMU, "others are as large as designed"


MARKDOWN = """# Two *runs*

Plain, **bold**, *italic*, ***both***, ~~gone~~ and `code`; <b>HTML</b> stays.
Same line.  \nNext line.

See [the page](https://example.org/x), <https://example.org>, <a@example.org>, [here](#there),
[bad](javascript:run()) and ![a picture](https://example.org/p.png).

- one
- **two**
  - deeper
    - deepest
      - no deeper

  another paragraph
- `three`

3. third
4. fourth

between

1. first

> A quote.

```python
a = 1
    b = 2
```

---

| name | loss |
|------|-----:|
| *m*  | 0.5  |
"""


def styles(paragraph: Any) -> list[tuple[str, str]]:
    """The pieces of a paragraph that do not look as the rest of it."""
    found = []
    for run in paragraph.runs:
        marks = [name for name in ("bold", "italic") if getattr(run, name)]
        marks += ["strike"] if run.font.strike else []
        marks += ["code"] if run.font.name else []
        if marks:
            found.append((run.text, " ".join(marks)))
    return found


def test_texts_are_markdown(tmp_path: Path) -> None:
    made = docx.Document(office.word(tmp_path / "a.docx", MARKDOWN))
    told = {held.text: held for held in made.paragraphs if held.text}
    assert [(held.style.name, text) for text, held in told.items()] == [
        ("Heading 1", "Two runs"),
        (
            "Normal",
            "Plain, bold, italic, both, gone and code; <b>HTML</b> stays. Same line.\nNext line.",
        ),
        (
            "Normal",
            "See the page (https://example.org/x), https://example.org, a@example.org, here, "
            "[bad](javascript:run()) and a picture.",
        ),
        ("List Bullet", "one"),
        ("List Bullet", "two"),
        ("List Bullet 2", "deeper"),
        ("List Bullet 3", "deepest"),
        ("List Bullet 3", "no deeper"),
        ("List Continue", "another paragraph"),
        ("List Bullet", "three"),
        ("List Number", "third"),
        ("List Number", "fourth"),
        ("Normal", "between"),
        ("List Number", "first"),
        ("List Continue", "A quote."),
        ("Normal", "a = 1\n    b = 2"),
    ]
    paragraphs = list(told.values())
    assert styles(paragraphs[0]) == [("runs", "italic")]
    assert styles(paragraphs[1]) == [
        ("bold", "bold"),
        ("italic", "italic"),
        ("both", "bold italic"),
        ("gone", "strike"),
        ("code", "code"),
    ]
    assert styles(told["two"]) == [("two", "bold")]
    assert styles(told["A quote."]) == [("A quote.", "italic")]
    assert styles(told["a = 1\n    b = 2"]) == [("a = 1\n    b = 2", "code")]
    (table,) = made.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["name", "loss"],
        ["m", "0.5"],
    ]
    head, cell = table.cell(0, 0).paragraphs[0], table.cell(1, 0).paragraphs[0]
    assert (styles(head), styles(cell)) == ([("name", "bold")], [("m", "italic")])
    assert table.cell(1, 1).paragraphs[0].alignment is not None


def test_a_text_may_be_indented_as_the_program_is(tmp_path: Path) -> None:
    text = """
        ## Training

        The loss falls.
    """
    made = docx.Document(office.word(tmp_path / "a.docx", text))
    assert [(held.style.name, held.text) for held in made.paragraphs] == [
        ("Heading 2", "Training"),
        ("Normal", "The loss falls."),
    ]


def test_numbered_lists_begin_anew(tmp_path: Path) -> None:
    """As Word counts: every list is a numbering of its own, from its first number on."""
    made = docx.Document(office.word(tmp_path / "a.docx", MARKDOWN))
    numbering = made.part.numbering_part.element
    begins = []
    for held in made.paragraphs:
        if held.style.name == "List Number":
            found = numbering.num_having_numId(held._p.pPr.numPr.numId.val)
            begins.append((found.numId, found.xpath(".//w:startOverride/@w:val")))
    third, fourth, first = begins
    assert third == fourth != first
    assert (third[1], first[1]) == (["3"], ["1"])


def test_markdown_in_a_template_without_styles(tmp_path: Path) -> None:
    template = docx.Document()
    for style in list(template.styles):
        if style.name not in ("Normal", "Default Paragraph Font", "Normal Table", "No List"):
            style.delete()
    template.save(tmp_path / "bare.docx")
    path = office.word(tmp_path / "a.docx", MARKDOWN, template=tmp_path / "bare.docx", title="T")
    made = docx.Document(path)
    told = [held.text for held in made.paragraphs if held.text]
    assert told[:2] == ["T", "Two runs"]
    assert {"• one", "• two", "3. third", "4. fourth", "1. first", "A quote."} <= set(told)


# --- PowerPoint ----------------------------------------------------------------------------------


def pictures(slide: Any) -> list[Any]:
    return [shape for shape in slide.shapes if shape.shape_type == 13]


@pytest.mark.parametrize("design", [None, "plain", "none"])
def test_powerpoint(tmp_path: Path, design: str | None) -> None:
    charts = [line(), matrix(), roc(), bar()]
    template = None
    if design:
        template = tmp_path / "design.pptx"
        deck = pptx.Presentation()
        if design == "none":  # no layout has a title
            for layout in deck.slide_layouts:
                for shape in list(layout.placeholders):
                    shape._element.getparent().remove(shape._element)
        deck.save(template)
    path = office.powerpoint(tmp_path / "talk.pptx", charts, template=template)
    made = pptx.Presentation(path)
    if design is None:
        assert (made.slide_width, made.slide_height) == (round(13.3333334 * EMU), 7.5 * EMU)
    assert len(made.slides) == 4
    for chart, slide in zip(charts, made.slides, strict=True):
        (picture,) = pictures(slide)
        bottom = 0
        if design != "none":
            title = slide.shapes.title
            assert title.text_frame.text == chart.strings["title"]
            bottom = title.top + title.height
            assert [shape.placeholder_format.idx for shape in slide.placeholders] == [0]
        assert picture._element._nvXxPr.cNvPr.get("descr") == chart.describe()
        assert picture.left >= 0 and picture.left + picture.width <= made.slide_width
        assert picture.top >= bottom and picture.top + picture.height <= made.slide_height
        wide, high = pixels(picture.image.blob)
        assert wide / (picture.width / EMU) == pytest.approx(300, abs=1), "300 dots an inch"
        assert wide / high == pytest.approx(picture.width / picture.height, rel=0.005)
        used = max(picture.width / made.slide_width, picture.height / made.slide_height)
        assert used > 0.65, "it is as large as fits"
        assert slide.has_notes_slide == bool(chart.notes)
        if chart.notes:
            assert slide.notes_slide.notes_text_frame.text == "\n".join(chart.notes)


def test_a_title_stands_once(tmp_path: Path) -> None:
    """The picture is that of the chart without a title; without a slide's title it has its own."""
    made = {}
    for name, title in (("with", "Training loss"), ("without", "")):
        path = office.powerpoint(tmp_path / f"{name}.pptx", line(title))
        (slide,) = pptx.Presentation(path).slides
        made[name] = pictures(slide)[0].image.blob, slide.shapes.title.text_frame.text
    pixels_only = {name: strip(png) for name, (png, _) in made.items()}
    assert pixels_only["with"] == pixels_only["without"]
    assert made["with"][1] == "Training loss"
    assert made["without"][1] == line("").preset.title


def strip(png: bytes) -> bytes:
    """The pixels, without what the file says of itself."""
    from PIL import Image

    return Image.open(io.BytesIO(png)).tobytes()


def test_dark_slides(tmp_path: Path) -> None:
    from plotkit.theme import config

    path = office.powerpoint(tmp_path / "dark.pptx", line(), theme="dark")
    (slide,) = pptx.Presentation(path).slides
    paper = config("dark")["background"].lstrip("#").upper()
    assert str(slide.background.fill.fore_color.rgb) == paper
    run = slide.shapes.title.text_frame.paragraphs[0].runs[0]
    assert str(run.font.color.rgb) == config("dark")["title"]["color"].lstrip("#").upper()
    own = {"background": "ivory", "title": {"color": "navy"}}
    office.powerpoint(tmp_path / "own.pptx", line(), theme=own)  # colours by their names


# --- pictures in documents of one's own ----------------------------------------------------------


def test_add_picture_to_a_slide() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    shape = office.add_picture(slide, line(), left="1in", top=0, width="5in", height="3in")
    assert (shape.left, shape.top) == (EMU, 0)
    assert shape.width == pytest.approx(5 * EMU, rel=0.002)
    assert shape.height == pytest.approx(3 * EMU, rel=0.002)
    assert shape._element._nvXxPr.cNvPr.get("descr") == line().describe()
    natural = office.add_picture(slide, line(), width="6in")
    assert natural.width == pytest.approx(6 * EMU, rel=0.002)


def test_add_picture_to_a_document() -> None:
    document = docx.Document()
    cell = document.add_table(1, 1).cell(0, 0)
    paragraph = document.add_paragraph("Here: ")
    run = document.add_paragraph().add_run()
    for target in (document, cell, paragraph, run):
        shape = office.add_picture(target, line(), width="8cm")
        assert shape.width == pytest.approx(8 / 2.54 * EMU, rel=0.002)
        assert drawing(shape)[0] == line().describe()
    assert len(document.inline_shapes) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: office.add_picture(object(), line()), "target=<object.*: expected a document"),
        (lambda s: office.add_picture(docx.Document(), "x"), "chart='x': expected a chart"),
        (
            lambda s: office.add_picture(docx.Document(), line(), left=5),
            "left=5: expected None: only slides have places",
        ),
        (lambda s: office.add_picture(docx.Document(), line(), width="x"), "width='x': expected"),
        (lambda s: office.word(s / "a.docx", [line(), 3]), "items=3: expected charts and texts"),
        (lambda s: office.powerpoint(s / "a.pptx", ["x"]), "charts='x': expected charts"),
        (lambda s: office.word(s / "a.docx", None), "items=None: expected charts and texts"),
        (lambda s: office.word(s / "a.docx", 5), "items=5: expected charts and texts"),
        (lambda s: office.word(s / "a.docx", b"x"), "items=b'x': expected charts and texts"),
        (lambda s: office.word(s / "a.docx", {"a": 1}), "items={.*: expected charts and texts"),
        (lambda s: office.powerpoint(s / "a.pptx", None), "charts=None: expected charts"),
        (lambda s: office.powerpoint(s / "a.pptx", 5), "charts=5: expected charts"),
        (lambda s: office.word(s / "a.docx", line(), title=5), "title=5: expected text"),
        (lambda s: office.powerpoint(s / "a.pptx", line(), title=None), "title=None: expected"),
        (lambda s: office.word(s / "a.docx", line(), language=5), "language=5: expected a lang"),
        (
            lambda s: office.powerpoint(s / "a.pptx", line(), language=["de"]),
            r"language=\['de'\]: expected a language's tag",
        ),
        (
            lambda s: office.add_picture(docx.Document(), line(), language=b"de"),
            "language=b'de': expected a language's tag",
        ),
        (lambda s: office.powerpoint(s / "a.pptx", []), r"charts=\[\]: expected at least one"),
        (
            lambda s: office.word(s / "a.docx", line(), template=s / "no.docx"),
            r"template=.*no\.docx'\): expected a Word file",
        ),
        (
            lambda s: office.powerpoint(s / "a.pptx", line(), template=__file__),
            r"template=.*: expected a PowerPoint file",
        ),
        (lambda s: office.word(s / "a.doc", line()), r"Endings: \.docx"),
        (lambda s: office.powerpoint(s / "a.ppt", line()), r"Endings: \.pptx"),
        (lambda s: office.word(s / "no" / "a.docx", line()), "the folder .* does not exist"),
        (lambda s: office.word(7, line()), "path=7: expected the path of a file"),
    ],
)
def test_errors(tmp_path: Path, call: Any, message: str) -> None:
    with pytest.raises(pk.PlotkitError, match=message):
        call(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = office.powerpoint(tmp_path / "a.pptx", line())
    before = path.read_bytes()
    pk.settings.max_pixels = 1000
    for target in (path, tmp_path / "new.pptx"):
        with pytest.raises(errors.DataError, match="pixels"):
            office.powerpoint(target, [bar(), line()])
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.pptx"]


@pytest.mark.parametrize(
    ("library", "call", "said"),
    [
        ("docx", "office.word('a.docx', chart)", "writing Word files needs python-docx"),
        (
            "pptx",
            "office.powerpoint('a.pptx', chart)",
            "writing PowerPoint files needs python-pptx",
        ),
    ],
)
def test_without_the_library(tmp_path: Path, library: str, call: str, said: str) -> None:
    code = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "import plotkit as pk\nfrom plotkit import office\n"
        "chart = pk.bar({'a': ['x'], 'b': [1]}, 'a', 'b')\n"
        f"try:\n    {call}\n"
        "except pk.errors.MissingExtraError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    library = said.rpartition(" ")[2]
    wanted = f"{said}: pip install {library} (plotkit's extra 'office' brings it)\n"
    assert done.stdout == wanted


def test_nothing_heavy_is_imported() -> None:
    code = "import plotkit.office, sys; print({'docx', 'pptx', 'lxml', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"docx", "pptx"} & set(done.stdout.split("'")) == set()


# --- what the files say --------------------------------------------------------------------------


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import hashlib, time\nimport plotkit as pk\nfrom plotkit import office\n"
        "c = pk.bar({'a': ['x', 'y', None], 'b': [1, 2, 3]}, 'a', 'b', title='Harvest')\n"
        "for make, name in ((office.word, 'a.docx'), (office.powerpoint, 'a.pptx')):\n"
        "    print(hashlib.sha256(make(name, [c, c]).read_bytes()).hexdigest())\n"
    )
    runs = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}"},
        )
        runs.add(done.stdout)
    assert len(runs) == 1
    made = hashlib.sha256(office.word(tmp_path / "b.docx", [bar(), bar()]).read_bytes())
    assert made.hexdigest() in runs.pop()


def test_no_author_and_no_time(tmp_path: Path) -> None:
    word = office.word(tmp_path / "a.docx", line(), title="Experiment")
    slides = office.powerpoint(tmp_path / "a.pptx", line())
    for path, title in ((word, "Experiment"), (slides, "Training loss")):
        with zipfile.ZipFile(path) as parts:
            assert {info.date_time for info in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert not [name for name in parts.namelist() if "thumbnail" in name]
            core = parts.read("docProps/core.xml").decode()
            everything = b"".join(parts.read(name) for name in parts.namelist())
        assert f"<dc:title>{title}</dc:title>" in core
        for word_of in ("creator", "lastModifiedBy", "created", "modified", "description"):
            assert word_of not in core
        assert b"Canny" not in everything
        assert str(tmp_path).encode() not in everything


# --- hostile texts -------------------------------------------------------------------------------


def hostile() -> list[pk.Chart]:
    table = hostile_table()
    charts = [pk.bar(table, NAMES[0], NAMES[1], title=text) for text in TEXTS]
    return [*charts, line("x" * 5000), line("two\nlines"), line("\n")]


def test_hostile_texts_stay_text(tmp_path: Path) -> None:
    from lxml import etree

    charts = hostile()
    word = office.word(tmp_path / "a.docx", [*TEXTS, *charts], title=" ".join(TEXTS))
    slides = office.powerpoint(tmp_path / "a.pptx", charts, title="x" * 5000)
    for path in (word, slides):
        with zipfile.ZipFile(path) as parts:
            assert parts.testzip() is None
            for name in parts.namelist():
                if name.endswith((".xml", ".rels")):
                    tree = etree.fromstring(parts.read(name))
                    # Texts make no relationship to anything outside the file.
                    assert not tree.xpath("//*[@TargetMode='External']")
    document = docx.Document(word)
    told = " ".join(held.text for held in document.paragraphs)
    for text in TEXTS:
        shown = " ".join(clean(text).split())
        assert shown.replace("`", "") in told  # of Markdown, they hold code alone
    deck = pptx.Presentation(slides)
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    for text, title in zip(TEXTS, titles, strict=False):
        assert title.replace("\N{WORD JOINER}", "") == " ".join(clean(text).split())
    assert len(titles[len(TEXTS)]) <= 255
    assert titles[len(TEXTS) + 1] == "two lines"
    for chart, slide in zip(charts, deck.slides, strict=True):
        alt = pictures(slide)[0]._element._nvXxPr.cNvPr.get("descr")
        assert alt == " ".join(clean(chart.describe()).split("\n"))


@pytest.mark.places
def test_libreoffice_reads_it(tmp_path: Path) -> None:
    """Another program than the libraries that wrote the files shows all pages and titles."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is missing")
    import pypdf

    charts = [line(), matrix(), roc(), bar(), *hostile()]
    (tmp_path / "in").mkdir()
    office.powerpoint(tmp_path / "in" / "slides.pptx", charts)
    office.word(tmp_path / "in" / "text.docx", charts, title="Experiment")
    for name in ("slides.pptx", "text.docx"):
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        to = ["--convert-to", "pdf", "--outdir", str(tmp_path)]
        subprocess.run(
            [program, "--headless", profile, *to, str(tmp_path / "in" / name)],
            check=True,
            capture_output=True,
            timeout=300,
        )
    slides = pypdf.PdfReader(tmp_path / "slides.pdf")
    assert len(slides.pages) == len(charts)
    assert float(slides.pages[0].mediabox.width) == pytest.approx(960, abs=1)
    assert "Training loss" in slides.pages[0].extract_text()
    assert all(page.images for page in slides.pages)
    text = pypdf.PdfReader(tmp_path / "text.pdf")
    assert "Experiment" in text.pages[0].extract_text()
    drawn = [page.get_contents() for page in text.pages]
    found = [page.get_data().count(b" Do") for page in drawn if page is not None]
    assert sum(found) == len(charts)
