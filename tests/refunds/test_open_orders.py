"""What of a refund was never invoiced is closed on its sales order, line by line, and never credited."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.open_orders import mark, with_order_behind
from qbwc_server.refunds.posting import Posting
from qbwc_server.refunds.reasons import Skip, Status
from qbwc_server.refunds.sale import Sale, SaleLine
from qbwc_server.refunds.settings import RefundMethod, SalesOrders, Settings
from qbxml import SalesOrderLineGroupMod, SalesOrderMod
from tests.refunds.builders import (
    COMPANY,
    adjusted,
    back,
    bundle,
    by,
    discount,
    invoice,
    memo_of,
    notices_of,
    open_payment,
    payouts_of,
    posted,
    refund_of,
    roles,
    sales_order,
    shipping,
    shipping_back,
    sold,
    stopped,
    taken_by,
)

HATS = sold("HAT", 3, "50.00")
TEES = sold("TEE", 2, "10.00")
HAT_BACK = back("HAT", 1, "50.00")
ALL_HATS = back("HAT", 3, "150.00")
BOTH_TEES = back("TEE", 2, "20.00")
PREPAID = (open_payment("170.00", ref_number="1001"),)


def order(*lines: SaleLine, **changes: Any) -> Sale:
    return sales_order(*(lines or (HATS, TEES)), **{"open_payments": PREPAID, **changes})


def change_of(posting: Posting) -> SalesOrderMod:
    (request,) = [document.request for document in posting.documents if isinstance(document.request, SalesOrderMod)]
    return request


def lines_of(posting: Posting) -> list[tuple[str, str, bool]]:
    """The lines of the order as the change leaves them: TxnLineID, new quantity, closed."""
    found = []
    for line in change_of(posting).lines:
        assert not isinstance(line, SalesOrderLineGroupMod)
        found.append((line.txn_line_id, str(line.quantity or ""), bool(line.is_manually_closed)))
    return found


def test_a_line_of_which_nothing_is_wanted_any_more_is_closed_and_its_money_paid_out() -> None:
    posting = posted(refund_of(BOTH_TEES), order())
    assert roles(posting) == ["closing", "payout"]
    assert lines_of(posting) == [("L1", "", False), ("L2", "", True)]
    assert change_of(posting).is_manually_closed is None
    assert [payout.amount for payout in payouts_of(posting)] == [Decimal("20.00")]
    assert "2 x TEE" in notices_of(posting)["order_part_closed"]


def test_of_a_line_that_is_still_wanted_in_part_the_quantity_is_lowered() -> None:
    posting = posted(refund_of(HAT_BACK), order())
    assert lines_of(posting) == [("L1", "2", False), ("L2", "", False)]
    assert (posting.shares, posting.total) == ((), 0)  # the order's own total is lower after it


def test_the_rest_of_an_order_closes_the_order_itself() -> None:
    first = posted(refund_of(BOTH_TEES), order())
    closed = replace(TEES, is_closed=True)
    posting = posted(refund_of(ALL_HATS, external_id="902"), order(HATS, closed), taken=taken_by(first))
    assert (change_of(posting).is_manually_closed, change_of(posting).lines) == (True, ())


def test_of_what_was_invoiced_in_part_an_order_of_which_nothing_else_is_open_is_closed() -> None:
    rest = order(replace(HATS, invoiced=Decimal(1)), replace(TEES, invoiced=Decimal(2)), invoices=("I", "J"))
    posting = posted(refund_of(back("HAT", 2, "100.00")), rest)
    assert (change_of(posting).is_manually_closed, change_of(posting).lines) == (True, ())
    assert mark(refund_of(HAT_BACK)) in str(change_of(posting).memo)


def test_shipping_of_just_that_amount_is_closed_with_its_line() -> None:
    posting = posted(refund_of(HAT_BACK, shipping_back("5.00")), order(HATS, shipping("5.00")))
    assert lines_of(posting) == [("L1", "2", False), ("L2", "", True)]


def test_the_memo_keeps_what_it_said_and_says_what_was_closed_for_which_refund() -> None:
    posting = posted(refund_of(HAT_BACK), order(memo="Web order"))
    assert change_of(posting).memo == (
        f"Web order; Refund 901 of order 1001 (shopify): 1 x HAT not wanted any more [{mark(refund_of(HAT_BACK))}]"
    )


def test_what_was_closed_for_the_refund_before_is_not_closed_again() -> None:
    refund = refund_of(HAT_BACK)
    posting = posted(refund, order(sold("HAT", 2, "50.00"), TEES, memo=f"x [{mark(refund)}]"))
    assert roles(posting) == ["payout"]
    other = refund_of(HAT_BACK, external_id="902")
    assert roles(posted(other, order(memo=f"x [{mark(refund)}]"))) == ["closing", "payout"]


def test_a_line_that_somebody_closed_needs_no_change() -> None:
    posting = posted(refund_of(BOTH_TEES), order(HATS, replace(TEES, is_closed=True)))
    assert roles(posting) == ["payout"]
    again = stopped(
        refund_of(BOTH_TEES, external_id="902"), order(HATS, replace(TEES, is_closed=True)), taken=taken_by(posting)
    )
    assert again.reason == "partial_refund_of_open_order"


@pytest.mark.parametrize(
    ("parts", "lines", "why"),
    [
        ((back("CAP", 1, "5.00"),), (HATS, TEES), "no open line of it is The CAP"),
        ((adjusted("5.00", reason="Scratch"),), (HATS, TEES), "no open line of it is Scratch"),
        ((back("HAT", 0, "5.00"),), (HATS, TEES), "no open line of it is The HAT"),
        ((back("HAT", 4, "50.00"),), (HATS, TEES), "no open line of it is The HAT"),
        ((back("HAT", 1, "45.00"),), (HATS, discount("15.00")), "it asks 50.00 for what is refunded with 45.00"),
        ((shipping_back("3.00"),), (HATS, shipping("5.00")), "no open line of it is shipping"),
        ((back("SET", 1, "50.00"),), (bundle("SET", 2, HATS), TEES), "no open line of it is The SET"),
        ((), (HATS, TEES), "the refund names no line"),
    ],
    ids=["another item", "goodwill", "no goods", "too many", "discount", "a part of shipping", "bundle", "no lines"],
)
def test_what_can_not_be_told_from_the_lines_waits_for_a_person(
    parts: tuple[Any, ...], lines: tuple[SaleLine, ...], why: str
) -> None:
    skip = stopped(refund_of(*parts, money=None if parts else (by("card", "0.00"),)), order(*lines))
    if not parts:
        assert skip.reason == "nothing_to_post"
        return
    assert (skip.reason, skip.status) == ("partial_refund_of_open_order", Status.REVIEW)
    assert why in skip.message


def test_a_bundle_keeps_its_lines_where_another_line_is_closed() -> None:
    posting = posted(refund_of(BOTH_TEES), order(bundle("SET", 1, HATS), TEES))
    first, second = change_of(posting).lines
    assert isinstance(first, SalesOrderLineGroupMod)
    assert [line.txn_line_id for line in first.lines] == ["L1.1"]
    assert second.txn_line_id == "L2"


# An order that was invoiced in part

TWO_OF_THREE = order(
    replace(HATS, invoiced=Decimal(2)), replace(TEES, invoiced=Decimal(2)), txn_id="O", invoices=("I",)
)


def invoiced(**changes: Any) -> Sale:
    """The invoice over two of three hats and both tees, with the order behind it."""
    made = invoice(sold("HAT", 2, "50.00"), TEES, txn_id="I")
    return replace(made, behind=TWO_OF_THREE, open_payments=(open_payment("50.00", ref_number="1001"),), **changes)


def test_what_was_never_invoiced_is_closed_and_what_was_is_credited() -> None:
    posting = posted(refund_of(ALL_HATS), invoiced())
    assert roles(posting) == ["memo", "payout", "payout", "closing"]
    assert [(line.quantity, line.amount) for line in memo_of(posting).lines] == [(2, Decimal("100.00"))]  # type: ignore[union-attr]
    assert [payout.amount for payout in payouts_of(posting)] == [Decimal("100.00"), Decimal("50.00")]
    assert len({payout.external_guid for payout in payouts_of(posting)}) == 2
    assert (change_of(posting).txn_id, change_of(posting).is_manually_closed) == ("O", True)
    assert (posting.total, [share.quantity for share in posting.shares]) == (Decimal("100.00"), [2, 1])


def test_what_is_open_goes_first_so_that_nothing_is_credited_that_was_not_invoiced() -> None:
    posting = posted(refund_of(HAT_BACK), invoiced())
    assert roles(posting) == ["closing", "payout"]


def test_what_was_invoiced_whole_is_credited_alone() -> None:
    posting = posted(refund_of(BOTH_TEES), invoiced())
    assert roles(posting) == ["memo", "payout"]


def test_money_of_each_gateway_goes_to_one_part_or_the_other() -> None:
    money = (by("card", "120.00"), by("paypal", "30.00"))
    posting = posted(refund_of(ALL_HATS, money=money), invoiced())
    assert [(payout.gateway, payout.amount) for payout in payouts_of(posting)] == [
        ("card", Decimal("70.00")),
        ("paypal", Decimal("30.00")),
        ("card", Decimal("50.00")),
    ]


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (Settings(sales_order=SalesOrders.SKIP), ["memo", "payout"]),
        (Settings(refund_receipt=False), []),
        (Settings(refund_receipt=False, sales_order=SalesOrders.CREDIT), []),
    ],
)
def test_the_settings_decide_about_the_open_part(settings: Settings, found: list[str]) -> None:
    if not found:
        assert stopped(refund_of(ALL_HATS), invoiced(), settings).reason == "refunds_off"
        return
    posting = posted(refund_of(ALL_HATS), invoiced(), settings)
    assert roles(posting) == found
    assert "50.00 USD" in notices_of(posting)["order_part_left"]


def test_what_the_settings_enter_nothing_for_is_no_question_either() -> None:
    unclear = refund_of(back("CAP", 1, "5.00"))
    assert stopped(unclear, order(), Settings(sales_order=SalesOrders.SKIP)).reason == "order_never_invoiced"
    assert stopped(unclear, order(), Settings(refund_receipt=False)).reason == "refunds_off"


def test_a_gateway_that_is_never_paid_out_takes_no_other_payouts_name() -> None:
    company = replace(COMPANY, gateways={"card": Gateway(refund_method=RefundMethod.NONE)})
    money = (by("paypal", "60.00"), by("card", "40.00"), by("venmo", "50.00"))
    posting = posted(refund_of(ALL_HATS, money=money), invoiced(), company=company)
    parts = [(payout.gateway, payout.part) for payout in payouts_of(posting)]
    assert parts == [("paypal", 1), ("venmo", 3), ("paypal", 4)]


def test_with_credit_the_invoice_answers_for_all_of_it_as_far_as_it_goes() -> None:
    credit = Settings(sales_order=SalesOrders.CREDIT)
    assert roles(posted(refund_of(HAT_BACK), invoiced(), credit)) == ["memo", "payout"]
    assert stopped(refund_of(ALL_HATS, BOTH_TEES), invoiced(), credit).reason == "more_than_sale"


@pytest.mark.parametrize("money", ["60.00", (by("gift_card", "50.00", store_credit=True), by("card", "100.00"))])
def test_money_that_may_be_for_either_part_is_for_a_person(money: Any) -> None:
    settings = Settings(gift_card_item="Refunds")
    assert stopped(refund_of(ALL_HATS, money=money), invoiced(), settings).reason == "partial_refund_of_open_order"


def test_what_was_closed_for_a_refund_in_part_is_not_guessed_at_again() -> None:
    refund = refund_of(ALL_HATS)
    memo = str(change_of(posted(refund, invoiced())).memo)
    marked = replace(TWO_OF_THREE, memo=memo, is_closed=True)
    assert stopped(refund, replace(invoiced(), behind=marked)).reason == "partial_refund_of_open_order"


def test_what_was_closed_for_a_refund_whole_is_only_paid_out_and_never_credited() -> None:
    refund = refund_of(HAT_BACK)
    closed = replace(TWO_OF_THREE, memo=str(change_of(posted(refund, invoiced())).memo), is_closed=True)
    made = replace(invoiced(), behind=None)
    found = with_order_behind(refund, made, (closed, made))
    assert isinstance(found, Sale)
    assert roles(posted(refund, found)) == ["payout"]
    assert with_order_behind(refund_of(HAT_BACK, external_id="902"), made, (closed, made)) == made


def test_the_order_stands_behind_its_invoice_as_long_as_something_of_it_is_open() -> None:
    made = invoice(sold("HAT", 2, "50.00"), txn_id="I")
    refund = refund_of(HAT_BACK)
    assert with_order_behind(refund, made, (TWO_OF_THREE, made)) == replace(made, behind=TWO_OF_THREE)
    for settled in (replace(TWO_OF_THREE, is_closed=True), replace(TWO_OF_THREE, invoices=("J",))):
        assert with_order_behind(refund, made, (settled, made)) == made


def test_of_several_invoices_none_is_credited_where_all_of_it_is_still_open() -> None:
    several = Skip("several_invoices", {"order": "1001", "invoices": "I, J"})
    two = replace(TWO_OF_THREE, invoices=("I", "J"))
    assert with_order_behind(refund_of(HAT_BACK), several, (two,)) == two
    assert with_order_behind(refund_of(ALL_HATS), several, (two,)) == several
    assert roles(posted(refund_of(HAT_BACK), two)) == ["closing", "payout"]
    assert stopped(refund_of(ALL_HATS), two).reason == "several_invoices"
