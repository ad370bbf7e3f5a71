"""What a refund becomes in the books: every rule of the product, as one pure function.

`plan` takes the refund, the sale, the settings and the company file, and gives the documents to enter, or the reason
why there are none. `TREATMENTS` is the table of what each kind of sale gets under each choice of the two settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum

from qbwc_server.refunds import naming
from qbwc_server.refunds.currencies import currency_code
from qbwc_server.refunds.days import booking_day, in_closed_books
from qbwc_server.refunds.fitness import unfit_documents, unfit_refund
from qbwc_server.refunds.gateways import gateway_named
from qbwc_server.refunds.lines import (
    MAX_DESCRIPTION_CHARACTERS,
    CreditLines,
    all_came_back,
    credit_lines,
    kept_as_liability,
    no_item_for_store_credit,
    not_sold,
)
from qbwc_server.refunds.matching import candidates, tax_lines
from qbwc_server.refunds.model import ZERO, Refund
from qbwc_server.refunds.money import spread
from qbwc_server.refunds.naming import CHANGES, Role
from qbwc_server.refunds.open_orders import OpenPart, closing, closing_of_all, open_part, shares_of
from qbwc_server.refunds.payout import money_by_gateway, payout_account, payouts, refund_method
from qbwc_server.refunds.posting import Document, Posting
from qbwc_server.refunds.reasons import Notice, Skip, of_which_left
from qbwc_server.refunds.sale import Account, CompanyFacts, Payment, Sale, SaleType, Taken
from qbwc_server.refunds.sale_numbers import names_of_order
from qbwc_server.refunds.settings import CancelledInvoices, RefundMethod, SalesOrders, Settings
from qbwc_server.refunds.tax import booked_lines
from qbxml import AppliedToTxnAdd, CreditMemoAdd, MacroID, ReceivePaymentAdd, Ref, SetCredit, TxnVoid


class SaleCase(Enum):
    """The kinds of sale that are treated differently."""

    SALES_RECEIPT = "sales receipt"
    INVOICE_PAID = "invoice with payment"
    INVOICE_UNPAID = "unpaid invoice"  # the shop took and returned money that QuickBooks never saw
    INVOICE_CANCELLED = "unpaid invoice, cancelled"  # no money moved
    INVOICE_PARTLY_PAID = "partly paid invoice"
    SALES_ORDER = "sales order"  # never invoiced


@dataclass(frozen=True)
class Treatment:
    """What a refund of one kind of sale gets."""

    payout: bool = False  # money that went back is paid out of the memo
    apply_rest: bool = False  # what exceeds the money that went back is applied to the invoice, up to what is open
    apply_all: bool = False  # all of it is, since no money of this sale is in the books
    close_order: bool = False  # nothing was booked, so the order is closed and nothing negated


_MEMO = Treatment()
_MEMO_PAYOUT = Treatment(payout=True)
_MEMO_APPLIED = Treatment(apply_rest=True)
_MEMO_APPLIED_WHOLE = Treatment(apply_all=True)
_MEMO_PAYOUT_APPLIED = Treatment(payout=True, apply_rest=True)
_CLOSED_PAYOUT = Treatment(close_order=True, payout=True)

# By (credit_memo_for_invoices, refund_receipt); None: skipped as refunds_off.
TREATMENTS: dict[SaleCase, dict[tuple[bool, bool], Treatment | None]] = {
    SaleCase.SALES_RECEIPT: {
        (False, True): _MEMO_PAYOUT, (True, True): _MEMO_PAYOUT, (True, False): None, (False, False): None,
    },
    SaleCase.INVOICE_PAID: {
        (False, True): _MEMO_PAYOUT, (True, True): _MEMO, (True, False): _MEMO, (False, False): None,
    },
    SaleCase.INVOICE_UNPAID: {
        (False, True): _MEMO_PAYOUT_APPLIED, (True, True): _MEMO_PAYOUT_APPLIED, (True, False): _MEMO_APPLIED_WHOLE,
        (False, False): None,
    },
    SaleCase.INVOICE_CANCELLED: {
        (False, True): _MEMO_APPLIED, (True, True): _MEMO_APPLIED, (True, False): _MEMO_APPLIED, (False, False): None,
    },
    SaleCase.INVOICE_PARTLY_PAID: {
        (False, True): _MEMO_PAYOUT_APPLIED, (True, True): _MEMO_APPLIED, (True, False): _MEMO_APPLIED,
        (False, False): None,
    },
    SaleCase.SALES_ORDER: {
        (False, True): _CLOSED_PAYOUT, (True, True): _CLOSED_PAYOUT, (True, False): _CLOSED_PAYOUT,
        (False, False): None,
    },
}  # fmt: skip


def sale_case(refund: Refund, sale: Sale) -> SaleCase:
    """Which row of the table a refund falls into. "With payment" means payments, not credits, and so not the payment of
    0.00 by which an earlier refund's memo was applied."""
    if sale.type is SaleType.SALES_RECEIPT:
        return SaleCase.SALES_RECEIPT
    if sale.type is SaleType.SALES_ORDER:
        return SaleCase.SALES_ORDER
    if _has_payment(sale):
        return SaleCase.INVOICE_PARTLY_PAID if sale.open_balance > 0 else SaleCase.INVOICE_PAID
    return SaleCase.INVOICE_UNPAID if refund.given > 0 else SaleCase.INVOICE_CANCELLED


