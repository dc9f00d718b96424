"""Forks: pure functions on the content of preset files.

A fork is a preset of somebody's own that remembers what it came from. These functions take and
give whole contents (a Vega-Lite spec with `usermeta.plotkit`) and never change what they get.
"""

from __future__ import annotations

import copy
import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from plotkit import errors, expression, preset

Content = dict[str, Any]

# Where a spec names fields as plain text, apart from expressions.
FIELD_KEYS = frozenset(
    (
        "field", "groupby", "fields", "fold", "key", "pivot", "flatten", "stack", "impute",
        "density", "regression", "on", "loess", "quantile", "lookup", "as",
    )
)  # fmt: skip
# Where a spec holds expressions.

_NEEDS = "needs:"
_DEEPEST = 100  # levels of a patch; no spec has as many
_NAME = (
    "letters, digits, blanks, '_' and '-', and no name that every object of JavaScript has "
    "('constructor', 'toString') or of Vega's ('if')"
)


class Change(NamedTuple):
    """One difference between two presets: where, what stood there, what stands there now.

    `before` or `after` is `MISSING` where the other side alone has the value.
    """

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.before is MISSING:
            return f"+ {self.path}: {errors.shown(self.after, 100)}"
        if self.after is MISSING:
            return f"- {self.path}: {errors.shown(self.before, 100)}"
        return f"~ {self.path}: {errors.shown(self.before, 60)} -> {errors.shown(self.after, 60)}"


