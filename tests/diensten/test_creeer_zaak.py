"""creeerZaak: what a new zaak must have, what is derived, what is shared (ZDS 4.1.4; RZS 6.3, 6.4 and 6.6)."""

import re
from collections.abc import Callable

import pytest
from tests.berichten.bouw import (
    NO,
    client,
    gezinsplan,
    is_van,
    lk01,
    mdw,
    new_number,
    nps,
    obj,
    other,
    rol,
    status,
    texts,
    zaak,
)
from tests.diensten.stappen import INITIATOR, details, element, last, new
from tests.soap.conftest import Door

from regiesysteem.db import count_statements

BSN_A, BSN_B, BSN_C = "111222333", "123456782", "999990019"
REGISSEUR = rol("heeftAlsInitiator", mdw("regie1"))


def betrokkene(naam: str, soort: str, inhoud: str) -> str:
    """A betrokkene of another kind than `build` has."""
    return f'<ZKN:{naam} StUF:entiteittype="{soort}" StUF:verwerkingssoort="T">{inhoud}</ZKN:{naam}>'


def with_data(naam: str) -> str:
    """A client whose geslachtsnaam is as given."""
    persoon = nps(BSN_A).replace("<BG:geslachtsnaam>Jansen</BG:geslachtsnaam>", naam)
    return rol("heeftBetrekkingOp", persoon, "<ZKN:omschrijving>Client</ZKN:omschrijving>")


@pytest.mark.parametrize(
    ("object_", "missed"),
    [
        (zaak("1900a0001", relaties=""), "heeftAlsInitiator"),
        (zaak("1900a0001", relaties=rol("heeftAlsInitiator", "")), "heeftAlsInitiator"),
        (zaak("1900a0001", relaties=rol("heeftAlsInitiator", mdw(""))), "medewerker"),
        (
            zaak("1900a0001", relaties=rol("heeftAlsInitiator", betrokkene("natuurlijkPersoon", "NPS", ""))),
            "heeftAlsInitiator",
        ),
        (
            zaak("1900a0001", relaties=rol("heeftAlsInitiator", betrokkene("nietNatuurlijkPersoon", "NNP", ""))),
            "heeftAlsInitiator",
        ),
        (
            zaak("1900a0001", relaties=rol("heeftAlsInitiator", betrokkene("vestiging", "VES", ""))),
            "heeftAlsInitiator",
        ),
        (
            zaak("1900a0001", relaties=rol("heeftAlsInitiator", betrokkene("organisatorischeEenheid", "OEH", ""))),
            "heeftAlsInitiator",
        ),
        (zaak("1900a0001", relaties=rol("heeftAlsInitiator", nps("123456789"))), "elfproef"),
    ],
)
def test_what_a_sender_may_leave_out_or_say_who_is_soepel_is_refused_of_who_is_streng(
    door: Door, object_: str, missed: str
) -> None:
    """ZDS 4.1.4.2; what becomes of it when it is taken stands in `test_soepele_zenders`."""
    for_ = door.counts()
    code, details = door.fout("creeerZaak_Lk01", lk01("T", object_, zender="WmoVoorziening"))
    assert (code, missed in details) == ("StUF055", True), details
    assert door.counts() == for_


