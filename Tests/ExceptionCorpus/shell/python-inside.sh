set -e
echo "importing"
python3 import.py || { echo "$0: import failed" >&2; report_failure; }
