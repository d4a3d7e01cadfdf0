"""A deelplan is offered to a back office and its answer kept; and the other way round (RZS 1.0, 6.8)."""

from xml.sax.saxutils import escape

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten import regie as r
from tests.berichten.bouw import gezinsplan, lk01, lv01, new_number, obj, other, texts, zaak
from tests.bezorging.conftest import MakeReception
from tests.bezorging.ontvangst import Received, Reception
from tests.bezorging.opstelling import MakeOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import vrije_port, wait_until
from typer.testing import CliRunner

from regiesysteem.notifications import cli, transfers_cli
from regiesysteem.stuf.xml import parse


class Wereld:
    """A server, a back office that takes zaken over, one that hears what happens, and one that gets zaken whole."""

    def __init__(self, regie: Opstelling, bo: Reception, hoorder: Reception, vak: Reception) -> None:
        self.regie, self.bo, self.hoorder, self.vak = regie, bo, hoorder, vak

    def do(self, *arguments: str) -> tuple[int, str, str]:
        # Not `regie` itself: that sets up the log of this process, for a terminal that is gone after the command.
        command, *rest = arguments
        app = getattr(transfers_cli, command, None) or getattr(cli, command)
        outcome = CliRunner().invoke(app, rest, env={"REGIE_DATABASE_URL": self.regie.database_url, "COLUMNS": "240"})
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        return outcome.exit_code, outcome.stdout, outcome.stderr

    def deelplan(self) -> str:
        number = new_number()
        self.regie.creeer(number)
        return number

    def offer(self, number: str) -> Received:
        """Offer a zaak to the back office; the message that came there."""
        code, out, error = self.do("zaak", "overdragen", number, "Backoffice", "--melding", "Graag vandaag")
        assert (code, error) == (0, ""), error
        assert "aangeboden" in out
        seen: list[Received] = []

        def kwam() -> bool:
            seen[:] = [e for e in self.bo.received() if e.zaak == number and e.actie == "overdragenZaak"]
            return bool(seen)

        wait_until(kwam, "overdragenZaak", logboek=self.regie.logboek)
        return seen[0]

    def antwoord(self, offer: Received, said: str, zender: str = "Backoffice") -> str:
        return texts(self.reactie(offer, said, zender), "//s:berichtcode")[0]

    def reactie(self, offer: Received, said: str, zender: str = "Backoffice") -> etree._Element:
        """Say it; what comes back."""
        instance = r.zaak(f"<ZKN:antwoord>{said}</ZKN:antwoord>", offer.zaak)
        head = r.head("Du01", "overdragenZaak", zender=zender, cross=offer.referentienummer)
        return self.regie.question("bevestigOverdragenZaak", r.bericht("overdragenZaak_Du01", head, instance))

    def overdrachten(self, number: str) -> list[tuple[object, ...]]:
        """The transfers of a zaak: number and stand of each, and the stand of its message."""
        return self.regie.sql(f"""
            SELECT v.id, v.stand, n.stand FROM overdracht v LEFT JOIN notificatie n USING (referentienummer)
            WHERE v.zaakidentificatie = '{number}' ORDER BY v.id
        """)

    def pogingen(self, offer: Received) -> int:
        [[count]] = self.regie.sql(
            f"SELECT pogingen FROM notificatie WHERE referentienummer = '{offer.referentienummer}'"
        )
        return int(str(count))

    def states(self, number: str) -> list[tuple[object, ...]]:
        return [row[1:] for row in self.overdrachten(number)]

    def uitvoerenden(self, number: str) -> list[str]:
        answer = self.regie.question("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{number}</ZKN:identificatie>"))
        return texts(answer, "//z:heeftAlsUitvoerende//z:organisatorischeEenheid/z:naam")


@pytest.fixture(scope="module")
def wereld(module_reception: MakeReception, module_opstelling: MakeOpstelling) -> Wereld:
    bo, hoorder, vak = (module_reception(naam) for naam in ("Backoffice", "Hoorder", "Vak"))
    regie = module_opstelling(
        applicatie("Backoffice", bo.adres),
        applicatie("Hoorder", hoorder.adres),
        applicatie("Onbereikbaar", ""),
        applicatie("Weg", f"http://127.0.0.1:{vrije_port()}/stuf"),
        abonnement("Hoorder", 'gebeurtenis = ["Update zaak"]'),
        applicatie("Vak", vak.adres),
        abonnement("Vak", 'zaaktype = "B1026"', 'bericht = "zakLk01"', "domeingegevens = true"),
    )
    return Wereld(regie, bo, hoorder, vak)


