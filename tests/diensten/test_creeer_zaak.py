"""creeerZaak: what a new zaak must have, what is derived, what is shared (ZDS 4.1.4; RZS 6.3, 6.4 and 6.6)."""

import re
from collections.abc import Callable

import pytest
from tests.berichten.bouw import (
    GEEN,
    ander,
    client,
    gezinsplan,
    is_van,
    lk01,
    mdw,
    nieuw_nummer,
    nps,
    obj,
    rol,
    status,
    teksten,
    zaak,
)
from tests.diensten.stappen import INITIATOR, details, element, laatste, nieuw
from tests.soap.conftest import Deur

from regiesysteem.db import tel_statements

BSN_A, BSN_B, BSN_C = "111222333", "123456782", "999990019"
REGISSEUR = rol("heeftAlsInitiator", mdw("regie1"))


def betrokkene(naam: str, soort: str, inhoud: str) -> str:
    """A betrokkene of another kind than `bouw` has."""
    return f'<ZKN:{naam} StUF:entiteittype="{soort}" StUF:verwerkingssoort="T">{inhoud}</ZKN:{naam}>'


def met_gegevens(naam: str) -> str:
    """A client whose geslachtsnaam is as given."""
    persoon = nps(BSN_A).replace("<BG:geslachtsnaam>Jansen</BG:geslachtsnaam>", naam)
    return rol("heeftBetrekkingOp", persoon, "<ZKN:omschrijving>Client</ZKN:omschrijving>")


@pytest.mark.parametrize(
    ("object_", "gemist"),
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
    deur: Deur, object_: str, gemist: str
) -> None:
    """ZDS 4.1.4.2; what becomes of it when it is taken stands in `test_soepele_zenders`."""
    voor = deur.aantallen()
    code, details = deur.fout("creeerZaak_Lk01", lk01("T", object_, zender="WmoVoorziening"))
    assert (code, gemist in details) == ("StUF055", True), details
    assert deur.aantallen() == voor


@pytest.mark.parametrize(
    ("object_", "gemist"),
    [
        (zaak("1900a0001", relaties=INITIATOR * 2), "heeftAlsInitiator komt 2 keer voor"),
        (zaak("1900a0001").replace(is_van("B1026"), ""), "isVan/gerelateerde/code"),
        (zaak("1900a0001").replace("<ZKN:startdatum>20260101</ZKN:startdatum>", ""), "startdatum"),
        (zaak("1900a0001").replace("<ZKN:startdatum>20260101<", f"<ZKN:startdatum {GEEN}><"), "startdatum"),
        (zaak("1900a0001").replace("<ZKN:identificatie>1900a0001</ZKN:identificatie>", "", 1), "identificatie"),
        (zaak("abc"), "identificatie"),
        (zaak("1900"), "identificatie"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=REGISSEUR), "ontvangen is geen heeftBetrekkingOp"),
        (
            zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A).replace("Client", "client") + REGISSEUR),
            "ontvangen is 'client'",
        ),
        (zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A).replace(BSN_A, "") + REGISSEUR), "inp.bsn"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=met_gegevens("") + REGISSEUR), "geslachtsnaam"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A)), "heeftAlsInitiator"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A) + rol("heeftAlsInitiator", nps(BSN_A))), "medewerker"),
        (
            zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A) + rol("heeftAlsInitiator", mdw("r", ""))),
            "medewerker/achternaam",
        ),
        (zaak("1900a0001", "DOMEINPLAN", relaties=client(BSN_A) + REGISSEUR), "gezinsplan"),
        (zaak("1900a0001", relaties=rol("heeftAlsInitiator", nps("1234567"))), "negen cijfers"),
        (zaak("1900a0001", start="20260230"), "datum"),
        (zaak("1900a0001", na=status(1, "20261301")), "maand"),
        (zaak("1900a0001", na=status(1, "2026010124")), "uur"),
        (zaak("1900a0001").replace('verwerkingssoort="T"', 'verwerkingssoort="W"', 1), "verwerkingssoort"),
    ],
)
def test_a_new_zaak_that_lacks_a_required_part_or_has_a_wrong_value_is_stuf055(
    deur: Deur, object_: str, gemist: str
) -> None:
    """The sender is soepel, so that our rules speak and not the schema."""
    voor = deur.aantallen()
    code, details = deur.fout("creeerZaak_Lk01", lk01("T", object_))
    assert code == "StUF055"
    assert gemist in details
    assert deur.aantallen() == voor


