"""The settings of a connection as a form: each field with its label, its help, what it may be, and what is wrong."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from qbwc_server.refunds import settings as declared
from qbwc_server.refunds.settings import Settings, SettingsError
from qbwc_server.store.known_lists import Account, Lists, unknown_names

ACCOUNT_TYPE_WORDS = {
    "Bank": "Bank",
    "OtherCurrentAsset": "Other current asset",
    "OtherAsset": "Other asset",
    "FixedAsset": "Fixed asset",
}
CHOICE_WORDS = {
    "credit_card": "Credit card refund (credit_card)",
    "check": "Check (check)",
    "none": "Credit memo alone (none)",
    "source": "As the shop says (source)",
    "always": "Always (always)",
    "never": "Never (never)",
    "one": "One PC (one)",
    "several": "Several PCs (several)",
    "void": "Voiding (void)",
    "delete": "Deleting (delete)",
    "apply_credit": "Credit memo, applied to the invoice (apply_credit)",
    "close": "Close the order (close)",
    "credit": "Credit memo and payout (credit)",
    "skip": "Enter nothing (skip)",
    "liability": "A liability, on the items below (liability)",
    "receivables": "The customer's open credit (receivables)",
    "wait": "Wait until the date is free (wait)",
    "next_open_day": "Date it the first open day (next_open_day)",
    "ref_number": "The number of the sale (ref_number)",
    "check_number.ref_number": "That of the credit memo (ref_number)",
    "to_print": "None, to be printed (to_print)",
    "po_number": "P.O. number (po_number)",
    "other": "Other (other)",
    "memo": "Memo (memo)",
    "custom_field": "A custom field (custom_field)",
    "sales_receipt": "Sales receipts (sales_receipt)",
    "invoice": "Invoices with their payment (invoice)",
    "refuse": "Wait for review (refuse)",
    "service": "Add them as services (service)",
    "non_inventory": "Add them as non-inventory parts (non_inventory)",
}
DEFAULT_ACCOUNT = "The account of the original deposit (default)"
_DEFAULT_ACCOUNTS = {
    "refund_account": DEFAULT_ACCOUNT,
    "missing_orders_account": "That of the refund's gateway, else Undeposited Funds (default)",
}
DEFAULT_METHOD = "That of the original sale (default)"
DEFAULT_TEMPLATE = "The default of QuickBooks (default)"
ARTICLE_KEYS = (  # in the order of the article's page
    "credit_memo_for_invoices",
    "refund_receipt",
    "refund_account",
    "refund_method",
    "sync_missing_orders",
)
ITEM_AND_STOCK_KEYS = (
    "refund_item",
    "refund_item_restock",
    "restock",
    "no_restock_item",
    "shipping_item",
    "tip_item",
    "duty_item",
    "fee_item",
    "store_credit",
    "gift_card_item",
    "store_credit_item",
    "record_missing_payment",
    "allowance_item",
)
FINDING_KEYS = (
    "order_number_strip_prefix",
    "order_number_strip_suffix",
    "order_number_add_prefix",
    "order_number_add_suffix",
    "order_number_field",
    "order_number_custom_field",
    "order_number_days",
    "look_again_days",
)
CREATED_ORDER_KEYS = (
    "missing_orders_since",
    "missing_orders_as",
    "missing_orders_customer",
    "missing_orders_item",
    "missing_orders_new_items",
    "missing_orders_income_account",
    "missing_orders_tax_item",
    "missing_orders_tax_codes",
    "missing_orders_account",
)
SECTIONS = (  # a setting that none of them names stands under the last one
    ("Refunds", "What a refunded order becomes in QuickBooks.", ARTICLE_KEYS),
    (
        "Finding the sale",
        "How the shop's order number stands in QuickBooks. Nothing needs to be set where order #1001 is sale 1001.",
        FINDING_KEYS,
    ),
    (
        "Items and stock",
        "Which items stand on the credit memo. Empty means those of the original sale, so most shops need few of them.",
        ITEM_AND_STOCK_KEYS,
    ),
    (
        "Orders that QuickBooks lacks",
        "How an order is created before its refund. Used only where missing orders are synced.",
        CREATED_ORDER_KEYS,
    ),
    (
        "Approval and doubts",
        "When a person is asked first, and what happens where something is not as it should be.",
        (
            *("review", "hand_entry_days", "cancelled_unpaid_invoice", "sales_order"),
            *("closed_books", "undo", "web_connectors"),
        ),
    ),
    ("Accounting", "How dates, taxes and payments are entered. Most shops leave these as they are.", ()),
)
EXAMPLES = {
    "credit_memo_for_invoices": (
        "On: order 1001 was invoiced over 41.04 and paid. QuickBooks gets credit memo 1001-7QK over 41.04, and the "
        "customer's balance becomes -41.04. Off: a credit card refund over 41.04 follows, and the balance is 0.00."
    ),
    "refund_receipt": (
        "On: order 1002 is a sales receipt over 20.00. QuickBooks gets a credit memo and a refund over 20.00 "
        "each, and the refund is applied to the memo."
    ),
    "refund_account": (
        'With "Shopify Clearing": the register of Shopify Clearing shows a payment of 41.04 to the customer, with the '
        "memo “Refund 900 of order 1001 (shopify)”."
    ),
    "refund_method": (
        "credit_card: a Credit Card Refund in the customer's transactions. check: a check to the customer. none: the "
        "credit memo stays open as the customer's credit."
    ),
    "sync_missing_orders": (
        "On: QuickBooks gets sales receipt 1001 over 41.04 of the day of the order, then credit memo 1001-7QK and its "
        "payout. Off: where QuickBooks does not have the order, nothing is entered."
    ),
    "missing_orders_since": (
        "With 2024-01-01: order 1001 of January 2 is created; the refund of an order of December 30 is skipped. Empty: "
        "an order is created where it was placed within a year before its refund."
    ),
    "missing_orders_as": (
        "invoice: invoice 1001 over 41.04 and a payment over 41.04 that closes it, both of the day of the order."
    ),
    "missing_orders_customer": (
        'With "Web Customers": all sales that are created stand on that customer. Empty: order 1001 of Ann Lee stands '
        "on the customer Ann Lee, who is added where QuickBooks does not have her."
    ),
    "missing_orders_item": 'With "Web Sales": the lines are “Web Sales, 1 x, Felt hat, 38.00” for whatever was sold.',
    "missing_orders_new_items": "non_inventory: the item HAT-M, described as Felt hat, is added for it.",
    "missing_orders_income_account": 'With "Merchandise Sales": what is sold on the item HAT-M is its income.',
    "missing_orders_tax_item": (
        'With "County Tax" of 8 %: the sale over 38.00 shows Tax (8.0%) 3.04. With "Web Sales Tax": it shows a line '
        "“Web Sales Tax 3.04”."
    ),
    "missing_orders_tax_codes": (
        'With "S, Z": a hat sold at 100.00 with 20.00 of VAT is a line of 120.00 with the code S, a book a line of '
        "8.00 with the code Z."
    ),
    "missing_orders_account": 'With "Shopify Clearing": the register of Shopify Clearing shows the deposit of 41.04.',
    "time_zone": (
        'With "America/New_York": a refund made on March 31 at 23:30 in New York is dated 03/31 in QuickBooks, '
        "though it is April 1 in London."
    ),
    "rounding_item": "A line “Rounding 0.01” on the credit memo, so that its total is the shop's to the cent.",
    "rounding_limit": "With 0.05: a memo of 41.03 for a refund of 41.04 is rounding; one of 40.90 waits for you.",
    "web_connectors": "several: where an answer was lost, the refund waits for you, and is not sent again by itself.",
    "shop": "Two WooCommerce shops both have a refund 900: each needs a connection with its own address.",
    "refund_item": 'With "Returns": every line of every credit memo is on the item Returns, and so on its account.',
    "refund_item_restock": (
        "On: the credit memo has Web Refunds 100.00 and, below it, 1 Hat at 0.00, and the stock of Hat rises by 1. "
        "Off: the stock stays as it is."
    ),
    "restock": (
        "source: a hat that came back is a line “1 Hat 100.00”, and its stock rises by 1; one that the customer kept "
        "stands on the no-restock item."
    ),
    "no_restock_item": 'With "No Restock": a hat that the customer kept is a line “No Restock 100.00” of the memo.',
    "shipping_item": 'With "Shipping": shipping given back is a line “Shipping 5.00” on the credit memo.',
    "tip_item": 'With "Tips": a tip given back is a line “Tips 5.00” on the credit memo.',
    "duty_item": 'With "Import Duties": duties given back are a line “Import Duties 12.00” on the credit memo.',
    "store_credit": "liability: the memo has a line -50.00 on the item, and the customer’s balance is 0.00.",
    "gift_card_item": 'With "Gift Card": 50.00 on a gift card is a line “Gift Card -50.00” on the memo.',
    "store_credit_item": 'With "Store Credit": 50.00 of credit is a line “Store Credit -50.00” on the memo.',
    "record_missing_payment": "On: invoice 1003 gets its payment first, then the memo and the payout.",
    "fee_item": 'With "Restocking Fee": a fee that you keep is a line “Restocking Fee -10.00” on the credit memo.',
    "allowance_item": 'With "Allowance": 10.00 given back for a scratch is a line “Allowance 10.00” on the memo.',
    "check_number": (
        "ref_number: the register of Checking shows check 1001-7QK. to_print: it shows “To Print” until the check has "
        "been printed, and then the number of the paper."
    ),
    "review": (
        "always: a refund of 41.04 is looked up, and what would be entered is shown; QuickBooks gets nothing before "
        "somebody approves it."
    ),
    "undo": (
        "void: credit memo 1001-7QK stays in the customer's transactions with 0.00 and the mark VOID. delete: it is "
        "gone, and only the audit trail of QuickBooks still has it."
    ),
    "closed_books": (
        "With next_open_day, and the books closed through March 31: a refund of March 30 is dated 04/01 in QuickBooks."
    ),
    "cancelled_unpaid_invoice": "void: invoice 1003 of 108.00 stays in the register with 0.00 and the mark VOID.",
    "sales_order": "close: order 1003, of which nothing was invoiced, shows as closed, and no credit memo is entered.",
    "hand_entry_days": (
        "With 14: a credit memo of 41.04 that you entered yourself ten days after the refund is shown to you first."
    ),
    "order_number_strip_prefix": 'With "EU-": the refund of order #EU-1001 is entered for the sale numbered 1001.',
    "order_number_strip_suffix": 'With "-B": the refund of order #1001-B is entered for the sale numbered 1001.',
    "order_number_add_prefix": 'With "W": the refund of order #1001 is entered for the sale numbered W1001.',
    "order_number_add_suffix": 'With "-WEB": the refund of order #1001 is entered for the sale numbered 1001-WEB.',
    "order_number_field": (
        "memo: the refund of order #1001 is entered for the invoice 77 whose memo says “Web order 1001”, and not for "
        "one that says 11001."
    ),
    "order_number_custom_field": 'With "Web Order": the invoice 77 that has 1001 in its field Web Order is found.',
    "order_number_days": "With 30: an invoice dated April 20 is found for an order of April 1, one of June is not.",
    "look_again_days": "With 30: an order that is entered in QuickBooks two weeks late still gets its refund.",
    "credit_memo_template": 'With "Web Credit Memo": credit memos are printed on the form of that name.',
    "payment_method": 'With "Visa": the credit card refund shows the payment method Visa.',
}


@dataclass(frozen=True)
class Choice:
    """One thing that a field can be."""

    value: str
    words: str


@dataclass(frozen=True)
class ChoiceGroup:
    """Choices under one heading; the heading can be empty."""

    heading: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Field:
    """One setting as the form shows it."""

    key: str
    kind: str  # checkbox, select, text
    label: str
    help: str
    value: str
    example: str = ""  # what QuickBooks shows then
    proposals: str = ""  # the ID of the list of texts that the field proposes
    placeholder: str = ""
    groups: tuple[ChoiceGroup, ...] = ()  # of a select
    error: str = ""


@dataclass(frozen=True)
class Section:
    """Fields that stand together under one heading."""

    title: str
    words: str
    fields: tuple[Field, ...]


def sections(
    settings: Settings,
    lists: Lists,
    *,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> tuple[Section, ...]:
    """The fields in the order of the settings page; `given` is what was typed, `errors` what is wrong."""
    texts = {**declared.as_texts(settings), **(given or {})}
    named = {key for _, _, keys in SECTIONS for key in keys}
    others = tuple(key for key in declared.KEYS if key not in named)
    return tuple(
        Section(
            title, words, tuple(field(key, texts[key], lists, (errors or {}).get(key, "")) for key in keys or others)
        )
        for title, words, keys in SECTIONS
    )


def read(form: Mapping[str, str]) -> dict[str, str]:
    """The texts of the settings from a form that was sent; those it lacks are left out.

    A browser sends nothing for a checkbox that is off.
    """
    given = {}
    for key in declared.KEYS:
        if _is_checkbox(key):
            given[key] = "true" if form.get(key) else "false"
        elif key in form:
            given[key] = form[key].strip()
    return given


def changes(settings: Settings, given: Mapping[str, str]) -> dict[str, str]:
    """Those texts that differ from what is set."""
    texts = declared.as_texts(settings)
    return {key: text for key, text in given.items() if text != texts[key]}


def errors(settings: Settings, wanted: Mapping[str, str], lists: Lists) -> dict[str, str]:
    """What is wrong with each text that can't be taken; empty where all are good."""
    found = {}
    for key, text in wanted.items():
        try:
            declared.change(settings, {key: text})
        except SettingsError as error:
            found[key] = error.reason
    return found | unknown_names(wanted, lists)


