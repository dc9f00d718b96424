"""Where the files that come with plotkit lie: in the wheel inside the package, else beside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def builtin_presets() -> Path:
    """The folder of the built-in presets; themes are in its `themes` folder.

    The wheel carries the repository's `presets` folder as `plotkit/_presets`; an editable install
    or a checkout finds it at the top of the repository.
    """
    inside = _PACKAGE / "_presets"
    return inside if inside.is_dir() else _PACKAGE.parent / "presets"


def builtin_gallery() -> Path:
    """The folder of the gallery's scripts; their tables are in its `data` folder.

    In the wheel `plotkit/_gallery`, otherwise the repository's `gallery`.
    """
    inside = _PACKAGE / "_gallery"
    return inside if inside.is_dir() else _PACKAGE.parent / "gallery"


def cache_dir() -> Path:
    """The user's cache folder for plotkit; what lies there can always be made again."""
    import platformdirs  # only pages and unusual scripts look there

    return Path(platformdirs.user_cache_dir("plotkit", appauthor=False))
