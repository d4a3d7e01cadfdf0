"""The work on a message grows with its size alone, whatever it is made of: counted in calls, not in seconds."""

import cProfile
import pstats
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from lxml import etree
from sqlalchemy import Connection
from tests.berichten.bouw import (
    ACTIE,
    ander,
    client,
    envelop,
    lk01,
    lv01,
    mdw,
    nieuw_nummer,
    rol,
    rol_leeg,
    status,
    teksten,
    zaak,
)
from tests.diensten.stappen import INITIATOR, nieuw, sleutel, wijziging
from tests.diensten.stappen import details as details_van
from tests.soap.conftest import Deur

from regiesysteem.db import Sql, tel_statements
from regiesysteem.zakenmagazijn import loading, statuses


def _bsn(nummer: int) -> str:
    """The n-th number that meets the elfproef."""
    begin = 10_000_000 + 11 * nummer
    while (rest := sum(int(c) * w for c, w in zip(str(begin), range(9, 1, -1), strict=True)) % 11) == 10:
        begin += 1
    return f"{begin}{rest}"


def _extra(inhoud: str, aantal: int = 1) -> str:
    extras = "".join(f'<StUF:extraElement naam="e{n}">{inhoud}</StUF:extraElement>' for n in range(aantal))
    return lk01("T", zaak(nieuw_nummer(), na=f"<StUF:extraElementen>{extras}</StUF:extraElementen>"))


def _clienten(aantal: int) -> str:
    return "".join(client(_bsn(nummer)) for nummer in range(aantal))


def _kenmerken(aantal: int) -> str:
    return "".join(
        f"<ZKN:kenmerk><ZKN:kenmerk>{n}</ZKN:kenmerk><ZKN:bron>x</ZKN:bron></ZKN:kenmerk>" for n in range(aantal)
    )


def _statussen(aantal: int) -> str:
    return "".join(status(1, f"{20260101120000000 + n}") for n in range(aantal))


def _vreemde(aantal: int) -> str:
    return "".join(f'<x xmlns="urn:{n}" a="b"/>' for n in range(aantal))


_SOORTEN: dict[str, tuple[str, Callable[[Deur, int], str]]] = {
    "letters": ("creeerZaak_Lk01", lambda _, n: _extra("é" * n * 50)),
    "verwijzingen": ("creeerZaak_Lk01", lambda _, n: _extra("&amp;&#233;" * n * 20)),
    "cdata": ("creeerZaak_Lk01", lambda _, n: _extra("<![CDATA[<é>]]>" * n)),
    "commentaar": ("creeerZaak_Lk01", lambda _, n: _extra("x<!-- é -->" * n)),
    "tekst tussen elementen": (
        "creeerZaak_Lk01",
        lambda _, n: lk01("T", zaak(nieuw_nummer())).replace("<StUF:zender>", "é&amp;" * n * 20 + "<StUF:zender>", 1),
    ),
    "extraElementen": ("creeerZaak_Lk01", lambda _, n: _extra("x", n)),
    "kenmerken": ("creeerZaak_Lk01", lambda _, n: lk01("T", zaak(nieuw_nummer(), elementen=_kenmerken(n)))),
    "clienten": ("creeerZaak_Lk01", lambda _, n: lk01("T", zaak(nieuw_nummer(), relaties=_clienten(n) + INITIATOR))),
    "statussen": (
        "creeerZaak_Lk01",
        lambda _, n: lk01(
            "T", zaak(nieuw_nummer(), na="".join(status(1, f"{20260101120000000 + k}") for k in range(n)))
        ),
    ),
    "nieuwe clienten": (
        "updateZaak_Lk01",
        lambda deur, n: wijziging(nieuw(deur), rol_leeg("heeftBetrekkingOp", "T") * n, _clienten(n)),
    ),
    "een rol die er is": (
        "updateZaak_Lk01",
        lambda deur, n: wijziging(
            nieuw(deur, relaties=INITIATOR + rol("heeftAlsUitvoerende", mdw("m1"))),
            "",
            rol("heeftAlsUitvoerende", mdw("m1")) * n,
        ),
    ),
    "een andere zaak": (
        "updateZaak_Lk01",
        lambda deur, n: wijziging(nieuw(deur), "", ander("heeftBetrekkingOpAndere", nieuw(deur)) * n),
    ),
    "onbekende elementen": (
        "creeerZaak_Lk01",
        lambda _, n: lk01("T", zaak(nieuw_nummer(), elementen="<ZKN:onzin/>" * n)),
    ),
    "namespaces": (
        "creeerZaak_Lk01",
        lambda _, n: lk01(
            "T", zaak(nieuw_nummer(), elementen="".join(f'<x xmlns="urn:{k}" a="b"/>' for k in range(n)))
        ),
    ),
    "objecten": ("creeerZaak_Lk01", lambda _, n: lk01("T", zaak(nieuw_nummer()) + "<ZKN:object/>" * n)),
    "scope": ("zakLv01", lambda _, n: lv01(sleutel("1900X1"), "<ZKN:omschrijving/>" * n)),
    "criteria": ("zakLv01", lambda _, n: lv01("<ZKN:omschrijving>x</ZKN:omschrijving>" * n)),
}


