"""Secrets that are known by their form: private keys, tokens with a prefix, JWT, hashes of passwords."""

import base64
import binascii
import re
from collections.abc import Iterator

from tui.text.secrets.plain_text import Span

_BASE64 = r"[A-Za-z0-9/+]"
_BEGIN = r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}"
_END = r"-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}"
_KEY = re.compile(rf"{_BEGIN}(?s:.*?)(?:-{{4,5}} ?END [A-Z0-9 ]{{0,40}}-{{4,5}}|\Z)|{_END}")
_STATIC_KEY = re.compile(r"-----BEGIN OpenVPN Static key V1-----(?s:.*?)(?:-----END [\w ]{0,40}-----|\Z)")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{1,100}|[A-Z][\w-]{1,40}: .{1,100}|")
_PUTTY = re.compile(
    r"Private-(?:Lines: \d{1,4}\s{1,4}|MAC: ?)(?P<secret>[A-Za-z0-9+/=\s]{1,8000}?)"
    r"(?=\s*(?:[\w-]+:|\Z|\n\w*\n|[^\w+/=]))"
)

_TOKEN = re.compile(
    r"""(?<![A-Za-z0-9])(?:
    # AWS: ids of keys, session tokens, keys of Bedrock, the password of a registry.
    (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}
    |(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FQoDYXdz|AQoDYXdz)[A-Za-z0-9+/=%_-]{16,}
    |ABSK[A-Za-z0-9+/=]{60,}
    |eyJ(?:wYXlsb2Fk|hdXRo)[A-Za-z0-9+/=_-]{20,}
    # Azure, Google, Cloudflare, DigitalOcean.
    |[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,40}
    |AIza[\w-]{35} |ya29\.[\w-]{16,} |1//0[\w-]{30,} |GOCSPX-[\w-]{20,} |do[opr]_v1_[0-9a-f]{30,}
    |cf[ua]t_[\w-]{30,}
    # Code and packages.
    |gh[oprsu]_[A-Za-z0-9]{20,} |github_pat_\w{20,}
    |gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas|ffct)-[\w.-]{16,}
    |(?:npm|hf|api_org)_\w{30,} |pypi-[\w-]{30,} |dckr_(?:pat|oat)_[\w-]{16,} |rubygems_[0-9a-f]{40,}
    |oy2[a-z0-9]{43}
    |ATATT3[\w=-]{30,} |ATCTT3[\w=-]{30,} |ATBB\w{28,} |AKCp[A-Za-z0-9]{60,} |cmVmdGtu[A-Za-z0-9+/=]{30,}
    |bkua_\w{30,}
    |CCIPAT_\w{20,} |circleci[\w-]{30,}
    # Messages and mail.
    |xox[a-z]-[A-Za-z0-9.-]{8,} |xapp-[\w-]{8,} |xoxe\.xox[bp]-[\w-]{20,} |SG\.[\w-]{16,}\.[\w-]{16,}
    |key-[0-9a-f]{32}
    |[0-9a-f]{32}-us\d{1,2}(?!\d) |(?:SK)[0-9a-f]{32} |(?:\d{8,10}):AA[\w-]{32,} |xkeysib-[0-9a-f]{60,}[\w-]*
    |[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,} |EAAC[A-Za-z0-9]{30,}
    # Payment and shops.
    |(?:sk|rk|pk)_(?:live|test)_\w{16,} |whsec_[A-Za-z0-9+/=]{24,} |shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}
    |sq0(?:csp|atp)-[\w-]{20,} |EAAA[\w-]{60} |access_token\$production\$\w{16,}\$[0-9a-f]{32}
    |rzp_(?:live|test)_\w{14,}
    # Models.
    |sk-(?:ant-|proj-|svcacct-|admin-|or-v1-|lf-)[\w-]{20,} |sk-[A-Za-z0-9]{32,} |gsk_\w{40,} |pplx-\w{40,}
    |r8_\w{30,}
    |xai-\w{40,} |nvapi-[\w-]{40,} |fw_\w{22,} |tgp_v1_[\w-]{30,} |co_api_\w{30,} |lsv2_(?:pt|sk)_\w{30,}
    # Infrastructure and observation.
    |hv[sbr]\.[\w-]{20,} |[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,} |pul-[0-9a-f]{40} |dapi[0-9a-f]{32}(?:-\d)?
    |dkea[0-9a-f]{32}
    |NRAK-[A-Z0-9]{20,} |NRJS-[0-9a-f]{19} |gl(?:sa|c)_[\w+/=-]{30,} |sntry[su]_[\w+/=-]{30,}
    |dt0c01\.\w{20,}\.\w{40,}
    |dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,} |PMAK-[0-9a-f]{24}-[0-9a-f]{34} |lin_(?:api|oauth)_\w{30,}
    |ntn_\w{30,}
    |secret_[A-Za-z0-9]{43} |pscale_(?:tkn|pw|oauth)_[\w.-]{30,} |pat[A-Za-z0-9]{14}\.[0-9a-f]{60,}
    |FlyV1[ ]fm\d_[A-Za-z0-9+/=,_-]{30,} |fo1_[\w-]{40,} |tskey-[a-z]+-[\w-]{20,}
    |AGE-SECRET-KEY-1[0-9A-Za-z]{20,}
    |figd_[\w-]{30,} |phc_\w{40,} |phx_\w{40,} |op(?:s|k)_eyJ[\w+/=-]{40,} |A3-[A-Z0-9]{6}-[A-Z0-9-]{26,}
    |napi_\w{30,}
    |nfp_\w{30,} |rnd_\w{28,} |vercel_blob_rw_\w{30,} |sbp_[0-9a-f]{40} |eyJrIjoi[\w+/=]{40,}
    |v2\.local\.[\w-]{40,}
    |waka_[0-9a-f-]{36} |BBDC-[A-Za-z0-9+/@]{40,} |aio_\w{26,} |SCW\w{17}(?!\w) |wandb_v\d_\w{30,} |sgp_\w{40,}
    |mfa\.[\w-]{40,}
    # Of Windows: the hashes of a password in a line of a SAM file.
    |[0-9a-fA-F]{32}:[0-9a-fA-F]{32}(?=:::)
    # JWT, also cut off.
    |eyJ[\w-]{8,4000}\.[\w-]{8,}(?:\.[\w-]*)*
    # Hashes of passwords.
    |\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|sha1|P|H|S|argon2(?:id?|d)|scrypt|pbkdf2-\w{1,10}|krb5\w{1,10})\$[\w./+,=$*-]{12,}
    |\{(?:S?SHA\d{0,3}|CRYPT|MD5|SMD5|PBKDF2\w{0,10}|x-\w{1,20})\}[A-Za-z0-9./$+=]{12,}
    |(?:pbkdf2_sha\d{1,3}|bcrypt_sha256|argon2|scrypt)\$\d{1,8}\$[\w./+=$]{20,}
    |SCRAM-SHA-\d{1,3}\$\d{1,6}:[\w+/=$:]{20,}
    )""",
    re.ASCII | re.VERBOSE,
)
# The secret of an AWS key beside its id, perhaps with a name between them.
_BESIDE_ID = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}(?:\W{1,10}[\w-]{1,40}){0,2}?\W{1,10}(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
    re.ASCII,
)
# No path, hash or name has as many characters of such a mixture; the end of a path has a slash, or a dot after it.
_AWS_SECRET = re.compile(rf"(?<!{_BASE64}){_BASE64}{{40}}(?![A-Za-z0-9/+=])", re.ASCII)
_OTHER_ID = re.compile(r"(?:Id|ID|_id|-id|Marker|etag)[\"']?[=:][\"' ]{0,3}$")
_BEARER = re.compile(r"(?<!\w)bearer[:, \t]{1,5}(?P<secret>[\w.~+/=-]{8,})", re.ASCII | re.IGNORECASE)
_BASIC = re.compile(r"(?<!\w)basic[ \t]{1,5}(?P<secret>[A-Za-z0-9+/]{8,}={0,2})", re.ASCII | re.IGNORECASE)
_BASE64_OF_KEY = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}")


