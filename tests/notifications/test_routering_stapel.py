"""The routing of a batch, compared with a plain reading of the rules, one gebeurtenis and one zaak at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.notifications.routeringstappen import betrek, indiceer, koppel, laad, zaak

from regiesysteem.db import maak_engine, tel_statements
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Abonnement, Regel
from regiesysteem.notifications.routing import Gebeurtenis, routeer

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

plaats = st.integers(0, ZAKEN - 1)
identificaties = st.sampled_from([f"Z{nummer}" for nummer in range(ZAKEN)])


def lijst(waarden: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The values of a key."""
    return st.lists(waarden, min_size=1, max_size=3, unique=True).map(tuple)


@dataclass(frozen=True)
class Wereld:
    """Zaken by place: zaaktypen, relations (relatie, van, naar, ended), people (zaak, number, ended), afnemers."""

    zaaktypen: list[str | None]
    relaties: list[tuple[str, int, int, bool]]
    personen: list[tuple[int, str, bool]]
    afnemers: set[tuple[int, str]]

    def soort(self, een: int) -> str | None:
        return SOORTEN.get(self.zaaktypen[een] or "")

    def stappen(self, een: int) -> Iterator[int]:
        """Zaken through which this one belongs to a gezinsplan."""
        for relatie, van, naar, einde in self.relaties:
            if einde or een not in (van, naar):
                continue
            ander = naar if een == van else van
            is_hoofdzaak = relatie == DEELZAAK and een == naar
            if relatie == DEELZAAK and not is_hoofdzaak:
                continue
            domein = self.soort(ander) == "levensdomeinplan" and self.soort(een) != "levensdomeinplan"
            if is_hoofdzaak or domein or self.soort(ander) == "gezinsplan":
                yield ander

    def gezinsplannen(self, een: int) -> set[int]:
        gezien, nog = {een}, [een]
        while nog:
            deze = nog.pop()
            if self.soort(deze) != "gezinsplan":
                verder = set(self.stappen(deze)) - gezien
                gezien |= verder
                nog += verder
        return {ander for ander in gezien if self.soort(ander) == "gezinsplan"}

    def kring(self, een: int) -> set[int]:
        return {een} | self.gezinsplannen(een)

    def mensen(self, een: int) -> set[str]:
        return {nummer for waar, nummer, einde in self.personen if waar in self.kring(een) and not einde}

    def geindiceerd(self, een: int) -> set[str]:
        return {applicatie for waar, applicatie in self.afnemers if waar in self.kring(een)}


@st.composite
def werelden(trek: st.DrawFn) -> Wereld:
    relaties: dict[tuple[str, frozenset[int]], tuple[str, int, int, bool]] = {}
    for relatie, van, naar, einde in trek(
        st.lists(st.tuples(st.sampled_from((BETREKKING, DEELZAAK)), plaats, plaats, st.booleans()), max_size=10)
    ):
        if van != naar:
            relaties.setdefault((relatie, frozenset((van, naar))), (relatie, van, naar, einde))
    return Wereld(
        trek(st.lists(st.sampled_from((*SOORTEN, None)), min_size=ZAKEN, max_size=ZAKEN)),
        list(relaties.values()),
        trek(st.lists(st.tuples(plaats, st.sampled_from(PERSONEN), st.booleans()), max_size=6)),
        trek(st.sets(st.tuples(plaats, st.sampled_from(APPLICATIES)), max_size=3)),
    )


soorten = st.sampled_from(sorted(set(SOORTEN.values())))
statusnamen = st.sampled_from((1, 2, "ontv", "AFGEHANDELD", "x"))
VOORWAARDEN: dict[str, st.SearchStrategy[Any]] = {
    "gebeurtenis": lijst(st.sampled_from(GEBEURTENISSEN)),
    "zaaktype": lijst(st.sampled_from(list(SOORTEN))),
    "niet_zaaktype": lijst(st.sampled_from(list(SOORTEN))),
    "soort": lijst(soorten),
    "niet_soort": lijst(soorten),
    "gezinsplan": lijst(identificaties),
    "niet_gezinsplan": lijst(identificaties),
    "persoon": lijst(st.sampled_from(PERSONEN)),
    "niet_persoon": lijst(st.sampled_from(PERSONEN)),
    "status": lijst(statusnamen),
    "niet_status": lijst(statusnamen),
    "zender": lijst(st.sampled_from(APPLICATIES)),
    "niet_zender": lijst(st.sampled_from(APPLICATIES)),
    "eindstatus": st.booleans(),
    "afnemersindicatie": st.booleans(),
}


@st.composite
def abonnementen(trek: st.DrawFn) -> Abonnement:
    """An abonnement with few conditions: one with many holds for nothing."""
    sleutels = trek(st.lists(st.sampled_from(sorted(VOORWAARDEN)), max_size=3, unique=True))
    return Abonnement(
        applicatie=trek(st.sampled_from(APPLICATIES)), **{sleutel: trek(VOORWAARDEN[sleutel]) for sleutel in sleutels}
    )


gebeurtenissen = st.tuples(
    st.none() | plaats, st.sampled_from(GEBEURTENISSEN), st.sampled_from(APPLICATIES), st.sampled_from(STATUSSEN)
)


