"""Accounts of people, for the beheerder: the same functions as `regie account`."""

from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from regiesysteem.access.people.accounts import (
    Account,
    AccountError,
    account_named,
    account_of,
    block,
    change_account,
    list_accounts,
    new_account,
    new_link,
)
from regiesysteem.web.routes import Answer, Page, route

pages = Blueprint("accounts", __name__)
_MOST: Final = 100
_LONG = Length(max=200, message="Dit is te lang: hoogstens 200 tekens.")


class AccountForm(FlaskForm):
    """The roles and values of an account."""

    volledige_naam = StringField("Naam die anderen zien", [_LONG])
    rollen = SelectMultipleField("Rollen", option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False))
    medewerker = StringField("Medewerker", [_LONG], description="De identificatie van de medewerker in StUF.")
    team = StringField("Team", [_LONG], description="De identificatie van de organisatorische eenheid.")


class NewAccountForm(AccountForm):
    """A new account, with its name."""

    naam = StringField("Naam om mee in te loggen", [InputRequired("Vul een naam in."), Length(max=100)])


@route(pages, "/beheer/accounts", right="beheer", shows_people=False, menu="Accounts")
def accounts_overview(page: Page) -> Answer:
    """All accounts, by name."""
    found = list_accounts(page.connection, request.args.get("na", ""), _MOST + 1)
    return render_template("accounts.html", accounts=found[:_MOST], more=found[_MOST - 1].naam if found[_MOST:] else "")


@route(pages, "/beheer/accounts/nieuw", right="beheer", shows_people=False, methods=("GET", "POST"))
def make_account_here(page: Page) -> Answer:
    """Make an account, and show its link once."""
    form = _with_roles(page, NewAccountForm())
    if form.validate_on_submit():
        try:
            number = new_account(
                page.connection, form.naam.data.strip(), form.rollen.data, *_other_values(form)
            )  # fmt: skip
        except AccountError as error:
            form.form_errors.append(str(error))
        else:
            return _shown(form.naam.data.strip(), new_link(page.connection, number))
    return render_template("account.html", form=form, account=None)


@route(pages, "/beheer/accounts/<int:nummer>", right="beheer", shows_people=False, methods=("GET", "POST"))
def account_changed(page: Page, nummer: int) -> Answer:
    """Give an account other roles or values."""
    account = _account_or_404(page, nummer)
    form = _with_roles(page, AccountForm(obj=account), account)
    if form.validate_on_submit():
        try:
            change_account(page.connection, account, form.rollen.data, *_other_values(form))
        except AccountError as error:
            form.form_errors.append(str(error))
        else:
            flash(f"Account {account.naam} is gewijzigd. Wie ermee ingelogd was, is dat niet meer.")
            return redirect("/beheer/accounts", 303)
    return render_template("account.html", form=form, account=account)


@route(pages, "/beheer/accounts/<int:nummer>/link", right="beheer", shows_people=False, methods=("POST",))
def account_link(page: Page, nummer: int) -> Answer:
    """Make a link with which somebody logs in once, and show it once."""
    account = _account_or_404(page, nummer)
    try:
        return _shown(account.naam, new_link(page.connection, account_named(page.connection, account.naam)))
    except AccountError as error:
        flash(str(error), "bad")
        return redirect(f"/beheer/accounts/{nummer}", 303)


@route(pages, "/beheer/accounts/<int:nummer>/blokkeren", right="beheer", shows_people=False, methods=("POST",))
def account_blocked(page: Page, nummer: int) -> Answer:
    """Block an account, or let it in again; nobody blocks himself."""
    account = _account_or_404(page, nummer)
    blocked = "deblokkeer" not in request.form
    back = f"/beheer/accounts/{nummer}"
    if account.id == page.person.account:
        flash("U kunt uw eigen account niet blokkeren.", "bad")
        return redirect(back, 303)
    try:
        block(page.connection, account, blocked=blocked)
        flash(f"Account {account.naam} {'is geblokkeerd' if blocked else 'mag weer inloggen'}.")
    except AccountError as error:
        flash(str(error), "bad")
    return redirect(back, 303)


def _account_or_404(page: Page, number: int) -> Account:
    return account_of(page.connection, number) or abort(404)


def _with_roles(page: Page, form: Any, account: Account | None = None) -> Any:
    names = dict.fromkeys((*page.inrichting.rollen, *(account.rollen if account else ())))
    form.rollen.choices = [(one, one) for one in names]
    return form


def _other_values(form: Any) -> tuple[str, str, str]:
    return tuple((field.data or "").strip() for field in (form.volledige_naam, form.medewerker, form.team))  # type: ignore[return-value]


def _shown(naam: str, path: str) -> Answer:
    return render_template("account_link.html", naam=naam, address=f"{request.host_url.rstrip('/')}{path}")
