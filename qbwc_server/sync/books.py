"""From QuickBooks' records to what planning reads: sales, payments, accounts, and documents that may be ours."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from qbwc_server.refunds.by_hand import HandMemo
from qbwc_server.refunds.codec import decode
from qbwc_server.refunds.currencies import currency_code, home_currency_of
from qbwc_server.refunds.gateways import Gateway, gateway_key
from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.sale import Account, CompanyFacts, Known, Payment, Sale, SaleLine, SaleType
from qbwc_server.refunds.settings import Settings
from qbwc_server.refunds.tax import flat_lines
from qbwc_server.store.tables import CompanyFile
from qbxml import (
    AccountRet,
    Aggregate,
    ARRefundCreditCardRet,
    CheckRet,
    CompanyRet,
    CreditMemoRet,
    HostRet,
    InvoiceRet,
    ItemInventoryAssemblyRet,
    ItemInventoryRet,
    ItemRecord,
    ItemSalesTaxGroupRet,
    ItemSalesTaxRet,
    LineGroupRet,
    LineRet,
    LinkedTxn,
    PreferencesRet,
    ReceivePaymentRet,
    Ref,
    Response,
    SalesOrderRet,
    SalesReceiptRet,
    SalesTaxCodeRet,
    TransactionRecord,
)

SaleRecord = SalesReceiptRet | InvoiceRet | SalesOrderRet
DocumentRecord = CreditMemoRet | CheckRet | ARRefundCreditCardRet | ReceivePaymentRet | SalesReceiptRet | InvoiceRet
DOCUMENT_RECORDS = (CreditMemoRet, CheckRet, ARRefundCreditCardRet, ReceivePaymentRet, SalesReceiptRet, InvoiceRet)

_VOIDED = re.compile(r"VOID\b", re.IGNORECASE)
_KINDS_IN_STOCK = (ItemInventoryRet, ItemInventoryAssemblyRet)

_TYPES: dict[type[TransactionRecord], SaleType] = {
    SalesReceiptRet: SaleType.SALES_RECEIPT,
    InvoiceRet: SaleType.INVOICE,
    SalesOrderRet: SaleType.SALES_ORDER,
}


class RecordError(ValueError):
    """A record of QuickBooks that lacks what it must have; says which and what."""


@dataclass(frozen=True)
class Link:
    """A transaction that a document is linked to."""

    txn_id: str
    txn_type: str
    amount: Decimal  # without sign


@dataclass(frozen=True)
class FoundDocument:
    """A transaction in QuickBooks that may be one of ours."""

    type: str  # CreditMemo, Check, ARRefundCreditCard, ReceivePayment, SalesReceipt, Invoice
    txn_id: str
    edit_sequence: str
    ref_number: str
    customer: Ref | None
    total: Decimal | None  # None where QuickBooks' answer could not be read: it is like no amount
    external_guid: str = ""
    links: tuple[Link, ...] = ()
    credit_remaining: Decimal = ZERO
    memo: str = ""
    day: date | None = None
    accounts: tuple[Ref, ...] = ()  # that the lines of a check name, where they were asked for


def sale_of(record: SaleRecord) -> Sale:
    """The sale that a record describes. Raises RecordError where it lacks its ID, customer or total."""
    total = _total(record)
    subtotal = record.subtotal if record.subtotal is not None else total
    tax = _amount(record, record.sales_tax_total, "SalesTaxTotal")
    links: tuple[LinkedTxn, ...] = () if isinstance(record, SalesReceiptRet) else record.linked_txns
    return Sale(
        type=_TYPES[type(record)],
        txn_id=_needed(record, record.txn_id, "TxnID"),
        edit_sequence=record.edit_sequence or "",
        ref_number=record.ref_number or "",
        txn_date=_needed(record, record.txn_date, "TxnDate"),
        customer=_needed(record, record.customer_ref, "CustomerRef"),
        total=total,
        subtotal=subtotal,
        tax=tax,
        lines=tuple(_line(line) for line in record.lines),
        tax_percentage=record.sales_tax_percentage or Decimal(0),
        class_ref=record.class_ref,
        template=record.template_ref,
        ar_account=record.ar_account_ref if isinstance(record, InvoiceRet) else None,
        sales_rep=record.sales_rep_ref,
        sales_tax_item=record.item_sales_tax_ref,
        customer_sales_tax_code=record.customer_sales_tax_code_ref,
        currency=record.currency_ref,
        exchange_rate=record.exchange_rate,
        is_tax_included=bool(record.is_tax_included),
        is_pending=bool(record.is_pending) if not isinstance(record, SalesOrderRet) else False,
        deposit_account=record.deposit_to_account_ref if isinstance(record, SalesReceiptRet) else None,
        payment_method=record.payment_method_ref if isinstance(record, SalesReceiptRet) else None,
        open_balance=_amount(record, record.balance_remaining, "BalanceRemaining")
        if isinstance(record, InvoiceRet)
        else ZERO,
        payments=tuple(
            Payment(link.txn_id, abs(_amount(link, link.amount, "Amount")))
            for link in links
            if link.txn_type == "ReceivePayment"
        ),
        linked=tuple(f"{link.txn_type} {link.ref_number or link.txn_id}" for link in links)
        if isinstance(record, InvoiceRet)
        else (),
        is_void=is_void(record),
        invoices=tuple(link.txn_id for link in links if link.txn_type == "Invoice")
        if isinstance(record, SalesOrderRet)
        else (),
        is_closed=bool(record.is_manually_closed) if isinstance(record, SalesOrderRet) else False,
        po_number="" if isinstance(record, SalesReceiptRet) else (record.po_number or ""),
        other=record.other or "",
        bill_address=record.bill_address,
        memo=record.memo or "",
        external_guid=(record.external_guid or "").upper(),
    )


def is_void(record: SaleRecord) -> bool:
    """Whether a sale was voided: QuickBooks sets it and all of its lines to zero and puts VOID before its Memo."""
    if not _VOIDED.match(record.memo or "") or _total(record) != 0:
        return False
    return not any(line.amount for line in flat_lines(tuple(map(_line, record.lines))))


def payment_of(record: ReceivePaymentRet) -> Payment:
    """A payment with the account it went to and what of it is not used up."""
    return Payment(
        txn_id=_needed(record, record.txn_id, "TxnID"),
        amount=_amount(record, record.total_amount, "TotalAmount"),
        deposit_account=record.deposit_to_account_ref,
        payment_method=record.payment_method_ref,
        unused=_amount(record, record.unused_payment, "UnusedPayment"),
        ref_number=record.ref_number or "",
        memo=record.memo or "",
    )


def found_document(record: DocumentRecord) -> FoundDocument:
    """A transaction that may be ours."""
    customer = record.payee_entity_ref if isinstance(record, CheckRet) else record.customer_ref
    links = tuple(
        Link(link.txn_id, link.txn_type, abs(link.amount or ZERO)) for link in getattr(record, "linked_txns", ())
    )
    return FoundDocument(
        type=type(record).__name__.removesuffix("Ret"),
        txn_id=_needed(record, record.txn_id, "TxnID"),
        edit_sequence=record.edit_sequence or "",
        ref_number=record.ref_number or "",
        customer=customer,
        total=total_of(record),
        external_guid=(record.external_guid or "").upper(),
        links=links,
        credit_remaining=(record.credit_remaining or ZERO) if isinstance(record, CreditMemoRet) else ZERO,
        day=record.txn_date,
        accounts=tuple(line.account_ref for line in record.expense_lines if line.account_ref is not None)
        if isinstance(record, CheckRet)
        else (),
        memo=record.memo or "",
    )


def total_of(record: DocumentRecord) -> Decimal | None:
    """What a transaction comes to; None where QuickBooks' answer could not be read."""
    if isinstance(record, CheckRet):
        return record.amount
    if isinstance(record, InvoiceRet):
        try:
            return _total(record)
        except RecordError:
            return None
    return record.total_amount


