"""Two versions of a model side by side, made once and kept: what decides between them, on one page."""
