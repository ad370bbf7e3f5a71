"""Credit memos: the sale taken back in the books, and what stays as the customer's credit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from lxml.etree import _Element as Element

from qbsim import Line
from tests.qbsim.shop import CREDIT_MEMO, Shop, add, status, values


def test_it_debits_income_and_tax_credits_the_customer_and_brings_stock_back_at_average_cost(shop: Shop) -> None:
    response = shop.one(add("CreditMemo", CREDIT_MEMO))
    assert status(response) == (0, "Info")
    assert shop.moved() == {
        "Sales": Decimal("40.00"),
        "Sales Tax Payable": Decimal("4.00"),
        "Accounts Receivable": Decimal("-44.00"),
        "Inventory Asset": Decimal("15.00"),
        "Cost of Goods Sold": Decimal("-15.00"),
    }
    assert shop.shirt.quantity_on_hand == 102
    assert shop.company.customer_balance("Ada") == Decimal("-44.00")


def test_the_answer_shows_what_quickbooks_works_out_itself(shop: Shop) -> None:
    memo = shop.one(add("CreditMemo", CREDIT_MEMO))[0]
    assert values(memo, "RefNumber", "Subtotal", "SalesTaxTotal", "TotalAmount", "CreditRemaining") == [
        *("1001-R1", "40.00", "4.00", "44.00", "44.00")
    ]
    assert values(memo, "TxnDate", "Memo", "ARAccountRef/FullName", "ItemSalesTaxRef/FullName") == [
        *("2024-03-01", "Refund of 1001", "Accounts Receivable", "State Tax")
    ]
    assert values(memo, "CreditMemoLineRet/Rate", "CreditMemoLineRet/SalesTaxCodeRef/FullName") == ["20.00", "Tax"]


def test_a_taxable_discount_line_lowers_the_tax_too(shop: Shop) -> None:
    memo = shop.builder.credit_memo("Ada", [Line(shop.shirt, quantity=3), Line(shop.discount), Line(shop.shipping)])
    assert (memo.subtotal, memo.tax_total, memo.total) == (Decimal("59.00"), Decimal("5.40"), Decimal("64.40"))
    assert shop.moved()["Discounts"] == Decimal("-6.00")


def test_an_amount_stands_and_the_rate_is_worked_out_from_it(shop: Shop) -> None:
    memo = shop.builder.credit_memo("Ada", [Line(shop.shirt, quantity=3, rate=20, amount="50.00")])
    assert memo.lines[0].amount == Decimal("50.00")
    assert memo.lines[0].rate == Decimal("16.66667")


def test_a_missing_ref_number_is_the_next_one(shop: Shop) -> None:
    shop.builder.credit_memo("Ada", [Line(shop.engraving)], ref_number="41")
    assert shop.builder.credit_memo("Ada", [Line(shop.engraving)]).ref_number == "42"


def test_ref_numbers_may_come_twice(shop: Shop) -> None:
    for _ in range(2):
        assert status(shop.one(add("CreditMemo", CREDIT_MEMO)))[0] == 0
    assert len(shop.company.by_ref_number("CreditMemo", "1001-r1")) == 2


@pytest.mark.parametrize(
    ("sent", "instead", "code", "words"),
    [
        (
            "<FullName>Ada</FullName>",
            "<FullName>Eve</FullName>",
            3140,
            'There is an invalid reference to QuickBooks Customer "Eve" in the CreditMemo.  QuickBooks error message: '
            "Invalid argument.  The specified record does not exist in the list.",
        ),
        (
            "<FullName>Shirt</FullName>",
            "<FullName>Hat</FullName>",
            3140,
            'There is an invalid reference to QuickBooks Item "Hat" in the CreditMemo line.  QuickBooks error message: '
            "Invalid argument.  The specified record does not exist in the list.",
        ),
        (
            "<FullName>Ada</FullName>",
            "<ListID>abc123</ListID>",
            3000,
            'The given object ID "abc123" in the field "ListID" is invalid.',
        ),
    ],
)
def test_a_bad_reference_is_refused_in_quickbooks_words(
    shop: Shop, sent: str, instead: str, code: int, words: str
) -> None:
    before = shop.company.to_json()
    response = shop.one(add("CreditMemo", CREDIT_MEMO.replace(sent, instead)))
    assert status(response) == (code, "Error")
    assert response.get("statusMessage") == words
    assert shop.company.to_json() == before


def test_a_negative_total_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    before = shop.company.to_json()
    negative = CREDIT_MEMO.replace("<Quantity>2</Quantity>", "<Quantity>-2</Quantity>")
    assert status(shop.one(add("CreditMemo", negative))) == (3180, "Error")
    assert shop.company.to_json() == before


def test_a_line_with_an_amount_needs_an_item(shop: Shop) -> None:
    line = "<CreditMemoLineAdd><Desc>note</Desc><Amount>1.00</Amount></CreditMemoLineAdd>"
    response = shop.one(add("CreditMemo", CREDIT_MEMO + line))
    assert (response.get("statusCode"), response.get("statusMessage")) == (
        "3150",
        'There is a missing element: "ItemRef".',
    )


def test_a_pending_memo_posts_nothing_and_is_no_credit(shop: Shop) -> None:
    memo = shop.one(add("CreditMemo", CREDIT_MEMO.replace("<Memo>", "<IsPending>true</IsPending><Memo>")))[0]
    assert values(memo, "IsPending", "TotalAmount", "CreditRemaining") == ["true", "44.00", "0.00"]
    assert shop.moved() == {}


def test_a_group_is_unfolded_into_its_members(shop: Shop) -> None:
    shop.builder.group_item("Gift", [(shop.shirt, 1), (shop.engraving, 2)])
    group = (
        "<CreditMemoLineGroupAdd><ItemGroupRef><FullName>Gift</FullName></ItemGroupRef>"
        "<Quantity>2</Quantity></CreditMemoLineGroupAdd>"
    )
    memo = shop.one(add("CreditMemo", f"<CustomerRef><FullName>Ada</FullName></CustomerRef>{group}"))[0]
    assert values(memo, "CreditMemoLineGroupRet/TotalAmount", "SalesTaxTotal") == ["90.00", "4.00"]
    assert [q.text for q in memo.iterfind("CreditMemoLineGroupRet/CreditMemoLineRet/Quantity")] == ["2", "4"]
    assert shop.shirt.quantity_on_hand == 102


def test_a_form_for_other_documents_can_not_be_its_template(shop: Shop) -> None:
    shop.builder.template("Web Invoice", "Invoice")
    shop.builder.template("Web Credit", "CreditMemo")

    def added(template: str) -> Element:
        return shop.one(
            "<CreditMemoAddRq><CreditMemoAdd><CustomerRef><FullName>Ada</FullName></CustomerRef><TemplateRef><FullName>"
            f"{template}</FullName></TemplateRef><CreditMemoLineAdd><ItemRef><FullName>{shop.shirt.full_name}</FullName>"
            "</ItemRef><Quantity>1</Quantity></CreditMemoLineAdd></CreditMemoAdd></CreditMemoAddRq>"
        )

    assert status(added("Web Invoice")) == (3140, "Error")
    assert added("Web Credit").findtext("CreditMemoRet/TemplateRef/FullName") == "Web Credit"
