"""The meaning of each answer of a receiver: StUF 03.01, 4.4, and the promises of docs/gebruiken/notificaties.md."""

import pytest
from tests.notifications.conftest import Send
from tests.notifications.ontvangst import (
    SOAP11,
    SOAP12,
    Answer,
    answer,
    bevestiging,
    envelope,
    error,
    receive,
    soap_error,
)

DU01 = (
    '<R:overdragenZaak_Du01 xmlns:R="urn:rzs" xmlns:StUF="http://www.egem.nl/StUF/StUF0301"><R:stuurgegevens>'
    "<StUF:berichtcode>Du01</StUF:berichtcode><StUF:crossRefnummer>R1</StUF:crossRefnummer></R:stuurgegevens>"
    "<R:antwoord>Overdracht geaccepteerd</R:antwoord></R:overdragenZaak_Du01>"
)
BSN = "123456782"


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
@pytest.mark.parametrize("soort", ["Bv01", "Bv02", "Bv03", "Bv04"])
def test_a_bevestiging_of_any_kind_and_soap_is_one(send: Send, soort: str, soap: str) -> None:
    with receive(answer(envelope(bevestiging(soort), soap))) as reception:
        outcome = send(reception.adres)
    assert (outcome.soort, outcome.berichtcode, outcome.http_status) == ("bevestigd", soort, 200)
    assert outcome.waarschuwing == ""
    assert outcome.took_s > 0


@pytest.mark.parametrize("status", ["202 Accepted", "201 Created"])
def test_a_bevestiging_counts_with_any_status_of_success(send: Send, status: str) -> None:
    with receive(answer(envelope(bevestiging()), status)) as reception:
        assert send(reception.adres).soort == "bevestigd"


def test_a_bevestiging_does_not_count_where_the_status_says_otherwise(send: Send) -> None:
    with receive(answer(envelope(bevestiging()), "500 Internal Server Error")) as reception:
        assert send(reception.adres).soort == "tijdelijk"


def test_without_an_envelope_a_bevestiging_is_understood(send: Send) -> None:
    with receive(answer(bevestiging())) as reception:
        assert send(reception.adres).soort == "bevestigd"


def test_a_du01_comes_along_with_the_bevestiging(send: Send) -> None:
    with receive(answer(envelope(DU01))) as reception:
        outcome = send(reception.adres)
    assert (outcome.soort, outcome.berichtcode) == ("bevestigd", "Du01")
    assert outcome.antwoord is not None
    assert outcome.antwoord.findtext("{urn:rzs}antwoord") == "Overdracht geaccepteerd"


def test_an_answer_to_another_message_counts_and_is_noticed(send: Send, regels: list[dict[str, object]]) -> None:
    with receive(answer(envelope(bevestiging(kenmerk="R2")))) as reception:
        outcome = send(reception.adres)
    assert outcome.soort == "bevestigd"
    assert "ander bericht" in outcome.waarschuwing
    assert [regel["log_level"] for regel in regels] == ["warning"]


OMHULSELS = {
    "in a body of 1.1 with 200": lambda f: answer(envelope(f)),
    "in a body of 1.2 with 200": lambda f: answer(envelope(f, SOAP12)),
    "in a fault of 1.1 with 500": lambda f: answer(soap_error(f), "500 Internal Server Error"),
    "in a fault of 1.2 with 500": lambda f: answer(soap_error(f, SOAP12, "Receiver"), "500 Internal Server Error"),
    "in a fault of 1.2 with 400": lambda f: answer(soap_error(f, SOAP12, "Sender"), "400 Bad Request"),
    "in a fault of 1.1 with 200": lambda f: answer(soap_error(f)),
}


@pytest.mark.parametrize("asked", ["1.1", "1.2"])
@pytest.mark.parametrize("form", OMHULSELS)
@pytest.mark.parametrize("soort", ["Fo01", "Fo02", "Fo03"])
def test_plek_decides_whether_a_fault_is_worth_another_try(send: Send, soort: str, form: str, asked: str) -> None:
    faults = [(error(soort, "StUF010", "client", "Ontvanger onbekend"), "geweigerd", "client"),
              (error(soort, "StUF046", "server", "Opslaan niet mogelijk"), "tijdelijk", "server")]  # fmt: skip
    for bericht, expected, spot in faults:
        with receive(OMHULSELS[form](bericht)) as reception:
            outcome = send(reception.adres, soap=asked)
        assert (outcome.soort, outcome.plek, outcome.berichtcode) == (expected, spot, soort)
        assert outcome.code in {"StUF010", "StUF046"}
        assert outcome.omschrijving.startswith(f"{soort} {outcome.code}: O")


@pytest.mark.parametrize(
    ("code", "expected"), [("StUF055", "geweigerd"), ("StUF058", "tijdelijk"), ("X1", "tijdelijk")]
)
def test_a_fault_without_a_good_plek_has_that_of_its_code(send: Send, code: str, expected: str) -> None:
    with receive(answer(envelope(error("Fo03", code, "elders")))) as reception:
        assert send(reception.adres).soort == expected


