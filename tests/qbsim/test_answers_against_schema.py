"""Every answer to a right request is one that Intuit's schema allows, whatever the request and its outcome.

`QBSIM_ANSWERS=50 pytest tests/qbsim/test_answers_against_schema.py` makes so many requests of each type.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from qbsim import QuickBooks
from qbsim.grammar.messages import REQUESTS
from qbsim.transactions import TRANSACTION_TYPES
from tests.qbsim.full_company import full_company, likely_request
from tests.qbsim.grammar import documents
from tests.qbsim.shop import checked, message_set

#: Requests of each type, in number; the environment can ask for more.
OF_EACH_REQUEST = int(os.environ.get("QBSIM_ANSWERS", "25"))
#: So many are asked for again by a status check.
RECOVERED_OF_EACH_REQUEST = 5
#: Transactions made at random seldom fit together; that they work is shown in their own tests.
SELDOM_DONE = {f"{name}{verb}Rq" for name in TRANSACTION_TYPES for verb in ("Add", "Mod")}
DONE = ("0", "1", "500", "530")


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_every_answer_to_a_right_request_is_valid_and_leaves_the_books_in_balance(name: str) -> None:
    chance = random.Random(f"answers {name}")
    company = full_company()
    quickbooks = QuickBooks(company)
    outcomes: Counter[str] = Counter()
    before = company.to_json()
    for _ in range(OF_EACH_REQUEST):
        document = documents.document(likely_request(name, company, chance), (16, 0))
        answer = quickbooks.process(document)
        assert answer.hresult == "", document
        (response,) = checked(answer.response)[0]
        assert response.tag == name.removesuffix("Rq") + "Rs"
        outcomes[response.get("statusCode", "")] += 1
        after = company.to_json()
        if response.get("statusSeverity") == "Error" or name.endswith("QueryRq"):
            assert after == before, f"a query or a refused request leaves no trace: {document!r}"
        before = after
        assert sum(company.trial_balance().values()) == 0
    if name not in SELDOM_DONE:
        assert any(outcomes[code] for code in DONE), outcomes


@pytest.mark.parametrize("name", sorted(name for name in REQUESTS if not name.endswith("QueryRq")))
def test_the_answer_to_a_status_check_is_valid_after_every_request_that_changes_something(name: str) -> None:
    chance = random.Random(f"status of {name}")
    company = full_company()
    quickbooks = QuickBooks(company)
    for number in range(RECOVERED_OF_EACH_REQUEST):
        set_id = f"job-{number}"
        first = quickbooks.process(documents.document(likely_request(name, company, chance), (16, 0), set_id))
        again = quickbooks.process(message_set("", newMessageSetID=set_id, oldMessageSetID=set_id))
        codes = [[each.get("statusCode") for each in checked(answer.response)[0]] for answer in (first, again)]
        assert codes[0] == codes[1]
