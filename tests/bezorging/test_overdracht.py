"""A deelplan is offered to a back office and its answer kept; and the other way round (RZS 1.0, 6.8)."""

from xml.sax.saxutils import escape

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten import regie as r
from tests.berichten.bouw import ander, gezinsplan, lk01, lv01, nieuw_nummer, obj, teksten, zaak
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.ontvangst import Ontvangen, Ontvangst
from tests.bezorging.opstelling import MaakOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import vrije_poort, wacht_tot
from typer.testing import CliRunner

from regiesysteem.notifications import cli, zaak_cli
from regiesysteem.stuf.xml import ontleed


class Wereld:
    """A server, a back office that takes zaken over, one that hears what happens, and one that gets zaken whole."""

    def __init__(self, regie: Opstelling, bo: Ontvangst, hoorder: Ontvangst, vak: Ontvangst) -> None:
        self.regie, self.bo, self.hoorder, self.vak = regie, bo, hoorder, vak

    def doe(self, *argumenten: str) -> tuple[int, str, str]:
        # Not `regie` itself: that sets up the log of this process, for a terminal that is gone after the command.
        opdracht, *rest = argumenten
        app = getattr(zaak_cli, opdracht, None) or getattr(cli, opdracht)
        uitkomst = CliRunner().invoke(app, rest, env={"REGIE_DATABASE_URL": self.regie.database_url, "COLUMNS": "240"})
        assert uitkomst.exception is None or isinstance(uitkomst.exception, SystemExit)
        return uitkomst.exit_code, uitkomst.stdout, uitkomst.stderr

    def deelplan(self) -> str:
        nummer = nieuw_nummer()
        self.regie.creeer(nummer)
        return nummer

    def bied_aan(self, nummer: str) -> Ontvangen:
        """Offer a zaak to the back office; the message that came there."""
        code, uit, fout = self.doe("zaak", "overdragen", nummer, "Backoffice", "--melding", "Graag vandaag")
        assert (code, fout) == (0, ""), fout
        assert "aangeboden" in uit
        gezien: list[Ontvangen] = []

        def kwam() -> bool:
            gezien[:] = [e for e in self.bo.ontvangen() if e.zaak == nummer and e.actie == "overdragenZaak"]
            return bool(gezien)

        wacht_tot(kwam, "overdragenZaak", logboek=self.regie.logboek)
        return gezien[0]

    def antwoord(self, aanbod: Ontvangen, gezegd: str, zender: str = "Backoffice") -> str:
        return teksten(self.reactie(aanbod, gezegd, zender), "//s:berichtcode")[0]

    def reactie(self, aanbod: Ontvangen, gezegd: str, zender: str = "Backoffice") -> etree._Element:
        """Say it; what comes back."""
        voorwerp = r.zaak(f"<ZKN:antwoord>{gezegd}</ZKN:antwoord>", aanbod.zaak)
        kop = r.kop("Du01", "overdragenZaak", zender=zender, cross=aanbod.referentienummer)
        return self.regie.vraag("bevestigOverdragenZaak", r.bericht("overdragenZaak_Du01", kop, voorwerp))

    def overdrachten(self, nummer: str) -> list[tuple[object, ...]]:
        """Of a zaak: number and stand of each transfer, and the stand of its message."""
        return self.regie.sql(f"""
            SELECT v.id, v.stand, n.stand FROM overdracht v LEFT JOIN notificatie n USING (referentienummer)
            WHERE v.zaakidentificatie = '{nummer}' ORDER BY v.id
        """)

    def pogingen(self, aanbod: Ontvangen) -> int:
        [[aantal]] = self.regie.sql(
            f"SELECT pogingen FROM notificatie WHERE referentienummer = '{aanbod.referentienummer}'"
        )
        return int(str(aantal))

    def standen(self, nummer: str) -> list[tuple[object, ...]]:
        return [rij[1:] for rij in self.overdrachten(nummer)]

    def uitvoerenden(self, nummer: str) -> list[str]:
        antwoord = self.regie.vraag("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"))
        return teksten(antwoord, "//z:heeftAlsUitvoerende//z:organisatorischeEenheid/z:naam")


