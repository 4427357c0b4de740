"""Results packed for the leaderboard, and everything that a reviewer's machine checks of them."""
