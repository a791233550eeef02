"""When a tuned model pays, when the answer is plainly no, and which problem it is in the first place.

Method. Each task (calls of one app that share a template) climbs an order of resort and stays on the first rung that holds: too little to
tell; knowledge fails (retrieval); prompt caching still saves a tenth of the bill; JSON is missed that no schema enforces; a cheaper model
answers as well in the log; capability fails (a better base); the arithmetic; a trial that was made. Every verdict names the number
that decided it and what would turn it.

Signals. Knowledge, behaviour and capability are shares of the calls that show at least one failure of the kind; they are never blended. An
axis fails when the lower 95 % bound (Wilson) of its share is above 2 %. Knowledge above behaviour is retrieval, whatever tuning would cost.

Tasks and kinds. A task is what one template sends. Where it is of several kinds of request (of a tenth of its calls or more), each is judged
as if it were a task by itself. Kinds that one model serves better than one for each would (what is paid whatever the volume is paid once) are judged as one.
Where the whole does not pay, these and the kinds that pay by themselves are recommended; where it does, it alone.

Figures decide no rung. Of requests: narrowness (mean cosine of all pairs of different texts: 1 is one text over and over), output_entropy
(Shannon, in bits, of the answers in one form) and output_variety (as a share of what it would be if no two were equal), top_output (share
of the most frequent answer), output_gzip (compressed size of different answers), share_of_spend (of the app's), variation_day and
variation_week (standard deviation over mean), kinds_shift (population stability index of the shares of kinds, second half of the
period against the first: above 0.25 what was learnt grows old). Of calls: asked_again (the next message asks nearly the same or says no: a hint), rated_badly,
refused (for policy, or stopped by a filter: such requests belong into the evaluation), identifiers_per_1000 texts (what anonymising has to
find), first_token_p95_s and first_token_by_length (longest against shortest quarter of prompts: whether a shorter prompt answers sooner),
prompt_changes_week and failing_since_change (below 0: prompting still helps), alike_prompts (of the app, that share eight tenths of their runs of five
words: merge them first).

Arithmetic. V* = F / (C_alt - C_ft) calls a month: F is all that is paid whatever the volume (hosting by whole units of capacity, storage,
training and retraining, evaluation, people), C_ft a tuned call with the shorter prompt and a share of calls that still go to the old
model, C_alt the best that can be had without tuning, after caching and a proven cheaper model. A prompt cut below the caching minimum is
not cached any more. A route that is closed, cannot train on tools where they are used, or whose prices are older than allowed is out;
where all prices are too old there is no verdict. What it takes to build must come back within half of the time that a route can be counted on: above the
break-even and below the volume from which it does, the verdict is "not yet" and names that volume.

After training. Calls of a tuned model are a trial of the task of the application whose prompt they have; where what was tuned in is left out of the prompt, of
the task whose requests and answers theirs are as alike to as these are to one another (within a fifth), if no other task fits nearly as well.

Assumptions. People, retraining, the share of the prompt that tuning removes and the fall of list prices are settings
(`[fine_tuning.assumptions]`); prices are rows with source and date (`routes.toml`). The tuned model is taken to be as good as the
old one: only a trial can tell, so the best verdict without one is "try it".
"""
