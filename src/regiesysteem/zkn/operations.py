"""The operations of ZDS 1.1, ZDS 1.2 and RZS 1.0 and the doors that take them: the one list that all others follow.

The functions that do the work stand in `regiesysteem.diensten.table`.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from lxml import etree

from regiesysteem.stuf.entity import Soort
from regiesysteem.stuf.message import Berichtsoort, Sectormodel
from regiesysteem.stuf.namespaces import NIL, STUF, stuf
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.names import RZS, ZDS, ZKN, rzs, zds, zkn

# --- The doors


@dataclass(frozen=True, slots=True)
class Door:
    """An address that takes messages: `name` as its WSDL file and service have it, `path` below /stuf.

    `label` says in Dutch what comes in there. `asynchronous`: a message that nobody can read is refused with Fo03.
    """

    name: str
    path: str
    label: str
    asynchronous: bool = False


COMMON: Final = Door("Regiesysteem", "", "alle berichten door één deur")
"""The door that takes every operation."""

NOTICES: Final = Door("OntvangAsynchroon", "OntvangAsynchroon", "kennisgevingen", asynchronous=True)
QUESTIONS: Final = Door("BeantwoordVraag", "BeantwoordVraag", "vragen")
FREE_MESSAGES: Final = Door("VrijeBerichten", "VrijeBerichten", "vrije berichten")
REGIE: Final = Door("RegieZaakServices", "RegieZaakServices", "regie", asynchronous=True)

DOORS: Final = {door.path: door for door in (NOTICES, QUESTIONS, FREE_MESSAGES, REGIE, COMMON)}
"""Path below /stuf -> door."""

# --- The operations


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: `name` as in the WSDL, `element` the qualified name of its message.

    `element_zds12` is that of its message in ZDS 1.2, "" where it has none; the two are one where only 1.2 has it.
    `berichtcode`, `entiteittype` and `functie` are what the stuurgegevens of the message say. `door` is the address
    whose WSDL has the operation, `also_at` the doors that take it too, beside the common one. `fault_code` is the fault
    message that it answers with. `mutates`: it leaves something behind, so the duplicate rule holds. `notifies`: it may
    change zaken, which subscribers want to know. `published`: the WSDL of its door has it. `files` are the places of
    files in its message, as ElementPath from the message. `general`: it is called after its message, which has other
    operations too: its content decides which of them is meant.
    """

    name: str
    element: str
    berichtcode: str
    door: Door
    fault_code: Literal["Fo02", "Fo03"]
    mutates: bool
    notifies: bool = False
    published: bool = True
    entiteittype: str = ""
    functie: str = ""
    files: tuple[str, ...] = ()
    also_at: tuple[Door, ...] = ()
    general: bool = False
    element_zds12: str = ""

    @property
    def elements(self) -> tuple[str, ...]:
        """The qualified names of its message, in each version that has it."""
        return tuple(dict.fromkeys(filter(None, (self.element, self.element_zds12))))

    @property
    def answer_zds12(self) -> str:
        """The local name of its answer in ZDS 1.2, where that is no acknowledgement."""
        name = etree.QName(self.element_zds12).localname
        return name.replace("Lv01", "La01").replace("Di02", "Du02")

    def is_at(self, door: Door) -> bool:
        """Tell whether a door takes it; the common door takes all."""
        return door in (COMMON, self.door, *self.also_at)

    @property
    def asks(self) -> bool:
        """Tell whether it is a question, so that it counts as a look also when nothing was found."""
        return self.berichtcode.startswith(("Lv", "Sa", "Sh"))

    @property
    def soort(self) -> Berichtsoort:
        """The sort of message that table 4.1 of StUF 03.01 checks."""
        return Berichtsoort(self.berichtcode, self.entiteittype, self.functie)


_FILES: Final = tuple(
    f"{zkn('object')}/{{{element.ns or EDC.ns}}}{element.naam}"
    for element in EDC.elementen
    if element.soort is Soort.BINAIR
)
"""The place of the file in a kennisgeving about a document; an element of that name anywhere else is no file."""


def _kennisgeving(name: str, entiteittype: str = "ZAK", files: tuple[str, ...] = ()) -> Operation:
    element = zkn(f"{entiteittype.lower()}Lk01")
    return Operation(
        name,
        element,
        "Lk01",
        NOTICES,
        "Fo03",
        mutates=True,
        notifies=True,
        entiteittype=entiteittype,
        files=files,
        element_zds12=_in_zds12(name, entiteittype),
    )


