"""A hidden zaak is not there: a world of zaken answers as the same world without the hidden ones."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from lxml import etree
from sqlalchemy import Engine, text
from tests.access.wereld import (
    ANDER,
    BESLUITEN,
    BSNS,
    DOCUMENTS,
    ON_NUMBER,
    RECHTEN,
    VRAGER,
    ZAKEN,
    Recht,
    Wereld,
    make_wereld,
    plain,
    question,
    read_document,
    relevant_of,
    steps,
)
from tests.berichten.besluiten import (
    TOEKENNING,
    besluitdetails,
    bsl,
    lijst_besluiten,
    update_besluit,
    vastgelegd,
    voeg_toe,
)
from tests.berichten.bouw import client, element, lk01, lv01, obj, other, status, texts
from tests.berichten.bouw import zaak as zaak_bericht
from tests.berichten.documenten import bewerken, cancel, document, edc, edc_lk01, edc_select, inhoud, of_zaak, update
from tests.conftest import SJABLOON, fresh_database
from tests.diensten.stappen import INITIATOR
from tests.zakenmagazijn.select.test_niets_in_stilte import paths

from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.embedded import EmbeddedPostgres
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.storage import make_storage
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import NIL, NO_VALUE
from regiesysteem.stuf.read import local
from regiesysteem.stuf.xml import parse
from regiesysteem.zakenmagazijn.select import find_hits, read_question
from regiesysteem.zakenmagazijn.select.documents import DOCUMENTEN
from regiesysteem.zakenmagazijn.select.subject import ZAKEN as SUBJECT
from regiesysteem.zkn.names import zkn

_TO_ZAKEN = ("heeftAlsDeelzaak", "heeftAlsHoofdzaak", "heeftBetrekkingOpAndere")


@dataclass(frozen=True)
class Pair:
    """The world of a sender with hidden zaken, and the world in which those never were."""

    recht: Recht
    all_of_it: Wereld
    without: Wereld

    def same(self, dienst: str, bericht: str) -> str:
        """The answer of both; they must agree."""
        answer = self.all_of_it.answer(dienst, bericht)
        assert answer == self.without.answer(dienst, bericht)
        return answer


@contextmanager
def _engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    for url in fresh_database(postgres, SJABLOON):
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module", params=RECHTEN, ids=lambda recht: recht.naam)
def pair(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Both worlds of one kind of right."""
    recht: Recht = request.param
    with ExitStack() as stack:
        engines = [stack.enter_context(_engine(postgres)) for _ in range(2)]
        every, seen = steps(), steps(recht.hides)
        yield Pair(recht, make_wereld(engines[0], recht.rechten, every), make_wereld(engines[1], recht.rechten, seen))


def test_about_half_is_hidden(pair: Pair) -> None:
    hidden = [zaak for zaak in ZAKEN if pair.recht.hides(zaak.nummer)]
    assert 3 <= len(hidden) <= 8
    answer = pair.all_of_it.door.send("zakLv01", question())
    assert len(texts(answer, "//z:antwoord/z:object")) == len(ZAKEN) - len(hidden)


@pytest.mark.parametrize("scope", ["alles", "allesMaarKerngegevensGerelateerden", "kerngegevens"])
def test_all_zaken_with_all_that_is_related(pair: Pair, scope: str) -> None:
    pair.same("zakLv01", question(scope=f'StUF:scope="{scope}"'))
    pair.same("zakLv07", question(scope=f'StUF:scope="{scope}"').replace("Lv01", "Lv07"))


def test_related_zaken_two_levels_deep(pair: Pair) -> None:
    inner = "".join(f'<ZKN:{naam} StUF:scope="alles" xsi:nil="true"/>' for naam in _TO_ZAKEN)
    asked = "".join(
        f"<ZKN:{naam}><ZKN:gerelateerde><ZKN:identificatie/>{inner}</ZKN:gerelateerde></ZKN:{naam}>"
        for naam in _TO_ZAKEN
    )
    pair.same("zakLv01", question(scope=f"<ZKN:identificatie/>{asked}"))


def test_one_zaak_or_document_at_a_time(pair: Pair) -> None:
    for zaak in ZAKEN:
        gelijk = f"<ZKN:identificatie>{zaak.nummer}</ZKN:identificatie>"
        for dienst in ("geefZaakdetails_Lv01", "geefZaakstatus_Lv01", "geefLijstZaakdocumenten_Lv01"):
            pair.same(dienst, lv01(gelijk, 'StUF:scope="alles"'))
    for naam in DOCUMENTS:
        answer = pair.same("geefZaakdocumentLezen_Lv01", read_document(naam))
        assert ("<ZKN:antwoord" in answer) is not pair.recht.hides(naam)


