"""What holds for every sale and every sequence of its refunds, whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import qbxml
from qbwc_server.refunds.choosing import choose_sale
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.model import Adjustment, AdjustmentKind, MoneyBack, Order, OrderLine, Refund, RefundLine
from qbwc_server.refunds.open_orders import is_open
from qbwc_server.refunds.planning import plan
from qbwc_server.refunds.posting import Posting
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import CompanyFacts, Sale, SaleLine, SaleType, Taken
from qbwc_server.refunds.settings import CancelledInvoices, RefundMethod, Restock, SalesOrders, Settings, StoreCredit
from qbwc_server.refunds.tax import flat_lines
from qbxml import CreditMemoLineAdd, Ref, cents
from tests.refunds.builders import (
    COMPANY,
    NEW_YORK,
    adjusted,
    all_of,
    back,
    bundle,
    by,
    discount,
    gross_sale,
    invoice,
    memo_of,
    open_payment,
    payouts_of,
    ref,
    refund_of,
    roles,
    sale_of,
    sales_order,
    sales_receipt,
    schema_problems,
    shipping,
    shipping_back,
    sold,
    taken_by,
)

CENT = Decimal("0.01")
PATIENT = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Draw = Callable[[st.SearchStrategy[Any]], Any]


def money(minimum: str, maximum: str) -> st.SearchStrategy[str]:
    return st.decimals(min_value=minimum, max_value=maximum, places=2).map(str)


@st.composite
def choices(draw: Draw) -> Settings:
    return Settings(
        credit_memo_for_invoices=draw(st.booleans()),
        refund_receipt=draw(st.sampled_from([True, True, True, False])),
        refund_method=draw(st.sampled_from(RefundMethod)),
        allowance_item=draw(st.sampled_from(["Allowance", ""])),
        refund_item=draw(st.sampled_from(["", "", "Refunds"])),
        refund_item_restock=draw(st.booleans()),
        restock=draw(st.sampled_from(Restock)),
        no_restock_item=draw(st.sampled_from(["", "No Restock", "No Restock"])),
        rounding_item=draw(st.sampled_from(["", "Rounding"])),
        fee_item=draw(st.sampled_from(["", "Fees"])),
        record_missing_payment=draw(st.booleans()),
        cancelled_unpaid_invoice=draw(st.sampled_from(CancelledInvoices)),
        sales_order=draw(st.sampled_from([SalesOrders.CLOSE, SalesOrders.CLOSE, SalesOrders.CREDIT])),
        store_credit=draw(st.sampled_from(StoreCredit)),
        store_credit_item=draw(st.sampled_from(["", "Tips", "Tips"])),
    )


@st.composite
def sales(draw: Draw, discounts: bool = True) -> Sale:
    """A US sale: goods, perhaps the same item twice or as a bundle, perhaps shipping and discounts, with sales tax."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        line = sold(
            draw(st.sampled_from(["HAT", "TEE", "MUG"])),
            draw(st.integers(1, 5)),
            draw(money("0.00", "99.99")),
            code=draw(st.sampled_from(["Tax", "Tax", "Non"])),
        )
        lines.append(line if draw(st.booleans()) else replace(line, amount=Decimal(draw(money("0.00", "300.00")))))
    if draw(st.booleans()):
        lines.append(bundle("SET", draw(st.integers(1, 2)), sold("CUP", 2, draw(money("0.00", "9.99")))))
    if draw(st.booleans()):
        lines.append(shipping(draw(money("0.01", "20.00")), code=draw(st.sampled_from(["Tax", "Non"]))))
    gross = sum((line.amount for line in lines), Decimal(0))
    if discounts and gross > 1 and draw(st.booleans()):
        lines.append(
            discount(str(cents(gross * draw(st.integers(1, 50)) / 100)), code=draw(st.sampled_from(["Tax", "Non"])))
        )
    tax = draw(st.sampled_from(["0", "5", "8", "8.875"]))
    if draw(st.integers(0, 3)) == 0:
        type_ = draw(st.sampled_from([SaleType.SALES_RECEIPT, SaleType.INVOICE]))
        return gross_sale(type_, *lines, rates={"Tax": tax, "Non": "0"})
    kind = draw(st.sampled_from(["receipt", "receipt", "invoice", "invoice", "invoice", "order"]))
    if kind == "receipt":
        return sales_receipt(*lines, tax=tax)
    if kind == "order":
        return sales_order(*lines, tax=tax, open_payments=(open_payment("5000.00", ref_number="1001"),))
    whole = invoice(*lines, tax=tax)
    paid = draw(st.sampled_from(["0", str(whole.total), str(cents(whole.total * Decimal("0.4")))]))
    return invoice(*lines, tax=tax, paid=paid if whole.total > 0 else "0")


