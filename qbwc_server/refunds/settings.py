"""The settings of a connection: declared once, with what each means, what it may be, and how it is changed."""

from __future__ import annotations

import dataclasses
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

MAX_NAME_CHARACTERS = 159  # of an account or item, the longest FullName that QuickBooks has
MAX_PAYMENT_METHOD_CHARACTERS = 31
MAX_CUSTOM_FIELD_CHARACTERS = 31  # of the name of a custom field (FACTS.md 10)
MAX_AFFIX_CHARACTERS = 40  # of what is taken off an order's number, or put on it
MAX_TEMPLATE_CHARACTERS = 31
MAX_NEW_NAME_CHARACTERS = 41  # of a customer
MAX_DAYS = 366
MAX_ROUNDING_LIMIT = Decimal("1.00")

REVIEW_OVER = re.compile(r"over ([0-9]{1,13}(?:\.[0-9]{1,2})?)")
_AMOUNT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,2})?")


class RefundMethod(Enum):
    """How money that went back is entered."""

    CREDIT_CARD = "credit_card"
    CHECK = "check"
    NONE = "none"


class Restock(Enum):
    """Whether refunded goods go back into stock."""

    SOURCE = "source"
    ALWAYS = "always"
    NEVER = "never"


class WebConnectors(Enum):
    """On how many PCs the Web Connector of this connection runs."""

    ONE = "one"
    SEVERAL = "several"


class Undo(Enum):
    """How what was entered is taken back, where a person asks for it."""

    VOID = "void"
    DELETE = "delete"


class ClosedBooks(Enum):
    """What becomes of a refund whose date lies in closed books, or before the dividing date of an Accountant's Copy."""

    WAIT = "wait"
    NEXT_OPEN_DAY = "next_open_day"


class CancelledInvoices(Enum):
    """What becomes of an unpaid invoice whose order was cancelled before any money moved."""

    APPLY_CREDIT = "apply_credit"
    VOID = "void"


class SalesOrders(Enum):
    """What becomes of the refund of a sales order that was never invoiced."""

    CLOSE = "close"
    CREDIT = "credit"
    SKIP = "skip"


class CheckNumber(Enum):
    """The number of a check that pays a refund out."""

    REF_NUMBER = "ref_number"
    TO_PRINT = "to_print"


class SaleField(Enum):
    """The field of a sale that carries the order's number."""

    REF_NUMBER = "ref_number"
    PO_NUMBER = "po_number"
    OTHER = "other"
    MEMO = "memo"
    CUSTOM_FIELD = "custom_field"


class StoreCredit(Enum):
    """Where a gift card or store credit stands that the shop gave instead of money."""

    LIABILITY = "liability"
    RECEIVABLES = "receivables"


class CreatedSale(Enum):
    """What an order that QuickBooks lacks is created as."""

    SALES_RECEIPT = "sales_receipt"
    INVOICE = "invoice"


class NewItems(Enum):
    """What becomes of a line of a created order whose item QuickBooks does not have."""

    REFUSE = "refuse"
    SERVICE = "service"
    NON_INVENTORY = "non_inventory"


class SettingsError(ValueError):
    """A setting that can't be taken; the sentence says which, why, and what is allowed."""

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        self.reason = reason
        super().__init__(f"{key}: {reason}")


def _setting(default: Any, label: str, help_text: str) -> Any:
    return field(default=default, metadata={"label": label, "help": help_text})


