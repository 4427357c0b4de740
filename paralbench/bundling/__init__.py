"""Making a screener of a result: refit, calibrate, describe."""
