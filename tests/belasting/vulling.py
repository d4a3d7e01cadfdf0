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
CLIENT_MET_VEEL: Final = 9_500_000
"""Number of the person (see `berichten.bsn`) who has as many zaken as fit in an answer."""
VEEL: Final = 1000

_MEDEWERKERS: Final = 500
_PER_KEER: Final = 20_000
_LEEG: Final = {"@noValue": "geenWaarde"}
_ADRES: Final = {
    "aoa.identificatie": _LEEG,
    "wpl.woonplaatsNaam": "Bolsward",
    "gor.straatnaam": "Kerkstraat",
    "aoa.postcode": "8701HP",
    "aoa.huisnummer": "1",
    "aoa.huisletter": _LEEG,
    "aoa.huisnummertoevoeging": _LEEG,
}
_PERSOON: Final = json.dumps(
    {
        "authentiek": {"_": "J", "@metagegeven": "true"},
        "voorvoegselGeslachtsnaam": _LEEG,
        "voorletters": "A",
        "voornamen": "Anna",
        "geslachtsaanduiding": "V",
        "geboortedatum": "19800229",
        "verblijfsadres": _ADRES,
    }
)
_MEDEWERKER: Final = json.dumps({"voorletters": _LEEG})

Rij = Iterable[object]


@dataclass(frozen=True)
class Bestand:
    """What is in a database before filling: ids to go on from, and the zaaktype with its first two statustypen."""

    zaak: int
    object_: int
    zaaktype: int
    statustypen: tuple[int, int]


def vul(url: str, zaken: int, meld: Callable[[int], object]) -> None:
    """Put `zaken` zaken in the database, and one client with VEEL more; `meld` hears how many more are in.

    The URL is that of a superuser: COPY goes without checking foreign keys row by row. Client k has number
    3 * k of `berichten.bsn` and ZAKEN_PER_CLIENT zaken.
    """
    with closing(psycopg2.connect(url)) as verbinding, verbinding.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        bestand = _bestand(cursor)
        clienten = -(-zaken // ZAKEN_PER_CLIENT)
        _kopieer(cursor, "object", _OBJECT, _mensen(bestand, clienten))
        for eerste in range(0, zaken, _PER_KEER):
            nummers = range(eerste, min(eerste + _PER_KEER, zaken))
            _zaken(cursor, bestand, nummers, lambda nummer: nummer // ZAKEN_PER_CLIENT)
            verbinding.commit()
            meld(len(nummers))
        _zaken(cursor, bestand, range(zaken, zaken + VEEL), lambda _: clienten)
        for tabel in ("object", "zaak", "zaak_relatie", "zaak_status"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{tabel}', 'id'), (SELECT max(id) FROM {tabel}))")
        verbinding.commit()
        verbinding.autocommit = True
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


def _bestand(cursor: Cursor) -> Bestand:
    zaak = _waarde(cursor, "SELECT coalesce(max(id), 0) FROM zaak")
    object_ = _waarde(cursor, "SELECT coalesce(max(id), 0) FROM object")
    zaaktype = _waarde(cursor, "SELECT id FROM zaaktype WHERE code = %s", berichten.GEZINSPLAN)
    cursor.execute("SELECT id FROM statustype WHERE zaaktype_id = %s ORDER BY volgnummer LIMIT 2", (zaaktype,))
    [[eerste], [tweede]] = cursor.fetchall()
    return Bestand(zaak, object_, zaaktype, (eerste, tweede))


def _waarde(cursor: Cursor, vraag: str, *parameters: object) -> Any:
    cursor.execute(vraag, parameters)
    [[waarde]] = cursor.fetchall()
    return waarde


def _mensen(bestand: Bestand, clienten: int) -> Iterator[Rij]:
    """First the medewerkers, then the clients, then the client with many zaken."""
    for nummer in range(_MEDEWERKERS):
        naam = f"vulling{nummer:04d}"
        yield bestand.object_ + 1 + nummer, "MDW", f"medewerker:{naam}", naam, "G. Bruiker", _MEDEWERKER
    for plaats in range(clienten + 1):
        nummer = plaats * berichten.PERSONEN if plaats < clienten else CLIENT_MET_VEEL
        bsn = berichten.bsn(nummer)
        yield bestand.object_ + 1 + _MEDEWERKERS + plaats, "NPS", f"bsn:{bsn}", bsn, "Bakker", _PERSOON


def _zaken(cursor: Cursor, bestand: Bestand, nummers: range, client: Callable[[int], int]) -> None:
    mens = bestand.object_ + 1
    eerste = bestand.zaak + 1

    def relaties() -> Iterator[Rij]:
        for nummer in nummers:
            zaak, ander = eerste + nummer, mens + _MEDEWERKERS + nummer // ZAKEN_PER_CLIENT // 2
            yield zaak, "heeftBetrekkingOp", mens + _MEDEWERKERS + client(nummer), "Client"
            yield zaak, "heeftAlsBelanghebbende", ander, r"\N"
            yield zaak, "heeftAlsInitiator", mens + nummer % _MEDEWERKERS, r"\N"

    def statussen() -> Iterator[Rij]:
        for nummer in nummers:
            for welke, dag in enumerate(("20250301", "20250315")):
                yield eerste + nummer, bestand.statustypen[welke], f"{dag}101500", f"{dag}101500000", "ft"[welke]

    _kopieer(cursor, "zaak", _ZAAK, (_zaak(eerste + n, berichten.zaaknummer("vul", n), bestand, n) for n in nummers))
    _kopieer(cursor, "zaak_relatie", _RELATIE, relaties())
    _kopieer(cursor, "zaak_status", _STATUS, statussen())


def _zaak(zaak: int, identificatie: str, bestand: Bestand, nummer: int) -> Rij:
    dag = f"20{20 + nummer % 6}{nummer % 12 + 1:02d}{nummer % 28 + 1:02d}"
    return zaak, identificatie, bestand.zaaktype, f"Gezinsplan {nummer % 997}", dag, dag, "1", "N"


def _kopieer(cursor: Cursor, tabel: str, kolommen: tuple[str, ...], rijen: Iterable[Rij]) -> None:
    tekst = "".join("\t".join(map(str, rij)) + "\n" for rij in rijen)
    cursor.copy_expert(f"COPY {tabel} ({', '.join(kolommen)}) FROM STDIN", io.StringIO(tekst))
