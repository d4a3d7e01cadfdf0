"""A deelplan offered to a back office and withdrawn, a step that is set, and a document that is added."""

import hashlib
import uuid
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.csrf.core import CSRFTokenField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from regiesysteem.errors import Reportable
from regiesysteem.inrichting.fields import AANDUIDINGEN
from regiesysteem.notifications.reports import overdrachten
from regiesysteem.notifications.transfers import answer_to_offer, hand_over, withdraw
from regiesysteem.regie.progress import current_status, set_status
from regiesysteem.regie.uploads import NewDocument, add_document
from regiesysteem.stuf.faults import StufFout
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.zakenmagazijn.messages import draw_documentidentificatie, find_earlier_bericht

pages = Blueprint("offers", __name__)
_REASON_MOST, _TITLE_MOST, _SOORT_MOST, _NUMBER_LENGTH = 250, 200, 80, 32
KENMERK: Final = (Optional(), Regexp(r"^[0-9a-f]{32}\Z", message="Dit formulier klopt niet. Open de pagina opnieuw."))
"""The rules of the hidden field that makes a second click the same message; a form without it gets a new one."""
_NO_DEELPLAN: Final = ("gezinsplan", "levensdomeinplan")
_NO_XML: Final = "In de tekst staat een teken dat niet in een bericht past."
_STALE: Final = "Iemand anders heeft intussen een status gezet. Kijk wat er nu staat en kies opnieuw."


class OfferForm(FlaskForm):
    """The back office that a zaak is offered to."""

    applicatie = SelectField("Aan wie biedt u het aan?", validators=[InputRequired("Kies een systeem.")])
    melding = TextAreaField(
        "Wat wilt u erbij zeggen?",
        description="De ontvanger leest dit. Noem geen BSN.",
        validators=[Length(max=_REASON_MOST, message=f"Hoogstens {_REASON_MOST} tekens.")],
    )


class WithdrawForm(FlaskForm):
    """The reason to withdraw an offer."""

    reden = StringField("Waarom trekt u het in?", validators=[Length(max=_REASON_MOST, message="Dit is te lang.")])


class ReplyForm(FlaskForm):
    """The answer to an offer that was made to us."""

    antwoord = RadioField(
        "Neemt u de zaak over?",
        choices=[SelectChoice("accepteer", "Ja"), SelectChoice("weiger", "Nee")],
        validators=[InputRequired("Kies ja of nee.")],
    )
    melding = StringField("Wat wilt u erbij zeggen?", validators=[Length(max=_REASON_MOST, message="Dit is te lang.")])


class StatusForm(FlaskForm):
    """The status to set; `stand` is what the form showed, `kenmerk` makes a second click the same message."""

    status = RadioField("Nieuwe status", validators=[InputRequired("Kies een status.")])
    resultaat = SelectField("Resultaat, bij de laatste status", default="")
    toelichting = TextAreaField("Toelichting", validators=[Length(max=1000, message="Hoogstens 1000 tekens.")])
    stand = HiddenField()
    kenmerk = HiddenField(validators=KENMERK)


class DocumentForm(FlaskForm):
    """A document to add; `nummer` and `kenmerk` make a second click the same document."""

    titel = StringField("Titel", validators=[DataRequired("Geef een titel."), Length(max=_TITLE_MOST)])
    soort = StringField("Soort document", validators=[DataRequired("Vul de soort in."), Length(max=_SOORT_MOST)])
    vertrouwelijkheid = SelectField(
        "Vertrouwelijkheid",
        choices=[SelectChoice(one, one.capitalize()) for one in AANDUIDINGEN],
        default="VERTROUWELIJK",
    )
    bestand = FileField("Bestand", validators=[FileRequired("Kies een bestand.")])
    nummer = HiddenField(validators=[Length(max=40)])
    kenmerk = HiddenField(validators=KENMERK)


