"""Has Spyne 2.14 use the real `six` instead of the old copy that it carries.

The copy (1.14) puts an importer on `sys.meta_path` that knows only `find_module`. Python 3.12 removed that hook, so
that there `from spyne.util.six.moves...` ends in ModuleNotFoundError; before 3.12 it works, but tools that ask each
importer for `find_spec` (pytest among them) break on it. The real `six` has both hooks and all that is in the copy but
`get_function_name`, which Spyne added; so `six` with that added takes the copy's place in `sys.modules`. This has to
happen before the first import of `spyne`; importing this module is enough.
"""

from __future__ import annotations

import importlib
import operator
import sys
import types

SPYNE_SIX = "spyne.util.six"

# What Spyne asks of six.moves. Each is named, since the import system looks a dotted name up as a whole.
_MOVES = (
    "moves",
    "moves.collections_abc",
    "moves.http_cookies",
    "moves.urllib",
    "moves.urllib.error",
    "moves.urllib.parse",
    "moves.urllib.request",
)


def put_real_six_in_place() -> None:
    """Registers `six`, with Spyne's addition, and its moved modules under the names of Spyne's copy."""
    six = importlib.import_module("six")
    module = types.ModuleType(SPYNE_SIX, six.__doc__)
    module.__dict__.update({name: value for name, value in vars(six).items() if name not in vars(module)})
    module.__dict__["get_function_name"] = operator.attrgetter("__name__")
    sys.modules[SPYNE_SIX] = module
    for name in _MOVES:
        sys.modules[f"{SPYNE_SIX}.{name}"] = importlib.import_module(f"six.{name}")


put_real_six_in_place()
