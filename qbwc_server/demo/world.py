"""The demonstration's world: a small US shop as QuickBooks and as Shopify know it, and what each refund should become.

The scenarios' sales are written to both sides from the shop's own records, with what an accountant expects of each
refund; nothing here asks the product. Equal seeds and times give equal worlds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from qbsim import Company, CompanyBuilder, Line, SettableClock, real_time
from qbwc_server.demo.scenarios import REFUNDS_TO_SHOW_REVIEW, Booking, Sale, scenarios
from qbwc_server.demo.shop import (
    COMPANY_CUSTOMER,
    GOODS,
    JOB,
    SERVICES,
    TAX_ITEM,
    TAX_PERCENT,
    UNDEPOSITED_FUNDS,
    ZERO,
    Customer,
    GivenBack,
    Kind,
    Order,
    Product,
    Refund,
    Shop,
    WorldError,
)
from qbwc_server.demo.shopify_orders import order_json, refund_json

__all__ = [
    "COMPANY_NAME",
    "MAX_REFUNDS",
    "RECEIVABLE",
    "REFUNDS_TO_SHOW_REVIEW",
    "REVIEW_KINDS",
    "TAX_PERCENT",
    "UNDEPOSITED_FUNDS",
    "Expected",
    "Kind",
    "World",
    "WorldError",
    "make_world",
]

COMPANY_NAME = "Riverside Outfitters (sample)"
MAX_REFUNDS = 100_000
#: Kinds that rightly wait for a person.
REVIEW_KINDS = frozenset({Kind.GOODWILL, Kind.MORE_THAN_SALE})

RECEIVABLE = "Accounts Receivable"
#: What the demo's connection has as `no_restock_item`, and the account of that item.
NO_RESTOCK_ITEM, NOT_RETURNED_ACCOUNT = "No Restock", "Goods Not Returned"
_SHIPPING_ITEM, _DISCOUNT_ITEM = "Shipping", "Web Discount"
_WEB_CLASS, _PHONE_CLASS = "Web Store", "Phone Orders"
_PHONE_ORDERS = 5  # every fifth order came by telephone


@dataclass(frozen=True)
class Expected:
    """What should become of one refund. Amounts are in USD, accounts and customers stand by full name."""

    order_number: str  # as the shop writes it, with its '#'
    external_id: str
    kind: Kind
    customer: str
    status: str  # posted, skipped or review
    reason: str = ""  # code of why it was not posted
    notices: tuple[str, ...] = ()  # codes
    sale_type: str = ""  # qbXML's name; empty where QuickBooks has no such sale
    memo_total: Decimal = ZERO  # of the credit memo; zero: there is none
    payout_total: Decimal = ZERO
    payout_account: str = ""
    applied: Decimal = ZERO  # of the memo, to the open invoice
    closes_order: bool = False
    movements: Mapping[str, Decimal] = field(default_factory=dict)  # by account, debits positive
    stock: Mapping[str, int] = field(default_factory=dict)  # pieces that come back, by item

    @property
    def sale_number(self) -> str:
        """RefNumber of the sale in QuickBooks."""
        return self.order_number.removeprefix("#")

    @property
    def credit_left(self) -> Decimal:
        """What stays open of the credit memo."""
        return self.memo_total - self.payout_total - self.applied if self.memo_total else ZERO

    @property
    def customer_change(self) -> Decimal:
        """By how much the customer owes more, or less where negative."""
        return self.movements.get(RECEIVABLE, ZERO)


@dataclass(frozen=True)
class World:
    """The company before the sync, the shop's orders, and what each refund in them should become, in their order."""

    company: Company
    orders: list[dict[str, Any]]
    expected: tuple[Expected, ...]


