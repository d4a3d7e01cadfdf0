"""Changes of the relations of a zaak with other zaken: coupling and uncoupling afterwards (RZS 4.7)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorkomen
from regiesysteem.zakenmagazijn import koppelingen, regels
from regiesysteem.zakenmagazijn.paren import Verandering, eenmalig
from regiesysteem.zakenmagazijn.rijen import Rij, beeindig, beeindiging, einde, geldt, naar_rij, van_rij
from regiesysteem.zakenmagazijn.vergelijken import Bewaking, bewaak, toegepast, wijzigingen

_LEES: Final = Sql("""
    -- the relations of a zaak with other zaken that hold
    SELECT id, relatie, van_id, naar_id, beeindigd, inhoud FROM zaak_zaak
    WHERE (van_id = :id OR naar_id = :id) AND regie_geldt(beeindigd)
""")
_VERBREEK: Final = Sql("DELETE FROM zaak_zaak WHERE id = ANY(:ids) -- relations that are no longer relevant")
_BEEINDIG: Final = Sql(beeindig("zaak_zaak"))
_WIJZIG: Final = Sql("""
    -- the elements of relations between zaken after a change
    UPDATE zaak_zaak SET beeindigd = w.beeindigd, inhoud = w.inhoud
    FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS w (id bigint, beeindigd text, inhoud jsonb)
    WHERE zaak_zaak.id = w.id
""")
_ZONDER_PLAN: Final = Sql("""
    -- levensdomeinplannen among these zaken that refer to no gezinsplan
    SELECT z.identificatie FROM zaak z
    WHERE z.id = ANY(:ids) AND z.zaaktype_id = ANY(:levensdomeinplan) AND NOT EXISTS (
        SELECT FROM zaak_zaak k JOIN zaak p ON p.id = CASE z.id WHEN k.van_id THEN k.naar_id ELSE k.van_id END
        WHERE z.id IN (k.van_id, k.naar_id) AND regie_geldt(k.beeindigd) AND p.zaaktype_id = ANY(:gezinsplan))
