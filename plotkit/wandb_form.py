"""W&B's form of a preset, turned into ours.

There, a spec holds templates: `${field:x}` stands for a column, `${string:title:default}` for a
text, and W&B pastes the caller's words over them. Here nothing is pasted: a field becomes a role's
name, a text is put where it stands when the chart is filled, and inside an expression, which is
read as a tree, it becomes a param that holds it. So no column and no text is ever read as code.

Specs of Vega-Lite 4, which most of them are, come out as version 6.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from plotkit import errors, expression, theme
from plotkit.expression import Binary, Conditional, Index, Literal, Member, Name, Node, Unary

KINDS = ("number", "text", "bool", "time")
TABLE = "wandb"
# Columns that W&B adds to every row, with what stands in them where the caller maps none: a run's
# name and id, its colour, and the column that runs are grouped by, of which there is none.
RUN_COLUMNS: dict[str, str | dict[str, str]] = {
    "name": "run",
    "id": "run",
    "color": {"palette": "name"},
    "groupKeys": "",
}

_TEMPLATE = re.compile(r"\$\{(?P<kind>field|string):(?P<name>[^:}]*)(?::(?P<default>[^}]*))?\}")
_TABLE_TEMPLATE = re.compile(r"\$\{(?:history|summary)[\w-]*(?::[^}]*)?\}")
_ANY_TEMPLATE = re.compile(r"\$\{[a-z][\w-]*[:}]")
_VEGA = re.compile(r"/schema/vega/v\d")
_OLD_VEGA_LITE = re.compile(r"/schema/vega-lite/v[2-4]\b")
_SCHEMAS = {
    False: "https://vega.github.io/schema/vega-lite/v6.json",
    True: "https://vega.github.io/schema/vega/v6.json",
}
_EXPRESSIONS = frozenset(("filter", "calculate", "test", "expr", "labelExpr"))
_VEGA_EXPRESSIONS = frozenset(("expr", "signal", "test", "update", "init"))
# Where a text is shown or compared; anywhere else a field's template is the name of a field.
_WORDS = frozenset(
    (
        "title", "subtitle", "text", "description", "value", "name", "label", "labels", "domain",
        "equal", "oneOf", "placeholder", "lt", "lte", "gt", "gte", "range", "datum", "options",
    )
)  # fmt: skip
_VIEWS = ("layer", "concat", "hconcat", "vconcat")
# What the picture can do without: an unmapped role takes such a channel with it.
_OPTIONAL = frozenset(
    (
        "color", "fill", "stroke", "opacity", "fillOpacity", "strokeOpacity", "strokeWidth",
        "strokeDash", "size", "angle", "shape", "detail", "key", "tooltip", "href", "url",
        "description", "order", "row", "column", "facet",
    )
)  # fmt: skip
_COMPOSITE = ("boxplot", "errorbar", "errorband")
_PLACES = frozenset(("x", "y", "xOffset", "yOffset", "row", "column", "facet", "theta"))
_UNTITLED = frozenset(("x2", "y2", "theta2", "radius2", "detail", "order", "key", "text"))
_KIND_OF_TYPE = {"quantitative": "number", "temporal": "time", "nominal": "", "ordinal": ""}
_COUNTS = frozenset(("count", "valid", "missing", "distinct", "argmin", "argmax", "values"))
_MEANS = {"average": "mean"}
_UNSAFE_NAME = re.compile(r"""[.\[\]"'\\]""")
_WIDTH, _HEIGHT = 640, 400


class Loaded(NamedTuple):
    """A preset in our form, and a sentence for each thing that was inferred on the way."""

    content: dict[str, Any]
    notes: list[str]


class _Template(NamedTuple):
    kind: str
    name: str
    default: str | None


class _Use(NamedTuple):
    """One place that reads a field; `kind` is "number", "time", "" for categories, or None."""

    field: str
    kind: str | None
    place: str
    channel: str = ""
    needed: bool = True
    fold: bool = False


def is_vega(content: Mapping[str, Any]) -> bool:
    """Whether it is a spec of Vega itself, not of Vega-Lite."""
    return isinstance(content.get("$schema"), str) and bool(_VEGA.search(content["$schema"]))


def is_wandb_form(content: Mapping[str, Any]) -> bool:
    """Whether it is written as W&B writes presets, or in a version of Vega-Lite that they use.

    >>> is_wandb_form({"mark": "bar", "encoding": {"x": {"field": "${field:x}"}}})
    True
    >>> is_wandb_form({"mark": "bar", "encoding": {"x": {"field": "x"}}})
    False
    """
    usermeta = content.get("usermeta")
    ours = usermeta.get("plotkit") if isinstance(usermeta, Mapping) else None
    if isinstance(ours, Mapping) and "roles" in ours:
        return False  # ours already: what looks like a template in it is a text
    if _OLD_VEGA_LITE.search(str(content.get("$schema", ""))):
        return True
    return any(
        _ANY_TEMPLATE.search(text) or (path[-2:] == ("data", "name") and text == TABLE)
        for path, text in _texts(content)
    )


