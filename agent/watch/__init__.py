"""Watchers: each says which conditions hold now; `agent.events.settle` makes events of what is new and ends what is over."""
