"""Declarations become tables of steps that hold order, occurrence and choice; an ambiguous one is an error."""

from __future__ import annotations

import pytest
from lxml import etree

from qbsim.grammar import types
from qbsim.grammar.messages import REQUESTS
from qbsim.grammar.model import (
    Element,
    ElementFault,
    GrammarError,
    Repeat,
    aggregate,
    any_number,
    at_least_one,
    check,
    choice,
    leaf,
    optional,
    seq,
    up_to,
)

A, B, C = (leaf(name, types.STRTYPE) for name in "ABC")


def accepts(declared: Element, names: str) -> bool:
    element = etree.Element("Box")
    for name in names:
        etree.SubElement(element, name)
    try:
        check(element, declared, (13, 0))
    except ElementFault:
        return False
    return True


@pytest.mark.parametrize(
    ("declared", "accepted", "refused"),
    [
        (aggregate("Box", A, B), ["AB"], ["", "A", "B", "BA", "ABB", "AAB", "ABC"]),
        (aggregate("Box", optional(A, B), C), ["C", "AC", "BC", "ABC"], ["", "AB", "BAC", "AAC"]),
        (aggregate("Box", any_number(A), B), ["B", "AB", "AAAB"], ["", "A", "BA"]),
        (aggregate("Box", at_least_one(choice(A, B)), optional(C)), ["A", "BAB", "ABC"], ["", "C", "ACA"]),
        (aggregate("Box", up_to(3, A), B), ["B", "AB", "AAAB"], ["AAAAB", "A"]),
        (aggregate("Box", choice(at_least_one(A), seq(B, optional(C)))), ["A", "AAA", "B", "BC"], ["", "AB", "C"]),
        (aggregate("Box", optional(choice(optional(A), optional(B)))), ["", "A", "B"], ["AB", "AA"]),
        (aggregate("Box"), [""], ["A"]),
    ],
)
def test_order_occurrence_and_choice_are_held(declared: Element, accepted: list[str], refused: list[str]) -> None:
    assert [names for names in accepted if not accepts(declared, names)] == []
    assert [names for names in refused if accepts(declared, names)] == []


@pytest.mark.parametrize(
    "declared",
    [
        aggregate("Box", optional(A), A),
        aggregate("Box", choice(A, seq(A, B))),
        aggregate("Box", any_number(A), optional(A)),
        aggregate("Box", up_to(2, optional(A))),
        aggregate("Box", Repeat(A, 2, 3)),
    ],
)
def test_a_declaration_that_cannot_be_followed_step_by_step_is_an_error_that_names_the_aggregate(
    declared: Element,
) -> None:
    with pytest.raises(GrammarError, match=r"^Box: "):
        _ = declared.steps


def test_no_declaration_of_ours_is_ambiguous() -> None:
    todo, seen = list(REQUESTS.values()), set()
    while todo:
        element = todo.pop()
        if id(element) not in seen and element.value is None:
            seen.add(id(element))
            todo += [child for row in element.steps.next for _, child in row.values()]
    assert len(seen) > 100


def test_a_value_with_a_comment_in_it_is_read_as_one_text() -> None:
    element = etree.fromstring("<A>12<!-- euros -->.34</A>")
    check(element, leaf("A", types.AMTTYPE), (13, 0))
    with pytest.raises(ElementFault, match=r"'12\.3' is no AMTTYPE"):
        check(etree.fromstring("<A>12<!-- euros -->.3</A>"), leaf("A", types.AMTTYPE), (13, 0))


def test_the_fault_says_what_could_have_stood_there() -> None:
    with pytest.raises(ElementFault, match="out of order, or once too often: C may stand here") as caught:
        check(etree.fromstring("<Box><B/><A/></Box>"), aggregate("Box", optional(A, B), C), (13, 0))
    assert caught.value.element.tag == "A"
    with pytest.raises(ElementFault, match="is not complete: B must follow"):
        check(etree.fromstring("<Box><A/></Box>"), aggregate("Box", A, B), (13, 0))
    with pytest.raises(ElementFault, match="is unknown here"):
        check(etree.fromstring("<Box><Z/></Box>"), aggregate("Box", A), (13, 0))
