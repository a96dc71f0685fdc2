"""`auth` of an entry: its kinds and their keys. Sends nothing."""

from __future__ import annotations

from ingot.errors import nearest
from ingot.model import SourceSpec
from ingot.sources.auth import Fixed, TokenGrant, api_key, basic, bearer
from ingot.sources.options import Options
from ingot.sources.parts import base_url, check_header, kind_of_part, part_of

_AUTH_KEYS = {
    "bearer": ("token",),
    "api_key": ("key", "header", "parameter"),
    "basic": ("user", "password"),
    "oauth2": (
        "token_url", "client_id", "client_secret", "scope", "parameters", "send_in", "grant", "user", "password",
        "refresh_token",
    ),
    "none": (),
}  # fmt: skip
_GRANTS = {"client_credentials": (), "password": ("user", "password"), "refresh_token": ("refresh_token",)}


def read_auth(spec: SourceSpec) -> Fixed | TokenGrant:
    """The authentication of a source; for OAuth 2.0 what to get tokens with."""
    value = spec.options.get("auth")
    if value is None or value == "none":
        return Fixed()
    kind = kind_of_part(spec, value, "auth", tuple(_AUTH_KEYS))
    options = part_of(spec, value, ("kind", *_AUTH_KEYS[kind]), "auth")
    made = _AUTH[kind](options)
    if isinstance(made, Fixed):
        for name, item in made.fixed_headers.items():
            check_header(options, name, item)
    return made


def _bearer(options: Options) -> Fixed:
    return bearer(options.required_text("token", "${secret:token}"))


def _api_key(options: Options) -> Fixed:
    header, parameter = options.text("header"), options.text("parameter")
    if header and parameter:
        raise options.error("'header' and 'parameter' are both given", hint="keep the one that the API wants")
    return api_key(options.required_text("key", "${secret:key}"), header, parameter)


def _basic(options: Options) -> Fixed:
    user = options.required_text("user", "me")
    if ":" in user:
        raise options.error("'user' holds a colon, which Basic cannot carry")
    return basic(user, options.text("password") or "")


def _oauth2(options: Options) -> TokenGrant:
    send_in = options.text("send_in") or "body"
    if send_in not in ("body", "header"):
        raise options.error(f"'send_in' must be body or header, not {send_in!r}")
    token_url = options.required_text("token_url", "https://login.example.org/oauth2/token")
    base_url(options, token_url.partition("?")[0], "token_url")
    grant = options.text("grant") or "client_credentials"
    if grant not in _GRANTS:
        guess = nearest(grant, tuple(_GRANTS))
        hint = f"did you mean {guess!r}?" if guess else f"grants: {', '.join(_GRANTS)}"
        raise options.error(f"there is no grant {grant!r}", hint=hint)
    own = {key: options.required_text(key, f"${{secret:{key}}}") for key in _GRANTS[grant]}
    stray = next((key for keys in _GRANTS.values() for key in keys if key not in own and options.text(key)), None)
    if stray is not None:
        raise options.error(f"{stray!r} does not go with the grant {grant}", hint="grant: password, or refresh_token")
    client_id, secret = options.required_text("client_id", "my-app"), options.text("client_secret")
    if grant == "client_credentials" or send_in == "header":
        secret = options.required_text("client_secret", "${secret:client}")
    user = own.pop("user", None)
    return TokenGrant(
        token_url, client_id, secret or "", options.text("scope"), options.texts("parameters"), send_in == "header",
        grant, user, own,
    )  # fmt: skip


_AUTH = {
    "bearer": _bearer, "api_key": _api_key, "basic": _basic, "oauth2": _oauth2, "none": lambda _: Fixed(),
}  # fmt: skip
