"""What sales receipts, invoices, sales orders and credit memos share: header, lines, discounts, tax, and the books.

Where Rate and Amount don't agree, the Amount stands and the Rate is worked out again; where neither is given the
item's price is taken. No source tells these two for certain. Field orders: schema_extract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from lxml.etree import _Element as Element

from qbsim import reading, sales_tax, status
from qbsim.currencies import (
    Exchange,
    check_account,
    currency_of_customer,
    exchange,
    in_home_currency,
    receivable_account,
)
from qbsim.editions import edition
from qbsim.ledger import Entry
from qbsim.lists import Item
from qbsim.lists.accounts import RECEIVABLE
from qbsim.lists.items import DISCOUNT, GROUP, LINE_KINDS, SALES_TAX, STOCK_KINDS, SUBTOTAL, TAX_KINDS
from qbsim.lists.references import refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import FIFTH, ZERO, amount_text, boolean_text, price_text, quantity_text, to_cent
from qbsim.sales_tax import TaxPart
from qbsim.status import refusal
from qbsim.stock import Stock, cost_entries
from qbsim.transactions.lines import Numbered, number_lines
from qbsim.transactions.rets import currency_values
from qbsim.transactions.transaction import CORE_ORDER, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company


@dataclass(kw_only=True)
class SalesHeader:
    """The fields of an Add that are kept and shown again as they were sent."""

    class_id: str | None = None
    receivable_id: str | None = None
    template_id: str | None = None
    bill_address: dict[str, str] = field(default_factory=dict)
    ship_address: dict[str, str] = field(default_factory=dict)
    is_pending: bool | None = None
    check_number: str | None = None
    po_number: str | None = None
    payment_method_id: str | None = None
    terms_id: str | None = None
    due_date: date | None = None
    sales_rep_id: str | None = None
    fob: str | None = None
    ship_date: date | None = None
    ship_method_id: str | None = None
    item_sales_tax_id: str | None = None
    customer_message_id: str | None = None
    is_to_be_printed: bool | None = None
    is_to_be_emailed: bool | None = None
    is_tax_included: bool | None = None
    customer_tax_code_id: str | None = None
    deposit_to_id: str | None = None
    other: str | None = None


@dataclass(kw_only=True)
class LineDraft:
    """A line as it is asked for. `order_txn_id` and `order_line_id` name the sales order line that it invoices."""

    item_id: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    rate: Decimal | None = None
    rate_percent: Decimal | None = None
    amount: Decimal | None = None
    tax_amount: Decimal | None = None
    class_id: str | None = None
    sales_tax_code_id: str | None = None
    account_id: str | None = None
    service_date: date | None = None
    other1: str | None = None
    other2: str | None = None
    order_txn_id: str | None = None
    order_line_id: str | None = None
    txn_line_id: str = ""
    invoiced: Decimal = Decimal(0)
    is_manually_closed: bool = False
    #: Lines of an item group where they are not those that the group is defined with.
    members: list[LineDraft] | None = None


@dataclass(kw_only=True)
class SalesDraft:
    """A sale as it is asked for, before any rule has looked at it. With `kept_lines` they stand as they are."""

    customer_id: str | None
    lines: list[LineDraft]
    kept_lines: list[SalesLine] | None = None
    header: SalesHeader = field(default_factory=SalesHeader)
    txn_date: date | None = None
    ref_number: str | None = None
    memo: str | None = None
    external_guid: str | None = None
    exchange_rate: Decimal | None = None


@dataclass(kw_only=True)
class SalesLine(Numbered):
    """A line as it stands in the books. `tax_amount` is its share of the tax, which `amount` contains where the
    document says so; `invoiced` and `is_manually_closed` are used on sales orders alone.
    """

    item_id: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    rate: Decimal | None = None
    rate_percent: Decimal | None = None
    amount: Decimal | None = None
    tax_amount: Decimal | None = None
    class_id: str | None = None
    sales_tax_code_id: str | None = None
    account_id: str | None = None
    service_date: date | None = None
    other1: str | None = None
    other2: str | None = None
    invoiced: Decimal = Decimal(0)
    is_manually_closed: bool = False
    order_txn_id: str | None = None
    order_line_id: str | None = None
    members: list[SalesLine] = field(default_factory=list)

    @property
    def pieces(self) -> Decimal:
        """The quantity; a line that has an amount but no quantity counts as one piece."""
        return Decimal(1) if self.quantity is None else self.quantity


@dataclass(kw_only=True)
class SalesDocument(Transaction):
    """A sale or a credit memo with its lines and totals."""

    header: SalesHeader
    lines: list[SalesLine] = field(default_factory=list)
    subtotal: Decimal = ZERO
    tax_percentage: Decimal = ZERO
    tax_total: Decimal = ZERO
    tax_parts: list[TaxPart] = field(default_factory=list)

    @property
    def receivable_id(self) -> str | None:
        """ListID of the receivable account."""
        return self.header.receivable_id

    @property
    def payment_number(self) -> str | None:
        """The number of the payer's check."""
        return self.header.check_number

    @property
    def paid_by_id(self) -> str | None:
        """ListID of the payment method."""
        return self.header.payment_method_id

    @property
    def total(self) -> Decimal:
        """Lines, discounts and tax together."""
        return self.subtotal + self.tax_total

    def every_line(self) -> Iterator[SalesLine]:
        """The lines with those of item groups in their place; the group line itself carries no amount of its own."""
        for line in self.lines:
            yield from line.members or [line]

    def void(self) -> None:
        """Quantities and amounts become zero, as QuickBooks shows a voided transaction."""
        super().void()
        for line in (*self.lines, *self.every_line()):
            if line.amount is not None:
                line.amount = ZERO
            if line.tax_amount is not None:
                line.tax_amount = ZERO
            if line.quantity is not None:
                line.quantity = Decimal(0)
        self.subtotal = self.tax_total = ZERO
        self.tax_parts = []


