"""A file of orders with one refund that is good and one that is not."""

from __future__ import annotations

import json
from dataclasses import replace

from qbwc_server.refunds.codec import encode
from tests.web.builders import refund_payload

GOOD = encode(replace(refund_payload("#1001", "R1"), source="shopify"))
BAD = {**encode(refund_payload("#1002", "R2")), "currency": "dollars"}
ORDERS = json.dumps({"refunds": [GOOD, BAD]}).encode()
