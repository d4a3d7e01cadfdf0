"""Criteria on the elements of a zaak: equal, in part, without value, in a range (StUF 03.01, 6.3.1)."""

import pytest
from tests.zakenmagazijn.select.conftest import EMPTY, UNKNOWN, Magazijn, nil, z

NOT_EXACT = 'StUF:exact="false"'


def test_without_criteria_all_zaken_are_asked(magazijn: Magazijn) -> None:
    for naam in ("b", "a", "c"):
        magazijn.zaak(naam)
    assert magazijn.question() == ["a", "b", "c"]


def test_all_criteria_must_hold(magazijn: Magazijn) -> None:
    magazijn.zaak("a", omschrijving="x", archiefnominatie="J")
    magazijn.zaak("b", omschrijving="x", archiefnominatie="N")
    assert magazijn.question(z("omschrijving", "x") + z("archiefnominatie", "N")) == ["b"]


@pytest.mark.parametrize(
    ("naam", "waarde"),
    [("identificatie", "a"), ("toelichting", "lang"), ("startdatum", "20260101"), ("betalingsIndicatie", "Nog niet")],
)
def test_an_element_with_a_column(magazijn: Magazijn, naam: str, waarde: str) -> None:
    magazijn.zaak("a", toelichting="lang", startdatum="20260101", betalingsIndicatie="Nog niet")
    magazijn.zaak("b")
    assert magazijn.question(z(naam, waarde)) == ["a"]


def test_a_group_asks_each_of_its_elements(magazijn: Magazijn) -> None:
    magazijn.zaak("a", resultaat={"omschrijving": "Toegekend", "toelichting": "deels"})
    magazijn.zaak("b", resultaat={"omschrijving": "Toegekend"})
    magazijn.zaak("c", opschorting={"indicatie": "J", "reden": "Toegekend"})
    omschrijving = z("omschrijving", "Toegekend")
    assert magazijn.question(z("resultaat", omschrijving)) == ["a", "b"]
    assert magazijn.question(z("resultaat", omschrijving + z("toelichting", "deels"))) == ["a"]
    assert magazijn.question(z("resultaat", omschrijving + nil("toelichting"))) == ["b"]
    assert magazijn.question(z("opschorting", z("indicatie", "J"))) == ["c"]


def test_kenmerk_and_bron_belong_to_one_kenmerk(magazijn: Magazijn) -> None:
    magazijn.zaak("a", kenmerk=[{"kenmerk": "1", "bron": "GWS"}, {"kenmerk": "2", "bron": "CDR"}])
    magazijn.zaak("b", kenmerk=[{"kenmerk": "2", "bron": "GWS"}])
    one, twee, source = z("kenmerk", "1"), z("kenmerk", "2"), z("bron", "GWS")
    assert magazijn.question(z("kenmerk", twee)) == ["a", "b"]
    assert magazijn.question(z("kenmerk", twee + source)) == ["b"]
    assert magazijn.question(z("kenmerk", one) + z("kenmerk", twee)) == ["a"]


def test_a_kenmerk_in_part_without_value_and_in_a_range(magazijn: Magazijn) -> None:
    magazijn.zaak("a", kenmerk=[{"kenmerk": "Dossier 1", "bron": "GWS"}, {"kenmerk": "x", "bron": "CDR"}])
    magazijn.zaak("b", kenmerk=[{"kenmerk": "Dossier 2", "bron": "CDR"}])
    magazijn.zaak("c", kenmerk=[{"kenmerk": "Dossier 3", "bron": EMPTY}])
    magazijn.zaak("d")
    part = z("kenmerk", "dossier", NOT_EXACT)
    assert magazijn.question(z("kenmerk", part)) == ["a", "b", "c"]
    assert magazijn.question(z("kenmerk", part + z("bron", "CDR"))) == ["b"]
    assert magazijn.question(z("kenmerk", part + nil("bron"))) == ["c"]
    assert magazijn.question(nil("kenmerk")) == ["d"]
    from_, until = (z("kenmerk", z("kenmerk", waarde)) for waarde in ("Dossier 2", "Dossier 3"))
    assert magazijn.question(vanaf=from_, until=until) == ["b", "c"]


