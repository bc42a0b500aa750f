set -e
sort < /gone/input.txt
