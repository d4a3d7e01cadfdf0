"""Settings, from the environment variables that start with REGIE_, and the places of files that are not Python."""

import difflib
import os
import re
import tempfile
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from regiesysteem.errors import Reportable, os_reason
from regiesysteem.secret_file import SecretError, read_secret_file

# --- Finds the files of the product that are not Python: beside `src` in a checkout, in the package when installed

_PACKAGE = Path(__file__).parent


def _directory(naam: str) -> Path:
    installed = _PACKAGE / naam
    return installed if installed.is_dir() else _PACKAGE.parents[1] / naam


def wsdl_directory() -> Path:
    """Directory of the published WSDL files."""
    return _directory("wsdl")


def xsd_directory() -> Path:
    """Directory of the published XSD files."""
    return _directory("xsd")


MESSAGE_SCHEMAS: Final = ("zds0120.xsd", "rzs0310.xsd")
"""The XSD files that no other refers to; the first one has all of StUF-ZKN, the second one needs a part of it."""


def migrations_directory() -> Path:
    """Directory of the alembic environment (env.py, versions/)."""
    return _directory("migrations")


def pages_directory() -> Path:
    """Directory of the pages that the koppelvlakspecificatie is made of: koppelvlak.md and elementen.md."""
    installed = _PACKAGE / "gebruiken"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "docs" / "gebruiken"


def example_inrichting() -> Path:
    """The inrichting that is used when none is configured."""
    return _PACKAGE / "inrichting" / "voorbeeld.toml"


TIME_ZONE: Final = ZoneInfo("Europe/Amsterdam")
"""Times of StUF and of people carry no zone: they are Dutch clock time."""

# --- The settings of a process: environment variables that start with REGIE_, read once and then frozen

PREFIX = "REGIE_"
_IN_FILE = "_FILE"  # behind the name of a setting: the file that has its value
_DIALECTS = {"postgres", "postgresql", "postgresql+psycopg2"}
_LOOPBACK = {"localhost", "::1"}
_TOKEN = re.compile(r"--[\w-]+\s*:")
_LARGEST_THEME = 1_000_000  # bytes


CERTIFICATE_HEADERS: Final = (
    "ssl-client-cert",
    "x-forwarded-client-cert",
    "x-ssl-client-cert",
    "x-forwarded-tls-client-cert",
)
"""The headers in which nginx, Envoy, HAProxy and Traefik pass a client certificate, each in a form of its own."""


class SettingError(Reportable, ValueError):
    """A setting has a value with which the program cannot start; the text is Dutch and names every wrong setting."""

    exit_ = 2


def _field(default: object, what: str, allowed: str, *, geheim: bool = False, **bounds: Any) -> Any:
    """Declare a field with its meaning and its allowed values in Dutch, for errors and docs/gebruiken/beheer.md.

    The value of a field that is `geheim`, or has no `repr`, is never shown.
    """
    extra: dict[str, Any] = {"toegestaan": allowed, "geheim": geheim}
    return Field(default, description=what, json_schema_extra=extra, **({"repr": not geheim} | bounds))


