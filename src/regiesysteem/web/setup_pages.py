"""Abonnementen with the reason why somebody hears something, and the inrichting that is in use."""

from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from regiesysteem.inrichting.check import InrichtingError, warnings
from regiesysteem.inrichting.load import history, read_text, without_personen
from regiesysteem.notifications import reports
from regiesysteem.notifications.explain import explain, regels
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.zkn.rzs import GEBEURTENISSEN

pages = Blueprint("setup", __name__)
_LARGEST: Final = 2_000_000
_ALL: Final = "*"


class AbonnementForm(FlaskForm):
    """The most used keys of an abonnement; `regie abonnement nieuw` has them all."""

    applicatie = SelectField("Wie krijgt bericht?", validators=[InputRequired("Kies een applicatie.")])
    zaaktype = SelectField("Van zaken van welk zaaktype?")
    gebeurtenis = SelectField("Van welke gebeurtenis?")
    verwachte_actie = StringField("Wat hoort de ontvanger te doen?", validators=[Length(max=1000)])


class ExplainForm(FlaskForm):
    """A gebeurtenis that might happen to a zaak."""

    zaak = StringField("Zaaknummer", validators=[InputRequired("Vul een zaaknummer in."), Length(max=40)])
    gebeurtenis = SelectField("Gebeurtenis", choices=[SelectChoice(one) for one in GEBEURTENISSEN])


class CheckForm(FlaskForm):
    """A file with an inrichting."""

    bestand = FileField("TOML-bestand", validators=[FileRequired("Kies een bestand.")])


@route(pages, "/beheer/abonnementen", right="beheer", shows_people=False, menu="Abonnementen")
def subscriptions(page: Page) -> Answer:
    """The rules that say who is told of what."""
    return _subscriptions(page, _new_form(page), ExplainForm())


@route(pages, "/beheer/abonnementen/nieuw", right="beheer", shows_people=False, methods=("POST",))
def subscribe(page: Page) -> Answer:
    """Make an abonnement, beside those of the inrichting."""
    form = _new_form(page)
    if form.validate_on_submit():
        table: dict[str, Any] = {"applicatie": form.applicatie.data, "verwachte_actie": form.verwachte_actie.data or ""}
        for key in ("zaaktype", "gebeurtenis"):
            if form[key].data != _ALL:
                table[key] = [form[key].data]
        try:
            number, _ = reports.add(page.connection, page.inrichting, table)
        except InrichtingError as error:
            form.form_errors.append(str(error))
        else:
            flash(f"Abonnement {number} is gemaakt en geldt meteen.")
            return redirect("/beheer/abonnementen", 303)
    return _subscriptions(page, form, ExplainForm())


@route(pages, "/beheer/abonnementen/<int:nummer>/verwijder", right="beheer", shows_people=False, methods=("POST",))
def unsubscribe(page: Page, nummer: int) -> Answer:
    """Remove an abonnement that was made here or with a command."""
    if not reports.remove(page.connection, nummer):
        abort(404)
    flash(f"Abonnement {nummer} is verwijderd.")
    return redirect("/beheer/abonnementen", 303)


@route(pages, "/beheer/abonnementen/verklaar", right="beheer", methods=("POST",))
def why(page: Page) -> Answer:
    """The receivers of a gebeurtenis, each with the reason; nothing is sent."""
    form = ExplainForm()
    if not form.validate_on_submit():
        return _subscriptions(page, _new_form(page), form)
    outcome = explain(page.connection, page.inrichting, form.zaak.data.strip(), form.gebeurtenis.data)
    page.look.aantal = 1
    return _subscriptions(page, _new_form(page), form, list(regels(outcome)))


@route(pages, "/beheer/inrichting", right="beheer", shows_people=False, menu="Inrichting")
def in_use(page: Page) -> Answer:
    """The inrichting in use, and those before it."""
    return _in_use(page, CheckForm())


@route(pages, "/beheer/inrichting/controleer", right="beheer", shows_people=False, methods=("POST",))
def check(page: Page) -> Answer:
    """Tell what is wrong with a file; nothing changes."""
    form, found, remarks = CheckForm(), "", list[str]()
    if form.validate_on_submit():
        name = form.bestand.data.filename
        content = form.bestand.data.read(_LARGEST + 1)
        try:
            remarks = list(warnings(read_text(_text_of(content), name).inrichting))
            found = f"{name} is in orde. In gebruik nemen: regie inrichting laad BESTAND."
        except InrichtingError as error:
            form.bestand.errors = str(error).splitlines()
        except ValueError as error:
            form.bestand.errors = [str(error)]
    return _in_use(page, form, found, remarks)


def _text_of(content: bytes) -> str:
    """The text of an uploaded file. Raises ValueError (Dutch) for one that is too large or no UTF-8."""
    if len(content) > _LARGEST:
        raise ValueError("Het bestand is groter dan 2 MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("Het bestand is geen UTF-8.") from None


def _in_use(page: Page, form: CheckForm, found: str = "", remarks: list[str] | None = None) -> str:
    versions = history(page.connection)
    text = without_personen(versions[0].toml) if versions else ""
    return render_template(
        "inrichting.html",
        inrichting=page.inrichting,
        versions=versions,
        text=text,
        form=form,
        found=found,
        remarks=remarks or [],
    )


def _new_form(page: Page) -> AbonnementForm:
    form = AbonnementForm()
    names = dict.fromkeys(one.naam for one in page.inrichting.applicaties)
    form.applicatie.choices = [SelectChoice(naam) for naam in names]
    codes = [one for one in page.inrichting.zaaktypen if not one.vervallen]
    form.zaaktype.choices = [SelectChoice(_ALL, "Elk zaaktype")]
    form.zaaktype.choices += [SelectChoice(one.code, f"{one.omschrijving} ({one.code})") for one in codes]
    form.gebeurtenis.choices = [SelectChoice(_ALL, "Elke gebeurtenis")]
    form.gebeurtenis.choices += [SelectChoice(one) for one in GEBEURTENISSEN]
    return form


def _subscriptions(page: Page, form: AbonnementForm, asked: ExplainForm, lines: list[str] | None = None) -> str:
    return render_template(
        "abonnementen.html",
        rules=page.inrichting.abonnementen,
        extern=page.inrichting.notificaties.variant == "extern",
        form=form,
        asked=asked,
        lines=lines,
        token=FlaskForm(),
    )
