"""QuickBooks' lists: accounts, customers, items and the small ones, and how requests refer to their elements."""

from __future__ import annotations

from qbsim.lists.accounts import Account
from qbsim.lists.currencies import Currency
from qbsim.lists.customers import Customer, Employee, OtherName, Vendor
from qbsim.lists.element import ListElement
from qbsim.lists.items import Item, ItemGroupMember
from qbsim.lists.small import (
    InventorySite,
    NamedElement,
    PaymentMethod,
    SalesRep,
    SalesTaxCode,
    Template,
    Terms,
)
from qbsim.lists.table import DuplicateNameError, Lists, ListTable

__all__ = [
    "Account",
    "Currency",
    "Customer",
    "DuplicateNameError",
    "Employee",
    "InventorySite",
    "Item",
    "ItemGroupMember",
    "ListElement",
    "ListTable",
    "Lists",
    "NamedElement",
    "OtherName",
    "PaymentMethod",
    "SalesRep",
    "SalesTaxCode",
    "Template",
    "Terms",
    "Vendor",
]
