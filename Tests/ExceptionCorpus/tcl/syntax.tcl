proc broken {} {
    set x [expr {1 +}]
}
broken
