"""The reverse question: which customers are most likely to buy a product."""
