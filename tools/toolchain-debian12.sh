#!/usr/bin/env bash
# Gives Debian 12 the Emscripten 3.1.69, Binaryen 120 and xsimd 13 of Debian 13, in a folder of the project.
#
# usage: toolchain-debian12.sh FOLDER [all|xsimd]
#
# Debian 12's own Emscripten (3.1.6) and xsimd (8.1) are too old. The system's apt sources and its libc stay as they
# are: packages are fetched through a private apt state and unpacked, not installed. Signatures are checked with the
# machine's own keyring. FOLDER appears in one rename at the end, or not at all.
set -euo pipefail
. "$(dirname "$0")/common.sh"

target=$1
parts=${2:-all}
parent=$(dirname "$target")
mkdir -p "$parent"
rm -rf "$parent"/.unfinished.*                      # what an interrupted run left
work=$(mktemp -d "$parent/.unfinished.XXXXXX")
trap 'rm -rf "$work"' EXIT
work=$(cd "$work" && pwd)

packages="libxsimd-dev"
if [ "$parts" = all ]; then packages="$packages emscripten binaryen libc6 libstdc++6 libgcc-s1"; fi
apt_state="$work/apt"
mkdir -p "$apt_state/sources.d" "$apt_state/lists/partial" "$apt_state/cache/archives/partial" "$work/root" "$work/debs"

# The mirror is the one that this machine uses for its own release.
codename=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk -v codename="$codename" '$2 == codename && $3 == "main" { print $1; exit }')
[ -n "$mirror" ] || die "apt knows no mirror for $codename main; run 'apt-get update' once"

cp -r /etc/apt/sources.list.d/. "$apt_state/sources.d/"
[ -f /etc/apt/sources.list ] && cp /etc/apt/sources.list "$apt_state/sources.d/system.list"
cat > "$apt_state/sources.d/trixie.sources" <<SOURCE
Types: deb
URIs: $mirror
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCE
printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' > "$apt_state/preferences"

private_apt() {
    apt-get -q \
        -oDir::Etc::SourceList=/dev/null -oDir::Etc::SourceParts="$apt_state/sources.d" \
        -oDir::Etc::Preferences="$apt_state/preferences" -oDir::Etc::PreferencesParts=/dev/null \
        -oDir::State::Lists="$apt_state/lists" -oDir::Cache::Archives="$apt_state/cache/archives" \
        -oDir::Cache::pkgcache="$apt_state/cache/pkgcache.bin" \
        -oDir::Cache::srcpkgcache="$apt_state/cache/srcpkgcache.bin" \
        -oAPT::Sandbox::User=root "$@"
}

say "fetching from Debian 13 into $target: $packages"
private_apt update >&2
(cd "$work/debs" && private_apt download $(printf '%s/trixie ' $packages)) >&2
for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/root"; done

# Binaryen wants a newer libc than the system's: run its tools with the one that was fetched beside it.
wrap_binaryen() {
    local libraries loader tool name
    libraries=$(cd "$work/root/usr/lib" && ls -d ./*-linux-gnu* | head -n 1)
    loader=$(cd "$work/root/usr/lib/$libraries" && ls ld-linux-*.so.* | head -n 1)
    mkdir -p "$work/binaryen/bin"
    for tool in "$work"/root/usr/bin/wasm*; do
        name=$(basename "$tool")
        cat > "$work/binaryen/bin/$name" <<WRAPPER
#!/bin/sh
root=\$(cd "\$(dirname "\$0")/../../root/usr" && pwd)
exec "\$root/lib/$libraries/$loader" --library-path "\$root/lib/$libraries:\$root/lib/$libraries/binaryen" "\$root/bin/$name" "\$@"
WRAPPER
        chmod +x "$work/binaryen/bin/$name"
    done
}

if [ "$parts" = all ]; then
    wrap_binaryen
    # A Node that is not Debian's does not look for modules in /usr/share/nodejs.
    mkdir -p "$work/root/usr/share/emscripten/node_modules"
    ln -sfn /usr/share/nodejs/acorn "$work/root/usr/share/emscripten/node_modules/acorn"
fi

rm -rf "$apt_state" "$work/debs"
rm -rf "$target"
chmod 755 "$work"
mv "$work" "$target"
