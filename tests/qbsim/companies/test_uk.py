"""The ready shop in the UK: what is in it, and that its VAT is what its documents say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import Company, QuickBooks
from qbsim.companies.uk import FIRST_ORDER, ORDERS, uk_shop
from qbsim.numbers import to_cent
from qbsim.transactions import CreditMemo, Invoice, SalesReceipt
from tests.qbsim.shop import checked, message_set


@pytest.fixture(scope="module")
def company() -> Company:
    return uk_shop(1)


def test_the_same_seed_gives_the_same_company_and_another_gives_another(company: Company) -> None:
    assert uk_shop(1) == company
    assert uk_shop(2) != company


def test_every_order_has_one_sale_and_some_have_a_credit_memo(company: Company) -> None:
    sales = [each.ref_number for kind in ("SalesReceipt", "Invoice") for each in company.transactions(kind)]
    assert sorted(sales, key=str) == [str(number) for number in range(FIRST_ORDER, FIRST_ORDER + ORDERS)]
    assert len(company.transactions("CreditMemo")) == ORDERS // 6
    assert company.transactions("Check")


def test_the_vat_owed_is_the_vat_of_the_sales_less_that_of_the_refunds(company: Company) -> None:
    sold = sum(each.tax_total for kind in (SalesReceipt, Invoice) for each in company.of_type(kind))
    back = sum(each.tax_total for each in company.of_type(CreditMemo))
    assert -company.balance_of("VAT Liability") == sold - back
    assert back > 0
    assert sum(company.trial_balance().values()) == 0


def test_customers_pay_the_prices_they_see(company: Company) -> None:
    for receipt in company.of_type(SalesReceipt):
        seen = sum((line.amount or Decimal(0)) for line in receipt.lines if line.sales_tax_code_id is not None)
        assert receipt.total == seen == to_cent(receipt.total)


def test_every_document_is_told_as_the_schema_wants_it(company: Company) -> None:
    quickbooks = QuickBooks(company)
    for kind in ("SalesReceipt", "Invoice", "CreditMemo", "Check"):
        query = f"<{kind}QueryRq><IncludeLineItems>true</IncludeLineItems></{kind}QueryRq>"
        rets = checked(quickbooks.process(message_set(query)).response)[0][0]
        assert len(rets) == len(company.transactions(kind))
