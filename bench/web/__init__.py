"""The web server against others: README.md."""
