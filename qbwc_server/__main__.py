"""`python -m qbwc_server` is the command `connex`."""

from qbwc_server.cli import main

main()
