"""What a preset names by address is read only where the caller allows it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit.errors import FetchError, PresetError

ROWS = [{"x": 1, "y": 2}, {"x": 2, "y": 3}]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def spec(url: str, **data: Any) -> dict[str, Any]:
    encoding = {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
    }
    lines = {"data": {"url": url, **data}, "mark": "line", "encoding": encoding}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": ROWS},
        "layer": [{"mark": "point", "encoding": encoding}, lines],
    }


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path == "/data/away.json":
                self.send_response(302)
                self.send_header("Location", "/secret/rows.json")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            body = b"x,y\n1,2\n2,\n" if self.path.endswith(".csv") else json.dumps(ROWS).encode()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    found = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{found.server_port}", asked
    found.shutdown()
    found.server_close()
    thread.join()


def draw(found: dict[str, Any], **options: Any) -> pk.Chart:
    return pk.plot_table(found, ROWS, {"x": "x", "y": "y"}, **options)


def test_nothing_is_read_unasked(server: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    for url in (f"{server[0]}/data/rows.json", str(tmp_path / "rows.json")):
        with pytest.raises(PresetError):
            draw(spec(url))
    assert server[1] == []


def test_allowed_addresses_are_embedded(server: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps({"held": {"rows": ROWS}}))
    web = draw(spec(f"{server[0]}/data/rows.csv"), allow=[f"{server[0]}/data/"])
    assert web.spec["layer"][1]["data"] == {"values": [{"x": 1, "y": 2}, {"x": 2, "y": None}]}
    form = {"format": {"type": "json", "property": "held.rows"}}
    file = draw(spec(str(tmp_path / "rows.json"), **form), allow=[tmp_path])
    assert file.spec["layer"][1]["data"] == {"values": ROWS}
    assert file.to_svg().startswith("<svg")


@pytest.mark.parametrize(
    "url", ["/secret/rows.json", "/data/../secret/rows.json", "/data/%2e%2e/secret/rows.json",
            "/database/rows.json", "/data/away.json"]
)  # fmt: skip
def test_what_is_outside_of_the_prefix_is_refused(server: tuple[str, list[str]], url: str) -> None:
    with pytest.raises(FetchError, match="is under none of allow="):
        draw(spec(server[0] + url), allow=[f"{server[0]}/data/"])
    assert "/secret/rows.json" not in server[1]


def test_links_do_not_lead_out_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.json").write_text(json.dumps(ROWS))
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "secret.json")
    for name in ("in/link.json", "in/../secret.json", "secret.json"):
        with pytest.raises(FetchError, match="is under none of allow="):
            draw(spec(str(tmp_path / name)), allow=[tmp_path / "in"])


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "Expecting"), (b'{"a": 1}', "no list of rows"), (b"\xff\xfe", "utf-8")],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "rows.json").write_bytes(content)
    with pytest.raises(FetchError, match=message):
        draw(spec(str(tmp_path / "rows.json")), allow=[tmp_path])


def test_too_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    pk.settings.fetch_bytes = 10
    with pytest.raises(FetchError, match="larger than 10 bytes"):
        draw(spec(str(tmp_path / "rows.json")), allow=[tmp_path])
