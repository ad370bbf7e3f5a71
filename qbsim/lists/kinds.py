"""All lists, a row each (order and names: the published schema; which fields are kept is this simulator's choice)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.currencies import foreign, make_receivable_account
from qbsim.lists.accounts import FOREIGN_TYPES, Account
from qbsim.lists.currencies import Currency
from qbsim.lists.customers import Customer, Vendor
from qbsim.lists.element import mentions
from qbsim.lists.fields import (
    ADDRESS,
    AMOUNT,
    DAY,
    FLAG,
    PERCENT,
    REF,
    TEXT,
    WHOLE,
    Field,
    Value,
)
from qbsim.lists.item_kinds import ITEMS
from qbsim.lists.items import TAX_KINDS
from qbsim.lists.kind import ListKind
from qbsim.lists.references import refer
from qbsim.lists.small import SalesTaxCode
from qbsim.lists.table import ListTable
from qbsim.nodes import Nodes
from qbsim.numbers import ZERO, amount_text, boolean_text, rate_text
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.lists.view import View


# Currencies

_CURRENCY_REF = Field("CurrencyRef", "currency_id", REF)
_FORMAT = "CurrencyFormat"


def _currency_reference(company: Company, currency_id: str | None) -> Nodes | None:
    """The inside of CurrencyRef, the home currency's where none is kept; None in a company that has but one."""
    if not company.preferences.multi_currency:
        return None
    return refer(company.lists, "CurrencyRef", currency_id or company.preferences.home_currency_id)


def _wrong_currency(company: Company, currency_id: str | None, reason: str) -> status.RequestRefused:
    currency = company.lists.currencies.get(currency_id or company.preferences.home_currency_id or "")
    name = currency.name if currency is not None else ""
    return refusal(status.BAD_VALUE, field="CurrencyRef", value=name, reason=reason)


def _check_same_currency(company: Company, table: ListTable[Any], record: Any, currency_id: str | None) -> None:
    """Refused as 3210 (a guess) where the currency changes of an element that transactions are of, or of one above."""
    before = table.get(record.list_id)
    if before is None or foreign(company, before.currency_id) == foreign(company, currency_id):
        return
    below = table.with_children(record.list_id)
    if any(mentions(each, list_id) for each in company.every_transaction() for list_id in below):
        raise _wrong_currency(company, currency_id, "The currency cannot be changed once there are transactions.")


def _currency_figures(_view: View, currency: Currency) -> dict[str, Value]:
    return {
        "IsUserDefinedCurrency": boolean_text(currency.is_user_defined),
        "ExchangeRate": None if currency.exchange_rate is None else rate_text(currency.exchange_rate),
        "AsOfDate": currency.as_of_date.isoformat() if currency.as_of_date else None,
    }


def _check_currency(company: Company, currency: Currency) -> None:
    """Refused as 3100 where the code is taken, as 3170 where one of QuickBooks' own would be renamed (both guesses)."""
    if not currency.currency_code:
        raise refusal(status.MISSING_ELEMENT, field="CurrencyCode")
    before = company.lists.currencies.get(currency.list_id)
    for other in company.lists.currencies:
        if other is not before and other.currency_code.casefold() == currency.currency_code.casefold():
            raise refusal(status.NAME_IN_USE, value=currency.currency_code)
    if before is None or before.is_user_defined:
        return
    if (before.name, before.currency_code) != (currency.name, currency.currency_code):
        raise refusal(status.CANNOT_MODIFY, object="Currency", reason="A built-in currency cannot be renamed.")


_CURRENCY = ListKind(
    "Currency",
    "currencies",
    (
        Field("CurrencyCode", "currency_code", TEXT),
        Field("ThousandSeparator", "thousand_separator", TEXT, _FORMAT),
        Field("ThousandSeparatorGrouping", "thousand_separator_grouping", TEXT, _FORMAT),
        Field("DecimalPlaces", "decimal_places", TEXT, _FORMAT),
        Field("DecimalSeparator", "decimal_separator", TEXT, _FORMAT),
    ),
    ("CurrencyCode", _FORMAT, "IsUserDefinedCurrency", "ExchangeRate", "AsOfDate"),
    more=_currency_figures,
    check=_check_currency,
)


