"""QuickBooks' lists: accounts, customers, items and the small ones, and how requests refer to their elements."""

from __future__ import annotations

from qbsim.lists.accounts import Account
from qbsim.lists.currencies import Currency
from qbsim.lists.customers import Customer
from qbsim.lists.element import ListElement
from qbsim.lists.items import Item, ItemGroupMember
from qbsim.lists.small import NamedElement, PaymentMethod, SalesTaxCode
from qbsim.lists.table import DuplicateNameError, Lists, ListTable

__all__ = [
    "Account",
    "Currency",
    "Customer",
    "DuplicateNameError",
    "Item",
    "ItemGroupMember",
    "ListElement",
    "ListTable",
    "Lists",
    "NamedElement",
    "PaymentMethod",
    "SalesTaxCode",
]
