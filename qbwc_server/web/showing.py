"""How amounts, times and statuses look on every page."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask

from qbwc_server.refunds.settings import Settings
from qbwc_server.store import reports

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
    "skipped": "Nothing was entered, and nothing needs to be done by Connex.",
    "failed": "QuickBooks refused it.",
}
SALE_WORDS = {"SalesReceipt": "Sales receipt", "Invoice": "Invoice", "SalesOrder": "Sales order"}
DOCUMENT_WORDS = {
    "CreditMemoAdd": "Credit memo",
    "CheckAdd": "Check",
    "ARRefundCreditCardAdd": "Credit card refund",
    "ReceivePaymentAdd": "Application to the invoice",
    "SalesOrderMod": "Closing of the sales order",
}
PAYOUT_WORDS = {"Check": "Check", "ARRefundCreditCard": "Credit card refund"}
MESSAGE_WORDS = {
    "lists": "reading the company file and its accounts",
    "claim": "marking the company file",
    "proof": "checking the mark",
    "find": "looking for the sale",
    "follow": "looking for what belongs to the sale",
    "post": "entering",
    "recover": "asking what became of a lost answer",
    "scan": "looking for what was entered already",
    "extent": "finding out what is gone from the company file",
    "reconcile": "comparing what was entered with QuickBooks",
}
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
        PAYOUT_WORDS=PAYOUT_WORDS,
    )
    app.jinja_env.filters.update(money=money, moment=moment, day=day, number=number)


def zone_of(settings: Settings) -> tzinfo | None:
    """The time zone that a connection's pages speak in; None stands for the server's own."""
    return ZoneInfo(settings.time_zone) if settings.time_zone else None


def money(amount: Decimal | str, currency: str = "") -> str:
    """An amount with two decimals and its currency.

    >>> money(Decimal("-1234.5"), "USD")
    '−1,234.50 USD'
    """
    text = f"{Decimal(amount):,.2f}".replace("-", "−")
    return f"{text} {currency}" if currency else text


def moment(value: datetime, zone: tzinfo | None = None) -> str:
    """A time as a person reads it, in that zone.

    >>> moment(datetime.fromisoformat("2024-03-01T19:05:00+00:00"), ZoneInfo("America/New_York"))
    '1 Mar 2024, 14:05 EST'
    """
    local = value.astimezone(zone)
    return f"{day(local)}, {local:%H:%M %Z}"


def day(value: date) -> str:
    """A date as a person reads it.

    >>> day(date(2024, 3, 1))
    '1 Mar 2024'
    """
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{value.day} {months[value.month - 1]} {value.year}"


def number(value: Decimal) -> str:
    """A quantity without needless zeros.

    >>> number(Decimal("2.000")), number(Decimal("10")), number(Decimal("0.50"))
    ('2', '10', '0.5')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
