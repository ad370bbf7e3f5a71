"""The settings of a connection as a form: each field with its label, its help, what it may be, and what is wrong."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from qbwc_server.refunds import settings as declared
from qbwc_server.refunds.payout import PAYOUT_ACCOUNT_TYPES
from qbwc_server.refunds.settings import Settings, SettingsError

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
}
DEFAULT_ACCOUNT = "The account of the original deposit (default)"
NOT_OFFERED = "Not offered in this release."


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
    kind: str  # checkbox, select, text, zone
    label: str
    help: str
    value: str
    groups: tuple[ChoiceGroup, ...] = ()  # of a select
    is_offered: bool = True
    error: str = ""


@dataclass(frozen=True)
class Account:
    """An account that payouts can be drawn from."""

    full_name: str
    type: str


def payout_accounts(accounts: Sequence[Mapping[str, Any]] | None) -> tuple[Account, ...] | None:
    """The active accounts that a payout can be drawn from, by name; None where the chart was never read."""
    if accounts is None:
        return None
    fit = [
        Account(str(account["full_name"]), str(account["account_type"]))
        for account in accounts
        if account.get("account_type") in PAYOUT_ACCOUNT_TYPES and account.get("is_active") is not False
    ]
    return tuple(sorted(fit, key=lambda account: account.full_name.casefold()))


def fields(
    settings: Settings,
    accounts: tuple[Account, ...] | None,
    *,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> tuple[Field, ...]:
    """The fields in the order of the settings page; `given` is what was typed, `errors` what is wrong."""
    texts = {**declared.as_texts(settings), **(given or {})}
    return tuple(_field(key, texts[key], accounts, (errors or {}).get(key, "")) for key in declared.KEYS)


def read(form: Mapping[str, str]) -> dict[str, str]:
    """The texts of the settings that can be changed, from a form that was sent; those it lacks are left out.

    A browser sends nothing for a checkbox that is off.
    """
    given = {}
    for key in declared.KEYS:
        if not declared.is_offered(key):
            continue
        if _is_checkbox(key):
            given[key] = "true" if form.get(key) else "false"
        elif key in form:
            given[key] = form[key].strip()
    return given


def changes(settings: Settings, given: Mapping[str, str]) -> dict[str, str]:
    """Those texts that differ from what is set."""
    texts = declared.as_texts(settings)
    return {key: text for key, text in given.items() if text != texts[key]}


def errors(settings: Settings, wanted: Mapping[str, str], accounts: tuple[Account, ...] | None) -> dict[str, str]:
    """What is wrong with each text that can't be taken; empty where all are good."""
    found = {}
    for key, text in wanted.items():
        try:
            declared.change(settings, {key: text})
        except SettingsError as error:
            found[key] = error.reason
    account = wanted.get("refund_account", "")
    if account and accounts is not None and account not in {known.full_name for known in accounts}:
        found["refund_account"] = f"{account!r} is no active bank or asset account of this company file"
    return found


@cache
def time_zones() -> tuple[str, ...]:
    """Names that the field for the time zone proposes."""
    return tuple(sorted(name for name in zoneinfo.available_timezones() if _is_place(name)))


def _field(key: str, value: str, accounts: tuple[Account, ...] | None, error: str) -> Field:
    no_groups: tuple[ChoiceGroup, ...] = ()
    kind, groups = "text", no_groups
    if _is_checkbox(key):
        kind = "checkbox"
    elif declared.allowed(key):
        kind, groups = "select", (ChoiceGroup("", tuple(_choice(word) for word in declared.allowed(key))),)
    elif key == "refund_account" and accounts is not None:
        kind, groups = "select", _account_groups(accounts, value)
    elif key == "time_zone":
        kind = "zone"
    return Field(
        key=key,
        kind=kind,
        label=declared.label(key),
        help=declared.help_text(key),
        value=value,
        groups=groups,
        is_offered=declared.is_offered(key),
        error=error,
    )


def _choice(word: str) -> Choice:
    return Choice(word, CHOICE_WORDS.get(word, word))


def _account_groups(accounts: tuple[Account, ...], value: str) -> tuple[ChoiceGroup, ...]:
    first = [Choice("", DEFAULT_ACCOUNT)]
    if value and value not in {account.full_name for account in accounts}:
        first.append(Choice(value, f"{value} (not an active bank or asset account)"))
    groups = [ChoiceGroup("", tuple(first))]
    for kind, words in ACCOUNT_TYPE_WORDS.items():
        of_kind = tuple(Choice(a.full_name, a.full_name) for a in accounts if a.type == kind)
        if of_kind:
            groups.append(ChoiceGroup(words, of_kind))
    return tuple(groups)


def _is_checkbox(key: str) -> bool:
    return declared.allowed(key) == ("true", "false")


def _is_place(name: str) -> bool:
    return name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/", "US/")))
