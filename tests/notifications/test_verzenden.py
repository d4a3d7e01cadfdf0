"""How a message goes out, and what becomes of it when the way or the receiver fails."""

import gzip
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import Engine
from tests.conftest import vrije_port
from tests.notifications.conftest import ACTIE, SOORT, Send
from tests.notifications.ontvangst import (
    SOAP11,
    SOAP12,
    Answer,
    Close,
    Reception,
    Request,
    answer,
    bevestiging,
    envelope,
    error,
    raw,
    receive,
    soap_error,
    zwijg,
)
from tests.notifications.routeringstappen import load

from regiesysteem.db import kenmerk
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.inrichting.model import Applicatie
from regiesysteem.local import KENMERK_HEADER, is_this_machine
from regiesysteem.notifications.client import Sender, SoapCourier
from regiesysteem.notifications.outcome import MAX_ANSWER
from regiesysteem.notifications.receiver import Ontvanger, ontvanger_of
from regiesysteem.stuf.namespaces import XSI, stuf
from regiesysteem.stuf.xml import canonical, parse, serialise
from regiesysteem.zkn.names import NSMAP_RZS, rzs, zkn

GOOD = answer(envelope(bevestiging()))
SECRET = "p@ss:w€ord"
KINDS = [
    ("creeerZaak_Lk01", zkn("zakLk01")),
    ("updateZaak_Lk01", zkn("zakLk01")),
    ("notificeerOverZaak", rzs("notificeerOverZaak_Di01")),
    ("initieerNotificeerOverZaak", rzs("initieerNotificeerOverZaak_Di01")),
    ("overdragenZaak", rzs("overdragenZaak_Di01")),
    ("bevestigOverdragenZaak", rzs("overdragenZaak_Du01")),
]
"""The operations that we call, and the message of each."""


@pytest.mark.parametrize(("soap", "namespace"), [("1.1", SOAP11), ("1.2", SOAP12)])
def test_the_element_goes_as_it_is_in_the_body_with_its_action(
    send: Send, bericht: etree._Element, soap: str, namespace: str
) -> None:
    with receive(GOOD) as reception:
        assert send(reception.adres, soap=soap).soort == "bevestigd"
    [request] = reception.verzoeken
    root = parse(request.body)
    assert root.tag == f"{{{namespace}}}Envelope"
    body = root.find(f"{{{namespace}}}Body")
    assert body is not None
    assert [canonical(child) for child in body] == [canonical(bericht)]
    assert request.headers["soapaction"] == f'"{ACTIE}"'
    assert request.headers["content-type"] == (
        "text/xml; charset=utf-8" if soap == "1.1" else f'application/soap+xml; charset=utf-8; action="{ACTIE}"'
    )


@pytest.mark.parametrize(("soort", "root"), KINDS)
def test_each_kind_of_message_goes_with_its_action_under_its_prefixes(sender: Sender, soort: str, root: str) -> None:
    """The SOAPAction is that of the published WSDL, and the same message gives the same bytes each time."""
    bericht = etree.Element(root, nsmap=NSMAP_RZS)
    etree.SubElement(bericht, zkn("object")).set(etree.QName(XSI, "nil"), "true")
    with receive(GOOD) as reception:
        ontvanger = Ontvanger(applicatie="GWS4all", organisatie="1900", adres=reception.adres)
        for _ in range(2):
            assert sender.send(ontvanger, soort, serialise(bericht)).soort == "bevestigd"
    first, second = reception.verzoeken
    assert first.body == second.body
    sector = "zkn" if soort.endswith("_Lk01") else "rzs"
    assert first.headers["soapaction"] == f'"http://www.egem.nl/StUF/sector/{sector}/0310/{soort}"'
    [sent] = parse(first.body)[0]
    assert (sent.prefix, sent[0].prefix) == (bericht.prefix, "ZKN")
    assert b'<ZKN:object xsi:nil="true"/>' in first.body


