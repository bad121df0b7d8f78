#!/usr/bin/env bats
# Nothing lost: short runs of each scenario of tests/faults on Prosody. `make
# soak` has long ones, and many.

bats_require_minimum_version 1.5.0
load lib
load faults/lane

@test "Prosody: what the contract promises holds under faults" {
	short_runs prosody
}
