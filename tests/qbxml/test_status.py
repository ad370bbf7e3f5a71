"""Every status code and hresult that is known of QuickBooks has a meaning, and what is only recalled is marked so."""

from __future__ import annotations

import csv

import pytest

import qbxml
from qbxml.status import _BY_CODE
from tests.shared import shared_path

LOCKED = [
    "There was an error when modifying a Customer.  This list has been modified by another user.",
    "The transaction could not be locked.  It is in use by another user.",
    "QuickBooks error message: The internals could not be locked.  They are in use by another user.",
    "QuickBooks failed to acquire the lock for this object.",
    "QuickBooks error message: THE LIST ELEMENT IS IN USE.",
]
LASTING = [
    "QuickBooks error message: An Accountant's Copy of the file exists; dates before 12/31/2023 can't be changed.",
    "QuickBooks error message: Invalid argument.  The specified record does not exist in the list.",
    "",
]


def rows(name: str) -> list[dict[str, str]]:
    with shared_path("qbxml", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codes(row: dict[str, str]) -> list[int]:
    first, _, last = row["statusCode"].partition("-")
    return list(range(int(first), int(last or first) + 1))


def test_every_known_status_code_has_an_outcome_that_agrees_with_its_severity() -> None:
    allowed = {
        "Info": {qbxml.Outcome.DONE, qbxml.Outcome.NOTHING_FOUND},
        "Warn": {qbxml.Outcome.DONE, qbxml.Outcome.PARTLY_FOUND},
        "Error": {qbxml.Outcome.RETRY_LATER, qbxml.Outcome.FIX_DATA, qbxml.Outcome.MACRO, qbxml.Outcome.STOP},
    }
    known = rows("status_codes.csv")
    assert len(known) > 70
    for row in known:
        for code in codes(row):
            status = qbxml.Status(code, row["severity"], row["message"])
            assert status.outcome in allowed[row["severity"]], code
            assert code in _BY_CODE or 9100 <= code <= 9199, code


def test_a_code_that_is_only_recalled_is_never_told_as_sure() -> None:
    for row in rows("status_codes.csv"):
        for code in codes(row):
            status = qbxml.Status(code, row["severity"], row["message"])
            if code in _BY_CODE:
                assert status.is_sure == (row["confidence"] != "recalled"), code
            else:
                assert not status.is_sure, code


def test_no_code_has_a_meaning_that_the_reference_does_not_know() -> None:
    known = {code for row in rows("status_codes.csv") for code in codes(row)}
    assert set(_BY_CODE) <= known


@pytest.mark.parametrize("code", [3170, 3175, 3176, 3180, 3185])
@pytest.mark.parametrize("message", LOCKED)
def test_a_record_that_somebody_holds_is_tried_again_later(code: int, message: str) -> None:
    assert qbxml.Status(code, "Error", message).outcome is qbxml.Outcome.RETRY_LATER


@pytest.mark.parametrize("code", [3140, 3170, 3180, 3185])
@pytest.mark.parametrize("message", LASTING)
def test_a_lasting_refusal_under_the_code_of_a_lock_is_not_tried_again(code: int, message: str) -> None:
    status = qbxml.Status(code, "Error", message)
    assert status.outcome is qbxml.Outcome.FIX_DATA
    if code != 3140:
        assert status.explanation == message, "the reason stands in QuickBooks' own words alone"


@pytest.mark.parametrize(
    ("code", "severity", "outcome"),
    [
        (9150, "Error", qbxml.Outcome.MACRO),
        (777, "Info", qbxml.Outcome.DONE),
        (777, "Warn", qbxml.Outcome.DONE),
        (777, "Error", qbxml.Outcome.FIX_DATA),
        (777, "", qbxml.Outcome.FIX_DATA),
    ],
)
def test_an_unknown_code_is_taken_by_its_severity_and_by_the_worse_where_there_is_none(
    code: int, severity: str, outcome: qbxml.Outcome
) -> None:
    status = qbxml.Status(code, severity, "words")
    assert (status.outcome, status.explanation, status.is_sure) == (outcome, "words", False)


def test_the_codes_of_error_recovery_are_told_apart() -> None:
    assert qbxml.BURNT_MESSAGE_SET_ID == 9001
    assert qbxml.NO_STORED_RESPONSE == (9002, 9005)


def test_every_known_hresult_is_explained_with_what_to_do_whatever_its_case() -> None:
    known = rows("hresults.csv")
    assert len(known) > 15
    unknown = qbxml.explain_hresult("0x8FFFFFFF")
    for row in known:
        code = row["hresult"]
        explained = qbxml.explain_hresult(code)
        assert explained.code == code
        assert explained.meaning
        assert explained.advice
        assert "not known" not in explained.meaning, code
        assert explained.meaning != unknown.meaning
        for other in (code.lower(), code.upper(), f" {code}\n"):
            assert qbxml.explain_hresult(other) == explained, other


@pytest.mark.parametrize("code", ["0x80049999", "0X8004999a", "nonsense", ""])
def test_an_unknown_hresult_is_said_to_be_unknown_and_named(code: str) -> None:
    explained = qbxml.explain_hresult(code)
    assert "not known" in explained.meaning
    assert (code.upper().removeprefix("0X") or "(none)") in explained.meaning.upper().replace("(NONE)", "(none)")
    assert explained.advice


def test_a_parse_error_is_the_hresult_that_quickbooks_gives_for_a_set_it_could_not_read() -> None:
    assert "could not read" in qbxml.explain_hresult(qbxml.PARSE_ERROR).meaning