def documents_in(responses: Iterable[Response]) -> tuple[FoundDocument, ...]:
    """What of some answers may be ours."""
    return tuple(
        found_document(record)
        for response in responses
        for record in response.records
        if isinstance(record, DOCUMENT_RECORDS) and record.txn_id
    )


def hand_memo(record: CreditMemoRet) -> HandMemo:
    """A credit memo with its lines. Raises RecordError where it lacks its ID or total."""
    return HandMemo(
        txn_id=_needed(record, record.txn_id, "TxnID"),
        ref_number=record.ref_number or "",
        total=_needed(record, record.total_amount, "TotalAmount"),
        tax=_amount(record, record.sales_tax_total, "SalesTaxTotal"),
        lines=tuple(_line(line) for line in record.lines),
    )


def told_more(sale: Sale, items: Mapping[str, ItemRecord]) -> Sale:
    """The sale with what QuickBooks tells of its items, by ListID: other names, and whether their stock is kept."""
    return replace(sale, lines=tuple(_told_more(line, items) for line in sale.lines))


def _told_more(line: SaleLine, items: Mapping[str, ItemRecord]) -> SaleLine:
    if line.is_group:
        return replace(line, parts=tuple(_told_more(part, items) for part in line.parts))
    item = items.get(line.item.list_id or "") if line.item is not None else None
    if item is None:
        return line
    names = (item.manufacturer_part_number, item.bar_code_value)
    return replace(
        line, also_called=tuple(name for name in names if name), moves_stock=isinstance(item, _KINDS_IN_STOCK)
    )


