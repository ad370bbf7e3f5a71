"""Customers and jobs, vendors, employees and other names: the lists that share one space of names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from qbsim.lists.element import ListElement


@dataclass(kw_only=True)
class _Person(ListElement):
    """What the four lists of names have in common."""

    salutation: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    alt_phone: str | None = None
    fax: str | None = None
    email: str | None = None
    account_number: str | None = None
    notes: str | None = None
    external_guid: str | None = None


@dataclass(kw_only=True)
class _Business(_Person):
    """What customers and vendors have beyond that."""

    company_name: str | None = None
    suffix: str | None = None
    job_title: str | None = None
    mobile: str | None = None
    pager: str | None = None
    cc: str | None = None
    contact: str | None = None
    alt_contact: str | None = None
    class_id: str | None = None
    terms_id: str | None = None
    currency_id: str | None = None
    credit_limit: Decimal | None = None
    sales_tax_code_id: str | None = None
    ship_address: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Customer(_Business):
    """A customer, or a job where it has a parent."""

    print_as: str | None = None
    resale_number: str | None = None
    bill_address: dict[str, str] = field(default_factory=dict)
    customer_type_id: str | None = None
    sales_rep_id: str | None = None
    item_sales_tax_id: str | None = None
    preferred_payment_method_id: str | None = None
    job_status: str = "None"
    job_start_date: date | None = None
    job_projected_end_date: date | None = None
    job_end_date: date | None = None
    job_description: str | None = None
    job_type_id: str | None = None
    delivery_method: str | None = None
    preferred_delivery_method: str | None = None


@dataclass(kw_only=True)
class Vendor(_Business):
    """A supplier, or a tax agency."""

    vendor_address: dict[str, str] = field(default_factory=dict)
    name_on_check: str | None = None
    vendor_type_id: str | None = None
    tax_identification: str | None = None
    is_eligible_for_1099: bool | None = None
    is_sales_tax_agency: bool | None = None


@dataclass(kw_only=True)
class Employee(_Person):
    """An employee; nothing of payroll is kept."""

    job_title: str | None = None
    print_as: str | None = None
    employee_address: dict[str, str] = field(default_factory=dict)
    hired_date: date | None = None
    released_date: date | None = None


@dataclass(kw_only=True)
class OtherName(_Person):
    """A name that is neither customer, vendor nor employee."""

    company_name: str | None = None
    contact: str | None = None
    alt_contact: str | None = None
    other_name_address: dict[str, str] = field(default_factory=dict)
