"""The last step of a PNG: compress it well, check its pixels, say what it is.

Version 1 of the engine writes PNGs for speed: four channels, each row as differences from the
pixel to the left, hardly compressed. A chart has few colours in long runs, and in those
differences a run begins wherever there is something else than 0: the pixels of a picture are
never decoded here, only its runs. They are written again as what compresses best: a palette
where there are few enough colours, no filter, and for a row like the one above it, nothing.

A picture of another kind (noise, a photograph, other filters) is compressed again as it is,
without its alpha channel if all of it is opaque: PNG filters work on each channel by itself. One
thread unpacks while another packs.
"""

from __future__ import annotations

import zlib

import numpy as np

from plotkit import settings

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from numpy.typing import NDArray

    from plotkit.render.metadata import Metadata

    _Item = TypeVar("_Item")

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BAND = 32  # rows that one thread hands to the other at a time
_AHEAD_FROM, _AHEAD_TO = 1 << 19, 1 << 26  # unpacked bytes for which a second thread is worth it
_INCH = 0.0254  # metres
_COLOURS = 256  # that a palette holds
_PIXELS_A_RUN = 4  # on average: a picture of shorter runs is no chart
_WINDOW = 1 << 15  # bytes that zlib looks back
_RGB, _PALETTE, _RGBA = b"\x02", b"\x03", b"\x06"


