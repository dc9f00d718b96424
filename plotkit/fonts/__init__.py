"""Fonts of your own: register a folder of them, and name one in a theme.

>>> import plotkit as pk
>>> pk.fonts.registered()
()
>>> pk.fonts.register("no/such/folder")
Traceback (most recent call last):
    ...
plotkit.errors.FontError: cannot take fonts from 'no/such/folder': there is no such folder.

The folder beside this file holds the typeface that plotkit ships (see its README.md).
"""

from __future__ import annotations

import os
from pathlib import Path


def register(folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Let charts be drawn with the fonts of a folder and of those in it.

    Call it once in a program, before the first chart; a second call with the same folder changes
    nothing. In every chart these fonts come before the system's as a fallback for characters that
    the theme's font lacks.

    Args:
        folder: where the files lie: .ttf, .otf, .ttc or .otc.

    Returns:
        The names of its families, in alphabetical order, each to be used as
        `theme={"font": name}`.

    Raises:
        FontError: there is no such folder, or no font in it that can be read.
    """
    from plotkit import settings
    from plotkit.errors import FontError
    from plotkit.render import faces

    if not isinstance(folder, (str, os.PathLike)) or not os.fspath(folder):
        raise FontError.from_folder(folder, "it is not the path of a folder")
    place = Path(os.path.abspath(Path(os.fsdecode(folder)).expanduser()))
    if place.is_file():
        raise FontError.from_folder(folder, "it is a file; name the folder that holds it")
    if not place.is_dir():
        raise FontError.from_folder(folder, "there is no such folder")
    files = [path for path, _, _ in faces.font_files([place])]
    if not files:
        raise FontError.from_folder(folder, f"no file in it ends in {', '.join(faces.SUFFIXES)}")
    found = {name for path in files for face in faces.read_faces(path) for name in face.names[:1]}
    if not found:
        raise FontError.from_folder(folder, f"none of its {len(files)} font files can be read")
    if str(place) not in settings.font_folders:
        settings.font_folders = (*settings.font_folders, str(place))
    return tuple(sorted(found))


def registered() -> tuple[str, ...]:
    """Return the folders that were registered, or set as `settings.font_folders`."""
    from plotkit import settings

    return tuple(settings.font_folders)
