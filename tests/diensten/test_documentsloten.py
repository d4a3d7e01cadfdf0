"""A check-out belongs to the system that it was given to (ZDS 4.2.6 and 4.2.8: not someone else's)."""

import pytest
from sqlalchemy import text
from tests.berichten.documenten import SOEPEL, STRENG, bewerken, cancel, inhoud, update
from tests.conftest import regie
from tests.diensten.documentstappen import bestand, check_uit, element, lees, voeg_toe, weiger, werk_bij
from tests.diensten.stappen import nieuw
from tests.soap.conftest import Deur

WIJZIGING = f"<ZKN:titel>Van een ander</ZKN:titel>{inhoud(b'van een ander')}"


def _sloten(deur: Deur) -> list[tuple[object, ...]]:
    with deur.motor.connect() as verbinding:
        return [tuple(rij) for rij in verbinding.execute(text("SELECT * FROM document_slot ORDER BY document_id"))]


def _als(bericht: str, deel: str, waarde: str) -> str:
    """A message whose sender has another organisatie or administratie, or a gebruiker."""
    voor = bericht.index("</StUF:zender>")
    kop, rest = bericht[:voor], bericht[voor:]
    if deel == "organisatie":
        return kop.replace("<StUF:organisatie>1900<", f"<StUF:organisatie>{waarde}<", 1) + rest
    return f"{kop}<StUF:{deel}>{waarde}</StUF:{deel}>{rest}"


@pytest.mark.parametrize("dienst", ["updateZaakdocument_Di02", "cancelCheckout_Di02"])
def test_the_key_of_another_applicatie_is_refused_and_nothing_changes(deur: Deur, dienst: str) -> None:
    nummer = voeg_toe(deur, data=b"zoals het was")
    gekregen = check_uit(deur, nummer, zender=SOEPEL)
    sloten = _sloten(deur)
    bericht = update(nummer, gekregen, WIJZIGING) if dienst.startswith("update") else cancel(nummer, gekregen)
    code, details = weiger(deur, dienst, bericht)
    assert code == "StUF058"
    assert f"in bewerking bij {SOEPEL} sinds " in details
    assert "alleen in een bericht van de zender" in details
    assert gekregen not in details
    assert _sloten(deur) == sloten
    assert bestand(lees(deur, nummer)) == b"zoals het was"
    werk_bij(deur, nummer, gekregen, inhoud(b"van wie het heeft"), zender=SOEPEL)
    assert bestand(lees(deur, nummer)) == b"van wie het heeft"


@pytest.mark.parametrize(("deel", "waarde"), [("organisatie", "0363"), ("administratie", "Jeugd")])
def test_organisatie_and_administratie_count_too(deur: Deur, deel: str, waarde: str) -> None:
    nummer = voeg_toe(deur)
    gekregen = check_uit(deur, nummer)
    fout = deur.fout("cancelCheckout_Di02", _als(cancel(nummer, gekregen), deel, waarde))
    assert (fout[0], "alleen in een bericht van de zender" in fout[1]) == ("StUF058", True)
    deur.gelukt("cancelCheckout_Di02", cancel(nummer, gekregen))


def test_another_gebruiker_of_the_same_applicatie_is_the_same_sender(deur: Deur) -> None:
    """As in the rule on duplicates (StUF 03.01, 4.4)."""
    nummer = voeg_toe(deur)
    gekregen = check_uit(deur, nummer)
    deur.gelukt("cancelCheckout_Di02", _als(cancel(nummer, gekregen), "gebruiker", "jansen"))
    deur.gelukt("geefZaakdocumentbewerken_Di02", bewerken(nummer, zender=STRENG))


