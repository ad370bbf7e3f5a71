"""Which sale in QuickBooks a refund's order became, where several carry its number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from qbwc_server.refunds import naming
from qbwc_server.refunds.lines import carries
from qbwc_server.refunds.model import Order, Refund
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import Sale
from qbwc_server.refunds.sale_numbers import ZONE_MARGIN, is_shortened, looked_for, types_with_field
from qbwc_server.refunds.settings import SaleField, Settings

MAX_SHOWN = 20  # sales that a person is shown to tell apart
MAX_RIVALS = 50  # sales whose customers' e-mail addresses are read to tell them apart
CUSTOMER_NAME_CHARACTERS = 41  # of one level of a customer's name (FACTS.md 10)


@dataclass(frozen=True)
class Rivals:
    """Sales of several customers, of which the customers' e-mail addresses may tell which was refunded."""

    sales: tuple[Sale, ...]

    @property
    def customers(self) -> tuple[str, ...]:
        """The ListIDs of those whose addresses are to be read."""
        return tuple(dict.fromkeys(sale.customer.list_id for sale in self.sales if sale.customer.list_id))


@dataclass(frozen=True)
class Unclear(Skip):
    """A reason that leaves it to a person to say which of some sales was refunded."""

    sales: tuple[Sale, ...] = ()


def choose_sale(
    refund: Refund, sales: Sequence[Sale], settings: Settings, emails: Mapping[str, Collection[str]] | None = None
) -> Sale | Rivals | Skip:
    """The sale that a refund's order became, among those that carry its number.

    A sales order stands back behind its invoices. Of several sales those of the order's customer count (by e-mail, else
    by name), then those made from a sales order that was found too (of several such the one that carries the goods),
    then those over the order's total, then those of its day; what no sale fulfils decides nothing. A person decides
    where several are left, where the customer speaks for one sale and the total for another, and where a number that
    was cut, or stands in a memo, may be another's (`_fits`).

    `emails` are those of customers, by ListID; None where they have not been read.
    """
    if not sales:
        return not_found(refund, settings)
    found_ids = {sale.txn_id for sale in sales}
    remaining = [sale for sale in sales if not (set(sale.invoices) & found_ids)]
    read = emails or {}
    if len(remaining) == 1 and _fits(remaining[0], refund.order, settings, read):
        return remaining[0]
    rivals = Rivals(tuple(sales))
    may_tell = len(rivals.customers) > 1 or not all(_fits(sale, refund.order, settings, read) for sale in remaining)
    wants_emails = emails is None and refund.order.customer_email and rivals.customers and may_tell
    if wants_emails and len(sales) <= MAX_RIVALS:
        return rivals
    made_from = {txn_id: sale.txn_id for sale in sales for txn_id in sale.invoices}
    decided = _decided(refund, remaining, made_from, read)
    if isinstance(decided, Skip):
        return decided
    if decided is not None and _fits(decided, refund.order, settings, read):
        return decided
    return undecided(refund, remaining, settings)


def choose_invoice(refund: Refund, invoices: Sequence[Sale]) -> Sale | Skip:
    """Of the invoices of one sales order the one that a refund is of: the only one, else that which carries the
    goods."""
    carrying = [sale for sale in invoices if refund.lines and carries(sale, refund)]
    if len(invoices) == 1 or len(carrying) == 1:
        return (carrying or invoices)[0]
    numbers = ", ".join(sale.ref_number or sale.txn_id for sale in invoices)
    facts = {"order": naming.order_ref_number(refund.order.number), "invoices": numbers}
    return Unclear("several_invoices", facts, tuple(invoices))


def not_found(refund: Refund, settings: Settings, why: str = "") -> Skip:
    """That QuickBooks has no such sale, with the numbers that were looked for, and `why` the order is not created."""
    kinds = [kind.words for kind in types_with_field(settings.order_number_field)]
    types = f"{', '.join(kinds[:-1])} or {kinds[-1]}"
    return Skip(
        "order_not_found", {"types": types, "looked_for": looked_for(refund, settings), "why": why and f" {why}"}
    )


def undecided(refund: Refund, sales: Sequence[Sale], settings: Settings) -> Unclear:
    """That a person has to say which of these sales was refunded, with all that tells them apart."""
    facts = {"looked_for": looked_for(refund, settings), "sales": undecided_words(sales)}
    return Unclear("ambiguous_sale", facts, tuple(sales))


