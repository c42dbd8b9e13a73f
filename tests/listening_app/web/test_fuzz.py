"""Whatever is sent anywhere: an answer, never a 500."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
PATHS = st.sampled_from(
    [
        *("/", "/api/join", "/api/session", "/api/answers", "/api/nothing", "/media/x", "/monitor"),
        *("/api/stages/consent", "/api/stages/questions", "/api/stages/sound"),
        *("/api/stages/headphones", "/api/stages/x", "/monitor/login", "/monitor/logout"),
        *("/static/study.css", "/static/../x"),
    ]
)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
ANSWERED = {200, 206, 301, 303, 304, 308, 400, 401, 403, 404, 405, 409, 413, 415, 416, 422, 429}
FUZZED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZED
@given(
    PATHS,
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["application/json", "text/plain", "multipart/form-data; boundary=x", ""]),
    st.dictionaries(
        st.sampled_from(["Range", "If-None-Match", "Authorization", "Cookie", "Accept-Language"]),
        HEADER,
    ),
    st.dictionaries(st.sampled_from(["rater", "lang", "x"]), st.text(max_size=20)),
)
def test_no_request_is_a_500(client, path, method, body, kind, headers, query):
    reply = client.open(
        path, method=method, data=body, content_type=kind, headers=headers, query_string=query,
        buffered=True,
    )  # fmt: skip
    assert reply.status_code in ANSWERED


BODIES = {
    "answers": st.fixed_dictionaries(
        {
            "position": st.integers(0, 12) | JSON,
            "uuid": st.text(max_size=80) | st.uuids().map(str) | JSON,
            "values": st.dictionaries(st.sampled_from(["score", "choice", "S"]), JSON) | JSON,
            "heard": st.just({"S": [[0, 4]]}) | st.dictionaries(st.just("S"), JSON) | JSON,
        },
        optional={"plays": JSON, "seconds": JSON, "comment": JSON},
    ),
    "stages/questions": st.fixed_dictionaries(
        {"answers": st.dictionaries(st.sampled_from(["age", "years", "remark", "x"]), JSON) | JSON}
    ),
    "stages/headphones": st.fixed_dictionaries({"choices": JSON}),
    "join": st.fixed_dictionaries(
        {"parameters": st.dictionaries(st.just("rater") | st.text(max_size=9), st.text() | JSON)},
        optional={"language": JSON},
    ),
}


@FUZZED
@given(st.sampled_from(sorted(BODIES)).flatmap(lambda path: st.tuples(st.just(path), BODIES[path])))
def test_no_body_that_is_almost_right_is_a_500(rater, asked):
    if not rater.token:
        rater.to_trials()
    path, body = asked
    reply = rater.client.post(
        f"/api/{path}", data=json.dumps(body), content_type="application/json",
        headers=rater.headers,
    )  # fmt: skip
    assert reply.status_code in ANSWERED
