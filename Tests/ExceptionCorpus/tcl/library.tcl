namespace eval shop {
    proc connect {host} {
        socket $host.invalid 5432
    }
}
