"""JPEG and WebP files, as Pillow reads them again."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from plotkit import errors
from plotkit.render import images, png, svg, worker
from plotkit.render.metadata import Metadata

Image = pytest.importorskip("PIL.Image")

WHITE = '<rect width="60" height="40" fill="white"/>'
SAID = Metadata("Größe <&> 日本", "Two\nlines", "me/line@3", "plotkit 1", "de")


def made(background: str = WHITE, width: int = 240, height: int = 160) -> bytes:
    """A finished PNG: thin coloured lines, and an area."""
    text = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" viewBox="0 0 60 40">'
        f'{background}<path d="M3,3L50,30L57,4" stroke="#c33" fill="none"/>'
        '<path d="M3,35h54" stroke="#00f" stroke-width="0.5"/>'
        '<path d="M3,9h30v20h-30Z" fill="#36c" opacity="0.4"/></svg>'
    )
    raw = worker.svg_to_png(svg.resized(text, width, height), preset="test/images")
    return png.finish(raw, width_px=width, height_px=height)


def opened(data: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(data))
    found.load()
    return found


def xmp_of(found: Image.Image) -> str:
    packet = found.info["xmp"].decode()
    ElementTree.fromstring(packet)
    return str(packet)


class TestJpeg:
    def test_picture(self) -> None:
        found = opened(images.jpeg(made()))
        assert (found.format, found.mode, found.size) == ("JPEG", "RGB", (240, 160))
        # A thin line keeps its colour, which shared colour channels would wash out.
        red, green, blue = found.getpixel((120, 140))
        assert blue > 200 and red < 60 and green < 60
        assert found.getpixel((239, 0)) == (255, 255, 255)
        # Sampling factors of the three channels: 1 x 1 each.
        assert [layer[1:3] for layer in found.layer] == [(1, 1)] * 3

    def test_quality(self) -> None:
        sizes = [len(images.jpeg(made(), quality=quality)) for quality in (1, 50, 90, 100)]
        assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
        for bad in (0, 101, 90.0, True, "90"):
            with pytest.raises(errors.OptionError, match="a whole number from 1 to 100"):
                images.jpeg(made(), quality=bad)  # type: ignore[arg-type]

    def test_no_transparency(self) -> None:
        with pytest.raises(errors.OptionError, match="JPEG has no transparency"):
            images.jpeg(made(background=""))
        rows = [bytes((9, 8, 7, 255)) * 30] * 20
        out = io.BytesIO()
        Image.frombytes("RGBA", (30, 20), b"".join(rows)).save(out, "PNG")
        assert opened(images.jpeg(out.getvalue())).mode == "RGB"  # it has an alpha channel only

    def test_says_what_it_is(self) -> None:
        found = opened(images.jpeg(made(), dpi=299.72, metadata=SAID))
        assert found.info["dpi"] == (300, 300)
        exif = found.getexif()
        assert float(exif[0x011A]) == float(exif[0x011B]) == pytest.approx(299.72)
        assert exif[0x0128] == 2  # per inch
        assert exif[0x0131] == "plotkit 1"
        assert 0x0132 not in exif
        assert b"Two\nlines" in exif.tobytes()
        assert found.info["comment"].decode() == SAID.title
        packet = xmp_of(found)
        for part in ("Größe &lt;&amp;&gt; 日本", "<dc:source>me/line@3<", "image/jpeg"):
            assert part in packet
        bare = opened(images.jpeg(made()))
        assert not {"exif", "xmp", "comment"} & set(bare.info)


class TestWebp:
    @pytest.mark.parametrize("background", [WHITE, ""])
    def test_lossless(self, background: str) -> None:
        source = made(background)
        found = opened(images.webp(source, dpi=192, metadata=SAID))
        mode = "RGB" if background else "RGBA"
        assert (found.format, found.mode, found.size) == ("WEBP", mode, (240, 160))
        assert found.convert("RGBA").tobytes() == opened(source).convert("RGBA").tobytes()

    def test_smaller_than_png(self) -> None:
        source = made(width=1200, height=800)
        assert len(images.webp(source)) < len(source)

    def test_quality(self) -> None:
        source = made(width=1200, height=800)
        sizes = [len(images.webp(source, quality=quality)) for quality in (1, 60, 100)]
        assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
        assert opened(images.webp(made(""), quality=80)).mode == "RGBA"
        with pytest.raises(errors.OptionError, match="quality=0"):
            images.webp(source, quality=0)

    def test_says_what_it_is(self) -> None:
        said = SAID._replace(created="2026-03-01T12:00:00+01:00")
        found = opened(images.webp(made(), dpi=300, metadata=said))
        exif = found.getexif()
        assert float(exif[0x011A]) == 300 and exif[0x0128] == 2
        assert exif[0x0132] == "2026:03:01 12:00:00"
        assert "<xmp:CreateDate>2026-03-01T12:00:00+01:00<" in xmp_of(found)
        assert "image/webp" in xmp_of(found)
        assert not {"exif", "xmp"} & set(opened(images.webp(made())).info)

    def test_longest_side(self) -> None:
        with pytest.raises(errors.RenderError, match="at most 16,383 px a side"):
            images.webp(made(width=16_384, height=1))
        assert opened(images.webp(made(width=16_383, height=1))).size == (16_383, 1)


HOSTILE = [
    "a\0b\x1b[0m\x08",
    "lone \ud800 and \udfff",
    "]]></rdf:li><script>alert(1)</script><!-- --><?xpacket end='w'?>",
    "\ufffe\uffff\u2028\x85 \u202e",
    "&" * 70_000,
    "\U0001f600" * 9_000,
    "x" * 1_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
@pytest.mark.parametrize("make", [images.jpeg, images.webp])
def test_hostile_texts(make: object, text: str) -> None:
    said = Metadata(text, text, text, text, text)
    data = make(made(), dpi=96, metadata=said)  # type: ignore[operator]
    found = opened(data)
    assert found.size == (240, 160)
    root = ElementTree.fromstring(xmp_of(found))
    assert {part.tag.rpartition("}")[2] for part in root.iter()} <= {
        "xmpmeta", "RDF", "Description", "format", "title", "description", "Alt", "li", "source",
        "AltTextAccessibility", "CreatorTool",
    }  # fmt: skip
    assert float(found.getexif()[0x011A]) == 96


PROGRAM = """
import hashlib, sys
import plotkit as pk

rows = {"x": [1, 2, 3, 4, 5, 6], "y": [3, 1, 4, 1, 5, 9], "z": list("aabbcc")}
chart = pk.line(pk.Table(rows), "x", "y", stroke="z", title="Naïve <é> 日本")
for ending in sys.argv[1:]:
    data = chart.save("it." + ending).read_bytes()
    print(ending, hashlib.sha256(data).hexdigest())
"""


def test_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Whatever the hash seed and the time of day."""
    endings = ["png", "svg", "pdf", "jpg", "webp", "json"]
    said = set()
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("4242", "America/New_York")):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *endings],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(done.stdout)
    assert len(said) == 1, said
    assert len(said.pop().split()) == 2 * len(endings)
