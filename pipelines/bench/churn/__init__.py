"""How well churn is told, by the product and by what a data scientist would pick instead, on shops that are known."""
