"""One command of `hone` a file; heavy imports happen inside the functions."""
