"""The published test set of RZS 1.0 for the roles that notify and hand over, played in its order.

TTA is the application that is tested, STP what it is tested with. Where a step of the set says Bv01 the answer is Bv03,
as RZS 6.8 - 6.10 have it. Every message that we send is valid by the schema.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.berichten import documenten, regie
from tests.berichten.bouw import gezinsplan, lk01, new_number, obj, status, texts
from tests.bezorging.conftest import MakeReception, ontvangsten, opstellingen
from tests.bezorging.ontvangst import Received, Reception
from tests.bezorging.opstelling import MakeOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import regie as command
from tests.conftest import vrije_port, wait_until
from tests.practice.kantoor import Office, start
from tests.published import assert_valid

from regiesysteem.stuf.xml import parse

GEBEURTENISSEN = (
    "Creeer zaak",
    "Voeg zaakdocument toe",
    "Update zaak",
    "Actualiseer zaakstatus",
    "Update zaakdocument",
)
"""In the order of the test set."""


def vet(envelope: bytes | str) -> etree._Element:
    """See that the message in an envelope is valid, and give it."""
    body = next(parse(envelope.encode() if isinstance(envelope, str) else envelope).iter("{*}Body"))
    return assert_valid(parse(etree.tostring(body[0])))


@pytest.fixture
def make_reception(tmp_path: Path) -> Iterator[MakeReception]:
    yield from ontvangsten(tmp_path)


@pytest.fixture
def make_opstelling(database_url: str, tmp_path: Path) -> Iterator[MakeOpstelling]:
    yield from opstellingen(database_url, tmp_path)


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def make(naam: str, server: str, *options: str, port: int = 0) -> Office:
        made.append(start(naam, tmp_path / naam, server, *options, port=port))
        return made[-1]

    yield make
    for office in made:
        assert office.stop() == 0


def _melding(gebeurtenis: str, number: str, *, naam: str = "notificeerOverZaak_Di01", zender: str = "") -> str:
    extra = {"gebeurtenis": gebeurtenis} | ({"zendendeApplicatie": zender} if zender else {})
    zaaktype = "<ZKN:omschrijving>Opstellen en uitvoeren gezinsplan</ZKN:omschrijving><ZKN:code>GEZINSPLAN</ZKN:code>"
    inhoud = regie.extra(**extra) + regie.is_van(zaaktype)
    if gebeurtenis == "Actualiseer zaakstatus":
        inhoud += regie.heeft()
    return regie.notificatie(regie.zaak(inhoud, number), naam=naam)


def _wait(reception: Reception, count: int, log: Path) -> list[Received]:
    wait_until(lambda: len(reception.received()) >= count, f"{count} berichten", logboek=log)
    return reception.received()


def _hand_over(regiesysteem: Opstelling, number: str, to: str) -> None:
    outcome = command("zaak", "overdragen", number, to, REGIE_DATABASE_URL=regiesysteem.database_url)
    assert outcome.returncode == 0, outcome.stderr


def test_taakspecifiek_10_notificeer_over_zaak(make_office: Callable[..., Office]) -> None:
    """The STP tells of a new zaak, a new document, a change, a status and a changed document."""
    tta = make_office("Taakspecifiek", "http://127.0.0.1:9/stuf")
    for gebeurtenis in GEBEURTENISSEN:
        code, answer = tta.send(_melding(gebeurtenis, "1900N1"))
        assert code == 200
        assert texts(vet(answer), "//s:berichtcode") == ["Bv03"]
    assert [regel["gebeurtenis"] for regel in tta.regels("ontvangen")] == list(GEBEURTENISSEN)
    assert [regel["uitkomst"] for regel in tta.regels("ontvangen")] == ["Bv03"] * 5


@pytest.mark.parametrize(("choice", "state"), [("accepteren", "geaccepteerd"), ("weigeren", "geweigerd")])
def test_taakspecifiek_15_overdragen_zaak(
    make_office: Callable[..., Office], make_opstelling: MakeOpstelling, choice: str, state: str
) -> None:
    """The STP is our own server here: it offers, gets Bv03, and then the answer as a message of its own."""
    port = vrije_port()
    stp = make_opstelling(applicatie("Taakspecifiek", f"http://127.0.0.1:{port}/stuf"))
    adres = f"http://127.0.0.1:{stp.port}/stuf"
    options = ("--haal-op", "--overdracht", choice, "--antwoord", "status:2", "--antwoord", "omschrijving:Anders")
    tta = make_office("Taakspecifiek", adres, *options, port=port)
    number = new_number()
    stp.creeer(number)
    _hand_over(stp, number, "Taakspecifiek")
    sent = tta.wacht(3 if choice == "accepteren" else 1, "verstuurd")
    [offer] = tta.regels("ontvangen")
    vet(tta.bericht(offer))
    answer = vet(tta.bericht(sent[0]))
    assert texts(answer, "//s:berichtcode") == ["Du01"]
    assert texts(answer, "//s:crossRefnummer") == [offer["referentienummer"]]
    for regel in sent[1:]:
        assert texts(vet(tta.bericht(regel)), "//s:berichtcode") == ["Lk01"]
    assert stp.sql("SELECT stand FROM overdracht") == [(state,)]


def test_regiesysteem_12_notificeer_over_zaak(make_opstelling: MakeOpstelling) -> None:
    """The STP tells the product of the five gebeurtenissen; each is acknowledged and kept in the postvak."""
    tta = make_opstelling()
    for gebeurtenis in GEBEURTENISSEN:
        assert tta.send("notificeerOverZaak", _melding(gebeurtenis, "1900N2")) == "Bv03"
    kregen = tta.sql("SELECT gebeurtenis FROM postvak WHERE zaakidentificatie = '1900N2' ORDER BY id")
    assert kregen == [(gebeurtenis,) for gebeurtenis in GEBEURTENISSEN]


def test_regiesysteem_17_overdragen_zaak(make_reception: MakeReception, make_opstelling: MakeOpstelling) -> None:
    """The product offers a deelplan to the STP, which acknowledges and then accepts with a message of its own."""
    stp = make_reception("Stp")
    tta = make_opstelling(applicatie("Stp", stp.adres))
    number = new_number()
    tta.creeer(number)
    _hand_over(tta, number, "Stp")
    [offer] = _wait(stp, 1, tta.logboek)
    assert offer.actie == "overdragenZaak"
    vet(offer.bericht)
    inhoud = regie.zaak("<ZKN:antwoord>Overdracht geaccepteerd</ZKN:antwoord>", number)
    head = regie.head("Du01", "overdragenZaak", zender="Stp", cross=offer.referentienummer)
    assert tta.send("bevestigOverdragenZaak", regie.bericht("overdragenZaak_Du01", head, inhoud)) == "Bv03"
    assert tta.sql("SELECT stand FROM overdracht") == [("geaccepteerd",)]


def test_abonnementenbeheer_1_to_10(make_reception: MakeReception, make_opstelling: MakeOpstelling) -> None:
    """Each initieerNotificeerOverZaak gives a notificeerOverZaak that says the same, but not who caused it."""
    stp = make_reception("Stp")
    tta = make_opstelling(applicatie("Stp", stp.adres), abonnement("Stp", 'verwachte_actie = "Kijk even"'))
    for count, gebeurtenis in enumerate(GEBEURTENISSEN, 1):
        bericht = _melding(gebeurtenis, "1900N3", naam="initieerNotificeerOverZaak_Di01", zender="GWS4all")
        assert tta.send("initieerNotificeerOverZaak", bericht) == "Bv03"
        kreeg = _wait(stp, count, tta.logboek)[-1]
        assert (kreeg.actie, kreeg.gebeurtenis, kreeg.zaak) == ("notificeerOverZaak", gebeurtenis, "1900N3")
        notificatie = vet(kreeg.bericht)
        assert "GEZINSPLAN" in texts(notificatie, "//z:isVan/z:gerelateerde/z:code")
        assert texts(notificatie, "//*[local-name()='melding']") == ["Kijk even"]
        assert texts(notificatie, "//z:heeft/z:datumStatusGezet") == (
            ["20261123"] if gebeurtenis == "Actualiseer zaakstatus" else []
        )
        assert "GWS4all" not in "".join(texts(notificatie, "//s:extraElement"))


def test_servicebus_1_initieer_notificeer_over_zaak(
    make_reception: MakeReception, make_opstelling: MakeOpstelling
) -> None:
    """Variant `extern`: what happens at the product is told to an abonnementenbeheer, that finds out who is to hear."""
    stp = make_reception("Abonnementenbeheer")
    tta = make_opstelling(
        applicatie("Abonnementenbeheer", stp.adres),
        '[notificaties]\nvariant = "extern"\nabonnementenbeheer = "Abonnementenbeheer"\n',
    )
    number, first, second = new_number(), new_number(), new_number()
    sleutel = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    omschrijving = f"{sleutel}<ZKN:omschrijving>Ander plan</ZKN:omschrijving>"
    with_file = documenten.inhoud(documenten.pdf())
    steps = (
        ("creeerZaak_Lk01", lk01("T", gezinsplan(number)), "Creeer zaak"),
        (
            "voegZaakdocumentToe_Lk01",
            documenten.edc_lk01("T", documenten.document(first, number, file=with_file)),
            "Voeg zaakdocument toe",
        ),
        ("updateZaak_Lk01", lk01("W", obj(sleutel, "W"), obj(omschrijving, "W")), "Update zaak"),
        (
            "actualiseerZaakstatus_Lk01",
            lk01("W", obj(sleutel, "W"), obj(sleutel + status(2, "20260302"), "W")),
            "Actualiseer zaakstatus",
        ),
        (
            "maakZaakdocument_Lk01",
            documenten.edc_lk01("T", documenten.document(second, number)),
            "Voeg zaakdocument toe",
        ),
        ("updateZaakdocument_Di02", documenten.update(second, None, with_file), "Update zaakdocument"),
    )
    for count, (dienst, bericht, gebeurtenis) in enumerate(steps, 1):
        assert tta.send(dienst, bericht) in {"Bv03", "Bv02"}
        kreeg = _wait(stp, count, tta.logboek)[-1]
        assert (kreeg.actie, kreeg.gebeurtenis, kreeg.zaak) == ("initieerNotificeerOverZaak", gebeurtenis, number)
        vet(kreeg.bericht)
