"""The work on a message grows with its size alone, whatever it is made of: counted in calls, not in seconds."""

import cProfile
import pstats
from collections.abc import Callable

import pytest
from tests.berichten.bouw import ACTIE, client, envelop, lk01, lv01, nieuw_nummer, rol_leeg, status, zaak
from tests.diensten.stappen import INITIATOR, nieuw, sleutel, wijziging
from tests.soap.conftest import Deur


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
    "scope": ("zakLv01_Lv01", lambda _, n: lv01(sleutel("1900X1"), "<ZKN:omschrijving/>" * n)),
    "criteria": ("zakLv01_Lv01", lambda _, n: lv01("<ZKN:omschrijving>x</ZKN:omschrijving>" * n)),
}


@pytest.mark.parametrize("zender", ["GWS4all", "WmoVoorziening"], ids=["soepel", "streng"])
@pytest.mark.parametrize("soort", _SOORTEN)
def test_twice_the_message_is_twice_the_work(deur: Deur, soort: str, zender: str) -> None:
    dienst, maak = _SOORTEN[soort]
    aantallen = []
    for omvang in (300, 300, 600):  # the first fills what is made once
        data = envelop(maak(deur, omvang).replace("GWS4all", zender))
        with cProfile.Profile() as meting:
            antwoord = deur.post(data, SOAPAction=f'"{ACTIE}{dienst}"')
        assert b"verwijzing" not in antwoord.data
        aantallen.append(pstats.Stats(meting).total_calls)  # type: ignore[attr-defined]
    assert aantallen[2] < 2.5 * aantallen[1]


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
