"""New list elements: CustomerAdd, AccountAdd and the adds of items that are sold.

Fields that are not kept are passed over with a warning (530), as on transactions.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.currencies import foreign, make_receivable_account
from qbsim.editions import edition
from qbsim.lists.accounts import FOREIGN_TYPES, Account
from qbsim.lists.customers import CUSTOMER_REFERENCES, CUSTOMER_TEXTS, Customer
from qbsim.lists.element import ListElement
from qbsim.lists.items import INVENTORY, Item
from qbsim.lists.query import account_ret, customer_ret, item_ret
from qbsim.lists.references import look_up, resolve
from qbsim.lists.table import ListTable
from qbsim.nodes import Nodes
from qbsim.numbers import CENT, ZERO
from qbsim.paging import only_elements
from qbsim.status import message, refusal
from qbsim.transactions.opening import open_balance

if TYPE_CHECKING:
    from qbsim.company import Company

#: The character between the levels of a full name; no name may have it.
LEVELS = ":"
#: A name may stand so many levels deep.
MAX_LEVELS = 5
_COMMON = frozenset({"Name", "IsActive", "ParentRef", "ExternalGUID"})
_CUSTOMER_KEPT = _COMMON | CUSTOMER_TEXTS.keys() | CUSTOMER_REFERENCES.keys() | {"BillAddress", "ShipAddress"}
_ACCOUNT_KEPT = frozenset({"Name", "IsActive", "ParentRef", "AccountType", "AccountNumber", "Desc"})
_STOCK = {"IncomeAccountRef": "account_id", "COGSAccountRef": "cost_account_id", "AssetAccountRef": "asset_account_id"}
_ITEM_KEPT = frozenset(
    {
        *("Name", "IsActive", "ParentRef", "SalesTaxCodeRef", "SalesOrPurchase", "SalesAndPurchase", "SalesDesc"),
        *("SalesPrice", "PurchaseCost", "QuantityOnHand", "TotalValue", "InventoryDate"),
        *_STOCK,
    }
)


def create(company: Company, table: ListTable[Any], name: str, parent_id: str | None = None, **values: Any) -> Any:
    """Makes an element of a list and takes it in.

    Refused as 3090 for a colon in the name, as 3100 for a name that is taken, as 3130 where it would stand too deep.
    """
    if LEVELS in name:
        raise refusal(status.BAD_LIST_NAME, value=name, field="Name")
    parent: ListElement | None = table.get(parent_id) if parent_id is not None else None
    full_name = f"{parent.full_name}{LEVELS}{name}" if parent else name
    if table.find(full_name) is not None:
        raise refusal(status.NAME_IN_USE, value=name)
    sublevel = parent.sublevel + 1 if parent else 0
    if sublevel >= MAX_LEVELS:
        raise refusal(status.BAD_PARENT, value=full_name, object=table.element_type.__name__)
    return table.add(
        table.element_type(
            stamp=company.list_stamp(), name=name, full_name=full_name, parent_id=parent_id, sublevel=sublevel, **values
        )
    )


def add_customer(context: Context, request: Element) -> Outcome:
    """Works CustomerAddRq."""
    company, element = context.company, _add_element(request)
    values: dict[str, Any] = {kept: reading.text(element, name) for name, kept in CUSTOMER_TEXTS.items()}
    unknown = edition(company.preferences.country).unknown_fields
    for field, kept in CUSTOMER_REFERENCES.items():
        found = resolve(company.lists, element, field, "Customer")
        values[kept] = None if field in unknown else found
    values["bill_address"] = reading.address(element, "BillAddress")
    values["ship_address"] = reading.address(element, "ShipAddress")
    values["external_guid"] = reading.text(element, "ExternalGUID")
    if company.preferences.multi_currency:
        values["currency_id"] = resolve(company.lists, element, "CurrencyRef", "Customer")
    customer: Customer = _created(company, company.lists.customers, element, "Customer", values)
    take_currency(company, customer)
    inside = customer_ret(company, customer, shows_guid=context.behaviour.shows_external_guid)
    return _outcome(
        request, element, customer, ("CustomerRet", inside), (_CUSTOMER_KEPT | _currency_field(company)) - unknown
    )


def take_currency(company: Company, customer: Customer) -> None:
    """A job is in its customer's currency; the first customer in a currency brings its receivable account along."""
    parent = company.lists.customers.get(customer.parent_id or "")
    if parent is not None:
        customer.currency_id = parent.currency_id
    make_receivable_account(company, customer.currency_id)


def _currency_field(company: Company) -> frozenset[str]:
    return frozenset({"CurrencyRef"}) if company.preferences.multi_currency else frozenset()


def add_account(context: Context, request: Element) -> Outcome:
    """Works AccountAddRq."""
    company, element = context.company, _add_element(request)
    values = {
        "account_type": reading.text(element, "AccountType"),
        "account_number": reading.text(element, "AccountNumber"),
        "description": reading.text(element, "Desc"),
    }
    if company.preferences.multi_currency:
        values["currency_id"] = resolve(company.lists, element, "CurrencyRef", "Account")
        _check_foreign_account(company, values["account_type"], values["currency_id"])
    account: Account = _created(company, company.lists.accounts, element, "Account", values)
    kept = _ACCOUNT_KEPT | _currency_field(company)
    return _outcome(request, element, account, ("AccountRet", account_ret(company, account)), kept)


