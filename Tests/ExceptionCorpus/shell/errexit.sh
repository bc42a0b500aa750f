set -e
echo one
ls /gone/file
echo two
