"""The routing of a batch, compared with a plain reading of the rules, one gebeurtenis and one zaak at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.notifications.routeringstappen import betrek, indiceer, link, load, zaak

from regiesysteem.db import count_statements, make_engine
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Abonnement, Regel
from regiesysteem.notifications.routing import Gebeurtenis, route

SOORTEN = {"GP": "gezinsplan", "LDP": "levensdomeinplan", "WMO": "deelplan", "VERVOER": "deelplan", "OVERIG": "overig"}
APPLICATIES = ("GWS4all", "WmoVoorziening", "Leerlingvervoer")
GEBEURTENISSEN = ("Creeer zaak", "Actualiseer zaakstatus", "Update zaak")
PERSONEN = ("123456782", "111222333", "mw17")
STATUSSEN = (
    None,
    {"volgnummer": 1, "code": "Ontv", "omschrijving": "Ontvangen", "eindstatus": False},
    {"volgnummer": 2, "code": None, "omschrijving": "Afgehandeld", "eindstatus": True},
)
ZAKEN = 6
BETREKKING, DEELZAAK = "heeftBetrekkingOpAndere", "heeftAlsDeelzaak"

place = st.integers(0, ZAKEN - 1)
identificaties = st.sampled_from([f"Z{number}" for number in range(ZAKEN)])


def listing(waarden: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The values of a key."""
    return st.lists(waarden, min_size=1, max_size=3, unique=True).map(tuple)


@dataclass(frozen=True)
class Wereld:
    """Zaken by place: zaaktypen, relations (relatie, van, naar, ended), people (zaak, number, ended), afnemers."""

    zaaktypen: list[str | None]
    relaties: list[tuple[str, int, int, bool]]
    personen: list[tuple[int, str, bool]]
    afnemers: set[tuple[int, str]]

    def soort(self, one: int) -> str | None:
        return SOORTEN.get(self.zaaktypen[one] or "")

    def steps(self, one: int) -> Iterator[int]:
        """Zaken through which this one belongs to a gezinsplan."""
        for relatie, from_, to, end in self.relaties:
            if end or one not in (from_, to):
                continue
            other = to if one == from_ else from_
            is_hoofdzaak = relatie == DEELZAAK and one == to
            if relatie == DEELZAAK and not is_hoofdzaak:
                continue
            domein = self.soort(other) == "levensdomeinplan" and self.soort(one) != "levensdomeinplan"
            if is_hoofdzaak or domein or self.soort(other) == "gezinsplan":
                yield other

    def gezinsplannen(self, one: int) -> set[int]:
        seen, still = {one}, [one]
        while still:
            this = still.pop()
            if self.soort(this) != "gezinsplan":
                further = set(self.steps(this)) - seen
                seen |= further
                still += further
        return {other for other in seen if self.soort(other) == "gezinsplan"}

    def kring(self, one: int) -> set[int]:
        return {one} | self.gezinsplannen(one)

    def mensen(self, one: int) -> set[str]:
        return {number for where, number, end in self.personen if where in self.kring(one) and not end}

    def geindiceerd(self, one: int) -> set[str]:
        return {applicatie for where, applicatie in self.afnemers if where in self.kring(one)}


@st.composite
def werelden(draw: st.DrawFn) -> Wereld:
    relaties: dict[tuple[str, frozenset[int]], tuple[str, int, int, bool]] = {}
    for relatie, from_, to, end in draw(
        st.lists(st.tuples(st.sampled_from((BETREKKING, DEELZAAK)), place, place, st.booleans()), max_size=10)
    ):
        if from_ != to:
            relaties.setdefault((relatie, frozenset((from_, to))), (relatie, from_, to, end))
    return Wereld(
        draw(st.lists(st.sampled_from((*SOORTEN, None)), min_size=ZAKEN, max_size=ZAKEN)),
        list(relaties.values()),
        draw(st.lists(st.tuples(place, st.sampled_from(PERSONEN), st.booleans()), max_size=6)),
        draw(st.sets(st.tuples(place, st.sampled_from(APPLICATIES)), max_size=3)),
    )


soorten = st.sampled_from(sorted(set(SOORTEN.values())))
statusnamen = st.sampled_from((1, 2, "ontv", "AFGEHANDELD", "x"))
CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "gebeurtenis": listing(st.sampled_from(GEBEURTENISSEN)),
    "zaaktype": listing(st.sampled_from(list(SOORTEN))),
    "niet_zaaktype": listing(st.sampled_from(list(SOORTEN))),
    "soort": listing(soorten),
    "niet_soort": listing(soorten),
    "gezinsplan": listing(identificaties),
    "niet_gezinsplan": listing(identificaties),
    "persoon": listing(st.sampled_from(PERSONEN)),
    "niet_persoon": listing(st.sampled_from(PERSONEN)),
    "status": listing(statusnamen),
    "niet_status": listing(statusnamen),
    "zender": listing(st.sampled_from(APPLICATIES)),
    "niet_zender": listing(st.sampled_from(APPLICATIES)),
    "eindstatus": st.booleans(),
    "afnemersindicatie": st.booleans(),
}


