#!/bin/sh
set -e
echo "starting"
frobnicate --all
echo "not reached"