def load(content: Mapping[str, Any], where: str = "dict") -> Loaded:
    """The preset in our form: no template is left, fields are roles, rows of a sample are there.

    Raises `PresetError`, with the JSON path, for a template or an expression that cannot be read.

    >>> spec = {"data": {"name": "wandb"}, "mark": "point", "title": "${string:title:Loss}",
    ...         "encoding": {"x": {"field": "${field:x}", "type": "quantitative"}}}
    >>> loaded = load(spec)
    >>> loaded.content["encoding"]["x"]["field"], loaded.content["title"]["text"]
    ('x', 'Loss')
    >>> loaded.notes
    ["role 'x': a column of number, required (from /encoding/x)"]
    """
    return _Loader(content, where).load()


def _texts(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text of a spec with its path, rows left out."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key not in ("values", "datasets", "usermeta"):
                yield from _texts(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(value, (*path, index))


def _pointer(path: tuple[str | int, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


class _Loader:
    """One preset on its way into our form."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        self.where = where
        self.spec: dict[str, Any] = json.loads(json.dumps(content))
        self.meta: dict[str, Any] = self.spec.pop("usermeta", None) or {}
        self.vega = is_vega(self.spec)
        self.fields: dict[str, str | None] = {}  # role -> the column that it takes by default
        self.strings: dict[str, dict[str, Any]] = {}
        self.texts: dict[str, list[Any]] = {}
        self.params: dict[tuple[str, str], str] = {}  # template -> the param that holds its text
        self.notes: list[str] = []
        self.hints: dict[str, list[Any]] = {}  # role -> values that expressions compare it with

    def load(self) -> Loaded:
        if not self.vega:
            _modernise(self.spec)
        self.spec = self._bound(self.spec, ())
        for string in self.strings.values():
            for pointer in string.get("at", ()):
                _put(self.spec, pointer, string["default"])  # it may have come later than its use
        self.spec["$schema"] = _SCHEMAS[self.vega]
        roles = self._roles()
        self._folds()
        self._declare_params()
        if not self.vega:
            self._explicit_tooltips(self.spec, {})
            self._titles(roles)
            _set_size(self.spec)
            config = self.spec.setdefault("config", {})
            # Descriptions that the engine makes of single marks break on names with backslashes.
            config["mark"] = {**config.get("mark", {}), "aria": False}
        self._data(roles)
        ours = {**self.meta.get("plotkit", {}), "format": 1, "roles": roles}
        if self.strings:
            ours["strings"] = self.strings
        if self.texts:
            ours["texts"] = self.texts
        return Loaded({**self.spec, "usermeta": {**self.meta, "plotkit": ours}}, self.notes)

    def fail(self, path: tuple[str | int, ...], found: object, expected: str) -> Exception:
        return errors.PresetError.from_file(self.where, _pointer(path), found, expected)

    # --- templates -----------------------------------------------------------------------------

    def _bound(self, node: Any, path: tuple[str | int, ...]) -> Any:
        """The node with roles and defaults in place of templates."""
        if isinstance(node, dict):
            return {
                key: value if key in ("values", "datasets") else self._bound(value, (*path, key))
                for key, value in node.items()
            }
        if isinstance(node, list):
            return [self._bound(value, (*path, index)) for index, value in enumerate(node)]
        if not isinstance(node, str):
            return node
        if path[-1] == "name" and _TABLE_TEMPLATE.fullmatch(node):
            return TABLE
        key = path[-1] if isinstance(path[-1], str) else path[-2]
        if key in (_VEGA_EXPRESSIONS if self.vega else _EXPRESSIONS):
            return self._expression(node, path)
        parts = list(self._parts(node, path))
        if not any(isinstance(part, _Template) for part in parts):
            return node
        words = key in _WORDS and not (key == "value" and "pivot" in self._parent(path))
        if any(isinstance(part, _Template) and part.kind == "string" for part in parts):
            words = True
        if not words:  # a field's name, or a name made from one
            return "".join(p.name if isinstance(p, _Template) else p for p in parts)
        return self._text(parts, path)

    def _parent(self, path: tuple[str | int, ...]) -> Mapping[str, Any]:
        found: Any = self.spec
        for part in path[:-1]:
            found = found[part]
        return found if isinstance(found, Mapping) else {}

    def _parts(self, text: str, path: tuple[str | int, ...]) -> Iterator[str | _Template]:
        """The text cut into what stands there and what is to be bound."""
        done = 0
        for match in _TEMPLATE.finditer(text):
            if match.start() > done:
                yield text[done : match.start()]
            yield self._template(match, path)
            done = match.end()
        rest = text[done:]
        unknown = _ANY_TEMPLATE.search(_TEMPLATE.sub("", text))
        if unknown:
            raise self.fail(path, text, "templates of the form ${field:x} and ${string:x:default}")
        if rest:
            yield rest

    def _template(self, match: re.Match[str], path: tuple[str | int, ...]) -> _Template:
        found = _Template(match["kind"], match["name"], match["default"])
        if not found.name or _UNSAFE_NAME.search(found.name):
            raise self.fail(path, match[0], "a name without . [ ] quotes and backslashes in it")
        if found.kind == "field":
            self.fields[found.name] = self.fields.get(found.name) or found.default or None
        else:
            string = self.strings.setdefault(found.name, {"default": ""})
            string["default"] = string["default"] or found.default or ""
        return found

    def _text(self, parts: list[str | _Template], path: tuple[str | int, ...]) -> str:
        """Note how a text is put together; it stands in the file with its defaults."""
        whole = parts[0] if len(parts) == 1 else None
        # Items of a list can move when a role is not mapped; texts are placed before that.
        if isinstance(whole, _Template) and whole.kind == "string" and "tooltip" not in path:
            self.strings[whole.name].setdefault("at", []).append(_pointer(path))
            return whole.default or ""
        self.texts[_pointer(path)] = [
            {"role" if part.kind == "field" else "string": part.name}
            if isinstance(part, _Template)
            else part
            for part in parts
        ]
        return "".join(
            part
            if isinstance(part, str)
            else (part.name if part.kind == "field" else part.default or "")
            for part in parts
        )

    def _expression(self, text: str, path: tuple[str | int, ...]) -> str:
        """An expression whose templates are members of datum and params.

        The templates are read as names that the expression does not have, then exchanged in the
        tree.
        """
        stem = "bound_"
        while stem in text:
            stem += "_"
        templates: list[_Template] = []

        def stand_in(match: re.Match[str]) -> str:
            templates.append(self._template(match, path))
            return f"{stem}{len(templates) - 1}_"

        plain = _TEMPLATE.sub(stand_in, text)
        if _ANY_TEMPLATE.search(plain):
            raise self.fail(path, text, "templates of the form ${field:x} and ${string:x:default}")
        try:
            tree = expression.parse(plain)
        except errors.ExpressionError as reason:
            if not templates:
                return text  # not ours to judge here
            raise self.fail(path, text, f"an expression ({reason})") from reason
        mark = re.compile(re.escape(stem) + r"(\d+)_")

        def pieces(found: str) -> list[str | _Template]:
            cut: list[str | _Template] = list(mark.split(found))
            cut[1::2] = [templates[int(str(index))] for index in cut[1::2]]
            return [piece for piece in cut if piece != ""]

        def named(found: str) -> str:
            return "".join(
                p if isinstance(p, str) else (p.name if p.kind == "field" else p.default or "")
                for p in pieces(found)
            )

        def change(node: Node) -> Node:
            if isinstance(node, Member) and mark.search(node.name):
                string = next(
                    (p for p in pieces(node.name) if not isinstance(p, str) and p.kind == "string"),
                    None,
                )
                if string is None:
                    return Member(node.of, named(node.name))
                return Index(node.of, self._joined(pieces(node.name)))
            if isinstance(node, Literal) and isinstance(node.value, str):
                return self._joined(pieces(node.value)) if mark.search(node.value) else node
            if isinstance(node, Name) and mark.search(node.name):
                if not mark.fullmatch(node.name):
                    raise self.fail(path, text, "templates inside quotes, or after datum")
                return _number_or_text(self._joined(pieces(node.name)))
            if isinstance(node, expression.Object):
                return expression.Object(tuple(map(named, node.keys)), node.values)
            if isinstance(node, expression.Regex) and mark.search(node.pattern):
                raise self.fail(path, text, "no templates in a regular expression")
            return node

        tree = expression.replaced(tree, change)
        self._note_comparisons(tree)
        return expression.unparse(tree)

    def _joined(self, pieces: list[str | _Template]) -> Node:
        """Pieces of a literal as a sum of literals and params."""
        nodes: list[Node] = [
            Literal(piece) if isinstance(piece, str) else Name(self._param(piece))
            for piece in pieces
        ]
        if len(nodes) > 1 and not isinstance(nodes[0], Literal):
            nodes.insert(0, Literal(""))  # a sum that begins with a text is one
        joined = nodes[0]
        for node in nodes[1:]:
            joined = Binary("+", joined, node)
        return joined

    def _param(self, template: _Template) -> str:
        """The name of the param that holds a template's text."""
        key = (template.kind, template.name)
        if key not in self.params:
            kind = "column" if template.kind == "field" else "string"
            name = f"{kind}_{re.sub('[^A-Za-z0-9_]', '_', template.name)}"
            while name in {p.get("name") for p in self._declared()} | {*self.params.values()}:
                name += "_"
            self.params[key] = name
        return self.params[key]

    def _declared(self) -> list[dict[str, Any]]:
        found = self.spec.get("signals" if self.vega else "params")
        return [entry for entry in found or () if isinstance(entry, dict)]

    def _declare_params(self) -> None:
        """Params (in Vega: signals) that hold the texts which expressions read."""
        kind = "signals" if self.vega else "params"
        for (of, name), param in self.params.items():
            listed = self.spec.setdefault(kind, [])
            pointer = f"/{kind}/{len(listed)}/value"
            if of == "string":
                listed.append({"name": param, "value": self.strings[name]["default"]})
                self.strings[name].setdefault("at", []).append(pointer)
            else:
                listed.append({"name": param, "value": RUN_COLUMNS.get(name) or name})
                self.texts[pointer] = [{"role": name}]

    def _note_comparisons(self, tree: Node) -> None:
        """Values that a role is compared with: the sample's rows take them."""
        for node in expression.walk(tree):
            if isinstance(node, Binary) and node.operator in ("==", "==="):
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    if (
                        isinstance(one, Member)
                        and one.of == Name("datum")
                        and isinstance(other, Literal)
                        and other.value is not None
                    ):
                        self.hints.setdefault(one.name, []).append(other.value)

    # --- roles ---------------------------------------------------------------------------------

    def _roles(self) -> dict[str, dict[str, Any]]:
        """Every field that the rows must bring, with what its uses say of it."""
        uses: dict[str, list[_Use]] = {name: [] for name in self.fields}
        made = _made(self.spec)
        for use in _vega_uses(self.spec) if self.vega else _uses(self.spec, ()):
            own = use.field in self.fields or use.field in RUN_COLUMNS
            if own or (use.field not in made and not _UNSAFE_NAME.search(use.field)):
                uses.setdefault(use.field, []).append(use)
        self.channels = {n: {u.channel for u in found} for n, found in uses.items()}
        return {name: self._role(name, found) for name, found in uses.items()}

    def _role(self, name: str, uses: list[_Use]) -> dict[str, Any]:
        kinds = {use.kind for use in uses} - {None}
        needed = any(use.needed for use in uses) or not uses
        role: dict[str, Any] = {}
        if kinds & {"number", "time"}:
            role["types"] = sorted(kind for kind in kinds if kind)
        elif "" in kinds:
            role["as"] = "category"
        if any(use.fold for use in uses) and role.get("types") == ["number"]:
            role["missing"] = "gap"
        run = name in RUN_COLUMNS and (name not in self.fields or RUN_COLUMNS[name] == "")
        if run:
            role = {"as": "category", "value": RUN_COLUMNS[name]}
            needed = False
        elif name not in self.fields:
            role["column"] = name  # the spec names a column outright
        elif self.fields[name]:
            role["column"] = self.fields[name]
        if not needed:
            role["required"] = False
        where = f" (from {uses[0].place})" if uses else ""
        told = " or ".join(role.get("types", ["any kind"]))
        demanded = "optional" if not needed else "required"
        self.notes.append(f"role {errors.shown(name)}: a column of {told}, {demanded}{where}")
        return role

    # --- texts and rows ------------------------------------------------------------------------

    def _titles(self, roles: Mapping[str, Any]) -> None:
        """Titles of its own that the spec gives a role's channel stay; others name the column."""
        placed = {p for string in self.strings.values() for p in string.get("at", ())}
        for path, channel, definition in _channels(self.spec, ()):
            name = str(definition.get("field"))
            if name not in roles:
                continue
            if channel in _UNTITLED:
                if _is_titled(definition, channel, path, self.spec):
                    definition["title"] = None  # an axis is called what its first channel is
                continue
            at = _pointer((*path, "title"))
            title, operation = definition.get("title"), definition.get("aggregate")
            if "title" not in definition and name in RUN_COLUMNS and "value" in roles[name]:
                definition["title"] = None
            elif isinstance(title, str) and at not in placed and at not in self.texts:
                self.texts[at] = [title]
            elif "title" not in definition and isinstance(operation, str):
                word = _MEANS.get(operation, operation)
                self.texts[at] = [f"{word.capitalize()} of ", {"role": name}]
                definition["title"] = f"{word.capitalize()} of {name}"
            for guide in ("axis", "legend", "header"):
                self._default_title(_pointer((*path, guide, "title")), name)
            self._default_title(at, name)

    def _default_title(self, pointer: str, role: str) -> None:
        """A title that the caller may set is the column's name until then."""
        for string in self.strings.values():
            if pointer in string.get("at", ()) and string["default"] == "":
                string.update(default=None, role=role)

    def _folds(self) -> None:
        """Names of folded columns are shown as the columns are called, as W&B shows them."""
        for path, steps in list(_transforms(self.spec, ())):
            for at in range(len(steps) - 1, -1, -1):
                step = steps[at] if isinstance(steps[at], dict) else {}
                fold = step.get("type") == "fold" if self.vega else "fold" in step
                folded = step.get("fields" if self.vega else "fold")
                if not fold or not isinstance(folded, list):
                    continue
                key = (step.get("as") or ["key"])[0]
                named = Member(Name("datum"), key)
                shown: Node = named
                for field in reversed([field for field in folded if field in self.fields]):
                    column = Name(self._param(_Template("field", field, None)))
                    shown = Conditional(Binary("===", named, Literal(field)), column, shown)
                text = expression.unparse(shown)
                made = {"type": "formula", "expr": text} if self.vega else {"calculate": text}
                self._move(path, at + 1)
                steps.insert(at + 1, {**made, "as": key})

    def _move(self, path: tuple[str | int, ...], start: int) -> None:
        """A step comes in at `start`: pointers to those behind it count one further."""
        stem = _pointer(path) + "/"

        def moved(pointer: str) -> str:
            head, _, rest = pointer.removeprefix(stem).partition("/")
            if not pointer.startswith(stem) or not head.isdecimal() or int(head) < start:
                return pointer
            return f"{stem}{int(head) + 1}/{rest}"

        self.texts = {moved(pointer): parts for pointer, parts in self.texts.items()}
        for string in self.strings.values():
            if "at" in string:
                string["at"] = [moved(pointer) for pointer in string["at"]]

    def _explicit_tooltips(self, view: dict[str, Any], above: Mapping[str, Any]) -> None:
        """Tooltips that the engine would make of all fields, spelled out channel by channel.

        Left to the engine they would show roles in place of columns, and break on backslashes.
        """
        encoding = {**above, **(view.get("encoding") or {})}
        mark = view.get("mark")
        if isinstance(mark, dict) and mark.get("tooltip"):
            wanted = mark.pop("tooltip")
            if not isinstance(wanted, str) and "tooltip" not in encoding:
                shown = {
                    json.dumps([d.get("field"), d.get("aggregate")]): {
                        key: d[key] for key in ("field", "type", "aggregate", "bin", "timeUnit",
                                                "title", "format") if key in d
                    }
                    for c, d in encoding.items()
                    if isinstance(d, dict) and ("field" in d or d.get("aggregate") == "count")
                    and c not in ("order", "detail", "key")
                }  # fmt: skip
                view.setdefault("encoding", {})["tooltip"] = list(shown.values())
        kind = mark.get("type") if isinstance(mark, dict) else mark
        if kind in _COMPOSITE and "tooltip" not in encoding:
            view.setdefault("encoding", {})["tooltip"] = {"value": None}
        for _, part in _parts_of(view, ()):
            self._explicit_tooltips(part, encoding)

    def _data(self, roles: Mapping[str, Any]) -> None:
        """Rows of a sample, in the place where the table's rows will go."""
        if self.vega:
            entries = self.spec.setdefault("data", [])
            table = next((e for e in entries if e.get("name") == TABLE), None)
            if table is None:
                table = next((e for e in entries if "values" in e), None)
            if table is None:
                table = {"name": TABLE}
                entries.insert(0, table)
            for key in ("url", "format"):
                table.pop(key, None)
            if not table.get("values"):
                table["values"] = self._sample(roles)
            return
        named = [p for p, text in _texts(self.spec) if p[-2:] == ("data", "name") and text == TABLE]
        held = self.spec.get("data")
        inline = isinstance(held, dict) and held.get("values")
        if any(len(path) > 2 for path in named):
            rows = self.spec.get("datasets", {}).get(TABLE)
            self.spec["datasets"] = {
                **self.spec.get("datasets", {}), TABLE: rows or self._sample(roles)
            }  # fmt: skip
        elif not inline:
            self.spec["data"] = {"values": self._sample(roles)}

    def _sample(self, roles: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A few rows that the picture can be drawn with, by the kinds of the roles."""
        wanted = [name for name, role in roles.items() if "value" not in role]
        numbers = [name for name in wanted if roles[name].get("types")]
        categories = [name for name in wanted if name not in numbers]
        placed = [n for n in categories if self.channels[n] & _PLACES]
        crossed = placed[:2] or [n for n in categories if self.channels[n] - {""}][:1]
        binned = any(node.get("bin") for _, node in _nodes(self.spec, ()))
        steps = 12 if binned or not (placed or (self.vega and len(numbers) < 2)) else 1
        along = [n for n in numbers if "x" in self.channels[n]] or numbers[:1]
        levels = {
            name: self.hints.get(name) or ["A", "B", "C", "D"][: 4 if at == 0 else 3]
            for at, name in enumerate(sorted(categories, key=lambda n: n not in crossed))
        }
        rows: list[dict[str, Any]] = []
        for combination in itertools.product(*(levels[name] for name in crossed)):
            for step in range(steps):
                at = len(rows)
                row = {name: found[at % len(found)] for name, found in levels.items()}
                row.update(zip(crossed, combination, strict=True))
                for rank, name in enumerate(numbers):
                    value: Any = 6 + 3 * math.sin(0.9 * at + rank) + 0.1 * step
                    if name in along and steps > 1:
                        value = step + 1
                    if self.channels[name] & {"x2", "y2"}:
                        value = 12 + at % 3
                    if self.hints.get(name):
                        value = self.hints[name][at % len(self.hints[name])]
                    if roles[name]["types"] == ["time"]:
                        value = 1_735_689_600_000 + round(value * 86_400_000)
                    row[name] = round(value, 1) if isinstance(value, float) else value
                rows.append(row)
        first_colour = theme.config("light")["range"]["category"][0]
        constants = {
            name: role["value"] if isinstance(role["value"], str) else first_colour
            for name, role in roles.items()
            if "value" in role
        }
        return [{**row, **constants} for row in rows]


def _is_titled(
    definition: Mapping[str, Any], channel: str, path: tuple[str | int, ...], spec: Any
) -> bool:
    """Whether a second channel of an axis leaves its title to the first one."""
    for part in path[:-1]:
        spec = spec[part]
    primary = spec.get(channel[:-1]) if channel.endswith("2") else None
    return isinstance(primary, Mapping) and "title" in primary and "title" not in definition


def _put(node: Any, pointer: str, value: str) -> None:
    *parents, last = pointer[1:].replace("~1", "/").replace("~0", "~").split("/")
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[int(last) if isinstance(node, list) else last] = value


def _number_or_text(node: Node) -> Node:
    """A text that W&B would paste as code: the number it spells, or else the text itself."""
    number = Unary("+", node)
    return Conditional(expression.Call(Name("isNaN"), (number,)), node, number)


# --- which fields a spec reads -------------------------------------------------------------------


def _channels(
    view: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, dict[str, Any]]]:
    """Every channel with its path, conditions included, through all views."""
    encoding = view.get("encoding")
    for name, found in (encoding if isinstance(encoding, Mapping) else {}).items():
        several = isinstance(found, list)
        for index, definition in enumerate(found if several else [found]):
            if not isinstance(definition, dict):
                continue
            at = (*path, "encoding", name, *([index] if several else []))
            yield at, name, definition
            condition = definition.get("condition")
            for number, inner in enumerate(
                condition if isinstance(condition, list) else [condition]
            ):
                if isinstance(inner, dict):
                    place = [number] if isinstance(condition, list) else []
                    yield (*at, "condition", *place), name, inner
    facet = view.get("facet")
    if isinstance(facet, dict):
        if "field" in facet:
            yield (*path, "facet"), "facet", facet
        for key in ("row", "column"):
            if isinstance(facet.get(key), dict):
                yield (*path, "facet", key), key, facet[key]
    for at, part in _parts_of(view, path):
        yield from _channels(part, at)


def _parts_of(
    view: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """The views directly inside a view."""
    for key in _VIEWS:
        for index, part in enumerate(view.get(key) or ()):
            if isinstance(part, dict):
                yield (*path, key, index), part
    if isinstance(view.get("spec"), dict):
        yield (*path, "spec"), view["spec"]


def _transforms(
    view: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], list[Any]]]:
    if isinstance(view.get("transform"), list):
        yield (*path, "transform"), view["transform"]
    if isinstance(view.get("data"), list):  # Vega
        for index, entry in enumerate(view["data"]):
            yield from _transforms(entry, (*path, "data", index))
    for at, part in _parts_of(view, path):
        yield from _transforms(part, at)


def _is_own_data(view: Mapping[str, Any]) -> bool:
    """Whether a view brings rows of its own instead of drawing the table's."""
    data = view.get("data")
    return isinstance(data, Mapping) and data.get("name") != TABLE


def _uses(view: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[_Use]:
    if path and _is_own_data(view):
        return
    for index, step in enumerate(view.get("transform") or ()):
        if isinstance(step, dict):
            yield from _step_uses(step, _pointer((*path, "transform", index)))
    alone = {k: v for k, v in view.items() if k not in (*_VIEWS, "spec")}
    encoding = view.get("encoding") if isinstance(view.get("encoding"), Mapping) else {}
    for at, channel, definition in _channels(alone, path):
        yield from _channel_uses(definition, channel, encoding or {}, _pointer(at))
    for param in view.get("params") or ():
        select = param.get("select") if isinstance(param, dict) else None
        for field in (select.get("fields") or ()) if isinstance(select, dict) else ():
            yield _Use(field, None, _pointer((*path, "params")), needed=False)
    for at, part in _parts_of(view, path):
        yield from _uses(part, at)


def _channel_uses(
    definition: Mapping[str, Any], channel: str, encoding: Mapping[str, Any], place: str
) -> Iterator[_Use]:
    needed = channel not in _OPTIONAL
    field = definition.get("field")
    if isinstance(field, str):
        kind = _kind_of(definition, channel, encoding)
        yield _Use(field, kind, place, channel, needed)
    yield from _predicate_uses(definition.get("test"), place)
    sort, scale = definition.get("sort"), definition.get("scale")
    for holder in (sort, scale.get("range") if isinstance(scale, Mapping) else None):
        if isinstance(holder, Mapping) and isinstance(holder.get("field"), str):
            yield _Use(holder["field"], None, place, needed=False)


def _kind_of(
    definition: Mapping[str, Any], channel: str, encoding: Mapping[str, Any]
) -> str | None:
    operation = definition.get("aggregate")
    if isinstance(operation, str):
        return None if operation in _COUNTS else "number"
    if definition.get("bin") and definition.get("bin") != "binned":
        return "number"
    if definition.get("timeUnit"):
        return "time"
    kind = definition.get("type")
    if kind is None and channel.endswith("2"):
        primary = encoding.get(channel[:-1])
        kind = primary.get("type") if isinstance(primary, Mapping) else None
    if kind is None and "Error" in channel:
        kind = "quantitative"
    if kind is None and channel in ("xOffset", "yOffset"):
        kind = "nominal"
    return _KIND_OF_TYPE.get(str(kind))


def _step_uses(step: Mapping[str, Any], place: str) -> Iterator[_Use]:
    """The fields that a transform reads."""
    for key in ("filter", "calculate"):
        if isinstance(step.get(key), str):
            yield from _expression_uses(step[key], place)
        elif isinstance(step.get(key), Mapping):
            yield from _predicate_uses(step[key], place)
    for key in ("aggregate", "joinaggregate", "window"):
        for entry in step.get(key) or ():
            if isinstance(entry, Mapping) and isinstance(entry.get("field"), str):
                counts = entry.get("op") in _COUNTS or key == "window"
                yield _Use(entry["field"], None if counts else "number", place)
    for key in ("stack", "density", "loess", "regression", "on", "quantile"):
        if isinstance(step.get(key), str):
            yield _Use(step[key], "number", place)
    for key in ("lookup", "impute", "key", "pivot", "value", "flatten"):
        for name in step[key] if isinstance(step.get(key), list) else [step.get(key)]:
            if isinstance(name, str) and not ("impute" in step and key == "value"):
                yield _Use(name, None, place)
    for name in step.get("fold") or ():
        yield _Use(name, "number", place, fold=True)
    if isinstance(step.get("field"), str):
        kind = "number" if step.get("bin") else "time" if step.get("timeUnit") else None
        yield _Use(step["field"], kind, place)
    for name in step.get("groupby") or ():
        if isinstance(name, str):
            yield _Use(name, None, place, needed=False)
    for entry in step.get("sort") or ():
        if isinstance(entry, Mapping) and isinstance(entry.get("field"), str):
            yield _Use(entry["field"], None, place)


def _predicate_uses(test: Any, place: str) -> Iterator[_Use]:
    if isinstance(test, str):
        yield from _expression_uses(test, place)
    elif isinstance(test, list):
        for part in test:
            yield from _predicate_uses(part, place)
    elif isinstance(test, Mapping):
        if isinstance(test.get("field"), str):
            yield _Use(test["field"], None, place)
        for key in ("and", "or", "not"):
            yield from _predicate_uses(test.get(key), place)


def _expression_uses(text: str, place: str) -> Iterator[_Use]:
    try:
        tree = expression.parse(text)
    except errors.ExpressionError:
        return
    for name in sorted(expression.fields(tree)):
        yield _Use(name, None, place)


def _made(spec: Mapping[str, Any]) -> set[str]:
    """Names of fields that the spec makes itself, or takes from rows of its own."""
    made: set[str] = set()

    def see(node: Any) -> None:
        if isinstance(node, list):
            for part in node:
                see(part)
        elif isinstance(node, Mapping):
            named = node.get("as")
            made.update(x for x in (named if isinstance(named, list) else [named]) if x)
            if "fold" in node or node.get("type") == "fold":
                made.update(("key", "value"))
            for key, value in node.items():
                if key in ("values", "datasets", "sequence") and isinstance(value, list):
                    made.update(k for row in value if isinstance(row, Mapping) for k in row)
                else:
                    see(value)

    # The rows at the top are those that the table's take the place of.
    data = spec.get("data")
    see({key: value for key, value in spec.items() if key not in ("data", "datasets")})
    for entry in data if isinstance(data, list) else ():
        table = entry.get("name") == TABLE
        see({key: value for key, value in entry.items() if not (table and key == "values")})
    return {name for name in made if isinstance(name, str)}


def _vega_uses(spec: Mapping[str, Any]) -> Iterator[_Use]:
    """The fields that a Vega spec reads: scales and operations say of what kind they are."""
    for index, entry in enumerate(spec.get("data") or ()):
        for at, step in enumerate(entry.get("transform") or ()):
            place = _pointer(("data", index, "transform", at))
            operations = step.get("ops") or []
            for number, name in enumerate(step.get("fields") or ()):
                if isinstance(name, str):
                    operation = operations[number] if number < len(operations) else "count"
                    fold = step.get("type") == "fold"
                    known = fold or operation not in _COUNTS
                    yield _Use(name, "number" if known else None, place, fold=fold)
            if isinstance(step.get("field"), str):
                numeric = step.get("type") in ("bin", "stack", "extent", "kde", "dotbin")
                yield _Use(step["field"], "number" if numeric else None, place)
    kinds = {"band": "", "point": "", "ordinal": "", "time": "time", "utc": "time"}
    for path, node in _nodes(spec, ()):
        place = _pointer(path)
        domain = node.get("domain")
        if isinstance(domain, Mapping) and isinstance(domain.get("field"), str):
            kind = kinds.get(str(node.get("type", "linear")), "number")
            yield _Use(domain["field"], kind, place, "x")
        for key in _VEGA_EXPRESSIONS:
            if isinstance(node.get(key), str):
                yield from _expression_uses(node[key], place)
        if "field" in node and isinstance(node["field"], str) and "encode" in path:
            yield _Use(node["field"], None, place)
        for name in node.get("groupby") or ():
            if isinstance(name, str):
                yield _Use(name, None, place)


def _nodes(
    node: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        yield path, node
        for key, value in node.items():
            if key != "values":
                yield from _nodes(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _nodes(value, (*path, index))


# --- older versions of Vega-Lite -----------------------------------------------------------------


def _modernise(spec: dict[str, Any]) -> None:
    """Change a spec of Vega-Lite 2 to 5 into one of version 6, in place."""
    empty: set[str] = set()
    _to_params(spec, empty)
    _refer(spec, empty)
    _tidy(spec)
    background = str(spec.get("background", "")).replace(" ", "")
    if background in ("transparent", "rgba(0,0,0,0)"):
        del spec["background"]  # a page's own shone through; here the theme's does


def _to_params(view: dict[str, Any], empty: set[str]) -> None:
    """`selection` blocks become params; `empty` gathers those that select nothing at first."""
    selections = view.pop("selection", None)
    if isinstance(selections, dict):
        made = [_param_of(name, dict(found), empty) for name, found in selections.items()]
        view["params"] = [*(view.get("params") or []), *made]
    for _, part in _parts_of(view, ()):
        _to_params(part, empty)


def _param_of(name: str, old: dict[str, Any], empty: set[str]) -> dict[str, Any]:
    kind = old.pop("type", "interval")
    if old.pop("empty", "all") == "none":
        empty.add(name)
    param: dict[str, Any] = {"name": name}
    bind, init = old.pop("bind", None), old.pop("init", None)
    select = {"type": "interval" if kind == "interval" else "point", **old}
    if kind == "single":
        select.setdefault("toggle", False)
    param["select"] = select
    if init is not None:
        listed = init if isinstance(init, list) or kind == "interval" else [init]
        param["value"] = listed
    if bind is not None:
        param["bind"] = bind
    return param


def _refer(node: Any, empty: set[str]) -> None:
    """References to selections become references to params."""
    if isinstance(node, list):
        for part in node:
            _refer(part, empty)
    elif isinstance(node, dict):
        asked = node.get("selection")
        if isinstance(asked, str):
            del node["selection"]
            node["param"] = asked
            # In a scale's domain and a bin's extent the param alone stands.
            if asked in empty and not {"encoding", "field"} & set(node):
                node["empty"] = False
        elif isinstance(asked, dict):
            del node["selection"]
            composed = _composed(asked, empty)
            if set(node) - {"param", "empty"}:
                node["test"] = composed
            else:
                node.update(composed)
        for key, value in node.items():
            if key not in ("values", "datasets"):
                _refer(value, empty)
            if key == "domain" and isinstance(value, dict):
                value.pop("empty", None)


def _composed(asked: Any, empty: set[str]) -> Any:
    if isinstance(asked, str):
        return {"param": asked, **({"empty": False} if asked in empty else {})}
    if isinstance(asked, list):
        return [_composed(part, empty) for part in asked]
    return {key: _composed(value, empty) for key, value in asked.items()}


def _tidy(node: Any) -> None:
    """Small things that older versions and W&B's own page took."""
    if isinstance(node, list):
        for part in node:
            _tidy(part)
    elif isinstance(node, dict):
        for side in ("width", "height"):
            if node.get(side) == "container":
                del node[side]
            elif isinstance(node.get(side), str) and re.fullmatch(r"\d+(\.\d+)?", node[side]):
                node[side] = float(node[side])
        for guide in ("legend", "axis"):
            if node.get(guide) is False:
                node[guide] = None
        title = node.get("title")
        if isinstance(title, dict) and isinstance(title.get("text"), dict):
            title["text"] = title["text"].get("value", "")
        elif isinstance(title, str) and {"mark", "layer", *_VIEWS, "spec"} & set(node):
            node["title"] = {"text": title}  # a view's, which lines are broken in
        for key, value in node.items():
            if key not in ("values", "datasets"):
                _tidy(value)


def _set_size(spec: dict[str, Any]) -> None:
    """W&B's charts fill their panel; ours have the size of our other charts unless they say one."""
    if any(key in spec for key in ("concat", "hconcat", "vconcat", "facet", "spec", "repeat")):
        wide = spec.get("hconcat") or [None]
        high = spec.get("vconcat") or [None]
        for _, part in _parts_of(spec, ()):
            if "hconcat" in spec or "vconcat" in spec:
                part.setdefault("width", round((_WIDTH - 80) / len(wide)) - 20)
                part.setdefault("height", round((_HEIGHT - 40) / len(high)) - 20)
        return
    if not {"row", "column", "facet"} & set(spec.get("encoding") or ()):
        if "width" not in spec and "height" not in spec:
            spec.setdefault("autosize", {"type": "fit", "contains": "padding"})
        spec.setdefault("width", _WIDTH)
        spec.setdefault("height", _HEIGHT)
