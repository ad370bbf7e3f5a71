"""CurrencyQuery, CurrencyAdd and CurrencyMod. In a company that has one currency alone they answer 3250."""

from __future__ import annotations

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.lists.adding import create
from qbsim.lists.currencies import FORMAT_FIELDS, Currency
from qbsim.lists.query import query_list
from qbsim.nodes import Nodes
from qbsim.paging import only_elements
from qbsim.status import RequestRefused, message, refusal


def query_currencies(context: Context, request: Element) -> Outcome:
    """Works CurrencyQueryRq."""
    _check_on(context)

    def ret(currency: Currency) -> tuple[str, Nodes]:
        return "CurrencyRet", currency.ret()

    return query_list(context, request, context.company.lists.currencies, lambda _currency: True, ret)


def add_currency(context: Context, request: Element) -> Outcome:
    """Works CurrencyAddRq. Refused as 3100 where the name or the code is taken (the code: a guess)."""
    _check_on(context)
    company, element = context.company, _child(request, "CurrencyAdd")
    name, code = _needed(element, "Name"), _needed(element, "CurrencyCode")
    _check_code(context, code, None)
    made: Currency = create(
        company,
        company.lists.currencies,
        name,
        currency_code=code,
        is_user_defined=True,
        is_active=reading.boolean(element, "IsActive") is not False,
        **_format(element),
    )
    return _outcome(request, made)


def modify_currency(context: Context, request: Element) -> Outcome:
    """Works CurrencyModRq.

    Refused as 3120 where there is no such currency, as 3200 with the present Ret where the EditSequence is stale, as
    3170 where one of QuickBooks' own currencies would be renamed (a guess).
    """
    _check_on(context)
    company, element = context.company, _child(request, "CurrencyMod")
    list_id = reading.object_id(reading.text(element, "ListID") or "", "ListID")
    currency = company.lists.currencies.get(list_id)
    if currency is None:
        raise refusal(status.NOT_FOUND, value=list_id)
    sequence = reading.text(element, "EditSequence") or ""
    if sequence != currency.stamp.edit_sequence:
        stale = message(status.STALE_EDIT_SEQUENCE, value=sequence)
        raise RequestRefused(status.STALE_EDIT_SEQUENCE, stale, [("CurrencyRet", currency.ret())])
    name, code = reading.text(element, "Name"), reading.text(element, "CurrencyCode")
    if not currency.is_user_defined and (name or currency.name, code or currency.currency_code) != (
        currency.name,
        currency.currency_code,
    ):
        raise refusal(status.CANNOT_MODIFY, object="Currency", reason="A built-in currency cannot be renamed.")
    if code is not None:
        _check_code(context, code, currency)
    if name is not None and name != currency.name:
        other = company.lists.currencies.find(name)
        if other is not None and other is not currency:
            raise refusal(status.NAME_IN_USE, value=name)
        company.lists.currencies.rename(currency, name)
    currency.currency_code = code or currency.currency_code
    is_active = reading.boolean(element, "IsActive")
    currency.is_active = currency.is_active if is_active is None else is_active
    for kept, value in _format(element).items():
        setattr(currency, kept, value)
    currency.stamp.touch(company.now())
    return _outcome(request, currency)


def _check_on(context: Context) -> None:
    if not context.company.preferences.multi_currency:
        raise refusal(status.FEATURE_OFF)


def _check_code(context: Context, code: str, currency: Currency | None) -> None:
    for other in context.company.lists.currencies:
        if other is not currency and other.currency_code.casefold() == code.casefold():
            raise refusal(status.NAME_IN_USE, value=code)


def _format(element: Element) -> dict[str, str]:
    shape = element.find("CurrencyFormat")
    if shape is None:
        return {}
    given = ((kept, reading.text(shape, name)) for name, kept in FORMAT_FIELDS.items())
    return {kept: value for kept, value in given if value is not None}


def _outcome(request: Element, currency: Currency) -> Outcome:
    recovery: Nodes = [("ListID", currency.list_id), ("EditSequence", currency.stamp.edit_sequence)]
    return Outcome([("CurrencyRet", only_elements(currency.ret(), request))], recovery=recovery)


def _child(request: Element, name: str) -> Element:
    found = request.find(name)
    if found is None:
        raise refusal(status.MISSING_ELEMENT, field=name)
    return found


def _needed(element: Element, name: str) -> str:
    value = reading.text(element, name)
    if value is None:
        raise refusal(status.MISSING_ELEMENT, field=name)
    return value
