"""Every operation, by every way of proof: the right one is let in, and no other leaves anything behind.

Generated: operation x kind of credential x case. A password is as good the second time, so a replay has no case of its
own: the Timestamp beside a UsernameToken bounds it, and the duplicate rule gives the earlier answer.
"""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from tests.access.certificates import CLIENT, EXPIRED, FUTURE, OIN, STRANGER, Made, make, name, nginx
from tests.access.conftest import ELSEWHERE, GWS, PASSWORDS, WMO, Doors, basic, details, outcome, timestamp, token
from tests.berichten.bouw import STUF, lv01

from regiesysteem.access import failures
from regiesysteem.access.failures import Pace
from regiesysteem.zkn.operations import OPERATIONS

PROXY = "10.9.8.7"
BY_CERTIFICATE = {"proxy_adressen": PROXY, "certificaat_kop": "ssl-client-cert", **ELSEWHERE}
ANOTHER = make(name("ander.voorbeeld.nl"))
WAYS = {
    "vingerafdruk": ("Schuldhulp", f"sha256:{CLIENT.fingerprint.upper()}"),
    "subject": ("Schuldhulp", "CN=backoffice.voorbeeld.nl,O=Gemeente Voorbeeld"),
    "oin": ("Schuldhulp", f"OIN={OIN}"),
}
KINDS = ("basic", "token", *WAYS)
CASES = ("right", "wrong", "absent", "another", "expired")
Sent = tuple[dict[str, str], str, str]
"""The headers of HTTP, those of SOAP, and the address of the other end."""


def message(operation: str, zender: str) -> str:
    """A message of an operation with stuurgegevens and nothing more."""
    element = OPERATIONS[operation].element
    namespace, _, local = element[1:].partition("}")
    return (
        f'<x:{local} xmlns:x="{namespace}" xmlns:StUF="{STUF}"><x:stuurgegevens><StUF:zender>'
        f"<StUF:organisatie>1900</StUF:organisatie><StUF:applicatie>{zender}</StUF:applicatie></StUF:zender>"
        f"<StUF:referentienummer>1</StUF:referentienummer></x:stuurgegevens></x:{local}>"
    )


def certified(made: Made) -> Sent:
    return {"ssl-client-cert": nginx(made)}, "", PROXY


def credential(kind: str, case: str) -> Sent:
    """The credential of a case; of another sender it is a right one."""
    if case == "absent":
        return {}, "", PROXY
    if kind in WAYS:
        return certified({"right": CLIENT, "wrong": STRANGER, "another": ANOTHER, "expired": EXPIRED}[case])
    naam, password = ("WmoVoorziening", PASSWORDS[WMO]) if case == "another" else ("GWS4all", PASSWORDS[GWS])
    password = "niet dit wachtwoord" if case == "wrong" else password
    if kind == "basic":
        return basic(naam, password), "", "192.0.2.1"
    return {}, token(naam, password, more=timestamp(-3600 if case == "expired" else 3600)), "192.0.2.1"


EXPECTED = {"wrong": (401, "StUF013"), "absent": (401, "StUF013"), "another": (500, "StUF013"),
            "expired": (401, "StUF013")}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _no_pace() -> Iterator[None]:
    """Here one address fails hundreds of times; `test_failures` has the pace."""
    with pytest.MonkeyPatch.context() as otherwise:
        for naam in ("OF_ADDRESS", "OF_NAME", "OF_BOTH"):
            otherwise.setattr(failures, naam, Pace(10**9, 1))
        yield


@pytest.fixture(scope="module")
def by_certificate(make_doors: Callable[..., Doors]) -> Callable[[str], Doors]:
    """The application in which Schuldhulp is known by this way, and Leerlingvervoer by the certificate of another."""
    made: dict[str, Doors] = {}

    def give(way: str) -> Doors:
        if way not in made:
            other = f'naam = "Leerlingvervoer"\ncertificaat = ["sha256:{ANOTHER.fingerprint}"]'
            with_ = {
                'naam = "Schuldhulp"': f'naam = "Schuldhulp"\ncertificaat = ["{WAYS[way][1]}"]',
                'naam = "Leerlingvervoer"': other,
            }
            made.clear()  # each is on the one database, and so on its newest inrichting
            made[way] = make_doors(with_, **BY_CERTIFICATE)
        return made[way]

    return give


@pytest.mark.parametrize(
    ("kind", "case"), [(kind, case) for kind in KINDS for case in CASES if (kind, case) != ("basic", "expired")]
)
def test_every_operation_asks_for_the_right_credential(
    by_certificate: Callable[[str], Doors], kind: str, case: str
) -> None:
    doors = by_certificate(kind if kind in WAYS else "vingerafdruk")
    zender = WAYS[kind][0] if kind in WAYS else "GWS4all"
    headers, header, peer = credential(kind, case)
    before = doors.traces()
    for operation in OPERATIONS:
        answer = doors.send(operation, message(operation, zender), headers, header=header, peer=peer)
        status, code = outcome(answer)
        if case == "right":
            assert status != 401, operation
            assert code != "StUF013", operation
        else:
            assert (status, code) == EXPECTED[case], operation
            assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert case == "right" or doors.traces() == before


