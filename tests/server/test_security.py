"""The guards that hold whoever asks: names of the host, origins, sizes, headers, sessions."""

from __future__ import annotations

import re
import socket
import time

import pytest

from ingot.server.security import Hosts
from server.serving import TOKENS, Running, copied, serving, with_tokens
from server.waiting import wait_for

CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'"


def code(answer) -> str:
    return answer.json()["error"]["code"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "",
        "localhost@evil",
        "[::1].evil.example",
        "[::1]:evil",
    ],
)
def test_only_names_of_this_machine_are_answered_to(server: Running, host: str):
    answer = server.get("/api/v1/project", headers={"Host": host})
    assert (answer.status_code, code(answer)) == (403, "foreign-host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.8.9.1:80", "[::1]:8080"])
def test_names_of_this_machine_are(server: Running, host: str):
    assert server.get("/api/v1/project", headers={"Host": host}).status_code == 200


def test_elsewhere_addresses_in_numbers_and_configured_names_are_answered_to():
    hosts = Hosts("0.0.0.0", lambda: ["data.example"])
    assert all(
        hosts.knows(host) for host in ("192.0.2.7:8080", "data.example", "[2001:db8::1]:80", socket.gethostname())
    )
    assert not hosts.knows("evil.example")


FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/updates"), ("POST", "/api/v1/query"), ("PUT", "/api/v1/queries/x"), ("DELETE", "/api/v1/queries/x"),
     ("POST", "/login"), ("POST", "/logout"), ("POST", "/api/v1/updates/current/stop")],
)  # fmt: skip
def test_pages_of_other_sites_change_nothing(server: Running, method: str, path: str, headers: dict):
    answer = server.client.request(method, path, headers=headers, json={"sql": "SELECT 1"})
    assert (answer.status_code, code(answer)) == (403, "foreign-origin")


def test_pages_of_other_sites_read_nothing_from_the_api(server: Running):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert server.get("/api/v1/tables", headers=headers).status_code == 403
    assert server.get("/static/icon.svg", headers=headers).status_code == 403


def test_a_link_from_elsewhere_opens_a_page(server: Running):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert server.get("/dashboards/sales", headers=headers).status_code == 200


def test_a_page_of_this_server_may_ask(server: Running):
    headers = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    assert server.post("/api/v1/query", {"sql": "SELECT 1"}, headers=headers).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_a_form_of_another_page_cannot_pretend_to_be_json(server: Running, kind: str | None):
    headers = {"Content-Type": kind} if kind else {}
    answer = server.client.post("/api/v1/query", content=b'{"sql": "SELECT 1"}', headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path", ["/", "/login", "/console", "/api/v1/project", "/api/v1/nothing", "/static/icon.svg", "/static/no", "/x"]
)
def test_every_answer_has_the_headers(server: Running, path: str):
    headers = server.get(path).headers
    assert headers["content-security-policy"].startswith(CSP)
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
    if path.startswith("/api/"):
        assert headers["cache-control"] == "no-store"


def test_refused_requests_have_the_headers_too(server: Running):
    answer = server.get("/", headers={"Host": "evil.example"})
    assert answer.headers["content-security-policy"].startswith(CSP)


@pytest.mark.parametrize(
    "page", ["/", "/dashboards/sales", "/dashboards/%3Cscript%3E", "/console", "/login?next=%22%3E%3Cscript%3E"]
)
def test_pages_hold_no_inline_scripts_and_no_inline_styles(server: Running, page: str):
    text = server.get(page).text
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", text) == []


def test_a_bug_is_logged_and_not_told(own_project):
    (own_project / "lake/_ingot/progress.jsonl").write_text("this is no event\n")
    with serving(own_project) as server:
        answer = server.get("/api/v1/updates/current")
        assert answer.status_code == 500
        assert answer.json()["error"] == {
            "code": "internal-error", "message": "the server met a bug", "location": None,
            "hint": "its log has the details; please report them",
        }  # fmt: skip
        assert server.get("/api/v1/project").status_code == 200
    assert any("Traceback" in line for line in server.said)


# --- sizes and times ------------------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused_before_it_is_read(server: Running):
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as connection:
        connection.sendall(b"POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\nx")
        assert connection.recv(100).split()[1] == b"413"