def test_all_that_is_missing_is_named_at_once(deur: Deur) -> None:
    bericht = lk01("T", obj(f"<ZKN:identificatie>1900a1</ZKN:identificatie>{is_van('GEZINSPLAN')}"))
    code, details = deur.fout("creeerZaak_Lk01", bericht)
    assert code == "StUF055"
    assert all(deel in details for deel in ("startdatum", "heeftAlsInitiator", "client"))


@pytest.mark.parametrize(("mutatiesoort", "aantal"), [("W", 1), ("V", 1), ("T", 2)])
def test_a_creation_is_one_object_with_mutatiesoort_t(deur: Deur, mutatiesoort: str, aantal: int) -> None:
    objecten = [zaak(nieuw_nummer()) for _ in range(aantal)]
    assert deur.fout("creeerZaak_Lk01", lk01(mutatiesoort, *objecten))[0] == "StUF055"


def test_a_levensdomeinplan_and_a_deelplan_refer_to_their_gezinsplan(deur: Deur) -> None:
    plan, domein = nieuw_nummer(), nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    relaties = client(BSN_C) + REGISSEUR
    bericht = zaak(domein, "DOMEINPLAN", relaties=relaties + ander("heeftBetrekkingOpAndere", plan))
    deur.gelukt("creeerZaak_Lk01", lk01("T", bericht))
    deel = nieuw(
        deur,
        relaties=REGISSEUR + ander("heeftBetrekkingOpAndere", plan) + ander("heeftBetrekkingOpAndere", domein),
    )
    pad = "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"
    assert element(deur, deel, pad) == [plan, domein]
    assert element(deur, domein, pad) == [plan, deel]
    assert sorted(element(deur, plan, pad)) == sorted([domein, deel])
    zonder_plan = zaak(nieuw_nummer(), "DOMEINPLAN", relaties=relaties + ander("heeftBetrekkingOpAndere", deel))
    assert deur.fout("creeerZaak_Lk01", lk01("T", zonder_plan))[0] == "StUF055"


def test_an_unknown_zaaktype_statustype_or_related_zaak_is_stuf064_and_leaves_nothing(deur: Deur) -> None:
    voor = deur.aantallen()
    for object_, gemist in (
        (zaak("1900a0002", "NIETDAAR"), "NIETDAAR"),
        (zaak("1900a0002", na=status(77, "20260101")), "77"),
        (zaak("1900a0002", relaties=INITIATOR + ander("heeftBetrekkingOpAndere", "1900nergens")), "1900nergens"),
        (zaak("1900a0002", relaties=INITIATOR + ander("heeftAlsDeelzaak", "1900nergens")), "1900nergens"),
    ):
        code, details = deur.fout("creeerZaak_Lk01", lk01("T", object_))
        assert code == "StUF064"
        assert gemist in details
        assert "None" not in details
    assert deur.aantallen() == voor


def test_an_unknown_zaaktype_and_its_statustype_are_taken_over_when_the_inrichting_says_so(
    maak_deur: Callable[..., Deur],
) -> None:
    ruim = maak_deur(
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
    nummer = nieuw_nummer()
    bericht = zaak(nummer, na=status("", "20260301", stt=stt)).replace(is_van("B1026"), type_)
    ruim.gelukt("creeerZaak_Lk01", lk01("T", bericht))
    assert element(ruim, nummer, "z:isVan/z:gerelateerde/z:omschrijving") == ["Nieuw soort zaak"]
    assert element(ruim, nummer, "z:isVan/z:gerelateerde/z:ingangsdatumObject") == ["20200101"]
    assert laatste(ruim, nummer) == ["Op bezoek"]
    assert element(ruim, nieuw(ruim, code="NIEUW1"), "z:isVan/z:gerelateerde/z:omschrijving") == ["Nieuw soort zaak"]
    zonder_code = zaak(nieuw_nummer()).replace(
        is_van("B1026"), type_.replace("<ZKN:code>NIEUW1</ZKN:code>", "").replace("Nieuw soort", "Ander soort")
    )
    code, details = ruim.fout("creeerZaak_Lk01", lk01("T", zonder_code))
    assert (code, "isVan/gerelateerde/code" in details) == ("StUF055", True)
    maak_deur()


def test_a_zaaktype_is_found_by_its_omschrijving_too(deur: Deur) -> None:
    op_naam = is_van("x").replace("<ZKN:code>x</ZKN:code>", "<ZKN:omschrijving>Aanvraag minima</ZKN:omschrijving>")
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer).replace(is_van("B1026"), op_naam)))
    assert element(deur, nummer, "z:isVan/z:gerelateerde/z:code") == ["B1026"]


