"""What Connex remembers: tables, queries and migrations, on SQLite by default and PostgreSQL by URL."""
