"""Folds, leak audit, fitting, predicting, scoring."""
