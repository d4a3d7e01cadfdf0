"""The context of a dienst function: its message, its transaction and its inrichting."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from regiesysteem.access.caller import NOBODY, Caller
from regiesysteem.access.inzage import Look
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.storage import Opslag


@dataclass(frozen=True)
class MessageContext:
    """One message being processed.

    `connection` is in the transaction of the message: a dienst neither commits nor rolls back. `opslag` has the files
    of documents, which belong to that transaction too. `now` is the moment of receipt, with a time zone. `bericht_id`
    is the row of the stored message, None for a question. `leniency` has the rules for its sender, and collects the
    accepted deviations. `caller` is that sender with its rights. `look` collects what the answer shows, for the read
    log; `follow` the zaken in it, by id, that the sender wants to be told of from now on.
    """

    connection: Connection
    inrichting: Inrichting
    opslag: Opslag
    now: datetime
    bericht_id: int | None = None
    leniency: Leniency = field(default_factory=Leniency)
    caller: Caller = NOBODY
    look: Look = field(default_factory=Look)
    follow: set[int] = field(default_factory=set)

    @property
    def mutatie_id(self) -> int:
        """The row of the stored message of a mutation."""
        if self.bericht_id is None:
            raise ValueError("a mutation without a stored message")
        return self.bericht_id
