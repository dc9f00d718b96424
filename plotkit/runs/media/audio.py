"""Sound: files kept as they are, and arrays of samples as WAV."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from plotkit import errors, notes
from plotkit.errors import shown
from plotkit.runs.media import reading
from plotkit.runs.media.base import File, InFile, caption_of, given

Array = np.ndarray[Any, Any]

_CHANNELS = 8  # at most; a longer axis is time
_FASTEST = 10_000_000  # samples per second; WAV has 32 bits for the bytes per second
# The end of a name -> what such files begin with
_STARTS: dict[str, tuple[bytes, ...]] = {
    ".wav": (b"RIFF", b"RF64"),
    ".mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"),
    ".ogg": (b"OggS",),
    ".oga": (b"OggS",),
    ".opus": (b"OggS",),
    ".flac": (b"fLaC",),
    ".aac": (b"\xff\xf1", b"\xff\xf9", b"ADIF"),
    ".m4a": (b"",),
    ".webm": (b"\x1a\x45\xdf\xa3",),
}


class Audio(InFile):
    """A sound.

    Args:
        data_or_path: the path, the bytes or an open file of a sound (WAV, MP3, OGG, Opus, FLAC,
            AAC, M4A), kept byte for byte; or an array of samples, (samples,) or (samples,
            channels), also (channels, samples): floats from -1 to 1, or integers over the range of
            their type. Floats are kept as WAV of 16 bits; integers keep their 8, 16 or 32 bits.
        sample_rate: samples per second and channel; needed for arrays.
        caption: a text below it.

    Raises:
        MediaError: an array without a sample rate, without samples, or of another shape; a file of
            another format.

    >>> import numpy as np
    >>> Audio(np.sin(np.arange(8000) / 10), sample_rate=8000)
    Audio(wav, 1 s, 8,000 Hz)
    """

    kind = "audio"

    rate: int | None
    """Samples per second; None where the file does not say it plainly."""
    seconds: float | None
    caption: str | None
    note: str | None
    """What was done to the samples; None where nothing was."""

    def __init__(
        self, data_or_path: Any, sample_rate: int | None = None, caption: object = None
    ) -> None:
        self.caption = caption_of(caption)
        said: list[str] = []
        source = reading.source(data_or_path, "Audio")
        if source is not None:
            self._file = File(source.content, _suffix(source))
        else:
            content, said = _wav(reading.numbers(data_or_path, "Audio"), _rate(sample_rate))
            self._file = File(content, ".wav")
        self.rate, self.seconds = _measured(self._file)
        self.note = " ".join(said) or None

    def __repr__(self) -> str:
        words = [self.format]
        words += [f"{self.seconds:.3g} s"] if self.seconds is not None else []
        words += [f"{self.rate:,} Hz"] if self.rate else []
        return f"Audio({', '.join(words)})"

    def _repr_html_(self) -> str:
        return f'<audio controls src="{self._file.data_uri()}"></audio>'

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        return {
            "_type": self.kind,
            "file": self._file.keep(keep),
            **given(rate=self.rate, seconds=self.seconds, caption=self.caption, note=self.note),
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        made = cls.__new__(cls)
        made._file = File.of_run(stored.get("file"), folder)
        made.rate, made.seconds = stored.get("rate"), stored.get("seconds")
        made.caption, made.note = stored.get("caption"), stored.get("note")
        return made


def _suffix(source: reading.Source) -> str:
    """The end of its name, or of bytes without a name what they begin with."""
    found = source.suffix
    if source.path is None:
        starts = ((end, start) for end, starts in _STARTS.items() for start in starts if start)
        found = next((end for end, start in starts if source.content.startswith(start)), "")
    name = str(source.path or "these bytes")
    if found not in _STARTS:
        known = [end[1:] for end in _STARTS]
        raise errors.MediaError.from_format("Audio", name, known)
    if not source.content.startswith(_STARTS[found]) or not source.content:
        raise errors.MediaError.from_content("Audio", name, found[1:].upper())
    return found


def _measured(file: File) -> tuple[int | None, float | None]:
    """Rate and length, as a WAV says them."""
    if file.suffix != ".wav":
        return None, None
    try:
        with wave.open(io.BytesIO(file.read())) as opened:
            return opened.getframerate(), opened.getnframes() / opened.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError):  # floats, or packed: browsers play them
        return None, None


# --- arrays --------------------------------------------------------------------------------------


def _rate(given: Any) -> int:
    number = given.item() if hasattr(given, "item") else given
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise errors.MediaError.from_object(
            "Audio", f"sample_rate={shown(given)}", "an array with its sample_rate, such as 44100"
        )
    if not 1 <= number <= _FASTEST:
        expected = f"1 to {_FASTEST:,} samples per second"
        raise errors.MediaError.from_object("Audio", f"sample_rate={shown(given)}", expected)
    return round(number)


def _wav(array: Array, rate: int) -> tuple[bytes, list[str]]:
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 1:
        array = array[:, None]
    elif array.ndim == 2 and array.shape[0] <= _CHANNELS < array.shape[1]:
        array = array.T
    if array.ndim != 2 or not array.size or array.shape[1] > _CHANNELS:
        expected = f"samples, or samples x channels (at most {_CHANNELS}), at least one"
        raise errors.MediaError.from_object("Audio", f"an array of shape {array.shape}", expected)
    samples, said = _whole(array)
    held = io.BytesIO()
    with wave.open(held, "wb") as out:
        out.setnchannels(samples.shape[1])
        out.setsampwidth(samples.dtype.itemsize)
        out.setframerate(rate)
        out.writeframes(np.ascontiguousarray(samples, dtype=samples.dtype.newbyteorder("<")).data)
    return held.getvalue(), said


def _whole(array: Array) -> tuple[Array, list[str]]:
    """Samples as WAV has them: uint8, int16 or int32."""
    if array.dtype in (np.uint8, np.int16, np.int32):
        return array, []
    if array.dtype == np.int8:
        return (array.astype(np.int16) + 128).astype(np.uint8), []
    if array.dtype.kind == "f":
        known = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=2.0, neginf=-2.0)
        outside = int(np.count_nonzero(np.abs(known) > 1) + np.count_nonzero(np.isnan(array)))
        said = [notes.samples_clipped(outside, array.size)] if outside else []
        return np.round(known.clip(-1, 1) * 32_767).astype(np.int16), said
    if array.dtype.kind in "iu":
        for kind in (np.int16, np.int32):
            if array.min() >= np.iinfo(kind).min and array.max() <= np.iinfo(kind).max:
                return array.astype(kind), []
    raise errors.MediaError.from_object(
        "Audio", f"samples of {array.dtype}", "floats from -1 to 1, or integers of up to 32 bits"
    )
