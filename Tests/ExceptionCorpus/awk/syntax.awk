function f(x,  y) {
    return substr(x, y, z) length(
}
