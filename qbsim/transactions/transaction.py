"""What all transactions have in common: the core, the ledger entries behind it, the stock it moves, its links."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from qbsim.currencies import Exchange
from qbsim.identity import Stamp
from qbsim.ledger import Entry
from qbsim.nodes import Nodes
from qbsim.numbers import ZERO
from qbsim.stock import StockMove

if TYPE_CHECKING:
    from qbsim.company import Company

#: LinkType of payments, credits and refunds.
AMOUNT_LINK = "AMTTYPE"
#: LinkType between a sales order and its invoices.
QUANTITY_LINK = "QUANTYPE"


@dataclass
class Link:
    """A link to another transaction, kept on both sides.

    `amount` is negative, as in the samples: by so much the link reduces what is open on this transaction. For the
    check's and the card refund's own side no sample shows the sign; it is taken to be the same.
    """

    txn_id: str
    amount: Decimal
    link_type: str = AMOUNT_LINK
    #: In a foreign currency: what the link takes off this transaction in home currency, negative like the amount.
    home_amount: Decimal | None = None
    #: The exchange gain or loss of the settlement, on one of the two sides.
    entries: list[Entry] = field(default_factory=list)


@dataclass(kw_only=True)
class Transaction:
    """A transaction of the company file. `TYPE` is its name in qbXML, such as CreditMemo."""

    TYPE: ClassVar[str] = ""
    stamp: Stamp
    txn_number: int
    txn_date: date
    ref_number: str | None = None
    customer_id: str | None = None
    memo: str | None = None
    external_guid: str | None = None
    is_voided: bool = False
    #: Currency and rate, kept in companies with several currencies alone; the amounts are in that currency.
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    entries: list[Entry] = field(default_factory=list)
    stock: list[StockMove] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    @property
    def txn_id(self) -> str:
        """The TxnID."""
        return self.stamp.identifier

    @property
    def exchange(self) -> Exchange:
        """Currency and rate together."""
        return Exchange(self.currency_id, self.exchange_rate)

    @property
    def linked_amount(self) -> Decimal:
        """Sum of the links that settle money: zero or negative."""
        return sum((link.amount for link in self.links if link.link_type == AMOUNT_LINK), ZERO)

    def is_linked_to(self, txn_id: str) -> bool:
        """Whether there is a link to that transaction."""
        return any(link.txn_id == txn_id for link in self.links)

    @property
    def entity_ids(self) -> set[str]:
        """ListIDs of the customers that it concerns, as an EntityFilter finds it."""
        return set() if self.customer_id is None else {self.customer_id}

    @property
    def held_ids(self) -> set[str]:
        """TxnIDs of what it has taken out of Undeposited Funds."""
        return set()

    @property
    def payment_number(self) -> str | None:
        """The number of the payer's check, as a deposit shows it."""
        return None

    @property
    def paid_by_id(self) -> str | None:
        """ListID of the payment method, as a deposit shows it."""
        return None

    @property
    def main_line_id(self) -> str:
        """TxnLineID of the hidden line that stands on the main account: the number after that of the TxnID."""
        number, _, seconds = self.txn_id.partition("-")
        return f"{int(number, 16) + 1:X}-{seconds}"

    def posted_on(self, account_id: str) -> Decimal:
        """What it has posted on an account in home currency, debits positive."""
        return sum((entry.amount for entry in self.entries if entry.account_id == account_id), ZERO)

    def own_on(self, account_id: str) -> Decimal:
        """As `posted_on`, in the account's own currency."""
        return sum((entry.own for entry in self.entries if entry.account_id == account_id), ZERO)

    @property
    def settled_amount(self) -> Decimal:
        """What it stands for on the receivable account and can be settled: a debt positive, a credit negative."""
        return ZERO

    @property
    def is_credit(self) -> bool:
        """Whether it can be refunded or set against an invoice."""
        return self.settled_amount < 0

    @property
    def is_debt(self) -> bool:
        """Whether it can be paid."""
        return self.settled_amount > 0

    @property
    def open_credit(self) -> Decimal:
        """What is left of this transaction to be refunded or set against an invoice; zero where it is no credit."""
        return self.linked_amount - self.settled_amount if self.is_credit else ZERO

    @property
    def open_debt(self) -> Decimal:
        """What is left of this transaction to be paid; zero where it is no debt."""
        return self.settled_amount + self.linked_amount if self.is_debt else ZERO

    @property
    def receivable_id(self) -> str | None:
        """ListID of the receivable account, for those that are on one."""
        return None

    def release(self, company: Company) -> None:
        """Gives back what this transaction holds of others beyond its links, before it is voided or deleted."""

    def void(self) -> None:
        """Sets this transaction's own amounts to zero; the company takes back entries, stock and links."""
        self.is_voided = True
        self.memo = f"VOID: {self.memo or ''}"

    def core(self) -> dict[str, str | Nodes | None]:
        """The values that stand first in every transaction's Ret, and those that nearly all have."""
        return {
            "TxnID": self.txn_id,
            "TimeCreated": self.stamp.time_created.isoformat(),
            "TimeModified": self.stamp.time_modified.isoformat(),
            "EditSequence": self.stamp.edit_sequence,
            "TxnNumber": str(self.txn_number),
            "TxnDate": self.txn_date.isoformat(),
            "RefNumber": self.ref_number,
            "Memo": self.memo,
        }


#: The order of the core in every Ret.
CORE_ORDER = ("TxnID", "TimeCreated", "TimeModified", "EditSequence", "TxnNumber")
