"""Each reason comes with what a bookkeeper can do about it."""

from __future__ import annotations

from qbwc_server.refunds.reasons import REASONS
from qbwc_server.store.connections import NEVER_TAKEN_UP
from qbwc_server.web.advice import WHAT_TO_DO
from qbwc_server.web.showing import REASON_WORDS


def test_every_reason_has_its_advice_and_no_advice_is_left_over() -> None:
    assert set(WHAT_TO_DO) == set(REASONS)
    assert all(advice.endswith(".") for advice in WHAT_TO_DO.values())


def test_every_reason_has_a_few_words_for_lists() -> None:
    assert set(REASON_WORDS) >= set(REASONS)
    assert max(map(len, REASON_WORDS.values())) <= 40


def test_no_advice_promises_that_settings_help_where_they_do_not() -> None:
    promising = {code for code, advice in WHAT_TO_DO.items() if "settings" in advice}
    assert promising
    assert not promising & NEVER_TAKEN_UP
    assert {REASONS[code][0].value for code in promising} <= {"review", "skipped"}
