"""The operation that a request asks for: by SOAPAction, content type, wsa:Action or the message itself."""

from typing import Final, Literal

from lxml import etree

from regiesysteem.soap.envelope import ACTIE_PREFIXES
from regiesysteem.soap.request import Request, bare_acties
from regiesysteem.stuf.faults import StufFout, shorten
from regiesysteem.stuf.message import check_versions
from regiesysteem.zkn.names import ZDS
from regiesysteem.zkn.operations import OPERATIONS, SECTORMODEL, recognise

_FOUTCODES: Final[dict[str, Literal["Fo02", "Fo03"]]] = {
    name: operation.fault_code
    for operation in OPERATIONS.values()
    for name in (*(etree.QName(element).localname for element in operation.elements), operation.name)
}
_ASYNCHRONOUS: Final = ("Lk01", "Di01", "Du01", "Sa01", "Sa03", "Sh01", "Sh03", "Lv02")
_ZDS_12: Final = f"{ZDS}/"
_BEGIN: Final = tuple(begin.casefold() for begin in (*ACTIE_PREFIXES, _ZDS_12))
_WRITTEN_OTHERWISE: Final = {
    naam.casefold(): dienst
    for one in OPERATIONS.values()
    for naam, dienst in (
        (etree.QName(one.element).localname, etree.QName(one.element).localname),
        *([(etree.QName(one.element_zds12).localname, one.name)] if one.entiteittype and one.element_zds12 else []),
        (one.name, one.name),
    )
}
"""Operations and messages without capitals; an operation also as ZDS 1.2 calls it (creeerZaak_ZakLk01)."""
_NAMED_IN_ZDS_12: Final = frozenset(
    name
    for one in OPERATIONS.values()
    if one.element_zds12
    for name in (etree.QName(one.element_zds12).localname, *([] if one.entiteittype else [one.name]))
)
"""The operations in the WSDL of ZDS 1.2: the names of its messages, but for two vrije berichten those of 1.1 too."""
_MAX_WAARDE: Final = 100


def is_otherwise_written(request: Request, actie: str, bericht: etree._Element) -> bool:
    """Tell whether an operation is named in another way than its WSDL has; `actie` is wsa:Action."""
    acties = bare_acties(*request.acties, actie)
    if etree.QName(bericht).namespace == ZDS:
        return any(one.removeprefix(_ZDS_12) not in _NAMED_IN_ZDS_12 for one in acties)
    return any(_as_in_wsdl(one) != one for one in acties)


def _as_in_wsdl(actie: str) -> str:
    """The named operation, written as in the WSDL.

    Senders in the field write CreeerZaak_Lk01, StuF in the namespace, or the name that ZDS 1.2 gave the operation. No
    two operations differ in that alone. A name of no operation stays as it was.
    """
    small = actie.casefold()
    bare = next((small.removeprefix(begin) for begin in _BEGIN if small.startswith(begin)), small)
    return _WRITTEN_OTHERWISE.get(bare, actie)


def determine_dienst(request: Request, actie: str, bericht: etree._Element) -> str:
    """The meant operation; "" when there is no such operation. `actie` is wsa:Action.

    A SOAPAction that only repeats the name of the message names no operation (senders built on the WSDL of plain
    StUF-ZKN send that): then the message decides. Raises StUF001, StUF004 or StUF007 for another version or sector
    model, StUF040 when the SOAPAction is of another message than the body, or of an operation of another door, and when
    SOAPAction, content type and wsa:Action name different ones (WS-Addressing 1.0 SOAP Binding, 2.4).
    """
    check_versions(bericht, SECTORMODEL)
    named = dict.fromkeys(map(_as_in_wsdl, bare_acties(*request.acties, actie)))
    own = OPERATIONS.get(_local(bericht))
    plain = (own is None or own.general) and _local(bericht) in named
    if plain:
        del named[_local(bericht)]
    if len(named) > 1:
        names = " en ".join(shorten(one, _MAX_WAARDE) for one in named)
        raise StufFout(
            "StUF040", f"SOAPAction, wsa:Action en action in de Content-Type zeggen niet hetzelfde: {names}."
        )
    said = next(iter(named), "")
    operation = OPERATIONS.get(said) or OPERATIONS.get(recognise(bericht, plain=plain))
    if operation is None:
        return ""
    if said not in ("", operation.name):
        here = (one.name for one in OPERATIONS.values() if one.is_at(request.door))
        known = ", ".join(sorted(here))
        raise StufFout("StUF040", f"SOAPAction {shorten(said, _MAX_WAARDE)} is hier geen operatie; wel: {known}.")
    if bericht.tag not in operation.elements:
        same_version = (
            one for one in operation.elements if etree.QName(one).namespace == etree.QName(bericht).namespace
        )
        expected = etree.QName(next(same_version, operation.element)).localname
        got = shorten(_local(bericht), _MAX_WAARDE)
        raise StufFout("StUF040", f"Bij SOAPAction {said} hoort {expected}; het bericht is {got}.")
    if not operation.is_at(request.door):
        raise StufFout(
            "StUF040",
            f"{operation.name} is er niet op {request.door.name}; gebruik {operation.door.name} of het adres /stuf.",
        )
    return operation.name


def foutcode_for(request: Request, dienst: str, bericht: etree._Element | None) -> Literal["Fo02", "Fo03"]:
    """Fo03 for an asynchronous message, else Fo02; by operation, message, SOAPAction and door, as far as known.

    For a body that is not readable as XML only the transport tells.
    """
    names = [dienst, _local(bericht)] if bericht is not None else [*map(_as_in_wsdl, request.acties)]
    for name in filter(None, names):
        if name in _FOUTCODES:
            return _FOUTCODES[name]
        if name.endswith(_ASYNCHRONOUS):
            return "Fo03"
    return "Fo03" if request.door.asynchronous else "Fo02"


def _local(bericht: etree._Element) -> str:
    return etree.QName(bericht).localname