@dataclass(frozen=True)
class Settings:
    """What the user chose, in the order of the settings page."""

    credit_memo_for_invoices: bool = _setting(
        False,
        "If order refunded, create credit memos for invoices only",
        "A refunded invoice with a payment gets a credit memo and no payout: the customer keeps a store credit.",
    )
    refund_receipt: bool = _setting(
        True,
        "If order refunded, create refund receipt",
        "In QuickBooks Desktop: a credit memo with a check or credit-card refund, for sales receipts and unpaid "
        "invoices, and for every invoice where the setting above is off.",
    )
    refund_account: str = _setting(
        "",
        "Refund deposit account",
        "The bank or asset account that refunds are drawn from. Empty: the account the order was deposited to, else "
        "Undeposited Funds.",
    )
    refund_method: RefundMethod = _setting(
        RefundMethod.CREDIT_CARD,
        "Refund method",
        "credit_card enters a credit-card refund, check a check, none the credit memo alone.",
    )
    sync_missing_orders: bool = _setting(
        False,
        "Sync missing orders",
        "On: an order that QuickBooks does not have is created from the shop's data, and its refund is entered after "
        "it. Example: sales receipt 1001 over 108.00 of March 1, then credit memo 1001-7QK. Off: it is skipped.",
    )
    time_zone: str = _setting("", "Time zone", "The shop's zone: a refund's date in QuickBooks is its day there.")
    rounding_item: str = _setting(
        "",
        "Rounding item",
        "The item of a line that makes up for tax rounding of QuickBooks and the shop. Example: QuickBooks works out "
        "0.83 of tax, the shop gave back 0.82: a line Tax Rounding of -0.01. Empty: such refunds wait for review.",
    )
    rounding_limit: Decimal = _setting(
        Decimal("0.05"), "Rounding limit", "The largest difference in tax that is only rounding."
    )
    web_connectors: WebConnectors = _setting(
        WebConnectors.ONE,
        "Web Connectors",
        "several: more than one PC runs this connection; a posting in doubt is then never repeated without a person.",
    )
    shop: str = _setting(
        "", "Shop", "The shop's address, for order systems whose ids are not unique. Fixed after the first posting."
    )
    refund_item: str = _setting(
        "",
        "Refund item",
        "One item for every refunded line, its account a contra-income account. Empty: the items of the original sale. "
        "Example: the memo has a line Web Refunds of 100.00 where the sale has Hat of 100.00.",
    )
    refund_item_restock: bool = _setting(
        False,
        "Refund item and stock",
        "With a refund item: goods that came back also stand as their own item at 0.00, so that stock and cost of "
        "goods are right. Example: Web Refunds 100.00, and 1 Hat at 0.00.",
    )
    restock: Restock = _setting(
        Restock.SOURCE,
        "Restock",
        "source: goods go back into stock as the shop says; always, also where your items are not stock in QuickBooks; "
        "never. Example for goods that did not come back: No Restock 100.00 instead of 1 Hat 100.00.",
    )
    no_restock_item: str = _setting(
        "",
        "No-restock item",
        "The item for the value of goods that did not come back into stock. Example: No Restock 100.00, described as "
        "1 x Hat. Empty: such refunds wait for review.",
    )
    shipping_item: str = _setting(
        "", "Shipping item", "The item that shipping stands on in your sales. Empty: told by its name or amount."
    )
    tip_item: str = _setting(
        "",
        "Tip item",
        "The item of tips. Example: Tips 5.00. Empty: the sale's own line that says tip or gratuity, else the "
        "allowance item.",
    )
    duty_item: str = _setting(
        "",
        "Duty item",
        "The item of duties. Example: Import Duties 12.00. Empty: the sale's own line that says duties or customs, "
        "else the allowance item.",
    )
    fee_item: str = _setting(
        "",
        "Fee item",
        "The item of restocking fees that you keep, and of fees given back. Example: Restocking Fee -10.00. Empty: of "
        "fees given back the sale's own line that says fee, else the allowance item.",
    )
    allowance_item: str = _setting(
        "",
        "Allowance item",
        "The item for money given back without goods. Example: Goodwill 5.00. Empty: such refunds wait for review.",
    )
    store_credit: StoreCredit = _setting(
        StoreCredit.LIABILITY,
        "Gift cards and store credit given back",
        "liability: what you owe on it stands on the items below. Example: Hat 100.00 and Store Credit -100.00, a memo "
        "of 0.00. receivables: the memo of 100.00 stays open as the customer's credit in QuickBooks.",
    )
    gift_card_item: str = _setting(
        "",
        "Gift card item",
        "The item of gift cards, its account a liability, for refunds to a gift card and for gift cards given back. "
        "Example: Gift Cards -100.00. Empty: refunds to a gift card wait for review; gift cards given back are undone "
        "on their own line.",
    )
    store_credit_item: str = _setting(
        "",
        "Store credit item",
        "The item of store credit, its account a liability. Example: Store Credit -100.00. Empty: such refunds wait "
        "for review.",
    )
    payment_method: str = _setting(
        "", "Payment method", "The payment method of credit-card refunds. Empty: that of the original sale."
    )
    check_number: CheckNumber = _setting(
        CheckNumber.REF_NUMBER,
        "Number of checks",
        "ref_number: a check has the number of its credit memo, such as 1001-7QK. to_print: it has none and waits "
        "among the checks to print; QuickBooks gives it its number when it is printed.",
    )
    credit_memo_template: str = _setting(
        "",
        "Template of credit memos",
        "The form on which credit memos are printed, by its name in QuickBooks; it must be one for credit memos. "
        "Example: Custom Credit Memo. Empty: the default of QuickBooks.",
    )
    review: str = _setting(
        "off",
        "Approval",
        "off: refunds are entered by themselves. always: each waits until a person approves it. over 100.00: only "
        "those of more than that.",
    )
    undo: Undo = _setting(
        Undo.VOID,
        "Undo by",
        "void leaves what is undone in the books with zero; delete takes it out. A payment that applied a credit is "
        "deleted either way, since QuickBooks knows no void of it.",
    )
    closed_books: ClosedBooks = _setting(
        ClosedBooks.WAIT,
        "Closed books",
        "wait: a refund dated in closed books, or before the dividing date of an Accountant's Copy, waits until its "
        "date is free. next_open_day: it is dated the first open day, such as 2024-04-01 where March is closed.",
    )
    record_missing_payment: bool = _setting(
        False,
        "Payments that QuickBooks lacks",
        "On: where an invoice is unpaid in QuickBooks, though the shop took the money and gave it back, the payment is "
        "received on the invoice first, dated the day of the order, so that nothing stays open. Example: payment "
        "1001-7QK of 108.00 into Checking, credit memo 108.00, card refund 108.00. Off: the invoice stays open.",
    )
    cancelled_unpaid_invoice: CancelledInvoices = _setting(
        CancelledInvoices.APPLY_CREDIT,
        "Unpaid invoices of cancelled orders",
        "apply_credit: a credit memo, applied to the invoice, on the day of the cancellation. void: the invoice is "
        "voided, so that its own day shows no sale; this can't be undone. Example: invoice 1003 of 108.00 becomes "
        "0.00, marked VOID. A memo is entered all the same where the invoice is linked to something, is cancelled "
        "only in part, is dated in closed books, or where goods did not come back.",
    )
    sales_order: SalesOrders = _setting(
        SalesOrders.CLOSE,
        "Sales orders never invoiced",
        "close: nothing was booked, so the order is closed and an open payment for it is paid out. credit: a credit "
        "memo and payout are entered all the same, and the order stays open; one cancelled before anything was paid "
        "is closed. skip: nothing is entered.",
    )
    hand_entry_days: int = _setting(
        14,
        "Look for refunds entered by hand",
        "A credit memo, card refund or check of the same customer and amount, entered by hand within so many days of "
        "the refund's date, such as 14, may be this refund: it waits for a person. 0: this is not looked for.",
    )
    look_again_days: int = _setting(
        30,
        "Look again for missing orders",
        "For so many days, such as 30, an order that QuickBooks does not have yet is looked for once a day. 0: never.",
    )
    order_number_strip_prefix: str = _setting(
        "",
        "Take off the front of the order number",
        "What your sales in QuickBooks lack of the shop's number. Example: EU- where order #EU-1001 is sale 1001. "
        "A leading # is always taken off.",
    )
    order_number_strip_suffix: str = _setting(
        "",
        "Take off the end of the order number",
        "What your sales in QuickBooks lack of the shop's number. Example: -B where order #1001-B is sale 1001.",
    )
    order_number_add_prefix: str = _setting(
        "",
        "Put before the order number",
        "What your sales in QuickBooks have before the shop's number. Example: W where order #1001 is sale W1001.",
    )
    order_number_add_suffix: str = _setting(
        "",
        "Put after the order number",
        "What your sales in QuickBooks have after the shop's number. Example: -WEB where order #1001 is sale 1001-WEB.",
    )
    order_number_field: SaleField = _setting(
        SaleField.REF_NUMBER,
        "Field of the sale with the order number",
        "ref_number: the sale's own number. po_number (of invoices and sales orders), other, custom_field, or memo, "
        "where it stands as a word of its own: these are looked for among the sales of the days below.",
    )
    order_number_custom_field: str = _setting(
        "Order Number",
        "Custom field with the order number",
        "The name of the custom field in QuickBooks, such as Web Order, where custom_field is chosen above.",
    )
    order_number_days: int = _setting(
        30,
        "Days around the order",
        "Where the order's number stands in another field, the sale is looked for among those dated so many days "
        "before or after the order, such as 30. Fewer are quicker where you sell much.",
    )
    missing_orders_since: str = _setting(
        "",
        "Create orders placed since",
        "With sync_missing_orders: only orders placed on this day or later are created, such as 2024-01-01. Empty: "
        "those placed within 365 days before their refund. Choose the day from which on the shop's orders belong in "
        "these books.",
    )
    missing_orders_as: CreatedSale = _setting(
        CreatedSale.SALES_RECEIPT,
        "Create orders as",
        "sales_receipt: one entry. invoice: an invoice, and the payment that was received for it. Example: invoice "
        "1001 over 108.00 and payment 1001 over 108.00.",
    )
    missing_orders_customer: str = _setting(
        "",
        "Customer of created orders",
        "One customer for all orders that are created, such as Web Customers. Empty: the order's own customer, found "
        "by e-mail, then by name, else added.",
    )
    missing_orders_item: str = _setting(
        "",
        "Item of created orders",
        "One item for all goods of the orders that are created, such as Web Sales. Empty: the item of each SKU, by the "
        "item mapping, by name, then by title.",
    )
    missing_orders_new_items: NewItems = _setting(
        NewItems.REFUSE,
        "Items that QuickBooks lacks",
        "refuse: an order with a SKU that QuickBooks does not have waits for review. service, non_inventory: the item "
        "is added under its SKU, with the income account below.",
    )
    missing_orders_income_account: str = _setting(
        "",
        "Income account of new items",
        "The income account of items that are added for orders, by its full name, such as Merchandise Sales.",
    )
    missing_orders_tax_item: str = _setting(
        "",
        "Tax of created orders",
        "A sales tax item, such as County Tax: QuickBooks works the tax out, and it must come to the shop's. Any other "
        "item, such as Web Sales Tax with the account Sales Tax Payable: the shop's tax stands on it as a line. Empty: "
        "orders with sales tax wait for review.",
    )
    missing_orders_tax_codes: str = _setting(
        "",
        "Tax codes of created orders",
        "UK, Canada and Australia: the sales tax codes of your sales, parted by commas, such as S, Z. Each line gets "
        "the one whose rate makes the tax that the shop charged, the first one where several do, and has the tax in "
        "it. Empty: the shop's tax stands on the item above as a line.",
    )
    missing_orders_account: str = _setting(
        "",
        "Deposit account of created orders",
        "The bank or asset account that the money of created orders is deposited to. Empty: the account mapped for the "
        "refund's gateway, else Undeposited Funds.",
    )


