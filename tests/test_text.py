"""Cleaning, measuring, wrapping and shortening of text."""

from __future__ import annotations

import itertools
import re
import time
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plotkit import text

# name, text, what is shown
CASES = [
    ("nul", "a\x00b", "a\ufffdb"),
    ("bel", "\x07", "\ufffd"),
    ("vt", "a\x0bb", "a\ufffdb"),
    ("del", "a\x7fb", None),
    ("fffe", "a\ufffeb", "a\ufffdb"),
    ("plane1-nonchar", "a\U0001fffeb", "a\ufffdb"),
    ("lone-hi", "a\ud800b", "a\ufffdb"),
    ("surrogateescape", "\udcff\udcfe", "\ufffd\ufffd"),
    ("ansi", "\x1b[31mloss\x1b[0m", "\ufffd[31mloss\ufffd[0m"),
    ("c1", "it\x92s", "it\ufffds"),
    ("script", "</script><script>window.PWNED=1</script>", None),
    ("comment", "<!--<script>", None),
    ("img", "<img src=x onerror=window.PWNED=1>", None),
    ("style", "</style><script>window.PWNED=1</script>", None),
    ("title", "</title><script>window.PWNED=1</script>", None),
    ("attr-single", "' onmouseover='window.PWNED=1", None),
    ("entity", "&lt;&amp;&#60;&quot;", None),
    ("ls", "a\u2028b", "a b"),
    ("ps", "a\u2029b", "a b"),
    ("lf", "a\nb", None),
    ("crlf", "a\r\nb\rc", "a\nb\nc"),
    ("nel", "a\x85b", "a\nb"),
    ("tab", "a\tb", "a b"),
    ("nu", "\\nu", None),
    ("bs", "\\", None),
    ("uesc", "\\u0000", None),
    ("jinja", "{{7*7}}{%x%}", None),
    ("dquote", '"', None),
    ("constructor", "constructor", None),
    ("tostring", "toString", None),
    ("true", "true", None),
    ("nbsp", "\xa0", None),
    ("rli", "\u2067abc", "\u2067abc\u2069"),
    ("rlo", "\u202egnp.exe", "\u202egnp.exe\u202c"),
    ("rlo-lines", "\u202ea\nb", "\u202ea\u202c\nb"),
    ("isolate-in-isolate", "\u2067a\u2066b\u2069", "\u2067a\u2066b\u2069\u2069"),
    ("embedding-in-isolate", "\u2066a\u202bb\u2069c", None),
    ("closed", "\u2067abc\u2069", None),
    ("stray-closers", "a\u2069b\u202c", None),
    ("hebrew", "שלום", None),
    ("emoji-zwj", "👨\u200d👩\u200d👧", None),
    ("zalgo", "a" + "\u0301" * 50, "a" + "\u0301" * 8),
    ("bom", "\ufeffx", "x"),
    ("nfd", "cafe\u0301", None),
    ("kelvin", "\u212a", None),
    ("private", "\ue000", None),
    ("zero-width", "\u200b", None),
    ("js-url", "javascript:alert(1)", None),
    ("md-link", "[x](javascript:alert(1))", None),
    ("long-100k", "aaaaa" * 20_000, None),
    ("words-10k", "word " * 10_000, None),
    ("empty", "", None),
]
WORDS = st.text(st.sampled_from("abWi -/é日\u0301\u200d\n"), max_size=60)
# Rich in what goes wrong: controls, surrogates, bidirectional controls, marks, line ends.
ODD = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from("\x00\x1b\x7f\x85\t\r\n\u2028\u2029\ufeff\ud800\udc00\ufffe\uffff"),
        st.sampled_from("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
        st.integers(1, 20).map("\u0301".__mul__),
    ),
    max_size=40,
).map("".join)
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x80-\x9f\u2028\u2029\ufeff\ufdd0-\ufdef\ud800-\udfff\ufffe\uffff]"
)