@st.composite
def refunds_of(draw: Draw, sale: Sale, number: int) -> Refund:
    """A refund of some of a sale as a shop would tell it: at the price paid, or less, with the tax on it."""
    lines, base = [], Decimal(0)
    rate = rate_of(sale)
    deducted = sum((line.amount for line in sale.lines if line.is_deduction), Decimal(0))
    gross = sale.subtotal - deducted
    factor = draw(st.sampled_from([1 + deducted / gross if gross else Decimal(1), Decimal(1), Decimal("0.5")]))
    for line in sale.lines:
        if line.is_deduction or str(line.item) == "Shipping" or draw(st.integers(0, 3)) == 3:
            continue
        whole = line.quantity or Decimal(1)
        most = int(whole) + draw(st.sampled_from([0, 0, 0, 1]))
        quantity = Decimal(draw(st.sampled_from([1, *range(most + 1)])))
        rounding = draw(st.sampled_from(["0.00", "0.00", "0.00", "0.01", "-0.01"]))
        amount = max(
            cents(line.amount * max(quantity, Decimal("0.3")) / whole * factor) + Decimal(rounding), Decimal(0)
        )
        is_taxed = bool(line.sales_tax_code) and line.sales_tax_code.full_name == "Tax"
        tax_within = cents(amount * rate / (100 + rate)) if sale.is_tax_included and is_taxed else Decimal("0.00")
        base += amount if is_taxed else 0
        lines.append(
            back(
                str(line.item),
                str(quantity),
                str(amount - tax_within),
                tax=str(tax_within),
                title=line.desc,
                restocked=draw(st.booleans()),
            )
        )
    parts: list[RefundLine | Adjustment] = []
    if draw(st.integers(0, 2)) == 2:
        amount = Decimal(draw(money("0.01", "10.00")))
        code = next((line.sales_tax_code for line in sale.lines if str(line.item) == "Shipping"), None)
        base += amount if code is not None and code.full_name == "Tax" else 0
        parts.append(shipping_back(str(amount)))
    if draw(st.integers(0, 4)) == 0:
        kind = draw(st.sampled_from([AdjustmentKind.DISCREPANCY, AdjustmentKind.FEE]))
        parts.append(adjusted(draw(money("-5.00", "5.00")), reason="goodwill", kind=kind))
    rounding = Decimal(draw(st.sampled_from(["0.00", "0.00", "0.01", "-0.01"])))
    if lines and not sale.is_tax_included:
        lines[0] = replace(lines[0], tax=max(cents(base * sale.tax_percentage / 100) + rounding, Decimal("0.00")))
    refund = refund_of(*lines, *parts, money=(), external_id=str(number))
    value = max(refund.value, Decimal(0))
    half = cents(value / 2)
    how = draw(st.sampled_from(["all", "none", "half", "split"]))
    given = {"all": [value], "none": [], "half": [half], "split": [half, value - half]}[how]
    as_credit = draw(st.sampled_from([-1, -1, -1, 0, 1]))  # which part was given as store credit
    return replace(
        refund,
        money=tuple(
            by(f"gateway{i}", str(amount), store_credit=i == as_credit) for i, amount in enumerate(given) if amount
        ),
    )


