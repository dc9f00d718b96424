"""What the engine drew is inspected before anything is made of it."""

import io
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import plotkit as pk
from plotkit import errors, settings
from plotkit.render import fonts, svg, worker
from plotkit.render.metadata import Metadata

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


class TestCleaned:
    """The plainest SVG: for programs that are no browsers."""

    @pytest.mark.parametrize(
        ("body", "clean"),
        [
            # What draws nothing.
            ('<g class="mark-group"><path class="background" d="M0,0h9v9h-9Z"/></g>', ""),
            ('<g><path class="foreground" d="" display="none"/></g>', ""),
            ('<g><g><g pointer-events="none"></g></g></g>', ""),
            ('<g class="mark-rect role-mark marks"></g>', ""),
            ('<path class="background" fill="transparent" d="M0,0h9"/>', ""),
            # What does.
            (
                '<path class="background" fill="#fff" d="M0,0h9"/>',
                '<path fill="#fff" d="M0,0h9" />',
            ),
            (
                '<path class="background" stroke="red" d="M0,0h9"/>',
                '<path stroke="red" d="M0,0h9" />',
            ),
            ("<g><path d='M0,0h9'/></g>", '<path d="M0,0h9" />'),
            ('<path d="M0,0h9" opacity="0"/>', '<path d="M0,0h9" opacity="0" />'),
            # Groups without a purpose.
            (
                '<g transform="translate(0,0)"><g aria-hidden="true"><rect x="1"/></g></g>',
                '<rect x="1" />',
            ),
            (
                '<g transform="translate(1,0)"><g><rect x="1"/></g></g>',
                '<g transform="translate(1,0)"><rect x="1" /></g>',
            ),
            # Words for screen readers and mice.
            (
                '<g class="mark-bar role-mark marks" role="graphics-object" aria-label="&lt;" '
                'aria-roledescription="x" pointer-events="none" cursor="help"><rect x="1"/></g>',
                '<g class="mark-bar role-mark marks"><rect x="1" /></g>',
            ),
            # Colours.
            ('<rect fill="rgb(1, 2, 3)"/>', '<rect fill="#010203" />'),
            ('<rect fill="RGBA(255,0,0,.25)"/>', '<rect fill="#ff0000" fill-opacity="0.25" />'),
            ('<rect fill="rgb(100% 0% 0% / 50%)"/>', '<rect fill="#ff0000" fill-opacity="0.5" />'),
            (
                '<rect fill="rgba(0,0,0,0.5)" fill-opacity="0.5"/>',
                '<rect fill="#000000" fill-opacity="0.25" />',
            ),
            ('<rect stroke="hsl(120, 100%, 25%)"/>', '<rect stroke="#008000" />'),
            (
                '<rect stroke="hsla(-240deg,100%,25%,0.1)"/>',
                '<rect stroke="#008000" stroke-opacity="0.1" />',
            ),
            ('<rect fill="#1234"/>', '<rect fill="#112233" fill-opacity="0.2667" />'),
            ('<rect fill="#11223380"/>', '<rect fill="#112233" fill-opacity="0.502" />'),
            (
                '<stop stop-color="rgba(0,0,0,0)"/>',
                '<stop stop-color="#000000" stop-opacity="0" />',
            ),
            ('<rect fill="transparent"/>', '<rect fill="none" />'),
            # What is none of these is left alone.
            ('<rect fill="url(#gradient0)"/>', '<rect fill="url(#gradient0)" />'),
            ('<rect fill="steelblue"/>', '<rect fill="steelblue" />'),
            ('<rect fill="rgb(a,b,c)"/>', '<rect fill="rgb(a,b,c)" />'),
            ('<rect fill="rgb(1,2)"/>', '<rect fill="rgb(1,2)" />'),
            ('<rect fill="rgb(1e999,0,0)"/>', '<rect fill="rgb(1e999,0,0)" />'),
            (
                '<rect fill="rgba(1,2,3,0.5)" fill-opacity="inherit"/>',
                '<rect fill="rgba(1,2,3,0.5)" fill-opacity="inherit" />',
            ),
            (
                '<rect fill="#00000080" fill-opacity="50%"/>',
                '<rect fill="#000000" fill-opacity="0.251" />',
            ),
            # Styles.
            (
                '<path style="mix-blend-mode: multiply; pointer-events: none" d="M0,0h9"/>',
                '<path d="M0,0h9" style="mix-blend-mode:multiply" />',
            ),
            (
                f'<image xlink:href="{PIXEL}" style="image-rendering: pixelated;"/>',
                f'<image xlink:href="{PIXEL}" image-rendering="pixelated" />',
            ),
            ('<path style="display: none" d="M0,0h9"/>', ""),
            # Numbers.
            (
                '<text font-size="11.5px" opacity="1" transform="translate(113.30019331,-0.00001)'
                ' rotate(-90.12345)">a</text>',
                '<text font-size="11.5" transform="translate(113.3,-0) rotate(-90.123)">a</text>',
            ),
            ('<path d="M1.23456,2L-3.00049e-7,1.2e-7Z"/>', '<path d="M1.235,2L-0,1.2e-7Z" />'),
            ('<path d="M1.00001.5-0.00001"/>', '<path d="M1.00001.5-0.00001" />'),
            (
                '<image width="9.99999" transform="scale(0.00001)"/>',
                '<image width="10" transform="scale(0.00001)" />',
            ),
            # Texts.
            (
                "<text>a &lt;b&gt; &amp; \"c\"<tspan x='0' dy='12'> d </tspan></text>",
                '<text>a &lt;b&gt; &amp; "c"<tspan x="0" dy="12"> d </tspan></text>',
            ),
        ],
    )
    def test_rules(self, body: str, clean: str) -> None:
        made = svg.cleaned(picture(body))
        linked = ' xmlns:xlink="http://www.w3.org/1999/xlink"' if "xlink:" in body else ""
        assert made == (
            f'<svg xmlns="http://www.w3.org/2000/svg"{linked} version="1.1" width="20" height="10" '
            f'viewBox="0 0 20 10"{">" + (clean or chr(10)) + "</svg>"}'
        )
        assert svg.cleaned(made) == made

    def test_proportions(self) -> None:
        """A picture that is not stretched stays so wherever it is put."""
        for wide, high, stretched in ((40, 20, False), (337, 168.5, False), (40, 21, True)):
            made = svg.cleaned(svg.resized(picture("<rect/>"), wide, high))
            assert ("preserveAspectRatio" in made) == stretched
            assert svg.size(made) == (wide, high)
        made = svg.cleaned(picture("<rect/>").replace('"0 0 20 10"', '"0 0 20.00049 10.123456"'))
        assert 'viewBox="0 0 20 10.123"' in made

    def test_all_presets(self) -> None:
        """The marks stay, what is left is smaller, and passes inspection."""
        for chart in charts():
            drawn = raw_svg(chart)
            made = svg.cleaned(drawn)
            assert len(made) < 0.9 * len(drawn)
            assert svg.inspect(made, preset="test/it") is made
            counted = svg.count_marks(drawn)
            assert svg.count_marks(made) == {name: n for name, n in counted.items() if n}
            assert not re.search(r"rgba|transparent|aria-|pointer|role=|style=|xlink|<g></g>", made)

    def test_same_pixels(self) -> None:
        """Numbers are shorter: nothing else of the picture may differ."""
        for chart in charts():
            drawn = raw_svg(chart)
            before, after = (
                rgb(worker.svg_to_png(text, scale=2, preset="test/it"))
                for text in (drawn, svg.cleaned(drawn))
            )
            assert np.abs(before - after).max() < 64
            assert difference(before, after) < 0.01


