"""An order that QuickBooks does not have is created once, whatever is lost on the way, and then refunded on what
QuickBooks made of it; where it can't be created as the shop has it, nothing is entered and a person sees why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from qbsim import Behaviour, CompanyBuilder, SettableClock
from qbwc_server.refunds.model import OrderLine, Refund
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act
from qbwc_server.store.mappings import set_items
from qbwc_server.store.planned import planned_rows
from qbwc_server.store.refunds import withdraw
from qbwc_server.store.tables import Event
from tests.sync.driver import (
    START,
    TAX,
    Driver,
    Exchange,
    Fault,
    Refusal,
    World,
    builder,
    copied,
    hats,
    judge,
    open_shop,
    refund,
)
from tests.sync.test_reconcile import reconciled
from tests.sync.test_restored import decide, put_back

ON = {
    "sync_missing_orders": "on",
    "missing_orders_since": "2024-05-01",
    "missing_orders_tax_item": "County",
    "missing_orders_account": "PayPal",
}
INVOICES = ON | {"missing_orders_as": "invoice"}
NEW_CUSTOMER = ["find", "prepare", "enlist", "prepare", "post"]  # the sets of a session, but for lists and claim


def missing(made: Refund, *, sku: str = "Hat", name: str = "Ann Lee", email: str = "ann@example.com") -> Refund:
    """The refund with an order over two hats that was placed and paid the day before."""
    amount = Decimal("40.00")
    tax = (amount * TAX).quantize(Decimal("0.01"))
    order = replace(
        made.order,
        created_at=START - timedelta(days=1),
        customer_name=name,
        customer_email=email,
        lines=(OrderLine("l1", sku, "Hat", Decimal(2), amount, tax),),
        shipping=Decimal("0.00"),
        tax=tax,
        total=amount + tax,
        paid=True,
    )
    return replace(made, order=order)


def lists_only(made: CompanyBuilder) -> None:
    """No sale, and no customer but one."""
    made.customer("Bob")


def sold_before(made: CompanyBuilder) -> None:
    """An order that QuickBooks has."""
    made.sales_receipt(made.customer("Bob"), hats(2), ref_number="1000", deposit_to="PayPal")


def shop(memory: Database, fill: Callable[[CompanyBuilder], None] = lists_only, **more: str) -> Driver:
    return open_shop(memory, fill, settings=ON | more)


def receipts_of(driver: Driver) -> list[str]:
    return [f"{sale.ref_number} {sale.total}" for sale in driver.company.transactions("SalesReceipt")]


def customer_of_sale(driver: Driver) -> str:
    (sale,) = driver.company.transactions("SalesReceipt")
    return driver.company.lists.customers.get(sale.customer_id).full_name


def paid_out_from(driver: Driver) -> set[str]:
    """The accounts that money went back from."""
    cards = driver.company.transactions("ARRefundCreditCard")
    return {driver.company.lists.accounts.get(card.refund_from_id).full_name for card in cards}


def events(driver: Driver, external_id: str) -> list[str]:
    """The story of a refund."""
    row_id = driver.row(external_id).id
    with driver.database.reading() as session:
        query = select(Event.text).where(Event.refund_id == row_id).order_by(Event.id)
        return list(session.scalars(query))


# --- what is created


def test_the_order_comes_first_with_its_customer_and_then_its_refund(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(missing(refund("r1", "1001")))

    played = driver.run_session()

    judge(driver, review=False)
    assert [kind for kind in played.kinds if kind not in ("lists", "claim", "proof", "read_claim", "latch")] == [
        *NEW_CUSTOMER,
        *("find", "follow", "post"),
    ]
    assert driver.statuses() == {"r1": "posted"}
    assert receipts_of(driver) == ["1001 43.30"]
    (sale,) = driver.company.transactions("SalesReceipt")
    assert sale.memo == "Order 1001 (shopify), created by Connex for its refund r1"
    assert driver.company.customer_balance("Ann Lee") == 0
    row = driver.row("r1")
    assert [notice["code"] for notice in row.notices] == ["order_created"]
    assert row.sale_txn_id == sale.txn_id
    assert "The customer Ann Lee was added." in events(driver, "r1")


def test_two_refunds_of_one_order_in_one_batch_create_it_once(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(missing(refund("r1", "1001")), missing(refund("r2", "1001")))

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert receipts_of(driver) == ["1001 43.30"]


def test_a_later_refund_finds_the_order_though_its_number_was_changed(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    (sale,) = driver.company.transactions("SalesReceipt")
    driver.company.renumber(sale, "EDITED")

    driver.bring_in(missing(refund("r2", "1001")))
    driver.drain()

    judge(driver, review=False)
    assert len(receipts_of(driver)) == 1
    assert driver.row("r2").sale_txn_id == sale.txn_id


def test_an_invoice_is_created_with_its_payment(memory: Database) -> None:
    driver = open_shop(memory, lists_only, settings=INVOICES)
    driver.bring_in(missing(refund("r1", "1001")))

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    (invoice,) = driver.company.transactions("Invoice")
    (payment,) = driver.company.transactions("ReceivePayment")
    assert (invoice.total, payment.total) == (Decimal("43.30"), Decimal("43.30"))
    assert driver.company.customer_balance("Ann Lee") == 0


def test_orders_of_one_new_customer_add_him_once(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(missing(refund("r1", "1001")), missing(refund("r2", "1002")))

    driver.drain()

    judge(driver, review=False)
    assert sorted(receipts_of(driver)) == ["1001 43.30", "1002 43.30"]
    assert len(list(driver.company.lists.customers)) == 2


# --- customers


def test_a_customer_is_found_by_e_mail_before_his_name(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.customer("Ann Lee")
        made.customer("Lee Hats Inc.", email="office@example.com; ANN@example.com")

    driver = shop(memory, fill)
    driver.bring_in(missing(refund("r1", "1001")))

    driver.drain()

    judge(driver, review=False)
    assert customer_of_sale(driver) == "Lee Hats Inc."


def test_without_his_address_in_quickbooks_a_customer_is_found_by_name(memory: Database) -> None:
    driver = shop(memory, lambda made: made.customer("ann lee"))
    driver.bring_in(missing(refund("r1", "1001")))

    driver.drain()

    judge(driver, review=False)
    assert customer_of_sale(driver) == "ann lee"


def test_where_the_name_is_a_vendors_the_customer_gets_a_suffix(memory: Database) -> None:
    driver = shop(memory, lambda made: made.vendor("Ann Lee"))
    driver.bring_in(missing(refund("r1", "1001")))

    driver.drain()

    judge(driver, review=False)
    assert customer_of_sale(driver) == "Ann Lee (customer)"


def test_where_every_name_is_taken_a_person_is_asked_and_nothing_is_entered(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        for name in ("Ann Lee", "Ann Lee (customer)", *(f"Ann Lee (customer {n})" for n in (2, 3, 4))):
            made.vendor(name)

    driver = shop(memory, fill)
    driver.bring_in(missing(refund("r1", "1001")))

    driver.drain()

    assert driver.statuses() == {"r1": "review: customer_name_taken"}
    assert not receipts_of(driver)


def test_two_customers_with_the_address_are_for_a_person(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.customer("One", email="ann@example.com")
        made.customer("Two", email="ann@example.com")

    driver = shop(memory, fill)
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    assert driver.statuses() == {"r1": "review: ambiguous_customer"}


def test_of_too_many_customers_those_are_looked_through_whose_names_are_alike(
    memory: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qbwc_server.sync.questions.MAX_CUSTOMERS", 1)

    def fill(made: CompanyBuilder) -> None:
        made.customer("Aardvark")
        made.customer("Mrs. Lee", email="ann@example.com")

    driver = shop(memory, fill)
    driver.bring_in(missing(refund("r1", "1001")))

    driver.drain()

    judge(driver, review=False)
    assert customer_of_sale(driver) == "Mrs. Lee"


def test_all_created_orders_can_stand_on_one_customer(memory: Database) -> None:
    driver = shop(memory, lambda made: made.customer("Web Customers"), missing_orders_customer="web customers")
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    judge(driver, review=False)
    assert customer_of_sale(driver) == "Web Customers"


# --- items


def test_an_order_with_an_unknown_sku_waits_until_the_sku_is_mapped(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(missing(refund("r1", "1001"), sku="W-100"))
    driver.bring_in(replace(missing(refund("r2", "1002"), sku="W-100"), lines=()))
    driver.drain()
    assert driver.statuses()["r1"] == "posted", "the title is that of an item"

    made = missing(refund("r3", "1003"), sku="W-100")
    (line,) = made.order.lines
    driver.bring_in(replace(made, order=replace(made.order, lines=(replace(line, title="Felt hat"),))))
    driver.drain()
    assert driver.statuses()["r3"] == "review: item_not_in_quickbooks"
    assert "the SKU W-100 (Felt hat)" in driver.row("r3").reason["message"]
    assert not [sale for sale in receipts_of(driver) if sale.startswith("1003")]

    with driver.database.transaction() as session:
        set_items(session, connection_named(session, driver.name), {"W-100": "Hat"}, driver.clock(), "test")
    driver.drain()
    judge(driver)
    assert driver.statuses()["r3"] == "posted"


@pytest.mark.parametrize("kind", ["service", "non_inventory"])
def test_an_item_that_quickbooks_lacks_is_added_under_its_sku(memory: Database, kind: str) -> None:
    driver = shop(
        memory,
        missing_orders_new_items=kind,
        missing_orders_income_account="Sales",
    )
    made = missing(refund("r1", "1001"), sku="W-100")
    (line,) = made.order.lines
    (back,) = made.lines
    made = replace(made, order=replace(made.order, lines=(replace(line, title="Felt hat"),)))
    driver.bring_in(replace(made, lines=(replace(back, sku="W-100"),)))

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    item = driver.company.lists.items.find("W-100")
    assert item is not None
    assert receipts_of(driver) == ["1001 43.30"]


def test_an_item_below_another_is_found_by_its_own_name(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.service_item("Headgear", price=0)
        made.service_item("Felt", price=0, parent="Headgear", tax_code="Tax")

    driver = shop(memory, fill)
    made = missing(refund("r1", "1001"), sku="Felt")
    (line,) = made.order.lines
    (back,) = made.lines
    made = replace(made, order=replace(made.order, lines=(replace(line, title="A hat"),)))
    driver.bring_in(replace(made, lines=(replace(back, sku="Felt"),)))
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}


# --- what is not created


def test_switching_it_on_is_enough_for_an_order_of_these_days(memory: Database) -> None:
    driver = shop(memory, missing_orders_since="")
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    assert driver.statuses() == {"r1": "posted"}
    assert receipts_of(driver) == ["1001 43.30"]


def test_an_order_from_before_the_day_is_skipped_with_both_days(memory: Database) -> None:
    driver = shop(memory, missing_orders_since="2024-05-06")
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: order_not_found"}
    message = driver.row("r1").reason["message"]
    assert "2024-05-05" in message
    assert "2024-05-06" in message


def test_an_order_that_came_in_meanwhile_is_taken_as_it_is(memory: Database) -> None:
    kept: list[CompanyBuilder] = []

    def fill(made: CompanyBuilder) -> None:
        lists_only(made)
        kept.append(made)

    driver = shop(memory, fill)
    driver.bring_in(missing(refund("r1", "1001")))

    def the_shops_own_sync(exchange: Exchange) -> None:
        if exchange.kind == "enlist":
            kept[0].sales_receipt("Bob", hats(2), ref_number="1001", deposit_to="PayPal")

    driver.run_session(on_set=the_shops_own_sync)
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert receipts_of(driver) == ["1001 43.30"]
    assert customer_of_sale(driver) == "Bob"


def test_an_order_that_a_table_told_too_little_of_is_created_when_another_file_tells_the_rest(memory: Database) -> None:
    driver = shop(memory)
    told = missing(refund("r1", "1001"))
    poor = replace(told.order, order_id="1001", lines=(), shipping=None, tax=None, created_at=None, paid=None)
    driver.bring_in(replace(told, order=poor))
    driver.drain()
    assert driver.statuses() == {"r1": "review: order_incomplete"}
    assert "its lines" in driver.row("r1").reason["message"]

    driver.bring_in(told, missing(refund("r2", "1001")))
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert receipts_of(driver) == ["1001 43.30"]


# --- faults

LIKELY = {
    "likely": Behaviour(),
    "no records": Behaviour(keeps_recovery_records=False),
    "GUIDs not shown": Behaviour(shows_external_guid=False),
    "no latch": Behaviour(may_change_other_names=False),
}


@pytest.fixture(scope="module")
def worlds() -> Iterator[Callable[[str, bool], World]]:
    """The beginning with each QuickBooks: two orders that it lacks, one with two refunds, after one that it has."""
    made: dict[tuple[str, bool], World] = {}

    def world(name: str, invoices: bool = False) -> World:
        if (name, invoices) not in made:
            clock = SettableClock(START - timedelta(days=3))
            company = builder(clock)
            sold_before(company)
            clock.set(START)
            settings = INVOICES if invoices else ON
            found = World(company.company, clock, behaviour=LIKELY[name], settings=settings)
            found.driver.bring_in(refund("r0", "1000"))
            found.driver.drain()
            found.driver.bring_in(
                missing(refund("r1", "1001")),
                missing(refund("r2", "1001")),
                missing(refund("r3", "1002"), name="Bob", email=""),
            )
            found.keep()
            made[name, invoices] = found
        return made[name, invoices]

    yield world
    for each in made.values():
        each.close()


def settled(driver: Driver) -> bool:
    return set(driver.statuses().values()) == {"posted"}


def numbers(world: World, kind: str) -> list[int]:
    """The numbers of the sets of a kind, of those of the session that follows where nothing is lost."""
    if world not in _SESSIONS:
        _SESSIONS[world] = world.again().run_session().kinds
    return [number for number, each in enumerate(_SESSIONS[world]) if each == kind]


_SESSIONS: dict[World, list[str]] = {}


@pytest.mark.parametrize(
    ("kind", "count", "fault"),
    [
        *[(kind, 1, Fault.LOST_AFTER) for kind in ("find", "prepare", "enlist", "post")],
        *[(kind, 1, Fault.LOST_BEFORE) for kind in ("enlist", "post")],
        ("prepare", 2, Fault.COM_BEFORE),
        ("find", 2, Fault.CRASH_0),
        ("post", 1, Fault.ANSWERED_TWICE),
        ("post", 2, Fault.COM_AFTER),
    ],
)
def test_whatever_is_lost_on_the_way_each_order_is_created_once(
    worlds: Callable[..., World], kind: str, count: int, fault: Fault
) -> None:
    number = numbers(worlds("likely"), kind)[count - 1]
    driver = worlds("likely").again()
    driver.run_session({number: fault})

    driver.drain(16)

    judge(driver, review=False)
    assert settled(driver), (fault, driver.statuses())
    assert sorted(receipts_of(driver)) == ["1000 43.30", "1001 43.30", "1002 43.30"], fault


def test_an_order_in_doubt_is_not_created_twice_and_its_other_refund_waits(worlds: Callable[..., World]) -> None:
    number = numbers(worlds("no latch"), "post")[0]
    driver = worlds("no latch").again()
    driver.set(web_connectors="several")
    driver.run_session({number: Fault.LOST_BEFORE})
    driver.drain(16)
    judge(driver, review=True)
    assert driver.statuses()["r1"] == "review: in_doubt"
    assert "sales receipt 1001" in driver.row("r1").reason["message"]
    assert driver.statuses()["r2"] == "review: order_in_doubt"

    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain(16)
    judge(driver)
    assert [driver.statuses()[name] for name in ("r1", "r2")] == ["posted", "posted"]
    assert receipts_of(driver).count("1001 43.30") == 1


def test_the_other_refund_goes_on_by_itself_when_an_order_in_doubt_is_found(worlds: Callable[..., World]) -> None:
    number = numbers(worlds("no latch"), "post")[0]
    driver = worlds("no latch").again()
    driver.set(web_connectors="several")
    driver.run_session({number: Fault.HANGS})
    driver.drain(16)
    assert driver.statuses()["r2"] == "review: order_in_doubt"
    driver.work_late(answered=False)

    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain(16)

    judge(driver)
    assert [driver.statuses()[name] for name in ("r1", "r2")] == ["posted", "posted"]
    assert receipts_of(driver).count("1001 43.30") == 1


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.CRASH_1])
def test_an_order_of_which_no_mark_is_shown_is_known_by_number_customer_and_total(
    worlds: Callable[..., World], fault: Fault
) -> None:
    number = numbers(worlds("GUIDs not shown"), "post")[0]
    driver = worlds("GUIDs not shown").again()
    driver.run_session({number: fault})
    driver.drain(16)
    judge(driver)
    assert receipts_of(driver).count("1001 43.30") == 1
    assert driver.statuses()["r1"] == driver.statuses()["r2"] == "posted"


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        *[("no latch", moment) for moment in ("repeat", "end")],
        *[("likely", moment) for moment in ("shut_out", "post", "end")],
        *[("no records", moment) for moment in ("scan", "end")],
    ],
)
def test_an_order_that_is_worked_late_is_not_created_twice(
    worlds: Callable[..., World], name: str, moment: str
) -> None:
    number = numbers(worlds(name), "post")[0]
    driver = worlds(name).again()
    driver.run_session({number: Fault.HANGS})

    def late(exchange: Exchange) -> None:
        if exchange.kind == moment:
            driver.work_late()

    for _ in range(2):
        driver.wait()
        driver.run_session(on_set=late)
    driver.drain(16)
    driver.work_late()
    driver.drain(16)

    judge(driver, review=False)
    assert settled(driver), driver.statuses()
    assert sorted(receipts_of(driver)) == ["1000 43.30", "1001 43.30", "1002 43.30"]


@pytest.mark.parametrize(
    ("count", "fault"),
    [(1, Fault.LOST_AFTER), (2, Fault.LOST_AFTER), (2, Fault.LOST_BEFORE), (2, Fault.CRASH_1), (2, Fault.CRASH_2)],
)
def test_an_invoice_and_its_payment_are_each_entered_once(
    worlds: Callable[..., World], count: int, fault: Fault
) -> None:
    number = numbers(worlds("likely", True), "post")[count - 1]
    driver = worlds("likely", True).again()
    driver.run_session({number: fault})
    driver.drain(16)
    judge(driver, review=False)
    assert settled(driver), (fault, driver.statuses())
    assert [str(each.total) for each in driver.company.transactions("Invoice")] == ["43.30", "43.30"]
    assert [str(each.total) for each in driver.company.transactions("ReceivePayment")] == ["43.30", "43.30"]
    assert driver.company.customer_balance("Ann Lee") == 0
    assert paid_out_from(driver) == {"PayPal"}


@pytest.mark.parametrize("shows_guids", [True, False], ids=["GUIDs shown", "GUIDs not shown"])
@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.CRASH_2, Fault.COM_BEFORE])
def test_a_deposit_with_the_number_of_the_order_is_not_taken_for_the_payment_that_was_lost(
    memory: Database, fault: Fault, shows_guids: bool
) -> None:
    """Somebody entered it as the customer's open credit; the payment of the invoice is received all the same."""

    def fill(made: CompanyBuilder) -> None:
        ann = made.customer("Ann Lee", email="ann@example.com")
        made.prepayment(ann, "43.30", deposit_to="Checking", ref_number="1001", memo="Deposit for order 1001")

    behaviour = Behaviour(shows_external_guid=shows_guids)
    driver = open_shop(memory, fill, settings=INVOICES, behaviour=behaviour)
    (deposit,) = driver.company.transactions("ReceivePayment")
    driver.company.touch(deposit.stamp)
    driver.bring_in(missing(refund("r1", "1001")))
    driver.run_session({("post", 2): fault})
    driver.drain(16)

    judge(driver, review=False)
    assert deposit.txn_id not in {document.txn_id for document in driver.row("r1").order_documents}
    assert driver.statuses() == {"r1": "posted"}
    assert paid_out_from(driver) == {"PayPal"}
    assert len(driver.company.transactions("ReceivePayment")) == 2