@pytest.mark.parametrize(
    ("object_", "missed"),
    [
        (zaak("1900a0001", relaties=INITIATOR * 2), "heeftAlsInitiator komt 2 keer voor"),
        (zaak("1900a0001").replace(is_van("B1026"), ""), "isVan/gerelateerde/code"),
        (zaak("1900a0001").replace("<ZKN:startdatum>20260101</ZKN:startdatum>", ""), "startdatum"),
        (zaak("1900a0001").replace("<ZKN:startdatum>20260101<", f"<ZKN:startdatum {NO}><"), "startdatum"),
        (zaak("1900a0001").replace("<ZKN:identificatie>1900a0001</ZKN:identificatie>", "", 1), "identificatie"),
        (zaak("abc"), "identificatie"),
        (zaak("1900"), "identificatie"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=REGISSEUR), "ontvangen is geen heeftBetrekkingOp"),
        (
            zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A).replace("Client", "client") + REGISSEUR),
            "ontvangen is 'client'",
        ),
        (zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A).replace(BSN_A, "") + REGISSEUR), "inp.bsn"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=with_data("") + REGISSEUR), "geslachtsnaam"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A)), "heeftAlsInitiator"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A) + rol("heeftAlsInitiator", nps(BSN_A))), "medewerker"),
        (
            zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A) + rol("heeftAlsInitiator", mdw("r", ""))),
            "medewerker/achternaam",
        ),
        (zaak("1900a0001", "DOMEINPLAN", relaties=client(BSN_A) + REGISSEUR), "gezinsplan"),
        (zaak("1900a0001", relaties=rol("heeftAlsInitiator", nps("1234567"))), "negen cijfers"),
        (zaak("1900a0001", start="20260230"), "datum"),
        (zaak("1900a0001", after=status(1, "20261301")), "maand"),
        (zaak("1900a0001", after=status(1, "2026010124")), "uur"),
        (zaak("1900a0001").replace('verwerkingssoort="T"', 'verwerkingssoort="W"', 1), "verwerkingssoort"),
    ],
)
def test_a_new_zaak_that_lacks_a_required_part_or_has_a_wrong_value_is_stuf055(
    door: Door, object_: str, missed: str
) -> None:
    """The sender is soepel, so that our rules speak and not the schema."""
    for_ = door.counts()
    code, details = door.fout("creeerZaak_Lk01", lk01("T", object_))
    assert code == "StUF055"
    assert missed in details
    assert door.counts() == for_


def test_all_that_is_missing_is_named_at_once(door: Door) -> None:
    bericht = lk01("T", obj(f"<ZKN:identificatie>1900a1</ZKN:identificatie>{is_van('GEZINSPLAN')}"))
    code, details = door.fout("creeerZaak_Lk01", bericht)
    assert code == "StUF055"
    assert all(part in details for part in ("startdatum", "heeftAlsInitiator", "client"))


@pytest.mark.parametrize(("mutatiesoort", "count"), [("W", 1), ("V", 1), ("T", 2)])
def test_a_creation_is_one_object_with_mutatiesoort_t(door: Door, mutatiesoort: str, count: int) -> None:
    objecten = [zaak(new_number()) for _ in range(count)]
    assert door.fout("creeerZaak_Lk01", lk01(mutatiesoort, *objecten))[0] == "StUF055"


def test_a_levensdomeinplan_and_a_deelplan_refer_to_their_gezinsplan(door: Door) -> None:
    plan, domein = new_number(), new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    relaties = client(BSN_C) + REGISSEUR
    bericht = zaak(domein, "DOMEINPLAN", relaties=relaties + other("heeftBetrekkingOpAndere", plan))
    door.succeeded("creeerZaak_Lk01", lk01("T", bericht))
    part = new(
        door,
        relaties=REGISSEUR + other("heeftBetrekkingOpAndere", plan) + other("heeftBetrekkingOpAndere", domein),
    )
    path = "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"
    assert element(door, part, path) == [plan, domein]
    assert element(door, domein, path) == [plan, part]
    assert sorted(element(door, plan, path)) == sorted([domein, part])
    without_plan = zaak(new_number(), "DOMEINPLAN", relaties=relaties + other("heeftBetrekkingOpAndere", part))
    assert door.fout("creeerZaak_Lk01", lk01("T", without_plan))[0] == "StUF055"


