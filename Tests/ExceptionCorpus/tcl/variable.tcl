proc total {items} {
    set sum 0
    foreach item $items { incr sum $itme }
    return $sum
}
puts [total {1 2 3}]
