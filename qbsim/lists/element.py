"""What all list elements have in common: ListID, name, place under a parent."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from qbsim.identity import Stamp
from qbsim.nodes import Nodes
from qbsim.numbers import boolean_text


@dataclass(kw_only=True)
class ListElement:
    """An element of a list. `full_name` holds the parents' names before the own, joined by colons."""

    stamp: Stamp
    name: str
    full_name: str
    sublevel: int = 0
    parent_id: str | None = None
    is_active: bool = True

    @property
    def list_id(self) -> str:
        """The ListID."""
        return self.stamp.identifier

    def reference(self) -> Nodes:
        """The inside of a Ref to this element."""
        return [("ListID", self.list_id), ("FullName", self.full_name)]

    def core(self) -> dict[str, str | Nodes | None]:
        """The values that stand first in every list Ret."""
        return {
            "ListID": self.list_id,
            "TimeCreated": self.stamp.time_created.isoformat(),
            "TimeModified": self.stamp.time_modified.isoformat(),
            "EditSequence": self.stamp.edit_sequence,
            "Name": self.name,
            "FullName": self.full_name,
            "IsActive": boolean_text(self.is_active),
            "Sublevel": str(self.sublevel),
        }


#: The order of the core in every list Ret.
CORE_ORDER = ("ListID", "TimeCreated", "TimeModified", "EditSequence", "Name", "FullName")


def mentions(value: Any, list_id: str) -> bool:
    """Whether a record holds that ID anywhere."""
    if isinstance(value, str):
        return value == list_id
    if isinstance(value, (list, tuple)):
        return any(mentions(each, list_id) for each in value)
    if dataclasses.is_dataclass(value):
        return any(mentions(each, list_id) for each in vars(value).values())
    return False
