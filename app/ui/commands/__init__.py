"""What can be done: the commands with their keys, the palette that finds them, the page that lists them."""
