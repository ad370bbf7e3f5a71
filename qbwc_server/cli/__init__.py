"""The command `connex`: each command does one thing, says what it did, and with --json prints one JSON document.

One module for each subject. What only one command needs (the server, the simulator, the readers) is imported by it, so
that the others start fast.
"""

from qbwc_server.cli import (  # noqa: F401  each puts its commands on the root
    backups,
    connections,
    mappings,
    people,
    reconciling,
    refunds,
    serving,
    trying,
    webhooks,
)
from qbwc_server.cli.root import cli, main

__all__ = ["cli", "main"]
