"""The requests that add, delete or void transactions; those that change them are in `modifications`.

Order, lengths and the places of macros from FACTS.md 1, 2 and 5, first versions from FACTS.md 8.
"""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.common import (
    ACCOUNT_REF,
    BILLABLE_STATUS,
    CLASS_REF,
    CUSTOMER_REF,
    EXCHANGE_RATE,
    EXTERNAL_GUID_OF_TXN,
    INVENTORY_SITE,
    ITEM_GROUP,
    ITEM_REF,
    MEMO,
    NAME_IN_LIST,
    NAME_IN_TREE,
    NAME_OF_CUSTOMER,
    NAME_OF_VENDOR,
    OVERRIDE_ITEM_ACCOUNT_REF,
    PAYMENT_METHOD_REF,
    PRICED_ITEM,
    SALES_REP_REF,
    SALES_TAX_CODE_REF,
    SERIAL_OR_LOT_NUMBER,
    TERMS_REF,
    UNIT_OF_MEASURE,
    address,
    amount,
    card_transaction,
    custom_fields,
    date,
    flag,
    identity,
    percent,
    price,
    quantity,
    ref,
    text,
    word,
)
from qbsim.grammar.model import (
    MACRO,
    Element,
    aggregate,
    any_number,
    at_least_one,
    choice,
    leaf,
    optional,
    seq,
)
from qbsim.grammar.types import FIRST_VERSION, Version

REF_NUMBER = text("RefNumber", 11)
REF_NUMBER_OF_PAYMENT = text("RefNumber", 20)

AR_ACCOUNT_REF = ref("ARAccountRef", NAME_IN_TREE)
DEPOSIT_TO_ACCOUNT_REF = ref("DepositToAccountRef", NAME_IN_TREE)
TXN_MEMO = text("Memo", MEMO)
TXN_DATE = date("TxnDate")
IS_TAX_INCLUDED = flag("IsTaxIncluded", since=(6, 0))
OTHER = text("Other", 29, since=(6, 0))


# What sales and credit memos have in common

_TEMPLATE_TO_ADDRESSES = optional(
    ref("TemplateRef", NAME_IN_LIST, since=(3, 0)),
    TXN_DATE,
    REF_NUMBER,
    address("BillAddress"),
    address("ShipAddress"),
)
ORDER_TERMS = optional(
    text("PONumber", 25),
    TERMS_REF,
    date("DueDate"),
    SALES_REP_REF,
    text("FOB", 13),
)
SHIP_DATE = date("ShipDate")
SHIP_METHOD_REF = ref("ShipMethodRef", 15)
ITEM_SALES_TAX_REF = ref("ItemSalesTaxRef", NAME_IN_LIST)
MEMO_TO_TAX_CODE = optional(
    TXN_MEMO,
    ref("CustomerMsgRef", 101),
    flag("IsToBePrinted"),
    flag("IsToBeEmailed", since=(6, 0)),
    IS_TAX_INCLUDED,
    ref("CustomerSalesTaxCodeRef", 3),
)
_OTHER_RATE_GUID = optional(OTHER, EXCHANGE_RATE, EXTERNAL_GUID_OF_TXN)
OPTION_FOR_PRICE_RULE_CONFLICT = word("OptionForPriceRuleConflict", "Zero BasePrice", since=(13, 0))
OTHER_1_AND_2 = (text("Other1", 29, since=(6, 0)), text("Other2", 29, since=(6, 0)))
_AFTER_SITE_OF_SALE = optional(
    date("ServiceDate"),
    SALES_TAX_CODE_REF,
    flag("IsTaxable", since=(4, 0)),
    OVERRIDE_ITEM_ACCOUNT_REF,
    *OTHER_1_AND_2,
)
_AMOUNT_OR_PERCENT = optional(choice(amount("Amount"), percent("RatePercent")))
_LINES_OF_ONLINE_EDITION = optional(
    aggregate(
        "DiscountLineAdd",
        _AMOUNT_OR_PERCENT,
        optional(flag("IsTaxable"), ACCOUNT_REF),
        since=(4, 0),
    ),
    aggregate("SalesTaxLineAdd", _AMOUNT_OR_PERCENT, optional(ACCOUNT_REF), since=(4, 0)),
    aggregate("ShippingLineAdd", amount("Amount"), optional(ACCOUNT_REF), since=(4, 0)),
)
_LINK_TO_TXN = (identity("TxnID"), identity("TxnLineID"))


