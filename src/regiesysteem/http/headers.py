"""The headers that keep a browser, or a cache on the way, from doing more with an answer than it is for.

One place sets them on every answer: `with_safe_headers` around the web application, and `safe` for what the HTTP server
answers by itself. A page that needs more sets the header itself; `policy` gives it a Content-Security-Policy.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_NOTHING: Final = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def policy(**allowed: str) -> str:
    """Give a Content-Security-Policy that allows nothing but what is named, as `style_src="'self'"`."""
    directives = _NOTHING | {name.replace("_", "-"): sources for name, sources in allowed.items()}
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


_SAFE: Final = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NEVER: Final = "server"
"""A header that tells which program answers, and its version."""


def safe(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of an answer with the safe ones that it does not set itself."""
    own = [(name, value) for name, value in headers if name.lower() != _NEVER]
    names = {name.lower() for name, _ in own}
    return own + [(name, value) for name, value in _SAFE.items() if name.lower() not in names]


def with_safe_headers(app: "WSGIApplication") -> "WSGIApplication":
    """Wrap an application: each of its answers gets the safe headers."""

    def safe_wsgi(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, safe(headers), *error)

        return app(environ, start)

    return safe_wsgi


def plain_text(text: str, status: int = 200) -> Response:
    """Give an answer of one sentence for people."""
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
