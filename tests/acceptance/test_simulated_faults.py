"""An installation tried by `connex simulate` with its own .qwc file and with faults ends in sound books."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbsim import Company
from qbsim.web_connector import FaultKind
from tests.acceptance.processes import a_shop, connex, connex_json, environment, password_of, serving

HARMLESS_TO_THE_BOOKS = {kind.name for kind in FaultKind if not kind.name.startswith(("USER_", "BACKUP_"))}
SEED = "23"


@pytest.mark.timeout(400)
def test_the_faults_of_the_line_enter_nothing_twice_and_leave_nothing_out(tmp_path: Path) -> None:
    kept = a_shop(tmp_path / "kept", refunds=14)
    env = environment(tmp_path / "data", CONNEX_IN_FLIGHT_SECONDS="1")
    added = connex("connection", "add", "shop", "--set", "time_zone=America/New_York", env=env).stdout
    connex("import", "shop", str(kept / "orders.json"), env=env)
    qwc, company = tmp_path / "shop.qwc", kept / "company.json"
    with serving(env, tmp_path) as url:
        connex("qwc", "shop", "--url", url, "-o", str(qwc), env=env)
        tried = connex_json(
            "simulate", "--qwc", str(qwc), "--password-stdin", "--company", str(company), "--sessions", "30",
            "--faults", SEED, "--switch", "keeps_partial_records=false", env=env, stdin=password_of(added) + "\n",
        )  # fmt: skip
        rows = connex_json("refunds", "shop", env=env)
    assert {fault["kind"] for fault in tried["faults"]} <= HARMLESS_TO_THE_BOOKS, "another seed is needed here"
    assert tried["problem"] is None
    assert len(tried["outcomes"]) > 2, "no fault came true"
    after = Company.load(company)
    assert sum(after.trial_balance().values()) == 0
    memos = [memo.ref_number for memo in after.transactions("CreditMemo")]
    entered = [row["credit_memo"]["ref_number"] for row in rows if row["credit_memo"]]
    assert all(memos.count(number) == 1 for number in entered)
    assert {row["status"] for row in rows} <= {"posted", "skipped"}
