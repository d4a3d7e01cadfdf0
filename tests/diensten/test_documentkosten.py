"""What is done with a document takes time by that document, however many there are."""

from collections.abc import Callable

from sqlalchemy import event, text
from tests.berichten.documenten import cancel, inhoud, pdf, relevant
from tests.diensten.documentstappen import check_uit, lees, voeg_toe, werk_bij
from tests.diensten.stappen import nieuw
from tests.soap.conftest import Deur

from regiesysteem.zakenmagazijn import checkout

AANTAL = 5_000
FORMAAT = '[[formaat]]\nnaam = "Plan"\ndocumentformaat = "pdf"\n'
_VUL = f"""
    INSERT INTO zaak (identificatie) SELECT 'vul' || n FROM generate_series(1, {AANTAL}) n;
    INSERT INTO document (identificatie) SELECT 'vul' || n FROM generate_series(1, {AANTAL}) n;
    INSERT INTO document_zaak (document_id, zaak_id, beeindigd)
    SELECT d.id, z.id, CASE WHEN z.id % 2 = 0 THEN '20990101' END
    FROM document d JOIN zaak z USING (identificatie) WHERE identificatie LIKE 'vul%';
    ANALYZE zaak, document, document_zaak;
"""


def _werk(deur: Deur) -> None:
    """All that is done with a document that exists, one after the other."""
    een, ander = nieuw(deur), nieuw(deur)
    nummer = voeg_toe(deur, een)
    lees(deur, nummer)
    deur.gelukt("cancelCheckout_Di02", cancel(nummer, check_uit(deur, nummer)))
    sleutel = check_uit(deur, nummer)
    werk_bij(deur, nummer, sleutel, inhoud(pdf("anders")) + relevant(ander))
    werk_bij(deur, nummer, None, "<ZKN:dct.omschrijving>Verslag</ZKN:dct.omschrijving>")
    sleutel = check_uit(deur, nummer)
    with deur.motor.begin() as verbinding:
        assert checkout.geef_vrij_als_beheerder(verbinding, sleutel)


def test_no_statement_reads_the_relations_of_all_documents(maak_deur: Callable[..., Deur]) -> None:
    deur = maak_deur(**{"[gemeente]": f"{FORMAAT}[gemeente]"})
    with deur.motor.begin() as verbinding:
        verbinding.execute(text(_VUL))
    gezien: dict[str, object] = {}

    def noteer(_c: object, _cursor: object, opdracht: str, parameters: object, *_rest: object) -> None:
        if "document_zaak" in opdracht:
            gezien[opdracht] = parameters

    event.listen(deur.motor, "before_cursor_execute", noteer)
    _werk(deur)
    event.remove(deur.motor, "before_cursor_execute", noteer)
    assert len(gezien) >= 8
    with deur.motor.connect() as verbinding:
        for opdracht, parameters in gezien.items():
            plan = verbinding.exec_driver_sql(f"EXPLAIN {opdracht}", parameters).scalars().all()  # type: ignore[arg-type]
            assert "Seq Scan on document_zaak" not in "\n".join(plan), opdracht
