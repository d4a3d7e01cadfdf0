"""Short ways to write the messages of ZDS 1.2 that tests send, all complete by its schema."""

from tests.berichten.bouw import _XMLNS, NO, mdw, obj, rol, stuurgegevens
from tests.berichten.documenten import STRENG, edc

from regiesysteem.zkn.names import ZDS

_VRAAG = "<StUF:sortering>0</StUF:sortering><StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag>"
_TOEVOEGEN = "<StUF:mutatiesoort>{}</StUF:mutatiesoort><StUF:indicatorOvername>V</StUF:indicatorOvername>"
_ENTITEIT = "<StUF:entiteittype>{}</StUF:entiteittype>"
INITIATOR = rol("heeftAlsInitiator", mdw("regie1"))
ZAAKTYPE = """<ZKN:isVan StUF:entiteittype="ZAKZKT" StUF:verwerkingssoort="T">
  <ZKN:gerelateerde StUF:entiteittype="ZKT" StUF:verwerkingssoort="I">
  <ZKN:code>{}</ZKN:code></ZKN:gerelateerde></ZKN:isVan>"""


def bericht(naam: str, head: str, rest: str) -> str:
    """A message with the children of one of StUF-ZKN."""
    return f'<ZDS:{naam} xmlns:ZDS="{ZDS}" {_XMLNS}>{head}{rest}</ZDS:{naam}>'


def kennisgeving(
    naam: str, mutatiesoort: str, *objecten: str, ref: str | None = None, zender: str = STRENG, entiteit: str = "ZAK"
) -> str:
    """A kennisgeving of ZDS 1.2: creeerZaak_ZakLk01."""
    head = stuurgegevens("Lk01", ref=ref, zender=zender, soort=_ENTITEIT.format(entiteit))
    parameters = f"<ZKN:parameters>{_TOEVOEGEN.format(mutatiesoort)}</ZKN:parameters>"
    return bericht(naam, head, parameters + "".join(objecten))


def vraag(naam: str, gelijk: str, scope: str = "", *, zender: str = STRENG, entiteit: str = "ZAK") -> str:
    """A question of ZDS 1.2: geefZaakdetails_ZakLv01; `scope` are elements, or an attribute."""
    head = stuurgegevens("Lv01", zender=zender, soort=_ENTITEIT.format(entiteit))
    object_ = f'<ZKN:object StUF:entiteittype="{entiteit}"'
    asked = f"{object_} {scope}/>" if scope.startswith("StUF:scope") else f"{object_}>{scope}</ZKN:object>"
    return bericht(
        naam,
        head,
        f"""<ZKN:parameters>{_VRAAG}</ZKN:parameters><ZKN:gelijk StUF:entiteittype="{entiteit}">{gelijk}</ZKN:gelijk>
        {f"<ZKN:scope>{asked}</ZKN:scope>" if scope else ""}""",
    )


def zaak(number: str, code: str = "B1026", relaties: str = INITIATOR, elementen: str = "") -> str:
    """The object of creeerZaak_ZakLk01 with all that ZDS 1.2 requires."""
    return obj(
        f"""<ZKN:identificatie>{number}</ZKN:identificatie>{elementen}<ZKN:startdatum>20260101</ZKN:startdatum>
        <ZKN:registratiedatum>20260102</ZKN:registratiedatum><ZKN:zaakniveau>1</ZKN:zaakniveau>
        <ZKN:deelzakenIndicatie>N</ZKN:deelzakenIndicatie>{ZAAKTYPE.format(code)}{relaties}"""
    )


def nummer(number: str) -> str:
    """An identificatie."""
    return f"<ZKN:identificatie>{number}</ZKN:identificatie>"


def vrij(naam: str, functie: str, rest: str = "", *, ref: str | None = None, zender: str = STRENG) -> str:
    """A vrij bericht of ZDS 1.2: its stuurgegevens are in the namespace of ZDS, as all that is directly in it."""
    head = stuurgegevens("Di02", ref=ref, zender=zender, soort=f"<StUF:functie>{functie}</StUF:functie>")
    return bericht(naam, head.replace("ZKN:stuurgegevens", "ZDS:stuurgegevens"), rest)


def wijziging(number: str, was: str, wordt: str) -> tuple[str, str]:
    """The two objects of a change of a zaak."""
    return obj(nummer(number) + was, "W"), obj(nummer(number) + wordt, "W")


