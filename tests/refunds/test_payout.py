"""Where the money of a payout comes from, and the check or card refund that takes it there."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.payout import money_by_gateway
from qbwc_server.refunds.reasons import Status
from qbwc_server.refunds.sale import CompanyFacts, Known
from qbwc_server.refunds.settings import CheckNumber, RefundMethod, Settings
from qbxml import Address, ARRefundCreditCardAdd, Ref
from tests.refunds.builders import (
    COMPANY,
    RECEIVABLES,
    UNDEPOSITED,
    account,
    back,
    by,
    card_refund_of,
    check_of,
    invoice,
    memo_of,
    notices_of,
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
)

HAT = sold("HAT", 2, "50.00")
REFUND = refund_of(back("HAT", 2, "100.00"))
CHECK = Settings(refund_method=RefundMethod.CHECK)


def drawn_from(sale_account: Ref | None = None, settings: Settings | None = None) -> str:
    """The account that a sales receipt's refund is drawn from."""
    posting = posted(REFUND, sales_receipt(HAT, deposit_account=sale_account), settings)
    (payout,) = payouts_of(posting)
    assert str(card_refund_of(posting).refund_from_account_ref) == payout.account
    return payout.account


# Which account


def test_the_chosen_account_comes_first() -> None:
    assert drawn_from(ref("Checking"), Settings(refund_account="PayPal")) == "PayPal"
    assert drawn_from(ref("Checking"), Settings(refund_account="card clearing")) == "Card Clearing"


def test_without_a_chosen_account_it_is_the_one_the_receipt_was_deposited_to() -> None:
    assert drawn_from(ref("Checking")) == "Checking"


def test_without_either_it_is_undeposited_funds_whatever_its_name() -> None:
    assert drawn_from() == UNDEPOSITED


def test_an_invoices_refund_is_drawn_from_where_its_payment_went() -> None:
    paid = invoice(HAT, payments=(payment("100.00", deposit_account=ref("PayPal")),))
    assert payouts_of(posted(REFUND, paid))[0].account == "PayPal"


def test_payments_into_one_account_are_one_account() -> None:
    payments = tuple(payment(amount, deposit_account=ref("PayPal")) for amount in ("60.00", "40.00"))
    assert payouts_of(posted(REFUND, invoice(HAT, payments=payments)))[0].account == "PayPal"


def test_payments_into_several_accounts_wait_for_a_person_unless_an_account_is_chosen() -> None:
    payments = (payment("60.00", deposit_account=ref("PayPal")), payment("40.00", deposit_account=ref("Checking")))
    paid = invoice(HAT, payments=payments)
    skip = stopped(REFUND, paid)
    assert (skip.reason, skip.status) == ("ambiguous_deposit_account", Status.REVIEW)
    assert "(Checking, PayPal)" in skip.message
    assert payouts_of(posted(REFUND, paid, Settings(refund_account="PayPal")))[0].account == "PayPal"


def test_payments_without_an_account_lead_to_undeposited_funds() -> None:
    assert payouts_of(posted(REFUND, invoice(HAT)))[0].account == UNDEPOSITED


@pytest.mark.parametrize("name", ["Nowhere", "Old Checking"], ids=["not there", "not active"])
def test_an_account_that_is_not_there_or_not_active_waits_for_a_person(name: str) -> None:
    for skip in (
        stopped(REFUND, sales_receipt(HAT), Settings(refund_account=name)),
        stopped(REFUND, sales_receipt(HAT, deposit_account=ref(name))),
    ):
        assert (skip.reason, skip.status) == ("refund_account_unknown", Status.REVIEW)
        assert f"no active account {name}." in skip.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Company Visa", "CreditCard"), ("Merchandise Sales", "Income"), (RECEIVABLES, "AccountsReceivable")],
)
def test_money_is_drawn_from_bank_and_asset_accounts_only(name: str, kind: str) -> None:
    skip = stopped(REFUND, sales_receipt(HAT), Settings(refund_account=name))
    assert (skip.reason, skip.status) == ("refund_account_unfit", Status.REVIEW)
    assert f"The account {name} is of type {kind};" in skip.message