@st.composite
def companies(draw: Draw) -> CompanyFacts:
    """A company file, perhaps with gateways of which some have their own account and some are never paid out."""
    mapped = [Gateway(), Gateway("PayPal"), Gateway("Checking", "Visa", RefundMethod.CHECK)]
    mapped.append(Gateway(refund_method=RefundMethod.NONE))
    return replace(COMPANY, gateways={f"gateway{i}": draw(st.sampled_from(mapped)) for i in range(2)})


def rate_of(sale: Sale) -> Decimal:
    """The percentage of the code Tax; of a sale with the tax in its amounts, that which `sales` gave it."""
    if not sale.is_tax_included:
        return sale.tax_percentage
    base = sum((line.amount for line in flat_lines(sale.lines) if code_is_tax(line.sales_tax_code)), Decimal(0))
    rates = [Decimal(text) for text in ("0", "5", "8", "8.875")]
    return next(rate for rate in rates if cents(base * rate / (100 + rate)) == sale.tax)


def code_is_tax(code: Ref | None) -> bool:
    return code is not None and code.full_name == "Tax"


def never_paid(refund: Refund, chosen: Settings, company: CompanyFacts) -> Decimal:
    """The money that the settings or the mapping of its gateway pay out in no case."""
    return sum(
        (
            money.amount
            for money in refund.money
            if not money.store_credit
            and RefundMethod.NONE
            in (chosen.refund_method, company.gateways.get(money.gateway, Gateway()).refund_method)
        ),
        Decimal(0),
    )


def check_posting(
    posting: Posting, refund: Refund, sale: Sale, taken: Taken, chosen: Settings, company: CompanyFacts = COMPANY
) -> None:
    """What must hold for every posting."""
    assert schema_problems(posting) == []
    paid = sum((document.amount for document in payouts_of(posting)), Decimal(0))
    assert paid in (0, refund.money_back - never_paid(refund, chosen, company))
    assert paid <= refund.value
    for document in payouts_of(posting):
        mapped = company.gateways.get(document.gateway, Gateway())
        assert document.account == (mapped.account or document.account)
    assert all(document.amount > 0 for document in payouts_of(posting))
    assert all(len(document.ref_number) <= 11 for document in posting.documents)
    received = sum((d.amount for d in posting.documents if d.role.value == "payment"), Decimal(0))
    assert received in (0, max(sale.open_balance - taken.applied, Decimal(0)))
    assert not received or (not sale.payments and refund.given > 0 and posting.applied == 0)
    assert 0 <= posting.applied <= max(sale.open_balance - taken.applied, Decimal(0))
    if sale.type is SaleType.SALES_ORDER and chosen.sales_order is SalesOrders.CLOSE:
        assert not [document for document in posting.documents if document.role.value in ("memo", "application")]
        return
    if "voiding" in roles(posting):
        assert chosen.cancelled_unpaid_invoice is CancelledInvoices.VOID
        assert (roles(posting), taken) == (["voiding"], Taken())
        assert (refund.given, refund.value, sale.open_balance) == (0, sale.total, sale.total)
        return
    assert posting.total == refund.value
    kept = refund.store_credit if chosen.store_credit is StoreCredit.LIABILITY else Decimal(0)
    total = posting.total - kept
    assert memo_total(posting, sale) == total
    assert [d.amount for d in posting.documents if d.role.value == "memo"] == [total]
    facts = {notice.code: notice.facts for notice in posting.notices}
    credit = sum(
        (
            Decimal(facts[code][fact].split()[0])
            for code, fact in (
                ("payout_not_recorded", "credit"),
                ("store_credit_left", "amount"),
                ("credit_left", "amount"),
            )
            if code in facts
        ),
        Decimal(0),
    )
    assert total == paid + posting.applied + credit
    assert credit == 0 or {"payout_not_recorded", "store_credit_left", "credit_left"} & facts.keys()
    assert not kept or "store_credit_booked" in facts
    assert posting.total > 0 or "memo_of_zero" in facts
    unrecorded = refund.money_back - paid
    assert unrecorded == 0 or Decimal(facts["payout_not_recorded"]["amount"].split()[0]) == unrecorded
    still_open = sale.open_balance - taken.applied - posting.applied - received
    if sale.type is SaleType.INVOICE and still_open > 0 and refund.value == sale.total - taken.total:
        assert "invoice_left_open" in facts
    check_not_more_than_sale(taken_by(posting), sale, taken)
    check_tax_and_stock(posting, sale, taken)


