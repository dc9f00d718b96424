"""Specs from elsewhere as preset contents: what they leave unsaid is inferred and written down.

A spec without our block becomes a preset whose roles are the fields it encodes, with the titles
it has as strings. Fields whose names are paths to Vega ("a.b", "x[0]") get plain role names.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from plotkit import errors, forking, preset

Content = dict[str, Any]

SAMPLE_ROWS = 200  # of a chart's own data, kept to be seen with
_AXES = ("x", "y")
_PARTS = ("layer", "hconcat", "vconcat", "concat")


def completed(spec: Mapping[str, Any], new_id: str) -> tuple[Content, list[str]]:
    """The spec as a preset's content with our block, and notes on what was inferred.

    >>> made, said = completed({"mark": "bar", "encoding": {"x": {"field": "a.b"}}}, "me/bars")
    >>> made["encoding"]["x"]["field"], list(made["usermeta"]["plotkit"]["roles"])
    ('a_b', ['a_b'])
    >>> said
    ["role 'a_b': takes number or text or bool or time (from the encodings)."]
    """
    content = copy.deepcopy(dict(spec))
    meta = forking.meta_of(content)
    if "usermeta" in content:
        content["usermeta"] = {"plotkit": meta}  # nothing else of it means anything here
    said: list[str] = []
    content = _with_sample_rows(content, new_id, said)
    if "roles" not in meta:
        meta["roles"] = {
            name: _declared(role) for name, role in preset.inferred_roles(content).items()
        }
        content = _plainly_named(forking.with_meta(content, meta), new_id)
        meta = forking.meta_of(content)
        said += [
            f"role {name!r}: takes {' or '.join(role['types'])} (from the encodings)."
            for name, role in meta["roles"].items()
        ]
    if "strings" not in meta:
        meta["strings"] = _strings(content)
        said += [f"string {name!r}: stands at {e['at'][0]}." for name, e in meta["strings"].items()]
    meta.setdefault("format", preset.FORMAT)
    meta["id"] = new_id
    ordered = {key: meta[key] for key in ("format", "id", *meta) if key in meta}
    return forking.with_meta(content, ordered), said


def _declared(role: preset.Role) -> dict[str, Any]:
    made: dict[str, Any] = {"types": list(role.types), "required": role.required}
    if role.as_text:
        made["as"] = "text"
    return made


def _with_sample_rows(content: Content, where: str, said: list[str]) -> Content:
    """Rows under a name, as Altair writes them, become the sample; only some are kept."""
    datasets = content.pop("datasets", {})
    if not isinstance(datasets, Mapping):
        raise errors.PresetError.from_file(where, "/datasets", datasets, "an object")
    if "data" not in content:
        content = _hoisted(content, datasets)
    content = _inlined(content, datasets, "", where, said)
    data = content.get("data")
    if isinstance(data, Mapping) and isinstance(data.get("values"), list):
        content["data"] = {**data, "values": _spread(data["values"])}
    return content


def _hoisted(content: Content, datasets: Mapping[str, Any]) -> Content:
    """Data that every layer or part names for itself, as that of the first for all of them.

    Parts whose rows are equal to these take them from above; the others keep their own.
    """
    for key in _PARTS:
        parts = content.get(key)
        if not isinstance(parts, list) or not parts:
            continue
        named = [_name_of_data(part) for part in parts]
        if any(name is None or name not in datasets for name in named):
            continue
        rows = datasets[named[0]]
        kept = [
            {k: v for k, v in part.items() if k != "data"} if datasets[name] == rows else part
            for part, name in zip(parts, named, strict=True)
        ]
        return {"data": {"name": named[0]}, **content, key: kept}
    return content


def _name_of_data(part: Any) -> Any:
    data = part.get("data") if isinstance(part, Mapping) else None
    name = data.get("name") if isinstance(data, Mapping) else None
    return name if isinstance(name, str) else None


def _inlined(node: Any, datasets: Mapping[str, Any], path: str, where: str, said: list[str]) -> Any:
    """The spec with the rows in place of their names; `said` is told of those below the top."""
    if isinstance(node, list):
        return [_inlined(part, datasets, f"{path}/{n}", where, said) for n, part in enumerate(node)]
    if not isinstance(node, Mapping):
        return node
    made: Content = {}
    for key, value in node.items():
        at = f"{path}/{key}"
        if key in ("usermeta", "values"):
            made[key] = value
        elif key != "data" or not isinstance(value, Mapping) or "name" not in value:
            made[key] = _inlined(value, datasets, at, where, said)
        elif not isinstance(value["name"], str):
            raise errors.PresetError.from_file(where, f"{at}/name", value["name"], "text")
        elif value["name"] in datasets:
            made[key] = {"values": datasets[value["name"]]}
            if path:
                said.append(f"{at}: its own rows stay as they are, whatever table is drawn.")
        else:
            made[key] = value
    return made


def _spread(rows: Sequence[Any]) -> list[Any]:
    """Some of the rows, evenly from the first to the last."""
    if len(rows) <= SAMPLE_ROWS:
        return list(rows)
    step = (len(rows) - 1) / (SAMPLE_ROWS - 1)
    return [rows[round(i * step)] for i in range(SAMPLE_ROWS)]


def _plainly_named(content: Content, where: str) -> Content:
    """Roles that Vega would read as paths under names that it takes as they are."""
    roles = list(forking.meta_of(content)["roles"])
    taken = set(roles)
    names: dict[str, str] = {}
    rows: dict[str, str] = {}
    for role in roles:
        plain = re.sub(r"\\(.)", r"\1", role)  # Altair escapes dots and brackets
        if not re.search(r"[.\[\]\\'\"]", role):
            continue
        slug = re.sub(r"\W+", "_", plain).strip("_") or "field"
        while slug in taken or not forking.is_role_name(slug):
            slug += "_"
        taken.add(slug)
        names[role] = rows[plain] = slug
    if not names:
        return content
    renamed: Content = _with_row_keys(forking.rename_roles(content, names), rows, "", where)
    return renamed


def _with_row_keys(node: Any, names: Mapping[str, str], path: str, where: str) -> Any:
    """The spec with the keys of its rows renamed, wherever it holds rows."""
    if isinstance(node, list):
        return [_with_row_keys(part, names, f"{path}/{n}", where) for n, part in enumerate(node)]
    if not isinstance(node, Mapping):
        return node
    made: Content = {}
    for key, value in node.items():
        at = f"{path}/{key}"
        if key == "usermeta":
            made[key] = value
        elif key == "data" and isinstance(value, Mapping) and isinstance(value.get("values"), list):
            renamed = []
            for number, row in enumerate(value["values"]):
                if not isinstance(row, Mapping):
                    fault = f"{at}/values/{number}"
                    raise errors.PresetError.from_file(where, fault, row, "a row, an object")
                renamed.append({names.get(k, k): v for k, v in row.items()})
            made[key] = {**value, "values": renamed}
        else:
            made[key] = _with_row_keys(value, names, at, where)
    return made


def _strings(content: Mapping[str, Any]) -> dict[str, Any]:
    """The title and the axis titles that the spec sets."""
    strings: dict[str, Any] = {}
    title = content.get("title")
    if isinstance(title, str):
        strings["title"] = {"default": title, "at": ["/title"]}
    elif isinstance(title, Mapping):
        for key, name in (("text", "title"), ("subtitle", "subtitle")):
            if isinstance(title.get(key), str):
                strings[name] = {"default": title[key], "at": [f"/title/{key}"]}
    encoding = content.get("encoding")
    for axis in _AXES:
        found = encoding.get(axis) if isinstance(encoding, Mapping) else None
        if isinstance(found, Mapping) and isinstance(found.get("title"), str):
            at = [f"/encoding/{axis}/title"]
            strings[f"{axis}-axis-title"] = {"default": found["title"], "at": at}
    return strings
