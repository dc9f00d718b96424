"""Inspection of the SVG that the engine drew, before anything else is made of it.

Nothing gets through that Vega does not draw: known elements and attributes only, no reference to
anything outside the picture, no script, no style sheet. It is also seen here whether the marks
that the rows call for are really there, because the engine draws an empty chart without a word
when a field or a load is wrong.

One pass of expat without a tree: 1 ms for a line of 1,000 points, 60 ms for 20,000 marks.
"""

from __future__ import annotations

import re

from plotkit import settings
from plotkit.render.plain import cleaned as cleaned

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plotkit.render.metadata import Metadata

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"

_ELEMENTS = frozenset(
    (
        "g",
        "path",
        "rect",
        "line",
        "circle",
        "text",
        "tspan",
        "title",
        "defs",
        "clipPath",
        "linearGradient",
        "radialGradient",
        "pattern",
        "stop",
        "image",
    )
)
# Attributes whose values are numbers, shapes and words that refer to nothing.
_PLAIN = frozenset(
    (
        "class",
        "role",
        "aria-label",
        "aria-hidden",
        "aria-roledescription",
        "aria-description",
        "d",
        "transform",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "fr",
        "dx",
        "dy",
        "width",
        "height",
        "viewBox",
        "offset",
        "preserveAspectRatio",
        "version",
    )
)
# Attributes that are CSS, where url() could refer to something.
_CSS = frozenset(
    (
        "fill",
        "fill-opacity",
        "stroke",
        "stroke-width",
        "stroke-opacity",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-dasharray",
        "stroke-dashoffset",
        "stroke-miterlimit",
        "opacity",
        "stop-color",
        "stop-opacity",
        "clip-path",
        "display",
        "pointer-events",
        "cursor",
        "style",
        "text-anchor",
        "dominant-baseline",
        "font-family",
        "font-size",
        "font-style",
        "font-variant",
        "font-weight",
        "text-decoration",
    )
)
_STYLES = frozenset(
    (
        "mix-blend-mode",
        "image-rendering",
        "pointer-events",
        "display",
        "cursor",
    )
)
_LINK = frozenset(
    (
        "href",
        "xlink:href",
        "xlink:title",
        "title",
        "target",
        "rel",
        "download",
        "hreflang",
        "type",
        "referrerpolicy",
    )
)

_LOCAL = re.compile(r"url\(\s*#([\w.-]+)\s*\)")
_IMAGE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_WEB = re.compile(r"(?:https?://|mailto:)[^\s]*", re.IGNORECASE)
_STEP = re.compile(r"[A-LN-Ya-ln-y]")  # a path command that draws: anything but M and Z
_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_ID = re.compile(rb"""(\sid\s*=\s*["']|url\(\s*#)([\w.-]+)""")
_ROOT = re.compile(r"<svg\b[^>]*>")
_ROLE = re.compile(r'\s(?:role|aria-[\w-]+|lang|xml:lang)="[^"]*"')
_LABELS = re.compile(
    r'<(title|desc) id="[^"]*plotkit-\1">[^<]*</\1>|<metadata>.*?</metadata>', re.DOTALL
)
_TAGS = re.compile(_TAG.pattern.decode())
_ATTRIBUTE = re.compile(r"""((?<=\s)([\w:-]+)\s*=\s*["'])((?<=")[^"]*|(?<=')[^']*)(["'])""")
_SIDES = re.compile(r'\s(?:width|height)="[^"]*"')
_BOX = re.compile(r'\sviewBox="([^"]*)"')
# Vega's background: the first thing that it draws.
_GROUND = re.compile(r'<rect width="[^"]*" height="[^"]*" fill="([^"]*)"\s*/?>')
_SIDE = re.compile(r'\s(?:width|height|preserveAspectRatio)="[^"]*"')

_DRAWN = frozenset(("path", "line", "rect", "circle", "image"))
# Marks that selections add for themselves; they say nothing about the rows.
_HELPERS = ("_brush", "_brush_bg")


