"""A zakenmagazijn that tests of the selection fill row by row, and the questions that they ask it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, Engine, text
from tests.berichten.bouw import element, lv01

from regiesysteem.db import maak_engine
from regiesysteem.inrichting.current import Inrichting, lees_inrichting
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, naar_rij, sleutel
from regiesysteem.zakenmagazijn.select import Treffers, lees_vraag, zoek
from regiesysteem.zkn.zaak import ZAK
from regiesysteem.zkn.zaakobjects import ZAAKOBJECT

INRICHTING = """
[gemeente]
code = "1900"
naam = "Voorbeeldgemeente"
[regels]
max_antwoorden = 50
[[zaaktype]]
code = "A"
omschrijving = "Aanvraag minima"
soort = "deelplan"
omschrijving_generiek = "Aanvraag"
zaakcategorie = "Zorg"
trefwoorden = ["geld", "minima"]
ingangsdatum = "20200101"
  [[zaaktype.status]]
  volgnummer = 1
  code = "Ontv"
  omschrijving = "Ontvangen"
  [[zaaktype.status]]
  volgnummer = 2
  code = "Afgeh"
  omschrijving = "Afgehandeld"
  eindstatus = true
[[zaaktype]]
code = "B"
omschrijving = "Bezwaar"
soort = "deelplan"
zaakcategorie = "Bestuur"
  [[zaaktype.status]]
  volgnummer = 1
  omschrijving = "Ontvangen"
