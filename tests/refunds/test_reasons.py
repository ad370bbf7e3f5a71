"""Every reason and notice has a stable code, a status and a sentence, and the accountant's guide tells what to do."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from qbwc_server.refunds.reasons import NOTICES, REASONS, Notice, Skip, Status
from tests.shared import PROJECT

SENTENCES = {**{code: sentence for code, (_, sentence) in REASONS.items()}, **NOTICES}


def facts_of(sentence: str) -> dict[str, str]:
    return {name: f"<{name}>" for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", SENTENCES)
def test_each_code_is_a_word_and_each_sentence_is_a_sentence(code: str) -> None:
    assert re.fullmatch("[a-z]+(_[a-z]+)*", code)
    assert SENTENCES[code][0].isupper() or SENTENCES[code].startswith("{")
    assert SENTENCES[code].rstrip("}").endswith((".", "?", "{advice", "{reason", "{message", "{why", "{found", "{note"))


@pytest.mark.parametrize("code", REASONS)
def test_each_reason_says_its_facts_and_its_status(code: str) -> None:
    skip = Skip(code, facts_of(REASONS[code][1]))
    assert all(fact in skip.message for fact in skip.facts.values())
    assert skip.status in (Status.SKIPPED, Status.REVIEW, Status.FAILED)


@pytest.mark.parametrize("code", NOTICES)
def test_each_notice_says_its_facts(code: str) -> None:
    notice = Notice(code, facts_of(NOTICES[code]))
    assert all(fact in notice.message for fact in notice.facts.values())


def test_a_missing_fact_is_shown_as_missing_and_never_an_error() -> None:
    assert Skip("order_not_found").message.endswith("with (looked_for unknown).(why unknown)")
    assert "(lines unknown)" in Notice("stock_not_returned").message


def test_braces_in_a_fact_stay_as_they_are() -> None:
    assert "{order}" in Skip("order_not_found", {"looked_for": "{order}"}).message


def test_the_codes_that_others_rely_on_are_there() -> None:
    assert REASONS["order_not_found"][0] is Status.SKIPPED
    assert REASONS["refunds_off"][0] is Status.SKIPPED
    assert REASONS["payout_account_refused"][0] is Status.REVIEW
    assert REASONS["tax_difference"][0] is Status.REVIEW
    assert {"payout_not_recorded", "invoice_left_open", "order_closed"} <= NOTICES.keys()


@pytest.mark.parametrize("code", SENTENCES)
def test_the_accountants_guide_explains_every_reason_and_notice(code: str) -> None:
    rows = [line for line in _guide().splitlines() if line.startswith(f"| `{code}` |")]
    assert len(rows) == 1, f"docs/accounting.md has {len(rows)} rows for {code}"
    if code in REASONS:
        assert rows[0].split("|")[2].strip() == REASONS[code][0].value


def test_the_accountants_guide_explains_no_code_that_is_not_there() -> None:
    assert (
        set(re.findall(r"^\| `([a-z_]+)` \| (?:review|skipped|failed|posted) \|", _guide(), re.MULTILINE))
        == SENTENCES.keys()
    )


def _guide() -> str:
    return PROJECT.joinpath("docs", "accounting.md").read_text(encoding="utf-8")
