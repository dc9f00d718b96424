"""Text in every script: which font draws what in PNG, SVG and PDF, and what is said of the rest."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import hypothesis
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops
from pypdf import PdfReader
from test_fonts import make_font

import plotkit as pk
from plotkit import errors, settings
from plotkit.render import faces, fonts, scripts, subsets, worker
from plotkit.render.scripts import Chooser, runs

MARK = scripts.RIGHT_TO_LEFT_MARK
# What the tests of real fonts need; `.ci/run` installs them.
NOTO = {"CJK": "fonts-noto-cjk", "Color": "fonts-noto-color-emoji"}
SAMPLES = {
    "Japanese": ("損失ロス 日本語", ("Noto Sans CJK JP",)),
    "Chinese": ("训练损失 简体", ("Noto Sans CJK SC",)),
    "traditional Chinese": ("訓練損失 繁體", ("Noto Sans CJK TC",)),
    "Korean": ("한국어 손실 라벨", ("Noto Sans CJK KR",)),
    "Arabic": ("العربية خسارة", ("Noto Sans Arabic",)),
    "Hebrew": ("שלום עולם", ("Noto Sans Hebrew",)),
    "Devanagari": ("हिन्दी की नदी दिल्ली क्षि", ("Noto Sans Devanagari",)),
    "Thai": ("ภาษาไทย น้ำ", ("Noto Sans Thai",)),
    "Tamil": ("தமிழ் கொ", ("Noto Sans Tamil",)),
}


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no test read or write the user's own cache."""
    place = tmp_path_factory.mktemp("cache") / "font-faces.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faces, "cache_file", lambda: place)
        yield


def needs(*families: str) -> None:
    """Skip a test where a font is not installed."""
    there = {name for face in faces.installed() for name in face.names}
    lacking = [family for family in families if family not in there]
    if lacking:
        words = {word for name in lacking for word in name.split()}
        packages = [package for word, package in NOTO.items() if word in words]
        packages += (
            ["fonts-noto-core"] if any(not set(n.split()) & set(NOTO) for n in lacking) else []
        )
        pytest.skip(f"needs {', '.join(lacking)}: apt-get install {' '.join(packages)}")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any font, as far as plotkit looks."""
    monkeypatch.setattr(faces, "system_folders", list)
    monkeypatch.setattr(faces, "package_folders", lambda: ())


def face(family: str, text: str, weight: int = 400, **more: Any) -> faces.Face:
    facts: dict[str, Any] = {"width": 5, "slanted": False, "colour": False, "embeddable": True}
    return faces.Face(
        f"/{family}-{weight}", 0, (family,), weight, ranges=subsets.codes_of(text), **facts | more
    )


def line(text: str, anchor: str = "start", weight: int = 400, size: float = 20) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="50" viewBox="0 0 700 50">'
        f'<rect width="700" height="50" fill="white"/><text text-anchor="{anchor}" '
        f'transform="translate(350,32)" font-family="\'Inter Plotkit\', Arial, sans-serif" '
        f'font-size="{size}px" font-weight="{weight}" fill="#000">{text}</text></svg>'
    )


def drawn(svg: str) -> Image.Image:
    made = worker.svg_to_png(fonts.with_fallbacks(svg, colour=True), preset="a test")
    return Image.open(io.BytesIO(made)).convert("L")


def box(svg: str) -> tuple[int, int, int, int]:
    found = drawn(svg).point(lambda value: 255 * (value < 140)).getbbox()
    assert found is not None
    return found


def pdf(svg: str) -> bytes:
    made = worker.svg_to_pdf(fonts.with_fallbacks(svg, colour=False), preset="a test")
    return fonts.searchable(made, svg)


def pdf_fonts(data: bytes) -> set[str]:
    held = PdfReader(io.BytesIO(data)).pages[0]["/Resources"]["/Font"]
    return {str(font.get_object()["/BaseFont"]).partition("+")[2] for font in held.values()}


# --- texts are cut rightly -------------------------------------------------------------------


def test_clusters_hold_together() -> None:
    for whole in ("é", "e\u0301", "👨‍👩‍👧", "👍🏽", "🇩🇪", "1️⃣", "❤️", "น้", "x\u20d7"):
        assert scripts.clusters(f"a{whole}b") == ["a", whole, "b"]
    assert scripts.clusters("🇩🇪🇫🇷") == ["🇩🇪", "🇫🇷"]
    assert scripts.clusters("") == []


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["日本", "ロス"], "ja"),
        (["日本", "손실"], "ko"),
        (["日本", "ロス", "손실"], "ja"),
        (["训练"], "zh-Hans"),
        (["訓練"], "zh-Hant"),
        (["中文", "ㄅ"], "zh-Hant"),
        (["loss"], "zh-Hans"),
    ],
)
def test_the_language_of_han_characters(texts: list[str], language: str) -> None:
    assert scripts.han_language(texts) == language


def cut(text: str, *known: faces.Face, colour: bool = True) -> list[tuple[str, str]]:
    """Runs with the names of their families, "" for the text's own font, which has Latin."""
    chooser = Chooser([text], known, colour=colour)
    found = runs(text, lambda char: ord(char) < 0x370 or char in "—…\ufffd", chooser)
    return [(run.text, run.face.family if run.face else "") for run in found]