def test_a_besluit_is_seen_with_its_zaak_and_a_document_of_it_by_itself(pair: Pair) -> None:
    for zaak, besluit in BESLUITEN.items():
        answer = pair.same("geefBesluitdetails_BslLv01", besluitdetails(besluit, zender=VRAGER))
        assert (":antwoord" in answer) is not pair.recht.hides(zaak)
        assert (":isVastgelegdIn" in answer) is not pair.recht.hides(zaak)
        pair.same("geefLijstBesluiten_ZakLv01", lijst_besluiten(zaak, zender=VRAGER))


def test_a_besluit_of_a_hidden_zaak_cannot_be_changed_and_no_other_is_made(pair: Pair) -> None:
    for zaak in filter(pair.recht.hides, BESLUITEN):
        change = update_besluit(bsl(BESLUITEN[zaak]), bsl(BESLUITEN[zaak]), zender=VRAGER)
        assert "StUF064" in pair.same("updateBesluit_BslLk01", change)
        assert "StUF064" in pair.same("voegBesluitToe_Di01", voeg_toe(f"1900X{zaak}", zaak, zender=VRAGER))
    seen = next(zaak for zaak in BESLUITEN if not pair.recht.hides(zaak))
    for naam in filter(pair.recht.hides, DOCUMENTS):
        new = voeg_toe("1900XD", seen, TOEKENNING + vastgelegd(naam), zender=VRAGER)
        assert "StUF064" in pair.same("voegBesluitToe_Di01", new)


# --- Every way to select: each value that a zaak has, also a hidden one, and the absence of each element


def _path_of(node: etree._Element, top: etree._Element) -> tuple[str, ...]:
    path = [str(node.tag)]
    while (parent := node.getparent()) is not None and parent is not top:
        path.append(str(parent.tag))
        node = parent
    return tuple(reversed(path))


def _criterium(path: tuple[str, ...], waarde: str | None) -> etree._Element:
    message = element(question())
    gelijk = etree.Element(zkn("gelijk"))
    node = gelijk
    for naam in path:
        node = etree.SubElement(node, naam)
    if waarde is None:
        node.set(NIL, "true")
        node.set(NO_VALUE, "geenWaarde")
    else:
        node.text = waarde
    message.insert(2, gelijk)
    return message


