"""The demonstration's world agrees with itself: the shop's orders, QuickBooks' sales, and what is expected of each."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import pytest

from qbsim import CompanyBuilder, Line
from qbsim.transactions import Invoice, ReceivePayment, SalesOrder, SalesReceipt
from qbsim.transactions.sales_document import SalesDocument
from qbwc_server.demo.world import (
    MAX_REFUNDS,
    REFUNDS_TO_SHOW_REVIEW,
    REVIEW_KINDS,
    TAX_PERCENT,
    UNDEPOSITED_FUNDS,
    Expected,
    Kind,
    World,
    WorldError,
    make_world,
)
from qbwc_server.refunds.model import Refund
from qbwc_server.sources import Reading, read_orders

NOW = datetime(2025, 3, 3, 15, 0, tzinfo=timezone(timedelta(hours=-5)))
CENT = Decimal("0.01")

SIZES_AND_SEEDS = [(12, 1), (12, 77), (37, 2), (60, 3), (60, 40_000), (150, 4)]
every_world = pytest.mark.parametrize(("size", "seed"), SIZES_AND_SEEDS)


@cache
def world_of(size: int, seed: int) -> World:
    return make_world(refunds=size, seed=seed, now=NOW)


@cache
def reading_of(size: int, seed: int) -> Reading:
    data = json.dumps({"orders": world_of(size, seed).orders}).encode()
    return read_orders(data, format=None, shop="", time_zone=timezone.utc)


def expected_and_read(size: int, seed: int) -> list[tuple[Expected, Refund]]:
    return list(zip(world_of(size, seed).expected, reading_of(size, seed).refunds, strict=True))


def sales_of(world: World, expected: Expected) -> list[SalesDocument]:
    return [
        sale
        for kind in (SalesReceipt, Invoice, SalesOrder)
        for sale in world.company.of_type(kind)
        if sale.ref_number == expected.sale_number
    ]


def sale_of(world: World, expected: Expected) -> SalesDocument:
    (sale,) = (sale for sale in sales_of(world, expected) if expected.sale_type == sale.TYPE)
    return sale


def test_every_size_gives_exactly_that_many_refunds() -> None:
    for size in (*range(1, 30), 49, 50, 51):
        world = make_world(refunds=size, seed=5, now=NOW)
        reading = read_orders(
            json.dumps({"orders": world.orders}).encode(), format="shopify", shop="", time_zone=timezone.utc
        )
        assert (len(world.expected), len(reading.refunds), reading.refused) == (size, size, ())


@every_world
def test_the_shopify_reader_takes_every_order_and_finds_the_expected_refunds(size: int, seed: int) -> None:
    reading = reading_of(size, seed)
    assert reading.refused == ()
    assert reading.orders == len(world_of(size, seed).orders)
    assert [(r.order.number, r.external_id) for r in reading.refunds] == [
        (e.order_number, e.external_id) for e in world_of(size, seed).expected
    ]
    assert len({r.external_id for r in reading.refunds}) == size


@every_world
def test_all_kinds_are_shown_and_those_that_wait_only_in_a_larger_world(size: int, seed: int) -> None:
    kinds = Counter(expected.kind for expected in world_of(size, seed).expected)
    waiting = set() if size < REFUNDS_TO_SHOW_REVIEW else REVIEW_KINDS
    assert set(kinds) == (set(Kind) - REVIEW_KINDS) | waiting
    assert sum(kinds[kind] for kind in REVIEW_KINDS) <= size / 15
    statuses = {"posted", "skipped", *(["review"] if waiting else [])}
    assert {expected.status for expected in world_of(size, seed).expected} == statuses


def test_both_sides_of_a_kind_are_shown_in_a_larger_world() -> None:
    expected = world_of(60, 3).expected
    by_kind = {kind: [each for each in expected if each.kind is kind] for kind in Kind}
    refunds_per_order = Counter(each.order_number for each in expected)
    assert set(refunds_per_order.values()) == {1, 2, 3}
    assert {len(each.notices) for each in by_kind[Kind.ORDER_CLOSED]} == {1, 2}
    assert {each.external_id.startswith("cancel-") for each in by_kind[Kind.INVOICE_CANCELLED]} == {True, False}
    assert any(":" in each.customer for each in by_kind[Kind.INVOICE_PAID] + by_kind[Kind.ORDER_INVOICED])
    whole = {each.memo_total == sale_of(world_of(60, 3), each).total for each in by_kind[Kind.RECEIPT_DISCOUNT]}
    assert whole == {True, False}
    accounts = {each.payout_account for each in expected} - {""}
    assert accounts == {UNDEPOSITED_FUNDS, "Checking", "PayPal"}


@every_world
def test_the_shop_and_quickbooks_have_the_same_numbers_of_each_sale(size: int, seed: int) -> None:
    world = world_of(size, seed)
    for expected, refund in expected_and_read(size, seed):
        sales = sales_of(world, expected)
        if expected.kind is Kind.ORDER_UNKNOWN:
            assert sales == []
            continue
        assert len(sales) == (2 if expected.kind is Kind.ORDER_INVOICED else 1)
        sale = sale_of(world, expected)
        assert world.company.lists.customers.get(sale.customer_id or "").full_name == expected.customer  # type: ignore[union-attr]
        if expected.kind is Kind.MORE_THAN_SALE:
            assert refund.value > sale.total
            continue
        assert (refund.order.total, refund.order.tax) == (sale.total, sale.tax_total)
        ordered = {line.sku: line.quantity for line in refund.order.lines}
        items = world.company.lists.items
        sold = {items.get(line.item_id or "").full_name: line.quantity for line in sale.lines if line.quantity}  # type: ignore[union-attr]
        assert sold == ordered


@every_world
def test_each_refunds_value_and_money_are_those_of_its_documents(size: int, seed: int) -> None:
    for expected, refund in expected_and_read(size, seed):
        if expected.status != "posted":
            assert (expected.memo_total, expected.payout_total) == (0, 0)
            assert (expected.movements, expected.stock) == ({}, {})
            continue
        assert expected.memo_total == (0 if expected.closes_order else refund.value)
        if expected.kind is Kind.ORDER_CLOSED:
            assert expected.payout_total == 0
        else:
            assert expected.payout_total == refund.money_back
        assert bool(expected.payout_account) == bool(expected.payout_total)


@every_world
def test_the_tax_of_each_refund_is_what_quickbooks_computes_for_it(size: int, seed: int) -> None:
    """So that nothing waits for a person by mere rounding."""
    for expected, refund in expected_and_read(size, seed):
        taxable = sum((line.amount for line in refund.lines if not line.sku.startswith("SVC-")), Decimal("0.00"))
        computed = (taxable * TAX_PERCENT / 100).quantize(CENT, rounding=ROUND_HALF_UP)
        assert refund.tax == computed, expected


@every_world
def test_a_credit_memo_entered_by_hand_comes_to_the_expected_total(size: int, seed: int) -> None:
    """QuickBooks itself, given the refund's items, makes it the amount that is expected."""
    builder = CompanyBuilder("Another file")
    builder.company = make_world(refunds=size, seed=seed, now=NOW).company
    for expected, refund in expected_and_read(size, seed):
        if not expected.memo_total:
            continue
        sale = sale_of(world_of(size, seed), expected)
        lines = [Line(line.sku, quantity=line.quantity) for line in refund.lines]
        lines += [Line("Shipping", amount=adjustment.amount) for adjustment in refund.adjustments]
        gross = sum(
            (builder.company.lists.items.find(line.sku).price * line.quantity for line in refund.lines),  # type: ignore[union-attr, operator]
            Decimal("0.00"),
        )
        discount = gross - sum((line.amount for line in refund.lines), Decimal("0.00"))
        if discount:
            lines.append(Line("Web Discount", amount=-discount))
        assert builder.credit_memo(expected.customer, lines).total == expected.memo_total <= sale.total


