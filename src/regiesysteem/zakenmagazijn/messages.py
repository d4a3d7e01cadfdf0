"""Queries on the messages: store one, find the earlier one, keep its answer, draw a number, empty the old ones."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from regiesysteem.db import Sql, in_batches

TELLS: Final = "geefZaakdocumentbewerken_Di02"
"""The only operation whose stored answer has data of a document."""


END_READING: Final = "RELEASE SAVEPOINT vraag"
"""The command that ends the part of a transaction in which the database refuses to write."""


@dataclass(frozen=True)
class NewBericht:
    """A message to store; ``zender`` is organisatie, applicatie and administratie.

    ``persoon`` is who made it on a page, "" for a message of an applicatie.
    """

    zender: tuple[str, str, str]
    referentienummer: str
    dienst: str
    ontvangen_op: datetime
    tijdstip_bericht: str
    digest: bytes
    inhoud: bytes
    antwoord: bytes
    persoon: str = ""


@dataclass(frozen=True)
class EarlierBericht:
    """The part of the first message with this sender and referentienummer that the duplicate rule needs."""

    digest: bytes
    antwoord: bytes


# Waits for a twin that is under way: when the twin commits this one conflicts, when it rolls back this one continues.
_SAVE = Sql("""
    WITH nieuw AS (
        INSERT INTO bericht (zender_organisatie, zender_applicatie, zender_administratie, referentienummer, dienst,
                             ontvangen_op, tijdstip_bericht, digest, inhoud, antwoord, persoon)
        VALUES (:organisatie, :applicatie, :administratie, :referentienummer, :dienst,
                :ontvangen_op, :tijdstip_bericht, :digest, :inhoud, :antwoord, :persoon)
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT stand.versie, nieuw.id FROM inrichting_stand AS stand LEFT JOIN nieuw ON true
""")

_FIND_EARLIER = Sql("""
    SELECT digest, antwoord FROM bericht
    WHERE zender_organisatie = :organisatie AND zender_applicatie = :applicatie
      AND zender_administratie = :administratie AND referentienummer = :referentienummer
      AND referentienummer <> '' AND zender_applicatie <> ''
""")

_SAVE_ANSWER = Sql("UPDATE bericht SET antwoord = :antwoord WHERE id = :id")

# One round trip. The savepoint ends the part, and then the transaction may write: PostgreSQL has no other way back from
# READ ONLY.
_BEGIN_READING = "SAVEPOINT vraag; SET TRANSACTION READ ONLY; SELECT versie FROM inrichting_stand"
_READ_VERSIE = Sql("SELECT versie FROM inrichting_stand")

# One number as a rule; more when a sender brought numbers of its own that the sequence has yet to reach.
_DRAW = """
    WITH kandidaat AS MATERIALIZED (
        SELECT :voorvoegsel || lpad(nextval('{reeks}')::text, 10, '0') AS identificatie
        FROM generate_series(1, :aantal)
    )
    SELECT identificatie FROM kandidaat
    WHERE NOT EXISTS (SELECT FROM {bezet})
    LIMIT 1
"""
_IN = "{tabel} bezet WHERE bezet.identificatie = kandidaat.identificatie"
_DRAW_ZAAK = Sql(_DRAW.format(reeks="zaakidentificatie_seq", bezet=_IN.format(tabel="zaak")))
_DRAW_DOCUMENT = Sql(_DRAW.format(reeks="documentidentificatie_seq", bezet=_IN.format(tabel="document")))
_BESLUIT = "object bezet WHERE bezet.sleutel = 'besluit:' || kandidaat.identificatie AND bezet.entiteittype = 'BSL'"
_DRAW_BESLUIT = Sql(_DRAW.format(reeks="besluitidentificatie_seq", bezet=_BESLUIT))

_MAKE_EMPTY = Sql("""
    UPDATE bericht SET inhoud = NULL, antwoord = CASE WHEN dienst = :vertelt THEN '' ELSE antwoord END
    WHERE id IN (
        SELECT id FROM bericht WHERE ontvangen_op < :grens AND inhoud IS NOT NULL
        ORDER BY ontvangen_op LIMIT :aantal FOR UPDATE SKIP LOCKED)
    -- the body of old messages, and the answer that tells of a document, a batch at a time
""")
_ROWS: Final = 5000


def save_bericht(connection: Connection, bericht: NewBericht) -> tuple[int, int | None]:
    """Store a message and read the versie of the inrichting, in one round trip.

    Gives the versie and the id of the row; the id is None when sender and referentienummer were there already.
    """
    row = _SAVE.run(
        connection,
        _sleutel(bericht.zender, bericht.referentienummer)
        | {
            "dienst": bericht.dienst,
            "ontvangen_op": bericht.ontvangen_op,
            "tijdstip_bericht": bericht.tijdstip_bericht,
            "digest": bericht.digest,
            "inhoud": bericht.inhoud,
            "antwoord": bericht.antwoord,
            "persoon": bericht.persoon,
        },
    ).one()
    return row.versie, row.id


def find_earlier_bericht(
    connection: Connection, zender: tuple[str, str, str], referentienummer: str
) -> EarlierBericht | None:
    """Find the message with this sender and referentienummer."""
    row = _FIND_EARLIER.run(connection, _sleutel(zender, referentienummer)).one_or_none()
    return EarlierBericht(bytes(row.digest), bytes(row.antwoord)) if row else None


def save_answer(connection: Connection, bericht_id: int, answer: bytes) -> None:
    """Keep the answer that was made after the message was stored."""
    _SAVE_ANSWER.run(connection, {"id": bericht_id, "antwoord": answer})


def begin_reading(connection: Connection) -> int:
    """Begin the part of a transaction in which the database refuses to write, and read the versie of the inrichting.

    END_READING ends the part; the snapshot of the transaction stays the same.
    """
    versie: int = connection.exec_driver_sql(_BEGIN_READING).scalar_one()
    return versie


def read_inrichting_versie(connection: Connection) -> int:
    """Read the versie of the inrichting that holds."""
    return int(_READ_VERSIE.run(connection).scalar_one())


def draw_zaakidentificatie(connection: Connection, gemeentecode: str) -> str:
    """Draw a zaakidentificatie that was never given out and that no zaak has: gemeentecode and ten digits."""
    return _draw(connection, _DRAW_ZAAK, gemeentecode)


def draw_documentidentificatie(connection: Connection, gemeentecode: str) -> str:
    """Draw a documentidentificatie that was never given out and that no document has, of the same form."""
    return _draw(connection, _DRAW_DOCUMENT, gemeentecode)


def draw_besluitidentificatie(connection: Connection, gemeentecode: str) -> str:
    """Draw a besluitidentificatie that was never given out and that no besluit has, of the same form."""
    return _draw(connection, _DRAW_BESLUIT, gemeentecode)


def clean_up_berichten(engine: Engine, keep_dagen: int) -> int:
    """Remove the body of messages older than so many days, in batches, and give their number; key and digest stay.

    The answer stays too when it is an acknowledgement or a number; one with data of a document may name people, and
    goes.
    """
    bound = datetime.now(UTC) - timedelta(days=keep_dagen)
    return in_batches(engine, _MAKE_EMPTY, {"grens": bound, "vertelt": TELLS}, _ROWS)


def _draw(connection: Connection, command: Sql, gemeentecode: str) -> str:
    count = 1
    while True:
        drawn = command.run(connection, {"voorvoegsel": gemeentecode, "aantal": count})
        identificatie = drawn.scalar_one_or_none()
        if identificatie is not None:
            return str(identificatie)
        count = min(count * 10, 10_000)


def _sleutel(zender: tuple[str, str, str], referentienummer: str) -> dict[str, object]:
    organisatie, applicatie, administratie = zender
    return {
        "organisatie": organisatie,
        "applicatie": applicatie,
        "administratie": administratie,
        "referentienummer": referentienummer,
    }
