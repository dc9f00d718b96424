"""The shipped fonts, how they are embedded, and which characters no font draws."""

from __future__ import annotations

import base64
import json
import os
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from plotkit import settings, text
from plotkit.render import faces, fonts
from plotkit.resources import builtin_presets

FOLDER = fonts.folders()[0]


CACHE = "font-faces.json"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no test read or write the user's own cache."""
    monkeypatch.setattr(faces, "cache_file", lambda: tmp_path / "cache" / CACHE)
    faces._faces.cache_clear()
    yield
    faces._faces.cache_clear()


def make_font(
    path: Path,
    codes: list[tuple[int, int]],
    family: str = "",
    weight: int = 400,
    rights: int = 0,
    slanted: bool = False,
) -> Path:
    """Write a font that draws every character as a black square, in the weight's size."""
    family = family or path.stem.title()
    listed = [code for first, last in codes for code in range(first, last + 1)]
    names = [".notdef", "square", "space"]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({code: "space" if code == 32 else "square" for code in listed})
    pen = TTGlyphPen(None)
    side = weight
    for x, y in ((0, 0), (0, side), (side, side), (side, 0)):
        pen.lineTo((x, y)) if (x, y) != (0, 0) else pen.moveTo((x, y))
    pen.closePath()
    square, nothing = pen.glyph(), TTGlyphPen(None).glyph()
    builder.setupGlyf({".notdef": nothing, "square": square, "space": nothing})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    said = {"familyName": family, "styleName": "Regular"}
    builder.setupNameTable({**said, "psName": family.replace(" ", "")})
    builder.setupOS2(usWeightClass=weight, fsType=rights, fsSelection=1 if slanted else 0x40)
    builder.setupPost()
    builder.save(path)
    return path


def test_the_files_are_small_and_carry_their_licence() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert {"OFL.txt", "README.md", "metrics.json"} <= set(sizes)
    assert all(size < 200_000 for size in sizes.values())
    assert all(size < 20_000 for name, size in sizes.items() if name.endswith("latin.woff2"))
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "OFL.txt").read_text("utf-8")


def test_metrics_agree_with_the_font_files() -> None:
    covered = json.loads((FOLDER / "metrics.json").read_text("ascii"))["covered"]
    for style in ("Regular", "SemiBold"):
        (face,) = faces.read_faces(FOLDER / f"Inter-{style}.ttf")
        assert face.ranges == tuple(tuple(pair) for pair in covered)
        assert fonts.FAMILY in face.names
        assert face.weight == {"Regular": 400, "SemiBold": 600}[style]


def test_what_a_chart_writes_is_covered() -> None:
    wanted = "\u2212±×÷·…–—‘’“”≤≥≠≈∞√∑∫∂µπ°‰€£¥₿→←↑↓⁻⁰¹²³⁴₀₁½¼αβγΩ\ufffd○●△▲■ŁłŐőĞğ"
    covered = fonts._shipped("covered")
    assert [char for char in wanted if ord(char) not in covered] == []


def test_folders_holds_the_users_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "font_folders", [str(tmp_path)])
    assert fonts.folders() == [FOLDER, tmp_path]


def test_css_takes_what_the_texts_need() -> None:
    small = fonts.css(texts=["Loss \u22121", "naïve µ"])
    assert small.count("@font-face") == 2
    assert len(small) < 45_000
    assert fonts.css(texts=["Łódź"]).count("@font-face") == 4
    assert fonts.css(weights=[600, 600], texts=[]).count("@font-face") == 1
    assert fonts.css() == fonts.css() == fonts.css(texts=["Ж"])


def test_css_is_safe_in_xml_and_holds_real_fonts() -> None:
    sheet = fonts.css()
    element = ElementTree.fromstring(f"<style>{sheet}</style>")
    assert element.text == sheet
    files = re.findall(r"url\(data:font/woff2;base64,([^)]+)\) format\('woff2'\)", sheet)
    assert [base64.b64decode(file)[:4] for file in files] == [b"wOF2"] * 4
    assert sheet.count("font-family:'Inter Plotkit'") == 4


