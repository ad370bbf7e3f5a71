"""Which lines a credit memo has: the sale's own, with everything on them, so that it undoes what the sale did."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

import qbxml
from qbwc_server.refunds.lines import Share, carries
from qbwc_server.refunds.model import AdjustmentKind, OrderLine
from qbwc_server.refunds.posting import Posting
from qbwc_server.refunds.reasons import Status
from qbwc_server.refunds.sale import Sale, SaleType
from qbwc_server.refunds.settings import Restock, Settings
from qbxml import CreditMemoLineAdd, Ref
from tests.refunds.builders import (
    COMPANY,
    adjusted,
    all_of,
    back,
    bundle,
    discount,
    gross_sale,
    lines_of,
    memo_of,
    notices_of,
    posted,
    ref,
    refund_of,
    sales_receipt,
    shipping,
    shipping_back,
    sold,
    stopped,
    taken_by,
)

HAT, TEE, MUG = sold("HAT", 2, "50.00"), sold("TEE", 3, "10.00"), sold("MUG", 1, "7.50", code="Non")
ALLOWANCE, REFUND_ITEM = Settings(allowance_item="Allowance"), Settings(refund_item="Refunds")


def first_line(posting: Posting) -> CreditMemoLineAdd:
    line = memo_of(posting).lines[0]
    assert isinstance(line, CreditMemoLineAdd)
    return line


# What a line carries over


def test_a_full_refund_credits_every_line_as_it_was_sold() -> None:
    sale = sales_receipt(HAT, TEE, MUG, shipping("5.00"), tax="8")
    posting = posted(all_of(sale), sale)
    assert lines_of(posting) == [
        ("HAT", "2", "100.00"),
        ("TEE", "3", "30.00"),
        ("MUG", "1", "7.50"),
        ("Shipping", None, "5.00"),
    ]
    assert (posting.total, posting.tax) == (sale.total, sale.tax)


def test_a_line_keeps_item_class_tax_code_site_unit_and_custom_fields() -> None:
    hat = replace(
        HAT,
        class_ref=ref("Online"),
        unit_of_measure="each",
        inventory_site=ref("Main"),
        inventory_site_location=ref("Bin 7"),
        other1="red",
        other2="large",
        lot_number="LOT9",
    )
    line = first_line(posted(refund_of(back("HAT", 1, "50.00")), sales_receipt(hat)))
    assert line == CreditMemoLineAdd(
        item_ref=ref("HAT"),
        desc="The HAT",
        quantity=Decimal(1),
        unit_of_measure="each",
        rate=Decimal("50.00"),
        class_ref=ref("Online"),
        amount=Decimal("50.00"),
        inventory_site_ref=ref("Main"),
        inventory_site_location_ref=ref("Bin 7"),
        lot_number="LOT9",
        sales_tax_code_ref=ref("Tax"),
        other1="red",
        other2="large",
    )


def test_serial_numbers_go_along_only_where_all_of_the_line_comes_back() -> None:
    sale = sales_receipt(replace(HAT, serial_number="SN1,SN2", lot_number="LOT9"), TEE)
    whole = first_line(posted(refund_of(back("HAT", 2, "100.00")), sale))
    assert (whole.serial_number, whole.lot_number) == ("SN1,SN2", None)
    part = first_line(posted(refund_of(back("HAT", 1, "50.00")), sale))
    assert (part.serial_number, part.lot_number) == (None, None)


def test_a_rate_is_sent_only_where_it_makes_the_amount() -> None:
    odd = replace(HAT, amount=Decimal("99.00"))  # a price that somebody changed by hand
    posting = posted(refund_of(back("HAT", 2, "99.00")), sales_receipt(odd))
    assert (first_line(posting).rate, first_line(posting).amount) == (None, Decimal("99.00"))


def test_a_description_that_is_too_long_is_cut_with_a_notice_and_cleaned() -> None:
    sale = sales_receipt(HAT)
    refund = refund_of(adjusted("5.00", reason="late\x00" + "x" * 5000))
    posting = posted(refund, sale, ALLOWANCE)
    desc = first_line(posting).desc or ""
    assert (len(desc), desc[:6]) == (4095, "late x")
    assert "Desc was cut to 4095" in notices_of(posting)["text_cut"]


def test_a_line_of_text_on_the_sale_is_not_credited() -> None:
    words = sold("HAT", None, "0.00", item=None, desc="Thank you!", sales_tax_code=None)
    sale = sales_receipt(HAT, words)
    assert lines_of(posted(all_of(sale), sale)) == [("HAT", "2", "100.00")]


def test_an_amount_of_the_sale_that_stands_on_no_item_is_left_to_a_person() -> None:
    sale = sales_receipt(HAT, sold("HAT", None, "5.00", item=None, desc="Something"))
    assert stopped(refund_of(back("HAT", 2, "105.00")), sale).reason == "value_differs"


# Parts


def test_a_part_by_quantity_is_credited_at_its_price() -> None:
    posting = posted(refund_of(back("TEE", 2, "20.00")), sales_receipt(HAT, TEE))
    assert lines_of(posting) == [("TEE", "2", "20.00")]
    assert posting.shares == (Share("L2", Decimal(2), Decimal("20.00")),)


def test_a_part_by_amount_is_credited_at_what_was_given_back() -> None:
    posting = posted(refund_of(back("HAT", 1, "35.00")), sales_receipt(HAT))
    assert lines_of(posting) == [("HAT", "1", "35.00")]
    assert first_line(posting).rate is None


def test_an_item_is_known_by_its_last_name_or_by_the_description_whatever_the_case() -> None:
    sale = sales_receipt(sold("Apparel:HAT", 1, "50.00", desc="Straw hat"), TEE)
    for line in (back("hat", 1, "50.00"), back("", 1, "50.00", title="STRAW HAT"), back("apparel:hat", 1, "50.00")):
        assert lines_of(posted(refund_of(line), sale)) == [("Apparel:HAT", "1", "50.00")]


def test_three_refunds_of_an_odd_price_take_exactly_the_line() -> None:
    sale = sales_receipt(replace(TEE, amount=Decimal("10.00"), rate=None), HAT)
    postings: list[Posting] = []
    for number, amount in enumerate(("3.33", "3.34", "3.33")):
        refund = refund_of(back("TEE", 1, amount), external_id=str(number))
        postings.append(posted(refund, sale, taken=taken_by(*postings)))
    assert [posting.total for posting in postings] == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert taken_by(*postings).amounts == {"L1": Decimal("10.00")}


def test_the_last_piece_takes_what_rounding_left() -> None:
    sale = sales_receipt(sold("TEE", 7, "0.00", amount=Decimal("9.97"), rate=None), HAT)
    first = posted(refund_of(back("TEE", 6, "8.52")), sale)  # six times 1.42
    last = posted(refund_of(back("TEE", 1, "1.45"), external_id="902"), sale, taken=taken_by(first))
    assert lines_of(last) == [("TEE", "1", "1.45")]
    assert taken_by(first, last).amounts == {"L1": Decimal("9.97")}


def test_a_price_cut_of_an_earlier_refund_does_not_raise_the_price_of_the_last_piece() -> None:
    sale = sales_receipt(HAT, TEE)
    first = posted(refund_of(back("HAT", 1, "10.00")), sale)
    last = posted(refund_of(back("HAT", 1, "50.00"), external_id="902"), sale, taken=taken_by(first))
    assert first_line(last).rate == Decimal("50.00")


def test_what_is_left_after_a_part_is_credited_in_full() -> None:
    sale = sales_receipt(HAT, TEE, shipping("5.00"), tax="8")
    first = posted(refund_of(back("HAT", 1, "50.00", tax="4.00")), sale)
    rest = refund_of(
        back("HAT", 1, "50.00", tax="4.00"),
        back("TEE", 3, "30.00", tax="2.40"),
        shipping_back("5.00", tax="0.40"),
        external_id="902",
    )
    second = posted(rest, sale, taken=taken_by(first))
    assert lines_of(second) == [("HAT", "1", "50.00"), ("TEE", "3", "30.00"), ("Shipping", None, "5.00")]
    assert first.total + second.total == sale.total


def test_more_of_an_item_than_is_left_waits_for_a_person() -> None:
    sale = sales_receipt(HAT, TEE)
    first = posted(refund_of(back("HAT", 1, "20.00")), sale)
    skip = stopped(refund_of(back("HAT", 2, "70.00"), external_id="902"), sale, taken=taken_by(first))
    assert (skip.reason, skip.status) == ("quantity_more_than_sale", Status.REVIEW)
    assert skip.message == (
        "The refund takes back 2 of The HAT, but the sale has 2, of which only 1 is left after earlier refunds."
    )


def test_more_of_an_item_than_was_sold_speaks_of_no_earlier_refunds_where_there_were_none() -> None:
    sale = sales_receipt(HAT, TEE)
    skip = stopped(refund_of(back("HAT", 3, "70.00")), sale)
    assert skip.message == "The refund takes back 3 of The HAT, but the sale has 2 only."
    twice = refund_of(back("HAT", 2, "60.00"), back("HAT", 1, "30.00"))
    skip = stopped(twice, sale)
    assert skip.message == "The refund takes back 1 of The HAT, but the sale has 2, of which only 0 is left."


def test_a_higher_price_than_was_paid_waits_for_a_person() -> None:
    skip = stopped(refund_of(back("HAT", 1, "51.00")), sales_receipt(HAT))
    assert (skip.reason, skip.status) == ("value_differs", Status.REVIEW)


# The same item twice


def test_the_same_item_on_two_lines_is_taken_from_the_line_with_that_price() -> None:
    sale = sales_receipt(sold("HAT", 1, "50.00"), sold("HAT", 1, "40.00"))
    first = posted(refund_of(back("HAT", 1, "40.00")), sale)
    assert first.shares == (Share("L2", Decimal(1), Decimal("40.00")),)
    second = posted(refund_of(back("HAT", 1, "50.00"), external_id="902"), sale, taken=taken_by(first))
    assert second.shares == (Share("L1", Decimal(1), Decimal("50.00")),)


def test_more_than_one_line_has_is_taken_from_several_lines_of_the_item() -> None:
    sale = sales_receipt(sold("HAT", 1, "50.00"), sold("HAT", 2, "40.00"), TEE)
    posting = posted(refund_of(back("HAT", 3, "130.00")), sale)
    assert sorted(lines_of(posting)) == [("HAT", "1", "50.00"), ("HAT", "2", "80.00")]


def test_a_line_without_a_quantity_is_taken_by_amount() -> None:
    sale = sales_receipt(sold("SERVICE", None, "90.00"), HAT)
    first = posted(refund_of(back("SERVICE", 2, "60.00")), sale)
    assert lines_of(first) == [("SERVICE", None, "60.00")]
    second = posted(refund_of(back("SERVICE", 1, "30.00"), external_id="902"), sale, taken=taken_by(first))
    assert lines_of(second) == [("SERVICE", None, "30.00")]
    skip = stopped(refund_of(back("SERVICE", 1, "1.00"), external_id="903"), sale, taken=taken_by(first, second))
    assert skip.reason == "value_differs"


# Discounts


def test_a_full_refund_undoes_the_discount_in_full() -> None:
    sale = sales_receipt(HAT, TEE, discount("13.00"), tax="8")
    posting = posted(all_of(sale), sale)
    assert lines_of(posting)[-1] == ("Discount", None, "-13.00")
    assert posting.total == sale.total


def test_a_part_undoes_the_discount_as_far_as_the_goods_were_sold_for_less() -> None:
    sale = sales_receipt(HAT, TEE, discount("13.00"), tax="8")
    posting = posted(refund_of(back("HAT", 1, "45.00", tax="3.60")), sale)
    assert lines_of(posting) == [("HAT", "1", "50.00"), ("Discount", None, "-5.00")]
    assert (posting.total, posting.tax) == (Decimal("48.60"), Decimal("3.60"))


def test_parts_one_after_the_other_undo_the_whole_discount() -> None:
    sale = sales_receipt(HAT, TEE, discount("13.00"))
    first = posted(refund_of(back("HAT", 1, "45.00")), sale)
    second = posted(
        refund_of(back("HAT", 1, "45.00"), back("TEE", 1, "9.00"), external_id="902"), sale, taken=taken_by(first)
    )
    third = posted(refund_of(back("TEE", 2, "18.00"), external_id="903"), sale, taken=taken_by(first, second))
    taken = taken_by(first, second, third)
    assert taken.amounts == {"L1": Decimal("100.00"), "L2": Decimal("30.00"), "L3": Decimal("-13.00")}
    assert taken.total == sale.total


def test_a_discount_keeps_its_own_tax_code() -> None:
    taxed = sales_receipt(HAT, TEE, discount("10.00", code="Tax"), tax="10")
    assert posted(refund_of(back("HAT", 2, "90.00", tax="9.00")), taxed).tax == Decimal("9.00")
    untaxed = sales_receipt(HAT, TEE, discount("10.00", code="Non"), tax="10")
    assert posted(refund_of(back("HAT", 2, "90.00", tax="10.00")), untaxed).tax == Decimal("10.00")
    assert stopped(refund_of(back("HAT", 2, "90.00", tax="9.00")), untaxed).reason == "tax_difference"


def test_a_discount_by_percent_is_undone_as_an_amount() -> None:
    percent = discount("10.00", rate_percent=Decimal("-10"))
    posting = posted(refund_of(back("HAT", 1, "45.00")), sales_receipt(HAT, percent))
    assert lines_of(posting) == [("HAT", "1", "50.00"), ("Discount", None, "-5.00")]


def test_several_discounts_are_undone_in_proportion() -> None:
    sale = sales_receipt(HAT, discount("6.00"), discount("3.00", item=ref("Coupon")))
    assert lines_of(posted(refund_of(back("HAT", 1, "45.50")), sale)) == [
        ("HAT", "1", "50.00"),
        ("Discount", None, "-3.00"),
        ("Coupon", None, "-1.50"),
    ]


def test_what_exceeds_the_discount_of_the_sale_is_a_lower_price() -> None:
    posting = posted(refund_of(back("HAT", 1, "30.00")), sales_receipt(HAT, discount("4.00")))
    assert lines_of(posting) == [("HAT", "1", "34.00"), ("Discount", None, "-4.00")]


# Subtotals


def test_a_subtotal_line_is_not_credited() -> None:
    subtotal = sold("Subtotal", None, "130.00", rate=None, sales_tax_code=None)
    sale = sales_receipt(HAT, TEE, subtotal, discount("13.00"), tax="8")
    sale = replace(sale, subtotal=Decimal("117.00"), total=Decimal("117.00") + sale.tax)
    posting = posted(refund_of(back("HAT", 2, "87.00", tax="6.96"), back("TEE", 3, "30.00", tax="2.40")), sale)
    assert lines_of(posting) == [("HAT", "2", "100.00"), ("TEE", "3", "30.00"), ("Discount", None, "-13.00")]
    assert lines_of(posted(refund_of(adjusted(str(sale.total))), sale, Settings(restock=Restock.ALWAYS))) == (
        lines_of(posting)
    )


# Shipping


def test_shipping_is_told_by_its_name() -> None:
    posting = posted(refund_of(shipping_back("5.00")), sales_receipt(HAT, shipping("5.00", item="UPS Freight")))
    assert lines_of(posting) == [("UPS Freight", None, "5.00")]


def test_shipping_is_told_by_the_setting() -> None:
    sale = sales_receipt(HAT, shipping("9.00"), sold("Handling", None, "5.00"))
    posting = posted(refund_of(shipping_back("5.00")), sale, Settings(shipping_item="handling"))
    assert lines_of(posting) == [("Handling", None, "5.00")]


def test_shipping_is_told_by_its_amount_where_one_line_alone_fits() -> None:
    ordered = {"shipping": Decimal("5.00"), "lines": (OrderLine("1", "HAT", "", Decimal(2), Decimal(100)),)}
    sale = sales_receipt(HAT, sold("UPS", None, "5.00"))
    assert lines_of(posted(refund_of(shipping_back("5.00"), order=ordered), sale)) == [("UPS", None, "5.00")]
    twice = sales_receipt(HAT, sold("UPS", None, "5.00"), sold("Wrapping", None, "5.00"))
    assert stopped(refund_of(shipping_back("5.00"), order=ordered), twice).reason == "shipping_not_in_sale"


def test_goods_with_shipping_in_their_name_are_not_shipping() -> None:
    ordered = {"lines": (OrderLine("1", "Shipping Box", "", Decimal(1), Decimal(9)),)}
    sale = sales_receipt(sold("Shipping Box", 1, "9.00"), shipping("5.00", item="Delivery"))
    assert lines_of(posted(refund_of(shipping_back("5.00"), order=ordered), sale)) == [("Delivery", None, "5.00")]


def test_shipping_goes_back_in_parts() -> None:
    sale = sales_receipt(HAT, sold("Shipping", 1, "5.00"))
    first = posted(refund_of(shipping_back("2.00")), sale)
    assert lines_of(first) == [("Shipping", None, "2.00")]
    second = posted(refund_of(shipping_back("3.00"), external_id="902"), sale, taken=taken_by(first))
    assert lines_of(second) == [("Shipping", "1", "3.00")]
    taken = taken_by(first, second)
    skip = stopped(refund_of(shipping_back("0.01"), external_id="903"), sale, taken=taken)
    assert (skip.reason, skip.status) == ("more_than_sale", Status.REVIEW)
    assert skip.message == (
        "The refund gives back 0.01 of shipping, but the shipping of the sale comes to 5.00, of which only 0.00 is "
        "left after earlier refunds."
    )
    rest = posted(refund_of(back("HAT", 2, "100.00"), external_id="904"), sale, taken=taken)
    assert lines_of(rest) == [("HAT", "2", "100.00")]


def test_shipping_that_the_sale_does_not_show_waits_for_a_person() -> None:
    skip = stopped(refund_of(shipping_back("5.00")), sales_receipt(HAT))
    assert (skip.reason, skip.status) == ("shipping_not_in_sale", Status.REVIEW)


def test_shipping_kept_back_is_an_allowance_beside_the_shipping() -> None:
    parts = (back("HAT", 1, "50.00"), shipping_back("5.00"), adjusted("-2.00", kind=AdjustmentKind.SHIPPING))
    posting = posted(refund_of(*parts), sales_receipt(HAT, shipping("5.00")), ALLOWANCE)
    assert lines_of(posting) == [("HAT", "1", "50.00"), ("Shipping", None, "5.00"), ("Allowance", None, "-2.00")]


# Amounts without goods, and lines that the sale does not have


def test_a_line_that_the_sale_does_not_have_waits_for_a_person() -> None:
    skip = stopped(refund_of(back("SOCKS", 1, "9.00")), sales_receipt(HAT), ALLOWANCE)
    assert (skip.reason, skip.status) == ("line_not_in_sale", Status.REVIEW)
    assert "The SOCKS" in skip.message


def test_goods_that_came_back_under_a_sku_nobody_knows_are_not_taken_for_goods_that_did_not() -> None:
    felt_hat = back("W-100", 1, "100.00", title="Felt hat")
    refund = refund_of(felt_hat, back("W-200", 1, "9.00", restocked=False))  # all that was sold, so that its value fits
    sale = sales_receipt(sold("HAT", 1, "100.00"), sold("SOCKS", 1, "9.00"))
    skip = stopped(refund, sale, Settings(no_restock_item="No Restock"))
    assert (skip.reason, skip.facts["line"]) == ("line_not_in_sale", "Felt hat")


def test_all_that_was_sold_came_back_where_as_many_goods_did_whatever_the_shop_calls_them() -> None:
    refund = refund_of(back("W-100", 1, "100.00"), back("W-200", 2, "18.00"))
    sale = sales_receipt(sold("HAT", 1, "100.00"), sold("SOCKS", 2, "9.00"))
    assert lines_of(posted(refund, sale)) == [("HAT", "1", "100.00"), ("SOCKS", "2", "18.00")]


def test_money_for_goods_that_did_not_come_back_is_no_return_of_them() -> None:
    refund = refund_of(back("WRAP", 2, "5.00"), adjusted("104.00"))
    sale = sales_receipt(sold("HAT", 1, "100.00"), sold("SOCKS", 1, "9.00"))
    assert stopped(refund, sale, Settings(no_restock_item="No Restock")).reason == "line_not_in_sale"


def test_a_line_that_the_sale_does_not_have_stands_on_the_refund_item() -> None:
    posting = posted(refund_of(back("SOCKS", 1, "9.00")), sales_receipt(HAT), REFUND_ITEM)
    assert lines_of(posting) == [("Refunds", None, "9.00")]
    assert first_line(posting).desc == "The SOCKS"
    assert posting.shares == (Share("", Decimal(1), Decimal("9.00")),)


@pytest.mark.parametrize("whole", [True, False])
def test_with_a_refund_item_every_line_stands_on_it_with_class_and_tax_code(whole: bool) -> None:
    sale = sales_receipt(replace(HAT, class_ref=ref("Online")), shipping("5.00"), tax="8")
    part = refund_of(back("HAT", 1, "50.00", tax="4.00", restocked=False))
    posting = posted(all_of(sale) if whole else part, sale, REFUND_ITEM)
    assert {item for item, _, _ in lines_of(posting)} == {"Refunds"}
    assert (first_line(posting).class_ref, first_line(posting).sales_tax_code_ref) == (ref("Online"), ref("Tax"))
    assert "stock_not_returned" not in notices_of(posting)


@pytest.mark.parametrize("quantity", [1, 2], ids=["in part", "in full"])
def test_a_refund_item_that_quickbooks_does_not_have_stops_every_refund(quantity: int) -> None:
    refund = refund_of(back("HAT", quantity, str(50 * quantity)))
    skip = stopped(refund, sales_receipt(HAT), Settings(refund_item="Gone"))
    assert (skip.reason, skip.status) == ("item_unknown", Status.REVIEW)
    assert "no active item Gone. Correct the setting refund_item." in skip.message


def test_an_allowance_item_is_needed_only_where_it_is_used() -> None:
    gone = Settings(allowance_item="Gone")
    assert posted(refund_of(back("HAT", 1, "50.00")), sales_receipt(HAT), gone)
    skip = stopped(refund_of(adjusted("5.00")), sales_receipt(HAT), gone)
    assert (skip.reason, skip.facts["setting"]) == ("item_unknown", "allowance_item")


@pytest.mark.parametrize("amount", ["5.00", "-5.00"])
def test_an_amount_without_goods_needs_the_allowance_item(amount: str) -> None:
    refund = refund_of(back("HAT", 1, "50.00"), adjusted(amount, reason="late parcel"))
    skip = stopped(refund, sales_receipt(HAT))
    assert (skip.reason, skip.status) == ("adjustment_needs_item", Status.REVIEW)
    assert f"{amount} was given back without goods (late parcel)" in skip.message
    posting = posted(refund, sales_receipt(HAT), ALLOWANCE)
    assert lines_of(posting) == [("HAT", "1", "50.00"), ("Allowance", None, amount)]


def test_with_both_items_set_amounts_stand_on_the_allowance_item_and_lines_on_the_refund_item() -> None:
    both = Settings(allowance_item="Allowance", refund_item="Refunds")
    posting = posted(refund_of(back("HAT", 1, "50.00"), adjusted("5.00")), sales_receipt(HAT), both)
    assert lines_of(posting) == [("Refunds", None, "50.00"), ("Allowance", None, "5.00")]


def test_an_amount_without_tax_is_credited_without_tax_and_one_with_tax_like_the_goods() -> None:
    sale = sales_receipt(MUG, HAT, tax="8")
    untaxed = posted(refund_of(adjusted("5.00")), sale, ALLOWANCE)
    assert (first_line(untaxed).sales_tax_code_ref, untaxed.tax) == (ref("Non"), 0)
    taxed = posted(refund_of(adjusted("5.00", tax="0.40")), sale, ALLOWANCE)
    assert (first_line(taxed).sales_tax_code_ref, taxed.tax) == (ref("Tax"), Decimal("0.40"))


def test_a_company_without_a_non_taxable_code_of_its_own_uses_that_of_the_sale() -> None:
    company = replace(COMPANY, non_taxable_code=None)
    posting = posted(refund_of(adjusted("5.00")), sales_receipt(HAT, MUG, tax="8"), ALLOWANCE, company)
    assert first_line(posting).sales_tax_code_ref == ref("Non")


def test_money_for_goods_that_stay_with_the_customer_is_an_allowance_that_lowers_the_line() -> None:
    sale = sales_receipt(HAT, TEE, tax="8")
    first = posted(refund_of(back("HAT", 0, "10.00", tax="0.80")), sale, ALLOWANCE)
    assert lines_of(first) == [("Allowance", None, "10.00")]
    assert first.shares == (Share("L1", Decimal(0), Decimal("10.00")),)
    rest = refund_of(back("HAT", 2, "90.00", tax="7.20"), back("TEE", 3, "30.00", tax="2.40"), external_id="902")
    second = posted(rest, sale, ALLOWANCE, taken=taken_by(first))
    assert lines_of(second) == [("HAT", "2", "90.00"), ("TEE", "3", "30.00")]
    assert stopped(refund_of(back("HAT", 0, "10.00", tax="0.80")), sale).reason == "adjustment_needs_item"


# Stock


LOST = back("HAT", 1, "50.00", restocked=False)
NO_RESTOCK = Settings(no_restock_item="No Restock")


def test_goods_that_did_not_come_back_stand_on_the_no_restock_item() -> None:
    posting = posted(refund_of(LOST, back("TEE", 1, "10.00")), sales_receipt(HAT, TEE), NO_RESTOCK)
    assert lines_of(posting) == [("No Restock", None, "50.00"), ("TEE", "1", "10.00")]
    assert first_line(posting).desc == "1 x The HAT"
    assert first_line(posting).sales_tax_code_ref == ref("Tax")
    assert (
        "1 x The HAT did not come back into stock and stands on the item No Restock"
        in (notices_of(posting)["stock_not_returned"])
    )
    assert posting.shares[0] == Share("L1", Decimal(1), Decimal("50.00"))


def test_without_a_no_restock_item_goods_that_did_not_come_back_wait_for_a_person() -> None:
    skip = stopped(refund_of(LOST), sales_receipt(HAT, TEE))
    assert (skip.reason, skip.status) == ("restock_needs_item", Status.REVIEW)
    assert "no_restock_item" in skip.message
    assert stopped(refund_of(LOST), sales_receipt(HAT, TEE), Settings(no_restock_item="Gone")).reason == "item_unknown"


@pytest.mark.parametrize(
    ("restock", "restocked", "item"),
    [
        (Restock.SOURCE, True, "HAT"),
        (Restock.SOURCE, False, "No Restock"),
        (Restock.ALWAYS, False, "HAT"),
        (Restock.NEVER, True, "No Restock"),
    ],
)
@pytest.mark.parametrize("quantity", [1, 2], ids=["in part", "in full"])
def test_the_restock_setting_decides_over_what_the_shop_says(
    restock: Restock, restocked: bool, item: str, quantity: int
) -> None:
    refund = refund_of(back("HAT", quantity, str(50 * quantity), restocked=restocked))
    posting = posted(refund, sales_receipt(HAT), replace(NO_RESTOCK, restock=restock))
    assert [name for name, _, _ in lines_of(posting)] == [item]


def test_of_a_full_refund_only_what_came_back_goes_into_stock() -> None:
    sale = sales_receipt(HAT, shipping("5.00"))
    refund = refund_of(back("HAT", 1, "50.00"), LOST, shipping_back("5.00"))
    assert lines_of(posted(refund, sale, NO_RESTOCK)) == [
        ("HAT", "1", "50.00"),
        ("No Restock", None, "50.00"),
        ("Shipping", None, "5.00"),
    ]


def test_what_keeps_no_stock_needs_no_item_for_it() -> None:
    service = sold("FITTING", 1, "30.00", moves_stock=False)
    refund = refund_of(back("FITTING", 1, "30.00", restocked=False))
    assert lines_of(posted(refund, sales_receipt(service, HAT))) == [("FITTING", "1", "30.00")]


def test_money_for_all_of_a_sale_without_its_goods_moves_no_stock() -> None:
    sale = sales_receipt(HAT, sold("Shipping", 1, "5.00"), discount("4.00"))
    posting = posted(refund_of(adjusted(str(sale.total))), sale, NO_RESTOCK)
    assert lines_of(posting) == [
        ("No Restock", None, "100.00"), ("Shipping", "1", "5.00"), ("Discount", None, "-4.00"),
    ]  # fmt: skip


def test_goods_worth_nothing_that_did_not_come_back_are_nothing_to_enter() -> None:
    sale = sales_receipt(sold("GIFT", 1, "0.00"), HAT)
    skip = stopped(refund_of(back("GIFT", 1, "0.00")), sale, replace(NO_RESTOCK, restock=Restock.NEVER))
    assert (skip.reason, skip.status) == ("nothing_to_post", Status.SKIPPED)


def test_with_a_refund_item_goods_that_came_back_can_stand_at_nothing() -> None:
    sale = sales_receipt(replace(HAT, class_ref=ref("Online"), inventory_site=ref("Main")), TEE, tax="8")
    settings = Settings(refund_item="Refunds", refund_item_restock=True)
    refund = refund_of(back("HAT", 1, "50.00", tax="4.00"), back("TEE", 1, "10.00", tax="0.80", restocked=False))
    posting = posted(refund, sale, settings)
    assert lines_of(posting) == [("Refunds", None, "50.00"), ("Refunds", None, "10.00"), ("HAT", "1", "0.00")]
    goods = memo_of(posting).lines[-1]
    assert isinstance(goods, CreditMemoLineAdd)
    assert (goods.rate, goods.class_ref, goods.inventory_site_ref) == (0, ref("Online"), ref("Main"))
    assert posting.total == Decimal("64.80")


# Tips, duties, fees


@pytest.mark.parametrize(
    ("kind", "item", "setting", "name"),
    [
        (AdjustmentKind.TIP, "Gratuity", "tip_item", "Tips"),
        (AdjustmentKind.DUTY, "Import Duties", "duty_item", "Duties"),
        (AdjustmentKind.FEE, "Service Fee", "fee_item", "Fees"),
    ],
)
def test_each_kind_goes_back_on_its_own_line_of_the_sale_else_on_its_item(
    kind: AdjustmentKind, item: str, setting: str, name: str
) -> None:
    refund = refund_of(adjusted("5.00", kind=kind))
    sold_with = sales_receipt(HAT, sold(item, None, "5.00", code="Non"))
    assert lines_of(posted(refund, sold_with)) == [(item, None, "5.00")]
    skip = stopped(refund_of(adjusted("5.01", kind=kind)), sold_with)
    assert skip.reason == "more_than_sale"
    assert f"5.01 of {kind.value}, but the {kind.value} of the sale comes to 5.00 only." in skip.message
    on_item = posted(refund, sales_receipt(HAT), Settings(**{setting: name}))
    assert lines_of(on_item) == [(name, None, "5.00")]
    assert "fallback_item" not in notices_of(on_item)
    skip = stopped(refund, sales_receipt(HAT))
    assert (skip.reason, skip.facts["settings"]) == ("adjustment_needs_item", f"{setting} or allowance_item")
    elsewhere = posted(refund, sales_receipt(HAT), ALLOWANCE)
    assert lines_of(elsewhere) == [("Allowance", None, "5.00")]
    assert f"stands on the item Allowance, since {setting} is empty" in notices_of(elsewhere)["fallback_item"]


def test_a_restocking_fee_is_kept_on_the_fee_item() -> None:
    refund = refund_of(back("HAT", 1, "50.00"), adjusted("-10.00", kind=AdjustmentKind.FEE))
    posting = posted(refund, sales_receipt(HAT), Settings(fee_item="Fees"))
    assert lines_of(posting) == [("HAT", "1", "50.00"), ("Fees", None, "-10.00")]
    assert posting.total == Decimal("40.00")


# SKUs that QuickBooks calls otherwise


def test_a_sku_is_also_known_by_part_number_and_barcode() -> None:
    sale = sales_receipt(replace(HAT, also_called=("MPN-7", "4006381333931")), TEE)
    for sku in ("mpn-7", "4006381333931"):
        assert lines_of(posted(refund_of(back(sku, 1, "50.00", title="")), sale)) == [("HAT", "1", "50.00")]


def test_a_mapped_sku_is_found_on_the_sale_else_stands_on_its_item() -> None:
    items = {**COMPANY.items, "Apparel:SOCKS": ref("Apparel:SOCKS")}
    mapping = {"w-1": "HAT", "w-2": "Apparel:SOCKS", "w-3": "Gone"}
    company = replace(COMPANY, items=items, item_of_sku=mapping)
    on_sale = posted(refund_of(back("W-1", 1, "50.00", title="")), sales_receipt(HAT), company=company)
    assert on_sale.shares == (Share("L1", Decimal(1), Decimal("50.00")),)
    elsewhere = posted(refund_of(back("W-2", 2, "9.00")), sales_receipt(HAT), company=company)
    assert lines_of(elsewhere) == [("Apparel:SOCKS", "2", "9.00")]
    skip = stopped(refund_of(back("W-3", 1, "9.00")), sales_receipt(HAT), company=company)
    assert (skip.reason, skip.facts["setting"]) == ("item_unknown", "item mapping of W-3")
    own_first = sales_receipt(sold("W-1", 1, "50.00"), HAT)
    assert lines_of(posted(refund_of(back("W-1", 1, "50.00")), own_first, company=company)) == [("W-1", "1", "50.00")]


# Bundles


def test_a_bundle_goes_back_as_its_parts() -> None:
    sale = sales_receipt(bundle("SET", 2, sold("CUP", 4, "5.00"), sold("POT", 2, "20.00")), HAT)
    posting = posted(refund_of(back("SET", 2, "60.00")), sale)
    assert lines_of(posting) == [("CUP", "4", "20.00"), ("POT", "2", "40.00")]


def test_a_bundle_that_was_sold_for_less_goes_back_for_less() -> None:
    sale = sales_receipt(bundle("SET", 1, sold("CUP", 2, "5.00"), sold("POT", 1, "20.00")), HAT)
    posting = posted(refund_of(back("SET", 1, "15.00")), sale)
    assert lines_of(posting) == [("CUP", "2", "5.00"), ("POT", "1", "10.00")]


def test_a_part_of_a_bundle_goes_back_as_so_much_of_its_parts() -> None:
    sale = sales_receipt(bundle("SET", 2, sold("CUP", 4, "5.00"), sold("POT", 2, "20.00")), HAT)
    first = posted(refund_of(back("SET", 1, "30.00")), sale)
    assert lines_of(first) == [("CUP", "2", "10.00"), ("POT", "1", "20.00")]
    one_part = posted(refund_of(back("CUP", 1, "5.00"), external_id="902"), sale, taken=taken_by(first))
    assert lines_of(one_part) == [("CUP", "1", "5.00")]
    rest = refund_of(back("SET", 1, "30.00"), external_id="903")
    skip = stopped(rest, sale, taken=taken_by(first, one_part))
    assert (skip.reason, skip.status) == ("bundle_in_part", Status.REVIEW)


def test_a_bundle_whose_parts_cannot_be_split_waits_for_a_person() -> None:
    sale = sales_receipt(bundle("SET", 3, sold("ROPE", 1, "9.00")), HAT)
    skip = stopped(refund_of(back("SET", 1, "3.00")), sale)
    assert (skip.reason, skip.status) == ("bundle_in_part", Status.REVIEW)


def test_of_two_bundles_of_a_kind_the_second_refund_takes_the_second() -> None:
    sale = sales_receipt(*(bundle("SET", 1, sold("CUP", 2, "5.00")) for _ in range(2)), HAT)
    first = posted(refund_of(back("SET", 1, "10.00")), sale)
    second = posted(refund_of(back("SET", 1, "10.00"), external_id="902"), sale, taken=taken_by(first))
    assert [share.txn_line_id for share in first.shares + second.shares] == ["L1.1", "L2.1"]
    taken = taken_by(first, second)
    assert stopped(refund_of(back("SET", 1, "10.00"), external_id="903"), sale, taken=taken).reason == "bundle_in_part"


# Tax


def test_a_tax_that_quickbooks_would_not_give_back_waits_with_both_figures() -> None:
    skip = stopped(refund_of(back("HAT", 1, "50.00", tax="4.10")), sales_receipt(HAT, tax="8"))
    assert (skip.reason, skip.status) == ("tax_difference", Status.REVIEW)
    assert "works out 4.00 of sales tax, the shop 4.10; the difference is 0.10" in skip.message


def test_where_the_sale_does_not_show_which_codes_bear_tax_a_part_waits_and_all_of_it_goes_through() -> None:
    sale = sales_receipt(HAT, TEE, tax="8", total=Decimal("137.00"))
    sale = replace(sale, tax=Decimal("7.00"))
    assert stopped(refund_of(back("HAT", 1, "50.00", tax="4.00")), sale).reason == "tax_difference"
    assert posted(all_of(sale), sale).tax == Decimal("7.00")


def test_a_part_of_amounts_with_the_tax_in_them_is_credited_with_the_tax_in_it() -> None:
    gross = gross_sale(SaleType.INVOICE, sold("HAT", 3, "9.99", code="S"), rates={"S": "20"})
    postings: list[Posting] = []
    for number, (amount, tax) in enumerate((("8.32", "1.67"), ("8.33", "1.66"), ("8.33", "1.66"))):
        refund = refund_of(back("HAT", 1, amount, tax=tax), external_id=str(number))
        postings.append(posted(refund, gross, taken=taken_by(*postings)))
    assert [lines_of(posting) for posting in postings] == [[("HAT", "1", "9.99")]] * 3
    assert [memo_of(posting).is_tax_included for posting in postings] == [True] * 3
    assert sum(posting.total for posting in postings) == gross.total
    assert "takes 1.67 of the refund as tax, the shop 1.66" in notices_of(postings[1])["tax_in_total"]


def test_shipping_and_discount_of_amounts_with_the_tax_in_them_go_back_to_the_cent() -> None:
    lines = (sold("HAT", 2, "60.00", code="S"), shipping("6.00", code="S"), discount("12.00", code="S"))
    gross = gross_sale(SaleType.SALES_RECEIPT, *lines, rates={"S": "20"})
    refund = refund_of(back("HAT", 1, "45.00", tax="9.00"), shipping_back("5.00", tax="1.00"))
    posting = posted(refund, gross)
    assert lines_of(posting) == [("HAT", "1", "60.00"), ("Shipping", None, "6.00"), ("Discount", None, "-6.00")]
    assert (posting.total, posting.tax) == (Decimal("60.00"), Decimal("10.00"))


def test_amounts_with_a_tax_that_nothing_explains_go_back_in_full_or_wait() -> None:
    lines = (sold("HAT", 2, "60.00", code="S"), sold("TEE", 1, "10.00", code="Z"))
    gross = gross_sale(SaleType.INVOICE, *lines, rates={"S": "20", "Z": "0"})
    everything = refund_of(back("HAT", 2, "100.00", tax="20.00"), back("TEE", 1, "10.00"))
    assert posted(everything, gross).tax == Decimal("20.00")
    skip = stopped(refund_of(back("HAT", 1, "50.00", tax="10.00")), gross)
    assert (skip.reason, skip.status) == ("tax_included", Status.REVIEW)
    order = {
        "lines": (
            OrderLine("1", "HAT", "", Decimal(2), Decimal(100), Decimal(20)),
            OrderLine("2", "TEE", "", Decimal(1), Decimal(10)),
        )
    }
    told = posted(refund_of(back("HAT", 1, "50.00", tax="10.00"), order=order), gross)
    assert (told.tax, told.total) == (Decimal("10.00"), Decimal("60.00"))
    company = replace(COMPANY, tax_rates={"S": Decimal(20), "Z": Decimal(0)})
    assert posted(refund_of(back("HAT", 1, "50.00", tax="10.00")), gross, company=company).tax == Decimal("10.00")


def test_a_tax_within_amounts_that_is_more_than_rounding_waits_with_both_figures() -> None:
    gross = gross_sale(SaleType.INVOICE, sold("HAT", 2, "60.00", code="S"), rates={"S": "20"})
    skip = stopped(refund_of(back("HAT", 1, "55.00", tax="5.00")), gross)
    assert (skip.reason, skip.facts["quickbooks"], skip.facts["shop"]) == ("tax_difference", "10.00", "5.00")


def test_a_rounding_difference_of_tax_stands_on_the_rounding_item() -> None:
    sale = sales_receipt(sold("HAT", 2, "10.00"), tax="8.25")  # 1.65 of tax; QuickBooks makes 0.83 of a half
    rounding = Settings(rounding_item="Rounding")
    first = posted(refund_of(back("HAT", 1, "10.00", tax="0.83")), sale, rounding)
    assert lines_of(first) == [("HAT", "1", "10.00")]
    refund = refund_of(back("HAT", 1, "10.00", tax="0.82"), external_id="902")
    last = posted(refund, sale, rounding, taken=taken_by(first))
    assert lines_of(last) == [("HAT", "1", "10.00"), ("Rounding", None, "-0.01")]
    assert (first.total + last.total, first.tax + last.tax) == (sale.total, sale.tax)
    assert "-0.01 USD on the item Rounding" in notices_of(last)["tax_rounded"]
    assert stopped(refund, sale, taken=taken_by(first)).reason == "tax_difference"
    assert stopped(refund, sale, Settings(rounding_item="Gone"), taken=taken_by(first)).reason == "item_unknown"


def test_a_rounding_difference_above_the_limit_waits() -> None:
    refund = refund_of(back("HAT", 1, "50.00", tax="4.04"))
    limit = Settings(rounding_item="Rounding", rounding_limit=Decimal("0.03"))
    assert stopped(refund, sales_receipt(HAT, tax="8"), limit).reason == "tax_difference"
    assert posted(refund, sales_receipt(HAT, tax="8"), Settings(rounding_item="Rounding")).total == Decimal("54.04")


def test_more_tax_than_the_sale_bore_waits_though_its_total_has_room() -> None:
    sale = sales_receipt(sold("HAT", 1, "50.00"), MUG, tax="8")
    skip = stopped(refund_of(adjusted("52.00", tax="4.16")), sale, ALLOWANCE)
    assert (skip.reason, skip.status) == ("more_tax_than_sale", Status.REVIEW)
    assert "gives back 4.16 of sales tax, but the sale has 4.00 of it only." in skip.message
    first = posted(refund_of(back("HAT", 1, "50.00", tax="4.00")), sale)
    skip = stopped(refund_of(adjusted("3.00", tax="0.24"), external_id="902"), sale, ALLOWANCE, taken=taken_by(first))
    assert skip.message == (
        "The refund gives back 0.24 of sales tax, but the sale has 4.00 of it, of which only 0.00 is left after "
        "earlier refunds."
    )


def test_a_tax_that_the_sale_shows_on_a_line_goes_back_on_that_line() -> None:
    sale = sales_receipt(HAT, sold("Sales Tax", None, "8.00", code="Non"), tax="0")
    posting = posted(refund_of(back("HAT", 1, "50.00", tax="4.00")), sale)
    assert lines_of(posting) == [("HAT", "1", "50.00"), ("Sales Tax", None, "4.00")]
    assert stopped(refund_of(back("HAT", 1, "50.00", tax="9.00")), sale).reason == "tax_difference"


def test_an_untaxed_sale_is_credited_without_tax() -> None:
    posting = posted(refund_of(back("HAT", 1, "50.00")), sales_receipt(HAT, tax="0"))
    assert (posting.tax, posting.total) == (0, Decimal("50.00"))


# Which of several invoices


@pytest.mark.parametrize(
    ("lines", "carried"),
    [
        ((back("HAT", 2, "100.00"), back("TEE", 1, "10.00")), True),
        ((back("HAT", 3, "150.00"),), False),
        ((back("HAT", 2, "100.00"), back("HAT", 1, "50.00")), False),
        ((back("SOCKS", 1, "9.00"),), False),
        ((back("SET", 1, "9.00"),), True),
    ],
)
def test_a_sale_carries_goods_only_in_their_quantities(lines: tuple[Any, ...], carried: bool) -> None:
    sale: Sale = sales_receipt(HAT, TEE, bundle("SET", 1, sold("CUP", 2, "5.00")))
    assert carries(sale, refund_of(*lines)) is carried


def test_items_are_named_by_their_list_id() -> None:
    (line,) = memo_of(posted(refund_of(back("HAT", 1, "50.00")), sales_receipt(HAT))).lines
    written = qbxml.write_request(memo_of(posted(refund_of(back("HAT", 1, "50.00")), sales_receipt(HAT))))
    assert isinstance(line, CreditMemoLineAdd)
    assert isinstance(line.item_ref, Ref)
    assert f"<ListID>{line.item_ref.list_id}</ListID>".encode() in written
