"""What a process owes to the one that started it."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading

from regiesysteem.logboek import logger


def stop_met_hoofdproces(geduld: float) -> None:
    """End this process when the one that started it is gone, also after its kill -9: nobody else would end it.

    It gets `geduld` seconds to finish what it has under way.
    """
    ouder = multiprocessing.parent_process()
    if ouder is None:
        return

    def wacht() -> None:
        multiprocessing.connection.wait([ouder.sentinel])
        logger().warning("hoofdproces_weg")
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(geduld)
        os._exit(1)

    threading.Thread(target=wacht, name="hoofdproces", daemon=True).start()
