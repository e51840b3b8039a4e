#!/bin/sh
# What one developer wants in his own container: it runs once, and never again.
set -eu
apt-get install --yes openjdk-21-jre-headless
