"""Messages about documents at the same moment: one has it, the others are told; a killed server leaves nothing."""

import base64
import hashlib
import http.client
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, TextClause, text
from tests.berichten.bouw import ACTIE, envelope, lk01, new_number, obj, zaak
from tests.berichten.documenten import bewerken, document, edc, edc_lk01, inhoud, relevant, update
from tests.conftest import running_server, wait_until
from tests.diensten.documentstappen import TABLES, add, check_out, documenten, element, file, read
from tests.diensten.stappen import new, sleutel
from tests.diensten.test_gelijktijdig import TEGELIJK, outcome, tegelijk, without_conflict
from tests.soap.conftest import Door

from regiesysteem.db import make_engine

__all__ = ["without_conflict"]

MB = 1_000_000


def test_of_many_check_outs_at_once_one_succeeds(door: Door) -> None:
    number = add(door)
    berichten = [("geefZaakdocumentbewerken_Di02", bewerken(number)) for _ in range(TEGELIJK)]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Du02": 1, "StUF058": TEGELIJK - 1}


def test_of_many_updates_with_one_key_one_succeeds(door: Door) -> None:
    number = add(door, data=b"eerst")
    got = check_out(door, number)
    berichten = [("updateZaakdocument_Di02", update(number, got, inhoud(b"versie %d" % i))) for i in range(TEGELIJK)]
    uitkomsten = [outcome(answer) for answer in tegelijk(door, berichten)]
    assert Counter(uitkomsten) == {"Bv02": 1, "StUF058": TEGELIJK - 1}
    assert file(read(door, number)) == b"versie %d" % uitkomsten.index("Bv02")
    assert element(door, number, "z:versie") == ["2.0"]


def test_of_many_that_fill_a_container_one_succeeds(door: Door) -> None:
    number = new_number()
    door.succeeded("maakZaakdocument_Lk01", edc_lk01("T", document(number, new(door))))
    berichten = [("updateZaakdocument_Di02", update(number, None, inhoud(b"%d" % i))) for i in range(TEGELIJK)]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv02": 1, "StUF058": TEGELIJK - 1}


def test_of_many_documents_with_one_number_one_is_registered(door: Door) -> None:
    number, where = new_number(), new(door)
    berichten = [
        ("voegZaakdocumentToe_Lk01", edc_lk01("T", document(number, where, file=inhoud(b"%d" % i))))
        for i in range(TEGELIJK)
    ]
    uitkomsten = [outcome(answer) for answer in tegelijk(door, berichten)]
    assert Counter(uitkomsten) == {"Bv03": 1, "StUF067": TEGELIJK - 1}
    assert file(read(door, number)) == b"%d" % uitkomsten.index("Bv03")


def test_documents_added_to_one_zaak_at_once_are_all_there(door: Door, without_conflict: Callable[[], None]) -> None:
    where = new(door)
    numbers = [new_number() for _ in range(30)]
    same = inhoud(b"het zelfde bestand")
    berichten = [("voegZaakdocumentToe_Lk01", edc_lk01("T", document(number, where, file=same))) for number in numbers]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 30}
    assert sorted(documenten(door, where)) == sorted(numbers)
    with door.engine.connect() as connection:
        digest = hashlib.sha256(b"het zelfde bestand").digest()
        one = text("SELECT count(*) FROM document_inhoud WHERE sha256 = :digest")
        assert connection.execute(one, {"digest": digest}).scalar_one() == 1
    without_conflict()


def test_relations_told_from_both_sides_at_once_do_not_wait_for_each_other(
    door: Door, without_conflict: Callable[[], None]
) -> None:
    one, other = new(door), new(door)
    numbers = [add(door, one) for _ in range(6)]
    berichten = []
    for number in numbers:
        zelf = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
        of_document = edc_lk01("W", edc(zelf), edc(zelf + relevant(other)))
        of_zaak = lk01("W", obj(sleutel(other), "W"), obj(sleutel(other) + heeft_relevant(number), "W"))
        berichten += [("voegZaakdocumentToe_Lk01", of_document), ("updateZaak_Lk01", of_zaak)]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 12}
    assert sorted(documenten(door, other)) == sorted(numbers)
    without_conflict()


