"""A QR code as a drawing in a page: one path, so that it needs no image and no style."""

from typing import NamedTuple

import qrcode
from qrcode.constants import ERROR_CORRECT_M


class QrCode(NamedTuple):
    """The width and height in modules, and the path that fills the dark ones."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """Draw a text; the light border of four modules that readers need (ISO 18004) is part of it."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, filled in enumerate(row) if filled)
    return QrCode(len(rows), "".join(dark))
