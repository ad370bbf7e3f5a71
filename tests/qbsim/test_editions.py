"""The editions for Canada, the UK and Australia: tax by the line's code, amounts that contain it, their own fields."""

from __future__ import annotations

from decimal import Decimal

import pytest
from lxml import etree

from qbsim import CompanyBuilder, Line, QuickBooks, SettableClock
from qbsim.editions import COUNTRIES, UnknownCountryError
from tests.qbsim.shop import START, add, checked, message_set, status, values


class Abroad:
    """A shop of another country's edition, with a customer Ada and a mug at 12.00 that is taxed by the usual code."""

    def __init__(self, country: str) -> None:
        self.builder = CompanyBuilder("Corner Shop", SettableClock(START), country=country)
        self.company = self.builder.company
        self.builder.non_inventory_item("Mug", price=12)
        self.builder.service_item("Book", price=8, tax_code={"UK": "Z", "CA": "G", "AU": "FRE"}.get(country))
        self.builder.customer("Ada")
        self.quickbooks = QuickBooks(self.company)

    def one(self, body: str) -> etree._Element:
        answer = self.quickbooks.process(message_set(body, onError="continueOnError"))
        assert answer.hresult == "", body
        (messages,) = checked(answer.response)
        return messages[0]

    def moved(self) -> dict[str, Decimal]:
        balance = self.company.trial_balance()
        assert sum(balance.values()) == 0
        return {name: amount for name, amount in balance.items() if amount}


def sale(kind: str, *items: str, header: str = "", line: str = "") -> str:
    lines = "".join(
        f"<{kind}LineAdd><ItemRef><FullName>{item}</FullName></ItemRef>{line}</{kind}LineAdd>" for item in items
    )
    return add(kind, f"<CustomerRef><FullName>Ada</FullName></CustomerRef>{header}{lines}")


INCLUDED = "<IsTaxIncluded>true</IsTaxIncluded>"


def test_in_the_uk_amounts_contain_the_vat_and_quickbooks_splits_it() -> None:
    shop = Abroad("UK")
    receipt = shop.one(sale("SalesReceipt", "Mug", "Book", header=INCLUDED))[0]
    assert values(receipt, "Subtotal", "SalesTaxTotal", "TotalAmount", "IsTaxIncluded", "SalesTaxPercentage") == [
        *("18.00", "2.00", "20.00", "true", None)
    ]
    assert shop.moved() == {
        "Undeposited Funds": Decimal("20.00"),
        "VAT Liability": Decimal("-2.00"),
        "Sales": Decimal("-18.00"),
    }


def test_in_the_uk_without_the_mark_vat_comes_on_top() -> None:
    shop = Abroad("UK")
    invoice = shop.one(sale("Invoice", "Mug", "Book"))[0]
    assert values(invoice, "Subtotal", "SalesTaxTotal", "BalanceRemaining") == ["20.00", "2.40", "22.40"]


def test_a_credit_memo_takes_the_vat_back_to_the_cent() -> None:
    shop = Abroad("UK")
    shop.builder.sales_receipt("Ada", [Line("Mug", quantity=3)], is_tax_included=True, deposit_to="Checking")
    shop.builder.credit_memo("Ada", [Line("Mug", quantity=3)], is_tax_included=True)
    assert shop.moved() == {"Checking": Decimal("36.00"), "Accounts Receivable": Decimal("-36.00")}


def test_a_code_of_two_taxes_owes_each_on_its_own_account() -> None:
    shop = Abroad("CA")
    payable = shop.builder.account("PST Payable", "OtherCurrentLiability")
    pst = shop.company.lists.items.find("PST (BC)")
    assert pst is not None
    pst.account_id = payable.list_id
    shop.builder.invoice("Ada", [Line("Mug", tax_code="S")])
    assert shop.moved() == {
        "Accounts Receivable": Decimal("13.44"),
        "GST/HST Payable": Decimal("-0.60"),
        "PST Payable": Decimal("-0.84"),
        "Sales": Decimal("-12.00"),
    }


def test_in_australia_a_lines_tax_amount_stands_and_is_told() -> None:
    shop = Abroad("AU")
    receipt = shop.one(sale("SalesReceipt", "Mug", header=INCLUDED, line="<TaxAmount>1.10</TaxAmount>"))[0]
    assert values(receipt, "Subtotal", "SalesTaxTotal", "SalesReceiptLineRet/TaxAmount") == ["10.90", "1.10", "1.10"]


