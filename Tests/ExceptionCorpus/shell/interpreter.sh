set -e
printf "#!/gone/interpreter\n" > tool; chmod 755 tool
./tool