def test_money_of_a_sale_in_another_currency_is_drawn_from_an_account_in_it_or_in_the_home_currency() -> None:
    pounds, euros = (
        account("Barclays", "Bank", currency="British Pound Sterling"),
        account("BNP", "Bank", currency="Euro"),
    )
    dollars = account("Chase", "Bank", currency="US Dollar")
    company = replace(COMPANY, accounts=(pounds, euros, dollars, *COMPANY.accounts))
    sale = sales_receipt(HAT, currency=ref("Euro"), exchange_rate=Decimal("1.08"))
    refund = replace(REFUND, currency="EUR")
    for name in ("BNP", "Chase"):
        posting = posted(refund, sale, Settings(refund_account=name), company)
        assert payouts_of(posting)[0].account == name
        assert card_refund_of(posting).exchange_rate == memo_of(posting).exchange_rate == Decimal("1.08")
    skip = stopped(refund, sale, Settings(refund_account="Barclays"), company)
    assert (skip.reason, skip.status) == ("refund_account_unfit", Status.REVIEW)
    assert "kept in GBP, and the sale is in EUR" in skip.message


@pytest.mark.parametrize("kind", ["Bank", "OtherCurrentAsset", "OtherAsset", "FixedAsset"])
def test_every_kind_of_bank_or_asset_account_may_be_chosen(kind: str) -> None:
    company = replace(COMPANY, accounts=(account("Chosen", kind), *COMPANY.accounts))
    posting = posted(REFUND, sales_receipt(HAT), Settings(refund_account="Chosen"), company)
    assert payouts_of(posting)[0].account == "Chosen"


def test_a_company_without_undeposited_funds_is_told_to_choose_an_account() -> None:
    company = replace(COMPANY, accounts=COMPANY.accounts[:-1])
    skip = stopped(REFUND, sales_receipt(HAT), company=company)
    assert (skip.reason, skip.status) == ("no_undeposited_funds", Status.REVIEW)


# How it is entered


def test_a_card_refund_pays_out_the_memo() -> None:
    posting = posted(REFUND, sales_receipt(HAT))
    refund = card_refund_of(posting)
    (applied,) = refund.refund_applied_to_txn_adds
    assert (refund.customer_ref, refund.ar_account_ref) == (ref("Ada Buyer"), ref(RECEIVABLES))
    assert (applied.txn_id.use_macro, applied.refund_amount) == (memo_of(posting).def_macro, Decimal("100.00"))
    assert refund.external_guid == payouts_of(posting)[0].external_guid


def test_a_check_names_receivables_on_its_line_and_pays_out_the_memo() -> None:
    posting = posted(REFUND, sales_receipt(HAT, deposit_account=ref("Checking")), CHECK)
    check = check_of(posting)
    (line,) = check.expense_lines
    (applied,) = check.apply_check_to_txn_adds
    assert (check.account_ref, check.payee_entity_ref) == (ref("Checking"), ref("Ada Buyer"))
    assert (line.account_ref, line.amount, line.customer_ref) == (ref(RECEIVABLES), Decimal("100.00"), ref("Ada Buyer"))
    assert (applied.txn_id.use_macro, applied.amount) == (memo_of(posting).def_macro, line.amount)
    assert (check.is_to_be_printed, check.ref_number) == (False, memo_of(posting).ref_number)


def test_a_check_to_be_printed_has_no_number_and_the_address_of_the_sale() -> None:
    address = Address(addr1="Ada Buyer", addr2="1 Elm St", city="Albany", state="NY", postal_code="12207")
    sale = sales_receipt(HAT, deposit_account=ref("Checking"), bill_address=address)
    posting = posted(REFUND, sale, replace(CHECK, check_number=CheckNumber.TO_PRINT))
    check, numbered = check_of(posting), check_of(posted(REFUND, sale, CHECK))
    assert (check.is_to_be_printed, check.ref_number, check.address) == (True, None, address)
    assert check.memo == "Refund 901 of order 1001 (shopify), gateway shopify_payments, transaction 7001"
    assert payouts_of(posting)[0].ref_number == ""
    assert replace(check, is_to_be_printed=False, ref_number=numbered.ref_number, address=None) == numbered


def test_only_checks_are_printed() -> None:
    posting = posted(REFUND, sales_receipt(HAT), Settings(check_number=CheckNumber.TO_PRINT))
    assert card_refund_of(posting).ref_number == memo_of(posting).ref_number


def test_a_check_from_a_bank_account_may_go_with_others() -> None:
    posting = posted(REFUND, sales_receipt(HAT, deposit_account=ref("Checking")), CHECK)
    assert not payouts_of(posting)[0].alone


