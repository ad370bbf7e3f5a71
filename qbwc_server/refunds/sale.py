"""The original sale as QuickBooks has it, and the company file around it: what planning needs, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from decimal import Decimal
from enum import Enum

from qbwc_server.refunds.currencies import currency_code
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.model import ZERO
from qbxml import Address, Ref


class SaleType(Enum):
    """The kinds of transaction that an order can have become; the values are Intuit's names."""

    SALES_RECEIPT = "SalesReceipt"
    INVOICE = "Invoice"
    SALES_ORDER = "SalesOrder"

    @property
    def words(self) -> str:
        """As a bookkeeper calls it."""
        return {"SalesReceipt": "sales receipt", "Invoice": "invoice", "SalesOrder": "sales order"}[self.value]


@dataclass(frozen=True)
class SaleLine:
    """One line of the sale; a bundle is one line with its parts inside."""

    txn_line_id: str
    item: Ref | None
    desc: str
    quantity: Decimal | None  # None where the line has none, such as a discount
    rate: Decimal | None
    rate_percent: Decimal | None
    amount: Decimal
    class_ref: Ref | None = None
    sales_tax_code: Ref | None = None
    unit_of_measure: str = ""
    inventory_site: Ref | None = None
    inventory_site_location: Ref | None = None
    serial_number: str = ""
    lot_number: str = ""
    other1: str = ""
    other2: str = ""
    is_group: bool = False
    invoiced: Decimal = Decimal(0)  # of a sales order's line
    is_closed: bool = False  # of a sales order's line
    parts: tuple[SaleLine, ...] = ()
    also_called: tuple[str, ...] = ()  # the item's manufacturer's part number and barcode, as far as they were read
    moves_stock: bool = True  # False where QuickBooks shows that the item's stock is not kept

    @property
    def is_deduction(self) -> bool:
        """A discount, or anything else that lowers the sale."""
        return self.amount < 0


@dataclass(frozen=True)
class Payment:
    """A payment of an invoice, or one that stands open on the customer's account."""

    txn_id: str
    amount: Decimal  # applied to the invoice
    deposit_account: Ref | None = None
    payment_method: Ref | None = None
    unused: Decimal = ZERO
    ref_number: str = ""
    memo: str = ""


@dataclass(frozen=True)
class Sale:
    """A sales receipt, invoice or sales order."""

    type: SaleType
    txn_id: str
    edit_sequence: str
    ref_number: str
    txn_date: date
    customer: Ref
    total: Decimal
    subtotal: Decimal
    tax: Decimal
    lines: tuple[SaleLine, ...]
    tax_percentage: Decimal = Decimal(0)
    class_ref: Ref | None = None
    template: Ref | None = None
    ar_account: Ref | None = None
    sales_rep: Ref | None = None
    sales_tax_item: Ref | None = None
    customer_sales_tax_code: Ref | None = None
    currency: Ref | None = None
    exchange_rate: Decimal | None = None
    is_tax_included: bool = False
    is_pending: bool = False
    deposit_account: Ref | None = None  # of a sales receipt
    payment_method: Ref | None = None  # of a sales receipt
    open_balance: Decimal = ZERO  # of an invoice
    payments: tuple[Payment, ...] = ()  # of an invoice: payments linked to it, credits not among them
    open_payments: tuple[Payment, ...] = ()  # of a sales order: the customer's payments that are not used up
    linked: tuple[str, ...] = ()  # of an invoice: all that it is linked to, by type and number or TxnID
    is_void: bool = False  # it was voided, and stands in the books with zero
    invoices: tuple[str, ...] = ()  # of a sales order: TxnIDs
    is_closed: bool = False  # of a sales order
    behind: Sale | None = None  # of an invoice: the sales order that it was made from, if that is still open in part
    memo: str = ""
    po_number: str = ""
    other: str = ""
    bill_address: Address | None = None
    external_guid: str = ""  # in capital letters; empty where QuickBooks shows none


