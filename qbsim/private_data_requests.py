"""The requests for applications' data and custom fields: DataExtDefAdd, -Mod, -Del and -Query, DataExtAdd, -Mod and
-Del (FACTS.md 10, the published schema). The codes of the refusals are guesses.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.lists.references import look_up
from qbsim.nodes import Nodes
from qbsim.numbers import boolean_text
from qbsim.paging import answer, only_elements
from qbsim.private_data import DataDefinition, DataValue, PrivateData, is_of, same, value_ret
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company

#: OwnerID of the custom fields that users see; applications' data have a GUID.
PUBLIC_OWNER = "0"
#: The objects that can have custom fields (from memory).
_PUBLIC_OBJECTS = frozenset({"Customer", "Vendor", "Employee", "Item"})
#: Length of the types that are texts, in characters.
_TEXT_LENGTHS = {"STR255TYPE": 255, "STR1024TYPE": 1024}
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,24}")
_VALUE = "DataExtValue"
#: Reads a value of the type, which refuses what is none.
_READERS: dict[str, Callable[[Element, str], object]] = {
    "AMTTYPE": reading.amount,
    "PRICETYPE": reading.price,
    "PERCENTTYPE": reading.percent,
    "QUANTYPE": reading.quantity,
    "DATETIMETYPE": lambda element, name: reading.moment(element, name, None),
}
#: The list that a ListDataExtType stands for.
_LISTS = {
    "Account": "accounts",
    "Customer": "customers",
    "Employee": "employees",
    "Item": "items",
    "OtherName": "other_names",
    "Vendor": "vendors",
}


@dataclass(frozen=True)
class _Place:
    """What a value stands on: its kind, its ID (None for the company), the line, and how the request names it."""

    kind: str
    object_id: str | None
    line_id: str | None
    nodes: Nodes

    def find(self, data: PrivateData, definition: DataDefinition) -> DataValue | None:
        """The value of the field here."""
        values = data.values_of(self.object_id)
        return next((each for each in values if each.line_id == self.line_id and is_of(each, definition)), None)


def define(context: Context, request: Element) -> Outcome:
    """Works DataExtDefAddRq. Refused as 3100 where the name is defined already."""
    data, element = _data(context), _child(request, "DataExtDefAdd")
    owner_id, name = _owner_and_name(element)
    if data.definition(owner_id, name) is not None:
        raise refusal(status.NAME_IN_USE, value=name)
    made = DataDefinition(
        owner_id=owner_id,
        name=name,
        data_type=reading.text(element, "DataExtType") or "STR255TYPE",
        number=max((each.number + 1 for each in data.definitions), default=0),
        assigned_to=_objects(element, "AssignToObject", owner_id),
    )
    _read_use(made, element)
    data.definitions.append(made)
    return _defined(made, request)


def redefine(context: Context, request: Element) -> Outcome:
    """Works DataExtDefModRq: another name, more objects or fewer. Refused as 3120 where the field is not defined, as
    3100 where the new name is.
    """
    data, element = _data(context), _child(request, "DataExtDefMod")
    found = _definition(data, element)
    new_name = reading.text(element, "DataExtNewName")
    more = _objects(element, "AssignToObject", found.owner_id)
    fewer = set(reading.texts(element, "RemoveFromObject"))
    other = data.definition(found.owner_id, new_name) if new_name is not None else None
    if other is not None and other is not found:
        raise refusal(status.NAME_IN_USE, value=new_name or "")
    if new_name is not None:
        for values in (data.company_values, *data.object_values.values()):
            for value in values:
                value.name = new_name if is_of(value, found) else value.name
        found.name = new_name
    found.assigned_to = [each for each in dict.fromkeys([*found.assigned_to, *more]) if each not in fewer]
    _read_use(found, element)
    return _defined(found, request)


def undefine(context: Context, request: Element) -> Outcome:
    """Works DataExtDefDelRq; the values go with the field. Refused as 3120 where it is not defined."""
    data = _data(context)
    found = _definition(data, request)
    data.undefine(found)
    inside = _deleted(context.company, [("OwnerID", found.owner_id), ("DataExtName", found.name)])
    return Outcome([("DataExtDefDelRet", inside)], recovery=[("OwnerID", found.owner_id)])


def query_definitions(context: Context, request: Element) -> Outcome:
    """Works DataExtDefQueryRq."""
    owners, objects = reading.texts(request, "OwnerID"), reading.texts(request, "AssignToObject")
    found = [
        definition
        for definition in context.company.private_data.definitions
        if (not owners or any(same(definition.owner_id, owner) for owner in owners))
        and (not objects or set(objects) & set(definition.assigned_to))
    ]
    return answer(request, found, lambda each: ("DataExtDefRet", _definition_ret(each)))


def add(context: Context, request: Element) -> Outcome:
    """Works DataExtAddRq. Refused as 3120 where the field is not defined for such objects or there is no such object,
    as 3100 where a value stands there.
    """
    data, element = _data(context), _child(request, "DataExtAdd")
    definition, place = _definition(data, element), _place(context, element)
    value = _value(definition, place, element)
    if place.find(data, definition) is not None:
        raise refusal(status.NAME_IN_USE, value=definition.name)
    made = DataValue(definition.owner_id, definition.name, value, place.line_id)
    data.put(place.object_id, made)
    return _written(data, made)


def modify(context: Context, request: Element) -> Outcome:
    """Works DataExtModRq. Refused as 3120 where the field is not defined or has no value there yet."""
    data, element = _data(context), _child(request, "DataExtMod")
    definition, place = _definition(data, element), _place(context, element)
    value = _value(definition, place, element)
    present = _present(data, definition, place)
    present.value = value
    return _written(data, present)


def remove(context: Context, request: Element) -> Outcome:
    """Works DataExtDelRq. Refused as 3120 where no such value stands there."""
    data, element = _data(context), _child(request, "DataExtDel")
    definition, place = _definition(data, element), _place(context, element)
    data.remove(place.object_id, _present(data, definition, place))
    named: Nodes = [("OwnerID", definition.owner_id), ("DataExtName", definition.name), *place.nodes]
    inside = _deleted(context.company, named)
    return Outcome([("DataExtDelRet", inside)], recovery=[("OwnerID", definition.owner_id)])


def _data(context: Context) -> PrivateData:
    if not context.behaviour.takes_private_data:
        raise refusal(status.FEATURE_OFF)
    data: PrivateData = context.company.private_data
    return data


def _definition(data: PrivateData, element: Element) -> DataDefinition:
    owner_id, name = _owner_and_name(element)
    found = data.definition(owner_id, name)
    if found is None:
        raise refusal(status.NOT_FOUND, value=name)
    return found


def _owner_and_name(element: Element) -> tuple[str, str]:
    owner_id, name = reading.text(element, "OwnerID"), reading.text(element, "DataExtName")
    if owner_id is None or name is None:
        raise refusal(status.MISSING_ELEMENT, field="OwnerID" if owner_id is None else "DataExtName")
    return owner_id, name


def _objects(element: Element, name: str, owner_id: str) -> list[str]:
    """The kinds of objects; custom fields stand on names and items alone."""
    objects = list(dict.fromkeys(reading.texts(element, name)))
    unfit = [each for each in objects if each not in _PUBLIC_OBJECTS]
    if owner_id == PUBLIC_OWNER and unfit:
        reason = "A custom field can be assigned to customers, vendors, employees and items only."
        raise refusal(status.BAD_VALUE, field=name, value=unfit[0], reason=reason)
    return objects


def _place(context: Context, element: Element) -> _Place:
    """What the request names. Refused as 3140 or 3120 where there is no such object."""
    company = context.company
    list_type, txn_type = reading.text(element, "ListDataExtType"), reading.text(element, "TxnDataExtType")
    if list_type is not None:
        table = getattr(company.lists, _LISTS[list_type])
        list_id = look_up([table], _child(element, "ListObjRef"), list_type, str(element.tag))
        if list_id is None:
            raise refusal(status.MISSING_ELEMENT, field="ListObjRef")
        named: Nodes = [("ListDataExtType", list_type), ("ListObjRef", table.get(list_id).reference())]
        return _Place(list_type, list_id, None, named)
    if txn_type is not None:
        return _on_transaction(context, element, txn_type)
    return _Place("Company", None, None, [("OtherDataExtType", "Company")])


def _on_transaction(context: Context, element: Element, txn_type: str) -> _Place:
    txn_id = context.session.macros.txn_id(_child(element, "TxnID"), takes_macro=True)
    transaction = context.company.transaction(txn_id)
    if transaction is None or txn_type != transaction.TYPE:
        raise refusal(status.NOT_FOUND, value=txn_id)
    line_id = reading.text(element, "TxnLineID")
    named: Nodes = [("TxnDataExtType", txn_type), ("TxnID", txn_id)]
    if line_id is not None:
        line_id = reading.object_id(line_id, "TxnLineID")
        if line_id not in _line_ids(transaction):
            raise refusal(status.NOT_FOUND, value=line_id)
        named.append(("TxnLineID", line_id))
    return _Place(txn_type, txn_id, line_id, named)


def _line_ids(record: Any) -> Iterator[str]:
    """The TxnLineIDs of a transaction, those within groups included."""
    if isinstance(record, list):
        for each in record:
            yield from _line_ids(each)
    elif dataclasses.is_dataclass(record):
        line_id = getattr(record, "txn_line_id", None)
        if isinstance(line_id, str):
            yield line_id
        for value in vars(record).values():
            yield from _line_ids(value)


def _value(definition: DataDefinition, place: _Place, element: Element) -> str:
    """The value, if the field can stand there and the value is one of its type."""
    if definition.owner_id != PUBLIC_OWNER and place.kind not in definition.assigned_to:
        raise refusal(status.NOT_FOUND, value=definition.name)
    is_on_list = place.object_id is not None and place.kind in _LISTS
    if definition.owner_id == PUBLIC_OWNER and is_on_list and place.kind not in definition.assigned_to:
        raise refusal(status.NOT_FOUND, value=definition.name)
    value = reading.text(element, _VALUE) or ""
    if len(value) > _TEXT_LENGTHS.get(definition.data_type, len(value)):
        raise refusal(status.TOO_LONG, value=value, field=_VALUE)
    if definition.data_type in _READERS:
        _READERS[definition.data_type](element, _VALUE)
    elif definition.data_type == "INTTYPE" and value and not _WHOLE_NUMBER.fullmatch(value.strip()):
        raise refusal(status.BAD_VALUE, field=_VALUE, value=value, reason="The value is not a whole number.")
    return value


def _present(data: PrivateData, definition: DataDefinition, place: _Place) -> DataValue:
    present = place.find(data, definition)
    if present is None:
        raise refusal(status.NOT_FOUND, value=definition.name)
    return present


def _read_use(definition: DataDefinition, element: Element) -> None:
    on_lists = reading.boolean(element, "DataExtListRequire")
    on_transactions = reading.boolean(element, "DataExtTxnRequire")
    if on_lists is not None:
        definition.is_required_on_lists = on_lists
    if on_transactions is not None:
        definition.is_required_on_transactions = on_transactions
    if element.find("DataExtFormatString") is not None:
        definition.format_string = reading.text(element, "DataExtFormatString")


def _written(data: PrivateData, value: DataValue) -> Outcome:
    return Outcome([("DataExtRet", value_ret(data, value))], recovery=[("OwnerID", value.owner_id)])


def _defined(definition: DataDefinition, request: Element) -> Outcome:
    inside = only_elements(_definition_ret(definition), request)
    return Outcome([("DataExtDefRet", inside)], recovery=[("OwnerID", definition.owner_id)])


def _definition_ret(definition: DataDefinition) -> Nodes:
    return [
        ("OwnerID", definition.owner_id),
        ("DataExtID", str(definition.number)),
        ("DataExtName", definition.name),
        ("DataExtType", definition.data_type),
        *(("AssignToObject", assigned) for assigned in definition.assigned_to),
        ("DataExtListRequire", boolean_text(definition.is_required_on_lists)),
        ("DataExtTxnRequire", boolean_text(definition.is_required_on_transactions)),
        ("DataExtFormatString", definition.format_string or ""),
    ]


def _deleted(company: Company, named: Nodes) -> Nodes:
    return [*named, ("TimeDeleted", company.now().isoformat())]


def _child(request: Element, name: str) -> Element:
    found = request.find(name)
    if found is None:
        raise refusal(status.MISSING_ELEMENT, field=name)
    return found