def test_a_zaaktype_that_is_vervallen_takes_no_new_zaken_and_keeps_its_own(maak_deur: Callable[..., Deur]) -> None:
    deur = maak_deur()
    nummer = nieuw(deur)
    zonder = maak_deur(**{'code = "B1026"': 'code = "B1026N"'})
    code, details = zonder.fout("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer())))
    assert (code, "vervallen" in details) == ("StUF064", True)
    assert element(zonder, nummer, "z:isVan/z:gerelateerde/z:code") == ["B1026"]
    maak_deur()


def test_an_identificatie_that_is_taken_is_stuf067(deur: Deur) -> None:
    nummer = nieuw(deur)
    voor = deur.aantallen()
    code, details = deur.fout("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=rol("heeftAlsInitiator", mdw("n1")))))
    assert (code, nummer in details) == ("StUF067", True)
    assert deur.aantallen() == voor


def test_what_the_sender_leaves_out_is_derived(deur: Deur) -> None:
    nummer = nieuw(deur, start="20260101")
    assert element(deur, nummer, "z:einddatumGepland") == ["20260212"]
    assert element(deur, nummer, "z:zaakniveau") == ["1"]
    assert element(deur, nummer, "z:deelzakenIndicatie") == ["N"]
    assert len(element(deur, nummer, "z:registratiedatum")[0]) == 8
    assert element(deur, nummer, "z:heeft/z:gerelateerde/z:omschrijving") == ["Ontvangen"]
    assert element(deur, nummer, "z:heeft/z:indicatieLaatsteStatus") == ["J"]
    assert element(deur, nummer, "z:heeft/z:datumStatusGezet") == ["20260101"]


def test_what_the_sender_says_is_not_derived(deur: Deur) -> None:
    gezegd = f"<ZKN:registratiedatum>20250101</ZKN:registratiedatum><ZKN:einddatumGepland {GEEN}/>"
    nummer = nieuw(deur, elementen=gezegd)
    assert element(deur, nummer, "z:registratiedatum") == ["20250101"]
    assert element(deur, nummer, "z:einddatumGepland") == [""]


@pytest.mark.parametrize(
    ("wie", "pad"),
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
def test_every_kind_of_betrokkene_can_have_every_role(deur: Deur, naam: str, wie: str, pad: str) -> None:
    volgorde = ["Belanghebbende", "Gemachtigde", "Initiator", "Uitvoerende", "Verantwoordelijke", "OverigBetrokkene"]
    relaties = {f"heeftAls{soort}": "" for soort in volgorde} | {"heeftAlsInitiator": INITIATOR}
    nummer = nieuw(deur, relaties="".join((relaties | {naam: rol(naam, wie)}).values()))
    assert element(deur, nummer, f"z:{naam}/z:gerelateerde/{pad}") != []


def test_what_a_new_zaak_says_of_its_zaaktype_comes_back(deur: Deur) -> None:
    nummer = nieuw_nummer()
    extra = '<StUF:extraElementen><StUF:extraElement naam="soort">nieuw</StUF:extraElement></StUF:extraElementen>'
    with_extra = is_van("B1026").replace("</ZKN:isVan>", f"{extra}</ZKN:isVan>")
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer).replace(is_van("B1026"), with_extra)))
    assert element(deur, nummer, "z:isVan/s:extraElementen/s:extraElement") == ["nieuw"]


