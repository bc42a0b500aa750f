set -u
outer() { inner "$1"; }
inner() { echo "$2"; }
outer 1