@pytest.mark.parametrize("record_missing_payment", ["off", "on"])
def test_another_refund_of_an_order_waits_until_the_payment_of_its_invoice_is_received(
    worlds: Callable[..., World], record_missing_payment: str
) -> None:
    """The session ends when the invoice stands and its payment is still to be sent. What the other refund pays out
    comes from where the payment lies, and the payment is not received a second time for it."""
    number = numbers(worlds("likely", True), "post")[0]
    driver = worlds("likely", True).again()
    driver.set(record_missing_payment=record_missing_payment)
    played = driver.begin()
    for _ in range(number + 1):
        exchange = driver.next_set(played)
        assert exchange is not None
        driver.work(exchange)
        driver.answer(exchange)
    assert "<InvoiceAdd " in exchange.request
    driver.drain(16)

    judge(driver, review=False)
    assert settled(driver), driver.statuses()
    assert [str(each.total) for each in driver.company.transactions("ReceivePayment")] == ["43.30", "43.30"]
    assert paid_out_from(driver) == {"PayPal"}


def test_an_order_in_doubt_whose_number_somebody_changed_is_taken_over(worlds: Callable[..., World]) -> None:
    number = numbers(worlds("no records"), "post")[0]
    driver = worlds("no records").again()
    driver.run_session({number: Fault.LOST_AFTER})
    for sale in driver.company.transactions("SalesReceipt"):
        driver.company.renumber(sale, "EDITED")
    driver.drain(16)
    judge(driver, review=False)
    assert settled(driver), driver.statuses()
    assert len(receipts_of(driver)) == 3


