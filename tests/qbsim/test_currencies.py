"""Several currencies: each document in its customer's, the books in home currency, gains and losses between rates."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import Behaviour, Company, CompanyBuilder, Line, QuickBooks, SettableClock
from qbsim.status import RequestRefused
from tests.qbsim.shop import START, Shop, add, card_refund_add, check_add, status, values


class Abroad(Shop):
    """The usual shop, which sells to Eva in euro at 1.10 dollar as well."""

    def __init__(self) -> None:
        super().__init__()
        self.euro = self.builder.currency("Euro", "EUR", "1.10")
        self.eva = self.builder.customer("Eva", currency="Euro", taxable=False)
        self.builder.account("Euro Bank", "Bank", currency="Euro")
        self.builder.account("Pound Bank", "Bank", currency=self.builder.currency("British Pound", "GBP", "1.30"))
        self.opening = self.company.trial_balance()


@pytest.fixture
def shop() -> Abroad:
    return Abroad()


SERVICE = "<{0}LineAdd><ItemRef><FullName>Engraving</FullName></ItemRef><Amount>{1}</Amount></{0}LineAdd>"


def sale(kind: str, amount: str, rate: str = "", customer: str = "Eva") -> str:
    given = f"<ExchangeRate>{rate}</ExchangeRate>" if rate else ""
    inside = f"<CustomerRef><FullName>{customer}</FullName></CustomerRef>{given}{SERVICE.format(kind, amount)}"
    return add(kind, inside)


def payment(invoice_id: str, amount: str, rate: str, deposit_to: str = "Checking") -> str:
    inside = (
        f"<CustomerRef><FullName>Eva</FullName></CustomerRef><TotalAmount>{amount}</TotalAmount>"
        f"<ExchangeRate>{rate}</ExchangeRate>"
        f"<DepositToAccountRef><FullName>{deposit_to}</FullName></DepositToAccountRef>"
        f"<AppliedToTxnAdd><TxnID>{invoice_id}</TxnID><PaymentAmount>{amount}</PaymentAmount></AppliedToTxnAdd>"
    )
    return add("ReceivePayment", inside)


def test_a_sale_is_in_its_customers_currency_and_booked_in_home_currency(shop: Abroad) -> None:
    invoice = shop.one(sale("Invoice", "100.00"))[0]
    assert values(invoice, "BalanceRemaining", "CurrencyRef/FullName", "ExchangeRate") == ["100.00", "Euro", "1.1"]
    assert invoice.findtext("BalanceRemainingInHomeCurrency") == "110.00"
    assert invoice.findtext("ARAccountRef/FullName") == "Accounts Receivable - EUR"
    assert shop.moved() == {"Accounts Receivable - EUR": Decimal("110.00"), "Sales": Decimal("-110.00")}
    assert shop.company.customer_balance("Eva") == Decimal("100.00")


def test_the_rate_that_is_sent_goes_before_the_currencys_own(shop: Abroad) -> None:
    receipt = shop.one(sale("SalesReceipt", "100.00", "1.25"))[0]
    assert values(receipt, "ExchangeRate", "TotalAmountInHomeCurrency") == ["1.25", "125.00"]


def test_a_price_is_turned_into_the_customers_currency(shop: Abroad) -> None:
    invoice = shop.builder.invoice("Eva", [Line("Shirt", quantity=1)], exchange_rate=2)
    assert invoice.total == Decimal("10.00")
    assert shop.moved() == {
        "Accounts Receivable - EUR": Decimal("20.00"),
        "Sales": Decimal("-20.00"),
        "Cost of Goods Sold": Decimal("7.50"),
        "Inventory Asset": Decimal("-7.50"),
    }


def test_rounding_to_home_currency_never_unbalances_the_books(shop: Abroad) -> None:
    shop.builder.invoice("Eva", [Line("Engraving", amount="0.33")] * 3, exchange_rate="1.105")
    assert shop.moved() == {"Accounts Receivable - EUR": Decimal("1.09"), "Sales": Decimal("-1.09")}


@pytest.mark.parametrize(("rate", "gain"), [("1.20", "-10.00"), ("1.00", "10.00")])
def test_a_payment_at_another_rate_books_the_exchange_gain_or_loss(shop: Abroad, rate: str, gain: str) -> None:
    invoice = shop.builder.invoice("Eva", [Line("Engraving", amount="100.00")])
    received = shop.one(payment(invoice.txn_id, "100.00", rate))[0]
    assert values(received, "TotalAmountInHomeCurrency") == [f"{Decimal(100) * Decimal(rate):.2f}"]
    assert shop.company.balance_of("Exchange Gain or Loss") == Decimal(gain)
    assert shop.company.balance_of("Accounts Receivable - EUR") == 0
    assert shop.company.customer_balance("Eva") == 0
    assert sum(shop.company.trial_balance().values()) == 0


def test_a_payment_at_the_same_rate_books_none(shop: Abroad) -> None:
    invoice = shop.builder.invoice("Eva", [Line("Engraving", amount="100.00")])
    shop.one(payment(invoice.txn_id, "100.00", "1.10"))
    assert "Exchange Gain or Loss" not in shop.company.trial_balance()


@pytest.mark.parametrize("way", ["check", "card"])
def test_a_refund_at_another_rate_than_its_credit_memo_books_the_loss(shop: Abroad, way: str) -> None:
    memo = shop.builder.credit_memo("Eva", [Line("Engraving", amount="50.00")])
    target = f"<TxnID>{memo.txn_id}</TxnID>"
    if way == "card":
        inside = card_refund_add(target, "50.00", "Checking", "Eva").replace(
            "<RefundAppliedToTxnAdd>", "<ExchangeRate>1.20</ExchangeRate><RefundAppliedToTxnAdd>"
        )
        refund = shop.one(add("ARRefundCreditCard", inside))[0]
        assert values(refund, "TotalAmountInHomeCurrency", "RefundAppliedToTxnRet/RefundAmount") == ["60.00", "50.00"]
    else:
        inside = check_add(target, "50.00", payee="Eva").replace("Accounts Receivable<", "Accounts Receivable - EUR<")
        inside = inside.replace("<ApplyCheckToTxnAdd>", "<ExchangeRate>1.20</ExchangeRate><ApplyCheckToTxnAdd>")
        assert shop.one(add("Check", inside))[0].findtext("AmountInHomeCurrency") == "60.00"
    assert shop.moved()["Checking"] == Decimal("-60.00")
    assert shop.company.balance_of("Exchange Gain or Loss") == Decimal("5.00")
    assert shop.company.balance_of("Accounts Receivable - EUR") == 0


def test_parts_at_awkward_rates_leave_nothing_on_the_receivable_account(shop: Abroad) -> None:
    invoice = shop.builder.invoice("Eva", [Line("Engraving", amount="10.00")], exchange_rate="1.005")
    for amount, rate in (("3.33", "1.1"), ("3.33", "1.3"), ("3.34", "1.2")):  # 3.35, 3.35 and 3.36 of 10.05
        shop.one(payment(invoice.txn_id, amount, rate))
    assert invoice.open_debt == 0
    assert shop.company.balance_of("Accounts Receivable - EUR") == 0


def test_deleting_the_payment_takes_the_gain_back(shop: Abroad) -> None:
    invoice = shop.builder.invoice("Eva", [Line("Engraving", amount="100.00")])
    before = shop.moved()
    received = shop.builder.receive_payment(invoice, exchange_rate="1.2")
    shop.company.delete(received)
    assert shop.company.balance_of("Exchange Gain or Loss") == 0
    assert {name: amount for name, amount in shop.company.trial_balance().items() if name in before} == {
        name: shop.opening[name] + amount for name, amount in before.items()
    }


def test_voiding_the_invoice_takes_the_gain_back_and_leaves_the_payment_unused(shop: Abroad) -> None:
    invoice = shop.builder.invoice("Eva", [Line("Engraving", amount="100.00")])
    received = shop.builder.receive_payment(invoice, exchange_rate="1.2")
    shop.company.void(invoice)
    assert received.open_credit == Decimal("100.00")
    assert shop.company.balance_of("Accounts Receivable - EUR") == Decimal("-120.00")
    assert shop.company.balance_of("Exchange Gain or Loss") == 0


def test_money_in_the_customers_currency_stays_in_it(shop: Abroad) -> None:
    shop.builder.sales_receipt("Eva", [Line("Engraving", amount="100.00")], deposit_to="Euro Bank")
    bank = shop.query("Account", "<FullName>Euro Bank</FullName>")[0]
    assert values(bank, "Balance", "CurrencyRef/FullName") == ["100.00", "Euro"]
    assert shop.company.balance_of("Euro Bank") == Decimal("110.00")


def test_an_account_in_another_foreign_currency_is_refused(shop: Abroad) -> None:
    with pytest.raises(RequestRefused, match=r"3210.*currency of the account"):
        shop.builder.sales_receipt("Eva", [Line("Engraving")], deposit_to="Pound Bank")
    with pytest.raises(RequestRefused, match=r"3210.*currency of the account"):
        shop.builder.sales_receipt("Ada", [Line("Engraving")], deposit_to="Euro Bank")
    with pytest.raises(RequestRefused, match=r"3210.*currency of the account"):
        shop.builder.invoice("Eva", [Line("Engraving")], account="Accounts Receivable")
    assert shop.moved() == {}


def test_a_customer_in_home_currency_is_told_at_the_rate_of_one(shop: Abroad) -> None:
    invoice = shop.one(sale("Invoice", "100.00", "1.7", "Ada"))[0]
    assert values(invoice, "CurrencyRef/FullName", "ExchangeRate", "BalanceRemainingInHomeCurrency") == [
        *("US Dollar", "1", "100.00")
    ]


@pytest.mark.parametrize("rate", ["0", "-1"])
def test_a_rate_that_is_not_positive_is_refused(shop: Abroad, rate: str) -> None:
    assert status(shop.one(sale("Invoice", "100.00", rate))) == (3210, "Error")


def test_customers_and_accounts_are_added_in_a_currency(shop: Abroad) -> None:
    currency = "<CurrencyRef><FullName>British Pound</FullName></CurrencyRef>"
    customer = shop.one(add("Customer", f"<Name>Ken</Name>{currency}"))
    assert (status(customer), customer[0].findtext("CurrencyRef/FullName")) == ((0, "Info"), "British Pound")
    assert "Accounts Receivable - GBP" in shop.company.trial_balance()
    job = shop.builder.job("Ken", "Attic")
    assert shop.builder.invoice(job, [Line("Engraving", amount="10.00")]).exchange_rate == Decimal("1.30")
    account = shop.one(add("Account", f"<Name>Till</Name><AccountType>Bank</AccountType>{currency}"))
    assert (status(account)[0], account[0].findtext("CurrencyRef/FullName")) == (0, "British Pound")
    wrong = shop.one(add("Account", f"<Name>Fees</Name><AccountType>Expense</AccountType>{currency}"))
    assert status(wrong) == (3210, "Error")


def test_the_preferences_tell_the_home_currency(shop: Abroad) -> None:
    shown = shop.query("Preferences")[0].find("MultiCurrencyPreferences")
    assert shown is not None
    assert values(shown, "IsMultiCurrencyOn", "HomeCurrencyRef/FullName") == ["true", "US Dollar"]


def test_a_currency_is_asked_for_added_and_changed(shop: Abroad) -> None:
    euro = shop.query("Currency", "<FullName>euro</FullName>")[0]
    assert values(euro, "CurrencyCode", "IsUserDefinedCurrency", "ExchangeRate") == ["EUR", "false", "1.1"]
    assert euro.findtext("CurrencyFormat/DecimalPlaces") == "2"
    made = shop.one(add("Currency", "<Name>Shells</Name><CurrencyCode>SHL</CurrencyCode>"))[0]
    assert values(made, "IsUserDefinedCurrency", "ExchangeRate") == ["true", None]
    change = (
        f"<CurrencyModRq><CurrencyMod><ListID>{made.findtext('ListID')}</ListID>"
        f"<EditSequence>{made.findtext('EditSequence')}</EditSequence>"
        "<Name>Pearls</Name><IsActive>false</IsActive></CurrencyMod></CurrencyModRq>"
    )
    assert values(shop.one(change)[0], "Name", "IsActive", "CurrencyCode") == ["Pearls", "false", "SHL"]
    assert shop.company.lists.currencies.find("Shells") is None
    stale = shop.one(change)
    assert (status(stale), stale[0].findtext("Name")) == ((3200, "Error"), "Pearls")


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("<Name>Euro</Name><CurrencyCode>EUX</CurrencyCode>", 3100),
        ("<Name>Euros</Name><CurrencyCode>eur</CurrencyCode>", 3100),
        ("<Name>Euros</Name><CurrencyCode></CurrencyCode>", 3150),
    ],
)
def test_a_currency_that_can_not_be_is_refused(shop: Abroad, inside: str, code: int) -> None:
    assert status(shop.one(add("Currency", inside))) == (code, "Error")


def test_a_built_in_currency_keeps_its_name(shop: Abroad) -> None:
    change = (
        f"<CurrencyModRq><CurrencyMod><ListID>{shop.euro.list_id}</ListID>"
        f"<EditSequence>{shop.euro.stamp.edit_sequence}</EditSequence><Name>Ecu</Name></CurrencyMod></CurrencyModRq>"
    )
    assert status(shop.one(change)) == (3170, "Error")


def test_what_is_saved_is_what_is_loaded(shop: Abroad) -> None:
    invoice = shop.builder.invoice("Eva", [Line("Engraving", amount="100.00")])
    shop.builder.receive_payment(invoice, "60.00", exchange_rate="1.2")
    loaded = Company.from_json(shop.company.to_json(), shop.clock)
    assert loaded.trial_balance() == shop.company.trial_balance()
    assert loaded.balance_of("Exchange Gain or Loss") == Decimal("-6.00")
    assert loaded.customer_balance("Eva") == Decimal("40.00")


def test_a_company_of_one_currency_answers_without_any_of_this() -> None:
    shop = Shop(Behaviour())
    response = shop.one(sale("Invoice", "100.00", "1.25", "Ada"))
    assert status(response) == (530, "Warn")
    assert values(response[0], "CurrencyRef", "ExchangeRate", "BalanceRemainingInHomeCurrency") == [None] * 3
    assert status(shop.query("Currency")) == (3250, "Error")
    assert shop.query("Customer", "<FullName>Ada</FullName>")[0].find("CurrencyRef") is None


def test_a_british_shop_has_the_pound_at_home() -> None:
    builder = CompanyBuilder(clock=SettableClock(START), country="UK")
    builder.currency("Euro", "EUR", "0.85")
    builder.customer("Eva", currency="Euro")
    builder.service_item("Engraving", price=10)
    receipt = builder.sales_receipt("Eva", [Line("Engraving", amount="120.00")], is_tax_included=True)
    assert QuickBooks(builder.company).company.balance_of("VAT Liability") == Decimal("-17.00")
    assert (receipt.total, builder.company.balance_of("Undeposited Funds")) == (Decimal("120.00"), Decimal("102.00"))
