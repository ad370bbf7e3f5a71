"""Aggregates that many requests and records share."""

from __future__ import annotations

from typing import Annotated, ClassVar

from qbxml.aggregate import Aggregate, Attribute, Content, FullName, Named, aggregate
from qbxml.types import (
    GUID,
    ID,
    Amount,
    AnyText,
    Date,
    DateTime,
    Int,
    OneOf,
    Text11,
    Text13,
    Text16,
    Text20,
    Text21,
    Text31,
    Text41,
    Text64,
)


@aggregate
class Ref(Aggregate):
    """A reference to a list element: by ListID once it is known, since names can differ by a curly apostrophe alone
    (FACTS.md 10)."""

    list_id: ID | None = None
    full_name: AnyText | None = None

    def __str__(self) -> str:
        return self.full_name or self.list_id or "(none)"

    def same_as(self, other: Ref | None) -> bool:
        """Whether both name the same element, by ListID where both have one."""
        if other is None:
            return False
        if self.list_id and other.list_id:
            return self.list_id == other.list_id
        return bool(self.full_name) and self.full_name == other.full_name


CustomerRef = Annotated[Ref, FullName(209)]
ListRef = Annotated[Ref, FullName(159)]  # accounts, classes, customer types
SimpleRef = Annotated[Ref, FullName(31)]  # terms, templates, payment methods, sites, sales tax items
SalesTaxCodeRef = Annotated[Ref, FullName(3)]
SalesRepRef = Annotated[Ref, FullName(5)]
ShipMethodRef = Annotated[Ref, FullName(15)]
CustomerMsgRef = Annotated[Ref, FullName(101)]
CurrencyRef = Annotated[Ref, FullName(64)]
ItemRef = Ref


@aggregate
class Address(Aggregate):
    """A postal address as it is sent."""

    addr1: Text41 | None = None
    addr2: Text41 | None = None
    addr3: Text41 | None = None
    addr4: Text41 | None = None
    addr5: Text41 | None = None
    city: Annotated[Text31 | None, Named("City")] = None
    state: Text21 | None = None
    postal_code: Text13 | None = None
    country: Text31 | None = None
    note: Text41 | None = None


@aggregate
class MacroID(Aggregate):
    """The ID of a transaction, or the macro that stands for one added earlier in the session (FACTS.md 2)."""

    txn_id: Annotated[ID | None, Content()] = None
    use_macro: Annotated[str | None, Attribute("useMacro")] = None


MacroName = Annotated[str | None, Attribute("defMacro")]  # under which an Add is named for the rest of the session


@aggregate
class LinkedTxn(Aggregate):
    """A transaction that another one is linked to."""

    txn_id: ID
    txn_type: AnyText
    txn_date: Date | None = None
    ref_number: Text20 | None = None
    link_type: AnyText | None = None
    amount: Amount | None = None


@aggregate
class DataExtRet(Aggregate):
    """A custom field, or an application's private data, as it is read."""

    owner_id: GUID | None = None
    data_ext_name: Text31
    data_ext_type: AnyText
    data_ext_value: AnyText


@aggregate
class DataExt(Aggregate):
    """A custom field on a line, as it is sent."""

    owner_id: GUID
    data_ext_name: Text31
    data_ext_value: AnyText


@aggregate
class ErrorRecovery(Aggregate):
    """What QuickBooks kept of a request that was worked (FACTS.md 3)."""

    list_id: ID | None = None
    owner_id: GUID | None = None
    txn_id: ID | None = None
    txn_number: Int | None = None
    edit_sequence: Text16 | None = None
    external_guid: GUID | None = None


@aggregate
class ModifiedDateRangeFilter(Aggregate):
    """Changed between two moments."""

    from_modified_date: DateTime | None = None
    to_modified_date: DateTime | None = None


@aggregate
class TxnDateRangeFilter(Aggregate):
    """Dated between two days."""

    from_txn_date: Date | None = None
    to_txn_date: Date | None = None


@aggregate
class EntityFilter(Aggregate):
    """Of these customers."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("list_ids", "full_names", "list_id_with_children", "full_name_with_children"),
    )

    list_ids: Annotated[tuple[ID, ...], Named("ListID")] = ()
    full_names: Annotated[tuple[AnyText, ...], Named("FullName")] = ()
    list_id_with_children: ID | None = None
    full_name_with_children: AnyText | None = None


@aggregate
class AccountFilter(EntityFilter):
    """On these accounts."""


@aggregate
class CurrencyFilter(Aggregate):
    """In these currencies."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (("list_ids", "full_names"),)

    list_ids: Annotated[tuple[ID, ...], Named("ListID")] = ()
    full_names: Annotated[tuple[Text64, ...], Named("FullName")] = ()


@aggregate
class NameFilter(Aggregate):
    """Whose name begins with, holds or ends with a text."""

    match_criterion: Annotated[str, OneOf(("StartsWith", "Contains", "EndsWith"))]
    name: AnyText


@aggregate
class RefNumberFilter(Aggregate):
    """Whose number begins with, holds or ends with a text."""

    match_criterion: Annotated[str, OneOf(("StartsWith", "Contains", "EndsWith"))]
    ref_number: Text11


@aggregate
class RefNumberRangeFilter(Aggregate):
    """Whose number lies between two."""

    from_ref_number: Text11 | None = None
    to_ref_number: Text11 | None = None
