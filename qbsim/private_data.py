"""Data of applications, and custom fields: what is defined, and the values that stand on the company, on list elements,
on transactions and on their lines (FACTS.md 10; DataExtRet: the published schema).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qbsim.nodes import Nodes


@dataclass
class DataDefinition:
    """A field that an application or the user has defined. `assigned_to`: the kinds of objects that can carry it."""

    owner_id: str
    name: str
    data_type: str
    number: int
    assigned_to: list[str] = field(default_factory=list)
    is_required_on_lists: bool = False
    is_required_on_transactions: bool = False
    format_string: str | None = None


@dataclass
class DataValue:
    """A value. `line_id` is the TxnLineID where it stands on a line of a transaction."""

    owner_id: str
    name: str
    value: str
    line_id: str | None = None


@dataclass
class PrivateData:
    """All definitions, the values that stand on the company, and those on objects by their ListID or TxnID."""

    definitions: list[DataDefinition] = field(default_factory=list)
    company_values: list[DataValue] = field(default_factory=list)
    object_values: dict[str, list[DataValue]] = field(default_factory=dict)

    def definition(self, owner_id: str, name: str) -> DataDefinition | None:
        """The definition of that name, capital letters aside."""
        return next((d for d in self.definitions if same(d.owner_id, owner_id) and same(d.name, name)), None)

    def values_of(self, object_id: str | None) -> list[DataValue]:
        """The values on the object with that ListID or TxnID, on the company for None."""
        return self.company_values if object_id is None else self.object_values.get(object_id, [])

    def put(self, object_id: str | None, value: DataValue) -> None:
        """Takes a new value in."""
        values = self.company_values if object_id is None else self.object_values.setdefault(object_id, [])
        values.append(value)

    def remove(self, object_id: str | None, value: DataValue) -> None:
        """Takes a value away."""
        self.values_of(object_id).remove(value)
        self._drop_empty()

    def forget(self, object_id: str) -> None:
        """Drops what stands on an object that is gone."""
        self.object_values.pop(object_id, None)

    def undefine(self, definition: DataDefinition) -> None:
        """Drops a definition with all its values."""
        self.definitions.remove(definition)
        for values in (self.company_values, *self.object_values.values()):
            values[:] = [each for each in values if not is_of(each, definition)]
        self._drop_empty()

    def _drop_empty(self) -> None:
        self.object_values = {object_id: values for object_id, values in self.object_values.items() if values}


def same(one: str, other: str) -> bool:
    """Whether two names or OwnerIDs are the same, capital letters aside."""
    return one.casefold() == other.casefold()


def is_of(value: DataValue, definition: DataDefinition) -> bool:
    """Whether it is a value of that field."""
    return same(value.owner_id, definition.owner_id) and same(value.name, definition.name)


def rets(data: PrivateData, object_id: str | None, owner_ids: list[str], line_id: str | None = None) -> Nodes:
    """The DataExtRet elements of an object, or of one of its lines, for these owners."""
    if not owner_ids:
        return []
    return [
        ("DataExtRet", value_ret(data, value))
        for value in data.values_of(object_id)
        if value.line_id == line_id and any(same(value.owner_id, owner_id) for owner_id in owner_ids)
    ]


def on_transaction(data: PrivateData, txn_id: str, owner_ids: list[str], ret: Nodes) -> Nodes:
    """The inside of a transaction's Ret with the DataExtRet elements of its own and of its lines, each at the end."""
    if not data.object_values.get(txn_id) or not owner_ids:
        return ret
    return _on_lines(data, txn_id, owner_ids, ret) + rets(data, txn_id, owner_ids)


def value_ret(data: PrivateData, value: DataValue) -> Nodes:
    """The inside of a DataExtRet."""
    definition = data.definition(value.owner_id, value.name)
    return [
        ("OwnerID", value.owner_id),
        ("DataExtName", value.name),
        ("DataExtType", definition.data_type if definition else "STR255TYPE"),
        ("DataExtValue", value.value),
    ]


def _on_lines(data: PrivateData, txn_id: str, owner_ids: list[str], nodes: Nodes) -> Nodes:
    shown: Nodes = []
    for name, inside in nodes:
        if isinstance(inside, str):
            shown.append((name, inside))
            continue
        line_id = next((value for key, value in inside if key == "TxnLineID" and isinstance(value, str)), None)
        lines = _on_lines(data, txn_id, owner_ids, inside)
        shown.append((name, lines + (rets(data, txn_id, owner_ids, line_id) if line_id is not None else [])))
    return shown