@pytest.mark.parametrize("zender", ["GWS4all", "WmoVoorziening"], ids=["soepel", "streng"])
@pytest.mark.parametrize("soort", _SOORTEN)
def test_twice_the_message_is_twice_the_work(deur: Deur, soort: str, zender: str) -> None:
    dienst, maak = _SOORTEN[soort]
    aantallen = []
    for omvang in (150, 150, 300):  # the first fills what is made once
        data = envelop(maak(deur, omvang).replace("GWS4all", zender))
        with cProfile.Profile() as meting:
            antwoord = deur.post(data, SOAPAction=f'"{ACTIE}{dienst}"')
        assert b"verwijzing" not in antwoord.data
        aantallen.append(pstats.Stats(meting).total_calls)  # type: ignore[attr-defined]
    assert aantallen[2] < 2.5 * aantallen[1]


class _Geteld(int):
    """An id that counts how often it is compared or looked up, which a profiler does not see."""

    keren = 0

    def __hash__(self) -> int:
        type(self).keren += 1
        return int.__hash__(self)

    def __eq__(self, ander: object) -> bool:
        type(self).keren += 1
        return int.__eq__(self, ander)


def test_statuses_that_go_are_each_looked_up_a_few_times(deur: Deur, monkeypatch: pytest.MonkeyPatch) -> None:
    class _Lees:
        @staticmethod
        def voer_uit(verbinding: Connection, parameters: dict[str, object]) -> SimpleNamespace:
            rijen = echt.voer_uit(verbinding, parameters).mappings().all()
            return SimpleNamespace(mappings=lambda: [{**rij, "id": _Geteld(rij["id"])} for rij in rijen])

    echt = statuses._LEES
    monkeypatch.setattr(statuses, "_LEES", _Lees)
    aantal = 300
    momenten = [f"{20260101120000000 + n}" for n in range(aantal)]
    nummer = nieuw(deur, na="".join(status(1, moment) for moment in momenten))
    _Geteld.keren = 0
    weg = "".join(status(1, moment, "V") for moment in momenten[1:])
    deur.gelukt("updateZaak_Lk01", wijziging(nummer, weg, ""))
    assert 0 < _Geteld.keren < 20 * aantal


@pytest.mark.parametrize("element", ["omschrijving", "identificatie"])
def test_a_value_that_no_index_takes_is_told_as_what_it_is(deur: Deur, element: str) -> None:
    """A sender whose messages need not meet the schema may send a text of any length."""
    tekst = "".join(f"{n:x}" for n in range(20_000))
    voor = deur.aantallen()
    bericht = lk01("T", zaak("1900X1")).replace(f"</ZKN:{element}>", f"{tekst}</ZKN:{element}>", 1)
    code, details = deur.fout("creeerZaak_Lk01", bericht)
    assert code == "StUF055"
    assert "lang" in details
    assert deur.aantallen() == voor


def _plannen(deur: Deur, datum: str, aantal: int, clienten: int = 20) -> list[str]:
    return sorted(nieuw(deur, start=datum, relaties=_clienten(clienten) + INITIATOR) for _ in range(aantal))


def _vraag(deur: Deur, datum: str, maximum: int, start: str = "") -> etree._Element:
    gelijk = f"<ZKN:startdatum>{datum}</ZKN:startdatum>"
    vervolg = f"<StUF:indicatorVervolgvraag>{'true' if start else 'false'}</StUF:indicatorVervolgvraag>"
    parameters = f"{vervolg}<StUF:maximumAantal>{maximum}</StUF:maximumAantal>"
    tel = "<StUF:indicatorAantal>true</StUF:indicatorAantal>"
    van = f'<ZKN:start><ZKN:object StUF:entiteittype="ZAK">{sleutel(start)}</ZKN:object></ZKN:start>' if start else ""
    bericht = lv01(gelijk, 'StUF:scope="alles"', parameters=parameters + tel, sortering=1, rest=f"{van}<!--scope-->")
    return deur.gelukt("zakLv01", bericht)


_NUMMERS = "//z:antwoord/z:object/z:identificatie"


