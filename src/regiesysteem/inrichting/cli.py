"""`regie inrichting`: check, load and show the inrichting. Output on stdout, errors on stderr, both in Dutch."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from sqlalchemy import select

from regiesysteem.commands import database, lees_instellingen, nette_fouten, toon_tabel, wanneer
from regiesysteem.inrichting.check import waarschuwingen
from regiesysteem.inrichting.current import Inrichting, Zaaktype, lees_inrichting
from regiesysteem.inrichting.leniency import PER_SENDER, Leniency, leniency_for
from regiesysteem.inrichting.load import Verschil, laad_bestand, lees_bestand, zonder_personen
from regiesysteem.inrichting.model import (
    Applicatie,
    Documenten,
    Documenttype,
    Formaat,
    Inrichtingsbestand,
    Notificaties,
    Regels,
    Systeem,
)
from regiesysteem.inrichting.tables import InrichtingRij

app = typer.Typer(no_args_is_help=True, help="De inrichting van de gemeente: controleren, laden, tonen.")

_IN_KOLOM: Final = frozenset({"naam", "organisatie", "administratie", "adres", "diensten", *PER_SENDER})
Bestand = Annotated[Path, typer.Argument(metavar="BESTAND", help="het TOML-bestand met de inrichting")]


@app.command()
def controleer(bestand: Bestand) -> None:
    """Zeg wat er in een bestand niet klopt, zonder iets te veranderen."""
    with nette_fouten():
        inrichting = lees_bestand(bestand).inrichting
    _waarschuw(waarschuwingen(inrichting))
    statussen = sum(len(zaaktype.status) for zaaktype in inrichting.zaaktype)
    typer.echo(
        f"{bestand} is in orde: gemeente {inrichting.gemeente.code} {inrichting.gemeente.naam}, "
        f"{len(inrichting.zaaktype)} zaaktypen, {statussen} statussen, "
        f"{len(inrichting.applicatie)} applicaties, {len(inrichting.abonnement)} abonnementen."
    )
    for regel in _soepel(inrichting):
        typer.echo(regel)


@app.command()
def laad(bestand: Bestand) -> None:
    """Neem een bestand in gebruik; een server die draait neemt het bij het volgende bericht over."""
    with nette_fouten(), database(lees_instellingen()) as engine:
        verschil = laad_bestand(engine, bestand)
    _waarschuw(verschil.waarschuwingen)
    for regel in _verslag(verschil):
        typer.echo(regel)


@app.command()
def toon(
    zaaktype: Annotated[
        str | None, typer.Argument(metavar="[ZAAKTYPE]", help="code: toon van dit zaaktype alles")
    ] = None,
    toml: Annotated[
        bool, typer.Option("--toml", help="toon de tekst zoals die geladen is, zonder de BSN's in abonnementen")
    ] = False,
) -> None:
    """Toon de inrichting die nu geldt, ook wat uit berichten is overgenomen."""
    with nette_fouten(), database(lees_instellingen()) as engine, engine.connect() as connection:
        inrichting = lees_inrichting(connection)
        laatste = connection.execute(
            select(InrichtingRij.toml, InrichtingRij.geladen_op).order_by(InrichtingRij.versie.desc()).limit(1)
        ).one()
    if toml:
        typer.echo(zonder_personen(laatste.toml), nl=False)
        return
    console = Console()
    if zaaktype is None:
        console.print(
            f"Gemeente {inrichting.gemeente.code} {inrichting.gemeente.naam}; stand {inrichting.versie}, "
            f"geladen {wanneer(laatste.geladen_op)} uit {inrichting.bron}",
            highlight=False,
            markup=False,
        )
        for titel, tabel in (
            ("Systeem", inrichting.systeem),
            ("Regels", inrichting.regels),
            ("Documenten", inrichting.documenten),
            ("Notificaties", inrichting.notificaties),
        ):
            _sleutels(titel, _gezegd(inrichting, tabel))
        _applicaties(inrichting)
        _zaaktypen(inrichting.zaaktypen)
        if inrichting.formaten:
            _formaten(inrichting.formaten)
        if inrichting.abonnementen:
            console.print(f"{len(inrichting.abonnementen)} abonnementen; zie: regie abonnement lijst", highlight=False)
        return
    gevonden = inrichting.zaaktype(zaaktype, None)
    if gevonden is None:
        typer.echo(f"Er is geen zaaktype met code {zaaktype}.", err=True)
        raise typer.Exit(1)
    _zaaktypen([gevonden])
    _sleutels(f"Verder van {gevonden.code}", _verder_van(gevonden))
    _statussen(gevonden)
    if gevonden.resultaattypen:
        _resultaten(gevonden)
    if gevonden.documenttypen or gevonden.andere_documenten == "weigeren":
        _documenttypen(gevonden)


def _soepel(bestand: Inrichtingsbestand) -> Iterator[str]:
    """List the applicaties that are not held to the standard, and the rules that they may break."""
    streng = Leniency()
    for naam, applicatie in (("[regels]", None), *((een.naam, een) for een in bestand.applicatie)):
        leniency = leniency_for(bestand.regels, applicatie)
        anders = [f"{sleutel} {getattr(leniency, sleutel)}" for sleutel in PER_SENDER
                  if getattr(leniency, sleutel) != getattr(streng, sleutel)]  # fmt: skip
        if anders:
            yield f"Niet streng: {naam} ({', '.join(anders)})."


def _waarschuw(regels: Iterable[str]) -> None:
    for regel in regels:
        typer.echo(f"Let op: {regel}.")


def _verslag(verschil: Verschil) -> Iterator[str]:
    if not verschil.geladen:
        yield f"Deze inrichting was al geladen (stand {verschil.versie}); er verandert niets."
        return
    yield f"Geladen: dit is nu stand {verschil.versie}."
    groepen = (
        ("Nieuwe zaaktypen", verschil.nieuw),
        ("Gewijzigde zaaktypen", verschil.gewijzigd),
        ("Vervallen zaaktypen (hun zaken blijven)", verschil.vervallen),
        ("Verder nieuw of gewijzigd", tuple(f"[{onderdeel}]" for onderdeel in verschil.onderdelen)),
    )
    yield from (f"  {kop}: {', '.join(namen)}" for kop, namen in groepen if namen)


def _sleutels(titel: str, sleutels: Iterable[tuple[str, object]]) -> None:
    """A table of the file, or another thing by its name; keys without a value are left out."""
    gevuld = ((naam, _waarde(waarde)) for naam, waarde in sleutels)
    toon_tabel(titel, "sleutel", "waarde", rijen=((naam, tekst) for naam, tekst in gevuld if tekst))


def _gezegd(
    inrichting: Inrichting, tabel: Systeem | Regels | Documenten | Notificaties
) -> Iterator[tuple[str, object]]:
    """The keys of a table with their values; a key about how senders are judged gets the value that holds."""
    leniency = inrichting.leniency_for(None)
    for veld in fields(tabel):
        yield veld.name, getattr(leniency if veld.name in PER_SENDER else tabel, veld.name)


def _waarde(waarde: object) -> str:
    if isinstance(waarde, bool):
        return "ja" if waarde else "nee"
    if isinstance(waarde, list | tuple):
        return ", ".join(map(str, waarde))
    return "" if waarde is None else str(waarde)


def _applicaties(inrichting: Inrichting) -> None:
    toon_tabel(
        "Applicaties",
        *("naam", "organisatie", "administratie", "adres", "diensten", *PER_SENDER, "verder"),
        rijen=(
            (
                applicatie.naam,
                applicatie.organisatie or inrichting.gemeente.code,
                applicatie.administratie,
                applicatie.adres,
                ", ".join(applicatie.diensten),
                *(getattr(inrichting.leniency_for(applicatie), naam) for naam in PER_SENDER),
                ", ".join(_verder(applicatie)),
            )
            for applicatie in inrichting.applicaties
        ),
    )


def _verder(applicatie: Applicatie) -> Iterator[str]:
    """The keys of an applicatie that have no column, where they differ from the default."""
    for veld in fields(applicatie):
        waarde = getattr(applicatie, veld.name)
        if veld.name not in _IN_KOLOM and waarde != veld.default:
            yield f"{veld.name} = {_waarde(waarde)}"


def _formaten(formaten: Iterable[Formaat]) -> None:
    namen = [veld.name for veld in fields(Formaat)]
    toon_tabel("Formaten", *namen, rijen=(tuple(_waarde(getattr(een, naam)) for naam in namen) for een in formaten))


def _verder_van(zaaktype: Zaaktype) -> Iterator[tuple[str, object]]:
    yield from ((naam, getattr(zaaktype, naam)) for naam in ("was", "status_tegenspraak", "onbekende_status"))
    yield "andere_documenten", zaaktype.andere_documenten
    yield "overdracht_dagen", zaaktype.overdracht_dagen
    yield from zaaktype.inhoud.items()


def _resultaten(zaaktype: Zaaktype) -> None:
    toon_tabel(
        f"Resultaten van {zaaktype.code}",
        "omschrijving",
        "toelichting",
        rijen=((een.omschrijving, _waarde(een.inhoud.get("toelichting"))) for een in zaaktype.resultaattypen),
    )


def _zaaktypen(zaaktypen: Iterable[Zaaktype]) -> None:
    toon_tabel(
        "Zaaktypen",
        "code",
        "omschrijving",
        "soort",
        "dagen",
        "statussen",
        "herkomst",
        rijen=(
            (
                zaaktype.code,
                zaaktype.omschrijving,
                zaaktype.soort,
                str(zaaktype.doorlooptijd_dagen or ""),
                str(len(zaaktype.statustypen)),
                "vervallen" if zaaktype.vervallen else zaaktype.herkomst,
            )
            for zaaktype in zaaktypen
        ),
    )


def _statussen(zaaktype: Zaaktype) -> None:
    alle = [(status, "ja" if status.eindstatus else "") for status in zaaktype.statustypen]
    alle += [(status, "vervallen") for status in zaaktype.vervallen_statustypen]
    toon_tabel(
        f"Statussen van {zaaktype.code}",
        "volgnummer",
        "code",
        "omschrijving",
        "eindstatus",
        rijen=((str(st.volgnummer), st.code or "", st.omschrijving, eind) for st, eind in alle),
    )


def _documenttypen(zaaktype: Zaaktype) -> None:
    toon_tabel(
        f"Documenttypen van {zaaktype.code} (andere: {zaaktype.andere_documenten})",
        "omschrijving",
        "regel",
        rijen=((soort.omschrijving, _regel(soort)) for soort in zaaktype.documenttypen),
    )


def _regel(soort: Documenttype) -> str:
    if soort.geweigerd:
        return "geweigerd"
    return f"verplicht bij status {soort.verplicht_bij_status}" if soort.verplicht_bij_status else "mag"
