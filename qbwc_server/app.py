"""The whole server as one WSGI application: the SOAP service at /qbwc, the pages everywhere else."""

from __future__ import annotations

import platform
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Any

from waitress.server import create_server
from werkzeug.middleware.proxy_fix import ProxyFix

from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sealing import Sealing
from qbwc_server.access.sign_in import SignIn
from qbwc_server.config import Config
from qbwc_server.soap import MAX_BODY_BYTES, make_soap_application
from qbwc_server.store import webhooks
from qbwc_server.store.database import Database
from qbwc_server.sync.conversation import SyncConversation
from qbwc_server.web import create_web

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SOAP_PATH = "/qbwc"
THREADS = 8  # requests worked at a time by one process
IDLE_CONNECTION_SECONDS = 120
MAX_CONNECTIONS = 400  # open at a time, slow callers among them; Windows waits for no more than 512 sockets at once
BODY_MARGIN_BYTES = 1024 * 1024  # so that a body that is a little too large gets our answer, not the web server's


@dataclass(frozen=True)
class Server:
    """A server that listens; `run` works until it is closed."""

    host: str
    port: int
    run: Callable[[], None]
    close: Callable[[], None]

    @property
    def url(self) -> str:
        """Its address, by name where it listens on this machine only."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.host in ("127.0.0.1", "::1", "localhost"):
            host = "localhost"
        return f"http://{host}:{self.port}"


def version() -> str:
    """The version of Connex that is installed."""
    return metadata.version("connex-refunds")


def make_application(
    config: Config, database: Database, *, behind_proxy: bool = False, first_owner_code: str = ""
) -> WSGIApplication:
    """The WSGI application over a migrated database.

    `behind_proxy`: the scheme, host and address of a call are what one reverse proxy in front says they are.
    `first_owner_code` makes the first owner's account on the pages, while nobody can sign in.
    """
    with database.transaction() as session:
        webhooks.seal_all(session, Sealing(config.secret_key).sealed)
    passwords = Passwords(config.secret_key)
    sign_in = SignIn(database, passwords, Attempts())
    conversation = SyncConversation(
        database,
        sign_in,
        in_flight=timedelta(seconds=config.in_flight_seconds),
        server_zone=config.time_zone,
        host_name=platform.node() or "unnamed",
        version=version(),
    )
    soap = make_soap_application(conversation)
    pages = create_web(
        database,
        sign_in,
        secret_key=config.secret_key,
        passwords=passwords,
        server_zone=config.time_zone,
        first_owner_code=first_owner_code,
    )

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if path == SOAP_PATH or path.startswith(SOAP_PATH + "/"):
            return soap(environ, start_response)
        return pages(environ, start_response)

    return ProxyFix(application, x_for=1, x_proto=1, x_host=1) if behind_proxy else application


def make_server(application: WSGIApplication, host: str, port: int, *, behind_proxy: bool = False) -> Server:
    """A web server for it; port 0 takes a free one. Raises OSError where the address can't be had."""
    socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # says of a bad host what is wrong with it
    server = create_server(
        application,
        host=host,
        port=port,
        threads=THREADS,
        ident="Connex",
        channel_timeout=IDLE_CONNECTION_SECONDS,
        connection_limit=MAX_CONNECTIONS,
        max_request_body_size=MAX_BODY_BYTES + BODY_MARGIN_BYTES,
        clear_untrusted_proxy_headers=not behind_proxy,
    )
    return Server(host=host, port=_port(server), run=server.run, close=server.close)


def _port(server: Any) -> int:
    """The port that is listened on; a host with several addresses has a list of them."""
    several = getattr(server, "effective_listen", ())
    return int(several[0][1] if several else server.effective_port)
