"""What the engine drew is inspected before anything is made of it."""

import json
import time

import pytest

from plotkit import errors, settings
from plotkit.render import svg, worker

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'version="1.1" class="marks" width="20" height="10" viewBox="0 0 20 10">'
)
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def picture(body: str) -> str:
    return f"{HEAD}{body}</svg>"


def marks(body: str, kind: str = "symbol", name: str = "marks") -> str:
    return picture(f'<g class="mark-{kind} role-mark {name}">{body}</g>')


def refused(text: str) -> str:
    with pytest.raises(errors.UnsafeSvgError) as caught:
        svg.inspect(text, preset="test/it")
    start = "'test/it' drew something that plotkit does not let through: "
    message = str(caught.value)
    assert message.startswith(start)
    return message.removeprefix(start)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<script>alert(1)</script>", "an element <script>."),
        ('<foreignObject width="1"/>', "an element <foreignObject>."),
        ("<style>*{}</style>", "an element <style>."),
        ('<use xlink:href="#a"/>', "an element <use>."),
        ("<svg/>", "an element <svg>."),
        ('<x:script xmlns:x="http://www.w3.org/2000/svg"/>', "an element <x:script>."),
        ('<animate attributeName="x"/>', "an element <animate>."),
        ('<g xmlns="http://www.w3.org/1999/xhtml"/>', "an attribute xmlns="),
        ('<path onclick="alert(1)"/>', "an attribute onclick='alert(1)' of <path>."),
        ('<path ONLOAD="x"/>', "an attribute ONLOAD='x' of <path>."),
        ('<path filter="url(#a)"/>', "an attribute filter="),
        ('<path href="#a"/>', "an attribute href='#a' of <path>."),
        ('<path fill="url(http://x/#a)"/>', "an attribute fill='url(http://x/#a)'."),
        ('<path fill="URL(//x)"/>', "an attribute fill='URL(//x)'."),
        ('<path fill="&#117;rl(//x)"/>', "an attribute fill='url(//x)'."),
        ('<path fill="u\\72l(//x)"/>', "an attribute fill="),
        ('<path fill="u/**/rl(//x)"/>', "an attribute fill="),
        ('<path style="fill: url(#a) url(file:///etc/passwd)"/>', "an attribute style="),
        ('<path style="behavior: x"/>', "an attribute style="),
        ('<g style="@import x"/>', "an attribute style="),
        ('<image xlink:href="http://x/y.png"/>', "an image from 'http://x/y.png'."),
        ('<image href="/etc/passwd"/>', "an image from '/etc/passwd'."),
        ('<image href="data:image/svg+xml;base64,AAAA"/>', "an image from 'data:image/svg+xml"),
        (f'<image href="{PIXEL} http://x"/>', "an image from"),
        ('<a onclick="x"/>', "an attribute onclick='x' of <a>."),
        ("<?xml-stylesheet href='x'?>", "<?xml-stylesheet?>."),
        ("<g>", "SVG that is not well-formed (mismatched tag"),
        ("&nbsp;", "SVG that is not well-formed (undefined entity"),
        ("\x1b", "SVG that is not well-formed"),
        ("\ud800", "a character that has no UTF-8."),
    ],
)
def test_refused(body: str, what: str) -> None:
    assert refused(picture(body)).startswith(what)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "SVG that is not well-formed"),
        ("<g/>", "<g> instead of <svg> at its root."),
        ('<html xmlns="http://www.w3.org/1999/xhtml"/>', "an element <html>."),
        ('<svg xmlns="http://www.w3.org/1999/xhtml"/>', "an attribute xmlns="),
        ('<svg xmlns:x="http://www.w3.org/2000/svg"/>', "an attribute xmlns:x="),
        ('<svg onload="x"/>', "an attribute onload='x' of <svg>."),
        ("<!DOCTYPE svg><svg/>", "a DOCTYPE."),
        ('<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>', "a DOCTYPE."),
    ],
)
def test_refused_at_the_root(text: str, what: str) -> None:
    assert refused(text).startswith(what)


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "max_svg_bytes", 2000)
    assert refused(picture("<g>" + " " * 2000 + "</g>")) == "more than 2000 bytes of SVG."


@pytest.mark.parametrize(
    "body",
    [
        '<text font-family="Inter, \'Helvetica Neue\'" aria-label="url(http://x) onclick=">'
        "url(http://x) \\ &lt;script&gt; data.name[0]</text>",
        f'<image xlink:href="{PIXEL}" style="image-rendering: pixelated;"/>',
        '<path style="mix-blend-mode: multiply; pointer-events: none" fill="rgba(1, 2, 3, 0.5)"/>',
        "<text><tspan>a</tspan><tspan x='0' dy='12'>b</tspan></text><!-- a comment -->",
    ],
)
def test_let_through_unchanged(body: str) -> None:
    text = picture(body)
    assert svg.inspect(text, preset="test/it") is text


