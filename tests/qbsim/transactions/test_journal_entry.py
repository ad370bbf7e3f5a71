"""Journal entries balance, and their line on a receivable account is a customer's credit or debt."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import Line
from qbsim.transactions import JournalEntry
from tests.qbsim.shop import Shop, add, check_add, status, values


def line(kind: str, account: str, amount: str, customer: str = "") -> str:
    entity = f"<EntityRef><FullName>{customer}</FullName></EntityRef>" if customer else ""
    return (
        f"<Journal{kind}Line><AccountRef><FullName>{account}</FullName></AccountRef>"
        f"<Amount>{amount}</Amount>{entity}</Journal{kind}Line>"
    )


def credit_of(customer: str, amount: str) -> str:
    return line("Debit", "Sales Returns", amount) + line("Credit", "Accounts Receivable", amount, customer)


def made(shop: Shop, body: str) -> JournalEntry:
    txn_id = shop.one(add("JournalEntry", body))[0].findtext("TxnID") or ""
    entry = shop.company.transaction(txn_id)
    assert isinstance(entry, JournalEntry)
    return entry


def test_debits_and_credits_are_posted_and_shown_line_by_line(shop: Shop) -> None:
    body = line("Debit", "Checking", "70.00") + line("Credit", "Sales", "50.00") + line("Credit", "Discounts", "20.00")
    answer = shop.one(add("JournalEntry", body))
    assert status(answer) == (0, "Info")
    shown = [(each.tag, each.findtext("Amount")) for each in answer[0] if each.tag.startswith("Journal")]
    assert shown == [("JournalDebitLine", "70.00"), ("JournalCreditLine", "50.00"), ("JournalCreditLine", "20.00")]
    assert shop.moved() == {
        "Checking": Decimal("70.00"),
        "Sales": Decimal("-50.00"),
        "Discounts": Decimal("-20.00"),
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (line("Debit", "Checking", "70.00") + line("Credit", "Sales", "69.99"), 3180),
        (credit_of("", "5.00"), 3180),
        (credit_of("Ada", "5.00") + credit_of("Bob", "1.00"), 3180),
        (line("Debit", "Checking", "-1.00") + line("Credit", "Sales", "-1.00"), 3210),
        (line("Debit", "Nowhere", "1.00") + line("Credit", "Sales", "1.00"), 3140),
        ("<JournalDebitLine><Amount>1.00</Amount></JournalDebitLine>" + line("Credit", "Sales", "1.00"), 3150),
    ],
)
def test_an_entry_that_is_not_right_is_refused_and_leaves_no_trace(shop: Shop, body: str, code: int) -> None:
    before = shop.company.to_json()
    assert status(shop.one(add("JournalEntry", body)))[0] == code
    assert shop.company.to_json() == before


def test_a_memo_over_the_whole_entry_is_passed_over_as_in_the_desktop_edition(shop: Shop) -> None:
    body = "<Memo>All</Memo>" + line("Debit", "Checking", "1.00") + line("Credit", "Sales", "1.00")
    answer = shop.one(add("JournalEntry", body))
    assert status(answer) == (530, "Warn")
    assert '"Memo"' in answer.get("statusMessage", "")


def test_a_customers_credit_is_set_against_an_invoice_and_the_rest_refunded(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=1, rate="30.00")])
    entry = made(shop, credit_of("Ada", "50.00"))
    shop.builder.apply_credit(entry, invoice, 30)
    assert (entry.open_credit, invoice.open_debt) == (Decimal("20.00"), 0)
    assert status(shop.one(add("Check", check_add(f"<TxnID>{entry.txn_id}</TxnID>", "20.01"))))[0] == 3210
    assert status(shop.one(add("Check", check_add(f"<TxnID>{entry.txn_id}</TxnID>", "20.00"))))[0] == 0
    assert (entry.open_credit, shop.company.customer_balance("Ada")) == (0, 0)


def test_a_customers_debt_is_paid_like_an_invoice(shop: Shop) -> None:
    entry = made(shop, line("Debit", "Accounts Receivable", "12.00", "Ada") + line("Credit", "Sales", "12.00"))
    paid = f"<AppliedToTxnAdd><TxnID>{entry.txn_id}</TxnID><PaymentAmount>12.00</PaymentAmount></AppliedToTxnAdd>"
    answer = shop.one(add("ReceivePayment", f"<CustomerRef><FullName>Ada</FullName></CustomerRef>{paid}"))
    assert values(answer[0], "AppliedToTxnRet/TxnType", "AppliedToTxnRet/BalanceRemaining") == ["JournalEntry", "0.00"]
    assert shop.company.customer_balance("Ada") == 0


@pytest.mark.parametrize("verb", ["Del", "Void"])
def test_a_credit_that_is_taken_away_opens_the_invoice_again(shop: Shop, verb: str) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=1, rate="30.00")])
    entry = made(shop, credit_of("Ada", "50.00"))
    shop.builder.apply_credit(entry, invoice, 30)
    body = f"<Txn{verb}Rq><Txn{verb}Type>JournalEntry</Txn{verb}Type><TxnID>{entry.txn_id}</TxnID></Txn{verb}Rq>"
    assert status(shop.one(body))[0] == 0
    assert (invoice.open_debt, invoice.links) == (Decimal("30.00"), [])
    assert shop.company.customer_balance("Ada") == Decimal("30.00")
    assert entry.open_credit == 0 or verb == "Del"


def mod(entry: JournalEntry, inside: str) -> str:
    core = f"<TxnID>{entry.txn_id}</TxnID><EditSequence>{entry.stamp.edit_sequence}</EditSequence>"
    return f"<JournalEntryModRq><JournalEntryMod>{core}{inside}</JournalEntryMod></JournalEntryModRq>"


def line_mod(line_id: str, inside: str = "") -> str:
    return f"<JournalLineMod><TxnLineID>{line_id}</TxnLineID>{inside}</JournalLineMod>"


def test_a_mod_changes_lines_and_the_entry_has_to_balance_again(shop: Shop) -> None:
    entry = made(shop, credit_of("Ada", "50.00"))
    first, second = (each.txn_line_id for each in entry.lines)
    more = "<Amount>55.00</Amount>"
    assert status(shop.one(mod(entry, line_mod(first, more) + line_mod(second))))[0] == 3180
    answer = shop.one(mod(entry, line_mod(first, more) + line_mod(second, more)))
    assert status(answer)[0] == 0
    assert shop.company.customer_balance("Ada") == Decimal("-55.00")


def test_a_mod_cannot_take_a_credit_below_what_is_applied(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=1, rate="30.00")])
    entry = made(shop, credit_of("Ada", "50.00"))
    shop.builder.apply_credit(entry, invoice, 30)
    lines = [each.txn_line_id for each in entry.lines]
    before = shop.company.to_json()
    less = "".join(line_mod(each, "<Amount>29.99</Amount>") for each in lines)
    assert status(shop.one(mod(entry, less)))[0] == 3210
    other = line_mod(lines[0]) + line_mod(lines[1], "<EntityRef><FullName>Bob</FullName></EntityRef>")
    assert status(shop.one(mod(entry, other)))[0] == 3210
    assert shop.company.to_json() == before


def test_opening_balances_are_journal_entries_that_can_be_asked_for(shop: Shop) -> None:
    found = shop.query("JournalEntry", "<IncludeLineItems>true</IncludeLineItems>")
    names = [each.findtext("AccountRef/FullName") for each in found[0] if each.tag.startswith("Journal")]
    assert names == ["Inventory Asset", "Opening Balance Equity"]
