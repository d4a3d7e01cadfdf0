"""The messages that an applicatie sent to us, as the log of a session: how far do they keep to a role of the test sets.

Only accepted messages are kept, and no questions; their SOAPAction and envelope are not kept either.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.conformance.consumer_run import judge_session
from regiesysteem.conformance.exchanged import Exchanged
from regiesysteem.conformance.in_zds12 import action_in_zds12
from regiesysteem.conformance.outgoing import action_of, envelope_around
from regiesysteem.conformance.profile import DEFAULT, Profile, System, ZaaktypeCodes
from regiesysteem.conformance.received import forget
from regiesysteem.conformance.report import RunReport, StepResult
from regiesysteem.conformance.scenarios import Scenario, load_role, roles
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.xml import parse_own
from regiesysteem.zakenmagazijn.message_search import SentBericht, read_sent_by
from regiesysteem.zkn.names import ZDS
from regiesysteem.zkn.operations import OPERATIONS

MOST: Final = 200
"""The newest messages that are judged."""

_OURS: Final = ("profiel.", "nieuw.")
_HIDDEN: Final = "…"
_LARGEST: Final = 1_000_000
_ROOM: Final = 4_000_000
"""Bytes of all of them: a tree takes many times that, and some seconds to judge at worst."""
_STATUSES: Final = 3


def consumer_roles() -> list[str]:
    """List the roles that have scenarios in which the applicatie begins."""
    return [role for role in roles() if consumer_scenarios(role)]


def consumer_scenarios(role: str) -> list[Scenario]:
    """Give the scenarios of a role in which the applicatie begins."""
    return [one for one in load_role(role) if one.richting == "C"]


def judge_kept(
    connection: Connection, inrichting: Inrichting, applicatie: str, role: str, since: datetime
) -> RunReport:
    """Judge the newest kept messages of an applicatie by the scenarios of a role; no value of a message is in it."""
    rows = read_sent_by(connection, applicatie, since, most=MOST, size=_LARGEST, room=_ROOM)
    exchanges = [
        Exchanged(
            moment=one.ontvangen_op.isoformat(),
            direction="in",
            operation=one.dienst,
            action=_action(one),
            question=_in_envelope(one.inhoud),
            answer=_in_envelope(one.antwoord),
            status=200,
        )
        for one in rows
        if one.dienst in OPERATIONS
    ]
    report = judge_session(role, consumer_scenarios(role), exchanges, profile_for(inrichting, applicatie))
    forget()
    known = [report.variables, *(one.variables for one in report.exchanges)]
    kept = {
        part for one in known for name, value in one.items() if not name.startswith(_OURS) for part in value.split()
    }
    hidden = sorted(kept, key=len, reverse=True)
    results = tuple(replace(one, steps=_without_values(one.steps, hidden)) for one in report.results)
    # Why a message is of no step names steps alone.
    why = [one.said for one in report.unmatched]
    unmatched = zip(_without_values(report.unmatched, hidden), why, strict=True)
    return RunReport(role, results, unmatched=tuple(replace(one, said=said) for one, said in unmatched))


def _without_values(steps: Sequence[StepResult], hidden: Sequence[str]) -> tuple[StepResult, ...]:
    """Steps that quote nothing that was found, and none of the values that a requirement takes of other messages."""

    def told(text: str) -> str:
        for value in hidden:
            text = text.replace(value, _HIDDEN)
        return text

    return tuple(
        replace(
            step,
            said="" if step.exchange else step.said,
            exchange=None,
            findings=tuple(
                replace(one, expected=told(one.expected), found="", place=told(one.place)) for one in step.findings
            ),
        )
        for step in steps
    )


def _action(one: SentBericht) -> str:
    """The SOAPAction as it should have been: that of the message is not kept, so nobody is judged by it."""
    namespace = etree.QName(parse_own(one.inhoud)).namespace
    return action_in_zds12(one.dienst) if namespace == ZDS else action_of(one.dienst)


def _in_envelope(content: bytes) -> str:
    return envelope_around(etree.tostring(parse_own(content), encoding="unicode")) if content else ""


def profile_for(inrichting: Inrichting, applicatie: str) -> Profile:
    """Make the profile of a run of an inrichting: the first zaaktype of each soort."""
    codes = dict(DEFAULT.zaaktype)
    for zaaktype in reversed(inrichting.zaaktypen):
        numbers = sorted(one.volgnummer for one in zaaktype.statustypen)
        if len(numbers) >= _STATUSES:
            two, last = numbers[:2], numbers[-1]
            codes[zaaktype.soort] = ZaaktypeCodes(
                code=zaaktype.code, omschrijving=zaaktype.omschrijving, statussen=(two[0], two[1], last)
            )
    return DEFAULT.model_copy(
        update={
            "gemeentecode": inrichting.gemeente.code,
            "zender": System(organisatie=inrichting.organisatie, applicatie=applicatie),
            "ontvanger": System(organisatie=inrichting.organisatie, applicatie=inrichting.systeem.applicatie),
            "zaaktype": codes,
        }
    )
