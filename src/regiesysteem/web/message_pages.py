"""The messages of back offices: accepted and refused, and how each sender deviates from the standard."""

from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request
from lxml import etree

from regiesysteem.config import TIME_ZONE
from regiesysteem.inrichting.leniency import RULES
from regiesysteem.logging_ import without_bsn
from regiesysteem.stuf.xml import parse_own
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.zakenmagazijn.deviations import read_deviations
from regiesysteem.zakenmagazijn.message_search import read_bericht, search_berichten
from regiesysteem.zakenmagazijn.refusals import read_refusals

pages = Blueprint("messages", __name__)
_SHOWN: Final = 100
_ASKED: Final = ("applicatie", "dienst", "zaak", "referentienummer", "sinds", "tot")


@route(pages, "/beheer/berichten", right="beheer", shows_people=False, menu="Berichten")
def accepted(page: Page) -> Answer:
    """Accepted messages, the newest first."""
    asked = {name: request.args.get(name, "").strip()[:200] for name in _ASKED}
    conditions = asked | {"sinds": _day(asked["sinds"]), "tot": _day(asked["tot"], days=1)}
    after = request.args.get("na", type=int)
    rows = search_berichten(page.connection, _SHOWN + 1, voor=after, **conditions)
    given = {name: value for name, value in asked.items() if value}
    more = f"/beheer/berichten?{urlencode(given | {'na': rows[_SHOWN - 1].id})}" if len(rows) > _SHOWN else ""
    return render_template("berichten.html", rows=rows[:_SHOWN], asked=asked, more=more)


@route(pages, "/beheer/berichten/<int:nummer>", right="beheer")
def message(page: Page, nummer: int) -> Answer:
    """One message with its answer; numbers that may be a BSN are masked."""
    found = read_bericht(page.connection, nummer)
    if found is None:
        abort(404)
    page.look.zaken.update(found.zaak_ids)
    page.look.aantal = 1
    parts = {"Bericht": found.inhoud, "Antwoord": found.antwoord}
    texts = {name: _readable_xml(content) for name, content in parts.items()}
    return render_template("bericht.html", one=found.head, texts=texts)


@route(pages, "/beheer/weigeringen", right="beheer", shows_people=False, menu="Geweigerd")
def refused(page: Page) -> Answer:
    """Refused messages, the newest first: who sent them, the code, and the place; never what was in them."""
    asked = {name: request.args.get(name, "").strip()[:200] for name in ("applicatie", "code", "zaak", "sinds")}
    rows = read_refusals(
        page.connection,
        applicatie=asked["applicatie"],
        code=asked["code"],
        zaak=asked["zaak"],
        since=_day(asked["sinds"]),
        most=_SHOWN,
    )
    return render_template("weigeringen.html", rows=rows, asked=asked, shown=_SHOWN)


@route(pages, "/beheer/afwijkingen", right="beheer", shows_people=False, menu="Afwijkingen")
def deviations(page: Page) -> Answer:
    """The rules of the standard that accepted messages broke, for each sender."""
    asked = request.args.get("applicatie", "").strip()[:200]
    rows = read_deviations(page.connection, asked)
    meaning = {str(rule): text for rule, text in RULES.items()}
    return render_template("afwijkingen.html", rows=rows[:_SHOWN], count=len(rows), asked=asked, meaning=meaning)


def _readable_xml(content: bytes | None) -> str:
    if not content:
        return ""
    return without_bsn(etree.tostring(parse_own(content), pretty_print=True, encoding="unicode"))


def _day(text: str, *, days: int = 0) -> datetime | None:
    """The beginning of a day, or of so many days later; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), TIME_ZONE)
    except (ValueError, OverflowError):
        return None
