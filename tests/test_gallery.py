"""Every script of the gallery: its spec and its picture against snapshots, its PDF, and the page.

A wanted change is accepted with

    PLOTKIT_UPDATE_SNAPSHOTS=1 pytest tests/test_gallery.py

and seen in the diff of tests/snapshots.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import io
import json
import os
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from plotkit import Chart, errors, gallery, layout, presets, store, theme, trust
from plotkit.render import svg, worker

ROOT = Path(__file__).parent.parent
SNAPSHOTS = Path(__file__).with_name("snapshots")
SCRIPTS = {path.stem: path for path in sorted((ROOT / "gallery").glob("*.py"))}
FORKS = {
    f"{path.parent.name}/{path.stem}": path
    for path in sorted((ROOT / "gallery" / "presets").glob("*/*.json"))
}
UPDATE = os.environ.get("PLOTKIT_UPDATE_SNAPSHOTS") == "1"
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
ROWS_SHOWN = 20  # of a spec
SIBLINGS_SHOWN = 24  # of a picture: elements of one kind beside each other
PATH_SHOWN = 240  # characters of an outline

each_script = pytest.mark.parametrize("name", SCRIPTS)


@functools.cache
def chart(name: str) -> Chart:
    found = runpy.run_path(str(SCRIPTS[name]))["chart"]
    assert isinstance(found, Chart)
    return found


# --- snapshots ---------------------------------------------------------------------------------


def check(name: str, text: str) -> None:
    """Compare with the snapshot, or write it where that was asked for."""
    path = SNAPSHOTS / name
    if UPDATE and IN_CI:
        pytest.fail("snapshots are reviewed by hand, so CI does not write them", pytrace=False)
    if UPDATE:
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    assert path.is_file(), f"no snapshot {name}; see the top of {Path(__file__).name}"
    wanted = path.read_text(encoding="utf-8")
    if text != wanted:
        lines = difflib.unified_diff(
            wanted.splitlines(),
            text.splitlines(),
            f"{name} (snapshot)",
            f"{name} (now)",
            n=2,
            lineterm="",
        )
        pytest.fail("\n".join([*list(lines)[:80], "", "see the top of this file"]), pytrace=False)


def digest(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def cut(number: float) -> int | float:
    """Three places; of numbers near zero three digits."""
    short = round(number, 3) if abs(number) >= 0.1 else float(f"{number:.3g}")
    return int(short) if short == int(short) else short


def cut_all(node: Any) -> Any:
    if isinstance(node, float):
        return cut(node)
    if isinstance(node, list):
        return [cut_all(part) for part in node]
    return {k: cut_all(v) for k, v in node.items()} if isinstance(node, dict) else node


def spec_text(found: Chart) -> str:
    """The spec without its theme: one line a row, only the first rows, the others as a digest."""
    spec = found.to_dict()
    rows = [json.dumps(cut_all(row), ensure_ascii=False) for row in spec.pop("data")["values"]]
    spec.pop("config")
    lines = [json.dumps(cut_all(spec), indent=1, ensure_ascii=False), "", f"rows: {len(rows)}"]
    lines += rows[:ROWS_SHOWN]
    if len(rows) > ROWS_SHOWN:
        lines.append(f"... {len(rows) - ROWS_SHOWN} more, {digest(*rows[ROWS_SHOWN:])}")
    lines += ["", "notes:", *found.notes]
    return "\n".join(lines) + "\n"


def without_fonts(picture: str) -> str:
    return re.sub(r"<style>.*?</style>", "", picture, flags=re.S)


def svg_text(picture: str) -> str:
    """One element a line, numbers cut, ids renumbered, long outlines and long runs as digests."""
    root = ElementTree.fromstring(without_fonts(picture))
    text = "\n".join(element_lines(root, 0)) + "\n"
    ids = dict.fromkeys(re.findall(r' id="([^"]+)"', text))
    for number, old in enumerate(ids, 1):
        text = re.sub(
            rf'(?<=id="){re.escape(old)}(?=")|(?<=#){re.escape(old)}\b', f"id{number}", text
        )
    return text


def element_lines(element: ElementTree.Element, depth: int) -> Iterator[str]:
    yield " " * depth + element_line(element)
    run: list[str] = []
    tag = ""
    for child in element:
        lines = list(element_lines(child, depth + 1))
        if child.tag != tag:
            yield from shortened(run)
            run, tag = [], child.tag
        run.append("\n".join(lines))
    yield from shortened(run)


def shortened(run: list[str]) -> list[str]:
    if len(run) <= SIBLINGS_SHOWN:
        return run
    rest = run[SIBLINGS_SHOWN:]
    indent = " " * (len(rest[0]) - len(rest[0].lstrip()))
    return [*run[:SIBLINGS_SHOWN], f"{indent}... {len(rest)} more, {digest(*rest)}"]


def element_line(element: ElementTree.Element) -> str:
    parts = [element.tag.rpartition("}")[2]]
    for name, value in element.attrib.items():
        if name not in ("id", "class"):
            # A digit that belongs to a word, such as a colour, is none.
            value = re.sub(
                r"(?<![\w#.])-?\d*\.\d+(?:e-?\d+)?|(?<=[A-Za-z])-?\d*\.\d+(?:e-?\d+)?",
                lambda found: (
                    f"{cut(float(found[0])):g}" if abs(float(found[0])) < 1e5 else found[0]
                ),
                value,
            )
        if len(value) > PATH_SHOWN:
            value = f"{value[: PATH_SHOWN // 2]} … {len(value)} characters, {digest(value)}"
        parts.append(f'{name.rpartition("}")[2]}="{value}"')
    words = (element.text or "").strip()
    return f"<{' '.join(parts)}>{words}"


@each_script
def test_spec(name: str) -> None:
    found = chart(name)
    assert found.to_dict()["config"] == theme.config("light")
    check(f"{name}.spec.txt", spec_text(found))


@each_script
def test_picture(name: str) -> None:
    light, dark = (chart(name).to_svg(theme=look) for look in ("light", "dark"))
    counts = [svg.count_marks(without_fonts(picture)) for picture in (light, dark)]
    assert counts[0] == counts[1], "both themes draw the same marks"
    if not worker.engine_version().startswith("1."):
        pytest.skip("snapshots of pictures are of the engine's version 1")
    check(f"{name}.svg.txt", svg_text(light))


@each_script
def test_pdf(name: str) -> None:
    pypdf = pytest.importorskip("pypdf")
    found = chart(name)
    pages = pypdf.PdfReader(io.BytesIO(found.to_pdf())).pages
    width, height = svg.size(found.to_svg())
    assert len(pages) == 1
    box = pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(
        (width * 0.75, height * 0.75), abs=1
    )
    words = "".join(pages[0].extract_text().split())
    assert "".join(found.strings["title"].split()) in words


def test_no_snapshot_is_left_over() -> None:
    wanted = {f"{name}.{kind}.txt" for name in SCRIPTS for kind in ("spec", "svg")}
    if UPDATE:
        for path in SNAPSHOTS.iterdir():
            if path.name not in wanted:
                path.unlink()
    assert {path.name for path in SNAPSHOTS.iterdir()} == wanted


def test_every_preset_has_a_script() -> None:
    drawn = {chart(name).preset.id for name in SCRIPTS}
    assert drawn == {*store.names(), *FORKS}


# --- forks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", FORKS)
def test_fork(id: str) -> None:
    """A fork needs no trust, is laid out as it is saved, and its diff is what it changed."""
    path = FORKS[id]
    fork = presets.get(path)
    assert fork.id == id
    assert presets.validate(fork) == []
    assert trust.findings(fork.content) == []
    assert path.read_text(encoding="utf-8") == fork.to_json() == layout.pretty(fork.content)
    changes = "".join(f"{change}\n" for change in presets.diff(fork.parent["id"], fork))
    assert path.with_suffix(".diff.txt").read_text(encoding="utf-8") == changes
    shown = (ROOT / "gallery" / "README.md").read_text(encoding="utf-8")
    assert f"```text\n{changes}```" in shown, "gallery/README.md shows it"


def test_forks_are_made_as_they_stand() -> None:
    left = runpy.run_path(str(ROOT / "gallery" / "presets" / "make_presets.py"))
    assert {fork.id: fork.to_json() for fork in left["FORKS"]} == {
        id: path.read_text(encoding="utf-8") for id, path in FORKS.items()
    }


# --- the page ----------------------------------------------------------------------------------

SCRIPT = '''"""Two bars & a <note>."""

import plotkit as pk

chart = pk.bar({"it": ["<b>", "c", "c"], "n": [1, 2, 4]}, "it", "n", title="Bars < lines")
'''


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "two.py").write_text(SCRIPT)
    (folder / "one.py").write_text(SCRIPT.replace("lines", "points"))
    return folder


def test_page(scripts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    page = gallery.build_gallery(out, scripts)
    assert page == out / "index.html"
    pictures = {f"{name}-{look}.svg" for name in ("one", "two") for look in ("light", "dark")}
    assert {path.name for path in out.iterdir()} == {"index.html", *pictures}
    assert capsys.readouterr() == ("", "[1/2] one\n[2/2] two\n")

    text = page.read_text(encoding="utf-8")
    assert text.index('id="one"') < text.index('id="two"'), "in the order of their names"
    assert set(re.findall(r'src(?:set)?="([^"]+)"', text)) == pictures
    assert "<script" not in text
    assert "://" not in text, "nothing outside is named"
    assert "default-src 'none'; style-src 'sha256-" in text
    assert "Two bars &amp; a &lt;note&gt;." in text
    assert "chart = pk.bar({&quot;it&quot;: [&quot;&lt;b&gt;&quot;" in text
    assert 'alt="Bars &lt; lines"' in text
    assert "Note: column &#x27;it&#x27;: 1 of 2 bars stand for more than one row" in text

    before = {path.name: path.read_bytes() for path in out.iterdir()}
    gallery.build_gallery(out, scripts)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_page_shows_what_a_fork_changed(
    scripts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (scripts / "two.py").write_text(
        "import plotkit as pk\n"
        "mine = pk.presets.get('plotkit/bar').fork('carey/bars', title='<Bars>')\n"
        "chart = pk.plot_table(mine, {'a': ['x'], 'b': [1]}, {'label': 'a', 'value': 'b'})\n"
    )
    text = gallery.build_gallery(tmp_path / "out", scripts).read_text(encoding="utf-8")
    assert text.count('class="diff"') == 1
    shown = text.split("What carey/bars changed of plotkit/bar:</p>")[1]
    assert "~ /usermeta/plotkit/title: &#x27;Bar&#x27; -&gt; &#x27;&lt;Bars&gt;&#x27;" in shown
    capsys.readouterr()


def test_policy_allows_the_style(scripts: Path, tmp_path: Path) -> None:
    import base64

    text = gallery.build_gallery(tmp_path / "out", scripts).read_text(encoding="utf-8")
    styles = re.findall(r"<style>(.*?)</style>", text, re.S)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in styles]
    assert re.findall(r"'sha256-([^']+)'", text) == hashes
    assert " style=" not in text


def test_faults(scripts: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.OptionError, match="a folder of Python scripts"):
        gallery.build_gallery(tmp_path / "out", tmp_path)
    with pytest.raises(errors.SaveError):
        gallery.build_gallery(tmp_path / "no" / "out", scripts)
    (scripts / "two.py").write_text("chart = 1\n")
    with pytest.raises(errors.OptionError, match="a variable named chart"):
        gallery.build_gallery(tmp_path / "out", scripts)
    (scripts / "one.py").write_text("import plotkit\nplotkit.line({'a': [1]}, 'a', 'b')\n")
    with pytest.raises(errors.ColumnNotFoundError) as caught:
        gallery.build_gallery(tmp_path / "out", scripts)
    assert caught.value.__notes__ == [f"in the gallery script {scripts / 'one.py'}"]
