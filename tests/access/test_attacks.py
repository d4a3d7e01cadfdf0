"""Ways around the rights of a sender that were tried by somebody who did not build them, each shut."""

import pytest
from sqlalchemy import Engine
from tests.access.wereld import ANDER, INRICHTING, RECHTEN, VRAGER, Wereld, make_wereld, plain
from tests.berichten.bouw import client, lk01, nps, obj, rol, texts, zaak
from tests.berichten.documenten import bewerken, document, edc_lk01, inhoud, update

from regiesysteem.inrichting.load import load_inrichting, read_text

NUMBER = "1900Z1"
SLEUTEL = f"<ZKN:identificatie>{NUMBER}</ZKN:identificatie>"


def _rights(wereld: Wereld, rechten: str) -> None:
    load_inrichting(wereld.door.engine, read_text(INRICHTING.format(rechten=rechten), "test"))


@pytest.mark.parametrize("rechten", ['zaaktypen = ["A"]', "eigen_zaken = true", 'zonder = ["titel", "inhoud"]'])
def test_a_message_sent_again_gives_no_more_than_its_sender_may_have_by_now(engine: Engine, rechten: str) -> None:
    """The duplicate rule gives the earlier answer; rights that were taken away since narrow it too."""
    wereld = make_wereld(engine, "# alles", [])
    door = wereld.door
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(NUMBER, "C"), zender=ANDER))
    made = document("1900DX", NUMBER, file=inhoud(b"geheim"), titel="Geheime titel")
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", made, zender=ANDER))
    message = bewerken("1900DX", ref="eenmaal", zender=VRAGER)
    first = plain(door.send("geefZaakdocumentbewerken_Di02", message))
    assert "Geheime titel" in first
    assert plain(door.send("geefZaakdocumentbewerken_Di02", message)) == first
    _rights(wereld, rechten)
    again = door.send("geefZaakdocumentbewerken_Di02", message)
    assert "Geheime titel" not in plain(again)
    assert not texts(again, "//z:inhoud")


@pytest.mark.parametrize("dienst", ["geefZaakdocumentbewerken_Di02", "updateZaakdocument_Di02"])
def test_a_message_sent_again_is_no_way_around_any_right(engine: Engine, dienst: str) -> None:
    """Its effect was of then; its answer has no word of the document once the sender may not see or ask it."""
    wereld = make_wereld(engine, "# alles", [])
    door = wereld.door
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(NUMBER, "C"), zender=ANDER))
    made = document("1900DX", NUMBER, file=inhoud(b"geheim"), titel="Geheime titel")
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", made, zender=ANDER))
    message = bewerken("1900DX", ref="eenmaal", zender=VRAGER)
    first = door.succeeded("geefZaakdocumentbewerken_Di02", message)
    if dienst.startswith("update"):
        [key] = texts(first, "//*[local-name() = 'checkedOutId']")
        message = update("1900DX", key, "<ZKN:titel>Geheime titel</ZKN:titel>", ref="daarna", zender=VRAGER)
        door.succeeded(dienst, message)
    said = {}
    for rechten in (*(recht.rechten for recht in RECHTEN), 'vertrouwelijkheid = "OPENBAAR"', "signaal = true"):
        _rights(wereld, rechten)
        answer = door.send(dienst, message)
        said[rechten] = "".join(texts(answer, "//s:code"))
        assert "Geheim" not in plain(answer)
        assert not texts(answer, "//z:inhoud | //*[local-name() = 'checkedOutId']")
    assert said.pop("signaal = true") == "StUF052"
    assert set(said.values()) == {"" if dienst.startswith("update") else "StUF064"}, "a bare Bv02 tells nothing"
    _rights(wereld, 'diensten = ["zakLv01"]')
    assert door.fout(dienst, message)[0] == "StUF052"


def _change(door: object, was: str, wordt: str) -> str:
    message = lk01("W", obj(SLEUTEL + was, "W"), obj(SLEUTEL + wordt, "W"), zender=VRAGER)
    return plain(door.send("updateZaak_Lk01", message))  # type: ignore[attr-defined]


@pytest.fixture
def hidden(engine: Engine) -> Wereld:
    """A zaak with a text and a name that the sender never gets."""
    wereld = make_wereld(engine, "# alles", [])
    with_text = zaak(NUMBER, "A", relaties=client("999990020", "Geheimenaam")).replace(
        "<ZKN:startdatum>", "<ZKN:toelichting>Geheime tekst</ZKN:toelichting><ZKN:startdatum>"
    )
    wereld.door.succeeded("creeerZaak_Lk01", lk01("T", with_text, zender=ANDER))
    _rights(wereld, 'zonder = ["toelichting", "geslachtsnaam"]')
    return wereld


@pytest.mark.parametrize("guess", ["Fout", "Geheime tekst"])
def test_a_guess_at_an_old_value_tells_nothing_of_what_a_sender_never_gets(hidden: Wereld, guess: str) -> None:
    """The fault of a wrong `was` named the registered value, and without that its absence confirmed a guess."""
    said = f"<ZKN:toelichting>{guess}</ZKN:toelichting>"
    answer = _change(hidden.door, said, "<ZKN:toelichting>Nieuw</ZKN:toelichting>")
    assert "StUF063" not in answer
    assert "Geheim" not in answer


def test_a_guess_at_a_name_tells_nothing_either(hidden: Wereld) -> None:
    gone = rol("heeftBetrekkingOp", nps("999990020", "Fout", "I"), soort="V")
    answer = _change(hidden.door, gone, "")
    assert "Geheimenaam" not in answer


def test_other_old_values_are_guarded_as_before(hidden: Wereld) -> None:
    answer = _change(hidden.door, "<ZKN:omschrijving>Fout</ZKN:omschrijving>", "<ZKN:omschrijving>X</ZKN:omschrijving>")
    assert "StUF063" in answer
    assert "in de registratie" in answer
