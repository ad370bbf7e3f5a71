"""The small lists: payment methods, sales tax codes, and those of which only the names matter here."""

from __future__ import annotations

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
    """A sales tax code such as Tax or Non; names have at most three letters."""

    is_taxable: bool = False

    def ret(self) -> Nodes:
        """The inside of SalesTaxCodeRet."""
        return pick((*_FLAT, "IsTaxable"), {**self.core(), "IsTaxable": boolean_text(self.is_taxable)})


@dataclass(kw_only=True)
class PaymentMethod(ListElement):
    """A payment method; the type is one of qbXML's, such as Visa or Cash."""

    payment_method_type: str = "Other"

    def ret(self) -> Nodes:
        """The inside of PaymentMethodRet."""
        return pick((*_FLAT, "PaymentMethodType"), {**self.core(), "PaymentMethodType": self.payment_method_type})
