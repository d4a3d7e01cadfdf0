"""The plans of a person, a new plan, and changes: people, deelplannen, zaken that are linked, texts, the regisseur."""

import uuid
from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from regiesysteem.access.people.accounts import regisseurs_of_team
from regiesysteem.regie.changes import (
    Act,
    Human,
    NewRegisseur,
    PlanTexts,
    add_person,
    change_regisseur,
    change_texts,
    link_zaak,
    may_link,
    new_deelplan,
    new_plan,
    plan_texts,
    regisseur_of,
)
from regiesysteem.regie.own_plans import AT_ONCE, own_plans
from regiesysteem.stuf.checks import elfproef
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht
from regiesysteem.web.offer_pages import KENMERK, in_words, message_number, was_sent
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.zakenmagazijn.messages import draw_zaakidentificatie

pages = Blueprint("changes", __name__)
_NO_XML: Final = "In de tekst staat een teken dat niet in een bericht past."
_NO_BSN: Final = "Dit is geen burgerservicenummer: negen cijfers waarvan de elfproef klopt."
_NO_MEDEWERKER: Final = "Uw account heeft geen medewerkernummer, dus u kunt geen regisseur zijn. Vraag de beheerder."
_STALE: Final = "Iemand anders heeft dit intussen gewijzigd. Hieronder staat wat er nu is, en wat u typte."


def _long(most: int) -> Length:
    return Length(max=most, message=f"Hoogstens {most} tekens.")


def _check_bsn(_form: FlaskForm, field: StringField) -> None:
    field.data = (field.data or "").strip()
    if field.data and not elfproef(field.data):
        raise ValidationError(_NO_BSN)


class SentOnce(FlaskForm):
    """A form that makes one message, however often it is sent."""

    kenmerk = HiddenField(validators=KENMERK)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kenmerk.data = self.kenmerk.data or uuid.uuid4().hex


class PlanForm(SentOnce):
    """A new gezinsplan with its first client."""

    omschrijving = StringField("Waar gaat het plan over?", validators=[DataRequired("Vul dit in."), _long(80)])
    zaaktype = SelectField("Soort plan")
    achternaam = StringField("Achternaam van de eerste cliënt", validators=[DataRequired("Vul dit in."), _long(200)])
    bsn = StringField("BSN van deze cliënt", validators=[DataRequired(_NO_BSN), _check_bsn])
    nummer = HiddenField(validators=[_long(40)])


class DeelplanForm(SentOnce):
    """A new deelplan of a plan."""

    zaaktype = SelectField("Soort deelplan")
    omschrijving = StringField("Waar gaat het over?", validators=[DataRequired("Vul dit in."), _long(80)])
    nummer = HiddenField(validators=[_long(40)])


