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
    """What the page knows of its one chart, with the configs themselves in place of numbers."""
    found = json.loads(read(text).text["script"][0])
    (chart,) = found["charts"]
    configs = {name: found["configs"][place] for name, place in chart["configs"].items()}
    return {**chart, "configs": configs}


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
    assert "--pk-paper:#fffdf8" in write()
    evil = {**CONFIGS, "light": {"background": "red}</style><script>"}}
    assert "--pk-paper:#ffffff" in write(configs=evil)


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


def test_description_is_the_charts_own_text() -> None:
    assert "aria-describedby" not in write()
    found = read(write(description="Falls <b> & rises.\x00"))
    picture = next(a for _, a in found.tags if a.get("role") == "group")
    assert picture["aria-label"] == "A title"
    spoken = next(a for _, a in found.tags if a.get("class") == "pk-words")
    assert spoken["id"] == picture["aria-describedby"]
    assert found.text["p"][0] == "Falls <b> & rises.\ufffd"


def test_language_is_said_and_escaped() -> None:
    assert read(write(language="ja-JP")).tags[0] == ("html", {"lang": "ja-JP"})
    evil = '"><script>window.PWNED=1</script>'
    found = read(write(language=evil))
    assert found.tags[0] == ("html", {"lang": evil})
    assert len(found.text["script"]) == 3


def test_words_may_be_replaced_and_stay_text() -> None:
    evil = "</script><b>{count} {reason} {{bundle}}"
    plain = [tag for tag, _ in read(write(notes=["One.", "Two."])).tags]
    found = read(write(notes=["One.", "Two."], words=dict.fromkeys(page.WORDS, evil)))
    assert [tag for tag, _ in found.tags] == plain
    assert found.text["button"] == [evil]
    assert found.text["summary"] == [evil.replace("{count}", "2")]
    carried = json.loads(found.text["script"][0])["words"]
    assert set(carried.values()) == {evil}
    assert set(json.loads(read(write()).text["script"][0])["words"]) == set(carried)


def test_every_word_is_said_somewhere() -> None:
    folder = Path(page.__file__).with_name("page")
    program = "".join((folder / name).read_text(encoding="utf-8") for name in page.PROGRAM)
    said = set(re.findall(r'said\("(\w+)"', program))
    carried = set(json.loads(read(write()).text["script"][0])["words"])
    assert said == carried
    told = dict.fromkeys(page.WORDS, "")
    for name in sorted(set(page.WORDS) - carried):
        assert f"!{name}!" in write(notes=["a", "b"], words={**told, name: f"!{name}!"})


# -- many charts in one page ------------------------------------------------------------------


def many(count: int, **changes: object) -> list[page.Live]:
    return [page.Live(SPEC, CONFIGS, f"Chart {i}")._replace(**changes) for i in range(count)]


def test_configs_are_carried_once() -> None:
    own = {"own": {"background": "#abcdef"}}
    lives = [*many(5), page.Live(SPEC, own, theme="own"), page.Live(SPEC, CONFIGS, theme="light")]
    text, scripts = page.scripts(lives, bundle=BUNDLE)
    found = json.loads(read(text).text["script"][0])
    assert found["configs"] == [CONFIGS["light"], CONFIGS["dark"], own["own"]]
    assert [chart["configs"] for chart in found["charts"]] == [
        *[{"light": 0, "dark": 1}] * 5,
        {"own": 2},
        {"light": 0},
    ]
    assert scripts == read(text).text["script"][1:]
    assert scripts[0] == BUNDLE


def test_a_locale_travels_with_its_config() -> None:
    locale = {"number": {"decimal": ","}, "time": {"months": ["enero"]}}
    configs = {name: {**found, "locale": locale} for name, found in CONFIGS.items()}
    text, _ = page.scripts([page.Live(SPEC, configs)], bundle=BUNDLE)
    carried = json.loads(read(text).text["script"][0])["configs"]
    assert [config["locale"] for config in carried] == [locale, locale]


