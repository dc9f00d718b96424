"""Live charts in HTML: no network, no evaluated text; one chart in a page, or any number.

A page holds its charts as JSON, one JavaScript bundle (Vega and Vega-Lite, as the engine ships
them) and our own short program, the files in ``page/`` that :data:`PROGRAM` lists. What keeps a
hostile table or preset harmless:

- a Content-Security-Policy that runs only the two scripts whose hashes it names and loads nothing;
- Vega expressions are walked by our own interpreter, which knows no function values;
- text reaches the document only as ``textContent``, and the JSON cannot close its script element;
- what a spec could say about the page itself (``config``, ``usermeta``, odd keys) is left out.

:func:`html` is a whole page for one chart. A page of another kind, such as a report, holds
:func:`mount` once for each chart, where the chart shall stand, :func:`style` in its head,
:func:`scripts` once at the end of its body, and :func:`policy` of all its scripts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from plotkit import settings, written
from plotkit.render import detail as finer
from plotkit.stats import Detail
from plotkit.words import words as spoken_words

__all__ = [
    "SNIPPET",
    "WORDS",
    "Live",
    "bundle",
    "colours",
    "html",
    "mount",
    "policy",
    "scripts",
    "style",
]

#: What the page needs of the engine's JavaScript. vega-embed is the one name that every version of
#: the engine bundles whole (1.9 leaves ``vega`` and ``vegaLite`` null); the page uses it to compile
#: and to build a view, with its menu, styles, tooltip and its options from specs turned off.
SNIPPET = "globalThis.plotkitEngine={embed:vegaEmbed};"

#: The page's own program, in the order in which its files make one script.
PROGRAM = (
    "expressions.js",
    "document.js",
    "spec.js",
    "engine.js",
    "picture.js",
    "card.js",
    "pointing.js",
    "detail.js",
    "zoom.js",
    "drawing.js",
    "mount.js",
    "start.js",
)

#: What a page says by itself, in English; every text may be replaced by one in another language.
WORDS: Mapping[str, str] = spoken_words("en", "page")
#: Those of them that the page's program says.
_SPOKEN_BY_PROGRAM = ("zoom_by_scroll", "zoom_by_key", "zoomed_beyond", "more", "not_drawn")

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


_NONE_BY_THEME: Mapping[str, Mapping[str, object]] = MappingProxyType({})


class Live(NamedTuple):
    """A live chart of a page.

    Attributes
    ----------
    spec
        A finished Vega-Lite spec with its rows. Its ``config`` and ``usermeta`` are not used.
    configs
        Theme name (``"light"``, ``"dark"``) -> Vega-Lite config, with its ``locale`` if it has one.
    label
        The chart's spoken name, such as its title; empty means "Chart".
    description
        The text that stands in for the picture where it cannot be seen; may be empty.
    theme
        The theme it is drawn in; None follows the reader's own setting, also when it changes.
        Paper is printed light wherever ``configs`` has a light theme.
    allow_links
        Let ``href`` channels open ``http`` and ``https`` addresses in a new tab.
    detail
        Finer rows that a closer look shows.
    specs
        Theme name -> spec, in place of ``spec``, where colours stand in the spec itself.
    """

    spec: Mapping[str, object]
    configs: Mapping[str, Mapping[str, object]]
    label: str = ""
    description: str = ""
    theme: str | None = None
    allow_links: bool = False
    detail: Detail | None = None
    specs: Mapping[str, Mapping[str, object]] = _NONE_BY_THEME


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
    description: str = "",
    language: str = "en",
    words: Mapping[str, str] | None = None,
    detail: Detail | None = None,
    specs: Mapping[str, Mapping[str, object]] = _NONE_BY_THEME,
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
    description
        The text that stands in for the picture where it cannot be seen; may be empty.
    language
        BCP 47 tag of the language that the page's texts are in.
    words
        Texts in place of those of :data:`WORDS`, by their names.
    detail
        Finer rows that a closer look shows.
    specs
        Theme name -> spec, in place of ``spec``, where colours stand in the spec itself.

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
    told = {**WORDS, **(words or {})}
    live = Live(spec, configs, title, description, theme, allow_links, detail, specs)
    written, texts = scripts([live], bundle=bundle, words=words)
    return _filled(
        "page.html",
        language=escape(_clean(language)),
        csp=policy(texts),
        scheme=theme or "light dark",
        title=escape(_shorten(" ".join(_spoken(title).split()) or "Chart")),
        style=style(configs, theme=theme, fonts_css=fonts_css),
        frame=_asset("page.css"),
        chart=mount(live, 0, caption=_notes(notes, told), words=words),
        scripts=written,
    )


def mount(
    live: Live,
    number: int,
    *,
    still: str = "",
    caption: str | None = None,
    words: Mapping[str, str] | None = None,
) -> str:
    """Write the place of one live chart in a page.

    The chart takes up to its designed width of the element that this stands in, and is laid out
    anew where that is narrower; so that element's own width must not follow from its content.
    Charts are drawn when the reader comes near them, and all of them before printing.

    Parameters
    ----------
    live
        The chart.
    number
        Its position in what :func:`scripts` is given; no two places of a page share one.
    still
        Safe markup (it is not escaped) of a static picture, such as an SVG of ours: it stands
        there until the live chart does, and for readers without JavaScript.
    caption
        Safe markup of a ``<figcaption>`` or an empty text: the place is then a ``<figure>``, and
        its caption starts on the edge that the chart's own text starts on.
    words
        Texts in place of those of :data:`WORDS`, by their names.

    Returns
    -------
    str
        Markup of one element.
    """
    own = ""
    if live.theme is not None:  # a page in another theme has other colours for crosshair and rings
        own = f' style="{_variables(live.theme, live.configs[live.theme])}"'
    told = {name: escape(_clean(text)) for name, text in {**WORDS, **(words or {})}.items()}
    spoken = described = ""
    if live.description:
        described = f' aria-describedby="pk-words-{number}"'
        spoken = (
            f'<p class="pk-words" id="pk-words-{number}" dir="auto">'
            f"{escape(_clean(live.description))}</p>\n"
        )
    return _filled(
        "mount.html",
        tag="div" if caption is None else "figure",
        number=str(number),
        label=escape(_shorten(_spoken(live.label))),
        described=described,
        colours=own,
        still=f'<div class="pk-still">{still}</div>' if still else "",
        spoken=spoken,
        kind=told["chart"],
        limit=_LIMIT if live.detail else "",
        reset=told["reset_zoom"],
        noscript="" if still else _NOSCRIPT.format(told["no_script"]),
        caption=f"{caption}\n" if caption else "",
    ).rstrip("\n")


def style(
    configs: Mapping[str, Mapping[str, object]], *, theme: str | None = None, fonts_css: str = ""
) -> str:
    """Write the style sheet that live charts need, as the text of a ``<style>`` element.

    It sets the page's ``color-scheme``, its colours as variables of ``:root`` (``--pk-paper``,
    ``--pk-ink``, ``--pk-muted``, ``--pk-rule``, ``--pk-card``, ``--pk-card-edge``,
    ``--pk-accent``; a page may use them for its own text) and rules for names that begin with
    ``pk-``; nothing else of the page is touched.

    Parameters
    ----------
    configs
        Theme name -> Vega-Lite config, which the page takes its background and ink from: of
        ``theme``, or of ``"light"`` and ``"dark"`` if that is None.
    theme
        The page's theme; None follows the reader's own setting. Paper is light.
    fonts_css
        ``@font-face`` rules with ``data:`` sources, or an empty string.

    Raises
    ------
    KeyError
        ``configs`` has no entry for ``theme``.
    """
    shades = colours(configs, theme=theme)
    return f"{shades}\n{_asset('chart.css')}{_style_text(fonts_css)}"


def colours(configs: Mapping[str, Mapping[str, object]], *, theme: str | None = None) -> str:
    """Write the page's ``color-scheme``, and its colours as variables of ``:root``.

    See :func:`style`, which begins with them; a page without live charts needs no more.
    """
    names = _themes(configs, theme)
    rules = {name: f":root{{{_variables(name, configs[name])}}}" for name in names}
    if theme is None:
        scheme = ":root{color-scheme:light dark}"
        reader = f"@media screen and (prefers-color-scheme:dark){{{rules['dark']}}}"
        return f"{scheme}{rules['light']}{reader}"
    paper = f"@media print{{{rules['light']}}}" if "light" in rules else ""
    return f":root{{color-scheme:{_scheme(theme)}}}{rules[theme]}{paper}"


def scripts(
    lives: Sequence[Live], *, bundle: str, words: Mapping[str, str] | None = None
) -> tuple[str, list[str]]:
    """Write the scripts of a page with live charts, once for all of them.

    They stand at the end of the body, behind every place that :func:`mount` wrote. Configs that
    are equal are carried once.

    Parameters
    ----------
    lives
        The page's charts, by their numbers.
    bundle
        What :func:`bundle` returned.
    words
        Texts in place of those of :data:`WORDS`, by their names.

    Returns
    -------
    tuple[str, list[str]]
        Markup, and the texts of those of its scripts that run, for :func:`policy`.

    Raises
    ------
    KeyError
        A chart's ``configs`` have no entry for its ``theme``.
    """
    configs: list[object] = []
    places: dict[str, int] = {}
    charts: list[object] = []
    for live, (rowless, packed) in zip(lives, _closer(lives), strict=True):
        own: dict[str, int] = {}
        for name in _themes(live.configs, live.theme):
            config = _plain(live.configs[name])
            place = places.setdefault(_json(config), len(configs))
            if place == len(configs):
                configs.append(config)
            own[name] = place
        spec = _told(rowless)
        chart = {"spec": spec, "configs": own, "theme": live.theme, "links": live.allow_links}
        if live.specs:
            chart["specs"] = {name: _told(live.specs[name]) for name in own}
        charts.append(chart if packed is None else {**chart, "detail": packed})
    told = {**WORDS, **(words or {})}
    payload = {
        "words": {name: told[name] for name in _SPOKEN_BY_PROGRAM},
        "configs": configs,
        "charts": charts,
    }
    program = _program()
    written = _filled(
        "scripts.html",
        payload=_json(payload),
        bundle=bundle,
        program=program,
    )
    return written.rstrip("\n"), [bundle, program]


def _closer(
    lives: Sequence[Live],
) -> Iterator[tuple[Mapping[str, object], dict[str, object] | None]]:
    """Each chart's spec, and the rows for a closer look, which hold the spec's own as well.

    The page's limit is shared: what a chart does not need is left to those after it.
    """
    left = settings.detail_bytes
    waiting = sum(live.detail is not None for live in lives)
    for live in lives:
        found = None if live.detail is None else _picture_of(live.spec, live.detail)
        if live.detail is None or found is None:
            yield live.spec, None
            continue
        spec, name, level = found
        share = max(left, 0) // waiting
        packed = finer.carried(live.detail, share, base=level, zooms=_zooms(live.spec))
        left -= finer.size(packed)
        waiting -= 1
        yield spec, {"data": name, **packed}


def _picture_of(
    spec: Mapping[str, Any], detail: Detail
) -> tuple[dict[str, object], str, int] | None:
    """The spec without its rows, their name in it, and the level of detail that they are."""
    data, sets = spec.get("data"), spec.get("datasets") or {}
    entries = data if isinstance(data, list) else [data] if data else []  # a list in Vega
    held = {entry.get("name", _ROWS_NAME): entry.get("values") for entry in entries}
    for level in range(detail.levels):
        columns = detail.at(level)
        names = list(columns)
        drawn = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        name = next((name for name, rows in {**held, **sets}.items() if rows == drawn), None)
        if name is None:
            continue
        if name in sets:
            return {**spec, "datasets": {**sets, name: []}}, name, level
        bare = [{**one, "values": []} if one.get("values") == drawn else one for one in entries]
        left = bare if isinstance(data, list) else {**bare[0], "name": name}
        return {**spec, "data": left}, name, level
    return None


def _zooms(node: object) -> bool:
    """Whether a spec has a selection that zooms."""
    if isinstance(node, Mapping):
        return node.get("bind") == "scales" or any(
            _zooms(value) for key, value in node.items() if key not in _ROWS
        )
    return isinstance(node, (list, tuple)) and any(map(_zooms, node))


def policy(scripts: Sequence[str] = (), *, media: bool = False) -> str:
    """Write the Content-Security-Policy of a page that runs these scripts and loads nothing.

    Parameters
    ----------
    scripts
        The exact texts of the page's ``<script>`` elements that run; none, for a page without.
    media
        Let the page play sound and video that it holds itself.

    Returns
    -------
    str
        The ``content`` of ``<meta http-equiv="Content-Security-Policy">``, which stands in the
        head before any script and style.
    """
    hashes = " ".join(
        f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes or _NONE}; style-src 'unsafe-inline'; "
        f"img-src data:; {_MEDIA if media else ''}font-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


_NONE = "'none'"
_MEDIA = "media-src data: blob:; "
_PAGE_KEYS = frozenset({"config", "usermeta"}) | _UNSAFE_KEYS
_ROWS_NAME = "pk-rows"  # of rows that have no name of their own
_LIMIT = '<span class="pk-limit" role="status"></span>'
_NOSCRIPT = '<noscript><p class="pk-message">{}</p></noscript>\n'


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
        path.parent.mkdir(parents=True, exist_ok=True)
        written.whole(path, _seal(text.encode()) + b"\n" + text.encode())
    return text


def _seal(body: bytes) -> bytes:
    return b"// sha256 " + hashlib.sha256(body).hexdigest().encode()


def _themes(configs: Mapping[str, Mapping[str, object]], theme: str | None) -> list[str]:
    """Name the configs the page carries: the shown ones, and light for paper."""
    if theme is None:
        return ["light", "dark"]
    return list(dict.fromkeys([theme, *(["light"] if "light" in configs else [])]))


def _told(spec: Mapping[str, object]) -> dict[str, object]:
    """A spec without what it could say about the page itself."""
    return {key: _plain(value) for key, value in spec.items() if key not in _PAGE_KEYS}


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
    return ";".join(f"--pk-{key}:{value}" for key, value in colours.items())


def _scheme(theme: str) -> str:
    return "dark" if theme == "dark" else "light"


def _notes(notes: Sequence[str], told: Mapping[str, str]) -> str:
    lines = [escape(_clean(note)) for note in notes]
    if not lines:
        return ""
    if len(lines) == 1:
        return f'<figcaption><p class="pk-notes" dir="auto">{lines[0]}</p></figcaption>'
    summary = escape(_clean(told["notes"].replace("{count}", str(len(lines)))))
    items = "".join(f'<li dir="auto">{line}</li>' for line in lines)
    return (
        f'<figcaption><details class="pk-notes"><summary>{summary}</summary>'
        f"<ul>{items}</ul></details></figcaption>"
    )


def _spoken(title: str) -> str:
    return _clean(title).strip() or "Chart"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _shorten(text: str) -> str:
    return text if len(text) <= _TITLE_LIMIT else text[: _TITLE_LIMIT - 1] + "\u2026"


def _program() -> str:
    """Join the program's files into one script with a scope of its own."""
    parts = "\n".join(_asset(name) for name in PROGRAM)
    return f'(() => {{\n"use strict";\n\n{parts}}})();\n'


def _filled(name: str, **slots: str) -> str:
    # One pass, so that text put into one slot is never searched for another.
    return _SLOT.sub(lambda match: slots[match[1]], _asset(name))


def _asset(name: str) -> str:
    # Bytes, then decode: a checkout with CRLF line ends must not change the hashes.
    return (_ASSETS / name).read_bytes().decode().replace("\r\n", "\n")
