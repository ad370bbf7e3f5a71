"""Lists: accounts, customers, items, payment methods."""

from __future__ import annotations

from typing import Annotated, ClassVar

from qbxml.aggregate import Aggregate, Named, aggregate
from qbxml.common import Address, CurrencyRef, DataExtRet, ListRef, Ref, SalesTaxCodeRef, SimpleRef
from qbxml.requests import ListQuery, PagedQuery, Query, Request
from qbxml.types import (
    GUID,
    ID,
    Amount,
    AnyText,
    Bool,
    DateTime,
    Int,
    OneOf,
    Percent,
    Text16,
    Text31,
    Text41,
    Text50,
    Text1023,
    Text4095,
)

ACCOUNT_TYPES = (
    "AccountsPayable", "AccountsReceivable", "Bank", "CostOfGoodsSold", "CreditCard", "Equity", "Expense", "FixedAsset",
    "Income", "LongTermLiability", "NonPosting", "OtherAsset", "OtherCurrentAsset", "OtherCurrentLiability",
    "OtherExpense", "OtherIncome",
)  # fmt: skip


@aggregate
class NamedRecord(Aggregate):
    """What the records of all lists begin with."""

    list_id: ID | None = None
    time_created: DateTime | None = None
    time_modified: DateTime | None = None
    edit_sequence: Text16 | None = None
    name: AnyText | None = None
    full_name: AnyText | None = None


@aggregate
class ListRecord(NamedRecord):
    """What every list element but an item has."""

    is_active: Bool | None = None


@aggregate
class AccountRet(ListRecord):
    """An account of the chart of accounts. Undeposited Funds is found by its special type; receivables, which can
    lack one, by their account type (FACTS.md 1)."""

    parent_ref: Ref | None = None
    sublevel: Int | None = None
    account_type: AnyText | None = None
    detail_account_type: AnyText | None = None
    special_account_type: AnyText | None = None
    is_tax_account: Bool | None = None
    account_number: AnyText | None = None
    bank_number: AnyText | None = None
    last_check_number: AnyText | None = None
    desc: AnyText | None = None
    balance: Amount | None = None
    total_balance: Amount | None = None
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    cash_flow_classification: AnyText | None = None
    currency_ref: CurrencyRef | None = None
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class CustomerRet(ListRecord):
    """A customer, or a job below one."""

    class_ref: ListRef | None = None
    parent_ref: Ref | None = None
    sublevel: Int | None = None
    company_name: AnyText | None = None
    salutation: AnyText | None = None
    first_name: AnyText | None = None
    middle_name: AnyText | None = None
    last_name: AnyText | None = None
    bill_address: Address | None = None
    phone: AnyText | None = None
    email: AnyText | None = None
    terms_ref: SimpleRef | None = None
    balance: Amount | None = None
    total_balance: Amount | None = None
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    item_sales_tax_ref: SimpleRef | None = None
    currency_ref: CurrencyRef | None = None
    data_ext_rets: tuple[DataExtRet, ...] = ()


@aggregate
class OtherNameRet(ListRecord):
    """Somebody who is neither customer nor vendor nor employee; other names are never subordinate to each other."""

    notes: AnyText | None = None
    external_guid: GUID | None = None


@aggregate
class SalesTaxCodeRet(ListRecord):
    """A code that says how a line is taxed; outside the US it names its tax, an item or a group of them."""

    is_taxable: Bool | None = None
    desc: AnyText | None = None
    item_purchase_tax_ref: SimpleRef | None = None
    item_sales_tax_ref: SimpleRef | None = None


@aggregate
class TemplateRet(ListRecord):
    """A form on which documents of one type are printed."""

    template_type: AnyText | None = None


@aggregate
class PaymentMethodRet(ListRecord):
    """A payment method; its type tells cards from cash."""

    payment_method_type: AnyText | None = None


@aggregate
class ItemRecord(NamedRecord):
    """What the kinds of items have, as far as we use it."""

    bar_code_value: AnyText | None = None
    is_active: Bool | None = None
    parent_ref: Ref | None = None
    sublevel: Int | None = None
    manufacturer_part_number: AnyText | None = None  # of goods
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    tax_rate: Percent | None = None  # of sales taxes
    external_guid: GUID | None = None


@aggregate
class ItemServiceRet(ItemRecord):
    """A service."""


@aggregate
class ItemNonInventoryRet(ItemRecord):
    """Goods whose stock is not kept."""


@aggregate
class ItemOtherChargeRet(ItemRecord):
    """Shipping, fees and the like."""


@aggregate
class ItemInventoryRet(ItemRecord):
    """Goods in stock."""


@aggregate
class ItemInventoryAssemblyRet(ItemRecord):
    """Goods built from others."""


@aggregate
class ItemFixedAssetRet(ItemRecord):
    """A fixed asset."""


