"""What everything else speaks in: frozen values, enums and facts about Auth0. No I/O."""
