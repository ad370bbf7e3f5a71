"""Pages of the web interface, as package data of qbwc_server.templates."""
