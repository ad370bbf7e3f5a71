"""An order that QuickBooks does not have, created from the shop's data before its refund is entered.

Pure, like `planning`: from the order and from what QuickBooks' lists hold come the list elements to add and the
documents of the sale, or the reason why there are none. What is created comes to the shop's total to the cent; where it
would not, or where the shop tells too little, nothing is created and a person sees why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from qbwc_server.refunds import naming
from qbwc_server.refunds.choosing import not_found
from qbwc_server.refunds.days import booking_day, in_closed_books
from qbwc_server.refunds.fitness import unfit_documents
from qbwc_server.refunds.gateways import gateway_named
from qbwc_server.refunds.lines import KIND_SETTINGS, description
from qbwc_server.refunds.model import ZERO, OrderLine, Refund
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.payout import PAYOUT_ACCOUNT_TYPES, money_by_gateway
from qbwc_server.refunds.posting import Document
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import Account, CompanyFacts
from qbwc_server.refunds.sale_numbers import sale_numbers
from qbwc_server.refunds.settings import MAX_NAME_CHARACTERS, CreatedSale, NewItems, SaleField, Settings
from qbwc_server.refunds.tax import Rounding, TaxRule
from qbxml import (
    AppliedToTxnAdd,
    CustomerAdd,
    InvoiceAdd,
    InvoiceLineAdd,
    ItemNonInventoryAdd,
    ItemServiceAdd,
    MacroID,
    ReceivePaymentAdd,
    Ref,
    Request,
    SalesOrPurchase,
    SalesReceiptAdd,
    SalesReceiptLineAdd,
    cents,
    max_length,
)

MAX_CUSTOMER_CHARACTERS = max_length(CustomerAdd, "name")
MAX_ITEM_CHARACTERS = max_length(ItemServiceAdd, "name")
# Tried one after the other where the name is one of a vendor, an employee or another name (FACTS.md 9, 3100).
NAME_SUFFIXES = ("", " (customer)", " (customer 2)", " (customer 3)", " (customer 4)")
# An order that was placed longer before its refund is not created where the settings name no day: it may be booked
# in another form.
MAX_DAYS_BEFORE_REFUND = 365
SALES_TAX_ITEM, SALES_TAX_GROUP = "ItemSalesTax", "ItemSalesTaxGroup"
_STANDS_ON_A_LINE = frozenset(
    {"ItemService", "ItemNonInventory", "ItemOtherCharge", "ItemInventory", "ItemInventoryAssembly"}
)
_KIND_WORDS = {
    "ItemGroup": "bundle",
    "ItemDiscount": "discount",
    "ItemPayment": "payment item",
    "ItemSubtotal": "subtotal",
    "ItemFixedAsset": "fixed asset",
    SALES_TAX_ITEM: "sales tax",
    SALES_TAX_GROUP: "group of sales taxes",
}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff:]+")  # and the colon, which parts levels
_BETWEEN_ADDRESSES = re.compile(r"[,;\s]+")
_CENT = Decimal("0.01")
_MAX_EMAIL_CHARACTERS = max_length(CustomerAdd, "email")
_MAX_NUMBER_CHARACTERS = max_length(SalesReceiptAdd, "ref_number")


@dataclass(frozen=True)
class ListedCustomer:
    """A customer of QuickBooks, or a job."""

    ref: Ref
    email: str = ""
    is_active: bool = True
    currency: str = ""  # ISO 4217, where customers have currencies

    @property
    def name(self) -> str:
        """The full name."""
        return self.ref.full_name or ""


@dataclass(frozen=True)
class ListedItem:
    """An item of QuickBooks."""

    ref: Ref
    kind: str  # ItemService, ItemSalesTax, ...
    is_active: bool = True
    tax_rate: Decimal | None = None  # percent, of a sales tax
    members: tuple[str, ...] = ()  # ListIDs, of a group of sales taxes

    @property
    def name(self) -> str:
        """The full name."""
        return self.ref.full_name or ""


@dataclass(frozen=True)
class Listed:
    """What QuickBooks' lists hold of what an order names."""

    customers: tuple[ListedCustomer, ...] = ()
    items: tuple[ListedItem, ...] = ()
    names_in_use: tuple[str, ...] = ()  # that QuickBooks refused for a new customer

    def item_named(self, name: str) -> ListedItem | None:
        """The item of that full name, whatever its case."""
        wanted = name.casefold()
        return next((item for item in self.items if item.name.casefold() == wanted), None)