@pytest.mark.parametrize(("known", "alone"), [(Known.UNKNOWN, True), (Known.YES, False)])
def test_checks_from_undeposited_funds_go_alone_until_quickbooks_has_taken_one(known: Known, alone: bool) -> None:
    company = replace(COMPANY, check_from_undeposited_funds=known)
    (payout,) = payouts_of(posted(REFUND, sales_receipt(HAT), CHECK, company))
    assert (payout.account, payout.alone) == (UNDEPOSITED, alone)


def test_once_quickbooks_has_refused_such_a_check_the_refund_waits_before_its_memo() -> None:
    company = replace(COMPANY, check_from_undeposited_funds=Known.NO)
    skip = stopped(REFUND, sales_receipt(HAT), CHECK, company)
    assert (skip.reason, skip.status) == ("payout_account_refused", Status.REVIEW)
    assert UNDEPOSITED in skip.message
    assert roles(posted(REFUND, sales_receipt(HAT), company=company)) == ["memo", "payout"]


def test_a_card_refund_from_undeposited_funds_never_waits_for_others() -> None:
    assert not payouts_of(posted(REFUND, sales_receipt(HAT)))[0].alone


def test_without_a_refund_method_the_memo_stands_alone_with_a_notice() -> None:
    none = Settings(refund_method=RefundMethod.NONE, refund_account="Nowhere")
    posting = posted(REFUND, sales_receipt(HAT), none)
    assert roles(posting) == ["memo"]
    assert "100.00 USD went back" in notices_of(posting)["payout_not_recorded"]
    assert "100.00 USD of it stands" in notices_of(posting)["payout_not_recorded"]
    assert "credit_left" not in notices_of(posting)


# Several gateways


def test_each_gateway_has_a_payout_of_its_own() -> None:
    money = (by("paypal", "30.00", "P1"), by("card", "50.00", "C1"), by("paypal", "20.00", "P2"))
    posting = posted(refund_of(back("HAT", 2, "100.00"), money=money), sales_receipt(HAT))
    first, second = payouts_of(posting)
    assert [(p.gateway, p.amount, p.part) for p in (first, second)] == [
        ("paypal", Decimal("50.00"), 1),
        ("card", Decimal("50.00"), 2),
    ]
    assert "gateway paypal, transaction P1 P2" in (getattr(first.request, "memo", "") or "")
    assert first.external_guid != second.external_guid
    assert first.ref_number == second.ref_number == memo_of(posting).ref_number


def test_money_of_one_gateway_is_one_amount_and_store_credit_is_none() -> None:
    money = (
        by("card", "1.00", "a"),
        by("gift_card", "9.00", store_credit=True),
        by("card", "2.00"),
        by("card", "0.00", "b"),
    )
    (found,) = money_by_gateway(refund_of(money=money))
    assert (found.gateway, found.amount, found.transaction_ids) == ("card", Decimal("3.00"), ("a",))


# Payment method


def test_the_payment_method_is_the_chosen_one_else_that_of_the_sale_else_that_of_the_payment() -> None:
    receipt = sales_receipt(HAT, payment_method=ref("Visa"))
    assert card_refund_of(posted(REFUND, receipt, Settings(payment_method="paypal"))).payment_method_ref == ref(
        "PayPal"
    )
    assert card_refund_of(posted(REFUND, receipt)).payment_method_ref == ref("Visa")
    paid = invoice(HAT, payments=(payment("60.00", payment_method=ref("PayPal")), payment("40.00")))
    assert card_refund_of(posted(REFUND, paid)).payment_method_ref == ref("PayPal")
    order = sales_order(HAT, open_payments=(payment("0.00", unused=Decimal(100), payment_method=ref("Visa")),))
    assert card_refund_of(posted(REFUND, order)).payment_method_ref == ref("Visa")
    assert card_refund_of(posted(REFUND, sales_receipt(HAT))).payment_method_ref is None


def test_a_payment_method_that_quickbooks_does_not_have_waits_before_the_memo() -> None:
    unknown = Settings(payment_method="Barter")
    skip = stopped(REFUND, sales_receipt(HAT), unknown)
    assert (skip.reason, skip.status) == ("payment_method_unknown", Status.REVIEW)
    unread = replace(COMPANY, payment_methods=())
    named = card_refund_of(posted(REFUND, sales_receipt(HAT), unknown, unread)).payment_method_ref
    assert named == Ref(full_name="Barter")
    assert roles(posted(REFUND, sales_receipt(HAT), replace(unknown, refund_method=RefundMethod.CHECK))) == [
        "memo",
        "payout",
    ]


# By gateway

