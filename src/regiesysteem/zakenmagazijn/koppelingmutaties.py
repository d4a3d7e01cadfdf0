"""Changes of the relations of a zaak with other zaken: coupling and uncoupling afterwards (RZS 4.7)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import Voorkomen
from regiesysteem.zakenmagazijn import koppelingen
from regiesysteem.zakenmagazijn.relatiemutaties import Paar, soort_van
from regiesysteem.zakenmagazijn.rijen import naar_rij


def muteer(verbinding: Connection, zaak_id: int, veranderingen: Mapping[str, Sequence[Paar]], nu: str) -> list[str]:
    """Apply the changes of relations with other zaken; gives the names of the relations that changed.

    Raises StUF064 for a zaak that does not exist, and for a relation that is to change, end or go and is not there.
    """
    te_doen = [
        (naam, soort, was, wordt)
        for naam in koppelingen.RELATIES
        for was, wordt in veranderingen.get(naam, ())
        if (soort := soort_van(was, wordt)) != "I"
    ]
    if not te_doen:
        return []
    gevuld = [een for _, _, *paar in te_doen for een in paar if een is not None and not een.leeg]
    bekend = koppelingen.zoek(verbinding, koppelingen.genoemd(gevuld))
    nieuw = []
    for naam, soort, was, wordt in te_doen:
        oud = was if was is not None and not was.leeg else wordt
        if soort != "T" and oud is not None:
            ander = bekend[koppelingen.identificatie_van(oud)][0]
            if not _verander(verbinding, zaak_id, soort, wordt or oud, ander, nu):
                raise StufFout("StUF064", f"object/{naam}: de zaken zijn niet aan elkaar gerelateerd")
        if soort in "TR" and wordt is not None:
            nieuw.append(koppelingen.rij(zaak_id, wordt, bekend))
    koppelingen.leg(verbinding, nieuw)
    return list(dict.fromkeys(naam for naam, *_ in te_doen))


def _verander(  # noqa: PLR0917 - the relation and what happens to it
    verbinding: Connection, zaak_id: int, soort: str, voorkomen: Voorkomen, ander: int, nu: str
) -> bool:
    naam = voorkomen.relatie.naam
    if soort == "V":
        return koppelingen.verbreek(verbinding, zaak_id, naam, ander)
    if soort == "W":
        inhoud = naar_rij(voorkomen.relatie.elementen, voorkomen.gegevens)["inhoud"]
        return koppelingen.wijzig(verbinding, zaak_id, naam, ander, inhoud)
    return koppelingen.beeindig(verbinding, zaak_id, naam, ander, nu)
