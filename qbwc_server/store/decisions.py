"""What a person may decide about a refund, and what each decision does to it.

A decision and a Web Connector session never meet: both hold the connection while they write. Two people can't decide
over each other either: a decision names the version of the refund that its person saw, and is refused where the refund
has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm.exc import StaleDataError

from qbwc_server.refunds.chosen import ChosenSale
from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.model import Refund as RefundData
from qbwc_server.refunds.naming import CHANGES, Role
from qbwc_server.refunds.reasons import NOTICES_OF_THE_SALE, Notice, Skip, Status
from qbwc_server.refunds.sale import SaleType
from qbwc_server.store.holding import hold
from qbwc_server.store.planned import number_of, plan_digest
from qbwc_server.store.refunds import (
    CHOSEN_SALE,
    add_notice,
    chosen_sale_of,
    data_of,
    forget_shares,
    may_be_replaced,
    note,
    start_over,
    stop,
    take_content,
    told_otherwise,
)
from qbwc_server.store.tables import AuditEntry, Connection, Document, Refund, SetRequest

MAX_NOTE_CHARACTERS = 1000
MAX_REFUNDS_AT_ONCE = 200  # of one command or form
IN_DOUBT = frozenset({"in_doubt", "changed_in_quickbooks"})  # reasons that leave open what is in the books


class Act(Enum):
    """What a person can do about a refund."""

    APPROVE = "approve"  # what was shown is entered
    DECLINE = "decline"  # it is not
    SKIP = "skip"  # nothing is to be entered for this refund
    TRY_AGAIN = "retry"  # from the beginning
    UNDO = "undo"  # void or delete what was entered
    NOTE = "note"  # only remark something
    ADOPT = "adopt"  # what somebody entered by hand is this refund
    POST_ANYWAY = "post-anyway"  # what somebody entered by hand is another
    DONE_BY_HAND = "done-by-hand"  # somebody has seen to it in QuickBooks
    CHOOSE_SALE = "choose-sale"  # which sale it is of
    FORGET_SALE = "forget-sale"  # the sale that was chosen; it is looked for by the order's number again


class DecisionError(ValueError):
    """A decision that can't be taken; the sentence says why and what can be done."""


class ChangedMeanwhileError(DecisionError):
    """The refund is no longer as the person saw it."""


class Books(Enum):
    """What of a refund stands in QuickBooks, as far as is known."""

    NOTHING = "nothing"
    ON_ITS_WAY = "on its way"  # sent, and not answered yet
    PERHAPS = "perhaps"  # the answer was lost, or what was found is not as it was entered
    PARTLY = "partly"
    ALL = "all"
    BY_HAND = "by hand"  # somebody else entered all of it
    CHANGED = "sale changed"  # nothing but the closing of a sales order or the voiding of an invoice


@dataclass(frozen=True)
class _Rule:
    """Which acts are allowed; a set that is left empty stands for everything."""

    acts: tuple[Act, ...]
    statuses: frozenset[Status] = frozenset()
    books: frozenset[Books] = frozenset()
    reasons: frozenset[str] = frozenset()


_STOPPED = frozenset({Status.REVIEW, Status.FAILED})
_OPEN = frozenset({Status.WAITING, Status.POSTING})
_NOTHING = frozenset({Books.NOTHING})

