"""A sender proves itself with a name and a password, and then is the sender of its messages and of no other."""

from base64 import b64encode
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, inspect, text
from tests.access.conftest import (
    ELSEWHERE,
    GWS,
    HASHES,
    PASSWORDS,
    SCHULDHULP,
    WMO,
    Doors,
    basic,
    details,
    outcome,
    sent_by,
    token,
)
from tests.berichten.bouw import SOAP11, SOAP12, di02, lk01, lv01, new_number, texts, zaak

from regiesysteem.access.passwords import _AT_THE_DOOR, _REMEMBERED, Busy, PasswordCheck, set_password
from regiesysteem.stuf.xml import parse

AS_GWS = basic("GWS4all", PASSWORDS[GWS])
NOBODY = "Dit systeem moet weten wie zendt."
WITHOUT_ZENDER = ("<StUF:zender>", "<!--"), ("</StUF:zender>", "-->")


def anonymous(bericht: str) -> str:
    for old, new in WITHOUT_ZENDER:
        bericht = bericht.replace(old, new)
    return bericht


def test_the_right_password_is_let_in(doors: Doors) -> None:
    assert outcome(doors.send("zakLv01", lv01(), AS_GWS)) == (200, "")
    assert outcome(doors.send("creeerZaak_Lk01", lk01("T", zaak(new_number())), AS_GWS)) == (200, "")


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_a_password_may_have_any_letter(doors: Doors, charset: str) -> None:
    headers = basic("WmoVoorziening", PASSWORDS[WMO], charset)
    assert outcome(doors.send("zakLv01", sent_by("WmoVoorziening", lv01()), headers)) == (200, "")


def test_nobody_is_told_how_also_where_an_applicatie_need_not_prove_itself(make_doors: Callable[..., Doors]) -> None:
    doors = make_doors()
    assert outcome(doors.send("zakLv01", sent_by("Schuldhulp", lv01()))) == (200, ""), "on this machine"
    for bericht in (anonymous(lv01()), sent_by("Vreemd", lv01())):
        answer = doors.send("zakLv01", bericht)
        assert outcome(answer) == (401, "StUF013")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_the_record_says_why_a_proof_failed(doors: Doors) -> None:
    other = sent_by("WmoVoorziening", lv01())
    sent: tuple[tuple[str, dict[str, str], str], ...] = (
        (lv01(), {}, NOBODY.rstrip(".")),
        (lv01(), basic("GWS4all", "een ander wachtwoord"), "De naam of het wachtwoord klopt niet"),
        (lv01(), {"Authorization": "Bearer abc"}, "De header Authorization is niet van de soort Basic"),
        (other, AS_GWS, "het bewijs is van een ander dan de zender"),
    )
    for bericht, headers, why in sent:
        doors.send("zakLv01", bericht, headers)
        with doors.engine.connect() as connection:
            last = connection.execute(text("SELECT code, plek FROM weigering ORDER BY id DESC LIMIT 1")).one()
        assert tuple(last) == ("StUF013", why)


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("GWS4all", "een ander wachtwoord"),
        basic("GWS4all", ""),
        basic("Vreemd", PASSWORDS[GWS]),
        basic("gws4all", PASSWORDS[GWS]),
        {"Authorization": "Basic ~~~"},
        {"Authorization": "Basic ë"},
        {"Authorization": "Basic R1dTNGFsbA=="},
        {"Authorization": "Basic"},
        {"Authorization": f"Basic {'QUJD' * 2000}"},
        {"Authorization": "Bearer abc"},
        {"Authorization": "Digest username=GWS4all"},
    ],
)
def test_without_the_right_password_it_is_told_how(doors: Doors, headers: dict[str, str], soap: str) -> None:
    before = doors.traces()
    for dienst, bericht, code in (
        ("zakLv01", lv01(), "Fo02"),
        ("creeerZaak_Lk01", lk01("T", zaak(new_number())), "Fo03"),
    ):
        answer = doors.send(dienst, bericht, headers, soap=soap)
        assert outcome(answer) == (401, "StUF013")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert "HTTP basic" in details(answer)
        assert texts(parse(answer.data), "//s:berichtcode | //s:stuurgegevens/s:berichtcode") == [code]
    assert doors.traces() == before


def test_another_name_is_refused_and_nothing_else_is_looked_at(doors: Doors) -> None:
    before = doors.traces()
    for bericht in (sent_by("WmoVoorziening", lv01()), sent_by("Vreemd", lv01()).replace("ZAK</", "ONZIN</")):
        answer = doors.send("zakLv01", bericht, AS_GWS)
        assert outcome(answer) == (500, "StUF013")
        assert "WWW-Authenticate" not in answer.headers
        assert "niet van deze zender" in details(answer)
    other = lv01().replace("1900</StUF:organisatie>", "0363</StUF:organisatie>")
    assert outcome(doors.send("zakLv01", other, AS_GWS)) == (500, "StUF013")
    assert doors.traces() == before


