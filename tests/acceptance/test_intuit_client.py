"""A SOAP client generated from Intuit's own WSDL goes through a whole session."""

from __future__ import annotations

from pathlib import Path

import zeep

from qbsim import Company, QuickBooks
from tests.acceptance.processes import a_shop, connex, connex_json, environment, password_of, serving
from tests.shared import shared_path

HCP = (
    '<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="13.0"?>\n<QBXML><QBXMLMsgsRq onError="continueOnError">'
    '<HostQueryRq requestID="0"/><CompanyQueryRq requestID="1"/><PreferencesQueryRq requestID="2"/>'
    "</QBXMLMsgsRq></QBXML>"
)


def test_a_client_from_intuits_wsdl_enters_every_refund(tmp_path: Path) -> None:
    file = shared_path("qbxml", "wsdl", "flowlink_quickbooks_desktop_integration.wsdl")
    env = environment(tmp_path)
    kept = a_shop(tmp_path / "kept", refunds=12)
    password = password_of(connex("connection", "add", "shop", env=env).stdout)
    connex("import", "shop", str(kept / "orders.json"), env=env)
    quickbooks = QuickBooks(Company.load(kept / "company.json"))
    quickbooks.begin_session()
    with serving(env, tmp_path) as url:
        client = zeep.Client(str(file))
        binding = next(name for name in client.wsdl.bindings if "12" not in str(name))
        service = client.create_service(binding, f"{url}/qbwc")
        ticket, company_file = service.authenticate(strUserName="shop", strPassword=password)
        assert not company_file
        described, percent = quickbooks.process(HCP).response, 0
        while percent < 100:
            request = service.sendRequestXML(ticket, described, "C:\\Books\\Shop.qbw", "US", 16, 0)
            assert request
            answer = quickbooks.process(request)
            percent, before = service.receiveResponseXML(ticket, answer.response, "", ""), percent
            assert percent >= before >= 0
            described = ""
        assert service.closeConnection(ticket) == "OK"
        rows = connex_json("refunds", "shop", env=env)
    assert {row["status"] for row in rows} <= {"posted", "skipped", "review"}
    assert sum(row["status"] == "posted" for row in rows) >= 9