def test_every_operation_needs_a_grant(make_doors: Callable[..., Doors]) -> None:
    """With the right credential, and the grant of one other operation."""
    for granted in ("zakLv01", "creeerZaak_Lk01"):
        doors = make_doors({'diensten = ["*"]': f'diensten = ["{granted}"]'}, **BY_CERTIFICATE)
        before = doors.traces()
        for operation in OPERATIONS:
            if operation != granted:
                answer = doors.send(operation, message(operation, "GWS4all"), credential("basic", "right")[0])
                assert outcome(answer)[1] == "StUF052", operation
        assert doors.traces() == before


def test_a_certificate_is_valid_from_its_first_day_to_its_last(by_certificate: Callable[[str], Doors]) -> None:
    doors = by_certificate("subject")
    question = lv01().replace(">GWS4all<", ">Schuldhulp<")
    answers = [doors.send("zakLv01", question, *certified(made)[:1], peer=PROXY) for made in (CLIENT, EXPIRED, FUTURE)]
    assert [outcome(one)[0] for one in answers] == [200, 401, 401]
    assert "verlopen, of nog niet geldig" in details(answers[1])


def test_a_header_past_the_proxy_is_no_certificate(by_certificate: Callable[[str], Doors]) -> None:
    doors = by_certificate("vingerafdruk")
    question = lv01().replace(">GWS4all<", ">Schuldhulp<")
    headers = certified(CLIENT)[0]
    assert outcome(doors.send("zakLv01", question, headers, peer=PROXY)) == (200, "")
    for other in ("192.0.2.1", "127.0.0.1"):
        assert outcome(doors.send("zakLv01", question, headers, peer=other)) == (401, "StUF013")
        forged = headers | {"X-Forwarded-For": PROXY, "X-Real-IP": PROXY, "Forwarded": f"for={PROXY}"}
        assert outcome(doors.send("zakLv01", question, forged, peer=other)) == (401, "StUF013")


def test_a_certificate_and_a_password_must_be_of_one_sender(by_certificate: Callable[[str], Doors]) -> None:
    doors = by_certificate("oin")
    question = lv01().replace(">GWS4all<", ">Schuldhulp<")
    both = certified(CLIENT)[0] | basic("GWS4all", PASSWORDS[GWS])
    for sent in (question, lv01()):
        answer = doors.send("zakLv01", sent, both, peer=PROXY)
        assert outcome(answer) == (401, "StUF013")
        assert "niet van één applicatie" in details(answer)


def test_an_oin_may_be_of_more_applicaties_and_the_zender_says_which(make_doors: Callable[..., Doors]) -> None:
    way = f'certificaat = ["sha256:{"0" * 64}", "OIN={OIN}"]'
    names = ("Schuldhulp", "WmoVoorziening")
    doors = make_doors({f'naam = "{naam}"': f'naam = "{naam}"\n{way}' for naam in names}, **BY_CERTIFICATE)
    headers = certified(CLIENT)[0]
    for naam in names:
        question = lv01().replace(">GWS4all<", f">{naam}<")
        assert outcome(doors.send("zakLv01", question, headers, peer=PROXY)) == (200, "")
    assert outcome(doors.send("zakLv01", lv01(), headers, peer=PROXY)) == (500, "StUF013")
    anonymous = lv01().replace("<StUF:zender>", "<!--").replace("</StUF:zender>", "-->")
    answer = doors.send("zakLv01", anonymous, headers, peer=PROXY)
    assert outcome(answer) == (500, "StUF013")
    assert "geef een zender mee" in details(answer)


def test_an_unreadable_header_of_the_proxy_lets_nobody_in(by_certificate: Callable[[str], Doors]) -> None:
    doors = by_certificate("oin")
    answer = doors.send("zakLv01", lv01(), {"ssl-client-cert": "onzin"} | basic("GWS4all", PASSWORDS[GWS]), peer=PROXY)
    assert outcome(answer) == (401, "StUF013")


@pytest.mark.parametrize("settings", [{"proxy_adressen": "127.0.0.1"}, {"proxy": True}])
def test_behind_a_proxy_nobody_is_taken_for_this_machine(
    make_doors: Callable[..., Doors], settings: dict[str, object]
) -> None:
    """A proxy on this machine brings in others, so a sender without credential stays out, and open is not open."""
    question = lv01().replace(">GWS4all<", ">Schuldhulp<")
    assert outcome(make_doors(**settings).send("zakLv01", question, peer="127.0.0.1")) == (401, "StUF013")
    open_again = {'autorisatie = "applicaties"': 'autorisatie = "open"'}
    assert outcome(make_doors(open_again, **settings).send("zakLv01", lv01(), peer="127.0.0.1")) == (401, "StUF013")


def test_past_the_proxy_nobody_chooses_his_address(make_doors: Callable[..., Doors]) -> None:
    """With addresses of proxies X-Forwarded-For counts from those alone; without, the settings say so of anybody."""
    doors = make_doors(**BY_CERTIFICATE, proxy=True)
    for peer, believed in (("192.0.2.7", "192.0.2.7"), (PROXY, "203.0.113.9")):
        question = message("zakLv01", "GWS4all").replace(">1<", f">{peer}<")
        doors.send("zakLv01", question, {"X-Forwarded-For": "203.0.113.9"}, peer=peer)
        with doors.engine.connect() as connection:
            asked = text("SELECT adres FROM weigering WHERE referentienummer = :nummer")
            assert connection.execute(asked, {"nummer": peer}).scalar_one() == believed
