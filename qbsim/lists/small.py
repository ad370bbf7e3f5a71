"""The small lists: what payments, shipping, terms, taxes and sites are called, and what else is known of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from qbsim.lists.element import ListElement


@dataclass(kw_only=True)
class NamedElement(ListElement):
    """A class, shipping method, customer message, or type of customers, vendors or jobs."""


@dataclass(kw_only=True)
class SalesTaxCode(ListElement):
    """A sales tax code such as Tax or Non; names have at most three letters. Outside the US it names its taxes."""

    is_taxable: bool = False
    description: str | None = None
    item_purchase_tax_id: str | None = None
    item_sales_tax_id: str | None = None


@dataclass(kw_only=True)
class PaymentMethod(ListElement):
    """A payment method; the type is one of qbXML's, such as Visa or Cash."""

    payment_method_type: str = "Other"


@dataclass(kw_only=True)
class Terms(ListElement):
    """When an invoice is due: so many days after its date (StandardTerms), or on a day of the month
    (DateDrivenTerms).
    """

    terms_type: str = "StandardTerms"
    due_days: int | None = None
    discount_days: int | None = None
    day_of_month_due: int | None = None
    due_next_month_days: int | None = None
    discount_day_of_month: int | None = None
    discount_percent: Decimal | None = None


@dataclass(kw_only=True)
class SalesRep(ListElement):
    """A sales representative: the name is the initials, the person stands among the other lists of names."""

    entity_id: str | None = None


@dataclass(kw_only=True)
class Template(ListElement):
    """The form that a document is printed on."""

    template_type: str | None = None


@dataclass(kw_only=True)
class InventorySite(ListElement):
    """A place where stock is kept."""

    parent_site_id: str | None = None
    is_default: bool = False
    description: str | None = None
    contact: str | None = None
    phone: str | None = None
    fax: str | None = None
    email: str | None = None
    address: dict[str, str] = field(default_factory=dict)
