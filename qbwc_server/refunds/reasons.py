"""Why a refund stopped, and what a bookkeeper should know of one that went in: stable codes with their sentences.

Every code stands here once, with the status it leads to and its sentence; the facts fill the braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum


class Status(Enum):
    """What has become of a refund."""

    WAITING = "waiting"  # for a Web Connector session
    REVIEW = "review"  # for a person
    POSTING = "posting"  # sent, or about to be
    POSTED = "posted"
    SKIPPED = "skipped"  # nothing to do in the books, and why
    FAILED = "failed"  # QuickBooks refused it


@dataclass(frozen=True)
class Skip:
    """A refund that is not posted: `reason` is a code of REASONS, `facts` what its sentence needs."""

    reason: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """Skipped for good, or waiting for a person."""
        return REASONS[self.reason][0]

    @property
    def message(self) -> str:
        """The sentence a bookkeeper reads.

        >>> Skip("order_not_found", {"types": "invoice", "looked_for": "the number 1001", "why": ""}).message
        'QuickBooks has no invoice with the number 1001.'
        """
        return REASONS[self.reason][1].format_map(_Facts(self.facts))


def of_which_left(total: Decimal, left: Decimal, *, refunded_before: bool) -> str:
    """How a sentence goes on after what was sold: that it is all, or how much of it is left, and since when.

    >>> of_which_left(Decimal("50.00"), Decimal("20.00"), refunded_before=True)
    ', of which only 20.00 is left after earlier refunds'
    """
    if left == total:
        return " only"
    nothing = left - left  # with as many decimals
    return f", of which only {max(left, nothing)} is left{' after earlier refunds' if refunded_before else ''}"


@dataclass(frozen=True)
class Notice:
    """Something to know of a refund that did go in."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence a bookkeeper reads."""
        return NOTICES[self.code].format_map(_Facts(self.facts))


class _Facts(dict[str, str]):
    """A fact that is not known is shown as such, so that a sentence never fails to be said."""

    def __missing__(self, key: str) -> str:
        return f"({key} unknown)"


_S, _R, _F = Status.SKIPPED, Status.REVIEW, Status.FAILED