def check_tax_and_stock(posting: Posting, sale: Sale, before: Taken) -> None:
    """Neither the tax nor the stock of an order goes below zero: no more tax than it bore (what QuickBooks rounds up
    within amounts aside, a cent or so of each memo), and no more of an item than was sold."""
    assert posting.tax <= max(sale.tax - before.tax, Decimal(0)) + (Decimal("0.05") if sale.is_tax_included else 0)
    sold_of: dict[str, Decimal] = {}
    for line in flat_lines(sale.lines):
        sold_of[str(line.item)] = sold_of.get(str(line.item), Decimal(0)) + (line.quantity or 0)
    for line in memo_of(posting).lines:
        assert isinstance(line, CreditMemoLineAdd)
        if line.quantity is not None and str(line.item_ref) in sold_of:
            sold_of[str(line.item_ref)] -= line.quantity
    assert all(left >= 0 for left in sold_of.values())


def memo_total(posting: Posting, sale: Sale) -> Decimal:
    """What QuickBooks makes of the memo: its lines, and the tax on those with the code Tax."""
    lines = [line for line in memo_of(posting).lines if isinstance(line, CreditMemoLineAdd)]
    assert len(lines) == len(memo_of(posting).lines)
    amounts = [(line.amount or Decimal(0), line.sales_tax_code_ref) for line in lines]
    base = sum((amount for amount, code in amounts if code is not None and code.full_name == "Tax"), Decimal(0))
    lines_total = sum((amount for amount, _ in amounts), Decimal(0))
    if sale.is_tax_included:
        assert memo_of(posting).is_tax_included
        return lines_total
    return lines_total + cents(base * sale.tax_percentage / 100)


def check_not_more_than_sale(posted: Taken, sale: Sale, before: Taken) -> None:
    for line in flat_lines(sale.lines):
        key = line.txn_line_id
        amount = before.amounts.get(key, Decimal(0)) + posted.amounts.get(key, Decimal(0))
        quantity = before.quantities.get(key, Decimal(0)) + posted.quantities.get(key, Decimal(0))
        assert min(line.amount, 0) <= amount <= max(line.amount, 0), line
        assert 0 <= quantity <= (line.quantity or 0), line


def roles_of(planned: Posting | Skip) -> list[str]:
    return [] if isinstance(planned, Skip) else roles(planned)


@PATIENT
@given(st.data(), sales(), choices(), companies())
def test_refunds_one_after_the_other_come_to_their_value_and_never_to_more_than_the_sale(
    data: st.DataObject, sale: Sale, chosen: Settings, company: CompanyFacts
) -> None:
    taken = Taken()
    for number in range(data.draw(st.integers(1, 4))):
        refund = data.draw(refunds_of(sale, number))
        planned = plan(refund, sale, chosen, company, taken)
        assert planned == plan(refund, sale, chosen, company, taken)
        if isinstance(planned, Skip):
            event(planned.reason)
            assert "unknown)" not in planned.message
            continue
        event("posted")
        check_posting(planned, refund, sale, taken, chosen, company)
        taken = taken.and_also(taken_by(planned))
        assert taken.total <= sale.total
        assert taken.applied <= max(sale.open_balance, Decimal(0))


