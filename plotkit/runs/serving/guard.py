"""Who may ask: this machine, by a name of its own, with the token, and only to read."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response

# Other names that lead here are not ours: a page elsewhere may have let its own name point here.
HOSTS = ["127.0.0.1", "localhost"]

_Scope = MutableMapping[str, Any]
_Send = Callable[[_Scope], Awaitable[None]]
_App = Callable[[_Scope, Callable[[], Awaitable[_Scope]], _Send], Awaitable[None]]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets a request through that reads and has the token, in its cookie or, at first, its address.

    The token leaves the address at once: it would stay in the browser's history otherwise.
    """

    def __init__(self, app: _App, token: str, cookie: str) -> None:
        self._app, self._token, self._cookie = app, token, cookie

    async def __call__(
        self, scope: _Scope, receive: Callable[[], Awaitable[_Scope]], send: _Send
    ) -> None:
        if scope["type"] != "http":
            return  # there are no web sockets here
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, _guarded(send))
        else:
            await self._app(scope, receive, _guarded(send))

    def _refused(self, scope: _Scope) -> Response | None:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Nothing can be changed here.", 405, {"Allow": "GET, HEAD"})
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in asked if name == "token"]
        if given and self._is_token(given[0]):
            rest = urlencode([(name, value) for name, value in asked if name != "token"])
            # A path that begins with two slashes would lead to another host.
            path = "/" + scope["raw_path"].decode("latin-1").lstrip("/")
            made = RedirectResponse(f"{path}{'?' * bool(rest)}{rest}", 303)
            made.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            return made
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        if self._is_token(cookies.get(self._cookie, "")):
            return None
        return PlainTextResponse(
            "Open the address that `plotkit serve` printed: it carries the token of this session.",
            403,
        )

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())


def _guarded(send: _Send) -> _Send:
    async def sent(message: _Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
