"""The elements of a response as plain data, and how QuickBooks writes them: one element a line, ASCII only.

A node is a pair of a name and either its text or its children.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Union

Node = tuple[str, Union[str, "list[Node]"]]
Nodes = list[Node]

_TO_ESCAPE = re.compile("[&<>\"'\x80-\U0010ffff]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def pick(order: Iterable[str], values: Mapping[str, str | Nodes | None]) -> Nodes:
    """The values in the schema's order; what is None or empty is left out, as QuickBooks does.

    >>> pick(("A", "B", "C"), {"C": "3", "A": "1", "B": None})
    [('A', '1'), ('C', '3')]
    """
    nodes: Nodes = []
    for name in order:
        value = values.get(name)
        if value:
            nodes.append((name, value))
    return nodes


def escaped(text: str) -> str:
    """Text for XML with other than ASCII characters as numeric references.

    >>> escaped("Café & 'Co'")
    'Caf&#233; &amp; &apos;Co&apos;'
    """
    if _TO_ESCAPE.search(text) is None:  # as nearly every text is
        return text
    return text.translate(_ENTITIES).encode("ascii", "xmlcharrefreplace").decode("ascii")


def write(nodes: Nodes, lines: list[str]) -> None:
    """Appends the nodes to the lines of a document."""
    for name, value in nodes:
        if isinstance(value, str):
            lines.append(f"<{name}>{escaped(value)}</{name}>")
        else:
            lines.append(f"<{name}>")
            write(value, lines)
            lines.append(f"</{name}>")


def opening(name: str, attributes: Mapping[str, str]) -> str:
    """A start tag's inside, without brackets: the name and its attributes in the given order."""
    return " ".join([name, *(f'{key}="{escaped(value)}"' for key, value in attributes.items())])
