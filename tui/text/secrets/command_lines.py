"""Secrets in command lines, where the program decides which argument is one."""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from tui.text.secrets.plain_text import Span
from tui.text.secrets.secret_values import is_harmless, value_at

# The arguments of a program, until another command begins.
_ARGUMENTS = re.compile(r"(?:[^\n|;\"']|\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'){1,1000}")
_REST = r"[^\n|;]{0,300}?"
_JOINED = r"(?=[^\s=-])(?!ass(?:word|wd|phrase|file)?\b|ort\b|rofile\b|roto)"
_ARG = r"[ ]{1,6}\S{1,200}"
_OPTIONS = r"(?:[ ]{1,6}-\S{1,80}){0,4}"
_LOGINS = (
    r"(?:docker|podman|nerdctl|buildah|skopeo|crane|oras|helm[ ]registry|az(?:[ ]acr)?|oc|cf|ibmcloud|nexus|argocd"
    r"|(?:singularity|apptainer)[ ](?:remote|registry))[ ]{1,6}login"
)


class _Rule(NamedTuple):
    """A pattern before a secret, and words: every text that it matches contains one of them.

    With `programs` it is searched in the arguments of these only.
    """

    words: tuple[str, ...]
    pattern: re.Pattern[str]
    programs: re.Pattern[str] | None = None


def _rule(words: str, pattern: str) -> _Rule:
    return _Rule(tuple(words.split()), re.compile(pattern))


def _of(words: str, programs: str, pattern: str) -> _Rule:
    return _Rule(
        tuple(words.split()),
        re.compile(rf"(?<=[ ])(?:{pattern})"),
        re.compile(rf"(?<![\w.-])(?:{programs})(?:\.exe)?[ ]"),
    )


def _flag(words: str, programs: str, flag: str, *, is_joined: bool = False) -> _Rule:
    """Return the rule for a flag whose value is the next argument, or the rest of this one (`is_joined`: only that)."""
    return _of(words, programs, rf"{flag}{_JOINED}" if is_joined else rf"{flag}(?:[ =]{{1,6}}(?!-)|{_JOINED})")


def _user(words: str, programs: str, flags: str, sign: str) -> _Rule:
    """Return the rule for a flag whose value is a user and a password with a sign between them."""
    return _of(words, programs, rf"(?:{flags})[ =]{{0,6}}[\"']?[\w.\\/@+-]{{0,80}}{sign}(?=\S)")


def _after(words: str, pattern: str) -> _Rule:
    """Return the rule for a secret after other arguments."""
    return _rule(words, rf"(?<![\w-]){pattern}[ ]{{1,6}}(?!-)")


