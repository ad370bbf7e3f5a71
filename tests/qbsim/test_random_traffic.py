"""Random traffic: whatever comes, the books balance, no credit goes below zero, and links agree on both sides."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from qbsim import Behaviour, Company, Line, QuickBooksCrashed
from tests.qbsim.shop import Shop, add, card_refund_add, check_add, checked, message_set

SETS = 500
#: So many transactions of each type must have come of it, or the traffic would prove nothing.
LEAST = 10


class Traffic:
    """Makes message sets of requests that often, but not always, fit the state of the company."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.shop = Shop(Behaviour(records_credit_only_payments=bool(seed % 2)))
        order = self.shop.builder.sales_order("Ada", [Line(self.shop.shirt, quantity=5)])
        self.shop.builder.invoice_from_sales_order(order, {order.lines[0].txn_line_id: 2})

    def amount(self, most: Decimal) -> str:
        cents = self.random.randint(-50, int(most * 100) + 100)
        return f"{Decimal(cents) / 100:.2f}" if self.random.random() < 0.4 else f"{most:.2f}"

    def target(self, kind: str) -> tuple[str, Decimal, str]:
        """TxnID, what is open, and mostly the right customer."""
        every = self.shop.company.transactions(kind)
        if not every:
            return "FF-1", Decimal("1.00"), "Ada"
        chosen = self.random.choice(every[-12:])
        owner = self.shop.company.lists.customers.get(chosen.customer_id or "")
        name = owner.full_name if owner and self.random.random() < 0.9 else self.customer()
        return chosen.txn_id, chosen.open_credit or chosen.open_debt, name

    def customer(self) -> str:
        return self.random.choice(["Ada", "Ada", "Ada", "Bob", "Ada:Kitchen"])

    def item(self) -> str:
        return "Hat" if self.random.random() < 0.05 else self.random.choice(["Shirt", "Engraving", "Shipping"])

    def sale(self, kind: str) -> str:
        lines = "".join(
            f"<{kind}LineAdd><ItemRef><FullName>{self.item()}</FullName>"
            f"</ItemRef><Quantity>{self.random.randint(-1, 4)}</Quantity></{kind}LineAdd>"
            for _ in range(self.random.randint(1, 3))
        )
        coupon = f"<{kind}LineAdd><ItemRef><FullName>Coupon</FullName></ItemRef></{kind}LineAdd>"
        name = f"<CustomerRef><FullName>{self.customer()}</FullName></CustomerRef>"
        return add(kind, name + lines + (coupon if self.random.random() < 0.3 else ""), macro="M")

    def request(self) -> str:
        roll = self.random.random()
        if roll < 0.4:
            return self.sale(self.random.choice(["CreditMemo", "Invoice", "SalesReceipt", "SalesOrder"]))
        if roll < 0.6:
            txn_id, rest, name = self.target(self.random.choice(["CreditMemo", "CreditMemo", "ReceivePayment"]))
            amount = self.amount(rest)
            target = f"<TxnID>{txn_id}</TxnID>"
            account = self.random.choice(["Checking", "*Undeposited Funds"])
            if self.random.random() < 0.5:
                return add("Check", check_add(target, amount, account, payee=name))
            return add("ARRefundCreditCard", card_refund_add(target, amount, account, name))
        if roll < 0.8:
            return self.payment()
        kind = self.random.choice(["CreditMemo", "Check", "ARRefundCreditCard", "Invoice", "SalesReceipt"])
        txn_id, _, _ = self.target(kind)
        verb = self.random.choice(["Del", "Void"])
        return f"<Txn{verb}Rq><Txn{verb}Type>{kind}</Txn{verb}Type><TxnID>{txn_id}</TxnID></Txn{verb}Rq>"

    def payment(self) -> str:
        invoice, due, customer = self.target("Invoice")
        credit, rest, _ = self.target(self.random.choice(["CreditMemo", "ReceivePayment"]))
        paid = self.amount(due)
        parts = f"<PaymentAmount>{paid}</PaymentAmount>" if self.random.random() < 0.5 else ""
        if self.random.random() < 0.5:
            parts += (
                f"<SetCredit><CreditTxnID>{credit}</CreditTxnID>"
                f"<AppliedAmount>{self.amount(min(rest, due))}</AppliedAmount></SetCredit>"
            )
        total = f"<TotalAmount>{self.amount(due)}</TotalAmount>" if self.random.random() < 0.5 else ""
        name = f"<CustomerRef><FullName>{customer}</FullName></CustomerRef>"
        return add("ReceivePayment", f"{name}{total}<AppliedToTxnAdd><TxnID>{invoice}</TxnID>{parts}</AppliedToTxnAdd>")

    def message_set(self, number: int) -> str:
        body = "".join(self.request() for _ in range(self.random.randint(1, 4)))
        attributes = {"onError": self.random.choice(["stopOnError", "continueOnError"])}
        if self.random.random() < 0.5:
            attributes["newMessageSetID"] = f"set-{number}"
        return message_set(body, **attributes)


def check_books(company: Company) -> None:
    balance = company.trial_balance()
    assert sum(balance.values()) == 0
    owed = sum((company.customer_balance(each.full_name) for each in company.lists.customers), Decimal(0))
    assert owed == balance["Accounts Receivable"]
    for kind in ("CreditMemo", "ReceivePayment", "Invoice", "SalesOrder", "Check", "ARRefundCreditCard"):
        for each in company.transactions(kind):
            assert each.open_credit >= 0
            assert each.open_debt >= 0
            for link in each.links:
                other = company.transaction(link.txn_id)
                assert other is not None
                assert [back.amount for back in other.links if back.txn_id == each.txn_id] == [link.amount]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_books_balance_after_every_set(seed: int) -> None:
    traffic = Traffic(seed)
    shop = traffic.shop
    done = 0
    for number in range(SETS):
        text = traffic.message_set(number)
        shop.clock.advance(seconds=traffic.random.randint(0, 3))
        if traffic.random.random() < 0.05:
            with pytest.raises(QuickBooksCrashed):
                shop.quickbooks.process(text, crash_after=traffic.random.randint(0, 3))
        else:
            messages = checked(shop.quickbooks.process(text).response)[0]
            done += sum(each.get("statusCode") == "0" for each in messages)
        check_books(shop.company)
    assert done > SETS / 2
    for kind in ("CreditMemo", "ReceivePayment", "Invoice", "SalesOrder", "Check", "ARRefundCreditCard"):
        assert len(shop.company.transactions(kind)) > LEAST, kind
    assert Company.from_json(shop.company.to_json(), shop.clock) == shop.company


def test_customers_owe_what_is_open_where_nothing_was_voided_or_deleted() -> None:
    traffic = Traffic(3)
    company = traffic.shop.company
    for number in range(SETS // 2):
        text = traffic.message_set(number)
        if "<TxnDelRq>" not in text and "<TxnVoidRq>" not in text:
            traffic.shop.quickbooks.process(text)
    open_debts = sum((each.open_debt for each in company.transactions("Invoice")), Decimal(0))
    open_credits = sum(
        (each.open_credit for kind in ("CreditMemo", "ReceivePayment") for each in company.transactions(kind)),
        Decimal(0),
    )
    assert len(company.transactions("CreditMemo")) > LEAST
    assert company.balance_of("Accounts Receivable") == open_debts - open_credits
