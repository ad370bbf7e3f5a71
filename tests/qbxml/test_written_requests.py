"""Requests that were written earlier, the sets they go out in, and what never leaves in either."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import qbxml
from qbxml.aggregate import Since
from tests.qbxml.schemas import problems

ANN = qbxml.Ref(list_id="80000001-1500000000")
LINE = qbxml.CreditMemoLineAdd(item_ref=qbxml.Ref(full_name="Hat & wool – é🎩"), amount=Decimal("12.50"))
MEMO = qbxml.CreditMemoAdd(def_macro="TxnID:A", customer_ref=ANN, lines=(LINE,))


def canonical(document: bytes) -> bytes:
    """Whatever the order of the attributes."""
    return etree.tostring(etree.fromstring(document), method="c14n")


def payout(*macros: str) -> qbxml.ARRefundCreditCardAdd:
    return qbxml.ARRefundCreditCardAdd(
        customer_ref=ANN,
        refund_applied_to_txn_adds=tuple(
            qbxml.RefundAppliedToTxnAdd(txn_id=qbxml.MacroID(use_macro=macro), refund_amount=Decimal("12.50"))
            for macro in macros
        ),
    )


def written(**fields: Any) -> bytes:
    return qbxml.write_request(qbxml.CreditMemoAdd(**({"customer_ref": ANN, "lines": (LINE,)} | fields)))


def test_a_request_written_earlier_goes_out_as_one_that_is_written_in_the_set() -> None:
    for request in (MEMO, payout("TxnID:A"), qbxml.HostQuery(), qbxml.InvoiceQuery(max_returned=5, iterator="Start")):
        kept = qbxml.write_request(request)
        assert b"requestID" not in kept
        for name in ("7", "document 7 of refund 12"):
            from_bytes = qbxml.write_message_set(qbxml.MessageSet((qbxml.Call(name, kept),)))
            at_once = qbxml.write_message_set(qbxml.MessageSet((qbxml.Call(name, request),)))
            assert canonical(from_bytes) == canonical(at_once)
            assert problems(from_bytes, "130") == []


def test_what_is_kept_of_a_request_is_ascii_and_nothing_of_it_is_lost() -> None:
    kept = qbxml.write_request(MEMO)
    assert kept.isascii()
    assert "Hat & wool – é🎩".encode("ascii", "xmlcharrefreplace").replace(b"& ", b"&amp; ") in kept
    assert qbxml.with_txn_ids(kept, {}) == kept


def test_macros_that_were_resolved_give_way_to_their_txn_ids_and_the_others_stay() -> None:
    changed = qbxml.with_txn_ids(qbxml.write_request(payout("TxnID:A", "TxnID:B")), {"TxnID:A": "3FE6-1285088622"})
    assert changed.count(b"<TxnID>3FE6-1285088622</TxnID>") == 1
    assert changed.count(b'<TxnID useMacro="TxnID:B"/>') == 1
    assert b"TxnID:A" not in changed
    assert problems(qbxml.write_message_set(qbxml.MessageSet((qbxml.Call("1", changed),))), "130") == []


def test_the_name_under_which_a_request_defines_its_own_macro_stays() -> None:
    assert b'defMacro="TxnID:A"' in qbxml.with_txn_ids(qbxml.write_request(MEMO), {"TxnID:A": "1-2"})


def test_a_resolved_request_equals_one_that_names_the_transaction_from_the_start() -> None:
    applied = qbxml.RefundAppliedToTxnAdd(txn_id=qbxml.MacroID(txn_id="1-2"), refund_amount=Decimal("12.50"))
    direct = qbxml.ARRefundCreditCardAdd(customer_ref=ANN, refund_applied_to_txn_adds=(applied,))
    resolved = qbxml.with_txn_ids(qbxml.write_request(payout("TxnID:A")), {"TxnID:A": "1-2"})
    assert resolved == qbxml.write_request(direct)


@pytest.mark.parametrize(
    ("request_bytes", "reason"),
    [
        (b"", "not well-formed"),
        (b"<HostQueryRq>", "not well-formed"),
        (b'<!DOCTYPE R [<!ENTITY a "b">]><R>&a;</R>', "DTD"),
        (b'<!DOCTYPE R SYSTEM "outside.dtd"><R/>', "DTD"),
    ],
)
def test_bytes_that_are_no_request_never_leave(request_bytes: bytes, reason: str) -> None:
    with pytest.raises(qbxml.FieldError, match=reason):
        qbxml.write_message_set(qbxml.MessageSet((qbxml.Call("1", request_bytes),)))
    with pytest.raises(qbxml.FieldError, match=reason):
        qbxml.with_txn_ids(request_bytes, {})


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"new_message_set_id": ""}, "new_message_set_id"),
        ({"new_message_set_id": "x" * 21}, "new_message_set_id"),
        ({"old_message_set_id": "é"}, "old_message_set_id"),
        ({"old_message_set_id": "a\x00"}, "old_message_set_id"),
        ({"on_error": "rollbackOnError"}, "onError"),
        ({"calls": (qbxml.Call("1", MEMO), qbxml.Call("1", MEMO))}, "requestID"),
        ({"calls": (qbxml.Call("x" * 51, MEMO),)}, "requestID"),
        ({"calls": (qbxml.Call("a\x0b", b"<HostQueryRq/>"),)}, "requestID"),
        ({"calls": tuple(qbxml.Call(str(number), b"<R/>") for number in range(2001))}, "QBXMLMsgsRq"),
    ],
)
def test_a_set_that_quickbooks_would_refuse_never_leaves(change: dict[str, Any], place: str) -> None:
    with pytest.raises(qbxml.FieldError) as error:
        qbxml.write_message_set(qbxml.MessageSet(**change))
    assert place in error.value.place


def test_a_set_without_requests_asks_for_or_clears_the_state_of_another() -> None:
    for ids in ({"new_message_set_id": "A", "old_message_set_id": "A"}, {"old_message_set_id": "A"}):
        document = qbxml.write_message_set(qbxml.MessageSet(**ids))
        assert problems(document, "130") == []
        assert b"<QBXMLMsgsRq" in document


@pytest.mark.parametrize(
    ("fields", "place", "reason"),
    [
        ({"customer_ref": "Ann"}, "CreditMemoAdd.CustomerRef", "is a str, where Ref belongs"),
        ({"memo": ANN}, "CreditMemoAdd.Memo", "is a Ref, where a plain value belongs"),
        ({"lines": (ANN,)}, "CreditMemoAdd.Lines", "CreditMemoLineAdd or CreditMemoLineGroupAdd belongs"),
        ({"lines": LINE}, "CreditMemoAdd.Lines", "several values belong"),
        ({"txn_date": "2024-02-29"}, "CreditMemoAdd.TxnDate", "is not a date"),
        ({"txn_date": datetime(2024, 2, 29, tzinfo=timezone.utc)}, "CreditMemoAdd.TxnDate", "is not a date"),
        ({"is_pending": 1}, "CreditMemoAdd.IsPending", "neither True nor False"),
        ({"exchange_rate": 1.5}, "CreditMemoAdd.ExchangeRate", "not a finite Decimal"),
        ({"exchange_rate": Decimal("1e20")}, "CreditMemoAdd.ExchangeRate", "more digits than fit"),
        ({"exchange_rate": Decimal("1e99999999")}, "CreditMemoAdd.ExchangeRate", "more digits than fit"),
        ({"memo": "a\ufffeb"}, "CreditMemoAdd.Memo", "U+FFFE"),
        ({"memo": "a\ud83cb"}, "CreditMemoAdd.Memo", "U+D83C"),
    ],
)
def test_a_value_of_another_type_never_leaves(fields: dict[str, Any], place: str, reason: str) -> None:
    with pytest.raises(qbxml.FieldError) as error:
        written(**fields)
    assert error.value.place == place
    assert reason in error.value.reason


@pytest.mark.parametrize("amount", ["1e13", "-1e13", "1e30", "1e999999", "0.001", "1e-40", "NaN", "sNaN", "-Infinity"])
def test_an_amount_that_is_no_amount_is_refused_by_name_however_large_or_small(amount: str) -> None:
    with pytest.raises(qbxml.FieldError) as error:
        written(lines=(qbxml.CreditMemoLineAdd(amount=Decimal(amount)),))
    assert error.value.place == "CreditMemoAdd.Lines.Amount"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0.00"), ("-0.00", "0.00"), ("-0", "0.00"), ("5", "5.00"), ("1e3", "1000.00"), ("-38.950", "-38.95")],
)
def test_an_amount_leaves_with_two_decimals_and_zero_without_a_sign(amount: str, text: str) -> None:
    assert f"<Amount>{text}</Amount>".encode() in written(lines=(qbxml.CreditMemoLineAdd(amount=Decimal(amount)),))


@pytest.mark.parametrize(
    ("quantity", "text"), [("2", "2"), ("100", "100"), ("2.50", "2.5"), ("-0.0", "0"), ("0.00001", "0.00001")]
)
def test_a_quantity_leaves_without_idle_zeros(quantity: str, text: str) -> None:
    line = qbxml.CreditMemoLineAdd(quantity=Decimal(quantity))
    assert f"<Quantity>{text}</Quantity>".encode() in written(lines=(line,))


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("1.2345", "1.2345"),
        ("1", "1"),
        ("0.0000001", "0.0000001"),
        ("1.99999999999999999999", "2.000000000000000000"),
        ("1e-99999999", "0.000000000000000000"),
        ("0.33333333333333333333333333", "0.333333333333333333"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_an_exchange_rate_is_rounded_to_what_fits_and_never_loses_digits_before_the_point(rate: str, text: str) -> None:
    assert len(text) <= 20
    assert f"<ExchangeRate>{text}</ExchangeRate>".encode() in written(exchange_rate=Decimal(rate))


def test_a_time_leaves_in_utc_with_its_offset_and_one_beyond_all_calendars_never() -> None:
    def query(moment: datetime) -> bytes:
        filter_ = qbxml.ModifiedDateRangeFilter(from_modified_date=moment)
        return qbxml.write_request(qbxml.InvoiceQuery(modified_date_range_filter=filter_))

    eastern = timezone(timedelta(hours=-5))
    assert b">2024-02-29T17:30:00+00:00<" in query(
        datetime(2024, 2, 29, 12, 30, 5, 7, tzinfo=eastern).replace(second=0)
    )
    for moment in (datetime.max.replace(tzinfo=eastern), datetime(2024, 2, 29)):  # noqa: DTZ001
        with pytest.raises(qbxml.FieldError, match="FromModifiedDate"):
            query(moment)


@pytest.mark.parametrize("macro", [qbxml.MacroID(), qbxml.MacroID(txn_id="1-2", use_macro="TxnID:A")])
def test_a_transaction_is_named_by_its_id_or_by_a_macro(macro: qbxml.MacroID) -> None:
    applied = qbxml.RefundAppliedToTxnAdd(txn_id=macro, refund_amount=Decimal(1))
    with pytest.raises(qbxml.FieldError, match=r"TxnID: must name one transaction"):
        qbxml.write_request(qbxml.ARRefundCreditCardAdd(customer_ref=ANN, refund_applied_to_txn_adds=(applied,)))


@pytest.mark.parametrize(
    "request_",
    [
        qbxml.InvoiceQuery(txn_ids=("1",), ref_numbers=("1",)),
        qbxml.InvoiceQuery(txn_ids=("1",), paid_status="All"),
        qbxml.InvoiceQuery(ref_numbers=("1",), txn_date_range_filter=qbxml.TxnDateRangeFilter()),
        qbxml.InvoiceQuery(
            modified_date_range_filter=qbxml.ModifiedDateRangeFilter(),
            txn_date_range_filter=qbxml.TxnDateRangeFilter(from_txn_date=date(2024, 1, 1)),
        ),
        qbxml.InvoiceQuery(entity_filter=qbxml.EntityFilter(list_ids=("1",), full_names=("Ann",))),
        qbxml.CustomerQuery(list_ids=("1",), active_status="All"),
        qbxml.AccountQuery(full_names=("Bank",), account_types=("Bank",)),
    ],
)
def test_alternatives_never_leave_together(request_: qbxml.Request) -> None:
    with pytest.raises(qbxml.FieldError, match="only one of"):
        qbxml.write_request(request_)


def test_a_field_that_the_version_of_the_set_does_not_know_never_leaves() -> None:
    class_ = type(
        "LaterAdd", (qbxml.Request,), {"__annotations__": {"new": Annotated[str | None, Since(16)]}, "new": None}
    )
    request = qbxml.aggregate(class_)(new="x")
    for version, leaves in (((15, 0), False), ((16, 0), True)):
        message_set = qbxml.MessageSet((qbxml.Call("1", request),), version=version)
        if leaves:
            assert b"<New>x</New>" in qbxml.write_message_set(message_set)
        else:
            with pytest.raises(qbxml.FieldError, match=r"known from qbXML 16\.0 on only"):
                qbxml.write_message_set(message_set)


@given(
    st.decimals(allow_nan=True, allow_infinity=True) | st.text(max_size=20) | st.none() | st.booleans() | st.dates(),
    st.sampled_from(["txn_date", "memo", "exchange_rate", "is_pending", "external_guid", "customer_ref", "ref_number"]),
)
def test_any_value_in_any_field_leaves_valid_or_is_refused_by_name(value: Any, field: str) -> None:
    try:
        request = written(**{field: value})
    except qbxml.FieldError as error:
        place, request = error.place, qbxml.write_request(MEMO)
    else:
        place = f"CreditMemoAdd.{field}"
    assert place.startswith("CreditMemoAdd.")
    assert problems(qbxml.write_message_set(qbxml.MessageSet((qbxml.Call("1", request),))), "130") == []
