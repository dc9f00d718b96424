"""The engine's worker process: whatever happens there, the program and the next chart are safe."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plotkit import errors, settings
from plotkit.render import worker
from plotkit.render.pdf import finish

pytestmark = pytest.mark.skipif(os.name != "posix", reason="looks into processes as POSIX has them")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

VERSION_1 = worker.engine_version().startswith("1.")
POINTS = {"data": {"values": [{"x": i, "y": i * i % 17} for i in range(50)]}}
GOOD = json.dumps(
    {
        **POINTS,
        "mark": {"type": "line", "aria": False},
        "title": "Größe ∑ 日本",
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
        },
    }
)
HANG = json.dumps(
    {
        "data": {"values": [{"a": "a" * 60 + "b"}]},
        "transform": [{"calculate": "test(/^(a+)+$/, datum.a)", "as": "b"}],
        "mark": "text",
        "encoding": {"text": {"field": "b"}},
    }
)
NUL = json.dumps(
    {
        "data": {"values": [{"a": "x\0y"}]},
        "mark": "text",
        "encoding": {"text": {"field": "a"}},
    }
)
ENDLESS = json.dumps(
    {
        "data": {"sequence": {"start": 0, "stop": 10**8}},
        "mark": "point",
        "encoding": {"x": {"field": "data", "type": "quantitative"}},
    }
)
RUN_GOOD = f"""
import os, sys, signal, time, threading
from plotkit import errors, settings
from plotkit.render import worker
GOOD, HANG = {GOOD!r}, {HANG!r}
def draw(): return worker.vegalite_to_svg(GOOD, preset="test/good")
def pid(): return worker.default_pool()._idle[-1]._process._pid
"""


def draw(pool: worker.Pool | None = None) -> str:
    return (pool or worker.default_pool()).vegalite_to_svg(GOOD, preset="test/good")


def worker_pid() -> int:
    process = worker.default_pool()._idle[-1]._process
    assert isinstance(process, worker._Process)
    return process._pid


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(settings.__file__).parents[1]), **changes}


def run(code: str, **changes: str) -> str:
    """Run a program of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", RUN_GOOD + code],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def good() -> str:
    return draw()


@pytest.fixture(autouse=True, scope="module")
def _end() -> Iterator[None]:
    yield
    worker.shutdown()


class TestDrawing:
    def test_repeats(self, good: str) -> None:
        assert good.startswith("<svg")
        assert "Größe ∑ 日本" in good
        assert draw() == good
        png = worker.svg_to_png(good, scale=2, preset="test/good")
        assert png.startswith(b"\x89PNG")
        assert worker.svg_to_png(good, scale=2, preset="test/good") == png
        other = worker.svg_to_png(good, scale=1, ppi=144, preset="test/good")
        assert other[16:24] == png[16:24]  # width and height

    def test_one_worker_serves_one_caller_after_the_other(self, good: str) -> None:
        first = worker_pid()
        draw()
        worker.svg_to_pdf(good, preset="test/good")
        assert worker_pid() == first

    def test_pdf(self, good: str) -> None:
        pdf = worker.svg_to_pdf(good, preset="test/good")
        assert pdf.startswith(b"%PDF")
        again = worker.svg_to_pdf(good, preset="test/good")
        assert finish(again) == finish(pdf)

    def test_vega(self) -> None:
        vega = {"width": 10, "height": 10, "marks": [{"type": "symbol"}]}
        assert "mark-symbol" in worker.vega_to_svg(json.dumps(vega), preset="test/vega")

    @pytest.mark.parametrize("start", ["prepare", "warm"])
    def test_early_start_draws_the_same(self, start: str, good: str) -> None:
        worker.shutdown()
        getattr(worker, start)()
        started = worker_pid()
        assert draw() == good
        assert worker_pid() == started

    def test_warm_finished_long_before(self, good: str) -> None:
        worker.shutdown()
        worker.warm()
        time.sleep(1)
        assert draw() == good

    def test_versions(self) -> None:
        versions = worker.engine_versions()
        assert set(versions) == {"vl_convert", "vega", "vegalite"}
        assert versions["vegalite"].startswith("6.")
        assert worker.engine_version()[:2] == versions["vl_convert"][:2]

    @pytest.mark.slow
    def test_local_time_is_utc_everywhere(self) -> None:
        code = """
spec = GOOD.replace('"field": "x", "type": "quantitative"', '"field": "x", "type": "temporal"')
print(worker.vegalite_to_svg(spec, preset="t"))
"""
        assert run(code, TZ="America/New_York") == run(code, TZ="Asia/Tokyo")

    def test_large_request_and_reply(self) -> None:
        spec = json.loads(GOOD)
        spec["data"]["values"] = [{"x": i, "y": i * 7 % 101} for i in range(3000)]
        spec["mark"] = "point"
        spec["usermeta"] = {"filler": "x" * 3_000_000}
        svg = worker.vegalite_to_svg(json.dumps(spec), preset="test/large")
        assert len(svg) > 500_000

    @pytest.mark.slow
    def test_javascript_bundle(self) -> None:
        bundle = worker.javascript_bundle("window.marker_of_ours = vegaEmbed;")
        assert "marker_of_ours" in bundle
        assert len(bundle) > 500_000

    def test_preparing_never_waits(self) -> None:
        pool = worker.Pool(1)
        pool._take()  # someone draws
        pool.prepare()
        pool.warm()
        assert pool._idle == []

    def test_lone_surrogate(self) -> None:
        spec = GOOD.replace("Gr", "\ud800")
        assert "\ufffd" in worker.vegalite_to_svg(spec, preset="test/surrogate")


