import pytest

from store.aws.url_masking import mask_exception, mask_url, mask_userinfo


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("url='http://amy:s3cretpw@127.0.0.1:3128'", "url='http://***@127.0.0.1:3128'"),
        ("http://amy:s3cr@tpw@h/", "http://***@h/"),
        ("http://amy:s3cr/t#p?w@h/", "http://***@h/"),
        ("http://TOKEN@h", "http://***@h"),
        ("postgres+psycopg://amy:pw@h/db and https://bob:pw@g", "postgres+psycopg://***@h/db and https://***@g"),
        ("HTTPS://amy:pw@h", "HTTPS://***@h"),
        ("http:/amy:pw@h and http:///amy:pw@g", "http:/***@h and http:///***@g"),
        ("'http:amy:pw@h'", "'http:***@h'"),
        (r"https:\\amy:pw@h", r"https:\\***@h"),
        ("http: ask amy@example.com", "http: ask amy@example.com"),
        ("https://dynamodb.us-west-2.amazonaws.com/", "https://dynamodb.us-west-2.amazonaws.com/"),
        ("amy@example.com at http://h/", "amy@example.com at http://h/"),
        ("", ""),
    ],
)
def test_user_and_password_of_urls_are_masked(text: str, masked: str) -> None:
    assert mask_userinfo(text) == masked
    assert mask_userinfo(masked) == masked


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("http://amy:pw@h/", "http://***@h/"),
        ("amy:pw@h/", "***@h/"),
        ("http://amy:p w@x@h/", "http://***@h/"),
        ("http:/amy:pw@h", "***@h"),
        ("http:amy:pw@h", "***@h"),
        ("//amy:pw@h", "***@h"),
        (r"https:\\amy:pw@h", "***@h"),
        ("http://amy:pw%40h:80/", "http://***@h:80/"),
        ("http://h/", "http://h/"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_whole_url_is_masked_whatever_its_form(url: str, masked: str) -> None:
    assert mask_url(url) == masked


def test_arguments_of_an_exception_are_masked() -> None:
    error = ValueError("http://amy:pw@h/", 7, "x")
    mask_exception(error)
    assert error.args == ("http://***@h/", 7, "x")
