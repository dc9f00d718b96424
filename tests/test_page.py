"""The HTML page as text: its parts, what it escapes, its policy, its cache."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

import pytest

from plotkit.render import page

SPEC: dict[str, object] = {
    "data": {"values": [{"x": 1, "y": 2}]},
    "mark": {"type": "point", "aria": False},
    "encoding": {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
    },
}
CONFIGS: dict[str, dict[str, object]] = {
    "light": {"background": "#fffdf8", "title": {"color": "#111111"}},
    "dark": {"background": "#101214"},
}
BUNDLE = "globalThis.plotkitEngine=null;"

HOSTILE = [
    "</script><script>window.PWNED=1</script>",
    "<!--<script>",
    "</title><script>window.PWNED=1</script>",
    "</style><img src=x onerror=window.PWNED=1>",
    "' onmouseover='window.PWNED=1",
    '" autofocus onfocus="window.PWNED=1',
    "{{payload}}{{7*7}}{%x%}",
    "&lt;&amp;&#60;&quot;",
    "a\u2028b\u2029c",
    "a\x00b\x1b[31m\ud800\uffff",
    "\\1 \\g<0>",
]


class Reader(HTMLParser):
    """Collects elements and the text of scripts as a browser would."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        self.text.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.text[self._open][-1] += data


