"""The self-check as the program runs it: with the prompt's own marks, kept results, pictures of them."""
