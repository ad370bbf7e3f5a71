"""Deposits and journal entries, as requests add and change them.

Order, lengths and first versions from Intuit's schema and annotated requests (FACTS.md, marks X and N).
"""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.common import (
    ACCOUNT_REF,
    CLASS_REF,
    EXCHANGE_RATE,
    EXTERNAL_GUID_OF_TXN,
    MEMO,
    NAME_IN_LIST,
    NAME_IN_TREE,
    NAME_OF_CURRENCY,
    NAME_OF_CUSTOMER,
    PAYMENT_METHOD_REF,
    amount,
    date,
    flag,
    identity,
    ref,
    text,
    word,
)
from qbsim.grammar.model import (
    MACRO,
    Element,
    Particle,
    Sequence,
    aggregate,
    any_number,
    at_least_one,
    choice,
    leaf,
    optional,
    seq,
)
from qbsim.grammar.types import FIRST_VERSION, Version

_REF_NUMBER = text("RefNumber", 11)
_MEMO = text("Memo", MEMO)
_CURRENCY_REF = ref("CurrencyRef", NAME_OF_CURRENCY, since=(8, 0))
_ENTITY_REF = ref("EntityRef", NAME_OF_CUSTOMER)
_CORE_OF_MOD = (identity("TxnID"), text("EditSequence", 16))


# Deposits

_DEPOSIT_TO = ref("DepositToAccountRef", NAME_IN_TREE)
_PAYMENT = seq(
    identity("PaymentTxnID", macro=True),
    optional(
        identity("PaymentTxnLineID", macro=True),
        text("OverrideMemo", MEMO),
        text("OverrideCheckNumber", 11),
        ref("OverrideClassRef", NAME_IN_TREE),
    ),
)


def _plain_line(account: Particle) -> Sequence:
    return seq(
        optional(_ENTITY_REF),
        account,
        optional(_MEMO, text("CheckNumber", 11), PAYMENT_METHOD_REF, CLASS_REF, amount("Amount")),
    )


_DEPOSIT_ADD = aggregate(
    "DepositAdd",
    optional(date("TxnDate")),
    _DEPOSIT_TO,
    optional(
        _MEMO,
        aggregate("CashBackInfoAdd", ACCOUNT_REF, optional(_MEMO, amount("Amount")), attributes=MACRO),
        _CURRENCY_REF,
        EXCHANGE_RATE,
        EXTERNAL_GUID_OF_TXN,
    ),
    any_number(aggregate("DepositLineAdd", choice(_PAYMENT, _plain_line(ACCOUNT_REF)), attributes=MACRO)),
    attributes=MACRO,
)
_DEPOSIT_MOD = aggregate(
    "DepositMod",
    *_CORE_OF_MOD,
    optional(
        date("TxnDate"),
        _DEPOSIT_TO,
        _MEMO,
        aggregate("CashBackInfoMod", optional(ACCOUNT_REF, _MEMO, amount("Amount"))),
        _CURRENCY_REF,
        EXCHANGE_RATE,
    ),
    any_number(
        aggregate("DepositLineMod", identity("TxnLineID"), choice(_PAYMENT, _plain_line(optional(ACCOUNT_REF))))
    ),
)


# Journal entries


def _line_values(*, billable_since: Version) -> Sequence:
    return optional(
        ACCOUNT_REF,
        amount("Amount"),
        amount("TaxAmount", since=(6, 1)),
        _MEMO,
        _ENTITY_REF,
        CLASS_REF,
        ref("ItemSalesTaxRef", NAME_IN_LIST, since=(6, 0)),
        word("BillableStatus", "Billable NotBillable HasBeenBilled", since=billable_since),
    )


def _line_add(name: str) -> Element:
    values = _line_values(billable_since=(3, 0))
    return aggregate(name, optional(identity("TxnLineID")), values, attributes=MACRO)


_AMOUNTS_IN_HOME_CURRENCY = leaf("IsAmountsEnteredInHomeCurrency", types.BOOLTYPE, since=(8, 0))
_JOURNAL_ENTRY_ADD = aggregate(
    "JournalEntryAdd",
    optional(
        date("TxnDate"),
        _REF_NUMBER,
        text("Memo"),
        flag("IsAdjustment", since=(3, 0)),
        choice(
            flag("IsHomeCurrencyAdjustment", since=(8, 0)),
            optional(_AMOUNTS_IN_HOME_CURRENCY, _CURRENCY_REF, EXCHANGE_RATE),
        ),
        EXTERNAL_GUID_OF_TXN,
    ),
    at_least_one(choice(_line_add("JournalDebitLine"), _line_add("JournalCreditLine"))),
    attributes=MACRO,
)
_JOURNAL_ENTRY_MOD = aggregate(
    "JournalEntryMod",
    *_CORE_OF_MOD,
    optional(
        date("TxnDate"), _REF_NUMBER, flag("IsAdjustment"), _AMOUNTS_IN_HOME_CURRENCY, _CURRENCY_REF, EXCHANGE_RATE
    ),
    any_number(
        aggregate(
            "JournalLineMod",
            identity("TxnLineID"),
            optional(word("JournalLineType", "Debit Credit")),
            _line_values(billable_since=FIRST_VERSION),
        )
    ),
)

BANKING_CHANGES: tuple[tuple[Element, Version], ...] = (
    (_DEPOSIT_ADD, (2, 0)),
    (_DEPOSIT_MOD, (7, 0)),
    (_JOURNAL_ENTRY_ADD, (1, 0)),
    (_JOURNAL_ENTRY_MOD, (6, 0)),
)
"""The requests of this room, with the first version of each."""
