"""The page with the work of a regisseur, which is the first that he sees."""

from flask import Blueprint, render_template

from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("workload", __name__)


@route(pages, "/werkvoorraad", right="dat", shows_people=False, menu="Werkvoorraad")
def workload(page: Page) -> Answer:
    """Work that asks for attention."""
    return render_template("werkvoorraad.html", now=page.now)
