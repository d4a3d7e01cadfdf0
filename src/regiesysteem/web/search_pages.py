"""Searching for plans. What is sought goes by POST: it is in no address, log or history of a browser."""

from flask import Blueprint, render_template
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.fields import SelectChoice

from regiesysteem.regie.plan_search import LONGEST, Results, SearchError, Soort, Sought, find_plans, read_sought
from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("search", __name__)
_HIGHEST = 2**63 - 1


class SearchForm(FlaskForm):
    """The search box and its filters; `na` is the row after which the next page begins."""

    vraag = StringField(
        "Wat zoekt u?",
        description="Een BSN, of alle BSN's van een gezin; een deel van een achternaam; postcode en huisnummer; of een"
        " deel van een zaaknummer.",
        render_kw={"autocomplete": "off", "maxlength": LONGEST},
    )
    soort = SelectField(
        "Wat wilt u zien?", choices=[SelectChoice("gezinsplan", "Gezinsplannen"), SelectChoice("alles", "Alle zaken")]
    )
    afgesloten = BooleanField("Ook wat is afgesloten")
    na = HiddenField()


@route(pages, "/zoeken", right="dat", shows_people=False, menu="Zoeken")
def form(page: Page) -> Answer:  # noqa: ARG001 - a page has it
    """The search box."""
    return render_template("zoeken.html", form=SearchForm(formdata=None), results=None, fields={})


@route(pages, "/zoeken", right="dat", methods=("POST",))
def search(page: Page) -> Answer:
    """The plans that a search finds: those that the person may see, and how many there are that he may not see."""
    form = SearchForm()
    form.na.data, after = "", _row(form.na.data)
    soort: Soort = "alles" if form.soort.data == "alles" else "gezinsplan"
    form.soort.data = soort  # the search box of the frame has no filters
    form.vraag.data = (form.vraag.data or "").replace("\0", "")
    try:
        sought = read_sought(form.vraag.data)
    except SearchError as error:
        form.vraag.errors = [str(error)]
        return render_template("zoeken.html", form=form, results=None, fields={})
    return _found(page, form, sought, soort, after)


def _found(page: Page, form: SearchForm, sought: Sought, soort: Soort, after: int) -> Answer:
    results = find_plans(
        page.connection, page.person, sought, only_running=not form.afgesloten.data, soort=soort, after=after
    )
    _keep(page, sought, results)
    fields = {"vraag": form.vraag.data, "soort": soort, "na": results.next}
    return render_template("zoeken.html", form=form, results=results, sought=sought, fields=fields)


def _keep(page: Page, sought: Sought, results: Results) -> None:
    """Put on record whom it was about: also when nothing was found, and when it tells only that a plan is there.

    Who asks for people by BSN or by address is told of them, not of the others in their plan.
    """
    page.look.zaken.update(plan.zaak_id for plan in results.plans)
    page.look.sought.update(results.told)
    if sought.kind in ("naam", "nummer"):
        page.look.zaken.update(zaak for one in results.hidden for zaak in one.zaken)
    if sought.kind == "bsn":
        page.look.sought.update(f"bsn:{bsn}" for bsn in sought.values)
    page.look.aantal = len(results.plans) + sum(one.aantal for one in results.hidden)


def _row(text: str | None) -> int:
    """The row after which a page begins; 0 for none, and for what is no row."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < len(str(_HIGHEST)) else 0
    return min(number, _HIGHEST)