@aggregate
class ItemSubtotalRet(ItemRecord):
    """A subtotal of the lines above it."""


@aggregate
class ItemDiscountRet(ItemRecord):
    """A discount on the lines above it."""


@aggregate
class ItemPaymentRet(ItemRecord):
    """A payment on the sales form."""


@aggregate
class ItemSalesTaxRet(ItemRecord):
    """A sales tax of one agency."""


@aggregate
class ItemSalesTaxRef(Ref):
    """One of the taxes of a group."""


@aggregate
class ItemSalesTaxGroupRet(ItemRecord):
    """Several sales taxes together."""

    item_sales_tax_refs: tuple[ItemSalesTaxRef, ...] = ()


@aggregate
class ItemGroupRet(ItemRecord):
    """A bundle of items sold together."""


ITEM_RECORDS = (
    ItemServiceRet, ItemNonInventoryRet, ItemOtherChargeRet, ItemInventoryRet, ItemInventoryAssemblyRet,
    ItemFixedAssetRet, ItemSubtotalRet, ItemDiscountRet, ItemPaymentRet, ItemSalesTaxRet, ItemSalesTaxGroupRet,
    ItemGroupRet,
)  # fmt: skip


@aggregate
class AccountQuery(ListQuery, rets=(AccountRet,)):
    """The chart of accounts."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (("list_ids", "full_names", "account_types"),)

    account_types: Annotated[tuple[Annotated[str, OneOf(ACCOUNT_TYPES)], ...], Named("AccountType")] = ()
    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()


@aggregate
class CustomerQuery(ListQuery, PagedQuery, rets=(CustomerRet,)):
    """Customers and jobs."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()
    owner_ids: Annotated[tuple[GUID, ...], Named("OwnerID")] = ()


@aggregate
class ItemQuery(ListQuery, PagedQuery, rets=ITEM_RECORDS):
    """Items of all kinds."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()
    owner_ids: Annotated[tuple[GUID, ...], Named("OwnerID")] = ()


@aggregate
class ItemSalesTaxQuery(ListQuery, PagedQuery, rets=(ItemSalesTaxRet,)):
    """Sales taxes of one agency each."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()
    owner_ids: Annotated[tuple[GUID, ...], Named("OwnerID")] = ()


@aggregate
class ItemSalesTaxGroupQuery(ListQuery, PagedQuery, rets=(ItemSalesTaxGroupRet,)):
    """Groups of sales taxes."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()
    owner_ids: Annotated[tuple[GUID, ...], Named("OwnerID")] = ()


@aggregate
class SalesTaxCodeQuery(ListQuery, rets=(SalesTaxCodeRet,)):
    """Sales tax codes."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()


@aggregate
class TemplateQuery(Query, rets=(TemplateRet,)):
    """All templates, of every type: this query knows no filter."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()


@aggregate
class PaymentMethodQuery(ListQuery, rets=(PaymentMethodRet,)):
    """Payment methods."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()


@aggregate
class OtherNameQuery(ListQuery, rets=(OtherNameRet,)):
    """Other names. Unlike most lists it has no iterator."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()
    owner_ids: Annotated[tuple[GUID, ...], Named("OwnerID")] = ()


@aggregate
class CustomerAdd(Request, rets=(CustomerRet,), writes=True):
    """A new customer. Customers, vendors, employees and other names share one space of names (FACTS.md 9, 3100)."""

    name: Text41
    email: Text1023 | None = None
    notes: Text4095 | None = None


@aggregate
class OtherNameAdd(Request, rets=(OtherNameRet,), writes=True):
    """A new entry in the list of other names, which shares its space of names with customers (FACTS.md 9, 3100)."""

    name: Text41
    is_active: Bool | None = None
    notes: Text4095 | None = None


@aggregate
class OtherNameMod(Request, rets=(OtherNameRet,), writes=True):
    """Changes an entry in the list of other names, as long as nobody has since its EditSequence was read (FACTS.md 9,
    3200)."""

    list_id: ID
    edit_sequence: Text16
    is_active: Bool | None = None
    notes: Text4095 | None = None


@aggregate
class SalesOrPurchase(Aggregate):
    """How an item stands on sales: its description and the account that they go to."""

    desc: Text4095 | None = None
    account_ref: ListRef | None = None


@aggregate
class ItemServiceAdd(Request, rets=(ItemServiceRet,), writes=True):
    """A new service."""

    name: Text31
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    sales_or_purchase: SalesOrPurchase


@aggregate
class ItemNonInventoryAdd(Request, rets=(ItemNonInventoryRet,), writes=True):
    """New goods whose stock is not kept."""

    name: Text31
    sales_tax_code_ref: SalesTaxCodeRef | None = None
    sales_or_purchase: SalesOrPurchase