def _plain(entiteittype: str, files: tuple[str, ...] = ()) -> Operation:
    """The kennisgeving of plain StUF-ZKN: what its content makes of none of the operations of ZDS."""
    return replace(_kennisgeving(f"{entiteittype.lower()}Lk01", entiteittype, files), general=True)


def _in_zds12(name: str, entiteittype: str) -> str:
    """ZDS 1.2 names a kennisgeving or vraag after its operation and entiteit: creeerZaak_ZakLk01."""
    what, _, code = name.rpartition("_")
    return zds(f"{what}_{entiteittype.capitalize()}{code}") if what else ""


def _question(name: str, entiteittype: str = "ZAK") -> Operation:
    element = zkn(f"{entiteittype.lower()}Lv01")
    return Operation(
        name,
        element,
        "Lv01",
        QUESTIONS,
        "Fo02",
        mutates=False,
        entiteittype=entiteittype,
        element_zds12=_in_zds12(name, entiteittype),
    )


def _later(entiteittype: str, code: str = "Lv02") -> Operation:
    """A question of which the answer comes later, in messages of its own (StUF 03.01, 5.4 and 6)."""
    name = f"{entiteittype.lower()}{code}"
    return Operation(name, zkn(name), code, NOTICES, "Fo03", mutates=True, entiteittype=entiteittype)


def _vrij_bericht(
    name: str, functie: str, files: tuple[str, ...] = (), *, notifies: bool = False, named_zds12: str = ""
) -> Operation:
    return Operation(
        name,
        zkn(name),
        "Di02",
        FREE_MESSAGES,
        "Fo02",
        mutates=True,
        notifies=notifies,
        functie=functie,
        files=files,
        element_zds12=zds(named_zds12 or name),
    )


def _regie(name: str, element: str, functie: str, *, notifies: bool = False, in_zds12: bool = False) -> Operation:
    """A message of Regie- en Zaakservices, whose name and functie may differ."""
    return Operation(
        name,
        rzs(element),
        element.rpartition("_")[2],
        REGIE,
        "Fo03",
        mutates=True,
        notifies=notifies,
        functie=functie,
        also_at=(NOTICES,),
        element_zds12=zds(element) if in_zds12 else "",
    )


def _only_zds12(
    name: str, door: Door, entiteittype: str = "", functie: str = "", *, notifies: bool = False
) -> Operation:
    """A message that ZDS 1.1 does not have, by its name in 1.2; its function reads and writes names of StUF-ZKN."""
    element, code = zds(name), name.rpartition("_")[2][-4:]
    return Operation(
        name,
        element,
        code,
        door,
        "Fo03" if door.asynchronous else "Fo02",
        mutates=code != "Lv01",
        notifies=notifies,
        published=False,
        entiteittype=entiteittype,
        functie=functie,
        element_zds12=element,
    )


def _bevestiging(code: str) -> Operation:
    """A confirmation or fault about a message of ours, in a message of its own (StUF 03.01, 4.4).

    RZS 1.0 has two of them; a service bus may send the others.
    """
    element, published = stuf(f"{code}Bericht"), code in ("Bv03", "Fo03")
    return Operation(code, element, code, REGIE, "Fo03", mutates=True, published=published, also_at=(NOTICES,))


