"""Criteria on what hangs on a zaak: betrokkenen, zaakobjecten, zaaktype, statuses, other zaken (StUF 03.01, 6.3.1)."""

import pytest
from tests.zakenmagazijn.select.conftest import Magazijn, met, nil, z

from regiesysteem.zakenmagazijn.select.sql import sleutels
from regiesysteem.zkn.zaak import ROLLEN
from regiesysteem.zkn.zaakobjects import ZAAKOBJECT

BSN, RSIN = "111222333", "123456782"
INITIATOR, OVER = "heeftAlsInitiator", "heeftBetrekkingOp"
NIET_EXACT = 'StUF:exact="false"'


def b(naam: str, waarde: str, attributen: str = "") -> str:
    """An element of StUF-BG."""
    return f"<BG:{naam} {attributen}>{waarde}</BG:{naam}>"


def wie(relatie: str, nummer: str, attributen: str = "") -> str:
    """A relation to whoever has this identificatie."""
    return met(relatie, z("identificatie", nummer, attributen))


class TestIdentificatie:
    """A betrokkene or zaakobject by its identificatie."""

    def test_every_kind_of_betrokkene_is_found_in_every_role(self, magazijn: Magazijn) -> None:
        nummers = {
            "NPS": ("inp__bsn", BSN),
            "NNP": ("inn__nnpId", RSIN),
            "VES": ("vestigingsNummer", "000012345678"),
            "MDW": ("identificatie", "jansen"),
            "OEH": ("identificatie", "team-3"),
        }
        for code, (element, nummer) in nummers.items():
            wie_ = magazijn.object(code, **{element: nummer})
            for rol in ROLLEN:
                naam = f"{code}-{rol.naam}"
                magazijn.zaak(naam)
                magazijn.relatie(naam, rol.naam, wie_)
                assert magazijn.vraag(wie(rol.naam, nummer)) == [naam]

    @pytest.mark.parametrize(
        ("code", "element", "bewaard", "gevraagd"),
        [
            ("NPS", "inp__bsn", BSN, "11" + BSN),
            ("NPS", "inp__bsn", "012345672", "12345672"),
            ("NPS", "inp__bsn", "012345672", "1112345672"),
            ("NPS", "anp__identificatie", "88", "12" + "88"),
            ("NNP", "inn__nnpId", RSIN, "21" + RSIN),
            ("NNP", "ann__identificatie", "X7", "22X7"),
            ("VES", "vestigingsNummer", "000012345678", "31000012345678"),
            ("MDW", "identificatie", "jansen", "51jansen"),
            ("OEH", "identificatie", "team", "41team"),
            ("OEH", "identificatie", "team", "61team"),
            ("MDW", "identificatie", "jansen", " jansen\n"),
        ],
    )
    def test_bare_or_after_the_type_of_rgbz(
        self, magazijn: Magazijn, code: str, element: str, bewaard: str, gevraagd: str
    ) -> None:
        magazijn.zaak("a")
        magazijn.zaak("b")
        magazijn.relatie("a", INITIATOR, magazijn.object(code, **{element: bewaard}))
        magazijn.relatie("b", INITIATOR, magazijn.object("MDW", identificatie="ander"))
        assert magazijn.vraag(wie(INITIATOR, gevraagd)) == ["a"]

    @pytest.mark.parametrize(
        ("code", "soort", "eerste", "nummer", "tweede", "ander"),
        [
            ("NPS", "natuurlijkPersoon", "inp.bsn", BSN, "anp.identificatie", "00000000000000088"),
            ("NNP", "nietNatuurlijkPersoon", "inn.nnpId", RSIN, "ann.identificatie", "00000000000000077"),
        ],
    )
    def test_somebody_with_two_numbers_is_found_by_each(
        self, magazijn: Magazijn, code: str, soort: str, eerste: str, nummer: str, tweede: str, ander: str
    ) -> None:
        """RGBZ gives a subject one number of each kind; a soepel sender may say both."""
        gegevens = {"beide": {eerste: nummer, tweede: ander}, "tweede": {tweede: ander[:-1] + "1"}, "niets": {}}
        for naam, nummers in gegevens.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, INITIATOR, magazijn.object(code, **nummers))

        def van(element: str, waarde: str) -> list[str]:
            return magazijn.vraag(met(INITIATOR, f"<ZKN:{soort}>{b(element, waarde)}</ZKN:{soort}>"))

        voor = {"NPS": ("11", "12"), "NNP": ("21", "22")}[code]
        assert van(eerste, nummer) == van(tweede, ander) == ["beide"]
        for vorm in (nummer, voor[0] + nummer, ander, voor[1] + ander):
            assert magazijn.vraag(wie(INITIATOR, vorm)) == ["beide"]
        for vorm in (ander[:-1] + "1", voor[1] + ander[:-1] + "1"):
            assert magazijn.vraag(wie(INITIATOR, vorm)) == ["tweede"]
        assert van(tweede, ander[:-1] + "1") == ["tweede"]
        assert van(tweede, nummer) == van(eerste, ander) == magazijn.vraag(wie(INITIATOR, voor[0] + ander)) == []

    def test_two_digits_off_a_bsn_find_nobody_else(self, magazijn: Magazijn) -> None:
        """A BSN may begin with the digits of a type; it is a BSN all the same."""
        bsn = "510000009"
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, magazijn.object("MDW", identificatie=bsn[2:]))
        assert sleutels(bsn, ZAAKOBJECT)[-1] == f"vestiging:{bsn}"
        assert magazijn.vraag(wie(INITIATOR, bsn)) == []

    @pytest.mark.parametrize("relatie", [INITIATOR, OVER])
    def test_eleven_digits_that_begin_with_11_may_be_any_number(self, magazijn: Magazijn, relatie: str) -> None:
        """A number that is nobody's finds nobody, and that of a medewerker finds him: neither is a fault."""
        magazijn.zaak("a")
        magazijn.relatie("a", relatie, magazijn.object("MDW", identificatie="11123456789"))
        assert magazijn.vraag(wie(relatie, "11123456789")) == magazijn.vraag(wie(relatie, " 11123456789 ")) == ["a"]
        assert magazijn.vraag(wie(relatie, "11123456788")) == []

    @pytest.mark.parametrize("bsn", ["123456789", "012345678"])
    def test_a_bsn_that_fails_the_elfproef_is_found_in_every_form(self, magazijn: Magazijn, bsn: str) -> None:
        """It may be kept of a sender whose inrichting says `bsn = "cijfers"`."""
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, magazijn.object("NPS", inp__bsn=bsn))
        for vorm in (bsn, f"11{bsn}"):
            assert magazijn.vraag(wie(INITIATOR, vorm)) == ["a"]

    def test_other_numbers_need_not_pass_the_elfproef(self, magazijn: Magazijn) -> None:
        for nummer in ("123456789", "1112345678", "12123456789", "21123456789"):
            assert magazijn.vraag(wie(INITIATOR, nummer)) == []

    @pytest.mark.parametrize("nummer", ["", "1", "11", "99jansen", "x'y"])
    def test_what_nobody_has_finds_nothing(self, magazijn: Magazijn, nummer: str) -> None:
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, magazijn.object("MDW", identificatie="jansen"))
        assert magazijn.vraag(wie(INITIATOR, nummer)) == []

    def test_part_of_it_and_a_range(self, magazijn: Magazijn) -> None:
        for naam, nummer in {"a": "p100", "b": "p200", "c": "q100"}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, INITIATOR, magazijn.object("MDW", identificatie=nummer))
        assert magazijn.vraag(wie(INITIATOR, "100", NIET_EXACT)) == ["a", "c"]
        assert magazijn.vraag(vanaf=wie(INITIATOR, "p150"), tot=wie(INITIATOR, "q100")) == ["b", "c"]

    def test_a_besluit_by_leidt_tot_and_as_zaakobject(self, magazijn: Magazijn) -> None:
        besluit = magazijn.object("BSL", identificatie="besluit-1", datumBeslissing="20260301")
        for naam, relatie in {"a": "leidtTot", "b": OVER}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, relatie, besluit)
        assert magazijn.vraag(wie("leidtTot", "besluit-1")) == ["a"]
        assert magazijn.vraag(wie(OVER, "besluit-1")) == ["b"]
        grens = {
            zijde: met("leidtTot", z("datumBeslissing", dag))
            for zijde, dag in (("vanaf", "20260301"), ("tot", "20260301"))
        }
        assert magazijn.vraag(**grens) == ["a"]