def make_world(*, refunds: int, seed: int, now: datetime) -> World:
    """A world with exactly so many refunds; twelve or more show all kinds that need no person.

    `now` (aware) is the time at which the shop looks back: orders are from the weeks before it. The company's clock
    runs in real time afterwards. Raises WorldError where `refunds` is not between 1 and MAX_REFUNDS.
    """
    if not 1 <= refunds <= MAX_REFUNDS:
        raise WorldError(f"a world of {refunds} refunds can't be made; ask for 1 to {MAX_REFUNDS:,}")
    shop = Shop(refunds, random.Random(seed), now)  # noqa: S311  samples, not secrets
    maker = _Maker(shop, CompanyBuilder(COMPANY_NAME, SettableClock(now), undeposited_funds=UNDEPOSITED_FUNDS))
    _fill_lists(maker.builder, shop, stock=500 + refunds * 4)
    laps = scenarios(refunds)
    while shop.room:
        lap, scenario = next(laps)
        maker.add(scenario(shop, lap))
    company = maker.builder.company
    company.clock = real_time
    return World(company, maker.orders, tuple(maker.expected))


# Both sides


class _Maker:
    """Writes sales to QuickBooks and to Shopify, and what is expected of their refunds."""

    def __init__(self, shop: Shop, builder: CompanyBuilder) -> None:
        self.builder = builder
        self.orders: list[dict[str, Any]] = []
        self.expected: list[Expected] = []
        self._shop = shop

    def add(self, sale: Sale) -> None:
        """Writes the sale, with no more of its refunds than the world has room for."""
        _ENTRIES[sale.booking](self.builder, sale)
        sale = replace(sale, refunds=sale.refunds[: self._shop.room])
        self.orders.append(self._cancelled(sale) if sale.is_cancelled else self._refunded(sale))

    def _refunded(self, sale: Sale) -> dict[str, Any]:
        rng, ids = self._shop.random, self._shop.ids
        moment, written = sale.order.created_at, []
        for refund in sale.refunds:
            moment += timedelta(days=rng.randint(1, 4), seconds=rng.randrange(3600 * 8))
            refund_id = next(ids)
            written.append(refund_json(sale.order, refund, refund_id, moment, ids))
            self._expect(sale, refund, str(refund_id))
        return order_json(sale.order, sale.refunds, written, ids=ids)

    def _cancelled(self, sale: Sale) -> dict[str, Any]:
        """An order that was cancelled before it was paid; Shopify adds a refund without money, or none."""
        order, (refund,), ids = sale.order, sale.refunds, self._shop.ids
        moment = order.created_at + timedelta(days=self._shop.random.randint(1, 4))
        refund_id = next(ids)
        if not sale.is_refund_written:
            self._expect(sale, refund, f"cancel-{order.order_id}")
            return order_json(order, [], [], ids=ids, cancelled_at=moment)
        self._expect(sale, refund, str(refund_id))
        written = [refund_json(order, refund, refund_id, moment, ids)]
        return order_json(order, [refund], written, ids=ids, cancelled_at=moment)

    def _expect(self, sale: Sale, refund: Refund, external_id: str) -> None:
        self.expected.append(_expected(sale, refund, external_id))
        self._shop.refunds_made += 1


# What an accountant expects of a refund

_SALE_TYPES = {
    Booking.RECEIPT: "SalesReceipt",
    Booking.INVOICE: "Invoice",
    Booking.ORDER: "SalesOrder",
    Booking.ORDER_INVOICED: "Invoice",
    Booking.UNKNOWN: "",
}
#: Status and reason of those that are not posted.
_NOT_POSTED = {
    Kind.ORDER_UNKNOWN: ("skipped", "order_not_found"),
    Kind.GOODWILL: ("review", "adjustment_needs_item"),
    Kind.MORE_THAN_SALE: ("review", "more_than_sale"),
}


def _expected(sale: Sale, refund: Refund, external_id: str) -> Expected:
    status, reason = _NOT_POSTED.get(refund.kind, ("posted", ""))
    plain = Expected(
        order_number=sale.order.name,
        external_id=external_id,
        kind=refund.kind,
        customer=sale.order.customer.full_name,
        status=status,
        reason=reason,
        sale_type=_SALE_TYPES[sale.booking],
    )
    if refund.kind in _NOT_POSTED:
        return plain
    if sale.booking is Booking.ORDER:
        return _order_closed(plain, sale, refund)
    return _credited(plain, sale, refund)


