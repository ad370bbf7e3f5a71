"""A refund with impossible figures, or a document that QuickBooks would refuse, stops as such, never as an error."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qbwc_server.refunds.fitness import unfit_documents, unfit_refund
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.posting import Document
from qbwc_server.refunds.reasons import Status
from qbxml import SalesOrderMod
from tests.refunds.builders import NEW_YORK, adjusted, back, by, refund_of, sales_receipt, sold, stopped

FITTING = (back("HAT", "1.5", "50.00", tax="4.00"), adjusted("-1.00"))


def test_an_ordinary_refund_is_fit() -> None:
    assert unfit_refund(refund_of(*FITTING), NEW_YORK) is None


@pytest.mark.parametrize(
    ("parts", "money", "said"),
    [
        (
            (back("HAT", -1, "50.00"),),
            (),
            "lines[0].quantity of the refund can't be sent to QuickBooks: -1 is negative",
        ),
        (
            (back("HAT", 1, "-50.00"),),
            (),
            "lines[0].amount of the refund can't be sent to QuickBooks: -50.00 is negative",
        ),
        ((back("HAT", 1, "5.00", tax="-1.00"),), (), "lines[0].tax of the refund"),
        ((back("HAT", "0.000001", "5.00"),), (), "more than 5 decimals"),
        ((back("HAT", "1E+10", "5.00"),), (), "lines[0].quantity"),
        (
            (*FITTING, back("HAT", 1, "5.001")),
            (),
            "lines[1].amount of the refund can't be sent to QuickBooks: 5.001 has more",
        ),
        ((back("HAT", 1, "1E+13"),), (), "1E+13 is 10,000,000,000,000 or more"),
        ((back("HAT", 1, "NaN"),), (), "NaN is no number"),
        ((back("HAT", "sNaN", "5.00"),), (), "sNaN is no number"),
        ((back("HAT", "Infinity", "5.00"),), (), "Infinity is no number"),
        ((back("HAT", 1, "1E+999999"),), (), "or more"),
        ((adjusted("0.001"),), (), "adjustments[0].amount"),
        ((adjusted("1.00", tax="1E+20"),), (), "adjustments[0].tax"),
        (
            FITTING,
            (by("card", "-1.00"),),
            "money[0].amount of the refund can't be sent to QuickBooks: -1.00 is negative",
        ),
        (FITTING, (by("card", "1.00"), by("card", "1.005")), "money[1].amount"),
    ],
)
def test_a_figure_that_is_none_stops_the_refund_with_its_place(
    parts: tuple[Any, ...], money: tuple[Any, ...], said: str
) -> None:
    skip = stopped(refund_of(*parts, money=money), sales_receipt(sold("HAT", 2, "50.00")))
    assert (skip.reason, skip.status) == ("unfit_data", Status.FAILED)
    assert said in skip.message


@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        (datetime(1, 1, 1, tzinfo=timezone.utc), NEW_YORK),
        (datetime(9999, 12, 31, 23, tzinfo=timezone.utc), ZoneInfo("Asia/Tokyo")),
    ],
)
def test_a_time_beyond_the_calendar_is_no_day(moment: datetime, zone: ZoneInfo) -> None:
    skip = unfit_refund(refund_of(*FITTING, created_at=moment), zone)
    assert skip is not None
    assert "is no day in the shop's time zone" in skip.message


def test_a_document_that_qbxml_refuses_is_named_with_the_field() -> None:
    def closing(edit_sequence: str) -> Document:
        request = SalesOrderMod(txn_id="1-1", edit_sequence=edit_sequence)
        return Document(Role.CLOSING, 1, request, "", "1001", Decimal(0))

    assert unfit_documents([closing("1")]) is None
    skip = unfit_documents([closing("1"), closing("1" * 17)])
    assert skip is not None
    assert skip.facts["place"] == "SalesOrderMod.EditSequence"
    assert "17 characters" in skip.message
