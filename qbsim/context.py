"""What a request is worked in, and what comes out of it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qbsim import status
from qbsim.macros import Macros
from qbsim.nodes import Nodes
from qbsim.status import message

if TYPE_CHECKING:
    from qbsim.access import Locks
    from qbsim.behaviour import Behaviour
    from qbsim.company import Company


@dataclass
class Iterator:
    """A query that is read page by page: what is still to come, by ListID or TxnID."""

    query: str
    remaining: deque[str]


@dataclass
class Session:
    """What lives from BeginSession to EndSession."""

    macros: Macros = field(default_factory=Macros)
    iterators: dict[str, Iterator] = field(default_factory=dict)


@dataclass
class Context:
    """The company, the behaviour of this QuickBooks and the session that a request belongs to."""

    company: Company
    behaviour: Behaviour
    session: Session
    locks: Locks


@dataclass
class Outcome:
    """The answer to one request: status, further attributes of the Rs, its children, and for what changed the books
    the inside of the ErrorRecovery element that a later status check shows.
    """

    nodes: Nodes = field(default_factory=list)
    code: int = status.OK
    message: str = field(default_factory=lambda: message(status.OK))
    attributes: dict[str, str] = field(default_factory=dict)
    recovery: Nodes | None = None
