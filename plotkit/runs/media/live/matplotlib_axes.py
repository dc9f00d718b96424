"""One axes of Matplotlib as a plot: its axes with their ticks, its legend, and all its artists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plotkit.runs.media.live import drawn, matplotlib_areas, matplotlib_lines
from plotkit.runs.media.live.drawn import Axis, Entry, Legend, Piece, Plot, UnfaithfulError
from plotkit.runs.media.live.matplotlib_place import Place, paint, plain

_DAY = 86_400_000.0  # ms
_LABEL_GAP = 1e-9  # of an axis' length, by which a tick may lie outside of it


def plot(axes: Any, size: tuple[float, float], legend: Any = None, *, alone: bool = True) -> Plot:
    """An axes as a plot; `legend` is one of its figure's, by which series may be named.

    Raises `UnfaithfulError` for whatever a live chart would not show as it is.
    """
    _check(axes)
    x, y = _values(axes.xaxis), _values(axes.yaxis)
    place = Place(axes, x, y)
    square = _is_square(axes)
    own = axes.get_legend()
    entries = _legend(own if own is not None else legend)
    pieces = _pieces(axes, place)
    _name(pieces, entries)
    pieces, entries = _settled(pieces, entries)
    titles = [plain(axes.get_title(loc), "its title") for loc in ("left", "center", "right")]
    if sum(map(bool, titles)) > 1:
        raise UnfaithfulError("it contains several titles over one plot")
    return Plot(
        _axis(axes.xaxis, "x", x),
        _axis(axes.yaxis, "y", y),
        tuple(pieces),
        "".join(titles),
        entries if own is not None else None,
        (drawn.HEIGHT, drawn.HEIGHT) if square and alone else size,
        square,
        alone,
    )


def legend_of(found: Any) -> Legend | None:
    """A legend of a whole figure."""
    return _legend(found)


def _check(axes: Any) -> None:
    if axes.name != "rectilinear":
        raise UnfaithfulError(f"it contains {'3-D' if axes.name == '3d' else axes.name} axes")
    if axes.child_axes:
        raise UnfaithfulError("it contains axes within axes")
    if axes.tables:
        raise UnfaithfulError("it contains a table")


def _is_square(axes: Any) -> bool:
    """Whether one unit is as long across as up."""
    if axes.get_aspect() == "auto":
        return False
    wide, high = (abs(b - a) for a, b in (axes.get_xlim(), axes.get_ylim()))
    if axes.get_aspect() == 1 and 0.9 < wide / high < 1.1:
        return True
    raise UnfaithfulError("it contains axes whose units have one length")


# --- artists ------------------------------------------------------------------------------------


# What reads an artist of a type. What is derived from it may be drawn otherwise, and is not known.
_READERS: Mapping[str, Callable[[Any, Place], list[Piece]]] = {
    "matplotlib.lines.Line2D": matplotlib_lines.line,
    "matplotlib.collections.PathCollection": matplotlib_lines.scatter,
    "matplotlib.collections.LineCollection": matplotlib_lines.segments,
    "matplotlib.collections.EventCollection": matplotlib_lines.segments,
    "matplotlib.collections.PolyCollection": matplotlib_areas.band,
    "matplotlib.collections.FillBetweenPolyCollection": matplotlib_areas.band,
    "matplotlib.patches.Rectangle": matplotlib_areas.rectangle,
    "matplotlib.patches.StepPatch": matplotlib_areas.polygon,
    "matplotlib.patches.Polygon": matplotlib_areas.polygon,
    "matplotlib.text.Text": matplotlib_areas.text,
    "matplotlib.text.Annotation": matplotlib_areas.text,
}


def _pieces(axes: Any, place: Place) -> list[Piece]:
    """Every artist, in the order in which Matplotlib draws them."""
    from matplotlib.axis import Axis as MatplotlibAxis
    from matplotlib.legend import Legend as MatplotlibLegend
    from matplotlib.spines import Spine

    frame = {id(axes.patch), id(axes.title), id(axes._left_title), id(axes._right_title)}
    made: list[Piece] = []
    for artist in sorted(axes.get_children(), key=lambda found: found.get_zorder()):
        if id(artist) in frame or isinstance(artist, (MatplotlibAxis, Spine, MatplotlibLegend)):
            continue
        if not artist.get_visible():
            continue
        if artist.get_path_effects() or artist.get_sketch_params() is not None:
            raise UnfaithfulError("it contains drawing effects")
        kind = type(artist)
        read = _READERS.get(f"{kind.__module__}.{kind.__name__}")
        if read is None:
            raise UnfaithfulError(f"it contains {_a(kind.__name__)}")
        made += read(artist, place)
    return made


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


# --- axes ---------------------------------------------------------------------------------------


def _values(axis: Any) -> Callable[[Any], list[Any]]:
    """What makes the numbers along an axis values of a row: finite, times in ms since 1970."""
    import numpy as np

    log = axis.get_scale() == "log"
    times = _times(axis)

    def values(found: Any) -> list[Any]:
        numbers: Any = np.ma.filled(np.ma.asarray(found, dtype=float), np.nan)
        if times is not None:
            numbers = times(numbers)
        with np.errstate(invalid="ignore"):
            there = np.isfinite(numbers) & ((numbers > 0) if log else True)
        return [
            float(number) if known else None
            for number, known in zip(numbers.tolist(), there.tolist(), strict=True)
        ]

    return values


def _times(axis: Any) -> Callable[[Any], Any] | None:
    """How an axis' numbers become ms since 1970, where they are times."""
    import numpy as np

    freq = getattr(axis, "freq", None) or getattr(axis.axes, "freq", None)
    converter = axis.get_converter() if hasattr(axis, "get_converter") else axis.converter
    name = type(converter).__name__
    if name == "PeriodConverter" or (freq is not None and axis.axis_name == "x"):
        import pandas

        pd: Any = pandas

        def from_periods(numbers: Any) -> Any:
            whole = np.where(np.isfinite(numbers), numbers, 0)
            floor = np.floor(whole).astype("int64")
            start, end = (
                pd.PeriodIndex.from_ordinals(found, freq=freq).to_timestamp()
                for found in (floor, floor + 1)
            )
            low, high = (found.to_numpy("datetime64[ns]").astype("int64") for found in (start, end))
            ms = (low + (whole - floor) * (high - low)) / 1e6
            return np.where(np.isfinite(numbers), ms, np.nan)

        return from_periods
    if "Date" in name or "Datetime" in name:
        from matplotlib import dates as of_matplotlib

        dates: Any = of_matplotlib
        epoch = np.datetime64(dates.get_epoch()).astype("datetime64[ms]").astype("int64")
        return lambda numbers: np.round(numbers * _DAY + int(epoch), 3)
    return None