@pytest.fixture(scope="module")
def wereld(module_ontvangst: MaakOntvangst, module_opstelling: MaakOpstelling) -> Wereld:
    bo, hoorder, vak = (module_ontvangst(naam) for naam in ("Backoffice", "Hoorder", "Vak"))
    regie = module_opstelling(
        applicatie("Backoffice", bo.adres),
        applicatie("Hoorder", hoorder.adres),
        applicatie("Onbereikbaar", ""),
        applicatie("Weg", f"http://127.0.0.1:{vrije_poort()}/stuf"),
        abonnement("Hoorder", 'gebeurtenis = ["Update zaak"]'),
        applicatie("Vak", vak.adres),
        abonnement("Vak", 'zaaktype = "B1026"', 'bericht = "zakLk01"', "domeingegevens = true"),
    )
    return Wereld(regie, bo, hoorder, vak)


def test_who_accepts_becomes_uitvoerende_and_others_hear_it(wereld: Wereld) -> None:
    nummer = wereld.deelplan()
    aanbod = wereld.bied_aan(nummer)
    assert "Graag vandaag" in aanbod.bericht
    assert "aangeboden" in wereld.doe("overdracht", "lijst", "--open", "--zaak", nummer)[1]
    assert wereld.antwoord(aanbod, "Overdracht geaccepteerd") == "Bv03"
    assert wereld.uitvoerenden(nummer) == ["Backoffice"]
    assert wereld.antwoord(aanbod, "Overdracht geaccepteerd") == "Bv03"
    assert wereld.antwoord(aanbod, "Overdracht geweigerd") == "Fo03"
    assert wereld.uitvoerenden(nummer) == ["Backoffice"]
    wacht_tot(lambda: [e.zaak for e in wereld.hoorder.ontvangen()].count(nummer) == 1, "gehoord")
    assert "geaccepteerd" in wereld.doe("overdracht", "lijst", "--zaak", nummer)[1]


def test_who_refuses_leaves_the_zaak_to_be_offered_again(wereld: Wereld) -> None:
    nummer = wereld.deelplan()
    aanbod = wereld.bied_aan(nummer)
    code, _, fout = wereld.doe("zaak", "overdragen", nummer, "Backoffice")
    assert (code, "al aangeboden aan Backoffice" in fout) == (1, True)
    assert wereld.antwoord(aanbod, "Overdracht geaccepteerd", zender="Hoorder") == "Fo03"
    assert wereld.antwoord(aanbod, "Overdracht geweigerd") == "Bv03"
    assert wereld.uitvoerenden(nummer) == []
    assert wereld.doe("zaak", "overdragen", nummer, "Backoffice")[0] == 0


def test_an_answer_that_comes_at_once_counts_as_well(wereld: Wereld) -> None:
    nummer = wereld.deelplan()
    wereld.bo.doe("neemt")
    wereld.bied_aan(nummer)
    wacht_tot(lambda: wereld.uitvoerenden(nummer) == ["Backoffice"], "uitvoerende", logboek=wereld.regie.logboek)
    wereld.bo.doe("goed")


@pytest.mark.parametrize("gedrag", ["500", "zwijg"])
def test_who_answers_an_offer_had_it_whatever_became_of_its_message(wereld: Wereld, gedrag: str) -> None:
    """StUF 03.01, 4.4: also while it is being sent. What waits behind it goes on."""
    nummer = wereld.deelplan()
    wereld.bo.doe(f"{gedrag}zaak {nummer}")
    aanbod = wereld.bied_aan(nummer)
    if gedrag == "500":
        wacht_tot(lambda: wereld.pogingen(aanbod) > 0, "een poging die mislukte", logboek=wereld.regie.logboek)
    assert wereld.antwoord(aanbod, "Overdracht geaccepteerd") == "Bv03"
    klaar = [("geaccepteerd", "bezorgd")]
    wacht_tot(lambda: wereld.standen(nummer) == klaar, "bezorgd", logboek=wereld.regie.logboek)
    assert wereld.uitvoerenden(nummer) == ["Backoffice"]
    wereld.bo.doe("goed")
    assert wereld.antwoord(aanbod, "Overdracht geaccepteerd") == "Bv03", "the same again changes nothing"
    assert wereld.standen(nummer) == klaar


