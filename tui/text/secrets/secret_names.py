"""The names of secrets: of variables, keys, flags, headers and elements."""

import re

from tui.text.text_cache import cache_short_texts


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")
_LONGEST = 200  # characters of a name
# A name is one of a secret if it has these letters anywhere, in some languages.
_ANYWHERE = re.compile(
    r"passw(?:or)?d|passphrase|passcode|passkey|passwort|kennwort|contraseña|contrasena|senha|пароль|密码|密碼"
    r"|パスワード|비밀번호"
    r"|secret(?!ar|ion|e)|samlresponse|samlassertion|credential|apikey|privatekey|accesskey|fromliteral|(?:access|auth|bearer|session|security|refresh|identity|id)token"
)
# … or if it ends with one of these words.
_LAST = _set(
    "pass pw pwd passwd pwds pat token tokens auth authkey oauth oauth2 bearer creds cred cookie cookies jsessionid "
    "phpsessid sessionid csrf csrftoken xsrf signature sig psk otp totp jwt sas hmac authtoken storepass keypass "
    "verifier pin passin passout mnemonic userinfo basicauth httpauth license licence"
)
_ENDINGS = ("token", "tokens", "pass", "pw", "pwd", "passwd", "authkey", "signature")
_NO_ENDINGS = _set("bypass compass encompass surpass trespass overpass underpass oldpwd")
# … or with `key` after one of these.
_KEYS = _set(
    "api private priv access secret account encryption encrypt encryptionkey decryption session signing signature "
    "sign sig master storage shared preshared ssh service deploy license licence fernet jwt jwe hmac aes des rsa "
    "ecdsa gpg pgp webhook app application stripe sendgrid mailgun twilio openai anthropic datadog dd google gcp "
    "aws azure consumer client auth authentication crypt cipher symmetric subscription functions function root "
    "wallet admin user server project write read cookie csrf nextauth token security gh github gitlab slack maps "
    "recovery activation product sas sentry data bot integration ingest"
)
# Names that end so are about a secret: they name its file, its kind or its length.
_ABOUT = _set(
    "file files path paths dir directory folder url uri endpoint arn name names type kind length len min max policy "
    "count counts limit limits ttl expiry expires expiration expire timeout age size version format field prompt "
    "status mode method provider scheme source backend hash digest algorithm alg algo region bucket stdin class ref "
    "required enabled enable disabled supported rotation created updated date time at id ids index prefix suffix "
    "regex pattern rules template help hint text label exception error errors invalid expired missing manager store "
    "map size location usage used budget lifetime lookup service server host port username user by py js ts go rb "
    "java c h cpp rs sh yaml yml json toml ini conf cfg txt pem crt md html log gz bam"
)
_BUT_SECRET_IDS = frozenset(("secret", "session"))
_NEGATIONS = _set("no not skip disable without use has is needs require requires enable allow with")
_KEY_WORD = re.compile("(.*)keys?")
# Tokens that are places, not secrets.
_PLACES = _set("next page continuation pagination cancel cancellation lock fencing sync resume start stop")
_COUNTED = frozenset(("tokens", "cookies", "keys"))


@cache_short_texts(4096)
def is_secret_name(name: str) -> bool:
    """Return whether what has this name is a secret, such as `DB_PASS`, `apiKey` or `X-Auth-Token`."""
    words = _words(name)
    if not words or words[0] in _NEGATIONS or len(name) > _LONGEST:
        return False
    last = words[-1]
    if last in _ABOUT:
        is_id = last in ("id", "ids") and len(words) > 1
        return (is_id and words[-2] in _BUT_SECRET_IDS and words[0] != "aws") or (last == "hash" and len(words) > 1)
    if last in ("token", "tokens") and words[-2:-1] and words[-2] in _PLACES:
        return False
    return is_strong_name(name) or last in _LAST or _is_key(words) or _has_ending(last)


@cache_short_texts(4096)
def is_strong_name(name: str) -> bool:
    """Return whether a secret name is one by its letters: `password` rather than `auth`, which has other uses."""
    words = _words(name)
    return bool(words) and words[-1] not in _ABOUT and _ANYWHERE.search("".join(words)) is not None


@cache_short_texts(4096)
def is_counted(name: str) -> bool:
    """Return whether a number under this name may be a count, as in `max_tokens`."""
    words = _words(name)
    return bool(words) and words[-1] in _COUNTED


def _words(name: str) -> list[str]:
    if len(name) > _LONGEST:
        return []
    words = [word.lower() for word in _WORDS.findall(name)]
    while len(words) > 1 and words[-1].isdigit():  # of several
        words.pop()
    return words


def _is_key(words: list[str]) -> bool:
    last = words[-1]
    if last in ("key", "keys"):
        return any(word in _KEYS for word in words[:-1])
    match = _KEY_WORD.fullmatch(last)
    return match is not None and match[1] in _KEYS


def _has_ending(word: str) -> bool:
    return word.endswith(_ENDINGS) and word not in _NO_ENDINGS
