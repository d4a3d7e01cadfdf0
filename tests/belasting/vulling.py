"""Fills a zakenmagazijn with COPY: gezinsplannen with two clients, a regisseur and two statuses each."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class
from tests.belasting import berichten

ZAKEN_PER_CLIENT: Final = 2
CLIENT_WITH_MANY: Final = 9_500_000
"""Number of the person (see `berichten.bsn`) who has as many zaken as fit in an answer."""
MANY: Final = 1000

_MEDEWERKERS: Final = 500
_PER_KEER: Final = 20_000
_EMPTY: Final = {"@noValue": "geenWaarde"}
_ADRES: Final = {
    "aoa.identificatie": _EMPTY,
    "wpl.woonplaatsNaam": "Bolsward",
    "gor.straatnaam": "Kerkstraat",
    "aoa.postcode": "8701HP",
    "aoa.huisnummer": "1",
    "aoa.huisletter": _EMPTY,
    "aoa.huisnummertoevoeging": _EMPTY,
}
_PERSOON: Final = json.dumps(
    {
        "authentiek": {"_": "J", "@metagegeven": "true"},
        "voorvoegselGeslachtsnaam": _EMPTY,
        "voorletters": "A",
        "voornamen": "Anna",
        "geslachtsaanduiding": "V",
        "geboortedatum": "19800229",
        "verblijfsadres": _ADRES,
    }
)
_MEDEWERKER: Final = json.dumps({"voorletters": _EMPTY})

Row = Iterable[object]


@dataclass(frozen=True)
class File:
    """The content of a database before filling: ids to go on from, and the zaaktype with its first two statustypen."""

    zaak: int
    object_: int
    zaaktype: int
    statustypen: tuple[int, int]


def fill(url: str, zaken: int, report: Callable[[int], object]) -> None:
    """Put `zaken` zaken in the database, and one client with VEEL more; `report` hears how many more are in.

    The URL is that of a superuser: COPY goes without checking foreign keys row by row. Client k has number
    3 * k of `berichten.bsn` and ZAKEN_PER_CLIENT zaken.
    """
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        file = _file(cursor)
        clienten = -(-zaken // ZAKEN_PER_CLIENT)
        _copy(cursor, "object", _OBJECT, _mensen(file, clienten))
        for first in range(0, zaken, _PER_KEER):
            numbers = range(first, min(first + _PER_KEER, zaken))
            _zaken(cursor, file, numbers, lambda number: number // ZAKEN_PER_CLIENT)
            connection.commit()
            report(len(numbers))
        _zaken(cursor, file, range(zaken, zaken + MANY), lambda _: clienten)
        for table in ("object", "zaak", "zaak_relatie", "zaak_status"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        connection.commit()
        connection.autocommit = True
        # As a database that has been in use: statistics known, pages marked, on disk.
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


_OBJECT: Final = ("id", "entiteittype", "sleutel", "identificatie", "naam", "inhoud")
_ZAAK: Final = (
    "id", "identificatie", "zaaktype_id", "omschrijving", "startdatum", "registratiedatum", "zaakniveau",
    "deelzaken_indicatie",
)  # fmt: skip
_RELATIE: Final = ("zaak_id", "relatie", "object_id", "omschrijving")
_STATUS: Final = ("zaak_id", "statustype_id", "datum_status_gezet", "moment", "laatste")


def _file(cursor: Cursor) -> File:
    zaak = _waarde(cursor, "SELECT coalesce(max(id), 0) FROM zaak")
    object_ = _waarde(cursor, "SELECT coalesce(max(id), 0) FROM object")
    zaaktype = _waarde(cursor, "SELECT id FROM zaaktype WHERE code = %s", berichten.GEZINSPLAN)
    cursor.execute("SELECT id FROM statustype WHERE zaaktype_id = %s ORDER BY volgnummer LIMIT 2", (zaaktype,))
    [[first], [second]] = cursor.fetchall()
    return File(zaak, object_, zaaktype, (first, second))


def _waarde(cursor: Cursor, question: str, *parameters: object) -> Any:
    cursor.execute(question, parameters)
    [[waarde]] = cursor.fetchall()
    return waarde


def _mensen(file: File, clienten: int) -> Iterator[Row]:
    """First the medewerkers, then the clients, then the client with many zaken."""
    for number in range(_MEDEWERKERS):
        naam = f"vulling{number:04d}"
        yield file.object_ + 1 + number, "MDW", f"medewerker:{naam}", naam, "G. Bruiker", _MEDEWERKER
    for place in range(clienten + 1):
        number = place * berichten.PERSONEN if place < clienten else CLIENT_WITH_MANY
        bsn = berichten.bsn(number)
        yield file.object_ + 1 + _MEDEWERKERS + place, "NPS", f"bsn:{bsn}", bsn, "Bakker", _PERSOON


def _zaken(cursor: Cursor, file: File, numbers: range, client: Callable[[int], int]) -> None:
    mens = file.object_ + 1
    first = file.zaak + 1

    def relaties() -> Iterator[Row]:
        for number in numbers:
            zaak, other = first + number, mens + _MEDEWERKERS + number // ZAKEN_PER_CLIENT // 2
            yield zaak, "heeftBetrekkingOp", mens + _MEDEWERKERS + client(number), "Client"
            yield zaak, "heeftAlsBelanghebbende", other, r"\N"
            yield zaak, "heeftAlsInitiator", mens + number % _MEDEWERKERS, r"\N"

    def statussen() -> Iterator[Row]:
        for number in numbers:
            for which, day in enumerate(("20250301", "20250315")):
                yield first + number, file.statustypen[which], f"{day}101500", f"{day}101500000", "ft"[which]

    _copy(cursor, "zaak", _ZAAK, (_zaak(first + n, berichten.zaaknummer("vul", n), file, n) for n in numbers))
    _copy(cursor, "zaak_relatie", _RELATIE, relaties())
    _copy(cursor, "zaak_status", _STATUS, statussen())


def _zaak(zaak: int, identificatie: str, file: File, number: int) -> Row:
    day = f"20{20 + number % 6}{number % 12 + 1:02d}{number % 28 + 1:02d}"
    return zaak, identificatie, file.zaaktype, f"Gezinsplan {number % 997}", day, day, "1", "N"


def _copy(cursor: Cursor, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(text))
