"""Table, columns and schema say the same: an element is in all three or in none."""

from collections.abc import Iterable, Iterator

import pytest
from sqlalchemy import Engine, inspect
from tests.berichten.schema import BG, STUF, ZKN, Inhoud, Part, schema
from tests.berichten.schema import Element as XsdElement

from regiesysteem.stuf.entity import Element, Entiteit, Relatie, Soort
from regiesysteem.zkn import document, zaak
from regiesysteem.zkn.documentgegevens import DOCUMENT, EDC_GERELATEERD, SDC_GERELATEERD, ZAAKDOCUMENT
from regiesysteem.zkn.zaakobjects import BETROKKENE, ZAAKOBJECT

HISTORIE = {"historieMaterieel", "historieFormeel", "historieFormeelRelatie"}
"""History is not kept: what was true before is in the stored messages."""
NOT_KEPT = {
    "ZKT": {"heeftVerantwoordelijkeMDW", "heeftVerantwoordelijkeOEH", "heeft"},
    "ZAKSTT": {"heeftRelevant"},
    "MDW": {"hoortBij", "isVerantwoordelijkVoor", "isContactpersoonVoor"},
    "OEH": {"bestaatUit", "heeftAlsVerantwoordelijke", "heeftAlsContactpersoon"},
}
"""The elements of zaaktypecatalogus, organisation and statuses in an answer; no kennisgeving has them."""


def _bericht(naam: str, *path: str) -> Inhoud:
    element = schema().root(naam)
    for step in path:
        element = next(child for child in element.inhoud.children() if child.local == step)
    return element.inhoud


FUNDAMENTEEL = {"zaak": (zaak.ZAK, "zak"), "document": (document.EDC, "edc")}
"""The entities that messages are about, and how the names of their messages begin."""
KENNISGEVING = {what: _bericht(f"{begin}Lk01", "object") for what, (_, begin) in FUNDAMENTEEL.items()}
ANSWER = {what: _bericht(f"{begin}La01", "antwoord", "object") for what, (_, begin) in FUNDAMENTEEL.items()}


def _parts(part: Part | None) -> Iterator[tuple[XsdElement, bool]]:
    """Every element declaration of a content model, with whether it repeats."""
    if part is None:
        return
    if part.element is not None:
        yield part.element, part.maximum != 1
    for under in part.parts:
        yield from _parts(under)


def _children(inhoud: Inhoud) -> dict[str, tuple[XsdElement, bool]]:
    out: dict[str, tuple[XsdElement, bool]] = {}
    for element, repeatable in _parts(inhoud.deel):
        out.setdefault(element.local, (element, repeatable))
    return out


def _entiteittype(inhoud: Inhoud) -> str:
    attribute = inhoud.attributes.get(f"{{{STUF}}}entiteittype")
    return (attribute.fixed or "") if attribute else ""


