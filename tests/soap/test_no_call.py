"""No address in a message is ever called: a sender cannot make us ask another machine something (SSRF)."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.berichten.bouw import SOAP11, SOAP12, di02, envelope
from tests.soap.conftest import Door

WSA = "http://www.w3.org/2005/08/addressing"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XI = "http://www.w3.org/2001/XInclude"
XOP = "http://www.w3.org/2004/08/xop/include"


@pytest.fixture
def bystander() -> Iterator[socket.socket]:
    """A port of this machine where nobody has business."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
@pytest.mark.parametrize("place", ["reply", "fault", "schema", "include", "xop", "stylesheet", "dtd"])
def test_no_address_in_a_message_is_called(door: Door, bystander: socket.socket, place: str, versie: str) -> None:
    url = f"http://127.0.0.1:{bystander.getsockname()[1]}/x"
    message, header = di02(), ""
    if place in {"reply", "fault"}:
        name = {"reply": "ReplyTo", "fault": "FaultTo"}[place]
        header = f'<w:{name} xmlns:w="{WSA}"><w:Address>{url}</w:Address></w:{name}>'
        message = message if place == "reply" else message.replace(">Di02<", ">Di77<")
    elif place == "schema":
        message = message.replace(" ", f' xmlns:xsi="{XSI}" xsi:schemaLocation="urn:x {url}" ', 1)
    elif place == "include":
        message = message.replace("</", f'<i:include xmlns:i="{XI}" href="{url}"/></', 1)
    elif place == "xop":
        message = message.replace("</", f'<x:Include xmlns:x="{XOP}" href="{url}"/></', 1)
    data = envelope(message, versie, header)
    before = {"stylesheet": f'<?xml-stylesheet href="{url}"?>', "dtd": f'<!DOCTYPE x SYSTEM "{url}">'}.get(place, "")
    assert url.encode() in before.encode() + data
    answer = door.post(before.encode() + data.removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>'))
    assert answer.status_code in {200, 400, 500}
    with pytest.raises(BlockingIOError):
        bystander.accept()