SPLIT = refund_of(
    back("HAT", 2, "100.00"),
    money=(by("shopify_payments", "70.00", "7001"), by("PayPal", "20.00"), by("manual", "10.00")),
)


def with_gateways(**gateways: Gateway) -> CompanyFacts:
    return replace(COMPANY, gateways=gateways)


def test_each_gateway_is_paid_out_of_its_own_account_in_its_own_way() -> None:
    company = with_gateways(
        paypal=Gateway("PayPal", "PayPal"), manual=Gateway("Checking", refund_method=RefundMethod.CHECK)
    )
    settings = Settings(refund_account="Card Clearing", payment_method="Visa")
    posting = posted(SPLIT, sales_receipt(HAT, deposit_account=ref("Checking")), settings, company)
    paid = payouts_of(posting)
    assert [(p.part, p.gateway, p.account, str(p.amount), type(p.request).__name__) for p in paid] == [
        (1, "shopify_payments", "Card Clearing", "70.00", "ARRefundCreditCardAdd"),
        (2, "PayPal", "PayPal", "20.00", "ARRefundCreditCardAdd"),
        (3, "manual", "Checking", "10.00", "CheckAdd"),
    ]
    methods = [p.request.payment_method_ref for p in paid if isinstance(p.request, ARRefundCreditCardAdd)]
    assert [str(method) for method in methods] == ["Visa", "PayPal"]
    assert notices_of(posting) == {}


def test_a_gateway_without_an_account_of_its_own_is_paid_as_the_settings_say() -> None:
    company = with_gateways(shopify_payments=Gateway(payment_method="Visa"))
    posting = posted(REFUND, sales_receipt(HAT, deposit_account=ref("Checking")), company=company)
    assert payouts_of(posting)[0].account == "Checking"
    assert str(card_refund_of(posting).payment_method_ref) == "Visa"


def test_a_mapped_gateway_asks_for_no_deposit_account() -> None:
    payments = (payment("60.00", deposit_account=ref("PayPal")), payment("40.00", deposit_account=ref("Checking")))
    company = with_gateways(shopify_payments=Gateway("Card Clearing"))
    posting = posted(REFUND, invoice(HAT, payments=payments), company=company)
    assert payouts_of(posting)[0].account == "Card Clearing"


def test_a_gateway_that_records_no_payout_leaves_its_part_as_a_credit_and_says_so() -> None:
    company = with_gateways(manual=Gateway(refund_method=RefundMethod.NONE))
    posting = posted(SPLIT, sales_receipt(HAT), company=company)
    assert [(p.part, str(p.amount)) for p in payouts_of(posting)] == [(1, "70.00"), (2, "20.00")]
    assert notices_of(posting)["payout_not_recorded"].startswith("10.00 USD went back")


def test_settings_that_pay_nothing_out_hold_for_every_gateway() -> None:
    company = with_gateways(manual=Gateway("Checking", refund_method=RefundMethod.CHECK))
    posting = posted(SPLIT, sales_receipt(HAT), Settings(refund_method=RefundMethod.NONE), company)
    assert roles(posting) == ["memo"]


@pytest.mark.parametrize(
    ("gateway", "reason", "said"),
    [
        (Gateway("Nowhere"), "refund_account_unknown", "Nowhere, which the mapping of the gateway manual names"),
        (Gateway("Company Visa"), "refund_account_unfit", "Company Visa"),
        (Gateway(payment_method="Cash"), "payment_method_unknown", "Correct the mapping of the gateway manual"),
    ],
)
def test_a_mapping_that_quickbooks_can_not_follow_waits_for_a_person(gateway: Gateway, reason: str, said: str) -> None:
    skip = stopped(SPLIT, sales_receipt(HAT), company=with_gateways(manual=gateway))
    assert (skip.reason, skip.status) == (reason, Status.REVIEW)
    assert said in skip.message


def test_an_open_payment_is_paid_out_by_gateway_too() -> None:
    order = sales_order(HAT, open_payments=(payment("0.00", unused=Decimal("100.00"), ref_number="1001"),))
    company = with_gateways(paypal=Gateway("PayPal"), manual=Gateway(refund_method=RefundMethod.NONE))
    posting = posted(SPLIT, order, Settings(refund_account="Checking"), company)
    assert [(p.account, str(p.amount)) for p in payouts_of(posting)] == [("Checking", "70.00"), ("PayPal", "20.00")]
    assert notices_of(posting)["payout_not_recorded"].startswith("10.00 USD went back")
