"""Two company files are told apart in lines that a bookkeeper can read."""

from __future__ import annotations

from copy import deepcopy

from qbsim import Company, Line
from qbsim.comparing import differences
from tests.qbsim.shop import CREDIT_MEMO, Shop, add


def told(shop: Shop, before: Company) -> list[str]:
    return differences(before, shop.company)


def test_equal_companies_differ_in_nothing(shop: Shop) -> None:
    assert differences(deepcopy(shop.company), shop.company) == []


def test_a_new_document_is_told_with_its_worth_and_with_what_it_moved(shop: Shop) -> None:
    before = deepcopy(shop.company)
    shop.one(add("CreditMemo", CREDIT_MEMO))
    lines = told(shop, before)
    assert "CreditMemo 1001-R1: is new, 59.00" in lines
    assert 'account "Accounts Receivable": balance 0.00, then -44.00' in lines
    assert 'items: "Shirt": quantity_on_hand 100, then 102' in lines
    assert told(shop, shop.company) == []


def test_what_is_gone_and_what_is_other_is_told(shop: Shop) -> None:
    receipt = shop.builder.sales_receipt("Ada", [Line("Engraving")], ref_number="7")
    memo = shop.builder.credit_memo("Ada", [Line("Engraving")], ref_number="8")
    before = deepcopy(shop.company)
    shop.company.delete(receipt)
    shop.company.renumber(memo, "9")
    shop.ada.email = "ada@example.com"
    shop.company.preferences.uses_classes = False
    lines = told(shop, before)
    for line in (
        "preferences: uses_classes True, then False",
        'customers: "Ada": email nothing, then ada@example.com',
        "SalesReceipt 7 is gone",
        "CreditMemo 8: ref_number 8, then 9",
        "deleted: differ",
    ):
        assert line in lines
