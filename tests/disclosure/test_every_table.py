"""An inzageverzoek finds what is kept of a person in every table that can hold it."""

from typing import Any

import orjson
from sqlalchemy import Connection, Engine, text

from regiesysteem.access.caller import Caller
from regiesysteem.access.inzage import Look, keep_look
from regiesysteem.config import example_inrichting
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.stuf.message import Systeem
from regiesysteem.zakenmagazijn.subject_access import find_subject, gather
from regiesysteem.zakenmagazijn.subject_rows import NO_PERSON

BSN, OTHER = "999993653", "999990019"

NO_MARK = {
    "bericht.digest": "a digest of the message",
    "zaak_status.moment": "derived from datum_status_gezet",
    **dict.fromkeys(
        (
            f"{table}.tijdstip_registratie"
            for table in ("zaak", "zaak_relatie", "zaak_status", "zaak_zaak", "document", "document_zaak")
        ),
        "a trigger fills it",
    ),
}
"""Columns of texts or bytes that hold nothing of a person, each with the reason."""

_COLUMNS = text("""
    SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = CAST(:tabel AS regclass) AND a.attnum > 0 AND NOT a.attisdropped
      AND t.typname IN ('text', 'jsonb', 'bytea')
""")
_TABLES = text("""
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND NOT relispartition AND relname NOT LIKE 'procrastinate%'
""")


class Filler:
    """Puts a mark in every column of a row that can hold one."""

    def __init__(self, connection: Connection, mark: str) -> None:
        self.connection, self.mark = connection, mark
        self.marks: set[str] = set()
        self.tables: set[str] = set()

    def fill(self, table: str, **fixed: Any) -> int:
        """Insert a row with these values, and marks in its other columns; its id."""
        values: dict[str, Any] = dict(fixed)
        for column, kind in self.connection.execute(_COLUMNS, {"tabel": table}):
            if column not in values and f"{table}.{column}" not in NO_MARK:
                values[column] = self._mark(f"{self.mark}-{table}-{column}", kind)
        places = ", ".join(f"CAST(:{n} AS jsonb)" if str(v).startswith("{") else f":{n}" for n, v in values.items())
        insert = text(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places}) RETURNING *")
        self.tables.add(table)
        return int(self.connection.execute(insert, values).mappings().one().get("id", 0))

    def _mark(self, mark: str, kind: str) -> str | bytes:
        self.marks.add(mark)
        return mark.encode() if kind == "bytea" else mark if kind == "text" else orjson.dumps({"iets": mark}).decode()


