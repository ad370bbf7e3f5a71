"""The kinds of items, a row each: what is kept of them and how their Rets look (the published schema)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.currencies import Exchange, check_account
from qbsim.lists import items
from qbsim.lists.fields import FLAG, PERCENT, PRICE, PRICE_OR_ZERO, QUANTITY, REF, TEXT, Field, Value, container
from qbsim.lists.items import LINE_KINDS, Item, ItemGroupMember
from qbsim.lists.kind import ListKind
from qbsim.lists.references import look_up, refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import CENT, ZERO, price_text, quantity_text
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.lists.view import View

_ONE_SIDE, _BOTH_SIDES = "SalesOrPurchase", "SalesAndPurchase"
_GUID = Field("ExternalGUID", "external_guid", TEXT)
_CLASS = Field("ClassRef", "class_id", REF)
_TAX_CODE = Field("SalesTaxCodeRef", "sales_tax_code_id", REF)
_DESC = Field("ItemDesc", "description", TEXT)
_PART_NUMBER = Field("ManufacturerPartNumber", "manufacturer_part_number", TEXT)
#: Reading a price or a percentage clears the other.
_PRICES = {
    ("Price", "price_percent"),
    ("PricePercent", "price"),
    ("DiscountRate", "price_percent"),
    ("DiscountRatePercent", "price"),
}


def _sale_side(within: str = "") -> tuple[Field, ...]:
    return (
        Field("SalesDesc", "description", TEXT, within),
        Field("SalesPrice", "price", PRICE_OR_ZERO, within),
        Field("IncomeAccountRef", "account_id", REF, within),
    )


def _purchase_side(within: str, cost_account: str) -> tuple[Field, ...]:
    return (
        Field("PurchaseDesc", "purchase_description", TEXT, within),
        Field("PurchaseCost", "purchase_cost", PRICE_OR_ZERO, within),
        Field("PurchaseTaxCodeRef", "purchase_tax_code_id", REF, within),
        Field(cost_account, "cost_account_id", REF, within),
        Field("PrefVendorRef", "vendor_id", REF, within),
    )


# Items of one price, or bought as well as sold

_SOLD_FIELDS = (
    _CLASS,
    _TAX_CODE,
    Field("Desc", "description", TEXT, _ONE_SIDE),
    Field("Price", "price", PRICE, _ONE_SIDE),
    Field("PricePercent", "price_percent", PERCENT, _ONE_SIDE),
    Field("AccountRef", "account_id", REF, _ONE_SIDE),
    *_sale_side(_BOTH_SIDES),
    *_purchase_side(_BOTH_SIDES, "ExpenseAccountRef"),
    _GUID,
)


def _settle_sold(values: dict[str, Any], element: Element, company: Company) -> None:
    one, both = container(element, _ONE_SIDE), container(element, _BOTH_SIDES)
    if one is not None:
        _settle_price(values, one, company)
        for name in ("purchase_description", "purchase_cost", "purchase_tax_code_id", "cost_account_id", "vendor_id"):
            values[name] = None
    elif both is not None:
        values["price_percent"] = None


def _settle_price(values: dict[str, Any], element: Element, _company: Company) -> None:
    for name, other in _PRICES:
        if element.find(name) is not None:
            values[other] = None


def _sides(view: View, item: Item) -> dict[str, Value]:
    """Where an expense account is kept, the item is bought as well as sold. What is empty shows as zero."""
    if item.cost_account_id is not None:
        return {_ONE_SIDE: None}
    percent = item.price_percent
    inside: dict[str, Value] = {
        "Desc": item.description,
        "Price": price_text(item.price or ZERO) if percent is None else None,
        "PricePercent": None if percent is None else price_text(percent),
        "AccountRef": refer(view.company.lists, "AccountRef", item.account_id),
    }
    return {_ONE_SIDE: pick(inside, inside), _BOTH_SIDES: None}


def _needs(**fields: str) -> Callable[[Company, Item], None]:
    """The check that what these attributes keep is there; each with the element that is missing otherwise."""

    def check(_company: Company, item: Item) -> None:
        for kept, element in fields.items():
            if getattr(item, kept) is None:
                raise refusal(status.MISSING_ELEMENT, field=element)

    return check


def _sold(name: str, *fields: Field, before_tax: tuple[str, ...] = ()) -> ListKind:
    order = (
        "ClassRef",
        "ParentRef",
        "Sublevel",
        *before_tax,
        "SalesTaxCodeRef",
        _ONE_SIDE,
        _BOTH_SIDES,
        "ExternalGUID",
    )
    return ListKind(
        name,
        "items",
        (*_SOLD_FIELDS, *fields),
        order,
        marks={"item_type": name},
        has_levels=True,
        data_type="Item",
        more=_sides,
        check=_needs(account_id="AccountRef"),
        settle=_settle_sold,
    )


# Items that are kept in stock


def _stock_figures(view: View, item: Item) -> dict[str, Value]:
    return {
        "PurchaseCost": price_text(item.average_cost if item.purchase_cost is None else item.purchase_cost),
        "QuantityOnHand": quantity_text(item.quantity_on_hand),
        "AverageCost": price_text(item.average_cost),
        "QuantityOnOrder": "0",
        "QuantityOnSalesOrder": quantity_text(view.on_sales_orders.get(item.list_id, Decimal(0))),
    }


def _opening_stock(_company: Company, element: Element, item: Item) -> tuple[str, Decimal]:
    """Stock to begin with is valued at TotalValue, else at the purchase cost."""
    on_hand = reading.quantity(element, "QuantityOnHand") or Decimal(0)
    value = reading.amount(element, "TotalValue")
    if value is None:
        value = (on_hand * (item.purchase_cost or ZERO)).quantize(CENT)
    item.average_cost = item.purchase_cost or ZERO
    item.open_stock(on_hand, value)
    return item.asset_account_id or "", value


def _check_stock(company: Company, item: Item) -> None:
    """All three accounts are there, and stock is kept in home currency (3210, a guess)."""
    needed = _needs(account_id="IncomeAccountRef", cost_account_id="COGSAccountRef", asset_account_id="AssetAccountRef")
    needed(company, item)
    check_account(company, item.cost_account_id or "", Exchange(), "COGSAccountRef")
    check_account(company, item.asset_account_id or "", Exchange(), "AssetAccountRef")


def _stock(name: str, point: str, **more: Any) -> ListKind:
    return ListKind(
        name,
        "items",
        (
            _CLASS,
            _PART_NUMBER,
            _TAX_CODE,
            *_sale_side(),
            *_purchase_side("", "COGSAccountRef"),
            Field("AssetAccountRef", "asset_account_id", REF),
            Field(point, "reorder_point", QUANTITY),
            Field("Max", "maximum", QUANTITY),
            _GUID,
        ),
        (
            *("ClassRef", "ParentRef", "Sublevel", "ManufacturerPartNumber", "SalesTaxCodeRef", "SalesDesc"),
            *("SalesPrice", "IncomeAccountRef", "PurchaseDesc", "PurchaseCost", "PurchaseTaxCodeRef"),
            *("COGSAccountRef", "PrefVendorRef", "AssetAccountRef", point, "Max", "QuantityOnHand", "AverageCost"),
            *("QuantityOnOrder", "QuantityOnSalesOrder", "ExternalGUID"),
        ),
        marks={"item_type": name},
        has_levels=True,
        also_read=frozenset(
            {"QuantityOnHand", "TotalValue", "InventoryDate", "ItemInventoryAssemblyLine", "ClearItemsInGroup"}
        ),
        data_type="Item",
        more=_stock_figures,
        check=_check_stock,
        opening=_opening_stock,
        **more,
    )


# Items that hold others


def _reading_members(line: str, reference: str) -> Callable[[dict[str, Any], Element, Company], None]:
    def settle(values: dict[str, Any], element: Element, company: Company) -> None:
        lines = element.findall(line)
        if lines or reading.boolean(element, "ClearItemsInGroup"):
            values["members"] = [_member(company, each, reference, line) for each in lines]

    return settle


def _member(company: Company, line: Element, reference: str, place: str) -> ItemGroupMember:
    item_id = resolve(company.lists, line, reference, place)
    if item_id is None:
        raise refusal(status.MISSING_ELEMENT, field=reference)
    item = company.lists.items.get(item_id)
    if item is None or item.item_type not in LINE_KINDS:
        raise refusal(status.BAD_REFERENCE, kind="Item", value=item.full_name if item else item_id, object=place)
    return ItemGroupMember(item_id, reading.quantity(line, "Quantity") or Decimal(0))


def _showing_members(line: str, reference: str) -> Callable[[Company, Item], Nodes]:
    def after(company: Company, item: Item) -> Nodes:
        return [
            (
                line,
                [
                    (reference, refer(company.lists, "ItemRef", member.item_id) or []),
                    ("Quantity", quantity_text(member.quantity)),
                ],
            )
            for member in item.members
        ]

    return after


def _read_taxes(values: dict[str, Any], element: Element, company: Company) -> None:
    parts = element.findall("ItemSalesTaxRef")
    if parts:
        values["tax_item_ids"] = [_tax(company, part) for part in parts]


def _tax(company: Company, part: Element) -> str:
    item_id = look_up([company.lists.items], part, "ItemSalesTax", items.SALES_TAX_GROUP)
    if item_id is None:
        raise refusal(status.MISSING_ELEMENT, field="ItemSalesTaxRef")
    item = company.lists.items.get(item_id)
    if item is None or item.item_type != items.SALES_TAX:
        value = item.full_name if item is not None else item_id
        raise refusal(status.BAD_REFERENCE, kind="ItemSalesTax", value=value, object=items.SALES_TAX_GROUP)
    return item_id


def _show_taxes(company: Company, item: Item) -> Nodes:
    return [("ItemSalesTaxRef", refer(company.lists, "ItemRef", tax_id) or []) for tax_id in item.tax_item_ids]


# All of them


def _discount_rate(_view: View, item: Item) -> dict[str, Value]:
    return {"DiscountRate": price_text(item.price or ZERO) if item.price_percent is None else None}


def _settle_rate(values: dict[str, Any], _element: Element, _company: Company) -> None:
    if "tax_rate" in values:
        values["tax_rate"] = values["tax_rate"] or Decimal(0)


def _settle_printing(values: dict[str, Any], element: Element, company: Company) -> None:
    _reading_members("ItemGroupLine", "ItemRef")(values, element, company)
    if "prints_members" in values:
        values["prints_members"] = values["prints_members"] is not False


def _flat(name: str, *fields: Field, order: tuple[str, ...], **more: Any) -> ListKind:
    every = (*fields, _DESC, _GUID)
    return ListKind(name, "items", every, order, marks={"item_type": name}, data_type="Item", **more)


ITEMS = (
    _sold(items.SERVICE),
    _sold(items.NON_INVENTORY, _PART_NUMBER, before_tax=("ManufacturerPartNumber",)),
    _sold(items.OTHER_CHARGE),
    _stock(items.INVENTORY, "ReorderPoint"),
    _stock(
        items.ASSEMBLY,
        "BuildPoint",
        settle=_reading_members("ItemInventoryAssemblyLine", "ItemInventoryRef"),
        after=_showing_members("ItemInventoryAssemblyLine", "ItemInventoryRef"),
    ),
    _flat(items.SUBTOTAL, order=("ItemDesc", "ExternalGUID")),
    ListKind(
        items.DISCOUNT,
        "items",
        (
            _CLASS,
            _DESC,
            _TAX_CODE,
            Field("DiscountRate", "price", PRICE),
            Field("DiscountRatePercent", "price_percent", PERCENT),
            Field("AccountRef", "account_id", REF),
            _GUID,
        ),
        (
            *("ClassRef", "ParentRef", "Sublevel", "ItemDesc", "SalesTaxCodeRef", "DiscountRate"),
            *("DiscountRatePercent", "AccountRef", "ExternalGUID"),
        ),
        marks={"item_type": items.DISCOUNT},
        has_levels=True,
        data_type="Item",
        more=_discount_rate,
        check=_needs(account_id="AccountRef"),
        settle=_settle_price,
    ),
    _flat(
        items.PAYMENT,
        _CLASS,
        Field("DepositToAccountRef", "account_id", REF),
        Field("PaymentMethodRef", "payment_method_id", REF),
        order=("ClassRef", "ItemDesc", "DepositToAccountRef", "PaymentMethodRef", "ExternalGUID"),
    ),
    _flat(
        items.GROUP,
        Field("IsPrintItemsInGroup", "prints_members", FLAG),
        order=("ItemDesc", "IsPrintItemsInGroup", "ExternalGUID"),
        also_read=frozenset({"ItemGroupLine", "ClearItemsInGroup"}),
        settle=_settle_printing,
        after=_showing_members("ItemGroupLine", "ItemRef"),
    ),
    _flat(
        items.SALES_TAX,
        _CLASS,
        Field("TaxRate", "tax_rate", PERCENT),
        Field("TaxVendorRef", "vendor_id", REF),
        order=("ClassRef", "ItemDesc", "TaxRate", "TaxVendorRef", "ExternalGUID"),
        settle=_settle_rate,
    ),
    _flat(
        items.SALES_TAX_GROUP,
        order=("ItemDesc", "ExternalGUID"),
        also_read=frozenset({"ItemSalesTaxRef"}),
        settle=_read_taxes,
        after=_show_taxes,
    ),
)