def _axis(axis: Any, channel: str, values: Callable[[Any], list[Any]]) -> Axis:
    low, high = axis.get_view_interval()
    ends = values([low, high])
    if None in ends:
        raise UnfaithfulError(f"its {channel} axis has no end")
    found = Axis(
        title=plain(axis.get_label_text(), f"the title of its {channel} axis"),
        type="quantitative" if _times(axis) is None else "temporal",
        domain=(ends[0], ends[1]),
        scale=_scale(axis, channel),
        shown=axis.get_visible() and axis.axes.axison,
        labels=_has_labels(axis, channel),
        whole=_is_whole(axis),
    )
    ticks = _ticks(axis, values)
    if ticks is None:
        return found
    angle = 0.0
    if ticks and channel == "x":
        angle = -(float(axis.get_tick_params(which="major").get("labelrotation", 0.0) or 0.0))
        angle = angle or -_turned(axis)
    named = any(text and not _is_number(text) for _, text in ticks)
    return found._replace(ticks=ticks, angle=angle, named=named)


def _scale(axis: Any, channel: str) -> dict[str, Any] | None:
    kind = axis.get_scale()
    if kind == "linear":
        return None
    transform = axis.get_transform()
    if kind == "log":
        return {"type": "log", "base": float(transform.base)}
    if kind == "symlog":
        return {"type": "symlog", "constant": float(transform.linthresh)}
    raise UnfaithfulError(f"its {channel} axis has the scale {kind!r}")


def _turned(axis: Any) -> float:
    """The angle that was given to ticks that stand there already."""
    ticks = getattr(axis, "majorTicks", None)  # get_major_ticks() would make some
    held = axis.__dict__.get("majorTicks", ticks)
    return float(held[0].label1.get_rotation()) if held else 0.0


def _has_labels(axis: Any, channel: str) -> bool:
    params = axis.get_tick_params(which="major")
    names = ("labelbottom", "labeltop") if channel == "x" else ("labelleft", "labelright")
    return any(params.get(name, False) for name in names)


_OWN_LOCATORS = (
    "AutoLocator", "MaxNLocator", "LogLocator", "SymmetricalLogLocator", "AutoDateLocator",
    "TimeSeries_DateLocator", "PandasAutoDateLocator",
)  # fmt: skip
_OWN_FORMATTERS = (
    "ScalarFormatter", "LogFormatter", "LogFormatterSciNotation", "LogFormatterMathtext",
    "AutoDateFormatter", "ConciseDateFormatter", "TimeSeries_DateFormatter",
    "PandasAutoDateFormatter",
)  # fmt: skip