def plan(
    refund: Refund,
    sale: Sale,
    settings: Settings,
    company: CompanyFacts,
    taken: Taken | None = None,
    generation: int = 1,
) -> Posting | Skip:
    """The documents that a refund becomes, or why it becomes none.

    `taken` is what earlier refunds took out of the same sale; `generation` rises only after a confirmed undo.
    """
    taken = taken or Taken()
    skip = unfit_refund(refund, company.time_zone)
    if skip is not None:
        return skip
    told = refund
    refund = reduced = without_channel_tax(told, sale, company)
    of_refund = refund.created_at.astimezone(company.time_zone).date()
    day = booking_day(of_refund, settings, company)
    skip = _before_the_table(refund, sale, settings, company, day)
    if skip is not None:
        return skip
    if settings.sales_order is SalesOrders.CREDIT and told.given == 0:
        settings = replace(settings, sales_order=SalesOrders.CLOSE)  # else the customer had a credit that he never paid
    enters_any = settings.credit_memo_for_invoices or settings.refund_receipt
    part = open_part(refund, sale, settings, company, taken) if enters_any else None
    if isinstance(part, Skip):
        return part
    if part is not None:
        refund, sale = (refund, part.order) if part.rest is None else (part.rest, sale)
    payment = _missing_payment(refund, sale, settings, company, taken, generation)
    if isinstance(payment, Skip):
        return payment
    if payment is not None:
        sale = payment.sale
    treatment = TREATMENTS[sale_case(refund, sale)][settings.credit_memo_for_invoices, settings.refund_receipt]
    if treatment is None:
        return Skip("refunds_off", {"sale_type": sale_case(refund, sale).value})
    if treatment.close_order and settings.sales_order is SalesOrders.SKIP:
        return Skip("order_never_invoiced", {"order": sale.ref_number})
    if treatment.close_order and settings.sales_order is SalesOrders.CREDIT:
        treatment = _MEMO_PAYOUT
    if sale.is_void:
        return _of_void_sale(refund, sale)
    kept = why_not_voided(refund, sale, settings, company, taken) if told.given == 0 else None
    if kept == "":
        return _void(refund, sale)
    if treatment.close_order:
        posting = _close_order(refund, sale, settings, company, treatment, taken, day, generation, part)
    else:
        posting = _memo_with_payout(refund, sale, settings, company, treatment, taken, day, generation)
    if part is not None and part.rest is not None and isinstance(posting, Posting):
        posting = _with_open_part(posting, part, settings, company, day, generation)
    if isinstance(posting, Skip):
        return posting
    if payment is not None and payment.document is not None:
        posting = _after_payment(posting, payment.document, refund, sale)
    notices = [*posting.notices, *_notices_of_what_came_before(told, reduced, taken)]
    if kept is not None:
        notices.append(Notice("not_voided", {"ref_number": sale.ref_number, "why": kept}))
    dated_otherwise = CHANGES | {Role.PAYMENT}
    if day != of_refund and any(document.role not in dated_otherwise for document in posting.documents):
        notices.append(Notice("dated_later", {"date": of_refund.isoformat(), "day": day.isoformat()}))
    return unfit_documents(posting.documents) or replace(posting, notices=tuple(notices))


