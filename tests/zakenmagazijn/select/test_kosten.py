"""What a question costs: how many statements, and which road they take through a magazijn that is not small."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, event, text
from tests.berichten.bouw import GEEN
from tests.zakenmagazijn.select.conftest import Magazijn, begin, met, nil, z

from regiesysteem.db import tel_statements
from regiesysteem.inrichting.current import Inrichting

ZAKEN = 20_000
BSN = "000000127"

_VUL = f"""
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
def vol(motor: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A magazijn with thousands of zaken, its statistics up to date."""
    with motor.connect() as verbinding:
        verbinding.execute(text(_VUL))
        yield Magazijn(verbinding, inrichting)
        verbinding.rollback()


def _gestuurd(verbinding: Connection, doe: Callable[[], object]) -> list[tuple[str, object]]:
    """The statements, with their parameters, that something sends."""
    gezien: list[tuple[str, object]] = []

    def noteer(_c: object, _cursor: object, opdracht: str, parameters: object, *_rest: object) -> None:
        gezien.append((opdracht, parameters))

    event.listen(verbinding, "before_cursor_execute", noteer)
    doe()
    event.remove(verbinding, "before_cursor_execute", noteer)
    return gezien


def _plan(verbinding: Connection, doe: Callable[[], object]) -> str:
    [(opdracht, parameters)] = _gestuurd(verbinding, doe)
    regels = verbinding.exec_driver_sql(f"EXPLAIN {opdracht}", parameters)  # type: ignore[arg-type]
    return "\n".join(regel[0] for regel in regels)


WIE = met("heeftAlsInitiator", z("identificatie", "11" + BSN))
SINDS = "<StUF:tijdstipRegistratie>20990101</StUF:tijdstipRegistratie>"
TOT_NU = f"<StUF:tijdstipRegistratie {GEEN}/>"
NPS = f"<ZKN:natuurlijkPersoon><BG:inp.bsn>{BSN}</BG:inp.bsn></ZKN:natuurlijkPersoon>"


@pytest.mark.parametrize(
    ("vraag", "index"),
    [
        ({"gelijk": WIE}, "uq_object_sleutel_entiteittype"),
        ({"gelijk": met("heeftAlsInitiator", z("identificatie", BSN))}, "ix_object_anp"),
        ({"gelijk": WIE + nil("einddatum")}, "ix_zaak_relatie_object_id_relatie"),
        ({"gelijk": met("heeftBetrekkingOp", NPS), "sortering": 5}, "uq_object_sleutel_entiteittype"),
        ({"gelijk": met("heeftBetrekkingOp", NPS), "sortering": 9}, "uq_object_sleutel_entiteittype"),
        ({"gelijk": WIE + met("heeft", z("volgnummer", "1"), z("indicatieLaatsteStatus", "J"))}, "uq_object_sleutel"),
        ({"gelijk": met("heeftAlsHoofdzaak", WIE)}, "ix_zaak_zaak_van_id"),
        ({"gelijk": met("heeftAlsHoofdzaak", z("identificatie", "z000005"))}, "ix_zaak_zaak_van_id"),
        ({"gelijk": z("identificatie", "z000005")}, "uq_zaak_identificatie"),
        ({"gelijk": z("kenmerk", z("kenmerk", "K77") + z("bron", "GWS"))}, "ix_zaak_kenmerk"),
        ({"gelijk": z("kenmerk", z("kenmerk", "K77") + nil("bron"))}, "ix_zaak_kenmerk"),
        ({"gelijk": z("omschrijving", "Zaak 7")}, "ix_zaak_sortering_4"),
        ({"vanaf": z("startdatum", "20230105"), "tot": z("startdatum", "20230106")}, "ix_zaak_sortering_5"),
        ({"vanaf": SINDS, "tot": TOT_NU}, "ix_zaak_tijdstip_registratie"),
        ({"sortering": 1}, "uq_zaak_identificatie"),
        ({"sortering": 4}, "ix_zaak_sortering_4"),
        ({"sortering": 5}, "ix_zaak_sortering_5"),
        ({"sortering": 4, "start": begin(z("identificatie", "z000005"))}, "ix_zaak_sortering_4"),
        ({"sortering": 5, "start": begin(z("identificatie", "z000005"))}, "ix_zaak_sortering_5"),
        ({"start": begin(z("identificatie", "z000005"))}, "uq_zaak_identificatie"),
    ],
)
def test_an_index_drives_the_question(vol: Magazijn, vraag: dict[str, str], index: str) -> None:
    plan = _plan(vol.verbinding, lambda: vol.treffers(**vraag))  # type: ignore[arg-type]
    assert index in plan, plan
    assert "Seq Scan on zaak " not in plan, plan
    assert "Seq Scan on zaak_relatie" not in plan, plan


@pytest.mark.parametrize("maximum", [1, 4, 50])
def test_one_statement_whatever_is_asked(vol: Magazijn, maximum: int) -> None:
    alles = (
        WIE
        + z("omschrijving", "Zaak", 'StUF:exact="false"')
        + met("isVan", z("code", "A"))
        + met("heeftBetrekkingOp", NPS)
        + met("heeft", z("volgnummer", "1"))
        + nil("heeftAlsGemachtigde")
    )
    for gelijk in ("", WIE, alles):
        for start in (None, begin(z("identificatie", "z000001"))):
            with tel_statements() as teller:
                vol.treffers(gelijk, maximum=maximum, start=start, sortering=9)
            # A vervolgvraag that finds nothing makes sure that its start object exists.
            assert teller.aantal <= 1 + (start is not None and gelijk != "")


def test_counting_costs_one_statement_more_and_only_when_there_are_more(vol: Magazijn) -> None:
    for gelijk, verwacht in ((z("omschrijving", "Zaak 7"), 2), (z("identificatie", "z000005"), 1)):
        with tel_statements() as teller:
            assert vol.treffers(gelijk, tel=True).aantal
        assert teller.aantal == verwacht


def test_the_same_shape_of_question_is_the_same_statement(vol: Magazijn) -> None:
    def opdrachten(nummer: str, dag: str, start: str) -> set[str]:
        gestuurd = _gestuurd(
            vol.verbinding,
            lambda: vol.treffers(
                met("heeftAlsInitiator", z("identificatie", nummer)),
                vanaf=z("startdatum", dag),
                tot=z("startdatum", dag),
                sortering=5,
                start=begin(z("identificatie", start) + z("startdatum", dag)),
            ),
        )
        return {opdracht for opdracht, _ in gestuurd}

    assert opdrachten(BSN, "20230105", "z000005") == opdrachten("11000000772", "20240229", "z000017")
