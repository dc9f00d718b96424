"""A real notebook, run by a real kernel, converted by nbconvert and Sphinx, read in a browser."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import chromium
import pytest
from places_hostile import NAMES, PICTURES, TEXTS, child, hostile_table, opened

pytestmark = pytest.mark.places
nbformat = pytest.importorskip("nbformat", reason="nbformat is missing")
for needed in ("nbclient", "nbconvert", "ipykernel"):
    pytest.importorskip(needed, reason=f"{needed} is missing")

HELD = base64.b64encode(json.dumps([hostile_table(), NAMES, TEXTS]).encode()).decode()
CELLS = [
    # The texts come in disguise, so that what a page shows of them comes from the charts.
    f"import base64, json\nimport plotkit as pk\n"
    f"table, names, texts = json.loads(base64.b64decode('{HELD}'))",
    "pk.line({'step': [0, 1, 2, 3], 'loss': [1.9, 1.1, 0.7, 0.6]}, 'step', 'loss', title='Loss')",
    "pk.bar(table, names[0], names[1], title=' '.join(texts))",
    "display(pk.scatter(table, names[1], names[2], color=names[0], title=names[0]))",
    "pk.confusion_matrix(y_true=texts, preds=texts[::-1], title=names[1])",
    "chart = pk.bar(table, names[0], names[1], title=names[1])\nprint(chart)\nchart.notes",
    "pk.line(table, names[0] + names[1], names[2])",
]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The notebook with what its kernel answered."""
    folder = tmp_path_factory.mktemp("notebook")
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    cells.insert(0, nbformat.v4.new_markdown_cell("# Charts"))
    made = nbformat.v4.new_notebook(cells=cells)
    path = folder / "charts.ipynb"
    nbformat.write(made, path)
    code = (
        "import sys, nbformat, nbclient\n"
        "held = nbformat.read(sys.argv[1], 4)\n"
        "nbclient.NotebookClient(held, timeout=240, allow_errors=True).execute()\n"
        "nbformat.write(held, sys.argv[1])\n"
    )
    run([sys.executable, "-c", code, str(path)], folder)
    return path


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        timeout=400,
        check=False,
        cwd=folder,
        env=child(folder),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def outputs(path: Path) -> list[list[Any]]:
    held = nbformat.read(path, 4)
    nbformat.validate(held)
    return [cell.outputs for cell in held.cells if cell.cell_type == "code"]


def test_the_kernel_answers_with_pictures(executed: Path) -> None:
    answers = outputs(executed)
    for answer in answers[1:5]:
        (shown,) = answer
        assert set(shown.data) == {"image/png", "text/plain"}
        held = shown.metadata["image/png"]
        assert set(held) == {"width", "height", "alt"}
        assert base64.b64decode(shown.data["image/png"])[:8] == b"\x89PNG\r\n\x1a\n"
    assert answers[1][0].metadata["image/png"]["width"] == 640
    # An error is one that says what is wrong, and no crash of the kernel.
    assert answers[6][0].ename == "ColumnNotFoundError"
    size = executed.stat().st_size
    assert size < 1_500_000, f"a notebook with four charts has {size:,} bytes"


def converted(executed: Path, *options: str, ending: str) -> Path:
    name = "-".join(["charts", *[option.strip("-") for option in options]])
    command = [sys.executable, "-m", "nbconvert", *options, "--output", name, str(executed)]
    run(command, executed.parent)
    return executed.parent / f"{name}{ending}"


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_html(executed: Path, template: str) -> None:
    chromium.path()
    page = converted(executed, "--to", "html", "--template", template, ending=".html")
    text = page.read_text("utf-8")
    assert "globalThis.ran" in text, "the texts are in the page"
    with opened(page) as (view, _):
        view.wait_for_timeout(500)
        assert view.evaluate("globalThis.ran") is None
        pictures = view.evaluate(PICTURES)
        assert len(pictures) == 4
        assert (pictures[0]["width"], pictures[0]["height"]) == (640, 400)
        assert all(found["pixels"] == 2 * found["width"] for found in pictures)
        if template == "classic":  # the other one has no place for it yet
            assert pictures[0]["alt"].startswith("Line")
    if template == "lab":
        with opened(page, width=400) as (view, _):
            found = view.evaluate(PICTURES)[0]
            assert found["width"] < 400
            assert found["width"] / found["height"] == pytest.approx(1.6, rel=0.02)


def test_html_asks_for_nothing_of_ours(executed: Path) -> None:
    """The page asks for what nbconvert puts in it, and for nothing that a text names."""
    chromium.path()
    page = converted(executed, "--to", "html", ending=".html")
    with opened(page) as (view, asked):
        view.wait_for_timeout(500)
        assert not [url for url in asked if "127.0.0.1" in url]


def test_markdown(executed: Path) -> None:
    page = converted(executed, "--to", "markdown", ending=".md")
    text = page.read_text("utf-8")
    files = re.findall(r"!\[png\]\(([^)]+)\)", text)
    assert len(files) == 4
    for name in files:
        assert (page.parent / name).read_bytes().startswith(b"\x89PNG")
    # Whatever else says anything of a chart is indented: code, for Markdown.
    told = [line for line in text.splitlines() if "globalThis" in line]
    assert told
    assert all(line.startswith("    ") for line in told)


def test_latex_takes_the_pictures(executed: Path) -> None:
    pytest.importorskip("pandocfilters")
    import shutil

    if shutil.which("pandoc") is None:
        pytest.skip("pandoc is missing, which nbconvert needs for LaTeX")
    page = converted(executed, "--to", "latex", ending=".tex")
    assert page.read_text("utf-8").count(r"\includegraphics[width=") == 4


def test_sphinx(executed: Path, tmp_path: Path) -> None:
    """Sphinx with myst-nb: pages for the browser, and LaTeX."""
    pytest.importorskip("myst_nb", reason="myst-nb is missing")
    (tmp_path / "conf.py").write_text(
        "project = 'charts'\nextensions = ['myst_nb']\nnb_execution_mode = 'off'\n"
    )
    (tmp_path / "index.md").write_text("# Index\n\n```{toctree}\ncharts\n```\n")
    (tmp_path / "charts.ipynb").write_bytes(executed.read_bytes())
    for builder in ("html", "latex"):
        command = [sys.executable, "-m", "sphinx", "-q", "-b", builder, ".", f"out/{builder}"]
        run(command, tmp_path)
    (tex,) = (tmp_path / "out" / "latex").glob("*.tex")
    assert tex.read_text("utf-8").count(r"\sphinxincludegraphics[width=") == 4
    chromium.path()
    with opened(tmp_path / "out" / "html" / "charts.html") as (view, asked):
        view.wait_for_timeout(500)
        assert view.evaluate("globalThis.ran") is None
        assert not [url for url in asked if "127.0.0.1" in url]
        pictures = view.evaluate(PICTURES)
        assert len(pictures) == 4
        assert (pictures[0]["width"], pictures[0]["pixels"]) == (640, 1280)
