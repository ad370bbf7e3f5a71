"""The service's description, held against Intuit's, and clients made from either."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import zeep
from lxml import etree

from qbwc_server.soap import make_soap_application
from tests.shared import shared_path
from tests.soap.serving import NAMESPACE, RecordingConversation, exchange, serving

INTUIT = "flowlink_quickbooks_desktop_integration.wsdl"
COMMUNITY = ("consolibyte_quickbooks-php.wsdl", "johnballantyne_qbws.wsdl")
NAMES = {
    "wsdl": "http://schemas.xmlsoap.org/wsdl/",
    "soap": "http://schemas.xmlsoap.org/wsdl/soap/",
    "xs": "http://www.w3.org/2001/XMLSchema",
}
INTERACTIVE = {"getInteractiveURL", "interactiveDone", "interactiveRejected"}

# Where the two descriptions differ without a client or the comparison below seeing it:
# - Spyne gives each message a named type of its own; Intuit's types are anonymous, inside the element.
# - Spyne names messages, port type and service after itself, and adds parameterOrder and an element ArrayOfString.
# - Intuit's has a second binding, for SOAP 1.2, which the Web Connector does not use.
# - Ours has the three interactive operations of the Programmer's Guide, Intuit's has not.


def ask_wsdl() -> bytes:
    with serving(make_soap_application(RecordingConversation())) as url:
        return exchange(url + "?wsdl", method="GET").body


def shape(wsdl: bytes) -> dict[str, Any]:
    """What a client takes from a description: operations, their SOAPAction and style, elements, order and types."""
    root = etree.fromstring(wsdl)
    schema = root.find("wsdl:types/xs:schema", NAMES)
    assert schema is not None
    messages = {
        message.get("name"): [local(part.get("element")) for part in message.findall("wsdl:part", NAMES)]
        for message in root.findall("wsdl:message", NAMES)
    }
    port_type = root.find("wsdl:portType", NAMES)
    assert port_type is not None
    binding = next(each for each in root.findall("wsdl:binding", NAMES) if each.find("soap:binding", NAMES) is not None)
    return {
        "namespace": schema.get("targetNamespace"),
        "qualified": schema.get("elementFormDefault"),
        "array": members(schema, "ArrayOfString"),
        "operations": {
            operation.get("name"): {
                end: [
                    (element, members(schema, element))
                    for element in messages[local(operation.find(f"wsdl:{end}", NAMES).get("message"))]
                ]
                for end in ("input", "output")
            }
            for operation in port_type.findall("wsdl:operation", NAMES)
        },
        "bound": {
            operation.get("name"): (
                operation.find("soap:operation", NAMES).get("soapAction"),
                operation.find("soap:operation", NAMES).get("style"),
                [body.get("use") for body in operation.iterfind(".//soap:body", NAMES)],
            )
            for operation in binding.findall("wsdl:operation", NAMES)
        },
    }


def members(schema: etree._Element, name: str) -> list[tuple[str | None, ...]]:
    """The children of an element or type in order: name, type, least and most occurrences, nillable."""
    content = schema.find(f"xs:complexType[@name='{name}']", NAMES)
    if content is None:
        content = schema.find(f"xs:element[@name='{name}']/xs:complexType", NAMES)
    assert content is not None, name
    return [
        (
            element.get("name"),
            local(element.get("type")),
            element.get("minOccurs", "1"),
            element.get("maxOccurs", "1"),
            element.get("nillable", "false"),
        )
        for element in content.findall("xs:sequence/xs:element", NAMES)
    ]


def local(name: str | None) -> str:
    return (name or "").split(":")[-1]


def without(shaped: dict[str, Any], names: set[str]) -> dict[str, Any]:
    cut = {part: {n: v for n, v in shaped[part].items() if n not in names} for part in ("operations", "bound")}
    return {**shaped, **cut}


def test_our_description_has_the_shape_of_intuits() -> None:
    ours = shape(ask_wsdl())
    assert set(ours["operations"]) - INTERACTIVE == set(ours["bound"]) - INTERACTIVE
    assert without(ours, INTERACTIVE) == shape(shared_path("qbxml", "wsdl", INTUIT).read_bytes())


@pytest.mark.parametrize("name", COMMUNITY)
def test_our_description_has_the_shape_of_the_communitys_but_for_the_argument_of_server_version(name: str) -> None:
    ours, theirs = without(shape(ask_wsdl()), INTERACTIVE), shape(shared_path("qbxml", "wsdl", name).read_bytes())
    assert theirs["operations"]["serverVersion"]["input"] == [
        ("serverVersion", [("strVersion", "string", "0", "1", "false")])
    ]
    assert without(ours, {"serverVersion"}) == without(theirs, {"serverVersion"})


def test_the_three_interactive_operations_are_described() -> None:
    ours = shape(ask_wsdl())["operations"]
    assert {name: [m[0] for m in ours[name]["input"][0][1]] for name in INTERACTIVE} == {
        "getInteractiveURL": ["wcTicket", "sessionID"],
        "interactiveDone": ["wcTicket"],
        "interactiveRejected": ["wcTicket", "reason"],
    }


@pytest.fixture
def answering() -> Iterator[tuple[str, RecordingConversation]]:
    conversation = RecordingConversation(
        {
            "server_version": "Connex",
            "client_version": "",
            "authenticate": ("ticket", "C:\\company.qbw"),
            "send_request_xml": '<?qbxml version="13.0"?><QBXML/>',
            "receive_response_xml": 100,
            "connection_error": "done",
            "get_last_error": "NoOp",
            "close_connection": "OK",
        }
    )
    with serving(make_soap_application(conversation)) as url:
        yield url, conversation


def converse(service: Any, *server_version: str) -> list[Any]:
    """A session as a generated client calls it."""
    return [
        service.serverVersion(*server_version),
        service.clientVersion("2.3"),
        service.authenticate("anna", "secret"),
        service.sendRequestXML("ticket", "<hcp/>", "C:\\company.qbw", "US", 13, 0),
        service.receiveResponseXML("ticket", "<QBXML>é</QBXML>", "", ""),
        service.connectionError("ticket", "0x80040408", "no"),
        service.getLastError("ticket"),
        service.closeConnection("ticket"),
    ]


ANSWERS = [
    "Connex",
    None,
    ["ticket", "C:\\company.qbw"],
    '<?qbxml version="13.0"?><QBXML/>',
    100,
    "done",
    "NoOp",
    "OK",
]
CALLS = [
    ("server_version",),
    ("client_version", "2.3", "127.0.0.1"),
    ("authenticate", "anna", "secret", "127.0.0.1"),
    ("send_request_xml", "ticket", "<hcp/>", "C:\\company.qbw", "US", 13, 0),
    ("receive_response_xml", "ticket", "<QBXML>é</QBXML>", "", ""),
    ("connection_error", "ticket", "0x80040408", "no"),
    ("get_last_error", "ticket"),
    ("close_connection", "ticket"),
]


def test_a_client_made_from_our_description_works(answering: tuple[str, RecordingConversation]) -> None:
    url, conversation = answering
    assert converse(zeep.Client(url + "?wsdl").service) == ANSWERS
    assert conversation.calls == CALLS


@pytest.mark.parametrize("name", [INTUIT, *COMMUNITY])
def test_a_client_made_from_intuits_description_works(answering: tuple[str, RecordingConversation], name: str) -> None:
    url, conversation = answering
    client = zeep.Client(str(shared_path("qbxml", "wsdl", name)))
    soap_11 = next(n for n, b in client.wsdl.bindings.items() if isinstance(b, zeep.wsdl.bindings.Soap11Binding))
    argument = ("1",) if name in COMMUNITY else ()
    assert converse(client.create_service(soap_11, url), *argument) == ANSWERS
    assert conversation.calls == CALLS


def test_a_client_of_node_works(answering: tuple[str, RecordingConversation]) -> None:
    url, conversation = answering
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if subprocess.run([node, "-e", "require('soap')"], capture_output=True, timeout=30).returncode != 0:
        pytest.skip("node's package `soap` is not installed")
    program = (
        "require('soap').createClientAsync(process.argv[1] + '?wsdl')"
        ".then(client => client.authenticateAsync({strUserName: 'anna', strPassword: 'secret'}))"
        ".then(answer => console.log(JSON.stringify(answer[0].authenticateResult.string)))"
    )
    done = subprocess.run([node, "-e", program, url], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == '["ticket","C:\\\\company.qbw"]', done.stderr
    assert conversation.calls == [("authenticate", "anna", "secret", "127.0.0.1")]


def test_the_namespace_is_intuits_with_its_trailing_slash() -> None:
    assert shape(ask_wsdl())["namespace"] == NAMESPACE == "http://developer.intuit.com/"
