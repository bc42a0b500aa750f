proc readConfig {path} {
    error "cannot read $path"
}
proc main {} {
    foreach path {/etc/a.conf} {
        readConfig $path
    }
}
puts "starting"
main
