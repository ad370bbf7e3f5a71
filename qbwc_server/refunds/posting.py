"""What a refund becomes in QuickBooks: the documents of a posting, each as the request that will be sent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qbwc_server.refunds.lines import Share
from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import Notice
from qbxml import Request


@dataclass(frozen=True)
class Document:
    """One transaction of a posting."""

    role: Role
    part: int
    request: Request
    external_guid: str  # empty for a change of an existing transaction
    ref_number: str
    amount: Decimal
    account: str = ""  # full name, of a payout; where a payment goes
    gateway: str = ""  # of a payout
    uses_memo: bool = False  # it names the memo of the same posting, by macro or by TxnID
    alone: bool = False  # to be sent with no other of its kind until QuickBooks has accepted one


@dataclass(frozen=True)
class Posting:
    """All that one refund becomes: its documents in the order in which they are sent, and what to know of it."""

    documents: tuple[Document, ...]
    notices: tuple[Notice, ...] = ()
    shares: tuple[Share, ...] = ()  # what it takes out of the sale's lines
    total: Decimal = ZERO  # that it takes out of the sale: of the memo, and what the shop keeps as a liability
    tax: Decimal = ZERO  # in it
    applied: Decimal = ZERO  # to the invoice