def test_what_cannot_be_handed_over_is_told(wereld: Wereld) -> None:
    plan, deelplan = nieuw_nummer(), wereld.deelplan()
    assert wereld.regie.stuur("creeerZaak_Lk01", lk01("T", gezinsplan(plan))) == "Bv03"
    for argumenten, tekst in (
        (("1900WEG", "Backoffice"), "Er is geen zaak"),
        ((plan, "Backoffice"), "is een gezinsplan"),
        ((deelplan, "Onbereikbaar"), "geen adres"),
        ((deelplan, "Niemand"), "staat niet in de inrichting"),
        ((deelplan, "Backoffice", "--melding", "\x07"), "onleesbaar teken"),
    ):
        code, _, fout = wereld.doe("zaak", "overdragen", *argumenten)
        assert (code, tekst in fout) == (1, True), fout


def test_an_unanswered_offer_is_shown_as_late_after_its_term(wereld: Wereld) -> None:
    nummer = wereld.deelplan()
    wereld.bied_aan(nummer)
    wereld.regie.wijzig("UPDATE overdracht SET uiterlijk = now() - interval '1 minute'")
    assert "te laat" in wereld.doe("overdracht", "lijst", "--open", "--zaak", nummer)[1]


def test_an_offer_that_nobody_answers_is_withdrawn_and_a_late_answer_refused(wereld: Wereld) -> None:
    nummer = wereld.deelplan()
    aanbod = wereld.bied_aan(nummer)
    wacht_tot(lambda: wereld.standen(nummer) == [("aangeboden", "bezorgd")], "bezorgd")
    [(overdracht, *_)] = wereld.overdrachten(nummer)
    fout = wereld.doe("zaak", "overdragen", nummer, "Backoffice")[2]
    assert f"trek-in {overdracht}" in fout
    assert wereld.doe("overdracht", "trek-in", str(overdracht), "--reden", "te lang stil")[0] == 0
    for gezegd in ("Overdracht geaccepteerd", "Overdracht geweigerd"):
        reactie = wereld.reactie(aanbod, gezegd)
        assert teksten(reactie, "//s:code") == ["StUF055"]
        assert "ingetrokken" in teksten(reactie, "//s:details")[0]
    assert wereld.uitvoerenden(nummer) == []
    uit = wereld.doe("overdracht", "lijst", "--zaak", nummer)[1]
    assert "ingetrokken" in uit
    assert nummer not in wereld.doe("overdracht", "lijst", "--open", "--zaak", nummer)[1]
    code, _, fout = wereld.doe("overdracht", "trek-in", str(overdracht))
    assert (code, "is al ingetrokken" in fout) == (1, True)
    assert wereld.doe("zaak", "overdragen", nummer, "Backoffice")[0] == 0


def test_what_waits_of_an_offer_that_is_withdrawn_is_never_sent(wereld: Wereld) -> None:
    nummer = wereld.deelplan()
    assert wereld.doe("zaak", "overdragen", nummer, "Weg")[0] == 0
    wacht_tot(lambda: wereld.standen(nummer) == [("aangeboden", "wacht")], "wacht")
    [(overdracht, *_)] = wereld.overdrachten(nummer)
    with wereld.regie.motor.begin() as verbinding:
        # as who sends it has it
        verbinding.execute(text(f"SELECT FROM notificatie WHERE stroom = '{nummer}' FOR UPDATE"))
        code, _, fout = wereld.doe("overdracht", "trek-in", str(overdracht))
        assert (code, "net nu onderweg" in fout) == (1, True)
    assert wereld.standen(nummer) == [("aangeboden", "wacht")]
    wacht_tot(lambda: wereld.doe("overdracht", "trek-in", str(overdracht))[0] == 0, "ingetrokken")
    assert wereld.standen(nummer) == [("ingetrokken", "vervallen")]
    assert wereld.doe("zaak", "overdragen", nummer, "Weg")[0] == 0