@pytest.mark.parametrize(("raw", "shown"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_clean_shows_the_text(raw: str, shown: str | None) -> None:
    expected = raw if shown is None else shown
    assert text.clean(raw) == expected
    assert (text.clean(raw) == raw) == (shown is None)
    assert text.replaced(raw) == expected.count("\ufffd")


@given(ODD)
def test_clean_is_idempotent_and_valid_xml(raw: str) -> None:
    shown = text.clean(raw)
    assert text.clean(shown) == shown
    assert not FORBIDDEN.search(shown)
    element = ElementTree.fromstring(f"<t>{escape(shown)}</t>")
    assert (element.text or "") == shown
    assert text.replaced(shown) == 0


@given(ODD)
def test_clean_leaves_no_direction_open(raw: str) -> None:
    pairs = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c")
    pairs |= dict.fromkeys("\u2066\u2067\u2068", "\u2069")
    for line in text.clean(raw).split("\n"):
        stack: list[str] = []
        for char in line:
            if char in pairs:
                stack.append(pairs[char])
            elif char == "\u2069" and char in stack:
                while stack.pop() != char:
                    pass
            elif stack and char == stack[-1]:
                stack.pop()
        assert not stack


def test_deep_nesting_is_cut() -> None:
    shown = text.clean("\u2067" * 1000 + "a")
    assert shown == "\u2067" * 16 + "a" + "\u2069" * 16


def test_labels_of_empty_and_blank_values_are_visible() -> None:
    assert text.labels(["", " ", "  ", "\u200b", "x"]) == {
        "": "(empty)",
        " ": " (blank)",
        "  ": "  (blank)",
        "\u200b": "\u200b(blank)",
        "x": "x",
    }


def test_labels_keep_a_value_that_reads_like_another_ones_label() -> None:
    assert text.labels(["", "(empty)", "(empty) (2)"]) == {
        "": "(empty) (3)",
        "(empty)": "(empty)",
        "(empty) (2)": "(empty) (2)",
    }


@given(st.lists(ODD, max_size=20))
def test_distinct_values_have_distinct_labels(values: list[str]) -> None:
    labels = text.labels(values)
    assert list(labels) == list(dict.fromkeys(values))
    assert len(set(labels.values())) == len(labels)
    assert all(not text.is_blank_name(label) for label in labels.values())
    assert all((text.clean(label) == label) for label in labels.values())


def test_many_equal_labels_take_no_quadratic_time() -> None:
    values = ["x" + "".join(t) for t in itertools.product("\x00\x01\x02\x03\x04\x05\x06", repeat=5)]
    start = time.perf_counter()
    assert len(set(text.labels(values).values())) == 7**5
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("values", "groups"),
    [
        (["café", "cafe\u0301"], [["café", "cafe\u0301"]]),
        (["x", "x ", "y"], [["x", "x "]]),
        (["a b", "a\xa0b", "a  b"], [["a b", "a\xa0b", "a  b"]]),
        (["\u212a", "K"], [["\u212a", "K"]]),
        (["ab", "a\u200bb"], [["ab", "a\u200bb"]]),
        ([" ", "\u200b"], [[" ", "\u200b"]]),
        (["", " ", "x", "X", "x1"], []),
        (["a", "a"], []),
        (["a\x00", "a\x01"], [["a\x00", "a\x01"]]),
    ],
)
def test_look_alikes(values: list[str], groups: list[list[str]]) -> None:
    assert text.look_alikes(values) == [sorted(group) for group in groups]
    assert text.look_alikes(reversed(values)) == text.look_alikes(values)


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\xa0\u2003", "\ufeff", "\u3164", "\u2060\n"])
def test_blank_names(name: str) -> None:
    assert text.is_blank_name(name)


@pytest.mark.parametrize("name", ["a", "\u0301a", "日", "0", "\\", ".", "🎉", "\ue000"])
def test_names_that_show_something(name: str) -> None:
    assert not text.is_blank_name(name)


def test_width_of_kinds_of_characters() -> None:
    assert text.width("", 12) == 0
    assert text.width("1", 10) == text.width("8", 10) == text.width("0", 10, 300)
    assert text.width("ab\nabc\na", 10) == text.width("abc", 10)
    assert text.width("x", 20) == 2 * text.width("x", 10)
    assert text.width("x", 10, 600) > text.width("x", 10, 500) == text.width("x", 10)
    assert text.width("日本", 10) == 20
    assert text.width("e\u0301\u200d\u2067", 10) == text.width("e", 10)


@given(WORDS, st.floats(20, 300), st.integers(1, 5))
def test_wrap_fits_and_keeps_the_order(raw: str, limit: float, most: int) -> None:
    lines = text.wrap(raw, 12, 400, limit, most)
    assert len(lines) <= most
    for line in lines:
        assert line.strip()
        assert text.width(line, 12) <= limit + 1e-6 or len(line.rstrip("\u0301\u200d…")) <= 1
    shown, whole = re.sub(r"\s", "", "".join(lines)), re.sub(r"\s", "", raw)
    if shown != whole:
        assert shown.endswith("…")
        assert whole.startswith(shown[:-1])
        assert len(lines) == most


def test_wrap_breaks_only_at_spaces_where_it_can() -> None:
    words = ["the", "validation", "loss", "of", "all", "runs", "after", "the", "warm-up"]
    for limit in range(70, 400, 7):
        lines = text.wrap(" ".join(words), 12, 400, limit, 99)
        assert [word for line in lines for word in line.split(" ")] == words


def test_wrap_breaks_long_words_where_they_are_joined() -> None:
    assert text.wrap("experiments/resnet50/run_17", 12, 400, 120, 3) == [
        "experiments/",
        "resnet50/run_17",
    ]
    assert text.wrap("a" * 20, 12, 400, 60, 2) == ["a" * 8, "a" * 7 + "…"]


def test_wrap_keeps_lines_of_the_text_and_closes_directions() -> None:
    assert text.wrap("a\n\nb", 12, 400, 100, 5) == ["a", "b"]
    assert text.wrap(" \n ", 12, 400, 100, 5) == []
    assert text.wrap("\u2067aaa bbb\u2069", 12, 400, 30, 3) == ["\u2067aaa\u2069", "bbb\u2069"]


def test_wrap_parts_no_letter_from_its_marks() -> None:
    lines = text.wrap("e\u0301" * 30, 12, 400, 50, 9)
    assert all(line.startswith("e") and line.endswith(("\u0301", "…")) for line in lines)
    assert text.wrap("e\u0301" * 3, 12, 400, 1, 9) == ["e\u0301"] * 3


@given(st.text(st.sampled_from("abcWi -/é日\u0301\u200d"), max_size=60), st.floats(20, 200))
def test_shorten_middle_fits(raw: str, limit: float) -> None:
    shown = text.shorten_middle(raw, limit, 12)
    assert text.width(shown, 12) <= limit + 1e-6
    if shown != raw:
        head, tail = shown.split("…")
        assert raw.startswith(head)
        assert raw.endswith(tail) or raw.rstrip().endswith(tail.rstrip())


@given(ODD, st.integers(1, 60))
def test_shorten_keeps_the_limit(raw: str, limit: int) -> None:
    shown = text.shorten(raw, limit)
    assert len(shown) <= limit
    assert shown == raw or shown.endswith(("…", "\u2069", "\u202c"))
    if text.clean(raw) == raw:
        assert text.clean(shown) == shown


HUGE = ["a" * 100_000, "word " * 20_000, "\u200b" * 100_000, "\u0301" * 100_000]
HUGE += ["\u2067" * 100_000, "\u202e\u2069" * 50_000, "日本" * 50_000, " " * 100_000]
HUGE += ["a\n" * 50_000, "\ud800" * 100_000, "🎉\u200d" * 50_000]


@pytest.mark.parametrize("raw", HUGE, ids=range(len(HUGE)))
def test_long_texts_are_quick(raw: str) -> None:
    start = time.perf_counter()
    shown = text.clean(raw)
    text.clean_label(raw)
    text.labels([raw])
    text.look_alikes([raw, raw + "x"])
    text.replaced(raw)
    text.width(shown, 12)
    assert sum(map(len, text.wrap(shown, 12, 400, 600, 3))) < 6000
    assert len(text.shorten_middle(shown, 200, 12)) < 3000
    assert len(text.shorten(shown, 300)) <= 300
    assert time.perf_counter() - start < 1


def test_wrap_fills_the_last_line_before_the_ellipsis() -> None:
    assert text.wrap("loss of extraordinarily long runs", 12, 400, 100, 1) == ["loss of extraord…"]
    assert text.wrap("first line\nsecond line", 12, 400, 200, 1) == ["first line…"]
