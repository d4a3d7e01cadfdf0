"""Messages from the field that ZDS does not allow: refused of streng senders, done and reported of soepel ones.

GWS4all is soepel in the example, WmoVoorziening is not.
"""

from collections.abc import Callable

import pytest
from lxml import etree
from tests.berichten.bouw import client, lk01, lv01, mdw, new_number, nps, obj, rol, status, texts, zaak
from tests.berichten.documenten import SOEPEL, STRENG, document, edc_lk01, inhoud, pdf, relevant, update
from tests.diensten.documentstappen import documenten, listing
from tests.diensten.documentstappen import element as documentelement
from tests.diensten.stappen import INITIATOR, change, details, element, last, new, sleutel
from tests.diensten.test_afwijkingen import reported
from tests.soap.conftest import Door

from regiesysteem.stuf.schema import check
from regiesysteem.zkn.names import zkn

PUBLICATIE = "<ZKN:publicatiedatum>{}</ZKN:publicatiedatum>"
BARE = '<ZKN:{} xsi:nil="true"/>'
STT = "<ZKN:volgnummer>{}</ZKN:volgnummer><ZKN:code>{}</ZKN:code>"
BELANG = "heeftAlsBelanghebbende"
WITHOUT_NUMBER = {
    "medewerker": mdw("").replace("<ZKN:identificatie></ZKN:identificatie>", ""),
    "natuurlijkPersoon": '<ZKN:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="T">'
    "<BG:geslachtsnaam>Naamlozer</BG:geslachtsnaam></ZKN:natuurlijkPersoon>",
}


def _valid(answer: etree._Element) -> None:
    [bericht] = answer.iter(zkn("zakLa01"), zkn("edcLa01"))
    assert check(bericht) == []


def _only_soepel(door: Door, dienst: str, make: object, regel: str, missed: str) -> None:
    """A message, made for a sender, is refused of the strict one and leaves nothing; of the other done and reported."""
    assert callable(make)
    for_ = door.counts("document")
    code, text = door.fout(dienst, make(STRENG))
    assert door.counts("document") == for_
    assert code.startswith("StUF0")
    assert missed in text
    earlier = one.aantal if (one := reported(door).get(regel)) else 0
    door.succeeded(dienst, make(SOEPEL))
    assert reported(door)[regel].aantal == earlier + 1


def _creeer(door: Door, regel: str, missed: str, number: str, **rest: str) -> None:
    _only_soepel(door, "creeerZaak_Lk01", lambda z: lk01("T", zaak(number, **rest), zender=z), regel, missed)
    assert element(door, number, "z:identificatie") == [number]
    _valid(details(door, number))


