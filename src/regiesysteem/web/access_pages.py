"""Access to a plan of another, with a reason."""

from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from regiesysteem.access.people.reasons import REASONS, give_reason
from regiesysteem.access.people.relation import relation_to
from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("access", __name__)
_LEAST, _MOST = 10, 1000
_NO_REASON: Final = "Kies waarom u dit plan moet zien."
_NO_WORDS: Final = f"Schrijf in {_LEAST} tot {_MOST} tekens waarom u dit plan moet zien."


class ReasonForm(FlaskForm):
    """The reason, as a choice and in own words."""

    reden = RadioField(
        "Waarom moet u dit plan zien?",
        choices=[SelectChoice(key, text) for key, text in REASONS.items()],
        validators=[InputRequired(_NO_REASON)],
    )
    toelichting = TextAreaField(
        "Uw uitleg",
        description="De regisseur van het plan en de privacy officer lezen dit. Noem geen namen of nummers van mensen.",
        validators=[InputRequired(_NO_WORDS), Length(_LEAST, _MOST, _NO_WORDS)],
    )


@route(pages, "/toegang/<zaaknummer>", right="dat", shows_people=False, methods=("GET", "POST"))
def reason(page: Page, zaaknummer: str) -> Answer:
    """Ask for the reason, and let in."""
    found = relation_to(page.connection, page.person, zaaknummer)
    if found is not None:
        page.look.zaken.add(found.zaak_id)
    if found is None or found.soort != "gezinsplan" or not page.person.may("inzien", "reden"):
        page.refused = True
        abort(404)
    if page.person.may("inzien", found.relation):
        return redirect(f"/plannen/{zaaknummer}", 303)
    form = ReasonForm()
    if not form.validate_on_submit():
        return render_template("toegang.html", form=form, zaaknummer=zaaknummer)
    give_reason(page.connection, page.person, zaaknummer, form.reden.data, form.toelichting.data.strip())
    flash("U mag dit plan vier uur lang inzien. De regisseur ziet dat u er was.")
    return redirect(f"/plannen/{zaaknummer}", 303)
