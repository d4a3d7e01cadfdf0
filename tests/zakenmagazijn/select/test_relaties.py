"""Criteria on what hangs on a zaak: betrokkenen, zaakobjecten, zaaktype, statuses, other zaken (StUF 03.01, 6.3.1)."""

import pytest
from tests.zakenmagazijn.select.conftest import Magazijn, nil, with_, z

from regiesysteem.zakenmagazijn.select.sql import sleutels
from regiesysteem.zkn.zaak import ROLLEN
from regiesysteem.zkn.zaakobjects import ZAAKOBJECT

BSN, RSIN = "111222333", "123456782"
INITIATOR, OVER = "heeftAlsInitiator", "heeftBetrekkingOp"
NOT_EXACT = 'StUF:exact="false"'


def b(naam: str, waarde: str, attributes: str = "") -> str:
    """An element of StUF-BG."""
    return f"<BG:{naam} {attributes}>{waarde}</BG:{naam}>"


def who(relatie: str, number: str, attributes: str = "") -> str:
    """A relation to whoever has this identificatie."""
    return with_(relatie, z("identificatie", number, attributes))


class TestIdentificatie:
    """A betrokkene or zaakobject by its identificatie."""

    def test_every_kind_of_betrokkene_is_found_in_every_role(self, magazijn: Magazijn) -> None:
        numbers = {
            "NPS": ("inp__bsn", BSN),
            "NNP": ("inn__nnpId", RSIN),
            "VES": ("vestigingsNummer", "000012345678"),
            "MDW": ("identificatie", "jansen"),
            "OEH": ("identificatie", "team-3"),
        }
        for code, (element, number) in numbers.items():
            who_ = magazijn.object(code, **{element: number})
            for rol in ROLLEN:
                naam = f"{code}-{rol.naam}"
                magazijn.zaak(naam)
                magazijn.relatie(naam, rol.naam, who_)
                assert magazijn.question(who(rol.naam, number)) == [naam]

    @pytest.mark.parametrize(
        ("code", "element", "kept", "asked"),
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
        self, magazijn: Magazijn, code: str, element: str, kept: str, asked: str
    ) -> None:
        magazijn.zaak("a")
        magazijn.zaak("b")
        magazijn.relatie("a", INITIATOR, magazijn.object(code, **{element: kept}))
        magazijn.relatie("b", INITIATOR, magazijn.object("MDW", identificatie="ander"))
        assert magazijn.question(who(INITIATOR, asked)) == ["a"]

    @pytest.mark.parametrize(
        ("code", "soort", "first", "number", "second", "other"),
        [
            ("NPS", "natuurlijkPersoon", "inp.bsn", BSN, "anp.identificatie", "00000000000000088"),
            ("NNP", "nietNatuurlijkPersoon", "inn.nnpId", RSIN, "ann.identificatie", "00000000000000077"),
        ],
    )
    def test_somebody_with_two_numbers_is_found_by_each(
        self, magazijn: Magazijn, code: str, soort: str, first: str, number: str, second: str, other: str
    ) -> None:
        """RGBZ gives a subject one number of each kind; a soepel sender may say both."""
        data = {"beide": {first: number, second: other}, "tweede": {second: other[:-1] + "1"}, "niets": {}}
        for naam, numbers in data.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, INITIATOR, magazijn.object(code, **numbers))

        def from_(element: str, waarde: str) -> list[str]:
            return magazijn.question(with_(INITIATOR, f"<ZKN:{soort}>{b(element, waarde)}</ZKN:{soort}>"))

        for_ = {"NPS": ("11", "12"), "NNP": ("21", "22")}[code]
        assert from_(first, number) == from_(second, other) == ["beide"]
        for form in (number, for_[0] + number, other, for_[1] + other):
            assert magazijn.question(who(INITIATOR, form)) == ["beide"]
        for form in (other[:-1] + "1", for_[1] + other[:-1] + "1"):
            assert magazijn.question(who(INITIATOR, form)) == ["tweede"]
        assert from_(second, other[:-1] + "1") == ["tweede"]
        assert from_(second, number) == from_(first, other) == magazijn.question(who(INITIATOR, for_[0] + other)) == []

    def test_two_digits_off_a_bsn_find_nobody_else(self, magazijn: Magazijn) -> None:
        """A BSN may begin with the digits of a type; it is a BSN all the same."""
        bsn = "510000009"
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, magazijn.object("MDW", identificatie=bsn[2:]))
        assert sleutels(bsn, ZAAKOBJECT)[-1] == f"vestiging:{bsn}"
        assert magazijn.question(who(INITIATOR, bsn)) == []

    @pytest.mark.parametrize("relatie", [INITIATOR, OVER])
    def test_eleven_digits_that_begin_with_11_may_be_any_number(self, magazijn: Magazijn, relatie: str) -> None:
        """A number that is nobody's finds nobody, and that of a medewerker finds him: neither is a fault."""
        magazijn.zaak("a")
        magazijn.relatie("a", relatie, magazijn.object("MDW", identificatie="11123456789"))
        assert (
            magazijn.question(who(relatie, "11123456789")) == magazijn.question(who(relatie, " 11123456789 ")) == ["a"]
        )
        assert magazijn.question(who(relatie, "11123456788")) == []

    @pytest.mark.parametrize("bsn", ["123456789", "012345678"])
    def test_a_bsn_that_fails_the_elfproef_is_found_in_every_form(self, magazijn: Magazijn, bsn: str) -> None:
        """It may be kept of a sender whose inrichting says `bsn = "cijfers"`."""
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, magazijn.object("NPS", inp__bsn=bsn))
        for form in (bsn, f"11{bsn}"):
            assert magazijn.question(who(INITIATOR, form)) == ["a"]

    def test_other_numbers_need_not_pass_the_elfproef(self, magazijn: Magazijn) -> None:
        for number in ("123456789", "1112345678", "12123456789", "21123456789"):
            assert magazijn.question(who(INITIATOR, number)) == []

    @pytest.mark.parametrize("number", ["", "1", "11", "99jansen", "x'y"])
    def test_what_nobody_has_finds_nothing(self, magazijn: Magazijn, number: str) -> None:
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, magazijn.object("MDW", identificatie="jansen"))
        assert magazijn.question(who(INITIATOR, number)) == []

    def test_part_of_it_and_a_range(self, magazijn: Magazijn) -> None:
        for naam, number in {"a": "p100", "b": "p200", "c": "q100"}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, INITIATOR, magazijn.object("MDW", identificatie=number))
        assert magazijn.question(who(INITIATOR, "100", NOT_EXACT)) == ["a", "c"]
        assert magazijn.question(vanaf=who(INITIATOR, "p150"), until=who(INITIATOR, "q100")) == ["b", "c"]

    def test_a_besluit_by_leidt_tot_and_as_zaakobject(self, magazijn: Magazijn) -> None:
        besluit = magazijn.object("BSL", identificatie="besluit-1", datumBeslissing="20260301")
        for naam, relatie in {"a": "leidtTot", "b": OVER}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, relatie, besluit)
        assert magazijn.question(who("leidtTot", "besluit-1")) == ["a"]
        assert magazijn.question(who(OVER, "besluit-1")) == ["b"]
        bound = {
            side: with_("leidtTot", z("datumBeslissing", day))
            for side, day in (("vanaf", "20260301"), ("until", "20260301"))
        }
        assert magazijn.question(**bound) == ["a"]


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
        as_ = z("omschrijving", "Partner")
        naam = z("naam", "Jansen")
        assert magazijn.question(with_(OVER, naam, as_)) == ["een"]
        assert magazijn.question(with_(OVER, naam + z("identificatie", "012345672"))) == []

    def test_each_of_several_relations_of_a_name_must_hold(self, magazijn: Magazijn) -> None:
        jan, piet = (magazijn.object("NPS", inp__bsn=bsn) for bsn in (BSN, "012345672"))
        for naam, personen in {"a": (jan,), "b": (jan, piet), "c": (piet,)}.items():
            magazijn.zaak(naam)
            for persoon in personen:
                magazijn.relatie(naam, OVER, persoon)
        assert magazijn.question(who(OVER, BSN) + who(OVER, "11012345672")) == ["b"]

    def test_a_zaak_with_two_such_relations_is_one_zaak(self, magazijn: Magazijn) -> None:
        jan = magazijn.object("NPS", inp__bsn=BSN)
        magazijn.zaak("a")
        for rol in ("Client", "Partner"):
            magazijn.relatie("a", OVER, jan, omschrijving=rol)
        hits = magazijn.hits(who(OVER, BSN), count=True)
        assert (len(hits.ids), hits.aantal) == (1, 1)

    def test_a_relation_that_ended_does_not_count(self, magazijn: Magazijn) -> None:
        jan = magazijn.object("NPS", inp__bsn=BSN)
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, jan, beeindigd="20260101")
        assert magazijn.question(who(INITIATOR, BSN)) == []
        assert magazijn.question(nil(INITIATOR)) == ["a"]

    def test_the_subtype_inside_gerelateerde(self, magazijn: Magazijn) -> None:
        geboren = {"_": "19500101", "@indOnvolledigeDatum": "M"}
        jan = magazijn.object("NPS", inp__bsn="012345672", geslachtsnaam="Jansen", geboortedatum=geboren)
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, jan)
        magazijn.zaak("b")
        magazijn.relatie("b", INITIATOR, magazijn.object("MDW", identificatie="012345672", achternaam="Jansen"))

        def persoon(inhoud: str) -> list[str]:
            return magazijn.question(with_(INITIATOR, f"<ZKN:natuurlijkPersoon>{inhoud}</ZKN:natuurlijkPersoon>"))

        assert persoon(b("inp.bsn", "012345672")) == persoon(b("inp.bsn", "12345672")) == ["a"]
        assert persoon(b("geslachtsnaam", "jans", NOT_EXACT)) == ["a"]
        assert persoon(b("geboortedatum", "19500101", 'StUF:indOnvolledigeDatum="M"')) == ["a"]
        assert persoon(b("geboortedatum", "19500101")) == persoon(b("geslachtsnaam", "Bos")) == []
        assert persoon("") == ["a"]
        assert magazijn.question(who(INITIATOR, "012345672")) == ["a", "b"]
        medewerker = f"<ZKN:medewerker>{z('achternaam', 'Jansen')}</ZKN:medewerker>"
        assert magazijn.question(with_(INITIATOR, medewerker)) == ["b"]

    @pytest.mark.parametrize("relatie", [INITIATOR, OVER])
    def test_a_bsn_that_is_nobodys_finds_nobody(self, magazijn: Magazijn, relatie: str) -> None:
        def persoon(number: str, attributes: str = "") -> str:
            return with_(relatie, f"<ZKN:natuurlijkPersoon>{b('inp.bsn', number, attributes)}</ZKN:natuurlijkPersoon>")

        for number in ("123456789", "1234", "999991723"):
            assert magazijn.question(persoon(number)) == magazijn.question(persoon(number, NOT_EXACT)) == []
        anoniem = persoon("123456789")
        assert magazijn.question(vanaf=anoniem, until=anoniem) == []

    def test_what_the_relation_says_of_the_object_goes_first(self, magazijn: Magazijn) -> None:
        """The answer shows it so, so the selection must find it so."""
        jan = magazijn.object("NPS", inp__bsn=BSN, voornamen="Jan")
        for naam, supplement in {"a": {"voornamen": "Johannes", "geboortedatum": "19800101"}, "b": None}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, INITIATOR, jan, supplement)  # type: ignore[arg-type]

        def persoon(inhoud: str) -> list[str]:
            return magazijn.question(with_(INITIATOR, f"<ZKN:natuurlijkPersoon>{inhoud}</ZKN:natuurlijkPersoon>"))

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
        assert magazijn.question(with_(OVER, z("typering", "OEH") + z("identificatie", "x"))) == ["b"]

    def test_an_address_of_whom_and_the_address_itself(self, magazijn: Magazijn) -> None:
        adres = {"aoa.postcode": "1234AB", "aoa.huisnummer": "9"}
        wonend = magazijn.object("NPS", inp__bsn=BSN, verblijfsadres=adres)
        ernaast = magazijn.object("NPS", inp__bsn="012345672", verblijfsadres={**adres, "aoa.huisletter": "a"})
        winkel = magazijn.object("NNP", inn__nnpId=RSIN, bezoekadres=adres)
        zelf = magazijn.object("AOA", identificatie="0599", postcode="1234AB", huisnummer="0009")
        elsewhere = magazijn.object("AOA", identificatie="0600", postcode="1234AB", huisnummer="10")
        for naam, object_ in {"a": wonend, "b": ernaast, "c": winkel, "d": zelf, "e": elsewhere}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, OVER, object_)

        def on(inhoud: str) -> list[str]:
            return magazijn.question(with_(OVER, f"<ZKN:adresBinnenland>{inhoud}</ZKN:adresBinnenland>"))

        postcode, number = b("aoa.postcode", "1234AB"), b("aoa.huisnummer", "9")
        assert on(postcode) == ["a", "b", "c", "d", "e"]
        assert on(postcode + number) == ["a", "b", "c", "d"]
        assert on(postcode + number + b("aoa.huisletter", "a")) == ["b"]
        assert on(postcode + b("gor.straatnaam", "Wal")) == []
        unknown = magazijn.hits(
            with_(OVER, f"<ZKN:adresBinnenland>{b('gor.identificatie', '1')}</ZKN:adresBinnenland>")
        )
        assert unknown.meldingen == ["StUF0001: gor.identificatie"]

    def test_an_address_abroad(self, magazijn: Magazijn) -> None:
        gone = magazijn.object("NPS", inp__bsn=BSN, sub__verblijfBuitenland={"lnd.landnaam": "Spanje"})
        thuis = magazijn.object("NPS", inp__bsn="012345672")
        for naam, object_ in {"a": gone, "b": thuis}.items():
            magazijn.zaak(naam)
            magazijn.relatie(naam, INITIATOR, object_)
        land = f"<ZKN:adresBuitenland>{b('lnd.landnaam', 'Spanje')}</ZKN:adresBuitenland>"
        assert magazijn.question(with_(INITIATOR, land)) == ["a"]

    def test_elements_of_the_relation_itself(self, magazijn: Magazijn) -> None:
        jan = magazijn.object("NPS", inp__bsn=BSN)
        tijdvak = {"beginRelatie": "20260101"}
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, jan, omschrijving="Aanvrager", toelichting="zelf", tijdvakRelatie=tijdvak)
        magazijn.zaak("b")
        aanspreekpunt = {"gerelateerde": {"naam": "Bos"}}
        magazijn.relatie("b", INITIATOR, jan, code="2", heeftAlsAanspreekpunt=aanspreekpunt)
        assert magazijn.question(with_(INITIATOR, "", z("omschrijving", "Aanvrager"))) == ["a"]
        assert magazijn.question(with_(INITIATOR, "", nil("omschrijving"))) == ["b"]
        begin = "<StUF:tijdvakRelatie><StUF:beginRelatie>{}</StUF:beginRelatie></StUF:tijdvakRelatie>"
        bound = {
            side: with_(INITIATOR, "", begin.format(on)) for side, on in (("vanaf", "20250101"), ("until", "20260101"))
        }
        assert magazijn.question(**bound) == ["a"]
        punt = with_("heeftAlsAanspreekpunt", z("naam", "Bos"))
        assert magazijn.question(with_(INITIATOR, "", punt)) == ["b"]

    def test_a_relation_without_criteria_must_be_there(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        magazijn.relatie("a", INITIATOR, magazijn.object("MDW", identificatie="x"))
        magazijn.zaak("b")
        assert magazijn.question(f"<ZKN:{INITIATOR}/>") == ["a"]

    def test_a_relation_of_which_nothing_can_be_selected_is_ignored(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        hits = magazijn.hits(with_(OVER, z("geometrie", "<ZKN:x/>")))
        assert (magazijn.names(hits.ids), hits.meldingen) == (["a"], ["StUF0001: geometrie"])

    def test_no_relation_and_one_that_is_not_known(self, magazijn: Magazijn) -> None:
        magazijn.zaak("met")
        magazijn.relatie("met", INITIATOR, magazijn.object("MDW", identificatie="x"))
        magazijn.zaak("zonder")
        magazijn.zaak("onbekend", inhoud={"@relaties": {INITIATOR: ["nietGeautoriseerd", "vastgesteldOnbekend"]}})
        magazijn.zaak("leeg")
        magazijn.relatie("leeg", INITIATOR, None, {"@noValue": "geenWaarde"})
        assert magazijn.question(nil(INITIATOR)) == ["zonder"]
        assert magazijn.question(nil(INITIATOR, "vastgesteldOnbekend")) == ["onbekend"]
        assert magazijn.question(f"<ZKN:{INITIATOR}>{nil('gerelateerde')}</ZKN:{INITIATOR}>") == ["leeg"]

    def test_a_relation_without_value_in_a_range_asks_nothing(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        magazijn.zaak("b")
        magazijn.relatie("b", INITIATOR, magazijn.object("MDW", identificatie="x"))
        assert magazijn.question(vanaf=nil(INITIATOR), until=nil(INITIATOR)) == ["a", "b"]


class TestZaaktype:
    """isVan: the zaaktype, which is in memory."""

    @pytest.fixture
    def types(self, magazijn: Magazijn) -> Magazijn:
        for naam, zaaktype in {"a": "A", "b": "B", "g": "G", "zonder": None}.items():
            magazijn.zaak(naam, zaaktype)
        return magazijn

    @pytest.mark.parametrize(
        ("inhoud", "expected"),
        [
            (z("code", "A"), ["a"]),
            (z("omschrijving", "Bezwaar"), ["b"]),
            (z("omschrijving", "e", NOT_EXACT), ["b", "g"]),
            (z("omschrijvingGeneriek", "Aanvraag"), ["a"]),
            (nil("omschrijvingGeneriek"), ["b", "g"]),
            (nil("omschrijvingGeneriek", "vastgesteldOnbekend"), []),
            (nil("omschrijvingGeneriek", "waardeOnbekend"), ["a", "b", "g", "zonder"]),
            (z("trefwoord", "minima"), ["a"]),
            (z("trefwoord", "MIN", NOT_EXACT), ["a"]),
            (nil("trefwoord"), ["b", "g"]),
            (z("ingangsdatumObject", "20200101"), ["a"]),
            (z("code", "A") + z("omschrijving", "Bezwaar"), []),
            (z("code", "bestaat niet"), []),
            ("", ["a", "b", "g", "zonder"]),
        ],
    )
    def test_gelijk(self, types: Magazijn, inhoud: str, expected: list[str]) -> None:
        assert types.question(with_("isVan", inhoud)) == expected

    def test_a_range(self, types: Magazijn) -> None:
        from_, until = (with_("isVan", z("code", code)) for code in "BG")
        assert types.question(vanaf=from_, until=until) == ["b", "g"]
        from_, until = (with_("isVan", z("ingangsdatumObject", on)) for on in ("20191231", "20200101"))
        assert types.question(vanaf=from_, until=until) == ["a"]

    def test_no_zaaktype(self, types: Magazijn) -> None:
        assert types.question(nil("isVan")) == ["zonder"]

    def test_what_a_zaaktype_does_not_have_is_named(self, types: Magazijn) -> None:
        hits = types.hits(with_("isVan", z("code", "A") + "<ZKN:heeft><ZKN:gerelateerde/></ZKN:heeft>"))
        assert (types.names(hits.ids), hits.meldingen) == (["a"], ["StUF0001: heeft"])


class TestStatus:
    """heeft: the statuses."""

    @pytest.fixture
    def with_status(self, magazijn: Magazijn) -> Magazijn:
        for naam in ("klaar", "bezig", "bezwaar"):
            magazijn.zaak(naam, "B" if naam == "bezwaar" else "A")
        magazijn.zaak("zonder")
        who_ = magazijn.object("MDW", identificatie="jansen")
        magazijn.status("klaar", "A", 1, "20260101", laatste=False, gezet_door_id=who_)
        magazijn.status("klaar", "A", 2, "20260301121314", toelichting="af")
        by = {"isGezetDoor": {"rolOmschrijving": "Behandelaar"}}
        magazijn.status("bezig", "A", 1, "20260301", gezet_door_id=who_, inhoud=by)
        magazijn.status("bezwaar", "B", 1, "20260301230000000")
        return magazijn

    @pytest.mark.parametrize(
        ("criteria", "expected"),
        [
            (with_("heeft", z("volgnummer", "1")), ["bezig", "bezwaar", "klaar"]),
            (with_("heeft", z("volgnummer", "0001")), ["bezig", "bezwaar", "klaar"]),
            (with_("heeft", z("volgnummer", "1"), z("indicatieLaatsteStatus", "J")), ["bezig", "bezwaar"]),
            (with_("heeft", z("volgnummer", "1"), z("indicatieLaatsteStatus", "N")), ["klaar"]),
            (with_("heeft", z("zkt.code", "B") + z("omschrijving", "Ontvangen")), ["bezwaar"]),
            (with_("heeft", z("code", "Afgeh")), ["klaar"]),
            (with_("heeft", nil("code")), ["bezwaar"]),
            (with_("heeft", z("omschrijving", "bestaat niet")), []),
            (with_("heeft", "", z("toelichting", "af")), ["klaar"]),
            (with_("heeft", z("volgnummer", "1"), z("toelichting", "af")), []),
            (with_("heeft", z("volgnummer", "1")) + with_("heeft", "", z("toelichting", "af")), ["klaar"]),
            (with_("heeft", "", z("datumStatusGezet", "20260301")), ["bezig", "bezwaar", "klaar"]),
            (with_("heeft", "", z("datumStatusGezet", "2026030112")), ["klaar"]),
            (with_("heeft", "", z("datumStatusGezet", "20260301000000")), ["bezig"]),
            (with_("heeft", "", z("datumStatusGezet", "20260302")), []),
            (with_("heeft", "", with_("isGezetDoor", z("identificatie", "jansen"))), ["bezig", "klaar"]),
            (with_("heeft", "", with_("isGezetDoor", "", z("rolOmschrijving", "Behandelaar"))), ["bezig"]),
            (with_("heeft", z("volgnummer", "2"), nil("isGezetDoor")), ["klaar"]),
            ("<ZKN:heeft/>", ["bezig", "bezwaar", "klaar"]),
            (nil("heeft"), ["zonder"]),
        ],
    )
    def test_gelijk(self, with_status: Magazijn, criteria: str, expected: list[str]) -> None:
        assert with_status.question(criteria) == expected

    def test_a_status_that_says_to_be_set_by_nobody(self, magazijn: Magazijn) -> None:
        """An isGezetDoor that leads to nobody is not the same as none."""
        nobody = {"isGezetDoor": {"gerelateerde": {"@noValue": "geenWaarde"}, "rolOmschrijving": "x"}}
        for naam, rest in {
            "iemand": {"gezet_door_id": magazijn.object("MDW", identificatie="jansen")},
            "niemand": {"inhoud": nobody},
            "gezegd": {"inhoud": {"isGezetDoor": {"@noValue": "geenWaarde"}}},
            "niets": {},
        }.items():
            magazijn.zaak(naam)
            magazijn.status(naam, "A", 1, "20260101", **rest)  # type: ignore[arg-type]

        def gezet(by: str) -> list[str]:
            return magazijn.question(with_("heeft", "", by))

        empty = f"<ZKN:isGezetDoor>{nil('gerelateerde')}{{}}</ZKN:isGezetDoor>"
        assert gezet(empty.format("")) == gezet(with_("isGezetDoor", nil("medewerker"))) == ["niemand"]
        assert gezet(empty.format(z("rolOmschrijving", "x"))) == ["niemand"]
        assert gezet(empty.format(z("rolOmschrijving", "y"))) == []
        assert gezet("<ZKN:isGezetDoor/>") == ["iemand", "niemand"]
        assert gezet(nil("isGezetDoor")) == ["gezegd", "niets"]

    def test_a_range_covers_the_whole_of_what_its_bounds_name(self, with_status: Magazijn) -> None:
        def gezet(from_: str, until: str, gelijk: str = "") -> list[str]:
            bound = [
                with_("heeft", "", z("datumStatusGezet", on) if on else nil("datumStatusGezet"))
                for on in (from_, until)
            ]
            bound = [one.replace("<ZKN:gerelateerde></ZKN:gerelateerde>", "") for one in bound]
            return with_status.question(gelijk, vanaf=bound[0], until=bound[1])

        assert gezet("20260201", "20260301") == ["bezig", "bezwaar", "klaar"]
        assert gezet("20260301", "2026030112") == ["bezig", "klaar"]
        assert gezet("2026030113", "") == ["bezwaar"]
        assert gezet("", "20260131") == ["klaar"]

    def test_gelijk_and_a_range_speak_of_the_same_status(self, with_status: Magazijn) -> None:
        from_, until = (f"<ZKN:heeft>{z('datumStatusGezet', on)}</ZKN:heeft>" for on in ("20260201", "20260331"))
        first = with_("heeft", z("volgnummer", "1"))
        assert with_status.question(first, vanaf=from_, until=until) == ["bezig", "bezwaar"]


BEGIN_2026 = "<StUF:tijdvakRelatie><StUF:beginRelatie>20260101</StUF:beginRelatie></StUF:tijdvakRelatie>"


class TestOtherZaken:
    """Relations between zaken, kept once and asked from both sides."""

    @pytest.fixture
    def gezin(self, magazijn: Magazijn) -> Magazijn:
        magazijn.zaak("plan", "G", omschrijving="Gezin Bos")
        for naam in ("deel1", "deel2", "los"):
            magazijn.zaak(naam, "A")
        magazijn.link("heeftAlsDeelzaak", "plan", "deel1", inhoud={"tijdvakRelatie": {"beginRelatie": "20260101"}})
        magazijn.link("heeftAlsDeelzaak", "plan", "deel2", beeindigd="20260101")
        magazijn.link("heeftBetrekkingOpAndere", "deel1", "los")
        magazijn.relatie("plan", OVER, magazijn.object("NPS", inp__bsn=BSN), omschrijving="Client")
        magazijn.status("los", "A", 2, "20260101")
        return magazijn

    @pytest.mark.parametrize(
        ("criteria", "expected"),
        [
            (with_("heeftAlsHoofdzaak", z("identificatie", "plan")), ["deel1"]),
            (with_("heeftAlsDeelzaak", z("identificatie", "deel1")), ["plan"]),
            (with_("heeftAlsDeelzaak", z("identificatie", "deel2")), []),
            (with_("heeftAlsDeelzaak", z("identificatie", "plan")), []),
            (with_("heeftAlsHoofdzaak", z("omschrijving", "bos", NOT_EXACT)), ["deel1"]),
            (with_("heeftAlsHoofdzaak", with_("isVan", z("code", "G"))), ["deel1"]),
            (with_("heeftAlsHoofdzaak", with_("isVan", z("code", "A"))), []),
            (with_("heeftAlsHoofdzaak", who(OVER, "11" + BSN)), ["deel1"]),
            (with_("heeftAlsHoofdzaak", nil("einddatum")), ["deel1"]),
            (with_("heeftBetrekkingOpAndere", z("identificatie", "los")), ["deel1"]),
            (with_("heeftBetrekkingOpAndere", z("identificatie", "deel1")), ["los"]),
            (with_("heeftBetrekkingOpAndere", with_("heeft", z("volgnummer", "2"))), ["deel1"]),
            (with_("heeftBetrekkingOpAndere", with_("heeftAlsHoofdzaak", z("identificatie", "plan"))), ["los"]),
            (with_("heeftAlsDeelzaak", "", BEGIN_2026), ["plan"]),
            ("<ZKN:heeftBetrekkingOpAndere/>", ["deel1", "los"]),
            (nil("heeftAlsHoofdzaak"), ["deel2", "los", "plan"]),
            (nil("heeftAlsDeelzaak"), ["deel1", "deel2", "los"]),
            (nil("heeftBetrekkingOpAndere"), ["deel2", "plan"]),
        ],
    )
    def test_gelijk(self, gezin: Magazijn, criteria: str, expected: list[str]) -> None:
        assert gezin.question(criteria) == expected

    def test_what_a_related_zaak_does_not_have_is_named(self, gezin: Magazijn) -> None:
        hits = gezin.hits(with_("heeftAlsHoofdzaak", z("registratiedatum", "20260101")))
        assert hits.meldingen == ["StUF0001: registratiedatum"]
