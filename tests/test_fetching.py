"""What a preset names by address is read only where the caller allows it."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit import fetching
from plotkit.errors import FetchError, OptionError, PlotkitError, PresetError

ROWS = [{"x": 1, "y": 2}, {"x": 2, "y": 3}]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

# Answers as they stand, a part every tenth of a second.
RAW = {
    "/data/gone.json": [b"HTTP/1.0 404 Not Found\r\n\r\n"],
    "/data/garbage.json": [b"hello\r\n\r\n"],
    "/data/short.json": [b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n[]"],
    "/data/chunks.json": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n[]"],
    "/data/slow.json": [b"HTTP/1.0 200 OK\r\n\r\n[", *[b" "] * 15],
    "/data/header.json": [b"HTTP/1.0 200 OK\r\nA: ", *[b"a"] * 15],
}


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
            if self.path in RAW:
                for part in RAW[self.path]:
                    try:
                        self.wfile.write(part)
                    except OSError:
                        return
                    time.sleep(0.1 if len(RAW[self.path]) > 1 else 0)
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


def test_one_prefix_is_a_list_of_one() -> None:
    assert fetching.prefixes("/") == ["/"]
    assert fetching.prefixes(Path("/data")) == ["/data"]
    assert fetching.prefixes(("https://example.org/", Path("/data"))) == [
        "https://example.org/",
        "/data",
    ]


@pytest.mark.parametrize(
    "allow", ["", " ", None, 5, b"/", {"/": 1}, [""], [None], [5], ["/", ""], ["http://[::1"],
              ["~nouser-of-plotkit/x"]]
)  # fmt: skip
def test_what_is_no_prefix_is_told(allow: Any) -> None:
    with pytest.raises(OptionError, match="allow="):
        fetching.prefixes(allow)
    with pytest.raises(OptionError, match="allow="):
        fetching.embed({}, allow, "dict")


def test_a_prefix_as_a_str_is_not_taken_by_letters(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    (tmp_path / "in").mkdir()
    with pytest.raises(FetchError, match="is under none of allow="):
        draw(spec(str(tmp_path / "rows.json")), allow=str(tmp_path / "in"))
    for allow in (str(tmp_path), tmp_path):
        made = draw(spec(str(tmp_path / "rows.json")), allow=allow)
        assert made.spec["layer"][1]["data"] == {"values": ROWS}


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://a b/", "http://a b/\n", "~nouser-of-plotkit/x", "file:///\0",
            "\ud800", "http://\ud800/", "ftp://a/b", ""]
)  # fmt: skip
def test_odd_addresses_are_told(url: str) -> None:
    with pytest.raises(FetchError):
        fetching.embed(spec(url), ["/nowhere", "http://a b/", "ftp://a/"], "dict")


@pytest.mark.parametrize("form", ["json", [1], 5, {"type": ["json"]}, {"type": "xml"},
                                  {"property": "a.b"}])  # fmt: skip
def test_odd_formats_are_told(tmp_path: Path, form: Any) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    with pytest.raises(FetchError, match="cannot be used"):
        fetching.embed(spec(str(tmp_path / "rows.json"), format=form), tmp_path, "dict")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_does_not_have_are_refused(tmp_path: Path, number: str) -> None:
    (tmp_path / "rows.json").write_text(f'[{{"x": 1.5, "y": {number}}}]')
    with pytest.raises(FetchError, match="which JSON does not have"):
        draw(spec(str(tmp_path / "rows.json")), allow=tmp_path)


def test_a_field_too_long_for_csv_is_told(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,y\n1," + "a" * 131_073)
    with pytest.raises(FetchError, match="field larger"):
        draw(spec(str(tmp_path / "rows.csv")), allow=tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [("gone", "404"), ("garbage", "BadStatusLine"), ("short", "97 bytes did not come"),
     ("chunks", "IncompleteRead"),
     ("slow", r"within 0\.5 seconds"), ("header", r"within 0\.5 seconds")],
)  # fmt: skip
def test_broken_and_slow_answers_are_told(
    server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.setattr(fetching, "_TIMEOUT", 0.5)
    started = time.monotonic()
    with pytest.raises(FetchError, match=message):
        fetching.embed(spec(f"{server[0]}/data/{name}.json"), server[0], "dict")
    assert time.monotonic() - started < 1.2


def test_a_column_named_url_is_no_address(tmp_path: Path) -> None:
    rows = [{"x": 1, "y": 2, "url": "https://example.org/"}]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    held = spec(str(tmp_path / "rows.json"))
    held |= {"data": {"values": rows}, "datasets": {"own": rows, "url": rows}}
    lookup = {"data": {"url": str(tmp_path / "rows.json")}, "key": "x", "fields": ["url"]}
    held["transform"] = [{"lookup": "x", "from": lookup}]
    made = fetching.embed(held, tmp_path, "dict")
    assert made["data"] == {"values": rows} and made["datasets"] == held["datasets"]
    assert made["layer"][1]["data"] == {"values": rows}
    assert made["transform"][0]["from"]["data"] == {"values": rows}


def test_images_are_embedded_and_nothing_else_for_them(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PIXEL)
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    for file, good in (("a.png", True), ("rows.json", False)):
        url = str(tmp_path / file)
        for held in (
            {"mark": {"type": "image", "url": url}},
            {"encoding": {"url": {"value": url}}},
        ):
            if good:
                assert "data:image/png;base64," in json.dumps(
                    fetching.embed(held, tmp_path, "dict")
                )
            else:
                with pytest.raises(FetchError, match="no image"):
                    fetching.embed(held, tmp_path, "dict")


def test_files_of_this_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    for host in ("", "localhost"):
        made = fetching.embed(spec(f"file://{host}{tmp_path}/rows.json"), tmp_path, "dict")
        assert made["layer"][1]["data"] == {"values": ROWS}
    with pytest.raises(FetchError, match="files of the host"):
        fetching.embed(spec(f"file://example.org{tmp_path}/rows.json"), tmp_path, "dict")


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rows.json")
    for path in (tmp_path / "rows.json", tmp_path):
        with pytest.raises(FetchError, match="no regular file"):
            fetching.embed(spec(str(path)), tmp_path, "dict")


def test_an_error_is_wrapped_once(server: tuple[str, list[str]]) -> None:
    with pytest.raises(FetchError) as told:
        fetching.embed(spec(f"{server[0]}/data/away.json"), f"{server[0]}/data/", "dict")
    assert str(told.value).count("preset 'dict'") == 1
    assert "cannot be used" not in str(told.value)


def test_fetched_rows_do_not_count_as_the_presets_own(tmp_path: Path) -> None:
    many = [{"x": i, "y": i, "__proto__": i} for i in range(20_000)]
    (tmp_path / "rows.json").write_text(json.dumps(many))
    chart = draw(spec(str(tmp_path / "rows.json")), allow=str(tmp_path))
    assert len(chart.spec["layer"][1]["data"]["values"]) == 20_000


@pytest.mark.parametrize("allow", ["", None, [""], 5])
def test_allow_is_a_list_of_prefixes(allow: Any) -> None:
    with pytest.raises(PlotkitError, match="allow="):
        draw(spec("/etc/hostname"), allow=allow)