def test_ids_are_counted_from_zero() -> None:
    """The engine goes on counting from one chart to the next."""

    def drawn(first: int, second: int) -> str:
        return picture(
            f'<defs><clipPath id="clip{first}"><rect/></clipPath>'
            f'<clipPath id="clip{second}"><rect/></clipPath>'
            f'<pattern id="p_gradient_{second}"><rect fill="url(#gradient_{second})"/></pattern>'
            f'<radialGradient id="gradient_{second}"/></defs>'
            f'<g clip-path="url(#clip{second})" aria-label="url(#clip7) id=&quot;clip7&quot;">'
            f'<path fill="url(#p_gradient_{second})"/><path clip-path="url(#clip{first})"/></g>'
            "<text>url(#clip7)</text>"
        )

    clean = svg.inspect(drawn(7, 12), preset="test/it")
    assert clean == svg.inspect(drawn(0, 99), preset="test/it")
    assert clean == picture(
        '<defs><clipPath id="clip0"><rect/></clipPath><clipPath id="clip1"><rect/></clipPath>'
        '<pattern id="p_gradient0"><rect fill="url(#gradient0)"/></pattern>'
        '<radialGradient id="gradient0"/></defs>'
        '<g clip-path="url(#clip1)" aria-label="url(#clip7) id=&quot;clip7&quot;">'
        '<path fill="url(#p_gradient0)"/><path clip-path="url(#clip0)"/></g>'
        "<text>url(#clip7)</text>"
    )
    assert svg.inspect(clean, preset="test/it") == clean


class TestLinks:
    LINKED = marks(
        '<a xlink:href="https://example.com/?a=1&amp;b=2" target="_blank"><path d="M0,0h1"/></a>'
        '<a href="javascript:alert(1)"><path d="M1,0h1"/></a><a><path d="M2,0h1"/></a>'
    )

    def test_taken_out(self) -> None:
        clean = svg.inspect(self.LINKED, preset="test/it", expected_marks=3)
        assert clean == marks('<path d="M0,0h1"/><path d="M1,0h1"/><path d="M2,0h1"/>')

    def test_kept_if_they_lead_to_the_web(self) -> None:
        clean = svg.inspect(self.LINKED, preset="test/it", allow_links=True)
        assert clean == marks(
            '<a xlink:href="https://example.com/?a=1&amp;b=2" target="_blank">'
            '<path d="M0,0h1"/></a><path d="M1,0h1"/><path d="M2,0h1"/>'
        )


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 0),
        ('<path d="M0,0h1"/>', 1),
        ('<path d="M2,0A2,2,0,1,1,-2,0" transform="translate(1,2)"/>', 1),
        ('<path d=""/>', 0),
        ("<path/>", 0),
        ('<path d="M0,0LNaN,3"/>', 0),
        ('<path d="M0,0h1" transform="translate(NaN,1)"/>', 0),
        ('<path d="M0,0h1" transform="translate(undefined,1)"/>', 0),
        ('<path d="M0,0hInfinity"/>', 0),
        ('<path d="M0,0h1" aria-label="NaN"/>', 1),
        ('<path d="M0,0h1" display="none"/>', 0),
        ('<path d="M5,5Z"/>', 0),
        ('<path d="M5,5Z" stroke-linecap="round"/>', 1),
        ('<path d="M5,5h8v0h-8Z"/>', 1),
        ('<line x2="3" y2="0"/>', 1),
        ('<line x2="NaN" y2="0"/>', 0),
        ('<rect width="1" height="1"/>', 1),
        (
            "<text>a</text><text> </text><text></text>"
            "<text><tspan>a</tspan><tspan>b</tspan></text>",
            2,
        ),
        ('<text transform="translate(NaN,1)">a</text>', 0),
        ("<g><path d='M0,0h1'/></g>", 0),
    ],
)
def test_count(body: str, count: int) -> None:
    assert svg.count_marks(marks(body)) == {"marks": count}


def test_count_by_name() -> None:
    text = picture(
        '<g class="mark-group role-frame root"><g><path class="background" d="M0,0h9"/>'
        '<g class="mark-rule role-axis-grid"><line x2="9"/></g>'
        '<g class="mark-group role-scope pathgroup">'
        '<g><g class="mark-line role-mark layer_0_marks">'
        '<path d="M0,0L1,1"/></g></g><g><g class="mark-line role-mark layer_0_marks">'
        '<path d="M0,0L1,1"/></g></g></g>'
        '<g class="mark-symbol role-mark layer_1_marks"><path d="M0,0h1"/></g>'
        '<g class="mark-rect role-mark zoom_brush"><path d="M0,0h1"/></g>'
        '<g class="mark-path role-mark voronoi"><path d="M0,0h1"/></g>'
        '<path d="M0,0h1"/></g></g>'
    )
    assert svg.count_marks(text) == {"layer_0_marks": 2, "layer_1_marks": 1}


