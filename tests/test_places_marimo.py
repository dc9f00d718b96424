"""A marimo notebook, exported by marimo and read in a browser."""

from __future__ import annotations

import base64
import json
import mimetypes
import re
import subprocess
import sys
from pathlib import Path

import chromium
import pytest
from places_hostile import NAMES, PICTURES, TEXTS, child, hostile_table, opened

pytestmark = pytest.mark.places
FRONTEND = re.compile(r"https://cdn\.jsdelivr\.net/npm/@marimo-team/frontend@[^/]+/dist/([^?]*)")
HELD = base64.b64encode(json.dumps([hostile_table(), NAMES, TEXTS]).encode()).decode()
# The lone halves of surrogates stay inside a function: marimo cannot send them as variables.
APP = f'''
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import plotkit as pk

    def made():
        import base64, json
        table, names, texts = json.loads(base64.b64decode("{HELD}"))
        return pk.bar(table, names[0], names[1], title=" ".join(texts))

    return made, mo, pk


@app.cell
def _(pk):
    pk.line(dict(step=[0, 1, 2], loss=[1.9, 1.1, 0.7]), "step", "loss", title="Loss")
    return


@app.cell
def _(made):
    made()
    return


@app.cell
def _(made, mo):
    mo.vstack([mo.md(f"In text: {{mo.as_html(made())}}"), mo.hstack([made(), made()])])
    return


if __name__ == "__main__":
    app.run()
'''


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marimo") / "app.py"
    path.write_text(APP, "utf-8")
    return path


def export(app: Path, kind: str, *options: str) -> Path:
    if not frontend():
        pytest.skip("marimo is missing")
    to = app.with_suffix({"html": ".html", "ipynb": ".ipynb"}[kind])
    command = [sys.executable, "-m", "marimo", "export", kind, *options, str(app), "-o", str(to)]
    done = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        cwd=app.parent,
        env=child(app.parent),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return to


def frontend() -> Path | None:
    """The folder of marimo's own JavaScript, which its pages ask a server for."""
    from importlib.util import find_spec

    found = find_spec("marimo")
    return None if found is None or found.origin is None else Path(found.origin).parent / "_static"


def answer(url: str) -> tuple[str, bytes] | None:
    found, folder = FRONTEND.match(url), frontend()
    if found is None or folder is None or not (folder / found[1]).is_file():
        return None
    kind = mimetypes.guess_type(found[1])[0] or "application/octet-stream"
    return kind, (folder / found[1]).read_bytes()


def test_html(app: Path) -> None:
    chromium.path()
    page = export(app, "html")
    with opened(page, answer=answer) as (view, asked):
        view.wait_for_function(f"({PICTURES}).length >= 5", timeout=60_000)
        view.wait_for_timeout(500)
        assert view.evaluate("globalThis.ran") is None
        assert not [url for url in asked if "127.0.0.1" in url]
        pictures = view.evaluate(PICTURES)
    assert len(pictures) == 5
    assert (pictures[0]["width"], pictures[0]["height"], pictures[0]["pixels"]) == (640, 400, 1280)
    assert all(found["alt"] for found in pictures)
    assert pictures[0]["width"] / pictures[0]["height"] == pytest.approx(1.6, rel=0.02)


def test_ipynb(app: Path) -> None:
    """Exported once more, as a notebook of Jupyter."""
    nbformat = pytest.importorskip("nbformat", reason="nbformat is missing")
    held = nbformat.read(export(app, "ipynb", "--include-outputs"), 4)
    shown = [out for cell in held.cells for out in cell.get("outputs", [])]
    pictures = [out.data["text/html"] for out in shown if "text/html" in out.get("data", {})]
    assert len(pictures) == 3
    assert pictures[0].startswith('<img src="data:image/png;base64,')
    assert "<script" not in "".join(pictures)
