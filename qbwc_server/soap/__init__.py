"""The SOAP side of the Web Connector: `make_soap_application(conversation)` is what the server mounts at /qbwc."""

from __future__ import annotations

from qbwc_server.soap.front_door import MAX_BODY_BYTES
from qbwc_server.soap.service import NAMESPACE, Conversation, make_soap_application

__all__ = ["MAX_BODY_BYTES", "NAMESPACE", "Conversation", "make_soap_application"]