def test_who_accepts_becomes_uitvoerende_and_others_hear_it(wereld: Wereld) -> None:
    number = wereld.deelplan()
    offer = wereld.offer(number)
    assert "Graag vandaag" in offer.bericht
    assert "aangeboden" in wereld.do("overdracht", "lijst", "--open", "--zaak", number)[1]
    assert wereld.antwoord(offer, "Overdracht geaccepteerd") == "Bv03"
    assert wereld.uitvoerenden(number) == ["Backoffice"]
    assert wereld.antwoord(offer, "Overdracht geaccepteerd") == "Bv03"
    assert wereld.antwoord(offer, "Overdracht geweigerd") == "Fo03"
    assert wereld.uitvoerenden(number) == ["Backoffice"]
    wait_until(lambda: [e.zaak for e in wereld.hoorder.received()].count(number) == 1, "gehoord")
    assert "geaccepteerd" in wereld.do("overdracht", "lijst", "--zaak", number)[1]


def test_who_refuses_leaves_the_zaak_to_be_offered_again(wereld: Wereld) -> None:
    number = wereld.deelplan()
    offer = wereld.offer(number)
    code, _, error = wereld.do("zaak", "overdragen", number, "Backoffice")
    assert (code, "al aangeboden aan Backoffice" in error) == (1, True)
    assert wereld.antwoord(offer, "Overdracht geaccepteerd", zender="Hoorder") == "Fo03"
    assert wereld.antwoord(offer, "Overdracht geweigerd") == "Bv03"
    assert wereld.uitvoerenden(number) == []
    assert wereld.do("zaak", "overdragen", number, "Backoffice")[0] == 0


def test_an_answer_that_comes_at_once_counts_as_well(wereld: Wereld) -> None:
    number = wereld.deelplan()
    wereld.bo.do("neemt")
    wereld.offer(number)
    wait_until(lambda: wereld.uitvoerenden(number) == ["Backoffice"], "uitvoerende", logboek=wereld.regie.logboek)
    wereld.bo.do("goed")


@pytest.mark.parametrize("behaviour", ["500", "zwijg"])
def test_who_answers_an_offer_had_it_whatever_became_of_its_message(wereld: Wereld, behaviour: str) -> None:
    """StUF 03.01, 4.4: also while it is being sent. The messages behind it go on."""
    number = wereld.deelplan()
    wereld.bo.do(f"{behaviour}zaak {number}")
    offer = wereld.offer(number)
    if behaviour == "500":
        wait_until(lambda: wereld.pogingen(offer) > 0, "een poging die mislukte", logboek=wereld.regie.logboek)
    assert wereld.antwoord(offer, "Overdracht geaccepteerd") == "Bv03"
    ready = [("geaccepteerd", "bezorgd")]
    wait_until(lambda: wereld.states(number) == ready, "bezorgd", logboek=wereld.regie.logboek)
    assert wereld.uitvoerenden(number) == ["Backoffice"]
    wereld.bo.do("goed")
    assert wereld.antwoord(offer, "Overdracht geaccepteerd") == "Bv03", "the same again changes nothing"
    assert wereld.states(number) == ready


def test_what_cannot_be_handed_over_is_told(wereld: Wereld) -> None:
    plan, deelplan = new_number(), wereld.deelplan()
    assert wereld.regie.send("creeerZaak_Lk01", lk01("T", gezinsplan(plan))) == "Bv03"
    for arguments, tekst in (
        (("1900WEG", "Backoffice"), "Er is geen zaak"),
        ((plan, "Backoffice"), "is een gezinsplan"),
        ((deelplan, "Onbereikbaar"), "geen adres"),
        ((deelplan, "Niemand"), "staat niet in de inrichting"),
        ((deelplan, "Backoffice", "--melding", "\x07"), "onleesbaar teken"),
    ):
        code, _, error = wereld.do("zaak", "overdragen", *arguments)
        assert (code, tekst in error) == (1, True), error


def test_an_unanswered_offer_is_shown_as_late_after_its_term(wereld: Wereld) -> None:
    number = wereld.deelplan()
    wereld.offer(number)
    wereld.regie.change("UPDATE overdracht SET uiterlijk = now() - interval '1 minute'")
    assert "te laat" in wereld.do("overdracht", "lijst", "--open", "--zaak", number)[1]


