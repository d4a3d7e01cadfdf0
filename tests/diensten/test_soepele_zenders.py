"""What systems in production send and ZDS does not allow: refused of who is streng, done and reported of who is soepel.

GWS4all is soepel in the example, WmoVoorziening is not.
"""

from collections.abc import Callable

import pytest
from lxml import etree
from tests.berichten.bouw import client, lk01, lv01, mdw, nieuw_nummer, nps, obj, rol, status, teksten, zaak
from tests.berichten.documenten import SOEPEL, STRENG, document, edc_lk01, inhoud, pdf, relevant, update
from tests.diensten.documentstappen import documenten, lijst
from tests.diensten.documentstappen import element as documentelement
from tests.diensten.stappen import INITIATOR, details, element, laatste, nieuw, sleutel, wijzig
from tests.diensten.test_afwijkingen import gemeld
from tests.soap.conftest import Deur

from regiesysteem.stuf.schema import controleer
from regiesysteem.zkn.names import zkn

PUBLICATIE = "<ZKN:publicatiedatum>{}</ZKN:publicatiedatum>"
KAAL = '<ZKN:{} xsi:nil="true"/>'
STT = "<ZKN:volgnummer>{}</ZKN:volgnummer><ZKN:code>{}</ZKN:code>"
BELANG = "heeftAlsBelanghebbende"
ZONDER_NUMMER = {
    "medewerker": mdw("").replace("<ZKN:identificatie></ZKN:identificatie>", ""),
    "natuurlijkPersoon": '<ZKN:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="T">'
    "<BG:geslachtsnaam>Naamlozer</BG:geslachtsnaam></ZKN:natuurlijkPersoon>",
}


def _geldig(antwoord: etree._Element) -> None:
    [bericht] = antwoord.iter(zkn("zakLa01"), zkn("edcLa01"))
    assert controleer(bericht) == []


def _alleen_soepel(deur: Deur, dienst: str, maak: object, regel: str, gemist: str) -> None:
    """A message, made for a sender, is refused of the strict one and leaves nothing; of the other done and reported."""
    assert callable(maak)
    voor = deur.aantallen("document")
    code, tekst = deur.fout(dienst, maak(STRENG))
    assert deur.aantallen("document") == voor
    assert code.startswith("StUF0")
    assert gemist in tekst
    eerder = een.aantal if (een := gemeld(deur).get(regel)) else 0
    deur.gelukt(dienst, maak(SOEPEL))
    assert gemeld(deur)[regel].aantal == eerder + 1


def _creeer(deur: Deur, regel: str, gemist: str, nummer: str, **rest: str) -> None:
    _alleen_soepel(deur, "creeerZaak_Lk01", lambda z: lk01("T", zaak(nummer, **rest), zender=z), regel, gemist)
    assert element(deur, nummer, "z:identificatie") == [nummer]
    _geldig(details(deur, nummer))


