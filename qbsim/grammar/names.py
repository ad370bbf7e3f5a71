"""The requests that add and change vendors, other names and the small lists (order, lengths: the published schema)."""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.common import (
    ADDRESS_LINES,
    EXTERNAL_GUID_OF_LIST,
    MEMO,
    NAME_IN_LIST,
    NAME_IN_TREE,
    NAME_OF_CURRENCY,
    NAME_OF_VENDOR,
    PARENT_REF,
    PAYMENT_METHOD_TYPE,
    SALES_TAX_CODE_REF,
    TERMS_REF,
    WHICH_LIST_ENTRY,
    address,
    amount,
    date,
    flag,
    percent,
    ref,
    text,
    word,
)
from qbsim.grammar.contacts import (
    ADDITIONAL_CONTACTS,
    ADDITIONAL_NOTES,
    ADDITIONAL_NOTES_MOD,
    CONTACTS,
    CONTACTS_MOD,
    PERSON,
    WAYS_TO_REACH,
)
from qbsim.grammar.model import Element, Particle, aggregate, leaf, optional, up_to

MOST_PREFILLED_ACCOUNTS = 3

# Vendors

_CLASS_REF = ref("ClassRef", NAME_IN_TREE, since=(12, 0))
_VENDOR_START = (
    optional(flag("IsActive"), _CLASS_REF, text("CompanyName", 41)),
    PERSON,
    optional(address("VendorAddress"), address("ShipAddress")),
    WAYS_TO_REACH,
    ADDITIONAL_CONTACTS,
)
_VENDOR_ACCOUNT = optional(text("NameOnCheck", 41), text("AccountNumber", 99), text("Notes", MEMO, since=(3, 0)))
_VENDOR_TERMS = optional(
    ref("VendorTypeRef", NAME_IN_TREE),
    TERMS_REF,
    amount("CreditLimit"),
    text("VendorTaxIdent", 15),
    flag("IsVendorEligibleFor1099"),
)
_BILLING_RATE_REF = optional(ref("BillingRateRef", NAME_IN_LIST, since=(6, 0)))
_VENDOR_TAX = (
    optional(
        SALES_TAX_CODE_REF,
        word("SalesTaxCountry", "Australia Canada UK US", since=(6, 0)),
        flag("IsSalesTaxAgency", since=(8, 0)),
        ref("SalesTaxReturnRef", since=(8, 0)),
        text("TaxRegistrationNumber", 30, since=(8, 0)),
        word("ReportingPeriod", "Monthly Quarterly", since=(8, 0)),
        flag("IsTaxTrackedOnPurchases", since=(8, 0)),
        ref("TaxOnPurchasesAccountRef", NAME_IN_TREE, since=(8, 0)),
        flag("IsTaxTrackedOnSales", since=(8, 0)),
        ref("TaxOnSalesAccountRef", NAME_IN_TREE, since=(8, 0)),
        flag("IsTaxOnTax", since=(8, 0)),
    ),
    up_to(MOST_PREFILLED_ACCOUNTS, ref("PrefillAccountRef", NAME_IN_TREE, since=(7, 0))),
    optional(ref("CurrencyRef", NAME_OF_CURRENCY, since=(8, 0))),
)
_VENDOR_ADD = aggregate(
    "VendorAdd",
    text("Name", NAME_OF_VENDOR),
    *_VENDOR_START,
    CONTACTS,
    _VENDOR_ACCOUNT,
    ADDITIONAL_NOTES,
    _VENDOR_TERMS,
    optional(amount("OpenBalance"), date("OpenBalanceDate")),
    _BILLING_RATE_REF,
    optional(EXTERNAL_GUID_OF_LIST),
    *_VENDOR_TAX,
)
_VENDOR_MOD = aggregate(
    "VendorMod",
    WHICH_LIST_ENTRY,
    optional(text("Name", NAME_OF_VENDOR)),
    *_VENDOR_START,
    CONTACTS_MOD,
    _VENDOR_ACCOUNT,
    ADDITIONAL_NOTES_MOD,
    _VENDOR_TERMS,
    _BILLING_RATE_REF,
    *_VENDOR_TAX,
)

# Other names