class TestZaken:
    def test_a_zaak_without_initiator(self, door: Door) -> None:
        """ZDS 4.1.4.2 requires one; six systems in the field leave it out."""
        number = new_number()
        _creeer(door, "initiator_ontbreekt", "heeftAlsInitiator komt 0 keer voor", number, relaties="")
        assert reported(door)["initiator_ontbreekt"].plek == "object/heeftAlsInitiator"

    @pytest.mark.parametrize("soort", WITHOUT_NUMBER)
    def test_an_initiator_without_a_number(self, door: Door, soort: str) -> None:
        number = new_number()
        who = rol("heeftAlsInitiator", WITHOUT_NUMBER[soort])
        bericht = lk01("T", zaak(number, relaties=who), zender=SOEPEL)
        door.succeeded("creeerZaak_Lk01", bericht)
        assert soort in reported(door)["initiator_nummer"].plek
        assert element(door, number, f"z:heeftAlsInitiator/z:gerelateerde/z:{soort}/*[last()]")
        _valid(details(door, number))
        assert door.fout("creeerZaak_Lk01", bericht.replace(SOEPEL, STRENG))[0] == "StUF055"

    def test_an_initiator_of_which_nothing_is_said_but_what_it_is(self, door: Door) -> None:
        """A form that lost its number: nobody is named, so nobody is kept."""
        number = new_number()
        empty = """<ZKN:vestiging StUF:entiteittype="VES" StUF:verwerkingssoort="T">
            <BG:authentiek>N</BG:authentiek></ZKN:vestiging>"""
        _creeer(door, "initiator_ontbreekt", "heeftAlsInitiator", number, relaties=rol("heeftAlsInitiator", empty))

    @pytest.mark.parametrize("relaties", ["", rol("heeftAlsInitiator", WITHOUT_NUMBER["medewerker"])])
    def test_a_plan_has_a_regisseur_whoever_sends_it(self, door: Door, relaties: str) -> None:
        """RZS 6.3.3: without one nobody directs the plan, which is what a plan is for."""
        plan = zaak(new_number(), "GEZINSPLAN", relaties=client("999993653") + relaties)
        code, text = door.fout("creeerZaak_Lk01", lk01("T", plan, zender=SOEPEL))
        assert (code, "heeftAlsInitiator" in text) == ("StUF055", True)

    def test_two_initiators_are_refused_of_everybody(self, door: Door) -> None:
        twee = zaak(new_number(), relaties=INITIATOR + rol("heeftAlsInitiator", mdw("regie2")))
        assert door.fout("creeerZaak_Lk01", lk01("T", twee, zender=SOEPEL))[0] == "StUF055"

    def test_the_last_initiator_of_a_zaak_may_go(self, door: Door) -> None:
        number = new(door)
        gone = obj(sleutel(number) + rol("heeftAlsInitiator", mdw("regie1"), soort="V"), "W")
        empty = obj(sleutel(number), "W")
        _only_soepel(
            door, "updateZaak_Lk01", lambda z: lk01("W", gone, empty, zender=z), "initiator_ontbreekt", "0 initiatoren"
        )
        plan = new_number()
        who = client("999993653") + INITIATOR
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(plan, "GEZINSPLAN", relaties=who)))
        assert (
            door.fout("updateZaak_Lk01", lk01("W", *(one.replace(number, plan) for one in (gone, empty))))[0]
            == "StUF055"
        )

    @pytest.mark.parametrize("form", ["Z17-{}", "ZAAK {}", "zaak/{}", "W.{}"])
    def test_a_number_without_gemeentecode(self, door: Door, form: str) -> None:
        number = form.format(new_number()[-12:])
        _creeer(door, "identificatie", "geen zaakidentificatie volgens het RGBZ", number)
        door.succeeded(
            "updateZaak_Lk01", lk01("W", obj(sleutel(number) + PUBLICATIE.format("20260303"), "W"), zender=STRENG)
        )
        assert element(door, number, "z:publicatiedatum") == ["20260303"]

    @pytest.mark.parametrize("number", ["Z123", "Z" * 41, "Z-1\n234", ""])
    def test_the_bounds_of_the_schema_hold_for_any_number(self, door: Door, number: str) -> None:
        """5 to 40 characters, also where the schema is not enforced."""
        code, text = door.fout("creeerZaak_Lk01", lk01("T", zaak(number), zender=SOEPEL))
        assert code == "StUF055"
        assert "5 tot en met 40 tekens" in text or "identificatie ontbreekt" in text

    def test_a_bsn_of_the_published_test_messages(self, door: Door) -> None:
        """No text of the standard asks for the elfproef; its test messages use 123456789 and 012345678."""
        for bsn in ("123456789", "012345678"):
            number = new_number()
            _creeer(door, "bsn", "elfproef", number, relaties=rol("heeftAlsInitiator", nps(bsn)))
            spot = reported(door)["bsn"].plek
            assert spot == "object/heeftAlsInitiator/gerelateerde/natuurlijkPersoon/inp.bsn"
            assert element(door, number, "z:heeftAlsInitiator//b:inp.bsn") == [bsn]

    @pytest.mark.parametrize("bsn", ["12345678", "1234567890", "12345678a", "١٢٣٤٥٦٧٨٩"])
    def test_a_bsn_has_nine_digits_whoever_sends_it(self, door: Door, bsn: str) -> None:
        who = rol("heeftAlsInitiator", nps(bsn))
        code, text = door.fout("creeerZaak_Lk01", lk01("T", zaak(new_number(), relaties=who), zender=SOEPEL))
        assert (code, "negen cijfers" in text) == ("StUF055", True)


