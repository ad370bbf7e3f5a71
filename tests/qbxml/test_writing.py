"""What leaves for QuickBooks is what Intuit's schemas allow, or is refused with the field and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qbxml
from qbxml.aggregate import Attribute, FieldSpec, specs
from qbxml.types import Boolean, Day, Float, GUIDText, Moment, Number, OneOf, Text, Whole
from tests.qbxml.schemas import problems

GUID = "{12345678-9ABC-DEF0-1234-56789ABCDEF0}"


def longest_value(spec: FieldSpec) -> Any:
    """The largest value that a field's rule allows."""
    rule = spec.rule
    if isinstance(rule, Text):
        return "é" * min(rule.max_length or 40, 300)
    if isinstance(rule, Number):
        return Decimal("9" * rule.digits + "." + "9" * rule.decimals)
    values: dict[type, Any] = {
        Float: Decimal("1.2345"),
        Whole: 7,
        Boolean: True,
        Day: date(2024, 2, 29),
        Moment: datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc),
        GUIDText: GUID,
    }
    return rule.words[-1] if isinstance(rule, OneOf) else values[type(rule)]


def filled(kind: type[qbxml.Aggregate], left_out: set[str]) -> qbxml.Aggregate:
    """An instance with every field filled, but for the ones to be left out."""
    values: dict[str, Any] = {}
    for spec in specs(kind):
        if spec.attribute in left_out or spec.place is Attribute:
            continue
        if spec.aggregates:
            inner = [filled(aggregate, exclusions(aggregate)) for aggregate in spec.aggregates]
            values[spec.attribute] = tuple(inner) if spec.repeated else inner[0]
        else:
            value = longest_value(spec)
            values[spec.attribute] = (value,) if spec.repeated else value
    if kind is qbxml.MacroID:
        values = {"txn_id": "1-2"}
    if kind is qbxml.Ref:
        values = {"list_id": "80000001-1500000000", "full_name": "A:B"}
    return kind(**values)


def exclusions(kind: type[qbxml.Aggregate], keep: int = 0) -> set[str]:
    """Of each group of alternatives, all but one."""
    return {name for group in kind.one_of for index, name in enumerate(group) if index != min(keep, len(group) - 1)}


def every_request() -> Iterator[tuple[str, qbxml.Request]]:
    for name, kind in sorted(qbxml.REQUESTS.items()):
        for keep in range(5):
            request = filled(kind, exclusions(kind, keep))
            assert isinstance(request, qbxml.Request)
            yield f"{name} {keep}", request


@pytest.mark.parametrize("version", ["130", "160"])
def test_every_declared_request_with_every_field_at_its_longest_is_valid_by_intuits_schema(version: str) -> None:
    for name, request in every_request():
        document = qbxml.write_message_set(qbxml.MessageSet((qbxml.Call("1", request),)))
        assert document.isascii()
        assert problems(document, version) == [], (name, document.decode())