HEBREW = face("H", "אבגדהוזחטיכלמנסעפצקרשתםןץףך")
ARABIC = face("A", "".join(map(chr, range(0x600, 0x700))) + " ،")
HAN = face("N", "日本語損失、。「」 \u3000")
EMOJI = face("E", "🎉❤1\u20e3👨👩👧 ", colour=True)
BOTH = face("B", HEBREW.names[0] + "שלום 12(),.")


def test_runs_of_a_line() -> None:
    assert cut("loss 日本語 (損失)", HAN) == [
        ("loss ", ""), ("日本語", "N"), (" (", ""), ("損失", "N"), (")", ""),
    ]  # fmt: skip
    assert cut("日本 語", HAN) == [("日本 語", "N")]
    assert cut("日本「損失」。", HAN) == [("日本「損失」。", "N")]
    assert cut("日本2024損失", HAN) == [("日本", "N"), ("2024", ""), ("損失", "N")]
    assert cut("plain") == [("plain", "")]
    assert cut("") == []


def test_runs_from_right_to_left() -> None:
    """The order is that of the Unicode bidirectional algorithm in a line from left to right."""
    assert cut("loss שלום x", HEBREW) == [("loss ", ""), ("שלום", "H"), (" x", "")]
    # The font lacks blank and comma: three pieces, the last word on the left.
    assert cut("שלום, עולם", HEBREW) == [
        ("עולם", "H"), (f"{MARK}, {MARK}", ""), ("שלום", "H"),
    ]  # fmt: skip
    assert cut("שלום, שלום", BOTH) == [("שלום, שלום", "B")]
    # A number behind a word from right to left stands on its left, brackets enclose.
    assert cut("שלום 12", HEBREW) == [(f"{MARK} 12{MARK}", ""), ("שלום", "H")]
    assert cut("12 שלום", HEBREW) == [("12 ", ""), ("שלום", "H")]
    assert cut("שלום (אב) x", HEBREW) == [
        (f"{MARK}){MARK}", ""), ("אב", "H"), (f"{MARK} ({MARK}", ""), ("שלום", "H"), (" x", ""),
    ]  # fmt: skip
    assert cut("مرحبا abc שלום", HEBREW, ARABIC) == [
        ("مرحبا", "A"), (" abc ", ""), ("שלום", "H"),
    ]  # fmt: skip
    assert cut("مرحبا שלום", HEBREW, ARABIC) == [
        ("שלום", "H"),
        (f"{MARK} {MARK}", ""),
        ("مرحبا", "A"),
    ]


def test_runs_of_emoji() -> None:
    assert cut("a 🎉 👨‍👩‍👧 b", EMOJI) == [
        ("a ", ""), ("🎉", "E"), (" ", ""), ("👨‍👩‍👧", "E"), (" b", ""),
    ]  # fmt: skip
    assert cut("1️⃣ 1", EMOJI) == [("1️⃣", "E"), (" 1", "")]
    assert cut("🎉", EMOJI, colour=False) == [("🎉", "")]


