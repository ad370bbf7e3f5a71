"""Queries for transactions, and what they answer where nothing is found."""

from __future__ import annotations

import pytest

from qbsim import Line
from tests.qbsim.shop import Shop, status, values

NO_MATCH = "A query request did not find a matching object in QuickBooks"


@pytest.fixture
def sales(shop: Shop) -> Shop:
    """Invoices W1, w1, 12, 105 on four days, of Ada, her job, Bob and Ada; the last one is paid."""
    for number, customer in (("W1", shop.ada), ("w1", shop.job), ("12", shop.bob), ("105", shop.ada)):
        invoice = shop.builder.invoice(customer, [Line(shop.engraving)], ref_number=number)
        shop.clock.advance(days=1)
    shop.builder.receive_payment(invoice, deposit_to="PayPal")
    return shop


def numbers(shop: Shop, inside: str, **attributes: str) -> list[str | None]:
    return [each.findtext("RefNumber") for each in shop.query("Invoice", inside, **attributes)]


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("", ["W1", "w1", "12", "105"]),
        ("<RefNumber>w1</RefNumber><RefNumber>12</RefNumber>", ["W1", "w1", "12"]),
        ("<RefNumberCaseSensitive>w1</RefNumberCaseSensitive>", ["w1"]),
        ("<MaxReturned>2</MaxReturned>", ["W1", "w1"]),
        ("<TxnDateRangeFilter><FromTxnDate>2024-03-02</FromTxnDate></TxnDateRangeFilter>", ["w1", "12", "105"]),
        ("<TxnDateRangeFilter><ToTxnDate>2024-03-02</ToTxnDate></TxnDateRangeFilter>", ["W1", "w1"]),
        ("<TxnDateRangeFilter><DateMacro>All</DateMacro></TxnDateRangeFilter>", ["W1", "w1", "12", "105"]),
        (
            "<ModifiedDateRangeFilter><FromModifiedDate>2024-03-02</FromModifiedDate>"
            "<ToModifiedDate>2024-03-03</ToModifiedDate></ModifiedDateRangeFilter>",
            ["w1", "12"],
        ),
        (
            "<ModifiedDateRangeFilter><FromModifiedDate>2024-03-04T17:00:00+00:00</FromModifiedDate>"
            "</ModifiedDateRangeFilter>",
            ["105"],
        ),
        ("<EntityFilter><FullName>Ada</FullName></EntityFilter>", ["W1", "105"]),
        ("<EntityFilter><FullNameWithChildren>ada</FullNameWithChildren></EntityFilter>", ["W1", "w1", "105"]),
        (
            "<RefNumberFilter><MatchCriterion>StartsWith</MatchCriterion><RefNumber>1</RefNumber></RefNumberFilter>",
            ["12", "105"],
        ),
        (
            "<RefNumberFilter><MatchCriterion>EndsWith</MatchCriterion><RefNumber>1</RefNumber></RefNumberFilter>",
            ["W1", "w1"],
        ),
        (
            "<RefNumberRangeFilter><FromRefNumber>12</FromRefNumber><ToRefNumber>105</ToRefNumber></RefNumberRangeFilter>",
            ["12", "105"],
        ),
        ("<AccountFilter><FullName>Sales</FullName></AccountFilter>", ["W1", "w1", "12", "105"]),
        ("<PaidStatus>PaidOnly</PaidStatus>", ["105"]),
        ("<PaidStatus>NotPaidOnly</PaidStatus>", ["W1", "w1", "12"]),
    ],
)
def test_filters_let_through_what_they_should(sales: Shop, inside: str, found: list[str]) -> None:
    assert sorted(filter(None, numbers(sales, inside))) == sorted(found)


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<EntityFilter><FullNameWithChildren>Ada</FullNameWithChildren></EntityFilter>", ["W1", "w1", "105"]),
        (
            "<ModifiedDateRangeFilter><FromModifiedDate>2024-03-02</FromModifiedDate></ModifiedDateRangeFilter>"
            "<EntityFilter><FullNameWithChildren>Ada</FullNameWithChildren></EntityFilter>",
            ["w1", "105"],
        ),
        (
            "<MaxReturned>1</MaxReturned><TxnDateRangeFilter><FromTxnDate>2024-03-02</FromTxnDate></TxnDateRangeFilter>"
            "<EntityFilter><FullName>Ada</FullName></EntityFilter><AccountFilter><FullName>Sales</FullName></AccountFilter>"
            "<RefNumberFilter><MatchCriterion>Contains</MatchCriterion><RefNumber>0</RefNumber></RefNumberFilter>"
            "<PaidStatus>PaidOnly</PaidStatus>",
            ["105"],
        ),
        ("<TxnDateRangeFilter><DateMacro>LastWeek</DateMacro></TxnDateRangeFilter>", ["W1", "w1"]),
        ("<TxnDateRangeFilter><DateMacro>ThisWeek</DateMacro></TxnDateRangeFilter>", ["12", "105"]),
        ("<TxnDateRangeFilter><DateMacro>Yesterday</DateMacro></TxnDateRangeFilter>", ["105"]),
    ],
)
def test_filters_that_stand_together_all_have_to_match_and_the_oldest_comes_first(
    sales: Shop, inside: str, found: list[str]
) -> None:
    assert numbers(sales, inside) == found


