"""Logging in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, Request, abort, redirect, render_template, request, session
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from regiesysteem.access.people.accounts import use_link
from regiesysteem.access.people.sessions import end_session, start_session
from regiesysteem.web.cookies import set_cookie
from regiesysteem.web.routes import Answer, public, services

pages = Blueprint("login", __name__)
_HOME = "/werkvoorraad"


@public(pages, "/inloggen")
def show() -> Answer:
    """The page to log in; every way that is configured."""
    return render_template("inloggen.html", form=FlaskForm(), terug=inside(request.args.get("terug", "")))


@public(pages, "/inloggen/<token>", methods=("GET", "POST"))
def by_link(token: str) -> Answer:
    """Log in with a one-time link: a button, so that a program that looks at links does not use it up."""
    form = FlaskForm()
    if not form.validate_on_submit():
        return render_template("inlog_link.html", form=form)
    with services().engine.begin() as connection:
        found = use_link(connection, token)
        if found is None:
            abort(404)
        account, naar = found
        started = start_session(connection, account)
    if started is None:
        abort(404)
    return logged_in(request, started, naar)


@public(pages, "/uitloggen", methods=("POST",))
def out() -> Answer:
    """End the session."""
    if FlaskForm().validate_on_submit() and (token := getattr(session, "token", "")):
        with services().engine.begin() as connection:
            end_session(connection, token)
    answer = redirect("/inloggen", 303)
    set_cookie(request, answer, "")
    session.clear()
    return answer


def logged_in(request: Request, token: str, naar: str = "") -> Response:
    """The answer that begins a session: a new cookie, and the page that was asked for."""
    session.clear()
    answer = redirect(inside(naar) or _HOME, 303)
    set_cookie(request, answer, token)
    return answer


def inside(path: str) -> str:
    """A path on this server, or ""; a link must not send people elsewhere after they logged in."""
    parts = urlsplit(path.replace("\\", "/"))
    ours = path.startswith("/") and not path.startswith("//") and not parts.scheme and not parts.netloc
    return path if ours and path.isprintable() else ""
