"""The server starts where other machines reach it only when everybody has to prove who he is, and says who gets in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.access.certificates import OIN

from regiesysteem import config, server
from regiesysteem.access.passwords import keep_hash
from regiesysteem.config import SettingError, Settings
from regiesysteem.inrichting.current import Inrichting

ELSEWHERE = {"host": "0.0.0.0"}
BEHIND = {"proxy_adressen": "127.0.0.1"}
Prepare = Callable[..., Inrichting]


@pytest.fixture
def prepare(engine: Engine, tmp_path: Path) -> Prepare:
    """Do what `regie serve` does before it serves; `more` goes into each [[applicatie]]."""

    def do(autorisatie: str = "applicaties", more: str = "", **settings: object) -> Inrichting:
        text = config.example_inrichting().read_text().replace('"open"', f'"{autorisatie}"', 1)
        path = tmp_path / "mijn.toml"
        path.write_text(text.replace("\n[[applicatie]]", f"\n[[applicatie]]\n{more}"))
        return server._prepare(Settings(inrichting=path, **settings), engine)

    return do


@pytest.mark.parametrize("where", [ELSEWHERE, BEHIND])
def test_whoever_cannot_prove_himself_is_named_with_what_to_do(prepare: Prepare, where: dict[str, object]) -> None:
    with pytest.raises(SettingError) as refused:
        prepare(**where)
    for words in ("GWS4all, ", "regie applicatie wachtwoord", "regie applicatie certificaat", "REGIE_AFGESCHERMD=true"):
        assert words in str(refused.value)
    with pytest.raises(SettingError, match="wie het adres kent, mag alles"):
        prepare("open", **where)


@pytest.mark.parametrize("where", [ELSEWHERE, BEHIND])
def test_with_a_certificate_or_a_password_for_each_it_starts(
    prepare: Prepare, engine: Engine, where: dict[str, object]
) -> None:
    assert prepare(more=f'certificaat = "OIN={OIN}"', **where).without_credential == ()
    inrichting = prepare()
    with engine.begin() as connection:
        for applicatie in inrichting.applicaties:
            keep_hash(connection, inrichting.sleutel_of(applicatie), "hash")
    assert prepare(**where).without_credential == ()


def test_on_this_machine_or_guarded_by_something_else_it_starts_without(prepare: Prepare) -> None:
    for settings in ({}, {**ELSEWHERE, "afgeschermd": True}, {**BEHIND, "afgeschermd": True}):
        assert prepare(**settings).without_credential
        prepare("open", **settings)


def test_the_terminal_and_the_log_say_that_it_is_open(prepare: Prepare, capsys: pytest.CaptureFixture[str]) -> None:
    assert server._access(prepare("open")) == server.OPEN
    assert "autorisatie_open" in capsys.readouterr().out
    text = server._access(prepare())
    assert "zonder bewijs: GWS4all" in text
    assert "autorisatie_open" not in capsys.readouterr().out
    assert "zonder bewijs" not in server._access(prepare(more='certificaat = "CN=x"'))
