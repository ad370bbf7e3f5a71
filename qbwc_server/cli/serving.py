"""The server, and whether the installation is in order."""

from __future__ import annotations

import errno
import os
import signal
import sys
from importlib import metadata

import click

from qbwc_server.access.passwords import make_password
from qbwc_server.cli.root import DISTRIBUTION, cli
from qbwc_server.cli.terminal import configuration, fail, json_option, opened_database, print_json
from qbwc_server.store import people

_LISTEN_ADVICE = {
    errno.EADDRINUSE: "Is another server running? Try another --port.",
    errno.EACCES: "This user may not take that port; try another --port.",
}


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option(
    "--behind-proxy", is_flag=True, help="One reverse proxy is in front and says who calls, and by what address."
)
def serve(host: str, port: int, behind_proxy: bool) -> None:
    """Run the server: SOAP endpoint and web pages."""
    from qbwc_server.app import make_application, make_server

    config = configuration()
    with opened_database(config) as database:
        with database.reading() as session:
            code = "" if people.count(session) else make_password()
        application = make_application(config, database, behind_proxy=behind_proxy, first_owner_code=code)
        try:
            server = make_server(application, host, port, behind_proxy=behind_proxy)
        except OSError as error:
            advice = _LISTEN_ADVICE.get(error.errno or 0, "Give an address of this machine as --host.")
            fail(f"can't listen on {host}, port {port}: {error.strerror}. {advice}")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        click.echo(f"Connex {metadata.version(DISTRIBUTION)} listens on {server.url}")
        if code:
            click.echo(
                "Nobody can sign in to the pages yet. Open that address in a browser and give this code, which makes "
                f"the owner's account and is good until there is one: {code}"
            )
        sys.stdout.flush()
        server.run()


@cli.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """Check the installation and say what to do."""
    from qbwc_server import doctor as examination

    findings = examination.examine(os.environ)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{finding.level.value:8}{finding.what}")
            if finding.advice:
                click.echo(f"        {finding.advice}")
    if any(finding.level is examination.Level.PROBLEM for finding in findings):
        sys.exit(1)