@dataclass(frozen=True)
class WantedNames:
    """Under which names the lists are asked."""

    customers: tuple[str, ...] = ()  # full names
    email: str = ""  # empty where customers are not looked for by it
    items: tuple[str, ...] = ()  # full names
    item_endings: tuple[str, ...] = ()  # names of items below others


@dataclass(frozen=True)
class CreatedOrder:
    """What an order becomes in QuickBooks."""

    documents: tuple[Document, ...]  # the sale first
    customer: Ref  # by name alone where it is still to be added
    day: date  # that the sale carries
    total: Decimal
    additions: tuple[CustomerAdd | ItemServiceAdd | ItemNonInventoryAdd, ...] = ()  # to the lists, before


def not_created(refund: Refund, settings: Settings, company: CompanyFacts) -> Skip | None:
    """Why a refund's order can't be created, as far as the shop's data and the settings tell."""
    order, number = refund.order, naming.order_ref_number(refund.order.number)
    if refund.given == 0:
        return not_found(refund, settings, "No order is created for a refund for which nothing was given back.")
    missing = tuple(_missing_data(refund, settings))
    if missing:
        return Skip("order_incomplete", {"order": number, "missing": "; ".join(missing)})
    placed = _placed(refund, company)
    too_early = _placed_too_early(refund, placed, settings, company)
    if too_early:
        return not_found(refund, settings, f"It was placed on {placed.isoformat()}, {too_early}, so it is not created.")
    if company.home_currency and company.home_currency != refund.currency:
        return Skip("currency_differs", {"refund_currency": refund.currency, "sale_currency": company.home_currency})
    parts = sum((amount for _, amount in _amounts(refund)), ZERO) + (order.tax or ZERO)
    if parts != order.total:
        return Skip("order_total_differs", {"order": number, "shop": str(order.total), "parts": str(parts)})
    if settings.order_number_field is not SaleField.REF_NUMBER:
        why = "an order that is created is found again by the number of its sale (ref_number)"
        return Skip("order_needs_setting", {"order": number, "settings": "order_number_field", "why": why})
    for setting, why in _settings_needed(refund, settings, company):
        if not getattr(settings, setting):
            return Skip("order_needs_setting", {"order": number, "settings": setting, "why": why})
    return in_closed_books(company, booking_day(placed, settings, company), f"order {number}")


def _placed_too_early(refund: Refund, placed: date, settings: Settings, company: CompanyFacts) -> str:
    """In which way an order is too old to be created: it may be in the books in another form."""
    since = settings.missing_orders_since
    if since:
        return f"before missing_orders_since ({since})" if placed < date.fromisoformat(since) else ""
    days = (refund.created_at.astimezone(company.time_zone).date() - placed).days
    if days <= MAX_DAYS_BEFORE_REFUND:
        return ""
    return f"more than {MAX_DAYS_BEFORE_REFUND} days before its refund, and missing_orders_since names no other day"


def wanted_names(refund: Refund, settings: Settings, company: CompanyFacts) -> WantedNames:
    """Which customers and items QuickBooks is asked for."""
    order = refund.order
    names = [settings.missing_orders_item, settings.missing_orders_tax_item, settings.shipping_item]
    names += [
        settings.rounding_item,
        settings.gift_card_item,
        *(getattr(settings, key) for key in KIND_SETTINGS.values()),
    ]
    endings: list[str] = []
    if not settings.missing_orders_item:
        for line in order.lines:
            names += [company.item_of_sku.get(line.sku.casefold(), ""), line.sku, line.title]
            endings.append(line.sku)
    customers = (settings.missing_orders_customer,) if settings.missing_orders_customer else _customer_names(refund)
    return WantedNames(
        customers=customers,
        email="" if settings.missing_orders_customer else order.customer_email.strip(),
        items=_each_once(_sendable(names)),
        item_endings=_each_once(_sendable(endings)),
    )


def tax_members_wanted(listed: Listed, settings: Settings) -> tuple[str, ...]:
    """ListIDs of the sales taxes of a group whose rates are still to be read."""
    found = listed.item_named(settings.missing_orders_tax_item) if settings.missing_orders_tax_item else None
    known = {item.ref.list_id for item in listed.items}
    return tuple(member for member in found.members if member not in known) if found is not None else ()


