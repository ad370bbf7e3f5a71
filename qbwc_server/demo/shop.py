"""The sample shop's own records: what it sells, to whom, its orders to the cent, and what it gives back of them.

Every amount of the demonstration is worked out here. The shop rounds sales tax line by line, QuickBooks (US) rounds a
percentage of the taxable lines together, half up: orders are drawn until both come to the same cent.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

UNDEPOSITED_FUNDS = "*Undeposited Funds"
TAX_PERCENT = Decimal("8.25")
TAX_ITEM = "County Sales Tax"
ZERO = Decimal("0.00")
CENT = Decimal("0.01")

_MAX_DRAWS = 10_000  # of one order, until its tax works out


class WorldError(ValueError):
    """A world that can't be made; the message says why and what to ask for instead."""


class Kind(Enum):
    """What a sample refund is an example of."""

    RECEIPT_FULL = "sales receipt, all of it"
    RECEIPT_PARTIAL = "sales receipt, some pieces"
    RECEIPT_SHIPPING = "sales receipt, the rest with shipping"
    RECEIPT_DISCOUNT = "sales receipt with a discount"
    INVOICE_PAID = "invoice paid in full"
    INVOICE_PARTLY_PAID = "invoice paid in part"
    INVOICE_CANCELLED = "unpaid invoice, cancelled"
    INVOICE_UNPAID = "unpaid invoice, money went back"
    ORDER_INVOICED = "sales order with its invoice"
    ORDER_CLOSED = "sales order never invoiced"
    ORDER_CLOSED_WITH_PAYMENT = "sales order never invoiced, with an open payment"
    ORDER_UNKNOWN = "order unknown to QuickBooks"
    GOODWILL = "money without goods"
    MORE_THAN_SALE = "more than QuickBooks has sold"


# What the shop sells


@dataclass(frozen=True)
class Product:
    """An item of the shop and of QuickBooks; `income` is its income account."""

    sku: str
    title: str
    price: Decimal
    cost: Decimal | None = None  # of those kept in stock
    income: str = "Sales"
    taxable: bool = True


def _product(sku: str, title: str, price: str, cost: str | None = None, **more: Any) -> Product:
    return Product(sku, title, Decimal(price), None if cost is None else Decimal(cost), **more)


GOODS = (
    _product("TENT-RIDGE-2P", "Ridgeline 2-Person Tent", "249.00", "128.50"),
    _product("BAG-DOWN-20F", "Down Sleeping Bag 20F", "189.95", "96.40"),
    _product("PACK-TRAIL-45", "Trail Pack 45 L", "159.00", "81.25"),
    _product("STOVE-ULTRA", "Ultralight Canister Stove", "64.50", "29.80"),
    _product("BOTTLE-STL-1L", "Steel Bottle 1 L", "28.00", "11.35"),
    _product("LAMP-HEAD-350", "Headlamp 350 Lumen", "39.95", "17.60"),
    _product("SOCK-MERINO-M", "Merino Hiking Socks, M", "21.50", "8.90"),
    _product("JACKET-RAIN-L", "Storm Rain Jacket, L", "134.75", "62.10"),
    _product("PADDLE-CARB", "Carbon Touring Paddle", "219.00", "118.00"),
    _product("VEST-FLOAT-M", "Float Vest, M", "84.25", "41.75"),
    _product("MUG-ENAMEL", "Enamel Camp Mug", "14.50", "4.85"),
    _product("MAP-CASCADES", "Cascades Trail Map", "12.95"),
    _product("PATCH-LOGO", "Riverside Logo Patch", "7.25"),
)
SERVICES = (
    _product("SVC-WAX", "Ski Tuning and Wax", "45.00", income="Service Income", taxable=False),
    _product("SVC-FIT", "Boot Fitting, 30 Minutes", "35.00", income="Service Income", taxable=False),
)
_SHIPPING_RATES = tuple(Decimal(text) for text in ("6.95", "9.95", "14.50"))
_DISCOUNT_PERCENTS = (10, 15, 20)

_FIRST_NAMES = (
    "Amelia", "Ben", "Carla", "Dmitri", "Elena", "Frank", "Grace", "Hugo", "Ines", "James", "Keiko", "Luis",
    "Maya", "Nora", "Oscar", "Priya", "Quentin", "Rosa", "Sam", "Tessa", "Umar", "Vera", "Walter", "Yusuf",
)  # fmt: skip
_LAST_NAMES = (
    "Alvarez", "Brooks", "Chen", "Dawson", "Eriksen", "Fischer", "Gupta", "Hayes", "Iverson", "Jensen", "Kowalski",
    "Lopez", "Moreau", "Nguyen", "Okafor", "Petrov", "Quinn", "Reyes", "Sato", "Turner", "Ueda", "Vance",
    "Whitfield", "Young",
)  # fmt: skip
COMPANY_CUSTOMER, JOB = "Cascade Rafting Co.", "Spring Trips"


