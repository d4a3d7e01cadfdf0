"""A small world for the tests of routing: an inrichting, and zaken put straight into the tables."""

from typing import Any

from sqlalchemy import Connection, Engine, text

from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text

BSN = "123456782"
TOML = """
[gemeente]
code = "1900"
naam = "Voorbeeldgemeente"
[[applicatie]]
naam = "GWS4all"
adres = "http://127.0.0.1:9/gws"
[[applicatie]]
naam = "WmoVoorziening"
adres = "http://127.0.0.1:9/wmo"
[[applicatie]]
naam = "Leerlingvervoer"
adres = "http://127.0.0.1:9/stuf"
[[zaaktype]]
code = "GP"
omschrijving = "Gezinsplan"
soort = "gezinsplan"
[[zaaktype]]
code = "LDP"
omschrijving = "Levensdomeinplan"
soort = "levensdomeinplan"
[[zaaktype]]
code = "WMO"
omschrijving = "Aanvraag Wmo"
soort = "deelplan"
status = [
  { volgnummer = 1, code = "Ontv", omschrijving = "Ontvangen" },
  { volgnummer = 2, code = "Afgeh", omschrijving = "Afgehandeld", eindstatus = true },
]
[[zaaktype]]
code = "VERVOER"
omschrijving = "Leerlingvervoer"
soort = "deelplan"
[[zaaktype]]
code = "OVERIG"
omschrijving = "Iets anders"
soort = "overig"
"""


def load(engine: Engine, regels: str = "", toml: str = TOML) -> Inrichting:
    """Load the inrichting with these rules after it, and give it."""
    load_inrichting(engine, read_text(toml + regels, "test.toml"))
    with engine.connect() as connection:
        return read_inrichting(connection)


def zaak(connection: Connection, identificatie: str, zaaktype: str | None = "WMO") -> int:
    """Register a zaak."""
    question = """
        INSERT INTO zaak (identificatie, zaaktype_id)
        VALUES (:identificatie, (SELECT id FROM zaaktype WHERE code = :zaaktype)) RETURNING id
    """
    waarden = {"identificatie": identificatie, "zaaktype": zaaktype}
    return int(connection.execute(text(question), waarden).scalar_one())


def link(
    connection: Connection, from_: int, to: int, relatie: str = "heeftBetrekkingOpAndere", end: str | None = None
) -> None:
    """Relate two zaken."""
    question = "INSERT INTO zaak_zaak (relatie, van_id, naar_id, beeindigd) VALUES (:relatie, :van, :naar, :einde)"
    connection.execute(text(question), {"relatie": relatie, "van": from_, "naar": to, "einde": end})


def betrek(
    connection: Connection, zaak_id: int, number: str, entiteittype: str = "NPS", end: str | None = None, **rest: Any
) -> None:
    """Give a zaak a betrokkene; `rest` are the other elements of the object."""
    question = """
        WITH wie AS (
            INSERT INTO object (entiteittype, identificatie, inhoud)
            VALUES (:entiteittype, nullif(:nummer, ''), CAST(:inhoud AS jsonb)) RETURNING id)
        INSERT INTO zaak_relatie (zaak_id, relatie, object_id, beeindigd)
        SELECT :zaak_id, 'heeftAlsBelanghebbende', id, :einde FROM wie
    """
    inhoud = "{" + ", ".join(f'"{naam.replace("_", ".")}": "{waarde}"' for naam, waarde in rest.items()) + "}"
    waarden = {"zaak_id": zaak_id, "nummer": number, "entiteittype": entiteittype, "einde": end, "inhoud": inhoud}
    connection.execute(text(question), waarden)


def set_status(connection: Connection, zaak_id: int, volgnummer: int) -> None:
    """Give a zaak its last status."""
    question = """
        INSERT INTO zaak_status (zaak_id, statustype_id, datum_status_gezet, moment, laatste)
        SELECT z.id, t.id, '20260101', '20260101', true FROM zaak z JOIN statustype t USING (zaaktype_id)
        WHERE z.id = :zaak_id AND t.volgnummer = :volgnummer
    """
    connection.execute(text(question), {"zaak_id": zaak_id, "volgnummer": volgnummer})


def indiceer(connection: Connection, zaak_id: int, applicatie: str, actie: str = "") -> None:
    """Give an applicatie an afnemersindicatie on a zaak."""
    question = (
        "INSERT INTO afnemersindicatie (zaak_id, applicatie, verwachte_actie) VALUES (:zaak_id, :applicatie, :actie)"
    )
    connection.execute(text(question), {"zaak_id": zaak_id, "applicatie": applicatie, "actie": actie})
