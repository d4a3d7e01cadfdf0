"""No log, record or temporary file ever has a person: through every door, from messages that are taken or refused.

This is a server with its workers; `tests/access/test_no_people.py` has every operation, in process.
"""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

from tests.berichten.bouw import ACTIE, envelope, lk01, lv01, mdw, new_number, nps, obj, rol, zaak
from tests.berichten.documenten import document, edc_lk01, edc_lv01, inhoud
from tests.bezorging.conftest import MakeOpstelling, MakeReception
from tests.bezorging.opstelling import Opstelling, abonnement, applicatie
from tests.conftest import wait_until
from tests.marks import BSN, DOCUMENT, MARKS, STORY, STREET, SURNAME, found_in

ADDRESS = f"<BG:verblijfsadres><BG:gor.straatnaam>{STREET}</BG:gor.straatnaam></BG:verblijfsadres>"
WHO = rol("heeftAlsInitiator", nps(BSN, SURNAME, extra=ADDRESS), f"<ZKN:toelichting>{STORY}</ZKN:toelichting>")
XML = "text/xml; charset=utf-8"
FILE = inhoud(DOCUMENT.encode() * 100, naam=f"{SURNAME}.pdf")
ALL = 'StUF:scope="alles"'
CREEER = "creeerZaak_Lk01"
Sending = tuple[str, dict[str, str], bytes]


def message(dienst: str, bericht: str, **headers: str) -> Sending:
    return "/stuf", {"Content-Type": XML, "SOAPAction": f'"{ACTIE}{dienst}"', **headers}, envelope(bericht)


def key(number: str) -> str:
    return f"<ZKN:identificatie>{number}</ZKN:identificatie>"


def taken(number: str) -> Iterator[Sending]:
    """Messages that are taken; of a soepel sender also with deviations."""
    foreign = f"<ZKN:vreemd>{STORY} {BSN}</ZKN:vreemd>"
    yield message("creeerZaak_Lk01", lk01("T", zaak(number, relaties=WHO, after=foreign)))
    story = f"{key(number)}<ZKN:toelichting>{STORY}</ZKN:toelichting>"
    yield message("updateZaak_Lk01", lk01("W", obj(key(number), "W"), obj(story, "W")))
    yield message("voegZaakdocumentToe_Lk01", edc_lk01("T", document(new_number(), number, file=FILE, titel=SURNAME)))
    who = f"<ZKN:heeftAlsInitiator><ZKN:gerelateerde>{nps(BSN)}</ZKN:gerelateerde></ZKN:heeftAlsInitiator>"
    yield message("zakLv01", lv01(who))
    yield message("geefZaakdetails_Lv01", lv01(key(number), ALL))


def good() -> str:
    return lk01("T", zaak(new_number(), relaties=WHO), zender="WmoVoorziening")


def in_values(mark: str) -> Iterator[Sending]:
    """Messages with a mark where the schema or a rule has an objection."""
    for where in ("20260101<", "B1026<", "V</StUF:ind", "T</StUF:mut", "NPS"):
        yield message(CREEER, good().replace(where, mark + where[-1], 1))
    omschrijving = "<ZKN:omschrijving>"
    yield message(CREEER, good().replace(omschrijving, f"<ZKN:x{mark}>y</ZKN:x{mark}>{omschrijving}", 1))
    yield message(CREEER, good().replace(omschrijving, f'<ZKN:omschrijving a="{mark}" x{mark}="1">', 1))
    yield message(CREEER, good().replace('xmlns:BG="http', f'xmlns:BG="urn:{mark}:http', 1))
    yield message("updateZaak_Lk01", lk01("W", obj(key(f"1900{mark}"), "W")))
    yield message("geefZaakdetails_Lv01", lv01(key(f"{mark} {mark}"), ALL))
    yield message("geefZaakdocumentLezen_Lv01", edc_lv01(mark * 2))