class _RefusedError(Exception):
    """What must not be in a picture; the message says what."""


class _Picture:
    """What one pass over an SVG finds."""

    __slots__ = ("edits", "links", "marks")

    def __init__(self) -> None:
        self.marks: dict[str, int] = {}
        self.edits: list[int] = []  # byte offsets of tags that name or use an id
        self.links: list[int] = []  # byte offsets of tags to be left out: links, unseen images


def inspect(
    svg: str,
    *,
    preset: str,
    expected_marks: int | Mapping[str, int] = 0,
    allow_links: bool = False,
) -> str:
    """Return `svg` made clean, or raise.

    Args:
        svg: what the engine drew.
        preset: the preset's id, for the errors.
        expected_marks: how many marks must at least be drawn: in all, or by the name that Vega
            gives them ("marks", "layer_0_marks"). A whole line or area is one mark.
        allow_links: keep links (http, https, mailto) around marks; otherwise what they surround
            is kept and they are not.

    Ids are numbered from 0 in each picture, as the engine goes on counting from chart to chart;
    the text is changed in no other way.

    Raises:
        UnsafeSvgError: something is in it that Vega does not draw, or that refers elsewhere.
        EmptyPictureError: fewer marks are drawn than expected.
    """
    from plotkit.errors import EmptyPictureError, UnsafeSvgError

    try:
        data = svg.encode()
        if len(data) > settings.max_svg_bytes:
            raise _RefusedError(f"more than {settings.max_svg_bytes} bytes of SVG")
        found = _walk(svg, data, allow_links)
    except UnicodeEncodeError:
        raise UnsafeSvgError.from_finding(preset, "a character that has no UTF-8") from None
    except _RefusedError as refused:
        raise UnsafeSvgError.from_finding(preset, str(refused)) from None

    if isinstance(expected_marks, int):
        total = sum(found.marks.values())
        if total < expected_marks:
            raise EmptyPictureError.from_marks(preset, expected_marks, total, "")
    else:
        for name, expected in expected_marks.items():
            count = found.marks.get(name, 0)
            if count < expected:
                raise EmptyPictureError.from_marks(
                    preset, expected, count, f"They are the marks named {name!r}."
                )
    return _edited(data, found).decode() if found.edits or found.links else svg


def count_marks(svg: str) -> dict[str, int]:
    """How many marks are really drawn, by the names that Vega gives them.

    A mark whose place or shape is not a number, an empty shape and an empty text do not count,
    neither does a line of one point with flat ends. Bars of height 0 do: a value may be 0.

    >>> count_marks(
    ...     '<svg xmlns="http://www.w3.org/2000/svg"><g class="mark-symbol role-mark marks">'
    ...     '<path transform="translate(1,NaN)" d="M0,0h1"/><path d="M0,0h1"/></g></svg>'
    ... )
    {'marks': 1}
    """
    svg = _unlabelled(svg)
    return _walk(svg, svg.encode(), True).marks


def resized(svg: str, width_px: float, height_px: float) -> str:
    """The same picture, exactly `width_px` by `height_px` when drawn at scale 1.

    The engine rounds the sides down when it scales, so the pixels are set here.

    >>> resized('<svg width="10" height="5" viewBox="0 0 10 5"></svg>', 25, 12)
    '<svg viewBox="0 0 10 5" width="25" height="12" preserveAspectRatio="none"></svg>'
    """
    root = _ROOT.search(svg)
    if root is None:
        return svg
    tag = _SIDE.sub("", root[0][:-1])
    tag += f' width="{width_px:g}" height="{height_px:g}" preserveAspectRatio="none">'
    return svg[: root.start()] + tag + svg[root.end() :]


