"""Sessions of Flask: in the database for who is logged in, in a signed cookie for who is not yet."""

from typing import Any, Final, cast

from flask import Flask, Request, Response, g
from flask import request as current
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from sqlalchemy import Engine

from regiesysteem.access.people.sessions import find_session, keep_session
from regiesysteem.db import Sql

_SECURE: Final = "__Host-regie"
_PLAIN: Final = "regie"
"""The name of the cookie where there is no https: on the own machine. __Host- needs it."""
_KEY: Final = Sql("SELECT sleutel FROM web_sleutel")
PERSON: Final = "person"
"""The key under which a request finds who is logged in; it is never stored."""


class PersonSession(SecureCookieSession):
    """Facts that the pages keep of somebody between two requests; `token` names his session in the database."""

    token: str = ""


class DatabaseSessions(SecureCookieSessionInterface):
    """Opens and keeps sessions; the cookie of who is logged in holds nothing but a random token."""

    session_class = PersonSession

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 - as Flask has it
        """The name of the cookie of who is not logged in."""
        return f"{cookie_name(current)}-inloggen"

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - as Flask has it
        """Tell whether that cookie is for https alone."""
        return current.is_secure

    def get_cookie_samesite(self, app: Flask) -> str:  # noqa: ARG002 - as Flask has it
        """That cookie goes along with a link from elsewhere, as a provider gives, and with no form from elsewhere."""
        return "Lax"

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request, empty when there is none (any more); a stylesheet is for anybody, and has none."""
        if request.path.startswith("/stijl/"):
            return None
        if app.secret_key is None:
            with self._engine.connect() as connection:
                app.secret_key = bytes(_KEY.run(connection).scalar_one())
        token = request.cookies.get(cookie_name(request), "")
        if token:
            with self._engine.begin() as connection:
                found = find_session(connection, token)
            if found is not None:
                session = PersonSession(found.gegevens | {PERSON: found.person})
                session.token = token
                session.modified = False
                return session
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what the pages changed."""
        token = cast("PersonSession", session).token
        if not token:
            super().save_session(app, session, response)
            return
        if session.modified:
            kept: dict[str, Any] = {key: value for key, value in session.items() if key != PERSON}
            with self._engine.begin() as connection:
                keep_session(connection, token, kept)


def renew_session(session: Any, token: str) -> None:
    """From here on the request belongs to a session that just began: nothing of before goes along, nor its tokens.

    What was known of somebody who was not logged in could be planted by another (session fixation).
    """
    session.clear()
    session.token = token
    session.modified = True
    g.pop("csrf_token", None)


def cookie_name(request: Request) -> str:
    """The name of the cookie with the token, of this request."""
    return _SECURE if request.is_secure else _PLAIN


def set_cookie(request: Request, response: Any, token: str) -> None:
    """Give the browser the token of a session; "" takes it away. The database knows when it ends."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=None if token else 0,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    response.delete_cookie(
        f"{cookie_name(request)}-inloggen", secure=request.is_secure, httponly=True, samesite="Lax", path="/"
    )
