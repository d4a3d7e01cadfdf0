"""A world of zaken of which a sender may see half, and the same world without the other half.

The answers of both are the same, whatever the sender asks: it finds nothing that it may not see. A step of the world
names the zaken and documents that it is about; in the world without what is hidden, steps about that never happened.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree
from sqlalchemy import Connection, Engine, text
from tests.berichten.besluiten import bsl, update_besluit, vastgelegd, voeg_toe
from tests.berichten.bouw import client, is_van, lk01, lv01, mdw, nps, obj, other, rol, status
from tests.berichten.documenten import document, edc, edc_lk01, edc_lv01, inhoud, relevant
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem.access.caller import Grant, grant_of
from regiesysteem.config import Settings
from regiesysteem.http.doors import make_soap_app
from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters

VRAGER, ANDER = "GWS4all", "WmoVoorziening"
"""The sender whose rights are narrowed, and one that may do everything."""

INRICHTING = """
[gemeente]
code = "1900"
naam = "Voorbeeldgemeente"
[regels]
autorisatie = "applicaties"
schema = "soepel"
was = "weigeren"
[[applicatie]]
naam = "GWS4all"
adres = "http://127.0.0.1:9/stuf"
{rechten}
[[applicatie]]
naam = "WmoVoorziening"
[[abonnement]]
applicatie = "GWS4all"
bericht = "zakLk01"
[[zaaktype]]
code = "G"
omschrijving = "Gezinsplan"
soort = "gezinsplan"
vertrouwelijk_aanduiding = "VERTROUWELIJK"
  [[zaaktype.status]]
  volgnummer = 1
  omschrijving = "Gemeld"
[[zaaktype]]
code = "A"
omschrijving = "Aanvraag"
soort = "deelplan"
vertrouwelijk_aanduiding = "OPENBAAR"
  [[zaaktype.status]]
  volgnummer = 1
  omschrijving = "Ontvangen"
  [[zaaktype.status]]
  volgnummer = 2
  omschrijving = "Afgehandeld"
  eindstatus = true
[[zaaktype]]
code = "B"
omschrijving = "Bezwaar"
soort = "deelplan"
vertrouwelijk_aanduiding = "ZAAKVERTROUWELIJK"
  [[zaaktype.status]]
  volgnummer = 1
  omschrijving = "Ontvangen"
[[zaaktype]]
code = "C"
omschrijving = "Crisis"
soort = "deelplan"
vertrouwelijk_aanduiding = "GEHEIM"
  [[zaaktype.status]]
  volgnummer = 1
  omschrijving = "Ontvangen"