#: The form that a document takes where none is named, if the company has it.
DEFAULT_TEMPLATES = {
    "CreditMemo": "Custom Credit Memo",
    "Invoice": "Intuit Product Invoice",
    "SalesOrder": "Custom Sales Order",
    "SalesReceipt": "Custom Sales Receipt",
}

Document = TypeVar("Document", bound=SalesDocument)

HEADER_TEXTS = {"CheckNumber": "check_number", "PONumber": "po_number", "FOB": "fob", "Other": "other"}
HEADER_DATES = {"DueDate": "due_date", "ShipDate": "ship_date"}
HEADER_BOOLEANS = {
    "IsPending": "is_pending",
    "IsToBePrinted": "is_to_be_printed",
    "IsToBeEmailed": "is_to_be_emailed",
    "IsTaxIncluded": "is_tax_included",
}
HEADER_ADDRESSES = {"BillAddress": "bill_address", "ShipAddress": "ship_address"}
HEADER_REFERENCES = {
    "ClassRef": "class_id",
    "ARAccountRef": "receivable_id",
    "TemplateRef": "template_id",
    "PaymentMethodRef": "payment_method_id",
    "TermsRef": "terms_id",
    "SalesRepRef": "sales_rep_id",
    "ShipMethodRef": "ship_method_id",
    "ItemSalesTaxRef": "item_sales_tax_id",
    "CustomerMsgRef": "customer_message_id",
    "CustomerSalesTaxCodeRef": "customer_tax_code_id",
    "DepositToAccountRef": "deposit_to_id",
}
LINE_TEXTS = {"Desc": "description", "Other1": "other1", "Other2": "other2"}
LINE_REFERENCES = {
    "ItemRef": "item_id",
    "ClassRef": "class_id",
    "SalesTaxCodeRef": "sales_tax_code_id",
    "OverrideItemAccountRef": "account_id",
}
_LINE_ORDER = (
    *("TxnLineID", "ItemRef", "Desc", "Quantity", "Rate", "RatePercent", "ClassRef", "Amount", "TaxAmount"),
    *("ServiceDate", "SalesTaxCodeRef", "Invoiced", "IsManuallyClosed", "Other1", "Other2"),
)
_GROUP_ORDER = ("TxnLineID", "ItemGroupRef", "Desc", "Quantity", "IsPrintItemsInGroup", "TotalAmount", "ServiceDate")
#: The parts of an address that an address block shows line by line.
_ADDRESS_LINES = ("Addr1", "Addr2", "Addr3", "Addr4", "Addr5")
#: An address block has at most so many lines, and each at most so many characters.
_BLOCK_LINES = 5
_BLOCK_WIDTH = 41


# Reading an Add


