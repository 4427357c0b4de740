"""What every page shares: charts, styles and templates."""
