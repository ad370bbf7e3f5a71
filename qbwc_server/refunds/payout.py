"""Where the money of a payout comes from, and the check or card refund that takes it there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbwc_server.refunds import naming
from qbwc_server.refunds.currencies import currency_code
from qbwc_server.refunds.gateways import Gateway, gateway_named
from qbwc_server.refunds.model import ZERO, Refund
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.posting import Document
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import Account, CompanyFacts, Known, Sale, SaleType
from qbwc_server.refunds.settings import CheckNumber, RefundMethod, Settings
from qbxml import (
    ApplyCheckToTxnAdd,
    ARRefundCreditCardAdd,
    CheckAdd,
    ExpenseLineAdd,
    MacroID,
    Ref,
    RefundAppliedToTxnAdd,
)

# A bank or asset account may be named (FACTS.md 5).
PAYOUT_ACCOUNT_TYPES = frozenset({"Bank", "OtherCurrentAsset", "OtherAsset", "FixedAsset"})


@dataclass(frozen=True)
class GatewayMoney:
    """What went back through one gateway."""

    gateway: str
    amount: Decimal
    transaction_ids: tuple[str, ...]


def money_by_gateway(refund: Refund) -> tuple[GatewayMoney, ...]:
    """Money that went back, one entry for each gateway, in the order in which they first stand."""
    found: dict[str, GatewayMoney] = {}
    for money in refund.money:
        if money.store_credit or money.amount <= 0:
            continue
        before = found.get(money.gateway, GatewayMoney(money.gateway, ZERO, ()))
        ids = before.transaction_ids + ((money.transaction_id,) if money.transaction_id else ())
        found[money.gateway] = GatewayMoney(money.gateway, before.amount + money.amount, ids)
    return tuple(found.values())


def payout_account(sale: Sale, settings: Settings, company: CompanyFacts, gateway: str = "") -> Account | Skip:
    """The account that money is drawn from: the one mapped for its gateway, else the one chosen for all, else where
    the order was deposited, else Undeposited Funds."""
    mapped = gateway_named(company.gateways, gateway).account
    wanted = mapped or settings.refund_account
    if wanted:
        chosen = company.account_named(wanted)
        if chosen is None:
            where = f", which the mapping of the gateway {gateway} names" if mapped else ""
            return Skip("refund_account_unknown", {"account": wanted, "where": where})
        return _fit(chosen, sale, company)
    deposits = _deposit_accounts(sale)
    if len(deposits) > 1:
        return Skip("ambiguous_deposit_account", {"accounts": ", ".join(sorted(str(ref) for ref in deposits))})
    if deposits:
        known = company.account(deposits[0])
        if known is None or not known.is_active:
            return Skip("refund_account_unknown", {"account": str(deposits[0]), "where": ""})
        return _fit(known, sale, company)
    undeposited = company.undeposited_funds
    return _fit(undeposited, sale, company) if undeposited is not None else Skip("no_undeposited_funds")


def payouts(
    refund: Refund,
    sale: Sale,
    settings: Settings,
    company: CompanyFacts,
    *,
    credit: MacroID,
    receivables: Ref,
    day: date,
    generation: int,
    first_part: int = 1,
) -> tuple[Document, ...] | Skip:
    """The checks or card refunds of a refund, one for each gateway, each linked to the credit that it pays out and
    drawn from the account of its gateway; none for a gateway whose method is none."""
    documents = []
    for part, money in enumerate(money_by_gateway(refund), first_part):
        mapped = gateway_named(company.gateways, money.gateway)
        method = refund_method(settings, mapped)
        if method is RefundMethod.NONE:
            continue
        account = payout_account(sale, settings, company, money.gateway)
        if isinstance(account, Skip):
            return account
        undeposited = account.special_account_type == "UndepositedFunds"
        by_check = method is RefundMethod.CHECK
        if by_check and undeposited and company.check_from_undeposited_funds is Known.NO:
            return Skip("payout_account_refused", {"account": account.full_name})
        payment_method = mapped.payment_method or settings.payment_method
        if not by_check and _payment_method_is_unknown(payment_method, company):
            where = (
                f"the mapping of the gateway {money.gateway}" if mapped.payment_method else "the setting payment_method"
            )
            facts = {"payment_method": payment_method, "where": where}
            return Skip("payment_method_unknown", facts)
        names = _Names(
            guid=naming.external_guid(refund, Role.PAYOUT, part, generation),
            macro=naming.macro(refund, Role.PAYOUT, part, generation),
            ref_number=naming.ref_number(refund),
            memo=naming.memo_text(refund, gateway=money.gateway, transaction_id=" ".join(money.transaction_ids)),
            to_print=by_check and settings.check_number is CheckNumber.TO_PRINT,
            day=day,
            payment_method=_payment_method(sale, payment_method, company),
        )
        make = _check if by_check else _card_refund
        documents.append(
            Document(
                role=Role.PAYOUT,
                part=part,
                request=make(sale, account, money.amount, credit, receivables, names),
                external_guid=names.guid,
                ref_number="" if names.to_print else names.ref_number,
                amount=money.amount,
                account=account.full_name,
                gateway=money.gateway,
                uses_memo=credit.use_macro is not None,
                alone=by_check and undeposited and company.check_from_undeposited_funds is Known.UNKNOWN,
            )
        )
    return tuple(documents)


def refund_method(settings: Settings, gateway: Gateway) -> RefundMethod:
    """How money of a gateway is paid out: its own way, but none where the settings pay nothing out at all."""
    if settings.refund_method is RefundMethod.NONE or gateway.refund_method is None:
        return settings.refund_method
    return gateway.refund_method


@dataclass(frozen=True)
class _Names:
    guid: str
    macro: str
    ref_number: str
    memo: str
    to_print: bool
    day: date
    payment_method: Ref | None


def _check(
    sale: Sale,
    account: Account,
    amount: Decimal,
    credit: MacroID,
    receivables: Ref,
    names: _Names,
) -> CheckAdd:
    """A check whose one line names receivables, applied to the credit for the same amount (FACTS.md 5).

    One that is to be printed has no number, since it gets that of the paper, and the address of the sale, since the
    customer in QuickBooks may stand for a whole shop.
    """
    return CheckAdd(
        def_macro=names.macro,
        account_ref=account.ref,
        payee_entity_ref=sale.customer,
        ref_number=None if names.to_print else names.ref_number,
        txn_date=names.day,
        memo=names.memo,
        address=sale.bill_address if names.to_print else None,
        is_to_be_printed=names.to_print,
        exchange_rate=sale.exchange_rate,
        external_guid=names.guid,
        apply_check_to_txn_adds=(ApplyCheckToTxnAdd(txn_id=credit, amount=amount),),
        expense_lines=(
            ExpenseLineAdd(account_ref=receivables, amount=amount, memo=names.memo, customer_ref=sale.customer),
        ),
    )


def _card_refund(
    sale: Sale,
    account: Account,
    amount: Decimal,
    credit: MacroID,
    receivables: Ref,
    names: _Names,
) -> ARRefundCreditCardAdd:
    return ARRefundCreditCardAdd(
        def_macro=names.macro,
        customer_ref=sale.customer,
        refund_from_account_ref=account.ref,
        ar_account_ref=receivables,
        txn_date=names.day,
        ref_number=names.ref_number,
        payment_method_ref=names.payment_method,
        memo=names.memo,
        exchange_rate=sale.exchange_rate,
        external_guid=names.guid,
        refund_applied_to_txn_adds=(RefundAppliedToTxnAdd(txn_id=credit, refund_amount=amount),),
    )


def _payment_method(sale: Sale, chosen: str, company: CompanyFacts) -> Ref | None:
    if chosen:
        wanted = chosen.casefold()
        known = next((m for m in company.payment_methods if (m.full_name or "").casefold() == wanted), None)
        return known or Ref(full_name=chosen)
    if sale.payment_method is not None:
        return sale.payment_method
    payments = (*sale.open_payments, *sale.payments)
    return next((p.payment_method for p in reversed(payments) if p.payment_method is not None), None)


def _payment_method_is_unknown(chosen: str, company: CompanyFacts) -> bool:
    """Whether QuickBooks, its list of payment methods once read, has none of that name."""
    wanted = chosen.casefold()
    names = {(method.full_name or "").casefold() for method in company.payment_methods}
    return bool(wanted and names) and wanted not in names


def _deposit_accounts(sale: Sale) -> Sequence[Ref]:
    if sale.type is SaleType.SALES_RECEIPT:
        return (sale.deposit_account,) if sale.deposit_account is not None else ()
    found: list[Ref] = []
    for payment in (*sale.payments, *sale.open_payments):
        account = payment.deposit_account
        if account is not None and not any(account.same_as(ref) for ref in found):
            found.append(account)
    return found


def _fit(account: Account, sale: Sale, company: CompanyFacts) -> Account | Skip:
    """The account where money can be drawn from it: a bank or asset account, kept in the sale's currency or, as is
    recalled of QuickBooks and no source here tells, in the home currency."""
    if account.account_type not in PAYOUT_ACCOUNT_TYPES:
        why = f"is of type {account.account_type}; money goes back from a bank or asset account only"
        return Skip("refund_account_unfit", {"account": account.full_name, "why": why})
    wanted = currency_code(sale.currency) or company.home_currency
    kept_in = currency_code(Ref(full_name=account.currency)) if account.currency else ""
    if kept_in and wanted and kept_in not in (wanted, company.home_currency):
        why = f"is kept in {kept_in}, and the sale is in {wanted}; choose one in the currency of the sale"
        return Skip("refund_account_unfit", {"account": account.full_name, "why": why})
    return account
