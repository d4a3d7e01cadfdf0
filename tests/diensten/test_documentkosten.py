"""Work on a document takes time by that document, however many documents there are."""

from collections.abc import Callable

from sqlalchemy import event, text
from tests.berichten.documenten import cancel, inhoud, pdf, relevant
from tests.diensten.documentstappen import add, check_out, read, revise
from tests.diensten.stappen import new
from tests.soap.conftest import Door

from regiesysteem.zakenmagazijn import checkout

COUNT = 5_000
FORMAAT = '[[formaat]]\nnaam = "Plan"\ndocumentformaat = "pdf"\n'
_FILL = f"""
    INSERT INTO zaak (identificatie) SELECT 'vul' || n FROM generate_series(1, {COUNT}) n;
    INSERT INTO document (identificatie) SELECT 'vul' || n FROM generate_series(1, {COUNT}) n;
    INSERT INTO document_zaak (document_id, zaak_id, beeindigd)
    SELECT d.id, z.id, CASE WHEN z.id % 2 = 0 THEN '20990101' END
    FROM document d JOIN zaak z USING (identificatie) WHERE identificatie LIKE 'vul%';
    ANALYZE zaak, document, document_zaak;
"""


def _work(door: Door) -> None:
    """All that is done with a document that exists, one after the other."""
    one, other = new(door), new(door)
    number = add(door, one)
    read(door, number)
    door.succeeded("cancelCheckout_Di02", cancel(number, check_out(door, number)))
    sleutel = check_out(door, number)
    revise(door, number, sleutel, inhoud(pdf("anders")) + relevant(other))
    revise(door, number, None, "<ZKN:dct.omschrijving>Verslag</ZKN:dct.omschrijving>")
    sleutel = check_out(door, number)
    with door.engine.begin() as connection:
        assert checkout.release_as_beheerder(connection, sleutel)


def test_no_statement_reads_the_relations_of_all_documents(make_door: Callable[..., Door]) -> None:
    door = make_door(**{"[gemeente]": f"{FORMAAT}[gemeente]"})
    with door.engine.begin() as connection:
        connection.execute(text(_FILL))
    seen: dict[str, object] = {}

    def note(_c: object, _cursor: object, command: str, parameters: object, *_rest: object) -> None:
        if "document_zaak" in command:
            seen[command] = parameters

    event.listen(door.engine, "before_cursor_execute", note)
    _work(door)
    event.remove(door.engine, "before_cursor_execute", note)
    assert len(seen) >= 8
    with door.engine.connect() as connection:
        for command, parameters in seen.items():
            plan = connection.exec_driver_sql(f"EXPLAIN {command}", parameters).scalars().all()  # type: ignore[arg-type]
            assert "Seq Scan on document_zaak" not in "\n".join(plan), command