class TestStatussen:
    @pytest.mark.parametrize("dienst", ["actualiseerZaakstatus_Lk01", "updateZaak_Lk01"])
    def test_a_change_with_mutatiesoort_t(self, door: Door, dienst: str) -> None:
        number = new(door)
        what = obj(sleutel(number) + status(2, "20260301"), "T")
        _only_soepel(
            door, dienst, lambda z: lk01("T", what, zender=z), "mutatiesoort", "mutatiesoort W (of C of F), niet 'T'"
        )
        assert last(door, number) == ["In behandeling"]

    def test_a_status_alone_is_recognised_without_soapaction_whatever_its_mutatiesoort(self, door: Door) -> None:
        number = new(door)
        door.succeeded("", lk01("T", obj(sleutel(number) + status(3, "20260301"), "T"), zender=SOEPEL))
        assert last(door, number) == ["Afgehandeld"]

    @pytest.mark.parametrize("dienst", ["creeerZaak_Lk01", "updateZaak_Lk01"])
    def test_no_mutatiesoort_at_all(self, door: Door, dienst: str) -> None:
        number = new_number() if dienst[0] == "c" else new(door)
        bericht = lk01("", zaak(number) if dienst[0] == "c" else obj(sleutel(number), "W"), zender=SOEPEL)
        door.succeeded(dienst, bericht.replace("<StUF:mutatiesoort></StUF:mutatiesoort>", ""))
        assert reported(door)["mutatiesoort"].dienst == dienst
        assert door.fout(dienst, bericht.replace(SOEPEL, STRENG))[0] == "StUF055"

    def test_another_mutatiesoort_than_the_operation_is_refused_of_everybody(self, door: Door) -> None:
        number = new(door)
        for soort in ("V", "X"):
            bericht = lk01(soort, obj(sleutel(number) + status(2, "20260301"), "W"), zender=SOEPEL)
            assert door.fout("actualiseerZaakstatus_Lk01", bericht)[0] == "StUF055"

    @pytest.mark.parametrize("naam", ["", "<ZKN:omschrijving>In behandeling</ZKN:omschrijving>"])
    def test_an_unknown_code_beside_a_known_volgnummer(self, door: Door, naam: str) -> None:
        number = new(door)
        stt = STT.format(2, "EIGEN2") + naam
        what = obj(sleutel(number) + status("", "20260301", stt=stt), "W")
        _only_soepel(
            door,
            "actualiseerZaakstatus_Lk01",
            lambda z: lk01("W", what, zender=z),
            "status_code",
            "spreekt zichzelf tegen",
        )
        assert last(door, number) == ["In behandeling"]
        nieuwe = new_number()
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(nieuwe, after=status("", "20260301", stt=stt)), zender=SOEPEL))
        assert last(door, nieuwe) == ["In behandeling"]

    @pytest.mark.parametrize(
        "stt",
        [
            STT.format(2, "EIGEN2") + "<ZKN:omschrijving>Afgehandeld</ZKN:omschrijving>",
            STT.format(2, "EIGEN2") + "<ZKN:omschrijving>Iets anders</ZKN:omschrijving>",
            STT.format(2, "Afgeh"),
            STT.format(9, "EIGEN9"),
        ],
    )
    def test_a_status_that_is_not_clear_is_refused_of_everybody(self, door: Door, stt: str) -> None:
        """A volgnummer of another list would close a zaak that goes on: what else is said must not contradict it."""
        number = new(door)
        bericht = lk01("W", obj(sleutel(number) + status("", "20260301", stt=stt), "W"), zender=SOEPEL)
        door.fout("actualiseerZaakstatus_Lk01", bericht)
        assert last(door, number) == ["Ontvangen"]


