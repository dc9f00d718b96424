"""Many charts at once: all cores, and whatever happens to one chart is its own affair.

Everything here draws with the real engine. What could hang or end the tests themselves runs as a
program of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from endless import endless

import plotkit as pk
from plotkit import batch, errors, settings
from plotkit.render import worker

pytestmark = pytest.mark.skipif(os.name != "posix", reason="looks into processes as POSIX has them")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
ROOT = Path(pk.__file__).parents[1]
VERSION_1 = worker.engine_version().startswith("1.")

# What the programs start with; they print what a test then looks at.
START = f"""
import json, os, signal, sys, threading, time
from pathlib import Path
import plotkit as pk
from plotkit import batch, errors, settings
from plotkit.render import worker
HANG = {{
    "data": {{"values": [{{"a": "a" * 60 + "b"}}]}},
    "transform": [{{"calculate": "test(/^(a+)+$/, datum.a)", "as": "b"}}],
    "mark": "text", "encoding": {{"text": {{"field": "b"}}}},
}}
def chart(number=0):
    rows = {{"step": list(range(20)), "loss": [(i * 7 + number) % 11 for i in range(20)]}}
    return pk.line(rows, "step", "loss", title=f"chart {{number}}")
def hang(): return worker.vegalite_to_svg(json.dumps(HANG), preset="test/hang")
def large():
    values = [(i * 7919 % 100_003) / 7 for i in range(100_000)]
    rows = {{"x": list(range(100_000)), "y": values}}
    return pk.scatter(rows, "x", "y", title="large", reduce=False)
