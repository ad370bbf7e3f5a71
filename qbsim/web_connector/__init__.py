"""A simulated QuickBooks Web Connector: signs in to a server over SOAP, fetches qbXML, has QuickBooks work it, answers.

connector = WebConnector(url, user_name, password, quickbooks, company_path="C:\\\\Books\\\\Demo.qbw")
result = connector.run_session()
"""

from __future__ import annotations

from qbsim.web_connector.applications import Applications, Entry
from qbsim.web_connector.connector import DEFAULT_TIMEOUT_SECONDS, Delivery, WebConnector
from qbsim.web_connector.faults import Fault, FaultKind, FaultPlanError, Faults, LateSet
from qbsim.web_connector.log import LogLevel, LogSink
from qbsim.web_connector.person import Person
from qbsim.web_connector.processor import Answer, ConnectionFailed, PersonAtQuickBooks, RequestProcessor
from qbsim.web_connector.qwc import Application, WebConnectorRefusal, read_qwc
from qbsim.web_connector.session import SessionResult
from qbsim.web_connector.soap import CallFailed, SoapClient
from qbsim.web_connector.workstation import Workstation

__all__ = [
    "DEFAULT_TIMEOUT_SECONDS",
    "Answer",
    "Application",
    "Applications",
    "CallFailed",
    "ConnectionFailed",
    "Delivery",
    "Entry",
    "Fault",
    "FaultKind",
    "FaultPlanError",
    "Faults",
    "LateSet",
    "LogLevel",
    "LogSink",
    "Person",
    "PersonAtQuickBooks",
    "RequestProcessor",
    "SessionResult",
    "SoapClient",
    "WebConnector",
    "WebConnectorRefusal",
    "Workstation",
    "read_qwc",
]