def without_channel_tax(refund: Refund, sale: Sale, company: CompanyFacts) -> Refund:
    """The refund without the tax that a sales channel collected and gave back itself, where the sale bears none.

    Where the sale shows a tax, as QuickBooks' own or on a line, its own lines take it back.
    """
    if not refund.channel_tax or refund.channel_tax != refund.tax or sale.tax:
        return refund
    lines = tax_lines(booked_lines(sale), refund.order, refund.lines, company.item_of_sku)
    if sum((line.amount for line in lines), ZERO):
        return refund
    too_much = max(refund.money_back - (refund.value - refund.channel_tax), ZERO)
    money = tuple(m for m in refund.money if not m.store_credit)
    others = tuple(m for m in refund.money if m.store_credit)
    if too_much:
        parts = spread(too_much, [m.amount for m in money])
        money = tuple(replace(m, amount=m.amount - part) for m, part in zip(money, parts, strict=True))
    return replace(
        refund,
        lines=tuple(replace(line, tax=ZERO) for line in refund.lines),
        adjustments=tuple(replace(adjustment, tax=ZERO) for adjustment in refund.adjustments),
        money=money + others,
        channel_tax=ZERO,
    )


def _notices_of_what_came_before(told: Refund, refund: Refund, taken: Taken) -> list[Notice]:
    notices = []
    if told is not refund:
        notices.append(Notice("channel_tax", {"amount": _money(told.channel_tax, told)}))
    if taken.by_hand:
        notices.append(Notice("counted_by_hand", {"ref_numbers": ", ".join(taken.by_hand)}))
    return notices


def _before_the_table(refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, day: date) -> Skip | None:
    """What can't be decided comes before what the settings say."""
    number = naming.order_ref_number(refund.order.number)
    goods_back = any(line.quantity and (line.restocked or line.amount) for line in refund.lines)
    if refund.value == 0 and refund.money_back == 0 and not goods_back:
        return Skip("nothing_to_post")
    if sale.is_pending:
        return Skip("sale_pending", {"order": number})
    skip = no_item_for_store_credit(refund, settings, company)
    if skip is not None:
        return skip
    if refund.given > refund.value:
        return Skip("money_exceeds_value", {"money": _money(refund.given, refund), "value": str(refund.value)})
    currency = currency_code(sale.currency) or company.home_currency
    if currency and currency != refund.currency:
        return Skip("currency_differs", {"refund_currency": refund.currency, "sale_currency": currency})
    exchange = _exchange(refund, sale, company)
    if exchange is not None:
        return exchange
    return in_closed_books(company, day)


def _exchange(refund: Refund, sale: Sale, company: CompanyFacts) -> Skip | None:
    """Goods came back and others went out for them, for no money or a difference.

    Either the shop says so, or less money went back for a paid sale than the goods were worth, and the order has goods
    by now that the sale lacks.
    """
    back = [line for line in refund.lines if line.quantity]
    out = tuple(f"{line.quantity.normalize():f} x {line.title or line.sku}" for line in refund.exchanged_for)
    is_paid = sale_case(refund, sale) in (SaleCase.SALES_RECEIPT, SaleCase.INVOICE_PAID)
    if not out and back and is_paid and refund.given < refund.value:
        sold = booked_lines(sale)
        known = all(candidates(sold, line, company.item_of_sku) for line in back)
        out = not_sold(sale, refund, company.item_of_sku) if known else ()
    if not (back and out):
        return None
    facts = {
        "back": ", ".join(f"{line.quantity.normalize():f} x {line.title or line.sku}" for line in back),
        "value": _money(refund.value, refund),
        "out": ", ".join(out),
        "money": _money(refund.money_back, refund),
    }
    return Skip("exchange", facts)


