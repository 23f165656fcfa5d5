"""Ways to run a model behind one interface: a local child process now; other machines and servers later."""
