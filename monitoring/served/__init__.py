"""What the service really said, held against what came of it: feedback, and the orders once the horizon has passed.

Performance scores a window again with the version of now; here the answers themselves are measured, whatever
version gave them, with what was missing and all.
"""
