"""A wrong inrichting is refused with Dutch errors, all at once, and nothing else ever comes out."""

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiesysteem import config
from regiesysteem.inrichting.check import InrichtingError
from regiesysteem.inrichting.load import MAX_BYTES, read_file, read_text

Raw = dict[str, Any]
AsToml = Callable[[Raw], str]

MINIMAAL = '[gemeente]\ncode = "1900"\nnaam = "X"\n'


def fouten(text: str) -> list[str]:
    with pytest.raises(InrichtingError) as error:
        read_text(text, "t.toml")
    return [str(melding) for melding in error.value.meldingen]


def bestandsfout(path: Path) -> str:
    with pytest.raises(InrichtingError) as error:
        read_file(path)
    return str(error.value)


def test_a_file_that_is_absent(tmp_path: Path) -> None:
    assert bestandsfout(tmp_path / "weg.toml") == f"{tmp_path / 'weg.toml'}: bestand bestaat niet"


def test_a_directory_and_a_pipe_are_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pijp")
    assert bestandsfout(tmp_path).endswith(": is geen bestand")
    assert bestandsfout(tmp_path / "pijp").endswith(": is geen bestand")
    assert bestandsfout(Path("/dev/zero")).endswith(": is geen bestand")


def test_a_path_with_a_null_and_a_name_too_long(tmp_path: Path) -> None:
    assert bestandsfout(Path("a\0b"))
    assert "kan niet gelezen worden" in bestandsfout(tmp_path / ("x" * 300))


def test_what_is_no_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "latin1.toml"
    path.write_bytes('[gemeente]\nnaam = "Súdwest"\n'.encode("latin-1"))
    assert "geen UTF-8 (regel 2)" in bestandsfout(path)


def test_utf8_with_bom_and_windows_line_ends_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAAL.replace("\n", "\r\n").encode())
    assert read_file(path).inrichting.gemeente.code == "1900"


def test_a_file_too_large(tmp_path: Path) -> None:
    path = tmp_path / "groot.toml"
    path.write_bytes(b"# " + b"x" * MAX_BYTES)
    assert "te groot: hoogstens 5 MB" in bestandsfout(path)


def test_what_is_no_toml_names_line_and_position() -> None:
    assert "regel 2, positie" in fouten("[gemeente]\ncode = 19oo\n")[0]
    assert "twee keer" in fouten('[gemeente]\ncode = "1900"\ncode = "1901"\n')[0]
    assert "twee keer" in fouten("[gemeente]\n[gemeente]\n")[0]
    assert "eind van het bestand" in fouten("[gemeente")[0]


BROKEN = [
    *("a = ", "a = [1,", "a = [1 2]", "a = 'x", 'a = """x', "[a", "[[a]", "a = 1 2", "a = 01", "a = tru", "= 1", "x"),
    *("[a]\n[a]", "[[a]]\n[a]", "a=1\na=2", "a.b=1\na=2", "a = {b=1", "a = {b=1, b=2}"),
    *("a = {}\na.b = 1", "a = {}\n[a.b]"),
    *('a = "\\q"', 'a = "\\ux"', 'a = "\\ud800"', 'a = "a\nb"', "a = \x01", "# \x01", "a = 2026-02-30", '"a"b = 1'),
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_toml_is_told_with_its_reason(text: str) -> None:
    [melding] = fouten(text)
    assert re.search(r"is geen goede TOML \((?:regel \d+, positie \d+|aan het eind van het bestand): \w.*\)$", melding)


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "x = " + "9" * 10_000, "\0", "a" * 1000, "a." * 5000 + "b = 1", "x = 2015-02-30"]
)
def test_hostile_toml_gives_a_message(text: str) -> None:
    assert len(fouten(text)) >= 1


