"""What the demonstration shows on the terminal: each refund's fate, the books before and after, and the sum of it.

Everything fits 100 columns, and 80 with more line breaks; nothing is told by colour alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

#: So many refunds are shown at most; a longer list shows one of each kind of outcome, then the first of the others.
MAX_ROWS = 30
MAX_FINDINGS = 20

_ZERO = Decimal("0.00")
_SALE_WORDS = {"SalesReceipt": "Sales receipt", "Invoice": "Invoice", "SalesOrder": "Sales order"}
_PAYOUT_WORDS = {"ARRefundCreditCard": "Card refund", "Check": "Check"}
_CREDIT_STAYS = frozenset({"credit_left", "payout_not_recorded"})  # notices
_STYLES = {"posted": "green", "skipped": "yellow", "review": "yellow", "failed": "red"}


def refund_table(
    refunds: Sequence[Mapping[str, Any]], *, limit: int = MAX_ROWS, for_commands: bool = False
) -> RenderableType:
    """What happened to each refund, of those that `connex refunds --json` lists; at most `limit` rows, and what the
    others came to. `for_commands`: with the currency, and the id by which `connex decide` knows a refund.
    """
    shown, left_out = _selected(refunds, limit)
    title = None if for_commands else "What became of the refunds"
    table = Table(title=title, expand=False, show_lines=True)
    table.add_column("Order\nID" if for_commands else "Order", overflow="fold")
    table.add_column("Refund", justify="right", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    table.add_column("Sale found", max_width=13, overflow="fold")
    table.add_column("What was entered, from where, or why not", ratio=1, overflow="fold")
    for refund in shown:
        order, amount = str(refund["order_number"]), str(refund["amount"])
        entered = tuple(_entered(refund)) if for_commands else (*_entered(refund), *_afterwards(refund))
        table.add_row(
            _plain(f"{order}\n{refund['id']}" if for_commands else f"#{order.removeprefix('#')}"),
            _plain(f"{amount}\n{refund['currency']}" if for_commands else amount),
            Text(refund["status"], style=_STYLES.get(refund["status"], "")),
            _plain(_sale(refund)),
            _plain("\n".join((*entered, *_to_know(refund))) or ("Nothing yet" if for_commands else "Nothing")),
        )
    return Group(table, _plain(_rest(left_out))) if left_out else table


def trial_balance_table(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> Table:
    """The trial balance before the sync, what changed, and after it; debits positive, credits in parentheses.

    Accounts that stand at zero both times are left out.
    """
    table = Table(title="The books (credits in parentheses)", expand=False)
    table.add_column("Account")
    for heading in ("Before", "Change", "After"):
        table.add_column(heading, justify="right", no_wrap=True)
    for account in dict.fromkeys((*before, *after)):
        old, new = before.get(account, _ZERO), after.get(account, _ZERO)
        if old or new:
            table.add_row(_plain(account), _signed(old), _signed(new - old) if new != old else "", _signed(new))
    total_before, total_after = sum(before.values(), _ZERO), sum(after.values(), _ZERO)
    table.add_section()
    change = _signed(total_after - total_before)
    table.add_row("Total (zero where balanced)", _signed(total_before), change, _signed(total_after))
    return table


def summary(result: Mapping[str, Any]) -> RenderableType:
    """A few lines on the whole run: `refunds`, `posted`, `skipped`, `review`, `failed`, `duplicates`, `round_trips`,
    `seconds`, `balanced` and `findings` (texts), as `connex demo --json` has them.
    """
    counts = ", ".join(f"{result[status]} {status}" for status in ("posted", "skipped", "review", "failed"))
    findings = result["findings"]
    lines = [
        f"{_counted(result['refunds'], 'refund')}: {counts}.",
        f"{_counted(result['round_trips'], 'round trip')} with the Web Connector in {result['seconds']:.1f} seconds.",
        f"The trial balance {'comes to zero' if result['balanced'] else 'DOES NOT come to zero'}.",
        _duplicates(result["duplicates"]),
    ]
    if not findings:
        lines.append("Every account, customer balance and document is as an accountant would expect.")
        return _plain("\n".join(lines))
    lines.append(f"NOT as an accountant would expect, in {_counted(len(findings), 'point')}:")
    lines += [f"  - {finding}" for finding in findings[:MAX_FINDINGS]]
    if len(findings) > MAX_FINDINGS:
        lines.append(f"  and {len(findings) - MAX_FINDINGS} more")
    return _plain("\n".join(lines))


def _selected(
    refunds: Sequence[Mapping[str, Any]], limit: int
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The refunds to show, in their order, and those left out: one of each kind of outcome first."""
    first_of_kind: dict[tuple[Any, ...], int] = {}
    for index, refund in enumerate(refunds):
        first_of_kind.setdefault(_kind(refund), index)
    wanted = dict.fromkeys((*first_of_kind.values(), *range(len(refunds))))
    chosen = set(list(wanted)[: max(limit, 0)])
    shown = [refund for index, refund in enumerate(refunds) if index in chosen]
    return shown, [refund for index, refund in enumerate(refunds) if index not in chosen]


