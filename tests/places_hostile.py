"""Texts that want to be more than text, and a browser that notices when one of them is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chromium

# What each would do if it ran: set `ran`, or ask for a picture at an address that nobody has.
NAMES = [
    "</script><script>globalThis.ran=1</script>",
    "<img src=http://127.0.0.1:9/x onerror=globalThis.ran=1>",
    "javascript:globalThis.ran=1",
    "<!-- ]]> -->",
    "a\u2028b\u2029c",
    "\"'><svg onload=globalThis.ran=1>",
    "[x](javascript:globalThis.ran=1) ![y](http://127.0.0.1:9/y)",
    "`=cmd|' /C calc'!A0` $\\href{javascript:globalThis.ran=1}{z}$",
]
# Columns must have names that can be typed; titles and values may hold anything.
TEXTS = [*NAMES, "lone \ud800 half", "\x1b[31mred\x00", "\ufffe\uffff"]


def hostile_table() -> dict[str, list[Any]]:
    """Eight names of columns, and all texts as values of the first."""
    rows = len(TEXTS)
    table: dict[str, list[Any]] = {NAMES[0]: list(TEXTS)}
    for at, name in enumerate(NAMES[1:], 1):
        table[name] = [float(at + row) for row in range(rows)]
    return table


@contextmanager
def opened(
    page: Path,
    *,
    width: int = 1000,
    answer: Callable[[str], tuple[str, bytes] | None] | None = None,
) -> Iterator[tuple[Any, list[str]]]:
    """A page of a file in the browser, and the addresses outside it that it asked for.

    `answer` may give the type and bytes of an address that the page's own tool asks for.
    """
    asked: list[str] = []

    def route(found: Any) -> None:
        url = found.request.url
        if url.startswith(("file:", "data:", "blob:")):
            found.continue_()
            return
        given = answer(url) if answer else None
        if given is None:
            asked.append(url)
            found.abort()
        else:
            kind, body = given
            allow = {"Access-Control-Allow-Origin": "*"}
            found.fulfill(body=body, content_type=kind, headers=allow)

    with chromium.running() as browser:
        view = browser.new_page(viewport={"width": width, "height": 900})
        view.route("**/*", route)
        view.goto(page.resolve().as_uri())
        yield view, asked


PICTURES = (
    "[...document.querySelectorAll('img')].filter(i => i.naturalWidth > 0)"
    ".map(i => ({width: i.width, height: i.height, pixels: i.naturalWidth, alt: i.alt}))"
)


def child(tmp_path: Path) -> dict[str, str]:
    """An environment for a tool's own process: this plotkit, and nobody's configuration."""
    root = Path(__file__).parent.parent
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    own = {
        name: str(tmp_path / "home")
        for name in (
            "HOME",
            "IPYTHONDIR",
            "JUPYTER_CONFIG_DIR",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
        )
    }
    return {**os.environ, **own, "PYTHONPATH": path, "JUPYTER_PLATFORM_DIRS": "1"}
