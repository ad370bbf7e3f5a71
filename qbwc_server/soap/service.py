"""The SOAP service that Intuit's Web Connector calls: eleven operations, each handed over to a `Conversation`.

Names, argument names and their order, the namespace and the SOAPAction values are Intuit's (FACTS.md 6, "WSDL"); the
Web Connector finds arguments by name. What a call means is decided behind `Conversation`; here is only the wire.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import qbwc_server.soap.spyne_six  # noqa: F401 (has to come before spyne; the module says why)

# isort: split
from spyne import Application, Array, Fault, Integer32, Service, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

from qbwc_server.soap.envelope import BadEnvelope, is_xml_character, open_envelope
from qbwc_server.soap.front_door import MAX_BODY_BYTES, FrontDoor

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from lxml import etree

NAMESPACE = "http://developer.intuit.com/"
FAILED = "The server could not handle this call. The reason is in the server's log."

WHOLE_NUMBERS = ("qbXMLMajorVers", "qbXMLMinorVers")
"""The arguments that are numbers."""
MAX_DIGITS = 9

_WHOLE_NUMBER = re.compile(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}")
_READ_BLOCK_BYTES = 1024 * 1024
_log = logging.getLogger(__name__)
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Conversation(Protocol):
    """What the service needs of the part that talks with QuickBooks. Arguments that the caller left out come as ""."""

    def server_version(self) -> str:
        """Free text that the Web Connector shows under "More information"."""
        ...

    def client_version(self, version: str, remote_address: str) -> str:
        """ "" to go on, "W:text" to warn, "E:text" to stop, "O:version" to ask for another version."""
        ...

    def authenticate(self, user_name: str, password: str, remote_address: str) -> tuple[str, str]:
        """The ticket, and "" | "none" | "nvu" | "busy" | the path of a company file."""
        ...

    def send_request_xml(
        self, ticket: str, hcp_response: str, company_path: str, country: str, major_version: int, minor_version: int
    ) -> str:
        """The next qbXML message set, or "" to be asked for the last error. A version that was not sent is 0."""
        ...

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Percent done: below 100 the session goes on, 100 ends it, negative asks for the last error."""
        ...

    def get_last_error(self, ticket: str) -> str:
        """The text to show, or "NoOp" to be asked again in five seconds, or "Interactive mode"."""
        ...

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """ "done" to stop, else the path of a company file to try."""
        ...

    def close_connection(self, ticket: str) -> str:
        """The text for the Web Connector's status column."""
        ...

    def get_interactive_url(self, ticket: str, session_id: str) -> str:
        """The page to open, after "Interactive mode"."""
        ...

    def interactive_done(self, ticket: str) -> str:
        """Asked by the Web Connector while the page is open; "Done" goes on with the session."""
        ...

    def interactive_rejected(self, ticket: str, reason: str) -> str:
        """The text to show after the user refused the interactive session."""
        ...


def make_soap_application(conversation: Conversation, *, max_body_bytes: int = MAX_BODY_BYTES) -> WSGIApplication:
    """The WSGI application to mount at `/qbwc`. Bodies over `max_body_bytes` are refused with 413, unread."""
    application = Application(
        [QBWebConnectorSvc],
        NAMESPACE,
        name="QBWebConnectorSvc",
        in_protocol=_IntuitSoap(parse_xsi_type=False),
        out_protocol=_IntuitSoap(),
        config=conversation,
    )
    application.event_manager.add_listener("method_exception_object", _answer_failures_with_a_fixed_text)
    spyne_wsgi = WsgiApplication(application, max_content_length=max_body_bytes, block_length=_READ_BLOCK_BYTES)
    wsdl = spyne_wsgi.doc.wsdl11
    wsdl.event_manager.add_listener("wsdl_document_built", _name_actions_as_intuit_does)
    wsdl.build_interface_document("http://localhost/qbwc")
    return FrontDoor(cast("WSGIApplication", spyne_wsgi.handle_rpc), wsdl.get_interface_document(), max_body_bytes)


_Text = Unicode(nillable=False)
_Whole = Integer32(min_occurs=1, nillable=False)
_Texts = Array(Unicode, type_name="ArrayOfString", nillable=False)


def _operation(*arguments: Any, returns: Any = _Text) -> Callable[[_Function], _Function]:
    """Spyne's `rpc`, typed."""
    return cast("Callable[[_Function], _Function]", rpc(*arguments, _returns=returns))


