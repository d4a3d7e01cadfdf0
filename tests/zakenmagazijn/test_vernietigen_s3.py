"""The content of documents in an object store goes with their zaak, unless another zaak has the same content."""

from sqlalchemy import Engine, text
from tests.conftest import vrije_port
from tests.diensten.documentstappen import add
from tests.soap.conftest import Door
from tests.storage.conftest import Bucket, bucket, s3_adres, s3_client, sleutel_file
from tests.zakenmagazijn.test_vernietigen import approved, do, due_zaak
from werkzeug.test import Client

from regiesysteem.config import Settings, example_inrichting
from regiesysteem.http.doors import make_soap_app
from regiesysteem.inrichting.load import load_inrichting, read_file
from regiesysteem.metrics import Counters

__all__ = ["bucket", "s3_adres", "s3_client", "sleutel_file"]


def test_only_the_objects_of_what_was_destroyed_go(engine: Engine, database_url: str, bucket: Bucket) -> None:
    fields = bucket.settings | {"opslag": "s3", "database_url": database_url}
    load_inrichting(engine, read_file(example_inrichting()))
    door = Door(Client(make_soap_app(Settings(**fields), engine, Counters())), engine)
    goes, stays = due_zaak(door), due_zaak(door)
    own, shared = b"Merkinhoud" * 9000, b"Gedeeld" * 9000
    add(door, goes, data=own)
    add(door, goes, data=shared)
    add(door, stays, data=shared)
    assert len(bucket.sleutels()) == 2
    number = approved(door, goes)
    unreachable = {f"REGIE_{field.upper()}": waarde for field, waarde in fields.items()}
    unreachable["REGIE_S3_ENDPOINT"] = f"http://127.0.0.1:{vrije_port()}"
    code, _, said = do(door, "voer-uit", str(number), "--als", "Bram", **unreachable)
    assert code == 0
    assert "De worker verwijdert de inhoud" in said
    assert len(bucket.sleutels()) == 2
    environment = {f"REGIE_{field.upper()}": waarde for field, waarde in fields.items()}
    assert do(door, "voer-uit", str(number), "--als", "Bram", **environment)[0] == 0
    [left] = bucket.sleutels()
    assert bucket.client.get_object(Bucket=bucket.naam, Key=left)["Body"].read() == shared
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM document_inhoud")).scalar_one() == 1