# Accounts


def _account_figures(view: View, account: Account) -> dict[str, Value]:
    ledger, below = view.company.ledger, view.company.lists.accounts.with_children(account.list_id)
    return {
        "AccountType": account.account_type,
        "SpecialAccountType": account.special_account_type,
        "Balance": amount_text(account.sign * ledger.account_in_own_currency(account.list_id)),
        "TotalBalance": amount_text(account.sign * sum((ledger.account_in_own_currency(each) for each in below), ZERO)),
        "CashFlowClassification": account.cash_flow,
        "CurrencyRef": _currency_reference(view.company, account.currency_id),
    }


def _check_account(company: Company, account: Account) -> None:
    """A sub-account is of its parent's type, and a special account stays what it is."""
    parent = company.lists.accounts.get(account.parent_id or "")
    before = company.lists.accounts.get(account.list_id)
    reason = None
    if parent is not None and parent.account_type != account.account_type:
        reason = "A subaccount must be of the same type as its parent account."
    elif before is not None and before.account_type != account.account_type:
        if before.special_account_type is not None:
            reason = "The type of this account cannot be changed."
        elif len(company.lists.accounts.with_children(account.list_id)) > 1:
            reason = "The type of an account with subaccounts cannot be changed."
    if reason is not None:
        raise refusal(status.BAD_VALUE, field="AccountType", value=account.account_type, reason=reason)
    if foreign(company, account.currency_id) is not None and account.account_type not in FOREIGN_TYPES:
        raise _wrong_currency(company, account.currency_id, "An account of this type is in the home currency.")
    _check_same_currency(company, company.lists.accounts, account, account.currency_id)


def _opening_balance(_company: Company, element: Element, account: Account) -> tuple[str, Decimal]:
    return account.list_id, account.sign * (reading.amount(element, "OpenBalance") or ZERO)


_ACCOUNT = ListKind(
    "Account",
    "accounts",
    (
        Field("AccountType", "account_type", TEXT),
        Field("AccountNumber", "account_number", TEXT),
        Field("BankNumber", "bank_number", TEXT),
        Field("Desc", "description", TEXT),
        _CURRENCY_REF,
    ),
    (
        *("ParentRef", "Sublevel", "AccountType", "SpecialAccountType", "AccountNumber", "BankNumber", "Desc"),
        *("Balance", "TotalBalance", "CashFlowClassification", "CurrencyRef"),
    ),
    has_levels=True,
    also_read=frozenset({"OpenBalance", "OpenBalanceDate"}),
    data_type="Account",
    more=_account_figures,
    check=_check_account,
    opening=_opening_balance,
)


# Names

_PERSON = (
    Field("Salutation", "salutation", TEXT),
    Field("FirstName", "first_name", TEXT),
    Field("MiddleName", "middle_name", TEXT),
    Field("LastName", "last_name", TEXT),
)
_REACHED = (
    Field("Phone", "phone", TEXT),
    Field("AltPhone", "alt_phone", TEXT),
    Field("Fax", "fax", TEXT),
    Field("Email", "email", TEXT),
)
_CONTACT = (Field("Contact", "contact", TEXT), Field("AltContact", "alt_contact", TEXT))
_NOTED = (
    Field("AccountNumber", "account_number", TEXT),
    Field("Notes", "notes", TEXT),
    Field("ExternalGUID", "external_guid", TEXT),
)
_BUSINESS = (
    *_PERSON,
    *_REACHED,
    *_CONTACT,
    *_NOTED,
    Field("CompanyName", "company_name", TEXT),
    Field("Suffix", "suffix", TEXT),
    Field("JobTitle", "job_title", TEXT),
    Field("Mobile", "mobile", TEXT),
    Field("Pager", "pager", TEXT),
    Field("Cc", "cc", TEXT),
    Field("ClassRef", "class_id", REF),
    Field("TermsRef", "terms_id", REF),
    Field("CreditLimit", "credit_limit", AMOUNT),
    Field("SalesTaxCodeRef", "sales_tax_code_id", REF),
    Field("ShipAddress", "ship_address", ADDRESS),
    _CURRENCY_REF,
)
_PERSON_ORDER = ("Salutation", "FirstName", "MiddleName", "LastName")
_BUSINESS_ORDER = (*("Phone", "Mobile", "Pager", "AltPhone", "Fax", "Email", "Cc", "Contact", "AltContact"),)


