"""The small lists: payment methods, sales tax codes, and those of which only the names matter here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qbsim.lists.element import CORE_ORDER, ListElement
from qbsim.nodes import Nodes, pick
from qbsim.numbers import boolean_text

#: The core of lists without levels.
_FLAT = (*(name for name in CORE_ORDER if name != "FullName"), "IsActive")


@dataclass(kw_only=True)
class NamedElement(ListElement):
    """A class, template, term, sales rep, shipping method or customer message."""


@dataclass(kw_only=True)
class SalesTaxCode(ListElement):
    """A sales tax code such as Tax or Non; names have at most three letters. Outside the US it names its taxes."""

    is_taxable: bool = False
    description: str | None = None
    item_purchase_tax_id: str | None = None
    item_sales_tax_id: str | None = None

    def ret(self, refer: Callable[[str | None], Nodes | None]) -> Nodes:
        """The inside of SalesTaxCodeRet; `refer` gives the inside of the Ref to a tax item."""
        values: dict[str, str | Nodes | None] = {
            **self.core(),
            "IsTaxable": boolean_text(self.is_taxable),
            "Desc": self.description,
            "ItemPurchaseTaxRef": refer(self.item_purchase_tax_id),
            "ItemSalesTaxRef": refer(self.item_sales_tax_id),
        }
        return pick((*_FLAT, "IsTaxable", "Desc", "ItemPurchaseTaxRef", "ItemSalesTaxRef"), values)


@dataclass(kw_only=True)
class PaymentMethod(ListElement):
    """A payment method; the type is one of qbXML's, such as Visa or Cash."""

    payment_method_type: str = "Other"

    def ret(self) -> Nodes:
        """The inside of PaymentMethodRet."""
        return pick((*_FLAT, "PaymentMethodType"), {**self.core(), "PaymentMethodType": self.payment_method_type})
