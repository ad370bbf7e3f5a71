"""Small builders of sales, refunds and companies for the tests of planning, and the judges of what is planned.

A sale is said as it stands on paper: `invoice(sold("HAT", 2, "20.00"), tax="8")`, a refund likewise:
`refund_of(back("HAT", 1, "20.00", tax="1.60"))`.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import qbxml
from qbwc_server.refunds.model import Adjustment, AdjustmentKind, MoneyBack, Order, Refund, RefundLine
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.planning import plan
from qbwc_server.refunds.posting import Document, Posting
from qbwc_server.refunds.reasons import Skip, Status
from qbwc_server.refunds.sale import Account, CompanyFacts, Payment, Sale, SaleLine, SaleType, Taken
from qbwc_server.refunds.settings import Settings
from qbxml import Ref, cents
from tests.qbxml.schemas import problems
from tests.shared import PROJECT

NEW_YORK = ZoneInfo("America/New_York")
UNDEPOSITED = "Nicht eingezahlte Gelder"  # Undeposited Funds, in a company file that calls it so
RECEIVABLES = "Accounts Receivable"


def ref(name: str) -> Ref:
    """A list element by name, with the ListID that it always has."""
    return Ref(list_id=f"{zlib.crc32(name.encode()):08X}-1500000000", full_name=name)


def account(name: str, account_type: str, special: str = "", **changes: Any) -> Account:
    return Account(ref(name).list_id or "", name, account_type, special, **changes)


COMPANY = CompanyFacts(
    accounts=(
        account(RECEIVABLES, "AccountsReceivable"),
        account("Checking", "Bank"),
        account("PayPal", "Bank"),
        account("Card Clearing", "OtherCurrentAsset"),
        account("Company Visa", "CreditCard"),
        account("Merchandise Sales", "Income"),
        account("Old Checking", "Bank", is_active=False),
        account(UNDEPOSITED, "OtherCurrentAsset", "UndepositedFunds"),
    ),
    time_zone=NEW_YORK,
    payment_methods=(ref("Visa"), ref("PayPal")),
    items={name: ref(name) for name in ("Refunds", "Allowance", "No Restock", "Tips", "Duties", "Fees", "Rounding")},
    home_currency="USD",
    non_taxable_code=ref("Non"),
)


def sold(item: str, quantity: int | str | None, price: str, /, *, code: str = "Tax", **changes: Any) -> SaleLine:
    """A line of a sale: so many of an item at a price; without a quantity, the price is the amount."""
    count = None if quantity is None else Decimal(quantity)
    rate = Decimal(price)
    values: dict[str, Any] = {
        "txn_line_id": "",
        "item": ref(item),
        "desc": f"The {item}",
        "quantity": count,
        "rate": rate if count is not None else None,
        "rate_percent": None,
        "amount": cents(rate * count) if count is not None else rate,
        "sales_tax_code": ref(code),
    }
    return SaleLine(**{**values, **changes})


def discount(amount: str, *, code: str = "Tax", **changes: Any) -> SaleLine:
    """A line that lowers the sale."""
    return sold("Discount", None, f"-{amount}", code=code, **changes)


def shipping(amount: str, *, code: str = "Tax", item: str = "Shipping") -> SaleLine:
    return sold(item, None, amount, code=code)


def bundle(name: str, quantity: int, *parts: SaleLine) -> SaleLine:
    total = sum((part.amount for part in parts), Decimal(0))
    return sold(name, quantity, "0", amount=total, rate=None, is_group=True, parts=parts)


def sale_of(kind: SaleType, *lines: SaleLine, tax: str = "0", taxed: Iterable[str] = ("Tax",), **changes: Any) -> Sale:
    """A sale over these lines, with the sales tax that QuickBooks works out on the codes in `taxed`."""
    numbered = tuple(_numbered(line, f"L{index}") for index, line in enumerate(lines, 1))
    flat = [part for line in numbered for part in (line.parts if line.is_group else (line,))]
    subtotal = sum((line.amount for line in flat), Decimal("0.00"))
    codes = set(taxed)
    base = sum(
        (line.amount for line in flat if line.sales_tax_code and line.sales_tax_code.full_name in codes), Decimal(0)
    )
    sales_tax = cents(base * Decimal(tax) / 100)
    values: dict[str, Any] = {
        "type": kind,
        "txn_id": "5D1-1700000000",
        "edit_sequence": "1700000000",
        "ref_number": "1001",
        "txn_date": date(2024, 3, 1),
        "customer": ref("Ada Buyer"),
        "total": subtotal + sales_tax,
        "subtotal": subtotal,
        "tax": sales_tax,
        "lines": numbered,
        "tax_percentage": Decimal(tax),
        "sales_tax_item": ref("County Tax"),
    }
    return Sale(**{**values, **changes})


def gross_sale(kind: SaleType, *lines: SaleLine, rates: Mapping[str, str], **changes: Any) -> Sale:
    """A sale whose amounts have the tax in them, worked out for each code by its percentage."""
    sale = sale_of(kind, *lines, sales_tax_item=None)
    flat = [part for line in sale.lines for part in (line.parts if line.is_group else (line,))]
    by_code: dict[str, Decimal] = {}
    for line in flat:
        code = line.sales_tax_code.full_name or "" if line.sales_tax_code else ""
        by_code[code] = by_code.get(code, Decimal(0)) + line.amount
    tax = sum((cents(a * Decimal(rates[c]) / (100 + Decimal(rates[c]))) for c, a in by_code.items()), Decimal("0.00"))
    open_balance = {} if kind is not SaleType.INVOICE else {"payments": (payment(str(sale.total)),)}
    values = {"tax": tax, "subtotal": sale.total - tax, "is_tax_included": True, **open_balance, **changes}
    return replace(sale, **values)


def sales_receipt(*lines: SaleLine, **values: Any) -> Sale:
    return sale_of(SaleType.SALES_RECEIPT, *lines, **values)


def invoice(*lines: SaleLine, paid: str | None = None, **values: Any) -> Sale:
    """An invoice; `paid` is what one payment paid of it, by default all of it."""
    whole = sale_of(SaleType.INVOICE, *lines, **values)
    if {"payments", "open_balance"} & values.keys():
        return whole
    amount = whole.total if paid is None else Decimal(paid)
    payments = (payment(str(amount)),) if amount else ()
    return replace(whole, ar_account=ref(RECEIVABLES), payments=payments, open_balance=whole.total - amount)


def sales_order(*lines: SaleLine, **values: Any) -> Sale:
    return sale_of(SaleType.SALES_ORDER, *lines, **values)


def payment(amount: str, **changes: Any) -> Payment:
    values: dict[str, Any] = {"txn_id": f"7A{amount.replace('.', '')}-1700000001", "amount": Decimal(amount)}
    return Payment(**{**values, **changes})


def open_payment(unused: str, **changes: Any) -> Payment:
    return payment("0.00", **{"txn_id": f"8B{unused.replace('.', '')}-1", "unused": Decimal(unused), **changes})


def back(sku: str, quantity: int | str, amount: str, *, tax: str = "0.00", **changes: Any) -> RefundLine:
    """A line given back: so many of an item, for so much in all."""
    values: dict[str, Any] = {
        "line_id": f"line-{sku}",
        "sku": sku,
        "title": f"The {sku}",
        "quantity": Decimal(quantity),
        "amount": Decimal(amount),
        "tax": Decimal(tax),
    }
    return RefundLine(**{**values, **changes})


def shipping_back(amount: str, *, tax: str = "0.00") -> Adjustment:
    return Adjustment(AdjustmentKind.SHIPPING, Decimal(amount), Decimal(tax))


def adjusted(
    amount: str, *, tax: str = "0.00", reason: str = "", kind: AdjustmentKind = AdjustmentKind.DISCREPANCY
) -> Adjustment:
    return Adjustment(kind, Decimal(amount), Decimal(tax), reason)


def by(gateway: str, amount: str, transaction_id: str = "", **changes: Any) -> MoneyBack:
    return MoneyBack(Decimal(amount), gateway, transaction_id, **changes)


def refund_of(
    *parts: RefundLine | Adjustment,
    money: str | tuple[MoneyBack, ...] | None = None,
    number: str = "#1001",
    order: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Refund:
    """A refund of these lines and adjustments; `money` is what went back, by default all of its value by card."""
    values: dict[str, Any] = {
        "source": "shopify",
        "shop": "",
        "external_id": "901",
        "order": Order(order_id="5001", number=number, **(order or {})),
        "created_at": datetime(2024, 3, 4, 15, 30, tzinfo=NEW_YORK),
        "currency": "USD",
        "lines": tuple(part for part in parts if isinstance(part, RefundLine)),
        "adjustments": tuple(part for part in parts if isinstance(part, Adjustment)),
    }
    refund = Refund(**{**values, **changes})
    if isinstance(money, tuple):
        return replace(refund, money=money)
    amount = refund.value if money is None else Decimal(money)
    return replace(refund, money=(MoneyBack(amount, "shopify_payments", "7001"),) if amount else ())


def all_of(sale: Sale, **values: Any) -> Refund:
    """The refund of all of a sale, as one amount and its tax on each of its goods and shipping lines."""
    goods = [line for line in sale.lines if not line.is_deduction and line.item is not None]
    deducted = sum((line.amount for line in sale.lines if line.is_deduction), Decimal(0))
    deducted -= sale.tax if sale.is_tax_included else Decimal(0)
    lines = [
        back(str(line.item), str(line.quantity or 1), str(line.amount + (deducted if first else 0)),
             tax=str(sale.tax if first else "0.00"), title=line.desc)
        for first, line in ((index == 0, line) for index, line in enumerate(goods))
    ]  # fmt: skip
    return refund_of(*lines, **values)


def taken_by(*postings: Posting) -> Taken:
    """What earlier postings took out of the sale."""
    quantities: dict[str, Decimal] = {}
    amounts: dict[str, Decimal] = {}
    for share in (share for posting in postings for share in posting.shares if share.txn_line_id):
        quantities[share.txn_line_id] = quantities.get(share.txn_line_id, Decimal(0)) + share.quantity
        amounts[share.txn_line_id] = amounts.get(share.txn_line_id, Decimal(0)) + share.amount
    return Taken(
        total=sum((posting.total for posting in postings), Decimal("0.00")),
        tax=sum((posting.tax for posting in postings), Decimal("0.00")),
        quantities=quantities,
        amounts=amounts,
        applied=sum((posting.applied for posting in postings), Decimal("0.00"))
        + sum((d.amount for p in postings for d in p.documents if d.role is Role.PAYMENT), Decimal("0.00")),
    )


def posted(
    refund: Refund,
    sale: Sale,
    settings: Settings | None = None,
    company: CompanyFacts = COMPANY,
    taken: Taken | None = None,
    generation: int = 1,
) -> Posting:
    """What is planned for a refund, which must be a posting and valid by Intuit's schemas."""
    posting = plan(refund, sale, settings or Settings(), company, taken, generation)
    assert isinstance(posting, Posting), posting.message
    assert schema_problems(posting) == []
    return posting


