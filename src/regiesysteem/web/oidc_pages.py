"""Logging in at an OpenID provider: code flow with PKCE (S256), state and nonce (OpenID Connect Core 1.0, 3.1)."""

from collections.abc import Mapping
from typing import Any, Final

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from flask import Blueprint, abort, make_response, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException

from regiesysteem.access.people.provided import provided_account
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Oidc
from regiesysteem.inrichting.secrets import SecretError, read_secret
from regiesysteem.local import is_this_machine
from regiesysteem.logging_ import logger
from regiesysteem.web.kept_form import inside
from regiesysteem.web.login_pages import enter, insecure
from regiesysteem.web.routes import Answer, public, services
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie

pages = Blueprint("oidc", __name__)
_TIMEOUT_S: Final = 10
_LEEWAY_S: Final = 60  # that clocks may differ
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""The algorithms with which a token may be signed: with the key of the provider alone, so no HMAC, and never none."""
_ATTEMPTS: Final = 2  # logins under way that a cookie remembers beside the newest
_WRONG: Final = (OAuthError, JoseError, RequestException, SecretError, ValueError, KeyError, TypeError, RuntimeError)
"""The ways in which a provider, or somebody in its place, makes a login fail."""


@public(pages, "/inloggen/bij/<naam>")
def begin(naam: str) -> Answer:
    """Send somebody to a provider; a link, because a form may not lead to another server (CSP form-action)."""
    if refused := insecure():
        return refused
    provider = next((one for one in _inrichting().oidc if one.naam == naam), None)
    if provider is None:
        abort(404)
    try:
        client = _client(provider)
        asked = client.create_authorization_url(url_for("oidc.back", _external=True))
    except _WRONG as error:
        return _failed(provider, error)
    _forget_old_attempts()
    url = asked.pop("url")
    naar = inside(request.args.get("terug", ""))
    client.save_authorize_data(redirect_uri=url_for("oidc.back", _external=True), naar=naar, **asked)
    return redirect(url, 303)


@public(pages, "/terug")
def back() -> Answer:
    """Come back from a provider, with a code that is good for one token."""
    if refused := insecure():
        return refused
    inrichting, state = _inrichting(), request.args.get("state", "")
    for provider in inrichting.oidc:
        under_way = FlaskIntegration(_key(provider)).get_state_data(session, state)
        if under_way:
            break
    else:
        return _failed(None, None)
    try:
        claims = _claims(provider)
    except _WRONG as error:
        return _failed(provider, error)
    with services().engine.begin() as connection:
        account = provided_account(
            connection, inrichting, provider, claims, services().settings.oidc_medewerker_claim
        )  # fmt: skip
    if account is None:
        logger().warning("inloggen_zonder_rol", aanbieder=provider.naam)
        return make_response(render_template("oidc.html", provider=provider, known=True), 403)
    return enter(account, under_way.get("naar", ""))


def _claims(provider: Oidc) -> Mapping[str, Any]:
    """The verified claims of who comes back. Raises one of _WRONG."""
    client = _client(provider)
    if request.args.get("iss", provider.uitgever) != provider.uitgever:  # RFC 9207
        client.framework.clear_state_data(session, request.args.get("state", ""))
        raise ValueError("the answer is of another issuer")
    token = client.authorize_access_token(
        claims_options={
            "iss": {"essential": True, "value": provider.uitgever},
            "aud": {"essential": True, "value": provider.client_id},
        },
        leeway=_LEEWAY_S,
    )
    claims: dict[str, Any] = dict(token["userinfo"])
    if provider.groepen_claim not in claims and client.server_metadata.get("userinfo_endpoint"):
        more = client.userinfo(token=token)
        if more.get("sub") == claims["sub"]:
            claims = dict(more) | claims
    return claims


def _client(provider: Oidc) -> Any:
    """A client that read the addresses and algorithms of a provider. Raises one of _WRONG."""
    client = FlaskOAuth2App(
        FlaskIntegration(_key(provider)),
        name=_key(provider),
        client_id=provider.client_id,
        client_secret=read_secret(provider.geheim_uit).decode(),
        server_metadata_url=f"{provider.uitgever.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": provider.scope, "code_challenge_method": "S256", "default_timeout": _TIMEOUT_S},
    )
    metadata = client.load_server_metadata()
    if metadata["issuer"] != provider.uitgever:
        raise ValueError("the provider names another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not (metadata[name].startswith("https://") or is_this_machine(metadata[name])):
            raise ValueError("an address of the provider is not https")
    offered = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
    metadata["id_token_signing_alg_values_supported"] = [one for one in _ALGORITHMS if one in offered]
    return client


def _failed(provider: Oidc | None, error: Exception | None) -> Answer:
    """The page of a login that failed; the log has the kind of the error and nothing of the person."""
    logger().warning(
        "oidc_mislukt", aanbieder=provider.naam if provider else "", soort=type(error).__name__ if error else "state"
    )
    return make_response(render_template("oidc.html", provider=provider, known=False), 403)


def _forget_old_attempts() -> None:
    attempts = [key for key in session if key.startswith("_state_")]
    for key in attempts[:-_ATTEMPTS]:
        session.pop(key)


def _key(provider: Oidc) -> str:
    return f"oidc-{provider.naam}"


def _inrichting() -> Inrichting:
    with services().engine.connect() as connection:
        return services().source.current(read_inrichting_versie(connection), connection)
