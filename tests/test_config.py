import dataclasses

import pytest

from portal.config import SETTINGS, Settings, load_settings
from portal.errors import SettingError


def test_the_table_and_the_settings_are_one() -> None:
    names = [field.name for field in dataclasses.fields(Settings)]
    assert names == [setting.attribute for setting in SETTINGS]
    assert all(setting.help for setting in SETTINGS)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORTAL_RATELIMIT_ENABLED", "yes"),
        ("PORTAL_RATELIMIT_SEARCH", "often"),
        ("PORTAL_TRUSTED_PROXIES", "-1"),
        ("PORTAL_TRUSTED_PROXIES", "²"),
        ("PORTAL_DATABASE_URL", "postgresql://db"),
        ("PORTAL_VARR", "var"),
        ("PORTAL_RATELIMIT_URL", "bogus://"),
        ("PORTAL_RATELIMIT_URL", "sqlite://"),
        ("PORTAL_RATELIMIT_URL", "sqlite:///"),
        ("PORTAL_RATELIMIT_URL", "async+memory://"),
        ("PORTAL_RATELIMIT_URL", "redis+sentinel://counters"),
        ("PORTAL_RATELIMIT_PAGES", "many"),
        ("PORTAL_RATELIMIT_PERSONS", "10/hour;often"),
        ("PORTAL_RATELIMIT_PERSONS", "0/day"),
        ("PORTAL_RATELIMIT_INSTITUTION", "0"),
        ("PORTAL_AUDIT_LOG", "-"),
        ("PORTAL_METRICS_NETWORKS", "10.0.0.1/8"),
        ("PORTAL_METRICS_NETWORKS", "everybody"),
        ("PORTAL_SITE_ORIGIN", "credit.example.cn"),
        ("PORTAL_SITE_ORIGIN", "https://credit.example.cn/"),
        ("PORTAL_SITE_ORIGIN", "https://credit.example.cn/path"),
        ("PORTAL_SITE_ORIGIN", "https://user@credit.example.cn"),
        ("PORTAL_SITE_ORIGIN", "https://credit..cn"),
        ("PORTAL_SITE_ORIGIN", 'https://credit.cn"><b>'),
        ("PORTAL_SITE_ORIGIN", "javascript:alert(1)"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingError, match=variable):
        load_settings({variable: value})


def test_a_refused_address_of_counters_is_not_repeated() -> None:
    with pytest.raises(SettingError) as refused:
        load_settings({"PORTAL_RATELIMIT_URL": "bogus://portal:password@counters:1"})
    assert "password" not in str(refused.value)
    assert "password" not in str(refused.value.__cause__)


@pytest.mark.parametrize("origin", ["https://credit.example.cn", "http://localhost:8000", ""])
def test_origins(origin: str) -> None:
    assert load_settings({"PORTAL_SITE_ORIGIN": origin}).site_origin == origin


def test_defaults() -> None:
    settings = load_settings({"PATH": "/bin"})
    assert settings.registry_address == "sqlite:///var/registry.sqlite"
    assert settings.secret_path.as_posix() == "var/secret.key"
    assert settings.policy_path is None
    assert settings.ratelimit_enabled
    assert settings.counters_address == "sqlite:///var/limits/counters.sqlite"
    assert settings.keys_path.as_posix() == "var/keys.tsv"


def test_counters_may_be_elsewhere() -> None:
    for address in (
        "sqlite:////run/portal/counters.sqlite",
        "redis://counters:6379/1",
        "memory://",
    ):
        assert load_settings({"PORTAL_RATELIMIT_URL": address}).counters_address == address
