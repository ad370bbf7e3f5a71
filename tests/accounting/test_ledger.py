"""The double entries of docs/accounting.md are what the books show: each row of its table of cases is played, from the
shop's refund to the simulated company's ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsim import Company, CompanyBuilder, SettableClock
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.mappings import set_gateways, set_items
from tests.accounting.scenarios import SCENARIOS
from tests.shared import PROJECT
from tests.sync.driver import START, Driver, judge

KINDS = ("CreditMemo", "Check", "ARRefundCreditCard", "ReceivePayment", "Invoice", "SalesReceipt")
_ENTRY = re.compile(r"(.+) (\d+\.\d\d)")


def rows() -> dict[str, tuple[dict[str, Decimal], dict[str, Decimal]]]:
    """The rows of the guide's table: debits and credits by account, under the name of the case."""
    guide = PROJECT.joinpath("docs", "accounting.md").read_text(encoding="utf-8")
    lines = iter(guide.splitlines())
    for line in lines:
        if line == "| case | debit | credit |":
            break
    next(lines)
    return {name: (_side(debit), _side(credit)) for name, debit, credit in _cells(lines)}


def _cells(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _side(cell: str) -> dict[str, Decimal]:
    found = {}
    for entry in cell.split(";"):
        match = _ENTRY.fullmatch(entry.strip())
        assert match is not None, f"{entry!r} is not an account with its amount"
        found[match[1]] = Decimal(match[2])
    return found


def entered(before: Company, after: Company) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Debits and credits by account, of all that was entered in between, and of what was taken out of an entry."""
    old = {transaction.txn_id: transaction.entries for kind in KINDS for transaction in before.transactions(kind)}
    booked: list[tuple[str, Decimal]] = []
    for transaction in (t for kind in KINDS for t in after.transactions(kind)):
        there = old.get(transaction.txn_id, [])
        booked += [(entry.account_id, entry.amount) for entry in transaction.entries if entry not in there]
        booked += [(entry.account_id, -entry.amount) for entry in there if entry not in transaction.entries]
    debits: dict[str, Decimal] = {}
    credits: dict[str, Decimal] = {}
    for account_id, amount in booked:
        account = after.lists.accounts.get(account_id)
        assert account is not None
        side = debits if amount > 0 else credits
        side[account.full_name] = side.get(account.full_name, Decimal(0)) + abs(amount)
    return debits, credits


def test_every_case_of_the_guide_is_played_and_every_case_played_is_in_the_guide() -> None:
    assert list(rows()) == list(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_ledger_shows_what_the_guide_says(name: str, memory: Database) -> None:
    scenario = SCENARIOS[name]()

    driver = _played(name, memory)

    judge(driver, review=False)
    assert {row.status for row in driver.rows()} == {"posted"}
    assert {notice["code"] for notice in driver.rows()[-1].notices} == scenario.notices
    debits, credits = entered(driver.before, driver.company)
    assert (debits, credits) == rows()[name]
    assert sum(debits.values()) == sum(credits.values())
    assert left_open(driver.company) == scenario.left_open
    assert driver.company.customer_balance("Ann") == sum(map(Decimal, scenario.left_open.values()), Decimal(0))


def left_open(company: Company) -> dict[str, str]:
    """What is still owed on documents, or stands on them as the customer's credit, by their type."""
    found = {}
    for kind in ("Invoice", "CreditMemo", "ReceivePayment"):
        amount = sum((each.open_debt - each.open_credit for each in company.transactions(kind)), Decimal(0))
        if amount:
            found[kind] = str(amount)
    return found


def _played(name: str, memory: Database) -> Driver:
    scenario = SCENARIOS[name]()
    clock = SettableClock(START - timedelta(days=3))
    made = CompanyBuilder("Hat Shop", clock, undeposited_funds="*Undeposited Funds", country=scenario.country)
    scenario.lists(made)
    scenario.fill(made)
    clock.set(START)
    driver = Driver(memory, made.company, clock, settings=scenario.settings)
    if scenario.mapping:
        with driver.database.transaction() as session:
            set_items(session, connection_named(session, driver.name), scenario.mapping, driver.clock(), "test")
    if scenario.gateways:
        with driver.database.transaction() as session:
            set_gateways(session, connection_named(session, driver.name), scenario.gateways, driver.clock(), "test")
    driver.bring_in(*scenario.refunds)
    driver.drain()
    return driver
