#!/usr/bin/env bats
# Nothing lost: short runs of each scenario of tests/faults on ejabberd. `make
# soak` has long ones, and many.

bats_require_minimum_version 1.5.0
load lib
load faults/lane

@test "ejabberd: what the contract promises holds under faults" {
	short_runs ejabberd
}