@PATIENT
@given(sales(discounts=True), choices())
def test_a_full_refund_undoes_each_line_exactly(sale: Sale, chosen: Settings) -> None:
    refund = all_of(sale)
    planned = plan(refund, sale, chosen, COMPANY)
    if "memo" not in roles_of(planned) or refund.value <= 0 or isinstance(planned, Skip):
        unplanned = {"refunds_off", "nothing_to_post", "unfit_data", "restock_needs_item"}
        assert isinstance(planned, Posting) or planned.reason in unplanned, planned
        return
    check_posting(planned, refund, sale, Taken(), chosen)
    undone = [line for line in memo_of(planned).lines if isinstance(line, CreditMemoLineAdd)]
    expected = [line for line in flat_lines(sale.lines) if line.amount or line.quantity]
    undone = undone[: len(expected)]  # goods at nothing follow, where the refund item asks for them
    assert [(line.amount, line.sales_tax_code_ref) for line in undone if line.amount] == [
        (line.amount, line.sales_tax_code) for line in expected if line.amount
    ]
    if not chosen.refund_item and chosen.restock is not Restock.NEVER:
        assert [(line.item_ref, line.quantity) for line in undone] == [(line.item, line.quantity) for line in expected]
    assert planned.total == sale.total
    taken = taken_by(planned)
    again = plan(replace(refund, external_id="again"), sale, chosen, COMPANY, taken)
    assert isinstance(again, Skip)
    assert again.reason == "more_than_sale"


# Sales orders


PRICES = {"HAT": "41.30", "TEE": "17.11", "MUG": "5.03"}  # no few of which come to the price of others


@st.composite
def orders(draw: Draw) -> tuple[Sale, Sale | None]:
    """An order with an open payment, of which perhaps some was invoiced, and that invoice, paid."""
    names = draw(st.lists(st.sampled_from(["HAT", "TEE", "MUG"]), min_size=1, max_size=3, unique=True))
    lines = [sold(name, draw(st.integers(1, 4)), PRICES[name]) for name in names]
    invoiced = [Decimal(draw(st.integers(0, int(line.quantity or 0)))) for line in lines]
    tax = draw(st.sampled_from(["0", "8"]))
    behind = sales_order(*lines, tax=tax, txn_id="O", open_payments=(open_payment("9000.00", ref_number="1001"),))
    if not any(invoiced):
        return behind, None
    counted = tuple(replace(line, invoiced=count) for line, count in zip(behind.lines, invoiced, strict=True))
    behind = replace(behind, lines=counted, invoices=("I",))
    carried = [
        replace(line, quantity=count, amount=cents((line.rate or Decimal(0)) * count))
        for line, count in zip(lines, invoiced, strict=True)
        if count
    ]
    return behind, invoice(*carried, tax=tax, txn_id="I")


def told(sale: Sale, wanted: dict[str, int], number: int) -> Refund:
    """The refund of so many of each item, at the order's prices, with its tax and all of its money."""
    lines = [
        back(
            str(line.item), str(wanted[str(line.item)]), str(cents((line.rate or Decimal(0)) * wanted[str(line.item)]))
        )
        for line in sale.lines
        if wanted.get(str(line.item))
    ]
    net = sum((line.amount for line in lines), Decimal(0))
    if lines:
        lines[0] = replace(lines[0], tax=cents(net * sale.tax_percentage / 100))
    return refund_of(*lines, external_id=str(number))


def changed(order: Sale, request: qbxml.SalesOrderMod) -> Sale:
    """The order as QuickBooks has it after a change: of a line that is lowered, the amount is worked out anew."""
    if request.is_manually_closed:
        return replace(order, is_closed=True, memo=request.memo or "")
    lines = []
    for line, change in zip(order.lines, request.lines, strict=True):
        assert isinstance(change, qbxml.SalesOrderLineMod)
        assert line.txn_line_id == change.txn_line_id
        quantity = line.quantity if change.quantity is None else change.quantity
        assert quantity is not None
        assert line.invoiced <= quantity <= (line.quantity or 0)
        amount = cents((line.rate or Decimal(0)) * quantity)
        lines.append(
            replace(line, quantity=quantity, amount=amount, is_closed=line.is_closed or bool(change.is_manually_closed))
        )
    subtotal = sum((line.amount for line in lines), Decimal("0.00"))
    tax = cents(subtotal * order.tax_percentage / 100)
    return replace(order, lines=tuple(lines), subtotal=subtotal, tax=tax, total=subtotal + tax, memo=request.memo or "")


