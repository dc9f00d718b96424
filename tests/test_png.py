"""PNG and PDF files: small, exact, repeating."""

import io
import struct
import zlib

import pytest

from plotkit import errors, settings
from plotkit.render import pdf, png, svg, worker

WHITE = '<rect width="60" height="40" fill="white"/>'


def drawn(background: str = WHITE) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" viewBox="0 0 60 40">'
        f'{background}<path d="M3,3L50,30L57,4" stroke="#c33" fill="none"/>'
        '<path d="M3,9h30v20h-30Z" fill="#36c" opacity="0.4"/></svg>'
    )


def pixels(data: bytes, mode: str = "RGBA") -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return image.convert(mode).tobytes()


def chunks(data: bytes) -> dict[bytes, bytes]:
    found, at = {}, 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert int.from_bytes(data[at + 8 + size : at + 12 + size]) == zlib.crc32(kind + body)
        found[kind] = body
        at += 12 + size
    return found


def raster(text: str, width: int, height: int) -> bytes:
    return worker.svg_to_png(svg.resized(text, width, height), preset="test/png")


@pytest.mark.parametrize("size", [(60, 40), (61, 39), (1001, 667), (7, 3), (1, 1), (3000, 2001)])
@pytest.mark.parametrize("background", [WHITE, ""])
def test_same_pixels(size: tuple[int, int], background: str) -> None:
    raw = raster(drawn(background), *size)
    done = png.finish(raw, width_px=size[0], height_px=size[1])
    header = chunks(done)[b"IHDR"]
    assert struct.unpack(">II", header[:8]) == size
    assert pixels(done) == pixels(raw)
    assert len(done) <= len(raw)
    if worker.engine_version().startswith("1.") and background:
        assert header[9] == 2  # RGB
    assert png.finish(raw, width_px=size[0], height_px=size[1]) == done


def made(rows: list[bytes], width: int, color: int = 6) -> bytes:
    """A PNG of rows that are filtered already, packed by the fastest method."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, color, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png._chunk(b"IHDR", header),
            png._chunk(b"IDAT", zlib.compress(b"".join(rows), 1)),
            png._chunk(b"IEND", b""),
        )
    )


def filtered(rows: list[bytes], kinds: list[int]) -> list[bytes]:
    """Rows of RGBA under the given PNG filters."""
    out = []
    above = bytes(len(rows[0]))
    for row, kind in zip(rows, kinds, strict=True):
        line = bytearray([kind])
        for i, value in enumerate(row):
            left = row[i - 4] if i >= 4 else 0
            up = above[i]
            corner = above[i - 4] if i >= 4 else 0
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda near: abs(guess - near))
            line.append((value - (0, left, up, (left + up) // 2, nearest)[kind]) & 255)
        out.append(bytes(line))
        above = row
    return out


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("opaque", [True, False])
def test_every_filter(first: int, opaque: bool) -> None:
    rows = []
    for y in range(12):
        row = bytearray((x * 37 + y * 91 + x * y) % 256 for x in range(4 * 9))
        row[3::4] = b"\xff" * 9
        rows.append(row)
    if not opaque:
        rows[7][4 * 5 + 3] = 254
    kinds = [(first + y * 2 + y // 5) % 5 for y in range(12)]
    kinds[0] = first
    raw = made(filtered([bytes(row) for row in rows], kinds), 9)
    assert pixels(raw) == b"".join(rows)
    done = png.finish(raw, width_px=9, height_px=12)
    assert pixels(done) == b"".join(rows)
    assert chunks(done)[b"IHDR"][9] == (2 if opaque else 6)


def test_resolution_is_named() -> None:
    raw = raster(drawn(), 60, 40)
    assert b"pHYs" not in chunks(png.finish(raw, width_px=60, height_px=40))
    done = png.finish(raw, width_px=60, height_px=40, dpi=300)
    assert chunks(done)[b"pHYs"] == struct.pack(">IIB", 11811, 11811, 1)


def test_level(monkeypatch: pytest.MonkeyPatch) -> None:
    if not worker.engine_version().startswith("1."):
        pytest.skip("this engine compresses well by itself")
    raw = raster(drawn(), 900, 600)
    sizes = []
    for level in (1, 9):
        monkeypatch.setattr(settings, "png_level", level)
        sizes.append(len(png.finish(raw, width_px=900, height_px=600)))
    assert sizes[1] < sizes[0] < len(raw)


def test_no_thread_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the end of a program."""
    raw = raster(drawn(), 900, 600)
    done = png.finish(raw, width_px=900, height_px=600)

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", refuse)
    assert png.finish(raw, width_px=900, height_px=600) == done


@pytest.mark.parametrize("height", [12, 2000])
def test_wrong_pictures(height: int) -> None:
    """An error of ours, whether one thread or two are at work."""
    row = b"\x00" + b"\x01\x02\x03\xff" * 90
    good = made([row] * height, 90)
    assert png.finish(good, width_px=90, height_px=height)
    for broken in (
        b"",
        b"GIF89a",
        good[:40],
        good[: len(good) // 2],
        made([row] * (height - 1) + [row[:-3]], 90),
        made([row] * (height - 1), 90).replace(
            chunks(made([row] * (height - 1), 90))[b"IHDR"], chunks(good)[b"IHDR"]
        ),
        made([*[row] * (height - 1), b"\x07" + row[1:]], 90),
    ):
        with pytest.raises(errors.RenderError, match="pixels was asked for, but"):
            png.finish(broken, width_px=90, height_px=height)
    with pytest.raises(errors.RenderError) as caught:
        png.finish(good, width_px=91, height_px=height)
    assert str(caught.value) == (
        f"'the picture' failed while making the PNG: a PNG of 91 x {height} pixels was asked for, "
        f"but it has 90 x {height} pixels"
    )


TEXTS = "".join(
    f'<text x="3" y="{y}" font-family="Inter" font-weight="{weight}" opacity="0.{y}">A{y}</text>'
    for y, weight in ((1, 400), (2, 600), (3, 400), (4, 600), (5, 400), (6, 600))
)


def test_pdf_repeats() -> None:
    text = drawn(WHITE + TEXTS)
    pool = worker.Pool(1)
    raw = {pool.request("svg_to_pdf", (), text, preset="test/pdf") for _ in range(6)}
    pool.shutdown()
    assert len({pdf.finish(data) for data in raw}) == 1
    assert worker.svg_to_pdf(text, preset="test/pdf") == pdf.finish(raw.pop())


def test_pdf_stays_readable() -> None:
    pypdf = pytest.importorskip("pypdf")
    text = drawn(WHITE + TEXTS)
    raw = worker.default_pool().request("svg_to_pdf", (), text, preset="test/pdf")
    done = pdf.finish(raw)
    assert done != raw
    before = pypdf.PdfReader(io.BytesIO(raw), strict=True)
    after = pypdf.PdfReader(io.BytesIO(done), strict=True)
    assert len(after.pages) == 1
    assert after.pages[0].extract_text() == before.pages[0].extract_text()
    assert after.pages[0].get_contents().get_data() == before.pages[0].get_contents().get_data()
    assert after.pages[0].mediabox == before.pages[0].mediabox


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 something else", b"1 0 obj\n<< /Length"])
def test_other_pdf_is_left_alone(data: bytes) -> None:
    assert pdf.finish(data) is data
