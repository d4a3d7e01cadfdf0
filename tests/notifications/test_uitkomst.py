"""What each answer of a receiver means: StUF 03.01, 4.4, and what docs/gebruiken/notificaties.md promises."""

import pytest
from tests.notifications.conftest import Stuur
from tests.notifications.ontvangst import (
    SOAP11,
    SOAP12,
    Antwoord,
    antwoord,
    bevestiging,
    envelop,
    fout,
    ontvang,
    soap_fout,
)

DU01 = (
    '<R:overdragenZaak_Du01 xmlns:R="urn:rzs" xmlns:StUF="http://www.egem.nl/StUF/StUF0301"><R:stuurgegevens>'
    "<StUF:berichtcode>Du01</StUF:berichtcode><StUF:crossRefnummer>R1</StUF:crossRefnummer></R:stuurgegevens>"
    "<R:antwoord>Overdracht geaccepteerd</R:antwoord></R:overdragenZaak_Du01>"
)
BSN = "123456782"


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
@pytest.mark.parametrize("soort", ["Bv01", "Bv02", "Bv03", "Bv04"])
def test_a_bevestiging_of_any_kind_and_soap_is_one(stuur: Stuur, soort: str, soap: str) -> None:
    with ontvang(antwoord(envelop(bevestiging(soort), soap))) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert (uitkomst.soort, uitkomst.berichtcode, uitkomst.http_status) == ("bevestigd", soort, 200)
    assert uitkomst.waarschuwing == ""
    assert uitkomst.duur_s > 0


@pytest.mark.parametrize("status", ["202 Accepted", "201 Created"])
def test_a_bevestiging_counts_with_any_status_of_success(stuur: Stuur, status: str) -> None:
    with ontvang(antwoord(envelop(bevestiging()), status)) as ontvangst:
        assert stuur(ontvangst.adres).soort == "bevestigd"


def test_a_bevestiging_does_not_count_where_the_status_says_otherwise(stuur: Stuur) -> None:
    with ontvang(antwoord(envelop(bevestiging()), "500 Internal Server Error")) as ontvangst:
        assert stuur(ontvangst.adres).soort == "tijdelijk"


def test_without_an_envelope_a_bevestiging_is_understood(stuur: Stuur) -> None:
    with ontvang(antwoord(bevestiging())) as ontvangst:
        assert stuur(ontvangst.adres).soort == "bevestigd"


def test_a_du01_comes_along_with_the_bevestiging(stuur: Stuur) -> None:
    with ontvang(antwoord(envelop(DU01))) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert (uitkomst.soort, uitkomst.berichtcode) == ("bevestigd", "Du01")
    assert uitkomst.antwoord is not None
    assert uitkomst.antwoord.findtext("{urn:rzs}antwoord") == "Overdracht geaccepteerd"


def test_an_answer_to_another_message_counts_and_is_noticed(stuur: Stuur, regels: list[dict[str, object]]) -> None:
    with ontvang(antwoord(envelop(bevestiging(kenmerk="R2")))) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert uitkomst.soort == "bevestigd"
    assert "ander bericht" in uitkomst.waarschuwing
    assert [regel["log_level"] for regel in regels] == ["warning"]


OMHULSELS = {
    "in a body of 1.1 with 200": lambda f: antwoord(envelop(f)),
    "in a body of 1.2 with 200": lambda f: antwoord(envelop(f, SOAP12)),
    "in a fault of 1.1 with 500": lambda f: antwoord(soap_fout(f), "500 Internal Server Error"),
    "in a fault of 1.2 with 500": lambda f: antwoord(soap_fout(f, SOAP12, "Receiver"), "500 Internal Server Error"),
    "in a fault of 1.2 with 400": lambda f: antwoord(soap_fout(f, SOAP12, "Sender"), "400 Bad Request"),
    "in a fault of 1.1 with 200": lambda f: antwoord(soap_fout(f)),
}


