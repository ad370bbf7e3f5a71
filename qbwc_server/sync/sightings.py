"""What a look through the customers' transactions shows of the documents of a set in doubt.

A document is told by its ExternalGUID. Where a company file does not show GUIDs it is told by its number (a check that
is to be printed, by its Memo), customer and total, which several parts of a refund may share and which a person may
have edited: then each transaction stands for one document at most, and what nobody can place is named as a stranger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.naming import CHANGES, Role
from qbwc_server.store.planned import memo_of
from qbwc_server.store.tables import Document
from qbwc_server.sync.books import FoundDocument, Link
from qbwc_server.sync.plans import closed_order, describe, is_named_as, link_of, matches
from qbwc_server.sync.settling import Sighting

MAX_STRANGERS_TOLD = 3  # transactions, in the reason that a person reads


def sightings_of(
    documents: Sequence[Document], found: Sequence[FoundDocument], changed: Collection[int]
) -> dict[int, Sighting]:
    """What is seen of each document, by its id, among transactions that are not known as any other; `changed` are the
    ids of those whose sales order or invoice shows that they changed it."""
    sightings: dict[int, Sighting] = {}
    for document in documents:
        taken = {sighting.txn_id for sighting in sightings.values()}
        sighting = sighting_of(document, [item for item in found if item.txn_id not in taken], changed)
        if sighting is not None:
            sightings[document.id] = sighting
    _add_what_is_left_over(sightings, documents, found)
    return sightings


def add_what_memos_show(
    sightings: dict[int, Sighting], documents: Sequence[Document], found: Sequence[FoundDocument]
) -> None:
    """A memo that was found shows what it was used for: the one trace of an application, since setting a credit
    may leave no transaction of its own (FACTS.md 5), and a second one of a payout."""
    known = {sighting.txn_id for sighting in sightings.values()}  # two payouts may have one amount
    known |= {other.txn_id for document in documents for other in document.refund.documents if other.txn_id}
    links: dict[str, list[Link]] = {
        item.txn_id: [link for link in item.links if link.txn_id not in known]
        for item in found
        if item.type == "CreditMemo"
    }
    for document in documents:
        memo = next((d for d in document.refund.documents if d.role == Role.MEMO.value), None)
        if document.id in sightings or not document.uses_memo or memo is None:
            continue
        memo_txn_id = memo.txn_id or (sightings[memo.id].txn_id if memo.id in sightings else "")
        link = link_of(document, links.get(memo_txn_id, []), document.refund.sale_txn_id)
        if link is not None:
            links[memo_txn_id].remove(link)
            txn_id = "" if link.txn_type == "Invoice" else link.txn_id
            sightings[document.id] = Sighting(document.id, link.txn_type, txn_id, "", True, f"{link.amount}")


def strangers(
    documents: Sequence[Document], sightings: Mapping[int, Sighting], found: Sequence[FoundDocument]
) -> list[str]:
    """Transactions, described, that may be what is not sighted, under a number that a person gave it."""
    unseen = [document for document in documents if document.id not in sightings]
    taken = {sighting.txn_id for sighting in sightings.values()}
    perhaps = [item for item in found if item.txn_id not in taken and any(_may_be(each, item) for each in unseen)]
    return [describe(item) for item in perhaps[:MAX_STRANGERS_TOLD]]


def sighting_of(document: Document, found: Sequence[FoundDocument], changed: Collection[int]) -> Sighting | None:
    """What is seen of a document among transactions that stand for no other one."""
    if Role(document.role) in CHANGES:
        return _sighting_of_change(document) if document.id in changed else None
    kind = _type_of(document)
    marked = [item for item in found if item.type == kind and item.external_guid == document.external_guid != ""]
    if len(marked) > 1:
        return _there_more_than_once(document, marked)
    named = [item for item in found if _is_named_as(document, item)]
    memo = memo_of(document) if len(named) > 1 else ""
    named.sort(key=lambda item: item.memo != memo)  # payouts through two gateways differ by it, perhaps alone
    seen = next(iter([*marked, *named]), None)
    if seen is None:
        return None
    return Sighting(document.id, seen.type, seen.txn_id, seen.edit_sequence, matches(document, seen), describe(seen))


def _sighting_of_change(document: Document) -> Sighting:
    if document.role == Role.VOIDING.value:
        return Sighting(document.id, "Invoice", document.refund.sale_txn_id, "", True, "voided")
    return Sighting(document.id, "SalesOrder", closed_order(document), "", True, "closed")


def _add_what_is_left_over(
    sightings: dict[int, Sighting], documents: Sequence[Document], found: Sequence[FoundDocument]
) -> None:
    """Where one more carries the number or Memo, customer and total of a document than there are such documents, it is
    there more than once."""
    by_txn_id = {item.txn_id: item for item in found}
    taken = {sighting.txn_id for sighting in sightings.values()}
    for document in documents:
        own = by_txn_id.get(sightings[document.id].txn_id) if document.id in sightings else None
        twins = [item for item in found if item.txn_id not in taken and _is_named_as(document, item)]
        if own is not None and not own.external_guid and twins:
            sightings[document.id] = _there_more_than_once(document, [own, *twins])


def _there_more_than_once(document: Document, items: Sequence[FoundDocument]) -> Sighting:
    listed = " and ".join(f"{describe(item)} ({item.txn_id})" for item in items)
    text = f"it is there {len(items)} times, as {listed}"
    return Sighting(document.id, items[0].type, items[0].txn_id, "", False, text)


def _is_named_as(document: Document, item: FoundDocument) -> bool:
    """Whether a transaction that shows no GUID is a document by its number or Memo, customer and total."""
    return is_named_as(document, item) and _may_be(document, item) and matches(document, item)


def _may_be(document: Document, item: FoundDocument) -> bool:
    """Whether a transaction is such a one as a document, whatever a person has edited in it.

    Customers pay every day. So of payments only one over the amount is in question, which is nothing where a credit is
    set alone.
    """
    if Role(document.role) in CHANGES or item.type != _type_of(document):
        return False
    if item.type != "ReceivePayment":
        return True
    return item.total == (ZERO if document.role == Role.APPLICATION.value else document.amount)


def _type_of(document: Document) -> str:
    return document.request_type.removesuffix("Add")
