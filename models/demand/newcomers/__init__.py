"""New products: too few sales to be forecast by themselves; products alike tell what sells after a launch."""