# The first rule that fits is the one that holds.
_RULES = (
    _Rule((Act.NOTE,), books=frozenset({Books.ON_ITS_WAY})),
    _Rule((Act.SKIP, Act.DONE_BY_HAND, Act.NOTE), _OPEN, _NOTHING),
    _Rule((Act.NOTE,), _OPEN),
    _Rule((Act.NOTE,), frozenset({Status.POSTED}), frozenset({Books.NOTHING, Books.BY_HAND, Books.CHANGED})),
    _Rule((Act.UNDO, Act.NOTE), frozenset({Status.POSTED})),
    _Rule(
        (Act.APPROVE, Act.DECLINE, Act.TRY_AGAIN, Act.DONE_BY_HAND, Act.NOTE),
        _STOPPED,
        reasons=frozenset({"approval_needed", "plan_changed"}),
    ),
    _Rule(
        (Act.ADOPT, Act.POST_ANYWAY, Act.TRY_AGAIN, Act.SKIP, Act.DONE_BY_HAND, Act.NOTE),
        _STOPPED,
        reasons=frozenset({"perhaps_entered_by_hand"}),
    ),
    _Rule(
        (Act.DONE_BY_HAND, Act.NOTE),
        _STOPPED,
        frozenset({Books.NOTHING, Books.BY_HAND, Books.CHANGED}),
        frozenset({"changed_in_shop", "withdrawn_in_shop"}),
    ),
    _Rule(
        (Act.UNDO, Act.DONE_BY_HAND, Act.NOTE),
        _STOPPED,
        reasons=frozenset({"changed_in_shop", "withdrawn_in_shop", "undo_refused"}),
    ),
    _Rule((Act.TRY_AGAIN, Act.DONE_BY_HAND, Act.NOTE), _STOPPED, frozenset({Books.PERHAPS})),
    _Rule((Act.TRY_AGAIN, Act.UNDO, Act.DONE_BY_HAND, Act.NOTE), _STOPPED, frozenset({Books.PARTLY, Books.ALL})),
    _Rule((Act.TRY_AGAIN, Act.SKIP, Act.DONE_BY_HAND, Act.NOTE), _STOPPED),
    _Rule((Act.TRY_AGAIN, Act.DONE_BY_HAND, Act.NOTE), frozenset({Status.SKIPPED}), _NOTHING),
    _Rule((Act.NOTE,)),
)

# Reasons for which it is likely that a person knows the sale better than Connex: it knows none, or perhaps another.
_SALE_UNKNOWN = frozenset(
    {
        *("order_not_found", "ambiguous_sale", "too_many_sales_to_look_through", "several_invoices"),
        "chosen_sale_not_found",
    }
)
_SALE_IN_QUESTION = _SALE_UNKNOWN | {
    *("sale_pending", "sale_void", "partial_refund_of_open_order", "order_never_invoiced", "ambiguous_payment"),
    *("more_than_sale", "quantity_more_than_sale", "more_tax_than_sale", "tax_difference", "value_differs"),
    *("currency_differs", "line_not_in_sale", "bundle_in_part", "shipping_not_in_sale", "restock_needs_item"),
    *("exchange", "order_incomplete", "order_needs_setting", "order_account_unfit", "order_total_differs"),
    *("item_not_in_quickbooks", "item_unfit", "customer_unknown", "ambiguous_customer", "customer_name_taken"),
    *("order_in_doubt", "created_sale_gone", "created_sale_differs"),
    *("perhaps_entered_by_hand", "approval_needed", "plan_changed", "declined", "undone"),
}

# Acts that have to say why: they can't be understood later without it.
NOTE_NEEDED = frozenset({Act.NOTE, Act.DECLINE, Act.UNDO, Act.CHOOSE_SALE})

_SAID = {
    Act.APPROVE: "approved what is to be entered",
    Act.DECLINE: "declined to have it entered",
    Act.SKIP: "decided that nothing is to be entered",
    Act.TRY_AGAIN: "asked for another try",
    Act.UNDO: "asked for it to be undone in QuickBooks",
    Act.NOTE: "noted",
    Act.ADOPT: "took over what was entered by hand",
    Act.POST_ANYWAY: "decided that it is entered beside what is there",
    Act.DONE_BY_HAND: "has seen to it in QuickBooks by hand",
    Act.CHOOSE_SALE: "chose the sale that was refunded",
    Act.FORGET_SALE: "had the chosen sale forgotten, so that it is looked for by the order's number again",
}


def refund_of(session: DatabaseSession, connection: Connection, refund_id: int) -> Refund:
    """A connection's refund by its ID. Raises DecisionError where there is none."""
    row = session.get(Refund, refund_id)
    if row is None or row.connection_id != connection.id:
        raise DecisionError(f"the connection {connection.name} has no refund {refund_id}; see connex refunds")
    return row


