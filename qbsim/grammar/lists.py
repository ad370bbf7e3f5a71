"""The requests that add to lists: customers, items, accounts, and the private data of applications.

Lengths and order are QuickBooks Desktop's own (FACTS.md 1, and 10 for private data).
"""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.common import (
    ACCOUNT_REF,
    ADDRESS_LINES,
    CARD_ON_FILE,
    EXTERNAL_GUID_OF_LIST,
    MEMO,
    NAME_IN_LIST,
    NAME_IN_TREE,
    NAME_OF_CURRENCY,
    NAME_OF_VENDOR,
    OWNER_ID,
    SALES_REP_REF,
    SALES_TAX_CODE_REF,
    TERMS_REF,
    TRANSACTION_TYPES_WITH_REFERENCE,
    address,
    amount,
    date,
    flag,
    identity,
    percent,
    price,
    quantity,
    ref,
    text,
    word,
)
from qbsim.grammar.model import (
    aggregate,
    any_number,
    choice,
    leaf,
    optional,
    seq,
    up_to,
)

MOST_SHIP_TO_ADDRESSES = 50
MOST_CONTACT_DETAILS_OF_CUSTOMER = 8
MOST_CONTACT_DETAILS_OF_CONTACT = 5

_PARENT_REF = ref("ParentRef")
_CURRENCY_REF = ref("CurrencyRef", NAME_OF_CURRENCY, since=(8, 0))


# Customers

_JOB_TITLE = text("JobTitle", 41, since=(12, 0))
_CONTACT_DETAIL = aggregate("AdditionalContactRef", text("ContactName", 40), text("ContactValue", 255), since=(12, 0))
_CONTACT = aggregate(
    "Contacts",
    optional(text("Salutation", 15)),
    text("FirstName", 25),
    optional(text("MiddleName", 5), text("LastName", 25), _JOB_TITLE),
    up_to(MOST_CONTACT_DETAILS_OF_CONTACT, _CONTACT_DETAIL),
    since=(12, 0),
)
_SHIP_TO_ADDRESS = aggregate(
    "ShipToAddress",
    text("Name", 41),
    optional(*ADDRESS_LINES, flag("DefaultShipTo")),
    since=(12, 0),
)
_PERSON = optional(
    text("Salutation", 15),
    text("FirstName", 25),
    text("MiddleName", 5),
    text("LastName", 25),
    text("Suffix"),
    _JOB_TITLE,
)
_WAYS_TO_REACH = optional(
    text("Phone", 21),
    text("Mobile", 21),
    text("Pager", 21),
    text("AltPhone", 21),
    text("Fax", 21),
    text("Email", 1023),
    text("Cc", 1023, since=(12, 0)),
    text("Contact", 41),
    text("AltContact", 41),
)
_JOB = optional(
    word("JobStatus", "Awarded Closed InProgress None NotAwarded Pending"),
    date("JobStartDate"),
    date("JobProjectedEndDate"),
    date("JobEndDate"),
    text("JobDesc", 99),
    ref("JobTypeRef", NAME_IN_TREE),
)
_CUSTOMER_ADD = aggregate(
    "CustomerAdd",
    text("Name", 41),
    optional(flag("IsActive"), ref("ClassRef", NAME_IN_TREE, since=(12, 0)), _PARENT_REF, text("CompanyName", 41)),
    _PERSON,
    optional(address("BillAddress"), address("ShipAddress")),
    up_to(MOST_SHIP_TO_ADDRESSES, _SHIP_TO_ADDRESS),
    optional(text("PrintAs", 41)),
    _WAYS_TO_REACH,
    up_to(MOST_CONTACT_DETAILS_OF_CUSTOMER, _CONTACT_DETAIL),
    any_number(_CONTACT),
    optional(
        ref("CustomerTypeRef", NAME_IN_TREE),
        TERMS_REF,
        SALES_REP_REF,
        amount("OpenBalance"),
        date("OpenBalanceDate"),
        SALES_TAX_CODE_REF,
        ref("ItemSalesTaxRef", NAME_IN_LIST),
        word("SalesTaxCountry", "Australia Canada UK US", since=(6, 0)),
        text("ResaleNumber", 15),
        text("AccountNumber", 99),
        amount("CreditLimit"),
        ref("PreferredPaymentMethodRef", NAME_IN_LIST, since=(3, 0)),
        CARD_ON_FILE,
    ),
    _JOB,
    optional(text("Notes", MEMO, since=(3, 0))),
    any_number(aggregate("AdditionalNotes", text("Note", MEMO), since=(12, 0))),
    optional(
        flag("IsStatementWithParent"),
        word("DeliveryMethod", "Email Fax Print"),
        word("PreferredDeliveryMethod", "None Email Fax", since=(12, 0)),
        ref("PriceLevelRef", NAME_IN_LIST, since=(4, 0)),
        EXTERNAL_GUID_OF_LIST,
        text("TaxRegistrationNumber", 30, since=(8, 0)),
        _CURRENCY_REF,
    ),
)


