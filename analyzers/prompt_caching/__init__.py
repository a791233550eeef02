"""Prompt caching at the provider: how much input is read from its cache, how much could be, and what stands in the way.

Method. Every call becomes the sequence that the provider hashes: settings, tools, system, messages. The provider's cache is
run over all calls in the order of their start, by the provider's own published rules (`rules.toml`: minimum, increment or
breakpoints, lifetime, look-back, prices of writing and reading, each with source and date): an entry lives for its
lifetime after the start of the request that last wrote or read it, and can be read once that request has begun to be
answered (where the log does not tell when, its output is taken to be made at 60 tokens a second). The same calls are run under other regimes beside it: with the faults below mended, with only what is read again
ever written, and without expiry and minimum.

Faults. Calls that share a prompt are found from their texts: lines of tools and system that come back in several conversations
are a template's static part. What breaks a shared prefix is looked for in two ways: by comparing each request with the one before it
in its conversation, and by comparing conversations with one another; on the bytes as they are, and in a canonical form
(sorted keys, one kind of white space), because equal canonical forms with different bytes are faults of their own.
A fault is named only if mending it pays: its repair is applied to the calls of the log, the cache is run again, and the difference is
its saving. Faults are mended in the order of the prefix, and each saving is what is left after those before it (one that brings
next to nothing as long as another is there comes behind that); together they are the difference between today's cost and that of
the mended log. A few versions of a prompt or of its tools side by side, each used again and again, are no fault. A repair that saves less than 0.4 % of the
template's input cost (1 % for settings and breakpoints) is not mentioned.

Kinds. In front of what stays: timestamp_before_static (a clock), random_id_before_static, user_data_before_static,
memory_before_static (a text found for the question or the turn), state_before_history (what is renewed from turn to turn or from time
to time), chunk_order (the same pieces in another order), key_order, whitespace_drift, prefix_rebuilt (a conversation whose prompt is put
together anew), tool_order, tool_set_varies, tool_text_varies. In the history: history_reserialized (the same JSON in other bytes),
history_edited (old messages say something else), history_truncated (the oldest are dropped), history_pruned (old tool results are
replaced), history_compacted (summed up again and again), message_ids_rerendered, last_message_extended. In what is sent with it: model_switch, settings_toggle, cache_key_unstable, cache_key_missing, idle_gap (a longer lifetime pays), wrong_ttl (the shorter one
does), keep_warm, parallel_fanout (calls that do not wait for the first answer), below_minimum, caching_not_enabled, caching_loses,
breakpoint_on_variable, breakpoint_missing, lookback_exceeded, marker_lost.

Over. A fault that only older calls have is none: at least 100 calls over at least a day came since the last one that lost by it, four times as many as
ever came between two of these. So is all of a prompt that nobody sends any more. What they cost is spent and in no saving; under the prompts left alone
stands until when it was.

Pings. Where the provider's lifetime is a promise, an entry that calls come back to too late can be kept: what they share, or a conversation's last
request, is sent again after 90 % of the lifetime unused, with one token of output, so many times in a row as the pauses of the log make
cheapest. It is proposed where the calls with these pings cost a quarter less than without and than under the other lifetime; pings are priced as
calls, are no calls of anybody's in hit ratios, and those that keep what nobody comes back to are paid for.

Formula. cost = uncached * p + read * p * r + written * p * w, with p the price of input on the day of the call (genai-prices or your
own) and r, w of the price list, or of the rule where the list has none. Writing everything pays from a hit ratio of
(w - 1) / (w - r) on: 21.7 % for 1.25 and 0.1, 52.6 % for 2 and 0.1.

Sizes. A log tells the tokens of a whole prompt, not of its parts. Tokens a byte are fitted to the logged totals for each model and
prompt, apart for tools, system, prose and JSON; sizes follow from the text alone, so that equal prefixes are equal, and the parts of
a call add up to its logged total.

Availability. Routing and eviction make real hits rarer than identical prefixes allow. For each provider, model and use of a
cache key the share that was really read of what the rules promise is learnt from the log, and every forecast is multiplied
by it; a shortfall while the bytes were the same is never called a fault of the prompt. Where a provider documents
no exact lifetime, the one that explains the reported reads best is assumed.

Hit ratios are tokens read for each token of input; where it says "mean of calls", every call counts alike.
"""