def _is_whole(axis: Any) -> bool:
    return bool(getattr(axis.get_major_locator(), "_integer", False))


def _ticks(axis: Any, values: Callable[[Any], list[Any]]) -> tuple[tuple[float, str], ...] | None:
    """The ticks of an axis with their texts, where somebody chose them; None where nobody did."""
    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    by_itself = type(formatter).__name__ in _OWN_FORMATTERS
    if type(locator).__name__ in _OWN_LOCATORS and by_itself:
        return None
    found = [float(place) for place in axis.get_majorticklocs()]
    low, high = sorted(axis.get_view_interval())
    slack = (high - low) * _LABEL_GAP
    texts = formatter.format_ticks(found)
    inside = [
        (place, text)
        for place, text in zip(found, texts, strict=True)
        if low - slack <= place <= high + slack
    ]
    if by_itself and _times(axis) is None:
        texts = [f"{place:.12g}".replace("-", "\N{MINUS SIGN}") for place, _ in inside]
    else:
        texts = [plain(text, "a tick's text") for _, text in inside]
    places = values([place for place, _ in inside])
    pairs = zip(places, texts, strict=True)
    return tuple((place, text) for place, text in pairs if place is not None)


def _is_number(text: str) -> bool:
    try:
        float(text.replace("\N{MINUS SIGN}", "-").replace(",", "").rstrip("%"))
    except ValueError:
        return False
    return True


# --- legends ------------------------------------------------------------------------------------


def _legend(found: Any) -> Legend | None:
    if found is None or not found.get_visible():
        return None
    entries = []
    sizes = set()
    for handle, text in zip(found.legend_handles, found.get_texts(), strict=True):
        label = plain(text.get_text(), "its legend")
        colour = _colour(handle)
        if colour is None:
            raise UnfaithfulError("it contains a legend in sections")
        dash = matplotlib_lines.dash(handle) if hasattr(handle, "get_drawstyle") else None
        entries.append(Entry(label, paint(colour)[0], dash))
        if hasattr(handle, "get_markersize") and handle.get_linestyle() in ("None", ""):
            sizes.add(round(float(handle.get_markersize()), 3))
    if len(sizes) > 1:
        raise UnfaithfulError("it contains a legend of sizes")
    if len({entry.label for entry in entries}) < len(entries):
        raise UnfaithfulError("it contains a legend that names two things alike")
    return Legend(tuple(entries), plain(found.get_title().get_text(), "its legend"))


def _colour(handle: Any) -> Any:
    """The colour by which an entry of a legend tells what it stands for."""
    if hasattr(handle, "get_markerfacecolor"):
        has_line = handle.get_linestyle() not in ("None", "none", " ", "")
        has_marker = handle.get_marker() not in ("None", "none", " ", "", None)
        if has_line:
            return handle.get_color()
        return handle.get_markerfacecolor() if has_marker else None
    face = handle.get_facecolor() if hasattr(handle, "get_facecolor") else ()
    if _one(face) is None:
        face = handle.get_edgecolor() if hasattr(handle, "get_edgecolor") else ()
    return _one(face)


def _one(colours: Any) -> Any:
    """The first of several colours, or the only one; None where it cannot be seen."""
    if len(colours) == 0:
        return None
    first = colours if isinstance(colours[0], (int, float)) else colours[0]
    return None if len(first) == 4 and first[3] == 0 else first


def _name(pieces: Sequence[Piece], legend: Legend | None) -> None:
    """Give pieces without a label that of the row of the legend which has their look."""
    if legend is None:
        return
    claimed = {piece.label for piece in pieces}
    free = [entry for entry in legend.entries if entry.label not in claimed]
    for piece in pieces:
        if piece.label is not None or piece.kind == "text":
            continue
        same = [entry for entry in free if entry.paint == piece.paint]
        exact = [entry for entry in same if (entry.dash or None) == (piece.dash or None)]
        if len(exact or same) == 1:
            piece.label = (exact or same)[0].label


def _settled(pieces: Sequence[Piece], legend: Legend | None) -> tuple[list[Piece], Legend | None]:
    """The same, with our palette's colours only for the first ones of Matplotlib's."""
    entries = () if legend is None else legend.entries
    places = {piece.paint.place for piece in pieces} | {entry.paint.place for entry in entries}
    taken = next(place for place in range(len(places) + 1) if place not in places)
    for piece in pieces:
        piece.paint = drawn.settled(piece.paint, taken)
        for key, value in piece.props.items():
            if isinstance(value, drawn.Paint):
                piece.props[key] = drawn.settled(value, taken)
    if legend is None:
        return list(pieces), None
    kept = [entry._replace(paint=drawn.settled(entry.paint, taken)) for entry in entries]
    return list(pieces), legend._replace(entries=tuple(kept))
