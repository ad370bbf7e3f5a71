"""A small shop with a running QuickBooks, and a short way to ask it. Every answer is held against Intuit's schema."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import pytest
from lxml import etree

from qbsim import Behaviour, CompanyBuilder, Line, QuickBooks, SettableClock
from tests.shared import shared_path

START = datetime(2024, 3, 1, 9, 0, tzinfo=timezone(timedelta(hours=-8)))
PROLOG = '<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="13.0"?>\n'
GUID = "{57F3B9B6-86F1-4FCD-B1EF-166DE1813D20}"


@cache
def response_schema() -> etree.XMLSchema | None:
    """Intuit's schema, None where the reference material is absent and may be."""
    try:
        path = shared_path("qbxml", "xsd", "qbxmlops160.xsd")
    except pytest.skip.Exception:
        return None
    return etree.XMLSchema(etree.parse(str(path)))


def checked(response: str) -> etree._Element:
    """The parsed response; the test fails where Intuit's schema does not allow it."""
    root = etree.fromstring(response.encode("ascii"))
    schema = response_schema()
    if schema is not None and not schema.validate(root):
        pytest.fail(f"the response is not valid: {[str(each) for each in schema.error_log]}\n{response}")
    return root


def message_set(body: str, **attributes: str) -> str:
    """The text of a message set; stopOnError unless said otherwise."""
    attributes.setdefault("onError", "stopOnError")
    given = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"{PROLOG}<QBXML><QBXMLMsgsRq {given}>{body}</QBXMLMsgsRq></QBXML>"


class Shop:
    """The shop: a customer Ada with a job, tax of 10 percent on goods, shipping and service untaxed."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.clock = SettableClock(START)
        self.builder = CompanyBuilder("Corner Shop", self.clock, undeposited_funds="*Undeposited Funds")
        self.company = self.builder.company
        self.tax = self.builder.sales_tax_item("State Tax", 10)
        self.shirt = self.builder.inventory_item("Shirt", price=20, cost="7.50", on_hand=100)
        self.engraving = self.builder.service_item("Engraving", price="12.50")
        self.shipping = self.builder.other_charge_item("Shipping", price=5)
        self.discount = self.builder.discount_item("Coupon", percent=10)
        self.ada = self.builder.customer("Ada")
        self.bob = self.builder.customer("Bob")
        self.job = self.builder.job("Ada", "Kitchen")
        self.quickbooks = QuickBooks(self.company, behaviour)
        self.opening = self.company.trial_balance()

    def ask(self, body: str, **attributes: str) -> list[etree._Element]:
        """The Rs elements of the answer to a message set."""
        return list(self.ask_set(body, **attributes))

    def ask_set(self, body: str, **attributes: str) -> etree._Element:
        """QBXMLMsgsRs of the answer to a message set."""
        answer = self.quickbooks.process(message_set(body, **attributes))
        assert answer.hresult == "", f"{answer.message}: {body}"
        (messages,) = checked(answer.response)
        return messages

    def one(self, body: str, **attributes: str) -> etree._Element:
        """The only Rs of the answer."""
        (response,) = self.ask(body, **attributes)
        return response

    def query(self, name: str, inside: str = "", **attributes: str) -> etree._Element:
        """The Rs of one query, such as query("Invoice", "<RefNumber>1</RefNumber>")."""
        given = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return self.one(f'<{name}QueryRq requestID="1"{given}>{inside}</{name}QueryRq>')

    def moved(self) -> dict[str, Decimal]:
        """What has changed in the books since the opening, account by account, debits positive."""
        now = self.company.trial_balance()
        assert sum(now.values()) == 0
        return {name: now[name] - was for name, was in self.opening.items() if now[name] != was}

    def memo(self, amount: str = "38.95") -> str:
        """TxnID of a credit memo of Ada over so much, without goods or tax."""
        return self.builder.credit_memo(self.ada, [Line(self.engraving, quantity=1, rate=amount)]).txn_id


def status(response: etree._Element) -> tuple[int, str]:
    """Code and severity of an Rs."""
    return int(response.get("statusCode", "")), response.get("statusSeverity", "")


def values(element: etree._Element, *paths: str) -> list[str | None]:
    """The texts at these paths."""
    return [element.findtext(path) for path in paths]


def add(name: str, inside: str, request_id: str = "1", macro: str | None = None) -> str:
    """An Add request."""
    defined = f' defMacro="TxnID:{macro}"' if macro else ""
    return f'<{name}AddRq requestID="{request_id}"><{name}Add{defined}>{inside}</{name}Add></{name}AddRq>'


CREDIT_MEMO = (
    "<CustomerRef><FullName>Ada</FullName></CustomerRef><RefNumber>1001-R1</RefNumber><Memo>Refund of 1001</Memo>"
    "<CreditMemoLineAdd><ItemRef><FullName>Shirt</FullName></ItemRef><Quantity>2</Quantity></CreditMemoLineAdd>"
)


def check_add(target: str, amount: str, account: str = "Checking", line: str = "", payee: str = "Ada") -> str:
    """The inside of a CheckAdd that refunds; `target` is the whole TxnID element."""
    return (
        f"<AccountRef><FullName>{account}</FullName></AccountRef>"
        f"<PayeeEntityRef><FullName>{payee}</FullName></PayeeEntityRef><RefNumber>501</RefNumber>"
        f"<ApplyCheckToTxnAdd>{target}<Amount>{amount}</Amount></ApplyCheckToTxnAdd>"
        "<ExpenseLineAdd><AccountRef><FullName>Accounts Receivable</FullName></AccountRef>"
        f"<Amount>{line or amount}</Amount><CustomerRef><FullName>{payee}</FullName></CustomerRef></ExpenseLineAdd>"
    )


def card_refund_add(target: str, amount: str, account: str = "", customer: str = "Ada") -> str:
    """The inside of an ARRefundCreditCardAdd; `target` is the whole TxnID element."""
    source = f"<RefundFromAccountRef><FullName>{account}</FullName></RefundFromAccountRef>" if account else ""
    return (
        f"<CustomerRef><FullName>{customer}</FullName></CustomerRef>{source}"
        f"<RefundAppliedToTxnAdd>{target}<RefundAmount>{amount}</RefundAmount></RefundAppliedToTxnAdd>"
    )
