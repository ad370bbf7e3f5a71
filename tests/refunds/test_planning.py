"""What a refund becomes in the books, as an accountant would say it: the refund table and the rules around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from qbwc_server.refunds.currencies import currency_code, home_currency_of
from qbwc_server.refunds.days import earliest_open_day
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.model import OrderLine, Refund
from qbwc_server.refunds.planning import sale_case
from qbwc_server.refunds.reasons import Status
from qbwc_server.refunds.sale import CompanyFacts, Sale, Taken
from qbwc_server.refunds.settings import (
    CancelledInvoices,
    ClosedBooks,
    RefundMethod,
    SalesOrders,
    Settings,
    StoreCredit,
)
from qbxml import ReceivePaymentAdd, Ref, SalesOrderMod, TxnVoid
from tests.refunds.builders import (
    COMPANY,
    RECEIVABLES,
    account,
    adjusted,
    application_of,
    back,
    by,
    card_refund_of,
    discount,
    invoice,
    lines_of,
    memo_of,
    notices_of,
    open_payment,
    payment,
    payouts_of,
    posted,
    ref,
    refund_of,
    roles,
    sales_order,
    sales_receipt,
    sold,
    stopped,
    taken_by,
)

HAT = sold("HAT", 2, "50.00")
WHOLE = back("HAT", 2, "100.00")
DEFAULT, BOTH_ON, MEMO_ONLY, BOTH_OFF = (False, True), (True, True), (True, False), (False, False)
COLUMNS = (DEFAULT, BOTH_ON, MEMO_ONLY, BOTH_OFF)

OFF = "skipped refunds_off"
PAID_OUT, NOT_PAID_OUT = "memo payout", "memo"
APPLIED = "memo application"
# The refund and the sale of each row of the table, and what the row says in each column: documents, and notices.
TABLE: dict[str, tuple[Refund, Sale, tuple[str, str, str, str], tuple[set[str], set[str], set[str]]]] = {
    "SalesReceipt": (
        refund_of(WHOLE),
        sales_receipt(HAT),
        (PAID_OUT, PAID_OUT, OFF, OFF),
        (set(), set(), set()),
    ),
    "Invoice with payment": (
        refund_of(WHOLE),
        invoice(HAT),
        (PAID_OUT, NOT_PAID_OUT, NOT_PAID_OUT, OFF),
        (set(), {"payout_not_recorded"}, {"payout_not_recorded"}),
    ),
    "Invoice unpaid, money went back": (
        refund_of(WHOLE),
        invoice(HAT, paid="0"),
        (PAID_OUT, PAID_OUT, APPLIED, OFF),
        ({"invoice_left_open"}, {"invoice_left_open"}, {"payout_not_recorded"}),
    ),
    "Invoice unpaid, cancelled, no money moved": (
        refund_of(WHOLE, money=(), order={"cancelled_at": datetime(2024, 3, 4, tzinfo=timezone.utc)}),
        invoice(HAT, paid="0"),
        (APPLIED, APPLIED, APPLIED, OFF),
        (set(), set(), set()),
    ),
    "Invoice partly paid": (
        refund_of(WHOLE, money="40.00"),
        invoice(HAT, paid="40.00"),
        ("memo payout application", APPLIED, APPLIED, OFF),
        (set(), {"payout_not_recorded"}, {"payout_not_recorded"}),
    ),
    "SalesOrder never invoiced": (
        refund_of(WHOLE),
        sales_order(HAT, open_payments=(open_payment("100.00"),)),
        ("closing payout", "closing payout", "closing payout", OFF),
        ({"order_closed"}, {"order_closed"}, {"order_closed"}),
    ),
}


def settings_of(column: tuple[bool, bool]) -> Settings:
    return Settings(credit_memo_for_invoices=column[0], refund_receipt=column[1])


@pytest.mark.parametrize("column", range(4), ids=["default", "both on", "memo on, receipt off", "both off"])
@pytest.mark.parametrize("row", TABLE)
def test_each_kind_of_sale_gets_what_the_table_says(row: str, column: int) -> None:
    refund, sale, documents, notices = TABLE[row]
    settings = settings_of(COLUMNS[column])
    if documents[column] == OFF:
        skip = stopped(refund, sale, settings)
        assert (skip.reason, skip.status) == ("refunds_off", Status.SKIPPED)
        return
    posting = posted(refund, sale, settings)
    assert roles(posting) == documents[column].split()
    assert set(notices_of(posting)) == notices[column]


def test_the_rest_of_a_partly_paid_invoices_memo_closes_the_invoice() -> None:
    posting = posted(refund_of(WHOLE, money="40.00"), invoice(HAT, paid="40.00"))
    assert card_refund_of(posting).refund_applied_to_txn_adds[0].refund_amount == Decimal("40.00")
    (applied,) = application_of(posting).applied_to_txn_adds
    assert applied.set_credits[0].applied_amount == Decimal("60.00")
    assert application_of(posting).total_amount == 0


def test_with_no_payout_recorded_the_partly_paid_invoices_memo_still_closes_the_invoice_and_the_rest_is_a_credit() -> (
    None
):
    posting = posted(refund_of(WHOLE, money="40.00"), invoice(HAT, paid="40.00"), settings_of(BOTH_ON))
    assert application_of(posting).applied_to_txn_adds[0].set_credits[0].applied_amount == Decimal("60.00")
    assert "40.00 USD went back" in notices_of(posting)["payout_not_recorded"]
    assert "40.00 USD of it stands as the customer's credit" in notices_of(posting)["payout_not_recorded"]


def test_an_unpaid_invoice_whose_money_went_back_is_closed_where_only_memos_are_wanted() -> None:
    posting = posted(refund_of(WHOLE), invoice(HAT, paid="0"), settings_of(MEMO_ONLY))
    (applied,) = application_of(posting).applied_to_txn_adds
    assert applied.txn_id.txn_id == "5D1-1700000000"
    assert applied.set_credits[0].applied_amount == Decimal("100.00")
    assert "0.00 USD of it stands" in notices_of(posting)["payout_not_recorded"]


def test_the_memo_the_payout_and_the_application_are_tied_by_the_memos_macro() -> None:
    posting = posted(refund_of(WHOLE, money="40.00"), invoice(HAT, paid="40.00"))
    macro = memo_of(posting).def_macro
    assert macro is not None
    assert macro.startswith("TxnID:")
    assert card_refund_of(posting).refund_applied_to_txn_adds[0].txn_id.use_macro == macro
    assert application_of(posting).applied_to_txn_adds[0].set_credits[0].credit_txn_id.use_macro == macro
    assert [document.uses_memo for document in posting.documents] == [False, True, True]


def test_a_left_open_invoice_is_named_with_what_is_open() -> None:
    sentence = notices_of(posted(refund_of(back("HAT", 1, "50.00")), invoice(HAT, paid="0")))["invoice_left_open"]
    assert "invoice 1001 is still open with 100.00 USD" in sentence


def test_a_partly_paid_invoice_that_is_refunded_in_full_by_money_is_not_left_open_without_a_notice() -> None:
    assert set(notices_of(posted(refund_of(WHOLE), invoice(HAT, paid="40.00")))) == {"invoice_left_open"}


def test_a_partly_paid_invoice_that_is_refunded_in_part_may_stay_open() -> None:
    assert notices_of(posted(refund_of(back("HAT", 1, "50.00")), invoice(HAT, paid="60.00"))) == {}


def test_credits_on_an_invoice_are_no_payment() -> None:
    credited = invoice(HAT, open_balance=Decimal("30.00"), payments=())
    assert sale_case(refund_of(WHOLE), credited).value == "unpaid invoice"
    assert sale_case(refund_of(WHOLE, money=()), credited).value == "unpaid invoice, cancelled"


def test_the_payment_of_nothing_that_applied_an_earlier_memo_is_no_payment() -> None:
    applied = invoice(HAT, open_balance=Decimal("50.00"), payments=(payment("0.00"),))
    assert sale_case(refund_of(back("HAT", 1, "50.00")), applied).value == "unpaid invoice"
    assert "invoice_left_open" in notices_of(posted(refund_of(back("HAT", 1, "50.00")), applied))


def test_no_more_is_applied_than_is_open_and_the_rest_is_named() -> None:
    credited = invoice(HAT, open_balance=Decimal("30.00"), payments=())
    posting = posted(refund_of(WHOLE, money=()), credited)
    assert posting.applied == Decimal("30.00")
    assert "70.00 USD" in notices_of(posting)["credit_left"]


def test_what_an_earlier_refund_will_apply_is_no_longer_open() -> None:
    sale = invoice(HAT, open_balance=Decimal("60.00"), payments=())
    first = posted(refund_of(back("HAT", 1, "50.00"), money=()), sale)
    assert first.applied == Decimal("50.00")
    second = posted(refund_of(back("HAT", 1, "50.00"), money=(), external_id="902"), sale, taken=taken_by(first))
    assert second.applied == Decimal("10.00")
    assert "40.00 USD" in notices_of(second)["credit_left"]


# What the memo carries


def test_the_memo_names_customer_class_tax_item_rep_and_receivables_of_the_sale() -> None:
    sale = replace(
        invoice(HAT, tax="8"),
        customer=ref("Ada Buyer:Web Job"),
        class_ref=ref("Online"),
        sales_rep=ref("AB"),
        customer_sales_tax_code=ref("Tax"),
        ar_account=ref("Receivables USD"),
        exchange_rate=Decimal("1.25"),
    )
    memo = memo_of(posted(refund_of(back("HAT", 2, "100.00", tax="8.00")), sale))
    assert memo.customer_ref == sale.customer
    assert memo.class_ref == sale.class_ref
    assert memo.sales_rep_ref == sale.sales_rep
    assert memo.item_sales_tax_ref == sale.sales_tax_item
    assert memo.customer_sales_tax_code_ref == sale.customer_sales_tax_code
    assert memo.ar_account_ref == sale.ar_account
    assert memo.exchange_rate == sale.exchange_rate
    assert (memo.is_to_be_printed, memo.is_to_be_emailed) == (False, False)


def test_the_payout_names_the_receivables_account_of_the_memo() -> None:
    sale = invoice(HAT, ar_account=ref("Receivables USD"), open_balance=Decimal(0), payments=(payment("100.00"),))
    posting = posted(refund_of(WHOLE), sale)
    assert memo_of(posting).ar_account_ref == card_refund_of(posting).ar_account_ref == ref("Receivables USD")


def test_a_sales_receipts_memo_stands_on_the_companys_receivables() -> None:
    assert memo_of(posted(refund_of(WHOLE), sales_receipt(HAT))).ar_account_ref == ref(RECEIVABLES)


def test_with_several_currencies_the_receivables_account_is_that_of_the_sales_currency() -> None:
    euros = account("Forderungen EUR", "AccountsReceivable", currency="Euro")
    company = replace(COMPANY, accounts=(euros, *COMPANY.accounts), home_currency="USD")
    assert memo_of(posted(refund_of(WHOLE), sales_receipt(HAT), company=company)).ar_account_ref == ref(RECEIVABLES)
    sale = sales_receipt(HAT, currency=ref("Euro"))
    assert memo_of(posted(refund_of(WHOLE, currency="EUR"), sale, company=company)).ar_account_ref == euros.ref


def test_a_company_without_receivables_is_told_so() -> None:
    company = replace(COMPANY, accounts=COMPANY.accounts[1:])
    assert stopped(refund_of(WHOLE), sales_receipt(HAT), company=company).reason == "no_receivables"


def test_number_and_memo_field_say_which_order_and_refund() -> None:
    posting = posted(refund_of(WHOLE), sales_receipt(HAT))
    memo = memo_of(posting)
    assert memo.ref_number == posting.documents[0].ref_number == card_refund_of(posting).ref_number
    assert str(memo.ref_number).startswith("1001-")
    assert memo.memo == "Refund 901 of order 1001 (shopify)"
    expected = "Refund 901 of order 1001 (shopify), gateway shopify_payments, transaction 7001"
    assert card_refund_of(posting).memo == expected


def test_a_sale_with_tax_but_no_tax_item_is_entered_with_a_notice() -> None:
    refund = refund_of(back("HAT", 2, "100.00", tax="8.00"))
    assert "tax_item_unknown" in notices_of(posted(refund, sales_receipt(HAT, tax="8", sales_tax_item=None)))
    assert "tax_item_unknown" not in notices_of(posted(refund, sales_receipt(HAT, tax="8")))


# Money


def test_without_money_back_the_memo_stays_as_the_customers_credit() -> None:
    posting = posted(refund_of(WHOLE, money=()), sales_receipt(HAT))
    assert roles(posting) == ["memo"]
    assert "100.00 USD of the credit memo stays open" in notices_of(posting)["credit_left"]


def test_less_money_than_value_leaves_the_difference_as_credit() -> None:
    posting = posted(refund_of(WHOLE, money="90.00"), sales_receipt(HAT))
    assert payouts_of(posting)[0].amount == Decimal("90.00")
    assert "10.00 USD" in notices_of(posting)["credit_left"]


@pytest.mark.parametrize("column", [DEFAULT, BOTH_OFF], ids=["default", "both off"])
def test_more_money_than_value_waits_for_a_person_whatever_the_settings(column: tuple[bool, bool]) -> None:
    skip = stopped(refund_of(WHOLE, money="100.01"), sales_receipt(HAT), settings_of(column))
    assert (skip.reason, skip.status) == ("money_exceeds_value", Status.REVIEW)
    assert "100.01 USD" in skip.message


# Gift cards and store credit

GIFT = by("gift_card", "20.00", store_credit=True)
PARTLY_GIFT = refund_of(WHOLE, money=(GIFT, by("shopify_payments", "80.00")))
WITH_CARDS = replace(COMPANY, items={**COMPANY.items, "Gift Cards": ref("Gift Cards"), "Credits": ref("Credits")})
KEPT = Settings(gift_card_item="Gift Cards", store_credit_item="Credits")
OPEN_CREDIT = Settings(store_credit=StoreCredit.RECEIVABLES)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(
    ("gateway", "setting"), [("gift_card", "gift_card_item"), ("shopify_store_credit", "store_credit_item")]
)
def test_store_credit_without_an_item_waits_for_a_person_whatever_the_settings(
    gateway: str, setting: str, column: tuple[bool, bool]
) -> None:
    money = (by(gateway, "20.00", store_credit=True), by("shopify_payments", "80.00"))
    skip = stopped(refund_of(WHOLE, money=money), sales_receipt(HAT), settings_of(column))
    assert (skip.reason, skip.status) == ("store_credit", Status.REVIEW)
    assert "20.00 USD" in skip.message
    assert f"Set {setting}," in skip.message


def test_what_was_given_on_a_gift_card_is_owed_and_no_credit_of_the_customer() -> None:
    posting = posted(PARTLY_GIFT, sales_receipt(HAT), KEPT, WITH_CARDS)
    assert lines_of(posting)[-1] == ("Gift Cards", None, "-20.00")
    assert [str(d.amount) for d in posting.documents] == ["80.00", "80.00"]
    assert posting.total == Decimal("100.00")
    assert notices_of(posting) == {
        "store_credit_booked": "20.00 USD was given as gift card or store credit and stands on the item Gift Cards."
    }


def test_store_credit_for_all_of_a_refund_leaves_a_memo_of_zero_and_no_payout() -> None:
    money = (by("store_credit", "100.00", store_credit=True),)
    posting = posted(refund_of(WHOLE, money=money), sales_receipt(HAT), KEPT, WITH_CARDS)
    assert lines_of(posting)[-1] == ("Credits", None, "-100.00")
    assert roles(posting) == ["memo"]
    assert set(notices_of(posting)) == {"store_credit_booked"}


def test_store_credit_in_receivables_stays_open_and_is_said() -> None:
    posting = posted(PARTLY_GIFT, sales_receipt(HAT), OPEN_CREDIT)
    assert [str(d.amount) for d in posting.documents] == ["100.00", "80.00"]
    assert set(notices_of(posting)) == {"store_credit_left"}


def test_store_credit_of_an_unpaid_invoice_is_not_applied_to_it_and_the_open_invoice_is_said() -> None:
    refund = refund_of(WHOLE, money=(by("store_credit", "100.00", store_credit=True),))
    posting = posted(refund, invoice(HAT, paid="0"), OPEN_CREDIT)
    assert roles(posting) == ["memo"]
    assert set(notices_of(posting)) == {"store_credit_left", "invoice_left_open"}


def test_a_later_refund_has_what_was_given_as_store_credit_taken_off_the_sale() -> None:
    first = posted(PARTLY_GIFT, sales_receipt(HAT), KEPT, WITH_CARDS)
    again = replace(PARTLY_GIFT, external_id="902")
    assert stopped(again, sales_receipt(HAT), KEPT, WITH_CARDS, taken_by(first)).reason == "more_than_sale"


def test_store_credit_for_an_order_never_invoiced_has_no_memo_to_stand_on() -> None:
    skip = stopped(PARTLY_GIFT, sales_order(HAT), KEPT, WITH_CARDS)
    assert skip.reason == "store_credit"
    assert "never invoiced" in skip.message
    assert "store_credit_left" in notices_of(posted(PARTLY_GIFT, sales_order(HAT), OPEN_CREDIT))


def test_a_gift_card_that_was_sold_goes_back_to_the_item_of_gift_cards() -> None:
    card = sold("CARD", 1, "50.00", code="Non")
    for lines in ((back("CARD", 1, "50.00", gift_card=True),), (WHOLE, back("CARD", 1, "50.00", gift_card=True))):
        posting = posted(refund_of(*lines), sales_receipt(HAT, card), KEPT, WITH_CARDS)
        assert lines_of(posting)[-1] == ("Gift Cards", None, "50.00")
        own = posted(refund_of(*lines), sales_receipt(HAT, card))
        assert lines_of(own)[-1] == ("CARD", "1", "50.00")


def test_a_refund_of_nothing_is_skipped() -> None:
    assert stopped(refund_of(), sales_receipt(HAT)).reason == "nothing_to_post"
    kept = back("HAT", 1, "0.00", restocked=False)
    assert stopped(refund_of(kept), sales_receipt(HAT)).reason == "nothing_to_post"


def test_goods_that_cost_nothing_still_come_back_into_stock() -> None:
    posting = posted(refund_of(back("GIFT", 1, "0.00")), sales_receipt(HAT, sold("GIFT", 1, "0.00")))
    assert lines_of(posting) == [("GIFT", "1", "0.00")]
    assert (roles(posting), posting.total) == (["memo"], 0)
    assert [notice.code for notice in posting.notices] == ["memo_of_zero"]


def test_goods_whose_worth_a_fee_eats_up_still_come_back_into_stock() -> None:
    fee = adjusted("-50.00", reason="Restocking fee")
    posting = posted(refund_of(back("HAT", 1, "50.00"), fee), sales_receipt(HAT), Settings(allowance_item="Allowance"))
    assert lines_of(posting) == [("HAT", "1", "50.00"), ("Allowance", None, "-50.00")]


def test_a_refund_never_takes_more_than_is_left_of_the_sale() -> None:
    sale = sales_receipt(HAT)
    first = posted(refund_of(back("HAT", 1, "50.00")), sale)
    skip = stopped(refund_of(WHOLE, external_id="902"), sale, taken=taken_by(first))
    assert (skip.reason, skip.status) == ("more_than_sale", Status.REVIEW)
    assert skip.message == (
        "The refund gives back 100.00, but the sale comes to 100.00, of which only 50.00 is left after earlier refunds."
    )


def test_a_refund_over_more_than_was_sold_speaks_of_no_earlier_refunds_where_there_were_none() -> None:
    skip = stopped(refund_of(back("HAT", 2, "100.01")), sales_order(HAT))
    assert skip.message == "The refund gives back 100.01, but the sale comes to 100.00 only."


# What can't be decided


@pytest.mark.parametrize("column", COLUMNS)
def test_a_pending_sale_waits(column: tuple[bool, bool]) -> None:
    assert stopped(refund_of(WHOLE), sales_receipt(HAT, is_pending=True), settings_of(column)).reason == "sale_pending"


def test_a_refund_dated_in_closed_books_waits() -> None:
    company = replace(COMPANY, closing_date=date(2024, 3, 4))
    skip = stopped(refund_of(WHOLE), sales_receipt(HAT), company=company)
    assert (skip.reason, skip.status) == ("books_closed", Status.REVIEW)
    assert "2024-03-04" in skip.message
    open_again = replace(COMPANY, closing_date=date(2024, 3, 3))
    assert memo_of(posted(refund_of(WHOLE), sales_receipt(HAT), company=open_again)).txn_date == date(2024, 3, 4)


def test_a_refund_in_closed_books_is_dated_the_first_open_day_where_the_settings_say_so() -> None:
    company = replace(COMPANY, closing_date=date(2024, 3, 10), accountants_copy_until=date(2024, 3, 31))
    settings = Settings(closed_books=ClosedBooks.NEXT_OPEN_DAY)
    posting = posted(refund_of(WHOLE), sales_receipt(HAT), settings, company)
    assert {document.request.txn_date for document in posting.documents} == {date(2024, 4, 1)}  # type: ignore[attr-defined]
    assert "2024-03-04" in notices_of(posting)["dated_later"]
    open_books = posted(refund_of(WHOLE), sales_receipt(HAT), settings)
    assert {document.request.txn_date for document in open_books.documents} == {date(2024, 3, 4)}  # type: ignore[attr-defined]
    assert "dated_later" not in notices_of(open_books)


def test_a_refund_dated_in_the_accountants_period_waits() -> None:
    company = replace(COMPANY, accountants_copy_until=date(2024, 3, 4))
    assert stopped(refund_of(WHOLE), sales_receipt(HAT), company=company).reason == "accountants_copy"
    later = replace(COMPANY, accountants_copy_until=date(2024, 3, 3))
    assert roles(posted(refund_of(WHOLE), sales_receipt(HAT), company=later)) == ["memo", "payout"]


def test_the_first_open_day_is_after_both_limits() -> None:
    assert earliest_open_day(COMPANY) is None
    company = replace(COMPANY, closing_date=date(2024, 2, 28), accountants_copy_until=date(2024, 1, 31))
    assert earliest_open_day(company) == date(2024, 2, 29)


def test_a_refund_in_another_currency_than_the_sale_waits() -> None:
    skip = stopped(refund_of(WHOLE), sales_receipt(HAT, currency=ref("Canadian Dollar")))
    assert skip.message == "The refund is in USD, the sale in CAD."
    assert stopped(refund_of(WHOLE, currency="EUR"), sales_receipt(HAT)).reason == "currency_differs"


def test_a_currency_is_known_by_its_name_in_quickbooks() -> None:
    assert currency_code(None) == ""
    assert currency_code(Ref(full_name="Euro")) == "EUR"
    assert currency_code(Ref(full_name="Tugrik")) == "Tugrik"
    assert (home_currency_of("US"), home_currency_of("CA"), home_currency_of("FR")) == ("USD", "CAD", "")


# Days


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 3, 5, 4, 59, tzinfo=timezone.utc), date(2024, 3, 4)),
        (datetime(2024, 3, 5, 5, 0, tzinfo=timezone.utc), date(2024, 3, 5)),
        (datetime(2024, 7, 5, 3, 59, tzinfo=timezone.utc), date(2024, 7, 4)),  # summer time
        (datetime(2024, 7, 5, 4, 0, tzinfo=timezone.utc), date(2024, 7, 5)),
    ],
)
def test_a_refund_is_dated_by_its_day_in_the_shops_zone(moment: datetime, day: date) -> None:
    posting = posted(refund_of(WHOLE, money="40.00", created_at=moment), invoice(HAT, paid="40.00"))
    dates = (memo_of(posting).txn_date, card_refund_of(posting).txn_date, application_of(posting).txn_date)
    assert dates == (day, day, day)


def test_a_time_that_no_day_belongs_to_is_refused() -> None:
    skip = stopped(refund_of(WHOLE, created_at=datetime(1, 1, 1, tzinfo=timezone.utc)), sales_receipt(HAT))
    assert (skip.reason, skip.status) == ("unfit_data", Status.FAILED)


# Unpaid invoices of cancelled orders

VOIDED = Settings(cancelled_unpaid_invoice=CancelledInvoices.VOID, no_restock_item="No Restock")
CANCELLED = refund_of(WHOLE, money=())


def test_a_cancelled_invoice_of_which_nothing_is_left_is_voided_where_the_settings_say_so() -> None:
    posting = posted(CANCELLED, invoice(HAT, paid="0"), VOIDED)
    assert [document.request for document in posting.documents] == [
        TxnVoid(txn_void_type="Invoice", txn_id=invoice(HAT).txn_id)
    ]
    assert set(notices_of(posting)) == {"invoice_voided"}
    assert posting.total == Decimal("100.00")
    assert roles(posted(CANCELLED, invoice(HAT, paid="0"))) == ["memo", "application"]


@pytest.mark.parametrize(
    ("refund", "changes", "company", "taken", "why"),
    [
        (refund_of(back("HAT", 1, "50.00"), money=()), {}, COMPANY, Taken(), "only a part of it"),
        (
            refund_of(back("HAT", 1, "50.00"), money=()),
            {},
            COMPANY,
            Taken(total=Decimal("50.00"), quantities={"L1": Decimal(1)}, amounts={"L1": Decimal("50.00")}),
            "only a part of it",
        ),
        (CANCELLED, {"linked": ("CreditMemo 77",)}, COMPANY, Taken(), "it is linked to CreditMemo 77"),
        (CANCELLED, {"open_balance": Decimal("90.00")}, COMPANY, Taken(), "only 90.00 of it is open"),
        (refund_of(replace(WHOLE, restocked=False), money=()), {}, COMPANY, Taken(), "goods came back"),
        (CANCELLED, {}, replace(COMPANY, closing_date=date(2024, 3, 1)), Taken(), "it is dated 2024-03-01"),
        (CANCELLED, {}, replace(COMPANY, accountants_copy_until=date(2024, 3, 1)), Taken(), "it is dated 2024-03-01"),
    ],
    ids=["a part", "the rest", "linked", "applied", "goods kept", "books closed", "accountant's copy"],
)
def test_what_a_void_would_undo_wrongly_is_credited_and_it_is_said_why(
    refund: Refund, changes: dict[str, Any], company: CompanyFacts, taken: Taken, why: str
) -> None:
    posting = posted(refund, replace(invoice(HAT, paid="0"), **changes), VOIDED, company, taken)
    assert roles(posting) == ["memo", "application"]
    assert why in notices_of(posting)["not_voided"]


def test_only_an_unpaid_invoice_for_which_no_money_moved_is_voided() -> None:
    for refund, sale in (
        (refund_of(WHOLE), invoice(HAT, paid="0")),
        (CANCELLED, invoice(HAT)),
        (CANCELLED, sales_receipt(HAT)),
    ):
        posting = posted(refund, sale, VOIDED)
        assert "voiding" not in roles(posting)
        assert "not_voided" not in notices_of(posting)


def test_a_sale_that_is_void_has_nothing_left_to_give_back() -> None:
    void = sales_receipt(replace(HAT, quantity=Decimal(0), amount=Decimal("0.00")), is_void=True)
    posting = posted(CANCELLED, void)
    assert (posting.documents, set(notices_of(posting))) == ((), {"sale_already_void"})
    assert stopped(refund_of(WHOLE), void).reason == "sale_void"


# Sales orders


def test_a_sales_order_that_was_never_invoiced_is_closed_and_its_open_payment_paid_out() -> None:
    order = sales_order(HAT, open_payments=(open_payment("100.00", deposit_account=ref("Checking")),))
    posting = posted(refund_of(WHOLE), order)
    closing = posting.documents[0]
    assert closing.request == SalesOrderMod(
        txn_id=order.txn_id, edit_sequence=order.edit_sequence, is_manually_closed=True
    )
    assert (closing.external_guid, closing.amount, closing.uses_memo) == ("", 0, False)
    assert card_refund_of(posting).refund_applied_to_txn_adds[0].txn_id.txn_id == "8B10000-1"
    assert (payouts_of(posting)[0].account, payouts_of(posting)[0].uses_memo) == ("Checking", False)


def test_a_sales_order_that_was_closed_by_hand_is_not_closed_again() -> None:
    order = sales_order(HAT, is_closed=True, open_payments=(open_payment("100.00"),))
    posting = posted(refund_of(WHOLE), order)
    assert roles(posting) == ["payout"]
    assert set(notices_of(posting)) == {"order_already_closed"}


def test_a_closed_sales_order_without_money_needs_nothing() -> None:
    posting = posted(refund_of(WHOLE, money=()), sales_order(HAT, is_closed=True))
    assert posting.documents == ()
    assert set(notices_of(posting)) == {"order_already_closed"}


def test_a_sales_order_without_money_is_only_closed() -> None:
    posting = posted(refund_of(WHOLE, money=()), sales_order(HAT, open_payments=(open_payment("100.00"),)))
    assert roles(posting) == ["closing"]
    assert set(notices_of(posting)) == {"order_closed"}


def test_once_a_person_has_closed_the_order_a_part_of_it_goes_through() -> None:
    order = sales_order(HAT, is_closed=True, open_payments=(open_payment("100.00"),))
    posting = posted(refund_of(back("HAT", 1, "50.00")), order)
    assert [payout.amount for payout in payouts_of(posting)] == [Decimal("50.00")]


def test_no_more_than_a_sales_order_goes_back() -> None:
    assert stopped(refund_of(back("HAT", 2, "100.01")), sales_order(HAT)).reason == "more_than_sale"


@pytest.mark.parametrize(
    "naming_it",
    [{"ref_number": "1001"}, {"ref_number": "#1001"}, {"memo": "Shopify #1001, card"}, {"memo": "1001"}],
)
def test_of_several_open_payments_the_one_that_names_the_order_is_paid_out(naming_it: dict[str, Any]) -> None:
    ours = open_payment("100.00", txn_id="AA-1", deposit_account=ref("PayPal"), **naming_it)
    others = (
        open_payment("500.00", memo="#10011"),
        open_payment("500.00", memo="X-1001", deposit_account=ref("Checking")),
    )
    posting = posted(refund_of(WHOLE), sales_order(HAT, open_payments=(*others, ours)))
    assert card_refund_of(posting).refund_applied_to_txn_adds[0].txn_id.txn_id == "AA-1"
    assert payouts_of(posting)[0].account == "PayPal"


def test_several_open_payments_that_could_be_meant_wait_for_a_person() -> None:
    order = sales_order(HAT, open_payments=(open_payment("100.00"), open_payment("200.00")))
    skip = stopped(refund_of(WHOLE), order)
    assert (skip.reason, skip.status) == ("ambiguous_payment", Status.REVIEW)


def test_the_only_open_payment_is_not_taken_where_its_amount_is_of_another_order() -> None:
    order = sales_order(HAT, open_payments=(open_payment("500.00"),))
    assert stopped(refund_of(WHOLE), order).reason == "ambiguous_payment"
    named = sales_order(HAT, open_payments=(open_payment("500.00", memo="order 1001"),))
    assert roles(posted(refund_of(WHOLE), named)) == ["closing", "payout"]


def test_the_settings_decide_what_becomes_of_a_sales_order_that_was_never_invoiced() -> None:
    order = sales_order(HAT, open_payments=(open_payment("100.00", deposit_account=ref("Checking")),))
    skipped = stopped(refund_of(WHOLE), order, Settings(sales_order=SalesOrders.SKIP))
    assert (skipped.reason, skipped.status) == ("order_never_invoiced", Status.SKIPPED)
    credited = posted(refund_of(WHOLE), order, Settings(sales_order=SalesOrders.CREDIT))
    assert roles(credited) == ["memo", "payout"]
    assert "order_left_open" in notices_of(credited)


def test_a_sales_order_that_was_cancelled_unpaid_is_closed_and_leaves_no_credit_that_nobody_paid_for() -> None:
    credit = Settings(sales_order=SalesOrders.CREDIT)
    assert roles(posted(refund_of(WHOLE, money=()), sales_order(HAT), credit)) == ["closing"]


def test_money_is_not_taken_out_of_a_strangers_payment_where_the_orders_own_is_too_small() -> None:
    order = sales_order(HAT, open_payments=(open_payment("60.00", ref_number="1001"), open_payment("500.00")))
    assert stopped(refund_of(WHOLE), order).reason == "ambiguous_payment"


@pytest.mark.parametrize("payments", [(), (open_payment("99.99"),)], ids=["none", "too small"])
def test_without_an_open_payment_the_money_was_never_in_the_books(payments: tuple[Any, ...]) -> None:
    posting = posted(refund_of(WHOLE), sales_order(HAT, open_payments=payments))
    assert roles(posting) == ["closing"]
    assert set(notices_of(posting)) == {"order_closed", "payment_not_in_books"}
    assert "100.00 USD" in notices_of(posting)["payment_not_in_books"]


def test_an_order_without_a_number_is_named_by_no_payment() -> None:
    order = sales_order(HAT, open_payments=(open_payment("100.00"), open_payment("200.00", ref_number="X", memo="x")))
    assert stopped(refund_of(WHOLE, number=""), order).reason == "ambiguous_payment"


def test_where_no_payout_is_recorded_the_open_payment_stays() -> None:
    order = sales_order(HAT, open_payments=(open_payment("100.00"),))
    posting = posted(refund_of(WHOLE), order, Settings(refund_method=RefundMethod.NONE))
    assert roles(posting) == ["closing"]
    assert set(notices_of(posting)) == {"order_closed", "payout_not_recorded"}


def test_a_sales_order_whose_invoice_was_not_found_is_not_taken_for_uninvoiced() -> None:
    for order in (
        sales_order(HAT, invoices=("77-1",)),
        sales_order(replace(HAT, invoiced=Decimal(2)), invoices=("77-1",)),
    ):
        assert stopped(refund_of(WHOLE), order).reason == "several_invoices"


def test_a_sales_order_in_a_company_without_receivables_is_told_so() -> None:
    company = replace(COMPANY, accounts=COMPANY.accounts[1:])
    order = sales_order(HAT, open_payments=(open_payment("100.00"),))
    assert stopped(refund_of(WHOLE), order, company=company).reason == "no_receivables"


# Again


def test_the_same_refund_is_planned_the_same_every_time() -> None:
    assert posted(refund_of(WHOLE), sales_receipt(HAT)) == posted(refund_of(WHOLE), sales_receipt(HAT))


def test_after_a_confirmed_undo_the_documents_have_new_guids_and_the_same_numbers() -> None:
    first = posted(refund_of(WHOLE), sales_receipt(HAT))
    again = posted(refund_of(WHOLE), sales_receipt(HAT), generation=2)
    assert [d.ref_number for d in first.documents] == [d.ref_number for d in again.documents]
    assert not {d.external_guid for d in first.documents} & {d.external_guid for d in again.documents}


def test_texts_that_quickbooks_would_refuse_never_reach_it() -> None:
    long_name = "x" * 5000
    posting = posted(refund_of(WHOLE, number=long_name, source="web\x00shop"), sales_receipt(HAT))
    memo = memo_of(posting)
    assert len(memo.memo or "") <= 4095
    assert "(web shop)" in (memo.memo or "")
    assert "text_cut" in notices_of(posting)


def test_a_value_of_the_sale_that_can_not_be_sent_stops_the_refund_with_its_place() -> None:
    sale = sales_receipt(replace(HAT, serial_number="9" * 5000))
    skip = stopped(refund_of(WHOLE), sale)
    assert (skip.reason, skip.status) == ("unfit_data", Status.FAILED)
    assert "SerialNumber" in skip.message


def test_nothing_taken_and_no_word_of_earlier_refunds_are_the_same() -> None:
    assert posted(refund_of(WHOLE), sales_receipt(HAT)) == posted(refund_of(WHOLE), sales_receipt(HAT), taken=Taken())


# Exchanges


def exchanged(**changes: Any) -> Refund:
    """A hat came back, and the order has a scarf by now that the sale lacks."""
    lines = (
        OrderLine("1", "HAT", "Hat", Decimal(1), Decimal(100)),
        OrderLine("2", "SCARF", "Scarf", Decimal(2), Decimal(60)),
    )
    return refund_of(back("HAT", 1, "100.00"), **{"money": "0", "order": {"lines": lines}, **changes})


@pytest.mark.parametrize("money", ["0", "40.00"])
def test_an_exchange_waits_with_both_sides_shown(money: str) -> None:
    skip = stopped(exchanged(money=money), sales_receipt(sold("HAT", 1, "100.00")))
    assert (skip.reason, skip.status) == ("exchange", Status.REVIEW)
    assert "1 x The HAT for 100.00 USD came back, 2 x Scarf went out" in skip.message
    assert skip.facts["money"] == f"{Decimal(money):.2f} USD"


def test_goods_that_came_back_for_all_of_their_money_are_no_exchange() -> None:
    assert posted(exchanged(money="100.00"), sales_receipt(sold("HAT", 1, "100.00"))).total == Decimal("100.00")


def test_an_unpaid_order_that_was_changed_is_no_exchange() -> None:
    assert posted(exchanged(), invoice(sold("HAT", 1, "100.00"), paid="0")).applied == Decimal("100.00")


def test_a_shop_that_tells_of_an_exchange_is_believed() -> None:
    out = (OrderLine("9", "SCARF", "Scarf", Decimal(1), Decimal(100)),)
    told = refund_of(back("HAT", 1, "100.00"), exchanged_for=out)
    assert stopped(told, sales_receipt(sold("HAT", 1, "100.00"))).reason == "exchange"


# Tax that a sales channel collects


def channel_refund(**changes: Any) -> Refund:
    return refund_of(back("HAT", 1, "100.00", tax="8.00"), channel_tax=Decimal("8.00"), **changes)


def test_tax_that_the_channel_collected_is_left_out_where_the_sale_bears_none() -> None:
    posting = posted(channel_refund(), sales_receipt(sold("HAT", 1, "100.00"), tax="0"))
    assert (posting.total, [document.amount for document in payouts_of(posting)]) == (
        Decimal("100.00"),
        [Decimal("100.00")],
    )
    assert notices_of(posting)["channel_tax"].startswith("8.00 USD of sales tax was collected")


def test_where_the_sale_shows_the_channels_tax_it_goes_back_as_it_stands_there() -> None:
    taxed = posted(channel_refund(), sales_receipt(sold("HAT", 1, "100.00"), tax="8"))
    assert (taxed.total, taxed.tax, notices_of(taxed)) == (Decimal("108.00"), Decimal("8.00"), {})
    on_a_line = sales_receipt(sold("HAT", 1, "100.00"), sold("Marketplace Tax", None, "8.00", code="Non"), tax="0")
    assert posted(channel_refund(), on_a_line).total == Decimal("108.00")


def test_a_tax_that_the_sale_shows_and_takes_out_again_is_no_value_of_the_books() -> None:
    lines = (sold("Marketplace Tax", None, "8.00", code="Non"), discount("8.00", item=ref("Marketplace Tax remitted")))
    posting = posted(channel_refund(), sales_receipt(sold("HAT", 2, "100.00"), *lines, tax="0"))
    assert lines_of(posting) == [("HAT", "1", "100.00")]
    assert posting.total == Decimal("100.00")


# Credit memos that were entered by hand


def test_what_was_entered_by_hand_before_is_counted_and_said() -> None:
    taken = Taken(total=Decimal("60.00"), by_hand=("1001-CM",))
    sale = sales_receipt(sold("HAT", 2, "50.00"))
    skip = stopped(refund_of(back("HAT", 1, "50.00")), sale, taken=taken)
    assert skip.reason == "more_than_sale"
    posting = posted(refund_of(back("HAT", 1, "40.00")), sale, taken=taken)
    assert "1001-CM, entered by hand" in notices_of(posting)["counted_by_hand"]


# A payment that QuickBooks lacks

RECORDED = Settings(record_missing_payment=True, refund_account="Checking")


@pytest.mark.parametrize("column", [DEFAULT, BOTH_ON, MEMO_ONLY])
def test_a_missing_payment_is_received_first_and_makes_it_an_invoice_with_payment(column: tuple[bool, bool]) -> None:
    settings = replace(settings_of(column), record_missing_payment=True, refund_account="Checking")
    order = {"created_at": datetime(2024, 3, 1, 12, tzinfo=timezone.utc), "total": Decimal("100.00")}
    posting = posted(refund_of(WHOLE, order=order), invoice(HAT, paid="0"), settings)
    payment_document, *rest = posting.documents
    request = payment_document.request
    assert isinstance(request, ReceivePaymentAdd)
    assert (str(request.total_amount), request.txn_date) == ("100.00", date(2024, 3, 1))
    assert [str(a.payment_amount) for a in request.applied_to_txn_adds] == ["100.00"]
    assert payment_document.account == "Checking"
    paid = posted(refund_of(WHOLE, order=order), invoice(HAT), settings)
    assert [document.role for document in rest] == [document.role for document in paid.documents]
    assert set(notices_of(posting)) == {"payment_recorded"} | set(notices_of(paid))


def test_off_the_invoice_stays_open_and_that_is_said() -> None:
    posting = posted(refund_of(WHOLE), invoice(HAT, paid="0"))
    assert roles(posting) == ["memo", "payout"]
    assert set(notices_of(posting)) == {"invoice_left_open"}


def test_a_payment_that_is_not_for_certain_is_not_recorded() -> None:
    less = refund_of(WHOLE, order={"total": Decimal("99.99")})
    assert "invoice_left_open" in notices_of(posted(less, invoice(HAT, paid="0"), RECORDED))
    several = refund_of(WHOLE, money=(by("paypal", "40.00"), by("card", "60.00")))
    company = replace(COMPANY, gateways={"paypal": Gateway("PayPal")})
    assert "invoice_left_open" in notices_of(posted(several, invoice(HAT, paid="0"), RECORDED, company))


def test_a_payment_on_its_way_for_another_refund_of_the_invoice_is_not_recorded_twice() -> None:
    half = refund_of(back("HAT", 1, "50.00"))
    posting = posted(half, invoice(HAT, paid="0"), RECORDED, taken=Taken(applied=Decimal("100.00")))
    assert roles(posting) == ["memo", "payout"]
    assert notices_of(posting) == {}


def test_a_missing_payment_of_a_closed_period_waits_or_is_dated_the_first_open_day() -> None:
    closed = replace(COMPANY, closing_date=date(2024, 3, 2))
    assert stopped(refund_of(WHOLE), invoice(HAT, paid="0"), RECORDED, closed).reason == "books_closed"
    moved = replace(RECORDED, closed_books=ClosedBooks.NEXT_OPEN_DAY)
    request = posted(refund_of(WHOLE), invoice(HAT, paid="0"), moved, closed).documents[0].request
    assert isinstance(request, ReceivePaymentAdd)
    assert request.txn_date == date(2024, 3, 3)


def test_an_invoice_paid_or_cancelled_needs_no_payment() -> None:
    assert roles(posted(refund_of(WHOLE), invoice(HAT), RECORDED)) == ["memo", "payout"]
    assert roles(posted(refund_of(WHOLE, money="0"), invoice(HAT, paid="0"), RECORDED)) == ["memo", "application"]
