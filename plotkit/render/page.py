"""One self-contained HTML page for every chart: no network, no evaluated text.

The page holds the chart as JSON, one JavaScript bundle (Vega and Vega-Lite, as the engine ships
them) and our own short program, ``page/page.js``. What keeps a hostile table or preset harmless:

- a Content-Security-Policy that runs only the two scripts whose hashes it names and loads nothing;
- Vega expressions are walked by our own interpreter, which knows no function values;
- text reaches the document only as ``textContent``, and the JSON cannot close its script element;
- what a spec could say about the page itself (``config``, ``usermeta``, odd keys) is left out.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

__all__ = ["SNIPPET", "bundle", "html"]

#: What the page needs of the engine's JavaScript. vega-embed is the one name that every version of
#: the engine bundles whole (1.9 leaves ``vega`` and ``vegaLite`` null); the page uses it to compile
#: and to build a view, with its menu, styles, tooltip and its options from specs turned off.
SNIPPET = "globalThis.plotkitEngine={embed:vegaEmbed};"

_ASSETS = Path(__file__).with_name("page")

#: Colours of the page itself; a theme's own background and title colours replace the first three.
_COLOURS: dict[str, dict[str, str]] = {
    "light": {
        "paper": "#ffffff",
        "ink": "#16191d",
        "muted": "#5b6570",
        "rule": "#c3cad1",
        "card": "#ffffff",
        "card-edge": "#e1e5e9",
        "accent": "#0b67c2",
    },
    "dark": {
        "paper": "#14171a",
        "ink": "#e8ebee",
        "muted": "#9aa4ae",
        "rule": "#3a424a",
        "card": "#1e2327",
        "card-edge": "#343b42",
        "accent": "#6cb0f5",
    },
}
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})|[a-zA-Z]{3,20}")

#: Keys that mean something to JavaScript objects and nothing to a chart.
_UNSAFE_KEYS = frozenset({"__proto__", "constructor", "prototype"})
#: Rows are data: their keys are never merged into anything.
_ROWS = frozenset({"values", "datasets"})

#: Characters that HTML forbids, or that cannot be written as UTF-8.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_TITLE_LIMIT = 300


def html(
    spec: Mapping[str, object],
    *,
    configs: Mapping[str, Mapping[str, object]],
    theme: str | None,
    title: str,
    notes: Sequence[str],
    bundle: str,
    fonts_css: str,
    allow_links: bool = False,
) -> str:
    """Write one chart as a complete HTML document.

    Parameters
    ----------
    spec
        A finished Vega-Lite spec with its rows. Its ``config`` and ``usermeta`` are not used.
    configs
        Theme name (``"light"``, ``"dark"``) -> Vega-Lite config.
    theme
        ``"light"`` or ``"dark"``; None follows the reader's own setting, also when it changes.
        Paper is printed light wherever ``configs`` has a light theme.
    title
        The document's title and the chart's spoken name; empty means "Chart".
    notes
        Plain sentences listed under the chart.
    bundle
        What :func:`bundle` returned.
    fonts_css
        ``@font-face`` rules with ``data:`` sources, or an empty string.
    allow_links
        Let ``href`` channels open ``http`` and ``https`` addresses in a new tab. The page itself
        loads nothing either way.

    Returns
    -------
    str
        The document; equal input gives equal text. Write it as UTF-8 and without changing line
        ends: the policy's hashes are those of its exact bytes.

    Raises
    ------
    KeyError
        ``configs`` has no entry for ``theme``.
    """
    names = _themes(configs, theme)
    payload = {
        "spec": {key: _plain(value) for key, value in spec.items() if key not in _PAGE_KEYS},
        "configs": {name: _plain(configs[name]) for name in names},
        "theme": theme,
        "links": allow_links,
    }
    program = _asset("page.js")
    spoken = _clean(title) or "Chart"
    slots = {
        "csp": _policy(bundle, program),
        "scheme": theme or "light dark",
        "title": escape(_shorten(" ".join(spoken.split()) or "Chart")),
        "label": escape(_shorten(spoken)),
        "colours": _colours(configs, names, theme),
        "style": _asset("page.css"),
        "fonts": _style_text(fonts_css),
        "notes": _notes(notes),
        "payload": _json(payload),
        "bundle": bundle,
        "program": program,
    }
    # One pass, so that text put into one slot is never searched for another.
    return _SLOT.sub(lambda match: slots[match[1]], _asset("page.html"))


_PAGE_KEYS = frozenset({"config", "usermeta"}) | _UNSAFE_KEYS


def bundle(fetch: Callable[[str], str], cache_dir: Path, version: str) -> str:
    """Return the page's JavaScript bundle, from the disk cache where that is sound.

    Parameters
    ----------
    fetch
        The engine's ``javascript_bundle``: takes :data:`SNIPPET`, returns JavaScript. It is called
        only on a miss (one to two seconds, about 0.9 MB).
    cache_dir
        Folder of the cache; made if missing. One that cannot be read or written is no error.
    version
        The engine's version; another version never shares a file.

    Returns
    -------
    str
        JavaScript that is safe inside a ``<script>`` element.
    """
    key = hashlib.sha256(SNIPPET.encode()).hexdigest()[:16]
    path = cache_dir / f"vega-{re.sub(r'[^0-9A-Za-z.]', '_', version)}-{key}.js"
    with contextlib.suppress(OSError):
        digest, _, body = path.read_bytes().partition(b"\n")
        if body and digest == _seal(body):
            return body.decode()
    text = _script_text(fetch(SNIPPET))
    # An own scope: minified top-level names must not become the page's globals.
    text = f'(()=>{{"use strict";\n{text}\n}})();'
    with contextlib.suppress(OSError):
        _write_whole(path, _seal(text.encode()) + b"\n" + text.encode())
    return text


def _seal(body: bytes) -> bytes:
    return b"// sha256 " + hashlib.sha256(body).hexdigest().encode()


def _write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` at once: a reader sees the old file or the new one."""
    import tempfile  # only a cache miss needs it, and it loads half of the standard library

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _themes(configs: Mapping[str, Mapping[str, object]], theme: str | None) -> list[str]:
    """Name the configs the page carries: the shown ones, and light for paper."""
    if theme is None:
        return ["light", "dark"]
    return list(dict.fromkeys([theme, *(["light"] if "light" in configs else [])]))


