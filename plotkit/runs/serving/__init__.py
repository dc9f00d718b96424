"""`plotkit serve`: the runs of a folder in the browser of this machine, live while they train.

    guard.py    who may ask: this machine, with the token, and only to read
    viewing.py  the page of a run, of several, and of the list
    app.py      addresses -> pages, pictures, files
    page/       the script that keeps an open page up to date, and its style sheet

A page is the run's report, whose charts are pictures at addresses of their own: only those that
the reader sees are drawn, and they are drawn again once the run has written more.
"""

from __future__ import annotations

import os
import secrets
import socket
import webbrowser
from collections.abc import Callable

from plotkit import errors
from plotkit.runs import folders

PORT = 8417
_HOST = "127.0.0.1"


def serve(
    dir: str | os.PathLike[str] | None = None,
    *,
    port: int | None = None,
    path: str = "",
    open_browser: bool = True,
    say: Callable[[str], object] = print,
) -> None:
    """Serve the runs of a folder on this machine until Ctrl-C; needs the extra `serve`.

    Nothing can be changed through it. Only this machine reaches it, under the names "127.0.0.1"
    and "localhost", and only with the token in the address that is said at the start; it is
    another one each time.

    Args:
        dir: where the runs lie; default `PLOTKIT_DIR`, else `plotkit-runs` here.
        port: default 8417, or a free one where that is taken; 0 is a free one.
        path: what is opened, such as "project/id"; default the list.
        open_browser: open it in the reader's browser.
        say: gets the address, as a sentence.

    Raises:
        MissingExtraError: the extra is not installed.
        RunError: the given port is taken.
    """
    try:
        import uvicorn
    except ImportError:
        raise errors.MissingExtraError.from_extra("uvicorn", "plotkit serve", "serve") from None
    from plotkit.render import worker
    from plotkit.runs.serving.app import application

    root, token = folders.root(dir), secrets.token_urlsafe(24)
    with _listening(port) as held:
        bound = held.getsockname()[1]
        address = f"http://{_HOST}:{bound}/{path}?token={token}"
        say(f"Runs of {root}\n  {address}\nCtrl-C ends it.")
        worker.warm()  # it starts while the browser does
        if open_browser:
            webbrowser.open(address)
        config = uvicorn.Config(
            application(root, token, f"plotkit-{bound}"),
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        uvicorn.Server(config).run(sockets=[held])


def _listening(port: int | None) -> socket.socket:
    """A socket of loopback, on the given port, the usual one or a free one."""
    for wanted in (PORT, 0) if port is None else (port,):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # elsewhere it lets two programs have one port
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((_HOST, wanted))
            made.listen(128)  # a browser that is faster than the server waits
        except (OSError, OverflowError):
            made.close()
            continue
        return made
    raise errors.RunError.from_port(port)
