"""No secret survives, and what is none does."""

import html
import json
import shlex
import string
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support import secret_corpus
from tui.text.redaction import REDACTED, redact, redact_args, redact_shown, redact_values

ALNUM = string.ascii_letters + string.digits
BASE64 = ALNUM + "/+"
HEX = "0123456789abcdef"


def some(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most or least)


KEY_ID = st.builds("{}{}".format, st.sampled_from(["AKIA", "ASIA"]), some(string.ascii_uppercase + string.digits, 16))
# AWS's have characters of each kind, by which they are recognised also where a slash ends a password.
SECRET_KEY = some(BASE64, 36).map(lambda text: f"{text[:9]}q9Z/{text[9:]}")
# No part of a name or of the form that it is put into.
PASSWORD = some(ALNUM + "!#$%*+.~^|", 6, 20).map(lambda text: f"Zq9{text}")
JWT = st.builds("eyJ{}.eyJ{}.{}".format, some(ALNUM + "-_", 10, 60), some(ALNUM + "-_", 10, 60), some(ALNUM, 20, 43))
STARTS = ("ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "hf_", "npm_", "dckr_pat_", "pypi-")
TOKEN = st.builds("{}{}".format, st.sampled_from(STARTS), some(ALNUM, 36))
SESSION = st.builds("{}{}".format, st.sampled_from(["IQoJb3JpZ2lu", "FwoGZXIvYXdz"]), some(BASE64, 60, 300))
SIGNATURE = some(HEX, 64)

# Where a secret is found, with `{}` in its place.
ALONE = ("{}", "got {} from it", '"{}"', "x={}", "({})", "key={},", "a\n{}\nb", "export A='{}'")
NAMED = (
    "AWS_SECRET_ACCESS_KEY={}",
    "aws_secret_access_key = {}",
    'SecretAccessKey: "{}"',
    '{{"SecretAccessKey":"{}"}}',
    '{{\\"password\\": \\"{}\\"}}',
    "password: {}",
    "PGPASSWORD={} psql",
    "MY_APP_TOKEN={}",
    "DB_PASSWORD_2='{}'",
    'export CLIENT_SECRET="{}"',
    "api_key => {}",
    "apiKey={}&more=1",
    "?token={}&x=y",
    "--password {}",
    "-secret-key {} run",
    "--auth-token={}",
    "secret:{}",
    "Server=db;Pwd={}",
    "postgres://amy:{}@db.example.com:5432/x",
    "https://:{}@example.com",
    'curl -H "Authorization: Bearer {}" x',
    "authorization: Basic {}",
    "'Proxy-Authorization': 'Token {}'",
    "Cookie: session={}; other",
    '{{"auth": "{}"}}',
)
SIGNED = (
    "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={}",
    "GET /k?x-amz-security-token={}&y=1",
    "Authorization: AWS4-HMAC-SHA256 Credential=x/y, SignedHeaders=host, Signature={}",
    "https://x.blob.core.windows.net/c?sv=1&sig={}",
    "&X-Goog-Signature={} end",
)
NEXT_TO = ("{id} {secret}", "{id}:{secret}", "{id}, {secret}", "key {id}\nsecret {secret}", "{id}|{secret}")


@given(st.one_of(KEY_ID, JWT, TOKEN, SESSION), st.sampled_from(ALONE), st.text(max_size=30), st.text(max_size=30))
def test_no_key_or_token_survives_wherever_it_stands(secret: str, form: str, before: str, after: str) -> None:
    assert secret not in redact(f"{before} {form.format(secret)} {after}")


@given(st.one_of(PASSWORD, SECRET_KEY), st.sampled_from(NAMED), st.text(max_size=30), st.text(max_size=30))
def test_no_value_with_the_name_of_a_secret_survives(secret: str, form: str, before: str, after: str) -> None:
    assert secret not in redact(f"{before} {form.format(secret)} {after}")


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("postgres://amy:Pa/ss/@db:5432/x", f"postgres://amy:{REDACTED}@db:5432/x"),
        ("redis://:p@ss/1@cache/0", f"redis://:{REDACTED}@cache/0"),
        ("https://host:9000/v1/logo@2x.png", "https://host:9000/v1/logo@2x.png"),
        ("docker://registry:5000/samtools@sha256:0a", "docker://registry:5000/samtools@sha256:0a"),
    ],
)
def test_passwords_in_urls_are_told_from_ports(url: str, redacted: str) -> None:
    assert redact(url) == redact(redacted) == redacted


@given(st.one_of(SIGNATURE, SESSION), st.sampled_from(SIGNED))
def test_no_signature_survives(secret: str, form: str) -> None:
    assert secret not in redact(form.format(secret))


@given(KEY_ID, SECRET_KEY, st.sampled_from(NEXT_TO), st.text(max_size=20))
def test_no_secret_survives_next_to_the_id_of_its_key(key_id: str, secret: str, form: str, before: str) -> None:
    text = redact(f"{before} {form.format(id=key_id, secret=secret)}")
    assert key_id not in text
    assert secret not in text


