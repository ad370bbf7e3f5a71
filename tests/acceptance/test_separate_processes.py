"""Each command as a process of its own gives what the demo gives."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from qbsim import Company
from tests.acceptance.processes import connex, connex_json, environment, password_of, serving, without_time


def test_serve_add_import_and_simulate_give_the_same_books_as_the_demo(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    demo = connex_json(
        "demo", "--refunds", "36", "--seed", "3", "--save", str(kept), env=environment(tmp_path / "demo")
    )
    assert demo["right"] is True

    env = environment(tmp_path / "own")
    added = connex("connection", "add", "shop", "--set", "time_zone=America/New_York", env=env).stdout
    imported = connex_json("import", "shop", str(kept / "orders.json"), env=env)
    assert (imported["new"], imported["refused"]) == (36, [])
    again = connex_json("import", "shop", str(kept / "orders.json"), env=env)
    assert (again["new"], again["unchanged"]) == (0, 36)

    company = kept / "company.json"
    with serving(env, tmp_path) as url:
        simulated = connex_json(
            "simulate", "--url", url, "--username", "shop", "--password-stdin", "--company", str(company),
            env=env, stdin=password_of(added) + "\n",
        )  # fmt: skip
        assert simulated["problem"] is None
        rows = connex_json("refunds", "shop", env=env)
    statuses = {status: sum(row["status"] == status for row in rows) for status in ("posted", "skipped", "review")}
    assert statuses == {status: demo[status] for status in statuses}
    assert sum(Company.load(company).trial_balance().values()) == 0
    for row in rows:
        if row["status"] == "posted" and row["credit_memo"]:
            assert Decimal(row["credit_memo"]["amount"]) == Decimal(row["amount"])
    assert without_time(connex_json("refunds", "shop", "--status", "posted", env=env)) == without_time(
        [row for row in rows if row["status"] == "posted"]
    )


def test_a_file_with_broken_records_reports_them_and_brings_in_the_others(tmp_path: Path) -> None:
    env = environment(tmp_path)
    connex("connection", "add", "shop", env=env)
    good = {
        "source": "ownshop", "shop": "", "external_id": "7", "order": {"order_id": "1", "number": "1001"},
        "created_at": "2026-11-01T10:00:00Z", "currency": "USD",
        "lines": [{"line_id": "1", "sku": "HAT", "title": "Hat", "quantity": "1", "amount": "20.00", "tax": "1.65"}],
        "money": [{"amount": "21.65", "gateway": "card"}],
    }  # fmt: skip
    bad = good | {"external_id": "8", "created_at": "yesterday"}
    file = tmp_path / "refunds.json"
    file.write_text(json.dumps({"refunds": [good, bad]}))
    some = connex_json("import", "shop", str(file), env=env, status=1)
    assert some["new"] == 1
    assert some["refused"][0]["place"] == "refunds[1].created_at"
    assert "yesterday" in some["refused"][0]["reason"]
    file.write_text("<html>not an export</html>")
    assert "error" in connex_json("import", "shop", str(file), env=env, status=2)


def test_what_a_user_gets_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    env = environment(tmp_path)
    connex("connection", "add", "shop", env=env)
    for arguments, words in (
        (("connection", "set", "shop", "refund_metod=check"), ("refund_metod", "refund_method", "refund_account")),
        (("connection", "set", "shop", "refund_method=cash"), ("refund_method", "credit_card, check, none")),
        (("connection", "set", "shop", "refund_receipt=false", "time_zone=Mars"), ("time_zone", "Mars")),
        (("connection", "set", "shop", "missing_orders_since=soon"), ("2024-01-01",)),
        (("connection", "add", "shop"), ("shop",)),
        (("connection", "show", "shoop"), ("shoop", "shop")),
        (("qwc", "shop", "--url", "http://shop.example.com"), ("https",)),
    ):
        said = connex(*arguments, env=env, status=1)
        assert "Traceback" not in said.stderr
        for word in words:
            assert word in said.stderr, (arguments, said.stderr)
    assert connex_json("connection", "show", "shop", env=env)["settings"]["refund_receipt"] == "true"


def test_doctor_says_what_to_do_next(tmp_path: Path) -> None:
    env = environment(tmp_path)
    findings = connex_json("doctor", env=env)
    advice = " ".join(finding["advice"] for finding in findings)
    assert "connex connection add NAME" in advice
    assert "connex person add NAME" in advice
    broken = connex("doctor", env=env | {"CONNEX_DATABASE_URL": "mysql://x"}, status=1)
    assert "CONNEX_DATABASE_URL" in broken.stdout
