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
from tests.berichten.bouw import ACTIE, envelop, lk01, nieuw_nummer, obj, zaak
from tests.berichten.documenten import bewerken, document, edc, edc_lk01, inhoud, relevant, update
from tests.conftest import start_server, stop_server, vrije_poort, wacht_op_server, wacht_tot
from tests.diensten.documentstappen import TABELLEN, bestand, check_uit, documenten, element, lees, voeg_toe
from tests.diensten.stappen import nieuw, sleutel
from tests.diensten.test_gelijktijdig import TEGELIJK, tegelijk, uitkomst, zonder_conflict
from tests.soap.conftest import Deur

from regiesysteem.db import maak_engine

__all__ = ["zonder_conflict"]

MB = 1_000_000


def test_of_many_check_outs_at_once_one_succeeds(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    berichten = [("geefZaakdocumentbewerken_Di02", bewerken(nummer)) for _ in range(TEGELIJK)]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Du02": 1, "StUF058": TEGELIJK - 1}


def test_of_many_updates_with_one_key_one_succeeds(deur: Deur) -> None:
    nummer = voeg_toe(deur, data=b"eerst")
    gekregen = check_uit(deur, nummer)
    berichten = [
        ("updateZaakdocument_Di02", update(nummer, gekregen, inhoud(b"versie %d" % i))) for i in range(TEGELIJK)
    ]
    uitkomsten = [uitkomst(antwoord) for antwoord in tegelijk(deur, berichten)]
    assert Counter(uitkomsten) == {"Bv02": 1, "StUF058": TEGELIJK - 1}
    assert bestand(lees(deur, nummer)) == b"versie %d" % uitkomsten.index("Bv02")
    assert element(deur, nummer, "z:versie") == ["2.0"]


def test_of_many_that_fill_a_container_one_succeeds(deur: Deur) -> None:
    nummer = nieuw_nummer()
    deur.gelukt("maakZaakdocument_Lk01", edc_lk01("T", document(nummer, nieuw(deur))))
    berichten = [("updateZaakdocument_Di02", update(nummer, None, inhoud(b"%d" % i))) for i in range(TEGELIJK)]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv02": 1, "StUF058": TEGELIJK - 1}


def test_of_many_documents_with_one_number_one_is_registered(deur: Deur) -> None:
    nummer, waar = nieuw_nummer(), nieuw(deur)
    berichten = [
        ("voegZaakdocumentToe_Lk01", edc_lk01("T", document(nummer, waar, bestand=inhoud(b"%d" % i))))
        for i in range(TEGELIJK)
    ]
    uitkomsten = [uitkomst(antwoord) for antwoord in tegelijk(deur, berichten)]
    assert Counter(uitkomsten) == {"Bv03": 1, "StUF067": TEGELIJK - 1}
    assert bestand(lees(deur, nummer)) == b"%d" % uitkomsten.index("Bv03")


def test_documents_added_to_one_zaak_at_once_are_all_there(deur: Deur, zonder_conflict: Callable[[], None]) -> None:
    waar = nieuw(deur)
    nummers = [nieuw_nummer() for _ in range(30)]
    zelfde = inhoud(b"het zelfde bestand")
    berichten = [
        ("voegZaakdocumentToe_Lk01", edc_lk01("T", document(nummer, waar, bestand=zelfde))) for nummer in nummers
    ]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 30}
    assert sorted(documenten(deur, waar)) == sorted(nummers)
    with deur.motor.connect() as verbinding:
        digest = hashlib.sha256(b"het zelfde bestand").digest()
        een = text("SELECT count(*) FROM document_inhoud WHERE sha256 = :digest")
        assert verbinding.execute(een, {"digest": digest}).scalar_one() == 1
    zonder_conflict()


def test_relations_told_from_both_sides_at_once_do_not_wait_for_each_other(
    deur: Deur, zonder_conflict: Callable[[], None]
) -> None:
    een, ander = nieuw(deur), nieuw(deur)
    nummers = [voeg_toe(deur, een) for _ in range(6)]
    berichten = []
    for nummer in nummers:
        zelf = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
        van_document = edc_lk01("W", edc(zelf), edc(zelf + relevant(ander)))
        van_zaak = lk01("W", obj(sleutel(ander), "W"), obj(sleutel(ander) + heeft_relevant(nummer), "W"))
        berichten += [("voegZaakdocumentToe_Lk01", van_document), ("updateZaak_Lk01", van_zaak)]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 12}
    assert sorted(documenten(deur, ander)) == sorted(nummers)
    zonder_conflict()


def heeft_relevant(nummer: str, soort: str = "T") -> str:
    """The relation of a zaak with a document, which only a sender that is soepel can tell."""
    return f"""<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="{soort}">
      <ZKN:gerelateerde StUF:entiteittype="EDC" StUF:verwerkingssoort="I">
      <ZKN:identificatie>{nummer}</ZKN:identificatie></ZKN:gerelateerde></ZKN:heeftRelevant>"""