def test_ander_zaakobject(magazijn: Magazijn) -> None:
    magazijn.zaak("a", anderZaakObject=[{"omschrijving": "Brug", "registratie": "GIS"}, {"omschrijving": "Weg"}])
    magazijn.zaak("b", anderZaakObject=[{"omschrijving": "Brug"}])
    asked = z("omschrijving", "Brug")
    assert magazijn.question(z("anderZaakObject", asked)) == ["a", "b"]
    assert magazijn.question(z("anderZaakObject", asked + nil("registratie"))) == ["b"]


def test_part_of_a_text_is_enough_with_exact_false(magazijn: Magazijn) -> None:
    for naam, text in {"a": "Jansen", "b": "Janssen", "c": "VAN JANSEN", "d": "Bos"}.items():
        magazijn.zaak(naam, omschrijving=text)
    assert magazijn.question(z("omschrijving", "Jans", NOT_EXACT)) == ["a", "b", "c"]
    assert magazijn.question(z("omschrijving", "Jansen", 'StUF:exact="true"')) == ["a"]
    assert magazijn.question(z("omschrijving", "Jans")) == []


@pytest.mark.parametrize("text", ["100%", "a_b", "c\\d", "%", "_", "\\"])
def test_wildcards_of_the_database_are_plain_characters(magazijn: Magazijn, text: str) -> None:
    magazijn.zaak("a", toelichting=f"voor {text} na")
    magazijn.zaak("b", toelichting="axb c d 1000")
    assert magazijn.question(z("toelichting", text, NOT_EXACT)) == ["a"]


def test_quotes_and_colons_are_plain_characters(magazijn: Magazijn) -> None:
    text = "'; DROP TABLE zaak; -- :p0 %(p0)s"
    magazijn.zaak("a", omschrijving=text, kenmerk=[{"kenmerk": text, "bron": '"}]'}])
    assert magazijn.question(z("omschrijving", text)) == ["a"]
    assert magazijn.question(z("kenmerk", z("kenmerk", text) + z("bron", '"}]'))) == ["a"]


def test_an_empty_text_is_not_the_absence_of_a_value(magazijn: Magazijn) -> None:
    magazijn.zaak("a", omschrijving="x", toelichting="y")
    magazijn.zaak("b")
    assert magazijn.question(z("omschrijving", "")) == []
    assert magazijn.question(z("toelichting", "")) == []


class TestNoValue:
    """Selection on the absence of a value (6.3.1)."""

    @pytest.mark.parametrize("naam", ["einddatum", "startdatum", "omschrijving", "zaakniveau"])
    def test_geen_waarde_and_vastgesteld_onbekend(self, magazijn: Magazijn, naam: str) -> None:
        waarde = {"omschrijving": "x", "zaakniveau": "1"}.get(naam, "20260101")
        magazijn.zaak("met", **{naam: waarde})
        magazijn.zaak("niet")
        magazijn.zaak("gezegd", **{naam: EMPTY})
        magazijn.zaak("onbekend", **{naam: UNKNOWN})
        magazijn.zaak("anders", **{naam: {"@noValue": "nietGeautoriseerd"}})
        assert magazijn.question(nil(naam)) == ["gezegd", "niet"]
        assert magazijn.question(f'<ZKN:{naam} xsi:nil="true"/>') == ["gezegd", "niet"]
        assert magazijn.question(nil(naam, "vastgesteldOnbekend")) == ["onbekend"]

    @pytest.mark.parametrize("soort", ["waardeOnbekend", "nietGeautoriseerd", "nietOndersteund"])
    def test_the_other_kinds_are_ignored(self, magazijn: Magazijn, soort: str) -> None:
        magazijn.zaak("a", einddatum="20260101")
        magazijn.zaak("b", einddatum={"@noValue": soort})
        assert magazijn.hits(nil("einddatum", soort)).meldingen == []
        assert magazijn.question(nil("einddatum", soort) + nil("heeftAlsInitiator", soort)) == ["a", "b"]

    def test_a_group_has_no_value_when_none_of_its_elements_has(self, magazijn: Magazijn) -> None:
        magazijn.zaak("vol", resultaat={"omschrijving": "x"})
        magazijn.zaak("leeg", resultaat={"omschrijving": EMPTY})
        magazijn.zaak("niet")
        magazijn.zaak("groep", resultaat=EMPTY)
        magazijn.zaak("onbekend", resultaat=UNKNOWN)
        magazijn.zaak("deels", resultaat={"omschrijving": EMPTY, "toelichting": "x"})
        assert magazijn.question(nil("resultaat")) == ["groep", "leeg", "niet"]
        assert magazijn.question(nil("resultaat", "vastgesteldOnbekend")) == ["onbekend"]
        assert magazijn.question(z("resultaat", nil("omschrijving"))) == ["deels", "groep", "leeg", "niet", "onbekend"]

    def test_a_repeating_group(self, magazijn: Magazijn) -> None:
        magazijn.zaak("vol", kenmerk=[{"kenmerk": "1", "bron": "x"}])
        magazijn.zaak("gezegd", kenmerk=[EMPTY])
        magazijn.zaak("nil", kenmerk=[{"@nil": "true"}])
        magazijn.zaak("delen", kenmerk=[{"kenmerk": EMPTY, "bron": {"@nil": "true"}}, EMPTY])
        magazijn.zaak("een van twee", kenmerk=[EMPTY, {"kenmerk": EMPTY, "bron": "x"}])
        magazijn.zaak("niet")
        magazijn.zaak("onbekend", kenmerk=[UNKNOWN])
        assert magazijn.question(nil("kenmerk")) == ["delen", "gezegd", "niet", "nil"]
        assert magazijn.question(nil("kenmerk", "vastgesteldOnbekend")) == ["onbekend"]


