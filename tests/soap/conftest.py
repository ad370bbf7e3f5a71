"""One server for each test, with a conversation that records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qbwc_server.soap import make_soap_application
from tests.soap.serving import RecordingConversation, serving


@pytest.fixture
def conversation() -> RecordingConversation:
    return RecordingConversation()


@pytest.fixture
def url(conversation: RecordingConversation) -> Iterator[str]:
    with serving(make_soap_application(conversation)) as address:
        yield address