@pytest.mark.parametrize("stand", ["gestrand", "vervallen"])
def test_an_offer_that_did_not_arrive_makes_way_for_a_new_one(wereld: Wereld, stand: str) -> None:
    nummer = wereld.deelplan()
    assert wereld.doe("zaak", "overdragen", nummer, "Weg")[0] == 0
    wacht_tot(lambda: wereld.standen(nummer) == [("aangeboden", "wacht")], "wacht")
    aan_weg = f"WHERE stroom = '{nummer}' AND ontvanger = 'Weg'"
    wereld.regie.wijzig(f"UPDATE notificatie SET stand = '{stand}', melding = 'te oud' {aan_weg}")
    assert f"{stand}: te oud" in " ".join(wereld.doe("overdracht", "lijst", "--zaak", nummer)[1].split())
    wereld.bied_aan(nummer)
    wacht_tot(
        lambda: wereld.standen(nummer) == [("ingetrokken", "vervallen"), ("aangeboden", "bezorgd")], "nieuw aanbod"
    )
    # a Fo03 that comes later strands it, and then it is not for sending again
    wereld.regie.wijzig(f"UPDATE notificatie SET stand = 'gestrand' {aan_weg}")
    assert "niets dat wacht" in wereld.doe("notificaties", "opnieuw", "--zaak", nummer, "--ontvanger", "Weg")[1]


def test_only_an_offer_of_ours_is_withdrawn(wereld: Wereld) -> None:
    nummer = nieuw_nummer()
    kop = r.kop("Di01", "overdragenZaak", zender="Backoffice", ref=f"intrek{nummer}"[:40])
    bericht = r.bericht("overdragenZaak_Di01", kop, r.zaak(r.is_van(), nummer))
    assert wereld.regie.stuur("overdragenZaak", bericht) == "Bv03"
    [(overdracht, *_)] = wereld.overdrachten(nummer)
    for welke, tekst in ((overdracht, "accepteer of weiger"), (0, "geen overdracht met nummer 0")):
        code, _, fout = wereld.doe("overdracht", "trek-in", str(welke))
        assert (code, tekst in fout) == (1, True), fout


def test_a_zaak_that_is_offered_to_us_is_answered_by_command(wereld: Wereld) -> None:
    nummer = nieuw_nummer()
    kop = r.kop("Di01", "overdragenZaak", zender="Backoffice", ref=f"aanbod{nummer}"[:40])
    bericht = r.bericht("overdragenZaak_Di01", kop, r.zaak(r.is_van(), nummer))
    assert wereld.regie.stuur("overdragenZaak", bericht) == "Bv03"
    [(id_,)] = wereld.regie.sql(f"SELECT id FROM overdracht WHERE richting = 'in' AND zaakidentificatie = '{nummer}'")
    assert wereld.doe("overdracht", "weiger", str(id_), "--melding", "Niet van ons")[0] == 0
    code, _, fout = wereld.doe("overdracht", "accepteer", str(id_))
    assert (code, "al geweigerd" in fout) == (1, True)
    wacht_tot(
        lambda: any(e.actie == "bevestigOverdragenZaak" and e.zaak == nummer for e in wereld.bo.ontvangen()), "antwoord"
    )
    [antwoord] = [ontleed(e.bericht.encode()) for e in wereld.bo.ontvangen() if e.zaak == nummer]
    assert teksten(antwoord, "//z:antwoord") == ["Overdracht geweigerd"]
    assert teksten(antwoord, "//s:crossRefnummer") == [f"aanbod{nummer}"[:40]]


def test_a_fo03_that_comes_later_strands_what_seemed_delivered(wereld: Wereld) -> None:
    """RZS 6.8.3: the receiver may acknowledge first and find out later; resending is for whoever mends it."""
    nummer = wereld.deelplan()
    aanbod = wereld.bied_aan(nummer)
    fo03 = r.bevestiging("Fo03", cross=aanbod.referentienummer).replace(">Bus<", ">Backoffice<")
    # While the offer is under way it is told to come again (StUF046).
    wacht_tot(lambda: wereld.regie.stuur("Fo03", fo03) == "Bv03", "Fo03 aangenomen", logboek=wereld.regie.logboek)
    assert wereld.regie.standen("Backoffice").get("gestrand") == 1
    uit = wereld.doe("notificaties", "lijst", "--stand", "gestrand")[1]
    assert "StUF064" in uit
    assert "1 notificatie wordt" in wereld.doe("notificaties", "opnieuw", "--zaak", nummer)[1]
    wacht_tot(lambda: wereld.regie.standen("Backoffice").get("gestrand") is None, "opnieuw bezorgd")


