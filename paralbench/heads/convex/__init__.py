"""The algebra of the convex head: standardisation, inner folds, ridge, logistic, stacking."""
