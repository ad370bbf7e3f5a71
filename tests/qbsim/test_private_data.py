"""An application's own data on the company file."""

from __future__ import annotations

import pytest

from qbsim import Behaviour
from tests.qbsim.shop import GUID, Shop, status, values

DEFINE = (
    f"<DataExtDefAddRq><DataExtDefAdd><OwnerID>{GUID}</OwnerID><DataExtName>Claim</DataExtName>"
    "<DataExtType>STR255TYPE</DataExtType><AssignToObject>Company</AssignToObject></DataExtDefAdd></DataExtDefAddRq>"
)


def write(verb: str, value: str, name: str = "Claim") -> str:
    return (
        f"<DataExt{verb}Rq><DataExt{verb}><OwnerID>{GUID}</OwnerID><DataExtName>{name}</DataExtName>"
        f"<OtherDataExtType>Company</OtherDataExtType><DataExtValue>{value}</DataExtValue></DataExt{verb}></DataExt{verb}Rq>"
    )


def test_it_is_defined_written_changed_and_read_by_its_owner(shop: Shop) -> None:
    requests = [DEFINE, write("Add", "one"), write("Mod", "two")]
    assert [status(shop.one(each)) for each in requests] == [(0, "Info")] * 3
    shown = shop.query("Company", f"<OwnerID>{GUID.lower()}</OwnerID>")[0]
    assert values(shown, "DataExtRet/DataExtName", "DataExtRet/DataExtType", "DataExtRet/DataExtValue") == [
        *("Claim", "STR255TYPE", "two")
    ]
    assert shop.query("Company", f"<OwnerID>{GUID.replace('5', '6')}</OwnerID>")[0].find("DataExtRet") is None
    assert shop.query("Company")[0].find("DataExtRet") is None


@pytest.mark.parametrize(
    ("before", "request_text", "code"),
    [
        ([], write("Add", "one"), 3120),
        ([DEFINE], write("Mod", "one"), 3120),
        ([DEFINE, write("Add", "one")], write("Add", "two"), 3100),
        ([DEFINE], DEFINE, 3100),
        ([DEFINE], write("Add", "x" * 256), 3070),
    ],
)
def test_what_does_not_fit_is_refused(shop: Shop, before: list[str], request_text: str, code: int) -> None:
    for each in before:
        shop.one(each)
    assert status(shop.one(request_text)) == (code, "Error")


def test_a_quickbooks_that_takes_none_says_so() -> None:
    assert status(Shop(Behaviour(takes_private_data=False)).one(DEFINE)) == (3250, "Error")
