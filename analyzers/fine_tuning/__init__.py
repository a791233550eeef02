"""When a tuned model pays, when the answer is plainly no, and which problem it is in the first place.

Method. Each task (calls of one app that share a template) climbs an order of resort and stays on the first rung that holds: too little to
tell; knowledge fails (retrieval); prompt caching still saves a tenth of the bill; JSON is missed that no schema enforces; a cheaper model
answers as well in the log; capability fails (a better base); the arithmetic; a trial that was made. Every verdict names the number
that decided it and what would turn it.

Signals. Knowledge, behaviour and capability are shares of the calls that show at least one failure of the kind; they are never blended. An
axis fails when the lower 95 % bound (Wilson) of its share is above 2 %. Knowledge above behaviour is retrieval, whatever tuning would cost.

Arithmetic. V* = F / (C_alt - C_ft) calls a month: F is all that is paid whatever the volume (hosting by whole units of capacity, storage,
training and retraining, evaluation, people), C_ft a tuned call with the shorter prompt and a share of calls that still go to the old
model, C_alt the best that can be had without tuning, after caching and a proven cheaper model. A prompt cut below the caching minimum is
not cached any more. A route that is closed, stops before twice the payback, cannot train on tools where they are used, or whose prices
are older than allowed is out; where all prices are too old there is no verdict.

Assumptions. People, retraining, the share of the prompt that tuning removes and the fall of list prices are settings
(`[fine_tuning.assumptions]`); prices are rows with source and date (`routes.toml`). The tuned model is taken to be as good as the
old one: only a trial can tell, so the best verdict without one is "try it".
"""
