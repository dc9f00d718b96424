"""A finished chart: its spec and notes, and every form it can be saved or shown in.

The formats are one table, `FORMATS`: a new one is one function and one row there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import errors, settings
from plotkit.build import Built
from plotkit.preset import Preset
from plotkit.render import worker
from plotkit.table import Table
from plotkit.theme import dress, is_stepped, pixels

if TYPE_CHECKING:
    import altair as alt

    from plotkit.presets import Preset as OwnPreset

Length = float | str
Theme = str | Mapping[str, Any]

_CSS_PPI = 96.0
_DEFAULT_SCALE = 2.0
_MAX_SCALE = 20.0


class _Look(NamedTuple):
    """What of a call decides the picture, apart from the format."""

    theme: Theme
    width: float | None
    height: float | None

    def key(self) -> str:
        return json.dumps(self, sort_keys=True)


class Chart:
    """A chart, ready to be saved or shown.

    Attributes:
        preset: the preset it was drawn with (id, version, digest).
        table: the table it was drawn from.
        notes: what was dropped, aggregated or reduced, with counts; empty when nothing was.
        strings: the texts that stand in it, by name.
        theme: "light", "dark" or a Vega-Lite config of the caller's own; used wherever a call
            does not say another.
    """

    def __init__(self, built: Built, preset: Preset, table: Table, theme: Theme = "light") -> None:
        self._built = built
        self._svgs: dict[str, str] = {}
        self.preset = preset
        self.table = table
        self.notes = built.notes
        self.strings = dict(built.strings)
        self.theme = theme

    def __repr__(self) -> str:
        title = self.strings.get("title", "")
        named = f" {title!r}" if title else ""
        noted = f", {len(self.notes)} note{'' if len(self.notes) == 1 else 's'}"
        return f"<Chart{named} by {self.preset.id}{noted if self.notes else ''}>"

    @property
    def spec(self) -> dict[str, Any]:
        """The finished Vega-Lite spec, with rows and theme, as a dict of its own."""
        return self.to_dict()

    # --- as data -------------------------------------------------------------------------------

    def to_dict(
        self,
        *,
        theme: Theme | None = None,
        width: Length | None = None,
        height: Length | None = None,
    ) -> dict[str, Any]:
        """The finished Vega-Lite spec; it draws in any Vega-Lite editor."""
        dressed: dict[str, Any] = json.loads(self._dressed(self._look(theme, width, height)))
        return dressed

    def to_json(self, *, indent: int | None = 2, **look: Any) -> str:
        """The finished Vega-Lite spec as JSON text; takes the keywords of `to_dict`."""
        return json.dumps(self.to_dict(**look), indent=indent, ensure_ascii=False, allow_nan=False)

    def to_altair(self) -> alt.Chart:
        """The chart as an Altair chart, to be changed further there.

        Raises `PresetError` for a preset that is a spec of Vega itself.
        """
        if self.preset.vega:
            raise errors.PresetError.from_vega(self.preset.id)
        import altair as alt  # heavy, and only this call needs it

        made: alt.Chart = alt.Chart.from_dict(self.to_dict())
        return made

    def fork(
        self,
        id: str,
        *,
        title: str | None = None,
        description: str | None = None,
        patch: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        roles: Mapping[str, str] | None = None,
    ) -> OwnPreset:
        """A preset of one's own from the one that this chart was drawn with; see `Preset.fork`.

        Its title is the chart's, where no other is given.
        """
        from plotkit import presets  # only forking needs it

        told = title if title is not None else self.strings.get("title")
        return presets.get(self.preset).fork(
            id, title=told, description=description, patch=patch, roles=roles
        )

    # --- as a picture --------------------------------------------------------------------------

    def to_svg(
        self,
        *,
        theme: Theme | None = None,
        width: Length | None = None,
        height: Length | None = None,
    ) -> str:
        """An SVG document that carries its fonts.

        Raises `RenderError` where the engine fails, where the picture holds something that a
        chart does not, or where marks are missing.
        """
        from plotkit.render import fonts

        return fonts.embedded(self._svg(self._look(theme, width, height)))

    def to_png(
        self,
        *,
        scale: float | None = None,
        dpi: float | None = None,
        theme: Theme | None = None,
        width: Length | None = None,
        height: Length | None = None,
    ) -> bytes:
        """A PNG file's bytes.

        `width` and `height` are the figure's, in px (96 an inch) or as text such as "8cm", "3in".
        With `dpi` the picture has exactly width x dpi pixels; otherwise `scale` (default 2) times
        the figure's px. The resolution stands in the file's metadata.
        """
        from plotkit.render import png, svg

        look = self._look(theme, width, height)
        if scale is not None and dpi is not None:
            raise errors.OptionError.from_option("scale", scale, "either scale or dpi, not both")
        if dpi is not None:
            factor = _ranged("dpi", dpi, 1, _MAX_SCALE * _CSS_PPI) / _CSS_PPI
        else:
            factor = _ranged("scale", _DEFAULT_SCALE if scale is None else scale, 0.1, _MAX_SCALE)
        drawn = self._svg(look)
        wide, high = svg.size(drawn)
        # What the caller asked for counts: the engine rounds the figure's sides to whole px.
        pixels_wide = max(round((look.width or wide) * factor), 1)
        pixels_high = max(round((look.height or high) * factor), 1)
        if pixels_wide * pixels_high > settings.max_pixels:
            raise errors.DataError.from_too_many(
                f"pixels ({pixels_wide:,} x {pixels_high:,})",
                None,
                pixels_wide * pixels_high,
                settings.max_pixels,
            )
        dots = _CSS_PPI * factor
        made = worker.svg_to_png(
            svg.resized(drawn, pixels_wide, pixels_high), scale=1, ppi=None, preset=self.preset.id
        )
        return png.finish(made, width_px=pixels_wide, height_px=pixels_high, dpi=dots)

    def to_pdf(
        self,
        *,
        theme: Theme | None = None,
        width: Length | None = None,
        height: Length | None = None,
    ) -> bytes:
        """A PDF file's bytes: one page, of the figure's size, with real text."""
        from plotkit.render import svg

        look = self._look(theme, width, height)
        found = self._svg(look)
        wide, high = svg.size(found)
        # A px is 1/96 inch, and a PDF counts in points of 1/72.
        points = [(look.width or wide) * 0.75, (look.height or high) * 0.75]
        return worker.svg_to_pdf(svg.resized(found, *points), preset=self.preset.id)

    def to_html(
        self,
        *,
        theme: Theme | None = None,
        width: Length | None = None,
        height: Length | None = None,
    ) -> str:
        """One HTML page that needs no network, with tooltips, zoom and a live legend.

        Without `theme` it follows the reader's own light or dark setting.
        """
        from plotkit.render import fonts, page
        from plotkit.resources import cache_dir

        asked = theme if theme is not None else (None if self.theme == "light" else self.theme)
        looks = {name: self._look(name, width, height) for name in ("light", "dark")}
        fixed = asked if isinstance(asked, str) else None
        if isinstance(asked, Mapping):
            looks, fixed = {"own": self._look(asked, width, height)}, "own"
        elif fixed is not None:
            looks[fixed] = self._look(fixed, width, height)
        dressed = {name: json.loads(self._dressed(look)) for name, look in looks.items()}
        spec = dressed[fixed or "light"]
        text = json.dumps(self._built.spec, ensure_ascii=False)
        return page.html(
            spec,
            configs={name: found["config"] for name, found in dressed.items()},
            theme=fixed,
            title=self.strings.get("title") or self.preset.title,
            notes=self.notes,
            bundle=page.bundle(worker.javascript_bundle, cache_dir(), worker.engine_version()),
            fonts_css=fonts.css(texts=[text]),
        )

    # --- as a file -----------------------------------------------------------------------------

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        scale: float | None = None,
        dpi: float | None = None,
        width: Length | None = None,
        height: Length | None = None,
        theme: Theme | None = None,
    ) -> Path:
        """Save by the path's ending: .png, .svg, .pdf, .html or .json.

        The file appears whole or not at all, and no folder is made. `scale` and `dpi` concern
        PNG alone; lengths are px or text such as "8cm".

        Returns:
            The path.

        Raises:
            SaveError: an unknown ending, a missing folder, a refusal of the operating system.
        """
        if not isinstance(path, (str, os.PathLike)) or "\0" in os.fspath(path):
            raise errors.OptionError.from_option("path", path, "the path of a file")
        target = Path(path)
        make = FORMATS.get(target.suffix.lower())
        if make is None:
            raise errors.SaveError.from_suffix(str(path), list(FORMATS))
        if not target.parent.is_dir():
            raise errors.SaveError.from_missing_folder(str(path), str(target.parent))
        look = {"theme": theme, "width": width, "height": height}
        if make is FORMATS[".png"]:
            look |= {"scale": scale, "dpi": dpi}
        _write_whole(target, make(self, **look))
        return target

    # --- in a notebook -------------------------------------------------------------------------

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A static image, so that a notebook shows it wherever it is opened."""
        import base64

        found = self.to_png()
        width, height = (int.from_bytes(found[at : at + 4]) // 2 for at in (16, 20))
        data = {"image/png": base64.b64encode(found).decode(), "text/plain": repr(self)}
        return data, {"image/png": {"width": width, "height": height}}

    # --- how it comes about --------------------------------------------------------------------

    def _look(self, theme: Theme | None, width: Length | None, height: Length | None) -> _Look:
        return _Look(
            self.theme if theme is None else theme,
            None if width is None else pixels(width, "width"),
            None if height is None else pixels(height, "height"),
        )

    def _dressed(self, look: _Look) -> str:
        """The spec in its theme and size, as the engine and the files get it."""
        dressed = dress(self._built.spec, look.theme, look.width, look.height)
        return json.dumps(dressed, ensure_ascii=False, allow_nan=False)

    def _svg(self, look: _Look) -> str:
        """The inspected picture; the same for all formats, so it is drawn once for a look."""
        from plotkit.render import svg

        key = look.key()
        if key not in self._svgs:
            draw = worker.vega_to_svg if self.preset.vega else worker.vegalite_to_svg
            drawn = draw(self._dressed(look), preset=self.preset.id)
            found = svg.inspect(drawn, preset=self.preset.id, expected_marks=self._built.marks)
            if is_stepped(self._built.spec):
                found = _scaled(found, look)
            self._svgs[key] = found
        return self._svgs[key]


FORMATS: dict[str, Callable[..., str | bytes]] = {
    ".png": Chart.to_png,
    ".svg": Chart.to_svg,
    ".pdf": Chart.to_pdf,
    ".html": Chart.to_html,
    ".json": Chart.to_json,
}


def _scaled(drawn: str, look: _Look) -> str:
    """A picture of cells at the one side that was asked for; the other follows."""
    from plotkit.render import svg

    if (look.width is None) == (look.height is None):
        return drawn
    wide, high = svg.size(drawn)
    factor = look.width / wide if look.width is not None else (look.height or high) / high
    return svg.resized(drawn, round(wide * factor), round(high * factor))


def _ranged(name: str, value: float, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise errors.OptionError.from_option(name, value, f"a number from {low:g} to {high:g}")
    return float(value)


def _write_whole(target: Path, content: str | bytes) -> None:
    """Write beside the target, then put it in place in one step."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    place = Path(os.path.realpath(target))  # a link stays a link
    beside = place.with_name(f".{place.name[:40]}-{os.urandom(8).hex()}")
    try:
        with beside.open("xb") as file:
            if place.exists():  # it keeps its mode
                beside.chmod(place.stat().st_mode & 0o7777)
            file.write(data)
        beside.replace(place)
    except OSError as reason:
        with suppress(OSError):
            beside.unlink()
        raise errors.SaveError.from_os(str(target), f"{reason.strerror or reason}.") from reason