def account_of(record: AccountRet) -> Account | None:
    """An account of the chart; None for one without its ID or name."""
    if not record.list_id or not record.full_name:
        return None
    return Account(
        list_id=record.list_id,
        full_name=record.full_name,
        account_type=record.account_type or "",
        special_account_type=record.special_account_type or "",
        is_active=record.is_active is not False,
        currency=currency_code(record.currency_ref),
    )


def company_facts(
    company: CompanyFile,
    settings: Settings,
    server_zone: str,
    mapping: Mapping[str, str] | None = None,
    gateways: Mapping[str, Gateway] | None = None,
) -> CompanyFacts:
    """The company file as planning sees it, from what was read of it; `mapping` gives items by SKU, `gateways` how
    refunds through the gateways of the shop are paid out."""
    host = decode(HostRet, company.host) if company.host is not None else HostRet()
    described = decode(CompanyRet, company.company) if company.company is not None else CompanyRet()
    preferences = decode(PreferencesRet, company.preferences) if company.preferences is not None else PreferencesRet()
    currencies = preferences.multi_currency_preferences
    taxes = preferences.sales_tax_preferences
    home = currency_code(currencies.home_currency_ref) if currencies is not None else ""
    taxes_by_code = {code: tuple(map(Decimal, taxes)) for code, taxes in (company.tax_rates or {}).items()}
    return CompanyFacts(
        accounts=tuple(decode(Account, account) for account in company.accounts or ()),
        time_zone=zoneinfo.ZoneInfo(settings.time_zone or server_zone),
        payment_methods=tuple(decode(Ref, method) for method in company.payment_methods or ()),
        items={name: decode(Ref, ref) for name, ref in (company.items or {}).items()},
        item_of_sku={sku.casefold(): item for sku, item in (mapping or {}).items()},
        gateways={gateway_key(name): gateway for name, gateway in (gateways or {}).items()},
        tax_rates={code: sum(taxes, Decimal(0)) for code, taxes in taxes_by_code.items()},
        tax_parts={code: taxes for code, taxes in taxes_by_code.items() if len(taxes) > 1},
        templates=tuple(company.templates) if company.templates is not None else None,
        home_currency=home or home_currency_of(host.country or ""),
        country=host.country or "",
        taxable_code=taxes.default_taxable_sales_tax_code_ref if taxes is not None else None,
        non_taxable_code=taxes.default_non_taxable_sales_tax_code_ref if taxes is not None else None,
        closing_date=_closing_date(preferences),
        accountants_copy_until=_dividing_date(described),
        check_from_undeposited_funds=known(company.known, "check_from_undeposited_funds"),
    )


