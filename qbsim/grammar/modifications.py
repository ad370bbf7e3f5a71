"""The requests that change sales, credit memos, checks and payments.

Order, lengths and the places of macros from Intuit's schema, first versions from the annotated requests (FACTS.md 8);
those of InvoiceMod, SalesReceiptMod and ReceivePaymentMod are recalled. ARRefundCreditCard has no such request.
"""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.common import (
    ACCOUNT_REF,
    CLASS_REF,
    CUSTOMER_REF,
    EXCHANGE_RATE,
    INVENTORY_SITE,
    ITEM_REF,
    MEMO,
    NAME_IN_LIST,
    NAME_IN_TREE,
    NAME_OF_CUSTOMER,
    PAYMENT_METHOD_REF,
    RATE_OR_PERCENT_OR_LEVEL,
    SALES_REP_REF,
    SALES_TAX_CODE_REF,
    SERIAL_OR_LOT_NUMBER,
    UNIT_OF_MEASURE,
    address,
    amount,
    date,
    flag,
    identity,
    moment,
    price,
    quantity,
    ref,
    text,
    word,
)
from qbsim.grammar.model import Element, Particle, aggregate, any_number, choice, leaf, optional, seq
from qbsim.grammar.transactions import (
    AR_ACCOUNT_REF,
    DEPOSIT_TO_ACCOUNT_REF,
    IS_TAX_INCLUDED,
    ITEM_SALES_TAX_REF,
    MEMO_TO_TAX_CODE,
    OPTION_FOR_PRICE_RULE_CONFLICT,
    ORDER_TERMS,
    OTHER,
    OTHER_1_AND_2,
    REF_NUMBER,
    REF_NUMBER_OF_PAYMENT,
    SALES_ORDER_LINE_END,
    SHIP_DATE,
    SHIP_METHOD_REF,
    SHIPPING_TO_TAX_CODE_OF_ORDER,
    STORE,
    TXN_DATE,
    TXN_MEMO,
    set_credit,
)
from qbsim.grammar.types import Version

_EDIT_SEQUENCE = text("EditSequence", 16)
_CORE = (identity("TxnID"), _EDIT_SEQUENCE)
_TEMPLATE_TO_ADDRESSES = optional(
    ref("TemplateRef", NAME_IN_LIST),
    TXN_DATE,
    REF_NUMBER,
    address("BillAddress"),
    address("ShipAddress"),
)
_OVERRIDE_UOM_SET_REF = ref("OverrideUOMSetRef", NAME_IN_LIST, since=(7, 0))
_SHIPPING = optional(SHIP_DATE, SHIP_METHOD_REF, ITEM_SALES_TAX_REF)
_OTHER_AND_RATE = optional(OTHER, EXCHANGE_RATE)
_GROUP_VALUES = optional(
    ref("ItemGroupRef", NAME_IN_LIST), quantity("Quantity"), UNIT_OF_MEASURE, _OVERRIDE_UOM_SET_REF
)


# Sales and credit memos


def _lines(kind: str, end: Particle, *, macro: bool = False) -> Particle:
    """Lines and item groups with their lines; `end` is what follows the amounts of a line."""
    line = aggregate(
        f"{kind}LineMod",
        identity("TxnLineID", macro=macro),
        optional(ITEM_REF, text("Desc", MEMO), quantity("Quantity"), UNIT_OF_MEASURE, _OVERRIDE_UOM_SET_REF),
        RATE_OR_PERCENT_OR_LEVEL,
        optional(CLASS_REF, amount("Amount"), amount("TaxAmount", since=(6, 1))),
        end,
    )
    group = aggregate(f"{kind}LineGroupMod", identity("TxnLineID", macro=macro), _GROUP_VALUES, any_number(line))
    return any_number(choice(line, group))


_END_OF_LINE = seq(
    INVENTORY_SITE,
    SERIAL_OR_LOT_NUMBER,
    optional(date("ServiceDate"), SALES_TAX_CODE_REF, ref("OverrideItemAccountRef", NAME_IN_TREE), *OTHER_1_AND_2),
)
_END_OF_PRICED_LINE = seq(optional(OPTION_FOR_PRICE_RULE_CONFLICT), _END_OF_LINE)