class Inzender:
    """Sends a document of 100 MB to a real server, and can stop halfway."""

    def __init__(self, poort: int, waar: str) -> None:
        self._verbinding = http.client.HTTPConnection("127.0.0.1", poort, timeout=120)
        begin, _, einde = envelop(
            edc_lk01("T", document(nieuw_nummer(), waar, bestand=inhoud(b"#####"), titel="Groot"))
        ).partition(base64.b64encode(b"#####"))
        self._begin, self._einde = begin, einde
        self._blok = base64.b64encode(os.urandom(3 * 250_000))

    def stuur(self, deel: float = 1) -> None:
        aantal = 133  # just below the largest that is taken
        lengte = len(self._begin) + aantal * len(self._blok) + len(self._einde)
        self._verbinding.putrequest("POST", "/stuf")
        for naam, waarde in {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{ACTIE}voegZaakdocumentToe_Lk01"',
            "Content-Length": str(lengte),
        }.items():
            self._verbinding.putheader(naam, waarde)
        self._verbinding.endheaders(self._begin)
        for _ in range(int(aantal * deel)):
            self._verbinding.send(self._blok)
        if deel == 1:
            self._verbinding.send(self._einde)

    def sluit(self) -> None:
        self._verbinding.close()


@pytest.fixture
def doodserver(database_url: str, tmp_path: Path) -> Iterator[tuple[int, Engine, Callable[[], None]]]:
    """A server of one process: its port, its database, and what kills it."""
    poort, logboek = vrije_poort(), tmp_path / "logboek"
    proces = start_server(
        logboek, REGIE_PORT=str(poort), REGIE_WORKERS="1", REGIE_DATA_DIR=str(tmp_path), REGIE_DATABASE_URL=database_url
    )
    motor = maak_engine(database_url)

    def dood() -> None:
        os.killpg(proces.pid, signal.SIGKILL)
        proces.wait(30)

    try:
        wacht_op_server(proces, logboek)
        yield poort, motor, dood
    finally:
        stop_server(proces)
        motor.dispose()


_BIJ_KOPIE = """
    SELECT pg_total_relation_size('document_stuk') > 20000000
       AND EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY document_stuk%')
"""
_BIJ_SLOT = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INTO document (%')
"""


@pytest.mark.parametrize("moment", ["bericht", "inhoud", "vastleggen"])
def test_a_server_killed_during_a_large_upload_leaves_neither_document_nor_content(
    doodserver: tuple[int, Engine, Callable[[], None]], moment: str
) -> None:
    poort, motor, dood = doodserver
    waar = nieuw_nummer()
    with closing(http.client.HTTPConnection("127.0.0.1", poort, timeout=60)) as eerst:
        kop = {"Content-Type": "text/xml", "SOAPAction": f"{ACTIE}creeerZaak_Lk01"}
        eerst.request("POST", "/stuf", envelop(lk01("T", zaak(waar))), kop)
        assert eerst.getresponse().status == 200
    inzender = Inzender(poort, waar)
    with motor.connect() as wacht, motor.connect() as kijk:
        if moment == "vastleggen":
            wacht.execute(text("LOCK TABLE document IN SHARE MODE"))
        zenden = threading.Thread(target=_stuur, args=(inzender, 0.5 if moment == "bericht" else 1))
        zenden.start()
        if moment == "bericht":
            zenden.join()
        else:
            vraag = text(_BIJ_KOPIE if moment == "inhoud" else _BIJ_SLOT)
            wacht_tot(lambda: bool(_nu(kijk, vraag)), f"het moment {moment}")
        dood()
        zenden.join()
        wacht.rollback()
        anderen = text(
            "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() "
            "AND state <> 'idle' AND pid <> pg_backend_pid() AND query LIKE '%document%'"
        )
        wacht_tot(lambda: bool(_nu(kijk, anderen)), "de transactie teruggedraaid")
        aantallen = {
            tabel: _nu(kijk, text(f"SELECT count(*) FROM {tabel}")) for tabel in (*TABELLEN, "bericht", "zaak")
        }
    inzender.sluit()
    assert aantallen == {**dict.fromkeys(TABELLEN, 0), "bericht": 1, "zaak": 1}


def _stuur(inzender: Inzender, deel: float) -> None:
    """Send until it is done, or until nobody takes it."""
    try:
        inzender.stuur(deel)
    except OSError:
        return


def _nu(verbinding: Connection, vraag: TextClause) -> object:
    """What a query gives now."""
    verbinding.rollback()
    return verbinding.execute(vraag).scalar_one()
