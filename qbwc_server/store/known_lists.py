"""The lists of QuickBooks that are known of a company file, and which names of the settings are not in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.payout import PAYOUT_ACCOUNT_TYPES
from qbwc_server.store.tables import CompanyFile


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


@dataclass(frozen=True)
class Lists:
    """What QuickBooks told of its lists; None where a list was never read."""

    accounts: tuple[Account, ...] | None
    payment_methods: tuple[str, ...] | None
    templates: tuple[str, ...] | None  # of credit memos
    items: tuple[str, ...]  # those that are known, far from all


def lists_of(company: CompanyFile) -> Lists:
    """The lists of a company file as the settings offer them."""
    methods = company.payment_methods
    return Lists(
        accounts=payout_accounts(company.accounts),
        payment_methods=None if methods is None else _names(methods),
        templates=None if company.templates is None else tuple(sorted(company.templates, key=str.casefold)),
        items=_names((company.items or {}).values()),
    )


def unknown_names(wanted: Mapping[str, str], lists: Lists) -> dict[str, str]:
    """Why QuickBooks has none of the names that are wanted, of those whose lists were read."""
    problems = {
        "refund_account": account_problem(wanted.get("refund_account", ""), lists),
        "missing_orders_account": account_problem(wanted.get("missing_orders_account", ""), lists),
        "payment_method": method_problem(wanted.get("payment_method", ""), lists),
        "credit_memo_template": template_problem(wanted.get("credit_memo_template", ""), lists),
    }
    return {key: problem for key, problem in problems.items() if problem}


def gateway_problem(gateway: Gateway, lists: Lists) -> str:
    """Why refunds through a gateway can't be paid out so; empty where they can, or the lists were never read."""
    return account_problem(gateway.account, lists) or method_problem(gateway.payment_method, lists)


def account_problem(account: str, lists: Lists) -> str:
    """Why payouts can't be drawn from an account; empty where they can, or the chart was never read."""
    if not account or lists.accounts is None or account in {known.full_name for known in lists.accounts}:
        return ""
    return f"{account!r} is no active bank or asset account of this company file"


def method_problem(method: str, lists: Lists) -> str:
    """Why a payment method can't be used; empty where it can, or their list was never read."""
    if not method or lists.payment_methods is None or method in lists.payment_methods:
        return ""
    return f"{method!r} is no active payment method of this company file"


def template_problem(template: str, lists: Lists) -> str:
    """Why credit memos can't have a template; empty where they can, or the templates were never read."""
    if not template or lists.templates is None or template in lists.templates:
        return ""
    return f"{template!r} is no active template of credit memos of this company file"


def _names(references: Iterable[Any]) -> tuple[str, ...]:
    """The full names of encoded references, by name."""
    names = {str(each["full_name"]) for each in references if isinstance(each, Mapping) and each.get("full_name")}
    return tuple(sorted(names, key=str.casefold))
