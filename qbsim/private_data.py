"""Data of applications on the company: defined by DataExtDefAdd, written by DataExtAdd and DataExtMod with
OtherDataExtType Company, read by CompanyQuery with the OwnerID (FACTS.md 10). The codes of the refusals are guesses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.nodes import Nodes
from qbsim.numbers import boolean_text
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company

#: OwnerID of the custom fields that users see; applications' data have a GUID.
PUBLIC_OWNER = "0"
#: Length of the types that are texts, in characters.
_TEXT_LENGTHS = {"STR255TYPE": 255, "STR1024TYPE": 1024}


@dataclass
class DataDefinition:
    """A field that an application has defined."""

    owner_id: str
    name: str
    data_type: str
    number: int
    assigned_to: list[str] = field(default_factory=list)


@dataclass
class DataValue:
    """A value on the company."""

    owner_id: str
    name: str
    value: str


@dataclass
class PrivateData:
    """All definitions, and the values that stand on the company."""

    definitions: list[DataDefinition] = field(default_factory=list)
    company_values: list[DataValue] = field(default_factory=list)

    def definition(self, owner_id: str, name: str) -> DataDefinition | None:
        """The definition of that name, capital letters aside."""
        return next((d for d in self.definitions if _same(d.owner_id, owner_id) and _same(d.name, name)), None)

    def company_value(self, owner_id: str, name: str) -> DataValue | None:
        """The value on the company."""
        return next((v for v in self.company_values if _same(v.owner_id, owner_id) and _same(v.name, name)), None)

    def company_rets(self, owner_ids: list[str]) -> Nodes:
        """The DataExtRet elements of CompanyRet for these owners."""
        return [
            ("DataExtRet", self._ret(value))
            for value in self.company_values
            if any(_same(value.owner_id, owner_id) for owner_id in owner_ids)
        ]

    def _ret(self, value: DataValue) -> Nodes:
        definition = self.definition(value.owner_id, value.name)
        return [
            ("OwnerID", value.owner_id),
            ("DataExtName", value.name),
            ("DataExtType", definition.data_type if definition else "STR255TYPE"),
            ("DataExtValue", value.value),
        ]


def define(context: Context, request: Element) -> Outcome:
    """Works DataExtDefAddRq. Refused as 3100 where the name is defined already."""
    data = _data(context)
    add = _child(request, "DataExtDefAdd")
    owner_id, name = _owner_and_name(add)
    if data.definition(owner_id, name) is not None:
        raise refusal(status.NAME_IN_USE, value=name)
    made = DataDefinition(
        owner_id=owner_id,
        name=name,
        data_type=reading.text(add, "DataExtType") or "STR255TYPE",
        number=len(data.definitions),
        assigned_to=reading.texts(add, "AssignToObject"),
    )
    data.definitions.append(made)
    return Outcome([("DataExtDefRet", _definition_ret(made))], recovery=[("OwnerID", owner_id)])


def query_definitions(context: Context, request: Element) -> Outcome:
    """Works DataExtDefQueryRq."""
    owners, objects = reading.texts(request, "OwnerID"), reading.texts(request, "AssignToObject")
    found = [
        definition
        for definition in context.company.private_data.definitions
        if (not owners or any(_same(definition.owner_id, owner) for owner in owners))
        and (not objects or set(objects) & set(definition.assigned_to))
    ]
    if not found:
        return Outcome(code=status.NO_MATCH, message=status.message(status.NO_MATCH))
    return Outcome([("DataExtDefRet", _definition_ret(definition)) for definition in found])


def add(context: Context, request: Element) -> Outcome:
    """Works DataExtAddRq on Company; on other objects it is answered by 1030.

    Refused as 3120 where the field is not defined, as 3100 where the company has a value of it.
    """
    data, element = _data(context), _child(request, "DataExtAdd")
    owner_id, name, value = _company_value(data, element)
    if data.company_value(owner_id, name) is not None:
        raise refusal(status.NAME_IN_USE, value=name)
    data.company_values.append(DataValue(owner_id, name, value))
    return _written(data, owner_id, name)


def modify(context: Context, request: Element) -> Outcome:
    """Works DataExtModRq on Company. Refused as 3120 where the field is not defined or has no value yet."""
    data, element = _data(context), _child(request, "DataExtMod")
    owner_id, name, value = _company_value(data, element)
    present = data.company_value(owner_id, name)
    if present is None:
        raise refusal(status.NOT_FOUND, value=name)
    present.value = value
    return _written(data, owner_id, name)


def _written(data: PrivateData, owner_id: str, name: str) -> Outcome:
    nodes = [node for node in data.company_rets([owner_id]) if ("DataExtName", name) in node[1]]
    return Outcome(nodes, recovery=[("OwnerID", owner_id)])


def _data(context: Context) -> PrivateData:
    if not context.behaviour.takes_private_data:
        raise refusal(status.FEATURE_OFF)
    company: Company = context.company
    return company.private_data


def _company_value(data: PrivateData, element: Element) -> tuple[str, str, str]:
    if reading.text(element, "OtherDataExtType") != "Company":
        raise refusal(status.NOT_SUPPORTED)
    owner_id, name = _owner_and_name(element)
    definition = data.definition(owner_id, name)
    if definition is None or "Company" not in definition.assigned_to:
        raise refusal(status.NOT_FOUND, value=name)
    value = reading.text(element, "DataExtValue") or ""
    if len(value) > _TEXT_LENGTHS.get(definition.data_type, len(value)):
        raise refusal(status.TOO_LONG, value=value, field="DataExtValue")
    return definition.owner_id, definition.name, value


def _owner_and_name(element: Element) -> tuple[str, str]:
    owner_id, name = reading.text(element, "OwnerID"), reading.text(element, "DataExtName")
    if owner_id is None or name is None:
        raise refusal(status.MISSING_ELEMENT, field="OwnerID" if owner_id is None else "DataExtName")
    if owner_id == PUBLIC_OWNER:
        raise refusal(status.NOT_SUPPORTED)
    return owner_id, name


def _definition_ret(definition: DataDefinition) -> Nodes:
    return [
        ("OwnerID", definition.owner_id),
        ("DataExtID", str(definition.number)),
        ("DataExtName", definition.name),
        ("DataExtType", definition.data_type),
        *(("AssignToObject", assigned) for assigned in definition.assigned_to),
        ("DataExtListRequire", boolean_text(False)),
        ("DataExtTxnRequire", boolean_text(False)),
        ("DataExtFormatString", ""),
    ]


def _child(request: Element, name: str) -> Element:
    found = request.find(name)
    if found is None:
        raise refusal(status.MISSING_ELEMENT, field=name)
    return found


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