def test_a_person_is_shared_and_a_later_message_does_not_change_him(deur: Deur) -> None:
    eerste = nieuw(deur, relaties=rol("heeftAlsInitiator", nps(BSN_B, "Eerste")))
    tweede = nieuw(
        deur, relaties=rol("heeftAlsInitiator", nps(BSN_B, "Tweede", extra="<BG:voornamen>Jan</BG:voornamen>"))
    )
    naam = "z:heeftAlsInitiator//b:geslachtsnaam"
    assert element(deur, eerste, naam) == ["Eerste"]
    assert element(deur, eerste, "z:heeftAlsInitiator//b:voornamen") == [""]
    assert element(deur, tweede, naam) == ["Tweede"]
    assert element(deur, tweede, "z:heeftAlsInitiator//b:voornamen") == ["Jan"]
    with deur.motor.connect() as verbinding:
        rijen = verbinding.exec_driver_sql("SELECT naam FROM object WHERE sleutel = %s", (f"bsn:{BSN_B}",)).all()
    assert rijen == [("Eerste",)]


def test_one_message_may_say_different_things_of_one_person(deur: Deur) -> None:
    relaties = (
        rol("heeftBetrekkingOp", nps("999992740", "Zo"))
        + rol("heeftAlsBelanghebbende", nps("999992740", "Anders"))
        + rol("heeftAlsInitiator", nps("999992740", "Zo"))
    )
    nummer = nieuw(deur, relaties=relaties)
    assert element(deur, nummer, "z:heeftBetrekkingOp//b:geslachtsnaam") == ["Zo"]
    assert element(deur, nummer, "z:heeftAlsBelanghebbende//b:geslachtsnaam") == ["Anders"]
    assert element(deur, nummer, "z:heeftAlsInitiator//b:geslachtsnaam") == ["Zo"]


def test_people_without_a_number_are_not_taken_for_each_other(deur: Deur) -> None:
    naamloos = nps("").replace("<BG:inp.bsn></BG:inp.bsn>", f"<BG:inp.bsn {GEEN}/>")
    een, ander_ = (
        nieuw(deur, relaties=met_belanghebbende(naamloos.replace("Jansen", naam))) for naam in ("Een", "Twee")
    )
    pad = "z:heeftAlsBelanghebbende//b:geslachtsnaam"
    assert (element(deur, een, pad), element(deur, ander_, pad)) == (["Een"], ["Twee"])


def met_belanghebbende(wie: str) -> str:
    """A belanghebbende beside the initiator."""
    return rol("heeftAlsBelanghebbende", wie) + INITIATOR


def test_t_on_a_related_zaak_that_exists_counts_as_i(deur: Deur) -> None:
    plan = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    verwijzing = ander("heeftBetrekkingOpAndere", plan).replace(
        'entiteittype="ZAK" StUF:verwerkingssoort="I"', 'entiteittype="ZAK" StUF:verwerkingssoort="T"'
    )
    deel = nieuw(deur, relaties=INITIATOR + verwijzing)
    assert element(deur, deel, "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie") == [plan]


def test_a_hoofdzaak_shows_its_deelzaak_and_the_other_way_round(deur: Deur) -> None:
    deel = nieuw(deur)
    hoofd = nieuw(deur, relaties=INITIATOR + ander("heeftAlsDeelzaak", deel))
    assert element(deur, hoofd, "z:heeftAlsDeelzaak/z:gerelateerde/z:identificatie") == [deel]
    assert element(deur, deel, "z:heeftAlsHoofdzaak/z:gerelateerde/z:identificatie") == [hoofd]


def test_a_zaak_does_not_relate_to_itself(deur: Deur) -> None:
    nummer = nieuw_nummer()
    bericht = lk01("T", zaak(nummer, relaties=INITIATOR + ander("heeftAlsDeelzaak", nummer)))
    assert deur.fout("creeerZaak_Lk01", bericht)[0] == "StUF064", "it does not exist when it refers to itself"


def test_a_relation_said_twice_in_one_message_is_one(deur: Deur) -> None:
    deel = nieuw(deur)
    hoofd = nieuw(deur, relaties=INITIATOR + ander("heeftAlsDeelzaak", deel) * 2)
    assert element(deur, hoofd, "z:heeftAlsDeelzaak/z:gerelateerde/z:identificatie") == [deel]


