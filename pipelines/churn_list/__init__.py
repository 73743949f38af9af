"""The list of whom to win back: who, why, with what, what it is worth, and whom to leave alone to see if it helps."""
