"""Takeaways: what an artifact says in a form that others read: CSV, Markdown, the very bytes. Pure."""
