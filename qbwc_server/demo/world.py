"""The demonstration's world: a small US shop as QuickBooks and as Shopify know it, and what each refund should become.

Every amount is worked out once, from the shop's own records, and written to both sides; nothing here asks the product.
Sales tax is QuickBooks' (US): a percentage of the taxable lines together, rounded half up. Orders are drawn until the
shop's tax, which is rounded line by line, comes to the same cent. Equal seeds and times give equal worlds.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

from qbsim import Company, CompanyBuilder, Line, SettableClock, real_time

COMPANY_NAME = "Riverside Outfitters (sample)"
UNDEPOSITED_FUNDS = "*Undeposited Funds"
TAX_PERCENT = Decimal("8.25")
MAX_REFUNDS = 100_000
#: Worlds of fewer refunds hold none that wait for a person.
REFUNDS_TO_SHOW_REVIEW = 50

_ZERO = Decimal("0.00")
_CENT = Decimal("0.01")
_MAX_DRAWS = 10_000  # of one order, until its tax works out
_RECEIVABLE = "Accounts Receivable"


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


#: Kinds that rightly wait for a person.
REVIEW_KINDS = frozenset({Kind.GOODWILL, Kind.MORE_THAN_SALE})


class WorldError(ValueError):
    """A world that can't be made; the message says why and what to ask for instead."""


@dataclass(frozen=True)
class Expected:
    """What should become of one refund. Amounts are in USD, accounts and customers stand by full name."""

    order_number: str  # as the shop writes it, with its '#'
    external_id: str
    kind: Kind
    customer: str
    status: str  # posted, skipped or review
    reason: str = ""  # code of why it was not posted
    notices: tuple[str, ...] = ()  # codes
    sale_type: str = ""  # qbXML's name; empty where QuickBooks has no such sale
    memo_total: Decimal = _ZERO  # of the credit memo; zero: there is none
    payout_total: Decimal = _ZERO
    payout_account: str = ""
    applied: Decimal = _ZERO  # of the memo, to the open invoice
    closes_order: bool = False
    movements: Mapping[str, Decimal] = field(default_factory=dict)  # by account, debits positive
    stock: Mapping[str, int] = field(default_factory=dict)  # pieces that come back, by item

    @property
    def sale_number(self) -> str:
        """RefNumber of the sale in QuickBooks."""
        return self.order_number.removeprefix("#")

    @property
    def credit_left(self) -> Decimal:
        """What stays open of the credit memo."""
        return self.memo_total - self.payout_total - self.applied if self.memo_total else _ZERO

    @property
    def customer_change(self) -> Decimal:
        """By how much the customer owes more, or less where negative."""
        return self.movements.get(_RECEIVABLE, _ZERO)


@dataclass(frozen=True)
class World:
    """The company before the sync, the shop's orders, and what each refund in them should become, in their order."""

    company: Company
    orders: list[dict[str, Any]]
    expected: tuple[Expected, ...]


def make_world(*, refunds: int, seed: int, now: datetime) -> World:
    """A world with exactly so many refunds; twelve or more show all kinds that need no person.

    `now` (aware) is the time at which the shop looks back: orders are from the weeks before it. The company's clock
    runs in real time afterwards. Raises WorldError where `refunds` is not between 1 and MAX_REFUNDS.
    """
    if not 1 <= refunds <= MAX_REFUNDS:
        raise WorldError(f"a world of {refunds} refunds can't be made; ask for 1 to {MAX_REFUNDS:,}")
    maker = _Maker(refunds, random.Random(seed), now)  # noqa: S311  samples, not secrets
    scenarios = _scenarios(refunds)
    while maker.room:
        lap, scenario = next(scenarios)
        scenario(maker, lap)
    maker.company.clock = real_time
    return World(maker.company, maker.orders, tuple(maker.expected))


# The shop's records


@dataclass(frozen=True)
class _Product:
    sku: str
    title: str
    price: Decimal
    cost: Decimal | None = None  # of those kept in stock
    income: str = "Sales"
    taxable: bool = True


def _product(sku: str, title: str, price: str, cost: str | None = None, **more: Any) -> _Product:
    return _Product(sku, title, Decimal(price), None if cost is None else Decimal(cost), **more)