def test_a_receiver_that_had_the_message_already_has_it(send: Send) -> None:
    """StUF 4.4: StUF016 is the code for a referentienummer that is not unique."""
    with receive(answer(soap_error(error("Fo03", "StUF016", "client")), "500 Error")) as reception:
        outcome = send(reception.adres)
    assert (outcome.soort, outcome.code) == ("bevestigd", "StUF016")
    assert "had een bericht met dit referentienummer al" in outcome.waarschuwing


@pytest.mark.parametrize("code", ["Client", "Server", "VersionMismatch", "MustUnderstand"])
def test_a_soap_fault_without_stuf_is_worth_another_try(send: Send, code: str) -> None:
    with receive(answer(soap_error(code=code, text="No such operation"), "500 Error")) as reception:
        outcome = send(reception.adres)
    assert outcome.soort == "tijdelijk"
    assert code in outcome.omschrijving
    assert "No such operation" in outcome.omschrijving


EMPTY: list[tuple[str, str]] = [
    ("202 Accepted", "bevestigd"),
    ("200 OK", "tijdelijk"),
    ("204 No Content", "tijdelijk"),
    ("500 Internal Server Error", "tijdelijk"),
]


@pytest.mark.parametrize(("status", "expected"), EMPTY)
def test_of_an_empty_answer_only_202_is_a_bevestiging(send: Send, status: str, expected: str) -> None:
    with receive(answer("", status)) as reception:
        outcome = send(reception.adres)
    assert outcome.soort == expected
    assert status[:3] in outcome.omschrijving


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


@pytest.mark.parametrize("page", ["<html>oeps<br></html>", "<html><body>oeps</body></html>"], ids=["html", "xhtml"])
@pytest.mark.parametrize(("status", "expected", "contains"), STATUSSEN)
def test_a_status_without_stuf_says_what_to_look_at(
    send: Send, status: str, expected: str, contains: str, page: str
) -> None:
    with receive(answer(page, status, Content_Type="text/html", Location="/elders")) as reception:
        outcome = send(reception.adres)
        assert [request.regel for request in reception.verzoeken] == ["POST /stuf HTTP/1.1"], "no redirect is followed"
    assert (outcome.soort, outcome.http_status) == (expected, int(status[:3]))
    assert contains in outcome.omschrijving


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


@pytest.mark.parametrize(("waarde", "expected"), WACHTEN)
def test_a_receiver_may_ask_to_wait(send: Send, waarde: str, expected: float | None) -> None:
    """A number of seconds, or a moment by the clock of the receiver (RFC 9110, 10.2.3)."""
    with receive(answer("", "503 Busy", Retry_After=waarde, Date="Wed, 21 Oct 2026 07:27:00 GMT")) as reception:
        assert send(reception.adres).wait_s == expected


def test_a_moment_to_wait_for_counts_from_now_where_the_receiver_does_not_say_what_time_it_is(send: Send) -> None:
    with receive(answer("", "429 Busy", Retry_After="Fri, 31 Dec 2100 23:59:59 GMT")) as reception:
        assert send(reception.adres).wait_s == 3600


def _without_declaration(text: str) -> str:
    return text.partition("?>")[2] if text.startswith("<?xml") else text


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


@pytest.mark.parametrize(("soort", "begin", "encoding"), CHARSETS)
def test_the_charset_of_an_answer_is_that_of_its_header(send: Send, soort: str, begin: bytes, encoding: str) -> None:
    """A byte order mark before the header, the header before the declaration (RFC 7303, 3.2)."""
    text = error("Fo03", "StUF055", "client", "meer dan één")
    inhoud = begin + _without_declaration(envelope(text)).encode(encoding)
    with receive(answer(inhoud, "500 Error", Content_Type=soort)) as reception:
        outcome = send(reception.adres)
    assert outcome.soort == "geweigerd"
    assert "meer dan één" in outcome.omschrijving


@pytest.mark.parametrize("begin", [b"\r\n", b" \n\n", b"\xef\xbb\xbf\n"])
@pytest.mark.parametrize("soort", ["text/xml", "text/xml; charset=utf-8"])
def test_a_blank_line_before_its_declaration_is_no_reason_to_strand(send: Send, begin: bytes, soort: str) -> None:
    inhoud = begin + b'<?xml version="1.0" encoding="utf-8"?>' + _without_declaration(envelope(bevestiging())).encode()
    with receive(answer(inhoud, Content_Type=soort)) as reception:
        assert send(reception.adres).soort == "bevestigd"


def test_a_du01_with_our_number_counts_with_any_status(send: Send) -> None:
    """A receiver that answers the message had it (StUF 03.01, 4.4); an answer to another message proves nothing."""
    for kenmerk, expected in (("R1", "bevestigd"), ("R2", "tijdelijk"), ("", "tijdelijk")):
        inhoud = envelope(DU01.replace(">R1<", f">{kenmerk}<"))
        with receive(answer(inhoud, "500 Internal Server Error")) as reception:
            outcome = send(reception.adres)
        assert (outcome.soort, outcome.antwoord is not None) == (expected, expected == "bevestigd")


