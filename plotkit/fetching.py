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
import stat
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from plotkit import errors, progress, settings

_IMAGES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_BLANK = "data:image/png;base64,AAAA"
_TIMEOUT = 30.0  # seconds for one address, redirects and all
_CHUNK = 1 << 16
# What stands under these is the preset's own data, whose columns may well be named "url".
_ROWS = frozenset({"values", "value", "datasets", "usermeta"})


def prefixes(allow: object) -> list[str]:
    """What the caller allows, as a list; one str or Path stands for itself.

    >>> prefixes("https://example.org/data/")
    ['https://example.org/data/']

    Raises:
        OptionError: for what is no prefix: "", None, a number, an address that is none.
    """
    expected = "prefixes of URLs, and folders, as str or Path, none of them empty"
    if isinstance(allow, (str, Path)):
        allow = [allow]
    if not isinstance(allow, Iterable) or isinstance(allow, (bytes, bytearray, Mapping)):
        raise errors.OptionError.from_option("allow", allow, expected)
    made = []
    for prefix in allow:
        if not isinstance(prefix, (str, Path)) or not str(prefix).strip():
            raise errors.OptionError.from_option("allow", prefix, expected)
        try:
            urlsplit(str(prefix))
            Path(prefix).expanduser()
        except (ValueError, RuntimeError) as reason:
            told = f"{expected} ({reason})"
            raise errors.OptionError.from_option("allow", prefix, told) from reason
        made.append(str(prefix))
    return made


def embed(
    content: Mapping[str, Any], allow: str | Path | Sequence[str | Path], where: str
) -> dict[str, Any]:
    """The content with its addresses replaced by what stands there.

    Args:
        content: a preset's content; not changed.
        allow: prefixes such as "https://example.org/data/", and folders; or one of them.
        where: the preset's id, for messages.

    Raises:
        FetchError: for an address that is not allowed, not there, too large, or not readable.
        OptionError: where `allow` holds what is no prefix.
    """
    made: dict[str, Any] = _embedded(copy.deepcopy(dict(content)), prefixes(allow), where, "")
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
        elif node.get("type") == "image":
            raise errors.FetchError.from_address(where, f"{path}/url", url, "no image")
        else:
            form = node.pop("format", None)
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
        key: value if key in _ROWS else _embedded(value, allow, where, f"{path}/{key}")
        for key, value in node.items()
    }


def without_addresses(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as it is judged: what the caller lets in is data, not the preset's own."""
    made: dict[str, Any] = _blanked(copy.deepcopy(dict(content)))
    return made


def _blanked(node: Any) -> Any:
    if isinstance(node, list):
        return [_blanked(part) for part in node]
    if not isinstance(node, dict):
        return node
    url = node.get("url")
    if isinstance(url, str) and node.get("type") != "image":
        del node["url"]
        node.pop("format", None)
        node["values"] = []
    elif isinstance(url, (str, dict)):
        node["url"] = _BLANK if isinstance(url, str) else {**url, "value": _BLANK}
    return {key: value if key in _ROWS else _blanked(value) for key, value in node.items()}


def _image_kind(data: bytes) -> str | None:
    return next((kind for start, kind in _IMAGES.items() if data.startswith(start)), None)


def _rows(data: bytes, form: Any, url: str, where: str, path: str) -> list[Any]:
    """Rows of JSON, CSV or TSV; numbers in text are numbers, as Vega reads them."""
    ending = urlsplit(url).path.rpartition(".")[2].lower()
    try:
        form = {} if form is None else form
        if not isinstance(form, dict):
            raise ValueError(f"its format is {errors.shown(form)}, which is no object")
        kind = form.get("type") or (ending if ending in ("csv", "tsv") else "json")
        text = data.decode("utf-8-sig")
        if kind == "json":
            rows = json.loads(text, parse_constant=_no_number, parse_float=_finite)
            for part in str(form.get("property", "")).split(".") if form.get("property") else ():
                rows = rows[part]
        elif kind in ("csv", "tsv"):
            read = csv.DictReader(io.StringIO(text), delimiter="," if kind == "csv" else "\t")
            rows = [{k: _value(v) for k, v in row.items() if k is not None} for row in read]
        else:
            raise ValueError(f"the format {errors.shown(kind)} is not one of json, csv, tsv")
        if not isinstance(rows, list):
            raise ValueError("it is no list of rows")
    except (ValueError, LookupError, TypeError, RecursionError, csv.Error) as reason:
        raise errors.FetchError.from_address(where, path, url, _told(reason)) from reason
    return rows


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"it holds the number {errors.shown(text)}, which JSON does not have")


