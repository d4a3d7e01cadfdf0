"""Queries on the messages: store one under the duplicate rule, find the earlier one, keep its answer, draw a number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from regiesysteem.db import Sql


@dataclass(frozen=True)
class NieuwBericht:
    """A message to store; ``zender`` is organisatie, applicatie and administratie."""

    zender: tuple[str, str, str]
    referentienummer: str
    dienst: str
    ontvangen_op: datetime
    tijdstip_bericht: str
    digest: bytes
    inhoud: bytes
    antwoord: bytes


@dataclass(frozen=True)
class EerderBericht:
    """The part of the first message with this sender and referentienummer that the duplicate rule needs."""

    digest: bytes
    antwoord: bytes


# Waits for a twin that is under way: when the twin commits this one conflicts, when it rolls back this one continues.
_SLA_OP = Sql("""
    WITH nieuw AS (
        INSERT INTO bericht (zender_organisatie, zender_applicatie, zender_administratie, referentienummer, dienst,
                             ontvangen_op, tijdstip_bericht, digest, inhoud, antwoord)
        VALUES (:organisatie, :applicatie, :administratie, :referentienummer, :dienst,
                :ontvangen_op, :tijdstip_bericht, :digest, :inhoud, :antwoord)
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT stand.versie, nieuw.id FROM inrichting_stand AS stand LEFT JOIN nieuw ON true
""")

_VIND_EERDER = Sql("""
    SELECT digest, antwoord FROM bericht
    WHERE zender_organisatie = :organisatie AND zender_applicatie = :applicatie
      AND zender_administratie = :administratie AND referentienummer = :referentienummer
      AND referentienummer <> '' AND zender_applicatie <> ''
""")

_BEWAAR_ANTWOORD = Sql("UPDATE bericht SET antwoord = :antwoord WHERE id = :id")

_LEES_VERSIE = Sql("SELECT versie FROM inrichting_stand")

# One number as a rule; more when a sender brought numbers of its own that the sequence has yet to reach.
_TREK = """
    WITH kandidaat AS MATERIALIZED (
        SELECT :voorvoegsel || lpad(nextval('{reeks}')::text, 10, '0') AS identificatie
        FROM generate_series(1, :aantal)
    )
    SELECT identificatie FROM kandidaat
    WHERE NOT EXISTS (SELECT FROM {tabel} bezet WHERE bezet.identificatie = kandidaat.identificatie)
    LIMIT 1
"""
_TREK_ZAAK = Sql(_TREK.format(reeks="zaakidentificatie_seq", tabel="zaak"))
_TREK_DOCUMENT = Sql(_TREK.format(reeks="documentidentificatie_seq", tabel="document"))


def sla_bericht_op(verbinding: Connection, bericht: NieuwBericht) -> tuple[int, int | None]:
    """Store a message and read the versie of the inrichting, in one round trip.

    Gives the versie and the id of the row; the id is None when sender and referentienummer were there already.
    """
    rij = _SLA_OP.voer_uit(
        verbinding,
        _sleutel(bericht.zender, bericht.referentienummer)
        | {
            "dienst": bericht.dienst,
            "ontvangen_op": bericht.ontvangen_op,
            "tijdstip_bericht": bericht.tijdstip_bericht,
            "digest": bericht.digest,
            "inhoud": bericht.inhoud,
            "antwoord": bericht.antwoord,
        },
    ).one()
    return rij.versie, rij.id


def vind_eerder_bericht(
    verbinding: Connection, zender: tuple[str, str, str], referentienummer: str
) -> EerderBericht | None:
    """Find the message with this sender and referentienummer."""
    rij = _VIND_EERDER.voer_uit(verbinding, _sleutel(zender, referentienummer)).one_or_none()
    return EerderBericht(bytes(rij.digest), bytes(rij.antwoord)) if rij else None


def bewaar_antwoord(verbinding: Connection, bericht_id: int, antwoord: bytes) -> None:
    """Keep the answer that was made after the message was stored."""
    _BEWAAR_ANTWOORD.voer_uit(verbinding, {"id": bericht_id, "antwoord": antwoord})


def lees_inrichting_versie(verbinding: Connection) -> int:
    """Read the versie of the inrichting that holds."""
    return int(_LEES_VERSIE.voer_uit(verbinding).scalar_one())


def trek_zaakidentificatie(verbinding: Connection, gemeentecode: str) -> str:
    """Draw a zaakidentificatie that was never given out and that no zaak has: gemeentecode and ten digits."""
    return _trek(verbinding, _TREK_ZAAK, gemeentecode)


def trek_documentidentificatie(verbinding: Connection, gemeentecode: str) -> str:
    """Draw a documentidentificatie that was never given out and that no document has, of the same form."""
    return _trek(verbinding, _TREK_DOCUMENT, gemeentecode)


def _trek(verbinding: Connection, opdracht: Sql, gemeentecode: str) -> str:
    aantal = 1
    while True:
        getrokken = opdracht.voer_uit(verbinding, {"voorvoegsel": gemeentecode, "aantal": aantal})
        identificatie = getrokken.scalar_one_or_none()
        if identificatie is not None:
            return str(identificatie)
        aantal = min(aantal * 10, 10_000)


def _sleutel(zender: tuple[str, str, str], referentienummer: str) -> dict[str, object]:
    organisatie, applicatie, administratie = zender
    return {
        "organisatie": organisatie,
        "applicatie": applicatie,
        "administratie": administratie,
        "referentienummer": referentienummer,
    }
