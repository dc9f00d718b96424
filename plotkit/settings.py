"""Every limit and switch of plotkit, in one place.

Assign to change one (`plotkit.settings.timeout = 5`), delete to go back to the default
(`del plotkit.settings.timeout`), or set the environment variable of the same name before the
setting is first used (`PLOTKIT_TIMEOUT=5`). A wrong value is an `OptionError`, at once.

>>> from plotkit import settings
>>> settings.timeout
60.0
>>> settings.timeout = 5
>>> settings.timeout
5.0
>>> settings.timeout = -1
Traceback (most recent call last):
    ...
plotkit.errors.OptionError: ...
>>> del settings.timeout
>>> settings.timeout
60.0
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

TYPE_CHECKING = False  # type checkers know the name; importing typing costs more than all of this
if TYPE_CHECKING:
    from collections.abc import Callable

# Only declared here: the values live in the module's dictionary once read (see _Settings).
timeout: float
"""Seconds that one picture may take, from the request to the last byte. Default 60."""
memory_mb: int
"""Megabytes that one picture may take in the engine, beyond what an idle engine holds.
Default 2048. Enforced on Linux."""
max_rows: int
"""Rows that may be handed to the drawing engine for one chart, after its statistic. Default
100000: a scatter of that size takes the engine about ten seconds."""
transform_rows: int
"""Rows from which on the transforms of a preset without a statistic are evaluated by VegaFusion,
where it is installed (the extra `scale`), and not by the drawing engine. Default 20000."""
progress: bool
"""Show a progress bar while long work goes on, where standard error is a terminal. Default True."""
bar_labels: int
"""Labels that a bar chart may have before the largest 40 keep a bar and the others share one.
Default 100."""
scatter_marks: int
"""Marks of a scatter chart, beyond which its density is drawn as an image. Default 8000: they take
the engine about a second."""
line_points: int
"""Points that the lines of one chart may have together, where there are more than pixels show.
Default 90000: as many take the engine two to three seconds. Never more than fit in `max_rows`."""
max_panels: int
"""Small multiples that one chart may have. Default 100."""
fetch_bytes: int
"""Bytes that are read from one address that `allow` lets in. Default 64 MiB."""
max_svg_bytes: int
"""Bytes that one SVG may have. Default 64 MiB."""
max_pixels: int
"""Pixels that one PNG may have (width times height). Default 100 million."""
in_process: bool
"""Draw inside this process, for hosts that forbid starting another one. Default False: there is
then no time limit and no memory limit, and a crash of the engine ends the program."""
python: str
"""The Python interpreter that runs the engine. Default "": the one that is running."""
workers: int
"""Engines that may run at the same time. Default: one for each core, at most 4."""
worker_charts: int
"""Requests after which an engine is replaced by a new one. Default 1000."""
idle_seconds: float
"""Seconds without a request after which an engine ends by itself. Default 600."""
font_folders: tuple[str, ...]
"""Folders with more fonts (TTF, OTF), searched before those of the system. Default: none. In
the environment: separated as in PATH."""
missing_glyphs: str
"""What happens where no font has a character: "note" (the default; it is drawn as a box, and
`chart.notes` names it) or "error"."""
preset_bytes: int
"""Bytes that a preset from elsewhere may have, as JSON without blanks. Default 200000."""
preset_nesting: int
"""Objects and lists inside each other that a preset may have. Default 30."""
preset_generated: int
"""Rows, ticks, steps that one generator of a preset may make. Default 1000."""
preset_pixels: int
"""Pixels that the picture of a preset may have at double density. Default 25 million."""
preset_length: int
"""px that a length in a preset may have (a side, a font, a padding). Default 10000."""
max_expression_nesting: int
"""Brackets inside each other that one expression may have. Default 64."""
inline_svg_bytes: int
"""Bytes of SVG from which on a report holds a picture as PNG. Default 1000000."""
detail_bytes: int
"""Bytes of finer rows that one HTML page may carry, for all of its reduced charts together, so that
zooming in shows more. Default 2000000; 0 for none."""
report_media_bytes: int
"""Bytes of images, sound, video and scenes that one HTML page of a report may carry, for all of its
panels together; beyond it, steps are left out evenly, with a note. Default 50 million."""
row_names: int
"""Names that one call of `log` may have. Default 10000."""
strict_log: bool
"""Runs begin in strict mode: a step that is past, and a second value for a name and step, are
errors. Default False: the first is dropped with a warning, of the second the later value wins."""
png_level: int
"""How hard PNG files are compressed, 1 (fast) to 9 (small). Default 6."""

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


def _number(
    kind: type[int] | type[float], low: float, high: float
) -> Callable[[object], int | float]:
    def read(value: object) -> int | float:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError
        number = kind(value)
        # `not (a <= b)` instead of `a > b`, so that nan is refused too.
        if not (low <= number <= high) or (not isinstance(value, str) and number != value):
            raise ValueError
        return number

    return read


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else None
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError


def _path(value: object) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise ValueError
    return os.fsdecode(value)


def _folders(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part for part in value.split(os.pathsep) if part]
    if isinstance(value, os.PathLike):
        value = [value]
    if not isinstance(value, (list, tuple)):
        raise ValueError
    # Absolute from the start: the engine runs in another folder.
    return tuple(os.path.abspath(_path(part)) for part in value)


def _one_of(*words: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return read


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


# name -> (default, reader, what a right value is)
_KNOWN: dict[str, tuple[object, Callable[[object], object], str]] = {
    "timeout": (60.0, _number(float, 0.01, 1e6), "a number of seconds from 0.01 to 1000000"),
    "memory_mb": (2048, _number(int, 64, 1 << 24), "a whole number of megabytes, at least 64"),
    "max_rows": (100_000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "transform_rows": (20_000, _number(int, 0, 1 << 40), "a whole number, at least 0"),
    "progress": (True, _switch, "True or False (in the environment 1 or 0)"),
    "bar_labels": (100, _number(int, 1, 2000), "a whole number from 1 to 2000"),
    "scatter_marks": (8_000, _number(int, 100, 1 << 40), "a whole number, at least 100"),
    "line_points": (90_000, _number(int, 4, 1 << 40), "a whole number, at least 4"),
    "max_panels": (100, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "fetch_bytes": (64 << 20, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "max_svg_bytes": (64 << 20, _number(int, 1024, 1 << 40), "a whole number, at least 1024"),
    "max_pixels": (100_000_000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "in_process": (False, _switch, "True or False (in the environment 1 or 0)"),
    "python": ("", _path, "the path of a Python interpreter"),
    "workers": (min(4, _cores()), _number(int, 1, 256), "a whole number from 1 to 256"),
    "worker_charts": (1000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "idle_seconds": (600.0, _number(float, 0.1, 1e6), "a number of seconds from 0.1 to 1000000"),
    "font_folders": ((), _folders, "a list of folders"),
    "missing_glyphs": ("note", _one_of("note", "error"), "'note' or 'error'"),
    "preset_bytes": (200_000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "preset_nesting": (30, _number(int, 1, 100), "a whole number from 1 to 100"),
    "preset_generated": (1000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "preset_pixels": (25_000_000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "preset_length": (10_000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "max_expression_nesting": (64, _number(int, 1, 100), "a whole number from 1 to 100"),
    "inline_svg_bytes": (1_000_000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "detail_bytes": (2_000_000, _number(int, 0, 1 << 40), "a whole number, at least 0"),
    "report_media_bytes": (50_000_000, _number(int, 0, 1 << 40), "a whole number, at least 0"),
    "row_names": (10_000, _number(int, 1, 1 << 40), "a whole number, at least 1"),
    "strict_log": (False, _switch, "True or False (in the environment 1 or 0)"),
    "png_level": (6, _number(int, 1, 9), "a whole number from 1 to 9"),
}


def _read(name: str, value: object, shown_name: str) -> object:
    _, reader, expected = _KNOWN[name]
    try:
        return reader(value)
    except (ValueError, OverflowError):
        from plotkit.errors import OptionError  # only on the way to an error

        raise OptionError.from_option(shown_name, value, expected) from None


class _Settings(ModuleType):
    """The type of this module: it checks what is assigned and reads the environment once."""

    def __getattr__(self, name: str) -> object:
        if name not in _KNOWN:
            raise AttributeError(f"plotkit.settings has no setting {name!r}.{_hint(name)}")
        variable = "PLOTKIT_" + name.upper()
        text = os.environ.get(variable)
        value = _KNOWN[name][0] if text is None else _read(name, text, variable)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: object) -> None:
        if name in _KNOWN:
            value = _read(name, value, f"settings.{name}")
        elif not name.startswith("__"):
            raise AttributeError(f"plotkit.settings has no setting {name!r}.{_hint(name)}")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in _KNOWN:  # back to the environment's value or the default
            self.__dict__.pop(name, None)
        else:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted(_KNOWN)


def _hint(name: str) -> str:
    from plotkit.errors import nearest  # only on the way to an error

    return nearest(name, _KNOWN)


sys.modules[__name__].__class__ = _Settings