def framed(svg: str, width_px: float, height_px: float) -> str:
    """The same picture in the middle of a larger one, with its own background all around.

    >>> framed(
    ...     '<svg width="10" height="5" viewBox="0 0 20 10"><rect width="20" height="10"'
    ...     ' fill="red"/></svg>', 10, 10)
    '<svg width="10" height="10" viewBox="0 -5 20 20"><rect x="0" y="-5" width="20" height="20"\
 fill="red"/><rect width="20" height="10" fill="red"/></svg>'
    """
    wide, high = size(svg)
    root = _ROOT.search(svg)
    if root is None or not wide or not high or (wide, high) == (width_px, height_px):
        return svg
    box = _BOX.search(root[0])
    left, top, across, down = map(float, box[1].split()) if box else (0.0, 0.0, wide, high)
    unit = across / wide  # of the picture, for each px
    left -= (width_px - wide) / 2 * unit
    top -= (height_px - high) / 2 * (down / high)
    across, down = width_px * unit, height_px * (down / high)
    sides = f'width="{width_px:g}" height="{height_px:g}"'
    tag = _BOX.sub("", _SIDES.sub("", root[0][:-1]))
    tag += f' {sides} viewBox="{left:g} {top:g} {across:g} {down:g}">'
    ground = _GROUND.match(svg, root.end())
    rect = ""
    if ground is not None:
        place = f'x="{left:g}" y="{top:g}" width="{across:g}" height="{down:g}"'
        rect = f'<rect {place} fill="{ground[1]}"/>'
    return svg[: root.start()] + tag + rect + svg[root.end() :]


def size(svg: str) -> tuple[float, float]:
    """Width and height of the picture in px (1/96 inch), as its root element says them.

    >>> size('<svg width="696" height="447.5" viewBox="0 0 696 447.5"></svg>')
    (696.0, 447.5)
    """
    root = _ROOT.search(svg)
    sides = dict(re.findall(r'\s(width|height)="([\d.]+)(?:px)?"', root[0] if root else ""))
    return float(sides.get("width", 0)), float(sides.get("height", 0))


def labelled(svg: str, metadata: Metadata) -> str:
    """The same picture with its title and description, for screen readers and for catalogues.

    The root becomes one image (role="img") named by `<title>` and described by `<desc>`; the
    rest of the metadata stands in `<metadata>` as Dublin Core.
    """
    from xml.sax.saxutils import escape

    root = _ROOT.search(svg)
    if root is None:
        return svg
    known = metadata.cleaned()
    tag = _ROLE.sub("", root[0][:-1]) + ' role="img"'
    if known.language:
        tag += f' xml:lang="{known.language}" lang="{known.language}"'
    parts, named = [], []
    for name, text in (("title", known.title), ("desc", known.description)):
        if text:
            named.append(f"plotkit-{name}")
            parts.append(f'<{name} id="plotkit-{name}">{escape(text)}</{name}>')
    if named:
        tag += f' aria-labelledby="{" ".join(named)}"'
    moment = known.moment()
    said = {
        "title": known.title,
        "description": known.description,
        "creator": known.software,
        "source": known.preset,
        "language": known.language,
        "date": moment.isoformat() if moment is not None else "",
    }
    listed = "".join(
        f"<dc:{name}>{escape(text)}</dc:{name}>" for name, text in said.items() if text
    )
    if listed:
        parts.append(
            f'<metadata><rdf:RDF xmlns:rdf="{_RDF}" xmlns:dc="{_DC}"><rdf:Description '
            f'rdf:about=""><dc:format>image/svg+xml</dc:format>{listed}</rdf:Description>'
            "</rdf:RDF></metadata>"
        )
    return "".join((svg[: root.start()], tag, ">", *parts, svg[root.end() :]))


