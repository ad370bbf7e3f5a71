"""Intuit's schemas as content models: of each element what may stand in it, in which order, how often, how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from lxml import etree

from tests.shared import shared_path

XSD = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True)
class Place:
    """One element of a content model."""

    name: str
    mandatory: bool
    repeated: bool
    alternative: bool  # one of a choice
    declaration: etree._Element


@dataclass(frozen=True)
class _Context:
    """What the sequences, choices and groups around an element say of it."""

    mandatory: bool = True
    repeated: bool = False
    alternative: bool = False


class Schema:
    """The declarations of one version of qbXML by kind and name."""

    def __init__(self, version: str) -> None:
        self._found: dict[tuple[str, str], etree._Element] = {}
        for file in ("qbxmltypes", "qbxml", "qbxmlops"):
            root = etree.parse(shared_path("qbxml", "xsd", f"{file}{version}.xsd")).getroot()
            for node in root.iterchildren(etree.Element):
                if node.get("name") is not None:
                    self._found[node.tag.removeprefix(XSD), node.get("name")] = node

    def element(self, name: str) -> etree._Element:
        """A global element; KeyError where there is none."""
        return self._found["element", name]

    def type(self, name: str) -> etree._Element:
        """A global complex type, such as CreditMemoQueryRqType; KeyError where there is none."""
        return self._found["complexType", name]

    def places(self, declaration: etree._Element) -> list[Place]:
        """What may stand in an element or complex type, in order; the parts of a choice are never mandatory."""
        holder = self._complex_type(declaration)
        return [] if holder is None else list(self._flatten(holder, _Context()))

    def attributes(self, declaration: etree._Element) -> set[str]:
        """The names of its XML attributes."""
        holder = self._complex_type(declaration)
        return set() if holder is None else {str(node.get("name")) for node in holder.iter(f"{XSD}attribute")}

    def value_types(self, declaration: etree._Element) -> list[str]:
        """The names of its simple type and of those that it is derived from."""
        return [name for name, _ in self._derivation(declaration)]

    def max_length(self, declaration: etree._Element) -> int | None:
        """The longest text that it takes, in characters."""
        lengths = [int(node.get("value", "")) for _, part in self._derivation(declaration) for node in _facets(part)]
        return min(lengths, default=None)

    def words(self, declaration: etree._Element) -> set[str]:
        """The words of an enumeration."""
        parts = [part for _, part in self._derivation(declaration)] or [declaration]
        return {str(node.get("value")) for part in parts[:1] for node in part.iter(f"{XSD}enumeration")}

    def _resolved(self, declaration: etree._Element) -> etree._Element:
        return self.element(declaration.get("ref", "")) if declaration.get("ref") else declaration

    def _complex_type(self, declaration: etree._Element) -> etree._Element | None:
        declaration = self._resolved(declaration)
        if declaration.tag == f"{XSD}complexType":
            return declaration
        named = self._found.get(("complexType", declaration.get("type", "")))
        return named if named is not None else declaration.find(f"{XSD}complexType")

    def _flatten(self, node: etree._Element, around: _Context) -> Iterator[Place]:
        for child in node.iterchildren(f"{XSD}sequence", f"{XSD}choice", f"{XSD}group", f"{XSD}element"):
            kind = child.tag.removeprefix(XSD)
            here = _Context(
                mandatory=around.mandatory and child.get("minOccurs") != "0" and kind != "choice",
                repeated=around.repeated or child.get("maxOccurs", "1") != "1",
                alternative=around.alternative or kind == "choice",
            )
            if kind == "element":
                declaration = self._resolved(child)
                name = str(declaration.get("name"))
                yield Place(name, here.mandatory, here.repeated, here.alternative, declaration)
            else:
                yield from self._flatten(self._found["group", child.get("ref", "")] if kind == "group" else child, here)

    def _derivation(self, declaration: etree._Element) -> Iterator[tuple[str, etree._Element]]:
        """From the element's own simple type to the basic one; a basic type is a union, whose parts are its own."""
        declaration = self._resolved(declaration)
        inline = declaration.find(f"{XSD}simpleType")
        extension = declaration.find(f"{XSD}complexType/{XSD}simpleContent/{XSD}extension")
        if inline is not None:
            yield "", inline
            restriction = inline.find(f"{XSD}restriction")
            name = restriction.get("base", "") if restriction is not None else ""
        else:
            name = (extension if extension is not None else declaration).get("base") or declaration.get("type", "")
        while ("simpleType", name) in self._found:
            part = self._found["simpleType", name]
            yield name, part
            restriction = part.find(f"{XSD}restriction")
            name = restriction.get("base", "") if restriction is not None else ""


@cache
def schema_model(version: str) -> Schema:
    """The content models of Intuit's schema `130` or `160`."""
    return Schema(version)


def _facets(part: etree._Element) -> Iterator[etree._Element]:
    return part.iter(f"{XSD}maxLength")