KEYS = tuple(item.name for item in dataclasses.fields(Settings))
ITEM_KEYS = tuple(key for key in KEYS if key.endswith("_item"))  # those that name an item of QuickBooks


def change(settings: Settings, changes: Mapping[str, str]) -> Settings:
    """The settings with some of them changed, from the texts that a command or a form gives.

    Raises SettingsError for the first key or value that can't be taken; then nothing is changed.

    >>> change(Settings(), {"refund_method": "check"}).refund_method
    <RefundMethod.CHECK: 'check'>
    """
    values = {}
    for key, text in changes.items():
        if key not in KEYS:
            raise SettingsError(key, f"there is no such setting; there are {', '.join(KEYS)}")
        values[key] = _READERS[type(getattr(Settings(), key))](key, text.strip())
    changed = dataclasses.replace(settings, **values)
    for key in values:
        if key in _CHECKS:
            _CHECKS[key](key, values[key])
    return changed


def as_texts(settings: Settings) -> dict[str, str]:
    """Each setting as the text that `change` takes."""
    return {key: _text(getattr(settings, key)) for key in KEYS}


def label(key: str) -> str:
    """The name of a setting on the page."""
    return str(_declared(key).metadata["label"])


def help_text(key: str) -> str:
    """What a setting means."""
    return str(_declared(key).metadata["help"])