def _values(wereld: Wereld) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every element of every zaak, and its text, as one who sees all gets them."""
    answer = wereld.door.send("zakLv01", question().replace(f">{VRAGER}<", f">{ANDER}<"))
    for found in answer.iter(zkn("object")):
        for node in found.iterdescendants(tag=etree.Element):
            if not len(node) and (node.text or "").strip() and local(node) != "tijdstipRegistratie":
                yield _path_of(node, found), node.text or ""


def test_every_way_to_select(pair: Pair) -> None:
    """Every value that occurs, in the zaken themselves and in what they relate to, and each path without a value."""
    every: dict[tuple[str, ...], set[str]] = {}
    for path, waarde in _values(pair.all_of_it):
        every.setdefault(path, set()).add(waarde)
    assert len(every) > 80
    values = [(path, waarde) for path, waarden in every.items() for waarde in sorted(waarden)[-4:]]
    # The absence of an element looks at a zaak and its relations alike, whatever the right.
    absent = paths()[:: 10 if pair.recht.own else 50]
    asked = [*values, *((path, None) for path in absent)]
    answers = [_selected(wereld, asked) for wereld in (pair.all_of_it, pair.without)]
    differ = [one for one, mine, others in zip(asked, *answers, strict=True) if mine != others]
    assert not differ
    assert sum(bool(found) for found in answers[0]) > 50


def _selected(wereld: Wereld, asked: Sequence[tuple[tuple[str, ...], str | None]]) -> list[object]:
    out: list[object] = []
    with wereld.door.engine.connect() as connection:
        for path, waarde in asked:
            try:
                parsed = read_question(_criterium(path, waarde), wereld.inrichting)
                hits = find_hits(connection, wereld.inrichting, parsed, wereld.grant)
                out.append((wereld.numbers(connection, hits.ids), hits.aantal, hits.more, hits.meldingen))
            except StufFout as fout:
                out.append((fout.code, fout.details))
    return out


@pytest.mark.parametrize("sortering", sorted(SUBJECT.sorteringen))
def test_every_order_page_by_page(pair: Pair, sortering: int) -> None:
    """In pages of two, each with the number of zaken that there are and whether there are more."""
    start = ""
    for _ in ZAKEN:
        rest = {"rest": f"<ZKN:start>{start}</ZKN:start>"} if start else {}
        ask = question(scope="", sortering=sortering, maximum=2, **rest)
        if start:
            ask = ask.replace("Vervolgvraag>false<", "Vervolgvraag>true<")
        objecten = re.findall(r"<ZKN:object.*?</ZKN:object>", pair.same("zakLv01", ask), re.DOTALL)
        if not objecten:
            return
        start = objecten[-1]
    pytest.fail("de vervolgvragen houden niet op")


def test_a_hidden_zaak_is_no_place_to_go_on_from(pair: Pair) -> None:
    for zaak in ZAKEN:
        sleutel = f"<ZKN:identificatie>{zaak.nummer}</ZKN:identificatie>"
        start = f'<ZKN:start><ZKN:object StUF:entiteittype="ZAK">{sleutel}</ZKN:object></ZKN:start>'
        ask = question(scope="", sortering=4, rest=start).replace("Vervolgvraag>false<", "Vervolgvraag>true<")
        answer = pair.same("zakLv01", ask)
        assert ("StUF106" in answer) is pair.recht.hides(zaak.nummer) or "antwoord" in answer


# --- Documents by any selection

_COUNTED = (
    "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag><StUF:maximumAantal>50</StUF:maximumAantal>"
    "<StUF:indicatorAantal>true</StUF:indicatorAantal>"
)


@pytest.mark.parametrize("sortering", sorted(DOCUMENTEN.sorteringen))
def test_documents_in_every_order(pair: Pair, sortering: int) -> None:
    answer = pair.same("edcLv01", edc_select(sortering=sortering, parameters=_COUNTED, zender=VRAGER))
    for naam in DOCUMENTS:
        assert (f">{naam}<" in answer) is not pair.recht.hides(naam)


def test_documents_of_every_zaak(pair: Pair) -> None:
    for zaak in ZAKEN:
        of = of_zaak(f"<ZKN:identificatie>{zaak.nummer}</ZKN:identificatie>")
        pair.same("edcLv01", edc_select(of, parameters=_COUNTED, zender=VRAGER))
    none = '<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" xsi:nil="true" StUF:noValue="geenWaarde"/>'
    assert "<ZKN:antwoord" not in pair.same("edcLv01", edc_select(none, parameters=_COUNTED, zender=VRAGER))


# --- Messages that change something


def _new(nummer: str, code: str, rest: str = "") -> str:
    return lk01("T", zaak_bericht(nummer, code, relaties=client(BSNS[0]) + INITIATOR + rest))


def _change(wordt: str, nummer: str, was: str = "") -> str:
    sleutel = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    return lk01("W", obj(sleutel + was, "W"), obj(sleutel + wordt, "W"))


def test_a_hidden_zaak_cannot_be_changed_or_related_to(pair: Pair) -> None:
    """Nor guarded by `was`: a sender learns nothing by guessing."""
    for zaak in ZAKEN:
        seen = not pair.recht.hides(zaak.nummer)
        was = "<ZKN:toelichting>Geraden</ZKN:toelichting>"
        wordt = "<ZKN:toelichting>Nieuw</ZKN:toelichting>"
        pair.same("updateZaak_Lk01", _change(wordt, zaak.nummer, was))
        indicatie = "<ZKN:deelzakenIndicatie>{}</ZKN:deelzakenIndicatie>"
        pair.same("updateZaak_Lk01", _change(indicatie.format("J"), zaak.nummer, indicatie.format("N")))
        answer = pair.same("updateZaak_Lk01", _change(wordt, zaak.nummer))
        assert ("StUF064" in answer) is not seen
        if zaak.code != "O":
            answer = pair.same("actualiseerZaakstatus_Lk01", _change(status(1, "20260301"), zaak.nummer))
            assert ("StUF064" in answer) is not seen


def test_no_message_relates_to_a_hidden_zaak(pair: Pair) -> None:
    own = next(zaak for zaak in ZAKEN if not pair.recht.hides(zaak.nummer))
    for zaak in ZAKEN:
        seen = not pair.recht.hides(zaak.nummer)
        if zaak is not own:
            pair.same("updateZaak_Lk01", _change(other("heeftBetrekkingOpAndere", zaak.nummer), own.nummer))
        number = f"19009{zaak.nummer[4:]}"
        new = _new(number, own.code, other("heeftBetrekkingOpAndere", zaak.nummer))
        answer = pair.same("creeerZaak_Lk01", new)
        assert ("StUF064" in answer) is not seen
        made = edc_lk01("T", document(f"1900N{zaak.nummer[4:]}", zaak.nummer, file=inhoud(b"x")), zender=VRAGER)
        answer = pair.same("voegZaakdocumentToe_Lk01", made)
        assert ("StUF064" in answer) is not seen


def test_a_zaak_of_a_zaaktype_that_is_not_granted_is_refused(pair: Pair) -> None:
    for code in "GABCO":
        answer = pair.same("creeerZaak_Lk01", _new(f"190077{code}", code))
        assert ("StUF052" in answer) is (code not in pair.recht.zaaktypen)


def test_a_taken_number_says_nothing_of_its_zaak(pair: Pair) -> None:
    code = pair.recht.zaaktypen[0]
    faults = set()
    for zaak in ZAKEN:
        answer = pair.all_of_it.answer("creeerZaak_Lk01", _new(zaak.nummer, code))
        faults.add(answer.replace(zaak.nummer, "NUMMER"))
    assert len(faults) == 1
    assert "StUF067" in faults.pop()


def test_naming_a_besluit_of_a_hidden_zaak_tells_nothing_and_changes_nothing(pair: Pair) -> None:
    """A sender that guesses its number says it of a zaak of its own, and has what it said itself."""
    besluit, own = BESLUITEN[next(filter(pair.recht.hides, BESLUITEN))], "1900Geraden"
    asked = besluitdetails(besluit, zender=ANDER)
    before = plain(pair.all_of_it.door.send("geefBesluitdetails_BslLv01", asked))
    assert "Zes maanden" in before
    named = f"""<ZKN:leidtTot StUF:entiteittype="ZAKBSL" StUF:verwerkingssoort="T">
      <ZKN:gerelateerde StUF:entiteittype="BSL" StUF:verwerkingssoort="T">
      <ZKN:identificatie>{besluit}</ZKN:identificatie></ZKN:gerelateerde></ZKN:leidtTot>"""
    made = lk01("T", zaak_bericht(own, "A", relaties=INITIATOR, after=named), zender=VRAGER)
    assert "Bv03" in pair.same("creeerZaak_Lk01", made)
    told = "<ZKN:toelichting>Van mij</ZKN:toelichting>"
    assert "Bv03" in pair.same("updateBesluit_BslLk01", update_besluit(bsl(besluit), bsl(besluit, told), zender=VRAGER))
    assert "Van mij" in pair.same("geefBesluitdetails_BslLv01", besluitdetails(besluit, zender=VRAGER))
    pair.same("geefLijstBesluiten_ZakLv01", lijst_besluiten(own, zender=VRAGER))
    assert plain(pair.all_of_it.door.send("geefBesluitdetails_BslLv01", asked)) == before


def test_a_hidden_document_cannot_be_edited_or_changed(pair: Pair) -> None:
    for naam in DOCUMENTS:
        seen = not pair.recht.hides(naam)
        sleutel = f"<ZKN:identificatie>{naam}</ZKN:identificatie>"
        title = "<ZKN:titel>Nieuw</ZKN:titel>"
        for dienst, bericht in (
            ("geefZaakdocumentbewerken_Di02", bewerken(naam, zender=VRAGER)),
            ("cancelCheckout_Di02", cancel(naam, "geraden", zender=VRAGER)),
            ("updateZaakdocument_Di02", update(naam, "geraden", title, zender=VRAGER)),
            ("voegZaakdocumentToe_Lk01", edc_lk01("W", edc(sleutel), edc(sleutel + title), zender=VRAGER)),
            (
                "updateZaak_Lk01",
                _change(relevant_of(naam), next(z for z in ZAKEN if not pair.recht.hides(z.nummer)).nummer),
            ),
        ):
            answer = pair.same(dienst, bericht)
            assert ("StUF064" in answer) is not seen, (dienst, naam, answer)


# --- Messages that we send


def test_a_receiver_is_told_of_what_it_may_see_and_no_more(pair: Pair) -> None:
    """The zaken that go to it as a whole have no hidden zaak or document in them either."""
    told = [_told(wereld) for wereld in (pair.all_of_it, pair.without)]
    assert told[0] == told[1]
    assert told[0]
    assert not [nummer for nummer, _ in told[0] if pair.recht.hides(nummer)]


def _told(wereld: Wereld) -> set[tuple[str, str]]:
    engine = wereld.door.engine
    Distributor(engine, InrichtingSource(engine), make_storage(Settings())).walk()
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT stroom, inhoud FROM notificatie WHERE ontvanger = 'GWS4all'")).all()
    return {(row.stroom, plain(parse(bytes(row.inhoud)))) for row in rows if row.stroom in ON_NUMBER}
