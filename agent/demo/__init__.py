"""Realistic LLM traffic with known waste and known truth: five applications in four log formats.

Seeded, pure and streaming: `traffic` yields records in the order in which they were sent, in memory that does not grow
with time; `Truth` watches a run and states what a pipeline must find in it (fields: `agent.demo.ledger`).

| application       | log                              | what is wrong with it                                         |
|-------------------|----------------------------------|---------------------------------------------------------------|
| support-bot       | OpenAI Chat Completions          | a clock above 2,000 static tokens: nothing is cached          |
| faq-bot           | Anthropic Messages               | the same questions in other words; a mark below the minimum   |
| invoice-extractor | LiteLLM StandardLoggingPayload   | nothing; a narrow task, a candidate for tuning                |
| agent-coder       | OpenAI Responses                 | tools in another order each time: every step is written anew  |
| hr-helper         | OTLP spans and events            | nothing worth touching: forty calls a day                     |
"""

from agent.demo.ledger import Truth
from agent.demo.record import Sent
from agent.demo.stream import traffic, truth
from agent.demo.texts import intent_of

__all__ = ["Sent", "Truth", "intent_of", "traffic", "truth"]
