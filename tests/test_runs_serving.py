"""`plotkit serve`: who may ask, what stands at each address, and what does not."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
import pytest

import plotkit as pk

pytest.importorskip("uvicorn")

_SCRIPT = (
    "import sys; from plotkit.runs import serving; "
    "serving.serve(sys.argv[1], port=0, open_browser=False, say=lambda t: print(t, flush=True))"
)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Server:
    """`serve` in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, str(root)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = self.process.stdout.readline()
            assert line, said
            said += line
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", said)
        assert found, said
        self.port, self.token = int(found[1]), found[2]
        self.cookie = f"plotkit-{self.port}={self.token}"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request with the cookie, unless `Cookie` is given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Cookie": self.cookie, **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection.putrequest(method, path, skip_host="Host" in sent)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        made = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return made

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("served")
    for number in range(2):
        with pk.init(
            project="Ziffern 手書き", dir=root, id=f"r {number}", name="<b>net</b>"
        ) as run:
            run.config["lr"] = 0.1 / (number + 1)
            for step in range(30):
                run.log({"loss": 1 / (step + 1), "val_loss": 2 / (step + 1), "epoch": step // 3})
            run.log({"page": pk.Html("<script>alert(1)</script><p>hello</p>")})
            run.log({"shot": pk.Image(np.arange(64, dtype=np.uint8).reshape(8, 8))})
    (root / "secret.txt").write_text("not yours")
    (root / "torn" / "t1").mkdir(parents=True)
    (root / "torn" / "t1" / "run.db").write_bytes(b"SQLite format 3\0" + b"\7" * 5000)
    return root


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Server]:
    made = Server(root)
    yield made
    made.close()


def settled(run: pk.Run) -> None:
    """Wait until what was logged is in the file."""
    step, until = run.step - 1, time.monotonic() + 10
    while (run.database.last_step() or 0) < step:
        assert time.monotonic() < until
        time.sleep(0.05)


def at(rest: str = "", run: str = "r 0") -> str:
    return f"/{quote('Ziffern 手書き')}/{quote(run)}/{rest}"


# --- who may ask ---------------------------------------------------------------------------------


def test_without_the_token_nothing_is_told(server: Server) -> None:
    wrong = [{"Cookie": ""}, {"Cookie": f"plotkit-{server.port}=x"}, {"Cookie": "plotkit=x"}]
    for headers in wrong:
        for path in ("/", at(), at("state"), at("figure/0.svg"), "/nothing", "/?token=wrong"):
            answer = server.ask(path, **headers)
            assert answer.status == 403, (path, headers)
            assert b"net" not in answer.body and b"loss" not in answer.body


def test_the_token_moves_from_the_address_into_a_cookie(server: Server) -> None:
    answer = server.ask(f"{at()}?token={server.token}&x=1", Cookie="")
    assert answer.status == 303
    assert answer.headers["location"] == f"{at()}?x=1"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie


def test_it_does_not_lead_elsewhere(server: Server) -> None:
    answer = server.ask(f"//evil.example/?token={server.token}", Cookie="")
    assert answer.headers.get("location", "/").startswith("/evil.example/")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", ""])
def test_other_names_of_this_machine_are_refused(server: Server, host: str) -> None:
    answer = server.ask("/", Host=host)
    assert answer.status == 400
    assert b"r 0" not in answer.body


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:8000"])
def test_its_own_names_are_let_in(server: Server, host: str) -> None:
    assert server.ask("/", Host=host).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_written(server: Server, method: str) -> None:
    answer = server.ask(at(), method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_it_listens_on_this_machine_alone(server: Server) -> None:
    import socket

    own = socket.gethostbyname(socket.gethostname())
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError), socket.create_connection((own, server.port), timeout=3):
        pass


def test_pages_are_sealed(server: Server) -> None:
    for path in ("/", at(), "/compare/?run=" + quote("Ziffern 手書き/r 0")):
        answer = server.ask(path)
        assert answer.status == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', answer.text)
        assert policy and "default-src 'none'" in policy[1]
        assert "unsafe-eval" not in policy[1]
        assert "script-src 'sha256-" in policy[1]


# --- what stands there ---------------------------------------------------------------------------


def test_the_list_names_all_runs_and_what_cannot_be_read(server: Server) -> None:
    text = server.ask("/").text
    assert text.count('name="run"') == 2
    assert "&lt;b&gt;net&lt;/b&gt;" in text and "<b>net</b>" not in text
    assert "0.033333" in text  # the last loss
    assert "torn/t1" in text and "damaged" in text


def test_the_list_has_the_columns_of_the_command_line(tmp_path: Path) -> None:
    from plotkit.runs.record import Record
    from plotkit.runs.serving import viewing

    with pk.init(project="p", id="a", dir=tmp_path) as run:
        run.define_metric("val/acc", summary="max")
        run.log({"epoch": 0, "a": 1, "b": 2, "c": 3, "d": 4, "val/acc": 0.5})
    page = viewing.listed(tmp_path, lambda place: Record(place.folder))
    heads = re.findall('<th class="number">(.*?)</th>', page)
    assert heads == ["Took", "Steps", "val/acc.max", "a", "b", "c"]


def test_a_run_has_its_charts_at_addresses_of_their_own(server: Server) -> None:
    text = server.ask(at()).text
    found = re.findall(r'src="([^"]*figure/\d+\.svg[^"]*)"', text)
    assert found
    for address in found[:2]:
        answer = server.ask(address.replace("&amp;", "&"))
        assert answer.headers["content-type"] == "image/svg+xml"
        assert b"loss" in answer.body and "sandbox" in answer.headers["content-security-policy"]
    dark = server.ask(at("figure/0.svg?theme=dark")).body
    assert dark != server.ask(at("figure/0.svg")).body
    assert b"vega" in server.ask(at("figure/0.html")).body
    assert server.ask(at("figure/99.svg")).status == 404


def test_runs_are_compared(server: Server) -> None:
    both = "&".join("run=" + quote(f"Ziffern 手書き/r {n}", safe="") for n in range(2))
    text = server.ask(f"/compare/?{both}").text
    assert "2 runs of Ziffern 手書き" in text
    assert ">0.05<" in text and ">0.1<" in text  # the learning rates, which differ
    found = re.search(r'src="(/compare/figure/\d+\.svg[^"]*)"', text)
    assert found
    assert server.ask(found[1].replace("&amp;", "&")).body.startswith(b"<svg")


def test_what_is_not_there(server: Server) -> None:
    assert server.ask("/nothing/here/").status == 404
    assert server.ask("/compare/").status == 404
    answer = server.ask("/torn/t1/")
    assert answer.status == 500
    assert "damaged" in answer.text


def test_files_of_a_run(server: Server, root: Path) -> None:
    media = root / "Ziffern 手書き" / "r 0" / "media"
    (picture,) = media.glob("*.png")
    answer = server.ask(at(f"media/{picture.name}"))
    assert answer.headers["content-type"] == "image/png"
    assert answer.body == picture.read_bytes()
    (page,) = media.glob("*.html")
    answer = server.ask(at(f"media/{page.name}"))
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_file_is_sent_from_where_it_is_asked_for(server: Server, root: Path) -> None:
    (picture,) = (root / "Ziffern 手書き" / "r 0" / "media").glob("*.png")
    content = picture.read_bytes()
    part = server.ask(at(f"media/{picture.name}"), Range="bytes=10-19")
    assert (part.status, part.body) == (206, content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    assert "sandbox" in part.headers["content-security-policy"]
    whole = server.ask(at(f"media/{picture.name}"), "HEAD")
    assert whole.headers["accept-ranges"] == "bytes" and whole.body == b""
    assert whole.headers["content-length"] == str(len(content))


def test_links_in_a_run_are_not_followed(server: Server, root: Path) -> None:
    folder = root / "Ziffern 手書き" / "r 0"
    (folder / "media" / "link.txt").symlink_to(root / "secret.txt")
    assert server.ask(at("media/link.txt")).status == 404
    other = root / "linked" / "l1"
    other.mkdir(parents=True)
    (other / "run.db").write_bytes((folder / "run.db").read_bytes())
    (other / "media").symlink_to(root)
    assert server.ask("/linked/l1/media/secret.txt").status == 404
    (other / "run.db").unlink()


@pytest.mark.parametrize(
    "name",
    ["../run.db", "..%2Frun.db", "%2e%2e%2frun.db", "../../../secret.txt", "%2Fetc%2Fpasswd",
     "..%5Crun.db", "nothing.png", ".hidden", "%00.png"],
)  # fmt: skip
def test_no_other_file_is_reached(server: Server, name: str) -> None:
    answer = server.ask(at(f"media/{name}"))
    assert answer.status in (400, 404), answer.status
    assert b"not yours" not in answer.body and b"SQLite" not in answer.body


def test_a_running_run_tells_that_it_wrote(server: Server, root: Path) -> None:
    run = pk.init(project="live", dir=root, id="now")
    try:
        run.log({"loss": 1.0})
        run.log({"loss": 0.5})
        settled(run)
        first = json.loads(server.ask("/live/now/state").body)
        assert first["live"] is True
        run.log({"loss": 0.25})
        settled(run)
        until = time.monotonic() + 10
        while json.loads(server.ask("/live/now/state").body)["version"] == first["version"]:
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        run.finish()
    assert json.loads(server.ask("/live/now/state").body)["live"] is False


def test_a_later_server_names_its_pictures_otherwise(tmp_path: Path) -> None:
    # Browsers keep them: the same address must not stand for what has been written since.
    named = []
    for step in range(2):
        with pk.init(project="p", dir=tmp_path, id="r", resume="allow") as run:
            run.log({"loss": 1.0 + step})
            run.log({"loss": 0.5 + step})
        server = Server(tmp_path)
        try:
            named.append(set(re.findall(r'src="([^"]+\.svg[^"]*)"', server.ask("/p/r/").text)))
        finally:
            server.close()
    assert named[0] and named[1] and not named[0] & named[1]


def test_what_many_ask_for_is_made_once() -> None:
    from plotkit.runs.serving.app import _Kept

    kept: _Kept[int] = _Kept(2)
    made: list[int] = []

    def make() -> int:
        time.sleep(0.1)
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: kept.get("a", make), range(8))) == {1}
    assert [kept.get(key, make) for key in ("b", "a", "c", "a", "b")] == [2, 1, 3, 1, 4]
    with pytest.raises(OSError, match="now"):
        kept.get("d", lambda: (_ for _ in ()).throw(OSError("now")))
    assert kept.get("d", make) == 5


# --- how it begins and ends ----------------------------------------------------------------------


def test_a_taken_port_is_said(server: Server, root: Path) -> None:
    from plotkit.runs.serving import serve

    with pytest.raises(pk.errors.RunError, match=rf"port {server.port} of this machine is taken"):
        serve(root, port=server.port, open_browser=False)


def test_ctrl_c_ends_it(root: Path) -> None:
    import signal

    made = Server(root)
    made.process.send_signal(signal.SIGINT)
    assert made.process.wait(10) in (0, 130, -signal.SIGINT)
    assert made.process.stdout is not None
    made.process.stdout.close()


def test_without_the_extra(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from plotkit.runs.serving import serve

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(pk.errors.MissingExtraError, match=r"plotkit serve needs uvicorn.*'serve'"):
        serve(root)
