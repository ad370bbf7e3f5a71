"""The requests that change lists: customers and accounts, private data of applications, and all kinds together.

Lengths and order are QuickBooks Desktop's own (FACTS.md 1, and 10 for private data).
"""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.common import (
    ADDRESS_LINES,
    CARD_ON_FILE,
    EXTERNAL_GUID_OF_LIST,
    MEMO,
    NAME_IN_LIST,
    NAME_IN_TREE,
    NAME_OF_CURRENCY,
    OWNER_ID,
    PARENT_REF,
    SALES_REP_REF,
    SALES_TAX_CODE_REF,
    TERMS_REF,
    TRANSACTION_TYPES_WITH_REFERENCE,
    WHICH_LIST_ENTRY,
    address,
    amount,
    date,
    flag,
    identity,
    ref,
    text,
    word,
)
from qbsim.grammar.contacts import (
    ADDITIONAL_CONTACTS,
    ADDITIONAL_NOTES,
    ADDITIONAL_NOTES_MOD,
    CONTACTS,
    CONTACTS_MOD,
    PERSON,
    WAYS_TO_REACH,
)
from qbsim.grammar.items import ITEM_ADDS, ITEM_MODS
from qbsim.grammar.model import Choice, aggregate, any_number, choice, leaf, optional, seq, up_to
from qbsim.grammar.names import NAME_ADDS, NAME_MODS
from qbsim.grammar.types import FIRST_VERSION

MOST_SHIP_TO_ADDRESSES = 50

_CURRENCY_REF = ref("CurrencyRef", NAME_OF_CURRENCY, since=(8, 0))


# Customers

_SHIP_TO_ADDRESS = aggregate(
    "ShipToAddress",
    text("Name", 41),
    optional(*ADDRESS_LINES, flag("DefaultShipTo")),
    since=(12, 0),
)
_CUSTOMER_START = (
    optional(flag("IsActive"), ref("ClassRef", NAME_IN_TREE, since=(12, 0)), PARENT_REF, text("CompanyName", 41)),
    PERSON,
    optional(address("BillAddress"), address("ShipAddress")),
    up_to(MOST_SHIP_TO_ADDRESSES, _SHIP_TO_ADDRESS),
    optional(text("PrintAs", 41)),
    WAYS_TO_REACH,
    ADDITIONAL_CONTACTS,
)
_CUSTOMER_TERMS = optional(ref("CustomerTypeRef", NAME_IN_TREE), TERMS_REF, SALES_REP_REF)
_CUSTOMER_TAX_AND_JOB = optional(
    SALES_TAX_CODE_REF,
    ref("ItemSalesTaxRef", NAME_IN_LIST),
    word("SalesTaxCountry", "Australia Canada UK US", since=(6, 0)),
    text("ResaleNumber", 15),
    text("AccountNumber", 99),
    amount("CreditLimit"),
    ref("PreferredPaymentMethodRef", NAME_IN_LIST, since=(3, 0)),
    CARD_ON_FILE,
    word("JobStatus", "Awarded Closed InProgress None NotAwarded Pending"),
    date("JobStartDate"),
    date("JobProjectedEndDate"),
    date("JobEndDate"),
    text("JobDesc", 99),
    ref("JobTypeRef", NAME_IN_TREE),
    text("Notes", MEMO, since=(3, 0)),
)
_CUSTOMER_DELIVERY = optional(
    flag("IsStatementWithParent"),
    word("DeliveryMethod", "Email Fax Print"),
    word("PreferredDeliveryMethod", "None Email Fax", since=(12, 0)),
    ref("PriceLevelRef", NAME_IN_LIST, since=(4, 0)),
)
_CUSTOMER_END = optional(text("TaxRegistrationNumber", 30, since=(8, 0)), _CURRENCY_REF)
_CUSTOMER_ADD = aggregate(
    "CustomerAdd",
    text("Name", 41),
    *_CUSTOMER_START,
    CONTACTS,
    _CUSTOMER_TERMS,
    optional(amount("OpenBalance"), date("OpenBalanceDate")),
    _CUSTOMER_TAX_AND_JOB,
    ADDITIONAL_NOTES,
    _CUSTOMER_DELIVERY,
    optional(EXTERNAL_GUID_OF_LIST),
    _CUSTOMER_END,
)
_CUSTOMER_MOD = aggregate(
    "CustomerMod",
    WHICH_LIST_ENTRY,
    optional(text("Name", 41)),
    *_CUSTOMER_START,
    CONTACTS_MOD,
    _CUSTOMER_TERMS,
    _CUSTOMER_TAX_AND_JOB,
    ADDITIONAL_NOTES_MOD,
    _CUSTOMER_DELIVERY,
    _CUSTOMER_END,
)


