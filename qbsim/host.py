"""HostQuery, CompanyQuery and PreferencesQuery: what a connector asks first (FACTS.md 6)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from qbsim import private_data, reading
from qbsim.company import Company
from qbsim.context import Context, Outcome
from qbsim.editions import CANADA, UK, edition
from qbsim.lists.references import refer
from qbsim.nodes import Nodes
from qbsim.numbers import boolean_text
from qbsim.paging import only_elements


def _multi_currency(company: Company) -> Nodes:
    preferences = company.preferences
    nodes: Nodes = [("IsMultiCurrencyOn", boolean_text(preferences.multi_currency))]
    home = refer(company.lists, "HomeCurrencyRef", preferences.home_currency_id)
    if preferences.multi_currency and home is not None:
        nodes.append(("HomeCurrencyRef", home))
    return nodes


#: Not in the editions for Canada and the UK (annotated PreferencesQueryRs).
_MULTI_LOCATION: Nodes = [
    (
        "MultiLocationInventoryPreferences",
        [
            ("IsMultiLocationInventoryAvailable", boolean_text(False)),
            ("IsMultiLocationInventoryEnabled", boolean_text(False)),
        ],
    )
]


def query_host(context: Context, request: Element) -> Outcome:
    """Works HostQueryRq."""
    behaviour = context.behaviour
    nodes: Nodes = [
        ("ProductName", behaviour.product_name),
        ("MajorVersion", behaviour.major_version),
        ("MinorVersion", behaviour.minor_version),
        ("Country", context.company.preferences.country),
        *(("SupportedQBXMLVersion", f"{major}.{minor}") for major, minor in behaviour.supported_versions),
        ("IsAutomaticLogin", boolean_text(False)),
        ("QBFileMode", behaviour.file_mode),
    ]
    return Outcome([("HostRet", only_elements(nodes, request))])


def query_company(context: Context, request: Element) -> Outcome:
    """Works CompanyQueryRq; with OwnerIDs it tells these applications' data."""
    company = context.company
    dividing = company.preferences.accountant_copy_dividing_date
    copy: Nodes = [("AccountantCopyExists", boolean_text(dividing is not None))]
    if dividing is not None:
        copy.append(("DividingDate", dividing.isoformat()))
    nodes: Nodes = [
        ("IsSampleCompany", boolean_text(False)),
        ("CompanyName", company.name),
        ("LegalCompanyName", company.name),
        ("FirstMonthFiscalYear", "January"),
        ("FirstMonthIncomeTaxYear", "January"),
        ("CompanyType", "General Business"),
        ("TaxForm", "OtherOrNone"),
        ("AccountantCopy", copy),
        *private_data.rets(company.private_data, None, reading.texts(request, "OwnerID")),
    ]
    return Outcome([("CompanyRet", only_elements(nodes, request))])


def query_preferences(context: Context, request: Element) -> Outcome:
    """Works PreferencesQueryRq."""
    company, preferences = context.company, context.company.preferences
    accounting: Nodes = [
        ("IsUsingAccountNumbers", boolean_text(preferences.uses_account_numbers)),
        ("IsRequiringAccounts", boolean_text(True)),
        ("IsUsingClassTracking", boolean_text(preferences.uses_classes)),
        ("IsUsingAuditTrail", boolean_text(True)),
        ("IsAssigningJournalEntryNumbers", boolean_text(True)),
    ]
    if preferences.closing_date is not None:
        accounting.append(("ClosingDate", preferences.closing_date.isoformat()))
    nodes: Nodes = [
        ("AccountingPreferences", accounting),
        (
            "JobsAndEstimatesPreferences",
            [
                ("IsUsingEstimates", boolean_text(True)),
                ("IsUsingProgressInvoicing", boolean_text(False)),
                ("IsPrintingItemsWithZeroAmounts", boolean_text(False)),
            ],
        ),
        ("MultiCurrencyPreferences", _multi_currency(company)),
        *(_MULTI_LOCATION if preferences.country not in (CANADA, UK) else ()),
        (
            "PurchasesAndVendorsPreferences",
            [
                ("IsUsingInventory", boolean_text(preferences.uses_inventory)),
                ("DaysBillsAreDue", "10"),
                ("IsAutomaticallyUsingDiscounts", boolean_text(False)),
            ],
        ),
        ("ReportsPreferences", [("AgingReportBasis", "AgeFromDueDate"), ("SummaryReportBasis", "Accrual")]),
        (
            "SalesAndCustomersPreferences",
            [
                ("IsTrackingReimbursedExpensesAsIncome", boolean_text(False)),
                ("IsAutoApplyingPayments", boolean_text(True)),
            ],
        ),
    ]
    tax = refer(company.lists, "ItemSalesTaxRef", preferences.default_item_sales_tax_id)
    taxable = refer(company.lists, "SalesTaxCodeRef", preferences.default_taxable_code_id)
    non_taxable = refer(company.lists, "SalesTaxCodeRef", preferences.default_non_taxable_code_id)
    if tax and taxable and non_taxable:
        sales_tax: Nodes = [
            ("DefaultItemSalesTaxRef", tax),
            ("PaySalesTax", "Monthly"),
            ("DefaultTaxableSalesTaxCodeRef", taxable),
            ("DefaultNonTaxableSalesTaxCodeRef", non_taxable),
        ]
        if edition(preferences.country).taxes_by_code:
            uses_code = boolean_text(preferences.uses_customer_tax_codes)
            sales_tax += [
                ("IsUsingVendorTaxCode", boolean_text(False)),
                ("IsUsingCustomerTaxCode", uses_code),
                ("IsUsingAmountsIncludeTax", boolean_text(True)),
            ]
        nodes.append(("SalesTaxPreferences", sales_tax))
    nodes.append(("TimeTrackingPreferences", [("FirstDayOfWeek", "Monday")]))
    rights: Nodes = [
        ("IsAutomaticLoginAllowed", boolean_text(False)),
        ("IsPersonalDataAccessAllowed", boolean_text(False)),
    ]
    nodes.append(("CurrentAppAccessRights", rights))
    return Outcome([("PreferencesRet", only_elements(nodes, request))])
