"""Refused messages are on record: one row each, without any value of the message, and never at its expense."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from tests.berichten.bouw import SOAP12, envelope, lk01, lv01, nps, obj, rol, texts, zaak
from tests.conftest import insert_into, regie
from tests.diensten.stappen import new, sleutel
from tests.soap.conftest import Door

from regiesysteem.stuf.schema import places_in
from regiesysteem.stuf.xml import parse
from regiesysteem.zakenmagazijn import refusals
from regiesysteem.zakenmagazijn.refusals import RefusalRecord, RefusedMessage, clean_up_refusals, read_refusals

NOW = datetime.now(UTC)


@pytest.fixture
def strict(make_door: object) -> Door:
    """The doors for a sender that is held to the schema, with an empty record."""
    door: Door = make_door(**{'schema = "soepel"': 'schema = "streng"'})  # type: ignore[operator]
    with door.engine.begin() as connection:
        connection.execute(text("TRUNCATE weigering"))
    return door


def on_record(engine: Engine) -> list[RefusedMessage]:
    """All that is on record, oldest first."""
    with engine.connect() as connection:
        return read_refusals(connection)[::-1]


def test_a_refused_message_is_a_row_with_its_sender_code_place_and_zaak(strict: Door) -> None:
    number = new(strict)
    ref = "ref-een"
    bad = lk01("W", obj(f"{sleutel(number)}<ZKN:startdatum>Geheimnaam</ZKN:startdatum>", "W"), ref=ref)
    code, _ = strict.fout("updateZaak_Lk01", bad)
    [one] = on_record(strict.engine)
    assert code == one.code == "StUF055"
    assert (one.organisatie, one.applicatie, one.administratie, one.bewezen) == ("1900", "GWS4all", "", "")
    assert (one.dienst, one.referentienummer, one.zaak, one.aantal) == ("updateZaak_Lk01", ref, number, 1)
    assert one.http_status == 500
    assert "zakLk01/object/startdatum" in one.plek
    assert "waarde" in one.plek
    assert "Geheimnaam" not in str(one)


def test_the_address_of_the_client_is_on_record(strict: Door) -> None:
    strict.client.post("/", data=b"<", content_type="text/xml", environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert [one.adres for one in on_record(strict.engine)] == ["10.1.2.3"]


def test_a_zaak_is_on_record_only_when_it_exists(strict: Door) -> None:
    strict.fout("updateZaak_Lk01", lk01("W", obj(sleutel("1900Jansen"), "W")))
    [one] = on_record(strict.engine)
    assert (one.code, one.zaak) == ("StUF064", "")


@pytest.mark.parametrize(
    ("body", "head", "code", "status"),
    [
        (b"<geheim", {}, "StUF055", 500),
        (b"<geheim/>", {"Content_Type": "text/plain"}, "StUF055", 415),
        (envelope("<geheim/>", "http://www.w3.org/2002/12/soap-envelope"), {}, "VersionMismatch", 500),
        (envelope(lv01(), SOAP12).replace(b"Lv01<", b"Lv99<"), {}, "StUF022", 400),
        (envelope(lv01(), header='<x xmlns="urn:x" s:mustUnderstand="1"/>'), {}, "MustUnderstand", 500),
        (b"x" * 3_000_001, {}, "StUF055", 413),
    ],
)
def test_every_way_to_be_refused_is_on_record(
    strict: Door, body: bytes, head: dict[str, str], code: str, status: int
) -> None:
    assert strict.post(body, **head).status_code == status
    [one] = on_record(strict.engine)
    assert (one.code, one.http_status) == (code, status)
    assert "geheim" not in str(one)


def test_a_message_that_is_taken_leaves_no_row(strict: Door) -> None:
    new(strict)
    strict.succeeded("zakLv01", lv01())
    assert on_record(strict.engine) == []


def test_the_row_is_one_statement_and_is_counted(strict: Door, capsys: pytest.CaptureFixture[str]) -> None:
    strict.post(b"<")
    assert "statements=1" in (out := capsys.readouterr()).out + out.err


def test_the_answer_is_the_same_when_the_row_cannot_be_written(
    strict: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    with strict.engine.begin() as connection:
        connection.execute(text("ALTER TABLE weigering RENAME TO elders"))
    try:
        answers = [strict.post(b"<") for _ in range(3)]
    finally:
        with strict.engine.begin() as connection:
            connection.execute(text("ALTER TABLE elders RENAME TO weigering"))
    assert [texts(parse(answer.data), "//s:code") for answer in answers] == [["StUF055"]] * 3
    log = capsys.readouterr()
    assert (log.out + log.err).count("weigering_niet_bewaard") == 1  # it rests after a failure


class Clock:
    """A clock that is put forward by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_the_database_did_not_take_is_counted_later(engine: Engine) -> None:
    clock = Clock()
    record = RefusalRecord(engine, clock)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE weigering RENAME TO elders"))
    for _ in range(3):
        record(RefusedMessage(NOW, applicatie="A", code="StUF055"))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elders RENAME TO weigering"))
    clock.now += 61
    record(RefusedMessage(NOW, applicatie="B", code="StUF055"))
    assert sorted((one.applicatie, one.code, one.aantal) for one in on_record(engine)) == [
        ("A", "", 3),
        ("B", "StUF055", 1),
    ]