class TestDocumenten:
    def test_a_number_without_gemeentecode(self, door: Door) -> None:
        from_, number = new(door), f"D17-{new_number()[-12:]}"
        what = document(number, from_, file=inhoud(pdf()))
        _only_soepel(
            door,
            "voegZaakdocumentToe_Lk01",
            lambda z: edc_lk01("T", what, zender=z),
            "identificatie",
            "volgens het RGBZ",
        )
        assert documenten(door, from_) == [number]

    @pytest.mark.parametrize("dienst", ["voegZaakdocumentToe_Lk01", "maakZaakdocument_Lk01"])
    def test_an_empty_titel(self, door: Door, dienst: str) -> None:
        from_, number = new(door), new_number()
        what = document(number, from_, titel="", file=inhoud(pdf()) if dienst[0] == "v" else "")
        _only_soepel(door, dienst, lambda z: edc_lk01("T", what, zender=z), "titel", "titel ontbreekt")
        _valid(listing(door, from_))

    def test_updatezaakdocument_with_mutatiesoort_t(self, door: Door) -> None:
        from_, number = new(door), new_number()
        door.succeeded("maakZaakdocument_Lk01", edc_lk01("T", document(number, from_)))

        def make(zender: str) -> str:
            bericht = update(number, elementen="<ZKN:titel>Nieuwe titel</ZKN:titel>", zender=zender)
            bericht = bericht.replace("<StUF:mutatiesoort>W<", "<StUF:mutatiesoort>T<")
            return bericht.replace('verwerkingssoort="W"', 'verwerkingssoort="T"')

        _only_soepel(door, "updateZaakdocument_Di02", make, "mutatiesoort", "niet 'T'")
        assert documentelement(door, number, "z:titel") == ["Nieuwe titel"]


class TestStuurgegevens:
    def test_no_berichtcode(self, door: Door) -> None:
        number = new_number()

        def make(zender: str) -> str:
            return lk01("T", zaak(number), zender=zender).replace("<StUF:berichtcode>Lk01</StUF:berichtcode>", "")

        _only_soepel(door, "creeerZaak_Lk01", make, "berichtcode", "ontbreekt berichtcode")
        door.succeeded("zakLv01", lv01().replace("<StUF:berichtcode>Lv01</StUF:berichtcode>", "<StUF:berichtcode/>"))
        assert reported(door)["berichtcode"].dienst == "zakLv01"

    def test_another_berichtcode_than_that_of_the_operation_is_refused_of_everybody(self, door: Door) -> None:
        otherwise = lk01("T", zaak(new_number()), zender=SOEPEL).replace(">Lk01<", ">Lk02<")
        assert door.fout("creeerZaak_Lk01", otherwise)[0] in ("StUF025", "StUF040")


