"""The bodies of requests and answers, by what they are about: for validation, and for the docs."""
