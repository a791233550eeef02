"""What whoever writes a log may write, made safe to show."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agent.printable import json_inert


@given(st.text(st.characters(max_codepoint=0x2FF)))
def test_json_holds_no_control_character_and_says_the_same(said: str) -> None:
    document = json_inert(json.dumps({said: [said]}, ensure_ascii=False))
    assert not any(unicodedata.category(char) == "Cc" for char in document)
    assert json.loads(document) == {said: [said]}
