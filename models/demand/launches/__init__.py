"""Products not yet sold: which to take in, and which of those just launched to stop, by how earlier launches went."""
