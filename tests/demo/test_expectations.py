"""The accountant's check has no finding in books that are right, and finds whatever is wrong in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from qbsim import Company, CompanyBuilder, Line
from qbsim.lists.items import STOCK_KINDS, Item
from qbsim.transactions import ARRefundCreditCard, CreditMemo, Invoice, SalesOrder, SalesReceipt, Transaction
from qbsim.transactions.receive_payment import PaymentDraft, add_receive_payment
from qbwc_server.demo.expectations import check_books, duplicates
from qbwc_server.demo.world import NO_RESTOCK_ITEM, Expected, Kind, World, make_world
from qbwc_server.refunds.model import Refund
from qbwc_server.sources import read_orders

NOW = datetime(2025, 3, 3, 15, 0, tzinfo=timezone(timedelta(hours=-5)))
ONE = Decimal("1.00")


class Bookkeeper:
    """Enters all refunds of a world by hand, rightly, and lists them as `connex refunds --json` does."""

    def __init__(self, size: int, seed: int) -> None:
        self.world: World = make_world(refunds=size, seed=seed, now=NOW)
        self.before: dict[str, Any] = self.world.company.to_json()
        self.builder = CompanyBuilder("Another file")
        self.builder.company = self.world.company
        data = json.dumps({"orders": self.world.orders}).encode()
        refunds = read_orders(data, format="shopify", shop="", time_zone=timezone.utc).refunds
        self.rows = [
            self._enter(number, expected, refund)
            for number, (expected, refund) in enumerate(zip(self.world.expected, refunds, strict=True))
        ]

    @property
    def company(self) -> Company:
        return self.builder.company

    def findings(self) -> list[str]:
        return [finding.text for finding in check_books(self.world, self.before, self.company, self.rows)]

    def expected(self, kind: Kind) -> Expected:
        return next(each for each in self.world.expected if each.kind is kind)

    def row(self, kind: Kind) -> dict[str, Any]:
        wanted = self.expected(kind).external_id
        return next(row for row in self.rows if row["external_id"] == wanted)

    def memo(self, kind: Kind) -> CreditMemo:
        memo = self.company.transaction(self.row(kind)["credit_memo"]["txn_id"])
        assert isinstance(memo, CreditMemo)
        return memo

    def payout(self, kind: Kind) -> ARRefundCreditCard:
        payout = self.company.transaction(self.row(kind)["payout"]["txn_id"])
        assert isinstance(payout, ARRefundCreditCard)
        return payout

    def pay_again(self, kind: Kind, amount: Decimal, account: str) -> None:
        """Takes a payout back and enters it once more, otherwise."""
        old = self.payout(kind)
        self.company.delete(old)
        new = self.builder.refund_by_card(self.memo(kind), amount, account, ref_number=old.ref_number, memo=old.memo)
        payout = self.row(kind)["payout"]
        payout.update(txn_id=new.txn_id, amount=str(amount), account=account)

    def lines(self, refund: Refund) -> list[Line]:
        lines = []
        for line in refund.lines:
            price = self._price(line.sku) * line.quantity
            kept_by_customer = Line(NO_RESTOCK_ITEM, amount=price)
            stock = self._item(line.sku).item_type in STOCK_KINDS
            lines.append(kept_by_customer if stock and not line.restocked else Line(line.sku, quantity=line.quantity))
        lines += [Line("Shipping", amount=adjustment.amount) for adjustment in refund.adjustments]
        discount = sum((line.amount for line in refund.lines), Decimal("0.00"))
        discount -= sum(self._price(line.sku) * line.quantity for line in refund.lines)
        return [*lines, Line("Web Discount", amount=discount)] if discount else lines

    def _item(self, sku: str) -> Item:
        item = self.company.lists.items.find(sku)
        assert item is not None
        return item

    def _price(self, sku: str) -> Decimal:
        price = self._item(sku).price
        assert price is not None
        return price

    def _enter(self, number: int, expected: Expected, refund: Refund) -> dict[str, Any]:
        sale = self._sale(expected)
        row: dict[str, Any] = {
            "external_id": expected.external_id,
            "order_number": expected.order_number,
            "status": expected.status,
            "reason": {"code": expected.reason, "message": "so"} if expected.reason else None,
            "sale": {"type": sale.TYPE, "txn_id": sale.txn_id, "ref_number": sale.ref_number} if sale else None,
            "credit_memo": None,
            "payouts": [],
            "notices": [{"code": code, "message": "so"} for code in expected.notices],
        }
        ref_number = f"{expected.sale_number}-{number}"
        credit: Transaction | None = None
        if expected.memo_total:
            lines = self.lines(refund)
            memo = self.builder.credit_memo(
                expected.customer, lines, ref_number=ref_number, memo=ref_number, external_guid=f"{{memo {number}}}"
            )
            row["credit_memo"] = {"txn_id": memo.txn_id, "ref_number": ref_number, "amount": str(memo.total)}
            credit = memo
            if expected.applied and isinstance(sale, Invoice):
                self.builder.apply_credit(memo, sale, expected.applied)
        if expected.closes_order and isinstance(sale, SalesOrder):
            sale.is_manually_closed = True
            credit = next(iter(self.company.by_ref_number("ReceivePayment", expected.sale_number)), None)
        if expected.payout_total and credit is not None:
            amount, account = expected.payout_total, expected.payout_account
            payout = self.builder.refund_by_card(credit, amount, account, ref_number=ref_number, memo=ref_number)
            told = {"type": "ARRefundCreditCard", "txn_id": payout.txn_id, "ref_number": ref_number}
            row["payouts"] = [{**told, "amount": str(amount), "account": account}]
        row["payout"] = row["payouts"][0] if row["payouts"] else None
        return row

    def _sale(self, expected: Expected) -> Transaction | None:
        if not expected.sale_type:
            return None
        return self.company.by_ref_number(expected.sale_type, expected.sale_number)[0]


@pytest.fixture
def books() -> Bookkeeper:
    return Bookkeeper(size=12, seed=1)


@pytest.mark.parametrize(("size", "seed"), [(1, 1), (12, 1), (37, 2), (60, 3), (150, 4)])
def test_books_kept_rightly_give_no_finding(size: int, seed: int) -> None:
    books = Bookkeeper(size, seed)
    assert books.findings() == []
    assert duplicates(books.company) == 0


def test_books_in_which_nothing_was_entered_are_found_wrong(books: Bookkeeper) -> None:
    untouched = Company.from_json(books.before)
    texts = [finding.text for finding in check_books(books.world, books.before, untouched, books.rows)]
    assert any(text.startswith("The account Sales moved by 0.00") for text in texts)
    assert any("QuickBooks has no new credit memo" in text for text in texts)
    assert any("QuickBooks has no new ARRefundCreditCard" in text for text in texts)


def _payout_deleted(books: Bookkeeper) -> None:
    books.company.delete(books.payout(Kind.INVOICE_UNPAID))


def _payout_too_small(books: Bookkeeper) -> None:
    books.pay_again(Kind.INVOICE_UNPAID, books.payout(Kind.INVOICE_UNPAID).total - ONE, "*Undeposited Funds")


def _payout_from_another_account(books: Bookkeeper) -> None:
    books.pay_again(Kind.INVOICE_UNPAID, books.payout(Kind.INVOICE_UNPAID).total, "PayPal")


def _payout_of_another_credit(books: Bookkeeper) -> None:
    payout, memo = books.payout(Kind.INVOICE_UNPAID), books.memo(Kind.INVOICE_UNPAID)
    payout.links.clear()
    memo.links.clear()


def _memo_doubled(books: Bookkeeper) -> None:
    memo = books.memo(Kind.INVOICE_PAID)
    customer = books.expected(Kind.INVOICE_PAID).customer
    books.builder.credit_memo(customer, [Line("MUG-ENAMEL", quantity=1)], ref_number=memo.ref_number)


def _memo_with_another_amount(books: Bookkeeper) -> None:
    memo = books.memo(Kind.INVOICE_UNPAID)
    memo.tax_total += ONE


def _memo_for_a_skipped_refund(books: Bookkeeper) -> None:
    customer = books.expected(Kind.ORDER_UNKNOWN).customer
    memo = books.builder.credit_memo(customer, [Line("MUG-ENAMEL", quantity=1)], ref_number="4711-AAA")
    told = {"txn_id": memo.txn_id, "ref_number": memo.ref_number, "amount": str(memo.total)}
    books.row(Kind.ORDER_UNKNOWN)["credit_memo"] = told


def _credit_not_set_against_the_invoice(books: Bookkeeper) -> None:
    memo = books.memo(Kind.INVOICE_CANCELLED)
    memo.links.clear()


def _order_left_open(books: Bookkeeper) -> None:
    for order in books.company.of_type(SalesOrder):
        order.is_manually_closed = False


def _wrong_order_closed(books: Bookkeeper) -> None:
    (order,) = books.company.by_ref_number("SalesOrder", books.expected(Kind.ORDER_INVOICED).sale_number)
    assert isinstance(order, SalesOrder)
    order.is_manually_closed = True


def _sale_voided(books: Bookkeeper) -> None:
    books.company.void(books.company.of_type(SalesReceipt)[0])


def _sale_deleted(books: Bookkeeper) -> None:
    books.company.delete(books.company.of_type(SalesReceipt)[0])


def _new_customer(books: Bookkeeper) -> None:
    books.builder.customer("Nobody Known")


def _customer_owes_more(books: Bookkeeper) -> None:
    books.builder.invoice(books.expected(Kind.RECEIPT_FULL).customer, [Line("MUG-ENAMEL", quantity=1)])


def _stock_lost(books: Bookkeeper) -> None:
    item = books.company.lists.items.find("MUG-ENAMEL")
    assert item is not None
    item.quantity_on_hand -= 1


def _out_of_balance(books: Bookkeeper) -> None:
    """The ledger refuses such a posting, so it is put past it."""
    account = books.company.lists.accounts.find("Bank Service Charges")
    assert account is not None
    books.company.ledger._accounts[account.list_id] = ONE


def _refund_not_listed(books: Bookkeeper) -> None:
    books.rows.pop()


def _refund_listed_twice(books: Bookkeeper) -> None:
    books.rows.append(books.rows[0])


def _refund_of_nobody(books: Bookkeeper) -> None:
    books.rows.append({**books.row(Kind.ORDER_UNKNOWN), "external_id": "4711"})


def _other_status(books: Bookkeeper) -> None:
    books.row(Kind.INVOICE_PAID)["status"] = "waiting"


def _other_reason(books: Bookkeeper) -> None:
    books.row(Kind.ORDER_UNKNOWN)["reason"]["code"] = "refunds_off"


def _notice_missing(books: Bookkeeper) -> None:
    books.row(Kind.INVOICE_UNPAID)["notices"] = []


def _other_sale(books: Bookkeeper) -> None:
    books.row(Kind.INVOICE_PAID)["sale"]["ref_number"] = "1"


FAULTS: list[tuple[Callable[[Bookkeeper], None], str]] = [
    (_payout_deleted, "QuickBooks has no new ARRefundCreditCard"),
    (_payout_deleted, "The account *Undeposited Funds moved by"),
    (_payout_deleted, "has a balance of"),
    (_payout_deleted, "its remaining credit is"),
    (_payout_too_small, "was paid out in QuickBooks; it should be"),
    (_payout_from_another_account, "its account is PayPal; it should be *Undeposited Funds"),
    (_payout_of_another_credit, "its link to its credit is False"),
    (_memo_doubled, "1 of the documents in QuickBooks stand there more than once"),
    (_memo_doubled, "belongs to no refund"),
    (_memo_with_another_amount, "its amount is"),
    (_memo_for_a_skipped_refund, "should have no credit memo"),
    (_credit_not_set_against_the_invoice, "its amount set against the invoice is 0.00"),
    (_order_left_open, "is open and should be closed"),
    (_wrong_order_closed, "is closed and should be open"),
    (_sale_voided, "that was there before the sync is void"),
    (_sale_deleted, "that was there before the sync is gone"),
    (_new_customer, "The customer Nobody Known was not there before"),
    (_customer_owes_more, "has a balance of"),
    (_customer_owes_more, "belongs to no refund"),
    (_stock_lost, "Of the item MUG-ENAMEL"),
    (_out_of_balance, "The trial balance after the sync comes to 1.00"),
    (_refund_not_listed, "is listed 0 times"),
    (_refund_listed_twice, "is listed 2 times"),
    (_refund_of_nobody, "The refund 4711 is none of the shop's"),
    (_other_status, "its status should be posted, and is waiting"),
    (_other_reason, "its reason should be order_not_found, and is refunds_off"),
    (_notice_missing, "its notices should be invoice_left_open, and is none"),
    (_other_sale, "its number of the sale should be"),
]


@pytest.mark.parametrize(("plant", "finding"), FAULTS)
def test_a_planted_fault_is_found(books: Bookkeeper, plant: Callable[[Bookkeeper], None], finding: str) -> None:
    plant(books)
    assert [text for text in books.findings() if finding in text] != []


def test_notices_of_how_a_posting_went_in_are_no_fault(books: Bookkeeper) -> None:
    for code in ("posted_after_doubt", "posted_after_repeat", "payout_by_txn_id"):
        books.rows[0]["notices"].append({"code": code, "message": "so"})
    assert books.findings() == []


def test_a_credit_set_may_stand_as_a_payment_of_nothing(books: Bookkeeper) -> None:
    """Some companies record it, with the memo's number; one of another number belongs to nobody."""
    memo = books.memo(Kind.INVOICE_CANCELLED)
    for ref_number, findings in ((memo.ref_number, 0), ("4711", 1)):
        draft = PaymentDraft(customer_id=memo.customer_id or "", total=Decimal("0.00"), ref_number=ref_number)
        add_receive_payment(books.company, draft, records_credit_only=True)
        assert len(books.findings()) == findings


