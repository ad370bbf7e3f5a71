"""What a Ret shows: lines, links and GUIDs only where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from qbsim.lists.references import refer
from qbsim.nodes import Nodes, pick
from qbsim.numbers import amount_text, rate_text
from qbsim.transactions.transaction import Transaction

if TYPE_CHECKING:
    from qbsim.company import Company

_LINK_ORDER = ("TxnID", "TxnType", "TxnDate", "RefNumber", "LinkType", "Amount")


@dataclass(frozen=True)
class Shown:
    """Which parts of a transaction its Ret has."""

    lines: bool = True
    links: bool = True
    external_guid: bool = True


def external_guid(transaction: Transaction, shown: Shown) -> str | None:
    """The ExternalGUID, where this QuickBooks shows it."""
    return transaction.external_guid if shown.external_guid else None


def currency_values(company: Company, transaction: Transaction, **amounts: Decimal) -> dict[str, str | Nodes | None]:
    """CurrencyRef, ExchangeRate and the named amounts in home currency; nothing in a company of one currency."""
    if transaction.currency_id is None or not company.preferences.multi_currency:
        return {}
    values: dict[str, str | Nodes | None] = {
        "CurrencyRef": refer(company.lists, "CurrencyRef", transaction.currency_id),
        "ExchangeRate": rate_text(transaction.exchange.multiplier),
    }
    for name, amount in amounts.items():
        values[f"{name}InHomeCurrency"] = amount_text(amount * transaction.exchange.multiplier)
    return values


def link_nodes(company: Company, transaction: Transaction, shown: Shown) -> Nodes:
    """The LinkedTxn elements of a transaction."""
    if not shown.links:
        return []
    nodes: Nodes = []
    for link in transaction.links:
        other = company.transaction(link.txn_id)
        if other is None:
            continue
        values: dict[str, str | Nodes | None] = {
            **other.core(),
            "TxnType": other.TYPE,
            "LinkType": link.link_type,
            "Amount": amount_text(link.amount),
        }
        nodes.append(("LinkedTxn", pick(_LINK_ORDER, values)))
    return nodes