def test_regular_stays_regular() -> None:
    han = "日本語"
    black, thin, bold, regular = (
        face(name, han, weight)
        for name, weight in (("A", 900), ("B", 100), ("Noto Sans CJK JP", 700), ("Z", 400))
    )
    chooser = Chooser([han], [black, thin, bold, regular], colour=True)
    assert chooser.face("日", "ja", 400) is bold, "a good family, before an unknown one"
    same = face("Noto Sans CJK JP", han, 400)
    chooser = Chooser([han], [black, thin, bold, regular, same], colour=True)
    assert chooser.face("日", "ja", 400) is same
    assert chooser.face("日", "ja", 600) is bold
    chooser = Chooser([han], [black, thin, regular], colour=True)
    assert chooser.face("日", "ja", 400) is regular
    assert chooser.face("日", "ja", 600) is regular
    assert Chooser([han], [black], colour=True).face("日", "ja", 400) is black


def test_one_face_draws_a_script_in_a_picture() -> None:
    small, large = face("Noto Sans CJK SC", "日"), face("Some", "日本")
    chooser = Chooser(["日", "日本"], [small, large], colour=True)
    assert chooser.face("日", "zh-Hans", 400) is large
    assert Chooser(["日"], [small, large], colour=True).face("日", "zh-Hans", 400) is small


def test_the_users_fonts_come_first() -> None:
    system, own = face("Noto Sans CJK JP", "日"), face("Own", "日", 700)
    assert Chooser(["日"], [own, system], colour=True, first=1).face("日", "ja", 400) is own


FACES = [HEBREW, ARABIC, HAN, EMOJI]


@hypothesis.settings(deadline=None)
@given(st.text(st.sampled_from("ab 1,(日語。שםمر١ก้🎉\u200d\ufe0f\u202e\u2066\n\x00\ud800—e\u0301")))
def test_runs_lose_nothing(text: str) -> None:
    known = "".join(part for part, _ in cut(text, *FACES)).replace(MARK, "")
    assert sorted(known) == sorted(text)


@hypothesis.settings(deadline=None)
@given(st.text(max_size=12))
def test_any_text_makes_an_svg(text: str) -> None:
    shown = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff\r]", "", text)
    for colour in (True, False):
        made = fonts.with_fallbacks(line(shown, "middle"), colour=colour)
        told = "".join(ElementTree.fromstring(made).itertext()).replace(MARK, "")
        if colour:
            assert sorted(told) == sorted(shown.replace(MARK, ""))


# --- Latin text costs nothing ----------------------------------------------------------------


def test_latin_text_stays_as_it_is() -> None:
    for text in ("Loss", "Größe \u2212 αβγ Жук …", "a & b < c", "x ≤ y → ∞"):
        svg = line(text)
        assert fonts.with_fallbacks(svg, colour=True) is svg
        assert fonts.searchable(b"x", svg) == b"x"