def _memo_with_payout(
    refund: Refund,
    sale: Sale,
    settings: Settings,
    company: CompanyFacts,
    treatment: Treatment,
    taken: Taken,
    day: date,
    generation: int,
) -> Posting | Skip:
    if refund.value > sale.total - taken.total:
        return _more_than_sale(refund, sale, taken)
    credited = credit_lines(refund, sale, settings, company, taken)
    if isinstance(credited, Skip):
        return credited
    receivables = _receivables(sale, company)
    if receivables is None:
        return Skip("no_receivables")
    template = settings.credit_memo_template
    if template and company.templates is not None and company.template_named(template) is None:
        return Skip("template_unknown", {"template": template})
    memo = _memo(refund, sale, credited, receivables, day, generation, company.template_named(template) or template)
    documents = [memo]
    pays_out = treatment.payout and settings.refund_method is not RefundMethod.NONE and refund.money_back > 0
    if pays_out:
        paid = payouts(
            refund,
            sale,
            settings,
            company,
            credit=MacroID(use_macro=naming.macro(refund, Role.MEMO, 1, generation)),
            receivables=receivables,
            day=day,
            generation=generation,
        )
        if isinstance(paid, Skip):
            return paid
        documents += paid
    paid_out = sum((document.amount for document in documents if document.role is Role.PAYOUT), ZERO)
    open_balance = max(sale.open_balance - taken.applied, ZERO)
    as_credit = ZERO if credited.kept else refund.store_credit  # that the customer keeps in receivables
    to_apply = credited.total - as_credit - (ZERO if treatment.apply_all else refund.money_back)
    applied = min(to_apply, open_balance) if treatment.apply_rest or treatment.apply_all else ZERO
    if applied > 0:
        documents.append(_application(refund, sale, receivables, applied, day, generation))
    use = _Use(
        paid_out=paid_out,
        applied=applied,
        still_open=open_balance - applied,
        takes_all=refund.value == sale.total - taken.total,
    )
    return Posting(
        documents=tuple(documents),
        notices=(*_notices(refund, sale, credited, use), *_notices_of_lines(refund, settings, credited)),
        shares=credited.shares,
        total=credited.value,
        tax=credited.tax + credited.rounding,
        applied=applied,
    )


@dataclass(frozen=True)
class _MissingPayment:
    """A payment that the shop took and QuickBooks lacks."""

    sale: Sale  # as it is once the payment is received
    document: Document | None  # None where that of an earlier refund is on its way


def _missing_payment(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken, generation: int
) -> _MissingPayment | Skip | None:
    """What is received on an unpaid invoice before its refund, where the settings say so; None where that is not for
    certain: an order over less than is open, or money of several accounts."""
    applies = settings.record_missing_payment and (settings.refund_receipt or settings.credit_memo_for_invoices)
    if not applies or sale_case(refund, sale) is not SaleCase.INVOICE_UNPAID or sale.open_balance <= 0:
        return None
    open_balance = max(sale.open_balance - taken.applied, ZERO)
    if refund.order.total is not None and refund.order.total < open_balance:
        return None
    gateways = [money.gateway for money in money_by_gateway(refund)] or [""]
    accounts: dict[str, Account] = {}
    for gateway in gateways:
        account = payout_account(sale, settings, company, gateway)
        if isinstance(account, Skip):
            return account
        accounts[account.list_id] = account
    if len(accounts) > 1:
        return None
    (account,) = accounts.values()
    received = Payment("", sale.open_balance, deposit_account=account.ref)
    paid = replace(sale, open_balance=ZERO, payments=(received,))
    if open_balance == 0:
        return _MissingPayment(paid, None)
    receivables = _receivables(sale, company)
    if receivables is None:
        return Skip("no_receivables")
    taken_at = refund.order.created_at
    taken_on = taken_at.astimezone(company.time_zone).date() if taken_at is not None else sale.txn_date
    day = booking_day(taken_on, settings, company)
    closed = in_closed_books(company, day, "payment that is missing")
    if closed is not None:
        return closed
    return _MissingPayment(paid, _payment(refund, sale, account, receivables, open_balance, day, generation))