def test_aws_secrets_are_recognised_by_shape() -> None:
    assert redact("it was wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY") == f"it was {REDACTED}"


@given(some(BASE64 + "\n", 40, 2000), st.sampled_from(["RSA ", "OPENSSH ", "EC ", "ENCRYPTED ", ""]), st.booleans())
def test_private_keys_are_redacted_even_if_cut_off(body: str, kind: str, is_whole: bool) -> None:
    end = f"-----END {kind}PRIVATE KEY-----\nafter" if is_whole else ""
    assert redact(f"before -----BEGIN {kind}PRIVATE KEY-----\n{body}\n{end}") == f"before {REDACTED}" + (
        "\nafter" if is_whole else ""
    )


@given(
    some(HEX, 64), st.sampled_from(["{}", "sha256:{}", "run sha256:{} failed", "s3://b/objects/sha256:{}", "id: {}"])
)
def test_digests_survive(digits: str, form: str) -> None:
    assert redact(form.format(digits)) == form.format(digits)
    assert redact_values({"id": form.format(digits)}) == {"id": form.format(digits)}


@pytest.mark.parametrize(
    "text",
    [
        "exec samtools: OOM error:\n\tkilled after 41m at 16G",
        "NoCredentialProviders: no valid providers in chain. Deprecated.",
        "ExpiredToken: The security token included in the request is expired",
        "InvalidSignatureException: Signature expired: 20261101T120000Z is now earlier",
        "arn:aws:dynamodb:us-west-2:123456789012:table/reflow-prod",
        "i-0abc1234def567890 r5.2xlarge https://i-0abc.example.com:9000/v1/allocs/77aa",
        "ip-10-1-2-3.us-west-2.compute.internal:9000",
        "PWD=/home/amy",
        "commit 3f786850e387550fdaab836ed7e6dc881de23001",
        "123456789012.dkr.ecr.us-west-2.amazonaws.com/align:v1.2@sha256:" + "0" * 64,
        "docker pull: toomanyrequests: You have reached your pull rate limit",
        "s3://grail-data/Project1/Samples/Run2026/lane1/reads_R1.fastq.gz",
        "amy@example.com",
        "unexpected token: ')'",
    ],
)
def test_harmless_text_survives(text: str) -> None:
    assert redact(text) == text


def test_recall_and_precision_are_whole_on_the_corpus() -> None:
    score = secret_corpus.score(redact, secret_corpus.secrets(), secret_corpus.look_alikes())
    print(score)
    assert score.secrets > 500
    assert score.look_alikes > 300
    assert [(each.text, redact(each.text)) for each in score.missed] == []
    assert [(each.text, redact(each.text)) for each in score.lost] == []


# How a text comes in others.
CONTEXTS: dict[str, Callable[[str], str]] = {
    "sentence": lambda text: f"exec task: command failed: {text}",
    "quotes": lambda text: f"exec: {text!r}: exit status 1",
    "brackets": lambda text: f"failed ({text})",
    "colours": lambda text: f"\x1b[31m{text}\x1b[0m",
    "JSON": lambda text: json.dumps({"error": text, "n": 1}),
    "JSON in JSON": lambda text: json.dumps({"Error": json.dumps({"message": text})}),
    "HTML": html.escape,
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_no_secret_of_the_corpus_survives_inside_of_other_texts(context: Callable[[str], str]) -> None:
    for sample in secret_corpus.secrets():
        text = context(sample.text)
        assert sample.survivors(redact(text)) == [], text


def test_no_secret_of_the_corpus_survives_in_values_and_arguments() -> None:
    for sample in secret_corpus.secrets():
        text = sample.text
        values = json.dumps(redact_values({"args": [text, "b"], "labels": {"x": text}}), ensure_ascii=False)
        assert sample.survivors(values) == [], text
        assert sample.survivors("\n".join(redact_args(["run", text, "more"]))) == [], text
        assert sample.survivors(" ".join(redact_args(["bash", "-c", text]))) == [], text


@pytest.mark.parametrize("separator", [" ", "\n"])
def test_no_secret_of_the_corpus_survives_if_arguments_split_it(separator: str) -> None:
    for sample in secret_corpus.secrets():
        if "\n" not in sample.text:  # of blocks, whose lines are what tells them
            args = redact_args(sample.text.split())
            assert sample.survivors(separator.join(args)) == [], sample.text


def test_a_printed_list_of_arguments_is_redacted() -> None:
    command = "docker login -u amy -p hunter2x registry"
    for text in (repr(command.split()), json.dumps(command.split()), repr(tuple(command.split()))):
        assert "hunter2x" not in redact(f"Command {text} returned 1")


def test_arguments_of_programs_are_redacted_where_they_stand() -> None:
    args = shlex.split("curl -H 'Cookie: a=b9; c=d' -u amy:hunter2x https://example.com/x -o out")
    expected = ["-H", f"Cookie: {REDACTED}", "-u", f"amy:{REDACTED}", "https://example.com/x", "-o", "out"]
    assert redact_args(args)[1:] == expected


def test_percent_encoded_commands_are_redacted() -> None:
    encoded = urllib.parse.quote("curl -u amy:hunter2x https://example.com")
    assert "hunter2x" not in redact(encoded)
    assert "hunter2x" not in redact(urllib.parse.urlencode({"cmd": "curl -u amy:hunter2x https://example.com"}))


@given(st.text())
@example("password=password=x")
@example("Authorization: Authorization: x")
@example("token: a1aaaaaaaaaaaaa token: b1bbbbbbbbbbbb")
def test_to_redact_once_more_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


FRAGMENTS = [
    *(sample.text[:60] for sample in (*secret_corpus.secrets(), *secret_corpus.look_alikes())),
    *(
        "\ud800",
        REDACTED,
        "\x1b[31m",
        "\u200b",
        "%3D",
        "&quot;",
        "\\u0022",
        "\\n",
        "{",
        "}",
        "[",
        "]",
        "\n",
        "  - ",
        "=",
        ":",
    ),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join))