def created_order(refund: Refund, settings: Settings, company: CompanyFacts, listed: Listed) -> CreatedOrder | Skip:
    """The documents of a refund's order, with what has to be added to the lists first, or why there are none."""
    skip = not_created(refund, settings, company)
    if skip is not None:
        return skip
    customer = _customer(refund, settings, listed)
    if isinstance(customer, Skip):
        return customer
    items = _items(refund, settings, company, listed)
    if isinstance(items, Skip):
        return items
    tax = _tax(refund, settings, company, listed)
    if isinstance(tax, Skip):
        return tax
    others = _others(refund, settings, listed, tax)
    if isinstance(others, Skip):
        return others
    account = _deposit_account(refund, settings, company)
    if isinstance(account, Skip):
        return account
    sale = _Sale(
        refund=refund,
        number=_number(refund, settings),
        customer=customer.ref,
        day=booking_day(_placed(refund, company), settings, company),
        account=account,
        payment_method=_payment_method(refund, settings, company),
        lines=(*_goods(refund, items.of_line, tax), *others, *tax.lines),
        tax=tax,
    )
    if settings.missing_orders_as is CreatedSale.SALES_RECEIPT:
        documents = _sales_receipt(sale)
    else:
        receivables = company.receivables_in(company.home_currency)
        if receivables is None:
            return Skip("no_receivables")
        documents = _invoice(sale, receivables.ref)
    additions = (*customer.additions, *items.additions)
    return unfit_documents(documents) or CreatedOrder(documents, customer.ref, sale.day, sale.total, additions)


# --- what the shop tells


def _number(refund: Refund, settings: Settings) -> str:
    """The number that the sale carries, made as those of sales that come in otherwise; empty where it would be cut."""
    numbers = sale_numbers(refund.order.number, settings)
    return numbers[0] if len(numbers) == 1 else ""


def _placed(refund: Refund, company: CompanyFacts) -> date:
    placed_at = refund.order.created_at
    if placed_at is None:
        raise ValueError("an order without its day was not refused as incomplete")
    return placed_at.astimezone(company.time_zone).date()


def _missing_data(refund: Refund, settings: Settings) -> Iterator[str]:
    """What can't be told of the order, in words."""
    order, number = refund.order, _number(refund, settings)
    untold = {
        "the day it was placed": order.created_at is None,
        "its lines": not order.lines,
        "its total": order.total is None,
        "its sales tax": order.tax is None,
        "its shipping": order.shipping is None,
        "its customer": not (order.customer_name.strip() or order.customer_email.strip()),
        "which part of its sales tax the sales channel collected": bool(refund.channel_tax),
        "whether all of it was paid in money": order.paid is None and refund.money_back != order.total,
    }
    if any(extra.kind not in KIND_SETTINGS for extra in order.extras):
        untold["what an amount on it was for"] = True
    names = [what for what, is_untold in untold.items() if is_untold]
    if names:
        yield f"the shop's data does not tell {', '.join(names)}"
    if order.paid is False:
        yield "not all of it was paid in money"
    if not (0 < len(number) <= _MAX_NUMBER_CHARACTERS and number.isascii() and number.isprintable()):
        yield f"QuickBooks takes numbers of at most {_MAX_NUMBER_CHARACTERS} plain characters, not {order.number!r}"
    figures = [*(amount for _, amount in _amounts(refund)), *(line.tax for line in order.lines), order.tax, order.total]
    if any(figure is not None and not _is_amount(figure) for figure in figures):
        yield "an amount of it is below zero or no amount"
    if any(not line.quantity.is_finite() or line.quantity < 0 for line in order.lines):
        yield "a quantity of it is below zero or no number"


def _is_amount(figure: Decimal) -> bool:
    return figure.is_finite() and figure >= 0 and figure == cents(figure)


def _amounts(refund: Refund) -> Iterator[tuple[str, Decimal]]:
    """What the order comes to without its tax: of each line, of shipping, of tips and the like."""
    for line in refund.order.lines:
        yield "line", line.amount
    yield "shipping", refund.order.shipping or ZERO
    for extra in refund.order.extras:
        yield extra.kind.value, extra.amount


def _settings_needed(refund: Refund, settings: Settings, company: CompanyFacts) -> Iterator[tuple[str, str]]:
    order = refund.order
    if order.shipping:
        yield "shipping_item", f"{order.shipping} of shipping stands on it"
    for extra in order.extras:
        setting = KIND_SETTINGS.get(extra.kind)
        if setting is not None and extra.amount:
            yield setting, f"{extra.amount} ({extra.kind.value}) stands on it"
    if order.tax and not _by_codes(settings, company):
        yield "missing_orders_tax_item", f"the order has {order.tax} of sales tax"
    if settings.missing_orders_item and any(line.gift_card for line in order.lines):
        yield "gift_card_item", "a gift card was sold, which is no income"
    if settings.missing_orders_new_items is not NewItems.REFUSE:
        yield "missing_orders_income_account", "items that QuickBooks lacks are added"


