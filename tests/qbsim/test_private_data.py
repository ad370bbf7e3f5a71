"""An application's own data on the company file."""

from __future__ import annotations

import pytest

from qbsim import Behaviour, Company, Line
from tests.qbsim.shop import CREDIT_MEMO, GUID, Shop, add, status, values

DEFINE = (
    f"<DataExtDefAddRq><DataExtDefAdd><OwnerID>{GUID}</OwnerID><DataExtName>Claim</DataExtName>"
    "<DataExtType>STR255TYPE</DataExtType><AssignToObject>Company</AssignToObject></DataExtDefAdd></DataExtDefAddRq>"
)


def write(verb: str, value: str, name: str = "Claim") -> str:
    return (
        f"<DataExt{verb}Rq><DataExt{verb}><OwnerID>{GUID}</OwnerID><DataExtName>{name}</DataExtName>"
        f"<OtherDataExtType>Company</OtherDataExtType><DataExtValue>{value}</DataExtValue></DataExt{verb}></DataExt{verb}Rq>"
    )


def test_it_is_defined_written_changed_and_read_by_its_owner(shop: Shop) -> None:
    requests = [DEFINE, write("Add", "one"), write("Mod", "two")]
    assert [status(shop.one(each)) for each in requests] == [(0, "Info")] * 3
    shown = shop.query("Company", f"<OwnerID>{GUID.lower()}</OwnerID>")[0]
    assert values(shown, "DataExtRet/DataExtName", "DataExtRet/DataExtType", "DataExtRet/DataExtValue") == [
        *("Claim", "STR255TYPE", "two")
    ]
    assert shop.query("Company", f"<OwnerID>{GUID.replace('5', '6')}</OwnerID>")[0].find("DataExtRet") is None
    assert shop.query("Company")[0].find("DataExtRet") is None


@pytest.mark.parametrize(
    ("before", "request_text", "code"),
    [
        ([], write("Add", "one"), 3120),
        ([DEFINE], write("Mod", "one"), 3120),
        ([DEFINE, write("Add", "one")], write("Add", "two"), 3100),
        ([DEFINE], DEFINE, 3100),
        ([DEFINE], write("Add", "x" * 256), 3070),
    ],
)
def test_what_does_not_fit_is_refused(shop: Shop, before: list[str], request_text: str, code: int) -> None:
    for each in before:
        shop.one(each)
    assert status(shop.one(request_text)) == (code, "Error")


def test_a_quickbooks_that_takes_none_says_so() -> None:
    assert status(Shop(Behaviour(takes_private_data=False)).one(DEFINE)) == (3250, "Error")


def define(*objects: str, owner: str = GUID, name: str = "Claim", data_type: str = "STR255TYPE") -> str:
    assigned = "".join(f"<AssignToObject>{each}</AssignToObject>" for each in objects)
    return (
        f"<DataExtDefAddRq><DataExtDefAdd><OwnerID>{owner}</OwnerID><DataExtName>{name}</DataExtName>"
        f"<DataExtType>{data_type}</DataExtType>{assigned}</DataExtDefAdd></DataExtDefAddRq>"
    )


def change(verb: str, place: str, value: str | None = "one", owner: str = GUID, name: str = "Claim") -> str:
    given = "" if value is None else f"<DataExtValue>{value}</DataExtValue>"
    inside = f"<OwnerID>{owner}</OwnerID><DataExtName>{name}</DataExtName>{place}{given}"
    return f"<DataExt{verb}Rq><DataExt{verb}>{inside}</DataExt{verb}></DataExt{verb}Rq>"


def of_list(kind: str, name: str) -> str:
    return f"<ListDataExtType>{kind}</ListDataExtType><ListObjRef><FullName>{name}</FullName></ListObjRef>"


def of_transaction(kind: str, txn_id: str, line_id: str | None = None) -> str:
    line = "" if line_id is None else f"<TxnLineID>{line_id}</TxnLineID>"
    return f"<TxnDataExtType>{kind}</TxnDataExtType><TxnID>{txn_id}</TxnID>{line}"