def set_credit(*, since: Version = FIRST_VERSION) -> Element:
    """A credit that is used; on payments from the beginning, on invoices from `since` on."""
    return aggregate(
        "SetCredit",
        identity("CreditTxnID", macro=True),
        optional(identity("TxnLineID")),
        amount("AppliedAmount"),
        optional(flag("Override", since=(10, 0))),
        since=since,
    )


def _group_of_sale(name: str) -> Element:
    return aggregate(name, ITEM_GROUP, optional(date("ServiceDate")), INVENTORY_SITE, custom_fields((5, 0)))


# Credit memos

_CREDIT_MEMO_LINE_ADD = aggregate(
    "CreditMemoLineAdd",
    PRICED_ITEM,
    INVENTORY_SITE,
    SERIAL_OR_LOT_NUMBER,
    _AFTER_SITE_OF_SALE,
    optional(card_transaction((7, 0))),
    custom_fields((5, 0)),
    attributes=MACRO,
)
_CREDIT_MEMO_ADD = aggregate(
    "CreditMemoAdd",
    CUSTOMER_REF,
    optional(CLASS_REF, AR_ACCOUNT_REF),
    _TEMPLATE_TO_ADDRESSES,
    optional(flag("IsPending")),
    ORDER_TERMS,
    optional(SHIP_DATE, SHIP_METHOD_REF, ITEM_SALES_TAX_REF),
    MEMO_TO_TAX_CODE,
    _OTHER_RATE_GUID,
    at_least_one(choice(_CREDIT_MEMO_LINE_ADD, _group_of_sale("CreditMemoLineGroupAdd"))),
    _LINES_OF_ONLINE_EDITION,
    attributes=MACRO,
)


# Invoices

_INVOICE_LINE_ADD = aggregate(
    "InvoiceLineAdd",
    PRICED_ITEM,
    optional(OPTION_FOR_PRICE_RULE_CONFLICT),
    INVENTORY_SITE,
    SERIAL_OR_LOT_NUMBER,
    _AFTER_SITE_OF_SALE,
    optional(aggregate("LinkToTxn", *_LINK_TO_TXN, since=(6, 0))),
    custom_fields((5, 0)),
    attributes=MACRO,
)
_INVOICE_ADD = aggregate(
    "InvoiceAdd",
    CUSTOMER_REF,
    optional(CLASS_REF, AR_ACCOUNT_REF),
    _TEMPLATE_TO_ADDRESSES,
    optional(flag("IsPending"), flag("IsFinanceCharge", since=(8, 0))),
    ORDER_TERMS,
    optional(SHIP_DATE, SHIP_METHOD_REF, ITEM_SALES_TAX_REF),
    MEMO_TO_TAX_CODE,
    _OTHER_RATE_GUID,
    any_number(leaf("LinkToTxnID", types.IDTYPE, since=(6, 0))),
    any_number(set_credit(since=(10, 0))),
    any_number(choice(_INVOICE_LINE_ADD, _group_of_sale("InvoiceLineGroupAdd"))),
    _LINES_OF_ONLINE_EDITION,
    attributes=MACRO,
)


# Sales receipts

_SALES_RECEIPT_LINE_ADD = aggregate(
    "SalesReceiptLineAdd",
    PRICED_ITEM,
    optional(OPTION_FOR_PRICE_RULE_CONFLICT),
    INVENTORY_SITE,
    SERIAL_OR_LOT_NUMBER,
    _AFTER_SITE_OF_SALE,
    optional(card_transaction((7, 0))),
    custom_fields((5, 0)),
    attributes=MACRO,
)
_SALES_RECEIPT_ADD = aggregate(
    "SalesReceiptAdd",
    optional(CUSTOMER_REF, CLASS_REF),
    _TEMPLATE_TO_ADDRESSES,
    optional(
        flag("IsPending"),
        text("CheckNumber", 25),
        PAYMENT_METHOD_REF,
        date("DueDate"),
        SALES_REP_REF,
        SHIP_DATE,
        SHIP_METHOD_REF,
        text("FOB", 13),  # after the shipping method here, before the ship date in the other sales
        ITEM_SALES_TAX_REF,
    ),
    MEMO_TO_TAX_CODE,
    optional(DEPOSIT_TO_ACCOUNT_REF, card_transaction((4, 1))),
    _OTHER_RATE_GUID,
    at_least_one(choice(_SALES_RECEIPT_LINE_ADD, _group_of_sale("SalesReceiptLineGroupAdd"))),
    _LINES_OF_ONLINE_EDITION,
    attributes=MACRO,
)