def test_a_message_goes_by_no_operation_but_its_own(sender: Sender) -> None:
    """zeep would send it under the name of the other message."""
    with receive(GOOD) as reception:
        ontvanger = Ontvanger(applicatie="GWS4all", organisatie="1900", adres=reception.adres)
        with pytest.raises(ValueError, match="zakLk01"):
            sender.send(ontvanger, "notificeerOverZaak", serialise(etree.Element(zkn("zakLk01"))))
        with pytest.raises(AttributeError, match="urn:x"):
            sender.send(ontvanger, "urn:x", serialise(etree.Element(zkn("zakLk01"))))
    assert reception.verzoeken == []


def test_one_connection_serves_many_messages(send: Send) -> None:
    with receive(GOOD) as reception:
        for _ in range(5):
            send(reception.adres)
    assert [request.connection for request in reception.verzoeken] == [1] * 5


def test_threads_do_not_mix_their_messages(sender: Sender) -> None:
    """Each gets the answer to its own referentienummer: another one would be noticed."""

    def repeat(reception: Reception, sock: socket.socket, request: Request) -> None:
        kenmerk = next(parse(request.body).iter("{*}referentienummer")).text or ""
        answer(envelope(bevestiging(kenmerk=kenmerk)))(reception, sock, request)

    def one(number: int) -> str:
        soort, root = KINDS[number % len(KINDS)]
        bericht = etree.Element(root)
        etree.SubElement(etree.SubElement(bericht, "stuurgegevens"), stuf("referentienummer")).text = f"R{number}"
        outcome = sender.send(ontvanger, soort, serialise(bericht))
        return f"{outcome.soort}{outcome.waarschuwing}"

    with receive(repeat) as reception, ThreadPoolExecutor(8) as threads:
        ontvanger = Ontvanger(applicatie="GWS4all", organisatie="1900", adres=reception.adres)
        assert set(threads.map(one, range(200))) == {"bevestigd"}
    for request in reception.verzoeken:
        kenmerk = next(parse(request.body).iter("{*}referentienummer")).text or ""
        soort, _ = KINDS[int(kenmerk[1:]) % len(KINDS)]
        assert request.headers["soapaction"].endswith(f'/{soort}"')


def test_a_connection_that_the_receiver_closed_in_between_is_replaced(send: Send) -> None:
    """Closed after its answer, and closed when the next message came: neither costs an attempt."""

    def closed(_: Reception, __: socket.socket, ___: Request) -> None:
        raise Close

    with receive(GOOD, closed, GOOD) as reception:
        assert [send(reception.adres).soort for _ in range(2)] == ["bevestigd"] * 2
    assert [request.connection for request in reception.verzoeken] == [1, 1, 2]
    bodies = {request.body for request in reception.verzoeken}
    assert len(bodies) == 1, "the same bytes, with the same referentienummer"


