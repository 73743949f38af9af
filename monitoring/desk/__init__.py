"""The review desk: the web page where a reviewer sees every model's state and decides, with a reason."""
