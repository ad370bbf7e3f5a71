"""An answer is read whole or refused with the reason, however hostile or odd it is."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qbxml
from tests.qbxml.answers import LINES_OF_AN_INVOICE, big_answer, invoice
from tests.shared import PROJECT, shared_path

OK = 'statusCode="0" statusSeverity="Info" statusMessage="Status OK"'
MEBIBYTE = 1024 * 1024


def answer(responses: str, attributes: str = "", prolog: str = "") -> str:
    return f"{prolog}<QBXML><QBXMLMsgsRs{attributes}>{responses}</QBXMLMsgsRs></QBXML>"


def memo(fields: str) -> str:
    return answer(f'<CreditMemoQueryRs requestID="1" {OK}><CreditMemoRet>{fields}</CreditMemoRet></CreditMemoQueryRs>')


def read_memo(fields: str) -> qbxml.CreditMemoRet:
    [response] = qbxml.read_answer(memo(fields)).responses
    [record] = response.records
    assert isinstance(record, qbxml.CreditMemoRet)
    return record


def laughs(levels: int, use: str) -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels))
    return f'<!DOCTYPE QBXML [<!ENTITY l0 "lololololol">{entities}]>{use.replace("&l;", f"&l{levels - 1};")}'


@pytest.mark.parametrize("levels", [1, 3, 10])
@pytest.mark.parametrize(
    "use",
    [
        "<QBXML>&l;</QBXML>",
        '<QBXML name="&l;"/>',
        answer(f'<HostQueryRs requestID="&l;" {OK}/>'),
        answer(f"<HostQueryRs {OK}><HostRet><ProductName>&l;</ProductName></HostRet></HostQueryRs>"),
        answer(f"<HostQueryRs {OK}/>"),
    ],
)
def test_entities_are_refused_and_never_fill_the_memory(levels: int, use: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(qbxml.AnswerError, match=r"DTD|not well-formed"):
            qbxml.read_answer(laughs(levels, use))
        assert tracemalloc.get_traced_memory()[1] < 10 * MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "doctype", ['[<!ENTITY x SYSTEM "{uri}">]', 'SYSTEM "{uri}"', '[<!ENTITY % x SYSTEM "{uri}"> %x;]']
)
def test_nothing_outside_the_answer_is_ever_read(doctype: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text('<!ENTITY x "sesame">', encoding="utf-8")
    use = "&x;" if "ENTITY x" in doctype else ""
    text = f"<!DOCTYPE QBXML {doctype.replace('{uri}', outside.as_uri())}>" + memo(f"<Memo>{use}</Memo>")
    for document in (text, text.encode(), text.encode("utf-16")):
        with pytest.raises(qbxml.AnswerError, match=r"DTD|not well-formed") as error:
            qbxml.read_answer(document)
        assert "sesame" not in str(error.value)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "not well-formed"),
        ("   \n", "not well-formed"),
        ("Could not start QuickBooks.", "not well-formed"),
        ("<QBXML><QBXMLMsgsRs></QBXML></QBXMLMsgsRs>", "not well-formed"),
        (answer("") + "<QBXML/>", "not well-formed"),
        (answer("") + "and more", "not well-formed"),
        (memo("<Memo>&unheard;</Memo>"), "not well-formed"),
        (memo("<Memo>a\x00b</Memo>"), "not well-formed"),
        (memo("<Memo>a\x0bb</Memo>"), "not well-formed"),
        (memo("<Memo>a&#1;b</Memo>"), "not well-formed"),
        (memo("<Memo>a\ud800b</Memo>"), "half a character"),
        (b'<?xml version="1.0" encoding="unheard"?><QBXML/>', "not well-formed"),
        (memo("<Memo>Zoë</Memo>").encode("iso-8859-1"), "not well-formed"),
        ("<html><body>404</body></html>", "root is html"),
        ("<qbxml/>", "root is qbxml"),
        ('<QBXML xmlns="urn:x"><QBXMLMsgsRs/></QBXML>', "root is {urn:x}QBXML"),
        ("<QBXML/>", "no QBXMLMsgsRs"),
        ("<QBXML><QBXMLMsgsRq/></QBXML>", "no QBXMLMsgsRs"),
        (f"<QBXML><Other><QBXMLMsgsRs><A {OK}/></QBXMLMsgsRs></Other></QBXML>", "no QBXMLMsgsRs"),
        ("<QBXML><QBXMLMsgsRs/><QBXMLMsgsRs/></QBXML>", "twice"),
        (answer("<HostQueryRs/>"), "HostQueryRs carries no statusCode"),
        (answer('<HostQueryRs statusCode="" statusSeverity="Info"/>'), "'' stands where a whole number belongs"),
        (answer('<HostQueryRs statusCode="zero"/>'), "'zero' stands where"),
        (answer('<HostQueryRs statusCode="0x0"/>'), "'0x0' stands where"),
        (answer('<HostQueryRs statusCode="1_0"/>'), "'1_0' stands where"),
        (answer('<HostQueryRs statusCode="٣"/>'), "stands where"),
        (answer('<HostQueryRs statusCode="0.0"/>'), "'0.0' stands where"),
        (answer(f'<HostQueryRs statusCode="{"9" * 5000}"/>'), "stands where"),
        (answer(f'<HostQueryRs {OK} iteratorRemainingCount="many"/>'), "'many' stands where"),
        (answer("", ' messageSetStatusCode="?"'), "'?' stands where"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(document: str | bytes, reason: str) -> None:
    with pytest.raises(qbxml.AnswerError) as error:
        qbxml.read_answer(document)
    assert reason in str(error.value)


def test_an_answer_cut_off_anywhere_is_refused_and_never_taken_for_a_shorter_one() -> None:
    document = shared_path("qbxml", "samples", "responses", "CustomerQueryRs_first12.xml").read_bytes()
    whole = qbxml.read_answer(document)
    end = document.rindex(b"</QBXML>") + len(b"</QBXML>")
    refused = 0
    for length in [*range(0, len(document), 100), end - 1, end, len(document)]:
        try:
            read = qbxml.read_answer(document[:length])
        except qbxml.AnswerError:
            refused += 1
            assert length < end
        else:
            assert length >= end
            assert read == whole
    assert refused > 300


def test_an_answer_cut_off_between_its_records_is_refused() -> None:
    document = big_answer(200_000)
    for cut in (document.rindex(b"<InvoiceRet>"), document.index(b"</InvoiceQueryRs>"), document.index(b"</QBXML>")):
        with pytest.raises(qbxml.AnswerError, match="not well-formed"):
            qbxml.read_answer(document[:cut])


@pytest.mark.parametrize("depth", [31, 200, 5_000, 1_000_000])
def test_elements_nested_beyond_reason_are_refused(depth: int) -> None:
    with pytest.raises(qbxml.AnswerError, match=r"within each other|not well-formed"):
        qbxml.read_answer(memo("<A>" * depth + "</A>" * depth))


def test_elements_nested_within_reason_are_kept() -> None:
    assert qbxml.leaves(read_memo("<A>" * 20 + "x" + "</A>" * 20)) == [("/A" * 20, "x")]


READ_THIRTY_MEGABYTES = """
import resource
import qbxml
from tests.qbxml.answers import big_answer
document = big_answer(30_000_000)
[response] = qbxml.read_answer(document).responses
complete = {(type(record).__name__, len(record.lines), len(record.undeclared)) for record in response.records}
print(len(response.records) == document.count(b"<InvoiceRet>"), complete)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_thirty_megabytes_are_read_whole_within_bounded_memory() -> None:
    pytest.importorskip("resource", reason="this system does not tell how much memory a process has held")
    child = subprocess.run(
        [sys.executable, "-c", READ_THIRTY_MEGABYTES], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    whole, peak = child.stdout.splitlines()
    assert whole == f"True {{('InvoiceRet', {LINES_OF_AN_INVOICE}, 0)}}"
    assert int(peak) * (1 if sys.platform == "darwin" else 1024) < 500 * MEBIBYTE


def test_an_answer_over_the_bound_is_refused_before_it_is_parsed() -> None:
    for document in (" " * (qbxml.MAX_ANSWER_BYTES + 1), b"<" * (qbxml.MAX_ANSWER_BYTES + 1)):
        with pytest.raises(qbxml.AnswerError, match=f"at most {qbxml.MAX_ANSWER_BYTES} are read"):
            qbxml.read_answer(document)
    with pytest.raises(qbxml.AnswerError, match="at most"):
        qbxml.read_answer("é" * (qbxml.MAX_ANSWER_BYTES // 2 + 1))


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "us-ascii", "windows-1252"])
def test_a_declared_encoding_holds_for_bytes_and_no_longer_for_text(encoding: str) -> None:
    prolog = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    name = "Zoe" if encoding == "us-ascii" else "Zoë"
    text = prolog + memo(f"<Memo>{name}</Memo>")
    for document in (text, text.encode(encoding), "\ufeff" + text, "\n " + text):
        [response] = qbxml.read_answer(document).responses
        assert qbxml.leaves(response.records[0]) == [("/Memo", name)]


@pytest.mark.parametrize("prolog", ["", "<?xml version='1.0' ?>\n", '<?xml version="1.0" encoding="utf-8"?>'])
def test_a_byte_order_mark_is_no_part_of_the_answer(prolog: str) -> None:
    document = prolog + memo("<Memo>Zoë 帽子 🎩</Memo>")
    plain = qbxml.read_answer(document.encode())
    for marked in ("\ufeff" + document, document.encode("utf-8-sig"), document.encode() + b"\r\n"):
        assert qbxml.read_answer(marked) == plain


def test_comments_and_instructions_between_and_within_elements_change_nothing() -> None:
    noisy = (
        '<?xml version="1.0"?><?qbxml version="13.0"?><!-- a --><QBXML><!-- b --><?c d?><QBXMLMsgsRs>'
        f'<!-- e --><CreditMemoQueryRs requestID="1" {OK}><?f?><CreditMemoRet><!-- <Memo>no</Memo> -->'
        "<TxnID>1<!-- g -->-<?h?>2</TxnID><!----><TotalAmount>1<!-- 0 -->2.50</TotalAmount></CreditMemoRet>"
        "</CreditMemoQueryRs></QBXMLMsgsRs></QBXML><!-- i -->"
    )
    quiet = memo("<TxnID>1-2</TxnID><TotalAmount>12.50</TotalAmount>")
    assert qbxml.read_answer(noisy) == qbxml.read_answer(quiet)


def test_marked_up_text_and_references_are_read_as_the_text_they_stand_for() -> None:
    record = read_memo("<Memo><![CDATA[<b>5 & 6</b>]]> &amp; &#233;&#x1F3A9;\tx\ny</Memo>")
    assert record.memo == "<b>5 & 6</b> & é🎩\tx\ny"


def test_empty_elements_are_absent_values_and_are_kept_as_they_came() -> None:
    record = read_memo("<TxnID/><Memo></Memo><TotalAmount/><BillAddress/><CustomerRef><ListID/></CustomerRef>")
    assert (record.txn_id, record.memo, record.total_amount) == (None, None, None)
    assert record.undeclared == (qbxml.Node("TxnID"), qbxml.Node("Memo"), qbxml.Node("TotalAmount"))
    assert record.bill_address == qbxml.Address()
    assert record.customer_ref == qbxml.Ref(undeclared=(qbxml.Node("ListID"),))


def test_attributes_that_no_declaration_names_harm_nothing_and_are_kept() -> None:
    document = answer(
        f'<CreditMemoQueryRs requestID="1" {OK} retCount="1" novelty="a">'
        '<CreditMemoRet novelty="b"><CustomerRef novelty="c"><FullName novelty="d">Ann</FullName></CustomerRef>'
        '<New novelty="e">f</New></CreditMemoRet></CreditMemoQueryRs>',
        ' novelty="g"',
    )
    read = qbxml.read_answer(document)
    [response] = read.responses
    [record] = response.records
    assert read.attributes == {"novelty": "g"}
    assert (response.attributes["retCount"], response.attributes["novelty"]) == ("1", "a")
    assert isinstance(record, qbxml.CreditMemoRet)
    assert record.customer_ref is not None
    assert record.customer_ref.full_name == "Ann"
    assert record.customer_ref.undeclared == (qbxml.Node("@novelty", "c"),)
    assert record.undeclared == (qbxml.Node("New", "f", (("novelty", "e"),)), qbxml.Node("@novelty", "b"))


@pytest.mark.parametrize(
    "text",
    [
        "1,000.00",
        "$5",
        "5 USD",
        "12.5O",
        "1e3",
        "1_000",
        "NaN",
        "Infinity",
        "-",
        ".",
        "--1",
        "0x1",
        "١٢",
        "１２",
        "1 2",
    ],
)
def test_an_amount_that_can_not_be_read_is_kept_as_it_came_and_is_never_zero(text: str) -> None:
    record = read_memo(f"<TxnID>1</TxnID><TotalAmount>{text}</TotalAmount><ExchangeRate>{text}</ExchangeRate>")
    assert record.total_amount is None
    assert record.exchange_rate is None
    assert record.undeclared == (qbxml.Node("TotalAmount", text), qbxml.Node("ExchangeRate", text))


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.50", "12.50"), ("-38.95", "-38.95"), ("0", "0"), ("+1", "1"), (" 7.0\n", "7.0"), (".5", "0.5"), ("5.", "5")],
)
def test_an_amount_is_read_to_the_cent(text: str, value: str) -> None:
    assert read_memo(f"<TotalAmount>{text}</TotalAmount>").total_amount == Decimal(value)