def test_statements_do_not_grow_with_the_message(deur: Deur) -> None:
    """Issue 2: at most ten round trips for a creeerZaak, of which BEGIN and COMMIT are two."""
    andere = [nieuw(deur) for _ in range(12)]

    def kosten(aantal: int, ronde: int) -> int:
        wie = "".join(rol("heeftAlsBelanghebbende", mdw(f"k{ronde}-{i}")) for i in range(aantal)) + INITIATOR
        zaken = "".join(ander("heeftBetrekkingOpAndere", nummer) for nummer in andere[: aantal // 4])
        statussen = "".join(status(1, f"202603{1 + i % 28:02d}") for i in range(aantal))
        bericht = lk01("T", zaak(nieuw_nummer(), relaties=wie + zaken, na=statussen))
        with tel_statements() as teller:
            deur.gelukt("creeerZaak_Lk01", bericht)
        return teller.aantal

    assert kosten(4, 1) == kosten(48, 2) <= 8
    assert kosten(48, 2) <= 8, "all of them known by now"


def test_a_huge_message_is_registered_whole(deur: Deur) -> None:
    kenmerken = "".join(
        f"<ZKN:kenmerk><ZKN:kenmerk>{i}</ZKN:kenmerk><ZKN:bron>b</ZKN:bron></ZKN:kenmerk>" for i in range(1000)
    )
    wie = "".join(rol("heeftAlsBelanghebbende", mdw(f"groot{i}")) for i in range(500)) + INITIATOR
    nummer = nieuw_nummer()
    begin = zaak(nummer, relaties=wie).replace("<ZKN:startdatum>", f"{kenmerken}<ZKN:startdatum>", 1)
    deur.gelukt("creeerZaak_Lk01", lk01("T", begin))
    assert element(deur, nummer, "z:kenmerk/z:kenmerk") == [str(i) for i in range(1000)]
    assert element(deur, nummer, "z:heeftAlsBelanghebbende//z:identificatie") == [f"groot{i}" for i in range(500)]


def test_a_status_without_datum_is_refused(deur: Deur) -> None:
    """As actualiseerZaakstatus does: an eindstatus without a day would leave the zaak open (ZDS 4.1.3.2)."""
    zonder = re.sub("<ZKN:datumStatusGezet>.*?</ZKN:datumStatusGezet>", "", status(3, "20260101"))
    code, details = deur.fout("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), na=zonder)))
    assert code == "StUF055"
    assert "datumStatusGezet" in details


def test_a_zaak_of_which_the_first_day_is_not_known_gets_its_status_today(deur: Deur) -> None:
    nummer = nieuw_nummer()
    maand = zaak(nummer).replace("<ZKN:startdatum>20260101", '<ZKN:startdatum StUF:indOnvolledigeDatum="D">20260100')
    deur.gelukt("creeerZaak_Lk01", lk01("T", maand))
    [gezet] = element(deur, nummer, "z:heeft/z:datumStatusGezet")
    assert len(gezet) == 8
    assert not gezet.endswith("00")


@pytest.mark.parametrize("tekst", ["QUJDRA==", "geen base64!", "Q" * 54 + "=="])
def test_what_has_the_name_of_a_file_in_a_zaakobject_comes_back_as_it_came(deur: Deur, tekst: str) -> None:
    nummer = nieuw_nummer()
    pand = f"""<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="T">
      <ZKN:inhoud StUF:bestandsnaam="plan.pdf">{tekst}</ZKN:inhoud></ZKN:pand>"""
    relaties = rol("heeftBetrekkingOp", pand) + INITIATOR
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=relaties)))
    antwoord = details(deur, nummer)
    assert teksten(antwoord, "//z:pand/z:inhoud") == [tekst]
    assert teksten(antwoord, "//z:pand/z:inhoud/@s:bestandsnaam") == ["plan.pdf"]


def test_a_long_base64_in_a_zaakobject_is_refused(deur: Deur) -> None:
    pand = f"""<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="T">
      <ZKN:inhoud>{"QUJD" * 20_000}</ZKN:inhoud></ZKN:pand>"""
    relaties = rol("heeftBetrekkingOp", pand) + INITIATOR
    code, uitleg = deur.fout("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), relaties=relaties)))
    assert (code, "alleen in object/inhoud van een document" in uitleg) == ("StUF055", True)