class _Vergelijking:
    """Walks table and schema side by side and collects where they disagree; remembers what it met."""

    def __init__(self, *, answer: bool) -> None:
        self.antwoord = answer
        self.verschillen: list[str] = []
        self.gezien: set[tuple[str, str]] = set()
        self.says_waarom: dict[Element, list[bool]] = {}

    def entiteit(self, path: str, entiteit: Entiteit, inhoud: Inhoud, *, obj: bool = False) -> None:
        if _entiteittype(inhoud) not in ("", entiteit.code):
            self.verschillen.append(f"{path}: {entiteit.code} is {_entiteittype(inhoud)} in the schema")
        if entiteit.verbatim:
            return
        elementen = [e for e in entiteit.elementen if e.obj or not obj or not self.antwoord]
        self._inhoud(path, entiteit.code, entiteit.ns, elementen, entiteit.relaties, inhoud)

    def relatie(self, path: str, relatie: Relatie, inhoud: Inhoud) -> None:
        if _entiteittype(inhoud) != relatie.entiteittype:
            self.verschillen.append(f"{path}: {relatie.entiteittype} is {_entiteittype(inhoud)} in the schema")
        children = _children(inhoud)
        gerelateerde, _ = children.pop("gerelateerde")
        direct = relatie.choice("")
        if direct is not None:
            self.entiteit(f"{path}/gerelateerde", direct.entiteit, gerelateerde.inhoud)
        else:
            choices = _children(gerelateerde.inhoud)
            if [choice.naam for choice in relatie.gerelateerde] != list(choices):
                self.verschillen.append(f"{path}: kinds of gerelateerde {list(choices)}")
            for choice in relatie.gerelateerde:
                if choice.naam in choices:
                    inside = choices[choice.naam][0].inhoud
                    self.entiteit(f"{path}/{choice.naam}", choice.entiteit, inside, obj=relatie.as_object)
        rest = [element for element in inhoud.children() if element.local != "gerelateerde"]
        self._compare(
            path, relatie.entiteittype, relatie.ns, relatie.elementen, relatie.relaties, [(e, children) for e in rest]
        )

    def _inhoud(
        self,
        path: str,
        code: str,
        ns: str,
        elementen: Iterable[Element],
        relaties: Iterable[Relatie],
        inhoud: Inhoud,
    ) -> None:
        children = _children(inhoud)
        self._compare(path, code, ns, elementen, relaties, [(e, children) for e, _ in children.values()])

    def _compare(
        self,
        path: str,
        code: str,
        ns: str,
        elementen: Iterable[Element],
        relaties: Iterable[Relatie],
        parts: list[tuple[XsdElement, dict[str, tuple[XsdElement, bool]]]],
    ) -> None:
        table: dict[str, Element | Relatie] = {part.naam: part for part in (*elementen, *relaties)}
        outside = HISTORIE | NOT_KEPT.get(code, set())
        names = [element.local for element, _ in parts if element.local not in outside]
        if missend := [naam for naam in names if naam not in table]:
            self.verschillen.append(f"{path}: the table does not know {missend}")
        if self.antwoord and (teveel := [naam for naam in table if naam not in names]):
            self.verschillen.append(f"{path}: an answer cannot have {teveel}")
        if [naam for naam in table if naam in names] != [naam for naam in names if naam in table]:
            self.verschillen.append(f"{path}: the table has another order than {names}")
        for element, children in parts:
            part = table.get(element.local)
            if part is None:
                continue
            self.gezien.add((code, part.naam))
            expected = f"{{{part.ns or ns}}}{part.naam}"
            if element.naam != expected:
                self.verschillen.append(f"{path}: {expected} is {element.naam} in the schema")
            repeatable = children[element.local][1]
            if isinstance(part, Relatie):
                self.relatie(f"{path}/{part.naam}", part, element.inhoud)
                continue
            if repeatable and not part.repeatable:
                self.verschillen.append(f"{path}/{part.naam} repeats in the schema only")
            self._element(f"{path}/{part.naam}", code, part, element, ns)

    def _element(self, path: str, code: str, element: Element, xsd: XsdElement, ns: str) -> None:
        if element.verbatim:
            if xsd.nillable and xsd.inhoud.naam != "Vrij":  # which takes any attribute
                self.says_waarom.setdefault(element, []).append(f"{{{STUF}}}noValue" in xsd.inhoud.attributes)
            return
        # an element with only simple content is nillable in each schema; nil tells of the groups
        if bool(element.fields) != (xsd.inhoud.waarde is None):
            self.verschillen.append(f"{path}: a group in one of the two only")
            return
        if element.entiteittype and element.entiteittype != _entiteittype(xsd.inhoud):
            self.verschillen.append(f"{path}: {element.entiteittype} is {_entiteittype(xsd.inhoud)} in the schema")
        if element.nil and not xsd.nillable and self.antwoord:
            self.verschillen.append(f"{path}: noValue is written and the schema does not allow it")
        if element.fields:
            self._inhoud(path, f"{code}/{element.naam}", element.ns or ns, element.fields, (), xsd.inhoud)
        elif (soort := _soort(xsd)) is not None and soort is not element.soort and code in EXACT:
            self.verschillen.append(f"{path}: {element.soort} is {soort} in the schema")


EXACT = {"ZAK", "ZAKSTT", "EDC", "EDCZAK"}
"""Entities and relations whose dates are dates in the table too; of others some are kept as text."""


def _soort(xsd: XsdElement) -> Soort | None:
    waarde = xsd.inhoud.waarde
    if waarde is None:
        return None
    if waarde.basis == "base64Binary":
        return Soort.BINAIR
    if waarde.patronen == (("[0-9]{8,17}",),):
        return Soort.TIJDSTIP
    if waarde.basis == "decimal" and waarde.facet("totalDigits") == 8:
        return Soort.DATUM
    return None


def _compared(what: str, *, answer: bool) -> _Vergelijking:
    vergelijking = _Vergelijking(answer=answer)
    entiteit, _ = FUNDAMENTEEL[what]
    vergelijking.entiteit(entiteit.code, entiteit, (ANSWER if answer else KENNISGEVING)[what])
    return vergelijking


