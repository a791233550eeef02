"""Contents, tools and settings of Gemini's generateContent, as parts, in the names of the API or of its SDKs."""

from __future__ import annotations

from typing import Any

from analyzers.core import Message, Part, PartKind, Role
from collectors.fields import mapping, parameters
from collectors.formats.chat_parts import stand_in, written

_SETTINGS = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxOutputTokens": "max_output_tokens",
    "candidateCount": "n",
    "stopSequences": "stop_sequences",
    "seed": "seed",
    "responseMimeType": "response_mime_type",
    "responseSchema": "response_schema",
    "responseJsonSchema": "response_schema",
    "thinkingConfig": "thinking",
    "toolConfig": "tool_choice",
    "cachedContent": "cached_content",
    "serviceTier": "service_tier",
}


def snake(name: str) -> str:
    """`maxOutputTokens` as the Python SDK writes it: max_output_tokens."""
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


_NAMED = {name: to for given, to in _SETTINGS.items() for name in (given, snake(given))}


def either(source: dict[str, Any], name: str) -> Any:
    """A field under the API's name or the SDK's; None without either."""
    found = source.get(name)
    return source.get(snake(name)) if found is None else found


def gemini_settings(*sources: dict[str, Any]) -> dict[str, Any]:
    """Parameters of the request under their common names."""
    found: dict[str, Any] = {}
    for source in sources:
        found |= {_NAMED[name]: value for name, value in source.items() if name in _NAMED and value is not None}
    return parameters(found, frozenset(found))


def gemini_tools(tools: object) -> tuple[Part, ...]:
    """One part for every declared function, and for every other tool, in their order."""
    found: list[Part] = []
    for tool in tools if type(tools) is list else ():
        declared = either(tool, "functionDeclarations") if type(tool) is dict else None
        for one in declared if type(declared) is list else (tool,):
            found.append(Part("tool_definition", written(one)))
    return tuple(found)


def gemini_messages(contents: object) -> tuple[Message, ...]:
    """The turns; a text alone, or in a list, is the user's."""
    turns = contents if type(contents) is list else [contents]
    found: list[Message] = []
    for turn in turns:
        parts = gemini_parts(turn)
        if parts:
            found.append(Message(_role(turn), parts))
    return tuple(found)


def _role(turn: object) -> Role:
    named = turn.get("role") if type(turn) is dict else None
    if named == "model":
        return "assistant"
    return "tool" if named == "function" else "user"


def gemini_parts(content: object) -> tuple[Part, ...]:
    """The parts of a content, of a list of parts, or of a text."""
    if type(content) is str:
        return (Part("text", content),) if content else ()
    given = content.get("parts", content) if type(content) is dict else content
    parts = given if type(given) is list else [given]
    return tuple(part for one in parts if (part := _part(one)) is not None)


def _part(raw: object) -> Part | None:
    if type(raw) is str:
        return Part("text", raw) if raw else None
    if type(raw) is not dict:
        return None
    text = raw.get("text")
    if type(text) is str:
        return Part("reasoning" if raw.get("thought") is True else "text", text) if text else None
    call = either(raw, "functionCall")
    if type(call) is dict:
        return Part(
            "tool_call", written({"id": call.get("id"), "name": call.get("name"), "arguments": call.get("args")})
        )
    answer = either(raw, "functionResponse")
    if type(answer) is dict:
        return Part("tool_result", written(answer.get("response")))
    media = either(raw, "inlineData") or either(raw, "fileData")
    if type(media) is dict:
        return Part(_media(either(media, "mimeType")), stand_in(media))
    known = {name: value for name, value in raw.items() if value is not None}
    return Part("other", stand_in(known)) if known.keys() - {"thoughtSignature", "thought_signature", "role"} else None


def _media(mime: object) -> PartKind:
    kind = mime.partition("/")[0] if type(mime) is str else ""
    return "image" if kind == "image" else "audio" if kind == "audio" else "file"


def joined(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer that the chunks of a stream stand for: their parts in order, everything else from the last that has it."""
    whole: dict[str, Any] = {}
    parts: list[Any] = []
    finish = None
    for chunk in chunks:
        whole.update({name: value for name, value in chunk.items() if value is not None})
        candidates = chunk.get("candidates")
        candidate = mapping(candidates[0]) if type(candidates) is list and candidates else {}
        finish = either(candidate, "finishReason") or finish
        pieces = mapping(candidate.get("content")).get("parts")
        for piece in pieces if type(pieces) is list else ():
            _append(parts, piece)
    whole["candidates"] = [{"content": {"role": "model", "parts": [_whole(part) for part in parts]}}]
    whole["candidates"][0]["finishReason"] = finish
    return whole


class _Text:
    """Pieces of one text, spoken or thought."""

    def __init__(self, *, thought: bool, piece: str) -> None:
        self.thought = thought
        self.pieces = [piece]


def _append(parts: list[Any], piece: Any) -> None:
    text = mapping(piece).get("text")
    if type(text) is not str:
        parts.append(piece)
        return
    thought = piece.get("thought") is True
    last = parts[-1] if parts else None
    if type(last) is _Text and last.thought is thought:
        last.pieces.append(text)
    else:
        parts.append(_Text(thought=thought, piece=text))


def _whole(part: Any) -> Any:
    return {"thought": part.thought, "text": "".join(part.pieces)} if type(part) is _Text else part