# Accounts

ACCOUNT_TYPE = word(
    "AccountType",
    "AccountsPayable AccountsReceivable Bank CostOfGoodsSold CreditCard Equity Expense FixedAsset Income "
    "LongTermLiability NonPosting OtherAsset OtherCurrentAsset OtherCurrentLiability OtherExpense OtherIncome",
)
_DETAIL_ACCOUNT_TYPE = word(
    "DetailAccountType",
    "AP AR AccumulatedAdjustment AccumulatedAmortization AccumulatedAmortizationOfOtherAssets AccumulatedDepletion "
    "AccumulatedDepreciation AdvertisingOrPromotional AllowanceForBadDebts Amortization Auto BadDebts BankCharges "
    "Buildings CashOnHand CharitableContributions Checking CommonStock CostOfLabor CostOfLaborCOS CreditCard "
    "DepletableAssets Depreciation DevelopmentCosts DiscountsOrRefundsGiven DividendIncome DuesAndSubscriptions "
    "EmployeeCashAdvances Entertainment EntertainmentMeals EquipmentRental EquipmentRentalCOS "
    "FederalIncomeTaxPayable FurnitureAndFixtures Goodwill Insurance InsurancePayable IntangibleAssets "
    "InterestEarned InterestPaid Inventory InvestmentMortgageOrRealEstateLoans InvestmentOther "
    "InvestmentTaxExemptSecurities InvestmentUSGovObligations Land LeaseBuyout LeaseholdImprovements "
    "LegalAndProfessionalFees Licenses LineOfCredit LoanPayable LoansToOfficers LoansToOthers LoansToStockholders "
    "MachineryAndEquipment MoneyMarket NonProfitIncome NotesPayable OfficeOrGeneralAdministrativeExpenses "
    "OpeningBalanceEquity OrganizationalCosts OtherCostsOfServiceCOS OtherCurrentAssets OtherCurrentLiab "
    "OtherFixedAssets OtherInvestmentIncome OtherLongTermAssets OtherLongTermLiab OtherMiscExpense OtherMiscIncome "
    "OtherMiscServiceCost OtherPrimaryIncome OwnersEquity PaidInCapitalOrSurplus PartnerContributions "
    "PartnerDistributions PartnersEquity PayrollClearing PayrollExpenses PayrollTaxPayable "
    "PenaltiesAndSettlements PreferredStock PrepaidExpenses PrepaidExpensesPayable PromotionalMeals "
    "RentOrLeaseOfBuildings RentsHeldInTrust RentsInTrustLiab RepairAndMaintenance Retainage RetainedEarnings "
    "SalesOfProductIncome SalesTaxPayable Savings SecurityDeposits ServiceOrFeeIncome ShareholderNotesPayable "
    "ShippingFreightAndDelivery ShippingFreightAndDeliveryCOS StateOrLocalIncomeTaxPayable SuppliesAndMaterials "
    "SuppliesAndMaterialsCOGS TaxExemptInterest TaxesPaid Travel TravelMeals TreasuryStock TrustAccounts "
    "TrustAccountsLiab UndepositedFunds Utilities Vehicles",
)
_ACCOUNT_END = optional(
    text("AccountNumber", 7),
    text("BankNumber", 25),
    text("Desc", 200),
    amount("OpenBalance"),
    date("OpenBalanceDate"),
    SALES_TAX_CODE_REF,
    leaf("TaxLineID", types.INTTYPE),
    _CURRENCY_REF,
)
_ACCOUNT_ADD = aggregate(
    "AccountAdd",
    text("Name", 31),
    optional(flag("IsActive"), PARENT_REF),
    ACCOUNT_TYPE,
    optional(_DETAIL_ACCOUNT_TYPE),
    _ACCOUNT_END,
)
_ACCOUNT_MOD = aggregate(
    "AccountMod",
    WHICH_LIST_ENTRY,
    optional(text("Name", 31), flag("IsActive"), PARENT_REF, ACCOUNT_TYPE),
    _ACCOUNT_END,
)


# Currencies: the list came with several currencies, in 8.0

_CURRENCY_FORMAT = aggregate(
    "CurrencyFormat",
    optional(
        word("ThousandSeparator", "Comma Period Space Apostrophe"),
        word("ThousandSeparatorGrouping", "XX_XXX_XXX X_XX_XX_XXX"),
        word("DecimalPlaces", "0 2"),
        word("DecimalSeparator", "Period Comma"),
    ),
)
_CURRENCY_ADD = aggregate(
    "CurrencyAdd",
    text("Name", NAME_OF_CURRENCY),
    optional(flag("IsActive")),
    text("CurrencyCode", 3),
    optional(_CURRENCY_FORMAT),
)
_CURRENCY_MOD = aggregate(
    "CurrencyMod",
    identity("ListID"),
    text("EditSequence", 16),
    optional(text("Name", NAME_OF_CURRENCY), flag("IsActive"), text("CurrencyCode", 3), _CURRENCY_FORMAT),
)


