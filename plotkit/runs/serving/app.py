"""Addresses, and what stands at each: pages, pictures of charts, files of runs."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from html import escape
from pathlib import Path
from textwrap import wrap
from threading import Lock
from typing import Any, Generic, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Route

from plotkit import errors
from plotkit.chart import Chart
from plotkit.runs import finding, folders
from plotkit.runs.media.base import mime
from plotkit.runs.panels.carrying import located
from plotkit.runs.record import Record
from plotkit.runs.serving import viewing
from plotkit.runs.serving.guard import HOSTS, Guard
from plotkit.runs.serving.viewing import View

# What a browser may show by itself; everything else is only saved.
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "audio/", "video/")
_SEALED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"
_PAGE = {"Content-Security-Policy": "frame-ancestors 'none'"}

_T = TypeVar("_T")


class _Place(Generic[_T]):
    """One thing, made when it is first asked for; whoever asks meanwhile waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: list[_T] = []

    def get(self, make: Callable[[], _T]) -> _T:
        with self._lock:
            if not self._made:
                self._made.append(make())
            return self._made[0]


class _Kept(Generic[_T]):
    """The last few of what takes time to make; one is made once, whoever asks for it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, _Place[_T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        with self._lock:
            place = self._held.setdefault(key, _Place())
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return place.get(make)


class _Runs:
    """The runs of a folder, each opened once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._records: _Kept[Record] = _Kept(256)
        self._views: _Kept[View] = _Kept(8)
        self._pictures: _Kept[str] = _Kept(256)
        self._begun = secrets.token_hex(4)

    def opened(self, place: finding.Place) -> Record:
        """A run; one that was deleted and begun anew is another one."""
        file = (place.folder / folders.DATABASE).stat()
        return self._records.get((place, file.st_ino), lambda: Record(place.folder))

    def asked(self, paths: Sequence[tuple[str, str]]) -> tuple[Record, ...]:
        """The runs by project and id, of those that are there."""
        known = {(place.project, place.id): place for place in finding.places(self.root)}
        missing = [f"{project}/{id}" for project, id in paths if (project, id) not in known]
        if missing or not paths:
            raise HTTPException(404, f"There is no run {missing[0]}." if missing else "No runs.")
        return tuple(self.opened(known[path]) for path in dict.fromkeys(paths))

    def version(self, records: tuple[Record, ...]) -> str:
        """What differs once one of the runs has written, has ended, or is another one.

        The database counts from when it was opened, so it also differs between servers: browsers
        keep pictures longer than a server runs.
        """
        told = [self._begun]
        for record in records:
            file = (record.folder / folders.DATABASE).stat()
            told.append(f"{file.st_ino:x}.{record.database.version()}.{record.state}")
        return "-".join(told)

    def view(self, records: tuple[Record, ...]) -> View:
        known = self.version(records)
        return self._views.get((records, known), lambda: View(records, known))

    def picture(self, records: tuple[Record, ...], number: int, theme: str) -> str:
        """A chart as SVG; what keeps it from being drawn, where that fails."""
        key = (records, self.version(records), number, theme)
        return self._pictures.get(key, lambda: _drawn(self.view(records), number, theme))


def _drawn(view: View, number: int, theme: str) -> str:
    try:
        made, options = _chart(view, number)
        return made.to_svg(**{**options, "theme": theme})
    except HTTPException:
        raise
    except errors.PlotkitError as reason:
        return _refused(str(reason), theme)
    except Exception as reason:  # one chart that fails does not take the page down
        return _refused(f"{type(reason).__name__}: {reason}", theme)


def _chart(view: View, number: int) -> tuple[Chart, dict[str, Any]]:
    if number >= len(view.figures):
        raise HTTPException(404, "There is no such chart.")
    return view.chart(number)


def _refused(message: str, theme: str) -> str:
    """A message as a picture, which stands in the place of a chart."""
    ink = "#e8ebee" if theme == "dark" else "#16191d"
    lines = wrap(message, 78) or [""]
    rows = "".join(f'<tspan x="0" dy="1.5em">{escape(line)}</tspan>' for line in lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="{22 * len(lines) + 22}">'
        f'<text y="4" fill="{ink}" font-family="sans-serif" font-size="14">{rows}</text></svg>'
    )


def application(root: Path, token: str, cookie: str) -> Starlette:
    """The application; `cookie` is the name of the cookie that holds the token."""
    runs = _Runs(root)

    def listed(request: Request) -> Response:
        return HTMLResponse(viewing.listed(root, runs.opened), headers=_PAGE)

    def of_request(request: Request) -> tuple[Record, ...]:
        if "id" in request.path_params:
            return runs.asked([(request.path_params["project"], request.path_params["id"])])
        found = [one.rpartition("/") for one in request.query_params.getlist("run")]
        return runs.asked([(project, id) for project, _, id in found])

    def page(request: Request) -> Response:
        return HTMLResponse(runs.view(of_request(request)).html(), headers=_PAGE)

    def state(request: Request) -> Response:
        records = of_request(request)
        live = any(record.state == "running" for record in records)
        return JSONResponse({"version": runs.version(records), "live": live})

    def picture(request: Request) -> Response:
        theme = "dark" if request.query_params.get("theme") == "dark" else "light"
        drawn = runs.picture(of_request(request), request.path_params["number"], theme)
        # The version stands in the address: what it shows stays as it is.
        headers = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": _SEALED}
        return Response(drawn, media_type="image/svg+xml", headers=headers)

    def chart(request: Request) -> Response:
        made, _ = _chart(runs.view(of_request(request)), request.path_params["number"])
        return HTMLResponse(made.to_html(), headers=_PAGE)

    def file(request: Request) -> Response:
        (record,) = of_request(request)
        name = f"{folders.MEDIA}/{request.path_params['file']}"
        try:
            path = located(record.folder, name)
        except (OSError, errors.MediaError):
            raise HTTPException(404, "There is no such file.") from None
        kind = mime("".join(path.suffixes))
        headers = {"Content-Security-Policy": _SEALED, "Cache-Control": "private, max-age=3600"}
        if not kind.startswith(_SHOWN):
            kind, headers["Content-Disposition"] = "application/octet-stream", "attachment"
        # In pieces, from where it is asked for: so a long video can be wound.
        return FileResponse(path, media_type=kind, headers=headers)

    one, several = "/{project}/{id}", "/compare"
    figure = "/figure/{number:int}"
    return Starlette(
        routes=[
            Route("/", listed),
            Route("/favicon.ico", lambda request: Response(status_code=204)),
            *(
                Route(f"{base}{rest}", endpoint)
                for base in (several, one)
                for rest, endpoint in (
                    ("/", page),
                    ("/state", state),
                    (f"{figure}.svg", picture),
                    (f"{figure}.html", chart),
                )
            ),
            Route(f"{one}/{folders.MEDIA}/{{file}}", file),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(Guard, token=token, cookie=cookie),
        ],
        exception_handlers={errors.PlotkitError: _told},
    )


def _told(request: Request, reason: Exception) -> Response:
    """What is wrong with a run, in the words of its error."""
    return PlainTextResponse(str(reason), 500)