class TestNilWithoutNoValue:
    """xsi:nil without StUF:noValue: a soepel sender did not fill it in, a strict one says that there is no value."""

    def _bijwerken(self, door: Door, number: str, zender: str, was: str, wordt: str) -> None:
        twee = (obj(sleutel(number) + was, "W"), obj(sleutel(number) + wordt, "W"))
        door.succeeded("updateZaak_Lk01", lk01("W", *twee, zender=zender))

    @pytest.mark.parametrize("was", ["", PUBLICATIE.format("20260105"), BARE.format("publicatiedatum")])
    def test_an_element_of_the_zaak(self, door: Door, was: str) -> None:
        number = new(door, elementen=PUBLICATIE.format("20260105"))
        self._bijwerken(door, number, SOEPEL, was, BARE.format("publicatiedatum"))
        assert element(door, number, "z:publicatiedatum") == ["20260105"]
        assert reported(door)["nil_zonder_novalue"].plek == "object/publicatiedatum"
        self._bijwerken(door, number, STRENG, PUBLICATIE.format("20260105"), BARE.format("publicatiedatum"))
        assert element(door, number, "z:publicatiedatum") == [""]

    def test_a_criterion_of_a_question(self, door: Door) -> None:
        """Also of a relation without entiteittype, and one below a group or a relation of which nothing is left."""
        number = new(door)
        gelijk = sleutel(number) + BARE.format("einddatum") + "<ZKN:kenmerk><ZKN:bron xsi:nil='1'/></ZKN:kenmerk>"
        gelijk += BARE.format("heeftAlsInitiator")
        question = lv01(gelijk, 'StUF:scope="alles"')
        assert texts(door.succeeded("zakLv01", question), "//z:antwoord/z:object/z:identificatie") == [number]
        assert reported(door)["nil_zonder_novalue"].plek == "gelijk/einddatum"
        streng = lv01(sleutel(number) + BARE.format("publicatiedatum")).replace("GWS4all", STRENG)
        assert texts(door.succeeded("zakLv01", streng), "//z:antwoord/z:object/z:identificatie") == [number]
        streng = lv01(sleutel(number) + BARE.format("startdatum")).replace("GWS4all", STRENG)
        assert texts(door.succeeded("zakLv01", streng), "//z:antwoord/z:object/z:identificatie") == []

    def test_novalue_says_what_it_always_said(self, door: Door) -> None:
        number = new(door, elementen=PUBLICATIE.format("20260105"))
        empty = '<ZKN:publicatiedatum xsi:nil="true" StUF:noValue="geenWaarde"/>'
        self._bijwerken(door, number, SOEPEL, "", empty)
        assert element(door, number, "z:publicatiedatum") == [""]

    def test_repeating_elements_groups_and_their_fields(self, door: Door) -> None:
        kenmerk = "<ZKN:kenmerk><ZKN:kenmerk>K1</ZKN:kenmerk><ZKN:bron>B</ZKN:bron></ZKN:kenmerk>"
        resultaat = "<ZKN:resultaat><ZKN:omschrijving>Toegekend</ZKN:omschrijving></ZKN:resultaat>"
        number = new(door)
        self._bijwerken(door, number, SOEPEL, "", kenmerk + resultaat)
        bare = BARE.format("kenmerk")
        half = "<ZKN:resultaat><ZKN:omschrijving xsi:nil='true'/><ZKN:toelichting>T</ZKN:toelichting></ZKN:resultaat>"
        self._bijwerken(door, number, SOEPEL, kenmerk + resultaat, bare + half)
        assert element(door, number, "z:kenmerk/z:kenmerk") == ["K1"]
        assert element(door, number, "z:resultaat/z:omschrijving") == ["Toegekend"]
        assert element(door, number, "z:resultaat/z:toelichting") == ["T"]

    def test_an_extra_element(self, door: Door) -> None:
        """Each naam is an element of its own (StUF 03.01, 3.2.4.1)."""
        extra = "<StUF:extraElementen>{}</StUF:extraElementen>".format
        one = '<StUF:extraElement naam="een">1</StUF:extraElement>'
        number = new(door, after=extra(one + one.replace("een", "twee")))
        bare = '<StUF:extraElement naam="een" xsi:nil="true"/>'
        self._bijwerken(door, number, SOEPEL, extra(one), extra(bare + one.replace("een", "drie")))
        assert element(door, number, "s:extraElementen/s:extraElement/@naam") == ["een", "twee", "drie"]
        assert reported(door)["nil_zonder_novalue"].plek == "object/extraElementen"
        self._bijwerken(door, number, SOEPEL, extra(one), extra(bare))
        self._bijwerken(door, number, SOEPEL, extra(one), BARE.format("x").replace("ZKN:x", "StUF:extraElementen"))
        assert element(door, number, "s:extraElementen/s:extraElement") == ["1", "1", "1"]

    def test_a_relation(self, door: Door) -> None:
        """With a verwerkingssoort it is the empty half of what goes or comes (StUF 03.01, 5.2.6), else nothing."""
        who = rol(BELANG, mdw("nil1"))
        number = new(door, relaties=INITIATOR + who)
        for soort in ("", ' StUF:verwerkingssoort="T"'):
            was = who.replace(' StUF:verwerkingssoort="T"', "", 1)
            self._bijwerken(door, number, SOEPEL, was if not soort else "", BARE.format(BELANG))
            assert element(door, number, f"z:{BELANG}//z:identificatie") == ["nil1"]
        self._bijwerken(
            door,
            number,
            SOEPEL,
            rol(BELANG, mdw("nil1"), soort="V"),
            BARE.format(f'{BELANG} StUF:verwerkingssoort="V"'),
        )
        assert element(door, number, f"z:{BELANG}//z:identificatie") == []

    def test_what_a_relation_and_its_gerelateerde_say(self, door: Door) -> None:
        naam, explanation = "<BG:voornamen>Anna</BG:voornamen>", "<ZKN:toelichting>zus</ZKN:toelichting>"
        who = nps("999991723", extra=naam)
        number = new(door, relaties=INITIATOR + rol(BELANG, who, explanation))
        bare = rol(
            BELANG, nps("999991723", soort="W", extra='<BG:voornamen xsi:nil="true"/>'), BARE.format("toelichting"), "W"
        )
        self._bijwerken(
            door, number, SOEPEL, rol(BELANG, nps("999991723", soort="W", extra=naam), explanation, "W"), bare
        )
        assert element(door, number, f"z:{BELANG}/z:toelichting") == ["zus"]
        assert element(door, number, f"z:{BELANG}//b:voornamen") == ["Anna"]
        assert reported(door)["nil_zonder_novalue"].plek == f"object/{BELANG}/toelichting"

    def test_a_status_that_is_corrected(self, door: Door) -> None:
        by = """<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde>
            {}</ZKN:gerelateerde></ZKN:isGezetDoor>""".format(mdw("zetter", soort="I"))
        gezet = status(2, "20260301", extra="<ZKN:toelichting>uitleg</ZKN:toelichting>")
        number = new(door, after=gezet.replace("</ZKN:heeft>", f"{by}</ZKN:heeft>"))
        bare = status(2, "20260301", "W", extra=BARE.format("toelichting"))
        bare = bare.replace("</ZKN:heeft>", f"{BARE.format('isGezetDoor')}</ZKN:heeft>")
        twee = (obj(sleutel(number), "W"), obj(sleutel(number) + bare, "W"))
        door.succeeded("updateZaak_Lk01", lk01("C", *twee, zender=SOEPEL))
        assert element(door, number, "z:heeft/z:toelichting") == ["uitleg"]
        assert element(door, number, "z:heeft/z:isGezetDoor//z:identificatie") == ["zetter"]

    def test_a_document_and_its_relation(self, door: Door) -> None:
        from_, number = new(door), new_number()
        door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", document(number, from_, file=inhoud(pdf()))))
        bare = "".join(BARE.format(naam) for naam in ("auteur", "titel", "inhoud", "isRelevantVoor"))
        door.succeeded(
            "updateZaakdocument_Di02", update(number, elementen=bare, was=relevant(from_, ""), zender=SOEPEL)
        )
        assert documentelement(door, number, "z:auteur") == ["R. Egisseur"]
        assert documentelement(door, number, "z:titel") == ["Gezinsplan"]
        assert documenten(door, from_) == [number]
        door.succeeded("updateZaakdocument_Di02", update(number, elementen=BARE.format("auteur"), zender=STRENG))
        assert documentelement(door, number, "z:auteur") == [""]


