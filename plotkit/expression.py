"""Vega expressions as trees: read, changed, judged and written, and never run here.

The language is what Vega 6 reads: JavaScript expressions without assignment, increment, `new`,
`typeof`, comma, power, spread, template or arrow. `parse` reads all of it; `check` says what of
it lies outside the pure grammar, which is all that a preset from elsewhere may use.

Nothing here recurses over a tree: a chain of a hundred thousand sums is a tree of that depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from plotkit import errors, settings


class Literal(NamedTuple):
    """A number, a text, true, false or null. Numbers are floats, as they are to JavaScript."""

    value: float | str | bool | None


class Regex(NamedTuple):
    """A regular expression between slashes, with its flags."""

    pattern: str
    flags: str


class Name(NamedTuple):
    """An identifier that stands alone: datum, a param, a constant, a function."""

    name: str


class Member(NamedTuple):
    """A member of a known name: `of.name`, `of['name']`."""

    of: Node
    name: str


class Index(NamedTuple):
    """A member that is computed, or numbered: `of[at]`."""

    of: Node
    at: Node


class Call(NamedTuple):
    """A call."""

    function: Node
    arguments: tuple[Node, ...]


class Unary(NamedTuple):
    """`+ - ~ !` before a value."""

    operator: str
    value: Node


class Binary(NamedTuple):
    """Two values and what stands between them, logic included."""

    operator: str
    left: Node
    right: Node


class Conditional(NamedTuple):
    """`test ? then : other`."""

    test: Node
    then: Node
    other: Node


class Array(NamedTuple):
    """`[a, b]`."""

    items: tuple[Node, ...]


class Object(NamedTuple):
    """`{'key': value}`."""

    keys: tuple[str, ...]
    values: tuple[Node, ...]


Node = (
    Literal | Regex | Name | Member | Index | Call | Unary | Binary | Conditional | Array | Object
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PRECEDENCE = {
    operator: rank
    for rank, operators in enumerate(
        (
            "||", "&&", "|", "^", "&", "== != === !==", "< > <= >= instanceof in", "<< >> >>>",
            "+ -", "* / %",
        ),
        start=1,
    )
    for operator in operators.split()
}  # fmt: skip
_TERNARY, _UNARY, _POSTFIX = 0, 20, 21
_PREFIXES = ("+", "-", "~", "!")
# Names of what every object of JavaScript has: the way from a value to the engine's inside.
INHERITED = frozenset(
    (
        "__proto__", "constructor", "prototype", "__defineGetter__", "__defineSetter__",
        "__lookupGetter__", "__lookupSetter__", "hasOwnProperty", "isPrototypeOf",
        "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
    )
)  # fmt: skip
_RESERVED = _words(
    """
    in do var for new try let this else case void with enum while break catch throw const
    yield class super return typeof delete switch export import public static default
    finally extends package private function continue debugger interface protected
    instanceof implements
    """
)


# --- reading -------------------------------------------------------------------------------------

# Possessive everywhere: no text makes the reading take longer than its length.
_SPACE = re.compile(
    r"[\t\n\v\f\r \xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*+"
)
_TOKEN = re.compile(
    r"""
    (?P<number>0[xX][0-9a-fA-F]++|(?:(?:0(?![0-9])|[1-9][0-9]*+)(?:\.[0-9]*+)?+|\.[0-9]++)
               (?:[eE][+-]?+[0-9]++)?+)
  | (?P<text>'(?:[^'\\\n\r\u2028\u2029]|\\(?:\r\n|.|\n|\r|\u2028|\u2029))*+'
            |"(?:[^"\\\n\r\u2028\u2029]|\\(?:\r\n|.|\n|\r|\u2028|\u2029))*+")
  | (?P<name>(?:[\w$]|\\u[0-9a-fA-F]{4})++)
  | (?P<sign>>>>=|===|!==|>>>|<<=|>>=|=>|[-+*/%<>&|^!=]=|\+\+|--|<<|>>|&&|\|\||//
            |[-+*/%<>=!&|^~?:.,;()\[\]{}])
    """,
    re.VERBOSE,
)
_REGEX = re.compile(
    r"/((?:[^/\\\[\n\r\u2028\u2029]|\\[^\n\r\u2028\u2029]"
    r"|\[(?:[^\]\\\n\r\u2028\u2029]|\\[^\n\r\u2028\u2029])*+\])++)/([\w$]*+)"
)
_ESCAPE = re.compile(
    r"\\(?:u\{(?P<point>[0-9a-fA-F]++)\}|u(?P<unit>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})"
    r"|(?P<other>\r\n|[\s\S]))"
)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LINE_ENDS = ("\r\n", "\n", "\r", "\u2028", "\u2029")
_UNIT = re.compile(r"\\u([0-9a-fA-F]{4})")


class _Token(NamedTuple):
    kind: str  # number, text, name, sign, end
    text: str
    start: int
    end: int


def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        ExpressionError: it is none, or its brackets nest deeper than
            `settings.max_expression_nesting`; it says where and what was expected.

    >>> parse("datum.x > 1")
    Binary(operator='>', left=Member(of=Name(name='datum'), name='x'), right=Literal(value=1.0))
    """
    return _Parser(text).whole()


