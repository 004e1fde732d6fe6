# Small helpers that `run` and the set-up share. Sourced, never run.

say()  { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die()  { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# at_least VERSION MINIMUM: compares dotted numbers ("20.20.2" "20.19").
at_least() {
    [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# hash_of FILE...: one hash over the contents of the files that exist.
hash_of() {
    local file
    for file in "$@"; do if [ -f "$file" ]; then cat "$file"; fi; done | cksum | tr -d ' \n'
}

# A stamp says: this was finished, with this recipe. It is written last, so an interrupted step has none.
stamp_is() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
write_stamp() { printf '%s' "$2" > "$1.tmp" && mv "$1.tmp" "$1"; }
