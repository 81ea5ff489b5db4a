"""The database: PostgreSQL, embedded or your own."""
