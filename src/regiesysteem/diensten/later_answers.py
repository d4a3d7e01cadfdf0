"""Asynchronous questions: Bv03 at once, and an answer for each object, brought to the asker (StUF 03.01, 6 and 6.2).

The answers are made in the transaction of the question, by the rights of its sender at that moment, and wait in the
table of messages to deliver. So the question is answered when its Bv03 leaves, whatever happens to the process.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from regiesysteem.access.omit import leave_out
from regiesysteem.diensten.contents import inline_payloads
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.plain_operations import receiver_of
from regiesysteem.diensten.zaak_operations import follow, question_of, write_boolean, write_objects
from regiesysteem.notifications.outbox import ReadyMessage, post
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import answer_stuurgegevens
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.write import Mode, Scope, View, read_scope
from regiesysteem.stuf.xml import serialise
from regiesysteem.zakenmagazijn.document_loading import load_documents
from regiesysteem.zakenmagazijn.loading import load
from regiesysteem.zakenmagazijn.select import Hits, find_hits, read_question
from regiesysteem.zakenmagazijn.select.documents import DOCUMENTEN
from regiesysteem.zakenmagazijn.select.permitted import check_permitted
from regiesysteem.zakenmagazijn.select.subject import ZAKEN, QuestionSubject
from regiesysteem.zkn.names import NSMAP, ZKN, zkn

_NUMBER: Final = "identificatie"

Load = Callable[[MessageContext, Sequence[int], Scope], list[View]]
"""Loads the first objects of these ids, as many as one answer may have."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that was read: what it is about, what is asked of that, and the objects that were found."""

    subject: QuestionSubject
    scope: Scope
    hits: Hits
    follow: bool

    @property
    def soort(self) -> str:
        """The message that answers it, which is its operation too."""
        return f"{self.subject.entiteit.code.lower()}La02"


# --- zakLv02 and edcLv02: zaken or documents by any selection, as zakLv01 and edcLv01


def zak_lv02(bericht: Bericht, context: MessageContext) -> None:
    """Have the asked data of all zaken that meet the selection brought to the sender; faults as `zak_lv01`.

    Raises StUF058 for a sender that has no adres in the inrichting.
    """
    _answer_later(bericht, context, ZAKEN, _load_zaken)


def edc_lv02(bericht: Bericht, context: MessageContext) -> None:
    """The same for documents, without their files."""
    _answer_later(bericht, context, DOCUMENTEN, _load_documents)


def _load_zaken(context: MessageContext, ids: Sequence[int], scope: Scope) -> list[View]:
    grant, shown = context.caller.grant, context.look.zaken
    return load(context.connection, context.inrichting, ids, scope, bounded=True, grant=grant, shown=shown)


def _load_documents(context: MessageContext, ids: Sequence[int], scope: Scope) -> list[View]:
    grant, shown = context.caller.grant, context.look.zaken
    views = load_documents(context.connection, context.inrichting, ids, scope, grant=grant, shown=shown)
    context.look.documenten.update(values.text(view.gegevens.get("identificatie")) or "" for view in views)
    return views


def _answer_later(bericht: Bericht, context: MessageContext, subject: QuestionSubject, loaded: Load) -> None:
    applicatie = receiver_of(context)
    question, grant = question_of(bericht, context), context.caller.grant
    asked = read_question(question, context.inrichting, grant.maximum, subject)
    check_permitted(asked, grant)
    hits = find_hits(context.connection, context.inrichting, asked, grant)
    found = _Asked(subject, _scope_of(question), hits, asked.follow)
    answers = _answers(bericht, context, found, loaded)
    reference = bericht.stuurgegevens.referentienummer
    post(context.connection, applicatie, f"vraag {reference}", f"antwoord op {bericht.dienst} {reference}", answers)


def _scope_of(question: etree._Element) -> Scope:
    """The scope, always with the identificatie: by that a waiting answer is found when its object is destroyed."""
    scope = read_scope(question.find(zkn("scope")))
    if not scope.explicit:
        return scope
    return replace(scope, children={_NUMBER: Scope(Mode.ELEMENTEN)} | scope.children)


# --- The answers: one object in each, numbered, and the last one says so (StUF 03.01, 6.2)


def _answers(bericht: Bericht, context: MessageContext, asked: _Asked, loaded: Load) -> Iterator[ReadyMessage]:
    """Make the messages; without any object one that says so."""
    number, previous = 0, None
    for view in _views(context, asked, loaded):
        if previous is not None:
            yield _message(bericht, context, asked, number, previous)
        number, previous = number + 1, view
    context.look.aantal = number
    yield _message(bericht, context, asked, max(number, 1), previous, last=True)


def _views(context: MessageContext, asked: _Asked, loaded: Load) -> Iterator[View]:
    """Load the objects part by part; one that went meanwhile is left out."""
    ids = asked.hits.ids
    while ids:
        views = loaded(context, ids, asked.scope)
        yield from views
        ids = ids[ids.index(int(views[-1].sleutel)) + 1 :] if views else []


def _message(
    bericht: Bericht, context: MessageContext, asked: _Asked, number: int, view: View | None, *, last: bool = False
) -> ReadyMessage:
    code, hits = asked.subject.entiteit.code, asked.hits
    answer = etree.Element(zkn(asked.soort), nsmap=NSMAP)
    head = answer_stuurgegevens(bericht, "La02", context.now, namespace=ZKN, entiteittype=code)
    answer.append(head)
    parameters = etree.SubElement(answer, zkn("parameters"))
    views = [view] if view is not None else []
    if last:
        write_boolean(parameters, "indicatorVervolgvraag", hits.more)
    if asked.follow:
        write_boolean(parameters, "indicatorAfnemerIndicatie", asked.subject is ZAKEN and follow(context, views))
    etree.SubElement(parameters, stuf("sequenceNumber")).text = str(number)
    if last:
        write_boolean(parameters, "indicatorLaatsteBericht", True)
        for melding in hits.meldingen:
            etree.SubElement(answer, zkn("melding")).text = melding
    write_objects(answer, asked.subject.entiteit, views, asked.scope)
    leave_out(answer, context.caller.grant.zonder)
    inline_payloads(answer, context.connection, context.opslag)
    return ReadyMessage(asked.soort, head.findtext(stuf("referentienummer"), ""), serialise(answer))