_CREDIT_MEMO_MOD = aggregate(
    "CreditMemoMod",
    *_CORE,
    optional(CUSTOMER_REF, CLASS_REF, AR_ACCOUNT_REF),
    _TEMPLATE_TO_ADDRESSES,
    optional(flag("IsPending")),
    ORDER_TERMS,
    _SHIPPING,
    MEMO_TO_TAX_CODE,
    _OTHER_AND_RATE,
    _lines("CreditMemo", _END_OF_LINE),
)
_INVOICE_MOD = aggregate(
    "InvoiceMod",
    *_CORE,
    optional(CUSTOMER_REF, CLASS_REF, AR_ACCOUNT_REF),
    _TEMPLATE_TO_ADDRESSES,
    optional(flag("IsPending")),
    ORDER_TERMS,
    _SHIPPING,
    MEMO_TO_TAX_CODE,
    _OTHER_AND_RATE,
    any_number(set_credit(since=(10, 0))),
    _lines("Invoice", _END_OF_PRICED_LINE),
)
_SALES_RECEIPT_MOD = aggregate(
    "SalesReceiptMod",
    identity("TxnID", macro=True),
    _EDIT_SEQUENCE,
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
        text("FOB", 13),
        ITEM_SALES_TAX_REF,
    ),
    MEMO_TO_TAX_CODE,
    optional(DEPOSIT_TO_ACCOUNT_REF),
    _OTHER_AND_RATE,
    _lines("SalesReceipt", _END_OF_PRICED_LINE, macro=True),
)
_SALES_ORDER_MOD = aggregate(
    "SalesOrderMod",
    *_CORE,
    optional(CUSTOMER_REF, CLASS_REF),
    _TEMPLATE_TO_ADDRESSES,
    ORDER_TERMS,
    SHIPPING_TO_TAX_CODE_OF_ORDER,
    _OTHER_AND_RATE,
    _lines("SalesOrder", SALES_ORDER_LINE_END),
    STORE,
)


# Checks

_TAX_CODE_REF_OF_CHECK = ref("SalesTaxCodeRef", 3, since=(6, 0))
_BILLABLE_STATUS = word("BillableStatus", "Billable NotBillable HasBeenBilled")
_SALES_REP_REF_OF_LINE = ref("SalesRepRef", 5, since=(13, 0))
_ITEM_LINE_MOD = aggregate(
    "ItemLineMod",
    identity("TxnLineID"),
    optional(ITEM_REF),
    INVENTORY_SITE,
    SERIAL_OR_LOT_NUMBER,
    optional(
        text("ExpirationDateForSerialLotNumber", 1099, since=(16, 0)),
        text("Desc", MEMO),
        quantity("Quantity"),
        UNIT_OF_MEASURE,
        _OVERRIDE_UOM_SET_REF,
        price("Cost"),
        amount("Amount"),
        amount("TaxAmount", since=(6, 1)),
        CUSTOMER_REF,
        CLASS_REF,
        _TAX_CODE_REF_OF_CHECK,
        _BILLABLE_STATUS,
        ref("OverrideItemAccountRef", NAME_IN_TREE),
        _SALES_REP_REF_OF_LINE,
    ),
)
_EXPENSE_LINE_MOD = aggregate(
    "ExpenseLineMod",
    identity("TxnLineID"),
    optional(
        ACCOUNT_REF,
        amount("Amount"),
        amount("TaxAmount", since=(6, 1)),
        TXN_MEMO,
        CUSTOMER_REF,
        CLASS_REF,
        _TAX_CODE_REF_OF_CHECK,
        _BILLABLE_STATUS,
        _SALES_REP_REF_OF_LINE,
    ),
)
_CHECK_MOD = aggregate(
    "CheckMod",
    *_CORE,
    optional(
        ACCOUNT_REF,
        ref("PayeeEntityRef", NAME_OF_CUSTOMER),
        REF_NUMBER,
        TXN_DATE,
        TXN_MEMO,
        address("Address"),
        flag("IsToBePrinted"),
        IS_TAX_INCLUDED,
        _TAX_CODE_REF_OF_CHECK,
        EXCHANGE_RATE,
    ),
    any_number(
        aggregate("ApplyCheckToTxnMod", identity("TxnID", macro=True), optional(amount("Amount")), since=(7, 0))
    ),
    optional(flag("ClearExpenseLines")),
    any_number(_EXPENSE_LINE_MOD),
    optional(flag("ClearItemLines")),
    any_number(
        choice(
            _ITEM_LINE_MOD,
            aggregate("ItemGroupLineMod", identity("TxnLineID"), _GROUP_VALUES, any_number(_ITEM_LINE_MOD)),
        )
    ),
)


