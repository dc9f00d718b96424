"""What a preset names by address, fetched by plotkit where the caller allows it, and embedded.

The engine itself never reads a file or the network. With `allow=[...]` (prefixes of URLs, and
folders) data and images are fetched here, every redirect checked, and put into the spec.
"""

from __future__ import annotations

import base64
import copy
import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from plotkit import errors, settings

_IMAGES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_TIMEOUT = 30.0  # seconds for one address


def embed(content: Mapping[str, Any], allow: Sequence[str | Path], where: str) -> dict[str, Any]:
    """The content with its addresses replaced by what stands there.

    Args:
        content: a preset's content; not changed.
        allow: prefixes such as "https://example.org/data/", and folders.
        where: the preset's id, for messages.

    Raises:
        FetchError: for an address that is not allowed, not there, too large, or not readable.
    """
    allowed = [str(prefix) for prefix in allow]
    made: dict[str, Any] = _embedded(copy.deepcopy(dict(content)), allowed, where, "")
    return made


def _embedded(node: Any, allow: Sequence[str], where: str, path: str) -> Any:
    if isinstance(node, list):
        return [_embedded(part, allow, where, f"{path}/{i}") for i, part in enumerate(node)]
    if not isinstance(node, dict):
        return node
    url = node.get("url")
    if isinstance(url, str) and not url.startswith("data:"):
        data = fetch(url, allow, where, f"{path}/url")
        kind = _image_kind(data)
        if kind is not None:
            node["url"] = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        else:
            form = node.pop("format", None) or {}
            del node["url"]
            node["values"] = _rows(data, form, url, where, f"{path}/url")
    held = node.get("url")
    if isinstance(held, dict) and isinstance(held.get("value"), str):
        address = held["value"]
        if not address.startswith("data:"):
            data = fetch(address, allow, where, f"{path}/url/value")
            kind = _image_kind(data)
            if kind is None:
                raise errors.FetchError.from_address(where, f"{path}/url", address, "no image")
            held["value"] = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return {
        key: value if key == "values" else _embedded(value, allow, where, f"{path}/{key}")
        for key, value in node.items()
    }


def _image_kind(data: bytes) -> str | None:
    return next((kind for start, kind in _IMAGES.items() if data.startswith(start)), None)


def _rows(data: bytes, form: Mapping[str, Any], url: str, where: str, path: str) -> list[Any]:
    """Rows of JSON, CSV or TSV; numbers in text are numbers, as Vega reads them."""
    ending = urlsplit(url).path.rpartition(".")[2].lower()
    kind = form.get("type") or (ending if ending in ("csv", "tsv") else "json")
    try:
        text = data.decode("utf-8-sig")
        if kind == "json":
            rows = json.loads(text)
            for part in str(form.get("property", "")).split(".") if form.get("property") else ():
                rows = rows[part]
        elif kind in ("csv", "tsv"):
            read = csv.DictReader(io.StringIO(text), delimiter="," if kind == "csv" else "\t")
            rows = [{k: _value(v) for k, v in row.items() if k is not None} for row in read]
        else:
            raise ValueError(f"the format {kind!r} is not one of json, csv, tsv")
        if not isinstance(rows, list):
            raise ValueError("it is no list of rows")
    except (ValueError, KeyError, TypeError) as reason:
        raise errors.FetchError.from_address(where, path, url, str(reason)) from reason
    return rows


def _value(text: str | None) -> Any:
    if text is None or text == "":
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return number if number - number == 0 else text


# --- addresses -----------------------------------------------------------------------------------


def fetch(url: str, allow: Sequence[str], where: str, path: str) -> bytes:
    """The bytes at an address that the caller allows, at most `settings.fetch_bytes`."""
    parts = urlsplit(url)
    try:
        if parts.scheme in ("http", "https"):
            return _download(url, allow, where, path)
        if parts.scheme in ("", "file"):
            return _read(unquote(parts.path) if parts.scheme else url, allow, where, path)
    except (OSError, ValueError) as reason:
        raise errors.FetchError.from_address(where, path, url, str(reason)) from reason
    raise errors.FetchError.from_address(where, path, url, "only http, https and files are read")


def _is_under(url: str, allow: Sequence[str]) -> bool:
    """Whether an address stands under an allowed prefix, host and port being the same."""
    asked = urlsplit(url)
    if ".." in unquote(asked.path).split("/"):
        return False
    for prefix in allow:
        held = urlsplit(prefix)
        same = (held.scheme, held.netloc.lower()) == (asked.scheme, asked.netloc.lower())
        folder = held.path.rstrip("/")
        if same and (asked.path == held.path or asked.path.startswith(f"{folder}/")):
            return True
    return False


def _download(url: str, allow: Sequence[str], where: str, path: str) -> bytes:
    from urllib import request

    def check(address: str) -> None:
        if not _is_under(address, allow):
            raise errors.FetchError.from_refused(where, path, address, allow)

    class Checked(request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> request.Request | None:
            check(args[-1])
            return super().redirect_request(*args)

    check(url)
    opener = request.build_opener(Checked, request.ProxyHandler({}))
    with opener.open(url, timeout=_TIMEOUT) as answer:
        return _limited(answer.read(settings.fetch_bytes + 1))


def _read(name: str, allow: Sequence[str], where: str, path: str) -> bytes:
    real = Path(name).expanduser().resolve()
    folders = [Path(prefix).expanduser().resolve() for prefix in allow if "://" not in prefix]
    if not any(real.is_relative_to(folder) for folder in folders):
        raise errors.FetchError.from_refused(where, path, name, allow)
    with real.open("rb") as file:
        return _limited(file.read(settings.fetch_bytes + 1))


def _limited(data: bytes) -> bytes:
    if len(data) > settings.fetch_bytes:
        raise ValueError(f"it is larger than {settings.fetch_bytes:,} bytes")
    return data