OPERATIONS: Final[dict[str, Operation]] = {
    operation.name: operation
    for operation in (
        _vrij_bericht("genereerZaakIdentificatie_Di02", "genereerZaakidentificatie"),
        _kennisgeving("creeerZaak_Lk01"),
        _kennisgeving("updateZaak_Lk01"),
        _kennisgeving("actualiseerZaakstatus_Lk01"),
        _question("geefZaakstatus_Lv01"),
        _question("geefZaakdetails_Lv01"),
        _question("zakLv01"),
        _vrij_bericht("genereerDocumentIdentificatie_Di02", "genereerDocumentidentificatie"),
        _kennisgeving("voegZaakdocumentToe_Lk01", "EDC", _FILES),
        _kennisgeving("maakZaakdocument_Lk01", "EDC", _FILES),
        _question("geefLijstZaakdocumenten_Lv01"),
        _question("geefZaakdocumentLezen_Lv01", "EDC"),
        _vrij_bericht(
            "geefZaakdocumentbewerken_Di02",
            "geefZaakdocumentbewerken",
            named_zds12="geefZaakdocumentBewerken_Di02",
        ),
        _vrij_bericht(
            "updateZaakdocument_Di02",
            "updateZaakdocument",
            tuple(f"{qualified('edcLk02')}/{path}" for path in _FILES for qualified in (zkn, zds)),
            notifies=True,
        ),
        _vrij_bericht("cancelCheckout_Di02", "cancelCheckout"),
        _plain("ZAK"),
        _plain("EDC", _FILES),
        replace(_question("edcLv01", "EDC"), general=True),
        Operation("zakLv07", zkn("zakLv07"), "Lv07", QUESTIONS, "Fo02", mutates=False, entiteittype="ZAK"),
        _later("ZAK"),
        _later("EDC"),
        _later("ZAK", "Sa03"),
        _later("ZAK", "Sh03"),
        _only_zds12("ontkoppelZaakdocument_Di02", FREE_MESSAGES, functie="ontkoppelZaakdocument", notifies=True),
        _only_zds12("genereerBesluitIdentificatie_Di02", FREE_MESSAGES, functie="genereerBesluitidentificatie"),
        _only_zds12("voegBesluitToe_Di01", NOTICES, functie="voegBesluitToe", notifies=True),
        _only_zds12("updateBesluit_BslLk01", NOTICES, "BSL", notifies=True),
        _only_zds12("geefBesluitdetails_BslLv01", QUESTIONS, "BSL"),
        _only_zds12("geefLijstBesluiten_ZakLv01", QUESTIONS, "ZAK"),
        _regie("notificeerOverZaak", "notificeerOverZaak_Di01", "notificeerOverZaak"),
        _regie("initieerNotificeerOverZaak", "initieerNotificeerOverZaak_Di01", "notificeerOverZaak"),
        _regie("overdragenZaak", "overdragenZaak_Di01", "overdragenZaak", in_zds12=True),
        _regie("bevestigOverdragenZaak", "overdragenZaak_Du01", "overdragenZaak", notifies=True, in_zds12=True),
        *(_bevestiging(code) for code in ("Bv01", "Bv03", "Bv04", "Fo01", "Fo03")),
    )
}
"""Name -> operation."""

_ENTITEITTYPEN: Final = "BSL BST CTP DCT DTG EDC MDW OEH SDC STA STT VZO ZAK ZKT ZTG"

SECTORMODEL: Final = Sectormodel(
    namespace=ZKN,
    koppelvlakken=(RZS, ZDS),
    entiteittypen=frozenset(_ENTITEITTYPEN.split()),
    functies=frozenset(operation.functie for operation in OPERATIONS.values() if operation.functie),
    supported=frozenset(operation.soort for operation in OPERATIONS.values()),
)
"""StUF-ZKN 3.10 with ZDS and RZS: its entiteittypen and functies, and the sorts of message that we take."""

# --- The operation of a message, for senders that give no SOAPAction

_NAMED_ZAAK: Final = etree.XPath(
    "normalize-space(((z:object | r:object | z:gelijk)[@s:entiteittype = 'ZAK']/z:identificatie"
    " | z:object/z:zaak/z:identificatie | .//z:isRelevantVoor/z:gerelateerde/z:identificatie)[1])",
    namespaces={"z": ZKN, "r": RZS, "s": STUF},
)


def named_zaak(element: etree._Element) -> str:
    """Give the identificatie of the zaak that a message is about, as it says; "" when it names none."""
    return str(_NAMED_ZAAK(element))


_MUTATIESOORT: Final = f"{zkn('parameters')}/{stuf('mutatiesoort')}"
_OVERNAME: Final = f"{zkn('parameters')}/{stuf('indicatorOvername')}"
_KENNISGEVINGEN: Final = frozenset({zkn("zakLk01"), zkn("edcLk01")})
_STATUS: Final = zkn("heeft")
_DOCUMENTEN: Final = zkn("heeftRelevant")
_IDENTIFICATIE: Final = zkn("identificatie")