def test_what_a_mod_has_changed_is_found_by_the_time_and_the_date_of_the_change(sales: Shop) -> None:
    since = "<ModifiedDateRangeFilter><FromModifiedDate>2024-03-05</FromModifiedDate></ModifiedDateRangeFilter>"
    february = "<TxnDateRangeFilter><ToTxnDate>2024-02-29</ToTxnDate></TxnDateRangeFilter>"
    assert (numbers(sales, since), numbers(sales, february)) == ([], [])
    invoice = sales.company.by_ref_number("Invoice", "12")[0]
    core = f"<TxnID>{invoice.txn_id}</TxnID><EditSequence>{invoice.stamp.edit_sequence}</EditSequence>"
    change = "<TxnDate>2024-02-29</TxnDate><RefNumber>13</RefNumber>"
    sales.one(f"<InvoiceModRq><InvoiceMod>{core}{change}</InvoiceMod></InvoiceModRq>")
    assert (numbers(sales, since), numbers(sales, february)) == (["13"], ["13"])
    assert numbers(sales, "<RefNumber>12</RefNumber>") == []
    assert numbers(sales, "") == ["W1", "w1", "13", "105"]


def test_several_invoices_of_one_number_are_all_found(sales: Shop) -> None:
    sales.builder.invoice("Bob", [Line(sales.engraving)], ref_number="12")
    assert numbers(sales, "<RefNumber>12</RefNumber>") == ["12", "12"]


def test_a_filter_by_currency_needs_currencies_to_be_on(sales: Shop) -> None:
    asked = "<CurrencyFilter><FullName>US Dollar</FullName></CurrencyFilter>"
    assert status(sales.query("Invoice", asked)) == (3250, "Error")


def test_an_iterator_counts_and_leaves_the_records_out_as_meta_data_asks(sales: Shop) -> None:
    sales.quickbooks.begin_session()
    page = sales.query("Invoice", "<MaxReturned>3</MaxReturned>", iterator="Start", metaData="MetaDataOnly")
    assert (page.get("retCount"), page.get("iteratorRemainingCount"), len(page)) == ("3", "1", 0)


def test_a_filter_that_matches_nothing_is_no_error(sales: Shop) -> None:
    response = sales.query("Invoice", "<AccountFilter><FullName>Checking</FullName></AccountFilter>")
    assert (status(response), response.get("statusMessage"), len(response)) == ((1, "Info"), NO_MATCH, 0)


def test_a_list_with_some_missing_gives_the_others_and_a_warning(sales: Shop) -> None:
    response = sales.query("Invoice", "<RefNumber>12</RefNumber><RefNumber>99</RefNumber>")
    assert status(response) == (500, "Warn")
    assert response.get("statusMessage") == (
        "The query request has not been fully completed. There was a required element"
        ' ("99") that could not be found in QuickBooks.'
    )
    assert [each.findtext("RefNumber") for each in response] == ["12"]