# --- the customer


@dataclass(frozen=True)
class _Customer:
    ref: Ref
    additions: tuple[CustomerAdd, ...] = ()


def _customer(refund: Refund, settings: Settings, listed: Listed) -> _Customer | Skip:
    """By e-mail, then by name, else one that is added; or the one for all orders that the settings name."""
    active = [customer for customer in listed.customers if customer.is_active]
    if settings.missing_orders_customer:
        wanted = settings.missing_orders_customer
        named = next((c for c in active if c.name.casefold() == wanted.casefold()), None)
        if named is None:
            return Skip("customer_unknown", {"customer": wanted, "setting": "missing_orders_customer"})
        return _in_currency(refund, named)
    names = _customer_names(refund)
    by_email = _by_email(refund, active, names[0])
    if isinstance(by_email, Skip):
        return by_email
    by_name = (c for name in names for c in active if c.name.casefold() == name.casefold())
    found = by_email or next(by_name, None)
    if found is not None:
        return _in_currency(refund, found)
    taken = {name.casefold() for name in (*listed.names_in_use, *(c.name for c in listed.customers))}
    free = next((name for name in names if name.casefold() not in taken), None)
    if free is None:
        others = ", ".join(names[1:])
        facts = {"name": names[0], "others": others, "order": naming.order_ref_number(refund.order.number)}
        return Skip("customer_name_taken", facts)
    email = " ".join(refund.order.customer_email.split())
    is_fit = "@" in email and email.isprintable() and len(email) <= _MAX_EMAIL_CHARACTERS
    added = CustomerAdd(
        name=free, email=email if is_fit else None, notes=f"Added by Connex. {naming.order_memo_text(refund)}"
    )
    return _Customer(Ref(full_name=free), (added,))


def _by_email(refund: Refund, active: Iterable[ListedCustomer], name: str) -> ListedCustomer | Skip | None:
    """The customer of the order's e-mail address: of several the one of its name, or the only one that is no job."""
    wanted = refund.order.customer_email.strip().casefold()
    found = [c for c in active if wanted and wanted in _BETWEEN_ADDRESSES.split(c.email.casefold())]
    found = [c for c in found if c.name.casefold() == name.casefold()] or found
    found = [c for c in found if ":" not in c.name] or found
    if len(found) > 1:
        number = naming.order_ref_number(refund.order.number)
        return Skip("ambiguous_customer", {"order": number, "customers": ", ".join(c.name for c in found)})
    return found[0] if found else None


def _in_currency(refund: Refund, customer: ListedCustomer) -> _Customer | Skip:
    if customer.currency and customer.currency != refund.currency:
        return Skip("currency_differs", {"refund_currency": refund.currency, "sale_currency": customer.currency})
    return _Customer(customer.ref)


def _customer_names(refund: Refund) -> tuple[str, ...]:
    """The names under which the order's customer may stand or be added, the likeliest first."""
    name = _cleaned(refund.order.customer_name) or _cleaned(refund.order.customer_email)
    return tuple(f"{name[: MAX_CUSTOMER_CHARACTERS - len(suffix)].rstrip()}{suffix}" for suffix in NAME_SUFFIXES)


