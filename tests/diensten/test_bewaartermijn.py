"""When a closed zaak may be destroyed, by the afleidingswijze of its resultaat (docs/afwijkingen.md 60)."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text
from tests.berichten.bouw import NO, lk01, new_number, nps, other, rol, status, texts, zaak
from tests.diensten.stappen import INITIATOR, actualiseer, change, details, modification, refuse
from tests.soap.conftest import Door

from regiesysteem.db import count_statements
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.zakenmagazijn import keeping
from regiesysteem.zakenmagazijn.archive import complete, derive_closed, plus_term

NO_RESULTAAT = f"<ZKN:resultaat {NO}/>"
TERM = '  archiefnominatie = "vernietigen"\n  archiefactietermijn = "15 jaar"\n'
"""The rule of the resultaat Toegekend of WMO-MAATW in the example."""
CLOSED, OPEN = status(5, "20260401"), status(4, "20260501")


@pytest.fixture
def door(make_door: Callable[..., Door]) -> Door:
    """The doors with the example inrichting, which the test before may have changed."""
    return make_door()


def resultaat(naam: str) -> str:
    return f"<ZKN:resultaat><ZKN:omschrijving>{naam}</ZKN:omschrijving></ZKN:resultaat>"


def wmo(door: Door, elementen: str = "", relaties: str = INITIATOR, after: str = "", before: str = "") -> str:
    """A new zaak; `before` are elements that come before startdatum."""
    number = new_number()
    bericht = zaak(number, "WMO-MAATW", elementen=elementen, relaties=relaties, after=after)
    door.succeeded("creeerZaak_Lk01", lk01("T", bericht.replace("<ZKN:startdatum>", f"{before}<ZKN:startdatum>")))
    return number


def closed(door: Door, naam: str = "Toegekend", **rest: str) -> str:
    """A zaak that ended with a resultaat."""
    number = wmo(door, before=resultaat(naam), **rest)
    actualiseer(door, number, CLOSED)
    return number


def archief(door: Door, number: str) -> list[str]:
    """Nominatie and date of a zaak."""
    answer = details(door, number)
    names = ("archiefnominatie", "datumVernietigingDossier")
    return [one for naam in names for one in texts(answer, f"//z:antwoord/z:object/z:{naam}")]


def with_rule(make_door: Callable[..., Door], **sleutels: str) -> Door:
    """The doors, with more keys for the resultaat Toegekend of WMO-MAATW, which is kept for 15 years."""
    return make_door(**{TERM: TERM + "".join(f'  {naam} = "{w}"\n' for naam, w in sleutels.items())})


def test_a_zaak_that_closes_gets_the_date_of_its_resultaat(door: Door) -> None:
    assert archief(door, closed(door, "Toegekend")) == ["J", "20410401"]
    assert archief(door, closed(door, "afgewezen ")) == ["J", "20310401"]
    assert archief(door, closed(door, "Ingetrokken")) == ["J", "20260513"]


def test_without_a_resultaat_the_zaaktype_says_it_or_nobody(door: Door) -> None:
    assert archief(door, closed(door, "Iets anders")) == ["", ""]
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, "SCHULDHULP")))
    actualiseer(door, number, status(6, "20260401"))
    assert archief(door, number) == ["J", "20310401"]


def test_a_zaak_that_comes_closed_has_its_date_at_once(door: Door) -> None:
    assert archief(door, wmo(door, before=resultaat("Afgewezen"), after=CLOSED)) == ["J", "20310401"]


def test_a_resultaat_that_comes_later_gives_the_date_then(door: Door) -> None:
    number = wmo(door, after=CLOSED)
    assert archief(door, number) == ["", ""]
    change(door, number, NO_RESULTAAT, resultaat("Toegekend"))
    assert archief(door, number) == ["J", "20410401"]
    change(door, number, resultaat("Toegekend"), resultaat("Afgewezen"))
    assert archief(door, number) == ["J", "20310401"]


def test_a_zaak_that_opens_has_no_date(door: Door) -> None:
    number = closed(door)
    actualiseer(door, number, OPEN)
    assert archief(door, number) == ["", ""]


def test_an_open_zaak_costs_no_statement_and_one_that_closes_two(door: Door) -> None:
    number = wmo(door, before=resultaat("Toegekend"))
    other_ = wmo(door)  # no rule, so nothing to write
    with count_statements() as opens:
        actualiseer(door, number, status(4, "20260301"))
    with count_statements() as closes:
        actualiseer(door, number, CLOSED)
    assert closes.aantal - opens.aantal == 2
    with count_statements() as closes:
        actualiseer(door, other_, CLOSED)
    assert closes.aantal - opens.aantal == 1


def test_kept_for_ever_has_a_nominatie_and_no_date(make_door: Callable[..., Door]) -> None:
    door = make_door(**{TERM: '  archiefnominatie = "blijvend bewaren"\n'})
    assert archief(door, closed(door)) == ["N", ""]


def test_the_term_of_a_process_counts_first(make_door: Callable[..., Door]) -> None:
    door = with_rule(make_door, afleidingswijze="termijn", procestermijn="6 maanden")
    assert archief(door, closed(door)) == ["J", "20411001"]


def test_a_deelzaak_waits_for_its_hoofdzaak(make_door: Callable[..., Door]) -> None:
    door = with_rule(make_door, afleidingswijze="hoofdzaak")
    deel = closed(door)
    assert archief(door, deel) == ["J", ""]
    hoofd = wmo(door, relaties=INITIATOR + other("heeftAlsDeelzaak", deel))
    actualiseer(door, hoofd, status(5, "20270601"))
    assert archief(door, deel) == ["J", "20420601"]
    actualiseer(door, hoofd, status(4, "20270701"))
    assert archief(door, deel) == ["J", ""]


def test_a_deelzaak_that_opens_or_that_another_rule_dates_is_left(make_door: Callable[..., Door]) -> None:
    door = with_rule(make_door, afleidingswijze="hoofdzaak")
    open_ = wmo(door, elementen="<ZKN:archiefnominatie>N</ZKN:archiefnominatie>")
    own = closed(door, "Ingetrokken")
    make_door(**{TERM: f'{TERM}  afleidingswijze = "hoofdzaak"\n', '"42 dagen"': '"43 dagen"'})
    hoofd = wmo(door, relaties=INITIATOR + other("heeftAlsDeelzaak", open_) + other("heeftAlsDeelzaak", own))
    actualiseer(door, hoofd, status(5, "20270601"))
    assert archief(door, open_) == ["N", ""]
    assert archief(door, own) == ["J", "20260513"]


def test_all_related_zaken_must_be_closed(make_door: Callable[..., Door]) -> None:
    door = with_rule(make_door, afleidingswijze="gerelateerde_zaak")
    one, two = wmo(door), wmo(door)
    number = wmo(door, before=resultaat("Toegekend"), relaties=INITIATOR + other("heeftBetrekkingOpAndere", one)
                 + other("heeftBetrekkingOpAndere", two))  # fmt: skip
    actualiseer(door, number, CLOSED)
    actualiseer(door, one, status(5, "20280101"))
    assert archief(door, number) == ["J", ""]
    actualiseer(door, two, status(5, "20270101"))
    assert archief(door, number) == ["J", "20430101"]


def test_a_date_in_an_extra_element(make_door: Callable[..., Door]) -> None:
    door = with_rule(make_door, afleidingswijze="eigenschap", datumkenmerk="einde indicatie")
    said = '<StUF:extraElementen><StUF:extraElement naam="einde indicatie">{}</StUF:extraElement></StUF:extraElementen>'
    number = closed(door, elementen=said.format("2029-05-31"))
    assert archief(door, number) == ["J", "20440531"]
    change(door, number, "", said.format("20300531"))
    assert archief(door, number) == ["J", "20450531"]
    change(door, number, "", said.format("nog niet bekend"))
    assert archief(door, number) == ["J", ""]


def test_the_latest_date_of_the_zaakobjecten(make_door: Callable[..., Door]) -> None:
    door = with_rule(make_door, afleidingswijze="zaakobject", objecttype="NPS", datumkenmerk="geboortedatum")
    born = "<BG:geboortedatum>{}</BG:geboortedatum>"
    people = rol("heeftBetrekkingOp", nps("999990676", extra=born.format("20100301")))
    people += rol("heeftBetrekkingOp", nps("999993653", extra=born.format("20120301")))
    people += rol("heeftAlsBelanghebbende", nps("999990639", extra=born.format("20200301")))
    assert archief(door, closed(door, relaties=INITIATOR + people)) == ["J", "20270301"]


BESLUIT = """<ZKN:leidtTot StUF:entiteittype="ZAKBSL" StUF:verwerkingssoort="T">
  <ZKN:gerelateerde StUF:entiteittype="BSL" StUF:verwerkingssoort="T"><ZKN:identificatie>{}</ZKN:identificatie>
  <ZKN:bst.omschrijving>Beschikking</ZKN:bst.omschrijving><ZKN:datumBeslissing>20260101</ZKN:datumBeslissing>
  <ZKN:ingangsdatumWerking>20260201</ZKN:ingangsdatumWerking><ZKN:einddatumWerking>20280201</ZKN:einddatumWerking>
  </ZKN:gerelateerde></ZKN:leidtTot>"""


@pytest.mark.parametrize(("wijze", "date"), [("ingangsdatum_besluit", "20410201"), ("vervaldatum_besluit", "20430201")])
def test_the_dates_of_its_besluit(make_door: Callable[..., Door], wijze: str, date: str) -> None:
    door = with_rule(make_door, afleidingswijze=wijze)
    assert archief(door, closed(door, after=BESLUIT.format(new_number()))) == ["J", date]


def test_a_date_that_only_people_know_is_empty(make_door: Callable[..., Door]) -> None:
    door = with_rule(make_door, afleidingswijze="ander_datumkenmerk")
    assert archief(door, closed(door)) == ["J", ""]


NO_DATUM = f"<ZKN:datumVernietigingDossier {NO}/>"
DATUM = "<ZKN:datumVernietigingDossier>20990101</ZKN:datumVernietigingDossier>"


def test_a_date_that_a_sender_gave_wins_until_the_zaak_opens(door: Door) -> None:
    number = closed(door)
    change(door, number, NO_DATUM, DATUM)
    change(door, number, resultaat("Toegekend"), resultaat("Afgewezen"))
    assert archief(door, number) == ["J", "20990101"]
    actualiseer(door, number, OPEN)
    assert archief(door, number) == ["", ""]
    actualiseer(door, number, status(5, "20260601"))
    assert archief(door, number) == ["J", "20310601"]


def test_a_date_given_before_the_zaak_closes_wins_too(door: Door) -> None:
    number = wmo(door, before=resultaat("Toegekend"), elementen=DATUM)
    actualiseer(door, number, CLOSED)
    assert archief(door, number) == ["", "20990101"]


def test_the_nominatie_that_systems_give_each_new_zaak_gives_way_when_it_closes(door: Door) -> None:
    assert archief(door, closed(door, elementen="<ZKN:archiefnominatie>N</ZKN:archiefnominatie>")) == ["J", "20410401"]


def test_a_zaak_that_comes_closed_keeps_what_its_sender_says(door: Door) -> None:
    said = {"before": resultaat("Toegekend"), "after": CLOSED}
    assert archief(door, wmo(door, elementen="<ZKN:archiefnominatie>N</ZKN:archiefnominatie>", **said)) == ["N", ""]
    assert archief(door, wmo(door, elementen="<ZKN:archiefnominatie>J</ZKN:archiefnominatie>", **said)) == [
        "J", "20410401"
    ]  # fmt: skip


def test_only_who_has_the_right_changes_the_date(make_door: Callable[..., Door]) -> None:
    closes = make_door(**{'autorisatie = "open"': 'autorisatie = "applicaties"'})
    number = closed(closes)
    code, details_ = refuse(closes, number, NO_DATUM, DATUM)
    assert (code, "het recht archief" in details_) == ("StUF052", True)
    closes.succeeded("updateZaak_Lk01", modification(number, "", "<ZKN:toelichting>Mag wel</ZKN:toelichting>"))
    may = make_door(
        **{
            'autorisatie = "open"': 'autorisatie = "applicaties"',
            'schema = "soepel" ': 'archief = true\nschema = "soepel" ',
        }
    )
    change(may, number, NO_DATUM, DATUM)
    assert archief(may, number) == ["J", "20990101"]


def test_what_a_sender_without_the_right_says_of_a_new_zaak_does_not_count(make_door: Callable[..., Door]) -> None:
    door = make_door(**{'autorisatie = "open"': 'autorisatie = "applicaties"'})
    assert archief(door, wmo(door, before=resultaat("Toegekend"), after=CLOSED, elementen=DATUM)) == ["J", "20410401"]
    due = DATUM.replace("20990101", "20200101")
    number = wmo(door, after=CLOSED, elementen=f"<ZKN:archiefnominatie>J</ZKN:archiefnominatie>{due}")
    assert archief(door, number) == ["J", "20200101"]
    with door.engine.connect() as connection:
        assert number not in [zaak.identificatie for zaak in keeping.due(connection, date(2026, 11, 30))]
        assert number in [row["identificatie"] for row in keeping.without_date(connection)]


def test_all_closed_zaken_are_derived_again_by_the_rules_of_now(make_door: Callable[..., Door]) -> None:
    door = make_door()
    number, by_hand = closed(door), closed(door)
    change(door, by_hand, NO_DATUM, DATUM)
    door = make_door(**{TERM: TERM.replace("15", "3")})
    after: int | None = 0
    while after is not None:
        with door.engine.begin() as connection:
            after = derive_closed(connection, read_inrichting(connection), after, 3)
    assert archief(door, number) == ["J", "20290401"]
    assert archief(door, by_hand) == ["J", "20990101"]
    with door.engine.connect() as connection:
        lines = text("SELECT gewijzigd FROM audit WHERE bericht_id IS NULL AND zaak_id = "
                     "(SELECT id FROM zaak WHERE identificatie = :n)")  # fmt: skip
        assert connection.execute(lines, {"n": number}).scalars().all() == [
            ["archiefnominatie", "datumVernietigingDossier"]
        ]


@pytest.mark.parametrize(
    ("datum", "termijn", "after"),
    [
        ("20240229", "1 jaar", "20250228"),
        ("20260131", "1 maand", "20260228"),
        ("20261130", "14 maanden", "20280130"),
        ("20261231", "1 dag", "20270101"),
        ("20260401", "42 dagen", "20260513"),
        ("99990101", "999 jaar", None),
    ],
)
def test_a_term_in_the_calendar(datum: str, termijn: str, after: str | None) -> None:
    assert plus_term(datum, termijn) == after


@pytest.mark.parametrize(
    ("waarde", "datum"),
    [
        ("20260401", "20260401"),
        ("202604011200", "20260401"),
        ("20260431", None),
        ("2026", None),
        ({"_": "20260401", "@indOnvolledigeDatum": "V"}, "20260401"),
        ({"_": "20260401", "@indOnvolledigeDatum": "D"}, None),
        ({"@noValue": "geenWaarde"}, None),
        (None, None),
    ],
)
def test_a_date_counts_when_it_is_complete(waarde: object, datum: str | None) -> None:
    assert complete(waarde) == datum  # type: ignore[arg-type]