class TestErrors:
    """After each of them the next chart is drawn, and as before."""

    @pytest.fixture(autouse=True)
    def _next_chart_is_the_same(self, good: str) -> Iterator[None]:
        yield
        assert draw() == good

    def test_bad_spec(self) -> None:
        old = worker_pid()
        with pytest.raises(errors.RenderError) as caught:
            worker.vegalite_to_svg('{"width": 5}', preset="test/bad")
        assert str(caught.value) == (
            "'test/bad' failed while drawing the SVG: Error: Invalid specification "
            '{"width":5}. Make sure the specification includes at least one of the '
            'following properties: "mark", "layer", "facet", "hconcat", "vconcat", "concat", or '
            '"repeat".'
        )
        assert not alive(old)

    def test_not_json(self) -> None:
        with pytest.raises(errors.RenderError, match="'test/bad' failed while drawing the SVG"):
            worker.vegalite_to_svg("{", preset="test/bad")

    def test_abort(self) -> None:
        with pytest.raises(errors.RenderError) as caught:
            worker.vegalite_to_svg(NUL, preset="test/nul")
        if VERSION_1:
            assert type(caught.value) is errors.EngineCrashError
            assert str(caught.value).startswith(
                "the engine ended with code -6 while drawing 'test/nul': Failed to parse text SVG"
            )

    def test_hang(self, monkeypatch: pytest.MonkeyPatch) -> None:
        draw()
        monkeypatch.setattr(settings, "timeout", 0.7)
        start = time.monotonic()
        with pytest.raises(errors.RenderTimeoutError) as caught:
            worker.vegalite_to_svg(HANG, preset="test/hang")
        monkeypatch.undo()
        assert 0.6 < time.monotonic() - start < 2
        assert "'test/hang' was not drawn within 0.7 seconds" in str(caught.value)

    @pytest.mark.slow
    def test_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "memory_mb", 128)
        with pytest.raises(errors.RenderMemoryError, match="'test/endless' needs more than 128 MB"):
            worker.vegalite_to_svg(ENDLESS, preset="test/endless")
        monkeypatch.undo()

    def test_reply_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "max_svg_bytes", 2000)
        with pytest.raises(errors.RenderError, match="larger than the limit of 2000 bytes"):
            draw()
        monkeypatch.undo()

    def test_too_many_pixels(self, good: str) -> None:
        with pytest.raises(errors.RenderError, match="pixels, more than the limit of 100000000"):
            worker.svg_to_png(good, scale=1000, preset="test/good")

    def test_killed_while_idle(self, good: str) -> None:
        draw()
        old = worker_pid()
        os.kill(old, signal.SIGKILL)
        assert gone_within(old, 5)
        assert draw() == good
        assert worker_pid() != old

    def test_killed_while_drawing(self) -> None:
        draw()
        timer = threading.Timer(0.3, os.kill, (worker_pid(), signal.SIGKILL))
        timer.start()
        with pytest.raises(errors.EngineCrashError, match=r"code -9 .* killed from outside"):
            worker.vegalite_to_svg(HANG, preset="test/killed")
        timer.join()

    def test_interrupted(self) -> None:
        old = worker_pid()

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        try:
            with pytest.raises(KeyboardInterrupt):
                worker.vegalite_to_svg(HANG, preset="test/interrupted")
        finally:
            signal.signal(signal.SIGALRM, before)
        assert not alive(old)

    def test_no_descriptor_is_left_open(self) -> None:
        def count() -> int:
            return len(os.listdir("/dev/fd"))

        draw()
        before = count()
        for _ in range(3):
            with pytest.raises(errors.RenderError):
                worker.vegalite_to_svg("{", preset="test/bad")
        draw()
        assert count() == before

    def test_no_interpreter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        worker.shutdown()
        monkeypatch.setattr(sys, "executable", "")
        worker.prepare()
        worker.warm()
        with pytest.raises(errors.RenderError) as caught:
            draw()
        monkeypatch.undo()
        assert str(caught.value) == (
            "'test/good' failed while starting the engine: the path of the Python interpreter is "
            "not known (sys.executable). Name one: plotkit.settings.python = ..., or "
            "PLOTKIT_PYTHON; or draw inside this process: PLOTKIT_IN_PROCESS=1"
        )

    def test_wrong_interpreter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "python", "/nowhere/python")
        worker.prepare()
        with pytest.raises(errors.RenderError, match=r"cannot start /nowhere/python: .*IN_PROCESS"):
            draw()
        monkeypatch.setattr(settings, "python", "/bin/false")
        with pytest.raises(errors.RenderError, match="failed while starting the engine"):
            draw()
        monkeypatch.undo()

    def test_no_engine(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(worker, "engine_folder", lambda: "")
        with pytest.raises(errors.RenderError, match="pip install vl-convert-python"):
            draw()
        (tmp_path / "vl_convert").mkdir()
        (tmp_path / "vl_convert" / "__init__.py").write_text("raise ImportError('half installed')")
        monkeypatch.setattr(worker, "engine_folder", lambda: str(tmp_path))
        with pytest.raises(errors.RenderError, match=r"starting the engine: .*half installed"):
            draw()
        monkeypatch.undo()


class TestReplacement:
    def test_after_so_many_charts(self, monkeypatch: pytest.MonkeyPatch, good: str) -> None:
        monkeypatch.setattr(settings, "worker_charts", 2)
        worker.shutdown()
        pids = []
        for _ in range(4):
            assert draw() == good
            pids.append(worker_pid())
        assert pids[0] == pids[1] != pids[2] == pids[3]

    def test_ends_when_idle(self, monkeypatch: pytest.MonkeyPatch, good: str) -> None:
        monkeypatch.setattr(settings, "idle_seconds", 0.2)
        draw()
        assert gone_within(worker_pid(), 2)
        assert draw() == good

    def test_shutdown(self, good: str) -> None:
        draw()
        pid = worker_pid()
        worker.shutdown()
        assert not alive(pid)
        assert draw() == good


class TestManyCallers:
    def test_threads(self, good: str) -> None:
        drawn: list[str] = []

        def work() -> None:
            drawn.extend(draw() for _ in range(5))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert drawn == [good] * 40
        assert len(worker.default_pool()._idle) <= settings.workers

    def test_worker_outlives_the_thread_that_started_it(self, good: str) -> None:
        worker.shutdown()
        thread = threading.Thread(target=draw)
        thread.start()
        thread.join()
        pid = worker_pid()
        time.sleep(0.1)
        assert draw() == good
        assert worker_pid() == pid

    def test_asyncio(self, good: str) -> None:
        async def main() -> tuple[list[str], int]:
            ticks = 0

            async def tick() -> None:
                nonlocal ticks
                while True:
                    await asyncio.sleep(0.005)
                    ticks += 1

            ticking = asyncio.create_task(tick())
            drawn = await asyncio.gather(*(asyncio.to_thread(draw) for _ in range(4)))
            ticking.cancel()
            return list(drawn), ticks

        worker.shutdown()
        drawn, ticks = asyncio.run(main())
        assert drawn == [good] * 4
        assert ticks > 10  # Python's lock was free meanwhile

    def test_pool_of_its_own(self, good: str) -> None:
        pool = worker.Pool(1)
        assert draw(pool) == good
        pool.shutdown()

    def test_fork(self) -> None:
        code = """
first = draw()
for _ in range(2):
    child = os.fork()
    if not child:
        os._exit(0 if draw() == first and worker.default_pool() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
old = pid()
assert draw() == first and pid() == old
"""
        run(code)

    def test_fork_keeps_no_worker_alive(self) -> None:
        """A forked child that lives on does not hold on to the worker of its dead parent."""
        code = """
draw()
if not os.fork():
    os.close(1), os.close(2)
    time.sleep(5)
    os._exit(0)
print(pid(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
        done = subprocess.run(
            [sys.executable, "-c", RUN_GOOD + code], env=environment(), capture_output=True
        )
        assert gone_within(int(done.stdout), 2)


@on_linux
class TestNoOrphans:
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    @pytest.mark.parametrize("busy", [False, True])
    def test_parent_killed(self, busy: bool, number: int) -> None:
        code = "draw(); print(pid(), flush=True)\n" + (
            "worker.vegalite_to_svg(HANG, preset='t')" if busy else "time.sleep(60)"
        )
        program = subprocess.Popen(
            [sys.executable, "-c", RUN_GOOD + code], env=environment(), stdout=subprocess.PIPE
        )
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        time.sleep(0.3)
        assert alive(pid)
        program.send_signal(number)
        program.wait()
        program.stdout.close()
        assert gone_within(pid, 2)

    @pytest.mark.parametrize(
        "end", ["", "sys.exit(0)", "os._exit(0)", "os.execv('/bin/true', ['true'])", "os.abort()"]
    )
    def test_program_ends(self, end: str) -> None:
        code = f"draw(); print(pid(), flush=True)\n{end}"
        done = subprocess.run(
            [sys.executable, "-c", RUN_GOOD + code], env=environment(), capture_output=True
        )
        assert gone_within(int(done.stdout), 2)

    def test_killed_while_it_boots(self) -> None:
        code = "worker.warm(); print(pid(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
        done = subprocess.run(
            [sys.executable, "-c", RUN_GOOD + code], env=environment(), capture_output=True
        )
        assert gone_within(int(done.stdout), 2)


class TestSurroundings:
    def test_standard_streams_closed(self, tmp_path: Path, good: str) -> None:
        out = tmp_path / "out.svg"
        run(f"os.close(0); os.close(1); os.close(2)\nopen({str(out)!r}, 'w').write(draw())")
        assert out.read_text() == good

    def test_folder_deleted(self, tmp_path: Path, good: str) -> None:
        gone = tmp_path / "gone"
        gone.mkdir()
        code = f"os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); sys.stdout.write(draw())"
        assert run(code) == good

    def test_odd_python_variables(self, tmp_path: Path, good: str) -> None:
        for name in ("os", "sys", "faulthandler", "vl_convert"):
            (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')")
        code = f"""
os.environ.update(PYTHONPATH={str(tmp_path)!r}, PYTHONHOME="/nowhere", PYTHONSTARTUP="/nowhere")
sys.stdout.write(draw())
"""
        assert run(code) == good

    def test_no_main_guard(self, tmp_path: Path) -> None:
        script = tmp_path / "script.py"
        script.write_text(RUN_GOOD + "print(len(draw()))")
        done = subprocess.run(
            [sys.executable, script], env=environment(), capture_output=True, text=True, check=True
        )
        assert len(done.stdout.split()) == 1

    def test_broken_pipe_as_a_shell_has_it(self) -> None:
        """A program that lets SIGPIPE end it survives a dead worker."""
        code = """
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
first = draw()
os.kill(pid(), signal.SIGKILL)
time.sleep(0.1)
assert draw() == first
"""
        run(code)

    def test_children_ignored(self) -> None:
        """A program may have the kernel forget its children; exit codes are unknown then."""
        code = """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
first = draw()
try:
    worker.vegalite_to_svg("{", preset="test/bad")
except errors.RenderError:
    pass
assert draw() == first
"""
        run(code)

    @on_linux
    def test_nothing_is_inherited(self) -> None:
        code = """
end = os.open("/dev/null", os.O_RDONLY)
os.set_inheritable(end, True)
draw()
open_now = {os.readlink(f"/proc/{pid()}/fd/{name}") for name in os.listdir(f"/proc/{pid()}/fd")}
print(len([name for name in open_now if name == "/dev/null"]), os.readlink(f"/proc/{pid()}/cwd"))
"""
        # Its own standard input and output lead to /dev/null too.
        assert run(code).split() == ["1", "/"]

    def test_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "America/New_York")
        monkeypatch.setenv("https_proxy", "http://localhost:1")
        monkeypatch.setenv("HTTP_PROXY", "http://localhost:1")
        monkeypatch.setenv("RUST_BACKTRACE", "full")
        passed = worker._environment()
        assert passed["TZ"] == "UTC"
        assert not {"https_proxy", "HTTP_PROXY", "RUST_BACKTRACE"} & set(passed)
        assert passed["PATH"] == os.environ["PATH"]

    def test_nothing_is_loaded_from_outside(self, tmp_path: Path) -> None:
        """Neither from the network nor from the disk."""
        from http.server import BaseHTTPRequestHandler, HTTPServer

        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        secret = tmp_path / "secret.csv"
        secret.write_text("x,y\n1,777777\n")
        base = f"127.0.0.1:{server.server_address[1]}/data.csv"
        try:
            for url in (
                f"http://{base}",
                f"HTTP://{base}",
                f"//{base}",
                f"file://{secret}",
                f"FILE://{secret}",
                str(secret),
            ):
                spec = {**json.loads(GOOD), "data": {"url": url}}
                spec["mark"] = "text"
                spec["encoding"]["text"] = {"field": "y"}
                try:
                    svg = worker.vegalite_to_svg(json.dumps(spec), preset="test/outside")
                except errors.RenderError:
                    continue
                assert "777" not in svg
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        assert asked == []

    @pytest.mark.parametrize("start", ["", "worker.warm()"])
    def test_in_process(self, start: str, good: str) -> None:
        code = f"""
{start}
svg = draw()
assert worker.svg_to_png(svg, scale=1, preset="t").startswith(b"\\x89PNG")
try:
    worker.vegalite_to_svg("{{", preset="test/bad")
except errors.RenderError as error:
    assert str(error).startswith("'test/bad' failed while drawing the SVG: "), error
else:
    raise AssertionError
assert draw() == svg
assert not worker._workers
sys.stdout.write(svg)
"""
        assert run(code, PLOTKIT_IN_PROCESS="1", TZ="UTC") == good

    def test_fonts_of_the_settings(self, tmp_path: Path) -> None:
        """A change of the folders takes effect with the next chart, also in a running program."""
        assert worker._command()[7:] == [str(Path(settings.__file__).parent / "fonts")]
        draw()
        before = worker_pid()
        settings.font_folders = (str(tmp_path),)
        try:
            draw()
            assert worker_pid() != before
        finally:
            del settings.font_folders
        draw()


def test_engine_imports_nothing_slow() -> None:
    """What the worker loads before vl_convert: it delays the first picture of every program."""
    script = Path(worker.__file__).with_name("engine.py")
    code = f"import sys; exec(open({str(script)!r}).read(), {{}}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"typing", "json", "subprocess", "threading", "plotkit", "vl_convert"}


def test_import_is_light() -> None:
    code = "import sys; from plotkit.render import worker; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    slow = {"subprocess", "json", "PIL", "xml", "numpy", "vl_convert", "asyncio", "dataclasses"}
    assert not loaded & slow


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (b"", "the engine said nothing"),
        (b"\n\n#\n# Fatal process out of memory: X\n#\n", "Fatal process out of memory: X"),
        (
            b"\nthread '<unnamed>' (7805) panicked at src/text.rs:370:50:\nFailed to parse\nstack",
            "Failed to parse",
        ),
        (b"Vega-Lite to SVG conversion failed:\nError: Invalid\n    at x", "Error: Invalid"),
    ],
)
def test_first_words(words: bytes, first: str) -> None:
    assert worker.first_words(words) == first
