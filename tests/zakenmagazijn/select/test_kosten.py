"""The cost of a question: how many statements, and which plan they have in a magazijn that is not small."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, event, text
from tests.berichten.bouw import NO
from tests.zakenmagazijn.select.conftest import Magazijn, begin, nil, with_, z

from regiesysteem.db import count_statements
from regiesysteem.inrichting.current import Inrichting

ZAKEN = 20_000
BSN = "000000127"

_FILL = f"""
    INSERT INTO object (entiteittype, sleutel, identificatie, naam)
    SELECT 'NPS', 'bsn:' || lpad(n::text, 9, '0'), lpad(n::text, 9, '0'), 'Naam' || n % 500
    FROM generate_series(1, {ZAKEN // 4}) n;
    INSERT INTO zaak (identificatie, zaaktype_id, omschrijving, startdatum, einddatum, inhoud)
    SELECT 'z' || lpad((n * 7919 % {ZAKEN})::text, 6, '0'), (SELECT min(id) FROM zaaktype) + n % 3, 'Zaak ' || n % 400,
           to_char(date '2020-01-01' + n % 2000, 'YYYYMMDD'),
           CASE WHEN n % 20 <> 0 THEN to_char(date '2020-03-01' + n % 2000, 'YYYYMMDD') END,
           jsonb_build_object('kenmerk', jsonb_build_array(jsonb_build_object('kenmerk', 'K' || n, 'bron', 'GWS')))
    FROM generate_series(1, {ZAKEN}) n;
    INSERT INTO zaak_relatie (zaak_id, relatie, object_id)
    SELECT z.id, r.relatie, (SELECT min(id) FROM object) + z.id % {ZAKEN // 4}
    FROM zaak z, (VALUES ('heeftAlsInitiator'), ('heeftBetrekkingOp')) r (relatie);
    INSERT INTO zaak_status (zaak_id, statustype_id, datum_status_gezet, moment, laatste)
    SELECT z.id, (SELECT min(id) FROM statustype), z.startdatum, rpad(z.startdatum, 17, '0'), true FROM zaak z;
    INSERT INTO zaak_zaak (relatie, van_id, naar_id) SELECT 'heeftAlsDeelzaak', id, id + 1 FROM zaak
    WHERE id % 5 = 0 AND id < (SELECT max(id) FROM zaak);
    ANALYZE object, zaak, zaak_relatie, zaak_status, zaak_zaak;
"""


@pytest.fixture(scope="module")
def full(module_engine: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A magazijn with thousands of zaken, its statistics up to date."""
    with module_engine.connect() as connection:
        connection.execute(text(_FILL))
        yield Magazijn(connection, inrichting)
        connection.rollback()


def _gestuurd(connection: Connection, do: Callable[[], object]) -> list[tuple[str, object]]:
    """The statements, with their parameters, that something sends."""
    seen: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, command: str, parameters: object, *_rest: object) -> None:
        seen.append((command, parameters))

    event.listen(connection, "before_cursor_execute", note)
    do()
    event.remove(connection, "before_cursor_execute", note)
    return seen


def _plan(connection: Connection, do: Callable[[], object]) -> str:
    [(command, parameters)] = _gestuurd(connection, do)
    regels = connection.exec_driver_sql(f"EXPLAIN {command}", parameters)  # type: ignore[arg-type]
    return "\n".join(regel[0] for regel in regels)


WHO = with_("heeftAlsInitiator", z("identificatie", "11" + BSN))
SINCE = "<StUF:tijdstipRegistratie>20990101</StUF:tijdstipRegistratie>"
UNTIL_NOW = f"<StUF:tijdstipRegistratie {NO}/>"
NPS = f"<ZKN:natuurlijkPersoon><BG:inp.bsn>{BSN}</BG:inp.bsn></ZKN:natuurlijkPersoon>"


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ({"gelijk": WHO}, "uq_object_sleutel_entiteittype"),
        ({"gelijk": with_("heeftAlsInitiator", z("identificatie", BSN))}, "ix_object_anp"),
        ({"gelijk": WHO + nil("einddatum")}, "ix_zaak_relatie_object_id_relatie"),
        ({"gelijk": with_("heeftBetrekkingOp", NPS), "sortering": 5}, "uq_object_sleutel_entiteittype"),
        ({"gelijk": with_("heeftBetrekkingOp", NPS), "sortering": 9}, "uq_object_sleutel_entiteittype"),
        ({"gelijk": WHO + with_("heeft", z("volgnummer", "1"), z("indicatieLaatsteStatus", "J"))}, "uq_object_sleutel"),
        ({"gelijk": with_("heeftAlsHoofdzaak", WHO)}, "ix_zaak_zaak_van_id"),
        ({"gelijk": with_("heeftAlsHoofdzaak", z("identificatie", "z000005"))}, "ix_zaak_zaak_van_id"),
        ({"gelijk": z("identificatie", "z000005")}, "uq_zaak_identificatie"),
        ({"gelijk": z("kenmerk", z("kenmerk", "K77") + z("bron", "GWS"))}, "ix_zaak_kenmerk"),
        ({"gelijk": z("kenmerk", z("kenmerk", "K77") + nil("bron"))}, "ix_zaak_kenmerk"),
        ({"gelijk": z("omschrijving", "Zaak 7")}, "ix_zaak_sortering_4"),
        ({"vanaf": z("startdatum", "20230105"), "until": z("startdatum", "20230106")}, "ix_zaak_sortering_5"),
        ({"vanaf": SINCE, "until": UNTIL_NOW}, "ix_zaak_tijdstip_registratie"),
        ({"sortering": 1}, "uq_zaak_identificatie"),
        ({"sortering": 4}, "ix_zaak_sortering_4"),
        ({"sortering": 5}, "ix_zaak_sortering_5"),
        ({"sortering": 4, "start": begin(z("identificatie", "z000005"))}, "ix_zaak_sortering_4"),
        ({"sortering": 5, "start": begin(z("identificatie", "z000005"))}, "ix_zaak_sortering_5"),
        ({"start": begin(z("identificatie", "z000005"))}, "uq_zaak_identificatie"),
    ],
)
def test_an_index_drives_the_question(full: Magazijn, question: dict[str, str], index: str) -> None:
    plan = _plan(full.connection, lambda: full.hits(**question))  # type: ignore[arg-type]
    assert index in plan, plan
    assert "Seq Scan on zaak " not in plan, plan
    assert "Seq Scan on zaak_relatie" not in plan, plan