def _cleaned(text: str) -> str:
    """A text as it can be a name in a list: printable, in one line, without a colon."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


# --- the items


@dataclass(frozen=True)
class _Items:
    of_line: Mapping[int, Ref]  # by the line's place in the order
    additions: tuple[ItemServiceAdd | ItemNonInventoryAdd, ...] = ()


def _items(refund: Refund, settings: Settings, company: CompanyFacts, listed: Listed) -> _Items | Skip:
    """The item of each line: that for all, else by the mapping, the SKU or the title, else one that is added."""
    number = naming.order_ref_number(refund.order.number)
    income: Account | None = None
    if settings.missing_orders_new_items is not NewItems.REFUSE:
        income = company.account_named(settings.missing_orders_income_account)
        if income is None or income.account_type not in ("Income", "OtherIncome"):
            why = "is not there, not active, or no income account"
            return _unfit_account(refund, settings.missing_orders_income_account, "missing_orders_income_account", why)
    of_line: dict[int, Ref] = {}
    added: dict[str, ItemServiceAdd | ItemNonInventoryAdd] = {}
    lacking: list[str] = []
    for place, line in enumerate(refund.order.lines):
        setting = _setting_of(line, settings)
        found = _named_by(setting, settings, listed) if setting else _item_of(line, company, listed)
        if isinstance(found, Skip):
            return found
        if found is not None:
            if found.kind not in _STANDS_ON_A_LINE:
                return _unfit_item(found, refund)
            of_line[place] = found.ref
            continue
        name = _new_item_name(line, listed)
        if income is None or not name:
            lacking.append(_words(line))
            continue
        added.setdefault(name.casefold(), _new_item(line, name, settings, company, income))
        of_line[place] = Ref(full_name=added[name.casefold()].name)
    if lacking:
        return Skip("item_not_in_quickbooks", {"items": ", ".join(lacking), "order": number})
    return _Items(of_line, tuple(added.values()))


def _setting_of(line: OrderLine, settings: Settings) -> str:
    """The setting that names the item of a line, whatever its SKU."""
    if line.gift_card and settings.gift_card_item:
        return "gift_card_item"
    return "missing_orders_item" if settings.missing_orders_item else ""


def _named_by(setting: str, settings: Settings, listed: Listed) -> ListedItem | Skip:
    name = getattr(settings, setting)
    found = listed.item_named(name)
    if found is None or not found.is_active:
        return Skip("item_unknown", {"item": name, "setting": setting})
    return found


def _item_of(line: OrderLine, company: CompanyFacts, listed: Listed) -> ListedItem | Skip | None:
    """The item of a line; None where QuickBooks has none. A mapped item that is not there is a mistake to be told."""
    mapped = company.item_of_sku.get(line.sku.casefold(), "") if line.sku else ""
    if mapped:
        found = listed.item_named(mapped)
        if found is None or not found.is_active:
            return Skip("item_unknown", {"item": mapped, "setting": f"(item mapping of {line.sku})"})
        return found
    active = [item for item in listed.items if item.is_active]
    for name in filter(None, (line.sku, line.title if not line.sku else "")):
        wanted = name.casefold()
        whole = [item for item in active if item.name.casefold() == wanted]
        below = [item for item in active if item.name.casefold().rpartition(":")[2] == wanted]
        if whole or len(below) == 1:
            return (whole or below)[0]
    titled = [item for item in active if line.title and item.name.casefold() == line.title.casefold()]
    return titled[0] if titled else None


def _new_item_name(line: OrderLine, listed: Listed) -> str:
    """Under which name an item is added; empty where it can't be: too long, or there and not active."""
    name = line.sku or line.title
    is_fit = 0 < len(name) <= MAX_ITEM_CHARACTERS and name == _cleaned(name)
    return name if is_fit and listed.item_named(name) is None else ""


def _new_item(
    line: OrderLine, name: str, settings: Settings, company: CompanyFacts, income: Account
) -> ItemServiceAdd | ItemNonInventoryAdd:
    kind = ItemServiceAdd if settings.missing_orders_new_items is NewItems.SERVICE else ItemNonInventoryAdd
    return kind(
        name=name,
        sales_tax_code_ref=company.taxable_code if line.tax else company.non_taxable_code,
        sales_or_purchase=SalesOrPurchase(desc=description(line.title), account_ref=income.ref),
    )


def _words(line: OrderLine) -> str:
    if line.sku:
        return f"the SKU {line.sku} ({line.title})" if line.title else f"the SKU {line.sku}"
    return f"{line.title or line.line_id}, which has no SKU"


# --- the tax


@dataclass(frozen=True)
class _Line:
    """A line of the sale, whatever kind of sale it is."""

    item: Ref
    desc: str
    amount: Decimal
    code: Ref | None
    quantity: Decimal | None = None


@dataclass(frozen=True)
class _Tax:
    """How the order's tax comes into the sale."""

    item: Ref | None = None  # by which QuickBooks works it out
    taxed: Ref | None = None  # the code of what bears it
    untaxed: Ref | None = None
    lines: tuple[_Line, ...] = field(default=())  # the tax itself, or what rounding has left
    in_quickbooks: Decimal = ZERO  # that QuickBooks works out
    codes: Mapping[tuple[Decimal, Decimal], Ref] = field(default_factory=dict)  # of an amount and the tax on it
    is_included: bool = False  # the lines have the tax in them, by these codes

    def on(self, amount: Decimal, tax: Decimal) -> tuple[Decimal, Ref | None]:
        """With which amount and sales tax code a line stands on the sale."""
        if self.is_included:
            return amount + tax, self.codes[amount, tax]
        return amount, self.taxed if tax and self.taxed is not None else self.untaxed