def _check_foreign_account(company: Company, account_type: str | None, currency_id: str | None) -> None:
    """Refused as 3210 (a guess) where an account of that type can't be in a foreign currency."""
    if foreign(company, currency_id) is None or account_type in FOREIGN_TYPES:
        return
    currency = company.lists.currencies.get(currency_id or "")
    name = currency.name if currency is not None else ""
    reason = "An account of this type is in the home currency."
    raise refusal(status.BAD_VALUE, field="CurrencyRef", value=name, reason=reason)


def add_item(context: Context, request: Element) -> Outcome:
    """Works ItemInventoryAddRq, ItemNonInventoryAddRq, ItemServiceAddRq and ItemOtherChargeAddRq.

    Stock to begin with is valued at TotalValue, else at the purchase cost, against Opening Balance Equity.
    """
    company, element = context.company, _add_element(request)
    kind = str(element.tag).removesuffix("Add")
    read = _inventory_values if kind == INVENTORY else _sold_values
    values = {
        **read(company, element, kind),
        "item_type": kind,
        "sales_tax_code_id": resolve(company.lists, element, "SalesTaxCodeRef", kind),
    }
    on_hand = reading.quantity(element, "QuantityOnHand") or Decimal(0)
    value = reading.amount(element, "TotalValue")
    if value is None:
        value = (on_hand * (values.get("purchase_cost") or ZERO)).quantize(CENT)
    if value and company.special_account("OpeningBalanceEquity") is None:
        raise refusal(status.SAVE_FAILED, object=kind, reason="There is no opening balance equity account.")
    item: Item = _created(company, company.lists.items, element, kind, values)
    if kind == INVENTORY:
        item.average_cost = item.purchase_cost or ZERO
        item.open_stock(on_hand, value)
        open_balance(company, item.asset_account_id or "", value)
    return _outcome(request, element, item, (f"{kind}Ret", item_ret(company, item, Decimal(0))), _ITEM_KEPT)


def _inventory_values(company: Company, element: Element, kind: str) -> dict[str, Any]:
    values: dict[str, Any] = {kept: resolve(company.lists, element, name, kind) for name, kept in _STOCK.items()}
    for name, kept in _STOCK.items():
        if values[kept] is None:
            raise refusal(status.MISSING_ELEMENT, field=name)
    values["description"] = reading.text(element, "SalesDesc")
    values["price"] = reading.price(element, "SalesPrice")
    values["purchase_cost"] = reading.price(element, "PurchaseCost")
    return values


def _sold_values(company: Company, element: Element, kind: str) -> dict[str, Any]:
    both = element.find("SalesAndPurchase")
    if both is not None:
        values: dict[str, Any] = {
            "description": reading.text(both, "SalesDesc"),
            "price": reading.price(both, "SalesPrice"),
            "account_id": resolve(company.lists, both, "IncomeAccountRef", kind),
            "purchase_cost": reading.price(both, "PurchaseCost"),
            "cost_account_id": resolve(company.lists, both, "ExpenseAccountRef", kind),
        }
    else:
        one = element.find("SalesOrPurchase")
        if one is None:
            raise refusal(status.MISSING_ELEMENT, field="SalesOrPurchase")
        values = {
            "description": reading.text(one, "Desc"),
            "price": reading.price(one, "Price"),
            "price_percent": reading.percent(one, "PricePercent"),
            "account_id": resolve(company.lists, one, "AccountRef", kind),
        }
    if values["account_id"] is None:
        raise refusal(status.MISSING_ELEMENT, field="AccountRef")
    return values


def _add_element(request: Element) -> Element:
    name = str(request.tag).removesuffix("Rq")
    element = request.find(name)
    if element is None:
        raise refusal(status.MISSING_ELEMENT, field=name)
    return element


def _created(company: Company, table: ListTable[Any], element: Element, place: str, values: dict[str, Any]) -> Any:
    name = reading.text(element, "Name")
    if name is None:
        raise refusal(status.MISSING_ELEMENT, field="Name")
    parent = element.find("ParentRef")
    parent_id = look_up(table, parent, place, place) if parent is not None else None
    is_active = reading.boolean(element, "IsActive") is not False
    return create(company, table, name, parent_id, is_active=is_active, **values)


def _outcome(
    request: Element, element: Element, made: ListElement, ret: tuple[str, Nodes], kept: frozenset[str]
) -> Outcome:
    name, inside = ret
    recovery: Nodes = [("ListID", made.list_id), ("EditSequence", made.stamp.edit_sequence)]
    outcome = Outcome([(name, only_elements(inside, request))], recovery=recovery)
    passed_over = next((str(part.tag) for part in element.iterchildren("*") if part.tag not in kept), None)
    if passed_over is not None:
        outcome.code = status.FIELD_NOT_SUPPORTED
        outcome.message = message(status.FIELD_NOT_SUPPORTED, field=passed_over)
    return outcome
