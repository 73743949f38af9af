"""The online store: one packed row per entity and view, in SQLite, PostgreSQL or Valkey/Redis; also Feast's plugin."""
