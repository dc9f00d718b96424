"""The preset file: a Vega-Lite spec whose field names are roles, and what we know beyond it.

What Vega-Lite has no word for stands under `usermeta.plotkit`: id and version, roles, strings,
params, the statistic, and switches (JSON Patches for optional parts). A spec without that block
is a preset too: its roles are the fields that it encodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from plotkit import errors, upgrade
from plotkit.column import KINDS
from plotkit.theme import LEGEND_ROOM

MISSING = ("drop", "gap", "error", "keep")
FORMAT = upgrade.CURRENT
# Keys under which a spec holds expressions, as text.
EXPRESSION_KEYS = frozenset(
    ("filter", "calculate", "test", "expr", "labelExpr", "update", "signal", "init")
)
_KIND_OF_TYPE = {"quantitative": "number", "temporal": "time"}


class Role(NamedTuple):
    """A part that a column plays.

    Attributes:
        types: the kinds of column it takes ("number", "text", "bool", "time").
        required: whether a column must be mapped to it.
        missing: what happens to rows without a value: "drop" them, draw a "gap", it is an
            "error", or "keep" them.
        as_text: values become category labels.
        infinite: infinity is a value, not a missing one.
        category: values stay as they are, and their channels discrete.
        column: the column that plays it where the caller maps none and the table has it.
        value: what stands in every row where no column is mapped; {"palette": role} is a colour
            for each value of that role.
    """

    name: str
    types: tuple[str, ...] = KINDS
    required: bool = True
    missing: str = "drop"
    as_text: bool = False
    infinite: bool = False
    description: str = ""
    category: bool = False
    column: str | None = None
    value: Any = None


class String(NamedTuple):
    """A text that the caller may set; `at` are JSON Pointers to where it stands in the spec.

    A default of None is the name of the column that plays `role`.
    """

    name: str
    default: str | None = ""
    at: tuple[str, ...] = ()
    role: str | None = None
    description: str = ""


class Param(NamedTuple):
    """A parameter of the statistic."""

    name: str
    default: Any = None
    types: tuple[str, ...] = ()
    description: str = ""


class Preset:
    """One preset, immutable. `spec` gives a fresh copy of the Vega-Lite spec each time.

    Attributes:
        id: "owner/name", or where it came from for a preset without an id.
        version: the version in its file, or None.
        is_checked: whether whoever made it held it to what untrusted presets may do.
    """

    is_checked = True

    __slots__ = (
        "_canonical",
        "_text",
        "_usermeta",
        "description",
        "id",
        "inputs",
        "outputs",
        "params",
        "roles",
        "statistic",
        "strings",
        "switches",
        "texts",
        "title",
        "vega",
        "vega_params",
        "version",
    )  # fmt: skip

    def __init__(self, content: Mapping[str, Any], where: str = "dict") -> None:
        if not isinstance(content, Mapping):
            raise errors.PresetError.from_file(where, "", content, "a JSON object")
        if not _declares_roles(content):
            from plotkit import wandb_form  # no preset in our own form needs it

            if wandb_form.is_wandb_form(content):
                content = wandb_form.load(content, where).content
        content = upgrade.to_current(content, where)
        held = dict(content)
        usermeta = held.pop("usermeta", None)
        meta = usermeta.get("plotkit") if isinstance(usermeta, Mapping) else None
        self._text = json.dumps(held, ensure_ascii=False)
        self._usermeta = json.dumps(usermeta, ensure_ascii=False)
        self._canonical = _canonical(content)
        check = _Checker(where)
        meta = check.mapping(meta or {}, "/usermeta/plotkit")
        self.id: str = check.text(meta.get("id", where), "/usermeta/plotkit/id")
        self.version: int | None = meta.get("version")
        self.title: str = meta.get("title", "")
        self.description: str = meta.get("description", "")
        self.roles = check.roles(meta["roles"]) if "roles" in meta else inferred_roles(held)
        self.strings = check.strings(meta.get("strings", {}))
        self.texts = check.texts(meta.get("texts", {}))
        self.params = check.params(meta.get("params", {}))
        statistic = check.mapping(meta.get("statistic") or {}, "/usermeta/plotkit/statistic")
        self.statistic: str | None = statistic.get("name")
        self.inputs: dict[str, str] = dict(statistic.get("inputs", {}))
        self.outputs: dict[str, str] = dict(meta.get("outputs", {}))
        self.switches: dict[str, Any] = dict(meta.get("switches", {}))
        self.vega: bool = is_vega(held)
        filled = {*self.texts, *(at for string in self.strings.values() for at in string.at)}
        self.vega_params: dict[str, Any] = {
            p["name"]: p
            for index, p in enumerate(held.get("params", []))
            if isinstance(p, Mapping) and "name" in p and p["name"] != LEGEND_ROOM
            if f"/params/{index}/value" not in filled  # those are the texts of expressions
        }

    def __repr__(self) -> str:
        return f"Preset({self.id}, roles: {', '.join(self.roles)})"

    @property
    def digest(self) -> str:
        """SHA-256 of its content, whatever the file's layout."""
        return _sha256(self._canonical)

    @property
    def spec(self) -> dict[str, Any]:
        """A copy of the Vega-Lite spec, without our block."""
        copied: dict[str, Any] = json.loads(self._text)
        return copied

    @property
    def content(self) -> dict[str, Any]:
        """A copy of the whole file: the spec, and our block under `usermeta.plotkit`."""
        usermeta = json.loads(self._usermeta)
        return self.spec if usermeta is None else {**self.spec, "usermeta": usermeta}

    @classmethod
    def from_file(cls, path: str | Path) -> Preset:
        """The preset in a JSON file; faults name the file and the JSON path."""
        file = Path(path)
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as reason:
            raise errors.PresetError.from_unreadable(str(file), reason) from reason
        try:
            content = json.loads(text)
        except ValueError as reason:
            raise errors.PresetError.from_unreadable(str(file), reason) from reason
        return cls(content, where=str(file))


