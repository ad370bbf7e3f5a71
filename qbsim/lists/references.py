"""Finds what a Ref of a request names: by ListID where there is one, else by full name (3140 in FACTS.md 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.lists.element import ListElement
from qbsim.lists.table import AnyElement, Lists, ListTable
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.nodes import Nodes

#: The list that a Ref names an element of, and the word for it in QuickBooks' message.
_TARGETS = {
    "ARAccountRef": ("accounts", "Account"),
    "AccountRef": ("accounts", "Account"),
    "ClassRef": ("classes", "Class"),
    "AssetAccountRef": ("accounts", "Account"),
    "COGSAccountRef": ("accounts", "Account"),
    "CurrencyRef": ("currencies", "Currency"),
    "CustomerMsgRef": ("customer_messages", "CustomerMsg"),
    "CustomerRef": ("customers", "Customer"),
    "CustomerSalesTaxCodeRef": ("sales_tax_codes", "SalesTaxCode"),
    "DepositToAccountRef": ("accounts", "Account"),
    "DiscountAccountRef": ("accounts", "Account"),
    "ExpenseAccountRef": ("accounts", "Account"),
    "HomeCurrencyRef": ("currencies", "Currency"),
    "IncomeAccountRef": ("accounts", "Account"),
    "ItemGroupRef": ("items", "ItemGroup"),
    "ItemRef": ("items", "Item"),
    "ItemSalesTaxRef": ("items", "ItemSalesTax"),
    "OverrideItemAccountRef": ("accounts", "Account"),
    "PayeeEntityRef": ("customers", "Entity"),
    "PaymentMethodRef": ("payment_methods", "PaymentMethod"),
    "PreferredPaymentMethodRef": ("payment_methods", "PaymentMethod"),
    "RefundFromAccountRef": ("accounts", "Account"),
    "SalesRepRef": ("sales_reps", "SalesRep"),
    "SalesTaxCodeRef": ("sales_tax_codes", "SalesTaxCode"),
    "ShipMethodRef": ("ship_methods", "ShipMethod"),
    "TemplateRef": ("templates", "Template"),
    "TermsRef": ("terms", "Terms"),
}


def resolve(lists: Lists, element: Element, name: str, place: str) -> str | None:
    """ListID of what the child `name` of the element refers to, None where it is absent or names nothing.

    Refused as 3000 where the ListID is malformed, as 3140 where no such element is in the list. `place` is how
    QuickBooks names the object in its message, such as "CreditMemo line".
    """
    found = element.find(name)
    if found is None:
        return None
    table, kind = _TARGETS[name]
    target: ListTable[Any] = getattr(lists, table)
    return look_up(target, found, kind, place)


def look_up(table: ListTable[AnyElement], reference: Element, kind: str, place: str) -> str | None:
    """As `resolve`, for a Ref element at hand and the list it refers to."""
    list_id, full_name = reading.text(reference, "ListID"), reading.text(reference, "FullName")
    element: AnyElement | None
    if list_id is not None:
        element = table.get(reading.object_id(list_id, "ListID"))
    elif full_name is not None:
        element = table.find(full_name)
    else:
        return None
    if element is None:
        raise refusal(status.BAD_REFERENCE, kind=kind, value=list_id or full_name or "", object=place)
    return element.list_id


def named(lists: Lists, reference: Element) -> str | None:
    """ListID of what a Ref element names by FullName, None where it names nothing that is there."""
    full_name = reading.text(reference, "FullName")
    if full_name is None or reference.tag not in _TARGETS:
        return None
    table: ListTable[Any] = getattr(lists, _TARGETS[str(reference.tag)][0])
    found: ListElement | None = table.find(full_name)
    return found.list_id if found is not None else None


def refer(lists: Lists, name: str, list_id: str | None) -> Nodes | None:
    """The inside of the Ref `name` in a Ret."""
    if list_id is None:
        return None
    table: ListTable[Any] = getattr(lists, _TARGETS[name][0])
    element: ListElement | None = table.get(list_id)
    return element.reference() if element is not None else None