# Sales orders

STORE = optional(
    word("SOChannel", "Blank Ecommerce", since=(16, 0)),
    text("StoreName", since=(16, 0)),
    text("StoreType", since=(16, 0)),
)
SALES_ORDER_LINE_END = seq(
    optional(OPTION_FOR_PRICE_RULE_CONFLICT),
    INVENTORY_SITE,
    SERIAL_OR_LOT_NUMBER,
    optional(SALES_TAX_CODE_REF, flag("IsManuallyClosed"), *OTHER_1_AND_2),
)
SHIPPING_TO_TAX_CODE_OF_ORDER = seq(
    optional(SHIP_DATE, SHIP_METHOD_REF, ITEM_SALES_TAX_REF, flag("IsManuallyClosed")),
    MEMO_TO_TAX_CODE,
)
_SALES_ORDER_ADD = aggregate(
    "SalesOrderAdd",
    CUSTOMER_REF,
    optional(CLASS_REF),
    _TEMPLATE_TO_ADDRESSES,
    ORDER_TERMS,
    SHIPPING_TO_TAX_CODE_OF_ORDER,
    _OTHER_RATE_GUID,
    at_least_one(
        choice(
            aggregate("SalesOrderLineAdd", PRICED_ITEM, SALES_ORDER_LINE_END, custom_fields((5, 0))),
            aggregate("SalesOrderLineGroupAdd", ITEM_GROUP, INVENTORY_SITE, custom_fields((5, 0))),
        )
    ),
    STORE,
    attributes=MACRO,
)


# Checks

_EXPENSE_LINE_ADD = aggregate(
    "ExpenseLineAdd",
    optional(
        ACCOUNT_REF,
        amount("Amount"),
        amount("TaxAmount", since=(6, 1)),
        TXN_MEMO,
        CUSTOMER_REF,
        ref("VendorRef", NAME_OF_VENDOR, since=(16, 0)),
        CLASS_REF,
        ref("SalesTaxCodeRef", 3, since=(6, 0)),
        BILLABLE_STATUS,
        ref("SalesRepRef", 5, since=(13, 0)),
    ),
    custom_fields((13, 0)),
    attributes=MACRO,
)
_ITEM_LINE_ADD = aggregate(
    "ItemLineAdd",
    optional(ITEM_REF),
    INVENTORY_SITE,
    SERIAL_OR_LOT_NUMBER,
    optional(
        text("ExpirationDateForSerialLotNumber", 1099, since=(16, 0)),
        text("Desc", MEMO),
        quantity("Quantity"),
        UNIT_OF_MEASURE,
        price("Cost"),
        amount("Amount"),
        amount("TaxAmount", since=(6, 1)),
        CUSTOMER_REF,
        CLASS_REF,
        ref("SalesTaxCodeRef", 3, since=(6, 0)),
        BILLABLE_STATUS,
        OVERRIDE_ITEM_ACCOUNT_REF,
        aggregate("LinkToTxn", *_LINK_TO_TXN, since=(4, 0)),
        ref("SalesRepRef", 5, since=(13, 0)),
    ),
    custom_fields((13, 0)),
)
_ITEM_GROUP_LINE_ADD = aggregate("ItemGroupLineAdd", ITEM_GROUP, INVENTORY_SITE, custom_fields((13, 0)))
_CHECK_ADD = aggregate(
    "CheckAdd",
    ACCOUNT_REF,
    optional(
        ref("PayeeEntityRef", NAME_OF_CUSTOMER),
        REF_NUMBER,  # before the date here, after it in the other transactions
        TXN_DATE,
        TXN_MEMO,
        address("Address"),
        flag("IsToBePrinted"),
        IS_TAX_INCLUDED,
        ref("SalesTaxCodeRef", 3, since=(6, 0)),
        EXCHANGE_RATE,
        EXTERNAL_GUID_OF_TXN,
    ),
    any_number(
        aggregate(
            "ApplyCheckToTxnAdd",
            identity("TxnID", macro=True),
            optional(amount("Amount")),
            since=(7, 0),
        )
    ),
    any_number(_EXPENSE_LINE_ADD),
    any_number(choice(_ITEM_LINE_ADD, _ITEM_GROUP_LINE_ADD)),
    attributes=MACRO,
)