def _fill(connection: Connection, mark: str, bsn: str) -> Filler:
    """Rows in every table about a person and a zaak of his."""
    filler = Filler(connection, mark)
    fill, number = filler.fill, f"Z-{mark}"
    zaaktype = connection.execute(text("SELECT min(id) FROM zaaktype")).scalar_one()
    person = fill("object", entiteittype="NPS", sleutel=f"bsn:{bsn}", identificatie=bsn, inhoud="{}")
    bericht = fill("bericht", ontvangen_op="2026-01-01", digest=b"")
    zaak = fill("zaak", identificatie=number, zaaktype_id=zaaktype)
    fill("zaak_relatie", zaak_id=zaak, object_id=person, relatie="heeftBetrekkingOp")
    fill("zaak_status", zaak_id=zaak, laatste=True, moment="2026")
    neighbour = connection.execute(
        text("INSERT INTO zaak (identificatie, zaaktype_id) VALUES (:number, :type) RETURNING id"),
        {"number": f"{number}-2", "type": zaaktype},
    ).scalar_one()
    fill("zaak_zaak", van_id=zaak, naar_id=neighbour, relatie="heeftAlsDeelzaak")
    fill("audit", zaak_id=zaak, bericht_id=bericht)
    document = fill("document", identificatie=f"D-{mark}")
    fill("document_zaak", zaak_id=zaak, document_id=document)
    besluit = fill("object", entiteittype="BSL", sleutel=f"besluit:{mark}")
    relation = fill("zaak_relatie", zaak_id=zaak, object_id=besluit, relatie="leidtTot")
    fill("besluit_document", relatie_id=relation, document_id=document)
    fill("document_versie", document_id=document, volgnummer=1, sha256=None, bericht_id=bericht)
    fill("document_slot", document_id=document, sinds="2026-01-01", checked_out_by=bsn)
    fill("domeingegevens", zaak_id=zaak, sha256=b"", grootte=3, opslag_sha256=None, bericht_id=bericht)
    event = fill("gebeurtenis", zaak_id=zaak, zaakidentificatie=number)
    fill("notificatie", gebeurtenis_id=event, stroom=number, stand="bezorgd", referentienummer=number)
    fill("overdracht", zaak_id=zaak, zaakidentificatie=number, richting="uit", stand="aangeboden")
    fill("postvak", bericht_id=bericht, zaakidentificatie=number)
    fill("afnemersindicatie", zaak_id=zaak)
    fill("zaak_eigenaar", zaak_id=zaak)
    fill("archief", zaak_id=zaak)
    fill("bewaarblokkade", zaak_id=zaak, door="Een medewerker")
    asked = {"persoon": "Een medewerker", "rol": "signaal", "reden": f"{mark}-reden {bsn}"}
    fill("signaal_vraag", **asked, gevonden=True, vandaag=1, te_vaak=False)
    fill("toegang_reden", zaakidentificatie=number, persoon="Een medewerker", rol="teamlid", verloopt_op="2026-01-01")
    insert = text("INSERT INTO vernietiging (voorgesteld_door) VALUES ('archivaris') RETURNING nummer")
    listing = connection.execute(insert).scalar_one()
    fill("vernietiging_zaak", nummer=listing, plaats=1, zaak_id=zaak, stand_zaak=1, uitkomst=None)
    fill("weigering", tijdstip="2026-01-01", zaak=number, http_status=500)
    fill("abonnement", regel=orjson.dumps({"applicatie": f"{mark}-abonnement", "persoon": [bsn]}).decode())
    reader = Caller(Systeem("1900", f"{mark}-lezer"), persoon=f"{mark}-werknemer", rol="regisseur")
    keep_look(connection, reader, f"{mark}-wat", f"urn:{mark}-doel", Look({zaak}))
    filler.tables |= {"inzage", "inzage_betrokkene"}
    filler.marks |= {f"{mark}-reden", f"{mark}-abonnement", f"{mark}-lezer", f"{mark}-wat", f"urn:{mark}-doel"}
    return filler


def test_every_mark_of_a_person_is_found_and_none_of_another(engine: Engine) -> None:
    """Each text, jsonb and bytea column of each table has a mark; a table that nobody fills here fails the test."""
    load_inrichting(engine, read_text(example_inrichting().read_text(), "test"))
    with engine.begin() as connection:
        inrichting = read_inrichting(connection)
        his, hers = _fill(connection, "HIJ", BSN), _fill(connection, "ZIJ", OTHER)
        filler = Filler(connection, "TOML")
        filler.fill("inrichting", toml="\n" * 60 + f"persoon = ['{BSN}']\n# ZIJ", schemas="{}", sha256="0")
        tables = set(connection.execute(_TABLES).scalars())
        found = orjson.dumps(
            [part.data for part in gather(connection, inrichting, find_subject(connection, BSN))]
        ).decode()
    assert tables - his.tables - filler.tables - NO_PERSON == set()
    assert {mark for mark in his.marks | filler.marks if mark not in found} == set()
    assert "ZIJ" not in found
    assert "Een medewerker" not in found
    assert "HIJ-werknemer" not in found
    assert OTHER not in found
    assert len(his.marks) == len(hers.marks) > 80


def test_the_message_that_only_names_a_person_is_found_and_one_with_a_longer_number_is_not(engine: Engine) -> None:
    """The BSN behind the 11 of RGBZ counts; the BSN inside another number does not."""
    load_inrichting(engine, read_text(example_inrichting().read_text(), "test"))
    with engine.begin() as connection:
        for number, said in {"bare": BSN, "rgbz": f"11{BSN}", "longer": f"7{BSN}", "further": f"{BSN}1"}.items():
            Filler(connection, number).fill(
                "bericht", ontvangen_op="2026-01-01", digest=b"", inhoud=f"<a>{said}</a>".encode()
            )
        parts = gather(connection, read_inrichting(connection), find_subject(connection, BSN))
        assert [part.data["dienst"] for part in parts] == ["bare-bericht-dienst", "rgbz-bericht-dienst"]