def read_draft(company: Company, add: Element) -> SalesDraft:
    """The sale that an Add element asks for. Refused as 3000 to 3060 and 3140 where a value or a Ref is wrong."""
    place = str(add.tag).removesuffix("Add")
    customer_id = resolve(company.lists, add, "CustomerRef", place)
    return without_unknown_fields(
        company,
        SalesDraft(
            customer_id=customer_id,
            header=_read_header(company, add, place),
            txn_date=reading.day(add, "TxnDate"),
            ref_number=reading.text(add, "RefNumber"),
            memo=reading.text(add, "Memo"),
            external_guid=reading.text(add, "ExternalGUID"),
            exchange_rate=reading.rate(add, "ExchangeRate"),
            lines=[draft for element in add for draft in _read_line(company, element, place)],
        ),
    )


def without_unknown_fields(company: Company, draft: SalesDraft) -> SalesDraft:
    """Takes away what this country's edition passes over."""
    unknown = edition(company.preferences.country).unknown_fields
    if "IsTaxIncluded" in unknown:
        draft.header.is_tax_included = None
    if "ItemSalesTaxRef" in unknown:
        draft.header.item_sales_tax_id = None
    if "TaxAmount" in unknown:
        forget_tax(draft)
    return draft


def forget_tax(draft: SalesDraft) -> None:
    """Takes the tax amounts of all lines away, so that they are worked out by the rates."""
    for line in draft.lines:
        line.tax_amount = None
        for member in line.members or ():
            member.tax_amount = None
    for kept in draft.kept_lines or ():
        for each in (kept, *kept.members):
            each.tax_amount = None


def _read_header(company: Company, add: Element, place: str) -> SalesHeader:
    values: dict[str, Any] = {}
    values.update({kept: reading.text(add, name) for name, kept in HEADER_TEXTS.items()})
    values.update({kept: reading.day(add, name) for name, kept in HEADER_DATES.items()})
    values.update({kept: reading.boolean(add, name) for name, kept in HEADER_BOOLEANS.items()})
    values.update({kept: reading.address(add, name) for name, kept in HEADER_ADDRESSES.items()})
    values.update({kept: resolve(company.lists, add, name, place) for name, kept in HEADER_REFERENCES.items()})
    return SalesHeader(**values)


def group_of(company: Company, element: Element, place: str) -> str:
    """ListID of the item group that the element names. Refused as 3140 where it is none."""
    group_id = resolve(company.lists, element, "ItemGroupRef", f"{place} line")
    group = company.lists.items.get(group_id or "")
    if group is None or group.item_type != GROUP:
        raise _bad_item(element.findtext("ItemGroupRef/FullName") or group_id, place, "ItemGroup")
    return group.list_id


def _read_line(company: Company, element: Element, place: str) -> list[LineDraft]:
    if element.tag == f"{place}LineAdd":
        return [read_line_draft(company, element, f"{place} line")]
    if element.tag == f"{place}LineGroupAdd":
        return [
            LineDraft(
                item_id=group_of(company, element, place),
                description=reading.text(element, "Desc"),
                quantity=reading.quantity(element, "Quantity"),
                service_date=reading.day(element, "ServiceDate"),
            )
        ]
    return []


def read_line_draft(company: Company, element: Element, place: str) -> LineDraft:
    """One line of an Add."""
    values: dict[str, Any] = {kept: reading.text(element, name) for name, kept in LINE_TEXTS.items()}
    values.update({kept: resolve(company.lists, element, name, place) for name, kept in LINE_REFERENCES.items()})
    link = element.find("LinkToTxn")
    if link is not None:
        values["order_txn_id"] = reading.object_id(reading.text(link, "TxnID") or "", "TxnID")
        values["order_line_id"] = reading.object_id(reading.text(link, "TxnLineID") or "", "TxnLineID")
    return LineDraft(
        quantity=reading.quantity(element, "Quantity"),
        rate=reading.price(element, "Rate"),
        rate_percent=reading.percent(element, "RatePercent"),
        amount=reading.amount(element, "Amount"),
        tax_amount=reading.amount(element, "TaxAmount"),
        service_date=reading.day(element, "ServiceDate"),
        is_manually_closed=bool(reading.boolean(element, "IsManuallyClosed")),
        **values,
    )


# The rules