@settings(PATIENT, max_examples=150)
@given(st.data(), orders())
def test_of_an_order_no_more_is_closed_and_credited_than_was_ordered(
    data: st.DataObject, made: tuple[Sale, Sale | None]
) -> None:
    order, carrying = made
    ordered = {str(line.item): line.quantity or Decimal(0) for line in order.lines}
    invoiced = {str(line.item): line.invoiced for line in order.lines}
    price = {str(line.item): line.rate or Decimal(0) for line in order.lines}
    gone = dict.fromkeys(ordered, Decimal(0))
    credited = dict.fromkeys(ordered, Decimal(0))
    taken = Taken()
    for number in range(data.draw(st.integers(1, 4))):
        wanted = {name: data.draw(st.integers(0, int(count) + 1)) for name, count in ordered.items()}
        refund = told(order, wanted, number)
        sale = order
        if carrying is not None:
            behind = order if is_open(order) else None
            sale = replace(carrying, behind=behind, open_payments=order.open_payments)
        planned = plan(refund, sale, Settings(refund_account="Checking"), COMPANY, taken)
        if isinstance(planned, Skip):
            event(planned.reason)
            continue
        event(" ".join(roles(planned)))
        assert schema_problems(planned) == []
        assert sum((payout.amount for payout in payouts_of(planned)), Decimal(0)) == refund.money_back
        memo = [document for document in planned.documents if document.role.value == "memo"]
        for line in memo_of(planned).lines if memo else ():
            assert isinstance(line, CreditMemoLineAdd)
            credited[str(line.item_ref)] += line.quantity or 0
        for name, count in wanted.items():
            gone[name] += count
        assert all(gone[name] <= ordered[name] for name in ordered), (gone, ordered)
        assert all(credited[name] <= invoiced[name] for name in ordered), (credited, invoiced)
        closed = sum((price[name] * (gone[name] - credited[name]) for name in ordered), Decimal(0))
        assert closed <= sum((price[name] * (ordered[name] - invoiced[name]) for name in ordered), Decimal(0))
        for document in planned.documents:
            if isinstance(document.request, qbxml.SalesOrderMod):
                order = changed(order, document.request)
        taken = taken.and_also(taken_by(planned))


# Hostile

TEXT = st.sampled_from(["HAT", "TEE", "Shipping", "SET", "1001", "", "\x00", "\ud800", "\x1f", "Ü"])
TEXT |= st.just("x").map(lambda letter: letter * 5000)
AMOUNTS = st.decimals(min_value="0.00", max_value="99.99", places=2)
COUNTS = st.sampled_from([Decimal(text) for text in ("0", "1", "2", "0.5", "3")])
WILD = st.sampled_from(
    [Decimal(text) for text in ("-1", "9999999999999.99", "1E+30", "-0", "0.001", "NaN", "Infinity", "1E-40")]
)
SOLD = AMOUNTS | AMOUNTS.map(lambda amount: -amount) | st.just(Decimal("9999999999999.99"))


def hostile_refunds(
    amounts: st.SearchStrategy[Decimal], counts: st.SearchStrategy[Decimal], moments: st.SearchStrategy[datetime]
) -> st.SearchStrategy[Refund]:
    taxes = st.just(Decimal(0)) | amounts
    order_lines = st.builds(OrderLine, TEXT, TEXT, TEXT, counts, amounts, taxes)
    lines = st.builds(RefundLine, TEXT, TEXT, TEXT, counts, amounts, taxes, st.booleans(), st.booleans())
    adjustments = st.builds(
        Adjustment, st.sampled_from(AdjustmentKind), amounts | amounts.map(Decimal.copy_negate), taxes, TEXT
    )
    order = st.builds(
        Order,
        order_id=TEXT,
        number=TEXT,
        lines=st.lists(order_lines, max_size=2).map(tuple),
        shipping=st.none() | amounts,
        total=st.none() | amounts,
    )
    return st.builds(
        Refund,
        source=TEXT,
        shop=TEXT,
        external_id=TEXT,
        order=order,
        created_at=moments,
        currency=st.sampled_from(["USD"] * 9 + [""]),
        lines=st.lists(lines, max_size=4).map(tuple),
        adjustments=st.lists(adjustments, max_size=2).map(tuple),
        money=st.just(()) | st.lists(st.builds(MoneyBack, amounts, TEXT, TEXT), max_size=2).map(tuple),
        note=TEXT,
    )