def _customer_figures(view: View, customer: Customer) -> dict[str, Value]:
    return {
        "Balance": amount_text(view.company.ledger.customer(customer.list_id)),
        "TotalBalance": amount_text(view.total_balance(customer.list_id)),
        "JobStatus": customer.job_status,
        "CurrencyRef": _currency_reference(view.company, customer.currency_id),
    }


def _check_customer(company: Company, customer: Customer) -> None:
    _check_tax(company, customer.item_sales_tax_id, "Customer")
    parent = company.lists.customers.get(customer.parent_id or "")
    _check_same_currency(company, company.lists.customers, customer, (parent or customer).currency_id)


def take_currency(company: Company, customer: Customer) -> None:
    """A job is in its customer's currency; the first customer in a currency brings its receivable account along."""
    customers = company.lists.customers
    parent = customers.get(customer.parent_id or "")
    currency_id = (parent or customer).currency_id
    for list_id in customers.with_children(customer.list_id):
        job = customers.get(list_id)
        if job is not None:
            job.currency_id = currency_id
    make_receivable_account(company, currency_id)


def _check_tax(company: Company, item_id: str | None, place: str) -> None:
    """A reference to a tax names a tax."""
    item = company.lists.items.get(item_id or "")
    if item is not None and item.item_type not in TAX_KINDS:
        raise refusal(status.BAD_REFERENCE, kind="ItemSalesTax", value=item.full_name, object=place)


def _job_status(values: dict[str, Any], _element: Element, _company: Company) -> None:
    if "job_status" in values:
        values["job_status"] = values["job_status"] or "None"


_CUSTOMER = ListKind(
    "Customer",
    "customers",
    (
        *_BUSINESS,
        Field("BillAddress", "bill_address", ADDRESS),
        Field("PrintAs", "print_as", TEXT),
        Field("CustomerTypeRef", "customer_type_id", REF),
        Field("SalesRepRef", "sales_rep_id", REF),
        Field("ItemSalesTaxRef", "item_sales_tax_id", REF),
        Field("ResaleNumber", "resale_number", TEXT),
        Field("PreferredPaymentMethodRef", "preferred_payment_method_id", REF),
        Field("JobStatus", "job_status", TEXT),
        Field("JobStartDate", "job_start_date", DAY),
        Field("JobProjectedEndDate", "job_projected_end_date", DAY),
        Field("JobEndDate", "job_end_date", DAY),
        Field("JobDesc", "job_description", TEXT),
        Field("JobTypeRef", "job_type_id", REF),
        Field("DeliveryMethod", "delivery_method", TEXT),
        Field("PreferredDeliveryMethod", "preferred_delivery_method", TEXT),
    ),
    (
        *("ClassRef", "ParentRef", "Sublevel", "CompanyName", *_PERSON_ORDER, "Suffix", "JobTitle"),
        *("BillAddress", "BillAddressBlock", "ShipAddress", "ShipAddressBlock", "PrintAs", *_BUSINESS_ORDER),
        *("CustomerTypeRef", "TermsRef", "SalesRepRef", "Balance", "TotalBalance", "SalesTaxCodeRef"),
        *("ItemSalesTaxRef", "ResaleNumber", "AccountNumber", "CreditLimit", "PreferredPaymentMethodRef"),
        *("JobStatus", "JobStartDate", "JobProjectedEndDate", "JobEndDate", "JobDesc", "JobTypeRef", "Notes"),
        *("DeliveryMethod", "PreferredDeliveryMethod", "ExternalGUID", "CurrencyRef"),
    ),
    has_levels=True,
    data_type="Customer",
    more=_customer_figures,
    check=_check_customer,
    settle=_job_status,
    follow=take_currency,
    by_edition=frozenset({"ItemSalesTaxRef"}),
)


def _vendor_figures(view: View, vendor: Vendor) -> dict[str, Value]:
    """There are no bills, so nothing is owed."""
    return {"Balance": amount_text(ZERO), "CurrencyRef": _currency_reference(view.company, vendor.currency_id)}


