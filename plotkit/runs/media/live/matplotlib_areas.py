"""Matplotlib's bars, bands, outlines and texts as pieces, or why no chart can show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotkit.runs.media.live import drawn
from plotkit.runs.media.live.drawn import Paint, Piece, UnfaithfulError
from plotkit.runs.media.live.matplotlib_lines import opaque, rows_of
from plotkit.runs.media.live.matplotlib_place import PX, Place, paint, plain


def band(artist: Any, place: Place) -> list[Piece]:
    """A `PolyCollection`: what `fill_between` and `stackplot` fill."""
    if place.kind(artist.get_transform(), "an area") != "data" or artist.get_array() is not None:
        raise UnfaithfulError("it contains an area placed or coloured in a way of its own")
    faces = artist.get_facecolor()
    if artist.get_hatch() or len({tuple(face) for face in faces}) > 1:
        raise UnfaithfulError("it contains hatched areas, or areas of several colours")
    edges = artist.get_edgecolor()
    if not len(faces):
        raise UnfaithfulError("it contains areas that are not filled")
    colour, alpha = paint(faces[0])
    props: dict[str, Any] = {"fillOpacity": round(float(alpha), 4)}
    if len(edges) and tuple(edges[0]) != tuple(faces[0]) and float(artist.get_linewidth()[0]):
        edge, opacity = paint(edges[0])
        props |= {"stroke": edge, "strokeOpacity": round(float(opacity), 4)}
        props |= {"strokeWidth": round(float(artist.get_linewidth()[0]) * PX, 2)}
    if artist.get_offsets().any():
        raise UnfaithfulError("it contains areas that are drawn many times")
    pieces = []
    for path in artist.get_paths():
        pieces.append(_band(path.vertices, place, colour, props, place.label(artist)))
    return pieces


def _band(
    vertices: Any, place: Place, colour: Paint, props: dict[str, Any], label: str | None
) -> Piece:
    """An outline that goes along one side and back along the other, at the same places."""
    import numpy as np

    count = (len(vertices) - 3) // 2
    there, back = vertices[1 : count + 1], vertices[count + 2 : 2 * count + 2][::-1]
    ends = np.array_equal(vertices[[0, count + 1]], back[[0, -1]]) if count > 0 else False
    if len(vertices) != 2 * count + 3 or not ends:
        raise UnfaithfulError("it contains a polygon")
    for along, value in ((0, 1), (1, 0)):
        if not np.array_equal(there[:, along], back[:, along]):
            continue
        names = ("x", "y") if along == 0 else ("y", "x")
        if there[:, value].sum() < back[:, value].sum():
            there, back = back, there  # the far side tells the value, the near one where it starts
        convert = (place.x, place.y) if along == 0 else (place.y, place.x)
        rows = [
            {names[0]: a, names[1]: b, f"{names[1]}2": c}
            for a, b, c in zip(
                convert[0](there[:, along]),
                convert[1](there[:, value]),
                convert[1](back[:, value]),
                strict=True,
            )
        ]
        own = props if along == 0 else {**props, "orient": "horizontal"}
        return Piece("area", rows, colour, label, dict(own))
    raise UnfaithfulError("it contains a polygon")


def rectangle(artist: Any, place: Place) -> list[Piece]:
    """A `Rectangle`: a bar, one of a histogram, or a span from edge to edge."""
    if artist.get_hatch() or artist.get_angle():
        raise UnfaithfulError("it contains hatched or turned rectangles")
    kind = place.kind(artist.get_data_transform(), "a rectangle")
    if kind == "axes":
        raise UnfaithfulError("it contains a rectangle placed by parts of the axes")
    x, y, width, height = (
        float(found) for found in (*artist.get_xy(), artist.get_width(), artist.get_height())
    )
    if width == 0 and height == 0:  # it stands for a row of a legend
        return []
    colour, props = _filled(artist)
    label = place.label(artist)
    if kind != "data":
        row = _span(place, kind, x, y, width, height)
        found = Piece("bar", [row], colour, label, {"rect": True, **props})
        found.x, found.y = kind == "up", kind == "across"
        return [found]
    xs, ys = place.x([x, x + width]), place.y([y, y + height])
    if None in (*xs, *ys):
        return []
    row = {"x": xs[0], "x2": xs[1], "y": ys[0], "y2": ys[1]}
    if id(artist) not in place.bars:
        return [Piece("bar", [row], colour, label, {"rect": True, **props})]
    bar = place.bars[id(artist)]
    way = "y" if bar.orient == "vertical" else "x"
    row["value"] = height if way == "y" else width
    also: dict[str, Any] = {"orient": bar.orient}
    if bar.touches:
        also["binned"] = True
    elif bar.ends:
        also["cornerRadiusEnd"] = 2
    return [Piece("bar", [row], colour, label, also | props, value=way)]


def _span(
    place: Place, kind: str, x: float, y: float, width: float, height: float
) -> dict[str, Any]:
    """`axhspan` and `axvspan`."""
    low, length = (x, width) if kind == "across" else (y, height)
    if (low, length) != (0, 1):
        raise UnfaithfulError("it contains a span over a part of the axes")
    if kind == "across":
        start, end = place.y([y, y + height])
        return {"y": start, "y2": end}
    start, end = place.x([x, x + width])
    return {"x": start, "x2": end}


def _filled(artist: Any) -> tuple[Paint, dict[str, Any]]:
    """A patch's colour, and how its inside and its edge are drawn."""
    face, edge = artist.get_facecolor(), artist.get_edgecolor()
    width = float(artist.get_linewidth())
    drawn_edge = edge[3] > 0 and width > 0
    if not artist.get_fill() or face[3] == 0:
        if not drawn_edge:
            return drawn.INK, {"opacity": 0}
        colour, alpha = paint(edge)
        props = {"fillOpacity": 0, "stroke": colour, "strokeWidth": round(width * PX, 2)}
        return colour, props | opaque(alpha)
    colour, alpha = paint(face)
    made: dict[str, Any] = {} if alpha >= 1 else {"fillOpacity": round(float(alpha), 4)}
    if drawn_edge and tuple(edge[:3]) != tuple(face[:3]):
        made |= {"stroke": paint(edge)[0], "strokeWidth": round(width * PX, 2)}
        if edge[3] < 1:
            made["strokeOpacity"] = round(float(edge[3]), 4)
    return colour, made