def _order_closed(plain: Expected, sale: Sale, refund: Refund) -> Expected:
    """Nothing was booked, so nothing is taken back but a payment that came ahead."""
    is_unbooked = refund.money and not sale.paid
    notices = ("order_closed", "payment_not_in_books") if is_unbooked else ("order_closed",)
    return _paid_out(replace(plain, closes_order=True, notices=notices), sale.paid, sale.order.paid_by.account)


def _credited(plain: Expected, sale: Sale, refund: Refund) -> Expected:
    """A credit memo; what of it did not go back as money settles the open invoice."""
    value = refund.given_back.value
    credited = replace(
        plain,
        notices=_notices_of_memo(refund),
        memo_total=value,
        applied=value - refund.money,
        movements=_moved_by_memo(refund),
        stock=_stock_back(refund.given_back) if _comes_back(refund) else {},
    )
    return _paid_out(credited, refund.money, sale.order.paid_by.account)


def _notices_of_memo(refund: Refund) -> tuple[str, ...]:
    is_lost = not _comes_back(refund) and any(each.line.product.cost is not None for each in refund.given_back.returns)
    not_returned = ("stock_not_returned",) if is_lost else ()
    left_open = ("invoice_left_open",) if refund.kind is Kind.INVOICE_UNPAID else ()
    return (*not_returned, *left_open)


def _comes_back(refund: Refund) -> bool:
    """Whether the goods went back into stock; the value of those that did not stands on an item of its own."""
    return refund.restock != "no_restock"


def _moved_by_memo(refund: Refund) -> dict[str, Decimal]:
    moved: dict[str, Decimal] = {}
    given_back = refund.given_back
    for each in given_back.returns:
        product = each.line.product
        is_lost = product.cost is not None and not _comes_back(refund)
        _add(moved, NOT_RETURNED_ACCOUNT if is_lost else product.income, each.gross)
        _add(moved, "Discounts", each.net - each.gross)
        if product.cost is not None and not is_lost:
            _add(moved, "Inventory Asset", product.cost * each.count)
            _add(moved, "Cost of Goods Sold", -product.cost * each.count)
    _add(moved, "Shipping Income", given_back.shipping)
    _add(moved, "Sales Tax Payable", given_back.tax)
    _add(moved, RECEIVABLE, -given_back.value)
    return moved


def _stock_back(given_back: GivenBack) -> dict[str, int]:
    stock = Counter[str]()
    for each in given_back.returns:
        if each.line.product.cost is not None:
            stock[each.line.product.sku] += each.count
    return dict(stock)


def _paid_out(expected: Expected, amount: Decimal, account: str) -> Expected:
    if not amount:
        return expected
    moved = dict(expected.movements)
    _add(moved, RECEIVABLE, amount)
    _add(moved, account, -amount)
    return replace(expected, payout_total=amount, payout_account=account, movements=moved)


def _add(moved: dict[str, Decimal], account: str, amount: Decimal) -> None:
    if amount:
        moved[account] = moved.get(account, ZERO) + amount


# QuickBooks' side


def _fill_lists(builder: CompanyBuilder, shop: Shop, *, stock: int) -> None:
    builder.account("Service Income", "Income")
    builder.sales_tax_item(TAX_ITEM, TAX_PERCENT)
    for product in GOODS:
        _add_goods(builder, product, stock)
    for product in SERVICES:
        builder.service_item(product.sku, price=product.price, account=product.income, description=product.title)
    builder.other_charge_item(_SHIPPING_ITEM, description="Shipping and handling")
    builder.discount_item(_DISCOUNT_ITEM)
    builder.account(NOT_RETURNED_ACCOUNT, "Income")
    builder.other_charge_item(NO_RESTOCK_ITEM, account=NOT_RETURNED_ACCOUNT, tax_code="Tax")
    for name in (_WEB_CLASS, _PHONE_CLASS):
        builder.class_(name)
    for customer in shop.customers:
        _add_customer(builder, customer)
    company = builder.customer(COMPANY_CUSTOMER, company_name=COMPANY_CUSTOMER, email="office@example.com")
    builder.job(company, JOB)