[[zaaktype]]
code = "O"
omschrijving = "Overig"
soort = "overig"
"""

BSNS = ("999993653", "999992867", "999990019", "999991772")


@dataclass(frozen=True)
class Zaak:
    """A zaak of the world: its number, its zaaktype, and who made it."""

    nummer: str
    code: str
    maker: str


ZAKEN = tuple(Zaak(f"1900{code}{maker[0]}", code, maker) for code, maker in itertools.product("GABCO", (VRAGER, ANDER)))
ON_NUMBER = {zaak.nummer: zaak for zaak in ZAKEN}

DOCUMENTS = {
    **{f"1900D{zaak.nummer[4:]}": (zaak.nummer,) for zaak in ZAKEN[::2]},
    "1900DALLE": tuple(zaak.nummer for zaak in ZAKEN),
    "1900DGEHEIM": (ZAKEN[0].nummer, ZAKEN[2].nummer),
}
"""The documents, each with its zaken; the last one is GEHEIM itself."""

BESLUITEN = {zaak.nummer: f"1900S{zaak.nummer[4:]}" for zaak in ZAKEN}
"""The besluit of each zaak; it is recorded in every document of that zaak."""


@dataclass(frozen=True)
class Recht:
    """A kind of right: its keys in the TOML, and what it hides."""

    naam: str
    rechten: str
    zaaktypen: str = "GABCO"
    own: bool = False
    geheim: bool = True

    def hides(self, nummer: str) -> bool:
        """Tell whether the sender may not see this zaak or document."""
        if nummer in DOCUMENTS:
            secret = nummer == "1900DGEHEIM" and not self.geheim
            return secret or all(map(self.hides, DOCUMENTS[nummer]))
        zaak = ON_NUMBER[nummer]
        return zaak.code not in self.zaaktypen or (self.own and zaak.maker != VRAGER)


RECHTEN = (
    Recht("zaaktypen en soort", 'zaaktypen = ["G", "A", "O"]\nsoort = ["gezinsplan", "deelplan"]', "GA"),
    Recht("vertrouwelijkheid", 'vertrouwelijkheid = "VERTROUWELIJK"', "GAB", geheim=False),
    Recht("eigen zaken", 'eigen_zaken = true\nzaaktypen = ["G", "A", "C", "O"]', "GACO", own=True),
)


@dataclass(frozen=True)
class Step:
    """A message of the world, and the zaken and documents that must be there for it."""

    dienst: str
    bericht: str
    over: tuple[str, ...]


def _made(place: int, zaak: Zaak) -> str:
    bsn = BSNS[place % len(BSNS)]
    rollen = rol("heeftAlsBelanghebbende", nps(BSNS[(place + 1) % len(BSNS)], f"Naam{place % 3}"))
    rollen += rol("heeftAlsInitiator", mdw(f"regie{place % 3}"))
    return obj(
        f"<ZKN:identificatie>{zaak.nummer}</ZKN:identificatie><ZKN:omschrijving>Zaak {place % 4}</ZKN:omschrijving>"
        f"<ZKN:toelichting>Over {place}</ZKN:toelichting><ZKN:startdatum>202601{10 + place % 5}</ZKN:startdatum>"
        f"{is_van(zaak.code)}{client(bsn, f'Naam{place % 3}')}{rollen}"
        + (status(1, f"202602{10 + place}") if zaak.code != "O" else "")
    )


def _relation(from_: str, naam: str, to: str) -> Step:
    sleutel = f"<ZKN:identificatie>{from_}</ZKN:identificatie>"
    bericht = lk01("W", obj(sleutel, "W"), obj(sleutel + other(naam, to), "W"), zender=ANDER)
    return Step("updateZaak_Lk01", bericht, (from_, to))


def nothing(_nummer: str) -> bool:
    """Hide nothing."""
    return False


def steps(hides: Callable[[str], bool] = nothing) -> Iterator[Step]:
    """The whole world, in order, without what is hidden."""
    for step in _every(hides):
        if not any(map(hides, step.over)):
            yield step


def _every(hides: Callable[[str], bool]) -> Iterator[Step]:
    for place, zaak in enumerate(ZAKEN):
        yield Step("creeerZaak_Lk01", lk01("T", _made(place, zaak), zender=zaak.maker), (zaak.nummer,))
    numbers = [zaak.nummer for zaak in ZAKEN]
    for place, (one, two) in enumerate(itertools.combinations(numbers, 2)):
        if place % 3 != 1:
            yield _relation(one, "heeftAlsDeelzaak" if place % 3 else "heeftBetrekkingOpAndere", two)
    for naam, zaken in DOCUMENTS.items():
        first, *rest = [zaak for zaak in zaken if not hides(zaak)] or zaken
        made = document(naam, first, file=inhoud(naam.encode()), titel=f"Over {naam}")
        if naam == "1900DGEHEIM":
            made = made.replace(">VERTROUWELIJK<", ">GEHEIM<")
        yield Step("voegZaakdocumentToe_Lk01", edc_lk01("T", made, zender=ANDER), (naam, first))
        for zaak in rest:
            sleutel = f"<ZKN:identificatie>{naam}</ZKN:identificatie>"
            bericht = edc_lk01("W", edc(sleutel), edc(sleutel + relevant(zaak)), zender=ANDER)
            yield Step("voegZaakdocumentToe_Lk01", bericht, (naam, zaak))
    for zaak, besluit in BESLUITEN.items():
        yield Step("voegBesluitToe_Di01", voeg_toe(besluit, zaak, zender=ANDER), (zaak,))
        for naam in (naam for naam, zaken in DOCUMENTS.items() if zaak in zaken):
            bericht = update_besluit(bsl(besluit), bsl(besluit, vastgelegd(naam)), zender=ANDER)
            yield Step("updateBesluit_BslLk01", bericht, (zaak, naam))


@dataclass
class Wereld:
    """A door on a database with such a world."""

    door: Door
    inrichting: Inrichting = field(init=False)

    def __post_init__(self) -> None:
        """Read the inrichting as messages find it."""
        with self.door.engine.connect() as connection:
            self.inrichting = read_inrichting(connection)

    @property
    def grant(self) -> Grant:
        """The rights of the sender that is narrowed."""
        return grant_of(self.inrichting, self.inrichting.applicatie("1900", VRAGER))

    def answer(self, dienst: str, bericht: str) -> str:
        """The answer to a message of the narrowed sender, without what differs between any two answers."""
        return plain(self.door.send(dienst, bericht))

    def numbers(self, connection: Connection, ids: Sequence[int]) -> list[str]:
        """The zaaknummers of zaken by id, in the same order."""
        rows = connection.execute(text("SELECT id, identificatie FROM zaak WHERE id = ANY(:ids)"), {"ids": list(ids)})
        by_id = {row.id: row.identificatie for row in rows}
        return [by_id[id_] for id_ in ids]


def make_wereld(engine: Engine, rechten: str, every: Iterable[Step]) -> Wereld:
    """Build a world of these steps."""
    load_inrichting(engine, read_text(INRICHTING.format(rechten="# alles"), "test"))
    door = Door(Client(make_soap_app(Settings(max_bericht_mb=3), engine, Counters())), engine)
    for step in every:
        door.succeeded(step.dienst, step.bericht)
    load_inrichting(engine, read_text(INRICHTING.format(rechten=rechten), "test"))
    return Wereld(door)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_OWN = re.compile(r"<(\w+:)?(tijdstipRegistratie|referentienummer|crossRefnummer|tijdstipBericht|checkedOutId)\b[^<]*<")


def plain(answer: etree._Element) -> str:
    """An answer as text, without our own keys and times."""
    for node in answer.iter(etree.Element):
        for naam in [naam for naam in node.attrib if "sleutel" in str(naam)]:
            del node.attrib[naam]
    return _MOMENT.sub("", _OWN.sub("<", etree.tostring(answer, encoding="unicode")))


def question(gelijk: str = "", scope: str = 'StUF:scope="alles"', **rest: object) -> str:
    """A zakLv01 that asks for at most fifty zaken, and how many there are."""
    rest.setdefault("maximum", 50)
    out = lv01(gelijk, scope, **rest)  # type: ignore[arg-type]
    return out.replace("</ZKN:parameters>", "<StUF:indicatorAantal>true</StUF:indicatorAantal></ZKN:parameters>")


def read_document(nummer: str) -> str:
    """A geefZaakdocumentLezen of the narrowed sender."""
    return edc_lv01(nummer, zender=VRAGER)


def relevant_of(naam: str) -> str:
    """The relation of a zaak with a document, as senders that are soepel tell it."""
    return f"""<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="T">
      <ZKN:gerelateerde StUF:entiteittype="EDC" StUF:verwerkingssoort="I">
      <ZKN:identificatie>{naam}</ZKN:identificatie></ZKN:gerelateerde></ZKN:heeftRelevant>"""