def test_an_unknown_zaaktype_statustype_or_related_zaak_is_stuf064_and_leaves_nothing(door: Door) -> None:
    for_ = door.counts()
    for object_, missed in (
        (zaak("1900a0002", "NIETDAAR"), "NIETDAAR"),
        (zaak("1900a0002", after=status(77, "20260101")), "77"),
        (zaak("1900a0002", relaties=INITIATOR + other("heeftBetrekkingOpAndere", "1900nergens")), "1900nergens"),
        (zaak("1900a0002", relaties=INITIATOR + other("heeftAlsDeelzaak", "1900nergens")), "1900nergens"),
    ):
        code, details = door.fout("creeerZaak_Lk01", lk01("T", object_))
        assert code == "StUF064"
        assert missed in details
        assert "None" not in details
    assert door.counts() == for_


def test_an_unknown_zaaktype_and_its_statustype_are_taken_over_when_the_inrichting_says_so(
    make_door: Callable[..., Door],
) -> None:
    clear = make_door(
        **{
            'onbekend_zaaktype = "weigeren"': 'onbekend_zaaktype = "overnemen"',
            'onbekende_status = "weigeren"': 'onbekende_status = "overnemen"',
        }
    )
    type_ = (
        '<ZKN:isVan StUF:entiteittype="ZAKZKT" StUF:verwerkingssoort="T">'
        '<ZKN:gerelateerde StUF:entiteittype="ZKT" StUF:verwerkingssoort="T">'
        "<ZKN:omschrijving>Nieuw soort zaak</ZKN:omschrijving><ZKN:code>NIEUW1</ZKN:code>"
        "<ZKN:ingangsdatumObject>20200101</ZKN:ingangsdatumObject></ZKN:gerelateerde></ZKN:isVan>"
    )
    stt = "<ZKN:volgnummer>7</ZKN:volgnummer><ZKN:omschrijving>Op bezoek</ZKN:omschrijving>"
    number = new_number()
    bericht = zaak(number, after=status("", "20260301", stt=stt)).replace(is_van("B1026"), type_)
    clear.succeeded("creeerZaak_Lk01", lk01("T", bericht))
    assert element(clear, number, "z:isVan/z:gerelateerde/z:omschrijving") == ["Nieuw soort zaak"]
    assert element(clear, number, "z:isVan/z:gerelateerde/z:ingangsdatumObject") == ["20200101"]
    assert last(clear, number) == ["Op bezoek"]
    assert element(clear, new(clear, code="NIEUW1"), "z:isVan/z:gerelateerde/z:omschrijving") == ["Nieuw soort zaak"]
    without_code = zaak(new_number()).replace(
        is_van("B1026"), type_.replace("<ZKN:code>NIEUW1</ZKN:code>", "").replace("Nieuw soort", "Ander soort")
    )
    code, details = clear.fout("creeerZaak_Lk01", lk01("T", without_code))
    assert (code, "isVan/gerelateerde/code" in details) == ("StUF055", True)
    make_door()


def test_a_zaaktype_is_found_by_its_omschrijving_too(door: Door) -> None:
    by_naam = is_van("x").replace("<ZKN:code>x</ZKN:code>", "<ZKN:omschrijving>Aanvraag minima</ZKN:omschrijving>")
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number).replace(is_van("B1026"), by_naam)))
    assert element(door, number, "z:isVan/z:gerelateerde/z:code") == ["B1026"]


def test_a_zaaktype_that_is_vervallen_takes_no_new_zaken_and_keeps_its_own(make_door: Callable[..., Door]) -> None:
    door = make_door()
    number = new(door)
    without = make_door(**{'code = "B1026"': 'code = "B1026N"'})
    code, details = without.fout("creeerZaak_Lk01", lk01("T", zaak(new_number())))
    assert (code, "vervallen" in details) == ("StUF064", True)
    assert element(without, number, "z:isVan/z:gerelateerde/z:code") == ["B1026"]
    make_door()


def test_an_identificatie_that_is_taken_is_stuf067(door: Door) -> None:
    number = new(door)
    for_ = door.counts()
    code, details = door.fout("creeerZaak_Lk01", lk01("T", zaak(number, relaties=rol("heeftAlsInitiator", mdw("n1")))))
    assert (code, number in details) == ("StUF067", True)
    assert door.counts() == for_


