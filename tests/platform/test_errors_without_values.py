"""An error of ours, of the database or of the storage is in the log by its kind and place, without what was in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.marks import found_in

FAIL = """
import sys, threading
from tests.berichten.bouw import ACTIE, envelope, lk01, nps, rol, zaak, new_number
from tests.berichten.documenten import document, edc_lk01, inhoud
from tests.marks import BSN, SURNAME, DOCUMENT
from sqlalchemy import text
from werkzeug.test import Client
from regiesysteem import config
from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.diensten import table
from regiesysteem.http.app import make_app
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.logging_ import logger, set_up_logging

url, form = sys.argv[1:]
engine = make_engine(url, pool=False)
load_inrichting(engine, read_text(config.example_inrichting().read_text(), "test"))
set_up_logging(form, process="proef")
who = rol("heeftAlsInitiator", nps(BSN, SURNAME))

def send(client, dienst, bericht):
    head = {"SOAPAction": f'"{ACTIE}{dienst}"'}
    status = client.post("/stuf", data=envelope(bericht), content_type="text/xml", headers=head).status_code
    print(dienst, status)

def creeer(client):
    send(client, "creeerZaak_Lk01", lk01("T", zaak(new_number(), relaties=who)))

def sql(command):
    with engine.begin() as connection:
        connection.execute(text(command))

client = Client(make_app(Settings(database_url=url)))
creeer(client)
sql("ALTER TABLE zaak_relatie ADD CONSTRAINT geen CHECK (inhoud IS NULL) NOT VALID")
creeer(client)
sql("ALTER TABLE zaak_relatie DROP CONSTRAINT geen")
sql("ALTER TABLE object RENAME TO elders")
creeer(client)
sql("ALTER TABLE elders RENAME TO object")

def broken(bericht, context):
    try:
        raise KeyError(SURNAME)
    except KeyError as error:
        raise ValueError(f"{BSN} {SURNAME} {bericht.element[0].text}") from error

right, table.FUNCTIONS["creeerZaak_Lk01"] = table.FUNCTIONS["creeerZaak_Lk01"], broken
creeer(client)
table.FUNCTIONS["creeerZaak_Lk01"] = right
s3 = Settings(database_url=url, opslag="s3", s3_endpoint="http://127.0.0.1:9", s3_bucket="b", s3_region="eu")
file = inhoud(DOCUMENT.encode() * 9999, naam=f"{SURNAME}.pdf")
number = new_number()
send(client, "creeerZaak_Lk01", lk01("T", zaak(number)))
send(Client(make_app(s3)), "voegZaakdocumentToe_Lk01", edc_lk01("T", document(new_number(), number, file=file)))
creeer(Client(make_app(Settings(database_url="postgresql://x@127.0.0.1:9/x"))))
sql("DROP TABLE weigering")
client.post("/stuf", data=f"<{SURNAME}>{BSN}</".encode(), content_type="text/xml")

def thread():
    raise RuntimeError(SURNAME)

one = threading.Thread(target=thread)
one.start()
one.join()
logger().info("klaar")
raise OSError(28, f"{SURNAME} {BSN}")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_goes_wrong_is_logged_without_values(form: str, database_url: str, tmp_path: Path) -> None:
    environment = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    said = subprocess.run(
        [sys.executable, "-c", FAIL, database_url, form],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment, "TMPDIR": str(tmp_path)},
    )
    log = said.stderr
    assert said.stdout.split("\n")[:-1] == [
        "creeerZaak_Lk01 200",
        *["creeerZaak_Lk01 500"] * 3,
        "creeerZaak_Lk01 200",
        "voegZaakdocumentToe_Lk01 500",
        "creeerZaak_Lk01 500",
    ], log
    for word in ("klaar", "onverwachte_fout", "ValueError", "KeyError", "RuntimeError", "OSError", "No space left"):
        assert word in log, word
    assert log.count("niet_opgevangen") == 2
    assert "weigering_niet_bewaard" in log
    assert [line for line in (log + said.stdout).splitlines() if found_in(line)] == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