def _check_template(company: Company, header: SalesHeader, place: str) -> None:
    """A form is one for documents of a type, and another type can't use it."""
    template = company.lists.templates.get(header.template_id or "")
    if template is not None and template.template_type != place:
        raise refusal(status.BAD_REFERENCE, kind="Template", value=template.name, object=place)


def make_document(
    company: Company, kind: type[Document], draft: SalesDraft, replacing: Document | None = None
) -> Document:
    """The document that the draft asks for, with all sums worked out, not yet in the books and without entries.

    With `replacing` it is what a Mod makes of that document: it has its identity, its links and its place.

    Refused as 3150 where a line has an amount but no item, 3140 where its item can't stand there, 3210 where a value
    does not fit, 3180 where the total would be negative.
    """
    place = kind.TYPE
    lists = company.lists
    header = draft.header
    _complete_tax(company, draft, place)
    now = company.now()
    _check_template(company, header, place)
    template = lists.templates.find(DEFAULT_TEMPLATES[place])
    header.template_id = header.template_id or (template.list_id if template else None)
    header.due_date = header.due_date or draft.txn_date or now.date()
    if header.is_to_be_printed is None:
        header.is_to_be_printed = True  # as in all samples of answers to Adds that leave it out
    header.ship_date = header.ship_date or draft.txn_date or now.date()
    traded = exchange_of_sale(company, draft)
    lines = draft.kept_lines
    if lines is None:
        lines = _work_out(company, draft.lines, place, traded.multiplier)
    counted = [line for top in lines for line in (top.members or [top]) if not _is_subtotal(company, line)]
    sums = _tax_of(company, header, counted)
    subtotal = sum((line.amount or ZERO for line in counted), ZERO)
    if header.is_tax_included:
        subtotal -= sums.total
    if subtotal + sums.total < 0:
        raise refusal(status.SAVE_FAILED, object=place, reason="Transaction amount must be positive.")
    is_new = replacing is None
    made = kind(
        stamp=company.counters.transaction_stamp(now) if replacing is None else replacing.stamp,
        txn_number=company.counters.next_transaction_number() if replacing is None else replacing.txn_number,
        txn_date=draft.txn_date or now.date(),
        ref_number=draft.ref_number or (company.next_ref_number(place) if is_new else None),
        customer_id=draft.customer_id,
        memo=draft.memo,
        external_guid=draft.external_guid,
        currency_id=traded.currency_id,
        exchange_rate=traded.rate,
        links=[] if replacing is None else replacing.links,
        is_voided=replacing is not None and replacing.is_voided and draft.kept_lines is not None,
        header=header,
        lines=lines,
        subtotal=subtotal,
        tax_percentage=sales_tax.rate(sales_tax.taxes_of_item(lists.items, header.item_sales_tax_id)),
        tax_total=sums.total,
        tax_parts=list(sums.parts),
    )
    number_lines(company, (line for top in lines for line in (top, *top.members)))
    return made


def _complete_tax(company: Company, draft: SalesDraft, place: str) -> None:
    """The tax code and, in the US, the tax item that the draft leaves to the customer and the preferences."""
    header, preferences = draft.header, company.preferences
    customer = company.lists.customers.get(draft.customer_id or "")
    by_code = edition(preferences.country).taxes_by_code
    if header.customer_tax_code_id is None:
        default_code = None if by_code else preferences.default_taxable_code_id
        header.customer_tax_code_id = (customer.sales_tax_code_id if customer else None) or default_code
    if by_code:
        _take_customers_code(company, draft)
        return
    if header.item_sales_tax_id is None and _is_taxable(company, header.customer_tax_code_id):
        default_tax = preferences.default_item_sales_tax_id
        header.item_sales_tax_id = (customer.item_sales_tax_id if customer else None) or default_tax
    _check_tax_item(company.lists.items.get(header.item_sales_tax_id or ""), place)


def _take_customers_code(company: Company, draft: SalesDraft) -> None:
    """The customer's code on every line that names none, where the preferences say so (a guess at its rank)."""
    if not company.preferences.uses_customer_tax_codes:
        return
    for line in draft.lines:
        line.sales_tax_code_id = line.sales_tax_code_id or draft.header.customer_tax_code_id


