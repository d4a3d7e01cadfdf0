"""One request from bytes to answer: every error becomes a foutbericht here, and one log line tells how it went."""

import errno
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from lxml import etree

from regiesysteem.database import tel_statements
from regiesysteem.diensten.transaction import Uitvoering
from regiesysteem.logboek import logger
from regiesysteem.metrics import Tellers
from regiesysteem.soap.envelop import (
    Adressering,
    AndereVersie,
    OnbegrepenHeader,
    open_envelop,
    pak_in,
    soap_fout,
    versie_van,
)
from regiesysteem.soap.invoer import Invoer
from regiesysteem.soap.uitvoer import Uitvoer, maak_uitvoer
from regiesysteem.soap.verzoek import (
    Verzoek,
    bepaal_dienst,
    bezwaar_tegen_vorm,
    foutcode_voor,
    is_anders_geschreven,
)
from regiesysteem.stuf.answers import foutbericht
from regiesysteem.stuf.content.content import Inhouden
from regiesysteem.stuf.content.scratch import TeGroot
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem, lees_stuurgegevens
from regiesysteem.stuf.namespaces import SOAP11, SOAP12
from regiesysteem.stuf.xml import OnleesbareXML, serialiseer
from regiesysteem.zkn.operations import OPERATIONS

INHOUDSTYPE: Final = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}
_GOED: Final = "200 OK"
_FOUT: Final = "500 Internal Server Error"
_FOUT_ZENDER: Final = "400 Bad Request"
_TE_GROOT: Final = "413 Content Too Large"
_GEEN_RUIMTE: Final = "503 Service Unavailable"
_VOL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_ANDERE_VORM: Final = "415 Unsupported Media Type"


@dataclass(frozen=True, slots=True)
class Grenzen:
    """How large a request may be, and a document in it, in bytes."""

    bericht: int
    document: int