def test_a_fresh_connection_that_fails_is_not_tried_again(send: Send) -> None:
    with receive(raw(b"")) as reception:
        outcome = send(reception.adres)
    assert len(reception.verzoeken) == 1
    assert (outcome.soort, outcome.http_status) == ("tijdelijk", None)
    assert "verbrak de verbinding" in outcome.omschrijving


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n"
DRUPPEL = [b"x"] * 1000
FAILURES: dict[str, tuple[Answer, str]] = {
    "nothing": (zwijg, "geen volledig antwoord"),
    "a status line and nothing": (raw(b"HTTP/1.1 200 OK\r\n", b"", after=60), "geen volledig antwoord"),
    "half an answer, then silence": (raw(HEAD, b"<a", after=60), "geen volledig antwoord"),
    "a drip in the body": (raw(HEAD, *DRUPPEL, after=0.1), "geen volledig antwoord"),
    "a drip in the headers": (raw(b"HTTP/1.1 200 OK\r\nX: ", *DRUPPEL, after=0.1), "geen volledig antwoord"),
    "a drip in the status line": (raw(b"HTTP/1.1 2", *DRUPPEL, after=0.1), "geen volledig antwoord"),
    "half an answer, then the end": (raw(HEAD + b"<a"), "brak halverwege af"),
    "half a chunk, then the end": (
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n<a"),
        "brak halverwege af",
    ),
    "no HTTP": (raw(b"220 smtp.voorbeeld.nl ESMTP\r\n"), "spreekt geen HTTP"),
    "too long a header": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"), "spreekt geen HTTP"),
    "a huge answer": (answer(b"<a>" + b"x" * (MAX_ANSWER + 1) + b"</a>"), "groter dan 1000 kB"),
    "an endless answer": (
        raw(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 100_000] * 100),
        "groter dan 1000 kB",
    ),
    "a gzip bomb": (
        answer(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip"),
        "groter dan 1000 kB",
    ),
    "broken gzip": (answer(b"geen gzip", Content_Encoding="gzip"), "gecomprimeerde antwoord"),
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_receiver_that_fails_is_worth_another_try_and_does_not_hold_us(send: Send, what: str) -> None:
    """The timeout is half a second, and a drip would go on for a hundred seconds: that the test ends is the proof."""
    given, contains = FAILURES[what]
    with receive(given) as reception:
        outcome = send(reception.adres, timeout_s=0.5)
    assert outcome.soort == "tijdelijk"
    assert contains in outcome.omschrijving


def test_a_receiver_that_does_not_read_does_not_hold_us(send: Send, bericht: etree._Element) -> None:
    for _ in range(4):
        etree.SubElement(bericht, "inhoud").text = "x" * 5_000_000
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outcome = send(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=0.5)
    assert outcome.soort == "tijdelijk"
    assert "geen volledig antwoord" in outcome.omschrijving


def test_an_answer_that_was_compressed_unasked_is_read(send: Send) -> None:
    with receive(answer(gzip.compress(envelope(bevestiging()).encode()), Content_Encoding="gzip")) as reception:
        assert send(reception.adres).soort == "bevestigd"


@pytest.mark.parametrize(
    ("adres", "contains"),
    [
        ("http://bestaat-niet.invalid/stuf", "niet te vinden (DNS)"),
        ("http://a..b/stuf", "onbruikbaar"),
    ],
)
def test_an_address_where_nobody_is(send: Send, adres: str, contains: str) -> None:
    outcome = send(adres)
    assert outcome.soort == "tijdelijk"
    assert contains in outcome.omschrijving


def test_a_receiver_that_is_down(send: Send) -> None:
    outcome = send(f"http://127.0.0.1:{vrije_port()}/")
    assert (outcome.soort, outcome.http_status) == ("tijdelijk", None)
    assert "luistert niemand" in outcome.omschrijving


def test_no_proxy_and_no_netrc_of_the_environment(send: Send, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for naam in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(naam, f"http://127.0.0.1:{vrije_port()}")
    with receive(GOOD) as reception:
        assert send(reception.adres).soort == "bevestigd"
    assert "authorization" not in reception.verzoeken[0].headers


def test_cookies_are_not_kept(send: Send) -> None:
    with receive(answer(envelope(bevestiging()), Set_Cookie="s=1")) as reception:
        for _ in range(2):
            send(reception.adres)
    assert "cookie" not in reception.verzoeken[1].headers


@pytest.mark.parametrize("spot", ["env", "bestand"])
def test_basic_authentication_with_a_secret_that_is_nowhere_else(
    send: Send,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    spot: str,
    regels: list[dict[str, object]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    monkeypatch.setenv("BEZORG_GEHEIM", SECRET)
    (tmp_path / "geheim").touch(0o600)
    (tmp_path / "geheim").write_text(SECRET + "\n")
    out = "env:BEZORG_GEHEIM" if spot == "env" else f"bestand:{tmp_path / 'geheim'}"
    with receive(GOOD, answer("", "401 Unauthorized"), raw(b"")) as reception:
        uitkomsten = [send(reception.adres, gebruiker="regie", wachtwoord_uit=out) for _ in range(3)]
    code = "cmVnaWU6cEBzczp34oKsb3Jk"
    assert {request.headers["authorization"] for request in reception.verzoeken} == {f"Basic {code}"}
    assert [outcome.soort for outcome in uitkomsten] == ["bevestigd", "tijdelijk", "tijdelijk"]
    said = repr((regels, uitkomsten, caplog.text, Ontvanger(applicatie="x", organisatie="y", adres="", gebruiker="r")))
    assert SECRET not in said
    assert code not in said


def test_a_secret_that_changes_counts_at_once(send: Send, tmp_path: Path) -> None:
    secret = tmp_path / "geheim"
    secret.touch(0o600)
    with receive(GOOD) as reception:
        for waarde in ("een", "twee"):
            secret.write_text(waarde)
            send(reception.adres, gebruiker="regie", wachtwoord_uit=f"bestand:{secret}")
    assert len({request.headers["authorization"] for request in reception.verzoeken}) == 2


def test_a_password_that_others_may_read_is_not_sent(send: Send, tmp_path: Path) -> None:
    secret = tmp_path / "geheim"
    secret.write_text(SECRET)
    secret.chmod(0o604)
    with receive(GOOD) as reception:
        outcome = send(reception.adres, gebruiker="regie", wachtwoord_uit=f"bestand:{secret}")
    assert reception.verzoeken == []
    assert f"chmod go= {secret}" in outcome.omschrijving
    assert SECRET not in outcome.omschrijving


@pytest.mark.parametrize("out", ["env:BESTAAT_NIET", "bestand:/bestaat/niet"])
def test_without_its_secret_nothing_is_sent(send: Send, out: str) -> None:
    assert "BESTAAT_NIET" not in os.environ
    with receive(GOOD) as reception:
        outcome = send(reception.adres, gebruiker="regie", wachtwoord_uit=out)
    assert reception.verzoeken == []
    assert outcome.soort == "tijdelijk"
    assert "ons geheim voor de ontvanger is niet te gebruiken" in outcome.omschrijving


def test_one_log_line_per_attempt_and_no_message_in_it(
    send: Send, bericht: etree._Element, regels: list[dict[str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    etree.SubElement(bericht, "bsn").text = "123456782"
    with receive(GOOD, answer("", "503 Busy")) as reception:
        for _ in range(2):
            send(reception.adres)
    assert [(r["event"], r["soort"], r["referentienummer"], r["http_status"]) for r in regels] == [
        ("bericht_verzonden", "bevestigd", "R1", 200),
        ("bericht_niet_aangekomen", "tijdelijk", "R1", 503),
    ]
    assert "123456782" not in repr(regels) + caplog.text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (error("Fo03", "Jan Jansen uit de Dorpsstraat 12", "client"), None),
        (error("Fo03", "StUF999", "client"), "StUF999"),
        (error("Fo03", "StUF055", "Jansen", "Jansen", "Jansen"), "StUF055"),
        ("<Jansen/>", None),
        (soap_error(code="Jansen", text="Jansen"), None),
    ],
)
def test_no_word_of_a_receiver_goes_to_the_log(
    send: Send, regels: list[dict[str, object]], caplog: pytest.LogCaptureFixture, said: str, code: str | None
) -> None:
    caplog.set_level(0)
    with receive(answer(said)) as reception:
        assert "Jansen" not in send(reception.adres).omschrijving
    [regel] = regels
    assert regel.get("code") == code
    assert "Jansen" not in repr(regels) + caplog.text


def test_what_the_inrichting_says_of_a_receiver_counts_from_the_next_message(send: Send) -> None:
    with receive(GOOD) as first, receive(GOOD) as second:
        send(first.adres)
        send(second.adres, soap="1.2")
    assert len(first.verzoeken) == len(second.verzoeken) == 1
    assert second.verzoeken[0].headers["content-type"].startswith("application/soap+xml")


def test_an_applicatie_with_an_adres_is_a_receiver() -> None:
    make: Callable[..., Applicatie] = Applicatie
    complete = make(
        naam="GWS4all", administratie="a", adres="https://x/", timeout=5, soap="1.2", gebruiker="u",
        wachtwoord_uit="env:X", clientcertificaat="/c", clientsleutel="/s", ca="/a",
    )  # fmt: skip
    assert ontvanger_of(complete, "1900") == Ontvanger(
        applicatie="GWS4all", organisatie="1900", administratie="a", adres="https://x/", timeout_s=5, soap="1.2",
        gebruiker="u", wachtwoord_uit="env:X", clientcertificaat="/c", clientsleutel="/s", ca="/a",
    )  # fmt: skip
    assert ontvanger_of(make(naam="GWS4all"), "1900") is None


def test_only_a_receiver_on_this_machine_hears_which_system_we_are(bericht: etree._Element) -> None:
    with receive(GOOD) as here:
        for kenmerk in ("0123456789abcdef", ""):
            sender = Sender(kenmerk)
            sender.send(
                Ontvanger(applicatie="GWS4all", organisatie="1900", adres=here.adres), SOORT, serialise(bericht)
            )
            sender.close()
    assert [request.headers.get(KENMERK_HEADER.casefold()) for request in here.verzoeken] == ["0123456789abcdef", None]
    assert not is_this_machine("https://backoffice.voorbeeld.nl/stuf")


def test_a_worker_says_which_system_it_is_however_it_was_started(engine: Engine, bericht: etree._Element) -> None:
    """By its database: also a `regie worker` on its own, and beside a server on any free port."""
    with receive(GOOD) as here:
        load(engine, f'[[applicatie]]\nnaam = "Hier"\nadres = "{here.adres}"\n')
        with SoapCourier(engine, InrichtingSource(engine)) as courier:
            courier.make_ready()
            courier.send("Hier", "notificeerOverZaak", serialise(bericht))
    assert [request.headers[KENMERK_HEADER.casefold()] for request in here.verzoeken] == [kenmerk(engine)]


def test_each_koppelvlak_has_its_own_address_and_connections(engine: Engine) -> None:
    """zakLk01 to adres, all of RZS 1.0 to adres_rzs; without one adres takes both."""
    kinds = dict(KINDS)
    soorten = ["updateZaak_Lk01", "overdragenZaak", "creeerZaak_Lk01", "bevestigOverdragenZaak"]
    with receive(GOOD) as at_zkn, receive(GOOD) as at_rzs:
        names = {"Twee": f'adres = "{at_zkn.adres}"\nadres_rzs = "{at_rzs.adres}"', "Een": f'adres = "{at_zkn.adres}"'}
        toml = "".join(f'[[applicatie]]\nnaam = "{naam} adres"\n{addresses}\n' for naam, addresses in names.items())
        load(engine, toml)
        with SoapCourier(engine, InrichtingSource(engine)) as courier:
            for naam in names:
                for soort in soorten:
                    bericht = serialise(etree.Element(kinds[soort]))
                    assert courier.send(f"{naam} adres", soort, bericht).soort == "bevestigd"

    def got(reception: Reception) -> list[str]:
        return [request.headers["soapaction"].strip('"').partition("/sector/")[2] for request in reception.verzoeken]

    acties = ["zkn/0310/updateZaak_Lk01", "rzs/0310/overdragenZaak"]
    acties += ["zkn/0310/creeerZaak_Lk01", "rzs/0310/bevestigOverdragenZaak"]
    assert got(at_rzs) == acties[1::2]
    assert got(at_zkn) == acties[::2] + acties
    assert {request.connection for request in at_rzs.verzoeken} == {1}, (
        "not a new connection for each change of address"
    )