@route(pages, "/zaken/<zaaknummer>/overdragen", right="wijzigen", methods=("GET", "POST"))
def offer(page: Page, zaaknummer: str) -> Answer:
    """Offer a deelplan to a back office (RZS 6.8)."""
    found = page.zaak(zaaknummer, "wijzigen")
    if found.soort in _NO_DEELPLAN:
        abort(404)
    form = OfferForm()
    names = dict.fromkeys(one.naam for one in page.inrichting.applicaties if one.adres)
    form.applicatie.choices = [SelectChoice("", "Kies"), *(SelectChoice(naam) for naam in names)]
    if form.validate_on_submit():
        try:
            hand_over(page.connection, page.inrichting, zaaknummer, form.applicatie.data, _text(form.melding.data))
        except Reportable as error:
            form.form_errors.append(_without_command(str(error)))
        else:
            flash(f"Het deelplan is aangeboden aan {form.applicatie.data}. U ziet het antwoord bij de zaak.")
            return redirect(f"/zaken/{zaaknummer}/overdragen", 303)
    return _offers(page, zaaknummer, form)


@route(pages, "/zaken/<zaaknummer>/overdragen/<int:nummer>/trek-in", right="wijzigen", methods=("POST",))
def take_back(page: Page, zaaknummer: str, nummer: int) -> Answer:
    """Withdraw an offer that nobody answered."""
    page.zaak(zaaknummer, "wijzigen")
    if nummer not in {row["id"] for row in overdrachten(page.connection, zaak=zaaknummer)}:
        abort(404)
    form = WithdrawForm()
    if form.validate_on_submit():
        try:
            withdraw(page.connection, nummer, _text(form.reden.data))
        except Reportable as error:
            flash(_without_command(str(error)), "bad")
        else:
            flash("Het aanbod is ingetrokken.")
    return redirect(f"/zaken/{zaaknummer}/overdragen", 303)


@route(pages, "/zaken/<zaaknummer>/overdragen/<int:nummer>/antwoord", right="wijzigen", methods=("POST",))
def reply(page: Page, zaaknummer: str, nummer: int) -> Answer:
    """Accept or refuse a zaak that another system offers to us."""
    page.zaak(zaaknummer, "wijzigen")
    if nummer not in {row["id"] for row in overdrachten(page.connection, zaak=zaaknummer)}:
        abort(404)
    form = ReplyForm(prefix="ons-")
    if form.validate_on_submit():
        accepted = form.antwoord.data == "accepteer"
        try:
            answer_to_offer(
                page.connection, page.inrichting, nummer, geaccepteerd=accepted, melding=_text(form.melding.data)
            )
        except Reportable as error:
            flash(_without_command(str(error)), "bad")
        else:
            flash("De zaak is overgenomen." if accepted else "De zaak is geweigerd.")
    return redirect(f"/zaken/{zaaknummer}/overdragen", 303)


def _offers(page: Page, zaaknummer: str, form: OfferForm) -> str:
    rows = overdrachten(page.connection, zaak=zaaknummer)
    waits = any(row["stand"] == "aangeboden" and row["richting"] == "uit" for row in rows)
    page.look.aantal = 1
    return render_template(
        "overdragen.html",
        form=form,
        withdraw=WithdrawForm(),
        reply=ReplyForm(prefix="ons-"),
        rows=rows,
        waits=waits,
        zaaknummer=zaaknummer,
    )


@route(pages, "/zaken/<zaaknummer>/status", right="wijzigen", methods=("GET", "POST"))
def status(page: Page, zaaknummer: str) -> Answer:
    """Set a status of a plan or of a deelplan (ZDS 4.1.3)."""
    found = page.zaak(zaaknummer, "wijzigen")
    now = current_status(page.connection, page.inrichting, found.zaak_id)
    form = StatusForm()
    form.status.choices = [SelectChoice(*one) for one in now.choices]
    form.resultaat.choices = [SelectChoice("", "Geen"), *map(SelectChoice, now.resultaten)]
    form.kenmerk.data = form.kenmerk.data or uuid.uuid4().hex
    if form.validate_on_submit():
        if was_sent(page, message_number(form)):
            return redirect(_path_of(found.soort, zaaknummer), 303)
        if form.stand.data != str(now.stand):
            form.form_errors.append(_STALE)
        elif _sent(page, form, zaaknummer, now.ends(form.status.data)):
            flash("De status is gezet. Wie daarop geabonneerd is, hoort het.")
            return redirect(_path_of(found.soort, zaaknummer), 303)
    form.stand.data = str(now.stand)
    page.look.aantal = 1
    return render_template(
        "status.html", form=form, now=now, zaaknummer=zaaknummer, back=_path_of(found.soort, zaaknummer)
    )