def _finite(text: str) -> float:
    number = float(text)
    return number if number - number == 0 else _no_number(text)


def _told(reason: Exception) -> str:
    return str(reason) or type(reason).__name__


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
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            return _download(url, allow, where, path)
        if parts.scheme in ("", "file"):
            if parts.scheme and parts.netloc.lower() not in ("", "localhost"):
                raise ValueError(f"files of the host {errors.shown(parts.netloc)} are not read")
            return _read(unquote(parts.path) if parts.scheme else url, allow, where, path)
    except errors.PlotkitError:
        raise
    except (OSError, ValueError, RuntimeError) as reason:  # RuntimeError: "~nobody" has no home
        raise errors.FetchError.from_address(where, path, url, _told(reason)) from reason
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
    from http.client import HTTPException
    from urllib import request
    from urllib.error import HTTPError

    end = time.monotonic() + _TIMEOUT
    limit = settings.fetch_bytes

    def check(address: str) -> None:
        if urlsplit(address).scheme not in ("http", "https") or not _is_under(address, allow):
            raise errors.FetchError.from_refused(where, path, address, allow)

    class Checked(request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> request.Request | None:
            try:
                check(args[-1])
            except ValueError:
                args[1].close()
                raise
            return super().redirect_request(*args)

    def download() -> bytes:
        opener = request.build_opener(Checked, request.ProxyHandler({}))
        data = bytearray()
        try:
            with opener.open(url, timeout=_TIMEOUT) as answer:
                while len(data) <= limit and (part := answer.read1(_CHUNK)):
                    data += part
                    if time.monotonic() > end:
                        raise _too_slow()
                if len(data) <= limit and answer.length:  # what Content-Length still promises
                    raise ValueError(f"its last {answer.length:,} bytes did not come")
        except HTTPError as reason:
            reason.close()
            raise
        except HTTPException as reason:
            told = f"{type(reason).__name__}: {errors.shown(str(reason))}"
            raise ValueError(f"the server's answer is no sound HTTP ({told})") from reason
        return bytes(data)

    check(url)
    return _limited(_in_time(download, end))


def _in_time(job: Callable[[], bytes], end: float) -> bytes:
    """What the job returns; it is left behind at the end, as a server may send a letter a minute.

    A socket's own timeout begins anew with each of them, and with each redirect.
    """
    thread, done, failed = progress.aside(job, "plotkit-fetching")
    thread.join(max(0.0, end - time.monotonic()))
    if failed:
        raise failed.pop()  # no name holds it, so that its sockets close at once
    if not done:
        raise _too_slow()
    return done[0]


def _too_slow() -> TimeoutError:
    return TimeoutError(f"it did not come within {_TIMEOUT:g} seconds")


def _read(name: str, allow: Sequence[str], where: str, path: str) -> bytes:
    real = Path(name).expanduser().resolve()
    folders = [Path(prefix).expanduser().resolve() for prefix in allow if "://" not in prefix]
    if not any(real.is_relative_to(folder) for folder in folders):
        raise errors.FetchError.from_refused(where, path, name, allow)
    if not stat.S_ISREG(real.stat().st_mode):  # opening a FIFO would wait for its writer
        raise ValueError("it is no regular file")
    with real.open("rb") as file:
        return _limited(file.read(settings.fetch_bytes + 1))


def _limited(data: bytes) -> bytes:
    if len(data) > settings.fetch_bytes:
        raise ValueError(f"it is larger than {settings.fetch_bytes:,} bytes")
    return data
