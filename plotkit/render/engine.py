"""The drawing engine's side: the only file that imports vl_convert.

It runs as a script of its own, in a process that `worker.py` starts, and serves requests that
come in over a pipe. It imports nothing of plotkit and little of Python, because every picture of
a fresh program waits for it to start. `worker.py` also uses `load` and `perform` without a
process where a host forbids them.

A request is a frame of two parts, a reply is a frame of one:

    request: 4 bytes length of the head, 8 bytes length of the text, head, text (UTF-8)
             the head is the operation and its arguments, separated by tabs
    reply:   1 byte kind, 8 bytes length of the body, body
             kinds: A the request has arrived, R result, E error (its text)
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

_SMALL = (
    '{"data": {"values": [{"a": 1}]}, "mark": "point",'
    ' "encoding": {"x": {"field": "a", "type": "quantitative"}}}'
)

# What an idle engine holds already (V8 reserves most of it and never uses it).
IDLE_MEGABYTES = 640


def load(folder: str, fonts: Sequence[str]) -> ModuleType:
    """The engine, found in `folder` (or wherever Python finds it if that is empty), with fonts."""
    if folder and folder not in sys.path:
        # Behind everything else: nothing there may hide a module of Python.
        sys.path.append(folder)
    import vl_convert

    configure = getattr(vl_convert, "configure", None)
    if configure is not None:  # 2.x: once, instead of with every call
        configure(allowed_base_urls=[], base_url=False, auto_google_fonts=False)
    for font in fonts:
        vl_convert.register_font_directory(font)
    return vl_convert


def perform(
    engine: ModuleType,
    operation: str,
    arguments: Sequence[str],
    text: str,
    waiting: Callable[[], bool] = lambda: False,
) -> bytes:
    """Do one operation of `engine` and return its bytes.

    `waiting` tells whether a real request has come in, so that warming up need not go on.
    """
    # 1.x takes it with each call, 2.x has it from `load`.
    closed: dict[str, list[str]] = {}
    if not hasattr(engine, "configure"):
        closed["allowed_base_urls"] = []
    if operation == "vegalite_to_svg":
        return str(engine.vegalite_to_svg(text, **closed)).encode()
    if operation == "vega_to_svg":
        return str(engine.vega_to_svg(text, **closed)).encode()
    if operation == "vegalite_to_vega":
        import json  # few pictures are made in two steps

        return json.dumps(engine.vegalite_to_vega(text)).encode()
    if operation == "svg_to_png":
        scale, ppi = arguments
        return bytes(engine.svg_to_png(text, scale=float(scale), ppi=float(ppi) if ppi else None))
    if operation == "svg_to_pdf":
        return bytes(engine.svg_to_pdf(text))
    if operation == "javascript_bundle":
        return str(engine.javascript_bundle(text)).encode()
    if operation == "versions":
        newest = engine.get_vegalite_versions()[-1]
        return "\t".join((engine.__version__, engine.get_vega_version(), newest)).encode()
    if operation == "warm":
        engine.get_local_tz()  # starts V8
        if not waiting():
            engine.vegalite_to_svg(_SMALL, **closed)  # loads Vega-Lite
        return b""
    raise ValueError(f"no operation named {operation}")


def _read(pipe: int, size: int) -> bytes:
    """Exactly `size` bytes; ends the process when the other side has gone."""
    parts = []
    while size:
        part = os.read(pipe, min(size, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _reply(pipe: int, kind: bytes, body: bytes) -> None:
    data = memoryview(kind + len(body).to_bytes(8, "little") + body)
    while data:
        data = data[os.write(pipe, data) :]


def _end_with_parent(lifeline: int) -> None:
    """Have the kernel kill this process the moment its parent is gone, also while V8 is busy.

    The engine holds the interpreter's lock for the whole of a conversion, so no thread of ours
    could do it. The parent holds the other end of the pipe and never writes; its closing, for
    whatever reason, is the signal. (PR_SET_PDEATHSIG would fire when the thread that started
    this process ends, which is not the end of the program.)
    """
    import fcntl
    import select

    if hasattr(fcntl, "F_SETSIG"):  # Linux
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, 9)
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    poll = select.poll()
    poll.register(lifeline, select.POLLIN)
    if poll.poll(0):  # it went before we listened
        os._exit(0)


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    # A crash of the engine is expected business here: no core files.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    # RLIMIT_AS would count the address space that V8 reserves by the gigabyte.
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = (megabytes + IDLE_MEGABYTES) << 20
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, wanted))


def _serve(requests: int, replies: int, engine: ModuleType, idle_seconds: float) -> None:
    import faulthandler

    ready: Callable[[float], bool] = lambda seconds: True  # noqa: E731
    never: Callable[[], bool] = lambda: False  # noqa: E731
    waiting = never
    if os.name == "posix":
        import select

        poll = select.poll()
        poll.register(requests, select.POLLIN)
        ready = lambda seconds: bool(poll.poll(seconds * 1000))  # noqa: E731
        waiting = lambda: ready(0)  # noqa: E731

    while ready(idle_seconds):
        head_size, text_size = _read(requests, 4), _read(requests, 8)
        head = _read(requests, int.from_bytes(head_size, "little")).decode()
        text = _read(requests, int.from_bytes(text_size, "little")).decode()
        seconds, operation, *arguments = head.split("\t")
        _reply(replies, b"A", b"")
        # A thread of C that needs no lock of the interpreter: it ends this process even if
        # the parent, who keeps the time, cannot.
        faulthandler.dump_traceback_later(float(seconds), exit=True, file=2)
        try:
            kind, body = b"R", perform(engine, operation, arguments, text, waiting)
        except BaseException as error:  # a panic of Rust is no Exception
            kind, body = b"E", (str(error) or type(error).__name__).encode(errors="replace")
        faulthandler.cancel_dump_traceback_later()
        _reply(replies, kind, body)


def main(arguments: Sequence[str]) -> None:
    """Serve requests until the other side goes: FOLDER MEMORY_MB IDLE_SECONDS [FONT_FOLDER...]."""
    folder, megabytes, idle_seconds, *fonts = arguments
    if os.name == "posix":
        # What the parent passed on besides our four pipes is none of our business.
        os.closerange(4, min(os.sysconf("SC_OPEN_MAX"), 1 << 16))
        os.chdir("/")  # our folder may be deleted, or should be free to be
        _end_with_parent(3)
    # The pipes move away from the standard streams, so that no print can mix with them.
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    _limit_memory(int(megabytes))
    _serve(requests, replies, load(folder, fonts), float(idle_seconds))


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # not a moment on taking things down in order
