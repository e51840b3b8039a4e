#!/bin/sh
# Runs once in each new machine, before anything is deployed to it.
set -eu

install -d -m 0700 /root/.ssh
echo "lab machine, made by paas" > /etc/motd
