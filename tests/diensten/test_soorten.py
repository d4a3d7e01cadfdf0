"""Zaken of every kind of back office that is shipped: made, led through their statuses, closed with a result."""

from collections.abc import Callable

from tests.berichten.bouw import client, lk01, new_number, obj, other, status, zaak
from tests.diensten.stappen import INITIATOR, element, sleutel
from tests.soap.conftest import Door

from regiesysteem.inrichting.first_inrichting import compose, kinds
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.inrichting.model import Inrichtingsbestand, Zaaktype


def lead_to_its_end(door: Door, zaaktype: Zaaktype, zender: str, plan: str) -> str:
    """Make a zaak with a result, and give it its statuses in order, the first end status last; its number."""
    number, resultaat = new_number(), zaaktype.resultaat[0].omschrijving
    first, *later = sorted(zaaktype.status, key=lambda one: one.volgnummer)
    after = (other("heeftBetrekkingOpAndere", plan) if plan else "") + status(first.volgnummer, "20260101")
    new = zaak(number, zaaktype.code, relaties=client("999990019") + INITIATOR, after=after).replace(
        "<ZKN:startdatum>",
        f"<ZKN:resultaat><ZKN:omschrijving>{resultaat}</ZKN:omschrijving></ZKN:resultaat><ZKN:startdatum>",
    )
    door.succeeded("creeerZaak_Lk01", lk01("T", new, zender=zender))
    end = next(one for one in later if one.eindstatus)
    for day, one in enumerate([*(one for one in later if not one.eindstatus), end], 2):
        wordt = obj(sleutel(number) + status(one.volgnummer, f"202601{day:02d}"), "W")
        bericht = lk01("W", obj(sleutel(number), "W"), wordt, zender=zender)
        door.succeeded("actualiseerZaakstatus_Lk01", bericht)
    return number


def test_a_zaak_of_each_zaaktype_runs_from_begin_to_end(make_door: Callable[..., Door]) -> None:
    """The applicatie of its kind sends each, and may see no other; the example lets anybody ask them back."""
    door = make_door()
    parsed = read_text(compose("Voorbeeldgemeente", "1900", kinds()), "nieuw")
    load_inrichting(door.engine, parsed)
    zaaktypen, numbers = parsed.inrichting.zaaktype, list[str]()
    for zaaktype in zaaktypen:
        plan = numbers[0] if numbers else ""
        numbers.append(lead_to_its_end(door, zaaktype, _applicatie(parsed.inrichting, zaaktype), plan))
    door = make_door()
    for number, zaaktype in zip(numbers, zaaktypen, strict=True):
        assert element(door, number, "z:einddatum"), zaaktype.code
        assert element(door, number, "z:resultaat/z:omschrijving") == [zaaktype.resultaat[0].omschrijving]


def _applicatie(file: Inrichtingsbestand, zaaktype: Zaaktype) -> str:
    return next(one.naam for one in file.applicatie if zaaktype.code in one.zaaktypen)
