"""The table of routes: each page with the right that it takes, and whether it shows people.

`route` puts a view in the table and wraps it. A view gets a `Page`, decides about the zaak (`Page.zaak`), calls one
function of the layers below, and gives a template or a redirect. An address outside the table is not served.

A view that shows people leaves one row in the read log, written in the transaction that it read in, before its answer
leaves: no log, no page.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, abort, current_app, g, redirect, request, session, url_for
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from regiesysteem.access.caller import Caller
from regiesysteem.access.inzage import Look, keep_look
from regiesysteem.access.people.relation import ZaakRelation, relation_to
from regiesysteem.access.people.roles import Person, Right, in_role
from regiesysteem.config import Settings
from regiesysteem.diensten.transaction import Execution
from regiesysteem.inrichting.current import Inrichting, InrichtingSource
from regiesysteem.storage import Opslag
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Systeem
from regiesysteem.web.cookies import PERSON
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie

Answer = str | AnyResponse
REFUSED: Final = " geweigerd"
"""The end of the name of a look that was refused."""
_SENT_BEFORE: Final = "StUF016"
_ATTEMPTS: Final = 3
_AGAIN: Final = {"40001", "40P01"}
"""SQLSTATE of a transaction that another was before: the same page succeeds now."""
SERVICES: Final = "regiesysteem"
"""The extension of the Flask application under which its `Services` are."""


@dataclass(frozen=True)
class Services:
    """The parts of the system that pages use; one for each process."""

    settings: Settings
    engine: Engine
    source: InrichtingSource
    opslag: Opslag
    execution: Execution


class Route(NamedTuple):
    """A page; its right is None for one that anybody may see, its name in the menu "" when it is not there."""

    endpoint: str
    rule: str
    methods: tuple[str, ...]
    right: Right | None
    shows_people: bool
    menu: str = ""


ROUTES: Final[dict[str, Route]] = {}
"""All pages, by endpoint."""


@dataclass
class Page:
    """One request for a page.

    Attributes:
        connection: a transaction that ends with the request; what the view reads is of one moment.
        inrichting: the inrichting that holds in it.
        person: who asks.
        look: what the page shows, for the read log; the view adds zaken and counts.
        refused: whether he asked for a zaak that he may not see, or that is not there. Both are on record, as is what
            else is not there on a page that shows people, or not for his role.
        now: the moment of the request.
        doel: the verwerkingsactiviteit for which he looks.
    """

    connection: Connection
    inrichting: Inrichting
    person: Person
    look: Look = field(default_factory=Look)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    refused: bool = False

    @property
    def doel(self) -> str:
        """The verwerkingsactiviteit of the role."""
        return self.person.doel

    @property
    def caller(self) -> Caller:
        """The person as the caller of an operation: its messages are ours, its change is his."""
        own = Systeem(self.inrichting.organisatie, self.inrichting.systeem.applicatie)
        person = self.person
        return Caller(own, proof="sessie", grant=person.grant, persoon=person.naam, rol=person.rol)

    def execute(self, bericht: Bericht) -> None:
        """Do what an operation does, as this person; what the page reads after it is new.

        A second click sends the same referentienummer, at another moment: then it is done already (StUF016).
        Raises StufFout, and then nothing changed.
        """
        self.connection.close()  # a thread that holds one connection must not wait for another
        try:
            services().execution.run(bericht, self.now, self.caller)
        except StufFout as fout:
            if fout.code != _SENT_BEFORE:
                raise
        finally:
            self.connection = _connect()

    def zaak(self, zaaknummer: str, right: Right) -> ZaakRelation:
        """The zaak, when the person has the right for it; else the same 404 as for a zaak that is not there."""
        found = relation_to(self.connection, self.person, zaaknummer)
        if found is not None:
            self.look.zaken.add(found.zaak_id)
        if found is None or not self.person.may(right, found.relation):
            self.refused = True
            abort(404)
        g.zaak = found  # for the buttons of the page
        return found


def services() -> Services:
    """The parts of the system, of this application."""
    found: Services = current_app.extensions[SERVICES]
    return found


View = Callable[..., Answer]


def route(
    blueprint: Blueprint,
    rule: str,
    *,
    right: Right,
    shows_people: bool = True,
    methods: tuple[str, ...] = ("GET",),
    menu: str = "",
) -> Callable[[View], View]:
    """Declare a page: `view(page, **parts of the rule)`; without the right of the role it is not there (404).

    Without a session GET goes to /inloggen (303), and comes back after that.
    """

    def declare(view: View) -> View:
        endpoint = f"{blueprint.name}.{view.__name__}"
        ROUTES[endpoint] = Route(endpoint, rule, methods, right, shows_people, menu)

        @functools.wraps(view)
        def served(**parts: Any) -> Answer:
            person = session.get(PERSON)
            if person is None:
                back = request.full_path.rstrip("?") if request.method == "GET" else ""
                return redirect(url_for("login.show", terug=back or None), 303)
            return _served(view, parts, person, ROUTES[endpoint])

        blueprint.add_url_rule(rule, view.__name__, served, methods=methods)
        return view

    return declare


def public(blueprint: Blueprint, rule: str, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Declare a page for which nobody has to be logged in, as the one to log in; it shows nobody."""

    def declare(view: View) -> View:
        endpoint = f"{blueprint.name}.{view.__name__}"
        ROUTES[endpoint] = Route(endpoint, rule, methods, None, shows_people=False)
        blueprint.add_url_rule(rule, view.__name__, view, methods=methods)
        return view

    return declare


def _served(view: View, parts: dict[str, Any], person: Person, declared: Route) -> Answer:
    """Run a view, again when another transaction was before it."""
    for _ in range(1, _ATTEMPTS):
        try:
            return _once(view, parts, person, declared)
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) not in _AGAIN:
                raise
    return _once(view, parts, person, declared)


def _once(view: View, parts: dict[str, Any], person: Person, declared: Route) -> Answer:
    """Run a view in one transaction, and put its look on record before its answer leaves."""
    page = _page(person)
    try:
        if declared.right is None or not page.person.has(declared.right):
            abort(404)
        answer = view(page, **parts)
        if isinstance(answer, str):
            answer = Response(answer, mimetype="text/html")
        if declared.shows_people and answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            _keep(page, declared)
        page.connection.commit()
    except NotFound:
        if page.refused or declared.shows_people:
            _keep(page, declared, REFUSED)
            page.connection.commit()
        raise
    finally:
        page.connection.close()
    return answer


def _keep(page: Page, declared: Route, outcome: str = "") -> None:
    wat = f"{request.method} {declared.rule}{outcome}"
    keep_look(page.connection, page.caller, wat, page.doel, page.look, request.headers.get("traceparent", ""))


def _page(person: Person) -> Page:
    connection = _connect()
    try:
        inrichting = services().source.current(read_inrichting_versie(connection), connection)
    except BaseException:
        connection.close()
        raise
    g.person = in_role(person, inrichting)  # for the frame of the page
    return Page(connection, inrichting, g.person)


def _connect() -> Connection:
    return services().engine.connect().execution_options(isolation_level="REPEATABLE READ")