def _sent(page: Page, form: StatusForm, zaaknummer: str, ends: bool) -> bool:
    """Send the message; False when it is refused, and then the form says why."""
    resultaat = form.resultaat.data if ends else ""
    try:
        page.execute(
            set_status(
                zaaknummer,
                form.status.data,
                _text(form.toelichting.data),
                resultaat,
                page.person,
                page.caller,
                message_number(form),
                page.now,
            )
        )
    except ValueError:
        form.form_errors.append(_NO_XML)
    except StufFout as error:
        form.form_errors.append(in_words(error))
    return not form.form_errors


@route(pages, "/zaken/<zaaknummer>/document", right="wijzigen", methods=("GET", "POST"))
def document(page: Page, zaaknummer: str) -> Answer:
    """Add a document to a plan or to a zaak (ZDS 4.2.4)."""
    found = page.zaak(zaaknummer, "wijzigen")
    form = DocumentForm()
    form.kenmerk.data = form.kenmerk.data or uuid.uuid4().hex
    if not form.nummer.data:
        form.nummer.data = draw_documentidentificatie(page.connection, page.inrichting.gemeente.code)
    if form.validate_on_submit():
        file = form.bestand.data
        new = NewDocument(
            form.nummer.data,
            _text(form.titel.data),
            _text(form.soort.data),
            form.vertrouwelijkheid.data,
            page.person.volledige_naam,
            file.filename,
            file.mimetype or "application/octet-stream",
            file.stream,
        )
        try:
            page.execute(add_document(zaaknummer, new, page.caller, message_number(form), page.now))
        except ValueError:
            form.form_errors.append(_NO_XML)
        except StufFout as error:
            form.form_errors.append(in_words(error))
        else:
            flash("Het document is toegevoegd.")
            return redirect(_path_of(found.soort, zaaknummer), 303)
    page.look.aantal = 1
    return render_template(
        "document_toevoegen.html", form=form, zaaknummer=zaaknummer, back=_path_of(found.soort, zaaknummer)
    )


def message_number(form: FlaskForm) -> str:
    """The referentienummer of what a form asks: the same for a second click, another when something else is typed.

    A browser that goes back restores the hidden fields with the form; what is typed then is no second click.
    """
    digest = hashlib.sha256()
    for field in form:
        if isinstance(field, FileField):
            field.data.stream.seek(0)
            told = f"{field.data.filename!r} {hashlib.file_digest(field.data.stream, 'sha256').hexdigest()}"
        else:
            told = repr(field.data)
        if not isinstance(field, CSRFTokenField):
            digest.update(f"{field.name}={told}\n".encode(errors="surrogatepass"))
    return digest.hexdigest()[:_NUMBER_LENGTH]


def was_sent(page: Page, referentienummer: str) -> bool:
    """Tell whether a form was sent before, as by a second click; then what it asked is done."""
    return find_earlier_bericht(page.connection, page.caller.zender.sleutel, referentienummer) is not None


def in_words(error: StufFout) -> str:
    """A refusal of an operation, for a person: what it says, without its code."""
    return str(error.details or error)


def _path_of(soort: str, zaaknummer: str) -> str:
    return f"/{'plannen' if soort == 'gezinsplan' else 'zaken'}/{zaaknummer}"


def _text(given: str | None) -> str:
    return (given or "").strip().replace("\r\n", "\n")


def _without_command(sentence: str) -> str:
    """The sentence of a command without what to type next: here there is a button for it."""
    return sentence.partition("; regie ")[0].rstrip(".") + "."