class TestZaken:
    def test_a_zaak_without_initiator(self, deur: Deur) -> None:
        """ZDS 4.1.4.2 requires one; six systems in the field leave it out."""
        nummer = nieuw_nummer()
        _creeer(deur, "initiator_ontbreekt", "heeftAlsInitiator komt 0 keer voor", nummer, relaties="")
        assert gemeld(deur)["initiator_ontbreekt"].plek == "object/heeftAlsInitiator"

    @pytest.mark.parametrize("soort", ZONDER_NUMMER)
    def test_an_initiator_without_a_number(self, deur: Deur, soort: str) -> None:
        nummer = nieuw_nummer()
        wie = rol("heeftAlsInitiator", ZONDER_NUMMER[soort])
        bericht = lk01("T", zaak(nummer, relaties=wie), zender=SOEPEL)
        deur.gelukt("creeerZaak_Lk01", bericht)
        assert soort in gemeld(deur)["initiator_nummer"].plek
        assert element(deur, nummer, f"z:heeftAlsInitiator/z:gerelateerde/z:{soort}/*[last()]")
        _geldig(details(deur, nummer))
        assert deur.fout("creeerZaak_Lk01", bericht.replace(SOEPEL, STRENG))[0] == "StUF055"

    def test_an_initiator_of_which_nothing_is_said_but_what_it_is(self, deur: Deur) -> None:
        """A form that lost its number: nobody is named, so nobody is kept."""
        nummer = nieuw_nummer()
        leeg = """<ZKN:vestiging StUF:entiteittype="VES" StUF:verwerkingssoort="T">
            <BG:authentiek>N</BG:authentiek></ZKN:vestiging>"""
        _creeer(deur, "initiator_ontbreekt", "heeftAlsInitiator", nummer, relaties=rol("heeftAlsInitiator", leeg))

    @pytest.mark.parametrize("relaties", ["", rol("heeftAlsInitiator", ZONDER_NUMMER["medewerker"])])
    def test_a_plan_has_a_regisseur_whoever_sends_it(self, deur: Deur, relaties: str) -> None:
        """RZS 6.3.3: without one nobody directs the plan, which is what a plan is for."""
        plan = zaak(nieuw_nummer(), "GEZINSPLAN", relaties=client("999993653") + relaties)
        code, tekst = deur.fout("creeerZaak_Lk01", lk01("T", plan, zender=SOEPEL))
        assert (code, "heeftAlsInitiator" in tekst) == ("StUF055", True)

    def test_two_initiators_are_refused_of_everybody(self, deur: Deur) -> None:
        twee = zaak(nieuw_nummer(), relaties=INITIATOR + rol("heeftAlsInitiator", mdw("regie2")))
        assert deur.fout("creeerZaak_Lk01", lk01("T", twee, zender=SOEPEL))[0] == "StUF055"

    def test_the_last_initiator_of_a_zaak_may_go(self, deur: Deur) -> None:
        nummer = nieuw(deur)
        weg = obj(sleutel(nummer) + rol("heeftAlsInitiator", mdw("regie1"), soort="V"), "W")
        leeg = obj(sleutel(nummer), "W")
        _alleen_soepel(
            deur, "updateZaak_Lk01", lambda z: lk01("W", weg, leeg, zender=z), "initiator_ontbreekt", "0 initiatoren"
        )
        plan = nieuw_nummer()
        wie = client("999993653") + INITIATOR
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(plan, "GEZINSPLAN", relaties=wie)))
        assert (
            deur.fout("updateZaak_Lk01", lk01("W", *(een.replace(nummer, plan) for een in (weg, leeg))))[0] == "StUF055"
        )

    @pytest.mark.parametrize("vorm", ["Z17-{}", "ZAAK {}", "zaak/{}", "W.{}"])
    def test_a_number_without_gemeentecode(self, deur: Deur, vorm: str) -> None:
        nummer = vorm.format(nieuw_nummer()[-12:])
        _creeer(deur, "identificatie", "geen zaakidentificatie volgens het RGBZ", nummer)
        deur.gelukt(
            "updateZaak_Lk01", lk01("W", obj(sleutel(nummer) + PUBLICATIE.format("20260303"), "W"), zender=STRENG)
        )
        assert element(deur, nummer, "z:publicatiedatum") == ["20260303"]

    @pytest.mark.parametrize("nummer", ["Z123", "Z" * 41, "Z-1\n234", ""])
    def test_the_bounds_of_the_schema_hold_for_any_number(self, deur: Deur, nummer: str) -> None:
        """5 to 40 characters, also where the schema is not enforced."""
        code, tekst = deur.fout("creeerZaak_Lk01", lk01("T", zaak(nummer), zender=SOEPEL))
        assert code == "StUF055"
        assert "5 tot en met 40 tekens" in tekst or "identificatie ontbreekt" in tekst

    def test_a_bsn_of_the_published_test_messages(self, deur: Deur) -> None:
        """No text of the standard asks for the elfproef; its test messages use 123456789 and 012345678."""
        for bsn in ("123456789", "012345678"):
            nummer = nieuw_nummer()
            _creeer(deur, "bsn", "elfproef", nummer, relaties=rol("heeftAlsInitiator", nps(bsn)))
            plek = gemeld(deur)["bsn"].plek
            assert plek == "object/heeftAlsInitiator/gerelateerde/natuurlijkPersoon/inp.bsn"
            assert element(deur, nummer, "z:heeftAlsInitiator//b:inp.bsn") == [bsn]

    @pytest.mark.parametrize("bsn", ["12345678", "1234567890", "12345678a", "١٢٣٤٥٦٧٨٩"])
    def test_a_bsn_has_nine_digits_whoever_sends_it(self, deur: Deur, bsn: str) -> None:
        wie = rol("heeftAlsInitiator", nps(bsn))
        code, tekst = deur.fout("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), relaties=wie), zender=SOEPEL))
        assert (code, "negen cijfers" in tekst) == ("StUF055", True)


class TestStatussen:
    @pytest.mark.parametrize("dienst", ["actualiseerZaakstatus_Lk01", "updateZaak_Lk01"])
    def test_a_change_with_mutatiesoort_t(self, deur: Deur, dienst: str) -> None:
        nummer = nieuw(deur)
        wat = obj(sleutel(nummer) + status(2, "20260301"), "T")
        _alleen_soepel(
            deur, dienst, lambda z: lk01("T", wat, zender=z), "mutatiesoort", "mutatiesoort W (of C of F), niet 'T'"
        )
        assert laatste(deur, nummer) == ["In behandeling"]

    def test_a_status_alone_is_recognised_without_soapaction_whatever_its_mutatiesoort(self, deur: Deur) -> None:
        nummer = nieuw(deur)
        deur.gelukt("", lk01("T", obj(sleutel(nummer) + status(3, "20260301"), "T"), zender=SOEPEL))
        assert laatste(deur, nummer) == ["Afgehandeld"]

    @pytest.mark.parametrize("dienst", ["creeerZaak_Lk01", "updateZaak_Lk01"])
    def test_no_mutatiesoort_at_all(self, deur: Deur, dienst: str) -> None:
        nummer = nieuw_nummer() if dienst[0] == "c" else nieuw(deur)
        bericht = lk01("", zaak(nummer) if dienst[0] == "c" else obj(sleutel(nummer), "W"), zender=SOEPEL)
        deur.gelukt(dienst, bericht.replace("<StUF:mutatiesoort></StUF:mutatiesoort>", ""))
        assert gemeld(deur)["mutatiesoort"].dienst == dienst
        assert deur.fout(dienst, bericht.replace(SOEPEL, STRENG))[0] == "StUF055"

    def test_another_mutatiesoort_than_the_operation_is_refused_of_everybody(self, deur: Deur) -> None:
        nummer = nieuw(deur)
        for soort in ("V", "X"):
            bericht = lk01(soort, obj(sleutel(nummer) + status(2, "20260301"), "W"), zender=SOEPEL)
            assert deur.fout("actualiseerZaakstatus_Lk01", bericht)[0] == "StUF055"

    @pytest.mark.parametrize("naam", ["", "<ZKN:omschrijving>In behandeling</ZKN:omschrijving>"])
    def test_an_unknown_code_beside_a_known_volgnummer(self, deur: Deur, naam: str) -> None:
        nummer = nieuw(deur)
        stt = STT.format(2, "EIGEN2") + naam
        wat = obj(sleutel(nummer) + status("", "20260301", stt=stt), "W")
        _alleen_soepel(
            deur,
            "actualiseerZaakstatus_Lk01",
            lambda z: lk01("W", wat, zender=z),
            "status_code",
            "spreekt zichzelf tegen",
        )
        assert laatste(deur, nummer) == ["In behandeling"]
        nieuwe = nieuw_nummer()
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuwe, na=status("", "20260301", stt=stt)), zender=SOEPEL))
        assert laatste(deur, nieuwe) == ["In behandeling"]

    @pytest.mark.parametrize(
        "stt",
        [
            STT.format(2, "EIGEN2") + "<ZKN:omschrijving>Afgehandeld</ZKN:omschrijving>",
            STT.format(2, "EIGEN2") + "<ZKN:omschrijving>Iets anders</ZKN:omschrijving>",
            STT.format(2, "Afgeh"),
            STT.format(9, "EIGEN9"),
        ],
    )
    def test_a_status_that_is_not_clear_is_refused_of_everybody(self, deur: Deur, stt: str) -> None:
        """A volgnummer of another list would close a zaak that goes on: what else is said must not contradict it."""
        nummer = nieuw(deur)
        bericht = lk01("W", obj(sleutel(nummer) + status("", "20260301", stt=stt), "W"), zender=SOEPEL)
        deur.fout("actualiseerZaakstatus_Lk01", bericht)
        assert laatste(deur, nummer) == ["Ontvangen"]


