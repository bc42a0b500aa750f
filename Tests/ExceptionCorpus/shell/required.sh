echo "one"
deploy() {
    echo "${TARGET:?must be set to a host name}"
}
deploy
