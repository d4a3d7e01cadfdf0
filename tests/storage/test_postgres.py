"""The binary form of COPY: what we write PostgreSQL takes, what it gives we read, wherever it is cut."""

import hashlib
import io
import struct

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from regiesysteem.db import kopieer
from regiesysteem.storage.postgres import Stukken, Veld

_KOP = b"PGCOPY\n\xff\r\n\x00" + bytes(8)


@given(velden=st.lists(st.binary(max_size=40)), sneden=st.lists(st.integers(1, 30), min_size=1))
def test_a_stream_may_be_cut_anywhere(velden: list[bytes], sneden: list[int]) -> None:
    rijen = b"".join(struct.pack("!hi", 1, len(veld)) + veld for veld in velden)
    stroom = io.BytesIO(_KOP + rijen + b"\xff\xff")
    uit = io.BytesIO()
    lezer = Veld(uit.write)
    nummer = 0
    while blok := stroom.read(sneden[nummer % len(sneden)]):
        lezer.write(blok)
        nummer += 1
    assert uit.getvalue() == b"".join(velden)


@given(inhoud=st.binary(max_size=100), stuk=st.integers(1, 40))
def test_a_file_is_cut_into_pieces_of_one_size(inhoud: bytes, stuk: int) -> None:
    bron = Stukken(bytes(32), io.BytesIO(inhoud), stuk)
    stroom = b"".join(iter(bron.read, b""))
    assert stroom.startswith(_KOP)
    assert stroom.endswith(b"\xff\xff")
    rijen, plek = [], len(_KOP)
    while plek < len(stroom) - 2:
        velden, lengte, digest, _, nummer, grootte = struct.unpack_from("!hi32siii", stroom, plek)
        plek += 50 + grootte
        assert (velden, lengte, digest, nummer) == (3, 32, bytes(32), len(rijen))
        rijen.append(stroom[plek - grootte : plek])
    assert b"".join(rijen) == inhoud
    assert all(len(rij) == stuk for rij in rijen[:-1])


def test_pieces_are_not_compressed(engine: Engine) -> None:
    vraag = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'document_stuk'::regclass AND attname = 'bytes'"
    with engine.connect() as verbinding:
        assert verbinding.execute(text(vraag)).scalar_one() == "e"


def test_what_postgresql_writes_it_also_reads(engine: Engine) -> None:
    inhoud = bytes(range(256)) * 5
    digest = hashlib.sha256(inhoud).digest()
    uit = io.BytesIO()
    with engine.begin() as verbinding:
        verbinding.execute(
            text("INSERT INTO document_inhoud (sha256, grootte, opslag) VALUES (:d, :g, 'postgres')"),
            {"d": digest, "g": len(inhoud)},
        )
        bron = Stukken(digest, io.BytesIO(inhoud), 100)
        kopieer(verbinding, "COPY document_stuk (sha256, volgnummer, bytes) FROM STDIN (FORMAT binary)", bron)
        lezen = "COPY (SELECT bytes FROM document_stuk ORDER BY volgnummer) TO STDOUT (FORMAT binary)"
        kopieer(verbinding, lezen, Veld(uit.write))
    assert uit.getvalue() == inhoud
