"""Scratch space: contents stand beside each other, in memory or on disk, and are gone after it is closed."""

import hashlib
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiesysteem.stuf.content.scratch import IN_MEMORY, Excerpt, Scratch, TooLarge


def test_contents_beside_each_other_keep_their_bytes() -> None:
    maten = [0, 1, 5000, IN_MEMORY, 0, IN_MEMORY * 2 + 1, 7]
    parts = [random.Random(number).randbytes(maat) for number, maat in enumerate(maten)]
    with Scratch() as scratch:
        files = []
        for part in parts:
            gone = scratch.writer()
            gone.write(b"niet bewaard" * 1000)
            writer = scratch.writer()
            writer.write(part[:100])
            writer.write(part[100:])
            assert (writer.grootte, writer.sha256) == (len(part), hashlib.sha256(part).hexdigest())
            files.append(writer.file())
        assert [file.read() for file in files] == parts
        assert [file.read() for file in files] == [b""] * len(parts)


def test_a_content_may_be_as_large_as_allowed_and_no_larger() -> None:
    with Scratch(10) as scratch:
        writer = scratch.writer()
        writer.write(b"0123456789")
        with pytest.raises(TooLarge):
            writer.write(b"0")
        assert writer.file().read() == b"0123456789"


def test_after_closing_there_is_nothing_to_read() -> None:
    scratch = Scratch()
    writer = scratch.writer()
    writer.write(b"weg")
    file = writer.file()
    scratch.close()
    scratch.close()
    with pytest.raises(ValueError, match="closed"):
        file.read()


_steps = st.lists(
    st.tuples(st.just("read"), st.integers(-1, 40))
    | st.tuples(st.just("seek"), st.integers(-60, 60), st.sampled_from([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END]))
    | st.tuples(st.just("readinto"), st.integers(0, 40)),
    max_size=12,
)


@given(st.binary(max_size=50), st.integers(0, 20), _steps)
def test_a_part_of_a_file_is_a_file(data: bytes, beforehand: int, steps: list[tuple[str, int, int]]) -> None:
    whole = io.BytesIO(b"x" * beforehand + data + b"y" * 20)

    def read(spot: int, count: int) -> bytes:
        whole.seek(spot)
        return whole.read(count)

    part, plain = Excerpt(read, beforehand, len(data)), io.BytesIO(data)
    for naam, *waarden in steps:
        if naam == "readinto":
            links, rechts = bytearray(waarden[0]), bytearray(waarden[0])
            assert part.readinto(links) == plain.readinto(rechts)
            assert links == rechts
        elif naam == "read":
            assert part.read(*waarden) == plain.read(*waarden)
        else:
            to = {io.SEEK_SET: 0, io.SEEK_CUR: plain.tell(), io.SEEK_END: len(data)}[waarden[1]] + waarden[0]
            if to < 0:
                with pytest.raises(ValueError, match="start"):
                    part.seek(*waarden)
            else:
                assert part.seek(*waarden) == plain.seek(*waarden)
        assert part.tell() == plain.tell()
