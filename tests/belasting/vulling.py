"""Fills a zakenmagazijn with copies of one zaak, in the database itself: a million by the door would take an hour."""

from collections.abc import Iterator
from typing import Final

import psycopg2
from tests.belasting.berichten import bsn
from tests.belasting.sjablonen import ZAAKKOLOMMEN

_PER_KEER: Final = 20_000
_OVERIG: Final = ", ".join(ZAAKKOLOMMEN[1:])
_ZAKEN: Final = f"""
    INSERT INTO zaak (identificatie, {_OVERIG})
    SELECT %(voor)s || lpad(n::text, 8, '0'), {_OVERIG} FROM zaak, generate_series(%(van)s, %(tot)s) n
    WHERE identificatie = %(model)s
"""
_MENSEN: Final = """
    INSERT INTO object (entiteittype, sleutel, identificatie, naam, inhoud)
    SELECT 'NPS', 'bsn:' || b, b, 'Bakker', '{}'::jsonb FROM unnest(%(bsn)s::text[]) b ON CONFLICT DO NOTHING
"""
_RELATIES: Final = """
    INSERT INTO zaak_relatie (zaak_id, relatie, object_id, code, omschrijving, toelichting, inhoud)
    SELECT z.id, r.relatie, coalesce(p.id, r.object_id), r.code, r.omschrijving, r.toelichting, r.inhoud
    FROM generate_series(%(van)s, %(tot)s) n
    JOIN zaak z ON z.identificatie = %(voor)s || lpad(n::text, 8, '0')
    JOIN zaak m ON m.identificatie = %(model)s JOIN zaak_relatie r ON r.zaak_id = m.id
    LEFT JOIN object p ON r.relatie = 'heeftBetrekkingOp' AND p.entiteittype = 'NPS'
        AND p.sleutel = 'bsn:' || (%(bsn)s::text[])[n - %(van)s + 1]
"""
_STATUSSEN: Final = """
    INSERT INTO zaak_status (zaak_id, statustype_id, datum_status_gezet, moment, laatste, toelichting, gezet_door_id,
                             inhoud)
    SELECT z.id, s.statustype_id, s.datum_status_gezet, s.moment, s.laatste, s.toelichting, s.gezet_door_id, s.inhoud
    FROM generate_series(%(van)s, %(tot)s) n
    JOIN zaak z ON z.identificatie = %(voor)s || lpad(n::text, 8, '0')
    JOIN zaak m ON m.identificatie = %(model)s JOIN zaak_status s ON s.zaak_id = m.id
"""


def vul(url: str, model: str, aantal: int, voor: str, mensen_vanaf: int | None) -> Iterator[int]:
    """Copy zaak `model` until there are `aantal` more, whose numbers start with `voor`; yields how far it is.

    With `mensen_vanaf` each copy has a client of its own (numbers of `bsn` from there), else those of the model.
    """
    verbinding = psycopg2.connect(url)
    try:
        for van in range(1, aantal + 1, _PER_KEER):
            tot = min(van + _PER_KEER - 1, aantal)
            mensen = [] if mensen_vanaf is None else [bsn(mensen_vanaf + nummer) for nummer in range(van, tot + 1)]
            waarden = {"voor": voor, "van": van, "tot": tot, "model": model, "bsn": mensen}
            with verbinding, verbinding.cursor() as cursor:
                for opdracht in (_ZAKEN, _MENSEN, _RELATIES, _STATUSSEN):
                    cursor.execute(opdracht, waarden)
            yield tot
        verbinding.autocommit = True
        with verbinding.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    finally:
        verbinding.close()
