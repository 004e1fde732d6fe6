# Installs what is missing. Sourced by `run`.
#
# set_up site|native|test: site is the page, native the command-line tool, test everything.
# On Debian and Ubuntu, as root or with sudo, packages are installed; elsewhere the line that does it is printed.

emcc_minimum=3.1.69
node_minimum=20.19
npm_minimum=11
node_fetched=22.23.3      # what is fetched where the system's Node is missing or too old
npm_fetched=11.21.2

emcc_version() { emcc --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9.]*\).*/\1/p' || true; }
node_version() { node --version 2>/dev/null | tr -d v || true; }
npm_version()  { npm --version 2>/dev/null || true; }

set_up() {
    local need=$1
    mkdir -p .toolchain
    if have flock; then exec 7> .toolchain/lock; flock 7; fi      # one set-up at a time
    case $(os_family) in
        debian) set_up_debian "$need" ;;
        *)      check_tools "$need" ;;
    esac
    if [ "$need" != native ]; then set_up_node; fi
    . tools/env.sh
    if [ "$need" != native ]; then
        at_least "$(emcc_version)" "$emcc_minimum" || die "emcc $emcc_minimum or later is needed. $(other_systems)"
        set_up_npm web
    fi
    if have flock; then exec 7>&-; fi
}

os_family() {
    if [ -f /etc/os-release ] && have apt-get && have dpkg-query; then echo debian; else echo other; fi
}

# --- Debian and Ubuntu ------------------------------------------------------------------------------------------------

set_up_debian() {
    local need=$1 packages
    packages="g++ cmake ninja-build nlohmann-json3-dev libcli11-dev libbenchmark-dev ccache"
    if [ "$need" != native ]; then packages="$packages python3"; fi
    if [ "$need" = test ]; then
        packages="$packages binutils libgtest-dev googletest clang-19 libclang-rt-19-dev chromium"
        # The page's other two engines; Ubuntu has no firefox-esr.
        if candidate_at_least firefox-esr 1; then packages="$packages firefox-esr webkit2gtk-driver xvfb xauth"; fi
    fi
    if [ "$need" != native ] && { ! have node || ! have npm; }; then packages="$packages nodejs npm"; fi

    if candidate_at_least libxsimd-dev 13; then
        packages="$packages libxsimd-dev"
        if [ "$need" != native ] && ! at_least "$(emcc_version)" "$emcc_minimum"; then packages="$packages emscripten"; fi
        install_packages $packages
    elif [ "$(. /etc/os-release; printf '%s%s' "$ID" "${VERSION_ID:-}")" = debian12 ]; then
        set_up_debian12 "$need" "$packages"
    else
        install_packages $packages
        [ -n "${XSIMD_INCLUDE:-}" ] || die "this release has no xsimd 13. Set XSIMD_INCLUDE to a folder that has it. $(other_systems)"
    fi
}

# Debian 12's Emscripten and xsimd are too old: those of Debian 13 go into .toolchain/ (see the script's head).
set_up_debian12() {
    local need=$1 packages=$2 parts=xsimd recipe
    if [ -d .toolchain/debian13/root/usr/share/emscripten ]; then
        parts=all
    elif [ "$need" != native ] && ! at_least "$(emcc_version)" "$emcc_minimum"; then
        parts=all
    fi
    if [ "$parts" = all ]; then packages="$packages clang-19 lld-19 llvm-19 node-acorn"; fi
    install_packages $packages
    recipe="$parts $(hash_of tools/toolchain-debian12.sh)"
    if ! stamp_is .toolchain/debian13/stamp "$recipe"; then
        # Unpacking needs no root, only apt.
        bash tools/toolchain-debian12.sh .toolchain/debian13 $parts
        write_stamp .toolchain/debian13/stamp "$recipe"
    fi
}

candidate_at_least() {
    local version
    # A fresh image knows no package until the lists are fetched.
    if ! compgen -G '/var/lib/apt/lists/*Packages*' > /dev/null && becomes_root; then as_root apt-get -q update >&2; fi
    version=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p')
    at_least "${version%%-*}" "$2"
}