class TestDocumenten:
    def test_a_number_without_gemeentecode(self, deur: Deur) -> None:
        van, nummer = nieuw(deur), f"D17-{nieuw_nummer()[-12:]}"
        wat = document(nummer, van, bestand=inhoud(pdf()))
        _alleen_soepel(
            deur,
            "voegZaakdocumentToe_Lk01",
            lambda z: edc_lk01("T", wat, zender=z),
            "identificatie",
            "volgens het RGBZ",
        )
        assert documenten(deur, van) == [nummer]

    @pytest.mark.parametrize("dienst", ["voegZaakdocumentToe_Lk01", "maakZaakdocument_Lk01"])
    def test_an_empty_titel(self, deur: Deur, dienst: str) -> None:
        van, nummer = nieuw(deur), nieuw_nummer()
        wat = document(nummer, van, titel="", bestand=inhoud(pdf()) if dienst[0] == "v" else "")
        _alleen_soepel(deur, dienst, lambda z: edc_lk01("T", wat, zender=z), "titel", "titel ontbreekt")
        _geldig(lijst(deur, van))

    def test_updatezaakdocument_with_mutatiesoort_t(self, deur: Deur) -> None:
        van, nummer = nieuw(deur), nieuw_nummer()
        deur.gelukt("maakZaakdocument_Lk01", edc_lk01("T", document(nummer, van)))

        def maak(zender: str) -> str:
            bericht = update(nummer, elementen="<ZKN:titel>Nieuwe titel</ZKN:titel>", zender=zender)
            bericht = bericht.replace("<StUF:mutatiesoort>W<", "<StUF:mutatiesoort>T<")
            return bericht.replace('verwerkingssoort="W"', 'verwerkingssoort="T"')

        _alleen_soepel(deur, "updateZaakdocument_Di02", maak, "mutatiesoort", "niet 'T'")
        assert documentelement(deur, nummer, "z:titel") == ["Nieuwe titel"]


