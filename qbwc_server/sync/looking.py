"""How the sales of refunds are looked for: by their number at once; by another field in two rounds, since QuickBooks
can't filter by it: first the sales of some days with little more than that field, then those that fit in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from qbwc_server.refunds.chosen import ChosenSale
from qbwc_server.refunds.codec import decode
from qbwc_server.refunds.model import Refund as RefundData
from qbwc_server.refunds.sale import SaleType
from qbwc_server.refunds.sale_numbers import carries_number, days_of_sale, sale_numbers, types_with_field
from qbwc_server.refunds.settings import SaleField, Settings
from qbwc_server.store.refunds import chosen_sale_of, data_of
from qbwc_server.store.tables import Refund
from qbwc_server.sync.books import SaleRecord
from qbwc_server.sync.questions import SalesWanted
from qbxml import SalesReceiptRet

MAX_CANDIDATES = 20  # sales of one refund that are read in full
CUSTOM_FIELD_OWNER_ID = "0"  # of the fields that users define, unlike those of applications (FACTS.md 10)
_ELEMENTS = {
    SaleField.PO_NUMBER: "PONumber",
    SaleField.OTHER: "Other",
    SaleField.MEMO: "Memo",
    SaleField.CUSTOM_FIELD: "DataExtRet",
}


@dataclass(frozen=True)
class Located:
    """A sale that carries the order's number in another field, still to be read in full."""

    type: SaleType
    txn_id: str


@dataclass(frozen=True)
class Look:
    """What is asked of QuickBooks about the sale of one refund."""

    numbers: tuple[str, ...]
    field: SaleField
    custom_field: str = ""
    days: tuple[str, ...] = ()  # the first and the last on which it may be dated; none where it is asked for by number
    located: tuple[Located, ...] = ()  # by the round before, or by a person
    choice: ChosenSale | None = None  # a person said which sale it is; nothing else is looked for then

    @property
    def is_among_many(self) -> bool:
        """Whether the sales of some days are to be looked through for it."""
        return bool(self.days and self.numbers and not self.located)


def look_of(row: Refund, settings: Settings) -> Look:
    """How the sale of a refund that waits for it is looked for next; what was located under other settings is not."""
    choice = chosen_sale_of(row)
    if choice is not None:
        return _of_choice(choice)
    data = data_of(row)
    fresh = _fresh(data, settings)
    kept = decode(Look, row.findings) if row.findings is not None else fresh
    return kept if _without_located(kept) == fresh else fresh


def _of_choice(choice: ChosenSale) -> Look:
    """By its TxnID, among all kinds of sale where only that is known of it; by its number until that is known."""
    if not choice.txn_id:
        return Look((choice.ref_number,), SaleField.REF_NUMBER, choice=choice)
    kinds = tuple(SaleType) if choice.type is None else (choice.type,)
    located = tuple(Located(kind, choice.txn_id) for kind in kinds)
    return Look((), SaleField.REF_NUMBER, located=located, choice=choice)


def _fresh(data: RefundData, settings: Settings) -> Look:
    by_number = settings.order_number_field is SaleField.REF_NUMBER
    return Look(
        numbers=sale_numbers(data.order.number, settings),
        field=settings.order_number_field,
        custom_field=settings.order_number_custom_field,
        days=() if by_number else tuple(day.isoformat() for day in days_of_sale(data, settings)),
    )


def _without_located(look: Look) -> Look:
    return Look(look.numbers, look.field, look.custom_field, look.days)


def of_about_the_same_days(rows: Sequence[Refund], settings: Settings) -> Sequence[Refund]:
    """Those of the refunds that can be looked for among the same sales: refunds of a whole year would have them all
    looked through."""
    if not rows or settings.order_number_field is SaleField.REF_NUMBER:
        return rows
    start, end = days_of_sale(data_of(rows[0]), settings)
    return [row for row in rows if _overlap((start, end), days_of_sale(data_of(row), settings))]


def _overlap(one: tuple[date, date], other: tuple[date, date]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def wanted_by(looks: Iterable[Look]) -> SalesWanted:
    """The sales that these looks ask for."""
    looks = list(looks)
    among = [look for look in looks if look.is_among_many]
    field = among[0].field if among else SaleField.REF_NUMBER
    return SalesWanted(
        numbers=tuple(number for look in looks if not look.days for number in look.numbers),
        txn_ids={
            kind.value: ids
            for kind in SaleType
            if (ids := tuple(each.txn_id for look in looks for each in look.located if each.type is kind))
        },
        dated=(min(look.days[0] for look in among), max(look.days[1] for look in among)) if among else None,
        types=tuple(kind.value for kind in types_with_field(field)) if among else (),
        element=_ELEMENTS[field] if among else "",
        owner_id=CUSTOM_FIELD_OWNER_ID if field is SaleField.CUSTOM_FIELD else "",
    )


@dataclass(frozen=True)
class Carrier:
    """A sale of some days, with what stands in the field."""

    located: Located
    text: str
    folded: str  # `text` in small letters


def carriers_in(records: Iterable[SaleRecord], field: SaleField, custom_field: str) -> tuple[Carrier, ...]:
    """The sales that have something in the field; read once for all refunds that are looked for among them."""
    return tuple(
        Carrier(Located(SaleType(type(record).__name__.removesuffix("Ret")), record.txn_id), text, text.casefold())
        for record in records
        for text in _texts(record, field, custom_field.casefold())
        if record.txn_id and text
    )


def located_in(look: Look, carriers: Iterable[Carrier]) -> tuple[Located, ...]:
    """Those of the sales that carry the order's number in the field."""
    found = [
        carrier.located
        for folded in (number.casefold() for number in look.numbers)
        for carrier in carriers
        if folded in carrier.folded and carries_number(carrier.text, look.numbers, look.field)
    ]
    return tuple(dict.fromkeys(found))


def _texts(record: SaleRecord, field: SaleField, custom_field: str) -> list[str]:
    if field is SaleField.CUSTOM_FIELD:
        return [each.data_ext_value for each in record.data_ext_rets if each.data_ext_name.casefold() == custom_field]
    if field is SaleField.PO_NUMBER:
        return [] if isinstance(record, SalesReceiptRet) else [record.po_number or ""]
    return [(record.memo if field is SaleField.MEMO else record.other) or ""]