_GOODS = (
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
_SERVICES = (
    _product("SVC-WAX", "Ski Tuning and Wax", "45.00", income="Service Income", taxable=False),
    _product("SVC-FIT", "Boot Fitting, 30 Minutes", "35.00", income="Service Income", taxable=False),
)
_SHIPPING_RATES = tuple(Decimal(text) for text in ("6.95", "9.95", "14.50"))
_DISCOUNT_PERCENTS = (10, 15, 20)
_GOODWILL = tuple(Decimal(text) for text in ("5.00", "10.00", "12.50"))
_SHIPPING_ITEM, _DISCOUNT_ITEM, _TAX_ITEM = "Shipping", "Web Discount", "County Sales Tax"
_WEB_CLASS, _PHONE_CLASS = "Web Store", "Phone Orders"
_PHONE_ORDERS = 5  # every fifth order came by telephone

_FIRST_NAMES = (
    "Amelia", "Ben", "Carla", "Dmitri", "Elena", "Frank", "Grace", "Hugo", "Ines", "James", "Keiko", "Luis",
    "Maya", "Nora", "Oscar", "Priya", "Quentin", "Rosa", "Sam", "Tessa", "Umar", "Vera", "Walter", "Yusuf",
)  # fmt: skip
_LAST_NAMES = (
    "Alvarez", "Brooks", "Chen", "Dawson", "Eriksen", "Fischer", "Gupta", "Hayes", "Iverson", "Jensen", "Kowalski",
    "Lopez", "Moreau", "Nguyen", "Okafor", "Petrov", "Quinn", "Reyes", "Sato", "Turner", "Ueda", "Vance",
    "Whitfield", "Young",
)  # fmt: skip
_COMPANY_CUSTOMER, _JOB = "Cascade Rafting Co.", "Spring Trips"


@dataclass(frozen=True)
class _Customer:
    full_name: str
    first_name: str
    last_name: str

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.last_name}@example.com".lower()


@dataclass(frozen=True)
class _PaidBy:
    """How an order was paid: the shop's gateway, QuickBooks' payment method, and where the money went."""

    gateway: str
    method: str
    account: str


_WAYS_TO_PAY = (
    _PaidBy("shopify_payments", "Visa", UNDEPOSITED_FUNDS),
    _PaidBy("paypal", "PayPal", "PayPal"),
    _PaidBy("shopify_payments", "MasterCard", "Checking"),
    _PaidBy("shopify_payments", "American Express", UNDEPOSITED_FUNDS),
)
#: Money that QuickBooks never saw goes back from here.
_NEVER_BOOKED = _PaidBy("shopify_payments", "Visa", UNDEPOSITED_FUNDS)


def _tax_on(taxable: Decimal) -> Decimal:
    return _cents(taxable * TAX_PERCENT / 100)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class _SoldLine:
    product: _Product
    quantity: int
    discount: Decimal = _ZERO  # the line's part of the order's discount

    @property
    def gross(self) -> Decimal:
        return self.product.price * self.quantity

    @property
    def net(self) -> Decimal:
        return self.gross - self.discount

    @property
    def tax(self) -> Decimal:
        return _tax_on(self.net) if self.product.taxable else _ZERO


@dataclass(frozen=True)
class _Return:
    """Pieces of a line that come back, after `before` of them came back earlier."""

    line: _SoldLine
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
class _GivenBack:
    """The value of one refund: goods and shipping, with the goods' tax."""

    returns: tuple[_Return, ...]
    shipping: Decimal = _ZERO

    @property
    def tax(self) -> Decimal:
        return sum((each.tax for each in self.returns), _ZERO)

    @property
    def value(self) -> Decimal:
        return sum((each.net for each in self.returns), _ZERO) + self.shipping + self.tax

    @property
    def works_out(self) -> bool:
        """Whether QuickBooks' tax on these lines together is the sum of the shop's, line by line."""
        taxable = sum((each.net for each in self.returns if each.line.product.taxable), _ZERO)
        return self.tax == _tax_on(taxable)


@dataclass(frozen=True)
class _Order:
    """One order as the shop has it."""

    order_id: int
    number: int
    created_at: datetime
    customer: _Customer
    lines: tuple[_SoldLine, ...]
    shipping: Decimal
    paid_by: _PaidBy

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def ref_number(self) -> str:
        return str(self.number)

    @property
    def discount(self) -> Decimal:
        return sum((line.discount for line in self.lines), _ZERO)

    @property
    def all_of_it(self) -> _GivenBack:
        return _GivenBack(tuple(_Return(line, line.quantity) for line in self.lines), self.shipping)

    @property
    def total(self) -> Decimal:
        return self.all_of_it.value

    def rest_after(self, earlier: Sequence[_GivenBack]) -> _GivenBack:
        back = Counter[str]()
        for given_back in earlier:
            for each in given_back.returns:
                back[each.line.product.sku] += each.count
        rest = (_Return(line, line.quantity - back[line.product.sku], back[line.product.sku]) for line in self.lines)
        return _GivenBack(tuple(each for each in rest if each.count), self.shipping)


