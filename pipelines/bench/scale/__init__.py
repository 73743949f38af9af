"""`regulars bench scale`: what each step of a shop costs as it grows, in processes that are measured from outside."""
