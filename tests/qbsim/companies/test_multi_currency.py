"""The ready shop with several currencies: what is in it, and that its books balance in home currency."""

from __future__ import annotations

import pytest

from qbsim import Company, QuickBooks
from qbsim.companies.multi_currency import FIRST_ORDER, ORDERS, multi_currency_shop
from tests.qbsim.shop import checked, message_set


@pytest.fixture(scope="module")
def company() -> Company:
    return multi_currency_shop(1)


def test_the_same_seed_gives_the_same_company_and_another_gives_another(company: Company) -> None:
    assert multi_currency_shop(1) == company
    assert multi_currency_shop(2) != company


def test_orders_come_in_all_three_currencies(company: Company) -> None:
    sales = [each for kind in ("SalesReceipt", "Invoice") for each in company.transactions(kind)]
    assert {each.ref_number for each in sales} == {str(n) for n in range(FIRST_ORDER, FIRST_ORDER + ORDERS)}
    assert len({each.currency_id for each in sales}) == 3


def test_the_books_balance_and_rates_have_made_gains_or_losses(company: Company) -> None:
    balance = company.trial_balance()
    assert sum(balance.values()) == 0
    assert balance["Exchange Gain or Loss"] != 0


def test_what_the_credits_have_left_is_what_each_customer_is_owed(company: Company) -> None:
    for customer in company.lists.customers:
        left = sum(each.open_credit for each in company.by_customer("CreditMemo", customer.list_id))
        assert company.customer_balance(customer.full_name) == -left


def test_every_document_is_told_as_the_schema_wants_it(company: Company) -> None:
    quickbooks = QuickBooks(company)
    for kind in ("SalesReceipt", "Invoice", "CreditMemo", "ARRefundCreditCard", "ReceivePayment"):
        query = f"<{kind}QueryRq><IncludeLineItems>true</IncludeLineItems></{kind}QueryRq>"
        rets = checked(quickbooks.process(message_set(query)).response)[0][0]
        assert len(rets) == len(company.transactions(kind))