def polygon(artist: Any, place: Place) -> list[Piece]:
    """A `Polygon` or a `StepPatch`: the outline of `hist(histtype="step")` and of `stairs`."""
    if place.kind(artist.get_data_transform(), "a polygon") != "data" or artist.get_hatch():
        raise UnfaithfulError("it contains a polygon in a place of its own")
    path = artist.get_path()
    if path.codes is not None and {3, 4} & set(path.codes.tolist()):
        raise UnfaithfulError("it contains a curved outline")
    vertices = path.vertices
    if path.codes is not None and len(vertices) and path.codes[-1] == 79:
        vertices = vertices.copy()
        vertices[-1] = vertices[0]  # what closes an outline has no place of its own
    rows = rows_of(place, vertices[:, 0], vertices[:, 1])
    colour, props = _filled(artist)
    if "fillOpacity" in props and props["fillOpacity"] == 0:
        own = {"strokeJoin": "miter", "strokeWidth": props["strokeWidth"]}
        return [Piece("line", rows, colour, place.label(artist), own | _opaque_of(props))]
    own = {**props, "filled": True, "strokeJoin": "miter"}
    own.setdefault("strokeWidth", 0)
    return [Piece("line", rows, colour, place.label(artist), own)]


def _opaque_of(props: Mapping[str, Any]) -> dict[str, Any]:
    return {"opacity": props["opacity"]} if "opacity" in props else {}


_BASELINES = {
    "center": "middle", "center_baseline": "middle", "top": "top", "bottom": "bottom",
    "baseline": "alphabetic",
}  # fmt: skip


def text(artist: Any, place: Place) -> list[Piece]:
    """A `Text` at a place of the data, or of an `Annotation` without an arrow."""
    from matplotlib.text import Annotation

    content = plain(artist.get_text(), "a text")
    if not content.strip():
        return []
    if artist.get_bbox_patch() is not None:
        raise UnfaithfulError("it contains a text in a box")
    offset = (0.0, 0.0)
    x, y = artist.get_position()
    if isinstance(artist, Annotation):
        if artist.arrow_patch is not None:
            raise UnfaithfulError("it contains an arrow")
        (x, y), offset = _annotated(artist)
    elif place.kind(artist.get_transform(), "a text") != "data":
        raise UnfaithfulError("it contains a text placed by parts of the axes")
    xs = place.x([place.axes.convert_xunits(x)])
    ys = place.y([place.axes.convert_yunits(y)])
    colour, alpha = paint(artist.get_color())
    props: dict[str, Any] = {
        "align": artist.get_ha(),
        "baseline": _BASELINES[artist.get_va()],
        "fontSize": round(artist.get_fontsize() * 1.15, 1),
        "dx": round(offset[0] * PX, 2),
        "dy": round(-offset[1] * PX, 2),
        "angle": -artist.get_rotation(),
    }
    if artist.get_weight() in ("bold", "semibold", "heavy", 700, 600):
        props["fontWeight"] = 600
    return [
        Piece(
            "text",
            [{"x": xs[0], "y": ys[0], "text": content}],
            colour,
            None,
            props | opaque(alpha),
        )
    ]


def _annotated(artist: Any) -> tuple[Any, tuple[float, float]]:
    """Where an annotation stands, and how many points beside it."""
    if artist.xycoords != "data" or artist.anncoords not in ("data", "offset points"):
        raise UnfaithfulError("it contains an annotation in a place of its own")
    if artist.anncoords == "data":
        return artist.xyann, (0.0, 0.0)
    return artist.xy, artist.xyann