def status(volgnummer: int, on: str, naam: str = "In behandeling") -> str:
    """A status as actualiseerZaakstatus of 1.2 wants it: with volgnummer, omschrijving and who set it."""
    return f"""<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T">
      <ZKN:gerelateerde StUF:entiteittype="STT" StUF:verwerkingssoort="I"><ZKN:volgnummer>{volgnummer}</ZKN:volgnummer>
      <ZKN:omschrijving>{naam}</ZKN:omschrijving></ZKN:gerelateerde><ZKN:datumStatusGezet>{on}</ZKN:datumStatusGezet>
      <ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde>{mdw("regie1")}
      </ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>"""


LEGE_STATUS = f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T" {NO}/>'
STATUSVRAAG = """<ZKN:identificatie xsi:nil="true"/><ZKN:heeft StUF:entiteittype="ZAKSTT">
  <ZKN:gerelateerde StUF:entiteittype="STT"><ZKN:volgnummer xsi:nil="true"/><ZKN:omschrijving xsi:nil="true"/>
  </ZKN:gerelateerde><ZKN:datumStatusGezet xsi:nil="true"/><ZKN:indicatieLaatsteStatus xsi:nil="true"/></ZKN:heeft>"""
LAATSTE = '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:indicatieLaatsteStatus>J</ZKN:indicatieLaatsteStatus></ZKN:heeft>'


def bewerken(identificatie: str, scope: str = "", zender: str = STRENG) -> str:
    """A geefZaakdocumentBewerken_Di02."""
    asked = f'<ZKN:scope><ZKN:object StUF:entiteittype="EDC">{scope}</ZKN:object></ZKN:scope>' if scope else ""
    rest = f"""<ZDS:edcLv01 StUF:entiteittype="EDC" StUF:functie="selectie"><ZKN:parameters/>
      <ZKN:gelijk StUF:entiteittype="EDC">{nummer(identificatie)}</ZKN:gelijk>{asked}</ZDS:edcLv01>"""
    return vrij("geefZaakdocumentBewerken_Di02", "geefZaakdocumentbewerken", rest, zender=zender)


def update(identificatie: str, sleutel: str, elementen: str, was: str = "", zender: str = STRENG) -> str:
    """An updateZaakdocument_Di02, with was and wordt."""
    objecten = edc(nummer(identificatie) + was) + edc(nummer(identificatie) + elementen)
    return vrij("updateZaakdocument_Di02", "updateZaakdocument", _sleutel(sleutel) + _lk02(objecten), zender=zender)


def cancel(identificatie: str, sleutel: str) -> str:
    """A cancelCheckout_Di02."""
    document = f"""<ZDS:document StUF:entiteittype="EDC" StUF:verwerkingssoort="I" StUF:functie="entiteit">
      {nummer(identificatie)}</ZDS:document>"""
    return vrij("cancelCheckout_Di02", "cancelCheckout", _sleutel(sleutel) + document)


def ontkoppel(identificatie: str, was: str, wordt: str, zender: str = STRENG) -> str:
    """An ontkoppelZaakdocument_Di02; `was` and `wordt` follow the identificatie."""
    objecten = edc(nummer(identificatie) + was) + edc(nummer(identificatie) + wordt)
    rest = _sleutel("") + _lk02(objecten)
    return vrij("ontkoppelZaakdocument_Di02", "ontkoppelZaakdocument", rest, zender=zender)


def overdracht(naam: str, code: str, cross: str, object_: str, *, zender: str = STRENG) -> str:
    """An overdragenZaak_Di01 or _Du01; `object_` is what the object has."""
    head = stuurgegevens(code, zender=zender, soort="<StUF:functie>overdragenZaak</StUF:functie>")
    if cross:
        number = f"<StUF:crossRefnummer>{cross}</StUF:crossRefnummer>"
        head = head.replace("<StUF:functie>", f"{number}<StUF:functie>")
    about = f'<ZKN:object StUF:entiteittype="ZAK" StUF:functie="entiteit">{object_}</ZKN:object>'
    return bericht(naam, head, about)


def _sleutel(sleutel: str) -> str:
    child = f"<ZDS:checkedOutId>{sleutel}</ZDS:checkedOutId>" if sleutel else ""
    return f"<ZDS:parameters>{child}</ZDS:parameters>"


def _lk02(objecten: str) -> str:
    return f"""<ZDS:edcLk02 StUF:entiteittype="EDC" StUF:functie="update">
      <ZKN:parameters><StUF:mutatiesoort>W</StUF:mutatiesoort></ZKN:parameters>{objecten}</ZDS:edcLk02>"""