class Settings(BaseSettings):
    """All settings. The name of the variable is REGIE_ and the field in capitals; an empty value means the default.

    A field with `geheim` can be in a file instead, which the variable with _FILE behind its name points at.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = _field("127.0.0.1", "adres waarop de server luistert", "een IP-adres of hostnaam", min_length=1)
    port: int = _field(
        8080, "poort waarop de server luistert; 0: een vrije", "een getal van 0 t/m 65535", ge=0, le=65535
    )
    beheer_host: str = _field("", "adres voor /readyz en /metrics; leeg: bij de rest", "een IP-adres of hostnaam")
    beheer_port: int = _field(
        8081, "poort daarvan, bij REGIE_BEHEER_HOST; 0: een vrije", "een getal van 0 t/m 65535", ge=0, le=65535
    )
    workers: int = _field(2, "aantal serverprocessen", "een getal van 1 t/m 256", ge=1, le=256)
    threads: int = _field(
        8, "berichten die een serverproces tegelijk behandelt", "een getal van 1 t/m 256", ge=1, le=256
    )
    database_url: str = _field(
        "",
        "PostgreSQL-server; leeg: een ingebedde",
        "een URL als postgresql://gebruiker:wachtwoord@machine:5432/database (een @ in het wachtwoord als %40)",
        geheim=True,
    )
    data_dir: Path = _field(Path("data"), "map voor de ingebedde database", "een map waarin geschreven mag worden")
    inrichting: Path = _field(
        example_inrichting(), "TOML-bestand met de inrichting; leeg: het meegeleverde voorbeeld", "een pad"
    )
    log: Literal["text", "json"] = _field("text", "vorm van de logregels", "text of json")
    max_bericht_mb: int = _field(
        150, "grootste bericht dat wordt aangenomen, in MB", "een getal van 1 t/m 2000", ge=1, le=2000
    )
    max_document_mb: int = _field(
        100, "grootste document dat wordt aangenomen, in MB", "een getal van 1 t/m 1000", ge=1, le=1000
    )
    lees_timeout: int = _field(
        30,
        "seconden waarin van een bericht iets binnen moet komen, en van een antwoord iets moet gaan",
        "een getal van 1 t/m 600",
        ge=1,
        le=600,
    )
    stop_timeout: int = _field(
        30, "seconden die lopende berichten krijgen bij het stoppen", "een getal van 1 t/m 600", ge=1, le=600
    )
    worker_max_mb: int = _field(
        1024,
        "MB geheugen die een serverproces er sinds zijn start bij mag nemen; daarboven vervangt een vers proces het",
        "een getal van 50 t/m 65536",
        ge=50,
        le=65536,
    )
    proxy: bool = _field(False, "X-Forwarded-Proto en -Host van een proxy geloven", "true of false")
    proxy_adressen: str = _field(
        "",
        "adressen van de proxy's die worden geloofd; leeg: van geen een clientcertificaat",
        "adressen of netwerken met een komma ertussen, zoals 10.0.0.5,172.16.0.0/12",
    )
    certificaat_kop: Literal["", *CERTIFICATE_HEADERS] = _field(  # type: ignore[valid-type]
        "",
        "header waarin die proxy's een clientcertificaat doorgeven; leeg: geen",
        f"{', '.join(CERTIFICATE_HEADERS)}, en dan ook REGIE_PROXY_ADRESSEN",
    )
    afgeschermd: bool = _field(
        False,
        "ook met autorisatie open buiten deze machine luisteren: iets anders regelt de toegang",
        "true of false",
    )
    pool_size: int = _field(
        0, "databaseverbindingen per serverproces; 0: evenveel als threads", "een getal van 0 t/m 256", ge=0, le=256
    )
    statement_timeout: int = _field(
        30, "seconden die een SQL-opdracht mag duren", "een getal van 1 t/m 3600", ge=1, le=3600
    )
    lock_timeout: int = _field(
        10,
        "seconden die een SQL-opdracht op een ander mag wachten",
        "een getal van 1 t/m 3600",
        ge=1,
        le=3600,
    )
    met_worker: bool = _field(True, "bij `regie serve` ook een worker starten", "true of false")
    worker_taken: int = _field(
        64,
        "taken die een worker tegelijk doet; een ontvanger heeft er hoogstens één",
        "een getal van 3 t/m 256",
        ge=3,
        le=256,
    )
    notificatie_dagen: float = _field(
        3, "dagen dat een notificatie wordt geprobeerd", "een getal van 0 t/m 365", ge=0, le=365
    )
    notificatie_pauze: float = _field(
        3600,
        "hoogste aantal seconden tussen twee pogingen om een notificatie te bezorgen",
        "een getal van 0.1 t/m 86400",
        ge=0.1,
        le=86400,
    )
    berichten_bewaren_dagen: int = _field(
        90, "dagen dat de inhoud van berichten bewaard blijft", "een getal van 1 t/m 36500", ge=1, le=36500
    )
    notificaties_bewaren_dagen: int = _field(
        730, "dagen dat bekend blijft wie welke notificatie kreeg", "een getal van 1 t/m 36500", ge=1, le=36500
    )
    weigeringen_dagen: int = _field(
        90, "dagen dat bekend blijft welk bericht geweigerd werd", "een getal van 1 t/m 36500", ge=1, le=36500
    )
    inzage_dagen: int = _field(
        1827, "dagen dat het leeslogboek bewaard blijft (vijf jaar)", "een getal van 1 t/m 36500", ge=1, le=36500
    )
    documenten_opruimen_minuten: int = _field(
        60,
        "minuten tussen twee keer opruimen van documentinhoud die niemand meer gebruikt",
        "een getal van 1 t/m 1440",
        ge=1,
        le=1440,
    )
    opslag: Literal["postgres", "s3"] = _field("postgres", "waar nieuwe documentinhoud komt", "postgres of s3")
    s3_endpoint: str = _field(
        "",
        "adres van de S3-dienst; leeg: die van AWS",
        "een adres als https://machine:9000, zonder gebruiker, wachtwoord of pad",
        repr=False,  # one that is refused may hold a password
    )
    s3_bucket: str = _field(
        "", "bucket voor documentinhoud", "de naam van een bucket, verplicht bij opslag s3", validate_default=True
    )
    s3_region: str = _field("", "regio van de bucket; leeg: zoals AWS-programma's haar vinden", "de naam van een regio")
    s3_voorvoegsel: str = _field(
        "documenten/",
        "begin van de naam van elk object; alleen van deze installatie",
        "letters, cijfers en _ . - met / ertussen of erachter",
        pattern=r"^([A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]*$",
        max_length=500,
    )
    s3_sleutel_bestand: str = _field(
        "",
        "bestand met de sleutels, in de vorm van ~/.aws/credentials; leeg: zoals AWS-programma's ze vinden",
        "een pad",
    )
    s3_wachttijd_minuten: int = _field(
        60, "minuten dat een object zonder document blijft staan", "een getal van 0 t/m 10080", ge=0, le=10080
    )
    tweede_factor: Literal["buiten", "altijd"] = _field(
        "buiten",
        "wie met een wachtwoord inlogt, geeft ook een code; buiten: niet waar alleen deze machine bij de server kan",
        "buiten of altijd",
    )
    oidc_medewerker_claim: str = _field(
        "",
        "claim van een OpenID-provider met de identificatie van de medewerker in StUF; leeg: geen",
        "naam van een claim",
    )
    thema: str = _field(
        "",
        "CSS-bestand met de kleuren en letters van de gemeente, voor de pagina's; leeg: het voorbeeldthema",
        "een leesbaar CSS-bestand met tokens (--naam: waarde), van hoogstens 1 MB, zonder @import",
    )

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, url: str) -> str:
        if not url:
            return url
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise ValueError("geen URL") from error
        if parsed.drivername not in _DIALECTS:
            raise ValueError("geen PostgreSQL")
        if "@" in (parsed.host or ""):
            raise ValueError("een deel van het wachtwoord staat in de naam van de machine, en zo in meldingen")
        return url

    @field_validator("proxy_adressen")
    @classmethod
    def _networks(cls, adressen: str) -> str:
        for adres in filter(None, adressen.split(",")):
            if ip_network(adres.strip()).prefixlen == 0:
                raise ValueError("everybody is no proxy")
        return adressen

    @field_validator("certificaat_kop", mode="before")
    @classmethod
    def _header(cls, header: str, earlier: ValidationInfo) -> str:
        if header and not earlier.data.get("proxy_adressen"):
            raise ValueError("no proxy")
        return header.lower()

    @field_validator("s3_endpoint")
    @classmethod
    def _adres(cls, adres: str) -> str:
        parts = urlsplit(adres)
        if adres and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query):
            raise ValueError("geen adres")
        return adres

    @field_validator("s3_bucket")
    @classmethod
    def _with_bucket(cls, bucket: str, earlier: ValidationInfo) -> str:
        if not bucket and earlier.data.get("opslag") == "s3":
            raise ValueError("geen bucket")
        return bucket

    @field_validator("thema")
    @classmethod
    def _tokens(cls, path: str) -> str:
        if path:
            css = _read_text(path, _LARGEST_THEME)
            if not _TOKEN.search(css) or "@import" in css.lower():
                raise ValueError("no theme")
        return path

    @property
    def connections(self) -> int:
        """Database connections that one server process may hold: one for each message it handles at a time."""
        return self.pool_size or self.threads

    @property
    def only_local(self) -> bool:
        """Tell whether only this machine can reach the server."""
        return only_here(self.host)

    @property
    def factor_needed(self) -> bool:
        """Tell whether a password alone lets nobody in."""
        return self.tweede_factor == "altijd" or not self.own_machine

    @property
    def pages_url(self) -> str:
        """The address of the pages, as this machine reaches them."""
        return web_address(self.host, self.port)

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the proxies that are believed."""
        return tuple(ip_network(adres.strip()) for adres in filter(None, self.proxy_adressen.split(",")))

    @property
    def guarded(self) -> bool:
        """Tell whether a sender need not prove who it is: only this machine reaches us, or something else decides."""
        return self.afgeschermd or self.own_machine

    @property
    def own_machine(self) -> bool:
        """Tell whether nobody but the users of this machine reaches us.

        A proxy in front of us, also one on this machine, lets in others.
        """
        return self.only_local and not (self.proxy or self.proxy_adressen)