_Split = Callable[[_Order], Sequence[_GivenBack]]


def _whole(order: _Order) -> Sequence[_GivenBack]:
    return (order.all_of_it,)


def _one_piece(order: _Order) -> Sequence[_GivenBack]:
    return (_GivenBack((_Return(order.lines[0], 1),)),)


def _in_two(order: _Order) -> Sequence[_GivenBack]:
    first = _GivenBack((_Return(order.lines[0], 1),))
    return first, order.rest_after([first])


def _in_three(order: _Order) -> Sequence[_GivenBack]:
    first = _GivenBack((_Return(order.lines[0], 1),))
    second = _GivenBack((_Return(order.lines[0], 1, before=1), _Return(order.lines[1], 1)))
    return first, second, order.rest_after([first, second])


# The scenarios: each makes one order with its refunds on both sides


def _kept_sales(maker: _Maker, lap: int) -> None:  # noqa: ARG001
    """Sales that nobody sends back: the sync must leave them alone."""
    for number in range(_KEPT_SALES):
        order, _ = maker.order(_whole, with_service=number % 2 == 1)
        maker.enter_receipt(order)
        maker.keep(order)


def _receipt_full(maker: _Maker, lap: int) -> None:
    (order, (given_back,)) = maker.order(_whole, with_service=lap % 2 == 1)
    maker.enter_receipt(order)
    restocked = lap % 4 != 3
    expected = _memo_and_payout(order, given_back, Kind.RECEIPT_FULL)
    if not restocked:
        expected = replace(expected, notices=("stock_not_returned",))
    maker.refund(
        order, [_Refund(given_back, expected, given_back.value, restock="return" if restocked else "no_restock")]
    )


def _receipt_in_parts(maker: _Maker, lap: int) -> None:
    order, given_backs = maker.order(_in_two if lap % 2 == 0 else _in_three, first_quantity=3, with_shipping=True)
    maker.enter_receipt(order)
    kinds = [Kind.RECEIPT_PARTIAL] * (len(given_backs) - 1) + [Kind.RECEIPT_SHIPPING]
    made = [
        _Refund(given_back, _memo_and_payout(order, given_back, kind), given_back.value, fails_first=lap % 3 == 2)
        for given_back, kind in zip(given_backs, kinds, strict=True)
    ]
    maker.refund(order, made[: maker.room])


def _receipt_discount(maker: _Maker, lap: int) -> None:
    split = _one_piece if lap % 2 == 0 else _whole
    order, (given_back,) = maker.order(split, first_quantity=2, is_discounted=True)
    maker.enter_receipt(order)
    expected = _memo_and_payout(order, given_back, Kind.RECEIPT_DISCOUNT)
    maker.refund(order, [_Refund(given_back, expected, given_back.value)])


def _invoice_paid(maker: _Maker, lap: int) -> None:
    order, (given_back,) = maker.order(_whole, is_discounted=lap % 2 == 0, for_job=lap % 3 == 1)
    maker.enter_invoice(order, paid=order.total)
    expected = _memo_and_payout(order, given_back, Kind.INVOICE_PAID, "Invoice")
    maker.refund(order, [_Refund(given_back, expected, given_back.value)])


def _invoice_partly_paid(maker: _Maker, lap: int) -> None:  # noqa: ARG001
    order, (given_back,) = maker.order(_whole)
    paid = (order.total / 2).quantize(Decimal(1)).quantize(_CENT)
    maker.enter_invoice(order, paid=paid)
    expected = _memo(order, given_back, Kind.INVOICE_PARTLY_PAID, "Invoice", applied=order.total - paid)
    maker.refund(order, [_Refund(given_back, _paid_out(expected, paid, order.paid_by.account), paid)])


def _invoice_cancelled(maker: _Maker, lap: int) -> None:
    order, (given_back,) = maker.order(_whole, with_service=lap % 2 == 1)
    maker.enter_invoice(order)
    expected = _memo(order, given_back, Kind.INVOICE_CANCELLED, "Invoice", applied=order.total)
    maker.cancel(order, _Refund(given_back, expected, restock="cancel"), has_refund=lap % 2 == 1)