def test_of_a_check_out_without_a_sender_the_key_is_enough(deur: Deur) -> None:
    """As those are that were given out before senders were kept."""
    nummer = voeg_toe(deur)
    gekregen = check_uit(deur, nummer, zender=SOEPEL)
    with deur.motor.begin() as verbinding:
        leeg = "SET zender_organisatie = NULL, zender_applicatie = NULL, zender_administratie = NULL"
        verbinding.execute(text(f"UPDATE document_slot {leeg}"))
    werk_bij(deur, nummer, gekregen, "<ZKN:titel>Gewijzigd</ZKN:titel>", zender=STRENG)
    assert element(deur, nummer, "z:titel") == ["Gewijzigd"]


def test_an_operator_sees_who_has_what_and_releases_it(deur: Deur, module_database_url: str) -> None:
    een, ander = nieuw(deur), nieuw(deur)
    nummer = voeg_toe(deur, een, ander)
    vraag = _als(bewerken(nummer, zender=SOEPEL), "gebruiker", "jan\x9b2J")
    gekregen = deur.gelukt("geefZaakdocumentbewerken_Di02", vraag).findtext(".//{*}checkedOutId") or ""
    omgeving = {"REGIE_DATABASE_URL": module_database_url}
    lijst = regie("documenten", "sloten", **omgeving)
    assert (lijst.returncode, lijst.stderr) == (0, "")
    [regel] = [regel for regel in lijst.stdout.splitlines() if gekregen in regel]
    assert f"{gekregen}  {nummer}  in bewerking bij jan?2J ({SOEPEL}) sinds " in regel
    assert "verlopen" not in regel
    vrij = regie("documenten", "geef-vrij", gekregen, **omgeving)
    assert (vrij.returncode, vrij.stderr) == (0, "")
    assert vrij.stdout.startswith(f"Vrijgegeven: document {nummer}; het was in bewerking bij jan")
    assert gekregen not in regie("documenten", "sloten", **omgeving).stdout
    audit = text(
        "SELECT z.identificatie, a.bericht_id, a.gewijzigd FROM audit a JOIN zaak z ON z.id = a.zaak_id "
        "WHERE a.gebeurtenis = 'Geef zaakdocument vrij (beheerder)' ORDER BY z.identificatie"
    )
    with deur.motor.connect() as verbinding:
        regels = [tuple(rij) for rij in verbinding.execute(audit)]
    assert regels == [(zaak, None, ["checkedOutId"]) for zaak in sorted((een, ander))]
    assert weiger(deur, "cancelCheckout_Di02", cancel(nummer, gekregen, zender=SOEPEL))[0] == "StUF058"
    check_uit(deur, nummer)


def test_a_release_of_what_nobody_has_is_told_in_one_line(deur: Deur, module_database_url: str) -> None:
    voor = deur.aantallen("audit", "document_slot")
    fout = regie("documenten", "geef-vrij", "bestaat-niet", REGIE_DATABASE_URL=module_database_url)
    assert (fout.returncode, fout.stdout) == (1, "")
    assert fout.stderr == "Er is geen document in bewerking met checkedOutId bestaat-niet.\n"
    assert deur.aantallen("audit", "document_slot") == voor


def test_the_list_says_what_has_expired(deur: Deur, module_database_url: str) -> None:
    gekregen = check_uit(deur, voeg_toe(deur))
    with deur.motor.begin() as verbinding:
        oud = "UPDATE document_slot SET sinds = sinds - interval '15 days' WHERE checked_out_id = :gekregen"
        verbinding.execute(text(oud), {"gekregen": gekregen})
    lijst = regie("documenten", "sloten", REGIE_DATABASE_URL=module_database_url).stdout
    [regel] = [regel for regel in lijst.splitlines() if gekregen in regel]
    assert regel.endswith("  verlopen")


def test_an_empty_list_says_so(database_url: str) -> None:
    assert regie("migreer", REGIE_DATABASE_URL=database_url).returncode == 0
    assert regie("documenten", "sloten", REGIE_DATABASE_URL=database_url).stdout == "Niemand bewerkt een document.\n"