def _read_text(path: str, at_most: int) -> str:
    """The text of a file. Raises ValueError when it cannot be read, is no UTF-8 or is larger."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(at_most + 1)
    except OSError as error:
        raise ValueError("not readable") from error
    if len(content) > at_most:
        raise ValueError("too large")
    return content.decode()


def only_here(host: str) -> bool:
    """Tell whether only this machine can reach something that listens there."""
    return host in _LOOPBACK or host.startswith("127.")


DEFAULT_ADDRESS: Final = "http://127.0.0.1:8080"
"""The address of a server without settings."""


def web_address(host: str, port: int) -> str:
    """The address at which this machine reaches a server that listens there, without a path."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - not to listen on but to show
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises SettingError with one line per wrong or misspelt setting.
    """
    environment = os.environ if environment is None else environment
    secret_values, wrong = _secrets(environment)
    try:
        settings = Settings(**secret_values)
    except ValidationError as error:
        wrong += [_in_dutch(str(line["loc"][0]), line["input"], secret_values) for line in error.errors()]
    if wrong:
        raise SettingError("\n".join(wrong))
    return settings


def make_data_dir(directory: Path) -> None:
    """Make the directory of REGIE_DATA_DIR and see that it can be written in. Raises SettingError when not."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except (FileExistsError, NotADirectoryError):
        reason = "dit is geen map, of het ligt onder iets dat geen map is"
    except FileNotFoundError:
        reason = "hier kan geen map worden gemaakt"
    except OSError as error:
        reason = f"hier kan niet worden geschreven ({os_reason(error)})"
    else:
        return
    raise SettingError(f"REGIE_DATA_DIR={directory}: {reason}; verwacht wordt een map waarin geschreven mag worden.")


