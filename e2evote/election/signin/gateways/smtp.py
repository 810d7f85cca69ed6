"""E-mail, handed to an SMTP server over TLS whose certificate is verified."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from e2evote.election.signin.gateways.message import GatewayError, Message
from e2evote.election.signin.settings import SmtpSettings


class Smtp:
    """One server; each message has a connection of its own."""

    def __init__(self, settings: SmtpSettings, password: str | None) -> None:
        """Take the settings, and the password if there is one."""
        self._settings, self._password = settings, password

    def __repr__(self) -> str:
        return f"Smtp({self._settings.host})"

    def send(self, message: Message) -> None:
        """Hand an e-mail over.

        Raises:
            GatewayError: the server is not there, not the one named in its certificate, or did not take it.
        """
        try:
            with self._connected() as server:
                if self._settings.username is not None:
                    server.login(self._settings.username, self._password or "")
                server.send_message(self._email(message))
        except smtplib.SMTPResponseException as error:
            raise GatewayError(f"{self._settings.host}: answered {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            cut = isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected)
            raise GatewayError(f"{self._settings.host}: {type(error).__name__}", cut) from error

    def _connected(self) -> smtplib.SMTP:
        host, port, timeout = self._settings.host, self._settings.port, self._settings.timeout
        context = ssl.create_default_context()
        if self._settings.security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
        server = smtplib.SMTP(host, port, timeout=timeout)
        try:
            if self._settings.security == "starttls":
                server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server

    def _email(self, message: Message) -> EmailMessage:
        email = EmailMessage()
        email["From"], email["To"], email["Subject"] = self._settings.sender, message.to, message.subject
        email["Date"], email["Message-ID"] = formatdate(), make_msgid(domain=self._settings.sender.rpartition("@")[2])
        email["Auto-Submitted"] = "auto-generated"
        email.set_content(message.text)
        return email
