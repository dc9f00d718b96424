"""Preset files as text: read strictly, written so that git diffs read well, sealed in the store.

Written files are JSON with short values on one line and stable key order. A version in the store
carries a hash over all of its bytes, so that a changed one is noticed, whatever was changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plotkit import errors

Content = dict[str, Any]

_WIDTH = 100
# The order people expect; what is not named here follows in its own order, `usermeta` last.
_FIRST = (
    "$schema", "title", "description", "width", "height", "autosize", "padding", "background",
    "data", "datasets", "params", "signals", "transform", "mark", "encoding", "facet", "repeat",
    "columns", "layer", "hconcat", "vconcat", "concat", "spec", "resolve", "scales", "projections",
    "axes", "legends", "marks", "config",
)  # fmt: skip
_FIRST_META = ("format", "id", "title", "description", "parent", "roles", "outputs", "strings")
_STORED = "stored"
_HASH_KEY, _HASH_LENGTH = b'"sha256": "', 64


def parse(data: bytes, where: str) -> Content:
    """The content of a preset file.

    Raises `PresetError` for what is not JSON, not an object, nested too deep to read, or names a
    key twice: two programs would see two different presets in it.
    """
    doubled: list[str] = []

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            doubled.append(next(key for key in keys if keys.count(key) > 1))
            found[doubled[-1]] = _Twice
        return found

    try:
        text = data.decode("utf-8-sig")  # some editors on Windows write a mark in front
        content = json.loads(text, object_pairs_hook=made, parse_constant=_refused)
        if doubled:
            at = _path_of(content, _Twice) or f"/{doubled[0]}"
            raise errors.PresetError.from_file(where, at, doubled[0], "each key only once")
    except (ValueError, RecursionError) as reason:
        if isinstance(reason, errors.PresetError):
            raise
        told = ValueError("it is nested too deep") if isinstance(reason, RecursionError) else reason
        raise errors.PresetError.from_unreadable(where, told) from None
    if not isinstance(content, dict):
        raise errors.PresetError.from_file(where, "", content, "a JSON object")
    return content


class _Twice:
    """Stands where a key was named twice."""


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _path_of(node: Any, wanted: object) -> str:
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in entries:
        here = "/" + str(key).replace("~", "~0").replace("/", "~1")
        if value is wanted:
            return here
        if isinstance(value, (dict, list)):
            below = _path_of(value, wanted)
            if below:
                return here + below
    return ""


def normal(content: Mapping[str, Any], id: str, where: str) -> Content:
    """A content as it is kept: plain JSON, under its id, without what the store adds to a file.

    Where a preset stands says what its id is; files are copied and renamed by hand.
    """
    try:
        plain = json.loads(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as reason:
        told = "it is nested too deep" if isinstance(reason, RecursionError) else str(reason)
        raise errors.PresetError.from_unreadable(where, ValueError(told)) from None
    if not isinstance(plain, dict):
        raise errors.PresetError.from_file(where, "", content, "a JSON object")
    usermeta = plain.setdefault("usermeta", {})
    if not isinstance(usermeta, dict):
        raise errors.PresetError.from_file(where, "/usermeta", usermeta, "an object")
    meta = usermeta.setdefault("plotkit", {})
    if not isinstance(meta, dict):
        raise errors.PresetError.from_file(where, "/usermeta/plotkit", meta, "an object")
    meta.pop(_STORED, None)
    meta.pop("version", None)
    meta["id"] = id
    return plain


def pretty(content: Mapping[str, Any], like: Mapping[str, Any] | None = None) -> str:
    """A content as the text of its file, in the key order of an earlier one where given.

    >>> print(pretty({"mark": "bar", "$schema": "https://vega.github.io/schema/vega-lite/v6.json"}))
    {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "mark": "bar"}
    <BLANKLINE>
    """
    ordered = _ordered(content) if like is None else _ordered(_as_in(content, like))
    return _laid_out(ordered, "", 0) + "\n"


def sealed(content: Mapping[str, Any], version: int, like: Mapping[str, Any] | None) -> bytes:
    """The bytes of one version in the store."""
    ordered = _ordered(content if like is None else _as_in(content, like))
    ordered["usermeta"]["plotkit"][_STORED] = {"version": version, "sha256": "0" * _HASH_LENGTH}
    data = _encoded(_laid_out(ordered, "", 0) + "\n")
    at = data.rindex(_HASH_KEY) + len(_HASH_KEY)  # it stands last in the file
    return data[:at] + _sha256(data).encode() + data[at + _HASH_LENGTH :]


def unsealed(data: bytes, version: int, where: str) -> Content:
    """The content of one version in the store.

    Raises `PresetError` where a single byte is not what was written.
    """
    at = data.rfind(_HASH_KEY) + len(_HASH_KEY)
    found = data[at : at + _HASH_LENGTH]
    written = data[:at] + b"0" * len(found) + data[at + _HASH_LENGTH :]
    if len(found) != _HASH_LENGTH or found != _sha256(written).encode():
        raise errors.PresetError.from_damaged(where, "its bytes do not match their hash")
    content = parse(data, where)
    stored = content["usermeta"]["plotkit"][_STORED]["version"]
    if stored != version:
        raise errors.PresetError.from_damaged(where, f"it was saved as version {stored}")
    return content


def encoded(text: str) -> bytes:
    """The text of a file as its bytes."""
    return _encoded(text)


def _encoded(text: str) -> bytes:
    # A lone surrogate, which UTF-8 does not have, becomes a JSON escape.
    return text.encode("utf-8", "backslashreplace")


def _sha256(data: bytes) -> str:
    import hashlib  # it loads OpenSSL, which drawing with a built-in preset never needs

    return hashlib.sha256(data).hexdigest()


def _laid_out(node: Any, indent: str, used: int) -> str:
    line = json.dumps(node, ensure_ascii=False)
    if not isinstance(node, (dict, list)) or not node or len(indent) + used + len(line) <= _WIDTH:
        return line
    deeper = indent + "  "
    if isinstance(node, dict):
        keys = [json.dumps(key, ensure_ascii=False) + ": " for key in node]
        parts = [
            key + _laid_out(value, deeper, len(key) + 1)
            for key, value in zip(keys, node.values(), strict=True)
        ]
        opening, closing = "{", "}"
    else:
        parts = [_laid_out(value, deeper, 1) for value in node]
        opening, closing = "[", "]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closing}"


def _ordered(content: Mapping[str, Any]) -> Content:
    """A copy with its uppermost keys in the order people expect."""
    ordered = _by(content, _FIRST)
    usermeta = ordered.pop("usermeta", None)
    if isinstance(usermeta, Mapping):
        usermeta = dict(usermeta)
        meta = usermeta.pop("plotkit", None)
        if isinstance(meta, Mapping):
            usermeta["plotkit"] = _by(meta, _FIRST_META)
        elif meta is not None:
            usermeta["plotkit"] = meta
    if usermeta is not None:
        ordered["usermeta"] = usermeta
    return ordered


def _by(node: Mapping[str, Any], first: tuple[str, ...]) -> Content:
    return {key: node[key] for key in (*(k for k in first if k in node), *node)}


def _as_in(node: Any, like: Any) -> Any:
    """The same value, with its keys in the order they have in another one."""
    if isinstance(node, Mapping) and isinstance(like, Mapping):
        keys = dict.fromkeys([*(key for key in like if key in node), *node])
        return {key: _as_in(node[key], like.get(key)) for key in keys}
    if isinstance(node, list) and isinstance(like, list):
        rest = node[len(like) :]
        return [*(_as_in(a, b) for a, b in zip(node, like, strict=False)), *rest]
    return node
