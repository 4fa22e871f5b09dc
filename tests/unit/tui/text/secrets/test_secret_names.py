"""Names of secrets are told from other names."""

import pytest

from tui.text.secrets.secret_names import is_counted, is_secret_name, is_strong_name


@pytest.mark.parametrize(
    "name",
    [
        *("DB_PASS", "dbPassword", "DBPASSWORD", "password_2", "apiKey", "X-Api-Key", "SIGNING_KEY", "signingkey"),
        *(
            "GITHUB_PAT",
            "AUTH",
            "oauth",
            "CREDS",
            "mypw",
            "AWS_BEARER_TOKEN_BEDROCK",
            "VAULT_SECRET_ID",
            "PASSWORD_HASH",
        ),
        *("--db-password", "spring.datasource.password", "contraseña", "密码", "--token"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "author", "tokenizer", "compass", "bypass", "monkey", "sort_key", "public_key", "cache-key", "users"),
        *("PASSWORD_FILE", "secretName", "token_type", "token_ttl", "max_token_count", "secret_arn", "secretary"),
        *("NO_AUTH", "no-password", "nextToken", "OLDPWD", "token.go", "a" * 5000),
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


def test_some_names_have_other_uses() -> None:
    assert is_strong_name("db_password")
    assert not is_strong_name("auth")
    assert is_counted("max_tokens")
    assert not is_counted("token")
