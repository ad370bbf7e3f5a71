"""What a session reads of tax codes and templates before anything is entered, and what comes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import CompanyBuilder, Line, SettableClock
from qbwc_server.store.database import Database
from qbwc_server.sync.books import taxes_of_codes
from qbxml import ItemSalesTaxGroupRet, ItemSalesTaxRef, ItemSalesTaxRet, Ref, SalesTaxCodeRet
from tests.refunds.builders import back, refund_of
from tests.sync.driver import START, Driver, Refusal, judge, open_shop, receipts, refund


@pytest.mark.parametrize(
    ("country", "rates"),
    [
        ("UK", {"S": ["20"], "R": ["5"], "Z": ["0"], "E": ["0"], "O": ["0"]}),
        ("CA", {"G": ["5"], "H": ["13"], "S": ["5", "7"], "Z": ["0"], "E": ["0"]}),
        ("AU", {"GST": ["10"], "FRE": ["0"], "NT": ["0"]}),
        ("US", None),
    ],
)
def test_each_tax_code_is_known_with_its_taxes_where_codes_have_rates(
    memory: Database, country: str, rates: dict[str, list[str]] | None
) -> None:
    clock = SettableClock(START)
    driver = Driver(memory, CompanyBuilder("Hat Shop", clock, country=country).company, clock)
    driver.run_session()

    found = driver.company_file().tax_rates
    assert (None if found is None else {code: [Decimal(rate) for rate in taxes] for code, taxes in found.items()}) == (
        None if rates is None else {code: [Decimal(rate) for rate in taxes] for code, taxes in rates.items()}
    )
    assert ("SalesTaxCodeQueryRq" in driver.sessions[0].exchanges[0].names) == (country != "US")


def test_rates_that_quickbooks_does_not_show_stay_as_they_were(memory: Database) -> None:
    clock = SettableClock(START)
    driver = Driver(memory, CompanyBuilder("Hat Shop", clock, country="UK").company, clock)
    driver.run_session()
    driver.refusals.append(Refusal("<ItemSalesTaxQueryRq", 3250, "This feature is not enabled."))
    driver.wait()
    driver.run_session()
    assert driver.company_file().tax_rates["S"] == ["20.00"]


def test_a_code_whose_tax_is_not_shown_has_no_rate_and_not_zero() -> None:
    code = SalesTaxCodeRet(name="S", is_taxable=True, item_sales_tax_ref=Ref(list_id="80000001-1"))
    group = ItemSalesTaxGroupRet(list_id="80000001-1", item_sales_tax_refs=(ItemSalesTaxRef(list_id="80000002-1"),))
    assert taxes_of_codes([code], [], []) == {}
    assert taxes_of_codes([code], [], [group]) == {}
    tax = ItemSalesTaxRet(list_id="80000002-1", tax_rate=Decimal("5"))
    assert taxes_of_codes([code], [tax], [group]) == {"S": (Decimal(5),)}


def test_a_sale_of_before_a_change_of_rates_is_for_a_person(memory: Database) -> None:
    clock = SettableClock(START)
    made = CompanyBuilder("Hat Shop", clock, country="UK")
    made.non_inventory_item("Hat", price="20.00", tax_code="S")
    made.customer("Ann")
    made.sales_receipt("Ann", [Line("Hat", quantity=1)], ref_number="1001", deposit_to="Checking")
    tax = made.company.lists.items.find("Standard VAT")
    assert tax is not None
    tax.tax_rate = Decimal("17.5")
    driver = Driver(memory, made.company, clock)
    driver.bring_in(refund_of(back("Hat", 1, "20.00", tax="4.00"), currency="GBP", created_at=START))
    driver.drain()
    assert driver.statuses() == {"901": "review: tax_difference"}


# Templates


def shop(made: CompanyBuilder) -> None:
    receipts("1001")(made)
    made.template("Web Credit", "CreditMemo")
    made.template("Web Invoice", "Invoice")


def test_credit_memos_are_entered_on_the_template_of_the_setting(memory: Database) -> None:
    driver = open_shop(memory, shop, settings={"credit_memo_template": "web credit"})
    driver.bring_in(refund("r1", "1001"))
    driver.drain()

    judge(driver, review=False)
    [memo] = driver.company.transactions("CreditMemo")
    template = driver.company.lists.templates.get(memo.header.template_id)
    assert template is not None
    assert template.name == "Web Credit"
    assert driver.company_file().templates == ["Custom Credit Memo", "Web Credit"]


@pytest.mark.parametrize("name", ["Web Invoice", "Fancy"])
def test_a_template_that_is_none_for_credit_memos_is_said_before_anything_is_entered(
    memory: Database, name: str
) -> None:
    driver = open_shop(memory, shop, settings={"credit_memo_template": name})
    driver.bring_in(refund("r1", "1001"))
    driver.drain()

    judge(driver)
    assert driver.statuses() == {"r1": "review: template_unknown"}
    assert name in driver.row("r1").reason["message"]
    driver.set(credit_memo_template="Web Credit")
    driver.drain()
    assert driver.statuses() == {"r1": "posted"}