@given(st.binary(max_size=300))
def test_any_bytes_give_at_most_a_clean_error(tmp_path_factory: pytest.TempPathFactory, bytes_: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(bytes_)
    with pytest.raises(InrichtingError):
        read_file(path)


def test_all_mistakes_at_once(raw: Raw, as_toml: AsToml) -> None:
    raw["gemeente"] = {"code": 1900, "nam": "X"}
    raw["regels"] = {"schema": "strng", "was": 3}
    raw["zaaktype"][0]["status"][1]["volgnummer"] = "2"
    raw["zaaktype"].append(raw["zaaktype"][1])
    raw["applicatie"].append({"naam": raw["applicatie"][0]["naam"]})
    assert fouten(as_toml(raw)) == [
        "gemeente.code: 1900 moet een tekst zijn, tussen aanhalingstekens",
        "gemeente.naam: ontbreekt en is verplicht",
        'gemeente.nam: onbekende sleutel; bedoelde u "naam"?',
        'regels.was: 3 is niet toegestaan; kies uit "negeren", "loggen", "weigeren"',
        'regels.schema: "strng" is niet toegestaan; kies uit "streng", "soepel"; bedoelde u "streng"?',
        'zaaktype[1].status[2].volgnummer: "2" moet een geheel getal zijn, zonder aanhalingstekens',
        'zaaktype[3].code: "GP" staat al bij zaaktype[2]; code van een zaaktype is uniek',
        'applicatie[2].naam: "GWS4all" staat al bij applicatie[1]; organisatie, naam en administratie samen zijn uniek',
    ]


# Each: the change of a right inrichting, and what the one error must say, path first.
WRONG: list[tuple[Callable[[Raw], object], str, str]] = [
    (lambda r: r.pop("gemeente"), "gemeente", "ontbreekt en is verplicht"),
    (lambda r: r["gemeente"].update(code="190"), "gemeente.code", "vier cijfers"),
    (lambda r: r["gemeente"].update(code="１９００"), "gemeente.code", "vier cijfers"),
    (lambda r: r["gemeente"].update(naam=" "), "gemeente.naam", "te kort"),
    (lambda r: r.update(gemeente="1900"), "gemeente", "moet een tabel zijn: [gemeente]"),
    (lambda r: r.update(zaaktype={"code": "B"}), "zaaktype", "schrijf [[zaaktype]]"),
    (lambda r: r.update(applicatie=["GWS4all"], abonnement=[]), "applicatie[1]", "schrijf [[applicatie]]"),
    (lambda r: r["zaaktype"][0].update(status={}), "zaaktype[1].status", "schrijf [[zaaktype.status]]"),
    (lambda r: r.update(zaaktypen=[]), "zaaktypen", 'bedoelde u "zaaktype"?'),
    (lambda r: r["gemeente"].update(max_antwoorden=3), "gemeente.max_antwoorden", "hoort in [regels]"),
    (lambda r: r["applicatie"][0].update(wachtwoord="x"), "applicatie[1].wachtwoord", "regie applicatie wachtwoord"),
    (lambda r: r["systeem"].update(qq=1), "systeem.qq", "hier kan: applicatie, organisatie"),
    (lambda r: r["systeem"].update({"a b\n": 1}), 'systeem."a b\\n"', "onbekende sleutel"),
    (lambda r: r["systeem"].update(ook_bekend_als="CDR"), "systeem.ook_bekend_als", "moet een lijst zijn"),
    (lambda r: r["systeem"].update(applicatie="x" * 51), "systeem.applicatie", "hoogstens 50 tekens"),
    (lambda r: r["regels"].update(max_antwoorden=0), "regels.max_antwoorden", "minstens 1"),
    (lambda r: r["regels"].update(max_antwoorden=16**5000), "regels.max_antwoorden", "hoogstens 100000"),
    (lambda r: r["regels"].update(max_antwoorden=True), "regels.max_antwoorden", "geheel getal"),
    (lambda r: r["regels"].update(max_antwoorden=10.0), "regels.max_antwoorden", "geheel getal"),
    (lambda r: r["regels"].update(autorisatie="Open"), "regels.autorisatie", 'bedoelde u "open"?'),
    (lambda r: r["regels"].update(autorisatie="applicaties", onbekende_zender="accepteren"), "regels.onbekende_zender",
     "spreekt autorisatie"),
    (lambda r: (r.update(applicatie=[], abonnement=[]), r["regels"].update(autorisatie="applicaties")),
     "regels.autorisatie", "niemand zou iets mogen"),
    (lambda r: r["applicatie"][0].update(diensten=["creerZaak_Lk01"]), "applicatie[1].diensten[1]",
     'bedoelde u "creeerZaak_Lk01"?'),
    (lambda r: r["applicatie"][0].update(adres="ftp://x"), "applicatie[1].adres", "moet een adres zijn"),
    (lambda r: r["applicatie"][0].update(adres="http://[::1"), "applicatie[1].adres", "geen goed adres"),
    (lambda r: r["applicatie"][0].update(adres="https://x:99999/"), "applicatie[1].adres", "geen goed adres"),
    (lambda r: r["applicatie"][0].update(adres="https://u:w@x/"), "applicatie[1].adres", "wachtwoord"),
    (lambda r: r["applicatie"][0].update(timeout=0), "applicatie[1].timeout", "minstens 1"),
    (lambda r: r["applicatie"][0].update(tegelijk=0), "applicatie[1].tegelijk", "minstens 1"),
    (lambda r: r["applicatie"][0].update(timeout="30"), "applicatie[1].timeout", "geheel getal"),
    (lambda r: r["applicatie"][0].update(soap="1.3"), "applicatie[1].soap", 'kies uit "1.1", "1.2"'),
    (lambda r: r["applicatie"][0].update(gebruiker="u"), "applicatie[1].gebruiker", "wachtwoord_uit hoort erbij"),
    (lambda r: r["applicatie"][0].update(wachtwoord_uit="env:X"), "applicatie[1].wachtwoord_uit", "gebruiker hoort"),
    (lambda r: r["applicatie"][0].update(gebruiker="a:b", wachtwoord_uit="env:X"), "applicatie[1].gebruiker",
     "dubbele punt"),
    (lambda r: r["applicatie"][0].update(gebruiker="u", wachtwoord_uit="env:A-B"), "applicatie[1].wachtwoord_uit",
     "env:NAAM"),
    (lambda r: r["applicatie"][0].update(gebruiker="u", wachtwoord_uit="bestand:geheim"),
     "applicatie[1].wachtwoord_uit", "volledig/pad"),
    (lambda r: r["applicatie"][0].update(adres_rzs="https://x/"), "applicatie[1].adres_rzs", "adres ontbreekt"),
    (lambda r: r["applicatie"][0].update(adres="https://x/", adres_rzs="x"), "applicatie[1].adres_rzs", "zoals"),
    (lambda r: r["applicatie"][0].update(adres="https://x/", adres_rzs="//u:p@x"), "applicatie[1].adres_rzs", "**"),
    (lambda r: r["zaaktype"][0]["status"][0].update(volgnummer=[1]), "zaaktype[1].status[1].volgnummer", "getal"),
    (lambda r: r["applicatie"][0].update(clientsleutel="/s.pem"), "applicatie[1].clientsleutel", "clientcertificaat"),
    (lambda r: r["applicatie"][0].update(ca="ca.pem"), "applicatie[1].ca", "volledig pad"),
    (lambda r: r["applicatie"][0].update(ca="/ca.pem", adres="http://x/"), "applicatie[1].ca", "https"),
    (lambda r: r["applicatie"][0].update(clientcertificaat="/c.pem", adres="HTTP://x/"),
     "applicatie[1].clientcertificaat", "https"),
    (lambda r: r["applicatie"].append({"naam": "GWS4all"}), "applicatie[2].naam", "staat al bij applicatie[1]"),
    (lambda r: r["zaaktype"][0].update(code="SOCDM821002193-1"), "zaaktype[1].code", "hoogstens 10 tekens"),
    (lambda r: r["zaaktype"][0].update(omschrijving="a\0b"), "zaaktype[1].omschrijving", "U+0000"),
    (lambda r: r["zaaktype"][0].update(soort="deelzaak"), "zaaktype[1].soort", 'kies uit "gezinsplan"'),
    (lambda r: r["zaaktype"][0].update(doorlooptijd_dagen=1000), "zaaktype[1].doorlooptijd_dagen", "hoogstens 999"),
    (lambda r: r["zaaktype"][0].update(ingangsdatum="20150230"), "zaaktype[1].ingangsdatum", "bestaat"),
    (lambda r: r["zaaktype"][0].update(ingangsdatum=2015), "zaaktype[1].ingangsdatum", "moet een datum zijn"),
    (lambda r: r["zaaktype"][0].update(publicatie_indicatie="J"), "zaaktype[1].publicatie_indicatie", "true of false"),
    (lambda r: r["zaaktype"][0].update(trefwoorden=["x" * 31]), "zaaktype[1].trefwoorden[1]", "hoogstens 30"),
    (lambda r: r["zaaktype"][0]["status"][0].update(volgnummer=10_000), "zaaktype[1].status[1].volgnummer",
     "hoogstens 9999"),
    (lambda r: r["zaaktype"][0]["status"][1].update(volgnummer=1), "zaaktype[1].status[2].volgnummer",
     "staat al bij zaaktype[1].status[1]"),
    (lambda r: r["zaaktype"][0]["status"][1].update(code="ONTV"), "zaaktype[1].status[2].code", "staat al bij"),
    (lambda r: r["zaaktype"][0]["status"][1].update(omschrijving=" ontvangen "), "zaaktype[1].status[2].omschrijving",
     "staat al bij"),
    (lambda r: r["zaaktype"][0]["status"][1].pop("omschrijving"), "zaaktype[1].status[2].omschrijving", "ontbreekt"),
    (lambda r: r["zaaktype"][0]["resultaat"].append({"omschrijving": "toegekend"}),
     "zaaktype[1].resultaat[2].omschrijving", "staat al bij"),
    (lambda r: r["zaaktype"][0].update(documenttype=[{"omschrijving": "Plan", "verplicht_bij_status": 9}]),
     "zaaktype[1].documenttype[1].verplicht_bij_status", "geen volgnummer van een status"),
    (lambda r: r["zaaktype"][0].update(
        documenttype=[{"omschrijving": "Plan", "verplicht_bij_status": 1, "geweigerd": True}]),
     "zaaktype[1].documenttype[1].verplicht_bij_status", "ook geweigerd"),
    (lambda r: r["zaaktype"][0].update(documenttype=[{"omschrijving": "Plan"}, {"omschrijving": " plan "}]),
     "zaaktype[1].documenttype[2].omschrijving", "staat al bij"),
    (lambda r: r["zaaktype"][0].update(andere_documenten="negeren"), "zaaktype[1].andere_documenten", "weigeren"),
    (lambda r: r.update(documenten={"maximum_mb": 0}), "documenten.maximum_mb", "minstens 1"),
    (lambda r: r.update(documenten={"geweigerde_typen": ["pdf"]}), "documenten.geweigerde_typen[1]", "video/*"),
    (lambda r: r.update(documenten={"geweigerde_extensies": [".exe"]}), "documenten.geweigerde_extensies[1]",
     "zonder punt"),
    (lambda r: r["abonnement"][0].update(applicatie="GWS4al"), "abonnement[1].applicatie", 'bedoelde u "GWS4all"?'),
    (lambda r: r["abonnement"][0].update(zaaktype="B9999"), "abonnement[1].zaaktype", "staat niet als [[zaaktype]]"),
    (lambda r: r["abonnement"][0].update(gebeurtenis=["creeerZaak"]), "abonnement[1].gebeurtenis[1]",
     'bedoelde u "Creeer zaak"?'),
    (lambda r: r["abonnement"][0].update(gebeurtenis=[]), "abonnement[1].gebeurtenis", "minstens 1"),
    (lambda r: r["abonnement"][0].update(zaaktype=["B1026", "B102"]), "abonnement[1].zaaktype[2]", '"B1026"?'),
    (lambda r: r["abonnement"][0].update(zaaktype=3), "abonnement[1].zaaktype", "moet een lijst zijn"),
    (lambda r: r["abonnement"][0].update(niet_zaaktype=["*"]), "abonnement[1].niet_zaaktype[1]", "staat niet als"),
    (lambda r: r["abonnement"][0].update(niet_zaaktype=[]), "abonnement[1].niet_zaaktype", "minstens 1"),
    (lambda r: r["abonnement"][0].update(soort=["deelzaak"]), "abonnement[1].soort[1]", 'bedoelde u "deelplan"?'),
    (lambda r: r["abonnement"][0].update(niet_soorten=["overig"]), "abonnement[1].niet_soorten", '"niet_soort"?'),
    (lambda r: r["abonnement"][0].update(persoon=["123456789"]), "abonnement[1].persoon[1]", '"*********" is geen'),
    (lambda r: r["abonnement"][0].update(persoon=["11123456789"]), "abonnement[1].persoon[1]", "elfproef"),
    (lambda r: r["abonnement"][0].update(niet_persoon=[123456782]), "abonnement[1].niet_persoon[1]",
     '"*********" moet een tekst zijn'),
    (lambda r: r["abonnement"][0].update(persoon=["*********"]), "abonnement[1].persoon[1]", "gemaskeerd"),
    (lambda r: r["abonnement"][0].update(persoon=["123456782"], niet_persoon=["123456782"]),
     "abonnement[1].niet_persoon[1]", '"*********" staat ook bij persoon'),
    (lambda r: r["abonnement"][0].update(status=[True]), "abonnement[1].status[1]", "moet een volgnummer zijn"),
    (lambda r: r["abonnement"][0].update(status=[10_000]), "abonnement[1].status[1]", "1 tot 9999"),
    (lambda r: r["abonnement"][0].update(status=[" "]), "abonnement[1].status[1]", "1 tot 80"),
    (lambda r: r["abonnement"][0].update(status=["Ontv"], niet_status=[" ONTV"]), "abonnement[1].niet_status[1]",
     "staat ook bij status"),
    (lambda r: r["abonnement"][0].update(eindstatus="ja"), "abonnement[1].eindstatus", "true of false"),
    (lambda r: r["abonnement"][0].update(afnemersindicatie=1), "abonnement[1].afnemersindicatie", "true of false"),
    (lambda r: r["abonnement"][0].update(zender=["ab"]), "abonnement[1].zender[1]", "minstens 3"),
    (lambda r: r.update(notificaties={"variant": "extern"}), "notificaties.abonnementenbeheer", "ontbreekt"),
    (lambda r: r.update(notificaties={"abonnementenbeheer": "GWS4al"}), "notificaties.abonnementenbeheer",
     'bedoelde u "GWS4all"?'),
]  # fmt: skip


@pytest.mark.parametrize(("verander", "spot", "contains"), WRONG)
def test_a_mistake_names_place_value_and_what_is_allowed(
    raw: Raw, as_toml: AsToml, verander: Callable[[Raw], object], spot: str, contains: str
) -> None:
    verander(raw)
    (melding,) = fouten(as_toml(raw))
    assert melding.startswith(f"{spot}: ")
    assert contains in melding
    assert len(melding) < 700


def test_a_password_in_the_wrong_place_is_not_shown(raw: Raw, as_toml: AsToml) -> None:
    raw["applicatie"][0].update(gebruiker="u", wachtwoord_uit="Welkom01!")
    (melding,) = fouten(as_toml(raw))
    assert "Welkom01" not in melding


WAARDEN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12) | st.dates(),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=8), child, max_size=3),
    max_leaves=6,
)  # fmt: skip


