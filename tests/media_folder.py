"""A run's folder, as far as logged objects know it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from plotkit.runs import media
from plotkit.runs.media.base import Media


class Folder:
    """Keeps what objects store, and reads them back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "media").mkdir()

    def keep(self, content: bytes, suffix: str) -> str:
        name = f"media/{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
        (self.path / name).write_bytes(content)
        return name

    def back(self, made: Media) -> Any:
        """What is read back of an object; it is stored as plain JSON, alike each time."""
        stored = made.store(self.keep)
        text = json.dumps(stored)
        again = media.load(json.loads(text), self.path)
        assert again is not None and type(again) is type(made)
        assert json.dumps(again.store(self.keep)) == text, "stored again it is the same"
        assert stored["_type"] in media.KINDS
        return again
