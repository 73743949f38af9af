"""What a list is besides accurate: the customer's own mix, caps per category and brand, places to explore.

`own_mix` reorders, `group_caps` bounds, `exploration` draws; the
pipeline applies them after the scores and before a merchandiser's places.
"""
