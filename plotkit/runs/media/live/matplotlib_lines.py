"""Matplotlib's lines, markers and scatters as pieces, or why no chart can show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotkit.runs.media.live import drawn
from plotkit.runs.media.live.drawn import Paint, Piece, UnfaithfulError
from plotkit.runs.media.live.matplotlib_place import LINE, PX, Place, paint, plain

_STEPS = {
    "steps": "step-before", "steps-pre": "step-before", "steps-mid": "step",
    "steps-post": "step-after",
}  # fmt: skip
_CROSS = "M-0.7,-0.7L0.7,0.7M-0.7,0.7L0.7,-0.7"
_PENTAGON = "M0,-1L0.951,-0.309L0.588,0.809L-0.588,0.809L-0.951,-0.309Z"
_HEXAGON = "M0,-1L0.866,-0.5L0.866,0.5L0,1L-0.866,0.5L-0.866,-0.5Z"
_STAR = (
    "M0,-1L0.225,-0.309L0.951,-0.309L0.363,0.118L0.588,0.809L0,0.382"
    "L-0.588,0.809L-0.363,0.118L-0.951,-0.309L-0.225,-0.309Z"
)
# Matplotlib's marker -> the shape, whether it has an inside, and its size to that of a marker.
_MARKERS: Mapping[Any, tuple[str, bool, float]] = {
    "o": ("circle", True, 1), ".": ("circle", True, 0.5), ",": ("square", True, 0.15),
    "s": ("square", True, 1), "D": ("diamond", True, 1.2), "d": ("diamond", True, 0.9),
    "^": ("triangle-up", True, 1), "v": ("triangle-down", True, 1),
    "<": ("triangle-left", True, 1), ">": ("triangle-right", True, 1),
    "p": (_PENTAGON, True, 1), "h": (_HEXAGON, True, 1), "H": (_HEXAGON, True, 1),
    "*": (_STAR, True, 1), "P": ("cross", True, 1),
    "x": (_CROSS, False, 1), "X": (_CROSS, False, 1), "+": ("M-1,0L1,0M0,-1L0,1", False, 1),
    "_": ("M-1,0L1,0", False, 1), "|": ("M0,-1L0,1", False, 1),
}  # fmt: skip
_TICKS = {0: "M-1,0L0,0", 1: "M0,0L1,0", 2: "M0,-1L0,0", 3: "M0,0L0,1"}
_MOST_COLOURS = 20  # of one scatter, that are told apart as series


def line(artist: Any, place: Place) -> list[Piece]:
    """A `Line2D`: a line, its markers, or a line from edge to edge."""
    kind = place.kind(artist.get_transform(), "a line")
    xs, ys = artist.get_xdata(orig=False), artist.get_ydata(orig=False)
    if not len(xs):
        return []
    if kind == "axes":
        raise UnfaithfulError("it contains a line placed by parts of the axes")
    colour, alpha = paint(artist.get_color())
    opacity = 1.0 if artist.get_alpha() is None else float(artist.get_alpha())
    if artist.get_alpha() is None:
        opacity = alpha
    label = place.label(artist)
    if kind != "data":
        return [_from_edge_to_edge(artist, place, kind, colour, opacity, label)]
    rows = rows_of(place, xs, ys)
    pieces = []
    if artist.get_linestyle() not in ("None", "none", " ", "") and artist.get_linewidth() > 0:
        props: dict[str, Any] = opaque(opacity) | _width(artist.get_linewidth())
        style = artist.get_drawstyle()
        if style in _STEPS:
            props["interpolate"] = _STEPS[style]
        pieces.append(Piece("line", rows, colour, label, props, dash(artist)))
    if artist.get_marker() not in ("None", "none", " ", "", None):
        pieces.append(_markers(artist, rows, opacity, label))
    return pieces


def rows_of(place: Place, xs: Any, ys: Any) -> list[dict[str, Any]]:
    """Coordinates as rows."""
    return [{"x": x, "y": y} for x, y in zip(place.x(xs), place.y(ys), strict=True)]


def opaque(opacity: float) -> dict[str, Any]:
    """The property of an opacity, where something is seen through."""
    return {} if opacity >= 1 else {"opacity": round(float(opacity), 4)}


def _width(points: float) -> dict[str, Any]:
    return {} if abs(points - 1.5) < 1e-6 else {"strokeWidth": round(points * LINE, 2)}


def dash(artist: Any) -> tuple[float, ...] | None:
    """Dashes and gaps in px; None for a solid line."""
    offset, pattern = getattr(artist, "_unscaled_dash_pattern", (0, None))
    if not pattern:
        return None
    if offset:
        raise UnfaithfulError("it contains dashes that begin in their middle")
    # Thick lines have longer dashes; as ours are a little thicker, theirs are too.
    return tuple(round(float(part) * artist.get_linewidth() * LINE, 2) for part in pattern)


def _from_edge_to_edge(
    artist: Any, place: Place, kind: str, colour: Paint, opacity: float, label: str | None
) -> Piece:
    """`axhline` and `axvline`."""
    across = kind == "across"
    parts, values = (
        (artist.get_xdata(orig=False), artist.get_ydata(orig=False))
        if across
        else (artist.get_ydata(orig=False), artist.get_xdata(orig=False))
    )
    if list(parts) != [0, 1] or values[0] != values[1]:
        raise UnfaithfulError("it contains a line over a part of the axes")
    rows = [{"y": place.y(values[:1])[0]} if across else {"x": place.x(values[:1])[0]}]
    props = opaque(opacity) | {"strokeWidth": round(artist.get_linewidth() * LINE, 2)}
    found = Piece("rule", rows, colour, label, props, dash(artist))
    found.x, found.y = not across, across
    return found


def _markers(artist: Any, rows: list[dict[str, Any]], opacity: float, label: str | None) -> Piece:
    every = artist.get_markevery()
    if isinstance(every, int):
        rows = rows[::every]
    elif every is not None:
        raise UnfaithfulError("it marks some points of a line only")
    if artist.get_fillstyle() not in ("full", "none"):
        raise UnfaithfulError("it contains markers that are filled by half")
    props, filled = shape(artist.get_marker(), artist.get_markersize())
    hollow = artist.get_fillstyle() == "none" or not filled
    face, edge = artist.get_markerfacecolor(), artist.get_markeredgecolor()
    hollow = hollow or (isinstance(face, str) and face == "none")
    inside, _ = paint(edge if hollow else face)
    if hollow:
        props |= {"filled": False, "strokeWidth": round(artist.get_markeredgewidth() * LINE, 2)}
    elif not (isinstance(edge, str) and edge == "none"):
        props |= _edge(paint(edge)[0], inside, artist.get_markeredgewidth())
    found = [row for row in rows if row["x"] is not None and row["y"] is not None]
    return Piece("points", found, inside, label, props | opaque(opacity))


def shape(marker: Any, points: float) -> tuple[dict[str, Any], bool]:
    """A marker of a size in points, as the properties of a mark; and whether it has an inside."""
    if isinstance(marker, int) and marker in _TICKS:
        named: tuple[str, bool, float] | None = (_TICKS[marker], False, 2)
    else:
        named = _MARKERS.get(marker) if isinstance(marker, (str, int)) else None
    if named is None:
        raise UnfaithfulError(f"it contains the marker {marker!r}")
    form, filled, share = named
    size = (points * PX * share) ** 2
    made: dict[str, Any] = {"size": round(size, 2), "filled": filled}
    return ({**made, "shape": form} if form != "circle" else made), filled


def _edge(edge: Paint, inside: Paint, width: float) -> dict[str, Any]:
    if edge == inside or width == 0:
        return {"strokeWidth": 0}
    return {"stroke": edge, "strokeWidth": round(width * PX, 2)}


def scatter(artist: Any, place: Place) -> list[Piece]:
    """A `PathCollection`: points, each with a size and a colour of its own if need be."""
    import numpy as np

    if place.kind(artist.get_offset_transform(), "points") != "data":
        raise UnfaithfulError("it contains points placed by parts of the axes")
    found = np.ma.masked_invalid(np.ma.asarray(artist.get_offsets()))
    count = len(found)
    if not count:
        return []
    kept = np.flatnonzero(~np.ma.getmaskarray(found).any(axis=1))
    rows = rows_of(place, found.data[kept, 0], found.data[kept, 1])
    props = _path_shape(artist)
    sizes = np.asarray(artist.get_sizes(), dtype=float)
    if len(sizes) == 1:
        props["size"] = round(float(sizes[0]) * PX**2 * props.pop("share"), 2)
    else:
        share = props.pop("share")
        for row, at in zip(rows, kept, strict=True):
            row["size"] = round(float(sizes[at % len(sizes)]) * PX**2 * share, 2)
    hollow = not len(artist.get_facecolor())
    colours = np.asarray(artist.get_edgecolor() if hollow else artist.get_facecolor())
    if not len(colours):
        return []
    widths = np.asarray(artist.get_linewidth(), dtype=float)
    if hollow or not props["filled"]:
        props |= {"filled": False, "strokeWidth": round(float(widths[0]) * LINE, 2)}
    elif len(artist.get_edgecolor()) == 1 and len(colours):
        edge, inside = paint(artist.get_edgecolor()[0])[0], paint(colours[0])[0]
        props |= _edge(edge, inside, float(widths[0]))
    else:
        props["strokeWidth"] = 0
    label = place.label(artist)
    if artist.get_array() is not None:
        return [_shaded(artist, rows, kept, props, label)]
    return _by_colour(rows, kept, colours, props, label)


def _path_shape(artist: Any) -> dict[str, Any]:
    """The marker of a scatter, found by its outline."""
    import numpy as np
    from matplotlib.markers import MarkerStyle

    paths = artist.get_paths()
    if len(paths) != 1:
        raise UnfaithfulError("it contains points of several markers")
    for marker, (form, filled, share) in _MARKERS.items():
        style: Any = MarkerStyle(marker)
        known = style.get_path().transformed(style.get_transform())
        if known.vertices.shape == paths[0].vertices.shape and np.allclose(
            known.vertices, paths[0].vertices
        ):
            made: dict[str, Any] = {"filled": filled, "share": share**2}
            return made if form == "circle" else {**made, "shape": form}
    raise UnfaithfulError("it contains a marker of its own")


def _shaded(
    artist: Any, rows: list[dict[str, Any]], kept: Any, props: dict[str, Any], label: str | None
) -> Piece:
    """Points coloured by a number each."""
    values = artist.get_array()
    for row, at in zip(rows, kept, strict=True):
        row["shade"] = drawn.finite(float(values[at]))
    shades = shades_of(artist)
    alpha = artist.get_alpha()
    opacity = 1.0 if alpha is None else float(alpha)
    return Piece("points", rows, drawn.INK, None, props | opaque(opacity), shades=shades)


def shades_of(artist: Any) -> drawn.Shades:
    """How a colour map makes colours of an artist's numbers."""
    from matplotlib import colors

    kinds = {colors.Normalize: "linear", colors.LogNorm: "log"}
    kind = kinds.get(type(artist.norm))
    low, high = artist.norm.vmin, artist.norm.vmax
    if kind is None or low is None or not low < high:
        raise UnfaithfulError("its numbers become colours in a way of their own")
    stops = [drawn.paint(artist.cmap(at / 16)).light for at in range(17)]
    bar = artist.colorbar
    title = None
    if bar is not None:
        long = bar.ax.get_ylabel() or bar.ax.get_xlabel()
        title = plain(str(long), "the colour bar's title")
    return drawn.Shades(float(low), float(high), tuple(stops), title, kind)