def _kind(refund: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        refund["status"],
        (refund["sale"] or {}).get("type"),
        (refund["reason"] or {}).get("code"),
        tuple(notice["code"] for notice in refund["notices"]),
        tuple((payout["type"], payout["account"]) for payout in refund["payouts"]),
    )


def _rest(left_out: Sequence[Mapping[str, Any]]) -> str:
    counts = Counter(refund["status"] for refund in left_out)
    told = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return f"and {_counted(len(left_out), 'more refund')}: {told}."


def _sale(refund: Mapping[str, Any]) -> str:
    sale = refund["sale"]
    if sale is None:
        return "none"
    return f"{_SALE_WORDS.get(sale['type'], sale['type'])} {sale['ref_number'] or ''}".rstrip()


def _entered(refund: Mapping[str, Any]) -> Iterator[str]:
    memo = refund["credit_memo"]
    if memo is not None:
        yield f"Credit memo {memo['ref_number']} {memo['amount']}"
    for payout in refund["payouts"]:
        yield f"{_PAYOUT_WORDS.get(payout['type'], payout['type'])} {payout['amount']} from {payout['account']}"


def _afterwards(refund: Mapping[str, Any]) -> Iterator[str]:
    """What follows from the demonstration's sales, which have none of the settings that leave something else."""
    applied = _set_against_invoice(refund)
    if applied > 0:
        yield f"Set against the invoice: {applied}"
    if "order_closed" in _notice_codes(refund):
        yield "Sales order closed"


def _set_against_invoice(refund: Mapping[str, Any]) -> Decimal:
    """What of a memo was neither paid out nor left as the customer's credit, of which a notice would tell."""
    memo, sale = refund["credit_memo"], refund["sale"]
    if memo is None or sale is None or sale["type"] != "Invoice" or _CREDIT_STAYS & _notice_codes(refund):
        return _ZERO
    return Decimal(memo["amount"]) - sum((Decimal(payout["amount"]) for payout in refund["payouts"]), _ZERO)


def _notice_codes(refund: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(notice["code"] for notice in refund["notices"])


def _to_know(refund: Mapping[str, Any]) -> Iterator[str]:
    if refund["reason"] is not None:
        is_begun = refund["credit_memo"] is not None or refund["payouts"]
        yield f"{'Not finished' if is_begun else 'Not entered'}: {refund['reason']['message']}"
    for notice in refund["notices"]:
        yield f"Note: {notice['message']}"


def _duplicates(count: int) -> str:
    return "No document was entered twice." if not count else f"{_counted(count, 'document')} TOO MANY were entered."


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _signed(amount: Decimal) -> str:
    return f"({-amount:,.2f})" if amount < 0 else f"{amount:,.2f} "


def _plain(text: str) -> Text:
    """As it is: an order number in brackets is no markup."""
    return Text(text)