def _payment(
    refund: Refund, sale: Sale, account: Account, receivables: Ref, amount: Decimal, day: date, generation: int
) -> Document:
    guid = naming.external_guid(refund, Role.PAYMENT, 1, generation)
    number = naming.ref_number(refund)
    return Document(
        role=Role.PAYMENT,
        part=1,
        request=ReceivePaymentAdd(
            def_macro=naming.macro(refund, Role.PAYMENT, 1, generation),
            customer_ref=sale.customer,
            ar_account_ref=receivables,
            txn_date=day,
            ref_number=number,
            total_amount=amount,
            exchange_rate=sale.exchange_rate,
            memo=f"Payment that was missing before: {naming.memo_text(refund)}",
            deposit_to_account_ref=account.ref,
            external_guid=guid,
            applied_to_txn_adds=(AppliedToTxnAdd(txn_id=MacroID(txn_id=sale.txn_id), payment_amount=amount),),
        ),
        external_guid=guid,
        ref_number=number,
        amount=amount,
        account=account.full_name,
    )


def _after_payment(posting: Posting, payment: Document, refund: Refund, sale: Sale) -> Posting:
    day = payment.request.txn_date if isinstance(payment.request, ReceivePaymentAdd) else None
    facts = {
        "amount": _money(payment.amount, refund),
        "ref_number": sale.ref_number,
        "day": day.isoformat() if day is not None else "",
        "account": payment.account,
    }
    notices = (Notice("payment_recorded", facts), *posting.notices)
    return replace(posting, documents=(payment, *posting.documents), notices=notices)


def _has_payment(sale: Sale) -> bool:
    return any(payment.amount > 0 for payment in sale.payments)


def _memo(
    refund: Refund,
    sale: Sale,
    credited: CreditLines,
    receivables: Ref,
    day: date,
    generation: int,
    template: str,
) -> Document:
    guid = naming.external_guid(refund, Role.MEMO, 1, generation)
    number = naming.ref_number(refund)
    return Document(
        role=Role.MEMO,
        part=1,
        request=CreditMemoAdd(
            def_macro=naming.macro(refund, Role.MEMO, 1, generation),
            customer_ref=sale.customer,
            class_ref=sale.class_ref,
            ar_account_ref=receivables,
            template_ref=Ref(full_name=template) if template else None,
            txn_date=day,
            ref_number=number,
            sales_rep_ref=sale.sales_rep,
            item_sales_tax_ref=sale.sales_tax_item,
            memo=naming.memo_text(refund),
            is_to_be_printed=False,
            is_to_be_emailed=False,
            is_tax_included=True if sale.is_tax_included else None,
            customer_sales_tax_code_ref=sale.customer_sales_tax_code,
            exchange_rate=sale.exchange_rate,
            external_guid=guid,
            lines=credited.lines,
        ),
        external_guid=guid,
        ref_number=number,
        amount=credited.total,
    )


def _application(refund: Refund, sale: Sale, receivables: Ref, amount: Decimal, day: date, generation: int) -> Document:
    """A payment of 0.00 that uses the memo as credit on the invoice (FACTS.md 5)."""
    guid = naming.external_guid(refund, Role.APPLICATION, 1, generation)
    number = naming.ref_number(refund)
    credit = MacroID(use_macro=naming.macro(refund, Role.MEMO, 1, generation))
    return Document(
        role=Role.APPLICATION,
        part=1,
        request=ReceivePaymentAdd(
            def_macro=naming.macro(refund, Role.APPLICATION, 1, generation),
            customer_ref=sale.customer,
            ar_account_ref=receivables,
            txn_date=day,
            ref_number=number,
            total_amount=ZERO,
            exchange_rate=sale.exchange_rate,
            memo=naming.memo_text(refund),
            external_guid=guid,
            applied_to_txn_adds=(
                AppliedToTxnAdd(
                    txn_id=MacroID(txn_id=sale.txn_id),
                    set_credits=(SetCredit(credit_txn_id=credit, applied_amount=amount),),
                ),
            ),
        ),
        external_guid=guid,
        ref_number=number,
        amount=amount,
        uses_memo=True,
    )