def test_an_offer_that_nobody_answers_is_withdrawn_and_a_late_answer_refused(wereld: Wereld) -> None:
    number = wereld.deelplan()
    offer = wereld.offer(number)
    wait_until(lambda: wereld.states(number) == [("aangeboden", "bezorgd")], "bezorgd")
    [(overdracht, *_)] = wereld.overdrachten(number)
    error = wereld.do("zaak", "overdragen", number, "Backoffice")[2]
    assert f"trek-in {overdracht}" in error
    assert wereld.do("overdracht", "trek-in", str(overdracht), "--reden", "te lang stil")[0] == 0
    for said in ("Overdracht geaccepteerd", "Overdracht geweigerd"):
        reactie = wereld.reactie(offer, said)
        assert texts(reactie, "//s:code") == ["StUF055"]
        assert "ingetrokken" in texts(reactie, "//s:details")[0]
    assert wereld.uitvoerenden(number) == []
    out = wereld.do("overdracht", "lijst", "--zaak", number)[1]
    assert "ingetrokken" in out
    assert number not in wereld.do("overdracht", "lijst", "--open", "--zaak", number)[1]
    code, _, error = wereld.do("overdracht", "trek-in", str(overdracht))
    assert (code, "is al ingetrokken" in error) == (1, True)
    assert wereld.do("zaak", "overdragen", number, "Backoffice")[0] == 0


def test_what_waits_of_an_offer_that_is_withdrawn_is_never_sent(wereld: Wereld) -> None:
    number = wereld.deelplan()
    assert wereld.do("zaak", "overdragen", number, "Weg")[0] == 0
    wait_until(lambda: wereld.states(number) == [("aangeboden", "wacht")], "wacht")
    [(overdracht, *_)] = wereld.overdrachten(number)
    with wereld.regie.engine.begin() as connection:
        # as who sends it has it
        connection.execute(text(f"SELECT FROM notificatie WHERE stroom = '{number}' FOR UPDATE"))
        code, _, error = wereld.do("overdracht", "trek-in", str(overdracht))
        assert (code, "net nu onderweg" in error) == (1, True)
    assert wereld.states(number) == [("aangeboden", "wacht")]
    wait_until(lambda: wereld.do("overdracht", "trek-in", str(overdracht))[0] == 0, "ingetrokken")
    assert wereld.states(number) == [("ingetrokken", "vervallen")]
    assert wereld.do("zaak", "overdragen", number, "Weg")[0] == 0


@pytest.mark.parametrize("state", ["gestrand", "vervallen"])
def test_an_offer_that_did_not_arrive_makes_way_for_a_new_one(wereld: Wereld, state: str) -> None:
    number = wereld.deelplan()
    assert wereld.do("zaak", "overdragen", number, "Weg")[0] == 0
    wait_until(lambda: wereld.states(number) == [("aangeboden", "wacht")], "wacht")
    to_gone = f"WHERE stroom = '{number}' AND ontvanger = 'Weg'"
    wereld.regie.change(f"UPDATE notificatie SET stand = '{state}', melding = 'te oud' {to_gone}")
    assert f"{state}: te oud" in " ".join(wereld.do("overdracht", "lijst", "--zaak", number)[1].split())
    wereld.offer(number)
    wait_until(
        lambda: wereld.states(number) == [("ingetrokken", "vervallen"), ("aangeboden", "bezorgd")], "nieuw aanbod"
    )
    # a Fo03 that comes later strands it, and then it is not for sending again
    wereld.regie.change(f"UPDATE notificatie SET stand = 'gestrand' {to_gone}")
    assert "niets dat wacht" in wereld.do("notificaties", "opnieuw", "--zaak", number, "--ontvanger", "Weg")[1]


def test_only_an_offer_of_ours_is_withdrawn(wereld: Wereld) -> None:
    number = new_number()
    head = r.head("Di01", "overdragenZaak", zender="Backoffice", ref=f"intrek{number}"[:40])
    bericht = r.bericht("overdragenZaak_Di01", head, r.zaak(r.is_van(), number))
    assert wereld.regie.send("overdragenZaak", bericht) == "Bv03"
    [(overdracht, *_)] = wereld.overdrachten(number)
    for which, tekst in ((overdracht, "accepteer of weiger"), (0, "geen overdracht met nummer 0")):
        code, _, error = wereld.do("overdracht", "trek-in", str(which))
        assert (code, tekst in error) == (1, True), error


def test_a_zaak_that_is_offered_to_us_is_answered_by_command(wereld: Wereld) -> None:
    number = new_number()
    head = r.head("Di01", "overdragenZaak", zender="Backoffice", ref=f"aanbod{number}"[:40])
    bericht = r.bericht("overdragenZaak_Di01", head, r.zaak(r.is_van(), number))
    assert wereld.regie.send("overdragenZaak", bericht) == "Bv03"
    [(id_,)] = wereld.regie.sql(f"SELECT id FROM overdracht WHERE richting = 'in' AND zaakidentificatie = '{number}'")
    assert wereld.do("overdracht", "weiger", str(id_), "--melding", "Niet van ons")[0] == 0
    code, _, error = wereld.do("overdracht", "accepteer", str(id_))
    assert (code, "al geweigerd" in error) == (1, True)
    wait_until(
        lambda: any(e.actie == "bevestigOverdragenZaak" and e.zaak == number for e in wereld.bo.received()), "antwoord"
    )
    [answer] = [parse(e.bericht.encode()) for e in wereld.bo.received() if e.zaak == number]
    assert texts(answer, "//z:antwoord") == ["Overdracht geweigerd"]
    assert texts(answer, "//s:crossRefnummer") == [f"aanbod{number}"[:40]]