MOMENTS = st.datetimes(timezones=st.just(NEW_YORK))
WILD_MOMENTS = st.sampled_from([datetime.min.replace(tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc)])
ODD_REFUNDS = hostile_refunds(AMOUNTS, COUNTS, MOMENTS)
WILD_REFUNDS = hostile_refunds(AMOUNTS | WILD, COUNTS | WILD, MOMENTS | WILD_MOMENTS)
REFUNDS = st.integers(0, 3).flatmap(lambda which: ODD_REFUNDS if which else WILD_REFUNDS)
SALE_LINES = st.builds(
    SaleLine,
    txn_line_id=st.just(""),
    item=st.none() | st.sampled_from([ref(name) for name in ("HAT", "TEE", "Shipping", "Discount")]),
    desc=st.sampled_from(["", "HAT", "a\x7fb"]),
    quantity=st.none() | COUNTS | COUNTS.map(lambda count: -count),
    rate=st.none() | AMOUNTS,
    rate_percent=st.none(),
    amount=SOLD,
    sales_tax_code=st.none() | st.sampled_from([ref("Tax"), ref("Non"), ref("ABC")]),
)


def matching(refund: Refund, sale: Sale, how: str) -> Refund:
    """The refund made to fit the sale better, so that more of them get as far as being planned."""
    lines = tuple(
        replace(
            refund.lines[0],
            sku=str(line.item),
            quantity=abs(line.quantity or Decimal(1)),
            amount=line.amount,
            tax=Decimal(0),
        )
        for line in sale.lines
        if refund.lines and line.item is not None
    )
    if how == "the lines sold":
        return replace(refund, lines=lines, adjustments=(), money=refund.money[:1])
    if how == "all of it":
        whole = Adjustment(AdjustmentKind.DISCREPANCY, sale.total)
        return replace(refund, lines=(), adjustments=(whole,), money=())
    return refund


@st.composite
def odd_sales(draw: Draw) -> Sale:
    lines = draw(st.lists(SALE_LINES, max_size=4))
    kind = draw(st.sampled_from(SaleType))
    sale = sale_of(kind, *lines, tax=draw(st.sampled_from(["0", "8", "100"])))
    return replace(
        sale,
        total=draw(st.sampled_from([sale.total, sale.total, Decimal(100000), Decimal("-1.00")])),
        open_balance=draw(SOLD),
        payments=draw(st.sampled_from([(), (open_payment("10.00"),)])),
        open_payments=draw(
            st.sampled_from([(), (open_payment("10.00"),), (open_payment("1.00"), open_payment("2.00"))])
        ),
        is_closed=draw(st.booleans()),
        is_tax_included=draw(st.booleans()),
    )


@settings(PATIENT, max_examples=200)
@given(REFUNDS, odd_sales(), choices(), st.sampled_from(["as it is", "the lines sold", "all of it"]))
def test_nothing_that_a_refund_can_be_is_an_error(refund: Refund, sale: Sale, chosen: Settings, how: str) -> None:
    refund = matching(refund, sale, how)
    planned = plan(refund, sale, chosen, COMPANY)
    assert isinstance(planned, (Posting, Skip))
    if isinstance(planned, Skip):
        event(planned.reason)
        assert planned.message
        return
    event("posted")
    for document in planned.documents:
        assert qbxml.write_request(document.request)
    assert sum((d.amount for d in payouts_of(planned)), Decimal(0)) in (0, refund.money_back)
    assert planned.total == refund.value


@settings(PATIENT, max_examples=100)
@given(REFUNDS, st.lists(odd_sales(), max_size=3))
def test_choosing_among_any_sales_is_no_error(refund: Refund, found: list[Sale]) -> None:
    named = [
        replace(sale, txn_id=str(index), invoices=("0", "1") if index == 2 else ()) for index, sale in enumerate(found)
    ]
    chosen = choose_sale(refund, named, Settings())
    assert chosen in named or (isinstance(chosen, Skip) and chosen.message)