@pytest.mark.parametrize("answer", [False, True])
@pytest.mark.parametrize("what", FUNDAMENTEEL)
def test_the_table_knows_every_element_of_the_schema_by_name_namespace_and_order(what: str, answer: bool) -> None:
    assert _compared(what, answer=answer).verschillen == []


def test_what_is_kept_as_it_came_says_why_it_is_empty_where_all_answer_types_can() -> None:
    vergelijking = _Vergelijking(answer=True)
    for what, (entiteit, _) in FUNDAMENTEEL.items():
        vergelijking.entiteit(entiteit.code, entiteit, ANSWER[what])
    assert {"isVan", "isGehuisvestIn", "isAanspreekpuntNamens"} <= {one.naam for one in vergelijking.says_waarom}
    for element, can in vergelijking.says_waarom.items():
        assert element.novalue == all(can), element.naam


def test_every_element_of_the_table_is_in_the_schema() -> None:
    seen: set[tuple[str, str]] = set()
    for what in FUNDAMENTEEL:
        for answer in (False, True):
            seen |= _compared(what, answer=answer).gezien
    entiteiten = [
        *(zaak.ZAK, zaak.ZKT, zaak.STT, document.EDC, SDC_GERELATEERD),
        *(choice.entiteit for choice in (*BETROKKENE, *ZAAKOBJECT)),
    ]
    relaties = (*zaak.ZAK.relaties, *document.EDC.relaties)
    table = {(e.code, part.naam) for e in entiteiten for part in (*e.elementen, *e.relaties)}
    table |= {(r.entiteittype, part.naam) for r in relaties for part in (*r.elementen, *r.relaties)}
    assert table - seen == set()


ENTITEITEN = {
    **{
        entiteit.code: entiteit
        for entiteit in (zaak.ZAK, zaak.ZKT, *(choice.entiteit for choice in (*BETROKKENE, *ZAAKOBJECT)))
        if not entiteit.verbatim
    },
    "document": document.EDC,
    "document of a zaak": EDC_GERELATEERD,
    "samengesteld document of a document": SDC_GERELATEERD,
}


@pytest.mark.parametrize("what", ENTITEITEN)
def test_the_kerngegevens_are_those_of_the_schema(what: str) -> None:
    entiteit, model = ENTITEITEN[what], schema()
    code = entiteit.code
    naam = f"{{{BG}}}{code}-zkn-kerngegevens" if entiteit.ns == BG else f"{{{ZKN}}}{code}-kerngegevens"
    kern = list(_children(model._type(model._componenten["type", naam])))
    assert [part.naam for part in (*entiteit.elementen, *entiteit.relaties) if part.kern] == kern


ROWS = {
    "zaak": ([*zaak.ZAK.elementen], {"id", "zaaktype_id", "inhoud", "geregistreerd_op"}),
    "object": (
        [element for choice in (*BETROKKENE, *ZAAKOBJECT) for element in choice.entiteit.elementen],
        {"id", "entiteittype", "sleutel", "inhoud"},
    ),
    "zaak_relatie": (
        [e for relatie in (*zaak.ROLLEN, zaak.HEEFT_BETREKKING_OP, zaak.LEIDT_TOT) for e in relatie.elementen],
        {"id", "zaak_id", "relatie", "object_id", "beeindigd", "inhoud"},
    ),
    "zaak_status": (
        [*zaak.HEEFT.elementen],
        {"id", "zaak_id", "statustype_id", "moment", "laatste", "gezet_door_id", "inhoud"},
    ),
    "document": ([*document.EDC.elementen], {"id", "gegevens", "geregistreerd_op"}),
}  # fmt: skip
"""Per table the elements that it holds, and the columns that are no element."""


@pytest.mark.parametrize("table", ROWS)
def test_every_kolom_is_a_column_and_every_column_is_an_element(table: str, engine: Engine) -> None:
    elementen, own = ROWS[table]
    columns = {element.kolom for element in elementen if element.kolom}
    assert {column["name"] for column in inspect(engine).get_columns(table)} == columns | own


def test_only_plain_elements_have_a_column() -> None:
    """An element that repeats, is a group, a file, or is kept as it came does not fit in one text."""
    for elementen in (*(elementen for elementen, _ in ROWS.values()), DOCUMENT, ZAAKDOCUMENT):
        breder = [e for e in elementen if e.fields or e.repeatable or e.verbatim or e.soort is Soort.BINAIR]
        assert not [e.naam for e in breder if e.kolom]
