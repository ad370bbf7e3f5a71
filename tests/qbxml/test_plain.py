"""qbXML is shown as plain data within bounds, and no entity is ever followed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbxml.plain import MAX_SHOWN_BYTES, MAX_SHOWN_DEPTH, as_plain, pretty

ENTITY = '<!DOCTYPE QBXML [<!ENTITY a "expanded">]><QBXML><TxnID>&a;</TxnID></QBXML>'
OUTSIDE = '<!DOCTYPE QBXML [<!ENTITY a SYSTEM "file:///etc/hostname">]><QBXML><TxnID>&a;</TxnID></QBXML>'


def deep(depth: int) -> str:
    return "<a>" * depth + "</a>" * depth


def test_attributes_and_repeated_elements_are_told_apart() -> None:
    assert as_plain('<QBXML><Rs statusCode="0"><TxnID>1</TxnID><TxnID>2</TxnID><Memo/></Rs></QBXML>') == {
        "QBXML": {"Rs": {"@statusCode": "0", "TxnID": ["1", "2"], "Memo": None}}
    }


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_a_declared_encoding_holds_for_bytes_and_no_longer_for_text(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<?qbxml version="13.0"?>\n<QBXML><Name>Zoë</Name></QBXML>'
    for document in (text, text.encode(encoding), "\ufeff" + text):
        assert as_plain(document) == {"QBXML": {"Name": "Zoë"}}
        assert pretty(document) == "<QBXML>\n  <Name>Zoë</Name>\n</QBXML>\n"


@pytest.mark.parametrize("document", [ENTITY, OUTSIDE, ENTITY.encode(), OUTSIDE.encode()])
def test_a_document_with_a_dtd_is_refused_and_shown_as_it_is(document: str | bytes) -> None:
    with pytest.raises(ValueError, match="DTD"):
        as_plain(document)
    assert pretty(document) == (document if isinstance(document, str) else document.decode())


@pytest.mark.parametrize(
    "document", ["", "not XML", "<QBXML>", "<QBXML>&unheard;</QBXML>", "<A/><B/>", b"\xff\xfe\x00"]
)
def test_what_is_not_well_formed_is_refused_and_shown_as_it_is(document: str | bytes) -> None:
    with pytest.raises(ValueError, match="not well-formed"):
        as_plain(document)
    assert pretty(document) == (document if isinstance(document, str) else document.decode(errors="replace"))


def test_a_document_over_the_bound_is_refused_and_left_as_it_is() -> None:
    document = "<QBXML>" + " " * MAX_SHOWN_BYTES + "</QBXML>"
    with pytest.raises(ValueError, match=f"at most {MAX_SHOWN_BYTES} are shown"):
        as_plain(document)
    assert pretty(document) == document


def test_a_document_that_nests_beyond_reason_is_refused_and_left_as_it_is() -> None:
    assert as_plain(deep(MAX_SHOWN_DEPTH))
    for depth in (MAX_SHOWN_DEPTH + 1, 100_000):
        with pytest.raises(ValueError, match=r"within each other|not well-formed"):
            as_plain(deep(depth))
        assert pretty(deep(depth)) == deep(depth)


@given(st.text() | st.binary())
def test_nothing_but_a_value_error_comes_of_any_text(document: str | bytes) -> None:
    assert isinstance(pretty(document), str)
    try:
        found = as_plain(document)
    except ValueError:
        return
    assert len(found) == 1, "a document has one root"
