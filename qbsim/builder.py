"""Makes companies for tests and demonstrations through the same rules that requests go through.

>>> builder = CompanyBuilder("Corner Shop")
>>> mug = builder.service_item("Engraving", price="12.50")
>>> receipt = builder.sales_receipt(builder.customer("Ada"), [Line(mug, quantity=2)], ref_number="1001")
>>> receipt.total, builder.company.balance_of("Undeposited Funds")
(Decimal('25.00'), Decimal('25.00'))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from qbsim.clock import Clock, real_time
from qbsim.company import Company
from qbsim.editions import US, StartingCode, edition
from qbsim.lists import (
    Account,
    Currency,
    Customer,
    Employee,
    InventorySite,
    Item,
    ItemGroupMember,
    ListElement,
    ListTable,
    NamedElement,
    OtherName,
    PaymentMethod,
    SalesRep,
    SalesTaxCode,
    Template,
    Terms,
    Vendor,
)
from qbsim.lists import items as kinds
from qbsim.lists.accounts import RECEIVABLE
from qbsim.lists.adding import create
from qbsim.lists.kinds import take_currency
from qbsim.numbers import to_cent
from qbsim.transactions import (
    ARRefundCreditCard,
    Check,
    CreditMemo,
    Deposit,
    InventoryAdjustment,
    Invoice,
    JournalEntry,
    ReceivePayment,
    SalesOrder,
    SalesReceipt,
    Transaction,
)
from qbsim.transactions.ar_refund_credit_card import CardRefundDraft, RefundApplied, add_card_refund
from qbsim.transactions.check import CheckDraft, ExpenseLine, add_check
from qbsim.transactions.credit_memo import add_credit_memo
from qbsim.transactions.deposit import CashBack, DepositDraft, DepositLine, add_deposit, payment_line
from qbsim.transactions.inventory_adjustment import adjust_stock
from qbsim.transactions.invoice import add_invoice
from qbsim.transactions.journal_entry import JournalDraft, JournalLine, add_journal_entry
from qbsim.transactions.opening import open_balance
from qbsim.transactions.receive_payment import Application, PaymentDraft, add_receive_payment
from qbsim.transactions.sales_document import DEFAULT_TEMPLATES, LineDraft, SalesDraft, SalesHeader
from qbsim.transactions.sales_order import add_sales_order
from qbsim.transactions.sales_receipt import add_sales_receipt
from qbsim.transactions.settling import CreditToSet

#: An amount, price or quantity as a test writes it; never a float.
Number: TypeAlias = Decimal | int | str
#: An element, or its full name.
AnyElement = TypeVar("AnyElement", bound=ListElement)


class UnknownNameError(LookupError):
    """The company has no element of that full name; make it first."""


@dataclass(frozen=True)
class Line:
    """A line of a sale. Without rate and amount the item's price is taken, without a tax code the item's own.

    `tax_code` is a sales tax code of the company, such as "Tax" or "Non" in the US or "S" in the UK, `percent` the
    percentage of a discount line, `tax_amount` the tax that stands in the Australian edition whatever the rate says.
    """

    item: Item | str | None = None
    quantity: Number | None = None
    rate: Number | None = None
    amount: Number | None = None
    percent: Number | None = None
    description: str | None = None
    tax_code: str | None = None
    tax_amount: Number | None = None
    class_name: str | None = None


#: Name, type and special type of the accounts that every company of the builder has.
_CHART = (
    ("Checking", "Bank", None),
    ("PayPal", "Bank", None),
    ("Accounts Receivable", "AccountsReceivable", None),
    ("Inventory Asset", "OtherCurrentAsset", "InventoryAssets"),
    ("Sales Tax Payable", "OtherCurrentLiability", "SalesTaxPayable"),  # by the edition's name for it
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Sales", "Income", None),
    ("Shipping Income", "Income", None),
    ("Discounts", "Income", None),
    ("Sales Returns", "Income", None),
    ("Cost of Goods Sold", "CostOfGoodsSold", "CostOfGoodsSold"),
    ("Bank Service Charges", "Expense", None),
)
_PAYMENT_METHODS = (
    ("Cash", "Cash"),
    ("Check", "Check"),
    ("American Express", "AmericanExpress"),
    ("Discover", "Discover"),
    ("MasterCard", "MasterCard"),
    ("Visa", "Visa"),
    ("PayPal", "Other"),
)


class CompanyBuilder:
    """A company with a chart of accounts, its country's tax codes (Tax and Non in the US), and payment methods, to be
    filled.

    `undeposited_funds` is the name of that account, which QuickBooks files of different age spell differently;
    `country` the edition: US, CA, UK or AU.
    """

    def __init__(
        self,
        name: str = "Sample Company",
        clock: Clock = real_time,
        *,
        undeposited_funds: str = "Undeposited Funds",
        country: str = US,
    ) -> None:
        self._edition = edition(country)
        self.company = Company(name, clock)
        self.company.preferences.country = country
        lists, preferences = self.company.lists, self.company.preferences
        self.account(undeposited_funds, "OtherCurrentAsset", special_account_type="UndepositedFunds")
        for account_name, account_type, special in _CHART:
            edition_name = self._edition.tax_account if special == "SalesTaxPayable" else account_name
            self.account(edition_name, account_type, special_account_type=special)
        for code in self._edition.codes:
            self._starting_code(code)
        preferences.default_taxable_code_id = self._need(lists.sales_tax_codes, self._edition.taxable_code)
        preferences.default_non_taxable_code_id = self._need(lists.sales_tax_codes, self._edition.non_taxable_code)
        for template_type, template in DEFAULT_TEMPLATES.items():
            create(self.company, lists.templates, template, template_type=template_type)
        for method, method_type in _PAYMENT_METHODS:
            self.payment_method(method, method_type)

    # Lists

    def account(
        self,
        name: str,
        account_type: str,
        *,
        parent: Account | str | None = None,
        special_account_type: str | None = None,
        account_number: str | None = None,
        opening_balance: Number | None = None,
        currency: Currency | str | None = None,
    ) -> Account:
        """An account; an opening balance (debits positive) goes against Opening Balance Equity. One in a foreign
        currency begins without a balance.
        """
        made: Account = create(
            self.company,
            self.company.lists.accounts,
            name,
            self._id(self.company.lists.accounts, parent),
            account_type=account_type,
            special_account_type=special_account_type,
            account_number=account_number,
            currency_id=self._id(self.company.lists.currencies, currency),
        )
        if opening_balance is not None:
            open_balance(self.company, made.list_id, _number(opening_balance))
        return made

    def customer(
        self,
        name: str,
        *,
        parent: Customer | str | None = None,
        taxable: bool = True,
        sales_tax: Item | str | None = None,
        currency: Currency | str | None = None,
        **values: Any,
    ) -> Customer:
        """A customer; `values` are further fields of Customer, such as email or bill_address. The first customer in a
        foreign currency brings that currency's receivable account along.
        """
        lists = self.company.lists
        values["item_sales_tax_id"] = self._id(lists.items, sales_tax)
        if not self._edition.taxes_by_code or not taxable:
            values.setdefault("sales_tax_code_id", self._code_id(None, is_taxable=taxable))
        values["currency_id"] = self._id(lists.currencies, currency)
        made: Customer = create(self.company, lists.customers, name, self._id(lists.customers, parent), **values)
        take_currency(self.company, made)
        return made

    def currency(self, name: str, code: str, rate: Number | None = None, *, is_user_defined: bool = False) -> Currency:
        """A currency with the home currency's worth of one unit. The first one switches several currencies on; the home
        currency, which is the edition's, comes with it.
        """
        preferences, currencies = self.company.preferences, self.company.lists.currencies
        if not preferences.multi_currency:
            preferences.multi_currency = True
            if code != self._edition.currency_code:
                self.currency(self._edition.currency_name, self._edition.currency_code)
        made: Currency = create(self.company, currencies, name, currency_code=code, is_user_defined=is_user_defined)
        if code == self._edition.currency_code:
            preferences.home_currency_id = made.list_id
            rate = 1
        if rate is not None:
            made.exchange_rate, made.as_of_date = _number(rate), self.company.today()
        return made

    def job(self, customer: Customer | str, name: str, **values: Any) -> Customer:
        """A job of a customer."""
        return self.customer(name, parent=customer, **values)

    def payment_method(self, name: str, payment_method_type: str = "Other") -> PaymentMethod:
        """A payment method; the type is qbXML's PaymentMethodType."""
        table = self.company.lists.payment_methods
        made: PaymentMethod = create(self.company, table, name, payment_method_type=payment_method_type)
        return made

    def class_(self, name: str, *, parent: NamedElement | str | None = None) -> NamedElement:
        """A class."""
        return self._named(self.company.lists.classes, name, parent)

    def vendor(self, name: str, **values: Any) -> Vendor:
        """A vendor; `values` are further fields of Vendor."""
        made: Vendor = create(self.company, self.company.lists.vendors, name, **values)
        return made

    def employee(self, name: str, **values: Any) -> Employee:
        """An employee; `values` are further fields of Employee."""
        made: Employee = create(self.company, self.company.lists.employees, name, **values)
        return made

    def other_name(self, name: str, **values: Any) -> OtherName:
        """Another name; `values` are further fields of OtherName."""
        made: OtherName = create(self.company, self.company.lists.other_names, name, **values)
        return made

    def sales_rep(self, initials: str, person: Vendor | Employee | OtherName) -> SalesRep:
        """A sales representative, who stands among the vendors, employees or other names."""
        table = self.company.lists.sales_reps
        made: SalesRep = create(self.company, table, initials, entity_id=person.list_id)
        return made

    def standard_terms(
        self, name: str, due_days: int, *, discount_days: int | None = None, discount_percent: Number | None = None
    ) -> Terms:
        """Terms that count days from the date of the document."""
        made: Terms = create(
            self.company,
            self.company.lists.terms,
            name,
            terms_type="StandardTerms",
            due_days=due_days,
            discount_days=discount_days,
            discount_percent=None if discount_percent is None else _number(discount_percent),
        )
        return made

    def date_driven_terms(self, name: str, day_of_month_due: int, *, due_next_month_days: int | None = None) -> Terms:
        """Terms that are due on a day of the month."""
        made: Terms = create(
            self.company,
            self.company.lists.terms,
            name,
            terms_type="DateDrivenTerms",
            day_of_month_due=day_of_month_due,
            due_next_month_days=due_next_month_days,
        )
        return made

    def ship_method(self, name: str) -> NamedElement:
        """A shipping method."""
        return self._named(self.company.lists.ship_methods, name)

    def customer_message(self, name: str) -> NamedElement:
        """A message to customers."""
        return self._named(self.company.lists.customer_messages, name)

    def customer_type(self, name: str, *, parent: NamedElement | str | None = None) -> NamedElement:
        """A type of customers."""
        return self._named(self.company.lists.customer_types, name, parent)

    def vendor_type(self, name: str, *, parent: NamedElement | str | None = None) -> NamedElement:
        """A type of vendors."""
        return self._named(self.company.lists.vendor_types, name, parent)

    def job_type(self, name: str, *, parent: NamedElement | str | None = None) -> NamedElement:
        """A type of jobs."""
        return self._named(self.company.lists.job_types, name, parent)

    def template(self, name: str, template_type: str) -> Template:
        """A form of documents of a type such as Invoice."""
        table = self.company.lists.templates
        made: Template = create(self.company, table, name, template_type=template_type)
        return made

    def inventory_site(self, name: str, **values: Any) -> InventorySite:
        """A place where stock is kept; `values` are further fields of InventorySite."""
        made: InventorySite = create(self.company, self.company.lists.inventory_sites, name, **values)
        return made

    def sales_tax_item(
        self, name: str, rate: Number, *, is_default: bool = True, account: Account | str | None = None
    ) -> Item:
        """A sales tax of so many percent; by default it becomes the company's. `account` is where it is owed, if not
        on the company's tax account.
        """
        account_id = self._id(self.company.lists.accounts, account)
        made = self._item(name, kinds.SALES_TAX, tax_rate=_number(rate), description="Sales Tax", account_id=account_id)
        if is_default:
            self.company.preferences.default_item_sales_tax_id = made.list_id
        return made

    def sales_tax_group(self, name: str, taxes: Iterable[Item | str], *, is_default: bool = True) -> Item:
        """A group of sales taxes."""
        tax_ids = [self._need(self.company.lists.items, tax) for tax in taxes]
        made = self._item(name, kinds.SALES_TAX_GROUP, tax_item_ids=tax_ids)
        if is_default:
            self.company.preferences.default_item_sales_tax_id = made.list_id
        return made

    def sales_tax_code(
        self,
        name: str,
        tax: Item | str | None = None,
        *,
        purchase_tax: Item | str | None = None,
        is_taxable: bool | None = None,
        description: str | None = None,
    ) -> SalesTaxCode:
        """A sales tax code, of at most three letters; outside the US it stands for a tax item or group, in purchases
        for another if one is named. Unless it is said, a code with a tax is taxable and one without is not.
        """
        lists = self.company.lists
        made: SalesTaxCode = create(
            self.company,
            lists.sales_tax_codes,
            name,
            is_taxable=tax is not None if is_taxable is None else is_taxable,
            description=description,
            item_sales_tax_id=self._id(lists.items, tax),
            item_purchase_tax_id=self._id(lists.items, purchase_tax or tax),
        )
        return made

    def inventory_item(
        self,
        name: str,
        *,
        price: Number,
        cost: Number,
        on_hand: Number = 0,
        account: Account | str = "Sales",
        tax_code: str | None = None,
        parent: Item | str | None = None,
        description: str | None = None,
    ) -> Item:
        """An inventory part with its average cost; what is on hand goes against Opening Balance Equity."""
        code_id = self._code_id(tax_code, is_taxable=True)
        made = self._sold_item(name, kinds.INVENTORY, price, account, code_id, parent, description)
        return self._stocked(made, cost, on_hand)

    def assembly_item(
        self,
        name: str,
        members: Iterable[tuple[Item | str, Number]],
        *,
        price: Number,
        cost: Number,
        on_hand: Number = 0,
        account: Account | str = "Sales",
        tax_code: str | None = None,
    ) -> Item:
        """An assembly of so many pieces of other items, kept in stock as an inventory part is."""
        code_id = self._code_id(tax_code, is_taxable=True)
        made = self._sold_item(name, kinds.ASSEMBLY, price, account, code_id, None, None)
        made.members = self._members(members)
        return self._stocked(made, cost, on_hand)

    def adjust_stock(
        self,
        item: Item | str,
        quantity: Number,
        *,
        value: Number | None = None,
        account: Account | str = "Opening Balance Equity",
    ) -> InventoryAdjustment:
        """Goods that come in, or go out where negative, against an account: for a value in all, or at average cost."""
        lists = self.company.lists
        found = lists.items.get(self._need(lists.items, item))
        if found is None:
            raise UnknownNameError(f"the company has no item {item!r}")
        worth = None if value is None else _number(value)
        return adjust_stock(self.company, found, self._need(lists.accounts, account), _number(quantity), worth)

    def non_inventory_item(
        self,
        name: str,
        *,
        price: Number,
        account: Account | str = "Sales",
        tax_code: str | None = None,
        parent: Item | str | None = None,
        description: str | None = None,
    ) -> Item:
        """A part that is not kept in stock."""
        code_id = self._code_id(tax_code, is_taxable=True)
        return self._sold_item(name, kinds.NON_INVENTORY, price, account, code_id, parent, description)

    def service_item(
        self,
        name: str,
        *,
        price: Number,
        account: Account | str = "Sales",
        tax_code: str | None = None,
        parent: Item | str | None = None,
        description: str | None = None,
    ) -> Item:
        """A service."""
        code_id = self._code_id(tax_code, is_taxable=self._edition.taxes_by_code)
        return self._sold_item(name, kinds.SERVICE, price, account, code_id, parent, description)

    def other_charge_item(
        self,
        name: str,
        *,
        price: Number = 0,
        account: Account | str = "Shipping Income",
        tax_code: str | None = None,
        description: str | None = None,
    ) -> Item:
        """Another charge, such as shipping."""
        code_id = self._code_id(tax_code, is_taxable=self._edition.taxes_by_code)
        return self._sold_item(name, kinds.OTHER_CHARGE, price, account, code_id, None, description)

    def discount_item(
        self,
        name: str,
        *,
        percent: Number | None = None,
        amount: Number | None = None,
        account: Account | str = "Discounts",
        tax_code: str | None = None,
    ) -> Item:
        """A discount, by percent of the line before or by amount; with a taxable code it lowers the tax."""
        lists = self.company.lists
        return self._item(
            name,
            kinds.DISCOUNT,
            price=None if amount is None else _number(amount),
            price_percent=None if percent is None else _number(percent),
            account_id=self._need(lists.accounts, account),
            sales_tax_code_id=self._code_id(tax_code, is_taxable=True),
        )

    def subtotal_item(self, name: str = "Subtotal") -> Item:
        """A subtotal of the lines before it."""
        return self._item(name, kinds.SUBTOTAL)

    def group_item(self, name: str, members: Iterable[tuple[Item | str, Number]]) -> Item:
        """A group of items with their quantities."""
        return self._item(name, kinds.GROUP, members=self._members(members))

    def payment_item(self, name: str, *, deposit_to: Account | str | None = None) -> Item:
        """A payment that stands among the lines of an invoice."""
        return self._item(name, kinds.PAYMENT, account_id=self._id(self.company.lists.accounts, deposit_to))

    # Sales

    def sales_receipt(self, customer: Customer | str, lines: Sequence[Line], **fields: Any) -> SalesReceipt:
        """A sale paid at once. `fields`: see `invoice`, and `deposit_to`, `payment_method`."""
        return add_sales_receipt(self.company, self._draft(customer, lines, fields))

    def invoice(self, customer: Customer | str, lines: Sequence[Line], **fields: Any) -> Invoice:
        """An invoice. `fields`: ref_number, txn_date, memo, external_guid, sales_tax, sales_rep, class_name,
        bill_address, ship_address, po_number, other, account (receivable), is_tax_included, exchange_rate.
        """
        return add_invoice(self.company, self._draft(customer, lines, fields))

    def credit_memo(self, customer: Customer | str, lines: Sequence[Line], **fields: Any) -> CreditMemo:
        """A credit memo. `fields`: see `invoice`."""
        return add_credit_memo(self.company, self._draft(customer, lines, fields))

    def sales_order(self, customer: Customer | str, lines: Sequence[Line], **fields: Any) -> SalesOrder:
        """A sales order. `fields`: see `invoice`."""
        return add_sales_order(self.company, self._draft(customer, lines, fields))

    def invoice_from_sales_order(
        self, order: SalesOrder, quantities: Mapping[str, Number] | None = None, **fields: Any
    ) -> Invoice:
        """An invoice of all that is open on an order, or of the quantities given by TxnLineID. `fields`: see
        `invoice`.
        """
        customer = self.company.lists.customers.get(order.customer_id or "")
        if customer is None:
            raise UnknownNameError(f"the sales order {order.txn_id} has no customer of this company")
        draft = self._draft(customer, [], fields)
        if quantities is None:
            return add_invoice(self.company, draft, [order.txn_id])
        draft.lines = [
            LineDraft(order_txn_id=order.txn_id, order_line_id=line_id, quantity=_number(count))
            for line_id, count in quantities.items()
        ]
        return add_invoice(self.company, draft)

    def receive_payment(
        self,
        invoice: Invoice,
        amount: Number | None = None,
        *,
        deposit_to: Account | str | None = None,
        payment_method: PaymentMethod | str | None = None,
        total: Number | None = None,
        txn_date: date | None = None,
        ref_number: str | None = None,
        memo: str | None = None,
        exchange_rate: Number | None = None,
    ) -> ReceivePayment:
        """A payment of an invoice, of what is open on it where no amount is given; a greater `total` leaves unused
        payment.
        """
        lists = self.company.lists
        paid = invoice.open_debt if amount is None else _number(amount)
        draft = PaymentDraft(
            customer_id=invoice.customer_id or "",
            total=paid if total is None else _number(total),
            deposit_to_id=self._id(lists.accounts, deposit_to),
            payment_method_id=self._id(lists.payment_methods, payment_method),
            txn_date=txn_date,
            ref_number=ref_number,
            memo=memo,
            applications=[Application(invoice_id=invoice.txn_id, amount=paid)],
            exchange_rate=None if exchange_rate is None else _number(exchange_rate),
        )
        return add_receive_payment(self.company, draft)

    def prepayment(
        self, customer: Customer | str, total: Number, *, deposit_to: Account | str | None = None, **fields: Any
    ) -> ReceivePayment:
        """A payment that no invoice is named for: it stays the customer's open credit. `fields` of PaymentDraft."""
        lists = self.company.lists
        draft = PaymentDraft(
            customer_id=self._need(lists.customers, customer),
            total=_number(total),
            deposit_to_id=self._id(lists.accounts, deposit_to),
            **fields,
        )
        return add_receive_payment(self.company, draft)

    def apply_credit(self, credit: Transaction, invoice: Invoice, amount: Number) -> None:
        """Sets a credit memo or an unused payment against an invoice."""
        setting = [CreditToSet(credit.txn_id, _number(amount))]
        application = Application(invoice_id=invoice.txn_id, credits_to_set=setting)
        draft = PaymentDraft(customer_id=invoice.customer_id or "", total=Decimal("0.00"), applications=[application])
        add_receive_payment(self.company, draft)

    def refund_by_check(
        self, credit: Transaction, amount: Number, account: Account | str = "Checking", **fields: Any
    ) -> Check:
        """A check that pays out a credit. `fields` of CheckDraft."""
        receivable = credit.receivable_id or self._need(self.company.lists.accounts, "Accounts Receivable")
        line = ExpenseLine(account_id=receivable, amount=_number(amount), customer_id=credit.customer_id)
        draft = CheckDraft(
            account_id=self._need(self.company.lists.accounts, account),
            payee_id=credit.customer_id,
            lines=[line],
            applications=[(credit.txn_id, _number(amount))],
            **fields,
        )
        return add_check(self.company, draft)

    def refund_by_card(
        self, credit: Transaction, amount: Number, account: Account | str | None = None, **fields: Any
    ) -> ARRefundCreditCard:
        """A card refund that pays out a credit. `fields` of CardRefundDraft."""
        draft = CardRefundDraft(
            customer_id=credit.customer_id or "",
            refund_from_id=self._id(self.company.lists.accounts, account),
            applied=[RefundApplied(credit.txn_id, _number(amount))],
            **fields,
        )
        return add_card_refund(self.company, draft)

    # Banking

    def deposit(
        self,
        payments: Iterable[Transaction] = (),
        account: Account | str = "Checking",
        *,
        cash_back: tuple[Account | str, Number] | None = None,
        others: Iterable[tuple[Account | str, Number]] = (),
        **fields: Any,
    ) -> Deposit:
        """A deposit of payments out of Undeposited Funds and of amounts from other accounts, less an amount that goes
        to another account as cash. `fields` of DepositDraft.
        """
        accounts = self.company.lists.accounts
        lines = [payment_line(self.company, payment.txn_id) for payment in payments]
        lines += [
            DepositLine(account_id=self._need(accounts, source), amount=_number(amount)) for source, amount in others
        ]
        taken = None
        if cash_back is not None:
            taken = CashBack(account_id=self._need(accounts, cash_back[0]), amount=_number(cash_back[1]))
        deposit_to_id = self._need(accounts, account)
        return add_deposit(
            self.company, DepositDraft(deposit_to_id=deposit_to_id, lines=lines, cash_back=taken, **fields)
        )

    def journal_entry(
        self, lines: Iterable[tuple[Account | str, Number]], *, customer: Customer | str | None = None, **fields: Any
    ) -> JournalEntry:
        """A journal entry of accounts and amounts, debits positive; a line on Accounts Receivable is the customer's.
        `fields` of JournalDraft.
        """
        lists = self.company.lists
        made = []
        for account, amount in lines:
            account_id, value = self._need(lists.accounts, account), _number(amount)
            found = lists.accounts.get(account_id)
            is_receivable = found is not None and found.account_type == RECEIVABLE
            entity_id = self._id(lists.customers, customer) if is_receivable else None
            made.append(JournalLine(account_id=account_id, amount=value, is_debit=value > 0, entity_id=entity_id))
        return add_journal_entry(self.company, JournalDraft(lines=made, **fields))

    # Helpers

    def _draft(self, customer: Customer | str, lines: Sequence[Line], fields: dict[str, Any]) -> SalesDraft:
        lists = self.company.lists
        given = dict(fields)
        if given.get("exchange_rate") is not None:
            given["exchange_rate"] = _number(given["exchange_rate"])
        header = SalesHeader(
            class_id=self._id(lists.classes, given.pop("class_name", None)),
            receivable_id=self._id(lists.accounts, given.pop("account", None)),
            deposit_to_id=self._id(lists.accounts, given.pop("deposit_to", None)),
            payment_method_id=self._id(lists.payment_methods, given.pop("payment_method", None)),
            item_sales_tax_id=self._id(lists.items, given.pop("sales_tax", None)),
            sales_rep_id=self._id(lists.sales_reps, given.pop("sales_rep", None)),
            bill_address=dict(given.pop("bill_address", {})),
            ship_address=dict(given.pop("ship_address", {})),
            po_number=given.pop("po_number", None),
            other=given.pop("other", None),
            is_tax_included=given.pop("is_tax_included", None),
        )
        return SalesDraft(
            customer_id=self._need(lists.customers, customer),
            lines=[self._line(line) for line in lines],
            header=header,
            **given,
        )

    def _line(self, line: Line) -> LineDraft:
        lists = self.company.lists
        return LineDraft(
            item_id=self._id(lists.items, line.item),
            description=line.description,
            quantity=None if line.quantity is None else _number(line.quantity),
            rate=None if line.rate is None else _number(line.rate),
            rate_percent=None if line.percent is None else _number(line.percent),
            amount=None if line.amount is None else to_cent(_number(line.amount)),
            tax_amount=None if line.tax_amount is None else to_cent(_number(line.tax_amount)),
            class_id=self._id(lists.classes, line.class_name),
            sales_tax_code_id=self._id(lists.sales_tax_codes, line.tax_code),
        )

    def _sold_item(
        self,
        name: str,
        item_type: str,
        price: Number,
        account: Account | str,
        code_id: str,
        parent: Item | str | None,
        description: str | None,
    ) -> Item:
        lists = self.company.lists
        return self._item(
            name,
            item_type,
            self._id(lists.items, parent),
            price=_number(price),
            description=description,
            account_id=self._need(lists.accounts, account),
            sales_tax_code_id=code_id,
        )

    def _starting_code(self, code: StartingCode) -> None:
        """A tax code that the edition's companies begin with, and its taxes; two or more become a group."""
        items = self.company.lists.items
        taxes = [  # several codes may share a tax
            items.find(name) or self.sales_tax_item(name, percent, is_default=False) for name, percent in code.taxes
        ]
        if not code.is_taxable or not self._edition.taxes_by_code:
            made = self.sales_tax_code(code.name, description=code.description)
            made.is_taxable = code.is_taxable
            return
        tax = taxes[0] if len(taxes) == 1 else self.sales_tax_group(code.description, taxes, is_default=False)
        self.sales_tax_code(code.name, tax, description=code.description)
        if code.name == self._edition.taxable_code:
            self.company.preferences.default_item_sales_tax_id = tax.list_id

    def _code_id(self, tax_code: str | None, *, is_taxable: bool) -> str:
        """ListID of the code, or of the edition's usual one for what is taxable or is not."""
        usual = self._edition.taxable_code if is_taxable else self._edition.non_taxable_code
        return self._need(self.company.lists.sales_tax_codes, tax_code or usual)

    def _item(self, name: str, item_type: str, parent_id: str | None = None, **values: Any) -> Item:
        made: Item = create(self.company, self.company.lists.items, name, parent_id, item_type=item_type, **values)
        return made

    def _stocked(self, made: Item, cost: Number, on_hand: Number) -> Item:
        accounts = self.company.lists.accounts
        made.average_cost = _number(cost)
        made.open_stock(_number(on_hand), to_cent(made.average_cost * _number(on_hand)))
        made.cost_account_id = self._need(accounts, "Cost of Goods Sold")
        made.asset_account_id = self._need(accounts, "Inventory Asset")
        open_balance(self.company, made.asset_account_id, made.asset_value)
        return made

    def _members(self, members: Iterable[tuple[Item | str, Number]]) -> list[ItemGroupMember]:
        items = self.company.lists.items
        return [ItemGroupMember(self._need(items, item), _number(count)) for item, count in members]

    def _named(
        self, table: ListTable[NamedElement], name: str, parent: NamedElement | str | None = None
    ) -> NamedElement:
        made: NamedElement = create(self.company, table, name, self._id(table, parent))
        return made

    def _id(self, table: ListTable[AnyElement], element: AnyElement | str | None) -> str | None:
        return None if element is None else self._need(table, element)

    @staticmethod
    def _need(table: ListTable[AnyElement], element: AnyElement | str) -> str:
        if not isinstance(element, str):
            return element.list_id
        found = table.find(element)
        if found is None:
            raise UnknownNameError(f"the company has no {table.element_type.__name__.lower()} {element!r}")
        return found.list_id


def _number(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value)
