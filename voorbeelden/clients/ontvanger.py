"""Een ontvanger om mee te oefenen, zonder bibliotheek: python ontvanger.py [POORT].

Elk bericht van het Regiesysteem krijgt een Bv03.
De inrichting die meegeleverd is stuurt WmoVoorziening haar berichten op http://127.0.0.1:8091/stuf.
"""

import datetime
import sys
import uuid
import zoneinfo
from http.server import BaseHTTPRequestHandler, HTTPServer
from xml.etree import ElementTree

STUF = "{http://www.egem.nl/StUF/StUF0301}"
ZKN = "{http://www.egem.nl/StUF/sector/zkn/0310}"
BEVESTIGING = """<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
<soap:Body>
<StUF:Bv03Bericht xmlns:StUF="http://www.egem.nl/StUF/StUF0301">
  <StUF:stuurgegevens>
    <StUF:berichtcode>Bv03</StUF:berichtcode>
    <StUF:zender><StUF:applicatie>{ontvanger}</StUF:applicatie></StUF:zender>
    <StUF:ontvanger><StUF:applicatie>{zender}</StUF:applicatie></StUF:ontvanger>
    <StUF:referentienummer>{nummer}</StUF:referentienummer>
    <StUF:tijdstipBericht>{nu}</StUF:tijdstipBericht>
    <StUF:crossRefnummer>{kruis}</StUF:crossRefnummer>
  </StUF:stuurgegevens>
</StUF:Bv03Bericht>
</soap:Body>
</soap:Envelope>
"""


class Ontvanger(BaseHTTPRequestHandler):
    """Leest een bericht, toont wat het is, en bevestigt het."""

    def do_POST(self):
        """Beantwoord een bericht."""
        envelope = ElementTree.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        bericht = envelope.find("{*}Body")[0]
        nu = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Amsterdam")).strftime("%Y%m%d%H%M%S000")
        print(bericht.tag.partition("}")[2], "over zaak", bericht.findtext(f".//{ZKN}identificatie"), flush=True)
        antwoord = BEVESTIGING.format(
            ontvanger=bericht.findtext(f".//{STUF}ontvanger/{STUF}applicatie"),
            zender=bericht.findtext(f".//{STUF}zender/{STUF}applicatie"),
            kruis=bericht.findtext(f".//{STUF}referentienummer"),
            nummer=uuid.uuid4(),
            nu=nu,
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(antwoord)))
        self.end_headers()
        self.wfile.write(antwoord)

    def log_message(self, *_):
        """Zwijg over het verkeer zelf."""


if __name__ == "__main__":
    poort = int(sys.argv[1]) if len(sys.argv) > 1 else 8091
    server = HTTPServer(("127.0.0.1", poort), Ontvanger)
    print(f"Luistert op http://127.0.0.1:{server.server_port}/stuf", flush=True)
    server.serve_forever()
