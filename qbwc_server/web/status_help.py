"""What a bookkeeper reads of a status code of QuickBooks: what it means, and what to do.

The codes and their meanings are those of FACTS.md 9. QuickBooks' own words always stand beside these, since they alone
name the record.
"""

from __future__ import annotations

from typing import NamedTuple


class StatusHelp(NamedTuple):
    """One status code in a bookkeeper's words."""

    meaning: str
    remedy: str


_NOTHING = "Nothing needs to be done."
_BY_ITSELF = "It is tried again by itself in one of the next sessions."
_REPORT = "Report it with the session's log. Enter the refund in QuickBooks by hand if it can't wait."
_UNREADABLE = "A value that Connex sent is not written as QuickBooks wants it."
_ONLINE = "QuickBooks refused the sign-on. The code belongs to QuickBooks Online, which Connex does not work with."
_USE_DESKTOP = "See that the Web Connector works with QuickBooks Desktop."
_CORRECT = "Correct what QuickBooks names, in the shop or in the settings."
_LOOKED_UP = "Connex looks in the books itself. Nothing needs to be done."
_FREE_IT = f"Close the record in QuickBooks, on every PC. {_BY_ITSELF}"
_CLOSED = StatusHelp(
    "The date lies on or before the closing date of the books.",
    "Move the closing date in QuickBooks, or enter the refund by hand in an open period.",
)
_KEPT_STATE = "What QuickBooks keeps of an earlier message, to find a lost answer again, "