# Payments

_MATCH = "Pass Fail NotAvailable"
_CARD_TRANSACTION_MOD = aggregate(
    "CreditCardTxnInfoMod",
    optional(
        aggregate(
            "CreditCardTxnInputInfoMod",
            optional(
                text("CreditCardNumber", 25),
                leaf("ExpirationMonth", types.whole_number(lowest=1, highest=12)),
                leaf("ExpirationYear", types.INTTYPE),
                text("NameOnCard", 41),
                text("CreditCardAddress", 41),
                text("CreditCardPostalCode", 18),
                text("CommercialCardCode", 24),
                word("TransactionMode", "CardNotPresent CardPresent", since=(6, 0)),
                word("CreditCardTxnType", "Authorization Capture Charge Refund VoiceAuthorization", since=(7, 0)),
            ),
        ),
        aggregate(
            "CreditCardTxnResultInfoMod",
            optional(
                leaf("ResultCode", types.INTTYPE),
                text("ResultMessage", 60),
                text("CreditCardTransID", 24),
                text("MerchantAccountNumber", 32),
                text("AuthorizationCode", 12),
                word("AVSStreet", _MATCH),
                word("AVSZip", _MATCH),
                word("CardSecurityCodeMatch", _MATCH, since=(6, 0)),
                text("ReconBatchID", 84),
                leaf("PaymentGroupingCode", types.INTTYPE),
                word("PaymentStatus", "Unknown Completed"),
                moment("TxnAuthorizationTime"),
                leaf("TxnAuthorizationStamp", types.INTTYPE),
                text("ClientTransID", 16, since=(6, 0)),
            ),
        ),
    ),
)
_RECEIVE_PAYMENT_MOD = aggregate(
    "ReceivePaymentMod",
    *_CORE,
    optional(
        CUSTOMER_REF,
        AR_ACCOUNT_REF,
        TXN_DATE,
        REF_NUMBER_OF_PAYMENT,
        amount("TotalAmount"),
        EXCHANGE_RATE,
        PAYMENT_METHOD_REF,
        TXN_MEMO,
        DEPOSIT_TO_ACCOUNT_REF,
        _CARD_TRANSACTION_MOD,
    ),
    any_number(
        aggregate(
            "AppliedToTxnMod",
            identity("TxnID"),
            optional(amount("PaymentAmount")),
            any_number(set_credit()),
            optional(
                amount("DiscountAmount"),
                ref("DiscountAccountRef", NAME_IN_TREE),
                ref("DiscountClassRef", NAME_IN_TREE, since=(11, 0)),
            ),
        )
    ),
)

MODIFICATIONS: tuple[tuple[Element, Version], ...] = (
    (_CREDIT_MEMO_MOD, (3, 0)),
    (_INVOICE_MOD, (2, 1)),
    (_SALES_RECEIPT_MOD, (3, 0)),
    (_SALES_ORDER_MOD, (3, 0)),
    (_CHECK_MOD, (6, 0)),
    (_RECEIVE_PAYMENT_MOD, (6, 0)),
)
"""The requests that change a transaction, with the first version of each."""
