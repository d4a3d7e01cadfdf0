"""Scratch space: contents stand beside each other, in memory or on disk, and are gone after it is closed."""

import hashlib
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiesysteem.stuf.content.scratch import IN_GEHEUGEN, Kladblok, TeGroot, Uitsnede


def test_contents_beside_each_other_keep_their_bytes() -> None:
    maten = [0, 1, 5000, IN_GEHEUGEN, 0, IN_GEHEUGEN * 2 + 1, 7]
    delen = [random.Random(nummer).randbytes(maat) for nummer, maat in enumerate(maten)]
    with Kladblok() as kladblok:
        bestanden = []
        for deel in delen:
            weg = kladblok.schrijver()
            weg.write(b"niet bewaard" * 1000)
            schrijver = kladblok.schrijver()
            schrijver.write(deel[:100])
            schrijver.write(deel[100:])
            assert (schrijver.grootte, schrijver.sha256) == (len(deel), hashlib.sha256(deel).hexdigest())
            bestanden.append(schrijver.bestand())
        assert [bestand.read() for bestand in bestanden] == delen
        assert [bestand.read() for bestand in bestanden] == [b""] * len(delen)


def test_a_content_may_be_as_large_as_allowed_and_no_larger() -> None:
    with Kladblok(10) as kladblok:
        schrijver = kladblok.schrijver()
        schrijver.write(b"0123456789")
        with pytest.raises(TeGroot):
            schrijver.write(b"0")
        assert schrijver.bestand().read() == b"0123456789"


def test_after_closing_there_is_nothing_to_read() -> None:
    kladblok = Kladblok()
    schrijver = kladblok.schrijver()
    schrijver.write(b"weg")
    bestand = schrijver.bestand()
    kladblok.close()
    kladblok.close()
    with pytest.raises(ValueError, match="closed"):
        bestand.read()


_stappen = st.lists(
    st.tuples(st.just("read"), st.integers(-1, 40))
    | st.tuples(st.just("seek"), st.integers(-60, 60), st.sampled_from([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END]))
    | st.tuples(st.just("readinto"), st.integers(0, 40)),
    max_size=12,
)


@given(st.binary(max_size=50), st.integers(0, 20), _stappen)
def test_a_part_of_a_file_is_a_file(data: bytes, vooraf: int, stappen: list[tuple[str, int, int]]) -> None:
    geheel = io.BytesIO(b"x" * vooraf + data + b"y" * 20)

    def lees(plek: int, aantal: int) -> bytes:
        geheel.seek(plek)
        return geheel.read(aantal)

    deel, gewoon = Uitsnede(lees, vooraf, len(data)), io.BytesIO(data)
    for naam, *waarden in stappen:
        if naam == "readinto":
            links, rechts = bytearray(waarden[0]), bytearray(waarden[0])
            assert deel.readinto(links) == gewoon.readinto(rechts)
            assert links == rechts
        elif naam == "read":
            assert deel.read(*waarden) == gewoon.read(*waarden)
        else:
            naar = {io.SEEK_SET: 0, io.SEEK_CUR: gewoon.tell(), io.SEEK_END: len(data)}[waarden[1]] + waarden[0]
            if naar < 0:
                with pytest.raises(ValueError, match="start"):
                    deel.seek(*waarden)
            else:
                assert deel.seek(*waarden) == gewoon.seek(*waarden)
        assert deel.tell() == gewoon.tell()
