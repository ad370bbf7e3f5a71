"""The fields and groups that many requests share: references, addresses, card data, custom fields.

Lengths, order and first versions are QuickBooks Desktop's own (FACTS.md 1 and 8).
"""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.model import (
    Element,
    Particle,
    aggregate,
    any_number,
    choice,
    leaf,
    optional,
    seq,
)
from qbsim.grammar.types import FIRST_VERSION, Version


def text(name: str, max_length: int | None = None, *, since: Version = FIRST_VERSION) -> Element:
    """A text of at most `max_length` characters."""
    return leaf(name, types.string(max_length), since=since)


def identity(name: str, *, macro: bool = False) -> Element:
    """A TxnID, ListID or TxnLineID; with `macro`, it may name a macro instead."""
    return leaf(name, types.IDTYPE, macro=macro)


def flag(name: str, *, since: Version = FIRST_VERSION) -> Element:
    """true or false."""
    return leaf(name, types.BOOLTYPE, since=since)


def date(name: str, *, since: Version = FIRST_VERSION) -> Element:
    """A date without a time."""
    return leaf(name, types.DATETYPE, since=since)


def moment(name: str) -> Element:
    """A date with a time of day."""
    return leaf(name, types.DATETIMETYPE)


def amount(name: str, *, since: Version = FIRST_VERSION) -> Element:
    """A sum of money."""
    return leaf(name, types.AMTTYPE, since=since)


def price(name: str) -> Element:
    """The price of one unit, with up to five decimals."""
    return leaf(name, types.PRICETYPE)


def quantity(name: str, *, since: Version = FIRST_VERSION) -> Element:
    """A number of units."""
    return leaf(name, types.QUANTYPE, since=since)


def percent(name: str) -> Element:
    """A percentage."""
    return leaf(name, types.PERCENTTYPE)


def ref(name: str, max_length: int | None = None, *, since: Version = FIRST_VERSION) -> Element:
    """A reference to a list entry by ListID or by a FullName of at most `max_length` characters; both may be absent."""
    return aggregate(name, optional(identity("ListID"), text("FullName", max_length)), since=since)


def word(name: str, words: str, *, since: Version = FIRST_VERSION) -> Element:
    """One of the blank-separated words."""
    return leaf(name, types.one_of(words), since=since)


def address(name: str) -> Element:
    """A postal address."""
    return aggregate(name, optional(*ADDRESS_LINES))


NAME_OF_CUSTOMER = 209
NAME_IN_TREE = 159
NAME_IN_LIST = 31
NAME_OF_VENDOR = 41
NAME_OF_CURRENCY = 64
MEMO = 4095
TRANSACTION_TYPES_WITH_REFERENCE = (
    "ARRefundCreditCard Bill BillPaymentCheck BillPaymentCreditCard BuildAssembly Charge Check CreditCardCharge "
    "CreditCardCredit CreditMemo Deposit Estimate InventoryAdjustment Invoice ItemReceipt JournalEntry PurchaseOrder "
    "ReceivePayment SalesOrder SalesReceipt SalesTaxPaymentCheck VendorCredit"
)

ADDRESS_LINES = (
    text("Addr1", 41),
    text("Addr2", 41),
    text("Addr3", 41),
    text("Addr4", 41, since=(2, 0)),
    text("Addr5", 41, since=(6, 0)),
    text("City", 31),
    text("State", 21),
    text("PostalCode", 13),
    text("Country", 31),
    text("Note", 41, since=(6, 0)),
)

EXTERNAL_GUID_OF_LIST = leaf("ExternalGUID", types.GUIDTYPE, since=(8, 0))
EXTERNAL_GUID_OF_TXN = leaf("ExternalGUID", types.GUIDTYPE, since=(9, 0))
EXCHANGE_RATE = leaf("ExchangeRate", types.FLOATTYPE, since=(8, 0))
OWNER_ID = leaf("OwnerID", types.GUIDTYPE)
INCLUDE_RET_ELEMENTS = any_number(text("IncludeRetElement", 50, since=(4, 0)))

WHICH_LIST_ENTRY = seq(identity("ListID"), text("EditSequence", 16))
WHICH_LIST_ENTRY_MAY_BE = optional(identity("ListID"), text("EditSequence", 16))
PARENT_REF = ref("ParentRef")