def has_rates_by_code(company: CompanyFile) -> bool:
    """Whether each sales tax code of the company file has a rate of its own, as outside the US."""
    country = decode(HostRet, company.host).country if company.host is not None else None
    return bool(country) and country != "US"


def taxes_of_codes(
    codes: Iterable[SalesTaxCodeRet], taxes: Iterable[ItemSalesTaxRet], groups: Iterable[ItemSalesTaxGroupRet]
) -> dict[str, tuple[Decimal, ...]]:
    """The percentages of the taxes that each sales tax code bears on sales, by its name. One that names a tax which
    was not shown is left out: its rate is not known, and never taken for zero."""
    rates: dict[str, tuple[Decimal, ...]] = {
        tax.list_id: (tax.tax_rate,) for tax in taxes if tax.list_id and tax.tax_rate is not None
    }
    for group in groups:
        parts = [rates.get(ref.list_id or "", ()) for ref in group.item_sales_tax_refs]
        if group.list_id and parts and all(parts):
            rates[group.list_id] = tuple(rate for part in parts for rate in part)
    found: dict[str, tuple[Decimal, ...]] = {}
    for code in codes:
        tax = code.item_sales_tax_ref
        borne = (Decimal(0),) if code.is_taxable is False else rates.get((tax.list_id or "") if tax else "", ())
        if code.name and borne:
            found[code.name] = borne
    return found


def known(facts: Mapping[str, Any], name: str) -> Known:
    """What experience has shown of something that no source tells."""
    return Known(facts.get(name, Known.UNKNOWN.value))


def _closing_date(preferences: PreferencesRet) -> date | None:
    accounting = preferences.accounting_preferences
    return accounting.closing_date if accounting is not None else None


def _dividing_date(company: CompanyRet) -> date | None:
    copy = company.accountant_copy
    return copy.dividing_date if copy is not None and copy.accountant_copy_exists else None


def _line(record: LineRet | LineGroupRet) -> SaleLine:
    if isinstance(record, LineGroupRet):
        return SaleLine(
            txn_line_id=record.txn_line_id or "",
            item=record.item_group_ref,
            desc=record.desc or "",
            quantity=record.quantity,
            rate=None,
            rate_percent=None,
            amount=_amount(record, record.total_amount, "TotalAmount"),
            is_group=True,
            parts=tuple(_line(line) for line in getattr(record, "lines", ())),
        )
    return SaleLine(
        txn_line_id=record.txn_line_id or "",
        item=record.item_ref,
        desc=record.desc or "",
        quantity=record.quantity,
        rate=record.rate,
        rate_percent=record.rate_percent,
        amount=_amount(record, record.amount, "Amount"),
        class_ref=record.class_ref,
        sales_tax_code=record.sales_tax_code_ref,
        unit_of_measure=record.unit_of_measure or "",
        inventory_site=record.inventory_site_ref,
        inventory_site_location=record.inventory_site_location_ref,
        serial_number=record.serial_number or "",
        lot_number=record.lot_number or "",
        other1=record.other1 or "",
        other2=record.other2 or "",
        invoiced=record.invoiced or Decimal(0),
        is_closed=bool(record.is_manually_closed),
    )


def _total(record: SaleRecord) -> Decimal:
    """An invoice states no total of its own: what is applied and what is open come to it (or subtotal and tax)."""
    if not isinstance(record, InvoiceRet):
        total: Decimal = _needed(record, record.total_amount, "TotalAmount")
    elif record.subtotal is not None:
        total = record.subtotal + (record.sales_tax_total or ZERO)
    else:
        total = _needed(record, record.balance_remaining, "Subtotal") - (record.applied_amount or ZERO)
    return total


def _amount(record: Aggregate, value: Decimal | None, name: str) -> Decimal:
    """An amount that may be left out, which is zero; one that is there and can't be read is never taken for zero."""
    if value is None and any(node.name == name for node in record.undeclared):
        raise RecordError(f"the {name} of a {type(record).__name__} of QuickBooks can't be read")
    return value if value is not None else ZERO


def _needed(record: TransactionRecord, value: Any, name: str) -> Any:
    if value is None:
        raise RecordError(f"a {type(record).__name__} of QuickBooks has no {name}")
    return value
