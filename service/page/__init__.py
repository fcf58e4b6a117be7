"""The page: what a browser is sent at every address outside the API. Its sources are in `ui/`."""
