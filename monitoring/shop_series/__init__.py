"""The shop's order lines as weekly series (of the whole, its categories, regions and stores), judged by their past."""