class TestStuurgegevens:
    def test_no_berichtcode(self, deur: Deur) -> None:
        nummer = nieuw_nummer()

        def maak(zender: str) -> str:
            return lk01("T", zaak(nummer), zender=zender).replace("<StUF:berichtcode>Lk01</StUF:berichtcode>", "")

        _alleen_soepel(deur, "creeerZaak_Lk01", maak, "berichtcode", "ontbreekt berichtcode")
        deur.gelukt("zakLv01", lv01().replace("<StUF:berichtcode>Lv01</StUF:berichtcode>", "<StUF:berichtcode/>"))
        assert gemeld(deur)["berichtcode"].dienst == "zakLv01"

    def test_another_berichtcode_than_that_of_the_operation_is_refused_of_everybody(self, deur: Deur) -> None:
        anders = lk01("T", zaak(nieuw_nummer()), zender=SOEPEL).replace(">Lk01<", ">Lk02<")
        assert deur.fout("creeerZaak_Lk01", anders)[0] in ("StUF025", "StUF040")


class TestNilZonderNoValue:
    """xsi:nil without StUF:noValue: a soepel sender did not fill it in, a strict one says that there is no value."""

    def _bijwerken(self, deur: Deur, nummer: str, zender: str, was: str, wordt: str) -> None:
        twee = (obj(sleutel(nummer) + was, "W"), obj(sleutel(nummer) + wordt, "W"))
        deur.gelukt("updateZaak_Lk01", lk01("W", *twee, zender=zender))

    @pytest.mark.parametrize("was", ["", PUBLICATIE.format("20260105"), KAAL.format("publicatiedatum")])
    def test_an_element_of_the_zaak(self, deur: Deur, was: str) -> None:
        nummer = nieuw(deur, elementen=PUBLICATIE.format("20260105"))
        self._bijwerken(deur, nummer, SOEPEL, was, KAAL.format("publicatiedatum"))
        assert element(deur, nummer, "z:publicatiedatum") == ["20260105"]
        assert gemeld(deur)["nil_zonder_novalue"].plek == "object/publicatiedatum"
        self._bijwerken(deur, nummer, STRENG, PUBLICATIE.format("20260105"), KAAL.format("publicatiedatum"))
        assert element(deur, nummer, "z:publicatiedatum") == [""]

    def test_a_criterion_of_a_question(self, deur: Deur) -> None:
        """Also of a relation without entiteittype, and one below a group or a relation of which nothing is left."""
        nummer = nieuw(deur)
        gelijk = sleutel(nummer) + KAAL.format("einddatum") + "<ZKN:kenmerk><ZKN:bron xsi:nil='1'/></ZKN:kenmerk>"
        gelijk += KAAL.format("heeftAlsInitiator")
        vraag = lv01(gelijk, 'StUF:scope="alles"')
        assert teksten(deur.gelukt("zakLv01", vraag), "//z:antwoord/z:object/z:identificatie") == [nummer]
        assert gemeld(deur)["nil_zonder_novalue"].plek == "gelijk/einddatum"
        streng = lv01(sleutel(nummer) + KAAL.format("publicatiedatum")).replace("GWS4all", STRENG)
        assert teksten(deur.gelukt("zakLv01", streng), "//z:antwoord/z:object/z:identificatie") == [nummer]
        streng = lv01(sleutel(nummer) + KAAL.format("startdatum")).replace("GWS4all", STRENG)
        assert teksten(deur.gelukt("zakLv01", streng), "//z:antwoord/z:object/z:identificatie") == []

    def test_novalue_says_what_it_always_said(self, deur: Deur) -> None:
        nummer = nieuw(deur, elementen=PUBLICATIE.format("20260105"))
        leeg = '<ZKN:publicatiedatum xsi:nil="true" StUF:noValue="geenWaarde"/>'
        self._bijwerken(deur, nummer, SOEPEL, "", leeg)
        assert element(deur, nummer, "z:publicatiedatum") == [""]

    def test_repeating_elements_groups_and_their_fields(self, deur: Deur) -> None:
        kenmerk = "<ZKN:kenmerk><ZKN:kenmerk>K1</ZKN:kenmerk><ZKN:bron>B</ZKN:bron></ZKN:kenmerk>"
        resultaat = "<ZKN:resultaat><ZKN:omschrijving>Toegekend</ZKN:omschrijving></ZKN:resultaat>"
        nummer = nieuw(deur)
        self._bijwerken(deur, nummer, SOEPEL, "", kenmerk + resultaat)
        kaal = KAAL.format("kenmerk")
        half = "<ZKN:resultaat><ZKN:omschrijving xsi:nil='true'/><ZKN:toelichting>T</ZKN:toelichting></ZKN:resultaat>"
        self._bijwerken(deur, nummer, SOEPEL, kenmerk + resultaat, kaal + half)
        assert element(deur, nummer, "z:kenmerk/z:kenmerk") == ["K1"]
        assert element(deur, nummer, "z:resultaat/z:omschrijving") == ["Toegekend"]
        assert element(deur, nummer, "z:resultaat/z:toelichting") == ["T"]

    def test_an_extra_element(self, deur: Deur) -> None:
        """Each naam is an element of its own (StUF 03.01, 3.2.4.1)."""
        extra = "<StUF:extraElementen>{}</StUF:extraElementen>".format
        een = '<StUF:extraElement naam="een">1</StUF:extraElement>'
        nummer = nieuw(deur, na=extra(een + een.replace("een", "twee")))
        kaal = '<StUF:extraElement naam="een" xsi:nil="true"/>'
        self._bijwerken(deur, nummer, SOEPEL, extra(een), extra(kaal + een.replace("een", "drie")))
        assert element(deur, nummer, "s:extraElementen/s:extraElement/@naam") == ["een", "twee", "drie"]
        assert gemeld(deur)["nil_zonder_novalue"].plek == "object/extraElementen"
        self._bijwerken(deur, nummer, SOEPEL, extra(een), extra(kaal))
        self._bijwerken(deur, nummer, SOEPEL, extra(een), KAAL.format("x").replace("ZKN:x", "StUF:extraElementen"))
        assert element(deur, nummer, "s:extraElementen/s:extraElement") == ["1", "1", "1"]

    def test_a_relation(self, deur: Deur) -> None:
        """With a verwerkingssoort it is the empty half of what goes or comes (StUF 03.01, 5.2.6), else nothing."""
        wie = rol(BELANG, mdw("nil1"))
        nummer = nieuw(deur, relaties=INITIATOR + wie)
        for soort in ("", ' StUF:verwerkingssoort="T"'):
            was = wie.replace(' StUF:verwerkingssoort="T"', "", 1)
            self._bijwerken(deur, nummer, SOEPEL, was if not soort else "", KAAL.format(BELANG))
            assert element(deur, nummer, f"z:{BELANG}//z:identificatie") == ["nil1"]
        self._bijwerken(
            deur,
            nummer,
            SOEPEL,
            rol(BELANG, mdw("nil1"), soort="V"),
            KAAL.format(f'{BELANG} StUF:verwerkingssoort="V"'),
        )
        assert element(deur, nummer, f"z:{BELANG}//z:identificatie") == []

    def test_what_a_relation_and_its_gerelateerde_say(self, deur: Deur) -> None:
        naam, uitleg = "<BG:voornamen>Anna</BG:voornamen>", "<ZKN:toelichting>zus</ZKN:toelichting>"
        wie = nps("999991723", extra=naam)
        nummer = nieuw(deur, relaties=INITIATOR + rol(BELANG, wie, uitleg))
        kaal = rol(
            BELANG, nps("999991723", soort="W", extra='<BG:voornamen xsi:nil="true"/>'), KAAL.format("toelichting"), "W"
        )
        self._bijwerken(deur, nummer, SOEPEL, rol(BELANG, nps("999991723", soort="W", extra=naam), uitleg, "W"), kaal)
        assert element(deur, nummer, f"z:{BELANG}/z:toelichting") == ["zus"]
        assert element(deur, nummer, f"z:{BELANG}//b:voornamen") == ["Anna"]
        assert gemeld(deur)["nil_zonder_novalue"].plek == f"object/{BELANG}/toelichting"

    def test_a_status_that_is_corrected(self, deur: Deur) -> None:
        door = """<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde>
            {}</ZKN:gerelateerde></ZKN:isGezetDoor>""".format(mdw("zetter", soort="I"))
        gezet = status(2, "20260301", extra="<ZKN:toelichting>uitleg</ZKN:toelichting>")
        nummer = nieuw(deur, na=gezet.replace("</ZKN:heeft>", f"{door}</ZKN:heeft>"))
        kaal = status(2, "20260301", "W", extra=KAAL.format("toelichting"))
        kaal = kaal.replace("</ZKN:heeft>", f"{KAAL.format('isGezetDoor')}</ZKN:heeft>")
        twee = (obj(sleutel(nummer), "W"), obj(sleutel(nummer) + kaal, "W"))
        deur.gelukt("updateZaak_Lk01", lk01("C", *twee, zender=SOEPEL))
        assert element(deur, nummer, "z:heeft/z:toelichting") == ["uitleg"]
        assert element(deur, nummer, "z:heeft/z:isGezetDoor//z:identificatie") == ["zetter"]

    def test_a_document_and_its_relation(self, deur: Deur) -> None:
        van, nummer = nieuw(deur), nieuw_nummer()
        deur.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", document(nummer, van, bestand=inhoud(pdf()))))
        kaal = "".join(KAAL.format(naam) for naam in ("auteur", "titel", "inhoud", "isRelevantVoor"))
        deur.gelukt("updateZaakdocument_Di02", update(nummer, elementen=kaal, was=relevant(van, ""), zender=SOEPEL))
        assert documentelement(deur, nummer, "z:auteur") == ["R. Egisseur"]
        assert documentelement(deur, nummer, "z:titel") == ["Gezinsplan"]
        assert documenten(deur, van) == [nummer]
        deur.gelukt("updateZaakdocument_Di02", update(nummer, elementen=KAAL.format("auteur"), zender=STRENG))
        assert documentelement(deur, nummer, "z:auteur") == [""]