@pytest.mark.parametrize(
    ("inside", "answer"),
    [
        ("<RefNumber>98</RefNumber><RefNumber>99</RefNumber>", (1, "Info")),
        ("<TxnID>FF-1</TxnID>", (500, "Warn")),
        ("<TxnID>nonsense</TxnID>", (3000, "Error")),
        ("<EntityFilter><FullName>Eve</FullName></EntityFilter>", (3140, "Error")),
        (
            "<TxnDateRangeFilter><FromTxnDate>2024-03-02</FromTxnDate><ToTxnDate>2024-03-01</ToTxnDate>"
            "</TxnDateRangeFilter>",
            (3030, "Error"),
        ),
        (
            "<RefNumberRangeFilter><FromRefNumber>9</FromRefNumber><ToRefNumber>1</ToRefNumber></RefNumberRangeFilter>",
            (3031, "Error"),
        ),
    ],
)
def test_what_is_not_there_or_not_right_is_told(sales: Shop, inside: str, answer: tuple[int, str]) -> None:
    assert status(sales.query("Invoice", inside)) == answer


def test_a_txn_id_of_another_type_is_missing(sales: Shop) -> None:
    (payment,) = sales.company.transactions("ReceivePayment")
    assert status(sales.query("Invoice", f"<TxnID>{payment.txn_id}</TxnID>")) == (500, "Warn")


def test_lines_and_links_come_only_when_asked_for(sales: Shop) -> None:
    bare = sales.query("Invoice", "<RefNumber>105</RefNumber>")[0]
    assert values(bare, "InvoiceLineRet", "LinkedTxn") == [None, None]
    asked = "<IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns>"
    full = sales.query("Invoice", f"<RefNumber>105</RefNumber>{asked}")[0]
    assert values(full, "InvoiceLineRet/Amount", "LinkedTxn/Amount") == ["12.50", "-12.50"]


def test_only_the_elements_named_come(sales: Shop) -> None:
    only = "<IncludeRetElement>TxnID</IncludeRetElement><IncludeRetElement>IsPaid</IncludeRetElement>"
    shown = sales.query("Invoice", f"<RefNumber>105</RefNumber>{only}")[0]
    assert [each.tag for each in shown] == ["TxnID", "IsPaid"]


def test_meta_data_counts(sales: Shop) -> None:
    alone = sales.query("Invoice", metaData="MetaDataOnly")
    assert (alone.get("retCount"), len(alone)) == ("4", 0)
    both = sales.query("Invoice", metaData="MetaDataAndResponseData")
    assert (both.get("retCount"), len(both)) == ("4", 4)


def test_an_iterator_gives_page_after_page(sales: Shop) -> None:
    sales.quickbooks.begin_session()
    first = sales.query("Invoice", "<MaxReturned>3</MaxReturned>", iterator="Start")
    assert (len(first), first.get("iteratorRemainingCount")) == (3, "1")
    name = first.get("iteratorID", "")
    sales.company.delete(sales.company.transactions("Invoice")[3])
    last = sales.query("Invoice", "<MaxReturned>3</MaxReturned>", iterator="Continue", iteratorID=name)
    assert (len(last), last.get("iteratorRemainingCount"), status(last)) == (0, "0", (0, "Info"))
    again = sales.query("Invoice", "<MaxReturned>3</MaxReturned>", iterator="Continue", iteratorID=name)
    assert status(again) == (3000, "Error")


def test_an_iterator_ends_with_its_session_and_by_stop(sales: Shop) -> None:
    sales.quickbooks.begin_session()
    name = sales.query("Invoice", "<MaxReturned>1</MaxReturned>", iterator="Start").get("iteratorID", "")
    assert status(sales.query("Invoice", iterator="Stop", iteratorID=name)) == (0, "Info")
    other = sales.query("Invoice", "<MaxReturned>1</MaxReturned>", iterator="Start").get("iteratorID", "")
    sales.quickbooks.end_session()
    gone = sales.query("Invoice", "<MaxReturned>1</MaxReturned>", iterator="Continue", iteratorID=other)
    assert status(gone) == (3000, "Error")