_RULES = (
    _flag("login", _LOGINS, "-p"),
    _flag("mongo", r"mongo(?:sh|dump|restore|import|export|files|stat|top)?", "-p"),
    _flag(
        "sshpass cqlsh twine rdesktop useradd usermod influx clickhouse cadaver psexec sqsh tsql isql beeline winexe"
        " jf",
        r"sshpass|cqlsh|twine|rdesktop|useradd|usermod|influx|clickhouse-client|cadaver|psexec|sqsh|tsql|isql|beeline"
        r"|winexe|jfrog|jf",
        "-p",
    ),
    _flag(
        "evil-winrm crackmapexec netexec nxc impacket", r"evil-winrm|crackmapexec|netexec|nxc|impacket-\w{1,20}", "-p"
    ),
    _flag("redis keydb valkey", r"(?:redis|keydb|valkey)-(?:cli|benchmark)", "-a"),
    _flag("zip", r"unzip|zip|zipcloak|funzip", "-P"),
    _flag("sqlcmd bcp osql mosquitto ipmitool", r"sqlcmd|bcp|osql|mosquitto_(?:pub|sub|rr)|ipmitool", "-P"),
    _flag("ldap", r"ldap(?:search|modify|add|delete|passwd|whoami|compare|modrdn|exop|vi)", "-w"),
    _flag("snmp onesixtyone", r"snmp\w{2,12}|onesixtyone", "-[cAX]"),
    _flag("mysql mariadb mycli xtrabackup", r"(?:mysql|mariadb)[\w-]{0,20}|mycli|xtrabackup", "-p", is_joined=True),
    _flag("7z rar", r"7z[arz]?|7zz|unrar|rar", "-(?:hp|p)", is_joined=True),
    _user(
        "curl wget aria2c http restic siege hey",
        r"curl|wget2?|aria2c|httpie|https?|restic|siege|hey",
        r"-(?:u|a|U|A)|--(?:proxy-)?user|--auth|--proxy-auth",
        ":",
    ),
    _user("ab lwp-request", "ab|lwp-request", "-[APC]", ":"),
    _of("curl", "curl", r"(?:-b|--cookie)[ =]{1,6}(?=[\"']?[^\s=]{1,100}=)"),
    _of("curl", "curl", r"(?:--cert|-E|--proxy-cert)[ =]{1,6}[\"']?[^\s:]{1,200}:"),
    _of("openssl", "openssl", r"-[kK][ ]{1,6}"),
    _of("ssh-keygen", "ssh-keygen", r"-[NP][ ]{1,6}"),
    _of(
        "sqlplus expdp impdp sqlldr rman exp imp",
        "sqlplus|expdp|impdp|exp|imp|sqlldr|rman",
        r"[\"']?[A-Za-z]\w{0,30}/(?=[^\s/@]{3})",
    ),
    _of("poetry", "poetry", r"http-basic\.\S{1,80}[ ]{1,6}\S{1,80}[ ]{1,6}"),
    _user("lftp", "lftp", r"-u|--user", ","),
    _user("smb rpcclient mount.cifs winexe wmic", r"smb\w{2,10}|rpcclient|mount\.cifs|winexe|wmic", r"-U|--user", "%"),
    _user("ftp pscp influx", r"s?ftp|ncftp\w{0,4}|pscp|influx", r"-u|--user", ":"),
    _rule("&p=", r"[?&\"' =](?:u|usr|user|username|login|email)=[^&\s\"']{1,100}&p="),
    # The code of an OAuth login; error codes have no digits or are shorter.
    _rule("code=", r"(?:[?&]|-d[ ]{1,4}[\"']?)code=(?=[A-Za-z_.~/%+-]{0,60}\d)(?=[\w.~/%+-]{16})"),
    _rule("client_assertion assertion=", r"(?:[?&]|-d[ ]{1,4}[\"']?)(?:client_)?assertion="),
    _rule("pass", r"-(?:passin|passout|pass)[ ]{1,6}[\"']?pass:"),
    _rule("/p", r"(?<![\w/])/p(?:ass(?:word)?)?:"),
    _rule("from-literal", r"(?<![\w-])--from-literal[= ]{1,4}[\"']?[\w.-]{1,80}="),
    _after("-pw storepass keypass", r"-(?:pw|(?:src|dest)?storepass|(?:dest)?keypass)"),
    _after("vault", rf"vault[ ]{{1,6}}login{_OPTIONS}"),
    _after("htpasswd", rf"htpasswd[ ]{{1,6}}-\w{{0,8}}b\w{{0,8}}{_OPTIONS}{_ARG}{_ARG}"),
    _after("rabbitmqctl", rf"rabbitmqctl{_OPTIONS}[ ]{{1,6}}(?:add_user|change_password|authenticate_user){_ARG}"),
    _after(
        "mc",
        rf"mc{_OPTIONS}[ ]{{1,6}}(?:alias[ ]{{1,6}}set|config[ ]{{1,6}}host[ ]{{1,6}}add){_ARG}{_ARG}"
        r"[ ]{1,6}(?P<also>\S{1,80})",
    ),
    _after("net", r"net[ ]{1,6}use[^\n]{0,200}/user:\S{1,80}"),
    _after("net", rf"net[ ]{{1,6}}user{_ARG}"),
    _after("mysqladmin", rf"mysqladmin[ ]{_REST}[ ]password"),
    _after("--value", r"--name[ =]{1,4}\S{0,200}(?i:pass|secret|token|key)\S{0,80}[ ](?:[^\n|;]{0,200}[ ])?--value"),
    _after("wpa_passphrase", rf"wpa_passphrase{_ARG}"),
    _after("authtoken", r"ngrok[ ]{1,6}(?:config[ ]{1,6}add-)?authtoken"),
    _after("wifi", rf"wifi[ ]{{1,6}}connect{_ARG}[ ]{{1,6}}password"),
    _after("AUTH", r"AUTH[ ]{1,6}(?:PLAIN|LOGIN)"),
    _after("requirepass masterauth", r"(?:requirepass|masterauth)"),
    _rule("<<<", r"(?:--password-stdin|sudo -S|--with-token)[^\n|;]{0,80}<<<[ ]{0,4}"),
)
_PIPED = re.compile(
    r"(?<![\w-])(?:echo|printf)[ ]{1,6}(?:-n[ ]{1,6}|[\"']?%s(?:\\n)?[\"']?[ ]{1,6})?"
    r"(?P<secret>\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|[^\s|;\"']{1,200})[ ]{0,4}\|[ ]{0,4}[^\n|;]{0,200}"
    r"(?:--password-stdin|sudo[ ]+(?:-\w+[ ]+){0,4}-S|passwd[ ]+--stdin|chpasswd|--with-token|cryptsetup"
    r"|-passin[ ]stdin|--passphrase-fd|smbpasswd|kinit|vncpasswd|openssl[ ]passwd)"
)


def find_in_commands(text: str) -> Iterator[Span]:
    """Yield the secrets among arguments in a prepared text."""
    for rule in _RULES:
        if any(word in text for word in rule.words):
            for match in _matches(rule, text):
                yield from _value(text, match.end())
                if "also" in rule.pattern.groupindex:
                    yield match.span("also")
    if "|" in text:
        for match in _PIPED.finditer(text):
            start, end = match.span("secret")
            if text[start] in "\"'":
                start, end = start + 1, end - 1
            if not is_harmless(text[start:end]):
                yield start, end


def _matches(rule: _Rule, text: str) -> Iterator[re.Match[str]]:
    if rule.programs is None:
        yield from rule.pattern.finditer(text)
        return
    begun = [match.end() for match in rule.programs.finditer(text)]
    for start, following in itertools.pairwise([*begun, len(text)]):
        arguments = _ARGUMENTS.match(text, start - 1, following)
        if arguments is not None:
            yield from rule.pattern.finditer(text, start - 1, arguments.end())


def _value(text: str, at: int) -> Iterator[Span]:
    span = value_at(text, at)
    if span is not None and not is_harmless(text[span[0] : span[1]]):
        yield span
