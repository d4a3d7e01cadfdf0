"""Our messages of Regie- en Zaakservices are valid by the schema."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.berichten.regievoorbeelden import HEADS, SOORTEN
from tests.published import assert_valid

from regiesysteem.notifications.compose import MessageHead


@pytest.mark.parametrize("naam", SOORTEN)
@given(data=st.data(), head=HEADS)
def test_every_message_that_we_build_is_valid(naam: str, data: st.DataObject, head: MessageHead) -> None:
    build, _, soort = SOORTEN[naam]
    assert_valid(build(head, data.draw(soort)))
