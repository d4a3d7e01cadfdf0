"""The pages of a gezinsplan and of a zaak: facts, tree, people; and a BSN only when somebody asks for it."""

from datetime import date

from flask import Blueprint, abort, redirect, render_template, request

from regiesysteem.access.people.relation import ZaakRelation
from regiesysteem.config import TIME_ZONE
from regiesysteem.regie.involved import Involved, Kind, find_bsn, read_involved
from regiesysteem.regie.plans import AT_ONCE, Tree, read_members, read_tree, sees_whole
from regiesysteem.regie.zaken import PlanOfZaak, plans_of, steps_of
from regiesysteem.web import plan_words
from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("plans", __name__)


@route(pages, "/plannen/<zaaknummer>", right="inzien")
def plan(page: Page, zaaknummer: str) -> Answer:
    """A gezinsplan on one screen."""
    return _plan(page, zaaknummer, "plan.html", AT_ONCE)


@route(pages, "/plannen/<zaaknummer>/afdruk", right="inzien")
def print_out(page: Page, zaaknummer: str) -> Answer:
    """A gezinsplan as a whole, to print."""
    return _plan(page, zaaknummer, "plan_afdruk.html", None)


@route(pages, "/zaken/<zaaknummer>", right="inzien")
def zaak(page: Page, zaaknummer: str) -> Answer:
    """A zaak of a plan, or one on its own."""
    found = page.zaak(zaaknummer, "inzien")
    if found.soort == "gezinsplan":
        return redirect(f"/plannen/{zaaknummer}", 303)
    tree = read_tree(page.connection, page.inrichting, page.person, found, today(page), request.args.get("na", ""))
    plans = plans_of(page.connection, page.person, found.zaak_id)
    page.look.zaken.update(one.zaak_id for one in tree.shown)
    page.look.aantal = len(tree.shown)
    numbers = {found.zaak_id: zaaknummer} | {one.zaak_id: one.zaaknummer for one in plans}
    return render_template(
        "zaak.html",
        tree=tree,
        plan=tree.plan,
        plans=plans,
        steps=steps_of(page.connection, page.inrichting, found.zaak_id) if tree.plan.whole else [],
        people=_people_of_zaak(page, tree, plans),
        may_ask={found.zaak_id} | {one.zaak_id for one in plans if one.whole},
        number_of=numbers,
        now=page.now,
        say=plan_words,
    )


@route(pages, "/zaken/<zaaknummer>/bsn", right="inzien", methods=("POST",))
def bsn(page: Page, zaaknummer: str) -> Answer:
    """The BSN of one person of a zaak."""
    found = page.zaak(zaaknummer, "inzien")
    asked = request.form.get("betrokkene", type=int)
    whole = sees_whole(found, read_members(page.connection, page.person, found.zaak_id)[0])
    person = find_bsn(page.connection, found.zaak_id, asked) if asked is not None and whole else None
    if person is None:
        abort(404)
    naam, number, sleutel = person
    page.look.sought.add(sleutel)
    page.look.aantal = 1
    return render_template("bsn.html", naam=naam, bsn=number, zaaknummer=zaaknummer, soort=found.soort)


def _plan(page: Page, zaaknummer: str, template: str, most: int | None) -> Answer:
    found = page.zaak(zaaknummer, "inzien")
    if found.soort != "gezinsplan":
        return redirect(f"/zaken/{zaaknummer}", 303)
    after = request.args.get("na", "")
    tree = read_tree(page.connection, page.inrichting, page.person, found, today(page), after, most)
    page.look.zaken.update(one.zaak_id for one in tree.shown)
    page.look.aantal = len(tree.shown)
    return render_template(
        template,
        tree=tree,
        plan=tree.plan,
        people=_people(page, found, tree),
        relation=found.relation,
        may_ask={found.zaak_id} if tree.plan.whole else set(),
        number_of={found.zaak_id: zaaknummer},
        now=page.now,
        say=plan_words,
    )


def _people(page: Page, found: ZaakRelation, tree: Tree) -> dict[Kind, list[Involved]]:
    """Those of a plan by kind, with who executes its deelplannen; an uitvoerende sees names, and no belanghebbenden."""
    whole = [one.zaak_id for one in tree.shown if sees_whole(found, one)]
    people: dict[Kind, list[Involved]] = {"regisseur": [], "client": [], "belanghebbende": [], "uitvoerende": []}
    for one in read_involved(page.connection, [found.zaak_id], whole):
        if tree.plan.whole or one.kind != "belanghebbende":
            people[one.kind].append(one)
    return people


def _people_of_zaak(page: Page, tree: Tree, plans: list[PlanOfZaak]) -> dict[Kind, list[Involved]]:
    """Those of a zaak by kind; one that names no client has those of its plans, which its sender may not know."""
    people: dict[Kind, list[Involved]] = {"regisseur": [], "client": [], "belanghebbende": [], "uitvoerende": []}
    if not tree.plan.whole:
        return people
    seen = [one.zaak_id for one in plans if one.may_see]
    everybody = read_involved(page.connection, [tree.plan.zaak_id, *seen])
    for one in everybody:
        if one.zaak_id == tree.plan.zaak_id:
            people[one.kind].append(one)
    if not any(one.bsn for one in people["client"]):
        people["client"] += [one for one in everybody if one.kind == "client" and one.zaak_id in seen]
        page.look.zaken.update(seen)
    return people


def today(page: Page) -> date:
    """The day of the request, in the Netherlands."""
    return page.now.astimezone(TIME_ZONE).date()
