"""The shape that all logged objects share, and the files that hold their content."""

from __future__ import annotations

import base64
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from plotkit import errors

# Only names that `keep` makes: a run's folder may come from elsewhere, and must not name others.
_INSIDE = re.compile(r"media/[A-Za-z0-9_-][A-Za-z0-9._-]*")


class Media(ABC):
    """An object that is logged with a step: a histogram, an image, a video, a table, a chart.

    Everything is read from the caller when the object is made, so that what changes afterwards
    (an array that is reused, a figure that is drawn on) does not change what was logged.
    """

    kind: ClassVar[str]
    """What stands as "_type" in its stored form."""

    @abstractmethod
    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        """Its stored form: JSON values and "_type"; bytes go through `keep(bytes, suffix)`."""

    @classmethod
    @abstractmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        """From its stored form; files are read from the run's folder when they are needed."""


class File:
    """The content of an object: in memory, or in a file of the run, read when asked for."""

    def __init__(self, content: bytes | Path, suffix: str) -> None:
        self._content = content
        self.suffix = suffix

    @classmethod
    def of_run(cls, file: object, folder: Path) -> File:
        """The file that a stored form names.

        Raises:
            MediaError: the name leads out of the run's media folder.
        """
        if not isinstance(file, str) or not _INSIDE.fullmatch(file):
            raise errors.MediaError.from_stored_file(file, str(folder))
        return cls(folder / file, "".join(Path(file).suffixes))

    @property
    def path(self) -> Path | None:
        """Where it lies; None where it is not on the disk yet."""
        return self._content if isinstance(self._content, Path) else None

    def read(self) -> bytes:
        """All of it."""
        if isinstance(self._content, bytes):
            return self._content
        try:
            return self._content.read_bytes()
        except OSError as reason:
            why = reason.strerror or str(reason)
            raise errors.MediaError.from_file("object", str(self._content), why) from reason

    def keep(self, keep: Callable[[bytes, str], str]) -> str:
        """Put it beside a run; its path there."""
        return keep(self.read(), self.suffix)

    def data_uri(self) -> str:
        """It, inside an address."""
        return f"data:{mime(self.suffix)};base64,{base64.b64encode(self.read()).decode('ascii')}"


class InFile(Media):
    """An object that one file holds."""

    _file: File

    @property
    def format(self) -> str:
        """The kind of its file, such as "png", "mp4", "wav" or "glb"."""
        return self._file.suffix[1:]

    @property
    def path(self) -> Path | None:
        """Its file; None where it is not on the disk yet."""
        return self._file.path

    def read(self) -> bytes:
        """Its file's content."""
        return self._file.read()


def caption_of(given: object) -> str | None:
    """A caption as text."""
    return None if given is None else str(given)


def given(**pairs: object) -> dict[str, Any]:
    """What is not None and not empty, for stored forms."""
    return {name: value for name, value in pairs.items() if value not in (None, "", {}, [])}


_MIME = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".avif": "image/avif",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".ogv": "video/ogg",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".html": "text/html",
    ".json": "application/json",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".parquet": "application/vnd.apache.parquet",
}


def mime(suffix: str) -> str:
    """The MIME type of a kept file by its suffix, one fixed list on all systems.

    >>> mime(".png"), mime(".scene")
    ('image/png', 'application/octet-stream')
    """
    return _MIME.get(suffix, "application/octet-stream")