def undecided_words(sales: Sequence[Sale]) -> str:
    """Sales to tell apart, for a sentence."""
    shown = [
        f"{sale.type.words} {sale.ref_number or sale.txn_id} of {sale.txn_date} over {sale.total} for {sale.customer}"
        for sale in sales[:MAX_SHOWN]
    ]
    if len(sales) > MAX_SHOWN:
        shown.append(f"{len(sales) - MAX_SHOWN} more")
    return "; ".join(shown)


def as_candidates(skip: Skip) -> list[dict[str, str]] | None:
    """The sales that a person chooses from, as they are kept and shown; None where there is nothing to choose from."""
    sales = skip.sales if isinstance(skip, Unclear) else ()
    return [
        {
            "type": sale.type.value,
            "txn_id": sale.txn_id,
            "ref_number": sale.ref_number,
            "date": sale.txn_date.isoformat(),
            "amount": f"{sale.total:.2f}",
            "customer_id": sale.customer.list_id or "",
            "customer": str(sale.customer),
        }
        for sale in sales[:MAX_SHOWN]
    ] or None


def _decided(
    refund: Refund, sales: Sequence[Sale], made_from: Mapping[str, str], emails: Mapping[str, Collection[str]]
) -> Sale | Skip | None:
    """The one of several; `made_from` are the sales orders of invoices, by TxnID."""
    order = refund.order
    remaining = _those(lambda sale: _has_email(sale, order, emails), sales)
    if len(remaining) == len(sales):
        remaining = _those(lambda sale: _has_name(sale, order), sales)
    remaining = _those(lambda sale: sale.txn_id in made_from, remaining)
    orders = {made_from.get(sale.txn_id, "") for sale in remaining}
    if len(orders) == 1 and "" not in orders:
        return choose_invoice(refund, remaining)
    over_total = [sale.txn_id for sale in sales if sale.total == order.total]
    if over_total and not any(sale.txn_id in over_total for sale in remaining):
        return None
    remaining = _those(lambda sale: sale.txn_id in over_total, remaining)
    remaining = _those(lambda sale: _is_of_the_day(sale, order), remaining)
    return remaining[0] if len(remaining) == 1 else None


def _those(test: Callable[[Sale], bool], sales: Sequence[Sale]) -> Sequence[Sale]:
    """The sales that fulfil it; all of them where none does."""
    return [sale for sale in sales if test(sale)] or sales


def _fits(sale: Sale, order: Order, settings: Settings, emails: Mapping[str, Collection[str]]) -> bool:
    """Whether the number is enough to tell the sale as the order's.

    Another order's number may have been cut to the same, so there the customer has to be the order's, or total and day.
    A memo may have the number for another reason, such as a house number, so there customer or total have to be the
    order's, as far as the shop tells them.
    """
    of_customer = _has_email(sale, order, emails) or _has_name(sale, order)
    over_total = sale.total == order.total
    if is_shortened(order.number, settings):
        return of_customer or (over_total and _is_of_the_day(sale, order))
    if settings.order_number_field is SaleField.MEMO:
        tells_nothing = order.total is None and not (order.customer_name or order.customer_email)
        return of_customer or over_total or tells_nothing
    return True


def _has_email(sale: Sale, order: Order, emails: Mapping[str, Collection[str]]) -> bool:
    """Some shops' customers are called by their address."""
    wanted = order.customer_email.strip().casefold()
    known = [*emails.get(sale.customer.list_id or "", ()), *_levels(sale.customer.full_name or "")]
    return bool(wanted) and wanted in {email.strip().casefold() for email in known}


def _has_name(sale: Sale, order: Order) -> bool:
    """By the customer's name or the first line of the billing address, last name first or last."""
    words = order.customer_name.split()
    wanted = {_plain(" ".join(words)), _plain(f"{words[-1]}, {' '.join(words[:-1])}")} if words else set()
    bill_to = (sale.bill_address.addr1 or "") if sale.bill_address is not None else ""
    return bool(wanted & {_plain(name) for name in (*_levels(sale.customer.full_name or ""), bill_to)})


def _levels(full_name: str) -> list[str]:
    """A customer's name, and those of it and its jobs."""
    return [full_name, *full_name.split(":")]


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()[:CUSTOMER_NAME_CHARACTERS]


def _is_of_the_day(sale: Sale, order: Order) -> bool:
    if order.created_at is None:
        return False
    return abs((sale.txn_date - order.created_at.date()).days) <= ZONE_MARGIN.days
