"""Response caching: what a cache of answers in front of the provider would hit, exactly or by similarity, and how often it would be wrong.

Method. A call is eligible when its answer could serve another call: counted by reason are those that could not (tools at work, data of
one person, answers that hold for the moment, a conversation that nobody else has, ...). A hit is possible only inside one scope: same app,
environment, prompt, tools, model, parameters that change an answer, tenant, and the same messages around the question. The exact
cache looks up the request as it was sent; the semantic one the vector of the last question, within its scope. Both are replayed over
the log as such caches run: a miss is inserted when its answer is there, a served request is not inserted, an entry lives for its lifetime
from then on, and of more entries than fit the least recently used goes. That a served request is not inserted matters: a question that
is once answered wrongly goes on being answered wrongly, and a count of near pairs that forgets it finds too few wrong answers.

Wrong answers. The log has the answer that the later call really got. For the hits of the replay at each threshold it is compared with
the answer that the cache would have served: numbers, names, negation, fields of JSON, then meaning. Where the comparison cannot tell, the pair
counts as not judged; verdicts of your own (`hone judge`) go before it. Hits of the very same request are not charged: that a model answers
one prompt in two ways is reported apart, as noise. Pairs that are asked often are all judged and counted; of the rest requests are drawn
by hash until the budget of pairs is used up, the same draws for every threshold.

Formula. wrong rate <= (wrong among the counted + hits left * U(wrong drawn, n)) / eligible calls, with U the upper end of
Clopper and Pearson's 95 % interval and n the effective number of draws, (sum of weights)^2 / sum of squared weights: repeats of one pair say
less than their number. The recommended threshold is the one that saves most among those whose bound is at most 0.8 of `max_wrong_rate`,
looked for from the strictest down to the first that fails, so that looking at many costs no confidence; it is then judged once more
on other draws, and that figure is the one reported. None is an answer too.

Saving = what the calls that would be served cost once what the plan says of their prompts is done, less a vector for every call (`[response_caching.costs]`,
modelled at 4 bytes a token) and room for what the cache holds. Calls without a price save nothing here. A hit rate's interval is
that of other periods of the same traffic (batch means); it knows nothing of traffic that changes.

Limits. The bound speaks of the calls of the log. Thresholds hold for the named embedding model alone. Where half of the requests or more
bring a vector of their own (`embedding`), they are replayed with these, without a budget, and the others are left out. Of more questions than
`[response_caching] embed_characters` each app's newest calls are replayed, and rates and savings are theirs. Where these are less than a quarter of
all, all are replayed with a static model that learned from the vectors of the newest; its
thresholds are those that as many of `verified_lookups` drawn look-ups reach as reach the model's own, and the intervals hold the error of
drawing. Wrong answers are judged on look-ups too, and the recommended threshold on an exact replay of the newest calls.
"""