@dataclass(frozen=True)
class Taken:
    """What earlier refunds took out of a sale, posted or on their way."""

    total: Decimal = ZERO
    tax: Decimal = ZERO
    quantities: Mapping[str, Decimal] = field(default_factory=dict)  # by TxnLineID
    amounts: Mapping[str, Decimal] = field(default_factory=dict)  # by TxnLineID
    applied: Decimal = (
        ZERO  # applications to the invoice, and payments on it, that are planned but not in its balance yet
    )
    by_hand: tuple[str, ...] = ()  # RefNumbers of credit memos that were entered by hand, counted here

    def and_also(self, other: Taken) -> Taken:
        """Both together."""
        return Taken(
            total=self.total + other.total,
            tax=self.tax + other.tax,
            quantities=_sums(self.quantities, other.quantities),
            amounts=_sums(self.amounts, other.amounts),
            applied=self.applied + other.applied,
            by_hand=(*self.by_hand, *other.by_hand),
        )


def _sums(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {key: one.get(key, ZERO) + other.get(key, ZERO) for key in (*one, *other)}


@dataclass(frozen=True)
class Account:
    """An account of the chart."""

    list_id: str
    full_name: str
    account_type: str
    special_account_type: str = ""
    is_active: bool = True
    currency: str = ""

    @property
    def ref(self) -> Ref:
        """By ListID, which no renaming changes."""
        return Ref(list_id=self.list_id, full_name=self.full_name)


class Known(Enum):
    """What experience with this QuickBooks has shown of something that no source tells."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class CompanyFacts:
    """The company file as far as planning depends on it."""

    accounts: tuple[Account, ...]
    time_zone: tzinfo
    payment_methods: tuple[Ref, ...] = ()
    items: Mapping[str, Ref] = field(default_factory=dict)  # those that settings and the mapping name, by that name
    item_of_sku: Mapping[str, str] = field(default_factory=dict)  # the mapping: SKU, casefolded, to an item's name
    gateways: Mapping[str, Gateway] = field(default_factory=dict)  # the mapping, by `gateway_key`
    tax_rates: Mapping[str, Decimal] = field(default_factory=dict)  # percent, by sales tax code, where codes have one
    tax_parts: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)  # of codes that bear several taxes
    templates: tuple[str, ...] | None = None  # names of the forms of credit memos; None where they were not read
    home_currency: str = ""  # ISO 4217, as far as it can be told
    country: str = ""  # of this QuickBooks: US, CA, UK, AU; empty where it was not told
    taxable_code: Ref | None = None  # the default code of the company for what bears sales tax
    non_taxable_code: Ref | None = None  # ... and for what bears none
    closing_date: date | None = None
    accountants_copy_until: date | None = None
    check_from_undeposited_funds: Known = Known.UNKNOWN

    def template_named(self, name: str) -> str | None:
        """The form of credit memos of that name, whatever its case."""
        return next((each for each in self.templates or () if each.casefold() == name.casefold()), None)

    def account_named(self, full_name: str) -> Account | None:
        """The active account of that full name, whatever its case."""
        wanted = full_name.casefold()
        return next((a for a in self.accounts if a.is_active and a.full_name.casefold() == wanted), None)

    def account(self, ref: Ref) -> Account | None:
        """The account that a reference names."""
        return next((a for a in self.accounts if a.ref.same_as(ref)), None)

    @property
    def undeposited_funds(self) -> Account | None:
        """Found by its special type, whatever its name (FACTS.md 1)."""
        return next((a for a in self.accounts if a.special_account_type == "UndepositedFunds"), None)

    @property
    def receivables(self) -> Account | None:
        """The receivables account: by special type where one carries it, else the first by type (FACTS.md 1)."""
        of_type = [a for a in self.accounts if a.account_type == "AccountsReceivable" and a.is_active]
        special = [a for a in of_type if a.special_account_type == "AccountsReceivable"]
        return next(iter(special + of_type), None)

    def receivables_in(self, currency: str) -> Account | None:
        """The receivables account for sales in a currency (ISO 4217; empty: that is not told)."""

        def suits(account: Account) -> bool:
            return not (account.currency and currency) or currency_code(Ref(full_name=account.currency)) == currency

        return replace(self, accounts=tuple(account for account in self.accounts if suits(account))).receivables