[[zaaktype]]
code = "G"
omschrijving = "Gezinsplan"
soort = "gezinsplan"
"""

MODULE_TIMEOUT_S = 600
_ENTITEITEN = {keuze.entiteit.code: keuze.entiteit for keuze in ZAAKOBJECT}
_KOLOMMEN = ("zaaktype_id", *(element_.kolom for element_ in ZAK.elementen if element_.kolom), "inhoud")
LEEG = {"@noValue": "geenWaarde"}
ONBEKEND = {"@noValue": "vastgesteldOnbekend"}


@dataclass
class Magazijn:
    """Writes zaken as the zakenmagazijn keeps them, and asks for them as a sender does."""

    verbinding: Connection
    inrichting: Inrichting
    ids: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def apart(self) -> Iterator["Magazijn"]:
        """A magazijn on top of this one of which nothing stays, also when a check or a statement in it fails."""
        binnen = self.verbinding.begin_nested()
        try:
            yield Magazijn(self.verbinding, self.inrichting)
        finally:
            binnen.rollback()

    def zaak(self, identificatie: str, zaaktype: str | None = "A", **gegevens: Any) -> int:
        """Insert a zaak with these elements, in the form that `stuf.waarden` describes; gives its id."""
        inhoud = gegevens.pop("inhoud", {})
        rij = naar_rij(ZAK.elementen, {"identificatie": identificatie, **gegevens})
        rij["inhoud"] |= inhoud
        zaaktype_ = self.inrichting.zaaktype(zaaktype, None)
        rij["zaaktype_id"] = zaaktype_.id if zaaktype_ else None
        self.ids[identificatie] = self._voeg_in("zaak", {naam: rij.get(naam) for naam in _KOLOMMEN})
        return self.ids[identificatie]

    def object(self, code: str, **gegevens: Any) -> int:
        """Insert an object of an entiteittype; a name of an element may have _ for its dot."""
        entiteit = _ENTITEITEN[code]
        echt: Gegevens = {naam.replace("__", "."): waarde for naam, waarde in gegevens.items()}
        rij = naar_rij(entiteit.elementen, echt)
        return self._voeg_in("object", {"entiteittype": code, "sleutel": sleutel(entiteit, echt), **rij})

    def relatie(
        self, zaak: str, naam: str, object_id: int | None, aanvulling: Gegevens | None = None, **rest: Any
    ) -> None:
        """Insert a relation to an object; `aanvulling` is what its message said beyond the row of the object."""
        relatie = ZAK.relatie(naam)
        assert relatie is not None
        beeindigd = rest.pop("beeindigd", None)
        rij = naar_rij(relatie.elementen, rest)
        if aanvulling:
            rij["inhoud"][GERELATEERDE] = aanvulling
        self._voeg_in(
            "zaak_relatie",
            {"zaak_id": self.ids[zaak], "relatie": naam, "object_id": object_id, "beeindigd": beeindigd, **rij},
        )

    def status(self, zaak: str, zaaktype: str, volgnummer: int, op: str, **rest: Any) -> None:
        """Insert a status."""
        zaaktype_ = self.inrichting.zaaktype(zaaktype, None)
        assert zaaktype_ is not None
        [statustype] = [soort for soort in zaaktype_.statustypen if soort.volgnummer == volgnummer]
        rij = {"laatste": True, "inhoud": {}, **rest}
        self._voeg_in(
            "zaak_status",
            {
                "zaak_id": self.ids[zaak],
                "statustype_id": statustype.id,
                "datum_status_gezet": op,
                "moment": op.ljust(17, "0"),
                **rij,
            },
        )

    def koppel(self, relatie: str, van: str, naar: str, **rest: Any) -> None:
        """Insert a relation between zaken."""
        self._voeg_in(
            "zaak_zaak", {"relatie": relatie, "van_id": self.ids[van], "naar_id": self.ids[naar], "inhoud": {}, **rest}
        )

    def _voeg_in(self, tabel: str, rij: dict[str, Any]) -> int:
        namen = ", ".join(rij)
        opdracht = text(
            f"INSERT INTO {tabel} ({namen}) SELECT {namen}"
            f" FROM jsonb_populate_record(NULL::{tabel}, CAST(:rij AS jsonb)) RETURNING id"
        )
        return int(self.verbinding.execute(opdracht, {"rij": orjson.dumps(rij).decode()}).scalar_one())

    def treffers(self, gelijk: str = "", **vraag: Any) -> Treffers:
        """Ask a question; see `bericht`."""
        return zoek(self.verbinding, self.inrichting, lees_vraag(element(bericht(gelijk, **vraag)), self.inrichting))

    def vraag(self, gelijk: str = "", **vraag: Any) -> list[str]:
        """Ask a question and give the identificaties of the answer in their order."""
        vraag.setdefault("maximum", 50)
        return self.namen(self.treffers(gelijk, **vraag).ids)

    def fout(self, gelijk: str = "", **vraag: Any) -> tuple[str, str]:
        """Ask a question that must be refused; code and details."""
        with pytest.raises(StufFout) as fout:
            self.treffers(gelijk, **vraag)
        return fout.value.code, fout.value.details

    def namen(self, ids: list[int]) -> list[str]:
        """The identificaties of zaken by id, in the same order."""
        rijen = self.verbinding.execute(text("SELECT id, identificatie FROM zaak WHERE id = ANY(:ids)"), {"ids": ids})
        op_id = {rij.id: rij.identificatie for rij in rijen}
        return [op_id[id_] for id_ in ids]


def bericht(
    gelijk: str = "",
    *,
    vanaf: str | None = None,
    tot: str | None = None,
    start: str | None = None,
    sortering: int = 0,
    maximum: int | None = None,
    attributen: dict[str, str] | None = None,
    tel: bool = False,
) -> str:
    """A zakLv01; `attributen` go on gelijk, vanaf and totEnMet, `start` is the content of <start>."""
    op = attributen or {}
    delen = []
    for naam, inhoud in (("gelijk", gelijk or None), ("vanaf", vanaf), ("totEnMet", tot)):
        if inhoud is not None or naam in op:
            delen.append(f'<ZKN:{naam} StUF:entiteittype="ZAK" {op.get(naam, "")}>{inhoud or ""}</ZKN:{naam}>')
    if start is not None:
        delen.append(f"<ZKN:start>{start}</ZKN:start>")
    vervolg = f"<StUF:indicatorVervolgvraag>{'true' if start is not None else 'false'}</StUF:indicatorVervolgvraag>"
    geteld = "<StUF:indicatorAantal>true</StUF:indicatorAantal>" if tel else ""
    uit = lv01("", sortering=sortering, maximum=maximum, rest="".join(delen), parameters=vervolg)
    return uit.replace("</ZKN:parameters>", f"{geteld}</ZKN:parameters>")


def begin(inhoud: str, attributen: str = "") -> str:
    """The object in <start>."""
    return f'<ZKN:object StUF:entiteittype="ZAK" {attributen}>{inhoud}</ZKN:object>'


def z(naam: str, waarde: str, attributen: str = "") -> str:
    """An element of the zaak."""
    return f"<ZKN:{naam} {attributen}>{waarde}</ZKN:{naam}>"


def nil(naam: str, soort: str = "geenWaarde") -> str:
    """An element without a value."""
    return f'<ZKN:{naam} xsi:nil="true" StUF:noValue="{soort}"/>'


def met(relatie: str, gerelateerde: str, rest: str = "") -> str:
    """A relation with criteria for its gerelateerde, and `rest` for itself."""
    return f"<ZKN:{relatie}><ZKN:gerelateerde>{gerelateerde}</ZKN:gerelateerde>{rest}</ZKN:{relatie}>"


@pytest.fixture(scope="module")
def motor(module_database_url: str) -> Iterator[Engine]:
    """An engine on the database of this module, with the inrichting of these tests."""
    # The transaction of a module waits while tests with a database of their own run: the server must not end it.
    engine = maak_engine(module_database_url, statement_timeout=MODULE_TIMEOUT_S)
    laad_inrichting(engine, lees_tekst(INRICHTING, "test"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def inrichting(motor: Engine) -> Inrichting:
    """The inrichting of these tests."""
    with motor.connect() as verbinding:
        return lees_inrichting(verbinding)


@pytest.fixture
def magazijn(motor: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A magazijn without zaken, of one test alone."""
    with motor.connect() as verbinding:
        yield Magazijn(verbinding, inrichting)
        verbinding.rollback()
