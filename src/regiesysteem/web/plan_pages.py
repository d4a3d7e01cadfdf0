"""The page of a gezinsplan."""

from flask import Blueprint, render_template

from regiesysteem.regie.plans import plan_facts
from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("plans", __name__)


@route(pages, "/plannen/<zaaknummer>", right="inzien")
def plan(page: Page, zaaknummer: str) -> Answer:
    """A gezinsplan on one screen."""
    found = page.zaak(zaaknummer, "inzien")
    page.look.aantal = 1
    return render_template("plan.html", plan=plan_facts(page.connection, found.zaak_id), relation=found.relation)
