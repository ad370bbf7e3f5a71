"""The demo: one command, and the books come out right."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.acceptance.processes import COMMAND_SECONDS, connex, connex_json, environment

MAX_ROUND_TRIPS_PER_100 = 6


def test_the_demo_shows_each_refund_and_the_books_before_and_after(tmp_path: Path) -> None:
    shown = connex("demo", env=environment(tmp_path, COLUMNS="220")).stdout
    for words in (
        "Credit memo 10",
        "Card refund",
        "Set against the invoice",
        "Sales order closed",
        "QuickBooks has no sales receipt, invoice or sales order with the number",
        "is still open with",
        "*Undeposited Funds",
        "Accounts Receivable",
        "Sales Tax Payable",
        "24 refunds: ",
        "The trial balance comes to zero.",
        "No document was entered twice.",
    ):
        assert words in shown, words


def test_the_demo_as_json_is_one_document_with_balanced_books(tmp_path: Path) -> None:
    result = connex_json("demo", "--refunds", "60", "--seed", "5", env=environment(tmp_path))
    assert result["refunds"] == 60
    assert result["balanced"] is True
    assert result["duplicates"] == 0
    assert result["findings"] == []
    assert result["posted"] + result["skipped"] + result["review"] + result["failed"] == 60
    assert result["failed"] == 0
    assert result["posted"] > 40


def test_the_pages_stay_up_also_where_the_result_is_one_json_document(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "qbwc_server", "demo", "--refunds", "2", "--json", "--serve"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert demo.stderr is not None
        told = next(line for line in demo.stderr if "The pages are at" in line)
        (address,) = re.findall(r"http://\S+", told)
        with urllib.request.urlopen(address + "/login", timeout=30) as page:
            assert page.status == 200
        demo.send_signal(signal.SIGINT)
        out, _ = demo.communicate(timeout=COMMAND_SECONDS)
    finally:
        demo.kill()
    assert json.loads(out)["right"] is True
    assert demo.returncode == 0


def test_many_refunds_cost_few_round_trips(tmp_path: Path) -> None:
    result = connex_json("demo", "--refunds", "1000", env=environment(tmp_path))
    assert (result["balanced"], result["duplicates"], result["findings"]) == (True, 0, [])
    assert result["round_trips"] <= MAX_ROUND_TRIPS_PER_100 * 10