def _check_vendor(company: Company, vendor: Vendor) -> None:
    _check_same_currency(company, company.lists.vendors, vendor, vendor.currency_id)


_VENDOR = ListKind(
    "Vendor",
    "vendors",
    (
        *_BUSINESS,
        Field("VendorAddress", "vendor_address", ADDRESS),
        Field("NameOnCheck", "name_on_check", TEXT),
        Field("VendorTypeRef", "vendor_type_id", REF),
        Field("VendorTaxIdent", "tax_identification", TEXT),
        Field("IsVendorEligibleFor1099", "is_eligible_for_1099", FLAG),
        Field("IsSalesTaxAgency", "is_sales_tax_agency", FLAG),
    ),
    (
        *("ClassRef", "CompanyName", *_PERSON_ORDER, "Suffix", "JobTitle", "VendorAddress", "VendorAddressBlock"),
        *("ShipAddress", *_BUSINESS_ORDER, "NameOnCheck", "AccountNumber", "Notes", "VendorTypeRef", "TermsRef"),
        *("CreditLimit", "VendorTaxIdent", "IsVendorEligibleFor1099", "Balance", "ExternalGUID", "SalesTaxCodeRef"),
        *("IsSalesTaxAgency", "CurrencyRef"),
    ),
    data_type="Vendor",
    more=_vendor_figures,
    check=_check_vendor,
)
_EMPLOYEE = ListKind(
    "Employee",
    "employees",
    (
        *_PERSON,
        *_REACHED,
        *_NOTED,
        Field("JobTitle", "job_title", TEXT),
        Field("PrintAs", "print_as", TEXT),
        Field("EmployeeAddress", "employee_address", ADDRESS),
        Field("HiredDate", "hired_date", DAY),
        Field("ReleasedDate", "released_date", DAY),
    ),
    (
        *(*_PERSON_ORDER, "JobTitle", "EmployeeAddress", "PrintAs", "Phone", "AltPhone", "Fax", "Email", "HiredDate"),
        *("ReleasedDate", "AccountNumber", "Notes", "ExternalGUID"),
    ),
    data_type="Employee",
)
_OTHER_NAME = ListKind(
    "OtherName",
    "other_names",
    (
        *_PERSON,
        *_REACHED,
        *_CONTACT,
        *_NOTED,
        Field("CompanyName", "company_name", TEXT),
        Field("OtherNameAddress", "other_name_address", ADDRESS),
    ),
    (
        *("CompanyName", *_PERSON_ORDER, "OtherNameAddress", "OtherNameAddressBlock", "Phone", "AltPhone", "Fax"),
        *("Email", "Contact", "AltContact", "AccountNumber", "Notes", "ExternalGUID"),
    ),
    data_type="OtherName",
)


# Small lists


def _tree(name: str, table: str) -> ListKind:
    return ListKind(name, table, order=("ParentRef", "Sublevel"), has_levels=True)


def _check_code(company: Company, code: SalesTaxCode) -> None:
    for item_id in (code.item_purchase_tax_id, code.item_sales_tax_id):
        _check_tax(company, item_id, "SalesTaxCode")


def _terms(name: str, fields: tuple[Field, ...]) -> ListKind:
    every = (*fields, Field("DiscountPct", "discount_percent", PERCENT))
    return ListKind(name, "terms", every, tuple(each.element for each in every), marks={"terms_type": name})


def _needs_entity(_company: Company, rep: Any) -> None:
    if rep.entity_id is None:
        raise refusal(status.MISSING_ELEMENT, field="SalesRepEntityRef")


def _site_above(view: View, site: Any) -> dict[str, Value]:
    return {
        "ParentSiteRef": refer(view.company.lists, "ParentSiteRef", site.parent_site_id),
        "IsDefaultSite": boolean_text(site.is_default),
    }


def _check_site(company: Company, site: Any) -> None:
    """No site stands within itself."""
    above = company.lists.inventory_sites.get(site.parent_site_id or "")
    seen = {site.list_id}
    while above is not None:
        if above.list_id in seen:
            raise refusal(status.BAD_PARENT, value=above.full_name, object="InventorySite")
        seen.add(above.list_id)
        above = company.lists.inventory_sites.get(above.parent_site_id or "")


