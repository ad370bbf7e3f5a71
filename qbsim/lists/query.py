"""Queries for list elements."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading
from qbsim.context import Context, Outcome
from qbsim.lists.accounts import Account
from qbsim.lists.customers import CUSTOMER_REFERENCES, CUSTOMER_TEXTS, Customer
from qbsim.lists.element import CORE_ORDER
from qbsim.lists.items import Item
from qbsim.lists.references import refer
from qbsim.lists.small import NamedElement, PaymentMethod, SalesTaxCode
from qbsim.lists.table import ListTable
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text
from qbsim.paging import answer, between, iterate, limited, matcher
from qbsim.transactions.sales_document import address_nodes
from qbsim.transactions.sales_order import SalesOrder

if TYPE_CHECKING:
    from qbsim.company import Company

_CUSTOMER_ORDER = (
    *CORE_ORDER,
    *("IsActive", "ParentRef", "Sublevel", "CompanyName", "Salutation", "FirstName", "MiddleName", "LastName"),
    *("BillAddress", "BillAddressBlock", "ShipAddress", "ShipAddressBlock", "PrintAs", "Phone", "AltPhone", "Fax"),
    *("Email", "Contact", "TermsRef", "SalesRepRef", "Balance", "TotalBalance", "SalesTaxCodeRef"),
    *("ItemSalesTaxRef", "ResaleNumber", "AccountNumber", "PreferredPaymentMethodRef", "JobStatus", "Notes"),
    *("ExternalGUID", "CurrencyRef"),
)
_OPERATORS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "LessThan": lambda one, other: one < other,
    "LessThanEqual": lambda one, other: one <= other,
    "Equal": lambda one, other: one == other,
    "GreaterThan": lambda one, other: one > other,
    "GreaterThanEqual": lambda one, other: one >= other,
}

Test = Callable[[Any], bool]


def query_accounts(context: Context, request: Element) -> Outcome:
    """Works AccountQueryRq."""
    company = context.company
    kinds = set(reading.texts(request, "AccountType"))

    def fits(account: Account) -> bool:
        return not kinds or account.account_type in kinds

    def ret(account: Account) -> tuple[str, Nodes]:
        return "AccountRet", account_ret(company, account)

    return query_list(context, request, company.lists.accounts, fits, ret)


def query_customers(context: Context, request: Element) -> Outcome:
    """Works CustomerQueryRq."""
    company = context.company
    element = request.find("TotalBalanceFilter")
    operator = reading.text(element, "Operator") if element is not None else None
    wanted = (reading.amount(element, "Amount") if element is not None else None) or ZERO
    shows_guid = context.behaviour.shows_external_guid

    def fits(customer: Customer) -> bool:
        return operator is None or _OPERATORS[operator](_total_balance(company, customer), wanted)

    def ret(customer: Customer) -> tuple[str, Nodes]:
        return "CustomerRet", customer_ret(company, customer, shows_guid=shows_guid)

    return query_list(context, request, company.lists.customers, fits, ret)


def query_items(context: Context, request: Element) -> Outcome:
    """Works ItemQueryRq, and the queries for items of one kind such as ItemServiceQueryRq."""
    company = context.company
    kind = str(request.tag).removesuffix("QueryRq")

    def fits(item: Item) -> bool:
        return kind in ("Item", item.item_type)

    ordered = _on_sales_orders(company)

    def ret(item: Item) -> tuple[str, Nodes]:
        return f"{item.item_type}Ret", item_ret(company, item, ordered.get(item.list_id, Decimal(0)))

    return query_list(context, request, company.lists.items, fits, ret)


def query_payment_methods(context: Context, request: Element) -> Outcome:
    """Works PaymentMethodQueryRq."""
    kinds = set(reading.texts(request, "PaymentMethodType"))

    def fits(method: PaymentMethod) -> bool:
        return not kinds or method.payment_method_type in kinds

    def ret(method: PaymentMethod) -> tuple[str, Nodes]:
        return "PaymentMethodRet", method.ret()

    return query_list(context, request, context.company.lists.payment_methods, fits, ret)


def query_classes(context: Context, request: Element) -> Outcome:
    """Works ClassQueryRq."""
    classes = context.company.lists.classes

    def ret(element: NamedElement) -> tuple[str, Nodes]:
        parent = classes.get(element.parent_id or "")
        values = {**element.core(), "ParentRef": parent.reference() if parent else None}
        return "ClassRet", pick((*CORE_ORDER, "IsActive", "ParentRef", "Sublevel"), values)

    return query_list(context, request, classes, lambda _class: True, ret)


def query_sales_tax_codes(context: Context, request: Element) -> Outcome:
    """Works SalesTaxCodeQueryRq."""

    def ret(code: SalesTaxCode) -> tuple[str, Nodes]:
        return "SalesTaxCodeRet", code.ret(lambda list_id: refer(context.company.lists, "ItemSalesTaxRef", list_id))

    return query_list(context, request, context.company.lists.sales_tax_codes, lambda _code: True, ret)


def account_ret(company: Company, account: Account) -> Nodes:
    """The inside of AccountRet."""
    below = company.lists.accounts.with_children(account.list_id)
    ledger = company.ledger
    total = sum((ledger.account_in_own_currency(list_id) for list_id in below), ZERO)
    parent = company.lists.accounts.get(account.parent_id or "")
    currency = currency_reference(company, account.currency_id)
    return account.ret(parent, ledger.account_in_own_currency(account.list_id), total, currency)


def currency_reference(company: Company, currency_id: str | None) -> Nodes | None:
    """The inside of CurrencyRef, the home currency's where none is kept; None in a company that has but one."""
    if not company.preferences.multi_currency:
        return None
    return refer(company.lists, "CurrencyRef", currency_id or company.preferences.home_currency_id)


