"""Zaken whose time has come: which they are, what holds them back, and who proposed and approved to destroy them.

Two people decide: one proposes a list, another approves or rejects the whole of it. `destruction` carries it out. The
list stays, and is the verklaring van vernietiging (Archiefbesluit 8): zaken and grounds, no persons.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.errors import Reportable
from regiesysteem.zakenmagazijn.archive import VERNIETIGEN

DESTROYED: Final = "Vernietig zaak"
"""The gebeurtenis in the audit of a zaak that stays when another one, which it had a relation with, is destroyed."""

_OVERDRACHT: Final = "er loopt een overdracht"
_EDITED: Final = "een document wordt bewerkt"
_BLOCKED: Final = "geblokkeerd"

DUE: Final = f"""
    z.einddatum IS NOT NULL AND z.archiefnominatie = '{VERNIETIGEN}' AND length(z.datum_vernietiging_dossier) >= 8
    AND coalesce(z.inhoud #>> '{{datumVernietigingDossier,@indOnvolledigeDatum}}', 'V') = 'V'
    AND left(z.datum_vernietiging_dossier, 8) <= :tot
    AND EXISTS (SELECT FROM archief WHERE archief.zaak_id = z.id)
"""
"""SQL that tells whether zaak z may be destroyed on the day :tot, by its date alone.

A date counts when a rule gave it or somebody with the right did; then there is a row of archief.
"""

HELD: Final = f"""
    CASE WHEN EXISTS (SELECT FROM bewaarblokkade b WHERE b.zaak_id = z.id) THEN '{_BLOCKED}'
         WHEN EXISTS (SELECT FROM overdracht o WHERE o.zaak_id = z.id AND o.stand = 'aangeboden') THEN '{_OVERDRACHT}'
         WHEN EXISTS (SELECT FROM document_zaak d JOIN document_slot s USING (document_id) WHERE d.zaak_id = z.id)
         THEN '{_EDITED}'
    END
"""  # noqa: S608 - constants of this module
"""SQL of the reason why zaak z may not be destroyed although it is due; NULL when there is none."""

NEWEST: Final = f"""
    (SELECT coalesce(max(u.id), 0) FROM audit u WHERE u.zaak_id = z.id AND u.gebeurtenis <> '{DESTROYED}')
"""  # noqa: S608 - a constant of this module
"""SQL of the newest change of zaak z; the loss of a zaak that it had a relation with is none."""

_FIELDS: Final = f"""
    z.id AS zaak_id, z.identificatie, k.code AS zaaktype_code, k.omschrijving AS zaaktype,
    (SELECT t.omschrijving FROM resultaattype t WHERE t.zaaktype_id = z.zaaktype_id AND lower(t.omschrijving) =
        lower(trim(coalesce(z.inhoud #>> '{{resultaat,omschrijving,_}}', z.inhoud #>> '{{resultaat,omschrijving}}')))
     LIMIT 1) AS resultaat,
    a.selectielijst, a.termijn,
    CASE WHEN a.met_de_hand THEN 'met de hand' ELSE a.afleidingswijze END AS afleidingswijze,
    a.brondatum, left(z.datum_vernietiging_dossier, 8) AS datum_vernietiging, {NEWEST} AS stand_zaak
"""  # noqa: S608 - constants of this module
_FROM: Final = "zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id LEFT JOIN archief a ON a.zaak_id = z.id"
_ON_LIST: Final = """
    (SELECT max(v.nummer) FROM vernietiging v JOIN vernietiging_zaak l USING (nummer)
     WHERE l.zaak_id = z.id AND l.uitkomst IS NULL AND v.stand IN ('voorgesteld', 'goedgekeurd'))
"""
_LISTING: Final = Sql(f"""
    -- the zaken that are due by a day, those that are first
    SELECT {_FIELDS}, {HELD} AS tegen, {_ON_LIST} AS lijst,
           (SELECT b.reden FROM bewaarblokkade b WHERE b.zaak_id = z.id) AS blokkade
    FROM {_FROM} WHERE {DUE} ORDER BY left(z.datum_vernietiging_dossier, 8), z.identificatie
""")  # noqa: S608 - constants of this module
_WITHOUT_DATE: Final = Sql("""
    -- closed zaken that nobody will ever destroy or keep, because no rule gave them a date that counts
    SELECT z.identificatie, k.code AS zaaktype_code, left(z.einddatum, 8) AS einddatum, z.archiefnominatie
    FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    WHERE z.einddatum IS NOT NULL AND (NOT EXISTS (SELECT FROM archief a WHERE a.zaak_id = z.id)
          OR z.datum_vernietiging_dossier IS NULL AND z.archiefnominatie IS DISTINCT FROM 'N')
    ORDER BY z.einddatum, z.identificatie
""")
_WISHED: Final = Sql(f"""
    -- zaken that somebody wants to have destroyed, and why they cannot be
    SELECT w.identificatie, z.id, {HELD} AS tegen, {_ON_LIST} AS lijst, coalesce({DUE}, false) AS aan_de_beurt
    FROM unnest(CAST(:zaken AS text[])) AS w (identificatie) LEFT JOIN zaak z ON z.identificatie = w.identificatie
""")  # noqa: S608 - constants of this module
_PROPOSE: Final = Sql("INSERT INTO vernietiging (voorgesteld_door) VALUES (:door) RETURNING nummer")
_ADD: Final = Sql(f"""
    INSERT INTO vernietiging_zaak (nummer, plaats, zaak_id, identificatie, zaaktype_code, zaaktype, resultaat,
        selectielijst, termijn, afleidingswijze, brondatum, datum_vernietiging, stand_zaak)
    SELECT CAST(:nummer AS bigint), row_number() OVER (ORDER BY datum_vernietiging, identificatie), f.* FROM (
        SELECT {_FIELDS} FROM {_FROM}
        WHERE {DUE} AND {HELD} IS NULL AND {_ON_LIST} IS NULL
          AND (CAST(:zaken AS text[]) IS NULL OR z.identificatie = ANY(:zaken))) f
""")  # noqa: S608 - constants of this module
_BLOCK: Final = Sql("""
    INSERT INTO bewaarblokkade (zaak_id, reden, door) SELECT id, :reden, :door FROM zaak WHERE identificatie = :zaak
    ON CONFLICT (zaak_id) DO UPDATE SET reden = excluded.reden, door = excluded.door, sinds = now()
""")
_RELEASE: Final = Sql("""
    DELETE FROM bewaarblokkade WHERE zaak_id = (SELECT id FROM zaak WHERE identificatie = :zaak)
""")
_LIST: Final = Sql("SELECT * FROM vernietiging WHERE nummer = :nummer FOR UPDATE")
_JUDGE: Final = Sql("""
    UPDATE vernietiging SET stand = :stand, beoordeeld_door = :door, beoordeeld_op = now(), reden = :reden
    WHERE nummer = :nummer
""")
_LISTS: Final = Sql("""
    SELECT v.*, count(l.*) AS zaken, count(*) FILTER (WHERE l.uitkomst = 'vernietigd') AS vernietigd,
           count(*) FILTER (WHERE l.uitkomst = 'overgeslagen') AS overgeslagen
    FROM vernietiging v LEFT JOIN vernietiging_zaak l USING (nummer) GROUP BY v.nummer ORDER BY v.nummer DESC
""")
_VERKLARING: Final = Sql("SELECT * FROM vernietiging WHERE nummer = :nummer")
_ZAKEN: Final = Sql("""
    SELECT identificatie, zaaktype_code, zaaktype, resultaat, selectielijst, termijn, afleidingswijze, brondatum,
           datum_vernietiging, uitkomst, reden, verwerkt_op, aantallen
    FROM vernietiging_zaak WHERE nummer = :nummer ORDER BY plaats
""")


class CannotKeep(Reportable):
    """A request about keeping or destroying that cannot be done; the text is Dutch."""


@dataclass(frozen=True, slots=True)
class DueZaak:
    """A zaak that is due; `tegen` is why it may not go all the same, `lijst` the open list that it is on."""

    identificatie: str
    zaaktype_code: str | None
    resultaat: str | None
    selectielijst: str | None
    termijn: str | None
    afleidingswijze: str | None
    brondatum: str | None
    datum_vernietiging: str
    tegen: str | None
    lijst: int | None
    blokkade: str | None


def due(connection: Connection, on: date) -> list[DueZaak]:
    """The zaken that may be destroyed on a day, the first one first."""
    rows = _LISTING.run(connection, {"tot": f"{on:%Y%m%d}"}).mappings()
    return [DueZaak(**{naam: row[naam] for naam in DueZaak.__dataclass_fields__}) for row in rows]


def without_date(connection: Connection) -> Sequence[Mapping[Any, Any]]:
    """The closed zaken that have no date and are not to be kept for ever, with the columns of the statement."""
    return _WITHOUT_DATE.run(connection).mappings().all()


def block(connection: Connection, zaak: str, reden: str, who: str) -> None:
    """Hold a zaak back from being destroyed until `release`. Raises CannotKeep for one that is not there."""
    if not _BLOCK.run(connection, {"zaak": zaak, "reden": reden, "door": who}).rowcount:
        raise CannotKeep(f"Er is geen zaak {zaak}.")


def release(connection: Connection, zaak: str) -> None:
    """Let a zaak be destroyed again when it is due. Raises CannotKeep when nothing holds it back."""
    if not _RELEASE.run(connection, {"zaak": zaak}).rowcount:
        raise CannotKeep(f"Zaak {zaak} is niet geblokkeerd.")


def propose(connection: Connection, who: str, zaken: Sequence[str] | None, today: date) -> tuple[int, int]:
    """Make a list of zaken to be destroyed; gives its number and how many zaken are on it.

    Without `zaken` all that are due and that nothing holds back. Raises CannotKeep, naming each, when one of `zaken`
    cannot go, and when there are none.
    """
    on = f"{today:%Y%m%d}"
    if zaken is not None:
        _refuse_others(connection, zaken, on)
    number = int(_PROPOSE.run(connection, {"door": who}).scalar_one())
    wished = None if zaken is None else list(zaken)
    count = _ADD.run(connection, {"nummer": number, "zaken": wished, "tot": on}).rowcount
    if not count:
        raise CannotKeep("Er zijn geen zaken die nu vernietigd mogen worden.")
    return number, count


def _refuse_others(connection: Connection, zaken: Sequence[str], on: str) -> None:
    wrong = []
    for row in _WISHED.run(connection, {"zaken": list(dict.fromkeys(zaken)), "tot": on}):
        reason = row.tegen
        if row.id is None:
            reason = "is er niet"
        elif not row.aan_de_beurt:
            reason = "mag nog niet vernietigd worden"
        elif row.lijst is not None:
            reason = f"staat al op lijst {row.lijst}"
        if reason:
            wrong.append(f"{row.identificatie}: {reason}")
    if wrong:
        raise CannotKeep("Deze zaken kunnen niet op de lijst:\n" + "\n".join(wrong))


def judge(connection: Connection, number: int, who: str, *, approved: bool, reden: str = "") -> None:
    """Approve or reject a whole list. Raises CannotKeep for who proposed it, and for a list that was judged already."""
    row = _LIST.run(connection, {"nummer": number}).one_or_none()
    if row is None:
        raise CannotKeep(f"Er is geen lijst {number}.")
    if row.stand != "voorgesteld":
        raise CannotKeep(f"Lijst {number} is al {row.stand}.")
    if same_person(row.voorgesteld_door, who):
        raise CannotKeep(f"{who} heeft lijst {number} voorgesteld; een ander moet haar beoordelen.")
    stand = "goedgekeurd" if approved else "afgekeurd"
    _JUDGE.run(connection, {"nummer": number, "stand": stand, "door": who, "reden": reden})


def same_person(one: str, other: str) -> bool:
    """Tell whether two names are of one person, however they were typed."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


@dataclass(frozen=True, slots=True)
class Verklaring:
    """A list with its zaken: who proposed, judged and carried it out, when, and what became of each zaak."""

    nummer: int
    stand: str
    voorgesteld_door: str
    voorgesteld_op: datetime
    beoordeeld_door: str | None
    beoordeeld_op: datetime | None
    reden: str
    uitgevoerd_door: str | None
    uitgevoerd_op: datetime | None
    zaken: Sequence[Mapping[Any, Any]]

    @property
    def aantallen(self) -> dict[str, int]:
        """How many zaken went, how many were left out, and how much went with them."""
        gone = [zaak for zaak in self.zaken if zaak["uitkomst"] == "vernietigd"]
        left = sum(zaak["uitkomst"] == "overgeslagen" for zaak in self.zaken)
        counts = {"zaken": len(gone), "overgeslagen": left}
        for zaak in gone:
            for what, count in zaak["aantallen"].items():
                counts[what] = counts.get(what, 0) + count
        return counts


def verklaring(connection: Connection, number: int) -> Verklaring:
    """The verklaring van vernietiging of a list, or what it will be. Raises CannotKeep for a list that is not there."""
    row = _VERKLARING.run(connection, {"nummer": number}).mappings().one_or_none()
    if row is None:
        raise CannotKeep(f"Er is geen lijst {number}.")
    known = {naam: row[naam] for naam in Verklaring.__dataclass_fields__ if naam != "zaken"}
    return Verklaring(**known, zaken=_ZAKEN.run(connection, {"nummer": number}).mappings().all())


def lists(connection: Connection) -> Sequence[Mapping[Any, Any]]:
    """All lists, the newest first, with how many zaken they have and what became of them."""
    return _LISTS.run(connection).mappings().all()
