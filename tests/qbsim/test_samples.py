"""Answers against answers of the real QuickBooks: all that those show is in ours, in the same order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree

from qbsim import Line
from tests.qbsim.shop import Shop, add, check_add, message_set
from tests.shared import shared_path

ADA = "<CustomerRef><FullName>Ada</FullName></CustomerRef>"
ADDRESS = (
    "<Addr1>1 Main St</Addr1><City>Hollywood</City><State>CA</State>"
    "<PostalCode>90210</PostalCode><Country>USA</Country>"
)
LINE = "<ItemRef><FullName>Engraving</FullName></ItemRef><Desc>Names</Desc><Quantity>2</Quantity><Rate>100.00</Rate>"


def document(kind: str, *, addressed: bool = True) -> str:
    addresses = f"<BillAddress>{ADDRESS}</BillAddress><ShipAddress>{ADDRESS}</ShipAddress>" if addressed else ""
    number = "<PONumber>R154</PONumber>" if kind == "SalesOrder" else ""
    return add(kind, f"{ADA}<RefNumber>13</RefNumber>{addresses}{number}<{kind}LineAdd>{LINE}</{kind}LineAdd>")


def refunded_memo(shop: Shop) -> etree._Element:
    memo = shop.builder.credit_memo(
        "Ada", [Line(shop.engraving, quantity=1, rate="38.95")], memo="Refund", bill_address={"Addr1": "x", "City": "y"}
    )
    shop.one(add("Check", check_add(f"<TxnID>{memo.txn_id}</TxnID>", "38.95")))
    both = "<IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns>"
    return shop.query("CreditMemo", both)[0]


def payment(shop: Shop) -> etree._Element:
    inside = (
        f"{ADA}<RefNumber>R154817935</RefNumber><TotalAmount>210.00</TotalAmount>"
        "<PaymentMethodRef><FullName>Check</FullName></PaymentMethodRef><IsAutoApply>false</IsAutoApply>"
    )
    return shop.one(add("ReceivePayment", inside))[0]


SAMPLES: list[tuple[str, str, Callable[[Shop], etree._Element]]] = [
    ("CreditMemoAddRs_ok.xml", "CreditMemoRet", lambda shop: shop.one(document("CreditMemo", addressed=False))[0]),
    ("InvoiceAddRs_ok.xml", "InvoiceRet", lambda shop: shop.one(document("Invoice"))[0]),
    ("SalesOrderAddRs_batch_1_and_3140.xml", "SalesOrderRet", lambda shop: shop.one(document("SalesOrder"))[0]),
    ("SalesReceiptQueryRs_one.xml", "SalesReceiptRet", lambda shop: shop.one(document("SalesReceipt"))[0]),
    ("CreditMemoQueryRs_refunded_by_check.xml", "CreditMemoRet", refunded_memo),
    ("ReceivePaymentAddRs_ok.xml", "ReceivePaymentRet", payment),
    ("ItemServiceQueryRs_one.xml", "ItemServiceRet", lambda shop: shop.query("ItemService")[0]),
    ("ItemInventoryQueryRs_one.xml", "ItemInventoryRet", lambda shop: shop.query("ItemInventory")[0]),
    ("HostQueryRs_QBPro2006.xml", "HostRet", lambda shop: shop.query("Host")[0]),
]


def paths(element: etree._Element) -> list[str]:
    """Every element below this one, each path once, in the order of the document."""
    tree = etree.ElementTree(element)
    found = (tree.getelementpath(each) for each in element.iter("*"))
    return list(dict.fromkeys(path.split("[")[0] for path in found if "[" not in path))


@pytest.mark.parametrize(("sample", "ret", "make"), SAMPLES, ids=[f"{name}" for name, _, _ in SAMPLES])
def test_ours_shows_what_the_real_one_shows(
    shop: Shop, sample: str, ret: str, make: Callable[[Shop], etree._Element]
) -> None:
    shop.company.preferences.default_item_sales_tax_id = shop.tax.list_id
    shop.shirt.description = "A shirt"
    real = etree.parse(str(shared_path("qbxml", "samples", "responses", sample))).find(f".//{ret}")
    assert real is not None
    copied = etree.fromstring(etree.tostring(real))
    wanted = paths(copied)
    assert len(wanted) > 5
    ours = paths(make(shop))
    address_lines = [path for path in wanted if "Address" in path and "/" in path]
    wanted = [path for path in wanted if path not in address_lines]
    assert [path for path in ours if path in wanted] == wanted


def test_the_real_answer_to_a_set_of_several_has_our_form(shop: Shop) -> None:
    real = shared_path("qbxml", "samples", "responses", "HostQueryRs_QBPro2006.xml").read_text(encoding="utf-8")
    ours = shop.quickbooks.process(
        message_set('<HostQueryRq requestID="0" /><CompanyQueryRq requestID="1" />')
    ).response
    assert ours.splitlines()[:5] == real.splitlines()[:5]
    assert ours.splitlines()[-3:] == real.splitlines()[-3:]
