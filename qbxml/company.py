"""The program, the company file, its preferences and the private data that an application keeps on it."""

from __future__ import annotations

from typing import Annotated

from qbxml.aggregate import Aggregate, Named, aggregate
from qbxml.common import CurrencyRef, DataExtRet, SalesTaxCodeRef, SimpleRef
from qbxml.requests import Request
from qbxml.types import GUID, AnyText, Bool, Date, Int, OneOf, Text31


@aggregate
class HostRet(Aggregate):
    """The QuickBooks that answers: product, version, country, and the qbXML versions it speaks."""

    product_name: AnyText | None = None
    major_version: AnyText | None = None
    minor_version: AnyText | None = None
    country: AnyText | None = None
    supported_qbxml_versions: Annotated[tuple[AnyText, ...], Named("SupportedQBXMLVersion")] = ()
    is_automatic_login: Bool | None = None
    qb_file_mode: AnyText | None = None


@aggregate
class AccountantCopy(Aggregate):
    """Whether a copy is out with the accountant, and from which date entries are free (FACTS.md 10)."""

    accountant_copy_exists: Bool | None = None
    dividing_date: Date | None = None


@aggregate
class CompanyRet(Aggregate):
    """The company file that is open."""

    is_sample_company: Bool | None = None
    company_name: AnyText | None = None
    legal_company_name: AnyText | None = None
    first_month_fiscal_year: AnyText | None = None
    first_month_income_tax_year: AnyText | None = None
    company_type: AnyText | None = None
    tax_form: AnyText | None = None
    accountant_copy: AccountantCopy | None = None
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class AccountingPreferences(Aggregate):
    """How accounts and classes are used, and up to when the books are closed."""

    is_using_account_numbers: Bool | None = None
    is_requiring_accounts: Bool | None = None
    is_using_class_tracking: Bool | None = None
    assign_classes_to: AnyText | None = None
    is_using_audit_trail: Bool | None = None
    is_assigning_journal_entry_numbers: Bool | None = None
    closing_date: Date | None = None


@aggregate
class MultiCurrencyPreferences(Aggregate):
    """Whether there is more than the home currency."""

    is_multi_currency_on: Bool | None = None
    home_currency_ref: CurrencyRef | None = None


@aggregate
class SalesTaxPreferences(Aggregate):
    """The sales tax item and codes that QuickBooks takes where a form names none."""

    default_item_sales_tax_ref: SimpleRef | None = None
    pay_sales_tax: AnyText | None = None
    default_taxable_sales_tax_code_ref: SalesTaxCodeRef | None = None
    default_non_taxable_sales_tax_code_ref: SalesTaxCodeRef | None = None
    is_using_vendor_tax_code: Bool | None = None
    is_using_customer_tax_code: Bool | None = None
    is_using_amounts_include_tax: Bool | None = None


@aggregate
class PreferencesRet(Aggregate):
    """The preferences of the company file that matter to us."""

    accounting_preferences: AccountingPreferences | None = None
    multi_currency_preferences: MultiCurrencyPreferences | None = None
    sales_tax_preferences: SalesTaxPreferences | None = None


@aggregate
class DataExtDefRet(Aggregate):
    """A field of private data that has been defined."""

    owner_id: GUID | None = None
    data_ext_id: Int | None = None
    data_ext_name: AnyText | None = None
    data_ext_type: AnyText | None = None
    assign_to_objects: Annotated[tuple[AnyText, ...], Named("AssignToObject")] = ()


@aggregate
class HostQuery(Request, rets=(HostRet,)):
    """Which QuickBooks is this?"""


@aggregate
class CompanyQuery(Request, rets=(CompanyRet,)):
    """Which company file is open? With `owner_ids`: with the private data of these applications."""

    owner_ids: Annotated[tuple[GUID, ...], Named("OwnerID")] = ()


@aggregate
class PreferencesQuery(Request, rets=(PreferencesRet,)):
    """How is the company file set up?"""


@aggregate
class DataExtDefAdd(Request, rets=(DataExtDefRet,), writes=True):
    """Defines a field of private data on the company (FACTS.md 10)."""

    owner_id: GUID
    data_ext_name: Text31
    data_ext_type: Annotated[str, OneOf(("STR255TYPE", "STR1024TYPE"))]
    assign_to_objects: Annotated[tuple[Annotated[str, OneOf(("Company",))], ...], Named("AssignToObject")] = ()


@aggregate
class DataExtAdd(Request, rets=(DataExtRet,), writes=True):
    """Gives a field of private data of the company its first value."""

    owner_id: GUID
    data_ext_name: Text31
    other_data_ext_type: Annotated[str, OneOf(("Company",))]
    data_ext_value: AnyText


@aggregate
class DataExtMod(Request, rets=(DataExtRet,), writes=True):
    """Changes the value of a field of private data of the company."""

    owner_id: GUID
    data_ext_name: Text31
    other_data_ext_type: Annotated[str, OneOf(("Company",))]
    data_ext_value: AnyText