def find_shapes(text: str) -> Iterator[Span]:
    """Yield secrets of a prepared text that need no name beside them."""
    yield from (match.span() for match in _TOKEN.finditer(text))
    yield from (match.span("secret") for match in _BESIDE_ID.finditer(text))
    for match in _AWS_SECRET.finditer(text):
        if _is_mixed(match[0]) and not _OTHER_ID.search(text, max(0, match.start() - 20), match.start()):
            yield match.span()
    for match in _BEARER.finditer(text):
        if any(char.isdigit() for char in match["secret"]):
            yield match.span("secret")
    for match in _BASIC.finditer(text):
        if b":" in _decoded(match["secret"]):
            yield match.span("secret")
    for match in _BASE64_OF_KEY.finditer(text):
        if b"PRIVATE KEY" in _decoded(match[0][:80]):
            yield match.span()
    if "--" in text or "Private-" in text:
        yield from _keys(text)


def _is_mixed(text: str) -> bool:
    return (
        any(char.isupper() for char in text)
        and any(char.islower() for char in text)
        and any(char.isdigit() for char in text)
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except binascii.Error:
        return b""


def _keys(text: str) -> Iterator[Span]:
    """Yield private keys, also those that are cut off at either end."""
    before = 0
    for match in _KEY.finditer(text):
        is_cut = match[0].lstrip("- ").startswith("END")
        yield (_first_line(text, before, match.start()) if is_cut else match.start()), match.end()
        before = match.end()
    yield from (match.span() for match in _STATIC_KEY.finditer(text))
    yield from (match.span("secret") for match in _PUTTY.finditer(text))


def _first_line(text: str, least: int, at: int) -> int:
    """Return where the lines of a key begin that ends at a place."""
    broken = "\\n" if text.endswith("\\n", least, at) else "\n"
    while at > least:
        end = at - len(broken) if text.endswith(broken, least, at) else at
        start = text.rfind(broken, max(least, end - 200), end)
        start = max(least, end - 200) if start < 0 else start + len(broken)
        if not _KEY_LINE.fullmatch(text[start:end].rstrip("\r")):
            # The end of a line that is no other part of the key.
            return (
                end
                - len(text[start:end])
                + len(text[start:end].rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
            )
        at = start
    return at
