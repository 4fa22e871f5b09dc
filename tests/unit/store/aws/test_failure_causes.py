from store.aws.failure_causes import CredentialsFailure, ProxyFailure


def test_the_text_of_a_failure_of_credentials_has_all_parts() -> None:
    assert str(CredentialsFailure("login", "no session", "run `x`")) == "login: no session; run `x`"
    assert str(CredentialsFailure("login", "no session")) == "login: no session"
    assert str(CredentialsFailure("", "none", "run `x`")) == "none; run `x`"


def test_the_text_of_a_failure_of_a_proxy_has_no_remedy() -> None:
    failure = ProxyFailure("the proxy is gone")
    assert (str(failure), failure.remedy) == ("the proxy is gone", "check the proxy")
