"""A dataset to tune on, made of a task's good answers: anonymised, without repeats, split by time and conversation."""