def finish(
    png: bytes,
    *,
    width_px: int,
    height_px: int,
    dpi: float | None = None,
    metadata: Metadata | None = None,
) -> bytes:
    """Return the picture of `png`, pixel by pixel the same, as the file that is saved.

    Args:
        png: what the engine made.
        width_px: the width that the picture must have.
        height_px: the height that the picture must have.
        dpi: pixels per inch that the file names; None to name none.
        metadata: what the file says about itself, in text chunks.

    A picture without transparency becomes RGB, or gets a palette if it has at most 256 colours.
    The bytes depend on nothing but the arguments and `settings.png_level`.

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
        palette = b""
        if header[8:] == b"\x08\x06\x00\x00\x00" and packed[1] >> 6 < 2:
            kind, palette, packed = _smaller(packed, *size)
            header = header[:9] + kind + header[10:]
    except (ValueError, LookupError, zlib.error) as error:
        from plotkit.errors import RenderError  # only on the way to an error

        detail = f"a PNG of {width_px} x {height_px} pixels was asked for, but {error}"
        raise RenderError.from_stage("making the PNG", "the picture", detail) from None
    chunks = [_SIGNATURE, _chunk(b"IHDR", header)]
    if dpi is not None:
        per_metre = round(dpi / _INCH).to_bytes(4)
        chunks.append(_chunk(b"pHYs", per_metre + per_metre + b"\x01"))
    if metadata is not None:
        chunks += _texts(metadata.cleaned())
    if palette:
        chunks.append(_chunk(b"PLTE", palette))
    chunks += [_chunk(b"IDAT", packed), _chunk(b"IEND", b"")]
    return b"".join(chunks)


def _texts(metadata: Metadata) -> list[bytes]:
    """A chunk of international text for each text of the cleaned metadata."""
    moment = metadata.moment()
    said = {
        "Title": metadata.title,
        "Description": metadata.description,
        "Software": metadata.software,
        "Source": metadata.preset,
        "Creation Time": moment.isoformat() if moment is not None else "",
    }
    chunks = []
    for keyword, text in said.items():
        language = metadata.language if keyword in ("Title", "Description") else ""
        # Keyword; not compressed; language; no translated keyword; text.
        body = f"{keyword}\0\0\0{language}\0\0{text}".encode()
        if text:
            chunks.append(_chunk(b"iTXt", body))
    return chunks


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


def _smaller(packed: bytes, width: int, height: int) -> tuple[bytes, bytes, bytes]:
    """The colour type, the palette if there is one, and the image data compressed anew."""
    runs = _runs(packed, width, height)
    if runs is not None:
        return _drawn(*runs, width, height)
    smaller = _repacked(packed, width, height, alpha=False)
    if smaller is not None:
        return _RGB, b"", smaller
    return _RGBA, b"", _repacked(packed, width, height, alpha=True) or packed


# --- as runs -----------------------------------------------------------------------------------


def _runs(
    packed: bytes, width: int, height: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]] | None:
    """The picture as runs: their colours (RGBA, R lowest), their lengths, the first of each row.

    None if it is filtered otherwise than by differences from the left (PNG's filter Sub), or
    has so many runs that they are no shorter description.
    """
    row = 4 * width + 1
    most = width * height // _PIXELS_A_RUN + height
    colours, places, firsts = [], [], []
    above = seen = 0  # rows and runs so far
    source = _bands(packed, _BAND * row)
    if _AHEAD_FROM <= row * height <= _AHEAD_TO:
        source = _ahead(source)
    for band in source:
        if len(band) % row or above * row + len(band) > height * row:
            raise ValueError("its data has another size")
        rows = np.frombuffer(band, np.uint8).reshape(-1, row)
        if (rows[:, 0] != 1).any():
            return None
        steps = np.ascontiguousarray(rows[:, 1:]).view("<u4")
        begins = steps != 0
        begins[:, 0] = True
        at = np.flatnonzero(begins)
        first = np.searchsorted(at, np.arange(len(rows)) * width)
        # Each step adds to the colour before it, channel by channel; a row begins at 0.
        channels = steps.reshape(-1)[at].view(np.uint8).reshape(-1, 4)
        sums = channels.cumsum(axis=0, dtype=np.uint8)
        before = sums[first] - channels[first]
        sums -= before.repeat(np.diff(first, append=len(at)), axis=0)
        colours.append(sums.view("<u4").reshape(-1))
        places.append(at + above * width)
        firsts.append(first + seen)
        above += len(rows)
        seen += len(at)
        if seen > most:
            return None
    if above != height:
        raise ValueError("its data has another size")
    starts = np.concatenate(places)
    lengths = np.diff(starts, append=width * height)
    return np.concatenate(colours), lengths, np.concatenate([*firsts, [seen]])


def _drawn(
    colours: NDArray[np.uint32],
    lengths: NDArray[np.int64],
    firsts: NDArray[np.int64],
    width: int,
    height: int,
) -> tuple[bytes, bytes, bytes]:
    """The colour type, the palette if there is one, and the image data of the runs."""
    level = settings.png_level
    values: NDArray[np.uint8] | NDArray[np.uint32]
    known, numbers = np.unique(colours, return_inverse=True)
    opaque = bool((known >> 24 == 255).all())
    if opaque and len(known) <= _COLOURS:
        kind, channels, values = _PALETTE, 1, numbers.astype(np.uint8)
        palette = known.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    else:
        kind, channels = (_RGB, 3) if opaque else (_RGBA, 4)
        values, palette = colours, b""
        # The row above lies three times as far away: it takes a longer search to find it.
        level = min(level + 2, 9)

    def filtered(start: int, end: int) -> Iterator[bytes]:
        """Some rows as they are compressed, in bands."""
        for top in range(start, end, _BAND):
            bottom = min(top + _BAND, end)
            runs = slice(firsts[max(top - 1, 0)], firsts[bottom])
            rows = values[runs].repeat(lengths[runs]).reshape(-1, width)
            if top == 0:  # above the first row all is 0
                rows = np.concatenate([np.zeros_like(rows[:1]), rows])
            same = (rows[1:] == rows[:-1]).all(axis=1)
            out = np.zeros((bottom - top, width * channels + 1), np.uint8)
            samples = rows[1:].view(np.uint8).reshape(bottom - top, width, -1)
            for channel in range(channels):  # four times as fast as all at once
                out[:, 1 + channel :: channels] = samples[:, :, channel]
            out[same] = 0
            out[same, 0] = 2  # PNG's filter Up: no difference from the row above
            yield out.tobytes()

    return kind, palette, _packed(filtered, height, width * channels + 1, level)


def _packed(
    filtered: Callable[[int, int], Iterator[bytes]], height: int, row: int, level: int
) -> bytes:
    """Rows of `row` bytes as one zlib stream.

    A large picture is compressed in two halves, by two threads: to the same bytes when there is
    only one.
    """

    def packed(start: int, end: int) -> Iterator[tuple[bytes, int]]:
        """Some rows as raw deflate, and their checksum; once."""
        # The second half may refer to the last rows of the first.
        near = max(start - _WINDOW // row - 1, 0)
        window = b"".join(filtered(near, start))[-_WINDOW:]
        packer = zlib.compressobj(level, zlib.DEFLATED, -15, zdict=window)
        parts, check = [], 1
        for band in filtered(start, end):
            parts.append(packer.compress(band))
            check = zlib.adler32(band, check)
        parts.append(packer.flush(zlib.Z_FINISH if end == height else zlib.Z_SYNC_FLUSH))
        yield b"".join(parts), check

    if row * height < _AHEAD_FROM:
        [(data, check)] = packed(0, height)
    else:
        later = _ahead(packed(height // 2, height))
        [(first, above)] = packed(0, height // 2)
        [(second, below)] = later
        data = first + second
        check = _joined(above, below, row * (height - height // 2))
    # zlib's header: deflate with a window of 32 kB, and how hard it was compressed.
    return (b"\x78\x9c" if level < 7 else b"\x78\xda") + data + check.to_bytes(4)


def _joined(above: int, below: int, length: int) -> int:
    """Adler-32 of two texts one after the other; `length` bytes are in the second (RFC 1950)."""
    prime = 65521
    low = ((above & 0xFFFF) + (below & 0xFFFF) - 1) % prime
    high = ((above >> 16) + (below >> 16) + length * ((above & 0xFFFF) - 1)) % prime
    return high << 16 | low


# --- as it is ----------------------------------------------------------------------------------


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


def _ahead(source: Iterator[_Item]) -> Iterator[_Item]:
    """The items of `source`, which another thread makes from now on."""
    from _queue import SimpleQueue
    from _thread import start_new_thread

    items: SimpleQueue[_Item | BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            for item in source:
                items.put(item)
            items.put(None)
        except BaseException as error:
            items.put(error)

    def arriving() -> Iterator[_Item]:
        while (item := items.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    try:
        start_new_thread(run, ())
    except RuntimeError:  # no more threads, or Python is ending: one after the other, then
        return source
    return arriving()


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