def heeft_relevant(number: str, soort: str = "T") -> str:
    """The relation of a zaak with a document, which only a sender that is soepel can tell."""
    return f"""<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="{soort}">
      <ZKN:gerelateerde StUF:entiteittype="EDC" StUF:verwerkingssoort="I">
      <ZKN:identificatie>{number}</ZKN:identificatie></ZKN:gerelateerde></ZKN:heeftRelevant>"""


class Inzender:
    """Sends a document of 100 MB to a real server, and can stop halfway."""

    def __init__(self, port: int, where: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        begin, _, end = envelope(
            edc_lk01("T", document(new_number(), where, file=inhoud(b"#####"), titel="Groot"))
        ).partition(base64.b64encode(b"#####"))
        self._begin, self._end = begin, end
        self._block = base64.b64encode(os.urandom(3 * 250_000))

    def send(self, part: float = 1) -> None:
        count = 133  # just below the largest that is taken
        length = len(self._begin) + count * len(self._block) + len(self._end)
        self._connection.putrequest("POST", "/stuf")
        for naam, waarde in {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{ACTIE}voegZaakdocumentToe_Lk01"',
            "Content-Length": str(length),
        }.items():
            self._connection.putheader(naam, waarde)
        self._connection.endheaders(self._begin)
        for _ in range(int(count * part)):
            self._connection.send(self._block)
        if part == 1:
            self._connection.send(self._end)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def doodserver(database_url: str, tmp_path: Path) -> Iterator[tuple[int, Engine, Callable[[], None]]]:
    """A server of one process: its port, its database, and what kills it."""
    engine = make_engine(database_url)
    with running_server(database_url, tmp_path, REGIE_WORKERS="1") as server:

        def kill() -> None:
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait(30)

        yield int(server.url.rpartition(":")[2]), engine, kill
    engine.dispose()


_AT_COPY = """
    SELECT pg_total_relation_size('document_stuk') > 20000000
       AND EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY document_stuk%')
"""
_AT_LOCK = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INTO document (%')
"""


@pytest.mark.parametrize("moment", ["bericht", "inhoud", "vastleggen"])
def test_a_server_killed_during_a_large_upload_leaves_neither_document_nor_content(
    doodserver: tuple[int, Engine, Callable[[], None]], moment: str
) -> None:
    port, engine, kill = doodserver
    where = new_number()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as first:
        head = {"Content-Type": "text/xml", "SOAPAction": f"{ACTIE}creeerZaak_Lk01"}
        first.request("POST", "/stuf", envelope(lk01("T", zaak(where))), head)
        assert first.getresponse().status == 200
    inzender = Inzender(port, where)
    with engine.connect() as wait, engine.connect() as look:
        if moment == "vastleggen":
            wait.execute(text("LOCK TABLE document IN SHARE MODE"))
        zenden = threading.Thread(target=_send, args=(inzender, 0.5 if moment == "bericht" else 1))
        zenden.start()
        if moment == "bericht":
            zenden.join()
        else:
            question = text(_AT_COPY if moment == "inhoud" else _AT_LOCK)
            wait_until(lambda: bool(_now(look, question)), f"het moment {moment}")
        kill()
        zenden.join()
        wait.rollback()
        others = text(
            "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() "
            "AND state <> 'idle' AND pid <> pg_backend_pid() AND query LIKE '%document%'"
        )
        wait_until(lambda: bool(_now(look, others)), "de transactie teruggedraaid")
        counts = {table: _now(look, text(f"SELECT count(*) FROM {table}")) for table in (*TABLES, "bericht", "zaak")}
    inzender.close()
    assert counts == {**dict.fromkeys(TABLES, 0), "bericht": 1, "zaak": 1}


def _send(inzender: Inzender, part: float) -> None:
    """Send until it is done, or until nobody takes it."""
    try:
        inzender.send(part)
    except OSError:
        return


def _now(connection: Connection, question: TextClause) -> object:
    """The rows that a query gives now."""
    connection.rollback()
    return connection.execute(question).scalar_one()