def is_vega(spec: Mapping[str, Any]) -> bool:
    """Whether a spec is one of Vega itself, not of Vega-Lite."""
    return "/schema/vega/" in str(spec.get("$schema", ""))


def _declares_roles(content: Mapping[str, Any]) -> bool:
    usermeta = content.get("usermeta")
    meta = usermeta.get("plotkit") if isinstance(usermeta, Mapping) else None
    return isinstance(meta, Mapping) and "roles" in meta


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 over the content's canonical JSON."""
    return _sha256(_canonical(content))


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _sha256(text: str) -> str:
    import hashlib  # it loads OpenSSL, and no picture needs it

    return hashlib.sha256(text.encode()).hexdigest()


class _Checker:
    """Reads our block of a preset file; every fault names the JSON path."""

    def __init__(self, where: str) -> None:
        self.where = where

    def fail(self, path: str, found: object, expected: str) -> errors.PresetError:
        return errors.PresetError.from_file(self.where, path, found, expected)

    def mapping(self, found: object, path: str) -> Mapping[str, Any]:
        if not isinstance(found, Mapping):
            raise self.fail(path, found, "an object")
        return found

    def text(self, found: object, path: str) -> str:
        if not isinstance(found, str):
            raise self.fail(path, found, "text")
        return found

    def entries(self, found: object, kind: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        path = f"/usermeta/plotkit/{kind}"
        for name, entry in self.mapping(found, path).items():
            yield name, f"{path}/{name}", self.mapping(entry, f"{path}/{name}")

    def known(self, entry: Mapping[str, Any], path: str, allowed: tuple[str, ...]) -> None:
        for key in entry:
            if key not in allowed:
                near = errors.nearest(key, allowed)
                expected = f"one of {errors.listed(allowed)}.{near}".rstrip(".")
                raise self.fail(f"{path}/{key}", key, expected)

    def roles(self, found: object) -> dict[str, Role]:
        made = {}
        keys = (
            "types", "required", "missing", "as", "infinite", "description", "column", "value",
        )  # fmt: skip
        for name, path, entry in self.entries(found, "roles"):
            self.known(entry, path, keys)
            types = tuple(entry.get("types", KINDS))
            for kind in types:
                if kind not in KINDS:
                    raise self.fail(f"{path}/types", kind, f"kinds out of {errors.listed(KINDS)}")
            missing = entry.get("missing", "drop")
            if missing not in MISSING:
                raise self.fail(f"{path}/missing", missing, f"one of {errors.listed(MISSING)}")
            made[name] = Role(
                name,
                types,
                bool(entry.get("required", True)),
                missing,
                entry.get("as") == "text",
                entry.get("infinite") == "keep",
                entry.get("description", ""),
                entry.get("as") == "category",
                entry.get("column"),
                entry.get("value"),
            )
        return made

    def strings(self, found: object) -> dict[str, String]:
        made = {}
        for name, path, entry in self.entries(found, "strings"):
            self.known(entry, path, ("default", "at", "role", "description"))
            default = entry.get("default", "")
            if default is not None:
                self.text(default, f"{path}/default")
            made[name] = String(
                name,
                default,
                tuple(entry.get("at", ())),
                entry.get("role"),
                entry.get("description", ""),
            )
        return made

    def texts(self, found: object) -> dict[str, list[Any]]:
        """JSON Pointer -> parts: a text, {"string": name}, {"role": name}."""
        path = "/usermeta/plotkit/texts"
        made = {}
        for pointer, parts in self.mapping(found, path).items():
            if not isinstance(parts, list):
                raise self.fail(f"{path}/{pointer}", parts, "a list of parts")
            for part in parts:
                if not isinstance(part, str) and set(self.mapping(part, path)) not in (
                    {"string"},
                    {"role"},
                ):
                    expected = "a text, {'string': name} or {'role': name}"
                    raise self.fail(f"{path}/{pointer}", part, expected)
            made[pointer] = parts
        return made

    def params(self, found: object) -> dict[str, Param]:
        made = {}
        for name, path, entry in self.entries(found, "params"):
            self.known(entry, path, ("default", "types", "description"))
            made[name] = Param(
                name,
                entry.get("default"),
                tuple(entry.get("types", ())),
                entry.get("description", ""),
            )
        return made


# --- reading a spec ------------------------------------------------------------------------------


def channels(node: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every channel definition with a field, with its channel's name, through all layers."""
    if isinstance(node, Mapping):
        encoding = node.get("encoding")
        if isinstance(encoding, Mapping):
            for name, found in encoding.items():
                for definition in found if isinstance(found, list) else [found]:
                    if isinstance(definition, dict):
                        if isinstance(definition.get("field"), str):
                            yield name, definition
                        yield from _conditions(name, definition)
        for key in ("layer", "hconcat", "vconcat", "concat"):
            for part in node.get(key, ()) if isinstance(node.get(key), list) else ():
                yield from channels(part)
        if isinstance(node.get("spec"), Mapping):
            yield from channels(node["spec"])


def _conditions(name: str, definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    condition = definition.get("condition")
    for found in condition if isinstance(condition, list) else [condition]:
        if isinstance(found, dict) and isinstance(found.get("field"), str):
            yield name, found


def rows_of(spec: Mapping[str, Any]) -> list[Any]:
    """The sample rows of a spec, wherever it holds them."""
    data = spec.get("data")
    datasets = spec.get("datasets")
    if isinstance(datasets, Mapping) and datasets:
        named = data.get("name") if isinstance(data, Mapping) else None
        found = datasets.get(named, next(iter(datasets.values())))
        return found if isinstance(found, list) else []
    for entry in data if isinstance(data, list) else [data]:
        if isinstance(entry, Mapping) and isinstance(entry.get("values"), list):
            return list(entry["values"])
    return []


def made_by_transforms(node: object) -> set[str]:
    """Names of fields that the spec's own transforms make."""
    made: set[str] = set()
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "as":
                made.update(value if isinstance(value, list) else [value])
            elif key != "data":
                made |= made_by_transforms(value)
    elif isinstance(node, list):
        for value in node:
            made |= made_by_transforms(value)
    return {name for name in made if isinstance(name, str)}


def inferred_roles(spec: Mapping[str, Any]) -> dict[str, Role]:
    """Roles of a spec that declares none: the fields that it encodes, typed by its encodings."""
    made: dict[str, Role] = {}
    own = made_by_transforms(spec)
    for _, definition in channels(spec):
        name = definition["field"]
        if name in own or name in made:
            continue
        kind = _KIND_OF_TYPE.get(definition.get("type", ""))
        types = (kind,) if kind is not None else KINDS
        made[name] = Role(name, types, category=kind is None and "type" in definition)
    return made
