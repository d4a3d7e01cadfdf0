"""Table, columns and schema say the same: an element is in all three or in none."""

from collections.abc import Iterable, Iterator

import pytest
from sqlalchemy import Engine, inspect
from tests.berichten.schema import BG, STUF, ZKN, Deel, Inhoud, schema
from tests.berichten.schema import Element as XsdElement

from regiesysteem.stuf.entity import Element, Entiteit, Relatie, Soort
from regiesysteem.zkn import document, zaak
from regiesysteem.zkn.documentgegevens import DOCUMENT, EDC_GERELATEERD, SDC_GERELATEERD, ZAAKDOCUMENT
from regiesysteem.zkn.zaakobjects import BETROKKENE, ZAAKOBJECT

HISTORIE = {"historieMaterieel", "historieFormeel", "historieFormeelRelatie"}
"""History is not kept: what was true before is in the stored messages."""
NIET_BEWAARD = {
    "ZKT": {"heeftVerantwoordelijkeMDW", "heeftVerantwoordelijkeOEH", "heeft"},
    "ZAKSTT": {"heeftRelevant"},
    "MDW": {"hoortBij", "isVerantwoordelijkVoor", "isContactpersoonVoor"},
    "OEH": {"bestaatUit", "heeftAlsVerantwoordelijke", "heeftAlsContactpersoon"},
}
"""What an answer may have of the zaaktypecatalogus, the organisation and statuses; no kennisgeving tells it us."""


def _bericht(naam: str, *pad: str) -> Inhoud:
    element = schema().wortel(naam)
    for stap in pad:
        element = next(kind for kind in element.inhoud.kinderen() if kind.lokaal == stap)
    return element.inhoud


FUNDAMENTEEL = {"zaak": (zaak.ZAK, "zak"), "document": (document.EDC, "edc")}
"""The entities that messages are about, and how the names of their messages begin."""
KENNISGEVING = {wat: _bericht(f"{begin}Lk01", "object") for wat, (_, begin) in FUNDAMENTEEL.items()}
ANTWOORD = {wat: _bericht(f"{begin}La01", "antwoord", "object") for wat, (_, begin) in FUNDAMENTEEL.items()}


def _delen(deel: Deel | None) -> Iterator[tuple[XsdElement, bool]]:
    """Every element declaration of a content model, with whether it repeats."""
    if deel is None:
        return
    if deel.element is not None:
        yield deel.element, deel.maximum != 1
    for onder in deel.delen:
        yield from _delen(onder)


def _kinderen(inhoud: Inhoud) -> dict[str, tuple[XsdElement, bool]]:
    uit: dict[str, tuple[XsdElement, bool]] = {}
    for element, meervoudig in _delen(inhoud.deel):
        uit.setdefault(element.lokaal, (element, meervoudig))
    return uit


def _entiteittype(inhoud: Inhoud) -> str:
    attribuut = inhoud.attributen.get(f"{{{STUF}}}entiteittype")
    return (attribuut.vast or "") if attribuut else ""