def test_a_body_that_does_not_say_its_size_is_bounded_as_well(server: Running):
    def endless():
        for _ in range(100):
            yield b"x" * 50_000

    answer = server.client.post("/api/v1/query", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [b"{" * 50_000, b'{"sql":' + b"[" * 20_000, b"\xff\xfe", b"", b'{"sql": "SELECT 1", "more": 1}', b'{"sql": NaN}'],
)
def test_a_body_that_is_no_query_is_refused(server: Running, body: bytes):
    answer = server.client.post("/api/v1/query", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code in (400, 422), code(answer)) == (True, "invalid-request")


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "99999999999999999999"])
def test_a_length_that_is_no_number_is_refused(server: Running, length: str):
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as connection:
        connection.sendall(
            f"POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        assert connection.recv(100).split()[1] in (b"400", b"413", b"403")


def test_head_lines_that_are_too_long_are_refused(server: Running):
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000)
        assert connection.recv(100).split()[1] in (b"400", b"431")


@pytest.mark.slow
def test_clients_that_never_finish_their_request_are_let_go(server: Running):
    began = time.monotonic()
    waiting = []
    for text in (
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    ):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        connection.sendall(text)
        waiting.append(connection)
    for connection in waiting:
        while connection.recv(4096):
            pass
        connection.close()
    assert time.monotonic() - began < 45


# --- tokens and sessions --------------------------------------------------------------------------------------------


def sign_in(server: Running, token: str, next_page: str = "/") -> object:
    return server.client.post("/login", data={"token": token, "next": next_page})


