"""Logging in with a password or a link, choosing a role, and logging out."""

from typing import Any, Final

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import HiddenField, PasswordField, RadioField, StringField
from wtforms.validators import InputRequired

from regiesysteem.access.passwords import SHORTEST, PasswordError
from regiesysteem.access.people.accounts import any_password, see_link, use_link
from regiesysteem.access.people.local_login import (
    LocalLogin,
    LoginRefused,
    factor_address,
    new_factor,
    set_login,
)
from regiesysteem.access.people.roles import Person, in_role
from regiesysteem.access.people.sessions import end_session, find_session, start_session, switch_role
from regiesysteem.local import is_this_machine
from regiesysteem.logging_ import logger
from regiesysteem.web.cookies import PERSON, renew_session, set_cookie
from regiesysteem.web.kept_form import FIELD, KeptForm, from_own_page, inside, keep_sent, read_kept
from regiesysteem.web.qr_code import qr_code
from regiesysteem.web.routes import ROUTES, Answer, public, services
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie

pages = Blueprint("login", __name__)
LOGIN: Final = "regiesysteem-login"
"""The extension of the Flask application that verifies passwords and codes."""
_FACTOR: Final = "factor"  # what the session keeps of a second factor that is being set up
_HOME: Final = "/werkvoorraad"
_WRONG: Final = "Naam, wachtwoord of code klopt niet."
_EXPLAIN_CODE: Final = "De zes cijfers van uw app. Hebt u geen app gekoppeld, laat dit dan leeg."


class LoginForm(FlaskForm):
    """Name, password and code; every mistake has the same answer."""

    naam = StringField("Naam", [InputRequired("Vul uw naam in.")], render_kw={"autocomplete": "username"})
    wachtwoord = PasswordField(
        "Wachtwoord", [InputRequired("Vul uw wachtwoord in.")], render_kw={"autocomplete": "current-password"}
    )
    code = StringField(
        "Code", description=_EXPLAIN_CODE, render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"}
    )
    terug = HiddenField()
    bewaard = HiddenField()


class PasswordForm(FlaskForm):
    """A password that somebody chooses at a link; empty where he may go on logging in with links."""

    wachtwoord = PasswordField(
        "Nieuw wachtwoord", description=f"Minstens {SHORTEST} tekens.", render_kw={"autocomplete": "new-password"}
    )
    nogmaals = PasswordField("Nieuw wachtwoord, nog een keer", render_kw={"autocomplete": "new-password"})


class FactorForm(PasswordForm):
    """A password and the first code of a second factor."""

    code = StringField(
        "Code", description="De zes cijfers die de app nu toont.",
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )  # fmt: skip


class RoleForm(FlaskForm):
    """The role to be in."""

    rol = RadioField("In welke rol werkt u nu?", validators=[InputRequired("Kies een rol.")])
    terug = HiddenField()
    bewaard = HiddenField()


@public(pages, "/inloggen", methods=("GET", "POST"))
def show() -> Answer:
    """The page to log in; every way that is configured."""
    if refused := insecure():
        return refused
    if request.method == "GET" and (person := session.get(PERSON)):
        return redirect(home_of(person), 303)
    form = LoginForm(terug=inside(request.args.get("terug", "")))
    if not form.validate_on_submit():
        return _login_page(form, read_kept(form.bewaard.data or ""), 400 if form.errors else 200)
    checker: LocalLogin = current_app.extensions[LOGIN]
    try:
        account = checker.log_in(request.remote_addr or "", form.naam.data, form.wachtwoord.data, form.code.data or "")
    except LoginRefused as refusal:
        logger().warning("inloggen_mislukt", wacht=refusal.wait)
        again = f" Wacht {refusal.wait} seconden en probeer het opnieuw." if refusal.wait else ""
        form.form_errors.append((_WRONG if not refusal.wait else "Dit zijn te veel pogingen.") + again)
        answer = _login_page(form, read_kept(form.bewaard.data or ""), 429 if refusal.wait else 403)
        if refusal.wait:
            answer.headers["Retry-After"] = str(refusal.wait)
        return answer
    return enter(account, form.terug.data or "", form.bewaard.data or "")


@public(pages, "/inloggen/<token>", methods=("GET", "POST"))
def by_link(token: str) -> Answer:
    """Log in with a one-time link: a button, so that a program that looks at links does not use it up.

    Elsewhere than on the own machine a password and a second factor are chosen here, at every link: it is also how
    somebody gets in again who lost them.
    """
    if refused := insecure():
        return refused
    with services().engine.connect() as connection:
        owner = see_link(connection, token)
    if owner is None:
        abort(404)
    needed = owner.eigen and services().settings.factor_needed
    form = FactorForm() if needed else PasswordForm() if owner.eigen else FlaskForm()
    if form.validate_on_submit():
        try:
            with services().engine.begin() as connection:
                account, naar = _use(connection, token, form, needed=needed)
        except _NotYet as wrong:
            form[wrong.field].errors = [str(wrong)]
        else:
            return enter(account, naar)
    factor = session.setdefault(_FACTOR, new_factor()) if needed else ""
    drawn = qr_code(factor_address(owner.naam, factor, request.host)) if factor else None
    return make_response(
        render_template("inlog_link.html", form=form, owner=owner, factor=factor, drawn=drawn),
        400 if form.errors else 200,
    )