class _Parser:
    """Reads one text from left to right; `token` is always the next one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.token = self._read(0)

    def fail(self, expected: str, at: int | None = None) -> errors.ExpressionError:
        position = self.token.start if at is None else at
        return errors.ExpressionError.from_position(self.text, position, expected)

    def _read(self, position: int) -> _Token:
        found = _SPACE.match(self.text, position)
        start = found.end() if found is not None else position
        if start == len(self.text):
            return _Token("end", "", start, start)
        match = _TOKEN.match(self.text, start)
        if match is None:
            quoted = self.text[start] in "'\""
            expected = "the text's closing quote" if quoted else "a character of the language"
            raise self.fail(expected, start)
        kind, end = str(match.lastgroup), match.end()
        word = match[0]
        if kind == "name":
            word = _UNIT.sub(lambda unit: chr(int(unit[1], 16)), word)
            # Vega reads UTF-16 units, none of which is a letter beyond the first plane.
            if not word.replace("$", "_").isidentifier() or max(word) > "\uffff":
                expected = "a number as JavaScript writes it" if word[0].isdigit() else "a name"
                raise self.fail(expected, start)
        elif kind == "number" and _TOKEN.match(self.text, end):
            following = _TOKEN.match(self.text, end)
            if following is not None and following.lastgroup in ("name", "number"):
                raise self.fail("a number as JavaScript writes it", start)
        return _Token(kind, word, start, end)

    def next(self) -> _Token:
        """Take the next token."""
        taken = self.token
        self.token = self._read(taken.end)
        return taken

    def at(self, *signs: str) -> bool:
        """Whether the next token is one of these signs."""
        return self.token.kind == "sign" and self.token.text in signs

    def expect(self, sign: str) -> None:
        if not self.at(sign):
            raise self.fail(f"{sign!r}")
        self.next()

    def whole(self) -> Node:
        found = self.expression()
        if self.token.kind != "end":
            raise self.fail("an operator, or the end")
        return found

    def expression(self) -> Node:
        """One expression; each bracket and each middle of a ternary is one level deeper."""
        self.depth += 1
        if self.depth > settings.max_expression_nesting:
            raise self.fail(f"at most {settings.max_expression_nesting} brackets inside each other")
        # `a ? b : c ? d : e` chains to the right; the open ends wait here.
        waiting: list[tuple[Node, Node]] = []
        while True:
            found = self.operation()
            if not self.at("?"):
                break
            self.next()
            then = self.expression()
            self.expect(":")
            waiting.append((found, then))
        for test, then in reversed(waiting):
            found = Conditional(test, then, found)
        self.depth -= 1
        return found

    def operation(self) -> Node:
        """Values with operators between them, the tighter ones first."""
        values = [self.value()]
        operators: list[str] = []

        def join() -> None:
            right = values.pop()
            values.append(Binary(operators.pop(), values.pop(), right))

        while self.token.kind in ("sign", "name") and self.token.text in _PRECEDENCE:
            rank = _PRECEDENCE[self.token.text]
            while operators and _PRECEDENCE[operators[-1]] >= rank:
                join()
            operators.append(self.next().text)
            values.append(self.value())
        while operators:
            join()
        return values[0]

    def value(self) -> Node:
        """A value with what stands before it and behind it."""
        prefixes = []
        while self.at(*_PREFIXES):
            prefixes.append(self.next().text)
        found = self.primary()
        while True:
            if self.at("."):
                self.next()
                if self.token.kind != "name":
                    raise self.fail("a member's name")
                found = Member(found, self.next().text)
            elif self.at("["):
                self.next()
                at = self.expression()
                self.expect("]")
                known = isinstance(at, Literal) and isinstance(at.value, str)
                found = Member(found, str(at[0])) if known else Index(found, at)
            elif self.at("("):
                found = Call(found, self.items(")", trailing=False))
            else:
                break
        for operator in reversed(prefixes):
            found = Unary(operator, found)
        return found

    def primary(self) -> Node:
        token = self.token
        if self.at("("):
            self.next()
            found = self.expression()
            self.expect(")")
            return found
        if self.at("["):
            return Array(self.items("]"))
        if self.at("{"):
            return self.object()
        if self.at("/", "/="):
            return self.regex()
        if token.kind == "number":
            return Literal(_number(self.next().text))
        if token.kind == "text":
            return Literal(self.string())
        if token.kind == "name" and token.text not in _RESERVED:
            self.next()
            words: dict[str, bool | None] = {"true": True, "false": False, "null": None}
            return Literal(words[token.text]) if token.text in words else Name(token.text)
        raise self.fail("a value")

    def items(self, closing: str, trailing: bool = True) -> tuple[Node, ...]:
        """Expressions between commas, up to the closing bracket."""
        self.next()
        found: list[Node] = []
        while not self.at(closing):
            if found:
                self.expect(",")
                if trailing and self.at(closing):
                    break
            found.append(self.expression())
        self.next()
        return tuple(found)

    def object(self) -> Node:
        self.next()
        made: dict[str, Node] = {}
        while not self.at("}"):
            if made:
                self.expect(",")
                if self.at("}"):
                    break
            start = self.token.start
            if self.token.kind == "text":
                key = self.string()
            elif self.token.kind == "number":
                key = _written(_number(self.next().text))
            elif self.token.kind == "name":
                key = self.next().text
            else:
                raise self.fail("a key")
            if key in INHERITED or key in made:
                raise self.fail("a key that is neither inherited nor there already", start)
            self.expect(":")
            made[key] = self.expression()
        self.next()
        return Object(tuple(made), tuple(made.values()))

    def regex(self) -> Regex:
        start = self.token.start
        found = _REGEX.match(self.text, start)
        if found is None:
            raise self.fail("a regular expression up to its closing '/'")
        if set(found[2]) - set("gimuy"):
            raise self.fail("flags out of 'gimuy'", found.start(2))
        self.token = self._read(found.end())
        return Regex(found[1], found[2])

    def string(self) -> str:
        token = self.token
        made: list[str] = []
        position, stop = token.start + 1, token.end - 1
        while position < stop:
            slash = self.text.find("\\", position, stop)
            made.append(self.text[position : stop if slash < 0 else slash])
            if slash < 0:
                break
            escape = _ESCAPE.match(self.text, slash, stop)
            assert escape is not None
            made.append(self.escaped(escape))
            position = escape.end()
        self.next()
        joined = "".join(made)
        # Two halves of a pair that were escaped one by one are one character.
        return joined.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    def escaped(self, escape: re.Match[str]) -> str:
        digits = escape["point"] or escape["unit"] or escape["byte"]
        if digits:
            point = int(digits, 16) if len(digits) < 64 else 0x110000
            if point <= 0x10FFFF:
                return chr(point)
        other = escape["other"] or ""
        octal = other.isdecimal() and (
            other not in "089" or (other == "0" and self.text[escape.end()].isdecimal())
        )
        if digits or octal or other in ("u", "x"):
            raise self.fail("an escape that JavaScript knows", escape.start())
        return "" if other in _LINE_ENDS else _PLAIN_ESCAPES.get(other, other)


def _number(text: str) -> float:
    if text[:2] not in ("0x", "0X"):
        return float(text)
    try:
        return float(int(text, 16))
    except OverflowError:
        return float("inf")


# --- writing -------------------------------------------------------------------------------------

# Vega 6 takes a text with one of these words for the word itself; put together, it is a text.
_MISREAD = INHERITED | {"if"}

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
# What would end a text, or could end something around it: quotes, lines, controls, half pairs.
_UNSAFE = re.compile(r"['\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_SHORT = {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    r"""The text as a literal that nothing in it can leave.

    >>> print(quoted("'] + alert(1) + ['"))
    '\'] + alert(1) + [\''
    """
    escaped = _UNSAFE.sub(lambda c: _SHORT.get(c[0]) or f"\\u{ord(c[0]):04x}", text)
    return f"'{escaped}'"


def _written(value: float | str | bool | None) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return quoted(value)
    number = float(value)
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "1e999" if number > 0 else "-1e999"
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def unparse(node: Node) -> str:
    """Write an expression: blanks around operators, brackets where they are needed.

    Vega reads it as the same tree, or one that computes the same.

    >>> unparse(parse('(datum["a b"]+(1))*2'))
    "(datum['a b'] + 1) * 2"
    """
    made: list[str] = []
    # What is still to be written, last first: texts, and nodes with how tight they must hold.
    waiting: list[str | tuple[Node, int]] = [(node, _TERNARY)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            made.append(found)
        else:
            waiting.extend(reversed(_pieces(*found)))
    return "".join(made)


def _pieces(node: Node, wanted: int) -> list[str | tuple[Node, int]]:
    """The texts and nodes that make up a node, in brackets if it holds less tight than wanted."""
    made: list[str | tuple[Node, int]]
    rank = _POSTFIX
    match node:
        case Literal(value):
            made = [_written(value)]
            if value in _MISREAD:
                made = [f"({quoted(str(value)[:1])} + {quoted(str(value)[1:])})"]
            if _is_number(node):
                rank = _UNARY  # `1.x` is no member
        case Regex(pattern, flags):
            made = [f"/{pattern}/{flags}"]
        case Name(name):
            made = [name]
        case Member(of, name):
            plain = _IDENTIFIER.fullmatch(name)
            made = [(of, _POSTFIX), f".{name}" if plain else f"[{quoted(name)}]"]
        case Index(of, at):
            made = [(of, _POSTFIX), "[", (at, _TERNARY), "]"]
        case Call(function, arguments):
            made = [(function, _POSTFIX), "(", *_commas(arguments), ")"]
        case Unary(operator, value):
            rank = _UNARY
            # `-(-x)`: two signs in a row would be another operator.
            made = [operator, (value, _POSTFIX if _is_signed(value) else _UNARY)]
        case Binary(operator, left, right):
            rank = _PRECEDENCE[operator]
            made = [(left, rank), f" {operator} ", (right, rank + 1)]
        case Conditional(test, then, other):
            rank = _TERNARY
            made = [(test, rank + 1), " ? ", (then, rank), " : ", (other, rank)]
        case Array(items):
            made = ["[", *_commas(items), "]"]
        case Object(keys, values):
            made = ["{"]
            for key, value in zip(keys, values, strict=True):
                made += [", " if len(made) > 1 else "", f"{quoted(key)}: ", (value, _TERNARY)]
            made.append("}")
    return ["(", *made, ")"] if rank < wanted else made


def _is_number(node: Node) -> bool:
    return (
        isinstance(node, Literal)
        and isinstance(node.value, float | int)
        and not isinstance(node.value, bool)
    )


def _is_signed(node: Node) -> bool:
    if isinstance(node, Unary):
        return node.operator in ("+", "-")
    return isinstance(node, Literal) and _written(node.value).startswith("-")


def _commas(nodes: tuple[Node, ...]) -> list[str | tuple[Node, int]]:
    made: list[str | tuple[Node, int]] = []
    for node in nodes:
        made += [", ", (node, _TERNARY)]
    return made[1:]


# --- looking, and changing -----------------------------------------------------------------------


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside."""
    match node:
        case Member(of, _):
            return (of,)
        case Index(of, at):
            return (of, at)
        case Call(function, arguments):
            return (function, *arguments)
        case Unary(_, value):
            return (value,)
        case Binary(_, left, right):
            return (left, right)
        case Conditional(test, then, other):
            return (test, then, other)
        case Array(items):
            return items
        case Object(_, values):
            return values
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all inside, from left to right."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(children(found)))


