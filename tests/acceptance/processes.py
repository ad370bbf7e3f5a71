"""Real processes of the product, as a user starts them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from qbwc_server.demo.run import save_world
from qbwc_server.demo.world import make_world
from tests.shared import PROJECT

START_SECONDS = 60
COMMAND_SECONDS = 240


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A fresh installation in a folder."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CONNEX_")}
    return kept | {"CONNEX_DATA_DIR": str(folder), "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"} | more


def connex(
    *arguments: str, env: Mapping[str, str], stdin: str = "", status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Runs a command and holds it to its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "qbwc_server", *arguments],
        env=dict(env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == status, f"connex {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def connex_json(*arguments: str, env: Mapping[str, str], stdin: str = "", status: int = 0) -> Any:
    """What a command prints with --json."""
    return json.loads(connex(*arguments, "--json", env=env, stdin=stdin, status=status).stdout)


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(port: int, env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A server process that listens."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "qbwc_server", "serve", "--port", str(port)],
            env=dict(env),
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
    raise AssertionError(f"the server did not listen: {log.read_text(errors='replace')}")


@contextmanager
def serving(env: Mapping[str, str], folder: Path) -> Iterator[str]:
    """A server for the time of a test; gives its address."""
    port = free_port()
    process = start_server(port, env, folder / "server.log")
    try:
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        process.wait()


def a_shop(folder: Path, *, refunds: int, seed: int = 1) -> Path:
    """The demo's shop before the sync, as `connex demo --save` leaves it: orders.json and company.json."""
    save_world(make_world(refunds=refunds, seed=seed, now=datetime.now(timezone.utc)), folder)
    return folder


def password_of(said: str) -> str:
    """The password that a command showed once."""
    found = re.search(r"password, shown only now: (\S+)", said)
    assert found, said
    return found.group(1)


def without_time(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Refunds without what differs from run to run: TxnIDs and the moments of creation."""
    text = re.sub(r'"txn_id": "[^"]*"', '"txn_id": "*"', json.dumps(list(rows)))
    text = re.sub(r'"created_at": "[^"]*"', '"created_at": "*"', text)
    cleaned: list[dict[str, Any]] = json.loads(text)
    return cleaned