class _Vergelijking:
    """Walks table and schema side by side and collects where they disagree; remembers what it met."""

    def __init__(self, *, antwoord: bool) -> None:
        self.antwoord = antwoord
        self.verschillen: list[str] = []
        self.gezien: set[tuple[str, str]] = set()
        self.zegt_waarom: dict[Element, list[bool]] = {}

    def entiteit(self, pad: str, entiteit: Entiteit, inhoud: Inhoud, *, obj: bool = False) -> None:
        if _entiteittype(inhoud) not in ("", entiteit.code):
            self.verschillen.append(f"{pad}: {entiteit.code} is {_entiteittype(inhoud)} in the schema")
        if entiteit.letterlijk:
            return
        elementen = [e for e in entiteit.elementen if e.obj or not obj or not self.antwoord]
        self._inhoud(pad, entiteit.code, entiteit.ns, elementen, entiteit.relaties, inhoud)

    def relatie(self, pad: str, relatie: Relatie, inhoud: Inhoud) -> None:
        if _entiteittype(inhoud) != relatie.entiteittype:
            self.verschillen.append(f"{pad}: {relatie.entiteittype} is {_entiteittype(inhoud)} in the schema")
        kinderen = _kinderen(inhoud)
        gerelateerde, _ = kinderen.pop("gerelateerde")
        rechtstreeks = relatie.keuze("")
        if rechtstreeks is not None:
            self.entiteit(f"{pad}/gerelateerde", rechtstreeks.entiteit, gerelateerde.inhoud)
        else:
            keuzen = _kinderen(gerelateerde.inhoud)
            if [keuze.naam for keuze in relatie.gerelateerde] != list(keuzen):
                self.verschillen.append(f"{pad}: kinds of gerelateerde {list(keuzen)}")
            for keuze in relatie.gerelateerde:
                if keuze.naam in keuzen:
                    binnen = keuzen[keuze.naam][0].inhoud
                    self.entiteit(f"{pad}/{keuze.naam}", keuze.entiteit, binnen, obj=relatie.als_object)
        rest = [element for element in inhoud.kinderen() if element.lokaal != "gerelateerde"]
        self._vergelijk(
            pad, relatie.entiteittype, relatie.ns, relatie.elementen, relatie.relaties, [(e, kinderen) for e in rest]
        )

    def _inhoud(
        self,
        pad: str,
        code: str,
        ns: str,
        elementen: Iterable[Element],
        relaties: Iterable[Relatie],
        inhoud: Inhoud,
    ) -> None:
        kinderen = _kinderen(inhoud)
        self._vergelijk(pad, code, ns, elementen, relaties, [(e, kinderen) for e, _ in kinderen.values()])

    def _vergelijk(
        self,
        pad: str,
        code: str,
        ns: str,
        elementen: Iterable[Element],
        relaties: Iterable[Relatie],
        delen: list[tuple[XsdElement, dict[str, tuple[XsdElement, bool]]]],
    ) -> None:
        tabel: dict[str, Element | Relatie] = {deel.naam: deel for deel in (*elementen, *relaties)}
        buiten = HISTORIE | NIET_BEWAARD.get(code, set())
        namen = [element.lokaal for element, _ in delen if element.lokaal not in buiten]
        if missend := [naam for naam in namen if naam not in tabel]:
            self.verschillen.append(f"{pad}: the table does not know {missend}")
        if self.antwoord and (teveel := [naam for naam in tabel if naam not in namen]):
            self.verschillen.append(f"{pad}: an answer cannot have {teveel}")
        if [naam for naam in tabel if naam in namen] != [naam for naam in namen if naam in tabel]:
            self.verschillen.append(f"{pad}: the table has another order than {namen}")
        for element, kinderen in delen:
            deel = tabel.get(element.lokaal)
            if deel is None:
                continue
            self.gezien.add((code, deel.naam))
            verwacht = f"{{{deel.ns or ns}}}{deel.naam}"
            if element.naam != verwacht:
                self.verschillen.append(f"{pad}: {verwacht} is {element.naam} in the schema")
            meervoudig = kinderen[element.lokaal][1]
            if isinstance(deel, Relatie):
                self.relatie(f"{pad}/{deel.naam}", deel, element.inhoud)
                continue
            if meervoudig and not deel.meervoudig:
                self.verschillen.append(f"{pad}/{deel.naam} repeats in the schema only")
            self._element(f"{pad}/{deel.naam}", code, deel, element, ns)

    def _element(self, pad: str, code: str, element: Element, xsd: XsdElement, ns: str) -> None:
        if element.letterlijk:
            if xsd.nillable and xsd.inhoud.naam != "Vrij":  # which takes any attribute
                self.zegt_waarom.setdefault(element, []).append(f"{{{STUF}}}noValue" in xsd.inhoud.attributen)
            return
        # an element with only simple content is nillable in each schema; nil tells of the groups
        if bool(element.velden) != (xsd.inhoud.waarde is None):
            self.verschillen.append(f"{pad}: a group in one of the two only")
            return
        if element.entiteittype and element.entiteittype != _entiteittype(xsd.inhoud):
            self.verschillen.append(f"{pad}: {element.entiteittype} is {_entiteittype(xsd.inhoud)} in the schema")
        if element.nil and not xsd.nillable and self.antwoord:
            self.verschillen.append(f"{pad}: noValue is written and the schema does not allow it")
        if element.velden:
            self._inhoud(pad, f"{code}/{element.naam}", element.ns or ns, element.velden, (), xsd.inhoud)
        elif (soort := _soort(xsd)) is not None and soort is not element.soort and code in PRECIES:
            self.verschillen.append(f"{pad}: {element.soort} is {soort} in the schema")