@pytest.mark.parametrize("gevraagd", ["1.1", "1.2"])
@pytest.mark.parametrize("vorm", OMHULSELS)
@pytest.mark.parametrize("soort", ["Fo01", "Fo02", "Fo03"])
def test_plek_decides_whether_a_fault_is_worth_another_try(stuur: Stuur, soort: str, vorm: str, gevraagd: str) -> None:
    faults = [(fout(soort, "StUF010", "client", "Ontvanger onbekend"), "geweigerd", "client"),
              (fout(soort, "StUF046", "server", "Opslaan niet mogelijk"), "tijdelijk", "server")]  # fmt: skip
    for bericht, verwacht, plek in faults:
        with ontvang(OMHULSELS[vorm](bericht)) as ontvangst:
            uitkomst = stuur(ontvangst.adres, soap=gevraagd)
        assert (uitkomst.soort, uitkomst.plek, uitkomst.berichtcode) == (verwacht, plek, soort)
        assert uitkomst.code in {"StUF010", "StUF046"}
        assert uitkomst.omschrijving.startswith(f"{soort} {uitkomst.code}: O")


@pytest.mark.parametrize(
    ("code", "verwacht"), [("StUF055", "geweigerd"), ("StUF058", "tijdelijk"), ("X1", "tijdelijk")]
)
def test_a_fault_without_a_good_plek_has_that_of_its_code(stuur: Stuur, code: str, verwacht: str) -> None:
    with ontvang(antwoord(envelop(fout("Fo03", code, "elders")))) as ontvangst:
        assert stuur(ontvangst.adres).soort == verwacht


def test_a_receiver_that_had_the_message_already_has_it(stuur: Stuur) -> None:
    """StUF 4.4: StUF016 is the code for a referentienummer that is not unique."""
    with ontvang(antwoord(soap_fout(fout("Fo03", "StUF016", "client")), "500 Error")) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert (uitkomst.soort, uitkomst.code) == ("bevestigd", "StUF016")
    assert "had een bericht met dit referentienummer al" in uitkomst.waarschuwing


@pytest.mark.parametrize("code", ["Client", "Server", "VersionMismatch", "MustUnderstand"])
def test_a_soap_fault_without_stuf_is_worth_another_try(stuur: Stuur, code: str) -> None:
    with ontvang(antwoord(soap_fout(code=code, tekst="No such operation"), "500 Error")) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert uitkomst.soort == "tijdelijk"
    assert code in uitkomst.omschrijving
    assert "No such operation" in uitkomst.omschrijving


LEEG: list[tuple[str, str]] = [
    ("202 Accepted", "bevestigd"),
    ("200 OK", "tijdelijk"),
    ("204 No Content", "tijdelijk"),
    ("500 Internal Server Error", "tijdelijk"),
]


@pytest.mark.parametrize(("status", "verwacht"), LEEG)
def test_of_an_empty_answer_only_202_is_a_bevestiging(stuur: Stuur, status: str, verwacht: str) -> None:
    with ontvang(antwoord("", status)) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert uitkomst.soort == verwacht
    assert status[:3] in uitkomst.omschrijving


STATUSSEN: list[tuple[str, str, str]] = [
    ("301 Moved", "tijdelijk", "ander adres"),
    ("307 Temporary Redirect", "tijdelijk", "ander adres"),
    ("400 Bad Request", "tijdelijk", "niets beginnen"),
    ("401 Unauthorized", "tijdelijk", "wachtwoord"),
    ("403 Forbidden", "tijdelijk", "toegang"),
    ("404 Not Found", "tijdelijk", "kent dit adres niet"),
    ("405 Method Not Allowed", "tijdelijk", "geen berichten aan"),
    ("413 Content Too Large", "geweigerd", "te groot"),
    ("415 Unsupported Media Type", "tijdelijk", "versie van SOAP"),
    ("429 Too Many Requests", "tijdelijk", "te veel"),
    ("500 Internal Server Error", "tijdelijk", "storing"),
    ("503 Service Unavailable", "tijdelijk", "niet beschikbaar"),
]


@pytest.mark.parametrize("pagina", ["<html>oeps<br></html>", "<html><body>oeps</body></html>"], ids=["html", "xhtml"])
@pytest.mark.parametrize(("status", "verwacht", "bevat"), STATUSSEN)
def test_a_status_without_stuf_says_what_to_look_at(
    stuur: Stuur, status: str, verwacht: str, bevat: str, pagina: str
) -> None:
    with ontvang(antwoord(pagina, status, Content_Type="text/html", Location="/elders")) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
        assert [verzoek.regel for verzoek in ontvangst.verzoeken] == ["POST /stuf HTTP/1.1"], "no redirect is followed"
    assert (uitkomst.soort, uitkomst.http_status) == (verwacht, int(status[:3]))
    assert bevat in uitkomst.omschrijving