class QBWebConnectorSvc(Service):  # type: ignore[misc]
    """The operations. `serverVersion` has no argument, as in Intuit's own WSDL; one that is sent is ignored."""

    @_operation()
    def serverVersion(context: Any) -> str:
        return _out(_conversation(context).server_version())

    @_operation(_Text)
    def clientVersion(context: Any, strVersion: str | None) -> str:
        remote_address = context.transport.req_env.get("REMOTE_ADDR", "")
        return _out(_conversation(context).client_version(strVersion or "", remote_address))

    @_operation(_Text, _Text, returns=_Texts)
    def authenticate(context: Any, strUserName: str | None, strPassword: str | None) -> list[str]:
        remote_address = context.transport.req_env.get("REMOTE_ADDR", "")
        answers = _conversation(context).authenticate(strUserName or "", strPassword or "", remote_address)
        return [_out(answer) for answer in answers]

    @_operation(_Text, _Text, _Text, _Text, _Whole, _Whole)
    def sendRequestXML(
        context: Any,
        ticket: str | None,
        strHCPResponse: str | None,
        strCompanyFileName: str | None,
        qbXMLCountry: str | None,
        qbXMLMajorVers: int | None,
        qbXMLMinorVers: int | None,
    ) -> str:
        request = _conversation(context).send_request_xml(
            ticket or "",
            strHCPResponse or "",
            strCompanyFileName or "",
            qbXMLCountry or "",
            qbXMLMajorVers or 0,
            qbXMLMinorVers or 0,
        )
        return _out(request)

    @_operation(_Text, _Text, _Text, _Text, returns=_Whole)
    def receiveResponseXML(
        context: Any, ticket: str | None, response: str | None, hresult: str | None, message: str | None
    ) -> int:
        return _conversation(context).receive_response_xml(ticket or "", response or "", hresult or "", message or "")

    @_operation(_Text, _Text, _Text)
    def connectionError(context: Any, ticket: str | None, hresult: str | None, message: str | None) -> str:
        return _out(_conversation(context).connection_error(ticket or "", hresult or "", message or ""))

    @_operation(_Text)
    def getLastError(context: Any, ticket: str | None) -> str:
        return _out(_conversation(context).get_last_error(ticket or ""))

    @_operation(_Text)
    def closeConnection(context: Any, ticket: str | None) -> str:
        return _out(_conversation(context).close_connection(ticket or ""))

    @_operation(_Text, _Text)
    def getInteractiveURL(context: Any, wcTicket: str | None, sessionID: str | None) -> str:
        return _out(_conversation(context).get_interactive_url(wcTicket or "", sessionID or ""))

    @_operation(_Text)
    def interactiveDone(context: Any, wcTicket: str | None) -> str:
        return _out(_conversation(context).interactive_done(wcTicket or ""))

    @_operation(_Text, _Text)
    def interactiveRejected(context: Any, wcTicket: str | None, reason: str | None) -> str:
        return _out(_conversation(context).interactive_rejected(wcTicket or "", reason or ""))


# The parts' name in Intuit's WSDL. Set here, since Spyne's own argument for it makes Spyne warn at every call.
for _method in QBWebConnectorSvc.public_methods.values():
    _method.in_message.Attributes.wsdl_part_name = _method.out_message.Attributes.wsdl_part_name = "parameters"


class _IntuitSoap(Soap11):  # type: ignore[misc]
    """SOAP 1.1 with our own reading of the envelope: Spyne's takes a DOCTYPE and logs the body, password and all."""

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        try:
            envelope = open_envelope(b"".join(ctx.in_string), charset or "")
            _refuse_what_is_no_number(envelope)
        except BadEnvelope as error:
            raise Fault(error.code, str(error)) from error
        ctx.in_document = (envelope, {})


def _refuse_what_is_no_number(envelope: etree._Element) -> None:
    """Spyne refuses it, too, and logs it with a traceback, however long it is: a stranger could fill the log."""
    for name in WHOLE_NUMBERS:
        for argument in envelope.iter(f"{{{NAMESPACE}}}{name}"):
            if _WHOLE_NUMBER.fullmatch((argument.text or "0").strip()) is None:
                raise BadEnvelope(f"{name} is not a whole number of at most {MAX_DIGITS} digits")


def _conversation(context: Any) -> Conversation:
    return cast("Conversation", context.app.config)


def _out(text: str) -> str:
    """The text as it can stand in XML. What can't is a fault of ours: it is replaced, so that the answer still goes."""
    if all(is_xml_character(ord(letter)) for letter in text):
        return text
    _log.error("an answer held characters that XML does not allow; they were sent as U+FFFD")
    return "".join(letter if is_xml_character(ord(letter)) else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _name_actions_as_intuit_does(wsdl: Any) -> None:
    """Spyne's SOAPAction is the operation's name alone; Intuit's has the namespace before it."""
    for operation in wsdl.root_elt.iter("{http://schemas.xmlsoap.org/wsdl/soap/}operation"):
        operation.set("soapAction", NAMESPACE + operation.getparent().get("name"))


def _answer_failures_with_a_fixed_text(context: Any) -> None:
    """Spyne has caught the exception and logged it with its traceback; the caller learns nothing of it."""
    fault = context.out_error
    if fault.faultcode == "Server":
        _log.error("%s failed; the traceback is in the entry before this one", context.descriptor.name)
        fault.faultstring = FAILED
