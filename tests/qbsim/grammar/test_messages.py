"""Our declarations and Intuit's published schemas describe the same requests, element by element."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from qbsim.grammar.messages import REQUESTS
from qbsim.grammar.model import Element
from qbsim.grammar.types import ValueType, Version
from tests.qbsim.grammar.published_schema import PublishedDeclarations


@cache
def published(version: Version) -> PublishedDeclarations:
    return PublishedDeclarations(version)


def facts_of_value(value: ValueType | None, version: Version) -> object:
    if value is None:
        return None
    words = {word for word, since in value.words.items() if since <= version}
    return value.name, value.max_length, words, value.lowest, value.highest


def differences(ours: Element, theirs: Element, version: Version, place: str) -> Iterator[str]:
    """Walks both tables of steps at once: every reachable pair of places must allow the same names and ends."""
    if facts_of_value(ours.value, version) != facts_of_value(theirs.value, version):
        yield f"{place}: {facts_of_value(ours.value, version)} against {facts_of_value(theirs.value, version)}"
    our_attributes = {name: facts_of_value(value, version) for name, value in ours.attributes.items()}
    their_attributes = {name: facts_of_value(value, version) for name, value in theirs.attributes.items()}
    if our_attributes != their_attributes:
        yield f"{place}: attributes {our_attributes} against {their_attributes}"
    if ours.value is not None or theirs.value is not None:
        return
    seen = {(0, 0)}
    todo = [(0, 0)]
    compared: set[tuple[int, int]] = set()
    while todo:
        our_place, their_place = todo.pop()
        if ours.steps.may_end[our_place] != theirs.steps.may_end[their_place]:
            yield f"{place}: the end is allowed in one only, before {sorted(theirs.steps.next[their_place])}"
        our_row = {name: step for name, step in ours.steps.next[our_place].items() if step[1].since <= version}
        their_row = theirs.steps.next[their_place]
        if our_row.keys() != their_row.keys():
            yield f"{place}: {sorted(our_row.keys() ^ their_row.keys())} may stand in one only"
        for name in our_row.keys() & their_row.keys():
            (our_next, our_child), (their_next, their_child) = our_row[name], their_row[name]
            if (id(our_child), id(their_child)) not in compared:
                compared.add((id(our_child), id(their_child)))
                yield from differences(our_child, their_child, version, f"{place}/{name}")
            if (our_next, their_next) not in seen:
                seen.add((our_next, their_next))
                todo.append((our_next, their_next))


@pytest.mark.parametrize("version", [(13, 0), (16, 0)])
@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_a_request_is_declared_as_the_published_schema_has_it(name: str, version: Version) -> None:
    assert list(differences(REQUESTS[name], published(version).request(name), version, name)) == []


def test_the_comparison_sees_a_difference_in_a_deep_place() -> None:
    ours, theirs = REQUESTS["SalesReceiptAddRq"], published((16, 0)).request("CreditMemoAddRq")
    assert any("may stand in one only" in difference for difference in differences(ours, theirs, (16, 0), ""))
    lengths = differences(
        REQUESTS["ReceivePaymentAddRq"], published((16, 0)).request("ARRefundCreditCardAddRq"), (16, 0), ""
    )
    assert any("may stand in one only" in difference for difference in lengths)


def test_elements_of_16_0_are_unknown_to_the_comparison_with_13_0() -> None:
    ours = REQUESTS["SalesOrderAddRq"]
    assert any("StoreName" in found for found in differences(ours, published((13, 0)).request(ours.name), (16, 0), ""))
