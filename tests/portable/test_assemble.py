"""One model call from a conversation: what is kept, what is left out, and that calls keep their results."""

from clawft.core.errors import ProviderError
from clawft.core.messages import Message, ToolCall, ToolSchema
from clawft.pipeline.assemble import INTERRUPTED_RESULT, Limits, assemble, estimated_tokens

SYSTEM = Message("system", "be brief")


def limits(window=1000, max_tokens=100):
    return Limits(window, max_tokens, 0.5, is_streamed=False)


def contents(call):
    return [message.content for message in call.messages]


def exchange(number, size=10):
    return [Message("user", "q" + str(number) + " " * size), Message("assistant", "a" + str(number))]


def test_a_short_conversation_goes_along_whole():
    call = assemble("m", SYSTEM, exchange(1) + [Message("user", "now")], (), limits())
    assert [message.role for message in call.messages] == ["system", "user", "assistant", "user"]
    assert call.model == "m"
    assert call.max_tokens == 100
    assert call.temperature == 0.5
    assert call.stream is False


def test_the_oldest_exchanges_are_left_out_first():
    history = []
    for number in range(50):
        history.extend(exchange(number, 200))
    history.append(Message("user", "now"))
    call = assemble("m", SYSTEM, history, (), limits())
    kept = contents(call)
    assert kept[0] == "be brief"
    assert kept[-1] == "now"
    assert kept[1].startswith("q")
    assert kept[-2] == "a49"
    assert 4 < len(kept) < len(history)
    assert sum([estimated_tokens(message) for message in call.messages]) <= 900


def test_tool_schemas_count_against_the_window():
    history = []
    for number in range(20):
        history.extend(exchange(number, 100))
    history.append(Message("user", "now"))
    tool = ToolSchema("t", "x" * 1200, {"type": "object"})
    with_tool = assemble("m", SYSTEM, history, (tool,), limits())
    without = assemble("m", SYSTEM, history, (), limits())
    assert len(with_tool.messages) < len(without.messages)


def test_history_that_lost_its_question_is_left_out():
    history = [
        Message("tool", "r", tool_call_id="1", name="t"),
        Message("assistant", "late"),
        Message("user", "now"),
    ]
    assert contents(assemble("m", SYSTEM, history, (), limits())) == ["be brief", "now"]


def test_a_tool_call_without_a_result_gets_one_that_says_interrupted():
    calls = (ToolCall("1", "a", "{}"), ToolCall("2", "b", "{}"))
    history = [
        Message("user", "go"),
        Message("assistant", "", tool_calls=calls),
        Message("tool", "r2", tool_call_id="2", name="b"),
        Message("user", "again"),
    ]
    messages = assemble("m", SYSTEM, history, (), limits()).messages
    assert [message.role for message in messages] == ["system", "user", "assistant", "tool", "tool", "user"]
    assert messages[3].tool_call_id == "1"
    assert messages[3].content == INTERRUPTED_RESULT
    assert messages[3].is_error
    assert messages[4].content == "r2"


def test_a_result_without_its_call_is_left_out():
    history = [
        Message("user", "go"),
        Message("tool", "r", tool_call_id="9", name="t"),
        Message("user", "again"),
    ]
    assert contents(assemble("m", SYSTEM, history, (), limits())) == ["be brief", "go", "again"]


def test_old_tool_results_of_this_turn_are_shortened_to_fit():
    history = [Message("user", "go")]
    for number in range(4):
        call = ToolCall(str(number), "t", "{}")
        history.append(Message("assistant", "", tool_calls=(call,)))
        history.append(Message("tool", "x" * 1500, tool_call_id=str(number), name="t"))
    messages = assemble("m", SYSTEM, history, (), limits(1100)).messages
    assert len(messages) == 10
    assert "left out" in messages[3].content
    assert len(messages[-1].content) == 1500


def test_a_message_that_cannot_fit_is_an_error():
    try:
        assemble("m", SYSTEM, [Message("user", "x" * 9000)], (), limits())
    except ProviderError as error:
        assert error.kind == "context_too_long"
        assert not error.retryable
        assert "larger" in error.message
    else:
        raise AssertionError("expected ProviderError")


def test_the_answer_takes_at_most_half_of_a_small_window():
    call = assemble("m", SYSTEM, [Message("user", "hi")], (), limits(window=1000, max_tokens=8192))
    assert call.max_tokens == 500


def test_the_estimate_is_not_below_one_token_a_character_outside_ascii():
    assert estimated_tokens(Message("user", "漢" * 90)) >= 90
    assert estimated_tokens(Message("user", "a" * 400)) >= 100
