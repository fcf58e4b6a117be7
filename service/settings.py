"""Settings: environment variables named `DIGSITE_*`, or the same lines in `{home}/digsite.env`."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_HOME = Path("~/.digsite")


class Settings(BaseSettings):
    """How a server runs. Each field's description is its documentation in `docs/settings.md`."""

    model_config = SettingsConfigDict(env_prefix="DIGSITE_", env_ignore_empty=True, extra="ignore")

    home: Path = Field(DEFAULT_HOME, description="Folder of the data, unless the database is elsewhere.")
    database_url: str = Field(
        "",
        pattern=r"^((sqlite:///|postgresql://).+)?$",
        description="`sqlite:///PATH` or `postgresql://...`. Default: `digsite.db` in the home folder.",
    )
    redis_url: str = Field(
        "",
        pattern=r"^((redis|rediss|unix)://.+)?$",
        description="`redis://...`: wakes other processes sooner, and holds the mirror.",
    )
    redis_prefix: str = Field(
        "digsite", min_length=1, description="How names in Redis begin; another one for each system that shares it."
    )
    redis_mirror: bool = Field(False, description="Copy every log into a Redis Stream.")
    redis_mirror_length: int = Field(100_000, gt=0, description="About how many of its newest events a mirror holds.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(4200, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    root_path: str = Field(
        "", pattern=r"^(/[\w.~-]+)*$", description="Path that a proxy has the server at: `/digsite`. Default: none."
    )
    upstream_api_url: str = Field(
        "",
        pattern=r"^(https?://.+)?$",
        description="API of the Prefect server behind this one: `http://host:4200/api`. Default: there is none.",
    )
    upstream_auth_string: SecretStr | None = Field(
        None, description="`user:password` for the upstream. Default: what each client sends is passed on."
    )
    upstream_api_key: SecretStr | None = Field(None, description="API key for the upstream, instead of a password.")
    api_auth_string: SecretStr | None = Field(
        None, description="`user:password` that clients must send (Basic), as PREFECT_API_AUTH_STRING does."
    )
    trusted_proxies: str = Field(
        "", description="Addresses of proxies whose `X-Forwarded-For` is believed, by commas; networks as 10.0.0.0/8."
    )
    insecure: bool = Field(False, description="Allow an address other than loopback without any access control.")
    archive: str = Field(
        "",
        description="Where old bodies are archived: a folder, or a URL such as `s3://bucket/folder`. "
        "Default: `archive` in the home folder.",
    )
    signing_key: str = Field(
        "", description="File of the key that signs checkpoints. Default: `signing.key` in the home folder."
    )
    origin: str = Field(
        "digsite", pattern=r"^[^\s+]+$", description="How names of logs begin in checkpoints: as no other server's do."
    )
    cors_allowed_origins: str = Field(
        "*",
        description="Origins whose pages may call the API, by commas. "
        "`*`: all may read, and write if they are of the same site.",
    )
    max_body_bytes: int = Field(10 * 1024 * 1024, gt=0, description="Largest request body, in bytes.")
    max_key_length: int = Field(1024, gt=0, le=2048, description="Longest key or type, in characters.")
    max_json_depth: int = Field(200, gt=0, le=900, description="Deepest nesting of arrays and objects.")
    max_batch: int = Field(1000, gt=0, description="Most artifacts in one batch request.")
    max_events: int = Field(1000, gt=0, description="Most events from outside in one request.")
    max_event_bytes: int = Field(1_500_000, gt=0, description="Largest event from outside, in bytes.")
    max_page: int = Field(200, gt=0, le=10_000, description="Largest page of a listing, and its default.")
    max_waiting_writes: int = Field(10_000, gt=0, description="Most writes that wait for their transaction.")
    wait_timeout_s: float = Field(5.0, gt=0, description="Longest that a read waits for a position, in seconds.")
    heartbeat_s: float = Field(10.0, gt=0, description="Longest silence of a stream, in seconds.")
    poll_timeout_s: float = Field(60.0, gt=0, description="Longest that a request waits for events, in seconds.")
    shutdown_timeout_s: int = Field(10, gt=0, description="Longest that a stop waits for requests, in seconds.")
    retention_interval_s: float = Field(
        3600.0, ge=0, description="How often the retention policies are applied, in seconds; 0: never by itself."
    )
    retention_rate: int = Field(
        1_000, gt=0, description="Most artifacts and bodies that retention lets go in a second."
    )
    webhook_allow_private: bool = Field(
        False, description="Let webhooks post to addresses that are not public, those of this machine among them."
    )
    verify_rate: int = Field(
        1000, ge=0, description="Events that the inspector verifies in a second, all the time; 0: there is none."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line.")
    log_format: Literal["console", "json"] = Field("console", description="Form of the log lines.")

    @field_validator("redis_mirror")
    @classmethod
    def _mirror_needs_redis(cls, wanted: bool, info: ValidationInfo) -> bool:
        if wanted and not info.data.get("redis_url"):
            raise ValueError("needs DIGSITE_REDIS_URL")
        return wanted

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.home.expanduser() / 'digsite.db'}"

    @property
    def archive_url(self) -> str:
        """Where archives are made, the default filled in; a path made absolute."""
        if "://" in self.archive:
            return self.archive
        return str(Path(self.archive or self.home / "archive").expanduser().absolute())

    @property
    def signing_key_file(self) -> Path:
        """Where the signing key is, the default filled in."""
        return Path(self.signing_key or self.home / "signing.key").expanduser()

    @property
    def is_loopback(self) -> bool:
        return self.host in ("127.0.0.1", "localhost", "::1")


class InvalidSettings(Exception):
    """A setting has a value that is not allowed."""

    def __init__(self, error: ValidationError) -> None:
        wrong = [f"DIGSITE_{str(each['loc'][0]).upper()}: {each['msg']}." for each in error.errors()]
        super().__init__(" ".join(wrong))
        self.settings = [str(each["loc"][0]) for each in error.errors()]


def load_settings(**given: Any) -> Settings:
    """What is given, then the environment, then the file in the home folder. Raises InvalidSettings."""
    try:
        home = Settings(**given).home.expanduser()
        return Settings(_env_file=home / "digsite.env", **given)
    except ValidationError as error:
        raise InvalidSettings(error) from error