def in_bytes(mark: str) -> Iterator[Sending]:
    """Messages with a mark in what is no XML, or in the headers of HTTP, SOAP or MIME."""
    latin = mark.encode().decode("latin-1")
    path, head, body = message(CREEER, good())
    yield path, head, body.replace(b"<BG:geslachtsnaam>", f"<BG:geslachtsnaam {mark}>{mark}<{mark}".encode(), 1)
    yield path, head, body[: body.index(SURNAME.encode()) + 4]
    yield path, head, body.replace(SURNAME.encode(), f"&{SURNAME};".encode(), 1)
    yield path, head | {"SOAPAction": f'"{ACTIE}{latin}"'}, body
    yield path, head | {"Content-Type": f"text/{latin}"}, body
    yield path, head | {"Content-Type": f"text/xml; charset={latin}"}, body
    yield path, head | {"Content-Encoding": latin}, body
    yield path, head | {"Authorization": f"Basic {latin}"}, body
    yield f"/stuf/x{BSN}?{STREET}", head, body
    header = f'<x:{mark} xmlns:x="urn:{mark}" s:mustUnderstand="1">{mark}</x:{mark}>'
    yield path, head, envelope(good(), header=header if not mark.isdigit() else "<")
    part = b"--b\r\nContent-Type: application/xop+xml\r\nContent-ID: <%s>\r\n\r\n%s\r\n--b--" % (mark.encode(), body)
    mime = "multipart/related; boundary={}; type=application/xop+xml; start-info=text/xml; start={}"
    yield path, head | {"Content-Type": mime.format("b", latin)}, part
    yield path, head | {"Content-Type": mime.format(latin, "x")}, part
    include = f'<inc:Include xmlns:inc="http://www.w3.org/2004/08/xop/include" href="cid:{mark}"/>'
    yield path, head | {"Content-Type": mime.format("b", "")}, part.replace(b"Zaak<", f"{include}<".encode(), 1)


def refused(number: str) -> Iterator[Sending]:
    """Messages that are refused, each in another way, with personal data where it hurts."""
    for mark in MARKS:
        yield from in_values(mark)
        yield from in_bytes(mark)
    yield message(CREEER, good().replace(BSN, "111111111"))
    program = document(new_number(), number, file=FILE.replace(".pdf", ".exe"))
    yield message("voegZaakdocumentToe_Lk01", edc_lk01("T", program))
    yield message(CREEER, lk01("T", zaak(number, relaties=WHO), zender="WmoVoorziening"))
    yield message(
        CREEER, lk01("T", zaak(new_number(), relaties=WHO + rol("heeftAlsVerantwoordelijke", mdw("r"), STORY)))
    )
    path, head, body = message(CREEER, good())
    yield path, head, body.replace(b"Zaak<", SURNAME.encode() * 100_000 + b"<")


def post(opstelling: Opstelling, sending: Sending) -> int:
    """Send bytes as they are; the status of the answer."""
    path, headers, body = sending
    connection = http.client.HTTPConnection("127.0.0.1", opstelling.port, timeout=60)
    try:
        connection.putrequest("POST", path)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders()
        connection.send(body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_no_person_is_in_logs_records_or_temporary_files(
    make_reception: MakeReception, make_opstelling: MakeOpstelling, tmp_path: Path
) -> None:
    reception = make_reception("Echo")
    reception.do(f"zegt Persoon {SURNAME} ({BSN}) van de {STREET}: {STORY}")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    opstelling = make_opstelling(
        applicatie("Echo", reception.adres),
        abonnement("Echo", 'bericht = "zakLk01"'),
        REGIE_LOG="json",
        REGIE_MAX_BERICHT_MB="1",
        TMPDIR=str(temporary),
    )
    number = new_number()
    assert {post(opstelling, one) for one in taken(number)} == {200}
    statuses = [post(opstelling, one) for one in refused(number)]
    assert set(statuses) >= {404, 413, 415, 500}
    assert statuses.count(200) < len(statuses) / 5, "most are refused"
    wait_until(lambda: opstelling.states("Echo").get("gestrand", 0) > 0, "gestrand")
    rows = opstelling.sql("SELECT w::text FROM weigering w UNION ALL SELECT a::text FROM afwijking a")
    rows += opstelling.sql("SELECT melding FROM notificatie UNION ALL SELECT melding FROM ontvanger")
    rows += opstelling.sql("SELECT args::text FROM procrastinate_jobs")
    assert len(rows) > 50
    assert [row for row in rows if found_in(str(row))] == []
    log = opstelling.logboek.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"web", "worker"} <= {line.get("proces") for line in lines}
    handled = [line for line in lines if line["event"] == "bericht_verwerkt"]
    assert len(handled) >= len(statuses) - len(MARKS)
    assert [line for line in log.splitlines() if found_in(line)] == []
    left = [path for path in temporary.rglob("*") if path.is_file() and found_in(path.read_bytes().decode("latin-1"))]
    assert left == []
    [(kept,)] = opstelling.sql("SELECT sum(aantal) FROM weigering")
    assert kept == sum(line["foutcode"] is not None for line in handled), "the counts agree"