class TestBetrokkene:
    """Other criteria on relations to objects."""

    def test_criteria_within_one_relation_hold_for_one_object(self, magazijn: Magazijn) -> None:
        jan = magazijn.object("NPS", inp__bsn=BSN, geslachtsnaam="Jansen")
        piet = magazijn.object("NPS", inp__bsn="012345672", geslachtsnaam="Bos")
        magazijn.zaak("beide")
        magazijn.relatie("beide", OVER, jan, omschrijving="Client")
        magazijn.relatie("beide", OVER, piet, omschrijving="Partner")
        magazijn.zaak("een")
        magazijn.relatie("een", OVER, jan, omschrijving="Partner")
        als = z("omschrijving", "Partner")
        naam = z("naam", "Jansen")
        assert magazijn.vraag(met(OVER, naam, als)) == ["een"]
        assert magazijn.vraag(met(OVER, naam + z("identificatie", "012345672"))) == []

    def test_each_of_several_relations_of_a_name_must_hold(self, magazijn: Magazijn) -> None:
        jan, piet = (magazijn.object("NPS", inp__bsn=bsn) for bsn in (BSN, "012345672"))
        for naam, personen in {"a": (jan,), "b": (jan, piet), "c": (piet,)}.items():
            magazijn.zaak(naam)
            for persoon in personen:
                magazijn.relatie(naam, OVER, persoon)
        assert magazijn.vraag(wie(OVER, BSN) + wie(OVER, "11012345672")) == ["b"]

    def test_a_zaak_with_two_such_relations_is_one_zaak(self, magazijn: Magazijn) -> None:
        jan = magazijn.object("NPS", inp__bsn=BSN)
        magazijn.zaak("a")
        for rol in ("Client", "Partner"):
            magazijn.relatie("a", OVER, jan, omschrijving=rol)
        treffers = magazijn.treffers(wie(OVER, BSN), tel=True)
        assert (len(treffers.ids), treffers.aantal) == (1, 1)

    def test_a_relation_that_ended_does_not_count(self, magazijn: Magazijn) -> None:
        jan = magazijn.object("NPS", inp__bsn=BSN)
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, jan, beeindigd="20260101")
        assert magazijn.vraag(wie(INITIATOR, BSN)) == []
        assert magazijn.vraag(nil(INITIATOR)) == ["a"]

    def test_the_subtype_inside_gerelateerde(self, magazijn: Magazijn) -> None:
        geboren = {"_": "19500101", "@indOnvolledigeDatum": "M"}
        jan = magazijn.object("NPS", inp__bsn="012345672", geslachtsnaam="Jansen", geboortedatum=geboren)
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, jan)
        magazijn.zaak("b")
        magazijn.relatie("b", INITIATOR, magazijn.object("MDW", identificatie="012345672", achternaam="Jansen"))

        def persoon(inhoud: str) -> list[str]:
            return magazijn.vraag(met(INITIATOR, f"<ZKN:natuurlijkPersoon>{inhoud}</ZKN:natuurlijkPersoon>"))

        assert persoon(b("inp.bsn", "012345672")) == persoon(b("inp.bsn", "12345672")) == ["a"]
        assert persoon(b("geslachtsnaam", "jans", NIET_EXACT)) == ["a"]
        assert persoon(b("geboortedatum", "19500101", 'StUF:indOnvolledigeDatum="M"')) == ["a"]
        assert persoon(b("geboortedatum", "19500101")) == persoon(b("geslachtsnaam", "Bos")) == []
        assert persoon("") == ["a"]
        assert magazijn.vraag(wie(INITIATOR, "012345672")) == ["a", "b"]
        medewerker = f"<ZKN:medewerker>{z('achternaam', 'Jansen')}</ZKN:medewerker>"
        assert magazijn.vraag(met(INITIATOR, medewerker)) == ["b"]

    @pytest.mark.parametrize("relatie", [INITIATOR, OVER])
    def test_a_bsn_that_is_nobodys_finds_nobody(self, magazijn: Magazijn, relatie: str) -> None:
        def persoon(nummer: str, attributen: str = "") -> str:
            return met(relatie, f"<ZKN:natuurlijkPersoon>{b('inp.bsn', nummer, attributen)}</ZKN:natuurlijkPersoon>")

        for nummer in ("123456789", "1234", "999991723"):
            assert magazijn.vraag(persoon(nummer)) == magazijn.vraag(persoon(nummer, NIET_EXACT)) == []
        anoniem = persoon("123456789")
        assert magazijn.vraag(vanaf=anoniem, tot=anoniem) == []

    def test_what_the_relation_says_of_the_object_goes_first(self, magazijn: Magazijn) -> None:
        """The answer shows it so, so the selection must find it so."""
        jan = magazijn.object("NPS", inp__bsn=BSN, voornamen="Jan")
        for naam, aanvulling in {"a": {"voornamen": "Johannes", "geboortedatum": "19800101"}, "b": None}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, INITIATOR, jan, aanvulling)  # type: ignore[arg-type]

        def persoon(inhoud: str) -> list[str]:
            return magazijn.vraag(met(INITIATOR, f"<ZKN:natuurlijkPersoon>{inhoud}</ZKN:natuurlijkPersoon>"))

        assert persoon(b("voornamen", "Jan")) == ["b"]
        assert persoon(b("voornamen", "Johannes") + b("geboortedatum", "19800101")) == ["a"]
        assert persoon(nil("geboortedatum")) == ["b"]

    def test_typering(self, magazijn: Magazijn) -> None:
        for naam, object_ in {
            "a": magazijn.object("MDW", identificatie="x"),
            "b": magazijn.object("OEH", identificatie="x"),
        }.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, OVER, object_)
        assert magazijn.vraag(met(OVER, z("typering", "OEH") + z("identificatie", "x"))) == ["b"]

    def test_an_address_of_whom_and_the_address_itself(self, magazijn: Magazijn) -> None:
        adres = {"aoa.postcode": "1234AB", "aoa.huisnummer": "9"}
        wonend = magazijn.object("NPS", inp__bsn=BSN, verblijfsadres=adres)
        ernaast = magazijn.object("NPS", inp__bsn="012345672", verblijfsadres={**adres, "aoa.huisletter": "a"})
        winkel = magazijn.object("NNP", inn__nnpId=RSIN, bezoekadres=adres)
        zelf = magazijn.object("AOA", identificatie="0599", postcode="1234AB", huisnummer="0009")
        elders = magazijn.object("AOA", identificatie="0600", postcode="1234AB", huisnummer="10")
        for naam, object_ in {"a": wonend, "b": ernaast, "c": winkel, "d": zelf, "e": elders}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, OVER, object_)

        def op(inhoud: str) -> list[str]:
            return magazijn.vraag(met(OVER, f"<ZKN:adresBinnenland>{inhoud}</ZKN:adresBinnenland>"))

        postcode, nummer = b("aoa.postcode", "1234AB"), b("aoa.huisnummer", "9")
        assert op(postcode) == ["a", "b", "c", "d", "e"]
        assert op(postcode + nummer) == ["a", "b", "c", "d"]
        assert op(postcode + nummer + b("aoa.huisletter", "a")) == ["b"]
        assert op(postcode + b("gor.straatnaam", "Wal")) == []
        onbekend = magazijn.treffers(
            met(OVER, f"<ZKN:adresBinnenland>{b('gor.identificatie', '1')}</ZKN:adresBinnenland>")
        )
        assert onbekend.meldingen == ["StUF0001: gor.identificatie"]

    def test_an_address_abroad(self, magazijn: Magazijn) -> None:
        weg = magazijn.object("NPS", inp__bsn=BSN, sub__verblijfBuitenland={"lnd.landnaam": "Spanje"})
        thuis = magazijn.object("NPS", inp__bsn="012345672")
        for naam, object_ in {"a": weg, "b": thuis}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, INITIATOR, object_)
        land = f"<ZKN:adresBuitenland>{b('lnd.landnaam', 'Spanje')}</ZKN:adresBuitenland>"
        assert magazijn.vraag(met(INITIATOR, land)) == ["a"]

    def test_elements_of_the_relation_itself(self, magazijn: Magazijn) -> None:
        jan = magazijn.object("NPS", inp__bsn=BSN)
        tijdvak = {"beginRelatie": "20260101"}
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, jan, omschrijving="Aanvrager", toelichting="zelf", tijdvakRelatie=tijdvak)
        magazijn.zaak("b")
        aanspreekpunt = {"gerelateerde": {"naam": "Bos"}}
        magazijn.relatie("b", INITIATOR, jan, code="2", heeftAlsAanspreekpunt=aanspreekpunt)
        assert magazijn.vraag(met(INITIATOR, "", z("omschrijving", "Aanvrager"))) == ["a"]
        assert magazijn.vraag(met(INITIATOR, "", nil("omschrijving"))) == ["b"]
        begin = "<StUF:tijdvakRelatie><StUF:beginRelatie>{}</StUF:beginRelatie></StUF:tijdvakRelatie>"
        grens = {
            zijde: met(INITIATOR, "", begin.format(op)) for zijde, op in (("vanaf", "20250101"), ("tot", "20260101"))
        }
        assert magazijn.vraag(**grens) == ["a"]
        punt = met("heeftAlsAanspreekpunt", z("naam", "Bos"))
        assert magazijn.vraag(met(INITIATOR, "", punt)) == ["b"]

    def test_a_relation_without_criteria_must_be_there(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, magazijn.object("MDW", identificatie="x"))
        magazijn.zaak("b")
        assert magazijn.vraag(f"<ZKN:{INITIATOR}/>") == ["a"]

    def test_a_relation_of_which_nothing_can_be_selected_is_ignored(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        treffers = magazijn.treffers(met(OVER, z("geometrie", "<ZKN:x/>")))
        assert (magazijn.namen(treffers.ids), treffers.meldingen) == (["a"], ["StUF0001: geometrie"])

    def test_no_relation_and_one_that_is_not_known(self, magazijn: Magazijn) -> None:
        magazijn.zaak("met")
        magazijn.relatie("met", INITIATOR, magazijn.object("MDW", identificatie="x"))
        magazijn.zaak("zonder")
        magazijn.zaak("onbekend", inhoud={"@relaties": {INITIATOR: ["nietGeautoriseerd", "vastgesteldOnbekend"]}})
        magazijn.zaak("leeg")
        magazijn.relatie("leeg", INITIATOR, None, {"@noValue": "geenWaarde"})
        assert magazijn.vraag(nil(INITIATOR)) == ["zonder"]
        assert magazijn.vraag(nil(INITIATOR, "vastgesteldOnbekend")) == ["onbekend"]
        assert magazijn.vraag(f"<ZKN:{INITIATOR}>{nil('gerelateerde')}</ZKN:{INITIATOR}>") == ["leeg"]

    def test_a_relation_without_value_in_a_range_asks_nothing(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        magazijn.zaak("b")
        magazijn.relatie("b", INITIATOR, magazijn.object("MDW", identificatie="x"))
        assert magazijn.vraag(vanaf=nil(INITIATOR), tot=nil(INITIATOR)) == ["a", "b"]


class TestZaaktype:
    """isVan: the zaaktype, which is in memory."""

    @pytest.fixture
    def typen(self, magazijn: Magazijn) -> Magazijn:
        for naam, zaaktype in {"a": "A", "b": "B", "g": "G", "zonder": None}.items():
            magazijn.zaak(naam, zaaktype)
        return magazijn

    @pytest.mark.parametrize(
        ("inhoud", "verwacht"),
        [
            (z("code", "A"), ["a"]),
            (z("omschrijving", "Bezwaar"), ["b"]),
            (z("omschrijving", "e", NIET_EXACT), ["b", "g"]),
            (z("omschrijvingGeneriek", "Aanvraag"), ["a"]),
            (nil("omschrijvingGeneriek"), ["b", "g"]),
            (nil("omschrijvingGeneriek", "vastgesteldOnbekend"), []),
            (nil("omschrijvingGeneriek", "waardeOnbekend"), ["a", "b", "g", "zonder"]),
            (z("trefwoord", "minima"), ["a"]),
            (z("trefwoord", "MIN", NIET_EXACT), ["a"]),
            (nil("trefwoord"), ["b", "g"]),
            (z("ingangsdatumObject", "20200101"), ["a"]),
            (z("code", "A") + z("omschrijving", "Bezwaar"), []),
            (z("code", "bestaat niet"), []),
            ("", ["a", "b", "g", "zonder"]),
        ],
    )
    def test_gelijk(self, typen: Magazijn, inhoud: str, verwacht: list[str]) -> None:
        assert typen.vraag(met("isVan", inhoud)) == verwacht

    def test_a_range(self, typen: Magazijn) -> None:
        van, tot = (met("isVan", z("code", code)) for code in "BG")
        assert typen.vraag(vanaf=van, tot=tot) == ["b", "g"]
        van, tot = (met("isVan", z("ingangsdatumObject", op)) for op in ("20191231", "20200101"))
        assert typen.vraag(vanaf=van, tot=tot) == ["a"]

    def test_no_zaaktype(self, typen: Magazijn) -> None:
        assert typen.vraag(nil("isVan")) == ["zonder"]

    def test_what_a_zaaktype_does_not_have_is_named(self, typen: Magazijn) -> None:
        treffers = typen.treffers(met("isVan", z("code", "A") + "<ZKN:heeft><ZKN:gerelateerde/></ZKN:heeft>"))
        assert (typen.namen(treffers.ids), treffers.meldingen) == (["a"], ["StUF0001: heeft"])


class TestStatus:
    """heeft: the statuses."""

    @pytest.fixture
    def met_status(self, magazijn: Magazijn) -> Magazijn:
        for naam in ("klaar", "bezig", "bezwaar"):
            magazijn.zaak(naam, "B" if naam == "bezwaar" else "A")
        magazijn.zaak("zonder")
        wie_ = magazijn.object("MDW", identificatie="jansen")
        magazijn.status("klaar", "A", 1, "20260101", laatste=False, gezet_door_id=wie_)
        magazijn.status("klaar", "A", 2, "20260301121314", toelichting="af")
        door = {"isGezetDoor": {"rolOmschrijving": "Behandelaar"}}
        magazijn.status("bezig", "A", 1, "20260301", gezet_door_id=wie_, inhoud=door)
        magazijn.status("bezwaar", "B", 1, "20260301230000000")
        return magazijn

    @pytest.mark.parametrize(
        ("criteria", "verwacht"),
        [
            (met("heeft", z("volgnummer", "1")), ["bezig", "bezwaar", "klaar"]),
            (met("heeft", z("volgnummer", "0001")), ["bezig", "bezwaar", "klaar"]),
            (met("heeft", z("volgnummer", "1"), z("indicatieLaatsteStatus", "J")), ["bezig", "bezwaar"]),
            (met("heeft", z("volgnummer", "1"), z("indicatieLaatsteStatus", "N")), ["klaar"]),
            (met("heeft", z("zkt.code", "B") + z("omschrijving", "Ontvangen")), ["bezwaar"]),
            (met("heeft", z("code", "Afgeh")), ["klaar"]),
            (met("heeft", nil("code")), ["bezwaar"]),
            (met("heeft", z("omschrijving", "bestaat niet")), []),
            (met("heeft", "", z("toelichting", "af")), ["klaar"]),
            (met("heeft", z("volgnummer", "1"), z("toelichting", "af")), []),
            (met("heeft", z("volgnummer", "1")) + met("heeft", "", z("toelichting", "af")), ["klaar"]),
            (met("heeft", "", z("datumStatusGezet", "20260301")), ["bezig", "bezwaar", "klaar"]),
            (met("heeft", "", z("datumStatusGezet", "2026030112")), ["klaar"]),
            (met("heeft", "", z("datumStatusGezet", "20260301000000")), ["bezig"]),
            (met("heeft", "", z("datumStatusGezet", "20260302")), []),
            (met("heeft", "", met("isGezetDoor", z("identificatie", "jansen"))), ["bezig", "klaar"]),
            (met("heeft", "", met("isGezetDoor", "", z("rolOmschrijving", "Behandelaar"))), ["bezig"]),
            (met("heeft", z("volgnummer", "2"), nil("isGezetDoor")), ["klaar"]),
            ("<ZKN:heeft/>", ["bezig", "bezwaar", "klaar"]),
            (nil("heeft"), ["zonder"]),
        ],
    )
    def test_gelijk(self, met_status: Magazijn, criteria: str, verwacht: list[str]) -> None:
        assert met_status.vraag(criteria) == verwacht

    def test_a_status_that_says_to_be_set_by_nobody(self, magazijn: Magazijn) -> None:
        """An isGezetDoor that leads to nobody is not the same as none."""
        niemand = {"isGezetDoor": {"gerelateerde": {"@noValue": "geenWaarde"}, "rolOmschrijving": "x"}}
        for naam, rest in {
            "iemand": {"gezet_door_id": magazijn.object("MDW", identificatie="jansen")},
            "niemand": {"inhoud": niemand},
            "gezegd": {"inhoud": {"isGezetDoor": {"@noValue": "geenWaarde"}}},
            "niets": {},
        }.items():
            magazijn.zaak(naam)
            magazijn.status(naam, "A", 1, "20260101", **rest)  # type: ignore[arg-type]

        def gezet(door: str) -> list[str]:
            return magazijn.vraag(met("heeft", "", door))

        leeg = f"<ZKN:isGezetDoor>{nil('gerelateerde')}{{}}</ZKN:isGezetDoor>"
        assert gezet(leeg.format("")) == gezet(met("isGezetDoor", nil("medewerker"))) == ["niemand"]
        assert gezet(leeg.format(z("rolOmschrijving", "x"))) == ["niemand"]
        assert gezet(leeg.format(z("rolOmschrijving", "y"))) == []
        assert gezet("<ZKN:isGezetDoor/>") == ["iemand", "niemand"]
        assert gezet(nil("isGezetDoor")) == ["gezegd", "niets"]

    def test_a_range_covers_the_whole_of_what_its_bounds_name(self, met_status: Magazijn) -> None:
        def gezet(van: str, tot: str, gelijk: str = "") -> list[str]:
            grens = [
                met("heeft", "", z("datumStatusGezet", op) if op else nil("datumStatusGezet")) for op in (van, tot)
            ]
            grens = [een.replace("<ZKN:gerelateerde></ZKN:gerelateerde>", "") for een in grens]
            return met_status.vraag(gelijk, vanaf=grens[0], tot=grens[1])

        assert gezet("20260201", "20260301") == ["bezig", "bezwaar", "klaar"]
        assert gezet("20260301", "2026030112") == ["bezig", "klaar"]
        assert gezet("2026030113", "") == ["bezwaar"]
        assert gezet("", "20260131") == ["klaar"]

    def test_gelijk_and_a_range_speak_of_the_same_status(self, met_status: Magazijn) -> None:
        van, tot = (f"<ZKN:heeft>{z('datumStatusGezet', op)}</ZKN:heeft>" for op in ("20260201", "20260331"))
        eerste = met("heeft", z("volgnummer", "1"))
        assert met_status.vraag(eerste, vanaf=van, tot=tot) == ["bezig", "bezwaar"]


BEGIN_2026 = "<StUF:tijdvakRelatie><StUF:beginRelatie>20260101</StUF:beginRelatie></StUF:tijdvakRelatie>"


class TestOtherZaken:
    """Relations between zaken, kept once and asked from both sides."""

    @pytest.fixture
    def gezin(self, magazijn: Magazijn) -> Magazijn:
        magazijn.zaak("plan", "G", omschrijving="Gezin Bos")
        for naam in ("deel1", "deel2", "los"):
            magazijn.zaak(naam, "A")
        magazijn.koppel("heeftAlsDeelzaak", "plan", "deel1", inhoud={"tijdvakRelatie": {"beginRelatie": "20260101"}})
        magazijn.koppel("heeftAlsDeelzaak", "plan", "deel2", beeindigd="20260101")
        magazijn.koppel("heeftBetrekkingOpAndere", "deel1", "los")
        magazijn.relatie("plan", OVER, magazijn.object("NPS", inp__bsn=BSN), omschrijving="Client")
        magazijn.status("los", "A", 2, "20260101")
        return magazijn

    @pytest.mark.parametrize(
        ("criteria", "verwacht"),
        [
            (met("heeftAlsHoofdzaak", z("identificatie", "plan")), ["deel1"]),
            (met("heeftAlsDeelzaak", z("identificatie", "deel1")), ["plan"]),
            (met("heeftAlsDeelzaak", z("identificatie", "deel2")), []),
            (met("heeftAlsDeelzaak", z("identificatie", "plan")), []),
            (met("heeftAlsHoofdzaak", z("omschrijving", "bos", NIET_EXACT)), ["deel1"]),
            (met("heeftAlsHoofdzaak", met("isVan", z("code", "G"))), ["deel1"]),
            (met("heeftAlsHoofdzaak", met("isVan", z("code", "A"))), []),
            (met("heeftAlsHoofdzaak", wie(OVER, "11" + BSN)), ["deel1"]),
            (met("heeftAlsHoofdzaak", nil("einddatum")), ["deel1"]),
            (met("heeftBetrekkingOpAndere", z("identificatie", "los")), ["deel1"]),
            (met("heeftBetrekkingOpAndere", z("identificatie", "deel1")), ["los"]),
            (met("heeftBetrekkingOpAndere", met("heeft", z("volgnummer", "2"))), ["deel1"]),
            (met("heeftBetrekkingOpAndere", met("heeftAlsHoofdzaak", z("identificatie", "plan"))), ["los"]),
            (met("heeftAlsDeelzaak", "", BEGIN_2026), ["plan"]),
            ("<ZKN:heeftBetrekkingOpAndere/>", ["deel1", "los"]),
            (nil("heeftAlsHoofdzaak"), ["deel2", "los", "plan"]),
            (nil("heeftAlsDeelzaak"), ["deel1", "deel2", "los"]),
            (nil("heeftBetrekkingOpAndere"), ["deel2", "plan"]),
        ],
    )
    def test_gelijk(self, gezin: Magazijn, criteria: str, verwacht: list[str]) -> None:
        assert gezin.vraag(criteria) == verwacht

    def test_what_a_related_zaak_does_not_have_is_named(self, gezin: Magazijn) -> None:
        treffers = gezin.treffers(met("heeftAlsHoofdzaak", z("registratiedatum", "20260101")))
        assert treffers.meldingen == ["StUF0001: registratiedatum"]
