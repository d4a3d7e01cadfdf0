"""What each server process runs: the web application behind its front door. Granian calls `app` once per process."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading

from regiesysteem.config import Instellingen, laad_instellingen
from regiesysteem.geheugen import bevries
from regiesysteem.logboek import logger, stel_logboek_in
from regiesysteem.stuf import schema
from regiesysteem.voordeur import Voordeur
from regiesysteem.wsgi import maak_app

_MB = 1_000_000


def app() -> Voordeur:
    """Make the RSGI application of this process from the environment."""
    instellingen = laad_instellingen()
    stel_logboek_in(instellingen.log, proces="web")
    _stop_met_hoofdproces(instellingen)
    wsgi = maak_app(instellingen)
    schema.laad()
    bevries()
    return Voordeur(
        wsgi,
        threads=instellingen.threads,
        max_bytes=instellingen.max_bericht_mb * _MB,
        lees_timeout=instellingen.lees_timeout,
        ruim=instellingen.worker_max_mb * _MB // 2,
    )


def _stop_met_hoofdproces(instellingen: Instellingen) -> None:
    """End this process when the one that started it is gone, also after its kill -9: nobody else would end it."""
    ouder = multiprocessing.parent_process()
    if ouder is None:
        return

    def wacht() -> None:
        multiprocessing.connection.wait([ouder.sentinel])
        logger().warning("hoofdproces_weg")
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(instellingen.stop_timeout)
        os._exit(1)

    threading.Thread(target=wacht, name="hoofdproces", daemon=True).start()
