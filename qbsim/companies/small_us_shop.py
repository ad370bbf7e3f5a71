"""A small shop in the United States: one sales tax, goods with stock, a month of trade up to its first refunds."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

from qbsim.builder import CompanyBuilder, Line
from qbsim.clock import SettableClock
from qbsim.company import Company
from qbsim.lists import Item
from qbsim.transactions import Transaction

_OPENS = datetime(2024, 2, 1, 9, 0, tzinfo=timezone(timedelta(hours=-8)))
_DAYS = 28
_CUSTOMERS = ("Ada Lovelace", "Grace Hopper", "Mary Jackson", "Alan Turing", "Katherine Johnson", "Edsger Dijkstra")
#: Name, price, cost and pieces at hand of the goods.
_GOODS = (("Mug", "18.00", "6.25", 120), ("Shirt", "24.95", "9.10", 200), ("Poster", "12.50", "2.40", 80))


def small_us_shop(seed: int = 1) -> Company:
    """The shop after a month: sales receipts and paid invoices, some deposits, a few credit memos and refunds."""
    chance = random.Random(seed)  # noqa: S311 - a made-up company needs repeatable numbers, not secret ones
    clock = SettableClock(_OPENS)
    shop = CompanyBuilder("Small US Shop", clock)
    shop.sales_tax_item("State Tax", "8.25")
    shipping = shop.other_charge_item("Shipping", price="5.95")
    goods = [shop.inventory_item(name, price=price, cost=cost, on_hand=n) for name, price, cost, n in _GOODS]
    for name in _CUSTOMERS:
        shop.customer(name)
    number = 1000
    undeposited: list[Transaction] = []
    for _ in range(_DAYS):
        for _ in range(chance.randint(1, 4)):
            number += 1
            undeposited.append(_sell(shop, chance, goods, shipping, str(number)))
            clock.advance(seconds=chance.randint(600, 5400))
        if len(undeposited) > chance.randint(4, 10):
            shop.deposit(undeposited, memo="Bank")
            undeposited = []
        clock.set(clock().replace(hour=9, minute=0, second=0))
        clock.advance(days=1)
    return shop.company


def _sell(shop: CompanyBuilder, chance: random.Random, goods: list[Item], shipping: Item, number: str) -> Transaction:
    """One web order: paid at once or by invoice and payment; one in eight comes back and is refunded."""
    customer = chance.choice(_CUSTOMERS)
    lines = [Line(item, quantity=chance.randint(1, 3)) for item in chance.sample(goods, chance.randint(1, 2))]
    back, lines = lines[:1], [*lines, Line(shipping)]
    paid: Transaction
    if chance.random() < 0.5:
        paid = shop.sales_receipt(customer, lines, ref_number=number, payment_method="Visa")
    else:
        paid = shop.receive_payment(shop.invoice(customer, lines, ref_number=number), payment_method="MasterCard")
    if chance.random() < 0.125:
        memo = shop.credit_memo(customer, back, ref_number=f"{number}-R1", memo=f"Refund of web order {number}")
        shop.refund_by_card(memo, memo.total, "Checking")
    return paid
