{
    split($1, parts)
    printf "%d\n", parts[1] % f(x
}
