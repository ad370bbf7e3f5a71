"""Looks for bytes that break a door, led by which lines of the code they reach.

    python -m tests.fuzz.explore order_file --seconds 60

It needs the package `atheris` in the environment (`pip install atheris`), which not every system has a build of; the
tests of this folder go on without it. Exit status other than 0: a door was broken, and the bytes are in a file
`crash-...`, which becomes a case of tests/fuzz/test_found.py.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

MAX_SECONDS_OF_ONE = 10  # that a single delivery may take


def main() -> None:
    """Reads the arguments and looks until the time is over."""
    import atheris

    with atheris.instrument_imports(include=["qbwc_server", "qbxml", "csv", "json"]):
        from tests.fuzz.doors import DOORS, MAX_BYTES

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("door", choices=DOORS)
    parser.add_argument("--seconds", type=int, default=60)
    arguments: Any = parser.parse_args()
    door = DOORS[arguments.door]
    with tempfile.TemporaryDirectory() as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for number, data in enumerate(door.sound):
            corpus.joinpath(str(number)).write_bytes(data)
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in door.words))
        atheris.Setup(
            [
                sys.argv[0],
                str(corpus),
                f"-dict={words}",
                f"-max_total_time={arguments.seconds}",
                f"-timeout={MAX_SECONDS_OF_ONE}",
                f"-max_len={MAX_BYTES}",
                "-verbosity=1",
            ],
            door.take,
        )
        atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
