"""A UsernameToken of WS-Security proves what HTTP basic proves; what it cannot prove is refused in words."""

import pytest
from tests.access.conftest import GWS, PASSWORDS, WMO, Doors, basic, details, outcome, sent_by, timestamp, token
from tests.berichten.bouw import SOAP11, SOAP12, lv01, texts

from regiesysteem.soap.security import DIGEST, TEXT, WSSE
from regiesysteem.stuf.xml import parse

RIGHT = PASSWORDS[GWS]
MUST = {SOAP11: f'xmlns:x="{SOAP11}" x:mustUnderstand="1"', SOAP12: f'xmlns:x="{SOAP12}" x:mustUnderstand="true"'}
OPEN_FORMS = token("GWS4all", RIGHT, more=timestamp(86_400, "wsse"))


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
@pytest.mark.parametrize("kind", [None, "", TEXT])
def test_a_password_as_text_is_enough(doors: Doors, kind: str | None, soap: str) -> None:
    header = token("GWS4all", RIGHT, kind=kind, security=MUST[soap])
    assert outcome(doors.send("zakLv01", lv01(), header=header, soap=soap)) == (200, "")


@pytest.mark.parametrize("header", [OPEN_FORMS, token(" GWS4all ", RIGHT, more=timestamp(86_400))])
def test_a_timestamp_may_stand_beside_it(doors: Doors, header: str) -> None:
    assert outcome(doors.send("zakLv01", lv01(), header=header)) == (200, "")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (token("GWS4all", "een ander wachtwoord"), "klopt niet"),
        (token("GWS4all", ""), "klopt niet"),
        (token("Vreemd", RIGHT), "klopt niet"),
        (token("GWS4all", RIGHT, kind=DIGEST), "PasswordDigest kan niet"),
        (token("GWS4all", RIGHT, kind="urn:anders"), "niet één Username en één Password"),
        (token("GWS4all", RIGHT).replace("wsse:Password", "wsse:Iets"), "niet één Username en één Password"),
        (token("GWS4all", "x" * 5000), "niet één Username en één Password"),
        (token("GWS4all", RIGHT, more=timestamp(-3600)), "verlopen"),
        (token("GWS4all", RIGHT, more=timestamp(-3600, "wsse")), "verlopen"),
        (token("GWS4all", RIGHT, more="<wsu:Timestamp><wsu:Expires>straks</wsu:Expires></wsu:Timestamp>"), "tijdstip"),
        (token("GWS4all", RIGHT) + token("GWS4all", RIGHT), "twee UsernameTokens"),
        (token("GWS4all", RIGHT) + token("WmoVoorziening", PASSWORDS[WMO]), "twee UsernameTokens"),
    ],
)
def test_anything_else_is_refused_in_words(doors: Doors, header: str, words: str) -> None:
    answer = doors.send("zakLv01", lv01(), header=header)
    assert outcome(answer) == (401, "StUF013")
    assert words in details(answer)
    assert RIGHT not in answer.text


def test_two_credentials_must_be_of_one_sender(doors: Doors) -> None:
    right, other = token("GWS4all", RIGHT), token("WmoVoorziening", PASSWORDS[WMO])
    both = basic("GWS4all", RIGHT)
    assert outcome(doors.send("zakLv01", lv01(), both, header=right)) == (200, "")
    for question in (lv01(), sent_by("WmoVoorziening", lv01())):
        answer = doors.send("zakLv01", question, both, header=other)
        assert outcome(answer) == (401, "StUF013")
        assert "niet van één applicatie" in details(answer)
    assert outcome(doors.send("zakLv01", lv01(), both, header=token("GWS4all", "verkeerd"))) == (401, "StUF013")
    assert outcome(doors.send("zakLv01", lv01(), basic("GWS4all", "verkeerd"), header=right)) == (401, "StUF013")


def test_a_header_for_another_proves_nothing_here(doors: Doors) -> None:
    header = token("GWS4all", RIGHT, security=f'xmlns:x="{SOAP11}" x:actor="urn:een-ander" x:mustUnderstand="1"')
    assert outcome(doors.send("zakLv01", lv01(), header=header)) == (401, "StUF013")


def test_a_signature_that_must_be_understood_is_not(doors: Doors) -> None:
    signed = "<wsse:BinarySecurityToken>x</wsse:BinarySecurityToken>"
    answer = doors.send("zakLv01", lv01(), header=token("GWS4all", RIGHT, more=signed, security=MUST[SOAP11]))
    assert texts(parse(answer.data), "//faultcode") == ["soap:MustUnderstand"]
    assert WSSE in answer.text
    assert outcome(doors.send("zakLv01", lv01(), header=token("GWS4all", RIGHT, more=signed))) == (200, "")
