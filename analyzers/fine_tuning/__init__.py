"""When a tuned model pays, and when the answer is plainly no."""