def test_an_amount_with_elements_in_it_is_no_amount() -> None:
    record = read_memo("<TotalAmount>5<Currency>USD</Currency></TotalAmount>")
    assert record.total_amount is None
    assert record.undeclared[0].children == (qbxml.Node("Currency", "USD"),)


def test_a_second_value_where_one_belongs_is_kept_beside_the_first() -> None:
    record = read_memo("<TotalAmount>5.00</TotalAmount><TotalAmount>6.00</TotalAmount>")
    assert record.total_amount == Decimal("5.00")
    assert record.undeclared == (qbxml.Node("TotalAmount", "6.00"),)


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("TxnDate", "02/29/2024"), ("TxnDate", "20240229"), ("TxnDate", "2024-W09-4"), ("TxnDate", "2023-02-29"),
        ("TimeCreated", "yesterday"), ("TimeCreated", "20240229T123000"), ("TimeCreated", "2024-02-29T25:00:00"),
        ("TxnNumber", "1.0"), ("TxnNumber", "1_0"), ("TxnNumber", "9" * 5000), ("IsPending", "yes"),
    ],
)  # fmt: skip
def test_a_value_not_of_its_type_is_kept_as_it_came(element: str, text: str) -> None:
    assert read_memo(f"<{element}>{text}</{element}>").undeclared == (qbxml.Node(element, text),)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29T12:30:00-05:00", datetime(2024, 2, 29, 17, 30, tzinfo=timezone.utc)),
        ("2024-02-29T12:30:00Z", datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc)),
        ("2024-02-29T12:30:00", datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc)),
        ("2024-02-29T12:30:00.5+00:00", datetime(2024, 2, 29, 12, 30, 0, 500_000, tzinfo=timezone.utc)),
        ("2024-02-29T12:30:00.123456789Z", datetime(2024, 2, 29, 12, 30, 0, 123_456, tzinfo=timezone.utc)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=timezone.utc)),
    ],
)
def test_every_form_of_a_time_that_intuit_allows_is_read_with_its_offset(text: str, moment: datetime) -> None:
    record = read_memo(f"<TimeModified>{text}</TimeModified><TxnDate>2024-02-29</TxnDate>")
    assert record.time_modified == moment
    assert record.txn_date == date(2024, 2, 29)


