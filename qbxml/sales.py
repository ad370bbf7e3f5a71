"""Sales: sales receipts, invoices and sales orders as they are found, and the closing of a sales order."""

from __future__ import annotations

from typing import Annotated, ClassVar

from qbxml.aggregate import Aggregate, aggregate
from qbxml.common import (
    Address,
    CurrencyRef,
    CustomerMsgRef,
    CustomerRef,
    DataExtRet,
    ItemRef,
    LinkedTxn,
    ListRef,
    MacroName,
    SalesRepRef,
    SalesTaxCodeRef,
    ShipMethodRef,
    SimpleRef,
)
from qbxml.requests import (
    AccountPart,
    LinesPart,
    LinksPart,
    NumberPart,
    OutputPart,
    Request,
    TransactionPart,
    unless_named,
)
from qbxml.types import (
    GUID,
    ID,
    Amount,
    AnyText,
    Bool,
    Date,
    DateTime,
    ExchangeRate,
    Int,
    OneOf,
    Percent,
    Price,
    Quantity,
    Text11,
    Text16,
    Text29,
    Text31,
    Text4095,
)


@aggregate
class TransactionRecord(Aggregate):
    """What every transaction has."""

    txn_id: ID | None = None
    time_created: DateTime | None = None
    time_modified: DateTime | None = None
    edit_sequence: Text16 | None = None
    txn_number: Int | None = None


@aggregate
class LineRet(Aggregate):
    """A line of a sales form or credit memo."""

    txn_line_id: ID | None = None
    item_ref: ItemRef | None = None
    desc: Text4095 | None = None
    quantity: Quantity | None = None
    unit_of_measure: Text31 | None = None
    override_uom_set_ref: SimpleRef | None = None
    rate: Price | None = None
    rate_percent: Percent | None = None
    class_ref: ListRef | None = None
    amount: Amount | None = None
    tax_amount: Amount | None = None
    inventory_site_ref: SimpleRef | None = None
    inventory_site_location_ref: SimpleRef | None = None
    serial_number: Text4095 | None = None
    lot_number: AnyText | None = None
    service_date: Date | None = None
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    invoiced: Quantity | None = None  # of sales orders
    is_manually_closed: Bool | None = None  # of sales orders
    other1: Text29 | None = None
    other2: Text29 | None = None
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class LineGroupRet(Aggregate):
    """The head of a bundle's lines; the lines themselves stand in `lines` of the concrete classes."""

    txn_line_id: ID | None = None
    item_group_ref: SimpleRef | None = None
    desc: Text4095 | None = None
    quantity: Quantity | None = None
    unit_of_measure: Text31 | None = None
    override_uom_set_ref: SimpleRef | None = None
    is_print_items_in_group: Bool | None = None
    total_amount: Amount | None = None


@aggregate
class SalesReceiptLineRet(LineRet):
    """A line of a sales receipt."""


@aggregate
class SalesReceiptLineGroupRet(LineGroupRet):
    """A bundle on a sales receipt."""

    lines: tuple[SalesReceiptLineRet, ...] = ()


@aggregate
class InvoiceLineRet(LineRet):
    """A line of an invoice."""


@aggregate
class InvoiceLineGroupRet(LineGroupRet):
    """A bundle on an invoice."""

    lines: tuple[InvoiceLineRet, ...] = ()


@aggregate
class SalesOrderLineRet(LineRet):
    """A line of a sales order, with how much of it has been invoiced."""


@aggregate
class SalesOrderLineGroupRet(LineGroupRet):
    """A bundle on a sales order."""

    lines: tuple[SalesOrderLineRet, ...] = ()