def without_none(waarde: Any) -> Any:
    if isinstance(waarde, dict):
        return {sleutel: without_none(part) for sleutel, part in waarde.items() if part is not None}
    if isinstance(waarde, list):
        return [without_none(part) for part in waarde if part is not None]
    return waarde


@given(st.data())
def test_a_strange_value_anywhere_gives_only_dutch_messages(as_toml: AsToml, data: st.DataObject) -> None:
    raw = tomllib.loads(config.example_inrichting().read_text())
    target: Any = raw
    while True:
        sleutel = data.draw(st.sampled_from(sorted(target) if isinstance(target, dict) else range(len(target))))
        if not isinstance(target[sleutel], dict | list) or not target[sleutel] or data.draw(st.booleans()):
            break
        target = target[sleutel]
    target[sleutel] = without_none(data.draw(WAARDEN.filter(lambda waarde: waarde is not None)))
    try:
        read_text(as_toml(raw), "t.toml")
    except InrichtingError as error:
        english = ("should", "Input", "valid ", "must", "allowed")
        for melding in error.meldingen:
            assert not any(word in melding.text for word in english), melding
            assert not melding.text.endswith("is niet toegestaan"), melding


@pytest.mark.parametrize(
    "adres", ["http://u:geheim@bo.nl/stuf", "ftp://u:geheim@bo.nl", "http://u:ge heim@bo.nl/", "u:geheim@bo"]
)
def test_an_address_with_a_password_is_not_in_the_error(raw: Raw, as_toml: AsToml, adres: str) -> None:
    raw["applicatie"][0]["adres"] = adres
    [error] = fouten(as_toml(raw))
    assert error.startswith('applicatie[1].adres: "*********" ')
    assert "geheim" not in error