# --- what people and the shop do


def test_a_refused_order_leaves_nothing_and_can_be_tried_again(memory: Database) -> None:
    driver = shop(memory)
    driver.refusals.append(Refusal("<SalesReceiptAdd ", 3140, "There is an invalid reference.", times=1))
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    judge(driver)
    assert driver.statuses() == {"r1": "failed: refused_by_quickbooks"}
    assert not receipts_of(driver)
    assert not driver.company.transactions("CreditMemo")

    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}


def test_a_refused_payment_of_an_invoice_is_tried_again_alone(memory: Database) -> None:
    driver = open_shop(memory, lists_only, settings=INVOICES)
    driver.refusals.append(Refusal("<ReceivePaymentAdd ", 3140, "There is an invalid reference.", times=1))
    driver.bring_in(missing(refund("r1", "1001")), missing(refund("r2", "1001")))
    driver.drain()
    assert driver.statuses() == {"r1": "failed: refused_by_quickbooks", "r2": "review: order_in_doubt"}
    assert "payment of the order" in driver.row("r1").reason["message"]

    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert paid_out_from(driver) == {"PayPal"}
    assert len(driver.company.transactions("Invoice")) == len(driver.company.transactions("ReceivePayment")) == 1


def test_undoing_the_refund_leaves_the_order_which_is_found_when_it_is_tried_again(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: undone"}
    (sale,) = driver.company.transactions("SalesReceipt")
    assert not sale.is_voided
    driver.company.renumber(sale, "EDITED")

    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    assert driver.statuses() == {"r1": "posted"}
    assert len(receipts_of(driver)) == 1
    assert driver.company.customer_balance("Ann Lee") == 0


def test_the_order_is_shown_and_approved_first_and_its_refund_after_it(memory: Database) -> None:
    driver = shop(memory, review="always")
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert not list(driver.company.lists.customers)[1:], "the customer is not added before"
    rows = planned_rows(driver.row("r1").documents)
    assert [(row.document, row.item, row.amount) for row in rows] == [
        ("sales receipt", "Hat", Decimal("40.00")),
        ("sales receipt", "Sales tax County", Decimal("3.30")),
    ]

    driver.decide("r1", Act.APPROVE)
    driver.drain()
    assert receipts_of(driver) == ["1001 43.30"]
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert not driver.company.transactions("CreditMemo")

    driver.decide("r1", Act.APPROVE)
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}