class Afhandeling:
    """The state of one request.

    `bericht` and `versie` (a SOAP namespace) are known once the envelope was opened; `status` is the HTTP status of
    the answer; `uitvoer` is its body when that has contents, which `close` throws away. `grenzen` are in bytes.
    """

    def __init__(self, verzoek: Verzoek, uitvoering: Uitvoering, tellers: Tellers, grenzen: Grenzen) -> None:
        self._verzoek = verzoek
        self._uitvoering = uitvoering
        self._tellers = tellers
        self._max_bytes = grenzen.bericht
        self._invoer = Invoer(verzoek, grenzen.document)
        self._inhouden = Inhouden()
        self._begin = time.perf_counter()
        self._nu = datetime.now(UTC)
        self._dienst = ""
        self._stuurgegevens = Stuurgegevens()
        self._adressering = Adressering()
        self._antwoord: etree._Element | None = None
        self._fout: StufFout | None = None
        self._soapcode: str | None = None
        self._onbegrepen: list[etree.QName] = []
        self._statements = 0
        self.bericht: etree._Element | None = None
        self.uitvoer: Uitvoer | None = None
        self.versie = SOAP12 if verzoek.type_van_envelop == "application/soap+xml" else SOAP11
        self.status = _GOED

    def weiger_vooraf(self) -> bool:
        """Refuse what need not be read: too long, or in a form that we do not take. Whether it was refused."""
        bezwaar = bezwaar_tegen_vorm(self._verzoek)
        if bezwaar:
            self._faal(StufFout("StUF055", bezwaar), status=_ANDERE_VORM)
        elif (self._verzoek.lengte or 0) > self._max_bytes:
            self._weiger_grootte()
        return bool(self._antwoord is not None)

    def ontleed(self, environ: dict[str, Any], charset: str | None) -> etree._Element | None:
        """Parse the body of a WSGI request; None when it is not readable, and then there is an answer."""
        try:
            bron, lengte = self._invoer.open(environ, self._max_bytes)
            if lengte > self._max_bytes:
                self._weiger_grootte()
                return None
            if self._verzoek.lengte is not None and lengte < self._verzoek.lengte:
                self._faal(StufFout("StUF055", f"Van de {self._verzoek.lengte} bytes zijn er {lengte} ontvangen."))
                return None
            document = self._invoer.lees(bron, charset)
            self._verzoek = self._invoer.verzoek
        except StufFout as fout:
            self._faal(fout)
        except OnleesbareXML as fout:
            self._faal(StufFout("StUF055", f"{fout}."))
        except TeGroot as fout:
            self._weiger_document(fout)
        except OSError as fout:
            self._niet_bewaard(fout)
        except Exception as fout:  # noqa: BLE001 - whatever the bytes were, there is an answer
            self._faal(self._onverwacht(fout))
        else:
            return document
        return None

    def open(self, document: etree._Element) -> str | None:
        """Open the envelope and give the operation, "" for an unknown one; None when there is an answer already."""
        self.versie = versie_van(document) or self.versie
        try:
            envelop = open_envelop(document)
            self.bericht = envelop.bericht
            self._adressering = envelop.adressering
            self._stuurgegevens = lees_stuurgegevens(envelop.bericht)
            structlog.contextvars.bind_contextvars(**self._afzender())
            self._dienst = bepaal_dienst(self._verzoek, envelop.adressering.actie, envelop.bericht)
            operation = OPERATIONS.get(self._dienst)
            bestanden = operation.files if operation else ()
            self._inhouden = self._invoer.breng_onder(document, envelop.bericht, bestanden)
        except StufFout as fout:
            self._faal(fout)
            return None
        except TeGroot as fout:
            self._weiger_document(fout)
            return None
        except OSError as fout:
            self._niet_bewaard(fout)
            return None
        except (OnbegrepenHeader, AndereVersie) as fout:
            self._faal_als_soap(fout)
            return None
        except Exception as fout:  # noqa: BLE001 - whatever the document was, there is an answer
            self._faal(self._onverwacht(fout))
            return None
        return self._dienst

    def verwerk(self) -> None:
        """Execute the message; the answer, or what became of it, is ready afterwards."""
        if self.bericht is None:
            raise TypeError("no message was opened")
        with tel_statements() as teller:
            try:
                afwijkend = is_anders_geschreven(self._verzoek, self._adressering.actie)
                bericht = Bericht(self._dienst, self.bericht, self._stuurgegevens, self._inhouden, afwijkend)
                self._antwoord = self._uitvoering.voer_uit(bericht, self._nu)
            except StufFout as fout:
                self._faal(fout)
            except OSError as fout:
                if fout.errno in _VOL:
                    self._niet_bewaard(fout)
                else:
                    self._faal(self._onverwacht(fout))
            except Exception as fout:  # noqa: BLE001 - the sender gets an answer, the log the traceback
                self._faal(self._onverwacht(fout))
        self._statements = teller.aantal

    def envelop(self) -> etree._Element:
        """The answer in its envelope."""
        if self._antwoord is None:
            self._faal(StufFout("StUF058", "Het bericht kon niet worden verwerkt."))
        antwoord = self._antwoord
        if antwoord is None:
            raise TypeError("no answer")
        return pak_in(self.versie, antwoord, self._adressering, self._onbegrepen)

    def schrijf(self, envelop: etree._Element) -> list[bytes]:
        """Write an answer in its envelope, whole; nothing when it has contents: then `uitvoer` is there to be sent.

        Writes the log line of this message, once the answer is sure.
        """
        self.uitvoer = maak_uitvoer(
            envelop,
            self.versie,
            INHOUDSTYPE[self.versie],
            self._inhouden,
            mtom=self._verzoek.multipart is not None,
            sluit=self.close,
        )
        delen = [] if self.uitvoer else [serialiseer(envelop)]
        self._leg_vast()
        return delen

    def close(self) -> None:
        """Throw away the contents that came with the message and those of the answer."""
        self._inhouden.close()
        self._invoer.close()

    def mislukt(self, fout: Exception) -> list[bytes]:
        """The answer when making the answer failed."""
        self._inhouden.close()
        self._faal(self._onverwacht(fout))
        return self.schrijf(self.envelop())

    def _weiger_grootte(self) -> None:
        grens = self._max_bytes // 1_000_000
        self._faal(
            StufFout("StUF055", f"Het bericht is groter dan {grens} MB, het maximum van dit systeem."), status=_TE_GROOT
        )

    def _weiger_document(self, fout: TeGroot) -> None:
        grens = fout.grens // 1_000_000
        self._faal(
            StufFout("StUF055", f"Een document in het bericht is groter dan {grens} MB, het maximum van dit systeem."),
            status=_TE_GROOT,
        )

    def _niet_bewaard(self, fout: OSError) -> None:
        """There is no room for the message or its documents where temporary files are (TMPDIR)."""
        logger().error("bericht_niet_bewaard", reden=fout.strerror or type(fout).__name__)
        code = "StUF046" if foutcode_voor(self._verzoek, self._dienst, self.bericht) == "Fo03" else "StUF058"
        tekst = "Er is hier nu geen ruimte om het bericht aan te nemen; bied het later opnieuw aan."
        self._faal(StufFout(code, tekst), status=_GEEN_RUIMTE)

    def _faal(self, fout: StufFout, *, status: str = "") -> None:
        foutcode = foutcode_voor(self._verzoek, self._dienst, self.bericht)
        fo = foutbericht(fout, foutcode, self._stuurgegevens, self._uitvoering.eigen, self._nu)
        self._antwoord = soap_fout(self.versie, fout.plek, fout.soort.omschrijving, fo)
        self._fout = fout
        self.status = status or (_FOUT_ZENDER if self.versie == SOAP12 and fout.plek == "client" else _FOUT)

    def _faal_als_soap(self, fout: OnbegrepenHeader | AndereVersie) -> None:
        """A fault of the envelope is SOAP's own, without a detail: that is about the message (SOAP 1.1, 4.4)."""
        if isinstance(fout, OnbegrepenHeader):
            self._onbegrepen = fout.namen
            self._soapcode, tekst = "MustUnderstand", f"De SOAP-header {fout} wordt niet begrepen."
        else:
            self._soapcode, tekst = "VersionMismatch", "De SOAP-envelope is niet van SOAP 1.1 of SOAP 1.2."
        self._antwoord = soap_fout(self.versie, self._soapcode, tekst, None)
        self.status = _FOUT

    def _onverwacht(self, fout: Exception) -> StufFout:
        """An error of ours: the log has it under a reference, the sender gets the reference (ontwerp, decision 10)."""
        verwijzing = uuid.uuid4().hex[:12]
        logger().error("onverwachte_fout", verwijzing=verwijzing, dienst=self._dienst, exc_info=fout)
        return StufFout("StUF058", f"Er ging hier iets onverwachts mis; noem de beheerder verwijzing {verwijzing}.")

    def _leg_vast(self) -> None:
        duur = time.perf_counter() - self._begin
        uitkomst = self._uitkomst()
        logger().info(
            "bericht_verwerkt",
            dienst=self._dienst or "onbekend",
            **self._afzender(),
            duur_ms=round(duur * 1000, 1),
            uitkomst=uitkomst,
            foutcode=self._fout.code if self._fout else self._soapcode,
            statements=self._statements,
        )
        self._tellers.tel_bericht(self._dienst or "onbekend", uitkomst, duur, self._statements)

    def _afzender(self) -> dict[str, str]:
        """Which message it is, for each of its log lines."""
        zender = self._stuurgegevens.zender or Systeem()
        return {
            "zender": "/".join(deel for deel in zender.sleutel if deel)[:100],
            "referentienummer": self._stuurgegevens.referentienummer[:60],
        }

    def _uitkomst(self) -> str:
        if self.status != _GOED:
            return foutcode_voor(self._verzoek, self._dienst, self.bericht)
        naam = etree.QName(self._antwoord).localname if self._antwoord is not None else ""
        return naam.removesuffix("Bericht")[-4:]
