"""Settings, from the environment variables that start with REGIE_, and the places of files that are not Python."""

import difflib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from regiesysteem.errors import Meldbaar, os_reden

# --- Finds the files of the product that are not Python: beside `src` in a checkout, in the package when installed

_PAKKET = Path(__file__).parent


def _map(naam: str) -> Path:
    geinstalleerd = _PAKKET / naam
    return geinstalleerd if geinstalleerd.is_dir() else _PAKKET.parents[1] / naam


def wsdl_map() -> Path:
    """Directory of the published WSDL files."""
    return _map("wsdl")


def xsd_map() -> Path:
    """Directory of the published XSD files."""
    return _map("xsd")


HOOFDSCHEMA: Final = "rzs0310.xsd"
"""The XSD file that imports all others."""


def migraties_map() -> Path:
    """Directory of the alembic environment (env.py, versions/)."""
    return _map("migrations")


def voorbeeld_inrichting() -> Path:
    """The inrichting that is used when none is configured."""
    return _PAKKET / "inrichting" / "voorbeeld.toml"


# --- The settings of a process: environment variables that start with REGIE_, read once and then frozen

VOORVOEGSEL = "REGIE_"
_DIALECTEN = {"postgres", "postgresql", "postgresql+psycopg2"}
_LOOPBACK = {"localhost", "::1"}


class InstellingFout(Meldbaar, ValueError):
    """A setting has a value with which the program cannot start; the text is Dutch and names every wrong setting."""

    uitgang = 2


def _veld(standaard: object, wat: str, toegestaan: str, **grenzen: Any) -> Any:
    """Declare a field with its meaning and its allowed values in Dutch, for errors and docs/gebruiken/beheer.md."""
    return Field(standaard, description=wat, json_schema_extra={"toegestaan": toegestaan}, **grenzen)


