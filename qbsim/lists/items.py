"""Items of all the kinds that stand on sales (ItemQueryRs: annotated). Stock is valued at average cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from qbsim.lists.element import CORE_ORDER, ListElement
from qbsim.nodes import Nodes, pick
from qbsim.numbers import FIFTH, ZERO, boolean_text, price_text, quantity_text

INVENTORY = "ItemInventory"
NON_INVENTORY = "ItemNonInventory"
SERVICE = "ItemService"
OTHER_CHARGE = "ItemOtherCharge"
DISCOUNT = "ItemDiscount"
SUBTOTAL = "ItemSubtotal"
GROUP = "ItemGroup"
SALES_TAX = "ItemSalesTax"
SALES_TAX_GROUP = "ItemSalesTaxGroup"
#: Kinds that can stand in a line of a sale; groups stand in a group line. A tax item taxes the line before it
#: (Intuit's page of ItemSalesTaxAdd).
LINE_KINDS = frozenset({INVENTORY, NON_INVENTORY, SERVICE, OTHER_CHARGE, DISCOUNT, SUBTOTAL, SALES_TAX})
TAX_KINDS = frozenset({SALES_TAX, SALES_TAX_GROUP})

#: All kinds; each is the name of its Ret without `Ret`.
ITEM_KINDS = (*sorted(LINE_KINDS), GROUP, SALES_TAX_GROUP)

#: Kinds that requests can add.
ADDED_KINDS = (INVENTORY, NON_INVENTORY, SERVICE, OTHER_CHARGE)

#: Gives the inside of the Ref to the element with that ListID.
Refer = Callable[[str | None], "Nodes | None"]


@dataclass
class ItemGroupMember:
    """An item within a group, with the quantity of it in one group."""

    item_id: str
    quantity: Decimal


@dataclass(kw_only=True)
class Item(ListElement):
    """An item; `item_type` is the name of its Ret without `Ret`.

    `price` is the sales price, or the amount of a discount; `price_percent` a discount's or charge's percentage.
    `account_id` is the income account, of a discount the account it is booked to, of a tax the account it is owed on;
    `cost_account_id` the account of its cost, of items that are not kept in stock the expense account of buying them;
    `asset_value` is what stands for its stock on the asset account (qbsim.stock).
    """

    item_type: str
    description: str | None = None
    price: Decimal | None = None
    price_percent: Decimal | None = None
    account_id: str | None = None
    sales_tax_code_id: str | None = None
    purchase_cost: Decimal | None = None
    cost_account_id: str | None = None
    asset_account_id: str | None = None
    quantity_on_hand: Decimal = Decimal(0)
    average_cost: Decimal = ZERO
    asset_value: Decimal = ZERO
    tax_rate: Decimal = Decimal(0)
    tax_item_ids: list[str] = field(default_factory=list)
    members: list[ItemGroupMember] = field(default_factory=list)

    def open_stock(self, quantity: Decimal, value: Decimal) -> None:
        """The stock to begin with; without any, the value tells nothing and the average cost stays."""
        self.quantity_on_hand, self.asset_value = Decimal(0), ZERO
        self.move_stock(quantity, value)

    def move_stock(self, quantity: Decimal, value: Decimal) -> None:
        """Takes goods in, or out where negative; the average cost is the worth of what is there over its quantity."""
        self.quantity_on_hand += quantity
        self.asset_value += value
        if self.quantity_on_hand > 0 and self.asset_value > 0:
            self.average_cost = (self.asset_value / self.quantity_on_hand).quantize(FIFTH, ROUND_HALF_UP)

    def ret(self, refer: Refer, refer_account: Refer, refer_code: Refer, on_sales_order: Decimal) -> Nodes:
        """The inside of this item's Ret."""
        values: dict[str, str | Nodes | None] = {
            **self.core(),
            "ParentRef": refer(self.parent_id),
            "SalesTaxCodeRef": refer_code(self.sales_tax_code_id),
            "ItemDesc": self.description,
            "SalesDesc": self.description,
        }
        values.update(_MORE.get(self.item_type, _nothing)(self, refer, refer_account, on_sales_order))
        nodes = pick(_RET_ORDERS[self.item_type], values)
        if self.item_type == GROUP:
            nodes += [("ItemGroupLine", _member(member, refer)) for member in self.members]
        if self.item_type == SALES_TAX_GROUP:
            nodes += [("ItemSalesTaxRef", refer(tax_id) or []) for tax_id in self.tax_item_ids]
        return nodes


_Values = dict[str, "str | Nodes | None"]


