"""What a refund becomes: credit memos, checks and credit-card refunds, and payments that apply a credit."""

from __future__ import annotations

from typing import ClassVar

from qbxml.aggregate import Aggregate, aggregate
from qbxml.common import (
    Address,
    CurrencyRef,
    CustomerMsgRef,
    CustomerRef,
    DataExt,
    DataExtRet,
    ItemRef,
    LinkedTxn,
    ListRef,
    MacroID,
    MacroName,
    SalesRepRef,
    SalesTaxCodeRef,
    ShipMethodRef,
    SimpleRef,
)
from qbxml.requests import AccountPart, LinesPart, LinksPart, NumberPart, OutputPart, Request, TransactionPart
from qbxml.sales import LineGroupRet, LineRet, TransactionRecord
from qbxml.types import (
    GUID,
    ID,
    Amount,
    AnyText,
    Bool,
    Date,
    ExchangeRate,
    Percent,
    Price,
    Quantity,
    Text11,
    Text13,
    Text20,
    Text25,
    Text29,
    Text31,
    Text40,
    Text4095,
)


@aggregate
class CreditMemoLineRet(LineRet):
    """A line of a credit memo; amounts are positive and lower the customer's balance."""


@aggregate
class CreditMemoLineGroupRet(LineGroupRet):
    """A bundle on a credit memo."""

    lines: tuple[CreditMemoLineRet, ...] = ()


@aggregate
class CreditMemoRet(TransactionRecord):
    """A credit memo; what it was used for stands in its links."""

    customer_ref: CustomerRef | None = None
    class_ref: ListRef | None = None
    ar_account_ref: ListRef | None = None
    template_ref: SimpleRef | None = None
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    bill_address: Address | None = None
    ship_address: Address | None = None
    is_pending: Bool | None = None
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
    credit_remaining: Amount | None = None
    currency_ref: CurrencyRef | None = None
    exchange_rate: ExchangeRate | None = None
    credit_remaining_in_home_currency: Amount | None = None
    memo: Text4095 | None = None
    customer_msg_ref: CustomerMsgRef | None = None
    is_to_be_printed: Bool | None = None
    is_to_be_emailed: Bool | None = None
    is_tax_included: Bool | None = None
    customer_sales_tax_code_ref: SalesTaxCodeRef | None = None
    other: Text29 | None = None
    external_guid: GUID | None = None
    linked_txns: tuple[LinkedTxn, ...] = ()
    lines: tuple[CreditMemoLineRet | CreditMemoLineGroupRet, ...] = ()
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class ExpenseLineRet(Aggregate):
    """A line of a check that names an account."""

    txn_line_id: ID | None = None
    account_ref: ListRef | None = None
    amount: Amount | None = None
    tax_amount: Amount | None = None
    memo: Text4095 | None = None
    customer_ref: CustomerRef | None = None
    class_ref: ListRef | None = None
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    billable_status: AnyText | None = None


@aggregate
class CheckRet(TransactionRecord):
    """A check; a refund's pays out of the account and into receivables."""

    account_ref: ListRef | None = None
    payee_entity_ref: CustomerRef | None = None
    ref_number: Text11 | None = None
    txn_date: Date | None = None
    amount: Amount | None = None
    currency_ref: CurrencyRef | None = None
    exchange_rate: ExchangeRate | None = None
    amount_in_home_currency: Amount | None = None
    memo: Text4095 | None = None
    address: Address | None = None
    is_pending: Bool | None = None
    is_to_be_printed: Bool | None = None
    is_tax_included: Bool | None = None
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    external_guid: GUID | None = None
    linked_txns: tuple[LinkedTxn, ...] = ()
    expense_lines: tuple[ExpenseLineRet, ...] = ()
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class RefundAppliedToTxnRet(Aggregate):
    """The credit that a credit-card refund pays out."""

    txn_id: ID | None = None
    txn_type: AnyText | None = None
    txn_date: Date | None = None
    ref_number: Text20 | None = None
    credit_remaining: Amount | None = None
    refund_amount: Amount | None = None


