"""Two payouts of one refund through two gateways, over one amount: each is told from the other, whatever is lost."""

from __future__ import annotations

import pytest

from qbsim import Behaviour
from qbwc_server.store.database import Database
from tests.sync.driver import Driver, Fault, judge, open_shop, receipts, refund

POST = 3  # lists, find, follow, post: in a company file that is claimed already
BY_CHECK = {"refund_method": "check", "refund_account": "Checking"}
TWO = ("card", "paypal")


def lose_the_next_check(driver: Driver) -> bool:
    """A session that breaks before QuickBooks sees a set with a check; whether there was one."""
    driver.wait()
    played = driver.begin()
    while not played.code and (exchange := driver.next_set(played)) is not None:
        if "<CheckAddRq" in exchange.request:
            return True
        driver.work(exchange)
        if not 0 <= driver.answer(exchange) < 100:
            return False
    return False


@pytest.mark.parametrize("shows_guids", [True, False], ids=["GUIDs shown", "GUIDs not shown"])
@pytest.mark.parametrize("macros", [True, False], ids=["in one step", "payouts in a second step"])
def test_where_one_of_them_stands_and_the_other_was_lost_twice_the_other_is_entered(
    memory: Database, macros: bool, shows_guids: bool
) -> None:
    behaviour = Behaviour(resolves_macro_in_check=macros, shows_external_guid=shows_guids)
    driver = open_shop(memory, receipts("1000", "1001", count=4), behaviour=behaviour, settings=BY_CHECK)
    driver.bring_in(refund("r1000", "1000"))
    driver.drain()
    driver.bring_in(refund("r1", "1001", 2, gateways=TWO))

    if macros:
        driver.run_session({POST: Fault.CRASH_2})  # the memo and the first check are worked
    else:
        driver.run_session({POST + 1: Fault.CRASH_1})  # the first check is
    assert any(lose_the_next_check(driver) for _ in range(3)), "the other check was never sent again"
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1000": "posted", "r1": "posted"}
    checks = [document.txn_id for document in driver.row("r1").documents if document.role == "payout"]
    assert len(set(checks)) == 2, "one check was taken for both payouts"
