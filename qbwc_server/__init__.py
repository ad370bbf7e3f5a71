"""Connex: brings refunds of web orders into QuickBooks Desktop through the Web Connector."""