def _by_codes(settings: Settings, company: CompanyFacts) -> bool:
    """Whether the tax of an order is worked out by the codes of its lines, which only other editions than the US one
    do."""
    return bool(settings.missing_orders_tax_codes) and company.country not in ("", "US")


def _tax_by_codes(refund: Refund, settings: Settings, company: CompanyFacts, untaxed: Ref) -> _Tax | Skip:
    """The code of each line, whose tax is in its amount: so the sale comes to what the shop took, however QuickBooks
    rounds the tax that it takes out of it."""
    names = {name.casefold(): name for name in company.tax_rates}
    listed = [name.strip() for name in settings.missing_orders_tax_codes.split(",") if name.strip()]
    unknown = [name for name in listed if name.casefold() not in names]
    if unknown:
        why = f"QuickBooks has no sales tax code {', '.join(unknown)} whose rate can be told"
        number = naming.order_ref_number(refund.order.number)
        return Skip("order_needs_setting", {"order": number, "settings": "missing_orders_tax_codes", "why": why})
    rule = TaxRule(company.tax_rates, inclusive=True, rounding=Rounding.BY_LINE, parts=company.tax_parts)
    usable = [Ref(full_name=names[name.casefold()]) for name in listed]
    codes: dict[tuple[Decimal, Decimal], Ref] = {}
    for amount, tax in _taxed_amounts(refund):
        free = [] if tax else [code for code in usable if not rule.bears_tax(code)] or [untaxed]
        made = {code: rule.tax_on([(amount + tax, code)]) for code in free or usable}
        best = min(made, key=lambda code: abs(made[code] - tax))
        if abs(made[best] - tax) > _CENT:
            facts = {"quickbooks": str(made[best]), "shop": str(tax), "difference": str(tax - made[best])}
            return Skip("tax_difference", facts)
        codes[amount, tax] = best
    return _Tax(untaxed=untaxed, codes=codes, is_included=True)


def _tax(refund: Refund, settings: Settings, company: CompanyFacts, listed: Listed) -> _Tax | Skip:
    order = refund.order
    untaxed = company.non_taxable_code
    if company.country not in ("", "US") and untaxed is None:
        missing = "QuickBooks does not tell its sales tax code for what bears none"
        return Skip("order_incomplete", {"order": naming.order_ref_number(order.number), "missing": missing})
    if untaxed is not None and _by_codes(settings, company):
        return _tax_by_codes(refund, settings, company, untaxed)
    if not order.tax:
        return _Tax(untaxed=untaxed)
    item = _named_by("missing_orders_tax_item", settings, listed)
    if isinstance(item, Skip):
        return item
    if item.kind in _STANDS_ON_A_LINE:
        return _Tax(untaxed=untaxed, lines=(_Line(item.ref, "Sales tax", order.tax, untaxed),))
    rates = _rates(item, listed)
    if rates is None or company.country not in ("", "US") or company.taxable_code is None:
        by_codes = "" if company.country in ("", "US") else ", and missing_orders_tax_codes gives each line its code"
        why = (
            f"{item.name} is no item by which this QuickBooks works sales tax out; an item of another kind, with the "
            f"account Sales Tax Payable, takes the shop's tax as a line{by_codes}"
        )
        facts = {"order": naming.order_ref_number(order.number), "settings": "missing_orders_tax_item", "why": why}
        return Skip("order_needs_setting", facts)
    base = sum((amount for amount, tax in _taxed_amounts(refund) if tax), ZERO)
    worked_out = sum((cents(base * rate / 100) for rate in rates), ZERO)
    rounding = _rounding(refund, settings, listed, order.tax - worked_out, untaxed)
    if isinstance(rounding, Skip):
        facts = {"quickbooks": str(worked_out), "shop": str(order.tax), "difference": str(order.tax - worked_out)}
        return rounding if rounding.reason != "tax_difference" else Skip("tax_difference", facts)
    return _Tax(item.ref, company.taxable_code, untaxed, rounding, worked_out)


def _rates(item: ListedItem, listed: Listed) -> tuple[Decimal, ...] | None:
    """The percentages of a sales tax item, or of each tax of a group, which QuickBooks rounds by itself."""
    if item.kind == SALES_TAX_ITEM:
        return (item.tax_rate,) if item.tax_rate is not None else None
    if item.kind != SALES_TAX_GROUP or not item.members:
        return None
    by_id = {each.ref.list_id: each.tax_rate for each in listed.items}
    rates = [by_id.get(member) for member in item.members]
    return tuple(rate for rate in rates if rate is not None) if None not in rates else None