def _method_type(values: dict[str, Any], _element: Element, _company: Company) -> None:
    if "payment_method_type" in values:
        values["payment_method_type"] = values["payment_method_type"] or "Other"


def _taxable(values: dict[str, Any], _element: Element, _company: Company) -> None:
    if "is_taxable" in values:
        values["is_taxable"] = bool(values["is_taxable"])


_SMALL = (
    _tree("Class", "classes"),
    _tree("CustomerType", "customer_types"),
    _tree("VendorType", "vendor_types"),
    _tree("JobType", "job_types"),
    ListKind("ShipMethod", "ship_methods"),
    ListKind("CustomerMsg", "customer_messages"),
    ListKind("Template", "templates", (Field("TemplateType", "template_type", TEXT),), ("TemplateType",)),
    ListKind(
        "PaymentMethod",
        "payment_methods",
        (Field("PaymentMethodType", "payment_method_type", TEXT),),
        ("PaymentMethodType",),
        settle=_method_type,
    ),
    ListKind(
        "SalesTaxCode",
        "sales_tax_codes",
        (
            Field("IsTaxable", "is_taxable", FLAG),
            Field("Desc", "description", TEXT),
            Field("ItemPurchaseTaxRef", "item_purchase_tax_id", REF),
            Field("ItemSalesTaxRef", "item_sales_tax_id", REF),
        ),
        ("IsTaxable", "Desc", "ItemPurchaseTaxRef", "ItemSalesTaxRef"),
        check=_check_code,
        settle=_taxable,
    ),
    _terms(
        "StandardTerms",
        (Field("StdDueDays", "due_days", WHOLE), Field("StdDiscountDays", "discount_days", WHOLE)),
    ),
    _terms(
        "DateDrivenTerms",
        (
            Field("DayOfMonthDue", "day_of_month_due", WHOLE),
            Field("DueNextMonthDays", "due_next_month_days", WHOLE),
            Field("DiscountDayOfMonth", "discount_day_of_month", WHOLE),
        ),
    ),
    ListKind(
        "SalesRep",
        "sales_reps",
        (Field("SalesRepEntityRef", "entity_id", REF),),
        ("SalesRepEntityRef",),
        name_element="Initial",
        check=_needs_entity,
    ),
    ListKind(
        "InventorySite",
        "inventory_sites",
        (
            Field("ParentSiteRef", "parent_site_id", REF),
            Field("SiteDesc", "description", TEXT),
            *_REACHED[:1],
            *_REACHED[2:],
            _CONTACT[0],
            Field("SiteAddress", "address", ADDRESS),
        ),
        (
            *("ParentSiteRef", "IsDefaultSite", "SiteDesc", "Contact", "Phone", "Fax", "Email", "SiteAddress"),
            "SiteAddressBlock",
        ),
        more=_site_above,
        check=_check_site,
    ),
)

_EVERY_KIND = (_ACCOUNT, _CURRENCY, _CUSTOMER, _VENDOR, _EMPLOYEE, _OTHER_NAME, *ITEMS, *_SMALL)
#: Every list by the name of its kind.
LIST_KINDS = {kind.name: kind for kind in _EVERY_KIND}

#: The kinds that a query tells of, where they are not the one of its name.
_COMBINED = {
    "Item": tuple(kind.name for kind in ITEMS),
    "Terms": ("StandardTerms", "DateDrivenTerms"),
    "Entity": ("Customer", "Vendor", "Employee", "OtherName"),
}
#: Every query for lists with the kinds that it tells of.
QUERIED: dict[str, tuple[ListKind, ...]] = {
    **{name: (kind,) for name, kind in LIST_KINDS.items()},
    **{name: tuple(LIST_KINDS[each] for each in names) for name, names in _COMBINED.items()},
}
#: The lists that requests add to: employees' payroll is not kept, and templates have no Add.
ADDED = tuple(kind for name, kind in LIST_KINDS.items() if name not in ("Employee", "Template"))
#: The lists that have a Mod.
MODIFIED = (
    *(LIST_KINDS[name] for name in ("Account", "Customer", "Vendor", "OtherName", "Class", "SalesTaxCode")),
    *(LIST_KINDS[name] for name in ("Currency", "SalesRep", "InventorySite")),
    *ITEMS,
)
