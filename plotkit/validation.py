"""Everything that is checked before a preset is kept: saving, importing and `validate` run this.

All faults are said at once, each with its JSON path. A preset without faults draws.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonpointer

from plotkit import errors, expression, forking, preset, schema, trust
from plotkit.render import svg, worker
from plotkit.schema import Fault
from plotkit.theme import dress

_META = "/usermeta/plotkit"


def faults(content: Mapping[str, Any], *, draw: bool = True, known: bool = False) -> list[Fault]:
    """What is wrong with a preset file's content; empty where it can be kept.

    Checked are what no preset may hold, our block against our schema, the spec against
    Vega-Lite's, roles and strings against the spec, and (with `draw`, and where nothing else is
    wrong) that the sample rows give at least one mark. What holds more than untrusted presets may
    is drawn only where the caller knows it (`known`).

    >>> [str(fault) for fault in faults({"mark": "bar"}, draw=False)][0]
    "/usermeta/plotkit: 'format' is a required property"
    """
    never = [Fault(f.path, f"found {f.found}; {f.rule}") for f in _never(content)]
    if not trust.is_walkable(content):
        return never
    meta = forking.meta_of(content)
    spec = {key: value for key, value in content.items() if key != "usermeta"}
    found = [*never, *schema.meta_faults(meta)]
    is_sound = len(found) == len(never)  # what follows relies on the shape of our block
    if not preset.is_vega(spec):
        found += schema.spec_faults(spec)
    if is_sound:
        found += [*_roles(spec, meta), *_strings(spec, meta), *_texts(spec, meta)]
        if not found:
            found += _samples(spec, meta)
    if draw and not found and (known or trust.is_plain(content)):
        found += _drawn(spec, str(meta.get("id", "it")))
    return list(dict.fromkeys(found))


def _never(content: Mapping[str, Any]) -> list[trust.Finding]:
    return trust.findings(content, accepted=True)


def _roles(spec: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[Fault]:
    """Every field that the spec uses is declared, every declared role is used."""
    roles, outputs = meta.get("roles", {}), meta.get("outputs", {})
    made = preset.made_by_transforms(spec)
    used: set[str] = set(_expression_fields(spec))
    for channel, definition in preset.channels(spec):
        name = definition["field"]
        used.add(name)
        if name not in roles and name not in outputs and name not in made:
            near = errors.nearest(name, [*roles, *outputs])
            declared = errors.listed([*roles, *outputs])
            yield Fault(
                _path_of(spec, definition),
                f"channel {channel!r} draws the field {errors.shown(name)}, which is neither a "
                f"role nor an output.{near} Declared: {declared}",
            )
    used |= set(_texts_in(spec))
    if meta.get("statistic") or preset.is_vega(spec):
        return  # the statistic reads the roles itself; a Vega spec names fields in many ways
    for name in roles:
        if name not in used:
            yield Fault(f"{_META}/roles/{name}", "declared, but nothing in the spec uses it")


def _expression_fields(node: Any) -> Iterator[str]:
    """Members of datum in all expressions of a spec."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in preset.EXPRESSION_KEYS and isinstance(value, str):
                try:
                    yield from expression.fields(expression.parse(value))
                except errors.PlotkitError:
                    continue
            elif key != "data":
                yield from _expression_fields(value)
    elif isinstance(node, list):
        for value in node:
            yield from _expression_fields(value)


def _texts_in(node: Any) -> Iterator[str]:
    """All plain texts of a spec, since transforms name fields under many keys."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key not in ("data", "title", "description"):
                yield from _texts_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts_in(value)
    elif isinstance(node, str):
        yield node


def _path_of(spec: Any, wanted: object, path: str = "") -> str:
    """The JSON Pointer of a node of the spec."""
    if spec is wanted:
        return path
    pairs = spec.items() if isinstance(spec, Mapping) else enumerate(spec)
    for key, value in pairs:
        if isinstance(value, (Mapping, list)):
            found = _path_of(value, wanted, f"{path}/{key}")
            if found:
                return found
    return ""


def _strings(spec: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[Fault]:
    """Every string stands somewhere, and only where the spec has a place."""
    made = {
        operation["path"]  # a switch puts it there
        for switch in meta.get("switches", {}).values()
        for operation in switch.get("on", [])
    }
    parts = [part for parts in meta.get("texts", {}).values() for part in parts]
    for name, entry in meta.get("strings", {}).items():
        pointers = entry.get("at", [])
        named = any(isinstance(part, Mapping) and part.get("string") == name for part in parts)
        if not pointers and not named:
            yield Fault(f"{_META}/strings/{name}", "stands nowhere; give it a pointer in 'at'")
        for number, pointer in enumerate(pointers):
            parent = pointer.rpartition("/")[0]
            if not _resolves(spec, parent) and parent not in made:
                yield Fault(
                    f"{_META}/strings/{name}/at/{number}",
                    f"found {errors.shown(pointer)}; the spec has no {errors.shown(parent)}",
                )
        role = entry.get("role")
        if role is not None and role not in meta.get("roles", {}):
            near = errors.nearest(role, meta.get("roles", {}))
            yield Fault(f"{_META}/strings/{name}/role", f"no role {errors.shown(role)}.{near}")


def _texts(spec: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[Fault]:
    """Texts that are put together name strings and roles, and stand somewhere."""
    for pointer, parts in meta.get("texts", {}).items():
        at = f"{_META}/texts/{pointer.replace('~', '~0').replace('/', '~1')}"
        if not _resolves(spec, pointer.rpartition("/")[0]):
            yield Fault(at, f"the spec has no {errors.shown(pointer)}")
        for part in parts:
            for kind in ("string", "role"):
                name = part.get(kind) if isinstance(part, Mapping) else None
                if name is not None and name not in meta.get(f"{kind}s", {}):
                    near = errors.nearest(name, meta.get(f"{kind}s", {}))
                    yield Fault(at, f"no {kind} {errors.shown(name)}.{near}")


def _resolves(spec: Mapping[str, Any], pointer: str) -> bool:
    try:
        return jsonpointer.resolve_pointer(spec, pointer, None) is not None
    except jsonpointer.JsonPointerException:
        return False


def _samples(spec: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[Fault]:
    """There are sample rows, so that the file draws in any editor."""
    rows = preset.rows_of(spec)
    if not rows:
        yield Fault("/data/values", "no sample rows; a preset carries some, to be seen with")


def _drawn(spec: Mapping[str, Any], name: str) -> list[Fault]:
    try:
        draw_sample(spec, name)
    except errors.PlotkitError as error:
        return [Fault("", str(error))]
    return []


def draw_sample(spec: Mapping[str, Any], name: str, theme: str = "light") -> str:
    """The inspected SVG of a spec's own sample rows.

    Raises `RenderError` where it does not draw, or draws no mark.
    """
    if preset.is_vega(spec):
        drawn = worker.vega_to_svg(json.dumps(spec, allow_nan=False), preset=name)
    else:
        drawn = worker.vegalite_to_svg(json.dumps(dress(spec, theme), allow_nan=False), preset=name)
    return svg.inspect(drawn, preset=name, expected_marks=1)