def test_a_name_that_is_a_vendors_is_not_tried_again_after_each_approval(memory: Database) -> None:
    """Else a person would be asked for ever: under the first name, then under the one with the suffix, and so on."""
    driver = shop(memory, lambda made: made.vendor("Ann Lee"), review="always")
    driver.bring_in(missing(refund("r1", "1001")))
    for _ in range(3):  # the order as planned at first, the order under the other name, and the refund
        driver.drain()
        assert driver.statuses()["r1"].startswith("review: ")
        driver.decide("r1", Act.APPROVE)
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert customer_of_sale(driver) == "Ann Lee (customer)"


def test_a_refund_that_the_shop_changes_or_takes_back_meanwhile_leaves_the_order_alone(memory: Database) -> None:
    driver = shop(memory, sold_before)
    driver.bring_in(refund("r0", "1000"))
    driver.drain()
    driver.bring_in(missing(refund("r1", "1001")), missing(refund("r2", "1002")))
    told: list[str] = []

    def the_shop(exchange: Exchange) -> None:
        if "<SalesReceiptAdd " in exchange.request and not told:
            told.append(exchange.kind)
            driver.bring_in(missing(refund("r1", "1001", 2)))
            with driver.database.transaction() as session:
                withdraw(session, connection_named(session, driver.name), ("shopify", "", "r2"), driver.clock())

    driver.run_session(on_set=the_shop)
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r0": "posted", "r1": "posted", "r2": "skipped: withdrawn"}
    assert sorted(receipts_of(driver)) == ["1000 43.30", "1001 43.30", "1002 43.30"]
    assert [str(memo.total) for memo in driver.company.transactions("CreditMemo")] == ["21.65", "43.30"]


