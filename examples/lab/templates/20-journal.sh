#!/bin/sh
# Logs survive a restart, and never fill the disk.
set -eu

install -d -m 2755 /var/log/journal
install -d /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=persistent\nSystemMaxUse=200M\n' > /etc/systemd/journald.conf.d/lab.conf