def stopped(
    refund: Refund,
    sale: Sale,
    settings: Settings | None = None,
    company: CompanyFacts = COMPANY,
    taken: Taken | None = None,
) -> Skip:
    """Why nothing is planned for a refund."""
    skip = plan(refund, sale, settings or Settings(), company, taken)
    assert isinstance(skip, Skip), skip
    assert "unknown)" not in skip.message, f"the sentence lacks a fact: {skip.message}"
    assert skip.status in (Status.SKIPPED, Status.REVIEW, Status.FAILED)
    return skip


def schema_problems(posting: Posting) -> list[str]:
    """What Intuit's schemas have against the documents of a posting, where the schemas lie beside the project."""
    calls = tuple(qbxml.Call(str(index), document.request) for index, document in enumerate(posting.documents))
    written = qbxml.write_message_set(qbxml.MessageSet(calls))
    assert written.isascii()
    for document in posting.documents:
        assert qbxml.write_request(document.request)
    if not (PROJECT.parent / "shared").exists() and os.environ.get("CI") != "true":
        return []
    return problems(written, "130") + problems(written, "160") if calls else []


def roles(posting: Posting) -> list[str]:
    return [document.role.value for document in posting.documents]


def memo_of(posting: Posting) -> qbxml.CreditMemoAdd:
    (request,) = [document.request for document in posting.documents if document.role is Role.MEMO]
    assert isinstance(request, qbxml.CreditMemoAdd)
    return request


