"""What the editions of QuickBooks for the US, Canada, the UK and Australia do differently: fields, tax codes, accounts.

Which field an edition knows is Intuit's own mark (FACTS.md 8). The names of the tax codes, tax items and accounts that
an edition's new company has are from memory: they are only what CompanyBuilder starts with, no rule hangs on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

US = "US"
CANADA = "CA"
UK = "UK"
AUSTRALIA = "AU"
COUNTRIES = (US, CANADA, UK, AUSTRALIA)


class UnknownCountryError(ValueError):
    """QuickBooks has no edition for that country; the message names those that there are."""

    def __init__(self, country: str) -> None:
        super().__init__(f"QuickBooks has no edition for {country!r}; give one of {', '.join(COUNTRIES)}")


@dataclass(frozen=True)
class StartingCode:
    """A sales tax code of a new company: its taxes by name, each with its rate in percent."""

    name: str
    description: str
    taxes: tuple[tuple[str, Decimal], ...] = ()
    is_taxable: bool = True


@dataclass(frozen=True)
class Edition:
    """An edition; `tax_account` is the liability account that its sales tax, GST or VAT is owed on."""

    country: str
    currency_name: str
    currency_code: str
    tax_account: str
    codes: tuple[StartingCode, ...]
    taxable_code: str
    non_taxable_code: str
    #: Each line's tax code says its tax; off, the document has one tax item, as in the US.
    taxes_by_code: bool = True
    #: Fields of sales, checks and list elements that this edition passes over with the warning 530.
    unknown_fields: frozenset[str] = frozenset()


def edition(country: str) -> Edition:
    """The edition for a country. Raises UnknownCountryError where there is none."""
    found = _EDITIONS.get(country)
    if found is None:
        raise UnknownCountryError(country)
    return found


def unknown_fields(country: str, transaction_type: str) -> frozenset[str]:
    """The fields of a transaction's Add that the country's edition does not know."""
    fields = edition(country).unknown_fields
    return fields | {"SalesTaxCodeRef"} if country == US and transaction_type == "Check" else fields


_GST_CANADA, _HST, _PST = (("GST (ITC)", Decimal(5)), ("HST (ON)", Decimal(13)), ("PST (BC)", Decimal(7)))

_EDITIONS: Mapping[str, Edition] = {
    each.country: each
    for each in (
        Edition(
            country=US,
            currency_name="US Dollar",
            currency_code="USD",
            tax_account="Sales Tax Payable",
            codes=(StartingCode("Tax", "Taxable"), StartingCode("Non", "Non-Taxable", is_taxable=False)),
            taxable_code="Tax",
            non_taxable_code="Non",
            taxes_by_code=False,
            unknown_fields=frozenset({"IsTaxIncluded", "TaxAmount", "SalesTaxCountry", "TaxRegistrationNumber"}),
        ),
        Edition(
            country=CANADA,
            currency_name="Canadian Dollar",
            currency_code="CAD",
            tax_account="GST/HST Payable",
            codes=(
                StartingCode("G", "GST only", (_GST_CANADA,)),
                StartingCode("H", "HST", (_HST,)),
                StartingCode("S", "GST and PST", (_GST_CANADA, _PST)),
                StartingCode("Z", "Zero-rated", (("Zero Rate", Decimal(0)),)),
                StartingCode("E", "Exempt", is_taxable=False),
            ),
            taxable_code="H",
            non_taxable_code="E",
            unknown_fields=frozenset({"TaxAmount", "ItemSalesTaxRef"}),
        ),
        Edition(
            country=UK,
            currency_name="British Pound",
            currency_code="GBP",
            tax_account="VAT Liability",
            codes=(
                StartingCode("S", "Standard VAT", (("Standard VAT", Decimal(20)),)),
                StartingCode("R", "Reduced VAT", (("Reduced VAT", Decimal(5)),)),
                StartingCode("Z", "Zero-rated VAT", (("Zero-rated VAT", Decimal(0)),)),
                StartingCode("E", "Exempt from VAT", is_taxable=False),
                StartingCode("O", "Outside the scope of VAT", is_taxable=False),
            ),
            taxable_code="S",
            non_taxable_code="O",
            unknown_fields=frozenset({"TaxAmount", "ItemSalesTaxRef"}),
        ),
        Edition(
            country=AUSTRALIA,
            currency_name="Australian Dollar",
            currency_code="AUD",
            tax_account="Tax Payable",
            codes=(
                StartingCode("GST", "Goods and Services Tax", (("GST", Decimal(10)),)),
                StartingCode("FRE", "GST free", (("GST free", Decimal(0)),)),
                StartingCode("NT", "Not reportable", is_taxable=False),
            ),
            taxable_code="GST",
            non_taxable_code="NT",
            unknown_fields=frozenset({"ItemSalesTaxRef", "SerialNumber", "LotNumber"}),
        ),
    )
}