@pytest.mark.parametrize("shift", [0, 0x10000])
def test_faces_of_a_file(tmp_path: Path, shift: int) -> None:
    """Characters inside and outside the basic plane, which stand in tables of two formats."""
    codes = [(a + shift, b + shift) for a, b in ((0x41, 0x45), (0x46, 0x46), (0x3042, 0x3050))]
    path = make_font(tmp_path / "a.ttf", codes, "Some Name", weight=350, rights=2)
    (face,) = faces.read_faces(path)
    assert face.ranges == tuple((a + shift, b + shift) for a, b in ((0x41, 0x46), (0x3042, 0x3050)))
    assert (face.names, face.weight, face.width) == (("Some Name",), 400, 5)
    assert not face.slanted
    assert not face.colour
    assert not face.embeddable


@pytest.mark.parametrize(
    ("rights", "embeddable"), [(0, True), (4, True), (8, True), (2, False), (0x100, False)]
)
def test_what_a_fonts_maker_allows(tmp_path: Path, rights: int, embeddable: bool) -> None:
    (face,) = faces.read_faces(make_font(tmp_path / "a.ttf", [(0x41, 0x45)], rights=rights))
    assert face.embeddable is embeddable


def test_fonts_of_boxes_count_for_nothing(tmp_path: Path) -> None:
    for family in (".LastResort", "Last Resort High-Efficiency", "Adobe Blank"):
        assert faces.read_faces(make_font(tmp_path / "a.ttf", [(0x41, 0x45)], family)) == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"ttcf", b"\0\1\0\0" + b"\xff" * 60, b"ttcf\0\1\0\0\xff\xff\xff\xff", b"x" * 99],
)
def test_a_damaged_file_has_no_faces(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.ttf"
    path.write_bytes(content)
    assert faces.read_faces(path) == ()
    assert faces.read_faces(tmp_path / "absent.ttf") == ()


def test_every_cut_of_a_file_is_read_or_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = make_font(tmp_path / "a.ttf", [(0x41, 0x45)]).read_bytes()
    for length in range(len(whole)):
        (tmp_path / "b.ttf").write_bytes(whole[:length])
        faces.read_faces(tmp_path / "b.ttf")
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the machine have one font, with Hiragana only."""
    folder = tmp_path / "system"
    folder.mkdir()
    make_font(folder / "kana.otf", [(0x3041, 0x3096)])
    monkeypatch.setattr(faces, "system_folders", lambda: [folder])
    monkeypatch.setattr(faces, "package_folders", lambda: ())
    return folder


def test_missing_glyphs_are_named_in_order(installed: Path) -> None:
    texts = ["Loss \u22121 é Ж", "にほんご 日本語 \u200d\ufe0f\u3000", "🎉日"]
    assert fonts.missing_glyphs(texts) == ["日", "本", "語", "🎉"]
    assert fonts.missing_glyphs(["にほんご", "Ελ"]) == []


def test_missing_glyphs_looks_into_the_users_folders(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = tmp_path / "more"
    more.mkdir()
    make_font(more / "kanji.ttf", [(0x4E00, 0x9FFF)])
    monkeypatch.setattr(settings, "font_folders", [str(more)])
    assert fonts.missing_glyphs(["日本語 🎉"]) == ["🎉"]


def test_missing_glyphs_reads_no_file_for_usual_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise AssertionError("looked at installed fonts")

    monkeypatch.setattr(faces, "installed", fail)
    assert fonts.missing_glyphs(["Loss", "Größe αβγ Жук", "€ → ≤ \u200b\ufe0f"]) == []


def test_missing_glyphs_keeps_and_renews_its_cache(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fonts.missing_glyphs(["日"]) == ["日"]
    held = json.loads(faces.cache_file().read_text("ascii"))
    assert str(installed / "kana.otf") in held["files"]
    before = faces.installed()
    faces._faces.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(faces, "read_faces", lambda _: pytest.fail("the cache was not used"))
        assert faces.installed() == before
        assert fonts.missing_glyphs(["日"]) == ["日"]
    faces._faces.cache_clear()
    make_font(installed / "kanji.ttf", [(0x4E00, 0x9FFF)])
    assert fonts.missing_glyphs(["日"]) == []
    (installed / "kanji.ttf").unlink()
    assert fonts.missing_glyphs(["日"]) == ["日"]


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{", '{"a": 1}', '{"version": 2}', '{"version": 2, "files": [], "ranges": 1}'),
        '{"version": 2, "ranges": [], "files": {"a": [1, 2, [[0, ["A"], 4, 5, 0, 0, 1, 7]]]}}',
        '{"version": 2, "ranges": [[[1]]], "files": {}}',
    ],
)
def test_missing_glyphs_ignores_a_damaged_cache(installed: Path, content: str) -> None:
    path = faces.cache_file()
    path.parent.mkdir()
    path.write_text(content, "ascii")
    assert fonts.missing_glyphs(["日"]) == ["日"]


def test_missing_glyphs_says_nothing_where_it_cannot_know(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(faces, "system_folders", lambda: [tmp_path / "absent"])
    monkeypatch.setattr(faces, "package_folders", lambda: ())
    # Without fonts of the system, what plotkit ships is still known.
    assert fonts.missing_glyphs(["日"]) == ["日"]
    monkeypatch.setattr(faces, "font_files", lambda _: iter(()))
    assert fonts.missing_glyphs(["日"]) == []


def test_missing_glyphs_needs_no_place_for_a_cache(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "ascii")
    monkeypatch.setattr(faces, "cache_file", lambda: tmp_path / "file" / CACHE)
    assert fonts.missing_glyphs(["日"]) == ["日"]
    assert os.listdir(tmp_path / "system") == ["kana.otf"]


def ink(svg_text: str, weight: int) -> tuple[int, int]:
    """Return the last inked column and the number of inked pixels of a text drawn at 40 px."""
    vl_convert = pytest.importorskip("vl_convert")
    image = pytest.importorskip("PIL.Image")
    import io

    vl_convert.register_font_directory(str(FOLDER))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="60">'
        '<rect width="1200" height="60" fill="white"/>'
        f'<text x="10" y="45" font-family="Inter Plotkit" font-weight="{weight}" '
        f'font-size="40">{svg_text}</text></svg>'
    )
    with image.open(io.BytesIO(vl_convert.svg_to_png(svg, scale=1, ppi=72))) as picture:
        dark = picture.convert("L").point(lambda value: 255 * (value < 128))
    return dark.getbbox()[2], dark.histogram()[255]


@pytest.mark.parametrize("weight", [400, 600])
def test_width_is_what_the_engine_draws(weight: int) -> None:
    for sample in (
        "Training loss",
        "Validation accuracy (%)",
        "0123456789",
        "\u22121,234.56",
        "2024-01-01",
        "Ελληνικά Кириллица",
        "Zażółć gęślą jaźń",
        "precision · recall · 10⁻³",
        "café nai\u0308ve",
    ):
        drawn = ink(sample + "|", weight)[0] - ink("|", weight)[0]
        assert text.width(sample, 40, weight) == pytest.approx(drawn, rel=0.02)


def test_the_engine_finds_both_weights() -> None:
    regular, semibold = ink("Illusion", 400)[1], ink("Illusion", 600)[1]
    assert semibold > 1.2 * regular
    assert ink("Illusion", 500)[1] == regular
    assert ink("Illusion", 700)[1] == semibold


def test_the_themes_ask_for_the_shipped_family() -> None:
    for theme in sorted((builtin_presets() / "themes").glob("*.json")):
        font = json.loads(theme.read_text("utf-8"))["config"]["font"]
        assert font.split(",")[0].strip("'\" ") == fonts.FAMILY