def test_what_the_sender_leaves_out_is_derived(door: Door) -> None:
    number = new(door, start="20260101")
    assert element(door, number, "z:einddatumGepland") == ["20260212"]
    assert element(door, number, "z:zaakniveau") == ["1"]
    assert element(door, number, "z:deelzakenIndicatie") == ["N"]
    assert len(element(door, number, "z:registratiedatum")[0]) == 8
    assert element(door, number, "z:heeft/z:gerelateerde/z:omschrijving") == ["Ontvangen"]
    assert element(door, number, "z:heeft/z:indicatieLaatsteStatus") == ["J"]
    assert element(door, number, "z:heeft/z:datumStatusGezet") == ["20260101"]


def test_what_the_sender_says_is_not_derived(door: Door) -> None:
    said = f"<ZKN:registratiedatum>20250101</ZKN:registratiedatum><ZKN:einddatumGepland {NO}/>"
    number = new(door, elementen=said)
    assert element(door, number, "z:registratiedatum") == ["20250101"]
    assert element(door, number, "z:einddatumGepland") == [""]


@pytest.mark.parametrize(
    ("who", "path"),
    [
        (nps(BSN_A), "z:natuurlijkPersoon/b:inp.bsn"),
        (mdw("m1"), "z:medewerker/z:identificatie"),
        (
            betrokkene(
                "organisatorischeEenheid",
                "OEH",
                "<ZKN:identificatie>wijkteam</ZKN:identificatie><ZKN:naam>Wijkteam</ZKN:naam>",
            ),
            "z:organisatorischeEenheid/z:identificatie",
        ),
        (
            betrokkene(
                "nietNatuurlijkPersoon",
                "NNP",
                '<BG:inn.nnpId>123456782</BG:inn.nnpId><BG:authentiek StUF:metagegeven="true">N</BG:authentiek>',
            ),
            "z:nietNatuurlijkPersoon/b:inn.nnpId",
        ),
        (
            betrokkene("vestiging", "VES", "<BG:vestigingsNummer>000012345678</BG:vestigingsNummer>"),
            "z:vestiging/b:vestigingsNummer",
        ),
    ],
)
@pytest.mark.parametrize(
    "naam",
    [
        "heeftAlsInitiator",
        "heeftAlsBelanghebbende",
        "heeftAlsGemachtigde",
        "heeftAlsUitvoerende",
        "heeftAlsVerantwoordelijke",
        "heeftAlsOverigBetrokkene",
    ],
)
def test_every_kind_of_betrokkene_can_have_every_role(door: Door, naam: str, who: str, path: str) -> None:
    order = ["Belanghebbende", "Gemachtigde", "Initiator", "Uitvoerende", "Verantwoordelijke", "OverigBetrokkene"]
    relaties = {f"heeftAls{soort}": "" for soort in order} | {"heeftAlsInitiator": INITIATOR}
    number = new(door, relaties="".join((relaties | {naam: rol(naam, who)}).values()))
    assert element(door, number, f"z:{naam}/z:gerelateerde/{path}") != []


def test_what_a_new_zaak_says_of_its_zaaktype_comes_back(door: Door) -> None:
    number = new_number()
    extra = '<StUF:extraElementen><StUF:extraElement naam="soort">nieuw</StUF:extraElement></StUF:extraElementen>'
    with_extra = is_van("B1026").replace("</ZKN:isVan>", f"{extra}</ZKN:isVan>")
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number).replace(is_van("B1026"), with_extra)))
    assert element(door, number, "z:isVan/s:extraElementen/s:extraElement") == ["nieuw"]