def test_a_created_order_that_somebody_voids_or_deletes_is_noticed(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(missing(refund("r1", "1001")), missing(refund("r2", "1002")))
    driver.drain()
    first, second = driver.company.transactions("SalesReceipt")
    driver.company.void(first)
    driver.company.delete(second)

    found = reconciled(driver)

    assert found == [("deleted", "1002"), ("voided", "1001")]
    assert driver.statuses() == {"r1": "review: voided_in_quickbooks", "r2": "review: deleted_in_quickbooks"}
    assert "sales receipt 1002" in driver.row("r2").reason["message"]


def test_a_deleted_order_is_not_created_again_for_a_later_refund(memory: Database) -> None:
    kept: list[CompanyBuilder] = []
    driver = shop(memory, kept.append)
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()
    (sale,) = driver.company.transactions("SalesReceipt")
    driver.company.delete(sale)

    driver.bring_in(missing(refund("r2", "1001")))
    driver.drain()

    assert driver.statuses()["r2"] in ("review: created_sale_gone", "review: order_in_doubt")
    assert not receipts_of(driver)

    made = kept[0]
    made.sales_receipt("Ann Lee", hats(2), ref_number="1001", deposit_to="PayPal")
    driver.decide("r2", Act.TRY_AGAIN)
    driver.drain()
    assert driver.statuses()["r2"] == "posted"


def test_a_sale_that_quickbooks_makes_another_total_waits_until_it_is_put_right(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(missing(refund("r1", "1001")))

    def another_rate(exchange: Exchange) -> None:
        if "<SalesReceiptAdd " in exchange.request:
            driver.company.lists.items.find("County").tax_rate = Decimal("9.00")

    driver.run_session(on_set=another_rate)
    driver.drain()
    assert driver.statuses() == {"r1": "review: created_sale_differs"}
    message = driver.row("r1").reason["message"]
    assert "43.60" in message
    assert "43.30" in message
    assert not driver.company.transactions("CreditMemo")


def test_books_that_go_back_to_a_backup_get_the_order_again(memory: Database) -> None:
    driver = shop(memory, sold_before)
    driver.bring_in(refund("r0", "1000"))
    driver.drain()
    backup = copied(driver.company)
    driver.bring_in(missing(refund("r1", "1001")))
    driver.drain()

    put_back(driver, backup)
    driver.wait()
    driver.bring_in(missing(refund("r2", "1001")))
    driver.run_session()
    driver.wait()
    driver.run_session()
    decide(driver, "plan-again")
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r0": "posted", "r1": "posted", "r2": "posted"}
    assert receipts_of(driver) == ["1000 43.30", "1001 43.30"]


def test_a_created_invoice_that_is_deleted_before_its_payment_waits_for_a_person(memory: Database) -> None:
    kept: list[CompanyBuilder] = []
    driver = shop(memory, kept.append, missing_orders_as="invoice")
    driver.bring_in(missing(refund("r1", "1001")))

    def delete_it(exchange: Exchange) -> None:
        for invoice in driver.company.transactions("Invoice"):
            if exchange.kind == "post" and not driver.company.transactions("ReceivePayment"):
                driver.company.delete(invoice)

    driver.run_session(on_set=delete_it)
    driver.drain()

    assert driver.statuses() == {"r1": "review: created_sale_gone"}
    assert "created in QuickBooks as invoice (TxnID" in driver.row("r1").reason["message"]
    assert not driver.company.transactions("ReceivePayment")