@pytest.mark.parametrize(
    ("country", "header", "line", "told"),
    [
        ("US", INCLUDED, "", "IsTaxIncluded"),
        ("US", "", "<TaxAmount>9.00</TaxAmount>", "TaxAmount"),
        ("UK", "", "<TaxAmount>9.00</TaxAmount>", "TaxAmount"),
        ("CA", "", "<TaxAmount>9.00</TaxAmount>", "TaxAmount"),
        ("UK", "<ItemSalesTaxRef><FullName>Reduced VAT</FullName></ItemSalesTaxRef>", "", "ItemSalesTaxRef"),
    ],
)
def test_a_field_of_another_country_is_passed_over_with_a_warning(
    country: str, header: str, line: str, told: str
) -> None:
    plain = Abroad(country).one(sale("SalesReceipt", "Mug"))[0].findtext("TotalAmount")
    response = Abroad(country).one(sale("SalesReceipt", "Mug", header=header, line=line))
    assert status(response) == (530, "Warn")
    assert told in response.get("statusMessage", "")
    assert response[0].findtext("TotalAmount") == plain


def test_a_check_takes_the_input_vat_of_its_lines() -> None:
    shop = Abroad("UK")
    expense = (
        "<ExpenseLineAdd><AccountRef><FullName>Bank Service Charges</FullName></AccountRef><Amount>{amount}</Amount>"
        "<SalesTaxCodeRef><FullName>{code}</FullName></SalesTaxCodeRef></ExpenseLineAdd>"
    )
    inside = "<AccountRef><FullName>Checking</FullName></AccountRef>" + INCLUDED
    inside += expense.format(amount="60.00", code="S") + expense.format(amount="7.00", code="O")
    check = shop.one(add("Check", inside))[0]
    assert values(check, "Amount", "IsTaxIncluded") == ["67.00", "true"]
    assert [each.findtext("SalesTaxCodeRef/FullName") for each in check.iterfind("ExpenseLineRet")] == ["S", "O"]
    assert shop.moved() == {
        "Checking": Decimal("-67.00"),
        "VAT Liability": Decimal("10.00"),
        "Bank Service Charges": Decimal("57.00"),
    }


def test_in_the_us_a_tax_code_on_a_check_is_passed_over() -> None:
    shop = Abroad("US")
    inside = (
        "<AccountRef><FullName>Checking</FullName></AccountRef><ExpenseLineAdd><AccountRef><FullName>"
        "Bank Service Charges</FullName></AccountRef><Amount>60.00</Amount>"
        "<SalesTaxCodeRef><FullName>Tax</FullName></SalesTaxCodeRef></ExpenseLineAdd>"
    )
    assert status(shop.one(add("Check", inside))) == (530, "Warn")


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_host_and_the_preferences_tell_the_edition(country: str) -> None:
    shop = Abroad(country)
    assert shop.one("<HostQueryRq/>")[0].findtext("Country") == country
    preferences = shop.one("<PreferencesQueryRq/>")[0]
    uses_codes = preferences.findtext("SalesTaxPreferences/IsUsingAmountsIncludeTax")
    assert uses_codes == (None if country == "US" else "true")
    assert (preferences.find("MultiLocationInventoryPreferences") is None) == (country in ("CA", "UK"))


def test_a_tax_code_tells_its_tax_items() -> None:
    code = Abroad("UK").one("<SalesTaxCodeQueryRq><FullName>S</FullName></SalesTaxCodeQueryRq>")[0]
    assert values(code, "ItemSalesTaxRef/FullName", "ItemPurchaseTaxRef/FullName") == ["Standard VAT"] * 2


def test_a_customers_code_goes_before_the_items_where_the_company_wants_it() -> None:
    shop = Abroad("UK")
    zero = shop.company.lists.sales_tax_codes.find("Z")
    assert zero is not None
    shop.builder.customer("Embassy", sales_tax_code_id=zero.list_id)
    assert shop.builder.invoice("Embassy", [Line("Mug")]).tax_total == Decimal("2.40")
    shop.company.preferences.uses_customer_tax_codes = True
    assert shop.builder.invoice("Embassy", [Line("Mug")]).tax_total == 0


def test_the_company_says_whether_tax_is_rounded_line_by_line() -> None:
    shop = Abroad("UK")
    lines = [Line("Mug", amount="0.33")] * 3
    assert shop.builder.invoice("Ada", lines).tax_total == Decimal("0.20")
    shop.company.preferences.rounds_tax_by_line = True
    assert shop.builder.invoice("Ada", lines).tax_total == Decimal("0.21")


def test_in_the_us_a_tax_item_in_a_line_taxes_the_line_before_it() -> None:
    shop = Abroad("US")
    shop.builder.sales_tax_item("Bottle Tax", 5, is_default=False)
    invoice = shop.builder.invoice("Ada", [Line("Mug", quantity=2), Line("Bottle Tax")])
    assert shop.moved() == {
        "Accounts Receivable": Decimal("25.20"),
        "Sales Tax Payable": Decimal("-1.20"),
        "Sales": Decimal("-24.00"),
    }
    assert invoice.total == Decimal("25.20")


def test_a_country_without_an_edition_is_refused_by_name() -> None:
    with pytest.raises(UnknownCountryError, match="no edition for 'FR'; give one of US, CA, UK, AU"):
        CompanyBuilder(country="FR")