def _taxed_amounts(refund: Refund) -> Iterator[tuple[Decimal, Decimal]]:
    """Each amount of the order, and the tax on it; what is left of the tax is that of the shipping, the last one."""
    order = refund.order
    told = sum((line.tax for line in order.lines), ZERO) + sum((extra.tax for extra in order.extras), ZERO)
    for line in order.lines:
        yield line.amount, line.tax
    for extra in order.extras:
        yield extra.amount, extra.tax
    yield order.shipping or ZERO, max((order.tax or ZERO) - told, ZERO)


def _rounding(
    refund: Refund, settings: Settings, listed: Listed, difference: Decimal, untaxed: Ref | None
) -> tuple[_Line, ...] | Skip:
    """The line that makes up for another rounding of the tax, where it is no more than that."""
    if not difference:
        return ()
    if not settings.rounding_item or abs(difference) > settings.rounding_limit:
        return Skip("tax_difference")
    item = _named_by("rounding_item", settings, listed)
    if isinstance(item, Skip):
        return item
    number = naming.order_ref_number(refund.order.number)
    return (_Line(item.ref, f"Tax rounding of order {number}", difference, untaxed),)


# --- the documents


def _goods(refund: Refund, items: Mapping[int, Ref], tax: _Tax) -> list[_Line]:
    """Goods that were taken off the order before it was paid stand on it with a quantity of none, and are left out."""
    return [
        _Line(items[place], line.title or line.sku, *tax.on(line.amount, line.tax), line.quantity)
        for place, line in enumerate(refund.order.lines)
        if line.quantity or line.amount
    ]


def _others(refund: Refund, settings: Settings, listed: Listed, tax: _Tax) -> list[_Line] | Skip:
    """Shipping, tips and the like, each on the item that its setting names."""
    *_, (shipping, tax_on_shipping) = _taxed_amounts(refund)
    wanted = [("shipping_item", "Shipping", shipping, tax_on_shipping)]
    for extra in refund.order.extras:
        words = extra.reason or extra.kind.value.capitalize()
        wanted.append((KIND_SETTINGS[extra.kind], words, extra.amount, extra.tax))
    found = []
    for setting, words, amount, tax_on_it in wanted:
        if not amount:
            continue
        item = _named_by(setting, settings, listed)
        if isinstance(item, Skip):
            return item
        if item.kind not in _STANDS_ON_A_LINE:
            return _unfit_item(item, refund)
        found.append(_Line(item.ref, words, *tax.on(amount, tax_on_it)))
    return found


@dataclass(frozen=True)
class _Sale:
    """What both kinds of sale have in common."""

    refund: Refund
    number: str
    customer: Ref
    day: date
    account: Account  # that the money is deposited to
    payment_method: Ref | None
    lines: tuple[_Line, ...]
    tax: _Tax

    @property
    def total(self) -> Decimal:
        """What QuickBooks will make it."""
        return sum((line.amount for line in self.lines), ZERO) + self.tax.in_quickbooks

    def guid(self, role: Role) -> str:
        return naming.order_guid(self.refund, role)


def _sales_receipt(sale: _Sale) -> tuple[Document, ...]:
    guid = sale.guid(Role.SALE)
    request = SalesReceiptAdd(
        def_macro=naming.macro_of(guid),
        customer_ref=sale.customer,
        txn_date=sale.day,
        ref_number=sale.number,
        payment_method_ref=sale.payment_method,
        item_sales_tax_ref=sale.tax.item,
        memo=naming.order_memo_text(sale.refund),
        is_to_be_printed=False,
        is_to_be_emailed=False,
        is_tax_included=sale.tax.is_included or None,
        customer_sales_tax_code_ref=sale.tax.taxed,
        deposit_to_account_ref=sale.account.ref,
        external_guid=guid,
        lines=tuple(SalesReceiptLineAdd(**_line_fields(line)) for line in sale.lines),
    )
    return (_document(sale, Role.SALE, request, account=sale.account.full_name),)


