"""Expressions: read as Vega reads them, written so that Vega reads the same, judged by one list."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plotkit import errors
from plotkit.expression import (
    Array,
    Binary,
    Call,
    Conditional,
    Index,
    Literal,
    Member,
    Name,
    Node,
    Object,
    Regex,
    Unary,
    check,
    fields,
    names,
    parse,
    quoted,
    rename,
    unparse,
    walk,
)
from plotkit.render import worker

READ = {
    "1": Literal(1.0),
    "0x1F": Literal(31.0),
    ".5e-3": Literal(0.0005),
    "1.": Literal(1.0),
    "1e999": Literal(float("inf")),
    "null": Literal(None),
    "true": Literal(True),
    r"'a\'b'": Literal("a'b"),
    r'"\u0041\x42\u{1F600}\n\0"': Literal("AB\N{GRINNING FACE}\n\0"),
    r"'\ud83d\ude00'": Literal("\N{GRINNING FACE}"),
    r"'\ud83d'": Literal("\ud83d"),
    "'a\\\nb'": Literal("ab"),
    r"'\q\8'": Literal("q8"),
    "/a[/]\\/b/gi": Regex("a[/]\\/b", "gi"),
    "datum.if": Member(Name("datum"), "if"),
    "datum['a b']": Member(Name("datum"), "a b"),
    "datum['\\u0063onstructor']": Member(Name("datum"), "constructor"),
    "\\u0065vent": Name("event"),
    "größe": Name("größe"),
    "a[0]": Index(Name("a"), Literal(0.0)),
    "if(a,b,c)": Call(Name("if"), (Name("a"), Name("b"), Name("c"))),
    "a.b(1)": Call(Member(Name("a"), "b"), (Literal(1.0),)),
    "-a.b": Unary("-", Member(Name("a"), "b")),
    "!a in b": Binary("in", Unary("!", Name("a")), Name("b")),
    "a-b-c": Binary("-", Binary("-", Name("a"), Name("b")), Name("c")),
    "a||b&&c": Binary("||", Name("a"), Binary("&&", Name("b"), Name("c"))),
    "a<b==c<d": Binary(
        "==", Binary("<", Name("a"), Name("b")), Binary("<", Name("c"), Name("d"))
    ),
    "a?b:c?d:e": Conditional(
        Name("a"), Name("b"), Conditional(Name("c"), Name("d"), Name("e"))
    ),
    "a/b/c": Binary("/", Binary("/", Name("a"), Name("b")), Name("c")),
    "[1,]": Array((Literal(1.0),)),
    "{a:1,'b c':2,3:4,}": Object(("a", "b c", "3"), (Literal(1.0), Literal(2.0), Literal(4.0))),
    " \n\t\u00a0\u2028a ": Name("a"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), READ.items(), ids=map(repr, READ))
def test_reading(text: str, tree: Node) -> None:
    assert parse(text) == tree
    assert parse(unparse(tree)) == tree


REFUSED = {
    "": (0, "a value"),
    "a +": (3, "a value"),
    "a = 1": (2, "an operator, or the end"),
    "a, b": (1, "an operator, or the end"),
    "a ** b": (3, "a value"),
    "a++": (1, "an operator, or the end"),
    "--a": (0, "a value"),
    "typeof a": (0, "a value"),
    "new Date": (0, "a value"),
    "this": (0, "a value"),
    "function(){}": (0, "a value"),
    "() => 1": (1, "a value"),
    "`a`": (0, "a character of the language"),
    "a; b": (1, "an operator, or the end"),
    "'a": (0, "the text's closing quote"),
    "'a\nb'": (0, "the text's closing quote"),
    r"'\x4'": (1, "an escape that JavaScript knows"),
    r"'\u{110000}'": (1, "an escape that JavaScript knows"),
    r"'\101'": (1, "an escape that JavaScript knows"),
    r"'\01'": (1, "an escape that JavaScript knows"),
    "010": (0, "a number as JavaScript writes it"),
    "1a": (0, "a number as JavaScript writes it"),
    "0x": (0, "a number as JavaScript writes it"),
    "1e": (0, "a number as JavaScript writes it"),
    "a b": (2, "an operator, or the end"),
    "datum.": (6, "a member's name"),
    "datum['a'": (9, "']'"),
    "f(a": (3, "','"),
    "f(a,)": (4, "a value"),
    "[,a]": (1, "a value"),
    "[a,,b]": (3, "a value"),
    "(a": (2, "')'"),
    "a ? b": (5, "':'"),
    "/a": (0, "a regular expression up to its closing '/'"),
    "//": (0, "a value"),
    "/a/x": (3, "flags out of 'gimuy'"),
    "{toString: 1}": (1, "a key that is neither inherited nor there already"),
    "{'__proto__': 1}": (1, "a key that is neither inherited nor there already"),
    "{a: 1, 'a': 2}": (7, "a key that is neither inherited nor there already"),
    "a /* b */": (3, "a value"),
    "\N{GRINNING FACE}": (0, "a character of the language"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=map(repr, REFUSED))
def test_refusing(text: str, why: tuple[int, str]) -> None:
    with pytest.raises(errors.ExpressionError) as caught:
        parse(text)
    position, expected = why
    rest = text[position : position + 20]
    assert str(caught.value) == (
        f"the expression {errors.shown(text, 80)} cannot be read: at character {position} found "
        f"{errors.shown(rest) if rest else 'its end'}; expected {expected}."
    )


WRITTEN = {
    "(a+b)*c": "(a + b) * c",
    "a+(b*c)": "a + b * c",
    "a-(b-c)": "a - (b - c)",
    "- -a": "-(-a)",
    "+-a": "+(-a)",
    "!!a": "!!a",
    "a- -b": "a - -b",
    "(1).x": "(1).x",
    "(a?b:c)?d:e": "(a ? b : c) ? d : e",
    "(-a).b": "(-a).b",
    'datum["x"]': "datum.x",
    'datum["x-y"]': "datum['x-y']",
    "1e21": "1e+21",
    "100000": "100000",
    '"it\'s"': r"'it\'s'",
    '"\\u2028</script>"': "'\\u2028</script>'",
    "{a:[1,{}]}": "{'a': [1, {}]}",
}


@pytest.mark.parametrize(("text", "written"), WRITTEN.items())
def test_writing(text: str, written: str) -> None:
    assert unparse(parse(text)) == written
    assert unparse(parse(written)) == written


def test_a_tree_made_by_hand_is_written_with_its_signs() -> None:
    minus = Literal(-1.0)
    assert unparse(Unary("-", minus)) == "-(-1)"
    assert unparse(Binary("-", minus, minus)) == "-1 - -1"
    assert unparse(Member(minus, "x")) == "(-1).x"


def test_renaming_touches_members_of_datum_alone() -> None:
    tree = parse("datum.x + x.x + f(datum['x']) + datum.y.x + 'datum.x' + parent.x")
    renamed = rename(tree, {"x": "'] + alert(1) + ['"})
    assert unparse(renamed) == (
        r"datum['\'] + alert(1) + [\''] + x.x + f(datum['\'] + alert(1) + [\'']) + "
        "datum.y.x + 'datum.x' + parent.x"
    )
    assert fields(renamed) == {"'] + alert(1) + ['", "y"}
    assert rename(tree, {}) == tree


def test_names_are_those_that_stand_alone() -> None:
    assert names(parse("f(a, b.c) + d[e] + {g: h} + i.j(k)")) == {*"abdehik"}


@given(st.text())
def test_a_quoted_text_is_one_literal(text: str) -> None:
    assert parse(quoted(text)) == Literal(text)
    assert quoted(text).isprintable() or quoted(text).encode("utf-8")


# --- the pure grammar ----------------------------------------------------------------------------

PURE = [
    "datum.a", "datum['a b'] >= 2 && !datum.c || datum.d !== null", "a ? 1 : 'b'",
    "zoom.x[0]", "isDefined(zoom.x)", "domain('x')[0]", "peek(domain('x')) - 1",
    "scale('color', datum.a)", "bandwidth('x') / 2", "width * PI", "indexof([2, 5], datum.a)",
    "format(datum.a, '.2f')", "format(datum.a, datum.a > 1 ? ',d' : '.3~g')",
    "utcFormat(datum.a, '%H:%M')", "pluck(domain('color'), 'length')", "a | b & 3 ^ ~a >>> 1",
    "if(datum.a, 1, 2)", "clamp(min(ceil(width / 90), 3), 1, 10)", "slice([1, 2], -1)[0]",
]  # fmt: skip


@pytest.mark.parametrize("text", PURE)
def test_pure_expressions(text: str) -> None:
    assert check(parse(text), ["a", "b", "zoom"]) == []


def test_params_are_those_that_are_declared() -> None:
    assert check(parse("a + b"), ["a"]) == ["b is no param of the preset"]


def test_a_format_cannot_be_made_long_by_a_test_of_it() -> None:
    told = "format takes a literal specifier with widths below 100"
    assert check(parse("format(1, true ? '9999d' : 'd')")) == [told]
    assert check(parse("format(1, datum.a + 'd')")) == [told]


def test_the_test_of_a_format_is_judged() -> None:
    assert check(parse("format(1, alert(1) ? 'd' : 'f')")) != []


# --- hostile texts -------------------------------------------------------------------------------

LARGE = {
    "sum": "+".join(["datum.x"] * 120_000),
    "escapes": "'" + "\\n" * 500_000 + "'",
    "list": "[" + ",".join(["1"] * 500_000) + "]",
    "choices": "a?b:" * 250_000 + "c",
    "not": "!" * 1_000_000 + "x",
    "open text": "'" + "a" * 1_000_000,
    "open text of escapes": "'" + "\\'" * 500_000,
    "open regular expression": "/" + "[" * 1_000_000,
    "digits": "1" * 1_000_000,
    "name": "a" * 1_000_000,
    "escaped name": "\\u0061" * 160_000,
    "blanks": " " * 1_000_000,
    "items": "a" + "[0]" * 300_000,
    "members": "a" + ".b" * 500_000,
    "brackets": "(" * 1_000_000,
    "signs": "+" * 1_000_000,
    "point of an escape": "'\\u{" + "1" * 1_000_000 + "}'",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_megabyte_is_read_in_seconds(name: str) -> None:
    began = time.process_time()
    try:
        tree = parse(LARGE[name])
    except errors.ExpressionError as error:
        assert len(str(error)) < 400
    else:
        text = unparse(tree)
        assert name == "digits" or len(text) > len(LARGE[name]) / 8
        rename(tree, {"x": "y"})
        check(tree, ["a", "b", "c", "x"])
    assert time.process_time() - began < 20


def test_brackets_nest_to_a_limit() -> None:
    parse("(" * 63 + "a" + ")" * 63)
    with pytest.raises(errors.ExpressionError, match="at most 64 brackets inside each other"):
        parse("[" * 64 + "a" + "]" * 64)


# --- against Vega --------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(0, 20).map(float), st.floats(0, 1e6).map(lambda f: float(f"{f:.4g}"))
)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], max_codepoint=0x2FFF), max_size=4
)
LEAVES = st.one_of(
    NUMBERS.map(Literal),
    TEXTS.map(Literal),
    st.sampled_from([True, False, None]).map(Literal),
    st.sampled_from(["a", "b c", "'", "if", "\\", "ü"]).map(lambda n: Member(Name("datum"), n)),
)
BINARY = "|| && | ^ & == != === !== < > <= >= << >> >>> + - * / %".split()  # noqa: SIM905


def trees() -> st.SearchStrategy[Node]:
    def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(inner, max_size=3).map(tuple)
        keys = st.lists(st.sampled_from(["a", "b c", "1", "'"]), unique=True, max_size=3)
        return st.one_of(
            st.builds(Unary, st.sampled_from("+-!~"), inner),
            st.builds(Binary, st.sampled_from(BINARY), inner, inner),
            st.builds(Conditional, inner, inner, inner),
            st.builds(Array, several),
            keys.flatmap(
                lambda names: st.tuples(*[inner] * len(names)).map(
                    lambda values: Object(tuple(names), values)
                )
            ),
            st.builds(Index, st.builds(Array, several), inner),
            st.builds(lambda n: Call(Name("isValid"), (n,)), inner),
            st.builds(lambda m, n: Call(Name("if"), (m, n, Literal(1.0))), inner, inner),
        )

    return st.recursive(LEAVES, grown, max_leaves=12)


def bracketed(node: Node) -> str:
    """An expression with brackets around everything: no precedence is left to read."""
    match node:
        case Unary(operator, value):
            return f"({operator}({bracketed(value)}))"
        case Binary(operator, left, right):
            return f"({bracketed(left)}{operator}{bracketed(right)})"
        case Conditional(test, then, other):
            return f"({bracketed(test)}?{bracketed(then)}:{bracketed(other)})"
        case Array(items):
            return f"[{','.join(map(bracketed, items))}]"
        case Object(keys, values):
            pairs = zip(keys, values, strict=True)
            return "({" + ",".join(f"{json.dumps(k)}:{bracketed(v)}" for k, v in pairs) + "})"
        case Index(of, at):
            return f"({bracketed(of)})[{bracketed(at)}]"
        case Call(Name(name), arguments):
            return f"{name}({','.join(map(bracketed, arguments))})"
        case Member(of, name):
            # A member in brackets that is called so is misread by Vega; a text likewise.
            return f"{bracketed(of)}.if" if name == "if" else f"{bracketed(of)}[{json.dumps(name)}]"
        case Literal(str() as text):
            return json.dumps(text)
        case _:
            return unparse(node)


DATUM = {"a": 3, "b c": "two", "'": 0.5, "if": True, "\\": None, "ü": [1, 2]}


KINDS = "isString isNumber isBoolean isArray isObject isValid".split()  # noqa: SIM905


def evaluated(texts: list[str]) -> list[str]:
    """What Vega makes of expressions: each drawn, with what kind of value it is."""
    transform = [{"type": "formula", "as": f"r{i}", "expr": text} for i, text in enumerate(texts)]
    said = [
        "+' '+".join([*(f"{kind}(datum.r{i})" for kind in KINDS), f"('<'+[datum.r{i}]+'>')"])
        for i in range(len(texts))
    ]
    spec = {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "data": [{"name": "t", "values": [DATUM], "transform": transform}],
        "marks": [
            {
                "type": "text",
                "from": {"data": "t"},
                "encode": {"update": {"text": {"signal": text}, "limit": {"value": 0}}},
            }
            for text in said
        ],
    }
    svg = worker.vega_to_svg(json.dumps(spec), preset="test")
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(trees(), min_size=8, max_size=8))
def test_vega_evaluates_what_is_written_as_what_was_meant(drawn: list[Node]) -> None:
    for tree in drawn:
        assert parse(unparse(tree)) == parse(bracketed(tree))
    meant = evaluated([bracketed(tree) for tree in drawn])
    assert len(meant) == len(drawn)
    assert evaluated([unparse(tree) for tree in drawn]) == meant


def vega_reads(text: str) -> bool:
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "signals": [{"name": name, "value": 1} for name in ("a", "b", "c", "d", "e", "größe")],
        "data": [{"name": "t", "values": [{}], "transform": []}],
    }
    spec["data"][0]["transform"] = [{"type": "formula", "as": "r", "expr": text}]
    try:
        worker.vega_to_svg(json.dumps(spec), preset="test")
    except errors.RenderError:
        return False
    return True


@pytest.mark.parametrize("text", REFUSED)
def test_vega_refuses_what_is_refused(text: str) -> None:
    if text != "{'__proto__': 1}":  # a hole of Vega: it knows the name only without its quotes
        assert not vega_reads(text)


@pytest.mark.parametrize(
    "text", [t for t in READ if not re.search(r"event|\.b\(|!a in|onstructor", t)]
)
def test_vega_reads_what_is_read(text: str) -> None:
    assert vega_reads(text)


@pytest.mark.parametrize("word", ["if", "constructor", "toString", "__proto__", "valueOf"])
def test_a_word_that_vega_misreads_is_written_in_parts(word: str) -> None:
    assert vega_reads(f"'{word}'") == (word == "__proto__")  # which it has, as an object
    assert check(parse(f"'{word}'")) == [f"Vega takes the text '{word}' for a name"]
    written = unparse(Binary("===", Literal(word), Member(Name("datum"), "if")))
    assert written == f"('{word[0]}' + '{word[1:]}') === datum.if"
    assert evaluated([unparse(Literal(word))]) == [
        f"true false false false false true &lt;{word}&gt;"
    ]


def test_walking_goes_from_left_to_right() -> None:
    assert [n.name for n in walk(parse("a + b * c(d)")) if isinstance(n, Name)] == [*"abcd"]
