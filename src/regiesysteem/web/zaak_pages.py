"""The pages of a zaak: its facts, the BSN of one of its people on request, and its domain data to download."""

from flask import Blueprint, abort, redirect, render_template, request

from regiesysteem.access.people.relation import ZaakRelation
from regiesysteem.regie.involved import find_bsn, read_involved
from regiesysteem.regie.plans import Tree, read_members, read_tree, sees_whole
from regiesysteem.regie.zaken import PlanOfZaak, payloads_of, plans_of
from regiesysteem.web.plan_pages import Around, By, shown, today
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.zakenmagazijn.domain_data import Domeingegevens

pages = Blueprint("zaken", __name__)


@route(pages, "/zaken/<zaaknummer>", right="inzien")
def zaak(page: Page, zaaknummer: str) -> Answer:
    """A zaak of a plan, or one on its own."""
    found = page.zaak(zaaknummer, "inzien")
    if found.soort == "gezinsplan":
        return redirect(f"/plannen/{zaaknummer}", 303)
    tree = read_tree(page.connection, page.inrichting, page.person, found, today(page), request.args.get("na", ""))
    plans = plans_of(page.connection, page.person, found.zaak_id)
    seen = [one.zaaknummer for one in plans if one.may_see]
    return render_template(
        "zaak.html",
        plans=plans,
        payloads=_payloads(page, found, tree),
        people=_people(page, tree, plans),
        may_ask={found.zaak_id} | {one.zaak_id for one in plans if one.whole},
        number_of={found.zaak_id: zaaknummer} | {one.zaak_id: one.zaaknummer for one in plans},
        **shown(page, found, tree, Around(f"/zaken/{zaaknummer}", seen, whole=False)),
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


def _payloads(page: Page, found: ZaakRelation, tree: Tree) -> list[Domeingegevens]:
    reads = tree.plan.whole and page.person.may("documenten", found.relation)
    return payloads_of(page.connection, page.person, found.zaak_id) if reads else []


def _people(page: Page, tree: Tree, plans: list[PlanOfZaak]) -> By:
    """Those of a zaak by kind; one that names no client has those of its plans, which its sender may not know."""
    people: By = {"regisseur": [], "client": [], "belanghebbende": [], "uitvoerende": []}
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