@aggregate
class ARRefundCreditCardRet(TransactionRecord):
    """A credit-card refund."""

    customer_ref: CustomerRef | None = None
    refund_from_account_ref: ListRef | None = None
    ar_account_ref: ListRef | None = None
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    total_amount: Amount | None = None
    currency_ref: CurrencyRef | None = None
    exchange_rate: ExchangeRate | None = None
    total_amount_in_home_currency: Amount | None = None
    address: Address | None = None
    payment_method_ref: SimpleRef | None = None
    memo: Text4095 | None = None
    external_guid: GUID | None = None
    refund_applied_to_txn_rets: tuple[RefundAppliedToTxnRet, ...] = ()
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class AppliedToTxnRet(Aggregate):
    """The invoice that a payment, or a credit, was applied to."""

    txn_id: ID | None = None
    txn_type: AnyText | None = None
    txn_date: Date | None = None
    ref_number: Text20 | None = None
    balance_remaining: Amount | None = None
    amount: Amount | None = None
    discount_amount: Amount | None = None
    discount_account_ref: ListRef | None = None
    linked_txns: tuple[LinkedTxn, ...] = ()


@aggregate
class ReceivePaymentRet(TransactionRecord):
    """A payment received, with the account it went to."""

    customer_ref: CustomerRef | None = None
    ar_account_ref: ListRef | None = None
    txn_date: Date | None = None
    ref_number: Text20 | None = None
    total_amount: Amount | None = None
    currency_ref: CurrencyRef | None = None
    exchange_rate: ExchangeRate | None = None
    total_amount_in_home_currency: Amount | None = None
    payment_method_ref: SimpleRef | None = None
    memo: Text4095 | None = None
    deposit_to_account_ref: ListRef | None = None
    unused_payment: Amount | None = None
    unused_credits: Amount | None = None
    external_guid: GUID | None = None
    applied_to_txn_rets: tuple[AppliedToTxnRet, ...] = ()
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class CreditMemoLineAdd(Aggregate):
    """A line to credit. ClassRef stands before Amount (FACTS.md 1)."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("rate", "rate_percent", "price_level_ref"),
        ("serial_number", "lot_number"),
    )

    item_ref: ItemRef | None = None
    desc: Text4095 | None = None
    quantity: Quantity | None = None
    unit_of_measure: Text31 | None = None
    rate: Price | None = None
    rate_percent: Percent | None = None
    price_level_ref: SimpleRef | None = None
    class_ref: ListRef | None = None
    amount: Amount | None = None
    tax_amount: Amount | None = None
    inventory_site_ref: SimpleRef | None = None
    inventory_site_location_ref: SimpleRef | None = None
    serial_number: Text4095 | None = None
    lot_number: Text40 | None = None
    service_date: Date | None = None
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    override_item_account_ref: ListRef | None = None
    other1: Text29 | None = None
    other2: Text29 | None = None
    data_exts: tuple[DataExt, ...] = ()


@aggregate
class CreditMemoLineGroupAdd(Aggregate):
    """A bundle to credit."""

    item_group_ref: SimpleRef
    desc: Text4095 | None = None
    quantity: Quantity | None = None
    unit_of_measure: Text31 | None = None
    service_date: Date | None = None
    inventory_site_ref: SimpleRef | None = None
    inventory_site_location_ref: SimpleRef | None = None
    data_exts: tuple[DataExt, ...] = ()


@aggregate
class CreditMemoAdd(Request, rets=(CreditMemoRet,), writes=True):
    """Credits a customer. RefNumber stands after TxnDate; QuickBooks works out the total itself."""

    def_macro: MacroName = None
    customer_ref: CustomerRef
    class_ref: ListRef | None = None
    ar_account_ref: ListRef | None = None
    template_ref: SimpleRef | None = None
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    bill_address: Address | None = None
    ship_address: Address | None = None
    is_pending: Bool | None = None
    po_number: Text25 | None = None
    terms_ref: SimpleRef | None = None
    due_date: Date | None = None
    sales_rep_ref: SalesRepRef | None = None
    fob: Text13 | None = None
    ship_date: Date | None = None
    ship_method_ref: ShipMethodRef | None = None
    item_sales_tax_ref: SimpleRef | None = None
    memo: Text4095 | None = None
    customer_msg_ref: CustomerMsgRef | None = None
    is_to_be_printed: Bool | None = None
    is_to_be_emailed: Bool | None = None
    is_tax_included: Bool | None = None
    customer_sales_tax_code_ref: SalesTaxCodeRef | None = None
    other: Text29 | None = None
    exchange_rate: ExchangeRate | None = None
    external_guid: GUID | None = None
    lines: tuple[CreditMemoLineAdd | CreditMemoLineGroupAdd, ...]


@aggregate
class ApplyCheckToTxnAdd(Aggregate):
    """The credit that a check pays out."""

    txn_id: MacroID
    amount: Amount | None = None


@aggregate
class ExpenseLineAdd(Aggregate):
    """A line of a check that names an account; a refund's names receivables (FACTS.md 5)."""

    account_ref: ListRef | None = None
    amount: Amount | None = None
    tax_amount: Amount | None = None
    memo: Text4095 | None = None
    customer_ref: CustomerRef | None = None
    class_ref: ListRef | None = None