class Instellingen(BaseSettings):
    """All settings. The name of the variable is REGIE_ and the field in capitals; an empty value means the default."""

    model_config = SettingsConfigDict(env_prefix=VOORVOEGSEL, frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = _veld("127.0.0.1", "adres waarop de server luistert", "een IP-adres of hostnaam", min_length=1)
    port: int = _veld(
        8080, "poort waarop de server luistert; 0: een vrije", "een getal van 0 t/m 65535", ge=0, le=65535
    )
    workers: int = _veld(2, "aantal serverprocessen", "een getal van 1 t/m 256", ge=1, le=256)
    threads: int = _veld(
        8, "berichten die een serverproces tegelijk behandelt", "een getal van 1 t/m 256", ge=1, le=256
    )
    database_url: str = _veld(
        "",
        "PostgreSQL-server; leeg: een ingebedde",
        "een URL als postgresql://gebruiker:wachtwoord@machine:5432/database",
        repr=False,
    )
    data_dir: Path = _veld(Path("data"), "map voor de ingebedde database", "een map waarin geschreven mag worden")
    inrichting: Path = _veld(
        voorbeeld_inrichting(), "TOML-bestand met de inrichting; leeg: het meegeleverde voorbeeld", "een pad"
    )
    log: Literal["text", "json"] = _veld("text", "vorm van de logregels", "text of json")
    max_bericht_mb: int = _veld(
        150, "grootste bericht dat wordt aangenomen, in MB", "een getal van 1 t/m 2000", ge=1, le=2000
    )
    max_document_mb: int = _veld(
        100, "grootste document dat wordt aangenomen, in MB", "een getal van 1 t/m 1000", ge=1, le=1000
    )
    lees_timeout: int = _veld(
        30,
        "seconden waarin van een bericht iets binnen moet komen, en van een antwoord iets moet gaan",
        "een getal van 1 t/m 600",
        ge=1,
        le=600,
    )
    stop_timeout: int = _veld(
        30, "seconden die lopende berichten krijgen bij het stoppen", "een getal van 1 t/m 600", ge=1, le=600
    )
    worker_max_mb: int = _veld(
        1024,
        "MB geheugen die een serverproces er sinds zijn start bij mag nemen; daarboven vervangt een vers proces het",
        "een getal van 50 t/m 65536",
        ge=50,
        le=65536,
    )
    proxy: bool = _veld(False, "X-Forwarded-Proto en -Host van een proxy geloven", "true of false")
    afgeschermd: bool = _veld(
        False,
        "ook met autorisatie open buiten deze machine luisteren: iets anders regelt de toegang",
        "true of false",
    )
    pool_size: int = _veld(
        0, "databaseverbindingen per serverproces; 0: evenveel als threads", "een getal van 0 t/m 256", ge=0, le=256
    )
    statement_timeout: int = _veld(
        30, "seconden die een SQL-opdracht mag duren", "een getal van 1 t/m 3600", ge=1, le=3600
    )
    lock_timeout: int = _veld(
        10,
        "seconden die een SQL-opdracht op een ander mag wachten",
        "een getal van 1 t/m 3600",
        ge=1,
        le=3600,
    )
    met_worker: bool = _veld(True, "bij `regie serve` ook een worker starten", "true of false")
    worker_taken: int = _veld(
        64,
        "taken die een worker tegelijk doet; een ontvanger heeft er hoogstens één",
        "een getal van 3 t/m 256",
        ge=3,
        le=256,
    )
    notificatie_dagen: float = _veld(
        3, "dagen dat een notificatie wordt geprobeerd", "een getal van 0 t/m 365", ge=0, le=365
    )
    notificatie_pauze: float = _veld(
        3600,
        "hoogste aantal seconden tussen twee pogingen om een notificatie te bezorgen",
        "een getal van 0.1 t/m 86400",
        ge=0.1,
        le=86400,
    )
    berichten_bewaren_dagen: int = _veld(
        90, "dagen dat de inhoud van berichten bewaard blijft", "een getal van 1 t/m 36500", ge=1, le=36500
    )
    notificaties_bewaren_dagen: int = _veld(
        730, "dagen dat bekend blijft wie welke notificatie kreeg", "een getal van 1 t/m 36500", ge=1, le=36500
    )
    documenten_opruimen_minuten: int = _veld(
        60,
        "minuten tussen twee keer opruimen van documentinhoud die niemand meer gebruikt",
        "een getal van 1 t/m 1440",
        ge=1,
        le=1440,
    )
    opslag: Literal["postgres", "s3"] = _veld("postgres", "waar nieuwe documentinhoud komt", "postgres of s3")
    s3_endpoint: str = _veld(
        "",
        "adres van de S3-dienst; leeg: die van AWS",
        "een adres als https://machine:9000, zonder gebruiker, wachtwoord of pad",
        repr=False,
    )
    s3_bucket: str = _veld(
        "", "bucket voor documentinhoud", "de naam van een bucket, verplicht bij opslag s3", validate_default=True
    )
    s3_region: str = _veld("", "regio van de bucket; leeg: zoals AWS-programma's haar vinden", "de naam van een regio")
    s3_voorvoegsel: str = _veld(
        "documenten/",
        "begin van de naam van elk object; alleen van deze installatie",
        "letters, cijfers en _ . - met / ertussen of erachter",
        pattern=r"^([A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]*$",
        max_length=500,
    )
    s3_sleutel_bestand: str = _veld(
        "",
        "bestand met de sleutels, in de vorm van ~/.aws/credentials; leeg: zoals AWS-programma's ze vinden",
        "een pad",
    )
    s3_wachttijd_minuten: int = _veld(
        60, "minuten dat een object zonder document blijft staan", "een getal van 0 t/m 10080", ge=0, le=10080
    )

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, url: str) -> str:
        if not url:
            return url
        try:
            dialect = make_url(url).drivername
        except ArgumentError as fout:
            raise ValueError("geen URL") from fout
        if dialect not in _DIALECTEN:
            raise ValueError("geen PostgreSQL")
        return url

    @field_validator("s3_endpoint")
    @classmethod
    def _adres(cls, adres: str) -> str:
        delen = urlsplit(adres)
        if adres and (delen.scheme not in {"http", "https"} or not delen.hostname or delen.username or delen.query):
            raise ValueError("geen adres")
        return adres

    @field_validator("s3_bucket")
    @classmethod
    def _met_bucket(cls, bucket: str, eerder: ValidationInfo) -> str:
        if not bucket and eerder.data.get("opslag") == "s3":
            raise ValueError("geen bucket")
        return bucket

    @property
    def verbindingen(self) -> int:
        """Database connections that one server process may hold: one for each message it handles at a time."""
        return self.pool_size or self.threads

    @property
    def alleen_lokaal(self) -> bool:
        """Tell whether only this machine can reach the server."""
        return self.host in _LOOPBACK or self.host.startswith("127.")


