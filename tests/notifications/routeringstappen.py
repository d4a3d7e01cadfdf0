"""A small world for the tests of routing: an inrichting, and zaken put straight into the tables."""

from typing import Any

from sqlalchemy import Connection, Engine, text

from regiesysteem.inrichting.current import Inrichting, lees_inrichting
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst

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


def laad(engine: Engine, regels: str = "", toml: str = TOML) -> Inrichting:
    """Load the inrichting with these rules after it, and give it."""
    laad_inrichting(engine, lees_tekst(toml + regels, "test.toml"))
    with engine.connect() as verbinding:
        return lees_inrichting(verbinding)


def zaak(verbinding: Connection, identificatie: str, zaaktype: str | None = "WMO") -> int:
    """Register a zaak."""
    vraag = """
        INSERT INTO zaak (identificatie, zaaktype_id)
        VALUES (:identificatie, (SELECT id FROM zaaktype WHERE code = :zaaktype)) RETURNING id
    """
    waarden = {"identificatie": identificatie, "zaaktype": zaaktype}
    return int(verbinding.execute(text(vraag), waarden).scalar_one())


def koppel(
    verbinding: Connection, van: int, naar: int, relatie: str = "heeftBetrekkingOpAndere", einde: str | None = None
) -> None:
    """Relate two zaken."""
    vraag = "INSERT INTO zaak_zaak (relatie, van_id, naar_id, beeindigd) VALUES (:relatie, :van, :naar, :einde)"
    verbinding.execute(text(vraag), {"relatie": relatie, "van": van, "naar": naar, "einde": einde})


def betrek(
    verbinding: Connection, zaak_id: int, nummer: str, entiteittype: str = "NPS", einde: str | None = None, **rest: Any
) -> None:
    """Give a zaak a betrokkene; `rest` are the other elements of the object."""
    vraag = """
        WITH wie AS (
            INSERT INTO object (entiteittype, identificatie, inhoud)
            VALUES (:entiteittype, nullif(:nummer, ''), CAST(:inhoud AS jsonb)) RETURNING id)
        INSERT INTO zaak_relatie (zaak_id, relatie, object_id, beeindigd)
        SELECT :zaak_id, 'heeftAlsBelanghebbende', id, :einde FROM wie
    """
    inhoud = "{" + ", ".join(f'"{naam.replace("_", ".")}": "{waarde}"' for naam, waarde in rest.items()) + "}"
    waarden = {"zaak_id": zaak_id, "nummer": nummer, "entiteittype": entiteittype, "einde": einde, "inhoud": inhoud}
    verbinding.execute(text(vraag), waarden)


def zet_status(verbinding: Connection, zaak_id: int, volgnummer: int) -> None:
    """Give a zaak its last status."""
    vraag = """
        INSERT INTO zaak_status (zaak_id, statustype_id, datum_status_gezet, moment, laatste)
        SELECT z.id, t.id, '20260101', '20260101', true FROM zaak z JOIN statustype t USING (zaaktype_id)
        WHERE z.id = :zaak_id AND t.volgnummer = :volgnummer
    """
    verbinding.execute(text(vraag), {"zaak_id": zaak_id, "volgnummer": volgnummer})


def indiceer(verbinding: Connection, zaak_id: int, applicatie: str, actie: str = "") -> None:
    """Give an applicatie an afnemersindicatie on a zaak."""
    vraag = (
        "INSERT INTO afnemersindicatie (zaak_id, applicatie, verwachte_actie) VALUES (:zaak_id, :applicatie, :actie)"
    )
    verbinding.execute(text(vraag), {"zaak_id": zaak_id, "applicatie": applicatie, "actie": actie})