def test_to_redact_mixtures_once_more_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)
    redact_args(text.split())
    redact_values({"text": [text, {"text": text}]})


@pytest.mark.parametrize("make", [str.upper, str.lower, str.title], ids=["upper", "lower", "title"])
def test_names_in_any_case(make: Callable[[str], str]) -> None:
    assert redact(f"{make('db_password')}=hunter2") == f"{make('db_password')}={REDACTED}"


def test_a_text_is_cut_before_it_is_searched_where_only_its_beginning_is_shown() -> None:
    token = f"ghp_{'a1' * 20}"
    assert redact_shown(f"x {token}\ny", 10) == f"x {REDACTED}\ny"
    long = f"--password hunter2x {'ab ' * 5_000}"
    shown = redact_shown(f"{long}\n{token}\nend", 100)
    first, *rest = shown.split("\n")
    assert first.startswith(f"--password {REDACTED} ab ab")
    assert (first[-1], len(first) < 300) == ("…", True)
    assert rest == [REDACTED, "end"]


@pytest.mark.parametrize("length", range(4_150, 4_250, 7))
def test_half_a_secret_at_the_cut_is_not_shown(length: int) -> None:
    secret = f"ghp_{'a1' * 100}"
    shown = redact_shown(f"--password {'x' * 100} {'b ' * (length // 2)}{secret} {'c ' * 9_000}", 100)
    assert "ghp_" not in shown


def test_json_values_under_secret_names_are_redacted() -> None:
    value = {
        "labels": {"Name": "align", "api_key": "k", "gitToken": "t", "tokenizer": "bert", "author": "amy", "n": 1},
        "env": [{"name": "DB_PASSWORD", "value": "x"}, {"name": "HOME", "value": "/x"}],
        "passwords": ["x", {"of": "y"}],
        "pin": 4711,
        "max_tokens": 512,
        "args": ["--password", "p", "-n", "1", "--token=abc", "AKIA" + "A" * 16],
        "none": None,
    }
    assert redact_values(value) == {
        "labels": {
            "Name": "align",
            "api_key": REDACTED,
            "gitToken": REDACTED,
            "tokenizer": "bert",
            "author": "amy",
            "n": 1,
        },
        "env": [{"name": "DB_PASSWORD", "value": REDACTED}, {"name": "HOME", "value": "/x"}],
        "passwords": [REDACTED, {"of": REDACTED}],
        "pin": REDACTED,
        "max_tokens": 512,
        "args": ["--password", REDACTED, "-n", "1", f"--token={REDACTED}", REDACTED],
        "none": None,
    }
    assert redact_args(("--db-password", "p", "x")) == ["--db-password", REDACTED, "x"]


@given(PASSWORD)
def test_json_in_json_is_redacted(secret: str) -> None:
    inner = json.dumps({"user": "amy", "password": secret})
    for _ in range(3):
        assert secret not in redact(inner)
        inner = json.dumps({"Error": inner})


@pytest.mark.parametrize(
    "part",
    [
        *("a", "-", "://a:", "secret", "token ", '"', "AKIA", "password=", "eyJ", "\\", "token:token:", "password={"),
        *(
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            f"{'A' * 64}\n",
            "password:\n ",
            "pw='",
            'pw=\\"',
        ),
        *(
            "mysql -p",
            "curl -u ",
            "docker login ",
            "a:b@",
            "://a@",
            "Cookie: ",
            "<a ",
            "%3D",
            "\x1b[31m",
            "x=[",
            "name ",
        ),
    ],
)
def test_a_large_text_takes_no_longer_than_its_size(part: str) -> None:
    # What grows with the square of the size would take minutes here.
    assert redact(part * (60_000 // len(part))) is not None