becomes_root() { [ "$(id -u)" = 0 ] || { have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {
    local package missing=""
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    becomes_root || die "packages are missing and installing needs root. Run this, then ./run again:
  apt-get update && apt-get install -y --no-install-recommends$missing"
    say "installing packages (compilers, libraries and tools that the build or the tests use):$missing"
    as_root apt-get -q update >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing >&2
}

# --- other systems: say what to run -----------------------------------------------------------------------------------

other_systems() {
    cat <<'LINES'
Install with one of these lines, then run ./run again:
  Debian 13, Ubuntu 25.04 or later:
    sudo apt-get install -y g++ cmake ninja-build ccache nlohmann-json3-dev libcli11-dev libbenchmark-dev libgtest-dev googletest libxsimd-dev emscripten nodejs npm python3 clang-19 libclang-rt-19-dev chromium firefox-esr webkit2gtk-driver xvfb xauth
  macOS (Homebrew):
    brew install cmake ninja ccache nlohmann-json cli11 google-benchmark googletest xsimd emscripten node
  Fedora:
    sudo dnf install -y gcc-c++ cmake ninja-build ccache json-devel cli11-devel google-benchmark-devel gtest-devel xsimd-devel emscripten nodejs npm python3 clang compiler-rt chromium
An activated emsdk (3.1.69 or later) on PATH is used as it is.
LINES
}

check_tools() {
    local need=$1 tool missing=""
    for tool in cmake ninja c++; do have "$tool" || missing="$missing $tool"; done
    if [ "$need" != native ]; then
        for tool in emcc node npm; do have "$tool" || missing="$missing $tool"; done
    fi
    [ -z "$missing" ] || die "missing:$missing. $(other_systems)"
}

# --- Node -------------------------------------------------------------------------------------------------------------

# A Node that is missing or too old is replaced, for us only, by the one that the npm registry carries.
set_up_node() {
    if at_least "$(node_version)" "$node_minimum" && at_least "$(npm_version)" "$npm_minimum"; then return 0; fi
    have npm || die "npm is needed to fetch Node $node_fetched. $(other_systems)"
    local system processor work
    system=$(uname -s | tr '[:upper:]' '[:lower:]')
    processor=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
    say "fetching Node $node_fetched and npm $npm_fetched from the npm registry into .toolchain/node (found: node $(node_version), npm $(npm_version))"
    rm -rf .toolchain/.node.*
    work=$(mktemp -d "$PWD/.toolchain/.node.XXXXXX")
    (cd "$work" && printf '{"private":true}' > package.json &&
        npm install --no-audit --no-fund --no-save --ignore-scripts --loglevel=error \
            "node-$system-$processor@$node_fetched" "npm@$npm_fetched") >&2
    mkdir -p "$work/bin"
    ln -s "../node_modules/node-$system-$processor/bin/node" "$work/bin/node"
    ln -s ../node_modules/npm/bin/npm-cli.js "$work/bin/npm"
    ln -s ../node_modules/npm/bin/npx-cli.js "$work/bin/npx"
    "$work/bin/node" --version > /dev/null
    chmod 755 "$work"
    rm -rf .toolchain/node
    mv "$work" .toolchain/node
    export PATH="$PWD/.toolchain/node/bin:$PATH"
}

# set_up_npm FOLDER: npm ci, once for each state of its lock file. The stamp is written last: an interrupted one is done
# again.
set_up_npm() {
    local folder=$1 recipe
    [ -f "$folder/package.json" ] || return 0
    recipe="$(node_version) $(hash_of "$folder/package.json" "$folder/package-lock.json")"
    stamp_is "$folder/node_modules/.quantlens-stamp" "$recipe" && return 0
    say "installing the packages of $folder/package.json from the npm registry"
    rm -f "$folder/node_modules/.quantlens-stamp"
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error) >&2
    write_stamp "$folder/node_modules/.quantlens-stamp" "$recipe"
}
