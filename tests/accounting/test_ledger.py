"""The double entries of docs/accounting.md are what the books show: each row of its table of cases is played, from the
shop's refund to the simulated company's ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsim import Company, CompanyBuilder, SettableClock
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.mappings import set_gateways, set_items
from tests.accounting.scenarios import SCENARIOS, Scenario
from tests.accounting.waiting import WAITING
from tests.shared import PROJECT
from tests.sync.driver import START, Driver, judge

KINDS = ("CreditMemo", "Check", "ARRefundCreditCard", "ReceivePayment", "Invoice", "SalesReceipt")
WAITING_HEAD = "| case | at first | in the books | then | debit | credit |"
NOTHING = "nothing"
Entry = tuple[dict[str, Decimal], dict[str, Decimal]]  # debits and credits by account
_ENTRY = re.compile(r"(.+) (\d+\.\d\d)")


def rows() -> dict[str, Entry]:
    """The rows of the guide's table: debits and credits by account, under the name of the case."""
    return {name: (_side(debit), _side(credit)) for name, debit, credit in _table("| case | debit | credit |")}


@dataclass(frozen=True)
class WaitingRow:
    """A row of the guide's table of cases that go on with what somebody does."""

    at_first: str  # the reason's code, or posted
    meanwhile: Entry
    in_the_end: Entry


def waiting_rows() -> dict[tuple[str, str], WaitingRow]:
    """These rows, under the name of the case and what is done."""
    entries, found = rows(), {}
    for name, at_first, meanwhile, done, debit, credit in _table(WAITING_HEAD):
        there = (_side(meanwhile), {}) if meanwhile == NOTHING else entries[meanwhile]
        found[name, done] = WaitingRow(at_first.strip("`"), there, (_side(debit), _side(credit)))
    return found


def _table(head: str) -> Iterator[list[str]]:
    guide = PROJECT.joinpath("docs", "accounting.md").read_text(encoding="utf-8")
    lines = iter(guide.splitlines())
    for line in lines:
        if line == head:
            break
    next(lines)
    return _cells(lines)


def _cells(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _side(cell: str) -> dict[str, Decimal]:
    if cell == NOTHING:
        return {}
    found = {}
    for entry in cell.split(";"):
        match = _ENTRY.fullmatch(entry.strip())
        assert match is not None, f"{entry!r} is not an account with its amount"
        found[match[1]] = Decimal(match[2])
    return found


def entered(before: Company, after: Company) -> Entry:
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
        if not amount:  # of a transaction that was voided
            continue
        account = after.lists.accounts.get(account_id)
        assert account is not None
        side = debits if amount > 0 else credits
        side[account.full_name] = side.get(account.full_name, Decimal(0)) + abs(amount)
    return debits, credits


def test_every_case_of_the_guide_is_played_and_every_case_played_is_in_the_guide() -> None:
    assert list(rows()) == list(SCENARIOS)
    assert list(waiting_rows()) == list(WAITING)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_ledger_shows_what_the_guide_says(name: str, memory: Database) -> None:
    scenario = SCENARIOS[name]()

    driver = _played(scenario, memory)

    _judge(driver, scenario, rows()[name])


@pytest.mark.parametrize("key", WAITING, ids=": ".join)
def test_what_waits_stands_in_the_ledger_as_the_guide_says_before_and_after_somebody_acts(
    key: tuple[str, str], memory: Database
) -> None:
    scenario, row = WAITING[key](), waiting_rows()[key]

    driver = _played(scenario, memory)

    assert (driver.rows()[-1].reason or {"code": "posted"})["code"] == row.at_first
    assert entered(driver.before, driver.company) == row.meanwhile
    for step in scenario.then:
        step(driver)
        driver.drain()
    _judge(driver, scenario, row.in_the_end)


def _judge(driver: Driver, scenario: Scenario, row: Entry) -> None:
    judge(driver)
    last = driver.rows()[-1]
    assert driver.statuses()[last.external_id] == scenario.ends
    assert {each.status for each in driver.rows()[:-1]} <= {"posted"}
    assert {notice["code"] for notice in last.notices} == scenario.notices
    debits, credits = entered(driver.before, driver.company)
    assert (debits, credits) == row
    assert sum(debits.values()) == sum(credits.values())
    assert left_open(driver.company) == scenario.left_open
    assert driver.company.customer_balance("Ann") == sum(map(Decimal, scenario.left_open.values()), Decimal(0))
    if scenario.payout:
        assert payouts(driver) == scenario.payout
    for name in scenario.carried:
        assert header(driver, "CreditMemo", name) == header(driver, "Invoice", name) is not None


def header(driver: Driver, kind: str, name: str) -> object:
    """A field of the one document of a kind."""
    (found,) = driver.company.transactions(kind)
    return getattr(found.header, name)


def payouts(driver: Driver) -> tuple[str, ...]:
    """Date and memo of each payout that was entered."""
    found = [each for kind in ("Check", "ARRefundCreditCard") for each in driver.company.transactions(kind)]
    return tuple(f"{each.txn_date}: {each.memo}" for each in found)


def left_open(company: Company) -> dict[str, str]:
    """What is still owed on documents, or stands on them as the customer's credit, by their type."""
    found = {}
    for kind in ("Invoice", "CreditMemo", "ReceivePayment"):
        amount = sum((each.open_debt - each.open_credit for each in company.transactions(kind)), Decimal(0))
        if amount:
            found[kind] = str(amount)
    return found


def _played(scenario: Scenario, memory: Database) -> Driver:
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
    if scenario.start is not None:
        scenario.start(driver)
    driver.bring_in(*scenario.refunds)
    driver.drain()
    return driver