PRECIES = {"ZAK", "ZAKSTT", "EDC", "EDCZAK"}
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


def _vergeleken(wat: str, *, antwoord: bool) -> _Vergelijking:
    vergelijking = _Vergelijking(antwoord=antwoord)
    entiteit, _ = FUNDAMENTEEL[wat]
    vergelijking.entiteit(entiteit.code, entiteit, (ANTWOORD if antwoord else KENNISGEVING)[wat])
    return vergelijking


@pytest.mark.parametrize("antwoord", [False, True])
@pytest.mark.parametrize("wat", FUNDAMENTEEL)
def test_the_table_knows_every_element_of_the_schema_by_name_namespace_and_order(wat: str, antwoord: bool) -> None:
    assert _vergeleken(wat, antwoord=antwoord).verschillen == []


def test_what_is_kept_as_it_came_says_why_it_is_empty_where_all_answer_types_can() -> None:
    vergelijking = _Vergelijking(antwoord=True)
    for wat, (entiteit, _) in FUNDAMENTEEL.items():
        vergelijking.entiteit(entiteit.code, entiteit, ANTWOORD[wat])
    assert {"isVan", "isGehuisvestIn", "isAanspreekpuntNamens"} <= {een.naam for een in vergelijking.zegt_waarom}
    for element, kan in vergelijking.zegt_waarom.items():
        assert element.novalue == all(kan), element.naam


def test_every_element_of_the_table_is_in_the_schema() -> None:
    gezien: set[tuple[str, str]] = set()
    for wat in FUNDAMENTEEL:
        for antwoord in (False, True):
            gezien |= _vergeleken(wat, antwoord=antwoord).gezien
    entiteiten = [
        *(zaak.ZAK, zaak.ZKT, zaak.STT, document.EDC, SDC_GERELATEERD),
        *(keuze.entiteit for keuze in (*BETROKKENE, *ZAAKOBJECT)),
    ]
    relaties = (*zaak.ZAK.relaties, *document.EDC.relaties)
    tabel = {(e.code, deel.naam) for e in entiteiten for deel in (*e.elementen, *e.relaties)}
    tabel |= {(r.entiteittype, deel.naam) for r in relaties for deel in (*r.elementen, *r.relaties)}
    assert tabel - gezien == set()


ENTITEITEN = {
    **{
        entiteit.code: entiteit
        for entiteit in (zaak.ZAK, zaak.ZKT, *(keuze.entiteit for keuze in (*BETROKKENE, *ZAAKOBJECT)))
        if not entiteit.letterlijk
    },
    "document": document.EDC,
    "document of a zaak": EDC_GERELATEERD,
    "samengesteld document of a document": SDC_GERELATEERD,
}


@pytest.mark.parametrize("wat", ENTITEITEN)
def test_the_kerngegevens_are_those_of_the_schema(wat: str) -> None:
    entiteit, model = ENTITEITEN[wat], schema()
    code = entiteit.code
    naam = f"{{{BG}}}{code}-zkn-kerngegevens" if entiteit.ns == BG else f"{{{ZKN}}}{code}-kerngegevens"
    kern = list(_kinderen(model._type(model._componenten["type", naam])))
    assert [deel.naam for deel in (*entiteit.elementen, *entiteit.relaties) if deel.kern] == kern


RIJEN = {
    "zaak": ([*zaak.ZAK.elementen], {"id", "zaaktype_id", "inhoud", "geregistreerd_op"}),
    "object": (
        [element for keuze in (*BETROKKENE, *ZAAKOBJECT) for element in keuze.entiteit.elementen],
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


@pytest.mark.parametrize("tabel", RIJEN)
def test_every_kolom_is_a_column_and_every_column_is_an_element(tabel: str, engine: Engine) -> None:
    elementen, eigen = RIJEN[tabel]
    kolommen = {element.kolom for element in elementen if element.kolom}
    assert {kolom["name"] for kolom in inspect(engine).get_columns(tabel)} == kolommen | eigen


def test_only_plain_elements_have_a_column() -> None:
    """What repeats, is a group, a file, or is kept as it came does not fit in one text."""
    for elementen in (*(elementen for elementen, _ in RIJEN.values()), DOCUMENT, ZAAKDOCUMENT):
        breder = [e for e in elementen if e.velden or e.meervoudig or e.letterlijk or e.soort is Soort.BINAIR]
        assert not [e.naam for e in breder if e.kolom]
