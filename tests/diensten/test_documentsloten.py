"""A check-out belongs to the system that it was given to (ZDS 4.2.6 and 4.2.8: not someone else's)."""

import pytest
from sqlalchemy import text
from tests.berichten.documenten import SOEPEL, STRENG, bewerken, cancel, inhoud, update
from tests.conftest import regie
from tests.diensten.documentstappen import add, check_out, element, file, read, refuse, revise
from tests.diensten.stappen import new
from tests.soap.conftest import Door

MODIFICATION = f"<ZKN:titel>Van een ander</ZKN:titel>{inhoud(b'van een ander')}"


def _locks(door: Door) -> list[tuple[object, ...]]:
    with door.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT * FROM document_slot ORDER BY document_id"))]


def _as(bericht: str, part: str, waarde: str) -> str:
    """A message whose sender has another organisatie or administratie, or a gebruiker."""
    for_ = bericht.index("</StUF:zender>")
    head, rest = bericht[:for_], bericht[for_:]
    if part == "organisatie":
        return head.replace("<StUF:organisatie>1900<", f"<StUF:organisatie>{waarde}<", 1) + rest
    return f"{head}<StUF:{part}>{waarde}</StUF:{part}>{rest}"


@pytest.mark.parametrize("dienst", ["updateZaakdocument_Di02", "cancelCheckout_Di02"])
def test_the_key_of_another_applicatie_is_refused_and_nothing_changes(door: Door, dienst: str) -> None:
    number = add(door, data=b"zoals het was")
    got = check_out(door, number, zender=SOEPEL)
    locks = _locks(door)
    bericht = update(number, got, MODIFICATION) if dienst.startswith("update") else cancel(number, got)
    code, details = refuse(door, dienst, bericht)
    assert code == "StUF058"
    assert f"in bewerking bij {SOEPEL} sinds " in details
    assert "alleen in een bericht van de zender" in details
    assert got not in details
    assert _locks(door) == locks
    assert file(read(door, number)) == b"zoals het was"
    revise(door, number, got, inhoud(b"van wie het heeft"), zender=SOEPEL)
    assert file(read(door, number)) == b"van wie het heeft"


@pytest.mark.parametrize(("part", "waarde"), [("organisatie", "0363"), ("administratie", "Jeugd")])
def test_organisatie_and_administratie_count_too(door: Door, part: str, waarde: str) -> None:
    number = add(door)
    got = check_out(door, number)
    error = door.fout("cancelCheckout_Di02", _as(cancel(number, got), part, waarde))
    assert (error[0], "alleen in een bericht van de zender" in error[1]) == ("StUF058", True)
    door.succeeded("cancelCheckout_Di02", cancel(number, got))


def test_another_gebruiker_of_the_same_applicatie_is_the_same_sender(door: Door) -> None:
    """As in the rule on duplicates (StUF 03.01, 4.4)."""
    number = add(door)
    got = check_out(door, number)
    door.succeeded("cancelCheckout_Di02", _as(cancel(number, got), "gebruiker", "jansen"))
    door.succeeded("geefZaakdocumentbewerken_Di02", bewerken(number, zender=STRENG))


def test_of_a_check_out_without_a_sender_the_key_is_enough(door: Door) -> None:
    """As those are that were given out before senders were kept."""
    number = add(door)
    got = check_out(door, number, zender=SOEPEL)
    with door.engine.begin() as connection:
        empty = "SET zender_organisatie = NULL, zender_applicatie = NULL, zender_administratie = NULL"
        connection.execute(text(f"UPDATE document_slot {empty}"))
    revise(door, number, got, "<ZKN:titel>Gewijzigd</ZKN:titel>", zender=STRENG)
    assert element(door, number, "z:titel") == ["Gewijzigd"]


def test_an_operator_sees_who_has_what_and_releases_it(door: Door, module_database_url: str) -> None:
    one, other = new(door), new(door)
    number = add(door, one, other)
    question = _as(bewerken(number, zender=SOEPEL), "gebruiker", "jan\x9b2J")
    got = door.succeeded("geefZaakdocumentbewerken_Di02", question).findtext(".//{*}checkedOutId") or ""
    environment = {"REGIE_DATABASE_URL": module_database_url}
    listing = regie("documenten", "sloten", **environment)
    assert (listing.returncode, listing.stderr) == (0, "")
    [regel] = [regel for regel in listing.stdout.splitlines() if got in regel]
    assert f"{got}  {number}  in bewerking bij jan?2J ({SOEPEL}) sinds " in regel
    assert "verlopen" not in regel
    free = regie("documenten", "geef-vrij", got, **environment)
    assert (free.returncode, free.stderr) == (0, "")
    assert free.stdout.startswith(f"Vrijgegeven: document {number}; het was in bewerking bij jan")
    assert got not in regie("documenten", "sloten", **environment).stdout
    audit = text(
        "SELECT z.identificatie, a.bericht_id, a.gewijzigd FROM audit a JOIN zaak z ON z.id = a.zaak_id "
        "WHERE a.gebeurtenis = 'Geef zaakdocument vrij (beheerder)' ORDER BY z.identificatie"
    )
    with door.engine.connect() as connection:
        regels = [tuple(row) for row in connection.execute(audit)]
    assert regels == [(zaak, None, ["checkedOutId"]) for zaak in sorted((one, other))]
    assert refuse(door, "cancelCheckout_Di02", cancel(number, got, zender=SOEPEL))[0] == "StUF058"
    check_out(door, number)


def test_a_release_of_what_nobody_has_is_told_in_one_line(door: Door, module_database_url: str) -> None:
    for_ = door.counts("audit", "document_slot")
    error = regie("documenten", "geef-vrij", "bestaat-niet", REGIE_DATABASE_URL=module_database_url)
    assert (error.returncode, error.stdout) == (1, "")
    assert error.stderr == "Er is geen document in bewerking met checkedOutId bestaat-niet.\n"
    assert door.counts("audit", "document_slot") == for_


def test_the_list_says_what_has_expired(door: Door, module_database_url: str) -> None:
    got = check_out(door, add(door))
    with door.engine.begin() as connection:
        old = "UPDATE document_slot SET sinds = sinds - interval '15 days' WHERE checked_out_id = :gekregen"
        connection.execute(text(old), {"gekregen": got})
    listing = regie("documenten", "sloten", REGIE_DATABASE_URL=module_database_url).stdout
    [regel] = [regel for regel in listing.splitlines() if got in regel]
    assert regel.endswith("  verlopen")


def test_an_empty_list_says_so(database_url: str) -> None:
    assert regie("migreer", REGIE_DATABASE_URL=database_url).returncode == 0
    assert regie("documenten", "sloten", REGIE_DATABASE_URL=database_url).stdout == "Niemand bewerkt een document.\n"
