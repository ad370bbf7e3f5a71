"""The chart of accounts (AccountRet: schema_extract; special accounts: FACTS.md 1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qbsim.lists.element import CORE_ORDER, ListElement
from qbsim.nodes import Nodes, pick
from qbsim.numbers import amount_text

RECEIVABLE = "AccountsReceivable"
BANK = "Bank"
#: Account types that money can lie on.
ASSET_TYPES = frozenset({"Bank", "OtherCurrentAsset", "OtherAsset", "FixedAsset"})
#: Account types that may be in a foreign currency (from memory).
FOREIGN_TYPES = frozenset({"Bank", "CreditCard", "AccountsReceivable", "AccountsPayable"})
#: Account types whose balance QuickBooks shows with credits positive.
_CREDIT_TYPES = frozenset(
    {
        *("AccountsPayable", "CreditCard", "Equity", "Income"),
        *("LongTermLiability", "OtherCurrentLiability", "OtherIncome"),
    }
)
_CASH_FLOW = {
    "AccountsPayable": "Operating",
    "AccountsReceivable": "Operating",
    "Bank": "NotApplicable",
    "CreditCard": "Operating",
    "Equity": "Financing",
    "FixedAsset": "Investing",
    "LongTermLiability": "Financing",
    "OtherAsset": "Investing",
    "OtherCurrentAsset": "Operating",
    "OtherCurrentLiability": "Operating",
}
_RET_ORDER = (
    *CORE_ORDER,
    *("IsActive", "ParentRef", "Sublevel", "AccountType", "SpecialAccountType", "AccountNumber"),
    *("Desc", "Balance", "TotalBalance", "CashFlowClassification", "CurrencyRef"),
)


@dataclass(kw_only=True)
class Account(ListElement):
    """An account. The types are qbXML's AccountType and SpecialAccountType."""

    account_type: str
    special_account_type: str | None = None
    account_number: str | None = None
    description: str | None = None
    currency_id: str | None = None

    def ret(
        self, parent: ListElement | None, balance: Decimal, total_balance: Decimal, currency: Nodes | None = None
    ) -> Nodes:
        """The inside of AccountRet; the balances are given debits positive and shown in the account's own sense."""
        sign = -1 if self.account_type in _CREDIT_TYPES else 1
        undeposited = self.special_account_type == "UndepositedFunds"
        values: dict[str, str | Nodes | None] = {
            **self.core(),
            "ParentRef": parent.reference() if parent else None,
            "AccountType": self.account_type,
            "SpecialAccountType": self.special_account_type,
            "AccountNumber": self.account_number,
            "Desc": self.description,
            "Balance": amount_text(sign * balance),
            "TotalBalance": amount_text(sign * total_balance),
            "CashFlowClassification": "NotApplicable" if undeposited else _CASH_FLOW.get(self.account_type, "None"),
            "CurrencyRef": currency,
        }
        return pick(_RET_ORDER, values)