def _policy(*scripts: str) -> str:
    hashes = " ".join(
        f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )


def _plain(value: object) -> object:
    """Copy a spec without the keys that mean something to JavaScript itself."""
    if isinstance(value, Mapping):
        return {
            key: item if key in _ROWS else _plain(item)
            for key, item in value.items()
            if key not in _UNSAFE_KEYS
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _json(value: object) -> str:
    """Write JSON that cannot end its script element; non-ASCII text is escaped."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _script_text(text: str) -> str:
    r"""Make JavaScript safe as the text of a script element.

    ``<\/script`` and ``<\!--`` mean the same inside a string, and minified code has them nowhere
    else; line ends are those an HTML parser would make of them, so that the hash agrees.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"<(?=/script|script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


def _style_text(text: str) -> str:
    return re.sub(r"</(?=style)", r"<\\/", text, flags=re.IGNORECASE)


def _colours(
    configs: Mapping[str, Mapping[str, object]], names: Sequence[str], theme: str | None
) -> str:
    rules = {name: f":root{{{_variables(name, configs[name])}}}" for name in names}
    if theme is None:
        return f"{rules['light']}@media screen and (prefers-color-scheme:dark){{{rules['dark']}}}"
    paper = f"@media print{{{rules['light']}}}" if "light" in rules else ""
    return f":root{{color-scheme:{_scheme(theme)}}}{rules[theme]}{paper}"


def _variables(name: str, config: Mapping[str, object]) -> str:
    colours = dict(_COLOURS[_scheme(name)])
    title = config.get("title")
    title = title if isinstance(title, Mapping) else {}
    for key, value in (
        ("paper", config.get("background")),
        ("ink", title.get("color")),
        ("muted", title.get("subtitleColor")),
    ):
        if isinstance(value, str) and _COLOUR.fullmatch(value):
            colours[key] = value
    return ";".join(f"--{key}:{value}" for key, value in colours.items())


def _scheme(theme: str) -> str:
    return "dark" if theme == "dark" else "light"


def _notes(notes: Sequence[str]) -> str:
    lines = [escape(_clean(note)) for note in notes]
    if not lines:
        return ""
    if len(lines) == 1:
        return f'<figcaption><p class="notes" dir="auto">{lines[0]}</p></figcaption>'
    items = "".join(f'<li dir="auto">{line}</li>' for line in lines)
    return (
        f'<figcaption><details class="notes"><summary>{len(lines)} notes on the data</summary>'
        f"<ul>{items}</ul></details></figcaption>"
    )


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _shorten(text: str) -> str:
    return text if len(text) <= _TITLE_LIMIT else text[: _TITLE_LIMIT - 1] + "\u2026"


def _asset(name: str) -> str:
    # Bytes, then decode: a checkout with CRLF line ends must not change the hashes.
    return (_ASSETS / name).read_bytes().decode().replace("\r\n", "\n")
