"""Makes request documents at random out of our declarations, and spoils them in the ways in which requests go wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from qbsim.grammar.messages import REQUESTS
from qbsim.grammar.model import UNBOUNDED, Choice, Element, Particle, Repeat, Sequence
from qbsim.grammar.types import ValueType, Version

SAMPLES: dict[str, tuple[str, ...]] = {
    "BOOLTYPE": ("true", "false", "1", "0", "", " true\n"),
    "DATETYPE": ("2024-02-29", "1999-12-31", "", "2024-01-01Z", "2024-03-01+05:30", " 2024-03-01 "),
    "DATETIMETYPE": ("2024-02-29", "2024-2-9T8", "2024-01-05T10:11:12", "2024-01-05T10:11:12-08:00", "", "  "),
    "AMTTYPE": ("0", "12.34", "-38.95", "+1", "1234567890123.00", ""),
    "PRICETYPE": ("1", "2.5", "1234567890.12345", "-1.1", ""),
    "QUANTYPE": ("1", "2.5", "1234567890.12345", "-1.1", ""),
    "PERCENTTYPE": ("1", "2.5", "19.00000", "-1.1", ""),
    "FLOATTYPE": ("1", "1.25", "-.5", "7.", "", " 2 "),
    "GUIDTYPE": ("0", "{57F3B9B6-86F1-4fcd-B1EF-166DE1813D20}"),
}
SPOILT_VALUES = (
    *(
        "",
        " ",
        "x",
        "-",
        ".",
        "0",
        "13",
        "0.5",
        "12.3",
        "12.345",
        "12.345678",
        "1,50",
        "$5",
        "1e5",
        "+7",
        " 5 ",
        "0x1A",
    ),
    *("12345678901", "12345678901234", "1234567890123.456", "TRUE", "True", "yes", "true ", "01", "2024-02-30"),
    *(
        "2023-02-29",
        "1900-02-29",
        "2024-13-01",
        "24-01-01",
        "2024-1-1",
        "01/02/2024",
        "2024-01-01Z",
        "2024-01-01+15:00",
    ),
    *(
        "2024-01-01T10:00",
        "2024-01-01T10:00:00Z",
        "2024-01-01T10:00:00.5",
        "{0}",
        "57F3B9B6-86F1-4fcd-B1EF-166DE1813D20",
    ),
    *("Check", "check", "Bank", "Start", "Company", "CreditMemo", "PayrollPriorPayment", "StartsWith", "12.34\n"),
    *("x" * length for length in (3, 4, 5, 6, 11, 12, 13, 14, 20, 21, 31, 32, 36, 37, 41, 42, 50, 51, 159, 160, 4096)),
)
NAMES = sorted(
    {name for request in REQUESTS.values() for row in request.steps.next for name in row}
    | {"TxnID", "ListID", "FullName", "Memo", "Amount", "RefNumber", "TxnDate", "ClassRef", "StoreName", "VendorRef"}
    | {"Quantity", "Rate", "OwnerID", "IsActive", "Name", "Desc", "Addr1", "Unknown", "memo", "TxnLineID", "DataExt"}
)

Made = tuple[etree._Element, Element]


#: How often an element that may be absent is there.
PRESENCE = 0.35


def valid_request(name: str, chance: random.Random, presence: float = PRESENCE) -> list[Made]:
    """A valid request, with every element beside its declaration; the request itself is the first."""
    made: list[Made] = []
    _add(None, REQUESTS[name], chance, made, presence)
    return made


def document(request: etree._Element, version: Version, set_id: str | None = None) -> bytes:
    """A whole message set with this one request, with a newMessageSetID where one is given."""
    attributes = 'onError="stopOnError"' + (f' newMessageSetID="{set_id}"' if set_id is not None else "")
    body = etree.tostring(request, encoding="us-ascii", with_tail=False)
    prolog = f'<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="{version[0]}.{version[1]}"?>\n'
    return prolog.encode() + f"<QBXML><QBXMLMsgsRq {attributes}>".encode() + body + b"</QBXMLMsgsRq></QBXML>"


def spoil(made: list[Made], chance: random.Random) -> str:
    """Change one thing; the name of what was done. The result may still be valid by chance."""
    how = chance.choice(WAYS_TO_SPOIL)
    how(made, chance)
    return how.__name__


def text_for(value: ValueType, chance: random.Random) -> str:
    if value.words:
        return chance.choice(list(value.words))
    if value.name == "INTTYPE":
        least = value.lowest if value.lowest is not None else -5
        return chance.choice(["", "+"] if least >= 0 else [""]) + str(
            chance.randint(least, value.highest if value.highest is not None else 10**9)
        )
    if value.name in SAMPLES:
        return chance.choice(SAMPLES[value.name])
    most = 60 if value.max_length is None else value.max_length
    length = chance.choice((0, 1, min(7, most), most))
    return "".join(chance.choice("abcXYZ 019-&<'\u00e9\u20ac") for _ in range(length))


def _add(
    parent: etree._Element | None, declared: Element, chance: random.Random, made: list[Made], presence: float
) -> None:
    element = etree.Element(declared.name) if parent is None else etree.SubElement(parent, declared.name)
    made.append((element, declared))
    for name, value in declared.attributes.items():
        if chance.random() < 0.3:
            element.set(name, text_for(value, chance))
    if declared.value is not None:
        element.text = text_for(declared.value, chance)
    elif declared.content is not None:
        _fill(element, declared.content, chance, made, presence)
        if chance.random() < 0.1:
            element.insert(0, etree.Comment("a remark"))


def _fill(
    element: etree._Element, particle: Particle, chance: random.Random, made: list[Made], presence: float
) -> None:
    if isinstance(particle, Element):
        _add(element, particle, chance, made, presence)
    elif isinstance(particle, Sequence):
        for part in particle.parts:
            _fill(element, part, chance, made, presence)
    elif isinstance(particle, Choice):
        _fill(element, chance.choice(particle.parts), chance, made, presence)
    else:
        for _ in range(_times(particle, chance, presence)):
            _fill(element, particle.part, chance, made, presence)


def _times(repeat: Repeat, chance: random.Random, presence: float) -> int:
    if repeat.most == 1:
        return int(chance.random() < presence)
    if repeat.most != UNBOUNDED and chance.random() < 0.05:
        return repeat.most
    return repeat.least + chance.choice((0, 0, 0, 1, 2))


def _some(made: list[Made], chance: random.Random) -> Made:
    return chance.choice(made[1:] or made)


def _put_a_spoilt_value(made: list[Made], chance: random.Random) -> None:
    leaves = [pair for pair in made if pair[1].value is not None]
    element, _ = chance.choice(leaves or made)
    element.text = chance.choice(SPOILT_VALUES)


def _go_to_the_limit_of_length_or_beyond(made: list[Made], chance: random.Random) -> None:
    limited = [pair for pair in made if pair[1].value is not None and pair[1].value.max_length is not None]
    if not limited:
        return _put_a_spoilt_value(made, chance)
    element, declared = chance.choice(limited)
    assert declared.value is not None
    assert declared.value.max_length is not None
    element.text = "\u00fc" * (declared.value.max_length + chance.choice((0, 1, 1)))
    return None


def _swap_neighbours(made: list[Made], chance: random.Random) -> None:
    element, _ = _some(made, chance)
    following = element.getnext()
    if following is not None:
        following.addnext(element)


def _move_within_the_parent(made: list[Made], chance: random.Random) -> None:
    element, _ = _some(made, chance)
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
        parent.insert(chance.randint(0, len(parent)), element)


def _leave_out(made: list[Made], chance: random.Random) -> None:
    element, _ = _some(made, chance)
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _repeat_once_more(made: list[Made], chance: random.Random) -> None:
    element, _ = _some(made, chance)
    if element.getparent() is not None:
        element.addnext(deepcopy(element))


def _repeat_sixty_times(made: list[Made], chance: random.Random) -> None:
    element, _ = _some(made, chance)
    for _ in range(60 if element.getparent() is not None else 0):
        element.addnext(deepcopy(element))


def _insert_a_stranger(made: list[Made], chance: random.Random) -> None:
    element, _ = chance.choice(made)
    stranger = etree.Element(chance.choice(NAMES))
    stranger.text = chance.choice((None, "1", "true"))
    element.insert(chance.randint(0, len(element)), stranger)


def _rename(made: list[Made], chance: random.Random) -> None:
    element, _ = _some(made, chance)
    if element.getparent() is not None:
        element.tag = chance.choice(NAMES)


def _set_an_attribute(made: list[Made], chance: random.Random) -> None:
    element, _ = chance.choice(made)
    names = ("requestID", "metaData", "iterator", "iteratorID", "defMacro", "useMacro", "macro")
    element.set(chance.choice(names), chance.choice(("Start", "MetaDataOnly", "TxnID:1", "", "start")))


def _write_text_between(made: list[Made], chance: random.Random) -> None:
    element, _ = chance.choice(made)
    if len(element):
        chance.choice(list(element)).tail = chance.choice((" \n", "text", "\u00a0"))
    else:
        element.text = (element.text or "") + "text"


WAYS_TO_SPOIL: tuple[Callable[[list[Made], random.Random], None], ...] = (
    _put_a_spoilt_value,
    _put_a_spoilt_value,
    _go_to_the_limit_of_length_or_beyond,
    _swap_neighbours,
    _move_within_the_parent,
    _leave_out,
    _repeat_once_more,
    _repeat_sixty_times,
    _insert_a_stranger,
    _rename,
    _set_an_attribute,
    _write_text_between,
)
