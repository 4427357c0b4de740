"""The leaderboard as pages: no server, no network, the same bytes for the same results."""
