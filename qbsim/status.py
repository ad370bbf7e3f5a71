"""The status codes of QuickBooks in one table, and the refusal of a request as an exception.

Where a code or its wording comes from is said row by row: documented (Intuit's text or a copy of it), observed (seen
in a published log), recalled (known, but no stored source), guess (chosen here, since nothing tells).
Severity words on the wire: Info for 0 and 1, Warn from 500 to 600, Error above (FACTS.md 9).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from qbsim.nodes import Nodes

Severity = Literal["Info", "Warn", "Error"]
Confidence = Literal["documented", "observed", "recalled", "guess"]

OK = 0
NO_MATCH = 1
PARTLY_FOUND = 500
FIELD_NOT_SUPPORTED = 530
NOTHING_TO_CLEAR = 600
NOT_SUPPORTED = 1030
BAD_ID = 3000
BAD_BOOLEAN = 3010
BAD_DATE = 3020
BAD_DATE_RANGE = 3030
BAD_RANGE = 3031
BAD_AMOUNT = 3040
BAD_PRICE = 3045
BAD_PERCENT = 3050
BAD_QUANTITY = 3060
TOO_LONG = 3070
BAD_LIST_NAME = 3090
NAME_IN_USE = 3100
NOT_FOUND = 3120
BAD_PARENT = 3130
BAD_REFERENCE = 3140
MISSING_ELEMENT = 3150
CANNOT_DELETE = 3160
DELETE_IN_CLOSED = 3161
NOT_IN_MULTI_USER = 3162
CANNOT_MODIFY = 3170
MODIFY_IN_CLOSED = 3171
IN_USE = 3175
RELATED_IN_USE = 3176
SAVE_FAILED = 3180
CANNOT_VOID = 3185
STALE_EDIT_SEQUENCE = 3200
BAD_VALUE = 3210
LEFT_OUT = 3231
FEATURE_OFF = 3250
NOT_PERMITTED = 3260
WRONG_ORDER = 3290
SET_DIFFERS = 9001
NOTHING_STORED = 9002
NOT_STORED = 9005
SET_ID_TOO_LONG = 9004
MACRO_UNKNOWN = 9101
MACRO_DEFINED_TWICE = 9102
MACRO_NOT_TAKEN_HERE = 9103


@dataclass(frozen=True)
class Status:
    """One row: the code, its severity, the wording with its places in braces, and how sure we are of it."""

    code: int
    severity: Severity
    wording: str
    confidence: Confidence


_NO_RECORD = "QuickBooks error message: Invalid argument.  The specified record does not exist in the list."

_ROWS = (
    Status(OK, "Info", "Status OK", "documented"),
    Status(NO_MATCH, "Info", "A query request did not find a matching object in QuickBooks", "observed"),
    Status(
        PARTLY_FOUND,
        "Warn",
        "The query request has not been fully completed. There was a required element"
        ' ("{value}") that could not be found in QuickBooks.',
        "observed",
    ),
    Status(FIELD_NOT_SUPPORTED, "Warn", 'The field "{field}" is not supported by this implementation.', "observed"),
    Status(NOTHING_TO_CLEAR, "Warn", "", "documented"),
    Status(NOT_SUPPORTED, "Error", "This request is not supported by this implementation.", "documented"),
    Status(BAD_ID, "Error", 'The given object ID "{value}" in the field "{field}" is invalid.', "documented"),
    Status(
        BAD_BOOLEAN,
        "Error",
        'There was an error when converting the boolean value "{value}" in the field "{field}"',
        "documented",
    ),
    Status(
        BAD_DATE,
        "Error",
        'There was an error when converting the date value "{value}" in the field "{field}"',
        "documented",
    ),
    Status(BAD_DATE_RANGE, "Error", "Invalid date range: From date is greater than To date.", "documented"),
    Status(BAD_RANGE, "Error", 'The "From" or "To" values in the provided {field} are invalid.', "documented"),
    Status(
        BAD_AMOUNT,
        "Error",
        'There was an error when converting the amount "{value}" in the field "{field}".',
        "recalled",
    ),
    Status(
        BAD_PRICE, "Error", 'There was an error when converting the price "{value}" in the field "{field}".', "observed"
    ),
    Status(
        BAD_PERCENT,
        "Error",
        'There was an error when converting the percent "{value}" in the field "{field}".',
        "recalled",
    ),
    Status(
        BAD_QUANTITY,
        "Error",
        'There was an error when converting the quantity "{value}" in the field "{field}".',
        "recalled",
    ),
    Status(TOO_LONG, "Error", 'The string "{value}" in the field "{field}" is too long.', "observed"),
    Status(BAD_LIST_NAME, "Error", 'There was an error when storing "{value}" in the "{field}" field.', "recalled"),
    Status(NAME_IN_USE, "Error", 'The name "{value}" of the list element is already in use.', "observed"),
    Status(
        NOT_FOUND, "Error", f'Object "{{value}}" specified in the request cannot be found.  {_NO_RECORD}', "observed"
    ),
    Status(
        BAD_PARENT, "Error", 'There is an invalid reference to the parent "{value}" in the {object} list.', "recalled"
    ),
    Status(
        BAD_REFERENCE,
        "Error",
        f'There is an invalid reference to QuickBooks {{kind}} "{{value}}" in the {{object}}.  {_NO_RECORD}',
        "observed",
    ),
    Status(MISSING_ELEMENT, "Error", 'There is a missing element: "{field}".', "observed"),
    Status(
        CANNOT_DELETE,
        "Error",
        'Cannot delete the object specified by the id = "{value}".  QuickBooks error message: {reason}',
        "recalled",
    ),
    Status(
        SAVE_FAILED,
        "Error",
        "There was an error when saving a {object}.  QuickBooks error message: {reason}",
        "observed",
    ),
    Status(
        DELETE_IN_CLOSED,
        "Error",
        "An attempt was made to delete a {object} with a date that is on or before the closing date of the company.",
        "recalled",
    ),
    Status(NOT_IN_MULTI_USER, "Error", "This operation is not allowed in multi-user mode.", "recalled"),
    Status(
        MODIFY_IN_CLOSED,
        "Error",
        "An attempt was made to modify a {object} with a date that is on or before the closing date of the company.",
        "recalled",
    ),
    Status(
        IN_USE,
        "Error",
        "There was an error adding, modifying or deleting {value} because it is already in use."
        "  QuickBooks error message: {reason}",
        "observed",
    ),
    Status(
        RELATED_IN_USE,
        "Error",
        "There was an error adding, modifying or deleting {value} because it is already in use."
        "  QuickBooks error message: {reason}",
        "observed",
    ),
    Status(
        CANNOT_VOID,
        "Error",
        'Cannot void the object specified by the id = "{value}".  QuickBooks error message: {reason}',
        "recalled",
    ),
    Status(NOT_PERMITTED, "Error", "Insufficient permission level to perform this action.", "observed"),
    Status(
        CANNOT_MODIFY,
        "Error",
        "There was an error when modifying a {object}.  QuickBooks error message: {reason}",
        "observed",
    ),
    Status(STALE_EDIT_SEQUENCE, "Error", 'The provided edit sequence "{value}" is out-of-date. ', "observed"),
    Status(
        BAD_VALUE,
        "Error",
        'The "{field}" field has an invalid value "{value}".  QuickBooks error message: {reason}',
        "observed",
    ),
    Status(LEFT_OUT, "Error", "The request has not been processed.", "recalled"),
    Status(
        FEATURE_OFF,
        "Error",
        "This feature is not enabled or not available in this version of QuickBooks.",
        "observed",
    ),
    Status(WRONG_ORDER, "Error", 'The item "{value}" is placed in the request in incorrect order.', "observed"),
    Status(SET_DIFFERS, "Error", "", "documented"),
    Status(NOTHING_STORED, "Error", "", "documented"),
    Status(NOT_STORED, "Error", "", "documented"),
    Status(SET_ID_TOO_LONG, "Error", "", "documented"),
    # Macro errors lie from 9100 to 9199 (documented); which is which is not told.
    Status(MACRO_UNKNOWN, "Error", 'The macro "{value}" in the field "{field}" has not been defined.', "guess"),
    Status(MACRO_DEFINED_TWICE, "Error", 'The macro "{value}" has already been defined.', "guess"),
    Status(MACRO_NOT_TAKEN_HERE, "Error", 'The field "{field}" does not take the macro "{value}".', "guess"),
)

STATUSES: dict[int, Status] = {row.code: row for row in _ROWS}


def message(code: int, **places: str) -> str:
    """The statusMessage of a code with its places filled in.

    >>> message(3000, value="cm1", field="TxnID")
    'The given object ID "cm1" in the field "TxnID" is invalid.'
    """
    return STATUSES[code].wording.format(**places)


@dataclass(eq=False)
class RequestRefused(Exception):
    """QuickBooks answers a request with an error status; nothing of the request was done."""

    code: int
    message: str
    #: What the response carries all the same, such as the current Ret beside a stale EditSequence.
    nodes: Nodes = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def refusal(code: int, **places: str) -> RequestRefused:
    """The exception for a code, to be raised by the caller."""
    return RequestRefused(code, message(code, **places))