@dataclass(frozen=True)
class _Use:
    """What a memo is used for, and how the invoice stands after it."""

    paid_out: Decimal
    applied: Decimal
    still_open: Decimal
    takes_all: bool  # the refund leaves nothing of the sale


def _notices(refund: Refund, sale: Sale, credited: CreditLines, use: _Use) -> list[Notice]:
    """What a bookkeeper should know of a refund that goes in."""
    notices = []
    unrecorded = refund.money_back - use.paid_out
    left = credited.total - use.paid_out - use.applied
    if unrecorded > 0:
        facts = {"amount": _money(unrecorded, refund), "credit": _money(min(left, unrecorded), refund)}
        notices.append(Notice("payout_not_recorded", facts))
    left -= min(left, unrecorded)
    stays = min(left, refund.store_credit) if not credited.kept else ZERO
    if stays:
        notices.append(Notice("store_credit_left", {"amount": _money(stays, refund)}))
    if left > stays:
        notices.append(Notice("credit_left", {"amount": _money(left - stays, refund)}))
    should_be_closed = not _has_payment(sale) or use.takes_all
    if sale.type is SaleType.INVOICE and refund.given > 0 and use.still_open > 0 and should_be_closed:
        facts = {"ref_number": sale.ref_number, "open": _money(use.still_open, refund)}
        notices.append(Notice("invoice_left_open", facts))
    if sale.type is SaleType.SALES_ORDER and not sale.is_closed:
        notices.append(Notice("order_left_open", {"ref_number": sale.ref_number}))
    if credited.value == 0:
        notices.append(Notice("memo_of_zero"))
    if sale.sales_tax_item is None and sale.tax_percentage and credited.tax:
        notices.append(Notice("tax_item_unknown"))
    if credited.cut:
        notices.append(Notice("text_cut", {"field": "Desc", "length": str(MAX_DESCRIPTION_CHARACTERS)}))
    if naming.memo_text_is_cut(refund):
        notices.append(Notice("text_cut", {"field": "Memo", "length": str(naming.MAX_NAME_CHARACTERS)}))
    return notices


def _notices_of_lines(refund: Refund, settings: Settings, credited: CreditLines) -> list[Notice]:
    """What stands on items of the settings, and by how much QuickBooks and the shop round differently."""
    notices = []
    if credited.not_restocked:
        facts = {"lines": ", ".join(credited.not_restocked), "item": settings.no_restock_item}
        notices.append(Notice("stock_not_returned", facts))
    for fallback in credited.fallbacks:
        facts = {
            "amount": _money(fallback.amount, refund),
            "kind": fallback.kind.value,
            "item": fallback.item,
            "setting": fallback.wanted,
        }
        notices.append(Notice("fallback_item", facts))
    for kept in credited.kept:
        facts = {"amount": _money(kept.amount, refund), "item": getattr(settings, kept.setting)}
        notices.append(Notice("store_credit_booked", facts))
    if credited.rounding:
        facts = {"amount": _money(credited.rounding, refund), "item": settings.rounding_item}
        notices.append(Notice("tax_rounded", facts))
    if credited.tax_of_shop is not None:
        facts = {"quickbooks": str(credited.tax), "shop": str(credited.tax_of_shop)}
        notices.append(Notice("tax_in_total", facts))
    return notices


def may_be_voided(refund: Refund, sale: Sale, settings: Settings) -> bool:
    """Whether the settings want the sale voided, as far as the kind of sale goes."""
    wanted = settings.cancelled_unpaid_invoice is CancelledInvoices.VOID
    return wanted and sale_case(refund, sale) is SaleCase.INVOICE_CANCELLED


def why_not_voided(refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken) -> str | None:
    """Why an invoice that the settings want voided is credited all the same; empty where it is voided, None where they
    don't want it.

    A void undoes all of the invoice on its own day, brings all its goods back into stock, and lets go of what it is
    linked to: a payment or credit would stand open, a sales order would be open again.
    """
    if not may_be_voided(refund, sale, settings):
        return None
    why = ""
    if refund.value != sale.total or taken.total:
        why = "only a part of it was cancelled at once"
    elif sale.linked:
        why = f"it is linked to {', '.join(sale.linked)}"
    elif sale.open_balance != sale.total:
        why = f"only {sale.open_balance} of it is open"
    elif not all_came_back(refund, sale, settings, company):
        why = "not all of its goods came back into stock"
    elif in_closed_books(company, sale.txn_date) is not None:
        why = f"it is dated {sale.txn_date.isoformat()}, when the books are closed"
    return why


