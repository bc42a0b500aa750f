prepare() {
    mkdirr /tmp/x
}