# Refunds to a credit card, payments of customers

_AR_REFUND_CREDIT_CARD_ADD = aggregate(
    "ARRefundCreditCardAdd",
    CUSTOMER_REF,
    optional(
        ref("RefundFromAccountRef", NAME_IN_TREE),
        AR_ACCOUNT_REF,
        TXN_DATE,
        REF_NUMBER,
        address("Address"),
        PAYMENT_METHOD_REF,
        TXN_MEMO,
        card_transaction((5, 0)),
        leaf("ExchangeRate", types.FLOATTYPE, since=(9, 0)),
        EXTERNAL_GUID_OF_TXN,
    ),
    at_least_one(aggregate("RefundAppliedToTxnAdd", identity("TxnID", macro=True), amount("RefundAmount"))),
    attributes=MACRO,
)

_APPLIED_TO_TXN_ADD = aggregate(
    "AppliedToTxnAdd",
    identity("TxnID", macro=True),
    optional(amount("PaymentAmount")),
    any_number(aggregate("TxnLineDetail", identity("TxnLineID"), amount("Amount"))),
    any_number(set_credit()),
    optional(
        amount("DiscountAmount"),
        ref("DiscountAccountRef", NAME_IN_TREE),
        ref("DiscountClassRef", NAME_IN_TREE, since=(11, 0)),
    ),
)
_RECEIVE_PAYMENT_ADD = aggregate(
    "ReceivePaymentAdd",
    CUSTOMER_REF,
    optional(
        AR_ACCOUNT_REF,
        TXN_DATE,
        REF_NUMBER_OF_PAYMENT,
        amount("TotalAmount"),
        EXCHANGE_RATE,
        PAYMENT_METHOD_REF,
        TXN_MEMO,
        DEPOSIT_TO_ACCOUNT_REF,
        card_transaction((4, 1)),
        EXTERNAL_GUID_OF_TXN,
    ),
    choice(flag("IsAutoApply"), at_least_one(_APPLIED_TO_TXN_ADD)),
    attributes=MACRO,
)


# Deleting and voiding

TXN_DEL_TYPE = leaf(
    "TxnDelType",
    types.one_of(
        "ARRefundCreditCard Bill BillPaymentCheck BillPaymentCreditCard BuildAssembly Charge Check CreditCardCharge "
        "CreditCardCredit CreditMemo Deposit Estimate InventoryAdjustment Invoice ItemReceipt JournalEntry "
        "PurchaseOrder ReceivePayment SalesOrder SalesReceipt SalesTaxPaymentCheck TimeTracking TransferInventory "
        "VehicleMileage VendorCredit",
        later={(16, 0): "PayrollLiabilityAdjustment PayrollPriorPayment PayrollYearToDateAdjustment"},
    ),
)
_TXN_VOID_TYPE = word(
    "TxnVoidType",
    "ARRefundCreditCard Bill BillPaymentCheck BillPaymentCreditCard Charge Check CreditCardCharge CreditCardCredit "
    "CreditMemo Deposit InventoryAdjustment Invoice ItemReceipt JournalEntry SalesReceipt VendorCredit",
)
TXN_DEL = seq(TXN_DEL_TYPE, identity("TxnID"))
TXN_VOID = seq(_TXN_VOID_TYPE, identity("TxnID"))

TRANSACTION_ADDS = (
    (_CREDIT_MEMO_ADD, (1, 0)),
    (_INVOICE_ADD, (1, 0)),
    (_SALES_RECEIPT_ADD, (1, 0)),
    (_SALES_ORDER_ADD, (2, 1)),
    (_CHECK_ADD, (1, 0)),
    (_AR_REFUND_CREDIT_CARD_ADD, (5, 0)),
    (_RECEIVE_PAYMENT_ADD, (1, 1)),
)
"""What the transaction requests add or change, with the first version of each request."""
