"""A value is accepted exactly when Intuit's published type accepts it."""

from __future__ import annotations

import pytest
from lxml import etree

from qbsim.grammar import types
from qbsim.grammar.types import ValueType
from tests.qbsim.grammar.documents import SAMPLES, SPOILT_VALUES
from tests.qbsim.grammar.published_schema import XSD
from tests.shared import shared_path

TYPES = [
    types.STRTYPE,
    types.IDTYPE,
    types.MACROTYPE,
    types.BOOLTYPE,
    types.DATETYPE,
    types.DATETIMETYPE,
    types.AMTTYPE,
    types.PRICETYPE,
    types.QUANTYPE,
    types.PERCENTTYPE,
    types.FLOATTYPE,
    types.INTTYPE,
    types.GUIDTYPE,
]
MORE_DATES = (
    *(
        "2000-02-29",
        "2100-02-29",
        "2024-00-10",
        "2024-01-00",
        "2024-04-31",
        "2024-12-31Z",
        "2024-12-31z",
        "2024-12-31-14:00",
    ),
    *(
        "2024-12-31+14:01",
        "2024-12-31+05:60",
        "12024-01-01",
        "02024-01-01",
        "-0044-03-15",
        "2024-06-05T00:00:00",
        "2024/06/05",
    ),
)
PROBES = sorted({probe for group in SAMPLES.values() for probe in group} | set(SPOILT_VALUES) | set(MORE_DATES))


def published_verdict(value_type: ValueType) -> etree.XMLSchema:
    tree = etree.parse(str(shared_path("qbxml", "xsd", "qbxmltypes160.xsd")))
    etree.SubElement(tree.getroot(), f"{XSD}element", name="Probe", type=value_type.name)
    return etree.XMLSchema(tree)


@pytest.mark.parametrize("value_type", TYPES, ids=lambda value_type: value_type.name)
def test_every_probe_gets_the_verdict_of_the_published_type(value_type: ValueType) -> None:
    schema = published_verdict(value_type)
    probe = etree.Element("Probe")
    disagreements = []
    for text in PROBES:
        probe.text = text
        if schema.validate(probe) != (value_type.fault(text, (13, 0)) is None):
            disagreements.append(text)
    assert disagreements == []


@pytest.mark.parametrize(
    ("value_type", "text"),
    [
        (types.AMTTYPE, "10.5"),
        (types.AMTTYPE, "10.505"),
        (types.AMTTYPE, "1,000.00"),
        (types.PRICETYPE, "1.234567"),
        (types.QUANTYPE, "12345678901"),
        (types.BOOLTYPE, "True"),
        (types.DATETYPE, "2023-02-29"),
        (types.DATETYPE, "29.02.2024"),
        (types.GUIDTYPE, ""),
        (types.IDTYPE, "x" * 37),
        (types.INTTYPE, ""),
    ],
)
def test_the_usual_mistakes_are_refused_with_the_value_in_the_reason(value_type: ValueType, text: str) -> None:
    reason = value_type.fault(text, (13, 0))
    assert reason is not None
    assert repr(text) in reason or "at most 36" in reason


def test_an_empty_amount_price_date_and_flag_are_allowed() -> None:
    for value_type in (types.AMTTYPE, types.PRICETYPE, types.DATETYPE, types.BOOLTYPE):
        assert value_type.fault("", (13, 0)) is None


def test_a_whole_number_keeps_its_limits() -> None:
    month = types.whole_number(lowest=1, highest=12)
    assert [number for number in ("0", "1", "12", "13") if month.fault(number, (13, 0)) is None] == ["1", "12"]


def test_a_word_of_a_later_version_is_refused_before_it() -> None:
    kind = types.one_of("Check", later={(16, 0): "PayrollPriorPayment"})
    assert kind.fault("PayrollPriorPayment", (16, 0)) is None
    assert kind.fault("PayrollPriorPayment", (13, 0)) == "'PayrollPriorPayment' is allowed from qbXML 16.0 on only"


def test_a_number_or_year_of_thousands_of_digits_is_refused_like_any_other_bad_value() -> None:
    assert types.whole_number(lowest=1).fault("9" * 5000, (13, 0)) is not None
    assert types.DATETYPE.fault("9" * 5000 + "-01-01", (13, 0)) is not None


def test_a_long_value_is_shortened_in_the_reason() -> None:
    reason = types.AMTTYPE.fault("9" * 5000, (13, 0))
    assert reason is not None
    assert len(reason) < 100
