"""The BentoML service: endpoints, hot reload, limits."""
