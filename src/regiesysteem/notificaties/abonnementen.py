"""Abonnementen and afnemersindicaties that are made with a command: kept in tables, beside the TOML.

Each change raises the stand of the inrichting where processes must see it; callers have locked it and commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import ValidationError
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.inrichting.check import InrichtingFout, Melding, controleer_abonnement, lijkt_op, toon, vertaal
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.load import verhoog
from regiesysteem.inrichting.model import ABONNEMENT, Abonnement, als_tabel

_BEWAAR: Final = Sql("INSERT INTO abonnement (regel) VALUES (CAST(:regel AS jsonb)) RETURNING id")
_VERWIJDER: Final = Sql("DELETE FROM abonnement WHERE id = :nummer")
_ZAAK: Final = Sql("SELECT id FROM zaak WHERE identificatie = :zaak")
_ZET: Final = Sql("""
    INSERT INTO afnemersindicatie AS a (zaak_id, applicatie, verwachte_actie)
    VALUES (:zaak_id, :applicatie, :verwachte_actie)
    ON CONFLICT (zaak_id, applicatie) DO UPDATE SET verwachte_actie = EXCLUDED.verwachte_actie
""")
_HAAL_WEG: Final = Sql("""
    DELETE FROM afnemersindicatie a USING zaak z
    WHERE z.id = a.zaak_id AND z.identificatie = :zaak AND a.applicatie = :applicatie
""")
_ER_ZIJN_ER: Final = Sql("SELECT EXISTS (SELECT FROM afnemersindicatie)")
_LIJST: Final = Sql("""
    SELECT z.identificatie AS zaak, k.soort, a.applicatie, a.verwachte_actie, a.sinds
    FROM afnemersindicatie a JOIN zaak z ON z.id = a.zaak_id LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    WHERE (:zaak = '' OR z.identificatie = :zaak) AND (:applicatie = '' OR a.applicatie = :applicatie)
    ORDER BY z.identificatie, a.applicatie
""")


@dataclass(frozen=True, slots=True)
class Afnemersindicatie:
    """An applicatie that is told of a zaak, or of all zaken of a gezinsplan; `soort` of its zaaktype."""

    zaak: str
    soort: str | None
    applicatie: str
    verwachte_actie: str
    sinds: datetime


def voeg_toe(verbinding: Connection, inrichting: Inrichting, tabel: Mapping[str, Any]) -> tuple[int, Abonnement]:
    """Keep an abonnement, written as in the TOML, and give its number. Raises InrichtingFout with all that is wrong."""
    bekend = {
        "applicatie": [applicatie.naam for applicatie in inrichting.applicaties],
        "zaaktype": [zaaktype.code for zaaktype in inrichting.zaaktypen],
    }
    meldingen = list(controleer_abonnement(tabel, (), bekend, "in de inrichting"))
    try:
        abonnement = ABONNEMENT.validate_python(tabel)
    except ValidationError as fout:
        vertaald = map(vertaal, fout.errors(include_url=False))
        raise InrichtingFout("abonnement", [*vertaald, *meldingen]) from None
    gelijk = next((regel for regel in inrichting.abonnementen if regel.abonnement == abonnement), None)
    if gelijk is not None:
        meldingen.append(Melding("", f"is er al: {gelijk.naam}"))
    if meldingen:
        raise InrichtingFout("abonnement", meldingen)
    regel = orjson.dumps(als_tabel(abonnement)).decode()
    nummer: int = _BEWAAR.voer_uit(verbinding, {"regel": regel}).scalar_one()
    verhoog(verbinding)
    return nummer, abonnement


def verwijder(verbinding: Connection, nummer: int) -> bool:
    """Remove an abonnement that a command made; False when there is none with this number."""
    weg = _VERWIJDER.voer_uit(verbinding, {"nummer": nummer}).rowcount > 0
    if weg:
        verhoog(verbinding)
    return weg


def zet_afnemersindicatie(
    verbinding: Connection, inrichting: Inrichting, zaak: str, applicatie: str, verwachte_actie: str
) -> None:
    """Have an applicatie told of a zaak; a second time changes the action. Raises InrichtingFout."""
    zaak_id = _ZAAK.voer_uit(verbinding, {"zaak": zaak}).scalar_one_or_none()
    namen = [een.naam for een in inrichting.applicaties]
    meldingen = []
    if zaak_id is None:
        meldingen.append(Melding("zaak", f"{toon(zaak)} hebben wij niet"))
    if applicatie not in namen:
        tekst = f"{toon(applicatie)} staat niet als [[applicatie]] in de inrichting{lijkt_op(applicatie, namen)}"
        meldingen.append(Melding("applicatie", tekst))
    if meldingen:
        raise InrichtingFout("afnemersindicatie", meldingen)
    waren_er = _zijn_er(verbinding)
    _ZET.voer_uit(verbinding, {"zaak_id": zaak_id, "applicatie": applicatie, "verwachte_actie": verwachte_actie})
    _verhoog_als_anders(verbinding, waren_er)


def verwijder_afnemersindicatie(verbinding: Connection, zaak: str, applicatie: str) -> bool:
    """No longer have an applicatie told of a zaak by its afnemersindicatie; False when it had none."""
    waren_er = _zijn_er(verbinding)
    weg = _HAAL_WEG.voer_uit(verbinding, {"zaak": zaak, "applicatie": applicatie}).rowcount > 0
    _verhoog_als_anders(verbinding, waren_er)
    return weg


def lijst_afnemersindicaties(verbinding: Connection, zaak: str = "", applicatie: str = "") -> list[Afnemersindicatie]:
    """All afnemersindicaties, or those of a zaak or an applicatie."""
    rijen = _LIJST.voer_uit(verbinding, {"zaak": zaak, "applicatie": applicatie}).mappings()
    return [Afnemersindicatie(**rij) for rij in rijen]


def _zijn_er(verbinding: Connection) -> bool:
    return bool(_ER_ZIJN_ER.voer_uit(verbinding).scalar_one())


def _verhoog_als_anders(verbinding: Connection, waren_er: bool) -> None:
    """Of afnemersindicaties the inrichting holds only whether there are any."""
    if _zijn_er(verbinding) != waren_er:
        verhoog(verbinding)
