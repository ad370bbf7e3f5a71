"""The table of status codes against what is known of QuickBooks."""

from __future__ import annotations

import csv

import pytest

from qbsim.status import STATUSES, message
from tests.shared import shared_path


def known() -> dict[str, dict[str, str]]:
    with shared_path("qbxml", "status_codes.csv").open(encoding="utf-8", newline="") as file:
        return {row["statusCode"]: row for row in csv.DictReader(file)}


def test_every_code_has_the_known_severity_and_claims_no_more_certainty_than_there_is() -> None:
    rows = known()
    order = ["guess", "recalled", "observed", "documented"]
    for code, status in STATUSES.items():
        if 9100 <= code <= 9199:
            assert status.confidence == "guess"
            continue
        row = rows[str(code)]
        assert status.severity == row["severity"], code
        assert order.index(status.confidence) <= order.index(row["confidence"]), code


@pytest.mark.parametrize(
    "code", [0, 1, 500, 530, 1030, 3000, 3010, 3020, 3030, 3031, 3045, 3070, 3100, 3140, 3200, 3250, 3290]
)
def test_documented_and_observed_wordings_are_kept(code: int) -> None:
    places = {name: f"<{name}>" for name in ("value", "field", "kind", "object", "reason")}
    names = {"fieldValue": "<value>", "fieldName": "<field>", "refType": "<kind>", "objectName": "<object>"}
    wanted = known()[str(code)]["message"]
    for name, place in names.items():
        wanted = wanted.replace(name, place)
    assert message(code, **places) == wanted
