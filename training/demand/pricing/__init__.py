"""How demand answers to prices and promotions: learnt from the shop's own weeks, cause kept apart from season."""