@cache
def time_zones() -> tuple[str, ...]:
    """Names that the field for the time zone proposes."""
    return tuple(sorted(name for name in zoneinfo.available_timezones() if _is_place(name)))


def field(key: str, value: str, lists: Lists, error: str) -> Field:
    """One setting's field."""
    no_groups: tuple[ChoiceGroup, ...] = ()
    kind, groups = "text", no_groups
    if _is_checkbox(key):
        kind = "checkbox"
    elif declared.allowed(key):
        kind, groups = "select", (ChoiceGroup("", tuple(choice(word, key) for word in declared.allowed(key))),)
    elif key in _DEFAULT_ACCOUNTS and lists.accounts is not None:
        kind, groups = "select", account_groups(lists.accounts, value, _DEFAULT_ACCOUNTS[key])
    elif key == "payment_method" and lists.payment_methods is not None:
        kind, groups = "select", (method_group(lists.payment_methods, value, DEFAULT_METHOD),)
    elif key == "credit_memo_template" and lists.templates is not None:
        kind, groups = "select", (_name_group(lists.templates, value, DEFAULT_TEMPLATE, "template of credit memos"),)
    return Field(
        key=key,
        kind=kind,
        label=declared.label(key),
        help=declared.help_text(key),
        value=value,
        example=EXAMPLES.get(key, ""),
        proposals=_PROPOSALS.get(key, ""),
        placeholder=_PLACEHOLDERS.get(key, ""),
        groups=groups,
        error=error,
    )


