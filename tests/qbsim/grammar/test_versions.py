"""Every element is known from the version on that Intuit's annotated requests give for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from qbsim.grammar.messages import REQUESTS
from qbsim.grammar.model import Element
from qbsim.grammar.types import FIRST_VERSION, Version
from tests.shared import shared_path

NEWEST_ANNOTATED: Version = (14, 0)
TAG = re.compile(r"\s*<(?P<end>/?)(?P<name>\w+)[^>]*>(?P<rest>.*)")
SINCE = re.compile(r"\bv([0-9]+)\.([0-9])\b")


def annotated_versions(lines: list[str]) -> dict[str, Version]:
    """Path of each element with the version since which it can be used, those of its parents and choices included."""
    versions: dict[str, Version] = {}
    path: list[str] = []
    inherited: list[Version] = [FIRST_VERSION]
    for line in lines:
        found = SINCE.search(line)
        since = max((int(found[1]), int(found[2])) if found else FIRST_VERSION, inherited[-1])
        tag = TAG.match(line)
        if "BEGIN OR" in line:
            inherited.append(since)
        elif "END OR" in line:
            inherited.pop()
        elif tag and tag["end"]:
            path.pop()
            inherited.pop()
        elif tag:
            place = "/".join([*path, tag["name"]])
            versions[place] = since
            if f"</{tag['name']}>" not in tag["rest"]:
                path.append(tag["name"])
                inherited.append(since)
    return versions


def declared_versions(declared: Element, path: str, inherited: Version) -> Iterator[tuple[str, Version]]:
    since = max(declared.since, inherited)
    yield path, since
    if declared.value is None:
        children = {step[1].name: step[1] for row in declared.steps.next for step in row.values()}
        for name, child in children.items():
            yield from declared_versions(child, f"{path}/{name}", since)


def annotated_requests() -> list[str]:
    """The requests that Intuit's annotated documents show; none where the reference material may be absent."""
    try:
        folder = shared_path("qbxml", "annotated")
    except pytest.skip.Exception:
        return []
    return sorted(REQUESTS.keys() & {file.stem for file in folder.glob("*Rq.txt")})


def test_most_of_what_refunds_need_is_annotated() -> None:
    shared_path("qbxml", "annotated")
    assert {"CreditMemoAddRq", "CheckAddRq", "CustomerQueryRq", "TxnDeletedQueryRq"} <= set(annotated_requests())


@pytest.mark.parametrize("name", annotated_requests())
def test_the_first_version_of_every_element_is_as_annotated(name: str) -> None:
    file = shared_path("qbxml", "annotated", f"{name}.txt")
    ours = {
        path: since
        for path, since in declared_versions(REQUESTS[name], name, FIRST_VERSION)
        if since <= NEWEST_ANNOTATED
    }
    assert ours == annotated_versions(file.read_text(encoding="utf-8").splitlines())
