"""The request processor: whole sets refused, requests left out, and the form of every answer."""

from __future__ import annotations

import re
from datetime import date

import pytest

from qbsim import Behaviour, Line
from tests.qbsim.shop import CREDIT_MEMO, GUID, PROLOG, Shop, add, checked, message_set, status, values

BAD = add("CreditMemo", CREDIT_MEMO.replace("Shirt", "Hat"))
GOOD = add("CreditMemo", CREDIT_MEMO, "2")


def test_a_text_that_is_no_qbxml_is_refused_whole(shop: Shop) -> None:
    misordered = CREDIT_MEMO.replace(
        "<RefNumber>1001-R1</RefNumber><Memo>Refund of 1001</Memo>", "<Memo>x</Memo><RefNumber>1</RefNumber>"
    )
    answer = shop.quickbooks.process(message_set(GOOD + add("CreditMemo", misordered)))
    assert (answer.response, answer.hresult) == ("", "0x80040400")
    assert answer.message == "QuickBooks found an error when parsing the provided XML text stream."
    assert shop.moved() == {}


def test_a_version_that_this_quickbooks_does_not_know_is_refused_whole() -> None:
    shop = Shop(Behaviour(supported_versions=((12, 0),)))
    assert shop.quickbooks.process(message_set(GOOD)).hresult == "0x80040400"


def test_stop_on_error_leaves_out_the_rest_and_continue_goes_on(shop: Shop) -> None:
    assert [status(each)[0] for each in shop.ask(BAD + GOOD)] == [3140, 3231]
    assert shop.moved() == {}
    assert [status(each)[0] for each in shop.ask(BAD + GOOD, onError="continueOnError")] == [3140, 0]


def test_an_answer_may_end_with_the_request_that_failed() -> None:
    shop = Shop(Behaviour(answers_what_is_left_out=False))
    assert [status(each)[0] for each in shop.ask(BAD + GOOD + GOOD)] == [3140]
    assert shop.moved() == {}


def test_a_query_without_a_match_does_not_stop_the_set(shop: Shop) -> None:
    nothing = "<InvoiceQueryRq><RefNumber>9</RefNumber></InvoiceQueryRq>"
    assert [status(each)[0] for each in shop.ask(nothing + GOOD)] == [1, 0]


def test_roll_back_on_error_is_refused(shop: Shop) -> None:
    assert shop.quickbooks.process(message_set(GOOD, onError="rollbackOnError")).hresult == "0x80040400"


def test_what_is_known_but_not_simulated_is_answered_by_1030(shop: Shop) -> None:
    request = "<ListDelRq><ListDelType>PriceLevel</ListDelType><ListID>80000001-1</ListID></ListDelRq>"
    assert status(shop.one(request)) == (1030, "Error")


def test_the_answer_has_the_form_of_quickbooks(shop: Shop) -> None:
    shop.builder.customer("Café & Söhne")
    answer = shop.quickbooks.process(
        message_set('<CustomerQueryRq requestID="7"><FullName>Caf&#233; &amp; S&#246;hne</FullName></CustomerQueryRq>')
    )
    lines = answer.response.split("\n")
    assert lines[:4] == [
        '<?xml version="1.0" ?>',
        "<QBXML>",
        "<QBXMLMsgsRs>",
        '<CustomerQueryRs requestID="7" statusCode="0" statusSeverity="Info" statusMessage="Status OK">',
    ]
    assert "<Name>Caf&#233; &amp; S&#246;hne</Name>" in lines
    assert answer.response.isascii()
    assert answer.response.endswith("</CustomerQueryRs>\n</QBXMLMsgsRs>\n</QBXML>\n")
    assert all(re.fullmatch(r"<[^<>]*>([^<>]*</[^<>]*>)?", line) for line in lines if line)


def test_ids_are_a_hex_number_and_the_time_of_creation_and_equal_the_first_edit_sequence(shop: Shop) -> None:
    memo = shop.one(GOOD)[0]
    txn_id, edit_sequence, created = values(memo, "TxnID", "EditSequence", "TimeCreated")
    assert re.fullmatch(rf"[0-9A-F]+-{edit_sequence}", txn_id or "")
    assert edit_sequence == str(int(shop.clock().timestamp()))
    assert created == "2024-03-01T09:00:00-08:00"