def test_a_flood_of_one_sender_becomes_rows_and_a_few_counts(engine: Engine) -> None:
    clock = Clock()
    record = RefusalRecord(engine, clock)
    for _ in range(2000):
        record(RefusedMessage(NOW, bewezen="A", code="StUF055"))
    record(RefusedMessage(NOW, bewezen="B", code="StUF055"))
    assert len(on_record(engine)) == refusals.PER_SENDER + 3 + 1
    clock.now += 61
    record(RefusedMessage(NOW, bewezen="A", code="StUF055"))
    assert sum(one.aantal for one in on_record(engine) if one.bewezen == "A") == 2001


def test_names_that_somebody_invents_do_not_fill_the_record(engine: Engine) -> None:
    clock = Clock()
    record = RefusalRecord(engine, clock)
    for number in range(1000):
        record(RefusedMessage(NOW, applicatie=f"A{number}", code="StUF013"))
    record(RefusedMessage(NOW, bewezen="B", code="StUF055"))
    clock.now += 61
    record(RefusedMessage(NOW, bewezen="B", code="StUF055"))
    rows = on_record(engine)
    assert len(rows) < refusals.UNPROVEN + 10
    assert sum(one.aantal for one in rows) == 1002
    assert [one.aantal for one in rows if one.bewezen == "B"] == [1, 1]


def test_what_a_sender_says_of_itself_is_bounded_and_masked(engine: Engine) -> None:
    RefusalRecord(engine)(RefusedMessage(NOW, "1" * 9000, "x\x1b[2J" + "y" * 99, "", referentienummer="r111222333"))
    [one] = on_record(engine)
    assert (len(one.organisatie), len(one.applicatie)) == (200, 50)
    assert one.applicatie.startswith("x?[2J")
    assert one.referentienummer == "r*********"


def test_places_are_names_of_the_contract_only() -> None:
    details = "object/heeftAlsInitiator/gerelateerde/natuurlijkPersoon/inp.bsn: 'Jansen/De.Vries' hoort niet bij 1900/x"
    assert places_in(details) == ("object/heeftAlsInitiator/gerelateerde/natuurlijkPersoon/inp.bsn",)
    assert places_in("zaaktype Jansen onbekend; isVan[2]/gerelateerde/code, en geslachtsnaam.") == (
        "isVan[2]/gerelateerde/code",
    )
    assert places_in("datumStatusGezet van Jansen") == ("datumStatusGezet",)


def test_old_rows_and_addresses_go_in_batches_and_young_ones_stay(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_BATCH", 2)
    empty = dict.fromkeys(("organisatie", "administratie", "bewezen", "bewijs", "dienst", "referentienummer"), "")
    empty |= {"zaak": "", "code": "StUF055", "plek": "", "adres": "10.0.0.1"}
    with engine.begin() as connection:
        for days in (100, 100, 100, 20, 20, 20, 1):
            row = {**empty, "applicatie": str(days), "tijdstip": NOW - timedelta(days=days), "http_status": 500}
            connection.execute(insert_into("weigering", row))
    assert clean_up_refusals(engine, 90) == {"weigeringen": 3, "adressen": 3}
    assert [(one.applicatie, one.adres) for one in on_record(engine)] == [("20", "")] * 3 + [("1", "10.0.0.1")]
    monkeypatch.setattr(refusals, "MOST_ROWS", 1)
    assert clean_up_refusals(engine, 90)["weigeringen"] == 3
    assert [one.applicatie for one in on_record(engine)] == ["1"]


def test_regie_weigeringen_shows_them_as_a_table_and_as_json(strict: Door) -> None:
    number = new(strict)
    who = rol("heeftAlsInitiator", nps("999993653", "Geheimnaam"), "<ZKN:mis/>")
    strict.fout("updateZaak_Lk01", lk01("W", obj(sleutel(number) + who, "W")))
    strict.post(b"<")
    url = strict.engine.url.render_as_string(hide_password=False)
    out = regie("weigeringen", REGIE_DATABASE_URL=url)
    assert out.returncode == 0, out.stderr
    for word in ("GWS4all", "StUF055", number, "updateZaak_Lk01"):
        assert word in out.stdout
    assert "Geheimnaam" not in out.stdout

    def rows(*filters: str) -> list[dict[str, object]]:
        said = regie("weigeringen", "--json", *filters, REGIE_DATABASE_URL=url)
        assert said.returncode == 0, said.stderr
        return [json.loads(line) for line in said.stdout.splitlines()]

    assert len(rows()) == 2
    [one] = rows("--applicatie", "GWS4all", "--code", "StUF055", "--zaak", number, "--sinds", f"{NOW:%Y-%m-%d}")
    assert list(one) == list(RefusedMessage.__dataclass_fields__)
    assert rows("--sinds", "2999-01-01") == rows("--code", "StUF999") == rows("--applicatie", "Niemand") == []


def test_a_new_zaak_that_is_refused_names_no_zaak(strict: Door) -> None:
    number = new(strict)
    strict.fout("creeerZaak_Lk01", lk01("T", zaak(number)))
    assert [one.zaak for one in on_record(strict.engine)] == [number]
