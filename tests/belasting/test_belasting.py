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

import pytest
from lxml import etree
from rich.console import Console
from tests.belasting import berichten, documentvloer, vulling
from tests.belasting.documentberichten import PER_ZAAK, base64_van
from tests.belasting.documenten import DOELEN as DOCUMENTDOELEN
from tests.belasting.documenten import documenten, tel_documenten
from tests.belasting.meting import Meter, Omvang
from tests.belasting.notificaties import Maat, notificaties
from tests.belasting.omgeving import Server, Werkbank, werkbank
from tests.belasting.onderdelen import DOELEN, TITELS, geheugen, groei, operaties, tel_statements, veel
from tests.belasting.opdracht import Stroom
from tests.belasting.sjablonen import Rijen, lees_rijen, neem_sjablonen, stuur
from tests.belasting.uitvoer import toon_notificaties
from tests.belasting.vloer import Vloer, verbind

TWEEMAAL = Omvang(aantal=4, seconden=30, rondes=1, gelijktijdig=2)
ANTWOORD = f"{{{berichten.ZKN}}}antwoord"
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
    return neem_sjablonen(server.url, server.poort)


def test_a_message_costs_no_more_round_trips_than_promised(bank: Werkbank) -> None:
    tellingen = tel_statements(bank)
    assert set(tellingen) == set(TITELS)
    for naam, grens in DOELEN["rondgangen"].items():  # type: ignore[attr-defined]
        statements, transactie = tellingen[naam]
        assert statements + transactie <= grens, naam
        assert statements >= 2, f"{naam} was not counted"


@pytest.mark.parametrize("naam", ["CREEER_PLAN", "CREEER_KLEIN", "UPDATE", "ACTUALISEER"])
def test_the_floor_writes_the_rows_of_the_server(server: Server, sjablonen: dict[str, Any], naam: str) -> None:
    bericht: berichten.Bericht = getattr(berichten, naam)
    rijen, plaats = [], list(TITELS).index(naam)
    for wie, mensen in (("s", 0), ("v", 1000)):
        plan = Stroom("CREEER_PLAN", f"{wie}{plaats:03d}", personen=MENSEN + mensen + 10 * plaats)
        if naam in ("UPDATE", "ACTUALISEER"):
            stuur(server.poort, plan)
        stroom = replace(plan, bericht=naam)
        if wie == "s":
            stuur(server.poort, stroom)
        else:
            with closing(verbind(server.url)) as verbinding:
                Vloer(sjablonen).behandel(naam, stroom.body(0), verbinding)
        rijen.append(_kaal(lees_rijen(server.url, berichten.zaaknummer(plan.reeks, 0), bericht.dienst), plan))
    een, ander = rijen
    assert een == ander
    assert len(een.statussen) == (2 if naam in ("UPDATE", "ACTUALISEER") else 1)
    assert len(een.relaties) == (1 if naam == "CREEER_KLEIN" else 6)


def _kaal(rijen: Rijen, stroom: Stroom) -> Rijen:
    """Rows without what differs per message: numbers, people, the moment of a first status, the answer."""
    tekst = json.dumps(vars(replace(rijen, antwoord="")))
    tekst = tekst.replace(berichten.zaaknummer(stroom.reeks, 0), "")
    for nummer in range(berichten.PERSONEN):
        tekst = tekst.replace(berichten.bsn(stroom.personen + nummer), f"bsn {nummer}")
    return Rijen(**json.loads(re.sub(r"\b20[0-9]{15}\b", "nu", tekst)))


