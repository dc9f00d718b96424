"""The README's commands and code run as they stand, and what it shows is what comes out."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from plotkit import store

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


class Block(NamedTuple):
    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 2)
        for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    ]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a clone to read from, and takes what is written."""
    (tmp_path / "gallery").mkdir()
    for name in ("data", "digits"):
        (tmp_path / "gallery" / name).symlink_to(ROOT / "gallery" / name)
    command = tmp_path / "bin" / "plotkit"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m plotkit "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PLOTKIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PLOTKIT_PRESETS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_lines_set_up() -> None:
    """The first two bash blocks: one line each, with nothing but Python's venv and pip."""
    first, second = [block.text for block in blocks(PAGES[0]) if block.language == "bash"][:2]
    for text in (first, second):
        assert text.count("\n") == 1, "one line"
        assert text.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")
    render = first.split(" && ")[-1]
    assert render.startswith(".venv/bin/plotkit render gallery/data/")
    assert '-o "$PWD/' in render, "it says where the chart is"
    assert second.split(" && ")[1:] == [
        ".venv/bin/pip install -q -e '.[test]'",
        ".venv/bin/pytest -q\n",
    ]


def test_first_line_renders(clone: Path) -> None:
    first = next(block.text for block in blocks(PAGES[0]) if block.language == "bash")
    command = first.split(" && ")[-1].removeprefix(".venv/bin/")
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(Path.cwd() / "iowa.png")]
    assert (clone / "iowa.png").read_bytes().startswith(b"\x89PNG")


def run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, shell=True, capture_output=True, encoding="utf-8", timeout=120, check=False
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_snippets(page: Path, clone: Path) -> None:
    """Code, commands and project files are run in the order of the page, in one folder.

    Python blocks share a namespace; a text block after one is its output. "..." stands for what
    differs from run to run.
    """
    space: dict[str, object] = {"__name__": "__main__"}
    said = ""
    for block in blocks(page):
        place = f"{page.name}:{block.line}"
        if block.language == "python":
            printed = io.StringIO()
            # Empty lines in front give tracebacks the page's own line numbers.
            code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
            with contextlib.redirect_stdout(printed):
                exec(code, space)
            said = printed.getvalue()
        elif block.language == "text":
            assert said == block.text, place
        elif block.language == "toml":
            named = re.match(r"# (\w+\.toml)\n", block.text)
            name = named[1] if named else "pyproject.toml"
            (clone / name).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for command, shown in session(block.text):
                check_command(command, shown, clone)
    if page != PAGES[0]:
        return
    assert (clone / "loss.pdf").read_bytes().startswith(b"%PDF")
    # Where "Presets of your own" says that they stand.
    stored = {path.parent.name for path in (clone / "home" / "carey").glob("*/1.json")}
    assert stored == {"new_chart", "thick", "heat", "imported"}
    assert [path.name for path in (clone / "presets" / "carey").iterdir()] == ["bars.json"]
    assert (clone / "plotkit.lock.json").is_file()


def session(text: str) -> list[tuple[str, str]]:
    """(command, what it prints) of a console block."""
    parts = text.removeprefix("$ ").split("\n$ ")
    return [(part.partition("\n")[0], part.partition("\n")[2].rstrip("\n")) for part in parts]


def check_command(command: str, shown: str, clone: Path) -> None:
    assert command.startswith("plotkit ")
    files = [clone / name for name in re.findall(r"-o (\S+)", command)]
    for file in files:
        if file.is_file():  # an earlier block may have made it
            file.unlink()
    done = run(command)
    printed = (done.stdout + done.stderr).rstrip("\n")
    wanted = re.escape(shown).replace(r"\.\.\.", ".*")
    assert re.fullmatch(wanted, printed), f"{command}\n{printed}"
    assert all(file.exists() == (done.returncode == 0) for file in files)


def test_presets_are_listed() -> None:
    """The table names every built-in preset, its roles and its parameters."""
    listed = {}
    for row in re.findall(r"^\| `plotkit/.*$", README, re.M):
        name, _, named = (cell.strip() for cell in row.strip("|").split(" | "))
        roles, _, params = named.partition("<br>parameters: ")
        listed[name.split("`")[1]] = (
            re.findall(r"(\**)`(\w+)`", roles),
            re.findall(r"`(\w+)`", params),
        )
    assert set(listed) == set(store.names())
    for name, (roles, params) in listed.items():
        preset = store.get(name)
        declared = [("**" if role.required else "", role.name) for role in preset.roles.values()]
        assert roles == declared, name
        assert params == list(preset.params), name


@pytest.mark.parametrize("page", [*PAGES, ROOT / "gallery" / "README.md"], ids=str)
def test_links(page: Path) -> None:
    """What a page shows or points to in the repository is there."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r'(?:src|srcset)="([^"]+)"|\]\(([^)]+)\)', text)
    targets = [a or b for a, b in found if not (a or b).startswith(("http", "#"))]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing
