set -e
. ./library.sh
prepare