def test_the_floor_gives_the_answer_of_the_server(bank: Werkbank, server: Server, sjablonen: dict[str, Any]) -> None:
    vulling.vul(bank.beheer_url(server.database), 10, lambda _: None)
    body = Stroom("ZOEK_VEEL", "veel", personen=vulling.CLIENT_MET_VEEL, modulo=1).body(0)
    with closing(verbind(server.url)) as verbinding:
        met_de_hand = Vloer(sjablonen).behandel("ZOEK_VEEL", body, verbinding)
    with closing(http.client.HTTPConnection("127.0.0.1", server.poort)) as verbinding:
        verbinding.request("POST", berichten.ZOEK_VEEL.deur, body, {"Content-Type": "text/xml; charset=utf-8"})
        van_server = verbinding.getresponse().read()
    een, ander = (next(etree.fromstring(tekst).iter(ANTWOORD)) for tekst in (met_de_hand, van_server))  # noqa: TID251
    assert len(een) == vulling.VEEL
    een, ander = (sorted(etree.tostring(zaak, method="c14n") for zaak in antwoord) for antwoord in (een, ander))
    assert een == ander


def test_every_part_of_the_bench_runs(bank: Werkbank, server: Server, sjablonen: dict[str, Any]) -> None:
    meter = Meter(bank, sjablonen)
    with bank.server("groot") as groot:
        vulling.vul(bank.beheer_url(groot.database), 40, lambda _: None)
        assert groei(meter, server, groot, 40, TWEEMAAL).verhouding > 0
        regel = veel(meter, groot, TWEEMAAL)
        assert regel.verhouding > 0
        assert regel.server.als_dict()["bytes_terug"] > 1_000_000
    regels = operaties(meter, server, TWEEMAAL, lambda _: None)
    assert {naam: (regel.server.aantal, regel.vloer.aantal) for naam, regel in regels.items()} == {
        naam: (4, 4) for naam in TITELS if naam != "ZOEK_VEEL"
    }
    gemeten = geheugen(meter, server, 16, lambda _: None)
    assert [len(per_worker) for _, per_worker in gemeten.metingen] == [2, 2]


def test_a_document_costs_no_more_statements_than_promised_whatever_its_size(bank: Werkbank, server: Server) -> None:
    maten = (10_000, DOCUMENTDOELEN["sql_grootte"])
    tellingen = tel_documenten(bank, maten)
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
    details, lijst = uitslag.lijsten
    assert details.server.aantal == lijst.server.aantal > 0
    assert uitslag.regels[1].server.als_dict()["bytes_terug"] > 10_000 * 4 / 3
    assert lijst.server.als_dict()["bytes_terug"] > PER_ZAAK * 500
    assert json.dumps(uitslag.als_dict())


def test_the_floor_of_documents_stores_and_reads_the_bytes(server: Server) -> None:
    grootte = 2_000_000
    with closing(verbind(server.url)) as verbinding:
        sha256, gelezen = documentvloer.schrijf(verbinding, base64_van("vloe", 1, grootte))
        assert gelezen == grootte
        with verbinding.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(bytes, '' ORDER BY volgnummer) FROM document_stuk WHERE sha256 = %s",
                (bytes.fromhex(sha256),),
            )
            [(inhoud,)] = cursor.fetchall()
        assert hashlib.sha256(inhoud).hexdigest() == sha256
        assert documentvloer.lees(verbinding, sha256) >= -(-grootte // 3) * 4


def test_the_part_about_notifications_runs(bank: Werkbank) -> None:
    uitslag = notificaties(bank, Maat(20, 1, 20, 0.5, TWEEMAAL), lambda _: None)
    assert [uitslag.bezorging[workers].aantal for workers in (1, 2)] == [20, 20]
    assert uitslag.vloer.aantal == 20
    assert len(uitslag.vertraging) == 20
    assert {uitkomst.aantal for uitkomst in uitslag.creeer.values()} == {4}
    statements, transactie = uitslag.statements["bezorgen"]
    assert 0 < statements <= 4
    assert 0 < transactie <= 4
    assert json.dumps(uitslag.als_dict())
    uit = Console(file=io.StringIO())
    toon_notificaties(uit, uitslag)


def test_a_bad_answer_ends_the_bench(bank: Werkbank, server: Server, sjablonen: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="StUF064"):
        Meter(bank, sjablonen).server(server, TWEEMAAL, Stroom("UPDATE", "fout", "geen"))
