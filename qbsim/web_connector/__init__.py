"""A simulated QuickBooks Web Connector: signs in to a server over SOAP, fetches qbXML, has QuickBooks work it, answers.

connector = WebConnector(url, user_name, password, quickbooks, company_path="C:\\\\Books\\\\Demo.qbw")
result = connector.run_session()
"""

from __future__ import annotations

from qbsim.web_connector.connector import DEFAULT_TIMEOUT_SECONDS, Delivery, SessionResult, WebConnector
from qbsim.web_connector.faults import Fault, FaultKind, Faults, LateSet
from qbsim.web_connector.processor import Answer, ConnectionFailed, RequestProcessor
from qbsim.web_connector.soap import CallFailed, SoapClient

__all__ = [
    "DEFAULT_TIMEOUT_SECONDS",
    "Answer",
    "CallFailed",
    "ConnectionFailed",
    "Delivery",
    "Fault",
    "FaultKind",
    "Faults",
    "LateSet",
    "RequestProcessor",
    "SessionResult",
    "SoapClient",
    "WebConnector",
]