@pytest.mark.parametrize(
    ("kind", "query", "name"),
    [
        ("Customer", "Customer", "Ada:Kitchen"),
        ("Vendor", "Vendor", "Mugs Ltd"),
        ("Employee", "Employee", "Eve"),
        ("OtherName", "OtherName", "Box"),
        ("Account", "Account", "Checking"),
        ("Item", "ItemService", "Engraving"),
        ("Item", "ItemInventory", "Shirt"),
    ],
)
def test_a_value_on_a_list_element_is_written_shown_to_its_owner_and_goes_with_it(
    shop: Shop, kind: str, query: str, name: str
) -> None:
    shop.builder.vendor("Mugs Ltd")
    shop.builder.employee("Eve")
    shop.builder.other_name("Box")
    place = of_list(kind, name)
    requests = [define(kind), change("Add", place), change("Mod", place, "two")]
    assert [status(shop.one(each)) for each in requests] == [(0, "Info")] * 3
    by_name = f"<FullName>{name}</FullName>"
    assert shop.query(query, f"{by_name}<OwnerID>{GUID}</OwnerID>")[0].findtext("DataExtRet/DataExtValue") == "two"
    assert shop.query(query, by_name)[0].find("DataExtRet") is None
    assert status(shop.one(change("Del", place, None))) == (0, "Info")
    assert shop.query(query, f"{by_name}<OwnerID>{GUID}</OwnerID>")[0].find("DataExtRet") is None
    assert shop.company.private_data.object_values == {}


def test_a_value_stands_on_a_transaction_and_another_on_its_line(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving), Line(shop.shirt, quantity=1)])
    line_id = invoice.lines[1].txn_line_id
    shop.one(define("Invoice"))
    for place in (of_transaction("Invoice", invoice.txn_id), of_transaction("Invoice", invoice.txn_id, line_id)):
        assert status(shop.one(change("Add", place, place[-3:-1]))) == (0, "Info")
    asked = f"<TxnID>{invoice.txn_id}</TxnID><IncludeLineItems>true</IncludeLineItems><OwnerID>{GUID}</OwnerID>"
    shown = shop.query("Invoice", asked)[0]
    assert len(shown.findall("DataExtRet")) == 1
    assert [line.find("DataExtRet") is not None for line in shown.findall("InvoiceLineRet")] == [False, True]
    shop.one(f"<TxnDelRq><TxnDelType>Invoice</TxnDelType><TxnID>{invoice.txn_id}</TxnID></TxnDelRq>")
    assert shop.company.private_data.object_values == {}


def test_a_value_on_every_type_of_transaction_stands_where_the_schema_wants_it(shop: Shop) -> None:
    memo = shop.builder.credit_memo("Ada", [Line(shop.engraving, quantity=4)])
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    made = [
        memo,
        invoice,
        shop.builder.sales_receipt("Ada", [Line(shop.engraving)]),
        shop.builder.sales_order("Ada", [Line(shop.engraving)]),
        shop.builder.receive_payment(invoice),
        shop.builder.refund_by_check(memo, 5),
        shop.builder.refund_by_card(memo, 5),
    ]
    shop.one(define(*(each.TYPE for each in made)))
    for each in made:
        assert status(shop.one(change("Add", of_transaction(each.TYPE, each.txn_id)))) == (0, "Info")
        asked = f"<TxnID>{each.txn_id}</TxnID><IncludeLineItems>true</IncludeLineItems><OwnerID>{GUID}</OwnerID>"
        assert shop.query(each.TYPE, asked)[0].findtext("DataExtRet/DataExtValue") == "one"


def test_a_value_is_given_to_a_transaction_of_the_same_set_by_its_macro(shop: Shop) -> None:
    shop.one(define("CreditMemo"))
    place = '<TxnDataExtType>CreditMemo</TxnDataExtType><TxnID useMacro="TxnID:M"></TxnID>'
    shop.quickbooks.begin_session()
    answers = shop.ask(add("CreditMemo", CREDIT_MEMO, macro="M") + change("Add", place))
    assert [status(each) for each in answers] == [(0, "Info")] * 2