_OTHER_NAME = optional(
    flag("IsActive"),
    text("CompanyName", 41),
    text("Salutation", 15),
    text("FirstName", 25),
    text("MiddleName", 5),
    text("LastName", 25),
    address("OtherNameAddress"),
    text("Phone", 21),
    text("AltPhone", 21),
    text("Fax", 21),
    text("Email", 1023),
    text("Contact", 41),
    text("AltContact", 41),
    text("AccountNumber", 99),
    text("Notes", MEMO, since=(3, 0)),
)

# Small lists

_DAY_OF_MONTH = types.whole_number(lowest=1, highest=31)


def _whole(name: str) -> Element:
    return leaf(name, types.INTTYPE)


def _add(name: str, length: int, *parts: Particle) -> Element:
    return aggregate(f"{name}Add", text("Name", length), optional(flag("IsActive")), *parts)


def _mod(name: str, length: int, *parts: Particle) -> Element:
    return aggregate(f"{name}Mod", WHICH_LIST_ENTRY, optional(text("Name", length), flag("IsActive")), *parts)


_TAXES_OF_CODE = optional(
    text("Desc", 31),
    ref("ItemPurchaseTaxRef", NAME_IN_LIST, since=(6, 0)),
    ref("ItemSalesTaxRef", NAME_IN_LIST, since=(6, 0)),
)
_INVENTORY_SITE = optional(
    ref("ParentSiteRef", NAME_IN_LIST, since=(12, 0)),
    text("SiteDesc", 100),
    text("Contact", 41),
    text("Phone", 21),
    text("Fax", 21),
    text("Email", 1023),
    aggregate("SiteAddress", optional(*(line for line in ADDRESS_LINES if line.name != "Note"))),
)
_TREES = ("Class", "CustomerType", "VendorType", "JobType")

NAME_ADDS = (
    (_VENDOR_ADD, (1, 0)),
    (
        aggregate("OtherNameAdd", text("Name", NAME_OF_VENDOR), _OTHER_NAME, optional(EXTERNAL_GUID_OF_LIST)),
        (1, 0),
    ),
    *((_add(name, NAME_IN_LIST, optional(PARENT_REF)), (1, 0)) for name in _TREES),
    (_add("SalesTaxCode", 3, flag("IsTaxable"), _TAXES_OF_CODE), (1, 0)),
    (_add("PaymentMethod", NAME_IN_LIST, optional(PAYMENT_METHOD_TYPE)), (1, 0)),
    (
        _add(
            "StandardTerms",
            NAME_IN_LIST,
            optional(_whole("StdDueDays"), _whole("StdDiscountDays"), percent("DiscountPct")),
        ),
        (1, 0),
    ),
    (
        _add(
            "DateDrivenTerms",
            NAME_IN_LIST,
            leaf("DayOfMonthDue", _DAY_OF_MONTH),
            optional(
                _whole("DueNextMonthDays"),
                leaf("DiscountDayOfMonth", _DAY_OF_MONTH),
                percent("DiscountPct"),
            ),
        ),
        (1, 0),
    ),
    (_add("ShipMethod", 15), (1, 0)),
    (_add("CustomerMsg", 101), (1, 0)),
    (
        aggregate(
            "SalesRepAdd",
            text("Initial", 5),
            optional(flag("IsActive")),
            ref("SalesRepEntityRef", NAME_OF_VENDOR),
        ),
        (1, 0),
    ),
    (_add("InventorySite", NAME_IN_LIST, _INVENTORY_SITE), (10, 0)),
)
"""New vendors, other names and entries of the small lists, with the first version of each request."""

NAME_MODS = (
    (_VENDOR_MOD, (1, 0)),
    (
        aggregate("OtherNameMod", WHICH_LIST_ENTRY, optional(text("Name", NAME_OF_VENDOR)), _OTHER_NAME),
        (1, 0),
    ),
    (_mod("Class", NAME_IN_LIST, optional(PARENT_REF)), (1, 0)),
    (_mod("SalesTaxCode", 3, optional(flag("IsTaxable")), _TAXES_OF_CODE), (1, 0)),
    (
        aggregate(
            "SalesRepMod",
            WHICH_LIST_ENTRY,
            optional(text("Initial", 5), flag("IsActive"), ref("SalesRepEntityRef", NAME_OF_VENDOR)),
        ),
        (1, 0),
    ),
    (_mod("InventorySite", NAME_IN_LIST, _INVENTORY_SITE), (10, 0)),
)
"""Changed ones; for the lists that are not here the schema has no Mod."""