def item_ret(company: Company, item: Item, on_sales_order: Decimal) -> Nodes:
    """The inside of an item's Ret."""
    return item.ret(
        lambda list_id: refer(company.lists, "ItemRef", list_id),
        lambda list_id: refer(company.lists, "AccountRef", list_id),
        lambda list_id: refer(company.lists, "SalesTaxCodeRef", list_id),
        on_sales_order,
    )


def customer_ret(company: Company, customer: Customer, *, shows_guid: bool) -> Nodes:
    """The inside of CustomerRet."""
    parent = company.lists.customers.get(customer.parent_id or "")
    values: dict[str, str | Nodes | None] = {**customer.core(), "JobStatus": "None"}
    values.update({name: getattr(customer, kept) for name, kept in CUSTOMER_TEXTS.items()})
    for name, kept in CUSTOMER_REFERENCES.items():
        values[name] = refer(company.lists, name, getattr(customer, kept))
    values["BillAddress"], values["BillAddressBlock"] = address_nodes(customer.bill_address)
    values["ShipAddress"], values["ShipAddressBlock"] = address_nodes(customer.ship_address)
    values["ParentRef"] = parent.reference() if parent else None
    values["Balance"] = amount_text(company.ledger.customer(customer.list_id))
    values["TotalBalance"] = amount_text(_total_balance(company, customer))
    values["ExternalGUID"] = customer.external_guid if shows_guid else None
    values["CurrencyRef"] = currency_reference(company, customer.currency_id)
    return pick(_CUSTOMER_ORDER, values)


def query_list(
    context: Context,
    request: Element,
    table: ListTable[Any],
    fits: Test,
    ret: Callable[[Any], tuple[str, Nodes]],
) -> Outcome:
    """The outcome of a list query: by ListID, by name, or by the filters that all list queries have and `fits`."""
    if request.get("iterator") is not None:
        return iterate(
            context,
            request,
            lambda: ((each.list_id, each) for each in _matching(context, request, table, fits)),
            table.get,
            ret,
        )
    wanted = {name: reading.texts(request, name) for name in ("ListID", "FullName")}
    if any(wanted.values()):
        pairs = [(value, table.get(reading.object_id(value, "ListID"))) for value in wanted["ListID"]]
        pairs += [(value, table.find(value)) for value in wanted["FullName"]]
        missing = next((value for value, element in pairs if element is None), None)
        return answer(request, [element for _, element in pairs if element is not None], ret, missing)
    return answer(request, limited(request, _matching(context, request, table, fits)), ret)


def _matching(context: Context, request: Element, table: ListTable[Any], fits: Test) -> list[Any]:
    zone = context.company.now().tzinfo
    active = reading.text(request, "ActiveStatus") or "ActiveOnly"
    start = reading.moment(request, "FromModifiedDate", zone)
    end = reading.moment(request, "ToModifiedDate", zone, end_of_day=True)
    named = matcher(request.find("NameFilter"), "Name")
    span = request.find("NameRangeFilter")
    low = reading.text(span, "FromName") if span is not None else None
    high = reading.text(span, "ToName") if span is not None else None
    within = between(low, high, "NameRangeFilter")
    return [
        element
        for element in table
        if (active == "All" or element.is_active == (active == "ActiveOnly"))
        and (start is None or element.stamp.time_modified >= start)
        and (end is None or element.stamp.time_modified <= end)
        and named(element.name)
        and within(element.name)
        and fits(element)
    ]


def _total_balance(company: Company, customer: Customer) -> Decimal:
    members = company.lists.customers.with_children(customer.list_id)
    return sum((company.ledger.customer(member) for member in members), ZERO)


def _on_sales_orders(company: Company) -> dict[str, Decimal]:
    """Quantities that are on open sales orders, by the item's ListID."""
    ordered: dict[str, Decimal] = {}
    for order in company.of_type(SalesOrder):
        for item_id, quantity in order.open_quantities():
            ordered[item_id] = ordered.get(item_id, Decimal(0)) + quantity
    return ordered
