"""Writes what the clients have from the OpenAPI document; a test holds the files to it."""
