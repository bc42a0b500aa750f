// The reference page and the manual page, printed by the hidden verb `docs`.

/// docs/options.md.
func markdownReference() -> String {
    ""
}

/// man/sentry-run.1.
func manualPage() -> String {
    ""
}