def _member(member: ItemGroupMember, refer: Refer) -> Nodes:
    return [("ItemRef", refer(member.item_id) or []), ("Quantity", quantity_text(member.quantity))]


def _nothing(_item: Item, _refer: Refer, _refer_account: Refer, _on_sales_order: Decimal) -> _Values:
    return {}


def _inventory(item: Item, _refer: Refer, refer_account: Refer, on_sales_order: Decimal) -> _Values:
    return {
        "SalesPrice": price_text(item.price or ZERO),
        "IncomeAccountRef": refer_account(item.account_id),
        "PurchaseCost": price_text(item.average_cost if item.purchase_cost is None else item.purchase_cost),
        "COGSAccountRef": refer_account(item.cost_account_id),
        "AssetAccountRef": refer_account(item.asset_account_id),
        "QuantityOnHand": quantity_text(item.quantity_on_hand),
        "AverageCost": price_text(item.average_cost),
        "QuantityOnOrder": "0",
        "QuantityOnSalesOrder": quantity_text(on_sales_order),
    }


def _sold(item: Item, _refer: Refer, refer_account: Refer, _on_sales_order: Decimal) -> _Values:
    """Where an expense account is kept, the item is bought as well as sold."""
    if item.cost_account_id is not None:
        both: _Values = {
            "SalesDesc": item.description,
            "SalesPrice": price_text(item.price or ZERO),
            "IncomeAccountRef": refer_account(item.account_id),
            "PurchaseCost": price_text(item.purchase_cost or ZERO),
            "ExpenseAccountRef": refer_account(item.cost_account_id),
        }
        order = ("SalesDesc", "SalesPrice", "IncomeAccountRef", "PurchaseCost", "ExpenseAccountRef")
        return {"SalesAndPurchase": pick(order, both)}
    percent = item.price_percent
    inside: _Values = {
        "Desc": item.description,
        "Price": price_text(item.price or ZERO) if percent is None else None,
        "PricePercent": None if percent is None else price_text(percent),
        "AccountRef": refer_account(item.account_id),
    }
    return {"SalesOrPurchase": pick(("Desc", "Price", "PricePercent", "AccountRef"), inside)}


def _discount(item: Item, _refer: Refer, refer_account: Refer, _on_sales_order: Decimal) -> _Values:
    percent = item.price_percent
    return {
        "DiscountRate": price_text(item.price or ZERO) if percent is None else None,
        "DiscountRatePercent": None if percent is None else price_text(percent),
        "AccountRef": refer_account(item.account_id),
    }


def _tax(item: Item, _refer: Refer, _refer_account: Refer, _on_sales_order: Decimal) -> _Values:
    return {"TaxRate": price_text(item.tax_rate)}


def _group(_item: Item, _refer: Refer, _refer_account: Refer, _on_sales_order: Decimal) -> _Values:
    return {"IsPrintItemsInGroup": boolean_text(True)}


_MORE: dict[str, Callable[[Item, Refer, Refer, Decimal], _Values]] = {
    INVENTORY: _inventory,
    NON_INVENTORY: _sold,
    SERVICE: _sold,
    OTHER_CHARGE: _sold,
    DISCOUNT: _discount,
    SALES_TAX: _tax,
    GROUP: _group,
}

_FULL = (*CORE_ORDER, "IsActive", "ParentRef", "Sublevel")
_FLAT = (*(name for name in CORE_ORDER if name != "FullName"), "IsActive")
_SOLD_ORDER = (*_FULL, "SalesTaxCodeRef", "SalesOrPurchase", "SalesAndPurchase")
_RET_ORDERS = {
    INVENTORY: (
        *_FULL,
        *("SalesTaxCodeRef", "SalesDesc", "SalesPrice", "IncomeAccountRef", "PurchaseCost", "COGSAccountRef"),
        *("AssetAccountRef", "QuantityOnHand", "AverageCost", "QuantityOnOrder", "QuantityOnSalesOrder"),
    ),
    NON_INVENTORY: _SOLD_ORDER,
    SERVICE: _SOLD_ORDER,
    OTHER_CHARGE: _SOLD_ORDER,
    DISCOUNT: (*_FULL, "ItemDesc", "SalesTaxCodeRef", "DiscountRate", "DiscountRatePercent", "AccountRef"),
    SUBTOTAL: (*_FLAT, "ItemDesc"),
    GROUP: (*_FLAT, "ItemDesc", "IsPrintItemsInGroup"),
    SALES_TAX: (*_FLAT, "ItemDesc", "TaxRate"),
    SALES_TAX_GROUP: (*_FLAT, "ItemDesc"),
}
