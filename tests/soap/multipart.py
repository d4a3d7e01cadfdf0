"""Writes and reads multipart/related as other SOAP stacks do, without a line of ours."""

import email
import email.policy
from dataclasses import dataclass, field

BOUND = "MIME_grens"
ROOT = "wortel@proef"


@dataclass
class Part:
    """A part; header lines as (name, value)."""

    data: bytes
    kop: list[tuple[str, str]] = field(default_factory=list)

    def write(self) -> bytes:
        return "".join(f"{naam}: {waarde}\r\n" for naam, waarde in self.kop).encode() + b"\r\n" + self.data


def root(xml: bytes, soort: str = "text/xml", cid: str = ROOT) -> Part:
    return Part(
        xml, [("Content-Type", f'application/xop+xml; charset=UTF-8; type="{soort}"'), ("Content-ID", f"<{cid}>")]
    )


def bijlage(data: bytes, cid: str, encoding: str = "binary") -> Part:
    head = [("Content-Type", "application/pdf"), ("Content-Transfer-Encoding", encoding), ("Content-ID", f"<{cid}>")]
    return Part(data, head)


def write(*parts: Part, bound: str = BOUND, opening: bytes = b"", lock: bytes = b"--\r\n") -> bytes:
    """A body of these parts."""
    separation = f"--{bound}".encode()
    return opening + b"".join(separation + b"\r\n" + part.write() + b"\r\n" for part in parts) + separation + lock


def inhoudstype(start: str = ROOT, start_info: str = "text/xml", bound: str = BOUND) -> str:
    begin = f'; start="<{start}>"' if start else ""
    return f'multipart/related; type="application/xop+xml"{begin}; start-info="{start_info}"; boundary="{bound}"'


def read(inhoudstype: str, data: bytes) -> dict[str, email.message.EmailMessage]:
    """The parts of a body by Content-ID, as the standard library reads them; the root first."""
    bericht = email.message_from_bytes(
        b"Content-Type: " + inhoudstype.encode() + b"\r\n\r\n" + data, policy=email.policy.HTTP
    )
    assert not bericht.defects
    return {part["Content-ID"]: part for part in bericht.iter_parts()}  # type: ignore[attr-defined]


def include(cid: str) -> bytes:
    return f'<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:{cid}"/>'.encode()
