"""Ready companies by name: each is made by a seed, and the same seed makes the same company file, byte for byte."""

from __future__ import annotations

from collections.abc import Callable

from qbsim.companies.large import large_company
from qbsim.companies.multi_currency import multi_currency_shop
from qbsim.companies.small_us_shop import small_us_shop
from qbsim.companies.uk import uk_shop
from qbsim.company import Company

#: Every ready company: its name, and the function that makes it from a seed.
COMPANIES: dict[str, Callable[[int], Company]] = {
    "small US shop": small_us_shop,
    "UK shop": uk_shop,
    "multi-currency shop": multi_currency_shop,
    "large": large_company,
}


class UnknownCompanyError(LookupError):
    """There is no ready company of that name; the message lists those that there are."""


def make_company(name: str, seed: int = 1) -> Company:
    """The ready company of that name. Raises UnknownCompanyError for another name."""
    if name not in COMPANIES:
        raise UnknownCompanyError(f"there is no ready company {name!r}; take one of: {', '.join(COMPANIES)}")
    return COMPANIES[name](seed)


__all__ = [
    "COMPANIES",
    "UnknownCompanyError",
    "large_company",
    "make_company",
    "multi_currency_shop",
    "small_us_shop",
    "uk_shop",
]
