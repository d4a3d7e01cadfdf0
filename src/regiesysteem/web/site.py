"""The Flask application of the pages: blueprints, sessions, headers and the pages of what went wrong."""

from typing import Any, Final, cast

from flask import Flask, Response, current_app, g, render_template, request, session
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import CSRFError
from jinja2 import StrictUndefined
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from regiesysteem.access.people.local_login import LocalLogin
from regiesysteem.access.people.relation import ZaakRelation
from regiesysteem.access.people.roles import Person, Right
from regiesysteem.logging_ import logger
from regiesysteem.web import (
    access_pages,
    account_pages,
    change_pages,
    conformance_pages,
    delivery_pages,
    document_pages,
    figures_pages,
    keeping_pages,
    login_pages,
    message_pages,
    offer_pages,
    oidc_pages,
    plan_pages,
    search_pages,
    setup_pages,
    signal_pages,
    supervision_pages,
    words,
    workload_pages,
    zaak_pages,
)
from regiesysteem.web.cookies import PERSON, DatabaseSessions
from regiesysteem.web.login_pages import LOGIN
from regiesysteem.web.routes import ROUTES, SERVICES, Services
from regiesysteem.web.style import STYLE, serve_style

_BLUEPRINTS: Final = (
    login_pages.pages,
    oidc_pages.pages,
    workload_pages.pages,
    search_pages.pages,
    signal_pages.pages,
    plan_pages.pages,
    zaak_pages.pages,
    document_pages.pages,
    access_pages.pages,
    change_pages.pages,
    delivery_pages.pages,
    message_pages.pages,
    offer_pages.pages,
    setup_pages.pages,
    account_pages.pages,
    figures_pages.pages,
    keeping_pages.pages,
    supervision_pages.pages,
    conformance_pages.pages,
)
_PLACES: Final = {blueprint.name: place for place, blueprint in enumerate(_BLUEPRINTS)}
"""The place of the pages of a blueprint in the menu."""
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_MB: Final = 1_000_000
_TITLES: Final = {
    400: "Dit formulier is verlopen",
    404: "Deze pagina is er niet",
    405: "Dat kan hier niet",
    413: "Dit bestand is te groot",
}


class Pages(Flask):
    """The application; what it logs of an error holds no path, because that may have a one-time link in it."""

    def log_exception(self, exc_info: Any) -> None:
        """Log an unexpected error, with the page that it came from."""
        logger().error("pagina_mislukt", pagina=request.endpoint, exc_info=exc_info)

    def handle_exception(self, error: Exception) -> Response:
        """Answer an error that no handler took; one of the database may be before there is a session."""
        if isinstance(error, SQLAlchemyError):
            return _with_policy(_database_away(error))
        return super().handle_exception(error)


def make_web_app(services: Services) -> Flask:
    """Make the application of the pages; the first request reads the key that signs cookies and forms."""
    app = Pages(__name__, static_folder=None)
    app.extensions[SERVICES] = services
    app.config.update(
        MAX_CONTENT_LENGTH=(services.settings.max_document_mb + 1) * _MB,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_I18N_ENABLED=False,
    )  # the messages of WTForms itself, in Dutch
    FlaskForm.Meta.locales = ("nl",)
    app.session_interface = DatabaseSessions(services.engine)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["in_words"] = words.in_words
    app.jinja_env.filters["day_in_words"] = words.day_in_words
    app.jinja_env.filters["masked_bsn"] = words.masked_bsn
    app.extensions[LOGIN] = LocalLogin(services.engine, factor_needed=services.settings.factor_needed)
    CSRFProtect(app).exempt(login_pages.further)
    serve_style(app, services.settings.thema)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.context_processor(_frame)
    app.after_request(_with_policy)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(CSRFError, _without_token)
    app.register_error_handler(SQLAlchemyError, _database_away)
    return app


def _frame() -> dict[str, object]:
    """The values that the frame of every page shows: who looks, and the menu of what he may."""
    person: Person | None = g.get("person") or session.get(PERSON)
    menu = [one for one in ROUTES.values() if one.menu and person and one.right and person.has(one.right)]
    menu.sort(key=lambda one: _PLACES[one.endpoint.partition(".")[0]])
    found: ZaakRelation | None = g.get("zaak")

    def may(right: Right) -> bool:
        """Tell whether the person has a right for the zaak of this page."""
        return person is not None and found is not None and person.may(right, found.relation)

    return {"may": may, "person": person, "menu": menu, "here": request.path}


def _with_policy(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", _POLICY)
    return answer


def _refused(error: HTTPException) -> Response:
    """The page of a refusal; one that may not see a page gets what one gets for a page that is not there."""
    return _error_page(error.code or 500)


def _without_token(_error: CSRFError) -> Response:
    """Refuse a form without the token of its session; one whose session is over waits until somebody logged in."""
    return cast("Response | None", login_pages.waiting_form()) or _error_page(400)


def _error_page(status: int) -> Response:
    page = render_template("fout.html", status=status, titel=_TITLES.get(status, "Er ging iets mis"))
    return Response(page, status, mimetype="text/html")


def _database_away(error: SQLAlchemyError) -> Response:
    logger().error("pagina_zonder_database", soort=type(error).__name__)
    text = current_app.jinja_env.get_template("weg.html").render(style=current_app.extensions[STYLE])
    return Response(text, 503, mimetype="text/html", headers={"Retry-After": "30"})


def first_segments(app: Flask) -> frozenset[str]:
    """The first parts of the paths that the application serves."""
    return frozenset(rule.rule.split("/")[1] for rule in app.url_map.iter_rules())
