"""A simulated QuickBooks Desktop company file: lists, transactions, double-entry books, qbXML in and out.

It knows nothing of the product that is tried against it. Rules are from Intuit's schema and documentation as far as
they are known; where nothing is known there is a switch in `Behaviour`, or the code says that it guesses.
"""

from __future__ import annotations

from qbsim.behaviour import Behaviour
from qbsim.builder import CompanyBuilder, Line
from qbsim.clock import Clock, NaiveClockError, SettableClock, real_time
from qbsim.codec import CompanyFileError
from qbsim.company import Company
from qbsim.ledger import OutOfBalanceError
from qbsim.opening import ConnectionFailed, OpeningFailure
from qbsim.processor import Answer, QuickBooks, QuickBooksCrashed, SetInWork
from qbsim.status import RequestRefused

__all__ = [
    "Answer",
    "Behaviour",
    "Clock",
    "Company",
    "CompanyBuilder",
    "CompanyFileError",
    "ConnectionFailed",
    "Line",
    "NaiveClockError",
    "OpeningFailure",
    "OutOfBalanceError",
    "QuickBooks",
    "QuickBooksCrashed",
    "RequestRefused",
    "SetInWork",
    "SettableClock",
    "real_time",
]