def books_of(row: Refund) -> Books:
    """What of a refund stands in QuickBooks; the order that was created for it is not of the refund."""
    documents = row.own_documents
    states = {document.state for document in row.documents}
    in_doubt = "review" in states and (row.reason or {}).get("code") in IN_DOUBT
    posted = [document for document in documents if document.state == "posted"]
    if "sent" in states or any(document.undo == "sent" for document in row.documents):
        found = Books.ON_ITS_WAY
    elif in_doubt:
        found = Books.PERHAPS
    elif not posted:
        found = Books.NOTHING
    elif all(document.by_hand for document in documents):
        found = Books.BY_HAND
    elif all(Role(document.role) in CHANGES for document in posted):
        found = Books.CHANGED if len(posted) == len(documents) else Books.PARTLY
    else:
        found = Books.ALL if len(posted) == len(documents) else Books.PARTLY
    return found


def allowed(row: Refund) -> tuple[Act, ...]:
    """What a person may do about a refund now, the likeliest first."""
    status, books, code = Status(row.status), books_of(row), (row.reason or {}).get("code", "")
    fits = (
        rule
        for rule in _RULES
        if (not rule.statuses or status in rule.statuses)
        and (not rule.books or books in rule.books)
        and (not rule.reasons or code in rule.reasons)
    )
    acts = next(fits).acts
    if not may_be_replaced(row):
        return acts
    may_start_over = Act.TRY_AGAIN in acts
    if chosen_sale_of(row) is not None and (may_start_over or (status is Status.WAITING and row.stage == "find")):
        acts = (*acts[:-1], Act.FORGET_SALE, Act.NOTE)
    if may_start_over and code in _SALE_UNKNOWN:
        acts = (Act.CHOOSE_SALE, *acts)
    elif may_start_over and code in _SALE_IN_QUESTION:
        acts = (*acts[:-1], Act.CHOOSE_SALE, Act.NOTE)
    return acts


def shown_sales(row: Refund) -> list[dict[str, Any]]:
    """The sales of QuickBooks that a person is shown to choose from."""
    kinds = {kind.value for kind in SaleType}
    return [each for each in row.candidates or () if each["type"] in kinds]


def decide(
    session: DatabaseSession,
    row: Refund,
    act: Act,
    *,
    who: str,
    note: str,
    now: datetime,
    seen: int | None = None,
    txn_ids: Sequence[str] = (),
    sale: ChosenSale | None = None,
) -> None:
    """Carries out what a person decided about a refund, and puts it on record.

    `seen` is the version of the refund that the person was shown; where the refund has changed since, nothing is done.
    `txn_ids` are the transactions that ADOPT takes over; none: those that were shown, where it is clear which.
    `sale` is the one that CHOOSE_SALE names. Raises DecisionError, and ChangedMeanwhileError.
    """
    why = _checked_note(act, note)
    hold(session, row.connection_id)
    session.refresh(row)
    if seen is not None and row.version != seen:
        raise ChangedMeanwhileError(f"{_name(row)} has changed since you looked at it; look at it again, then decide")
    possible = allowed(row)
    if act not in possible:
        words = ", ".join(item.value for item in possible)
        why_not = _why_not_undone(row) if act is Act.UNDO else ""
        state = f"{_state(row)}{why_not}"
        raise DecisionError(f"{act.value} is not possible for {_name(row)}, which is {state}; possible: {words}")
    if act is Act.CHOOSE_SALE and sale is None:
        raise DecisionError("choose-sale needs the sale, by its TxnID or by its kind and number")
    if act is not Act.CHOOSE_SALE and sale is not None:
        raise DecisionError(f"a sale can't be chosen by {act.value}; choose-sale does that")
    before = _state(row)
    named = _as_shown(row, replace(sale, by=who)) if sale is not None else None
    choice = _Choice(session, row, who, why, now, tuple(txn_ids), named)
    row.decision_note = why or row.decision_note
    row.updated_at = now
    which = f", {named.words}" if named is not None else ""
    _tell(row, now, f"{who} {_SAID[act]}{which}{': ' + why if why else ''}")
    _ACTS[act](choice)
    details = {"refund": row.id, "act": act.value, "note": why, "before": before, "after": _state(row)}
    session.add(
        AuditEntry(
            at=now,
            who=who,
            what=f"{_SAID[act]}: refund {row.id} of order {row.order_number}",
            connection_id=row.connection_id,
            details=details | ({"sale": named.words} if named is not None else {}),
        )
    )
    try:
        session.flush()
    except StaleDataError:
        raise ChangedMeanwhileError(f"{_name(row)} was changed at the same moment; look at it again") from None


