"""Customers and jobs (CustomerRet and CustomerAdd: schema_extract)."""

from __future__ import annotations

from dataclasses import dataclass, field

from qbsim.lists.element import ListElement

#: Elements that are texts both in CustomerAdd and in CustomerRet, by the field that keeps them.
CUSTOMER_TEXTS = {
    "CompanyName": "company_name",
    "Salutation": "salutation",
    "FirstName": "first_name",
    "MiddleName": "middle_name",
    "LastName": "last_name",
    "PrintAs": "print_as",
    "Phone": "phone",
    "AltPhone": "alt_phone",
    "Fax": "fax",
    "Email": "email",
    "Contact": "contact",
    "ResaleNumber": "resale_number",
    "AccountNumber": "account_number",
    "Notes": "notes",
}

#: Elements that are Refs both in CustomerAdd and in CustomerRet, by the field that keeps the ListID.
CUSTOMER_REFERENCES = {
    "TermsRef": "terms_id",
    "SalesRepRef": "sales_rep_id",
    "SalesTaxCodeRef": "sales_tax_code_id",
    "ItemSalesTaxRef": "item_sales_tax_id",
    "PreferredPaymentMethodRef": "preferred_payment_method_id",
}


@dataclass(kw_only=True)
class Customer(ListElement):
    """A customer, or a job where it has a parent."""

    company_name: str | None = None
    salutation: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    print_as: str | None = None
    phone: str | None = None
    alt_phone: str | None = None
    fax: str | None = None
    email: str | None = None
    contact: str | None = None
    resale_number: str | None = None
    account_number: str | None = None
    notes: str | None = None
    bill_address: dict[str, str] = field(default_factory=dict)
    ship_address: dict[str, str] = field(default_factory=dict)
    terms_id: str | None = None
    sales_rep_id: str | None = None
    sales_tax_code_id: str | None = None
    item_sales_tax_id: str | None = None
    preferred_payment_method_id: str | None = None
    external_guid: str | None = None
    currency_id: str | None = None
