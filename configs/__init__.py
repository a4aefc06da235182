"""The operator's configuration: the fleet, its waves and gates, and references to secrets.

`load_fleet` turns a fleet file into a checked `Fleet`, or raises a `ConfigError` with all its problems.
"""

from configs.fleet import (
    Connection,
    Execution,
    Fleet,
    Ledger,
    OnFailure,
    Rollout,
    SigningAlgorithm,
    TenantRef,
    Tier,
    TokenEndpointAuthMethod,
    Wave,
    WhenInconclusive,
)
from configs.gate_rules import (
    ApprovalMode,
    ApprovalRules,
    CheckAnswer,
    GateCheck,
    GateMoment,
    OnGate,
)
from configs.load import load_fleet
from configs.matching import Match, Selectable, first_match, select
from configs.notify_rules import Notify, NotifyEvent, Recipient
from configs.problems import ConfigError, Origin, Problem
from configs.references import Scheme, SecretRef
from configs.target import (
    ActionStyle,
    ApprovableReason,
    CustomActionChoice,
    DeliveryMethod,
    MessageType,
    ProviderChoice,
    Target,
    TestNumbers,
    TwilioTarget,
    delivery_method_of,
    message_type_of,
)
from configs.values import Amount
from configs.wave_rules import Caps, GroupCap, Order, OrderBy
from configs.windows import FleetWindow, FrozenPeriod, Weekday, Window

__all__ = [
    "ActionStyle",
    "Amount",
    "ApprovableReason",
    "ApprovalMode",
    "ApprovalRules",
    "Caps",
    "CheckAnswer",
    "ConfigError",
    "Connection",
    "CustomActionChoice",
    "DeliveryMethod",
    "Execution",
    "Fleet",
    "FleetWindow",
    "FrozenPeriod",
    "GateCheck",
    "GateMoment",
    "GroupCap",
    "Ledger",
    "Match",
    "MessageType",
    "Notify",
    "NotifyEvent",
    "OnFailure",
    "OnGate",
    "Order",
    "OrderBy",
    "Origin",
    "Problem",
    "ProviderChoice",
    "Recipient",
    "Rollout",
    "Scheme",
    "SecretRef",
    "Selectable",
    "SigningAlgorithm",
    "Target",
    "TenantRef",
    "TestNumbers",
    "Tier",
    "TokenEndpointAuthMethod",
    "TwilioTarget",
    "Wave",
    "Weekday",
    "WhenInconclusive",
    "Window",
    "delivery_method_of",
    "first_match",
    "load_fleet",
    "message_type_of",
    "select",
]
