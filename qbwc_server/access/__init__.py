"""Who may come in: passwords, tickets of Web Connector sessions, and limits on attempts to guess."""
