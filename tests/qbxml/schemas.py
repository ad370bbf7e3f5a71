"""Intuit's own schemas, where they lie beside the project, as judges of what is written and answered."""

from __future__ import annotations

from functools import cache

from lxml import etree

from tests.shared import shared_path


@cache
def schema(version: str) -> etree.XMLSchema:
    """Intuit's schema `130` or `160`; the published 13.0 set is turned back to Intuit's own include (FACTS.md 0)."""
    folder = shared_path("qbxml", "xsd")
    document = etree.parse(folder / f"qbxmlops{version}.xsd")
    for include in document.iter("{http://www.w3.org/2001/XMLSchema}include"):
        location = include.get("schemaLocation") or ""
        include.set("schemaLocation", location.replace("_modified", ""))
    return etree.XMLSchema(document)


def problems(document: bytes | str, version: str) -> list[str]:
    """What the schema has against a document; nothing where it is valid."""
    raw = document.encode() if isinstance(document, str) else document
    judge = schema(version)
    judge.validate(etree.fromstring(raw))
    return [f"line {error.line}: {error.message}" for error in judge.error_log]
