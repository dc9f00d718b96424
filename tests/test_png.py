"""PNG files: small, exact, repeating, and saying what they are."""

import io
import struct
import zlib

import pytest

from plotkit import errors, settings
from plotkit.render import png, svg, worker
from plotkit.render.metadata import Metadata

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
        assert header[9] in (2, 3)  # RGB or a palette: no alpha channel
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


def picture(rows: list[bytes], width: int, kind: int = 1) -> bytes:
    """A PNG of RGBA rows as the engine writes them: every row with the filter Sub."""
    return made(filtered(rows, [kind] * len(rows)), width)


def chart_like(width: int, height: int, colours: int, alpha: int = 255) -> list[bytes]:
    """Rows with runs of `colours` colours, many rows like the one above."""
    runs = [x * colours // width for x in range(width)]
    row = b"".join(bytes((run * 7 % 256, run % 251, run // 251, alpha)) for run in runs)
    other = row[240:] + row[:240]
    return [row if y % 9 else other for y in range(height)]


@pytest.mark.parametrize(
    ("size", "colours", "alpha", "kind"),
    [
        ((600, 40), 50, 255, 3),
        ((1500, 40), 250, 255, 3),
        ((2400, 40), 390, 255, 2),
        ((2400, 40), 256, 255, 3),
        ((2400, 40), 257, 255, 2),
        ((600, 40), 50, 200, 6),
        ((2400, 700), 200, 255, 3),  # large enough for two halves
        ((2400, 701), 390, 255, 2),
        ((1200, 300), 90, 0, 6),
    ],
)
def test_colours(size: tuple[int, int], colours: int, alpha: int, kind: int) -> None:
    """A palette where there are few enough of them; the same pixels and no broken checksum."""
    rows = chart_like(*size, colours, alpha)
    raw = picture(rows, size[0]) if size[1] < 100 else fast(rows, size[0])
    done = png.finish(raw, width_px=size[0], height_px=size[1])
    found = chunks(done)
    assert found[b"IHDR"][9] == kind
    assert (b"PLTE" in found) == (kind == 3)
    assert pixels(done) == b"".join(rows)
    channels = {3: 1, 2: 3, 6: 4}[kind]
    assert len(zlib.decompress(found[b"IDAT"])) == size[1] * (1 + size[0] * channels)
    assert len(done) < len(raw) + 3 * 256


def fast(rows: list[bytes], width: int) -> bytes:
    """The same as `picture`, for many rows of which many are the same."""
    known: dict[bytes, bytes] = {}
    for row in rows:
        if row not in known:
            known[row] = filtered([row], [1])[0]
    return made([known[row] for row in rows], width)


def test_two_halves_are_one_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way it is compressed, a checksum holds and every row is there."""
    rows = [bytes((y % 251, y // 251, 7, 255)) * 300 for y in range(1000)]
    raw = fast(rows, 300)
    streams = []
    for limit in (1 << 40, 1):
        monkeypatch.setattr(png, "_AHEAD_FROM", limit)
        done = png.finish(raw, width_px=300, height_px=1000)
        streams.append(zlib.decompress(chunks(done)[b"IDAT"]))
        assert pixels(done) == b"".join(rows)
    assert streams[0] == streams[1]


def test_noise_is_left_to_the_general_way() -> None:
    """Where hardly two pixels side by side are the same."""
    rows = [bytes((x * y * 7 + x) % 256 for x in range(4 * 40)) for y in range(30)]
    done = png.finish(picture(rows, 40), width_px=40, height_px=30)
    assert chunks(done)[b"IHDR"][9] == 6
    assert pixels(done) == b"".join(rows)


@pytest.mark.parametrize("opaque", [True, False])
def test_typical_size(opaque: bool) -> None:
    """A line chart at scale 2 takes far less than 60 kB."""
    import plotkit as pk

    rows = [[x, 3 / (1 + x / 9) + x * 37 % 101 / 300] for x in range(200)]
    chart = pk.line(pk.Table(rows, ["step", "loss"]), "step", "loss", title="Loss of a run")
    made = chart.to_png(background="theme" if opaque else "transparent")
    assert len(made) < 60_000
    if worker.engine_version().startswith("1."):
        assert chunks(made)[b"IHDR"][9] in ((2, 3) if opaque else (6,))


def texts(data: bytes) -> dict[str, str]:
    """The text chunks, as Pillow reads them."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return {str(name): str(text) for name, text in image.text.items()}


def test_texts() -> None:
    raw = raster(drawn(), 60, 40)
    said = Metadata("Größe <&> 日本", "Two\nlines", "me/line@3", "plotkit 1", "de")
    done = png.finish(raw, width_px=60, height_px=40, metadata=said)
    assert texts(done) == {
        "Title": "Größe <&> 日本",
        "Description": "Two\nlines",
        "Software": "plotkit 1",
        "Source": "me/line@3",
    }
    assert pixels(done) == pixels(raw)
    assert "\0de\0\0Größe".encode() in done
    assert done == png.finish(raw, width_px=60, height_px=40, metadata=said)
    assert b"iTXt" not in png.finish(raw, width_px=60, height_px=40, metadata=Metadata())


def test_time_only_if_given() -> None:
    raw = raster(drawn(), 60, 40)
    for given, written in (
        ("2026-03-01T12:00:00+01:00", "2026-03-01T12:00:00+01:00"),
        ("2026-03-01 12:00:00.5", "2026-03-01T12:00:00+00:00"),
    ):
        done = png.finish(raw, width_px=60, height_px=40, metadata=Metadata(created=given))
        assert texts(done) == {"Creation Time": written}
    for bad in ("yesterday", "2026-13-01", "<script>"):
        with pytest.raises(errors.OptionError, match="ISO 8601"):
            png.finish(raw, width_px=60, height_px=40, metadata=Metadata(created=bad))


HOSTILE = [
    "a\0b\x1b[0m\x08",
    "lone \ud800 and \udfff",
    "]]><script>alert(1)</script><!-- --><?x?>",
    "\ufffe\uffff\u2028\u2029\x85 \u202e",
    "(\\) >> endobj %%EOF \\377",
    "&amp;&#0;&quot;'\"<img src=x onerror=alert(1)>",
    "é" * 70_000,
    "&" * 70_000,
    "\U0001f600" * 9_000,
    "x" * 1_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_hostile_texts(text: str) -> None:
    raw = raster(drawn(), 60, 40)
    said = Metadata(text, text, text, text, text)
    done = png.finish(raw, width_px=60, height_px=40, metadata=said)
    found = texts(done)
    assert set(found) == {"Title", "Description", "Software", "Source"}
    assert len(found["Description"]) <= 4000
    assert pixels(done) == pixels(raw)