def test_a_message_without_zender_is_of_who_was_proven(make_doors: Callable[..., Doors]) -> None:
    doors = make_doors(**ELSEWHERE)
    bericht = anonymous(lk01("T", zaak(new_number()), ref="zonder-zender"))
    first = doors.send("creeerZaak_Lk01", bericht, AS_GWS)
    assert outcome(first) == (200, "")
    assert texts(parse(first.data), "//s:ontvanger/s:applicatie") == ["GWS4all"]
    after = doors.traces()
    assert doors.send("creeerZaak_Lk01", bericht, AS_GWS).data == first.data, "the same message, so the same answer"
    assert doors.traces() == after
    with doors.engine.connect() as connection:
        question = text(
            "SELECT zender_organisatie, zender_applicatie FROM bericht WHERE referentienummer = 'zonder-zender'"
        )
        assert connection.execute(question).one() == GWS[:2]


def test_another_password_counts_from_the_next_message(make_doors: Callable[..., Doors], module_engine: Engine) -> None:
    doors = make_doors(**ELSEWHERE)
    assert outcome(doors.send("zakLv01", lv01(), AS_GWS)) == (200, "")
    with module_engine.begin() as connection:
        set_password(connection, GWS, "een heel nieuw wachtwoord")
    assert outcome(doors.send("zakLv01", lv01(), AS_GWS)) == (401, "StUF013")
    assert outcome(doors.send("zakLv01", lv01(), basic("GWS4all", "een heel nieuw wachtwoord"))) == (200, "")


def test_a_sender_without_any_credential_comes_in_on_this_machine_only(make_doors: Callable[..., Doors]) -> None:
    question = sent_by(SCHULDHULP[1], lv01())
    assert outcome(make_doors().send("zakLv01", question)) == (200, "")
    assert outcome(make_doors(**ELSEWHERE, afgeschermd=True).send("zakLv01", question)) == (200, "")
    refused = make_doors(**ELSEWHERE).send("zakLv01", question)
    assert outcome(refused) == (401, "StUF013")
    assert NOBODY in details(refused)
    assert outcome(make_doors().send("zakLv01", lv01())) == (401, "StUF013"), (
        "one that has a password shows it here too"
    )


def test_whoever_knows_the_names_learns_no_more(doors: Doors) -> None:
    """The answer to an unlisted zender is that to a listed one, when neither shows anything."""
    known, unknown = (doors.send("zakLv01", sent_by(naam, lv01())) for naam in ("GWS4all", "Vreemd"))
    assert (outcome(known), details(known)) == (outcome(unknown), details(unknown))


def test_an_open_system_asks_nothing(make_doors: Callable[..., Doors]) -> None:
    open_again = {'autorisatie = "applicaties"': 'autorisatie = "open"'}
    doors = make_doors(open_again)
    assert outcome(doors.send("genereerZaakIdentificatie_Di02", di02())) == (200, "")
    assert outcome(doors.send("genereerZaakIdentificatie_Di02", di02(), basic("GWS4all", "verkeerd"))) == (200, "")


def test_too_many_at_a_time_are_told_to_come_back(doors: Doors) -> None:
    """A few threads of a process hash or wait for that; a sender that was known before is served meanwhile."""
    check = PasswordCheck()
    stored = HASHES[GWS]
    assert check.holds(PASSWORDS[GWS], stored)
    for _ in range(_AT_THE_DOOR):
        check._door.acquire()
    with pytest.raises(Busy):
        check.holds(PASSWORDS[GWS], stored)
    assert check.remembers(PASSWORDS[GWS], stored)
    check._door.release()
    assert not check.holds("een ander wachtwoord", stored)
    assert not check.holds("wat dan ook", None)


def test_what_held_is_forgotten_when_its_password_changes_and_bounded() -> None:
    check = PasswordCheck()
    check.forget_when_changed(frozenset({HASHES[GWS]}))
    assert check.holds(PASSWORDS[GWS], HASHES[GWS])
    check.forget_when_changed(frozenset({HASHES[GWS]}))
    assert check.remembers(PASSWORDS[GWS], HASHES[GWS])
    assert not check.remembers(PASSWORDS[GWS], HASHES[WMO]), "it held against that hash and no other"
    assert check.holds(PASSWORDS[WMO], HASHES[WMO])
    check.forget_when_changed(frozenset({HASHES[WMO]}))
    assert not check.remembers(PASSWORDS[GWS], HASHES[GWS])
    assert len(check._held) == 1, "nothing of it is left"
    assert check.remembers(PASSWORDS[WMO], HASHES[WMO]), "who changed nothing is not held up"
    cheap = PasswordHasher(1, 8, 1)
    for number in range(_REMEMBERED + 5):
        assert check.holds(f"{number}", cheap.hash(f"{number}"))
    assert len(check._held) == _REMEMBERED


def test_a_password_is_in_no_table_no_log_and_no_answer(
    doors: Doors, module_engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the right one and a wrong one, in each of the two ways."""
    right, wrong = PASSWORDS[GWS], "gemerkt-wachtwoord-dat-niet-klopt"
    said = "".join(
        doors.send("creeerZaak_Lk01", lk01("T", zaak(new_number())), headers, header=header).text
        for headers, header in (
            (basic("GWS4all", right), ""),
            (basic("GWS4all", wrong), ""),
            ({}, token("GWS4all", right)),
            ({}, token("GWS4all", wrong)),
            ({"Authorization": f"Basic {wrong}"}, ""),
        )
    )
    said += "".join(capsys.readouterr())
    assert "bericht_verwerkt" in said
    with module_engine.connect() as connection:
        for table in inspect(module_engine).get_table_names():
            said += "".join(connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars())
    for password in (right, wrong):
        assert password not in said
        assert b64encode(f"GWS4all:{password}".encode()).decode() not in said