def test_deleted_transactions_are_listed_by_type_and_time(sales: Shop) -> None:
    invoice = sales.company.by_ref_number("Invoice", "12")[0]
    sales.one(f"<TxnDelRq><TxnDelType>Invoice</TxnDelType><TxnID>{invoice.txn_id}</TxnID></TxnDelRq>")
    gone = sales.query("TxnDeleted", "<TxnDelType>CreditMemo</TxnDelType><TxnDelType>Invoice</TxnDelType>")
    assert values(gone[0], "TxnDelType", "TxnID", "RefNumber") == ["Invoice", invoice.txn_id, "12"]
    assert status(sales.query("TxnDeleted", "<TxnDelType>CreditMemo</TxnDelType>")) == (1, "Info")
    later = "<DeletedDateRangeFilter><FromDeletedDate>2024-03-06</FromDeletedDate></DeletedDateRangeFilter>"
    assert status(sales.query("TxnDeleted", f"<TxnDelType>Invoice</TxnDelType>{later}")) == (1, "Info")


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ("<FromDeletedDate>2024-03-05</FromDeletedDate>", 1),
        ("<ToDeletedDate>2024-03-05</ToDeletedDate>", 1),
        ("<ToDeletedDate>2024-03-04</ToDeletedDate>", 0),
        ("<FromDeletedDate>2024-03-05T09:00:00-08:00</FromDeletedDate><ToDeletedDate>2024-03-06</ToDeletedDate>", 1),
        ("<FromDeletedDate>2024-03-05T09:00:01-08:00</FromDeletedDate>", 0),
    ],
)
def test_deleted_transactions_are_found_by_the_time_of_deletion(sales: Shop, span: str, found: int) -> None:
    (payment,) = sales.company.transactions("ReceivePayment")
    sales.one(f"<TxnDelRq><TxnDelType>ReceivePayment</TxnDelType><TxnID>{payment.txn_id}</TxnID></TxnDelRq>")
    inside = f"<TxnDelType>ReceivePayment</TxnDelType><DeletedDateRangeFilter>{span}</DeletedDateRangeFilter>"
    only = "<IncludeRetElement>TxnID</IncludeRetElement>"
    gone = sales.query("TxnDeleted", inside + only, metaData="MetaDataAndResponseData")
    assert (gone.get("retCount"), [each.tag for each in gone.iter("TxnID")]) == (str(found), ["TxnID"] * found)
    assert sales.company.by_ref_number("Invoice", "105")[0].open_debt > 0


def test_a_span_of_deletion_that_is_upside_down_is_refused(sales: Shop) -> None:
    span = "<FromDeletedDate>2024-03-05</FromDeletedDate><ToDeletedDate>2024-03-04</ToDeletedDate>"
    inside = f"<TxnDelType>Invoice</TxnDelType><DeletedDateRangeFilter>{span}</DeletedDateRangeFilter>"
    assert status(sales.query("TxnDeleted", inside)) == (3030, "Error")


def test_what_is_deleted_already_can_not_be_deleted_or_voided(sales: Shop) -> None:
    invoice = sales.company.by_ref_number("Invoice", "12")[0]
    gone = f"<TxnID>{invoice.txn_id}</TxnID>"
    codes = [
        status(sales.one(f"<TxnDelRq><TxnDelType>Invoice</TxnDelType>{gone}</TxnDelRq>")),
        status(sales.one(f"<TxnDelRq><TxnDelType>Invoice</TxnDelType>{gone}</TxnDelRq>")),
        status(sales.one(f"<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType>{gone}</TxnVoidRq>")),
    ]
    assert codes == [(0, "Info"), (3120, "Error"), (3120, "Error")]