STATUS_HELP: dict[int, StatusHelp] = {
    500: StatusHelp("Not all that was asked for is there; the rest was returned.", f"{_NOTHING} It is no error."),
    501: StatusHelp("A record can't be told in the form that Connex speaks.", _NOTHING),
    510: StatusHelp("A record could not be returned.", "If a sale is missing, open it in QuickBooks and save it."),
    530: StatusHelp("QuickBooks left out a field that this edition does not have.", _NOTHING),
    531: StatusHelp("QuickBooks left out a value that this edition does not know.", _NOTHING),
    540: StatusHelp("There were more matches than QuickBooks returns at once.", _NOTHING),
    550: StatusHelp("The record was saved, its notes were not.", _NOTHING),
    560: StatusHelp("Connex used a field that QuickBooks means to give up.", _NOTHING),
    570: StatusHelp(
        "The transaction to link to was already closed, and the link was left out.",
        "Look in QuickBooks what the credit memo or payout is applied to, and apply it by hand.",
    ),
    600: StatusHelp(f"{_KEPT_STATE}was not there.", _NOTHING),
    1000: StatusHelp("QuickBooks reported an internal error.", f"{_BY_ITSELF} If it stays, restart QuickBooks."),
    1010: StatusHelp("QuickBooks was not available.", f"{_BY_ITSELF} If it stays, restart QuickBooks."),
    1030: StatusHelp("This QuickBooks does not know the request.", "Update QuickBooks to a newer release."),
    1060: StatusHelp("The number of a request is not one that QuickBooks takes.", _REPORT),
    2000: StatusHelp(_ONLINE, _USE_DESKTOP),
    2010: StatusHelp(_ONLINE, _USE_DESKTOP),
    2020: StatusHelp(_ONLINE, _USE_DESKTOP),
    2030: StatusHelp(_ONLINE, _USE_DESKTOP),
    2040: StatusHelp(_ONLINE, _USE_DESKTOP),
    3000: StatusHelp("A TxnID or ListID is not one of QuickBooks'.", _REPORT),
    3010: StatusHelp(_UNREADABLE, _REPORT),
    3020: StatusHelp(_UNREADABLE, _REPORT),
    3030: StatusHelp("The first day of a search lies after its last.", _REPORT),
    3031: StatusHelp("The bounds of a search are none.", _REPORT),
    3035: StatusHelp(_UNREADABLE, _REPORT),
    3040: StatusHelp("An amount is not one that QuickBooks takes.", _REPORT),
    3045: StatusHelp("A price is not one that QuickBooks takes.", _REPORT),
    3050: StatusHelp(_UNREADABLE, _REPORT),
    3060: StatusHelp("A quantity is not one that QuickBooks takes.", _REPORT),
    3065: StatusHelp(_UNREADABLE, _REPORT),
    3070: StatusHelp("A text is too long for its field.", "Shorten it in the shop or in the settings."),
    3080: StatusHelp("A text is not one that this field takes.", _CORRECT),
    3085: StatusHelp("A number is not one that this field takes.", _CORRECT),
    3090: StatusHelp("A name has a character that it may not have, such as a colon.", "Correct it in the shop."),
    3100: StatusHelp(
        "The name is taken. Customers, vendors, employees and other names share one list in QuickBooks.",
        "Rename one of the two, or add the record by hand under another name.",
    ),
    3110: StatusHelp("QuickBooks does not know a value.", _CORRECT),
    3120: StatusHelp(
        "QuickBooks no longer has the transaction or list entry.",
        "If it was deleted by mistake, enter it again. Then try the refund again.",
    ),
    3130: StatusHelp("The entry above it in a list is not there.", "Correct the full name of the item or account."),
    3140: StatusHelp(
        "QuickBooks has no list entry with a name that was given: a customer, item, account or tax code.",
        "Correct the name in the settings, or add the entry in QuickBooks.",
    ),
    3150: StatusHelp("Something that QuickBooks needs was not given.", _REPORT),
    3151: StatusHelp("Two things were given that QuickBooks does not take together.", _REPORT),
    3153: StatusHelp("A field can't be emptied.", _REPORT),
    3160: StatusHelp("QuickBooks would not delete the record.", "Do what its own words say, then undo it again."),
    3161: _CLOSED,
    3162: StatusHelp("QuickBooks must be in single-user mode for this.", "File, Switch to Single-user Mode."),
    3170: StatusHelp(
        "QuickBooks would not change the record; its own words tell why.",
        f"If somebody has it open, close it. {_BY_ITSELF} Else put right what QuickBooks names.",
    ),
    3171: _CLOSED,
    3175: StatusHelp("Somebody was using the same record in QuickBooks.", _FREE_IT),
    3176: StatusHelp("Somebody was using a related record in QuickBooks.", _FREE_IT),
    3180: StatusHelp(
        "QuickBooks would not save the record; its own words tell why.",
        f"If somebody has it open, close it. {_BY_ITSELF} Else put right what QuickBooks names.",
    ),
    3185: StatusHelp(
        "QuickBooks would not void the transaction; its own words tell why.",
        f"If somebody has it open, close it. {_BY_ITSELF} Else void it by hand.",
    ),
    3190: StatusHelp("A field can't be emptied.", _REPORT),
    3200: StatusHelp("The record was changed in QuickBooks since it was read.", _BY_ITSELF),
    3205: StatusHelp("QuickBooks does not take the address.", "Correct the customer's address."),
    3210: StatusHelp(
        "An amount or other value does not fit the books, such as a payment of more than is due.",
        "Put right what QuickBooks names, or enter the refund by hand.",
    ),
    3220: StatusHelp(
        "QuickBooks would not take it, for want of a permission or because of a rule of the books.",
        "Put right what QuickBooks names, or enter the refund by hand.",
    ),
    3230: StatusHelp("Another request of the same message failed, so this one was undone.", _BY_ITSELF),
    3231: StatusHelp("Another request of the same message failed, so this one was left out.", _BY_ITSELF),
    3240: StatusHelp("The time at which the record was made is not that of the company file.", _REPORT),
    3250: StatusHelp(
        "This edition of QuickBooks lacks the feature, or it is switched off.",
        "Switch it on under Edit, Preferences, if your edition has it. Else enter the refund by hand.",
    ),
    3260: StatusHelp(
        "The QuickBooks user that Connex works as lacks the right for this.",
        "Give it the right under Company, Set Up Users and Passwords, then choose “Look again” under Health.",
    ),
    3261: StatusHelp(
        "Connex may not see personal data.",
        "Edit, Preferences, Integrated Applications, Company Preferences: allow it in the properties of Connex.",
    ),
    3270: StatusHelp("An account that is posted to is missing.", "Give the item its accounts in QuickBooks."),
    3280: StatusHelp("The item is of a kind that does not fit here.", "Choose another item in the settings."),
    3290: StatusHelp("The lines are not in the order in which they stand.", _REPORT),
    9001: StatusHelp(f"{_KEPT_STATE}belongs to another message.", _BY_ITSELF),
    9002: StatusHelp(f"{_KEPT_STATE}is not there.", _LOOKED_UP),
    9003: StatusHelp("QuickBooks does not give this code.", _REPORT),
    9004: StatusHelp("The number of a message is too long.", _REPORT),
    9005: StatusHelp(f"{_KEPT_STATE}could not be stored.", _LOOKED_UP),
}
_MACROS = range(9100, 9200)
_MACRO_HELP = StatusHelp("One request of a message was not found by another that builds on it.", _REPORT)


def status_help(code: int) -> StatusHelp | None:
    """What a status code means and what to do; None where it is not known, so that QuickBooks' own words must do.

    >>> status_help(3200).remedy
    'It is tried again by itself in one of the next sessions.'
    """
    return _MACRO_HELP if code in _MACROS else STATUS_HELP.get(code)