REASONS: dict[str, tuple[Status, str]] = {
    # The sale
    "order_not_found": (_S, "QuickBooks has no {types} with {looked_for}.{why}"),
    "ambiguous_sale": (
        _R,
        "With {looked_for} QuickBooks has: {sales}. Customer, amount and date don't tell for certain which sale was "
        "refunded.",
    ),
    "chosen_sale_not_found": (
        _R,
        "QuickBooks has no {sale}, which {person} chose as the sale of this refund. It was deleted, or it is called "
        "otherwise.",
    ),
    "too_many_sales_to_look_through": (
        _R,
        "QuickBooks has {most} sales of one kind or more to look through for {looked_for}. "
        "Lower order_number_days, so that fewer are looked through.",
    ),
    "several_invoices": (
        _R,
        "The sales order {order} was invoiced ({invoices}), but no single invoice of it carries all that is refunded.",
    ),
    "sale_pending": (_R, "The sale {order} is still marked as pending in QuickBooks, so it is not in the books yet."),
    "sale_void": (
        _R,
        "The {sale_type} {order} is void in QuickBooks, though {money} went back to the customer for it.",
    ),
    "partial_refund_of_open_order": (
        _R,
        "{value} of the sales order {order} over {total} is refunded, and what of it is to be closed can't be told: {why}. "
        "Change the order in QuickBooks by hand, or close it there.",
    ),
    "ambiguous_payment": (
        _R,
        "The customer's open payments in QuickBooks ({payments}) leave open which one was given back for {order}.",
    ),
    # The order, where it is created first
    "order_incomplete": (_R, "The order {order} is not in QuickBooks and can't be created: {missing}."),
    "order_needs_setting": (_R, "The order {order} can't be created: set {settings} first, since {why}."),
    "order_account_unfit": (
        _R,
        "The account {account}, which {where} names, {why}. The order {order} is not created.",
    ),
    "order_total_differs": (
        _R,
        "The order {order} is over {shop}, but its lines, shipping and tax come to {parts}. It is not created.",
    ),
    "item_not_in_quickbooks": (
        _R,
        "QuickBooks has no item for {items} of the order {order}, so that it is not created. Map the SKU to an item, "
        "or add the item.",
    ),
    "item_unfit": (_R, "The item {item} is a {kind}, which no line of the order {order} can stand on."),
    "customer_unknown": (_R, "QuickBooks has no active customer {customer}. Correct the setting {setting}."),
    "ambiguous_customer": (
        _R,
        "Several customers have the e-mail address of the order {order}: {customers}. It is not created.",
    ),
    "customer_name_taken": (
        _R,
        "The name {name} is taken in QuickBooks, and so are {others}, so that the customer of the order {order} can't be "
        "added.",
    ),
    "order_in_doubt": (
        _R,
        "The order {order} may have been created for another refund, which waits for a person. It is not created twice.",
    ),
    "created_sale_gone": (
        _R,
        "The order {order} was created in QuickBooks as {document} (TxnID {txn_id}), which is not there any more.",
    ),
    "created_sale_differs": (
        _R,
        "QuickBooks made the {document} of the order {order} {actual}; planned was {planned}. Correct it there.",
    ),
    # Settings
    "order_never_invoiced": (_S, "The sales order {order} was never invoiced, and the settings enter nothing for it."),
    "refunds_off": (_S, "The settings of this connection post nothing for the refund of a {sale_type}."),
    "refund_account_unknown": (
        _R,
        "QuickBooks has no active account {account}{where}. Choose another refund deposit account.",
    ),
    "refund_account_unfit": (
        _R,
        "The account {account} {why}.",
    ),
    "ambiguous_deposit_account": (
        _R,
        "The payments of this invoice went to different accounts ({accounts}). Choose a refund deposit account.",
    ),
    "payment_method_unknown": (
        _R,
        "QuickBooks has no payment method {payment_method}. Correct {where}.",
    ),
    "template_unknown": (
        _R,
        "QuickBooks has no active template for credit memos that is called {template}. "
        "Correct the setting credit_memo_template.",
    ),
    "no_undeposited_funds": (
        _R,
        "This company file has no Undeposited Funds account yet, and no refund deposit account is chosen.",
    ),
    "no_receivables": (_R, "This company file has no active accounts receivable account."),
    "payout_account_refused": (
        _R,
        "QuickBooks refuses checks drawn on {account}. Choose another refund deposit account, or refund by credit card.",
    ),
    # Amounts
    "nothing_to_post": (_S, "The refund gives back neither goods nor money, so there is nothing to enter."),
    "more_than_sale": (
        _R,
        "The refund gives back {value}, but {sold} comes to {total}{of_which}.",
    ),
    "quantity_more_than_sale": (
        _R,
        "The refund takes back {quantity} of {line}, but the sale has {total}{of_which}.",
    ),
    "money_exceeds_value": (_R, "{money} went back to the customer, but the refunded lines come to {value} only."),
    "more_tax_than_sale": (
        _R,
        "The refund gives back {tax} of sales tax, but the sale has {total} of it{of_which}.",
    ),
    "tax_difference": (
        _R,
        "QuickBooks works out {quickbooks} of sales tax, the shop {shop}; the difference is {difference}.",
    ),
    "value_differs": (
        _R,
        "The lines that QuickBooks would credit come to {quickbooks}, the shop gave back {shop}.",
    ),
    "currency_differs": (_R, "The refund is in {refund_currency}, the sale in {sale_currency}."),
    "store_credit": (
        _R,
        "{amount} of the refund was given as gift card or store credit. {why}",
    ),
    "tax_included": (
        _R,
        "The amounts of this sale include the tax, and the rates of its tax codes can't be told; only a refund of all "
        "of it can be entered.",
    ),
    # Lines
    "line_not_in_sale": (
        _R,
        "The refunded line {line} can't be found on the sale. Set a refund item, or enter it by hand.",
    ),
    "bundle_in_part": (
        _R,
        "More of the bundle {line} is refunded than is left whole of it, or a part that can't be split; enter it by hand.",
    ),
    "shipping_not_in_sale": (
        _R,
        "{amount} of shipping went back, but the sale has no line that can be told as shipping. Set the shipping item.",
    ),
    "adjustment_needs_item": (
        _R,
        "{amount} was given back without goods ({why}). Set {settings}, on which such amounts stand.",
    ),
    "restock_needs_item": (
        _R,
        "{line} for {amount} did not come back into stock. Set no_restock_item, on which such goods stand, or restock.",
    ),
    "exchange": (
        _R,
        "Goods were exchanged: {back} for {value} came back, {out} went out, {money} was given back. "
        "Enter the new goods and what they cost, and the credit memo, by hand.",
    ),
    "item_unknown": (_R, "QuickBooks has no active item {item}. Correct the setting {setting}."),
    # Time
    "books_closed": (_R, "The {what} is dated {date}, and the books are closed up to {closing_date}."),
    "accountants_copy": (
        _R,
        "An Accountant's Copy is out; entries up to {dividing_date} wait until its changes are imported. "
        "The {what} is dated {date}.",
    ),
    # Already there
    "perhaps_posted_already": (
        _R,
        "QuickBooks has a credit memo {ref_number} already that is not as Connex would enter it: {found}.",
    ),
    "entered_otherwise": (
        _R,
        "The credit memo {ref_number} is entered over {entered}, and by now {planned} would be: the sale was changed "
        "in between.",
    ),
    # The conversation
    "in_doubt": (
        _R,
        "The answer to this posting was lost, and QuickBooks can't tell what became of it: {why}. "
        "Look for the {document} {ref_number} in QuickBooks.",
    ),
    "changed_in_quickbooks": (_R, "The {document} {ref_number} was found in QuickBooks, but changed: {found}."),
    "deleted_in_quickbooks": (
        _R,
        "The {document} {ref_number} was entered, and somebody deleted it in QuickBooks. It is not entered again by itself.",
    ),
    "voided_in_quickbooks": (
        _R,
        "The {document} {ref_number} was entered, and somebody voided it in QuickBooks. It is not entered again by itself.",
    ),
    "too_many_to_look_through": (
        _R,
        "The customer {customer} has more than {most} {what} in QuickBooks, too many to see whether it was entered "
        "already. Look for {ref_number} among them.",
    ),
    "left_out_after_restore": (
        _S,
        "The books were restored from a backup without what had been entered ({gone}); "
        "{person} decided to leave it out.",
    ),
    "payout_kept_failing": (
        _R,
        "The credit memo {ref_number} is entered, but QuickBooks could not take the {document} in {attempts} attempts. "
        "Last it said: {message}",
    ),
    "payout_link_refused": (
        _R,
        "The credit memo {ref_number} is entered, but QuickBooks refused the payout: {message}",
    ),
    "refused_by_quickbooks": (_F, "QuickBooks refused the {document}: {message}"),
    "request_unreadable": (_F, "QuickBooks could not read the request for the {document}. {advice}"),
    "kept_failing": (_F, "QuickBooks could not take the {document} in {attempts} attempts. Last it said: {message}"),
    "unfit_data": (_F, "The {place} can't be sent to QuickBooks: {reason}."),
    "answer_unreadable": (_R, "QuickBooks' answer about {order} could not be understood: {reason}."),
    # People
    "stopped_by_person": (_S, "{person} decided not to post it: {note}"),
    "approval_needed": (_R, "It waits for approval before anything is entered."),
    "plan_changed": (
        _R,
        "{person} approved it, but the books have changed since, and something else would be entered now. "
        "It waits for approval again.",
    ),
    "declined": (_S, "{person} declined it: {note}"),
    "done_by_hand": (_S, "{person} has seen to it in QuickBooks by hand: {note}"),
    "perhaps_entered_by_hand": (
        _R,
        "Somebody may have entered this refund in QuickBooks already: {found}.",
    ),
    "undone": (_S, "{person} had it undone in QuickBooks: {note}"),
    "undo_refused": (_R, "The {document} {ref_number} could not be undone: {message} {advice}"),
    # The shop
    "changed_in_shop": (
        _R,
        "The shop changed this refund after it was entered: it gave back {before} then, and {after} now.",
    ),
    "withdrawn_in_shop": (_R, "The shop took this refund back after it was entered; {before} stands in QuickBooks."),
    "withdrawn": (_S, "The shop took this refund back before anything of it was entered."),
}

