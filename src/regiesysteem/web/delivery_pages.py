"""The receivers of notifications, and what did not reach them: sent again, or given up with a reason."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from regiesysteem.logging_ import without_bsn
from regiesysteem.notifications import reports
from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("delivery", __name__)
_SHOWN: Final = 100
_STRANDED: Final = "/beheer/gestrand"


def _number(text: str) -> int:
    number = int(text)
    if not 0 < number < 2**63:
        raise ValueError("no number of the database")
    return number


class ChoiceForm(FlaskForm):
    """The notifications that were ticked, and why they are given up."""

    nummers = SelectMultipleField(
        "Kies wat u opnieuw wilt laten versturen, of laat vervallen",
        coerce=_number,
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    reden = StringField("Waarom laat u ze vervallen?", validators=[Length(max=500, message="Hoogstens 500 tekens.")])


@route(pages, "/beheer/ontvangers", right="beheer", shows_people=False, menu="Ontvangers")
def receivers(page: Page) -> Answer:
    """The messages that wait for each receiver, since when, and how it goes."""
    rows = reports.states(page.connection)
    return render_template("ontvangers.html", rows=rows, now=page.now, token=FlaskForm(), say=without_bsn)


@route(pages, "/beheer/ontvangers/<naam>/opnieuw", right="beheer", shows_people=False, methods=("POST",))
def try_now(page: Page, naam: str) -> Answer:
    """Try all that waits or is stranded for a receiver now."""
    done = reports.again(page.connection, reports.Selection(ontvanger=naam))
    _told(done, "opnieuw geprobeerd")
    return redirect("/beheer/ontvangers", 303)


@route(pages, _STRANDED, right="beheer", menu="Gestrand")
def stranded(page: Page) -> Answer:
    """The notifications that nobody tries any more."""
    return _stranded(page, ChoiceForm())


@route(pages, "/beheer/gestrand/opnieuw", right="beheer", methods=("POST",))
def again(page: Page) -> Answer:
    """Try the ticked ones again."""
    form = ChoiceForm()
    if not _ticked(form):
        return _stranded(page, form)
    _told(reports.again(page.connection, reports.Selection(form.nummers.data)), "opnieuw geprobeerd")
    return redirect(_STRANDED, 303)


@route(pages, "/beheer/gestrand/vervallen", right="beheer", methods=("POST",))
def give_up(page: Page) -> Answer:
    """Never send the ticked ones; the reason stays with them."""
    form = ChoiceForm()
    reason = (form.reden.data or "").strip()
    if _ticked(form) and not reason:
        form.reden.errors = ["Schrijf waarom ze mogen vervallen."]
    if form.errors:
        return _stranded(page, form)
    _told(reports.vervallen(page.connection, reports.Selection(form.nummers.data), reason), "vervallen")
    return redirect(_STRANDED, 303)


def _ticked(form: ChoiceForm) -> bool:
    if form.validate_on_submit() and not form.nummers.data:
        form.nummers.errors = ["Kies er minstens een."]
    return not form.errors


def _stranded(page: Page, form: ChoiceForm) -> str:
    ontvanger = request.args.get("ontvanger") or None
    choice = reports.Selection(state=reports.NotificatieState.STRANDED, ontvanger=ontvanger)
    rows = reports.listing(page.connection, choice, _SHOWN)
    form.nummers.choices = [SelectChoice(str(row["id"]), f"Notificatie {row['id']}") for row in rows]
    page.look.aantal = len(rows)
    count = reports.count_stranded(page.connection)
    return render_template("gestrand.html", form=form, rows=rows, count=count, ontvanger=ontvanger, say=without_bsn)


def _told(done: reports.Done, what: str) -> None:
    text = f"{reports.counted(done.aantal, 'notificatie is', 'notificaties zijn')} {what}."
    if done.under_way:
        text += f" {done.under_way} zijn juist onderweg; die blijven zoals ze zijn."
    flash(text, "good" if done.aantal else "neutral")
