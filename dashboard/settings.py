"""Settings come from the environment, are checked once at the start, and never change afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from dashboard.identity import ROLES
from datasources import keyring

SCALES = ("small", "demo", "full")
SIMULATOR_TOKEN = "YIPING_SIMULATOR_TOKEN"


_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASS")
_INSIDE = re.compile(r"(?<=//)[^/@]*(?=@)|(?<=\?).+|(?<=tianditu:).+")
"""What an address may hold that nobody should read: name and password, what stands behind a question mark, a map service's key."""


def masked(name: str, value: str) -> str:
    """What may be shown of a setting's value. Of a secret, and of a name that is none of ours (a misspelt one), nothing."""
    if any(part not in DOCUMENTED or _SECRET.search(part) for part in name.split("/")):
        return "…" if value else ""
    return _INSIDE.sub("…", value)


class BadSetting(Exception):
    """A setting that cannot be used; the sentence names it, what was found and what is wanted."""

    def __init__(self, name: str, found: str, wanted: str) -> None:
        shown = masked(name, found)
        super().__init__(f"设置 {name}={shown!r} 不能使用 / setting {name}={shown!r} cannot be used: wanted {wanted}")
        self.name = name


@dataclass(frozen=True)
class Basemap:
    """What lies under the layers: nothing, Tianditu, Amap (GCJ-02), any XYZ source, or an MBTiles file."""

    kind: str
    value: str = ""


@dataclass(frozen=True)
class Oidc:
    """Where people may also sign in: an OpenID Connect provider, and how it knows us."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    strong: frozenset[str]
    """Values of the claim `acr` that stand for more than a password."""


@dataclass(frozen=True)
class Settings:
    """All settings of one installation."""

    host: str
    port: int
    data: Path
    database_url: str
    redis_url: str | None
    redis_prefix: str
    simulate: bool
    scale: str
    basemap: Basemap
    secure_cookies: bool
    tile_secret: str
    data_keys: str
    second_factor: frozenset[str]
    oidc: Oidc | None
    trusted_proxies: int
    log: str
    traces_url: str
    sms_url: str
    sms_token: str
    voice_url: str
    voice_token: str
    mqtt_url: str
    recordings: Path | None
    voice_model: Path | None
    push_contact: str
    push_services: tuple[str, ...]
    turn_url: str
    turn_secret: str
    events_a_second: int

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the wall."""
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{shown}:{self.port}"


