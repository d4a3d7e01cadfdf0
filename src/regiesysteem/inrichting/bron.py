"""The inrichting of a process, read again when there is another."""

import threading
from dataclasses import replace

from sqlalchemy import Connection, Engine

from regiesysteem.inrichting.actueel import Inrichting, lees_inrichting
from regiesysteem.logboek import logger


class InrichtingBron:
    """The inrichting of a process: reads it when its versie is another than the one it has. For many threads.

    With `open_mag` False an inrichting that is open is read as one that admits only its own applicaties: `serve` does
    not start with one where others can reach it, and one that is loaded later must not open what was closed.
    """

    def __init__(self, engine: Engine, *, open_mag: bool = True) -> None:
        self._engine = engine
        self._open_mag = open_mag
        self._slot = threading.Lock()
        self._laatste: Inrichting | None = None

    def actueel(self, versie: int, connection: Connection | None = None) -> Inrichting:
        """Give the inrichting of ``versie`` (of inrichting_stand), or of the newer one that is there by now.

        With a connection it reads on that, so that a full pool cannot hold it up; that connection must not have
        changed the inrichting in its open transaction. Raises GeenInrichting when none was ever loaded.
        """
        laatste = self._laatste
        if laatste is not None and laatste.versie == versie:
            return laatste
        with self._slot:
            if self._laatste is None or self._laatste.versie != versie:
                self._laatste = self._lees(connection)
            return self._laatste

    def _lees(self, connection: Connection | None) -> Inrichting:
        if connection is not None:
            return self._sluit(lees_inrichting(connection))
        with self._engine.connect() as eigen:
            return self._sluit(lees_inrichting(eigen))

    def _sluit(self, inrichting: Inrichting) -> Inrichting:
        if self._open_mag or inrichting.regels.autorisatie != "open":
            return inrichting
        logger().error("inrichting_open_terwijl_anderen_erbij_kunnen", versie=inrichting.versie, bron=inrichting.bron)
        dicht = replace(inrichting.regels, autorisatie="applicaties", onbekende_zender="weigeren")
        return replace(inrichting, regels=dicht)
