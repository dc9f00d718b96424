"""The last step of a PNG: compress it well, check its pixels, say its resolution.

Version 1 of the engine writes PNGs for speed: four channels, the same simple filter for every
row, hardly compressed. Nothing is decoded into pixels here to do better. PNG filters work on
each channel by itself, so the alpha channel of a picture without transparency can be taken out
of the filtered bytes as they are, and compressed again. One thread unpacks while another packs.
"""

from __future__ import annotations

import zlib

from plotkit import settings

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost 8 ms
if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BAND = 32  # rows that one thread hands to the other at a time
_AHEAD_FROM, _AHEAD_TO = 1 << 19, 1 << 26  # unpacked bytes for which a second thread is worth it
_INCH = 0.0254  # metres


def finish(png: bytes, *, width_px: int, height_px: int, dpi: float | None = None) -> bytes:
    """Return the picture of `png`, pixel by pixel the same, as the file that is saved.

    Args:
        png: what the engine made.
        width_px: the width that the picture must have.
        height_px: the height that the picture must have.
        dpi: pixels per inch that the file names; None to name none.

    A picture without transparency becomes RGB. The bytes depend on nothing but the arguments
    and `settings.png_level`.

    Raises:
        RenderError: the picture has another size, or is no PNG.
    """
    try:
        header, packed = _parts(png)
        size = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
        if size != (width_px, height_px):
            raise ValueError(f"it has {size[0]} x {size[1]} pixels")
        # Depth 8, RGBA, not interlaced, packed by a fast method (FLEVEL of zlib's header):
        # the only kind that is worth the work.
        if header[8:] == b"\x08\x06\x00\x00\x00" and packed[1] >> 6 < 2:
            smaller = _repacked(packed, *size, alpha=False)
            if smaller is not None:
                header = header[:9] + b"\x02" + header[10:]  # RGB
            packed = smaller or _repacked(packed, *size, alpha=True) or packed
    except (ValueError, LookupError, zlib.error) as error:
        from plotkit.errors import RenderError  # only on the way to an error

        detail = f"a PNG of {width_px} x {height_px} pixels was asked for, but {error}"
        raise RenderError.from_stage("making the PNG", "the picture", detail) from None
    chunks = [_SIGNATURE, _chunk(b"IHDR", header)]
    if dpi is not None:
        per_metre = round(dpi / _INCH).to_bytes(4)
        chunks.append(_chunk(b"pHYs", per_metre + per_metre + b"\x01"))
    chunks += [_chunk(b"IDAT", packed), _chunk(b"IEND", b"")]
    return b"".join(chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(body, zlib.crc32(kind))
    return b"".join((len(body).to_bytes(4), kind, body, check.to_bytes(4)))


def _parts(png: bytes) -> tuple[bytes, bytes]:
    """Body of the header, and all image data as one zlib stream."""
    if png[:8] != _SIGNATURE:
        raise ValueError("the engine made something else")
    header, data, at = b"", [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            data.append(body)
        at += 12 + size
    if len(header) != 13 or not data:
        raise ValueError("it is cut off")
    return header, b"".join(data)


def _bands(packed: bytes, size: int) -> Iterator[bytes]:
    """The unpacked stream in pieces of `size` bytes, the last one shorter."""
    unpacker = zlib.decompressobj()
    rest = packed
    while True:
        band = unpacker.decompress(rest, size)
        rest = unpacker.unconsumed_tail
        while len(band) < size and not unpacker.eof:
            more = unpacker.decompress(rest, size - len(band))
            rest = unpacker.unconsumed_tail
            if not more and not rest:
                break
            band += more
        if band:
            yield band
        if len(band) < size:
            return


def _ahead(source: Iterator[bytes]) -> Iterator[bytes]:
    """The items of `source`, while another thread already makes the next ones."""
    from _queue import SimpleQueue
    from _thread import start_new_thread

    items: SimpleQueue[bytes | BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            for item in source:
                items.put(item)
            items.put(None)
        except BaseException as error:
            items.put(error)

    try:
        start_new_thread(run, ())
    except RuntimeError:  # no more threads, or Python is ending: one after the other, then
        yield from source
        return
    while (item := items.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


def _repacked(packed: bytes, width: int, height: int, *, alpha: bool) -> bytes | None:
    """The image data compressed anew, with or without its alpha channel.

    None if it was to go without, and some pixel is not opaque.
    """
    row = 4 * width + 1
    total = row * height
    packer = zlib.compressobj(settings.png_level)
    out: list[bytes] = []
    seen = 0
    source = _bands(packed, _BAND * row)
    for band in _ahead(source) if _AHEAD_FROM <= total <= _AHEAD_TO else source:
        seen += len(band)
        if len(band) % row or seen > total:
            break
        if not alpha:
            stripped = _without_alpha(band, width, first=seen == len(band))
            if stripped is None:
                return None
            band = stripped
        out.append(packer.compress(band))
    if seen != total:
        raise ValueError("its data has another size")
    out.append(packer.flush())
    return b"".join(out)


def _without_alpha(band: bytes, width: int, *, first: bool) -> bytes | None:
    """Rows of filtered RGBA as rows of filtered RGB; None if some pixel is not opaque.

    Every filter predicts a byte from the same channel of its neighbours, so the bytes of one
    channel stay right without another. What the filtered alpha of an opaque row looks like is
    known for each filter: None, Sub, Up, Average, Paeth.
    """
    opaque = {
        0: b"\xff" * width,
        1: b"\xff" + bytes(width - 1),
        2: bytes(width),
        3: b"\x80" + bytes(width - 1),
        4: bytes(width),
    }
    # There is nothing above the first row, where filters take it to be 0.
    at_top = {
        0: opaque[0],
        1: opaque[1],
        2: opaque[0],
        3: b"\xff" + b"\x80" * (width - 1),
        4: opaque[1],
    }
    old, new = 4 * width + 1, 3 * width + 1
    rows = len(band) // old
    out = bytearray(rows * new)
    for index in range(rows):
        start, end = index * old, (index + 1) * old
        to, stop = index * new, (index + 1) * new
        kind = band[start]
        expected = (at_top if first and index == 0 else opaque)[kind]
        if band[start + 4 : end : 4] != expected:
            return None
        out[to] = kind
        out[to + 1 : stop : 3] = band[start + 1 : end : 4]
        out[to + 2 : stop : 3] = band[start + 2 : end : 4]
        out[to + 3 : stop : 3] = band[start + 3 : end : 4]
    return bytes(out)