def _uitvoerende(wie: str) -> str:
    return f"""<ZKN:heeftAlsUitvoerende StUF:entiteittype="ZAKBTRUTV"><ZKN:gerelateerde StUF:entiteittype="BTR">{wie}
        </ZKN:gerelateerde></ZKN:heeftAlsUitvoerende>"""


class TestVragen:
    @pytest.mark.parametrize("zender", [SOEPEL, STRENG])
    @pytest.mark.parametrize("nummer", ["123456789", "11123456789", "11012345678", "999991724"])
    def test_a_question_on_a_number_that_is_nobodys_has_an_empty_answer(
        self, deur: Deur, zender: str, nummer: str
    ) -> None:

        persoon = f"""<ZKN:natuurlijkPersoon StUF:entiteittype="NPS"><BG:inp.bsn>{nummer}</BG:inp.bsn>
            </ZKN:natuurlijkPersoon>"""
        for wie in (sleutel(nummer), *((persoon,) if zender == SOEPEL else ())):
            antwoord = deur.gelukt("zakLv01", lv01(_uitvoerende(wie)).replace(SOEPEL, zender))
            assert teksten(antwoord, "//z:antwoord") == []

    def test_a_medewerker_whose_number_looks_like_a_bsn_of_rgbz_is_found(self, deur: Deur) -> None:
        nummer, medewerker = nieuw_nummer(), "11123456789"
        rollen = INITIATOR + rol("heeftAlsUitvoerende", mdw(medewerker))
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=rollen)))
        antwoord = deur.gelukt("zakLv01", lv01(_uitvoerende(sleutel(medewerker)), KAAL.format("identificatie")))
        assert teksten(antwoord, "//z:antwoord/z:object/z:identificatie") == [nummer]


