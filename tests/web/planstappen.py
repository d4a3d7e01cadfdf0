"""Steps that tests of plans share: a family with its plan, sent by SOAP."""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.berichten.bouw import client, lk01, mdw, new_number, nps, other, rol, status, zaak
from tests.soap.conftest import Door

REGISSEUR, WORKER = "1001", "1003"
BSN, NEIGHBOUR = "999993653", "123456782"
DAY = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y%m%d")


@dataclass(frozen=True)
class Family:
    """A plan with two deelplannen in the domain Wonen, of which WORKER executes one, and one outside it, ended."""

    plan: str
    domain: str
    own: str
    other: str
    loose: str


def omschrijving(object_: str, text_: str) -> str:
    """An object of which the omschrijving is another."""
    return object_.replace("<ZKN:omschrijving>Zaak</", f"<ZKN:omschrijving>{text_}</", 1)


def send(door: Door, number: str, code: str, titel: str, roles: str, after: str = "", elementen: str = "") -> None:
    made = zaak(number, code, relaties=roles, after=after, elementen=elementen)
    door.succeeded("creeerZaak_Lk01", lk01("T", omschrijving(made, titel)))


def director() -> str:
    return rol("heeftAlsInitiator", mdw(REGISSEUR, "Visser"))


def under(number: str) -> str:
    return other("heeftBetrekkingOpAndere", number)


def make_family(door: Door) -> Family:
    """Send the family by SOAP, as back offices do."""
    found = Family(*(new_number() for _ in range(5)))
    neighbour = nps(NEIGHBOUR, "Wit", extra="<BG:voorvoegselGeslachtsnaam>de</BG:voorvoegselGeslachtsnaam>")
    roles = client(BSN) + rol("heeftAlsBelanghebbende", neighbour, "<ZKN:omschrijving>buurvrouw</ZKN:omschrijving>")
    told = status(1, "20260102") + status(2, "20260203")
    send(door, found.plan, "GEZINSPLAN", "Plan", roles + director(), told)
    send(door, found.domain, "DOMEINPLAN", "Wonen", client(BSN) + director(), under(found.plan))
    nine = rol("heeftAlsInitiator", mdw("9", "Negen"))
    worker = nine + rol("heeftAlsUitvoerende", mdw(WORKER, "Boer"))
    soon = f"<ZKN:uiterlijkeEinddatum>{DAY}</ZKN:uiterlijkeEinddatum>"
    send(door, found.own, "B1026", "Drempel weg", worker, under(found.domain), soon)
    someone = nine + rol("heeftAlsUitvoerende", mdw("8", "Dijk"))
    send(door, found.other, "B1026", "Traplift", someone, under(found.domain))
    send(door, found.loose, "B1026", "Minima", nine, under(found.plan))
    door.succeeded(
        "actualiseerZaakstatus_Lk01",
        lk01("W", *two_halves(found.loose, status(3, "20260401"))),
    )
    return found


def two_halves(number: str, new: str) -> tuple[str, str]:
    """The old and the new object of a status that is added."""
    begin = '<ZKN:object StUF:entiteittype="ZAK" StUF:verwerkingssoort="{}">'
    id_ = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    none = '<ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true" StUF:noValue="geenWaarde" StUF:verwerkingssoort="T"/>'
    return (
        begin.format("W") + id_ + none + "</ZKN:object>",
        begin.format("W") + id_ + new + "</ZKN:object>",
    )


def content(page: str) -> str:
    """The text of the main part of a page, on one line."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())
