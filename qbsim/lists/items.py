"""Items of all the kinds that stand on sales. Stock is valued at average cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from qbsim.lists.element import ListElement
from qbsim.numbers import FIFTH, ZERO

INVENTORY = "ItemInventory"
ASSEMBLY = "ItemInventoryAssembly"
NON_INVENTORY = "ItemNonInventory"
SERVICE = "ItemService"
OTHER_CHARGE = "ItemOtherCharge"
DISCOUNT = "ItemDiscount"
SUBTOTAL = "ItemSubtotal"
PAYMENT = "ItemPayment"
GROUP = "ItemGroup"
SALES_TAX = "ItemSalesTax"
SALES_TAX_GROUP = "ItemSalesTaxGroup"
#: Kinds that can stand in a line of a sale; groups stand in a group line. A tax item taxes the line before it
#: (Intuit's page of ItemSalesTaxAdd).
LINE_KINDS = frozenset({INVENTORY, ASSEMBLY, NON_INVENTORY, SERVICE, OTHER_CHARGE, DISCOUNT, SUBTOTAL, SALES_TAX})
#: Kinds that are kept in stock.
STOCK_KINDS = frozenset({INVENTORY, ASSEMBLY})
TAX_KINDS = frozenset({SALES_TAX, SALES_TAX_GROUP})

#: All kinds; each is the name of its Ret without `Ret`.
ITEM_KINDS = (*sorted(LINE_KINDS), PAYMENT, GROUP, SALES_TAX_GROUP)


@dataclass
class ItemGroupMember:
    """An item within a group or an assembly, with the quantity of it in one of them."""

    item_id: str
    quantity: Decimal


@dataclass(kw_only=True)
class Item(ListElement):
    """An item; `item_type` is the name of its Ret without `Ret`.

    `price` is the sales price, or the amount of a discount; `price_percent` a discount's or charge's percentage.
    `account_id` is the income account, of a discount the account it is booked to, of a payment the account it is
    deposited to, of a tax the account it is owed on; `cost_account_id` the account of its cost, of items that are not
    kept in stock the expense account of buying them; `asset_value` is what stands for its stock on the asset account
    (qbsim.stock).
    """

    item_type: str
    description: str | None = None
    price: Decimal | None = None
    price_percent: Decimal | None = None
    account_id: str | None = None
    class_id: str | None = None
    sales_tax_code_id: str | None = None
    purchase_description: str | None = None
    purchase_cost: Decimal | None = None
    purchase_tax_code_id: str | None = None
    cost_account_id: str | None = None
    asset_account_id: str | None = None
    vendor_id: str | None = None
    manufacturer_part_number: str | None = None
    reorder_point: Decimal | None = None
    maximum: Decimal | None = None
    quantity_on_hand: Decimal = Decimal(0)
    average_cost: Decimal = ZERO
    asset_value: Decimal = ZERO
    tax_rate: Decimal = Decimal(0)
    payment_method_id: str | None = None
    prints_members: bool = True
    external_guid: str | None = None
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
        self.average_cost = average_of(self.quantity_on_hand, self.asset_value) or self.average_cost


def average_of(quantity: Decimal, value: Decimal) -> Decimal | None:
    """The average cost of goods worth so much; None where there are none, or they are worth nothing."""
    return (value / quantity).quantize(FIFTH, ROUND_HALF_UP) if quantity > 0 and value > 0 else None
