"""The cost of a proof: HTTP basic under applicaties, with the read log, beside a server that asks and keeps nothing."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tests.belasting.meting import Meter, Outcome, Size
from tests.belasting.omgeving import Server, Werkbank, without_abonnementen
from tests.belasting.onderdelen import TITELS, Reeksen
from tests.belasting.toegang import InzageKosten

from regiesysteem.access.passwords import set_password
from regiesysteem.db import make_engine

DOEL: Final = 0.85
"""The part of the throughput without that a message with a proof must have at least."""
MESSAGES: Final = ("CREEER_PLAN", "DETAILS")
_PLANS: Final = 400
_BLOCK: Final = '\n[[applicatie]]\nnaam = "Belasting"\nschema = "streng"\n'
_CLOSED: Final = '"applicaties"\nverzoeken_per_minuut = 0\nmb_per_minuut = 0'
"""Without the bounds of a minute, which the bench goes over."""
_PASSWORD: Final = "wachtwoord van Belasting"
_BASIC: Final = f"Basic {b64encode(f'Belasting:{_PASSWORD}'.encode()).decode()}"


def bewijs(bank: Werkbank, size: Size, report: Callable[[str], object]) -> dict[str, InzageKosten]:
    """Send both servers the same, in turns; each has a database of its own."""
    out = {naam: InzageKosten() for naam in MESSAGES}
    meter = Meter(bank, {})
    toml = without_abonnementen()
    assert '"open"' in toml
    with (
        bank.server("bewijs_met", inrichting=toml.replace('"open"', _CLOSED, 1) + _BLOCK) as one,
        bank.server("bewijs_zonder", inrichting=toml, module="tests.belasting.zonder_inzage") as other,
    ):
        _give_password(one)
        for naam, kosten in out.items():
            report(f"{TITELS[naam]}, met HTTP basic en leeslogboek, en zonder")
            _measure(meter, naam, size, [(one, _BASIC, kosten.met), (other, "", kosten.zonder)])
    return out


def _give_password(server: Server) -> None:
    engine = make_engine(server.url, pool=False)
    with engine.begin() as connection:
        set_password(connection, ("1900", "Belasting", ""), _PASSWORD)
    engine.dispose()


def _measure(meter: Meter, naam: str, size: Size, sides: list[tuple[Server, str, Outcome]]) -> None:
    reeksen = Reeksen()
    plans = {}
    for server, proof, _ in sides:
        stroom = replace(reeksen.stroom("CREEER_PLAN"), bewijs=proof)
        meter.server(server, replace(size, aantal=_PLANS, seconden=60), stroom)
        plans[server.database] = stroom, _PLANS
    for round_ in range(-1, size.rondes):
        # The order changes each round, so that what the other left behind costs both as much.
        for server, proof, outcome in sides if round_ % 2 else reversed(sides):
            stroom = reeksen.stroom(naam)
            if naam == "DETAILS":
                stroom, _ = reeksen.op(naam, plans[server.database], again=True)
            stroom = replace(stroom, bewijs=proof)
            if round_ < 0:
                meter.server(server, size.short(), stroom)
            else:
                meter.server(server, size, stroom, outcome=outcome)