class PersonForm(SentOnce):
    """A person who comes into a plan."""

    rol = RadioField(
        "Wat is deze persoon in het plan?",
        choices=[SelectChoice("client", "Cliënt"), SelectChoice("belanghebbende", "Belanghebbende, zoals familie")],
        default="client",
    )
    achternaam = StringField("Achternaam", validators=[DataRequired("Vul dit in."), _long(200)])
    bsn = StringField("BSN, als dat bekend is", validators=[Optional(), _check_bsn])
    geboortedatum = DateField("Geboortedatum, als er geen BSN is", validators=[Optional()])

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Check the fields, and that somebody is known by one of the two."""
        valid: bool = super().validate(*args, **kwargs)
        if valid and not self.bsn.data and not self.geboortedatum.data:
            self.geboortedatum.errors = ["Vul een BSN of een geboortedatum in."]
        return valid and not self.errors


class LinkForm(SentOnce):
    """A zaak that becomes part of a plan."""

    zaak = StringField("Zaaknummer", validators=[DataRequired("Vul het zaaknummer in."), _long(40)])


class TextsForm(SentOnce):
    """The texts of a plan or zaak; `was` is what the form showed."""

    omschrijving = StringField("Omschrijving", validators=[DataRequired("Vul dit in."), _long(80)])
    toelichting = TextAreaField("Toelichting", validators=[_long(1000)])
    einde = DateField("Geplande einddatum", validators=[Optional()])
    was = HiddenField()


class RegisseurForm(SentOnce):
    """The new regisseur of a plan; `was` is the one that the form showed."""

    medewerker = SelectField("Wie wordt regisseur?", validators=[InputRequired("Kies iemand.")])
    reden = StringField("Waarom?", validators=[DataRequired("Schrijf waarom."), _long(1000)])
    was = HiddenField()


@route(pages, "/plannen", right="inzien", menu="Plannen")
def overview(page: Page) -> Answer:
    """The plans that the person may see."""
    rows = own_plans(page.connection, page.person, request.args.get("na", type=_row_id))
    shown = rows[:AT_ONCE]
    page.look.zaken.update(one.zaak_id for one in shown)
    page.look.aantal = len(shown)
    more = f"?na={shown[-1].zaak_id}" if len(rows) > AT_ONCE else ""
    return render_template("plannen.html", plans=shown, more=more, may_make=page.person.has("wijzigen"))


@route(pages, "/plannen/nieuw", right="wijzigen", methods=("GET", "POST"))
def make(page: Page) -> Answer:
    """A new gezinsplan of which the person is regisseur."""
    form = PlanForm()
    form.zaaktype.choices = _zaaktypen(page, "gezinsplan")
    _draw(page, form)
    if not page.person.medewerker:
        form.form_errors.append(_NO_MEDEWERKER)
    elif form.validate_on_submit():
        client = Human(_text(form.achternaam), form.bsn.data)
        number = form.nummer.data
        if _done(page, form, lambda act: new_plan(number, form.zaaktype.data, _text(form.omschrijving), client, act)):
            flash(f"Plan {number} is gemaakt.")
            return redirect(f"/plannen/{number}", 303)
    return _form(page, form, "Nieuw gezinsplan", "Maak het plan", "/plannen/nieuw", "/plannen")


@route(pages, "/plannen/<zaaknummer>/persoon", right="wijzigen", methods=("GET", "POST"))
def person(page: Page, zaaknummer: str) -> Answer:
    """A person who comes into the plan."""
    _plan(page, zaaknummer)
    form = PersonForm()
    if form.validate_on_submit():
        human = Human(_text(form.achternaam), form.bsn.data or "", form.geboortedatum.data)
        if _done(page, form, lambda act: add_person(zaaknummer, human, form.rol.data == "client", act)):
            flash("De persoon is toegevoegd.")
            return redirect(f"/plannen/{zaaknummer}", 303)
    return _of_plan(page, form, zaaknummer, "Persoon toevoegen", "Voeg toe", "persoon")


@route(pages, "/plannen/<zaaknummer>/deelplan", right="wijzigen", methods=("GET", "POST"))
def deelplan(page: Page, zaaknummer: str) -> Answer:
    """A new deelplan, which can be offered to a back office after that."""
    _plan(page, zaaknummer)
    form = DeelplanForm()
    form.zaaktype.choices = _zaaktypen(page, "deelplan")
    _draw(page, form)
    if not page.person.medewerker:
        form.form_errors.append(_NO_MEDEWERKER)
    elif form.validate_on_submit():
        number, kind = form.nummer.data, form.zaaktype.data
        if _done(page, form, lambda act: new_deelplan(number, kind, _text(form.omschrijving), zaaknummer, act)):
            flash(f"Deelplan {number} is gemaakt. U kunt het nu aan een systeem aanbieden.")
            return redirect(f"/zaken/{number}/overdragen", 303)
    return _of_plan(page, form, zaaknummer, "Deelplan maken", "Maak het deelplan", "deelplan")


@route(pages, "/plannen/<zaaknummer>/koppelen", right="wijzigen", methods=("GET", "POST"))
def link(page: Page, zaaknummer: str) -> Answer:
    """A zaak that becomes part of the plan (RZS 4.7).

    It must be one that the person may change, or of no other plan and told to us: see `may_link`.
    """
    _plan(page, zaaknummer)
    form = LinkForm(zaak=request.args.get("zaak", ""))
    if form.validate_on_submit():
        number = _text(form.zaak)
        if not may_link(page.connection, page.person, number, zaaknummer):
            form.zaak.errors = ["Er is geen zaak met dit nummer die u kunt koppelen."]
        elif _done(page, form, lambda act: link_zaak(zaaknummer, number, act)):
            flash(f"Zaak {number} hoort nu bij dit plan.")
            return redirect(f"/plannen/{zaaknummer}", 303)
    return _of_plan(page, form, zaaknummer, "Zaak koppelen", "Koppel", "koppelen")


@route(pages, "/zaken/<zaaknummer>/wijzigen", right="wijzigen", methods=("GET", "POST"))
def texts(page: Page, zaaknummer: str) -> Answer:
    """The texts of a plan or zaak; what somebody else changed meanwhile is shown and not overwritten."""
    found = page.zaak(zaaknummer, "wijzigen")
    now = plan_texts(page.connection, found.zaak_id)
    back = f"/{'plannen' if found.soort == 'gezinsplan' else 'zaken'}/{zaaknummer}"
    form = TextsForm(omschrijving=now.omschrijving, toelichting=now.toelichting, einde=now.einde)
    stale = form.is_submitted() and form.was.data != _mark(now)
    if form.validate_on_submit():
        if was_sent(page, message_number(form)):
            return redirect(back, 303)
        wordt = PlanTexts(_text(form.omschrijving), _text(form.toelichting), form.einde.data)
        if stale:
            form.form_errors.append(_STALE)
        elif _done(page, form, lambda act: change_texts(zaaknummer, now, wordt, act)):
            flash("De wijziging is bewaard.")
            return redirect(back, 303)
    form.was.data = _mark(now)
    page.look.aantal = 1
    there = [("Omschrijving", now.omschrijving), ("Toelichting", now.toelichting), ("Geplande einddatum", now.einde)]
    return render_template(
        "formulier.html", form=form, title=f"{zaaknummer} wijzigen", button="Bewaar", there=there if stale else [],
        action=f"/zaken/{zaaknummer}/wijzigen", back=back,
    )  # fmt: skip


@route(pages, "/plannen/<zaaknummer>/regisseur", right="herverdelen", methods=("GET", "POST"))
def hand_on(page: Page, zaaknummer: str) -> Answer:
    """Another regisseur for a plan, from the team."""
    found = page.zaak(zaaknummer, "herverdelen")
    if found.soort != "gezinsplan":
        abort(404)
    form = RegisseurForm()
    names = regisseurs_of_team(page.connection, page.person.team)
    form.medewerker.choices = [SelectChoice("", "Kies"), *(SelectChoice(*one) for one in names.items())]
    was = regisseur_of(page.connection, found.zaak_id)
    if form.validate_on_submit():
        if was_sent(page, message_number(form)):
            return redirect("/werkvoorraad", 303)
        new = form.medewerker.data
        wordt = NewRegisseur(new, names[new], _text(form.reden))
        if form.was.data != was:
            form.form_errors.append(f"Iemand anders gaf dit plan intussen een andere regisseur: {names.get(was, was)}.")
        elif new == was:
            form.medewerker.errors = ["Dit is nu al de regisseur."]
        elif _done(page, form, lambda act: change_regisseur(zaaknummer, was, wordt, act)):
            flash(f"{names[new]} is nu regisseur van plan {zaaknummer}.")
            return redirect("/werkvoorraad", 303)
    form.was.data = was
    return _of_plan(page, form, zaaknummer, "Andere regisseur", "Draag over", "regisseur")


def _plan(page: Page, zaaknummer: str) -> None:
    if page.zaak(zaaknummer, "wijzigen").soort != "gezinsplan":
        abort(404)


def _done(page: Page, form: SentOnce, message: Callable[[Act], Bericht]) -> bool:
    """Send the message that a form asks for; False when it is refused, and then the form says why."""
    try:
        page.execute(message(Act(page.person, page.caller, message_number(form), page.now)))
    except StufFout as fout:
        form.form_errors.append(in_words(fout))
    except ValueError:
        form.form_errors.append(_NO_XML)
    return not form.form_errors


def _draw(page: Page, form: PlanForm | DeelplanForm) -> None:
    """Give a form the number of the zaak that it will make, so that a second click makes no second zaak."""
    if not form.nummer.data:
        form.nummer.data = draw_zaakidentificatie(page.connection, page.inrichting.gemeente.code)


def _zaaktypen(page: Page, soort: str) -> list[SelectChoice]:
    known = [one for one in page.inrichting.zaaktypen if one.soort == soort and not one.vervallen]
    seen = page.person.grant.zaaktypen
    return [SelectChoice(one.code, one.omschrijving) for one in known if seen is None or one.id in seen]


def _of_plan(page: Page, form: SentOnce, zaaknummer: str, title: str, button: str, what: str) -> str:  # noqa: PLR0917
    return _form(page, form, title, button, f"/plannen/{zaaknummer}/{what}", f"/plannen/{zaaknummer}")


def _form(page: Page, form: SentOnce, title: str, button: str, action: str, back: str) -> str:  # noqa: PLR0917
    page.look.aantal = 1
    return render_template(
        "formulier.html", form=form, title=title, button=button, action=action, back=back, there=[]
    )  # fmt: skip


def _text(field: StringField) -> str:
    return (field.data or "").strip().replace("\r\n", "\n")


def _mark(texts: PlanTexts) -> str:
    """The facts in a form that a later request compares; it holds no text."""
    return uuid.uuid5(uuid.NAMESPACE_OID, repr(texts)).hex


def _row_id(text: str) -> int:
    number = int(text)
    if not 0 < number < 2**62:
        raise ValueError("no row")
    return number
