"""A zakenmagazijn that tests of the selection fill row by row, and the questions that they ask it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, Engine, text
from tests.berichten.bouw import element, lv01

from regiesysteem.db import make_engine
from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import Data
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, sleutel, to_row
from regiesysteem.zakenmagazijn.select import Hits, find_hits, read_question
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
_ENTITEITEN = {choice.entiteit.code: choice.entiteit for choice in ZAAKOBJECT}
_COLUMNS = ("zaaktype_id", *(element_.kolom for element_ in ZAK.elementen if element_.kolom), "inhoud")
EMPTY = {"@noValue": "geenWaarde"}
UNKNOWN = {"@noValue": "vastgesteldOnbekend"}


@dataclass
class Magazijn:
    """Writes zaken as the zakenmagazijn keeps them, and asks for them as a sender does."""

    connection: Connection
    inrichting: Inrichting
    ids: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def apart(self) -> Iterator["Magazijn"]:
        """A magazijn on top of this one of which nothing stays, also when a check or a statement in it fails."""
        inside = self.connection.begin_nested()
        try:
            yield Magazijn(self.connection, self.inrichting)
        finally:
            inside.rollback()

    def zaak(self, identificatie: str, zaaktype: str | None = "A", **data: Any) -> int:
        """Insert a zaak with these elements, in the form that `stuf.waarden` describes; gives its id."""
        inhoud = data.pop("inhoud", {})
        row = to_row(ZAK.elementen, {"identificatie": identificatie, **data})
        row["inhoud"] |= inhoud
        zaaktype_ = self.inrichting.zaaktype(zaaktype, None)
        row["zaaktype_id"] = zaaktype_.id if zaaktype_ else None
        self.ids[identificatie] = self._voeg_in("zaak", {naam: row.get(naam) for naam in _COLUMNS})
        return self.ids[identificatie]

    def object(self, code: str, **data: Any) -> int:
        """Insert an object of an entiteittype; a name of an element may have _ for its dot."""
        entiteit = _ENTITEITEN[code]
        echt: Data = {naam.replace("__", "."): waarde for naam, waarde in data.items()}
        row = to_row(entiteit.elementen, echt)
        return self._voeg_in("object", {"entiteittype": code, "sleutel": sleutel(entiteit, echt), **row})

    def relatie(self, zaak: str, naam: str, object_id: int | None, supplement: Data | None = None, **rest: Any) -> None:
        """Insert a relation to an object; `supplement` is what its message said beyond the row of the object."""
        relatie = ZAK.relatie(naam)
        assert relatie is not None
        beeindigd = rest.pop("beeindigd", None)
        row = to_row(relatie.elementen, rest)
        if supplement:
            row["inhoud"][GERELATEERDE] = supplement
        self._voeg_in(
            "zaak_relatie",
            {"zaak_id": self.ids[zaak], "relatie": naam, "object_id": object_id, "beeindigd": beeindigd, **row},
        )

    def status(self, zaak: str, zaaktype: str, volgnummer: int, on: str, **rest: Any) -> None:
        """Insert a status."""
        zaaktype_ = self.inrichting.zaaktype(zaaktype, None)
        assert zaaktype_ is not None
        [statustype] = [soort for soort in zaaktype_.statustypen if soort.volgnummer == volgnummer]
        row = {"laatste": True, "inhoud": {}, **rest}
        self._voeg_in(
            "zaak_status",
            {
                "zaak_id": self.ids[zaak],
                "statustype_id": statustype.id,
                "datum_status_gezet": on,
                "moment": on.ljust(17, "0"),
                **row,
            },
        )

    def link(self, relatie: str, from_: str, to: str, **rest: Any) -> None:
        """Insert a relation between zaken."""
        self._voeg_in(
            "zaak_zaak", {"relatie": relatie, "van_id": self.ids[from_], "naar_id": self.ids[to], "inhoud": {}, **rest}
        )

    def _voeg_in(self, table: str, row: dict[str, Any]) -> int:
        names = ", ".join(row)
        command = text(
            f"INSERT INTO {table} ({names}) SELECT {names}"
            f" FROM jsonb_populate_record(NULL::{table}, CAST(:rij AS jsonb)) RETURNING id"
        )
        return int(self.connection.execute(command, {"rij": orjson.dumps(row).decode()}).scalar_one())

    def hits(self, gelijk: str = "", **question: Any) -> Hits:
        """Ask a question; see `bericht`."""
        return find_hits(
            self.connection, self.inrichting, read_question(element(bericht(gelijk, **question)), self.inrichting)
        )

    def question(self, gelijk: str = "", **question: Any) -> list[str]:
        """Ask a question and give the identificaties of the answer in their order."""
        question.setdefault("maximum", 50)
        return self.names(self.hits(gelijk, **question).ids)

    def fout(self, gelijk: str = "", **question: Any) -> tuple[str, str]:
        """Ask a question that must be refused; code and details."""
        with pytest.raises(StufFout) as error:
            self.hits(gelijk, **question)
        return error.value.code, error.value.details

    def names(self, ids: list[int]) -> list[str]:
        """The identificaties of zaken by id, in the same order."""
        rows = self.connection.execute(text("SELECT id, identificatie FROM zaak WHERE id = ANY(:ids)"), {"ids": ids})
        by_id = {row.id: row.identificatie for row in rows}
        return [by_id[id_] for id_ in ids]


def bericht(
    gelijk: str = "",
    *,
    vanaf: str | None = None,
    until: str | None = None,
    start: str | None = None,
    sortering: int = 0,
    maximum: int | None = None,
    attributes: dict[str, str] | None = None,
    count: bool = False,
) -> str:
    """A zakLv01; `attributes` go on gelijk, vanaf and totEnMet, `start` is the content of <start>."""
    on = attributes or {}
    parts = []
    for naam, inhoud in (("gelijk", gelijk or None), ("vanaf", vanaf), ("totEnMet", until)):
        if inhoud is not None or naam in on:
            parts.append(f'<ZKN:{naam} StUF:entiteittype="ZAK" {on.get(naam, "")}>{inhoud or ""}</ZKN:{naam}>')
    if start is not None:
        parts.append(f"<ZKN:start>{start}</ZKN:start>")
    continuation = (
        f"<StUF:indicatorVervolgvraag>{'true' if start is not None else 'false'}</StUF:indicatorVervolgvraag>"
    )
    counted = "<StUF:indicatorAantal>true</StUF:indicatorAantal>" if count else ""
    out = lv01("", sortering=sortering, maximum=maximum, rest="".join(parts), parameters=continuation)
    return out.replace("</ZKN:parameters>", f"{counted}</ZKN:parameters>")


def begin(inhoud: str, attributes: str = "") -> str:
    """The object in <start>."""
    return f'<ZKN:object StUF:entiteittype="ZAK" {attributes}>{inhoud}</ZKN:object>'


def z(naam: str, waarde: str, attributes: str = "") -> str:
    """An element of the zaak."""
    return f"<ZKN:{naam} {attributes}>{waarde}</ZKN:{naam}>"


def nil(naam: str, soort: str = "geenWaarde") -> str:
    """An element without a value."""
    return f'<ZKN:{naam} xsi:nil="true" StUF:noValue="{soort}"/>'


def with_(relatie: str, gerelateerde: str, rest: str = "") -> str:
    """A relation with criteria for its gerelateerde, and `rest` for itself."""
    return f"<ZKN:{relatie}><ZKN:gerelateerde>{gerelateerde}</ZKN:gerelateerde>{rest}</ZKN:{relatie}>"


@pytest.fixture(scope="module")
def module_engine(module_database_url: str) -> Iterator[Engine]:
    """An engine on the database of this module, with the inrichting of these tests."""
    # The transaction of a module waits while tests with a database of their own run: the server must not end it.
    engine = make_engine(module_database_url, statement_timeout=MODULE_TIMEOUT_S)
    load_inrichting(engine, read_text(INRICHTING, "test"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def inrichting(module_engine: Engine) -> Inrichting:
    """The inrichting of these tests."""
    with module_engine.connect() as connection:
        return read_inrichting(connection)


@pytest.fixture
def magazijn(module_engine: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A magazijn without zaken, of one test alone."""
    with module_engine.connect() as connection:
        yield Magazijn(connection, inrichting)
        connection.rollback()