NOTICES_OF_THE_SALE = frozenset({"sale_chosen", "order_created", "created_sale_stays", "order_stays_closed"})
"""Notices that hold whatever is entered for a refund; all others are of its plan, and of what became of that."""

NOTICES: dict[str, str] = {
    "order_created": "QuickBooks did not have the order; the {type} {ref_number} over {total} was created from the shop's order first.",
    "created_sale_stays": "The {type} {ref_number} over {total} (TxnID {txn_id}), which was created for this order, stays in QuickBooks beside the sale that this refund is of.",
    "sale_chosen": "{person} said which sale this refund is of: {sale} of {day} over {total} for {customer}.",
    "payout_not_recorded": "{amount} went back to the customer, but the settings record no payout; {credit} of it stands as the customer's credit.",
    "invoice_left_open": "The invoice {ref_number} is still open with {open}, though the shop took and returned the money.",
    "payment_recorded": "The payment of {amount} that QuickBooks lacked was received on the invoice {ref_number}, dated {day}, into {account}.",
    "invoice_voided": "The invoice {ref_number} over {amount} was voided: it was cancelled before any money moved. QuickBooks takes no void back, so this can't be undone.",
    "not_voided": "The invoice {ref_number} was credited instead of voided, since {why}.",
    "sale_already_void": "The {sale_type} {ref_number} was void already; nothing was booked.",
    "order_closed": "The sales order {ref_number} was never invoiced; it was closed, and nothing was booked.",
    "order_part_closed": "Never invoiced of the sales order {ref_number}: {lines}. It was closed there, and nothing was booked for it.",
    "order_part_left": "Never invoiced of the sales order {ref_number}: {lines}, refunded with {amount}. The settings enter nothing for it.",
    "order_left_open": "The sales order {ref_number} was never invoiced and stays open; the memo credits it all the same.",
    "order_already_closed": "The sales order {ref_number} was never invoiced and was closed already; nothing was booked.",
    "order_stays_closed": "The sales order {ref_number} stays as it was changed for this refund: what was closed on it is not opened again.",
    "payment_not_in_books": "{amount} went back to the customer, but QuickBooks has no open payment for it.",
    "store_credit_booked": "{amount} was given as gift card or store credit and stands on the item {item}.",
    "store_credit_left": "{amount} was given as gift card or store credit and stays open as the customer's credit.",
    "credit_left": "{amount} of the credit memo stays open as the customer's credit: no money went back for it.",
    "memo_of_zero": "The credit memo comes to 0.00: nothing was given back but goods, which it brings back into stock.",
    "stock_not_returned": "{lines} did not come back into stock and stands on the item {item}.",
    "fallback_item": "{amount} ({kind}) stands on the item {item}, since {setting} is empty.",
    "tax_rounded": "A line of {amount} on the item {item} makes up for tax rounding of QuickBooks and the shop.",
    "tax_in_total": "QuickBooks takes {quickbooks} of the refund as tax, the shop {shop}; the total is the same.",
    "channel_tax": "{amount} of sales tax was collected and given back by the sales channel and is not in these books.",
    "counted_by_hand": "Counted as given back before: the credit memo {ref_numbers}, entered by hand for this sale.",
    "adopted": "The {document} {ref_number} stood in QuickBooks already and was taken over.",
    "memo_total_differs": "QuickBooks made the credit memo {actual}, planned was {planned}.",
    "tax_item_unknown": "The sale names no sales tax item, so QuickBooks chose its default.",
    "text_cut": "The field {field} was cut to {length} characters.",
    "refund_date_is_order_date": "The refund had no date of its own; the order's was taken.",
    "quickbooks_said": "QuickBooks remarked on the {document}: {message}",
    "payout_by_txn_id": "The payout was entered in a second step, since QuickBooks refused the first.",
    "adopted_by_hand": "{person} took over {type} {ref_number}, which was entered by hand.",
    "adopted_in_part": "Connex knows of no {missing} that belongs to what was taken over.",
    "settled_by_hand": "{person} has seen to the rest in QuickBooks by hand: {note}",
    "dated_later": "The refund is of {date}, which lies in closed books, so it is dated {day}.",
    "posted_after_doubt": "The answer was lost at first; QuickBooks' records showed that it had been entered.",
    "posted_after_repeat": "The answer was lost and QuickBooks had no record of it, so it was sent again.",
}
