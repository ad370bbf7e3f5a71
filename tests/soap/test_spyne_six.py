"""Spyne with the real `six` in the place of its own copy, without which it does not run on Python 3.12 and later."""

from __future__ import annotations

import subprocess
import sys

from tests.shared import PROJECT

PROGRAM = """
import sys
import qbwc_server.soap.service
import six
import spyne, spyne.server.wsgi, spyne.client.http
from spyne.util import six as used
assert used.moves is six.moves, used
assert not [name for name, module in sys.modules.items() if "spyne/util/six" in (getattr(module, "__file__", "") or "")]
assert all(hasattr(importer, "find_spec") for importer in sys.meta_path)
print("fine")
"""


def test_spyne_works_with_the_real_six_in_place_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "fine", done.stderr
