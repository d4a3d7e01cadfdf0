"""What each server process runs: the web application behind its front door. Granian calls `app` once per process."""

from regiesysteem.config import laad_instellingen
from regiesysteem.geheugen import bevries
from regiesysteem.hoofdproces import stop_met_hoofdproces
from regiesysteem.logboek import stel_logboek_in
from regiesysteem.voordeur import Voordeur
from regiesysteem.wsgi import maak_app

_MB = 1_000_000


def app() -> Voordeur:
    """Make the RSGI application of this process from the environment."""
    instellingen = laad_instellingen()
    stel_logboek_in(instellingen.log, proces="web")
    stop_met_hoofdproces(instellingen.stop_timeout)
    wsgi = maak_app(instellingen)
    bevries()
    return Voordeur(
        wsgi,
        threads=instellingen.threads,
        max_bytes=instellingen.max_bericht_mb * _MB,
        lees_timeout=instellingen.lees_timeout,
    )
