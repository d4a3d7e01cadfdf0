"""The pages of a gezinsplan: on one screen, to print, and who looked at it."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, redirect, render_template, request

from regiesysteem.access.inzage import Search, newest_looks
from regiesysteem.access.people.reasons import REASONS, reasons_for
from regiesysteem.access.people.relation import ZaakRelation
from regiesysteem.config import TIME_ZONE
from regiesysteem.regie import plan_documents
from regiesysteem.regie.involved import Involved, Kind, read_involved
from regiesysteem.regie.plan_documents import read_documents
from regiesysteem.regie.plans import AT_ONCE, Tree, read_tree, sees_whole
from regiesysteem.regie.timeline import HAPPENINGS, read_timeline
from regiesysteem.web import plan_words
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.web.timeline_words import KINDS, tell, told_not_arrived

pages = Blueprint("plans", __name__)
_LOOKS: Final = 100
By = dict[Kind, list[Involved]]
"""People by who they are in a plan."""


@route(pages, "/plannen/<zaaknummer>", right="inzien")
def plan(page: Page, zaaknummer: str) -> Answer:
    """A gezinsplan on one screen."""
    return _plan(page, zaaknummer, "plan.html", AT_ONCE)


@route(pages, "/plannen/<zaaknummer>/afdruk", right="inzien")
def print_out(page: Page, zaaknummer: str) -> Answer:
    """A gezinsplan as a whole, to print."""
    return _plan(page, zaaknummer, "plan_afdruk.html", None)


@route(pages, "/plannen/<zaaknummer>/inzage", right="inzage")
def looks(page: Page, zaaknummer: str) -> Answer:
    """The last looks at a plan, and who gave himself access with a reason, for its regisseur."""
    page.zaak(zaaknummer, "inzage")
    found = newest_looks(page.connection, Search(zaak=zaaknummer), _LOOKS)
    page.look.aantal = len(found)
    return render_template(
        "plan_inzage.html",
        zaaknummer=zaaknummer,
        looks=found,
        most=_LOOKS,
        reasons=reasons_for(page.connection, [zaaknummer]),
        texts=REASONS,
        say=plan_words,
    )


def _plan(page: Page, zaaknummer: str, template: str, most: int | None) -> Answer:
    found = page.zaak(zaaknummer, "inzien")
    if found.soort != "gezinsplan":
        return redirect(f"/zaken/{zaaknummer}", 303)
    after = request.args.get("na", "")
    tree = read_tree(page.connection, page.inrichting, page.person, found, today(page), after, most)
    whole = tree.plan.whole
    return render_template(
        template,
        people=_people(page, found, tree),
        may_ask={found.zaak_id} if whole else set(),
        number_of={found.zaak_id: zaaknummer},
        **shown(page, found, tree, Around(f"/plannen/{zaaknummer}", [zaaknummer], whole)),
    )


@dataclass(frozen=True)
class Around:
    """The address of a page, the plans whose messages count, and whether those of zaken that are not here do too."""

    link: str
    plannen: list[str]
    whole: bool


def shown(page: Page, found: ZaakRelation, tree: Tree, around: Around) -> dict[str, object]:
    """The values for a template that the pages of a plan and of a zaak share; notes what they show for the read log.

    Whoever sees of a zaak its name and status only, gets neither its timeline nor its documents.
    """
    seen = [one for one in tree.members if sees_whole(found, one)]
    reads = page.person.may("documenten", found.relation)
    kind = request.args.get("soort", "")
    kinds = [one for one in HAPPENINGS if kind in ("", one)] or HAPPENINGS
    before = request.args.get("voor", "")
    timeline = read_timeline(
        page.connection,
        page.person.grant,
        seen,
        around.plannen,
        kinds,
        before,
        whole=around.whole and page.person.grant.zaaktypen is None,
        documents=reads,
    )
    told_of = {one.zaaknummer for one in timeline.moments}
    page.look.zaken.update(one.zaak_id for one in tree.members if one in tree.shown or one.zaaknummer in told_of)
    page.look.aantal = len(tree.shown)
    ids = [one.zaak_id for one in seen]
    about = "dit plan" if tree.plan.soort == "gezinsplan" else "deze zaak"
    return {
        "tree": tree,
        "plan": tree.plan,
        "relation": found.relation,
        "timeline": timeline,
        "told": tell(timeline.moments, tree.members),
        "kind": kind if kind in KINDS else "",
        "filter": _filter(around.link, kind),
        "link": around.link,
        "lost": [told_not_arrived(one, about) for one in timeline.lost],
        "documents": read_documents(page.connection, page.person.grant, ids) if reads else None,
        "most_documents": plan_documents.AT_ONCE,
        "now": page.now,
        "say": plan_words,
    }


def _filter(link: str, kind: str) -> list[tuple[str, str, bool]]:
    every = (f"{link}#tijdlijn", "Alles", kind not in KINDS)
    return [every, *((f"{link}?soort={one}#tijdlijn", name, kind == one) for one, name in KINDS.items())]


def _people(page: Page, found: ZaakRelation, tree: Tree) -> By:
    """Those of a plan by kind, with who executes its deelplannen; an uitvoerende sees names, and no belanghebbenden."""
    whole = [one.zaak_id for one in tree.shown if sees_whole(found, one)]
    people: By = {"regisseur": [], "client": [], "belanghebbende": [], "uitvoerende": []}
    for one in read_involved(page.connection, [found.zaak_id], whole):
        if tree.plan.whole or one.kind != "belanghebbende":
            people[one.kind].append(one)
    return people


def today(page: Page) -> date:
    """The day of the request, in the Netherlands."""
    return page.now.astimezone(TIME_ZONE).date()
