"""docs/simulator.md says what the simulator does: its tables are held against the code, its examples are run."""

from __future__ import annotations

import dataclasses
import doctest
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from qbsim import Behaviour, CompanyBuilder, Line, QuickBooks, SettableClock
from qbsim.companies import COMPANIES
from qbsim.company import Preferences
from qbsim.grammar.messages import REQUESTS
from qbsim.processor import HANDLERS
from qbsim.status import STATUSES
from qbsim.transactions import TRANSACTION_TYPES, Transaction
from qbsim.web_connector import Fault, FaultKind, Faults
from tests.qbsim.shop import START, message_set
from tests.shared import PROJECT

NAME = "docs/simulator.md"
CERTAINTY = re.compile(r"(documented|observed|unknown)\b")


@cache
def guide() -> str:
    return (PROJECT / NAME).read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", guide(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{NAME} has no section {title!r}"
    return found[1]


def rows(text: str) -> dict[str, list[str]]:
    """The further cells of each table row that begins with a name in backticks."""
    found: dict[str, list[str]] = {}
    for name, rest in re.findall(r"^\| `([\w.]+)`[^|]* \| (.*) \|$", text, re.MULTILINE):
        assert name not in found, f"{NAME} has two rows for {name}"
        found[name] = [cell.strip() for cell in rest.split(" | ")]
    return found


def request_names(text: str) -> set[str]:
    return set(re.findall(r"`(\w+Rq)`", text))


def test_every_request_that_is_read_is_answered_and_listed_and_no_other_is() -> None:
    assert request_names(section("What is simulated")) == HANDLERS.keys()
    assert HANDLERS.keys() == REQUESTS.keys()


def test_a_request_that_is_not_listed_is_refused_with_its_set() -> None:
    answer = QuickBooks(CompanyBuilder().company).process(message_set("<EmployeeAddRq/>"))
    assert (answer.response, answer.hresult) == ("", "0x80040400")


def test_every_switch_is_explained_with_its_default_and_how_sure_the_real_answer_is() -> None:
    table = rows(section("The switches of `Behaviour`"))
    defaults = {each.name: each.default for each in dataclasses.fields(Behaviour)}
    assert table.keys() == defaults.keys()
    for name, (default, _, real) in table.items():
        assert default == _written(defaults[name]), name
        assert CERTAINTY.match(real), f"{name}: {real}"


def test_every_fact_of_a_company_is_explained_with_its_default_and_how_sure_the_real_answer_is() -> None:
    table = rows(section("The facts of a company"))
    defaults = {each.name: each.default for each in dataclasses.fields(Preferences)}
    assert table.keys() == defaults.keys()
    for name, (default, _, real) in table.items():
        assert default == _written(defaults[name]), name
        assert CERTAINTY.match(real), f"{name}: {real}"


def test_every_fault_is_explained_and_how_sure_the_real_answer_is() -> None:
    table = rows(section("The faults of `Faults`"))
    kinds = {name: cells for name, cells in table.items() if "." not in name}
    assert kinds.keys() == {kind.name for kind in FaultKind}
    for name, (_, real) in kinds.items():
        assert CERTAINTY.match(real), f"{name}: {real}"


def test_every_field_of_a_fault_is_listed_with_its_default() -> None:
    table = {name: cells for name, cells in rows(section("The faults of `Faults`")).items() if "." in name}
    fields = {f"{kind.__name__}.{each.name}": each for kind in (Faults, Fault) for each in _given(kind)}
    assert table.keys() == fields.keys()
    for name, (default, _) in table.items():
        is_needed = fields[name].default is dataclasses.MISSING
        assert default == ("none" if is_needed else f"`{fields[name].default!r}`"), name


def test_every_status_whose_code_or_wording_is_not_from_a_source_is_among_the_guesses() -> None:
    told = {int(number) for number in re.findall(r"\b[39]\d{3}\b", section("Guessed"))}
    assert {each.code for each in STATUSES.values() if each.confidence in ("guess", "recalled")} <= told


def test_every_guess_is_marked() -> None:
    lines = [line for line in section("Guessed").splitlines() if line.startswith("|")][2:]
    assert lines
    assert [line for line in lines if not line.startswith("| guess: ")] == []


def test_the_table_of_double_entries_is_what_the_transactions_post() -> None:
    table = rows(section("What is simulated"))
    assert table.keys() == TRANSACTION_TYPES.keys()
    builder, made = _one_of_each()
    names = {account.list_id: account.full_name for account in builder.company.lists.accounts}
    for transaction in made:
        debits = {names[entry.account_id] for entry in transaction.entries if entry.amount > 0}
        credits = {names[entry.account_id] for entry in transaction.entries if entry.amount < 0}
        told = [set(re.findall(r"`([^`]+)`", cell)) for cell in table[transaction.TYPE]]
        assert told == [debits, credits], transaction.TYPE


def test_every_part_of_the_company_file_is_explained() -> None:
    assert list(rows(section("The company file"))) == list(CompanyBuilder().company.to_json())


def test_every_ready_company_is_listed() -> None:
    names = re.findall(r'^\| "([^"]+)" \|', section("Ready companies"), re.MULTILINE)
    assert names == list(COMPANIES)


def test_every_example_runs_as_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```pycon\n(.*?)```", guide(), re.DOTALL)
    assert len(examples) == 2
    test = doctest.DocTestParser().get_doctest("\n".join(examples), {}, NAME, NAME, 0)
    assert len(test.examples) > len(examples)
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert result.failed == 0, "".join(report)
    assert (tmp_path / "company.json").exists()


def _written(default: object) -> str:
    """A default as the guide writes it; the versions by the first and the last."""
    if isinstance(default, tuple):
        first, last = default[0], default[-1]
        return f"{first[0]}.{first[1]} to {last[0]}.{last[1]}"
    return f'`"{default}"`' if isinstance(default, str) else f"`{default!r}`"


def _given(kind: type[Fault | Faults]) -> Iterable[dataclasses.Field[object]]:
    return (each for each in dataclasses.fields(kind) if each.init)


def _one_of_each() -> tuple[CompanyBuilder, list[Transaction]]:
    """A transaction of each type: the sales with goods, a discount and tax, the others as they refund and pay."""
    builder = CompanyBuilder(clock=SettableClock(START))
    builder.sales_tax_item("State Tax", 10)
    builder.inventory_item("Shirt", price=20, cost="7.50", on_hand=100)
    builder.discount_item("Coupon", percent=10)
    builder.customer("Ada")
    lines = [Line("Shirt", quantity=2), Line("Coupon")]
    receipt = builder.sales_receipt("Ada", lines)
    invoice, memo = builder.invoice("Ada", lines), builder.credit_memo("Ada", lines)
    made = [
        *builder.company.transactions("JournalEntry"),
        builder.adjust_stock("Shirt", 10, value=90),
        receipt,
        invoice,
        builder.sales_order("Ada", lines),
        memo,
        builder.refund_by_check(memo, 10),
        builder.refund_by_card(memo, 10),
        builder.receive_payment(invoice),
        builder.deposit([receipt]),
    ]
    assert {each.TYPE for each in made} == TRANSACTION_TYPES.keys()
    return builder, made
