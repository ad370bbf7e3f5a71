"""The cases of docs/accounting.md that don't end by themselves: they wait for a person, the shop or a day.

A case stands under its name and what is done then, as its row in the guide has them. Before that, Connex has entered
nothing, or what the row names; afterwards the ledger shows what stands in the row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from qbsim import CompanyBuilder, Line
from qbwc_server.refunds.chosen import by_txn_id, named
from qbwc_server.refunds.model import OrderLine, Refund
from qbwc_server.store.connections import connection_named
from qbwc_server.store.decisions import Act
from qbwc_server.store.mappings import set_items
from qbwc_server.store.refunds import withdraw
from tests.accounting.scenarios import (
    AS_STORE_CREDIT,
    CREATED,
    HAT,
    HAT_BACK,
    HAT_LOST,
    OUR_MEMO,
    Scenario,
    closed_up_to_now,
    given_back,
    nothing,
    of_missing_order,
    order_of,
    receipt,
    refuses_the_payout,
)
from tests.refunds.builders import adjusted, back, by
from tests.sync.driver import START, Driver, Refusal, copied

Key = tuple[str, str]  # the case, and what is done
Step = Callable[[Driver], None]

WAITING: dict[Key, Callable[[], Scenario]] = {}
DAY = 24 * 3600
TODAY = START.date()
REFUND = given_back(HAT_BACK)
ALWAYS = {"review": "always"}


def case(name: str, done: str) -> Callable[[Callable[[], Scenario]], Callable[[], Scenario]]:
    """Enters a scenario under the name of its row and what is done in it."""

    def enter(scenario: Callable[[], Scenario]) -> Callable[[], Scenario]:
        assert (name, done) not in WAITING, f"two scenarios are called {name}: {done}"
        WAITING[name, done] = scenario
        return scenario

    return enter


# What is done


def somebody(act: Act) -> Step:
    return lambda driver: driver.decide("901", act)


def in_review(reason: str, act: Act) -> Step:
    """It waits for a reason, and somebody acts."""

    def step(driver: Driver) -> None:
        assert driver.statuses() == {"901": f"review: {reason}"}
        driver.decide("901", act)

    return step


def somebody_sets(**settings: str) -> Step:
    """A setting is put right; what waited for it is taken up by itself."""
    return lambda driver: driver.set(**settings)


def the_shop_sends(refund: Refund) -> Step:
    return lambda driver: driver.bring_in(refund) and None


def the_shop_takes_it_back(driver: Driver) -> None:
    with driver.database.transaction() as session:
        withdraw(session, connection_named(session, driver.name), ("shopify", "", "901"), driver.clock())


def the_books_are_opened(driver: Driver) -> None:
    driver.company.preferences.closing_date = None


def copy_out_up_to(day: date | None) -> Step:
    def step(driver: Driver) -> None:
        driver.company.preferences.accountant_copy_dividing_date = day

    return step


def then_a_day_passes(step: Step) -> Step:
    def and_wait(driver: Driver) -> None:
        step(driver)
        driver.wait(DAY)

    return and_wait


# Finding the sale


@case("two sales numbered 1001 that are alike", "a person chooses the second")
def _chosen() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        receipt(HAT)(made)
        receipt(HAT)(made)

    def choose(driver: Driver) -> None:
        second = driver.company.transactions("SalesReceipt")[1]
        driver.decide("901", Act.CHOOSE_SALE, sale=by_txn_id(second.txn_id))

    return Scenario(fill, (REFUND,), then=(choose,), notices=frozenset({"sale_chosen"}))


@case("order that reaches QuickBooks after its refund", "it is entered, and a day passes")
def _comes_later() -> Scenario:
    builders: list[CompanyBuilder] = []

    def enter(driver: Driver) -> None:
        receipt(HAT)(builders[0])
        driver.before = copied(driver.company)  # it is none of what Connex enters

    return Scenario(builders.append, (REFUND,), then=(then_a_day_passes(enter),))


@case("order that never reaches QuickBooks", "the days pass in which it is looked for")
def _never_comes() -> Scenario:
    def a_day(_: Driver) -> None:
        """Nothing happens."""

    settings = {"look_again_days": "2"}
    ends = "skipped: order_not_found"
    return Scenario(nothing, (REFUND,), settings, then=(then_a_day_passes(a_day),) * 3, ends=ends)


@case("order that is to be created, where its refund needs approval", "a person approves the order, then its refund")
def _created_and_approved() -> Scenario:
    approve = somebody(Act.APPROVE)
    notices = frozenset({"order_created"})
    return Scenario(nothing, (of_missing_order(),), CREATED | ALWAYS, then=(approve, approve), notices=notices)


@case("order that was created, and whose refund was undone", "a person chooses invoice 77, and approves")
def _created_and_another_chosen() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.receive_payment(made.invoice("Ann", [HAT], ref_number="77"), deposit_to="Checking")

    def choose(driver: Driver) -> None:
        driver.decide("901", Act.CHOOSE_SALE, sale=named("Invoice 77"))

    undone = (somebody(Act.UNDO), choose, in_review("approval_needed", Act.APPROVE))
    notices = frozenset({"sale_chosen", "created_sale_stays"})
    settings = CREATED | {"shipping_item": "Shipping"}
    return Scenario(fill, (of_missing_order("5.00"),), settings, then=undone, notices=notices)


# Entered by hand already


def by_hand_before(made: CompanyBuilder) -> None:
    """Somebody has entered a credit memo over the same amount, and paid it out."""
    receipt(HAT)(made)
    memo = made.credit_memo("Ann", [HAT], ref_number="HAND-1")
    made.refund_by_check(memo, "108.00", ref_number="55")


@case("memo over 108.00 and its check, entered by hand three days before", "a person adopts both")
def _adopted() -> Scenario:
    notices = frozenset({"adopted_by_hand"})
    return Scenario(by_hand_before, (REFUND,), then=(somebody(Act.ADOPT),), notices=notices)


@case("memo over 108.00 and its check, entered by hand three days before", "a person has it entered all the same")
def _posted_anyway() -> Scenario:
    return Scenario(by_hand_before, (REFUND,), then=(somebody(Act.POST_ANYWAY),))


@case("memo over 108.00 alone, entered by hand three days before", "a person adopts it: its payout is lacking")
def _adopted_in_part() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        receipt(HAT)(made)
        made.credit_memo("Ann", [HAT], ref_number="HAND-1")

    notices, unpaid = frozenset({"adopted_by_hand", "adopted_in_part"}), {"CreditMemo": "-108.00"}
    return Scenario(fill, (REFUND,), then=(somebody(Act.ADOPT),), notices=notices, left_open=unpaid)


# Lines


@case("three hats refunded of a sale of two", "a person decides that nothing is entered")
def _more_than_sold() -> Scenario:
    refund = given_back(back("Hat", 3, "300.00", tax="24.00"))
    sold = receipt(Line("Hat", quantity=2))
    return Scenario(sold, (refund,), then=(somebody(Act.SKIP),), ends="skipped: stopped_by_person")


@case("SKU `W-100` that is no item of the sale", "a person maps it to an item")
def _mapped_later() -> Scenario:
    def map_it(driver: Driver) -> None:
        with driver.database.transaction() as session:
            connection = connection_named(session, driver.name)
            set_items(session, connection, {"W-100": "Hat"}, driver.clock(), "test")

    refund = given_back(back("W-100", 1, "100.00", tax="8.00", title=""))
    return Scenario(receipt(Line("Hat", quantity=2)), (refund,), then=(map_it,))


@case("hat not returned to stock, and no item set for it", "`no_restock_item` is set")
def _restock_item_set() -> Scenario:
    then = (somebody_sets(no_restock_item="No Restock"),)
    return Scenario(receipt(HAT), (given_back(HAT_LOST),), then=then, notices=frozenset({"stock_not_returned"}))


@case("goodwill of 20.00, and no item set for it", "`allowance_item` is set")
def _allowance_item_set() -> Scenario:
    return Scenario(receipt(HAT), (given_back(adjusted("20.00")),), then=(somebody_sets(allowance_item="Goodwill"),))


EXCHANGED = given_back(
    HAT_BACK, money="0", exchanged_for=(OrderLine("l2", "Scarf", "Scarf", Decimal(2), Decimal("100.00")),)
)


@case("hat exchanged for two scarves, no money moved", "a person enters both sides by hand and says so")
def _exchange() -> Scenario:
    ends = "skipped: done_by_hand"
    return Scenario(receipt(HAT), (EXCHANGED,), then=(somebody(Act.DONE_BY_HAND),), ends=ends)


@case("hat exchanged for one scarf, 54.00 went back", "a person decides that nothing is entered")
def _exchange_with_difference() -> Scenario:
    scarf = (OrderLine("l2", "Scarf", "Scarf", Decimal(1), Decimal("50.00")),)
    refund = given_back(HAT_BACK, money="54.00", exchanged_for=scarf)
    return Scenario(receipt(HAT), (refund,), then=(somebody(Act.SKIP),), ends="skipped: stopped_by_person")


# Tax and money


@case("sales tax that differs by 0.10", "`rounding_limit` is raised")
def _limit_raised() -> Scenario:
    refund = given_back(back("Hat", 1, "100.00", tax="7.90"))
    then, notices = (somebody_sets(rounding_limit="0.10"),), frozenset({"tax_rounded"})
    return Scenario(receipt(HAT), (refund,), {"rounding_item": "Tax Rounding"}, then=then, notices=notices)


@case("50.00 of 108.00 given as store credit, and no item set for it", "`store_credit_item` is set")
def _store_credit_item_set() -> Scenario:
    refund = given_back(HAT_BACK, money=(AS_STORE_CREDIT, by("shopify_payments", "58.00")))
    then, notices = (somebody_sets(store_credit_item="Store Credit"),), frozenset({"store_credit_booked"})
    return Scenario(receipt(HAT), (refund,), then=then, notices=notices)


@case("QuickBooks refuses the payout of a memo", "a person enters it by hand and says so")
def _payout_by_hand() -> Scenario:
    return Scenario(
        receipt(HAT),
        (REFUND,),
        start=refuses_the_payout,
        then=(somebody(Act.DONE_BY_HAND),),
        notices=frozenset({"settled_by_hand"}),
        left_open={"CreditMemo": "-108.00"},  # until that person's payout, which is none of Connex's, is entered
    )


@case("QuickBooks refuses the payout of a memo", "the cause is put right, and it is tried again")
def _payout_tried_again() -> Scenario:
    def put_right(driver: Driver) -> None:
        driver.refusals = []
        driver.decide("901", Act.TRY_AGAIN)

    return Scenario(receipt(HAT), (REFUND,), start=refuses_the_payout, then=(put_right,))


# Dates


@case("refund dated in closed books", "the books are opened, and a day passes")
def _books_opened() -> Scenario:
    then = (then_a_day_passes(the_books_are_opened),)
    payout = (f"{TODAY}: {OUR_MEMO}",)
    return Scenario(receipt(HAT), (REFUND,), start=closed_up_to_now, then=then, payout=payout)


@case("refund dated before the dividing date of an Accountant's Copy", "the changes are imported, and a day passes")
def _changes_imported() -> Scenario:
    then = (then_a_day_passes(copy_out_up_to(None)),)
    payout = (f"{TODAY}: {OUR_MEMO}",)
    return Scenario(receipt(HAT), (REFUND,), start=copy_out_up_to(TODAY), then=then, payout=payout)


@case("refund dated in closed books", "`closed_books` is set to `next_open_day`")
def _next_open_day_chosen() -> Scenario:
    then, notices = (somebody_sets(closed_books="next_open_day"),), frozenset({"dated_later"})
    payout = (f"{TODAY + timedelta(days=1)}: {OUR_MEMO}",)
    return Scenario(receipt(HAT), (REFUND,), start=closed_up_to_now, then=then, notices=notices, payout=payout)


# Approval


@case("`review` set to `always`", "a person approves what is shown")
def _approved() -> Scenario:
    return Scenario(receipt(HAT), (REFUND,), ALWAYS, then=(somebody(Act.APPROVE),))


@case("`review` set to `always`", "a person declines it")
def _declined() -> Scenario:
    return Scenario(receipt(HAT), (REFUND,), ALWAYS, then=(somebody(Act.DECLINE),), ends="skipped: declined")


@case("`review` set to `over 100.00`, refund of 108.00", "a person approves what is shown")
def _over_the_limit() -> Scenario:
    return Scenario(receipt(HAT), (REFUND,), {"review": "over 100.00"}, then=(somebody(Act.APPROVE),))


@case("`review` set to `always`", "it is approved, then `refund_item` is set: it is shown and approved again")
def _overtaken() -> Scenario:
    def approve_and_set(driver: Driver) -> None:
        driver.decide("901", Act.APPROVE)
        driver.set(refund_item="Web Refunds")

    then = (approve_and_set, in_review("plan_changed", Act.APPROVE))
    return Scenario(receipt(HAT), (REFUND,), ALWAYS, then=then)


# Undoing


@case("posted refund", "a person has it undone")
def _undone() -> Scenario:
    return Scenario(receipt(HAT), (REFUND,), then=(somebody(Act.UNDO),), ends="skipped: undone")


@case("posted refund", "a person has it undone, with `undo` set to `delete`")
def _undone_by_deleting() -> Scenario:
    return Scenario(receipt(HAT), (REFUND,), {"undo": "delete"}, then=(somebody(Act.UNDO),), ends="skipped: undone")


@case("posted refund", "it is undone, and entered again")
def _undone_and_entered_again() -> Scenario:
    return Scenario(receipt(HAT), (REFUND,), then=(somebody(Act.UNDO), somebody(Act.TRY_AGAIN)))


@case("posted refund", "QuickBooks refuses to void the memo: a person deletes that by hand and says so")
def _undo_refused() -> Scenario:
    def undo(driver: Driver) -> None:
        driver.refusals = [Refusal("<TxnVoidType>CreditMemo", 3210, "The transaction has been reconciled.")]
        driver.decide("901", Act.UNDO)

    def by_hand(driver: Driver) -> None:
        assert driver.statuses() == {"901": "review: undo_refused"}
        driver.company.delete(driver.company.transactions("CreditMemo")[0])
        driver.decide("901", Act.DONE_BY_HAND)

    return Scenario(receipt(HAT), (REFUND,), then=(undo, by_hand), ends="skipped: undone")


@case("posted refund of an unpaid invoice, cancelled", "a person has it undone: the invoice is open again")
def _application_undone() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.invoice("Ann", [HAT], ref_number="1001")

    refund = given_back(HAT_BACK, money="0")
    left_open = {"Invoice": "108.00"}
    return Scenario(fill, (refund,), then=(somebody(Act.UNDO),), ends="skipped: undone", left_open=left_open)


@case(
    "posted refund of one of three hats of an open sales order",
    "a person has it undone: the order stays as it is",
)
def _closing_stays() -> Scenario:
    left_open, notices = {"ReceivePayment": "-324.00"}, frozenset({"order_stays_closed"})
    undo = (somebody(Act.UNDO),)
    return Scenario(order_of(3), (REFUND,), then=undo, ends="skipped: undone", notices=notices, left_open=left_open)


# What the shop changes


SMALLER = given_back(back("Hat", 1, "60.00", tax="4.80"))


@case("refund that the shop changes before it is entered", "the newer one is approved")
def _changed_before() -> Scenario:
    then = (the_shop_sends(SMALLER), somebody(Act.APPROVE))
    return Scenario(receipt(HAT), (REFUND,), ALWAYS, then=then)


@case("posted refund", "the shop changes it: a person has it undone, and the newer one entered")
def _changed_afterwards() -> Scenario:
    then = (the_shop_sends(SMALLER), in_review("changed_in_shop", Act.UNDO), somebody(Act.TRY_AGAIN))
    return Scenario(receipt(HAT), (REFUND,), then=then)


@case("posted refund", "the shop changes it: a person corrects it by hand and says so")
def _changed_and_corrected() -> Scenario:
    then = (the_shop_sends(SMALLER), in_review("changed_in_shop", Act.DONE_BY_HAND))
    return Scenario(receipt(HAT), (REFUND,), then=then, notices=frozenset({"settled_by_hand"}))


@case("refund that the shop takes back before it is entered", "the shop takes it back")
def _withdrawn_before() -> Scenario:
    return Scenario(receipt(HAT), (REFUND,), ALWAYS, then=(the_shop_takes_it_back,), ends="skipped: withdrawn")


@case("posted refund", "the shop takes it back: a person has it undone")
def _withdrawn_afterwards() -> Scenario:
    then = (the_shop_takes_it_back, in_review("withdrawn_in_shop", Act.UNDO))
    return Scenario(receipt(HAT), (REFUND,), then=then, ends="skipped: undone")


@case("posted refund", "the shop takes it back: a person voids it by hand and says so")
def _withdrawn_and_voided_by_hand() -> Scenario:
    def by_hand(driver: Driver) -> None:
        assert driver.statuses() == {"901": "review: withdrawn_in_shop"}
        for kind in ("ARRefundCreditCard", "CreditMemo"):
            driver.company.void(driver.company.transactions(kind)[0])
        driver.decide("901", Act.DONE_BY_HAND)

    return Scenario(receipt(HAT), (REFUND,), then=(the_shop_takes_it_back, by_hand), ends="skipped: undone")