def replaced(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with each node changed, those inside first."""
    order: list[Node] = []
    waiting = [node]
    while waiting:
        found = waiting.pop()
        order.append(found)
        waiting.extend(children(found))
    made: list[Node] = []  # read backwards, the nodes come after those inside them
    for found in reversed(order):
        count = len(children(found))
        inner = tuple(made[len(made) - count :])
        del made[len(made) - count :]
        made.append(change(_rebuilt(found, inner)))
    return made[0]


def _rebuilt(node: Node, inner: tuple[Node, ...]) -> Node:
    match node:
        case Member(_, name):
            return Member(inner[0], name)
        case Index():
            return Index(*inner)
        case Call():
            return Call(inner[0], inner[1:])
        case Unary(operator, _):
            return Unary(operator, inner[0])
        case Binary(operator, _, _):
            return Binary(operator, *inner)
        case Conditional():
            return Conditional(*inner)
        case Array():
            return Array(inner)
        case Object(keys, _):
            return Object(keys, inner)
    return node


_DATUM = Name("datum")


def fields(node: Node) -> set[str]:
    """The members of `datum` that the expression reads by name.

    >>> sorted(fields(parse("datum.x + datum['a b']")))
    ['a b', 'x']
    """
    return {n.name for n in walk(node) if isinstance(n, Member) and n.of == _DATUM}


def rename(node: Node, mapping: Mapping[str, str]) -> Node:
    """The expression with members of `datum` renamed, old name -> new name.

    >>> unparse(rename(parse("datum.x + x"), {"x": "the x"}))
    "datum['the x'] + x"
    """

    def change(found: Node) -> Node:
        if isinstance(found, Member) and found.of == _DATUM:
            return Member(_DATUM, mapping.get(found.name, found.name))
        return found

    return replaced(node, change)


def names(node: Node) -> set[str]:
    """The identifiers that stand alone, without the functions that are called.

    >>> sorted(names(parse("min(datum.x, width * PI)")))
    ['PI', 'datum', 'width']
    """
    found: set[str] = set()
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            found.add(node.name)
        inner = children(node)
        called = isinstance(node, Call) and isinstance(node.function, Name)
        waiting.extend(inner[1:] if called else inner)
    return found


# --- the pure grammar ----------------------------------------------------------------------------

CONSTANTS = _words(
    """
    NaN E LN2 LN10 LOG2E LOG10E PI SQRT1_2 SQRT2 MIN_VALUE MAX_VALUE
    """
)
SIGNALS = frozenset(("width", "height"))
# They compute from their arguments alone, end soon, and make nothing much larger than what they
# are given: so no random, now, sequence, repeat, pad, regexp, replace, merge, data or scope.
FUNCTIONS = _words(
    """
    isArray isBoolean isDate isDefined isFinite isNaN isNumber isObject isString isValid
    toBoolean toDate toNumber toString if
    abs acos asin atan atan2 ceil clamp cos exp floor hypot log max min pow round sin sqrt
    tan
    date datetime day dayofyear hours milliseconds minutes month quarter seconds time
    timezoneoffset utc utcdate utcday utcdayofyear utchours utcmilliseconds utcminutes
    utcmonth utcquarter utcseconds utcweek utcyear week year timeOffset utcOffset
    clampRange extent indexof inrange join lastindexof length lerp peek reverse slice sort
    span
    lower parseFloat parseInt split substring trim truncate upper
    dayAbbrevFormat dayFormat monthAbbrevFormat monthFormat timeFormat timeParse utcFormat
    utcParse
    contrast hcl hsl lab luminance rgb
    """
)
# These look something up by a name: it stands there as a text, so that it can be read here.
_LOOKUPS = {"scale": (0, 2), "invert": (0, 2), "domain": (0, 1), "range": (0, 1),
            "bandwidth": (0, 1), "pluck": (1, 2)}  # fmt: skip
_PLAIN_NAME = re.compile(r"\w{1,64}")
# A number format's width and precision, which is how many characters it makes at least.
_LONG_NUMBER = re.compile(r"[0-9]{3}")
_OPERATORS = frozenset(_PRECEDENCE) - {"in", "instanceof"}


def check(node: Node, params: Collection[str] = ()) -> list[str]:
    """What in the expression lies outside the pure grammar, one sentence for each.

    That grammar has arithmetic, comparison, logic, ternary, literals and arrays of them,
    `datum.name`, params and their members, numbered items of calls and params, and functions that
    compute from their arguments alone.

    >>> check(parse("datum.x > 1 ? log(datum.x) : limit"), ["limit"])
    []
    >>> check(parse("event.view.alert(1)"))
    ['alert is called as a member', 'event is no param of the preset']
    """
    found: list[str] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        fault, inner = _judged(node, params)
        if fault:
            found.append(fault)
        waiting.extend(reversed(inner))
    return list(dict.fromkeys(found))


def _judged(node: Node, params: Collection[str]) -> tuple[str, tuple[Node, ...]]:
    """What is wrong with a node itself, and which nodes inside are still to be judged."""
    match node:
        case Literal(str() as text) if text in _MISREAD:
            return f"Vega takes the text {quoted(text)} for a name", ()
        case Regex():
            return "a regular expression can run without end", ()
        case Object():
            return "an object stands in it", children(node)
        case Name(name):
            if name == "datum":
                return "datum stands alone; only its members by name are read", ()
            known = name in params or name in CONSTANTS or name in SIGNALS
            return ("" if known else f"{name} is no param of the preset"), ()
        case Member(of, name):
            return _judged_member(of, name, params)
        case Index(of, at):
            return _judged_index(of, at)
        case Call(Name(name), arguments):
            return _judged_call(name, arguments)
        case Call(function, arguments):
            called = function.name if isinstance(function, Member) else "something"
            inner = function.of if isinstance(function, Member) else function
            return f"{called} is called as a member", (*_root(inner), *arguments)
        case Binary(operator, _, _) if operator not in _OPERATORS:
            return f"the operator {operator} stands in it", children(node)
    return "", children(node)


def _root(node: Node) -> tuple[Node, ...]:
    """What a chain of members starts at: the rest of a chain that is refused says nothing more."""
    while isinstance(node, Member):
        node = node.of
    return () if node == _DATUM else (node,)


def _judged_member(of: Node, name: str, params: Collection[str]) -> tuple[str, tuple[Node, ...]]:
    if name in INHERITED:
        return f"the member {name} leads into the engine", _root(of)
    if of == _DATUM:
        return "", ()
    if isinstance(of, Name) and (of.name in params or of.name not in (*CONSTANTS, *SIGNALS)):
        return "", (of,)
    return f"the member {name} is read from something other than datum or a param", _root(of)


def _judged_index(of: Node, at: Node) -> tuple[str, tuple[Node, ...]]:
    if of == _DATUM:
        return "a member of datum is computed", (at,)
    if isinstance(at, Literal) and isinstance(at.value, float) and at.value.is_integer():
        if isinstance(of, Call | Name | Array | Member):
            return "", (of,)
        return "an item is read from something other than a call or a param", (of,)
    return "a member is computed; only whole numbers stand in brackets", (of, at)


def _judged_call(name: str, arguments: tuple[Node, ...]) -> tuple[str, tuple[Node, ...]]:
    if name in FUNCTIONS:
        return "", arguments
    if name == "format":
        known = len(arguments) == 2
        # Only the choices' ends are formats; what chooses between them is judged like the rest.
        ends, tests = _choices(arguments[1]) if known else ([], list(arguments[1:]))
        if known and all(map(_is_short_format, ends)):
            return "", (*arguments[:1], *tests)
        return "format takes a literal specifier with widths below 100", (*arguments[:1], *tests)
    if name in _LOOKUPS:
        place, most = _LOOKUPS[name]
        known = len(arguments) > place and _is_plain_text(arguments[place])
        rest = arguments[:place] + arguments[place + 1 :]
        if known and len(arguments) <= most:
            return "", rest
        return f"{name} takes its name as a literal, and at most {most} arguments", rest
    return f"the function {name} is none of the pure ones", arguments


def _choices(node: Node) -> tuple[list[Node], list[Node]]:
    """The values that a choice can have, and the tests that it is made by."""
    ends: list[Node] = []
    tests: list[Node] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Conditional):
            tests.append(node.test)
            waiting += [node.other, node.then]
        else:
            ends.append(node)
    return ends, tests


def _is_short_format(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, str) and is_short(node.value)


def is_short(specifier: str) -> bool:
    """Whether a number format makes texts of a bounded length: widths and precisions below 100."""
    return len(specifier) < 100 and not _LONG_NUMBER.search(specifier)


def _is_plain_text(node: Node) -> bool:
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        return False
    return bool(_PLAIN_NAME.fullmatch(node.value)) and node.value not in INHERITED
