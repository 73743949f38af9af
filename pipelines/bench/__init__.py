"""The bench: how right Regulars is, measured on data whose truth is known."""