def _void(refund: Refund, sale: Sale) -> Posting:
    voiding = Document(
        role=Role.VOIDING,
        part=1,
        request=TxnVoid(txn_void_type="Invoice", txn_id=sale.txn_id),
        external_guid="",
        ref_number=sale.ref_number,
        amount=sale.total,
    )
    notice = Notice("invoice_voided", {"ref_number": sale.ref_number, "amount": _money(sale.total, refund)})
    return Posting((voiding,), (notice,), total=refund.value, tax=refund.tax)


def _of_void_sale(refund: Refund, sale: Sale) -> Posting | Skip:
    """A sale that somebody voided: nothing of it is left to be given back, and what went back has no place."""
    if refund.given > 0:
        facts = {"sale_type": sale.type.words, "order": sale.ref_number, "money": _money(refund.given, refund)}
        return Skip("sale_void", facts)
    facts = {"sale_type": sale.type.words, "ref_number": sale.ref_number}
    return Posting((), (Notice("sale_already_void", facts),))


def _close_order(
    refund: Refund,
    sale: Sale,
    settings: Settings,
    company: CompanyFacts,
    treatment: Treatment,
    taken: Taken,
    day: date,
    generation: int,
    part: OpenPart | None,
) -> Posting | Skip:
    """A sales order, or a part of one, that was never invoiced: nothing was booked, so nothing is negated."""
    if part is None and refund.value > sale.total - taken.total:
        return _more_than_sale(refund, sale, taken)
    if kept_as_liability(refund, settings):
        why = "The sales order was never invoiced, so there is no credit memo to take it from."
        return Skip("store_credit", {"amount": _money(refund.store_credit, refund), "why": why})
    closed = closing(part) if part is not None else closing_of_all(sale)
    if isinstance(closed, Skip):
        return closed
    documents = [closed] if closed is not None else []
    notices = [_notice_of_closing(sale, part)]
    if refund.store_credit > 0:
        notices.append(Notice("store_credit_left", {"amount": _money(refund.store_credit, refund)}))
    if refund.money_back > 0:
        paid = _pay_open_payment(refund, sale, settings, company, treatment, taken, day, generation)
        if isinstance(paid, Skip):
            return paid
        documents += paid
        unrecorded = refund.money_back - sum((document.amount for document in paid), ZERO)
        if unrecorded:
            notices.append(_unpaid_notice(refund, sale, settings, company, unrecorded))
    shares, total = shares_of(part) if part is not None else ((), refund.value)
    return Posting(tuple(documents), tuple(notices), shares, total, refund.tax if part is None else ZERO)


def _notice_of_closing(order: Sale, part: OpenPart | None) -> Notice:
    if part is not None:
        return Notice("order_part_closed", {"ref_number": order.ref_number, "lines": part.words})
    return Notice("order_already_closed" if order.is_closed else "order_closed", {"ref_number": order.ref_number})


def _with_open_part(
    posting: Posting, part: OpenPart, settings: Settings, company: CompanyFacts, day: date, generation: int
) -> Posting | Skip:
    """What was invoiced, with the closing of what was not. The order is changed last: as long as it is open, the refund
    is taken apart in the same way again."""
    order, opened = part.order, part.refund
    if settings.sales_order is SalesOrders.SKIP:
        facts = {"ref_number": order.ref_number, "lines": part.words, "amount": _money(opened.value, opened)}
        return replace(posting, notices=(*posting.notices, Notice("order_part_left", facts)))
    closed = closing(part)
    if isinstance(closed, Skip):
        return closed
    notices = [*posting.notices, _notice_of_closing(order, part)]
    documents = list(posting.documents)
    if opened.money_back > 0:
        first = 1 + max((document.part for document in documents if document.role is Role.PAYOUT), default=0)
        paid = _pay_open_payment(opened, order, settings, company, _CLOSED_PAYOUT, Taken(), day, generation, first)
        if isinstance(paid, Skip):
            return paid
        documents += paid
        unrecorded = opened.money_back - sum((document.amount for document in paid), ZERO)
        if unrecorded:
            notices.append(_unpaid_notice(opened, order, settings, company, unrecorded))
    documents += [closed] if closed is not None else []
    shares = (*posting.shares, *shares_of(part)[0])
    return replace(posting, documents=tuple(documents), notices=tuple(notices), shares=shares)


