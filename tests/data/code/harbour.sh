#!/usr/bin/env bash
# Opens and closes a harbour.
set -eu

LONGEST=400
readonly TIDES="spring neap"

# Ties a ship.
moor() {
    local ship=$1
    echo "$ship"
}

function leave {
    moor "$1"
}

if true; then
    late() { echo late; }
fi
moor heron