""")


def muteer(  # noqa: PLR0917 - a zaak, what changes, and by which rules
    verbinding: Connection,
    inrichting: Inrichting,
    bewaking: Bewaking,
    zaak_id: int,
    veranderingen: Mapping[str, Sequence[Verandering]],
    nu: str,
) -> list[str]:
    """Apply the changes of relations with other zaken; gives the names of the relations that changed.

    Raises StUF064 for a zaak that does not exist, and for a relation that is to change, end or go and is not there;
    StUF055 when a levensdomeinplan would be left without gezinsplan (RZS 6.4.3); what `paren.eenmalig` and
    `koppelingen.leg` raise.
    """
    te_doen = eenmalig(v for naam in koppelingen.RELATIES for v in veranderingen.get(naam, ()) if v.soort != "I")
    if not te_doen:
        return []
    genoemd = [een for v in te_doen for een in (v.was, v.wordt) if een is not None]
    bewaakt = koppelingen.te_bewaken(bewaking, te_doen)
    bekend = koppelingen.zoek(verbinding, koppelingen.genoemd(genoemd), geheel=bewaakt)
    for verandering in te_doen if bewaakt else ():
        koppelingen.bewaak_zaak(bewaking, inrichting, verandering, bekend)
    koppelingen.vergrendel(verbinding)
    werk = _Werk(verbinding, bewaking, zaak_id, bekend, nu)
    werk.plan(te_doen)
    werk.voer_uit()
    if werk.weg:
        _controleer_plannen(verbinding, inrichting, [zaak_id, *(ander.id for ander in bekend.values())])
    return list(dict.fromkeys(verandering.naam for verandering in te_doen))


class _Werk:
    """What has to happen, gathered first and done in a fixed number of statements."""

    def __init__(
        self, verbinding: Connection, bewaking: Bewaking, zaak_id: int, bekend: koppelingen.Bekend, nu: str
    ) -> None:
        self._nu = nu
        self._verbinding = verbinding
        self._bewaking = bewaking
        self._zaak_id = zaak_id
        self._bekend = bekend
        gelezen = _LEES.voer_uit(verbinding, {"id": zaak_id}).mappings()
        self._rijen: dict[koppelingen.Paar, Rij] = {koppelingen.paar(rij): rij for rij in gelezen}
        self._verbreek: list[int] = []
        self._beeindig: list[dict[str, Any]] = []
        self._gewijzigd: dict[int, dict[str, Any]] = {}
        self._nieuw: list[dict[str, Any]] = []

    @property
    def weg(self) -> bool:
        """Whether a relation goes, or got an end that is past."""
        geweest = (not geldt(rij["beeindigd"], self._nu) for rij in self._gewijzigd.values())
        return bool(self._verbreek or self._beeindig) or any(geweest)

    def plan(self, veranderingen: Sequence[Verandering]) -> None:
        """Add changes, what goes first; raises StUF064 for one about a relation that is not there."""
        for verandering in veranderingen:
            if verandering.soort != "T":
                self._plan_bestaand(verandering)
        for verandering in veranderingen:
            if verandering.soort in "TR":
                self._leg(verandering.nieuw)

    def _plan_bestaand(self, verandering: Verandering) -> None:
        soort, was = verandering.soort, verandering.was
        plek = koppelingen.paar(koppelingen.rij(self._zaak_id, verandering.oud, self._bekend))
        rij = self._rijen.get(plek)
        if rij is None:
            ander = koppelingen.identificatie_van(verandering.oud)
            raise StufFout("StUF064", f"object/{verandering.naam}: de zaak is niet gerelateerd aan zaak {ander!r}")
        if soort == "W":
            self._wijzig(plek, was, verandering.nieuw)
            return
        elementen = verandering.oud.relatie.elementen
        bewaak(self._bewaking, f"{verandering.naam}/", van_rij(elementen, rij), was.gegevens if was else None)
        if soort == "V":
            self._verbreek.append(rij["id"])
            del self._rijen[plek]
            return
        eind = beeindiging(rij, verandering.oud.gegevens, self._nu)
        if geldt(eind["op"], self._nu):
            # It holds until then, and may be told again.
            self._schrijf(plek, {**rij["inhoud"], **eind["inhoud"]})
        else:
            self._beeindig.append(eind)
            del self._rijen[plek]

    def voer_uit(self) -> None:
        """Do the work; what goes first, so that what comes may take its place."""
        if self._verbreek:
            _VERBREEK.voer_uit(self._verbinding, {"ids": self._verbreek})
        if self._beeindig:
            _BEEINDIG.voer_uit(self._verbinding, {"rijen": orjson.dumps(self._beeindig).decode()})
        if self._gewijzigd:
            rijen = orjson.dumps(list(self._gewijzigd.values())).decode()
            _WIJZIG.voer_uit(self._verbinding, {"rijen": rijen})
        koppelingen.leg(self._verbinding, self._nieuw)

    def _leg(self, voorkomen: Voorkomen) -> None:
        nieuw = koppelingen.rij(self._zaak_id, voorkomen, self._bekend)
        plek = koppelingen.paar(nieuw)
        if plek in self._rijen:
            # A relation that is there is told again: what is said comes on top of what is known.
            self._wijzig(plek, None, voorkomen)
        else:
            self._nieuw.append(nieuw)

    def _wijzig(self, plek: koppelingen.Paar, was: Voorkomen | None, nieuw: Voorkomen) -> None:
        elementen = nieuw.relatie.elementen
        bekend = van_rij(elementen, self._rijen[plek])
        veranderd = wijzigingen(
            self._bewaking, f"{nieuw.relatie.naam}/", bekend, was.gegevens if was else None, nieuw.gegevens
        )
        self._schrijf(plek, naar_rij(elementen, toegepast(elementen, bekend, veranderd))["inhoud"])

    def _schrijf(self, plek: koppelingen.Paar, inhoud: dict[str, Any]) -> None:
        rij = {**self._rijen[plek], "beeindigd": einde(inhoud), "inhoud": inhoud}
        self._rijen[plek] = self._gewijzigd[rij["id"]] = rij


def _controleer_plannen(verbinding: Connection, inrichting: Inrichting, ids: Sequence[int]) -> None:
    soorten = {
        soort: [zaaktype.id for zaaktype in inrichting.zaaktypen if zaaktype.soort == soort]
        for soort in ("levensdomeinplan", "gezinsplan")
    }
    zonder = _ZONDER_PLAN.voer_uit(verbinding, {"ids": list(ids), **soorten}).scalars().all()
    regels.weiger_zonder_gezinsplan(zonder)
