"""The web pages: what became of each refund and why, the connections and their settings, help, health and metrics.

Pages read the store and show it; the one thing they change is a connection's settings.
"""

from qbwc_server.web.application import create_web

__all__ = ["create_web"]
