"""One customer: which ids of the shop's systems are one person, found by what they have in common.

Keys are normalised and kept as keyed hashes; in clear they are in the engine of one ingest only. Links of equal keys
come first, then those of a probabilistic model, then a person decides on the doubtful. Nothing is overwritten: facts
keep the id that their source wrote, so that a link can be taken back.
"""
