"""Checks a gateway with OpenAI's own Python client, unchanged.

Usage: check.py URL KEY, of a server with `--http-texts 4`. Ends with 0 and a line when all is well.
"""

import asyncio
import json
import sys
import threading
import time

import openai
from openai import AsyncOpenAI, OpenAI

URL, KEY = sys.argv[1:3]
PROMPT = "def fibonacci(n):"
CHAT = [{"role": "system", "content": "Answer in code."}, {"role": "user", "content": "Sort a list."}]

client = OpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=0)
MODEL = client.models.list().data[0].id


def complete(prompt=PROMPT, **options):
    options = {"max_tokens": 24, "temperature": 0} | options
    return client.completions.create(model=MODEL, prompt=prompt, **options)


def chat(**options):
    options = {"max_completion_tokens": 24, "temperature": 0} | options
    return client.chat.completions.create(model=MODEL, messages=CHAT, **options)


def raises(kind, status, code, call, **options):
    try:
        call(**options)
    except kind as error:
        assert type(error) is kind, (kind, error)
        assert error.status_code == status, error
        assert error.code == code, (error.code, code)
        assert error.request_id, error
        return error
    raise AssertionError(f"{kind.__name__} was not raised for {options}")


def check_lengths():
    for extra in [{"ignore_eos": True}, {"min_tokens": 40}, {"ignore_eos": True, "min_tokens": 40}]:
        answer = complete(max_tokens=40, temperature=1, seed=3, extra_body=extra)
        assert answer.usage.completion_tokens == 40 and answer.choices[0].finish_reason == "length"
    raises(openai.BadRequestError, 400, "out_of_range", complete, max_tokens=4, extra_body={"min_tokens": 5})


def check_models():
    # As the server was told to call it.
    assert [model.id for model in client.models.list().data] == ["served", "also/served"]
    assert client.models.retrieve("also/served").id == "also/served"
    raises(openai.NotFoundError, 404, "model_not_found", client.models.retrieve, model="no-model")


def check_resuming():
    """A stream goes on behind any of its events, with the seed that it had, though none was asked for."""
    options = {"stream": True, "stream_options": {"include_ids": True}, "temperature": 1}
    call = client.completions.with_streaming_response.create
    with call(model=MODEL, prompt=PROMPT, max_tokens=24, **options) as response:
        lines = list(response.iter_lines())
    ids = [line[len("id: "):] for line in lines if line.startswith("id: ")]
    parts = [json.loads(line[len("data: "):])["choices"][0]["text"] for line in lines if line.startswith("data: {")]
    assert len(ids) == len(parts) > 4
    for cut in (0, 3, len(ids) - 1):
        rest = list(complete(extra_headers={"Last-Event-ID": ids[cut]}, **options))
        assert "".join(parts[:cut + 1]) + "".join(part.choices[0].text for part in rest) == "".join(parts)
    options |= {"prompt": "other", "extra_headers": {"Last-Event-ID": ids[0]}}
    error = raises(openai.BadRequestError, 400, "foreign_event_id", complete, **options)
    assert error.param == "Last-Event-ID", error


def check_completions():
    whole = complete()
    text = whole.choices[0].text
    assert whole.object == "text_completion" and whole.model == MODEL and text
    assert whole.choices[0].finish_reason == "length"
    assert whole.usage.completion_tokens == 24
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + 24
    assert whole.model_extra["foretoken"]["statistics"]["generated_tokens"] == 24

    parts = list(complete(stream=True, stream_options={"include_usage": True}))
    assert "".join(part.choices[0].text for part in parts if part.choices) == text
    assert parts[-1].usage == whole.usage.model_copy(update={"prompt_tokens_details": parts[-1].usage.prompt_tokens_details})
    assert all(part.usage is None for part in parts[:-1])
    tokens = [token for part in parts if part.choices for token in part.model_extra["foretoken"]["tokens"]]
    assert len(tokens) == 24

    lookahead = complete(extra_body={"foretoken": {"lookahead": "fixed:4"}})
    assert lookahead.choices[0].text == text
    assert lookahead.model_extra["foretoken"]["lookahead"] == "fixed:4"

    both = complete(prompt=[PROMPT, "import os"])
    assert [choice.index for choice in both.choices] == [0, 1]
    assert both.choices[0].text == text

    assert complete(prompt=tokens, max_tokens=1).usage.prompt_tokens == 24


