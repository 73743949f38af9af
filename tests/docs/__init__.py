"""What the docs say is so."""