def test_what_others_tell_us_is_in_the_postvak_of_its_gezinsplan(wereld: Wereld) -> None:
    """RZS 6.9, as regiesysteem: a zaak that hangs under a gezinsplan, and one that we do not know."""
    plan, deelplan = nieuw_nummer(), nieuw_nummer()
    assert wereld.regie.stuur("creeerZaak_Lk01", lk01("T", gezinsplan(plan))) == "Bv03"
    wereld.regie.creeer(deelplan)
    koppel = obj(
        f"<ZKN:identificatie>{deelplan}</ZKN:identificatie>"
        '<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde '
        f'StUF:entiteittype="ZAK" StUF:verwerkingssoort="I"><ZKN:identificatie>{plan}</ZKN:identificatie>'
        "</ZKN:gerelateerde></ZKN:heeftBetrekkingOpAndere>",
        "W",
    )
    assert wereld.regie.stuur("updateZaak_Lk01", lk01("W", koppel, koppel)) == "Bv03"
    for nummer in (deelplan, "1900ANDERS"):
        voorwerp = r.zaak(r.extra(gebeurtenis="Update zaak") + r.is_van(), nummer)
        assert wereld.regie.stuur("notificeerOverZaak", r.notificatie(voorwerp, melding="Let op")) == "Bv03"
    rijen = wereld.regie.sql("SELECT zaakidentificatie, gezinsplan FROM postvak ORDER BY id")
    assert rijen == [(deelplan, plan), ("1900ANDERS", None)]
    uit = wereld.doe("postvak", "lijst", "--gezinsplan", plan)[1]
    assert "Let op" in uit


def test_a_deelplan_goes_whole_with_its_plan_and_the_data_of_its_domain_also_before_a_transfer(wereld: Wereld) -> None:
    """Interaction 5 of the assignment: XML stays XML, byte for byte."""
    plan, deelplan = nieuw_nummer(), nieuw_nummer()
    assert wereld.regie.stuur("creeerZaak_Lk01", lk01("T", gezinsplan(plan))) == "Bv03"
    iwmo = '<?xml version="1.0"?>\n<wmo:bericht xmlns:wmo="urn:wmo">\t&amp; <![CDATA[<x>]]></wmo:bericht>'
    kaal = zaak(deelplan, na=ander("heeftBetrekkingOpAndere", plan))
    naam = "domeingegevens/iWmo;mediatype=application/xml"
    extra = f'<StUF:extraElement naam="{naam}">{escape(iwmo)}</StUF:extraElement>'
    met = kaal.replace("<ZKN:isVan", f"<StUF:extraElementen>{extra}</StUF:extraElementen><ZKN:isVan", 1)
    assert wereld.regie.stuur("creeerZaak_Lk01", lk01("T", met)) == "Bv03"

    def gekomen() -> list[Ontvangen]:
        return [een for een in wereld.vak.ontvangen() if een.zaak == deelplan]

    wacht_tot(lambda: len(gekomen()) == 1, "zakLk01", logboek=wereld.regie.logboek)
    assert wereld.doe("zaak", "overdragen", deelplan, "Vak")[0] == 0
    wacht_tot(lambda: len(gekomen()) == 3, "zakLk01 en overdracht", logboek=wereld.regie.logboek)
    assert [een.actie for een in gekomen()] == ["creeerZaak_Lk01", "updateZaak_Lk01", "overdragenZaak"]
    for een in gekomen()[:2]:
        bericht = ontleed(een.bericht.encode())
        assert plan in teksten(bericht, "//z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie")
        assert [tekst for tekst in teksten(bericht, "//s:extraElement") if "wmo" in tekst] == [iwmo]
