"""The chart of accounts (AccountRet: schema_extract; special accounts: FACTS.md 1)."""

from __future__ import annotations

from dataclasses import dataclass

from qbsim.lists.element import ListElement

RECEIVABLE = "AccountsReceivable"
PAYABLE = "AccountsPayable"
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


@dataclass(kw_only=True)
class Account(ListElement):
    """An account. The types are qbXML's AccountType and SpecialAccountType."""

    account_type: str
    special_account_type: str | None = None
    account_number: str | None = None
    bank_number: str | None = None
    description: str | None = None
    currency_id: str | None = None

    @property
    def sign(self) -> int:
        """1 where QuickBooks shows a balance with debits positive, -1 where it shows credits so."""
        return -1 if self.account_type in _CREDIT_TYPES else 1

    @property
    def cash_flow(self) -> str:
        """Where the account stands in the statement of cash flows."""
        undeposited = self.special_account_type == "UndepositedFunds"
        return "NotApplicable" if undeposited else _CASH_FLOW.get(self.account_type, "None")