# Private data and custom fields

_DATA_EXT_NAME = text("DataExtName", 31)
_OBJECTS = "Account Company Customer Employee Item OtherName Vendor " + TRANSACTION_TYPES_WITH_REFERENCE
ASSIGN_TO_OBJECTS = any_number(word("AssignToObject", _OBJECTS))
_HOW_IT_IS_USED = optional(flag("DataExtListRequire"), flag("DataExtTxnRequire"), text("DataExtFormatString"))
_DATA_EXT_DEF_ADD = aggregate(
    "DataExtDefAdd",
    OWNER_ID,
    _DATA_EXT_NAME,
    word(
        "DataExtType",
        "AMTTYPE DATETIMETYPE INTTYPE PERCENTTYPE PRICETYPE QUANTYPE STR1024TYPE STR255TYPE",
    ),
    ASSIGN_TO_OBJECTS,
    _HOW_IT_IS_USED,
)
_DATA_EXT_DEF_MOD = aggregate(
    "DataExtDefMod",
    OWNER_ID,
    _DATA_EXT_NAME,
    optional(text("DataExtNewName", 31)),
    ASSIGN_TO_OBJECTS,
    any_number(word("RemoveFromObject", _OBJECTS)),
    _HOW_IT_IS_USED,
)


def _where_it_stands(*, macro: bool) -> Choice:
    return choice(
        seq(
            word("ListDataExtType", "Account Customer Employee Item OtherName Vendor"),
            ref("ListObjRef", NAME_IN_TREE),
        ),
        seq(
            word("TxnDataExtType", TRANSACTION_TYPES_WITH_REFERENCE),
            identity("TxnID", macro=macro),
            optional(identity("TxnLineID")),
        ),
        word("OtherDataExtType", "Company"),
    )


_DATA_EXT_VALUE = text("DataExtValue")
_DATA_EXT_ADD = aggregate("DataExtAdd", OWNER_ID, _DATA_EXT_NAME, _where_it_stands(macro=True), _DATA_EXT_VALUE)
_DATA_EXT_MOD = aggregate("DataExtMod", OWNER_ID, _DATA_EXT_NAME, _where_it_stands(macro=False), _DATA_EXT_VALUE)
_DATA_EXT_DEL = aggregate("DataExtDel", OWNER_ID, _DATA_EXT_NAME, _where_it_stands(macro=False))
DATA_EXT_DEF_DEL = seq(OWNER_ID, _DATA_EXT_NAME)

# Deleting

LIST_DEL_TYPE = word(
    "ListDelType",
    "Account BillingRate Class Currency Customer CustomerMsg CustomerType DateDrivenTerms Employee InventorySite "
    "ItemDiscount ItemFixedAsset ItemGroup ItemInventory ItemInventoryAssembly ItemNonInventory ItemOtherCharge "
    "ItemPayment ItemSalesTax ItemSalesTaxGroup ItemService ItemSubtotal JobType OtherName PaymentMethod "
    "PayrollItemNonWage PayrollItemWage PriceLevel SalesRep SalesTaxCode ShipMethod StandardTerms ToDo "
    "UnitOfMeasureSet Vehicle Vendor VendorType WorkersCompCode",
)
LIST_DEL = seq(LIST_DEL_TYPE, identity("ListID"))

LIST_CHANGES = (
    *((changed, (8, 0)) for changed in (_CURRENCY_ADD, _CURRENCY_MOD)),
    *((changed, FIRST_VERSION) for changed in (_CUSTOMER_ADD, _CUSTOMER_MOD, _ACCOUNT_ADD, _ACCOUNT_MOD)),
    *((changed, FIRST_VERSION) for changed in (*ITEM_ADDS, *ITEM_MODS)),
    *NAME_ADDS,
    *NAME_MODS,
    *((changed, FIRST_VERSION) for changed in (_DATA_EXT_DEF_ADD, _DATA_EXT_DEF_MOD)),
)
"""What the list requests add or change, with the first version of each request; their answers can be limited by
IncludeRetElement. From which version on a list could be changed is in no source: too much is taken from 1.0 on.
"""

DATA_EXT_CHANGES = (_DATA_EXT_ADD, _DATA_EXT_MOD, _DATA_EXT_DEL)
"""Values of custom fields and private data; their answers cannot be limited."""
