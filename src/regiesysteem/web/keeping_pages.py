"""Retention: which zaken may be destroyed, a list that one proposes and another judges, and carrying it out."""

from datetime import datetime
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from regiesysteem.config import TIME_ZONE
from regiesysteem.errors import Reportable
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.zakenmagazijn import keeping
from regiesysteem.zakenmagazijn.destruction import left, step

pages = Blueprint("keeping", __name__)
_SHOWN: Final = 100
_PATH: Final = "/bewaren"
_LONGEST: Final = 500
_AT_ONCE: Final = 100  # zaken that one request destroys


class BlockForm(FlaskForm):
    """A zaak to hold back, and why."""

    zaak = StringField("Zaaknummer", validators=[InputRequired("Vul het zaaknummer in."), Length(max=40)])
    reden = StringField(
        "Waarom",
        description="Noem geen namen of nummers van mensen.",
        validators=[InputRequired("Schrijf waarom deze zaak moet blijven."), Length(max=_LONGEST)],
    )


class JudgeForm(FlaskForm):
    """The reason to reject a list."""

    reden = StringField("Waarom keurt u af?", validators=[InputRequired("Schrijf waarom."), Length(max=_LONGEST)])


@route(pages, _PATH, right="bewaren", shows_people=False, menu="Bewaren")
def overview(page: Page) -> Answer:
    """The zaken that are due, and the lists."""
    return _overview(page, BlockForm())


@route(pages, "/bewaren/voorstel", right="bewaren", shows_people=False, methods=("POST",))
def propose(page: Page) -> Answer:
    """Put all that is due on a list; another judges it."""
    try:
        number, count = keeping.propose(page.connection, page.person.naam, None, _today(page))
    except Reportable as error:
        return _told(error)
    flash(f"Lijst {number} heeft {count} zaken. Een ander beoordeelt haar.")
    return redirect(f"{_PATH}/{number}", 303)


@route(pages, "/bewaren/blokkeer", right="bewaren", shows_people=False, methods=("POST",))
def block(page: Page) -> Answer:
    """Hold a zaak back."""
    form = BlockForm()
    if form.validate_on_submit():
        try:
            keeping.block(page.connection, form.zaak.data.strip(), form.reden.data.strip(), page.person.naam)
        except Reportable as error:
            form.zaak.errors = [str(error)]
        else:
            flash(f"Zaak {form.zaak.data.strip()} blijft tot iemand haar vrijgeeft.")
            return redirect(_PATH, 303)
    return _overview(page, form)


@route(pages, "/bewaren/vrij/<zaaknummer>", right="bewaren", shows_people=False, methods=("POST",))
def release(page: Page, zaaknummer: str) -> Answer:
    """Let a zaak be destroyed again when it is due."""
    try:
        keeping.release(page.connection, zaaknummer)
    except Reportable as error:
        return _told(error)
    flash(f"Zaak {zaaknummer} is vrijgegeven.")
    return redirect(_PATH, 303)


@route(pages, "/bewaren/<int:nummer>", right="bewaren", shows_people=False)
def listing(page: Page, nummer: int) -> Answer:
    """A list with its zaken: the verklaring van vernietiging, or what it will be."""
    return _listing(page, nummer, JudgeForm())


@route(pages, "/bewaren/<int:nummer>/goed", right="bewaren", shows_people=False, methods=("POST",))
def approve(page: Page, nummer: int) -> Answer:
    """Approve a list that another proposed."""
    try:
        keeping.judge(page.connection, nummer, page.person.naam, approved=True)
    except Reportable as error:
        return _told(error, nummer)
    flash(f"Lijst {nummer} is goedgekeurd.")
    return redirect(f"{_PATH}/{nummer}", 303)


@route(pages, "/bewaren/<int:nummer>/af", right="bewaren", shows_people=False, methods=("POST",))
def reject(page: Page, nummer: int) -> Answer:
    """Reject a list that another proposed."""
    form = JudgeForm()
    if not form.validate_on_submit():
        return _listing(page, nummer, form)
    try:
        keeping.judge(page.connection, nummer, page.person.naam, approved=False, reden=form.reden.data.strip())
    except Reportable as error:
        return _told(error, nummer)
    flash(f"Lijst {nummer} is afgekeurd.")
    return redirect(f"{_PATH}/{nummer}", 303)


@route(pages, "/bewaren/<int:nummer>/voer-uit", right="bewaren", shows_people=False, methods=("POST",))
def carry_out(page: Page, nummer: int) -> Answer:
    """Destroy the next part of an approved list; a button goes on with the rest."""
    try:
        done = step(page.connection, page.inrichting, nummer, page.person.naam, _today(page), _AT_ONCE)
    except Reportable as error:
        return _told(error, nummer)
    rest = f"Nog {left(page.connection, nummer)} zaken, en berichten te doorzoeken; ga door." if done.more else "Klaar."
    flash(f"Vernietigd: {done.destroyed} zaken. {rest}")
    return redirect(f"{_PATH}/{nummer}", 303)


def _overview(page: Page, form: FlaskForm) -> str:
    due = keeping.due(page.connection, _today(page))
    undated = keeping.without_date(page.connection)
    return render_template(
        "bewaren.html",
        form=form,
        token=FlaskForm(),
        due=due[:_SHOWN],
        count=len(due),
        undated=undated[:_SHOWN],
        undated_count=len(undated),
        lists=keeping.lists(page.connection),
    )


def _listing(page: Page, nummer: int, form: FlaskForm) -> str:
    try:
        found = keeping.verklaring(page.connection, nummer)
    except keeping.CannotKeep:
        abort(404)
    own = keeping.same_person(found.voorgesteld_door, page.person.naam)
    return render_template("bewaarlijst.html", found=found, form=form, token=FlaskForm(), own=own)


def _told(error: Reportable, nummer: int | None = None) -> Answer:
    flash(str(error), "bad")
    return redirect(_PATH if nummer is None else f"{_PATH}/{nummer}", 303)


def _today(page: Page) -> datetime:
    return page.now.astimezone(TIME_ZONE)
