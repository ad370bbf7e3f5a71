"""Intuit's published schemas, as validators and in the terms of our own declarations, to compare the two."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from qbsim.grammar.model import UNBOUNDED, Choice, Element, Particle, Repeat, Sequence
from qbsim.grammar.types import ValueType, Version
from tests.shared import shared_path

XSD = "{http://www.w3.org/2001/XMLSchema}"
FILES_OF_VERSION = {(13, 0): "130", (16, 0): "160"}


def validator(version: Version) -> etree.XMLSchema:
    """Intuit's own set of the version; the published 13.0 includes a changed file, which is put back here."""
    number = FILES_OF_VERSION[version]
    tree = etree.parse(str(shared_path("qbxml", "xsd", f"qbxmlops{number}.xsd")))
    for include in tree.getroot().iter(f"{XSD}include"):
        include.set("schemaLocation", include.get("schemaLocation", "").replace("_modified", ""))
    return etree.XMLSchema(tree)


class PublishedDeclarations:
    """Turns the types of a published schema into `Element`s of our model."""

    def __init__(self, version: Version) -> None:
        number = FILES_OF_VERSION[version]
        self._named: dict[tuple[str, str], etree._Element] = {}
        for file in ("types", "", "so", "ops"):
            root = etree.parse(str(shared_path("qbxml", "xsd", f"qbxml{file}{number}.xsd"))).getroot()
            for node in root:
                if isinstance(node.tag, str) and node.get("name"):
                    self._named[node.tag, node.get("name", "")] = node

    def request(self, name: str) -> Element:
        return self._with_complex_type(name, self._named[f"{XSD}complexType", f"{name}Type"])

    def _element(self, node: etree._Element) -> Element:
        if node.get("ref"):
            return self._element(self._named[f"{XSD}element", node.get("ref", "")])
        name, type_name = node.get("name", ""), node.get("type")
        complex_type = node.find(f"{XSD}complexType")
        if type_name and (f"{XSD}complexType", type_name) in self._named:
            complex_type = self._named[f"{XSD}complexType", type_name]
        if complex_type is not None:
            return self._with_complex_type(name, complex_type)
        return Element(name, value=self._value(node))

    def _with_complex_type(self, name: str, node: etree._Element) -> Element:
        simple = node.find(f"{XSD}simpleContent")
        if simple is not None:
            extension = simple[0]
            value = self._simple_type(extension.get("base", ""))
            return Element(name, value=value, attributes=self._attributes(extension))
        bodies = [child for child in node if child.tag in (f"{XSD}sequence", f"{XSD}choice", f"{XSD}group")]
        content = self._particle(bodies[0]) if bodies else Sequence(())
        return Element(name, content=content, attributes=self._attributes(node))

    def _attributes(self, node: etree._Element) -> Mapping[str, ValueType]:
        return {attribute.get("name", ""): self._value(attribute) for attribute in node.findall(f"{XSD}attribute")}

    def _particle(self, node: etree._Element) -> Particle:
        particle: Particle
        if node.tag == f"{XSD}element":
            particle = self._element(node)
        elif node.tag == f"{XSD}group":
            group = self._named[f"{XSD}group", node.get("ref", "")]
            particle = self._particle(next(child for child in group if isinstance(child.tag, str)))
        else:
            parts = tuple(self._particle(child) for child in node if isinstance(child.tag, str))
            particle = Sequence(parts) if node.tag == f"{XSD}sequence" else Choice(parts)
        least, most = int(node.get("minOccurs", "1")), node.get("maxOccurs", "1")
        if (least, most) == (1, "1"):
            return particle
        return Repeat(particle, least, UNBOUNDED if most == "unbounded" else int(most))

    def _value(self, node: etree._Element) -> ValueType:
        if node.get("type"):
            return self._simple_type(node.get("type", ""))
        simple = node.find(f"{XSD}simpleType")
        assert simple is not None, etree.tostring(node)
        return self._restricted(simple.find(f"{XSD}restriction"))

    def _simple_type(self, name: str) -> ValueType:
        restriction = self._named[f"{XSD}simpleType", name].find(f"{XSD}restriction")
        length = None if restriction is None else restriction.find(f"{XSD}maxLength")
        return ValueType(name, max_length=None if length is None else int(length.get("value", "")))

    def _restricted(self, restriction: etree._Element | None) -> ValueType:
        assert restriction is not None
        facets = {child.tag: int(child.get("value", "0")) for child in restriction if child.tag != f"{XSD}enumeration"}
        words = [child.get("value", "") for child in restriction.findall(f"{XSD}enumeration")]
        base = self._simple_type(restriction.get("base", ""))
        return ValueType(
            "ENUMTYPE" if words else base.name,
            max_length=facets.get(f"{XSD}maxLength", base.max_length),
            words=dict.fromkeys(words, (1, 0)),
            lowest=facets.get(f"{XSD}minInclusive"),
            highest=facets.get(f"{XSD}maxInclusive"),
        )
