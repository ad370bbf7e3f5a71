"""The rooms of the house and which may use which: read from every import, so that the table stays true."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.shared import PROJECT

# Each room and the rooms of ours that it may import. What is not named here may import everything of ours.
ALLOWED: dict[str, set[str]] = {
    "qbxml": set(),
    "qbsim": set(),
    "qbwc_server.refunds": {"qbxml"},
    "qbwc_server.store": {"qbxml", "qbwc_server.refunds"},
    "qbwc_server.access": {"qbwc_server.store"},
    "qbwc_server.sync": {"qbxml", "qbwc_server.refunds", "qbwc_server.store", "qbwc_server.access"},
    "qbwc_server.sources": {"qbwc_server.refunds"},
    "qbwc_server.soap": {"qbwc_server.sync", "qbwc_server.access"},
    "qbwc_server.web": {
        "qbxml",
        "qbwc_server.store",
        "qbwc_server.refunds",
        "qbwc_server.sources",
        "qbwc_server.access",
        "qbwc_server.qwc",
    },
    "qbwc_server.qwc": {"qbwc_server.store"},
}
OURS = ("qbxml", "qbsim", "qbwc_server")


def room_of(module: str) -> str:
    """The room that a module belongs to."""
    parts = module.split(".")
    return parts[0] if parts[0] != "qbwc_server" or len(parts) == 1 else ".".join(parts[:2])


def modules() -> list[tuple[str, Path]]:
    found = []
    for package in OURS:
        for path in sorted((PROJECT / package).rglob("*.py")):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            found.append((".".join(parts).removesuffix(".__init__"), path))
    return found


def imports(path: Path, *, for_types_too: bool = True) -> set[str]:
    """What a module imports of ours; what it imports for type checking only is no import at run time."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if node in for_types and not for_types_too:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "qbwc_server"}
    return {name for name in found if name.split(".")[0] in OURS}


def test_every_room_imports_only_the_rooms_it_may() -> None:
    wrong = []
    for module, path in modules():
        room = room_of(module)
        if room not in ALLOWED:
            continue
        for imported in imports(path):
            other = room_of(imported)
            if other not in (room, "qbwc_server") and other not in ALLOWED[room]:
                wrong.append(f"{module} imports {imported}")
    assert wrong == []


def test_no_module_imports_one_that_imports_it_back() -> None:
    graph = {module: imports(path, for_types_too=False) for module, path in modules()}
    seen: dict[str, int] = {}

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"a circle of imports: {' -> '.join((*trail, module))}"
        if module in seen:
            return
        for imported in sorted(graph.get(module, ())):
            if imported in graph and imported != module and not module.startswith(imported + "."):
                visit(imported, (*trail, module))
        seen[module] = 1

    for module in graph:
        visit(module, ())


def test_every_package_is_named_for_the_wheel() -> None:
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    named = set(re.findall(r'^    "((?:qbxml|qbsim|qbwc_server)[\w.]*)",$', text, re.MULTILINE))
    there = {
        ".".join(path.parent.relative_to(PROJECT).parts)
        for package in OURS
        for path in (PROJECT / package).rglob("__init__.py")
    }
    migrations = {"qbwc_server.store.migrations", "qbwc_server.store.migrations.versions"}
    pages = {"qbwc_server.templates", "qbwc_server.templates.static"}
    assert named == there | migrations | pages


@pytest.mark.parametrize("word", ["TODO", "FIXME", "NotImplementedError"])
def test_nothing_is_left_for_later(word: str) -> None:
    left = [module for module, path in modules() if word in path.read_text(encoding="utf-8")]
    assert left == []