def test_latin_text_loads_no_font_library() -> None:
    code = (
        "import sys, plotkit as pk\n"
        "pk.line({'x': [1, 2], 'y': [1, 2]}, 'x', 'y', title='Größe \u2212 αβγ').to_png()\n"
        "held = {'fontTools', 'uharfbuzz', 'plotkit.render.scripts'} & set(sys.modules)\n"
        "assert not held, held\n"
    )
    environment = {**os.environ, "PYTHONUTF8": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


# --- pictures --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_a_script_is_drawn(name: str) -> None:
    text, families = SAMPLES[name]
    needs(*families)
    svg = line(text)
    assert fonts.check([text]) == []
    made = fonts.with_fallbacks(svg, colour=True)
    asked = set(re.findall(r"<tspan[^>]*font-family=\"'([^']+)'\" font-weight=\"400\"", made))
    assert asked == set(families)
    # Not one glyph is the box for what a font lacks.
    chooser = fonts._Fonts([text], colour=True)
    for run in chooser.runs(fonts._Line(text, {}, {"font-family": "Inter Plotkit"})):
        path, number = (run.face.path, run.face.number) if run.face else (fonts._own_file(400), 0)
        with TTFont(path, fontNumber=number, lazy=True) as font:
            cmap = font.getBestCmap()
        assert all(ord(char) in cmap for char in run.text if scripts.is_drawn(char)), run
    boxes = drawn(line("".join("\U0010fffd" if c.isalnum() else c for c in text)))
    assert ImageChops.difference(drawn(svg), boxes).getbbox()
    # The engine took the very face: its name is in the PDF.
    held = {re.sub(r"[^A-Z]", "", name.partition("-")[0]) for name in pdf_fonts(pdf(svg))}
    assert {re.sub(r"[^A-Z]", "", f) for f in families} <= {
        re.sub("CJK[A-Z]*$", "CJK" + f[-2:], h) if "CJK" in h else h for h in held for f in families
    }
    assert not [n for n in pdf_fonts(pdf(svg)) if re.search("Bold|Black|Thin|Light", n)]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("mixed", ["{}", "loss {} v2"])
def test_lines_end_where_they_should(name: str, mixed: str) -> None:
    """The anchor of a line of several fonts, and of clusters that the engine measures wrongly."""
    text, families = SAMPLES[name]
    needs(*families)
    text = mixed.format(text)
    start, middle, end = (box(line(text, anchor)) for anchor in ("start", "middle", "end"))
    assert abs(start[0] - 350) <= 3
    assert abs(end[2] - 350) <= 3
    assert abs((middle[0] + middle[2]) / 2 - 350) <= 3
    assert start[2] - start[0] == pytest.approx(end[2] - end[0], abs=2)


def test_clusters_do_not_lie_upon_each_other() -> None:
    needs("Noto Sans Devanagari")
    alone = [box(line(part)) for part in ("की", "दी", "नी")]
    together = box(line("कीदीनी"))
    assert together[2] - together[0] >= sum(b[2] - b[0] for b in alone) * 0.9


def test_titles_are_bold_where_there_is_a_bold() -> None:
    needs("Noto Sans CJK JP")
    made = fonts.with_fallbacks(line("損失ロス", weight=600), colour=True)
    assert "font-family=\"'Noto Sans CJK JP'\"" in made
    weights = {f.weight for f in faces.installed() if f.family == "Noto Sans CJK JP"}
    assert f'font-weight="{700 if 700 in weights else 400}"' in made


def test_lines_of_a_title_keep_their_places() -> None:
    needs("Noto Sans CJK JP")
    two = line("x").replace(
        ">x<", '><tspan x="0">一 Loss 損失</tspan><tspan x="0" dy="22">二 b</tspan><'
    )
    made = fonts.with_fallbacks(two, colour=True)
    spans = [
        dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag)) for tag in re.findall("<tspan[^>]*>", made)
    ]
    assert [float(span["y"]) for span in spans] == [0, 0, 0, 22, 22]
    assert [float(span["x"]) for span in spans if span["x"] == "0"] == [0, 0]


@pytest.mark.parametrize("colour", [True, False])
def test_emoji(colour: bool) -> None:
    needs("Noto Color Emoji")
    svg = line("party 🎉 👨‍👩‍👧 ❤️")
    made = fonts.with_fallbacks(svg, colour=colour)
    assert ("Noto Color Emoji" in made) is colour
    if colour:
        picture = Image.open(io.BytesIO(worker.svg_to_png(made, preset="a test"))).convert("RGB")
        assert any(max(p) - min(p) > 80 for _, p in picture.getcolors(1 << 20) or [])
        return
    # The engine fails on colour fonts in a PDF, so there is none.
    text = PdfReader(io.BytesIO(pdf(svg))).pages[0].extract_text()
    assert text.startswith("party")
    known = [f for f in faces.installed() if not f.colour and f.covers(ord("🎉"))]
    assert ("\ufffd" in text) is not bool(known)