# Items

_CLASS_REF_OF_ITEM = ref("ClassRef", NAME_IN_TREE, since=(12, 0))
_BAR_CODE = aggregate(
    "BarCode",
    optional(text("BarCodeValue", 50), flag("AssignEvenIfUsed"), flag("AllowOverride")),
    since=(12, 0),
)
_NAME_OF_ITEM = seq(text("Name", 31), optional(_BAR_CODE, flag("IsActive")))
_MANUFACTURER_PART_NUMBER = text("ManufacturerPartNumber", 31, since=(7, 0))
_UNIT_OF_MEASURE_SET_REF = ref("UnitOfMeasureSetRef", NAME_IN_LIST, since=(7, 0))
_TAX_OF_ITEM = optional(flag("IsTaxIncluded", since=(6, 0)), SALES_TAX_CODE_REF)
_PURCHASE_TAX_CODE_REF = ref("PurchaseTaxCodeRef", 3, since=(6, 0))
_PREF_VENDOR_REF = ref("PrefVendorRef", NAME_OF_VENDOR)
_SALE_SIDE = optional(text("SalesDesc", 4095), price("SalesPrice"), ref("IncomeAccountRef", NAME_IN_TREE))
_PURCHASE_SIDE = optional(text("PurchaseDesc", 4095), price("PurchaseCost"), _PURCHASE_TAX_CODE_REF)
_SALES_OR_PURCHASE = choice(
    aggregate(
        "SalesOrPurchase",
        optional(text("Desc", 4095), choice(price("Price"), percent("PricePercent")), ACCOUNT_REF),
    ),
    aggregate(
        "SalesAndPurchase",
        _SALE_SIDE,
        _PURCHASE_SIDE,
        optional(ref("ExpenseAccountRef", NAME_IN_TREE), _PREF_VENDOR_REF),
    ),
)