@pytest.mark.parametrize(
    ("request_text", "code"),
    [
        (change("Add", of_list("Customer", "Nobody")), 3140),
        (change("Add", of_list("Vendor", "Ada")), 3140),
        (change("Add", of_list("Item", "Shirt")), 3120),
        (change("Add", of_transaction("Invoice", "1-1")), 3120),
        (change("Del", of_list("Customer", "Ada"), None), 3120),
        (define("Account", owner="0", name="Colour"), 3210),
    ],
)
def test_a_value_that_can_stand_nowhere_is_refused(shop: Shop, request_text: str, code: int) -> None:
    shop.one(define("Customer"))
    before = shop.company.to_json()
    assert status(shop.one(request_text)) == (code, "Error")
    assert shop.company.to_json() == before


@pytest.mark.parametrize(
    ("data_type", "good", "bad", "code"),
    [
        ("AMTTYPE", "12.50", "12.505", 3040),
        ("PRICETYPE", "1.12345", "x", 3045),
        ("PERCENTTYPE", "5", "5%", 3050),
        ("QUANTYPE", "2", "two", 3060),
        ("DATETIMETYPE", "2024-03-01", "tomorrow", 3020),
        ("INTTYPE", "-4", "4.5", 3210),
        ("STR1024TYPE", "x" * 1024, "x" * 1025, 3070),
    ],
)
def test_a_value_is_of_the_type_of_its_field(shop: Shop, data_type: str, good: str, bad: str, code: int) -> None:
    shop.one(define("Company", data_type=data_type))
    assert status(shop.one(change("Add", "<OtherDataExtType>Company</OtherDataExtType>", bad))) == (code, "Error")
    assert status(shop.one(change("Add", "<OtherDataExtType>Company</OtherDataExtType>", good))) == (0, "Info")


def test_custom_fields_are_those_of_the_owner_0(shop: Shop) -> None:
    shop.one(define("Customer", owner="0", name="Colour"))
    assert status(shop.one(change("Add", of_list("Customer", "Ada"), "blue", "0", "Colour"))) == (0, "Info")
    shown = shop.query("Customer", "<FullName>Ada</FullName><OwnerID>0</OwnerID>")[0]
    assert values(shown, "DataExtRet/OwnerID", "DataExtRet/DataExtValue") == ["0", "blue"]


def test_a_field_is_renamed_with_its_values_and_deleted_with_them(shop: Shop) -> None:
    for each in (define("Customer"), change("Add", of_list("Customer", "Ada"))):
        shop.one(each)
    which = f"<OwnerID>{GUID}</OwnerID><DataExtName>Claim</DataExtName>"
    more = "<DataExtNewName>Mark</DataExtNewName><AssignToObject>Vendor</AssignToObject>"
    shown = shop.one(f"<DataExtDefModRq><DataExtDefMod>{which}{more}</DataExtDefMod></DataExtDefModRq>")[0]
    assert shown.findtext("DataExtName") == "Mark"
    assert [each.text for each in shown.findall("AssignToObject")] == ["Customer", "Vendor"]
    asked = f"<FullName>Ada</FullName><OwnerID>{GUID}</OwnerID>"
    assert shop.query("Customer", asked)[0].findtext("DataExtRet/DataExtName") == "Mark"
    assert status(shop.one(f"<DataExtDefDelRq>{which}</DataExtDefDelRq>")) == (3120, "Error")
    assert status(shop.one(f"<DataExtDefDelRq>{which.replace('Claim', 'Mark')}</DataExtDefDelRq>")) == (0, "Info")
    assert shop.query("Customer", asked)[0].find("DataExtRet") is None
    assert status(shop.query("DataExtDef")) == (1, "Info")


def test_definitions_are_asked_for_by_owner_or_by_object(shop: Shop) -> None:
    shop.one(define("Customer", "Item"))
    shop.one(define("Customer", owner="0", name="Colour"))
    assert [each.findtext("DataExtName") for each in shop.query("DataExtDef")] == ["Claim", "Colour"]
    assert [each.findtext("DataExtName") for each in shop.query("DataExtDef", "<OwnerID>0</OwnerID>")] == ["Colour"]
    by_object = shop.query("DataExtDef", "<AssignToObject>Item</AssignToObject>")
    assert [each.findtext("DataExtName") for each in by_object] == ["Claim"]


def test_all_of_it_is_kept_in_the_company_file(shop: Shop) -> None:
    for each in (define("Customer"), change("Add", of_list("Customer", "Ada"))):
        shop.one(each)
    assert Company.from_json(shop.company.to_json(), shop.clock) == shop.company