@dataclass(frozen=True)
class _Choice:
    """What an act needs."""

    session: DatabaseSession
    row: Refund
    who: str
    why: str
    now: datetime
    txn_ids: tuple[str, ...]
    sale: ChosenSale | None

    @property
    def facts(self) -> dict[str, str]:
        """For the sentences of reasons and notices."""
        return {"person": self.who, "note": self.why or "no reason given"}


def _approve(choice: _Choice) -> None:
    """The plan is made anew, since the books may have changed; it is entered where it still is what was approved."""
    row = choice.row
    row.approved_by, row.approved_at = choice.who, choice.now
    row.decided = row.decided | {"approved_plan": plan_digest(row.next_documents)}
    start_over(row, choice.now)


def _decline(choice: _Choice) -> None:
    _give_up(choice, "declined")


def _skip(choice: _Choice) -> None:
    _give_up(choice, "stopped_by_person")


def _give_up(choice: _Choice, reason: str) -> None:
    _drop_plan(choice)
    forget_shares(choice.row)
    stop(choice.row, Skip(reason, choice.facts), choice.now)


def _try_again(choice: _Choice) -> None:
    row = choice.row
    row.decided = {key: value for key, value in row.decided.items() if key not in ("approved_plan", "undo")}
    _drop_plan(choice)
    start_over(row, choice.now)


def _undo(choice: _Choice) -> None:
    row = choice.row
    payment_stays = _others_stand_on_the_sale(choice)
    for document in row.own_documents:
        if document.role == Role.PAYMENT.value and document.state == "posted" and payment_stays:
            _tell(row, choice.now, f"The payment {document.ref_number} stays: another refund of the invoice needs it")
            continue
        if document.state == "posted" and not document.by_hand and Role(document.role) not in CHANGES:
            if not document.txn_id and document.role != Role.APPLICATION.value:
                raise DecisionError(f"QuickBooks never told the TxnID of {number_of(document)}; undo it there by hand")
            document.undo = "wanted"
            document.undone_by = choice.who
    row.decided = row.decided | {"undo": choice.facts}
    row.status, row.stage, row.reason = Status.POSTING.value, "undo", None
    row.attempts, row.not_before = 0, None


def _others_stand_on_the_sale(choice: _Choice) -> bool:
    """Whether another refund of the same sale is entered, which takes it for paid."""
    row = choice.row
    others = select(Refund.id).where(
        Refund.connection_id == row.connection_id,
        Refund.sale_txn_id == row.sale_txn_id,
        Refund.id != row.id,
        Refund.documents.any(Document.state == "posted"),
    )
    return choice.session.scalar(others.limit(1)) is not None


def _note(choice: _Choice) -> None:
    """It stands in the story already."""


def _adopt(choice: _Choice) -> None:
    row, chosen = choice.row, _chosen(choice)
    planned = {document.role: document.ref_number for document in row.own_documents}
    _drop_plan(choice)
    row.notices = _notices_of_the_sale(row)
    for part, found in enumerate(chosen, 1):
        row.documents.append(_by_hand(choice, found, part))
        facts = {"type": found["type"], "ref_number": found["ref_number"] or found["txn_id"]}
        add_notice(row, Notice("adopted_by_hand", facts | choice.facts))
    for missing in _not_adopted(row, planned):
        add_notice(row, Notice("adopted_in_part", {"missing": missing}))
    row.total, row.tax = row.amount, data_of(row).tax
    _settled(choice)


def _not_adopted(row: Refund, planned: Mapping[str, str]) -> Iterator[str]:
    """What belongs to a refund beside what was adopted, in words. `planned` are the roles of what would have been
    entered, with their numbers; an order that was never invoiced needs no memo."""
    adopted = {document.role for document in row.own_documents if document.by_hand}
    if row.amount and Role.MEMO.value not in adopted and (Role.MEMO.value in planned or not planned):
        yield f"credit memo over {row.amount} {row.currency}"
    if row.money_back and Role.PAYOUT.value not in adopted:
        yield f"payout over {row.money_back} {row.currency}"
    if Role.CLOSING.value in planned:
        yield f"closing of the sales order {planned[Role.CLOSING.value]}"


