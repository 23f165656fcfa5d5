"""The review of code in the window: findings, the code that they are about, what to do about them."""
