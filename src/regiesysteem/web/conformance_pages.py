"""How the messages of an applicatie keep to the standard, for its leverancier: judged, refused and deviating.

A leverancier is somebody from outside. He sees places and requirements, never a value of a message.
"""

from datetime import timedelta
from typing import Final

from flask import Blueprint, render_template, request

from regiesysteem.conformance.kept_messages import MOST, consumer_roles, judge_kept
from regiesysteem.inrichting.leniency import RULES
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.zakenmagazijn.deviations import read_deviations
from regiesysteem.zakenmagazijn.refusals import read_refusals

pages = Blueprint("conformance", __name__)
_DAYS: Final = 14
_SHOWN: Final = 100
_FIRST: Final = "rzs-1.0/taakspecifiek"


@route(pages, "/conformiteit", right="conformiteit", shows_people=False, menu="Conformiteit")
def overview(page: Page) -> Answer:
    """The messages of the last two weeks of one applicatie, by the scenarios of a role of the test sets."""
    applicatie, known = page.person.applicatie, consumer_roles()
    asked = request.args.get("rol", "")
    role = asked if asked in known else _FIRST
    if not applicatie:
        return render_template("conformiteit.html", applicatie="", roles=known, role=role)
    since = page.now - timedelta(days=_DAYS)
    report = judge_kept(page.connection, page.inrichting, applicatie, role, since)
    refused = read_refusals(page.connection, applicatie=applicatie, since=since, most=_SHOWN)
    return render_template(
        "conformiteit.html",
        applicatie=applicatie,
        roles=known,
        role=role,
        report=report,
        refused=refused,
        deviations=read_deviations(page.connection, applicatie)[:_SHOWN],
        meaning={str(rule): text for rule, text in RULES.items()},
        days=_DAYS,
        most=MOST,
    )