def test_a_fo03_that_comes_later_strands_what_seemed_delivered(wereld: Wereld) -> None:
    """RZS 6.8.3: the receiver may acknowledge first and find out later; resending is for whoever mends it."""
    number = wereld.deelplan()
    offer = wereld.offer(number)
    fo03 = r.bevestiging("Fo03", cross=offer.referentienummer).replace(">Bus<", ">Backoffice<")
    # While the offer is under way it is told to come again (StUF046).
    wait_until(lambda: wereld.regie.send("Fo03", fo03) == "Bv03", "Fo03 aangenomen", logboek=wereld.regie.logboek)
    assert wereld.regie.states("Backoffice").get("gestrand") == 1
    out = wereld.do("notificaties", "lijst", "--stand", "gestrand")[1]
    assert "StUF064" in out
    assert "1 notificatie wordt" in wereld.do("notificaties", "opnieuw", "--zaak", number)[1]
    wait_until(lambda: wereld.regie.states("Backoffice").get("gestrand") is None, "opnieuw bezorgd")


def test_what_others_tell_us_is_in_the_postvak_of_its_gezinsplan(wereld: Wereld) -> None:
    """RZS 6.9, as regiesysteem: a zaak that hangs under a gezinsplan, and one that we do not know."""
    plan, deelplan = new_number(), new_number()
    assert wereld.regie.send("creeerZaak_Lk01", lk01("T", gezinsplan(plan))) == "Bv03"
    wereld.regie.creeer(deelplan)
    link = obj(
        f"<ZKN:identificatie>{deelplan}</ZKN:identificatie>"
        '<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde '
        f'StUF:entiteittype="ZAK" StUF:verwerkingssoort="I"><ZKN:identificatie>{plan}</ZKN:identificatie>'
        "</ZKN:gerelateerde></ZKN:heeftBetrekkingOpAndere>",
        "W",
    )
    assert wereld.regie.send("updateZaak_Lk01", lk01("W", link, link)) == "Bv03"
    for number in (deelplan, "1900ANDERS"):
        instance = r.zaak(r.extra(gebeurtenis="Update zaak") + r.is_van(), number)
        assert wereld.regie.send("notificeerOverZaak", r.notificatie(instance, melding="Let op")) == "Bv03"
    rows = wereld.regie.sql("SELECT zaakidentificatie, gezinsplan FROM postvak ORDER BY id")
    assert rows == [(deelplan, plan), ("1900ANDERS", None)]
    out = wereld.do("postvak", "lijst", "--gezinsplan", plan)[1]
    assert "Let op" in out


def test_a_deelplan_goes_whole_with_its_plan_and_the_data_of_its_domain_also_before_a_transfer(wereld: Wereld) -> None:
    """Interaction 5 of the assignment: XML stays XML, byte for byte."""
    plan, deelplan = new_number(), new_number()
    assert wereld.regie.send("creeerZaak_Lk01", lk01("T", gezinsplan(plan))) == "Bv03"
    iwmo = '<?xml version="1.0"?>\n<wmo:bericht xmlns:wmo="urn:wmo">\t&amp; <![CDATA[<x>]]></wmo:bericht>'
    bare = zaak(deelplan, after=other("heeftBetrekkingOpAndere", plan))
    naam = "domeingegevens/iWmo;mediatype=application/xml"
    extra = f'<StUF:extraElement naam="{naam}">{escape(iwmo)}</StUF:extraElement>'
    with_ = bare.replace("<ZKN:isVan", f"<StUF:extraElementen>{extra}</StUF:extraElementen><ZKN:isVan", 1)
    assert wereld.regie.send("creeerZaak_Lk01", lk01("T", with_)) == "Bv03"

    def come() -> list[Received]:
        return [one for one in wereld.vak.received() if one.zaak == deelplan]

    wait_until(lambda: len(come()) == 1, "zakLk01", logboek=wereld.regie.logboek)
    assert wereld.do("zaak", "overdragen", deelplan, "Vak")[0] == 0
    wait_until(lambda: len(come()) == 3, "zakLk01 en overdracht", logboek=wereld.regie.logboek)
    assert [one.actie for one in come()] == ["creeerZaak_Lk01", "updateZaak_Lk01", "overdragenZaak"]
    for one in come()[:2]:
        bericht = parse(one.bericht.encode())
        assert plan in texts(bericht, "//z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie")
        assert [tekst for tekst in texts(bericht, "//s:extraElement") if "wmo" in tekst] == [iwmo]
