"""What tests over TLS share beside http_kit: certificates, and clients."""

import ssl
import subprocess
from pathlib import Path

from http_kit import Http


def make_certificate(folder, name, host, key):
    """NAME.crt and NAME.key, new ones; key: what openssl calls its kind."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", "2", "-subj", f"/CN={host}",
         "-addext", f"subjectAltName=DNS:{host}", "-keyout", f"{folder}/{name}.new-key",
         "-out", f"{folder}/{name}.new-crt"],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for ending in ("key", "crt"):
        Path(folder, f"{name}.new-{ending}").rename(Path(folder, f"{name}.{ending}"))


ECDSA = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("rsa:2048",)


class Https(Http):
    """A connection under TLS."""

    def __init__(self, address, version=ssl.TLSVersion.TLSv1_3, host="a.example", session=None,
                 context=None, receive_buffer=None):  # fmt: skip
        super().__init__(address, receive_buffer)
        self.context = context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.minimum_version = self.context.maximum_version = version
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        self.file.close()
        # Without close_notify the end is an error.
        self.socket = self.context.wrap_socket(
            self.socket, server_hostname=host, session=session, suppress_ragged_eofs=False
        )
        self.file = self.socket.makefile("rb")

    def certificate(self):
        return self.socket.getpeercert(binary_form=True)


__all__ = ["ECDSA", "Https", "RSA", "make_certificate"]
