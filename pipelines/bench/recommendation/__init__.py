"""How well next products are told, by the product and by what others would pick instead, on shops that are known."""