def engines(): return [found._process._pid for found in list(worker._workers) if found._process]
sys.path.insert(0, {str(ROOT)!r})
"""


def chart(number: int = 0, **more: Any) -> pk.Chart:
    rows = {"step": list(range(20)), "loss": [(i * 7 + number) % 11 for i in range(20)]}
    return pk.line(rows, "step", "loss", title=f"chart {number}", **more)


def drawing(number: int) -> Callable[[], bytes]:
    return lambda: chart(number).to_png(scale=0.5)


def large() -> pk.Chart:
    """A chart that takes the engine many seconds and some 100 MB."""
    values = [(i * 7919 % 100_003) / 7 for i in range(100_000)]
    rows = {"x": list(range(100_000)), "y": values}
    return pk.scatter(rows, "x", "y", title="large", reduce=False)


def run(code: str, timeout: float = 120, **changes: str) -> str:
    """Run a program of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", START + code],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PLOTKIT_WORKERS": "2", **changes}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def within(seconds: float, true: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def engines() -> list[int]:
    return [found._process._pid for found in list(worker._workers) if found._process]  # type: ignore[union-attr]


@pytest.fixture(autouse=True)
def _two_workers() -> Iterator[None]:
    settings.workers = 2
    yield
    assert worker.default_pool()._busy == {}
    assert worker.default_pool()._stopped == set()
    assert worker.default_pool()._wanted == []
    worker.shutdown()


class TestResults:
    def test_all_arrive_and_are_those_of_a_loop(self) -> None:
        found = dict(batch.each([drawing(i) for i in range(12)]))
        assert found == {i: drawing(i)() for i in range(12)}

    def test_two_engines_draw_and_no_more(self) -> None:
        seen: set[int] = set()

        def look(number: int) -> bytes:
            png = drawing(number)()
            seen.update(engines())
            return png

        assert len(list(batch.each([lambda i=i: look(i) for i in range(10)]))) == 10  # type: ignore[misc]
        assert len(seen) == 2

    def test_more_workers_than_the_setting_for_one_batch(self) -> None:
        together = threading.Barrier(3)
        limit = 60

        def meet() -> int:
            together.wait(limit)
            drawing(0)()
            together.wait(limit)
            return len(engines())

        assert dict(batch.each([meet] * 3, workers=3)) == {0: 3, 1: 3, 2: 3}
        drawing(0)()
        assert len(engines()) <= 2  # the third has ended

    def test_the_setting_counts_from_the_next_chart_on(self) -> None:
        drawing(0)()
        settings.workers = 3
        pool = worker.default_pool()
        pool.prepare()
        assert pool._made == 3
        settings.workers = 1
        drawing(0)()
        assert pool._made == 1
        assert len(engines()) == 1

    def test_an_iterator_is_read_as_needed(self) -> None:
        taken = []

        def tasks() -> Iterator[Callable[[], int]]:
            for number in range(1000):
                taken.append(number)
                yield lambda number=number: number  # type: ignore[misc]

        found = batch.each(tasks())
        assert next(found)[1] in range(10)
        assert len(taken) < 20
        assert sorted(result for _, result in found)[-1] == 999  # type: ignore[type-var]

    def test_a_plotkit_error_is_a_result(self) -> None:
        def fail() -> None:
            raise errors.DataError("this one")

        found = dict(batch.each([fail, drawing(1), fail]))
        assert isinstance(found[1], bytes)
        assert [str(found[i]) for i in (0, 2)] == ["this one"] * 2

    @pytest.mark.parametrize("workers", [1, 2])
    def test_any_other_error_ends_the_batch(self, workers: int) -> None:
        def fail() -> None:
            raise KeyError("a bug of the caller")

        with pytest.raises(KeyError, match="a bug of the caller"):
            list(batch.each([drawing(0), fail, *[drawing(1)] * 200], workers=workers))
        assert not [t for t in threading.enumerate() if t.name == "plotkit batch"]

    def test_a_batch_in_a_batch(self) -> None:
        def inner() -> list[bytes]:
            found = dict(batch.each([drawing(1), drawing(2)]))
            return [found[0], found[1]]  # type: ignore[list-item]

        one = inner()
        assert [found for _, found in batch.each([inner] * 4)] == [one] * 4

    def test_nothing_to_do(self) -> None:
        assert list(batch.each([])) == []
        assert list(batch.each(iter(()))) == []

    @pytest.mark.parametrize("workers", [0, 1.5, True, 257])
    def test_wrong_number_of_workers(self, workers: Any) -> None:
        with pytest.raises(errors.OptionError, match="expected a whole number from 1 to 256"):
            batch.each([], workers=workers)

    def test_in_process(self) -> None:
        code = "print([n for n, _ in batch.each([chart(i).to_svg for i in range(3)])], engines())"
        assert run(code, PLOTKIT_IN_PROCESS="1").split("\n")[0] == "[0, 1, 2] []"


class TestOneChartFails:
    """In the midst of others, which are drawn as if nothing had been."""

    @staticmethod
    def check(bad: Callable[[], object], kind: type[errors.PlotkitError]) -> None:
        good = [drawing(i) for i in range(8)]
        found = dict(batch.each([*good[:3], bad, *good[3:6], bad, *good[6:]]))
        for number in (3, 7):
            assert type(found.pop(number)) is kind
        assert list(dict(sorted(found.items())).values()) == [task() for task in good]

    @pytest.mark.skipif(not VERSION_1, reason="version 2 draws it")
    def test_it_crashes_the_engine(self) -> None:
        odd = {"title": {"fontStyle": "<"}}
        self.check(lambda: chart().to_png(theme=odd), errors.EngineCrashError)

    def test_it_takes_too_long(self) -> None:
        late = endless()
        settings.timeout = 4
        self.check(late.to_png, errors.RenderTimeoutError)

    def test_it_takes_too_much_memory(self) -> None:
        greedy = large()
        settings.memory_mb = 64
        self.check(greedy.to_png, errors.RenderMemoryError)

    def test_its_engine_is_killed_while_it_draws(self) -> None:
        late = endless()

        def shot() -> bytes:
            me = threading.get_ident()
            busy = worker.default_pool()._busy
            timer = threading.Timer(0.5, lambda: os.kill(busy[me]._process._pid, 9))  # type: ignore[union-attr]
            timer.start()
            return late.to_png()

        self.check(shot, errors.EngineCrashError)

    def test_engines_are_killed_between_charts(self) -> None:
        good = [drawing(i)() for i in range(6)]
        found = {}
        for number, png in batch.each([drawing(i) for i in range(6)]):
            found[number] = png
            for free in list(worker.default_pool()._idle):
                if free._process is not None:
                    os.kill(free._process._pid, signal.SIGKILL)  # type: ignore[union-attr]
        # A free engine may just have been taken: then that chart says so, and no other.
        assert len(found) == 6
        for number, png in found.items():
            assert png == good[number] or isinstance(png, errors.EngineCrashError)


class TestEndingEarly:
    def test_what_is_being_drawn_is_given_up(self) -> None:
        late = endless()
        found = batch.each([drawing(0), late.to_svg, late.to_svg, drawing(1)])
        assert next(found)[0] in (0, 3)
        assert within(30, lambda: len(worker.default_pool()._busy) == 2)
        pids = engines()
        found.close()  # type: ignore[attr-defined]
        assert not [t for t in threading.enumerate() if t.name == "plotkit batch"]
        assert not any(alive(pid) for pid in pids)
        assert drawing(0)()

    def test_another_thread_draws_on(self) -> None:
        settings.workers = 3
        late, endless_one = large(), endless()
        png: list[bytes] = []
        other = threading.Thread(target=lambda: png.append(late.to_png(scale=1)))
        other.start()
        assert within(30, lambda: len(worker.default_pool()._busy) == 1)
        found = batch.each([drawing(0), *[endless_one.to_svg] * 2], workers=2)
        next(found)
        found.close()  # type: ignore[attr-defined]
        other.join()
        assert png[0].startswith(b"\x89PNG")

    @on_linux
    def test_ctrl_c(self, tmp_path: Path) -> None:
        """At once, although a chart takes long; every file is whole, and no engine is left."""
        code = f"""
from plotkit.exporting import export
def charts():
    yield large
    for number in range(10_000):
        yield lambda: chart(number)
        if number == 20:
            print(*engines(), flush=True)
export(charts(), {str(tmp_path / "out")!r}, scale=0.5)
"""
        program = subprocess.Popen(
            [sys.executable, "-c", START + code],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert program.stdout is not None
        pids = [int(pid) for pid in program.stdout.readline().split()]
        assert pids
        program.send_signal(signal.SIGINT)
        _, told = program.communicate(timeout=15)
        assert program.returncode == -signal.SIGINT
        assert told.rstrip().endswith("KeyboardInterrupt")
        assert within(5, lambda: not any(map(alive, pids)))
        files = list((tmp_path / "out").iterdir())
        assert files == [] or all(f.suffix == ".png" for f in files)
        for file in files:
            assert file.read_bytes().endswith(b"IEND\xaeB`\x82")

    @on_linux
    def test_the_program_ends_in_the_midst(self) -> None:
        """A batch that nobody reads to its end holds up nothing."""
        code = "found = batch.each([chart(0).to_svg, hang, hang]); next(found); print(*engines())"
        pids = [int(pid) for pid in run(code).split()]
        assert within(5, lambda: not any(map(alive, pids)))


class TestForks:
    @pytest.mark.parametrize("number", range(2))
    def test_fork_while_threads_draw(self, number: int) -> None:
        code = f"""
first = chart().to_svg()
stop = threading.Event()
drawn = []
def work():
    while not stop.is_set():
        drawn.append(chart().to_svg() == first)
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
codes = []
for _ in range(2):
    time.sleep(0.05 * {number + 1})
    child = os.fork()
    if not child:
        one = chart().to_svg() == first
        many = all(found == first for _, found in batch.each([chart().to_svg] * 3))
        os._exit(0 if one and many else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads: thread.join()
print(codes, all(drawn))
"""
        assert run(code) == "[0, 0] True\n"

    def test_fork_in_a_batch(self) -> None:
        code = """
codes = []
for _, png in batch.each([chart(i).to_png for i in range(5)]):
    child = os.fork()
    if not child:
        os._exit(0 if chart().to_png()[:4] == b"\\x89PNG" else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(codes)
"""
        assert run(code) == "[0, 0, 0, 0, 0]\n"

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_multiprocessing(self, method: str, tmp_path: Path) -> None:
        script = tmp_path / "script.py"
        code = f"""
import multiprocessing
def work(number):
    return chart(number).to_png(scale=0.5)
if __name__ == "__main__":
    mine = [work(i) for i in range(6)]
    with multiprocessing.get_context({method!r}).Pool(3) as pool:
        print(pool.map(work, range(6)) == mine)
"""
        script.write_text(START + code)
        done = subprocess.run(
            [sys.executable, script], env=environment(), capture_output=True, text=True, timeout=120
        )
        assert done.stdout == "True\n", done.stderr


class TestSurroundings:
    def test_many_threads(self, tmp_path: Path) -> None:
        """32 threads share two engines."""
        wanted = [chart(number).to_png(scale=0.5) for number in range(32)]
        settings.workers = 2
        start = threading.Barrier(32)
        failed = []

        def work(number: int) -> None:
            start.wait()
            try:
                for _ in range(2):
                    chart(number).save(tmp_path / f"{number}.png", scale=0.5)
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert [(tmp_path / f"{n}.png").read_bytes() for n in range(32)] == wanted
        assert len(engines()) <= 2
        assert len(list(tmp_path.iterdir())) == 32

    @pytest.mark.parametrize("again", range(3))
    def test_the_first_charts_of_many_threads(self, again: int) -> None:
        """Nothing is imported yet; one pool is made, and it has two engines."""
        code = """
rows = {"step": list(range(20)), "loss": [(i * 7) % 11 for i in range(20)]}
start, drawn = threading.Barrier(24), []
KINDS = (
    lambda: pk.line(rows, "step", "loss"),
    lambda: pk.histogram(rows, "loss"),
    lambda: pk.bar(rows, "step", "loss"),
    lambda: pk.roc_curve([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5]),
    lambda: pk.confusion_matrix(y_true=[0, 1], preds=[1, 1]),
    lambda: pk.line({"step": ["2024-01-01", "2024-01-02"], "größe": [1, None]}, "step", "größe"),
)
def work(number):
    start.wait()
    drawn.append(KINDS[number % 6]().to_png(scale=0.5))
threads = [threading.Thread(target=work, args=(n,)) for n in range(24)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(drawn), len(set(drawn)), len(engines()))
"""
        assert run(code) == "24 6 2\n"

    def test_asyncio(self, tmp_path: Path) -> None:
        """Charts are drawn beside the event loop; one that is given up leaves no half file."""

        async def main() -> int:
            ticks = 0

            async def tick() -> None:
                nonlocal ticks
                while True:
                    await asyncio.sleep(0.005)
                    ticks += 1

            ticking = asyncio.create_task(tick())
            tasks = [
                asyncio.create_task(chart(n).asave(tmp_path / f"{n}.png", scale=0.5))
                for n in range(30)
            ]
            await asyncio.sleep(0.3)
            for task in tasks[::3]:
                task.cancel()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            ticking.cancel()
            for number, one in enumerate(found):
                if not isinstance(one, asyncio.CancelledError):
                    assert one == tmp_path / f"{number}.png"
            assert sum(isinstance(one, Path) for one in found) >= 20
            return ticks

        assert asyncio.run(main()) > 10
        for file in tmp_path.iterdir():
            assert file.suffix == ".png"
            assert file.read_bytes().endswith(b"IEND\xaeB`\x82")

    def test_gunicorn(self, tmp_path: Path) -> None:
        """The application is loaded, and draws, before the servers fork; each then draws."""
        pytest.importorskip("gunicorn")
        (tmp_path / "app.py").write_text(
            START
            + """
chart().to_png()
def app(environ, respond):
    number = int(environ["PATH_INFO"].strip("/"))
    body = chart(number).to_png(scale=0.5)
    respond("200 OK", [("Content-Type", "image/png"), ("X-Server", str(os.getpid()))])
    return [body]
"""
        )
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--threads"),
                *("2", "--bind", "127.0.0.1:0", "--chdir", str(tmp_path), "app:app"),
            ],
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stderr is not None
            address = ""
            while "Listening at: " not in address:
                address = server.stderr.readline()
                assert address, "it has ended"
            address = address.split("Listening at: ")[1].split()[0]
            threading.Thread(target=server.stderr.read, daemon=True).start()
            servers: set[str] = set()

            def ask(number: int) -> bytes:
                with urllib.request.urlopen(f"{address}/{number}", timeout=60) as answer:
                    servers.add(answer.headers["X-Server"])
                    return bytes(answer.read())

            async def many() -> list[bytes]:
                return await asyncio.gather(*(asyncio.to_thread(ask, i) for i in range(24)))

            assert asyncio.run(many()) == [drawing(i)() for i in range(24)]
            assert len(servers) == 2
        finally:
            server.terminate()
            server.wait(30)
            with contextlib.suppress(ValueError):
                server.stderr.close()  # type: ignore[union-attr]

    def test_progress_is_for_a_terminal(self) -> None:
        import pty

        code = "list(batch.each([chart(i).to_svg for i in range(3)], label='[red]charts'{}))"
        ours, theirs = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-c", START + code.format(", progress=True")],
            env=environment(),
            stderr=theirs,
        )
        os.close(theirs)
        assert done.returncode == 0
        seen = b""
        with contextlib.suppress(OSError):  # it is closed at the other end
            while part := os.read(ours, 4096):
                seen += part
        os.close(ours)
        assert b"[red]charts" in seen
        assert b"3/3" in seen
        silent = subprocess.run(
            [sys.executable, "-c", START + code.format("")], env=environment(), capture_output=True
        )
        assert (silent.stdout, silent.stderr) == (b"", b"")
