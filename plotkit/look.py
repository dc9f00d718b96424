"""What of a call decides the picture, apart from its format: theme, size, background, locale."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from plotkit import errors, sizes
from plotkit.theme import check as check_theme
from plotkit.theme import dress, pixels

if TYPE_CHECKING:
    from plotkit.preset import Preset

Length = float | str
Theme = str | Mapping[str, Any]

# px that a figure needs for a title, a legend and labels of the size that they are designed in.
_ROOM = (420.0, 280.0)
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


class Options(TypedDict, total=False):
    """The keywords by which a call says how a chart is to look.

    Attributes:
        theme: "light", "dark", or a Vega-Lite config laid over "light"; default the chart's own.
        width: the figure's width, in px (96 an inch) or as text such as "8cm", "3in", "240pt".
        height: the figure's height.
        size: a named size such as "nature-single" (see `plotkit.sizes.NAMES`), which sets width,
            height, the size of the text and the resolution of images.
        background: "theme" (default), "transparent", or a colour ("#fffaf0", "ivory").
        locale: a BCP 47 tag such as "ja-JP", for numbers and dates (needs the extra `locale`).
        language: a BCP 47 tag for the alternative text; default that of the locale, else "en".
        alt: alternative text, in place of the one made from the data.
    """

    theme: Theme | None
    width: Length | None
    height: Length | None
    size: str | None
    background: str | None
    locale: str | None
    language: str | None
    alt: str | None


class Look(NamedTuple):
    """The same, checked; lengths in px of the finished figure.

    The fields up to `level` decide the picture, those after it the files that it is written to.
    """

    theme: Theme
    width: float | None = None
    height: float | None = None
    background: str | None = None
    locale: str | None = None
    zoom: float = 1.0  # how much larger than designed everything is drawn
    level: int = 0  # of detail, where the rows were reduced to what a picture can show
    dpi: float | None = None  # of images, where none is asked for
    named: sizes.Size | None = None  # where both sides are those of a named size
    language: str = "en"
    alt: str | None = None

    def key(self) -> str:
        """The same text for the same picture."""
        return json.dumps(self[:7], sort_keys=True)

    def flat(self) -> Look:
        """The same as it is laid out on a page that sets its own text: without `zoom`."""
        return self._replace(zoom=1.0)

    def shrunk(self) -> Look:
        """The same, with everything in it smaller where the figure has no room for its text."""
        rooms = [(self.width, _ROOM[0]), (self.height, _ROOM[1])]
        zoom = min([1.0, *(side / room for side, room in rooms if side is not None)])
        return self._replace(zoom=zoom)

    def dressed(self, spec: Mapping[str, Any], preset: Preset) -> dict[str, Any]:
        """A copy of the spec in this look, in px of the design: still to be enlarged by `zoom`."""
        width, height = (
            None if side is None else side / self.zoom for side in (self.width, self.height)
        )
        made = dress(spec, self.theme, width, height)
        if self.background is not None:
            made["config"] = {**made["config"], "background": self.background}
            made.pop("background", None)
        if self.locale is not None:
            from plotkit import locales  # only charts with one need it

            made = locales.localised_spec(made, preset, self.locale)
        return made


def read(options: Mapping[str, Any], theme: Theme) -> Look:
    """The look that a call's keywords ask for; `theme` where they name none.

    Raises `OptionError` for an unknown keyword or a value that does not fit.
    """
    for name in options:
        if name not in Options.__annotations__:
            raise errors.OptionError.from_unknown(
                "keyword", name, list(Options.__annotations__), "the look of a chart"
            )
    asked = options.get("theme")
    if asked is not None:
        check_theme(asked)
    look = Look(
        theme if asked is None else asked,
        _length(options.get("width"), "width"),
        _length(options.get("height"), "height"),
        _background(options.get("background")),
        options.get("locale"),
        language=_tag(options) or _language(options.get("locale")),
        alt=_text(options, "alt"),
    )
    if options.get("size") is not None:
        size = sizes.get(options["size"])
        look = look._replace(
            width=size.width if look.width is None else look.width,
            height=size.height if look.height is None else look.height,
            zoom=size.zoom,
            dpi=size.dpi,
            named=size if look.width is None and look.height is None else None,
        )
    return look


def _length(given: Length | None, name: str) -> float | None:
    return None if given is None else pixels(given, name)


def _background(given: str | None) -> str | None:
    if given is None or given == "theme":
        return None
    if not isinstance(given, str) or not _is_colour(given):
        expected = "'theme', 'transparent', or a colour such as '#fffaf0' or 'ivory'"
        raise errors.OptionError.from_option("background", given, expected)
    return given


def _text(options: Mapping[str, Any], name: str) -> str | None:
    given = options.get(name)
    if given is not None and not isinstance(given, str):
        raise errors.OptionError.from_option(name, given, "text")
    return given


def _is_colour(given: str) -> bool:
    if given == "transparent" or _HEX.fullmatch(given):
        return True
    from PIL import ImageColor  # it knows the names of CSS, which few calls use

    return given.lower() in ImageColor.colormap


def _tag(options: Mapping[str, Any]) -> str | None:
    given = _text(options, "language")
    if given is not None and not _TAG.fullmatch(given):
        expected = "a language's tag, such as 'de' or 'ja-JP'"
        raise errors.OptionError.from_option("language", given, expected)
    return given.replace("_", "-") if given else None


def _language(locale: str | None) -> str:
    if locale is None:
        return "en"
    from plotkit.locales import language_of

    return language_of(locale)