def test_emoji_that_a_pdf_lacks_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lone = face("E", "🎉", colour=True)
    monkeypatch.setattr(faces, "installed", lambda: (lone,))
    assert fonts.missing_glyphs(["🎉"]) == []
    (note,) = fonts.lost_without_colour(["Loss 🎉"])
    assert "🎉 (emoji)" in note and "fonts-symbola" in note
    settings.missing_glyphs = "error"
    with pytest.raises(errors.MissingGlyphsError, match=r"🎉 \(emoji\)"):
        fonts.lost_without_colour(["Loss 🎉"])
    monkeypatch.setattr(faces, "installed", lambda: (lone, face("S", "🎉")))
    assert fonts.lost_without_colour(["Loss 🎉"]) == []
    assert fonts.lost_without_colour(["Loss"]) == []


# --- PDF -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_pdf_text_is_text(name: str) -> None:
    text, families = SAMPLES[name]
    needs(*families)
    made = pdf(line(text))
    page = PdfReader(io.BytesIO(made)).pages[0]
    for font in page["/Resources"]["/Font"].values():
        assert "/ToUnicode" in font.get_object()
    told = page.get_contents().get_data()
    noted = re.findall(rb"/ActualText <([0-9a-fA-F]+)>", told)
    texts = [bytes.fromhex(found.decode()).decode("utf-16") for found in noted]
    if name in ("Devanagari", "Thai", "Tamil"):
        assert texts == [text], "told as a whole, since glyphs are no characters there"
        return
    assert texts == []
    wanted = text.replace(" ", "")
    extracted = re.sub(r"\s", "", page.extract_text())
    # This reader leaves text from right to left in the order in which it is seen.
    turned = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    assert unicodedata.normalize("NFKC", extracted) in (wanted, wanted[::-1] if turned else wanted)


def test_pdf_text_as_a_viewer_finds_it(tmp_path: Path) -> None:
    import shutil

    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext: apt-get install poppler-utils")
    for text, families in SAMPLES.values():
        needs(*families)
        (tmp_path / "a.pdf").write_bytes(pdf(line(text)))
        done = subprocess.run(
            ["pdftotext", str(tmp_path / "a.pdf"), "-"], capture_output=True, check=True
        )
        found = re.sub("[\u202a-\u202e\\s]", "", done.stdout.decode())
        assert unicodedata.normalize("NFKC", found) == unicodedata.normalize(
            "NFKC", text.replace(" ", "")
        )


def test_a_pdf_that_is_not_understood_stays_as_it_is() -> None:
    needs("Noto Sans Devanagari")
    svg = line("हिन्दी")
    assert fonts.searchable(b"no PDF", svg) == b"no PDF"
    other = worker.svg_to_pdf(line("abc"), preset="a test")
    assert fonts.searchable(other, svg) == other


# --- what documents carry --------------------------------------------------------------------


def carried(text: str) -> list[tuple[dict[str, str], TTFont]]:
    """The @font-face rules of a text, with the fonts in them."""
    found = []
    for body in re.findall(r"@font-face\{(.*?)\}", text):
        data = re.search(r"base64,([^)]+)", body)
        assert data is not None
        facts = dict(re.findall(r"([\w-]+):'?([^;']+)", re.sub(r"src:[^)]*\)[^;]*", "", body)))
        found.append((facts, TTFont(io.BytesIO(base64.b64decode(data[1])))))
    return found


def test_an_svg_carries_the_glyphs_it_uses() -> None:
    svg = line("Training loss 0.1")
    made = fonts.embedded(svg)
    assert len(made) - len(svg) < 6_000
    ((facts, font),) = carried(made)
    assert (facts["font-family"], facts["font-weight"]) == ("Inter Plotkit", "400")
    assert set(font.getBestCmap()) == set(map(ord, "Training loss 0.1"))
    assert font.flavor == "woff2"
    assert ElementTree.fromstring(made) is not None
    assert fonts.embedded(made.replace("<style>", "<!--").replace("</style>", "-->"))
    empty = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    assert fonts.embedded(empty) == empty