def _by_colour(
    rows: list[dict[str, Any]], kept: Any, colours: Any, props: dict[str, Any], label: str | None
) -> list[Piece]:
    """Points of one colour each; of a few colours as that many pieces."""
    keys = [tuple(map(float, colours[at % len(colours)])) for at in kept]
    different = list(dict.fromkeys(keys))
    if len(different) > _MOST_COLOURS:
        if len({key[3] for key in different}) > 1:
            raise UnfaithfulError("it contains points of many opacities")
        for row, key in zip(rows, keys, strict=True):
            row["colour"] = drawn.paint(key).light
        opacity = different[0][3]
        return [Piece("points", rows, drawn.INK, None, props | opaque(opacity))]
    pieces = []
    for key in different:
        colour, alpha = paint(key)
        own = [row for row, found in zip(rows, keys, strict=True) if found == key]
        pieces.append(Piece("points", own, colour, label, props | opaque(alpha)))
    return pieces


def segments(artist: Any, place: Place) -> list[Piece]:
    """A `LineCollection`: `vlines`, `hlines`, the bars of errors, or lines."""
    kind = place.kind(artist.get_transform(), "lines")
    if kind != "data":
        raise UnfaithfulError("it contains lines placed by parts of the axes")
    found = artist.get_segments()
    colours = artist.get_colors()
    if not len(found) or not len(colours):
        return []
    if artist.get_array() is not None or len({tuple(colour) for colour in colours}) > 1:
        raise UnfaithfulError("it contains lines that change their colour")
    if len(set(artist.get_linewidth())) > 1:
        raise UnfaithfulError("it contains lines of several widths")
    dashes = artist.get_linestyle()
    if len(dashes) > 1 or dashes[0][1] is not None:
        pattern = tuple(round(part * PX, 2) for part in dashes[0][1] or ())
    else:
        pattern = ()
    colour, alpha = paint(colours[0])
    props = opaque(alpha) | {"strokeWidth": round(float(artist.get_linewidth()[0]) * LINE, 2)}
    if any(len(points) != 2 for points in found):
        raise UnfaithfulError("it contains lines of a collection")
    starts, ends = [points[0] for points in found], [points[1] for points in found]
    x, y = place.x([p[0] for p in starts]), place.y([p[1] for p in starts])
    x2, y2 = place.x([p[0] for p in ends]), place.y([p[1] for p in ends])
    rows = [
        {"x": a, "y": b, "x2": c, "y2": d}
        for a, b, c, d in zip(x, y, x2, y2, strict=True)
        if None not in (a, b, c, d)
    ]
    return [Piece("rule", rows, colour, place.label(artist), props, pattern or None)]