_PROPOSALS = {"time_zone": "time-zones", **dict.fromkeys((*declared.ITEM_KEYS, "rounding_item"), "items")}
_PLACEHOLDERS = {"time_zone": "America/New_York", "missing_orders_since": "2024-01-01"}


def choice(word: str, key: str = "") -> Choice:
    """What a setting can be, in words; for one setting, its `key`, a word may mean something else."""
    return Choice(word, CHOICE_WORDS.get(f"{key}.{word}") or CHOICE_WORDS.get(word, word))


def account_groups(accounts: tuple[Account, ...], value: str, default: str) -> tuple[ChoiceGroup, ...]:
    """The accounts to choose from; `value` is the one that is set, `default` what none of them means."""
    first = [Choice("", default)]
    if value and value not in {account.full_name for account in accounts}:
        first.append(Choice(value, f"{value} (not an active bank or asset account)"))
    groups = [ChoiceGroup("", tuple(first))]
    for kind, words in ACCOUNT_TYPE_WORDS.items():
        of_kind = tuple(Choice(a.full_name, a.full_name) for a in accounts if a.type == kind)
        if of_kind:
            groups.append(ChoiceGroup(words, of_kind))
    return tuple(groups)


def method_group(methods: tuple[str, ...], value: str, default: str) -> ChoiceGroup:
    """The payment methods to choose from; `value` is the one that is set, `default` what none of them means."""
    return _name_group(methods, value, default, "payment method")


def _name_group(names: tuple[str, ...], value: str, default: str, kind: str) -> ChoiceGroup:
    choices = [Choice("", default), *(Choice(name, name) for name in names)]
    if value and value not in names:
        choices.insert(1, Choice(value, f"{value} (not an active {kind})"))
    return ChoiceGroup("", tuple(choices))


def _is_checkbox(key: str) -> bool:
    return declared.allowed(key) == ("true", "false")


def _is_place(name: str) -> bool:
    return name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/", "US/")))
