"""A company in which every list has entries and every type of transaction occurs, and requests that speak of them."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from functools import cache
from typing import Any

from lxml import etree

from qbsim import Company, CompanyBuilder, Line, SettableClock
from qbsim.lists.adding import create
from qbsim.lists.items import SALES_TAX
from qbsim.lists.kinds import LIST_KINDS
from qbsim.lists.table import ListTable
from qbsim.private_data import DataDefinition, DataValue
from qbsim.transactions import TRANSACTION_TYPES
from tests.qbsim.grammar import documents
from tests.qbsim.shop import GUID, START

#: How often an element that may be absent is there.
PRESENCE = 0.6
#: The list that a Ref of a request speaks of, by the end of its name; the first that fits.
_BY_END = (
    ("AccountRef", "accounts"),
    ("CurrencyRef", "currencies"),
    ("CurrencyFilter", "currencies"),
    ("ItemSalesTaxRef", "items"),
    ("ItemPurchaseTaxRef", "items"),
    ("ItemRef", "items"),
    ("ItemInventoryRef", "items"),
    ("ItemGroupRef", "items"),
    ("CustomerRef", "customers"),
    ("PayeeEntityRef", "customers"),
    ("EntityFilter", "customers"),
    ("AccountFilter", "accounts"),
    ("ClassFilter", "classes"),
    ("ListObjRef", "customers"),
    ("EntityRef", "employees"),
    ("ClassRef", "classes"),
    ("VendorRef", "vendors"),
    ("TaxCodeRef", "sales_tax_codes"),
    ("TermsRef", "terms"),
    ("TemplateRef", "templates"),
    ("ShipMethodRef", "ship_methods"),
    ("MethodRef", "payment_methods"),
    ("SalesRepRef", "sales_reps"),
    ("CustomerMsgRef", "customer_messages"),
    ("SiteRef", "inventory_sites"),
    ("JobTypeRef", "job_types"),
    ("VendorTypeRef", "vendor_types"),
    ("CustomerTypeRef", "customer_types"),
)


_NEEDED = {"Account": {"account_type": "Bank"}, "Currency": {"currency_code": "ZZ9"}}


@cache
def _saved() -> dict[str, Any]:
    builder = CompanyBuilder("Full", SettableClock(START))
    builder.account("Online", "Income", parent="Sales")
    agency = builder.vendor("State", is_sales_tax_agency=True, vendor_address={"Addr1": "1 Capitol"})
    builder.vendor("Mugs Ltd", company_name="Mugs Limited", terms_id=builder.standard_terms("Net 30", 30).list_id)
    builder.date_driven_terms("Mid month", 15, due_next_month_days=5)
    worker = builder.employee("Eve Worker", first_name="Eve")
    builder.other_name("Petty Cash Box", other_name_address={"Addr1": "Desk", "City": "Reno"})
    builder.sales_rep("EW", worker)
    builder.ship_method("UPS")
    builder.customer_message("Thank you")
    builder.job_type("Repair", parent=builder.job_type("Work"))
    builder.vendor_type("Tax agencies")
    builder.inventory_site("Cellar", parent_site_id=builder.inventory_site("Main", is_default=True).list_id)
    shops = builder.class_("Web", parent=builder.class_("Shops"))
    tax = builder.sales_tax_item("State Tax", "8.25")
    tax.vendor_id = agency.list_id
    builder.sales_tax_group("All taxes", [tax], is_default=False)
    mug = builder.inventory_item("Mug", price=20, cost="7.50", on_hand=100, description="A mug")
    builder.assembly_item("Mug set", [(mug, 4)], price=70, cost=30, on_hand=5)
    builder.non_inventory_item("Card", price="1.50")
    engraving = builder.service_item("Engraving", price="12.50")
    engraving.class_id = shops.list_id
    builder.other_charge_item("Shipping", price=5)
    coupon = builder.discount_item("Coupon", percent=10)
    builder.subtotal_item()
    builder.payment_item("Deposit paid")
    builder.group_item("Gift", [(mug, 1), (engraving, 2)])
    kind = builder.customer_type("Retail")
    ada = builder.customer("Ada", sales_tax=tax, customer_type_id=kind.list_id, bill_address={"Addr1": "1 Main St"})
    builder.job(ada, "Kitchen", job_status="InProgress")
    builder.customer("Bob").is_active = False
    lines = [Line(mug, quantity=2), Line(coupon), Line(engraving, quantity=1)]
    invoice, memo = builder.invoice(ada, lines, ref_number="1"), builder.credit_memo(ada, lines, ref_number="2")
    builder.sales_receipt(ada, lines, ref_number="3")
    order = builder.sales_order(ada, lines, ref_number="4")
    builder.invoice_from_sales_order(order)
    builder.receive_payment(invoice, 10)
    builder.refund_by_check(memo, 5)
    builder.refund_by_card(memo, 5)
    builder.prepayment(ada, 25)
    builder.currency("Euro", "EUR", "1.10")
    builder.currency("Shells", "SHL", is_user_defined=True)
    builder.account("Euro Bank", "Bank", currency="Euro")
    eva = builder.customer("Eva", currency="Euro")
    abroad = builder.invoice(eva, lines, ref_number="5", exchange_rate="1.12")
    builder.receive_payment(abroad, 20, exchange_rate="1.20")
    builder.refund_by_check(
        builder.credit_memo(eva, lines, exchange_rate="1.05"), 5, "Euro Bank", exchange_rate=Decimal("1.15")
    )
    builder.deposit([builder.sales_receipt(eva, lines, exchange_rate="1.08")], "Euro Bank")
    company = builder.company
    objects = ["Company", "Customer", "Item", "Invoice", "CreditMemo"]
    data = company.private_data
    data.definitions.append(DataDefinition(GUID, "Claim", "STR255TYPE", 0, objects))
    data.definitions.append(DataDefinition("0", "Colour", "STR255TYPE", 1, ["Customer", "Item"]))
    data.company_values.append(DataValue(GUID, "Claim", "mine"))
    for object_id in (mug.list_id, invoice.txn_id):
        data.put(object_id, DataValue(GUID, "Claim", "mine"))
    data.put(invoice.txn_id, DataValue(GUID, "Claim", "line", invoice.lines[0].txn_line_id))
    company.delete(builder.prepayment(ada, 1))
    for kind in LIST_KINDS.values():
        table = kind.table_of(company)
        gone = create(company, table, "Zz9", **kind.marks, **_NEEDED.get(kind.name, {}))
        company.delete_list_element(table, gone, kind.name)
    return company.to_json()


def full_company() -> Company:
    """A new copy of it."""
    return Company.from_json(_saved(), SettableClock(START))


def likely_request(name: str, company: Company, chance: random.Random) -> etree._Element:
    """A valid request in which most IDs and names are those of the company, and most values are plain ones."""
    made = documents.valid_request(name, chance, PRESENCE)
    request = made[0][0]
    for element, declared in made:
        if declared.value is not None:
            value = _likely(element, company, name, chance)
            if value is not None and declared.value.fault(value, (16, 0)) is None:
                element.text = value
        elif str(element.tag).endswith("Ref") and len(element) == 0:
            child = etree.SubElement(element, "ListID")
            child.text = _likely(child, company, name, chance)
    _make_consistent(request, name, company, chance)
    return request


def _likely(element: etree._Element, company: Company, name: str, chance: random.Random) -> str | None:
    tag = str(element.tag)
    if tag in ("ListID", "FullName", "ListIDWithChildren", "FullNameWithChildren"):
        table = _table(element, company, name)
        entries = [each for each in table or () if _fits(element, each)]
        entry = chance.choice(entries) if entries else None
        if entry is not None:
            return str(entry.list_id if tag.startswith("ListID") else entry.full_name)
    if tag in ("TxnID", "CreditTxnID", "LinkToTxnID"):
        return chance.choice(company.every_transaction()).txn_id
    make = _PLAIN.get(tag)
    return None if make is None else make(chance)


def _fits(element: etree._Element, entry: Any) -> bool:
    """Whether an entry of the list may stand there: a tax item where a tax is meant."""
    parent = element.getparent()
    is_tax = parent is not None and parent.tag in ("ItemSalesTaxRef", "ItemPurchaseTaxRef")
    return not is_tax or entry.item_type == SALES_TAX


def _table(element: etree._Element, company: Company, name: str) -> ListTable[Any] | None:
    """The list that an ID or name is of."""
    parent = element.getparent()
    holder = str(parent.tag) if parent is not None else ""
    found = next((table for end, table in _BY_END if holder.endswith(end)), None)
    if found is not None:
        return getattr(company.lists, found)  # type: ignore[no-any-return]
    kind = LIST_KINDS.get(re.sub("(Add|Mod|Query)Rq$", "", name))
    return kind.table_of(company) if kind is not None else company.lists.items


_PLAIN: dict[str, Any] = {
    "Name": lambda chance: f"N{chance.randint(1, 10**6)}"[:3] + str(chance.randint(1, 10**9)),
    "Initial": lambda chance: str(chance.randint(1, 99999)),
    "OwnerID": lambda chance: chance.choice((GUID, GUID, GUID, "0")),
    "DataExtName": lambda chance: chance.choice(("Claim", "Claim", "Claim", "Colour")),
    "RefNumber": lambda chance: str(chance.randint(1, 5)),
    "MaxReturned": lambda chance: str(chance.randint(1, 30)),
    "FromModifiedDate": lambda _chance: "2024-01-01",
    "ToModifiedDate": lambda _chance: "2030-01-01",
    "FromDeletedDate": lambda _chance: "2024-01-01",
    "ToDeletedDate": lambda _chance: "2030-01-01",
    "FromTxnDate": lambda _chance: "2024-01-01",
    "ToTxnDate": lambda _chance: "2030-01-01",
    "FromName": lambda _chance: "A",
    "ToName": lambda _chance: "Zz",
    "FromRefNumber": lambda _chance: "1",
    "ToRefNumber": lambda _chance: "9",
    "ActiveStatus": lambda _chance: "All",
    "Quantity": lambda chance: str(chance.randint(1, 3)),
    "IsTaxable": lambda chance: chance.choice(("true", "false")),
    "IncludeRetElement": lambda chance: chance.choice(("ListID", "TxnID", "Name", "EditSequence", "DataExtRet")),
}


def _make_consistent(request: etree._Element, name: str, company: Company, chance: random.Random) -> None:
    """A Mod names what it changes with its EditSequence, a deletion something of the type it says."""
    if request.get("iterator") != "Start":
        for attribute in ("iteratorID", "iterator"):
            request.attrib.pop(attribute, None)
    for kind_name in ("TxnDelType", "TxnVoidType", "TxnDataExtType"):
        for element in request.iter(kind_name):
            transactions = company.transactions(chance.choice(("Invoice", "CreditMemo", "Check")))
            element.text = transactions[0].TYPE if transactions else element.text
            _set(element.getparent(), "TxnID", transactions[0].txn_id if transactions else "1-1")
    for element in request.iter("ListDataExtType"):
        element.text = "Customer"
    kind = LIST_KINDS.get(name.removesuffix("ModRq"))
    if name.endswith("ModRq") and kind is not None:
        entry = chance.choice([each for each in kind.table_of(company) if kind.has(each)])
        _set(request.find(name.removesuffix("Rq")), "ListID", entry.list_id)
        _set(request.find(name.removesuffix("Rq")), "EditSequence", entry.stamp.edit_sequence)
    elif name == "ListDelRq":
        kind = chance.choice([each for each in LIST_KINDS.values() if each.name != "Template"])
        entries = [each for each in kind.table_of(company) if kind.has(each)] or list(company.lists.items)
        _set(request, "ListDelType", kind.name)
        _set(request, "ListID", chance.choice(entries).list_id)
    elif name.endswith("ModRq") and name.removesuffix("ModRq") in TRANSACTION_TYPES:
        transaction = chance.choice(company.transactions(name.removesuffix("ModRq")))
        _set(request.find(name.removesuffix("Rq")), "TxnID", transaction.txn_id)
        _set(request.find(name.removesuffix("Rq")), "EditSequence", transaction.stamp.edit_sequence)


def _set(element: etree._Element | None, name: str, value: str) -> None:
    child = element.find(f".//{name}") if element is not None else None
    if child is not None:
        child.text = value
