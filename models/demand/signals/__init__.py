"""Outside signals in demand: what is known of them, how series respond, and what that makes of a forecast."""
