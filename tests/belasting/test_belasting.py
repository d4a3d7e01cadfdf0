"""The bench runs, its floor does the same work as the server, and messages cost the promised round trips."""

import hashlib
import http.client
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg2
import pytest
from lxml import etree
from rich.console import Console
from tests.belasting import berichten, documentvloer, vulling
from tests.belasting.documentberichten import PER_ZAAK, base_64_of
from tests.belasting.documenten import DOELEN as DOCUMENTDOELEN
from tests.belasting.documenten import count_documenten, documenten
from tests.belasting.meting import Meter, Size
from tests.belasting.notificaties import Maat, notificaties
from tests.belasting.omgeving import Server, Werkbank, werkbank
from tests.belasting.onderdelen import DOELEN, TITELS, count_statements, groei, many, memory, operaties
from tests.belasting.opdracht import Stroom
from tests.belasting.paginas import DOELEN as PAGINADOELEN
from tests.belasting.paginas import TITELS as PAGINATITELS
from tests.belasting.paginas import PageSize, paginas
from tests.belasting.sjablonen import Rows, read_rows, send, take_sjablonen
from tests.belasting.toegang import QUESTIONS, toegang
from tests.belasting.uitvoer import show_notificaties, show_paginas, show_toegang
from tests.belasting.vloer import Vloer, connect

TWEEMAAL = Size(aantal=4, seconden=30, rondes=1, gelijktijdig=2)
ANSWER = f"{{{berichten.ZKN}}}antwoord"
MENSEN = 8_000_000


@pytest.fixture(scope="module")
def bank() -> Iterator[Werkbank]:
    with werkbank() as bank:
        yield bank


@pytest.fixture(scope="module")
def server(bank: Werkbank) -> Iterator[Server]:
    with bank.server("proef") as server:
        yield server


@pytest.fixture(scope="module")
def sjablonen(server: Server) -> dict[str, Any]:
    return take_sjablonen(server.url, server.port)


def test_a_message_costs_no_more_round_trips_than_promised(bank: Werkbank) -> None:
    tellingen = count_statements(bank)
    assert set(tellingen) == set(TITELS)
    for naam, bound in DOELEN["rondgangen"].items():  # type: ignore[attr-defined]
        statements, transactie = tellingen[naam]
        assert statements + transactie <= bound, naam
        assert statements >= 2, f"{naam} was not counted"


@pytest.mark.parametrize("naam", ["CREEER_PLAN", "CREEER_KLEIN", "UPDATE", "ACTUALISEER"])
def test_the_floor_writes_the_rows_of_the_server(server: Server, sjablonen: dict[str, Any], naam: str) -> None:
    bericht: berichten.Bericht = getattr(berichten, naam)
    rows, place = [], list(TITELS).index(naam)
    for who, mensen in (("s", 0), ("v", 1000)):
        plan = Stroom("CREEER_PLAN", f"{who}{place:03d}", personen=MENSEN + mensen + 10 * place)
        if naam in ("UPDATE", "ACTUALISEER"):
            send(server.port, plan)
        stroom = replace(plan, bericht=naam)
        if who == "s":
            send(server.port, stroom)
        else:
            with closing(connect(server.url)) as connection:
                Vloer(sjablonen).handle(naam, stroom.body(0), connection)
        rows.append(_bare(read_rows(server.url, berichten.zaaknummer(plan.reeks, 0), bericht.dienst), plan))
    one, other = rows
    assert one == other
    assert len(one.statussen) == (2 if naam in ("UPDATE", "ACTUALISEER") else 1)
    assert len(one.relaties) == (1 if naam == "CREEER_KLEIN" else 6)


def _bare(rows: Rows, stroom: Stroom) -> Rows:
    """Rows without what differs per message: numbers, people, the moment of a first status, the answer."""
    text = json.dumps(vars(replace(rows, antwoord="")))
    text = text.replace(berichten.zaaknummer(stroom.reeks, 0), "")
    for number in range(berichten.PERSONEN):
        text = text.replace(berichten.bsn(stroom.personen + number), f"bsn {number}")
    return Rows(**json.loads(re.sub(r"\b20[0-9]{15}\b", "nu", text)))


def test_the_floor_gives_the_answer_of_the_server(bank: Werkbank, server: Server, sjablonen: dict[str, Any]) -> None:
    vulling.fill(bank.beheer_url(server.database), 10, lambda _: None)
    body = Stroom("ZOEK_VEEL", "veel", personen=vulling.CLIENT_WITH_MANY, modulo=1).body(0)
    with closing(connect(server.url)) as connection:
        with_de_hand = Vloer(sjablonen).handle("ZOEK_VEEL", body, connection)
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("POST", berichten.ZOEK_VEEL.door, body, {"Content-Type": "text/xml; charset=utf-8"})
        of_server = connection.getresponse().read()
    one, other = (next(etree.fromstring(text).iter(ANSWER)) for text in (with_de_hand, of_server))  # noqa: TID251
    assert len(one) == vulling.MANY
    one, other = (sorted(etree.tostring(zaak, method="c14n") for zaak in answer) for answer in (one, other))
    assert one == other