def _invoice_unpaid(maker: _Maker, lap: int) -> None:  # noqa: ARG001
    order, (given_back,) = maker.order(_whole, paid_by=_NEVER_BOOKED)
    maker.enter_invoice(order)
    expected = _memo_and_payout(order, given_back, Kind.INVOICE_UNPAID, "Invoice")
    expected = replace(expected, notices=("invoice_left_open",))
    maker.refund(order, [_Refund(given_back, expected, given_back.value)])


def _order_invoiced(maker: _Maker, lap: int) -> None:
    order, (given_back,) = maker.order(_whole, for_job=lap % 3 == 0, with_shipping=lap % 2 == 1)
    maker.enter_sales_order(order, is_invoiced=True)
    expected = _memo_and_payout(order, given_back, Kind.ORDER_INVOICED, "Invoice")
    maker.refund(order, [_Refund(given_back, expected, given_back.value)])


def _order_closed(maker: _Maker, lap: int) -> None:
    order, (given_back,) = maker.order(_whole)
    maker.enter_sales_order(order)
    expected = replace(_closed(order, Kind.ORDER_CLOSED), notices=("order_closed",))
    if lap % 2 == 0:
        maker.cancel(order, _Refund(given_back, expected, restock="cancel"), has_refund=lap % 4 == 2)
        return
    expected = replace(expected, notices=("order_closed", "payment_not_in_books"))
    maker.refund(order, [_Refund(given_back, expected, given_back.value, restock="cancel")])


def _order_closed_with_payment(maker: _Maker, lap: int) -> None:  # noqa: ARG001
    order, (given_back,) = maker.order(_whole, is_prepaid=True)
    maker.enter_sales_order(order, prepaid=order.total)
    expected = replace(_closed(order, Kind.ORDER_CLOSED_WITH_PAYMENT), notices=("order_closed",))
    expected = _paid_out(expected, order.total, order.paid_by.account)
    maker.refund(order, [_Refund(given_back, expected, given_back.value, restock="cancel")])


def _order_unknown(maker: _Maker, lap: int) -> None:  # noqa: ARG001
    order, (given_back,) = maker.order(_whole)
    expected = _expected(order, Kind.ORDER_UNKNOWN, status="skipped", reason="order_not_found")
    maker.refund(order, [_Refund(given_back, expected, given_back.value)])


def _goodwill(maker: _Maker, lap: int) -> None:  # noqa: ARG001
    """Money for a scratched piece that the customer keeps: no item is set on which it could stand."""
    order, _ = maker.order(_whole)
    maker.enter_receipt(order)
    amount = maker.random.choice(_GOODWILL)
    expected = _expected(order, Kind.GOODWILL, "SalesReceipt", status="review", reason="adjustment_needs_item")
    maker.refund(order, [_Refund(_GivenBack(()), expected, amount, discrepancy=amount)])


def _more_than_sale(maker: _Maker, lap: int) -> None:  # noqa: ARG001
    """The bookkeeper entered one piece fewer than the shop sold, and the shop took all of them back."""
    order, (given_back,) = maker.order(_whole, first_quantity=2)
    first = order.lines[0]
    maker.enter_receipt(replace(order, lines=(replace(first, quantity=first.quantity - 1), *order.lines[1:])))
    expected = _expected(order, Kind.MORE_THAN_SALE, "SalesReceipt", status="review", reason="more_than_sale")
    maker.refund(order, [_Refund(given_back, expected, given_back.value)])


_Scenario = Callable[["_Maker", int], None]
_LAP: tuple[_Scenario, ...] = (
    _kept_sales,
    _receipt_full,
    _receipt_in_parts,
    _receipt_discount,
    _invoice_paid,
    _invoice_partly_paid,
    _invoice_cancelled,
    _invoice_unpaid,
    _order_invoiced,
    _order_closed,
    _order_closed_with_payment,
    _order_unknown,
)
_KEPT_SALES = 6  # a lap
_FOR_REVIEW: tuple[_Scenario, ...] = (_goodwill, _more_than_sale)
_LAPS_TO_REVIEW, _FIRST_LAP_TO_REVIEW = 4, 2  # every fourth lap has some that wait for a person


def _scenarios(refunds: int) -> Iterator[tuple[int, _Scenario]]:
    """Lap after lap, without end."""
    for lap in itertools.count():
        has_review = refunds >= REFUNDS_TO_SHOW_REVIEW and lap % _LAPS_TO_REVIEW == _FIRST_LAP_TO_REVIEW
        for scenario in (*(_FOR_REVIEW if has_review else ()), *_LAP):
            yield lap, scenario