def _tax_of(company: Company, header: SalesHeader, lines: Sequence[SalesLine]) -> sales_tax.TaxSums:
    """The tax of a document by the rule of its country; outside the US each line is told its share."""
    items, codes = company.lists.items, company.lists.sales_tax_codes
    by_code = edition(company.preferences.country).taxes_by_code
    whole: tuple[sales_tax.Tax, ...] = ()
    if not by_code and _is_taxable(company, header.customer_tax_code_id):
        whole = sales_tax.taxes_of_item(items, header.item_sales_tax_id)
    amounts = []
    for line in lines:
        code = codes.get(line.sales_tax_code_id or "")
        taxes = sales_tax.taxes_of_code(items, code) if by_code else whole
        is_taxed = code is not None and code.is_taxable
        amounts.append(sales_tax.TaxedAmount(line.amount or ZERO, taxes if is_taxed else (), line.tax_amount))
    sums = sales_tax.work_out(
        amounts,
        is_included=bool(header.is_tax_included),
        rounds_by_line=company.preferences.rounds_tax_by_line,
    )
    for line, tax in zip(lines, sums.by_line, strict=True):
        line.tax_amount = tax if by_code and line.amount is not None else None
    return sums


def book(
    company: Company, document: SalesDocument, main_account_id: str, sign: int, replacing: SalesDocument | None = None
) -> None:
    """Works out entries and stock: `sign` 1 for a sale (debit the main account), -1 for a credit memo.

    Income is credited line by line without the tax, each tax to its liability account, and inventory leaves at average
    cost, where it replaces what a Mod has changed at the cost that it left at before. A pending document posts nothing.
    """
    if document.header.is_pending:
        return
    main = company.lists.accounts.get(main_account_id)
    is_receivable = main is not None and main.account_type == RECEIVABLE
    entries = [Entry(main_account_id, sign * document.total, document.customer_id if is_receivable else None)]
    stock = Stock(company.lists.items, () if replacing is None else replacing.stock)
    costs: list[Entry] = []  # stock is kept in home currency whatever it is sold in
    for line in document.every_line():
        item = company.lists.items.get(line.item_id or "")
        if item is None or item.item_type == SUBTOTAL:
            continue
        income = (line.amount or ZERO) - (line.tax_amount or ZERO if document.header.is_tax_included else ZERO)
        if income:
            entries.append(Entry(_line_account(company, line, item, document.TYPE), -sign * income))
        if item.item_type in STOCK_KINDS and line.pieces:
            move = stock.at_average_cost(item, -sign * line.pieces)
            document.stock.append(move)
            costs += cost_entries(item, move.value)
    for part in document.tax_parts:
        account_id = tax_account(company, company.lists.items.get(part.item_id), document.TYPE)
        entries.append(Entry(account_id, -sign * part.amount))
    for entry in entries:
        check_account(company, entry.account_id, document.exchange, "AccountRef")
    document.entries = [*in_home_currency(company, entries, document.exchange), *costs]


def exchange_of_sale(company: Company, draft: SalesDraft) -> Exchange:
    """The currency and rate that a sale will have."""
    return exchange(company, currency_of_customer(company, draft.customer_id), draft.exchange_rate)


def receivable_of_sale(company: Company, draft: SalesDraft, place: str) -> str:
    """ListID of the receivable account that the header names, or of the first one in the customer's currency.

    Refused as 3210 where the named account is of another type or in another currency.
    """
    return checked_receivable(company, draft.header.receivable_id, exchange_of_sale(company, draft), place)


def checked_receivable(company: Company, account_id: str | None, traded: Exchange, place: str) -> str:
    """ListID of the account, or of the first one in the currency. Refused as 3210 where it is no receivable account or
    in another currency, as 3180 where there is none.
    """
    account = receivable_account(company, account_id, traded)
    if account is None:
        raise refusal(status.SAVE_FAILED, object=place, reason="There is no accounts receivable account.")
    if account.account_type != RECEIVABLE:
        reason = "The account must be an accounts receivable account."
        raise refusal(status.BAD_VALUE, field="ARAccountRef", value=account.full_name, reason=reason)
    check_account(company, account.list_id, traded, "ARAccountRef")
    return account.list_id


def undeposited_funds(company: Company, place: str) -> str:
    """ListID of Undeposited Funds. Refused as 3180 where the company has none."""
    account = company.special_account("UndepositedFunds")
    if account is None:
        raise refusal(status.SAVE_FAILED, object=place, reason="There is no undeposited funds account.")
    return account.list_id