def test_every_part_of_the_bench_runs(bank: Werkbank, server: Server, sjablonen: dict[str, Any]) -> None:
    meter = Meter(bank, sjablonen)
    with bank.server("groot") as large:
        vulling.fill(bank.beheer_url(large.database), 40, lambda _: None)
        assert groei(meter, server, large, 40, TWEEMAAL).verhouding > 0
        regel = many(meter, large, TWEEMAAL)
        assert regel.verhouding > 0
        assert regel.server.as_dict()["bytes_terug"] > 1_000_000
    regels = operaties(meter, server, TWEEMAAL, lambda _: None)
    assert {naam: (regel.server.aantal, regel.vloer.aantal) for naam, regel in regels.items()} == {
        naam: (4, 4) for naam in TITELS if naam != "ZOEK_VEEL"
    }
    gemeten = memory(meter, server, 16, lambda _: None)
    assert [len(per_worker) for _, per_worker in gemeten.metingen] == [2, 2]


def test_a_question_is_measured_with_the_read_log_and_without(bank: Werkbank) -> None:
    uitslag = toegang(bank, TWEEMAAL, lambda _: None)
    assert {naam: (one.met.aantal, one.zonder.aantal) for naam, one in uitslag.items()} == dict.fromkeys(
        QUESTIONS, (4, 4)
    )
    assert json.dumps({naam: one.as_dict() for naam, one in uitslag.items()})
    show_toegang(Console(file=io.StringIO()), uitslag)
    rows = {name: _looks(bank, name) for name in ("inzage_met", "inzage_zonder")}
    assert rows["inzage_met"] >= 4 * len(QUESTIONS)
    assert rows["inzage_zonder"] == 0


def _looks(bank: Werkbank, database: str) -> int:
    with closing(psycopg2.connect(bank.beheer_url(database))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inzage")
        [[count]] = cursor.fetchall()
    return int(count)


def test_a_document_costs_no_more_statements_than_promised_whatever_its_size(bank: Werkbank, server: Server) -> None:
    maten = (10_000, DOCUMENTDOELEN["sql_grootte"])
    tellingen = count_documenten(bank, maten)
    for naam in ("VOEG_TOE", "LEES"):
        assert len({tellingen[naam, maat] for maat in maten}) == 1
        statements, transactie = tellingen[naam, 10_000]
        assert 4 <= statements <= statements + transactie <= DOCUMENTDOELEN["sql"]
    assert 2 <= sum(tellingen["LIJST", 0]) <= DOELEN["rondgangen"]["DETAILS"]  # type: ignore[index]
    uitslag = documenten(bank, server, {10_000: TWEEMAAL}, tellingen, lambda _: None)
    assert [(regel.naam, regel.server.aantal, regel.vloer.aantal) for regel in uitslag.regels] == [
        ("VOEG_TOE", 4, 4),
        ("LEES", 4, 4),
    ]
    details, listing = uitslag.lists
    assert details.server.aantal == listing.server.aantal > 0
    assert uitslag.regels[1].server.as_dict()["bytes_terug"] > 10_000 * 4 / 3
    assert listing.server.as_dict()["bytes_terug"] > PER_ZAAK * 500
    assert json.dumps(uitslag.as_dict())


def test_the_floor_of_documents_stores_and_reads_the_bytes(server: Server) -> None:
    size = 2_000_000
    with closing(connect(server.url)) as connection:
        sha256, parsed = documentvloer.write(connection, base_64_of("vloe", 1, size))
        assert parsed == size
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(bytes, '' ORDER BY volgnummer) FROM document_stuk WHERE sha256 = %s",
                (bytes.fromhex(sha256),),
            )
            [(inhoud,)] = cursor.fetchall()
        assert hashlib.sha256(inhoud).hexdigest() == sha256
        assert documentvloer.read(connection, sha256) >= -(-size // 3) * 4


def test_the_part_about_notifications_runs(bank: Werkbank) -> None:
    uitslag = notificaties(bank, Maat(20, 1, 20, 0.5, TWEEMAAL), lambda _: None)
    assert [uitslag.delivery[workers].aantal for workers in (1, 2)] == [20, 20]
    assert uitslag.vloer.aantal == 20
    assert len(uitslag.vertraging) == 20
    assert {outcome.aantal for outcome in uitslag.creeer.values()} == {4}
    statements, transactie = uitslag.statements["bezorgen"]
    assert 0 < statements <= 4
    assert 0 < transactie <= 4
    assert json.dumps(uitslag.as_dict())
    out = Console(file=io.StringIO())
    show_notificaties(out, uitslag)


def test_pages_take_as_many_statements_for_much_as_for_little(bank: Werkbank) -> None:
    uitslag = paginas(bank, PageSize(2000, 2, Size(20, 30, 1, 2), mensen=2), lambda _: None)
    doelen: Any = PAGINADOELEN
    assert set(uitslag.paginas) == set(PAGINATITELS) == set(doelen["p95_ms"])
    for naam, one in uitslag.paginas.items():
        little, much = one.statements
        assert 2 <= little == much <= doelen["statements"], naam
        assert len(one.duur) == 2
    assert 0 < uitslag.eerste_kb <= doelen["eerste_kb"]
    assert uitslag.met.aantal == uitslag.zonder.aantal == 20
    assert json.dumps(uitslag.as_dict())
    show_paginas(Console(file=io.StringIO()), uitslag)


def test_a_bad_answer_ends_the_bench(bank: Werkbank, server: Server, sjablonen: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="StUF064"):
        Meter(bank, sjablonen).server(server, TWEEMAAL, Stroom("UPDATE", "fout", "geen"))