def test_the_host_tells_product_country_and_versions(shop: Shop) -> None:
    host = shop.query("Host")[0]
    assert values(host, "ProductName", "Country") == ["QuickBooks Premier Edition 2023", "US"]
    assert [each.text for each in host.iterfind("SupportedQBXMLVersion")][-2:] == ["15.0", "16.0"]


def test_the_preferences_tell_the_default_tax(shop: Shop) -> None:
    shown = shop.query("Preferences")[0]
    assert values(
        shown, "SalesTaxPreferences/DefaultItemSalesTaxRef/FullName", "MultiCurrencyPreferences/IsMultiCurrencyOn"
    ) == ["State Tax", "false"]


def test_an_accountants_copy_shuts_the_time_before_its_dividing_date(shop: Shop) -> None:
    shop.company.preferences.accountant_copy_dividing_date = date(2024, 3, 1)
    assert values(shop.query("Company")[0], "AccountantCopy/AccountantCopyExists", "AccountantCopy/DividingDate") == [
        *("true", "2024-03-01")
    ]
    response = shop.one(GOOD)
    assert status(response) == (3180, "Error")
    assert "Accountant's Copy" in response.get("statusMessage", "")
    later = CREDIT_MEMO.replace("<RefNumber>", "<TxnDate>2024-03-02</TxnDate><RefNumber>")
    assert status(shop.one(add("CreditMemo", later))) == (0, "Info")


def test_a_field_for_other_countries_is_passed_over_with_a_warning(shop: Shop) -> None:
    taxed = CREDIT_MEMO.replace("</Memo>", "</Memo><IsTaxIncluded>true</IsTaxIncluded>")
    response = shop.one(add("CreditMemo", taxed))
    assert status(response) == (530, "Warn")
    assert response.get("statusMessage") == 'The field "IsTaxIncluded" is not supported by this implementation.'
    assert response.find("CreditMemoRet/TxnID") is not None


def with_guid(guid: str) -> str:
    return add(
        "CreditMemo",
        CREDIT_MEMO.replace("<CreditMemoLineAdd>", f"<ExternalGUID>{guid}</ExternalGUID><CreditMemoLineAdd>"),
    )


@pytest.mark.parametrize(("refuses", "code"), [(False, 0), (True, 3180)])
def test_an_external_guid_may_come_twice_or_not(refuses: bool, code: int) -> None:
    shop = Shop(Behaviour(refuses_repeated_external_guid=refuses))
    shop.one(with_guid(GUID))
    assert status(shop.one(with_guid(GUID.lower())))[0] == code


@pytest.mark.parametrize(("shows", "expected"), [(True, GUID), (False, None)])
def test_an_external_guid_is_shown_or_not(shows: bool, expected: str | None) -> None:
    shop = Shop(Behaviour(shows_external_guid=shows))
    assert shop.one(with_guid(GUID))[0].findtext("ExternalGUID") == expected


def test_answers_can_be_had_without_the_records(shop: Shop) -> None:
    (response,) = shop.ask(GOOD, responseData="includeNone")
    assert (status(response), len(response)) == ((0, "Info"), 0)


def test_a_set_may_come_as_bytes(shop: Shop) -> None:
    answer = shop.quickbooks.process(message_set(GOOD).encode("ascii"))
    assert status(checked(answer.response)[0][0]) == (0, "Info")


def test_one_set_can_ask_for_everything_that_a_refund_needs(shop: Shop) -> None:
    shop.builder.sales_receipt("Ada", [Line(shop.shirt)], ref_number="1001")
    queries = "".join(
        f"<{name}QueryRq><RefNumber>1001</RefNumber><IncludeLineItems>true</IncludeLineItems></{name}QueryRq>"
        for name in ("SalesReceipt", "Invoice", "SalesOrder", "CreditMemo")
    )
    assert PROLOG in message_set(queries)
    assert [status(each)[0] for each in shop.ask(queries)] == [0, 1, 1, 1]
