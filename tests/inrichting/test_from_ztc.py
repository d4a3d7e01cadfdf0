"""`regie inrichting van-ztc`: exports of zaaktypecatalogi become zaaktypen, and what does not fit is said."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.inrichting.conftest import write_toml
from typer.testing import CliRunner

from regiesysteem.inrichting.cli import app
from regiesysteem.inrichting.from_ztc import take_zaaktypen
from regiesysteem.inrichting.load import read_text
from regiesysteem.inrichting.model import Zaaktype
from regiesysteem.inrichting.taken_zaaktype import Report, UnreadableExport

Raw = dict[str, Any]
HOST = "https://catalogi.voorbeeld.nl/api/v1/"
GEMEENTE = write_toml({"gemeente": {"code": "1900", "naam": "x"}})


def statustype(number: int, naam: str, **rest: Any) -> Raw:
    return {"url": f"{HOST}statustypen/{number}", "zaaktype": f"{HOST}zaaktypen/1", "volgnummer": number,
            "omschrijving": naam, "statustekst": ""} | rest  # fmt: skip


def resultaattype(naam: str, **rest: Any) -> Raw:
    source = {"afleidingswijze": "afgehandeld", "datumkenmerk": "", "objecttype": "", "procestermijn": None}
    return {"url": f"{HOST}resultaattypen/{naam}", "zaaktype": f"{HOST}zaaktypen/1", "omschrijving": naam,
            "archiefnominatie": "vernietigen", "archiefactietermijn": "P5Y", "brondatumArchiefprocedure": source,
            "selectielijstklasse": "https://selectielijst.voorbeeld.nl/8.2"} | rest  # fmt: skip


def zaaktype(**rest: Any) -> Raw:
    return {"url": f"{HOST}zaaktypen/1", "identificatie": "B1796", "omschrijving": "Aanvraag budgetbeheer",
            "omschrijvingGeneriek": "Aanvraag", "vertrouwelijkheidaanduiding": "zaakvertrouwelijk",
            "doel": "Helpen", "toelichting": "Bij geldproblemen", "doorlooptijd": "P8W", "servicenorm": "P42D",
            "trefwoorden": ["budget"], "publicatieIndicatie": False, "concept": False,
            "beginGeldigheid": "2020-07-06", "eindeGeldigheid": None, "statustypen": [], "resultaattypen": [],
            "informatieobjecttypen": []} | rest  # fmt: skip


STATUSTYPEN = [statustype(1, "Ontvangen", doorlooptijd="P3D"), statustype(2, "Afgehandeld", isEindstatus=True)]
RESULTAATTYPEN = [resultaattype("Afgewezen"), resultaattype("Toegekend", archiefactietermijn="P15Y")]
DOCUMENT = {"url": f"{HOST}informatieobjecttypen/1", "omschrijving": "Beschikking"}
RULE = {"url": f"{HOST}zaaktype-informatieobjecttypen/1", "zaaktype": f"{HOST}zaaktypen/1", "volgnummer": 1,
        "informatieobjecttype": DOCUMENT["url"], "richting": "uit", "statustype": STATUSTYPEN[1]["url"]}  # fmt: skip


def taken(export: object, **options: Any) -> tuple[list[Zaaktype], Report]:
    """The zaaktypen of an export, as the inrichting reads them back, and the report."""
    data = export if isinstance(export, bytes) else json.dumps(export).encode()
    options = {"soort": "deelplan", "on": dt.date(2026, 1, 1), "codes": {}} | options
    text, count, report = take_zaaktypen(data, **options)
    found = read_text(f"{GEMEENTE}\n{text}", "ztc").inrichting.zaaktype
    assert len(found) == count
    return list(found), report


def said(report: Report) -> list[str]:
    return [str(problem) for problem in report.problems]


def zipped(**files: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for naam, content in files.items():
            # A fixed moment: the bytes are in the names of tests, which every process has to make alike.
            entry = zipfile.ZipInfo(f"{naam}.json", (2026, 12, 1, 0, 0, 0))
            archive.writestr(
                entry, content if isinstance(content, str | bytes) else json.dumps(content), zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


# --- The Catalogi API

URLS = zaaktype(
    statustypen=[one["url"] for one in STATUSTYPEN],
    resultaattypen=[one["url"] for one in RESULTAATTYPEN],
    informatieobjecttypen=[DOCUMENT["url"]],
)
FORMS = {
    "embedded": {
        "count": 1,
        "next": None,
        "results": [
            zaaktype(
                statustypen=STATUSTYPEN,
                resultaattypen=RESULTAATTYPEN,
                zaaktypeinformatieobjecttypen=[RULE | {"informatieobjecttype": DOCUMENT}],
            )
        ],
    },
    "a dump of answers that name each other": {
        "zaaktypen": {"results": [URLS]},
        "statustypen": {"results": STATUSTYPEN},
        "resultaattypen": {"results": RESULTAATTYPEN},
        "ziot": {"results": [RULE]},
        "iot": {"results": [DOCUMENT]},
    },
    "lists in which only the parts name the zaaktype": [zaaktype(), *STATUSTYPEN, *RESULTAATTYPEN, RULE, DOCUMENT],
    "the zip of Open Zaak": zipped(
        ZaakType=[URLS],
        StatusType=STATUSTYPEN,
        ResultaatType=RESULTAATTYPEN,
        ZaakTypeInformatieObjectType=[RULE],
        InformatieObjectType=[DOCUMENT],
    ),
}


@pytest.mark.parametrize("export", FORMS.values(), ids=FORMS)
def test_every_form_of_the_catalogi_api_gives_the_same_zaaktype(export: object) -> None:
    [found], report = taken(export)
    assert said(report) == []
    assert (found.code, found.omschrijving, found.soort) == ("B1796", "Aanvraag budgetbeheer", "deelplan")
    assert (found.doorlooptijd_dagen, found.servicenorm_dagen) == (56, 42)
    assert (found.vertrouwelijk_aanduiding, found.publicatie_indicatie) == ("ZAAKVERTROUWELIJK", False)
    assert (found.ingangsdatum, found.trefwoorden) == ("20200706", ("budget",))
    assert [(one.volgnummer, one.omschrijving, one.eindstatus) for one in found.status] == [
        (1, "Ontvangen", False),
        (2, "Afgehandeld", True),
    ]
    assert found.status[0].doorlooptijd_dagen == 3
    assert [(one.omschrijving, one.archiefactietermijn, one.afleidingswijze) for one in found.resultaat] == [
        ("Afgewezen", "5 jaar", "afgehandeld"),
        ("Toegekend", "15 jaar", "afgehandeld"),
    ]
    assert [(one.omschrijving, one.verplicht_bij_status) for one in found.documenttype] == [("Beschikking", 2)]
    assert report.without_key["doel"] == 1
    assert report.without_key["resultaattypen.selectielijstklasse"] == 2


def test_without_isEindstatus_the_last_status_ends_the_zaak() -> None:
    [found], _ = taken([zaaktype(statustypen=[statustype(2, "Klaar"), statustype(1, "Begonnen")])])
    assert [(one.omschrijving, one.eindstatus) for one in found.status] == [("Begonnen", False), ("Klaar", True)]


def test_the_number_of_an_embedded_selectielijstklasse_is_taken() -> None:
    [found], _ = taken([zaaktype(resultaattypen=[resultaattype("Nee", selectielijstklasse={"volledigNummer": "8.2"})])])
    assert found.resultaat[0].selectielijst == "8.2"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"afleidingswijze": "termijn", "procestermijn": "P5Y"}, {"procestermijn": "5 jaar"}),
        ({"afleidingswijze": "eigenschap", "datumkenmerk": "einde"}, {"datumkenmerk": "einde"}),
        (
            {"afleidingswijze": "zaakobject", "datumkenmerk": "geboortedatum", "objecttype": "natuurlijk_persoon"},
            {"datumkenmerk": "geboortedatum", "objecttype": "NPS"},
        ),
        ({"afleidingswijze": "vervaldatum_besluit", "datumkenmerk": "x"}, {"datumkenmerk": None}),
    ],
)
def test_the_afleidingswijze_has_its_own_keys(source: Raw, expected: Raw) -> None:
    [found], report = taken([zaaktype(resultaattypen=[resultaattype("X", brondatumArchiefprocedure=source)])])
    assert found.resultaat[0].afleidingswijze == source["afleidingswijze"]
    assert {key: getattr(found.resultaat[0], key) for key in expected} == expected
    assert not any("bewaarregel" in line for line in said(report))


@pytest.mark.parametrize(
    ("value", "days", "line"),
    [
        ("P56D", 56, None),
        ("P8W", 56, None),
        ("P1W3DT0H", 10, None),
        ("P2M", 60, "P2M is omgerekend naar 60 dagen"),
        ("P1Y", 365, "omgerekend"),
        ("P3Y", None, "is geen 1 tot 999 dagen"),
        ("P0D", None, "is geen 1 tot 999 dagen"),
        ("8 weken", None, "geen duur"),
        ("P", None, "geen duur"),
        (56, None, "geen duur"),
    ],
)
def test_a_duration_becomes_days_or_is_reported(value: object, days: int | None, line: str | None) -> None:
    [found], report = taken([zaaktype(statustypen=STATUSTYPEN, doorlooptijd=value)])
    assert found.doorlooptijd_dagen == days
    assert [one.startswith("B1796.doorlooptijd: ") for one in said(report)] == ([True] if line else [])
    assert line is None or line in said(report)[0]


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("P15Y", "15 jaar"),
        ("P6M", "6 maanden"),
        ("P1Y6M", "18 maanden"),
        ("P6W", "42 dagen"),
        ("P1Y2D", None),
        ("P0Y", None),
    ],
)
def test_an_archiefactietermijn_is_of_one_unit(value: str, term: str | None) -> None:
    [found], report = taken([zaaktype(resultaattypen=[resultaattype("X", archiefactietermijn=value)])])
    assert found.resultaat[0].archiefactietermijn == term
    assert any("archiefactietermijn" in line for line in said(report)) is (term is None)


def test_what_does_not_fit_is_named_by_its_field() -> None:
    odd = zaaktype(
        omschrijving="x" * 81,
        vertrouwelijkheidaanduiding="topgeheim",
        trefwoorden=["y" * 31, 5],
        beginGeldigheid="gisteren",
        statustypen=[*STATUSTYPEN, statustype(2, "Dubbel"), {"volgnummer": True, "omschrijving": "x"}, f"{HOST}weg"],
        resultaattypen=[
            resultaattype("A", brondatumArchiefprocedure={"afleidingswijze": "zelden"}),
            resultaattype("B", brondatumArchiefprocedure=None),
            resultaattype("C", archiefnominatie="misschien"),
            resultaattype("D", brondatumArchiefprocedure={"afleidingswijze": "eigenschap"}),
        ],
    )
    [found], report = taken([odd, RULE | {"statustype": "weg"}])
    places = {line.split(": ")[0] for line in said(report)}
    assert places == {
        "B1796.omschrijving",
        "B1796.vertrouwelijkheidaanduiding",
        "B1796.trefwoorden",
        "B1796.beginGeldigheid",
        "B1796.statustypen",
        "B1796.statustypen[3]",
        "B1796.statustypen[4]",
        "B1796.resultaattypen[1].afleidingswijze",
        "B1796.resultaattypen[2].afleidingswijze",
        "B1796.resultaattypen[3].archiefnominatie",
        "B1796.resultaattypen[4].datumkenmerk",
        "B1796.zaaktypeinformatieobjecttypen[1].informatieobjecttype",
    }
    assert [one.archiefnominatie for one in found.resultaat] == [None, "vernietigen", None, None]
    assert found.omschrijving == "x" * 80


def test_a_long_identificatie_needs_a_code() -> None:
    long = zaaktype(identificatie="ZAAKTYPE-2020-0000000001", statustypen=STATUSTYPEN)
    found, report = taken([long])
    assert found == []
    assert "geef een code met --code ZAAKTYPE-2020-0000000001=CODE" in said(report)[-1]
    [one], report = taken([long], codes={"ZAAKTYPE-2020-0000000001": "B1796"})
    assert (one.code, said(report)) == ("B1796", [])


def test_of_versions_the_one_in_force_counts() -> None:
    old = zaaktype(url="1", beginGeldigheid="2015-01-01", eindeGeldigheid="2020-07-05", omschrijving="Oud")
    concept = zaaktype(url="3", beginGeldigheid="2025-01-01", concept=True, omschrijving="Concept")
    [found], _ = taken([old, zaaktype(url="2"), concept])
    assert found.omschrijving == "Aanvraag budgetbeheer"
    assert taken([old, zaaktype(url="2"), concept], on=dt.date(2019, 1, 1))[0][0].omschrijving == "Oud"
    found_, report = taken([concept])
    assert (found_, report.skipped) == ([], ["B1796 (concept, of niet geldig op 2026-01-01)"])


def test_an_incomplete_answer_is_said() -> None:
    _, report = taken({"results": [zaaktype(statustypen=STATUSTYPEN)], "next": f"{HOST}zaaktypen?page=2"})
    assert said(report) == ["next: het bestand is niet compleet: er is nog een volgende bladzijde"]


def test_only_the_chosen_zaaktypen_are_taken() -> None:
    every = [zaaktype(identificatie=f"B{number}", url=str(number), doorlooptijd="P1M") for number in range(3)]
    found, report = taken(every, only=["B1", "B9"])
    assert [one.code for one in found] == ["B1"]
    assert {line.split(".")[0].split(":")[0] for line in said(report)} == {"B1", "B9"}


def test_a_document_that_needs_a_status_which_is_left_out_is_taken_without_it() -> None:
    twice = statustype(3, "ontvangen")
    [found], report = taken(
        [zaaktype(statustypen=[*STATUSTYPEN, twice]), RULE | {"statustype": twice["url"]}, DOCUMENT]
    )
    assert [(one.omschrijving, one.verplicht_bij_status) for one in found.documenttype] == [("Beschikking", None)]
    assert [line.split(": ")[0] for line in said(report)] == [
        "B1796.statustypen[3]",
        "B1796.zaaktypeinformatieobjecttypen[1].statustype",
    ]


# --- i-Navigator


def velden(**texts: str) -> str:
    """The fields of a part; _ for the - in their names."""
    named = ((naam.replace("_", "-"), text) for naam, text in texts.items())
    return "<velden>" + "".join(f'<{naam} ref="S1">{text}</{naam}>' for naam, text in named) + "</velden>"


KEPT = {"waardering": "Vernietigen", "bewaartermijn": "5", "bewaartermijn_eenheid": "Jaar",
        "bewaartermijn_start": "Afgehandeld", "brondatum_archiefprocedure": "Afgehandeld"}  # fmt: skip
LIST = """<vernietigingsgrondslag><list>
  <fields><field naam="NAAM">Resultaat 11.2 Selectielijst gemeenten 2017</field></fields>
  <fields><field naam="NAAM">Resultaat 8.2 Selectielijst gemeenten
     en intergemeentelijke organen 2020</field></fields></list></vernietigingsgrondslag>"""


def proces(id_: str = "B1796", **more: str) -> str:
    own = {"kernomschrijving": "Budgetbeheer aanvraag", "naam": "Het beoordelen", "afdoeningstermijn": "6",
           "afdoeningstermijn_eenheid": "Week", "wettelijke_afdoeningstermijn": "56", "actief": "Ja",
           "wettelijke_afdoeningstermijn_eenheid": "Dag", "vertrouwelijkheid": "ZAAKVERTROUWELIJK",
           "publicatie_indicatie": "Nee", "basisarchiefcode": "-1.844.51", "aanleiding": "Aanvraag",
           "actueel_van": "2020-07-06T09:12:45"} | more  # fmt: skip
    resultaat = velden(naam="Geweigerd", **KEPT).replace("</velden>", f"{LIST}</velden>")
    return f"""<proces id="{id_}">{velden(**own)}<LokaleMetaData/>
      <roltypen><roltype id="R">{velden(naam="Initiator")}</roltype></roltypen>
      <documenttypen><documenttype volgnummer="1">{velden(naam="Onderzoeksstuk", type="Intern")}</documenttype>
      </documenttypen>
      <statustypen><statustype volgnummer="1">{velden(naam="Geregistreerd", toelichting="Begin")}</statustype>
        <statustype volgnummer="2">{velden(naam="Afgehandeld")}</statustype></statustypen>
      <resultaattypen><resultaattype volgnummer="1">{resultaat}</resultaattype></resultaattypen>
      <besluittypen/></proces>"""


def inavigator(*processen: str, version: str = "ICR1.5.13") -> bytes:
    return f"""<?xml version="1.0" encoding="utf-8"?><dsp xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <preambule><specificatieversie>{version}</specificatieversie></preambule>
      <processen>{"".join(processen)}</processen></dsp>""".encode()


def test_a_proces_of_i_navigator_becomes_a_zaaktype() -> None:
    [found], report = taken(inavigator(proces()))
    assert said(report) == [
        "B1796.resultaattypen[1].vernietigingsgrondslag: meer dan een nummer; dat van 2020 is overgenomen"
    ]
    assert (found.code, found.omschrijving, found.archiefcode) == ("B1796", "Budgetbeheer aanvraag", "-1.844.51")
    assert (found.doorlooptijd_dagen, found.servicenorm_dagen) == (56, 42)
    assert [(one.volgnummer, one.omschrijving, one.eindstatus, one.toelichting) for one in found.status] == [
        (1, "Geregistreerd", False, "Begin"),
        (2, "Afgehandeld", True, None),
    ]
    [resultaat] = found.resultaat
    assert (resultaat.omschrijving, resultaat.archiefactietermijn, resultaat.selectielijst) == (
        "Geweigerd",
        "5 jaar",
        "8.2",
    )
    assert [one.omschrijving for one in found.documenttype] == ["Onderzoeksstuk"]
    assert report.without_key == {"aanleiding": 1, "roltypen": 1, "documenttypen.type": 1}


def test_what_is_not_in_use_in_i_navigator_is_skipped() -> None:
    found, report = taken(
        inavigator(proces(), proces("B1", actief="Nee"), proces("B2", actueel_tot="2021-01-01T00:00:00"))
    )
    assert [one.code for one in found] == ["B1796"]
    assert report.skipped == ["B1 (niet actueel)", "B2 (niet actueel)"]


def test_another_version_of_i_navigator_is_said() -> None:
    _, report = taken(inavigator(proces(), version="ICR2.0"))
    assert said(report)[0] == "preambule.specificatieversie: is niet ICR1.5.13, maar ICR2.0; kijk alles na"


def test_an_unknown_unit_is_reported() -> None:
    [found], report = taken(inavigator(proces(wettelijke_afdoeningstermijn_eenheid="Werkdag")))
    assert found.doorlooptijd_dagen is None
    assert any(line.startswith("B1796.wettelijke-afdoeningstermijn: ") for line in said(report))


# --- Hostile files


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'"x"',
        b"\xff\xfe",
        b"PK\x03\x04 no zip",
        b"[" * 100_000,
        b"<dsp>",
        b"<dsp/>",
        b"<zakLk01/>",
        b'<!DOCTYPE dsp [<!ENTITY a "x">]><dsp>&a;</dsp>',
        b'<!DOCTYPE dsp SYSTEM "file:///etc/passwd"><dsp/>',
        b"<dsp>" + b"<a>" * 300 + b"</a>" * 300 + b"</dsp>",
        zipped(),
        zipped(a="{"),
        zipped(a=b"[" + b" " * 31_000_000 + b"]"),
        zipped(**{f"f{number}": [] for number in range(101)}),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_a_file_that_is_no_export_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableExport):
        taken(data)


def test_a_zip_that_unpacks_without_end_is_refused() -> None:
    half = b"[" + b" " * 16_000_000 + b"]"
    with pytest.raises(UnreadableExport, match="uitgepakt te groot"):
        taken(zipped(a=half, b=half))


def test_an_export_with_too_many_tags_is_refused() -> None:
    with pytest.raises(UnreadableExport, match="tags"):
        taken(b"<dsp>" + b"<a/>" * 1_000_001 + b"</dsp>")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["P5Y", "vernietigen", f"{HOST}zaaktypen/1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted(
    {*zaaktype(), *STATUSTYPEN[0], *RESULTAATTYPEN[0], *RULE, "results", "next", "zaaktypeinformatieobjecttypen"}
)


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8)
)
def test_any_values_are_taken_or_reported(of_zaaktype: Raw, of_part: Raw) -> None:
    """With anything under the keys, the TOML is one that the inrichting takes (`taken` reads it back)."""
    taken(
        [
            zaaktype() | of_zaaktype,
            {"zaaktype": f"{HOST}zaaktypen/1"} | of_part,
            zaaktype(identificatie="ander", url="2"),
        ]
    )


# --- The command


def run(*command: str) -> tuple[int, str, str]:
    outcome = CliRunner().invoke(app, ["van-ztc", *command])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
    return outcome.exit_code, outcome.stdout, outcome.stderr


def test_van_ztc_writes_toml_and_a_report(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(json.dumps([zaaktype(statustypen=STATUSTYPEN), zaaktype(identificatie="X" * 20, url="2")]))
    code, out, error = run(str(file), "--soort", "overig")
    assert code == 3
    assert read_text(f"{GEMEENTE}\n{out}", "ztc").inrichting.zaaktype[0].soort == "overig"
    assert "--code XXXXXXXXXXXXXXXXXXXX=CODE" in error
    assert "Geen sleutel in de inrichting, en hoe vaak gevuld: doel (2)." in error
    assert "1 zaaktypen overgenomen, als soort overig" in error
    assert run(str(file), "--zaaktype", "B1796")[0] == 0
    assert run(str(file), "--op", "2019-01-01")[0] == 1


def test_van_ztc_of_no_export_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    for content in ("{", "\x1b[31m"):
        file.write_text(content)
        code, out, error = run(str(file))
        assert (code, out, "\x1b" in error) == (1, "", False)
    assert "bestaat niet" in run(str(tmp_path / "weg"))[2]
    assert "is geen bestand" in run(str(tmp_path))[2]
    file.write_text(json.dumps([zaaktype(statustypen=STATUSTYPEN)]))
    assert "is niet toegestaan" in run(str(file), "--soort", "zorg")[2]
    assert "gisteren is geen datum" in run(str(file), "--op", "gisteren")[2]
    assert "schrijf IDENTIFICATIE=CODE" in run(str(file), "--code", "B1796")[2]


def test_a_name_without_end_does_not_fill_the_report(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps([zaaktype(identificatie="X" * 100_000, **{"k" * 100_000: "x"})]))
    code, _, error = run(str(file))
    assert (code, len(error) < 20_000) == (1, True)
