"""What a notebook is given: the kinds, the size, the description, and nothing hostile."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from places_hostile import NAMES, TEXTS, hostile_table

import plotkit as pk


@pytest.fixture(autouse=True)
def _no_quarto(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUARTO_FIG_FORMAT", "QUARTO_FIG_DPI", "QUARTO_EXECUTE_INFO"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def chart() -> pk.Chart:
    table = {"step": [0, 1, 2, 3], "loss": [1.9, 1.1, 0.7, 0.6]}
    return pk.line(table, "step", "loss", title="Training loss")


@pytest.fixture(scope="module")
def hostile() -> pk.Chart:
    return pk.bar(hostile_table(), NAMES[0], NAMES[1], title=" ".join(TEXTS))


def pixels(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_a_picture_its_size_and_its_description(chart: pk.Chart) -> None:
    data, metadata = chart._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    png = base64.b64decode(data["image/png"], validate=True)
    assert png == chart.to_png()
    assert pixels(png) == (1280, 800), "sharp on a screen of twice the pixels"
    alt = chart.describe()
    assert metadata == {"image/png": {"width": 640, "height": 400, "alt": alt}}
    assert "loss" in alt
    assert data["text/plain"] == repr(chart)


@pytest.mark.parametrize(
    ("include", "exclude", "kinds"),
    [
        (["image/svg+xml"], None, {"image/svg+xml"}),
        ({"application/pdf", "text/plain"}, None, {"application/pdf", "text/plain"}),
        ("image/png", None, {"image/png"}),
        (["text/html"], None, set()),
        (None, ["image/png"], {"text/plain"}),
        (["image/png", "image/svg+xml"], ("image/png",), {"image/svg+xml"}),
    ],
)
def test_other_kinds_where_asked_for(
    chart: pk.Chart, include: Any, exclude: Any, kinds: set[str]
) -> None:
    data, metadata = chart._repr_mimebundle_(include=include, exclude=exclude)
    assert set(data) == kinds
    assert set(metadata) == kinds & {"image/png"}
    if "image/svg+xml" in kinds:
        assert data["image/svg+xml"].startswith("<svg ")
    if "application/pdf" in kinds:
        assert base64.b64decode(data["application/pdf"]).startswith(b"%PDF")


def quarto(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, target: str, dpi: str
) -> None:
    """The environment in which Quarto runs a program for a document."""
    info = tmp_path / "info.json"
    info.write_text(json.dumps({"format": {"identifier": {"base-format": target}}}))
    monkeypatch.setenv("QUARTO_FIG_FORMAT", kind)
    monkeypatch.setenv("QUARTO_FIG_DPI", dpi)
    if target:
        monkeypatch.setenv("QUARTO_EXECUTE_INFO", str(info))


@pytest.mark.parametrize(
    ("kind", "target", "dpi", "given", "wide"),
    [
        ("png", "html", "192", "image/png", 1280),
        ("png", "docx", "300", "image/png", 2000),
        ("png", "html", "nonsense", "image/png", 1280),
        ("png", "html", "nan", "image/png", 1280),
        ("jpeg", "html", "96", "image/png", 640),
        ("pdf", "pdf", "300", "application/pdf", None),
        ("svg", "html", "96", "image/svg+xml", None),
        ("svg", "typst", "96", "image/png", 2000),  # typst has none of the fonts in an SVG
        ("svg", "", "96", "image/png", 2000),
    ],
)
def test_what_quarto_asks_for(
    chart: pk.Chart,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: str,
    target: str,
    dpi: str,
    given: str,
    wide: int | None,
) -> None:
    quarto(monkeypatch, tmp_path, kind, target, dpi)
    data, metadata = chart._repr_mimebundle_()
    assert set(data) == {given, "text/plain"}
    if wide is not None:
        assert pixels(base64.b64decode(data[given]))[0] == wide
        assert metadata[given]["width"] == 640


def test_marimo_is_given_an_image_element(chart: pk.Chart) -> None:
    kind, text = chart._mime_()
    assert kind == "text/html"
    assert base64.b64encode(chart.to_png()).decode() in text
    assert elements(text) == [("img", {"alt", "src", "style", "width"})]


def elements(text: str) -> list[tuple[str, set[str]]]:
    found: list[tuple[str, set[str]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, {name for name, _ in attrs}))

    Reader().feed(text)
    return found


def test_hostile_texts_stay_text(hostile: pk.Chart) -> None:
    data, metadata = hostile._repr_mimebundle_()
    # It is sent as JSON in UTF-8, and its one text is plain ASCII where it is not printable.
    json.dumps([data, metadata], ensure_ascii=False).encode("utf-8")
    assert data["text/plain"].isprintable()
    alt = metadata["image/png"]["alt"]
    assert all(sign.isprintable() for sign in alt if sign != "\N{WORD JOINER}"), ascii(alt)
    assert "\u2028" not in alt
    kind, text = hostile._mime_()
    text.encode("utf-8")
    assert kind == "text/html"
    assert elements(text) == [("img", {"alt", "src", "style", "width"})]


def test_ipython_takes_it(chart: pk.Chart) -> None:
    pytest.importorskip("IPython")
    code = (
        "import json, sys\n"
        "from IPython.core.formatters import DisplayFormatter\n"
        "import plotkit as pk\n"
        "chart = pk.line({'x': [0, 1], 'y': [1, 2]}, 'x', 'y')\n"
        "for include in (None, ['image/svg+xml']):\n"
        "    data, metadata = DisplayFormatter().format(chart, include=include)\n"
        "    print(json.dumps([sorted(data), metadata]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert first[0] == ["image/png", "text/plain"]
    assert first[1]["image/png"]["width"] == 640
    assert second[0] == ["image/svg+xml"]


def test_nothing_of_jupyter_is_needed() -> None:
    code = (
        "import sys\n"
        "for name in ('IPython', 'ipykernel', 'marimo', 'nbformat'):\n"
        "    sys.modules[name] = None\n"
        "import plotkit as pk\n"
        "chart = pk.line({'x': [0, 1], 'y': [1, 2]}, 'x', 'y')\n"
        "print(sorted(chart._repr_mimebundle_()[0]), chart._mime_()[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['image/png', 'text/plain'] text/html\n"