def test_an_answer_that_grows_too_large_stops_and_goes_on_with_a_vervolgvraag(
    deur: Deur, monkeypatch: pytest.MonkeyPatch
) -> None:
    """StUF 03.01, 6.4.1: who cannot give as many as was asked gives what he can, and says so."""
    datum = "20770101"
    plannen = _plannen(deur, datum, 5)
    assert teksten(_vraag(deur, datum, 10), _NUMMERS) == plannen
    monkeypatch.setattr(loading, "MAX_ANTWOORD", 18_000)
    gekregen: list[str] = []
    while True:
        antwoord = _vraag(deur, datum, 10, start=gekregen[-1] if gekregen else "")
        assert len(etree.tostring(antwoord)) < 10 * loading.MAX_ANTWOORD
        erbij = teksten(antwoord, _NUMMERS)
        assert 0 < len(erbij) < 5
        # Of a vervolgvraag those count that come from there on.
        assert teksten(antwoord, "//s:aantalVoorkomens") == [str(5 - len(gekregen))]
        gekregen += erbij
        if teksten(antwoord, "//s:indicatorVervolgvraag") == ["false"]:
            break
        assert teksten(antwoord, "//z:melding") == ["StUF0002: Meer objecten gevraagd dan teruggegeven"]
    assert gekregen == plannen


def test_what_hangs_on_related_zaken_counts_too(deur: Deur, monkeypatch: pytest.MonkeyPatch) -> None:
    datum = "20770201"
    plannen = _plannen(deur, datum, 4)
    hoofden = sorted(
        nieuw(deur, start="20770202", relaties=INITIATOR, na=ander("heeftBetrekkingOpAndere", plan)) for plan in plannen
    )
    monkeypatch.setattr(loading, "MAX_ANTWOORD", 18_000)
    antwoord = _vraag(deur, "20770202", 10)
    assert 0 < len(erbij := teksten(antwoord, _NUMMERS)) < 4
    assert erbij == hoofden[: len(erbij)]
    assert teksten(antwoord, "//s:indicatorVervolgvraag") == ["true"]


def test_a_zaak_that_no_answer_can_hold_is_refused_with_what_to_leave_out(
    deur: Deur, monkeypatch: pytest.MonkeyPatch
) -> None:
    [nummer] = _plannen(deur, "20770301", 1)
    monkeypatch.setattr(loading, "MAX_ZAAK", 5_000)
    for dienst in ("geefZaakdetails_Lv01", "zakLv01"):
        code, details = deur.fout(dienst, lv01(sleutel(nummer), 'StUF:scope="alles"'))
        assert code == "StUF058"
        assert "vraag in scope minder" in details
        assert "heeftBetrekkingOp" in details
    assert teksten(details_van(deur, nummer, "<ZKN:omschrijving/>"), "//z:object/z:omschrijving") == ["Zaak"]


@pytest.mark.parametrize("few", [True, False])
def test_what_is_measured_is_made_once(deur: Deur, few: bool) -> None:
    """A planner that flattens the query makes each text of a zaak twice: to measure it, and to give it."""
    tekst = loading._opdracht("z.id", ("relaties",), few=few)._sql.replace("%(", ":").replace(")s", "")
    opdracht = Sql(f"EXPLAIN {tekst}")
    with deur.motor.connect() as verbinding:
        vraag = {"ids": [1, 2], "ruimte": 1, "objectrelaties": ["heeftBetrekkingOp"]}
        plan = "\n".join(opdracht.voer_uit(verbinding, vraag).scalars())
    assert plan.count("on zaak_relatie") == 1, plan


def test_many_zaken_take_a_statement_for_fifty_of_them(deur: Deur) -> None:
    datum = "20770401"
    plannen = _plannen(deur, datum, 51, clienten=1)
    with tel_statements() as teller:
        assert teksten(_vraag(deur, datum, 100), _NUMMERS) == plannen
    assert teller.aantal <= 5


@pytest.mark.parametrize(
    ("gelijk", "past"),
    [
        ('<ZKN:omschrijving StUF:exact="false">{}</ZKN:omschrijving>'.format("é" * 1000), True),
        ('<ZKN:omschrijving StUF:exact="false">{}</ZKN:omschrijving>'.format("é" * 1001), False),
        ('<ZKN:omschrijving StUF:exact="0">{}</ZKN:omschrijving>'.format("%" * 100_000), False),
        ('<ZKN:omschrijving StUF:exact="false">a</ZKN:omschrijving>' * 10, True),
        ('<ZKN:omschrijving StUF:exact="false">a</ZKN:omschrijving>' * 11, False),
    ],
)
def test_what_is_looked_for_in_part_is_bounded_for_everyone(deur: Deur, gelijk: str, past: bool) -> None:
    """A sender whose messages need not meet the schema may ask a text of any length, any number of times."""
    antwoord = deur.stuur("zakLv01", lv01(gelijk, 'StUF:scope="kerngegevens"'))
    assert teksten(antwoord, "//s:code") == ([] if past else ["StUF055"])
    assert past or "ten hoogste" in "".join(teksten(antwoord, "//s:details"))
