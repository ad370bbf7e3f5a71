"""What the guide to the library shows is what the library does."""

from __future__ import annotations

import re
import sys
import types

import pytest

import qbxml
from tests.shared import PROJECT

EXAMPLES = re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "qbxml.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_guide_runs(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("guide")
    monkeypatch.setitem(sys.modules, "guide", module)  # where annotations look up their names
    known = dict(qbxml.REQUESTS), dict(qbxml.RECORDS)
    try:
        exec(compile(example, "docs/qbxml.md", "exec"), vars(module))
    finally:  # a request type that the example declares is gone afterwards
        for register, before in ((qbxml.REQUESTS, known[0]), (qbxml.RECORDS, known[1])):
            for name in set(register) - set(before):
                del register[name]  # type: ignore[attr-defined]


def test_the_guide_has_its_examples() -> None:
    assert len(EXAMPLES) == 2