def _post_anyway(choice: _Choice) -> None:
    row = choice.row
    others = [found["txn_id"] for found in row.candidates or ()]
    row.decided = row.decided | {"post_anyway": sorted({*row.decided.get("post_anyway", ()), *others})}
    _drop_plan(choice)
    start_over(row, choice.now)


def _done_by_hand(choice: _Choice) -> None:
    """What of ours is in the books stays there; the rest is somebody's own work, and counts against the sale. Where the
    question was what is to be taken out of the books again, that is done, and nothing of it counts any more."""
    row = choice.row
    undoing = (row.reason or {}).get("code") in ("undo_refused", "withdrawn_in_shop")
    _drop_plan(choice)
    if row.changed_payload is not None and not undoing:  # it is not asked about the same figures again
        before, after = data_of(row), decode(RefundData, row.changed_payload)
        if row.total is not None and row.tax is not None:  # what was corrected by hand counts as it is told by now
            row.total, row.tax = row.total + after.value - before.value, row.tax + after.tax - before.tax
        take_content(row, after)
        row.changed_payload = None
    if undoing:
        for document in row.own_documents:
            document.state, document.undo, document.undone_at = "undone", "done", choice.now
            document.undone_by = choice.who
        close_generation(choice.session, row, Skip("undone", choice.facts), choice.now)
        return
    if any(document.state == "posted" for document in row.own_documents):
        for document in row.documents:
            document.state = "posted" if document.state == "posted" else "failed"
        add_notice(row, Notice("settled_by_hand", choice.facts))
        _settled(choice)
        withdrawn = told_otherwise(row)
        if withdrawn is not None:  # it was not yet asked about: what was done by hand may have been done before
            stop(row, withdrawn, choice.now)
        return
    row.notices = _notices_of_the_sale(row)
    if row.withdrawn_at is None:
        row.total, row.tax = row.amount, data_of(row).tax
    else:
        forget_shares(row)
    stop(row, Skip("done_by_hand", choice.facts), choice.now)


def _notices_of_the_sale(row: Refund) -> list[dict[str, Any]]:
    """Those that hold of what a person entered as well; what was planned in its stead comes to nothing."""
    return [notice for notice in row.notices if notice["code"] in NOTICES_OF_THE_SALE]


def _choose_sale(choice: _Choice) -> None:
    row = choice.row
    row.decided = row.decided | {CHOSEN_SALE: encode(choice.sale)}
    _look_for_another(choice)


def _forget_sale(choice: _Choice) -> None:
    row = choice.row
    row.decided = {key: value for key, value in row.decided.items() if key != CHOSEN_SALE}
    _look_for_another(choice)


def _look_for_another(choice: _Choice) -> None:
    """What was found and planned so far was about a sale that counts no more: nothing is taken out of it either."""
    row = choice.row
    row.sale_type = row.sale_txn_id = row.sale_ref_number = ""
    forget_shares(row)
    _try_again(choice)


_ACTS: dict[Act, Callable[[_Choice], None]] = {
    Act.APPROVE: _approve,
    Act.DECLINE: _decline,
    Act.SKIP: _skip,
    Act.TRY_AGAIN: _try_again,
    Act.UNDO: _undo,
    Act.NOTE: _note,
    Act.ADOPT: _adopt,
    Act.POST_ANYWAY: _post_anyway,
    Act.DONE_BY_HAND: _done_by_hand,
    Act.CHOOSE_SALE: _choose_sale,
    Act.FORGET_SALE: _forget_sale,
}


def close_generation(session: DatabaseSession, row: Refund, skip: Skip, now: datetime) -> None:
    """Ends a refund whose documents were all undone: the next try enters new ones, with new GUIDs, for the sale that a
    person chose if one did."""
    session.flush()
    changed = [d for d in row.own_documents if d.role == Role.CLOSING.value and d.state == "posted"]
    row.generation += 1
    row.candidates = None
    row.decided = {key: value for key, value in row.decided.items() if key == CHOSEN_SALE}
    row.approved_by, row.approved_at = "", None
    forget_shares(row)
    for document in changed:
        add_notice(row, Notice("order_stays_closed", {"ref_number": document.ref_number}))
    stop(row, skip, now)
    session.flush()
    session.expire(row, ["documents"])


