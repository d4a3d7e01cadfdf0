"""Short ways to write the messages of ZDS 1.2 that tests send, all complete by its schema."""

from tests.berichten.bouw import _XMLNS, mdw, obj, rol, stuurgegevens
from tests.berichten.documenten import STRENG

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
