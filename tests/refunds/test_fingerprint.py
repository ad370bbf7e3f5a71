"""Two tellings of a refund have the same fingerprint exactly where they would be entered alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.refunds.fingerprint import fingerprint, is_withdrawn
from tests.refunds.builders import back, by, refund_of, shipping_back

REFUND = refund_of(
    back("HAT", 1, "20.00", tax="1.65"), back("CAP", 2, "10.00"), shipping_back("5.00"), money=(by("card", "36.65"),)
)


@given(st.permutations(REFUND.lines), st.sampled_from(["", "0", "00"]), st.text(max_size=5), st.integers(-12, 12))
def test_order_zeros_notes_and_zones_make_no_difference(lines: list[object], zeros: str, note: str, hours: int) -> None:
    told = tuple(replace(line, amount=Decimal(f"{line.amount}{zeros}"), line_id=note) for line in lines)  # type: ignore[attr-defined,type-var]
    at = REFUND.created_at.astimezone(timezone(timedelta(hours=hours)))
    assert fingerprint(replace(REFUND, lines=told, note=note, created_at=at)) == fingerprint(REFUND)  # type: ignore[arg-type]


def test_money_in_two_parts_through_one_gateway_is_the_same_money() -> None:
    assert fingerprint(replace(REFUND, money=(by("card", "30.00"), by("card", "6.65")))) == fingerprint(REFUND)


def test_any_figure_that_reaches_the_books_makes_another() -> None:
    line = REFUND.lines[0]
    others = [
        replace(REFUND, currency="CAD"),
        replace(REFUND, created_at=REFUND.created_at + timedelta(days=1)),
        replace(REFUND, order=replace(REFUND.order, number="7")),
        replace(REFUND, adjustments=()),
        replace(REFUND, money=(by("paypal", "36.65"),)),
        *(
            replace(REFUND, lines=(replace(line, **change), *REFUND.lines[1:]))
            for change in (
                {"sku": "X"}, {"quantity": Decimal(2)}, {"amount": Decimal("20.01")}, {"tax": Decimal(0)},
                {"restocked": False},
            )
        ),
    ]  # fmt: skip
    assert len({fingerprint(other) for other in (REFUND, *others)}) == 1 + len(others)


def test_a_refund_of_which_nothing_is_told_was_taken_back() -> None:
    assert is_withdrawn(replace(REFUND, lines=(), adjustments=(), money=()))
    assert not is_withdrawn(replace(REFUND, lines=(), adjustments=()))
