"""How fast the service answers, beside the least that any service would have to do."""