def charts() -> list[pk.Chart]:
    """A few charts that together draw all that the built-in presets draw."""
    rows = {
        "x": [1, 2, 3, 4, 5, 6, 7, 8],
        "y": [3, 1, 4, 1, 5, 9, 2, 6],
        "z": list("aabbaabb"),
        "p": [0.1, 0.8, 0.3, 0.9, 0.4, 0.2, 0.6, 0.7],
        "t": [0, 1, 0, 1, 1, 0, 0, 1],
    }
    table = pk.Table(rows)
    return [
        pk.line(table, "x", "y", stroke="z", title="A <title> & more"),
        pk.scatter(table, "x", "y", title="Dots"),
        pk.histogram(table, "y", title="Bars"),
        pk.bar({"label": ["one", "two"], "value": [2, 1]}, "label", "value"),
        pk.roc_curve(rows["t"], rows["p"]),
        pk.confusion_matrix(y_true=rows["t"], preds=[round(p) for p in rows["p"]]),
    ]


def raw_svg(chart: pk.Chart) -> str:
    """As Vega draws it."""
    return worker.vegalite_to_svg(chart.to_json(), preset="test/it")


def rgb(data: bytes) -> np.ndarray:
    """The channels of all pixels, signed so that they can be subtracted."""
    image = pytest.importorskip("PIL.Image")
    with image.open(io.BytesIO(data)) as found:
        return np.asarray(found.convert("RGB")).astype(np.int16)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of a channel, 0 to 255."""
    return float(np.abs(one - other).mean())


SAID = Metadata("Größe <&> 日本", "Two\nlines", "me/line@3", "plotkit 1", "de-CH")
SVG, DC = "{http://www.w3.org/2000/svg}", "{http://purl.org/dc/elements/1.1/}"


class TestLabelled:
    def test_title_and_description(self) -> None:
        text = picture('<g role="graphics-object"><path d="M0,0h1"/></g>')
        root = ElementTree.fromstring(svg.labelled(text, SAID))
        assert [child.tag for child in root][:3] == [f"{SVG}title", f"{SVG}desc", f"{SVG}metadata"]
        title, description = root[0], root[1]
        assert (title.text, description.text) == (SAID.title, SAID.description)
        assert root.get("role") == "img"
        named = [child.get("id") for child in (title, description)]
        assert root.get("aria-labelledby", "").split() == named
        assert root.get("lang") == "de-CH"
        assert root.get("width") == "20" and root.get("viewBox") == "0 0 20 10"

    def test_dublin_core(self) -> None:
        said = SAID._replace(created="2026-03-01T12:00:00Z")
        root = ElementTree.fromstring(svg.labelled(picture(""), said))
        found = {part.tag.removeprefix(DC): part.text for part in root.iter() if DC in part.tag}
        assert found == {
            "format": "image/svg+xml",
            "title": SAID.title,
            "description": SAID.description,
            "creator": "plotkit 1",
            "source": "me/line@3",
            "language": "de-CH",
            "date": "2026-03-01T12:00:00+00:00",
        }
        assert "dc:date" not in svg.labelled(picture(""), SAID)

    def test_only_what_is_known(self) -> None:
        root = ElementTree.fromstring(svg.labelled(picture("<g/>"), Metadata(title="a")))
        assert [child.tag for child in root] == [f"{SVG}title", f"{SVG}metadata", f"{SVG}g"]
        bare = svg.labelled(picture("<g/>"), Metadata())
        assert bare == HEAD[:-1] + ' role="img"><g/></svg>'

    @pytest.mark.parametrize(
        "text",
        [
            "a\0b\x1b[0m\x08",
            "lone \ud800 and \udfff",
            "</title><script>alert(1)</script><!-- ]]> --><?x?>",
            "</desc></metadata><g onload='alert(1)'/>",
            "\ufffe\uffff\u2028\u2029\x85 \u202e",
            '"><img src=x onerror=alert(1)>&quot;&#0;',
            "javascript:alert(1)",
            "x" * 1_000_000,
        ],
    )
    def test_hostile_texts(self, text: str) -> None:
        made = svg.labelled(marks('<path d="M0,0h1"/>'), Metadata(text, text, text, text, text))
        root = ElementTree.fromstring(made.encode())
        assert {part.tag.rpartition("}")[2] for part in root.iter()} == {
            "svg", "title", "desc", "metadata", "RDF", "Description", "format", "description",
            "creator", "source", "g", "path",
        }  # fmt: skip
        assert not {name for part in root.iter() for name in part.attrib if name.startswith("on")}
        assert len(made) < 20_000
        assert svg.count_marks(made) == {"marks": 1}
        assert worker.svg_to_png(made, preset="test/it").startswith(b"\x89PNG")


class TestPrefixed:
    def test_ids_and_references(self) -> None:
        text = svg.labelled(
            picture(
                '<defs><clipPath id="clip0"><rect/></clipPath><linearGradient id="gradient0"/>'
                '</defs><g clip-path="url(#clip0)" aria-label=\'url(#clip0) id="clip0"\'>'
                '<path fill="url( #gradient0 )" class="url(#clip0)"/>'
                '<text>id=&quot;x&quot; url(#clip0) href="#clip0"</text></g>'
            ),
            SAID,
        )
        made = svg.prefixed(text, "chart7-")
        root = ElementTree.fromstring(made)
        ids = [part.get("id", "") for part in root.iter() if "id" in part.attrib]
        assert ids == [
            "chart7-plotkit-title",
            "chart7-plotkit-desc",
            "chart7-clip0",
            "chart7-gradient0",
        ]
        assert root.get("aria-labelledby") == "chart7-plotkit-title chart7-plotkit-desc"
        group = root.find(f"{SVG}g")
        assert group is not None and group.get("clip-path") == "url(#chart7-clip0)"
        assert group.get("aria-label") == 'url(#clip0) id="clip0"'
        assert group[0].get("fill") == "url(#chart7-gradient0)"
        assert group[0].get("class") == "url(#clip0)"
        assert group[1].text == 'id="x" url(#clip0) href="#clip0"'
        # Taken away again, nothing else has changed.
        spaced = text.replace("url( #gradient0 )", "url(#gradient0)")
        assert made.replace("chart7-", "") == spaced

    def test_a_real_chart(self) -> None:
        chart = pk.line({"x": [1, 2], "y": [3, 4]}, "x", "y", title="id='a' url(#b)")
        text = chart.to_svg()
        assert svg.count_marks(without_style(svg.prefixed(text, "p-"))) == svg.count_marks(
            without_style(text)
        )


def without_style(text: str) -> str:
    return re.sub("<style.*?</style>", "", text, flags=re.DOTALL)


def by_rsvg(text: str, wide: int, high: int, folder: Path) -> bytes:
    if not shutil.which("rsvg-convert"):
        pytest.skip("rsvg-convert (librsvg2-bin) is not installed")
    command = ["rsvg-convert", "-w", str(wide), "-h", str(high)]
    done = subprocess.run(
        command, input=text.encode(), env=fontconfig(folder), capture_output=True, check=True
    )
    assert not done.stderr
    return done.stdout


def by_inkscape(text: str, wide: int, high: int, folder: Path) -> bytes:
    if not shutil.which("inkscape"):
        pytest.skip("Inkscape is not installed")
    (folder / "it.svg").write_text(text, encoding="utf-8")
    command = ["inkscape", "it.svg", "-w", str(wide), "-h", str(high), "-o", "it.png"]
    environment = {**os.environ, **fontconfig(folder), "HOME": str(folder)}
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return (folder / "it.png").read_bytes()


def by_cairosvg(text: str, wide: int, high: int, folder: Path) -> bytes:
    try:
        import cairosvg
    except (ImportError, OSError):
        pytest.skip("CairoSVG or the library cairo is not installed")
    made: bytes = cairosvg.svg2png(bytestring=text.encode(), output_width=wide, output_height=high)
    return made


def fontconfig(folder: Path) -> dict[str, str]:
    """An environment in which only plotkit's own fonts are installed."""
    (folder / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{fonts.folders()[0]}</dir><cachedir>{folder}/cache</cachedir></fontconfig>"
    )
    return {"FONTCONFIG_FILE": str(folder / "fonts.conf"), "PATH": os.environ["PATH"]}


@pytest.mark.parametrize(
    ("draw", "tolerance"),
    # CairoSVG puts letters on whole pixels, and takes what font it finds.
    [(by_rsvg, 0.5), (by_inkscape, 0.5), (by_cairosvg, 4.0)],
)
def test_other_programs_draw_the_same(
    draw: Callable[[str, int, int, Path], bytes], tolerance: float, tmp_path: Path
) -> None:
    """What is saved as SVG looks like what is saved as PNG."""
    for chart in charts():
        picture = rgb(chart.to_png())
        wide, high = (round(2 * side) for side in svg.size(chart.to_svg()))
        text = chart.to_svg(fonts=False)
        assert difference(picture, rgb(draw(text, wide, high, tmp_path))) < tolerance
