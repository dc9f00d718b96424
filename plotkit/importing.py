"""Specs from elsewhere as preset contents: what they leave unsaid is inferred and written down.

A spec without our block becomes a preset whose roles are the fields it encodes, with the titles
it has as strings. Fields whose names are paths to Vega ("a.b", "x[0]") get plain role names.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from plotkit import forking, preset

Content = dict[str, Any]

SAMPLE_ROWS = 200  # of a chart's own data, kept to be seen with
_AXES = ("x", "y")


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
    content = _with_sample_rows(content)
    said: list[str] = []
    if "roles" not in meta:
        meta["roles"] = {
            name: _declared(role) for name, role in preset.inferred_roles(content).items()
        }
        content = _plainly_named(forking.with_meta(content, meta))
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


def _with_sample_rows(content: Content) -> Content:
    """Rows under a name, as Altair writes them, become the sample; only some are kept."""
    datasets = content.pop("datasets", {})
    data = content.get("data")
    if isinstance(data, Mapping) and data.get("name") in datasets:
        content["data"] = {"values": datasets[data["name"]]}
    data = content.get("data")
    if isinstance(data, Mapping) and isinstance(data.get("values"), list):
        content["data"] = {**data, "values": _spread(data["values"])}
    return content


def _spread(rows: Sequence[Any]) -> list[Any]:
    """Some of the rows, evenly from the first to the last."""
    if len(rows) <= SAMPLE_ROWS:
        return list(rows)
    step = (len(rows) - 1) / (SAMPLE_ROWS - 1)
    return [rows[round(i * step)] for i in range(SAMPLE_ROWS)]


def _plainly_named(content: Content) -> Content:
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
        while slug in taken:
            slug += "_"
        taken.add(slug)
        names[role] = rows[plain] = slug
    if not names:
        return content
    made = forking.rename_roles(content, names)
    data = made.get("data")
    if isinstance(data, Mapping) and isinstance(data.get("values"), list):
        renamed = [{rows.get(k, k): v for k, v in row.items()} for row in data["values"]]
        made["data"] = {**data, "values": renamed}
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