def test_a_line_that_lacks_what_its_declaration_demands_is_kept_whole() -> None:
    record = read_memo("<LinkedTxn><TxnType>Check</TxnType><Amount>-38.95</Amount></LinkedTxn>")
    assert record.linked_txns == ()
    assert record.undeclared == (
        qbxml.Node("LinkedTxn", children=(qbxml.Node("TxnType", "Check"), qbxml.Node("Amount", "-38.95"))),
    )


def test_lines_keep_their_order_among_bundles() -> None:
    lines = (
        "<CreditMemoLineRet><Desc>a</Desc></CreditMemoLineRet>"
        "<CreditMemoLineGroupRet><Desc>b</Desc><CreditMemoLineRet><Desc>c</Desc></CreditMemoLineRet>"
        "</CreditMemoLineGroupRet><CreditMemoLineRet><Desc>d</Desc></CreditMemoLineRet>"
    )
    record = read_memo(lines)
    assert [line.desc for line in record.lines] == ["a", "b", "d"]
    assert [type(line).__name__ for line in record.lines] == [
        "CreditMemoLineRet", "CreditMemoLineGroupRet", "CreditMemoLineRet",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [0, 600, 9001, 9002, 9004, 9005])
def test_the_status_of_a_message_set_is_told_apart_from_those_of_its_requests(code: int) -> None:
    read = qbxml.read_answer(answer(f"<HostQueryRs {OK}/>", f' messageSetStatusCode="{code}" newMessageSetID="N"'))
    assert read.message_set_status_code == code
    assert read.attributes["newMessageSetID"] == "N"
    assert qbxml.read_answer(answer("")).message_set_status_code is None