def test_an_svg_carries_fallbacks() -> None:
    needs(*SAMPLES["Thai"][1], "Noto Sans CJK JP")
    made = fonts.embedded(line("loss 損失ロス น้ำ"))
    first, *others = carried(made)
    assert set(first[1].getBestCmap()) == set(map(ord, "los "))
    assert len(others) == 2
    for facts, font in others:
        assert facts["font-family"] == "Inter Plotkit"
        listed = facts["unicode-range"]
        assert "U+6C" not in listed.split(","), "Latin stays Inter"
        assert set(font.getBestCmap()) >= set(subset_of(listed))
    codes = {code for facts, _ in others for code in subset_of(facts["unicode-range"])}
    assert codes >= set(map(ord, "損失ロスน้ำ"))
    assert 0x0E4D in codes, "shaping takes sara am apart before it looks for glyphs"
    assert len(made) < 20_000


def test_an_svg_as_the_engine_gets_it_carries_the_same(tmp_path: Path) -> None:
    needs("Noto Color Emoji", "Noto Sans CJK JP")
    made = fonts.embedded(fonts.with_fallbacks(line("loss 損失ロス 🎉"), colour=True))
    held = {facts["font-family"]: set(font.getBestCmap()) for facts, font in carried(made)}
    assert held["Noto Sans CJK JP"] >= set(map(ord, "損失ロス"))
    assert held["Noto Color Emoji"] >= {ord("🎉")}
    assert held["Inter Plotkit"] == set(map(ord, "los "))


def subset_of(listed: str) -> Iterator[int]:
    for part in listed.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def test_carried_fonts_repeat_to_the_byte() -> None:
    code = (
        "import sys, hashlib\nfrom plotkit.render import fonts, faces\n"
        "import pathlib\nfaces.cache_file = lambda: pathlib.Path(sys.argv[1])\n"
        "svg = sys.stdin.read()\n"
        "made = fonts.embedded(svg) + fonts.with_fallbacks(svg, colour=True)\n"
        "print(hashlib.sha256(made.encode()).hexdigest())\n"
    )
    text = line("loss \u2212 " + " ".join(sample for sample, _ in SAMPLES.values()), "middle")
    seen = {
        subprocess.run(
            [sys.executable, "-c", code, str(faces.cache_file())],
            input=text,
            capture_output=True,
            check=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(seen) == 1


def test_a_page_carries_what_its_texts_need() -> None:
    needs("Noto Sans CJK JP")
    small = fonts.css(texts=["Loss"])
    made = fonts.css(texts=["Loss", "損失ロス"])
    assert made.startswith(small)
    extra = carried(made[len(small) :])
    assert [facts["font-weight"] for facts, _ in extra] == ["400", "600"]
    assert all(set(font.getBestCmap()) == set(map(ord, "損失ロス")) for _, font in extra)


def test_a_page_of_a_bare_machine_carries_inter(bare: None) -> None:
    assert fonts.css(texts=["Loss", "日本"]) == fonts.css(texts=["Loss"])


# --- nothing draws it ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "named", "remedy"),
    [
        ("日本 Loss", "日本 (Han)", "pip install noto-cjk-sans-otc, or the package fonts-noto-cjk"),
        ("한", "한 (Hangul)", "noto-cjk-sans-otc"),
        ("हिन्दी", "ह", "the package fonts-noto-core"),
        ("ไทย", "ไทย (Thai)", "the package fonts-noto-core"),
        ("🎉", "🎉 (emoji)", "the package fonts-noto-color-emoji"),
        ("𝄞", "𝄞 (symbol)", "the package fonts-symbola"),
        ("\ue000", "U+E000 (private use)", "plotkit.fonts.register(folder)"),
        ("日🎉", "日 (Han), 🎉 (emoji)", " and the package fonts-noto-color-emoji"),
    ],
)
def test_a_note_names_characters_and_remedy(bare: None, text: str, named: str, remedy: str) -> None:
    (note,) = fonts.check([text])
    assert named in note
    assert remedy in note
    settings.missing_glyphs = "error"
    with pytest.raises(errors.MissingGlyphsError) as raised:
        fonts.check([text])
    assert named in str(raised.value) and remedy in str(raised.value)
    assert fonts.check(["Loss é Ж"]) == []


def test_many_missing_characters_are_counted(bare: None) -> None:
    (note,) = fonts.check(["".join(map(chr, range(0x4E00, 0x4E40)))])
    assert "and 44 more" in note and len(note) < 400


def test_what_nothing_draws_is_drawn_as_something(bare: None) -> None:
    svg = line("loss \ue000 日本")
    assert fonts.with_fallbacks(svg, colour=True) == svg
    assert fonts.with_fallbacks(svg, colour=False) == svg
    assert pdf(svg).startswith(b"%PDF")


# --- packaged fonts --------------------------------------------------------------------------


def test_the_extra_is_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "site"
    (home / "noto_cjk_sans_otc").mkdir(parents=True)
    make_font(home / "noto_cjk_sans_otc" / "Some.otf", [(0x4E00, 0x9FFF)], "Plot Packaged")
    (home / "noto_cjk_sans_otc" / "__init__.py").write_text("raise RuntimeError('imported')")
    facts = home / "noto_cjk_sans_otc-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: noto-cjk-sans-otc\nVersion: 1.0\n"
    )
    (facts / "RECORD").write_text("noto_cjk_sans_otc/Some.otf,,\nnoto_cjk_sans_otc/__init__.py,,\n")
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(faces, "system_folders", list)
    faces.package_folders.cache_clear()
    try:
        assert faces.package_folders() == (home / "noto_cjk_sans_otc",)
        assert settings.font_folders == ()
        assert fonts.check(["Loss"]) == []
        assert settings.font_folders == (), "no engine reads it for nothing"
        assert fonts.check(["日本"]) == []
        assert settings.font_folders == (str(home / "noto_cjk_sans_otc"),)
        svg = line("loss 日本")
        assert "'Plot Packaged'" in fonts.with_fallbacks(svg, colour=True)
        assert pdf_fonts(pdf(svg)) == {"Inter-Regular", "PlotPackaged"}
    finally:
        faces.package_folders.cache_clear()


