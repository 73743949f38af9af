"""A merchandiser's rules over recommendation: what may be shown, to whom, where in the list, and how much of it.

They work after scoring, in files and in the service alike; training and evaluation do without. One rule is one class
in one module; `kinds` says in which order they work.
"""
