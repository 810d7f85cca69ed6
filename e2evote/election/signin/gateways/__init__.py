"""Ways to send a message: an outbox for development, an SMTP server, a provider's HTTP interface."""