DOCUMENTED = {
    "YIPING_HOST": "127.0.0.1",
    "YIPING_PORT": "8050",
    "YIPING_DATA": ".data",
    "YIPING_DATABASE_URL": "",
    "YIPING_REDIS_URL": "",
    "YIPING_REDIS_PREFIX": "yiping",
    "YIPING_SIMULATE": "1",
    "YIPING_BASEMAP": "none",
    "YIPING_SECURE_COOKIES": "0",
    "YIPING_TILE_SECRET": "",
    "YIPING_DATA_KEYS": "",
    "YIPING_SECOND_FACTOR": "",
    "YIPING_OIDC_ISSUER": "",
    "YIPING_OIDC_CLIENT_ID": "",
    "YIPING_OIDC_CLIENT_SECRET": "",
    "YIPING_OIDC_NAME": "统一身份认证",
    "YIPING_OIDC_STRONG": "",
    "YIPING_TRUSTED_PROXIES": "0",
    "YIPING_LOG": "text",
    "YIPING_TRACES_URL": "",
    "YIPING_SMS_URL": "",
    "YIPING_SMS_TOKEN": "",
    "YIPING_VOICE_URL": "",
    "YIPING_VOICE_TOKEN": "",
    "YIPING_MQTT_URL": "",
    "YIPING_RECORDINGS": "",
    "YIPING_VOICE_MODEL": "",
    "YIPING_PUSH_CONTACT": "mailto:admin@localhost",
    "YIPING_PUSH_SERVICES": "",
    "YIPING_TURN_URL": "",
    "YIPING_TURN_SECRET": "",
    "YIPING_EVENTS_A_SECOND": "20",
    "SCALE": "demo",
}
"""Every setting with its default; the README names each of them (held by a test)."""


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings of this environment; raises `BadSetting` for the first one that cannot be used."""
    unknown = sorted(name for name in environment if name.startswith("YIPING_") and name not in (*DOCUMENTED, SIMULATOR_TOKEN))
    if unknown:
        raise BadSetting(unknown[0], environment[unknown[0]], f"one of {', '.join(DOCUMENTED)}")
    values = {name: environment.get(name, "").strip() or default for name, default in DOCUMENTED.items()}
    data = Path(values["YIPING_DATA"]).expanduser().resolve()
    if data.exists() and not data.is_dir():
        raise BadSetting("YIPING_DATA", values["YIPING_DATA"], "a folder, or a name where one can be made")
    return Settings(
        host=_host(values["YIPING_HOST"]),
        port=_number("YIPING_PORT", values["YIPING_PORT"], 65_535),
        data=data,
        database_url=_database(values["YIPING_DATABASE_URL"], data),
        redis_url=_redis(values["YIPING_REDIS_URL"]),
        redis_prefix=_prefix(values["YIPING_REDIS_PREFIX"]),
        simulate=_switch("YIPING_SIMULATE", values["YIPING_SIMULATE"]),
        scale=_one_of("SCALE", values["SCALE"], SCALES),
        basemap=_basemap(values["YIPING_BASEMAP"]),
        tile_secret=_secret("YIPING_TILE_SECRET", values["YIPING_TILE_SECRET"]),
        data_keys=_keys(values["YIPING_DATA_KEYS"]),
        second_factor=_roles("YIPING_SECOND_FACTOR", values["YIPING_SECOND_FACTOR"]),
        oidc=_oidc(values),
        trusted_proxies=int(_one_of("YIPING_TRUSTED_PROXIES", values["YIPING_TRUSTED_PROXIES"], ("0", "1", "2", "3"))),
        log=_one_of("YIPING_LOG", values["YIPING_LOG"], ("text", "json")),
        traces_url=_gateway("YIPING_TRACES_URL", values["YIPING_TRACES_URL"]),
        sms_url=_gateway("YIPING_SMS_URL", values["YIPING_SMS_URL"]),
        sms_token=values["YIPING_SMS_TOKEN"],
        voice_url=_gateway("YIPING_VOICE_URL", values["YIPING_VOICE_URL"]),
        voice_token=values["YIPING_VOICE_TOKEN"],
        mqtt_url=_mqtt(values["YIPING_MQTT_URL"]),
        recordings=_folder("YIPING_RECORDINGS", values["YIPING_RECORDINGS"]),
        voice_model=_folder("YIPING_VOICE_MODEL", values["YIPING_VOICE_MODEL"]),
        push_contact=_contact(values["YIPING_PUSH_CONTACT"]),
        push_services=_hosts("YIPING_PUSH_SERVICES", values["YIPING_PUSH_SERVICES"]),
        turn_url=_turn(values["YIPING_TURN_URL"], values["YIPING_TURN_SECRET"]),
        turn_secret=_secret("YIPING_TURN_SECRET", values["YIPING_TURN_SECRET"], "TURN server's static-auth-secret"),
        events_a_second=_number("YIPING_EVENTS_A_SECOND", values["YIPING_EVENTS_A_SECOND"], 100_000),
        secure_cookies=_switch("YIPING_SECURE_COOKIES", values["YIPING_SECURE_COOKIES"]),
    )


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:\-]+", text):
        raise BadSetting("YIPING_HOST", text, "a host name or address such as 127.0.0.1 or 0.0.0.0")
    return text


def _number(name: str, text: str, most: int) -> int:
    if not text.isdigit() or not 0 < int(text) <= most:
        raise BadSetting(name, text, f"a number from 1 to {most}")
    return int(text)


def _switch(name: str, text: str) -> bool:
    return _one_of(name, text, ("0", "1")) == "1"


def _secret(name: str, text: str, where: str = "secret in nginx's configuration") -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9_-]{24,}", text):
        raise BadSetting(name, "…", f"at least 24 letters and digits, the same as the {where}")
    return text


def _turn(text: str, secret: str) -> str:
    if text and not re.fullmatch(r"turns?:[^\s,]+(,turns?:[^\s,]+)*", text):
        raise BadSetting("YIPING_TURN_URL", text, "turn:host:3478, or several with commas between")
    if bool(text) != bool(secret):
        raise BadSetting("YIPING_TURN_SECRET", "…" if secret else "", "set together with YIPING_TURN_URL")
    return text


def _one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise BadSetting(name, text, f"one of {', '.join(allowed)}")
    return text


def _database(text: str, data: Path) -> str:
    if not text:
        return f"sqlite:///{data / 'yiping.db'}"
    try:
        backend = make_url(text).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise BadSetting("YIPING_DATABASE_URL", text, "postgresql://user@host/name or sqlite:////path/to/file")
    return text


def _gateway(name: str, text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise BadSetting(name, text, "the gateway's address, https://host/path")
    return text


def _folder(name: str, text: str) -> Path | None:
    if not text:
        return None
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise BadSetting(name, text, "a folder that is there")
    return folder


def _mqtt(text: str) -> str:
    if text and not re.fullmatch(r"mqtts?://\S+", text):
        raise BadSetting("YIPING_MQTT_URL", "…", "mqtt://user:password@host:1883 or mqtts://…")
    return text


def _contact(text: str) -> str:
    if not re.fullmatch(r"(mailto:[^\s@]+@[^\s@]+|https://\S+)", text):
        raise BadSetting("YIPING_PUSH_CONTACT", text, "mailto:somebody@example.org or an https address, for the push services")
    return text


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.replace(" ", "").split(",")))


def _hosts(name: str, text: str) -> tuple[str, ...]:
    hosts = _listed(text)
    if not all(re.fullmatch(r"[a-z0-9.-]+", host) for host in hosts):
        raise BadSetting(name, text, "names of hosts in small letters, with commas between")
    return hosts


def _redis(text: str) -> str | None:
    if text and not re.match(r"(rediss?|unix)://", text):
        raise BadSetting("YIPING_REDIS_URL", text, "redis://host:port/number")
    return text or None


def _roles(name: str, text: str) -> frozenset[str]:
    roles = frozenset(_listed(text))
    if not roles <= set(ROLES):
        raise BadSetting(name, text, f"roles with commas between: {', '.join(ROLES)}")
    return roles


def _oidc(values: Mapping[str, str]) -> Oidc | None:
    issuer, client, secret = (values[f"YIPING_OIDC_{name}"] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
    if not (issuer or client or secret):
        return None
    local = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]", issuer + "/")
    if not re.fullmatch(r"https?://[^\s?#]+", issuer) or not (issuer.startswith("https://") or local):
        raise BadSetting("YIPING_OIDC_ISSUER", issuer, "the https address of the provider, as its tokens name it")
    for name, value in (("YIPING_OIDC_CLIENT_ID", client), ("YIPING_OIDC_CLIENT_SECRET", secret)):
        if not value:
            raise BadSetting(name, "", "set together with YIPING_OIDC_ISSUER")
    return Oidc(issuer.rstrip("/"), client, secret, values["YIPING_OIDC_NAME"], frozenset(_listed(values["YIPING_OIDC_STRONG"])))


def _keys(text: str) -> str:
    if text:
        try:
            keyring.parsed(text)
        except ValueError:
            wanted = "secrets as `yiping keys new` makes them, the newest first, with commas between"
            raise BadSetting("YIPING_DATA_KEYS", "…", wanted) from None
    return text


def _prefix(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", text):
        raise BadSetting("YIPING_REDIS_PREFIX", text, "1 to 40 letters, digits, dots and dashes: another one for each city on one Redis")
    return text


def _basemap(text: str) -> Basemap:
    kind, _, value = text.partition(":")
    wanted = "none, amap, tianditu:<key>, xyz:<https://…/{z}/{x}/{y}.png> or mbtiles:<file>"
    if kind in ("none", "amap") and not value:
        return Basemap(kind)
    if kind == "tianditu" and re.fullmatch(r"[0-9a-zA-Z]+", value):
        return Basemap(kind, value)
    if kind == "xyz" and re.match(r"(https?://|/)", value) and all(part in value for part in ("{z}", "{x}", "{y}")):
        return Basemap(kind, value)
    if kind == "mbtiles" and Path(value).is_file():
        return Basemap(kind, str(Path(value).resolve()))
    raise BadSetting("YIPING_BASEMAP", text, wanted)