def payouts_of(posting: Posting) -> list[Document]:
    return [document for document in posting.documents if document.role is Role.PAYOUT]


def card_refund_of(posting: Posting) -> qbxml.ARRefundCreditCardAdd:
    (payout,) = payouts_of(posting)
    assert isinstance(payout.request, qbxml.ARRefundCreditCardAdd)
    return payout.request


def check_of(posting: Posting) -> qbxml.CheckAdd:
    (payout,) = payouts_of(posting)
    assert isinstance(payout.request, qbxml.CheckAdd)
    return payout.request


def application_of(posting: Posting) -> qbxml.ReceivePaymentAdd:
    (request,) = [document.request for document in posting.documents if document.role is Role.APPLICATION]
    assert isinstance(request, qbxml.ReceivePaymentAdd)
    return request


def lines_of(posting: Posting) -> list[tuple[str, str | None, str]]:
    """The memo's lines as (item, quantity, amount)."""
    return [
        (
            str(line.item_ref),
            None if line.quantity is None else f"{line.quantity.normalize():f}",
            str(line.amount),
        )
        for line in memo_of(posting).lines
        if isinstance(line, qbxml.CreditMemoLineAdd)
    ]


def notices_of(posting: Posting) -> dict[str, str]:
    """The notices by code, each with its sentence, which must lack no fact."""
    said = {notice.code: notice.message for notice in posting.notices}
    assert not [sentence for sentence in said.values() if "unknown)" in sentence], said
    return said


def _numbered(line: SaleLine, number: str) -> SaleLine:
    parts = tuple(_numbered(part, f"{number}.{index}") for index, part in enumerate(line.parts, 1))
    return replace(line, txn_line_id=line.txn_line_id or number, parts=parts)
