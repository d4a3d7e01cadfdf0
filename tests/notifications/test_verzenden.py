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
from tests.conftest import vrije_poort
from tests.notifications.conftest import ACTIE, Stuur
from tests.notifications.ontvangst import (
    SOAP11,
    SOAP12,
    Antwoord,
    Ontvangst,
    Sluit,
    Verzoek,
    antwoord,
    bevestiging,
    envelop,
    fout,
    ontvang,
    ruw,
    soap_fout,
    zwijg,
)
from tests.notifications.routeringstappen import laad

from regiesysteem.db import kenmerk
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.inrichting.model import Applicatie
from regiesysteem.local import KENMERKKOP, is_deze_machine
from regiesysteem.notifications.client import Verzender, Verzendkamer
from regiesysteem.notifications.outcome import MAX_ANTWOORD
from regiesysteem.notifications.receiver import Ontvanger, ontvanger_van
from regiesysteem.stuf.xml import canoniek, ontleed, serialiseer

GOED = antwoord(envelop(bevestiging()))
GEHEIM = "p@ss:w€ord"


@pytest.mark.parametrize(("soap", "namespace"), [("1.1", SOAP11), ("1.2", SOAP12)])
def test_the_element_goes_as_it_is_in_the_body_with_its_action(
    stuur: Stuur, bericht: etree._Element, soap: str, namespace: str
) -> None:
    with ontvang(GOED) as ontvangst:
        assert stuur(ontvangst.adres, soap=soap).soort == "bevestigd"
    [verzoek] = ontvangst.verzoeken
    wortel = ontleed(verzoek.body)
    assert wortel.tag == f"{{{namespace}}}Envelope"
    body = wortel.find(f"{{{namespace}}}Body")
    assert body is not None
    assert [canoniek(kind) for kind in body] == [canoniek(bericht)]
    assert bericht.getparent() is None
    assert verzoek.headers["soapaction"] == f'"{ACTIE}"'
    assert verzoek.headers["content-type"] == (
        "text/xml; charset=utf-8" if soap == "1.1" else f'application/soap+xml; charset=utf-8; action="{ACTIE}"'
    )


def test_one_connection_serves_many_messages(stuur: Stuur) -> None:
    with ontvang(GOED) as ontvangst:
        for _ in range(5):
            stuur(ontvangst.adres)
    assert [verzoek.verbinding for verzoek in ontvangst.verzoeken] == [1] * 5


def test_threads_do_not_mix_their_messages(verzender: Verzender) -> None:
    """Each gets the answer to its own referentienummer: another one would be noticed."""

    def herhaal(ontvangst: Ontvangst, sock: socket.socket, verzoek: Verzoek) -> None:
        kenmerk = next(ontleed(verzoek.body).iter("{*}referentienummer")).text or ""
        antwoord(envelop(bevestiging(kenmerk=kenmerk)))(ontvangst, sock, verzoek)

    def een(nummer: int) -> str:
        element = ontleed(
            f'<a xmlns:s="http://www.egem.nl/StUF/StUF0301"><stuurgegevens><s:referentienummer>R{nummer}'
            "</s:referentienummer></stuurgegevens></a>".encode()
        )
        uitkomst = verzender.verzend(ontvanger, f"urn:{nummer}", element)
        return f"{uitkomst.soort}{uitkomst.waarschuwing}"

    with ontvang(herhaal) as ontvangst, ThreadPoolExecutor(8) as draden:
        ontvanger = Ontvanger(applicatie="GWS4all", organisatie="1900", adres=ontvangst.adres)
        assert set(draden.map(een, range(200))) == {"bevestigd"}
    for verzoek in ontvangst.verzoeken:
        kenmerk = next(ontleed(verzoek.body).iter("{*}referentienummer")).text or ""
        assert verzoek.headers["soapaction"] == f'"urn:{kenmerk[1:]}"'


def test_a_connection_that_the_receiver_closed_in_between_is_replaced(stuur: Stuur) -> None:
    """Closed after its answer, and closed when the next message came: neither costs an attempt."""

    def dicht(_: Ontvangst, __: socket.socket, ___: Verzoek) -> None:
        raise Sluit

    with ontvang(GOED, dicht, GOED) as ontvangst:
        assert [stuur(ontvangst.adres).soort for _ in range(2)] == ["bevestigd"] * 2
    assert [verzoek.verbinding for verzoek in ontvangst.verzoeken] == [1, 1, 2]
    bodies = {verzoek.body for verzoek in ontvangst.verzoeken}
    assert len(bodies) == 1, "the same bytes, with the same referentienummer"


