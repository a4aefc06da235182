"""The settings outside phone messaging, with a new tenant's values."""

from __future__ import annotations

from simulator.handlers.stored_settings import Setting

_NO_PROVIDER = ("There is not a configured email provider", "inexistent_email_provider")
_NO_EMAIL = ("The template does not exist.", "inexistent_email_template")
_NO_PAGE = ("Template does not exist.", "inexistent_templates_universal_login")
_NO_THEME = ("There was an error retrieving branding settings: invalid theme ID", "theme_not_found")
_NO_SCIM = ("Not Found", "not_found")
_ATTACK = "/attack-protection"
_PUSH = "/guardian/factors/push-notification"
SETTINGS: tuple[Setting, ...] = (
    Setting("/branding", "branding", {}),
    Setting("/branding/templates/universal-login", "branding", None, _NO_PAGE, ("PUT",), 201, deletes=True),
    Setting("/branding/themes/default", "branding", None, _NO_THEME, ()),
    Setting("/prompts", "prompts", {"universal_login_experience": "new", "identifier_first": False}),
    Setting("/prompts/{prompt}/custom-text/{language}", "prompts", {}, verbs=("PUT",)),
    Setting("/prompts/{prompt}/partials", "prompts", {}, verbs=("PUT",)),
    Setting("/prompts/{prompt}/screen/{screen}/rendering", "prompts", {"rendering_mode": "standard"}),
    Setting("/emails/provider", "email_provider", None, _NO_PROVIDER, ("POST", "PATCH"), 201, deletes=True),
    Setting("/email-templates/{name}", "email_templates", None, _NO_EMAIL, ("PATCH", "PUT")),
    Setting(
        f"{_ATTACK}/brute-force-protection",
        "attack_protection",
        {
            "enabled": True,
            "shields": ["block", "user_notification"],
            "mode": "count_per_identifier_and_ip",
            "allowlist": [],
            "max_attempts": 10,
        },
    ),
    Setting(
        f"{_ATTACK}/breached-password-detection",
        "attack_protection",
        {
            "enabled": False,
            "shields": [],
            "admin_notification_frequency": [],
            "method": "standard",
            "stage": {"pre-user-registration": {"shields": []}, "pre-change-password": {"shields": []}},
        },
    ),
    Setting(
        f"{_ATTACK}/suspicious-ip-throttling",
        "attack_protection",
        {
            "enabled": True,
            "shields": ["admin_notification", "block"],
            "allowlist": [],
            "stage": {
                "pre-login": {"max_attempts": 100, "rate": 864_000},
                "pre-user-registration": {"max_attempts": 50, "rate": 1200},
                "pre-custom-token-exchange": {"max_attempts": 10, "rate": 600_000},
            },
        },
    ),
    Setting(
        f"{_ATTACK}/bot-detection",
        "attack_protection",
        {
            "challenge_password_policy": "never",
            "challenge_passwordless_policy": "never",
            "challenge_password_reset_policy": "never",
            "allowlist": [],
            "bot_detection_level": "medium",
            "monitoring_mode_enabled": False,
        },
    ),
    Setting(
        f"{_ATTACK}/captcha",
        "attack_protection",
        {
            "active_provider_id": "auth_challenge",
            "simple_captcha": {},
            "auth_challenge": {"fail_open": False},
            "recaptcha_v2": {"site_key": ""},
            "recaptcha_enterprise": {"site_key": "", "project_id": ""},
            "hcaptcha": {"site_key": ""},
            "friendly_captcha": {"site_key": ""},
            "arkose": {"site_key": "", "client_subdomain": "", "verify_subdomain": "", "fail_open": False},
        },
    ),
    Setting("/risk-assessments/settings", "attack_protection", {"enabled": False}),
    Setting("/risk-assessments/settings/new-device", "attack_protection", {"remember_for": 30}),
    Setting("/supplemental-signals", "attack_protection", {"akamai_enabled": False}),
    Setting(f"{_PUSH}/selected-provider", "guardian_factors", {"provider": "guardian"}, verbs=("PUT",)),
    Setting(
        f"{_PUSH}/providers/sns",
        "guardian_factors",
        {},
        verbs=("PUT", "PATCH"),
        write_only=frozenset({"aws_secret_access_key"}),
    ),
    Setting(
        f"{_PUSH}/providers/apns",
        "guardian_factors",
        {"bundle_id": "", "sandbox": False, "enabled": False},
        verbs=("PUT", "PATCH"),
        write_only=frozenset({"p12"}),
    ),
    Setting(f"{_PUSH}/providers/fcm", "guardian_factors", {}, verbs=("PUT", "PATCH")),
    Setting("/guardian/factors/duo/settings", "guardian_factors", {}, verbs=("PUT", "PATCH")),
    Setting(
        "/guardian/factors/webauthn-roaming/settings",
        "guardian_factors",
        {"userVerification": "discouraged", "overrideRelyingParty": False},
        verbs=("PUT",),
    ),
    Setting(
        "/guardian/factors/webauthn-platform/settings",
        "guardian_factors",
        {"overrideRelyingParty": False},
        verbs=("PUT",),
    ),
    Setting(
        "/connections/{id}/scim-configuration",
        "scim_config",
        None,
        _NO_SCIM,
        ("POST", "PATCH"),
        201,
        deletes=True,
    ),
    Setting(
        "/connections/{id}/directory-provisioning",
        "directory_provisionings",
        None,
        _NO_SCIM,
        ("POST", "PATCH"),
        201,
        deletes=True,
    ),
)
"""Documents at fixed paths, with a new tenant's values."""
