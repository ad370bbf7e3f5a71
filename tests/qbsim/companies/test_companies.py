"""Ready companies: known by name, in balance, and the same file from the same seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qbsim import Company, QuickBooks
from qbsim.companies import (
    COMPANIES,
    UnknownCompanyError,
    large_company,
    make_company,
    multi_currency_shop,
    small_us_shop,
    uk_shop,
)
from tests.qbsim.shop import checked, message_set
from tests.shared import PROJECT

MAKERS = {
    "small US shop": small_us_shop,
    "UK shop": uk_shop,
    "multi-currency shop": multi_currency_shop,
    "large": lambda seed: large_company(seed, 400),
}
SAVE = "from qbsim.companies import small_us_shop; small_us_shop(3).save({path!r})"


def test_every_ready_company_is_known_here() -> None:
    assert COMPANIES.keys() == MAKERS.keys()


@pytest.mark.parametrize("name", MAKERS)
def test_a_ready_company_balances_and_has_what_a_shop_has(name: str) -> None:
    company = MAKERS[name](1)
    assert sum(company.trial_balance().values()) == 0
    for kind in ("SalesReceipt", "Invoice", "ReceivePayment", "CreditMemo"):
        assert company.transactions(kind), kind
    assert all(each.open_credit >= 0 and each.open_debt >= 0 for each in company.transactions("Invoice"))
    assert all(item.quantity_on_hand >= 0 for item in company.lists.items)


@pytest.mark.parametrize("name", MAKERS)
def test_a_ready_company_comes_back_from_its_file(name: str, tmp_path: Path) -> None:
    company = MAKERS[name](2)
    company.save(tmp_path / "company.json")
    again = Company.load(tmp_path / "company.json")
    assert again == company
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "company.json").read_bytes()


def test_the_same_seed_makes_the_same_file_in_every_process(tmp_path: Path) -> None:
    digests = set()
    for hash_seed in ("1", "2"):
        path = tmp_path / f"{hash_seed}.json"
        command = [sys.executable, "-c", SAVE.format(path=str(path))]
        subprocess.run(command, check=True, cwd=PROJECT, env={**os.environ, "PYTHONHASHSEED": hash_seed}, timeout=120)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert small_us_shop(3) != small_us_shop(4)


def test_a_large_company_has_as_many_transactions_as_asked_for_and_finds_them_by_number() -> None:
    company = large_company(1, 400)
    kinds = ("SalesReceipt", "Invoice", "ReceivePayment", "CreditMemo", "Deposit")
    assert sum(len(company.transactions(kind)) for kind in kinds) == 400
    asked = "<InvoiceQueryRq><RefNumber>W7</RefNumber><RefNumber>W8</RefNumber></InvoiceQueryRq>"
    (answer,) = checked(QuickBooks(company).process(message_set(asked)).response)[0]
    assert [each.findtext("RefNumber") for each in answer] == ["W7", "W8"]


def test_another_name_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UnknownCompanyError, match="small US shop, UK shop, multi-currency shop, large"):
        make_company("tiny")