@pytest.mark.parametrize("maximum", [1, 4, 50])
def test_one_statement_whatever_is_asked(full: Magazijn, maximum: int) -> None:
    alles = (
        WHO
        + z("omschrijving", "Zaak", 'StUF:exact="false"')
        + with_("isVan", z("code", "A"))
        + with_("heeftBetrekkingOp", NPS)
        + with_("heeft", z("volgnummer", "1"))
        + nil("heeftAlsGemachtigde")
    )
    for gelijk in ("", WHO, alles):
        for start in (None, begin(z("identificatie", "z000001"))):
            with count_statements() as counter:
                full.hits(gelijk, maximum=maximum, start=start, sortering=9)
            # A vervolgvraag that finds nothing makes sure that its start object exists.
            assert counter.aantal <= 1 + (start is not None and gelijk != "")


def test_counting_costs_one_statement_more_and_only_when_there_are_more(full: Magazijn) -> None:
    for gelijk, expected in ((z("omschrijving", "Zaak 7"), 2), (z("identificatie", "z000005"), 1)):
        with count_statements() as counter:
            assert full.hits(gelijk, count=True).aantal
        assert counter.aantal == expected


def test_the_same_shape_of_question_is_the_same_statement(full: Magazijn) -> None:
    def commands(number: str, day: str, start: str) -> set[str]:
        gestuurd = _gestuurd(
            full.connection,
            lambda: full.hits(
                with_("heeftAlsInitiator", z("identificatie", number)),
                vanaf=z("startdatum", day),
                until=z("startdatum", day),
                sortering=5,
                start=begin(z("identificatie", start) + z("startdatum", day)),
            ),
        )
        return {command for command, _ in gestuurd}

    assert commands(BSN, "20230105", "z000005") == commands("11000000772", "20240229", "z000017")