@aggregate
class CheckAdd(Request, rets=(CheckRet,), writes=True):
    """Writes a check. RefNumber stands before TxnDate here, and what it is applied to before its lines."""

    def_macro: MacroName = None
    account_ref: ListRef
    payee_entity_ref: CustomerRef | None = None
    ref_number: Text11 | None = None
    txn_date: Date | None = None
    memo: Text4095 | None = None
    address: Address | None = None
    is_to_be_printed: Bool | None = None
    is_tax_included: Bool | None = None
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    exchange_rate: ExchangeRate | None = None
    external_guid: GUID | None = None
    apply_check_to_txn_adds: tuple[ApplyCheckToTxnAdd, ...] = ()
    expense_lines: tuple[ExpenseLineAdd, ...] = ()


@aggregate
class RefundAppliedToTxnAdd(Aggregate):
    """The credit that a credit-card refund pays out, and how much of it."""

    txn_id: MacroID
    refund_amount: Amount


@aggregate
class ARRefundCreditCardAdd(Request, rets=(ARRefundCreditCardRet,), writes=True):
    """Gives money back to a card, out of Undeposited Funds or of a bank or asset account."""

    def_macro: MacroName = None
    customer_ref: CustomerRef
    refund_from_account_ref: ListRef | None = None
    ar_account_ref: ListRef | None = None
    txn_date: Date | None = None
    ref_number: Text11 | None = None
    address: Address | None = None
    payment_method_ref: SimpleRef | None = None
    memo: Text4095 | None = None
    exchange_rate: ExchangeRate | None = None
    external_guid: GUID | None = None
    refund_applied_to_txn_adds: tuple[RefundAppliedToTxnAdd, ...]


@aggregate
class SetCredit(Aggregate):
    """The credit that is used, and how much of it."""

    credit_txn_id: MacroID
    txn_line_id: ID | None = None
    applied_amount: Amount
    override: Bool | None = None


@aggregate
class AppliedToTxnAdd(Aggregate):
    """The invoice that money, or a credit, is applied to."""

    txn_id: MacroID
    payment_amount: Amount | None = None
    set_credits: tuple[SetCredit, ...] = ()


@aggregate
class ReceivePaymentAdd(Request, rets=(ReceivePaymentRet,), writes=True):
    """Receives a payment, or, with a total of 0.00 and SetCredit, applies a credit memo to an invoice."""

    def_macro: MacroName = None
    customer_ref: CustomerRef
    ar_account_ref: ListRef | None = None
    txn_date: Date | None = None
    ref_number: Text20 | None = None
    total_amount: Amount | None = None
    exchange_rate: ExchangeRate | None = None
    payment_method_ref: SimpleRef | None = None
    memo: Text4095 | None = None
    deposit_to_account_ref: ListRef | None = None
    external_guid: GUID | None = None
    applied_to_txn_adds: tuple[AppliedToTxnAdd, ...]


@aggregate
class CreditMemoQuery(
    OutputPart, LinksPart, LinesPart, NumberPart, AccountPart, TransactionPart, rets=(CreditMemoRet,)
):
    """Which credit memos are there?"""


@aggregate
class CheckQuery(OutputPart, LinksPart, LinesPart, NumberPart, AccountPart, TransactionPart, rets=(CheckRet,)):
    """Which checks are there?"""


@aggregate
class ARRefundCreditCardQuery(
    OutputPart, LinesPart, NumberPart, AccountPart, TransactionPart, rets=(ARRefundCreditCardRet,)
):
    """Which credit-card refunds are there?"""


@aggregate
class ReceivePaymentQuery(OutputPart, LinesPart, NumberPart, AccountPart, TransactionPart, rets=(ReceivePaymentRet,)):
    """Which payments are there?"""