def prefixed(svg: str, prefix: str) -> str:
    """The same picture with `prefix` before every id, so that many can stand in one page.

    Args:
        svg: an inspected picture, labelled or not.
        prefix: letters, digits and "-", beginning with a letter.

    >>> prefixed('<g id="a" aria-label="url(#a)" clip-path="url(#a)">url(#a)</g>', "p1-")
    '<g id="p1-a" aria-label="url(#a)" clip-path="url(#p1-a)">url(#a)</g>'
    """

    def attribute(match: re.Match[str]) -> str:
        before, name, value = match[1], match[2], match[3]
        if name == "id":
            value = prefix + value
        elif name in ("aria-labelledby", "aria-describedby"):
            value = " ".join(prefix + one for one in value.split())
        elif name in ("href", "xlink:href"):
            value = f"#{prefix}{value[1:]}" if value.startswith("#") else value
        elif name in _CSS:
            value = _LOCAL.sub(rf"url(#{prefix}\1)", value)
        return f"{before}{value}{match[4]}"

    return _TAGS.sub(lambda tag: _ATTRIBUTE.sub(attribute, tag[0]), svg)


def _unlabelled(svg: str) -> str:
    """Without what `labelled` adds, as far as a count of marks would stumble over it."""
    return _LABELS.sub("", _ROOT.sub(lambda root: _ROLE.sub("", root[0]), svg, count=1))


def _walk(svg: str, data: bytes, allow_links: bool) -> _Picture:
    # Imported here: the parent needs it only once the engine is at work.
    from xml.parsers import expat

    picture = _Picture()
    marks, edits, links = picture.marks, picture.edits, picture.links
    parser = expat.ParserCreate()
    parser.buffer_text = True
    known_css: set[str] = set()
    # Without these words nothing in it can be misplaced, and 20,000 marks need no second look.
    suspicious = "NaN" in svg or "undefined" in svg or "Infinity" in svg
    groups: list[str | None] = []  # for each open g, the name of its marks if it holds any
    current: str | None = None
    text_of: str | None = None  # the marks that the open text, still empty, belongs to
    root = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal current, text_of, root
        if tag not in _ELEMENTS:
            if root and tag == "svg":
                _check_root(attributes)
                root = False
                return
            if tag == "a":
                _check_link(attributes)
                target = attributes.get("xlink:href") or attributes.get("href") or ""
                if not allow_links or not _WEB.fullmatch(target):
                    links.append(parser.CurrentByteIndex)
                    dropped.append(True)
                else:
                    dropped.append(False)
                return
            raise _RefusedError(f"an element <{tag}>")
        if root:
            raise _RefusedError(f"<{tag}> instead of <svg> at its root")
        for name, value in attributes.items():
            if name in _PLAIN:
                continue
            if name in _CSS:
                if value not in known_css:
                    if _check_css(name, value):
                        edits.append(parser.CurrentByteIndex)
                    else:
                        known_css.add(value)
            elif name == "id":
                edits.append(parser.CurrentByteIndex)
            elif tag == "image" and (name == "xlink:href" or name == "href"):
                if not _IMAGE.fullmatch(value):
                    raise _RefusedError(f"an image from {value[:80]!r}")
                if attributes.get("opacity") == "0":  # that of another theme, and large
                    links.append(parser.CurrentByteIndex)
            else:
                raise _RefusedError(f"an attribute {name}={value[:80]!r} of <{tag}>")
        if tag == "g":
            current = None
            classes = attributes.get("class", "").split(" ", 2)
            if len(classes) > 1 and classes[1] == "role-mark" and classes[0] != "mark-group":
                name = classes[2] if len(classes) > 2 else classes[0]
                if not name.endswith(_HELPERS) and name != "voronoi":
                    current = name
                    marks.setdefault(name, 0)
            groups.append(current)
        elif current is not None:
            if tag == "text":
                text_of = current
                if suspicious and _misplaced(attributes.get("transform", "")):
                    text_of = None
            elif tag in _DRAWN and "display" not in attributes:
                if suspicious and any(
                    _misplaced(attributes[name])
                    for name in ("d", "transform", "x", "y", "x2", "y2", "width", "height")
                    if name in attributes
                ):
                    return
                if tag == "path":
                    shape = attributes.get("d", "")
                    if len(shape) < 64 and not _STEP.search(shape):
                        # A single point: only round or square ends draw it.
                        cap = attributes.get("stroke-linecap", "butt")
                        if not shape or cap == "butt":
                            return
                marks[current] += 1

    def end(tag: str) -> None:
        nonlocal current, text_of
        if tag == "g":
            groups.pop()
            current = groups[-1] if groups else None
        elif tag == "text":
            text_of = None
        elif tag == "a" and dropped.pop():
            links.append(parser.CurrentByteIndex)

    def characters(text: str) -> None:
        nonlocal text_of
        if text_of is not None and not text.isspace():
            marks[text_of] += 1
            text_of = None

    def refuse(what: str) -> None:
        raise _RefusedError(what)

    dropped: list[bool] = []  # for each open link, whether it is taken out
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = lambda *_: refuse("a DOCTYPE")
    parser.EntityDeclHandler = lambda *_: refuse("an entity")
    parser.ProcessingInstructionHandler = lambda target, _: refuse(f"<?{target}?>")
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _RefusedError(f"SVG that is not well-formed ({error})") from None
    return picture