WACHTEN: list[tuple[str, float | None]] = [
    ("120", 120),
    ("999999999999", 3600),
    ("morgen", None),
    ("-1", None),
    ("Wed, 21 Oct 2026 07:28:00 GMT", 60),
    ("Wednesday, 21-Oct-26 07:28:00 GMT", 60),
    ("Wed, 21 Oct 2026 07:26:00 GMT", 0),
    ("Thu, 22 Oct 2026 07:28:00 GMT", 3600),
    ("Wed, 99 Oct 2026 07:28:00 GMT", None),
]


@pytest.mark.parametrize(("waarde", "verwacht"), WACHTEN)
def test_a_receiver_may_ask_to_wait(stuur: Stuur, waarde: str, verwacht: float | None) -> None:
    """A number of seconds, or a moment by the clock of the receiver (RFC 9110, 10.2.3)."""
    with ontvang(antwoord("", "503 Busy", Retry_After=waarde, Date="Wed, 21 Oct 2026 07:27:00 GMT")) as ontvangst:
        assert stuur(ontvangst.adres).wacht_s == verwacht


def test_a_moment_to_wait_for_counts_from_now_where_the_receiver_does_not_say_what_time_it_is(stuur: Stuur) -> None:
    with ontvang(antwoord("", "429 Busy", Retry_After="Fri, 31 Dec 2100 23:59:59 GMT")) as ontvangst:
        assert stuur(ontvangst.adres).wacht_s == 3600


def _zonder_declaratie(tekst: str) -> str:
    return tekst.partition("?>")[2] if tekst.startswith("<?xml") else tekst


LATIJN = "text/xml; charset=ISO-8859-1"
CHARSETS: list[tuple[str, bytes, str]] = [
    (LATIJN, b"", "iso-8859-1"),
    (LATIJN, b'<?xml version="1.0" encoding="UTF-8"?>', "iso-8859-1"),
    ('text/xml; charset="windows-1252"', b"", "windows-1252"),
    ("text/xml; charset=utf-8", b'<?xml version="1.0" encoding="ISO-8859-1"?>', "utf-8"),
    ("text/xml", b'<?xml version="1.0" encoding="ISO-8859-1"?>', "iso-8859-1"),
    (LATIJN, b"\xef\xbb\xbf", "utf-8"),
    ("text/xml; charset=utf-16", b"", "utf-16"),
    ("text/xml; charset=klingon", b"", "utf-8"),
    ("text/xml; charset=us-ascii", b"", "utf-8"),
]


@pytest.mark.parametrize(("soort", "begin", "codering"), CHARSETS)
def test_the_charset_of_an_answer_is_that_of_its_header(stuur: Stuur, soort: str, begin: bytes, codering: str) -> None:
    """A byte order mark before the header, the header before the declaration (RFC 7303, 3.2)."""
    tekst = fout("Fo03", "StUF055", "client", "geen coördinator")
    inhoud = begin + _zonder_declaratie(envelop(tekst)).encode(codering)
    with ontvang(antwoord(inhoud, "500 Error", Content_Type=soort)) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert uitkomst.soort == "geweigerd"
    assert "geen coördinator" in uitkomst.omschrijving


@pytest.mark.parametrize("begin", [b"\r\n", b" \n\n", b"\xef\xbb\xbf\n"])
@pytest.mark.parametrize("soort", ["text/xml", "text/xml; charset=utf-8"])
def test_a_blank_line_before_its_declaration_is_no_reason_to_strand(stuur: Stuur, begin: bytes, soort: str) -> None:
    inhoud = begin + b'<?xml version="1.0" encoding="utf-8"?>' + _zonder_declaratie(envelop(bevestiging())).encode()
    with ontvang(antwoord(inhoud, Content_Type=soort)) as ontvangst:
        assert stuur(ontvangst.adres).soort == "bevestigd"


def test_a_du01_with_our_number_counts_with_any_status(stuur: Stuur) -> None:
    """Who answers the message had it (StUF 03.01, 4.4); one to another message proves nothing."""
    for kenmerk, verwacht in (("R1", "bevestigd"), ("R2", "tijdelijk"), ("", "tijdelijk")):
        inhoud = envelop(DU01.replace(">R1<", f">{kenmerk}<"))
        with ontvang(antwoord(inhoud, "500 Internal Server Error")) as ontvangst:
            uitkomst = stuur(ontvangst.adres)
        assert (uitkomst.soort, uitkomst.antwoord is not None) == (verwacht, verwacht == "bevestigd")