def test_an_answer_with_attachments_is_its_first_part(send: Send) -> None:
    """A stack with MTOM sends every answer so, also one without an attachment."""
    for line in ("\r\n", "\n"):
        parts = ["", "--b", "Content-Type: application/xop+xml; charset=UTF-8", "Content-Transfer-Encoding: binary", ""]
        inhoud = line.join([*parts, envelope(bevestiging()), "--b--", ""])
        with receive(
            answer(inhoud, Content_Type='multipart/related; type="application/xop+xml"; boundary="b"')
        ) as there:
            outcome = send(there.adres)
        assert (outcome.soort, outcome.berichtcode, outcome.waarschuwing) == ("bevestigd", "Bv03", "")


OTHERWISE: list[tuple[str, Answer, str]] = [
    ("garbage", answer(b"\x00\xff\x01 geen xml"), "geen leesbare XML"),
    ("a page", answer("<!DOCTYPE html><html>Welkom</html>", Content_Type="text/html"), "geen leesbare XML"),
    ("another message", answer(envelope('<q:zakLa01 xmlns:q="urn:q"/>')), "antwoordt met zakLa01"),
    ("an empty body", answer(envelope("")), "antwoordt met niets"),
    ("half an envelope", answer(envelope(bevestiging())[:-20]), "geen leesbare XML"),
    ("multipart without parts", answer("x", Content_Type="multipart/related"), "geen leesbare XML"),
    (
        "a letter in a multipart",
        answer(
            "--b\r\nContent-Type: message/rfc822\r\n\r\nx: y\r\n\r\nz\r\n--b--",
            Content_Type="multipart/related; boundary=b",
        ),
        "geen leesbare XML",
    ),
    (
        "a strange charset",
        answer(b'<?xml version="1.0" encoding="klingon"?><a/>', Content_Type="text/xml"),
        "geen leesbare XML",
    ),
]


@pytest.mark.parametrize(("what", "given", "contains"), OTHERWISE, ids=[what for what, _, _ in OTHERWISE])
def test_what_is_no_answer_is_worth_another_try(send: Send, what: str, given: Answer, contains: str) -> None:
    with receive(given) as reception:
        outcome = send(reception.adres)
    assert outcome.soort == "tijdelijk", what
    assert contains in outcome.omschrijving


def test_entities_and_dtds_are_not_looked_at(send: Send) -> None:
    lachers = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(9))
    for bom in (
        f"<!DOCTYPE a [{lachers}]><a>&l8;</a>",
        f'<!DOCTYPE a [{lachers}]><a b="&l8;"/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
    ):
        with receive(answer(bom)) as reception:
            outcome = send(reception.adres)
        assert outcome.soort == "tijdelijk"
        assert "geen leesbare XML" in outcome.omschrijving


def test_what_a_receiver_says_is_shown_short_and_without_bsn(send: Send, regels: list[dict[str, object]]) -> None:
    text = f"burger {BSN} en 12345678 en 11{BSN} en 1234.56.782 en 19800101{BSN}\n" + "x" * 5000
    for given in (
        answer(envelope(error("Fo03", f"StUF{BSN}", "client", text, text))),
        answer(soap_error(text=text), "500 Error"),
        answer(envelope(f'<q:z{BSN} xmlns:q="urn:q"/>')),
    ):
        with receive(given) as reception:
            outcome = send(reception.adres)
        alles = repr(outcome)
        assert len(outcome.omschrijving) <= 500
        assert "\n" not in outcome.omschrijving
        assert BSN not in alles
        assert "12345678" not in alles
        assert "1234.56.782" not in alles
    assert BSN not in repr(regels)


def test_what_a_receiver_says_of_our_message_is_kept_short_and_not_logged(
    send: Send, regels: list[dict[str, object]]
) -> None:
    """Its words may repeat the message, with the people in it."""
    repeated = "kan dit niet lezen: &lt;ZKN:geslachtsnaam&gt;Jansen&lt;/ZKN:geslachtsnaam&gt;"
    for given in (
        answer(envelope(error("Fo03", "StUF055", "client", repeated, repeated))),
        answer(soap_error(text=repeated), "500 Error"),
        answer(soap_error(text="Mevrouw Jansen bestaat niet"), "500 Error"),
        answer("<html><body>Jansen</body></html>", "500 Error", Content_Type="text/html"),
    ):
        with receive(given) as reception:
            omschrijving = send(reception.adres).omschrijving
        assert "geslachtsnaam" not in omschrijving
    assert "Jansen" not in repr(regels)
    assert "kan dit niet" not in repr(regels)
    with receive(answer(envelope(error("Fo03", "StUF055", "client", "a" * 300, "b" * 300)))) as reception:
        outcome = send(reception.adres)
    assert outcome.omschrijving.count("a") <= 200
    assert outcome.omschrijving.count("…") == 2