def check_stops():
    text = complete(max_tokens=60).choices[0].text
    stop = text[len(text) // 2 :][:3]
    expected = text[: text.index(stop)]
    for value in (stop, [stop], ["never in it", stop]):
        stopped = complete(max_tokens=60, stop=value).choices[0]
        assert (stopped.text, stopped.finish_reason) == (expected, "stop"), stopped
        parts = list(complete(max_tokens=60, stop=value, stream=True))
        assert "".join(part.choices[0].text for part in parts) == expected
        assert parts[-1].choices[0].finish_reason == "stop"


def check_seeds():
    def texts(seed):
        return [choice.text for choice in complete(temperature=1, n=2, seed=seed).choices]

    one = texts(1)
    assert one == texts(1)
    # Choices have seeds of their own, one above the other.
    assert one[1] == texts(2)[0] and one[0] != one[1]


def check_logprobs():
    logprobs = complete(logprobs=3).choices[0].logprobs
    assert len(logprobs.tokens) == len(logprobs.token_logprobs) == len(logprobs.top_logprobs) == 24
    assert "".join(logprobs.tokens) == complete().choices[0].text
    assert all(-9999 <= value <= 0 for value in logprobs.token_logprobs)
    # At temperature 0 each token is the most probable one.
    for value, top in zip(logprobs.token_logprobs, logprobs.top_logprobs):
        assert abs(value - max(top.values())) < 1e-3

    content = chat(logprobs=True, top_logprobs=2).choices[0].logprobs.content
    assert all(len(token.top_logprobs) == 2 for token in content)
    assert content[0].bytes == list(content[0].token.encode())
    assert chat().choices[0].logprobs is None


def check_chat():
    whole = chat()
    message = whole.choices[0].message
    assert whole.object == "chat.completion" and message.role == "assistant" and message.content
    parts = list(chat(stream=True, stream_options={"include_usage": True}))
    assert parts[0].choices[0].delta.role == "assistant"
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == message.content
    assert parts[-1].usage.completion_tokens == whole.usage.completion_tokens
    texts = {0: "", 1: "", 2: ""}
    for part in chat(stream=True, n=3):
        texts[part.choices[0].index] += part.choices[0].delta.content or ""
    assert set(texts.values()) == {message.content}
    # This helper takes whole texts only.
    stop = message.content[len(message.content) // 2 :][:2]
    with client.chat.completions.stream(model=MODEL, messages=CHAT, temperature=0, stop=stop) as stream:
        told = "".join(event.delta for event in stream if event.type == "content.delta")
        final = stream.get_final_completion().choices[0].message.content
    assert told == final == message.content[: message.content.index(stop)]


def check_errors():
    bad = raises(openai.BadRequestError, 400, "out_of_range", complete, max_tokens=-2)
    assert bad.param == "max_tokens"
    bad = raises(openai.BadRequestError, 400, "unsupported_parameter", complete, echo=True)
    assert bad.param == "echo"
    raises(openai.BadRequestError, 400, "context_length_exceeded", complete, prompt="import os\n" * 5000)
    raises(openai.BadRequestError, 400, "context_length_exceeded", complete, prompt="import os\n" * 5000, stream=True)
    raises(openai.NotFoundError, 404, "model_not_found", client.completions.create, model="gpt-4", prompt="x")
    raises(openai.BadRequestError, 400, "out_of_range", complete, n=5)
    wrong = OpenAI(base_url=URL + "/v1", api_key="wrong", max_retries=0)
    raises(openai.AuthenticationError, 401, "invalid_api_key", wrong.models.list)
    late = {"foretoken": {"timeout": 0.001}}
    raises(openai.InternalServerError, 504, "deadline_exceeded", complete, max_tokens=1000, extra_body=late)
    # A stream that has begun ends with an error.
    late = {"foretoken": {"timeout": 0.5}}
    try:
        for _ in chat(max_completion_tokens=None, temperature=1, seed=1, stream=True, n=4, extra_body=late):
            pass
        raise AssertionError("the stream did not end with its deadline")
    except openai.APIError as error:
        assert error.code == "deadline_exceeded", error


def check_retries():
    """The client comes again by itself when it is told to."""
    held = client.completions.create(model=MODEL, prompt=PROMPT, max_tokens=1500, n=4, temperature=1, stream=True)
    next(iter(held))
    threading.Timer(0.5, held.close).start()
    patient = OpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=5)
    assert patient.completions.create(model=MODEL, prompt=PROMPT, max_tokens=2).choices[0].text


async def check_many():
    async with AsyncOpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=10) as many:

        async def one(number):
            stream = await many.completions.create(
                model=MODEL, prompt=f"import number{number}", max_tokens=16, temperature=0, stream=True
            )
            return len([part async for part in stream if part.choices[0].text])

        assert all(await asyncio.gather(*(one(number) for number in range(12))))


begin = time.monotonic()
for check in (
    check_models, check_completions, check_resuming, check_lengths, check_stops, check_seeds, check_logprobs, check_chat,
    check_errors, check_retries,
):
    check()
asyncio.run(check_many())
print(f"openai {openai.__version__}: all is well after {time.monotonic() - begin:.1f} s")
