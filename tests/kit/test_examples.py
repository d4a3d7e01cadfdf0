"""`voorbeelden/`: made of the story, and each file does against our own server what it says."""

from functools import partial
from pathlib import Path

import pytest
import urllib3
from lxml import etree
from tests.conftest import Server
from tests.published import assert_valid

from regiesysteem.conformance.judgement import evaluate, open_message
from regiesysteem.kit.examples import StoryMessage, make_examples, read_story, without_example
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.stuf.xml import parse

DIRECTORY = Path(__file__).parents[2] / "voorbeelden"
STORY = read_story()
_HEADERS = {"Content-Type": "text/xml; charset=utf-8"}


def test_the_files_are_those_of_the_story() -> None:
    """`make voorbeelden` makes them again."""
    made = {one.path: one.text for one in make_examples()}
    kept = {str(file.relative_to(DIRECTORY)) for file in DIRECTORY.rglob("*") if file.suffix in {".xml", ".md"}}
    assert made.keys() == kept - OTHERS
    assert {path: (DIRECTORY / path).read_text() for path in made} == made


OTHERS: frozenset[str] = frozenset()
"""Files of the kit that something else makes."""


def test_every_published_operation_has_an_example() -> None:
    assert without_example() == set()


def _send(url: str, one: StoryMessage, text: str) -> tuple[int, bytes]:
    # `curl -d @file` leaves out the ends of lines.
    body = text.replace("\n", "").encode()
    headers = _HEADERS | {"SOAPAction": f'"{one.soap_action}"'}
    answer = urllib3.request("POST", f"{url}/stuf", body=body, headers=headers, retries=False)
    return answer.status, answer.data


def _read(one: StoryMessage) -> str:
    return (DIRECTORY / f"{one.bestand}.xml").read_text()


def _check(one: StoryMessage, status: int, answer: bytes) -> None:
    opened = open_message(answer)
    assert opened.message is not None, answer
    if one.is_mistake:
        assert (status, opened.message.findtext(f".//{{{STUF}}}code")) == (500, one.antwoord), one.bestand
    else:
        assert (status, opened.name.removesuffix("Bericht")) == (200, one.antwoord), (one.bestand, answer)
        assert_valid(parse(etree.tostring(opened.message)))


def test_each_file_gets_the_answer_that_it_names(server: Server) -> None:
    """The story in its order, and then the mistakes."""
    answers: dict[str, bytes] = {}
    send = partial(_send, server.url)
    for one in (one for one in STORY if not one.is_ours):
        text = _read(one)
        for mark, (file, xpath) in one.invullen.items():
            message = open_message(answers[file]).message
            assert message is not None
            text = text.replace(mark, evaluate(message, xpath, {})[0])
        status, answers[one.bestand] = send(one, text)
        _check(one, status, answers[one.bestand])


@pytest.mark.parametrize("one", [one for one in STORY if not one.is_mistake], ids=lambda one: one.bestand)
def test_a_good_message_is_valid(one: StoryMessage) -> None:
    message = open_message(_read(one).encode()).message
    assert message is not None
    assert_valid(parse(etree.tostring(message)))


def test_the_directory_has_no_other_files() -> None:
    assert not [file for file in DIRECTORY.rglob("*") if file.is_file() and Path(file).suffix not in {".xml", ".md"}]
