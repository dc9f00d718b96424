"""Plotly's figures as live charts: lines, markers, areas, bars, histograms and heat maps.

The figure as it was given is kept beside what is shown of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from plotkit import notes, settings
from plotkit.runs.media import charts
from plotkit.runs.media.base import Media
from plotkit.runs.media.hypertext import Html
from plotkit.runs.media.image import Image
from plotkit.runs.media.live import plotly_axes, plotly_marks, plotly_traces, spec
from plotkit.runs.media.live.drawn import HEIGHT, WIDTH, Drawn, Plot, UnfaithfulError

_PATIENCE = 40.0  # seconds for Plotly's own way to an image, which starts a browser
_LAYOUT = (
    "annotations", "autosize", "bargap", "bargroupgap", "barmode", "boxgap", "coloraxis",
    "colorway", "dragmode", "font", "height", "hoverlabel", "hovermode", "legend", "margin",
    "modebar", "paper_bgcolor", "plot_bgcolor", "shapes", "showlegend", "template", "title",
    "uirevision", "width", "xaxis", "yaxis",
)  # fmt: skip


class PlotlyFigure(Media):
    """A Plotly figure: as it was given, and as it is shown."""

    def __init__(self, shown: Media, given: bytes) -> None:
        self.kind = shown.kind  # type: ignore[misc]
        self.shown = shown
        self.given = given

    def __repr__(self) -> str:
        return f"PlotlyFigure({self.shown!r})"

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        """That of what is shown, with the file of the figure under "given"."""
        return {**self.shown.store(keep), "given": keep(self.given, ".json")}

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        """Never stored by a kind of its own."""
        raise NotImplementedError


def wrap(figure: Any) -> PlotlyFigure:
    """A figure as a live chart, else as an image, else as its data with a note."""
    given = figure.to_json().encode()
    try:
        chart = charts.from_drawn(live(figure), "plotly/figure", "Plotly")
        return PlotlyFigure(chart, given)
    except UnfaithfulError as reason:
        why = str(reason)
    try:
        image = Image(_png(figure))
    except Exception as reason:  # Kaleido, its browser, or what is between them
        told = f"{why}, and Plotly makes no image here ({type(reason).__name__}: {reason})"
        note = notes.kept_undrawn("Plotly", " ".join(told.split())[:400])
        return PlotlyFigure(Html(f"<p>{_escaped(note)}</p>"), given)
    image.note = notes.drawn_as_image("Plotly", why)
    return PlotlyFigure(image, given)


def _escaped(text: str) -> str:
    import html

    return html.escape(text)


def _png(figure: Any) -> bytes:
    """A figure as Plotly draws it, with Kaleido; a browser that hangs is not waited for."""
    made: list[bytes] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            made.append(figure.to_image(format="png", scale=2))
        except Exception as reason:
            failed.append(reason)

    thread = threading.Thread(target=work, name="plotkit-kaleido", daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if failed:
        raise failed[0]
    if not made:
        raise TimeoutError(f"no image after {_PATIENCE:g} seconds")
    return made[0]


def live(figure: Any) -> Drawn:
    """A figure as a live chart.

    Raises `UnfaithfulError` that says what of it a live chart would not show.
    """
    layout = figure.layout
    for name, value in layout.to_plotly_json().items():
        if name not in _LAYOUT and value not in (None, {}, []):
            raise UnfaithfulError(f"its layout has {name!r}")
    if layout.annotations:
        raise UnfaithfulError("it contains annotations")
    if getattr(figure, "frames", ()):
        raise UnfaithfulError("it moves")
    traces = [trace for trace in figure.data if trace.visible in (None, True)]
    if not traces:
        raise UnfaithfulError("nothing is drawn on it")
    for trace in traces:
        plotly_traces.check(trace)
    x = plotly_axes.Scale.of(layout.xaxis, "x", traces)
    y = plotly_axes.Scale.of(layout.yaxis, "y", traces)
    pieces = plotly_marks.pieces(traces, layout, x, y)
    pieces += plotly_traces.lines_across(layout, x, y)
    rows = sum(len(piece.rows) for piece in pieces)
    if rows > settings.max_rows:
        raise UnfaithfulError(f"{rows:,} points are more than a live chart takes")
    plot = Plot(
        x.axis(layout.xaxis, pieces),
        y.axis(layout.yaxis, pieces),
        tuple(pieces),
        plotly_axes.plain(layout.title.text, "its title"),
        plotly_axes.legend(traces, layout, pieces),
        _size(layout),
    )
    return spec.compose([[plot]])


def _size(layout: Any) -> tuple[float, float]:
    if not layout.width or not layout.height:
        return WIDTH, HEIGHT
    high = WIDTH * layout.height / layout.width
    return WIDTH, float(round(min(max(high, 160), 720)))
