"""Two server processes on one database, which get every call of a Web Connector at the same instant: each refund is
entered once, and the books are those that one server leaves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from qbsim import Company, QuickBooks
from qbsim.web_connector.soap import CallFailed, SoapClient
from tests.acceptance.processes import a_shop, connex, connex_json, environment, password_of, serving, without_time

CALL_SECONDS = 60
MAX_SESSIONS = 12
REFUNDS = 12


class Pair:
    """A Web Connector both of whose servers are called at once; only one of the two answers is followed."""

    def __init__(self, urls: list[str], password: str, quickbooks: QuickBooks) -> None:
        self.clients = [SoapClient(f"{url}/qbwc", CALL_SECONDS) for url in urls]
        self.password, self.quickbooks = password, quickbooks
        self.pool = ThreadPoolExecutor(len(urls))
        self.written: list[str] = []  # every set that writes, as it was handed out

    def call(self, operation: str, arguments: dict[str, str | int]) -> list[list[str]]:
        """What each server says; nothing from one that answered with a fault."""
        start = threading.Barrier(len(self.clients))

        def one(client: SoapClient) -> list[str]:
            start.wait(CALL_SECONDS)
            try:
                return client.call(operation, arguments)
            except CallFailed:
                return []

        return list(self.pool.map(one, self.clients))

    def session(self) -> bool:
        """One session, in which whichever server gives out a set is the one whose set is worked; whether there was
        work."""
        begun = self.call("authenticate", {"strUserName": "shop", "strPassword": self.password})
        tickets = [said[0] for said in begun if len(said) < 2 or said[1] == ""]
        if not tickets:
            return False
        self.quickbooks.begin_session()
        live = [ticket for ticket in tickets if self._goes_on(ticket)]
        assert len(live) <= 1, "two sessions of one connection are open at once"
        self.quickbooks.end_session()
        return True

    def _goes_on(self, ticket: str) -> bool:
        """Whether there was work for the ticket, which is done to its end."""
        worked = False
        while True:
            arguments: dict[str, str | int] = {
                "ticket": ticket, "strHCPResponse": "", "strCompanyFileName": "C:\\Books\\Shop.qbw",
                "qbXMLCountry": "US", "qbXMLMajorVers": 16, "qbXMLMinorVers": 0,
            }  # fmt: skip
            requests = [said[0] for said in self.call("sendRequestXML", arguments) if said and said[0]]
            if not requests:
                self.call("closeConnection", {"ticket": ticket})
                return worked
            worked = True
            assert len(set(requests)) == 1, "two servers gave out different sets for one ticket"
            request = requests[0]
            if "CreditMemoAddRq" in request:
                self.written += requests
            answer = self.quickbooks.process(request)
            arguments = {
                "ticket": ticket, "response": answer.response, "hresult": answer.hresult, "message": answer.message
            }  # fmt: skip
            percents = {int(said[0]) for said in self.call("receiveResponseXML", arguments) if said}
            assert len(percents) == 1, f"the servers say of one answer: {percents}"
            if percents.pop() >= 100:
                self.call("closeConnection", {"ticket": ticket})
                return worked


def entered(env: dict[str, str], urls: list[str], password: str, company: Company) -> tuple[Any, list[str]]:
    """The refunds after all is done by the servers at these addresses, and the sets that wrote."""
    pair = Pair(urls, password, QuickBooks(company))
    for _ in range(MAX_SESSIONS):
        if not pair.session():
            break
    for client in pair.clients:
        client.close()
    return without_time(connex_json("refunds", "shop", env=env)), pair.written


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_servers_that_answer_the_same_ticket_at_once_enter_each_refund_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    kept = a_shop(tmp_path / "kept", refunds=REFUNDS)
    found = {}
    for servers in (1, 2):
        folder = tmp_path / str(servers)
        folder.mkdir()
        env = environment(folder, CONNEX_SECRET_KEY="k" * 40)
        if kind == "postgresql" and servers == 2:
            url = make_url(request.getfixturevalue("postgresql_database_url"))
            env["CONNEX_DATABASE_URL"] = url.render_as_string(hide_password=False)
        password = password_of(connex("connection", "add", "shop", env=env).stdout)
        connex("import", "shop", str(kept / "orders.json"), env=env)
        company = Company.load(kept / "company.json")
        with ExitStack() as stack:
            urls = [stack.enter_context(serving(env, folder)) for _ in range(servers)]
            rows, written = entered(env, urls, password, company)
        assert written, "nothing was entered"
        assert len(written) == len(set(written)), "a set that writes was given out twice"
        found[servers] = (rows, company.trial_balance())
    for alone, together in zip(found[1][0], found[2][0], strict=True):
        assert alone == together
    assert found[1][1] == found[2][1]
