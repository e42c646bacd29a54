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
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingError, match=variable):
        load_settings({variable: value})


def test_defaults() -> None:
    settings = load_settings({"PATH": "/bin"})
    assert settings.registry_address == "sqlite:///var/registry.sqlite"
    assert settings.secret_path.as_posix() == "var/secret.key"
    assert settings.policy_path is None
    assert settings.ratelimit_enabled