SALES_TAX_CODE_REF = ref("SalesTaxCodeRef", 3)
PAYMENT_METHOD_REF = ref("PaymentMethodRef", NAME_IN_LIST)
PAYMENT_METHOD_TYPE = word(
    "PaymentMethodType",
    "AmericanExpress Cash Check DebitCard Discover ECheck GiftCard MasterCard Other OtherCreditCard Visa",
    since=(7, 0),
)
SALES_REP_REF = ref("SalesRepRef", 5)
TERMS_REF = ref("TermsRef", NAME_IN_LIST)
CLASS_REF = ref("ClassRef", NAME_IN_TREE)
ACCOUNT_REF = ref("AccountRef", NAME_IN_TREE)
CUSTOMER_REF = ref("CustomerRef", NAME_OF_CUSTOMER)
ITEM_REF = ref("ItemRef")
UNIT_OF_MEASURE = text("UnitOfMeasure", 31, since=(7, 0))
OVERRIDE_ITEM_ACCOUNT_REF = ref("OverrideItemAccountRef", NAME_IN_TREE, since=(2, 0))
BILLABLE_STATUS = word("BillableStatus", "Billable NotBillable HasBeenBilled", since=(2, 0))

INVENTORY_SITE = optional(
    ref("InventorySiteRef", NAME_IN_LIST, since=(10, 0)),
    ref("InventorySiteLocationRef", NAME_IN_LIST, since=(12, 0)),
)
SERIAL_OR_LOT_NUMBER = optional(
    choice(text("SerialNumber", 4095, since=(11, 0)), text("LotNumber", 40, since=(11, 0))),
)


def custom_fields(since: Version) -> Particle:
    """Values of custom fields, given with a line from version `since` on."""
    return any_number(
        aggregate("DataExt", OWNER_ID, text("DataExtName", 31), text("DataExtValue"), since=since),
    )


def card_transaction(since: Version) -> Element:
    """What was charged to a credit card, and what came back; accepted from version `since` on."""
    return aggregate("CreditCardTxnInfo", _CARD_INPUT, _CARD_RESULT, since=since)


_EXPIRATION_MONTH = leaf("ExpirationMonth", types.whole_number(lowest=1, highest=12))
_EXPIRATION_YEAR = leaf("ExpirationYear", types.INTTYPE)
_MATCH = "Pass Fail NotAvailable"

CARD_ON_FILE = aggregate(
    "CreditCardInfo",
    optional(
        text("CreditCardNumber", 25),
        _EXPIRATION_MONTH,
        _EXPIRATION_YEAR,
        text("NameOnCard", 41),
        text("CreditCardAddress", 41),
        text("CreditCardPostalCode", 41),
    ),
    since=(3, 0),
)

_CARD_INPUT = aggregate(
    "CreditCardTxnInputInfo",
    text("CreditCardNumber", 25),
    _EXPIRATION_MONTH,
    _EXPIRATION_YEAR,
    text("NameOnCard", 41),
    optional(
        text("CreditCardAddress", 41),
        text("CreditCardPostalCode", 18),
        text("CommercialCardCode", 24),
        word("TransactionMode", "CardNotPresent CardPresent", since=(6, 0)),
        word("CreditCardTxnType", "Authorization Capture Charge Refund VoiceAuthorization", since=(7, 0)),
    ),
)

_CARD_RESULT = aggregate(
    "CreditCardTxnResultInfo",
    leaf("ResultCode", types.INTTYPE),
    text("ResultMessage", 60),
    text("CreditCardTransID", 24),
    text("MerchantAccountNumber", 32),
    optional(
        text("AuthorizationCode", 12),
        word("AVSStreet", _MATCH),
        word("AVSZip", _MATCH),
        word("CardSecurityCodeMatch", _MATCH, since=(6, 0)),
        text("ReconBatchID", 84),
        leaf("PaymentGroupingCode", types.INTTYPE),
    ),
    word("PaymentStatus", "Unknown Completed"),
    moment("TxnAuthorizationTime"),
    optional(
        leaf("TxnAuthorizationStamp", types.INTTYPE),
        text("ClientTransID", 16, since=(6, 0)),
    ),
)

RATE_OR_PERCENT_OR_LEVEL = optional(
    choice(price("Rate"), percent("RatePercent"), ref("PriceLevelRef", NAME_IN_LIST, since=(4, 0))),
)
PRICED_ITEM = seq(
    optional(ITEM_REF, text("Desc", MEMO), quantity("Quantity"), UNIT_OF_MEASURE),
    RATE_OR_PERCENT_OR_LEVEL,
    optional(CLASS_REF, amount("Amount"), amount("TaxAmount", since=(6, 1))),
)
ITEM_GROUP = seq(
    ref("ItemGroupRef", NAME_IN_LIST),
    optional(text("Desc"), quantity("Quantity"), UNIT_OF_MEASURE),
)
