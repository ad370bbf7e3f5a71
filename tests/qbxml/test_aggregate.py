"""What is declared agrees with Intuit's schemas, and a further request type takes one declaration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import pytest
from lxml import etree

import qbxml
from qbxml.aggregate import Attribute, FieldSpec, Named, elements, specs
from qbxml.lists import ListRecord
from qbxml.requests import ListQuery
from qbxml.types import Boolean, Day, Float, GUIDText, Int, Moment, Number, OneOf, Text, Text50, Whole
from tests.qbxml.content_models import Place, Schema, schema_model
from tests.qbxml.schemas import problems

VALUE_TYPES: dict[object, set[str]] = {
    Number(13, 2, fixed=True): {"AMTTYPE"},
    Number(10, 5): {"PRICETYPE", "QUANTYPE", "PERCENTTYPE"},
    Float(): {"FLOATTYPE"},
    Whole(): {"INTTYPE"},
    Boolean(): {"BOOLTYPE"},
    Day(): {"DATETYPE"},
    Moment(): {"DATETIMETYPE"},
    GUIDText(): {"GUIDTYPE"},
}
TEXT_TYPES = {"STRTYPE", "IDTYPE", "ENUMTYPE", "STRRESTTYPE", "GUIDTYPE"}


@dataclass(frozen=True)
class Case:
    """A declared aggregate, and the element of Intuit's schema that it stands for."""

    path: str
    kind: type[qbxml.Aggregate]
    declaration: etree._Element
    sent: bool  # by us; what is only read may leave lengths and duties to QuickBooks


def cases(schema: Schema) -> Iterator[Case]:
    """Every declared aggregate at every place where it is used."""
    for name, kind in sorted(qbxml.REQUESTS.items()):
        declaration = schema.element(name) if kind.wrapped else schema.type(f"{name}RqType")
        yield from within(schema, Case(name, kind, declaration, sent=True))
    for name, record in sorted(qbxml.RECORDS.items()):
        yield from within(schema, Case(name, record, schema.element(name), sent=False))
    yield Case("ErrorRecovery", qbxml.ErrorRecovery, schema.element("ErrorRecovery"), sent=False)


def within(schema: Schema, case: Case) -> Iterator[Case]:
    yield case
    known = {place.name: place for place in schema.places(case.declaration)}
    for name, (_, inner) in elements(case.kind).items():
        if inner is not None and name in known:
            yield from within(schema, Case(f"{case.path}.{name}", inner, known[name].declaration, case.sent))


def compared(schema: Schema) -> Iterator[tuple[Case, FieldSpec, Place]]:
    """Each declared element with what Intuit's schema has under its name."""
    for case in cases(schema):
        known = {place.name: place for place in schema.places(case.declaration)}
        for name, (spec, _) in elements(case.kind).items():
            if name in known:
                yield case, spec, known[name]


@pytest.fixture(params=["130", "160"])
def schema(request: pytest.FixtureRequest) -> Schema:
    return schema_model(request.param)


def test_every_element_and_attribute_that_may_be_sent_is_one_of_intuits(schema: Schema) -> None:
    strangers = []
    for case in (case for case in cases(schema) if case.sent):
        known = {place.name for place in schema.places(case.declaration)}
        strangers += [f"{case.path}.{name}" for name in elements(case.kind) if name not in known]
        attributes = {spec.name for spec in specs(case.kind) if spec.place is Attribute}
        strangers += [f"{case.path}.@{name}" for name in attributes - schema.attributes(case.declaration)]
    assert strangers == []


def test_every_element_that_is_read_is_known_to_some_version_of_intuits_schema() -> None:
    """A base that several kinds of records share may name what only some of them have."""
    known, declared = set(), {}
    for schema in (schema_model("130"), schema_model("160")):
        for case in (case for case in cases(schema) if not case.sent):
            names = {place.name for place in schema.places(case.declaration)}
            for name, (spec, _) in elements(case.kind).items():
                owner = next(
                    base for base in case.kind.__mro__ if spec.attribute in vars(base).get("__annotations__", {})
                )
                declared[owner, name] = f"{owner.__name__}.{name}"
                known |= {(owner, name)} if name in names else set()
    assert [place for key, place in declared.items() if key not in known] == []
    assert len(known) > 200


def test_declared_elements_stand_in_intuits_order(schema: Schema) -> None:
    misplaced = []
    for case in cases(schema):
        order = [place.name for place in schema.places(case.declaration)]
        known = {name: order.index(name) for name in elements(case.kind) if name in order}
        places = [
            sorted(known[name] for name, (owner, _) in elements(case.kind).items() if owner is spec and name in known)
            for spec in specs(case.kind)
            if spec.place is Named
        ]
        declared = [place for group in places for place in group]
        misplaced += [case.path] if declared != sorted(declared) else []
    assert misplaced == []


def test_what_may_be_repeated_and_what_must_be_given_is_declared_so(schema: Schema) -> None:
    wrong = []
    for case, spec, place in compared(schema):
        here = f"{case.path}.{place.name}"
        if spec.repeated != place.repeated:
            wrong.append(f"{here} repeated")
        ours_to_choose = spec.required and place.alternative  # of a choice, the declaration may settle on one
        if spec.required != place.mandatory and not ours_to_choose and (case.sent or spec.required):
            wrong.append(f"{here} mandatory")
    assert wrong == []


