"""Who may be contacted, and whom to leave in peace: what every list of customers goes by."""