def _uitvoerende(who: str) -> str:
    return f"""<ZKN:heeftAlsUitvoerende StUF:entiteittype="ZAKBTRUTV"><ZKN:gerelateerde StUF:entiteittype="BTR">{who}
        </ZKN:gerelateerde></ZKN:heeftAlsUitvoerende>"""


class TestQuestions:
    @pytest.mark.parametrize("zender", [SOEPEL, STRENG])
    @pytest.mark.parametrize("number", ["123456789", "11123456789", "11012345678", "999991724"])
    def test_a_question_on_a_number_that_is_nobodys_has_an_empty_answer(
        self, door: Door, zender: str, number: str
    ) -> None:

        persoon = f"""<ZKN:natuurlijkPersoon StUF:entiteittype="NPS"><BG:inp.bsn>{number}</BG:inp.bsn>
            </ZKN:natuurlijkPersoon>"""
        for who in (sleutel(number), *((persoon,) if zender == SOEPEL else ())):
            answer = door.succeeded("zakLv01", lv01(_uitvoerende(who)).replace(SOEPEL, zender))
            assert texts(answer, "//z:antwoord") == []

    def test_a_medewerker_whose_number_looks_like_a_bsn_of_rgbz_is_found(self, door: Door) -> None:
        number, medewerker = new_number(), "11123456789"
        rollen = INITIATOR + rol("heeftAlsUitvoerende", mdw(medewerker))
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=rollen)))
        answer = door.succeeded("zakLv01", lv01(_uitvoerende(sleutel(medewerker)), BARE.format("identificatie")))
        assert texts(answer, "//z:antwoord/z:object/z:identificatie") == [number]