# What an accountant expects of them


def _expected(order: _Order, kind: Kind, sale_type: str = "", *, status: str, reason: str = "") -> Expected:
    return Expected(
        order_number=order.name,
        external_id="",  # known when the refund is written
        kind=kind,
        customer=order.customer.full_name,
        status=status,
        reason=reason,
        sale_type=sale_type,
    )


def _memo(
    order: _Order, given_back: _GivenBack, kind: Kind, sale_type: str = "SalesReceipt", *, applied: Decimal = _ZERO
) -> Expected:
    moved: dict[str, Decimal] = {}
    stock = Counter[str]()
    for each in given_back.returns:
        product = each.line.product
        _add(moved, product.income, each.gross)
        _add(moved, "Discounts", each.net - each.gross)
        if product.cost is not None:
            _add(moved, "Inventory Asset", product.cost * each.count)
            _add(moved, "Cost of Goods Sold", -product.cost * each.count)
            stock[product.sku] += each.count
    _add(moved, "Shipping Income", given_back.shipping)
    _add(moved, "Sales Tax Payable", given_back.tax)
    _add(moved, _RECEIVABLE, -given_back.value)
    plain = _expected(order, kind, sale_type, status="posted")
    return replace(plain, memo_total=given_back.value, applied=applied, movements=moved, stock=dict(stock))


def _closed(order: _Order, kind: Kind) -> Expected:
    """Nothing was booked, so nothing is taken back."""
    return replace(_expected(order, kind, "SalesOrder", status="posted"), closes_order=True)


def _paid_out(expected: Expected, amount: Decimal, account: str) -> Expected:
    moved = dict(expected.movements)
    _add(moved, _RECEIVABLE, amount)
    _add(moved, account, -amount)
    return replace(expected, payout_total=amount, payout_account=account, movements=moved)


def _memo_and_payout(order: _Order, given_back: _GivenBack, kind: Kind, sale_type: str = "SalesReceipt") -> Expected:
    expected = _memo(order, given_back, kind, sale_type)
    return _paid_out(expected, given_back.value, order.paid_by.account)


def _add(moved: dict[str, Decimal], account: str, amount: Decimal) -> None:
    if amount:
        moved[account] = moved.get(account, _ZERO) + amount


# Both sides


@dataclass(frozen=True)
class _Refund:
    """One refund of an order, as the shop tells it."""

    given_back: _GivenBack
    expected: Expected
    money: Decimal = _ZERO  # that went back
    restock: str = "return"
    discrepancy: Decimal = _ZERO  # given back beyond goods and shipping
    fails_first: bool = False  # the gateway refused at first