def _invoice(sale: _Sale, receivables: Ref) -> tuple[Document, ...]:
    """The invoice, and the payment that the shop received for all of it."""
    guid, of_payment = sale.guid(Role.SALE), sale.guid(Role.SALE_PAYMENT)
    invoice = InvoiceAdd(
        def_macro=naming.macro_of(guid),
        customer_ref=sale.customer,
        ar_account_ref=receivables,
        txn_date=sale.day,
        ref_number=sale.number,
        item_sales_tax_ref=sale.tax.item,
        memo=naming.order_memo_text(sale.refund),
        is_to_be_printed=False,
        is_to_be_emailed=False,
        is_tax_included=sale.tax.is_included or None,
        customer_sales_tax_code_ref=sale.tax.taxed,
        external_guid=guid,
        lines=tuple(InvoiceLineAdd(**_line_fields(line)) for line in sale.lines),
    )
    payment = ReceivePaymentAdd(
        def_macro=naming.macro_of(of_payment),
        customer_ref=sale.customer,
        ar_account_ref=receivables,
        txn_date=sale.day,
        ref_number=sale.number,
        total_amount=sale.total,
        payment_method_ref=sale.payment_method,
        memo=naming.order_memo_text(sale.refund),
        deposit_to_account_ref=sale.account.ref,
        external_guid=of_payment,
        applied_to_txn_adds=(
            AppliedToTxnAdd(txn_id=MacroID(use_macro=naming.macro_of(guid)), payment_amount=sale.total),
        ),
    )
    return (
        _document(sale, Role.SALE, invoice),
        _document(sale, Role.SALE_PAYMENT, payment, account=sale.account.full_name),
    )


def _line_fields(line: _Line) -> dict[str, Any]:
    return {
        "item_ref": line.item,
        "desc": description(line.desc),
        "quantity": line.quantity or None,
        "amount": line.amount,
        "sales_tax_code_ref": line.code,
    }


def _document(sale: _Sale, role: Role, request: Request, account: str = "") -> Document:
    return Document(
        role=role,
        part=1,
        request=request,
        external_guid=sale.guid(role),
        ref_number=sale.number,
        amount=sale.total,
        account=account,
    )


def _deposit_account(refund: Refund, settings: Settings, company: CompanyFacts) -> Account | Skip:
    """Where the money of the order lies: as the setting says, else where the refund's gateway pays out from, else
    Undeposited Funds."""
    gateways = {money.gateway for money in money_by_gateway(refund)}
    mapped = {gateway_named(company.gateways, gateway).account for gateway in gateways} if len(gateways) == 1 else set()
    for wanted, where in (
        (settings.missing_orders_account, "the setting missing_orders_account"),
        ("".join(mapped), f"the mapping of the gateway {''.join(gateways)}"),
    ):
        if not wanted:
            continue
        account = company.account_named(wanted)
        if account is None:
            return _unfit_account(refund, wanted, where, "is not there or not active")
        if account.account_type not in PAYOUT_ACCOUNT_TYPES:
            return _unfit_account(refund, wanted, where, f"is of type {account.account_type}, no bank or asset account")
        return account
    undeposited = company.undeposited_funds
    if undeposited is None:
        facts = {
            "order": naming.order_ref_number(refund.order.number),
            "settings": "missing_orders_account",
            "why": "this company file has no Undeposited Funds account yet",
        }
        return Skip("order_needs_setting", facts)
    return undeposited


def _payment_method(refund: Refund, settings: Settings, company: CompanyFacts) -> Ref | None:
    """That of the refund's gateway, else that of the settings; none where QuickBooks does not have it."""
    gateways = [money.gateway for money in money_by_gateway(refund)]
    mapped = gateway_named(company.gateways, gateways[0]).payment_method if len(gateways) == 1 else ""
    wanted = (mapped or settings.payment_method).casefold()
    return next((m for m in company.payment_methods if wanted and (m.full_name or "").casefold() == wanted), None)


def _unfit_item(item: ListedItem, refund: Refund) -> Skip:
    kind = _KIND_WORDS.get(item.kind, item.kind)
    return Skip("item_unfit", {"item": item.name, "kind": kind, "order": naming.order_ref_number(refund.order.number)})


def _unfit_account(refund: Refund, account: str, where: str, why: str) -> Skip:
    facts = {"account": account, "where": where, "why": why, "order": naming.order_ref_number(refund.order.number)}
    return Skip("order_account_unfit", facts)


def _sendable(names: Iterable[str]) -> Iterator[str]:
    """Those that can be asked for at all."""
    return (name.strip() for name in names if name.strip() and name.isprintable() and len(name) <= MAX_NAME_CHARACTERS)


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple({name.casefold(): name for name in names}.values())
