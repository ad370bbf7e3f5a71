"""Customers, vendors, employees and other names, and the small lists: added, shown and asked for."""

from __future__ import annotations

import pytest

from qbsim import Company
from tests.qbsim.shop import Shop, add, status, values


def test_a_name_stands_once_among_customers_vendors_employees_and_other_names(shop: Shop) -> None:
    shop.builder.employee("Eve")
    assert status(shop.one(add("Vendor", "<Name>ADA</Name>"))) == (3100, "Error")
    assert status(shop.one(add("OtherName", "<Name>Eve</Name>"))) == (3100, "Error")
    assert status(shop.one(add("Vendor", "<Name>Mugs Ltd</Name>"))) == (0, "Info")
    assert status(shop.one(add("Customer", "<Name>Mugs Ltd</Name>"))) == (3100, "Error")


def test_a_job_may_be_called_as_a_vendor_is(shop: Shop) -> None:
    shop.builder.vendor("Bath")
    job = "<Name>Bath</Name><ParentRef><FullName>Ada</FullName></ParentRef>"
    assert shop.one(add("Customer", job))[0].findtext("FullName") == "Ada:Bath"


def test_a_vendor_is_shown_with_all_that_was_given(shop: Shop) -> None:
    shop.builder.standard_terms("Net 30", 30)
    inside = (
        "<Name>Mugs Ltd</Name><CompanyName>Mugs Limited</CompanyName><FirstName>Meg</FirstName>"
        "<VendorAddress><Addr1>2 Kiln Rd</Addr1><City>Reno</City><State>NV</State></VendorAddress>"
        "<AccountNumber>77</AccountNumber><TermsRef><FullName>net 30</FullName></TermsRef>"
        "<VendorTaxIdent>12-345</VendorTaxIdent><IsVendorEligibleFor1099>true</IsVendorEligibleFor1099>"
    )
    added = shop.one(add("Vendor", inside))[0]
    (asked,) = shop.query("Vendor", "<FullName>Mugs Ltd</FullName>")
    for shown in (added, asked):
        assert values(shown, "CompanyName", "VendorAddressBlock/Addr2", "TermsRef/FullName", "VendorTaxIdent") == [
            *("Mugs Limited", "Reno, NV", "Net 30", "12-345")
        ]


def test_an_entity_query_tells_of_all_four_lists(shop: Shop) -> None:
    shop.builder.vendor("Mugs Ltd")
    shop.builder.employee("Eve")
    shop.builder.other_name("Box")
    found = shop.query("Entity", "<NameRangeFilter><FromName>Bob</FromName></NameRangeFilter>")
    assert [(each.tag, each.findtext("Name")) for each in found] == [
        ("CustomerRet", "Bob"),
        ("CustomerRet", "Kitchen"),
        ("VendorRet", "Mugs Ltd"),
        ("EmployeeRet", "Eve"),
        ("OtherNameRet", "Box"),
    ]


def test_terms_of_both_kinds_are_asked_for_together_and_apart(shop: Shop) -> None:
    shop.one(add("StandardTerms", "<Name>Net 30</Name><StdDueDays>30</StdDueDays><DiscountPct>2</DiscountPct>"))
    shop.one(add("DateDrivenTerms", "<Name>15th</Name><DayOfMonthDue>15</DayOfMonthDue>"))
    assert [each.tag for each in shop.query("Terms")] == ["StandardTermsRet", "DateDrivenTermsRet"]
    assert [values(each, "Name", "StdDueDays", "DiscountPct") for each in shop.query("StandardTerms")] == [
        ["Net 30", "30", "2.00"]
    ]
    assert shop.query("DateDrivenTerms")[0].findtext("DayOfMonthDue") == "15"
    customer = shop.one(add("Customer", "<Name>Cy</Name><TermsRef><FullName>15th</FullName></TermsRef>"))[0]
    assert customer.findtext("TermsRef/FullName") == "15th"


def test_a_sales_representative_is_one_of_the_names_but_no_customer(shop: Shop) -> None:
    shop.builder.employee("Eve")
    rep = "<Initial>{}</Initial><SalesRepEntityRef><FullName>{}</FullName></SalesRepEntityRef>"
    shown = shop.one(add("SalesRep", rep.format("EV", "Eve")))[0]
    assert values(shown, "Initial", "SalesRepEntityRef/FullName", "Name") == ["EV", "Eve", None]
    assert status(shop.one(add("SalesRep", rep.format("AD", "Ada")))) == (3140, "Error")


@pytest.mark.parametrize("name", ["ShipMethod", "CustomerMsg", "Class", "CustomerType", "VendorType", "JobType"])
def test_an_entry_of_a_small_list_is_added_and_found_again(shop: Shop, name: str) -> None:
    assert status(shop.one(add(name, "<Name>First</Name>"))) == (0, "Info")
    assert [each.findtext("Name") for each in shop.query(name)] == ["First"]
    assert status(shop.one(add(name, "<Name>FIRST</Name>"))) == (3100, "Error")


def test_templates_tell_what_they_print(shop: Shop) -> None:
    kinds = {each.findtext("TemplateType") for each in shop.query("Template")}
    assert kinds == {"CreditMemo", "Invoice", "SalesOrder", "SalesReceipt"}


def test_a_site_can_stand_within_another_but_not_within_itself(shop: Shop) -> None:
    main = shop.builder.inventory_site("Main", is_default=True)
    shop.one(add("InventorySite", "<Name>Cellar</Name><ParentSiteRef><FullName>Main</FullName></ParentSiteRef>"))
    sites = shop.query("InventorySite", "<ActiveStatus>All</ActiveStatus>")
    assert [values(each, "Name", "ParentSiteRef/FullName", "IsDefaultSite") for each in sites] == [
        ["Main", None, "true"],
        ["Cellar", "Main", "false"],
    ]
    inside = (
        f"<ListID>{main.list_id}</ListID><EditSequence>{main.stamp.edit_sequence}</EditSequence>"
        "<ParentSiteRef><FullName>Cellar</FullName></ParentSiteRef>"
    )
    request = f"<InventorySiteModRq><InventorySiteMod>{inside}</InventorySiteMod></InventorySiteModRq>"
    assert status(shop.one(request)) == (3130, "Error")


def test_a_check_can_be_made_out_to_a_vendor(shop: Shop) -> None:
    shop.builder.vendor("Landlord")
    inside = (
        "<AccountRef><FullName>Checking</FullName></AccountRef>"
        "<PayeeEntityRef><FullName>Landlord</FullName></PayeeEntityRef>"
        "<ExpenseLineAdd><AccountRef><FullName>Bank Service Charges</FullName></AccountRef>"
        "<Amount>20.00</Amount></ExpenseLineAdd>"
    )
    assert shop.one(add("Check", inside))[0].findtext("PayeeEntityRef/FullName") == "Landlord"


def test_all_lists_are_kept_in_the_company_file(shop: Shop) -> None:
    shop.builder.sales_rep("MU", shop.builder.vendor("Mugs Ltd", vendor_address={"Addr1": "x"}))
    shop.builder.date_driven_terms("15th", 15)
    shop.builder.inventory_site("Main", address={"Addr1": "x"})
    shop.builder.assembly_item("Set", [(shop.shirt, "2.5")], price=1, cost=1)
    assert Company.from_json(shop.company.to_json(), shop.clock) == shop.company
