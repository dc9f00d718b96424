"""Frames as video files: GIF by Pillow, MP4 and WebM by PyAV."""

from __future__ import annotations

import io
import struct
import tempfile
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from plotkit import errors

Array = np.ndarray[Any, Any]

# So that the same frames are the same bytes on all machines: one thread, and none of what looks
# ahead in x264, which on pictures of odd sizes looks at memory that it never wrote.
_ALONE = "threads=1:lookahead-threads=1:sync-lookahead=0:mbtree=0:bframes=0"
# format -> the encoder and its options
_CODECS: dict[str, tuple[str, dict[str, str]]] = {
    "mp4": ("libx264", {"crf": "18", "preset": "medium", "x264-params": _ALONE}),
    "webm": (
        "libvpx-vp9",
        {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4", "threads": "1"},
    ),
}
FORMATS = (*_CODECS, "gif")


class Facts(NamedTuple):
    """What a video file says of itself."""

    width: int
    height: int
    fps: float | None


def has_encoder() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None


def encoded(frames: Array, fps: float, format: str) -> bytes:
    """Frames (time, height, width, 3), uint8, of even sizes unless it is a GIF."""
    return _gif(frames, fps) if format == "gif" else _with_av(frames, fps, format)


def _gif(frames: Array, fps: float) -> bytes:
    """A GIF that repeats; its times are hundredths of a second, at least two."""
    from PIL import Image

    pictures = [Image.fromarray(frame) for frame in frames]
    # One palette for all frames, of all of them: no flicker from frame to frame.
    strip = Image.fromarray(_sample(frames))
    palette = strip.quantize(256, Image.Quantize.MEDIANCUT)
    made = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in pictures]
    held = io.BytesIO()
    ends = np.maximum(np.round(np.arange(1, len(made) + 1) * 100 / fps), 0)
    times = np.maximum(np.diff(ends, prepend=0), 2) * 10
    made[0].save(
        held,
        "GIF",
        save_all=True,
        append_images=made[1:],
        duration=times.astype(int).tolist(),
        loop=0,
        disposal=1,
    )
    return held.getvalue()


def _sample(frames: Array) -> Array:
    """Pixels of all frames below each other, at most about a million."""
    step = max(1, int(np.ceil(np.sqrt(frames[..., 0].size / 1_000_000))))
    few = frames[:, ::step, ::step]
    return np.ascontiguousarray(few.reshape(-1, few.shape[2], 3))


def _with_av(frames: Array, fps: float, format: str) -> bytes:
    try:
        import av
    except ImportError:
        raise errors.MissingExtraError.from_extra(
            "av", f"video as {format} (format='gif' needs nothing)", "media"
        ) from None
    codec, options = _CODECS[format]
    # A file, as its index is put before the frames once these are all there.
    with tempfile.TemporaryDirectory(prefix="plotkit-") as folder:
        path = Path(folder) / f"video.{format}"
        with av.open(str(path), "w", format=format, options=_plain(format)) as out:
            stream: Any = out.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
            stream.height, stream.width = frames.shape[1:3]
            stream.pix_fmt = "yuv420p"
            stream.options = options
            stream.codec_context.flags |= av.codec.context.Flags.bitexact
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
                out.mux(stream.encode(picture))
            out.mux(stream.encode())
        return path.read_bytes()


def _plain(format: str) -> dict[str, str]:
    """No version and no random number in the file; an MP4 that plays before it is all there."""
    return {"fflags": "+bitexact", **({"movflags": "+faststart"} if format == "mp4" else {})}


def facts(content: bytes) -> Facts | None:
    """What a video says of itself; None where nothing here reads it."""
    if content.startswith(b"GIF8"):
        width, height = struct.unpack_from("<HH", content, 6)
        return Facts(width, height, None)
    if not has_encoder():
        return None
    import av

    try:
        with av.open(io.BytesIO(content)) as opened:
            stream = opened.streams.video[0]
            rate = stream.average_rate
            return Facts(stream.width, stream.height, float(rate) if rate else None)
    except (av.FFmpegError, IndexError):
        return None