def _misplaced(value: str) -> bool:
    return "NaN" in value or "undefined" in value or "Infinity" in value


def _check_root(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        if name == "xmlns":
            right = value == _SVG
        elif name == "xmlns:xlink":
            right = value == _XLINK
        else:
            right = name in _PLAIN
        if not right:
            raise _RefusedError(f"an attribute {name}={value[:80]!r} of <svg>")


def _check_link(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        if name not in _LINK:
            raise _RefusedError(f"an attribute {name}={value[:80]!r} of <a>")


def _check_css(name: str, value: str) -> bool:
    """Refuse what refers elsewhere; True if it refers to an id of this picture."""
    rest, local = _LOCAL.subn("", value)
    if "\\" in rest or "@" in rest or "/*" in rest or "url" in rest.lower():
        raise _RefusedError(f"an attribute {name}={value[:80]!r}")
    if name == "style":
        for part in rest.split(";"):
            if part.strip() and part.partition(":")[0].strip() not in _STYLES:
                raise _RefusedError(f"an attribute style={value[:80]!r}")
    return local > 0


def _edited(data: bytes, picture: _Picture) -> bytes:
    """The same text with ids counted from 0, and without the links that are not wanted."""
    names: dict[bytes, bytes] = {}

    def renamed(match: re.Match[bytes]) -> bytes:
        old = match[2]
        if old not in names:
            # Vega pairs a pattern named p_x with a gradient named x.
            base = old.removeprefix(b"p_")
            kind = re.sub(rb"[\d_]+$", b"", base) or b"id"
            if base not in names:
                names[base] = kind + b"%d" % sum(n.startswith(kind) for n in names.values())
            names[old] = b"p_" + names[base] if old != base else names[base]
        return match[1] + names[old]

    parts = []
    done = 0
    links = set(picture.links)
    for offset in sorted(links.union(picture.edits)):
        tag = _TAG.match(data, offset)
        if tag is None:  # a closing tag
            end = data.index(b">", offset) + 1
            text = b""
        else:
            end = tag.end()
            text = b"" if offset in links else _in_values(tag[0], renamed)
        parts += [data[done:offset], text]
        done = end
    parts.append(data[done:])
    return b"".join(parts)


_VALUE = re.compile(rb"""(\s(?:aria-[\w-]+|class|title|role)\s*=\s*(?:"[^"]*"|'[^']*'))""")


def _in_values(tag: bytes, renamed: Callable[[re.Match[bytes]], bytes]) -> bytes:
    """Rename the ids of a tag, but nothing in words that the user wrote."""
    pieces = _VALUE.split(tag)
    for index in range(0, len(pieces), 2):
        pieces[index] = _ID.sub(renamed, pieces[index])
    return b"".join(pieces)
