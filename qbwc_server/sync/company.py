"""What QuickBooks tells of itself and of the company file: version, accounts, preferences, whose claim stands on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.codec import encode
from qbwc_server.refunds.sale import Known
from qbwc_server.refunds.settings import ITEM_KEYS
from qbwc_server.store.connections import installation
from qbwc_server.store.mappings import item_mappings
from qbwc_server.store.reconciliations import RECONCILE_EVERY
from qbwc_server.store.tables import CompanyFile, MessageSet, Refund
from qbwc_server.sync import latch
from qbwc_server.sync.books import (
    account_of,
    known,
    taxes_of_codes,
)
from qbwc_server.sync.plans import conclude
from qbwc_server.sync.questions import CLAIM_NAME, CLAIM_OWNER_ID
from qbwc_server.sync.restored import check_newest
from qbwc_server.sync.taking import Taking, learn, stop_writing
from qbxml import (
    FLOOR,
    AccountRet,
    Answer,
    CompanyRet,
    DataExtRet,
    HostRet,
    ItemRecord,
    ItemSalesTaxGroupRet,
    ItemSalesTaxRet,
    Outcome,
    PaymentMethodRet,
    PreferencesRet,
    Ref,
    Response,
    SalesTaxCodeRet,
    TemplateRet,
)

_SHOWN = (Outcome.DONE, Outcome.NOTHING_FOUND)  # how a list was answered, be it empty


def take_company(taking: Taking, answer: Answer) -> None:
    """What QuickBooks tells of itself: the host, the company, its preferences."""
    company = taking.company
    for record in (record for response in answer.responses for record in response.records):
        if isinstance(record, HostRet):
            company.host = encode(record)
            _check_version(company, record)
        elif isinstance(record, CompanyRet):
            company.company = encode(record)
        elif isinstance(record, PreferencesRet):
            company.preferences = encode(record)


def take_lists(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """What a session asks first: accounts, payment methods, items, the claim, and whether our postings are there."""
    company = taking.company
    company.stopped = None
    take_company(taking, answer)
    by_id = answer.by_request_id
    accounts = by_id.get("accounts")
    if accounts is None or accounts.status.outcome not in _SHOWN:
        said = accounts.status.explanation if accounts is not None else "it gave no answer"
        stop_writing(company, "accounts_unreadable", f"QuickBooks did not show its chart of accounts: {said}")
    else:
        found = [account_of(record) for record in accounts.records if isinstance(record, AccountRet)]
        company.accounts = [encode(account) for account in found if account is not None]
    methods = by_id.get("methods")
    if methods is not None and methods.status.outcome in _SHOWN:
        company.payment_methods = [
            encode(Ref(list_id=record.list_id, full_name=record.name))
            for record in methods.records
            if isinstance(record, PaymentMethodRet)
        ]
    _take_tax_codes(company, by_id)
    _take_templates(company, by_id)
    settings = taking.connection.settings
    names = [settings[key] for key in ITEM_KEYS if settings.get(key)]
    names += item_mappings(taking.database, taking.connection.id).values()
    company.items = _items(names, by_id.get("items"))
    company.lists_read_at = taking.now
    taking.session.lists_read = True
    take_claim(taking, answer)
    latch.try_again(company, taking.now)
    if company.stopped is None:
        check_newest(taking, sent, answer)
    look_for_leftovers_again(taking)
    if company.reconcile_due_at is None:
        company.reconcile_due_at = taking.now + RECONCILE_EVERY


def _take_tax_codes(company: CompanyFile, by_id: Mapping[str, Response]) -> None:
    """What each sales tax code bears; where one of the three lists was not shown, the rates that were known stay."""
    responses = [by_id.get(name) for name in ("tax_codes", "taxes", "tax_groups")]
    if any(r is None or r.status.outcome not in _SHOWN for r in responses):
        return
    records = [record for response in responses if response is not None for record in response.records]
    taxes = taxes_of_codes(
        [record for record in records if isinstance(record, SalesTaxCodeRet)],
        [record for record in records if isinstance(record, ItemSalesTaxRet)],
        [record for record in records if isinstance(record, ItemSalesTaxGroupRet)],
    )
    company.tax_rates = {code: [f"{rate:f}" for rate in rates] for code, rates in taxes.items()}


def _take_templates(company: CompanyFile, by_id: Mapping[str, Response]) -> None:
    """The forms of credit memos: those of other documents can't be used for them."""
    response = by_id.get("templates")
    if response is None or response.status.outcome not in _SHOWN:
        return
    company.templates = [
        record.name
        for record in response.records
        if isinstance(record, TemplateRet)
        and record.name
        and record.template_type == "CreditMemo"
        and record.is_active is not False
    ]


def look_for_leftovers_again(taking: Taking) -> None:
    """What an earlier session planned and did not enter is looked for anew (rule 5): meanwhile the database may have
    been restored from a backup, or another installation may have entered it."""
    rows = taking.database.scalars(
        select(Refund)
        .where(Refund.connection_id == taking.connection.id, Refund.stage == "post")
        .options(selectinload(Refund.documents))
    )
    for row in rows:
        if any(document.state == "sent" for document in row.documents):
            continue  # in doubt: settled by its own rules
        for document in row.documents:
            if document.state == "planned":
                document.fate = "again"
        conclude(row, taking.now)