@every_world
def test_what_each_refund_moves_balances_and_leaves_the_customer_right(size: int, seed: int) -> None:
    for expected in world_of(size, seed).expected:
        assert sum(expected.movements.values()) == 0
        assert expected.customer_change == expected.payout_total - expected.memo_total
        assert expected.credit_left == 0


@every_world
def test_all_refunds_of_an_order_together_give_back_no_more_than_its_sale(size: int, seed: int) -> None:
    world = world_of(size, seed)
    back: dict[str, Decimal] = {}
    for expected in world.expected:
        back[expected.order_number] = back.get(expected.order_number, Decimal("0.00")) + expected.memo_total
    totals = {e.order_number: sale_of(world, e).total for e in world.expected if e.memo_total}
    assert all(back[number] <= total for number, total in totals.items())
    rest = [e.order_number for e in world.expected if e.kind is Kind.RECEIPT_SHIPPING]
    assert rest
    assert all(back[number] == totals[number] for number in rest)


@every_world
def test_the_invoices_are_paid_as_far_as_their_kind_says(size: int, seed: int) -> None:
    world = world_of(size, seed)
    for expected in world.expected:
        if expected.sale_type != "Invoice":
            continue
        invoice = sale_of(world, expected)
        open_share = {
            Kind.INVOICE_PAID: invoice.open_debt == 0,
            Kind.ORDER_INVOICED: invoice.open_debt == 0,
            Kind.INVOICE_PARTLY_PAID: 0 < invoice.open_debt < invoice.total and expected.applied == invoice.open_debt,
            Kind.INVOICE_CANCELLED: invoice.open_debt == invoice.total == expected.applied,
            Kind.INVOICE_UNPAID: invoice.open_debt == invoice.total and expected.applied == 0,
        }
        assert open_share[expected.kind], expected


