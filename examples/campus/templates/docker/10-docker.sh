#!/bin/sh
# Docker and its Compose plugin, from the distribution.
set -eu
apt-get install --yes docker.io docker-compose-v2
