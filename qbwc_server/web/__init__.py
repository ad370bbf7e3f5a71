"""The web pages: first steps, what became of each refund and why, connections and how they are, people, help, metrics.

Pages read the store and change it by its own functions alone, so that what a page does and a command does is the same.
"""

from qbwc_server.web.application import create_web

__all__ = ["create_web"]
