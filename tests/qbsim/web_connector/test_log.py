"""The log in the form of QWCLog.txt, at its three levels, never with the password."""

from __future__ import annotations

import re

import pytest

from qbsim.web_connector import LogLevel, LogSink
from tests.qbsim.web_connector.scenes import PASSWORD, Books, Scene, Worked, scene

LINE = re.compile(r"20260304\.05:06:07 UTC\t: QBWebConnector\.(SOAPWebService|RegistryManager)\.\w+\(\) : .")


def logged(at: Scene, level: LogLevel, **settings: object) -> list[str]:
    written: list[str] = []
    at.run(logs=[LogSink(written.append, level)], **settings)
    return written


def test_nothing_is_written_at_none_and_documents_at_verbose_alone() -> None:
    with scene(send_request_xml="<QBXML>one</QBXML>", receive_response_xml=100) as at:
        none, debug, verbose = (logged(at, level) for level in LogLevel)
    assert none == []
    assert debug
    assert set(debug) < set(verbose)
    assert all(LINE.match(line) for line in verbose)
    dumps = [line for line in verbose if line not in debug]
    assert [line.partition(" : ")[2] for line in dumps] == [
        "XML dump follows: -\n\n<QBXML>one</QBXML>",
        "XML dump follows: -\n\n<QBXML>worked <QBXML>one</QBXML></QBXML>",
    ]


def test_the_words_are_those_of_published_logs() -> None:
    with scene(receive_response_xml=100) as at:
        lines = [line.partition("\t: QBWebConnector.")[2] for line in logged(at, LogLevel.DEBUG, unique_name="shop")]
    for words in (
        "RegistryManager.setUpdateLock() : ********************* Update session locked *********************",
        "SOAPWebService.instantiateWebService() : Initiated connection to the following application.",
        "SOAPWebService.instantiateWebService() : AppName: Connex",
        "SOAPWebService.instantiateWebService() : AppUniqueName (if available): shop",
        f"SOAPWebService.instantiateWebService() : AppURL: {at.url}",
        "SOAPWebService.do_serverVersion() : *** Calling serverVersion().",
        "SOAPWebService.do_serverVersion() : Received from serverVersion() following parameter:"
        '<serverVersionRet="Connex 1">',
        "SOAPWebService.do_clientVersion() : *** Calling clientVersion() with following parameter:"
        '<productVersion="2.3.0.36">',
        "SOAPWebService.do_authenticate() : Authenticating to application 'Connex', username = 'anna'",
        "SOAPWebService.do_authenticate() : *** Calling authenticate() with following parameters:"
        '<userName="anna"><password=<MaskedForSecurity>',
        "SOAPWebService.do_authenticate() : Received from authenticate() following parameters:"
        '<authRet[0]="ticket-1"><authRet[1]="">',
        "SOAPWebService.do_sendRequestXML() : Request xml received.",
        "SOAPWebService.ProcessRequestXML() : Processing request #1",
        "SOAPWebService.ProcessRequestXML() : REQUEST: received from application: size (bytes) = 3",
        "SOAPWebService.ProcessRequestXML() : Sending request to QuickBooks.",
    ):
        assert words in lines


def test_an_hresult_of_quickbooks_is_written_as_published_logs_have_it() -> None:
    class Refusing(Books):
        def process(self, request: str) -> Worked:
            return self.host_answer if "HostQueryRq" in request else Worked("", "0x80040400", "found an error")

    with scene(receive_response_xml=100) as at:
        at.books = Refusing()
        lines = logged(at, LogLevel.DEBUG)
    assert any(
        line.endswith("error message back to application:\nHRESULT = 0x80040400\nMessage: found an error")
        for line in lines
    )


@pytest.mark.parametrize("password", [PASSWORD, "a<b&c>d"])
def test_the_password_is_masked_in_documents_too(password: str) -> None:
    with scene(send_request_xml=f"<Memo>{password}</Memo>", receive_response_xml=-1, get_last_error=password) as at:
        connector = at.connector(log_level=LogLevel.VERBOSE)
        connector.password = password
        lines = connector.run_session().log_lines
    text = "\n".join(lines)
    assert password not in text
    assert password.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") not in text
    assert text.count("<MaskedForSecurity>") >= 3
