"""Cells of tables that a spreadsheet opens: none is taken for a formula, whatever an order holds."""

from __future__ import annotations

_CALCULATED = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> safe_cell("=1+1"), safe_cell("Jo Bloggs")
    ("'=1+1", 'Jo Bloggs')
    """
    return "'" + text if _is_calculated(text.lstrip("'")) else text


def plain_cell(text: str) -> str:
    """The text that `safe_cell` was given.

    >>> plain_cell("'=1+1"), plain_cell("'s Hertogenbosch")
    ('=1+1', "'s Hertogenbosch")
    """
    return text[1:] if text.startswith("'") and _is_calculated(text.lstrip("'")) else text


def _is_calculated(text: str) -> bool:
    return text.startswith(_CALCULATED) or text.lstrip(" ").startswith(_CALCULATED)
