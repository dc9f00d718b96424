"""PDF files: repeating, valid, described, readable aloud."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from plotkit.render import pdf, worker
from plotkit.render.metadata import Metadata

TEXTS = "".join(
    f'<text x="3" y="{y}" font-family="Inter" font-weight="{weight}" opacity="0.{y}">A{y}</text>'
    for y, weight in ((1, 400), (2, 600), (3, 400), (4, 600), (5, 400), (6, 600))
)
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" viewBox="0 0 60 40">'
    '<rect width="60" height="40" fill="white"/><path d="M3,9h30v20h-30Z" fill="#36c" '
    f'opacity="0.4"/>{TEXTS}</svg>'
)
SAID = Metadata("Größe <&> 日本 😀", "Two\nlines (\\) of it", "me/line@3", "plotkit 1", "de-CH")


@pytest.fixture(scope="module")
def raw() -> list[bytes]:
    """What the engine makes of one picture; the same objects in other orders."""
    pool = worker.Pool(1)
    made = [pool.request("svg_to_pdf", (), PICTURE, preset="test/pdf") for _ in range(6)]
    pool.shutdown()
    return made


@pytest.mark.parametrize("said", [None, SAID, Metadata()])
def test_repeats(raw: list[bytes], said: Metadata | None) -> None:
    assert len({pdf.finish(data, said) for data in raw}) == 1


def test_stays_readable(raw: list[bytes]) -> None:
    pypdf = pytest.importorskip("pypdf")
    before = pypdf.PdfReader(io.BytesIO(raw[0]), strict=True)
    plain = pypdf.PdfReader(io.BytesIO(pdf.finish(raw[0])), strict=True)
    told = pypdf.PdfReader(io.BytesIO(pdf.finish(raw[0], SAID)), strict=True)
    content = before.pages[0].get_contents().get_data()
    assert plain.pages[0].get_contents().get_data() == content
    # Only the tag is put around it.
    tagged = told.pages[0].get_contents().get_data()
    assert content.split() == tagged.split()[6:-1]
    for after in (plain, told):
        assert len(after.pages) == 1
        assert after.pages[0].extract_text() == before.pages[0].extract_text()
        assert after.pages[0].mediabox == before.pages[0].mediabox


def test_info_and_language(raw: list[bytes]) -> None:
    pypdf = pytest.importorskip("pypdf")
    reader = pypdf.PdfReader(io.BytesIO(pdf.finish(raw[0], SAID)), strict=True)
    assert dict(reader.metadata) == {
        "/Title": SAID.title,
        "/Subject": SAID.description,
        "/Creator": SAID.preset,
        "/Producer": SAID.software,
    }
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "de-CH"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/MarkInfo"]["/Marked"]


def test_time_only_if_given(raw: list[bytes]) -> None:
    pypdf = pytest.importorskip("pypdf")
    for given, zone in (("2026-03-01T12:00:00+05:30", "+05'30'"), ("2026-03-01T12:00", "+00'00'")):
        said = SAID._replace(created=given)
        reader = pypdf.PdfReader(io.BytesIO(pdf.finish(raw[0], said)), strict=True)
        assert reader.metadata["/CreationDate"] == f"D:20260301120000{zone}"
        assert reader.metadata["/ModDate"] == f"D:20260301120000{zone}"
        assert reader.metadata.creation_date is not None
        assert "<xmp:CreateDate>2026-03-01T12:00:00+" in xmp(reader)
    done = pdf.finish(raw[0], SAID)
    assert b"CreationDate" not in done and b"CreateDate" not in done


def xmp(reader: object) -> str:
    """The packet of XML that the file carries."""
    found = reader.trailer["/Root"]["/Metadata"].get_object()  # type: ignore[attr-defined]
    text: str = found.get_data().decode()
    ElementTree.fromstring(text)  # well-formed
    return text


def test_xmp(raw: list[bytes]) -> None:
    pypdf = pytest.importorskip("pypdf")
    reader = pypdf.PdfReader(io.BytesIO(pdf.finish(raw[0], SAID)), strict=True)
    assert "<dc:format>application/pdf</dc:format>" in xmp(reader)
    found = reader.xmp_metadata
    assert found.dc_title == {"x-default": SAID.title}
    assert found.dc_description == {"x-default": SAID.description}
    assert found.xmp_creator_tool == SAID.preset
    assert found.pdf_producer == SAID.software


def test_one_figure_with_its_alternative(raw: list[bytes]) -> None:
    """What a screen reader reads instead of the picture."""
    pypdf = pytest.importorskip("pypdf")
    reader = pypdf.PdfReader(io.BytesIO(pdf.finish(raw[0], SAID)), strict=True)
    tree = reader.trailer["/Root"]["/StructTreeRoot"]
    document = tree["/K"].get_object()
    assert document["/S"] == "/Document"
    [figure] = [child.get_object() for child in document["/K"]]
    assert figure["/S"] == "/Figure"
    assert figure["/Alt"] == SAID.description
    assert figure["/K"] == 0
    assert figure["/A"]["/BBox"] == reader.pages[0].mediabox
    page = reader.pages[0]
    assert figure["/Pg"].get_object() == page
    number, held = tree["/ParentTree"]["/Nums"]
    assert number == page["/StructParents"]
    assert held.get_object()[0].get_object() == figure
    tagged = page.get_contents().get_data()
    assert tagged.startswith(b"/Figure << /MCID 0 >> BDC\n")
    assert tagged.rstrip().endswith(b"EMC")
    # Without a description the title stands in its place.
    reader = pypdf.PdfReader(io.BytesIO(pdf.finish(raw[0], SAID._replace(description=""))))
    document = reader.trailer["/Root"]["/StructTreeRoot"]["/K"].get_object()
    assert document["/K"][0].get_object()["/Alt"] == SAID.title
    bare = pypdf.PdfReader(io.BytesIO(pdf.finish(raw[0], Metadata())))
    assert "/StructTreeRoot" not in bare.trailer["/Root"]


@pytest.mark.parametrize(
    "text",
    [
        "a\0b\x1b[0m\x08",
        "lone \ud800 and \udfff",
        "(\\) >> endobj\nendstream\n%%EOF \\377 <</Type/Catalog>>",
        "]]></rdf:li><script>alert(1)</script><!-- --><?xpacket end='w'?>",
        "\ufffe\uffff\u2028\x85 \u202e/JavaScript (app.alert(1))",
        "x" * 1_000_000,
    ],
)
def test_hostile_texts(raw: list[bytes], text: str) -> None:
    pypdf = pytest.importorskip("pypdf")
    done = pdf.finish(raw[0], Metadata(text, text, text, text, text))
    reader = pypdf.PdfReader(io.BytesIO(done), strict=True)
    xmp(reader)
    root = reader.trailer["/Root"]
    assert set(root) == {
        "/Type", "/Pages", "/Metadata", "/MarkInfo", "/StructTreeRoot", "/ViewerPreferences"
    }  # fmt: skip
    assert len(reader.metadata["/Subject"]) <= 4000
    assert reader.pages[0].extract_text().split() == [f"A{y}" for y in range(1, 7)]
    assert done == pdf.finish(raw[1], Metadata(text, text, text, text, text))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 something else", b"1 0 obj\n<< /Length"])
def test_what_is_no_pdf_is_left_alone(data: bytes) -> None:
    assert pdf.finish(data) is data


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed")
def test_valid_by_qpdf(raw: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "it.pdf").write_bytes(pdf.finish(raw[0], SAID))
    done = subprocess.run(
        ["qpdf", "--check", "it.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "No syntax or stream encoding errors found" in done.stdout


@pytest.mark.skipif(not shutil.which("pdfinfo"), reason="poppler-utils are not installed")
def test_read_by_poppler(raw: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "it.pdf").write_bytes(pdf.finish(raw[0], SAID))

    def said(*command: str) -> str:
        done = subprocess.run(
            [*command, "it.pdf", *(["-"] if command[0] == "pdftotext" else [])],
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
        assert not done.stderr
        return done.stdout.decode(errors="replace")

    info = said("pdfinfo")
    for line in ("Größe <&> 日本 😀", "Tagged:          yes", "JavaScript:      no"):
        assert line in info
    assert "Figure" in said("pdfinfo", "-struct")
    assert said("pdftotext").split() == [f"A{y}" for y in range(1, 7)]


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler-utils are not installed")
def test_drawn_like_the_png(raw: list[bytes], tmp_path: Path) -> None:
    """The tags around the page change nothing of what it draws."""
    image = pytest.importorskip("PIL.Image")
    seen = []
    for name, data in (("raw", raw[0]), ("done", pdf.finish(raw[0], SAID))):
        (tmp_path / f"{name}.pdf").write_bytes(data)
        command = ["pdftoppm", "-r", "288", "-png", "-singlefile", f"{name}.pdf", name]
        subprocess.run(command, cwd=tmp_path, check=True)
        with image.open(tmp_path / f"{name}.png") as found:
            seen.append((found.size, found.convert("RGB").tobytes()))
    assert seen[0] == seen[1]
    assert len(set(seen[0][1])) > 10