def _extra(field: str, what: str) -> Any:
    extra = Settings.model_fields[field].json_schema_extra
    return extra[what] if isinstance(extra, dict) else ""


def _secrets(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Read the settings that are in a file, and name the variables that are wrong whatever their value is."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    names = {f"{PREFIX}{field.upper()}": field for field in Settings.model_fields}
    in_file = {f"{name}{_IN_FILE}": field for name, field in names.items() if _extra(field, "geheim")}
    for name, place in sorted(environment.items()):
        plain = name.removesuffix(_IN_FILE)
        if not name.startswith(PREFIX) or name in names:
            continue
        if name not in in_file:
            wrong += _typo(name, plain, {*names, *in_file})
        elif place and environment.get(plain):
            wrong.append(f"{plain} en {name} zijn allebei gezet; kies er een.")
        elif place:
            try:
                values[in_file[name]] = read_secret_file(Path(place)).decode()
            except SecretError as error:
                wrong.append(f"{name}: {error}.")
            except UnicodeDecodeError:
                wrong.append(f"{name}: het bestand {place} is geen tekst in UTF-8.")
    return values, wrong


def _typo(naam: str, plain: str, names: set[str]) -> list[str]:
    """Name a variable that looks like a setting but is none; one that does not look like ours is left alone."""
    if plain in names:
        return [f"{naam}: alleen een geheim kan in een bestand staan; zet {plain} zelf."]
    similar = difflib.get_close_matches(naam, names, n=1, cutoff=0.85)
    return [f"{naam}: onbekende instelling; is {similar[0]} bedoeld?"] if similar else []


def _in_dutch(field: str, waarde: object, from_files: Mapping[str, str]) -> str:
    name = f"{PREFIX}{field.upper()}{_IN_FILE if field in from_files else ''}"
    got = "de waarde" if not Settings.model_fields[field].repr else f"de waarde {str(waarde)!r}"
    return f"{name}: {got} is niet toegestaan; verwacht wordt {_extra(field, 'toegestaan')}."