class _Missing:
    """Says that a side has no value; prints as it is."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def meta_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The block `usermeta.plotkit` of a content; an empty one where there is none.

    >>> meta_of({"usermeta": {"plotkit": {"id": "a/b"}}})
    {'id': 'a/b'}
    """
    usermeta = content.get("usermeta")
    found = usermeta.get("plotkit") if isinstance(usermeta, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def with_meta(content: Mapping[str, Any], meta: Mapping[str, Any]) -> Content:
    """A copy of the content with another block of ours."""
    made = copy.deepcopy(dict(content))
    made["usermeta"] = {**made.get("usermeta", {}), "plotkit": copy.deepcopy(dict(meta))}
    return made


# --- making a fork -------------------------------------------------------------------------------


def fork(
    content: Mapping[str, Any],
    new_id: str,
    parent: Mapping[str, Any],
    *,
    title: str | None = None,
    description: str | None = None,
    patch: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Content:
    """A content of its own that draws as its parent does, but for what is asked.

    Args:
        content: the parent's.
        new_id: the fork's id.
        parent: id, version and digest of the parent, to be remembered.
        title: the fork's title, and the default title of its charts.
        description: one sentence on it.
        patch: a JSON Merge Patch (RFC 7396) on the spec, or a JSON Patch (RFC 6902) as a list.
            In a layered spec, `mark` means that of the layer named "main".
        roles: old role name -> new one.

    >>> made = fork({"mark": "bar"}, "carey/mine", {"id": "a/b"}, patch={"mark": "line"})
    >>> made["mark"], made["usermeta"]["plotkit"]["parent"]
    ('line', {'id': 'a/b'})
    """
    made = copy.deepcopy(dict(content))
    if roles is not None and roles != {}:
        made = rename_roles(made, roles)
    if patch is not None:
        made = patched(made, patch)
    meta = meta_of(made)
    meta.pop("version", None)
    meta.pop("stored", None)
    meta.update(id=new_id, parent=dict(parent))
    if title is not None:
        meta["title"] = title
        strings = copy.deepcopy(meta.get("strings", {}))
        if "title" in strings:
            strings["title"]["default"] = title
            meta["strings"] = strings
    if description is not None:
        meta["description"] = description
    return with_meta(made, meta)


def patched(
    content: Mapping[str, Any], patch: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> Content:
    """The content with a patch on its spec; our own block is not for patches.

    Raises `OptionError` where the patch reaches for `usermeta`, or where it does not fit.
    """
    if isinstance(patch, str) or not isinstance(patch, Mapping | Sequence):
        raise errors.OptionError.from_option(
            "patch", patch, "a JSON Merge Patch (an object) or a JSON Patch (a list)"
        )
    patch = _plain(patch, "")
    if isinstance(patch, Mapping):
        if "usermeta" in patch:
            raise errors.OptionError.from_option(
                "patch", {"usermeta": "..."}, "a patch on the spec; use title=, roles= and the like"
            )
        merged: Content = _merged(content, _to_main_layer(content, patch))
        return merged
    import jsonpatch

    for operation in patch:
        if not isinstance(operation, Mapping) or not all(
            _is_in_spec(operation[key]) for key in ("path", "from") if key in operation
        ):
            raise errors.OptionError.from_option("patch", operation, "operations on the spec")
    try:
        made: Content = jsonpatch.apply_patch(copy.deepcopy(dict(content)), patch)
    except (
        jsonpatch.JsonPatchException,
        jsonpatch.JsonPointerException,
        AttributeError,  # the library's own, where a path leads through what holds nothing
        LookupError,
        TypeError,
        ValueError,
    ) as reason:
        raise errors.OptionError.from_option(
            "patch", patch, f"a JSON Patch that fits ({errors.shown(str(reason), 120)})"
        ) from reason
    return made


def _is_in_spec(pointer: Any) -> bool:
    """Whether a JSON Pointer is to a part of the spec: not to all of it, nor to our block."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        return False
    return pointer.split("/")[1] != "usermeta"


def _plain(node: Any, path: str, depth: int = 0) -> Any:
    """A copy that is JSON through and through; `OptionError` says where it is not."""
    name = f"patch at {path}" if path else "patch"
    if depth > _DEEPEST:
        raise errors.OptionError.from_option(name, node, f"at most {_DEEPEST} levels")
    if isinstance(node, Mapping):
        made = {}
        for key, value in node.items():
            if not _is_text(key):
                raise errors.OptionError.from_option(name, key, "keys that are text")
            made[key] = _plain(value, f"{path}/{_escaped(key)}", depth + 1)
        return made
    if isinstance(node, list | tuple):
        return [_plain(value, f"{path}/{n}", depth + 1) for n, value in enumerate(node)]
    if node is None or isinstance(node, bool) or _is_text(node) or _is_number(node):
        return node
    raise errors.OptionError.from_option(
        name, node, "JSON: objects, lists, text, finite numbers, true, false or null"
    )


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:
        return False


def _is_text(value: Any) -> bool:
    """Whether it is text that can be written to a file: a lone surrogate cannot."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _to_main_layer(content: Mapping[str, Any], patch: Mapping[str, Any]) -> Mapping[str, Any]:
    """A patch of `mark`, which a layered spec has not, goes to its principal layer."""
    layers = content.get("layer")
    if "mark" not in patch or not isinstance(layers, list):
        return patch
    rest = {key: value for key, value in patch.items() if key != "mark"}
    made = [
        _merged(layer, {"mark": patch["mark"]}) if layer.get("name") == "main" else layer
        for layer in layers
    ]
    return {**rest, "layer": made}


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7396; a mark that is a bare name counts as {"type": name} beside an object."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    made = copy.deepcopy(dict(target)) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        elif key == "mark" and isinstance(value, Mapping) and isinstance(made.get(key), str):
            made[key] = _merged({"type": made[key]}, value)
        else:
            made[key] = _merged(made.get(key), value)
    return made


# --- renaming roles ------------------------------------------------------------------------------


def rename_roles(content: Mapping[str, Any], names: Mapping[str, str]) -> Content:
    """The content with roles renamed wherever they stand.

    Fields, transforms, expressions, sample rows, strings, switches and the statistic's inputs
    follow. Raises `OptionError` for an unknown role, or a new name that is taken or cannot work.

    >>> made = rename_roles(
    ...     {"data": {"values": [{"y": 1}]}, "encoding": {"y": {"field": "y"}},
    ...      "transform": [{"filter": "datum.y > 0"}],
    ...      "usermeta": {"plotkit": {"roles": {"y": {}}}}},
    ...     {"y": "value"},
    ... )
    >>> made["encoding"], made["transform"], made["data"]
    ({'y': {'field': 'value'}}, [{'filter': 'datum.value > 0'}], {'values': [{'value': 1}]})
    """
    if not isinstance(names, Mapping):
        raise errors.OptionError.from_option("roles", names, "old role name -> new role name")
    meta = meta_of(content)
    roles = meta.get("roles", {})
    for old, new in names.items():
        if old not in roles:
            raise errors.OptionError.from_unknown("role", old, list(roles), meta.get("id", "it"))
        if not is_role_name(new):
            raise errors.OptionError.from_option(f"roles[{old!r}]", new, f"a role name: {_NAME}")
        taken = {*roles, *meta.get("outputs", {})} - set(names)
        if new in taken:
            raise errors.OptionError.from_option(f"roles[{old!r}]", new, "a name that is free")
    if len(set(names.values())) < len(names):
        raise errors.OptionError.from_option("roles", dict(names), "names that differ")
    spec = {key: value for key, value in content.items() if key != "usermeta"}
    made: Content = {key: _renamed(value, names, key) for key, value in spec.items()}
    meta["roles"] = _renamed_keys(roles, names)
    if "outputs" in meta:
        meta["outputs"] = _renamed_keys(meta["outputs"], names)
    if "strings" in meta:
        meta["strings"] = {
            name: {
                **entry,
                **({"role": names[entry["role"]]} if entry.get("role") in names else {}),
            }
            for name, entry in meta["strings"].items()
        }
    if "switches" in meta:
        meta["switches"] = _renamed(meta["switches"], names, "switches")
    statistic = meta.get("statistic")
    if statistic:
        inputs = dict(statistic.get("inputs", {}))
        played = {value: key for key, value in inputs.items()}
        for old, new in names.items():
            inputs[played.get(old, old)] = new
        meta["statistic"] = {**statistic, **({"inputs": inputs} if inputs else {})}
    made["usermeta"] = {**dict(content.get("usermeta", {})), "plotkit": meta}
    return made


def is_role_name(name: object) -> bool:
    """Whether a role can have the name: Vega reads others as paths, or as what objects inherit.

    >>> is_role_name("my role-2"), is_role_name("größe"), is_role_name("a.b")
    (True, True, False)
    """
    if not isinstance(name, str) or not name.strip(" _-"):
        return False
    if name in expression.INHERITED or name == "if":  # which Vega takes for a function of its own
        return False
    return all(char in " _-" or unicodedata.category(char)[0] in "LMN" for char in name)


def _renamed_keys(found: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(found, Mapping):
        return found
    return {names.get(key, key): copy.deepcopy(value) for key, value in found.items()}


def _renamed(node: Any, names: Mapping[str, str], key: str) -> Any:
    if isinstance(node, Mapping):
        if key == "data":  # rows of the spec's own are keyed by roles too
            rows = node.get("values")
            held = [_renamed_keys(row, names) for row in rows] if isinstance(rows, list) else rows
            return {**copy.deepcopy(dict(node)), **({} if rows is None else {"values": held})}
        made = {k: _renamed(v, names, k) for k, v in node.items()}
        if "pivot" in node and node.get("value") in names:
            made["value"] = names[node["value"]]
        name = node.get("name")
        if isinstance(name, str) and name.startswith(_NEEDS):
            parts = name.removeprefix(_NEEDS).split("+")
            made["name"] = _NEEDS + "+".join(names.get(part, part) for part in parts)
        # A JSON Patch of a switch may set a field or an expression by its path.
        last = str(node.get("path", "")).rpartition("/")[2]
        if "op" in node and "value" in node:
            made["value"] = _renamed(node["value"], names, last)
        return made
    if isinstance(node, list):
        return [_renamed(part, names, key) for part in node]
    if not isinstance(node, str):
        return node
    if key in FIELD_KEYS:
        return names.get(node, node)
    if key in preset.EXPRESSION_KEYS:
        return renamed_expression(node, names)
    return node


def renamed_expression(text: str, names: Mapping[str, str]) -> str:
    """An expression with members of datum renamed; one that names none of them stays as it is."""
    node = expression.parse(text)
    if not expression.fields(node) & set(names):
        return text
    return expression.unparse(expression.rename(node, dict(names)))


# --- telling presets apart -----------------------------------------------------------------------


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two contents, by JSON Pointer, in the order of the file.

    Ids, versions, digests and parents are not differences.

    >>> [str(change) for change in diff({"mark": "bar", "width": 1}, {"mark": "line"})]
    ["~ /mark: 'bar' -> 'line'", '- /width: 1']
    """
    return list(_changes(_comparable(before), _comparable(after), ""))


def _comparable(content: Mapping[str, Any]) -> Content:
    meta = meta_of(content)
    for key in ("id", "version", "parent", "stored"):
        meta.pop(key, None)
    return with_meta(content, meta)


def _changes(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _changes(
                before.get(key, MISSING), after.get(key, MISSING), f"{path}/{_escaped(key)}"
            )
    elif isinstance(before, list) and isinstance(after, list):
        pairs = zip_longest(before, after, fillvalue=MISSING)
        for number, (one, other) in enumerate(pairs):
            yield from _changes(one, other, f"{path}/{number}")
    elif not _same(before, after):
        yield Change(path, before, after)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


# --- moving a fork onto a newer parent -----------------------------------------------------------


class Collision(NamedTuple):
    """A place that both the fork and the newer parent changed, in different ways."""

    path: str
    base: Any
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return (
            f"{self.path}: was {errors.shown(self.base)}, the fork has {errors.shown(self.ours)}, "
            f"the new parent has {errors.shown(self.theirs)}"
        )


def rebase(
    base: Mapping[str, Any],
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    parent: Mapping[str, Any],
) -> tuple[Content, list[Collision]]:
    """The fork's changes upon a newer parent, and what collides (where the fork's value stays).

    Args:
        base: the parent's content that the fork was made from.
        ours: the fork.
        theirs: the parent's newest content.
        parent: id, version and digest of the newest parent.
    """
    collisions: list[Collision] = []
    merged = _three_ways(_comparable(base), _comparable(ours), _comparable(theirs), "", collisions)
    meta = {**meta_of(merged), "id": meta_of(ours).get("id"), "parent": dict(parent)}
    return with_meta(merged, meta), collisions


def _three_ways(base: Any, ours: Any, theirs: Any, path: str, collisions: list[Collision]) -> Any:
    if _same(ours, theirs) or _same(base, theirs):
        return copy.deepcopy(ours)
    if _same(base, ours):
        return copy.deepcopy(theirs)
    known = isinstance(base, Mapping | _Missing)
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping) and known:
        held = base if isinstance(base, Mapping) else {}
        made = {}
        for key in [*theirs, *(key for key in ours if key not in theirs)]:
            value = _three_ways(
                held.get(key, MISSING),
                ours.get(key, MISSING),
                theirs.get(key, MISSING),
                f"{path}/{_escaped(key)}",
                collisions,
            )
            if not isinstance(value, _Missing):
                made[key] = value
        return made
    if (
        isinstance(base, list)
        and isinstance(ours, list)
        and isinstance(theirs, list)
        and len(base) == len(ours) == len(theirs)
    ):
        return [
            _three_ways(b, o, t, f"{path}/{number}", collisions)
            for number, (b, o, t) in enumerate(zip(base, ours, theirs, strict=True))
        ]
    collisions.append(Collision(path, base, ours, theirs))
    return copy.deepcopy(ours)
