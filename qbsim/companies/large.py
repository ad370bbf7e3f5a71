"""A large company: as many transactions as asked for, by the same rules that requests go through."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

from qbsim.builder import CompanyBuilder, Line
from qbsim.clock import SettableClock
from qbsim.company import Company
from qbsim.lists import Item
from qbsim.memory import collection_paused
from qbsim.transactions import Transaction

#: Transactions of the ready company.
TRANSACTIONS = 200_000
_OPENS = datetime(2020, 1, 2, 9, 0, tzinfo=timezone(timedelta(hours=-5)))
_ITEMS = 300
_TRANSACTIONS_OF_A_CUSTOMER = 50
_PAYMENTS_OF_A_DEPOSIT = 50
_SECONDS_BETWEEN = 600


@collection_paused()
def large_company(seed: int = 1, transactions: int = TRANSACTIONS) -> Company:
    """A company with so many sales, payments, deposits and credit memos, and a customer for each fifty of them.

    Invoices are numbered W1, W2, ... in the order in which they were made.
    """
    chance = random.Random(seed)  # noqa: S311 - a made-up company needs repeatable numbers, not secret ones
    clock = SettableClock(_OPENS)
    shop = CompanyBuilder("Large Company", clock)
    shop.sales_tax_item("State Tax", "6.00")
    items = [_item(shop, chance, number) for number in range(1, _ITEMS + 1)]
    customers = [shop.customer(f"Customer {n}") for n in range(1, transactions // _TRANSACTIONS_OF_A_CUSTOMER + 2)]
    undeposited: list[Transaction] = []
    made = invoices = 0
    while made < transactions:
        clock.advance(seconds=chance.randint(0, 2 * _SECONDS_BETWEEN))
        customer = chance.choice(customers)
        lines = [Line(item, quantity=chance.randint(1, 5)) for item in chance.sample(items, chance.randint(1, 4))]
        roll = chance.random()
        made += 1
        if len(undeposited) >= _PAYMENTS_OF_A_DEPOSIT:
            shop.deposit(undeposited)
            undeposited = []
        elif roll < 0.25:
            undeposited.append(shop.sales_receipt(customer, lines))
        elif roll < 0.35:
            shop.credit_memo(customer, lines)
        else:
            invoices += 1
            invoice = shop.invoice(customer, lines, ref_number=f"W{invoices}")
            if roll < 0.65 and made < transactions:
                made += 1
                undeposited.append(shop.receive_payment(invoice))
    return shop.company


def _item(shop: CompanyBuilder, chance: random.Random, number: int) -> Item:
    cents = chance.randint(200, 20_000)
    price = f"{cents / 100:.2f}"
    if number % 3 == 0:
        return shop.service_item(f"Service {number}", price=price)
    return shop.inventory_item(f"Item {number}", price=price, cost=f"{cents / 250:.2f}", on_hand=100_000)