def test_what_error_recovery_kept_comes_with_its_response_and_with_no_other() -> None:
    recovered = (
        "<ErrorRecovery><TxnID>3FE6-1285088622</TxnID><TxnNumber>7</TxnNumber><EditSequence>1285088622</EditSequence>"
        "<ExternalGUID>{12345678-9ABC-DEF0-1234-56789ABCDEF0}</ExternalGUID></ErrorRecovery>"
    )
    document = answer(
        f'<CreditMemoAddRs requestID="a" {OK}>{recovered}</CreditMemoAddRs><CheckAddRs requestID="b" {OK}/>'
    )
    first, second = qbxml.read_answer(document).responses
    assert first.error_recovery is not None
    assert (first.error_recovery.txn_id, first.error_recovery.txn_number) == ("3FE6-1285088622", 7)
    assert (first.records, second.error_recovery) == ((), None)


def test_a_page_of_a_query_tells_how_many_records_are_left_and_how_to_go_on() -> None:
    page = answer(
        f'<InvoiceQueryRs {OK} iteratorRemainingCount="17" iteratorID="{{6fcb}}">{invoice(1)}</InvoiceQueryRs>'
    )
    [response] = qbxml.read_answer(page).responses
    assert (response.iterator_remaining_count, response.iterator_id) == (17, "{6fcb}")
    [response] = qbxml.read_answer(answer(f"<InvoiceQueryRs {OK}/>")).responses
    assert (response.iterator_remaining_count, response.iterator_id, response.request_id) == (None, None, "")