class TestLosVanHetSchema:
    """The three rules that an applicatie may have while it is held to the schema."""

    def test_each_holds_for_a_sender_that_is_streng(self, maak_deur: Callable[..., Deur]) -> None:
        wmo = 'naam = "WmoVoorziening"'
        eigen = 'bsn = "cijfers"\nidentificatie = "vrij"\nnil_zonder_novalue = "ongewijzigd"'
        deur = maak_deur(**{wmo: f"{wmo}\n{eigen}"})
        nummer = f"Z26-{nieuw_nummer()[-10:]}"
        wie = rol("heeftAlsInitiator", nps("123456789"))
        nieuwe = zaak(nummer, elementen=PUBLICATIE.format("20260105"), relaties=wie)
        deur.gelukt("creeerZaak_Lk01", lk01("T", nieuwe, zender=STRENG))
        twee = (obj(sleutel(nummer), "W"), obj(sleutel(nummer) + KAAL.format("publicatiedatum"), "W"))
        deur.gelukt("updateZaak_Lk01", lk01("W", *twee, zender=STRENG))
        assert element(deur, nummer, "z:publicatiedatum") == ["20260105"]
        assert {"bsn", "identificatie", "nil_zonder_novalue"} <= set(gemeld(deur, STRENG))
        zonder = lk01("T", zaak(nieuw_nummer(), relaties=""), zender=STRENG)
        assert deur.fout("creeerZaak_Lk01", zonder)[0] == "StUF055"

    def test_a_sender_that_is_soepel_may_be_held_to_each(self, maak_deur: Callable[..., Deur]) -> None:
        gws = 'schema = "soepel"'
        eigen = 'bsn = "elfproef"\nidentificatie = "rgbz"\nnil_zonder_novalue = "geenWaarde"'
        deur = maak_deur(**{gws: f"{gws}\n{eigen}"})
        for wat in (zaak("Z26-0001"), zaak(nieuw_nummer(), relaties=rol("heeftAlsInitiator", nps("123456789")))):
            assert deur.fout("creeerZaak_Lk01", lk01("T", wat, zender=SOEPEL))[0] == "StUF055"
        nummer = nieuw(deur, elementen=PUBLICATIE.format("20260105"), relaties="")
        wijzig(deur, nummer, "", KAAL.format("publicatiedatum"))
        assert element(deur, nummer, "z:publicatiedatum") == [""]
