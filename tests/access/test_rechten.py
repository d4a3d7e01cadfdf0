"""Elements that a sender never gets, the signaal, bounds, own zaken, and the explanation of a right."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from tests.access.logstappen import looks, newest, people, pseudonyms
from tests.access.wereld import (
    ANDER,
    BSNS,
    INRICHTING,
    VRAGER,
    ZAKEN,
    Wereld,
    make_wereld,
    question,
    read_document,
    steps,
)
from tests.berichten.bouw import lk01, lv01, nps, obj, rol, texts
from tests.berichten.documenten import bewerken, edc_select
from tests.berichten.regie import answer as overdrachtantwoord
from tests.berichten.regie import bevestiging
from tests.conftest import SJABLOON, fresh_database
from tests.diensten.stappen import sleutel
from tests.notifications.stappen import notificatie, sql

from regiesysteem.access.caller import Caller, Grant, grant_of
from regiesysteem.access.omit import leave_out
from regiesysteem.access.rights import explain_rights
from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.embedded import EmbeddedPostgres
from regiesysteem.inrichting.check import InrichtingError, warnings
from regiesysteem.inrichting.current import InrichtingSource, read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.notifications.explain import explain, regels
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.notifications.routing import NOT_GRANTED
from regiesysteem.notifications.transfers import hand_over
from regiesysteem.storage import make_storage
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.xml import parse
from regiesysteem.zakenmagazijn.events import report_destroyed
from regiesysteem.zkn.elements import ELEMENTNAMEN

Grants = Callable[[str], Wereld]


@pytest.fixture(scope="module")
def engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """The whole world, in a database of this module."""
    for url in fresh_database(postgres, SJABLOON):
        engine = make_engine(url)
        make_wereld(engine, "", steps())
        yield engine
        engine.dispose()


@pytest.fixture
def grants(engine: Engine) -> Grants:
    """Give the sender other rights."""
    return lambda rechten: make_wereld(engine, rechten, ())


# --- zonder


def test_an_element_that_it_never_gets_is_in_no_answer(grants: Grants) -> None:
    """As if it was not asked: whatever the scope, at every depth, in answers about documents, in what it is sent."""
    zonder = ["inp.bsn", "heeftAlsBelanghebbende", "titel", "toelichting"]
    free, wereld = grants(""), None
    asked = {
        "zakLv01": question(),
        "geefZaakdetails_Lv01": lv01(sleutel(ZAKEN[0].nummer), 'StUF:scope="alles"'),
        "geefLijstZaakdocumenten_Lv01": lv01(sleutel(ZAKEN[0].nummer), 'StUF:scope="alles"'),
        "geefZaakdocumentLezen_Lv01": read_document("1900DALLE"),
        "edcLv01": edc_select(zender=VRAGER),
        "zakLv07": question().replace("Lv01", "Lv07"),
    }
    before = {dienst: free.answer(dienst, bericht) for dienst, bericht in asked.items()}
    assert all(any(f"{naam}>" in answer for answer in before.values()) for naam in zonder)
    wereld = grants(f"zonder = {zonder}".replace("'", '"'))
    for dienst, bericht in asked.items():
        answer = wereld.answer(dienst, bericht)
        assert not [naam for naam in zonder if f":{naam}" in answer]
        assert not [bsn for bsn in BSNS if bsn in answer]
        assert len(answer) > 500
    answer = wereld.answer("geefZaakdocumentbewerken_Di02", bewerken("1900DALLE", zender=VRAGER))
    assert "ZKN:titel" not in answer
    assert "checkedOutId" in str(answer) or "Du02" in answer


def test_what_it_is_sent_has_no_such_element_either(grants: Grants, engine: Engine) -> None:
    grants('zonder = ["inp.bsn", "heeftAlsBelanghebbende"]')
    Distributor(engine, InrichtingSource(engine), make_storage(Settings())).walk()
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT convert_from(inhoud, 'UTF8') FROM notificatie").scalars().all()
    assert rows
    assert not [row for row in rows if "heeftAlsBelanghebbende" in row or any(bsn in row for bsn in BSNS)]


def test_no_fault_tells_it_to_who_guesses(grants: Grants) -> None:
    """The guard of `was` names the stored value; an element that the sender never gets is not guarded."""
    wordt = "<ZKN:omschrijving>Anders</ZKN:omschrijving>"
    was = "<ZKN:toelichting>Geraden</ZKN:toelichting>"
    guess = lk01("W", obj(sleutel("1900BG") + was, "W"), obj(sleutel("1900BG") + was.replace("Geraden", "Nieuw"), "W"))
    code, details = grants("").door.fout("updateZaak_Lk01", guess)
    assert (code, "Over 4" in details) == ("StUF063", True)
    party = rol("heeftAlsBelanghebbende", nps(BSNS[1], "Geraden", soort="I"), soort="W")
    guess_name = lk01("W", obj(sleutel("1900BG") + party, "W"), obj(sleutel("1900BG") + wordt + party, "W"))
    answer = grants('zonder = ["toelichting", "geslachtsnaam"]')
    for bericht in (guess_name, guess):
        found = answer.door.send("updateZaak_Lk01", bericht)
        assert not texts(found, "//s:code"), texts(found, "//s:details")


def test_what_is_left_out_is_inside_an_object() -> None:
    """The stuurgegevens have elements with the same names."""
    message = parse(b"<m><stuurgegevens><functie/></stuurgegevens><object><functie/><a><functie/><b/></a></object></m>")
    leave_out(message, ["functie"])
    assert [str(node.tag) for node in message.iter("*")] == ["m", "stuurgegevens", "functie", "object", "a", "b"]


@pytest.mark.parametrize(
    ("gelijk", "naam"),
    [
        ("<ZKN:toelichting>x</ZKN:toelichting>", "toelichting"),
        (
            (
                "<ZKN:heeftBetrekkingOp><ZKN:gerelateerde><ZKN:natuurlijkPersoon><BG:inp.bsn>999993653</BG:inp.bsn>"
                "</ZKN:natuurlijkPersoon></ZKN:gerelateerde></ZKN:heeftBetrekkingOp>"
            ),
            "inp.bsn",
        ),
        (
            (
                "<ZKN:heeftAlsInitiator><ZKN:gerelateerde><ZKN:identificatie>999993653</ZKN:identificatie>"
                "</ZKN:gerelateerde></ZKN:heeftAlsInitiator>"
            ),
            "inp.bsn",
        ),
        (
            (
                "<ZKN:heeftAlsDeelzaak><ZKN:gerelateerde><ZKN:toelichting>x</ZKN:toelichting></ZKN:gerelateerde>"
                "</ZKN:heeftAlsDeelzaak>"
            ),
            "toelichting",
        ),
    ],
)
def test_it_is_no_criterion(grants: Grants, gelijk: str, naam: str) -> None:
    wereld = grants('zonder = ["inp.bsn", "toelichting"]')
    code, details = wereld.door.fout("zakLv01", question(gelijk))
    assert (code, details) == ("StUF052", f"deze zender krijgt {naam} niet, en mag er ook niet op selecteren")
    wereld.door.succeeded("zakLv01", question(sleutel(ZAKEN[0].nummer)))


def test_it_is_no_criterion_for_documents_or_for_a_later_answer(grants: Grants) -> None:
    wereld = grants('zonder = ["titel", "toelichting"]')
    titel = edc_select("<ZKN:titel>x</ZKN:titel>", zender=VRAGER)
    toelichting = question("<ZKN:toelichting>x</ZKN:toelichting>")
    for dienst, bericht in (
        ("edcLv01", titel),
        ("edcLv02", titel.replace("Lv01", "Lv02")),
        ("zakLv07", toelichting.replace("Lv01", "Lv07")),
        ("zakLv02", toelichting.replace("Lv01", "Lv02")),
    ):
        assert wereld.door.fout(dienst, bericht)[0] == "StUF052"
    assert wereld.door.fout("edcLv01", edc_select(sortering=4, zender=VRAGER))[0] == "StUF133"


def test_it_is_nothing_to_sort_by(grants: Grants) -> None:
    refused = {}
    for naam in ("inp.bsn", "omschrijving", "startdatum", "zaakcategorie", "heeftAlsInitiator"):
        wereld = grants(f'zonder = ["{naam}"]')
        answers = [wereld.door.send("zakLv01", question(scope="", sortering=number)) for number in range(14)]
        refused[naam] = [number for number, answer in enumerate(answers) if texts(answer, "//s:code") == ["StUF133"]]
    assert refused == {
        "inp.bsn": [6, 7, 8, 9, 10, 11, 13],
        "omschrijving": [3, 4, 5],
        "startdatum": [5],
        "zaakcategorie": [2],
        "heeftAlsInitiator": [9],
    }


# --- signaal

_CLIENT = (
    "<ZKN:heeftBetrekkingOp><ZKN:gerelateerde><ZKN:natuurlijkPersoon><BG:inp.bsn>{bsn}</BG:inp.bsn>"
    "</ZKN:natuurlijkPersoon></ZKN:gerelateerde></ZKN:heeftBetrekkingOp>"
)


def test_the_signaal_tells_the_plan_and_who_directs_it(grants: Grants) -> None:
    wereld = grants("signaal = true")
    answer = wereld.door.succeeded("zakLv01", question(_CLIENT.format(bsn=BSNS[0])))
    assert texts(answer, "//z:antwoord/z:object/z:identificatie") == ["1900GG"]
    assert texts(answer, "//s:aantalVoorkomens") == ["1"]
    said = [node.text for node in answer.findall(".//{*}antwoord//*") if (node.text or "").strip()]
    assert said == ["1900GG", "regie0", "Regisseur"]


_NUMBER = (
    '<ZKN:heeftBetrekkingOp StUF:entiteittype="ZAKOBJ"><ZKN:gerelateerde StUF:entiteittype="OBJ">'
    "<ZKN:identificatie>{number}</ZKN:identificatie></ZKN:gerelateerde></ZKN:heeftBetrekkingOp>"
)


def test_the_signaal_is_asked_as_the_schema_has_it(grants: Grants) -> None:
    wereld = grants('signaal = true\nschema = "streng"')

    def asked(number: str) -> str:
        return question(_NUMBER.format(number=number)).replace(' xsi:nil="true"/></ZKN:scope>', "/></ZKN:scope>")

    answer = wereld.door.succeeded("zakLv01", asked(f"11{BSNS[0]}"))
    assert texts(answer, "//z:antwoord/z:object/z:identificatie") == ["1900GG"]
    for number in ("1900GG", "regie0", BSNS[0], f"12{BSNS[0]}"):
        assert wereld.door.fout("zakLv01", asked(number))[0] == "StUF052"


def test_a_plan_that_ended_gives_no_signaal(grants: Grants, engine: Engine) -> None:
    wereld = grants("signaal = true")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE zaak SET einddatum = '20260303' WHERE identificatie = '1900GG'")
    try:
        answer = wereld.door.succeeded("zakLv01", question(_CLIENT.format(bsn=BSNS[0])))
        assert texts(answer, "//z:antwoord/z:object/z:identificatie") == []
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE zaak SET einddatum = NULL WHERE identificatie = '1900GG'")


def test_the_signaal_is_on_record_as_every_answer_is(grants: Grants) -> None:
    """Also when there was nothing to tell: who asked after whom is the look."""
    door = grants("signaal = true").door
    for bsn, zaken in ((BSNS[0], ["1900GG"]), ("999990032", [])):
        before = newest(door)
        door.succeeded("zakLv01", question(_CLIENT.format(bsn=bsn)))
        [look] = looks(door, before)
        assert (look.applicatie, look.wat, look.zaken, look.aantal) == (VRAGER, "zakLv01", zaken, len(zaken))
        assert pseudonyms(door, f"bsn:{bsn}") <= people(look)


@pytest.mark.parametrize(
    "gelijk",
    [
        "",
        "<ZKN:identificatie>1900GG</ZKN:identificatie>",
        _CLIENT.format(bsn=BSNS[0]).replace("heeftBetrekkingOp", "heeftAlsBelanghebbende"),
        _CLIENT.format(bsn=BSNS[0]).replace("<BG:inp.bsn>", '<BG:inp.bsn StUF:exact="false">'),
        _CLIENT.format(bsn=""),
        _CLIENT.format(bsn=BSNS[0]) + "<ZKN:omschrijving>Zaak 1</ZKN:omschrijving>",
    ],
)
def test_the_signaal_answers_no_other_question(grants: Grants, gelijk: str) -> None:
    assert grants("signaal = true").door.fout("zakLv01", question(gelijk))[0] == "StUF052"


def test_the_signaal_is_the_only_operation(grants: Grants) -> None:
    wereld = grants('signaal = true\ndiensten = ["zakLv01", "updateZaak_Lk01"]')
    assert wereld.grant.diensten == {"zakLv01"}
    assert grants('signaal = true\ndiensten = ["updateZaak_Lk01"]').grant.diensten == frozenset()
    bericht = lk01("W", obj(sleutel("1900GG"), "W"), obj(sleutel("1900GG"), "W"))
    assert wereld.door.fout("updateZaak_Lk01", bericht)[0] == "StUF052"


# --- bounds, own zaken, and what holds under autorisatie = "open"


def test_a_sender_has_its_own_bound_of_zaken(grants: Grants) -> None:
    answer = grants("max_antwoorden = 3").door.succeeded("zakLv01", question())
    assert len(texts(answer, "//z:antwoord/z:object/z:identificatie")) == 3
    assert texts(answer, "//s:indicatorVervolgvraag") == ["true"]


def test_a_zaak_that_is_handed_over_is_its_own(grants: Grants, engine: Engine) -> None:
    wereld = grants("eigen_zaken = true")
    asked = lv01(sleutel("1900AW"))
    assert "1900AW" not in wereld.answer("zakLv01", asked)
    with engine.connect() as connection:
        hand_over(connection, read_inrichting(connection), "1900AW", VRAGER)
        connection.commit()
    assert "1900AW" in wereld.answer("zakLv01", asked)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE overdracht SET stand = 'geweigerd'")
    assert "1900AW" not in wereld.answer("zakLv01", asked)


def test_nothing_narrows_when_everybody_may_do_all(engine: Engine) -> None:
    rechten = 'zaaktypen = ["A"]\neigen_zaken = true\nzonder = ["inp.bsn"]\nsignaal = true'
    tekst = INRICHTING.format(rechten=rechten).replace('autorisatie = "applicaties"', 'autorisatie = "open"')
    load_inrichting(engine, read_text(tekst, "test"))
    with engine.connect() as connection:
        inrichting = read_inrichting(connection)
    assert grant_of(inrichting, inrichting.applicatie("1900", VRAGER)) == Grant()


# --- The explanation


@pytest.mark.parametrize(
    ("rechten", "zaak", "verdicts"),
    [
        ("", "1900AW", {"diensten": True, "zaaktypen": True}),
        ('zaaktypen = ["G"]', "1900AW", {"diensten": True, "zaaktypen": False}),
        ('vertrouwelijkheid = "OPENBAAR"', "1900AW", {"diensten": True, "zaaktypen": True}),
        (
            'zaaktypen = ["A"]\neigen_zaken = true',
            "1900AW",
            {"diensten": True, "zaaktypen": True, "eigen_zaken": False},
        ),
        ('zaaktypen = ["A"]\neigen_zaken = true', "1900AG", {"diensten": True, "zaaktypen": True, "eigen_zaken": True}),
        ('diensten = ["zakLv01"]', "1900AG", {"diensten": False, "zaaktypen": True}),
        ('zaaktypen = ["G"]', "bestaat niet", {"diensten": True, "zaaktypen": False}),
        ("signaal = true", "1900GG", {"signaal": True, "zaaktypen": True}),
    ],
)
def test_each_rule_explains_itself(
    grants: Grants, engine: Engine, rechten: str, zaak: str, verdicts: dict[str, bool]
) -> None:
    wereld = grants(rechten)
    applicatie = wereld.inrichting.applicatie("1900", VRAGER)
    caller = Caller(Systeem("1900", VRAGER), applicatie, grant=wereld.grant)
    dienst = "zakLv01" if "signaal" in rechten else "updateZaak_Lk01"
    with engine.connect() as connection:
        rules = explain_rights(connection, wereld.inrichting, caller, dienst, zaak)
    assert {rule.sleutel: rule.allows for rule in rules} == verdicts
    assert all(rule.zin for rule in rules)


# --- The keys in the TOML


@pytest.mark.parametrize(
    ("rechten", "melding"),
    [
        ('zaaktypen = ["AB"]', '"AB" staat niet als [[zaaktype]] in dit bestand'),
        ('soort = ["deelplannen"]', 'bedoelde u "deelplan"?'),
        ('vertrouwelijkheid = "VERTROUWLIJK"', 'bedoelde u "VERTROUWELIJK"?'),
        ('zonder = ["inp.bsnn"]', '"inp.bsnn" is geen element van StUF-ZKN 3.10; bedoelde u "inp.bsn"?'),
        ('zonder = ["identificatie"]', "zonder identificatie is geen zaak te noemen"),
        ("eigen_zaken = 1", "moet true of false zijn"),
        ("max_antwoorden = 0", "is te laag: minstens 1"),
    ],
)
def test_a_wrong_right_is_refused_in_words(rechten: str, melding: str) -> None:
    with pytest.raises(InrichtingError) as error:
        read_text(INRICHTING.format(rechten=rechten), "test")
    assert melding in str(error.value)


def test_what_is_probably_not_meant_is_a_warning() -> None:
    def warned(rechten: str, **vervangen: str) -> str:
        tekst = INRICHTING.format(rechten=rechten)
        for old, new in vervangen.items():
            tekst = tekst.replace(f'{old} = "{"applicaties" if old == "autorisatie" else ""}', f'{old} = "{new}')
        return "\n".join(warnings(read_text(tekst, "test").inrichting))

    assert "mag die zaaktypen niet zien" not in warned('zaaktypen = ["G"]')
    hears = INRICHTING.format(rechten='zaaktypen = ["G"]').replace(
        'bericht = "zakLk01"', 'bericht = "zakLk01"\nzaaktype = ["A", "G"]'
    )
    assert "heeft een abonnement op A en mag die zaaktypen niet zien" in "\n".join(
        warnings(read_text(hears, "test").inrichting)
    )
    assert "verbergt ook zaaktypen zonder vertrouwelijk_aanduiding: O" in warned('vertrouwelijkheid = "OPENBAAR"')
    assert 'autorisatie is "open": zaaktypen geldt dan niet' in warned('zaaktypen = ["G"]', autorisatie="open")


def test_names_of_elements_are_those_of_the_entity_tables() -> None:
    assert {"inp.bsn", "heeftAlsInitiator", "geslachtsnaam", "verblijfsadres", "titel", "kenmerk"} <= ELEMENTNAMEN
    assert ANDER not in ELEMENTNAMEN


# --- Messages that we send, and what their receivers say of them

_ANOTHER = '[[applicatie]]\nnaam = "GWS4all"\norganisatie = "2000"\n[[applicatie]]\nnaam = "GWS4all"\n'


@pytest.mark.parametrize(("organisatie", "stand"), [("1900", "bezorgd"), ("2000", "wacht")])
@pytest.mark.parametrize("dienst", ["Bv03", "Fo03"])
def test_only_its_receiver_says_what_became_of_a_message(
    engine: Engine, organisatie: str, stand: str, dienst: str
) -> None:
    """Another applicatie of the same name did not get it."""
    tekst = INRICHTING.format(rechten="").replace('[[applicatie]]\nnaam = "GWS4all"\n', _ANOTHER, 1)
    wereld = make_wereld(engine, "", ())
    load_inrichting(engine, read_text(tekst, "test"))
    sql(engine, "DELETE FROM notificatie")
    notificatie(engine, "n-1", ontvanger=VRAGER)
    said = bevestiging(dienst, cross="n-1")
    zender = "<StUF:applicatie>Bus</StUF:applicatie>"
    said = said.replace(zender, f"<StUF:applicatie>{VRAGER}</StUF:applicatie>", 1)
    wereld.door.succeeded(dienst, said.replace(">1900<", f">{organisatie}<", 1))
    settled = {"Bv03": "bezorgd", "Fo03": "gestrand"}[dienst]
    assert sql(engine, "SELECT stand FROM notificatie") == [(settled if stand == "bezorgd" else stand,)]


@pytest.mark.parametrize(
    ("organisatie", "naam", "code", "stand"),
    [
        ("2000", VRAGER, "StUF043", "aangeboden"),
        ("1900", ANDER, "StUF043", "aangeboden"),
        ("1900", VRAGER, "", "geaccepteerd"),
    ],
)
def test_only_its_receiver_answers_an_offer(engine: Engine, organisatie: str, naam: str, code: str, stand: str) -> None:
    """Another applicatie of the same name was offered nothing, and neither was one that may do everything."""
    wereld = make_wereld(engine, "", ())
    tekst = INRICHTING.format(rechten="").replace('[[applicatie]]\nnaam = "GWS4all"\n', _ANOTHER, 1)
    load_inrichting(engine, read_text(tekst, "test"))
    sql(engine, "UPDATE overdracht SET stand = 'ingetrokken' WHERE zaakidentificatie = '1900CW'")
    with engine.begin() as connection:
        offer = hand_over(connection, read_inrichting(connection), "1900CW", VRAGER)
    [(cross,)] = sql(engine, "SELECT referentienummer FROM overdracht WHERE id = :id", id=offer)
    said = overdrachtantwoord(cross=cross).replace("1900N1", "1900CW").replace(">Bus<", f">{naam}<", 1)
    answer = wereld.door.send("bevestigOverdragenZaak", said.replace(">1900<", f">{organisatie}<", 1))
    assert "".join(texts(answer, "//s:code")) == code
    assert sql(engine, "SELECT stand FROM overdracht WHERE id = :id", id=offer) == [(stand,)]
    sql(engine, "UPDATE overdracht SET stand = 'ingetrokken' WHERE id = :id", id=offer)


@pytest.mark.parametrize("dienst", ["Bv01", "Bv03", "Bv04", "Fo01", "Fo03"])
def test_a_confirmation_needs_a_grant_too(grants: Grants, dienst: str) -> None:
    wereld = grants('diensten = ["zakLv01"]')
    said = bevestiging(dienst, cross="n-1").replace(">Bus<", f">{VRAGER}<", 1)
    code, details = wereld.door.fout(dienst, said)
    assert (code, f"mag {dienst} niet aanroepen" in details) == ("StUF052", True)


def test_the_routing_says_that_a_receiver_may_not_see_the_zaak(grants: Grants, engine: Engine) -> None:
    told = {}
    for rechten in ("", 'zaaktypen = ["G"]', "eigen_zaken = true", "signaal = true"):
        wereld = grants(rechten)
        with engine.connect() as connection:
            explained = explain(connection, wereld.inrichting, "1900BW", "Update zaak", zender=ANDER)
        [verdict] = explained.verdicts
        told[rechten] = verdict.objection
        assert (NOT_GRANTED in "\n".join(regels(explained))) is bool(rechten)
    assert told == {"": "", **dict.fromkeys(list(told)[1:], NOT_GRANTED)}


def test_a_transfer_goes_whatever_the_rights_and_the_zaak_ahead_of_it_does_not(grants: Grants, engine: Engine) -> None:
    """Somebody chose the receiver; the zaak itself goes ahead only to one that may see it."""
    sent = {}
    for rechten in ('zaaktypen = ["G"]', 'zaaktypen = ["B"]'):
        make_wereld(engine, rechten, ())
        tekst = INRICHTING.format(rechten=rechten).replace(
            'bericht = "zakLk01"', 'bericht = "zakLk01"\ndomeingegevens = true'
        )
        load_inrichting(engine, read_text(tekst, "test"))
        sql(engine, "DELETE FROM notificatie")
        sql(engine, "UPDATE gebeurtenis SET verdeeld = true")
        sql(engine, "UPDATE overdracht SET stand = 'ingetrokken' WHERE zaakidentificatie = '1900BW'")
        with engine.begin() as connection:
            hand_over(connection, read_inrichting(connection), "1900BW", VRAGER)
        Distributor(engine, InrichtingSource(engine), make_storage(Settings())).walk()
        sent[rechten] = [soort for (soort,) in sql(engine, "SELECT soort FROM notificatie ORDER BY id")]
    assert sent == {
        'zaaktypen = ["G"]': ["overdragenZaak"],
        'zaaktypen = ["B"]': ["creeerZaak_Lk01", "overdragenZaak"],
    }


def test_who_hears_that_a_zaak_was_destroyed(grants: Grants, engine: Engine) -> None:
    """The rights on its zaaktype say who may know; whose zaak it was is kept nowhere, so an owner of it is not told."""
    told = {}
    for rechten in (
        "",
        'zaaktypen = ["A"]',
        'zaaktypen = ["G"]',
        'vertrouwelijkheid = "OPENBAAR"',
        "eigen_zaken = true",
    ):
        grants(rechten)
        sql(engine, "DELETE FROM notificatie")
        sql(engine, "UPDATE gebeurtenis SET verdeeld = true")
        with engine.begin() as connection:
            report_destroyed(connection, {"1900WEG": {"code": "A", "omschrijving": "Aanvraag", "meldingen": ["Weg"]}})
        Distributor(engine, InrichtingSource(engine), make_storage(Settings())).walk()
        told[rechten] = [naam for (naam,) in sql(engine, "SELECT ontvanger FROM notificatie")]
    heard = {rechten for rechten, receivers in told.items() if receivers == [VRAGER]}
    assert heard == {"", 'zaaktypen = ["A"]', 'vertrouwelijkheid = "OPENBAAR"'}
    assert all(not receivers for rechten, receivers in told.items() if rechten not in heard)