def _as_shown(row: Refund, sale: ChosenSale) -> ChosenSale:
    """The sale with what was shown of it, where it is one of those that were shown."""
    if sale.txn_id:
        fitting = [each for each in shown_sales(row) if each["txn_id"] == sale.txn_id]
    else:
        wanted = (sale.type, sale.ref_number.casefold())
        fitting = [e for e in shown_sales(row) if (SaleType(e["type"]), e["ref_number"].casefold()) == wanted]
    if len(fitting) != 1:
        return sale
    (shown,) = fitting
    return replace(
        sale,
        txn_id=shown["txn_id"],
        type=SaleType(shown["type"]),
        ref_number=shown["ref_number"],
        customer_id=shown["customer_id"],
    )


def _chosen(choice: _Choice) -> list[dict[str, Any]]:
    shown = list(choice.row.candidates or ())
    chosen = [found for found in shown if not choice.txn_ids or found["txn_id"] in choice.txn_ids]
    if not chosen or len(chosen) < len(set(choice.txn_ids)):
        there = ", ".join(found["txn_id"] for found in shown) or "none"
        raise DecisionError(f"{_name(choice.row)} was not shown with such a transaction; it was shown with: {there}")
    kinds = [found["type"] for found in chosen]
    if len(set(kinds)) < len(kinds):
        there = ", ".join(f"{found['type']} {found['txn_id']}" for found in chosen)
        raise DecisionError(
            f"several transactions could be {_name(choice.row)}; name the right one by its TxnID: {there}"
        )
    return chosen


def _by_hand(choice: _Choice, found: dict[str, Any], part: int) -> Document:
    role = Role.MEMO if found["type"] == "CreditMemo" else Role.PAYOUT
    return Document(
        role=role.value,
        part=part,
        generation=choice.row.generation,
        request_type=f"{found['type']}Add",
        request=b"",
        macro="",
        external_guid="",
        customer_id=found.get("customer_id", ""),
        ref_number=found["ref_number"],
        amount=choice.row.amount if role is Role.MEMO else choice.row.money_back,
        account=found.get("account", ""),
        uses_memo=False,
        alone=False,
        state="posted",
        txn_id=found["txn_id"],
        posted_at=choice.now,
        posted_amount=choice.row.amount if role is Role.MEMO else choice.row.money_back,
        status_code=0,
        by_hand=True,
    )


def _settled(choice: _Choice) -> None:
    row = choice.row
    row.status, row.stage, row.reason = Status.POSTED.value, "done", None
    row.candidates = row.findings = None
    row.not_before = row.batch_limit = None


def _drop_plan(choice: _Choice) -> None:
    """What was planned and never sent no longer holds; what was sent is evidence and stays."""
    session, row = choice.session, choice.row
    session.flush()
    session.execute(
        delete(Document).where(
            Document.refund_id == row.id,
            Document.generation == row.generation,
            Document.state.in_(("planned", "failed")),
            Document.txn_id == "",
            Document.id.not_in(select(SetRequest.document_id)),
        )
    )
    session.expire(row, ["documents"])


def _checked_note(act: Act, text: str) -> str:
    why = " ".join(text.split())
    if len(why) > MAX_NOTE_CHARACTERS:
        raise DecisionError(f"the note has {len(why)} characters; at most {MAX_NOTE_CHARACTERS} are kept")
    if not why.isprintable():
        raise DecisionError("the note holds a character that can't be shown")
    if act in NOTE_NEEDED and not why:
        raise DecisionError(f"{act.value} needs a note that says why")
    return why


def _tell(row: Refund, now: datetime, text: str) -> None:
    note(row, now, text if text.endswith((".", "!", "?")) else f"{text}.")


def _why_not_undone(row: Refund) -> str:
    posted = {document.role: document for document in row.documents if document.state == "posted"}
    if Role.VOIDING.value in posted:
        return ": QuickBooks takes no void back, so enter the invoice anew by hand where it is owed after all"
    if Role.CLOSING.value in posted and books_of(row) is Books.CHANGED:
        order = posted[Role.CLOSING.value].ref_number
        return f": nothing but the sales order {order} was changed; reopen it in QuickBooks where it is still wanted"
    return ""


def _name(row: Refund) -> str:
    return f"refund {row.id} of order {row.order_number}"


def _state(row: Refund) -> str:
    return row.status if row.reason is None else f"{row.status} ({row.reason['code']})"
