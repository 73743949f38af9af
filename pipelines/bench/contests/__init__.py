"""What every bench of forecasts shares: shops with their data, who may be asked, and who is ahead."""
