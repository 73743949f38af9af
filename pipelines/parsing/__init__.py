"""Text as values, in SQL: what counts as nothing, and how numbers and moments are written."""
