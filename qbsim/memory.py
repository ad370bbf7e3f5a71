"""Making very many objects that all stay: looking for garbage among them meanwhile doubles the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: With so many new objects one look through them follows at once, so that no request has to wait for it.
_MANY = 1_000_000


@contextmanager
def collection_paused() -> Iterator[None]:
    """Puts the garbage collector off to the end of the block; it is on afterwards if it was before."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
            if gc.get_count()[0] > _MANY:
                gc.collect()
