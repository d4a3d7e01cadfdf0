"""The binary form of COPY: what we write PostgreSQL takes, what it gives we read, wherever it is cut."""

import hashlib
import io
import struct

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from regiesysteem.db import copy
from regiesysteem.storage.postgres import Field, Pieces

_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)


@given(fields=st.lists(st.binary(max_size=40)), sneden=st.lists(st.integers(1, 30), min_size=1))
def test_a_stream_may_be_cut_anywhere(fields: list[bytes], sneden: list[int]) -> None:
    rows = b"".join(struct.pack("!hi", 1, len(field)) + field for field in fields)
    stroom = io.BytesIO(_HEAD + rows + b"\xff\xff")
    out = io.BytesIO()
    reader = Field(out.write)
    number = 0
    while block := stroom.read(sneden[number % len(sneden)]):
        reader.write(block)
        number += 1
    assert out.getvalue() == b"".join(fields)


@given(inhoud=st.binary(max_size=100), piece=st.integers(1, 40))
def test_a_file_is_cut_into_pieces_of_one_size(inhoud: bytes, piece: int) -> None:
    source = Pieces(bytes(32), io.BytesIO(inhoud), piece)
    stroom = b"".join(iter(source.read, b""))
    assert stroom.startswith(_HEAD)
    assert stroom.endswith(b"\xff\xff")
    rows, spot = [], len(_HEAD)
    while spot < len(stroom) - 2:
        fields, length, digest, _, number, size = struct.unpack_from("!hi32siii", stroom, spot)
        spot += 50 + size
        assert (fields, length, digest, number) == (3, 32, bytes(32), len(rows))
        rows.append(stroom[spot - size : spot])
    assert b"".join(rows) == inhoud
    assert all(len(row) == piece for row in rows[:-1])


def test_pieces_are_not_compressed(engine: Engine) -> None:
    question = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'document_stuk'::regclass AND attname = 'bytes'"
    with engine.connect() as connection:
        assert connection.execute(text(question)).scalar_one() == "e"


def test_what_postgresql_writes_it_also_reads(engine: Engine) -> None:
    inhoud = bytes(range(256)) * 5
    digest = hashlib.sha256(inhoud).digest()
    out = io.BytesIO()
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO document_inhoud (sha256, grootte, opslag) VALUES (:d, :g, 'postgres')"),
            {"d": digest, "g": len(inhoud)},
        )
        source = Pieces(digest, io.BytesIO(inhoud), 100)
        copy(connection, "COPY document_stuk (sha256, volgnummer, bytes) FROM STDIN (FORMAT binary)", source)
        read = "COPY (SELECT bytes FROM document_stuk ORDER BY volgnummer) TO STDOUT (FORMAT binary)"
        copy(connection, read, Field(out.write))
    assert out.getvalue() == inhoud
