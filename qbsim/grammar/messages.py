"""The requests as they stand in a message set, by name, and the attributes of the set itself (FACTS.md 3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping

from qbsim.grammar import types
from qbsim.grammar.banking import BANKING_CHANGES
from qbsim.grammar.common import INCLUDE_RET_ELEMENTS
from qbsim.grammar.lists import DATA_EXT_CHANGES, DATA_EXT_DEF_DEL, LIST_CHANGES, LIST_DEL
from qbsim.grammar.model import Element, Particle, aggregate
from qbsim.grammar.modifications import MODIFICATIONS
from qbsim.grammar.queries import QUERIES, REQUEST_ID
from qbsim.grammar.transactions import TRANSACTION_ADDS, TXN_DEL, TXN_VOID
from qbsim.grammar.types import FIRST_VERSION, Version

MESSAGE_SET_ATTRIBUTES = {
    "onError": types.one_of("stopOnError continueOnError"),
    "newMessageSetID": types.STRTYPE,
    "oldMessageSetID": types.STRTYPE,
    "responseData": types.one_of("includeAll includeNone"),
}


def _change(name: str, *content: Particle, since: Version = FIRST_VERSION) -> Element:
    return aggregate(f"{name}Rq", *content, attributes=REQUEST_ID, since=since)


_TXN_CHANGES = (*TRANSACTION_ADDS, *BANKING_CHANGES, *MODIFICATIONS)
_ALL = (
    *QUERIES,
    *(_change(changed.name, changed, INCLUDE_RET_ELEMENTS, since=since) for changed, since in LIST_CHANGES),
    *(_change(changed.name, changed) for changed in DATA_EXT_CHANGES),
    *(_change(changed.name, changed, INCLUDE_RET_ELEMENTS, since=since) for changed, since in _TXN_CHANGES),
    _change("DataExtDefDel", DATA_EXT_DEF_DEL),
    _change("ListDel", LIST_DEL),
    _change("TxnDel", TXN_DEL, since=(1, 1)),
    _change("TxnVoid", TXN_VOID, since=(1, 1)),
)

REQUESTS: Mapping[str, Element] = {request.name: request for request in _ALL}
"""Every request that the simulated QuickBooks knows: "CreditMemoAddRq" and what it must look like."""
