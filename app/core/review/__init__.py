"""Review of code: findings that are tied to real lines, each held against them."""