class TestLosOfTheSchema:
    """The three rules that an applicatie may have while it is held to the schema."""

    def test_each_holds_for_a_sender_that_is_streng(self, make_door: Callable[..., Door]) -> None:
        wmo = 'naam = "WmoVoorziening"'
        own = 'bsn = "cijfers"\nidentificatie = "vrij"\nnil_zonder_novalue = "ongewijzigd"'
        door = make_door(**{wmo: f"{wmo}\n{own}"})
        number = f"Z26-{new_number()[-10:]}"
        who = rol("heeftAlsInitiator", nps("123456789"))
        new = zaak(number, elementen=PUBLICATIE.format("20260105"), relaties=who)
        door.succeeded("creeerZaak_Lk01", lk01("T", new, zender=STRENG))
        twee = (obj(sleutel(number), "W"), obj(sleutel(number) + BARE.format("publicatiedatum"), "W"))
        door.succeeded("updateZaak_Lk01", lk01("W", *twee, zender=STRENG))
        assert element(door, number, "z:publicatiedatum") == ["20260105"]
        assert {"bsn", "identificatie", "nil_zonder_novalue"} <= set(reported(door, STRENG))
        without = lk01("T", zaak(new_number(), relaties=""), zender=STRENG)
        assert door.fout("creeerZaak_Lk01", without)[0] == "StUF055"

    def test_a_sender_that_is_soepel_may_be_held_to_each(self, make_door: Callable[..., Door]) -> None:
        gws = 'schema = "soepel"'
        own = 'bsn = "elfproef"\nidentificatie = "rgbz"\nnil_zonder_novalue = "geenWaarde"'
        door = make_door(**{gws: f"{gws}\n{own}"})
        for what in (zaak("Z26-0001"), zaak(new_number(), relaties=rol("heeftAlsInitiator", nps("123456789")))):
            assert door.fout("creeerZaak_Lk01", lk01("T", what, zender=SOEPEL))[0] == "StUF055"
        number = new(door, elementen=PUBLICATIE.format("20260105"), relaties="")
        change(door, number, "", BARE.format("publicatiedatum"))
        assert element(door, number, "z:publicatiedatum") == [""]