def test_a_person_is_shared_and_a_later_message_does_not_change_him(door: Door) -> None:
    first = new(door, relaties=rol("heeftAlsInitiator", nps(BSN_B, "Eerste")))
    second = new(
        door, relaties=rol("heeftAlsInitiator", nps(BSN_B, "Tweede", extra="<BG:voornamen>Jan</BG:voornamen>"))
    )
    naam = "z:heeftAlsInitiator//b:geslachtsnaam"
    assert element(door, first, naam) == ["Eerste"]
    assert element(door, first, "z:heeftAlsInitiator//b:voornamen") == [""]
    assert element(door, second, naam) == ["Tweede"]
    assert element(door, second, "z:heeftAlsInitiator//b:voornamen") == ["Jan"]
    with door.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT naam FROM object WHERE sleutel = %s", (f"bsn:{BSN_B}",)).all()
    assert rows == [("Eerste",)]


def test_one_message_may_say_different_things_of_one_person(door: Door) -> None:
    relaties = (
        rol("heeftBetrekkingOp", nps("999992740", "Zo"))
        + rol("heeftAlsBelanghebbende", nps("999992740", "Anders"))
        + rol("heeftAlsInitiator", nps("999992740", "Zo"))
    )
    number = new(door, relaties=relaties)
    assert element(door, number, "z:heeftBetrekkingOp//b:geslachtsnaam") == ["Zo"]
    assert element(door, number, "z:heeftAlsBelanghebbende//b:geslachtsnaam") == ["Anders"]
    assert element(door, number, "z:heeftAlsInitiator//b:geslachtsnaam") == ["Zo"]


def test_people_without_a_number_are_not_taken_for_each_other(door: Door) -> None:
    naamloos = nps("").replace("<BG:inp.bsn></BG:inp.bsn>", f"<BG:inp.bsn {NO}/>")
    one, other_ = (
        new(door, relaties=with_belanghebbende(naamloos.replace("Jansen", naam))) for naam in ("Een", "Twee")
    )
    path = "z:heeftAlsBelanghebbende//b:geslachtsnaam"
    assert (element(door, one, path), element(door, other_, path)) == (["Een"], ["Twee"])


def with_belanghebbende(who: str) -> str:
    """A belanghebbende beside the initiator."""
    return rol("heeftAlsBelanghebbende", who) + INITIATOR


def test_t_on_a_related_zaak_that_exists_counts_as_i(door: Door) -> None:
    plan = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    reference = other("heeftBetrekkingOpAndere", plan).replace(
        'entiteittype="ZAK" StUF:verwerkingssoort="I"', 'entiteittype="ZAK" StUF:verwerkingssoort="T"'
    )
    part = new(door, relaties=INITIATOR + reference)
    assert element(door, part, "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie") == [plan]


def test_a_hoofdzaak_shows_its_deelzaak_and_the_other_way_round(door: Door) -> None:
    part = new(door)
    hoofd = new(door, relaties=INITIATOR + other("heeftAlsDeelzaak", part))
    assert element(door, hoofd, "z:heeftAlsDeelzaak/z:gerelateerde/z:identificatie") == [part]
    assert element(door, part, "z:heeftAlsHoofdzaak/z:gerelateerde/z:identificatie") == [hoofd]


def test_a_zaak_does_not_relate_to_itself(door: Door) -> None:
    number = new_number()
    bericht = lk01("T", zaak(number, relaties=INITIATOR + other("heeftAlsDeelzaak", number)))
    assert door.fout("creeerZaak_Lk01", bericht)[0] == "StUF064", "it does not exist when it refers to itself"


def test_a_relation_said_twice_in_one_message_is_one(door: Door) -> None:
    part = new(door)
    hoofd = new(door, relaties=INITIATOR + other("heeftAlsDeelzaak", part) * 2)
    assert element(door, hoofd, "z:heeftAlsDeelzaak/z:gerelateerde/z:identificatie") == [part]


