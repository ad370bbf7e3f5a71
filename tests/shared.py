"""Where the reference material lies beside the project, for the tests that hold us against it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


def shared_path(*parts: str) -> Path:
    """Path below ../shared; without it the test is skipped, or failed where CI promises that it is there."""
    path = PROJECT.parent.joinpath("shared", *parts)
    if not path.exists():
        message = f"the reference material ../shared/{'/'.join(parts)} is not beside the project"
        if os.environ.get("CI") == "true":
            pytest.fail(message + ", though in CI it must be")
        pytest.skip(message)
    return path
