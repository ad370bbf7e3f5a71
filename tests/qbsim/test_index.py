"""What is found does not depend on what was changed before: always all, and the oldest first."""

from __future__ import annotations

import random
from datetime import date, timedelta

from qbsim import Company, Line
from qbsim.transactions import Invoice
from tests.qbsim.shop import Shop

CHANGES = 400


def by_looking(company: Company, start: date, end: date) -> list[str]:
    return [each.txn_id for each in company.transactions("Invoice") if start <= each.txn_date <= end]


def test_dates_and_times_of_change_are_found_after_any_number_of_changes(shop: Shop) -> None:
    chance = random.Random(1)
    company = shop.company
    first = company.today()
    invoices: list[Invoice] = []
    for number in range(CHANGES):
        shop.clock.advance(seconds=chance.randint(0, 2))
        roll = chance.random()
        if roll < 0.2 or not invoices:
            invoices.append(shop.builder.invoice("Ada", [Line(shop.engraving)], ref_number=f"{number % 7}"))
        elif roll < 0.3:
            company.delete(invoices.pop(chance.randrange(len(invoices))))
        elif roll < 0.4:
            company.void(chance.choice(invoices))
        else:
            changed = chance.choice(invoices)
            copy = Invoice(**vars(changed))
            copy.txn_date = first + timedelta(days=chance.randint(-5, 5))
            copy.ref_number = f"{chance.randint(0, 6)}"
            company.restate(changed, copy)
        start = first + timedelta(days=chance.randint(-6, 6))
        end = start + timedelta(days=chance.randint(0, 4))
        assert [each.txn_id for each in company.dated_between("Invoice", start, end)] == by_looking(company, start, end)
        since = company.now() - timedelta(seconds=chance.randint(0, 20))
        found = company.modified_between("Invoice", since, None)
        assert found == [each for each in company.transactions("Invoice") if each.stamp.time_modified >= since]
        wanted = f"{chance.randint(0, 6)}"
        numbered = [each for each in company.transactions("Invoice") if each.ref_number == wanted]
        assert company.by_ref_number("Invoice", wanted) == numbered
    again = Company.from_json(company.to_json(), shop.clock)
    assert [each.txn_id for each in again.by_customer("Invoice", shop.ada.list_id)] == [
        each.txn_id for each in company.by_customer("Invoice", shop.ada.list_id)
    ]
