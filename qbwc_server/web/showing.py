"""How amounts, times and statuses look on every page: in the words of bookkeepers, written as the reader's place
writes them (the person's choice, else what the browser asks for), times in the connection's zone."""

from __future__ import annotations

import dataclasses
import re
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from flask import Flask, g, has_request_context, request
from flask_login import current_user

from qbwc_server.refunds.settings import Settings, label
from qbwc_server.store import reports
from qbwc_server.store.decisions import Act

LOCALES = {
    "en_US": "United States: 1,234.50, Mar 1, 2024",
    "en_CA": "Canada, English: 1,234.50, Mar 1, 2024",
    "fr_CA": "Canada, French: 1 234,50, 1 mars 2024",
    "en_GB": "United Kingdom: 1,234.50, 1 Mar 2024",
    "en_IE": "Ireland: 1,234.50, 1 Mar 2024",
    "en_AU": "Australia: 1,234.50, 1 Mar 2024",
    "en_NZ": "New Zealand: 1,234.50, 1/03/2024",
    "es_US": "Spanish, United States: 1,234.50, 1 mar 2024",
    "es_MX": "Spanish, Mexico: 1,234.50, 1 mar 2024",
    "de_DE": "German: 1.234,50, 01.03.2024",
    "fr_FR": "French: 1 234,50, 1 mars 2024",
}
DEFAULT_LOCALE = "en_US"  # QuickBooks Desktop's home
STATUS_WORDS = {
    "waiting": "Waiting",
    "review": "Needs review",
    "posting": "Posting",
    "posted": "Posted",
    "skipped": "Skipped",
    "failed": "Failed",
}
STATUS_MEANINGS = {
    "waiting": "It is entered when the Web Connector runs next.",
    "review": "A person has to decide.",
    "posting": "It is on its way to QuickBooks.",
    "posted": "It stands in QuickBooks.",
    "skipped": "Connex enters nothing for it.",
    "failed": "QuickBooks refused it.",
}
SALE_WORDS = {"SalesReceipt": "Sales receipt", "Invoice": "Invoice", "SalesOrder": "Sales order"}
DOCUMENT_WORDS = {
    "CreditMemoAdd": "Credit memo",
    "CheckAdd": "Check",
    "ARRefundCreditCardAdd": "Credit card refund",
    "ReceivePaymentAdd": "Application to the invoice",
    "SalesOrderMod": "Closing of the sales order",
    "TxnVoid": "Voiding of the invoice",
    "SalesReceiptAdd": "Sales receipt, created from the shop's order",
    "InvoiceAdd": "Invoice, created from the shop's order",
}
PAYMENT_WORDS = {
    "payment": "Payment on the invoice",
    "sale_payment": "Payment of the order, created with it",
}  # by role
PAYOUT_WORDS = {"Check": "Check", "ARRefundCreditCard": "Credit card refund"}
MESSAGE_WORDS = {
    "lists": "reading the company file and its accounts",
    "claim": "marking the company file",
    "proof": "checking the mark",
    "read_claim": "reading the mark",
    "find": "looking for the sale",
    "follow": "looking for what belongs to the sale",
    "prepare": "asking what creating the order needs",
    "enlist": "adding customers and items",
    "latch": "preparing the entry that keeps postings from being entered twice",
    "shut_out": "making sure that a lost posting can't be entered any more",
    "post": "entering",
    "undo": "undoing what was entered",
    "recover": "asking what became of a lost answer",
    "repeat": "sending again what was in doubt",
    "scan": "looking for what was entered already",
    "extent": "finding out what is gone from the company file",
    "reconcile": "comparing what was entered with QuickBooks",
}
SORT_WORDS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "largest": "Largest first",
    "smallest": "Smallest first",
}
REASON_WORDS = {
    "order_not_found": "Order not found in QuickBooks",
    "ambiguous_sale": "Several sales with this number",
    "chosen_sale_not_found": "Chosen sale not found",
    "several_invoices": "Order invoiced in parts",
    "sale_pending": "Sale is pending",
    "sale_void": "Sale was voided",
    "template_unknown": "Template is unknown",
    "entered_otherwise": "Sale changed in between",
    "order_incomplete": "Order data is incomplete",
    "order_needs_setting": "Setting needed to create the order",
    "order_account_unfit": "Account for created orders unfit",
    "order_total_differs": "Order does not add up",
    "item_not_in_quickbooks": "Item is not in QuickBooks",
    "item_unfit": "Item can't stand on a sale",
    "customer_unknown": "Customer unknown",
    "ambiguous_customer": "Several customers fit",
    "customer_name_taken": "Customer's name is taken",
    "order_in_doubt": "Order perhaps created already",
    "created_sale_gone": "Created sale is gone",
    "created_sale_differs": "Created sale differs",
    "partial_refund_of_open_order": "Part of an open sales order",
    "ambiguous_payment": "Several payments fit",
    "order_never_invoiced": "Order was never invoiced",
    "refunds_off": "Switched off in the settings",
    "refund_account_unknown": "Refund account unknown",
    "refund_account_unfit": "Refund account unfit",
    "ambiguous_deposit_account": "Deposited to several accounts",
    "no_undeposited_funds": "No Undeposited Funds account",
    "payment_method_unknown": "Payment method unknown",
    "no_receivables": "No receivables account",
    "payout_account_refused": "Account refused for payouts",
    "nothing_to_post": "Nothing to enter",
    "more_than_sale": "More than is left of the sale",
    "quantity_more_than_sale": "More pieces than were sold",
    "money_exceeds_value": "More money than goods",
    "tax_difference": "Sales tax differs",
    "value_differs": "Amount differs",
    "currency_differs": "Another currency",
    "store_credit": "Store credit",
    "tax_included": "Prices include tax",
    "line_not_in_sale": "Line is not in the sale",
    "bundle_in_part": "Part of a bundle",
    "shipping_not_in_sale": "Shipping is not in the sale",
    "adjustment_needs_item": "Allowance item needed",
    "more_tax_than_sale": "More tax than is left of the sale",
    "restock_needs_item": "Item for goods kept needed",
    "exchange": "Goods were exchanged",
    "item_unknown": "Item unknown",
    "books_closed": "Period is closed",
    "accountants_copy": "Accountant's Copy",
    "perhaps_posted_already": "Perhaps entered already",
    "in_doubt": "Answer was lost",
    "changed_in_quickbooks": "Changed in QuickBooks",
    "payout_link_refused": "Payout refused",
    "refused_by_quickbooks": "Refused by QuickBooks",
    "request_unreadable": "Request not understood",
    "kept_failing": "Kept failing",
    "unfit_data": "Does not fit QuickBooks",
    "answer_unreadable": "Answer not understood",
    "deleted_in_quickbooks": "Deleted in QuickBooks",
    "voided_in_quickbooks": "Voided in QuickBooks",
    "too_many_sales_to_look_through": "Too many sales to look through",
    "too_many_to_look_through": "Too much to look through",
    "left_out_after_restore": "Left out of restored books",
    "payout_kept_failing": "Payout kept failing",
    "stopped_by_person": "Stopped by a person",
    "approval_needed": "Waits for approval",
    "plan_changed": "Changed since it was approved",
    "declined": "Declined",
    "done_by_hand": "Done by hand",
    "perhaps_entered_by_hand": "Perhaps entered by hand",
    "undone": "Undone in QuickBooks",
    "undo_refused": "Undo was refused",
    "changed_in_shop": "Changed in the shop",
    "withdrawn_in_shop": "Withdrawn in the shop",
    "withdrawn": "Withdrawn before it was entered",
}
ACT_WORDS = {
    Act.APPROVE: "Approve: enter it as planned",
    Act.DECLINE: "Decline: enter nothing",
    Act.SKIP: "Skip: nothing is to be entered",
    Act.TRY_AGAIN: "Try again from the beginning",
    Act.UNDO: "Undo it in QuickBooks",
    Act.NOTE: "Only keep the note",
    Act.ADOPT: "It is what stands there: take that over",
    Act.POST_ANYWAY: "It is another one: enter this, too",
    Act.DONE_BY_HAND: "I have done it in QuickBooks by hand",
    Act.CHOOSE_SALE: "Use this sale",
    Act.FORGET_SALE: "Forget the chosen sale: look by the order's number again",
}
ROLE_WORDS = {"owner": "Owner", "accountant": "Accountant", "viewer": "Viewer"}
_BROWSERS = (  # in this order: each also says the names of those after it
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
_KEYS = (each.name for each in dataclasses.fields(Settings) if "_" in each.name)  # no words of everyday language
_SETTING_KEY = re.compile(rf"\b({'|'.join(_KEYS)})\b")
_NUMBERED = re.compile(r"(\w+)\[(\d+)\]")
DOCUMENT_STATES = {
    "planned": ("Planned", "waiting"),
    "sent": ("Sent", "posting"),
    "posted": ("Posted", "posted"),
    "failed": ("Failed", "failed"),
    "review": ("Needs review", "review"),
}


def install(app: Flask) -> None:
    """Gives the templates these words and filters."""
    app.jinja_env.globals.update(
        STATUSES=reports.STATUSES,
        STATUS_WORDS=STATUS_WORDS,
        STATUS_MEANINGS=STATUS_MEANINGS,
        SALE_WORDS=SALE_WORDS,
        DOCUMENT_WORDS=DOCUMENT_WORDS,
        DOCUMENT_STATES=DOCUMENT_STATES,
        MESSAGE_WORDS=MESSAGE_WORDS,
        PAYMENT_WORDS=PAYMENT_WORDS,
        PAYOUT_WORDS=PAYOUT_WORDS,
        ROLE_WORDS=ROLE_WORDS,
        ACT_WORDS=ACT_WORDS,
        reason_words=reason_words,
        language=language,
    )
    app.jinja_env.filters.update(
        money=money,
        moment=moment,
        day=day,
        number=number,
        rate=rate,
        count=count,
        duration=duration,
        browser=browser,
        sentence=sentence,
        with_labels=with_labels,
        place=place,
    )


def reason_words(code: str) -> str:
    """A reason in a few words, for lists of reasons.

    >>> reason_words("sale_pending"), reason_words("something_new")
    ('Sale is pending', 'Something new')
    """
    return REASON_WORDS.get(code) or code.replace("_", " ").capitalize()


def sentence(words: str) -> str:
    """Words as a sentence begins with them; names within stay as they are.

    >>> sentence("comparing with QuickBooks")
    'Comparing with QuickBooks'
    """
    return words[:1].upper() + words[1:]


def with_labels(text: str) -> str:
    """A message in which settings are called as the pages call them, not as commands do.

    >>> with_labels("Set allowance_item first.")
    'Set “Allowance item” first.'
    """
    return _SETTING_KEY.sub(lambda found: f"“{label(found[0])}”", text)


def place(path: str) -> str:
    """A place in a file as a person counts, from 1 on.

    >>> place("orders[13].refunds[0].created_at"), place("line 17")
    ('Order 14, refund 1, created at', 'Line 17')
    """
    counted = _NUMBERED.sub(lambda found: f"{found[1].removesuffix('s')} {int(found[2]) + 1}", path)
    return sentence(counted.replace(".", ", ").replace("_", " "))


def zone_of(settings: Settings) -> tzinfo | None:
    """The time zone that a connection's pages speak in; None stands for the server's own."""
    return ZoneInfo(settings.time_zone) if settings.time_zone else None


def locale() -> Locale:
    """How the reader writes amounts and dates."""
    if not has_request_context():
        return Locale.parse(DEFAULT_LOCALE)
    if "locale" not in g:
        chosen = current_user.locale if current_user.is_authenticated else ""
        asked = [code.replace("-", "_") for code, _ in request.accept_languages]
        g.locale = Locale.parse(chosen or negotiate_locale(asked, LOCALES) or DEFAULT_LOCALE)
    found: Locale = g.locale
    return found


def language() -> str:
    """The language of dates, for whoever has pages read aloud."""
    return str(locale()).replace("_", "-")


def money(amount: Decimal | str, currency: str = "") -> str:
    """An amount with two decimals and its currency.

    >>> money(Decimal("-1234.5"), "USD")
    '−1,234.50 USD'
    """
    text = format_decimal(Decimal(amount), "#,##0.00", locale=locale()).replace("-", "−")
    return f"{text} {currency}" if currency else text


def moment(value: datetime, zone: tzinfo | None = None) -> str:
    """A time as a person reads it, in that zone, which is named.

    >>> moment(datetime.fromisoformat("2024-03-01T19:05:00+00:00"), ZoneInfo("America/New_York"))
    'Mar 1, 2024, 2:05 PM EST'
    """
    local = value.astimezone(zone)
    clock = format_time(local.timetz().replace(tzinfo=None), "short", locale=locale())
    return f"{day(local)}, {clock} {local:%Z}".replace("\u202f", " ")


def day(value: date) -> str:
    """A date as a person reads it.

    >>> day(date(2024, 3, 1))
    'Mar 1, 2024'
    """
    return format_date(value, "medium", locale=locale())


def count(value: int, maximum: int | None = None) -> str:
    """A whole number; one beyond `maximum` was not counted to its end.

    >>> count(1234), count(1001, 1000)
    ('1,234', 'more than 1,000')
    """
    if maximum is not None and value > maximum:
        return f"more than {count(maximum)}"
    return format_decimal(value, "#,##0", locale=locale())


def number(value: Decimal) -> str:
    """A quantity without needless zeros.

    >>> number(Decimal("2.000")), number(Decimal("10")), number(Decimal("0.50"))
    ('2', '10', '0.5')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rate(value: Decimal) -> str:
    """A price of one: two decimals, or as many as it has.

    >>> rate(Decimal("219")), rate(Decimal("0.12345"))
    ('219.00', '0.12345')
    """
    return format_decimal(value, "#,##0.00###", locale=locale())


def browser(user_agent: str) -> str:
    """A browser as a person knows it, from what it says of itself.

    >>> browser("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36 Edg/120.0")
    'Edge on Windows'
    """
    name = next((words for mark, words in _BROWSERS if mark in user_agent), user_agent[:40] or "An unknown browser")
    system = next((words for mark, words in _SYSTEMS if mark in user_agent), "")
    return f"{name} on {system}" if system else name


def duration(value: timedelta) -> str:
    """A length of time in its largest unit.

    >>> duration(timedelta(minutes=7)), duration(timedelta(hours=30))
    ('7 minutes', '30 hours')
    """
    minutes = int(value.total_seconds()) // 60
    for length, unit, least in ((1440, "day", 2880), (60, "hour", 120), (1, "minute", 1)):
        if minutes >= least:
            found = minutes // length
            return f"{found} {unit}" if found == 1 else f"{count(found)} {unit}s"
    return "less than a minute"
