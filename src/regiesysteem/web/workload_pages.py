"""The page with the work of a person, which is the first that he sees, and each of its lists whole."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_wtf import FlaskForm

from regiesysteem.access.people.reasons import mark_seen, reasons_for
from regiesysteem.config import TIME_ZONE
from regiesysteem.notifications.reports import mark_read
from regiesysteem.regie import workload as work
from regiesysteem.regie.workload import TeamMember, WorkList, WorkScope
from regiesysteem.web import plan_words
from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("workload", __name__)
_IN_A_BLOCK: Final = 20
_ON_A_PAGE: Final = 100

Read = Callable[[Page, WorkScope, int, str], WorkList[Any]]
BLOCKS: Final[dict[str, tuple[str, Read]]] = {
    "te-laat": (
        "Te laat of bijna",
        lambda page, scope, most, after: work.late(
            page.connection, scope, page.now.astimezone(TIME_ZONE).date(), most, after
        ),
    ),
    "overdrachten": (
        "Overdrachten",
        lambda page, scope, most, after: work.transfers(page.connection, scope, page.now, most, after),
    ),
    "meldingen": (
        "Nieuwe meldingen",
        lambda page, scope, most, after: work.messages(page.connection, scope, most, after),
    ),
    "niet-aangekomen": (
        "Niet aangekomen",
        lambda page, scope, most, after: work.not_arrived(page.connection, scope, most, after),
    ),
}
"""The lists, each by the last part of its address: its title, and how it is read."""


@route(pages, "/werkvoorraad", right="dat", menu="Werkvoorraad")
def workload(page: Page) -> Answer:
    """Work that asks for attention: of each list the first rows."""
    team, member = _team(page)
    scope = work.scope_of(page.connection, page.person, member)
    lists = {name: read(page, scope, _IN_A_BLOCK, "") for name, (_, read) in BLOCKS.items()}
    for found in lists.values():
        _keep(page, found)
    visitors = []
    if page.person.has("wijzigen") and scope.plannen:
        visitors = [one for one in reasons_for(page.connection, scope.plannen) if one.gezien_op is None]
    return _render(page, "werkvoorraad.html", lists=lists, visitors=visitors, team=team, member=member)


@route(pages, "/werkvoorraad/<blok>", right="dat")
def whole_list(page: Page, blok: str) -> Answer:
    """One list, a page at a time."""
    if blok not in BLOCKS:
        abort(404)
    team, member = _team(page)
    scope = work.scope_of(page.connection, page.person, member)
    found = BLOCKS[blok][1](page, scope, _ON_A_PAGE, request.args.get("na", ""))
    _keep(page, found)
    return _render(page, "werklijst.html", blok=blok, found=found, team=team, member=member)


@route(pages, "/werkvoorraad/gezien", right="wijzigen", shows_people=False, methods=("POST",))
def seen(page: Page) -> Answer:
    """Mark a message of another system as seen."""
    form = FlaskForm()
    nummer = request.form.get("nummer", type=int)
    scope = work.scope_of(page.connection, page.person)
    if not form.validate_on_submit() or nummer is None or not 0 < nummer < 2**63:
        abort(404)
    if work.is_new_message(page.connection, scope, nummer):
        mark_read(page.connection, [nummer])
        flash("De melding is gezien.")
    else:
        flash("Deze melding was al gezien.", "neutral")
    return redirect("/werkvoorraad", 303)


@route(pages, "/werkvoorraad/bezoek-gezien", right="wijzigen", shows_people=False, methods=("POST",))
def visitors_seen(page: Page) -> Answer:
    """Keep that the regisseur knows who looked at his plans with a reason."""
    mark_seen(page.connection, work.scope_of(page.connection, page.person).plannen)
    flash("U hebt gezien wie uw plannen met een reden inzag.")
    return redirect("/werkvoorraad", 303)


def _team(page: Page) -> tuple[list[TeamMember], TeamMember | None]:
    """The people of the team, and the one that the lists are narrowed to; somebody of another team narrows nothing."""
    team = work.team_of(page.connection, page.person)
    wanted = request.args.get("van", "")
    return team, next((one for one in team if one.medewerker == wanted), None)


def _keep(page: Page, found: WorkList[Any]) -> None:
    for row in found.rows:
        page.look.zaken.update(row.zaak.van)
    page.look.aantal += len(found.rows)


def _render(page: Page, template: str, **values: Any) -> str:
    own = page.person.has("wijzigen")
    titles = {name: title for name, (title, _) in BLOCKS.items()}
    return render_template(template, titles=titles, own=own, form=FlaskForm(), say=plan_words, **values)
