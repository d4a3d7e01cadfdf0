"""The published test set of RZS 1.0 for the roles that notify and hand over, played in its order.

TTA is the application that is tested, STP what it is tested with. Where a step of the set says Bv01 the answer is Bv03,
as RZS 6.8 - 6.10 have it. Every message that we send is valid by the schema.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.berichten import documenten, regie
from tests.berichten.bouw import gezinsplan, lk01, nieuw_nummer, obj, status, teksten
from tests.bezorging.conftest import MaakOntvangst, ontvangsten, opstellingen
from tests.bezorging.ontvangst import Ontvangen, Ontvangst
from tests.bezorging.opstelling import MaakOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import regie as opdracht
from tests.conftest import vrije_poort, wacht_tot
from tests.practice.kantoor import Kantoor, start
from tests.published import assert_valid

from regiesysteem.stuf.xml import ontleed

GEBEURTENISSEN = (
    "Creeer zaak",
    "Voeg zaakdocument toe",
    "Update zaak",
    "Actualiseer zaakstatus",
    "Update zaakdocument",
)
"""In the order of the test set."""


def keur(envelop: bytes | str) -> etree._Element:
    """See that the message in an envelope is valid, and give it."""
    body = next(ontleed(envelop.encode() if isinstance(envelop, str) else envelop).iter("{*}Body"))
    return assert_valid(ontleed(etree.tostring(body[0])))


@pytest.fixture
def maak_ontvangst(tmp_path: Path) -> Iterator[MaakOntvangst]:
    yield from ontvangsten(tmp_path)


@pytest.fixture
def maak_opstelling(database_url: str, tmp_path: Path) -> Iterator[MaakOpstelling]:
    yield from opstellingen(database_url, tmp_path)


@pytest.fixture
def maak_kantoor(tmp_path: Path) -> Iterator[Callable[..., Kantoor]]:
    gemaakt: list[Kantoor] = []

    def maak(naam: str, server: str, *opties: str, poort: int = 0) -> Kantoor:
        gemaakt.append(start(naam, tmp_path / naam, server, *opties, poort=poort))
        return gemaakt[-1]

    yield maak
    for kantoor in gemaakt:
        assert kantoor.stop() == 0


def _melding(gebeurtenis: str, nummer: str, *, naam: str = "notificeerOverZaak_Di01", zender: str = "") -> str:
    extra = {"gebeurtenis": gebeurtenis} | ({"zendendeApplicatie": zender} if zender else {})
    zaaktype = "<ZKN:omschrijving>Opstellen en uitvoeren gezinsplan</ZKN:omschrijving><ZKN:code>GEZINSPLAN</ZKN:code>"
    inhoud = regie.extra(**extra) + regie.is_van(zaaktype)
    if gebeurtenis == "Actualiseer zaakstatus":
        inhoud += regie.heeft()
    return regie.notificatie(regie.zaak(inhoud, nummer), naam=naam)


def _wacht(ontvangst: Ontvangst, aantal: int, log: Path) -> list[Ontvangen]:
    wacht_tot(lambda: len(ontvangst.ontvangen()) >= aantal, f"{aantal} berichten", logboek=log)
    return ontvangst.ontvangen()


def _draag_over(regiesysteem: Opstelling, nummer: str, aan: str) -> None:
    uitkomst = opdracht("zaak", "overdragen", nummer, aan, REGIE_DATABASE_URL=regiesysteem.database_url)
    assert uitkomst.returncode == 0, uitkomst.stderr


def test_taakspecifiek_10_notificeer_over_zaak(maak_kantoor: Callable[..., Kantoor]) -> None:
    """The STP tells of a new zaak, a new document, a change, a status and a changed document."""
    tta = maak_kantoor("Taakspecifiek", "http://127.0.0.1:9/stuf")
    for gebeurtenis in GEBEURTENISSEN:
        code, antwoord = tta.stuur(_melding(gebeurtenis, "1900N1"))
        assert code == 200
        assert teksten(keur(antwoord), "//s:berichtcode") == ["Bv03"]
    assert [regel["gebeurtenis"] for regel in tta.regels("ontvangen")] == list(GEBEURTENISSEN)
    assert [regel["uitkomst"] for regel in tta.regels("ontvangen")] == ["Bv03"] * 5


@pytest.mark.parametrize(("keuze", "stand"), [("accepteren", "geaccepteerd"), ("weigeren", "geweigerd")])
def test_taakspecifiek_15_overdragen_zaak(
    maak_kantoor: Callable[..., Kantoor], maak_opstelling: MaakOpstelling, keuze: str, stand: str
) -> None:
    """The STP is our own server here: it offers, gets Bv03, and then the answer as a message of its own."""
    poort = vrije_poort()
    stp = maak_opstelling(applicatie("Taakspecifiek", f"http://127.0.0.1:{poort}/stuf"))
    adres = f"http://127.0.0.1:{stp.poort}/stuf"
    opties = ("--haal-op", "--overdracht", keuze, "--antwoord", "status:2", "--antwoord", "omschrijving:Anders")
    tta = maak_kantoor("Taakspecifiek", adres, *opties, poort=poort)
    nummer = nieuw_nummer()
    stp.creeer(nummer)
    _draag_over(stp, nummer, "Taakspecifiek")
    verstuurd = tta.wacht(3 if keuze == "accepteren" else 1, "verstuurd")
    [aanbod] = tta.regels("ontvangen")
    keur(tta.bericht(aanbod))
    antwoord = keur(tta.bericht(verstuurd[0]))
    assert teksten(antwoord, "//s:berichtcode") == ["Du01"]
    assert teksten(antwoord, "//s:crossRefnummer") == [aanbod["referentienummer"]]
    for regel in verstuurd[1:]:
        assert teksten(keur(tta.bericht(regel)), "//s:berichtcode") == ["Lk01"]
    assert stp.sql("SELECT stand FROM overdracht") == [(stand,)]


def test_regiesysteem_12_notificeer_over_zaak(maak_opstelling: MaakOpstelling) -> None:
    """The STP tells the product of the five gebeurtenissen; each is acknowledged and kept in the postvak."""
    tta = maak_opstelling()
    for gebeurtenis in GEBEURTENISSEN:
        assert tta.stuur("notificeerOverZaak", _melding(gebeurtenis, "1900N2")) == "Bv03"
    kregen = tta.sql("SELECT gebeurtenis FROM postvak WHERE zaakidentificatie = '1900N2' ORDER BY id")
    assert kregen == [(gebeurtenis,) for gebeurtenis in GEBEURTENISSEN]


def test_regiesysteem_17_overdragen_zaak(maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling) -> None:
    """The product offers a deelplan to the STP, which acknowledges and then accepts with a message of its own."""
    stp = maak_ontvangst("Stp")
    tta = maak_opstelling(applicatie("Stp", stp.adres))
    nummer = nieuw_nummer()
    tta.creeer(nummer)
    _draag_over(tta, nummer, "Stp")
    [aanbod] = _wacht(stp, 1, tta.logboek)
    assert aanbod.actie == "overdragenZaak"
    keur(aanbod.bericht)
    inhoud = regie.zaak("<ZKN:antwoord>Overdracht geaccepteerd</ZKN:antwoord>", nummer)
    kop = regie.kop("Du01", "overdragenZaak", zender="Stp", cross=aanbod.referentienummer)
    assert tta.stuur("bevestigOverdragenZaak", regie.bericht("overdragenZaak_Du01", kop, inhoud)) == "Bv03"
    assert tta.sql("SELECT stand FROM overdracht") == [("geaccepteerd",)]


def test_abonnementenbeheer_1_to_10(maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling) -> None:
    """Each initieerNotificeerOverZaak gives a notificeerOverZaak that says the same, but not who caused it."""
    stp = maak_ontvangst("Stp")
    tta = maak_opstelling(applicatie("Stp", stp.adres), abonnement("Stp", 'verwachte_actie = "Kijk even"'))
    for aantal, gebeurtenis in enumerate(GEBEURTENISSEN, 1):
        bericht = _melding(gebeurtenis, "1900N3", naam="initieerNotificeerOverZaak_Di01", zender="GWS4all")
        assert tta.stuur("initieerNotificeerOverZaak", bericht) == "Bv03"
        kreeg = _wacht(stp, aantal, tta.logboek)[-1]
        assert (kreeg.actie, kreeg.gebeurtenis, kreeg.zaak) == ("notificeerOverZaak", gebeurtenis, "1900N3")
        notificatie = keur(kreeg.bericht)
        assert "GEZINSPLAN" in teksten(notificatie, "//z:isVan/z:gerelateerde/z:code")
        assert teksten(notificatie, "//*[local-name()='melding']") == ["Kijk even"]
        assert teksten(notificatie, "//z:heeft/z:datumStatusGezet") == (
            ["20261123"] if gebeurtenis == "Actualiseer zaakstatus" else []
        )
        assert "GWS4all" not in "".join(teksten(notificatie, "//s:extraElement"))


def test_servicebus_1_initieer_notificeer_over_zaak(
    maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling
) -> None:
    """Variant `extern`: what happens at the product is told to an abonnementenbeheer, that finds out who is to hear."""
    stp = maak_ontvangst("Abonnementenbeheer")
    tta = maak_opstelling(
        applicatie("Abonnementenbeheer", stp.adres),
        '[notificaties]\nvariant = "extern"\nabonnementenbeheer = "Abonnementenbeheer"\n',
    )
    nummer, eerste, tweede = nieuw_nummer(), nieuw_nummer(), nieuw_nummer()
    sleutel = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    omschrijving = f"{sleutel}<ZKN:omschrijving>Ander plan</ZKN:omschrijving>"
    met_bestand = documenten.inhoud(documenten.pdf())
    stappen = (
        ("creeerZaak_Lk01", lk01("T", gezinsplan(nummer)), "Creeer zaak"),
        (
            "voegZaakdocumentToe_Lk01",
            documenten.edc_lk01("T", documenten.document(eerste, nummer, bestand=met_bestand)),
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
            documenten.edc_lk01("T", documenten.document(tweede, nummer)),
            "Voeg zaakdocument toe",
        ),
        ("updateZaakdocument_Di02", documenten.update(tweede, None, met_bestand), "Update zaakdocument"),
    )
    for aantal, (dienst, bericht, gebeurtenis) in enumerate(stappen, 1):
        assert tta.stuur(dienst, bericht) in {"Bv03", "Bv02"}
        kreeg = _wacht(stp, aantal, tta.logboek)[-1]
        assert (kreeg.actie, kreeg.gebeurtenis, kreeg.zaak) == ("initieerNotificeerOverZaak", gebeurtenis, nummer)
        keur(kreeg.bericht)
