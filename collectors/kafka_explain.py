"""Failures of the client in words: what is wrong with which broker or topic, and what to do."""

from __future__ import annotations

from ssl import SSLError

from kafka import errors as kafka_errors

from analyzers.errors import HoneError
from collectors.kafka_settings import KafkaSettings

_AUTHORITY = "set ssl_cafile to the certificate of the authority that signed it"
_OWN = "check ssl_certfile and ssl_keyfile: signed by an authority that the broker knows, not expired"


def explain(error: BaseException, settings: KafkaSettings) -> HoneError:
    """A failure of the client as a HoneError: what is wrong with which broker or topic, and what to do."""
    where = settings.where
    if isinstance(error, HoneError):
        return error
    if isinstance(error, kafka_errors.SaslAuthenticationFailedError):
        return HoneError(f"Kafka at {where} refused the user name or password", "check sasl_* in the security settings")
    if isinstance(error, kafka_errors.UnsupportedSaslMechanismError | kafka_errors.IllegalSaslStateError):
        return HoneError(f"Kafka at {where} does not offer this SASL mechanism", "check sasl_mechanism")
    if isinstance(error, kafka_errors.TopicAuthorizationFailedError):
        return HoneError(
            f"no permission to read {_topics(settings)} on {where}", "grant Describe and Read on the topic"
        )
    if isinstance(error, kafka_errors.GroupAuthorizationFailedError):
        return HoneError(f"no permission to use group {settings.group_id!r} on {where}", "grant Read on the group")
    if isinstance(error, kafka_errors.AuthorizationError):
        return HoneError(f"Kafka at {where} denies this: {type(error).__name__}", "check the ACLs of this user")
    if isinstance(error, kafka_errors.KafkaConfigurationError):
        return HoneError("the Kafka client refuses its settings", "check the security settings")
    if isinstance(error, kafka_errors.InvalidReceiveError):
        hint = "set security_protocol to SSL or SASL_SSL, or check the port in bootstrap_servers"
        return HoneError(f"Kafka at {where} answers in another protocol, probably TLS", hint)
    tls = _tls(error)
    if tls is not None:
        return HoneError(f"TLS with Kafka at {where} failed: {tls[0]}", tls[1])
    if "socket disconnected" in str(error):
        hint = "check that security_protocol fits the listener on that port"
        if str(settings.security.get("security_protocol", "")).upper().endswith("SSL"):
            # Its alert is lost where the connection is reset before it has been read.
            hint += f", and that the broker takes this client's certificate ({_OWN})"
        return HoneError(f"Kafka at {where} hangs up on this client", hint)
    if isinstance(error, kafka_errors.RetriableError | OSError):
        said = str(error).partition(": ")[2] or str(error) or type(error).__name__
        return HoneError(f"no Kafka broker answers at {where}: {said}", "check bootstrap_servers, and that it is up")
    return HoneError(f"Kafka at {where} failed: {type(error).__name__}")


_TLS = (
    # (what OpenSSL says, what it means, what to look at)
    (
        "self-signed certificate",
        "the broker's certificate is not signed by an authority that is known here",
        _AUTHORITY,
    ),
    (
        "local issuer certificate",
        "the broker's certificate is not signed by an authority that is known here",
        _AUTHORITY,
    ),
    ("certificate has expired", "the broker's certificate has expired", "renew it there; or check the clock here"),
    ("not yet valid", "the broker's certificate is not valid yet", "check the clocks here and there"),
    (
        "mismatch, certificate",
        "the broker's certificate is for another name",
        "name it in bootstrap_servers as its certificate does",
    ),
    ("alert bad certificate", "the broker asks for a certificate and takes none or not this one", _OWN),
    ("certificate required", "the broker asks for a certificate", _OWN),
    ("alert certificate expired", "the broker says that the certificate shown to it has expired", _OWN),
    ("alert certificate unknown", "the broker does not take the certificate shown to it", _OWN),
    ("alert unknown ca", "the broker does not know the authority of the certificate shown to it", _OWN),
    ("key values mismatch", "certificate and key do not belong together", _OWN),
    (
        "no certificate or crl",
        "there is no certificate in a file that is named",
        "check ssl_cafile and ssl_crlfile: they hold PEM",
    ),
    (
        "pem lib",
        "the certificate or its key cannot be read",
        "check ssl_certfile, ssl_keyfile and ssl_password: they hold PEM",
    ),
)


def _tls(error: BaseException) -> tuple[str, str] | None:
    """What went wrong between the two ends of TLS, and what to look at; None for another failure.

    A broker refuses a client's certificate only after the client has finished its part of the handshake, so the
    alert comes as a failure to read.
    """
    said = str(error)
    if "Handshake failed" not in said and "SSL" not in said and not isinstance(error, SSLError):
        return None
    for words, meaning, hint in _TLS:
        if words in said.lower():
            return meaning, hint
    return said.partition("Handshake failed: ")[2] or said, "check ssl_*, and that the port is a TLS listener"


def _topics(settings: KafkaSettings) -> str:
    return " and ".join(repr(topic) for topic in settings.topics) or f"topics like {settings.pattern!r}"
