"""Zaken that are due: proposed by one, approved by another, destroyed without a trace, with a verklaring that stays."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs
from tests.berichten.besluiten import TOEKENNING, bsl, update_besluit, vastgelegd, voeg_toe
from tests.berichten.bouw import (
    ACTIE,
    client,
    envelope,
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
from tests.berichten.documenten import cancel, document, edc_lk01, inhoud, pdf
from tests.berichten.regie import extra, heeft, is_van, notificatie
from tests.berichten.regie import zaak as regie_zaak
from tests.conftest import environment, wait_until
from tests.diensten.documentstappen import add, check_out, documenten
from tests.diensten.stappen import INITIATOR, actualiseer, change, details, modification, new, sleutel
from tests.soap import multipart
from tests.soap.conftest import Door, door, make_door
from tests.zakenmagazijn.sporen import forms, found_in_files, found_in_tables
from typer.testing import CliRunner

from regiesysteem.access.command_looks import operator
from regiesysteem.config import Settings
from regiesysteem.embedded import SUPERUSER, EmbeddedPostgres
from regiesysteem.inrichting.current import InrichtingSource, read_inrichting
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.notifications.transfers import hand_over
from regiesysteem.storage import make_storage
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.payload import Payload, write_payload
from regiesysteem.zakenmagazijn import keeping
from regiesysteem.zakenmagazijn.destruction import _DELETIONS, step
from regiesysteem.zakenmagazijn.keeping_cli import bewaren
from regiesysteem.zakenmagazijn.rectification import Correction, correct_person
from regiesysteem.zkn.names import NSMAP

__all__ = ["door", "make_door"]
TODAY = date(2026, 11, 30)
INGETROKKEN = "<ZKN:resultaat><ZKN:omschrijving>Ingetrokken</ZKN:omschrijving></ZKN:resultaat>"
RESULTAAT_NO = '<ZKN:resultaat xsi:nil="true" StUF:noValue="geenWaarde"/>'


def due_zaak(door: Door, *, relaties: str = INITIATOR, after: str = "", on: str = "20200301") -> str:
    """A zaak that was withdrawn long ago, and may be destroyed 42 days after that."""
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, "WMO-MAATW", relaties=relaties, after=after)))
    finish(door, number, on)
    return number


def finish(door: Door, number: str, on: str = "20200301") -> None:
    change(door, number, RESULTAAT_NO, INGETROKKEN)
    actualiseer(door, number, status(7, on))


def do(door: Door, *arguments: str, **settings_: str) -> tuple[int, str, str]:
    """`regie bewaren` with these arguments: exit code, output and errors."""
    url = door.engine.url.render_as_string(hide_password=False)
    told = {"REGIE_DATABASE_URL": url, "COLUMNS": "240"} | settings_
    outcome = CliRunner().invoke(bewaren, arguments, env=told)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, outcome.stdout, outcome.stderr


def propose(door: Door, *zaken: str, who: str = "Anna") -> int:
    with door.engine.begin() as connection:
        number, count = keeping.propose(connection, who, zaken, TODAY)
    assert count == len(zaken)
    return number


def approved(door: Door, *zaken: str) -> int:
    number = propose(door, *zaken)
    with door.engine.begin() as connection:
        keeping.judge(connection, number, "Bram", approved=True)
    return number


def carry_out(door: Door, number: int, count: int = 100) -> dict[str, int]:
    """All steps of a list; why zaken were left out."""
    skipped: dict[str, int] = {}
    while True:
        with door.engine.begin() as connection:
            done = step(connection, read_inrichting(connection), number, "Bram", TODAY, count)
        for reason, times in (done.skipped or {}).items():
            skipped[reason] = skipped.get(reason, 0) + times
        if not done.more:
            return skipped


def rows(door: Door, question: str, **parameters: object) -> list[tuple[object, ...]]:
    with door.engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(question), parameters)]


def there(door: Door, number: str) -> bool:
    return bool(texts(details(door, number), "//z:antwoord/z:object/z:identificatie"))


def test_two_people_destroy_what_is_due(door: Door, tmp_path: Path) -> None:
    """The whole of it, by the commands."""
    gone, stays = due_zaak(door), due_zaak(door)
    code, out, _ = do(door, "lijst", "--json")
    listed = {row["identificatie"]: row for row in map(json.loads, out.splitlines())}
    assert {gone, stays} <= set(listed)
    assert listed[gone]["datum_vernietiging"] == "20200412"
    assert listed[gone]["selectielijst"] == "8.4.1"
    file = tmp_path / "lijst.txt"
    file.write_text(f"# ingetrokken\n{gone}\n\n")
    assert do(door, "vernietig", "--lijst", str(file), "--als", "Anna")[0] == 0
    [(number,)] = rows(door, "SELECT nummer FROM vernietiging_zaak WHERE identificatie = :n", n=gone)
    assert do(door, "voer-uit", str(number))[0] == 1
    assert do(door, "keur-goed", str(number), "--als", " anna ") == (
        1, "", f"anna heeft lijst {number} voorgesteld; een ander moet haar beoordelen.\n"
    )  # fmt: skip
    assert do(door, "keur-goed", str(number), "--als", "Bram")[0] == 0
    assert do(door, "voer-uit", str(number), "--als", "Bram")[0] == 0
    assert not there(door, gone)
    assert there(door, stays)
    code, out, _ = do(door, "verklaring", str(number))
    assert code == 0
    assert all(word in out for word in ("Anna", "Bram", gone, "WMO-MAATW", "Ingetrokken", "8.4.1", "42 dagen"))
    told = json.loads(do(door, "verklaring", str(number), "--json")[1])
    assert told["aantallen"]["zaken"] == 1
    assert told["zaken"][0]["brondatum"] == "20200301"
    newest = json.loads(do(door, "lijsten", "--json")[1].splitlines()[0])
    assert (newest["nummer"], newest["stand"], newest["vernietigd"]) == (number, "uitgevoerd", 1)


# --- No trace: marked values through every door, and then looked for everywhere

BSN, INITIATOR_BSN, MARKED_BESLUIT = "987123403", "314159216", "1900Merkbesluit"
MARKS = (
    BSN,
    INITIATOR_BSN,
    MARKED_BESLUIT,
    "Merkbesluittekst",
    "Merkbesluitnaam",
    "Merkbesluitdocument",
    "Merkachternaam",
    "Merkinitiator",
    "Merkstraat 117",
    "Merktoelichting",
    "Merkstatuszin",
    "Merkkenmerk77",
    "Merkdomeinklein",
    "Merkdomeingroot",
    "Merkdocumenttekst",
    "Merkbijlagetekst",
    "Merktitelvandocument",
    "Merkauteursnaam",
    "Merkoverdracht",
    "Merkpostvakregel",
    "Merkgeweigerd",
    "Merkgerelateerd",
    "Merkbehandelaar",
    "Merkblokkadereden",
)


def person(bsn: str, naam: str) -> str:
    adres = (
        "<BG:verblijfsadres><BG:wpl.woonplaatsNaam>Bolsward</BG:wpl.woonplaatsNaam>"
        "<BG:gor.straatnaam>Merkstraat 117</BG:gor.straatnaam></BG:verblijfsadres>"
    )
    return nps(bsn, naam, extra=adres)


def payload(naam: str, inhoud_: bytes) -> str:
    element = etree.Element(stuf("extraElementen"), nsmap=NSMAP)
    write_payload(element, Payload(naam, "application/octet-stream", inhoud_))
    return etree.tostring(element, encoding="unicode")


def marked_zaak(door: Door, plan: str, number: str) -> None:
    """A deelplan with a mark in all that a message of a zaak may carry."""
    elementen = (
        "<ZKN:kenmerk><ZKN:kenmerk>Merkkenmerk77</ZKN:kenmerk><ZKN:bron>Merkkenmerk77</ZKN:bron></ZKN:kenmerk>"
        "<ZKN:toelichting>Merktoelichting</ZKN:toelichting>"
    )
    relaties = rol("heeftAlsInitiator", person(INITIATOR_BSN, "Merkinitiator")) + client(BSN, "Merkachternaam")
    relaties += rol("heeftAlsBelanghebbende", person(BSN, "Merkachternaam"))
    relaties += other("heeftBetrekkingOpAndere", plan)
    after = status(1, "20200101", extra="<ZKN:toelichting>Merkstatuszin</ZKN:toelichting>")
    after = after.replace(
        "</ZKN:heeft>",
        '<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde>'
        f"{mdw('mw-merk', 'Merkbehandelaar')}</ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>",
    )
    bericht = zaak(number, "WMO-MAATW", start="20200101", elementen=elementen, relaties=relaties, after=after)
    door.succeeded("creeerZaak_Lk01", lk01("T", bericht))
    for naam, data in (("klein", b"<x>Merkdomeinklein</x>"), ("groot", b"Merkdomeingroot" * 6000)):
        object_ = obj(sleutel(number) + payload(naam, data), "W")
        door.succeeded("updateZaak_Lk01", lk01("W", obj(sleutel(number), "W"), object_))


def marked_documents(door: Door, number: str) -> list[str]:
    """A document inline, one as an attachment, one that was edited; each of the zaak alone."""
    first = new_number()
    object_ = document(first, number, file=inhoud(pdf("Merkdocumenttekst")), titel="Merktitelvandocument")
    object_ = object_.replace("R. Egisseur", "Merkauteursnaam")
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", object_))
    second = new_number()
    file = (
        f'<ZKN:inhoud StUF:bestandsnaam="Merkbijlagetekst.pdf">{multipart.include("scan@proef").decode()}</ZKN:inhoud>'
    )
    bericht = envelope(edc_lk01("T", document(second, number, file=file)))
    package = multipart.write(multipart.root(bericht), multipart.bijlage(b"Merkbijlagetekst" * 5000, "scan@proef"))
    answer = door.post(
        package, Content_Type=multipart.inhoudstype(), SOAPAction=f'"{ACTIE}voegZaakdocumentToe_Lk01"'
    )  # fmt: skip
    assert b"Bv03" in answer.data, answer.data
    door.succeeded("cancelCheckout_Di02", cancel(first, check_out(door, first)))
    own = "<StUF:extraElement naam='x'>Merkbesluitdocument</StUF:extraElement>"
    own = f"<StUF:extraElementen>{own}</StUF:extraElementen></ZKN:isVastgelegdIn>"
    rest = TOEKENNING.replace("Zes maanden", "Merkbesluittekst")
    rest += vastgelegd(first).replace("</ZKN:isVastgelegdIn>", own)
    door.succeeded("voegBesluitToe_Di01", voeg_toe(MARKED_BESLUIT, number, rest))
    nader = "<ZKN:bst.omschrijving>Merkbesluitnaam</ZKN:bst.omschrijving>"
    door.succeeded("updateBesluit_BslLk01", update_besluit(bsl(MARKED_BESLUIT), bsl(MARKED_BESLUIT, nader)))
    return [first, second]


def test_no_table_file_or_object_has_a_trace_of_what_was_destroyed(
    make_door: Callable[..., Door], postgres: EmbeddedPostgres, korte_map: Path
) -> None:
    door = make_door()
    url = postgres.url_for(make_url(door.engine.url.render_as_string()).database or "", SUPERUSER)
    plan, number, neighbour = new_number(), new_number(), due_zaak(door)
    with capture_logs() as lines:
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(plan, "GEZINSPLAN", relaties=client("999993653") + INITIATOR)))
        marked_zaak(door, plan, number)
        documents = marked_documents(door, number)
        # Another message names the zaak, in words of its own.
        told = other("heeftBetrekkingOpAndere", number).replace(
            "</ZKN:gerelateerde>", "<ZKN:toelichting>Merkgerelateerd</ZKN:toelichting></ZKN:gerelateerde>"
        )
        change(door, plan, "", told)
        door.fout("updateZaak_Lk01", modification(number, "", "<ZKN:einddatum>Merkgeweigerd</ZKN:einddatum>"))
        melding = regie_zaak(
            extra(gebeurtenis="Update zaak", zendendeApplicatie="GWS4all") + is_van() + heeft(), number
        )
        door.succeeded("notificeerOverZaak", notificatie(melding, melding="Merkpostvakregel"))
        with door.engine.begin() as connection:
            hand_over(connection, read_inrichting(connection), number, "WmoVoorziening", "Merkoverdracht")
            keeping.block(connection, number, "Merkblokkadereden", "Anna")
        finish(door, number)
        Distributor(door.engine, InrichtingSource(door.engine), make_storage(Settings())).walk()
        with door.engine.begin() as connection:
            connection.execute(text("UPDATE overdracht SET stand = 'geweigerd', antwoord = 'Merkoverdracht'"))
            keeping.release(connection, number)
            connection.execute(text("ANALYZE"))
        before = {mark for _, mark in found_in_tables(url, MARKS)}
        assert before == set(MARKS) - {"Merkgeweigerd", "Merkblokkadereden"}, set(MARKS) - before
        assert carry_out(door, approved(door, number)) == {}
        code, _, error = do(door, "voer-uit", str(rows(door, "SELECT max(nummer) FROM vernietiging")[0][0]))
        assert (code, error) == (0, error)
    assert not there(door, number)
    assert there(door, plan)
    assert there(door, neighbour)
    assert found_in_tables(url, MARKS) == set()
    assert found_in_files(korte_map, MARKS) == set()
    assert [line for line in lines if any(form in repr(line).encode() for mark in MARKS for form in forms(mark))] == []
    [(left,)] = rows(door, "SELECT count(*) FROM document WHERE identificatie = ANY(:n)", n=documents)
    assert left == 0


# --- What stays, what is left out, and who may


def test_a_person_and_a_document_of_another_zaak_stay(door: Door) -> None:
    shared = rol("heeftAlsBelanghebbende", nps("999990676", "Blijver"))
    stays = due_zaak(door, relaties=INITIATOR + shared)
    goes = due_zaak(door, relaties=INITIATOR + shared + rol("heeftAlsGemachtigde", nps("999990639", "Ganger")))
    both, own = add(door, goes, stays), add(door, goes)
    assert carry_out(door, approved(door, goes)) == {}
    assert texts(details(door, stays), "//z:heeftAlsBelanghebbende//b:geslachtsnaam") == ["Blijver"]
    assert [row[0] for row in rows(door, "SELECT naam FROM object WHERE naam IN ('Blijver', 'Ganger')")] == ["Blijver"]
    found = rows(door, "SELECT identificatie FROM document WHERE identificatie IN (:a, :b)", a=both, b=own)
    assert found == [(both,)]
    assert texts(details(door, stays), "//z:heeftRelevant/z:gerelateerde/z:identificatie") == [both]


def test_a_zaak_that_stays_loses_its_relation_and_can_go_on_another_list(door: Door) -> None:
    deel = due_zaak(door)
    hoofd = due_zaak(door, relaties=INITIATOR + other("heeftAlsDeelzaak", deel))
    later = propose(door, hoofd)
    assert carry_out(door, approved(door, deel)) == {}
    assert texts(details(door, hoofd), "//z:heeftAlsDeelzaak/z:gerelateerde/z:identificatie") == []
    [(gewijzigd,)] = rows(
        door,
        "SELECT gewijzigd FROM audit a JOIN zaak z ON z.id = a.zaak_id "
        "WHERE z.identificatie = :n AND a.gebeurtenis = 'Vernietig zaak'",
        n=hoofd,
    )
    assert gewijzigd == ["heeftAlsDeelzaak"]
    with door.engine.begin() as connection:
        keeping.judge(connection, later, "Bram", approved=True)
    assert carry_out(door, later) == {}


def test_what_changed_or_is_held_back_is_left_out_with_a_reason(door: Door) -> None:
    changed, blocked, opened, edited, offered, moved, goes = (due_zaak(door) for _ in range(7))
    document_ = add(door, edited)
    number = approved(door, changed, blocked, opened, edited, offered, moved, goes)
    change(door, changed, "", "<ZKN:toelichting>Toch nog iets</ZKN:toelichting>")
    actualiseer(door, opened, status(4, "20260101"))
    check_out(door, document_)
    with door.engine.begin() as connection:
        keeping.block(connection, blocked, "bezwaar", "Anna")
        hand_over(connection, read_inrichting(connection), offered, "WmoVoorziening")
        connection.execute(
            text("UPDATE zaak SET datum_vernietiging_dossier = '20990101' WHERE identificatie = :n"), {"n": moved}
        )
    assert carry_out(door, number, 3) == {
        "gewijzigd sinds het voorstel": 2,
        "geblokkeerd": 1,
        "een document wordt bewerkt": 1,
        "er loopt een overdracht": 1,
        "mag nog niet vernietigd worden": 1,
    }
    assert not there(door, goes)
    assert all(there(door, one) for one in (changed, blocked, opened, edited, offered, moved))
    told = json.loads(do(door, "verklaring", str(number), "--json")[1])
    assert told["aantallen"]["zaken"] == 1
    assert told["aantallen"]["overgeslagen"] == 6
    assert {zaak["reden"] for zaak in told["zaken"] if zaak["identificatie"] == blocked} == {"geblokkeerd"}


def test_only_what_is_due_and_free_comes_on_a_list(door: Door) -> None:
    listed, blocked, early = due_zaak(door), due_zaak(door), due_zaak(door, on="20261101")
    propose(door, listed)
    do(door, "blokkeer", blocked, "--reden", "bezwaar", "--als", "Anna")
    with pytest.raises(keeping.CannotKeep) as error:
        propose(door, listed, blocked, early, "1900nergens")
    reasons = dict(regel.split(": ") for regel in str(error.value).splitlines()[1:])
    assert reasons[blocked] == "geblokkeerd"
    assert reasons[early] == "mag nog niet vernietigd worden"
    assert reasons["1900nergens"] == "is er niet"
    assert reasons[listed].startswith("staat al op lijst ")
    _, out, _ = do(door, "lijst", "--json")
    assert {row["identificatie"]: row["tegen"] for row in map(json.loads, out.splitlines())}[blocked] == "geblokkeerd"
    assert do(door, "deblokkeer", blocked)[0] == 0
    assert do(door, "deblokkeer", blocked)[:2] == (1, "")
    assert propose(door, blocked)


def test_a_day_that_nobody_knows_exactly_has_not_come(door: Door) -> None:
    number = due_zaak(door)
    vague = '<ZKN:datumVernietigingDossier StUF:indOnvolledigeDatum="D">20210300</ZKN:datumVernietigingDossier>'
    change(door, number, "", vague)
    with pytest.raises(keeping.CannotKeep, match="mag nog niet vernietigd worden"):
        propose(door, number)


def test_kept_for_ever_is_never_due(door: Door) -> None:
    number = due_zaak(door)
    change(door, number, "", "<ZKN:archiefnominatie>N</ZKN:archiefnominatie>")
    with pytest.raises(keeping.CannotKeep, match="mag nog niet vernietigd worden"):
        propose(door, number)


def test_two_runs_of_one_list_wait_for_each_other(door: Door) -> None:
    number = approved(door, *(due_zaak(door) for _ in range(4)))
    with ThreadPoolExecutor(2) as beside:
        list(beside.map(lambda _: carry_out(door, number, 1), range(2)))
    outcome = "SELECT uitkomst, count(*) FROM vernietiging_zaak WHERE nummer = :n GROUP BY 1"
    assert rows(door, outcome, n=number) == [("vernietigd", 4)]


def test_a_list_is_judged_once_and_a_rejected_one_is_never_carried_out(door: Door) -> None:
    zaak_ = due_zaak(door)
    number = propose(door, zaak_)
    assert do(door, "keur-af", str(number), "--reden", "te vroeg", "--als", "Bram")[0] == 0
    assert do(door, "keur-goed", str(number), "--als", "Carla") == (1, "", f"Lijst {number} is al afgekeurd.\n")
    code, _, error = do(door, "voer-uit", str(number), "--als", "Bram")
    assert (code, error) == (1, f"Lijst {number} is afgekeurd; alleen een goedgekeurde lijst wordt uitgevoerd.\n")
    assert there(door, zaak_)
    assert propose(door, zaak_) > number


def test_without_a_name_it_is_the_user_of_the_machine_and_not_of_the_environment(door: Door, tmp_path: Path) -> None:
    file = tmp_path / "lijst.txt"
    file.write_text(f"{(zaak_ := due_zaak(door))}\n")
    assert do(door, "vernietig", "--lijst", str(file), LOGNAME="burgemeester", USER="burgemeester")[0] == 0
    query = "SELECT voorgesteld_door FROM vernietiging JOIN vernietiging_zaak USING (nummer) WHERE identificatie = :n"
    assert rows(door, query, n=zaak_) == [(operator(),)]


def test_abonnees_hear_of_it_once_and_get_no_zaak(door: Door) -> None:
    number = due_zaak(door)
    assert carry_out(door, approved(door, number)) == {}
    [(zaak_id, gebeurtenis, data)] = rows(
        door, "SELECT zaak_id, gebeurtenis, gegevens FROM gebeurtenis WHERE zaakidentificatie = :n", n=number
    )
    assert (zaak_id, gebeurtenis, data["code"]) == (None, "Update zaak", "WMO-MAATW")
    assert data["meldingen"][0].startswith("De zaak is vernietigd")
    Distributor(door.engine, InrichtingSource(door.engine), make_storage(Settings())).walk()
    told = dict(rows(door, "SELECT ontvanger, soort FROM notificatie WHERE stroom = :n", n=number))
    assert told["Schuldhulp"] == "notificeerOverZaak"


def test_the_message_of_another_zaak_that_names_it_loses_its_content(door: Door) -> None:
    goes = due_zaak(door)
    stays = due_zaak(door, relaties=INITIATOR + other("heeftBetrekkingOpAndere", goes))
    question = (
        "SELECT count(b.inhoud) FROM bericht b JOIN audit a ON a.bericht_id = b.id JOIN zaak z ON z.id = a.zaak_id "
        "WHERE z.identificatie = :n"
    )
    assert rows(door, question, n=stays) == [(3,)]
    assert carry_out(door, approved(door, goes)) == {}
    assert rows(door, question, n=stays) == [(2,)]
    assert there(door, stays)


def test_every_table_that_refers_to_what_goes_has_its_statement(engine: Engine) -> None:
    """A new table that refers to a zaak, a document or an object has one, unless its rows go along by themselves."""
    question = text("""
        SELECT DISTINCT conrelid::regclass::text FROM pg_constraint
        WHERE contype = 'f' AND confdeltype <> 'c' AND confrelid::regclass::text IN ('zaak', 'document', 'object')
    """)
    with engine.connect() as connection:
        refer = set(connection.execute(question).scalars())
    emptied = {found for one in _DELETIONS for found in re.findall(r"DELETE FROM (\w+)", str(one))}
    assert refer - emptied == set()
    assert {"zaak", "document", "object", "bewaarblokkade", "archief"} <= emptied


class _Killed(Exception):
    pass


@settings(max_examples=6)
@given(st.integers(1, 4), st.lists(st.integers(0, 6), max_size=3))
def test_a_run_that_was_killed_anywhere_ends_as_one_that_was_not(door: Door, count: int, kills: list[int]) -> None:
    zaken = [due_zaak(door) for _ in range(4)]
    change_later = zaken[-1]
    number = approved(door, *zaken)
    change(door, change_later, "", "<ZKN:toelichting>Nog iets</ZKN:toelichting>")
    for after in kills:
        for place in range(after + 1):
            with suppress(_Killed), door.engine.begin() as connection:
                done = step(connection, read_inrichting(connection), number, "Bram", TODAY, count)
                if place == after:
                    raise _Killed
            if not done.more:
                break
    carry_out(door, number, count)
    assert [there(door, one) for one in zaken] == [False, False, False, True]
    outcome = rows(door, "SELECT uitkomst FROM vernietiging_zaak WHERE nummer = :n ORDER BY identificatie", n=number)
    assert sorted(outcome) == [("overgeslagen",), *[("vernietigd",)] * 3]
    told = rows(
        door,
        "SELECT zaakidentificatie FROM gebeurtenis WHERE zaak_id IS NULL AND zaakidentificatie = ANY(:n)", n=zaken
    )  # fmt: skip
    assert sorted(told) == sorted((one,) for one in zaken[:3])
    assert rows(door, "SELECT stand FROM vernietiging WHERE nummer = :n", n=number) == [("uitgevoerd",)]
    assert carry_out(door, number) == {}


def test_a_message_that_names_a_person_who_goes_at_that_moment_registers_him_anew(door: Door) -> None:
    """Its first attempt finds the row, and waits for it to go."""
    who = rol("heeftAlsBelanghebbende", nps("999990627", "Wederkomer"))
    number = approved(door, due_zaak(door, relaties=INITIATOR + who))
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    arrived = new_number()
    with ThreadPoolExecutor(1) as beside, door.engine.connect() as connection_:
        looks = connection_.execution_options(isolation_level="AUTOCOMMIT")  # what it sees is of now
        with door.engine.begin() as connection:
            step(connection, read_inrichting(connection), number, "Bram", TODAY, 10)
            sent = beside.submit(
                door.succeeded, "creeerZaak_Lk01", lk01("T", zaak(arrived, "WMO-MAATW", relaties=INITIATOR + who))
            )
            wait_until(lambda: bool(looks.execute(waits).scalar_one()), "het bericht wacht")
        sent.result()
    assert texts(details(door, arrived), "//z:heeftAlsBelanghebbende//b:geslachtsnaam") == ["Wederkomer"]


def test_a_document_that_another_zaak_gets_at_that_moment_stays(door: Door) -> None:
    goes, stays = due_zaak(door), new(door)
    shared, number = add(door, goes), approved(door, goes)
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    give = text("""
        INSERT INTO document_zaak (document_id, zaak_id, registratiedatum, inhoud, tijdstip_registratie)
        SELECT d.id, z.id, r.registratiedatum, r.inhoud, r.tijdstip_registratie
        FROM document d JOIN document_zaak r ON r.document_id = d.id, zaak z
        WHERE d.identificatie = :document AND z.identificatie = :zaak
    """)
    with ThreadPoolExecutor(1) as beside, door.engine.connect() as connection_:
        looks = connection_.execution_options(isolation_level="AUTOCOMMIT")
        with door.engine.begin() as connection:
            connection.execute(text("SELECT FROM document WHERE identificatie = :d FOR NO KEY UPDATE"), {"d": shared})
            connection.execute(give, {"document": shared, "zaak": stays})
            run = beside.submit(carry_out, door, number)
            wait_until(lambda: bool(looks.execute(waits).scalar_one()), "het vernietigen wacht")
        assert run.result() == {}
    assert not there(door, goes)
    assert documenten(door, stays) == [shared]


def test_what_was_to_be_sent_of_a_plan_with_its_deelplan_goes_with_the_plan(door: Door) -> None:
    """The whole deelplan goes to a receiver, and names the plan that it belongs to."""
    plan = new_number()
    people = client("999990615", "Plangenoot") + INITIATOR
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(plan, "GEZINSPLAN", relaties=people)))
    deel = due_zaak(door, relaties=INITIATOR + other("heeftBetrekkingOpAndere", plan))
    Distributor(door.engine, InrichtingSource(door.engine), make_storage(Settings())).walk()
    whole = "SELECT stand, inhoud FROM notificatie WHERE stroom = :n AND soort = 'creeerZaak_Lk01'"
    [(stand, sent)] = rows(door, whole, n=deel)
    assert stand == "wacht"
    assert plan.encode() in bytes(sent)  # type: ignore[call-overload]
    door.succeeded("notificeerOverZaak", notificatie(regie_zaak(extra(gebeurtenis="Update zaak") + is_van(), deel)))
    ours = "SELECT gezinsplan FROM postvak WHERE zaakidentificatie = :n"
    assert rows(door, ours, n=deel) == [(plan,)]
    actualiseer(door, plan, status(4, "20000101"))
    assert carry_out(door, approved(door, plan)) == {}
    assert rows(door, whole, n=deel) == [("vervallen", None)]
    assert rows(door, ours, n=deel) == [(None,)]
    assert there(door, deel)


def test_a_run_that_was_killed_goes_on_where_it_was(door: Door, tmp_path: Path) -> None:
    """A real process, killed as soon as it has done something."""
    zaken = [due_zaak(door) for _ in range(4)]
    number = approved(door, *zaken)
    url = door.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "regiesysteem", "bewaren", "voer-uit", str(number), "--per-keer", "1"]
    begun = "SELECT count(*) FROM vernietiging_zaak WHERE nummer = :n AND uitkomst IS NOT NULL"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--als", "Bram"], env=environment(REGIE_DATABASE_URL=url), stdout=log, stderr=log
        )
    wait_until(lambda: rows(door, begun, n=number) != [(0,)] or process.poll() is not None, "begonnen")
    process.kill()
    process.wait()
    assert not there(door, zaken[0])
    assert do(door, "voer-uit", str(number), "--als", "Bram")[0] == 0
    assert [there(door, one) for one in zaken] == [False] * 4
    told = json.loads(do(door, "verklaring", str(number), "--json")[1])
    assert (told["stand"], told["aantallen"]["zaken"]) == ("uitgevoerd", 4)


def test_a_list_shows_closed_zaken_that_no_rule_gave_a_date(door: Door) -> None:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, "WMO-MAATW", after=status(7, "20200301"))))
    listed = [json.loads(row) for row in do(door, "lijst", "--zonder-datum", "--json")[1].splitlines()]
    assert {
        "identificatie": number,
        "zaaktype_code": "WMO-MAATW",
        "einddatum": "20200301",
        "archiefnominatie": None,
    } in (listed)
    change(door, number, RESULTAAT_NO, INGETROKKEN)
    with door.engine.begin() as connection:
        connection.execute(
            text("UPDATE zaak SET datum_vernietiging_dossier = NULL WHERE identificatie = :n"), {"n": number}
        )
    assert do(door, "bereken")[0] == 0
    assert number in do(door, "lijst", "--json")[1]
    early = due_zaak(door, on="20261101")
    assert early not in do(door, "lijst", "--tot", "2026-12-12", "--json")[1]
    assert early in do(door, "lijst", "--tot", "2026-12-13", "--json")[1]
    assert do(door, "lijst", "--tot", "morgen")[0] == 2


def test_a_corrected_person_gives_another_date(make_door: Callable[..., Door]) -> None:
    term = '  archiefnominatie = "vernietigen"\n  archiefactietermijn = "42 dagen"\n'
    rule = '  afleidingswijze = "zaakobject"\n  objecttype = "NPS"\n  datumkenmerk = "geboortedatum"\n'
    door = make_door(**{term: term + rule})
    who = rol("heeftBetrekkingOp", nps("999990603", extra="<BG:geboortedatum>20100301</BG:geboortedatum>"))
    number = due_zaak(door, relaties=INITIATOR + who)
    date_ = "SELECT datum_vernietiging_dossier FROM zaak WHERE identificatie = :n"
    assert rows(door, date_, n=number) == [("20100412",)]
    with door.engine.begin() as connection:
        correct_person(connection, Correction("999990603", values={"geboortedatum": "20110301"}))
    assert rows(door, date_, n=number) == [("20110412",)]
    make_door()
