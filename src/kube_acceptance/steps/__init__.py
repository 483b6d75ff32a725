"""The general phrases: what any chart's features may say. A phrase calls the harness; it decides nothing itself."""