def test_a_message_set_carries_macros_and_its_ids_as_intuits_schema_wants_them() -> None:
    memo = qbxml.CreditMemoAdd(
        def_macro="TxnID:A",
        customer_ref=qbxml.Ref(list_id="80000001-1500000000"),
        ref_number="1001-7QK",
        lines=(qbxml.CreditMemoLineAdd(item_ref=qbxml.Ref(full_name="Hat"), amount=Decimal("12.50")),),
    )
    refund = qbxml.ARRefundCreditCardAdd(
        customer_ref=qbxml.Ref(list_id="80000001-1500000000"),
        refund_applied_to_txn_adds=(
            qbxml.RefundAppliedToTxnAdd(txn_id=qbxml.MacroID(use_macro="TxnID:A"), refund_amount=Decimal("12.50")),
        ),
    )
    message_set = qbxml.MessageSet(
        (qbxml.Call("memo", memo), qbxml.Call("payout", refund)), new_message_set_id="N" * 20, old_message_set_id="O"
    )
    document = qbxml.write_message_set(message_set)
    assert problems(document, "130") == []
    assert b'<TxnID useMacro="TxnID:A"/>' in document
    assert b'<CreditMemoAdd defMacro="TxnID:A">' in document
    assert b'newMessageSetID="' + b"N" * 20 + b'" oldMessageSetID="O" onError="continueOnError"' in document


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        ({"ref_number": "x" * 12}, "CreditMemoAdd.RefNumber", "12 characters"),
        ({"customer_ref": qbxml.Ref()}, "CreditMemoAdd.CustomerRef", "names nothing"),
        ({"customer_ref": qbxml.Ref(full_name="x" * 210)}, "CreditMemoAdd.CustomerRef.FullName", "210 characters"),
        ({"memo": "a\x00b"}, "CreditMemoAdd.Memo", "U+0000"),
        ({"lines": ()}, "CreditMemoAdd.lines", "is missing"),
        ({"external_guid": "12"}, "CreditMemoAdd.ExternalGUID", "GUID"),
        ({"exchange_rate": Decimal("NaN")}, "CreditMemoAdd.ExchangeRate", "finite"),
    ],
)
def test_a_value_that_quickbooks_would_refuse_never_leaves(change: dict[str, Any], place: str, reason: str) -> None:
    line = qbxml.CreditMemoLineAdd(item_ref=qbxml.Ref(full_name="Hat"), amount=Decimal("1.00"))
    values: dict[str, Any] = {"customer_ref": qbxml.Ref(full_name="Ann"), "lines": (line,)} | change
    with pytest.raises(qbxml.FieldError) as error:
        qbxml.write_request(qbxml.CreditMemoAdd(**values))
    assert error.value.place.lower() == place.lower()
    assert reason in error.value.reason


@pytest.mark.parametrize("amount", ["0.001", "12345678901234.00"])
def test_an_amount_with_a_part_of_a_cent_or_too_many_digits_never_leaves(amount: str) -> None:
    line = qbxml.CreditMemoLineAdd(amount=Decimal(amount))
    with pytest.raises(qbxml.FieldError, match="Amount"):
        qbxml.write_request(qbxml.CreditMemoAdd(customer_ref=qbxml.Ref(full_name="Ann"), lines=(line,)))


def test_two_alternatives_of_one_choice_never_leave_together() -> None:
    line = qbxml.CreditMemoLineAdd(rate=Decimal(1), rate_percent=Decimal(2))
    with pytest.raises(qbxml.FieldError, match="only one of"):
        qbxml.write_request(qbxml.CreditMemoAdd(customer_ref=qbxml.Ref(full_name="Ann"), lines=(line,)))


@given(st.text(max_size=200), st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_any_text_and_amount_that_leaves_is_read_back_as_it_was(text: str, amount: Decimal) -> None:
    line = qbxml.CreditMemoLineAdd(desc=text, amount=amount)
    request = qbxml.CreditMemoAdd(customer_ref=qbxml.Ref(full_name="Ann"), lines=(line,))
    try:
        document = qbxml.write_request(request)
    except qbxml.FieldError as error:
        refusal = error.reason
    else:
        refusal = ""
    if refusal:
        assert "control character" in refusal
        return
    assert document.isascii()
    answer = qbxml.read_answer(
        b'<QBXML><QBXMLMsgsRs><CreditMemoAddRs statusCode="0" statusSeverity="Info"><CreditMemoRet>'
        + document[document.index(b"<CreditMemoLineAdd>") : document.index(b"</CreditMemoAdd>")]
        .replace(b"<CreditMemoLineAdd>", b"<CreditMemoLineRet>")
        .replace(b"</CreditMemoLineAdd>", b"</CreditMemoLineRet>")
        + b"</CreditMemoRet></CreditMemoAddRs></QBXMLMsgsRs></QBXML>"
    )
    [record] = answer.responses[0].records
    assert isinstance(record, qbxml.CreditMemoRet)
    [read] = record.lines
    assert isinstance(read, qbxml.CreditMemoLineRet)
    assert read.amount == amount
    assert (read.desc or "") == text.replace("\r\n", "\n").replace("\r", "\n") or "\r" in text