_ITEM_INVENTORY_ADD = aggregate(
    "ItemInventoryAdd",
    _NAME_OF_ITEM,
    optional(
        _CLASS_REF_OF_ITEM,
        _PARENT_REF,
        _MANUFACTURER_PART_NUMBER,
        _UNIT_OF_MEASURE_SET_REF,
    ),
    _TAX_OF_ITEM,
    _SALE_SIDE,
    _PURCHASE_SIDE,
    optional(
        ref("COGSAccountRef", NAME_IN_TREE),
        _PREF_VENDOR_REF,
        ref("AssetAccountRef", NAME_IN_TREE),
        quantity("ReorderPoint"),
        quantity("Max", since=(13, 0)),
        quantity("QuantityOnHand"),
        amount("TotalValue"),
        date("InventoryDate"),
        EXTERNAL_GUID_OF_LIST,
    ),
)
_ITEM_NON_INVENTORY_ADD = aggregate(
    "ItemNonInventoryAdd",
    _NAME_OF_ITEM,
    optional(
        _PARENT_REF,  # before the class here, after it in the other items
        _CLASS_REF_OF_ITEM,
        _MANUFACTURER_PART_NUMBER,
        _UNIT_OF_MEASURE_SET_REF,
    ),
    _TAX_OF_ITEM,
    _SALES_OR_PURCHASE,
    optional(EXTERNAL_GUID_OF_LIST),
)
_ITEM_SERVICE_ADD = aggregate(
    "ItemServiceAdd",
    _NAME_OF_ITEM,
    optional(_CLASS_REF_OF_ITEM, _PARENT_REF, _UNIT_OF_MEASURE_SET_REF),
    _TAX_OF_ITEM,
    _SALES_OR_PURCHASE,
    optional(EXTERNAL_GUID_OF_LIST),
)
_ITEM_OTHER_CHARGE_ADD = aggregate(
    "ItemOtherChargeAdd",
    _NAME_OF_ITEM,
    optional(_CLASS_REF_OF_ITEM, _PARENT_REF),
    _TAX_OF_ITEM,
    _SALES_OR_PURCHASE,
    optional(EXTERNAL_GUID_OF_LIST),
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
_ACCOUNT_ADD = aggregate(
    "AccountAdd",
    text("Name", 31),
    optional(flag("IsActive"), _PARENT_REF),
    ACCOUNT_TYPE,
    optional(
        _DETAIL_ACCOUNT_TYPE,
        text("AccountNumber", 7),
        text("BankNumber", 25),
        text("Desc", 200),
        amount("OpenBalance"),
        date("OpenBalanceDate"),
        SALES_TAX_CODE_REF,
        leaf("TaxLineID", types.INTTYPE),
        _CURRENCY_REF,
    ),
)


# Currencies

_CURRENCY_FORMAT = aggregate(
    "CurrencyFormat",
    optional(
        word("ThousandSeparator", "Comma Period Space Apostrophe"),
        word("ThousandSeparatorGrouping", "XX_XXX_XXX X_XX_XX_XXX"),
        word("DecimalPlaces", "0 2"),
        word("DecimalSeparator", "Period Comma"),
    ),
)
CURRENCY_ADD = aggregate(
    "CurrencyAdd",
    text("Name", NAME_OF_CURRENCY),
    optional(flag("IsActive")),
    text("CurrencyCode", 3),
    optional(_CURRENCY_FORMAT),
)
CURRENCY_MOD = aggregate(
    "CurrencyMod",
    identity("ListID"),
    text("EditSequence", 16),
    optional(text("Name", NAME_OF_CURRENCY), flag("IsActive"), text("CurrencyCode", 3), _CURRENCY_FORMAT),
)
"""The currency list came with several currencies, in 8.0."""


# Private data and custom fields

_DATA_EXT_NAME = text("DataExtName", 31)
_DATA_EXT_DEF_ADD = aggregate(
    "DataExtDefAdd",
    OWNER_ID,
    _DATA_EXT_NAME,
    word(
        "DataExtType",
        "AMTTYPE DATETIMETYPE INTTYPE PERCENTTYPE PRICETYPE QUANTYPE STR1024TYPE STR255TYPE",
    ),
    any_number(
        word(
            "AssignToObject",
            "Account Company Customer Employee Item OtherName Vendor " + TRANSACTION_TYPES_WITH_REFERENCE,
        )
    ),
    optional(flag("DataExtListRequire"), flag("DataExtTxnRequire"), text("DataExtFormatString")),
)

_DATA_OF_LIST_ENTRY = seq(
    word("ListDataExtType", "Account Customer Employee Item OtherName Vendor"),
    ref("ListObjRef", NAME_IN_TREE),
)
_TXN_DATA_EXT_TYPE = word("TxnDataExtType", TRANSACTION_TYPES_WITH_REFERENCE)
_DATA_OF_COMPANY = word("OtherDataExtType", "Company")
_DATA_EXT_ADD = aggregate(
    "DataExtAdd",
    OWNER_ID,
    _DATA_EXT_NAME,
    choice(
        _DATA_OF_LIST_ENTRY,
        seq(_TXN_DATA_EXT_TYPE, identity("TxnID", macro=True), optional(identity("TxnLineID"))),
        _DATA_OF_COMPANY,
    ),
    text("DataExtValue"),
)
_DATA_EXT_MOD = aggregate(
    "DataExtMod",
    OWNER_ID,
    _DATA_EXT_NAME,
    choice(
        _DATA_OF_LIST_ENTRY,
        seq(_TXN_DATA_EXT_TYPE, identity("TxnID"), optional(identity("TxnLineID"))),
        _DATA_OF_COMPANY,
    ),
    text("DataExtValue"),
)

LIST_ADDS = (
    _CUSTOMER_ADD,
    _ITEM_INVENTORY_ADD,
    _ITEM_NON_INVENTORY_ADD,
    _ITEM_SERVICE_ADD,
    _ITEM_OTHER_CHARGE_ADD,
    _ACCOUNT_ADD,
    _DATA_EXT_DEF_ADD,
)
"""What the list requests add; their answers can be limited by IncludeRetElement."""

DATA_EXT_CHANGES = (_DATA_EXT_ADD, _DATA_EXT_MOD)
"""Values of custom fields and private data; their answers cannot be limited."""