def tax_account(company: Company, tax: Item | None, place: str) -> str:
    """ListID of the liability account of a tax: the tax item's own, else Sales Tax Payable.

    Refused as 3180 where the company has none.
    """
    if tax is not None and tax.account_id is not None:
        return tax.account_id
    account = company.special_account("SalesTaxPayable")
    if account is None:
        raise refusal(status.SAVE_FAILED, object=place, reason="There is no sales tax payable account.")
    return account.list_id


def _work_out(company: Company, drafts: Sequence[LineDraft], place: str, rate: Decimal) -> list[SalesLine]:
    """The lines; `rate` is the exchange rate that the items' prices, kept in home currency, are divided by."""
    lines: list[SalesLine] = []
    flat: list[SalesLine] = []
    for draft in drafts:
        item = company.lists.items.get(draft.item_id or "")
        if item is not None and item.item_type == GROUP:
            line = _group_line(company, draft, item, flat, place, rate)
            flat += line.members
        else:
            line = _single_line(company, draft, item, flat, place, rate)
            flat.append(line)
        lines.append(line)
    return lines


def _group_line(
    company: Company, draft: LineDraft, group: Item, before: list[SalesLine], place: str, rate: Decimal
) -> SalesLine:
    members: list[SalesLine] = []
    for inner in _usual_members(company, draft, group) if draft.members is None else draft.members:
        item = company.lists.items.get(inner.item_id or "")
        members.append(_single_line(company, inner, item, [*before, *members], place, rate))
    return SalesLine(
        txn_line_id=draft.txn_line_id,
        item_id=group.list_id,
        description=draft.description or group.description,
        quantity=draft.quantity,
        service_date=draft.service_date,
        members=members,
    )


def _usual_members(company: Company, draft: LineDraft, group: Item) -> Iterator[LineDraft]:
    """The lines that the group is defined with, so many times as the draft has groups."""
    count = Decimal(1) if draft.quantity is None else draft.quantity
    for member in group.members:
        item = company.lists.items.get(member.item_id)
        has_quantity = item is not None and item.item_type not in (DISCOUNT, SUBTOTAL)
        yield LineDraft(
            item_id=member.item_id,
            quantity=member.quantity * count if has_quantity else None,
            service_date=draft.service_date,
        )


def _single_line(
    company: Company, draft: LineDraft, item: Item | None, before: list[SalesLine], place: str, rate: Decimal
) -> SalesLine:
    if item is None:
        if any(value is not None for value in (draft.quantity, draft.rate, draft.rate_percent, draft.amount)):
            raise refusal(status.MISSING_ELEMENT, field="ItemRef")
        return SalesLine(txn_line_id=draft.txn_line_id, description=draft.description)
    if item.item_type not in LINE_KINDS:
        raise _bad_item(item.full_name, place, "Item")
    line = SalesLine(
        txn_line_id=draft.txn_line_id,
        item_id=item.list_id,
        description=draft.description or item.description,
        class_id=draft.class_id,
        sales_tax_code_id=draft.sales_tax_code_id or item.sales_tax_code_id,
        tax_amount=draft.tax_amount,
        account_id=draft.account_id,
        service_date=draft.service_date,
        other1=draft.other1,
        other2=draft.other2,
        order_txn_id=draft.order_txn_id,
        order_line_id=draft.order_line_id,
        invoiced=draft.invoiced,
        is_manually_closed=draft.is_manually_closed,
    )
    if item.item_type == SUBTOTAL:
        line.sales_tax_code_id = None
        line.amount = _subtotal_of(company, before)
    elif item.item_type == DISCOUNT:
        _price_discount(line, draft, item, before, _price_at(item, rate))
    else:
        _price_line(line, draft, item, before, _price_at(item, rate))
    if line.sales_tax_code_id is None and item.item_type != SUBTOTAL:
        line.sales_tax_code_id = company.preferences.default_non_taxable_code_id
    return line


def _price_at(item: Item, rate: Decimal) -> Decimal:
    """The item's price in a currency of that rate (that it is divided by the rate is a guess)."""
    price = item.price or ZERO
    return price if rate == 1 else (price / rate).quantize(FIFTH)


