"""Sources, ingest, feature builds and the command line."""
