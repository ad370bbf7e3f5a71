"""The company file as planning sees it: accounts are found by what they are, not by what they are called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbwc_server.refunds.sale import SaleType
from qbxml import Ref
from tests.refunds.builders import COMPANY, RECEIVABLES, UNDEPOSITED, account, discount, ref, sold


def test_undeposited_funds_is_found_by_its_special_type() -> None:
    named_so = account("Undeposited Funds", "Bank")
    company = replace(COMPANY, accounts=(named_so, *COMPANY.accounts))
    found = company.undeposited_funds
    assert found is not None
    assert found.full_name == UNDEPOSITED


def test_receivables_are_found_by_special_type_else_by_type() -> None:
    found = COMPANY.receivables
    assert found is not None
    assert found.full_name == RECEIVABLES
    special = account("Forderungen", "AccountsReceivable", "AccountsReceivable")
    closed = account("Old A/R", "AccountsReceivable", is_active=False)
    company = replace(COMPANY, accounts=(closed, *COMPANY.accounts, special))
    assert company.receivables == special
    assert replace(company, accounts=(closed,)).receivables is None


def test_an_account_is_found_by_its_name_in_any_case_or_by_its_reference() -> None:
    assert (
        COMPANY.account_named("CHECKING")
        == COMPANY.account(ref("Checking"))
        == COMPANY.account(Ref(full_name="Checking"))
    )
    assert COMPANY.account_named("Old Checking") is None
    assert COMPANY.account(ref("Nowhere")) is None
    renamed = Ref(list_id=ref("Checking").list_id, full_name="Checking, as it was called before")
    assert COMPANY.account(renamed) == COMPANY.account_named("Checking")


@pytest.mark.parametrize(("kind", "words"), [(SaleType.SALES_RECEIPT, "sales receipt"), (SaleType.INVOICE, "invoice")])
def test_a_sale_is_called_as_a_bookkeeper_calls_it(kind: SaleType, words: str) -> None:
    assert kind.words == words


def test_what_lowers_the_sale_is_a_deduction() -> None:
    assert discount("1.00").is_deduction
    assert not sold("HAT", 1, "0.00").is_deduction
