#!/bin/sh
# Keys only.
set -eu
printf 'PasswordAuthentication no\n' > /etc/ssh/sshd_config.d/10-keys-only.conf
