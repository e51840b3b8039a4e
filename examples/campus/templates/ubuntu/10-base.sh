#!/bin/sh
# What every machine of the campus has.
set -eu
apt-get update
apt-get install --yes ca-certificates curl unattended-upgrades