def allowed(key: str) -> tuple[str, ...]:
    """The words a setting may be; empty where it is free text."""
    default = getattr(Settings(), key)
    if isinstance(default, bool):
        return ("true", "false")
    return tuple(str(member.value) for member in type(default)) if isinstance(default, Enum) else ()


def _declared(key: str) -> dataclasses.Field[Any]:
    return next(item for item in dataclasses.fields(Settings) if item.name == key)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.value) if isinstance(value, Enum) else str(value)


def _read_bool(key: str, text: str) -> bool:
    words = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
    if text.lower() not in words:
        raise SettingsError(key, f"{text!r} is neither true nor false")
    return words[text.lower()]


def _read_text(key: str, text: str) -> str:
    if len(text) > MAX_NAME_CHARACTERS:
        raise SettingsError(key, f"has {len(text)} characters; at most {MAX_NAME_CHARACTERS} are allowed")
    if not text.isprintable():
        raise SettingsError(key, "holds a character that can't be printed")
    return text


def _read_decimal(key: str, text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise SettingsError(key, f"{text!r} is not an amount with at most two decimals, such as 0.05")
    return Decimal(text)


def _read_days(key: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) > MAX_DAYS:
        raise SettingsError(key, f"{text!r} is not a whole number of days from 0 to {MAX_DAYS}, such as 30")
    return int(text)


def _reader_of_enum(kind: type[Enum]) -> Callable[[str, str], Enum]:
    def read(key: str, text: str) -> Enum:
        try:
            return kind(text)
        except ValueError:
            words = ", ".join(str(member.value) for member in kind)
            raise SettingsError(key, f"{text!r} is not one of {words}") from None

    return read


def _check_zone(key: str, value: str) -> None:
    if not value:
        return
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(key, f"{value!r} is not a time zone such as America/New_York") from None


def _check_day(key: str, value: str) -> None:
    try:
        day = date.fromisoformat(value) if value else None
    except ValueError:
        day = None
    if value and (day is None or day.isoformat() != value):
        raise SettingsError(key, f"{value!r} is not a day such as 2024-01-01")


def _check_customer(key: str, value: str) -> None:
    if len(value) > MAX_NEW_NAME_CHARACTERS:
        raise SettingsError(key, f"has {len(value)} characters; QuickBooks takes {MAX_NEW_NAME_CHARACTERS}")


def _check_rounding_limit(key: str, value: Decimal) -> None:
    if not 0 <= value <= MAX_ROUNDING_LIMIT:
        raise SettingsError(key, f"{value} is not between 0 and {MAX_ROUNDING_LIMIT}")


def _check_review(key: str, value: str) -> None:
    if value not in ("off", "always") and not REVIEW_OVER.fullmatch(value):
        raise SettingsError(key, f"{value!r} is not one of off, always, or over AMOUNT such as over 100.00")


def _check_payment_method(key: str, value: str) -> None:
    if len(value) > MAX_PAYMENT_METHOD_CHARACTERS:
        raise SettingsError(key, f"has {len(value)} characters; QuickBooks takes {MAX_PAYMENT_METHOD_CHARACTERS}")


def _check_affix(key: str, value: str) -> None:
    if len(value) > MAX_AFFIX_CHARACTERS:
        raise SettingsError(key, f"has {len(value)} characters; at most {MAX_AFFIX_CHARACTERS} are allowed")


def _check_custom_field(key: str, value: str) -> None:
    if not 1 <= len(value) <= MAX_CUSTOM_FIELD_CHARACTERS:
        raise SettingsError(
            key, f"has {len(value)} characters; the name of a custom field has 1 to {MAX_CUSTOM_FIELD_CHARACTERS}"
        )


def _check_template(key: str, value: str) -> None:
    if len(value) > MAX_TEMPLATE_CHARACTERS:
        raise SettingsError(key, f"has {len(value)} characters; QuickBooks takes {MAX_TEMPLATE_CHARACTERS}")


_READERS: dict[type, Callable[[str, str], Any]] = {
    bool: _read_bool,
    str: _read_text,
    Decimal: _read_decimal,
    int: _read_days,
    RefundMethod: _reader_of_enum(RefundMethod),
    Restock: _reader_of_enum(Restock),
    WebConnectors: _reader_of_enum(WebConnectors),
    Undo: _reader_of_enum(Undo),
    ClosedBooks: _reader_of_enum(ClosedBooks),
    CancelledInvoices: _reader_of_enum(CancelledInvoices),
    SalesOrders: _reader_of_enum(SalesOrders),
    StoreCredit: _reader_of_enum(StoreCredit),
    SaleField: _reader_of_enum(SaleField),
    CheckNumber: _reader_of_enum(CheckNumber),
    CreatedSale: _reader_of_enum(CreatedSale),
    NewItems: _reader_of_enum(NewItems),
}
_CHECKS: dict[str, Callable[[str, Any], None]] = {
    "time_zone": _check_zone,
    "rounding_limit": _check_rounding_limit,
    "payment_method": _check_payment_method,
    "credit_memo_template": _check_template,
    "review": _check_review,
    "order_number_strip_prefix": _check_affix,
    "order_number_strip_suffix": _check_affix,
    "order_number_add_prefix": _check_affix,
    "order_number_add_suffix": _check_affix,
    "order_number_custom_field": _check_custom_field,
    "missing_orders_since": _check_day,
    "missing_orders_customer": _check_customer,
}