def _price_line(line: SalesLine, draft: LineDraft, item: Item, before: list[SalesLine], price: Decimal) -> None:
    line.quantity = draft.quantity
    percent = draft.rate_percent
    if percent is None and draft.rate is None and draft.amount is None:
        percent = item.tax_rate if item.item_type == SALES_TAX else item.price_percent
    if percent is not None:
        line.rate_percent = percent
        base = before[-1].amount or ZERO if before else ZERO
        line.amount = draft.amount if draft.amount is not None else to_cent(base * percent / 100)
        return
    rate = draft.rate if draft.rate is not None else price
    if draft.amount is None:
        line.rate = rate
        line.amount = to_cent(line.pieces * rate)
        return
    line.amount = draft.amount
    agrees = draft.rate is not None and to_cent(line.pieces * draft.rate) == draft.amount
    line.rate = draft.rate if agrees else _rate_of(draft.amount, line.pieces)


def _price_discount(line: SalesLine, draft: LineDraft, item: Item, before: list[SalesLine], price: Decimal) -> None:
    """A discount lowers the total, whatever sign it is given with; it has no quantity (a guess: the form has none)."""
    if draft.quantity is not None:
        reason = "A discount item has no quantity."
        raise refusal(status.BAD_VALUE, field="Quantity", value=quantity_text(draft.quantity), reason=reason)
    percent = draft.rate_percent
    if percent is None and draft.rate is None and draft.amount is None:
        percent = item.price_percent
    if percent is not None:
        line.rate_percent = -abs(percent)
        base = before[-1].amount or ZERO if before else ZERO
        line.amount = -abs(draft.amount) if draft.amount is not None else to_cent(-base * abs(percent) / 100)
        return
    value = draft.amount if draft.amount is not None else draft.rate if draft.rate is not None else price
    line.amount = -abs(to_cent(value))
    line.rate = line.amount


def _rate_of(amount: Decimal, pieces: Decimal) -> Decimal | None:
    return (amount / pieces).quantize(FIFTH) if pieces else None


def _subtotal_of(company: Company, before: Iterable[SalesLine]) -> Decimal:
    total = ZERO
    for line in before:
        total = ZERO if _is_subtotal(company, line) else total + (line.amount or ZERO)
    return total


def _is_subtotal(company: Company, line: SalesLine) -> bool:
    item = company.lists.items.get(line.item_id or "")
    return item is not None and item.item_type == SUBTOTAL


def _is_taxable(company: Company, code_id: str | None) -> bool:
    code = company.lists.sales_tax_codes.get(code_id or "")
    return code is not None and code.is_taxable


def _bad_item(value: str | None, place: str, kind: str) -> status.RequestRefused:
    return refusal(status.BAD_REFERENCE, kind=kind, value=value or "", object=f"{place} line")


def _check_tax_item(item: Item | None, place: str) -> None:
    if item is not None and item.item_type not in TAX_KINDS:
        raise refusal(status.BAD_REFERENCE, kind="ItemSalesTax", value=item.full_name, object=place)


def _line_account(company: Company, line: SalesLine, item: Item, place: str) -> str:
    if item.item_type == SALES_TAX:
        return tax_account(company, item, place)
    account_id = line.account_id or item.account_id
    if account_id is None:
        raise refusal(status.SAVE_FAILED, object=place, reason=f"The item {item.full_name} has no account.")
    return account_id


# Writing a Ret


def document_values(company: Company, document: SalesDocument) -> dict[str, str | Nodes | None]:
    """All values that a sale's Ret can show, by element name; each type picks its own in its own order."""
    header, lists = document.header, company.lists
    values = document.core()
    values.update({name: getattr(header, kept) for name, kept in HEADER_TEXTS.items()})
    for name, kept in HEADER_DATES.items():
        on: date | None = getattr(header, kept)
        values[name] = on.isoformat() if on else None
    for name, kept in HEADER_BOOLEANS.items():
        values[name] = boolean_text(bool(getattr(header, kept)))
    country = company.preferences.country
    by_code = edition(country).taxes_by_code
    if "IsTaxIncluded" in edition(country).unknown_fields:
        values["IsTaxIncluded"] = None
    for name, kept in HEADER_ADDRESSES.items():
        values[name], values[f"{name}Block"] = address_nodes(getattr(header, kept))
    values.update({name: refer(lists, name, getattr(header, kept)) for name, kept in HEADER_REFERENCES.items()})
    values.update(
        {
            "CustomerRef": refer(lists, "CustomerRef", document.customer_id),
            "Subtotal": amount_text(document.subtotal),
            "SalesTaxPercentage": None if by_code else price_text(document.tax_percentage),
            "SalesTaxTotal": amount_text(document.tax_total),
            "TotalAmount": amount_text(document.total),
            **currency_values(company, document, TotalAmount=document.total),
        }
    )
    return values