class _NotYet(Exception):
    """A field keeps somebody from logging in with a link; the text (Dutch) says why, and the link stays."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


def _use(connection: Connection, token: str, form: Any, *, needed: bool) -> tuple[int, str]:
    """Use a link up, and set the password that was chosen. Raises _NotYet, and then the link stays."""
    found = use_link(connection, token)
    if found is None:
        abort(404)
    chosen = form.wachtwoord.data if "wachtwoord" in form else ""
    if not chosen and not needed:
        return found
    if chosen != form.nogmaals.data:
        raise _NotYet("nogmaals", "De twee wachtwoorden zijn niet gelijk.")
    factor = session.get(_FACTOR, "") if needed else ""
    if needed and not factor:
        raise _NotYet("code", "Koppel de app opnieuw, met de code hieronder.")
    try:
        if not set_login(connection, found[0], chosen, factor, form.code.data or "" if needed else ""):
            raise _NotYet("code", "De code klopt niet. Kijk of de klok van uw telefoon goed staat.")
    except PasswordError as error:
        raise _NotYet("wachtwoord", str(error).removesuffix(" Er is niets gewijzigd.")) from None
    return found


@public(pages, "/rol", methods=("GET", "POST"))
def role() -> Answer:
    """Choose a role, for who has more than one; each change is a new session."""
    person: Person | None = session.get(PERSON)
    if person is None:
        return redirect(url_for("login.show"), 303)
    form = RoleForm(terug=inside(request.args.get("terug", "")), rol=person.rol)
    form.rol.choices = [(one, one) for one in person.rollen]
    if not form.validate_on_submit():
        return make_response(render_template("rol.html", form=form), 400 if form.errors else 200)
    with services().engine.begin() as connection:
        token = switch_role(connection, session.token, form.rol.data)  # type: ignore[attr-defined]
        found = find_session(connection, token) if token else None
    if token is None or found is None:
        abort(404)
    return _begin(token, found.person, form.terug.data or "", read_kept(form.bewaard.data or ""))


@public(pages, "/verder", methods=("POST",))
def further() -> Answer:
    """Go on with a form that was sent without a session; a page of our own asks for it (`from_own_page`), not a token.

    Somebody may have logged in in another window meanwhile, so the token of this page is of a session that is over.
    """
    kept = read_kept(request.form.get(FIELD, "")) if from_own_page() else None
    if kept is None:
        abort(400)
    if session.get(PERSON) is None:
        return _login_page(LoginForm(formdata=None), kept, 403)
    return render_template("verder.html", form=FlaskForm(formdata=None), kept=kept)


@public(pages, "/uitloggen", methods=("POST",))
def out() -> Answer:
    """End the session."""
    if FlaskForm().validate_on_submit() and (token := getattr(session, "token", "")):
        with services().engine.begin() as connection:
            end_session(connection, token)
    renew_session(session, "")
    answer = redirect("/inloggen", 303)
    set_cookie(request, answer, "")
    return answer


def enter(account: int, naar: str, kept: str = "") -> Answer:
    """Log an account in: a new session, the choice of a role for who has more, and the page that was asked for."""
    with services().engine.begin() as connection:
        token = start_session(connection, account)
        found = find_session(connection, token) if token else None
    if token is None or found is None:
        abort(404)
    if len(found.person.rollen) == 1:
        return _begin(token, found.person, naar, read_kept(kept))
    renew_session(session, token)
    form = RoleForm(formdata=None, terug=inside(naar), bewaard=kept, rol=found.person.rol)
    form.rol.choices = [(one, one) for one in found.person.rollen]
    answer = make_response(render_template("rol.html", form=form))
    set_cookie(request, answer, token)
    return answer


def waiting_form() -> Response | None:
    """The page to log in for a form that was sent when the session was over, with what was typed; None for another."""
    declared = ROUTES.get(request.endpoint or "")
    if session.get(PERSON) is not None or declared is None or declared.right is None or not from_own_page():
        return None
    kept = keep_sent()
    return _login_page(LoginForm(formdata=None), kept, 403) if kept else None


def home_of(person: Person) -> str:
    """The page that a person begins at: the werkvoorraad, or the first of his menu."""
    with services().engine.connect() as connection:
        person = in_role(person, services().source.current(read_inrichting_versie(connection), connection))
    its = [one.rule for one in ROUTES.values() if one.menu and one.right and person.has(one.right)]
    return _HOME if _HOME in its else next(iter(its), "/rol")


def _begin(token: str, person: Person, naar: str, kept: KeptForm | None) -> Response:
    """The answer that begins a session: a new cookie, and the page that was asked for or the form that waits."""
    renew_session(session, token)
    if kept:
        answer = make_response(render_template("verder.html", form=FlaskForm(formdata=None), kept=kept))
    else:
        answer = make_response(redirect(inside(naar) or home_of(person), 303))
    set_cookie(request, answer, token)
    return answer


def _login_page(form: LoginForm, kept: KeptForm | None, status: int) -> Response:
    with services().engine.connect() as connection:
        local = any_password(connection)
        inrichting = services().source.current(read_inrichting_versie(connection), connection)
    form.bewaard.data = kept.text() if kept else ""
    form.wachtwoord.data = form.code.data = ""
    return make_response(
        render_template("inloggen.html", form=form, kept=kept, local=local, oidc=inrichting.oidc), status
    )


def insecure() -> Response | None:
    """The page that says why nobody logs in here: what is typed would go over the network in the clear."""
    if request.is_secure or is_this_machine(request.host_url):
        return None
    return make_response(render_template("onveilig.html"), 403)