ANDERS: list[tuple[str, Antwoord, str]] = [
    ("garbage", antwoord(b"\x00\xff\x01 geen xml"), "geen leesbare XML"),
    ("a page", antwoord("<!DOCTYPE html><html>Welkom</html>", Content_Type="text/html"), "geen leesbare XML"),
    ("another message", antwoord(envelop('<q:zakLa01 xmlns:q="urn:q"/>')), "antwoordt met zakLa01"),
    ("an empty body", antwoord(envelop("")), "antwoordt met niets"),
    ("half an envelope", antwoord(envelop(bevestiging())[:-20]), "geen leesbare XML"),
    ("multipart without parts", antwoord("x", Content_Type="multipart/related"), "geen leesbare XML"),
    (
        "a strange charset",
        antwoord(b'<?xml version="1.0" encoding="klingon"?><a/>', Content_Type="text/xml"),
        "geen leesbare XML",
    ),
]


@pytest.mark.parametrize(("wat", "gegeven", "bevat"), ANDERS, ids=[wat for wat, _, _ in ANDERS])
def test_what_is_no_answer_is_worth_another_try(stuur: Stuur, wat: str, gegeven: Antwoord, bevat: str) -> None:
    with ontvang(gegeven) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert uitkomst.soort == "tijdelijk", wat
    assert bevat in uitkomst.omschrijving


def test_entities_and_dtds_are_not_looked_at(stuur: Stuur) -> None:
    lachers = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(9))
    for bom in (
        f"<!DOCTYPE a [{lachers}]><a>&l8;</a>",
        f'<!DOCTYPE a [{lachers}]><a b="&l8;"/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
    ):
        with ontvang(antwoord(bom)) as ontvangst:
            uitkomst = stuur(ontvangst.adres)
        assert uitkomst.soort == "tijdelijk"
        assert "geen leesbare XML" in uitkomst.omschrijving


def test_what_a_receiver_says_is_shown_short_and_without_bsn(stuur: Stuur, regels: list[dict[str, object]]) -> None:
    tekst = f"burger {BSN} en 12345678 en 11{BSN} en 1234.56.782 en 19800101{BSN}\n" + "x" * 5000
    for gegeven in (
        antwoord(envelop(fout("Fo03", f"StUF{BSN}", "client", tekst, tekst))),
        antwoord(soap_fout(tekst=tekst), "500 Error"),
        antwoord(envelop(f'<q:z{BSN} xmlns:q="urn:q"/>')),
    ):
        with ontvang(gegeven) as ontvangst:
            uitkomst = stuur(ontvangst.adres)
        alles = repr(uitkomst)
        assert len(uitkomst.omschrijving) <= 500
        assert "\n" not in uitkomst.omschrijving
        assert BSN not in alles
        assert "12345678" not in alles
        assert "1234.56.782" not in alles
    assert BSN not in repr(regels)


def test_what_a_receiver_says_of_our_message_is_kept_short_and_not_logged(
    stuur: Stuur, regels: list[dict[str, object]]
) -> None:
    """Its words may repeat the message, with the people in it."""
    herhaald = "kan dit niet lezen: &lt;ZKN:geslachtsnaam&gt;Jansen&lt;/ZKN:geslachtsnaam&gt;"
    for gegeven in (
        antwoord(envelop(fout("Fo03", "StUF055", "client", herhaald, herhaald))),
        antwoord(soap_fout(tekst=herhaald), "500 Error"),
        antwoord(soap_fout(tekst="Mevrouw Jansen bestaat niet"), "500 Error"),
        antwoord("<html><body>Jansen</body></html>", "500 Error", Content_Type="text/html"),
    ):
        with ontvang(gegeven) as ontvangst:
            omschrijving = stuur(ontvangst.adres).omschrijving
        assert "geslachtsnaam" not in omschrijving
    assert "Jansen" not in repr(regels)
    assert "kan dit niet" not in repr(regels)
    with ontvang(antwoord(envelop(fout("Fo03", "StUF055", "client", "a" * 300, "b" * 300)))) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert uitkomst.omschrijving.count("a") <= 200
    assert uitkomst.omschrijving.count("…") == 2