# --- fonts of one's own ----------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "type"
    (folder / "deep").mkdir(parents=True)
    make_font(folder / "deep" / "Plot-Test.ttf", [(0x20, 0x7E), (0x4E00, 0x9FFF)], "Plot Test")
    return folder


def test_register(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from plotkit import fonts as public

    monkeypatch.chdir(own.parent)
    assert public.register("type") == ("Plot Test",)
    assert public.registered() == (str(own),)
    assert public.register(own) == ("Plot Test",)
    assert public.registered() == settings.font_folders == (str(own),)


def test_register_says_what_is_wrong(tmp_path: Path) -> None:
    from plotkit import fonts as public

    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.ttf").write_bytes(b"nothing")
    for folder, words in (
        (tmp_path / "absent", "there is no such folder"),
        (tmp_path / "bad" / "a.ttf", "it is a file; name the folder that holds it"),
        (tmp_path / "empty", "no file in it ends in .ttf, .otf, .ttc, .otc"),
        (tmp_path / "bad", "none of its 1 font files can be read"),
        ("", "it is not the path of a folder"),
        (7, "it is not the path of a folder"),
    ):
        with pytest.raises(errors.FontError, match=words):
            public.register(folder)  # type: ignore[arg-type]
    assert settings.font_folders == ()


def test_a_typeface_of_ones_own(own: Path) -> None:
    from plotkit import fonts as public

    (name,) = public.register(own)
    chart = pk.bar({"a": ["one", "日本", "two Ж"], "b": [1, 2, 3]}, "a", "b", title="Own")
    theme = {"font": name}
    assert chart.to_png(theme=theme) != chart.to_png()
    held = pdf_fonts(chart.to_pdf(theme=theme))
    assert held == {"PlotTest", "Inter-Regular"}, "what it lacks is drawn with Inter"
    svg = chart.to_svg(theme=theme)
    rules = carried(svg)
    assert "Plot Test" in {facts["font-family"] for facts, _ in rules}
    codes = {code for _, font in rules for code in font.getBestCmap()}
    assert codes >= set(map(ord, "one日本two Ж"))


def test_a_page_carries_a_typeface_of_ones_own(own: Path) -> None:
    from plotkit import fonts as public

    public.register(own)
    plain = fonts.css(texts=["日 Loss"])
    assert fonts.css(texts=["日 Loss"], font="'Inter Plotkit', Arial") == plain
    rules = carried(fonts.css(texts=["日 Loss"], font="'Plot Test', Arial"))
    held = [font for facts, font in rules if facts["font-family"] == "Plot Test"]
    assert [set(font.getBestCmap()) for font in held] == [{*range(0x20, 0x7F), ord("日")}] * 2
    assert fonts.css(texts=["Loss"], font="No Such Type") == fonts.css(texts=["Loss"])


def test_packaged_fonts_do_not_count_as_the_users(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture is the same before and after the engine was told of them."""
    monkeypatch.setattr(faces, "package_folders", lambda: (own / "deep",))
    monkeypatch.setattr(faces, "system_folders", list)
    svg = line("loss 日本", weight=600)
    before = fonts.with_fallbacks(svg, colour=True)
    assert settings.font_folders == (str(own / "deep"),)
    assert fonts.with_fallbacks(svg, colour=True) == before
    assert fonts._Fonts(["日"], colour=True).chooser._first == 2, "Inter alone"


def test_a_typeface_that_is_not_there_gives_inter(bare: None) -> None:
    chart = pk.bar({"a": ["one", "two"], "b": [1, 2]}, "a", "b")
    assert pdf_fonts(chart.to_pdf(theme={"font": "No Such Type"})) == {"Inter-Regular"}


def test_a_typeface_that_may_not_be_embedded_is_not(tmp_path: Path) -> None:
    from plotkit import fonts as public

    make_font(tmp_path / "a.ttf", [(0x20, 0x7E)], "Plot Kept", rights=2)
    public.register(tmp_path)
    svg = line("abc").replace("'Inter Plotkit'", "'Plot Kept'")
    assert fonts.embedded(svg) == svg


# --- whole charts ----------------------------------------------------------------------------


def mixed() -> pk.Chart:
    texts = [text for text, _ in SAMPLES.values()]
    table = {"label": [*texts, "API हिन्दी v2", "🎉 loss"], "value": list(range(1, len(texts) + 3))}
    title = "損失ロス Loss — שלום — ความ"
    return pk.bar(table, "label", "value", title=title)


def test_a_chart_of_all_scripts(tmp_path: Path) -> None:
    needs(*(family for _, families in SAMPLES.values() for family in families))
    needs("Noto Color Emoji")
    chart = mixed()
    assert list(chart.notes) == []
    for name in ("a.png", "a.svg", "a.pdf"):
        chart.save(tmp_path / name)
        again = mixed().save(tmp_path / f"again-{name}")
        assert again.read_bytes() == (tmp_path / name).read_bytes()
    told = re.findall(
        rb"/ActualText", PdfReader(tmp_path / "a.pdf").pages[0].get_contents().get_data()
    )
    assert len(told) >= 4
    held = pdf_fonts((tmp_path / "a.pdf").read_bytes())
    assert not [name for name in held if re.search("Black|Thin|Light|Serif", name)]


@pytest.mark.browser
def test_a_browser_draws_what_the_engine_draws(tmp_path: Path) -> None:
    """Widths in Chromium, with the fonts of the file, are those that the engine was given."""
    needs(*(family for _, families in SAMPLES.values() for family in families))
    texts = [text for text, _ in SAMPLES.values()]
    with chromium.running() as browser:
        page = browser.new_page()
        for text in texts:
            svg = line(text)
            (tmp_path / "a.html").write_text(
                f"<meta charset=utf-8>{fonts.embedded(svg)}", encoding="utf-8"
            )
            page.goto((tmp_path / "a.html").as_uri())
            page.evaluate("document.fonts.ready")
            shown = page.evaluate("document.querySelector('text').getComputedTextLength()")
            parts = fonts._Fonts([text], colour=True).runs(
                fonts._Line(text, {}, {"font-family": "Inter Plotkit"})
            )
            wanted = sum(fonts._shaped(run.text, run.face, 400).width for run in parts) * 20
            # Blanks may be those of Inter in one and of the fallback in the other.
            assert shown == pytest.approx(wanted, abs=2.5 * (text.count(" ") + 1)), text
