"""The figures of all processes together, in memory that no disk is behind."""

import os

from prometheus_client.parser import text_string_to_metric_families

from regiesysteem.metrics import Gedeeld, Tellers


def _figures(tellers: Tellers) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(tellers.toon()[0].decode())
    return {(een.name, *een.labels.values()): een.value for family in families for een in family.samples}


def test_what_a_process_counted_stays_when_it_dies_and_another_takes_its_place() -> None:
    gedeeld = Gedeeld(2)
    Tellers(gedeeld, 0).tel_bericht("creeerZaak_Lk01", "Bv03", 0.004, 5)
    if not (pid := os.fork()):
        Tellers(gedeeld, 1).tel_bericht("creeerZaak_Lk01", "Fo03", 0.5, 60)
        os._exit(0)
    os.waitpid(pid, 0)
    opvolger = Tellers(gedeeld, 1)
    opvolger.tel_bericht("creeerZaak_Lk01", "Fo03", 100, 1)
    opvolger.tel_bericht("onbekend", "Fo02", 0.005, 0)
    for tellers in (opvolger, Tellers(gedeeld, 0)):
        cijfers = _figures(tellers)
        assert cijfers["berichten_total", "creeerZaak_Lk01", "Bv03"] == 1
        assert cijfers["berichten_total", "creeerZaak_Lk01", "Fo03"] == 2
        assert cijfers["berichten_total", "onbekend", "Fo02"] == 1


def test_buckets_count_what_is_at_most_their_bound() -> None:
    tellers = Tellers()
    for seconden, statements in ((0.005, 5), (0.0051, 51), (31, 0)):
        tellers.tel_bericht("zakLv01", "La01", seconden, statements)
    cijfers = _figures(tellers)
    seconden = {naam[2]: aantal for naam, aantal in cijfers.items() if naam[0] == "bericht_duration_seconds_bucket"}
    assert (seconden["0.002"], seconden["0.005"], seconden["0.01"], seconden["30.0"], seconden["+Inf"]) == (
        0,
        1,
        2,
        2,
        3,
    )
    statements = {naam[2]: aantal for naam, aantal in cijfers.items() if naam[0] == "bericht_statements_bucket"}
    assert (statements["1.0"], statements["5.0"], statements["50.0"], statements["+Inf"]) == (1, 2, 2, 3)
    assert cijfers["bericht_statements_sum", "zakLv01"] == 56
    assert cijfers["bericht_duration_seconds_count", "zakLv01"] == 3


def test_more_series_than_there_can_be_are_left_out() -> None:
    tellers = Tellers()
    for nummer in range(2000):
        tellers.tel_bericht(f"dienst{nummer}", "Bv03", 1, 1)
    assert 400 < sum(naam[0] == "berichten_total" for naam in _figures(tellers)) < 2000
