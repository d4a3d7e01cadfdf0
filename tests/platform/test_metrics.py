"""The figures of all processes together, in memory that no disk is behind."""

import os

from prometheus_client.parser import text_string_to_metric_families

from regiesysteem.metrics import Counters, Shared


def _figures(counters: Counters) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(counters.show()[0].decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_what_a_process_counted_stays_when_it_dies_and_another_takes_its_place() -> None:
    shared = Shared(2)
    Counters(shared, 0).count_bericht("creeerZaak_Lk01", "Bv03", 0.004, 5)
    if not (pid := os.fork()):
        Counters(shared, 1).count_bericht("creeerZaak_Lk01", "Fo03", 0.5, 60)
        os._exit(0)
    os.waitpid(pid, 0)
    opvolger = Counters(shared, 1)
    opvolger.count_bericht("creeerZaak_Lk01", "Fo03", 100, 1)
    opvolger.count_bericht("onbekend", "Fo02", 0.005, 0)
    for counters in (opvolger, Counters(shared, 0)):
        digits = _figures(counters)
        assert digits["berichten_total", "creeerZaak_Lk01", "Bv03"] == 1
        assert digits["berichten_total", "creeerZaak_Lk01", "Fo03"] == 2
        assert digits["berichten_total", "onbekend", "Fo02"] == 1


def test_buckets_count_what_is_at_most_their_bound() -> None:
    counters = Counters()
    for seconds, statements in ((0.005, 5), (0.0051, 51), (31, 0)):
        counters.count_bericht("zakLv01", "La01", seconds, statements)
    digits = _figures(counters)
    seconds = {naam[2]: count for naam, count in digits.items() if naam[0] == "bericht_duration_seconds_bucket"}
    assert (seconds["0.002"], seconds["0.005"], seconds["0.01"], seconds["30.0"], seconds["+Inf"]) == (
        0,
        1,
        2,
        2,
        3,
    )
    statements = {naam[2]: count for naam, count in digits.items() if naam[0] == "bericht_statements_bucket"}
    assert (statements["1.0"], statements["5.0"], statements["50.0"], statements["+Inf"]) == (1, 2, 2, 3)
    assert digits["bericht_statements_sum", "zakLv01"] == 56
    assert digits["bericht_duration_seconds_count", "zakLv01"] == 3


def test_more_series_than_there_can_be_are_left_out() -> None:
    counters = Counters()
    for number in range(2000):
        counters.count_bericht(f"dienst{number}", "Bv03", 1, 1)
    assert 400 < sum(naam[0] == "berichten_total" for naam in _figures(counters)) < 2000