@dataclass(frozen=True)
class Customer:
    """A customer by QuickBooks' full name (a job's has a colon), and the person who orders."""

    full_name: str
    first_name: str
    last_name: str
    street: str = ""

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.last_name}@example.com".lower()


_JOBS_BUYER = Customer(f"{COMPANY_CUSTOMER}:{JOB}", "Dana", "Whitfield")


@dataclass(frozen=True)
class PaidBy:
    """How an order was paid: the shop's gateway, QuickBooks' payment method, and where the money went."""

    gateway: str
    method: str
    account: str


_WAYS_TO_PAY = (
    PaidBy("shopify_payments", "Visa", UNDEPOSITED_FUNDS),
    PaidBy("paypal", "PayPal", "PayPal"),
    PaidBy("shopify_payments", "MasterCard", "Checking"),
    PaidBy("shopify_payments", "American Express", UNDEPOSITED_FUNDS),
)
#: Money that QuickBooks never saw goes back from here.
NEVER_BOOKED = PaidBy("shopify_payments", "Visa", UNDEPOSITED_FUNDS)


def _tax_on(taxable: Decimal) -> Decimal:
    return _cents(taxable * TAX_PERCENT / 100)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class SoldLine:
    """A line of an order; its amounts are what the customer was charged."""

    product: Product
    quantity: int
    discount: Decimal = ZERO  # the line's part of the order's discount

    @property
    def gross(self) -> Decimal:
        return self.product.price * self.quantity

    @property
    def net(self) -> Decimal:
        return self.gross - self.discount

    @property
    def tax(self) -> Decimal:
        return _tax_on(self.net) if self.product.taxable else ZERO


@dataclass(frozen=True)
class Return:
    """Pieces of a line that come back, after `before` of them came back earlier."""

    line: SoldLine
    count: int
    before: int = 0

    @property
    def gross(self) -> Decimal:
        return self.line.product.price * self.count

    @property
    def net(self) -> Decimal:
        return self._part_of(self.line.net)

    @property
    def tax(self) -> Decimal:
        return self._part_of(self.line.tax)

    def _part_of(self, whole: Decimal) -> Decimal:
        """The pieces' part of an amount, so that all parts of a line sum to it."""
        until, of = self.before + self.count, self.line.quantity
        return _cents(whole * until / of) - _cents(whole * self.before / of)


@dataclass(frozen=True)
class GivenBack:
    """The value of one refund: goods and shipping, with the goods' tax."""

    returns: tuple[Return, ...]
    shipping: Decimal = ZERO

    @property
    def tax(self) -> Decimal:
        return sum((each.tax for each in self.returns), ZERO)

    @property
    def value(self) -> Decimal:
        return sum((each.net for each in self.returns), ZERO) + self.shipping + self.tax

    @property
    def works_out(self) -> bool:
        """Whether QuickBooks' tax on these lines together is the sum of the shop's, line by line."""
        taxable = sum((each.net for each in self.returns if each.line.product.taxable), ZERO)
        return self.tax == _tax_on(taxable)


@dataclass(frozen=True)
class Order:
    """One order as the shop has it."""

    order_id: int
    number: int
    created_at: datetime
    customer: Customer
    lines: tuple[SoldLine, ...]
    shipping: Decimal
    paid_by: PaidBy

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def ref_number(self) -> str:
        return str(self.number)

    @property
    def discount(self) -> Decimal:
        return sum((line.discount for line in self.lines), ZERO)

    @property
    def all_of_it(self) -> GivenBack:
        return GivenBack(tuple(Return(line, line.quantity) for line in self.lines), self.shipping)

    @property
    def total(self) -> Decimal:
        return self.all_of_it.value

    def rest_after(self, earlier: Sequence[GivenBack]) -> GivenBack:
        """What is left to give back after these, with the shipping."""
        back = Counter[str]()
        for given_back in earlier:
            for each in given_back.returns:
                back[each.line.product.sku] += each.count
        rest = (Return(line, line.quantity - back[line.product.sku], back[line.product.sku]) for line in self.lines)
        return GivenBack(tuple(each for each in rest if each.count), self.shipping)


#: How an order is split into refunds.
Split = Callable[[Order], Sequence[GivenBack]]


def whole(order: Order) -> Sequence[GivenBack]:
    """All of the order in one refund."""
    return (order.all_of_it,)