@st.composite
def abonnementen(draw: st.DrawFn) -> Abonnement:
    """An abonnement with few conditions: one with many holds for nothing."""
    sleutels = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=3, unique=True))
    return Abonnement(
        applicatie=draw(st.sampled_from(APPLICATIES)), **{sleutel: draw(CONDITIONS[sleutel]) for sleutel in sleutels}
    )


gebeurtenissen = st.tuples(
    st.none() | place, st.sampled_from(GEBEURTENISSEN), st.sampled_from(APPLICATIES), st.sampled_from(STATUSSEN)
)


def applies(regel: Abonnement, wereld: Wereld, one: Gebeurtenis, where: int | None) -> bool:
    """Tell whether a rule holds, by the text of docs/gebruiken/notificaties.md."""
    code = one.gegevens["code"]
    status = one.gegevens["status"]
    names = {status["volgnummer"], (status["code"] or "-").lower(), status["omschrijving"].lower()} if status else set()
    kent = where is not None
    facts: list[tuple[tuple[Any, ...], tuple[Any, ...], set[Any], bool]] = [
        (() if "*" in regel.zaaktype else regel.zaaktype, regel.niet_zaaktype, {code}, code is not None),
        (regel.soort, regel.niet_soort, {SOORTEN.get(code or "")}, code is not None),
        (
            tuple(str(w).lower() if isinstance(w, str) else w for w in regel.status),
            tuple(str(w).lower() if isinstance(w, str) else w for w in regel.niet_status),
            names,
            True,
        ),
        (regel.zender, regel.niet_zender, {one.applicatie}, True),
        (
            regel.gezinsplan,
            regel.niet_gezinsplan,
            {f"Z{plan}" for plan in wereld.gezinsplannen(where)} if where is not None else set(),
            kent,
        ),
        (regel.persoon, regel.niet_persoon, wereld.mensen(where) if where is not None else set(), kent),
    ]
    for indeed, not_, waarden, known in facts:
        if (indeed or not_) and not known:
            return False
        if indeed and not waarden & set(indeed):
            return False
        if waarden & set(not_):
            return False
    if regel.eindstatus is not None and regel.eindstatus != bool(status and status["eindstatus"]):
        return False
    afnemer = None if where is None else regel.applicatie in wereld.geindiceerd(where)
    if regel.afnemersindicatie is not None and afnemer is not regel.afnemersindicatie:
        return False
    return "*" in regel.gebeurtenis or one.gebeurtenis in regel.gebeurtenis


def expected(regels: list[Abonnement], wereld: Wereld, one: Gebeurtenis, where: int | None) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for number, regel in enumerate(regels, 1):
        if applies(regel, wereld, one, where):
            found.setdefault(regel.applicatie, f"abonnement[{number}] van de inrichting")
    with_own_regel = {regel.applicatie for regel in regels if regel.afnemersindicatie}
    for applicatie in sorted(wereld.geindiceerd(where) if where is not None else ()):
        if applicatie not in with_own_regel:
            found.setdefault(applicatie, "afnemersindicatie")
    found.pop(one.applicatie, None)
    return sorted(found.items())


@pytest.fixture(scope="module")
def engine(module_database_url: str) -> Iterator[Engine]:
    engine = make_engine(module_database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def inrichting(engine: Engine) -> Inrichting:
    return load(engine)


@given(wereld=werelden(), regels=st.lists(abonnementen(), max_size=6), what=st.lists(gebeurtenissen, max_size=12))
def test_a_batch_is_divided_as_the_rules_say_one_by_one(
    engine: Engine,
    inrichting: Inrichting,
    wereld: Wereld,
    regels: list[Abonnement],
    what: list[tuple[int | None, str, str, dict[str, Any] | None]],
) -> None:
    geldend = replace(
        inrichting,
        abonnementen=tuple(Regel(regel, number) for number, regel in enumerate(regels, 1)),
        afnemers=bool(wereld.afnemers),
    )
    with engine.connect() as connection:
        ids = [zaak(connection, f"Z{number}", code) for number, code in enumerate(wereld.zaaktypen)]
        for relatie, from_, to, end in wereld.relaties:
            link(connection, ids[from_], ids[to], relatie, "20260101" if end else None)
        for where, number, end in wereld.personen:
            betrek(connection, ids[where], number, "MDW" if number == "mw17" else "NPS", "2026" if end else None)
        for where, applicatie in wereld.afnemers:
            indiceer(connection, ids[where], applicatie)
        batch = [
            Gebeurtenis(
                id=number,
                zaak_id=None if where is None else ids[where],
                zaakidentificatie="elders" if where is None else f"Z{where}",
                gebeurtenis=naam,
                organisatie="1900",
                applicatie=zender,
                gegevens={"code": "WMO" if where is None else wereld.zaaktypen[where], "status": status},
            )
            for number, (where, naam, zender, status) in enumerate(what)
        ]
        with count_statements() as counter:
            outcome = list(route(connection, geldend, batch))
        connection.rollback()
    assert counter.aantal <= 1
    assert [one for one, _ in outcome] == batch
    for (one, found), (where, *_) in zip(outcome, what, strict=True):
        by = sorted((destination.applicatie, destination.reden.split(":")[0]) for destination in found)
        assert by == expected(regels, wereld, one, where)