def test_what_is_sent_has_intuits_lengths(schema: Schema) -> None:
    lengths = 0
    for case, spec, place in compared(schema):
        here = f"{case.path}.{place.name}"
        if case.kind is qbxml.Ref:
            continue  # the field that holds the reference says how long its FullName may be
        if spec.aggregates == (qbxml.Ref,):
            [full_name] = [inner for inner in schema.places(place.declaration) if inner.name == "FullName"]
            assert spec.full_name_length == schema.max_length(full_name.declaration), here
            lengths += 1
        elif isinstance(spec.rule, Text):
            ours, intuits = spec.rule.max_length, schema.max_length(place.declaration)
            if case.sent and intuits is not None:
                assert ours == intuits, here
                lengths += 1
            elif ours is not None and intuits is not None:
                assert ours == intuits, here
    assert lengths > 100


def test_every_value_has_intuits_type_and_words(schema: Schema) -> None:
    values = 0
    for case, spec, place in compared(schema):
        here = f"{case.path}.{place.name}"
        if spec.rule is None:
            continue
        types = set(schema.value_types(place.declaration))
        if isinstance(spec.rule, OneOf):
            assert set(spec.rule.words) <= schema.words(place.declaration), here
        else:
            assert types & VALUE_TYPES.get(spec.rule, TEXT_TYPES), (here, types)
        values += 1
    assert values > 500


@pytest.fixture
def class_query() -> Iterator[type[qbxml.Request]]:
    """A request type that the library does not have, as its one declaration; taken out of the register at the end."""
    registers = dict(qbxml.REQUESTS), dict(qbxml.RECORDS)

    @qbxml.aggregate
    class ClassRet(ListRecord):
        """A class."""

        parent_ref: qbxml.Ref | None = None
        sublevel: Int | None = None

    @qbxml.aggregate
    class ClassQuery(ListQuery, rets=(ClassRet,)):
        """Which classes are there?"""

        include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()

    yield ClassQuery
    for register, before in zip((qbxml.REQUESTS, qbxml.RECORDS), registers, strict=True):
        register.clear()
        register.update(before)  # type: ignore[arg-type]


def test_a_further_request_type_takes_one_declaration(class_query: type[qbxml.Request]) -> None:
    request = class_query(active_status="All", include_ret_elements=("ListID", "FullName"))  # type: ignore[call-arg]
    document = qbxml.write_message_set(qbxml.MessageSet((qbxml.Call("1", request),)))
    assert problems(document, "130") == []
    assert document.endswith(
        b'<ClassQueryRq requestID="1"><ActiveStatus>All</ActiveStatus><IncludeRetElement>ListID</IncludeRetElement>'
        b"<IncludeRetElement>FullName</IncludeRetElement></ClassQueryRq></QBXMLMsgsRq></QBXML>"
    )
    [response] = qbxml.read_answer(
        '<QBXML><QBXMLMsgsRs><ClassQueryRs requestID="1" statusCode="0" statusSeverity="Info"><ClassRet>'
        "<ListID>1-2</ListID><FullName>Shop:Web</FullName><IsActive>true</IsActive><ParentRef><FullName>Shop</FullName>"
        "</ParentRef><Sublevel>1</Sublevel></ClassRet></ClassQueryRs></QBXMLMsgsRs></QBXML>"
    ).responses
    [record] = response.records
    assert type(record) is class_query.rets[0]
    assert qbxml.leaves(record) == [
        ("/ListID", "1-2"),
        ("/FullName", "Shop:Web"),
        ("/IsActive", "True"),
        ("/ParentRef/FullName", "Shop"),
        ("/Sublevel", "1"),
    ]
    with pytest.raises(qbxml.FieldError, match=r"ClassQuery: only one of list_ids, full_names, active_status"):
        qbxml.write_request(class_query(list_ids=("1-2",), active_status="All"))  # type: ignore[call-arg]
    with pytest.raises(qbxml.FieldError, match="51 characters, QuickBooks takes 50"):
        qbxml.write_request(class_query(include_ret_elements=("x" * 51,)))  # type: ignore[call-arg]


def test_a_declared_request_is_registered_with_what_it_may_return_and_whether_it_writes() -> None:
    assert "ClassQuery" not in qbxml.REQUESTS
    for name, kind in qbxml.REQUESTS.items():
        assert kind.wrapped == name.endswith(("Add", "Mod")), name
        assert kind.writes == (kind.wrapped or name in ("TxnVoid", "TxnDel")), name
        assert all(qbxml.RECORDS[record.__name__] is record for record in kind.rets), name


def test_alternatives_of_a_base_hold_for_every_query_built_on_it() -> None:
    groups = set(qbxml.InvoiceQuery.one_of)
    for name in ("account_filter", "currency_filter", "entity_filter", "max_returned", "paid_status"):
        assert ("txn_ids", "ref_numbers", "ref_numbers_case_sensitive", name) in groups
    assert not any("account_filter" in group for group in qbxml.SalesOrderQuery.one_of)


def test_the_longest_text_of_a_field_is_told_and_a_field_without_one_is_refused() -> None:
    assert qbxml.max_length(qbxml.CreditMemoAdd, "ref_number") == 11
    assert qbxml.max_length(qbxml.ReceivePaymentAdd, "ref_number") == 20
    assert qbxml.max_length(qbxml.CheckAdd, "memo") == 4095
    for attribute in ("txn_date", "customer_ref", "unheard"):
        with pytest.raises(KeyError, match=f"CreditMemoAdd declares no text field {attribute}"):
            qbxml.max_length(qbxml.CreditMemoAdd, attribute)