@aggregate
class SalesReceiptRet(TransactionRecord):
    """A sale paid at once: money went to the deposit account."""

    customer_ref: CustomerRef | None = None
    class_ref: ListRef | None = None
    template_ref: SimpleRef | None = None
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    bill_address: Address | None = None
    ship_address: Address | None = None
    is_pending: Bool | None = None
    check_number: AnyText | None = None
    payment_method_ref: SimpleRef | None = None
    due_date: Date | None = None
    sales_rep_ref: SalesRepRef | None = None
    ship_date: Date | None = None
    ship_method_ref: ShipMethodRef | None = None
    fob: AnyText | None = None
    subtotal: Amount | None = None
    item_sales_tax_ref: SimpleRef | None = None
    sales_tax_percentage: Percent | None = None
    sales_tax_total: Amount | None = None
    total_amount: Amount | None = None
    currency_ref: CurrencyRef | None = None
    exchange_rate: ExchangeRate | None = None
    total_amount_in_home_currency: Amount | None = None
    memo: Text4095 | None = None
    customer_msg_ref: CustomerMsgRef | None = None
    is_to_be_printed: Bool | None = None
    is_to_be_emailed: Bool | None = None
    is_tax_included: Bool | None = None
    customer_sales_tax_code_ref: SalesTaxCodeRef | None = None
    deposit_to_account_ref: ListRef | None = None
    other: Text29 | None = None
    external_guid: GUID | None = None
    lines: tuple[SalesReceiptLineRet | SalesReceiptLineGroupRet, ...] = ()
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class InvoiceRet(TransactionRecord):
    """A sale on account; what has been paid or credited stands in its links."""

    customer_ref: CustomerRef | None = None
    class_ref: ListRef | None = None
    ar_account_ref: ListRef | None = None
    template_ref: SimpleRef | None = None
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    bill_address: Address | None = None
    ship_address: Address | None = None
    is_pending: Bool | None = None
    is_finance_charge: Bool | None = None
    po_number: AnyText | None = None
    terms_ref: SimpleRef | None = None
    due_date: Date | None = None
    sales_rep_ref: SalesRepRef | None = None
    fob: AnyText | None = None
    ship_date: Date | None = None
    ship_method_ref: ShipMethodRef | None = None
    subtotal: Amount | None = None
    item_sales_tax_ref: SimpleRef | None = None
    sales_tax_percentage: Percent | None = None
    sales_tax_total: Amount | None = None
    applied_amount: Amount | None = None
    balance_remaining: Amount | None = None
    currency_ref: CurrencyRef | None = None
    exchange_rate: ExchangeRate | None = None
    balance_remaining_in_home_currency: Amount | None = None
    memo: Text4095 | None = None
    is_paid: Bool | None = None
    customer_msg_ref: CustomerMsgRef | None = None
    is_to_be_printed: Bool | None = None
    is_to_be_emailed: Bool | None = None
    is_tax_included: Bool | None = None
    customer_sales_tax_code_ref: SalesTaxCodeRef | None = None
    suggested_discount_amount: Amount | None = None
    suggested_discount_date: Date | None = None
    other: Text29 | None = None
    external_guid: GUID | None = None
    linked_txns: tuple[LinkedTxn, ...] = ()
    lines: tuple[InvoiceLineRet | InvoiceLineGroupRet, ...] = ()
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class SalesOrderRet(TransactionRecord):
    """An order that posts nothing until it is invoiced."""

    customer_ref: CustomerRef | None = None
    class_ref: ListRef | None = None
    template_ref: SimpleRef | None = None
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    bill_address: Address | None = None
    ship_address: Address | None = None
    po_number: AnyText | None = None
    terms_ref: SimpleRef | None = None
    due_date: Date | None = None
    sales_rep_ref: SalesRepRef | None = None
    fob: AnyText | None = None
    ship_date: Date | None = None
    ship_method_ref: ShipMethodRef | None = None
    subtotal: Amount | None = None
    item_sales_tax_ref: SimpleRef | None = None
    sales_tax_percentage: Percent | None = None
    sales_tax_total: Amount | None = None
    total_amount: Amount | None = None
    currency_ref: CurrencyRef | None = None
    exchange_rate: ExchangeRate | None = None
    total_amount_in_home_currency: Amount | None = None
    is_manually_closed: Bool | None = None
    is_fully_invoiced: Bool | None = None
    memo: Text4095 | None = None
    customer_msg_ref: CustomerMsgRef | None = None
    is_to_be_printed: Bool | None = None
    is_to_be_emailed: Bool | None = None
    is_tax_included: Bool | None = None
    customer_sales_tax_code_ref: SalesTaxCodeRef | None = None
    other: Text29 | None = None
    external_guid: GUID | None = None
    linked_txns: tuple[LinkedTxn, ...] = ()
    lines: tuple[SalesOrderLineRet | SalesOrderLineGroupRet, ...] = ()
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class PaidStatusPart(TransactionPart):
    """Only the paid, or only the open."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (unless_named("paid_status"),)

    paid_status: Annotated[str | None, OneOf(("All", "PaidOnly", "NotPaidOnly"))] = None


@aggregate
class SalesReceiptQuery(OutputPart, LinesPart, NumberPart, AccountPart, TransactionPart, rets=(SalesReceiptRet,)):
    """Which sales receipts are there?"""


@aggregate
class InvoiceQuery(
    OutputPart, LinksPart, LinesPart, PaidStatusPart, NumberPart, AccountPart, TransactionPart, rets=(InvoiceRet,)
):
    """Which invoices are there?"""


@aggregate
class SalesOrderQuery(OutputPart, LinksPart, LinesPart, NumberPart, TransactionPart, rets=(SalesOrderRet,)):
    """Which sales orders are there? They know no account filter."""


@aggregate
class SalesOrderLineMod(Aggregate):
    """A line of a sales order that stays, closed or with another quantity; a line that is not named is deleted."""

    txn_line_id: ID
    quantity: Quantity | None = None
    is_manually_closed: Bool | None = None


@aggregate
class SalesOrderLineGroupMod(Aggregate):
    """A bundle of a sales order that stays, with its lines."""

    txn_line_id: ID
    lines: tuple[SalesOrderLineMod, ...] = ()


@aggregate
class SalesOrderMod(Request, rets=(SalesOrderRet,), writes=True):
    """Closes a sales order, or lines of it. With lines, it must name all that are to stay."""

    txn_id: ID
    edit_sequence: Text16
    is_manually_closed: Bool | None = None
    memo: Text4095 | None = None
    lines: tuple[SalesOrderLineMod | SalesOrderLineGroupMod, ...] = ()


@aggregate
class SaleLineAdd(Aggregate):
    """A line of a new sale; QuickBooks works its rate out of quantity and amount."""

    item_ref: ItemRef | None = None
    desc: Text4095 | None = None
    quantity: Quantity | None = None
    amount: Amount | None = None
    sales_tax_code_ref: SalesTaxCodeRef | None = None


@aggregate
class SalesReceiptLineAdd(SaleLineAdd):
    """A line of a new sales receipt."""


@aggregate
class InvoiceLineAdd(SaleLineAdd):
    """A line of a new invoice."""


@aggregate
class SalesReceiptAdd(Request, rets=(SalesReceiptRet,), writes=True):
    """Enters a sale that was paid at once."""

    def_macro: MacroName = None
    customer_ref: CustomerRef | None = None  # Connex always gives it
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    payment_method_ref: SimpleRef | None = None
    item_sales_tax_ref: SimpleRef | None = None
    memo: Text4095 | None = None
    is_to_be_printed: Bool | None = None
    is_to_be_emailed: Bool | None = None
    is_tax_included: Bool | None = None
    customer_sales_tax_code_ref: SalesTaxCodeRef | None = None
    deposit_to_account_ref: ListRef | None = None
    external_guid: GUID | None = None
    lines: tuple[SalesReceiptLineAdd, ...]


@aggregate
class InvoiceAdd(Request, rets=(InvoiceRet,), writes=True):
    """Enters a sale on account."""

    def_macro: MacroName = None
    customer_ref: CustomerRef
    ar_account_ref: ListRef | None = None
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    item_sales_tax_ref: SimpleRef | None = None
    memo: Text4095 | None = None
    is_to_be_printed: Bool | None = None
    is_to_be_emailed: Bool | None = None
    is_tax_included: Bool | None = None
    customer_sales_tax_code_ref: SalesTaxCodeRef | None = None
    external_guid: GUID | None = None
    lines: tuple[InvoiceLineAdd, ...]