STANDAARDADRES: Final = "http://127.0.0.1:8080"
"""The address of a server without settings."""


def webadres(host: str, poort: int) -> str:
    """The address at which this machine reaches a server that listens there, without a path."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - not to listen on but to show
        host = "127.0.0.1"
    return f"http://[{host}]:{poort}" if ":" in host else f"http://{host}:{poort}"


def laad_instellingen(omgeving: Mapping[str, str] | None = None) -> Instellingen:
    """Read the settings from the environment.

    Raises InstellingFout with one line per wrong or misspelt setting.
    """
    namen = {f"{VOORVOEGSEL}{veld.upper()}" for veld in Instellingen.model_fields}
    fouten = _verschrijvingen(os.environ if omgeving is None else omgeving, namen)
    try:
        instellingen = Instellingen()
    except ValidationError as fout:
        fouten += [_in_het_nederlands(regel["loc"], regel["input"]) for regel in fout.errors()]
    if fouten:
        raise InstellingFout("\n".join(fouten))
    return instellingen


def maak_data_dir(map_: Path) -> None:
    """Make the directory of REGIE_DATA_DIR and see that it can be written in. Raises InstellingFout when not."""
    try:
        map_.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=map_):
            pass
    except (FileExistsError, NotADirectoryError):
        reden = "dit is geen map, of het ligt onder iets dat geen map is"
    except FileNotFoundError:
        reden = "hier kan geen map worden gemaakt"
    except OSError as fout:
        reden = f"hier kan niet worden geschreven ({os_reden(fout)})"
    else:
        return
    raise InstellingFout(f"REGIE_DATA_DIR={map_}: {reden}; verwacht wordt een map waarin geschreven mag worden.")


def _in_het_nederlands(plek: tuple[int | str, ...], waarde: object) -> str:
    veld = str(plek[0])
    extra = Instellingen.model_fields[veld].json_schema_extra
    toegestaan = extra["toegestaan"] if isinstance(extra, dict) else ""
    # An address may hold a password, so it is not repeated.
    gekregen = "de waarde" if veld in {"database_url", "s3_endpoint"} else f"de waarde {str(waarde)!r}"
    return f"{VOORVOEGSEL}{veld.upper()}: {gekregen} is niet toegestaan; verwacht wordt {toegestaan}."


def _verschrijvingen(omgeving: Mapping[str, str], namen: set[str]) -> list[str]:
    """Name the variables that look like a setting but are none; variables that do not look like ours are left alone."""
    fouten = []
    for naam in sorted(omgeving):
        if naam.startswith(VOORVOEGSEL) and naam not in namen:
            lijkt_op = difflib.get_close_matches(naam, namen, n=1, cutoff=0.85)
            if lijkt_op:
                fouten.append(f"{naam}: onbekende instelling; is {lijkt_op[0]} bedoeld?")
    return fouten
