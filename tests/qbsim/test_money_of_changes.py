"""Changes of documents where money is not plain: foreign currencies, VAT within amounts, closed books, average cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from qbsim import Line
from qbsim.numbers import to_cent
from qbsim.transactions import Transaction
from tests.qbsim import test_currencies, test_editions
from tests.qbsim.shop import Shop, add, status, values
from tests.qbsim.transactions.test_modifying import mod

EURO_RECEIVABLE = "Accounts Receivable - EUR"


@pytest.fixture
def abroad() -> test_currencies.Abroad:
    return test_currencies.Abroad()


def answered(shop: Shop, transaction: Transaction, inside: str) -> etree._Element:
    response = shop.one(mod(transaction, inside))
    assert status(response)[0] == 0, response.get("statusMessage")
    return response[0]


def test_a_document_keeps_its_rate_when_a_mod_gives_none(abroad: test_currencies.Abroad) -> None:
    memo = abroad.builder.credit_memo("Eva", [Line("Engraving", rate=100)], exchange_rate="1.25")
    ret = answered(abroad, memo, "<Memo>Web order</Memo>")
    assert values(ret, "ExchangeRate", "CreditRemainingInHomeCurrency") == ["1.25", "125.00"]
    assert abroad.company.balance_of(EURO_RECEIVABLE) == -125


def test_another_rate_moves_the_books_and_the_gain_of_what_was_paid(abroad: test_currencies.Abroad) -> None:
    invoice = abroad.builder.invoice("Eva", [Line("Engraving", rate=100)], exchange_rate="1.10")
    payment = abroad.builder.receive_payment(invoice, exchange_rate="1.20")
    assert abroad.company.balance_of("Exchange Gain or Loss") == -10
    answered(abroad, invoice, "<ExchangeRate>1.15</ExchangeRate>")
    assert abroad.company.balance_of("Exchange Gain or Loss") == -5
    answered(abroad, payment, "<ExchangeRate>1.05</ExchangeRate>")
    assert abroad.company.balance_of("Exchange Gain or Loss") == 10
    assert abroad.company.balance_of(EURO_RECEIVABLE) == 0
    assert sum(abroad.company.trial_balance().values()) == 0


def test_a_payment_that_lets_an_invoice_go_takes_its_gain_back(abroad: test_currencies.Abroad) -> None:
    builder = abroad.builder
    first, second = (builder.invoice("Eva", [Line("Engraving", rate=100)], exchange_rate="1.10") for _ in range(2))
    payment = builder.receive_payment(first, exchange_rate="1.30")
    to_second = f"<TxnID>{second.txn_id}</TxnID><PaymentAmount>40.00</PaymentAmount>"
    answered(abroad, payment, f"<AppliedToTxnMod>{to_second}</AppliedToTxnMod>")
    assert (first.open_debt, second.open_debt, payment.open_credit) == (100, 60, 60)
    assert abroad.company.balance_of("Exchange Gain or Loss") == -8
    abroad.company.void(payment)
    assert abroad.company.balance_of("Exchange Gain or Loss") == 0


def test_euro_payments_deposited_to_a_euro_account_gain_by_the_rate_of_the_day(abroad: test_currencies.Abroad) -> None:
    receipt = abroad.builder.sales_receipt("Eva", [Line("Engraving", rate=100)], exchange_rate="1.10")
    bank = "<DepositToAccountRef><FullName>Euro Bank</FullName></DepositToAccountRef><ExchangeRate>1.20</ExchangeRate>"
    line = f"<DepositLineAdd><PaymentTxnID>{receipt.txn_id}</PaymentTxnID></DepositLineAdd>"
    ret = abroad.one(add("Deposit", bank + line))[0]
    assert values(ret, "DepositTotal", "CurrencyRef/FullName", "DepositTotalInHomeCurrency") == [
        *("100.00", "Euro", "120.00")
    ]
    balance = abroad.company.balance_of
    assert [balance(name) for name in ("Euro Bank", "*Undeposited Funds", "Exchange Gain or Loss")] == [120, 0, -10]
    (deposit,) = abroad.company.transactions("Deposit")
    answered(abroad, deposit, "<ExchangeRate>1.05</ExchangeRate>")
    assert [balance(name) for name in ("Euro Bank", "*Undeposited Funds", "Exchange Gain or Loss")] == [105, 0, 5]


def test_a_dollar_payment_is_not_deposited_to_a_euro_account(abroad: test_currencies.Abroad) -> None:
    receipt = abroad.builder.sales_receipt("Ada", [Line("Engraving", rate=100)])
    before = abroad.company.to_json()
    bank = "<DepositToAccountRef><FullName>Euro Bank</FullName></DepositToAccountRef>"
    line = f"<DepositLineAdd><PaymentTxnID>{receipt.txn_id}</PaymentTxnID></DepositLineAdd>"
    assert status(abroad.one(add("Deposit", bank + line)))[0] == 3210
    assert abroad.company.to_json() == before


def test_a_journal_entry_in_euro_is_its_customers_credit_in_euro(abroad: test_currencies.Abroad) -> None:
    def line(kind: str, account: str) -> str:
        name = "<EntityRef><FullName>Eva</FullName></EntityRef>" if "Receivable" in account else ""
        return (
            f"<Journal{kind}Line><AccountRef><FullName>{account}</FullName></AccountRef><Amount>50.00</Amount>{name}"
            f"</Journal{kind}Line>"
        )

    lines = line("Debit", "Sales") + line("Credit", EURO_RECEIVABLE)
    euro = "<CurrencyRef><FullName>Euro</FullName></CurrencyRef><ExchangeRate>1.20</ExchangeRate>"
    assert status(abroad.one(add("JournalEntry", lines)))[0] == 3210, "the account is in euro, the entry in dollars"
    ret = abroad.one(add("JournalEntry", euro + lines))[0]
    assert values(ret, "CurrencyRef/FullName", "ExchangeRate") == ["Euro", "1.2"]
    assert abroad.company.customer_balance("Eva") == -50
    assert abroad.company.balance_of("Sales") == 60


def test_a_currency_filter_finds_documents_and_customers_of_the_currency(abroad: test_currencies.Abroad) -> None:
    abroad.builder.invoice("Eva", [Line("Engraving", rate=100)], ref_number="E1")
    abroad.builder.invoice("Ada", [Line("Engraving", rate=100)], ref_number="D1")

    def found(query: str, currency: str, path: str) -> list[str | None]:
        inside = f"<CurrencyFilter><FullName>{currency}</FullName></CurrencyFilter>"
        return [each.findtext(path) for each in abroad.query(query, inside)]

    assert found("Invoice", "Euro", "RefNumber") == ["E1"]
    assert found("Invoice", "US Dollar", "RefNumber") == ["D1"]
    assert found("Customer", "Euro", "FullName") == ["Eva"]
    assert "Eva" not in found("Customer", "US Dollar", "FullName")
    assert found("Account", "Euro", "FullName") == [EURO_RECEIVABLE, "Euro Bank"]


def test_without_currencies_a_currency_filter_is_refused(shop: Shop) -> None:
    inside = "<CurrencyFilter><FullName>Euro</FullName></CurrencyFilter>"
    assert [status(shop.query(name, inside))[0] for name in ("Invoice", "Customer", "Account")] == [3250] * 3


def test_a_customer_with_documents_stays_in_its_currency(abroad: test_currencies.Abroad) -> None:
    def change(name: str) -> int:
        customer = abroad.company.lists.customers.find(name)
        assert customer is not None
        core = f"<ListID>{customer.list_id}</ListID><EditSequence>{customer.stamp.edit_sequence}</EditSequence>"
        currency = "<CurrencyRef><FullName>British Pound</FullName></CurrencyRef>"
        return status(abroad.one(f"<CustomerModRq><CustomerMod>{core}{currency}</CustomerMod></CustomerModRq>"))[0]

    abroad.builder.invoice("Eva", [Line("Engraving", rate=100)])
    assert (change("Eva"), change("Bob")) == (3210, 0)
    assert abroad.company.lists.accounts.find("Accounts Receivable - GBP") is not None


def test_a_uk_memo_is_taxed_anew_where_its_amounts_change_or_begin_to_contain_the_vat() -> None:
    shop = test_editions.Abroad("UK")
    memo = shop.builder.credit_memo("Ada", [Line("Mug", quantity=2), Line("Book")])
    assert (memo.subtotal, memo.tax_total) == (32, Decimal("4.80"))
    first, second = (each.txn_line_id for each in memo.lines)
    lines = (
        f"<CreditMemoLineMod><TxnLineID>{first}</TxnLineID><Quantity>1</Quantity></CreditMemoLineMod>"
        f"<CreditMemoLineMod><TxnLineID>{second}</TxnLineID></CreditMemoLineMod>"
    )
    shop.one(mod(memo, lines))
    assert (memo.subtotal, memo.tax_total) == (20, Decimal("2.40"))
    shop.one(mod(memo, "<IsTaxIncluded>true</IsTaxIncluded>"))
    assert (memo.subtotal, memo.tax_total, memo.total) == (18, 2, 20)
    assert shop.moved()["VAT Liability"] == 2


def test_an_australian_tax_amount_stands_until_its_line_changes() -> None:
    shop = test_editions.Abroad("AU")
    invoice = shop.builder.invoice("Ada", [Line("Mug", quantity=2, tax_amount="2.39"), Line("Book")])
    shop.one(mod(invoice, "<Memo>Web order</Memo>"))
    assert invoice.tax_total == Decimal("2.39")
    first, second = (each.txn_line_id for each in invoice.lines)
    lines = (
        f"<InvoiceLineMod><TxnLineID>{first}</TxnLineID><Quantity>1</Quantity></InvoiceLineMod>"
        f"<InvoiceLineMod><TxnLineID>{second}</TxnLineID></InvoiceLineMod>"
    )
    shop.one(mod(invoice, lines))
    assert invoice.tax_total == Decimal("1.20")


def test_a_uk_check_keeps_its_purchase_tax_in_step_with_its_lines() -> None:
    shop = test_editions.Abroad("UK")
    line = "<AccountRef><FullName>Shipping Income</FullName></AccountRef><Amount>100.00</Amount>"
    code = "<SalesTaxCodeRef><FullName>S</FullName></SalesTaxCodeRef>"
    account = "<AccountRef><FullName>Checking</FullName></AccountRef>"
    shop.one(add("Check", f"{account}<ExpenseLineAdd>{line}{code}</ExpenseLineAdd>"))
    (check,) = shop.company.transactions("Check")
    line_id = shop.one("<CheckQueryRq><IncludeLineItems>true</IncludeLineItems></CheckQueryRq>")[0].findtext(
        "ExpenseLineRet/TxnLineID"
    )
    change = f"<ExpenseLineMod><TxnLineID>{line_id}</TxnLineID><Amount>50.00</Amount></ExpenseLineMod>"
    shop.one(mod(check, change))
    assert shop.moved() == {"Checking": -60, "Shipping Income": 50, "VAT Liability": 10}


@pytest.mark.parametrize("kind", ["Invoice", "CreditMemo", "SalesReceipt", "Deposit", "JournalEntry"])
def test_nothing_in_closed_books_is_changed_nor_moved_there(shop: Shop, kind: str) -> None:
    builder, february = shop.builder, date(2024, 2, 20)
    receipt = builder.sales_receipt("Ada", [Line("Shirt")], txn_date=february)
    made: dict[str, Transaction] = {
        "Invoice": builder.invoice("Ada", [Line("Shirt")], txn_date=february),
        "CreditMemo": builder.credit_memo("Ada", [Line("Shirt")], txn_date=february),
        "Deposit": builder.deposit([receipt], txn_date=february),
        "JournalEntry": builder.journal_entry([("Checking", 5), ("Sales", -5)], txn_date=february),
        "SalesReceipt": receipt,
    }
    shop.company.preferences.closing_date = date(2024, 2, 29)
    shop.company.preferences.closing_date_has_password = True
    before = shop.company.to_json()
    assert status(shop.one(mod(made[kind], "<TxnDate>2024-03-05</TxnDate>")))[0] == 3171
    assert shop.company.to_json() == before


def test_a_mod_of_the_words_leaves_the_worth_of_the_goods_and_one_of_the_pieces_takes_the_average(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line("Shirt", quantity=10)])
    shop.builder.adjust_stock("Shirt", 90, value=1800)
    cost = shop.company.balance_of("Cost of Goods Sold")
    answered(shop, invoice, "<Memo>Web order</Memo>")
    assert shop.company.balance_of("Cost of Goods Sold") == cost == 75
    line_id = invoice.lines[0].txn_line_id
    answered(shop, invoice, f"<InvoiceLineMod><TxnLineID>{line_id}</TxnLineID><Quantity>4</Quantity></InvoiceLineMod>")
    assert shop.company.balance_of("Cost of Goods Sold") == to_cent(4 * Decimal(2550) / 190)
    assert shop.company.balance_of("Inventory Asset") == shop.shirt.asset_value