def test_empty_picture() -> None:
    text = marks('<path d="M0,0h1"/>')
    assert svg.inspect(text, preset="test/it", expected_marks=1) == text
    assert svg.inspect(text, preset="test/it", expected_marks={"marks": 1}) == text
    with pytest.raises(errors.EmptyPictureError) as caught:
        svg.inspect(text, preset="test/it", expected_marks=3)
    assert str(caught.value) == "'test/it' drew 1 of the 3 marks that the rows call for."
    with pytest.raises(errors.EmptyPictureError) as caught:
        svg.inspect(text, preset="test/it", expected_marks={"marks": 1, "layer_1_marks": 2})
    assert str(caught.value) == (
        "'test/it' drew 0 of the 2 marks that the rows call for. "
        "They are the marks named 'layer_1_marks'."
    )


def test_size_and_resized() -> None:
    text = picture("<g/>")
    assert svg.size(text) == (20, 10)
    assert svg.size(svg.resized(text, 33, 17)) == (33, 17)
    assert 'viewBox="0 0 20 10"' in svg.resized(text, 33, 17)
    png = worker.svg_to_png(svg.resized(text, 33, 17), scale=1, preset="test/it")
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (33, 17)


ENCODING = {
    "x": {"field": "x", "type": "quantitative"},
    "y": {"field": "y", "type": "quantitative"},
}
ROWS = [{"x": i % 977, "y": i * 7919 % 101, "c": "ab"[i % 2]} for i in range(60)]
GRADIENT = {"gradient": "radial", "stops": [{"offset": 0, "color": "red"}]}


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"mark": {"type": "line", "clip": True}}, 1),
        ({"mark": {"type": "area", "color": {**GRADIENT, "gradient": "linear"}, "line": True}}, 2),
        ({"mark": {"type": "bar", "cornerRadius": 3, "tooltip": True}}, 60),
        (
            {
                "mark": {
                    "type": "point",
                    "fill": GRADIENT,
                    "blend": "multiply",
                    "href": "https://x/",
                }
            },
            60,
        ),
        (
            {"mark": {"type": "text", "text": ["<a>", "&b;"], "angle": 30, "fontStyle": "italic"}},
            60,
        ),
        ({"mark": "rule"}, 60),
        ({"mark": "trail"}, 1),
        ({"mark": "tick"}, 60),
        ({"mark": "arc", "encoding": {"theta": {"field": "x"}, "color": {"field": "c"}}}, 60),
        (
            {
                "mark": "point",
                "params": [
                    {"name": "zoom", "select": "interval", "bind": "scales"},
                    {"name": "brush", "select": "interval"},
                    {"name": "near", "select": {"type": "point", "nearest": True}},
                ],
            },
            60,
        ),
        (
            {
                "mark": "point",
                "encoding": {**ENCODING, "color": {"field": "y", "type": "quantitative"}},
            },
            60,
        ),
        ({"mark": "line", "encoding": {**ENCODING, "row": {"field": "c"}}}, 2),
        ({"mark": {"type": "image", "url": PIXEL, "width": 5, "height": 5}}, 60),
    ],
)
def test_what_vega_draws(spec: dict[str, object], count: int) -> None:
    """Everything of it passes, and twice the same although the engine counts on."""
    full = json.dumps({"data": {"values": ROWS}, "title": "a & b", "encoding": ENCODING, **spec})
    drawn = [
        svg.inspect(
            worker.vegalite_to_svg(full, preset="test/vega"),
            preset="test/vega",
            expected_marks=count,
        )
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert sum(svg.count_marks(drawn[0]).values()) == count
    assert worker.svg_to_png(drawn[0], preset="test/vega")


def test_fast() -> None:
    def milliseconds(text: str) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            svg.inspect(text, preset="test/it")
            times.append(time.perf_counter() - start)
        return min(times) * 1000

    line = "M0,0" + "".join(f"L{i / 7},{i % 13 / 3}" for i in range(1000))
    assert milliseconds(marks(f'<path d="{line}" stroke="#123456"/>', "line")) < 2
    many = (
        '<path transform="translate(1.5,2.5)" d="M2,0A2,2,0,1,1,-2,0" fill="#123" opacity="0.7"/>'
    )
    assert milliseconds(marks(many * 20_000)) < 150