def geldt(regel: Abonnement, wereld: Wereld, een: Gebeurtenis, waar: int | None) -> bool:
    """Whether a rule holds, by the text of docs/gebruiken/notificaties.md."""
    code = een.gegevens["code"]
    status = een.gegevens["status"]
    namen = {status["volgnummer"], (status["code"] or "-").lower(), status["omschrijving"].lower()} if status else set()
    kent = waar is not None
    feiten: list[tuple[tuple[Any, ...], tuple[Any, ...], set[Any], bool]] = [
        (() if "*" in regel.zaaktype else regel.zaaktype, regel.niet_zaaktype, {code}, code is not None),
        (regel.soort, regel.niet_soort, {SOORTEN.get(code or "")}, code is not None),
        (
            tuple(str(w).lower() if isinstance(w, str) else w for w in regel.status),
            tuple(str(w).lower() if isinstance(w, str) else w for w in regel.niet_status),
            namen,
            True,
        ),
        (regel.zender, regel.niet_zender, {een.applicatie}, True),
        (
            regel.gezinsplan,
            regel.niet_gezinsplan,
            {f"Z{plan}" for plan in wereld.gezinsplannen(waar)} if waar is not None else set(),
            kent,
        ),
        (regel.persoon, regel.niet_persoon, wereld.mensen(waar) if waar is not None else set(), kent),
    ]
    for wel, niet, waarden, bekend in feiten:
        if (wel or niet) and not bekend:
            return False
        if wel and not waarden & set(wel):
            return False
        if waarden & set(niet):
            return False
    if regel.eindstatus is not None and regel.eindstatus != bool(status and status["eindstatus"]):
        return False
    afnemer = None if waar is None else regel.applicatie in wereld.geindiceerd(waar)
    if regel.afnemersindicatie is not None and afnemer is not regel.afnemersindicatie:
        return False
    return "*" in regel.gebeurtenis or een.gebeurtenis in regel.gebeurtenis


def verwacht(regels: list[Abonnement], wereld: Wereld, een: Gebeurtenis, waar: int | None) -> list[tuple[str, str]]:
    gevonden: dict[str, str] = {}
    for nummer, regel in enumerate(regels, 1):
        if geldt(regel, wereld, een, waar):
            gevonden.setdefault(regel.applicatie, f"abonnement[{nummer}] van de inrichting")
    met_eigen_regel = {regel.applicatie for regel in regels if regel.afnemersindicatie}
    for applicatie in sorted(wereld.geindiceerd(waar) if waar is not None else ()):
        if applicatie not in met_eigen_regel:
            gevonden.setdefault(applicatie, "afnemersindicatie")
    gevonden.pop(een.applicatie, None)
    return sorted(gevonden.items())


@pytest.fixture(scope="module")
def motor(module_database_url: str) -> Iterator[Engine]:
    motor = maak_engine(module_database_url)
    yield motor
    motor.dispose()


@pytest.fixture(scope="module")
def inrichting(motor: Engine) -> Inrichting:
    return laad(motor)


@given(wereld=werelden(), regels=st.lists(abonnementen(), max_size=6), wat=st.lists(gebeurtenissen, max_size=12))
def test_a_batch_is_divided_as_the_rules_say_one_by_one(
    motor: Engine,
    inrichting: Inrichting,
    wereld: Wereld,
    regels: list[Abonnement],
    wat: list[tuple[int | None, str, str, dict[str, Any] | None]],
) -> None:
    geldend = replace(
        inrichting,
        abonnementen=tuple(Regel(regel, nummer) for nummer, regel in enumerate(regels, 1)),
        afnemers=bool(wereld.afnemers),
    )
    with motor.connect() as verbinding:
        ids = [zaak(verbinding, f"Z{nummer}", code) for nummer, code in enumerate(wereld.zaaktypen)]
        for relatie, van, naar, einde in wereld.relaties:
            koppel(verbinding, ids[van], ids[naar], relatie, "20260101" if einde else None)
        for waar, nummer, einde in wereld.personen:
            betrek(verbinding, ids[waar], nummer, "MDW" if nummer == "mw17" else "NPS", "2026" if einde else None)
        for waar, applicatie in wereld.afnemers:
            indiceer(verbinding, ids[waar], applicatie)
        stapel = [
            Gebeurtenis(
                id=nummer,
                zaak_id=None if waar is None else ids[waar],
                zaakidentificatie="elders" if waar is None else f"Z{waar}",
                gebeurtenis=naam,
                organisatie="1900",
                applicatie=zender,
                gegevens={"code": "WMO" if waar is None else wereld.zaaktypen[waar], "status": status},
            )
            for nummer, (waar, naam, zender, status) in enumerate(wat)
        ]
        with tel_statements() as teller:
            uitkomst = list(routeer(verbinding, geldend, stapel))
        verbinding.rollback()
    assert teller.aantal <= 1
    assert [een for een, _ in uitkomst] == stapel
    for (een, gevonden), (waar, *_) in zip(uitkomst, wat, strict=True):
        door = sorted((bestemming.applicatie, bestemming.reden.split(":")[0]) for bestemming in gevonden)
        assert door == verwacht(regels, wereld, een, waar)
