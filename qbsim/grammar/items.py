"""The requests that add and change items of all kinds (order, lengths: the published schema; FACTS.md 1).

A Mod has the fields of its Add, behind ListID and EditSequence; what it can't change is left out, and for each account
it may say whether transactions that are there change too.
"""

from __future__ import annotations

from qbsim.grammar.common import (
    ACCOUNT_REF,
    EXTERNAL_GUID_OF_LIST,
    MEMO,
    NAME_IN_LIST,
    NAME_IN_TREE,
    NAME_OF_VENDOR,
    PARENT_REF,
    PAYMENT_METHOD_REF,
    SALES_TAX_CODE_REF,
    WHICH_LIST_ENTRY,
    amount,
    date,
    flag,
    percent,
    price,
    quantity,
    ref,
    text,
)
from qbsim.grammar.model import Element, Particle, aggregate, any_number, at_least_one, choice, optional, seq

_NAME_LENGTH = 31
_CLASS_REF_OF_ITEM = ref("ClassRef", NAME_IN_TREE, since=(12, 0))
_BAR_CODE = aggregate(
    "BarCode",
    optional(text("BarCodeValue", 50), flag("AssignEvenIfUsed"), flag("AllowOverride")),
    since=(12, 0),
)
_MANUFACTURER_PART_NUMBER = text("ManufacturerPartNumber", 31, since=(7, 0))
_UNIT_OF_MEASURE_SET_REF = ref("UnitOfMeasureSetRef", NAME_IN_LIST, since=(7, 0))
_FORCE_UNIT_CHANGE = flag("ForceUOMChange", since=(7, 0))
_TAX_OF_ITEM = optional(flag("IsTaxIncluded", since=(6, 0)), SALES_TAX_CODE_REF)
_PURCHASE_TAX_CODE_REF = ref("PurchaseTaxCodeRef", 3, since=(6, 0))
_PREF_VENDOR_REF = ref("PrefVendorRef", NAME_OF_VENDOR)
_INCOME_ACCOUNT_REF = ref("IncomeAccountRef", NAME_IN_TREE)
_COST_ACCOUNT_REF = ref("COGSAccountRef", NAME_IN_TREE)
_EXPENSE_ACCOUNT_REF = ref("ExpenseAccountRef", NAME_IN_TREE)
_ITEM_DESC = text("ItemDesc", MEMO)
_SALE_SIDE = optional(text("SalesDesc", MEMO), price("SalesPrice"), _INCOME_ACCOUNT_REF)
_PURCHASE_SIDE = optional(text("PurchaseDesc", MEMO), price("PurchaseCost"), _PURCHASE_TAX_CODE_REF)
_ONE_SIDE = optional(text("Desc", MEMO), choice(price("Price"), percent("PricePercent")), ACCOUNT_REF)
_DISCOUNT = optional(choice(price("DiscountRate"), percent("DiscountRatePercent")), ACCOUNT_REF)


def _applies_to_existing(name: str) -> Particle:
    return optional(flag(f"Apply{name}ToExistingTxns"))


_SALES_OR_PURCHASE = choice(
    aggregate("SalesOrPurchase", _ONE_SIDE),
    aggregate("SalesAndPurchase", _SALE_SIDE, _PURCHASE_SIDE, optional(_EXPENSE_ACCOUNT_REF, _PREF_VENDOR_REF)),
)
_SALES_OR_PURCHASE_MOD = optional(
    choice(
        aggregate("SalesOrPurchaseMod", _ONE_SIDE, _applies_to_existing("AccountRef")),
        aggregate(
            "SalesAndPurchaseMod",
            _SALE_SIDE,
            _applies_to_existing("IncomeAccountRef"),
            _PURCHASE_SIDE,
            optional(_EXPENSE_ACCOUNT_REF),
            _applies_to_existing("ExpenseAccountRef"),
            optional(_PREF_VENDOR_REF),
        ),
    )
)


def _add(kind: str, *parts: Particle) -> Element:
    """Every item has a name, a bar code, and can be inactive."""
    return aggregate(f"{kind}Add", text("Name", _NAME_LENGTH), optional(_BAR_CODE, flag("IsActive")), *parts)


def _mod(kind: str, *parts: Particle) -> Element:
    name = optional(text("Name", _NAME_LENGTH), _BAR_CODE, flag("IsActive"))
    return aggregate(f"{kind}Mod", WHICH_LIST_ENTRY, name, *parts)


_GUID = optional(EXTERNAL_GUID_OF_LIST)
_CLASS_AND_PARENT = optional(_CLASS_REF_OF_ITEM, PARENT_REF)
_OPENING_STOCK = optional(quantity("QuantityOnHand"), amount("TotalValue"), date("InventoryDate"))
_ASSEMBLY_LINE = aggregate(
    "ItemInventoryAssemblyLine", ref("ItemInventoryRef", NAME_IN_TREE), optional(quantity("Quantity"))
)
_GROUP_LINE = aggregate(
    "ItemGroupLine", optional(ref("ItemRef"), quantity("Quantity"), text("UnitOfMeasure", 31, since=(7, 0)))
)
_SALES_TAX = optional(
    _CLASS_REF_OF_ITEM,
    _ITEM_DESC,
    percent("TaxRate"),
    ref("TaxVendorRef", NAME_OF_VENDOR),
    ref("SalesTaxReturnLineRef", since=(6, 0)),
)
_PAYMENT = optional(_CLASS_REF_OF_ITEM, _ITEM_DESC, ref("DepositToAccountRef", NAME_IN_TREE), PAYMENT_METHOD_REF)
_PART_OF_SALES_TAX_GROUP = ref("ItemSalesTaxRef", NAME_IN_LIST)