class TestRange:
    """Selection with vanaf and totEnMet on texts and numbers; dates have a module of their own."""

    def test_both_bounds_belong_to_a_range(self, magazijn: Magazijn) -> None:
        for naam in "abcde":
            magazijn.zaak(naam)
        assert magazijn.question(vanaf=z("identificatie", "b"), until=z("identificatie", "d")) == ["b", "c", "d"]

    def test_a_side_without_value_is_open(self, magazijn: Magazijn) -> None:
        for naam in "abc":
            magazijn.zaak(naam, omschrijving=naam)
        magazijn.zaak("zonder")
        assert magazijn.question(vanaf=nil("omschrijving"), until=z("omschrijving", "b")) == ["a", "b"]
        assert magazijn.question(vanaf=z("omschrijving", "b"), until=nil("omschrijving")) == ["b", "c"]
        assert magazijn.question(vanaf=nil("omschrijving"), until=nil("omschrijving")) == ["a", "b", "c", "zonder"]

    def test_numbers_compare_as_numbers(self, magazijn: Magazijn) -> None:
        for naam, level in {"a": "2", "b": "10", "c": "0009", "d": "x", "e": None}.items():
            magazijn.zaak(naam, **({"zaakniveau": level} if level else {}))
        assert magazijn.question(vanaf=z("zaakniveau", "3"), until=z("zaakniveau", "10")) == ["b", "c"]
        assert magazijn.question(z("zaakniveau", "9")) == ["c"]

    def test_gelijk_and_a_range_go_together(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a", omschrijving="x", startdatum="20260105")
        magazijn.zaak("b", omschrijving="x", startdatum="20250105")
        magazijn.zaak("c", omschrijving="y", startdatum="20260105")
        range_ = {"vanaf": z("startdatum", "20260101"), "until": z("startdatum", "20261231")}
        assert magazijn.question(z("omschrijving", "x"), **range_) == ["a"]


class TestNotSupported:
    """An element that cannot be selected on is ignored and named in a melding (6.3.1)."""

    def test_ignored_criteria_are_named_once(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        relevant = "<ZKN:heeftRelevant><ZKN:gerelateerde/></ZKN:heeftRelevant>"
        extra = "<StUF:extraElementen><StUF:extraElement naam='x'>1</StUF:extraElement></StUF:extraElementen>"
        hits = magazijn.hits(relevant + extra + relevant)
        assert hits.meldingen == ["StUF0001: heeftRelevant extraElementen"]
        assert magazijn.names(hits.ids) == ["a"]

    def test_other_criteria_still_hold(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a", anderZaakObject=[{"omschrijving": "Brug"}])
        magazijn.zaak("b", anderZaakObject=[{"omschrijving": "Weg"}])
        asked = z("anderZaakObject", z("omschrijving", "Brug") + z("lokatie", "<ZKN:x/>"))
        hits = magazijn.hits(asked)
        assert magazijn.names(hits.ids) == ["a"]
        assert hits.meldingen == ["StUF0001: lokatie"]
