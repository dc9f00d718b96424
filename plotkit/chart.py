"""A finished chart: its spec and notes, and every form it can be saved or shown in.

The formats are one table, `FORMATS`: a new one is one function and one row there.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import plotkit
from plotkit import errors, look, progress, settings, stats, written
from plotkit.build import Built, picture
from plotkit.look import Look, Options, Theme
from plotkit.preset import Preset
from plotkit.render import worker
from plotkit.table import Table
from plotkit.theme import is_stepped, keeps_shape, vega_config

if TYPE_CHECKING:
    import altair as alt

    from plotkit.presets import Preset as OwnPreset
    from plotkit.render.metadata import Metadata
    from plotkit.render.page import Live

_CSS_PPI = 96.0
_MAX_SCALE = 20.0


class Chart:
    """A chart, ready to be saved or shown.

    Attributes:
        preset: the preset it was drawn with (id, version, digest).
        table: the table it was drawn from.
        notes: what was dropped, aggregated or reduced, with counts; empty when nothing was.
        warnings: what a format could not show, of the files that were made so far.
        strings: the texts that stand in it, by name.
        theme: "light", "dark" or a Vega-Lite config of the caller's own; used wherever a call
            does not say another.
    """

    def __init__(self, built: Built, preset: Preset, table: Table, theme: Theme = "light") -> None:
        self._built = built
        self._svgs: dict[str, str] = {}
        self._descriptions: dict[str, str] = {}
        self.preset = preset
        self.table = table
        self.notes = built.notes
        self.warnings: tuple[str, ...] = ()
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

    def __copy__(self) -> Chart:
        """A copy that keeps the pictures drawn from now on to itself."""
        return self._with(self._built)

    def _with(self, built: Built) -> Chart:
        made = Chart(built, self.preset, self.table, self.theme)
        if built is self._built:
            made._svgs, made._descriptions = dict(self._svgs), dict(self._descriptions)
        return made

    def noted(self, notes: Sequence[str]) -> Chart:
        """The same chart, saying first how its table came to be."""
        return self._with(self._built._replace(notes=tuple(dict.fromkeys([*notes, *self.notes]))))

    @property
    def keeps_shape(self) -> bool:
        """Whether its plot is square or made of cells, and is never stretched."""
        return keeps_shape(self._built.spec)

    @property
    def is_stepped(self) -> bool:
        """Whether its size follows from the number of its categories."""
        return is_stepped(self._built.spec)

    @property
    def title(self) -> str:
        """The title that stands in the picture, on one line; "" without one."""
        found = self._built.spec.get("title")
        held = found.get("text") if isinstance(found, dict) else found
        lines = held if isinstance(held, list) else [held]
        return " ".join(" ".join(line for line in lines if isinstance(line, str)).split())

    def untitled(self) -> Chart:
        """The same chart without its title, for a place that has one; a subtitle stays."""
        spec = {key: value for key, value in self._built.spec.items() if key != "title"}
        found = self._built.spec.get("title")
        if isinstance(found, dict) and found.get("subtitle"):
            spec["title"] = {**found, "text": ""}
        return self._with(self._built._replace(spec=spec))

    # --- as data -------------------------------------------------------------------------------

    def to_dict(self, **options: Unpack[Options]) -> dict[str, Any]:
        """The finished Vega-Lite spec; it draws in any Vega-Lite editor.

        A spec of Vega where the preset is one, or where VegaFusion evaluated its transforms (then
        `notes` says so).
        """
        dressed: dict[str, Any] = json.loads(self._drawable(self._look(options).flat()))
        return dressed

    def to_json(self, *, indent: int | None = 2, **options: Unpack[Options]) -> str:
        """The finished Vega-Lite spec as JSON text."""
        made = self.to_dict(**options)
        return json.dumps(made, indent=indent, ensure_ascii=False, allow_nan=False)

    def to_altair(self) -> alt.Chart:
        """The chart as an Altair chart, to be changed further there.

        Raises `PresetError` for a preset that is a spec of Vega itself, and `DataError` where
        VegaFusion evaluated the spec.
        """
        if self.preset.vega:
            raise errors.PresetError.from_vega(self.preset.id)
        if self._built.rows is not None:
            raise errors.DataError.from_evaluated(self.preset.id)
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

    def describe(self, language: str | None = None) -> str:
        """The chart in a few sentences, for who cannot see it: kind, axes, series, extremes, trend.

        It stands as alternative text in every file that can carry one.

        Args:
            language: a BCP 47 tag such as "de"; default English.

        >>> import plotkit as pk
        >>> print(pk.bar({"fruit": ["apple", "fig"], "kg": [3, 1]}, "fruit", "kg").describe())
        Bar chart...
        """
        from plotkit.describe import describe  # only files that carry it need it
        from plotkit.words import nearest

        chosen = "en" if language is None else nearest(language)
        if chosen not in self._descriptions:
            self._descriptions[chosen] = describe(
                self._built.spec,
                preset=self.preset,
                strings=self.strings,
                notes=self.notes,
                language=chosen,
                **self._ends(),
            )
        return self._descriptions[chosen]

    def _ends(self) -> dict[str, Any]:
        """What a description is made of where the spec holds no rows."""
        rows = self._built.rows
        if rows is None:
            return {}
        from plotkit import prepared

        return {"rows": prepared.ends(rows), "total": rows.table.num_rows}

    # --- as a picture --------------------------------------------------------------------------

    def to_svg(
        self,
        *,
        fonts: bool = True,
        created: datetime | None = None,
        **options: Unpack[Options],
    ) -> str:
        """An SVG document with title and description.

        Args:
            fonts: carry the glyphs that the text uses, so that it looks the same anywhere. Inkscape
                and LaTeX do not read them: use a PDF there, or install the font Inter.
            created: a time to be named in the file; default none.
            options: see `plotkit.look.Options`.

        Raises `RenderError` where the engine fails, where the picture holds something that a
        chart does not, or where marks are missing.
        """
        from plotkit.render import fonts as fonts_of
        from plotkit.render import svg

        chosen = self._finer(self._look(options), stats.DENSITY)
        drawn = svg.cleaned(self._picture(chosen))
        if fonts:
            drawn = fonts_of.embedded(drawn)
        return svg.labelled(drawn, self._metadata(chosen, created))

    def to_png(
        self,
        *,
        scale: float | None = None,
        dpi: float | None = None,
        created: datetime | None = None,
        **options: Unpack[Options],
    ) -> bytes:
        """A PNG file's bytes.

        With `dpi` the picture has exactly width x dpi pixels; otherwise `scale` (default 2) times
        the figure's px. The resolution stands in the file's metadata.

        Args:
            scale: pixels for each px (1/96 inch), 0.1 to 20.
            dpi: pixels for each inch, in place of `scale`.
            created: a time to be named in the file; default none.
            options: see `plotkit.look.Options`.
        """
        from plotkit.render import png

        chosen = self._look(options)
        made, size, dots = self._pixels(chosen, scale, dpi)
        metadata = self._metadata(chosen, created)
        return png.finish(made, width_px=size[0], height_px=size[1], dpi=dots, metadata=metadata)

    def to_jpeg(
        self,
        *,
        quality: int = 90,
        scale: float | None = None,
        dpi: float | None = None,
        created: datetime | None = None,
        **options: Unpack[Options],
    ) -> bytes:
        """A JPEG file's bytes (needs the extra `images`); `quality` is 1 to 100."""
        from plotkit.render import images

        chosen = self._look(options)
        if chosen.background == "transparent":
            raise errors.OptionError.from_transparent("JPEG")
        made, _, dots = self._pixels(chosen, scale, dpi)
        found = self._metadata(chosen, created)
        return images.jpeg(made, dpi=dots, quality=quality, metadata=found)

    def to_webp(
        self,
        *,
        quality: int | None = None,
        scale: float | None = None,
        dpi: float | None = None,
        created: datetime | None = None,
        **options: Unpack[Options],
    ) -> bytes:
        """A WebP file's bytes (needs the extra `images`): lossless, or of `quality` 1 to 100."""
        from plotkit.render import images

        chosen = self._look(options)
        made, _, dots = self._pixels(chosen, scale, dpi)
        found = self._metadata(chosen, created)
        return images.webp(made, dpi=dots, quality=quality, metadata=found)

    def to_pdf(self, *, created: datetime | None = None, **options: Unpack[Options]) -> bytes:
        """A PDF file's bytes: one page, of the figure's size, with real text."""
        from plotkit.render import fonts, pdf, svg

        chosen = self._finer(self._look(options), stats.DENSITY)
        picture = self._picture(chosen)
        lost = fonts.lost_without_colour([picture])
        self.warnings = tuple(dict.fromkeys([*self.warnings, *lost]))
        drawn = fonts.with_fallbacks(picture, colour=False)
        # A px is 1/96 inch, and a PDF counts in points of 1/72.
        points = [side * 0.75 for side in self._size(chosen)]
        made = worker.svg_to_pdf(svg.resized(drawn, *points), preset=self.preset.id)
        return pdf.finish(fonts.searchable(made, picture), self._metadata(chosen, created))

    def to_html(self, **options: Unpack[Options]) -> str:
        """One HTML page that needs no network, with tooltips, zoom and a live legend.

        Without `theme` it follows the reader's own light or dark setting.
        """
        from plotkit.render import fonts, page
        from plotkit.resources import cache_dir
        from plotkit.words import words

        live = self.live(**options)
        held = self._built.spec if self._built.rows is None else live.spec
        text = json.dumps(held, ensure_ascii=False)
        font = str(live.configs[live.theme or "light"].get("font", ""))
        return page.html(
            live.spec,
            configs=live.configs,
            theme=live.theme,
            title=live.label,
            description=live.description,
            language=self._look(options).language,
            words=words(self._look(options).language, "page"),
            notes=self.notes,
            bundle=page.bundle(worker.javascript_bundle, cache_dir(), worker.engine_version()),
            fonts_css=fonts.css(texts=[text], font=font),
            detail=live.detail,
            specs=live.specs,
        )

    # --- as a file -----------------------------------------------------------------------------

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        scale: float | None = None,
        dpi: float | None = None,
        quality: int | None = None,
        created: datetime | None = None,
        **options: Unpack[Options],
    ) -> Path:
        """Save by the path's ending: .png .svg .pdf .jpg .jpeg .webp .html or .json.

        The file appears whole or not at all, and no folder is made.

        Args:
            path: where to write.
            scale: pixels for each px, for PNG, JPEG and WebP; default 2.
            dpi: pixels for each inch, in place of `scale`.
            quality: 1 to 100, for JPEG (default 90) and WebP (default lossless).
            created: a time to be named in the file; default none, so that the bytes repeat.
            options: `theme`, `width`, `height`, `size`, `background`, `locale`; see
                `plotkit.look.Options`.

        Returns:
            The path.

        Raises:
            SaveError: an unknown ending, a missing folder, a refusal of the operating system.
            OptionError: a keyword or value that does not fit.
        """
        target = written.path_of(path)
        format = FORMATS.get(target.suffix.lower())
        if format is None:
            raise errors.SaveError.from_suffix(str(path), list(FORMATS))
        if not target.parent.is_dir():
            raise errors.SaveError.from_missing_folder(str(path), str(target.parent))
        given = {"scale": scale, "dpi": dpi, "quality": quality, "created": created}
        # What a format does not know does not concern it: one call may serve several files.
        concerned = {k: v for k, v in given.items() if k in format.takes and v is not None}
        written.whole(target, format.make(self, **concerned, **options))
        return target

    async def asave(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """As `save`, without holding up the event loop: the drawing is done beside it."""
        import asyncio  # only programs that have it loaded call this

        return await asyncio.to_thread(self.save, path, **options)

    # --- in a notebook -------------------------------------------------------------------------

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A static image, so that a notebook shows it wherever it is opened."""
        from plotkit import notebook  # only notebooks need it

        return notebook.bundle(self, include, exclude)

    def _mime_(self) -> tuple[str, str]:
        """The same for marimo."""
        from plotkit import notebook

        return notebook.element(self)

    # --- as a part of something larger: reports -------------------------------------------------

    def live(self, **options: Unpack[Options]) -> Live:
        """What a page needs to draw the chart itself; for reports."""
        from plotkit.render.page import Live

        chosen = self._look(options).flat()
        asked = options.get("theme")
        asked = asked if asked is not None else (None if self.theme == "light" else self.theme)
        looks = {name: chosen._replace(theme=name) for name in ("light", "dark")}
        fixed = asked if isinstance(asked, str) else None
        if isinstance(asked, Mapping):
            looks, fixed = {"own": chosen._replace(theme=asked)}, "own"
        elif fixed is not None:
            looks[fixed] = chosen._replace(theme=fixed)
        dressed = {name: json.loads(self._dressed(found)) for name, found in looks.items()}
        configs = {name: found["config"] for name, found in dressed.items()}
        specs = {}
        if self._built.rows is not None:  # its colours stand in the marks
            specs = {name: json.loads(self._drawable(found)) for name, found in looks.items()}
            configs = {
                name: {**vega_config(found), **specs[name].get("config", {})}
                for name, found in configs.items()
            }
        return Live(
            spec=(specs or dressed)[fixed or "light"],
            specs=specs,
            configs=configs,
            theme=fixed,
            label=self.strings.get("title") or self.preset.title,
            description=self._alt(chosen),
            detail=self._built.detail,
        )

    # --- how it comes about --------------------------------------------------------------------

    def _look(self, options: Mapping[str, Any]) -> Look:
        """The look that the keywords of a call ask for."""
        from plotkit.render import svg

        chosen = look.read(options, self.theme)
        shaped = self.keeps_shape
        if options.get("size") is None and not (shaped and None in (chosen.width, chosen.height)):
            return chosen.shrunk()
        if chosen.named is None or not shaped:
            return chosen
        # A square plot, or one of cells, goes into a named size as large as it fits.
        by_width = chosen._replace(height=None)
        if not chosen.named.frame:
            return by_width
        wide, high = svg.size(self._svg(by_width))
        fits = high / wide <= chosen.named.height / chosen.named.width
        return by_width if fits else chosen._replace(width=None)

    def _dressed(self, chosen: Look) -> str:
        """The spec in its theme and size, as the engine and the files get it."""
        made = chosen.dressed(self._built.at(chosen.level).spec, self.preset)
        return json.dumps(made, ensure_ascii=False, allow_nan=False)

    def _drawable(self, chosen: Look) -> str:
        """The same with what its own transforms make of rows that the spec does not hold."""
        dressed = self._dressed(chosen)
        if self._built.rows is None:
            return dressed
        from plotkit import prepared  # only presets of many rows need it

        spec = prepared.evaluated(dressed, self._built.rows, self.preset).spec
        return json.dumps(spec, ensure_ascii=False, allow_nan=False)

    def _finer(self, chosen: Look, density: float) -> Look:
        """The same look with as much detail as a picture of so many pixels a px can show."""
        detail = self._built.detail
        if detail is None:
            return chosen
        drawn = picture(self._built.spec)  # what the rows were prepared for
        sides = ((chosen.width, drawn.width), (chosen.height, drawn.height))
        finer = max(chosen.zoom if side is None else side / own for side, own in sides)
        # Twice as large is one level; what rounding adds to it is none.
        level = max(math.ceil(math.log2(finer * density / stats.DENSITY) - 1e-6), 0)
        return chosen._replace(level=min(level, detail.levels - 1))

    def _svg(self, chosen: Look) -> str:
        """The inspected picture; the same for all formats, so it is drawn once for a look."""
        from plotkit.render import svg

        key = chosen.key()
        if key not in self._svgs:
            vega = self.preset.vega or self._built.rows is not None
            draw = worker.vega_to_svg if vega else worker.vegalite_to_svg
            with progress.shown(f"{self.preset.id}: drawing"):
                drawn = draw(self._drawable(chosen), preset=self.preset.id)
            marks = self._built.at(chosen.level).marks
            found = svg.inspect(drawn, preset=self.preset.id, expected_marks=marks)
            if self.keeps_shape:
                found = _scaled(found, chosen)
            self._svgs[key] = found
        return self._svgs[key]

    def _picture(self, chosen: Look) -> str:
        """The inspected picture in the size that was asked for."""
        from plotkit.render import svg

        drawn = self._svg(chosen)
        if chosen.zoom != 1:
            drawn = svg.resized(drawn, *self._drawn_size(chosen))
        if chosen.named is not None and chosen.named.frame:
            drawn = svg.framed(drawn, chosen.named.width, chosen.named.height)
        return drawn

    def _size(self, chosen: Look) -> tuple[float, float]:
        """Width and height of the figure in px; a slide is as large as a slide is."""
        if chosen.named is not None and chosen.named.frame:
            return chosen.named.width, chosen.named.height
        return self._drawn_size(chosen)

    def _drawn_size(self, chosen: Look) -> tuple[float, float]:
        """The same of what is drawn. What was asked for counts: the engine rounds to whole px."""
        from plotkit.render import svg

        wide, high = svg.size(self._svg(chosen))
        return chosen.width or wide * chosen.zoom, chosen.height or high * chosen.zoom

    def _pixels(
        self, chosen: Look, scale: float | None, dpi: float | None
    ) -> tuple[bytes, tuple[int, int], float]:
        """The engine's PNG, its size in pixels, and its pixels per inch."""
        from plotkit.render import fonts, svg

        if scale is not None and dpi is not None:
            raise errors.OptionError.from_option("scale", scale, "either scale or dpi, not both")
        if dpi is None and scale is None:
            dpi = chosen.dpi
        if dpi is not None:
            factor = _ranged("dpi", dpi, 1, _MAX_SCALE * _CSS_PPI) / _CSS_PPI
        else:
            factor = _ranged("scale", stats.DENSITY if scale is None else scale, 0.1, _MAX_SCALE)
        chosen = self._finer(chosen, factor)
        drawn = fonts.with_fallbacks(self._picture(chosen), colour=True)
        wide, high = (max(round(side * factor), 1) for side in self._size(chosen))
        if wide * high > settings.max_pixels:
            raise errors.DataError.from_too_many(
                f"pixels ({wide:,} x {high:,})", None, wide * high, settings.max_pixels
            )
        with progress.shown(f"{self.preset.id}: making the image"):
            made = worker.svg_to_png(
                svg.resized(drawn, wide, high),
                scale=1,
                preset=self.preset.id,
                meanwhile=lambda: self._prepare_alt(chosen),
            )
        return made, (wide, high), _CSS_PPI * factor

    def _alt(self, chosen: Look) -> str:
        return chosen.alt if chosen.alt is not None else self.describe(chosen.language)

    def _prepare_alt(self, chosen: Look) -> None:
        """Describe the chart while the engine is busy; what fails fails where it is needed."""
        with suppress(errors.PlotkitError):
            self._alt(chosen)

    def _metadata(self, chosen: Look, created: datetime | None) -> Metadata:
        """What a file says of itself."""
        from plotkit.render.metadata import Metadata

        if created is not None and not isinstance(created, datetime):
            raise errors.OptionError.from_option("created", created, "a datetime")
        return Metadata(
            title=self.strings.get("title") or self.preset.title,
            description=self._alt(chosen),
            preset=f"{self.preset.id}@{self.preset.version}",
            software=f"plotkit {plotkit.__version__}",
            language=chosen.language,
            created="" if created is None else created.isoformat(timespec="seconds"),
        )


class Format(NamedTuple):
    """How a file of one ending is made, and which keywords of `save` concern it."""

    make: Callable[..., str | bytes]
    takes: tuple[str, ...] = ()


_IMAGE = ("scale", "dpi", "created")

FORMATS: dict[str, Format] = {
    ".png": Format(Chart.to_png, _IMAGE),
    ".svg": Format(Chart.to_svg, ("created",)),
    ".pdf": Format(Chart.to_pdf, ("created",)),
    ".jpg": Format(Chart.to_jpeg, (*_IMAGE, "quality")),
    ".jpeg": Format(Chart.to_jpeg, (*_IMAGE, "quality")),
    ".webp": Format(Chart.to_webp, (*_IMAGE, "quality")),
    ".html": Format(Chart.to_html),
    ".json": Format(Chart.to_json),
}


def _scaled(drawn: str, chosen: Look) -> str:
    """A picture that keeps its shape, at the one side that was asked for; the other follows."""
    from plotkit.render import svg

    if (chosen.width is None) == (chosen.height is None):
        return drawn
    wide, high = svg.size(drawn)
    side = chosen.width / wide if chosen.width is not None else (chosen.height or high) / high
    factor = side / chosen.zoom
    return svg.resized(drawn, round(wide * factor), round(high * factor))


def _ranged(name: str, value: float, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise errors.OptionError.from_option(name, value, f"a number from {low:g} to {high:g}")
    return float(value)