def line_nodes(company: Company, document: SalesDocument) -> Nodes:
    """The LineRet and LineGroupRet elements of a document."""
    name = f"{document.TYPE}LineRet"
    nodes: Nodes = []
    for line in document.lines:
        if line.members:
            nodes.append((f"{document.TYPE}LineGroupRet", _group_nodes(company, document, line)))
        else:
            nodes.append((name, _line_ret(company, document.TYPE, line)))
    return nodes


def address_nodes(address: dict[str, str]) -> tuple[Nodes | None, Nodes | None]:
    """An address and its block, which is the address as printed, at most five lines."""
    if not address:
        return None, None
    lines = [address[name] for name in _ADDRESS_LINES if name in address]
    town = ", ".join(part for part in (address.get("City"), address.get("State")) if part)
    lines += [part for part in (f"{town} {address.get('PostalCode', '')}".strip(), address.get("Country")) if part]
    block: Nodes = [
        (name, line[:_BLOCK_WIDTH]) for name, line in zip(_ADDRESS_LINES, lines[:_BLOCK_LINES], strict=False)
    ]
    return list(address.items()), block


def tax_amount_text(company: Company, tax_amount: Decimal | None) -> str | None:
    """TaxAmount of a line, which is in the Australian edition's answers alone."""
    is_shown = "TaxAmount" not in edition(company.preferences.country).unknown_fields
    return amount_text(tax_amount) if is_shown and tax_amount is not None else None


def _line_ret(company: Company, document_type: str, line: SalesLine) -> Nodes:
    lists = company.lists
    is_order = document_type == "SalesOrder"
    values: dict[str, str | Nodes | None] = {
        "TxnLineID": line.txn_line_id,
        "ItemRef": refer(lists, "ItemRef", line.item_id),
        "Desc": line.description,
        "Quantity": None if line.quantity is None else quantity_text(line.quantity),
        "Rate": None if line.rate is None else price_text(line.rate),
        "RatePercent": None if line.rate_percent is None else price_text(line.rate_percent),
        "ClassRef": refer(lists, "ClassRef", line.class_id),
        "Amount": None if line.amount is None else amount_text(line.amount),
        "TaxAmount": tax_amount_text(company, line.tax_amount),
        "SalesTaxCodeRef": refer(lists, "SalesTaxCodeRef", line.sales_tax_code_id),
        "ServiceDate": line.service_date.isoformat() if line.service_date and not is_order else None,
        "Other1": line.other1,
        "Other2": line.other2,
    }
    if is_order and line.item_id is not None:
        values["Invoiced"] = quantity_text(line.invoiced)
        values["IsManuallyClosed"] = boolean_text(line.is_manually_closed)
    return pick(_LINE_ORDER, values)


def _group_nodes(company: Company, document: SalesDocument, line: SalesLine) -> Nodes:
    is_order = document.TYPE == "SalesOrder"
    total = sum((m.amount or ZERO for m in line.members if not _is_subtotal(company, m)), ZERO)
    values: dict[str, str | Nodes | None] = {
        "TxnLineID": line.txn_line_id,
        "ItemGroupRef": refer(company.lists, "ItemGroupRef", line.item_id),
        "Desc": line.description,
        "Quantity": None if line.quantity is None else quantity_text(line.quantity),
        "IsPrintItemsInGroup": boolean_text(True),
        "TotalAmount": amount_text(total),
        "ServiceDate": line.service_date.isoformat() if line.service_date and not is_order else None,
    }
    members: Nodes = [(f"{document.TYPE}LineRet", _line_ret(company, document.TYPE, member)) for member in line.members]
    return [*pick(_GROUP_ORDER, values), *members]


#: The order of the elements that the four Rets begin with.
HEADER_START = (*CORE_ORDER, "CustomerRef", "ClassRef")
ADDRESSES = ("BillAddress", "BillAddressBlock", "ShipAddress", "ShipAddressBlock")
TAX_FIELDS = ("Subtotal", "ItemSalesTaxRef", "SalesTaxPercentage", "SalesTaxTotal")
