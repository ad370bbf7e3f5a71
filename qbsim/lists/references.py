"""Finds what a Ref of a request names: by ListID where there is one, else by full name (3140 in FACTS.md 9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.lists.element import ListElement
from qbsim.lists.table import AnyElement, Lists, ListTable
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.nodes import Nodes

_ACCOUNT = (("accounts",), "Account")
_CURRENCY = (("currencies",), "Currency")
_ITEM = (("items",), "Item")
_TAX_CODE = (("sales_tax_codes",), "SalesTaxCode")
_VENDOR = (("vendors",), "Vendor")
#: The lists that a Ref names an element of, in the order in which they are looked through, and the word for it in
#: QuickBooks' message.
_TARGETS: dict[str, tuple[tuple[str, ...], str]] = {
    "ARAccountRef": _ACCOUNT,
    "AccountRef": _ACCOUNT,
    "AssetAccountRef": _ACCOUNT,
    "COGSAccountRef": _ACCOUNT,
    "ClassRef": (("classes",), "Class"),
    "CurrencyRef": _CURRENCY,
    "CustomerMsgRef": (("customer_messages",), "CustomerMsg"),
    "CustomerRef": (("customers",), "Customer"),
    "CustomerSalesTaxCodeRef": _TAX_CODE,
    "CustomerTypeRef": (("customer_types",), "CustomerType"),
    "DepositToAccountRef": _ACCOUNT,
    "DiscountAccountRef": _ACCOUNT,
    "DiscountClassRef": (("classes",), "Class"),
    "EntityRef": (("customers", "vendors", "employees", "other_names"), "Entity"),
    "ExpenseAccountRef": _ACCOUNT,
    "HomeCurrencyRef": _CURRENCY,
    "IncomeAccountRef": _ACCOUNT,
    "ItemGroupRef": (("items",), "ItemGroup"),
    "ItemInventoryRef": _ITEM,
    "ItemPurchaseTaxRef": (("items",), "ItemSalesTax"),
    "ItemRef": _ITEM,
    "ItemSalesTaxRef": (("items",), "ItemSalesTax"),
    "JobTypeRef": (("job_types",), "JobType"),
    "OverrideClassRef": (("classes",), "Class"),
    "OverrideItemAccountRef": _ACCOUNT,
    "ParentSiteRef": (("inventory_sites",), "InventorySite"),
    "PayeeEntityRef": (("customers", "vendors", "employees", "other_names"), "Entity"),
    "PaymentMethodRef": (("payment_methods",), "PaymentMethod"),
    "PrefVendorRef": _VENDOR,
    "PreferredPaymentMethodRef": (("payment_methods",), "PaymentMethod"),
    "PurchaseTaxCodeRef": _TAX_CODE,
    "RefundFromAccountRef": _ACCOUNT,
    "SalesRepEntityRef": (("vendors", "employees", "other_names"), "Entity"),
    "SalesRepRef": (("sales_reps",), "SalesRep"),
    "SalesTaxCodeRef": _TAX_CODE,
    "ShipMethodRef": (("ship_methods",), "ShipMethod"),
    "TaxVendorRef": _VENDOR,
    "TemplateRef": (("templates",), "Template"),
    "TermsRef": (("terms",), "Terms"),
    "VendorTypeRef": (("vendor_types",), "VendorType"),
}


def resolve(lists: Lists, element: Element, name: str, place: str) -> str | None:
    """ListID of what the child `name` of the element refers to, None where it is absent or names nothing.

    Refused as 3000 where the ListID is malformed, as 3140 where no such element is in the list. `place` is how
    QuickBooks names the object in its message, such as "CreditMemo line".
    """
    found = element.find(name)
    if found is None:
        return None
    tables, kind = _TARGETS[name]
    return look_up([getattr(lists, table) for table in tables], found, kind, place)


def look_up(tables: Sequence[ListTable[Any]], reference: Element, kind: str, place: str) -> str | None:
    """As `resolve`, for a Ref element at hand and the lists it refers to."""
    list_id, full_name = reading.text(reference, "ListID"), reading.text(reference, "FullName")
    if list_id is not None:
        found = [table.get(reading.object_id(list_id, "ListID")) for table in tables]
    elif full_name is not None:
        found = [table.find(full_name) for table in tables]
    else:
        return None
    return _first(found, kind, list_id or full_name or "", place).list_id


def filtered_ids(table: ListTable[AnyElement], element: Element | None, kind: str, place: str) -> set[str] | None:
    """ListIDs that a filter by list elements lets through, those below a ...WithChildren included; None without a
    filter. Refused as 3140 for an element that is not there (a guess).
    """
    if element is None:
        return None
    found: set[str] = set()
    for part in element.iterchildren("*"):
        name, value = str(part.tag), part.text or ""
        is_id = name.startswith("ListID")
        entry = table.get(reading.object_id(value, "ListID")) if is_id else table.find(value)
        list_id = _first([entry], kind, value, place).list_id
        found |= table.with_children(list_id) if name.endswith("WithChildren") else {list_id}
    return found


def currencies_of_filter(company: Company, request: Element, place: str) -> set[str] | None:
    """ListIDs of the currencies that a CurrencyFilter lets through; None without one. Refused as 3250 in a company that
    has one currency alone.
    """
    element = request.find("CurrencyFilter")
    if element is not None and not company.preferences.multi_currency:
        raise refusal(status.FEATURE_OFF)
    return filtered_ids(company.lists.currencies, element, "Currency", place)


def currency_named(company: Company, element: Element, place: str) -> str | None:
    """ListID of the CurrencyRef of a transaction; None in a company of one currency, which passes it over."""
    return resolve(company.lists, element, "CurrencyRef", place) if company.preferences.multi_currency else None


def named(lists: Lists, reference: Element) -> str | None:
    """ListID of what a Ref element names by FullName, None where it names nothing that is there."""
    full_name = reading.text(reference, "FullName")
    tables, _ = _TARGETS.get(str(reference.tag), ((), ""))
    found: Iterator[ListElement | None] = (getattr(lists, table).find(full_name or "") for table in tables)
    return next((element.list_id for element in found if element is not None), None)


def refer(lists: Lists, name: str, list_id: str | None) -> Nodes | None:
    """The inside of the Ref `name` in a Ret."""
    if list_id is None:
        return None
    for table in _TARGETS[name][0]:
        element: ListElement | None = getattr(lists, table).get(list_id)
        if element is not None:
            return element.reference()
    return None


def _first(found: Sequence[ListElement | None], kind: str, value: str, place: str) -> ListElement:
    for element in found:
        if element is not None:
            return element
    raise refusal(status.BAD_REFERENCE, kind=kind, value=value, object=place)
