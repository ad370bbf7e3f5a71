"""The parser of the simulated QuickBooks: decides whether a set of requests is valid qbXML, by rules of its own.

It is as strict as the real one: order, occurrence, choices, lengths, words, decimals, versions and the prolog.
Rules of business (does the customer exist, is the credit large enough) are not its affair.
"""

from __future__ import annotations

from qbsim.grammar.reading import (
    MAX_MESSAGE_SET_BYTES,
    PARSE_ERROR,
    QBXML_VERSIONS,
    MessageSet,
    ParseFault,
    Request,
    read_message_set,
    versions_up_to,
)

__all__ = [
    "MAX_MESSAGE_SET_BYTES",
    "PARSE_ERROR",
    "QBXML_VERSIONS",
    "MessageSet",
    "ParseFault",
    "Request",
    "read_message_set",
    "versions_up_to",
]
