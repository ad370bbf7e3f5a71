"""Refunds in their own JSON form: `{"refunds": [...]}` with the fields of `Refund`, nothing left to guess."""

from __future__ import annotations

from qbwc_server.refunds.codec import DecodeError, decode
from qbwc_server.refunds.model import Refund
from qbwc_server.sources.document import Document
from qbwc_server.sources.gathering import Gathering
from qbwc_server.sources.reading import Beside, Reading, UnreadableFile

_OWN_FIELDS = frozenset({"source", "external_id"})


def recognises(document: Document) -> bool:
    """A list of refunds, the first of which has a field that only this form has (or a list with nothing in it)."""
    if not document.looks_like_json or not isinstance(document.json, dict):
        return False
    refunds = document.json.get("refunds")
    if not isinstance(refunds, list) or "id" in document.json:
        return False
    return not refunds or any(isinstance(item, dict) and _OWN_FIELDS & item.keys() for item in refunds)


def read(document: Document, beside: Beside) -> Reading:
    """The refunds; those of no shop get the connection's. Raises UnreadableFile where there is no list of them."""
    refunds = document.json.get("refunds") if isinstance(document.json, dict) else None
    if not isinstance(refunds, list):
        raise UnreadableFile('the file has no list of refunds; expected {"refunds": [...]}')
    gathering = Gathering(beside.shop)
    orders = set()
    for index, data in enumerate(refunds):
        place = f"refunds[{index}]"
        try:
            refund = decode(Refund, data, place)
        except DecodeError as error:
            gathering.refuse(error.place, error.reason)
            continue
        orders.add((refund.source, refund.shop, refund.order.order_id))
        gathering.add(refund, place, fields_are_places=True)
    return gathering.reading(len(orders))
