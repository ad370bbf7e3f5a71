"""What a bookkeeper can do about a refund that stopped: one sentence for each reason code of refunds/reasons.py."""

from __future__ import annotations

_SETTINGS = "After a change in the settings of this connection it is taken up again by itself."
_BY_HAND = "Enter the refund in QuickBooks by hand."
_COMPARE = "Compare the sale with the order, and look for earlier refunds of it, in QuickBooks and in the shop. "

WHAT_TO_DO = {
    # The sale
    "order_not_found": (
        "It is looked for again every day for a while. If the sale is in QuickBooks under another number, say how that "
        f"is made of the order's, correct it there, or name the sale below. {_SETTINGS}"
    ),
    "ambiguous_sale": "Choose the sale that was refunded below.",
    "chosen_sale_not_found": "Look for the sale in QuickBooks and name it anew below, or have the choice forgotten.",
    "too_many_sales_to_look_through": f"Have the sales of fewer days looked through. {_SETTINGS}",
    "several_invoices": (
        "Choose the invoice below that carries what was refunded. If that is spread over several, enter a credit memo "
        "for each by hand."
    ),
    "sale_pending": "Mark the sale as final in QuickBooks.",
    "order_incomplete": "Enter the order in QuickBooks by hand, with its number as the number of the sale.",
    "order_needs_setting": f"Choose what the message names. {_SETTINGS}",
    "order_account_unfit": f"Choose an active account of the right type. {_SETTINGS}",
    "order_total_differs": "Compare the order in the shop, and enter it in QuickBooks by hand.",
    "item_not_in_quickbooks": f"Map the SKU to an item, add the item in QuickBooks, or have items added. {_SETTINGS}",
    "item_unfit": f"Map the SKU to an item that goods can be sold on, or enter the order by hand. {_SETTINGS}",
    "customer_unknown": f"Give the customer as QuickBooks has it, or add it there. {_SETTINGS}",
    "ambiguous_customer": "Take the e-mail address from the customers in QuickBooks that are not this one.",
    "customer_name_taken": "Add the customer in QuickBooks by hand, with the e-mail address of the order.",
    "order_in_doubt": "See to the other refund of the order first; this one goes on when the order is found.",
    "created_sale_gone": "If it was deleted by mistake, enter the order again by hand, with its number.",
    "created_sale_differs": "Correct the sale in QuickBooks, then have it tried again.",
    "sale_void": "Enter by hand what the money was for, and say that it is done.",
    "entered_otherwise": "Enter by hand what is missing, or undo it and have it tried again.",
    "partial_refund_of_open_order": "Change the order's lines in QuickBooks, or close the order there.",
    "ambiguous_payment": "Apply or pay out the right payment in QuickBooks by hand.",
    # Settings
    "order_never_invoiced": f"Close the order in QuickBooks, or have such orders closed. {_SETTINGS}",
    "refunds_off": f"If refunds of such sales belong in your books, switch them on. {_SETTINGS}",
    "refund_account_unknown": f"Choose a refund deposit account that QuickBooks has. {_SETTINGS}",
    "refund_account_unfit": f"Choose a bank or asset account in the currency of the sale. {_SETTINGS}",
    "ambiguous_deposit_account": f"Choose one refund deposit account for all refunds. {_SETTINGS}",
    "no_undeposited_funds": f"Choose a refund deposit account. {_SETTINGS}",
    "payment_method_unknown": f"Give the payment method as QuickBooks has it. {_SETTINGS}",
    "template_unknown": f"Choose a template that QuickBooks has for credit memos. {_SETTINGS}",
    "no_receivables": "Add an accounts receivable account in QuickBooks, or make it active.",
    "payout_account_refused": f"Choose another refund deposit account, or the refund method credit_card. {_SETTINGS}",
    # Amounts
    "nothing_to_post": "Nothing needs to be done.",
    "more_than_sale": (
        "If it is not the right sale, name that below. Else compare it with the order, and look for earlier refunds of "
        "it, in QuickBooks and in the shop. " + _BY_HAND
    ),
    "quantity_more_than_sale": _COMPARE + _BY_HAND,
    "money_exceeds_value": "Find out in the shop what the rest of the money was given for. " + _BY_HAND,
    "tax_difference": "Compare the tax rate of the sale in QuickBooks with the shop's. " + _BY_HAND,
    "value_differs": "Compare the sale's prices and discounts in QuickBooks with the shop's. " + _BY_HAND,
    "currency_differs": _BY_HAND,
    "store_credit": f"Set the item on which you keep gift cards or store credit. {_SETTINGS}",
    "tax_included": _BY_HAND,
    "more_tax_than_sale": _COMPARE + _BY_HAND,
    # Lines
    "line_not_in_sale": (
        "If it is not the right sale, name that below. Else set a refund item that stands for such lines, or enter the "
        f"refund by hand. {_SETTINGS}"
    ),
    "bundle_in_part": _BY_HAND,
    "shipping_not_in_sale": f"Set the item that shipping stands on in your sales. {_SETTINGS}",
    "adjustment_needs_item": f"Set the allowance item. {_SETTINGS}",
    "restock_needs_item": f"Set the item for goods that do not come back, or how stock is treated. {_SETTINGS}",
    "exchange": "Enter the new goods and the credit memo in QuickBooks by hand.",
    "item_unknown": f"Give the item's full name as QuickBooks has it. {_SETTINGS}",
    # Time
    "books_closed": "Move the closing date in QuickBooks, or enter the refund by hand in an open period.",
    "accountants_copy": "Import the accountant's changes, or cancel the Accountant's Copy, in QuickBooks.",
    # Already there
    "perhaps_posted_already": (
        "Compare that credit memo with this refund. If it stands for it, nothing is left to enter."
    ),
    # The conversation
    "in_doubt": (
        "If the credit memo is there, nothing is left to enter. If more than one PC runs the Web "
        "Connector, close it on "
        "the others."
    ),
    "changed_in_quickbooks": "Find out who changed it and why; correct it in QuickBooks where it is wrong.",
    "deleted_in_quickbooks": (
        "If it was deleted by mistake, enter it in QuickBooks by hand. If the refund does not belong in the books, "
        "nothing is left to do."
    ),
    "voided_in_quickbooks": (
        "If it was voided by mistake, enter it in QuickBooks by hand. If the refund does not belong in the books, "
        "nothing is left to do."
    ),
    "too_many_to_look_through": (
        "If that credit memo is there, nothing is left to enter. If it is not, enter the refund in QuickBooks by hand."
    ),
    "left_out_after_restore": "Nothing needs to be done, unless the refund belongs in the restored books after all.",
    "payout_kept_failing": (
        f"Free in QuickBooks what it says is in use, or put right what it names. {_SETTINGS} "
        "Or enter the payout in QuickBooks by hand and apply it to that credit memo."
    ),
    "payout_link_refused": "Enter the payout in QuickBooks by hand and apply it to that credit memo.",
    "refused_by_quickbooks": "Put right what QuickBooks names, or enter the refund by hand.",
    "request_unreadable": "Report it with the conversation below. " + _BY_HAND,
    "kept_failing": "Put right what QuickBooks names, or enter the refund by hand.",
    "unfit_data": "Correct it in the shop or in QuickBooks, or enter the refund by hand.",
    "answer_unreadable": "Report it with the conversation below. " + _BY_HAND,
    # People
    "stopped_by_person": "Nothing needs to be done.",
    "approval_needed": "Look at what would be entered, then approve or decline it.",
    "plan_changed": "Look at what would be entered now, then approve or decline it.",
    "declined": "Nothing needs to be done; it can be tried again.",
    "done_by_hand": "Nothing needs to be done.",
    "perhaps_entered_by_hand": "Adopt the transaction if it is this refund; if it is another one, post anyway.",
    "undone": "Nothing needs to be done; try again to enter it anew.",
    "undo_refused": "Do what the message says and undo it again, or undo the rest by hand and say that it is done.",
    # The shop
    "changed_in_shop": "Undo it, so that the new figures can be entered, or correct QuickBooks by hand.",
    "withdrawn_in_shop": "Undo it, or void it in QuickBooks by hand and say that it is done.",
    "withdrawn": "Nothing needs to be done.",
}


def what_to_do(code: str) -> str:
    """What can be done about a reason; empty where nothing is known of it.

    >>> what_to_do("sale_pending")
    'Mark the sale as final in QuickBooks.'
    """
    return WHAT_TO_DO.get(code, "")
