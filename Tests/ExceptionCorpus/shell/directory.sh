set -e
cd /gone/directory