def test_a_fresh_connection_that_fails_is_not_tried_again(stuur: Stuur) -> None:
    with ontvang(ruw(b"")) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert len(ontvangst.verzoeken) == 1
    assert (uitkomst.soort, uitkomst.http_status) == ("tijdelijk", None)
    assert "verbrak de verbinding" in uitkomst.omschrijving


KOP = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n"
DRUPPEL = [b"x"] * 1000
STORINGEN: dict[str, tuple[Antwoord, str]] = {
    "nothing": (zwijg, "geen volledig antwoord"),
    "a status line and nothing": (ruw(b"HTTP/1.1 200 OK\r\n", b"", na=60), "geen volledig antwoord"),
    "half an answer, then silence": (ruw(KOP, b"<a", na=60), "geen volledig antwoord"),
    "a drip in the body": (ruw(KOP, *DRUPPEL, na=0.1), "geen volledig antwoord"),
    "a drip in the headers": (ruw(b"HTTP/1.1 200 OK\r\nX: ", *DRUPPEL, na=0.1), "geen volledig antwoord"),
    "a drip in the status line": (ruw(b"HTTP/1.1 2", *DRUPPEL, na=0.1), "geen volledig antwoord"),
    "half an answer, then the end": (ruw(KOP + b"<a"), "brak halverwege af"),
    "half a chunk, then the end": (
        ruw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n<a"),
        "brak halverwege af",
    ),
    "no HTTP": (ruw(b"220 smtp.voorbeeld.nl ESMTP\r\n"), "spreekt geen HTTP"),
    "too long a header": (ruw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"), "spreekt geen HTTP"),
    "a huge answer": (antwoord(b"<a>" + b"x" * (MAX_ANTWOORD + 1) + b"</a>"), "groter dan 1000 kB"),
    "an endless answer": (
        ruw(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 100_000] * 100),
        "groter dan 1000 kB",
    ),
    "a gzip bomb": (
        antwoord(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip"),
        "groter dan 1000 kB",
    ),
    "broken gzip": (antwoord(b"geen gzip", Content_Encoding="gzip"), "gecomprimeerde antwoord"),
}


@pytest.mark.parametrize("wat", STORINGEN)
def test_a_receiver_that_fails_is_worth_another_try_and_does_not_hold_us(stuur: Stuur, wat: str) -> None:
    """The timeout is half a second, and a drip would go on for a hundred seconds: that the test ends is the proof."""
    gegeven, bevat = STORINGEN[wat]
    with ontvang(gegeven) as ontvangst:
        uitkomst = stuur(ontvangst.adres, timeout_s=0.5)
    assert uitkomst.soort == "tijdelijk"
    assert bevat in uitkomst.omschrijving


def test_a_receiver_that_does_not_read_does_not_hold_us(stuur: Stuur, bericht: etree._Element) -> None:
    etree.SubElement(bericht, "inhoud").text = "x" * 20_000_000
    with socket.create_server(("127.0.0.1", 0)) as luisteraar:
        uitkomst = stuur(f"http://127.0.0.1:{luisteraar.getsockname()[1]}/", timeout_s=0.5)
    assert uitkomst.soort == "tijdelijk"
    assert "geen volledig antwoord" in uitkomst.omschrijving


def test_an_answer_that_was_compressed_unasked_is_read(stuur: Stuur) -> None:
    with ontvang(antwoord(gzip.compress(envelop(bevestiging()).encode()), Content_Encoding="gzip")) as ontvangst:
        assert stuur(ontvangst.adres).soort == "bevestigd"


@pytest.mark.parametrize(
    ("adres", "bevat"),
    [
        ("http://bestaat-niet.invalid/stuf", "niet te vinden (DNS)"),
        ("http://a..b/stuf", "onbruikbaar"),
    ],
)
def test_an_address_where_nobody_is(stuur: Stuur, adres: str, bevat: str) -> None:
    uitkomst = stuur(adres)
    assert uitkomst.soort == "tijdelijk"
    assert bevat in uitkomst.omschrijving


def test_a_receiver_that_is_down(stuur: Stuur) -> None:
    uitkomst = stuur(f"http://127.0.0.1:{vrije_poort()}/")
    assert (uitkomst.soort, uitkomst.http_status) == ("tijdelijk", None)
    assert "luistert niemand" in uitkomst.omschrijving


def test_no_proxy_and_no_netrc_of_the_environment(
    stuur: Stuur, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for naam in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(naam, f"http://127.0.0.1:{vrije_poort()}")
    with ontvang(GOED) as ontvangst:
        assert stuur(ontvangst.adres).soort == "bevestigd"
    assert "authorization" not in ontvangst.verzoeken[0].headers


def test_cookies_are_not_kept(stuur: Stuur) -> None:
    with ontvang(antwoord(envelop(bevestiging()), Set_Cookie="s=1")) as ontvangst:
        for _ in range(2):
            stuur(ontvangst.adres)
    assert "cookie" not in ontvangst.verzoeken[1].headers


@pytest.mark.parametrize("plek", ["env", "bestand"])
def test_basic_authentication_with_a_secret_that_is_nowhere_else(
    stuur: Stuur,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    plek: str,
    regels: list[dict[str, object]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    monkeypatch.setenv("BEZORG_GEHEIM", GEHEIM)
    (tmp_path / "geheim").write_text(GEHEIM + "\n")
    uit = "env:BEZORG_GEHEIM" if plek == "env" else f"bestand:{tmp_path / 'geheim'}"
    with ontvang(GOED, antwoord("", "401 Unauthorized"), ruw(b"")) as ontvangst:
        uitkomsten = [stuur(ontvangst.adres, gebruiker="regie", wachtwoord_uit=uit) for _ in range(3)]
    code = "cmVnaWU6cEBzczp34oKsb3Jk"
    assert {verzoek.headers["authorization"] for verzoek in ontvangst.verzoeken} == {f"Basic {code}"}
    assert [uitkomst.soort for uitkomst in uitkomsten] == ["bevestigd", "tijdelijk", "tijdelijk"]
    gezegd = repr(
        (regels, uitkomsten, caplog.text, Ontvanger(applicatie="x", organisatie="y", adres="", gebruiker="r"))
    )
    assert GEHEIM not in gezegd
    assert code not in gezegd


def test_a_secret_that_changes_counts_at_once(stuur: Stuur, tmp_path: Path) -> None:
    geheim = tmp_path / "geheim"
    with ontvang(GOED) as ontvangst:
        for waarde in ("een", "twee"):
            geheim.write_text(waarde)
            stuur(ontvangst.adres, gebruiker="regie", wachtwoord_uit=f"bestand:{geheim}")
    assert len({verzoek.headers["authorization"] for verzoek in ontvangst.verzoeken}) == 2


@pytest.mark.parametrize("uit", ["env:BESTAAT_NIET", "bestand:/bestaat/niet"])
def test_without_its_secret_nothing_is_sent(stuur: Stuur, uit: str) -> None:
    assert "BESTAAT_NIET" not in os.environ
    with ontvang(GOED) as ontvangst:
        uitkomst = stuur(ontvangst.adres, gebruiker="regie", wachtwoord_uit=uit)
    assert ontvangst.verzoeken == []
    assert uitkomst.soort == "tijdelijk"
    assert "wachtwoord voor de ontvanger ontbreekt" in uitkomst.omschrijving


def test_one_log_line_per_attempt_and_no_message_in_it(
    stuur: Stuur, bericht: etree._Element, regels: list[dict[str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    etree.SubElement(bericht, "bsn").text = "123456782"
    with ontvang(GOED, antwoord("", "503 Busy")) as ontvangst:
        for _ in range(2):
            stuur(ontvangst.adres)
    assert [(r["event"], r["soort"], r["referentienummer"], r["http_status"]) for r in regels] == [
        ("bericht_verzonden", "bevestigd", "R1", 200),
        ("bericht_niet_aangekomen", "tijdelijk", "R1", 503),
    ]
    assert "123456782" not in repr(regels) + caplog.text


@pytest.mark.parametrize(
    ("gezegd", "code"),
    [
        (fout("Fo03", "Jan Jansen uit de Dorpsstraat 12", "client"), None),
        (fout("Fo03", "StUF999", "client"), "StUF999"),
        (fout("Fo03", "StUF055", "Jansen", "Jansen", "Jansen"), "StUF055"),
        ("<Jansen/>", None),
        (soap_fout(code="Jansen", tekst="Jansen"), None),
    ],
)
def test_no_word_of_a_receiver_goes_to_the_log(
    stuur: Stuur, regels: list[dict[str, object]], caplog: pytest.LogCaptureFixture, gezegd: str, code: str | None
) -> None:
    caplog.set_level(0)
    with ontvang(antwoord(gezegd)) as ontvangst:
        assert "Jansen" in stuur(ontvangst.adres).omschrijving or code
    [regel] = regels
    assert regel.get("code") == code
    assert "Jansen" not in repr(regels) + caplog.text


def test_what_the_inrichting_says_of_a_receiver_counts_from_the_next_message(stuur: Stuur) -> None:
    with ontvang(GOED) as eerste, ontvang(GOED) as tweede:
        stuur(eerste.adres)
        stuur(tweede.adres, soap="1.2")
    assert len(eerste.verzoeken) == len(tweede.verzoeken) == 1
    assert tweede.verzoeken[0].headers["content-type"].startswith("application/soap+xml")


def test_an_applicatie_with_an_adres_is_a_receiver() -> None:
    maak: Callable[..., Applicatie] = Applicatie
    volledig = maak(
        naam="GWS4all", administratie="a", adres="https://x/", timeout=5, soap="1.2", gebruiker="u",
        wachtwoord_uit="env:X", clientcertificaat="/c", clientsleutel="/s", ca="/a",
    )  # fmt: skip
    assert ontvanger_van(volledig, "1900") == Ontvanger(
        applicatie="GWS4all", organisatie="1900", administratie="a", adres="https://x/", timeout_s=5, soap="1.2",
        gebruiker="u", wachtwoord_uit="env:X", clientcertificaat="/c", clientsleutel="/s", ca="/a",
    )  # fmt: skip
    assert ontvanger_van(maak(naam="GWS4all"), "1900") is None


def test_only_a_receiver_on_this_machine_hears_which_system_we_are(bericht: etree._Element) -> None:
    with ontvang(GOED) as hier:
        for kenmerk in ("0123456789abcdef", ""):
            verzender = Verzender(kenmerk)
            verzender.verzend(Ontvanger(applicatie="GWS4all", organisatie="1900", adres=hier.adres), ACTIE, bericht)
            verzender.sluit()
    assert [verzoek.headers.get(KENMERKKOP.casefold()) for verzoek in hier.verzoeken] == ["0123456789abcdef", None]
    assert not is_deze_machine("https://backoffice.voorbeeld.nl/stuf")


def test_a_worker_says_which_system_it_is_however_it_was_started(engine: Engine, bericht: etree._Element) -> None:
    """By its database: also a `regie worker` on its own, and beside a server on any free port."""
    with ontvang(GOED) as hier:
        laad(engine, f'[[applicatie]]\nnaam = "Hier"\nadres = "{hier.adres}"\n')
        with Verzendkamer(engine, InrichtingBron(engine)) as kamer:
            kamer.maak_gereed()
            kamer.verzend("Hier", "notificeerOverZaak", serialiseer(bericht))
    assert [verzoek.headers[KENMERKKOP.casefold()] for verzoek in hier.verzoeken] == [kenmerk(engine)]


def test_each_koppelvlak_has_its_own_address_and_connections(engine: Engine, bericht: etree._Element) -> None:
    """zakLk01 to adres, all of RZS 1.0 to adres_rzs; without one adres takes both."""
    soorten = ["updateZaak_Lk01", "overdragenZaak", "creeerZaak_Lk01", "notificeerOverZaak"]
    with ontvang(GOED) as zkn, ontvang(GOED) as rzs:
        namen = {"Twee": f'adres = "{zkn.adres}"\nadres_rzs = "{rzs.adres}"', "Een": f'adres = "{zkn.adres}"'}
        toml = "".join(f'[[applicatie]]\nnaam = "{naam} adres"\n{adressen}\n' for naam, adressen in namen.items())
        laad(engine, toml)
        with Verzendkamer(engine, InrichtingBron(engine)) as kamer:
            for naam in namen:
                for soort in soorten:
                    assert kamer.verzend(f"{naam} adres", soort, serialiseer(bericht)).soort == "bevestigd"

    def gekregen(ontvangst: Ontvangst) -> list[str]:
        return [verzoek.headers["soapaction"].strip('"').partition("/sector/")[2] for verzoek in ontvangst.verzoeken]

    acties = ["zkn/0310/updateZaak_Lk01", "rzs/0310/overdragenZaak"]
    acties += ["zkn/0310/creeerZaak_Lk01", "rzs/0310/notificeerOverZaak"]
    assert gekregen(rzs) == acties[1::2]
    assert gekregen(zkn) == acties[::2] + acties
    assert {verzoek.verbinding for verzoek in rzs.verzoeken} == {1}, "not a new connection for each change of address"