def _add_goods(builder: CompanyBuilder, product: Product, stock: int) -> None:
    sku, price, title = product.sku, product.price, product.title
    if product.cost is None:
        builder.non_inventory_item(sku, price=price, description=title)
    else:
        builder.inventory_item(sku, price=price, cost=product.cost, on_hand=stock, description=title)


def _add_customer(builder: CompanyBuilder, customer: Customer) -> None:
    address = {"Addr1": customer.full_name, "Addr2": customer.street, "City": "Bend"}
    address |= {"State": "OR", "PostalCode": "97701"}
    builder.customer(
        customer.full_name,
        first_name=customer.first_name,
        last_name=customer.last_name,
        email=customer.email,
        bill_address=address,
    )


def _enter_receipt(builder: CompanyBuilder, sale: Sale) -> None:
    order = sale.in_quickbooks
    builder.sales_receipt(
        order.customer.full_name,
        _quickbooks_lines(order),
        deposit_to=order.paid_by.account,
        payment_method=order.paid_by.method,
        **_header(order),
    )


def _enter_invoice(builder: CompanyBuilder, sale: Sale) -> None:
    order = sale.in_quickbooks
    invoice = builder.invoice(order.customer.full_name, _quickbooks_lines(order), **_header(order))
    if sale.paid:
        builder.receive_payment(invoice, sale.paid, **_payment(order))


def _enter_sales_order(builder: CompanyBuilder, sale: Sale) -> None:
    order = sale.in_quickbooks
    builder.sales_order(order.customer.full_name, _quickbooks_lines(order), **_header(order))
    if sale.paid:
        builder.prepayment(
            order.customer.full_name,
            sale.paid,
            deposit_to=order.paid_by.account,
            ref_number=order.ref_number,
            memo=f"Deposit for order {order.name}",
            txn_date=order.created_at.date(),
        )


def _enter_invoiced_order(builder: CompanyBuilder, sale: Sale) -> None:
    order = sale.in_quickbooks
    sales_order = builder.sales_order(order.customer.full_name, _quickbooks_lines(order), **_header(order))
    invoice = builder.invoice_from_sales_order(sales_order, **_header(order))
    builder.receive_payment(invoice, **_payment(order))


def _enter_nothing(builder: CompanyBuilder, sale: Sale) -> None:
    """QuickBooks never heard of the sale."""


_ENTRIES: dict[Booking, Callable[[CompanyBuilder, Sale], None]] = {
    Booking.RECEIPT: _enter_receipt,
    Booking.INVOICE: _enter_invoice,
    Booking.ORDER: _enter_sales_order,
    Booking.ORDER_INVOICED: _enter_invoiced_order,
    Booking.UNKNOWN: _enter_nothing,
}


def _header(order: Order) -> dict[str, Any]:
    return {
        "ref_number": order.ref_number,
        "txn_date": order.created_at.date(),
        "memo": f"Web order {order.name}",
        "class_name": _WEB_CLASS if order.number % _PHONE_ORDERS else _PHONE_CLASS,
    }


def _payment(order: Order) -> dict[str, Any]:
    return {
        "deposit_to": order.paid_by.account,
        "payment_method": order.paid_by.method,
        "ref_number": order.ref_number,
        "txn_date": order.created_at.date(),
    }


def _quickbooks_lines(order: Order) -> list[Line]:
    lines = [Line(line.product.sku, quantity=line.quantity) for line in order.lines]
    if order.shipping:
        lines.append(Line(_SHIPPING_ITEM, amount=order.shipping))
    if order.discount:
        lines.append(Line(_DISCOUNT_ITEM, amount=-order.discount))
    return lines
