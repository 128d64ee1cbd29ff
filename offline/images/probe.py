"""Whether a registry can be reached: one quick question per registry and run."""

from __future__ import annotations

import threading

from offline.images.references import HUB

_HOSTS = {HUB: "registry-1.docker.io"}
SECONDS = 3.0


def is_registry(status: int, headers: dict[str, str]) -> bool:
    """Whether an answer is a registry's: a gateway that refuses the host answers too, but not like this."""
    named = {name.lower() for name in headers}
    return status in (200, 401) and ("docker-distribution-api-version" in named or "www-authenticate" in named)


def ask(host: str) -> bool:
    """Ask a registry for its version. A certificate that only this process distrusts counts as an answer."""
    import ssl
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"https://{host}/v2/", timeout=SECONDS) as answer:
            return is_registry(answer.status, dict(answer.headers))
    except urllib.error.HTTPError as refused:
        return is_registry(refused.code, dict(refused.headers))
    except urllib.error.URLError as failed:
        return isinstance(failed.reason, ssl.SSLCertVerificationError)
    except (OSError, ValueError):
        return False


class Probe:
    """Remembers the answers."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def reachable(self, registry: str) -> bool:
        """Whether the registry answers within the limit; name resolution may hang longer, so a thread asks."""
        if registry not in self._known:
            answers: list[bool] = []
            host = _HOSTS.get(registry, registry)
            # A registry on this machine speaks plain HTTP; Docker itself finds out at once.
            if host.split(":")[0] in ("localhost", "127.0.0.1"):
                return True
            asking = threading.Thread(target=lambda: answers.append(ask(host)), daemon=True)
            asking.start()
            asking.join(SECONDS)
            self._known[registry] = bool(answers and answers[0])
        return self._known[registry]