def one_piece(order: Order) -> Sequence[GivenBack]:
    """One piece of the first line, and no more."""
    return (GivenBack((Return(order.lines[0], 1),)),)


def in_two(order: Order) -> Sequence[GivenBack]:
    """One piece first, then the rest with the shipping."""
    first = GivenBack((Return(order.lines[0], 1),))
    return first, order.rest_after([first])


def in_three(order: Order) -> Sequence[GivenBack]:
    """Pieces in two refunds, then the rest with the shipping; the first line needs two pieces."""
    first = GivenBack((Return(order.lines[0], 1),))
    second = GivenBack((Return(order.lines[0], 1, before=1), Return(order.lines[1], 1)))
    return first, second, order.rest_after([first, second])


@dataclass(frozen=True)
class Refund:
    """One refund of an order, as the shop made it. Amounts are in USD."""

    kind: Kind
    given_back: GivenBack
    money: Decimal = ZERO  # that went back
    restock: str = "return"
    discrepancy: Decimal = ZERO  # given back beyond goods and shipping
    fails_first: bool = False  # the gateway refused at first


class Shop:
    """Draws orders until it has given back as many refunds as are wanted. `ids` numbers all that the shop writes."""

    def __init__(self, refunds: int, rng: random.Random, now: datetime) -> None:
        self.random = rng
        self.refunds_made = 0
        self.ids: Iterator[int] = itertools.count(rng.randrange(5_000_000_000_000, 6_000_000_000_000), 7)
        self.customers = _customers(refunds, rng)
        self._wanted = refunds
        self._first_day = now - timedelta(days=45)
        self._time_between = timedelta(days=30) / refunds
        self._numbers = itertools.count(1001)
        self._payments = itertools.cycle(_WAYS_TO_PAY)
        # Those who prepay have no other orders, so that no open payment can be taken for that of another order.
        prepaying = max(2, len(self.customers) // 6)
        self._prepaying, self._others = self.customers[:prepaying], self.customers[prepaying:]

    @property
    def room(self) -> int:
        """How many more refunds are wanted."""
        return self._wanted - self.refunds_made

    def order(
        self,
        split: Split,
        *,
        first_quantity: int = 1,
        with_service: bool = False,
        with_shipping: bool | None = None,
        is_discounted: bool = False,
        for_job: bool = False,
        is_prepaid: bool = False,
        paid_by: PaidBy | None = None,
    ) -> tuple[Order, Sequence[GivenBack]]:
        """An order whose amounts work out to the cent, with the refunds that it is split into.

        Raises WorldError where none is found.
        """
        number = next(self._numbers)
        customer = _JOBS_BUYER if for_job else self.random.choice(self._prepaying if is_prepaid else self._others)
        has_shipping = self.random.random() < 0.4 if with_shipping is None else with_shipping
        empty = Order(
            order_id=next(self.ids),
            number=number,
            created_at=self._first_day + self._time_between * self.refunds_made,
            customer=customer,
            lines=(),
            shipping=self.random.choice(_SHIPPING_RATES) if has_shipping else ZERO,
            paid_by=paid_by or next(self._payments),
        )
        for _ in range(_MAX_DRAWS):
            order = replace(empty, lines=_drawn_lines(self.random, first_quantity, with_service, is_discounted))
            given_backs = split(order)
            if all(each.works_out for each in (order.all_of_it, *given_backs)):
                return order, given_backs
        raise WorldError(
            f"no order was found in {_MAX_DRAWS} draws whose tax works out; change the products or the rate"
        )


def _drawn_lines(
    rng: random.Random, first_quantity: int, with_service: bool, is_discounted: bool
) -> tuple[SoldLine, ...]:
    first, *others = rng.sample(GOODS, rng.choice((2, 2, 3)))
    lines = [SoldLine(first, first_quantity + rng.choice((0, 0, 1)))]
    lines += [SoldLine(product, rng.choice((1, 1, 2))) for product in others]
    if with_service:
        lines.append(SoldLine(rng.choice(SERVICES), 1))
    if is_discounted:
        percent = rng.choice(_DISCOUNT_PERCENTS)
        lines = [replace(line, discount=_cents(line.gross * percent / 100)) for line in lines]
    return tuple(lines)


def _customers(refunds: int, rng: random.Random) -> list[Customer]:
    names = [Customer(f"{first} {last}", first, last) for first in _FIRST_NAMES for last in _LAST_NAMES]
    chosen = rng.sample(names, min(len(names), max(12, refunds // 3)))
    return [replace(customer, street=f"{rng.randint(10, 990)} River Road") for customer in chosen]
