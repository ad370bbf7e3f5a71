"""The demonstration's tables fit the terminal and say all in words."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console, RenderableType

from qbwc_server.demo.report import MAX_FINDINGS, MAX_ROWS, refund_table, summary, trial_balance_table

WIDTH = 100


def shown(renderable: RenderableType, width: int = WIDTH) -> str:
    """As it stands on a terminal without colours."""
    console = Console(width=width, no_color=True, file=io.StringIO(), force_terminal=False)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def words(renderable: RenderableType) -> str:
    """What a table says, without its frame and its breaks: the columns, each read from top to bottom."""
    columns: dict[int, list[str]] = {}
    for line in shown(renderable).splitlines():
        for number, cell in enumerate(line.split("│")):
            columns.setdefault(number, []).append(cell.strip())
    return " ".join(" ".join(cells) for cells in columns.values())


def refund(number: int = 1001, **changes: Any) -> dict[str, Any]:
    payout = {"type": "ARRefundCreditCard", "txn_id": "2", "ref_number": f"{number}-ABC", "amount": "1234.56"}
    payout["account"] = "*Undeposited Funds"
    return {
        "order_number": f"#{number}",
        "external_id": str(number),
        "amount": "1234.56",
        "status": "posted",
        "reason": None,
        "sale": {"type": "Invoice", "txn_id": "3", "ref_number": str(number)},
        "credit_memo": {"txn_id": "1", "ref_number": f"{number}-ABC", "amount": "1234.56"},
        "payout": payout,
        "payouts": [payout],
        "notices": [],
        **changes,
    }


def skipped(number: int) -> dict[str, Any]:
    reason = {"code": "order_not_found", "message": f"QuickBooks has no sale with the number {number}."}
    nothing: dict[str, Any] = {"sale": None, "credit_memo": None, "payout": None, "payouts": []}
    return refund(number, status="skipped", reason=reason, **nothing)


def result(**changes: Any) -> dict[str, Any]:
    counts = {"refunds": 12, "posted": 10, "skipped": 1, "review": 1, "failed": 0, "duplicates": 0}
    return {**counts, "round_trips": 7, "seconds": 1.234, "balanced": True, "findings": [], **changes}


def test_a_posted_refund_is_told_with_sale_memo_payout_and_account() -> None:
    told = words(refund_table([refund()]))
    assert "#1001" in told
    assert "Invoice 1001" in told
    assert "Credit memo 1001-ABC 1234.56" in told
    assert "Card refund 1234.56 from *Undeposited Funds" in told


def test_a_refund_that_was_not_posted_says_why() -> None:
    told = words(refund_table([skipped(1002)]))
    assert "skipped" in told
    assert "Not entered: QuickBooks has no sale with the number 1002." in told


def test_notices_are_told_and_a_closed_order_too() -> None:
    notices = [
        {"code": "order_closed", "message": "It was closed."},
        {"code": "payment_not_in_books", "message": "No payment was found."},
    ]
    sale = {"type": "SalesOrder", "txn_id": "3", "ref_number": "1001"}
    told = words(refund_table([refund(sale=sale, credit_memo=None, payout=None, payouts=[], notices=notices)]))
    assert "Sales order closed" in told
    assert "Note: It was closed. Note: No payment was found." in told


@pytest.mark.parametrize(
    ("paid", "notice", "told"),
    [("1000.00", None, True), (None, None, True), ("1234.56", None, False), ("1000.00", "credit_left", False)],
)
def test_what_was_set_against_the_invoice_is_told(paid: str | None, notice: str | None, told: bool) -> None:
    payouts = [{"type": "Check", "ref_number": None, "amount": paid, "account": "Checking"}] if paid else []
    notices = [{"code": notice, "message": "so"}] if notice else []
    table = words(refund_table([refund(payouts=payouts, notices=notices)]))
    assert ("Set against the invoice" in table) is told
    assert ("Check 1000.00 from Checking" in table) is (paid == "1000.00")


def test_a_long_list_is_cut_with_a_count_of_the_rest_and_shows_every_kind_of_outcome() -> None:
    refunds = [refund(number) for number in range(1001, 1990)] + [skipped(1990), refund(1991, status="failed")]
    table = shown(refund_table(refunds))
    assert sum(line.startswith("│ #") for line in table.splitlines()) == MAX_ROWS
    assert "#1990" in table
    assert "failed" in table
    assert f"and {991 - MAX_ROWS} more refunds: {991 - MAX_ROWS} posted." in table


def test_a_short_list_is_shown_whole() -> None:
    table = shown(refund_table([refund(number) for number in range(1001, 1001 + MAX_ROWS)]))
    assert sum(line.startswith("│ #") for line in table.splitlines()) == MAX_ROWS
    assert "more refund" not in table


def test_a_refund_that_waits_says_that_nothing_was_entered() -> None:
    told = words(refund_table([refund(status="waiting", credit_memo=None, payout=None, payouts=[])]))
    assert "Nothing" in told


def test_square_brackets_in_data_are_shown_as_they_are() -> None:
    assert "[red]" in shown(refund_table([refund(order_number="[red]1")]))


def test_the_books_show_before_change_and_after_and_what_they_come_to() -> None:
    before = {"Checking": Decimal("1500.00"), "Sales": Decimal("-1500.00"), "Unused": Decimal("0.00")}
    after = {"Checking": Decimal("1400.50"), "Sales": Decimal("-1400.50"), "Unused": Decimal("0.00")}
    lines = [
        [cell.strip() for cell in line.split("│")] for line in shown(trial_balance_table(before, after)).splitlines()
    ]
    assert ["", "Checking", "1,500.00", "(99.50)", "1,400.50", ""] in lines
    assert ["", "Sales", "(1,500.00)", "99.50", "(1,400.50)", ""] in lines
    assert ["", "Total (zero where balanced)", "0.00", "0.00", "0.00", ""] in lines
    assert not any("Unused" in line for line in lines)


def test_the_summary_says_that_all_is_right() -> None:
    told = shown(summary(result()))
    assert "12 refunds: 10 posted, 1 skipped, 1 review, 0 failed." in told
    assert "7 round trips with the Web Connector in 1.2 seconds." in told
    assert "comes to zero" in told
    assert "as an accountant would expect." in told
    assert "NOT" not in told


def test_the_summary_says_in_words_what_is_wrong() -> None:
    findings = [f"Finding {number}." for number in range(MAX_FINDINGS + 5)]
    told = shown(summary(result(balanced=False, duplicates=2, findings=findings)))
    assert "DOES NOT come to zero" in told
    assert "2 documents TOO MANY" in told
    assert "NOT as an accountant would expect, in 25 points" in told
    assert f"Finding {MAX_FINDINGS - 1}." in told
    assert f"Finding {MAX_FINDINGS}." not in told
    assert "and 5 more" in told


@pytest.mark.parametrize("width", [WIDTH, 80])
def test_everything_fits_the_width(width: int) -> None:
    long = "A sentence of many words that a bookkeeper reads, again and again. " * 4
    wide = refund(
        10_000_001,
        notices=[{"code": "adopted", "message": long}],
        credit_memo={"txn_id": "1", "ref_number": "RABCDEFGHIJ", "amount": "9999999.99"},
        amount="9999999.99",
    )
    books = {f"Income:Department {number}:Online": Decimal("1234567.89") for number in range(3)}
    for renderable in (refund_table([wide]), trial_balance_table(books, books), summary(result(findings=[long]))):
        lines = shown(renderable, width).splitlines()
        assert max(len(line) for line in lines) <= width
    table = shown(refund_table([wide]), width)
    assert "10000001" in table
    assert all(line.endswith(("│", "┃", "┓", "┩", "┘")) for line in table.splitlines() if line[:1] in "│┃┏┡└")