def test_a_sign_on_beside_the_answers_is_no_answer() -> None:
    signon = f"<SignonMsgsRs><SignonDesktopRs {OK}><A><B/></A></SignonDesktopRs><Odd/></SignonMsgsRs>"
    document = memo("<TxnID>1</TxnID>").replace("<QBXMLMsgsRs>", signon + "<QBXMLMsgsRs>")
    document = document.replace("</QBXMLMsgsRs>", "</QBXMLMsgsRs>" + signon)
    [response] = qbxml.read_answer(document).responses
    assert response.name == "CreditMemoQuery"
    assert [qbxml.leaves(record) for record in response.records] == [[("/TxnID", "1")]]


def test_a_refused_request_stays_a_refusal_among_answers_that_hold_records() -> None:
    refusal = '<SalesOrderQueryRs requestID="2" statusCode="3250" statusSeverity="Error" statusMessage="Not enabled."/>'
    found = f'<InvoiceQueryRs requestID="1" {OK}>{invoice(1)}</InvoiceQueryRs>'
    first, second = qbxml.read_answer(answer(found + refusal)).responses
    assert (first.request_id, len(first.records)) == ("1", 1)
    assert (second.name, second.request_id, second.records) == ("SalesOrderQuery", "2", ())
    assert second.status == qbxml.Status(3250, "Error", "Not enabled.")


@given(st.text() | st.binary())
def test_nothing_but_an_answer_error_comes_of_any_text(document: str | bytes) -> None:
    with pytest.raises(qbxml.AnswerError):
        qbxml.read_answer(document)


NAMES = st.sampled_from(
    [
        "QBXML",
        "QBXMLMsgsRs",
        "InvoiceQueryRs",
        "InvoiceRet",
        "ErrorRecovery",
        "TxnID",
        "LinkedTxn",
        "Subtotal",
        "X",
        "x:y",
    ]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["statusCode", "statusSeverity", "iteratorRemainingCount", "messageSetStatusCode", "useMacro"]),
    st.sampled_from(["0", "-1", "", "x", " 7 "]),
    max_size=3,
)
TEXT = st.text(max_size=5).map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))


def element(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, attributes, children: (
            f"<{name}{''.join(f' {key}={value!r}' for key, value in attributes.items())}>{''.join(children)}</{name}>"
        ),
        NAMES,
        ATTRIBUTES,
        st.lists(inside, max_size=4),
    )


@given(st.recursive(TEXT, element, max_leaves=20), st.booleans())
def test_anything_that_looks_like_an_answer_is_read_or_refused(inside: str, in_place: bool) -> None:
    document = answer(inside) if in_place else inside
    try:
        read = qbxml.read_answer(document)
    except qbxml.AnswerError:
        return
    for response in read.responses:
        for record in response.records:
            assert all(path.startswith("/") for path, _ in qbxml.leaves(record))