def test_statements_do_not_grow_with_the_message(door: Door) -> None:
    """Issue 2: at most ten round trips for a creeerZaak, of which BEGIN and COMMIT are two."""
    others = [new(door) for _ in range(12)]

    def kosten(count: int, round_: int) -> int:
        who = "".join(rol("heeftAlsBelanghebbende", mdw(f"k{round_}-{i}")) for i in range(count)) + INITIATOR
        zaken = "".join(other("heeftBetrekkingOpAndere", number) for number in others[: count // 4])
        statussen = "".join(status(1, f"202603{1 + i % 28:02d}") for i in range(count))
        bericht = lk01("T", zaak(new_number(), relaties=who + zaken, after=statussen))
        with count_statements() as counter:
            door.succeeded("creeerZaak_Lk01", bericht)
        return counter.aantal

    assert kosten(4, 1) == kosten(48, 2) <= 8
    assert kosten(48, 2) <= 8, "all of them known by now"


def test_a_huge_message_is_registered_whole(door: Door) -> None:
    kenmerken = "".join(
        f"<ZKN:kenmerk><ZKN:kenmerk>{i}</ZKN:kenmerk><ZKN:bron>b</ZKN:bron></ZKN:kenmerk>" for i in range(1000)
    )
    who = "".join(rol("heeftAlsBelanghebbende", mdw(f"groot{i}")) for i in range(500)) + INITIATOR
    number = new_number()
    begin = zaak(number, relaties=who).replace("<ZKN:startdatum>", f"{kenmerken}<ZKN:startdatum>", 1)
    door.succeeded("creeerZaak_Lk01", lk01("T", begin))
    assert element(door, number, "z:kenmerk/z:kenmerk") == [str(i) for i in range(1000)]
    assert element(door, number, "z:heeftAlsBelanghebbende//z:identificatie") == [f"groot{i}" for i in range(500)]


def test_a_status_without_datum_is_refused(door: Door) -> None:
    """As actualiseerZaakstatus does: an eindstatus without a day would leave the zaak open (ZDS 4.1.3.2)."""
    without = re.sub("<ZKN:datumStatusGezet>.*?</ZKN:datumStatusGezet>", "", status(3, "20260101"))
    code, details = door.fout("creeerZaak_Lk01", lk01("T", zaak(new_number(), after=without)))
    assert code == "StUF055"
    assert "datumStatusGezet" in details


def test_a_zaak_of_which_the_first_day_is_not_known_gets_its_status_today(door: Door) -> None:
    number = new_number()
    month = zaak(number).replace("<ZKN:startdatum>20260101", '<ZKN:startdatum StUF:indOnvolledigeDatum="D">20260100')
    door.succeeded("creeerZaak_Lk01", lk01("T", month))
    [gezet] = element(door, number, "z:heeft/z:datumStatusGezet")
    assert len(gezet) == 8
    assert not gezet.endswith("00")


@pytest.mark.parametrize("text", ["QUJDRA==", "geen base64!", "Q" * 54 + "=="])
def test_what_has_the_name_of_a_file_in_a_zaakobject_comes_back_as_it_came(door: Door, text: str) -> None:
    number = new_number()
    pand = f"""<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="T">
      <ZKN:inhoud StUF:bestandsnaam="plan.pdf">{text}</ZKN:inhoud></ZKN:pand>"""
    relaties = rol("heeftBetrekkingOp", pand) + INITIATOR
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=relaties)))
    answer = details(door, number)
    assert texts(answer, "//z:pand/z:inhoud") == [text]
    assert texts(answer, "//z:pand/z:inhoud/@s:bestandsnaam") == ["plan.pdf"]


def test_a_long_base64_in_a_zaakobject_is_refused(door: Door) -> None:
    pand = f"""<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="T">
      <ZKN:inhoud>{"QUJD" * 20_000}</ZKN:inhoud></ZKN:pand>"""
    relaties = rol("heeftBetrekkingOp", pand) + INITIATOR
    code, explanation = door.fout("creeerZaak_Lk01", lk01("T", zaak(new_number(), relaties=relaties)))
    assert (code, "alleen in object/inhoud van een document" in explanation) == ("StUF055", True)