class _Maker:
    """Puts orders into both sides, and keeps the count."""

    def __init__(self, refunds: int, rng: random.Random, now: datetime) -> None:
        self.random = rng
        self.orders: list[dict[str, Any]] = []
        self.expected: list[Expected] = []
        self._wanted = refunds
        self._builder = CompanyBuilder(COMPANY_NAME, SettableClock(now), undeposited_funds=UNDEPOSITED_FUNDS)
        self._first_day = now - timedelta(days=45)
        self._time_between = timedelta(days=30) / refunds
        self._ids = itertools.count(rng.randrange(5_000_000_000_000, 6_000_000_000_000), 7)
        self._numbers = itertools.count(1001)
        _fill_lists(self._builder, stock=500 + refunds * 4)
        self._customers, self._prepaying, self._job = _customers(self._builder, refunds, rng)
        self._payments = itertools.cycle(_WAYS_TO_PAY)

    @property
    def company(self) -> Company:
        return self._builder.company

    @property
    def room(self) -> int:
        """How many more refunds the world takes."""
        return self._wanted - len(self.expected)

    def order(
        self,
        split: _Split,
        *,
        first_quantity: int = 1,
        with_service: bool = False,
        with_shipping: bool | None = None,
        is_discounted: bool = False,
        for_job: bool = False,
        is_prepaid: bool = False,
        paid_by: _PaidBy | None = None,
    ) -> tuple[_Order, Sequence[_GivenBack]]:
        """An order whose amounts work out to the cent, with the refunds that it is split into."""
        rng = self.random
        number = next(self._numbers)
        customer = self._job if for_job else rng.choice(self._prepaying if is_prepaid else self._customers)
        has_shipping = rng.random() < 0.4 if with_shipping is None else with_shipping
        order = _Order(
            order_id=next(self._ids),
            number=number,
            created_at=self._first_day + self._time_between * len(self.expected),
            customer=customer,
            lines=(),
            shipping=rng.choice(_SHIPPING_RATES) if has_shipping else _ZERO,
            paid_by=paid_by or next(self._payments),
        )
        for _ in range(_MAX_DRAWS):
            drawn = replace(order, lines=_drawn_lines(rng, first_quantity, with_service, is_discounted))
            given_backs = split(drawn)
            if all(each.works_out for each in (drawn.all_of_it, *given_backs)):
                return drawn, given_backs
        raise WorldError(
            f"no order was found in {_MAX_DRAWS} draws whose tax works out; change the products or the rate"
        )

    def enter_receipt(self, order: _Order) -> None:
        self._builder.sales_receipt(
            order.customer.full_name,
            _quickbooks_lines(order),
            deposit_to=order.paid_by.account,
            payment_method=order.paid_by.method,
            **_header(order),
        )

    def enter_invoice(self, order: _Order, *, paid: Decimal = _ZERO) -> None:
        invoice = self._builder.invoice(order.customer.full_name, _quickbooks_lines(order), **_header(order))
        if paid:
            self._builder.receive_payment(invoice, paid, **_payment(order))

    def enter_sales_order(self, order: _Order, *, is_invoiced: bool = False, prepaid: Decimal = _ZERO) -> None:
        customer = order.customer.full_name
        sales_order = self._builder.sales_order(customer, _quickbooks_lines(order), **_header(order))
        if is_invoiced:
            invoice = self._builder.invoice_from_sales_order(sales_order, **_header(order))
            self._builder.receive_payment(invoice, **_payment(order))
        if prepaid:
            account = order.paid_by.account
            day = order.created_at.date()
            memo = f"Deposit for order {order.name}"
            self._builder.prepayment(
                customer, prepaid, deposit_to=account, ref_number=order.ref_number, memo=memo, txn_date=day
            )

    def keep(self, order: _Order) -> None:
        """Writes an order of which nothing was given back."""
        self.orders.append(_order_json(order, [], [], "paid", self._ids))

    def refund(self, order: _Order, refunds: Sequence[_Refund]) -> None:
        """Writes the order with its refunds as Shopify does, and what is expected of each."""
        moment, written = order.created_at, []
        for refund in refunds:
            moment += timedelta(days=self.random.randint(1, 4), seconds=self.random.randrange(3600 * 8))
            refund_id = next(self._ids)
            written.append(_refund_json(order, refund, refund_id, moment, self._ids))
            self.expected.append(replace(refund.expected, external_id=str(refund_id)))
        money = sum((refund.money for refund in refunds), _ZERO)
        status = "refunded" if refunds[-1].given_back.value and money >= order.total else "partially_refunded"
        self.orders.append(_order_json(order, [r.given_back for r in refunds], written, status, self._ids))

    def cancel(self, order: _Order, refund: _Refund, *, has_refund: bool) -> None:
        """Writes an order that was cancelled before it was paid; Shopify adds a refund without money, or none."""
        moment = order.created_at + timedelta(days=self.random.randint(1, 4))
        refund_id = next(self._ids)
        written = [_refund_json(order, refund, refund_id, moment, self._ids)] if has_refund else []
        given_backs = [refund.given_back] if has_refund else []
        data = _order_json(order, given_backs, written, "voided", self._ids)
        self.orders.append({**data, "cancelled_at": moment.isoformat(), "cancel_reason": "customer"})
        external_id = str(refund_id) if has_refund else f"cancel-{order.order_id}"
        self.expected.append(replace(refund.expected, external_id=external_id))


def _drawn_lines(
    rng: random.Random, first_quantity: int, with_service: bool, is_discounted: bool
) -> tuple[_SoldLine, ...]:
    first, *others = rng.sample(_GOODS, rng.choice((2, 2, 3)))
    lines = [_SoldLine(first, first_quantity + rng.choice((0, 0, 1)))]
    lines += [_SoldLine(product, rng.choice((1, 1, 2))) for product in others]
    if with_service:
        lines.append(_SoldLine(rng.choice(_SERVICES), 1))
    if is_discounted:
        percent = rng.choice(_DISCOUNT_PERCENTS)
        lines = [replace(line, discount=_cents(line.gross * percent / 100)) for line in lines]
    return tuple(lines)