def write(**changes: object) -> str:
    arguments: dict[str, object] = {
        "spec": SPEC,
        "configs": CONFIGS,
        "theme": None,
        "title": "A title",
        "notes": [],
        "bundle": BUNDLE,
        "fonts_css": "",
        **changes,
    }
    spec = arguments.pop("spec")
    return page.html(spec, **arguments)  # type: ignore[arg-type]


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def payload(text: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(read(text).text["script"][0])
    return found


def test_structure() -> None:
    text = write()
    found = read(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert [tag for tag, _ in found.tags].count("script") == 3
    assert found.text["title"] == ["A title"]
    assert ("meta", {"charset": "utf-8"}) in found.tags
    assert found.text["noscript"] and "JavaScript" in text
    assert not re.search(r"\{\{\w+\}\}", text)


def test_nothing_points_outside() -> None:
    for tag, attributes in read(write()).tags:
        assert not {"src", "href", "action", "srcset", "data"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on")], tag


def test_policy_names_exactly_the_two_programs() -> None:
    found = read(write())
    policy = next(a["content"] for _, a in found.tags if a.get("http-equiv"))
    assert policy is not None
    hashes = [
        "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in found.text["script"][1:]
    ]
    assert policy == (
        f"default-src 'none'; script-src {' '.join(hashes)}; style-src 'unsafe-inline'; "
        "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    clean = write()
    spec = {**SPEC, "title": text, "data": {"values": [{"x": text, text: 1}]}}
    dirty = write(spec=spec, title=text, notes=[text, text], fonts_css="")
    shape = [(tag, sorted(a)) for tag, a in read(dirty).tags]
    plain = [(tag, sorted(a)) for tag, a in read(clean).tags]
    added = [row for row in shape if row[0] not in {"figcaption", "details", "summary", "ul", "li"}]
    assert added == plain
    assert payload(dirty)["spec"] == spec
    shown = re.sub("[\x00\x1b\ud800\uffff]", "\ufffd", text)
    assert read(dirty).text["li"] == [shown, shown]
    dirty.encode()  # no lone surrogate is left


def test_config_usermeta_and_prototype_keys_are_left_out() -> None:
    spec = {
        **SPEC,
        "config": {"background": "red"},
        "usermeta": {"embedOptions": {"actions": True}},
        "__proto__": {"a": 1},
        "encoding": {"x": {"field": "x", "constructor": {"prototype": 1}}},
        "data": {"values": [{"constructor": 1, "__proto__": 2}]},
    }
    configs = {**CONFIGS, "light": {"constructor": {"prototype": {}}, "mark": {"__proto__": 1}}}
    found = payload(write(spec=spec, configs=configs))
    assert found["spec"] == {
        "mark": SPEC["mark"],
        "encoding": {"x": {"field": "x"}},
        "data": {"values": [{"constructor": 1, "__proto__": 2}]},
    }
    assert found["configs"] == {"light": {"mark": {}}, "dark": CONFIGS["dark"]}


def test_input_is_not_changed() -> None:
    before = json.dumps([SPEC, CONFIGS])
    write()
    assert json.dumps([SPEC, CONFIGS]) == before


def test_same_input_same_bytes() -> None:
    assert write(notes=["a", "b"]) == write(notes=["a", "b"])


@pytest.mark.parametrize(
    ("theme", "scheme", "carried"),
    [
        (None, "light dark", ["light", "dark"]),
        ("light", "light", ["light"]),
        ("dark", "dark", ["dark", "light"]),
    ],
)
def test_themes(theme: str | None, scheme: str, carried: list[str]) -> None:
    text = write(theme=theme)
    assert ("meta", {"name": "color-scheme", "content": scheme}) in read(text).tags
    found = payload(text)
    assert list(found["configs"]) == carried  # type: ignore[call-overload]
    assert found["theme"] == theme


def test_page_takes_its_colours_from_the_theme_but_no_css() -> None:
    assert "--paper:#fffdf8" in write()
    evil = {**CONFIGS, "light": {"background": "red}</style><script>"}}
    assert "--paper:#ffffff" in write(configs=evil)


def test_notes() -> None:
    assert "figcaption" not in read(write()).text
    assert read(write(notes=["One."])).text["p"][-1] == "One."
    two = read(write(notes=["One.", "Two."]))
    assert two.text["summary"] == ["2 notes on the data"]
    assert two.text["li"] == ["One.", "Two."]


def test_title_is_never_empty_and_never_endless() -> None:
    assert read(write(title=" ")).text["title"] == ["Chart"]
    assert len(read(write(title="a" * 100_000)).text["title"][0]) == 300


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        write(spec={**SPEC, "data": {"values": [{"x": float("nan")}]}})


# -- the bundle ---------------------------------------------------------------------------------


class Fetch:
    def __init__(self, text: str = "let a = 'é';") -> None:
        self.text = text
        self.calls: list[str] = []

    def __call__(self, snippet: str) -> str:
        self.calls.append(snippet)
        return self.text


def test_bundle_is_fetched_once(tmp_path: Path) -> None:
    fetch = Fetch()
    first = page.bundle(fetch, tmp_path / "new" / "folder", "1.9")
    again = page.bundle(fetch, tmp_path / "new" / "folder", "1.9")
    assert first == again
    assert "let a = 'é';" in first
    assert fetch.calls == [page.SNIPPET]
    assert [path.suffix for path in (tmp_path / "new" / "folder").iterdir()] == [".js"]


def test_versions_do_not_share_a_bundle(tmp_path: Path) -> None:
    page.bundle(Fetch("1"), tmp_path, "1.9")
    assert page.bundle(Fetch("2"), tmp_path, "2.0/../rc7") != page.bundle(Fetch(), tmp_path, "1.9")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"// sha256 0\n", b"\xff\xfe", None])
def test_damaged_cache_is_rebuilt(tmp_path: Path, damage: bytes | None) -> None:
    whole = page.bundle(Fetch(), tmp_path, "1.9")
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-3] if damage is None else damage)
    fetch = Fetch()
    assert page.bundle(fetch, tmp_path, "1.9") == whole
    assert len(fetch.calls) == 1
    assert page.bundle(fetch, tmp_path, "1.9") == whole
    assert len(fetch.calls) == 1


def test_unwritable_cache_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    fetch = Fetch()
    assert page.bundle(fetch, blocked / "cache", "1.9") == page.bundle(fetch, blocked, "1.9")
    assert len(fetch.calls) == 2


def test_bundle_cannot_close_its_script_element(tmp_path: Path) -> None:
    text = page.bundle(Fetch("a='</script><!--<SCRIPT>'\r\n"), tmp_path, "1.9")
    assert not re.search(r"<(/?script|!--)|\r", text, re.IGNORECASE)
    assert r"'\x3c/script>\x3c!--\x3cSCRIPT>'" in text


def test_program_and_styles_cannot_close_their_elements() -> None:
    for name, end in (("page.js", "</script"), ("page.css", "</style")):
        text = (Path(page.__file__).with_name("page") / name).read_text(encoding="utf-8")
        assert end not in text.lower()
        assert "<!--" not in text
        assert not re.search(
            r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b", text
        )