def _unpaid_notice(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, unrecorded: Decimal
) -> Notice:
    """Either the settings record no payout of the customer's open payment, or there is none that it could be."""
    amount = _money(unrecorded, refund)
    methods = [refund_method(settings, gateway_named(company.gateways, m.gateway)) for m in money_by_gateway(refund)]
    if RefundMethod.NONE in methods and any(p.unused >= refund.money_back for p in sale.open_payments):
        return Notice("payout_not_recorded", {"amount": amount, "credit": amount})
    return Notice("payment_not_in_books", {"amount": amount})


def _pay_open_payment(
    refund: Refund,
    sale: Sale,
    settings: Settings,
    company: CompanyFacts,
    treatment: Treatment,
    taken: Taken,
    day: date,
    generation: int,
    first_part: int = 1,
) -> tuple[Document, ...] | Skip:
    """The payout of money that stands as the customer's open payment, linked to that payment."""
    pays = treatment.payout and settings.refund_method is not RefundMethod.NONE
    payment = _open_payment(refund, sale, settings, taken) if pays else None
    if isinstance(payment, Skip):
        return payment
    if payment is None:
        return ()
    receivables = _receivables(sale, company)
    if receivables is None:
        return Skip("no_receivables")
    return payouts(
        refund,
        replace(sale, open_payments=(payment,)),
        settings,
        company,
        credit=MacroID(txn_id=payment.txn_id),
        receivables=receivables,
        day=day,
        generation=generation,
        first_part=first_part,
    )


def _open_payment(refund: Refund, sale: Sale, settings: Settings, taken: Taken) -> Payment | Skip | None:
    """The open payment that was given back: one that names the order; else the only one that is large enough, where
    its amount says that it is this order's and not another's."""
    numbers = names_of_order(refund.order.number, settings)
    named = [payment for payment in sale.open_payments if _names_order(payment, numbers)]
    fitting = [payment for payment in named or sale.open_payments if payment.unused >= refund.money_back]
    of_this_order = {sale.total, sale.total - taken.total, refund.money_back}
    if not fitting and not named:
        return None
    if len(fitting) == 1 and (named or fitting[0].unused in of_this_order):
        return fitting[0]
    described = ", ".join(
        f"{payment.ref_number or payment.txn_id} over {payment.unused}" for payment in fitting or named
    )
    number = naming.order_ref_number(refund.order.number)
    return Skip("ambiguous_payment", {"payments": described, "order": number})


def _names_order(payment: Payment, numbers: Sequence[str]) -> bool:
    """Whether a payment's number is the order's, or its memo has it as a word of its own."""
    own = naming.order_ref_number(payment.ref_number)
    return own in numbers or any(naming.mentions(payment.memo, number) for number in numbers)


def _more_than_sale(refund: Refund, sale: Sale, taken: Taken) -> Skip:
    of_which = of_which_left(sale.total, sale.total - taken.total, refunded_before=bool(taken.total))
    facts = {"value": str(refund.value), "sold": "the sale", "total": str(sale.total), "of_which": of_which}
    return Skip("more_than_sale", facts)


def _receivables(sale: Sale, company: CompanyFacts) -> Ref | None:
    """The receivables account of the sale; where it names none, that of the company, in the sale's currency."""
    if sale.ar_account is not None:
        return sale.ar_account
    found = company.receivables_in(currency_code(sale.currency) or company.home_currency)
    return found.ref if found is not None else None


def _money(amount: Decimal, refund: Refund) -> str:
    return f"{amount} {refund.currency}"