def _items(names: Iterable[str], response: Response | None) -> dict[str, Any]:
    """The items that settings and the mapping name, under the name they are set by."""
    records = [record for record in response.records if isinstance(record, ItemRecord)] if response else []
    by_name = {(record.full_name or record.name or "").casefold(): record for record in records}
    found: dict[str, Any] = {}
    for name in names:
        record = by_name.get(name.casefold())
        if record is not None and record.is_active is not False:
            found[name] = encode(Ref(list_id=record.list_id, full_name=record.full_name or record.name))
    return found


def take_claim(taking: Taking, answer: Answer) -> None:
    """Whose claim stands on the company file: ours, none, or that of another installation."""
    company = taking.company
    refused = next(
        (r.status for r in answer.responses if r.request_id == "claim" and r.status.severity == "Error"), None
    )
    if refused is not None and company.claim == "stands":
        stop_writing(
            company,
            "claim_unreadable",
            "QuickBooks did not tell whose mark the company file carries: "
            f"{refused.explanation} Nothing is entered before it does.",
        )
        return
    values = [
        extension.data_ext_value
        for response in answer.responses
        for record in response.records
        if isinstance(record, CompanyRet)
        for extension in record.data_ext_rets
        if _is_claim(extension)
    ]
    company.claim_holder = values[0] if values else ""
    if not values:
        _no_claim(taking)
    elif values[0].split(" ", 1)[0].upper() != installation(taking.database, taking.now).guid.upper():
        _foreign_claim(taking, values[0])
    elif not (company.claim in ("unknown", "written") and company.claim_set_id and not _repeats_known(company)):
        if company.claim != "stands" or company.takeover is not None:
            latch.forget(company)
        company.claim, company.takeover = "stands", None
    # Else it is proved first: by its repeat, or, where its answer never came, by one that is written over it.


def _no_claim(taking: Taking) -> None:
    company = taking.company
    if company.claim in ("proved", "refused"):
        company.claim, company.takeover = "unwritable", None  # then a set in doubt is never repeated (rule 7)
    elif company.claim in ("written", "foreign") or (company.claim == "stands" and company.takeover is not None):
        company.claim = "unknown"
    elif company.claim == "stands":
        stop_writing(
            company,
            "claim_gone",
            "The company file that is open does not carry this connection's mark any more: another "
            "company file is open, or it was restored from a backup. Nothing is entered until this is cleared up. "
            "If it is the wrong file, open the right one: work goes on by itself. If it is the right one, let it be "
            f"marked again with: connex connection takeover {taking.connection.name} --yes",
        )


def _foreign_claim(taking: Taking, holder: str) -> None:
    company = taking.company
    agreed = company.takeover is not None and company.takeover["holder"] == holder
    if agreed and company.claim in ("foreign", "unknown"):
        company.claim = "unknown"  # a person said to write ours over it
        return
    company.claim, company.takeover = "foreign", None
    stop_writing(
        company,
        "foreign_claim",
        f"Another Connex installation ({holder}) enters refunds into this company file. "
        "Two would enter them twice, so this one enters nothing. If that one is out of use, this one can take its "
        f"place: connex connection takeover {taking.connection.name}",
    )


def _is_claim(extension: DataExtRet) -> bool:
    owner = (extension.owner_id or "").upper()
    return owner == CLAIM_OWNER_ID.upper() and extension.data_ext_name == CLAIM_NAME


def take_claim_written(taking: Taking, answer: Answer) -> None:
    by_id = answer.by_request_id
    claim = by_id.get("claim")
    if claim is None or claim.status.outcome is not Outcome.DONE:
        taking.company.claim = "refused"  # perhaps since another installation was faster: it is read back


def take_proof(taking: Taking, answer: Answer) -> None:
    """The claim's set, sent again: by now its field is defined, so that defining it can only have gone well if
    QuickBooks gave the outcome that it keeps, and worked nothing. So would it be with a repeated posting."""
    by_id = answer.by_request_id
    shows = by_id.get("proof") or by_id.get("define")
    defined = shows.status if shows is not None else None
    recognised = defined is not None and defined.outcome is Outcome.DONE
    learn(taking.company, "recognises_repeats", Known.YES if recognised else Known.NO)
    if taking.company.claim == "written":
        taking.company.claim = "proved"


def _repeats_known(company: CompanyFile) -> bool:
    return known(company.known, "recognises_repeats") is not Known.UNKNOWN


def _check_version(company: CompanyFile, host: HostRet) -> None:
    floor = f"{FLOOR[0]}.{FLOOR[1]}"
    if host.supported_qbxml_versions and floor not in host.supported_qbxml_versions:
        stop_writing(
            company,
            "quickbooks_too_old",
            f"{host.product_name or 'This QuickBooks'} does not speak qbXML {floor}. "
            "Connex needs QuickBooks 2014 or newer.",
        )
