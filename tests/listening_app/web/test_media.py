"""Sounds: only to whom they belong, in parts, cached, without the database."""

import pytest


def own_sound(rater) -> str:
    return rater.to_trials().session()["sheet"][0]["slots"][0][1]


def test_a_rater_gets_the_sounds_of_the_sheet_and_of_the_checks(rater, study):
    own_sound(rater)
    session = rater.session()
    names = {name for trial in session["sheet"] for _, name in trial["slots"]}
    for name in names:
        assert rater.get(f"/media/{name}").data == study.stimuli[name].path.read_bytes()
    checks = session["checks"]
    for name in (checks["sound"], *checks["antiphase"], *checks["huggins"]):
        reply = rater.get(f"/media/{name}")
        assert (reply.status_code, reply.mimetype) == (200, "audio/wav")


def test_a_sound_of_another_sheet_is_not_found(rater, study):
    own_sound(rater)
    own = {name for trial in rater.session()["sheet"] for _, name in trial["slots"]}
    foreign = sorted(set(study.stimuli) - own)
    assert foreign
    assert {rater.get(f"/media/{name}").status_code for name in foreign} == {404}


def test_without_a_token_there_is_no_sound(rater, client):
    name = own_sound(rater)
    assert client.get(f"/media/{name}").status_code == 401


def test_ranges_and_etags(rater, study):  # RFC 9110, sections 13 and 14
    name = own_sound(rater)
    whole = study.stimuli[name].path.read_bytes()
    reply = rater.get(f"/media/{name}", Range="bytes=100-299")
    assert (reply.status_code, reply.data) == (206, whole[100:300])
    assert reply.headers["Content-Range"] == f"bytes 100-299/{len(whole)}"
    assert rater.get(f"/media/{name}", Range="bytes=-44").data == whole[-44:]
    beyond = rater.get(f"/media/{name}", Range=f"bytes={len(whole)}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")
    tag = rater.get(f"/media/{name}").headers["ETag"]
    assert rater.get(f"/media/{name}", **{"If-None-Match": tag}).status_code == 304
    later = "Fri, 01 Jan 2100 00:00:00 GMT"  # a date is compared with one that nobody is told
    assert rater.get(f"/media/{name}", **{"If-Modified-Since": later}).data == whole
    stale = {"If-Range": '"other"', "Range": "bytes=0-9"}
    assert rater.get(f"/media/{name}", **stale).data == whole


def test_a_browser_keeps_a_sound_and_nobody_in_between_does(rater):
    headers = rater.get(f"/media/{own_sound(rater)}").headers
    assert headers["Cache-Control"] == "private, max-age=604800, immutable"
    assert headers["Vary"] == "Authorization"
    assert not {"Last-Modified", "Content-Disposition", "Set-Cookie"} & set(headers.keys())


def test_headers_of_all_sounds_are_alike_but_for_the_tag(rater):
    own_sound(rater)
    names = {name for trial in rater.session()["sheet"] for _, name in trial["slots"]}
    replies = [dict(rater.get(f"/media/{name}").headers) for name in sorted(names)]
    tags = {reply.pop("ETag") for reply in replies}
    for reply in replies:
        reply.pop("Date")
    assert len(tags) == len(names) > 3
    assert all(reply == replies[0] for reply in replies)


def test_sounds_are_served_while_the_database_is_gone(rater, study):
    name = own_sound(rater)
    (study.folder / "study.db").unlink()
    assert rater.get(f"/media/{name}").status_code == 200
    assert rater.get("/api/session").status_code == 503


@pytest.mark.parametrize(
    "name",
    [
        *("../study.db", "..%2fstudy.db", "%2e%2e%2fsecret.key", "..%5cstudy.db", "....//study.db"),
        *("/etc/passwd", "%00", "a%00.wav", ".", "..", "", " ", "a" * 5_000, "é", "%ff%fe"),
        *("stimuli.csv", "' OR 1=1 --", "<script>", "000000000000"),
    ],
)
def test_odd_names_of_sounds_are_not_found(rater, name):
    rater.to_trials()
    reply = rater.get(f"/media/{name}")
    assert reply.status_code in (308, 404)
    assert b"PRAGMA" not in reply.data
    assert b"root:" not in reply.data


def test_a_sound_gone_from_disk_is_tried_again(rater, study):
    name = own_sound(rater)
    study.stimuli[name].path.unlink()
    assert rater.get(f"/media/{name}").status_code == 503