def test_duplicates_are_counted_by_number_and_by_guid(books: Bookkeeper) -> None:
    customer, memo = books.expected(Kind.RECEIPT_FULL).customer, books.memo(Kind.RECEIPT_FULL)
    mug = [Line("MUG-ENAMEL", quantity=1)]
    books.builder.credit_memo(customer, mug, ref_number=memo.ref_number, external_guid="{another}")
    assert duplicates(books.company) == 1
    books.builder.credit_memo(customer, mug, ref_number="4711", external_guid=memo.external_guid)
    assert duplicates(books.company) == 2
    both = books.builder.credit_memo(customer, mug, ref_number=memo.ref_number, external_guid=memo.external_guid)
    assert duplicates(books.company) == 3
    books.company.void(both)
    assert duplicates(books.company) == 2


def test_two_payouts_of_one_refund_by_different_gateways_are_no_duplicates(books: Bookkeeper) -> None:
    customer = books.expected(Kind.RECEIPT_FULL).customer
    memo = books.builder.credit_memo(customer, [Line("MUG-ENAMEL", quantity=1)], ref_number="4711-AAA")
    for gateway in ("paypal", "manual", "manual"):
        books.builder.refund_by_card(memo, ONE, "PayPal", ref_number="4711-AAA", memo=f"gateway {gateway}")
    assert duplicates(books.company) == 1