def recognise(element: etree._Element, *, plain: bool = False) -> str:
    """Give the name of the operation that a message is for, by the message alone; "" when there is none.

    zakLk01, zakLv01, edcLk01 and edcLv01 serve several operations; their content decides. `plain`: the sender named
    the message as the WSDL of plain StUF-ZKN does, so that a T for information is no creeerZaak.
    """
    if element.tag in _KENNISGEVINGEN and _is_plain(element, plain=plain):
        return etree.QName(element).localname
    if element.tag == zkn("zakLk01"):
        return _recognise_kennisgeving(element)
    if element.tag == zkn("edcLk01"):
        return _recognise_document(element)
    if element.tag == zkn("zakLv01"):
        return _recognise_question(element)
    if element.tag == zkn("edcLv01"):
        return "geefZaakdocumentLezen_Lv01" if _is_one_document(element) else "edcLv01"
    return next((operation.name for operation in OPERATIONS.values() if element.tag in operation.elements), "")


def _is_plain(kennisgeving: etree._Element, *, plain: bool) -> bool:
    """V is of no operation of ZDS, and neither is a zaak that need not be taken over (StUF 03.01, 5.1)."""
    match (kennisgeving.findtext(_MUTATIESOORT) or "").strip():
        case "V":
            return True
        case "T":
            return plain and kennisgeving.tag == zkn("zakLk01") and for_information(kennisgeving)
    return False


def for_information(kennisgeving: etree._Element) -> bool:
    """Tell whether a kennisgeving only tells something: indicatorOvername I (StUF 03.01, 5.1)."""
    return (kennisgeving.findtext(_OVERNAME) or "").strip() == "I"


def _recognise_kennisgeving(element: etree._Element) -> str:
    """T creates; a change of nothing but the status is actualiseerZaakstatus, any other is updateZaak.

    Nothing but a status is no new zaak either: that has a zaaktype.
    """
    objecten = element.findall(zkn("object"))
    parts = {child.tag for child in objecten[-1] if child.get(NIL) not in {"true", "1"}} if objecten else set()
    if _only(_STATUS, parts):
        return "actualiseerZaakstatus_Lk01"
    return "creeerZaak_Lk01" if (element.findtext(_MUTATIESOORT) or "").strip() == "T" else "updateZaak_Lk01"


def _recognise_document(element: etree._Element) -> str:
    """A new document without a file is maakZaakdocument; all else that is told of a document is voegZaakdocumentToe."""
    new = (element.findtext(_MUTATIESOORT) or "").strip() == "T"
    inhoud = element.find(f"{zkn('object')}/{zkn('inhoud')}")
    has_file = inhoud is not None and (len(inhoud) > 0 or bool((inhoud.text or "").strip()))
    return "maakZaakdocument_Lk01" if new and not has_file else "voegZaakdocumentToe_Lk01"


def _recognise_question(element: etree._Element) -> str:
    """A question by identificatie alone is for one zaak: its status or documents when only those are asked, or all."""
    gelijk = element.find(zkn("gelijk"))
    if gelijk is None or _has_range(element) or not _is_one_zaak(gelijk):
        return "zakLv01"
    asked = element.find(f"{zkn('scope')}/{zkn('object')}")
    parts = {child.tag for child in asked} if asked is not None else set()
    if _only(_DOCUMENTEN, parts):
        return "geefLijstZaakdocumenten_Lv01"
    return "geefZaakstatus_Lv01" if _only(_STATUS, parts) else "geefZaakdetails_Lv01"


def _is_one_document(question: etree._Element) -> bool:
    """An identificatie, alone or with a version (ZDS 4.2.2.2)."""
    gelijk = question.find(zkn("gelijk"))
    parts = [child.tag for child in gelijk] if gelijk is not None else []
    return not _has_range(question) and parts in ([_IDENTIFICATIE], [_IDENTIFICATIE, zkn("versie")])


def _has_range(question: etree._Element) -> bool:
    return any(question.find(zkn(naam)) is not None for naam in ("vanaf", "totEnMet", "start"))


def _is_one_zaak(gelijk: etree._Element) -> bool:
    """An identificatie, alone or with the question for the last status, as ZDS 4.1.1.2 writes it."""
    parts = [child.tag for child in gelijk]
    last = gelijk.findtext(f"{_STATUS}/{zkn('indicatieLaatsteStatus')}", "")
    return parts == [_IDENTIFICATIE] or (parts == [_IDENTIFICATIE, _STATUS] and last.strip() == "J")


def _only(what: str, parts: set[str]) -> bool:
    return what in parts and parts <= {what, _IDENTIFICATIE}