@every_world
def test_an_open_payment_stands_for_its_own_order_alone(size: int, seed: int) -> None:
    world = world_of(size, seed)
    prepaid = {e.sale_number: e for e in world.expected if e.kind is Kind.ORDER_CLOSED_WITH_PAYMENT}
    unused = [payment for payment in world.company.of_type(ReceivePayment) if payment.open_credit]
    assert {payment.ref_number for payment in unused} == set(prepaid)
    assert all(payment.open_credit == prepaid[payment.ref_number or ""].payout_total for payment in unused)
    others = {e.customer for e in world.expected if e.sale_number not in prepaid}
    assert others.isdisjoint(e.customer for e in prepaid.values())


@every_world
def test_the_books_balance_and_every_sale_came_before_its_refund(size: int, seed: int) -> None:
    world = world_of(size, seed)
    assert sum(world.company.trial_balance().values()) == 0
    for expected, refund in expected_and_read(size, seed):
        assert refund.order.created_at is not None
        assert refund.order.created_at < refund.created_at < NOW
        assert all(sale.txn_date <= refund.created_at.date() for sale in sales_of(world, expected))


@every_world
def test_some_sales_are_never_refunded(size: int, seed: int) -> None:
    world = world_of(size, seed)
    kept = {order["name"].removeprefix("#") for order in world.orders if order["financial_status"] == "paid"}
    assert len(kept) >= size // 4
    assert kept.isdisjoint(expected.sale_number for expected in world.expected)
    assert kept <= {receipt.ref_number for receipt in world.company.of_type(SalesReceipt)}


def test_equal_seeds_give_equal_worlds_and_others_differ() -> None:
    first, again, other = (make_world(refunds=37, seed=seed, now=NOW) for seed in (8, 8, 9))
    assert first.company == again.company
    assert (first.orders, first.expected) == (again.orders, again.expected)
    assert first.orders != other.orders
    assert first.company != other.company


def test_a_thousand_refunds_are_consistent_too() -> None:
    world = make_world(refunds=1000, seed=1, now=NOW)
    reading = read_orders(json.dumps({"orders": world.orders}).encode(), format=None, shop="", time_zone=timezone.utc)
    assert (len(reading.refunds), reading.refused) == (1000, ())
    assert Counter(e.status for e in world.expected)["review"] < 60


@pytest.mark.parametrize("size", [0, -1, MAX_REFUNDS + 1])
def test_a_number_of_refunds_that_no_world_can_have_is_refused(size: int) -> None:
    with pytest.raises(WorldError, match="ask for 1 to"):
        make_world(refunds=size, seed=1, now=NOW)
