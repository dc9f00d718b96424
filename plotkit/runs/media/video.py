"""Videos: files kept as they are, and arrays of frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from plotkit import errors, notes
from plotkit.errors import shown
from plotkit.runs.media import encoding, pixels, reading
from plotkit.runs.media.base import File, InFile, caption_of, given

Array = np.ndarray[Any, Any]

_FPS = 4  # as W&B's
# The end of a name -> the suffix of the kept file, and what such a file holds at a place
_FILES: dict[str, tuple[str, int, bytes]] = {
    "mp4": (".mp4", 4, b"ftyp"),
    "m4v": (".mp4", 4, b"ftyp"),
    "mov": (".mp4", 4, b"ftyp"),
    "webm": (".webm", 0, b"\x1a\x45\xdf\xa3"),
    "gif": (".gif", 0, b"GIF8"),
    "ogg": (".ogv", 0, b"OggS"),
    "ogv": (".ogv", 0, b"OggS"),
}
_SHAPES = (
    "(time, channels, height, width) or (time, height, width, channels) with 1, 3 or 4 channels, "
    "or one axis more in front for several beside each other"
)


class Video(InFile):
    """A video.

    Args:
        data_or_path: the path, the bytes or an open file of an MP4, WebM, GIF or OGG, kept byte
            for byte; or an array of frames: (time, channels, height, width), as W&B has it, or
            (time, height, width, channels), with one axis more in front for a grid of videos.
            Numbers are colours as in `Image`.
        caption: a text below it.
        fps: frames per second of an array, default 4. A file keeps its own.
        format: "mp4", "webm" (both need PyAV, of the extra `media`) or "gif". Default: mp4, and gif
            where PyAV is not installed, which `note` then says.

    Frames of odd width or height get a line of black in mp4 and webm, which have only even ones.

    Raises:
        MediaError: no such format, a file that is something else, an array of another shape.
        MissingExtraError: mp4 or webm is asked for and PyAV is not installed.

    >>> import numpy as np
    >>> Video(np.zeros((3, 8, 8, 3), np.uint8), fps=5, format="gif")
    Video(gif, 8 x 8, 5 fps)
    """

    kind = "video"

    width: int | None
    """px; None where the file could not be looked into."""
    height: int | None
    fps: float | None
    caption: str | None
    note: str | None
    """What was done to the frames; None where nothing was."""

    def __init__(
        self,
        data_or_path: Any,
        caption: object = None,
        fps: float | None = None,
        format: str | None = None,
    ) -> None:
        self.caption, self.note, self.fps = caption_of(caption), None, None
        source = reading.source(data_or_path, "Video")
        if source is not None:
            self._file = File(source.content, _suffix(source, format))
        else:
            self.fps = _rate(fps)
            content, suffix, said = _of_array(data_or_path, self.fps, format)
            self._file = File(content, suffix)
            self.note = " ".join(said) or None
        known = encoding.facts(self._file.read())
        self.width, self.height = (known.width, known.height) if known else (None, None)
        if source is not None and known is not None:
            self.fps = known.fps

    def __repr__(self) -> str:
        words = [self.format]
        words += [f"{self.width:,} x {self.height:,}"] if self.width else []
        words += [f"{self.fps:g} fps"] if self.fps else []
        return f"Video({', '.join(words)})"

    def _repr_html_(self) -> str:
        if self.format == "gif":
            return f'<img src="{self._file.data_uri()}" alt="" style="max-width:100%">'
        return f'<video controls loop muted src="{self._file.data_uri()}"></video>'

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        return {
            "_type": self.kind,
            "file": self._file.keep(keep),
            **given(
                width=self.width,
                height=self.height,
                fps=self.fps,
                caption=self.caption,
                note=self.note,
            ),
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        made = cls.__new__(cls)
        made._file = File.of_run(stored.get("file"), folder)
        made.width, made.height = stored.get("width"), stored.get("height")
        made.fps, made.caption = stored.get("fps"), stored.get("caption")
        made.note = stored.get("note")
        return made


def _suffix(source: reading.Source, format: str | None) -> str:
    """What a file is kept as: what its name says, or of bytes without one, `format` says."""
    name = str(source.path or "these bytes")
    end = source.suffix.removeprefix(".") or (format or "").lower()
    if not end:
        starts = ((known, at, start) for known, (_, at, start) in _FILES.items())
        end = next((k for k, at, start in starts if source.content[at:].startswith(start)), "")
    if end not in _FILES:
        raise errors.MediaError.from_format("Video", name, list(_FILES))
    suffix, at, start = _FILES[end]
    if not source.content[at:].startswith(start):
        raise errors.MediaError.from_content("Video", name, end.upper())
    return suffix


def _rate(given: Any) -> float:
    number = given.item() if hasattr(given, "item") else given
    number = _FPS if number is None else number
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 < number <= 1000:
        raise errors.MediaError.from_object("Video", f"fps={shown(given)}", "more than 0 to 1000")
    return number


def _of_array(data: Any, fps: float, format: str | None) -> tuple[bytes, str, list[str]]:
    said = []
    if format is None:
        format = "mp4" if encoding.has_encoder() else "gif"
        said = [notes.gif_instead("av")] if format == "gif" else []
    if format not in encoding.FORMATS:
        raise errors.MediaError.from_object(
            "Video", f"format={shown(format)}", f"one of {', '.join(encoding.FORMATS)}"
        )
    frames, more = _frames(reading.numbers(data, "Video"))
    pixels.check_size(frames.shape[2], frames.shape[1], "Video")
    said += more
    if format != "gif":
        height, width = frames.shape[1:3]
        if height % 2 or width % 2:
            frames = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)))
            said.append(notes.padded_video(frames.shape[2], frames.shape[1], (width, height)))
    return encoding.encoded(frames, fps, format), f".{format}", said


def _frames(array: Array) -> tuple[Array, list[str]]:
    """The frames as (time, height, width, 3), uint8."""
    if array.dtype.kind not in "biuf" or not array.size:
        found = f"an array of {array.dtype} of shape {array.shape}"
        raise errors.MediaError.from_object("Video", found, "real numbers, at least one frame")
    if array.ndim == 3:  # grey frames
        array = array[..., None]
    if array.ndim not in (4, 5) or pixels.is_last(array.shape[-3:], channels_first=True) is None:
        raise errors.MediaError.from_object("Video", f"an array of shape {array.shape}", _SHAPES)
    laid = pixels.channels_last(array, channels_first=True)
    if laid.ndim == 5:
        laid = pixels.grid(laid, int(np.ceil(np.sqrt(len(laid)))), 0)
    shades, said = pixels.to_bytes(laid)
    if shades.shape[-1] in (2, 4):  # on black, as players show what is transparent
        alpha = shades[..., -1:] / 255.0
        shades = np.round(shades[..., :-1] * alpha).astype(np.uint8)
    return np.repeat(shades, 3, axis=-1) if shades.shape[-1] == 1 else shades, said
