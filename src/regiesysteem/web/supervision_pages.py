"""The read log for the privacy officer: who looked, who gave himself access, and the answer to an inzageverzoek."""

import csv
import io
import tempfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, render_template, send_file
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from regiesysteem.access.inzage import LoggedLook, Search, count_looks, newest_looks, person_of_bsn
from regiesysteem.access.people.reasons import REASONS, all_reasons
from regiesysteem.config import TIME_ZONE
from regiesysteem.disclosure.answer_files import AnswerFolder, content_reader, heading, packed
from regiesysteem.regie.signaal import often_asked
from regiesysteem.stuf.checks import elfproef
from regiesysteem.web.routes import Answer, Page, route, services
from regiesysteem.zakenmagazijn.subject_access import find_subject, gather

pages = Blueprint("supervision", __name__)
_SHOWN: Final = 100
_IN_FILE: Final = 10_000
_REASON_DAYS: Final = 90
_HEADS: Final = ("tijdstip", "wie", "rol", "wat", "doel", "zaken", "personen", "aantal")
_LONG: Final = Length(max=200, message="Dit is te lang: hoogstens 200 tekens.")
_NO_BSN: Final = "Dit is geen burgerservicenummer: negen cijfers waarvan de elfproef klopt."


def _check_bsn(_form: FlaskForm, field: StringField) -> None:
    field.data = (field.data or "").strip()
    if field.data and not elfproef(field.data):
        raise ValidationError(_NO_BSN)


class LookForm(FlaskForm):
    """The looks to find; a field that is empty finds all."""

    wie = StringField("Medewerker of applicatie", validators=[Optional(), _LONG])
    zaak = StringField("Plan of zaak", validators=[Optional(), _LONG])
    bsn = StringField("BSN van de inwoner", validators=[Optional(), _check_bsn])
    van = DateField("Vanaf", validators=[Optional()])
    tot = DateField("Tot en met", validators=[Optional()])

    @property
    def search(self) -> Search:
        """The search that the fields ask for."""
        return Search(
            person_of_bsn(self.bsn.data) if self.bsn.data else (),
            (self.zaak.data or "").strip(),
            (self.wie.data or "").strip(),
            _begin_of(self.van.data),
            _begin_of(self.tot.data, days=1),
        )


@route(pages, "/inzage", right="toezicht", methods=("GET", "POST"), menu="Inzage")
def looks(page: Page) -> Answer:
    """The looks of others, by whom and at what; access with a reason and many signalen stand on top."""
    form = LookForm()
    since = page.now - timedelta(days=_REASON_DAYS)
    found, count = list[LoggedLook](), 0
    if form.validate_on_submit():
        found = newest_looks(page.connection, form.search, _SHOWN)
        count = count_looks(page.connection, form.search)
        _note(page, form.search, count)
    return render_template(
        "inzage.html",
        form=form,
        reasons=all_reasons(page.connection, since),
        often=often_asked(page.connection, since),
        texts=REASONS,
        looks=found,
        count=count,
        heads=_HEADS,
        asked=form.is_submitted() and not form.errors,
    )


@route(pages, "/inzage/csv", right="toezicht", methods=("POST",))
def looks_as_csv(page: Page) -> Answer:
    """The same looks as a file, ten thousand at most."""
    form = LookForm()
    if not form.validate_on_submit():
        return looks(page)
    found = newest_looks(page.connection, form.search, _IN_FILE)
    _note(page, form.search, len(found))
    return as_csv("inzage.csv", _HEADS, map(_row, found))


def as_csv(name: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Response:
    """Rows as a file for a spreadsheet; a text that it would take for a formula gets a quote in front."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([f"'{cell}" if str(cell)[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell for cell in row])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=headers)


def _note(page: Page, search: Search, count: int) -> None:
    page.look.sought.update(search.personen)
    page.look.aantal = count


def _row(look: LoggedLook) -> tuple[object, ...]:
    moment = look.tijdstip.astimezone(TIME_ZONE)
    zaken, people = ", ".join(look.zaken), len(look.personen)
    return f"{moment:%Y-%m-%d %H:%M:%S}", look.wie, look.rol, look.wat, look.doel, zaken, people, look.aantal


def _begin_of(day: date | None, *, days: int = 0) -> datetime | None:
    return datetime.combine(day + timedelta(days=days), time(), TIME_ZONE) if day else None


class RequestForm(FlaskForm):
    """The person who asks what is kept of him."""

    bsn = StringField("Burgerservicenummer", validators=[InputRequired(_NO_BSN), _check_bsn])
    documenten = BooleanField("Ook de documenten zelf")


@route(pages, "/inzageverzoek", right="toezicht", methods=("GET", "POST"), menu="Inzageverzoek")
def subject_request(page: Page) -> Answer:
    """All that is kept of a person, as one file to download (AVG 15)."""
    form = RequestForm()
    if not form.validate_on_submit():
        return render_template("inzageverzoek.html", form=form)
    number = form.bsn.data
    subject = find_subject(page.connection, number)
    page.look.sought.update(person_of_bsn(number))
    page.look.zaken.update(subject.zaken)
    page.look.aantal = len(subject.zaken)
    with_documents = bool(form.documenten.data)
    reader = content_reader(page.connection, services().opslag) if with_documents else None
    head = heading(number, page.inrichting, datetime.now(UTC), documenten=with_documents)
    with tempfile.TemporaryDirectory() as place:
        folder = AnswerFolder(Path(place) / "inzage", head, reader)
        folder.write(gather(page.connection, page.inrichting, subject))
        return send_file(packed(folder.folder), "application/zip", as_attachment=True, download_name="inzage.zip")