# QuickBooks' side


def _fill_lists(builder: CompanyBuilder, *, stock: int) -> None:
    builder.account("Service Income", "Income")
    builder.sales_tax_item(_TAX_ITEM, TAX_PERCENT)
    for product in _GOODS:
        sku, price, title = product.sku, product.price, product.title
        if product.cost is None:
            builder.non_inventory_item(sku, price=price, description=title)
        else:
            builder.inventory_item(sku, price=price, cost=product.cost, on_hand=stock, description=title)
    for product in _SERVICES:
        builder.service_item(product.sku, price=product.price, account=product.income, description=product.title)
    builder.other_charge_item(_SHIPPING_ITEM, description="Shipping and handling")
    builder.discount_item(_DISCOUNT_ITEM)
    for name in (_WEB_CLASS, _PHONE_CLASS):
        builder.class_(name)


def _customers(
    builder: CompanyBuilder, refunds: int, rng: random.Random
) -> tuple[list[_Customer], list[_Customer], _Customer]:
    """Customers, those who pay before they are invoiced, and a job. Those who prepay have no other orders, so that no
    open payment can be taken for that of another order.
    """
    names = [_Customer(f"{first} {last}", first, last) for first in _FIRST_NAMES for last in _LAST_NAMES]
    chosen = rng.sample(names, min(len(names), max(12, refunds // 3)))
    for customer in chosen:
        address = {"Addr1": customer.full_name, "Addr2": f"{rng.randint(10, 990)} River Road", "City": "Bend"}
        address |= {"State": "OR", "PostalCode": "97701"}
        builder.customer(
            customer.full_name,
            first_name=customer.first_name,
            last_name=customer.last_name,
            email=customer.email,
            bill_address=address,
        )
    company = builder.customer(_COMPANY_CUSTOMER, company_name=_COMPANY_CUSTOMER, email="office@example.com")
    job = builder.job(company, _JOB)
    prepaying = max(2, len(chosen) // 6)
    return chosen[prepaying:], chosen[:prepaying], _Customer(job.full_name, "Dana", "Whitfield")


def _header(order: _Order) -> dict[str, Any]:
    return {
        "ref_number": order.ref_number,
        "txn_date": order.created_at.date(),
        "memo": f"Web order {order.name}",
        "class_name": _WEB_CLASS if order.number % _PHONE_ORDERS else _PHONE_CLASS,
    }


def _payment(order: _Order) -> dict[str, Any]:
    return {
        "deposit_to": order.paid_by.account,
        "payment_method": order.paid_by.method,
        "ref_number": order.ref_number,
        "txn_date": order.created_at.date(),
    }


def _quickbooks_lines(order: _Order) -> list[Line]:
    lines = [Line(line.product.sku, quantity=line.quantity) for line in order.lines]
    if order.shipping:
        lines.append(Line(_SHIPPING_ITEM, amount=order.shipping))
    if order.discount:
        lines.append(Line(_DISCOUNT_ITEM, amount=-order.discount))
    return lines


# Shopify's side


def _order_json(
    order: _Order,
    given_backs: Sequence[_GivenBack],
    refunds: list[dict[str, Any]],
    financial_status: str,
    ids: Iterator[int],
) -> dict[str, Any]:
    """The order as the Admin REST API gives it."""
    whole = order.all_of_it
    goods = sum((line.net for line in order.lines), _ZERO)
    back = sum((given_back.value for given_back in given_backs), _ZERO)
    customer = order.customer
    return {
        "id": order.order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.order_id}",
        "name": order.name,
        "number": order.number - 1000,
        "order_number": order.number,
        "created_at": order.created_at.isoformat(),
        "processed_at": order.created_at.isoformat(),
        "cancelled_at": None,
        "cancel_reason": None,
        "currency": "USD",
        "presentment_currency": "USD",
        "financial_status": financial_status,
        "taxes_included": False,
        "test": False,
        "email": customer.email,
        "contact_email": customer.email,
        "customer": {"first_name": customer.first_name, "last_name": customer.last_name, "email": customer.email},
        "billing_address": {"name": f"{customer.first_name} {customer.last_name}", "country_code": "US"},
        "payment_gateway_names": [order.paid_by.gateway],
        **_priced("total_line_items_price", sum((line.gross for line in order.lines), _ZERO)),
        **_priced("total_discounts", order.discount),
        **_priced("subtotal_price", goods),
        **_priced("total_tax", whole.tax),
        **_priced("total_price", whole.value),
        **_priced("current_total_price", whole.value - back),
        "total_shipping_price_set": _money_set(order.shipping),
        "tax_lines": _tax_lines(whole.tax),
        "discount_codes": [{"code": "RIVER", "amount": str(order.discount)}] if order.discount else [],
        "line_items": [_line_json(order, index, given_backs) for index in range(len(order.lines))],
        "shipping_lines": [_shipping_json(order, next(ids))] if order.shipping else [],
        "refunds": refunds,
    }


def _line_json(order: _Order, index: int, given_backs: Sequence[_GivenBack]) -> dict[str, Any]:
    line = order.lines[index]
    returned = sum(each.count for back in given_backs for each in back.returns if each.line == line)
    allocations = [{**_priced("amount", line.discount), "discount_application_index": 0}] if line.discount else []
    return {
        "id": _line_id(order, line),
        "sku": line.product.sku,
        "title": line.product.title,
        "name": line.product.title,
        "quantity": line.quantity,
        "current_quantity": line.quantity - returned,
        **_priced("price", line.product.price),
        **_priced("total_discount", _ZERO),
        "discount_allocations": allocations,
        "taxable": line.product.taxable,
        "tax_lines": _tax_lines(line.tax),
        "gift_card": False,
        "requires_shipping": line.product.taxable,
    }


def _line_id(order: _Order, line: _SoldLine) -> int:
    return order.order_id * 10 + order.lines.index(line)


def _shipping_json(order: _Order, shipping_id: int) -> dict[str, Any]:
    return {
        "id": shipping_id,
        "title": "Standard",
        "code": "Standard",
        **_priced("price", order.shipping),
        **_priced("discounted_price", order.shipping),
        "tax_lines": [],
        "discount_allocations": [],
    }


def _refund_json(
    order: _Order, refund: _Refund, refund_id: int, moment: datetime, ids: Iterator[int]
) -> dict[str, Any]:
    given_back = refund.given_back
    adjustments = (("shipping_refund", given_back.shipping), ("refund_discrepancy", refund.discrepancy))
    return {
        "id": refund_id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
        "order_id": order.order_id,
        "created_at": moment.isoformat(),
        "processed_at": moment.isoformat(),
        "note": "",
        "restock": refund.restock != "no_restock",
        "refund_line_items": [
            {
                "id": next(ids),
                "line_item_id": _line_id(order, each.line),
                "quantity": each.count,
                "restock_type": refund.restock,
                **_priced("subtotal", each.net),
                **_priced("total_tax", each.tax),
            }
            for each in given_back.returns
        ],
        "order_adjustments": [
            _adjustment_json(order, refund_id, kind, amount, next(ids)) for kind, amount in adjustments if amount
        ],
        "transactions": _transactions(order, refund, moment, ids),
    }


def _adjustment_json(order: _Order, refund_id: int, kind: str, amount: Decimal, own_id: int) -> dict[str, Any]:
    """What is given back to the customer is negative on the wire."""
    return {
        "id": own_id,
        "order_id": order.order_id,
        "refund_id": refund_id,
        "kind": kind,
        "reason": kind.replace("_", " ").capitalize(),
        **_priced("amount", -amount),
        **_priced("tax_amount", _ZERO),
    }


def _transactions(order: _Order, refund: _Refund, moment: datetime, ids: Iterator[int]) -> list[dict[str, Any]]:
    if not refund.money:
        return []
    statuses = ("failure", "success") if refund.fails_first else ("success",)
    return [
        {
            "id": next(ids),
            "order_id": order.order_id,
            "kind": "refund",
            "status": status,
            "gateway": order.paid_by.gateway,
            "amount": str(refund.money),
            "currency": "USD",
            "created_at": moment.isoformat(),
            "processed_at": moment.isoformat(),
            "test": False,
        }
        for status in statuses
    ]


def _priced(name: str, amount: Decimal) -> dict[str, Any]:
    return {name: str(amount), f"{name}_set": _money_set(amount)}


def _money_set(amount: Decimal) -> dict[str, Any]:
    money = {"amount": str(amount), "currency_code": "USD"}
    return {"shop_money": money, "presentment_money": dict(money)}


def _tax_lines(tax: Decimal) -> list[dict[str, Any]]:
    rate = str(TAX_PERCENT / 100)
    return [{"title": _TAX_ITEM, "rate": rate, **_priced("price", tax)}] if tax else []