def _stock_add(kind: str, point: str, *lines: Particle) -> Element:
    return _add(
        kind,
        _CLASS_AND_PARENT,
        optional(_MANUFACTURER_PART_NUMBER, _UNIT_OF_MEASURE_SET_REF),
        _TAX_OF_ITEM,
        _SALE_SIDE,
        _PURCHASE_SIDE,
        optional(_COST_ACCOUNT_REF, _PREF_VENDOR_REF, ref("AssetAccountRef", NAME_IN_TREE)),
        optional(quantity(point), quantity("Max", since=(13, 0))),
        _OPENING_STOCK,
        _GUID,
        *lines,
    )


def _stock_mod(kind: str, point: str, *after_cost_account: Particle, lines: Particle | None = None) -> Element:
    return _mod(
        kind,
        _CLASS_AND_PARENT,
        optional(_MANUFACTURER_PART_NUMBER, _UNIT_OF_MEASURE_SET_REF, _FORCE_UNIT_CHANGE),
        _TAX_OF_ITEM,
        _SALE_SIDE,
        _applies_to_existing("IncomeAccountRef"),
        _PURCHASE_SIDE,
        optional(_COST_ACCOUNT_REF),
        *after_cost_account,
        optional(_PREF_VENDOR_REF, ref("AssetAccountRef", NAME_IN_TREE)),
        optional(quantity(point), quantity("Max", since=(13, 0))),
        *((lines,) if lines is not None else ()),
    )


def _lines_or_none(line: Element) -> Particle:
    return optional(choice(flag("ClearItemsInGroup"), at_least_one(line)))


ITEM_ADDS = (
    _stock_add("ItemInventory", "ReorderPoint"),
    _stock_add("ItemInventoryAssembly", "BuildPoint", any_number(_ASSEMBLY_LINE)),
    _add(
        "ItemNonInventory",
        optional(PARENT_REF, _CLASS_REF_OF_ITEM),  # the parent before the class here, after it in the other items
        optional(_MANUFACTURER_PART_NUMBER, _UNIT_OF_MEASURE_SET_REF),
        _TAX_OF_ITEM,
        _SALES_OR_PURCHASE,
        _GUID,
    ),
    _add("ItemService", _CLASS_AND_PARENT, optional(_UNIT_OF_MEASURE_SET_REF), _TAX_OF_ITEM, _SALES_OR_PURCHASE, _GUID),
    _add("ItemOtherCharge", _CLASS_AND_PARENT, _TAX_OF_ITEM, _SALES_OR_PURCHASE, _GUID),
    _add("ItemSubtotal", optional(_ITEM_DESC), _GUID),
    _add("ItemDiscount", _CLASS_AND_PARENT, optional(_ITEM_DESC, SALES_TAX_CODE_REF), _DISCOUNT, _GUID),
    _add("ItemPayment", _PAYMENT, _GUID),
    _add(
        "ItemGroup",
        optional(_ITEM_DESC, _UNIT_OF_MEASURE_SET_REF, flag("IsPrintItemsInGroup")),
        _GUID,
        any_number(_GROUP_LINE),
    ),
    _add("ItemSalesTax", _SALES_TAX, _GUID),
    _add("ItemSalesTaxGroup", optional(_ITEM_DESC), _GUID, at_least_one(_PART_OF_SALES_TAX_GROUP)),
)
"""New items."""

ITEM_MODS = (
    _stock_mod("ItemInventory", "ReorderPoint", _applies_to_existing("COGSAccountRef")),
    _stock_mod("ItemInventoryAssembly", "BuildPoint", lines=_lines_or_none(_ASSEMBLY_LINE)),
    _mod(
        "ItemNonInventory",
        _CLASS_AND_PARENT,
        optional(_MANUFACTURER_PART_NUMBER, _UNIT_OF_MEASURE_SET_REF, _FORCE_UNIT_CHANGE),
        _TAX_OF_ITEM,
        _SALES_OR_PURCHASE_MOD,
    ),
    _mod(
        "ItemService",
        _CLASS_AND_PARENT,
        optional(_UNIT_OF_MEASURE_SET_REF, _FORCE_UNIT_CHANGE),
        _TAX_OF_ITEM,
        _SALES_OR_PURCHASE_MOD,
    ),
    _mod("ItemOtherCharge", _CLASS_AND_PARENT, _TAX_OF_ITEM, _SALES_OR_PURCHASE_MOD),
    _mod("ItemSubtotal", optional(_ITEM_DESC)),
    _mod(
        "ItemDiscount",
        _CLASS_AND_PARENT,
        optional(_ITEM_DESC, SALES_TAX_CODE_REF),
        seq(_DISCOUNT, _applies_to_existing("AccountRef")),
    ),
    _mod("ItemPayment", _PAYMENT),
    _mod(
        "ItemGroup",
        optional(_ITEM_DESC, _UNIT_OF_MEASURE_SET_REF, _FORCE_UNIT_CHANGE, flag("IsPrintItemsInGroup")),
        _lines_or_none(_GROUP_LINE),
    ),
    _mod("ItemSalesTax", _SALES_TAX),
    _mod("ItemSalesTaxGroup", optional(_ITEM_DESC), any_number(_PART_OF_SALES_TAX_GROUP)),
)
"""Changed items."""
