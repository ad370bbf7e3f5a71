"""Real answers are read without loss, and what we write is what Intuit's schemas allow."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

import qbxml
from qbxml.reading import _node_leaves
from tests.shared import shared_path


def sample_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted(shared_path("qbxml", "samples", folder).glob("*.xml"))]


def leaves_of(element: etree._Element, path: str = "") -> list[tuple[str, str]]:
    here = f"{path}/{element.tag}"
    inner = [leaf for child in element for leaf in leaves_of(child, here)]
    return inner or [(here, element.text or "")]


def same_value(read: str, sent: str) -> bool:
    if read == sent or {read.lower(), sent.lower()} <= {"true", "1"} or {read.lower(), sent.lower()} <= {"false", "0"}:
        return True
    return read == sent.replace("T", " ", 1) or read.strip() == sent.strip()


def test_every_published_answer_is_read_without_losing_a_value() -> None:
    values = 0
    for path in sample_files("responses", "errors"):
        answer = qbxml.read_answer(path.read_bytes())
        root = etree.fromstring(path.read_bytes(), etree.XMLParser(remove_comments=True))
        wanted = [
            (leaf_path, text) for response in root[0] for record in response for leaf_path, text in leaves_of(record)
        ]
        got = []
        for response in answer.responses:
            for record in response.records:
                name = "/" + type(record).__name__
                got += [(name + leaf_path, text) for leaf_path, text in qbxml.leaves(record)]
            for node in response.undeclared:
                got += _node_leaves(node, "")
        assert len(answer.responses) == len(root[0]), path.name
        assert len(got) == len(wanted), path.name
        for (wanted_path, wanted_text), (got_path, got_text) in zip(sorted(wanted), sorted(got), strict=True):
            assert wanted_path == got_path, path.name
            assert same_value(got_text, wanted_text), (path.name, wanted_path, wanted_text, got_text)
        values += len(got)
    assert values > 1000


def test_the_status_of_every_published_error_tells_what_to_do() -> None:
    expected = {
        "CustomerAddRs_3180_list_modified.xml": qbxml.Outcome.RETRY_LATER,
        "TxnVoidRs_locked.xml": qbxml.Outcome.RETRY_LATER,
        "DataExtModRs_3170_list_modified.xml": qbxml.Outcome.RETRY_LATER,
        "CustomerModRs_3200_edit_sequence.xml": qbxml.Outcome.RETRY_LATER,
        "CustomerModRs_530_unsupported_field.xml": qbxml.Outcome.DONE,
        "ItemInventoryQueryRs_1_no_match.xml": qbxml.Outcome.NOTHING_FOUND,
        "CustomerQueryRs_500_warn.xml": qbxml.Outcome.PARTLY_FOUND,
        "SalesOrderAddRs_3140_item.xml": qbxml.Outcome.FIX_DATA,
        "InvoiceAddRs_3045_price.xml": qbxml.Outcome.FIX_DATA,
    }
    for name, outcome in expected.items():
        answer = qbxml.read_answer(shared_path("qbxml", "samples", "errors", name).read_bytes())
        assert answer.responses[0].status.outcome is outcome, name


def test_what_no_declaration_names_is_kept_as_it_came() -> None:
    answer = qbxml.read_answer(
        '<QBXML><QBXMLMsgsRs><CreditMemoQueryRs statusCode="0" statusSeverity="Info" statusMessage="Status OK">'
        "<CreditMemoRet><TxnID>1-2</TxnID><Novelty a='1'><Inner>x</Inner></Novelty></CreditMemoRet>"
        "<UnheardRet><A>1</A></UnheardRet></CreditMemoQueryRs></QBXMLMsgsRs></QBXML>"
    )
    [response] = answer.responses
    [record] = response.records
    assert qbxml.leaves(record) == [("/TxnID", "1-2"), ("/Novelty/Inner", "x")]
    assert response.undeclared == (qbxml.Node("UnheardRet", children=(qbxml.Node("A", "1"),)),)
