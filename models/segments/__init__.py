"""Who the shop's customers are as of a day: group, stage, scores and health; and how they move between groups."""