def test_a_session_begins_with_a_token_and_ends_with_signing_out(guarded: Running):
    guarded.client.cookies.clear()
    answer = sign_in(guarded, TOKENS["viewer"], "/dashboards/sales?f=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboards/sales?f=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
    assert TOKENS["viewer"] not in cookie
    assert guarded.get("/api/v1/project").json()["role"] == "viewer"
    guarded.client.post("/logout")
    assert guarded.get("/api/v1/project").status_code == 401


@pytest.mark.parametrize("token", ["wrong", "ingot_viewer-toke", "ingot_viewer-token-", "Ingot_viewer-token", "ü"])
def test_a_wrong_token_opens_nothing(guarded: Running, token: str):
    answer = guarded.get("/api/v1/project", headers={"Authorization": b"Bearer " + token.encode()})
    assert (answer.status_code, code(answer)) == (401, "not-signed-in")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_hash_is_no_token(guarded: Running, project):
    from ingot.project.serve_settings import token_hash

    hashed = token_hash(TOKENS["admin"])
    assert guarded.get("/api/v1/project", headers={"Authorization": f"Bearer {hashed}"}).status_code == 401


@pytest.mark.parametrize(
    "page", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
)
def test_the_form_leads_nowhere_else(guarded: Running, page: str):
    answer = sign_in(guarded, TOKENS["viewer"], page)
    guarded.client.cookies.clear()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_link_from_a_mail_is_opened_with_the_session_after_all(guarded: Running):
    answer = guarded.get("/dashboards/sales", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text


def test_tokens_cannot_be_guessed_for_long_and_are_never_shown(project, tmp_path):
    folder = copied(project, tmp_path)
    with_tokens(folder)
    with serving(folder) as server:
        answers = [sign_in(server, f"guess-{number}") for number in range(12)]
        assert [answer.status_code for answer in answers[:10]] == [401] * 10
        assert answers[-1].status_code == 429
        assert re.search(r"too many wrong tokens: wait \d+ s<", answers[-1].text)
        assert all("guess-" not in answer.text for answer in answers)
        assert sign_in(server, TOKENS["admin"]).status_code == 429
    assert not any("guess" in line or "ingot_" in line for line in server.said)


def test_bearer_tokens_cannot_be_guessed_for_long_but_right_ones_pass(project, tmp_path):
    folder = copied(project, tmp_path)
    with_tokens(folder)
    with serving(folder) as server:
        answers = [server.get("/api/v1/project", headers={"Authorization": f"Bearer {n}"}) for n in range(12)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
        assert answers[-1].json()["error"]["hint"] == f"wait {answers[-1].headers['retry-after']} s"
        right = {"Authorization": f"Bearer {TOKENS['viewer']}"}
        assert server.get("/api/v1/project", headers=right).status_code == 200


def test_a_token_that_is_taken_away_ends_its_sessions(project, tmp_path):
    folder = copied(project, tmp_path)
    with_tokens(folder)
    with serving(folder) as server:
        sign_in(server, TOKENS["operator"])
        assert server.get("/api/v1/project").status_code == 200
        settings = folder / "ingot.yml"
        kept = [line for line in settings.read_text().splitlines() if "operator" not in line]
        settings.write_text("\n".join(kept))
        wait_for(lambda: server.get("/api/v1/project").status_code, lambda status: status == 401)


def without_token(settings, role: str) -> None:
    kept = [line for line in settings.read_text().splitlines() if f"name: {role}," not in line]
    settings.write_text("\n".join(kept) + "\n")


def test_the_first_request_after_a_token_was_taken_away_is_refused_already(project, tmp_path):
    folder = copied(project, tmp_path)
    with_tokens(folder)
    with serving(folder) as server:
        bearer = {"Authorization": f"Bearer {TOKENS['operator']}", "Host": "localhost"}  # for it, no setting is asked
        assert server.get("/api/v1/project", headers=bearer).status_code == 200
        without_token(folder / "ingot.yml", "operator")
        time.sleep(1.2)  # the settings are due to be read again, and nobody has asked meanwhile
        assert server.get("/api/v1/project", headers=bearer).status_code == 401
        without_token(folder / "ingot.yml", "viewer")
        time.sleep(1.2)
        form = {"token": TOKENS["viewer"], "next": "/"}
        assert server.client.post("/login", data=form, headers={"Host": "localhost"}).status_code == 401


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_taking_all_tokens_away_lets_nobody_in(project, tmp_path, address: str):
    folder = copied(project, tmp_path)
    without = (folder / "ingot.yml").read_text()
    with_tokens(folder)
    guarded = (folder / "ingot.yml").read_text()
    bearer = {"Authorization": f"Bearer {TOKENS['admin']}"}
    with serving(folder, "--host", address) as server:
        assert server.get("/api/v1/project", headers=bearer).status_code == 200
        sign_in(server, TOKENS["admin"])
        (folder / "ingot.yml").write_text(without)
        time.sleep(1.2)
        assert server.get("/api/v1/project").status_code == 401  # the session
        assert server.get("/api/v1/project", headers=bearer).status_code == 401
        server.client.cookies.clear()
        assert server.get("/api/v1/project").status_code == 401
        (folder / "ingot.yml").write_text(guarded)
        time.sleep(1.2)
        assert server.get("/api/v1/project", headers=bearer).status_code == 200


def test_the_stream_of_a_token_that_is_taken_away_ends(project, tmp_path):
    folder = copied(project, tmp_path)
    with_tokens(folder)
    with serving(folder) as server:
        bearer = {"Authorization": f"Bearer {TOKENS['viewer']}"}
        with server.client.stream("GET", "/api/v1/live", headers=bearer, timeout=120) as stream:
            lines = stream.iter_lines()
            assert any(line == "event: hello" for line in lines)
            without_token(folder / "ingot.yml", "viewer")
            # A stream that stays though nothing happens says so after 15 seconds: this one tells nothing more.
            assert [line.partition(" ")[0] for line in lines if line] == ["data:"]


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "js/../../app.py",
        "/etc/passwd",
        "js",
        "",
        "js%00.js",
        "vendor/../../served.py",
    ],
)
def test_only_the_files_of_pages_are_served(server: Running, path: str):
    with socket.create_connection(("127.0.0.1", server.port), timeout=99) as connection:  # a client would tidy the path
        connection.sendall(f"GET /static/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.split()[1] == b"404"
    assert b"import" not in answer and b"root:" not in answer


def test_files_are_kept_for_good_under_the_address_of_their_build(server: Running):
    [address] = re.findall(r'href="(/static/[0-9a-f]{12}/css/tokens\.css)"', server.get("/").text)
    found = server.get(address)
    assert "immutable" in found.headers["cache-control"]
    assert server.get(address, headers={"If-None-Match": found.headers["etag"]}).status_code == 304
    assert server.get("/static/css/tokens.css").headers["cache-control"] == "no-cache"
    assert server.get("/static/000000000000/css/tokens.css").headers["cache-control"] == "no-cache"
    assert found.headers["content-encoding"] == "gzip"