def test_places_have_numbers_and_ids_of_their_own() -> None:
    lives = many(3, description="Words.")
    text = "".join(page.mount(live, i) for i, live in enumerate(lives))
    tags = read(text).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids)) == 3
    assert [a["data-pk-chart"] for _, a in tags if "data-pk-chart" in a] == ["0", "1", "2"]
    assert [a["aria-label"] for _, a in tags if "aria-label" in a] == [
        f"Chart {i}" for i in range(3)
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_stays_text_in_a_place(text: str) -> None:
    plain = read(page.mount(page.Live(SPEC, CONFIGS, "a", "b"), 0))
    found = read(page.mount(page.Live(SPEC, CONFIGS, text, text), 0))
    assert [(tag, sorted(a)) for tag, a in found.tags] == [
        (tag, sorted(a)) for tag, a in plain.tags
    ]
    assert found.text["p"][0] == re.sub("[\x00\x1b\ud800\uffff]", "\ufffd", text)


def test_a_place_may_hold_a_still_picture_and_a_caption() -> None:
    live = page.Live(SPEC, CONFIGS)
    bare = page.mount(live, 0)
    assert read(bare).tags[0][0] == "div"
    assert "noscript" in read(bare).text
    full = page.mount(live, 0, still="<svg></svg>", caption="<figcaption>Figure 1</figcaption>")
    assert [tag for tag, _ in read(full).tags][:4] == ["figure", "div", "div", "svg"]
    assert read(full).text["figcaption"] == ["Figure 1"]
    assert "noscript" not in read(full).text


def test_a_fixed_theme_brings_its_own_colours_to_its_place() -> None:
    fixed = page.mount(page.Live(SPEC, CONFIGS, theme="dark"), 0)
    assert "--pk-paper:#101214" in fixed
    assert "--pk-paper" not in page.mount(page.Live(SPEC, CONFIGS), 0)
    evil = {"dark": {"background": '#fff"><script>'}}
    assert "--pk-paper:#14171a" in page.mount(page.Live(SPEC, evil, theme="dark"), 0)


def test_style_names_nothing_but_its_own() -> None:
    text = re.sub(r"/\*.*?\*/", "", page.style(CONFIGS), flags=re.DOTALL)
    flat = re.sub(r"@media[^{]*\{", "", text)
    for selectors in re.findall(r"(?:^|[}\n])\s*([^{}@]+?)\s*\{", flat):
        assert selectors.startswith((".pk-", ":root")), selectors
    assert ":root{color-scheme:light dark}" in text
    assert ":root{color-scheme:dark}" in page.style(CONFIGS, theme="dark")
    assert "</style" not in page.style(CONFIGS, fonts_css="a</style><script>")


def test_policy_of_a_page_without_scripts_runs_none() -> None:
    assert "script-src 'none';" in page.policy()
    assert page.policy(["a", "b"]).count("sha256-") == 2


def test_a_theme_without_its_config_is_refused() -> None:
    with pytest.raises(KeyError):
        page.scripts(many(1, theme="sepia"), bundle=BUNDLE)


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
    folder = Path(page.__file__).with_name("page")
    assert {path.name for path in folder.glob("*.js")} == set(page.PROGRAM)
    ends = {".js": "</script", ".css": "</style"}
    for path in sorted(path for path in folder.iterdir() if path.suffix in ends):
        end, text = ends[path.suffix], path.read_text(encoding="utf-8")
        assert end not in text.lower()
        assert "<!--" not in text
        assert not re.search(
            r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b", text
        )


def test_names_of_the_program_are_told_apart() -> None:
    names = [
        name
        for part in page.PROGRAM
        for name in re.findall(
            r"^(?:async )?(?:const|let|function) (\w+)",
            (Path(page.__file__).with_name("page") / part).read_text("utf-8"),
            re.MULTILINE,
        )
    ]
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))
