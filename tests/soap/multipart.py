"""Writes and reads multipart/related as other SOAP stacks do, without a line of ours."""

import email
import email.policy
from dataclasses import dataclass, field

GRENS = "MIME_grens"
WORTEL = "wortel@proef"


@dataclass
class Deel:
    """A part; header lines as (name, value)."""

    data: bytes
    kop: list[tuple[str, str]] = field(default_factory=list)

    def schrijf(self) -> bytes:
        return "".join(f"{naam}: {waarde}\r\n" for naam, waarde in self.kop).encode() + b"\r\n" + self.data


def wortel(xml: bytes, soort: str = "text/xml", cid: str = WORTEL) -> Deel:
    return Deel(
        xml, [("Content-Type", f'application/xop+xml; charset=UTF-8; type="{soort}"'), ("Content-ID", f"<{cid}>")]
    )


def bijlage(data: bytes, cid: str, codering: str = "binary") -> Deel:
    kop = [("Content-Type", "application/pdf"), ("Content-Transfer-Encoding", codering), ("Content-ID", f"<{cid}>")]
    return Deel(data, kop)


def schrijf(*delen: Deel, grens: str = GRENS, aanhef: bytes = b"", slot: bytes = b"--\r\n") -> bytes:
    """A body of these parts."""
    scheiding = f"--{grens}".encode()
    return aanhef + b"".join(scheiding + b"\r\n" + deel.schrijf() + b"\r\n" for deel in delen) + scheiding + slot


def inhoudstype(start: str = WORTEL, start_info: str = "text/xml", grens: str = GRENS) -> str:
    begin = f'; start="<{start}>"' if start else ""
    return f'multipart/related; type="application/xop+xml"{begin}; start-info="{start_info}"; boundary="{grens}"'


def lees(inhoudstype: str, data: bytes) -> dict[str, email.message.EmailMessage]:
    """The parts of a body by Content-ID, as the standard library reads them; the root first."""
    bericht = email.message_from_bytes(
        b"Content-Type: " + inhoudstype.encode() + b"\r\n\r\n" + data, policy=email.policy.HTTP
    )
    assert not bericht.defects
    return {deel["Content-ID"]: deel for deel in bericht.iter_parts()}  # type: ignore[attr-defined]


def include(cid: str) -> bytes:
    return f'<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:{cid}"/>'.encode()
